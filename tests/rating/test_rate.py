"""The laws of rating: exact and fast agree, worlds and customers do not mix, an adjustment only adds lines."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.lines import Key, Usage
from pertoken.core.money import round_half_up
from pertoken.rating.card import Clamp
from pertoken.rating.rate import AMOUNTS, STAGES, amount, rate
from tests.made import by, card, drawn, money, shuffled, usage

D = Decimal
KEYS = {
    "customer": ["acme", "bolt", "cyan", "dune", "echo"],
    "model": ["x", "y", "z"],
    "meter": ["input_tokens", "output_tokens", "requests"],
    "month": ["2026-01", "2026-02"],
    "feature": ["chat", "search"],
}

PLAN = card("""
    plan: pro
    prices:
      base: {curve: [{flat: 9.99}]}
      metered:
        measure: {sum: input_tokens}
        convert: {per: 1000}
        curve: [{rate: 0.0123}]
      tiered:
        measure: {sum: output_tokens, by: [model]}
        convert: {per: 1000}
        curve:
          mode: marginal
          tiers: [{up_to: 3, rate: 0.05}, {up_to: 20, rate: 0.03, flat: 1}, {rate: 0.01}]
    adjust:
      - {percent: -10, on: [metered, tiered]}
      - {percent: 3}
    clamp: {min: 12, max: 13.5}
    order: [discount, minimum, maximum]
""")
VENDOR = card("""
    card: vendor
    rounding: 2
    rates:
      - {model: x, input_tokens: 0.0000123, output_tokens: 0.00007}
      - {model: y, input_tokens: 0.0000271, output_tokens: 0.00011}
      - {model: z, input_tokens: 0, output_tokens: 1e-9}
    adjust: [{percent: -7.5}]
