"""What is allowed on a card, but likely wrong, is told with the money that shows it."""

import pytest

from pertoken.rating.doubt import doubts
from tests.made import card


def told(text):
    return [str(doubt) for doubt in doubts(card(text))]


def charge(curve, measure="sum: x_calls", convert="{}"):
    return f"plan: p\nprices:\n  t:\n    measure: {{{measure}}}\n    convert: {convert}\n    curve: {curve}\n"


def test_a_volume_cliff_is_told_with_the_money_on_both_sides():
    """1,000 units at 0.05 are 50.00; 1,001 at 0.04 are 40.04."""
    (one,) = told(charge("{mode: all, tiers: [{up_to: 1000, rate: 0.05}, {rate: 0.04}]}"))
    assert one.startswith("card.yaml:6: t: at 1,000 units 50.00, then 1,001 cost 40.04; expected a total that does not")


def test_a_cliff_is_told_even_where_one_more_unit_hides_it():
    """10 units at 9 are 90; just more at 8.5 are 85 and more, but 11 are 93.50 again."""
    (one,) = told(charge("{mode: all, tiers: [{up_to: 10, rate: 9}, {rate: 8.5}]}"))
    assert "at 10 units 90.00, then more cost 85.00" in one


@pytest.mark.parametrize(
    "curve",
    [
        "{mode: marginal, tiers: [{up_to: 1000, rate: 0.05}, {rate: 0.04}]}",
        "{mode: all, tiers: [{up_to: 1000, rate: 0.04}, {rate: 0.05}]}",
        "{mode: all, tiers: [{up_to: 1000, rate: 0.05}, {rate: 0.04, flat: 10}]}",
        "{mode: all, select: input_tokens, tiers: [{up_to: 1000, rate: 0.05}, {rate: 0.04}]}",
    ],
    ids=["each unit in its own tier", "a rise", "a flat that makes up for it", "a tier picked by something else"],
)
def test_a_total_that_does_not_fall_is_no_cliff(curve):
    assert told(charge(curve)) == []


def test_a_tier_like_its_neighbour_is_told():
    (one,) = told(charge("{mode: marginal, tiers: [{up_to: 5, rate: 1}, {up_to: 9, rate: 1}, {rate: 2}]}"))
    assert one.startswith("card.yaml:6: t: the tier above 5 costs what the one before it does")


def test_a_tier_without_a_whole_number_in_it_is_never_reached():
    """Packages are whole: above 10 and up to 10.5 there is none."""
    tiers = "{mode: marginal, tiers: [{up_to: 10, rate: 3}, {up_to: 10.5, rate: 2}, {rate: 1}]}"
    (one,) = told(charge(tiers, convert="{per: 1000, round: up}"))
    assert "no whole number lies above 10 and up to 10.5" in one


def test_a_curve_behind_a_pool_that_blocks_is_never_used():
    pool = "pools: [{id: g, unit: calls, grant: 5, price: 0, eligible: [t], unused: forfeit, outside: block}]"
    (one,) = told(charge("[{rate: 1}]") + pool)
    assert "t has a curve, but a pool covers it and blocks the rest" in one


def test_a_thousand_fold_step_between_tiers_is_told():
    (one,) = told(charge("{mode: marginal, tiers: [{up_to: 5, rate: 0.001}, {rate: 1}]}"))
    assert "t: 1 after 0.001, a thousand-fold step" in one


@pytest.mark.parametrize(
    ("convert", "rate", "message"),
    [
        ("{}", "0.002", None),
        ("{}", "0.01", "t costs 0.01 for one token, 10,000.00 USD for a million; did you mean per: 1000 or per: 1_000"),
        ("{per: 1000}", "15", "t costs 0.015 for one token, 15,000.00 USD for a million; did you mean per: 1_000_000?"),
        ("{per: 1_000_000}", "15", None),
        ("{per: 1_000_000}", "0.000015", "t costs 0.000015 USD for a million tokens; is `rate` the price of one"),
        ("{per: 1_000_000}", "0", None),
    ],
)
def test_a_price_of_the_wrong_unit_is_told(convert, rate, message):
    found = told(charge(f"[{{rate: {rate}}}]", measure="sum: total_tokens", convert=convert))
    assert [each for each in found if message and message in each] == (found if message else [])
    assert len(found) == (message is not None)


