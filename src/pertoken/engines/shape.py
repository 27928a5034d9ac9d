"""A layout of tables as SQL: columns made of others, the rows that are usage, files that must be of one format."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import duckdb

from pertoken.core.errors import InputError
from pertoken.engines.source import Source, identifier, quote
from pertoken.usage.layout import Derived, Layout, of_columns
from pertoken.usage.schema import LogMapping

Types = Mapping[str, str]


def shaped(source: Source, layout: Layout, types: Types) -> Source:
    """Give a log the columns and keep the rows that its layout says; JSON that a column holds is opened once a row."""
    opened = _opened(layout, types)
    made = [(name, sql) for name, each in layout.derived.items() if (sql := _derived(each, types, opened))]
    column = {name.lower(): identifier(name) for name in types} | {name.lower(): f"({sql})" for name, sql in made}
    kept = [_kept(column[name.lower()], labels) for name, labels in layout.keep.items() if name.lower() in column]
    held = tuple((_list_of(name), _open(name, paths)) for name, paths in opened.items())
    return replace(source, opened=held, derived=tuple(made), where=" AND ".join(kept))


def _opened(layout: Layout, types: Types) -> dict[str, tuple[str, ...]]:
    """Find the columns that hold JSON as text, and the paths that are read of each."""
    known = {name.lower(): name for name in types}
    paths: dict[str, dict[str, None]] = {}
    for column, path in (pair for each in layout.derived.values() for pair in each.of):
        held = known.get(column.lower())
        if path and held is not None and types[held] in ("VARCHAR", "JSON") and f"{column}.{path}".lower() not in known:
            paths.setdefault(held, {})[path] = None
    return {name: tuple(each) for name, each in paths.items()}


def _list_of(column: str) -> str:
    """Name the list of what a column's JSON says under each of its paths."""
    return f"_opened {column}"


def _open(column: str, paths: Sequence[str]) -> str:
    """Write the list of what a column's JSON says; an error where it is broken, so that nothing counts as zero."""
    name = identifier(column)
    steps = [
        "$" + "".join(f"[{step}]" if step.isdigit() else f'."{step}"' for step in path.split(".")) for path in paths
    ]
    broken = f"error({quote(f'{column} holds JSON that is cut off or broken: ')} || {name}[-40:])"
    found = f"json_extract_string({name}, [{', '.join(map(quote, steps))}])"
    return f"CASE WHEN json_valid({name}) THEN {found} WHEN {name} LIKE '{{%' THEN {broken} END"


def _derived(how: Derived, types: Types, opened: Mapping[str, Sequence[str]]) -> str:
    found = [sql for column, path in how.of if (sql := _value(column, path, types, opened))]
    if not found:
        return ""
    said = f"coalesce({', '.join(found)})" if len(found) > 1 else found[0]
    if not how.words:
        return said
    whens = " ".join(f"WHEN {quote(theirs)} THEN {quote(ours)}" for theirs, ours in how.words.items())
    return f"CASE {said} {whens} ELSE {said} END"


def _value(column: str, path: str, types: Types, opened: Mapping[str, Sequence[str]]) -> str:
    """What a column says under a path, as text; nothing where there is no such column."""
    known = {name.lower(): name for name in types}
    inside = known.get(f"{column}.{path}".lower() if path else column.lower())
    if inside is not None:
        return f"nullif(CAST({identifier(inside)} AS VARCHAR), '')"
    held = known.get(column.lower())
    if held is None:
        return ""
    if types[held].startswith("MAP"):
        return f"nullif(CAST({identifier(held)}[{quote(path)}] AS VARCHAR), '')"
    if held not in opened:
        return ""
    return f"nullif({identifier(_list_of(held))}[{opened[held].index(path) + 1}], '')"


def _kept(column: str, labels: Sequence[str]) -> str:
    return f"coalesce(CAST({column} AS VARCHAR), '') IN ({', '.join(map(quote, labels))})"


BULKY = frozenset({"messages", "response", "proxy_server_request", "request", "input", "output"})
"""Columns of text that no key is made of."""


