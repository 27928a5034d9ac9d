"""A plain table of usage, one row for each customer and period, read as it is, without a mapping."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from pertoken.core.errors import InputError
from pertoken.engines.source import find

COLUMNS = ("customer", "period", "value")


def panel_rows(path: str | Path, also: Sequence[str] = ()) -> dict[str, list[Any]] | None:
    """Read the columns `customer`, `period` and `value` of a CSV or Parquet file, in any case of letters.

    Args:
        path: File, folder or pattern.
        also: Names of further columns, read as they are.

    Returns:
        Labels, labels of periods (whole numbers stay numbers), and numbers; empty values are NaN, not watched. None
        where it has other columns, so that it is read as a log.

    Raises:
        InputError: A value is no number, or a customer or a period is missing.
    """
    source = find(path)
    if source.kind not in ("csv", "parquet"):
        return None
    con = duckdb.connect()
    names = {str(row[0]).lower(): str(row[0]) for row in con.execute(f"DESCRIBE FROM {source.relation}").fetchall()}
    wanted = [*COLUMNS, *(name.lower() for name in also)]
    if not set(wanted) <= set(names):
        return None
    quoted = [f'"{names[name]}"::VARCHAR' for name in wanted]
    rows = con.execute(f"SELECT {', '.join(quoted)} FROM {source.relation}").fetchall()
    read = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in wanted]
    customers, periods, values = read[: len(COLUMNS)]
    for row, (who, when) in enumerate(zip(customers, periods, strict=True), 1):
        if not who or not when:
            raise InputError(f"row {row} of {source.name} has no {'period' if who else 'customer'}; expected both")
    numbered = all(text.isdecimal() and len(text) < len("20260131") for text in periods)
    return {
        "customer": customers,
        "period": [int(text) for text in periods] if numbered else periods,
        "value": [_number(text, row, source.name) for row, text in enumerate(values, 1)],
        **dict(zip(also, read[len(COLUMNS) :], strict=True)),
    }


def _number(text: str | None, row: int, name: str) -> float:
    try:
        return float(text) if text else float("nan")
    except ValueError:
        raise InputError(
            f"row {row} of {name} has the value {text!r}; expected a number, or nothing for a period not watched"
        ) from None
