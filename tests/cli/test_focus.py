"""`pertoken focus`: from a log to a file, from a file to its costs, and what is wrong with it."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from tests.desk import ROWS, result, write

PRICES = {("small", "input_tokens"): "0.01", ("small", "output_tokens"): "0.02",
          ("large", "input_tokens"): "0.10", ("large", "output_tokens"): "0.20"}  # fmt: skip


def expected():
    """What the log costs at the card's prices, request by request."""
    meters = ("input_tokens", "output_tokens")
    return sum(row[meter] * Decimal(PRICES[row["model"], meter]) for row in ROWS for meter in meters)


@pytest.fixture
def bill(ask, desk):
    log = write(desk / "log.csv", ROWS)
    answer = ask("focus", "export", log, "--cost", "vendor.yaml", "--out", "bill.csv", "--provider", "ACME")
    assert answer.code == 0, answer.err
    return desk / "bill.csv"


def test_a_log_becomes_a_file_of_its_cost(bill):
    with bill.open() as file:
        rows = list(csv.DictReader(file))
    assert sum(Decimal(row["BilledCost"]) for row in rows) == expected()
    assert {row["ProviderName"] for row in rows} == {"ACME"}
    assert {row["BillingPeriodStart"] for row in rows} == {"2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"}


def test_a_file_is_read_by_any_of_its_keys(ask, bill):
    said = result(ask("focus", "read", bill, "--by", "customer,month", "--format", "json"))
    rows = {(row["customer"], row["month"]): Decimal(row["billed"]) for row in said["tables"]["costs"]["rows"]}
    # acme in January: 101 x 0.01 + 53 x 0.02 = 1.01 + 1.06
    assert rows["acme", "2026-01"] == Decimal("2.07")
    assert sum(rows.values()) == expected()


def test_a_right_file_passes_the_check(ask, bill):
    answer = ask("focus", "check", bill)
    assert answer.code == 0
    assert "No fault." in answer.out


def test_a_wrong_file_fails_the_check_and_says_where(ask, bill):
    bill.write_text(bill.read_text().replace(",Usage,", ",Foo,", 1))
    answer = ask("focus", "check", bill, "--format", "csv")
    assert answer.code == 1
    assert "bill.csv row 1,ChargeCategory 'Foo',\"one of Usage, Purchase, Tax, Credit, Adjustment\"" in answer.out


def test_repairs_are_shown_beside_the_costs(ask, desk):
    (desk / "loose.csv").write_text('BilledCost,ProviderName,ServiceName,Id\n"$1,000.00",ACME,api,7\n')
    answer = ask("focus", "read", "loose.csv")
    assert answer.code == 0
    assert "1,000" in answer.out
    assert "thousands" in answer.out


def test_parquet_and_older_versions_are_written_too(ask, desk):
    log = write(desk / "log.csv", ROWS)
    answer = ask(
        "focus", "export", log, "--cost", "vendor.yaml", "--out", "b.parquet", "--version", "1.0", "--by", "day"
    )
    assert answer.code == 0
    said = result(ask("focus", "read", "b.parquet", "--by", "day", "--format", "json"))
    assert said["title"] == "FOCUS 1.0: b.parquet"
    assert [row["day"] for row in said["tables"]["costs"]["rows"]] == ["2026-02-07", "2026-01-06", "2026-01-05"]


def test_what_our_customers_pay_is_a_file_of_theirs(ask, desk):
    log = write(desk / "log.csv", ROWS)
    answer = ask("focus", "export", log, "--revenue", "plan.yaml", "--out", "bill.csv", "--by", "month,customer")
    assert answer.code == 0, answer.err
    rows = list(csv.DictReader((desk / "bill.csv").read_text().splitlines()))
    tokens = sum(row["input_tokens"] + row["output_tokens"] for row in ROWS)
    assert sum(Decimal(row["BilledCost"]) for row in rows) == tokens * Decimal("0.03")


GPU_HOURS = """timestamp,tolerates_preemption,gpu_hours
2026-01-05T10:00:00Z,false,80
2026-01-05T10:00:00Z,true,10
2026-01-05T11:00:00Z,false,40
"""
GPUS = Path(__file__).resolve().parents[2] / "examples" / "contracts" / "gpus.yaml"


def test_reserved_hours_are_rows_of_their_own(ask, desk):
    """64 of 80 GPUs at 2.20 instead of 3.50, 16 on demand; then 40 of 64, and 24 idle; 10 on spot at 1.60."""
    (desk / "gpus.csv").write_text(GPU_HOURS)
    answer = ask("focus", "export", "gpus.csv", "--cost", GPUS, "--by", "hour", "--out", "o.csv")
    assert answer.code == 0, answer.err
    rows = list(csv.DictReader((desk / "o.csv").read_text().splitlines()))
    names = ("CommitmentDiscountStatus", "PricingQuantity", "ListCost", "EffectiveCost", "BilledCost")
    assert sorted(tuple(row[name] for name in names) for row in rows if row["ChargeCategory"] == "Usage") == [
        ("", "10.0", "16.0", "16.0", "16.0"),
        ("", "16.0", "56.0", "56.0", "56.0"),
        ("Unused", "24.0", "0.0", "52.8", "0.0"),
        ("Used", "40.0", "140.0", "88.0", "0.0"),
        ("Used", "64.0", "224.0", "140.8", "0.0"),
    ]
    assert ask("focus", "check", "o.csv").code == 0


WRONG = {
    "no file to write": (("--cost", "vendor.yaml"), "--out"),
    "another ending": (("--cost", "vendor.yaml", "--out", "bill.txt"), "ends in .csv or .parquet"),
    "both sides": (("--cost", "vendor.yaml", "--revenue", "plan.yaml", "--out", "b.csv"), "one side"),
    "the log itself": (("--cost", "vendor.yaml", "--out", "log.csv"), "also read by this command"),
    "no card": (("--out", "b.csv"), "no card"),
    "no period": (("--cost", "vendor.yaml", "--out", "b.csv", "--by", "customer"), "has no period"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_is_refused_and_writes_nothing(ask, desk, case):
    words, says = WRONG[case]
    log = write(desk / "log.csv", ROWS)
    before = sorted(desk.iterdir())
    answer = ask("focus", "export", log, *words)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err
    assert sorted(desk.iterdir()) == before


def test_a_word_that_is_no_command_of_the_group_is_refused(ask):
    answer = ask("focus", "eat")
    assert answer.code == 2
    assert "eat" in answer.err
