"""Covered usage in a FOCUS file, from a rated log to its rows: each row is worked by hand from the card."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.connect.cards import read_cards
from pertoken.connect.focus import export, write
from pertoken.connect.focus_check import check
from pertoken.connect.focus_columns import COSTS
from pertoken.connect.focus_ledger import ledger_of
from pertoken.rating.rate import AMOUNTS, rate
from tests.connect.test_focus import folds, one, records, sums
from tests.made import card, usage

D = Decimal
CONTRACTS = Path(__file__).resolve().parents[2] / "examples" / "contracts"

HOURS = usage(
    "hour tolerates_preemption meter",
    ("2026-01-05T10", "false", "gpu_hours", 80),
    ("2026-01-05T10", "true", "gpu_hours", 10),
    ("2026-01-05T11", "false", "gpu_hours", 40),
)


def example(name):
    (made,) = read_cards(CONTRACTS / name)
    return made


def exported(used, terms, *by):
    """The file of what some usage cost, by some keys; its four costs are those of the ledger."""
    rated = rate(used, terms)
    data = export(ledger_of(rated.parts, (terms,), by), terms)
    assert sums(data) == folds(rated.ledger)
    return data


def costs(row):
    """List, contracted, effective and billed cost."""
    return tuple(D(row[COSTS[kind]]) for kind in AMOUNTS)


def standard(data, **said):
    """The row of usage on demand."""
    return one(data, ChargeCategory="Usage", PricingCategory="Standard", **said)


TEN, ELEVEN = "2026-01-05T10:00:00Z", "2026-01-05T11:00:00Z"


def test_the_reserved_hours_stand_apart_from_the_burst():
    """64 × 3.50 = 224 at list, 64 × 2.20 = 140.80 at their cost; 16 × 3.50 = 56 on demand; 10 × 1.60 = 16 on spot."""
    data = exported(HOURS, example("gpus.yaml"), "hour")
    used = one(data, ChargePeriodStart=TEN, CommitmentDiscountStatus="Used")
    assert costs(used) == (224, 224, D("140.80"), 0)
    assert (used["PricingCategory"], used["CommitmentDiscountId"]) == ("Committed", "gpu-h100/reserved")
    assert [D(used[f"{kind}Quantity"]) for kind in ("Pricing", "Consumed", "CommitmentDiscount")] == [64, 64, 64]
    assert [D(used["ListUnitPrice"]), D(used["ContractedUnitPrice"])] == [D("3.5"), D("3.5")]
    burst = standard(data, x_Charge="on_demand")
    assert [costs(burst), D(burst["PricingQuantity"])] == [(56, 56, 56, 56), 16]
    spot = standard(data, x_Charge="spot")
    assert [costs(spot), D(spot["PricingQuantity"]), spot["x_ToleratesPreemption"]] == [(16, 16, 16, 16), 10, "true"]


def test_idle_hours_are_unused_and_the_payment_is_a_purchase():
    """40 of 64 are used: 40 × 2.20 = 88, 24 × 2.20 = 52.80 idle.

    Paid in January: half of the year's 8,760 × 64 × 2.20 upfront, and half of January's 744 hours: 616,704 + 52,377.60.
    """
    data = exported(HOURS, example("gpus.yaml"), "hour")
    used = one(data, ChargePeriodStart=ELEVEN, CommitmentDiscountStatus="Used")
    assert costs(used) == (140, 140, 88, 0)
    idle = one(data, CommitmentDiscountStatus="Unused")
    assert [idle["ChargePeriodStart"], costs(idle), D(idle["PricingQuantity"])] == [ELEVEN, (0, 0, D("52.80"), 0), 24]
    bought = one(data, ChargeCategory="Purchase")
    assert costs(bought) == (0, 0, 0, 616_704 + D("52377.60"))
    assert bought["ChargePeriodEnd"] == "2026-02-01T00:00:00Z"
    assert len(data.rows) == 6


def test_hours_fold_to_the_month_that_is_asked_for():
    """104 of 120 hours are covered: 364 at list, 140.80 + 88 = 228.80 at their cost."""
    data = exported(HOURS, example("gpus.yaml"), "month")
    used = one(data, CommitmentDiscountStatus="Used")
    assert [costs(used), D(used["PricingQuantity"])] == [(364, 364, D("228.80"), 0), 104]
    assert used["ChargePeriodStart"] == "2026-01-01T00:00:00Z"


def test_a_part_of_the_term_is_no_fault(tmp_path):
    write(exported(HOURS, example("gpus.yaml"), "hour"), tmp_path / "hours.csv")
    assert check(tmp_path / "hours.csv").faults == ()


DISCOUNTED = """
    card: gpus
    prices: {gpu: {measure: {sum: gpu_hours, window: hour}, curve: [{rate: 3.50}]}}
    adjust: [{percent: -10}]
    order: [discount]
    pools:
      - {id: reserved, priority: 1, unit: gpu_hours, grant: 64, every: hour, price: 140.80, eligible: [gpu],
         unused: forfeit}
      - {id: extra, priority: 2, unit: gpu_hours, grant: 4, every: hour, price: 9, eligible: [gpu], unused: forfeit}
