"""`pertoken statement` and `pertoken explain`: forms, files, help, and the words around them."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pertoken import workbench
from pertoken.cli.grammar import COMMANDS
from tests.desk import ROWS, result, write

CARDS = ("--cost", "vendor.yaml", "--revenue", "plan.yaml")


@pytest.fixture
def log(desk):
    assert desk.exists()
    return write("log.csv", ROWS)


def test_json_csv_and_python_give_the_same_numbers(ask, log):
    books = workbench.statement(log, cost=["vendor.yaml"], revenue=["plan.yaml"], by=("customer", "month"))
    by = (*CARDS, "--by", "customer,month")
    rows = result(ask("statement", log, *by, "--format", "json"))["tables"]["statement"]["rows"]
    table = list(csv.DictReader(io.StringIO(ask("statement", log, *by, "--format", "csv").out)))
    for row, line, record in zip(rows, table, books.statement.lines.records(), strict=True):
        for name in ("requests", "tokens", "revenue", "cost"):
            assert Decimal(row[name]) == Decimal(line[name]) == Decimal(record[name])
        assert (row["customer"], row["month"]) == (record["customer"], record["month"])


def test_the_figures_are_the_sums_of_the_rows(ask, log):
    said = result(ask("statement", log, *CARDS, "--format", "json"))
    for name in ("revenue", "cost", "margin", "requests", "tokens"):
        rows = said["tables"]["statement"]["rows"]
        assert Decimal(said["figures"][name]["value"]) == sum(Decimal(row[name]) for row in rows)


def test_table_and_markdown_show_both_sides(ask, log):
    assert "Margin statement by customer" in ask("statement", log, *CARDS).out
    page = ask("statement", log, *CARDS, "--format", "md").out
    assert page.startswith("# Margin statement by customer\n")
    assert "| acme" in page


def test_one_side_alone_is_a_statement_of_it(ask, log):
    assert ask("statement", log, "--cost", "vendor.yaml").out.startswith("Cost statement by customer")
    assert ask("statement", log, "--revenue", "plan.yaml").out.startswith("Revenue statement by customer")


def test_the_top_lines_are_shown_and_the_rest_is_one(ask, log):
    answer = ask("statement", log, *CARDS, "--by", "customer,model", "--top", "1")
    assert "2 others" in answer.out
    assert (
        len(ask("statement", log, *CARDS, "--by", "customer,model", "--top", "1", "--format", "csv").out.splitlines())
        == 4
    )


def test_the_workbook_and_the_page_are_written(ask, desk, log):
    answer = ask("statement", log, *CARDS, "--xlsx", "out.xlsx", "--html", "out.html")
    assert answer.code == 0
    assert openpyxl.load_workbook(desk / "out.xlsx").sheetnames
    page = (desk / "out.html").read_text()
    assert "acme" in page
    assert "<svg" in page
    assert "wrote out.xlsx\nwrote out.html\n" in answer.err


def test_quiet_leaves_standard_error_empty(ask, log):
    assert ask("statement", log, *CARDS, "--xlsx", "out.xlsx", "--quiet").err == ""


def test_floats_agree_with_decimals(ask, log):
    exact = result(ask("statement", log, *CARDS, "--format", "json"))["figures"]
    fast = result(ask("statement", log, *CARDS, "--format", "json", "--fast"))["figures"]
    for name in ("revenue", "cost", "margin"):
        assert abs(Decimal(fast[name]["value"]) - Decimal(exact[name]["value"])) < Decimal("1e-9")


def test_an_explanation_adds_up_to_the_statement(ask, log):
    rows = result(ask("statement", log, *CARDS, "--by", "customer,month", "--format", "json"))["tables"]["statement"][
        "rows"
    ]
    (acme,) = (row for row in rows if (row["customer"], row["month"]) == ("acme", "2026-02"))
    said = result(ask("explain", log, *CARDS, "--customer", "acme", "--month", "2026-02", "--format", "json"))
    for side in ("revenue", "cost"):
        steps = said["tables"][side]["rows"]
        assert sum(Decimal(step["amount"]) for step in steps) == Decimal(acme[side])
        assert any(f"{'plan' if side == 'revenue' else 'vendor'}.yaml:" in step["source"] for step in steps)


def test_an_unpriced_model_is_set_aside_and_reported(ask):
    log = write("log.csv", [*ROWS, {**ROWS[0], "request_id": "r9", "model": "unknown"}])
    answer = ask("statement", log, *CARDS, "--unpriced", "report", "--format", "json")
    said = json.loads(answer.out)
    assert "unknown" in str(said["tables"]["unpriced"]["rows"])
    assert said["figures"]["requests"]["value"] == 4
    clean = result(ask("statement", write("clean.csv", ROWS), *CARDS, "--format", "json"))
    assert Decimal(str(said["figures"]["cost"]["value"])) == Decimal(clean["figures"]["cost"]["value"])


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_with_an_example(ask, command):
    answer = ask(command, "--help")
    assert answer.code == 0
    assert f"Usage: pertoken {command}" in answer.out
    assert f"Example: pertoken {command}" in answer.out


@pytest.mark.parametrize(("word", "hint"), [("statment", "did you mean statement?"), ("xyz", "known are price,")])
def test_an_unknown_command_is_told_its_like(ask, word, hint):
    answer = ask(word)
    assert (answer.code, answer.out) == (2, "")
    assert hint in answer.err


@pytest.mark.parametrize(
    ("lacks", "by"), [((), "customer"), (("customer",), "model"), (("customer", "model"), "month")]
)
def test_what_a_log_lacks_it_is_not_reported_by(ask, lacks, by):
    log = write("log.csv", [{k: v for k, v in row.items() if k not in lacks} for row in ROWS])
    Path("any.yaml").write_text("card: any\nprices: {tokens: {measure: {sum: total_tokens}, curve: [{rate: 0.03}]}}\n")
    assert ask("statement", log, "--cost", "any.yaml").out.startswith(f"Cost statement by {by}\n")


def test_usage_without_a_price_is_no_silent_zero_in_csv(ask):
    log = write("log.csv", [*ROWS, {**ROWS[0], "request_id": "r9", "model": "gpt-4o"}])
    done = ask("statement", log, "--cost", "catalog", "--unpriced", "report", "--by", "customer", "--format", "csv")
    assert "warning: Cost of the usage under Unpriced is not in this statement" in done.err
    assert "warning" not in done.out
