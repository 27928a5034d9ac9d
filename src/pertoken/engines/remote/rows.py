"""Rows that can't be used, where they are: counted in one query, set aside by their reason, a few of them shown."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import ibis
import ibis.expr.datatypes as dt

from pertoken.core.errors import Fault, InputError
from pertoken.engines import refusals
from pertoken.engines.remote import times, zones
from pertoken.engines.remote.checks import Check, checks
from pertoken.engines.remote.fetch import fetched, first
from pertoken.engines.remote.numbers import readable, value
from pertoken.engines.remote.table import Expr, Table
from pertoken.engines.rows import MOST_REJECTS
from pertoken.usage.names import looks_like_meter
from pertoken.usage.report import Report

Span = tuple[int, int]
"""First and last second of the times."""


def checked(table: Table, *, bands: bool = False) -> tuple[Report, Span, int]:
    """Look for rows that can't be used, and for the first and last time, in one query.

    Args:
        table: An open table.
        bands: True if requests are to be cut by their length.

    Returns:
        What was read; the first and last second; how many rows hold several requests.

    Raises:
        InputError: No rows, times with and without a zone mixed, or counts in a column that nobody reads.
    """
    found = checks(table)
    row = first(table.rows.aggregate(**_counts(table, found)))
    if row["rows"] == 0:
        msg = f"{table.name} has no rows; expected at least one"
        raise InputError(msg)
    _all_read(table, row)
    _one_kind_of_time(table, row)
    bad = any(row[f"c{i}"] for i in range(len(found))) or _repeated(table)
    begun, over = row.get("first"), row.get("last")
    report = Report(
        source=table.name,
        rows=int(row["rows"]),
        rejected=_rejected(table) if bad else {},
        sample=_sample(table) if bad else (),
        first=_written(begun),
        last=_written(over),
        layout=table.layout,
        says=(
            *table.says,
            *table.binding.says,
            *_lists(table),
            *([refusals.MEAN] if bands and row.get("several") else ()),
        ),
    )
    return report, (int(begun or 0), int(over or 0)), int(row.get("several", 0))


def _counts(table: Table, found: Sequence[Check]) -> dict[str, Expr]:
    rows, binding = table.rows, table.binding
    out = {"rows": rows.count()} | {f"c{i}": rows.count(where=check.holds) for i, check in enumerate(found)}
    out |= {f"u{i}": _held(table, name) for i, name in enumerate(_unknown(table))}
    if binding.time:
        when = times.seconds(table)
        out |= {"first": when.min(), "last": when.max()}
    if binding.time and not binding.timezone and table.column(binding.time).type().is_string():
        text = table.column(binding.time).strip()
        out |= {"zoned": text.min(where=times.has_offset(text)), "naive": text.min(where=times.unzoned(text))}
    leaf = refusals.requests(binding)
    return out | ({"several": rows.count(where=value(table, leaf) > 1)} if leaf else {})


def _unknown(table: Table) -> list[str]:
    kinds = table.types
    return [name for name in table.binding.unknown if kinds[name].is_numeric() or kinds[name].is_string()]


def _held(table: Table, name: str) -> Expr:
    """Some number that stands in a column and is not zero."""
    column = table.column(name).cast(dt.string)
    return column.max(where=readable(table, name) != 0)


def _all_read(table: Table, row: dict[str, Any]) -> None:
    for i, name in enumerate(_unknown(table)):
        if row[f"u{i}"] is not None:
            raise refusals.not_read(table.name, name, row[f"u{i}"])


def _one_kind_of_time(table: Table, row: dict[str, Any]) -> None:
    pair = row.get("zoned"), row.get("naive")
    if None not in pair:
        raise refusals.mixed_times(table.name, str(table.binding.time), pair)


def _written(seconds: int | None) -> str:
    return "" if seconds is None else f"{zones.moment(int(seconds)):%Y-%m-%d %H:%M:%S}"


def _lists(table: Table) -> tuple[str, ...]:
    """Say which lists of counts are not read."""
    names = [name for name, kind in table.types.items() if kind.is_array() and looks_like_meter(name)]
    return tuple(refusals.LIST.format(name) for name in names)


def _identity(table: Table) -> list[Expr]:
    """What stands only once: the request's id; where each meter has a line, the id and the meter."""
    names = [str(table.binding.request_id), *(["meter"] if table.binding.long else [])]
    return [table.column(name) for name in names]


