"""Two contracts of one customer on one card, with time between them."""

from datetime import date

import numpy as np
import pytest

from pertoken.core.errors import UnpricedUsage
from pertoken.core.keys import Key
from pertoken.core.lines import Ledger, Usage
from pertoken.rating.contract import Contract
from pertoken.rating.rate import amount, rate
from pertoken.rating.unpriced import outside_contracts
from pertoken.workbench.gaps import told_apart
from pertoken.workbench.histories import _left_out
from tests.made import card

FEE = """
card: pro
scope: [customer]
where: customer != "zoe"
prices:
  base: {curve: [{flat: 100}], during: {every: month, prorate: day}}
  tokens: {measure: {sum: total_tokens, window: month}, curve: [{rate: 0.01}]}
phases:
  - {during: {months: 1}, adjust: [{percent: -50, on: [base]}]}
  - {during: {}}
"""
ACME = {"customer": "acme"}
FIRST = Contract(card="pro", labels=ACME, start=date(2026, 1, 1), end=date(2026, 2, 1))
AGAIN = Contract(card="pro", labels=ACME, start=date(2026, 3, 1), end=date(2026, 9, 1))
OTHER = Contract(card="pro", labels={"customer": "ben"}, start=date(2026, 1, 1))


def used():
    days = [f"2026-{month:02}-10" for month in (1, 1, 2, 3, 3, 4, 4)]
    who = ["acme", "ben", "ben", "acme", "ben", "acme", "ben"]
    keys = {"customer": Key.of(who), "day": Key.of(days), "meter": Key.of(["input_tokens"] * 7)}
    return Usage(keys, {"quantity": np.full(7, 1_000.0)})


def billed(usage, cards, contracts):
    lines = amount(rate(usage, cards, exact=False, contracts=contracts).ledger, "effective")
    months = Ledger({**lines.keys, "month": lines.period("month")}, lines.values).fold(["customer", "month"])
    who, month = months.key("customer").column(), months.key("month").column()
    return {(a, b): c for a, b, c in zip(who, month, months.values["amount"].tolist(), strict=True)}


def test_each_contract_is_charged_for_its_own_time_and_begins_anew():
    paid = billed(*told_apart(used(), [card(FEE)], [AGAIN, OTHER, FIRST], "day"))
    assert {month[1]: money for month, money in paid.items() if month[0] == "acme"} == pytest.approx(
        {"2026-01": 60, "2026-03": 60, "2026-04": 110}  # half the fee in the first month of each; nothing in February
    )
    assert paid["ben", "2026-01"] == pytest.approx(60)
    assert [paid["ben", f"2026-0{month}"] for month in (2, 3, 4)] == pytest.approx([110] * 3)


def test_where_nobody_has_two_contracts_nothing_changes():
    usage, own = used(), [card(FEE)]
    made = told_apart(usage, own, [FIRST, OTHER], "day")
    assert made == (usage, tuple(own), (FIRST, OTHER))


def used_by_acme(*days):
    keys = {"customer": Key.constant("acme", len(days)), "day": Key.of(days)}
    return Usage({**keys, "meter": Key.constant("input_tokens", len(days))}, {"quantity": np.full(len(days), 1_000.0)})


def test_usage_in_a_gap_has_no_price_and_its_customer_and_days_are_named_with_the_mend():
    usage = used_by_acme("2026-01-10", "2026-02-04", "2026-02-17", "2026-03-10")
    with pytest.raises(UnpricedUsage) as refused:
        billed(*told_apart(usage, [card(FEE)], [AGAIN, OTHER, FIRST], "day"))
    said = str(refused.value)
    assert "no price for 2000 input_tokens" in said
    assert "acme used some of it from 2026-02-04 to 2026-02-17, outside of contracts: pro from 2026-01-01" in said
    assert "add one for the days between (it need not commit to anything)" in said
    assert "ben" not in said


def test_days_before_between_and_after_contracts_are_told_apart_and_overlapping_ones_leave_none_between():
    usage = used_by_acme("2025-12-30", "2025-12-31", "2026-02-04", "2026-09-01", "2026-03-01", "2026-01-01")
    found = [each.partition(", outside")[0].rpartition("it ")[2] for each in outside_contracts(usage, [AGAIN, FIRST])]
    days = ["2025-12-30 to 2025-12-31", "2026-02-04 to 2026-02-04", "2026-09-01 to 2026-09-01"]
    assert found == [f"from {each}" for each in days]
    addon = Contract(card="addon", labels=ACME, start=date(2025, 12, 31), end=date(2026, 4, 1))
    said = " ".join(outside_contracts(usage, [AGAIN, FIRST, addon]))
    assert "from 2025-12-30 to 2025-12-30" in said
    assert "2026-02-04" not in said
    forever = Contract(card="pro", labels=ACME)
    assert list(outside_contracts(usage, [AGAIN, FIRST, forever])) == []


def of_many(count):
    """Usage of the day after each one's contract, and of another who has none; the last uses nothing then."""
    who = [*(f"c{n:02}" for n in range(count)), "nobody"]
    keys = {"customer": Key.of(who), "day": Key.constant("2026-02-01", len(who))}
    quantity = np.append(np.full(count - 1, 1_000.0), [0, 1_000])
    contracts = [Contract(card="pro", labels={"customer": each}, start=FIRST.start, end=FIRST.end) for each in who[:-1]]
    usage = Usage({**keys, "meter": Key.constant("input_tokens", len(who))}, {"quantity": quantity})
    return usage, [*reversed(contracts), OTHER]


@pytest.mark.parametrize("shape", [(-1,), (2, -1)])
def test_each_who_used_it_outside_is_told_in_the_order_of_contracts(shape):
    usage, contracts = of_many(4)
    quantity = np.broadcast_to(usage.values["quantity"], (2, len(usage)))[: 2 if shape[0] == 2 else 1].reshape(shape)
    told = outside_contracts(Usage(usage.keys, {"quantity": quantity}), contracts)
    assert [each.partition(" ")[0] for each in told] == ["c02", "c01", "c00"]


@pytest.mark.parametrize(("count", "last"), [(9, "c00 used"), (12, "and 3 more")])
def test_of_many_outside_of_contracts_the_first_are_named_and_the_rest_counted(count, last):
    usage, contracts = of_many(count)
    rated = rate(usage, [card(FEE)], exact=False, contracts=contracts, unpriced="keep")
    (note,) = _left_out({"revenue": rated}, contracts)
    assert note.count("used some of it") == 8
    assert note.rpartition("; ")[2].startswith(last)
