"""Pictures of a model: the right numbers in the right places, and words that never lie on each other."""

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.present.charts import Axis
from pertoken.present.charts_crossover import Crossing, Line, cross, crossover
from pertoken.present.charts_months import Spread, by_month, fan
from pertoken.present.charts_tornado import Swing, tornado
from pertoken.present.charts_worlds import histogram
from pertoken.present.drawing import svg
from pertoken.present.model_facts import overtakes

MONTHS = [f"{2027 + index // 12}-{index % 12 + 1:02}" for index in range(24)]


def texts(spec):
    drawn = ET.fromstring(svg(spec))  # noqa: S314 - our own picture
    return [element.text for element in drawn.iter() if element.tag.endswith("text") and element.text]


def data(spec, *columns):
    """Rows of a specification that have some columns."""
    rows = [row for rows in spec["datasets"].values() for row in rows]
    return [row for row in rows if set(columns) <= row.keys()]


def spread(size, scale=1.0):
    months = np.arange(1, size + 1)
    return Spread(*((scale * (months * step - 5)).tolist() for step in (-1, 2, 5, 11, 17)))


def test_a_fan_says_how_many_worlds_lie_where_and_writes_its_last_numbers():
    drawn = texts(fan(MONTHS[:3], spread(3), {"Base": [1, 2, 7.5]}, title="Margin, USD"))
    assert {"8 in 10 worlds lie here (P10 to P90)", "5 in 10 (P25 to P75)", "Margin, USD", *MONTHS[:3]} <= set(drawn)
    assert {"P90 46.00", "median 10.00", "P10 −8.00", "Base 7.50"} <= set(drawn)  # 17 * 3 - 5, 5 * 3 - 5, -3 - 5


def test_the_bands_of_a_fan_end_at_its_quantiles():
    bands = data(fan(MONTHS[:2], spread(2), title="t"), "band")
    assert [(row["x"], row["y"], row["y2"]) for row in bands] == [(0, -6, 12), (1, -7, 29), (0, -3, 6), (1, -1, 17)]


def test_a_single_month_is_wide_enough_to_be_seen():
    bands = data(fan(MONTHS[:1], spread(1), title="t"), "band")
    assert {row["x"] for row in bands} == {-0.4, 0.4}
    assert MONTHS[0] in texts(fan(MONTHS[:1], spread(1), title="t"))


def test_a_certain_model_has_cases_only():
    drawn = texts(fan(MONTHS, None, {"Low": range(24), "High": range(2, 26)}, title="t"))
    assert {"Low 23.00", "High 25.00"} <= set(drawn)
    assert not any("worlds" in text for text in drawn)


def test_months_are_thinned_and_begin_with_the_first():
    drawn = [text for text in texts(fan(MONTHS, spread(24), title="t")) if re.fullmatch(r"\d{4}-\d{2}", text)]
    assert drawn[0] == MONTHS[0]
    places = [MONTHS.index(month) for month in drawn]
    assert 2 < len(places) < 12
    assert len({b - a for a, b in pairwise(places)}) == 1


@pytest.mark.parametrize("months", [[], MONTHS[:2]])
def test_a_month_without_a_number_is_refused(months):
    with pytest.raises(ValueError, match="one for each"):
        fan(months, spread(3), title="t")
    with pytest.raises(ValueError, match="one for each"):
        by_month(months, {"a": [1, 2, 3]}, title="t")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_has_no_place_in_a_picture_is_refused_and_named(value):
    with pytest.raises(ValueError, match=r"'Base' holds (nan|inf)"):
        fan(MONTHS[:2], None, {"Base": [1, value]}, title="t")
    with pytest.raises(ValueError, match=r"'API' holds (nan|inf)"):
        crossover([0, 1], [Line("API", [1, value])], x=QUANTITY, y=Axis("USD"))
    with pytest.raises(ValueError, match=r"a swing holds (nan|inf)"):
        tornado([Swing("a", "", "", 1, value)], 0, title="t")


def test_a_fan_of_nothing_is_refused():
    with pytest.raises(ValueError, match="neither worlds nor cases"):
        fan(MONTHS, None, title="t")


