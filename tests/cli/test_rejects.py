"""`--rejects`: bad rows are set aside, counted and listed with their place; the rest counts as in a clean log."""

import csv
from pathlib import Path

import pytest

from tests.desk import ROWS, result, write

COST = ("--cost", "vendor.yaml")
BAD = (
    {**ROWS[0], "request_id": "b1", "input_tokens": -7},
    {**ROWS[0], "request_id": "b2", "input_tokens": "many"},
    {**ROWS[0], "request_id": "b3", "output_tokens": 0.5},
    {**ROWS[0], "request_id": "b4", "timestamp": "yesterday"},
    {**ROWS[0], "request_id": "r1", "input_tokens": 9_999},
    {**ROWS[0], "request_id": "b5", "input_tokens": -9},
)
"""Six rows of five reasons; the fifth repeats the id of the first good row."""


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_the_statement_is_that_of_the_clean_log(ask, kind):
    clean = result(ask("statement", write(f"clean.{kind}", ROWS), *COST, "--format", "json"))
    log = write(f"log.{kind}", [ROWS[0], *BAD, *ROWS[1:]])
    dirty = result(ask("statement", log, *COST, "--format", "json", "--rejects", "rejects.csv"))
    assert dirty["tables"]["statement"] == clean["tables"]["statement"]
    assert dirty["figures"] == clean["figures"]


def test_the_share_is_printed_with_the_result_and_on_standard_error(ask):
    answer = ask("statement", write("log.csv", [*ROWS, *BAD]), *COST, "--rejects", "rejects.csv")
    assert answer.code == 0
    said = " ".join(answer.out.split())
    assert "6 of 9 rows (66.7 %) were set aside" in said
    assert "input_tokens of 0 or more was expected (2)" in said
    assert "a request id that stands only once was expected; the first row is kept (1)" in said
    assert "6 of 9 rows (66.7 %) were set aside" in answer.err
    assert "wrote rejects.csv" in answer.err


def test_the_file_lists_place_what_was_found_and_why(ask):
    ask("statement", write("log.csv", [*ROWS, *BAD]), *COST, "--rejects", "rejects.csv")
    with Path("rejects.csv").open(newline="") as file:
        listed = {row["place"]: (row["found"], row["reason"]) for row in csv.DictReader(file)}
    assert listed == {
        "log.csv row 4": ("found -7", "input_tokens of 0 or more was expected"),
        "log.csv row 5": ("found many", "input_tokens as a number was expected"),
        "log.csv row 6": ("found 0.5", "output_tokens as a whole number was expected"),
        "log.csv row 7": ("found yesterday", "a time was expected, as 2026-01-31T09:00:00Z"),
        "log.csv row 8": ("found r1", "a request id that stands only once was expected; the first row is kept"),
        "log.csv row 9": ("found -9", "input_tokens of 0 or more was expected"),
    }


def test_of_a_repeated_request_the_first_row_is_kept(ask):
    rows = [ROWS[0], {**ROWS[0], "input_tokens": 5_003}, {**ROWS[0], "input_tokens": 7_001}]
    said = result(ask("statement", write("log.csv", rows), *COST, "--format", "json", "--rejects", "rejects.csv"))
    assert said["figures"]["requests"]["value"] == "1"
    assert said["figures"]["tokens"]["value"] == str(101 + 53)


def test_of_a_repeated_request_the_first_good_row_is_kept(ask):
    rows = [{**ROWS[0], "input_tokens": -1}, {**ROWS[0], "input_tokens": 5_003}, {**ROWS[0], "input_tokens": 7_001}]
    said = result(ask("statement", write("log.csv", rows), *COST, "--format", "json", "--rejects", "rejects.csv"))
    assert said["figures"]["tokens"]["value"] == str(5_003 + 53)


def test_requests_without_an_id_are_not_repeated(ask):
    rows = [{**row, "request_id": None} for row in ROWS]
    said = result(ask("statement", write("log.jsonl", rows), *COST, "--format", "json"))
    assert said["figures"]["requests"]["value"] == "3"


