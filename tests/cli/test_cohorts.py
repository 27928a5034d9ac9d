"""`pertoken cohorts`: forms, files, what is said, and what is refused."""

import csv
import io
from datetime import date

import numpy as np
import openpyxl
import pytest

import pertoken as pt
from tests.desk import result, write

PLANS = """\
currency: USD
plans:
  free: {where: plan == "free", prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 0}]}}}
  pro:
    where: plan == "pro"
    prices: {base: {curve: [{flat: 31}]}, tokens: {measure: {sum: total_tokens}, curve: [{rate: 0.01}]}}
"""
VENDOR = "card: vendor\nprices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 0.004}]}}\n"
FIRST, DAYS = np.datetime64("2026-01-01"), 184


def rows(days=DAYS, big=0):
    """Seven customers of pro, three of free of whom one pays from April on; one of pro stops at the end of March."""
    for day in range(days):
        for i in range(10):
            plan = "free" if i in (7, 8) or (i == 9 and day < 90) else "pro"
            if not (i == 6 and day >= 90) and (day + i) % 2 == 0:
                tokens = 1_000 + 10 * i + (big if i == 0 else 0)
                yield {"day": str(FIRST + day), "customer": f"c{i}", "plan": plan, "input_tokens": tokens}


@pytest.fixture
def log(desk):
    (desk / "plans.yaml").write_text(PLANS)
    (desk / "cost.yaml").write_text(VENDOR)
    return write("log.csv", list(rows()))


def figures(said):
    return {name: each["value"] for name, each in said["figures"].items()}


def test_a_log_is_followed_by_plan_with_margins_and_what_a_customer_costs_to_win(ask, log):
    words = ("--revenue", "plans.yaml", "--cost", "cost.yaml", "--by", "plan", "--state", "plan", "--cac", "100")
    said = result(ask("cohorts", log, *words, "--draws", "200", "--format", "json"))
    tables = {name: each["rows"] for name, each in said["tables"].items()}
    assert [(row["cohort"], row["customers"]) for row in tables["kept"]] == [("pro", "8")]
    shown = figures(said)
    assert float(shown["margin_share"]) > 0.6  # 0.004 of 0.01 on use, nothing on the fee
    assert shown["converted"] == "1"  # of three who began on free
    assert float(shown["nrr_contract"]) < 1  # one of seven left, and nobody grew
    whole = tables["lifetime"][0]
    assert float(whole["ltv_cac"]) == pytest.approx(float(whole["average_p50"]) / 100)
    for row in tables["movements"]:
        parts = {name: float(row[name]) for name in row if name != "window"}
        gained = parts["new"] + parts["expansion"] + parts["reactivation"]
        assert parts["start"] + gained - parts["contraction"] - parts["churn"] == pytest.approx(parts["end"])


def test_the_money_that_is_followed_is_that_of_the_statement(log):
    """Over whole months, of customers who were there all the time, nothing is lost between the two."""
    books = pt.statement(log, revenue=["plans.yaml"], by=("customer",), start=date(2026, 1, 1),
                         end=date(2026, 7, 1))  # fmt: skip
    made = pt.cohorts(log, revenue=["plans.yaml"], window=181, end=date(2026, 7, 1), draws=100)
    billed = {row["customer"]: float(row["revenue"]) for row in books.statement.lines.records()}
    for name, paid in zip(made.report.customers, made.report.windows.value[:, 0], strict=True):
        if name in {"c0", "c2", "c4"}:  # c1, c3 and c5 came on the second day, whose fee counts from then on
            assert paid == pytest.approx(billed[name])
        elif name in {"c1", "c3", "c5"}:
            assert paid == pytest.approx(billed[name] - 1)


def test_without_a_card_all_is_told_in_usage(ask, log):
    said = result(ask("cohorts", log, "--format", "json", "--draws", "200"))
    assert "used" in said["tables"]["customers"]["rows"][0]
    assert "committed_share" not in figures(said)
    assert said["tables"]["movements"]["title"] == "What moved usage"


def test_use_of_one_customer_that_is_most_of_all_is_named(ask):
    heavy = write("heavy.csv", list(rows(84, big=90_000)))
    answer = ask("cohorts", heavy, "--draws", "200")
    assert answer.code == 0
    assert "Warning: One customer, c0, is 90.6 % of the last window" in answer.out


def test_a_terminal_of_80_columns_is_enough(ask, log):
    answer = ask("cohorts", log, "--revenue", "plans.yaml", "--cac", "100", "--draws", "200")
    assert answer.code == 0
    assert max(map(len, answer.out.splitlines())) <= 80
    assert "Net retention" in answer.out