""")
CARDS = pytest.mark.parametrize("terms", [PLAN, VENDOR], ids=["plan", "vendor"])
few = settings(max_examples=40)


@st.composite
def used(draw, least=1):
    size = draw(st.integers(least, 17))
    keys = {n: Key.of(draw(st.lists(st.sampled_from(each), min_size=size, max_size=size))) for n, each in KEYS.items()}
    fixed = {"batch": Key.constant("false", size), "service_tier": Key.constant("standard", size)}
    return Usage(
        keys | fixed, {"quantity": np.array(draw(st.lists(st.integers(0, 30_000), min_size=size, max_size=size)))}
    )


@CARDS
@few
@given(made=used())
def test_floats_and_decimals_agree_to_a_billionth(terms, made):
    slow, fast = rate(made, terms).ledger, rate(made, terms, exact=False).ledger
    for kind in AMOUNTS:
        assert float(money(slow, kind)) == pytest.approx(money(fast, kind), rel=1e-9, abs=1e-9)


@CARDS
@few
@given(made=used(), seed=st.integers(0, 10_000))
def test_worlds_rated_together_are_as_each_rated_alone(terms, made, seed):
    draws = np.random.default_rng(seed).integers(0, 30_000, (5, len(made))).astype(float)
    together = rate(drawn(made, draws), terms, exact=False).ledger
    for world in range(5):
        alone = rate(drawn(made, draws[world]), terms, exact=False).ledger
        for kind in AMOUNTS:
            assert money(together, kind)[world] == pytest.approx(money(alone, kind), rel=1e-12, abs=1e-9)


def test_two_leading_axes_go_through():
    made = usage(
        "customer model meter month",
        ("a", "x", "input_tokens", "2026-01", 0),
        ("a", "x", "output_tokens", "2026-01", 0),
    )
    draws = np.arange(2 * 3 * 2).reshape(2, 3, 2) * 1000.0
    assert money(rate(drawn(made, draws), PLAN, exact=False).ledger).shape == (2, 3)


@few
@given(used())
def test_each_line_of_a_bill_is_its_exact_sum_rounded_half_up(made):
    terms = replace(VENDOR, adjust=())
    ledger = rate(made, terms).ledger
    exact = by(amount(ledger, "list"), "model", "meter", "month")
    billed = by(amount(ledger, "billed"), "model", "meter", "month")
    rounded = {line: round_half_up(np.array([each], dtype=object), 2)[0] for line, each in exact.items()}
    assert billed == rounded


@CARDS
@few
@given(made=used())
def test_every_bill_is_in_whole_cents(terms, made):
    for each in by(amount(rate(made, terms).ledger, "billed"), *terms.scope, "month").values():
        assert each == each.quantize(D("0.01"))


@few
@given(used(), st.decimals(0, 40, places=2), st.decimals(0, 40, places=2))
def test_a_bill_is_never_below_the_minimum_nor_above_the_maximum(made, one, two):
    low, high = min(one, two), max(one, two)
    terms = replace(PLAN, clamps=(Clamp(min=low, max=high),))
    bills = by(amount(rate(made, terms).ledger, "billed"), "customer", "month")
    met = set(zip(made.keys["customer"].column(), made.keys["month"].column(), strict=True))
    assert set(bills) == met
    assert all(low <= each <= high for each in bills.values())


@few
@given(used())
def test_an_adjustment_adds_lines_and_leaves_the_list_alone(made):
    bare = replace(PLAN, adjust=(), clamps=(), order=(), rounding=None)
    full, listed = rate(made, PLAN).ledger, rate(made, bare).ledger
    is_list = full.key("stage").column() == "list"
    assert by(full.pick(is_list), "customer", "charge", "month") == by(listed, "customer", "charge", "month")
    assert money(full, "list") == money(listed, "list") == money(listed, "billed")


@few
@given(used())
def test_the_four_amounts_are_folds_by_stage(made):
    ledger = rate(made, PLAN).ledger
    stages = by(ledger, "stage")
    assert set(stages) <= set(STAGES)
    for kind in AMOUNTS:
        assert money(ledger, kind) == sum((stages[s] for s in stages if kind in STAGES[s]), D(0))


@few
@given(used(least=2), st.sampled_from(KEYS["customer"]))
def test_a_customers_bill_does_not_depend_on_other_customers(made, name):
    own = made.where(customer=name)
    if len(own):
        alone = by(amount(rate(own, PLAN).ledger, "billed"), "customer", "month")
        together = by(amount(rate(made, PLAN).ledger, "billed"), "customer", "month")
        assert alone == {k: v for k, v in together.items() if k[0] == name}


@CARDS
@few
@given(made=used(), chance=st.randoms(use_true_random=False))
def test_a_bill_does_not_depend_on_the_order_of_lines(terms, made, chance):
    order = list(range(len(made)))
    chance.shuffle(order)
    one, two = rate(made, terms).ledger, rate(shuffled(made, order), terms).ledger
    assert by(amount(one, "billed"), "charge", "stage", "month") == by(
        amount(two, "billed"), "charge", "stage", "month"
    )


@CARDS
@few
@given(made=used(), parts=st.integers(1, 3))
def test_a_bill_does_not_depend_on_how_finely_the_usage_is_cut(terms, made, parts):
    """Only what a charge keeps apart (`by`) and, for rates, model and meter may matter; features and days may not."""
    coarse = made.fold([n for n in made.keys if n != "feature"])
    split = {n: Key(np.tile(k.codes, parts), k.labels) for n, k in made.keys.items()}
    extra = np.repeat(np.arange(parts), len(made))
    split["team"] = Key.of([str(i) for i in extra])
    quantity = np.concatenate(
        [made.values["quantity"] if i == 0 else made.values["quantity"] * 0 for i in range(parts)]
    )
    bills = [
        by(amount(rate(each, terms).ledger, "billed"), "charge", "stage", "month")
        for each in (made, Usage(coarse.keys, coarse.values), Usage(split, {"quantity": quantity}))
    ]
    assert bills[0] == bills[1] == bills[2]
