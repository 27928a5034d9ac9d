"""A forecast in a model, on worlds made by hand: which world, the mean around a rank, and nothing torn apart."""

from dataclasses import replace
from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from pertoken.books.statement import statement, unit_economics
from pertoken.connect.models import model_from
from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Ledger, Usage
from pertoken.core.nodes import Sample
from pertoken.core.units import ONE
from pertoken.forecast.kept import Kept
from pertoken.scenario.compare import compared
from pertoken.scenario.compile import compiled
from pertoken.scenario.drawn_worlds import dimensions, drawn
from pertoken.scenario.operations import world_of
from pertoken.scenario.run import run
from pertoken.scenario.simulate import Draws, simulate
from pertoken.scenario.swing import sensitive
from pertoken.scenario.trace import traced
from pertoken.scenario.worlds import cases, named

MONTHS = ("2027-01", "2027-02", "2027-03")

PRO = np.array([[30.0, 1.0, 1.0], [4.0, 4.0, 4.0], [2.0, 3.0, 5.0], [1.0, 1.0, 60.0]])
FREE = np.array([[1.0, 1.0, 1.0], [2.0, 2.0, 2.0], [3.0, 3.0, 3.0], [4.0, 4.0, 4.0]])
"""Four worlds of two plans: totals of 35, 18, 19 and 74, so that the order is the 2nd, the 3rd, the 1st, the 4th."""

BY_HAND = Kept(
    months=MONTHS,
    values={
        ("revenue", "", ""): PRO + FREE,
        ("revenue", "plan", "pro"): PRO,
        ("revenue", "plan", "free"): FREE,
        ("usage", "", ""): 1000 * FREE,
        ("customers", "", ""): FREE,
    },
    currency="USD",
    unit="tokens",
    as_of="2026-12-31",
    seed=7,
    simulated=10_240,
)
TOTALS = np.array([18.0, 19.0, 35.0, 74.0])

SALES = {"income": {"sales": "growth.revenue"}}


def spec(said=None, *, start="2027-01", months=3, growth=BY_HAND, **parts):
    whole = {"model": "small", "calendar": {"start": start, "months": months}, "currency": "USD"}
    return model_from({**whole, **(said or SALES), **parts}, source="m.yaml", forecasts={"growth": growth})


def made(*args, **more):
    return compiled(spec(*args, **more))


def total(model, name="revenue", case="base", **but):
    return float(run(model, named(model, case, but)).total(name))


def refusal(*args, **more):
    with pytest.raises(InputError) as caught:
        made(*args, **more)
    return str(caught.value)


@pytest.mark.parametrize(("share", "place"), [(0.1, 0), (0.25, 1), (0.4, 1), (0.5, 2), (0.7, 2), (0.9, 3), (1.0, 3)])
def test_a_world_is_the_one_below_which_so_many_lie(share, place):
    model = made()
    assert total(model, **{"growth.world": 100 * share, "growth.width": 0}) == TOTALS[place]


def test_a_named_case_is_the_mean_of_the_worlds_around_its_rank_so_that_months_and_parts_add_up():
    """Half of four worlds around the middle: the 2nd and the 3rd in order, (19 + 35) / 2 = 27."""
    model = made({"income": {"pro": "growth.revenue.plan.pro", "free": "growth.revenue.plan.free"}}, forecasts={
        "growth": {"width": "50%"}})  # fmt: skip
    found = run(model, named(model)).values
    np.testing.assert_allclose(found["revenue"], [(5 + 31) / 2, (6 + 2) / 2, (8 + 2) / 2])
    np.testing.assert_allclose(found["income.pro"], [(2 + 30) / 2, (3 + 1) / 2, (5 + 1) / 2])
    np.testing.assert_allclose(found["income.pro"] + found["income.free"], found["revenue"])
    assert total(model) == 27


def test_low_and_high_are_the_tenth_from_below_and_from_above():
    model = made()
    assert cases(model) == ("base", "low", "high")
    assert (total(model, case="low"), total(model), total(model, case="high")) == (18, 35, 74)


def test_the_base_case_may_be_about_another_rank_and_a_scenario_about_one_more():
    model = made({**SALES, "forecasts": {"growth": {"world": "30%"}}, "scenarios": {"best": {"growth.world": "99%"}}})
    assert (total(model), total(model, case="best")) == (19, 74)


