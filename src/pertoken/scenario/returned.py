"""Returned: a workbook as plain cells, and which of those that may be typed over hold another number."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isclose, isfinite

from pertoken.core.errors import Fault
from pertoken.scenario.paper import InputCell, Paper

CLOSE = 1e-12
"""How far two numbers may be apart that are the same: programs save 15 digits."""
FEW = 12
"""How many cells of a kind are named."""
SCENARIO = "scenario"
"""Quantity that the choice of a case goes by."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell.

    Args:
        value: A number, a text, true or false; the text of a formula without its equals sign.
        formula: Whether it is a formula.
    """

    value: float | str | bool
    formula: bool = False

    def __str__(self) -> str:
        """Write it as a person would type it."""
        if self.formula:
            return f"={self.value}"
        return f"{self.value:.15g}" if is_number(self.value) else repr(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """A workbook.

    Args:
        file: Its name.
        sheets: Cells that hold something, by sheet, in their order, and place (`E7`).
        names: What names of the workbook stand for (`Inputs!$D$7`).
        facts: What was stored about it.
    """

    file: str
    sheets: Mapping[str, Mapping[str, Cell]]
    names: Mapping[str, str]
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A cell that may be typed over.

    Args:
        sheet: Its sheet.
        cell: Its place.
        quantity: The row of the program that it is about.
        part: Which part of it: a case, `p10`, another parameter, a month, `number N`.
    """

    sheet: str
    cell: str
    quantity: str
    part: str

    @property
    def where(self) -> str:
        """Sheet and place."""
        return f"{self.sheet}!{self.cell}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A number that was typed over.

    Args:
        field: Where.
        name: What it is, as a person would look for it.
        was: At the export; None for an empty cell.
        now: Since; None for an empty cell.
        unit: Its unit.
    """

    field: Field
    name: str
    was: float | None
    now: float | None
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overwritten:
    """A cell that is not to be typed over, and was: a formula, or a number or text that formulas rest on.

    Args:
        where: Sheet and place.
        name: Name of its row.
        was: At the export; None for an empty cell.
        now: Since; None for an empty cell.
    """

    where: str
    name: str
    was: Cell | None
    now: Cell | None


def is_number(value: float | str | bool) -> bool:  # noqa: FBT001  any value of a cell
    """Tell numbers from texts and truths."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def same(one: Cell | None, other: Cell | None) -> bool:
    """Tell whether two cells hold the same, however a program has written it."""
    if one is None or other is None:
        return one is other
    if one.formula != other.formula:
        return False
    if one.formula:
        return plain(str(one.value)) == plain(str(other.value))
    if is_number(one.value) and is_number(other.value):
        return isclose(float(one.value), float(other.value), rel_tol=CLOSE, abs_tol=0.0)
    if isinstance(one.value, str) and isinstance(other.value, str):
        return one.value.replace("\r\n", "\n") == other.value.replace("\r\n", "\n")
    return type(one.value) is type(other.value) and one.value == other.value


_WORDS = re.compile(r'("(?:[^"]|"")*")')


def plain(formula: str) -> str:
    r"""Write a formula without what programs add: spaces, quotes around names of sheets, small letters.

    >>> plain("sum( 'Calc'!$A$1 ) & \"a b\"")
    'SUM(CALC!$A$1)&"a b"'
    """
    parts = _WORDS.split(formula.removeprefix("="))
    outside = (re.sub(r"'(\w+)'!", r"\1!", re.sub(r"\s+|_xlfn\.", "", part)).upper() for part in parts[::2])
    words = [*parts[1::2], ""]
    return "".join(f"{out}{word}" for out, word in zip(outside, words, strict=True))


def fields(book: Book, sheet: str, columns: Sequence[str], top: int) -> tuple[Field, ...]:
    """List the cells that may be typed over, as a workbook's log has them.

    Args:
        book: A workbook as it was exported.
        sheet: Its log.
        columns: Letters of the columns of sheet, cell, quantity, and part.
        top: The first row of the list, counted from one.
    """
    log, found = book.sheets[sheet], []
    at = top
    while f"{columns[0]}{at}" in log:
        said = [str(log[f"{column}{at}"].value) if f"{column}{at}" in log else "" for column in columns]
        found.append(Field(sheet=said[0], cell=said[1], quantity=said[2], part=said[3]))
        at += 1
    return tuple(found)


