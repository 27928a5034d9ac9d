"""JSON, CSV and Markdown."""

import csv
import io
import json
from decimal import Decimal

import pytest

from pertoken.present.sheet import Column, Figure, Figures, Note, Sheet, Table, total_row
from pertoken.present.text import plain_number, to_csv, to_json, to_markdown

NAME = Column("customer", "Customer", "text")
COST = Column("cost", "Cost", "money", "USD", total="sum")


def cut(row):
    """A row as machines are given it: a share or a rate ends at its twelfth decimal."""
    return tuple(cell if cell is None or isinstance(cell, str) else Decimal(plain_number(cell)) for cell in row)


def sheet(*rows, **more):
    return Sheet("T", "S", (Table("t", "T", (NAME, COST), rows, **more),))


def test_json_holds_every_number_that_went_in(statement, customers):
    read = json.loads(to_json(statement), parse_float=Decimal)
    names = [column.name for column in customers.columns]
    rows = read["tables"]["customers"]["rows"]
    assert [tuple(row[name] for name in names) for row in rows] == [cut(row) for row in customers.rows]
    total = dict(zip(names, cut(total_row(customers) or ()), strict=True))
    assert read["tables"]["customers"]["total"] == total
    assert {name: item["value"] for name, item in read["figures"].items()} == {
        item.name: cut([item.value])[0] for item in statement.figures
    }
    assert read["notes"][0]["level"] == "warning"
    assert read["charts"] == {
        "margin_by_customer": {"title": statement.blocks[1].title, "alt": statement.blocks[1].alt}
    }


def test_json_loses_no_cent_of_a_sum_that_a_float_cannot_hold():
    text = to_json(sheet(("a", Decimal("12345678901234567890.01")), ("b", 1.875e-06), ("c", None)))
    rows = json.loads(text, parse_float=Decimal)["tables"]["t"]["rows"]
    assert [row["cost"] for row in rows] == [Decimal("12345678901234567890.01"), Decimal("0.000001875"), None]


def test_numbers_for_machines_carry_no_dust_of_a_division():
    dust = Decimal("26.80837108914285714285714286")
    rows = (("a", dust), ("b", Decimal("0.0000000000005")), ("c", Decimal("-1E-20")), ("d", 1000))
    cells = ["26.808371089143", "0.000000000001", "0", "1000"]
    assert [line.split(",")[1] for line in to_csv(sheet(*rows)).splitlines()[1:]] == cells
    read = json.loads(to_json(sheet(*rows)), parse_float=str, parse_int=str)["tables"]["t"]
    assert [row["cost"] for row in read["rows"]] == cells


def test_a_total_is_reckoned_before_its_parts_are_cut():
    half = Decimal("0.0000000000004")  # cut, each is nothing; together they are not
    read = json.loads(to_json(sheet(("a", half), ("b", half))), parse_float=str, parse_int=str)["tables"]["t"]
    assert [row["cost"] for row in read["rows"]] == ["0", "0"]
    assert read["total"]["cost"] == "0.000000000001"


def test_json_of_an_empty_sheet_is_json():
    assert json.loads(to_json(Sheet("T", "", ())))["tables"] == {}


def test_the_same_sheet_gives_the_same_json_whatever_the_order_of_its_meta():
    one, other = (Sheet("T", "", (), meta) for meta in ({"a": "1", "b": "2"}, {"b": "2", "a": "1"}))
    assert to_json(one) == to_json(other)


def test_csv_is_the_first_table_for_machines(customers, statement):
    rows = list(csv.reader(io.StringIO(to_csv(statement), newline="")))
    assert rows[0] == [column.name for column in customers.columns]
    assert len(rows) == 1 + len(customers.rows)  # no total: a reader who sums would count it twice
    assert tuple(Decimal(cell) for cell in rows[7][2:]) == cut(customers.rows[6][2:])
    assert rows[29][9] == ""


def test_csv_follows_rfc_4180():
    assert to_csv(sheet(('Quote "Q", Inc', 1234567.5))) == 'customer,cost\r\n"Quote ""Q"", Inc",1234567.5\r\n'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_name_that_a_spreadsheet_would_run_is_quoted(start):
    evil = f"{start}HYPERLINK(1)"
    rows = list(csv.reader(io.StringIO(to_csv(sheet((evil, Decimal(-5)))), newline="")))
    assert rows[1] == [f"'{evil}", "-5"]  # a negative number stays a number


def test_csv_needs_a_table():
    with pytest.raises(ValueError, match="has no table"):
        to_csv(Sheet("T", "", (Note("n"),)))


def test_markdown_keeps_its_columns_whatever_a_customer_is_called():
    text = to_markdown(sheet(("a|b\n<script> [x](y)", Decimal("-1234.5")), ("c", None), note="n"))
    assert "| a\\|b \\<script> \\[x\\](y) | −1,234.50 |\n| c | – |\n| **Total** | **−1,234.50** |\n\nn" in text
    assert "| Customer | Cost \\[USD\\] |\n| --- | ---: |" in text


def test_markdown_says_figures_and_notes():
    figures = Figures((Figure("m", "Margin", 0.25, "share", note="P10 20 %"),))
    text = to_markdown(Sheet("T", "S", (figures, Note("late", "warning")), {"seed": "7"}))
    assert text == "# T\n\nS\n\n- **Margin**: 25.0 % (P10 20 %)\n\n> **Warning:** late\n\n- seed: 7\n"
