"""Columns: customer, period and value out of whatever table it is, checked row by row."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from pertoken.core.errors import Fault, InputError, nearest
from pertoken.forecast.timed import WEEK

COLUMNS = ("customer", "period", "value")

EXPECTED = {
    "customer": "a name or a number",
    "period": "an hour, a day, a month, a quarter or a whole number",
    "value": "a number, or nothing for a period that was not watched",
}
"""What stands in each."""

SHOWN = 8
"""Rows that are told of what is wrong with many."""

LONGEST = 60
"""Letters of a row that are shown."""

MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(:00(\.0+)?)?(Z|[+-]\d\d:?\d\d)?$")
QUARTERS = (re.compile(r"(?P<year>\d{4})[- ]?Q(?P<part>[1-4])$"), re.compile(r"Q(?P<part>[1-4])[- ]?(?P<year>\d{4})$"))
WEEKS = re.compile(r"(?P<year>\d{4})-?W(?P<part>\d\d)$")
FROM_TO = re.compile(r"(\d{4}-\d\d-\d\d)/\d{4}-\d\d-\d\d$")
COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)?$")


@dataclass(frozen=True, slots=True)
class Columns:
    """Three columns of one length, and what customers are.

    Args:
        customers: Names.
        periods: Labels as the house writes them, or whole numbers.
        values: Numbers; NaN where nothing stands.
        grain: What the periods are, where their labels say what days don't; else empty.
        also: Further columns of labels, by name.
    """

    customers: list[str]
    periods: Sequence[str | int]
    values: list[float]
    grain: str = ""
    also: Mapping[str, list[str]] = field(default_factory=dict)


def columns(rows: Any, also: Sequence[str] = ()) -> Columns:  # noqa: ANN401  any table
    """Take the three columns out of a table.

    Args:
        rows: A CSV or Parquet file, a mapping of columns, an Arrow table, a data frame, or rows or mappings.
        also: Names of further columns, which say what customers are; rows have them after the three.

    Raises:
        InputError: A column is missing or longer than another, or rows have no customer, no period, or no number.
    """
    made = _found(_opened(rows, (*COLUMNS, *also)), (*COLUMNS, *also))
    if len({len(each) for each in made.values()}) > 1:
        said = ", ".join(f"{len(each)} of {name}" for name, each in made.items())
        raise InputError(f"the columns are not of one length: {said}; expected one of each in every row")
    customer, when, given = (made[name] for name in COLUMNS)
    values = [_number(each) for each in given]
    for name, column, wrong in (
        ("customer", customer, [_missing(each) or not str(each).strip() for each in customer]),
        ("period", when, [_missing(each) for each in when]),
        ("value", given, [each is None for each in values]),
        *((name, made[name], [_missing(each) for each in made[name]]) for name in also),
    ):
        _refuse(name, column, np.flatnonzero(wrong).tolist())
    periods, grain = _periods(when)
    numbers, more = [each for each in values if each is not None], {name: list(map(str, made[name])) for name in also}
    return Columns([str(each) for each in customer], periods, numbers, grain, more)


def _opened(rows: Any, wanted: Sequence[str]) -> Any:  # noqa: ANN401
    """Read a file; bring rows and lazy frames into columns."""
    if isinstance(rows, (str, Path)):
        from pertoken.engines.panel_rows import panel_rows  # noqa: PLC0415  a table needs no engine

        read = panel_rows(rows, wanted[len(COLUMNS) :])
        if read is None:
            raise InputError(f"{rows} has no columns {', '.join(wanted)}; expected a CSV or Parquet file with them")
        return read
    if hasattr(rows, "collect") and hasattr(rows, "collect_schema"):  # a lazy frame
        return rows.collect()
    if isinstance(rows, Mapping) or hasattr(rows, "columns") or hasattr(rows, "column_names"):
        return rows
    if not isinstance(rows, Iterable):
        raise InputError(f"{_short(rows)} is no table; expected columns or rows of {', '.join(wanted)}")
    return _of_rows(list(rows), wanted)


def _of_rows(rows: list[Any], wanted: Sequence[str]) -> dict[str, list[Any]]:
    """Turn triples or mappings into columns; what a mapping doesn't say is nothing."""
    if not rows:
        raise InputError(f"no rows to make a panel of; expected {', '.join(wanted)}")
    if isinstance(rows[0], Mapping):
        wrong = [k for k, row in enumerate(rows) if not isinstance(row, Mapping)]
        names = list(rows[0])
        if not wrong:
            return {name: [row.get(name) for row in rows] for name in names}
    else:
        wrong = [k for k, row in enumerate(rows) if not hasattr(row, "__len__") or len(row) != len(wanted)]
    if wrong:
        raise InputError(f"row {wrong[0] + 1} of the history is {_short(rows[wrong[0]])}; expected {', '.join(wanted)}")
    return {name: [row[k] for row in rows] for k, name in enumerate(wanted)}


