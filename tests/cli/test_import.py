"""`pertoken import`: what was changed in a workbook, what that does, and what is refused whole."""

import io
import re
import zipfile

import openpyxl
import pytest
from openpyxl.workbook.defined_name import DefinedName

from tests.desk import result

MODEL = """\
model: shop                       # kept
calendar: {start: 2027-01, months: 3}
currency: USD

assumptions:
  users: {value: 1_000, unit: customer, p10: 800, p90: 1_300, low: 900}   # kept too
  growth: 2%
  price:
    pro:
      value: 5
      unit: USD / customer
      source: "=HYPERLINK(1)"     # a text that would be a formula

units: {"seat": customer}

drivers:
  paying: {formula: users * (1 + growth) ^ month, label: "+people, who pay"}

income:
  fees: paying * price.pro

costs:
  team: {formula: 2_000}
  office: {formula: 0.5 USD/customer * users}

scenarios:
  dear: {price.pro: 6}
"""


@pytest.fixture
def book(desk, ask):
    """An exported workbook, to be opened, changed and saved."""
    (desk / "shop.yaml").write_text(MODEL)
    assert ask("export", "xlsx", "shop.yaml", "--worlds", 5, "--date", "2026-11-22").code == 0
    return openpyxl.load_workbook("shop.xlsx")


@pytest.fixture
def back(book, ask):
    """Save the workbook and import it."""

    def import_(*words):
        book.save("back.xlsx")
        return ask("import", "back.xlsx", *words)

    return import_


def cell(book, quantity, part):
    """Find a cell to type in by the workbook's log."""
    log = book["Log"]
    for row in range(16, log.max_row + 1):
        sheet, place, own, what = (log.cell(row, column).value for column in range(6, 10))
        if (own, what) == (quantity, part):
            return book[sheet][place]
    raise AssertionError(f"no cell for {quantity}, {part}")


def formula(book, sheet="Calc"):
    """Find a formula."""
    return next(each for row in book[sheet].iter_rows() for each in row if each.data_type == "f")


def table(answer, name="inputs"):
    return result(answer)["tables"][name]["rows"]


def test_a_workbook_that_was_not_touched_has_no_change(back):
    answer = back()
    assert answer.code == 0
    assert "No input was changed, no formula; the case is base." in answer.out


def test_just_the_edits_are_told_and_what_they_do(book, back):
    cell(book, "users", "base").value = 1100
    cell(book, "price.pro", "dear").value = 7
    cell(book, "growth", "low").value = 1
    book["Cover"]["B4"].value = "dear"
    answer = back("--format", "json")
    assert table(answer) == [
        {"input": "users", "part": "base", "was": "1,000 customer", "now": "1,100 customer", "cell": "Inputs!E6"},
        {"input": "growth", "part": "low", "was": "as base", "now": "1 %", "cell": "Inputs!F7"},
        {"input": "price.pro", "part": "dear", "was": "6 USD / customer", "now": "7 USD / customer",
         "cell": "Inputs!G8"},
    ]  # fmt: skip
    people = sum(1.02**month for month in (1, 2, 3))
    money = {row["result"]: row for row in table(answer, "results")}
    assert float(money["Revenue"]["one"]) == pytest.approx(1000 * people * 6)
    assert float(money["Revenue"]["two"]) == pytest.approx(1100 * people * 7)
    assert float(money["Operating result"]["difference"]) == pytest.approx((7700 - 6000) * people - 150)


def test_the_model_file_takes_the_numbers_and_keeps_all_else(book, back, ask, desk):
    cell(book, "users", "base").value = 1100
    cell(book, "users", "p90").value = 1450.5
    cell(book, "users", "low").value = 950
    cell(book, "growth", "base").value = 2.5
    cell(book, "costs.team.amount", "base").value = 2250
    cell(book, "price.pro", "dear").value = 7
    cell(book, "growth", "dear").value = 1
    assert back("--out", "new.yaml").code == 0
    changed = (
        MODEL.replace("value: 1_000", "value: 1_100").replace("1_300", "1_450.5").replace("low: 900", "low: 950")
        .replace("growth: 2%", "growth: 2.5%").replace("formula: 2_000", "formula: 2_250")
        .replace("dear: {price.pro: 6}", "dear: {growth: 1%, price.pro: 7}")
    )  # fmt: skip
    assert (desk / "new.yaml").read_text() == changed
    (desk / "shop.yaml").write_text(changed)
    assert ask("export", "xlsx", "shop.yaml", "--worlds", 5, "--out", "again.xlsx").code == 0
    again = openpyxl.load_workbook("again.xlsx")
    assert [[each.value for each in row] for row in again["Inputs"]["D6:H9"]] == [
        [each.value for each in row] for row in book["Inputs"]["D6:H9"]
    ]


