"""Cost of single requests: every meter at its own rate, exact, with what is unsure or missing said beside it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Literal, NamedTuple

from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import Rate
from pertoken.core.errors import InputError
from pertoken.core.exact import CONTEXT
from pertoken.core.meters import meter as meter_of
from pertoken.rating.clock import within
from pertoken.rating.offer import UNDATED, Cell, Offer, Terms, moment, offer
from pertoken.usage.question import above_key
from pertoken.usage.record import Count, UsageRecord

Status = Literal["priced", "estimated", "partial", "unpriced"]
"""All of it priced; priced, but something is unsure; some of it without a price; none of it priced."""

NOTHING = Decimal(0)

ABOVE = above_key("prompt_tokens")
SUM_OF = "sum of "
"""How a record notes that it adds up several requests."""

MEAN = f"{SUM_OF}several requests: the price by length is that of their mean"


class CostLine(NamedTuple):
    """What one meter of one invocation costs.

    Args:
        meter: The leaf meter.
        quantity: How much was used.
        rate: The price; None if there is none.
        amount: Money; None if there is no price.
    """

    meter: str
    quantity: Count
    rate: Rate | None
    amount: Decimal | None


class Costed(NamedTuple):
    """What some usage costs.

    Args:
        amount: Money of all that has a price; None if nothing has.
        lines: Each meter of each invocation.
        status: `priced`, `estimated`, `partial` or `unpriced`.
        reasons: Why it isn't `priced`.
        currency: ISO 4217 code of the money.
    """

    amount: Decimal | None
    lines: tuple[CostLine, ...]
    status: Status = "priced"
    reasons: tuple[str, ...] = ()
    currency: str = "USD"


@dataclass(frozen=True, slots=True, eq=False)
class Pricer:
    """A catalog, and the offers of it that were asked for so far.

    Args:
        catalog: What the market charges.
        offers: Offers by the terms that a log states.
    """

    catalog: Catalog
    offers: dict[tuple[str | bool, ...], Offer] = field(default_factory=dict)

    def offer(self, terms: Terms) -> Offer:
        """Find what some terms mean, once."""
        found = self.offers.get(terms)
        if found is None:
            found = self.offers[terms] = offer(self.catalog, terms)
        return found


@lru_cache(maxsize=8)
def pricer(catalog: Catalog) -> Pricer:
    """Make a catalog ready to price with; the same one is made ready once."""
    return Pricer(catalog)


@lru_cache(maxsize=1024)
def is_prompt(meter: str) -> bool:
    """Tell whether a meter counts to the length of the prompt."""
    return meter_of(meter).direction == "input"


@lru_cache(maxsize=1024)
def billable(meter: str) -> bool:
    """Tell whether a meter needs a price."""
    return meter_of(meter).billable


def cost(usage: UsageRecord | Sequence[UsageRecord], catalog: Catalog, *, on: date | None = None) -> Costed:
    """Price one request: a record, or its parts.

    Args:
        usage: What was used; several records are the invocations of one request.
        catalog: What the market charges.
        on: Day whose prices hold where a record doesn't say when it was.

    Returns:
        The cost with its lines; what has no price is named, and never counted as nothing.

    Raises:
        InputError: A count is below zero, or the parts are in several currencies.
    """
    ready = pricer(catalog)
    if isinstance(usage, UsageRecord):
        return priced(ready, usage, on)
    return _together([priced(ready, each, on) for each in usage])


def priced(ready: Pricer, usage: UsageRecord, on: date | None = None) -> Costed:
    """Price one record, as `cost` does, from a catalog made ready."""
    terms = (usage.model, usage.provider, usage.batch, usage.service_tier, usage.speed, usage.region)
    found = ready.offers.get(terms) or ready.offer(Terms(*terms))
    if found.refusal:
        return _unpriced(usage, found, found.refusal)
    vague = usage.time is None and found.timed
    meters = usage.meters
    cell = cell_of(found, usage, on) if found.axes else found.cell()
    lines, total, missing, unsure = _lines(meters, cell)
    if missing or unsure or vague or usage.notes or found.doubt or (found.bounds and meters.get("requests", 1) > 1):
        return _doubted(usage, found, (cell, lines, total), on)
    return Costed(total, lines, "priced", (), found.currency)


def cell_of(found: Offer, usage: UsageRecord, on: date | None = None) -> Cell:
    """Find the cell of an offer that a record lies in, by its time, its length and its hour."""
    interval, band = 0, 0
    inside: tuple[bool, ...] = ()
    if found.changes:
        when = usage.time or (moment(on) if on else None)
        interval = bisect_right(found.changes, when) if when else UNDATED
    elif found.windows and usage.time is None and on is None:
        interval = UNDATED
    if found.bounds:
        band = bisect_left(found.bounds, _prompt(usage))
    if found.windows:
        inside = tuple(usage.time is not None and within(window, usage.time) for window in found.windows)
    return found.cells.get((interval, band, inside)) or found.cell(interval, band, inside)


def _prompt(usage: UsageRecord) -> Count:
    """The length of the prompt, by which a band is chosen: as a report says it, else of several requests their mean."""
    meters, said = usage.meters, usage.keys.get(ABOVE)
    if said:
        return int(said) + 1
    total = sum([count for meter, count in meters.items() if is_prompt(meter)])
    requests = meters.get("requests", 1)
    return total if requests <= 1 else Decimal(total) / Decimal(requests)


def _lines(meters: Mapping[str, Count], cell: Cell) -> tuple[tuple[CostLine, ...], Decimal, bool, bool]:
    """Price each meter: the lines, their sum, whether some have no price, and whether some price is unsure."""
    multiply, add = CONTEXT.multiply, CONTEXT.add
    make = tuple.__new__  # what the record's own name does, in half the time
    lines, total, missing, unsure = [], NOTHING, False, False
    for meter, count in meters.items():
        if count <= 0:
            if count < 0:
                raise InputError(f"{meter} is {count}; expected 0 or more")
            continue
        price = cell.get(meter)
        if price is not None:
            rate, unit, doubt = price
            amount = multiply(unit, count)
            total = add(total, amount)
            lines.append(make(CostLine, (meter, count, rate, amount)))
            if doubt:
                unsure = True
        elif billable(meter):
            lines.append(CostLine(meter, count, None, None))
            missing = True
    return tuple(lines), total, missing, unsure


def _doubted(
    usage: UsageRecord, found: Offer, priced: tuple[Cell, tuple[CostLine, ...], Decimal], on: date | None
) -> Costed:
    """Say what is missing and what is unsure."""
    cell, lines, total = priced
    lost = found.timed if usage.time is None and on is None else ()
    missing = [
        undated(found) if line.meter in lost else f"no price for {line.meter} of {found.described}"
        for line in lines
        if line.rate is None
    ]
    missing = list(dict.fromkeys(missing))
    lent = [(line.meter, cell[line.meter].doubt) for line in lines if line.rate is not None]
    doubts = [f"{meter} of {found.name}: {doubt}" for meter, doubt in lent if doubt]
    vague = usage.time is None and any(meter in found.timed for meter, _ in lent)
    doubts += [*([timeless(found)] if vague else []), *_doubts(found, usage)]
    if missing and not lent:
        return Costed(None, lines, "unpriced", (*missing, *doubts), found.currency)
    status: Status = "partial" if missing else "estimated" if doubts else "priced"
    return Costed(total, lines, status, (*missing, *doubts), found.currency)


def undated(found: Offer) -> str:
    """Say why an offer can't be priced without a time."""
    days = ", ".join(f"{each:%Y-%m-%d}" for each in found.changes)
    when = f"prices of {found.name} changed on {days}" if days else f"the price of {found.name} goes by the hour"
    return f"time not known, and {when}; say the day whose prices hold"