def _repeated(table: Table) -> bool:
    if table.binding.request_id is None:
        return False
    own = _identity(table)
    named = table.rows.filter(own[0].notnull())
    each = named.group_by(own).aggregate(times=named.count())
    row = first(each.aggregate(most=each["times"].max()))
    return bool(row["most"] and row["most"] > 1)


def judged(table: Table) -> Expr:
    """The rows with the number of the first check that each fails as `_fault`; NULL for a good row."""
    found, none = checks(table), ibis.null(dt.int64)
    whens = [(check.holds, ibis.literal(i, dt.int64)) for i, check in enumerate(found)]
    rows = table.rows.mutate(_fault=ibis.cases(*whens, else_=none) if whens else none)
    if table.binding.request_id is None:
        return rows
    name = str(table.binding.request_id)
    own = [rows[name], *([rows["meter"]] if table.binding.long else []), rows["_fault"].isnull()]
    order = ibis.row_number().over(ibis.window(group_by=own, order_by=_order(table, rows)))
    again = rows["_fault"].isnull() & rows[name].notnull() & (order > 0)
    return rows.mutate(_fault=ibis.cases((again, ibis.literal(len(found), dt.int64)), else_=rows["_fault"]))


def _order(table: Table, rows: Expr) -> list[Expr]:
    """Which of several rows of one request comes first: the earliest, then that of the smallest numbers."""
    names = [table.binding.time, *(leaf.column for leaf in table.binding.leaves)]
    return [rows[name] for name in dict.fromkeys(names) if name]


def reasons(table: Table) -> list[str]:
    """List the reasons, as `judged` numbers them."""
    return [*(check.reason for check in checks(table)), refusals.REPEATED]


def _rejected(table: Table) -> dict[str, int]:
    """Count the rows that can't be used, each once."""
    rows = judged(table)
    counted = rows.filter(rows["_fault"].notnull()).group_by("_fault").aggregate(n=lambda each: each.count())
    got = {int(each["_fault"]): int(each["n"]) for each in fetched(counted).to_pylist()}
    return {reasons(table)[i]: got[i] for i in sorted(got)}


def _sample(table: Table) -> tuple[Fault, ...]:
    """Fetch some rows of each reason: what was found, and what tells the row."""
    told = table.binding.request_id or table.binding.time
    shown = {f"s{i}": check.shows.cast(dt.string) for i, check in enumerate(checks(table))}
    named = {"_told": table.column(told).cast(dt.string) if told else ibis.null(dt.string)}
    rows = judged(replace(table, rows=table.rows.mutate(**shown, **named)))
    bad = rows.filter(rows["_fault"].notnull()).select("_fault", "_told", *shown)
    order = ibis.row_number().over(ibis.window(group_by=bad["_fault"], order_by=bad["_told"]))
    few = bad.mutate(_n=order)
    got = fetched(few.filter(few["_n"] < MOST_REJECTS).order_by("_fault", "_n")).to_pylist()
    return tuple(_fault(table, each, reasons(table), told) for each in got)


def _fault(table: Table, row: dict[str, Any], reason: Sequence[str], told: str | None) -> Fault:
    i = int(row["_fault"])
    shown = row.get(f"s{i}", row["_told"])
    where = f"{table.name} {told} {row['_told']}" if told else table.name
    return Fault(where, f"found {shown if shown is not None else 'nothing'}", "", reason[i])
