"""The sheet of checks: what the modeller wants to hold, and what must hold for the workbook to be right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from pertoken.core.formula import Call, Name
from pertoken.present.workbook.desk import Desk, heading, set_up, titles
from pertoken.present.workbook.grid import HERE, MONTHS, Seat, copied, letters
from pertoken.present.workbook.page import Page, escaped
from pertoken.present.workbook.plan import (
    BOUNDS,
    CALC,
    CHECKS,
    INTERCEPT,
    LOG,
    PRICES,
    SLOPE,
    total_value,
    total_words,
)
from pertoken.present.workbook.scenarios import case_total
from pertoken.present.workbook.words import words
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.paper import Values
from pertoken.scenario.program import Program, Row

COLUMNS = ("check", "what is compared", "unit", "found", "expected", "difference", "holds")
WIDTHS = (44, 62, 18, 16, 16, 14, 13)
FAILING, COUNT, TOLERANCE = "B4", "B5", "B6"
"""Cells of the number of checks that fail, of all checks, and of the difference that is none."""
FIRST = 9
"""Sheet row of the first check."""
HALF_A_CENT = 0.005


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the sheet.

    Args:
        label: What is to hold.
        compared: What is compared, in words.
        unit: Unit of both sides.
        found: Words for what is found.
        expected: Words for what is expected, or a number frozen at export.
        value: What Python found on both sides.
        holds: Words for 1 if it holds, where the two being alike is not what is asked.
        ok: Whether Python found that it holds.
    """

    label: str
    compared: str
    unit: str = ""
    found: str
    expected: str | float
    value: tuple[float, float]
    holds: str = ""
    ok: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill that is reckoned again, tier by tier.

    Args:
        row: The row that asks for tiers, and for nothing else.
        ladder: Its ladder.
        top: Sheet row of its quantity; one row for each tier and the sum follow.
    """

    row: str
    ladder: str
    top: int


def write_checks(desk: Desk) -> int:
    """Write the sheet of checks; return how many there are."""
    page = desk.pages[CHECKS]
    heading(
        desk,
        page,
        "Checks",
        "1 holds, 0 does not. The count of failures is not zero until a spreadsheet has calculated it.",
    )
    for column, width in enumerate(WIDTHS):
        page.set_column(column, column, width)
    page.set_column(MONTHS + 1, MONTHS + len(desk.paper.program.months), 13)
    set_up(desk, page, frozen=(FIRST - 1, 1), repeated=(FIRST - 2, FIRST - 2))
    bills = _bills(desk, _internal_size(desk))
    checks = list(_checks(desk, bills))
    last = FIRST + len(checks) - 1
    titles(desk, page, FIRST - 1, COLUMNS)
    for at, check in enumerate(checks, FIRST):
        _write_check(desk, page, at, check)
    holds = f"G{FIRST}:G{last}"
    for row, label in ((4, "Checks that fail"), (5, "Checks"), (6, "A difference below this is none")):
        page.write_string(row - 1, 0, label, desk.look("bold"))
    page.put(4, 1, f"B5-SUM({holds})", desk.look("bold", "0"), len(checks))
    page.put(5, 1, f"COUNT({holds})", desk.look("formula", "0"), len(checks))
    page.write_number(TOLERANCE, HALF_A_CENT, desk.look("frozen", "0.000"))
    desk.book.define_name("checks_failing", f"={CHECKS}!$B$4")
    _paint(desk, page, holds)
    for bill in bills:
        _write_bill(desk, page, bill)
    return len(checks)


def _paint(desk: Desk, page: Page, holds: str) -> None:
    for cells, good, bad in ((holds, 1, 0), (FAILING, 0, 1)):
        page.conditional_format(cells, {"type": "cell", "criteria": "=", "value": good, "format": desk.good})
        page.conditional_format(
            cells, {"type": "cell", "criteria": "=" if bad == 0 else ">", "value": 0, "format": desk.bad}
        )


def _write_check(desk: Desk, page: Page, at: int, check: Check) -> None:
    for column, text, style in ((0, check.label, "text"), (1, check.compared, "soft"), (2, check.unit, "soft")):
        page.write_string(at - 1, column, text, desk.look(style))
    number = "#,##0.00;[Red]-#,##0.00"
    found, expected = check.value
    desk.formula(page, at, 3, check.found, found, number=number)
    if isinstance(check.expected, str):
        desk.formula(page, at, 4, check.expected, expected, number=number)
    else:
        page.write_number(at - 1, 4, check.expected, desk.look("frozen", number))
    desk.formula(page, at, 5, f"D{at}-E{at}", found - expected, number=number)
    holds = check.holds or f"IF(ABS(F{at})<=$B$6,1,0)"
    desk.formula(page, at, 6, f"IFERROR({holds},0)", 1.0 if check.ok else 0.0, number="0")


def _checks(desk: Desk, bills: list[Bill]) -> Iterator[Check]:
    yield from _promises(desk)
    yield from _same_as_python(desk)
    yield from _same_as_scenarios(desk)
    yield from _same_bills(desk, bills)
    yield from _ordered_ranges(desk)


def _internal_size(desk: Desk) -> int:
    paper = desk.paper
    ranged = sum(1 for cell in desk.plan.cells.values() if cell.range and "p10" in cell.range.parameters)
    bills = len(_tiered(paper.program))
    finite = sum(1 for each in _totals(desk).values() if np.isfinite(each))
    return FIRST + len(paper.checks) + 2 * finite + bills + ranged


def _promises(desk: Desk) -> Iterator[Check]:
    rows = {row.name: row for row in desk.paper.program.rows}
    base = desk.paper.values[desk.paper.cases[0]]
    for name in desk.paper.checks:
        row, calc = rows[name], desk.plan.calc
        cells = calc.across(name) if row.by_month else calc.single(name)
        least = float(np.min(base[name]))
        yield Check(
            label=row.label or name,
            compared=row.text or name,
            unit="1 if it holds",
            found=f"MIN({CALC}!{cells})",
            expected=1.0,
            value=(least, 1.0),
            ok=least == 1,
        )


def _totals(desk: Desk) -> dict[int, float]:
    base = desk.paper.values[desk.paper.cases[0]]
    return {line: float(total_value(each, base)) for line, each in enumerate(desk.paper.headline)}


def _same_as_python(desk: Desk) -> Iterator[Check]:
    for (line, total), headline in zip(_totals(desk).items(), desk.paper.headline, strict=True):
        if np.isfinite(total):
            at = (
                FIRST
                + len(desk.paper.checks)
                + sum(1 for each in list(_totals(desk).values())[:line] if np.isfinite(each))
            )
            yield Check(
                label=f"{headline.label} as at export",
                compared="live value against Python's at export, while no input was changed",
                unit=headline.unit,
                found=total_words(headline, desk.plan.calc, f"{CALC}!"),
                expected=total,
                value=(total, total),
                holds=f"IF({LOG}!{desk.changes}>0,1,IF(ABS(F{at})<=$B$6,1,0))",
            )


def _same_as_scenarios(desk: Desk) -> Iterator[Check]:
    for (line, total), headline in zip(_totals(desk).items(), desk.paper.headline, strict=True):
        if np.isfinite(total):
            yield Check(
                label=f"{headline.label}: Calc is the chosen case",
                compared="total on Calc against the block of the case on Scenarios",
                unit=headline.unit,
                found=total_words(headline, desk.plan.calc, f"{CALC}!"),
                expected=case_total(desk, line),
                value=(total, total),
            )


def _ordered_ranges(desk: Desk) -> Iterator[Check]:
    cases = len(desk.paper.cases)
    for name, cell in desk.plan.cells.items():
        if cell.range and "p10" in cell.range.parameters:
            low, base, high = (
                desk.plan.parameter(name, "p10", cases),
                desk.plan.base(name),
                desk.plan.parameter(name, "p90", cases),
            )
            value = cell.values[desk.paper.cases[0]]
            yield Check(
                label=f"Range of {name}",
                compared="P10 <= base value <= P90",
                unit=cell.unit,
                found=f"MAX({low},MIN({high},{base}))",
                expected=base,
                value=(value, value),
            )


def _tiered(program: Program) -> list[tuple[Row, str]]:
    """List rows that are what a ladder of several tiers charges, and nothing else."""
    found = []
    for row in program.rows:
        if isinstance(row.node, Call) and row.node.function == "tiered" and isinstance(row.node.args[0], Name):
            ladder = row.node.args[0].name
            if program.ladders[ladder].up_to:
                found.append((row, ladder))
    return found


def _bills(desk: Desk, end: int) -> list[Bill]:
    bills, at = [], end + 3
    for row, ladder in _tiered(desk.paper.program):
        bills.append(Bill(row=row.name, ladder=ladder, top=at))
        at += len(desk.paper.program.ladders[ladder].a) + 3
    return bills


def _same_bills(desk: Desk, bills: list[Bill]) -> Iterator[Check]:
    base, calc = desk.paper.values[desk.paper.cases[0]], desk.plan.calc
    for bill in bills:
        total = float(np.sum(base[bill.row]))
        tiers = len(desk.paper.program.ladders[bill.ladder].a)
        at = bill.top + tiers + 1
        monthly = bill.row in calc.monthly
        last = letters(MONTHS + (calc.months - 1 if monthly else 0))
        cells = calc.across(bill.row) if monthly else calc.single(bill.row)
        yield Check(
            label=f"{bill.row}, tier by tier",
            compared="formula of the ladder against the bill reckoned below with MIN and MAX",
            found=f"SUM({CALC}!{cells})",
            expected=f"SUM({letters(MONTHS)}{at}:{last}{at})",
            value=(total, total),
        )


def _write_bill(desk: Desk, page: Page, bill: Bill) -> None:
    """Reckon a bill again: what falls into each tier times its slope, and the step at its lower bound."""
    rows = {row.name: row for row in desk.paper.program.rows}
    row = rows[bill.row]
    if not isinstance(row.node, Call):
        return
    calc, base = desk.plan.calc, desk.paper.values[desk.paper.cases[0]]
    months = calc.months if row.by_month else 1
    quantity = _quantity(desk.paper.program, row, base)
    number = "#,##0.00;[Red]-#,##0.00"
    page.write_string(bill.top - 2, 0, f"{bill.row}, tier by tier", desk.look("heading"))
    asked = words(row.node.args[1], Elsewhere(calc, bill.row))
    texts = {bill.top: ("quantity", asked, quantity)}
    parts = _parts(desk, bill.ladder, quantity)
    first = desk.plan.ladders[bill.ladder]
    for tier, part in enumerate(parts):
        texts[bill.top + 1 + tier] = (f"tier {tier + 1}", _part(bill, tier, first, len(parts)), part)
    end = bill.top + len(parts) + 1
    texts[end] = ("sum", f"SUM({HERE}{bill.top + 1}:{HERE}{end - 1})", np.sum(parts, axis=0))
    for at, (label, template, values) in texts.items():
        page.write_string(at - 1, 0, label, desk.look("text"))
        look = desk.look("elsewhere" if "!" in template else "formula", number)
        across = [copied(escaped(template), month) for month in range(months)]
        page.put_across(at, MONTHS, across, look, np.broadcast_to(values, months).tolist())


class Elsewhere(Seat):
    """A row of the calculations as seen from another sheet."""

    __slots__ = ()

    def here(self, name: str) -> str:
        """Return its cell in this month, or its single cell."""
        return f"{CALC}!{super().here(name)}"

    def before(self, name: str) -> str:
        """Return its cell in the month before."""
        return f"{CALC}!{super().before(name)}"

    def cumulative(self, name: str) -> str:
        """Return words for its sum from the first month to this."""
        return super().cumulative(name).replace("(", f"({CALC}!", 1)

    def total(self, name: str) -> str:
        """Return words for its sum over all months."""
        return super().total(name).replace("(", f"({CALC}!", 1)

    def first(self, name: str) -> str:
        """Return its cell in the first month."""
        return f"{CALC}!{super().first(name)}"

    def last(self, name: str) -> str:
        """Return its cell in the last month."""
        return f"{CALC}!{super().last(name)}"

    def month(self) -> str:
        """Return the number of this month."""
        return f"{CALC}!{super().month()}"


def _part(bill: Bill, tier: int, first: int, tiers: int) -> str:
    """Write what one tier adds: the first its intercept and all below its bound, others from their lower bound on."""
    bound, a, b = (letters(column) for column in (BOUNDS, INTERCEPT, SLOPE))
    at = first + tier
    quantity = f"{HERE}${bill.top}"
    inside = quantity if tier == tiers - 1 else f"MIN({quantity},{PRICES}!${bound}${at})"
    if not tier:
        return f"{PRICES}!${a}${at}+{PRICES}!${b}${at}*{inside}"
    low = f"{PRICES}!${bound}${at - 1}"
    step = f"{PRICES}!${a}${at}-{PRICES}!${a}${at - 1}+({PRICES}!${b}${at}-{PRICES}!${b}${at - 1})*{low}"
    return f"{PRICES}!${b}${at}*MAX(0,{inside}-{low})+({quantity}>{low})*({step})"


def _parts(desk: Desk, name: str, quantity: Values) -> list[Values]:
    ladder, base = desk.paper.program.ladders[name], desk.paper.values[desk.paper.cases[0]]
    a, b, up_to = ([float(base[row][0]) for row in rows] for rows in (ladder.a, ladder.b, ladder.up_to))
    found = [a[0] + b[0] * np.minimum(quantity, up_to[0])]
    for tier in range(1, len(a)):
        low = up_to[tier - 1]
        inside = quantity if tier == len(a) - 1 else np.minimum(quantity, up_to[tier])
        step = a[tier] - a[tier - 1] + (b[tier] - b[tier - 1]) * low
        found.append(b[tier] * np.maximum(0, inside - low) + (quantity > low) * step)
    return found


def _quantity(program: Program, row: Row, base: Mapping[str, Values]) -> Values:
    """Reckon what a ladder is asked for."""
    if not isinstance(row.node, Call):
        return np.zeros(1)
    asked = replace(row, node=row.node.args[1])
    rows = tuple(asked if each.name == row.name else each for each in program.rows)
    given = {name: values for name, values in base.items() if name != row.name}
    return evaluate(replace(program, rows=rows), given, [row.name])[row.name]
