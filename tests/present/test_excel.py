"""The workbook: read back by openpyxl, recalculated by formualizer."""

import io
from decimal import Decimal

import formualizer
import openpyxl
import pytest

from pertoken.present.excel import workbook
from pertoken.present.sheet import Column, Note, Sheet, Table
from pertoken.present.worksheet import FIRST, sheet_names

TOP = FIRST + 1


@pytest.fixture(scope="module")
def data(statement):
    return workbook(statement)


@pytest.fixture(scope="module")
def formulas(data):
    return openpyxl.load_workbook(io.BytesIO(data))


@pytest.fixture(scope="module")
def cached(data):
    return openpyxl.load_workbook(io.BytesIO(data), data_only=True)


def number(cell):
    return cell if cell is None or isinstance(cell, str) else pytest.approx(float(cell), rel=1e-12)


def test_stored_results_are_what_python_found(cached, customers):
    page = cached["Customers"]
    for index, row in enumerate(customers.rows):
        read = [cell.value for cell in page[TOP + index]]
        assert read == [number(cell) for cell in row]


def test_columns_with_a_formula_and_totals_are_live(formulas):
    page = formulas["Customers"]
    assert page.cell(TOP, 8).value == "=E6+F6+G6"
    assert page.cell(TOP, 9).value == "=D6-H6"
    assert page.cell(TOP, 10).value == '=IF(D6=0,"",I6/D6)'
    total = TOP + 30
    assert page.cell(total, 1).value == "Total"
    assert page.cell(total, 4).value == "=SUM(D6:D35)"
    assert page.cell(total, 10).value == '=IF(D36=0,"",I36/D36)'


def test_recalculated_is_what_was_stored_for_every_formula(data, formulas, cached):
    engine = formualizer.load_workbook_bytes(data)
    engine.evaluate_all()
    cells = [cell for page in formulas for row in page for cell in row if cell.data_type == "f"]
    assert len(cells) == 30 * 4 + 9  # four formula columns; five sums and four formulas in the total
    for cell in cells:
        page = cell.parent.title
        stored = cached[page][cell.coordinate].value
        found = engine.evaluate_cell(page, cell.row, cell.column)
        assert found == ("" if stored is None else number(stored)), cell.coordinate


EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "https://example.com", "007", "{=1}", "mailto:a@b.c"]


def test_text_stays_text():
    columns = (Column("customer", "=Customer", "text"), Column("cost", "Cost", "money", "=USD"))
    table = Table("t", "=Title", columns, tuple((text, 1) for text in EVIL), note="=note")
    sheet = Sheet("=T", "=S", (table, Note("=n"), Note("=w", "warning")), {"=k": "=v"})
    book = openpyxl.load_workbook(io.BytesIO(workbook(sheet)))
    assert [row[0].value for row in book["=Title"].iter_rows(min_row=TOP, max_row=TOP + 7)] == EVIL
    assert {cell.data_type for page in book for row in page for cell in row} <= {"s", "n"}
    assert {cell.hyperlink.location for row in book["Cover"] for cell in row if cell.hyperlink} == {"'=Title'!A1"}


def test_what_does_not_apply_is_an_empty_cell_and_its_formulas_keep_still():
    columns = (
        Column("customer", "Customer", "text"),
        Column("revenue", "Revenue", "money", total="sum"),
        Column("twice", "Twice", "money", formula="revenue * 2", total="formula"),
    )
    table = Table("t", "T", columns, (("a", None, None), ("b", 3, None), ("c", 4, 8)))
    page = openpyxl.load_workbook(io.BytesIO(workbook(Sheet("S", "", (table,)))))["T"]
    assert [[cell.value for cell in row] for row in page.iter_rows(min_row=TOP, max_row=TOP + 3)] == [
        ["a", None, None],
        ["b", 3, None],
        ["c", 4, "=B8*2"],
        ["Total", "=SUM(B6:B8)", "=B9*2"],
    ]


def test_the_same_sheet_gives_the_same_bytes(data, statement):
    assert workbook(statement) == data


def test_headers_stay_in_sight_and_can_be_filtered(formulas):
    page = formulas["Customers"]
    assert page.freeze_panes == "B6"
    assert page.auto_filter.ref == "A5:K35"  # from the units' row, without the total
    assert [cell.value for cell in page[4]][:4] == ["Customer", "Plan", "Requests", "Revenue"]
    assert page["D5"].value == "USD"


def test_number_formats_follow_the_kind(formulas):
    page = formulas["Customers"]
    assert page["C6"].number_format == "#,##0;[Red]-#,##0"
    assert page["D6"].number_format == "#,##0.00;[Red]-#,##0.00"
    assert page["J6"].number_format == "0.0%;[Red]-0.0%"
    assert page["K6"].number_format.startswith("#,##0.00000000;")


def test_the_cover_says_what_the_page_says(cached, statement):
    words = {cell.value for row in cached["Cover"] for cell in row}
    assert {statement.title, statement.subtitle, "Revenue", 28234.71, "Warning: " + statement.of(Note)[0].text} <= words
    assert {"cost card", "providers-2026-09.yaml"} <= words


def test_titles_become_names_that_excel_allows():
    titles = ["Cover", "cover", "a/b:c", "x" * 40, "x" * 35, "'q'", "History", ""]
    assert sheet_names(titles) == [
        "Cover", "cover (2)", "a b c", "x" * 31, "x" * 27 + " (2)", "q", "History table", "Table",
    ]  # fmt: skip


def test_an_empty_table_is_a_worksheet_with_headers():
    table = Table("t", "T", (Column("cost", "Cost", "money", total="sum"),), ())
    page = openpyxl.load_workbook(io.BytesIO(workbook(Sheet("S", "", (table,)))))["T"]
    assert page["A4"].value == "Cost"


def test_decimals_keep_their_cents():
    table = Table("t", "T", (Column("cost", "Cost", "money"),), ((Decimal("1234567890.12"),),))
    page = openpyxl.load_workbook(io.BytesIO(workbook(Sheet("S", "", (table,)))))["T"]
    assert page["A6"].value == 1234567890.12


def test_a_share_follows_the_column_that_it_is_a_share_of():
    share = Column("share", "Of cost", "share", total="sum", share_of="cost")
    columns = (Column("who", "Who", "text"), Column("cost", "Cost", "money", "USD", total="sum"), share)
    data = workbook(Sheet("t", "", (Table("t", "Costs", columns, (("a", 30.0, 0.3), ("b", 70.0, 0.7))),)))
    page = openpyxl.load_workbook(io.BytesIO(data))["Costs"]
    assert page.cell(TOP + 1, 3).value == f'=IF(SUM($B${TOP}:$B${TOP + 1})=0,"",B{TOP + 1}/SUM($B${TOP}:$B${TOP + 1}))'
    engine = formualizer.load_workbook_bytes(data)
    engine.evaluate_all()
    assert [engine.evaluate_cell("Costs", TOP + row, 3) for row in range(3)] == pytest.approx([0.3, 0.7, 1.0])
    with pytest.raises(ValueError, match="not its share of 'cost'"):
        Table("t", "Costs", columns, (("a", 30.0, 0.4), ("b", 70.0, 0.6)))
    with pytest.raises(ValueError, match="which is not in the table"):
        Table("t", "Costs", (columns[0], share), (("a", 0.3),))
