"""What a customer is in each period: a change within a day is a change, and two things at once are not one."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.workbench.standings import settled

DAYS = ("2026-01-01", "2026-01-02", "2026-01-03")


def usage_of(lines):
    """Lines of customer, day, plan and quantity."""
    who, day, plan, quantity = zip(*lines, strict=True)
    keys = {"customer": Key.of(who), "day": Key.of(day), "plan": Key.of(plan), "meter": Key.constant("t", len(who))}
    return Usage(keys, {"quantity": np.array(quantity, dtype=float)})


def test_on_the_day_of_a_change_the_plan_of_most_usage_counts_for_all_of_it():
    lines = [("a", DAYS[0], "free", 5), ("a", DAYS[1], "free", 3), ("a", DAYS[1], "pro", 4), ("a", DAYS[2], "pro", 9)]
    usage, kept, says = settled(usage_of(lines), ["plan"], "day", asked=["plan"])
    assert kept == ("plan",)
    assert usage.key("plan").column().tolist() == ["free", "pro", "pro", "pro"]
    assert usage.values["quantity"].tolist() == [5, 3, 4, 9]
    assert says == ("1 customer changed plan within a day: that of most usage counts",)


def test_two_plans_on_two_days_in_a_row_are_refused_by_name_and_left_out_where_nobody_asks():
    lines = [("b", DAYS[0], "pro", 1), *(("a", day, plan, 1) for day in DAYS[:2] for plan in ("free", "pro"))]
    with pytest.raises(InputError, match="a has plan 'free' and plan 'pro' on 2026-01-02 and in the day before"):
        settled(usage_of(lines), ["plan"], "day", asked=["plan"])
    usage, kept, _ = settled(usage_of(lines), ["plan"], "day")
    assert (kept, usage.key("plan").column().tolist()) == ((), [plan for _, _, plan, _ in lines])


def test_a_line_without_a_label_takes_that_of_the_day_however_much_it_is():
    usage, *_ = settled(
        usage_of([("a", DAYS[0], "", 100), ("a", DAYS[0], "pro", 1), ("a", DAYS[1], "", 1)]), ["plan"], "day"
    )
    assert usage.key("plan").column().tolist() == ["pro", "pro", ""]


LINE = st.tuples(st.sampled_from("abc"), st.sampled_from(DAYS), st.sampled_from(["free", "pro"]), st.integers(0, 9))


@given(st.lists(LINE, min_size=1, max_size=19))
def test_settling_is_what_a_reader_would_do_by_hand(lines):
    sums: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for who, day, plan, quantity in lines:
        sums[who, day][plan] += quantity
    usage, kept, says = settled(usage_of(lines), ["plan"], "day")
    ranks = {day: rank for rank, day in enumerate(sorted({day for _, day, *_ in lines}))}
    double = {(who, ranks[day]) for (who, day), plans in sums.items() if len(plans) > 1}
    if any((who, rank + 1) in double for who, rank in double):
        assert kept == ()
        return
    most = [max((used, plan) for plan, used in sums[who, day].items())[1] for who, day, *_ in lines]
    assert usage.key("plan").column().tolist() == most
    assert len(says) == bool(double)