def test_a_formula_that_became_a_number_is_refused_with_what_was_and_is(book, back, desk):
    cell(book, "users", "base").value = 1100
    own = formula(book)
    was, own.value = own.value, 42
    answer = back("--out", "new.yaml")
    assert answer.code == 1
    assert f"back.xlsx Calc!{own.coordinate} (" in answer.err
    assert f"): 42; expected {was}" in answer.err
    assert "--allow-formulas" in answer.err
    assert not (desk / "new.yaml").exists()
    assert answer.out == ""


def test_formulas_that_were_changed_are_left_aside_where_that_is_allowed(book, back):
    cell(book, "users", "base").value = 1100
    own = formula(book)
    own.value = f"{own.value}+1"
    answer = back("--allow-formulas")
    assert answer.code == 0
    assert "1 input was changed; 1 other cells were typed over" in " ".join(answer.out.split())
    assert f"Calc!{own.coordinate}" in answer.out


def test_a_formula_written_with_other_spaces_and_letters_is_the_same(book, back):
    every = (each for row in book["Calc"].iter_rows() for each in row if each.data_type == "f")
    own = next(each for each in every if "SUM(" in each.value)
    own.value = own.value.replace("SUM(", " sum( ")
    assert back().code == 0


BROKEN = {
    "text in a number cell": (lambda b: setattr(cell(b, "users", "base"), "value", "many"), "it holds 'many'"),
    "a currency sign": (lambda b: setattr(cell(b, "price.pro", "base"), "value", "$5"), r"it holds '\$5'"),
    "an empty number cell": (lambda b: setattr(cell(b, "users", "base"), "value", None), "it is empty"),
    "an empty P10": (lambda b: setattr(cell(b, "users", "p10"), "value", None), "it is empty"),
    "a formula in an input": (
        lambda b: setattr(cell(b, "users", "base"), "value", "=500*2"), r"a formula =500\*2 stands in a cell for a"),
    "a number below its bound": (lambda b: setattr(cell(b, "users", "base"), "value", -1), "it holds -1"),
    "a range upside down": (lambda b: setattr(cell(b, "users", "p10"), "value", 1200), "the value"),
    "an unknown case": (
        lambda b: setattr(b["Cover"]["B4"], "value", "dearer"), "the case is 'dearer'; expected one of"),
    "a renamed sheet": (
        lambda b: setattr(b["Calc"], "title", "Sums"), "no sheet 'Calc', but 'Sums'"),
    "a sheet that is gone": (lambda b: b.remove(b["Checks"]), "no sheet 'Checks'"),
    "sheets in another order": (lambda b: b.move_sheet("Log", -3), "sheets in the order"),
    "a name that is gone": (lambda b: b.defined_names.pop("in_users"), "the name in_users is gone"),
    "a name that was moved": (
        lambda b: b.defined_names.__setitem__("in_users", DefinedName("in_users", attr_text="Inputs!$D$99")),
        r"in_users stands for Inputs!\$D\$99"),
    "months added": (
        lambda b: b["Calc"].cell(9, b["Calc"].max_column + 1, 7), "cells beyond the last column, from Calc!"),
    "actuals that are text": (
        lambda b: setattr(actual(b), "value", "n/a"), "it holds 'n/a'; expected numbers in the"),
    "actuals beside their place": (
        lambda b: setattr(b["Actuals"].cell(actual(b).row + 2, 2 + b["Actuals"].max_column), "value", 7), "Actuals"),
    "a number inside a formula": (
        lambda b: setattr(cell(b, "costs.office", "number 0.5"), "value", 0.6), "stands inside a formula"),
    "another version": (lambda b: fact(b, "pertoken format", 99), "a workbook of format 99; expected format 1"),
    "properties that are lost": (lambda b: b.custom_doc_props.props.clear(), "no workbook of pertoken"),
    "a day that is none": (lambda b: fact(b, "exported on", "soon"), "its properties have been changed"),
}  # fmt: skip
"""What people do to workbooks, and what they are told."""


def actual(book):
    """Find a cell for actuals."""
    page = book["Actuals"]
    row = next(each[0].row for each in page.iter_rows() if str(each[0].value).endswith(": actual"))
    column = next(each.column for each in page[row - 1] if each.data_type == "f")
    return page.cell(row, column)


def fact(book, name, value):
    """Change a property of the workbook."""
    next(each for each in book.custom_doc_props.props if each.name == name).value = value


