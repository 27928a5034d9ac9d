"""A sheet that takes tens of thousands of formulas in a second: each is written as it is, once."""

from collections.abc import Sequence
from math import isfinite

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from pertoken.present.workbook.grid import letters

NO_VALUE = "#DIV/0!"
"""The error that a spreadsheet finds itself where Python finds no value."""


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
            value: Its result.
        """
        self.table[row - 1][column] = (look, _body(words, value))
        self._check_dimensions(row - 1, column)

    def put_across(self, row: int, column: int, words: Sequence[str], look: Format, values: Sequence[float]) -> None:
        """Write one formula for each column from one on, as `put` does."""
        cells = self.table[row - 1]
        for at, (text, value) in enumerate(zip(words, values, strict=True), column):
            cells[at] = (look, _body(text, value))
        self._check_dimensions(row - 1, column)
        self._check_dimensions(row - 1, column + len(values) - 1)

    def put_down(self, row: int, column: int, pieces: Sequence[str], look: Format, values: Sequence[float]) -> None:
        """Write one formula for each row from one on, whose pieces the row's number joins."""
        for at, value in enumerate(values, row):
            self.table[at - 1][column] = (look, _body(str(at).join(pieces), value))
        self._check_dimensions(row - 1, column)
        self._check_dimensions(row + len(values) - 2, column)

    def _write_rows(self) -> None:
        tags = [letters(column) for column in range((self.dim_colmax or 0) + 1)]
        looks: dict[int, str] = {}
        for row in sorted({*self.table, *self.row_info}):
            cells = self.table.get(row)
            if not cells:
                self._write_empty_row(row, None, self.row_info.get(row))
                continue
            self._write_row(row, None, self.row_info.get(row))
            parts, at = [], row + 1
            for column, cell in sorted(cells.items()):
                if type(cell) is tuple:  # those of XlsxWriter have names
                    look, body = cell
                    number = looks.get(id(look)) or looks.setdefault(id(look), str(look._get_xf_index()))  # noqa: SLF001
                    parts.append(f'<c r="{tags[column]}{at}" s="{number}"{body}')
                else:
                    self.fh.write("".join(parts))
                    parts.clear()
                    self._write_cell(row, column, cell)
            self.fh.write("".join(parts))
            self._xml_end_tag("row")


def escaped(text: str) -> str:
    """Return text as it stands in a file of a workbook.

    >>> escaped('IF(A1<>"",1,0)')
    'IF(A1&lt;&gt;"",1,0)'
    """
    if "&" in text or "<" in text or ">" in text:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def _body(words: str, value: float | str) -> str:
    """Write what follows a cell's place and look."""
    if isinstance(value, str):
        kind = ' t="str"' if value else ""
        return f"{kind}><f>{words}</f><v>{escaped(value)}</v></c>"
    if isfinite(value):
        return f"><f>{words}</f><v>{value}</v></c>"
    return f' t="e"><f>{words}</f><v>{NO_VALUE}</v></c>'
