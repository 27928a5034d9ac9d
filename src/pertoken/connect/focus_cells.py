"""The cells of a FOCUS file, read with every repair counted: words for null, money as people write it, loose dates."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import duckdb

from pertoken.connect.focus_columns import BY_NAME, COLUMNS, version_of
from pertoken.core.errors import Fault, InputError, nearest

KINDS = {
    "bom": "a byte order mark at the start of the file",
    "encoding": "not UTF-8; read as Windows-1252",
    "separator": "cells parted by semicolons",
    "name": "column name written in another way",
    "extra column": "no column of the standard, and no x_ before it; left aside",
    "unquoted": "a comma inside a cell without quotes",
    "blank row": "a row with nothing in it",
    "null word": "a word for null",
    "spaces": "spaces around the value",
    "money": "money with a sign or thousands separators",
    "number": "a number in a form that the standard doesn't have",
    "no zone": "a time without a zone, read as UTC",
    "offset": "a time that is not in UTC",
    "date only": "a date without a time, read as its midnight in UTC",
    "loose date": "a date with slashes",
    "tags": "tags that are no JSON object; left aside",
    "no cost": "an empty cost, read as 0",
    "cost taken over": "a cost column that isn't there; taken over from another",
    "effective 0": "effective cost 0 where billed cost is not; kept as it is",
    "negative": "a negative cost; kept as it is",
    "missing column": "a required column that isn't there",
}
"""What can be wrong with a file and still be read."""

NULLS = frozenset({"null", "none", "n/a", "nan", "na", "<null>", "\\n"})
MOST_EXPONENT = 60


@dataclass(frozen=True, slots=True)
class Repair:
    """One way in which a column was not as the standard has it, and what was done.

    Args:
        kind: One of `KINDS`.
        column: The column; empty for the file itself.
        rows: On how many rows.
        first: The first of them, counted from 1; 0 for the header.
        example: What stands there.
    """

    kind: str
    column: str
    rows: int
    first: int
    example: str

    @property
    def what(self) -> str:
        """The kind in words."""
        return KINDS[self.kind]


@dataclass(slots=True)
class Notes:
    """Repairs as they are met, and what can't be repaired."""

    place: str
    found: dict[tuple[str, str], Repair] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def add(self, kind: str, column: str, row: int, example: str) -> None:
        """Count one."""
        known = self.found.get((kind, column))
        rows, first, shown = (known.rows, known.first, known.example) if known else (0, row, example)
        self.found[kind, column] = Repair(kind, column, rows + 1, first, shown)

    def wrong(self, row: int, found: str, expected: str, mend: str = "mend the file") -> None:
        """Keep what can't be repaired."""
        self.faults.append(Fault(f"{self.place} row {row}", found, expected, mend))

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """All repairs, in the order of `KINDS` and columns."""
        order = list(KINDS)
        return tuple(sorted(self.found.values(), key=lambda r: (order.index(r.kind), r.column)))


@dataclass(frozen=True, slots=True)
class Cells:
    """A file's cells, typed.

    Args:
        place: The file's name.
        version: Version of the standard, told by the columns.
        columns: Name to cells: text, `Decimal`, times in UTC, dictionaries; None for null.
        size: Number of rows.
        notes: What was repaired.
    """

    place: str
    version: str
    columns: Mapping[str, list[Any]]
    size: int
    notes: Notes

    def get(self, name: str) -> list[Any]:
        """The cells of a column; all null where the file doesn't have it."""
        return self.columns.get(name) or [None] * self.size


def read_cells(path: str | Path) -> Cells:
    """Read a FOCUS file, CSV or Parquet.

    Raises:
        InputError: No such file, no FOCUS file, or cells that can't be read; one fault for each.
    """
    place = Path(path)
    notes = Notes(place.name)
    if not place.is_file():
        msg = f"no file at {path}; expected a FOCUS file, CSV or Parquet"
        raise InputError(msg)
    header, rows = _parquet(place) if place.suffix.lower() in (".parquet", ".pq") else _csv(place, notes)
    names = _names(header, notes)
    columns = {name: _typed(name, [row[i] for row in rows], notes) for i, name in enumerate(names) if name}
    if notes.faults:
        raise InputError.of(notes.faults)
    return Cells(place.name, version_of(set(columns)), columns, len(rows), notes)


Grid = tuple[list[str], list[list[str | None]]]


