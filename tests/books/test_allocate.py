"""What belongs to several is shared out by use, and not a billionth of a cent is lost."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.books.allocate import UNALLOCATED, allocate, split
from pertoken.core.lines import Key, Usage
from pertoken.rating.rate import AMOUNTS, rate
from tests.made import by, card, drawn, exact, money, usage

D = Decimal
KEYS = {
    "customer": ["acme", "bolt", "cyan"],
    "feature": ["chat", "search"],
    "meter": ["input_tokens", "output_tokens", "web_searches"],
    "month": ["2026-01", "2026-02"],
}
VENDOR = card("""
    card: vendor
    rounding: 2
    prices:
      base: {curve: [{flat: 100}]}
      tokens:
        measure: {sum: input_tokens + 5 * output_tokens}
        curve: {mode: marginal, tiers: [{up_to: 1000, rate: 0.0031}, {rate: 0.0017}]}
      searches: {measure: {sum: web_searches}, curve: [{rate: 0.0123}]}
    adjust: [{percent: -7}]
    clamp: {min: 90}
    order: [discount, minimum]
""")
TO = ["customer", "feature"]


@st.composite
def used(draw):
    size = draw(st.integers(1, 13))
    keys = {n: Key.of(draw(st.lists(st.sampled_from(each), min_size=size, max_size=size))) for n, each in KEYS.items()}
    return Usage(keys, {"quantity": np.array(draw(st.lists(st.integers(0, 30_000), min_size=size, max_size=size)))})


@settings(max_examples=40)
@given(used())
def test_sharing_out_keeps_every_sum_to_the_last_digit(made):
    rated = rate(made, VENDOR)
    ledger, shared = rated.ledger, allocate(rated.parts, TO)
    for kind in AMOUNTS:
        assert money(shared, kind) == money(ledger, kind)
    for names in (["charge"], ["stage"], ["month"], ["charge", "stage", "month"]):
        assert {k: v for k, v in by(shared, *names).items() if v} == {k: v for k, v in by(ledger, *names).items() if v}


@settings(max_examples=40)
@given(used(), st.integers(0, 10_000))
def test_in_floats_it_keeps_them_in_every_world(made, seed):
    worlds = np.random.default_rng(seed).integers(0, 3, (5, len(made))) * 1000.0
    rated = rate(drawn(made, worlds), VENDOR, exact=False)
    shared = allocate(rated.parts, TO)
    assert np.isfinite(shared.values["amount"]).all()
    assert money(shared) == pytest.approx(money(rated.ledger), rel=1e-12, abs=1e-9)
    for world, quantity in enumerate(worlds):
        alone = by(allocate(rate(drawn(made, quantity), VENDOR, exact=False).parts, TO), *TO)
        folded = shared.fold(TO)
        rows = zip(*(folded.keys[n].column() for n in TO), strict=True)
        for labels, amount in zip(rows, folded.values["amount"][world], strict=True):
            assert amount == pytest.approx(alone.get(labels, 0), abs=1e-9)


@settings(max_examples=40)
@given(used())
def test_no_line_is_edited(made):
    rated = rate(made, VENDOR)
    kept = allocate(rated.parts, TO).where(origin="")
    assert kept.values["amount"].tolist() == rated.ledger.values["amount"].tolist()


@settings(max_examples=40)
@given(used())
def test_where_there_is_usage_nothing_stays_without_a_customer(made):
    shared = allocate(rate(made, VENDOR).parts, TO)
    tokens = made.pick(made.keys["meter"].column() != "web_searches")
    months = {m for m, n in zip(tokens.keys["month"].column(), tokens.values["quantity"], strict=True) if n}
    left = {k: v for k, v in by(shared.where(customer=UNALLOCATED, charge="base"), "month").items() if v}
    assert not months & set(left)


def two():
    rows = [("acme", "chat", "2026-01", "input_tokens", 300), ("bolt", "chat", "2026-01", "input_tokens", 500)]
    return usage("customer feature month meter", *rows, ("acme", "search", "2026-01", "output_tokens", 200))


def test_a_fee_follows_all_tokens_and_a_charge_its_own_measure():
    """100 by 500 : 500 tokens; 1800 weighted units (300 + 500 + 5 × 200) by 1300 : 500."""
    bare = replace(VENDOR, adjust=(), clamps=(), order=(), rounding=None)
    shared = allocate(rate(two(), bare).parts, ["customer"])
    assert by(shared.where(charge="base"), "customer") == {UNALLOCATED: 0, "acme": 50, "bolt": 50}
    tokens = 1000 * D("0.0031") + 800 * D("0.0017")
    parts = by(shared.where(charge="tokens"), "customer")
    assert float(parts["acme"]) == pytest.approx(float(tokens) * 1300 / 1800, abs=1e-9)
    assert parts["acme"] + parts["bolt"] == tokens


def test_money_of_a_month_stays_in_its_month_and_of_a_day_on_its_day():
    """Counted by day, rounded by month; what was used in January is not shared with February's customer."""
    daily = card("""
        card: v
        rounding: 2
        prices: {t: {measure: {sum: input_tokens, window: day}, curve: {mode: marginal, tiers: [
          {up_to: 1000, rate: 0.0015}, {rate: 0.001}]}}}
    """)
    rows = [
        ("a", "input_tokens", "2026-01-05", 1003),
        ("b", "input_tokens", "2026-01-06", 10),
        ("c", "input_tokens", "2026-02-07", 2003),
    ]
    made = usage("customer meter day", *rows)
    shared = allocate(rate(made, daily).parts, ["customer", "month"])
    listed = by(shared.where(stage="list"), "customer")
    assert listed == {UNALLOCATED: 0, "a": D("1.503"), "b": D("0.015"), "c": D("2.503")}
    assert by(shared, "month") == {"2026-01": D("1.52"), "2026-02": D("2.50")}


