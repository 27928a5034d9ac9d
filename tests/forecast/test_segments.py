"""Segments: their sums are as wide as they came apart, whatever they are called, and nobody looks ahead."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import pertoken as pt
from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.forecast import prediction
from pertoken.forecast.aggregate import BEFORE, chained, joined, weight_of
from pertoken.forecast.bonds import bond_for, wanted
from pertoken.forecast.cases import past
from pertoken.forecast.coupled import Bond, alike, coupled
from pertoken.forecast.dressed import SHARES
from pertoken.forecast.mixed import Mixed
from pertoken.forecast.panel import Panel, panel_of_rows
from pertoken.forecast.predicted import Predicted, added
from pertoken.forecast.prediction import predicted
from pertoken.forecast.rolling import Forecaster, rolling
from pertoken.forecast.scored import LEVELS, rates
from pertoken.forecast.segments import MOST, Segmented, Split, by_key, by_name, came_apart
from pertoken.forecast.tried import Watched

EIGHTY = LEVELS.index(0.8)


def panel(value: Values, since: Values | None = None) -> Panel:
    count, periods = value.shape
    names, labels = tuple(f"c{i:03d}" for i in range(count)), tuple(map(str, range(periods)))
    came = np.zeros(count) if since is None else since
    return Panel(names, labels, value[None], "period", came.astype(np.int64))


def shaken(seed: int, segments: int = 5, each: int = 17, periods: int = 140, own: float = 0.08) -> tuple[Panel, Key]:
    """Customers whose segments wander apart: a step of a segment every 14 periods stays, and nobody else shares it."""
    rng = np.random.default_rng(seed)
    steps = np.cumsum(own * rng.standard_normal((segments, periods // 14)), axis=1).repeat(14, axis=1)
    code = np.arange(segments * each) % segments
    level = 100 * np.exp(0.3 * rng.standard_normal((len(code), 1)))
    value = level * np.exp(steps[code] + 0.1 * rng.standard_normal((len(code), periods)))
    return panel(value), Key(code.astype(np.int32), tuple(f"s{i}" for i in range(segments)))


def labelled(key: Key, seen: Panel) -> Key:
    """Bring a key of all customers to those of a panel, who are named by their row."""
    return key.pick(np.array([int(name[1:]) for name in seen.customers]))


def parts(made: Predicted) -> tuple[Key, Values]:
    """The segments of a forecast, and their sums."""
    assert made.segment is not None
    assert made.segments is not None
    return made.segment, made.segments


def ahead(seen: Panel, horizon: int, draws: int, seed: int, segment: Segmented | None = None) -> Predicted:
    return predicted(seen, horizon=horizon, draws=draws, seed=seed, segment=segment)


def lognormal(spread: float, customers: int) -> Values:
    quantiles: Values = np.exp(spread * stats.norm.ppf(SHARES))[:, None].repeat(customers, axis=1)
    return quantiles


@given(
    st.lists(st.tuples(st.floats(0.01, 1), st.floats(0.001, 0.2)), min_size=2, max_size=7),
    st.floats(0.01, 0.9),
)
def test_a_total_that_is_known_tells_of_its_parts_what_a_regression_on_it_would(parts, total):
    """Oracle: normals of the segments, and one of all where there is room for it, conditioned on their weighted sum."""
    part, own = (np.array(each) for each in zip(*parts, strict=True))
    part /= part.sum()
    shared = max(total**2 - float(part**2 @ own), 0.0)
    covariance = np.diag(own) + shared
    slope = covariance @ part / (part @ covariance @ part)
    known = covariance - np.outer(slope, slope) * (part @ covariance @ part) + total**2 * np.outer(slope, slope)
    np.testing.assert_allclose(wanted(part, own, total), np.sqrt(np.maximum(np.diag(known), 0)), atol=1e-7)
    assert part @ known @ part == pytest.approx(total**2)


@pytest.mark.parametrize("correlation", [-0.25, -0.1, 0.0, 0.6, 1.0])
def test_normals_of_segments_are_all_correlated_alike(correlation):
    drawn = np.random.default_rng(0).standard_normal((6, 40_000))
    found = np.cov(alike(drawn[0], drawn[1:], correlation))
    np.testing.assert_allclose(found, np.where(np.eye(5), 1, correlation), atol=0.03)


@pytest.mark.parametrize("total", [0.2, 0.06])
def test_sums_of_log_normal_customers_are_as_wide_as_the_closed_form_says(total):
    """Oracle: three equal segments of 211 log-normal customers; what each sum's variance is made of."""
    told, code = lognormal(0.4, 633), (np.arange(633) % 3).astype(np.int32)
    own = np.array([0.0, 0.02, 0.06])
    bond = bond_for(told, SHARES, own, total, segment=code, seed=1)
    samples = coupled(told, SHARES, draws=4000, bond=bond, seed=1)
    sums = np.log(np.stack([samples[:, code == k].sum(axis=1) for k in range(3)], axis=1))
    chance = np.expm1(0.4**2) / 211
    np.testing.assert_allclose(sums.std(axis=0), wanted(np.full(3, 1 / 3), own + chance, total), rtol=0.12)
    assert np.log(samples.sum(axis=1)).std() == pytest.approx(total, rel=0.1)
    alone = coupled(told, SHARES, draws=4000, bond=Bond.of_all(0.0, 633), seed=1)
    np.testing.assert_array_equal(np.sort(samples, axis=0), np.sort(alone, axis=0))


