"""Words: what a step of an invoice is, as a person would say it."""

from decimal import Decimal

from pertoken.catalog.prices import Rate
from pertoken.catalog.words import size, terms
from pertoken.rating.card import Adjust, Card, Charge, Clamp
from pertoken.rating.pool_terms import MONEY, Pool


def number(value: Decimal) -> str:
    """Write a number without digits that say nothing.

    >>> number(Decimal("15000000.00")), number(Decimal("0.50"))
    ('15,000,000', '0.5')
    """
    text = f"{value:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def special(rate: Rate) -> str:
    """Write what a rate is for besides its model and meter."""
    words = [said] if (said := terms(rate)) else []
    words += [f"since {rate.start}"] if rate.start else []
    return f", {', '.join(words)}" if words else ""


def counted(charge: Charge) -> str:
    """Write what a charge counts."""
    measure = charge.measure
    if measure is None:
        return ""
    if measure.of:
        return f"money of {', '.join(measure.of)}"
    names = {"max": f"peak of {measure.max} by {measure.every or 'day'}", "unique": f"distinct {measure.unique}s"}
    names["time_weighted"] = f"average of {measure.time_weighted}"
    return names.get(measure.kind, measure.meters)


def converted(charge: Charge, priced: Decimal | None) -> str:
    """Write how what is counted becomes what is priced."""
    how = charge.convert
    words = f", × {how.times:f}" if how.times != 1 else ""
    words += f", per {size(how.per)}" if how.per != 1 else ""
    words += f", rounded {how.round.replace('_', ' ')}" if how.round else ""
    words += f", {number(how.free)} free" if how.free else ""
    return words + (f" = {number(priced)}" if priced is not None and how.whole else "")


def unit(charge: Charge) -> str:
    """Write what one priced unit of a charge is.

    >>> from pertoken.rating.card import Convert, Measure
    >>> unit(Charge(measure=Measure(sum="total_tokens"), convert=Convert(per=Decimal(1000))))
    '1K total_tokens'
    """
    if charge.measure is None:
        return charge.window
    if charge.measure.of:
        return ""
    how = charge.convert
    per = how.per / how.times
    name = charge.measure.unique or charge.measure.meters
    return name if per == 1 else f"{size(per)} {name}"


def adjusted(adjust: Adjust, card: Card) -> str:
    """Write what a discount does."""
    where = f" where {adjust.where}" if adjust.where else ""
    if adjust.percent is not None:
        return f"{adjust.percent:+f} %{where}"
    if adjust.times is not None:
        return f"× {adjust.times:f}{where}"
    if adjust.amount is not None:
        return f"{adjust.amount:+,f} {card.currency} a {adjust.window}{where}"
    of = ", ".join(adjust.measure.of) if adjust.measure else ""
    window = adjust.measure.window if adjust.measure else ""
    return f"by what {of} come to in the {window}{where}"


def limit(clamp: Clamp, name: str) -> str:
    """Write a limit."""
    bound = (clamp.min if name == "minimum" else clamp.max) or Decimal(0)
    return f"{name} of {number(bound)} a {clamp.window}"


def paid(pool: Pool, currency: str) -> str:
    """Write what is paid for a pool, and when."""
    if pool.pay:
        shares = [f"{100 * each.upfront_share:f} % upfront" for each in pool.pay if each.upfront_share is not None]
        often = [f"each {each.every}" for each in pool.pay if each.every]
        said = f"{pool.name}, payment, {' and '.join([*shares, *often])}"
        return f"{said}, and what is not yet paid at the end" if pool.unused == "true_up" else said
    if pool.price is None and pool.unused == "true_up":
        return f"{pool.name}, used and made up for"
    when = f"each {pool.every}" if pool.every else "once"
    return f"{pool.name}, {amount(pool.grant, pool, currency)} granted {when}"


def amount(value: Decimal, pool: Pool, currency: str) -> str:
    """Write an amount of a pool with its unit."""
    return f"{number(value)} {currency if pool.unit == MONEY else pool.unit}"
