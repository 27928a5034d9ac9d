"""What is rounded or free in each request: converted row by row, before rows are folded, exactly."""

from collections.abc import Iterator
from decimal import Decimal

from pertoken.core.errors import InputError
from pertoken.core.meters import leaves, meter
from pertoken.engines import refusals, sql
from pertoken.engines.convert_sql import MOST, Counted, converted, literal, places
from pertoken.engines.log import Log
from pertoken.rating.card import Convert
from pertoken.usage.decompose import Leaf
from pertoken.usage.question import PerRequest, Question
from pertoken.usage.schema import Binding

PARTED_PLACES = 9
"""Decimal places that are read of meters that have fractions."""


def told_apart(log: Log, question: Question) -> None:
    """Refuse a log whose rows are not requests, where each request is to be converted.

    Raises:
        InputError: A line for each meter, or rows of several requests.
    """
    if not question.per_request or log.kept:
        return
    asked = question.per_request[0].meter
    if log.binding.long:
        raise refusals.lines_of_meters(log.source.name, asked)
    several = refusals.requests(log.binding)
    if several is None:
        return
    query = f"SELECT count(*) FROM {log.source.relation} WHERE {sql.value(several, log.types)} > 1"
    row = log.con.execute(query).fetchone()
    if row and row[0]:
        raise refusals.several(log.source.name, row[0], several.column, asked)


def converted_sum(asked: PerRequest, binding: Binding, types: sql.Types) -> str:
    """Write the sum over requests of what each is converted to: whole numbers as such, parts summed in DECIMAL.

    Raises:
        CardError: More digits than DECIMAL holds.
        InputError: A meter is taken off, or there is no such meter.
    """
    how = Convert(
        per=asked.per,
        times=asked.times,
        round=asked.round,
        precision=asked.precision,
        free=asked.free,
        free_first=asked.free_first,
    )
    priced = converted(_counted(asked, binding, types), how)
    return f"CAST(sum({priced.sql}) AS {'DOUBLE' if priced.places else 'BIGINT'})"


def _counted(asked: PerRequest, binding: Binding, types: sql.Types) -> Counted:
    """The weighted sum of meters of one row."""
    terms = list(_terms(asked, binding, types))
    parts = max((term.places for term in terms), default=0)
    most = sum((term.most for term in terms), Decimal(0))
    return Counted("(" + (" + ".join(term.sql for term in terms) or "0") + ")", parts, most)


def _terms(asked: PerRequest, binding: Binding, types: sql.Types) -> Iterator[Counted]:
    present = {leaf.meter: leaf for leaf in binding.leaves}
    for name, weight in asked.weights:
        if weight <= 0:
            msg = f"{asked.meter} weighs {name} by {weight:f}; expected a weight above 0: meters are disjoint already"
            raise InputError(msg)
        for found in leaves(name, {"requests": None} | present):
            yield _term(present.get(found), weight, types)


def _term(leaf: Leaf | None, weight: Decimal, types: sql.Types) -> Counted:
    if leaf is None:
        return Counted(literal(weight), places(weight), weight)
    parts = 0 if meter(leaf.meter).whole else PARTED_PLACES
    value = Counted(sql.value(leaf, types), parts, MOST * (1 + len(leaf.more)))
    if weight == 1:
        return value if parts == 0 else Counted(value.decimal, parts, value.most)
    return Counted(f"{value.decimal} * {literal(weight)}", parts + places(weight), value.most * weight)
