"""`pertoken backtest`: the same numbers from a log, a plain table and Python; forms, and what is refused."""

import csv
import io
import json
from datetime import date, timedelta

import numpy as np
import openpyxl
import pytest

import pertoken as pt
from pertoken.core.errors import InputError
from pertoken.forecast.behaviour import segmented
from pertoken.forecast.panel import panel_of_rows
from pertoken.forecast.peers import alone, seasonal_naive
from pertoken.forecast.rolling import rolling
from pertoken.forecast.scored import rates
from tests.desk import write

DAYS, CUSTOMERS = 61, 13
SHORT = ("--horizon", 7, "--history", "14,21", "--origins", 3, "--draws", 50)


def days():
    return [(date(2026, 1, 1) + timedelta(days=t)).isoformat() for t in range(DAYS)]


@pytest.fixture(scope="module")
def used():
    rng = np.random.default_rng(31)
    level = np.exp(rng.normal(8, 1, (CUSTOMERS, 1)))
    return np.rint(level * rng.gamma(4, 0.25, (CUSTOMERS, DAYS)) * np.where(np.arange(DAYS) % 7 < 5, 1, 0.4)).astype(
        int
    )


def cells(used):
    return [(f"c{i:02d}", day, int(used[i, t])) for i in range(CUSTOMERS) for t, day in enumerate(days()) if used[i, t]]


@pytest.fixture
def table(desk, used):
    return write(desk / "usage.csv", [{"customer": who, "period": day, "value": n} for who, day, n in cells(used)])


