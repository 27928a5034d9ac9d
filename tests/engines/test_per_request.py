"""What is rounded for each request is rounded before the fold; a roll-up carries the sums, and no others."""

from decimal import Decimal
from math import ceil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.meters import leaves, meter
from pertoken.engines.duckdb import fold, keep, opened
from pertoken.rating.card import Convert
from pertoken.rating.curve import convert
from pertoken.usage.question import PerRequest, Question
from tests.desk import parquet
from tests.made import exact

pytestmark = pytest.mark.usefixtures("desk")

D = Decimal
LOG = """\
customer,month,prompt_tokens,cached_tokens,completion_tokens
acme,2026-01,900,300,300
acme,2026-01,800,0,0
zeta,2026-01,600,0,400
acme,2026-01,0,0,1000
"""
PACKAGES = PerRequest(weights=(("total_tokens", D(1)),), per=D(1000), round="up")


def counted(log, *asked, keys=("customer", "month")):
    """What each customer counts of the meters asked for."""
    with opened(log) as found:
        usage, _ = fold(found, Question(keys, per_request=asked))
    names = {each.meter for each in asked}
    return {(r["customer"], r["meter"]): r["quantity"] for r in usage.records() if r["meter"] in names}


def alone(text, asked):
    """What a CSV file counts of one meter, with the type of the number; lines of nothing are left out."""
    Path("one.csv").write_text(text)
    with opened("one.csv") as log:
        usage, _ = fold(log, Question((), per_request=(asked,)))
    lines = usage.where(meter=asked.meter)
    return lines.values["quantity"][0] if len(lines) else 0


def test_packages_of_each_request_are_more_than_those_of_the_month():
    """1,200, 800 and 1,000 tokens, rounded up to 1,000 each: 2 + 1 + 1 = 4 packages; all 3,000 at once: 3."""
    Path("log.csv").write_text(LOG)
    assert counted("log.csv", PACKAGES) == {("acme", PACKAGES.meter): 4, ("zeta", PACKAGES.meter): 1}
    assert ceil((1200 + 800 + 1000) / 1000) == 3


def test_whole_packages_are_whole_numbers_and_no_floats():
    assert isinstance(alone("input_tokens\n1\n1001\n", PACKAGES), np.int64)


def test_whole_packages_are_exact_far_beyond_floats():
    """9 requests of 10^15 - 1 tokens, rounded up to 7: 9 × 142,857,142,857,143, each × 7 = 10^15 + 1."""
    asked = PerRequest(weights=(("input_tokens", D(49)),), per=D(7), round="up")
    rows = f"{10**15 - 1}\n" * 9
    assert alone(f"input_tokens\n{rows}", asked) == 9 * 7 * (10**15 - 1)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        # requests of 1,400 and 300 tokens: 1.4 and 0.3 priced units
        (PerRequest(weights=(("input_tokens", D(1)),), per=D(1000), round="down"), 1),
        (PerRequest(weights=(("input_tokens", D(1)),), per=D(1000), round="half_up"), 1),
        (PerRequest(weights=(("input_tokens", D(1)),), per=D(1000), round="up", free=D("0.5"), free_first=True), 1),
        (PerRequest(weights=(("input_tokens", D(1)),), per=D(1000), round="up", free=D("0.5")), 2),  # 1.5 + 0.5
        (PerRequest(weights=(("input_tokens", D(1)),), per=D(1000), round="up", precision=1), 1.7),  # 1.4 + 0.3
        (PerRequest(weights=(("input_tokens", D(1)),), per=D(1000), free=D("0.5")), 0.9),
        (PerRequest(weights=(("input_tokens", D(1)),), per=D(1000), times=D(5), round="up"), 9),  # 7 + 2
        (PerRequest(weights=(("input_tokens", D("0.5")),), per=D(100), round="up"), 9),  # 7 + 1.5
        (PerRequest(weights=(("input_tokens", D(1)), ("requests", D(600))), per=D(1000), round="up"), 3),  # 2.0, 0.9
        (PerRequest(weights=(("output_tokens", D(1)),), per=D(1000), round="up"), 0),
    ],
)
def test_each_conversion_of_a_request_is_as_on_paper(asked, expected):
    assert alone("input_tokens\n1400\n300\n", asked) == expected


tokens = st.lists(st.integers(0, 10**6), min_size=1, max_size=7)


