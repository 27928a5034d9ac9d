"""Periods are labels that sort in time and roll up."""

import re
from calendar import isleap
from datetime import MAXYEAR, MINYEAR, date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.period import GRAINS, SHAPES, check, finest, roll_up, zone

dates = st.dates(date(1999, 1, 1), date(2050, 12, 31))


def labels(day):
    return {
        "hour": f"{day.isoformat()}T23",
        "day": day.isoformat(),
        "month": f"{day:%Y-%m}",
        "quarter": f"{day.year}-Q{(day.month + 2) // 3}",
        "year": str(day.year),
    }


@given(dates)
def test_each_period_rolls_up_to_every_coarser_one(day):
    made = labels(day)
    for i, grain in enumerate(GRAINS):
        for coarser in GRAINS[i + 1 :]:
            assert roll_up(made[grain], coarser) == made[coarser]


@given(dates, dates)
def test_labels_sort_in_time(one, two):
    early, late = labels(min(one, two)), labels(max(one, two))
    assert all(early[grain] <= late[grain] for grain in GRAINS)


@given(dates)
def test_labels_are_valid_for_their_own_grain_only(day):
    made = labels(day)
    for grain in GRAINS:
        assert check(made[grain], grain) == made[grain]
        for other in set(GRAINS) - {grain}:
            with pytest.raises(InputError, match=f"is not a {other}; expected the form"):
                check(made[grain], other)


@pytest.mark.parametrize(
    ("label", "grain"),
    [
        ("2026-13", "month"),
        ("2026-00", "month"),
        ("2026-1", "month"),
        ("2026-Q5", "quarter"),
        ("2026-Q0", "quarter"),
        ("2026-02-29", "day"),
        ("2026-04-31", "day"),
        ("2026-01-31T24", "hour"),
        ("2026-02-30T09", "hour"),
        ("26", "year"),
        ("0000", "year"),
        ("0000-Q1", "quarter"),
        ("0000-01", "month"),
        ("0000-01-01", "day"),
        ("0000-02-29", "day"),
        ("0000-01-01T00", "hour"),
        ("2026-01\n", "month"),
        ("٢٠٢٦", "year"),
        ("", "month"),
    ],
)
def test_what_is_no_period_is_refused(label, grain):
    with pytest.raises(InputError, match=f"is not a {grain}; expected the form"):
        check(label, grain)


@pytest.mark.parametrize(("label", "there"), [("2024-02-29", True), ("2000-02-29", True), ("2100-02-29", False)])
def test_a_leap_day_is_a_day_in_leap_years_only(label, there):
    if there:
        assert check(label, "day") == label
        assert roll_up(label, "quarter") == f"{label[:4]}-Q1"
    else:
        with pytest.raises(InputError, match="is not a day"):
            check(label, "day")


def test_the_finest_period_is_found_among_other_names():
    assert finest({"customer", "month", "day"}) == "day"
    assert finest({"customer"}) is None


def test_a_zone_is_found_by_its_name_and_refused_with_a_suggestion():
    assert str(zone("Europe/Berlin")) == "Europe/Berlin"
    with pytest.raises(InputError, match="unknown time zone 'Europe/Berln'; did you mean Europe/Berlin"):
        zone("Europe/Berln")


def test_a_day_has_its_shape_just_where_the_calendar_has_it():
    """Oracle: the calendar of Python, over four centuries and every day of month that can be written."""
    known = {str(date.fromordinal(n)) for n in range(date(1999, 1, 1).toordinal(), date(2401, 1, 1).toordinal())}
    shape = re.compile(SHAPES["day"], re.ASCII)
    written = [f"{y}-{m:02}-{d:02}" for y in (*range(1999, 2032), 2100, 2400) for m in range(14) for d in range(34)]
    assert [each for each in written if bool(shape.fullmatch(each)) != (each in known)] == []


def test_a_year_is_one_of_the_calendar():
    """Oracle: the years of Python's dates."""
    shape = re.compile(SHAPES["year"], re.ASCII)
    found = [year for year in range(10_001) if shape.fullmatch(f"{year:04}")]
    assert (found[0], found[-1], len(found)) == (MINYEAR, MAXYEAR, MAXYEAR)
    leap = re.compile(SHAPES["day"], re.ASCII)
    assert [y for y in range(10_000) if leap.fullmatch(f"{y:04}-02-29")] == [y for y in found if isleap(y)]
