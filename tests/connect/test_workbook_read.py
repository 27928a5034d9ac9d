"""Workbooks that nobody vouches for: cells as they stand, and what is refused before it is unpacked."""

import io
import zipfile

import openpyxl
import pytest
from openpyxl.worksheet.formula import ArrayFormula

from pertoken.connect import workbook_read
from pertoken.connect.workbook_read import read_workbook, workbook_from
from pertoken.core.errors import InputError
from pertoken.scenario.returned import Cell


def saved(fill):
    """Save a workbook that a function has filled."""
    book = openpyxl.Workbook()
    fill(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(data, name, text):
    """Put another part into a packed file."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            if part.filename != name:
                new.writestr(part, old.read(part))
        new.writestr(name, text)
    return out.getvalue()


def fill(page):
    page["A1"], page["B2"], page["C3"] = "text", 3.5, "=A1&1"
    page["D4"], page["E5"] = True, ArrayFormula("E5", "=SUM(B2:B3)")
    page["F6"], page["G7"] = "", "'=not a formula"


def test_numbers_texts_truths_and_formulas_are_told_apart():
    cells = workbook_from(saved(fill), "x.xlsx").sheets["Sheet"]
    assert cells == {
        "A1": Cell("text"),
        "B2": Cell(3.5),
        "C3": Cell("A1&1", formula=True),
        "D4": Cell(value=True),
        "E5": Cell("SUM(B2:B3)", formula=True),
        "G7": Cell("'=not a formula"),
    }


def test_formulas_that_a_program_shares_among_cells_are_read_in_each():
    sheet = (
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        '<row r="1"><c r="A1"><f t="shared" ref="A1:C1" si="0">A$2+$B3</f><v>1</v></c>'
        '<c r="B1"><f t="shared" si="0"/><v>1</v></c><c r="C1"><f t="shared" si="0"/><v>1</v></c></row>'
        "</sheetData></worksheet>"
    )
    data = with_part(saved(lambda _: None), "xl/worksheets/sheet1.xml", sheet)
    cells = workbook_from(data, "x.xlsx").sheets["Sheet"]
    assert [cells[place].value for place in ("A1", "B1", "C1")] == ["A$2+$B3", "B$2+$B3", "C$2+$B3"]


@pytest.mark.parametrize("where", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "docProps/core.xml", "xl/extra.xml"])
def test_entities_are_refused_wherever_they_stand(where):
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><x>&b;</x>'
    with pytest.raises(InputError, match=rf"x\.xlsx: a document type or entities in {where}"):
        workbook_from(with_part(saved(fill), where, bomb), "x.xlsx")


def test_entities_in_another_encoding_are_refused_too():
    bomb = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "ha">]><x>&a;</x>'.encode("utf-16")
    with pytest.raises(InputError, match="a document type or entities"):
        workbook_from(with_part(saved(fill), "xl/workbook.xml", bomb), "x.xlsx")


def test_what_would_unpack_to_too_much_is_refused_unopened(monkeypatch):
    monkeypatch.setattr(workbook_read, "MOST_UNPACKED", 1_000_000)
    bomb = with_part(saved(fill), "xl/media/image1.bin", b"\0" * 2_000_000)
    assert len(bomb) < 20_000
    with pytest.raises(InputError, match=r"bytes together when unpacked; expected at most 2,000 parts and 1,000,000"):
        workbook_from(bomb, "x.xlsx")


def test_too_many_cells_are_refused(monkeypatch):
    monkeypatch.setattr(workbook_read, "MOST_CELLS", 3)
    with pytest.raises(InputError, match="more than 3 cells"):
        workbook_from(saved(fill), "x.xlsx")


def test_a_file_that_is_too_large_is_not_read(monkeypatch, tmp_path):
    monkeypatch.setattr(workbook_read, "MOST_BYTES", 10)
    (tmp_path / "x.xlsx").write_bytes(saved(fill))
    with pytest.raises(InputError, match=r"a file of [\d,]+ bytes; expected at most 10"):
        read_workbook(tmp_path / "x.xlsx")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"name,value\n", "no workbook; expected an .xlsx file"),
        (b"", "no workbook"),
        (b"\xd0\xcf\x11\xe0 locked", "locked by a password, or of the form .xls"),
        (saved(fill)[:-400], "no workbook|can't be"),
        (with_part(saved(fill), "xl/workbook.xml", "<broken"), "can't be read"),
        (with_part(saved(fill), "xl/worksheets/sheet1.xml", "<broken"), "can't be read"),
        (with_part(saved(fill), "[Content_Types].xml", "<Types/>"), "can't be read"),
    ],
)
def test_what_is_no_workbook_is_refused_in_words(data, said):
    with pytest.raises(InputError, match=said):
        workbook_from(data, "x.xlsx")


def test_no_file_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="pertoken export xlsx"):
        read_workbook(tmp_path / "none.xlsx")
