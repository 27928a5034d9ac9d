"""The last periods of real customers, forecast from those before, lie where the ranges say."""

import pytest

from examples.beta import real
from pertoken.forecast.panel import panel_of_rows


@pytest.mark.parametrize("name", real.SOURCES)
def test_real_customers_stay_within_their_ranges_about_as_often_as_these_say(name):
    if not (real.data() / real.SOURCES[name][0]).exists():
        pytest.skip("shared data are not there")
    found = real.held(name)
    p10, p50, p90 = found.range
    assert p10 < p50 < p90
    assert 0.6 <= found.inside <= 0.97
    assert p10 / 1.5 < found.came < p90 * 1.5


def test_what_came_is_counted_from_the_days_that_were_hidden(monkeypatch):
    rows = [(who, f"2026-09-{day:02}", 10.0 * (who == "a") + 1) for who in "ab" for day in range(1, 22)]
    whole = panel_of_rows(*zip(*rows, strict=True), grain="day")
    monkeypatch.setattr(real, "panel", lambda _: whole)
    found = real.held("Helios, GPU-hours")
    assert (found.customers, found.hidden, found.came) == (2, "7 days", 84.0)


def test_dollars_of_a_real_shop_lie_in_the_ranges_of_3_to_12_months():
    if not (real.data() / real.CDNOW).exists():
        pytest.skip("shared data are not there")
    for _, (low, middle, high), came in real.sold():
        assert low < middle < high
        assert low < came < high