@pytest.fixture
def log(desk, used):
    rows = [
        {"customer": who, "timestamp": f"{day}T23:50:00Z", "tier": "free" if who < "c05" else "pro",
         "input_tokens": n - n // 4, "output_tokens": n // 4}
        for who, day, n in cells(used)
    ]  # fmt: skip
    return write(desk / "log.parquet", rows)


def numbers(answer):
    assert answer.code == 0, answer.err
    return {name: each["rows"] for name, each in json.loads(answer.out)["tables"].items()}


def test_a_log_and_a_plain_table_and_python_say_the_same(ask, table, log):
    by_table, by_log = (numbers(ask("backtest", each, *SHORT, "--format", "json")) for each in (table, log))
    assert by_table["forecasters"] == by_log["forecasters"]
    assert by_table["accuracy"] == by_log["accuracy"]
    made = pt.backtest(log, horizon=7, history=(14, 21), origins=3, draws=50)
    found = rates(made.scored.customers, ["forecaster"])
    at = list(found.lines.keys["forecaster"].column()).index("seasonal-naive")
    row = next(each for each in by_log["forecasters"] if each["forecaster"] == "seasonal-naive")
    assert row["wape"] == pytest.approx(float(found.wape[at]))
    assert row["in_80"] == pytest.approx(float(found.coverage[1, at]))
    assert by_log["accuracy"][0]["crps_1"] == pytest.approx(float(found.crps[at]))


def test_the_scores_of_a_peer_are_those_of_a_rolling_origin_by_hand(used):
    who, when, value = zip(*cells(used), strict=True)
    panel = panel_of_rows(who, when, value)
    made = pt.backtest(panel, horizon=7, history=(14,), origins=2, draws=50, peers=("seasonal-naive",))
    naive = alone(seasonal_naive)
    by_hand = rolling(panel, {"n": naive}, horizon=7, histories=(14,), origins=(47, 54), draws=50, seed=1)
    of = made.scored.customers.where(forecaster="seasonal-naive")
    np.testing.assert_allclose(of.values["crps"], by_hand.customers.values["crps"])
    assert made.origins == ("2026-02-16", "2026-02-23")
    assert not made.overlap


def test_every_form_has_the_one_table_and_the_page_the_one_picture(ask, desk, table):
    shown = ask("backtest", table, *SHORT, "--xlsx", "b.xlsx", "--html", "b.html")
    assert shown.code == 0, shown.err
    assert max(map(len, shown.out.splitlines())) <= 80
    for words in ("How far off pertoken was", "each customer", "tenth 10 of 10", "total", "Against each peer"):
        assert words in shown.out
    heads = [line for line in shown.out.splitlines() if line.startswith("Forecasts of")]
    assert len(heads) == 2, heads  # the one table, whole, with its four peers, and the one of every forecaster
    assert (desk / "b.html").read_text().count("<svg") == 1
    names = openpyxl.load_workbook(desk / "b.xlsx").sheetnames
    assert any("far off" in name.lower() for name in names), names
    rows = list(csv.DictReader(io.StringIO(ask("backtest", table, *SHORT, "--format", "csv").out)))
    assert rows


def test_a_tier_is_reported_apart_and_one_meter_alone(ask, log):
    found = numbers(ask("backtest", log, *SHORT, "--by", "tier", "--meter", "output_tokens", "--format", "json"))
    rows = {row["part"]: row for row in found["accuracy"]}
    parts = list(rows)
    assert parts[:5] == ["each customer", "from 14 days", "from 21 days", "tier free", "tier pro"]
    assert parts[-3:] == ["total", "total, tier free", "total, tier pro"]
    for split in (parts[1:3], parts[3:5], parts[5:-3]):
        assert sum(rows[part]["count"] for part in split) == CUSTOMERS * 6  # three origins, two lengths of history
    assert all(row[name] is not None for row in rows.values() for name in ("crps", "crps_4", "wape", "bias", "in_80"))


def test_behaviour_is_what_each_did_up_to_each_origin():
    """Ten use much, ten little, one of whom turns serious after the first origin."""
    rng = np.random.default_rng(7)
    used = rng.gamma(9, 1, (20, DAYS)) * np.where(np.arange(20) < 10, 1e5, 10)[:, None]
    used[19, DAYS - 21 :] = 1e7
    who, when = zip(*((f"c{i:02d}", day) for i in range(20) for day in days()), strict=True)
    panel = panel_of_rows(who, when, used.ravel().tolist())
    made = pt.backtest(panel, horizon=7, history=(14,), origins=3, draws=20, peers=(), by=("behaviour",))
    found = [made.scored.customers.where(origin=origin).key("behaviour").column() for origin in made.origins]
    assert [(each == "production").sum() for each in (found[0], found[2])] == [10, 11]
    assert found[1].tolist() == segmented(panel.as_of(DAYS - 14)).column().tolist()


def test_other_peers_and_a_forecaster_of_ones_own_join(used):
    who, when, value = zip(*cells(used), strict=True)
    panel = panel_of_rows(who, when, value)
    own = {"mine": alone(seasonal_naive)}
    made = pt.backtest(panel, horizon=7, history=(14,), origins=1, draws=20, peers=("ensemble",), forecasters=own)
    assert made.forecasters == ("pertoken", "ensemble", "mine")
    assert {each.other for each in made.differences} == {"ensemble", "mine"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--history", "lots"), "expected for example --history 30,60,90"),
        (("--peers", "naive"), "no peer 'naive'"),
        (("--horizon", 60), "61 periods are too few for a history of 30 and a horizon of 60"),
        (("--by", "colour"), "colour"),
    ],
)
def test_what_can_not_be_is_said(ask, log, words, message):
    said = ask("backtest", log, *words)
    assert said.code == 2
    assert message in " ".join(said.err.split())


def test_a_log_without_customers_is_refused(ask):
    nobody = write("nobody.csv", [{"timestamp": "2026-01-01T00:00:00Z", "model": "m", "input_tokens": 5}])
    assert "names no customers" in " ".join(ask("backtest", nobody).err.split())


def test_a_meter_that_is_not_there_is_refused(log):
    with pytest.raises(InputError, match="no meter 'output'"):
        pt.backtest(log, meter="output")


def test_a_last_day_that_is_only_partly_in_the_log_is_left_out_and_said(ask, desk, used):
    rows = [{"customer": who, "timestamp": f"{day}T23:50:00Z", "input_tokens": n} for who, day, n in cells(used)]
    more = [{"customer": f"c{i:02d}", "timestamp": "2026-03-03T08:10:00Z", "input_tokens": 5} for i in range(CUSTOMERS)]
    whole, cut = write(desk / "whole.csv", rows), write(desk / "cut.csv", rows + more)
    tables = [numbers(ask("backtest", each, *SHORT, "--format", "json"))["forecasters"] for each in (whole, cut)]
    assert tables[0] == tables[1]
    assert "2026-03-03, only partly in the log, is left out" in pt.backtest(cut, horizon=7, history=(14,)).notes
    months = pt.backtest(cut, horizon=1, history=(1,), grain="month", draws=20)
    assert months.periods == ("2026-01", "2026-02")
    assert "2026-03, only partly in the log, is left out" in months.notes
