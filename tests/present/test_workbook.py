"""The live workbook of a model: recalculated it is what Python found, before and after edits."""

import io
import re
import zipfile
from functools import cache
from math import isfinite

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.present.workbook import model_workbook
from pertoken.present.workbook.grid import letters
from pertoken.present.workbook.plan import planned
from pertoken.present.workbook.worlds import statistic_cell
from pertoken.scenario.evaluate import evaluate
from tests.present import papers
from tests.present.workbook_engine import formulas, named, recalculated, stored

CENT = 0.005
UNTIL_CALCULATED = {("Cover", "B6"), ("Cover", "C6"), ("Checks", "B4")}
"""Cells that say that nothing is checked yet, until a spreadsheet has calculated them."""
MASTER = ("Cover", "B6")


@cache
def chat():
    """Write the workbook once; arguments of Hypothesis are shown whole, and this is large."""
    paper = papers.chat(count=23)
    return paper, model_workbook(paper)


@pytest.fixture
def paper():
    return chat()[0]


@pytest.fixture
def data():
    return chat()[1]


def same(found, expected):
    """Tell whether a cell is what Python found: within half a cent, or the same text; no value is an error."""
    if isinstance(expected, float | int) and not isfinite(expected):
        return isinstance(found, dict) or found == "#DIV/0!"
    if isinstance(expected, float | int) and isinstance(found, float | int):
        return abs(found - expected) < max(CENT, 1e-9 * abs(expected))
    if expected == "#DIV/0!":
        return isinstance(found, dict) or found == expected
    return found == expected


def differing(found, expected):
    return {
        cell: (found[cell], expected.get(cell, "")) for cell in found if not same(found[cell], expected.get(cell, ""))
    }


@pytest.mark.parametrize("engine", ["formualizer", "libreoffice"])
def test_every_formula_recalculated_is_what_was_stored(data, engine):
    found = recalculated(data, engine=engine)
    assert len(found) > 4_000
    assert differing(found, stored(data)).keys() == UNTIL_CALCULATED


def rows_of(values, grid):
    """Give the cell of every value of a block."""
    for name, row in grid.rows.items():
        numbers = values[name]
        if name not in grid.monthly:
            yield (grid.sheet, f"D{row}"), float(numbers[0])
        else:
            for month, value in enumerate(np.broadcast_to(numbers, grid.months)):
                yield (grid.sheet, f"{letters(6 + month)}{row}"), float(value)


def test_what_is_stored_is_what_python_found_for_every_row_month_and_case(data, paper):
    plan, cached = planned(paper), stored(data)
    for values, grid in [(paper.values["base"], plan.calc), *((paper.values[c], plan.blocks[c]) for c in paper.cases)]:
        for cell, value in rows_of(values, grid):
            assert same(cached[cell], value), cell


EDITS = {
    "signups": st.floats(760, 1050),
    "signups.growth": st.floats(0, 0.06),
    "start": st.integers(0, 9_000),
    "churn": st.floats(0, 1),
    "queries": st.floats(1, 60),
    "answer": st.floats(1, 900),
    "cache": st.integers(0, 1),
    "event.price_cut.month": st.integers(0, 7),
    "price.base": st.floats(0.01, 50),  # without revenue a share of it is no number, and a sheet's comparison an error
    "price.1.up_to": st.integers(1, 40_000_000),
    "price.2.rate": st.floats(0, 0.01),
    "price.llm": st.floats(0, 0.01),
}


def calculated(paper, edits, case):
    """Reckon a case anew after edits of base values."""
    cells = papers.changed(paper.inputs, edits)
    return evaluate(paper.program, papers.given(cells, case, papers.MONTHS))


def edited_cells(paper, edits):
    plan = planned(paper)
    return {(plan.sheet(row), f"E{plan.rows[row]}"): value for row, value in edits.items()}


@settings(max_examples=20, deadline=None)
@given(edits=st.fixed_dictionaries({}, optional=EDITS), case=st.sampled_from(papers.CASES))
def test_after_random_edits_every_row_is_what_python_finds_for_them(edits, case):
    paper, data = chat()
    found = recalculated(data, {**edited_cells(paper, edits), "scenario": case})
    plan = planned(paper)
    for cell, value in rows_of(calculated(paper, edits, case), plan.calc):
        assert same(found[cell], value), (cell, formulas(data)[cell])
    for other, grid in plan.blocks.items():
        for cell, value in rows_of(calculated(paper, edits, other), grid):
            assert same(found[cell], value), (other, cell)
    held = checks(data, found)
    assert {label for label, holds in held.items() if holds != 1} <= MODELLERS
    assert found[MASTER] == sum(holds != 1 for holds in held.values())
    changed = sum(paper_value(paper, row) != value for row, value in edits.items()) + (case != "base")
    assert found["Log", "B12"] == changed


