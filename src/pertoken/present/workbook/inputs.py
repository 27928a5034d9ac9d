"""The sheets of inputs and prices: every number that may be typed over, its cases, its range, where it comes from."""

from collections.abc import Sequence
from math import isfinite

from pertoken.present.workbook.desk import Desk, heading, message, number_look, set_up, titles, within
from pertoken.present.workbook.grid import HERE, LABEL, MONTHS, NAME, UNIT, copied, letters
from pertoken.present.workbook.page import Page
from pertoken.present.workbook.plan import (
    BOUNDS,
    CASES,
    IN_CELL,
    INPUTS,
    INTERCEPT,
    LIVE,
    PRICES,
    SHOWN,
    SLOPE,
    TITLES,
)
from pertoken.present.workbook.reckoned import reckoned
from pertoken.scenario.paper import InputCell
from pertoken.scenario.program import Ladder

WIDTHS = (30, 30, 18, 13)
"""Widths of the name, the label, the unit and the live value. [character]"""
NUMBER, SOURCE, DATE = 13, 44, 12
"""Widths of columns of numbers, of sources and of dates. [character]"""
KIND = {"p10_p90": "P10 to P90"}
"""What distributions are called, where that is not their name."""
AFTER = ("range", "P10", "P90", "lowest", "highest", "source", "as of")
"""Columns after the cases."""


def write_inputs(desk: Desk) -> None:
    """Write the sheet of inputs."""
    page = desk.pages[INPUTS]
    heading(desk, page, "Inputs", "Blue cells may be typed over. A case without a value of its own has the base value.")
    _columns(desk, page)
    for at, text in desk.plan.headings:
        page.write_string(at - 1, NAME, text, desk.look("heading"))
    for cell in desk.plan.cells.values():
        if cell.kind != "price":
            _write_input(desk, page, cell)
        _write_parameters(desk, page, cell)
    for at, constant in desk.plan.constants.items():
        _words(desk, page, at, (constant.row, constant.label, "as in formula"))
        number = number_look("", [constant.shown], "")
        part = f"number {constant.value}" if isinstance(constant.value, float) else constant.value
        desk.type_in(page, (at, LIVE), constant.shown, number=number, what=(constant.row, part))
    _write_monthly(desk, page)


def write_prices(desk: Desk) -> None:
    """Write the sheet of prices: those that may be typed over, then the tiers in their normal form."""
    page = desk.pages[PRICES]
    heading(
        desk, page, "Prices", "Prices are inputs; below them the tiers as formulas: tier k charges a + b x quantity."
    )
    _columns(desk, page)
    for cell in desk.plan.cells.values():
        if cell.kind == "price":
            _write_input(desk, page, cell)
    for name, top in desk.plan.ladders.items():
        _write_ladder(desk, page, top, desk.paper.program.ladders[name])


def _columns(desk: Desk, page: Page) -> None:
    paper = desk.paper
    after = CASES + len(paper.cases)
    titles(desk, page, TITLES, ("name", "label", "unit", "live", *paper.cases, *AFTER))
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    page.set_column(CASES, after + len(AFTER) - 3, NUMBER)
    page.set_column(after + AFTER.index("source"), after + AFTER.index("source"), SOURCE)
    page.set_column(after + AFTER.index("as of"), after + AFTER.index("as of"), DATE)
    if desk.plan.monthly and page is desk.pages[INPUTS]:
        page.set_column(after + len(AFTER), MONTHS + len(paper.program.months), NUMBER)
    set_up(desk, page, frozen=(TITLES, UNIT), repeated=(TITLES - 1, TITLES - 1))


def live_words(row: int, cases: int) -> str:
    """Write which case an input takes its value from: the chosen one, or the base case where that says nothing."""
    first, last = letters(CASES), letters(CASES + cases - 1)
    chosen = f"INDEX(${first}{row}:${last}{row},case_number)"
    return f'IF({chosen}="",${first}{row},{chosen})'


def case_words(sheet: str, row: int, case: int) -> str:
    """Write an input's value in one case; cases count from zero."""
    base = f"{sheet}!${letters(CASES)}{row}"
    if not case:
        return base
    own = f"{sheet}!${letters(CASES + case)}{row}"
    return f'IF({own}="",{base},{own})'


