"""Step: one line of an explanation, and how each stage of a ledger is told in such lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from pertoken.catalog.words import size
from pertoken.core.lines import Key, Lines
from pertoken.core.money import array, round_half_up
from pertoken.rating import words
from pertoken.rating.account_of import SERIES, Row
from pertoken.rating.assign import RATES, RateBook
from pertoken.rating.card import Charge, plain
from pertoken.rating.charge import as_counted, linear
from pertoken.rating.during import During, Prorate, Window
from pertoken.rating.job import Job
from pertoken.rating.paper import Sum, beside_pools, money, priced, reckoned
from pertoken.rating.part import drawing
from pertoken.rating.pool_terms import Pool
from pertoken.rating.stretch import Point, Stretch, Who


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of an explanation.

    Args:
        card: Name of the card.
        period: The invoice; empty for the log as a whole.
        charge: Name of the charge.
        stage: Stage of the ledger; `balance` for what a pool holds.
        term: Place in the card.
        about: What is reckoned, in words.
        quantity: What is priced. [priced unit]
        rate: Money for one priced unit; None where there is none. [currency]
        amount: Money of the step. [currency]
        source: File, or page, that says so.
        line: Line of the file; 0 if none.
        unit: What one priced unit is.
        labels: Labels of the contract, and those that the charge keeps apart.
        rate_id: Name of the rate, where one of a table prices it.
    """

    card: str
    period: str
    charge: str
    stage: str
    term: str
    about: str
    quantity: Decimal | None
    rate: Decimal | None
    amount: Decimal
    source: str
    line: int
    unit: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    rate_id: str = ""


Share = tuple[int, int, Prorate | None]
"""Part and whole of a period, and in what they are counted."""

Due = Literal["ahead", "behind"]
"""Fees stand on the invoice with which their period begins, limits on that with which it ends."""

Shares = Callable[[Job, Window, During, Prorate | None, Due], Mapping[Who, Sequence[Share]]]
Book = Callable[[Job], RateBook]


def shares(job: Job, grain: Window, during: During, prorate: Prorate | None, due: Due) -> dict[Who, list[Share]]:
    """Find the periods of contracts that are cut short, by contract and invoice.

    Args:
        job: The card at work.
        grain: Length of the periods.
        during: When the part of the card holds.
        prorate: How a period that is cut short counts.
        due: On which invoice a period stands.
    """
    found = job.contracts.windows(grain, during, prorate=prorate, what="a period")
    name, key = found.name, found.key
    if due == "ahead":
        found, name, key = job.contracts.due(found, grain, during)
    keys = {n: Key(own.codes[found.contract], own.labels) for n, own in job.contracts.keys.items()}
    lines = Lines({**keys, name: key}, {"part": found.part, "whole": found.whole}).pick(found.part != found.whole)
    out: dict[Who, list[Share]] = {}
    for row in lines.with_keys(invoice=job.invoiced(lines)).records():
        who = (*(row[name] for name in job.card.scope), row["invoice"])
        out.setdefault(who, []).append((row["part"], row["whole"], prorate))
    return out


def book_of(job: Job) -> RateBook:
    """The card's table of rates, ready for look-up."""
    return RateBook.of(job.card.rates)


def _cut(found: Sequence[Share]) -> str:
    """Write the periods that are cut short."""
    units = {"second": "seconds"}
    return "".join(
        f", {part:,} of {whole:,} {units.get(how or '', 'days')}" for part, whole, how in found if part != whole
    )


def steps_of(row: Row, share: Shares, book: Book) -> list[Step]:
    """Tell a row of the books in steps whose amounts add up to it."""
    if row.shared:
        return [_step(row, f"share of the account's {_named(row)}", row.amount)]
    if row.stage == "list":
        return _listed(row, share, book)
    kind = row.term.partition(".")[0]
    if kind == "prices" and row.stage == "covered" and row.stretches:
        return _covered(row)
    if kind == "adjust" and row.stage == "discount" and row.stretches:
        return _spent(row)
    told = {"adjust": _discount, "clamp": _limit, "pools": _pool}.get(kind, _rounding)
    return [told(row, share)]


def _named(row: Row) -> str:
    return plain(row.charge) if row.stage == "list" else f"{row.stage} of {plain(row.charge)}"


def _apart(row: Row) -> str:
    """The labels that a charge keeps apart, as a person says them."""
    own = [label for name, label in row.labels.items() if name not in row.card.scope and name != SERIES and label]
    return f" ({', '.join(own)})" if own and row.charge != RATES else ""


def _step(
    row: Row,
    about: str,
    amount: Decimal,
    line: int = 0,
    *,
    quantity: Decimal | None = None,
    rate: Decimal | None = None,
    unit: str = "",
) -> Step:
    return Step(
        card=row.card.name,
        period=row.period,
        charge=row.charge,
        stage=row.stage,
        term=row.term,
        about=about,
        quantity=quantity,
        rate=rate,
        amount=amount,
        source=row.card.source or row.card.name,
        line=line,
        unit=unit,
        labels=row.labels,
    )


