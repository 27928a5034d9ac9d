"""The compiled simulation is its readable twin, in any order, on any number of threads, in shards or whole."""

from collections import Counter
from dataclasses import replace

import joblib
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import ndtri

from pertoken.core import special
from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.forecast import kernel_draw, kernel_world
from pertoken.forecast.certain import customer_sums, twin_arrays
from pertoken.forecast.kernel_people import common_of, people_of
from pertoken.forecast.kernel_turn import turns_of
from pertoken.forecast.paths import paths_of
from pertoken.forecast.population import FACTORS
from pertoken.forecast.promises import Promises
from pertoken.forecast.sharded import simulate_sharded
from pertoken.forecast.simulate import checked, paired, simulate
from pertoken.forecast.streams import GOLDEN, PAIRS, Stream, keys_of, mixed
from pertoken.forecast.tariff import tariffs
from pertoken.forecast.tariff_bill import bill
from pertoken.forecast.tiers import tiers
from pertoken.forecast.under_contract import losses
from pertoken.forecast.worlds import counted, worlds
from pertoken.rating.rate import amount, rate
from tests.forecast.population import TIERS, converting, population
from tests.made import card

BUNDLE = """
card: bundle
scope: [customer]
prices:
  base: {curve: [{flat: 3}]}
  tokens: {measure: {sum: total_tokens, window: month}, convert: {per: 1000}, curve: [{rate: 0.002}]}
pools:
  - {id: b, unit: tokens, grant: 90_000, every: month, price: 0.2, eligible: [tokens], unused: forfeit,
     rollover: {share: 0.5, of: remaining, periods: 2}}
adjust: [{percent: -10, on: [tokens]}]
clamp: {min: 3.5, window: month}
order: [discount, minimum]
"""


def test_words_are_those_of_the_published_generators():
    # SplitMix64 of the seed 1234567 (Rosetta Code); xoshiro128+ of the state 1, 2, 3, 4 (the Rust crate rand_xoshiro)
    with np.errstate(over="ignore"):
        assert int(mixed(np.array([1234567], dtype=np.uint64) + np.uint64(GOLDEN))[0]) == 6457827717110365317
    stream = Stream(np.uint64(1), np.zeros(1, dtype=np.int64))
    stream.state = [np.array([k], dtype=np.uint32) for k in (1, 2, 3, 4)]
    assert [int(stream.words()[0]) for _ in range(5)] == [5, 12295, 25178119, 27286542, 39879690]


def fitted(function, low, high, degree):
    made = np.polynomial.chebyshev.Chebyshev.interpolate(function, degree, domain=[low, high])
    return made.convert(kind=np.polynomial.Polynomial, domain=[-1, 1], window=[-1, 1]).coef


@pytest.mark.parametrize(
    ("numbers", "function", "low", "high"),
    [
        (kernel_draw.EXP, np.exp2, -0.5, 0.5),
        (kernel_draw.LOG, lambda m: np.log1p(m) / m, np.sqrt(0.5) - 1, np.sqrt(2) - 1),
        (kernel_draw.SIN, lambda y: np.sin(2 * np.pi * np.sqrt(y)) / np.sqrt(y), 0, 0.25),
        (kernel_draw.COS, lambda y: np.cos(2 * np.pi * np.sqrt(y)), 0, 0.25),
    ],
)
def test_polynomials_run_through_chebyshevs_points(numbers, function, low, high):
    assert fitted(function, low, high, len(numbers) - 1) == pytest.approx(np.array(numbers, dtype=float), rel=1e-6)


def test_normals_are_normal_and_opposite_in_a_pair():
    stream = Stream(keys_of(["acme"], 5)[0], np.arange(50_000))
    one, two = stream.normals()
    assert (one[0] == -one[1]).all()
    assert stats.kstest(one[0], "norm").pvalue > 1e-3
    assert stats.kstest(two[0], "norm").pvalue > 1e-3
    assert abs(np.corrcoef(one[0], two[0])[0, 1]) < 0.02


@pytest.mark.parametrize("size", [0.7, 5.0, np.inf])
def test_newcomers_are_counted_as_scipy_counts_them(size):
    share, mean = np.random.default_rng(1).uniform(size=500), np.random.default_rng(2).uniform(0.1, 60, 500)
    law = stats.poisson(mean) if np.isinf(size) else stats.nbinom(size, size / (size + mean))
    assert counted(share, mean, size).tolist() == law.ppf(share).astype(int).tolist()


