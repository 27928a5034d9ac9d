"""Desk: the workbook being written, its few ways to look, and how one cell is put down."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, isfinite, log10

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from pertoken.present.workbook.page import Page, escaped
from pertoken.present.workbook.plan import Plan
from pertoken.present.worksheet import HEAD, INK, LINE, LINK, LOSS, SOFT
from pertoken.scenario.paper import Paper

INPUT, ELSEWHERE, FIELD, GOOD = "#0000FF", "#00703C", "#FFFBE6", "#1A7F37"
"""Ink of what is typed in and of links to other sheets; paper of a cell to type in; ink of a check that holds."""
HEADER = {"bold": True, "bg_color": HEAD, "bottom": 1, "bottom_color": LINE, "valign": "bottom", "text_wrap": True}
STYLES: dict[str, dict[str, object]] = {
    "title": {"bold": True, "font_size": 16},
    "cover": {"bold": True, "font_size": 20, "bottom": 5, "bottom_color": LINK, "valign": "vcenter"},
    "row": {"bottom": 4, "bottom_color": LINE, "valign": "vcenter"},
    "row_bold": {"bottom": 4, "bottom_color": LINE, "valign": "vcenter", "bold": True},
    "row_soft": {"bottom": 4, "bottom_color": LINE, "valign": "vcenter", "font_color": SOFT},
    "row_link": {"bottom": 4, "bottom_color": LINE, "valign": "vcenter", "font_color": ELSEWHERE},
    "row_lead": {"bottom": 4, "bottom_color": LINE, "valign": "vcenter", "font_color": ELSEWHERE, "bold": True},
    "lead": {"font_size": 11, "font_color": SOFT},
    "heading": {"bold": True, "font_size": 11, "font_color": LINK},
    "text": {},
    "bold": {"bold": True},
    "soft": {"font_color": SOFT},
    "wrapped": {"text_wrap": True, "valign": "top", "font_color": SOFT},
    "link": {"font_color": LINK, "underline": 1},
    "header": HEADER,
    "header_number": {**HEADER, "align": "right"},
    "formula": {},
    "elsewhere": {"font_color": ELSEWHERE},
    "input": {"font_color": INPUT, "bg_color": FIELD, "border": 4, "border_color": LINE, "locked": False},
    "choice": {
        "font_color": INPUT,
        "bg_color": FIELD,
        "border": 1,
        "border_color": INPUT,
        "bold": True,
        "align": "center",
    },
    "frozen": {"font_color": INPUT},
    "good": {"font_color": GOOD, "bold": True},
    "bad": {"font_color": LOSS, "bold": True},
    "soft_right": {"font_color": SOFT, "align": "right"},
    "left": {"align": "left"},
    "missing": {"font_color": LINE},
}
DIGITS = 4
"""Digits that a number shows at least, where it is not money."""
ENDLESS = 1e15
"""A bound that is none."""
MANY = 1000
"""Above it a number needs no decimals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A cell that may be typed over.

    Args:
        sheet: Its sheet.
        row: Its sheet row, counted from one.
        column: Its column, counted from zero.
        quantity: The row of the program that it is about.
        part: Which part of it: a case, `p10`, another parameter, a month, `number N`.
        value: Its value at export; None for an empty cell.
    """

    sheet: str
    row: int
    column: int
    quantity: str
    part: str
    value: float | str | None


@dataclass(frozen=True, slots=True)
class Desk:
    """A workbook being written.

    Args:
        book: The workbook.
        paper: What is written.
        plan: Where it stands.
        looks: The formats made so far.
        pages: The sheets by name.
        names: Name of the workbook for each input and each key output.
        typed: Cells that may be typed over, so far.
    """

    book: Workbook
    paper: Paper
    plan: Plan
    looks: dict[tuple[str, str], Format] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    typed: list[Typed] = field(default_factory=list)

    @property
    def changes(self) -> str:
        """Cell of the number of inputs that were changed, on the log."""
        return "$B$12"

    @property
    def good(self) -> Format:
        """Ink of a check that holds."""
        return self.look("good")

    @property
    def bad(self) -> Format:
        """Ink of a check that does not."""
        return self.look("bad")

    def look(self, style: str, number: str = "") -> Format:
        """Return one of the workbook's ways to look."""
        key = (style, number)
        if key not in self.looks:
            more = {"num_format": number} if number else {}
            self.looks[key] = self.book.add_format({"font_color": INK, **STYLES[style], **more})
        return self.looks[key]

    def formula(
        self,
        page: Page,
        row: int,
        column: int,
        words: str,
        value: float | str,
        *,
        number: str = "",
        style: str = "",
    ) -> None:
        """Write a formula with what Python found; green where it looks at another sheet. Rows count from one."""
        style = style or ("elsewhere" if "!" in words else "formula")
        page.put(row, column, escaped(words), self.look(style, number), value)

    def type_in(
        self,
        page: Page,
        place: tuple[int, int],
        value: float | None,
        *,
        number: str,
        what: tuple[str, str],
        rule: Mapping[str, object] | None = None,
    ) -> None:
        """Write a cell that may be typed over, and take note of it.

        Args:
            page: The sheet.
            place: Sheet row, counted from one, and column, counted from zero.
            value: What it holds; None for nothing.
            number: Number format.
            what: The quantity, and the part of it.
            rule: What may be typed; any number if None.
        """
        row, column = place
        if value is None:
            page.write_blank(row - 1, column, None, self.look("input", number))
        else:
            page.write_number(row - 1, column, value, self.look("input", number))
        page.data_validation(row - 1, column, row - 1, column, dict(rule or within(None, None)))
        quantity, part = what
        self.typed.append(Typed(sheet=page.name, row=row, column=column, quantity=quantity, part=part, value=value))


