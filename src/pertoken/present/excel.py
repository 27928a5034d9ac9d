"""Sheets as an Excel workbook whose formulas live, with the result that Python found beside each."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from pertoken.present.drawing import png
from pertoken.present.sheet import Chart, Figure, Note, Sheet, Table
from pertoken.present.worksheet import number_format, sheet_names, style, write_table

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
LONG_AGO = datetime(2000, 1, 1)  # noqa: DTZ001 - Excel knows no time zones
"""Creation date of every workbook, so that the same sheet gives the same bytes; the real dates are in its meta."""
WIDTHS = (30, 18, 12, 48)
"""Widths of the cover's columns: label, value, unit, note. [character]"""
LETTERS = 100
"""Letters on one line across the cover."""
LINE = 16
"""Height of one line of text. [point]"""
PIXELS = 20
"""Height of one row. [pixel]"""
SCALE = 2
"""Pixels of a picture for each pixel it takes on the cover."""
INCH = (72, 96)
"""Pixels to an inch as pictures and as Excel count them."""


def workbook(sheet: Sheet) -> bytes:
    """Return a sheet as an Excel workbook: a cover, then one worksheet for each table.

    Columns with a formula and total rows are live formulas; the value that Python found is stored as their result, so
    that previews and readers that do not calculate show it too. The same sheet gives the same bytes.
    """
    out = io.BytesIO()
    tables = sheet.of(Table)
    with Workbook(out, OPTIONS) as book:
        book.set_properties({"title": sheet.title, "created": LONG_AGO})
        cover, *names = sheet_names(["Cover", *(table.title for table in tables)])
        _write_cover(book, book.add_worksheet(cover), sheet, dict(zip(names, tables, strict=True)))
        for name, table in zip(names, tables, strict=True):
            write_table(book, book.add_worksheet(name), table)
    return out.getvalue()


def _write_cover(book: Workbook, cover: Worksheet, sheet: Sheet, tables: Mapping[str, Table]) -> None:
    for column, width in enumerate(WIDTHS):
        cover.set_column(column, column, width)
    cover.hide_gridlines(2)
    cover.set_landscape()
    cover.fit_to_pages(1, 0)
    cover.write_string(0, 0, sheet.title, style(book, "title"))
    row = _write_wide(book, cover, 1, sheet.subtitle, "lead") + 1
    row = _write_figures(book, cover, row, sheet.figures)
    row = _write_notes(book, cover, row, sheet.of(Note))
    row = _write_index(book, cover, row, tables)
    row = _write_meta(book, cover, row, sheet.meta)
    breaks = []
    for chart in sheet.of(Chart):
        breaks.append(row)
        row = _draw(book, cover, row, chart)
    cover.set_h_pagebreaks(breaks)


def _write_figures(book: Workbook, cover: Worksheet, top: int, figures: Sequence[Figure]) -> int:
    row = _write_heading(book, cover, top, "Key figures" if figures else "")
    for figure in figures:
        cover.write_string(row, 0, figure.label, style(book, "text"))
        if isinstance(figure.value, str):
            cover.write_string(row, 1, figure.value, style(book, "right"))
        elif figure.value is not None:
            look = number_format(figure.kind, [figure.value])
            cover.write_number(row, 1, float(figure.value), style(book, "bold", num_format=look))
        cover.write_string(row, 2, figure.unit, style(book, "soft"))
        cover.write_string(row, 3, figure.note, style(book, "soft"))
        row += 1
    return row + 1


def _write_notes(book: Workbook, cover: Worksheet, top: int, notes: Sequence[Note]) -> int:
    row = _write_heading(book, cover, top, "Notes" if notes else "")
    for note in notes:
        warning = note.level == "warning"
        row = _write_wide(book, cover, row, f"{'Warning: ' * warning}{note.text}", "warning" if warning else "wrapped")
    return row + 1


def _write_index(book: Workbook, cover: Worksheet, top: int, tables: Mapping[str, Table]) -> int:
    row = _write_heading(book, cover, top, "Tables" if tables else "")
    for name, table in tables.items():
        quoted = name.replace("'", "''")
        cover.write_url(row, 0, f"internal:'{quoted}'!A1", style(book, "link"), table.title)
        row += 1
    return row + 1


def _write_meta(book: Workbook, cover: Worksheet, top: int, meta: Mapping[str, str]) -> int:
    row = _write_heading(book, cover, top, "What the numbers rest on" if meta else "")
    for key, value in meta.items():
        cover.write_string(row, 0, key, style(book, "soft"))
        cover.write_string(row, 1, value, style(book, "text"))
        row += 1
    return row + 1


def _write_heading(book: Workbook, cover: Worksheet, row: int, text: str) -> int:
    """Write a heading, and return the row under it; an empty heading takes back the empty row before it."""
    if not text:
        return row - 1
    cover.write_string(row, 0, text, style(book, "heading"))
    return row + 1


def _write_wide(book: Workbook, cover: Worksheet, row: int, text: str, look: str) -> int:
    if not text:
        return row
    cover.set_row(row, LINE * ceil(len(text) / LETTERS))
    cover.merge_range(row, 0, row, len(WIDTHS) - 1, "", style(book, look))
    cover.write_string(row, 0, text, style(book, look))
    return row + 1


def _draw(book: Workbook, cover: Worksheet, top: int, chart: Chart) -> int:
    row = _write_heading(book, cover, top, chart.title)
    picture = png(chart.spec, scale=SCALE)
    scale = INCH[0] / INCH[1] / SCALE
    options = {
        "image_data": io.BytesIO(picture),
        "description": chart.alt,
        "x_scale": scale,
        "y_scale": scale,
        "object_position": 2,
    }
    cover.insert_image(row, 0, f"{chart.name}.png", options)
    height = int.from_bytes(picture[20:24], "big")
    return row + ceil(height / SCALE / PIXELS) + 1