def timeless(found: Offer) -> str:
    """Say what is unsure of an offer's price where the day given is all that is known of the time."""
    hours = ", ".join(window.key.removeprefix("within ") for window in found.windows)
    return f"time not known: priced as of the day given{f', outside {hours}' if hours else ''}"


def _doubts(found: Offer, usage: UsageRecord) -> Iterator[str]:
    """What is not sure of a record, where the price depends on it."""
    several = usage.meters.get("requests", 1) > 1
    if several and found.bounds and not usage.keys.get(ABOVE):
        yield MEAN
    yield from filter(None, [found.doubt])
    yield from (note for note in usage.notes if not note.startswith(SUM_OF) or (found.bounds and not several))


def _unpriced(usage: UsageRecord, found: Offer, reason: str) -> Costed:
    used = ((meter, count) for meter, count in usage.meters.items() if count and billable(meter))
    lines = tuple(CostLine(meter, count, None, None) for meter, count in used)
    return Costed(None, lines, "unpriced", (reason,), found.currency)


def _together(parts: Sequence[Costed]) -> Costed:
    """Add up the parts of one request."""
    if len(parts) == 1:
        return parts[0]
    amounts = [part.amount for part in parts if part.amount is not None]
    currencies = dict.fromkeys(part.currency for part in parts if part.amount is not None)
    if len(currencies) > 1:
        raise InputError(f"the parts are priced in {' and '.join(currencies)}; expected one currency")
    total = NOTHING
    for amount in amounts:
        total = CONTEXT.add(total, amount)
    return Costed(
        total if amounts or not parts else None,
        tuple(line for part in parts for line in part.lines),
        _worst([part.status for part in parts]),
        tuple(dict.fromkeys(reason for part in parts for reason in part.reasons)),
        next(iter(currencies), "USD"),
    )


def _worst(found: Sequence[Status]) -> Status:
    """The status of several parts: unpriced only where none is priced."""
    if any(each in {"partial", "unpriced"} for each in found):
        return "unpriced" if all(each == "unpriced" for each in found) else "partial"
    return "estimated" if "estimated" in found else "priced"