def test_costs_hang_below_zero_and_the_line_is_what_is_left():
    spec = by_month(MONTHS[:2], {"Revenue": [10, 20], "Tokens": [-3, -5], "People": [-4, -4]}, title="t", net="Margin")
    pieces = {(row["part"], round(row["x"] + 0.4)): (row["y"], row["y2"]) for row in data(spec, "part")}
    assert pieces["Revenue", 1] == (0, 20)
    assert pieces["Tokens", 1] == (0, -5)
    assert pieces["People", 1] == (-5, -9)
    assert "Margin 11.00" in texts(spec)  # 20 - 5 - 4


@settings(max_examples=11)
@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3), min_size=1, max_size=11))
def test_the_pieces_of_a_month_add_up_to_it(parts):
    spec = by_month(MONTHS[:3], {f"part {i}": values for i, values in enumerate(parts)}, title="t")
    pieces = data(spec, "part")
    assert len({row["part"] for row in pieces}) <= 8
    for month in range(3):
        found = sum(row["y2"] - row["y"] for row in pieces if round(row["x"] + 0.4) == month)
        assert found == pytest.approx(sum(values[month] for values in parts), abs=1e-6)


def test_areas_below_zero_are_refused():
    with pytest.raises(ValueError, match="mark='bar'"):
        by_month(MONTHS[:2], {"a": [1, -1]}, title="t", mark="area")


def swings():
    return [
        Swing("price", "400 USD", "600 USD", -10, 30),
        Swing("hits", "20 %", "60 %", 12, 8),
        Swing("cap", "1", "2", 25, 9),
    ]


def test_the_widest_swing_stands_first_whatever_the_order():
    """Swings of 40, 16 and 4 around 10."""
    spec = tornado(swings(), 10, title="Margin, USD")
    drawn = texts(spec)
    assert '["price", "cap", "hits"]' in str(spec)  # names from above
    assert {row["text"]: row["at"] for row in data(spec, "side")}.items() >= {"400 USD": 0, "20 %": 2}.items()
    assert {"400 USD", "600 USD", "20 %", "60 %", "1", "2", "base 10.00", "input low", "input high"} <= set(drawn)
    assert texts(tornado(swings()[::-1], 10, title="Margin, USD")) == drawn


def test_a_bar_goes_from_the_base_to_the_result_and_its_input_stands_at_its_end():
    spec = tornado([Swing("hits", "20 %", "60 %", 12, 8)], 10, title="t")
    bars = {row["end"]: (row["x"], row["x2"]) for row in data(spec, "end")}
    assert bars == {"input low": (10, 12), "input high": (10, 8)}
    words = {row["text"]: (row["x"], row["side"]) for row in data(spec, "side")}
    assert words["20 %"] == (12, "right")
    assert words["60 %"] == (8, "left")


def test_two_results_on_one_side_share_the_height():
    spec = tornado([Swing("size", "1", "9", 14, 13)], 10, title="t")
    heights = {row["end"]: (row["at"], row["at2"]) for row in data(spec, "end")}
    assert heights["input low"][1] == heights["input high"][0]
    assert {row["side"] for row in data(spec, "side")} == {"right", "over"}


def test_inputs_beyond_the_limit_are_counted():
    drawn = texts(tornado([Swing(f"i{n}", "", "", -n, n) for n in range(7)], 0, title="t", limit=3))
    assert {"i6", "i5", "i4", "4 more, each less"} <= set(drawn)
    assert "i3" not in drawn


@pytest.mark.parametrize("found", [[], [*swings(), *swings()]])
def test_a_tornado_of_nothing_or_of_one_name_twice_is_refused(found):
    with pytest.raises(ValueError, match="each once"):
        tornado(found, 10, title="t")


QUANTITY = Axis("Tokens a day", "count")


def test_owning_is_cheaper_where_the_lines_cross():
    """5 USD a million against 2,000 USD and 1 USD a million: equal at 2,000 / 4 = 500 million tokens, 2,500 USD."""
    at = [0, 200e6, 900e6]
    lines = [Line("API", [x * 5e-6 for x in at]), Line("own GPUs", [2000 + x * 1e-6 for x in at])]
    (crossing,) = cross(at, lines, QUANTITY)
    assert crossing.x == pytest.approx(500e6)
    assert crossing.y == pytest.approx(2500)
    assert "API = own GPUs at 500,000,000" in texts(crossover(at, lines, x=QUANTITY, y=Axis("USD")))


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=2, max_size=13))
def test_lines_cross_as_often_as_their_difference_changes_sign(pairs):
    lines = [Line("a", [a for a, _ in pairs]), Line("b", [b for _, b in pairs])]
    signs = [a > b for a, b in pairs if a != b]
    changes = sum(one != other for one, other in pairwise(signs))
    at = list(range(len(pairs)))
    found = cross(at, lines, Axis("x", "exact"))
    assert len(found) == changes
    for crossing in found:
        both = [float(np.interp(crossing.x, at, np.array(line.values, float))) for line in lines]
        assert both == pytest.approx([crossing.y] * 2)


