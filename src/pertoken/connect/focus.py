"""FOCUS: a cost ledger written as a Cost and Usage dataset of the FinOps Open Cost and Usage Specification."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pertoken.connect.focus_columns import VERSIONS, columns
from pertoken.connect.focus_rows import Parties, rows
from pertoken.core.errors import InputError
from pertoken.core.lines import Ledger
from pertoken.rating.card import Card

DEFAULT = "1.2"
"""The version that is written if none is said."""

Cell = str | Decimal | datetime | None
TYPES = {"text": "VARCHAR", "json": "VARCHAR", "time": "TIMESTAMPTZ", "number": "DECIMAL(38, 18)"}
PRICE_TYPE = "DECIMAL(38, 28)"
"""Unit prices are quotients: they have more decimals than costs."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A Cost and Usage dataset.

    Args:
        version: Version of the standard.
        columns: Names in order: those of the standard first, then our own, which begin with `x_`.
        kinds: Kind of each column, as the table of columns has it.
        rows: One tuple of cells for each row; None is null.
    """

    version: str
    columns: tuple[str, ...]
    kinds: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def column(self, name: str) -> list[Any]:
        """All cells of a column.

        Raises:
            InputError: No such column.
        """
        if name not in self.columns:
            msg = f"no column {name!r} in FOCUS {self.version}"
            raise InputError(msg)
        index = self.columns.index(name)
        return [row[index] for row in self.rows]


def export(
    ledger: Ledger,
    cards: Card | Sequence[Card],
    *,
    version: str = DEFAULT,
    parties: Parties | None = None,
    timezone: str = "UTC",
) -> Dataset:
    """Say a cost ledger in the words of FOCUS; the sum of each of the four costs is that of the ledger.

    Args:
        ledger: What `rate` gave, or the same with shares given out (`Books.ledgers["cost"]`); exact.
        cards: The cards that it was rated with.
        version: Version of the standard: 1.0, 1.1 or 1.2.
        parties: Provider, publisher, invoice issuer, service and billing account, where the lines don't say.
        timezone: Zone in which the ledger's periods are reckoned; the file's times are in UTC.

    Returns:
        The dataset; write it with `write`.

    Raises:
        InputError: No such version, or a line without a period.
        CardError: Cards of several currencies.

    Source:
        FOCUS specification 1.2, Cost and Usage dataset.
    """
    table = columns(version)
    said = rows(ledger, (cards,) if isinstance(cards, Card) else tuple(cards), parties or Parties(), timezone=timezone)
    own = sorted({name for facts in said for name in facts["own"]})
    cells = [
        (*(facts.get(column.fill) for column in table), *(facts["own"].get(name) or None for name in own))
        for facts in said
    ]
    names = (*(column.name for column in table), *own)
    kinds = (*(column.kind for column in table), *("text" for _ in own))
    return Dataset(version, names, kinds, tuple(sorted(cells, key=lambda row: _order(names, row))))


def _order(names: Sequence[str], row: Sequence[Cell]) -> tuple[str, ...]:
    said = dict(zip(names, row, strict=True))
    return tuple(str(said.get(name) or "") for name in ("ChargePeriodStart", "ChargeCategory", "SkuPriceId", *names))


def to_csv(data: Dataset) -> str:
    """Write a dataset as CSV: exact decimals, times as ISO 8601 in UTC, null as nothing."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(data.columns)
    writer.writerows([[text(cell) for cell in row] for row in data.rows])
    return out.getvalue()


def text(cell: Cell) -> str:
    """Write one cell; a number always has a point, since readers guess the type of a column by its look.

    >>> text(Decimal("1.50")), text(Decimal("1E-9")), text(Decimal(64)), text(Decimal("-0.0")), text(None)
    ('1.5', '0.000000001', '64.0', '0.0', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%dT%H:%M:%SZ")
    if not isinstance(cell, Decimal):
        return cell
    whole, _, decimals = f"{abs(cell):f}".partition(".")
    return f"{'-' if cell < 0 else ''}{whole}.{decimals.rstrip('0') or '0'}"


def write(data: Dataset, path: str | Path) -> None:
    """Write a dataset as Parquet or CSV, by the ending of the name; whole or not at all.

    Raises:
        InputError: Another ending, a folder that isn't there, or a number that the file's type can't hold.
    """
    target = Path(path)
    how = {".csv": _write_csv, ".parquet": _write_parquet}.get(target.suffix.lower())
    if how is None:
        msg = f"can't write {path} as FOCUS; expected a name that ends in .csv or .parquet"
        raise InputError(msg)
    partial = target.with_name(f".{target.name}.partial")
    try:
        how(data, partial)
        partial.replace(target)
    except (OSError, duckdb.Error) as error:
        msg = f"can't write {path}: {str(error).splitlines()[0]}; say a file in a folder that is there and yours"
        raise InputError(msg) from error
    finally:
        partial.unlink(missing_ok=True)


def _write_csv(data: Dataset, path: Path) -> None:
    path.write_text(to_csv(data), encoding="utf-8", newline="")


def _write_parquet(data: Dataset, path: Path) -> None:
    types = {name: _type(name, kind) for name, kind in zip(data.columns, data.kinds, strict=True)}
    plain = path.with_name(f"{path.name}.csv")
    try:
        _write_csv(data, plain)
        with duckdb.connect() as con:
            con.execute("SET TimeZone = 'UTC'")
            read = f"read_csv({_quote(str(plain))}, header = true, nullstr = '', columns = {_struct(types)})"
            con.execute(f"COPY (FROM {read}) TO {_quote(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    finally:
        plain.unlink(missing_ok=True)


def _type(name: str, kind: str) -> str:
    return PRICE_TYPE if name.endswith("UnitPrice") else TYPES[kind]


def _struct(types: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{_quote(name)}: {_quote(kind)}" for name, kind in types.items()) + "}"


def _quote(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


__all__ = ["DEFAULT", "VERSIONS", "Dataset", "Parties", "export", "to_csv", "write"]
