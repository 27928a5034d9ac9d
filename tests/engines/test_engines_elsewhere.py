"""Engines that are not in the box: how they are named, what is never shown, what is compiled for those not run here."""

from decimal import Decimal

import ibis
import pytest

from pertoken.connect.cards import card_from
from pertoken.core.errors import InputError
from pertoken.engines.engine import engine
from pertoken.engines.remote.checks import checks
from pertoken.engines.remote.fold import query
from pertoken.engines.remote.keys import groups
from pertoken.engines.remote.opened import bound
from pertoken.engines.remote.url import address, names_engine, with_password
from pertoken.usage.question import Question
from pertoken.workbench import statement
from tests.desk import ROWS, parquet, result, write
from tests.engines.test_interpreters_of_a_question import CONVERSIONS, QUESTIONS

pytestmark = pytest.mark.usefixtures("desk")


# --- URLs ------------------------------------------------------------------------------------------------------------

NAMED = {
    "postgres://ann:s3cret@db.example:5432/usage?sslmode=require::ai.spend": (
        "postgres://ann@db.example:5432/usage::ai.spend"
    ),
    "clickhouse://ann:s3cret@db.example/logs::spend": "clickhouse://ann@db.example/logs::spend",
    "snowflake://ann:s3cret@account/logs/public?warehouse=w::spend": "snowflake://ann@account/logs/public::spend",
    "bigquery://project/dataset::spend": "bigquery://project/dataset::spend",
    "spark://master.example:7077::s3://bucket/usage/*.parquet": (
        "spark://master.example:7077::s3://bucket/usage/*.parquet"
    ),
    "spark:local[2]::logs/usage": "spark:local[2]::logs/usage",
    "postgres://[::1]:5432/usage::spend": "postgres://[::1]:5432/usage::spend",
}


@pytest.mark.parametrize("url", NAMED)
def test_a_url_is_shown_without_password_and_options(url):
    found = address(url)
    assert found.shown == NAMED[url]
    assert "s3cret" not in repr(found)
    assert names_engine(url)


@pytest.mark.parametrize("log", ["logs/*.parquet", "usage.duckdb::spend", "a:b.csv", "C:/logs/usage.csv"])
def test_files_are_read_by_the_engine_in_the_box(log):
    assert engine(log).name == "duckdb"


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("oracle://db/usage::spend", "no engine 'oracle'"),
        ("postgres://ann:s3cret@db/usage", "postgres://ann@db/usage names no table"),
        ("spark:local[2]", "spark:local.2. names no table"),
    ],
)
def test_a_url_that_names_nothing_is_refused_without_its_password(url, message):
    with pytest.raises(InputError, match=message) as told:
        address(url)
    assert "s3cret" not in str(told.value)


def test_a_password_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("CLICKHOUSE_PASSWORD", "p@ss/word")
    found = address("clickhouse://ann@db/logs::spend")
    assert with_password(found) == "clickhouse://ann:p%40ss%2Fword@db/logs"
    assert "word" not in repr(found)
    assert found.safe("refused p@ss/word") == "refused ***"


def test_a_password_that_is_wrong_is_not_shown(place, monkeypatch):
    if place.name != "postgres":
        pytest.skip("asked of a server with passwords")
    url = place.put("SELECT 1 AS input_tokens")
    monkeypatch.setenv("PGPASSWORD", "wr0ng")
    with pytest.raises(InputError, match="can't read postgres://ann@") as told, engine(url).opened(url):
        pass
    assert "wr0ng" not in str(told.value)


def test_a_table_that_is_not_there_is_named_with_the_nearest(place):
    if place.name == "spark":
        pytest.skip("Spark is asked for a path here")
    if place.name == "ibis":
        ibis.duckdb.connect("log.duckdb").raw_sql("CREATE TABLE spend AS SELECT 1 AS input_tokens").close()
        url = "duckdb://log.duckdb::spent"
    else:
        url = place.put("SELECT 1 AS input_tokens").replace("ai.spend", "ai.spent")
    with pytest.raises(InputError, match=r"no such table; .*spend"), engine(url).opened(url):
        pass


# --- the whole statement ---------------------------------------------------------------------------------------------


