"""What a log says that it cost stands beside what it should cost, and is never taken for a meter."""

from decimal import Decimal

import pytest

import pertoken as pt
from pertoken.core.errors import InputError

ROWS = """time,model,prompt_tokens,completion_tokens,cost
2026-11-02T09:00:00Z,gpt-4o,1000,100,0.0035
2026-11-02T10:00:00Z,gpt-4o,1000,100,0.0100
2026-11-02T11:00:00Z,gpt-4o-mini,1000,100,
"""


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(ROWS)
    return path


@pytest.mark.parametrize("exact", [True, False])
def test_reported_stands_beside_cost_by_the_same_keys(log, exact):
    books = pt.statement(log, cost=["catalog"], by=["model"], exact=exact)
    rows = {row["model"]: row for row in books.statement.lines.records()}
    assert float(rows["gpt-4o"]["reported"]) == pytest.approx(0.0135)  # 0.0035 + 0.0100
    assert float(rows["gpt-4o"]["cost"]) == pytest.approx(0.0070)  # 2,000 x 2.50 + 200 x 10 micro-dollars
    assert rows["gpt-4o-mini"]["reported"] == 0
    assert "reported" not in books.statement.cost_meters


def test_a_bill_is_no_log(tmp_path):
    bill = tmp_path / "bill.csv"
    bill.write_text("date,model,meter,cost\n2026-11-02,gpt-4o,input_tokens,0.005\n")
    with pytest.raises(InputError, match="it is a bill"):
        pt.statement(bill, cost=["catalog"])


def test_a_bill_of_ones_own_is_held_by_model_day_and_meter(log, tmp_path):
    bill = tmp_path / "bill.csv"
    bill.write_text(
        "date,model,meter,cost\n2026-11-02,openai/gpt-4o,input_tokens,0.005\n2026-11-02,gpt-4o,output_tokens,0.001\n"
    )
    found = pt.reconcile(log, bill=bill).result
    cells = {cell.labels: (cell.billed, cell.cause) for cell in found.cells}
    assert found.by == ("model", "day", "meter")
    assert cells["openai/gpt-4o", "2026-11-02", "input_tokens"] == (Decimal("0.005"), "")
    assert cells["openai/gpt-4o", "2026-11-02", "output_tokens"] == (Decimal("0.001"), "unknown")
    assert cells["openai/gpt-4o-mini", "2026-11-02", "input_tokens"] == (None, "missing")


def test_without_a_bill_the_log_is_held_against_what_it_reports(log):
    found = pt.reconcile(log, by=["model"]).result
    assert {cell.labels[0]: (cell.computed, cell.billed) for cell in found.cells} == {
        "openai/gpt-4o": (Decimal("0.007"), Decimal("0.0135")),
        "openai/gpt-4o-mini": (Decimal("0.00021"), None),
    }


def test_a_log_that_reports_nothing_needs_a_bill(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("time,model,prompt_tokens\n2026-11-02T09:00:00Z,gpt-4o,1000\n")
    with pytest.raises(InputError, match="give the bill with --bill"):
        pt.reconcile(path)


def test_a_bill_in_another_currency_is_refused(log, tmp_path):
    bill = tmp_path / "bill.csv"
    bill.write_text("date,model,cost,currency\n2026-11-02,gpt-4o,0.007,EUR\n")
    with pytest.raises(InputError, match="is in EUR"):
        pt.reconcile(log, bill=bill)
