"""Rating, case by case: what makes an invoice line, where a count begins again, what is refused."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

from pertoken.core.errors import CardError, InputError, UnpricedUsage
from pertoken.core.lines import Lines
from pertoken.rating.card import Adjust
from pertoken.rating.explain import explain
from pertoken.rating.rate import amount, rate
from tests.made import card, money, usage

D = Decimal
BASE = "plan: p\nprices: {base: {curve: [{flat: 20}]}}"


def test_an_unknown_amount_is_refused_and_not_empty():
    ledger = rate(usage("customer meter month", ("a", "requests", "2026-01", 2)), card(BASE)).ledger
    with pytest.raises(InputError, match="no amount 'bild'; did you mean billed"):
        amount(ledger, "bild")


def test_one_charges_by_does_not_part_the_invoice_lines_of_another():
    """Two models at 0.005 each make 0.01 on one line; rounded apart they would be 0.02."""
    terms = card("""
        plan: p
        prices:
          plain: {measure: {sum: input_tokens}, curve: [{rate: 0.001}]}
          apart: {measure: {sum: output_tokens, by: [model]}, curve: [{rate: 0.001}]}
    """)
    keys = "customer month model meter"
    for meter, billed in (("input_tokens", "0.01"), ("output_tokens", "0.02")):
        made = usage(keys, ("a", "2026-01", "x", meter, 5), ("a", "2026-01", "y", meter, 5))
        assert money(rate(made, terms).ledger) == D(billed)


@pytest.mark.parametrize(("apart", "billed"), [("", 10 * 2 + 10 * 1), (", by: [model]", 10 * 2 + 10 * 2)])
def test_a_graduated_charge_counts_by_what_it_keeps_apart(apart, billed):
    terms = card(f"""
        plan: p
        prices:
          t:
            measure: {{sum: input_tokens{apart}}}
            curve: {{mode: marginal, tiers: [{{up_to: 10, rate: 2}}, {{rate: 1}}]}}
    """)
    rows = (("a", "2026-01", model, "input_tokens", 10) for model in ("x", "y"))
    assert money(rate(usage("customer month model meter", *rows), terms).ledger) == billed


@pytest.mark.parametrize(
    ("window", "billed"),
    [
        ("day", (10 + 5) + 10 + 10),
        ("month", (10 + 10) + 10),
        ("quarter", 10 + 15),
        ("year", 10 + 15),
    ],
)
def test_a_count_begins_again_in_each_window(window, billed):
    """10 units on one day, 5 on the next, 5 in the month after; the first 5 of a window cost 2 each, then 1."""
    terms = card(f"""
        plan: p
        prices: {{t: {{measure: {{sum: input_tokens, window: {window}}}, curve: {{mode: marginal, tiers: [
            {{up_to: 5, rate: 2}}, {{rate: 1}}]}}}}}}
    """)
    rows = [("a", "input_tokens", day, n) for day, n in [("2026-01-05", 10), ("2026-01-06", 5), ("2026-02-07", 5)]]
    assert money(rate(usage("customer meter day", *rows), terms).ledger) == billed


def test_exact_rating_of_floats_adds_them_up_as_decimals():
    """0.1 and 0.2 hours are three tenths, three packages; added up as floats they would be four."""
    terms = card(
        "card: v\nprices: {t: {measure: {sum: audio_seconds}, convert: {per: 0.1, round: up}, curve: [{rate: 1}]}}"
    )
    made = usage("month model meter", ("2026-01", "x", "audio_seconds", 0.1), ("2026-01", "y", "audio_seconds", 0.2))
    assert [float(money(rate(made, terms, exact=e).ledger)) for e in (True, False)] == [3, 3]


def test_a_discount_in_a_band_leaves_alone_what_has_no_band():
    """1003 units at 0.0015 are 1.5045, rounded 1.50: a short line, a long one, and as much again; a fee has no band."""
    terms = card("""
        card: v
        rounding: 2
        prices:
          base: {curve: [{flat: 5}]}
          t: {measure: {sum: input_tokens}, curve: [{rate: 0.0015}]}
        bands: {long: {above: 200_000}}
        adjust: [{percent: 100, where: long}]
    """)
    rows = [("input_tokens", "2026-01", band, 1003) for band in ("0", "200000")]
    assert money(rate(usage("meter month prompt_tokens_above", *rows), terms).ledger) == 5 + 3 * D("1.50")


def test_several_adjustments_follow_each_other():
    """100 less a tenth is 90; less a tenth of that is 81, not 80."""
    terms = replace(card(BASE), adjust=(Adjust(percent=D(-10)), Adjust(percent=D(-10))))
    terms = replace(terms, prices=card("plan: p\nprices: {base: {curve: [{flat: 100}]}}").prices)
    assert money(rate(usage("customer meter month", ("a", "requests", "2026-01", 2)), terms).ledger) == 81


def test_cards_of_one_side_must_agree_on_party_and_currency():
    made = usage("customer meter month", ("a", "requests", "2026-01", 2))
    with pytest.raises(CardError, match=r"agree on their party; found \['customer', 'vendor'\]"):
        rate(made, [card(BASE), replace(card(BASE), party="vendor")])
    with pytest.raises(CardError, match=r"agree on their currency; found \['EUR', 'USD'\]"):
        rate(made, [card(BASE), replace(card(BASE), currency="EUR")])
    with pytest.raises(CardError, match="no card to rate with"):
        rate(made, [])


def test_a_card_that_asks_for_a_key_that_the_usage_lacks_is_refused():
    terms = card('plan: p\nwhere: plan == "pro"\nprices: {base: {curve: [{flat: 20}]}}')
    with pytest.raises(
        CardError, match=r"card 'p' \(card.yaml\) asks for the key 'plan', which the usage doesn't have"
    ):
        rate(usage("customer meter month", ("a", "requests", "2026-01", 2)), terms)
    with pytest.raises(CardError, match="card 'p' counts by month: no month here"):
        rate(usage("customer meter", ("a", "requests", 2)), card(BASE))


def test_no_usage_makes_an_empty_ledger():
    none = usage("customer meter month", ("a", "requests", "2026-01", 2)).pick(np.zeros(1, dtype=bool))
    assert len(rate(none, card(BASE)).ledger) == 0
    assert isinstance(rate(none, card(BASE)).ledger, Lines)


OWN = card("""
    card: v
    rates:
      - {model: m, provider: azure, input_tokens: 3}
      - {model: m, input_tokens: 2}
      - {model: m, input_tokens: 1, from: 2026-01-01}
      - {model: m, batch: true, input_tokens: 0.5}