def _write_input(desk: Desk, page: Page, cell: InputCell) -> None:
    paper, at = desk.paper, desk.plan.rows[cell.row]
    base = cell.values[paper.cases[0]]
    in_row = [value for slot, value in (cell.range.parameters if cell.range else {}).items() if slot in IN_CELL]
    number = number_look(cell.unit, [*cell.values.values(), *_numbers(in_row)], paper.currency)
    _words(desk, page, at, (cell.row, cell.label or cell.row, cell.unit))
    desk.formula(page, at, LIVE, live_words(at, len(paper.cases)), base, number=number)
    desk.book.define_name(desk.names[cell.row], f"={desk.plan.live(cell.row)}")
    for column, case in enumerate(paper.cases, CASES):
        rule = validation(cell, len(paper.program.months))
        desk.type_in(page, (at, column), cell.values.get(case), number=number, what=(cell.row, case), rule=rule)
    _write_rest(desk, page, cell, CASES + len(paper.cases), number=number)


def _write_rest(desk: Desk, page: Page, cell: InputCell, after: int, *, number: str) -> None:
    at, soft = desk.plan.rows[cell.row], desk.look("soft")
    if cell.range:
        page.write_string(at - 1, after, KIND.get(cell.range.kind, cell.range.kind), soft)
        for place, (slot, sign) in enumerate(zip(IN_CELL, ("<=", ">="), strict=True), after + 1):
            value = cell.range.parameters.get(slot)
            if isinstance(value, float | int):
                rule = message(f"Expected a number {sign} the base value.")
                rule |= {"validate": "decimal", "criteria": sign, "value": f"=${letters(CASES)}${at}"}
                desk.type_in(page, (at, place), value, number=number, what=(cell.row, slot), rule=rule)
    for place, bound in enumerate((cell.lowest, cell.highest), after + 3):
        if bound is not None and isfinite(bound):
            page.write_number(at - 1, place, bound, desk.look("soft", number))
    page.write_string(at - 1, after + 5, cell.source, soft)
    page.write_string(at - 1, after + 6, cell.as_of.isoformat() if cell.as_of else "", soft)


def validation(cell: InputCell, months: int) -> dict[str, object]:
    """Return the rule for what may be typed into an input."""
    if cell.kind == "switch":
        return within(0, 1, whole=True)
    if cell.kind == "event" and cell.lowest is None and cell.highest is None:
        return within(0, months)
    return within(cell.lowest, cell.highest)


def _write_parameters(desk: Desk, page: Page, cell: InputCell) -> None:
    """Write the parameters of a range that are not in the input's row, and what follows from them."""
    if cell.range is None:
        return
    for slot, value in cell.range.parameters.items():
        if slot in IN_CELL or slot == cell.range.median:
            continue
        first, last = desk.plan.parameters[cell.row, slot]
        for at, number in zip(range(first, last + 1), _numbers([value]), strict=True):
            _words(desk, page, at, (cell.row, f"{slot} of {cell.label or cell.row}", cell.unit))
            look = number_look(cell.unit, [number], desk.paper.currency)
            desk.type_in(
                page,
                (at, LIVE),
                number,
                number=look,
                what=(cell.row, f"range {slot}" + f" {at - first + 1}" * (last > first)),
            )
    for slot, template in cell.range.terms.items():
        at, _ = desk.plan.parameters[cell.row, slot]
        _words(desk, page, at, (cell.row, f"{slot} of {cell.label or cell.row}", "of the range"))
        text = (
            slotted(desk, cell, template).replace(f"{INPUTS}!", "")
            if cell.kind != "price"
            else slotted(desk, cell, template)
        )
        desk.formula(page, at, LIVE, text, reckoned(template, _known(cell, desk.paper.cases[0])), number="0.000000")


def _known(cell: InputCell, base: str) -> dict[str, float]:
    """Gather the numbers that the terms of a range are made of."""
    if cell.range is None:
        return {}
    found = {slot: value for slot, value in cell.range.parameters.items() if not isinstance(value, tuple)}
    return {**found, **({cell.range.median: cell.values[base]} if cell.range.median else {})}


