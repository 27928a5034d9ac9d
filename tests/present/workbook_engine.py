"""Recalculating a workbook after edits: by formualizer in every run, by LibreOffice where it is installed."""

import io
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.sax.saxutils import unescape

import formualizer
import openpyxl
import pytest
from openpyxl.utils import coordinate_to_tuple

Cell = tuple[str, str]
"""Sheet and cell: `("Calc", "G12")`."""

ALWAYS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="OOXMLRecalcMode" oor:op="fuse">
<value>0</value></prop></item></oor:items>
"""
"""Profile of LibreOffice that calculates what it loads."""
INSTALLED = re.sub(r"<item .*</item>", "", ALWAYS, flags=re.DOTALL)
"""Profile as it comes: what was stored is shown."""


@lru_cache(maxsize=4)
def named(data: bytes) -> dict[str, Cell]:
    """Return the cells that have names."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {
        name: (sheet, cell.replace("$", ""))
        for name, defined in book.defined_names.items()
        for sheet, cell in defined.destinations
    }


@lru_cache(maxsize=4)
def formulas(data: bytes) -> dict[Cell, str]:
    """Return all formulas by cell."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {
        (page.title, cell.coordinate): cell.value
        for page in book
        for row in page.iter_rows()
        for cell in row
        if cell.data_type == "f"
    }


LIVE = re.compile(r'<c r="([A-Z]+[0-9]+)"[^>]*?(?: t="(\w+)")?><f>([^<]*)</f><v>([^<]*)</v>')


@lru_cache(maxsize=4)
def live(data: bytes) -> dict[Cell, Any]:
    """Return what is stored for each formula of a workbook of ours, without the time that openpyxl takes."""
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    found: dict[Cell, Any] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as files:
        for number, sheet in enumerate(book.sheetnames, 1):
            text = files.read(f"xl/worksheets/sheet{number}.xml").decode()
            for cell, kind, _, value in LIVE.findall(text):
                found[sheet, cell] = unescape(value) if kind or not value else float(value)
    return found


@lru_cache(maxsize=4)
def stored(data: bytes) -> dict[Cell, Any]:
    """Return the values that readers see who do not calculate."""
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    return {
        (page.title, cell.coordinate): cell.value
        for page in book
        for row in page.iter_rows()
        for cell in row
        if cell.value is not None
    }


def place(data: bytes, cell: str | Cell) -> Cell:
    """Return a cell by its name or by itself."""
    return named(data)[cell] if isinstance(cell, str) else cell


def by_formualizer(data: bytes, edits: Mapping[Any, object] | None = None) -> dict[Cell, Any]:
    """Return the value of every formula after edits."""
    engine = formualizer.load_workbook_bytes(data)
    for cell, value in (edits or {}).items():
        sheet, at = place(data, cell)
        row, column = coordinate_to_tuple(at)
        engine.set_value(sheet, row, column, value)
    engine.evaluate_all()
    return {(sheet, at): engine.get_value(sheet, *coordinate_to_tuple(at)) for sheet, at in live(data)}


def by_libreoffice(data: bytes, edits: Mapping[Any, object] | None = None, *, profile: str = ALWAYS) -> dict[Cell, Any]:
    """Return the value of every formula after edits; skip where LibreOffice is not installed."""
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed (soffice is not on the path)")
    if edits:
        book = openpyxl.load_workbook(io.BytesIO(data))
        for cell, value in edits.items():
            sheet, at = place(data, cell)
            book[sheet][at] = value
        out = io.BytesIO()
        book.save(out)
        data = out.getvalue()
    with TemporaryDirectory() as folder:
        found = stored(converted(data, Path(folder), office, "xlsx", profile=profile))
    return {cell: found.get(cell, "") for cell in formulas(data)}


def converted(data: bytes, folder: Path, office: str, to: str, *, profile: str = ALWAYS) -> bytes:
    """Let LibreOffice load a workbook, and save it in another form."""
    user = folder / "profile" / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(profile)
    (folder / "model.xlsx").write_bytes(data)
    call = [office, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", to]
    call += ["--outdir", str(folder / "out"), str(folder / "model.xlsx")]
    subprocess.run(call, check=True, capture_output=True, timeout=180)
    return (folder / "out" / f"model.{to}").read_bytes()


ENGINES: Mapping[str, Callable[..., dict[Cell, Any]]] = {
    "formualizer": by_formualizer,
    "libreoffice": by_libreoffice,
    "libreoffice as installed": partial(by_libreoffice, profile=INSTALLED),
}


def recalculated(
    data: bytes, edits: Mapping[Any, object] | None = None, *, engine: str = "formualizer"
) -> dict[Cell, Any]:
    """Return the value of every formula of a workbook after edits.

    Args:
        data: The workbook.
        edits: New value by cell, or by name of the workbook.
        engine: `formualizer` or `libreoffice`.
    """
    return ENGINES[engine](data, edits)
