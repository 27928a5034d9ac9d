"""Issued invoices come back in by this door, as `pertoken invoice --format json` wrote them."""

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from pertoken.books.invoice import Invoice, InvoiceLine
from pertoken.core.errors import InputError


def read_issued(paths: Iterable[str | Path], now: Invoice) -> list[InvoiceLine]:
    """Read the lines of an invoice, and of the corrections to it since.

    Args:
        paths: What the same command wrote with `--format json`: the invoice first, then its corrections.
        now: The invoice as it would be made now; what is read must be of the same customer, month and currency.

    Raises:
        InputError: Not such a file, or an invoice of someone or some time else.
    """
    return [line for path in paths for line in _lines(str(path), _document(str(path)), now)]


def _document(path: str) -> Mapping[str, Any]:
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"), parse_float=Decimal, parse_int=Decimal)
    except OSError as error:
        msg = f"can't read the issued invoice {path}: {error.strerror}"
        raise InputError(msg) from error
    except ValueError as error:
        raise InputError(_strange(path, str(error))) from error
    if not isinstance(document, dict) or not isinstance(document.get("tables"), dict):
        raise InputError(_strange(path, "it has no tables"))
    return document


def _strange(path: str, found: str) -> str:
    return f"{path} is no issued invoice: {found}; expected what pertoken invoice wrote with --format json"


def _lines(path: str, document: Mapping[str, Any], now: Invoice) -> list[InvoiceLine]:
    _same(path, document.get("meta", {}), now)
    tables = document["tables"]
    name, amount = ("corrections", "difference") if "corrections" in tables else ("lines", "amount")
    if name not in tables:
        raise InputError(_strange(path, "it has no lines"))
    try:
        return [_line(row, amount) for row in tables[name]["rows"]]
    except (KeyError, TypeError) as error:
        raise InputError(_strange(path, f"a line lacks {error}")) from error


def _same(path: str, meta: Mapping[str, Any], now: Invoice) -> None:
    for name, expected in {**now.labels, "month": now.month, "currency": now.currency}.items():
        if meta.get(name) != expected:
            msg = f"{path} is of {name} {meta.get(name)!r}; expected {expected!r}; give the invoice that is corrected"
            raise InputError(msg)


def _line(row: Mapping[str, Any], amount: str) -> InvoiceLine:
    names = ("card", "term", "kind", "charge", "labels", "about", "quantity", "unit", "unit_price")
    return InvoiceLine(amount=row[amount], **{name: row[name] for name in names})
