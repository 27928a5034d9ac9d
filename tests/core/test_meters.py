"""Leaf meters are disjoint: a total is a sum, and nothing is counted twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.meters import COMPOSITES, METERS, check, leaves, meter

PRESENT = [*METERS, "cache_write_5m_tokens", "cache_write_1h_tokens", "x_credits"]
some_meters = st.lists(st.sampled_from(PRESENT), unique=True)


@given(some_meters)
def test_prompt_and_completion_part_the_total_without_overlap(present):
    prompt, completion = leaves("prompt_tokens", present), leaves("completion_tokens", present)
    assert not set(prompt) & set(completion)
    assert set(prompt) | set(completion) == set(leaves("total_tokens", present))


@given(some_meters)
def test_the_total_holds_every_token_meter_once_and_nothing_else(present):
    total = leaves("total_tokens", present)
    assert len(total) == len(set(total))
    assert set(total) == {name for name in present if name.endswith("_tokens")} - {"training_tokens"}


@given(some_meters)
def test_a_leaf_expands_to_itself_where_it_stands(present):
    for name in PRESENT:
        assert leaves(name, present) == ((name,) if name in present else ())


def test_every_token_meter_is_on_one_side_of_a_call():
    sides = {name: each.direction for name, each in METERS.items() if each.unit == "token"}
    assert set(sides.values()) == {"input", "output"}
    assert all(name.endswith("_tokens") for name in sides)


def test_only_requests_need_no_price():
    assert [name for name, each in METERS.items() if not each.billable] == ["requests"]


@pytest.mark.parametrize(
    ("name", "unit", "direction", "label"),
    [
        ("cache_write_1h_tokens", "token", "input", "Cache write 1h"),
        ("cache_write_30m_tokens", "token", "input", "Cache write 30m"),
        ("x_tool_minutes", "tool_minutes", "none", "Tool minutes"),
        ("gpu_hours", "hour", "none", "GPU hours"),
    ],
)
def test_open_names_and_listed_ones_are_known(name, unit, direction, label):
    found = meter(name)
    assert (found.unit, found.direction, found.label) == (unit, direction, label)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("input_token", "did you mean input_tokens"),
        ("total_token", "did you mean total_tokens"),
        ("cache_write_1y_tokens", "did you mean cache_write"),
        ("X_custom", "begins with x_"),
        ("", "unknown meter ''"),
    ],
)
def test_an_unknown_meter_is_refused_with_a_suggestion(name, hint):
    with pytest.raises(InputError, match=hint):
        check(name)


def test_a_named_sum_is_a_meter_for_a_card_but_not_a_leaf():
    for name in COMPOSITES:
        check(name)
        with pytest.raises(InputError, match="unknown meter"):
            meter(name)