def test_all_cohorts_and_ages_stand_in_the_csv_and_the_workbook(ask, log, desk):
    answer = ask(
        "cohorts", log, "--window", "7", "--format", "csv", "--xlsx", "out.xlsx", "--html", "out.html", "--draws", "100"
    )
    (row,) = csv.DictReader(io.StringIO(answer.out))
    assert row["cohort"] == "2026-01"
    assert "age_25" in row  # 184 days are 26 weeks
    book = openpyxl.load_workbook("out.xlsx")
    assert len(book.sheetnames) > 3
    page = (desk / "out.html").read_text()
    assert page.count("<svg") == 2


def test_a_partial_last_day_is_left_out_and_said(ask):
    several = [{"timestamp": f"{FIRST + day}T10:00:00Z", "customer": "a", "input_tokens": 5} for day in range(29)]
    answer = ask("cohorts", write("times.csv", several), "--draws", "100")
    assert "2026-01-29, only partly in the log, is left out" in " ".join(answer.out.split())


def test_who_believes_in_more_churn_expects_less_of_a_customer(ask):
    short = write("short.csv", list(rows(40)))
    told = [ask("cohorts", short, "--churn", churn, "--draws", "200", "--format", "json") for churn in ("1%", "30%")]
    patient, wary = (float(result(each)["tables"]["lifetime"]["rows"][0]["average_p50"]) for each in told)
    assert wary < 0.8 * patient


def test_selling_is_told_by_quarter(ask, log, desk):
    (desk / "spend.csv").write_text("month,amount\n" + "".join(f"2026-0{m},100\n" for m in range(1, 4)))
    said = result(
        ask("cohorts", log, "--revenue", "plans.yaml", "--marketing", "spend.csv", "--draws", "100", "--format", "json")
    )
    (row,) = said["tables"]["selling"]["rows"]
    before, now = float(row["before"]), float(row["now"])
    assert (row["quarter"], float(row["spent"])) == ("2026-Q1", 300)
    assert float(row["magic_number"]) == pytest.approx(4 * (now - before) / 300)


def test_months_are_windows_where_a_log_knows_only_months(ask):
    monthly = [{"month": f"2026-0{m}", "customer": c, "input_tokens": 31} for m in (1, 3, 5, 7) for c in "ab"]
    assert "--window month" in ask("cohorts", write("m.csv", monthly)).err
    said = result(ask("cohorts", write("m.csv", monthly), "--window", "month", "--draws", "100", "--format", "json"))
    assert len(said["tables"]["movements"]["rows"]) == 6  # February, April and June are silent, not missing


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--by", "country"), "no key 'country'"),
        (("--window", "500"), "less than one window of 500"),
        (("--window", "x"), "expected days"),
        (("--churn", "100%"), "less than all"),
        (("--cac", "-3"), "expected a number above 0"),
        (("--cac", "none.csv"), "cohort, cac"),
        (("--marketing", "none.csv"), "month, amount"),
        (("--state", "plan", "--window", "month", "--revenue", "plans.yaml"), "c1 has plan 'free' and plan 'pro' on"),
        (("--revenue", "euro.yaml", "--cost", "cost.yaml"), "EUR"),
    ],
)
@pytest.mark.usefixtures("log")
def test_what_can_not_be_followed_is_refused_with_a_mend(ask, desk, words, said):
    (desk / "euro.yaml").write_text(
        "plan: euro\ncurrency: EUR\nprices: {t: {measure: {sum: total_tokens}, curve: [{rate: 1}]}}\n"
    )
    days = ("2026-04-15", "2026-05-01") if "--state" in words else ()
    extra = [{"day": day, "customer": "c1", "plan": "free", "input_tokens": 1} for day in days]
    answer = ask("cohorts", write("log.csv", [*rows(), *extra]), *words)
    assert answer.code == 2
    assert said in answer.err


def test_spending_without_revenue_is_refused(ask, log, desk):
    (desk / "spend.csv").write_text("month,amount\n2026-01,5\n")
    answer = ask("cohorts", log, "--marketing", "spend.csv")
    assert answer.code == 2
    assert "--revenue" in answer.err


def test_usage_without_a_price_is_refused_or_set_aside(ask, desk):
    (desk / "plans.yaml").write_text(PLANS)
    odd = write("odd.csv", [*rows(60), {"day": "2026-01-03", "customer": "c1", "plan": "gold", "input_tokens": 7}])
    assert ask("cohorts", odd, "--revenue", "plans.yaml").code == 1
    answer = ask("cohorts", odd, "--revenue", "plans.yaml", "--unpriced", "report", "--draws", "100")
    assert answer.code == 0
    assert "no price on the revenue cards" in " ".join(answer.out.lower().split())


def test_a_sheet_is_made_from_python_too(log):
    made = pt.cohorts(log, revenue=["plans.yaml"], cac={"": 50.0}, draws=100)
    assert "Net retention" in str(pt.sheet(made, top=3))
