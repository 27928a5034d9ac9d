"""Inlined: a program with fewer rows, what only one formula asks for being written into that formula."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from pertoken.core.nodes import FUNCTIONS, Call, Name, Node, Number, mapped, subtrees
from pertoken.scenario.order import asked, upstream
from pertoken.scenario.program import Program, Row

LONGEST = 60
"""The most parts of a formula into which others are written."""

PLAIN = frozenset({0.0, 1.0, 100.0, 1e3, 1e6, 1e-2, 1e-3, 1e-6})
"""Numbers that may stand in a formula: nothing, one, and the thousands of units. Others are cells of their row."""


def only(program: Program, wanted: Collection[str]) -> Program:
    """Leave out the rows that none of some others needs."""
    needed = upstream(program.rows, wanted, program.ladders)
    asked_for = {
        each.args[0].name
        for row in program.rows
        if row.name in needed and row.node is not None
        for each in subtrees(row.node)
        if isinstance(each, Call) and each.function == "tiered" and isinstance(each.args[0], Name)
    }
    ladders = {name: ladder for name, ladder in program.ladders.items() if name in asked_for}
    return replace(program, rows=tuple(row for row in program.rows if row.name in needed), ladders=ladders)


def inlined(program: Program, keep: Collection[str], *, longest: int = LONGEST) -> Program:
    """Write rows that are asked for once, in the same month, into the row that asks.

    A row stays where its formula holds a number that is not plain, or names a month: such a number has a cell, which
    goes by its row.

    Args:
        program: Rows in an order in which each stands below what it asks for.
        keep: Rows that stay rows.
        longest: The most parts of a formula.

    Returns:
        The same results in fewer rows.
    """
    uses = Counter(name for row in program.rows for name in _names(row))
    fixed = set(keep) | _by_name(program) | {row.name for row in program.rows if _has_numbers(row.node)}
    rows: dict[str, Row] = {}
    for row in program.rows:
        node = row.node
        if node is None:
            rows[row.name] = row
            continue
        for name in _names(row):
            there = rows.get(name)
            if there is None or name in fixed or uses[name] > 1 or not _fits(there, row, node, longest):
                continue
            node = mapped(node, lambda each, there=there: there.node if each == Name(there.name) else each)  # type: ignore[misc]
            del rows[name]
        rows[row.name] = replace(row, node=node)
    return replace(program, rows=tuple(rows.values()))


def _names(row: Row) -> list[str]:
    """Names of this month that a formula asks for, each as often as it does."""
    nodes = [node for node in (row.node, row.opening) if node is not None]
    return [each.name for node in nodes for each in subtrees(node) if isinstance(each, Name)]


def _has_numbers(node: Node | None) -> bool:
    """Tell whether a formula holds a number that has a cell: the digits of a rounding have none."""
    if isinstance(node, Number):
        return abs(node.value) not in PLAIN
    if not isinstance(node, Call):
        return False
    return any(_has_numbers(arg) for arg in (node.args[:1] if node.function == "round" else node.args))


def _by_name(program: Program) -> set[str]:
    """Rows that must stand by themselves: what time, tiers and openings ask for, and worlds of a forecast."""
    found: set[str] = set()
    for row in program.rows:
        found |= {name for name, when in asked(row, program.ladders).items() if when != {"now"}}
        found |= {each.name for each in subtrees(row.opening) if isinstance(each, Name)} if row.opening else set()
        for node in subtrees(row.node) if row.node is not None else ():
            if isinstance(node, Call) and (
                node.function in {"tiered", "replicas on"} or FUNCTIONS[node.function].over_time
            ):
                found |= {each.name for arg in node.args for each in subtrees(arg) if isinstance(each, Name)}
            if isinstance(node, Call) and node.function == "world of":
                found.add(row.name)
    found |= {name for ladder in program.ladders.values() for name in (*ladder.up_to, *ladder.a, *ladder.b)}
    return found


def _fits(there: Row, here: Row, node: Node, longest: int) -> bool:
    """Tell whether a row can be written into another: not too long, and a number for each month where that is one."""
    if there.node is None or there.opening is not None or there.by_month != here.by_month:
        return False
    return _size(there.node) + _size(node) <= longest


def _size(node: Node) -> int:
    return sum(1 for _ in subtrees(node))