def test_a_statement_of_a_table_is_that_of_a_file(ask, place):
    lines = write("log.jsonl", ROWS)
    url = place.put(f"SELECT * FROM read_json('{lines}')")
    said = ("--cost", "vendor.yaml", "--by", "customer,month", "--format", "json")
    assert result(ask("statement", url, *said))["tables"] == result(ask("statement", lines, *said))["tables"]


def test_a_forecast_of_a_table_with_rows_of_nobody_is_refused_like_that_of_a_file(ask, place):
    day, who = "DATE '2026-01-01' + CAST(i AS INTEGER)", "CASE i WHEN 5 THEN ' ' WHEN 6 THEN chr(9) "
    who += "WHEN 7 THEN chr(10) WHEN 8 THEN chr(160) WHEN 9 THEN ' ' || chr(160) || 'b' ELSE 'a' END"
    rows = f"SELECT {day} AS date, {who} AS customer, 7 AS input_tokens FROM range(28) AS rows(i)"
    answer = ask("cohorts", place.put(rows))
    assert answer.code == 2
    assert "4 of 28 rows can't be used: the name of a customer was expected under customer" in answer.err


SPEND = """SELECT 'r' || i AS request_id, 'acompletion' AS call_type, 'success' AS status,
    TIMESTAMP '2026-01-05' + to_hours(i) AS "startTime", TIMESTAMP '2026-01-05' + to_hours(i) AS "endTime",
    'gpt-4o' AS model, 'gpt-4o' AS model_group, 'openai' AS custom_llm_provider, 'key' AS api_key, 'ann' AS "user",
    'acme' AS end_user, 't1' AS team_id, 0.25::DOUBLE AS spend, 100 + i AS total_tokens, 60 + i AS prompt_tokens,
    40 AS completion_tokens, 'False' AS cache_hit,
    '{"usage_object": {"prompt_tokens_details": {"cached_tokens": ' || i || '}}}' AS metadata, '[]' AS request_tags
    FROM range(7) AS rows(i)"""
"""A spend log of LiteLLM, by its published columns."""


def test_a_layout_of_tables_is_read_where_it_is(place):
    file, url = parquet("spend.parquet", SPEND), place.put(SPEND)
    card = card_from(
        {"card": "c", "rates": [{"model": "gpt-4o", "input_tokens": 1, "cache_read_tokens": 1, "output_tokens": 1}]}
    )
    ours, theirs = (statement(log, cost=[card], by=("model",)) for log in (file, url))
    assert theirs.report.layout == ours.report.layout
    assert theirs.report.says == ours.report.says
    assert theirs.usage.records() == ours.usage.records()
    assert theirs.usage.where(meter="cache_read_tokens").values["quantity"].tolist() == [21]
    assert theirs.statement.lines.records() == ours.statement.lines.records()
    assert theirs.statement.total("reported") == Decimal("1.75")  # 7 x 0.25


# --- compiled, not run -----------------------------------------------------------------------------------------------

DIALECTS = ("clickhouse", "snowflake", "bigquery", "databricks")
COLUMNS = {
    "request_id": "string",
    "timestamp": "timestamp",
    "customer": "string",
    "model": "string",
    "batch": "boolean",
    "feature": "int64",
    "week": "date",
    "prompt_tokens": "int64",
    "cached_tokens": "int64",
    "completion_tokens": "int32",
    "audio_seconds": "float64",
}
EVERY = (*QUESTIONS.values(), Question(("customer",), per_request=tuple(CONVERSIONS[:3])))
TIMED = (QUESTIONS["all at once"],)
"""All that is made of a time is made of it once it is read, however it is kept."""


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize(
    ("kind", "asked"), [("timestamp", EVERY), ("timestamp('UTC')", TIMED), ("string", TIMED), ("int64", TIMED)]
)
def test_every_question_compiles_for_engines_that_are_not_run_here(dialect, kind, asked):
    rows = ibis.table({**COLUMNS, "timestamp": kind}, name="spend")
    table = bound(rows, "spend", dialect)
    for question in asked:
        made = groups(table, question, on="", span=(1767225600, 1798761600))
        for rejected in (False, True):
            text = ibis.to_sql(query(table, question, made, rejected=rejected), dialect=dialect)
            assert text.lstrip().startswith("SELECT")
    counted = {f"c{i}": table.rows.count(where=check.holds) for i, check in enumerate(checks(table))}
    assert ibis.to_sql(table.rows.aggregate(**counted), dialect=dialect)
