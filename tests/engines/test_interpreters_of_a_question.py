"""One question, many engines, one answer: what DuckDB says of a file is what the others say of the same rows."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from pertoken.connect.mappings import with_period
from pertoken.core.errors import InputError, PertokenError
from pertoken.engines.engine import engine
from pertoken.engines.remote.url import address
from pertoken.usage.question import Clock, Cut, PerRequest, Question
from pertoken.usage.schema import LogMapping
from tests.engines.places import file

pytestmark = pytest.mark.usefixtures("desk")

D = Decimal


def asked(log, question, mapping=None, *, on="", rejects=False):
    """What an engine answers: lines, and what it read."""
    chosen = engine(log)
    with chosen.opened(log, mapping) as found:
        return chosen.fold(found, question, on=on, rejects=rejects)


def same(place, query, question, mapping=None, **how):
    """Ask a file and a place the same; return what both say."""
    expected, read = asked(file(query), question, mapping, **how)
    got, found = asked(place.put(query), question, mapping, **how)
    assert got.records() == expected.records()
    assert {key: own.labels for key, own in got.keys.items()} == {key: own.labels for key, own in expected.keys.items()}
    assert got.values["quantity"].dtype == expected.values["quantity"].dtype
    assert (found.rows, found.rejected, found.says) == (read.rows, read.rejected, read.says)
    assert (found.first[:19], found.last[:19]) == (read.first[:19], read.last[:19])
    return expected, read, found


LOG = """
SELECT 'r' || i AS request_id, TIMESTAMP '2025-12-30' + to_minutes(37 * i) AS timestamp,
    CASE WHEN i % 13 = 0 THEN NULL ELSE 'cust-' || i % 5 END AS customer,
    'model-' || i % 3 AS model, i % 4 = 0 AS batch, i % 6 AS feature, DATE '2026-01-01' + (i % 3)::INTEGER AS week,
    CASE WHEN i % 17 = 0 THEN NULL ELSE 1000 + i * 7919 % 300000 END AS prompt_tokens,
    CASE WHEN i % 17 = 0 THEN 0 ELSE i * 104729 % 1000 END AS cached_tokens,
    (i * 1299709 % 500)::INTEGER AS completion_tokens
