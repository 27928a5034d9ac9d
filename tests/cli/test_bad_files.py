"""A log that can't be read: one message with the file, what was found and expected, what to do; no file written."""

import gzip
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.desk import ROWS, snapshot, write

HEADER = "request_id,customer,model,input_tokens,output_tokens\n"
GOOD = "r1,acme,small,1,1\n"

BAD: dict[str, Any] = {
    "an empty CSV": ("log.csv", "", "log.csv is empty", "expected a header"),
    "an empty Parquet file": ("log.parquet", "", "log.parquet is empty", "write it again"),
    "an empty JSON file": ("log.jsonl", "", "log.jsonl is empty", "at least one record"),
    "a header alone": ("log.csv", HEADER, "log.csv has no rows", "expected at least one"),
    "unknown columns": (
        "log.csv",
        "foo,bar\n1,2\n",
        "log.csv: no meter recognised among the columns foo, bar",
        "--map",
    ),
    "unknown fields": ("log.jsonl", '{"foo": 1}\n', "log.jsonl: no meter recognised among the columns foo", "--map"),
    "a row with too few columns": (
        "log.csv",
        f"{HEADER}{GOOD}r2,acme\n",
        "log.csv line 3: found 2 columns",
        "expected 5",
    ),
    "a row with too many columns": (
        "log.csv",
        f"{HEADER}{GOOD}r2,acme,small,1,1,1,1\n",
        "log.csv line 3",
        "more than 5",
    ),
    "a first row with too many": ("log.csv", f"{HEADER}r2,a,small,1,1,1\n{GOOD}", "log.csv line 2", "expected 5"),
    "a quote that stays open": ("log.csv", f'{HEADER}{GOOD}r2,"acme,small,1,1\n', "log.csv line 3", "quote"),
    "a truncated line of JSON": (
        "log.jsonl",
        '{"input_tokens": 1}\n{"input_to',
        "log.jsonl line 2: found '{\"input_to",
        "half",
    ),
    "a broken line amid JSON": (
        "log.jsonl",
        '{"input_tokens": 1}\nnope\n{"input_tokens": 1}\n',
        "line 2: found 'nope'",
        "record",
    ),
    "bytes as CSV": ("log.csv", bytes(range(256)) * 9, "log.csv: its first line is not text", "names of columns"),
    "bytes as packed CSV": (
        "log.csv.gz",
        bytes(range(256)) * 9,
        "log.csv.gz: its first line is not text",
        "write it again",
    ),
    "bytes as Parquet": (
        "log.parquet",
        bytes(range(256)) * 9,
        "can't read log.parquet",
        "expected a whole Parquet file",
    ),
    "bytes as JSON": ("log.jsonl", bytes(range(256)) * 9, "log.jsonl line 1", "expected one whole JSON record"),
    "bytes as DuckDB": ("log.duckdb", bytes(range(256)) * 9, "can't read log.duckdb", "expected a whole DuckDB file"),
    "an ending that says nothing": (
        "log.txt",
        "input_tokens\n1\n",
        "log.txt is by its ending .txt",
        "expected one of .csv",
    ),
}


def refused(ask, desk, log):
    """Ask for a statement with all outputs; nothing may be left of it, on standard output nor on disk."""
    (desk / "old.xlsx").write_text("as it was")
    before = snapshot(desk)
    answer = ask(
        *("statement", log, "--cost", "vendor.yaml", "--revenue", "plan.yaml"),
        *("--xlsx", "old.xlsx", "--html", "new.html", "--rollup", "new.parquet", "--rejects", "new.csv"),
    )
    assert (answer.code, answer.out) == (2, "")
    assert snapshot(desk) == before
    assert answer.err.startswith("pertoken: ")
    return answer.err


@pytest.mark.parametrize("case", BAD)
def test_a_bad_file_is_refused(ask, desk, case):
    name, content, found, expected = BAD[case]
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    message = refused(ask, desk, name)
    assert found in message
    assert expected in message
    assert len(message.splitlines()) == 1


def test_a_half_written_parquet_file_is_refused(ask, desk):
    log = Path(write("log.parquet", ROWS))
    log.write_bytes(log.read_bytes()[:-200])
    message = refused(ask, desk, log)
    assert "can't read log.parquet" in message
    assert "expected a whole Parquet file; write it again (is it half-written?)" in message


def test_a_half_written_packed_file_is_refused(ask, desk):
    Path("log.csv.gz").write_bytes(gzip.compress((HEADER + GOOD * 99).encode())[:-30])
    assert "log.csv.gz" in refused(ask, desk, "log.csv.gz")


def test_a_folder_of_mixed_kinds_is_refused(ask, desk):
    (desk / "logs").mkdir()
    write("logs/a.csv", ROWS)
    write("logs/b.parquet", ROWS)
    message = refused(ask, desk, "logs")
    assert "logs holds several kinds of files (csv, parquet)" in message
    assert "logs/*.parquet" in message


@pytest.mark.parametrize("log", ["nothing.csv", "nothing/*.csv", "nothing"])
def test_a_log_that_is_not_there_is_refused(ask, desk, log):
    message = refused(ask, desk, log)
    assert f"no log at {log}; expected a CSV, Parquet or JSON lines file" in message


def test_an_empty_folder_is_refused(ask, desk):
    (desk / "logs").mkdir()
    assert "no log at logs" in refused(ask, desk, "logs")


@pytest.mark.parametrize(("table", "hint"), [("", "known are one, two"), ("::onee", "did you mean one?")])
def test_a_database_of_several_tables_asks_which(ask, desk, table, hint):
    with duckdb.connect("log.duckdb") as con:
        con.execute("CREATE TABLE one AS SELECT 1 AS input_tokens; CREATE TABLE two AS SELECT 1 AS input_tokens")
    message = refused(ask, desk, f"log.duckdb{table}")
    assert "say which table, as log.duckdb::TABLE" in message
    assert hint in message


def test_a_line_for_each_meter_with_an_unknown_meter_is_refused(ask, desk):
    Path("log.csv").write_text("month,customer,model,meter,quantity\n2026-01,acme,small,input_token,5\n")
    message = refused(ask, desk, "log.csv")
    assert "log.csv, column meter: unknown meter 'input_token'; did you mean input_tokens?" in message


def test_a_month_in_another_form_is_refused(ask):
    Path("log.csv").write_text("customer,model,month,input_tokens\nacme,small,Jan 2026,5\n")
    answer = ask("statement", "log.csv", "--cost", "vendor.yaml", "--by", "month")
    assert answer.code == 2
    assert "log.csv row 1: found Jan 2026; month in the form 2026-01 was expected" in answer.err


def test_a_negative_quantity_in_a_line_for_each_meter_is_refused(ask):
    Path("log.csv").write_text("customer,model,meter,quantity\nacme,small,input_tokens,-5\n")
    answer = ask("statement", "log.csv", "--cost", "vendor.yaml")
    assert answer.code == 2
    assert "log.csv row 1: found -5; a quantity of 0 or more was expected" in answer.err