def test_a_clean_log_leaves_only_the_header_where_an_earlier_run_listed_rejects(ask, desk):
    (desk / "rejects.csv").write_text("of an earlier run")
    answer = ask("statement", write("log.csv", ROWS), *COST, "--rejects", "rejects.csv")
    assert answer.code == 0
    assert "set aside" not in answer.out + answer.err
    assert (desk / "rejects.csv").read_text() == "place,found,reason\n"


def test_quiet_says_nothing_on_standard_error(ask):
    log = write("log.csv", [*ROWS, *BAD])
    answer = ask("statement", log, *COST, "--rejects", "rejects.csv", "--xlsx", "out.xlsx", "--quiet")
    assert (answer.code, answer.err) == (0, "")
    assert "6 of 9 rows" in answer.out


def test_a_log_of_bad_rows_only_is_refused(ask):
    answer = ask("statement", write("log.csv", BAD[:2]), *COST, "--rejects", "rejects.csv")
    assert answer.code == 2
    assert "Traceback" not in answer.err
    assert "1 of 2 rows can't be used" in answer.err


FORECASTS = {
    "forecast": ("--card", "plan.yaml"),
    "backtest": (),
    "migrate": ("--from", "plan.yaml", "--to", "plan.yaml"),
    "cohorts": ("--revenue", "plan.yaml", "--window", "7"),
}

LIGHT = {
    "forecast": ("--months", "1", "--draws", "256", "--no-drivers", "--no-backtest"),
    "backtest": ("--horizon", "7", "--history", "14", "--origins", "1", "--draws", "20", "--peers", "seasonal-naive"),
    "migrate": ("--months", "2", "--draws", "16"),
    "cohorts": ("--draws", "100"),
}
"""What makes them quick."""


def daily(*, nameless: bool):
    """Give three customers over four weeks, and four rows of nobody if asked."""
    days = [f"2026-01-{day:02}T23:50:00Z" for day in range(1, 29)]
    rows = [{"timestamp": day, "customer": who, "input_tokens": 100} for day in days for who in ("a", "b", "c")]
    gone = [
        {"timestamp": days[2], "customer": who, "input_tokens": 70_000}
        for who in (None, " ", "\t", "\N{NO-BREAK SPACE}")
    ]
    return [*rows[:7], *gone, *rows[7:]] if nameless else rows


@pytest.mark.parametrize("command", FORECASTS)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_row_of_nobody_is_no_customer(ask, command, kind):
    answer = ask(command, write(f"log.{kind}", daily(nameless=True)), *FORECASTS[command])
    assert answer.code == 2
    assert "4 of 88 rows can't be used: the name of a customer was expected under customer" in answer.err
    assert f"log.{kind} row 8: found nothing" in answer.err


@pytest.mark.parametrize("command", FORECASTS)
def test_rows_of_nobody_are_set_aside(ask, command):
    said = (*FORECASTS[command], *LIGHT[command], "--format", "json")
    clean = result(ask(command, write("clean.csv", daily(nameless=False)), *said))
    answer = ask(command, write("log.csv", daily(nameless=True)), *said, "--rejects", "rejects.csv")
    dirty = result(answer)
    assert dirty["tables"] == clean["tables"]
    assert "4 of 88 rows (4.5 %) were set aside" in answer.err
    assert "4 of 88 rows" in " ".join(note["text"] for note in dirty["notes"])
    assert len(Path("rejects.csv").read_text().splitlines()) == 1 + 4


def test_a_plain_table_is_read_whole_so_that_only_the_header_is_listed(ask):
    days = [{"customer": "a", "period": f"2026-01-{day:02}", "value": 100 + day} for day in range(1, 29)]
    answer = ask("backtest", write("table.csv", days), *LIGHT["backtest"], "--rejects", "rejects.csv")
    assert answer.code == 0, answer.err
    assert Path("rejects.csv").read_text() == "place,found,reason\n"


def test_a_statement_may_have_usage_of_nobody(ask):
    log = write("log.csv", [*ROWS, {**ROWS[0], "request_id": "r4", "customer": None}])
    assert (
        result(ask("statement", log, *COST, "--by", "customer", "--format", "json"))["figures"]["requests"]["value"]
        == "4"
    )