""")


def priced(provider, batch="false"):
    row = ("input_tokens", "2026-02", "m", provider, batch, "standard", "2026-01-01", 100)
    return money(rate(usage("meter month model provider batch service_tier price_from", row), OWN).ledger)


def test_a_providers_own_price_goes_before_a_later_one_of_nobody():
    assert (priced("azure"), priced("openai")) == (300, 100)


def test_where_a_provider_has_prices_of_its_own_those_of_nobody_are_not_for_it():
    assert priced("openai", batch="true") == 50
    with pytest.raises(UnpricedUsage, match="no price for 100 input_tokens of azure m"):
        priced("azure", batch="true")


def test_a_surcharge_takes_nothing_of_what_is_set_aside():
    only = card("card: v\nprices: {t: {measure: {sum: input_tokens}, curve: [{rate: 3}], surcharge: true}}")
    rated = rate(usage("meter month", ("input_tokens", "2026-01", 7)), only, unpriced="keep")
    assert (money(rated.ledger), rated.unpriced.values["quantity"].tolist()) == (0, [7])


def test_a_discount_is_for_no_line_that_lacks_what_it_asks_for():
    """A fee has no model, so it is neither of model a nor of another: 100 + 10 less a tenth of the 10."""
    terms = card("""
        plan: p
        prices:
          base: {curve: [{flat: 100}]}
          t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}
        adjust: [{percent: -10, where: model != "a"}]
    """)
    made = usage("customer meter month model", ("x", "input_tokens", "2026-01", "b", 10))
    assert money(rate(made, terms).ledger) == 100 + 10 - 1


def test_a_third_of_exact_money_adds_up_without_dust():
    """Ten units at 1 for 3, on seven lines: each 3.333333333333333333, carried to 18 places, so that sums are exact."""
    terms = card("card: v\nprices: {t: {measure: {sum: input_tokens}, convert: {per: 3}, curve: [{rate: 1}]}}")
    rows = [("input_tokens", "2026-01", f"m{i}", 10) for i in range(7)]
    ledger = rate(usage("meter month model", *rows), terms).ledger
    assert set(ledger.values["amount"].tolist()) == {D("3.333333333333333333")}
    assert sum(ledger.values["amount"][::-1]) == sum(ledger.values["amount"]) == 7 * D("3.333333333333333333")


def test_a_discount_does_not_change_how_charges_round_that_it_is_not_on():
    """y: five features of 4 × 0.001 are 0.02 on one line. x: five of 1, half off one of them: 5 - 0.50."""
    terms = card("""
        plan: p
        prices:
          y: {measure: {sum: input_tokens}, curve: [{rate: 0.001}]}
          x: {measure: {sum: output_tokens}, curve: [{rate: 1}]}
        adjust: [{percent: -50, on: [x], where: feature == "f0"}]
    """)
    rows = [("c", f"f{i}", m, "2026-01", n) for i in range(5) for m, n in (("input_tokens", 4), ("output_tokens", 1))]
    assert money(rate(usage("customer feature meter month", *rows), terms).ledger) == D("4.52")


def test_a_card_may_ask_for_a_month_where_the_usage_is_by_day():
    """100 units in July, a tenth off, and 50 in August: 90 + 50; counted by month within the quarter as well."""
    off = card("""
        plan: p
        prices: {t: {measure: {sum: input_tokens}, curve: [{rate: 1}]}}
        adjust: [{percent: -10, where: month == "2026-07"}]
    """)
    rows = [("c", "input_tokens", day, n) for day, n in (("2026-07-01", 60), ("2026-07-02", 40), ("2026-08-01", 50))]
    assert money(rate(usage("customer meter day", *rows), off).ledger) == 90 + 50
    tiers = "{mode: marginal, tiers: [{up_to: 60, rate: 1}, {rate: 0.5}]}"
    kept = card(
        f"plan: p\nprices: {{t: {{measure: {{sum: input_tokens, window: quarter, by: [month]}}, curve: {tiers}}}}}"
    )
    assert money(rate(usage("customer meter day", *rows), kept).ledger) == 60 + 20 + 50


def test_meters_may_be_kept_apart_by_a_tiered_charge():
    """Each meter has tiers of its own: 2 × 1 + 1 × 0.5 and 2 × 1."""
    tiers = "{mode: marginal, tiers: [{up_to: 2, rate: 1}, {rate: 0.5}]}"
    apart = card(f"plan: p\nprices: {{t: {{measure: {{sum: total_tokens, by: [meter]}}, curve: {tiers}}}}}")
    made = usage("customer month meter", ("c", "2026-01", "input_tokens", 3), ("c", "2026-01", "output_tokens", 2))
    rated = rate(made, apart)
    assert money(rated.ledger) == D("2.5") + 2
    assert sum(step.amount for step in explain(rated, {"customer": "c"}).steps) == D("4.5")


def test_a_service_tier_of_batch_is_batch_work():
    row = ("input_tokens", "2026-02", "m", "openai", "false", "batch", "2026-01-01", 100)
    made = usage("meter month model provider batch service_tier price_from", row)
    assert money(rate(made, OWN).ledger) == 50