def _parquet(path: Path) -> Grid:
    try:
        with duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            got = con.execute("SELECT COLUMNS(*)::VARCHAR FROM read_parquet(?)", [str(path)])
            header = [column[0] for column in got.description or ()]
            return header, [list(row) for row in got.fetchall()]
    except duckdb.Error as error:
        msg = f"can't read {path}: {str(error).splitlines()[0]}"
        raise InputError(msg) from error


def _csv(path: Path, notes: Notes) -> Grid:
    text = _decoded(path.read_bytes(), notes)
    first = text.partition("\n")[0]
    comma = ";" if first.count(";") > first.count(",") else ","
    if comma == ";":
        notes.add("separator", "", 0, first[:40])
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=comma))
    except csv.Error as error:
        msg = f"can't read {path}: {error}"
        raise InputError(msg) from error
    if not lines:
        msg = f"{path} is empty; expected a FOCUS file with a header"
        raise InputError(msg)
    header, rows = lines[0], []
    for number, line in enumerate(lines[1:], start=1):
        if any(cell.strip() for cell in line):
            rows.append(_fitting(line, header, number, notes))
        else:
            notes.add("blank row", "", number, "")
    return header, rows


def _decoded(data: bytes, notes: Notes) -> str:
    if data.startswith(b"\xef\xbb\xbf"):
        notes.add("bom", "", 0, "EF BB BF")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        notes.add("encoding", "", 0, "Windows-1252")
        return data.decode("cp1252", errors="replace")


def _fitting(line: list[str], header: Sequence[str], number: int, notes: Notes) -> list[str | None]:
    """Bring a row to the header's width: a cell that its own commas have cut is put together again."""
    extra = len(line) - len(header)
    if extra == 0:
        return [cell or None for cell in line]
    tries = [(i, ",".join(line[i : i + extra + 1])) for i in range(len(header))] if extra > 0 else []
    fits = [(i, whole) for i, whole in tries if _cut(whole, BY_NAME.get(header[i].strip()))]
    if len(fits) == 1:
        at, whole = fits[0]
        notes.add("unquoted", header[at], number, whole)
        line = [*line[:at], whole, *line[at + extra + 1 :]]
        return [cell or None for cell in line]
    notes.wrong(
        number, f"{len(line)} cells", f"{len(header)}, as the header has", "put quotes around cells with commas"
    )
    return [None] * len(header)


def _cut(whole: str, column: Any) -> bool:  # noqa: ANN401  a Column, if the header names one
    if column is None:
        return False
    if column.kind == "json":
        return whole.strip().startswith("{") and whole.strip().endswith("}")
    return column.kind == "number" and bool(THOUSANDS.fullmatch(_bare(whole)))


_PLAIN_NAMES = {column.name.lower(): column.name for column in COLUMNS}


def _names(header: Sequence[str], notes: Notes) -> list[str]:
    """The standard's names for the columns of a file; empty for those left aside."""
    names = []
    for said in header:
        plain = said.strip()
        name = plain if plain in BY_NAME else _PLAIN_NAMES.get(re.sub(r"[\s_]", "", plain).lower(), "")
        if name and name != said:
            notes.add("name", name, 0, said)
        if not name and plain.startswith("x_"):
            name = plain
        if not name:
            notes.add("extra column", plain, 0, plain)
        names.append(name)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        msg = f"{notes.place} has the column {twice[0]} twice; expected each once"
        raise InputError(msg)
    if "BilledCost" not in names:
        msg = f"{notes.place} is no FOCUS file: it has no column BilledCost; {nearest('BilledCost', header)}"
        raise InputError(msg)
    return names


Parse = Callable[[str], tuple[Any, tuple[str, ...]]]
"""From what a cell says to what it means and the repairs that took."""


def _typed(name: str, cells: Sequence[str | None], notes: Notes) -> list[Any]:
    parse = _parser(name, cells)
    seen: dict[str, tuple[Any, tuple[str, ...]]] = {}
    out: list[Any] = []
    for number, cell in enumerate(cells, start=1):
        if cell is None:
            out.append(None)
            continue
        if cell not in seen:
            seen[cell] = _judged(parse, name, cell, number, notes)
        value, repairs = seen[cell]
        for kind in repairs:
            notes.add(kind, name, number, cell)
        out.append(value)
    return out