def test_a_yen_is_not_a_dollar():
    """A token for 0.02 yen is 20,000 yen for a million: dear, but no slip."""
    text = charge("[{rate: 0.02}]", measure="sum: total_tokens")
    assert told(f"{text}currency: JPY") == []


def test_charges_of_one_unit_a_thousand_fold_apart_are_told():
    _, one = told("""\
        card: v
        prices:
          input: {measure: {sum: input_tokens}, curve: [{rate: 3}], convert: {per: 1_000_000}}
          output: {measure: {sum: output_tokens}, curve: [{rate: 15}], convert: {per: 1000}}
        """)
    assert one.startswith("card.yaml:4: a token of output costs 0.015, of input 0.000003: 5,000 times apart")


def test_rates_of_one_model_a_thousand_fold_apart_are_told():
    (one,) = told("card: v\nrates:\n  - {model: m, input_tokens: 3e-6}\n  - {model: m, per: 1000, output_tokens: 3}")
    assert "a token of output_tokens of m costs 0.003, of input_tokens 0.000003: 1,000 times apart" in one


def test_rates_of_several_models_may_lie_far_apart():
    assert told("card: v\nrates:\n  - {model: m, input_tokens: 3e-8}\n  - {model: n, input_tokens: 1e-4}") == []


BASE = "plan: p\nprices: {base: {curve: [{flat: 20}]}, extra: {curve: [{flat: 5}]}}\n"


@pytest.mark.parametrize(
    ("adjust", "count"),
    [
        ("[{amount: -5}, {percent: -10}]", 1),
        ("[{amount: -5, on: [base]}, {percent: -10, on: [base]}]", 1),
        ("[{amount: -5, on: [base]}, {percent: -10, on: [extra]}]", 0),
        ("[{percent: -5}, {percent: -10}]", 0),
    ],
)
def test_an_order_that_only_the_list_says_is_told(adjust, count):
    """5 off 25 and then 10 % leave 18.00; 10 % off and then 5 leave 17.50."""
    found = told(f"{BASE}adjust: {adjust}")
    assert len(found) == count
    assert all("an adjust by amount, then one by share" in each for each in found)


def test_an_order_that_is_said_is_not_told():
    assert told(f"{BASE}adjust: [{{amount: -5}}, {{percent: -10}}]\norder: orb") == []


@pytest.mark.parametrize(("price", "count"), [(50, 0), (80, 1)])
def test_a_bundle_dearer_than_what_it_saves_is_told(price, count):
    """50 M tokens at 0.0015 for 1K are 75: a bundle for 50 saves money, one for 80 does not."""
    pool = f"{{id: bundle, unit: tokens, grant: 50_000_000, price: {price}, eligible: [t], unused: forfeit}}"
    curve = charge("[{rate: 0.0015}]", measure="sum: total_tokens", convert="{per: 1000}")
    found = told(f"{curve}pools: [{pool}]")
    assert len(found) == count
    assert all("one of its tokens costs 0.0000016, beyond it 0.0000015" in each for each in found)


def test_a_rollover_without_end_is_told():
    """A free plan that rolls all of it over owes more each month."""
    roll = "{share: 1, of: remaining, periods: 12}"
    pool = f"{{id: g, unit: calls, grant: 5, every: month, price: 0, eligible: [t], unused: forfeit, rollover: {roll}}}"
    (one,) = told(charge("[{rate: 1}]") + f"pools: [{pool}]")
    assert "pool g carries all that is left for 12 cycles without a limit" in one