def _listed(row: Row, share: Shares, book: Book) -> list[Step]:
    if row.charge == RATES:
        return [_rated(row, book(row.job))]
    charge = as_counted(row.card.prices[row.charge])
    if charge.measure is None:
        return [_fee(row, charge, share)]
    if row.stretches:
        return [step for each in row.stretches for step in _counted(row, each)]
    about = f"{plain(row.charge)}{_apart(row)}, {words.number(row.quantity)} {words.counted(charge)}"
    if charge.curve is None:
        return [_step(row, f"{about}, sold from pools only", Decimal(0), charge.line, quantity=row.quantity)]
    units = priced(charge, row.quantity)
    if charge.curve.series:
        return [_in_series(row, charge, about, units)]
    sums = reckoned(charge, None, Point(row.quantity))
    return _told(row, charge, f"{about}{words.converted(charge, units)}", sums, units)


def _rated(row: Row, book: RateBook) -> Step:
    rate = book.find(row.labels)
    assert rate is not None  # noqa: S101  the ledger holds what was priced
    about = f"{row.labels['model']} {row.labels['meter']}, per {size(rate.per)}{words.special(rate)}".strip()
    unit = row.labels["meter"] if rate.per == 1 else f"{size(rate.per)} {row.labels['meter']}"
    amount, units = row.quantity * rate.unit_price, row.quantity / rate.per
    step = _step(row, about, amount, rate.line, quantity=units, rate=rate.price, unit=unit)
    return replace(step, rate_id=rate.id, source=step.source if rate.line or not rate.source else rate.source)


def _fee(row: Row, charge: Charge, share: Shares) -> Step:
    assert charge.curve is not None  # noqa: S101  the door asks for it
    line = charge.curve.tiers[0].line
    full = money(reckoned(charge, None, Point(Decimal(1))))
    prorate = charge.during.prorate or row.card.during.prorate
    found = share(row.job, charge.during.every or "month", charge.during, prorate, "ahead").get(row.who, ())
    about = f"{plain(row.charge)}, a fee for each {charge.window}{_cut(found)}"
    short = sum((Decimal(part) / Decimal(whole) for part, whole, _ in found), Decimal(0))
    times = (row.quantity - short).to_integral_value() + short
    rate = full if found else None
    return _step(row, about, full * times, line, quantity=row.quantity, rate=rate, unit=charge.window)


def _counted(row: Row, stretch: Stretch) -> list[Step]:
    """Tell a stretch of the cumulative price: what it had counted before, and with it."""
    charge = stretch.charge
    more = _more(stretch.begin, stretch.end)
    units = priced(charge, stretch.end.quantity)
    about = f"{plain(row.charge)}{_apart(row)}, {words.number(more)} {words.counted(charge)}"
    about += words.converted(charge, units)
    if stretch.begin is not None and stretch.begin.quantity:
        of = f"{charge.window}" if charge.measure and charge.window != "term" else "term"
        about += f", from {words.number(stretch.begin.quantity)} to {words.number(stretch.end.quantity)} in the {of}"
    if stretch.end.select is not None:
        about += (
            f", its tier picked by {words.number(stretch.end.select)} {charge.curve.select if charge.curve else ''}"
        )
    sums = reckoned(charge, stretch.begin, stretch.end)
    before = priced(charge, stretch.begin.quantity) if stretch.begin else Decimal(0)
    return _told(row, charge, about, sums, units - before)


def _told(row: Row, charge: Charge, about: str, sums: list[Sum], units: Decimal) -> list[Step]:
    unit = words.unit(charge)
    if not sums:
        return [_step(row, about, Decimal(0), charge.line, quantity=units, unit=unit)]
    out = []
    for each in sums:
        said = about if each is sums[0] else plain(row.charge)
        said += f", {each.about}" if each.about else ""
        out.append(_step(row, said, each.amount, each.line, quantity=each.quantity, rate=each.rate, unit=unit))
    return out


def _in_series(row: Row, charge: Charge, about: str, units: Decimal) -> Step:
    assert charge.curve is not None  # noqa: S101  see the caller
    label = row.labels[SERIES]
    rate = row.card.series[charge.curve.series][label]
    said = f"{about}{words.converted(charge, None)}, {charge.curve.series} since {label}"
    return _step(row, said, units * rate, charge.line, quantity=units, rate=rate, unit=words.unit(charge))


def _covered(row: Row) -> list[Step]:
    """Tell what pools take off a charge: the price of what is left, less the price of all."""
    out = []
    pools = " and ".join(p.name for p in row.card.pools if plain(row.charge) in p.eligible)
    for stretch in _together(row.stretches):
        charge, sums = stretch.charge, beside_pools(stretch)
        assert stretch.net is not None  # noqa: S101  covered rows have it
        all_, left = _more(stretch.begin, stretch.end), _more(*stretch.net)
        taken = f"{words.number(all_ - left)} of {words.number(all_)} {words.counted(charge)} from {pools}"
        about = f"{plain(row.charge)}{_apart(row)}, {taken}{words.converted(charge, None)}"
        out += _told(row, charge, about, sums, Decimal(0)) if sums else []
    return out


