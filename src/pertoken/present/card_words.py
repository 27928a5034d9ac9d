"""A card in words: what each of its parts says, short enough to read aloud."""

from collections.abc import Iterator
from decimal import Decimal

from pertoken.rating.card import Adjust, Card, Charge, Clamp, Convert, Curve, Measure, Tier, plain
from pertoken.rating.during import During
from pertoken.rating.pool_terms import MONEY, Pay, Pool, Rollover, Term

A = {"hour": "an hour", "request": "a request", "term": "over the whole contract"}
"""How a period is said; the others take `a`."""

SHORT = {Decimal(1000): "1K", Decimal(1_000_000): "1M"}
ROUNDED = {"up": "rounded up", "down": "rounded down", "half_up": "rounded half up"}
MODES = {
    "all": "all units at the rate of the tier reached: ",
    "marginal": "each unit at the rate of its own tier: ",
    None: "",
}
UNUSED = {
    "forfeit": "the unused is forfeited",
    "true_up": "what is not yet paid is billed",
    "refund": "the unused is refunded",
    None: "",
}


def words(card: Card) -> Iterator[tuple[str, str]]:
    """Say what each part of a card says.

    Returns:
        Name of the part and its words.
    """
    yield "plan" if card.party == "customer" else "card", _joined(_whose(card), _during(card.during))
    for name, charge in card.prices.items():
        yield plain(name), _joined(_charge(charge), _during(charge.during))
    if card.rates:
        models = len({(rate.provider, rate.model) for rate in card.rates})
        yield "rates", f"{len(card.rates)} prices of {models} model{'s' * (models > 1)}"
    for name, band in card.bands.items():
        yield name, f"requests with {band.of} above {number(Decimal(band.above))}"
    for adjust in card.adjust:
        yield "adjust", _joined(_adjust(adjust), _during(adjust.during))
    for clamp in card.clamps:
        yield "clamp", _joined(_clamp(clamp), _during(clamp.during))
    for pool in card.pools:
        yield pool.name, _joined(_pool(pool, card.currency), _during(pool.during))
    if card.order:
        yield "order", ", then ".join(card.order)


def _joined(*parts: str, by: str = "; ") -> str:
    return by.join(part for part in parts if part)


def number(value: Decimal) -> str:
    """Write a number with all its digits.

    >>> number(Decimal("0.0020")), number(Decimal(50_000_000))
    ('0.002', '50,000,000')
    """
    return f"{value.normalize():,f}"


def period(window: str) -> str:
    """Say a period, as `a month`."""
    return A.get(window, f"a {window}")


def _during(when: During) -> str:
    return _joined(
        f"from {when.start}" if when.start else "",
        f"to {when.end}" if when.end else "",
        f"after {when.after} months" if when.after else "",
        f"for {when.months} months" if when.months is not None else "",
        f"counted {'on' if when.counter == 'carry' else 'anew'}" if when.counter else "",
        by=" ",
    )


def _whose(card: Card) -> str:
    """Say in which currency a card is, and whom it is for."""
    scope = f"for each {' and '.join(card.scope)}" if card.scope else "for one account"
    where = f"where {card.where}" if card.where else ""
    return _joined(f"in {card.currency}, {scope}", where, by=", ")


def _charge(charge: Charge) -> str:
    curve = _curve(charge.curve, charge.convert) if charge.curve else "no price beyond its pool"
    if charge.measure is None:
        share = {"day": ", by the day", "second": ", by the second", "fixed30": ", by days of 30"}
        return f"{curve} {period(charge.window)}{share.get(charge.during.prorate or '', '')}"
    return _joined(measured(charge.measure), _convert(charge.convert), curve)


def measured(measure: Measure) -> str:
    """Say what is counted."""
    window, every = period(measure.window), measure.every or ""
    counted = {
        "sum": f"sum of {measure.sum} {window}",
        "count": f"number of {measure.count} {window}",
        "max": f"most {measure.max} of {period(every)}, {window}",
        "unique": f"distinct {measure.unique} {window}",
        "time_weighted": f"level of {measure.time_weighted} by the {every}, {window}",
        "of": f"money of {', '.join(measure.of)} {window}",
        "": "",
    }[measure.kind]
    where = f"where {measure.where}" if measure.where else ""
    return _joined(counted, where, f"each {' and '.join(measure.by)} apart" if measure.by else "", by=", ")


def _convert(how: Convert) -> str:
    times = f"times {number(how.times)}" if how.times != 1 else ""
    whole = f"in whole {_per(how)}, {ROUNDED[how.round]}" if how.round else ""
    order = {True: " before rounding", False: " after rounding", None: ""}[how.free_first]
    return _joined(times, whole, f"the first {number(how.free)} free{order}" if how.free else "", by=", ")


