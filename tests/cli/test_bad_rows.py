"""A row that can't be used: one message with file, row, what was found and expected, exit 2, and no file written."""

from typing import Any

import duckdb
import pytest

from tests.desk import ROWS, snapshot, write

KINDS = ("csv", "jsonl", "parquet")
CACHED = tuple(
    {"customer": row["customer"], "model": row["model"], "prompt_tokens": row["input_tokens"], "cached_tokens": 11,
     "completion_tokens": row["output_tokens"]}
    for row in ROWS
)  # fmt: skip

DAYS = tuple(
    {**{name: value for name, value in row.items() if name != "timestamp"}, "day": "2026-02-28"} for row in ROWS
)

BAD: dict[str, Any] = {
    "a day that no calendar has": (DAYS, {"day": "2026-02-29"}, "found 2026-02-29", "day in the form 2026-01-31"),
    "negative tokens": (ROWS, {"input_tokens": -5}, "found -5", "input_tokens of 0 or more was expected"),
    "text where a number belongs": (ROWS, {"input_tokens": "many"}, "found many", "input_tokens as a number"),
    "a part of a token": (ROWS, {"output_tokens": 1.5}, "found 1.5", "output_tokens as a whole number"),
    "more tokens than there are": (ROWS, {"input_tokens": 99 * 10**18}, "found 9", "input_tokens below"),
    "an unreadable time": (ROWS, {"timestamp": "yesterday"}, "found yesterday", "a time was expected, as 2026-01-31T"),
    "no time": (ROWS, {"timestamp": None}, "found nothing", "a time was expected"),
    "cached above the input": (CACHED, {"cached_tokens": 100_003}, "307 < 100003", "prompt_tokens of at least cached_"),
    "a repeated request id": (ROWS, {"request_id": "r1"}, "found r1", "a request id that stands only once"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_is_refused_with_its_place_and_the_mend(ask, desk, case, kind):
    rows, change, found, expected = BAD[case]
    log = write(f"log.{kind}", [*rows[:2], {**rows[2], **change}])
    (desk / "old.html").write_text("as it was")
    before = snapshot(desk)

    answer = ask(
        *("statement", log, "--cost", "vendor.yaml"),
        *("--xlsx", "new.xlsx", "--html", "old.html", "--rollup", "new.parquet"),
    )

    assert (answer.code, answer.out) == (2, "")
    first, second, mend = answer.err.splitlines()
    assert first.startswith("pertoken: 1 of 3 rows can't be used")
    assert f"{log} row 3" in second
    assert found in second
    assert expected in second
    assert "--rejects FILE" in mend
    assert snapshot(desk) == before


@pytest.mark.parametrize("found", ["nan", "inf"])
def test_a_float_that_is_no_number_does_not_count_as_zero(ask, desk, found):
    log = desk / "log.parquet"
    write(log, [{**ROWS[0], "input_tokens": 1.0}])
    with duckdb.connect() as con:
        con.execute(f"COPY (SELECT * REPLACE ('{found}'::DOUBLE AS input_tokens) FROM '{log}') TO 'odd.parquet'")
    answer = ask("statement", "odd.parquet", "--cost", "vendor.yaml")
    assert answer.code == 2
    assert f"odd.parquet row 1: found {found}; input_tokens as a number was expected" in answer.err


def test_each_reason_is_shown_once_with_its_first_row(ask):
    rows = [{**ROWS[0], "request_id": i, "input_tokens": tokens} for i, tokens in enumerate([-1, -2, "x", "y", 5])]
    answer = ask("statement", write("log.csv", rows), "--cost", "vendor.yaml")
    assert "2 of 5 rows can't be used: input_tokens as a number was expected" in answer.err
    assert "2 of 5 rows can't be used: input_tokens of 0 or more was expected" in answer.err
    assert "row 1: found -1" in answer.err
    assert "row 3: found x" in answer.err
    assert "row 2" not in answer.err


def test_a_row_with_two_faults_counts_once(ask):
    rows = [*ROWS, {**ROWS[0], "request_id": "r9", "input_tokens": -1, "output_tokens": -1}]
    answer = ask("statement", write("log.csv", rows), "--cost", "vendor.yaml", "--rejects", "rejects.csv")
    assert answer.code == 0
    assert "1 of 4 rows (25.0 %) were set aside" in answer.out


@pytest.mark.parametrize("kind", KINDS)
def test_times_with_and_without_a_zone_do_not_mix(ask, desk, kind):
    log = write(f"log.{kind}", [{**ROWS[0], "timestamp": time} for time in ("2026-01-05T10:00Z", "2026-01-05T10:00")])
    before = snapshot(desk)
    answer = ask("statement", log, "--cost", "vendor.yaml", "--by", "month", "--rejects", "rejects.csv")
    assert (answer.code, answer.out) == (2, "")
    for words in (log, "mixed time zones in timestamp", "2026-01-05T10:00Z with a zone", "timezone: UTC", "--map"):
        assert words in answer.err
    assert snapshot(desk) == before


def test_the_row_is_counted_in_its_own_file(ask, desk):
    (desk / "logs").mkdir()
    write("logs/a.csv", ROWS)
    write("logs/b.csv", [{**ROWS[0], "request_id": "r7"}, {**ROWS[0], "request_id": "r8", "output_tokens": -3}])
    answer = ask("statement", "logs", "--cost", "vendor.yaml")
    assert answer.code == 2
    assert "logs/b.csv row 2: found -3" in answer.err
