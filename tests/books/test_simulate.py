"""One history under two plans: worked by hand, and against a second reckoning in plain decimals."""

from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.books.outcome import SHARES, histogram, quantiles, spreads, verdict
from pertoken.books.simulate import margin, share, simulate
from pertoken.core.errors import CardError, InputError, UnpricedUsage
from tests.made import card, drawn, usage

D = Decimal
OLD = card("""
plan: metered
prices:
  tokens: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 2}]}
""")
NEW = card("""
plan: hybrid
prices:
  platform: {curve: [{flat: 30}]}
  tokens: {measure: {sum: total_tokens}, convert: {per: 10_000, round: up, free: 1, free_first: false},
           curve: [{rate: 15}]}
""")
VENDOR = card("""
card: vendor
prices:
  tokens: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 1.30}]}
""")
USED = usage(
    "customer month feature meter",
    ("acme", "2026-01", "chat", "input_tokens", 40_000),
    ("acme", "2026-02", "search", "output_tokens", 20_000),
    ("bolt", "2026-01", "chat", "input_tokens", 5_000),
    ("cato", "2026-01", "chat", "input_tokens", 15_000),
    ("dodo", "2026-01", "chat", "input_tokens", 50_000),
    ("elan", "2026-01", "chat", "input_tokens", 22_500),
)


def at(sim, name):
    """A value of each customer."""
    labels = sim.customers.keys["customer"].column().tolist()
    return dict(zip(labels, sim.customers.values[name].tolist(), strict=True))


def test_two_plans_by_hand():
    """Old: 2 for a thousand. New: 30 a month and 15 for each ten thousand begun but the first.

    acme: (40 + 20) x 2 = 120 becomes 30 + 3 x 15 + 30 + 1 x 15 = 120; bolt: 5 x 2 = 10 becomes 30;
    cato: 15 x 2 = 30 becomes 30 + 15 = 45; dodo: 50 x 2 = 100 becomes 30 + 4 x 15 = 90;
    elan: 22.5 x 2 = 45 becomes 30 + 2 x 15 = 60.
    """
    sim = simulate(USED, [OLD], [NEW])
    assert at(sim, "old_billed") == {"acme": 120, "bolt": 10, "cato": 30, "dodo": 100, "elan": 45}
    assert at(sim, "new_billed") == {"acme": 120, "bolt": 30, "cato": 45, "dodo": 90, "elan": 60}
    assert sim.sign.tolist() == [0, 1, 1, -1, 1]
    assert share(sim.change(sim.customers), sim.old(sim.customers)).tolist() == [0, 2, D("0.5"), D("-0.1"), D(1) / 3]
    assert (sim.total("old_billed"), sim.total("new_billed")) == (305, 345)


def test_margins_are_effective_and_those_that_fall_below_zero_are_found():
    """Cost is 1.30 for a thousand. dodo: 100 - 65 = 35, then 90 - 65 = 25. bolt: 10 - 6.50, then 30 - 6.50."""
    cheap = card("plan: cheap\nprices: {tokens: {measure: {sum: total_tokens}, curve: {mode: all, tiers: "
                 "[{up_to: 40_000, rate: 0.0020}, {rate: 0.0012}]}}}")  # fmt: skip
    sim = simulate(USED, [OLD], [NEW], [VENDOR])
    assert margin(sim.customers, "old").tolist() == [42, D("3.5"), D("10.5"), 35, D("15.75")]
    assert margin(sim.customers, "new").tolist() == [42, D("23.5"), D("25.5"), 25, D("30.75")]
    assert not sim.crossed.any()
    sim = simulate(USED, [OLD], [cheap], [VENDOR])
    assert margin(sim.customers, "new").tolist()[3] == -5  # 50 x 1.20 - 50 x 1.30
    assert sim.crossed.tolist() == [False, False, False, True, False]


def test_the_four_amounts_stand_apart():
    """1,000 tokens at 2 are 2; half off is 1; the minimum brings it to 5."""
    clamped = card("""
    plan: clamped
    prices: {tokens: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 2}]}}
    adjust: [{percent: -50}]
    clamp: {min: 5, window: month}
    order: [discount, minimum]
    """)
    sim = simulate(usage("customer month meter", ("a", "2026-01", "input_tokens", 1000)), [OLD], [clamped])
    said = {name: value.tolist() for name, value in sim.customers.values.items()}
    assert {name: said[f"new_{name}"] for name in ("list", "contracted", "effective", "billed")} == {
        "list": [2], "contracted": [5], "effective": [5], "billed": [5]}  # fmt: skip
    assert all(said[f"old_{name}"] == [2] for name in ("list", "contracted", "effective", "billed"))


