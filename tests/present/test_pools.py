"""Balances and coverage laid out: what is said first, what is left out, what is drawn."""

from decimal import Decimal

from pertoken.books.answer import Books
from pertoken.books.balances import balances
from pertoken.books.coverage import coverage
from pertoken.books.statement import statement
from pertoken.present.balances import sheet as balances_sheet
from pertoken.present.coverage import sheet as coverage_sheet
from pertoken.present.sheet import Chart, Table
from pertoken.rating.rate import rate
from pertoken.usage.report import Report
from tests.made import card, usage

PREPAID = """
plan: prepaid
scope: [customer]
prices:
  tokens: {measure: {sum: input_tokens, window: month}, curve: [{rate: 2}]}
pools:
  - {id: bundle, unit: tokens, grant: 10, every: month, price: 5, eligible: [tokens], unused: forfeit}
  - {id: topup, unit: money, grant: 90, price: 90, eligible: [tokens], unused: forfeit}
"""
OWED = """
plan: owed
scope: [customer]
prices:
  tokens: {measure: {sum: input_tokens, window: month}, curve: [{rate: 2}]}
pools:
  - {id: commit, unit: money, grant: 120, term: {from: 2026-01-01, to: 2027-01-01}, pay: [{every: month, amount: 10}],
     eligible: [tokens], unused: true_up}
"""
MACHINES = """
card: machines
prices:
  hours: {measure: {sum: gpu_hours, where: kind == "gpu", window: hour}, curve: [{rate: 3}]}
  cpus: {measure: {sum: gpu_hours, where: kind == "cpu", window: hour}, curve: [{rate: 1}]}
pools:
  - {id: reserved, unit: gpu_hours, grant: 4, every: hour, term: {from: 2026-01-01, to: 2027-01-01}, inside: {rate: 2},
     eligible: [hours], unused: forfeit}
  - {id: savings, unit: money, grant: 1, every: hour, price: 1, term: {from: 2026-01-01, to: 2027-01-01},
     inside: {times: 0.5}, eligible: [cpus], unused: forfeit}
"""


def books(used, plan, side="revenue"):
    rated = rate(used, plan)
    whole = statement(used, {side: rated.ledger}, ("month",))
    none = {side: rated.unpriced}
    return Books(
        used,
        Report(source="log.csv", rows=2),
        {side: (plan,)},
        {side: rated.ledger},
        none,
        whole,
        ("month",),
        {side: rated},
    )


def prepaid(*quantities, plan=PREPAID):
    rows = [("a", f"2026-{i + 1:02}", "input_tokens", q) for i, q in enumerate(quantities)]
    return books(usage("customer month meter", *rows), card(plan))


def laid_out(made, by=("pool", "month"), **more):
    return balances_sheet(made, {"revenue": balances(made.rated["revenue"], by)}, **more)


def table(sheet, name):
    return next(each for each in sheet.of(Table) if each.name == name)


def test_the_liability_and_what_lapsed_are_said_first():
    """10 tokens for 5 a month: 4 used, 6 lapse (3.00); the top-up of 90 is untouched."""
    made = laid_out(prepaid(4))
    assert made.subtitle == (
        "90.00 USD that customers have paid is not yet used at the end of 2026-01-31; "
        "3.00 lapsed unused (60.0 % of what has run its course)."
    )


def test_what_is_used_before_it_is_paid_is_said_so():
    """40 of money drawn and 10 paid."""
    made = laid_out(prepaid(20, plan=OWED))
    assert made.subtitle.startswith("30.00 USD is used and not yet paid at the end of 2026-01-31")
    owed = {figure.name: figure.value for figure in made.figures}["owed"]
    assert owed == 110  # 120 - 10


def test_totals_of_what_is_left_are_not_added_up_over_months():
    made = table(laid_out(prepaid(4, 10)), "liability")
    totals = {column.name: column.total for column in made.columns}
    assert (totals["paid_amount"], totals["liability"]) == ("sum", None)
    whole = table(laid_out(prepaid(4, 10), ("pool",)), "liability")
    assert {column.name: column.total for column in whole.columns}["liability"] == "sum"


def test_the_last_lines_are_shown_where_there_are_many():
    made = table(laid_out(prepaid(4, 10, 10), top=2), "liability")
    assert [row[:2] for row in made.rows] == [("bundle", "2026-03"), ("topup", "2026-03")]
    assert made.note == "The last 2 of 6 lines; --format csv and --xlsx have all."


def test_the_liability_is_drawn_by_pool_and_month():
    (chart,) = laid_out(prepaid(4, 10)).of(Chart)
    (drawn,) = chart.spec["datasets"].values()
    assert {(row["category"], row["series"], row["value"]) for row in drawn} == {
        ("2026-01", "bundle", 0), ("2026-01", "topup", 90), ("2026-02", "bundle", 0), ("2026-02", "topup", 90),
    }  # fmt: skip


def machines():
    rows = [
        ("gpu", "2026-01-05T10", 6),
        ("gpu", "2026-01-05T11", 1),
        ("cpu", "2026-01-05T10", 2),
        ("cpu", "2026-01-05T11", 5),
    ]
    used = usage("kind hour meter", *((kind, hour, "gpu_hours", q) for kind, hour, q in rows))
    return books(used, card(MACHINES), "cost")


def test_commitments_of_several_units_have_no_common_share():
    made = coverage_sheet(machines(), coverage(machines().rated["cost"], "hour"))
    assert "utilisation_share" not in {figure.name for figure in made.figures}
    assert {(r[0], r[1]) for r in table(made, "commitments").rows} == {("reserved", "gpu_hours"), ("savings", "money")}


def test_what_was_saved_and_lost_is_said_first():
    """Reserved 16 + 2 x 3 against 21; the plan 2 and 3 on demand against 7: 2 x 0.5 used, then 2 of 5 x 0.5."""
    made = coverage_sheet(machines(), coverage(machines().rated["cost"], "hour"))
    assert made.subtitle == "6.00 USD went unused; 1.00 USD saved against all on demand."
    assert {figure.name: figure.value for figure in made.figures}["cost"] == Decimal(27)


def test_each_commitment_is_drawn_in_its_unit_and_plans_of_money_in_money():
    made = coverage_sheet(machines(), coverage(machines().rated["cost"], "hour"))
    reserved, savings = made.of(Chart)
    assert "in gpu_hours: 5 used, 3 unused, 2 on demand" in reserved.alt
    assert "in USD: 2.00 used, 0.00 unused, 3.00 on demand" in savings.alt


def test_people_see_the_summary_and_the_last_periods():
    made = coverage_sheet(machines(), coverage(machines().rated["cost"], "hour"), top=2)
    assert [each.name for each in made.of(Table)] == ["commitments", "costs", "coverage"]
    assert {row[2] for row in table(made, "coverage").rows} == {"2026-01-05T11"}
