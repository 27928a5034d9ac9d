"""What is rounded or free in each request, reckoned where the rows are: in whole numbers alone, so exactly."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, lcm

import ibis
import ibis.expr.datatypes as dt

from pertoken.core.errors import CardError, InputError
from pertoken.core.meters import leaves, meter
from pertoken.engines import refusals
from pertoken.engines.convert_sql import MOST, WIDEST
from pertoken.engines.per_request import PARTED_PLACES
from pertoken.engines.remote.dialect import WHOLE, over
from pertoken.engines.remote.numbers import value
from pertoken.engines.remote.table import Expr, Table
from pertoken.usage.decompose import Leaf
from pertoken.usage.question import PerRequest, Question


def told_apart(table: Table, question: Question, several: int) -> None:
    """Refuse a log whose rows are not requests, where each request is to be converted.

    Args:
        table: An open table.
        question: What it is to be folded to.
        several: How many of its rows hold several requests.

    Raises:
        InputError: A line for each meter, or rows of several requests.
    """
    if not question.per_request:
        return
    asked = question.per_request[0].meter
    if table.binding.long:
        raise refusals.lines_of_meters(table.name, asked)
    if several:
        leaf = refusals.requests(table.binding)
        raise refusals.several(table.name, several, leaf.column if leaf else "", asked)


@dataclass(frozen=True, slots=True)
class Scaled:
    """A quantity as a whole number of equal parts.

    Args:
        number: The whole number.
        parts: How many of them are one.
        most: What the whole number never exceeds.
    """

    number: Expr
    parts: int
    most: int


def converted(table: Table, asked: PerRequest) -> tuple[Expr, int]:
    """Write what each request is converted to.

    Returns:
        A whole number, and how many of them are one unit.

    Raises:
        CardError: More digits than engines hold.
        InputError: A meter is taken off, or there is no such meter.
    """
    made = _converted(table, asked)
    return made.number, made.parts


def _converted(table: Table, asked: PerRequest) -> Scaled:
    """Packages or parts of one request, less what is free: `x * up - off` over `by`."""
    counted = _counted(table, asked)
    ratio = Fraction(asked.times) / Fraction(asked.per) / counted.parts
    if asked.round is None:
        parts = _decimal(ratio.denominator, asked)
        return _less(_scaled(counted, int(ratio * parts), parts), asked.free)
    steps = ratio * 10**asked.precision
    free = Fraction(asked.free) * 10**asked.precision if asked.free_first else Fraction(0)
    by = lcm(steps.denominator, free.denominator)
    up, off = int(steps * by), int(free * by)
    most = counted.most * up * 2 + 2 * by
    x = _wide(counted.number, most) * up if up != 1 else _wide(counted.number, most)
    x = ibis.greatest(x - off, 0) if off else x
    rounded = over(
        table.dialect, *{"up": (x + (by - 1), by), "down": (x, by), "half_up": (2 * x + by, 2 * by)}[asked.round]
    )
    made = Scaled(rounded, 10**asked.precision, ceil(counted.most * steps) + 1)
    return made if asked.free_first else _less(made, asked.free)


def _scaled(counted: Scaled, times: int, parts: int) -> Scaled:
    most = counted.most * times
    return Scaled(_wide(counted.number, most) * times if times != 1 else counted.number, parts, most)


def _less(made: Scaled, free: Decimal) -> Scaled:
    if not free:
        return made
    parts = lcm(made.parts, Fraction(free).denominator)
    finer = _scaled(made, parts // made.parts, parts)
    return Scaled(ibis.greatest(finer.number - int(Fraction(free) * parts), 0), parts, finer.most)


def _wide(number: Expr, most: int) -> Expr:
    """A whole number with room for the most that it is made to."""
    if most < 1 << 63:
        return number
    if most >= 10**WIDEST:
        msg = f"converting each request needs numbers of {len(str(most))} digits; engines hold {WIDEST}; use a file"
        raise CardError(msg)
    return number.cast(WHOLE)


def _decimal(parts: int, asked: PerRequest) -> int:
    """Refuse parts that have no end as a decimal, as they are for files."""
    rest = parts
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    if rest != 1:
        raise refusals.endless(asked)
    return parts


def _counted(table: Table, asked: PerRequest) -> Scaled:
    """The weighted sum of meters of one row."""
    terms = list(_terms(table, asked))
    parts = lcm(*(term.parts for term in terms), 1)
    scaled = [_scaled(term, parts // term.parts, parts) for term in terms]
    number = sum((each.number for each in scaled[1:]), start=scaled[0].number) if scaled else ibis.literal(0, dt.int64)
    return Scaled(number, parts, sum(each.most for each in scaled))


def _terms(table: Table, asked: PerRequest) -> Iterator[Scaled]:
    present = {leaf.meter: leaf for leaf in table.binding.leaves}
    for name, weight in asked.weights:
        if weight <= 0:
            msg = f"{asked.meter} weighs {name} by {weight:f}; expected a weight above 0: meters are disjoint already"
            raise InputError(msg)
        for found in leaves(name, {"requests": None} | present):
            yield _term(table, present.get(found), Fraction(weight))


def _term(table: Table, leaf: Leaf | None, weight: Fraction) -> Scaled:
    if leaf is None:
        return Scaled(ibis.literal(weight.numerator, dt.int64), weight.denominator, weight.numerator)
    most = int(MOST) * (1 + len(leaf.more))
    if meter(leaf.meter).whole:
        return _scaled(Scaled(value(table, leaf), 1, most), weight.numerator, weight.denominator)
    parts = 10**PARTED_PLACES
    nano = (value(table, leaf) * parts).cast(WHOLE)
    return _scaled(Scaled(nano, parts, most * parts), weight.numerator, parts * weight.denominator)
