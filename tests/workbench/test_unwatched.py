"""Days that a log has of nobody, although all use every day: an outage, and no zeros, in whatever is asked of it.

Customers use the same each day, so that a gap must change nothing.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pertoken as pt
from pertoken.core.errors import InputError

pytestmark = pytest.mark.xdist_group("forecast")  # one process compiles the simulation

WHO, DAYS = 13, 101
GAP = range(80, 87)
LINEAR = "{plan: linear, prices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 0.002}]}}}"
NOTE = "nobody used anything in 2026-03-22, 2026-03-23, 2026-03-24, 2026-03-25, 2026-03-26 ...: taken as an outage"


def write(path: Path, days: int, gap: range) -> str:
    lines = ["date,customer,input_tokens"]
    for day in (date(2026, 1, 1) + timedelta(t) for t in range(days) if t not in gap):
        lines += [f"{day},c{i:02},{1_000 * (i + 1)}" for i in range(WHO)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


@pytest.fixture
def card(tmp_path: Path) -> str:
    (tmp_path / "linear.yaml").write_text(LINEAR)
    return str(tmp_path / "linear.yaml")


@pytest.fixture
def log(tmp_path: Path) -> str:
    return write(tmp_path / "log.csv", DAYS, GAP)


def test_cohorts_of_steady_customers_keep_all_and_grow_by_nothing(log: str, card: str) -> None:
    made = pt.cohorts(log)
    assert made.growth[28] == pytest.approx(0, abs=1e-12)
    value = made.report.windows.value
    np.testing.assert_allclose(value, 28_000 * np.arange(1, WHO + 1)[:, None] * np.ones(value.shape[1]))
    assert any(NOTE in each for each in made.says)
    # a month of 31 days with 24 of the log is charged 24 days, which are laid over them: the gap is then made up for
    paid = pt.cohorts(log, revenue=[card])
    np.testing.assert_allclose(paid.report.windows.value, 0.002 * value)


def test_a_window_of_nothing_but_an_outage_is_refused(tmp_path: Path) -> None:
    whole = range(DAYS - 14, DAYS - 7)
    with pytest.raises(InputError, match="nothing was watched in the 7 days until 2026-04-04; take longer windows"):
        pt.cohorts(write(tmp_path / "log.csv", DAYS, whole), window=7)


def test_a_back_test_leaves_out_what_was_not_watched(log: str, card: str) -> None:
    told: dict[str, Any] = {"horizon": 13, "history": (30,), "origins": 4, "draws": 50, "peers": ("seasonal-naive",)}
    whole = 13_000 * sum(range(1, WHO + 1))
    gone = "forecasts made after 2026-03-16 are left out: nobody was watched all through"
    usage, money = pt.backtest(log, **told), pt.backtest(log, card=[card], **told)
    for made in (usage, money):
        np.testing.assert_allclose(made.scored.totals.where(of="there").values["actual"], whole)
        assert made.origins == ("2026-02-18", "2026-03-03", "2026-03-29")
        assert {gone} < set(made.notes)
        assert any(NOTE in each for each in made.notes)
    assert money.money is not None
    np.testing.assert_allclose(money.money.values["actual"], 0.002 * whole, rtol=1e-5)


def test_a_table_with_a_gap_is_scored_without_it(tmp_path: Path) -> None:
    rows = Path(write(tmp_path / "log.csv", DAYS, GAP)).read_text().replace("date,customer,input_tokens", "")
    (tmp_path / "table.csv").write_text("period,customer,value" + rows)
    made = pt.backtest(str(tmp_path / "table.csv"), horizon=13, history=(30,), draws=50, peers=())
    np.testing.assert_allclose(made.scored.totals.values["actual"], 13_000 * sum(range(1, WHO + 1)))


def test_where_each_horizon_has_an_outage_in_it_a_shorter_one_is_asked_for(tmp_path: Path) -> None:
    log = write(tmp_path / "log.csv", 60, range(44, 53))
    with pytest.raises(InputError, match="after none of 1 dates was anybody watched for 28 days on end"):
        pt.backtest(log)


@pytest.mark.parametrize(("days", "gap", "ahead"), [(DAYS, GAP, 25), (60, range(44, 53), 7)])
def test_the_back_test_of_a_forecast_is_of_days_that_were_watched(
    tmp_path: Path, card: str, days: int, gap: range, ahead: int
) -> None:
    log = write(tmp_path / "log.csv", days, gap)
    made = pt.forecast_revenue(log, card=[card], months=1, draws=640, explain=False)
    assert made.backtest is not None
    assert made.backtest.money is not None
    assert made.backtest.scored.horizon == ahead
    whole = ahead * 1_000 * sum(range(1, WHO + 1))
    np.testing.assert_allclose(made.backtest.scored.totals.where(of="there").values["actual"], whole)
    np.testing.assert_allclose(made.backtest.money.values["actual"], 0.002 * whole, rtol=1e-5)
    assert sum("taken as an outage" in each for each in made.notes) == 1