def test_a_bundle_is_billed_when_it_is_bought_and_earned_as_it_is_used():
    """A bundle of 50,000 tokens for 60, 2 for a thousand beyond; what is left of it rolls over whole, once.

    January: 20,000 are drawn, 24 of 60 earned. February: the 30,000 left and 40,000 of the new are drawn, 84 earned.
    10,000 are carried on: 120 billed are 108 earned and 12 owed.
    """
    bundle = card("""
    plan: bundle
    prices: {tokens: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 2}]}}
    pools:
      - {id: bundle, unit: tokens, grant: 50_000, every: month, price: 60, eligible: [tokens], unused: forfeit,
         rollover: {share: 1, of: remaining, periods: 1}}
    """)
    used = usage(
        "customer month meter", ("a", "2026-01", "input_tokens", 20_000), ("a", "2026-02", "input_tokens", 70_000)
    )
    sim = simulate(used, [OLD], [bundle], by=["month"])
    months = sim.segments
    assert months.values["old_billed"].tolist() == [40, 140]
    assert months.values["new_billed"].tolist() == [60, 60]
    assert months.values["new_list"].tolist() == [40, 140]
    assert months.values["new_effective"].tolist() == [24, 84]
    assert sim.sign.tolist() == [-1]


AMOUNTS = st.lists(st.tuples(st.sampled_from("abcdefg"), st.sampled_from(["2026-01", "2026-02", "2026-03"]),
                             st.integers(0, 200_000)), min_size=1, max_size=29)  # fmt: skip


@given(AMOUNTS)
def test_every_customer_agrees_with_a_second_reckoning(rows):
    """Oracle: the two plans written out in plain decimals, month by month."""
    sim = simulate(usage("customer month meter", *((c, m, "input_tokens", q) for c, m, q in rows)), [OLD], [NEW])
    used: dict[tuple[str, str], int] = {}
    for who, month, count in rows:
        used[who, month] = used.get((who, month), 0) + count
    old, new = dict.fromkeys((c for c, _ in used), D(0)), dict.fromkeys((c for c, _ in used), D(0))
    for who in old:
        months = [int(month[-2:]) for c, month in used if c == who]
        new[who] += 30 * (max(months) - min(months) + 1)  # a contract runs from its first month with usage to its last
    for (who, _), count in used.items():
        old[who] += (D(count) / 1000 * 2).quantize(D("0.01"), ROUND_HALF_UP)
        new[who] += 15 * max((D(count) / 10_000).to_integral_value(ROUND_CEILING) - 1, D(0))
    assert at(sim, "old_billed") == old
    assert at(sim, "new_billed") == new
    assert (sim.sign > 0).sum() == sum(new[who] > old[who] for who in old)
    assert sim.total("new_billed") == sum(new.values())


@given(AMOUNTS)
def test_floats_agree_with_decimals(rows):
    used = usage("customer month meter", *((c, m, "input_tokens", q) for c, m, q in rows))
    exact, fast = (simulate(used, [OLD], [NEW], [VENDOR], exact=each) for each in (True, False))
    for name, value in exact.customers.values.items():
        np.testing.assert_allclose(fast.customers.values[name], value.astype(float), rtol=1e-9, atol=1e-9)
    assert fast.sign.tolist() == exact.sign.tolist()


def test_segments_add_up_and_charges_of_a_whole_month_are_shared_out():
    sim = simulate(USED, [OLD], [NEW], [VENDOR], by=["month", "feature"])
    assert sim.segments.values["new_billed"].sum() == 345
    months = dict(zip(*(x.tolist() for x in (sim.segments.keys["month"].column(),
                                             sim.segments.values["old_billed"])), strict=True))  # fmt: skip
    assert months == {"2026-01": 265, "2026-02": 40}  # 80 + 10 + 30 + 100 + 45, and acme's 20 x 2


