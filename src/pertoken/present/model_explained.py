"""A number of a model explained: a tree of formulas down to the inputs, their sources and their ranges."""

from collections.abc import Iterator

from pertoken.core.distribution import points
from pertoken.present.model_words import amount, cell, kind_of, unit_words
from pertoken.present.numbers import ABSENT, show
from pertoken.present.sheet import Cell, Column, Note, Sheet, Table
from pertoken.scenario.answer import Traced
from pertoken.scenario.drawn_worlds import distribution
from pertoken.scenario.explained import Explanation
from pertoken.scenario.spec import Assumption

INDENT = "  "
OPENS, BEFORE = "before the first month", "the month before"
"""What is said beside a number of another month; its formula stands above."""


def sheet(answer: Traced, *, brief: bool = False) -> Sheet:
    """Lay a tree out: a line for each number, below what it is made of.

    Args:
        answer: What was explained.
        brief: One text for each line, indented, instead of columns.
    """
    lines = list(_walk(answer.tree, 0))
    if brief:
        table = Table(
            "tree",
            "Made of",
            (Column("tree", "Quantity = formula = value", "text"),),
            tuple((INDENT * depth + _said(each, answer),) for depth, each in lines),
            total=False,
        )
    else:
        table = _columns(answer, lines)
    spec, head = answer.model.spec, answer.tree
    notes = (Note(answer.note, "warning"),) if answer.note else ()
    meta = {"model": spec.source or spec.name, "case": answer.case} | ({} if brief else {"digest": spec.digest})
    return Sheet(f"What {head.name} is made of", _finding(answer), (table, *notes), meta)


def _finding(answer: Traced) -> str:
    inputs = {each.name for _, each in _walk(answer.tree, 0) if each.kind == "input"}
    when = _when(answer.tree, answer) or f"over {len(answer.model.months)} months"
    row, known = answer.row(answer.tree.name), len(inputs)
    when = when if row.by_month else "in all months"
    rests = f"; it rests on {known} inputs shown here" if known else ""
    return f"{row.label or row.name} is {_value(answer.tree, answer)} {when}{rests}."


def _walk(tree: Explanation, depth: int) -> Iterator[tuple[int, Explanation]]:
    yield depth, tree
    for each in tree.of:
        yield from _walk(each, depth + 1)


def _value(of: Explanation, answer: Traced) -> str:
    row = answer.rows.get(of.name)
    if row is None or cell(of.value) is None:
        return ABSENT
    kind, unit = kind_of(row), unit_words(row.unit)
    if unit == answer.model.spec.currency:
        return f"{amount(of.value)} {unit}"
    return show(of.value, "quantity" if kind == "money" else kind, unit)


def _when(of: Explanation, answer: Traced) -> str:
    """The month that a number is of, where it is not of all months together."""
    row = answer.rows.get(of.name)
    if of.note == OPENS:
        return ""
    if of.month:
        return f"in {of.month}"
    last = row is not None and row.by_month and row.total not in ("sum", "ratio")
    return f"in {answer.model.months[-1]}" if last else ""


def _said(of: Explanation, answer: Traced) -> str:
    """One line: name = formula = value, and what a reader must know beside it."""
    row = answer.rows.get(of.name)
    if row is None:
        return f"{of.label} ({of.note})" if of.note else of.label
    when = _when(of, answer)
    same = when == _when(answer.tree, answer)
    beside = [*([] if same or not when else [when]), *_about(of, answer), *([of.note] if of.note else [])]
    told = of.kind == "formula" and of.formula and not of.formula.replace(".", "").isdigit() and of.note != BEFORE
    formula = f" = {of.formula}" if told else ""
    end = f" ({'; '.join(beside)})" if beside else ""
    return f"{of.name}{formula} = {_value(of, answer)}{end}"


def _about(of: Explanation, answer: Traced) -> Iterator[str]:
    said = answer.inputs.get(of.name)
    if said is None:
        return
    ends = _ends(said)
    if ends is not None:
        yield f"P10 {show(ends[0], 'quantity')} to P90 {show(ends[1], 'quantity')}"
    if said.source:
        yield said.source + (f", {said.as_of}" if said.as_of else "")


def _ends(said: Assumption) -> tuple[float, float] | None:
    if said.spread is None:
        return None
    low, _, high = points(distribution(said))
    return float(low), float(high)


def _columns(answer: Traced, lines: list[tuple[int, Explanation]]) -> Table:
    columns = (
        Column("depth", "Depth", "count"),
        Column("name", "Name", "text"),
        Column("label", "Label", "text"),
        Column("kind", "Kind", "text"),
        Column("month", "Month", "text"),
        Column("formula", "Formula", "text"),
        Column("value", "Value", "exact"),
        Column("unit", "Unit", "text"),
        Column("p10", "P10", "exact"),
        Column("p90", "P90", "exact"),
        Column("source", "Source", "text"),
        Column("as_of", "As of", "text"),
        Column("line", "Line", "count"),
        Column("note", "Note", "text"),
    )
    return Table("tree", "Made of", columns, tuple(_cells(answer, *each) for each in lines), total=False)


def _cells(answer: Traced, depth: int, of: Explanation) -> tuple[Cell, ...]:
    said = answer.inputs.get(of.name)
    low, high = (_ends(said) if said is not None else None) or (None, None)
    month = of.month or _when(of, answer).removeprefix("in ")
    as_of = said.as_of.isoformat() if said is not None and said.as_of else ""
    source = said.source if said is not None else of.source
    return (depth, of.name, of.label, of.kind, month, of.formula, cell(of.value), of.unit, low, high, source, as_of,
            of.line or None, of.note)  # fmt: skip
