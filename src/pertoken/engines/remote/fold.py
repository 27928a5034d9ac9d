"""An engine elsewhere answers the question: one query to check the rows, one to fold them; only the lines travel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import ibis.expr.datatypes as dt
import numpy as np

from pertoken.core import period
from pertoken.core.lines import Key, Lines, Usage, concat
from pertoken.core.meters import meter
from pertoken.engines.folded import Column, exact, known, stacked, whole
from pertoken.engines.refusals import only_money
from pertoken.engines.remote.connect import told
from pertoken.engines.remote.dialect import WHOLE
from pertoken.engines.remote.fetch import fetched, first
from pertoken.engines.remote.keys import Group, groups, plain
from pertoken.engines.remote.numbers import number, value
from pertoken.engines.remote.numbers import whole as is_whole
from pertoken.engines.remote.per_request import converted, told_apart
from pertoken.engines.remote.rows import Span, checked, judged
from pertoken.engines.remote.table import Expr, Table
from pertoken.engines.remote.times import seconds
from pertoken.engines.rows import refused
from pertoken.engines.sql import QUANTITY
from pertoken.usage.question import Question
from pertoken.usage.report import Report, partial_day

METER = "meter"


def labels(table: Table, keys: Sequence[str]) -> list[tuple[str, ...]]:
    """List the distinct combinations of some keys in a table."""
    with told(table.name):
        made = groups(table, Question(tuple(keys)), on="", span=span(table, Question(tuple(keys))))
        by = {f"k{i}": group.by for i, group in enumerate(made.values()) if group.by is not None}
        got = fetched(table.rows.select(**by).distinct()) if by else None
    size = got.num_rows if got is not None else 1
    columns = [coded(got, f"k{i}", group, size).column().tolist() for i, group in enumerate(made.values())]
    return sorted(set(zip(*columns, strict=True)))


def span(table: Table, question: Question) -> Span:
    """Find the first and last second, where some time is asked for."""
    timed = period.finest(set(question.keys)) or question.clocks
    if table.binding.time is None or not timed:
        return 0, 0
    row = first(table.rows.aggregate(first=seconds(table).min(), last=seconds(table).max()))
    return int(row["first"] or 0), int(row["last"] or 0)


def fold(
    table: Table,
    question: Question,
    *,
    on: str = "",
    rejects: bool = False,
    watch: Callable[[float], None] | None = None,
) -> tuple[Usage, Report]:
    """Fold a table to the lines that a question asks for; see `pertoken.engines.duckdb.fold`.

    Args:
        table: An open table.
        question: Keys, bands, dates of prices, time zone.
        on: Day whose prices hold where the log has no time; empty for the end of its period.
        rejects: True to set rows aside that can't be used; False to refuse the log.
        watch: Told when the rows are checked, and when they are folded.

    Returns:
        Usage in leaf meters, whole numbers as `int64`; and what was read.

    Raises:
        InputError: Rows that can't be used (unless set aside), mixed time zones, no rows, requests that can't be told
            apart where each is to be converted, or the engine refuses.
    """
    only_money(table.name, table.binding)
    with told(table.name):
        report, times, several = checked(table, bands=bool(question.cuts))
        told_apart(table, question, several)
        if report.rejected and (not rejects or sum(report.rejected.values()) == report.rows):
            raise refused(report)
        if watch:
            watch(0.5)
        made = groups(table, question, on=on, span=times)
        got = fetched(query(table, question, made, rejected=bool(report.rejected)))
    usage = _usage(table, question, made, got)
    if watch:
        watch(1.0)
    cut = partial_day(report.last, question.timezone) if "day" in question.keys else ""
    return usage, replace(report, says=(*report.says, cut)) if cut else report


def query(table: Table, question: Question, made: Mapping[str, Group], *, rejected: bool = False) -> Expr:
    """Write the query that folds a table.

    Args:
        table: An open table.
        question: What it is folded to.
        made: How its keys are grouped.
        rejected: True to leave rows out that can't be used.

    Returns:
        A query of Ibis: `k0`, `k1`... for the keys that are grouped by, `meter` of lines for each meter, `q0`, `q1`...
        for the meters.
    """
    by = {f"k{i}": group.by for i, group in enumerate(made.values()) if group.by is not None}
    by |= {METER: table.column(METER)} if table.binding.long else {}
    sums = _sums(table, question)
    each = {f"q{i}": one.each for i, one in enumerate(sums) if one.each is not None}
    columns = {f"_{name}": expression for name, expression in (by | each).items()}
    rows = table.rows.mutate(**columns)
    if rejected:
        rows = judged(replace(table, rows=rows))
        rows = rows.filter(rows["_fault"].isnull())
    rows = rows.select(**{name: rows[f"_{name}"] for name in (*by, *each)})
    totals = {f"q{i}": one.total(rows, f"q{i}") for i, one in enumerate(sums)}
    return rows.group_by(list(by)).aggregate(**totals) if by else rows.aggregate(**totals)


@dataclass(frozen=True, slots=True)
class Sum:
    """A meter of the answer.

    Args:
        meter: Its name.
        each: What one row has of it; None for one.
        kind: `int64`; a decimal that is shown as a float; or a whole number of parts.
        parts: How many parts are one.
    """

    meter: str
    each: Expr | None
    kind: str = "whole"
    parts: int = 1

    def total(self, rows: Expr, name: str) -> Expr:
        """Add up the rows of a group."""
        if self.each is None:
            return rows.count().cast(dt.int64)
        if self.kind == "parts":
            return rows[name].cast(WHOLE).sum()
        return (
            rows[name].sum().cast(dt.float64) if self.kind == "float" else rows[name].sum().cast(WHOLE).cast(dt.int64)
        )

    def column(self, got: Expr, name: str) -> Column:
        """Read the totals that have travelled."""
        if self.kind != "parts":
            return np.asarray(got.column(name).to_numpy())
        numbers = [int(number) for number in got.column(name).to_pylist()]
        whole_numbers = self.parts == 1 and all(abs(number) < 1 << 63 for number in numbers)
        return np.array(numbers, np.int64) if whole_numbers else np.array([n / self.parts for n in numbers], np.float64)


def _sums(table: Table, question: Question) -> list[Sum]:
    if table.binding.long:
        if is_whole(table.types[QUANTITY]):
            return [Sum(QUANTITY, number(table, QUANTITY, "requests"))]
        return [Sum(QUANTITY, number(table, QUANTITY, "x_any"), "float")]
    kinds = {True: "whole", False: "float"}
    sums = [Sum(leaf.meter, value(table, leaf), kinds[meter(leaf.meter).whole]) for leaf in table.binding.leaves]
    sums += [] if any(one.meter == "requests" for one in sums) else [Sum("requests", None)]
    for asked in question.per_request:
        each, parts = converted(table, asked)
        sums.append(Sum(asked.meter, each, "parts", parts))
    return sums


def _usage(table: Table, question: Question, made: Mapping[str, Group], got: Expr) -> Usage:
    """Write the labels of what has travelled, merge lines that share them, and stack the meters under each other."""
    keys = {name: coded(got, f"k{i}", group, got.num_rows) for i, (name, group) in enumerate(made.items())}
    sums = _sums(table, question)
    columns = {f"q{i}": one.column(got, f"q{i}") for i, one in enumerate(sums)}
    if table.binding.long:
        keys[METER] = coded(got, METER, Group(table.column(METER), plain), got.num_rows)
        known(table.name, keys[METER].labels)
    lines = Lines(keys, columns).fold(list(keys))
    values = exact(table.name, [lines.values[name] for name in columns])
    if table.binding.long:
        return Usage(lines.keys, {"quantity": whole(values[0])})
    return concat(Usage, list(stacked(lines.keys, values, [one.meter for one in sums])))


def coded(got: Expr, name: str, group: Group, size: int) -> Key:
    """Write each label once, and number the lines by them.

    Args:
        got: Columns that have travelled.
        name: One of them.
        group: How its labels are written.
        size: How many lines there are.
    """
    if group.by is None:
        return Key.constant(group.label(None), size)
    coded = got.column(name).combine_chunks().dictionary_encode(null_encoding="encode")
    own = [group.label(found) for found in coded.dictionary.to_pylist()]
    names = sorted(set(own))
    place = {label: i for i, label in enumerate(names)}
    codes = np.array([place[label] for label in own], dtype=np.int32)
    return Key(codes[coded.indices.to_numpy()], tuple(names))