def _found(table: Any, wanted: Sequence[str]) -> dict[str, list[Any]]:  # noqa: ANN401
    """Find the columns, in any case of letters."""
    arrow = hasattr(table, "column_names")
    there = list(table.column_names if arrow else getattr(table, "columns", table))
    names = {str(each).lower(): each for each in reversed(there)} | {each: each for each in wanted if each in there}
    missing = [name for name in wanted if name not in names]
    if missing:
        near = f"; {nearest(missing[0], [str(each) for each in there[:SHOWN]])}" if there else ""
        raise InputError(f"no column {', '.join(missing)} in the history; expected {', '.join(wanted)}{near}")
    if arrow:
        return {name: table.column(names[name]).to_pylist() for name in wanted}
    return {name: list(table[names[name]]) for name in wanted}


def _missing(each: Any) -> bool:  # noqa: ANN401
    """Whether nothing stands there, in whatever way a table says so."""
    return each is None or str(each) in {"nan", "NaN", "NaT", "<NA>", "None"} or (isinstance(each, str) and not each)


def _number(each: Any) -> float | None:  # noqa: ANN401
    """Read a number; NaN for nothing, None for what is no number."""
    if _missing(each):
        return float("nan")
    try:
        return float(each)
    except (TypeError, ValueError, OverflowError):
        return None


def _refuse(name: str, column: Sequence[Any], wrong: list[int]) -> None:
    if wrong:
        expected, mend = EXPECTED.get(name, "a name"), "mend it, or leave the row out"
        raise InputError.of(
            [Fault(f"row {k + 1}", f"{name} {_short(column[k])}", expected, mend) for k in wrong[:SHOWN]]
        )


def _short(each: object) -> str:
    text = " ".join(repr(each).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _periods(given: Sequence[Any]) -> tuple[Sequence[str | int], str]:
    """Name periods as the house does: whole numbers, days without midnight, quarters with a dash, weeks by Monday."""
    if all(isinstance(each, (int, float, np.integer, np.floating)) and each == int(each) for each in given):
        numbers = [int(each) for each in given]
        return _compact([str(each) for each in numbers]) or numbers, ""
    names = [str(each).strip() for each in given]
    if all(each.isdecimal() for each in names):
        years = all(len(each) == len("2026") for each in names)
        return _compact(names) or (names if years else [int(each) for each in names]), ""
    if all(MIDNIGHT.match(each) for each in names):
        return [each[: len("2026-01-31")] for each in names], ""
    if all(WEEKS.match(each) or FROM_TO.match(each) for each in names):
        days = {each: _monday(each) for each in set(names)}
        return [days[each] for each in names], WEEK
    return [_quarter(each) for each in names], ""


def _compact(names: list[str]) -> list[str]:
    """Read days and months that are written in digits alone, as 20260131 and 202601; nothing if any is none."""
    found: dict[str, str] = {}
    for name in set(names):
        match = COMPACT.match(name)
        try:
            if match is None:
                return []
            date(int(match[1]), int(match[2]), int(match[3] or 1))
        except ValueError:
            return []
        found[name] = "-".join(part for part in match.groups() if part)
    return [found[name] for name in names] if len({len(each) for each in found}) == 1 else []


def _quarter(name: str) -> str:
    match = QUARTERS[0].match(name) or QUARTERS[1].match(name)
    return f"{match['year']}-Q{match['part']}" if match else name


def _monday(name: str) -> str:
    """The day on which a week begins."""
    match = WEEKS.match(name)
    if match is None:
        return name[: len("2026-01-31")]
    try:
        return str(date.fromisocalendar(int(match["year"]), int(match["part"]), 1))
    except ValueError:
        raise InputError(f"{name!r} is no week of its year; expected weeks from W01 to W52 or W53") from None
