"""Who forecasts beside our own experts, and how deeply customers are integrated: by the command's own options."""

import sys
from pathlib import Path

import numpy as np
import pytest

from pertoken.core.errors import InputError
from pertoken.forecast.outside import EVERYBODY, Outside
from pertoken.workbench.preparing import prepared
from pertoken.workbench.voices import over, voices
from tests.desk import result

pytestmark = pytest.mark.xdist_group("forecast")  # one process compiles the simulation

DAYS = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-03-01"))
SMALL = ("--card", "plan.yaml", "--months", "2", "--draws", "256", "--no-backtest", "--no-drivers")


@pytest.fixture
def log(desk):
    """Forty customers who all use alike; every second one has issued fifty keys, the others one or two."""
    (desk / "plan.yaml").write_text("{plan: api, prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 1}]}}}")
    rng = np.random.default_rng(2)
    lines = ["day,customer,keys_issued,input_tokens,output_tokens"]
    for i, level in enumerate(rng.lognormal(7, 0.2, 40)):
        depth = 50 + i if i % 2 else 1 + i % 3
        used = (level * rng.lognormal(0, 0.3, len(DAYS))).astype(int)
        lines += [f"{day},c{i:02},{depth},{n},0" for day, n in zip(DAYS, used, strict=True)]
    Path("log.csv").write_text("\n".join(lines) + "\n")
    return "log.csv"


def segments(said):
    return {row["part"]: row for row in said["tables"].get("by_segment", {"rows": []})["rows"]}


def of_whom(said):
    """Customers of each segment and month, which are told by the depth of today, whatever earlier days say of money."""
    rows = said["tables"]["parts"]["rows"]
    return {(row["part"], row["month"]): row["customers_p50"] for row in rows if row["key"] == "segment"}


def test_integration_depth_tells_apart_whom_use_does_not(ask, log):
    plain, deep = (
        result(ask("forecast", log, *SMALL, *more, "--format", "json")) for more in ((), ("--depth", "keys_issued"))
    )
    assert not segments(plain)
    assert set(segments(deep)) == {"hobbyist", "production"}
    Path("depth.csv").write_text(
        "customer,depth\n" + "".join(f"c{i:02},{50 + i if i % 2 else 1 + i % 3}\n" for i in range(40))
    )
    file = result(ask("forecast", log, *SMALL, "--depth", "depth.csv", "--format", "json"))
    assert {part for part, _ in of_whom(deep)} == {"hobbyist", "production"}
    assert of_whom(file) == of_whom(deep)  # a file has no dates: earlier days don't know it, so money differs


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--depth", "customer.csv"), "can't read the depths of integration customer.csv"),
        (("--depth", "keys_issued", "--segments", "keys_issued"), "leave one of them out"),
        (("--experts", "chronos"), "no expert 'chronos'"),
        (("--outside", "none.csv"), "can't read the outside forecast none.csv"),
        (("--outside-weight", "30%"), "add --outside FILE"),
    ],
)
def test_what_is_not_there_is_told(ask, log, more, words):
    done = ask("forecast", log, *SMALL, *more)
    assert done.code == 2
    assert words in done.err


def test_an_extra_that_is_missing_is_named_with_its_mend(ask, log, monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    done = ask("forecast", log, *SMALL, "--experts", "lightgbm")
    assert done.code == 2
    assert "pip install 'pertoken[lightgbm]'" in done.err


def test_experts_who_were_asked_for_are_weighed_and_shown(ask, log):
    said = result(ask("forecast", log, *SMALL, "--experts", "lognormal", "--format", "json"))
    assert "lognormal" in said["meta"]["experts"]
    made = prepared(log, card=["plan.yaml"], months=2, voices=voices(["lognormal"]), how={})
    assert sum(made.fitted.predicted.weights.values()) == pytest.approx(1)


def test_a_number_of_a_finance_team_for_all_customers_moves_them_all(log):
    plain = prepared(log, card=["plan.yaml"], months=2, how={}).fitted.predicted
    month = Outside((EVERYBODY,), ("2026-03",), np.array([3.1e6, 6.2e6])[:, None, None], np.array([0.1, 0.9]))
    heard = voices(outside=[month], weight=1.0)
    made = prepared(log, card=["plan.yaml"], months=2, voices=heard, how={}).fitted.predicted
    # a month of 31 days at its daily mean: 2.8 and 5.6 million over 28 days
    np.testing.assert_allclose(made.total_quantiles([0.1, 0.9]), [2.8e6, 5.6e6], rtol=0.02)
    np.testing.assert_allclose(
        made.samples.sum(axis=1), made.total * (plain.samples.sum(axis=1) / plain.total), rtol=1e-5
    )
    share = made.samples.mean(axis=0) / made.samples.mean()
    np.testing.assert_allclose(share, plain.samples.mean(axis=0) / plain.samples.mean(), rtol=0.1)


def test_half_of_each_is_between_both(log):
    said = prepared(log, card=["plan.yaml"], months=2, how={}).fitted.predicted
    month = Outside((EVERYBODY,), ("2026-03",), np.array([3.1e6, 6.2e6])[:, None, None], np.array([0.1, 0.9]))
    half = prepared(log, card=["plan.yaml"], months=2, voices=voices(outside=[month]), how={}).fitted.predicted
    wanted = (said.total_quantiles([0.3, 0.5, 0.7]) + np.array([3.5e6, 4.2e6, 4.9e6])) / 2
    np.testing.assert_allclose(half.total_quantiles([0.3, 0.5, 0.7]), wanted, rtol=0.02)


@pytest.mark.parametrize(
    ("periods", "words"),
    [
        (("2026-03-01", "2026-03-02"), "expected 28 days after 2026-02-28"),
        (("2026-04",), "expected the month after 2026-02-28"),
        (("2026-01",), "expected the month after 2026-02-28"),
        (("2026-Q2",), "expected days or months"),
    ],
)
def test_a_forecast_of_other_days_is_refused(periods, words):
    other = Outside(("a",), periods, np.ones((2, 1, len(periods))), np.array([0.1, 0.9]))
    with pytest.raises(InputError, match=words):
        over(other, "2026-02-28", 28)
