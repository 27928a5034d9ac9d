"""`pertoken balances` and `pertoken coverage`: forms, files, and what is refused."""

import csv
import io
from decimal import Decimal

import openpyxl
import pytest

import pertoken as pt
from tests.desk import result, write

BUNDLE = """\
plan: prepaid
prices:
  tokens: {measure: {sum: input_tokens, window: month}, curve: [{rate: 0.02}]}
pools:
  - {id: bundle, unit: tokens, grant: 1000, every: month, price: 10, eligible: [tokens], unused: forfeit}
  - {id: topup, unit: money, grant: 30, term: {from: 2026-01-01, to: 2026-07-01}, price: 24, eligible: [tokens],
     unused: forfeit}
"""
RESERVED = """\
card: machines
prices:
  hours: {measure: {sum: gpu_hours, window: hour}, curve: [{rate: 3}]}
pools:
  - {id: reserved, unit: gpu_hours, grant: 4, every: hour, term: {from: 2026-01-01, to: 2027-01-01}, inside: {rate: 2},
     eligible: [hours], unused: forfeit}
"""
TOKENS = [
    {"timestamp": "2026-01-10T00:00:00Z", "customer": "acme", "input_tokens": 400},
    {"timestamp": "2026-02-10T00:00:00Z", "customer": "acme", "input_tokens": 1500},
]
HOURS = [
    {"timestamp": "2026-01-05T10:00:00Z", "gpu_hours": 6},
    {"timestamp": "2026-01-05T11:00:00Z", "gpu_hours": 1},
]


@pytest.fixture
def sold(desk):
    """A bundle and a credit that customers have paid; 400 tokens in January, 1,500 in February."""
    (desk / "prepaid.yaml").write_text(BUNDLE)
    return write("tokens.csv", TOKENS)


@pytest.fixture
def bought(desk):
    """Four machines reserved; six used in an hour, one in the next."""
    (desk / "reserved.yaml").write_text(RESERVED)
    return write("hours.csv", HOURS)


def test_what_customers_have_paid_is_told_by_pool_and_month(ask, sold):
    """January: 600 of 1,000 tokens lapse (6 of 10). February: 500 tokens beyond at 0.02 take 10 of 30, 8 of 24."""
    said = result(ask("balances", sold, "--revenue", "prepaid.yaml", "--format", "json"))
    rows = {(r["pool"], r["month"]): r for r in said["tables"]["liability"]["rows"]}
    numbers = {
        key: [Decimal(r[n]) for n in ("paid_amount", "drawn_amount", "expired_amount", "liability")]
        for key, r in rows.items()
    }
    assert numbers == {
        ("bundle", "2026-01"): [10, 4, 6, 0],
        ("bundle", "2026-02"): [10, 10, 0, 0],
        ("topup", "2026-01"): [24, 0, 0, 24],
        ("topup", "2026-02"): [0, 8, 0, 16],
    }
    assert Decimal(said["figures"]["liability"]["value"]) == 16
    assert Decimal(said["figures"]["breakage_share"]["value"]) == pytest.approx(Decimal(6) / 28)  # 6 of 6 + 4 + 10 + 8


def test_what_is_left_is_told_by_expiry(ask, sold):
    """The books end with February; the credit lapses on the first of July, 123 days later: 20 left, at 0.80 each."""
    (row,) = result(ask("balances", sold, "--revenue", "prepaid.yaml", "--format", "json"))["tables"]["revenue_ageing"][
        "rows"
    ]
    assert (row["pool"], Decimal(row["quantity"]), Decimal(row["within_365_days"])) == (
        "topup",
        Decimal(20),
        Decimal(16),
    )
    assert Decimal(row["within_90_days"]) == 0


def test_balances_stand_by_customer_too(ask, sold):
    out = ask("balances", sold, "--revenue", "prepaid.yaml", "--by", "customer,pool,month", "--format", "csv").out
    assert {row["customer"] for row in csv.DictReader(io.StringIO(out))} == {"acme"}


def test_commitments_are_told_by_the_hour(ask, bought):
    """4 of 6 covered; then 1 of 4 used: 8 + 2 x 3 and 8."""
    said = ask("coverage", bought, "--cost", "reserved.yaml", "--by", "hour", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(said)))
    names = ("used", "unused", "on_demand", "cost_amount", "savings_amount")
    assert [[Decimal(row[name]) for name in names] for row in rows] == [[4, 0, 2, 14, 4], [1, 3, 0, 8, -5]]
    assert [row["utilisation_share"] for row in rows] == ["1", "0.25"]


def test_a_day_is_the_sum_of_its_hours(ask, bought):
    figures = result(ask("coverage", bought, "--cost", "reserved.yaml", "--format", "json"))["figures"]
    names = ("utilisation_share", "cost", "unused", "on_demand", "savings")
    assert {name: Decimal(figures[name]["value"]) for name in names} == {
        "utilisation_share": Decimal("0.625"), "cost": 22, "unused": 6, "on_demand": 6, "savings": -1,
    }  # fmt: skip


def test_the_terminal_says_the_finding_first(ask, sold, bought):
    out = ask("balances", sold, "--revenue", "prepaid.yaml").out
    assert "16.00 USD that customers have paid is not yet used at the end of 2026-02-28" in out
    lines = ask("coverage", bought, "--cost", "reserved.yaml").out.splitlines()
    assert lines[1].startswith("62.5 % of what was committed was used, it covered 71.4 % of what was needed")  # 5 of 7
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("question", ["balances", "coverage"])
def test_the_page_has_a_picture_and_the_workbook_its_sheets(ask, desk, sold, bought, question):
    log, card = (
        (sold, ("--revenue", "prepaid.yaml")) if question == "balances" else (bought, ("--cost", "reserved.yaml"))
    )
    assert ask(question, log, *card, "--html", "out.html", "--xlsx", "out.xlsx").code == 0
    assert (desk / "out.html").read_text().count("<svg") == 1
    assert len(openpyxl.load_workbook(desk / "out.xlsx").sheetnames) > 1


def test_python_gives_the_same_numbers(ask, sold, bought):
    held = pt.balances(pt.statement(sold, revenue=["prepaid.yaml"], by=("month",)), ("pool",))
    assert held["revenue"].lines.values["liability"].sum() == 16
    made = pt.coverage(pt.statement(bought, cost=["reserved.yaml"], by=("month",)), "month")
    assert made.fold(()).values["cost_amount"].tolist() == [22]
    assert ask("coverage", bought, "--cost", "reserved.yaml", "--by", "month").code == 0


def test_floats_agree(ask, sold):
    exact = result(ask("balances", sold, "--revenue", "prepaid.yaml", "--format", "json"))["figures"]
    fast = result(ask("balances", sold, "--revenue", "prepaid.yaml", "--format", "json", "--fast"))["figures"]
    assert all(abs(Decimal(fast[n]["value"]) - Decimal(exact[n]["value"])) < Decimal("1e-9") for n in exact)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("balances", "tokens.csv", "--revenue", "plan.yaml"), "no pool on the cards given (metered)"),
        (("coverage", "tokens.csv", "--revenue", "prepaid.yaml"), "expected a card with `pools:` as --cost"),
        (("balances", "tokens.csv", "--revenue", "prepaid.yaml", "--by", "custmer"), "did you mean customer"),
        (("balances", "tokens.csv", "--revenue", "prepaid.yaml", "--by", "pool,day"), "pools are drawn by month"),
    ],
)
def test_what_can_not_be_told_is_refused(ask, sold, words, said):
    assert sold == "tokens.csv"
    answer = ask(*words)
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