def shape_faults(exported: Book, returned: Book) -> list[Fault]:
    """Find sheets and names that are gone, renamed, or moved."""
    wanted, there = list(exported.sheets), [name for name in returned.sheets if name in exported.sheets]
    more = [name for name in returned.sheets if name not in exported.sheets]
    mend = "undo that in the workbook, or export it again"
    faults = [
        Fault(returned.file, f"no sheet {name!r}" + (f", but {', '.join(map(repr, more))}" if more else ""),
              "the sheets as exported", mend)
        for name in wanted if name not in there
    ]  # fmt: skip
    if not faults and there != wanted:
        faults.append(Fault(returned.file, f"sheets in the order {', '.join(there)}", ", ".join(wanted), mend))
    for name, place in exported.names.items():
        own = returned.names.get(name)
        if own is None or plain(own) != plain(place):
            found = f"the name {name} is gone" if own is None else f"the name {name} stands for {own}"
            faults.append(Fault(returned.file, found, f"{name} for {place}", mend))
    return faults


def edits(
    exported: Book, returned: Book, asked: Sequence[Field], paper: Paper
) -> tuple[tuple[Edit, ...], str, list[Fault]]:
    """Find what was typed into the cells for it.

    Returns:
        What changed; the case that was chosen; what can't be a value there.
    """
    found, faults, chosen = [], [], paper.cases[0]
    described = {cell.row: cell for cell in paper.inputs}
    for field in asked:
        was, now = (book.sheets[field.sheet].get(field.cell) for book in (exported, returned))
        if same(was, now):
            continue
        place = f"{returned.file} {field.where} ({field.quantity}, {field.part})"
        if field.quantity == SCENARIO:
            chosen = str(now.value) if now is not None else ""
            if chosen not in paper.cases or (now is not None and now.formula):
                faults.append(Fault(place, f"the case is {_shown(now)}", f"one of {', '.join(paper.cases)}"))
            continue
        cell = described.get(field.quantity)
        wrong = _wrong(now, field, cell, paper, empty=was is None or field.part in paper.cases[1:])
        if wrong:
            faults.append(Fault(place, *wrong))
            continue
        name = cell.label if cell is not None and cell.label else field.quantity
        unit = cell.unit if cell is not None else ""
        found.append(Edit(field=field, name=name, was=_number(was), now=_number(now), unit=unit))
    return tuple(found), chosen, faults


def _number(cell: Cell | None) -> float | None:
    return None if cell is None else float(cell.value)


def _shown(cell: Cell | None) -> str:
    return "empty" if cell is None else f"the formula {cell}" if cell.formula else str(cell)


def _wrong(
    now: Cell | None, field: Field, cell: InputCell | None, paper: Paper, *, empty: bool
) -> tuple[str, str, str] | None:
    """Say what is wrong with what stands in a cell for a number; None if nothing is."""
    if now is None:
        return None if empty else ("it is empty", "a number", "type one")
    if now.formula:
        return (f"a formula {now} stands in a cell for a number", "a number", "type its result")
    if not is_number(now.value) or not isfinite(float(now.value)):
        return (f"it holds {now}", "a number", "type one, without letters or signs of currency")
    return _bounded(float(now.value), cell) if cell is not None and field.part in paper.cases else None


def _bounded(value: float, cell: InputCell) -> tuple[str, str, str] | None:
    """Say which bounds of an input a number breaks; None if none."""
    low = cell.lowest if cell.lowest is not None else -float("inf")
    high = cell.highest if cell.highest is not None else float("inf")
    whole = cell.kind == "switch" or (cell.kind == "event" and cell.highest is not None)
    if low <= value <= high and (not whole or value == int(value)):
        return None
    bounds = f"from {low:g} to {high:g}" if isfinite(high) else f"of {low:g} or more"
    return (f"it holds {value:g}", f"a {'whole ' if whole else ''}number {bounds}", "")