"""


def test_a_discount_is_in_the_contracted_cost_of_both_sides():
    """80 hours at 3.50 less 10 %: 64 are 224 and 201.60, 4 are 14 and 12.60, 12 are 42 and 37.80."""
    used = usage("hour meter", ("2026-01-05T10", "gpu_hours", 80))
    data = exported(used, card(DISCOUNTED), "hour")
    covered = {row["CommitmentDiscountName"]: row for row in records(data) if row["CommitmentDiscountStatus"] == "Used"}
    assert costs(covered["reserved"]) == (224, D("201.6"), D("140.8"), 0)
    assert costs(covered["extra"]) == (14, D("12.6"), 9, 0)
    assert [D(covered[name]["PricingQuantity"]) for name in ("reserved", "extra")] == [64, 4]
    assert costs(standard(data)) == (42, D("37.8"), D("37.8"), D("37.8"))
    assert len(data.rows) == 5


SAVINGS = card("""
    card: plan
    prices:
      h100: {measure: {sum: gpu_hours, where: gpu == "h100", window: hour}, curve: [{rate: 3.50}]}
      a100: {measure: {sum: gpu_hours, where: gpu == "a100", window: hour}, curve: [{rate: 2.00}]}
    pools:
      - {id: hourly, unit: money, grant: 35, every: hour, price: 35, inside: {times: 0.7},
         eligible: [h100, a100], unused: forfeit}
    order: [credit]