def test_what_has_no_usage_under_it_stays_with_the_account():
    made = usage("customer month meter", ("acme", "2026-01", "requests", 7))
    shared = allocate(rate(made, card("card: v\nprices: {base: {curve: [{flat: 9}]}}")).parts, ["customer"])
    assert shared.records() == [
        {
            "month": "2026-01",
            "charge": "base",
            "stage": "list",
            "term": "prices.base",
            "account": "cost",
            "card": "v",
            "origin": "",
            "customer": UNALLOCATED,
            "quantity": 1,
            "amount": 9,
        }
    ]


def test_a_world_without_usage_shares_nothing_as_it_would_alone():
    made = usage("customer month meter", ("a", "2026-01", "input_tokens", 0), ("b", "2026-01", "input_tokens", 0))
    worlds = drawn(made, np.array([[1.0, 3.0], [0.0, 0.0], [0.0, 7.0]]))
    fee = card("""
        card: v
        prices:
          base: {curve: [{flat: 8}]}
          t: {measure: {sum: input_tokens}, curve: [{rate: 0}]}
    """)
    shared = allocate(rate(worlds, fee, exact=False).parts, ["customer"]).fold(["customer"])
    assert shared.keys["customer"].column().tolist() == [UNALLOCATED, "a", "b"]
    assert shared.values["amount"].tolist() == [[0, 2, 6], [8, 0, 0], [0, 0, 8]]


def test_usage_in_decimals_is_shared_too():
    made = Usage(two().keys, {"quantity": exact(300, 500, 200)})
    assert by(allocate(rate(made, VENDOR).parts, TO), "customer", "feature")["bolt", "chat"] > 0


def test_only_the_usage_that_a_charge_takes_bears_it():
    """750 for 1000 units of model a only: 500 × 1 + 500 × 0.5; model b, nine times as large, bears none of it."""
    tiers = "{mode: marginal, tiers: [{up_to: 500, rate: 1}, {rate: 0.5}]}"
    own = card(f"""
        plan: p
        prices:
          a: {{measure: {{sum: input_tokens, where: model == "a"}}, curve: {tiers}}}
          b: {{measure: {{sum: input_tokens, where: model == "b"}}, curve: [{{rate: 0}}]}}
    """)
    made = usage(
        "customer month model meter",
        ("x", "2026-01", "a", "input_tokens", 1000),
        ("x", "2026-01", "b", "input_tokens", 9000),
    )
    assert by(allocate(rate(made, own).parts, ["customer", "model"]), "model") == {UNALLOCATED: 0, "a": 750, "b": 0}


def test_a_plans_fee_is_borne_by_its_own_usage():
    """The pro plan's fee of 500 is not shared with the nine times larger usage of the free plan."""
    pro, free = (
        card(f"""
            plan: {name}
            where: plan == "{name}"
            prices:
              base: {{curve: [{{flat: {fee}}}]}}
              t: {{measure: {{sum: input_tokens}}, curve: [{{rate: 0}}]}}
        """)
        for name, fee in (("pro", 500), ("free", 0))
    )
    rows = [("x", "2026-01", "pro", "input_tokens", 100), ("x", "2026-01", "free", "input_tokens", 900)]
    made = usage("customer month plan meter", *rows)
    assert by(allocate(rate(made, [pro, free]).parts, ["plan"]), "plan") == {UNALLOCATED: 0, "free": 0, "pro": 500}


def test_an_empty_label_is_a_label_like_others():
    """990 and 10 units at 1, counted by customer in tiers: the customer without a name keeps its 10."""
    tiered = card("""
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: {mode: marginal, tiers: [{up_to: 1000, rate: 1}, {rate: 2}]}}}
    """)
    made = usage(
        "customer month model meter",
        ("a", "2026-01", "m", "input_tokens", 990),
        ("", "2026-01", "m", "input_tokens", 10),
    )
    assert by(allocate(rate(made, tiered).parts, ["customer"]), "customer") == {"": 10, "a": 990}
    assert by(allocate(rate(made, tiered).parts, ["customer", "model"]), "customer") == {"": 10, "a": 990}


shares = st.lists(st.integers(0, 1000), min_size=1, max_size=7).filter(any)


@given(st.decimals(-(10**6), 10**6, places=11), shares)
def test_a_split_adds_up_exactly_and_strays_less_than_its_quantum(amount, parts):
    share = np.array(parts) / sum(parts)
    found = split(amount, share)
    assert sum(found, D(0)) == amount
    assert all(abs(one - amount * D(float(s))) < D("2.1e-9") for one, s in zip(found, share, strict=True))


def test_the_largest_remainder_comes_first_and_the_first_of_equals():
    """10 units of 1e-9 by 0.34, 0.33, 0.33 are 3.4, 3.3, 3.3: the one left over goes to the first."""
    nano = D("1e-9")
    assert split(10 * nano, np.array([0.34, 0.33, 0.33])) == [4 * nano, 3 * nano, 3 * nano]
    assert split(10 * nano, np.array([0.33, 0.34, 0.33])) == [3 * nano, 4 * nano, 3 * nano]
    assert split(-10 * nano, np.array([0.5, 0.5])) == [-5 * nano, -5 * nano]
    assert split(5 * nano, np.array([0.5, 0.5])) == [3 * nano, 2 * nano]
