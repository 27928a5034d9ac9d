"""Where a log lies: files, folders, globs or a table in a DuckDB file, as one relation in SQL."""

import csv
import gzip
from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

from pertoken.core.errors import InputError

KINDS = {
    ".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet", ".jsonl": "json", ".ndjson": "json",
    ".json": "json", ".duckdb": "duckdb", ".db": "duckdb",
}  # fmt: skip

STAGED = "staged"
"""Table of records that were put down."""


@dataclass(frozen=True, slots=True)
class Header:
    """The first line that some CSV files share.

    Args:
        files: The files.
        delimiter: What stands between the columns.
        columns: Their names.
    """

    files: tuple[str, ...]
    delimiter: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A log as SQL can read it.

    Args:
        name: What the user called it.
        kind: `csv`, `parquet`, `json`, `duckdb`, or `staged` for documents that were put down as records.
        files: Files, sorted.
        table: Table of a DuckDB file; empty if the only one.
        headers: First lines of CSV files; empty where DuckDB is to find out.
        nested: Fields of records, written with dots, that stand as columns of their own.
        mixed: Columns that hold several kinds of JSON; read as text.
        opened: Lists of what columns that hold JSON say, and how they are made; only `derived` and `where` see them.
        derived: Columns that are made of others, and how.
        where: Which rows are read; empty for all.
        held: Table that holds what was read if reading is dear; rows with their places are read again all the same.
    """

    name: str
    kind: str
    files: tuple[str, ...]
    table: str = ""
    headers: tuple[Header, ...] = ()
    nested: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()
    opened: tuple[tuple[str, str], ...] = ()
    derived: tuple[tuple[str, str], ...] = ()
    where: str = ""
    held: str = ""

    @property
    def relation(self) -> str:
        """The log as a table expression."""
        return self.held or self._flat(self._read())

    @property
    def numbered(self) -> str:
        """The log with the file and the row (from 1, header not counted) of each line; slower."""
        if self.kind == "staged":
            return STAGED
        if self.kind == "duckdb":
            return self._flat(f"(SELECT *, {quote(self.name)} AS _file, rowid + 1 AS _row FROM {self._read()})")
        if self.kind == "parquet":
            reader = self._read(", filename='_file', file_row_number=true")
            return self._flat(f"(SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS _row FROM {reader})")
        reader = self._read(", filename='_file'")
        inner = f"SELECT *, row_number() OVER () AS _n FROM {reader}"
        return self._flat(f"(SELECT * EXCLUDE (_n), _n - min(_n) OVER (PARTITION BY _file) + 1 AS _row FROM ({inner}))")

    def _read(self, more: str = "") -> str:
        files = _list(self.files)
        if self.kind == "parquet":
            return f"read_parquet({files}, union_by_name=true{more})"
        if self.kind == "staged":
            return f"(SELECT * EXCLUDE (_file, _row) FROM {STAGED})"
        if self.headers:
            return "(" + " UNION ALL BY NAME ".join(f"SELECT * FROM {_csv(h, more)}" for h in self.headers) + ")"
        if self.kind == "csv":
            return f"read_csv({files}, all_varchar=true, union_by_name=true, header=true{more})"
        if self.kind == "json":
            return f"read_json({files}, union_by_name=true, sample_size=-1, convert_strings_to_integers=false{more})"
        return f"log.{identifier(self.table)}"

    def _flat(self, table: str) -> str:
        """Let fields of records stand as columns, so that a name with dots is a column like others."""
        return self._shaped(self._fields(table))

    def _shaped(self, table: str) -> str:
        """Add the columns that are made of others, and leave out the rows that are not read."""
        if not self.derived and not self.where:
            return table
        gone = ", ".join(quote(name.lower()) for name, _ in (*self.opened, *self.derived))
        every = f"COLUMNS(lambda c: NOT list_contains([{gone}], lower(c)))" if gone else "*"
        where = f" WHERE {self.where}" if self.where else ""
        return f"(SELECT {every}{_named(self.derived)} FROM {self._opened(table)}{where})"

    def _opened(self, table: str) -> str:
        return f"(SELECT *{_named(self.opened)} FROM {table})" if self.opened else table

    def _fields(self, table: str) -> str:
        fields = [f"{self._text(name, identifier(*_parts(name)))} AS {identifier(name)}" for name in self.nested]
        texts = [f"{self._text(n, identifier(n))} AS {identifier(n)}" for n in self.mixed if n not in self.nested]
        if not fields and not texts:
            return table
        every = f"* REPLACE ({', '.join(texts)})" if texts else "*"
        return f"(SELECT {', '.join([every, *fields])} FROM {table})"

    def _text(self, name: str, column: str) -> str:
        return f"({column} ->> '$')" if name in self.mixed else column


def _named(columns: Sequence[tuple[str, str]]) -> str:
    return "".join(f", {sql} AS {identifier(name)}" for name, sql in columns)


def _parts(name: str) -> tuple[str, list[str]]:
    head, *rest = name.split(".")
    return head, rest


def _list(files: Sequence[str]) -> str:
    return "[" + ", ".join(quote(f) for f in files) + "]"


def _csv(header: Header, more: str) -> str:
    columns = ", ".join(f"{quote(name)}: 'VARCHAR'" for name in header.columns)
    dialect = f"delim={quote(header.delimiter)}, quote='\"', escape='\"', header=true"
    return f"read_csv({_list(header.files)}, auto_detect=false, {dialect}, columns={{{columns}}}{more})"


def headers(files: Sequence[str]) -> tuple[Header, ...]:
    """Read the first lines of CSV files, so that a ragged row is an error and never taken for the header.

    Returns:
        One header for all files that share it; none where a file is packed in a way that only DuckDB reads.

    Raises:
        InputError: A first line is not text, or the file is packed and broken.
    """
    shared: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for file in files:
        if file.lower().endswith(".zst"):
            return ()
        shared.setdefault(_header(_first_line(file)), []).append(file)
    return tuple(Header(tuple(own), delimiter, columns) for (delimiter, columns), own in shared.items())


def _first_line(file: str) -> str:
    try:
        with (gzip.open if file.lower().endswith(".gz") else open)(file, "rb") as packed:
            line = packed.readline(1 << 16).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(_NO_HEADER.format(file)) from error
    if not line.strip().replace("\t", "").isprintable():
        raise InputError(_NO_HEADER.format(file))
    return line


_NO_HEADER = "can't read {}: its first line is not text; expected names of columns; write it again or leave it out"


def _header(line: str) -> tuple[str, tuple[str, ...]]:
    rows = {delimiter: next(csv.reader([line], delimiter=delimiter), []) for delimiter in ",\t;|"}
    delimiter = max(rows, key=lambda each: len(rows[each]))
    names: list[str] = []
    for i, name in enumerate(rows[delimiter]):
        taken = name.strip().lower() in {each.lower() for each in names}
        names.append(f"{name.strip() or 'column'}_{i}" if taken or not name.strip() else name.strip())
    return delimiter, tuple(names)


def find(name: str | Path) -> Source:
    """Find the files behind a name: a file, a folder, a glob, or `file.duckdb::table`.

    Raises:
        InputError: Nothing there, nothing readable, or several kinds mixed.
    """
    text, _, table = str(name).partition("::")
    files = _files(text)
    kinds = {_kind(f) for f in files}
    if len(kinds) > 1:
        mend = f"name one kind by a glob such as {text}/*.parquet"
        msg = f"{text} holds several kinds of files ({', '.join(sorted(kinds))}); {mend}"
        raise InputError(msg)
    empty = [f for f in files if Path(f).stat().st_size == 0]
    if empty:
        msg = f"{empty[0]} is empty; expected a header or at least one record; write it again or leave it out"
        raise InputError(msg)
    return Source(str(name), kinds.pop(), tuple(files), table)


def _files(text: str) -> list[str]:
    path = Path(text)
    if path.is_dir():
        found = sorted(str(f) for f in path.rglob("*") if f.is_file() and _suffix(f) in KINDS)
    elif path.exists():
        found = [text]
    else:
        found = sorted(glob(text, recursive=True)) if has_magic(text) else []  # noqa: PTH207  absolute globs too
    if not found:
        what = "a CSV, Parquet or JSON lines file, a folder or glob of them, or file.duckdb::table"
        msg = f"no log at {text}; expected {what}"
        raise InputError(msg)
    return found


def _suffix(path: Path) -> str:
    suffixes = [s.lower() for s in path.suffixes]
    while suffixes and suffixes[-1] in (".gz", ".zst"):
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


def _kind(file: str) -> str:
    suffix = _suffix(Path(file))
    if suffix not in KINDS:
        msg = f"can't tell what {file} is by its ending {suffix or '(none)'}; expected one of {', '.join(KINDS)}"
        raise InputError(msg)
    return KINDS[suffix]


def quote(text: str) -> str:
    """Quote a string for SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str, parts: Sequence[str] = ()) -> str:
    """Quote a column for SQL; parts lead into a record."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in (name, *parts))
