"""Charts: steps that add up, colours that everybody tells apart, pictures that fetch nothing."""

import xml.etree.ElementTree as ET
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.present.bridge import bridge
from pertoken.present.charts import Axis, Dot, Stretch, areas, bars, dots, fold_smallest, stacked, steps, waterfall
from pertoken.present.drawing import INK, PAPER, png, svg
from pertoken.present.dress import GAIN, LOSS, PALETTE

MONEY = st.decimals(-(10**9), 10**9, places=2)
PAPERS = {"light": "#ffffff", "dark": "#14181d"}


def test_a_bridge_goes_from_revenue_to_margin():
    steps = bridge([("Revenue", 1000), ("input", -300), ("output", -450), ("credit", 50)], ("Margin", 300))
    assert [(step.start, step.stop) for step in steps] == [(0, 1000), (1000, 700), (700, 250), (250, 300), (0, 300)]
    assert [step.whole for step in steps] == [True, False, False, False, True]


@given(st.lists(MONEY, min_size=1, max_size=13))
def test_each_step_starts_where_the_last_one_stopped_and_the_end_is_the_sum(amounts):
    steps = bridge([(str(i), amount) for i, amount in enumerate(amounts)], ("end", sum(amounts)))
    assert all(left.stop == right.start for left, right in pairwise(steps[:-1]))
    assert steps[0].start == steps[-1].start == 0
    assert steps[-2].stop == steps[-1].stop == float(sum(amounts))


@given(st.lists(MONEY, min_size=1, max_size=13), st.sampled_from([Decimal("0.01"), Decimal("-0.01")]))
def test_a_bridge_that_misses_a_cent_is_refused(amounts, cent):
    with pytest.raises(ValueError, match="the steps add up to"):
        bridge([(str(i), amount) for i, amount in enumerate(amounts)], ("end", sum(amounts) + cent))


def test_float_noise_is_no_missing_step():
    assert bridge([("a", 0.1), ("b", 0.2)], ("c", 0.3))[-1].stop == 0.3


def test_the_smallest_are_summed_and_counted():
    rows = [("a", 5), ("b", -1), ("c", 2), ("d", 3)]
    assert fold_smallest(rows, 4) == rows
    assert fold_smallest(rows, 3) == [("a", 5), ("d", 3), ("2 others", 1)]  # -1 + 2


def texts(picture):
    return [element.text for element in ET.fromstring(picture).iter() if element.tag.endswith("text")]  # noqa: S314 - our own picture


def test_bars_keep_their_order_and_carry_their_numbers():
    drawn = texts(svg(bars([("Zeta", 1234567.5), ("Acme", Decimal(-284))], title="Margin [USD]")))
    assert drawn.index("Zeta") < drawn.index("Acme")
    assert {"1,234,567.50", "−284.00", "Margin [USD]"} <= set(drawn)


def test_two_bars_of_one_name_are_refused():
    with pytest.raises(ValueError, match="share the name"):
        bars([("a", 1), ("a", 2)], title="t")


def test_a_waterfall_draws_each_step():
    drawn = texts(svg(waterfall([("Revenue", 10), ("Cost", -4)], ("Margin", 6), title="USD")))
    assert {"Revenue", "Cost", "Margin", "10.00", "−4.00", "6.00"} <= set(drawn)


def test_columns_stack_and_fold_what_is_too_small_to_see():
    rows = [(month, f"meter_{meter}", meter + 1) for month in ("2026-01", "2026-02") for meter in range(11)]
    drawn = texts(svg(stacked(rows, title="Cost [USD]")))
    assert {"2026-01", "2026-02", "meter_10", "4 others"} <= set(drawn)
    assert "meter_0" not in drawn


def test_a_picture_takes_its_colours_from_the_page():
    picture = svg(stacked([("a", "x", 1)], title="t"), name="chart-7")
    assert "currentColor" in picture
    assert INK not in picture
    assert PAPER not in picture
    assert 'fill="white"' not in picture


def test_a_chart_fetches_nothing():
    spec = {"data": {"url": "https://example.com/a.csv"}, "mark": "bar", "encoding": {"x": {"field": "a"}}}
    with pytest.raises(ValueError, match="not allowed"):
        svg(spec)


def test_a_png_is_white_behind():
    assert png(bars([("a", 1)], title="t"))[:8] == b"\x89PNG\r\n\x1a\n"


def luminance(color):
    shares = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("paper", PAPERS.values(), ids=PAPERS)
@pytest.mark.parametrize("color", PALETTE)
def test_every_colour_stands_out_on_light_and_on_dark(color, paper):
    """WCAG 2.2, 1.4.11: graphics need a contrast of 3 to 1."""
    low, high = sorted((luminance(color), luminance(paper)))
    assert (high + 0.05) / (low + 0.05) >= 3


def test_areas_step_from_period_to_period_and_end_with_the_last():
    """Two hours make three edges: the second hour is as wide as the first."""
    spec = areas(
        ["2026-01-05T10", "2026-01-05T11"], {"used": [4, 1], "unused": [0, 3]}, {"used": GAIN, "unused": LOSS},
        title="gpu_hours", kind="quantity",
    )  # fmt: skip
    (rows,) = spec["datasets"].values()
    hours = sorted({row["at"] for row in rows})
    assert [b - a for a, b in pairwise(hours)] == [3_600_000, 3_600_000]
    assert [row["value"] for row in rows if row["part"] == "unused"] == [0, 3, 3]
    assert {"used", "unused", "gpu_hours"} <= set(texts(svg(spec)))


def test_steps_run_from_one_value_to_the_next_and_break_where_nothing_is_known():
    may, june, july, august, september = (date(2026, month, 1) for month in range(5, 10))
    rows = [Stretch("Input", may, june, 10), Stretch("Input", june, july, 2), Stretch("Input", august, september, 3)]
    spec = steps(rows, title="USD for 1M tokens")
    data = next(iter(spec["datasets"].values()))
    assert [(row["at"], row["value"], row["run"]) for row in data] == [
        ("2026-05-01", 10.0, 1), ("2026-06-01", 10.0, 1), ("2026-06-01", 2.0, 1), ("2026-07-01", 2.0, 1),
        ("2026-08-01", 3.0, 2), ("2026-09-01", 3.0, 2),
    ]  # fmt: skip
    assert spec["mark"]["interpolate"] == "step-after"
    assert "USD for 1M tokens" in svg(spec)


def test_steps_of_many_series_have_a_colour_each():
    rows = [Stretch(str(i), date(2026, 5, 1), date(2026, 6, 1), i) for i in range(7)]
    spec = steps(rows, title="USD")
    assert spec["encoding"]["color"]["scale"]["domain"] == [str(i) for i in range(7)]


@pytest.mark.parametrize("log", [True, False])
def test_names_of_dots_near_the_axis_stand_behind_them(log):
    rows = [Dot(x, 1, 1, "a", name) for x, name in ((1, "left"), (50, "middle"), (100, "right"))]
    spec = dots(rows, {"a": "#123456"}, x=Axis("x", log=log, zero=False), y=Axis("y"))
    data = next(rows for rows in spec["datasets"].values() if "name" in rows[0])
    assert {row["name"]: row["first"] for row in data} == {"left": True, "middle": False, "right": False}
    anchors = {word.text: word.get("text-anchor") for word in ET.fromstring(svg(spec)).iter()}  # noqa: S314  our own
    assert [anchors[name] for name in ("left", "middle", "right")] == ["start", "end", "end"]