def _judged(parse: Parse, name: str, cell: str, number: int, notes: Notes) -> tuple[Any, tuple[str, ...]]:
    try:
        return parse(cell)
    except (ValueError, InvalidOperation):
        kind = BY_NAME[name].kind
        expected = {"number": "a number, as 1234.50", "time": "a time in UTC, as 2026-01-31T00:00:00Z"}[kind]
        notes.wrong(number, f"{name} {cell!r}", expected)
        return None, ()


def _parser(name: str, cells: Iterable[str | None]) -> Parse:
    kind = BY_NAME[name].kind if name in BY_NAME else "own"
    if kind == "time":
        day_first = any(int(m[1]) > MONTHS for cell in cells if cell and (m := SLASHED.match(cell.strip())))
        return lambda cell: _bared(cell, lambda text: moment(text, day_first=day_first))
    return {"own": _own, "text": _text, "number": lambda c: _bared(c, number_of), "json": lambda c: _bared(c, _json)}[
        kind
    ]


def _own(cell: str) -> tuple[Any, tuple[str, ...]]:
    return (None, ("null word",)) if cell == "NULL" else (cell, ())


def _text(cell: str) -> tuple[Any, tuple[str, ...]]:
    return _bared(cell, lambda text: (text, ()))


def _bared(cell: str, parse: Parse) -> tuple[Any, tuple[str, ...]]:
    """Take spaces off and see words for null before a value is read."""
    bare = cell.strip()
    spaces = ("spaces",) if bare != cell else ()
    if not bare:
        return None, spaces
    if bare.lower() in NULLS:
        return None, ("null word",)
    value, repairs = parse(bare)
    return value, repairs or spaces


PLAIN = re.compile(r"-?(\d+(\.\d*)?|\.\d+)([eE]-?\d+)?")
THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")
LOOSE = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def _bare(text: str) -> str:
    """A number without the signs that people put around money."""
    text = text.strip()
    negative = text.startswith("(") and text.endswith(")")
    text = re.sub(r"[$€£¥\s]|^[A-Z]{3}|[A-Z]{3}$", "", text.strip("()"))
    return f"-{text}" if negative else text


def number_of(text: str) -> tuple[Decimal, tuple[str, ...]]:
    """Read a number; what a person wrote around it is a repair.

    >>> number_of("$10,000.00"), number_of("(2.50)"), number_of("1E-9")
    ((Decimal('10000.00'), ('money',)), (Decimal('-2.50'), ('money',)), (Decimal('1E-9'), ()))
    """
    bare = _bare(text)
    if THOUSANDS.fullmatch(bare):
        value = Decimal(bare.replace(",", ""))
    elif LOOSE.fullmatch(bare):
        value = Decimal(bare)
    else:
        raise ValueError(text)
    if abs(value.adjusted()) > MOST_EXPONENT:
        raise ValueError(text)
    if PLAIN.fullmatch(text):
        return value, ()
    return value, ("number",) if LOOSE.fullmatch(text) else ("money",)


SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?:[ T](\d{1,2}):(\d\d)(?::(\d\d))?)?$")
STRICT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00")
MONTHS = 12


def moment(text: str, *, day_first: bool = False) -> tuple[datetime, tuple[str, ...]]:
    """Read a time; the standard's form needs no repair.

    >>> moment("5/1/25")[0].isoformat(), moment("2024-09-01 00:00:00")[1], moment("2026-01-01T00:00:00Z")[1]
    ('2025-05-01T00:00:00+00:00', ('no zone',), ())
    """
    if slashed := SLASHED.match(text):
        first, second, year, *clock = slashed.groups()
        month, day = (second, first) if day_first else (first, second)
        full = int(year) + (2000 if len(year) == len("25") else 0)
        hours, minutes, seconds = (int(each or 0) for each in clock)
        return datetime(full, int(month), int(day), hours, minutes, seconds, tzinfo=UTC), ("loose date",)
    when = datetime.fromisoformat(text)
    if STRICT.fullmatch(text):
        return when.astimezone(UTC), ()
    if len(text) == len("2026-01-31"):
        return when.replace(tzinfo=UTC), ("date only",)
    if when.tzinfo is None:
        return when.replace(tzinfo=UTC), ("no zone",)
    return when.astimezone(UTC), ("offset",)


def _json(text: str) -> tuple[Any, tuple[str, ...]]:
    try:
        found = json.loads(text)
    except ValueError:
        return None, ("tags",)
    return (found, ()) if isinstance(found, dict) else (None, ("tags",))