@given(st.integers(1, 200), st.integers(0, 200), st.integers(0, 200))
def test_the_mean_around_a_rank_is_what_exact_counting_finds(many, rank, width):
    """Brute force in fractions, world by world; ranks and widths in halves of a percent."""
    worlds = [[Fraction(world * world + month) for month in range(2)] for world in range(many)]
    count = min(max(floor(Fraction(width, 200) * many + Fraction(1, 2)), 1), many)
    first = floor(Fraction(rank, 200) * many - Fraction(count, 2) + Fraction(1, 2))
    part = worlds[min(max(first, 0), many - count) :][:count]
    expected = [float(sum(column) / count) for column in zip(*part, strict=True)]
    sample = Sample("s", np.array(worlds, dtype=float), ONE)
    found = world_of(sample, np.array([rank / 2]) / 100, np.array([width / 2]) / 100)
    np.testing.assert_allclose(found, expected)


def test_worlds_are_counted_in_decimals():
    """In floats 29 % of 100 worlds are a little less than 29, and 14.5 % a little less than a tie."""
    sample = Sample("s", np.arange(1.0, 101.0)[:, np.newaxis], ONE)
    assert world_of(sample, np.array([0.29]), np.array([0.0])).tolist() == [30]
    assert world_of(sample, np.array([0.0]), np.array([0.145])).tolist() == [8]  # the mean of 1 to 15


def test_a_mean_is_exact_beside_a_world_of_any_size():
    sample = Sample("s", np.array([[1e22], [3.0], [5.0], [7.0]]), ONE)
    several = world_of(sample, np.array([[0.75], [0.5], [0.0]]), np.array([0.5]))
    assert several.tolist() == [[6], [4], [5e21]]


@pytest.mark.parametrize("kind", ["lhs", "random"])
def test_each_drawn_world_is_one_world_of_the_forecast_with_all_its_months_and_parts(kind):
    said = {"income": {"pro": "growth.revenue.plan.pro", "free": "growth.revenue.plan.free"},
            "drivers": {"rest": "growth.revenue - growth.revenue.plan.pro - growth.revenue.plan.free"}}  # fmt: skip
    model = made({**said, "costs": {"support": "2 USD/customer * growth.customers"}})
    rng = np.random.default_rng(1)
    shares = rng.random((500, 1)) if kind == "random" else (np.arange(500)[:, np.newaxis] + 0.5) / 500
    values = run(model, drawn(model, shares)).values
    order = [1, 2, 0, 3]
    at = np.array(order)[np.floor(shares[:, 0] * 4).astype(int)]
    np.testing.assert_array_equal(values["revenue"], (PRO + FREE)[at])
    np.testing.assert_array_equal(values["income.pro"], PRO[at])
    np.testing.assert_array_equal(values["costs.support"], 2 * FREE[at])
    np.testing.assert_array_equal(values["rest"], 0)


def test_where_each_world_is_taken_as_often_mean_and_quantiles_are_those_of_the_forecast():
    """1,000 worlds in 10 replicates of 1,000: each ten times."""
    rng = np.random.default_rng(2)
    revenue = rng.lognormal(10, 0.5, (1_000, 3))
    model = made(growth=Kept(months=MONTHS, values={("revenue", "", ""): revenue}, currency="USD"))
    found = simulate(model, Draws(count=10_000))
    np.testing.assert_array_equal(np.sort(found.kept["revenue"]), np.repeat(np.sort(revenue.sum(axis=1)), 10))
    np.testing.assert_allclose(found.months["revenue"]["mean"], revenue.mean(axis=0), rtol=1e-12)


def test_fewer_worlds_than_draws_come_again_and_more_are_thinned_evenly():
    found = simulate(made(), Draws(count=4_000)).kept["revenue"]
    assert np.unique(found, return_counts=True)[1].tolist() == [1_000] * 4
    few = simulate(made(), Draws(count=20)).kept["revenue"]
    assert np.unique(few, return_counts=True)[1].tolist() == [5] * 4