def test_arrivals_are_expected_as_said_and_less_sure_with_each_month():
    model = population(3, 2, segments=1)
    wide = replace(
        model.shared, arrivals=np.full((1, 2), 50.0), arrivals_error=np.array([0.1, 0.6]), arrivals_size=np.inf
    )
    born = worlds(replace(model, shared=wide), paths=10_240, seed=1).born[0]
    assert born.mean(axis=1) == pytest.approx([50, 50], rel=0.02)
    # Poisson around a log-normal rate of mean 50
    assert born.var(axis=1) == pytest.approx(50 + 2500 * np.expm1(np.array([0.1, 0.6]) ** 2), rel=0.1)
    assert np.corrcoef(born)[0, 1] > 0.4


def test_normals_of_worlds_are_those_of_scipy():
    share = np.concatenate([np.random.default_rng(1).uniform(size=5000), [1e-300, 1e-20, 0.0749, 0.0751, 1 - 1e-12]])
    assert special.normal_scores(share.reshape(5, -1)) == pytest.approx(
        ndtri(share).reshape(5, -1), rel=1e-14, abs=1e-15
    )


@given(st.integers(1, 30), st.integers(1, 1_200), st.integers(0, 2**32))
def test_a_product_is_numpys(rows, lanes, seed):
    rng = np.random.default_rng(seed)
    root, each = rng.normal(size=(rows, 7)), rng.normal(size=(7, lanes))
    assert kernel_world.product(root, each) == pytest.approx(root @ each, abs=1e-12)


