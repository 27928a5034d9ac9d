"""The workbook keeps to the modelling standard: a lint over every cell that is written."""

import io
import re

import openpyxl
import pytest
from openpyxl.utils import column_index_from_string

from pertoken.present.workbook import model_workbook
from pertoken.present.workbook.plan import FORECASTS, SHEETS, planned
from tests.present import papers
from tests.present.workbook_engine import formulas

CLASSIC = {
    *(
        "SUM",
        "SUMPRODUCT",
        "INDEX",
        "MATCH",
        "MIN",
        "MAX",
        "ROUND",
        "ROUNDUP",
        "ROUNDDOWN",
        "INT",
        "ABS",
        "IF",
        "IFERROR",
    ),
    *("EXP", "LN", "SQRT", "NORMSINV", "NORMSDIST", "BETAINV", "PERCENTILE", "COUNT", "COUNTIF", "AVERAGE", "STDEV"),
}
"""Functions that old spreadsheets know too."""
PLAIN = {"0", "1", "100", "1000", "1000000", "0.01", "0.001", "0.000001"}
"""Numbers that may stand in a formula: nothing, one, and the thousands of units."""
BLUE, BLACK, GREEN = "FF0000FF", "FF1B1F24", "FF00703C"
TEXT = re.compile(r'"[^"]*"')
REFERENCE = re.compile(r"(?:([A-Za-z]+)!)?(\$?)([A-Z]{1,3})(\$?)(\d+)")
LITERAL = re.compile(r"(?<![A-Za-z0-9_.$])\d+(?:\.\d+)?(?![A-Za-z0-9_(!])")


@pytest.fixture(scope="module")
def paper():
    return papers.chat(count=20)


@pytest.fixture(scope="module")
def data(paper):
    return model_workbook(paper)