def held(con: duckdb.DuckDBPyConnection, source: Source, types: Types) -> tuple[Source, Types]:
    """Keep what is made of JSON in a table, since the log is gone through several times and opening JSON is dear."""
    if not source.opened:
        return source, types
    opened = {name for name, _ in source.opened}
    kept = {name: kind for name, kind in types.items() if _list_of(name) not in opened and name.lower() not in BULKY}
    con.execute(f"CREATE TEMP TABLE held AS SELECT {', '.join(map(identifier, kept))} FROM {source.relation}")
    return replace(source, held="held"), kept


def left_out(con: duckdb.DuckDBPyConnection, source: Source, layout: Layout) -> tuple[str, ...]:
    """Say how many rows are no usage."""
    if not source.where:
        return ()
    whole = replace(source, where="", derived=(), opened=(), held="").relation
    row = con.execute(f"SELECT (SELECT count(*) FROM {whole}) - (SELECT count(*) FROM {source.relation})").fetchone()
    words = "; ".join(f"{name} other than {', '.join(map(repr, labels))}" for name, labels in layout.keep.items())
    return (f"{row[0]:,} rows are no usage and are left out ({words})",) if row and row[0] else ()


def fitted(layout: Layout, said: LogMapping | None, columns: Sequence[str]) -> LogMapping:
    """Fit a layout's mapping to the columns that a table has; what a user says goes before."""
    known = {name.lower(): name for name in columns}
    own = layout.mapping
    read = {column.lower() for each in layout.derived.values() for column, path in each.of if not path}
    made = {name.lower() for name in layout.derived}
    fit = replace(
        own,
        time=known.get((own.time or "").lower()),
        request_id=known.get((own.request_id or "").lower()),
        reported_cost=known.get((own.reported_cost or "").lower()),
        keys={key: known[name.lower()] for key, name in own.keys.items() if name.lower() in known},
        meters={key: known[name.lower()] for key, name in own.meters.items() if name.lower() in known},
        ignore=tuple(known[name] for name in (*map(str.lower, own.ignore), *sorted(read - made)) if name in known),
    )
    held = {whole: tuple(p for p in parts if p in fit.meters) for whole, parts in own.includes.items()}
    fit = replace(fit, includes={whole: parts for whole, parts in held.items() if whole in fit.meters})
    return _before(said, fit) if said else fit


def _before(said: LogMapping, fit: LogMapping) -> LogMapping:
    """Lay what a user says on top of what the format says."""
    out: dict[str, Any] = {}
    for field in fields(LogMapping):
        over, under = getattr(said, field.name), getattr(fit, field.name)
        if isinstance(under, Mapping):
            out[field.name] = {**under, **over}
        else:
            out[field.name] = (*under, *over) if isinstance(under, tuple) else over or under
    return LogMapping(**out)


def one_layout(con: duckdb.DuckDBPyConnection, source: Source, layouts: Sequence[Layout]) -> None:
    """Refuse files of several formats under one name: a roll-up beside the rows that it adds up counts them twice.

    Raises:
        InputError: They are; a file of each is named.
    """
    if not layouts or len(source.files) < 2:  # noqa: PLR2004  two files can differ
        return
    seen: dict[str, tuple[str, str]] = {}
    for file, columns in _columns(con, source):
        found = of_columns(columns, layouts)
        seen.setdefault(found.name if found else "", (found.title if found else "no format that is known", file))
    if len(seen) > 1:
        each = " and ".join(f"{title}, as {file}" for title, file in seen.values())
        msg = f"{source.name} mixes {each}; expected one format; name the files of each apart"
        raise InputError(msg)


def _columns(con: duckdb.DuckDBPyConnection, source: Source) -> list[tuple[str, Sequence[str]]]:
    if source.kind == "csv":
        return [(header.files[0], header.columns) for header in source.headers]
    if source.kind != "parquet":
        return []
    files = "[" + ", ".join(map(quote, source.files)) + "]"
    query = f"SELECT min(file_name), names FROM (SELECT file_name, list(name) AS names FROM parquet_schema({files}) "
    rows: list[tuple[str, Sequence[str]]] = con.execute(f"{query}GROUP BY 1) GROUP BY 2 ORDER BY 1").fetchall()
    return rows
