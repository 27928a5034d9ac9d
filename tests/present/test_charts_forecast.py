"""Pictures of a forecast and of cohorts: the right numbers in the right places."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.present.charts_concentration import concentration
from pertoken.present.charts_fan import forecast_fan
from pertoken.present.charts_heatmap import heatmap
from pertoken.present.charts_months import Spread
from pertoken.present.drawing import svg

PAST = [("2026-01", 10), ("2026-02", 20), ("2026-03", 30)]
MONTHS = ["2026-04", "2026-05"]
SPREAD = Spread([20, 10], [25, 20], [30, 35], [40, 50], [50, 70])


def texts(spec):
    drawn = ET.fromstring(svg(spec))  # noqa: S314 - our own picture
    return [element.text for element in drawn.iter() if element.tag.endswith("text") and element.text]


def data(spec, *columns):
    """Rows of a specification that have some columns."""
    return [row for rows in spec["datasets"].values() for row in rows if set(columns) <= row.keys()]


def test_a_forecast_opens_from_the_last_number_known():
    bands = [row for row in data(forecast_fan(PAST, MONTHS, SPREAD, title="USD"), "band") if "P10" in row["band"]]
    assert [(row["x"], row["y"], row["y2"]) for row in bands] == [(2, 30, 30), (3, 20, 50), (4, 10, 70)]


def test_a_forecast_says_which_quantiles_are_commit_plan_and_stretch():
    called = {"p25": "commit", "p50": "plan", "p75": "stretch"}
    drawn = texts(forecast_fan(PAST, MONTHS, SPREAD, title="USD", called=called, beside={"top-down": [28, 33]}))
    assert {"commit (P25) 20.00", "plan (P50) 35.00", "stretch (P75) 50.00", "top-down 33.00"} <= set(drawn)
    assert {"known to 2026-03", "P10 10.00", "P90 70.00"} <= set(drawn)


def test_a_forecast_of_one_month_without_history_is_wide_enough_to_be_seen():
    one = Spread(*([values] for values in (1, 2, 3, 4, 5)))
    bands = data(forecast_fan([], MONTHS[:1], one, title="USD"), "band")
    assert {row["x"] for row in bands} == {0, 1}


def test_a_forecast_without_a_number_for_each_month_is_refused():
    with pytest.raises(ValueError, match="one for each"):
        forecast_fan(PAST, MONTHS[:1], SPREAD, title="USD")


def test_the_largest_customers_are_named_with_their_shares():
    spec = concentration(["a", "Whale", "b"], [4, 90, 6])
    assert {"Whale 90.0 %", "b 6.0 %", "a 4.0 %", "80% of revenue: 1 of 3 customers"} <= set(texts(spec))
    points = sorted((row["x"], row["y"]) for row in data(spec, "text", "x2"))
    assert points == [(1, pytest.approx(0.9)), (2, pytest.approx(0.96)), (3, pytest.approx(1.0))]


@settings(max_examples=11)
@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=900).filter(lambda values: sum(values) > 0))
def test_the_curve_of_concentration_rises_ever_more_slowly_to_the_whole(values):
    spec = concentration([str(i) for i in range(len(values))], values)
    curve = max((rows for rows in spec["datasets"].values() if {"x", "y"} == set(rows[0])), key=len)
    x, y = (np.array([row[name] for row in curve]) for name in ("x", "y"))
    assert y[-1] == pytest.approx(1)
    assert (x[0], y[0]) == (0, 0)
    slopes = np.diff(y) / np.diff(x)
    assert (np.diff(slopes) <= 1e-9).all()


@pytest.mark.parametrize("values", [[], [0, 0], [1, -1], [1, float("nan")], [1]])
def test_what_has_no_concentration_is_refused(values):
    with pytest.raises(ValueError, match=r"not negative|no place"):
        concentration(["a", "b"][: max(len(values), 2)], values)


def test_a_cohort_map_has_a_cell_for_each_age_known_and_says_what_lies_above_the_start():
    spec = heatmap([("2026-01", "17"), ("2026-02", "")], [[1, 0.5, 12.2], [1, None]], title="Months since the first")
    cells = {(row["y"] + 0.5, row["x"] + 0.5): row["share"] for row in data(spec, "share")}
    assert cells == {(0, 0): 1, (0, 1): 0.5, (0, 2): 12.2, (1, 0): 1}
    assert {"2026-01 (17)", "2026-02", "50", "12x", "above the start"} <= set(texts(spec))


def test_a_cohort_map_of_nothing_is_refused():
    with pytest.raises(ValueError, match="one each"):
        heatmap([], [], title="t")
    with pytest.raises(ValueError, match="negative"):
        heatmap([("a", "")], [[-1]], title="t")