@pytest.fixture(scope="module")
def book(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def bare(formula):
    """Take texts and references out of a formula."""
    return REFERENCE.sub("", TEXT.sub("", formula))


def from_ranges(paper):
    """Give the cells whose words come with a distribution, numbers and all."""
    plan = planned(paper)
    terms = {
        ("Inputs", f"D{plan.parameters[row, slot][0]}")
        for row, cell in plan.cells.items()
        if cell.range
        for slot in cell.range.terms
    }
    ranged = {column.row for column in paper.draws.columns if column.how == "spread"}
    return terms, ranged


def test_no_number_stands_in_a_formula_but_nothing_one_and_the_thousands_of_units(data, book, paper):
    terms, ranged = from_ranges(paper)
    for (sheet, cell), formula in formulas(data).items():
        column = cell.rstrip("0123456789")
        if (sheet, cell) in terms or (sheet == "MonteCarlo" and book[sheet][f"{column}13"].value in ranged):
            continue
        digits = re.sub(r"(ROUND\(.*),\d+\)", r"\1)", bare(formula))
        assert set(LITERAL.findall(digits)) <= PLAIN, (sheet, cell, formula)


def test_only_functions_that_old_spreadsheets_know(data):
    for place, formula in formulas(data).items():
        assert set(re.findall(r"([A-Z][A-Z.]*)\(", TEXT.sub("", formula))) <= CLASSIC, (place, formula)


def relative(formula, row, column):
    """Write a formula with its references as offsets, as R1C1 does."""

    def offset(found):
        sheet, fixed_column, letters, fixed_row, number = found.groups()
        across = letters if fixed_column else f"[{column_index_from_string(letters) - column}]"
        down = number if fixed_row else f"[{int(number) - row}]"
        return f"{sheet or ''}!R{down}C{across}"

    return REFERENCE.sub(offset, formula)


@pytest.mark.parametrize("sheet", ["Calc", "Scenarios", "Outputs", "Actuals", "Checks", "Inputs"])
def test_a_row_is_one_formula_copied_across_the_months(book, sheet):
    seen = 0
    for row in book[sheet].iter_rows(min_row=5, min_col=7 if sheet != "Checks" else 8):
        across = [cell for cell in row if cell.data_type == "f"]
        if len(across) > 3:
            seen += 1
            assert len({relative(cell.value, cell.row, cell.column) for cell in across}) == 1, across[0]
    assert seen > (4 if sheet in {"Actuals", "Checks", "Outputs"} else 15) or sheet == "Inputs"


def test_a_column_of_worlds_is_one_formula_copied_down(book):
    for column in book["MonteCarlo"].iter_cols(min_row=16, min_col=3):
        down = [cell for cell in column if cell.data_type == "f"]
        assert len({relative(cell.value, cell.row, cell.column) for cell in down}) <= 1, down[0].coordinate


@pytest.mark.parametrize("sheet", ["Inputs", "Prices", "Calc", "Scenarios", "Outputs", "Actuals"])
def test_every_row_says_its_unit(book, paper, sheet):
    names = {row.name for row in paper.program.rows}
    rows = [row for row in book[sheet].iter_rows(min_row=5, max_col=3) if str(row[0].value).split(":")[0] in names]
    assert rows
    assert all(row[2].value for row in rows)


def test_every_cell_to_type_in_has_a_rule_for_what_may_be_typed(book):
    for page in book:
        ruled = {cell for rule in page.data_validations.dataValidation for cell in rule.sqref.ranges}
        covered = {(row, column) for cells in ruled for row, column in cells.cells}
        for row in page.iter_rows():
            for cell in row:
                if not cell.protection.locked and page.title != "Actuals":
                    assert (cell.row, cell.column) in covered, (page.title, cell.coordinate)


def test_a_switch_takes_nothing_but_0_and_1_and_a_share_stays_between(book, paper):
    plan = planned(paper)
    rules = {str(rule.sqref): rule for rule in book["Inputs"].data_validations.dataValidation}
    switch = next(rule for cells, rule in rules.items() if f"F{plan.rows['cache']}" in cells.split())
    assert (switch.type, float(switch.formula1), float(switch.formula2)) == ("whole", 0, 1)
    share = next(rule for cells, rule in rules.items() if f"F{plan.rows['churn']}" in cells.split())
    assert (share.type, float(share.formula1), float(share.formula2)) == ("decimal", 0, 1)


def test_what_is_typed_is_blue_formulas_are_black_and_links_to_other_sheets_green(book):
    for page in book:
        for row in page.iter_rows():
            for cell in row:
                colour = cell.font.color.rgb if cell.font.color else None
                if cell.data_type == "f":
                    assert colour == (GREEN if "!" in cell.value else BLACK), (page.title, cell.coordinate)
                elif not cell.protection.locked:
                    assert colour == BLUE, (page.title, cell.coordinate)


def test_sheets_come_in_their_order_and_nothing_is_hidden(book):
    assert tuple(book.sheetnames) == tuple(name for name in SHEETS if name != FORECASTS)
    for page in book:
        assert page.sheet_state == "visible"
        assert not any(each.hidden for each in (*page.row_dimensions.values(), *page.column_dimensions.values()))


def test_sheets_with_months_have_the_same_columns(book):
    for sheet in ("Calc", "Outputs", "Actuals"):
        titles = [cell.value for cell in book[sheet][4]][: 6 + len(papers.MONTHS)]
        assert titles == ["name", "label", "unit", "constant", "total", "opening", *papers.MONTHS]


def test_every_sheet_prints_a_page_wide_and_keeps_its_titles_in_sight(book):
    for page in book:
        assert (page.page_setup.fitToWidth or 1, page.page_setup.fitToHeight) == (1, 0)
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert page.freeze_panes or page.title == "Cover"


def test_names_are_ones_that_a_spreadsheet_allows(book):
    for name in book.defined_names:
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]*", name)
        assert not re.fullmatch(r"[A-Za-z]{1,3}\d+|[Rr]\d*[Cc]?\d*", name)


def test_no_formula_looks_into_another_file_or_changes_by_itself(data):
    for place, formula in formulas(data).items():
        assert "[" not in formula, place
        assert not re.search(r"\b(NOW|TODAY|RAND|RANDBETWEEN|OFFSET|INDIRECT)\(", formula), place
