"""The statement against a profit and loss worked out by hand; ratios are taken last."""

from decimal import Decimal

import numpy as np
import pytest

from pertoken.books.statement import by_margin, statement, unit_economics
from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Ledger, Lines, Usage, concat, table
from pertoken.rating.rate import rate
from tests.made import card, drawn, usage

D = Decimal
USED = usage(
    "customer month meter",
    ("acme", "2026-01", "input_tokens", 600_000),
    ("acme", "2026-01", "output_tokens", 400_000),
    ("acme", "2026-01", "requests", 100),
    ("acme", "2026-04", "input_tokens", 500_000),
    ("acme", "2026-04", "requests", 50),
    ("bolt", "2026-01", "output_tokens", 2_500_000),
    ("bolt", "2026-01", "requests", 50),
)


def ledger(account, *rows):
    made = table(["customer", "month", "meter", "stage"], ["quantity", "amount"], rows)
    return Ledger(made.with_keys(account=account, card="c", charge="t").keys, made.values)


COST = ledger(
    "cost",
    ("acme", "2026-01", "input_tokens", "list", 0, D("6.004")),
    ("acme", "2026-01", "output_tokens", "list", 0, D(8)),
    ("acme", "2026-01", "output_tokens", "discount", 0, D(-2)),
    ("acme", "2026-01", "", "rounding", 0, D("-0.004")),
    ("acme", "2026-04", "input_tokens", "list", 0, D(5)),
    ("bolt", "2026-01", "output_tokens", "list", 0, D(50)),
)
REVENUE = ledger(
    "revenue",
    ("acme", "2026-01", "", "list", 0, D(30)),
    ("acme", "2026-04", "", "list", 0, D(10)),
    ("bolt", "2026-01", "", "list", 0, D(20)),
    ("bolt", "2026-01", "", "minimum", 0, D(15)),
)
BOTH = {"revenue": REVENUE, "cost": COST}


def test_a_profit_and_loss_by_customer():
    """acme: 30 + 10 less 6.004 + 8 - 2 - 0.004 + 5 = 17; bolt: 20 + 15 less 50."""
    made = statement(USED, BOTH, ["customer"])
    assert made.lines.records() == [
        {
            "customer": "acme",
            "requests": 150,
            "tokens": 1_500_000,
            "revenue": 40,
            "cost": 17,
            "other": D("-0.004"),
            "input_tokens": D("11.004"),
            "output_tokens": 6,
        },
        {
            "customer": "bolt",
            "requests": 50,
            "tokens": 2_500_000,
            "revenue": 35,
            "cost": 50,
            "other": 0,
            "input_tokens": 0,
            "output_tokens": 50,
        },
    ]
    assert made.margin.tolist() == [23, -15]
    assert made.cost_meters == ("output_tokens", "input_tokens", "other")


@pytest.mark.parametrize(
    ("kind", "revenue", "cost"),
    [
        ("list", 60, D("69.004")),
        ("contracted", 75, 67),
        ("effective", 75, 67),
        ("billed", 75, 67),
    ],
)
def test_each_of_the_four_amounts_holds_its_stages(kind, revenue, cost):
    made = statement(USED, BOTH, ["customer"], kind=kind)
    assert (made.total("revenue"), made.total("cost")) == (revenue, cost)


def test_an_unknown_amount_is_refused():
    with pytest.raises(InputError, match="no amount 'billd'; did you mean billed"):
        statement(USED, BOTH, ["customer"], kind="billd")


def test_cost_meters_add_up_to_the_cost():
    made = statement(USED, BOTH, ["customer", "month"])
    assert sum(made.total(m) for m in made.cost_meters) == made.total("cost") == 67


def test_periods_may_be_coarser_than_those_of_the_usage():
    made = statement(USED, BOTH, ["quarter"])
    rows = [(r["quarter"], r["requests"], r["revenue"], r["cost"]) for r in made.lines.records()]
    assert rows == [("2026-Q1", 150, 65, 62), ("2026-Q2", 50, 10, 5)]


def test_lines_of_days_and_their_rounding_by_month_meet_in_the_month():
    terms = card("""
        card: v
        rounding: 2
        prices:
          t:
            measure: {sum: input_tokens, window: day}
            curve: {mode: all, tiers: [{up_to: 9, rate: 1}, {rate: 0.0015}]}
    """)
    made = usage("meter day", ("input_tokens", "2026-01-05", 1003), ("input_tokens", "2026-02-07", 2003))
    folded = statement(made, {"cost": rate(made, terms).ledger}, ["month"])
    assert [(r["month"], r["cost"]) for r in folded.lines.records()] == [("2026-01", D("1.50")), ("2026-02", D("3.00"))]


def test_a_statement_of_a_statement_is_the_statement():
    whole = statement(USED, BOTH, ["customer", "month"])
    once = statement(USED, BOTH, ["month"])
    assert whole.fold(["month"]).lines.records() == once.lines.records()


def test_a_key_that_the_usage_lacks_is_refused():
    with pytest.raises(InputError, match="no key 'custmer' here; did you mean customer"):
        statement(USED, BOTH, ["custmer"])


