"""A sheet that takes tens of thousands of formulas in a second: each is written as it is, once."""

from math import isfinite
from typing import NamedTuple

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pertoken.present.workbook.grid import letters

NO_VALUE = "#DIV/0!"
"""The error that a spreadsheet finds itself where Python finds no value."""


class Live(NamedTuple):
    """A formula and its result, ready to be written.

    Args:
        format: How it looks; XlsxWriter asks every cell for it.
        body: What follows the cell's place and look in the file.
    """

    format: Format
    body: str


class Page(Worksheet):  # type: ignore[misc]  # XlsxWriter has no types
    """A worksheet whose formulas are stored as they are.

    XlsxWriter looks through each formula for functions of newer spreadsheets, thirty times, and takes several calls to
    write a cell. A model has a hundred thousand formulas and none of these functions.
    """

    def put(self, row: int, column: int, words: str, look: Format, value: float | str) -> None:
        """Write a formula with its result.

        Args:
            row: Sheet row, counted from one.
            column: Column, counted from zero.
            words: The formula without its equals sign, `escaped`.
            look: How it looks.
            value: Its result, as `stored`.
        """
        kind = "" if not isinstance(value, str) or not value else ' t="e"' if value == NO_VALUE else ' t="str"'
        shown = escaped(value) if isinstance(value, str) else value
        self.table[row - 1][column] = Live(look, f"{kind}><f>{words}</f><v>{shown}</v></c>")
        self._check_dimensions(row - 1, column)

    def _write_rows(self) -> None:
        for row in sorted({*self.table, *self.row_info}):
            cells = self.table.get(row)
            if not cells:
                self._write_empty_row(row, None, self.row_info.get(row))
                continue
            self._write_row(row, None, self.row_info.get(row))
            for column in sorted(cells):
                cell = cells[column]
                if isinstance(cell, Live):
                    self.fh.write(f'<c r="{letters(column)}{row + 1}" s="{cell.format._get_xf_index()}"{cell.body}')  # noqa: SLF001
                else:
                    self._write_cell(row, column, cell)
            self._xml_end_tag("row")


def escaped(text: str) -> str:
    """Return text as it stands in a file of a workbook.

    >>> escaped('IF(A1<>"",1,0)')
    'IF(A1&lt;&gt;"",1,0)'
    """
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def stored(value: float | str) -> float | str:
    """Return a result as a workbook stores it; what has no value is the error that a spreadsheet finds itself."""
    if isinstance(value, str):
        return value
    return float(value) if isfinite(value) else NO_VALUE