@pytest.mark.parametrize(("seed", "total"), [(0, 0.045), (0, 0.1), (6, 0.035)])
def test_a_total_is_as_wide_as_it_should_be_where_segments_have_nothing_of_their_own(seed, total):
    """Customers who are tied a little hang together by less than chance shows in a few worlds."""
    told, code = lognormal(0.4, 200), (np.arange(200) % 10).astype(np.int32)
    bond = bond_for(told, SHARES, np.zeros(10), total, segment=code, seed=seed)
    samples = coupled(told, SHARES, draws=4000, bond=bond, seed=seed)
    assert np.log(samples.sum(axis=1)).std() == pytest.approx(total, rel=0.1)


def test_sums_of_segments_that_are_mostly_nothing_are_forecast():
    """Ten customers use once in a month or so: in most worlds two of them use nothing in two periods."""
    rng = np.random.default_rng(0)
    value = rng.lognormal(3, 0.5, (40, 60)) * (rng.random((40, 60)) < np.where(np.arange(40) < 30, 0.9, 0.03)[:, None])
    segment = {f"c{i:03d}": f"s{max(i - 28, 0) // 2}" for i in range(40)}
    made = predicted(panel(value), horizon=2, draws=200, segment=by_name(segment))
    assert (np.median(added(made.samples, parts(made)[0]), axis=0)[1:] == 0).any()
    low, high = np.quantile(parts(made)[1][:, 0], [0.1, 0.9])
    assert high < 2 * low  # of those who use every day
    assert np.isfinite(parts(made)[1]).all()


def test_ranges_of_segments_that_wander_apart_hold_what_came_and_did_not_before():
    held: dict[str, list[float]] = {"before": [], "after": []}
    for seed in range(4):
        seen, key = shaken(seed)
        segment = partial(labelled, key)
        told: dict[str, Forecaster] = {"before": ahead, "after": partial(ahead, segment=segment)}
        found = rolling(seen, told, segment=segment, horizon=14, histories=(84,), origins=(98, 126), draws=200).segments
        assert found is not None
        for name, each in held.items():
            each.append(float(rates(found.where(forecaster=name), []).coverage[EIGHTY, 0]))
    assert 0.65 < np.mean(held["after"]) < 0.92
    assert np.mean(held["after"]) > np.mean(held["before"]) + 0.1


