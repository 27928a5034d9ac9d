"""A log, opened: where it lies, what its columns mean, what a kept roll-up says of itself."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from pertoken.core import period
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.engines.complaint import complaint
from pertoken.engines.shape import fitted, held, left_out, one_layout, shaped
from pertoken.engines.source import Source, find, headers, quote
from pertoken.engines.staged import Staged, binding, notes, rows, stage
from pertoken.usage.layout import Layout, of_columns
from pertoken.usage.recognise import Read, records
from pertoken.usage.schema import Binding, LogMapping, bind


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """A log, opened: what it is, what its columns mean.

    Args:
        source: Where it lies.
        binding: What its columns mean.
        types: Its columns.
        kept: What each kept roll-up says of itself; empty for other logs.
        layout: The format that it is read as, as people call it.
        staged: What was put down of documents; None for tables.
    """

    con: duckdb.DuckDBPyConnection
    source: Source
    binding: Binding
    types: Mapping[str, str]
    kept: tuple[Mapping[str, Any], ...]
    layout: str = ""
    staged: Staged | None = None


@dataclass(frozen=True, slots=True)
class Documents:
    """A log of documents: their format, and what they hold.

    Args:
        layout: Their format.
        read: Their records, with places.
    """

    layout: Layout
    read: Iterable[Read]


BY_NAMES = "columns by their names"
BY_MAPPING = "columns by a mapping"
ROLLUP = "a kept roll-up"


@contextmanager
def opened(
    name: str | Path,
    mapping: LogMapping | None = None,
    *,
    documents: Documents | None = None,
    layout: Layout | None = None,
    layouts: Sequence[Layout] = (),
    memory: str = "2GB",
) -> Iterator[Log]:
    """Open a log and find out what its columns mean.

    Args:
        name: File, folder, glob, or `file.duckdb::table`.
        mapping: What the user says of its columns.
        documents: Its records, where it is read document by document.
        layout: Format of a table, where a user says so.
        layouts: Formats of tables that are looked for.
        memory: What DuckDB may use before it writes to disk.

    Raises:
        InputError: Nothing there, or it can't be read.
    """
    source = find(name)
    with told(source), duckdb.connect(config={"memory_limit": memory, "preserve_insertion_order": False}) as con:
        con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        if documents is not None:
            yield _put_down(con, source, documents, mapping)
            return
        source = _headed(_attach(con, source))
        types = dict(_columns(con, source))
        _refuse_empty(con, source, types)
        top = con.sql(f"SELECT * FROM {source.relation} LIMIT 0").columns
        mixed = tuple(name for name, kind in types.items() if kind == "JSON")
        source = replace(source, nested=tuple(name for name in types if name not in top), mixed=mixed)
        types |= dict.fromkeys(mixed, "VARCHAR")
        one_layout(con, source, layouts)
        found = layout or of_columns(types, layouts)
        yield _of_layout(con, source, types, mapping, found) if found else _by_names(con, source, types, mapping)


def _refuse_empty(con: duckdb.DuckDBPyConnection, source: Source, types: Mapping[str, str]) -> None:
    """Refuse an array of JSON with nothing in it, of which DuckDB makes a table without rows."""
    if list(types) == ["json"] and con.execute(f"SELECT 1 FROM {source.relation} LIMIT 1").fetchone() is None:
        msg = f"{source.name} is empty; expected at least one record; write it again or leave it out"
        raise InputError(msg)


def _by_names(
    con: duckdb.DuckDBPyConnection, source: Source, types: Mapping[str, str], mapping: LogMapping | None
) -> Log:
    """Find out what the columns of a table mean by their names."""
    kept = _kept(con, source)
    title = ROLLUP if kept else BY_MAPPING if mapping and mapping.source else BY_NAMES
    names = [name for name, kind in types.items() if not kind.endswith("]")]
    return Log(con, source, _bound(source, names, mapping), types, kept, title)


def _of_layout(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    types: Mapping[str, str],
    mapping: LogMapping | None,
    layout: Layout,
) -> Log:
    """Read a table as its format says: by its columns, or where those hold whole documents, row by row."""
    missing = {name.lower() for name in layout.columns} - {name.lower() for name in types}
    if missing or not layout.columns:
        lacks = f"lacks the columns {', '.join(sorted(missing))}" if missing else "is a table, and they come as JSON"
        msg = (
            f"{source.name} can't be read as {layout.title} ({layout.name}): it {lacks}; leave --as out or name another"
        )
        raise InputError(msg)
    if layout.read is not None and layout.mapping == LogMapping() and not layout.derived:
        return _put_down(con, source, Documents(layout, records(rows(con, source), layout, (), forced=True)), mapping)
    source = shaped(source, layout, types)
    source, types = held(con, source, dict(_columns(con, source)))
    left = left_out(con, source, layout)
    names = [name for name, kind in types.items() if not kind.endswith(("]", ")"))]
    bound = _bound(source, names, fitted(layout, mapping, names))
    says = (*plain(layout), *left, *(bound.says if mapping else ()))
    return Log(con, source, replace(bound, says=says), types, (), layout.title)


def plain(layout: Layout) -> tuple[str, ...]:
    """What is known of a format, without the stops that notes are given when they are shown."""
    return tuple(text.removesuffix(".") for text in layout.says)


def _put_down(con: duckdb.DuckDBPyConnection, source: Source, documents: Documents, mapping: LogMapping | None) -> Log:
    """Put documents down as records, and read those as a log."""
    staged = stage(con, documents.read, "line" if source.kind == "json" else "row")
    title = documents.layout.title
    if not staged.rows:
        found = f"{source.name} holds no usage that can be read as {title} ({documents.layout.name})"
        raise InputError.of(
            staged.sample or [Fault("", found, "at least one record", "write it again or leave it out")]
        )
    source = replace(source, kind="staged", nested=(), mixed=())
    try:
        bound = binding(staged, mapping)
    except InputError as error:
        msg = f"{source.name}: {error}"
        raise InputError(msg) from error
    bound = replace(bound, says=(*plain(documents.layout), *notes(staged)))
    return Log(con, source, bound, dict(_columns(con, source)), (), title, staged)


def _headed(source: Source) -> Source:
    return replace(source, headers=headers(source.files)) if source.kind == "csv" else source


def _bound(source: Source, columns: Sequence[str], mapping: LogMapping | None) -> Binding:
    try:
        return bind(columns, mapping)
    except InputError as error:
        msg = f"{source.name}: {error}"
        raise InputError(msg) from error


@contextmanager
def told(source: Source) -> Iterator[None]:
    """Turn DuckDB's errors into ours."""
    try:
        yield
    except duckdb.Error as error:
        raise InputError.of([complaint(str(error), source)]) from error


