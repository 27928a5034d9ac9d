"""Cards at the door: the short forms mean what the long ones say, from YAML and from dictionaries."""

from datetime import date
from decimal import Decimal

import pytest

from pertoken.catalog.prices import Rate
from pertoken.connect.cards import card_from, read_cards
from pertoken.core.errors import CardError, InputError
from pertoken.rating.card import Band, Charge, Clamp, Convert, Curve, Measure, Tier
from tests.made import card

D = Decimal


def test_a_charge_is_read_with_its_lines():
    read = card("""\
        plan: pro
        prices:
          tokens:
            measure: {sum: total_tokens, where: not batch, by: [model], window: day}
            convert: {per: 1_000, round: up, free: 2, free_first: true}
            surcharge: true
            curve:
              mode: all
              flat_on_zero: false
              tiers:
                - {up_to: 10, rate: 0.1, flat: 5}
                - {rate: "0.05"}
        """)
    assert read.prices["tokens"] == Charge(
        measure=Measure(sum="total_tokens", where="not batch", by=("model",), window="day"),
        convert=Convert(per=D(1000), round="up", free=D(2), free_first=True),
        curve=Curve(
            tiers=(Tier(up_to=D(10), rate=D("0.1"), flat=D(5), line=11), Tier(rate=D("0.05"), line=12)),
            mode="all",
            flat_on_zero=False,
        ),
        surcharge=True,
        line=3,
    )


def test_a_curve_may_be_a_list_of_tiers():
    read = card("plan: p\nprices:\n  base:\n    curve:\n      - {flat: 20}")
    assert read.prices["base"] == Charge(curve=Curve(tiers=(Tier(flat=D(20), line=5),)), line=3)


def test_adjustments_limits_bands_and_order_are_read():
    read = card("""\
        plan: p
        currency: EUR
        where: plan == "pro"
        prices: {base: {curve: [{flat: 20}], during: {every: year}}}
        bands: {long: {above: 200_000}}
        adjust:
          - {percent: -10, on: [base]}
          - {percent: 2.5, where: long}
        clamp: {min: 5, max: 50, window: year}
        order: [minimum, discount, maximum]
        """)
    assert [(a.percent, a.on, a.where, a.line) for a in read.adjust] == [
        (-10, ("base",), "", 7),
        (D("2.5"), (), "long", 8),
    ]
    assert read.clamps == (Clamp(min=D(5), max=D(50), window="year", line=9),)
    assert read.order == ("minimum", "discount", "maximum")
    assert read.bands == {"long": Band(of="prompt_tokens", above=200_000)}
    assert (read.currency, read.where, read.source) == ("EUR", 'plan == "pro"', "card.yaml")


@pytest.mark.parametrize(
    ("head", "party", "scope", "rounding", "account"),
    [
        ("plan: p", "customer", ("customer",), 2, "revenue"),
        ("card: p", "vendor", (), None, "cost"),
        ("plan: p\ncurrency: JPY", "customer", ("customer",), 0, "revenue"),
        ("plan: p\nrounding: null", "customer", ("customer",), None, "revenue"),
        ("plan: p\nscope: [team]", "customer", ("team",), 2, "revenue"),
        ("card: p\nparty: customer", "customer", ("customer",), 2, "revenue"),
        ("card: p\nrounding: 2", "vendor", (), 2, "cost"),
    ],
)
def test_a_plan_is_ours_and_a_card_is_a_vendors(head, party, scope, rounding, account):
    read = card(f"{head}\nprices: {{base: {{curve: [{{flat: 1}}]}}}}")
    assert (read.name, read.party, read.scope, read.rounding, read.account) == ("p", party, scope, rounding, account)