def test_the_plan_is_the_old_card_where_the_log_does_not_say():
    small = card(
        "plan: small\nwhere: feature == 'search'\nprices: {t: {measure: {sum: total_tokens}, curve: [{rate: 1}]}}"
    )
    large = card(
        "plan: large\nwhere: feature == 'chat'\nprices: {t: {measure: {sum: total_tokens}, curve: [{rate: 1}]}}"
    )
    sim = simulate(USED, [small, large], [NEW], by=["plan"])
    assert sim.segments.keys["plan"].column().tolist() == ["large", "large + small"]
    assert sim.segments.values["new_billed"].tolist() == [225, 120]


def spread(sim, of, weight):
    """The quantiles of one spread."""
    (found,) = (each.values for each in spreads(sim) if (each.of, each.weight) == (of, weight))
    assert found is not None
    return found


def test_draws_are_an_axis():
    """In the second world everybody used twice as much: elan 90, then 30 + 4 x 15 = 90."""
    quantity = np.stack([USED.values["quantity"], 2 * USED.values["quantity"]])
    sim = simulate(drawn(USED, quantity), [OLD], [NEW], [VENDOR], exact=False)
    assert sim.total("old_billed").tolist() == [305, 610]
    assert sim.sign.tolist() == [[0, 1, 1, -1, 1], [-1, 1, 0, -1, 0]]
    assert sim.crossed.shape == (2, 5)
    assert spread(sim, "money", "customer").shape == (2, 5)


def test_usage_that_answers_the_price():
    """Twice the price at an elasticity of -1 halves the usage, so that as much is paid; cost halves."""
    double = card("plan: d\nprices: {t: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 4}]}}")
    sim = simulate(USED, [OLD], [double], [VENDOR], elasticity=D(-1))
    assert at(sim, "new_billed") == at(sim, "old_billed")
    assert (sim.total("old_cost"), sim.total("new_cost")) == (D("198.25"), D("99.125"))
    still = simulate(USED, [OLD], [double], [VENDOR], elasticity=D(0))
    assert still.total("new_billed") == 2 * still.total("old_billed")


WEIGHED = st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 9)), min_size=1, max_size=41)


@given(WEIGHED)
def test_quantiles_are_those_of_the_inverted_distribution(pairs):
    """Oracle: `numpy.quantile` with weights, method `inverted_cdf`."""
    values, weights = (np.array(x, dtype=float) for x in zip(*pairs, strict=True))
    found = quantiles(values, weights)
    if not weights.sum():
        assert found is None
        return
    assert found is not None
    shares = np.array([float(each) for each in SHARES]) * (1 - 1e-12)
    assert found.tolist() == np.quantile(values, shares, weights=weights, method="inverted_cdf").tolist()


def test_spreads_weigh_by_customer_and_by_old_revenue():
    """Changes: 0, 20, 15, -10, 15 of 120, 10, 30, 100, 45; in percent 0, 200, 50, -10, 33.3."""
    sim = simulate(USED, [OLD], [NEW])
    assert spread(sim, "money", "customer").tolist() == [-10, 0, 15, 15, 20]
    assert spread(sim, "money", "revenue").tolist() == [-10, -10, 0, 15, 15]
    assert spread(sim, "percent", "customer").tolist() == [D("-0.1"), 0, D(1) / 3, D("0.5"), 2]
    assert spread(sim, "percent", "revenue").tolist() == [D("-0.1"), D("-0.1"), 0, D(1) / 3, D("0.5")]


def test_a_histogram_counts_everyone_who_paid_once():
    sim = simulate(USED, [OLD], [NEW])
    bars = histogram(sim)
    assert sum(bar.customers for bar in bars) == 5
    assert sum(bar.revenue for bar in bars) == 305
    assert [(b.low, b.high, b.customers) for b in bars if b.customers] == [
        (D("-0.2"), 0, 1), (0, 0, 1), (D("0.2"), D("0.4"), 1), (D("0.4"), D("0.6"), 1), (D("1.8"), 2, 1)]  # fmt: skip


def free_first():
    used = usage("customer month meter", ("a", "2026-01", "input_tokens", 0), ("b", "2026-01", "input_tokens", 20_000))
    return simulate(used, [OLD], [NEW])  # a: 0 becomes 30; b: 40 becomes 45


