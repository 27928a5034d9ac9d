"""Cards rated line by line in each world: the same revenue as inside the simulation, and cards that it can't say."""

from dataclasses import replace

import numpy as np
import pytest

from pertoken.forecast.replayed import Books, grain_of, replayed
from pertoken.forecast.simulate import simulate
from pertoken.forecast.tariff import tariffs
from pertoken.forecast.tariff_refused import refused
from tests.forecast.population import TIERS, converting, population
from tests.forecast.test_contracts_ahead import BUSY, busy, steady
from tests.forecast.test_kernel import ALLOWANCE, BUNDLE, COMMITMENT
from tests.made import card

FREE = "card: x\nscope: [customer]\nprices: {t: {measure: {sum: total_tokens}, curve: [{rate: 0}]}}"


def both(model, texts, promises=None, paths=20):
    """By the arrays, and line by line."""
    cards, known = [card(text) for text in texts], ({"plan": "one"}, {"plan": "two"})[: len(texts)]
    priced = tariffs(cards, model.cells, model.months, known=known)
    fast = simulate(model, priced, paths=paths, seed=3, promises=promises)
    books = Books(tuple((each,) for each in cards), known, "month")
    free = tariffs({each.name: card(FREE) for each in cards}, model.cells, model.months)
    return fast, replayed(model, free, books, paths=paths, seed=3, promises=promises)


MODELS = {
    "customers who leave, and newcomers": population(months=6, spread=0.2),
    "customers who come back": population(months=6, back=0.3, alive=0.7, arrivals=0.0),
    "customers of some age": population(months=6, age=9),
}


@pytest.mark.parametrize("text", [TIERS, BUNDLE, ALLOWANCE])
@pytest.mark.parametrize("name", MODELS)
def test_what_is_rated_line_by_line_is_what_the_arrays_rate_in_each_world(name, text):
    fast, slow = both(MODELS[name], [text])
    for each in ("driver", "cost", "customers", *fast.stages):
        if each != "unused":
            assert slow.sums[each] == pytest.approx(fast.sums[each], rel=1e-5, abs=0.02), each
    assert slow.money("billed") == pytest.approx(fast.money("billed"), rel=1e-5, abs=0.02)
    # what is left of a bundle is lost in the last month by the engine, and in the month after by the arrays
    assert slow.money().sum(axis=1) == pytest.approx(fast.money().sum(axis=1), rel=1e-5, abs=0.02)


def test_a_commitment_on_the_card_is_the_same_by_both():
    fast, slow = both(population(months=6, age=3, arrivals=0.0), [COMMITMENT])
    assert slow.money().sum(axis=1) == pytest.approx(fast.money().sum(axis=1), abs=0.02)
    assert slow.sums["unused"].sum() > 500


def test_plans_that_change_are_the_same_by_both():
    one, two = TIERS + "where: plan == 'one'\n", BUNDLE.replace("card: bundle", "card: two\nwhere: plan == 'two'")
    fast, slow = both(converting(population(months=6), [[0, 0.2], [0.1, 0]]), [one, two])
    assert slow.money("billed") == pytest.approx(fast.money("billed"), rel=1e-5, abs=0.02)
    assert slow.sums["drawn"].sum() > 10


def test_contracts_are_the_same_by_both():
    fast, slow = both(BUSY, [TIERS], promises=busy(), paths=40)
    assert fast.sums["minimum"].sum() > 1000
    for name in ("list", "minimum", "customers"):
        assert slow.sums[name] == pytest.approx(fast.sums[name], rel=1e-5, abs=0.02), name


PHASES = """
card: x
scope: [customer]
prices:
  base: {curve: [{flat: 100}]}
  tokens: {measure: {sum: total_tokens, window: month}, convert: {per: 1000}, curve: [{rate: 0.002}]}
phases:
  - {during: {months: 3}, adjust: [{percent: -50, on: [base]}]}
  - {during: {}}
"""


def test_a_phase_from_the_start_of_a_contract_is_counted_from_when_each_customer_came():
    model = steady(months=5)
    age = np.arange(11)
    model = replace(model, people=replace(model.people, age=age))
    made = card(PHASES)
    assert refused(made)
    free = tariffs([card(FREE)], model.cells, model.months)
    found = replayed(model, free, Books(((made,),), ({},), grain_of([made])), paths=20, seed=3)
    newcomers = found.sums["customers"].sum(axis=2) - 11
    assert (newcomers == 0).all()
    young = (age[:, None] + np.arange(5) < 3).sum(axis=0)  # 3, 2, 1, 0, 0 customers
    assert found.sums["discount"].sum(axis=2) == pytest.approx(np.tile(-50.0 * young, (20, 1)))


@pytest.mark.parametrize(
    ("said", "grain"),
    [
        ("during: {anchor: 15, prorate: day}\n", "day"),
        ("during: {from: 2027-02-10, prorate: day}\n", "day"),
        ("adjust: [{amount: -0.01, window: day}]\n", "day"),
        ("adjust: [{measure: {of: [tokens], window: month}, curve: {mode: all, tiers: [{rate: 0.9}]}}]\n", "month"),
    ],
)
def test_any_card_is_rated_in_the_periods_that_it_counts_by(said, grain):
    model = steady(months=3)
    made = card(TIERS + said)
    assert refused(made)
    assert grain_of([made]) == grain
    free = tariffs([card(FREE)], model.cells, model.months)
    found = replayed(model, free, Books(((made,),), ({},), grain), paths=20, seed=3)
    assert found.paths == 20
    assert found.money().sum() > 0


def test_a_maximum_by_the_day_is_held_against_a_month_spread_evenly():
    model = steady(months=2, noise=0.0, walk=0.0)
    model = replace(model, shared=replace(model.shared, error=0.0, shock=0.0, segment_shock=0.0))
    day = FREE.replace("rate: 0", "rate: 0.01").replace("total_tokens", "total_tokens, window: day")
    made = card(day + "\nclamp: {max: 40, window: day}\n")
    free = tariffs([card(FREE)], model.cells, model.months)
    found = replayed(model, free, Books(((made,),), ({},), "day"), paths=20, seed=3)
    level = model.people.level[:, 4]
    each = np.minimum(level * 0.01 / 31, 40)
    assert 0 < (each == 40).sum() < 11
    assert found.money().sum(axis=2)[:, 0] == pytest.approx(np.full(20, 31 * each.sum()), abs=0.01 * 31 * 11)
