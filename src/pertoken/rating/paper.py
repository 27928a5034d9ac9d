"""Paper: a charge reckoned tier by tier at both ends of a stretch, as one would by hand; the twin of `evaluate`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pertoken.core.money import array
from pertoken.rating.card import Charge
from pertoken.rating.curve import convert
from pertoken.rating.stretch import Point, Stretch
from pertoken.rating.walk import TierPart, walk
from pertoken.rating.words import number


@dataclass(frozen=True, slots=True)
class Sum:
    """One line on paper.

    Args:
        about: What is reckoned, in words.
        quantity: Units priced; None where it isn't a quantity. [priced unit]
        rate: Money for one of them; None where there is none. [currency / priced unit]
        amount: Money. [currency]
        line: Line of the card's file.
    """

    about: str
    quantity: Decimal | None
    rate: Decimal | None
    amount: Decimal
    line: int


def priced(charge: Charge, counted: Decimal) -> Decimal:
    """From counted to priced units."""
    found: Decimal = convert(array([counted], exact=True), charge.convert)[0]
    return found


def parts_at(charge: Charge, point: Point | None) -> list[TierPart]:
    """Walk the tiers up to a point."""
    return [] if point is None else walk(charge.curve, priced(charge, point.quantity), point.select)


def reckoned(charge: Charge, begin: Point | None, end: Point, factor: Decimal = Decimal(1)) -> list[Sum]:
    """Reckon what a charge comes to between two points of its cumulative price.

    Graduated tiers are told one by one, each with what falls into it. Where all units are priced in the tier reached,
    what was charged until then is a line of its own.
    """
    now, then = parts_at(charge, end), parts_at(charge, begin)
    if charge.curve is not None and (charge.curve.mode == "all" or charge.curve.select):
        sums = [_told(part) for part in now] + [_taken_back(part) for part in then]
    else:
        sums = [_told(part) for part in _beyond(now, then)]
    return [_times(each, factor) for each in sums] if factor != 1 else sums


def _beyond(now: Sequence[TierPart], then: Sequence[TierPart]) -> Iterable[TierPart]:
    """What each tier has more than it had."""
    had = {part.begin: part for part in then}
    for part in now:
        old = had.get(part.begin)
        more = part if old is None else _less(part, old)
        if old is None or more.quantity or more.amount:
            yield more


def _less(part: TierPart, old: TierPart) -> TierPart:
    return replace(
        part,
        begin=max(part.begin, part.begin + old.quantity),
        quantity=part.quantity - old.quantity,
        flat=part.flat - old.flat,
        amount=part.amount - old.amount,
    )


def _told(part: TierPart) -> Sum:
    words = f"above {number(part.begin)}" if part.begin else ""
    words += f"{', ' * bool(words)}flat {number(part.flat)}" if part.flat else ""
    words += f"{', ' * bool(words)}capped at {number(part.cap)}" if part.cap is not None else ""
    return Sum(words, part.quantity, part.rate, part.amount, part.line)


def _taken_back(part: TierPart) -> Sum:
    return Sum("less what was charged before", -part.quantity, part.rate, -part.amount, part.line)


def _times(each: Sum, factor: Decimal) -> Sum:
    words = f"{each.about}{', ' * bool(each.about)}× {factor:f}"
    return replace(each, about=words, rate=each.rate and each.rate * factor, amount=each.amount * factor)


def beside_pools(stretch: Stretch) -> list[Sum]:
    """Reckon what pools take off: the price of what they left, less that of all; one line where there is one rate."""
    assert stretch.net is not None  # noqa: S101  see the caller
    charge = stretch.charge
    gross = reckoned(charge, stretch.begin, stretch.end)
    net = reckoned(charge, *stretch.net, stretch.factor)
    rate = _one_rate([*gross, *net])
    if rate is not None:
        quantity = units(net) - units(gross)
        return [Sum("", quantity, rate, quantity * rate, gross[0].line)] if quantity else []
    back = [
        replace(each, about="list price taken back", quantity=-(each.quantity or Decimal(0)), amount=-each.amount)
        for each in gross
    ]
    return back + [replace(each, about=f"beyond the pool{', ' * bool(each.about)}{each.about}") for each in net]


def _one_rate(sums: Sequence[Sum]) -> Decimal | None:
    """The rate at which all is priced, if there is but one."""
    rates = {each.rate for each in sums}
    rate = rates.pop() if len(rates) == 1 else None
    return rate if rate is not None and all(each.amount == (each.quantity or 0) * rate for each in sums) else None


def units(sums: Iterable[Sum]) -> Decimal:
    """Add priced units up."""
    return sum((each.quantity or Decimal(0) for each in sums), Decimal(0))


def money(sums: Iterable[Sum]) -> Decimal:
    """Add lines up. [currency]."""
    return sum((each.amount for each in sums), Decimal(0))