def test_a_customer_without_any_money_still_stands_in_the_statement():
    some = {"cost": COST.where(customer="acme")}
    made = statement(USED, some, ["customer"])
    assert [(r["customer"], r["cost"]) for r in made.lines.records()] == [("acme", 17), ("bolt", 0)]


def test_unit_economics_divide_totals_and_not_means_of_ratios():
    """200 requests, 4M tokens, 2 customers; the mean of 40 / 150 and 35 / 50 would be 0.4833 a request, not 0.375."""
    units = {one.name: one for one in unit_economics(statement(USED, BOTH, ["customer", "month"]))}
    assert {name: one.count for name, one in units.items()} == {"request": 200, "1M tokens": 4, "customer": 2}
    assert units["request"].revenue == D(75) / 200 == D("0.375")
    assert units["request"].cost == D(67) / 200
    assert units["1M tokens"].margin == D(75 - 67) / 4 == 2
    assert units["customer"].margin == D(75 - 67) / 2


def test_unit_economics_of_one_side_have_no_margin_and_of_no_customers_no_customer():
    units = unit_economics(statement(USED, {"cost": COST}, ["month"]))
    assert [(one.name, one.revenue, one.margin) for one in units] == [
        ("request", None, None),
        ("1M tokens", None, None),
    ]


def test_what_there_is_none_of_is_not_divided_by():
    tokens_only = USED.pick(USED.keys["meter"].column() != "requests")
    assert [one.name for one in unit_economics(statement(tokens_only, {"cost": COST}, ["month"]))] == ["1M tokens"]


def test_unit_economics_of_worlds_divide_world_by_world():
    """Worlds of 2M, 4M and no tokens, of 10, 30 and 5 USD of revenue: 5, 7.5 and nothing for one million."""
    used = Usage(
        {"meter": Key.constant("input_tokens", 1), "month": Key.constant("2026-09", 1)},
        {"quantity": np.array([[2e6], [4e6], [0.0]])},
    )
    sides = {
        side: Ledger(
            {"account": Key.constant(side, 1), "stage": Key.constant("list", 1), "month": Key.constant("2026-09", 1)},
            {"quantity": np.zeros((3, 1)), "amount": np.array(money)[:, None]},
        )
        for side, money in {"revenue": [10.0, 30.0, 5.0], "cost": [4.0, 4.0, 4.0]}.items()
    }
    (one,) = unit_economics(statement(used, sides, ["month"]))
    assert one.name == "1M tokens"
    assert one.count.tolist() == [2, 4, 0]
    np.testing.assert_array_equal(one.revenue, [5, 7.5, np.nan])
    np.testing.assert_array_equal(one.margin, [3, 6.5, np.nan])


def test_the_worst_margin_comes_first():
    worst = by_margin(statement(USED, BOTH, ["customer", "month"]))
    assert [(r["customer"], m) for r, m in zip(worst.lines.records(), worst.margin, strict=True)] == [
        ("bolt", -15),
        ("acme", 23),
    ]


def test_margins_need_both_sides():
    with pytest.raises(InputError, match="margins need revenue and cost"):
        by_margin(statement(USED, {"cost": COST}, ["customer"]))


def test_money_for_requests_is_not_added_to_the_count_of_them():
    terms = card("card: v\nprices: {calls: {measure: {sum: requests}, curve: [{rate: 0.01}]}}")
    made = usage("month meter", ("2026-01", "requests", 1000))
    (row,) = statement(made, {"cost": rate(made, terms).ledger}, ["month"]).lines.records()
    assert row == {"month": "2026-01", "requests": 1000, "tokens": 0, "cost": 10, "request_fees": 10}


def test_what_was_wholly_shared_out_leaves_no_empty_line_behind():
    back = ledger("cost", ("", "2026-01", "", "list", 0, D(9)), ("", "2026-01", "", "list", 0, D(-9)))
    given = ledger("cost", ("acme", "2026-01", "", "list", 0, D(9)))
    made = statement(USED, {"cost": concat(Ledger, [back, given])}, ["customer"])
    assert made.lines.keys["customer"].column().tolist() == ["acme", "bolt"]
    kept = statement(USED, {"cost": concat(Ledger, [back.pick(np.array([0])), given])}, ["customer"])
    assert kept.lines.fold(["customer"]).keys["customer"].column().tolist() == ["", "acme", "bolt"]


def test_worlds_go_through_to_the_totals():
    terms = card("card: v\nprices: {t: {measure: {sum: total_tokens}, curve: [{rate: 0.5}]}}")
    rows = USED.pick(USED.keys["meter"].column() != "requests")
    worlds = drawn(rows, np.arange(3 * len(rows)).reshape(3, len(rows)) * 1.0)
    made = statement(worlds, {"cost": rate(worlds, terms, exact=False).ledger}, ["customer"])
    assert isinstance(made.lines, Lines)
    assert made.total("cost").tolist() == (worlds.values["quantity"].sum(axis=-1) / 2).tolist()