def _per(how: Convert) -> str:
    return SHORT.get(how.per) or number(how.per)


def _curve(curve: Curve, how: Convert) -> str:
    per = f" for {_per(how)}" if how.per != 1 else ""
    if curve.series:
        return f"at the rates of series {curve.series}{per}"
    by = f", the tier by {curve.select}" if curve.select else ""
    tiers = list(curve.tiers)
    if len(tiers) == 1:
        return f"{_price(tiers[0])}{per}"
    units = f" × {_per(how)}" if how.per != 1 else ""
    said = [f"{_price(tier)} up to {number(tier.up_to)}{units}" for tier in tiers if tier.up_to is not None]
    return f"{MODES[curve.mode]}{', '.join(said)}, then {_price(tiers[-1])}{per}{by}"


def _price(tier: Tier) -> str:
    flat = f"{number(tier.flat)} flat" if tier.rate else number(tier.flat)
    price = number(tier.rate) if tier.rate or not tier.flat else ""
    most = f"at most {number(tier.cap)}" if tier.cap is not None else ""
    return _joined(_joined(price, flat if tier.flat else "", by=" and "), most, by=", ")


def _adjust(adjust: Adjust) -> str:
    if adjust.measure and adjust.curve:
        what = f"{measured(adjust.measure)} times {_curve(adjust.curve, Convert())}"
    elif adjust.percent is not None:
        what = f"{'+' if adjust.percent > 0 else ''}{number(adjust.percent)} %"
    elif adjust.amount is not None:
        what = f"{'+' if adjust.amount > 0 else ''}{number(adjust.amount)} {period(adjust.window)}"
    else:
        what = f"times {number(adjust.times or Decimal(0))}"
    return _joined(what, _on(adjust.on), f"where {adjust.where}" if adjust.where else "", by=" ")


def _on(names: tuple[str, ...]) -> str:
    return f"on {', '.join(names)}" if names else ""


def _clamp(clamp: Clamp) -> str:
    least = f"at least {number(clamp.min)}" if clamp.min is not None else ""
    most = f"at most {number(clamp.max)}" if clamp.max is not None else ""
    return _joined(_joined(least, most, by=", "), period(clamp.window), _on(clamp.on), by=" ")


def _pool(pool: Pool, currency: str) -> str:
    unit = currency if pool.unit == MONEY else pool.unit
    term = _term(pool.term)
    times = _joined(period(pool.every), term, by=", ") if pool.every else term or "once"
    beyond = "nothing is sold beyond" if pool.outside.block else ""
    if pool.outside.times != 1:
        beyond = f"beyond it times {number(pool.outside.times)}"
    return _joined(
        f"{number(pool.grant)} {unit} {times} for {', '.join(pool.eligible)}",
        _cost(pool),
        beyond,
        _rollover(pool.rollover),
        UNUSED[pool.unused],
    )


def _term(term: Term | None) -> str:
    if term is None:
        return ""
    if term.months is None:
        return f"from {term.start} to {term.end}" if term.start else f"to {term.end}"
    each = "each" if term.renews else "for"
    begin = f" from {term.start}" if term.start else ""
    return f"{each} {term.months} month{'s' * (term.months > 1)}{begin}"


def _cost(pool: Pool) -> str:
    price = ""
    if pool.price is not None:
        price = f"at {number(pool.price)}" if pool.price else "as a gift"
    elif pool.inside.rate is not None:
        price = f"at {number(pool.inside.rate)} each"
    paid = [_pay(pay) for pay in pool.pay]
    return _joined(price, f"paid {' and '.join(paid)}" if paid else "", by=", ")


def _pay(pay: Pay) -> str:
    """Say a payment: `10,000 a month`, `50 % upfront`, `the rest by the month`."""
    if pay.amount is not None:
        return f"{number(pay.amount)} {period(pay.every) if pay.every else 'once'}"
    if pay.upfront_share is not None:
        return f"{number(pay.upfront_share * 100)} % upfront"
    return f"the rest by the {pay.every}"


def _rollover(roll: Rollover | None) -> str:
    if roll is None:
        return ""
    most = f", at most {number(roll.max)}" if roll.max is not None else ""
    of = "what is left" if roll.of == "remaining" else "the grant"
    cycles = f"{roll.periods} cycle{'s' * (roll.periods > 1)}"
    return f"{number(roll.share * 100)} % of {of} is carried on for {cycles}{most}"