def _attach(con: duckdb.DuckDBPyConnection, source: Source) -> Source:
    if source.kind != "duckdb":
        return source
    con.execute(f"ATTACH {quote(source.files[0])} AS log (READ_ONLY)")
    query = "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'log' ORDER BY 1"
    tables = [row[0] for row in con.execute(query).fetchall()]
    if source.table not in tables and (source.table or len(tables) != 1):
        msg = f"{source.name}: say which table, as {source.files[0]}::TABLE; {nearest(source.table or '?', tables)}"
        raise InputError(msg)
    return Source(source.name, source.kind, source.files, source.table or tables[0])


def _columns(con: duckdb.DuckDBPyConnection, source: Source) -> Iterator[tuple[str, str]]:
    relation = con.sql(f"SELECT * FROM {source.relation} LIMIT 0")
    for name, kind in zip(relation.columns, relation.types, strict=True):
        yield from _fields(name, kind)


def _fields(name: str, kind: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  DuckDB's own type
    if kind.id == "struct":
        for child, inner in kind.children:
            yield from _fields(f"{name}.{child}", inner)
    else:
        yield name, str(kind)


def _kept(con: duckdb.DuckDBPyConnection, source: Source) -> tuple[Mapping[str, Any], ...]:
    """Read what roll-ups say of themselves; they don't mix with logs, nor with roll-ups by other periods."""
    if source.kind != "parquet":
        return ()
    files = "[" + ", ".join(quote(file) for file in source.files) + "]"
    query = (
        f"SELECT file_name, decode(value) FROM parquet_kv_metadata({files}) WHERE decode(key) = 'pertoken' ORDER BY 1"
    )
    said = {file: json.loads(text) for file, text in con.execute(query).fetchall()}
    plain = [file for file in source.files if file not in said]
    if said and plain:
        msg = f"{source.name} mixes roll-ups, as {next(iter(said))}, with logs, as {plain[0]}; name them apart"
        raise InputError(msg)
    grains = {period.finest(set(own["keys"])): file for file, own in said.items()}
    if len(grains) > 1:
        each = " and ".join(f"{file} by {grain or 'no period'}" for grain, file in grains.items())
        msg = f"{source.name} mixes roll-ups by several periods, {each}; fold them alike or name them apart"
        raise InputError(msg)
    return tuple(said.values())
