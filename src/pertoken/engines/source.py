"""Where a log lies: files, folders, globs or a table in a DuckDB file, as one relation in SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob, has_magic
from pathlib import Path

from pertoken.core.errors import InputError

KINDS = {
    ".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet", ".jsonl": "json", ".ndjson": "json",
    ".json": "json", ".duckdb": "duckdb", ".db": "duckdb",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Source:
    """A log as SQL can read it.

    Args:
        name: What the user called it.
        kind: `csv`, `parquet`, `json` or `duckdb`.
        files: Files, sorted.
        table: Table of a DuckDB file; empty if the only one.
    """

    name: str
    kind: str
    files: tuple[str, ...]
    table: str = ""

    @property
    def relation(self) -> str:
        """The log as a table expression."""
        files = "[" + ", ".join(quote(f) for f in self.files) + "]"
        if self.kind == "parquet":
            return f"read_parquet({files}, union_by_name=true)"
        if self.kind == "csv":
            return f"read_csv({files}, all_varchar=true, union_by_name=true, header=true)"
        if self.kind == "json":
            return f"read_json({files}, union_by_name=true, sample_size=-1, convert_strings_to_integers=false)"
        return f"log.{identifier(self.table)}"

    @property
    def numbered(self) -> str:
        """The log with the file and the row (from 1, header not counted) of each line; slower."""
        if self.kind == "duckdb":
            return f"(SELECT *, {quote(self.name)} AS _file, rowid + 1 AS _row FROM {self.relation})"
        if self.kind == "parquet":
            reader = self.relation[:-1] + ", filename='_file', file_row_number=true)"
            return f"(SELECT * EXCLUDE (file_row_number), file_row_number + 1 AS _row FROM {reader})"
        reader = self.relation[:-1] + ", filename='_file')"
        inner = f"SELECT *, row_number() OVER () AS _n FROM {reader}"
        return f"(SELECT * EXCLUDE (_n), _n - min(_n) OVER (PARTITION BY _file) + 1 AS _row FROM ({inner}))"


def find(name: str | Path) -> Source:
    """Find the files behind a name: a file, a folder, a glob, or `file.duckdb::table`.

    Raises:
        InputError: Nothing there, nothing readable, or several kinds mixed.
    """
    text, _, table = str(name).partition("::")
    files = _files(text)
    kinds = {_kind(f) for f in files}
    if len(kinds) > 1:
        msg = f"{text} holds several kinds of files ({', '.join(sorted(kinds))}); name one kind by a glob such as {text}/*.parquet"
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
        msg = f"no log at {text}; expected a CSV, Parquet or JSON lines file, a folder or glob of them, or file.duckdb::table"
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
