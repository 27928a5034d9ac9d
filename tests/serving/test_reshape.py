"""Tokens into GPU-hours: nothing is lost, worlds pass through, and cards for GPU-hours rate what comes out."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.connect.cards import read_cards
from pertoken.core.errors import InputError
from pertoken.core.lines import Usage, table
from pertoken.levers.effect import Move, move
from pertoken.rating.rate import amount, rate
from pertoken.serving.autoscale import Autoscale, fixed
from pertoken.serving.reshape import Served, on_gpus, token_seconds
from pertoken.serving.traffic import pattern

GPUS = Path(__file__).resolve().parents[2] / "examples" / "contracts" / "gpus.yaml"
SECONDS = {"input_tokens": 0.001, "output_tokens": 0.01}
BARE = Autoscale(headroom=0.0, start_seconds=0.0, hold_seconds=0.0)
FLEET = Served(fleet="own", where={"model": "m"}, seconds=SECONDS, policy=BARE, labels={"model": "H100"})


def used(rows, grain="hour"):
    lines = table([grain, "model", "segment", "meter"], ["quantity"], rows)
    return Usage(lines.keys, lines.values)


def total(usage, **labels):
    return usage.where(**labels).values["quantity"].sum(axis=-1)


def test_an_hour_of_tokens_is_its_gpu_time_and_whole_replicas_are_paid():
    # 7.2e6 x 0.001 s + 180,000 x 0.01 s = 7,200 s + 1,800 s = 2.5 h of GPUs in one hour: 3 GPUs, half of one idle
    made = on_gpus(
        used(
            [
                ("2027-01-04T09", "m", "a", "input_tokens", 7_200_000),
                ("2027-01-04T09", "m", "b", "output_tokens", 180_000),
            ]
        ),
        [FLEET],
    )
    assert total(made, use="busy", caused_by="input_tokens", segment="a") == pytest.approx(2)
    assert total(made, use="busy", caused_by="output_tokens", segment="b") == pytest.approx(0.5)
    assert total(made, use="idle") == pytest.approx(0.5)
    assert set(made.key("meter").labels) == {"gpu_hours"}
    assert set(made.where(use="busy").key("served_model").column()) == {"m"}


def test_what_nobody_serves_passes_as_it_is():
    rows = [("2027-01-04T09", "m", "a", "input_tokens", 100), ("2027-01-04T09", "other", "a", "output_tokens", 7)]
    made = on_gpus(used([*rows, ("2027-01-04T09", "m", "a", "requests", 3)]), [FLEET])
    assert total(made, meter="output_tokens", model="other") == 7
    assert total(made, meter="requests", model="m") == 3


def test_hours_without_tokens_between_others_are_paid_to_the_minimum():
    rows = [(f"2027-01-04T{hour:02}", "m", "a", "input_tokens", 3_600_000) for hour in (9, 12)]
    made = on_gpus(used(rows), [FLEET])
    assert made.where(use="idle").values["quantity"].tolist() == pytest.approx([0, 1, 1, 0])


def test_a_replica_of_two_gpus_is_paid_for_both():
    two = Served(fleet="own", where={"model": "m"}, seconds=SECONDS, gpus=2, policy=BARE)
    made = on_gpus(used([("2027-01-04T09", "m", "a", "input_tokens", 3_600_000)]), [two])
    assert total(made, use="busy") == pytest.approx(1)
    assert total(made, use="idle") == pytest.approx(1)


@given(
    st.lists(st.integers(0, 50_000_000), min_size=3, max_size=11), st.integers(0, 3), st.sampled_from(["hour", "day"])
)
def test_busy_and_idle_are_what_is_paid(tokens, minimum, grain):
    labels = {"hour": "2027-01-04T{:02}", "day": "2027-01-{:02}"}[grain]
    rows = [(labels.format(k + 1), "m", "a", "input_tokens", count) for k, count in enumerate(tokens)]
    policy = Autoscale(headroom=0.3, minimum=minimum)
    fleet = Served(fleet="own", where={"model": "m"}, seconds=SECONDS, policy=policy, within="office")
    made = on_gpus(used(rows, grain), [fleet])
    busy, idle = total(made, use="busy"), total(made, use="idle")
    assert busy == pytest.approx(sum(tokens) * 0.001 / 3600)
    assert idle >= 0.3 * busy - 1e-9
    assert busy + idle >= minimum * len(tokens) * (1 if grain == "hour" else 24) - 1e-9


def test_a_fleet_that_does_not_change_is_paid_for_all_hours_of_a_month():
    steady = Served(fleet="own", where={"model": "m"}, seconds=SECONDS, policy=fixed(4), within="weekly")
    made = on_gpus(used([("2027-02", "m", "a", "input_tokens", 720_000_000)], "month"), [steady])
    assert total(made, use="busy") + total(made, use="idle") == pytest.approx(4 * 24 * 28)


def test_a_month_is_paid_like_its_typical_week():
    # replicas of each bin by hand: 30 of them on average, and the pattern of the week
    tokens = 30 * 24 * 28 * 3_600_000
    office = Served(fleet="own", where={"model": "m"}, seconds=SECONDS, policy=BARE, within="office")
    made = on_gpus(used([("2027-02", "m", "a", "input_tokens", tokens)], "month"), [office])
    whole = np.maximum(np.ceil(30 * pattern("office").rates * (1 - 1e-9)), 1).mean() * 24 * 28
    assert total(made, use="busy") + total(made, use="idle") == pytest.approx(whole)


def test_worlds_pass_through_each_as_if_alone():
    worlds = np.array([[3.6e6, 7.0e6], [0.0, 90.0e6], [1.0, 2.0]])
    rows = [("2027-01-04T09", "m", "a", "input_tokens", 0), ("2027-01-04T10", "m", "a", "input_tokens", 0)]
    keys = used(rows).keys
    made = on_gpus(Usage(keys, {"quantity": worlds}), [FLEET])
    for k, world in enumerate(worlds):
        alone = on_gpus(Usage(keys, {"quantity": world}), [FLEET])
        assert made.values["quantity"][k].tolist() == pytest.approx(alone.values["quantity"].tolist())


def test_times_of_tokens_may_differ_by_world():
    doubtful = Served(
        fleet="o", where={"model": "m"}, seconds={"input_tokens": np.array([[0.001], [0.002]])}, policy=BARE
    )
    made = on_gpus(used([("2027-01-04T09", "m", "a", "input_tokens", 3_600_000)]), [doubtful])
    assert total(made, use="busy").tolist() == pytest.approx([1, 2])
    assert total(made, use="idle").tolist() == pytest.approx([0, 0])


def test_no_variance_is_the_certain_world():
    rows = [("2027-01-04T09", "m", "a", "output_tokens", 777_777)]
    certain = on_gpus(used(rows), [FLEET])
    same = on_gpus(Usage(used(rows).keys, {"quantity": np.full((5, 1), 777_777.0)}), [FLEET])
    assert np.ptp(same.values["quantity"], axis=0).tolist() == [0, 0]
    assert same.values["quantity"][0].tolist() == certain.values["quantity"].tolist()


def test_levers_act_before_it():
    rows = [("2027-01-04T09", "api", "a", "input_tokens", 7_200_000)]
    route = Move(name="route", where={"model": "api"}, share=0.5, to={"model": "m"})
    made = on_gpus(move(used(rows), [route]), [FLEET])
    assert total(made, model="api") == pytest.approx(3_600_000)
    assert total(made, use="busy") == pytest.approx(1)


def test_the_card_of_gpus_rates_it_to_the_cent():
    # 79.25 GPUs busy and 0.75 idle in an hour: 64 reserved at 2.20, 16 above at 3.50, 140.80 + 56 = 196.80
    rows = [("2026-02-04T09", "m", "a", "input_tokens", 79.25 * 3_600_000)]
    fleet = Served(
        fleet="own", where={"model": "m"}, seconds=SECONDS, policy=BARE, labels={"tolerates_preemption": "false"}
    )
    made = on_gpus(used(rows), [fleet])
    assert made.values["quantity"].sum() == pytest.approx(80)
    ledger = rate(made, read_cards(str(GPUS))).ledger
    assert amount(ledger, "effective").where(hour="2026-02-04T09").values["amount"].sum() == Decimal("196.80")


def test_tokens_that_a_fleet_has_no_time_for_are_refused():
    with pytest.raises(InputError, match="fleet own is to serve reasoning_tokens and has no time for it"):
        on_gpus(used([("2027-01-04T09", "m", "a", "reasoning_tokens", 3)]), [FLEET])


def test_more_than_the_maximum_is_refused():
    small = Served(fleet="own", where={"model": "m"}, seconds=SECONDS, policy=Autoscale(maximum=2))
    with pytest.raises(
        InputError, match=r"busy for 3\.0 replica-hours in 2027-01-04T09, and its maximum of 2 replicas"
    ):
        on_gpus(used([("2027-01-04T09", "m", "a", "input_tokens", 3 * 3_600_000)]), [small])


def test_a_line_without_its_period_is_refused():
    with pytest.raises(InputError, match="usage with no hour on a line"):
        on_gpus(used([("", "m", "a", "input_tokens", 3)]), [FLEET])


def test_usage_without_a_period_is_refused():
    lines = table(["model", "meter"], ["quantity"], [("m", "input_tokens", 1)])
    with pytest.raises(InputError, match="has no period"):
        on_gpus(Usage(lines.keys, lines.values), [FLEET])


def test_times_of_a_request_are_those_of_its_tokens():
    found = token_seconds(0.4, 2.0, input_tokens=800, output_tokens=200, gpus=4)
    assert 800 * found["input_tokens"] + 200 * found["output_tokens"] == pytest.approx(4 * 2.4)
    assert Decimal(str(found["cache_read_tokens"])) == 0