def test_who_paid_nothing_has_no_percentage_and_is_above_every_limit():
    sim = free_first()
    assert share(sim.change(sim.customers), sim.old(sim.customers)).tolist() == [None, D("0.125")]
    found = verdict(sim, D(100))
    assert not found.kept
    assert found.customers == ("a (new)",)


@pytest.mark.parametrize(
    ("on", "limit", "kept"),
    [
        ("customer", "2", True),  # bolt pays exactly three times as much
        ("customer", "1.999", False),
        ("total", "0.14", True),  # 305 becomes 345: 13.1 %
        ("total", "0.13", False),
        ("share", "0.6", True),  # three of five
        ("share", "0.59", False),
    ],
)
def test_a_limit_is_kept_or_not(on, limit, kept):
    for exact in (True, False):
        assert verdict(simulate(USED, [OLD], [NEW], exact=exact), D(limit), on).kept is kept


def test_a_fall_of_the_total_is_a_move_too():
    assert not verdict(simulate(USED, [NEW], [OLD]), D("0.11"), "total").kept  # 345 becomes 305: -11.6 %


def test_those_above_a_limit_are_named_the_farthest_first():
    assert verdict(simulate(USED, [OLD], [NEW]), D("0.2")).customers == ("bolt 200.0%", "cato 50.0%", "elan 33.3%")


def test_an_unknown_thing_to_hold_is_refused():
    with pytest.raises(InputError, match="no limit on 'totals'; did you mean total"):
        verdict(free_first(), D(1), "totals")


def test_plans_of_two_currencies_are_refused():
    euro = card("plan: euro\ncurrency: EUR\nprices: {t: {measure: {sum: total_tokens}, curve: [{rate: 1}]}}")
    with pytest.raises(CardError, match=r"new card.yaml is in EUR and .*old card.yaml is in USD"):
        simulate(USED, [OLD], [euro])


def test_a_vendors_card_is_no_plan_and_a_plan_no_cost():
    with pytest.raises(CardError, match="given as old, which needs a plan of ours"):
        simulate(USED, [VENDOR], [NEW])
    with pytest.raises(CardError, match="given as cost, which needs a vendor's card"):
        simulate(USED, [OLD], [NEW], [OLD])


NARROW = card("plan: narrow\nprices: {tokens: {measure: {sum: input_tokens}, curve: [{rate: 0.002}]}}")


def test_usage_that_one_plan_does_not_price_is_refused_by_its_name():
    with pytest.raises(UnpricedUsage, match=r"the new cards \(card.yaml\) do not price all(.|\n)*20000 output_tokens"):
        simulate(USED, [OLD], [NARROW])
    with pytest.raises(UnpricedUsage, match=r"the old cards"):
        simulate(USED, [NARROW], [OLD])


def test_usage_that_one_plan_does_not_price_can_be_left_out_of_both():
    sim = simulate(USED, [OLD], [NARROW], unpriced="keep")
    assert (
        at(sim, "old_billed") == at(sim, "new_billed") == {"acme": 80, "bolt": 10, "cato": 30, "dodo": 100, "elan": 45}
    )
    assert sim.unpriced["new"].values["quantity"].tolist() == [20_000]


def test_nobody_is_no_customer_but_counts_in_the_total():
    used = usage("customer month meter", ("", "2026-01", "input_tokens", 1000), ("a", "2026-01", "input_tokens", 1000))
    sim = simulate(used, [OLD], [NEW])
    assert sim.customers.keys["customer"].column().tolist() == ["a"]
    assert sim.total("old_billed") == 4


def test_doubts_about_the_new_card_are_passed_on():
    sim = simulate(USED, [OLD], [NEW], doubts=lambda each: [f"cliff of {each.name}"])
    assert sim.warnings == ("cliff of hybrid",)


def test_a_charge_of_the_whole_account_is_shared_out():
    """One account uses 152,500 tokens, of which acme 60,000: 305 x 60 / 152.5 = 120."""
    account = card("plan: all\nscope: []\nprices: {t: {measure: {sum: total_tokens}, convert: {per: 1000}, "
                   "curve: {mode: all, tiers: [{up_to: 1, rate: 9}, {rate: 2}]}}}")  # fmt: skip
    sim = simulate(USED, [OLD], [account])
    assert sim.total("new_billed") == 305
    assert at(sim, "new_billed")["acme"] == pytest.approx(D(120), abs=D("1e-6"))
