"""One table as one worksheet: units under the labels, live formulas, a live total."""

import re
from collections.abc import Iterable, Mapping, Sequence

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from pertoken.present import formula as formulas
from pertoken.present.numbers import show, show_rows, show_total
from pertoken.present.sheet import Cell, Column, Kind, Table, kind_in, operands, total_row

LONGEST_NAME = 31
FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
RESERVED = "history"
LABELS, UNITS, FIRST = 3, 4, 5
"""Rows of the labels, of the units and of the first cells, counted from zero."""
NARROWEST, WIDEST = 9, 48
"""Widths of a column. [character]"""
LETTERS = 14
"""Letters of a label on one line."""
LINE_HEIGHT = 15
"""Height of one line. [point]"""
DECIMALS = {"count": 0, "money": 2, "share": 1}
INK, SOFT, LINE, HEAD, LOSS, LINK = "#1B1F24", "#59636E", "#B8C0C8", "#EEF2F5", "#B34700", "#0072B2"
HEADER = {"bold": True, "bg_color": HEAD, "text_wrap": True, "valign": "bottom"}
UNIT = {"font_color": SOFT, "bg_color": HEAD, "bottom": 1, "bottom_color": LINE}
STYLES: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 16},
    "lead": {"font_size": 12, "text_wrap": True, "valign": "top"},
    "heading": {"bold": True, "font_size": 12},
    "text": {},
    "bold": {"bold": True},
    "right": {"bold": True, "align": "right"},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "soft": {"font_color": SOFT},
    "link": {"font_color": LINK, "underline": 1},
    "warning": {"text_wrap": True, "valign": "top", "bold": True, "font_color": LOSS},
    "label": HEADER,
    "label_number": {**HEADER, "align": "right"},
    "unit": UNIT,
    "unit_number": {**UNIT, "align": "right", "indent": 2},
    "total": {"bold": True, "top": 1},
}


def style(book: Workbook, name: str, **more: object) -> Format:
    """Return one of the workbook's few ways to look, e.g. with a ``num_format`` on top."""
    return book.add_format({"font_color": INK, **STYLES[name], **more})


def sheet_names(titles: Iterable[str]) -> list[str]:
    """Return worksheet names as Excel allows them: 31 characters, no brackets, slashes, ``:*?``, no two alike.

    >>> sheet_names(["Cost: by meter", "Cost/ by meter", ""])
    ['Cost  by meter', 'Cost  by meter (2)', 'Table']
    """
    names: list[str] = []
    for title in titles:
        plain = FORBIDDEN.sub(" ", title).strip().strip("'") or "Table"
        plain = f"{plain} table" if plain.casefold() == RESERVED else plain
        name, number = plain[:LONGEST_NAME], 1
        while name.casefold() in {other.casefold() for other in names}:
            number += 1
            end = f" ({number})"
            name = plain[: LONGEST_NAME - len(end)] + end
        names.append(name)
    return names


def number_format(kind: Kind, cells: Sequence[Cell]) -> str:
    """Return an Excel number format with as many decimals as the cells need, losses in another colour.

    >>> number_format("unit_money", [0.0225, 0.000001875])
    '#,##0.000000000;[Red]-#,##0.000000000'
    """
    places = DECIMALS.get(kind)
    if places is None:
        places = max((len(show(cell, kind).partition(".")[2]) for cell in cells if cell is not None), default=0)
    decimals = f".{'0' * places}" if places else ""
    positive = f"0{decimals}%" if kind == "share" else f"#,##0{decimals}"
    return f"{positive};[Red]-{positive}"


def write_table(book: Workbook, page: Worksheet, table: Table) -> None:
    """Write a table to its worksheet."""
    page.write_string(0, 0, table.title, style(book, "title"))
    page.write_string(1, 0, table.note, style(book, "soft"))
    page.set_row(LABELS, LINE_HEIGHT * max((_lines(column.label) for column in table.columns), default=1))
    shown = [*show_rows(table), show_total(table) or []]
    total = total_row(table)
    for index, column in enumerate(table.columns):
        page.set_column(index, index, _width(column, [row[index] for row in shown if row]))
        _write_header(book, page, column, index)
        cells = [row[index] for row in table.rows]
        look = (
            "General"
            if column.kind == "text"
            else number_format(column.kind, [*cells, *(total or [])[index : index + 1]])
        )
        looks = _looks(book, table, index) if table.kinds and column.kind != "text" else {}
        _write_column(page, table, index, style(book, "text", num_format=look), looks)
        if total:
            _write_total(page, table, index, (total, style(book, "total", num_format=look)))
    _set_up(page, table)