def slotted(desk: Desk, cell: InputCell, template: str, share: str = "") -> str:
    """Fill the slots of a range's template with cells; its median is the base value."""
    names = (*cell.range.parameters, *cell.range.terms) if cell.range else ()
    cells = {slot: desk.plan.parameter(cell.row, slot, len(desk.paper.cases)) for slot in names}
    return template.format_map({**cells, "u": share})


def _write_monthly(desk: Desk, page: Page) -> None:
    """Write inputs that have a number each month; where cases differ, a row for each and the chosen one on top."""
    paper = desk.paper
    if not desk.plan.monthly:
        return
    top = min(rows[0] for rows in desk.plan.monthly.values())
    page.write_string(top - 3, NAME, "By month", desk.look("heading"))
    titles(desk, page, top - 1, ("name", "label", "unit", "", "", "", *paper.program.months))
    described = {row.name: row for row in paper.program.rows}
    for name, (live, *cases) in desk.plan.monthly.items():
        row = described[name]
        _words(desk, page, live, (name, row.label, row.unit.text))
        numbers = [value for case in paper.cases for value in paper.values[case][name].tolist()]
        number = number_look(row.unit.text, numbers, paper.currency)
        base = paper.values[paper.cases[0]][name].tolist()
        if not cases:
            _typed_across(desk, page, live, base, number=number, what=(name, ""))
            continue
        text = f"INDEX({HERE}{cases[0]}:{HERE}{cases[-1]},case_number)"
        for month, value in enumerate(base):
            desk.formula(page, live, MONTHS + month, copied(text, month), value, number=number)
        for at, case in zip(cases, paper.cases, strict=True):
            _words(desk, page, at, (name, f"{row.label or name}: {case}", row.unit.text))
            _typed_across(desk, page, at, paper.values[case][name].tolist(), number=number, what=(name, f"{case} "))


def _typed_across(
    desk: Desk, page: Page, at: int, values: Sequence[float], *, number: str, what: tuple[str, str]
) -> None:
    quantity, part = what
    for month, (value, label) in enumerate(zip(values, desk.paper.program.months, strict=True)):
        desk.type_in(page, (at, MONTHS + month), value, number=number, what=(quantity, f"{part}{label}"))


def _words(desk: Desk, page: Page, at: int, texts: tuple[str, str, str]) -> None:
    for column, text, style in zip((NAME, LABEL, UNIT), texts, ("text", "soft", "soft"), strict=True):
        page.write_string(at - 1, column, text, desk.look(style))


def _numbers(values: Sequence[float | tuple[float, ...]]) -> list[float]:
    return [number for value in values for number in (value if isinstance(value, tuple) else (value,))]


def _write_ladder(desk: Desk, page: Page, top: int, ladder: Ladder) -> None:
    units = {row.name: row.unit.text for row in desk.paper.program.rows}
    page.write_string(top - 4, NAME, ladder.name, desk.look("heading"))
    shown = tuple(ladder.shown)
    titles(desk, page, top - 2, ("tier", "", "", "bound", "a", "b", *shown))
    columns = {BOUNDS: ladder.up_to, INTERCEPT: ladder.a, SLOPE: ladder.b}
    columns |= {SHOWN + place: ladder.shown[title] for place, title in enumerate(shown)}
    for column, names in columns.items():
        unit = next((units[name] for name in names if name), "")
        page.write_string(top - 2, column, unit, desk.look("soft"))
    base = desk.paper.values[desk.paper.cases[0]]
    for tier in range(len(ladder.a)):
        page.write_string(top - 1 + tier, NAME, f"{ladder.name}: tier {tier + 1}", desk.look("text"))
        for column, names in columns.items():
            if tier < len(names) and names[tier]:
                name = names[tier]
                number = number_look(units[name], base[name].tolist(), desk.paper.currency)
                desk.formula(
                    page, top + tier, column, f"Calc!{desk.plan.calc.single(name)}", base[name][0], number=number
                )
