"""Periods are reckoned in one zone; a time means the same however it is written."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from pertoken.connect.mappings import with_period
from pertoken.core.errors import InputError
from pertoken.engines.duckdb import fold, opened
from pertoken.usage.question import Question
from pertoken.usage.schema import LogMapping
from tests.desk import parquet


def labels(log, grain, zone="UTC", mapping=None):
    """The tokens of each period: one token at each time of the log."""
    with opened(log, mapping) as found:
        usage, _ = fold(found, Question((grain,), timezone=zone))
    return {r[grain]: r["quantity"] for r in usage.where(meter="input_tokens").records()}


def times(*written, kind="VARCHAR"):
    values = ", ".join(f"('{each}'::{kind})" for each in written)
    return parquet("log.parquet", f'SELECT col0 AS "timestamp", 1 AS input_tokens FROM (VALUES {values})')


@pytest.mark.parametrize(
    ("grain", "label"),
    [("hour", "2026-05-09T23"), ("day", "2026-05-09"), ("month", "2026-05"), ("quarter", "2026-Q2"), ("year", "2026")],
)
@pytest.mark.usefixtures("desk")
def test_each_grain_has_its_label(grain, label):
    assert labels(times("2026-05-09T23:59:59.999Z"), grain) == {label: 1}


@pytest.mark.parametrize(
    ("grain", "label"),
    [("hour", "2026-07-01T01"), ("day", "2026-07-01"), ("month", "2026-07"), ("quarter", "2026-Q3")],
)
@pytest.mark.usefixtures("desk")
def test_the_last_half_hour_of_june_in_utc_is_july_in_berlin(grain, label):
    assert labels(times("2026-06-30T23:30:00Z"), grain, "Europe/Berlin") == {label: 1}


@pytest.mark.usefixtures("desk")
def test_the_last_half_hour_of_the_year_in_utc_is_next_year_in_berlin():
    assert labels(times("2026-12-31T23:30:00Z"), "year", "Europe/Berlin") == {"2027": 1}


@pytest.mark.usefixtures("desk")
def test_the_day_that_loses_an_hour_has_none_between_two_and_three():
    log = times("2026-03-29T00:30Z", "2026-03-29T01:30Z", "2026-03-29T21:59Z", "2026-03-29T22:00Z")
    assert labels(log, "hour", "Europe/Berlin") == {
        "2026-03-29T01": 1,
        "2026-03-29T03": 1,
        "2026-03-29T23": 1,
        "2026-03-30T00": 1,
    }


@pytest.mark.usefixtures("desk")
def test_the_hour_that_comes_twice_is_one_label_and_nothing_is_lost():
    log = times("2026-10-25T00:30Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z")
    assert labels(log, "hour", "Europe/Berlin") == {"2026-10-25T02": 2, "2026-10-25T03": 1}
    assert labels(log, "day", "Europe/Berlin") == {"2026-10-25": 3}


WRITTEN = {
    "text in UTC": "'2026-06-30T23:30:00Z'",
    "text with an offset": "'2026-07-01T01:30:00+02:00'",
    "text with a short offset": "'2026-07-01 01:30:00+02'",
    "text that says UTC": "'2026-06-30 23:30:00 UTC'",
    "text without a zone": "'2026-06-30 23:30:00'",
    "a timestamp": "TIMESTAMP '2026-06-30 23:30:00'",
    "a timestamp with zone": "TIMESTAMPTZ '2026-07-01 01:30:00+02'",
    "a timestamp in nanoseconds": "TIMESTAMP_NS '2026-06-30 23:30:00'",
    "seconds": "1782862200::BIGINT",
    "seconds with a part": "1782862200.5::DOUBLE",
    "milliseconds": "1782862200000::BIGINT",
    "microseconds": "1782862200000000::BIGINT",
    "nanoseconds": "1782862200000000000::BIGINT",
    "seconds as text": "'1782862200'",
    "milliseconds as text": "'1782862200000'",
}
"""23:30 UTC on 30 June 2026, in many hands."""


@pytest.mark.parametrize("how", WRITTEN)
@pytest.mark.usefixtures("desk")
def test_a_time_means_the_same_however_it_is_written(how):
    log = parquet("log.parquet", f'SELECT {WRITTEN[how]} AS "timestamp", 1 AS input_tokens')
    assert labels(log, "hour") == {"2026-06-30T23": 1}
    assert labels(log, "hour", "Europe/Berlin") == {"2026-07-01T01": 1}


@pytest.mark.parametrize("kind", ["DATE", "VARCHAR"])
@pytest.mark.usefixtures("desk")
def test_a_date_is_its_day(kind):
    log = parquet("log.parquet", f"SELECT '2026-06-30'::{kind} AS date, 1 AS input_tokens")
    assert labels(log, "day") == {"2026-06-30": 1}


@pytest.mark.parametrize("kind", ["TIMESTAMP", "VARCHAR"])
@pytest.mark.usefixtures("desk")
def test_a_time_without_a_zone_is_of_the_zone_that_the_mapping_says(kind):
    log = times("2026-07-01 01:30:00", kind=kind)
    berlin = LogMapping(timezone="Europe/Berlin")
    assert labels(log, "hour", mapping=berlin) == {"2026-06-30T23": 1}
    assert labels(log, "hour", "Europe/Berlin", berlin) == {"2026-07-01T01": 1}


@pytest.mark.usefixtures("desk")
def test_mixed_times_are_read_once_the_mapping_says_what_those_without_a_zone_mean():
    log = times("2026-07-01T01:30:00", "2026-06-30T23:30:00Z")
    assert labels(log, "hour", mapping=LogMapping(timezone="Europe/Berlin")) == {"2026-06-30T23": 2}


@pytest.mark.usefixtures("desk")
def test_parquet_files_with_and_without_zones_do_not_mix():
    Path("logs").mkdir()
    for name, kind in (("a", "TIMESTAMP"), ("b", "TIMESTAMPTZ")):
        parquet(f"logs/{name}.parquet", f"SELECT '2026-06-30 23:30:00'::{kind} AS time, 1 AS input_tokens")
    with pytest.raises(InputError, match=r"mixed time zones in time.*b\.parquet with a zone.*a\.parquet without"):
        labels("logs", "month")


@pytest.mark.usefixtures("desk")
def test_every_instant_of_a_year_lies_where_a_second_engine_puts_it():
    start = datetime(2026, 1, 1, tzinfo=UTC)
    stamps = [start + timedelta(minutes=37 * i) for i in range(14_000)]
    with duckdb.connect() as con:
        con.execute(
            "COPY (SELECT TIMESTAMP '2026-01-01' + to_minutes(37 * range) AS time, 1 AS input_tokens FROM range(14000))"
            " TO 'log.parquet'"
        )
    for zone in ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"):
        expected: dict[str, int] = {}
        for stamp in stamps:
            label = stamp.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%dT%H")
            expected[label] = expected.get(label, 0) + 1
        assert labels("log.parquet", "hour", zone) == expected


@pytest.mark.parametrize(("label", "grain"), [("2026-01", "month"), ("2026-01-31", "day"), ("2026-Q1", "quarter")])
@pytest.mark.usefixtures("desk")
def test_a_log_without_times_is_all_of_the_period_said(label, grain):
    log = parquet("log.parquet", "SELECT 1 AS input_tokens FROM range(7)")
    assert labels(log, grain, mapping=with_period(None, label)) == {label: 7}


def test_the_period_serves_a_card_that_counts_by_month(ask):
    Path("log.csv").write_text("customer,model,input_tokens\nacme,small,100\n")
    answer = ask(
        "statement", "log.csv", "--revenue", "plan.yaml", "--by", "month", "--period", "2026-01", "--format", "csv"
    )
    assert answer.code == 0
    month, _, _, revenue = answer.out.splitlines()[1].split(",")
    assert (month, Decimal(revenue)) == ("2026-01", Decimal(3))  # 100 tokens at 0.03


@pytest.mark.parametrize(
    ("grain", "label"), [("month", "2026-11"), ("quarter", "2026-Q4"), ("year", "2026"), ("day", "2026-11-30")]
)
@pytest.mark.usefixtures("desk")
def test_a_column_of_days_rolls_up(grain, label):
    log = parquet("log.parquet", "SELECT DATE '2026-11-30' AS day, 1 AS input_tokens FROM range(3)")
    assert labels(log, grain) == {label: 3}
    log = parquet("log.parquet", "SELECT 1 AS input_tokens FROM range(3)")
    assert labels(log, grain, mapping=with_period(None, "2026-11-30")) == {label: 3}


@pytest.mark.usefixtures("desk")
def test_a_month_tells_nothing_of_its_days():
    log = parquet("log.parquet", "SELECT '2026-11' AS month, 1 AS input_tokens")
    with pytest.raises(InputError, match="no time to reckon the day by"):
        labels(log, "day")
