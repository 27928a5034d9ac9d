"""A table opened: its columns found out, records made flat, and what they mean bound as for files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pertoken.core.errors import InputError
from pertoken.engines.log import BY_MAPPING, BY_NAMES, plain
from pertoken.engines.remote.connect import connected, table_of, told
from pertoken.engines.remote.fetch import first
from pertoken.engines.remote.shape import shaped
from pertoken.engines.remote.table import Expr, Table
from pertoken.engines.remote.times import timed, wall, without_zone
from pertoken.engines.remote.url import address
from pertoken.engines.shape import fitted
from pertoken.usage.layout import Layout, of_columns
from pertoken.usage.schema import Binding, LogMapping, bind


@contextmanager
def opened(
    log: str,
    mapping: LogMapping | None = None,
    *,
    documents: object = None,
    layout: Layout | None = None,
    layouts: Sequence[Layout] = (),
) -> Iterator[Table]:
    """Open a table where it lives, and find out what its columns mean.

    Args:
        log: `engine://place::table`.
        mapping: What the user says of its columns.
        documents: None; documents are read from files.
        layout: Its format, where a user says so.
        layouts: Formats that are looked for.

    Raises:
        InputError: No such engine or table, its driver is missing, or it can't be reached.
    """
    assert documents is None  # noqa: S101  see `workbench.reading`
    where = address(log)
    with connected(where) as con:
        rows = table_of(con, where)
        with told(where.shown, where):
            yield bound(rows, where.shown, con.name, mapping, layout=layout, layouts=layouts)


def bound(
    rows: Expr,
    name: str,
    dialect: str,
    mapping: LogMapping | None = None,
    *,
    layout: Layout | None = None,
    layouts: Sequence[Layout] = (),
) -> Table:
    """Say what the columns of a table mean.

    Args:
        rows: A table of Ibis.
        name: What it is called.
        dialect: Engine that it lives in, by Ibis' name.
        mapping: What the user says of its columns.
        layout: Its format, where a user says so.
        layouts: Formats that are looked for.
    """
    rows = flat(rows)
    says: tuple[str, ...] = ()
    own = mapping
    title = BY_MAPPING if mapping and mapping.source else BY_NAMES
    if found := layout or of_columns(rows.columns, layouts):
        rows, says = shaped(rows, name, dialect, found)
        mapping, title, says = fitted(found, mapping, rows.columns), found.title, (*plain(found), *says)
    columns = [column for column, kind in rows.schema().items() if not kind.is_array()]
    try:
        made = bind(columns, mapping)
        made = replace(made, says=()) if found and not own else made
    except InputError as error:
        msg = f"{name}: {error}"
        raise InputError(msg) from error
    table = Table(rows, name, dialect, made, layout=title, says=says)
    if _zoned(made) and without_zone(table):
        table = replace(table, walls=walls(table))
    return replace(table, rows=timed(table))


def _zoned(binding: Binding) -> bool:
    return binding.time is not None and binding.timezone not in (None, "UTC")


def walls(table: Table) -> tuple[int, int]:
    """Find the first and last time by the clock of those that carry no zone."""
    row = first(table.rows.aggregate(first=wall(table).min(), last=wall(table).max()))
    return int(row["first"] or 0), int(row["last"] or 0)


def flat(rows: Expr) -> Expr:
    """Let fields of records stand as columns, so that a name with dots is a column like others; JSON is text."""
    made: dict[str, Any] = {}
    for name, kind in rows.schema().items():
        made |= dict(_fields(name, rows[name], kind))
    return rows.select(**made)


def _fields(name: str, column: Expr, kind: Expr) -> Iterator[tuple[str, Expr]]:
    if kind.is_struct():
        for child, inner in kind.items():
            yield from _fields(f"{name}.{child}", column[child], inner)
    else:
        yield name, column.cast("string") if kind.is_json() else column