def overwritten(exported: Book, returned: Book, asked: Sequence[Field], free: frozenset[str]) -> Iterator[Overwritten]:
    """Find cells that were typed over and are not to be.

    Args:
        exported: The workbook as it went out.
        returned: As it came back.
        asked: Cells that may be typed over.
        free: Columns of texts that nothing rests on, as `Inputs!K`.
    """
    typed = {(field.sheet, field.cell) for field in asked}
    for sheet, cells in exported.sheets.items():
        own = returned.sheets[sheet]
        for place, was in cells.items():
            now = own.get(place)
            if same(was, now) or (sheet, place) in typed or f"{sheet}!{letters(place)}" in free:
                continue
            label = cells.get(f"A{number(place)}")
            name = str(label.value) if label is not None and not label.formula else ""
            yield Overwritten(where=f"{sheet}!{place}", name=name, was=was, now=now)


def letters(place: str) -> str:
    """Return the column of a place.

    >>> letters("AB12"), number("AB12")
    ('AB', 12)
    """
    return place.rstrip("0123456789")


def number(place: str) -> int:
    """Return the row of a place, counted from one."""
    return int(place[len(letters(place)) :])


def months_added(exported: Book, returned: Book) -> list[Fault]:
    """Find cells beyond the last column of a sheet, beside rows that hold something."""
    faults = []
    for sheet, cells in exported.sheets.items():
        last = max((column(place) for place in cells), default=0)
        rows = {number(place) for place in cells}
        beyond = [place for place in returned.sheets[sheet] if column(place) > last and number(place) in rows]
        if beyond:
            found = f"{len(beyond)} cells beyond the last column, from {sheet}!{beyond[0]} on"
            faults.append(Fault(returned.file, found, "the months of the model",
                                "say more months in the model's file, and export again"))  # fmt: skip
    return faults


def column(place: str) -> int:
    """Return the number of a place's column, counted from one.

    >>> column("AB12")
    28
    """
    found = 0
    for letter in letters(place):
        found = found * 26 + ord(letter) - 64
    return found


def pasted(exported: Book, returned: Book, sheet: str, rows: str) -> tuple[int, list[Fault]]:
    """Count the numbers pasted into a sheet, and find what was pasted elsewhere, or is no number.

    Args:
        exported: The workbook as it went out.
        returned: As it came back.
        sheet: The sheet.
        rows: How the names of the rows end that take numbers.
    """
    before, now = exported.sheets[sheet], returned.sheets[sheet]
    last = max((column(place) for place in before), default=0)
    first = min((column(place) for place, cell in before.items() if cell.formula), default=last)
    count, faults = 0, []
    for place, cell in now.items():
        if place in before:
            continue
        label = before.get(f"A{number(place)}")
        inside = label is not None and str(label.value).endswith(rows) and first <= column(place) <= last
        if inside and is_number(cell.value) and not cell.formula:
            count += 1
        elif inside or is_number(cell.value) or cell.formula:
            where, expected = f"{returned.file} {sheet}!{place}", f"numbers in the rows that end in{rows!r}"
            faults.append(Fault(where, f"it holds {_shown(cell)}", expected, "paste into the blue cells"))
    return count, faults[:FEW]


def notes(
    exported: Book, returned: Book, asked: Sequence[Field], free: frozenset[str], actuals: int
) -> tuple[str, ...]:
    """Say what else a workbook holds that nothing of the model rests on."""
    said = []
    more = [name for name in returned.sheets if name not in exported.sheets]
    if more:
        said.append(f"sheets of your own are left aside: {', '.join(more)}")
    typed = {(field.sheet, field.cell) for field in asked}
    beside, texts = -actuals, []
    for sheet, cells in exported.sheets.items():
        own = returned.sheets[sheet]
        beside += sum(1 for place in own if place not in cells and (sheet, place) not in typed)
        texts += [
            f"{sheet}!{place}"
            for place in cells
            if f"{sheet}!{letters(place)}" in free and not same(cells[place], own.get(place))
        ]
    if texts:
        said.append(f"sources and days are changed in the model's file, not here: {', '.join(texts[:FEW])}")
    if actuals:
        said.append(f"{actuals} cells of actuals were pasted; they stay in the workbook")
    if beside:
        cells_left = "1 cell of your own is" if beside == 1 else f"{beside} cells of your own are"
        said.append(f"{cells_left} left aside")
    return tuple(said)
