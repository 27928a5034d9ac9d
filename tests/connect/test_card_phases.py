"""Phases become times of the parts: ramps, trials, prices from a date on."""

from datetime import date
from decimal import Decimal

import pytest

from pertoken.connect.cards import card_from
from pertoken.core.errors import CardError
from pertoken.rating.card import plain
from tests.made import card

BASE = "t: {measure: {sum: total_tokens}, curve: [{rate: 9}]}"


def charge(rate):
    return f"{{t: {{measure: {{sum: total_tokens}}, curve: [{{rate: {rate}}}]}}}}"


def versions(read, name="t"):
    """Rate and time of each version of a charge, in order."""
    found = [(key, each) for key, each in read.prices.items() if plain(key) == name]
    return [(key, int(each.curve.tiers[0].rate), *when(each)) for key, each in found]


def when(part):
    """The bounds of a part, without those that are not said."""
    during = part.during
    said = (during.start, during.end, during.after or None, during.months)
    return tuple(f"{word} {value}" for word, value in zip(("from", "to", "after", "for"), said, strict=True) if value)


def test_a_discount_of_the_first_months_has_their_time():
    """The hybrid plan of the rate-card sketches: half the platform fee for three months."""
    read = card("""\
        plan: hybrid
        prices:
          platform: {curve: [{flat: "300"}], during: {every: month, prorate: day}}
        phases:
          - {during: {months: 3}, adjust: [{percent: "-50", on: [platform]}]}
          - {during: {}}
        """)
    assert when(read.adjust[0]) == ("for 3",)
    assert read.adjust[0].during.line == 5
    assert list(read.prices) == ["platform"]
    assert read.prices["platform"].during.always


def test_phases_by_months_follow_each_other():
    read = card(f"""\
        plan: p
        phases:
          - {{during: {{months: 3}}, prices: {charge(1)}}}
          - {{during: {{months: 6, counter: restart}}, prices: {charge(2)}}}
          - {{during: {{}}, prices: {charge(3)}, clamp: {{min: 5}}}}
        """)
    assert versions(read) == [("t", 1, "for 3"), ("t@2", 2, "after 3", "for 6"), ("t@3", 3, "after 9")]
    assert [each.during.counter for each in read.prices.values()] == [None, "restart", None]
    assert [each.during.line for each in read.prices.values()] == [3, 4, 5]
    assert when(read.clamps[0]) == ("after 9",)


def test_the_card_s_own_price_holds_where_no_phase_replaces_it():
    read = card(f"""\
        plan: p
        prices: {{{BASE}}}
        phases:
          - {{during: {{months: 1}}}}
          - {{during: {{months: 2}}, prices: {charge(1)}}}
          - {{during: {{months: 4}}}}
          - {{during: {{months: 8}}}}
          - {{during: {{}}, prices: {charge(2)}}}
        """)
    assert versions(read) == [
        ("t", 9, "for 1"),
        ("t@2", 1, "after 1", "for 2"),
        ("t@3", 9, "after 3", "for 12"),
        ("t@4", 2, "after 15"),
    ]


def test_it_holds_again_after_the_last_phase_is_over():
    read = card(f"plan: p\nprices: {{{BASE}}}\nphases: [{{during: {{months: 3}}, prices: {charge(1)}}}]")
    assert versions(read) == [("t", 1, "for 3"), ("t@2", 9, "after 3")]


def test_prices_from_a_day_on_need_no_end():
    read = card(f"""\
        plan: p
        phases:
          - {{during: {{}}, prices: {charge(1)}}}
          - {{during: {{from: 2026-03-01}}, prices: {charge(2)}}}
          - {{during: {{from: 2026-06-01, to: 2027-01-01}}, prices: {charge(3)}}}
        """)
    assert versions(read) == [
        ("t", 1, "to 2026-03-01"),
        ("t@2", 2, "from 2026-03-01", "to 2026-06-01"),
        ("t@3", 3, "from 2026-06-01", "to 2027-01-01"),
    ]


def test_a_price_for_some_days_lies_inside_the_card_s_own():
    read = card(f"""\
        plan: p
        prices: {{{BASE}}}
        phases: [{{during: {{from: 2026-03-01, to: 2026-04-01}}, prices: {charge(1)}}}]
        """)
    assert versions(read) == [
        ("t", 9, "to 2026-03-01"),
        ("t@2", 1, "from 2026-03-01", "to 2026-04-01"),
        ("t@3", 9, "from 2026-04-01"),
    ]


def test_a_fee_of_a_phase_keeps_its_own_period():
    read = card("""\
        plan: p
        during: {from: 2026-01-01}
        phases:
          - during: {from: 2026-01-01, to: 2026-07-01, prorate: none}
            prices: {base: {curve: [{flat: 20}], during: {every: month, prorate: day}}}
          - during: {}
            prices: {base: {curve: [{flat: 30}], during: {every: month}}}
        """)
    one, two = read.prices["base"].during, read.prices["base@2"].during
    assert (one.start, one.end, one.every, one.prorate) == (date(2026, 1, 1), date(2026, 7, 1), "month", "day")
    assert (two.start, two.end, two.every, two.prorate) == (date(2026, 7, 1), None, "month", None)


def test_what_stands_in_a_charge_goes_with_it():
    read = card(f"""\
        plan: p
        prices:
          t:
            measure: {{sum: total_tokens}}
            curve: [{{rate: 9}}]
            clamp: {{max: 50}}
            pool: {{id: gift, unit: tokens, grant: 5, price: 0, unused: forfeit}}
        phases:
          - {{during: {{months: 3}}}}
          - {{during: {{}}, prices: {charge(1)}}}
        """)
    assert [when(part) for part in (*read.clamps, *read.pools)] == [("for 3",), ("for 3",)]
    assert (read.clamps[0].on, read.pools[0].eligible) == (("t",), ("t",))


def test_a_pool_in_a_charge_that_phases_cut_twice_is_refused():
    with pytest.raises(
        CardError, match=r"card\.yaml:3: a pool in t, which phases cut in 2 pieces; expected it under `pools`"
    ):
        card(f"""\
            plan: p
            prices:
              t: {{measure: {{sum: total_tokens}}, curve: [{{rate: 9}}], pool: {{id: g, unit: tokens, grant: 5}}}}
            phases:
              - {{during: {{months: 3}}}}
              - {{during: {{months: 3}}, prices: {charge(1)}}}
              - {{during: {{}}}}
            """)


def test_pools_and_discounts_of_a_phase_stand_beside_those_of_the_card():
    pool = "unit: tokens, grant: 5, price: 0, eligible: [t], unused: forfeit, priority"
    read = card(f"""\
        plan: p
        prices: {{{BASE}}}
        pools: [{{id: always, {pool}: 1}}]
        adjust: [{{percent: -1}}]
        phases:
          - during: {{months: 3}}
            adjust: [{{percent: -2}}]
            pools: {{trial: {{{pool}: 2}}}}
        """)
    assert [(each.name, when(each)) for each in read.pools] == [("always", ()), ("trial", ("for 3",))]
    assert [(each.percent, when(each)) for each in read.adjust] == [(Decimal(-1), ()), (Decimal(-2), ("for 3",))]


def test_plans_share_phases_that_stand_above_them():
    phase = {"during": {"months": 3}, "adjust": [{"percent": -50}]}
    plan = {"prices": {"base": {"curve": [{"flat": 20}]}}}
    assert card_from({"phases": [phase], "plans": {"a": plan}}).adjust[0].during.months == 3
