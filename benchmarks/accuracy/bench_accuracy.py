"""The accuracy benchmark runs: made-up customers follow their laws, and the table is whole."""

import json

import numpy as np
import pytest

from benchmarks.accuracy.further import sample
from benchmarks.accuracy.holdout import of_bg_nbd, repeats
from benchmarks.accuracy.panels import Trial, trials
from benchmarks.accuracy.peers import kept, peers
from benchmarks.accuracy.run import main, ours, row, score, table
from benchmarks.accuracy.simulated import FAMILIES, simulated
from pertoken.forecast.peers import PEERS, alone


def test_the_hold_out_of_papers_is_the_one_that_they_tell_of():
    """Fader, Hardie, Lee 2005: 2,357 customers, 2,457 repeats in 39 weeks; BG/NBD ends 4 % under those of 78 weeks."""
    days = sample("transactions", "day")
    if days is None:
        pytest.skip("lifetimes is not here")
    assert len(days) == 2357
    known, came = repeats(days, 273)
    assert (known, came) == (2457, 1882)
    assert of_bg_nbd(days)[1] / (known + came) == pytest.approx(0.96, abs=0.005)


def test_made_up_customers_are_the_same_for_a_seed_and_come_over_time():
    (panel, family), (again, _), (other, _) = simulated(3), simulated(3), simulated(4)
    np.testing.assert_array_equal(panel.value, again.value)
    assert not np.array_equal(panel.since, other.since)
    assert set(family.labels) == set(FAMILIES)
    assert 0.35 < np.mean(panel.since == 0) < 0.6
    assert np.isnan(panel.value[np.arange(240) < panel.since[:, None]]).all()
    assert (panel.value[np.arange(240) >= panel.since[:, None]] >= 0).all()


def test_families_differ_as_their_laws_say():
    panel, family = simulated(1, customers=600)
    value, label = panel.value, family.column()
    idle = {name: np.nanmean(value[label == name] == 0) for name in FAMILIES}
    assert idle["batch"] > 0.5
    assert idle["hobby"] > 0.6
    assert idle["stable"] < 0.01
    weekend = np.arange(240) % 7 >= 5
    office = value[label == "office"]
    assert np.nansum(office[:, weekend]) < 0.1 * np.nansum(office)
    whales = np.nansum(value[label == "whale"]) / np.nansum(value)
    assert 0.15 < whales < 0.7
    spikes = np.nanmax(value[label == "backfill"], axis=1) / np.nanmedian(value[label == "backfill"], axis=1)
    assert np.median(spikes) > 20


def test_trials_leave_room_for_history_and_horizon():
    for trial in trials():
        panel = trial.panel()
        if panel is None:  # shared data are not here
            continue
        assert max(trial.origins) + trial.horizon <= len(panel.periods), trial.name
        assert any(origin >= max(trial.histories) for origin in trial.origins), trial.name


@pytest.fixture
def little():
    made = simulated(2, customers=40, days=120)
    return Trial("little", lambda: made[0], 14, (30,), (60, 90), lambda: made[1])


def test_a_trial_is_scored_and_written_down(little, tmp_path, monkeypatch):
    monkeypatch.setattr("benchmarks.accuracy.run.trials", lambda: (little,))
    main(["--plain", "--customers", "30", "--draws", "50", "--out", str(tmp_path)])
    (found,) = json.loads((tmp_path / "accuracy.json").read_text())
    assert found["trial"] == "little"
    assert {each["other"] for each in found["against"]} == set(PEERS)
    assert 0 < found["crps"] < 3
    assert "| little |" in (tmp_path / "accuracy.md").read_text()


def test_a_forecaster_that_is_kept_is_asked_once(little, tmp_path):
    asked = []

    def noted(*words):
        asked.append(words[1:])
        return alone(PEERS["lognormal"])(*words)

    panel = little.panel()
    one, two = (kept("noted", noted, tmp_path)(panel, 7, 20, 1) for _ in range(2))
    np.testing.assert_array_equal(one.samples, two.samples)
    assert len(asked) == 1
    kept("noted", noted, tmp_path)(panel.as_of(60), 7, 20, 1)
    assert len(asked) == 2


def test_the_table_has_the_best_peer_of_each_trial(little):
    found = score(little, ours, peers(others=False), 30, 50)
    assert found is not None
    summed, scored = found
    assert summed.best.less == min(each.less for each in summed.against)
    assert row("little", scored, 0.0).crps == summed.crps
    assert f"{summed.best.other} |" in table([summed])
    assert scored.segments is not None
    parts, whole = scored.segments, scored.customers.where(forecaster="pertoken").values["actual"].sum()
    assert set(parts.key("segment").labels) <= set(FAMILIES)
    assert parts.where(forecaster="pertoken").values["actual"].sum() == pytest.approx(whole)