""")


def test_a_spend_commitment_by_the_hour_covers_several_meters():
    """35 at 0.7 cover 50 of list price: 10 H100 are 35 of it, 24.50 of the plan; 7.50 A100 are 15, 10.50 of the plan.

    Of 20 A100, 40 at list, 25 stay: 12.5 hours on demand.
    """
    used = usage(
        "hour gpu meter", ("2026-01-05T10", "h100", "gpu_hours", 10), ("2026-01-05T10", "a100", "gpu_hours", 20)
    )
    data = exported(used, SAVINGS, "hour")
    big = one(data, CommitmentDiscountStatus="Used", x_Gpu="h100")
    small = one(data, CommitmentDiscountStatus="Used", x_Gpu="a100")
    assert [costs(big), D(big["PricingQuantity"])] == [(35, 35, D("24.5"), 0), 10]
    assert [costs(small), D(small["PricingQuantity"])] == [(15, 15, D("10.5"), 0), D("7.5")]
    assert (small["CommitmentDiscountCategory"], small["CommitmentDiscountUnit"]) == ("Spend", "USD")
    assert D(small["CommitmentDiscountQuantity"]) == D("10.5")
    assert [costs(standard(data)), standard(data)["x_Gpu"]] == [(25, 25, 25, 25), "a100"]


def test_a_commitment_of_money_covers_each_price_by_its_money():
    """300,000 at list price, and a batch of 600,000 at half of it: the annual million covers 300,000 of each."""
    used = usage(
        "model batch prompt_tokens_above meter month",
        ("a", "false", "0", "input_tokens", "2026-01", 100_000_000_000),
        ("a", "true", "0", "input_tokens", "2026-01", 200_000_000_000),
    )
    data = exported(used, example("vendor.yaml"), "month")
    plain = one(data, CommitmentDiscountStatus="Used", x_Batch="false")
    batch = one(data, CommitmentDiscountStatus="Used", x_Batch="true")
    assert costs(plain) == (300_000, 300_000, 300_000, 0)
    assert costs(batch) == (600_000, 300_000, 300_000, 0)


def test_a_bundle_that_is_sold_covers_its_share_of_each_meter():
    """75 million are used and 50 covered, at 1 a million: of 30 of input 20, of 45 of output 30; 1.50 at list price."""
    used = usage(
        "customer model meter month",
        ("acme", "m", "input_tokens", "2026-01", 30_000_000),
        ("acme", "m", "output_tokens", "2026-01", 45_000_000),
    )
    data = exported(used, example("hybrid.yaml"), "month", "customer", "model")
    inputs = one(data, CommitmentDiscountStatus="Used", SkuMeter="Input Tokens")
    outputs = one(data, CommitmentDiscountStatus="Used", SkuMeter="Output Tokens")
    assert [costs(inputs), D(inputs["PricingQuantity"])] == [(30, 30, 20, 0), 20_000_000]
    assert [costs(outputs), D(outputs["PricingQuantity"])] == [(45, 45, 30, 0), 30_000_000]
    assert costs(standard(data, SkuMeter="Output Tokens")) == (D("22.5"),) * 4
    assert inputs["CommitmentDiscountId"] == "hybrid/bundle/acme"
    fee = one(data, ChargeCategory="Purchase", x_Charge="platform")
    assert costs(fee) == (300, 150, 150, 150)


STEPS = {
    "none": ("", "[credit]"),
    "percent": ("adjust: [{percent: -7}]", "[discount, credit]"),
    "minimum": ("clamp: {min: 40}", "[minimum, credit]"),
    "late": ("adjust: [{percent: -7}]", "[credit, discount]"),
}
UNPAID = {"none": "[]", "percent": "[discount]", "minimum": "[minimum]", "late": "[discount]"}
POOLS = {
    "units": "{id: p, unit: gpu_hours, grant: 7, every: hour, price: 11, eligible: [gpu], unused: forfeit}",
    "money": "{id: p, unit: money, grant: 17, every: day, price: 15, eligible: [gpu], unused: forfeit}",
}
hours = st.tuples(st.sampled_from(["2026-01-05T10", "2026-01-05T11", "2026-01-06T10"]), st.sampled_from(["eu", "us"]))


@given(
    st.dictionaries(hours, st.integers(1, 30), min_size=1, max_size=6),
    st.sampled_from(list(STEPS)),
    st.sampled_from(list(POOLS)),
    st.sampled_from([("hour",), ("day", "region"), ("month", "region")]),
)
@settings(max_examples=40)
def test_every_row_of_covered_usage_is_free_and_no_sum_moves(drawn, steps, pool, by):
    said, order = STEPS[steps]
    terms = card(f"""
    card: gpus
    prices: {{gpu: {{measure: {{sum: gpu_hours, window: hour}}, curve: [{{rate: 3.33}}]}}}}
    pools: [{POOLS[pool]}]
    order: {order if pool == "money" else UNPAID[steps]}
    {said}
    """)
    rows = [(hour, region, "gpu_hours", count) for (hour, region), count in drawn.items()]
    data = exported(usage("hour region meter", *rows), terms, *by)
    covered = [row for row in records(data) if row["CommitmentDiscountStatus"] == "Used"]
    assert all(D(row["BilledCost"]) == 0 and D(row["ListCost"]) > 0 for row in covered)
    quantities = [D(row["ConsumedQuantity"]) for row in records(data) if row["ConsumedQuantity"]]
    assert sum(quantities) == pytest.approx(sum(drawn.values()))
    assert not [row for row in records(data) if row["ChargeCategory"] == "Credit"]