def test_a_segment_that_is_nothing_in_most_worlds_leaves_the_total_as_wide_as_told():
    sure = 100 * np.exp(0.2 * stats.norm.ppf(SHARES))[:, None].repeat(40, axis=1)
    gone = np.where(SHARES < 0.95, 0.0, 5.0)[:, None].repeat(3, axis=1)
    quantiles, segment = np.hstack([sure, gone]), np.repeat([0, 1], [40, 3])
    bond = bond_for(quantiles, SHARES, np.array([0.01, 0.5]), 0.15, segment=segment, seed=1)
    told = coupled(quantiles, SHARES, draws=4000, bond=bond, seed=2).sum(axis=1, dtype=np.float64)
    assert np.log(told).std() == pytest.approx(0.15, rel=0.1)


def test_one_segment_is_the_total_and_asking_changes_no_customer():
    seen, key = shaken(3)
    plain = predicted(seen, horizon=14, draws=100)
    one = predicted(seen, horizon=14, draws=100, segment=lambda p: Key.constant("all", len(p)))
    several = predicted(seen, horizon=14, draws=100, segment=partial(labelled, key))
    assert one.samples.tobytes() == plain.samples.tobytes()
    np.testing.assert_allclose(parts(one)[1][:, 0], plain.total, rtol=1e-12)
    np.testing.assert_array_equal(np.sort(several.samples, axis=0), np.sort(plain.samples, axis=0))
    np.testing.assert_allclose(parts(several)[1].sum(axis=1), several.total)


def test_names_of_segments_change_nothing_but_their_order():
    seen, key = shaken(4)
    other = Key.of([{"s0": "z", "s1": "y", "s2": "x"}.get(label, label) for label in key.column()])
    one, two = (predicted(seen, horizon=14, draws=60, segment=partial(labelled, k)) for k in (key, other))
    order = [parts(two)[0].labels.index(each) for each in ("z", "y", "x", "s3", "s4")]
    assert one.samples.tobytes() == two.samples.tobytes()
    np.testing.assert_allclose(parts(two)[1][:, order], parts(one)[1], rtol=1e-12)  # added up in another order


def test_segments_are_asked_of_no_more_than_was_known_at_each_date():
    seen, key = shaken(5, periods=56)
    asked = []

    def spy(known):
        asked.append((len(known.periods), float(np.nanmax(known.value)), len(known)))
        return labelled(key, known)

    late = np.where(np.arange(len(seen)) % 9 == 8, 30, 0)
    value = np.where(np.arange(56) < late[:, None], np.nan, seen.value)
    made = predicted(panel(value, late), horizon=14, draws=20, segment=spy)
    assert parts(made)[0].labels == key.labels
    assert asked[0][0] == 56
    for count, most, customers in asked[1:]:
        assert count < 56
        assert most == np.nanmax(value[:, :count])
        assert customers == (late < count).sum()


def test_who_is_not_there_yet_is_of_no_segment():
    seen, key = shaken(6, periods=56)
    late = np.where(np.arange(len(seen)) == 3, 60, 0)
    made = predicted(replace(seen, since=late), horizon=7, draws=20, segment=partial(labelled, key))
    assert parts(made)[0].codes[3] == -1
    assert parts(made)[1].shape == (20, 5)


def test_segments_of_those_who_all_came_after_every_earlier_date_are_believed():
    rng = np.random.default_rng(0)
    value = np.where(np.arange(60) < 40, np.nan, rng.lognormal(3, 0.4, (6, 60)))
    made = predicted(
        panel(value, np.full(6, 40)),
        horizon=40,
        draws=200,
        segment=by_name({f"c{i:03d}": "ab"[i % 2] for i in range(6)}),
    )
    assert "no earlier forecast could be judged" in made.notes[0]
    low, high = np.quantile(parts(made)[1], [0.1, 0.9], axis=0)
    assert (high > 1.5 * low).all()


ROWS = [(f"c{i}", t, 5.0 + i + t % 3, "free" if t < 20 and i % 2 else "pro") for i in range(6) for t in range(30)]