def test_the_rank_of_the_world_is_correlated_as_any_input():
    rng = np.random.default_rng(4)
    growth = Kept(months=MONTHS, values={("revenue", "", ""): rng.lognormal(3, 1, (1_000, 3))}, currency="USD")
    team = {"team": {"value": 50, "unit": "USD", "p10": 40, "p90": 65}}
    together = [{"between": ["growth.world", "team"], "rank": 0.8}]
    said = {**SALES, "assumptions": team, "costs": {"team": "team"}, "correlations": together}
    found = simulate(made(said, growth=growth), Draws(count=10_000), of=["revenue", "costs.team"]).kept
    assert spearmanr(found["revenue"], found["costs.team"]).statistic == pytest.approx(0.8, abs=0.005)


def test_a_bar_of_the_tornado_ends_at_the_worlds_around_p10_and_p90():
    (bar,) = sensitive(made(), "revenue").swings
    assert (bar.name, bar.at_low, bar.at_high) == ("growth.world", 18, 74)


def test_two_scenarios_are_compared_in_the_same_worlds_of_the_forecast():
    model = made(
        {**SALES, "assumptions": {"team": "5 USD"}, "costs": {"team": "team"}, "scenarios": {"lean": {"team": "3 USD"}}}
    )
    found = compared(("base", model, "base"), ("lean", model, "lean"), draws=Draws(count=200))
    np.testing.assert_allclose(found.differences["operating_result"], 3 * (5 - 3))


def test_a_model_of_some_months_ranks_worlds_by_these_alone():
    """In 2027-02 and 2027-03 the worlds earn 4, 12, 14 and 69; the third in order is the third as made."""
    model = made(start="2027-02", months=2)
    assert [total(model, **{"growth.world": share}) for share in (10, 40, 60, 90)] == [4, 12, 14, 69]


def test_usage_of_a_forecast_is_asked_of_a_vendor():
    """3,000 tokens in the world of the base case; 1,000 to a request; 2 dollars for 1M input tokens."""
    said = {
        "workloads": {"chat": {"requests": "growth.usage / (1_000 token/request)", "tokens": {"input": 1000},
                               "vendor": "llm", "model": "m"}},
        "vendors": {"llm": {"rates": {"m": {"input": 2, "output": 8}}}},
    }  # fmt: skip
    model = made({**SALES, **said})
    assert total(model, "requests.chat") == 3
    assert total(model, "total_cost") == pytest.approx(3_000 * 2 / 1e6)


def test_unit_economics_world_by_world_are_those_of_the_books():
    """The same worlds as a ledger: revenue of a million tokens in each, by `books` and by the model."""
    months = {"month": Key.of(MONTHS)}
    about = {**months, "account": Key.constant("revenue", 3), "stage": Key.constant("list", 3)}
    meter = {**months, "meter": Key.constant("input_tokens", 3)}
    ledger = Ledger(about, {"quantity": 1000 * FREE, "amount": PRO + FREE})
    folded = statement(Usage(meter, {"quantity": 1000 * FREE}), {"revenue": ledger}, ["month"])
    (books,) = unit_economics(folded)
    model = made({**SALES, "drivers": {"tokens": "growth.usage"}})
    values = run(model, drawn(model, np.array([[0.1], [0.4], [0.6], [0.9]]))).values
    ours = values["revenue"].sum(axis=-1) / values["tokens"].sum(axis=-1) * 1e6
    np.testing.assert_allclose(np.sort(ours), np.sort(books.revenue), rtol=1e-12)


def test_two_forecasts_draw_their_worlds_apart_and_a_quantity_nobody_asks_for_is_no_row():
    said = {"model": "m", "calendar": {"start": "2027-01", "months": 3}, "income": {"sum": "one.revenue + two.revenue"}}
    model = compiled(model_from(said, forecasts={"one": BY_HAND, "two": BY_HAND}))
    assert dimensions(model) == ("one.world", "two.world")
    values = run(model, drawn(model, np.array([[0.1, 0.9]]))).values
    assert values["revenue"].sum() == 18 + 74
    assert {row.name for row in model.before.rows if row.section == "forecasts"} == {"one.revenue", "two.revenue"}