def _more(begin: Point | None, end: Point) -> Decimal:
    return end.quantity - (begin.quantity if begin else Decimal(0))


def _together(stretches: Sequence[Stretch]) -> Sequence[Stretch]:
    """Put stretches of a single rate into one, since their parts can be priced together."""
    first = stretches[0]
    if linear(first.charge) is None or len({each.factor for each in stretches}) > 1:
        return stretches
    all_ = sum((_more(each.begin, each.end) for each in stretches), Decimal(0))
    left = sum((_more(*each.net) for each in stretches if each.net), Decimal(0))
    return [replace(first, begin=None, end=Point(all_), net=(None, Point(left)))]


def _spent(row: Row) -> list[Step]:
    """Tell what a curve of money takes off that money, tier by tier."""
    index = int(row.term.partition(".")[2])
    adjust = row.card.adjust[index]
    out = []
    for stretch in row.stretches:
        begin = stretch.begin.quantity if stretch.begin else Decimal(0)
        reach = f"from {words.number(begin)} to {words.number(stretch.end.quantity)}"
        about = f"{plain(row.charge)}, {words.adjusted(adjust, row.card)}: {reach}"
        sums = reckoned(stretch.charge, stretch.begin, stretch.end)
        for each in sums:
            quantity = each.quantity or Decimal(0)
            said = f"{about}, {each.about}" if each.about else about
            rate = None if each.rate is None else each.rate - 1
            off = each.amount - quantity
            if off:
                out.append(_step(row, said, off, each.line or adjust.line, quantity=quantity, rate=rate))
    return out


def _rounding(row: Row, _: Shares) -> Step:
    charge = row.card.prices.get(row.charge)
    about = f"{plain(row.charge)}{_apart(row)}, rounded half up to {row.card.rounding} places"
    about += ", as pools leave it" if row.stage == "covered" else ""
    return _step(row, about, row.amount, charge.line if charge else 0)


def _discount(row: Row, share: Shares) -> Step:
    adjust = row.card.adjust[int(row.term.partition(".")[2])]
    about = f"{plain(row.charge)}{_apart(row)}, {words.adjusted(adjust, row.card)}"
    if adjust.amount is not None:
        prorate = adjust.during.prorate or row.card.during.prorate or "none"
        about += _cut(share(row.job, adjust.window, adjust.during, prorate, "behind").get(row.who, ()))
    about += f", rounded half up to {row.card.rounding} places" if row.stage == "rounding" else ""
    about += ", as pools leave it" if row.stage == "covered" else ""
    return _step(row, about, row.amount, adjust.line)


def _limit(row: Row, share: Shares) -> Step:
    """Tell a limit; where a period is cut short, with its share and what that comes to."""
    index, _, bound = row.term.partition(".")[2].partition(".")
    clamp = row.card.clamps[int(index)]
    name, full = ("minimum", clamp.min) if bound == "min" else ("maximum", clamp.max)
    assert full is not None  # noqa: S101  the row is of this limit
    prorate = clamp.during.prorate or row.card.during.prorate
    found = share(row.job, clamp.window, clamp.during, prorate, "behind").get(row.who, ())
    about = words.limit(clamp, name)
    about = f"{plain(row.charge)}, {about}" if row.charge != name else about
    if found:
        edge = sum((full * Decimal(part) / Decimal(whole) for part, whole, _ in found), Decimal(0))
        edge = edge if row.card.rounding is None else round_half_up(array([edge], exact=True), row.card.rounding)[0]
        about += f"{_cut(found)} = {words.number(edge)}"
    about += ", as pools leave it" if row.stage == "covered" else ""
    return _step(row, about, row.amount, clamp.line)


def _pool(row: Row, _: Shares) -> Step:
    pool = next(pool for pool in row.card.pools if pool.name == row.term.partition(".")[2])
    currency = row.card.currency
    moneys = _pools(row)
    beyond = "".join(f", beyond {p.name} × {p.outside.times:f}" for p in moneys if p.outside.times != 1)
    said: dict[str, Any] = {
        "covered": f"{plain(row.charge)}, paid from {' and '.join(p.name for p in moneys)}{beyond}",
        "drawn": f"{pool.name}, {words.amount(row.quantity, pool, currency)} used, at its cost",
        "unused": f"{pool.name}, {words.amount(row.quantity, pool, currency)} not used",
        "purchase": words.paid(pool, currency),
        "refund": f"{pool.name}, {words.amount(row.quantity, pool, currency)} paid back",
    }
    quantity = row.quantity or None
    rate = row.amount / row.quantity if row.quantity else None
    even = rate is not None and rate * row.quantity == row.amount
    unit = "" if row.stage == "covered" else pool.unit
    return _step(row, said[row.stage], row.amount, pool.line, quantity=quantity, rate=rate if even else None, unit=unit)


def _pools(row: Row) -> list[Pool]:
    moneys = [pool for pool in row.card.pools if pool.unit == "money"]
    return [pool for pool in moneys if plain(row.charge) in drawing(pool, row.card)]