def within(least: float | None, most: float | None, *, whole: bool = False) -> dict[str, object]:
    """Return the rule for a number between two bounds; None for no bound."""
    low = -ENDLESS if least is None or not isfinite(least) else least
    high = ENDLESS if most is None or not isfinite(most) else most
    kind = "a whole number" if whole else "a number"
    said = kind if (low, high) == (-ENDLESS, ENDLESS) else f"{kind} from {low:g} to {high:g}"
    rule = {"validate": "integer" if whole else "decimal", "criteria": "between", "minimum": low, "maximum": high}
    return {**rule, **message(f"Expected {said}.")}


def message(expected: str) -> dict[str, object]:
    """Return what is shown where something else is typed."""
    return {"error_title": "This is not what the model takes", "error_message": expected}


def number_look(unit: str, values: Iterable[float], currency: str) -> str:
    """Return a number format with the decimals that numbers of a unit need, losses in another colour.

    >>> number_look("USD", [1200.0], "USD"), number_look("USD / 1K token", [0.004], "USD")
    ('#,##0.00;[Red]-#,##0.00', '#,##0.000000;[Red]-#,##0.000000')
    >>> number_look("%", [2.9], "USD")  # a cell of a % has 2.9, which a format of percent would show as 290 %
    '#,##0.000;[Red]-#,##0.000'
    """
    found = [abs(value) for value in values if isfinite(value) and value]
    largest = max(found, default=0.0)
    if unit.strip() == currency and largest >= 1:
        plain = "#,##0.00"
    elif largest >= MANY * 100 or all(value == int(value) for value in found):
        plain = "#,##0"
    elif largest >= MANY:
        plain = "#,##0.0"
    else:
        least = min(found)
        plain = "#,##0." + "0" * min(max(DIGITS - 1 - floor(log10(least)), 2), 9)
    return f"{plain};[Red]-{plain}"


def set_up(desk: Desk, page: Page, *, frozen: tuple[int, int], repeated: tuple[int, int] | None = None) -> None:
    """Keep titles in sight on screen and on paper, a page wide."""
    page.freeze_panes(*frozen)
    if repeated:
        page.repeat_rows(*repeated)
    page.set_landscape()
    page.set_paper(9)
    page.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    page.fit_to_pages(1, 0)
    page.hide_gridlines(2)
    page.set_footer(f"&L{_footer(desk.paper.title)}&C&A&RPage &P of &N")


def heading(desk: Desk, page: Page, title: str, note: str) -> None:
    """Write a sheet's title and what it is for."""
    page.write_string(0, 0, title, desk.look("title"))
    page.write_string(1, 0, note, desk.look("lead"))


def titles(desk: Desk, page: Page, row: int, columns: Sequence[str], *, words: int = 3) -> None:
    """Write the titles of columns; the first few are of words, the others of numbers. Rows count from one."""
    for column, title in enumerate(columns):
        page.write_string(row - 1, column, title, desk.look("header" if column < words else "header_number"))


def _footer(text: str) -> str:
    return text.replace("&", "&&")[:100]
