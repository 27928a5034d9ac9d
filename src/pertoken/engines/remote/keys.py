"""Keys as an engine groups them, and how the label of a group is written once it has travelled."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import ibis
import numpy as np

from pertoken.core import period
from pertoken.core.meters import leaves
from pertoken.engines import refusals
from pertoken.engines.remote import times, zones
from pertoken.engines.remote.dialect import over
from pertoken.engines.remote.numbers import value
from pertoken.engines.remote.steps import step
from pertoken.engines.remote.table import Expr, Table
from pertoken.usage.question import DEFAULTS, PRICE_FROM, Clock, Cut, Question

Label = Callable[[Any], str]
"""Writes the label of what a group's column holds; None for nothing said."""

MOST_STEPS = 600
"""More periods than these are counted in days, and rolled up after they have travelled."""


@dataclass(frozen=True, slots=True)
class Group:
    """A key of the answer.

    Args:
        by: What the engine groups by; None where the label is the same on every row.
        label: Writes the label of what it holds.
    """

    by: Expr | None
    label: Label


def groups(table: Table, question: Question, *, on: str, span: tuple[int, int]) -> dict[str, Group]:
    """Say how each key is grouped.

    Args:
        table: An open table.
        question: What to keep apart.
        on: Day whose prices hold where there are no times; empty for the end of the period.
        span: First and last second of the times.
    """
    refusals.no_ledger_key(question, table.binding, table.types)
    out = {name: _key(table, name, question.timezone, span) for name in question.keys}
    for cut in question.cuts:
        out[cut.key] = _cut(table, cut)
    for clock in question.clocks:
        out[clock.key] = _clock(table, clock, span)
    if question.dates:
        out[PRICE_FROM] = _price_from(table, question, on)
    return out


def plain(found: object) -> str:
    """Write a label as it stands in the column.

    >>> plain(None), plain(True), plain(date(2026, 11, 30)), plain(7)
    ('', 'true', '2026-11-30', '7')
    """
    if isinstance(found, bool):
        return "true" if found else "false"
    return "" if found is None else str(found)


def _constant(label: str) -> Group:
    return Group(None, lambda _: label)


def _column(table: Table, name: str) -> Group:
    column = table.column(name)
    if column.type().is_boolean():
        return Group(column.coalesce(False), plain)
    return Group(column.coalesce("") if column.type().is_string() else column, plain)


def _key(table: Table, name: str, timezone: str, span: tuple[int, int]) -> Group:
    binding = table.binding
    if name in binding.constants:
        return _constant(binding.constants[name])
    if name in binding.keys:
        group = _column(table, binding.keys[name])
        return Group(group.by, _yes) if name == "batch" else group
    if name in period.GRAINS:
        return _period(table, name, timezone, span)
    if name in table.types:
        return _column(table, name)
    if name in DEFAULTS:
        return _constant(DEFAULTS[name])
    raise refusals.no_key(name, binding, table.types)


def _yes(found: object) -> str:
    return "true" if plain(found).strip().lower() in refusals.YES else "false"


def _period(table: Table, grain: str, timezone: str, span: tuple[int, int]) -> Group:
    """A period by the time of the request, or rolled up from a finer one that the log or the user names."""
    if table.binding.time:
        return _timed(table, grain, timezone, span)
    for finer in period.GRAINS[: period.GRAINS.index(grain)]:
        if finer in table.binding.constants:
            return _constant(period.roll_up(table.binding.constants[finer], grain))
        if finer in table.binding.keys:
            group = _column(table, table.binding.keys[finer])
            return Group(group.by, lambda found: _rolled(plain(found), grain))
    raise refusals.no_period(grain)


def _rolled(label: str, grain: str) -> str:
    return period.roll_up(label, grain) if label else ""


SIZES = {"hour": 3600, "day": zones.DAY}
LETTERS = {"hour": "h", "day": "D"}