FROM range(3001) AS rows(i)
"""
"""Three months of requests, some without a customer or a prompt."""

LONDON = Clock("london", time(22), time(6), "Europe/London", (0, 1, 2, 3, 4), (date(2026, 1, 1),), (date(2026, 1, 3),))
NIGHT = Clock("night", time(16, 30), time(0, 30), "Asia/Kolkata", tuple(range(7)))
WHOLE_SUNDAY = Clock("sunday", time(0), time(0), "America/New_York", (6,))
NEVER = Clock("never", time(9), time(17), "UTC", (), (), (date(2026, 2, 3),))


QUESTIONS = {
    "nothing": Question(()),
    "keys": Question(("customer", "model", "batch", "feature", "week")),
    "defaults": Question(("provider", "service_tier", "speed", "region")),
    "hour": Question(("hour",)),
    "day in Berlin": Question(("day", "customer"), timezone="Europe/Berlin"),
    "months in New York": Question(("month", "quarter", "year", "model"), timezone="America/New_York"),
    "bands": Question(("month",), cuts=(Cut("prompt_tokens", (128_000, 200_000)), Cut("output_tokens", (100,)))),
    "a band of nothing": Question((), cuts=(Cut("images", (3,)),)),
    "dates": Question(
        ("model",),
        dates=(
            date(2026, 1, 1),
            date(2026, 1, 15),
            datetime(2026, 2, 1, 12, 30, tzinfo=UTC).replace(tzinfo=None),
            date(2027, 1, 1),
        ),
    ),
    "clocks": Question(("batch",), clocks=(LONDON, NIGHT, WHOLE_SUNDAY, NEVER)),
    "all at once": Question(
        ("customer", "day"),
        cuts=(Cut("prompt_tokens", (200_000,)),),
        dates=(date(2026, 1, 15),),
        timezone="Europe/Berlin",
        clocks=(LONDON,),
        per_request=(PerRequest(weights=(("total_tokens", D(1)),), per=D(1000), round="up"),),
    ),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_has_one_answer(place, name):
    same(place, LOG, QUESTIONS[name])


def test_the_combinations_of_keys_are_the_same(place):
    keys = ("customer", "model", "batch", "quarter")
    found = []
    for log in (file(LOG), place.put(LOG)):
        with engine(log).opened(log) as opened:
            found.append(engine(log).labels(opened, keys))
    assert found[0] == found[1]


# --- times -----------------------------------------------------------------------------------------------------------

TEXTS = {
    "in UTC": "2026-06-30T23:30:00Z",
    "with an offset": "2026-07-01T01:30:00+02:00",
    "with a western offset": "2026-06-30T20:00:00.25-03:30",
    "with a short offset": "2026-07-01 01:30:00+02",
    "with an offset without a colon": "2026-07-01 01:30:00+0200",
    "that says UTC": "2026-06-30 23:30:00 UTC",
    "with parts of a second": "2026-06-30T23:30:59.999999Z",
    "before 1970": "1969-12-31T23:30:00Z",
    "a leap day": "2024-02-29T12:00:00Z",
    "seconds": "1782862200",
    "milliseconds": "1782862200000",
}
WALL_TEXTS = ("2026-06-30 23:30:00", "2026-06-30T23:30", "2026-06-30", "1782862200.5")
STAMPS = {
    "a timestamp": "TIMESTAMP '2026-06-30 23:59:59.999'",
    "a timestamp before 1970": "TIMESTAMP '1969-12-31 23:30:00.5'",
    "a timestamp with zone": "TIMESTAMPTZ '2026-07-01 01:30:00+02'",
    "a timestamp in nanoseconds": "TIMESTAMP_NS '2026-06-30 23:30:00'",
    "a date": "DATE '2026-06-30'",
    "counts": "unnest([1782862200, 1782862200999, 1782862200000000, 1782862200000000000])",
    "seconds with a part": "1782862200.5::DOUBLE",
    "seconds as a decimal": "1782862200.5::DECIMAL(15, 3)",
}


@pytest.mark.parametrize("texts", [tuple(TEXTS.values()), WALL_TEXTS], ids=["with a zone", "without"])
def test_a_time_in_text_means_the_same_however_it_is_written(place, texts):
    rows = ", ".join(f"('{text}', 1)" for text in texts)
    query = f'SELECT * FROM (VALUES {rows}) AS rows("timestamp", input_tokens)'
    same(place, query, Question(("hour", "timestamp")))
    same(place, query, Question(("day",), timezone="Europe/Berlin", dates=(date(2026, 7, 1),), clocks=(NIGHT,)))


@pytest.mark.parametrize("how", STAMPS)
def test_a_time_means_the_same_however_it_is_kept(place, how):
    query = f'SELECT {STAMPS[how]} AS "timestamp", 1 AS input_tokens'
    if place.name == "spark" and "TIMESTAMP_NS" in query:  # which Spark does not read from Parquet, and says so
        with pytest.raises(InputError, match="NANOS"):
            asked(place.put(query), Question(()))
        return
    same(place, query, Question(("hour",), timezone="Europe/Berlin", dates=(date(2026, 7, 1),), clocks=(NIGHT,)))


WALLS = "SELECT TIMESTAMP '2026-03-28' + to_minutes(29 * i) AS timestamp, 1 AS input_tokens FROM range(12000) AS r(i)"


@pytest.mark.parametrize(("kind", "zone"), [("TIMESTAMP", "Australia/Lord_Howe"), ("VARCHAR", "Europe/Berlin")])
def test_a_clock_that_is_set_twice_a_year_is_read_alike(place, kind, zone):
    """A wall time that comes twice is the later one, one that never comes is as if the clock had not been set."""
    query = f"SELECT timestamp::{kind} AS timestamp, input_tokens FROM ({WALLS})"
    same(place, query, Question(("hour",), timezone="UTC"), LogMapping(timezone=zone))


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe"])
def test_every_half_hour_of_two_years_lies_in_the_same_hour(place, zone):
    query = "SELECT TIMESTAMP '2025-01-01' + to_minutes(29 * i) AS time, 1 AS input_tokens FROM range(36000) AS r(i)"
    same(place, query, Question(("hour",), timezone=zone))


def test_times_a_thousand_years_apart_are_periods_all_the_same(place):
    query = "SELECT unnest(['1200-05-05', '2026-01-31', '2399-12-31']) AS date, 1 AS input_tokens"
    same(place, query, Question(("day", "month", "quarter", "year")))


@pytest.mark.parametrize(("label", "grain"), [("2026-01", "month"), ("2026-01-31", "quarter"), ("2026-Q1", "year")])
def test_a_log_without_times_is_all_of_the_period_said(place, label, grain):
    dated = Question((grain,), dates=(date(2026, 1, 10), date(2026, 3, 1)))
    same(place, "SELECT 1 AS input_tokens FROM range(7)", dated, with_period(None, label))


def test_a_column_of_periods_rolls_up(place):
    query = "SELECT day, 1 AS input_tokens FROM (VALUES (DATE '2026-11-30'), (DATE '2027-01-01'), (NULL)) AS rows(day)"
    dated = Question(("day", "month", "quarter", "year"), dates=(date(2026, 11, 1), date(2026, 12, 1)))
    same(place, query, dated)
    same(place, query, dated, on="2026-11-15")


# --- numbers ---------------------------------------------------------------------------------------------------------


def test_numbers_in_text_and_with_fractions_are_read_exactly(place):
    query = """SELECT * FROM (VALUES
        ('acme', ' 12 ', 1.5::DOUBLE, 0.000000001::DECIMAL(18, 9), 3.0::DOUBLE, '0.25'),
        ('acme', '1e3', 0.1::DOUBLE, 123456.123456789::DECIMAL(18, 9), 4.0::DOUBLE, ''),
        ('zeta', '', NULL, 0.2::DECIMAL(18, 9), NULL, NULL),
        ('zeta', '+7', 1e-5::DOUBLE, NULL, 0::DOUBLE, '.5'),
        ('zeta', '8.0', 0.3::DOUBLE, 0.1::DECIMAL(18, 9), 5.0::DOUBLE, '1.')
    ) AS rows(customer, input_tokens, gpu_hours, audio_seconds, output_tokens, x_miles)"""
    mapping = LogMapping(meters={"x_miles": "x_miles", "gpu_hours": "gpu_hours", "audio_seconds": "audio_seconds"})
    same(place, query, Question(("customer",)), mapping)


def test_what_columns_contain_is_taken_off_once(place):
    query = """SELECT i AS customer, 1000 + i AS prompt_tokens, 300 AS cached_tokens, 40 AS completion_tokens,
        7 AS reasoning_tokens, 2 AS web_searches FROM range(5) AS rows(i)"""
    usage, *_ = same(place, query, Question(("customer",)))
    assert {r["quantity"] for r in usage.where(meter="input_tokens", customer="0").records()} == {700}


def test_sums_are_whole_beyond_what_floats_hold(place):
    query = f"SELECT 'acme' AS customer, {10**15 - 1}::BIGINT AS input_tokens FROM range(9)"
    usage, *_ = same(place, query, Question(("customer",)))
    assert usage.where(meter="input_tokens").values["quantity"].tolist() == [9 * (10**15 - 1)]


def test_rows_of_several_requests_are_in_the_band_of_their_mean(place):
    query = "SELECT * FROM (VALUES (2, 400000), (2, 400001), (0, 200001), (NULL, 5)) AS rows(requests, prompt_tokens)"
    same(place, query, Question((), cuts=(Cut("prompt_tokens", (200_000,)),)))


ONE = (("input_tokens", D(1)),)
CONVERSIONS = [
    PerRequest(weights=ONE, per=D(1000), round="up"),
    PerRequest(weights=ONE, per=D(1000), round="down"),
    PerRequest(weights=ONE, per=D(1000), round="half_up"),
    PerRequest(weights=ONE, per=D(1000), round="up", free=D("0.5"), free_first=True),
    PerRequest(weights=ONE, per=D(1000), round="up", free=D("0.5")),
    PerRequest(weights=ONE, per=D(1000), round="up", precision=1),
    PerRequest(weights=ONE, per=D(1000), round="half_up", precision=2, free=D("0.25")),
    PerRequest(weights=ONE, per=D(1000), free=D("0.5")),
    PerRequest(weights=ONE, per=D(1000), times=D(5), round="up"),
    PerRequest(weights=ONE, per=D(3), round="up", free=D(2), free_first=True),
    PerRequest(weights=(("input_tokens", D("0.5")),), per=D(100), round="up"),
    PerRequest(weights=(("input_tokens", D(1)), ("requests", D(600))), per=D(1000), round="up"),
    PerRequest(weights=(("total_tokens", D(1)), ("output_tokens", D("2.5"))), per=D(7), round="half_up"),
    PerRequest(weights=(("cache_read_tokens", D(1)),), per=D(1000), round="up"),
    PerRequest(weights=(("audio_seconds", D(60)),), round="up"),
    PerRequest(weights=(("audio_seconds", D(1)),), times=D("0.01")),
    PerRequest(weights=(("audio_seconds", D("0.5")), ("input_tokens", D(3))), per=D(8), round="down", precision=3),
]


def test_what_is_converted_request_by_request_is_the_same(place):
    query = """SELECT i % 3 AS customer, i * 7919 % 5000 AS input_tokens, i * 31 % 700 AS output_tokens,
        (i * 17 % 1000 / 7)::DECIMAL(12, 6) AS audio_seconds FROM range(997) AS rows(i)"""
    same(place, query, Question(("customer",), per_request=tuple(CONVERSIONS)))


def test_packages_are_exact_far_beyond_floats(place):
    how = PerRequest(weights=(("input_tokens", D(49)),), per=D(7), round="up")
    query = f"SELECT {10**15 - 1}::BIGINT AS input_tokens FROM range(9)"
    usage, *_ = same(place, query, Question((), per_request=(how,)))
    assert usage.where(meter=how.meter).values["quantity"].tolist() == [9 * 7 * (10**15 - 1)]


# --- a line for each meter -------------------------------------------------------------------------------------------

LINES = """SELECT * FROM (VALUES
    ('acme', '2026-01', 'input_tokens', 100, '0', '', 'true'),
    ('acme', '2026-01', 'input_tokens', 11, '200000', '', 'false'),
    ('acme', '2026-02', 'output_tokens', 7, '0', '2026-02-01', 'true'),
    ('zeta', '2026-02', 'requests', 3, '0', '', 'true')
) AS rows(customer, month, meter, quantity, prompt_tokens_above, price_from, night)"""


@pytest.mark.parametrize("kind", ["BIGINT", "DOUBLE", "VARCHAR"])
def test_a_line_for_each_meter_is_summed(place, kind):
    query = f"SELECT * REPLACE (quantity::{kind} AS quantity) FROM ({LINES})"
    question = Question(("month",), (Cut("prompt_tokens", (200_000,)),), (date(2026, 2, 1),), clocks=(NIGHT,))
    same(place, query, question)


def test_meters_with_fractions_stay_so(place):
    query = "SELECT 'gpu_hours' AS meter, unnest([0.25, 1.5]) AS quantity"
    same(place, query, Question(()))


# --- rows that can't be used -----------------------------------------------------------------------------------------

BAD = """SELECT * FROM (VALUES
    ('r1', '2026-01-05T10:00:00Z', 'acme', 'true', '100', '10', 1.0),
    ('r2', 'yesterday', 'acme', 'false', '100', '10', 1.0),
    ('r3', '2026-02-30', 'acme', 'no', '100', '10', 1.0),
    ('r4', '2026-01-05T10:00:00Z', 'acme', 'perhaps', '100', '10', 1.0),
    ('r5', '2026-01-05T10:00:00Z', 'acme', 'no', 'many', '10', 1.0),
    ('r6', '2026-01-05T10:00:00Z', 'acme', '', '-5', '0', 1.0),
    ('r7', '2026-01-05T10:00:00Z', 'acme', NULL, '1.5', '0', 1.0),
    ('r8', '2026-01-05T10:00:00Z', 'acme', 'y', '10', '11', 1.0),
    ('r9', '2026-01-05T10:00:00Z', 'acme', 'y', '10000000000000001', '0', 1.0),
    ('r10', '2026-01-05T10:00:00Z', 'acme', 'y', '10', '0', 'nan'::DOUBLE),
    ('r11', '2026-01-05T10:00:00Z', 'acme', 'y', '10', '0', -0.5),
    ('r1', '2026-01-05T10:00:00Z', 'acme', 'true', '100', '10', 1.0),
    ('r1', '2026-01-05T10:00:00Z', 'acme', 'true', '100', '10', 1.0),
    (NULL, '2026-01-05T11:00:00Z', 'zeta', 'true', '200', '10', 0.5),
    (NULL, '2026-01-05T11:00:00Z', 'zeta', 'true', '200', '10', 0.5)
) AS rows(request_id, time, customer, batch, prompt_tokens, cached_tokens, gpu_hours)"""


def test_rows_that_cannot_be_used_are_set_aside_for_the_same_reasons(place):
    question = Question(("customer", "month", "batch"), cuts=(Cut("prompt_tokens", (150,)),))
    _, read, found = same(place, BAD, question, rejects=True)
    assert sum(read.rejected.values()) == 12
    assert sorted((f.mend, f.found.lower()) for f in found.sample) == sorted((f.mend, f.found) for f in read.sample)


def test_a_log_with_such_rows_is_refused_and_the_message_counts_them(place):
    with pytest.raises(InputError, match=r"1 of 15 rows can't be used: batch as true or false was expected"):
        asked(place.put(BAD), Question(()))


def test_lines_of_meters_are_checked_alike(place):
    query = """SELECT * FROM (VALUES ('2026-01', 'input_tokens', 1.5), ('2026-01', 'gpu_hours', 1.5),
        ('2026-01', '', 1.0), ('2026-01', 'output_tokens', -1.0), ('2026', 'output_tokens', 1.0),
        ('2026-01', 'x_miles', 0.5)) AS rows(month, meter, quantity)"""
    same(place, query, Question(("month",)), rejects=True)


REFUSED = {
    "no rows": ("SELECT 1 AS input_tokens WHERE false", Question(()), None),
    "a key that is not there": ("SELECT 1 AS input_tokens", Question(("customr",)), None),
    "a column under a name of ledgers": ("SELECT 1 AS input_tokens, 'x' AS stage", Question(("stage",)), None),
    "no time": ("SELECT 1 AS input_tokens", Question(("day",)), None),
    "no time and a dated price": ("SELECT 1 AS input_tokens", Question((), dates=(date(2026, 1, 1),)), None),
    "no time and a clock": ("SELECT 1 AS input_tokens", Question((), clocks=(NIGHT,)), None),
    "no meter": ("SELECT 'x' AS customer", Question(()), None),
    "a count that nobody reads": ("SELECT 1 AS input_tokens, 7 AS frobnicated_tokens", Question(()), None),
    "mixed zones": (
        "SELECT unnest(['2026-01-01T00:00:00Z', '2026-01-01T00:00:00']) AS time, 1 AS input_tokens", Question(()), None
    ),
    "lines without lengths": (LINES, Question((), cuts=(Cut("output_tokens", (5,)),)), None),
    "an unknown meter": ("SELECT 'tokenz' AS meter, 1 AS quantity", Question(()), None),
    "lines, where requests are asked for": (LINES, Question((), per_request=(CONVERSIONS[0],)), None),
    "several requests, where one is asked for": (
        "SELECT 2 AS requests, 9 AS input_tokens", Question((), per_request=(CONVERSIONS[0],)), None
    ),
    "a factor without an end": (
        "SELECT 9 AS input_tokens", Question((), per_request=(PerRequest(weights=ONE, per=D(3)),)), None
    ),
    "too much beside fractions": (
        f"SELECT {10**15}::BIGINT AS input_tokens, 0.5 AS gpu_hours FROM range(10)", Question(()), None
    ),
}  # fmt: skip


@pytest.mark.parametrize("why", REFUSED)
def test_what_a_file_is_refused_for_a_table_is_refused_for(place, why):
    query, question, mapping = REFUSED[why]
    log = place.put(query)
    with pytest.raises(PertokenError) as expected:
        asked(file(query), question, mapping)
    with pytest.raises(PertokenError) as found:
        asked(log, question, mapping)
    shown = log.rpartition("::")[2]
    said = str(expected.value).replace("log.parquet", "LOG")
    assert said.splitlines()[0].partition("; write it again")[0] in str(found.value).replace(_named(log), "LOG"), shown


def _named(log):
    return address(log).shown


def test_fields_of_records_are_columns(place):
    if place.name == "postgres":
        pytest.skip("PostgreSQL has no such records in tables; it has JSON")
    query = """SELECT 'acme' AS customer,
        {'prompt_tokens': 100 + i, 'details': {'cached_tokens': i}, 'completion_tokens': 3} AS usage
        FROM range(5) AS rows(i)"""
    same(place, query, Question(("customer",)))