def test_a_row_of_rates_is_one_price_for_each_meter():
    read = card("""\
        card: v
        rates:
          - {model: m, per: 1_000_000, input_tokens: 2.50, output_tokens: 10, source: page, note: unsure}
          - model: n
            provider: azure
            batch: true
            service_tier: flex
            above: 200_000
            from: 2026-09-01
            cache_write_1h_tokens: 1e-6
        """)
    assert read.rates == (
        Rate(model="m", meter="input_tokens", price=D("2.50"), per=D(10**6), source="page", note="unsure", line=3),
        Rate(model="m", meter="output_tokens", price=D(10), per=D(10**6), source="page", note="unsure", line=3),
        Rate(
            model="n",
            meter="cache_write_1h_tokens",
            price=D("1e-6"),
            provider="azure",
            batch=True,
            service_tier="flex",
            above=200_000,
            start=date(2026, 9, 1),
            line=10,
        ),
    )


def test_blank_words_of_a_rate_say_nothing():
    (rate,) = card("card: v\nrates:\n  - {model: m, input_tokens: 1, provider: , service_tier: , from: , note: }").rates
    assert rate == Rate(model="m", meter="input_tokens", price=D(1), line=3)


def test_the_same_card_as_a_dictionary():
    said = {
        "plan": "p",
        "prices": {"t": {"measure": {"sum": "total_tokens"}, "curve": [{"rate": 0.1}]}},
        "rates": [{"model": "m", "input_tokens": 2.5}, {"model": "n", "input_tokens": "1e-9"}],
    }
    made = card_from(said)
    assert made.prices["t"].curve == Curve(tiers=(Tier(rate=D("0.1")),))
    assert [rate.price for rate in made.rates] == [D("2.5"), D("1e-9")]
    assert made.source == ""


def test_numbers_are_exact_all_the_way():
    """0.1 as a float is 0.1000000000000000055...; on a card it is a tenth."""
    read = card(
        "card: v\nprices: {t: {measure: {sum: total_tokens}, curve: [{rate: 0.1}]}}\nrates: [{model: m, pages: 0.3}]"
    )
    curve = read.prices["t"].curve
    assert curve is not None
    assert str(curve.tiers[0].rate) == "0.1"
    assert str(read.rates[0].price) == "0.3"


PLANS = """\
currency: EUR
adjust: [{percent: -10}]
plans:
  free:
    prices: {t: {measure: {sum: total_tokens}, curve: [{rate: 0}]}}
  pro:
    currency: USD
    prices: {base: {curve: [{flat: 20}]}}
"""


@pytest.fixture
def plans(tmp_path):
    path = tmp_path / "plans.yaml"
    path.write_text(PLANS)
    return path


def test_several_plans_share_what_stands_above_them(plans):
    free, pro = read_cards(plans)
    assert (free.name, free.currency, pro.name, pro.currency) == ("free", "EUR", "pro", "USD")
    assert [(c.adjust[0].percent, c.adjust[0].line) for c in (free, pro)] == [(D(-10), 2), (D(-10), 2)]


def test_one_of_several_plans_is_picked_by_its_name(plans):
    (pro,) = read_cards(f"{plans}#pro")
    assert pro.name == "pro"
    with pytest.raises(CardError, match=r"plans.yaml has no plan 'prof'; did you mean pro\?"):
        read_cards(f"{plans}#prof")


def test_what_is_wrong_in_the_shared_part_is_told_with_its_own_line(plans):
    plans.write_text(PLANS.replace("percent", "percnt"))
    with pytest.raises(CardError, match=r"plans.yaml:2: unknown word 'percnt'; did you mean percent"):
        read_cards(plans)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"can't read the card .*none\.yaml: No such file"):
        read_cards(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_bytes(b"plan: \xff\xfe")
    with pytest.raises(InputError, match=r"bad\.yaml is not text in UTF-8"):
        read_cards(tmp_path / "bad.yaml")


def test_a_dictionary_of_several_plans_is_not_one_card():
    each = {"prices": {"base": {"curve": [{"flat": 1}]}}}
    with pytest.raises(CardError, match="expected one card, found 2"):
        card_from({"plans": {"a": each, "b": each}})
