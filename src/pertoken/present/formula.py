"""Formulas between the columns of one row: ``+ - * /`` and parentheses, read once, for Python and for Excel."""

import ast
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from graphlib import CycleError, TopologicalSorter
from operator import add, mul, sub, truediv
from typing import Any

Number = int | float | Decimal

NAME = re.compile(r"\b([a-z]\w*)")
OPERATORS: dict[type[ast.operator], Any] = {ast.Add: add, ast.Sub: sub, ast.Mult: mul, ast.Div: truediv}


@lru_cache(maxsize=256)
def parse(formula: str) -> ast.expr:
    """Return the syntax tree of a formula.

    Raises:
        ValueError: If the formula holds anything but names, numbers, ``+ - * /`` and parentheses.
    """
    try:
        tree = ast.parse(formula.strip(), mode="eval").body
    except SyntaxError as error:
        raise ValueError(
            f"formula {formula!r} is not arithmetic; expected names, numbers, + - * / and parentheses"
        ) from error
    for node in ast.walk(tree):
        if not _allowed(node):
            raise ValueError(
                f"formula {formula!r} holds {ast.unparse(node) or type(node).__name__!r}; expected only + - * /"
            )
    return tree


def names(formula: str) -> frozenset[str]:
    """Return the columns that a formula reads.

    >>> sorted(names("cost / requests * 1000"))
    ['cost', 'requests']
    """
    return frozenset(node.id for node in ast.walk(parse(formula)) if isinstance(node, ast.Name))


def ordered(formulas: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of formula columns so that each comes after what it reads.

    >>> ordered({"share": "margin / revenue", "margin": "revenue - cost"})
    ('margin', 'share')

    Raises:
        ValueError: If a formula reads itself, directly or by way of others.
    """
    graph = {name: sorted(names(formula) & formulas.keys()) for name, formula in formulas.items()}
    try:
        return tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise ValueError(f"formulas read each other in a ring: {' -> '.join(error.args[1])}") from error


def evaluate(formula: str, values: Mapping[str, Any]) -> Number | None:
    """Return the value of a formula, exact when no value is a float; ``None`` where it does not apply.

    >>> evaluate("(revenue - cost) / revenue", {"revenue": Decimal(80), "cost": Decimal(50)})
    Decimal('0.375')

    Args:
        formula: Arithmetic over column names.
        values: Numbers by column name.

    Returns:
        The value; ``None`` when an operand is ``None`` or a division is by zero.
    """
    tree = parse(formula)
    reads = {name: values[name] for name in names(formula)}
    if None in reads.values():
        return None
    number = float if any(isinstance(value, float) for value in reads.values()) else Decimal
    try:
        result: Number = _value(tree, {name: number(value) for name, value in reads.items()}, number)
    except ArithmeticError:  # Decimal calls 0 / 0 invalid, not a division by zero
        return None
    return result


def excel(formula: str, cells: Mapping[str, str]) -> str:
    """Return a formula in Excel's words, empty where it would divide by zero.

    >>> excel("margin / revenue", {"margin": "D5", "revenue": "B5"})
    '=IF(B5=0,"",D5/B5)'

    Args:
        formula: Arithmetic over column names.
        cells: Cell references by column name.
    """
    return _template(formula).format_map(cells)


def _allowed(node: ast.AST) -> bool:
    if isinstance(node, ast.Constant):
        return isinstance(node.value, int | float) and not isinstance(node.value, bool)
    structure = (ast.BinOp, ast.UnaryOp, ast.USub, ast.Name, ast.Load)
    return isinstance(node, (*structure, *OPERATORS))


def _value(node: ast.expr, values: Mapping[str, Any], number: Callable[[str], Any]) -> Any:  # noqa: ANN401 - as values
    match node:
        case ast.BinOp():
            return OPERATORS[type(node.op)](_value(node.left, values, number), _value(node.right, values, number))
        case ast.UnaryOp():
            return -_value(node.operand, values, number)
        case ast.Name():
            return values[node.id]
    return number(ast.unparse(node))


@lru_cache(maxsize=256)
def _template(formula: str) -> str:
    """Excel's words for a formula, with ``{name}`` where a cell goes."""
    tree = parse(formula)
    text = _words(tree)
    for denominator in _denominators(tree):
        text = f'IF({_words(denominator)}=0,"",{text})'
    return f"={text}"


def _words(node: ast.expr) -> str:
    return NAME.sub(r"{\1}", ast.unparse(node).replace(" ", ""))


def _denominators(node: ast.expr) -> list[ast.expr]:
    """Denominators that may be zero, outermost first, so that the innermost is asked before it divides."""
    found = [part.right for part in ast.walk(node) if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div)]
    return [part for part in found if not isinstance(part, ast.Constant) or not part.value]
