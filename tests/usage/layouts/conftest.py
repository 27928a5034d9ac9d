"""Documents and tables of one content, read by the engine as a user's log is."""

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from pertoken.engines import duckdb as engine
from pertoken.usage.layout import Document, Layout, of_document
from pertoken.usage.layouts import LAYOUTS
from pertoken.usage.question import Question
from pertoken.usage.record import UsageRecord
from pertoken.workbench.reading import reading

BILLING = Path(__file__).parents[4] / "shared" / "data" / "billing"

Folded = tuple[str, dict[tuple[str, ...], Any]]
"""The format that was recognised, and quantities by keys and meter."""


@pytest.fixture
def billing() -> Path:
    """Real samples; a test that needs them skips where they are not."""
    if not BILLING.is_dir():
        pytest.skip("needs ../shared/data/billing beside the checkout")
    return BILLING


def layout(name: str) -> Layout:
    """Find a layout by its name."""
    return next(each for each in LAYOUTS if each.name == name)


def records(name: str, *documents: Document) -> list[UsageRecord]:
    """Read documents that must be recognised as of a layout."""
    own = layout(name)
    for each in documents:
        assert of_document(each, LAYOUTS) is own
    assert own.read is not None
    return [record for each in documents for record in own.read(each)]


def tokens(record: UsageRecord) -> Mapping[str, Any]:
    """The meters of a record but for its requests."""
    return {name: n for name, n in record.meters.items() if name != "requests"}


def _jsonl(rows: Sequence[Document], at: Path) -> Path:
    path = at / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def _array(rows: Sequence[Document], at: Path) -> Path:
    path = at / "log.json"
    path.write_text(json.dumps(list(rows), indent=1))
    return path


def _flat(row: Document) -> dict[str, Any]:
    return {name: json.dumps(cell) if isinstance(cell, dict | list) else cell for name, cell in row.items()}


def _csv(rows: Sequence[Document], at: Path) -> Path:
    path = at / "log.csv"
    with path.open("w", newline="") as file:
        table = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        table.writeheader()
        table.writerows(_flat(row) for row in rows)
    return path


def _parquet(rows: Sequence[Document], at: Path) -> Path:
    path = at / "log.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{_csv(rows, at)}')) TO '{path}' (FORMAT parquet)")
    return path


def _nested(rows: Sequence[Document], at: Path) -> Path:
    path = at / "nested.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_json('{_jsonl(rows, at)}')) TO '{path}' (FORMAT parquet)")
    return path


FORMS: Mapping[str, Callable[[Sequence[Document], Path], Path]] = {
    "jsonl": _jsonl,
    "array": _array,
    "csv": _csv,
    "parquet": _parquet,
    "nested": _nested,
}
"""Ways in which the same rows may be kept."""


@pytest.fixture
def fold(tmp_path: Path) -> Callable[..., Folded]:
    """Write rows in one of the forms, and fold them as a user's log."""

    def folded(rows: Sequence[Document], form: str, *keys: str) -> Folded:
        path = FORMS[form](rows, tmp_path)
        with reading(path, None, "", "UTC") as log:
            question = Question(keys)
            usage, report = engine.fold(log, question)
            cost = engine.reported(log, question, report=report)
            found = {(*(line[key] for key in keys), line["meter"]): line["quantity"] for line in usage.records()}
            if cost is not None:
                found |= {
                    (*(line[key] for key in keys), "cost"): Decimal(str(line["amount"])) for line in cost.records()
                }
            return log.layout, found

    return folded
