"""The time of a row as whole seconds since 1970 in UTC, however it is written."""

import ibis
import ibis.expr.datatypes as dt

from pertoken.engines.remote import dialect, zones
from pertoken.engines.remote.numbers import whole
from pertoken.engines.remote.steps import step
from pertoken.engines.remote.table import Expr, Table

SHIFT = 719_528 * zones.DAY
"""Seconds from the year 0 to 1970: what is added so that no number is negative."""

_LEAP = "([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29"
_DAYS = "(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8])"
_CLOCK = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]*)?)?"
_OFFSET = "(Z|z|UTC|[+-][0-9]{2}(:?[0-9]{2})?)"
WRITTEN = f"^([0-9]{{4}}-({_DAYS})|{_LEAP})([T ]{_CLOCK} ?{_OFFSET}?)?$"
"""A day, or a day and a time of day, with or without an offset; days that do not exist are none."""
ZONED = f"{_OFFSET}$"
EPOCH = "^[0-9]{9,18}([.][0-9]+)?$"
_SIZES = ((10**11, 1), (10**14, 10**3), (10**17, 10**6))
"""Below what a count since 1970 is of how many parts of a second."""


SECONDS = "_seconds"
"""Column of the time of a row, once it is read."""


def seconds(table: Table) -> Expr:
    """Whole seconds since 1970 of each row; NULL where its time can't be read."""
    return table.column(SECONDS)


def timed(table: Table) -> Expr:
    """The rows with their time as seconds, so that it is read once and not wherever it is asked for."""
    return table.rows.mutate(**{SECONDS: _read(table)}) if table.binding.time else table.rows


def _read(table: Table) -> Expr:
    assert table.binding.time is not None  # noqa: S101  see the callers
    column = table.column(table.binding.time)
    kind = column.type()
    if kind.is_numeric():
        return counted(table.dialect, column)
    if kind.is_string():
        return _text(table, column.strip())
    stamp = dialect.epoch(table.dialect, column)
    return stamp if kind.is_timestamp() and kind.timezone else _from_wall(table, stamp)


def wall(table: Table) -> Expr:
    """Seconds of the clock of rows whose times carry no zone; NULL for others."""
    column = table.column(str(table.binding.time))
    if column.type().is_string():
        text = column.strip()
        return ibis.cases((_dated(text) & ~has_offset(text), _clock(table, text)), else_=ibis.null(dt.int64))
    return dialect.epoch(table.dialect, column)


def without_zone(table: Table) -> bool:
    """Tell whether times may stand without a zone."""
    kind = table.column(str(table.binding.time)).type()
    return bool(kind.is_string() or kind.is_date() or (kind.is_timestamp() and not kind.timezone))


def has_offset(text: Expr) -> Expr:
    """Whether a written time carries a zone: it has a time of day and ends in Z or an offset."""
    return (text.length() > len("2026-01-31")) & text.re_search(ZONED)


def unzoned(text: Expr) -> Expr:
    """Whether a text is a time that carries no zone."""
    return _dated(text) & ~has_offset(text)


def counted(engine: str, number: Expr) -> Expr:
    """A count since 1970 in seconds, milli-, micro- or nanoseconds, told apart by its size."""
    if not whole(number.type()):
        held = number.between(-(10**18), 10**18)
        number = ibis.cases((held, number.floor().cast(dt.int64)), else_=ibis.null(dt.int64))
    count = number.cast(dt.int64)
    sizes = [(count < size, count if parts == 1 else _parts(engine, count, parts)) for size, parts in _SIZES]
    return ibis.cases(*sizes, else_=_parts(engine, count, 10**9))


def _parts(engine: str, count: Expr, parts: int) -> Expr:
    return dialect.over(engine, count, parts).cast(dt.int64)


def _dated(text: Expr) -> Expr:
    return text.re_search(WRITTEN)


def _text(table: Table, text: Expr) -> Expr:
    clock = _clock(table, text)
    utc = ibis.cases((has_offset(text), clock - _offset(text)), else_=_from_wall(table, clock))
    number = text.cast(dt.Decimal(38, 9)).floor().cast(dt.int64)
    return ibis.cases(
        (_dated(text), utc), (text.re_search(EPOCH), counted(table.dialect, number)), else_=ibis.null(dt.int64)
    )


def _clock(table: Table, text: Expr) -> Expr:
    """Seconds of the clock that a text tells; only for those that are such texts."""
    day = dialect.epoch(table.dialect, text.substr(0, 10).cast(dt.date))
    minutes = _whole(text.substr(11, 2)) * 60 + _whole(text.substr(14, 2))
    seconds = ibis.cases((text.substr(16, 1) == ":", _whole(text.substr(17, 2))), else_=0)
    return day + ibis.cases((text.length() > len("2026-01-31"), minutes * 60 + seconds), else_=0)


def _offset(text: Expr) -> Expr:
    """How many seconds the offset is that a text ends in."""
    of = {6: "[+-][0-9]{2}:[0-9]{2}$", 5: "[+-][0-9]{4}$", 3: "[+-][0-9]{2}$"}
    found = [(text.re_search(shape), _signed(text.right(length), length)) for length, shape in of.items()]
    return ibis.cases(*found, else_=0)


def _signed(offset: Expr, length: int) -> Expr:
    size = _whole(offset.substr(1, 2)) * 3600
    size = size if length == len("+02") else size + _whole(offset.right(2)) * 60
    return ibis.cases((offset.substr(0, 1) == "-", -size), else_=size)


def _whole(digits: Expr) -> Expr:
    return digits.cast(dt.int64)


def _from_wall(table: Table, clock: Expr) -> Expr:
    """Seconds in UTC of seconds by the clock of the zone that the user says."""
    if table.walls is None:
        return clock
    bounds, held = zones.walls(str(table.binding.timezone), *table.walls)
    return clock - step(clock, bounds, held)
