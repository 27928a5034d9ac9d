"""What can be wrong with a row, as conditions that an engine elsewhere can judge; reasons as for files."""

from collections.abc import Iterator
from dataclasses import dataclass

import ibis
import ibis.expr.datatypes as dt

from pertoken.core import period
from pertoken.core.meters import METERS, PARTED, meter
from pertoken.engines import refusals
from pertoken.engines.remote import times
from pertoken.engines.remote.numbers import number, readable, said, value, whole
from pertoken.engines.remote.table import Expr, Table
from pertoken.engines.sql import MOST, QUANTITY
from pertoken.usage.decompose import Leaf


@dataclass(frozen=True, slots=True)
class Check:
    """A reason for which a row can't be used.

    Args:
        reason: In words, with what was expected.
        holds: True for such a row.
        shows: What was found there.
    """

    reason: str
    holds: Expr
    shows: Expr


def checks(table: Table) -> list[Check]:
    """List what can be wrong with a row."""
    found: dict[str, Check] = {}
    for check in _all(table):
        found.setdefault(check.reason, check)
    return list(found.values())


def _all(table: Table) -> Iterator[Check]:
    binding = table.binding
    yield from _key_checks(table)
    if binding.long:
        yield from _long_checks(table)
    if binding.time:
        when = times.seconds(table)
        yield Check(refusals.TIME, when.isnull(), table.column(binding.time))
    for one, two in binding.unread.items():
        bad = said(table.column(two)).isnull() & said(table.column(one)).notnull()
        yield Check(refusals.unread(one, two), bad, table.column(one))
    for leaf in () if binding.long else binding.leaves:
        for name in (leaf.column, *leaf.more):
            yield from _number_checks(table, name, leaf.meter)
        if leaf.less:
            yield _part_check(table, leaf)


def _key_checks(table: Table) -> Iterator[Check]:
    """What can be wrong with labels."""
    keys = table.binding.keys
    for grain, name in keys.items():
        if grain in period.GRAINS:
            yield _period_check(table, grain, name)
    if "batch" in keys:
        yield _batch_check(table, keys["batch"])
    for key in table.binding.needed:
        nameless = _label(table, keys[key]).re_search(f"^{refusals.NAMELESS}$")
        yield Check(refusals.needed(key, keys[key]), nameless, table.column(keys[key]))


def _label(table: Table, name: str) -> Expr:
    column = table.column(name)
    if column.type().is_boolean():
        return ibis.cases((column, "true"), else_="false")
    return column.cast(dt.string).coalesce("")


def _period_check(table: Table, grain: str, name: str) -> Check:
    label = _label(table, name)
    shape = period.SHAPES[grain].replace("\\d", "[0-9]")
    return Check(refusals.label(grain, name), ~label.re_search(f"^({shape})?$"), label)


def _batch_check(table: Table, name: str) -> Check:
    word = _label(table, name).strip().lower()
    return Check(refusals.batch(name), word.notin([*refusals.YES, *refusals.NO]), table.column(name))


def _long_checks(table: Table) -> Iterator[Check]:
    label, own = table.column("meter"), table.column(QUANTITY)
    exact = readable(table, QUANTITY)
    bad = exact.isnull() | (exact < 0) | (exact > MOST)
    yield Check(refusals.QUANTITY, bad, said(own))
    if not whole(own.type()):
        parted = label.isin([name for name, each in METERS.items() if not each.whole])
        for head in PARTED:
            parted = parted | label.startswith(head)
        yield Check(refusals.WHOLE_QUANTITY, ~parted & (exact != exact.floor()), said(own))
    yield Check(refusals.METER, label.strip().nullif("").isnull(), label)


def _number_checks(table: Table, name: str, leaf: str) -> Iterator[Check]:
    column = table.column(name)
    if whole(column.type()):
        yield Check(refusals.most(name), column > MOST, column)
        yield Check(refusals.least(name), column < 0, column)
        return
    exact = readable(table, name)
    unread = said(column).notnull() & exact.isnull()
    if column.type().is_floating():  # asked by name, since Spark holds that what is no number lies in any range
        unread = unread | column.isnan()
    yield Check(refusals.number(name), unread, column)
    yield Check(refusals.most(name), exact > MOST, column)
    if meter(leaf).whole:
        yield Check(refusals.whole(name), exact != exact.floor(), column)
    yield Check(refusals.least(name), exact < 0, column)


def _part_check(table: Table, leaf: Leaf) -> Check:
    """What a column contains can't be more than the column."""
    own, less = (leaf.column, *leaf.more), leaf.less
    first, second = (_added(table, some, leaf.meter).cast(dt.string) for some in (own, less))
    return Check(refusals.parts(own, less), value(table, leaf) < 0, first + " < " + second)


def _added(table: Table, names: tuple[str, ...], leaf: str) -> Expr:
    first, *more = (number(table, name, leaf) for name in names)
    return sum(more, start=first)