def paper_value(paper, row):
    return next(cell.values["base"] for cell in paper.inputs if cell.row == row)


MODELLERS = {"It pays", "check.share", "Range of signups", "Range of churn"}
"""Checks that an edit may break; all others hold whatever is typed."""


def checks(data, found):
    """Give what each check says."""
    labels = {row: stored(data).get(("Checks", f"A{row}")) for row in range(9, 40)}
    return {label: found["Checks", f"G{row}"] for row, label in labels.items() if ("Checks", f"D{row}") in found}


def test_libreoffice_finds_what_python_finds_after_edits(data, paper):
    edits = {"signups": 1_000.0, "price.1.rate": 0.007, "cache": 1, "price.1.up_to": 20_000_000}
    found = recalculated(data, {**edited_cells(paper, edits), "scenario": "high"}, engine="libreoffice")
    for cell, value in rows_of(calculated(paper, edits, "high"), planned(paper).calc):
        assert same(found[cell], value), cell
    assert found["Log", "B12"] == 5


def test_worlds_follow_an_edit_of_an_input_and_of_its_range(data, paper):
    plan, again = planned(paper), papers.chat(count=23, edits={"start": {"base": 1_000}, "signups": {"base": 800}})
    found = recalculated(
        data, {("Inputs", f"E{plan.rows['start']}"): 1_000, ("Inputs", f"E{plan.rows['signups']}"): 800}
    )
    margin = again.draws.values["gross_margin"].sum(axis=-1)
    for level in (10, 50, 90):
        sheet, cell = statistic_cell(f"P{level}", 2).replace("$", "").split("!")
        assert found[sheet, cell] == pytest.approx(np.percentile(margin, level), abs=CENT)


@pytest.mark.parametrize("case", ["low", "high", "=risky"])
def test_ranges_move_with_the_values_of_the_chosen_case(data, paper, case):
    found = recalculated(data, {"scenario": case})
    draws = papers.worlds(paper.program, paper.inputs, count=23, case=case)
    if case == "high":  # events are drawn, whatever the case says of their month
        assert paper.values[case]["event.price_cut.month"] == 3
    margin = draws.values["gross_margin"].sum(axis=-1)
    for level in (10, 50, 90):
        sheet, cell = statistic_cell(f"P{level}", 2).replace("$", "").split("!")
        assert found[sheet, cell] == pytest.approx(np.percentile(margin, level), abs=CENT)


def test_a_bar_of_the_tornado_ends_at_its_two_results_on_either_side_of_nothing(data, paper):
    cached = stored(data)
    top = next(row for (sheet, cell), value in cached.items() if value == "signups: 700 to 1,150" for row in [cell[1:]])
    for row, swing in zip((int(top), int(top) + 1), paper.tornado, strict=True):
        hidden, shown, hidden_below, below = (cached["Outputs", f"{column}{row}"] for column in "FGHI")
        assert (hidden + shown or hidden_below) == pytest.approx(max(swing.at_low, swing.at_high))
        assert (hidden_below + below or hidden) == pytest.approx(min(swing.at_low, swing.at_high))


def test_actuals_show_a_variance_only_where_something_was_pasted(data):
    found = recalculated(data, {("Actuals", "H6"): 40_000})
    assert found["Actuals", "G7"] == ""
    assert found["Actuals", "H7"] == pytest.approx(40_000 - found["Actuals", "H5"])


def test_a_number_in_a_formula_is_a_cell_that_can_be_edited(data, paper):
    plan = planned(paper)
    row = next(at for at, each in plan.constants.items() if each.row == "cost.team" and each.value == 6000.0)
    found = recalculated(data, {("Inputs", f"D{row}"): 7_000})
    assert found["Calc", f"E{plan.calc.rows['cost.team']}"] == 5 * 7_000  # from the third of seven months on


def test_names_point_at_live_inputs_and_key_outputs(data, paper):
    names, plan = named(data), planned(paper)
    assert names["in_signups_growth"] == ("Inputs", f"D{plan.rows['signups.growth']}")
    assert names["in_price_1_rate"] == ("Prices", f"D{plan.rows['price.1.rate']}")
    assert stored(data)[names["out_Gross_margin"]] == pytest.approx(paper.values["base"]["gross_margin"].sum())
    assert {"scenario", "case_number", "checks_failing"} <= names.keys()