def test_what_rows_say_of_customers_tells_them_apart_as_of_each_date(tmp_path):
    names = "customer", "period", "value", "plan"
    table = {name: [row[k] for row in ROWS] for k, name in enumerate(names)}
    file = tmp_path / "usage.csv"
    lines = [",".join(table), *(",".join(map(str, row)) for row in ROWS)]
    file.write_text("\n".join(lines) + "\n")
    made = [pt.predict(rows, horizon=4, draws=20, segment="plan") for rows in (ROWS, table, file)]
    assert len({parts(each)[1].tobytes() for each in made}) == 1
    assert parts(made[0])[0].labels == ("pro",)  # what they are now; before, half were `free`
    both = pt.predict([row[:3] for row in ROWS], horizon=4, draws=20, segment={f"c{i}": "ab"[i % 2] for i in range(6)})
    assert parts(both)[0].labels == ("a", "b")
    assert (both.segment_quantiles([0.5]) > 0).all()


def test_what_tells_nobody_apart_is_refused():
    plain = [row[:3] for row in ROWS]
    with pytest.raises(InputError, match="'c5' has no segment"):
        pt.predict(plain, horizon=4, draws=20, segment={f"c{i}": "a" for i in range(5)})
    with pytest.raises(InputError, match="expected customer, period, value, plan"):
        pt.predict(plain, horizon=4, draws=20, segment="plan")
    with pytest.raises(InputError, match="no segments in this forecast"):
        pt.predict(plain, horizon=4, draws=20).segment_quantiles()
    seen = panel_of_rows(*zip(*plain, strict=True), tracks={"plan": [row[3] for row in ROWS]})
    with pytest.raises(InputError, match="no key 'tier'"):
        by_key("tier")(seen)
    assert by_key("plan")(seen.as_of(15)).column().tolist() == ["pro", "free"] * 3
    assert by_name({f"c{i}": "x" for i in range(6)})(seen).labels == ("x",)


def test_a_segment_does_not_grow_because_customers_join_it():
    """Ten customers use 5 a day with a weekday's rhythm, one more joins every week; with all of today's it is level."""
    since = np.concatenate([np.zeros(10), 7 * np.arange(1, 7)]).astype(np.int64)
    rhythm = np.tile([6.0, 6, 6, 6, 6, 3, 2], 7)
    value = np.where(np.arange(49) < since[:, None], np.nan, rhythm)
    np.testing.assert_allclose(chained(value, since, 7), 16 * rhythm)
    np.testing.assert_allclose(chained(value[10:], since[10:], 7)[:7], np.nan)
    growing = value * 1.01 ** np.arange(49)
    np.testing.assert_allclose(np.diff(np.log(chained(growing[:10], since[:10], 7)[::7])), 7 * np.log(1.01))


def test_a_segment_does_not_shrink_because_some_were_not_watched():
    """Eight customers double together; who is not watched in some periods used of their usual what others did."""
    level = np.where(np.arange(30) < 15, 1.0, 2.0)
    full = 5.0 * np.arange(1, 9)[:, None] * level
    since = np.array([0] * 6 + [10] * 2)
    value = np.where(np.arange(30) < since[:, None], np.nan, full)
    value[2, [4, 20]] = value[3, 12:19] = value[:, 25] = np.nan
    made = chained(value, since, 3)
    assert np.isnan(made[25])
    np.testing.assert_allclose(np.delete(made / (180 * level), 25), 1, rtol=0.03)


def test_samples_joined_with_their_own_quantiles_stay_and_a_half_lies_between():
    rng = np.random.default_rng(3)
    sums = rng.permuted(np.exp(0.2 * stats.norm.ppf((np.arange(1000) + 0.5) / 1000))[:, None].repeat(3, axis=1), axis=0)
    told = np.quantile(sums, SHARES, axis=0)
    inner = (sums > told[3]) & (sums < told[-4])
    np.testing.assert_allclose(joined(sums, told, 0.5)[inner], sums[inner], rtol=0.01)
    np.testing.assert_allclose(joined(sums, 3 * told, 0.5)[inner], 2 * sums[inner], rtol=0.01)
    np.testing.assert_array_equal(joined(sums, 3 * told, 0.0), sums)


