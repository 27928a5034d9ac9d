"""Workbooks come back by this door: cells as they stand, from a file that nobody vouches for."""

import datetime as dt
import io
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

from pertoken.core.errors import Fault, InputError, PertokenError
from pertoken.scenario.returned import Book, Cell

MOST_BYTES = 100_000_000
"""Size of a file, [byte]"""
MOST_UNPACKED = 1_000_000_000
"""Size of what is packed in it. [byte]"""
MOST_PARTS = 2_000
"""Files that are packed in it."""
MOST_CELLS = 5_000_000
"""Cells of all its sheets."""
OLD = b"\xd0\xcf\x11\xe0"
"""How files begin that are locked by a password, or come from before 2007."""
HEAD = 8_192
"""Where a document type would stand. [byte]"""
FORBIDDEN = (b"<!DOCTYPE", b"<!ENTITY")


def read_workbook(path: str | Path) -> Book:
    """Read the cells of a workbook: numbers, texts and formulas as they are written, nothing calculated.

    Raises:
        InputError: No workbook; or one that is too large, locked, or says what no workbook needs to say.
    """
    name = str(path)
    try:
        size = Path(name).stat().st_size
        if size > MOST_BYTES:
            raise _refused(name, f"a file of {size:,} bytes", f"at most {MOST_BYTES:,}")
        raw = Path(name).read_bytes()
    except OSError as error:
        msg = f"can't read the workbook {name}: {error.strerror}; make one with `pertoken export xlsx`"
        raise InputError(msg) from error
    return workbook_from(raw, name)


def workbook_from(raw: bytes, name: str) -> Book:
    """Read the cells of a workbook from its bytes.

    Raises:
        InputError: As `read_workbook`.
    """
    from defusedxml import DefusedXmlException  # noqa: PLC0415  only an import needs it
    from openpyxl.utils.exceptions import InvalidFileException  # noqa: PLC0415

    _packed(raw, name)
    try:
        return _book(raw, name)
    except InputError:
        raise
    except DefusedXmlException as error:
        raise _refused(name, "a document type or entities in its XML", "a workbook as spreadsheets save it") from error
    except (zipfile.BadZipFile, InvalidFileException, ParseError, KeyError, ValueError, TypeError, IndexError,
            AttributeError, EOFError, OSError, OverflowError, RuntimeError, zlib.error) as error:  # fmt: skip
        raise _refused(name, f"a workbook that can't be read: {error}", "one saved as .xlsx") from error


def _refused(name: str, found: str, expected: str) -> PertokenError:
    return InputError.of([Fault(name, found, expected, "export the model again and edit that file")])


def _packed(raw: bytes, name: str) -> None:
    """Look at a file before it is unpacked."""
    if raw.startswith(OLD):
        raise _refused(name, "a workbook that is locked by a password, or of the form .xls", "a plain .xlsx")
    if not zipfile.is_zipfile(io.BytesIO(raw)):
        raise _refused(name, "no workbook", "an .xlsx file")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            parts = packed.infolist()
            unpacked = sum(part.file_size for part in parts)
            if len(parts) > MOST_PARTS or unpacked > MOST_UNPACKED:
                found = f"{len(parts):,} parts of {unpacked:,} bytes together when unpacked"
                raise _refused(name, found, f"at most {MOST_PARTS:,} parts and {MOST_UNPACKED:,} bytes")
            for part in parts:
                if part.filename.endswith((".xml", ".rels", ".vml")):
                    _declared(packed, part, name)
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, zlib.error) as error:
        raise _refused(name, f"a workbook that can't be unpacked: {error}", "an .xlsx file") from error


def _declared(packed: zipfile.ZipFile, part: zipfile.ZipInfo, name: str) -> None:
    with packed.open(part) as file:
        head = file.read(HEAD).replace(b"\0", b"").upper()
    if any(word in head for word in FORBIDDEN):
        raise _refused(name, f"a document type or entities in {part.filename}", "a workbook as spreadsheets save it")


def _book(raw: bytes, name: str) -> Book:
    import openpyxl  # noqa: PLC0415  only an import needs it

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what it can't show does not matter to who reads cells
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=False, keep_links=False)
    try:
        left = MOST_CELLS
        sheets: dict[str, dict[str, Cell]] = {}
        for page in book.worksheets:
            page.reset_dimensions()
            sheets[page.title] = dict(_cells(page, left, name))
            left -= len(sheets[page.title])
        names = {key: str(each.attr_text) for key, each in book.defined_names.items()}
        facts = {each.name: str(each.value) for each in book.custom_doc_props.props}
    finally:
        book.close()
    return Book(file=name, sheets=sheets, names=names, facts=facts)


def _cells(page: Any, left: int, name: str) -> Iterator[tuple[str, Cell]]:  # noqa: ANN401  openpyxl has no types
    for row in page.rows:
        for each in row:
            if each.value is None or each.value == "":
                continue
            left -= 1
            if left < 0:
                raise _refused(name, f"more than {MOST_CELLS:,} cells", "fewer")
            yield each.coordinate, _cell(each.value, each.data_type)


def _cell(value: Any, kind: str) -> Cell:  # noqa: ANN401  whatever openpyxl found
    from openpyxl.utils.datetime import to_excel  # noqa: PLC0415  see above

    if kind == "f":
        return Cell(str(getattr(value, "text", value)).removeprefix("="), formula=True)
    if isinstance(value, bool):
        return Cell(value)
    if isinstance(value, (int, float)):
        return Cell(float(value))
    if isinstance(value, (dt.datetime, dt.date, dt.time, dt.timedelta)):
        return Cell(float(to_excel(value)))
    return Cell(str(value))
