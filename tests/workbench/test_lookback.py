"""Nothing that came later is known on an earlier day: not what outages were, what counts, nor who was integrated."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

import pertoken as pt
from pertoken.core.errors import InputError
from pertoken.forecast.predicted import Predicted
from pertoken.workbench.preparing import known

pytestmark = pytest.mark.xdist_group("forecast")  # one process compiles the simulation

FIRST = date(2026, 1, 1)
QUIET = (20, 21)
LATER = 46
MAP = "{time: day, keys: {customer: who}, meters: {gpu_hours: hours, x_gb_stored: stored}}"


def stocks(path, days, *, later):
    """Five steady customers who all rest on two days; later on a second meter is used so many times as much."""
    lines = ["day,who,hours,stored"]
    for t in range(days):
        if t not in QUIET:
            more = later if t >= LATER else 1
            lines += [f"{FIRST + timedelta(t)},c{i},{100 * (i + 1)},{10 * (i + 1) * more}" for i in range(5)]
    (path / f"log{days}.csv").write_text("\n".join(lines) + "\n")
    (path / "map.yaml").write_text(MAP)
    return str(path / f"log{days}.csv")


def spied(log, **more):
    """What a forecaster is shown on the first origin, and what is scored there."""
    shown = {}

    def spy(panel, horizon, draws, _):
        shown[panel.periods[-1]] = panel
        return Predicted(panel.customers, horizon, np.ones((draws, len(panel))), np.full(draws, float(len(panel))))

    told: dict[str, Any] = {
        "horizon": 7,
        "history": (30,),
        "origins": 20,
        "draws": 20,
        "peers": (),
        "forecasters": {"spy": spy},
    }
    made = pt.backtest(log, **(told | more))
    first = made.origins[0]
    return shown[first], made.scored.customers.where(origin=first, forecaster="spy"), made


def test_what_comes_later_changes_neither_what_was_seen_nor_what_is_scored(tmp_path):
    short, own, _ = spied(stocks(tmp_path, 44, later=1), mapping=str(tmp_path / "map.yaml"))
    long, again, made = spied(stocks(tmp_path, 120, later=50), mapping=str(tmp_path / "map.yaml"))
    assert any("taken as an outage" in each for each in made.notes)  # today, and not yet after 37 days
    np.testing.assert_array_equal(long.value, short.value)
    assert (short.value[:, [at - 7 for at in QUIET]] == 0).all()
    for name, value in own.values.items():
        np.testing.assert_array_equal(again.values[name], value, err_msg=name)
    # by hand: hours are used most; what is stored counts by the ratio of both as it was then, 10
    np.testing.assert_allclose(long.value[:, 0], 2 * 100 * np.arange(1, 6))
    np.testing.assert_allclose(again.values["actual"], 7 * 2 * 100 * np.arange(1, 6))


def deep(path, *, column):
    """Twenty-four alike, of whom every second one is deeply integrated later on."""
    rng = np.random.default_rng(3)
    used, early = rng.lognormal(7, 0.3, (24, 75)), rng.poisson(12, 24)
    lines = ["date,customer,input_tokens,keys"]
    for t in range(75):
        keys = [400 if t >= LATER and i % 2 else early[i] for i in range(24)]
        lines += [f"{FIRST + timedelta(t)},c{i:02},{int(used[i, t])},{keys[i]}" for i in range(24)]
    (path / "log.csv").write_text("\n".join(lines) + "\n")
    last = "".join(f"c{i:02},{400 if i % 2 else early[i]}\n" for i in range(24))
    (path / "depth.csv").write_text("customer,depth\n" + last)
    (path / "plan.yaml").write_text("{plan: p, prices: {t: {measure: {sum: total_tokens}, curve: [{rate: 0.002}]}}}")
    return {"log": str(path / "log.csv"), "depth": "keys" if column else str(path / "depth.csv")}


@pytest.mark.parametrize("column", [True, False])
@pytest.mark.parametrize("card", [True, False])
def test_behaviour_knows_a_column_of_depth_as_it_was_and_a_file_as_it_is(tmp_path, column, card):
    said = deep(tmp_path, column=column) | ({"card": [str(tmp_path / "plan.yaml")]} if card else {})
    _, _, made = spied(said.pop("log"), origins=3, horizon=14, by=("behaviour",), **said)
    parts = [
        made.scored.customers.where(origin=each, forecaster="spy").key("behaviour").column() for each in made.origins
    ]
    deeply = np.arange(24) % 2 == 1
    np.testing.assert_array_equal(parts[-1] == "production", deeply)
    assert (set(parts[0]) == {"all"}) == column
    assert any("no dates" in each for each in made.notes) != column
    if card:
        of = [set(made.money.where(origin=each).key("of").column()) for each in made.origins]
        assert ("production" in of[0]) != column
        assert "production" in of[-1]


def test_the_back_test_of_a_forecast_tells_segments_with_depth(tmp_path):
    said = deep(tmp_path, column=False)
    told: dict[str, Any] = {"card": [str(tmp_path / "plan.yaml")], "months": 1, "draws": 256, "explain": False}
    with_depth = pt.forecast_revenue(said["log"], depth=said["depth"], **told)
    without = pt.forecast_revenue(said["log"], **told)
    tests = [each.backtest for each in (with_depth, without)]
    segments = [set(each.money.key("of").column()) for each in tests if each and each.money]
    assert segments == [{"all", "hobbyist", "production"}, {"all"}]
    assert tests[0] is not None
    assert any("no dates" in each for each in tests[0].notes)


@pytest.mark.parametrize("column", [True, False])
def test_a_forecast_tells_earlier_dates_apart_with_depth_that_was_known_by_then(tmp_path, column):
    said = deep(tmp_path, column=column)
    made = known(said["log"], card=[str(tmp_path / "plan.yaml")], months=1, depth=said["depth"], how={})
    told = made.standing.segmented
    assert told is not None
    driver = made.read.panel.weighted(made.standing.weights)
    found = [set(told(driver.as_of(count)).column()) for count in (LATER, 60, 75)]
    both = {"hobbyist", "production"}
    assert found == [{"all"}, both if column else {"all"}, both]


def test_depth_without_behaviour_is_refused(tmp_path):
    said = deep(tmp_path, column=True)
    with pytest.raises(InputError, match="add --by behaviour"):
        pt.backtest(said["log"], depth="keys", by=("customer",))


def test_declared_events_are_taken_out_of_what_was_seen_as_of_what_came(tmp_path):
    """Usage doubles by a declared launch; brought to one level it is steady, on earlier days and after."""
    lines = ["date,customer,input_tokens"]
    for t in range(70):
        if t not in QUIET:
            lines += [f"{FIRST + timedelta(t)},c{i},{1000 * (i + 1) * (2 if t >= LATER else 1)}" for i in range(8)]
    (tmp_path / "log.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "events.csv").write_text(f"on,kind,level\n{FIRST + timedelta(LATER)},launch,2\n")
    (tmp_path / "plan.yaml").write_text(
        "{plan: p, prices: {t: {measure: {sum: total_tokens}, curve: [{rate: 0.002}]}}}"
    )
    told: dict[str, Any] = {"card": [str(tmp_path / "plan.yaml")], "months": 1, "draws": 256, "explain": False}
    made = pt.forecast_revenue(str(tmp_path / "log.csv"), events=str(tmp_path / "events.csv"), **told)
    assert made.backtest is not None
    scored = made.backtest.scored.totals.where(of="there", forecaster="seasonal-naive")
    np.testing.assert_allclose(scored.values["actual"], made.backtest.scored.horizon * 2 * 36_000)
    np.testing.assert_allclose(scored.values["mean"], scored.values["actual"], rtol=0.01)