def test_a_quantity_is_explained_down_to_the_rank_and_its_source():
    model = made()
    tree = traced(model, "revenue", depth=5).tree
    row = next(each for each in _below(tree) if each.name == "growth.revenue")
    assert row.formula == "worlds of the forecast around the rank growth.world"
    assert [each.name for each in row.of] == ["growth.world", "growth.width"]
    assert row.of[0].source == "a forecast: 4 of 10,240 worlds, seed 7"
    assert str(model.inputs["growth.world"].as_of) == "2026-12-31"


def _below(tree):
    return [tree, *(each for child in tree.of for each in _below(child))]


def test_another_currency_needs_a_rate():
    euros = Kept(months=MONTHS, values={("revenue", "", ""): PRO}, currency="EUR")
    said = refusal(growth=euros)
    assert "`growth.revenue` is in EUR; expected USD" in said
    assert "multiply by something in USD / EUR" in said
    rate = {"assumptions": {"rate": {"value": 2, "unit": "USD / EUR"}}, "income": {"sales": "growth.revenue * rate"}}
    assert total(made(rate, growth=euros), **{"growth.world": 99}) == 2 * 62


def test_months_that_the_forecast_has_not_are_told():
    said = refusal(start="2027-02", months=4)
    assert "forecast growth lacks 2027-04, 2027-05: it goes from 2027-01 to 2027-03" in said
    assert "expected all months from 2027-02 to 2027-05; forecast more --months, or change the calendar" in said


def test_a_part_that_is_not_there_is_told_with_those_that_are():
    said = refusal({"income": {"sales": "growth.revenue.plan.prp"}})
    assert "`growth.revenue.plan.prp` in `income.sales`: the forecast growth has none" in said
    assert "expected revenue, usage, customers; by plan (pro, free)" in said
    assert "did you mean growth.revenue.plan.pro" in said


def test_a_label_that_stands_in_quotes_is_offered_in_quotes():
    labelled = replace(BY_HAND, values={**BY_HAND.values, ("revenue", "customer", "team-334"): PRO})
    said = refusal({"income": {"sales": "growth.revenue.customer.team-334"}}, growth=labelled)
    offered = "'growth.revenue.customer.team-334'"
    assert f"did you mean {offered}" in said
    assert total(made({"income": {"sales": offered}}, growth=labelled)) == 32


def test_a_forecast_without_a_card_has_no_revenue():
    bare = Kept(months=MONTHS, values={("usage", "", ""): FREE, ("customers", "", ""): FREE}, unit="tokens")
    assert "make the forecast with the card that charges it: --card CARD, for its revenue" in refusal(growth=bare)


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"growth": {"file": "no.parquet"}, "other": "no.parquet"}, "can't read no.parquet: No such file"),
        ({"other": {}}, "forecast other has no file; expected a file of its worlds, as other.parquet; write them with"),
        ({"other": {"path": "x"}}, "unknown word 'path' in forecast other"),
        ({"growth": {"world": 0.25}}, "world is Decimal('0.25'); expected a share of the worlds, as 25%"),
        ({"growth": {"width": "-1%"}}, "width is '-1%'; expected a share of the worlds, as 25%"),
        ({"growth": {"width": "120%"}}, "width is '120%'; expected a share of the worlds, as 25%"),
        ({"a.b": "x.csv"}, "forecasts has a name 'a.b'; expected a letter, then letters, digits, _ and -"),
        (["x.csv"], "forecasts is ['x.csv']; expected names, each with what it is"),
    ],
)
def test_what_is_wrong_with_a_forecast_is_told(said, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert message in refusal({**SALES, "forecasts": said})


@pytest.mark.parametrize(("name", "share"), [("world", "150%"), ("world", "-5%"), ("width", "101%")])
def test_no_scenario_has_a_rank_or_a_width_beyond_all_worlds(name, share):
    said = refusal({**SALES, "scenarios": {"best": {f"growth.{name}": share}}})
    assert f"growth.{name} is '{share}'; expected a share from 0% to 100%" in said


def test_worlds_that_are_given_count_in_the_digest_of_the_model():
    other = Kept(months=MONTHS, values={("revenue", "", ""): PRO}, currency="USD")
    assert spec().digest == spec().digest != spec(growth=other).digest
    assert spec(growth=other).digest != spec(growth=replace(other, currency="EUR")).digest