def _set_up(page: Worksheet, table: Table) -> None:
    """Keep headers in sight on screen and on paper, and offer filters on the units' row."""
    last = FIRST + len(table.rows) - 1
    page.freeze_panes(FIRST, 1 if table.columns and table.columns[0].kind == "text" else 0)
    page.repeat_rows(LABELS, UNITS)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.hide_gridlines(2)
    if table.rows:
        page.autofilter(UNITS, 0, last, len(table.columns) - 1)


def _write_header(book: Workbook, page: Worksheet, column: Column, index: int) -> None:
    number = "" if column.kind == "text" else "_number"
    page.write_string(LABELS, index, column.label, style(book, f"label{number}"))
    page.write_string(UNITS, index, column.unit, style(book, f"unit{number}"))


def _looks(book: Workbook, table: Table, index: int) -> dict[Kind, Format]:
    """Looks of a column whose rows are of different kinds."""
    cells: dict[Kind, list[Cell]] = {}
    for kind, row in zip(table.kinds, table.rows, strict=True):
        cells.setdefault(kind, []).append(row[index])
    return {kind: style(book, "text", num_format=number_format(kind, own)) for kind, own in cells.items()}


def _write_column(page: Worksheet, table: Table, index: int, look: Format, looks: Mapping[Kind, Format]) -> None:
    column = table.columns[index]
    for row, cells in enumerate(table.rows):
        own = looks.get(kind_in(table, row, column), look)
        place = (row + FIRST, index)
        _write_cell(page, place, cells[index], own, _row_formula(table, column, cells, row + FIRST))


def _write_cell(page: Worksheet, place: tuple[int, int], cell: Cell, look: Format, formula: str | None) -> None:
    if formula:
        page.write_formula(*place, formula, look, "" if cell is None else float(cell))
    elif isinstance(cell, str):
        page.write_string(*place, cell, look)
    elif cell is not None:
        page.write_number(*place, float(cell), look)
    else:
        page.write_blank(*place, None, look)


def _row_formula(table: Table, column: Column, cells: tuple[Cell, ...], row: int) -> str | None:
    """Write a live formula where the row has all that it reads; a cell that does not apply stays empty."""
    if column.share_of is not None and cells[table.columns.index(column)] is not None:
        return _share(table, column.share_of, row)
    if column.formula is None:
        return None
    reads = operands(table, column, cells)
    if None in reads.values():
        return None
    cell = cells[table.columns.index(column)]
    if cell is None and formulas.evaluate(column.formula, reads) is not None:
        return None
    return formulas.excel(column.formula, _places(table, row))


def _share(table: Table, of: str, row: int) -> str:
    """Divide a row's cell by the sum of its column."""
    index = next(index for index, column in enumerate(table.columns) if column.name == of)
    last = FIRST + len(table.rows) - 1
    whole = f"SUM({xl_rowcol_to_cell(FIRST, index, True, True)}:{xl_rowcol_to_cell(last, index, True, True)})"  # noqa: FBT003
    return f'=IF({whole}=0,"",{xl_rowcol_to_cell(row, index)}/{whole})'


def _write_total(page: Worksheet, table: Table, index: int, shown: tuple[tuple[Cell, ...], Format]) -> None:
    column, row = table.columns[index], FIRST + len(table.rows)
    total, look = shown
    text = None
    if column.total == "sum" and total[index] is not None:
        text = f"=SUM({xl_rowcol_to_cell(FIRST, index)}:{xl_rowcol_to_cell(row - 1, index)})"
    elif column.total == "formula":
        text = _row_formula(table, column, total, row)
    _write_cell(page, (row, index), total[index], look, text)


def _places(table: Table, row: int) -> dict[str, str]:
    return {column.name: xl_rowcol_to_cell(row, index) for index, column in enumerate(table.columns)}


def _width(column: Column, shown: Sequence[str]) -> float:
    """Width that shows every cell and every word of the header, with room for the filter's button."""
    header = max(map(len, column.label.split()), default=0)
    longest = max([header, min(len(column.label), LETTERS), len(column.unit) + 4, *map(len, shown)])
    return float(min(max(longest + 2, NARROWEST), WIDEST))


def _lines(label: str) -> int:
    return max(1, -(-len(label) // LETTERS))