def test_the_log_lists_every_cell_that_may_be_typed_over_with_its_value(data):
    book = openpyxl.load_workbook(io.BytesIO(data))
    listed = {}
    for sheet, cell, quantity, part, value in book["Log"].iter_rows(16, min_col=6, max_col=10, values_only=True):
        if sheet:
            listed[sheet, cell] = (quantity, part, value)
    for (sheet, cell), (_, _, value) in listed.items():
        assert book[sheet][cell].value == value, (sheet, cell)
    unlocked = {
        (page.title, cell.coordinate)
        for page in book
        for row in page.iter_rows()
        for cell in row
        if not cell.protection.locked and page.title != "Actuals"
    }
    assert unlocked | {("Cover", "B4")} == listed.keys()
    assert ("price.2.rate", "=risky", 0.001) in listed.values()


def test_properties_say_the_form_the_model_and_the_seed(data):
    book = openpyxl.load_workbook(io.BytesIO(data))
    found = {each.name: each.value for each in book.custom_doc_props.props}
    expected = {"pertoken format": 1, "model digest": "0123456789abcdef" * 4, "seed": 7, "worlds": 23}
    assert expected.items() <= found.items()


def test_the_same_paper_gives_the_same_bytes(data):
    assert model_workbook(papers.chat(count=23)) == data


def test_a_workbook_without_worlds_says_so_and_calculates():
    plain = model_workbook(papers.chat(draws=False))
    found = recalculated(plain)
    assert differing(found, stored(plain)).keys() == UNTIL_CALCULATED
    assert found[MASTER] == 0


def test_a_wrong_formula_makes_a_check_fail(data, paper):
    row = planned(paper).blocks["base"].rows["revenue"]
    assert recalculated(data)[MASTER] == 0
    assert recalculated(data, {("Scenarios", f"H{row}"): 1.0})[MASTER] == 3  # revenue, margin, share of margin


# --- traps ------------------------------------------------------------------------------------------------------------


def test_trap_silent_zero_no_formula_is_stored_as_a_zero_that_python_did_not_find(data):
    cached, found = stored(data), recalculated(data)
    zeros = {cell for cell in found if cached.get(cell) == 0}
    assert all(found[cell] == pytest.approx(0, abs=CENT) for cell in zeros)
    assert cached[MASTER] > 0  # a reader who does not calculate must not see that all checks hold
    assert "not calculated" in cached["Cover", "C6"]


def test_trap_libreoffice_calculates_what_it_loads_only_if_told_to(data):
    told = recalculated(data, engine="libreoffice")
    untold = recalculated(data, engine="libreoffice as installed")
    assert told[MASTER] == 0
    assert untold[MASTER] > 0  # and what it shows then is what Python stored, not zeros
    assert differing(untold, stored(data)) == {}


def test_trap_rounding_ties_are_read_as_a_person_reads_them():
    paper = papers.small("round(quantity * price, 2)", quantity=337.655, price=3)
    assert 337.655 * 3 < 1012.965  # in binary the product lies below the tie
    data = model_workbook(paper)
    assert stored(data)["Calc", papers.result_cell(paper)] == 1012.97
    assert recalculated(data)["Calc", papers.result_cell(paper)] == pytest.approx(1012.97, abs=1e-9)


def test_trap_injection_text_from_users_never_becomes_a_formula(data):
    book = openpyxl.load_workbook(io.BytesIO(data))
    assert book["Cover"]["A1"].data_type == "s"
    assert book["Cover"]["A1"].value.startswith("=")
    texts = {cell.value for page in book for row in page.iter_rows() for cell in row if cell.data_type == "s"}
    assert {"=Cache is on", "=sales plan", "=risky", "=Peak"} <= texts
    links = [cell.hyperlink for page in book for row in page.iter_rows() for cell in row if cell.hyperlink]
    assert all(link.target is None for link in links)  # inside the workbook only


def test_trap_openpyxl_drops_extensions_so_none_are_written(data):
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        sheets = [files.read(name) for name in files.namelist() if name.startswith("xl/worksheets/sheet")]
    assert len(sheets) == 10
    assert not any(b"extLst" in sheet for sheet in sheets)


def test_trap_secondary_axes_have_fixed_bounds(data):
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        charts = [files.read(name).decode() for name in files.namelist() if name.startswith("xl/charts/chart")]
    second = [axis for chart in charts for axis in re.findall(r"<c:valAx>.*?</c:valAx>", chart) if '"max"/>' in axis]
    assert len(charts) == 8
    assert len(second) == 1
    assert all("<c:min val" in axis and "<c:max val" in axis for axis in second)