def test_the_own_series_of_sums_counts_for_more_where_it_lost_less():
    """Customers hand work to each other at random within a segment whose sum is steady: only the sum can be told."""
    rng = np.random.default_rng(8)
    handed = rng.dirichlet(np.full(12, 0.5), (2, 60)).transpose(0, 2, 1).reshape(24, 60) * 1000
    alone = np.exp(np.cumsum(0.3 * rng.standard_normal((24, 60)), axis=1))
    code = (np.arange(24) // 12).astype(np.int32)
    found = []
    for value in (handed, alone):
        before = past(value, np.zeros(24, dtype=np.int64), 7, 1)
        then = before.cases.reference[before.judged] * (1.5 if value is handed else 1.0) * np.ones((len(SHARES), 1))
        split = Split(Key(code, ("a", "b")), code[before.cases.like.customer[before.judged]])
        seen = Watched(value, np.zeros(24, dtype=np.int64), 1, 0)
        found.append(weight_of(before, then, split, seen, 0.1))
    assert found[0] > 2 * BEFORE
    assert found[0] > found[1]


def test_a_small_segment_that_surged_does_not_make_the_large_one_as_unsure_as_nobody_is():
    """A hundredth of all was expected of the small one, and a third came: the large one lost a third of its part."""
    rng, told = np.random.default_rng(0), np.ones((len(SHARES), 20))
    told[:, 0] = 0.2
    before = past(rng.lognormal(0, 0.1, (20, 60)), np.zeros(20, dtype=np.int64), 7, 1)
    rows = before.cases.like.customer[before.judged]
    actual = before.cases.actual.copy()
    actual[before.judged] = np.where(rows == 0, 10.0, 1.0)
    code = (np.arange(20) > 0).astype(np.int32)
    made = Mixed(told, told[:, rows], {}, 1.0)
    seen = replace(before, cases=replace(before.cases, actual=actual))
    found = came_apart(seen, made, Split(Key(code, ("small", "large")), code[rows]), 0.2)
    assert (found.variance <= MOST**2).all()
    assert found.bias[0] > 0 > found.bias[1]


def test_sums_that_are_nothing_in_some_worlds_are_not_taken_to_be_off_by_hundreds_of_logs(monkeypatch):
    rng, spreads = np.random.default_rng(1), list[float]()

    def spy(before, then, split, seen, spread):
        spreads.append(spread)
        return weight_of(before, then, split, seen, spread)

    monkeypatch.setattr(prediction, "weight_of", spy)
    value = rng.lognormal(3, 0.5, (30, 60)) * (rng.random((30, 60)) < 0.05)
    predicted(panel(value), horizon=2, draws=100, segment=by_name({f"c{i:03d}": f"s{i % 5}" for i in range(30)}))
    assert 0 < spreads[0] < np.log(100)


def test_a_forecaster_with_segments_of_its_own_is_scored_by_its_customers_for_others():
    seen, key = shaken(7, segments=3, each=5, periods=56)
    other = Key(np.roll(key.codes, 1), key.labels)

    def own(known, horizon, draws, seed):
        return ahead(known, horizon, draws, seed, partial(labelled, other))

    def customers(known, horizon, draws, seed):
        return replace(own(known, horizon, draws, seed), segment=None, segments=None)

    told: dict[str, Forecaster] = {"own": own, "customers": customers}
    found = rolling(seen, told, segment=partial(labelled, key), horizon=7, histories=(42,), origins=(49,), draws=50)
    assert found.segments is not None
    one, two = (found.segments.where(forecaster=name) for name in told)
    np.testing.assert_array_equal(one.values["mean"], two.values["mean"])


def test_customers_with_numbers_for_names_are_found():
    rows = [(i, t, 5.0 + i) for i in range(4) for t in range(20)]
    made = pt.predict(rows, horizon=4, draws=20, segment={i: "ab"[i % 2] for i in range(4)})  # type: ignore[misc]  # as in the rows
    assert parts(made)[0].column().tolist() == ["a", "b", "a", "b"]