@pytest.mark.parametrize("paths", [20, 160, 640, 1_280, 10_240])
def test_each_path_is_in_one_pair_and_both_of_one_replicate(paths):
    shared = worlds(population(2), paths=paths, seed=1)
    first, second = paired(shared)
    assert sorted([*first, *second]) == list(range(shared.paths))
    size = shared.paths // shared.replicates
    assert (first // size == second // size).all()


def test_packed_newcomers_are_those_who_come():
    model = population(customers=2, arrivals=60.0, segments=2)
    priced = tariffs([card(TIERS)], model.cells, model.months)
    shared = worlds(model, paths=640, seed=3)
    people = people_of(model, priced, shared, 3, Promises.none(2, 5))
    common = common_of(model, shared, paired(shared)[:, :PAIRS].reshape(-1))
    turns = turns_of(people, common)
    packed = turns.pack >= 0
    found = Counter(
        (int(turns.who[pack, k]), int(turns.pair[pack, k]))
        for pack in turns.pack[packed]
        for k in range(turns.taken[pack])
    )
    wanted = Counter(
        (row, pair)
        for row in np.flatnonzero(people.slot >= 0).tolist()
        for pair in range(PAIRS)
        if max(common.born[people.segment[row], people.born[row], [pair, PAIRS + pair]]) > people.slot[row]
    )
    assert found == wanted
    assert max(found.values()) == 1
    rows = turns.row[packed]
    for name in ("segment", "born", "group"):
        each = getattr(people, name)
        assert (each[turns.who[turns.pack[packed]]] == each[rows][:, None]).all()


def test_as_many_newcomers_are_there_as_come():
    model = population(customers=2, arrivals=60.0, alive=1.0)
    laws = tuple(replace(law, leave=np.zeros(1)) for law in model.laws)
    model = replace(model, laws=laws)
    priced = tariffs([card(TIERS)], model.cells, model.months)
    found, shared = simulate(model, priced, paths=640, seed=3), worlds(model, paths=640, seed=3)
    assert (found.sums["customers"].sum(axis=2) == 2 + shared.born.sum(axis=0).cumsum(axis=0).T).all()


MODELS = {
    "walk and noise": population(),
    "walk": population(noise=0.0),
    "noise": population(walk=0.0),
    "idle months, bound customers": population(idle=0.2, bound=2),
    "customers who come back": population(back=0.1),
    "no one to come": population(arrivals=0.0),
    "many to come, in some paths": population(arrivals=9.0, back=0.1, idle=0.1),
    "segments whose levels move apart": population(level_alike=-0.4),
}


def twin_sums(model, priced, *, paths=20, seed=3, held=(), rounded=False, promises=None):
    """What the twin adds up, in the blocks of the simulation."""
    shared = checked(model, priced, paths=paths, seed=seed, held=held)
    lanes = min(512, shared.paths // shared.replicates)
    out = []
    due = Promises.none(len(model.people.names), len(model.months)) if promises is None else promises
    places = tiers(model, priced.plans, due)
    lost = losses(due, shared.leave, replicates=shared.replicates, seed=seed, held=held)
    for first in range(0, shared.paths, lanes):
        people, common = twin_arrays(model, priced, shared, seed, due, slice(first, first + lanes))
        pairs = np.arange(first // 2, (first + lanes) // 2)
        mine = lost[:, first : first + lanes]
        out.append(customer_sums(
            priced, people, common, pairs, places, rounded=rounded, promises=due, lost=mine, held=held,
        ))  # fmt: skip
    return {name: np.concatenate([each[name] for each in out]) for name in out[0]}


def same(found, twin):
    for name, each in found.sums.items():
        scale = np.abs(twin[name]).max() + 1e-9
        assert each / scale == pytest.approx(twin[name] / scale, abs=2e-5), name


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("text", [TIERS, BUNDLE])
def test_the_compiled_simulation_is_its_twin(name, text):
    model = MODELS[name]
    priced = tariffs([card(text)], model.cells, model.months)
    same(simulate(model, priced, paths=20, seed=3), twin_sums(model, priced))


@pytest.mark.parametrize("held", [["customers"], ["whales"], ["customers", "whales"], ["growth", "level", "arrivals"]])
def test_the_twin_holds_still_what_the_simulation_does(held):
    model = population()
    priced = tariffs([card(TIERS)], model.cells, model.months)
    same(simulate(model, priced, paths=20, seed=3, held=held), twin_sums(model, priced, held=held))


def test_customers_who_change_their_plan_are_those_of_the_twin():
    model = converting(population(), [[0, 0.2], [0.1, 0]])
    priced = tariffs([card(TIERS), card(BUNDLE)], model.cells, model.months)
    same(simulate(model, priced, paths=20, seed=3), twin_sums(model, priced))


def test_a_result_has_the_same_bits_on_any_number_of_threads():
    model = population()
    priced = tariffs([card(TIERS)], model.cells, model.months)
    one, two = (simulate(model, priced, paths=60, seed=3, threads=n) for n in (1, 3))
    assert all((one.sums[name] == two.sums[name]).all() for name in one.sums)


def test_the_order_of_customers_changes_nothing():
    model = population(customers=7)
    priced = tariffs([card(TIERS)], model.cells, model.months)
    order = np.array([3, 0, 6, 2, 5, 1, 4])
    back = np.argsort(order)
    people = model.people
    per_row = ("segment", "plan", "group", "age", "level", "noise", "walk", "idle", "alive", "mix", "cost", "bound")
    other = replace(
        people,
        names=tuple(people.names[i] for i in order),
        whales=back[people.whales],
        **{name: getattr(people, name)[order] for name in per_row},
    )
    one, two = (simulate(each, priced, paths=20, seed=3) for each in (model, replace(model, people=other)))
    assert one.money() == pytest.approx(two.money(), rel=1e-6)


def test_scenarios_on_one_seed_see_the_same_chance():
    model = population()
    cards = (card(TIERS.replace("0.003", rate)) for rate in ("0.003", "0.004"))
    cheap, dear = (tariffs([each], model.cells, model.months) for each in cards)
    one, two = (simulate(model, each, paths=20, seed=3) for each in (cheap, dear))
    assert (one.sums["driver"] == two.sums["driver"]).all()


def test_the_mean_is_that_of_the_law():
    # one price, nobody new: the mean is level x growth x survival; noise and walk leave it where it is
    model = population(customers=3, spread=0.0, arrivals=0.0, alive=1.0, segments=1)
    still = replace(model.shared, error=0.0, shock=0.0, segment_shock=0.0, leave=0.0)
    model = replace(model, shared=still)
    priced = tariffs([card(TIERS)], model.cells, model.months)
    found = simulate(model, priced, paths=5_120, seed=3)
    stays = np.cumprod([1, 0.98, 0.98, 0.98, 0.98])  # they came three months ago
    wanted = model.people.level[:, 4].sum() * np.exp(0.01 * np.arange(1, 6)) * stays
    error = found.error(lambda x: x.mean(axis=0), found.sums["driver"].sum(axis=2))
    assert found.sums["customers"].sum(axis=2).mean(axis=0) == pytest.approx(3 * stays, abs=0.02)
    assert np.abs(found.sums["driver"].sum(axis=2).mean(axis=0) - wanted).max() < 5 * error.max()
    assert error.max() < 0.01 * wanted.max()


@pytest.mark.parametrize("noise", [0.4, 0.9])
def test_revenue_under_an_allowance_is_that_of_the_law_to_half_a_percent(noise):
    # what a log-normal month of mean F has above K: F N(d1) - K N(d2) (Black, Journal of Financial Economics 3, 1976)
    model = population(40, 1, spread=0.0, arrivals=0.0, alive=1.0, segments=1, noise=noise, walk=0.0)
    model = replace(model, shared=replace(model.shared, growth=np.zeros((1, 1))))
    level = np.geomspace(20_000, 400_000, 40)
    people = replace(model.people, level=np.repeat(level[:, None], len(model.people.shares), axis=1))
    model = replace(model, people=people)
    priced = tariffs([card(ALLOWANCE.replace("clamp: {min: 4, window: month}", ""))], model.cells, model.months)
    held = [each for each in FACTORS if each not in {"customers", "whales"}]
    found = [simulate(model, priced, paths=10_240, seed=seed, held=held).money().sum() / 10_240 for seed in range(4)]
    above = np.log(level / 90_000) / noise + noise / 2
    wanted = 0.5 / 1000 * (level * stats.norm.cdf(above) - 90_000 * stats.norm.cdf(above - noise)).sum()
    of_the_mean = 0.5 / 1000 * np.maximum(level - 90_000, 0).sum()
    assert np.mean(found) == pytest.approx(wanted, rel=0.005)
    assert of_the_mean < 0.97 * wanted


def test_each_factor_makes_the_range_wider():
    model = population(months=5)
    priced = tariffs([card(TIERS)], model.cells, model.months)

    def width(held):
        return simulate(model, priced, paths=1_280, seed=3, held=held).money().sum(axis=(1, 2)).std()

    whole = width([])
    for factor in FACTORS:
        assert width([factor]) < 1.03 * whole, factor
    assert width([each for each in FACTORS if each != "growth"]) < 0.5 * whole


TOKENS = "card: x\nscope: [customer]\nprices:\n  tokens: {measure: {sum: total_tokens, window: month}, convert: "
ALLOWANCE = TOKENS + "{per: 1000, free: 90}, curve: [{rate: 0.5}]}\nclamp: {min: 4, window: month}"
COMMITMENT = (
    TOKENS + "{per: 1000}, curve: [{rate: 0.002}]}\npools:\n  - {id: commit, unit: money, grant: 7,"
    " term: {months: 5, renews: true}, eligible: [tokens], unused: true_up}"
)


@pytest.mark.parametrize("text", [TIERS, BUNDLE, ALLOWANCE, COMMITMENT])
@pytest.mark.parametrize("kind", ["contracted", "effective", "billed"])
def test_a_run_without_chance_is_the_exact_engine_to_the_cent(text, kind):
    model = population(spread=0.0, arrivals=0.0, alive=1.0, segments=1, age=0)
    law = replace(model.laws[0], leave=np.zeros(1))
    people = replace(model.people, level=np.round(model.people.level))
    model = replace(model, laws=(law,), people=people, shared=replace(model.shared, growth=np.zeros((1, 5))))
    made = card(text)
    found = simulate(model, tariffs([made], model.cells, model.months), paths=1, seed=3, held=FACTORS)
    size = len(people.names)
    keys = {
        "customer": Key.of(np.repeat(people.names, 5).tolist()),
        "month": Key.of(list(model.months) * size),
        "meter": Key.constant("input_tokens", size * 5),
    }
    ledger = rate(Usage(keys, {"quantity": np.repeat(people.level[:, 4], 5)}), made, exact=True).ledger
    assert found.money(kind).sum() == pytest.approx(float(amount(ledger, kind).values["amount"].sum()), abs=0.005)
    assert found.paths == 1


def test_paths_of_customers_add_up_to_the_simulation():
    model = population(arrivals=0.0, groups=1)
    priced = tariffs([card(TIERS)], model.cells, model.months)
    found = simulate(model, priced, paths=20, seed=3)
    life = paths_of(model, priced, model.people.names, paths=20, seed=3)
    assert life.driver.sum(axis=1) == pytest.approx(found.sums["driver"][:, :, 0], rel=1e-5)
    assert life.here.sum(axis=1) == pytest.approx(found.sums["customers"][:, :, 0])
    with pytest.raises(InputError, match="no customer 'c77'"):
        paths_of(model, priced, ["c77"], paths=20, seed=3)


def test_a_ledger_of_the_sums_says_what_they_say():
    model = population()
    plan = card(BUNDLE.replace("card:", "plan:"))
    found = simulate(model, tariffs([plan], model.cells, model.months), paths=20, seed=3)
    ledger = found.ledger()
    revenue = ledger.where(account="revenue")
    assert amount(revenue, "effective").values["amount"].sum(axis=-1) == pytest.approx(found.money().sum(axis=(1, 2)))
    by = amount(revenue, "billed").fold(["month", "tier"])
    assert by.values["amount"] == pytest.approx(found.money("billed").reshape(found.paths, -1))
    assert ledger.where(account="cost").values["amount"].sum() == pytest.approx(found.sums["cost"].sum())


def test_shards_have_the_bits_of_the_whole_on_any_number_of_workers():
    model = population(customers=13)
    priced = tariffs([card(TIERS)], model.cells, model.months)
    whole = simulate(model, priced, paths=20, seed=3)
    one = simulate_sharded(model, priced, paths=20, seed=3, shard=5, jobs=1)
    with joblib.parallel_config(backend="threading"):
        three = simulate_sharded(model, priced, paths=20, seed=3, shard=5, jobs=3)
    for name, each in whole.sums.items():
        assert (one.sums[name] == three.sums[name]).all()
        assert one.sums[name] == pytest.approx(each, rel=1e-5, abs=1e-6 * np.abs(each).max())
    alone = simulate_sharded(model, priced, paths=20, seed=3, jobs=1)
    assert all((alone.sums[name] == whole.sums[name]).all() for name in whole.sums)


def test_a_model_that_does_not_fit_its_tariffs_is_refused():
    model = population()
    priced = tariffs([card(TIERS)], model.cells, model.months[:3])
    with pytest.raises(InputError, match="tariffs of 3 months for a forecast of 5"):
        simulate(model, priced, paths=20, seed=3)
    with pytest.raises(InputError, match="no factor 'grwth'; did you mean growth"):
        simulate(model, tariffs([card(TIERS)], model.cells, model.months), paths=20, seed=3, held=["grwth"])


def test_the_calendar_moves_everybody_and_an_event_by_its_own_normal():
    model = population()
    priced = tariffs([card(TIERS)], model.cells, model.months)
    calendar = np.log(np.array([[1, 1, 2, 0.5, 1]] * 2))
    events = np.zeros((1, 2, 5))
    events[0, :, 4] = 0.3
    plain = simulate(model, priced, paths=20, seed=3).sums["driver"]
    moved = simulate(replace(model, shared=replace(model.shared, calendar=calendar)), priced, paths=20, seed=3)
    assert moved.sums["driver"] == pytest.approx(plain * np.exp(calendar[0])[:, None], rel=1e-5)
    also = replace(model.shared, calendar=calendar, events=events)
    found = simulate(replace(model, shared=also), priced, paths=20, seed=3).sums["driver"]
    assert found[:, :4] == pytest.approx(moved.sums["driver"][:, :4], rel=1e-5)
    by_path = np.log(found[:, 4] / plain[:, 4])
    assert by_path.std(axis=0) == pytest.approx(0.3, rel=0.5)
    assert np.ptp(by_path, axis=1).max() < 1e-4


def test_what_is_billed_reaches_what_was_committed_where_the_customer_is_there():
    model = population(arrivals=0.0, bound=9, alive=1.0)
    priced = tariffs([card(TIERS)], model.cells, model.months)
    row = np.full(11, -1)
    row[4] = 0
    promised = Promises.of(row, ("c4",), 5)
    promised.due[0, 2], promised.counts[0, :3], promised.paid[0] = 1e6, 1.0, 100.0
    plain, found = (simulate(model, priced, paths=20, seed=3, promises=each) for each in (None, promised))
    life = paths_of(model, priced, ["c4"], paths=20, seed=3)
    paid = bill(priced, 0, np.ones((1, 1)), life.driver)[:, 0, :3].sum(axis=1)
    assert found.sums["minimum"].sum(axis=(1, 2)) == pytest.approx(1e6 - 100 - paid, rel=1e-6)
    assert found.sums["list"] == pytest.approx(plain.sums["list"], rel=1e-5)
    same(found, twin_sums(model, priced, promises=promised))