def _timed(table: Table, grain: str, timezone: str, span: tuple[int, int]) -> Group:
    when = times.seconds(table)
    if grain in zones.MONTHS:
        bounds, labels = zones.begun(grain, timezone, *span)
        if len(bounds) <= MOST_STEPS:
            return Group(step(when, bounds, range(len(labels))), lambda found: labels[int(found)])
        days = _timed(table, "day", timezone, span)
        return Group(days.by, lambda found: period.roll_up(days.label(found), grain))
    size, letter = SIZES[grain], LETTERS[grain]
    counted = over(table.dialect, local(when, timezone, span) + times.SHIFT, size)
    return Group(counted, lambda found: str(np.array(int(found) - times.SHIFT // size, f"datetime64[{letter}]")))


def local(when: Expr, timezone: str, span: tuple[int, int]) -> Expr:
    """Seconds by the clock of a zone."""
    bounds, held = zones.offsets(timezone, *span)
    return when if set(held) == {0} else when + step(when, bounds, held)


def _cut(table: Table, cut: Cut) -> Group:
    if table.binding.long:
        if cut.key in table.types:
            return _column(table, cut.key)
        raise refusals.no_length(cut)
    names = leaves(cut.of, [leaf.meter for leaf in table.binding.leaves])
    values = [value(table, leaf) for leaf in table.binding.leaves if leaf.meter in names]
    if not values:
        return _constant("0")
    length, requests = sum(values[1:], start=values[0]), refusals.requests(table.binding)
    each = ibis.greatest(value(table, requests), 1) if requests else ibis.literal(1, "int64")
    whens = [(length > each * bound, ibis.literal(bound, "int64")) for bound in reversed(cut.above)]
    return Group(ibis.cases(*whens, else_=ibis.literal(0, "int64")), plain)


def _clock(table: Table, clock: Clock, span: tuple[int, int]) -> Group:
    """Whether a request was made in some hours of the week; they begin on a day, and may end on the next."""
    if table.binding.long and clock.key in table.types:
        return _column(table, clock.key)
    if table.binding.time is None:
        raise refusals.no_clock(clock)
    start, end = (each.hour * 3600 + each.minute * 60 for each in (clock.start, clock.end))
    since = local(times.seconds(table), clock.timezone, span) + (times.SHIFT - start)
    day = over(table.dialect, since, zones.DAY)
    begins = (day + _WEEKDAY) % 7
    held = begins.isin(clock.weekdays) if clock.weekdays else ibis.literal(False)  # noqa: FBT003  no weekday at all
    held = held & day.notin(_numbers(clock.holidays)) if clock.holidays else held
    held = held | day.isin(_numbers(clock.workdays)) if clock.workdays else held
    within = since % zones.DAY < ((end - start) % zones.DAY or zones.DAY)
    return Group(ibis.cases((within & held, 1), else_=0), lambda found: "true" if int(found) else "false")


_WEEKDAY = (date(1970, 1, 1).weekday() - times.SHIFT // zones.DAY) % 7


def _numbers(days: Sequence[date]) -> list[int]:
    """Number days as `over` does."""
    return [(day - date(1970, 1, 1)).days + times.SHIFT // zones.DAY for day in days]


def _price_from(table: Table, question: Question, on: str) -> Group:
    """The last day on which a price changed: before the request, or without its time, before the end of its period."""
    if table.binding.long and PRICE_FROM in table.types:
        return _column(table, PRICE_FROM)
    days = [day.isoformat() for day in question.dates]
    if table.binding.time is not None:
        labels = ["", *days]
        begun = step(times.seconds(table), [_second(day) for day in question.dates], range(len(labels)))
        return Group(begun, lambda found: labels[int(found)])
    if on:
        return _constant(max((day for day in days if day <= on), default=""))
    grain = period.finest({*table.binding.keys, *table.binding.constants})
    if grain is None:
        raise refusals.no_time()
    group = _key(table, grain, question.timezone, (0, 0))
    return replace(group, label=lambda found: _last(days, period_end(grain, group.label(found))))


def _second(day: date | datetime) -> int:
    stamp = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day, tzinfo=UTC)
    return round((stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC)).timestamp())


def _last(days: Sequence[str], end: str) -> str:
    return max((day for day in days if day <= end), default="")


PERIOD_ENDS: Mapping[str, Callable[[str], str]] = {
    "hour": lambda label: f"{label}:59:59",
    "day": lambda label: f"{label}T23:59:59",
    "month": lambda label: f"{label}-31T23:59:59",
    "quarter": lambda label: f"{label[:4]}-{3 * int(label[-1]):02}-31T23:59:59",
    "year": lambda label: f"{label}-12-31T23:59:59",
}
"""Text that no moment of a period comes after, by the period's label."""


def period_end(grain: str, label: str) -> str:
    """Write what no moment of a period comes after.

    >>> period_end("quarter", "2026-Q1")
    '2026-03-31T23:59:59'
    """
    return PERIOD_ENDS[grain](label) if label else ""