@settings(max_examples=23)
@given(
    tokens,
    st.sampled_from([D(1), D(3), D(1000), D("0.5")]),
    st.sampled_from(["up", "down", "half_up"]),
    st.sampled_from([D(0), D(1), D("2.5")]),
    st.booleans(),
)
def test_sql_converts_each_request_as_decimals_do(rows, per, rounding, free, free_first):
    said = {"per": per, "round": rounding, "free": free, "free_first": free_first}
    asked = PerRequest(weights=(("input_tokens", D(1)),), **said)
    expected = convert(exact(*rows), Convert(**said)).sum()
    text = "input_tokens\n" + "".join(f"{row}\n" for row in rows)
    assert D(str(alone(text, asked))) == expected


def test_time_is_rounded_for_each_request_too():
    """Two calls of 0.2 and 1.01 minutes of audio, billed by the begun minute: 1 + 2."""
    asked = PerRequest(weights=(("audio_seconds", D(60)),), round="up")
    assert alone("audio_seconds\n0.003333333\n0.016833333\n", asked) == 3


def test_the_name_is_the_same_for_the_same_conversion():
    one = PerRequest(weights=(("output_tokens", D("5.0")), ("input_tokens", D(1))), per=D("1e3"), free=D("2.50"))
    two = PerRequest(weights=(("input_tokens", D("1.0")), ("output_tokens", D(5))), per=D(1000), free=D("2.5"))
    assert one.meter == two.meter == "per_request:input_tokens+5*output_tokens;per=1000;free=2.5"
    assert len({each.meter for each in (PACKAGES, one, PerRequest(weights=PACKAGES.weights, per=D(1000)))}) == 3


def test_what_is_counted_again_is_never_billable_nor_part_of_a_sum():
    found = meter(PACKAGES.meter)
    assert (found.billable, found.direction, found.whole) == (False, "none", False)
    assert leaves("total_tokens", ["input_tokens", PACKAGES.meter]) == ("input_tokens",)
    with pytest.raises(InputError, match="unknown meter"):
        meter("per_request:")


# --- where requests can't be told apart ------------------------------------------------------------------------------


def kept(*asked):
    Path("log.csv").write_text(LOG)
    question = Question(("customer", "month"), per_request=asked)
    with opened("log.csv") as log:
        keep(fold(log, question)[0], question, "kept.parquet")
    return "kept.parquet"


def test_a_roll_up_carries_the_sums_and_rolls_them_up_further():
    assert counted(kept(PACKAGES), PACKAGES, keys=("customer", "year")) == {
        ("acme", PACKAGES.meter): 4,
        ("zeta", PACKAGES.meter): 1,
    }


def test_a_roll_up_carries_sums_with_fractions():
    """1.2 + 0.8 + 1.0 and 1.0 thousands, 0.25 free in each request: 0.95 + 0.55 + 0.75 = 2.25 and 0.75."""
    asked = PerRequest(weights=(("total_tokens", D(1)),), per=D(1000), free=D("0.25"))
    assert counted(kept(asked), asked) == {("acme", asked.meter): 2.25, ("zeta", asked.meter): 0.75}


@pytest.mark.parametrize("asked", [(), (PerRequest(weights=PACKAGES.weights, per=D(500), round="up"),)])
def test_a_roll_up_without_the_sum_is_refused(asked):
    missing = r"kept\.parquet was folded without per_request:total_tokens;per=1000;round=up; fold the log itself again"
    with pytest.raises(InputError, match=missing):
        counted(kept(*asked), PACKAGES)


def test_a_line_for_each_meter_is_refused():
    Path("long.csv").write_text("customer,month,meter,quantity\nacme,2026-01,input_tokens,1200\n")
    with pytest.raises(
        InputError, match=r"long\.csv has a line for each meter.*give a log with a row for each request"
    ):
        counted("long.csv", PACKAGES)


def test_rows_of_several_requests_are_refused():
    log = parquet("log.parquet", "SELECT 'acme' AS customer, '2026-01' AS month, 1 AS requests, 9 AS input_tokens")
    assert counted(log, PACKAGES) == {("acme", PACKAGES.meter): 1}
    log = parquet("log.parquet", "SELECT 'acme' AS customer, '2026-01' AS month, 2 AS requests, 9 AS input_tokens")
    with pytest.raises(InputError, match=r"1 rows of log\.parquet hold several requests \(column requests\)"):
        counted(log, PACKAGES)


def test_meters_are_not_taken_off():
    asked = PerRequest(weights=(("input_tokens", D(1)), ("cache_read_tokens", D(-1))), round="up")
    with pytest.raises(InputError, match=r"weighs cache_read_tokens by -1; expected a weight above 0"):
        alone("input_tokens,cache_read_tokens\n5,3\n", asked)
