"""Terms of a range, reckoned in Python as a spreadsheet will, so that each is stored with its result."""

import ast
from collections.abc import Callable, Mapping
from math import exp, log, sqrt
from operator import add, mul, sub, truediv
from statistics import NormalDist

OPERATORS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: add,
    ast.Sub: sub,
    ast.Mult: mul,
    ast.Div: truediv,
}
FUNCTIONS: Mapping[str, Callable[[float], float]] = {
    "LN": log,
    "EXP": exp,
    "SQRT": sqrt,
    "NORMSINV": NormalDist().inv_cdf,
}


def reckoned(template: str, slots: Mapping[str, float]) -> float:
    """Reckon the words of a spreadsheet whose slots are numbers; not a number where they have no value.

    >>> reckoned("LN({p90}/{p10})/(2*LN(9))", {"p10": 1.0, "p90": 9.0})
    0.5
    """
    tree = ast.parse(template.replace("{", "").replace("}", ""), mode="eval").body
    try:
        return _value(tree, slots)
    except (ValueError, ZeroDivisionError):
        return float("nan")


def _value(node: ast.expr, slots: Mapping[str, float]) -> float:
    match node:
        case ast.BinOp():
            return OPERATORS[type(node.op)](_value(node.left, slots), _value(node.right, slots))
        case ast.UnaryOp(op=ast.USub()):
            return -_value(node.operand, slots)
        case ast.Call(func=ast.Name(id=name), args=[arg]):
            return FUNCTIONS[name](_value(arg, slots))
        case ast.Name(id=name):
            return slots[name]
        case ast.Constant(value=int() | float() as number):
            return float(number)
    raise ValueError(f"a term holds {ast.unparse(node)!r}; expected + - * / and {', '.join(FUNCTIONS)}")