def test_on_powers_of_ten_the_mark_lies_on_the_lines_as_drawn():
    """From 1 to 100 a straight line on powers of ten is half way at 10."""
    (crossing,) = cross([1, 100], [Line("a", [0, 2]), Line("b", [1, 1])], Axis("x", "quantity", log=True))
    assert (crossing.x, crossing.y) == pytest.approx((10, 1))
    assert crossing.text == "a = b at 10"


def test_a_better_known_crossing_takes_the_place_of_the_found_one():
    spec = crossover(
        [0, 1], [Line("a", [0, 2]), Line("b", [1, 1])], x=QUANTITY, y=Axis("USD"), crossings=[Crossing(0.4, 1, "here")]
    )
    assert "here" in texts(spec)
    assert not any("a = b" in text for text in texts(spec))


def test_a_band_needs_both_ends():
    with pytest.raises(ValueError, match="half a band"):
        crossover([0, 1], [Line("a", [0, 2], low=[0, 1])], x=QUANTITY, y=Axis("USD"))
    spec = crossover([0, 1], [Line("a", [0, 2], low=[-1, 1], high=[1, 3])], x=QUANTITY, y=Axis("USD"))
    assert {(row["x"], row["y"], row["y2"]) for row in data(spec, "y2", "line")} == {(0, -1, 1), (1, 1, 3)}


def test_values_of_the_input_that_do_not_rise_are_refused():
    with pytest.raises(ValueError, match="rise"):
        crossover([0, 0], [Line("a", [0, 2])], x=QUANTITY, y=Axis("USD"))


def test_the_columns_below_zero_hold_the_worlds_that_lose():
    worlds = np.random.default_rng(7).normal(3, 5, 4_001)
    spec = histogram(worlds, x=Axis("Margin, USD"))
    lost = sum(row["y"] for row in data(spec, "group") if row["group"].startswith("loss"))
    assert lost == pytest.approx(np.mean(worlds < 0))
    assert sum(row["y"] for row in data(spec, "group")) == pytest.approx(1)
    assert all(row["x2"] <= 1e-12 for row in data(spec, "group") if row["group"].startswith("loss"))
    marks = {row["text"]: row["x"] for row in data(spec, "top")}
    assert [marks[name] for name in sorted(marks)] == pytest.approx(np.quantile(worlds, [0.1, 0.5, 0.9]).tolist())
    assert f"loss: {100 * np.mean(worlds < 0):.1f} % of worlds" in texts(spec)


def test_worlds_that_are_all_alike_stand_in_one_column():
    spec = histogram(np.full(11, -4.0), x=Axis("Margin, USD"))
    (column,) = data(spec, "group")
    assert column["x"] < -4 < column["x2"] < 0
    assert (column["y"], column["group"]) == (1, "loss: 100.0 % of worlds")
    assert {"P10 −4.00", "P50 −4.00", "P90 −4.00"} <= set(texts(spec))


@pytest.mark.parametrize("worlds", [[], [1.0, float("nan")], [[1.0]]])
def test_a_histogram_without_a_number_for_each_world_is_refused(worlds):
    with pytest.raises(ValueError, match="one finite number"):
        histogram(np.array(worlds), x=Axis("x"))


@pytest.mark.parametrize(
    ("one", "other", "at"),
    [
        ([0, 10, 20, 30], [-10, 5, 25, 50], 1.5),
        ([0, 10, 20, 30], [0.1, 9.9, 20.1, 29.9], None),
        ([0, 10, 20, 30], [1, 12, 23, 34], None),
        ([0, 10, 20, 30], [5, 5, 25, 25], 2.5),
        ([0, 10, 20, float("nan")], [5, 5, 25, 25], None),
    ],
)
def test_a_line_overtakes_where_it_changes_sides_for_good_after_both_were_apart(one, other, at):
    assert overtakes(one, other) == (None if at is None else pytest.approx(at))
