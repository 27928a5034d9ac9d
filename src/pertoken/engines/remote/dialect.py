"""What engines write differently: whole division, floats as decimals, fields of JSON, seconds since 1970."""

from collections.abc import Callable, Sequence

import ibis
import ibis.expr.datatypes as dt

from pertoken.engines.remote.table import Expr

WHOLE = dt.Decimal(38, 0)
"""Whole numbers beyond 64 bits."""
EXACT = dt.Decimal(38, 9)
"""Numbers with fractions, as they are read."""

DIVISIONS = {"postgres": "div", "pyspark": "div", "databricks": "div", "clickhouse": "intDiv", "bigquery": "div"}
"""Functions that divide whole numbers; elsewhere a multiple is divided, which leaves nothing to round."""


def function(name: str, *takes: Expr, gives: Expr) -> Callable[..., Expr]:
    """Name a function that the engine has.

    Args:
        name: What it is called there.
        takes: Types of its arguments, one or two.
        gives: Type of its result.
    """
    shapes: Sequence[Callable[..., None]] = (lambda one: None, lambda one, two: None)  # noqa: ARG005  Ibis counts them
    made: Callable[..., Expr] = ibis.udf.scalar.builtin(shapes[len(takes) - 1], name=name, signature=(takes, gives))
    return made


def over(dialect: str, number: Expr, by: int) -> Expr:
    """How often a whole number goes into another, which is not negative; exact below 2**51."""
    kind = dt.int64 if number.type().is_integer() else WHOLE
    if dialect in DIVISIONS:
        return function(DIVISIONS[dialect], kind, kind, gives=kind)(number.cast(kind), ibis.literal(by).cast(kind))
    return ((number - number % by) / by).round().cast(dt.int64)


def exact(dialect: str, floats: Expr) -> Expr:
    """Floats as decimals; NULL for what is no number, or too large."""
    held = floats.between(-1e28, 1e28)
    written = floats.cast(dt.string) if dialect == "postgres" else floats  # which else keeps 15 digits
    return ibis.cases((held, written.cast(EXACT)), else_=ibis.null(EXACT))


def epoch(dialect: str, moment: Expr) -> Expr:
    """Whole seconds since 1970 of a date or a time in UTC, rounded down."""
    zone = "UTC" if dialect == "bigquery" else None
    stamp = moment.cast(dt.Timestamp(timezone=zone)) if moment.type().is_date() or zone else moment
    floored = stamp if moment.type().is_date() else stamp.truncate("s")
    return floored.epoch_seconds().cast(dt.int64)


JSON = {
    "duckdb": "json_extract_string",
    "pyspark": "get_json_object",
    "databricks": "get_json_object",
    "snowflake": "json_extract_path_text",
    "bigquery": "json_value",
    "clickhouse": "JSON_VALUE",
}
"""Functions that read a field of JSON in text by its path."""


def field(dialect: str, column: Expr, path: str) -> Expr:
    """What stands in a column under a path, as text; NULL if nothing does.

    Args:
        dialect: Engine.
        column: Text of JSON, JSON or a record.
        path: Names with dots between them; empty for the column itself.
    """
    head, _, rest = path.partition(".")
    if column.type().is_struct() and head:
        known = head in column.type().names
        return field(dialect, column[head], rest) if known else ibis.null(dt.string)
    if column.type().is_map() and head:
        return field(dialect, column[head], rest)
    if not head:
        return column.cast(dt.string)
    if dialect == "postgres":
        return _postgres(column.cast(dt.JSON(binary=True)), path.split("."))
    way = path if dialect == "snowflake" else f"$.{path}"
    return function(JSON[dialect], dt.string, dt.string, gives=dt.string)(column.cast(dt.string), way)


def _postgres(column: Expr, names: Sequence[str]) -> Expr:
    """One step after the other: a path of any length is one argument each."""
    kind = dt.JSON(binary=True)
    for name in names[:-1]:
        column = function("jsonb_extract_path", kind, dt.string, gives=kind)(column, name)
    return function("jsonb_extract_path_text", kind, dt.string, gives=dt.string)(column, names[-1])
