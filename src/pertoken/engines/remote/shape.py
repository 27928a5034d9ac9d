"""A layout of tables where they are: columns made of others, and the rows that are usage."""

from collections.abc import Iterator, Mapping
from typing import Any

import ibis
import ibis.expr.datatypes as dt

from pertoken.core.errors import InputError
from pertoken.engines.remote.dialect import field
from pertoken.engines.remote.fetch import first
from pertoken.engines.remote.table import Expr
from pertoken.usage.layout import Derived, Layout
from pertoken.usage.schema import LogMapping


def shaped(rows: Expr, name: str, dialect: str, layout: Layout) -> tuple[Expr, tuple[str, ...]]:
    """Give a table the columns and keep the rows that its layout says.

    Args:
        rows: A table of Ibis, records made flat.
        name: What it is called.
        dialect: Engine that it lives in.
        layout: Its format.

    Returns:
        The rows, and what is said of those that were left out.

    Raises:
        InputError: It holds whole documents, it lacks columns, or JSON in it is cut off.
    """
    _fits(rows, name, layout)
    derived = {made: each for made, how in layout.derived.items() if (each := _derived(rows, dialect, how)) is not None}
    wide = rows.mutate(**derived)
    known = {column.lower(): column for column in wide.columns}
    kept = ibis.literal(True)  # noqa: FBT003  every row, where nothing is said
    for column, labels in layout.keep.items():
        if column.lower() in known:
            kept = kept & wide[known[column.lower()]].cast(dt.string).coalesce("").isin(labels)
    asked = {f"b{i}": rows.count(where=_cut_off(rows[each])) for i, each in enumerate(_opened(rows, layout))}
    told = first(rows.aggregate(**asked)) if asked else {}
    for i, column in enumerate(_opened(rows, layout)):
        if told[f"b{i}"]:
            msg = f"{name}: {column} holds JSON that is cut off on {told[f'b{i}']:,} rows; expected whole JSON"
            raise InputError(msg)
    left = first(wide.aggregate(n=wide.count(where=~kept)))["n"] if layout.keep else 0
    words = "; ".join(f"{column} other than {', '.join(map(repr, own))}" for column, own in layout.keep.items())
    says = (f"{left:,} rows are no usage and are left out ({words})",) if left else ()
    return (wide.filter(kept) if layout.keep else wide), says


def _fits(rows: Expr, name: str, layout: Layout) -> None:
    missing = {column.lower() for column in layout.columns} - {column.lower() for column in rows.columns}
    whole = layout.read is not None and layout.mapping == LogMapping() and not layout.derived
    if missing or whole or not layout.columns:
        lacks = f"lacks the columns {', '.join(sorted(missing))}" if missing else "holds whole documents"
        msg = (
            f"{name} can't be read as {layout.title} ({layout.name}) where it is: it {lacks}; leave --as out, name "
            "another, or export it to a file"
        )
        raise InputError(msg)


def _opened(rows: Expr, layout: Layout) -> list[str]:
    """Find the columns of text that JSON is read from."""
    known = {column.lower(): column for column in rows.columns}
    of = {column.lower() for how in layout.derived.values() for column, path in how.of if path}
    return [known[each] for each in sorted(of & set(known)) if rows[known[each]].type().is_string()]


def _cut_off(column: Expr) -> Expr:
    text = column.strip()
    return text.startswith("{") & ~text.endswith("}")


def _derived(rows: Expr, dialect: str, how: Derived) -> Expr | None:
    found = [each for column, path in how.of for each in _value(rows, dialect, column, path)]
    if not found:
        return None
    said = ibis.coalesce(*found)
    whens: Mapping[str, Any] = how.words
    return ibis.cases(*((said == theirs, ours) for theirs, ours in whens.items()), else_=said) if whens else said


def _value(rows: Expr, dialect: str, column: str, path: str) -> Iterator[Expr]:
    """What a column says under a path, as text; nothing where there is no such column."""
    known = {each.lower(): each for each in rows.columns}
    inside = known.get(f"{column}.{path}".lower() if path else column.lower())
    held = known.get(column.lower())
    if inside is not None:
        yield rows[inside].cast(dt.string).nullif("")
    elif held is not None and rows[held].type().is_string():
        json = ibis.cases((rows[held].strip().startswith("{"), rows[held]), else_=ibis.null(dt.string))
        yield field(dialect, json, path).nullif("")
    elif held is not None and rows[held].type().is_map():
        yield field(dialect, rows[held], path).nullif("")