@pytest.mark.parametrize("what", BROKEN)
def test_what_can_not_be_is_refused_by_name_and_nothing_is_imported(what, book, back, desk):
    spoil, said = BROKEN[what]
    cell(book, "growth", "base").value = 3
    spoil(book)
    answer = back("--out", "new.yaml")
    assert answer.code == 2
    assert answer.out == ""
    assert "back.xlsx" in answer.err
    assert re.search(said, answer.err), answer.err
    assert not (desk / "new.yaml").exists()


def test_rows_that_were_sorted_are_refused(book, back):
    page = book["Inputs"]
    for column in ("A", "B", "C", "E"):
        page[f"{column}6"].value, page[f"{column}7"].value = page[f"{column}7"].value, page[f"{column}6"].value
    answer = back()
    assert answer.code == 1
    assert "Inputs!A6" in answer.err


def test_all_that_is_wrong_is_told_at_once(book, back):
    cell(book, "users", "base").value = "many"
    cell(book, "growth", "base").value = "=1"
    answer = back()
    assert "users, base" in answer.err
    assert "growth, base" in answer.err


def test_actuals_and_notes_are_left_aside_and_told(book, back):
    actual(book).value = 12.5
    book["Inputs"]["B3"].value = "look here"
    book.create_sheet("Scratch")["A1"] = "=1+1"
    answer = back()
    assert answer.code == 0
    assert "1 cells of actuals were pasted" in answer.out
    assert "1 cell of your own is left aside" in answer.out
    assert "Sheets of your own are left aside: Scratch" in answer.out


def test_a_model_that_has_changed_since_takes_the_inputs_only_by_force(book, back, desk):
    cell(book, "users", "base").value = 1100
    (desk / "shop.yaml").write_text(MODEL.replace("growth: 2%", "growth: 4%"))
    answer = back()
    assert answer.code == 2
    assert "shop.yaml has changed since the export" in answer.err
    assert "--force" in answer.err
    answer = back("--force", "--out", "new.yaml")
    assert answer.code == 0, answer.err
    assert "formulas were not compared" in answer.out
    assert "value: 1_100" in (desk / "new.yaml").read_text()
    assert "growth: 4%" in (desk / "new.yaml").read_text()


def test_a_workbook_of_another_pertoken_is_named_and_gives_its_inputs_only_by_force(book, back):
    cell(book, "users", "base").value = 1100
    fact(book, "pertoken version", "0.0.9")
    answer = back()
    assert answer.code == 2
    assert "written by pertoken 0.0.9; expected one of pertoken" in answer.err
    answer = back("--force")
    assert answer.code == 0, answer.err
    assert "1,100" in answer.out
    assert "formulas were not compared" in " ".join(answer.out.split())


def test_another_model_is_named(back, desk):
    (desk / "other.yaml").write_text(MODEL.replace("model: shop", "model: stall"))
    answer = back("--model", "other.yaml")
    assert answer.code == 2
    assert "exported from the model shop" in answer.err
    assert "the model is stall" in answer.err


def test_without_its_model_beside_it_the_model_is_asked_for(back, desk):
    (desk / "shop.yaml").rename(desk / "moved.yaml")
    answer = back()
    assert (answer.code, "no model shop.yaml beside it" in answer.err, "--model FILE" in answer.err) == (2, True, True)
    assert back("--model", "moved.yaml").code == 0


def test_a_file_that_is_there_is_not_written_over(back, desk):
    (desk / "new.yaml").write_text("mine")
    answer = back("--out", "new.yaml")
    assert answer.code == 2
    assert (desk / "new.yaml").read_text() == "mine"
    assert back("--out", "new.yaml", "--force").code == 0


def test_texts_of_users_never_become_formulas(book, ask, desk):
    kinds = {each.value: each.data_type for row in book["Inputs"].iter_rows() for each in row if each.value}
    assert kinds["=HYPERLINK(1)"] == "s"
    labels = {each.value: each.data_type for row in book["Calc"].iter_rows() for each in row if each.value}
    assert labels["+people, who pay"] == "s"
    assert ask("export", "csv", "shop.yaml").code == 0
    text = (desk / "shop.csv").read_text()
    assert '"\'+people, who pay"' in text
    assert ",+people" not in text


def test_an_entity_is_refused_before_anything_is_read(book, ask, desk):
    book.save("back.xlsx")
    with zipfile.ZipFile("back.xlsx") as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    parts["xl/workbook.xml"] = b'<!DOCTYPE x [<!ENTITY a "b">]>' + parts["xl/workbook.xml"].partition(b"?>")[2]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    (desk / "bomb.xlsx").write_bytes(out.getvalue())
    answer = ask("import", "bomb.xlsx")
    assert (answer.code, "a document type or entities in xl/workbook.xml" in answer.err) == (2, True)
