"""Conditions and sums of meters in words: `batch and model == "gpt-4o"`, `input_tokens + output_tokens`.

They are data: read once into a small tree of names, compared with labels. Labels are strings; `true` and `false` are
the labels of a yes-or-no key, so `batch` alone means `batch == "true"`.
"""

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pertoken.core.errors import InputError

_TRUTH = {"true": "true", "false": "false", "True": "true", "False": "false"}


@dataclass(frozen=True, slots=True)
class Condition:
    """A yes-or-no question on the labels of a line.

    Args:
        text: As the user wrote it.
        names: The keys that it asks for.
    """

    text: str
    names: frozenset[str]
    tree: ast.expr = field(repr=False, compare=False)

    def holds(self, labels: Mapping[str, str]) -> bool:
        """Answer for one combination of labels.

        >>> condition('batch and model in ["a", "b"]').holds({"batch": "true", "model": "b"})
        True
        """
        return _truth(self.tree, labels)


def condition(text: str) -> Condition:
    """Read a condition.

    Known are names, quoted labels, numbers, `==`, `!=`, `in [...]`, `not in [...]`, `and`, `or`, `not` and brackets.

    Raises:
        InputError: The text is not such a condition; the message says where.
    """
    tree = _parse(text)
    names: set[str] = set()
    _check(tree, names, text)
    return Condition(text, frozenset(names), tree)


def _parse(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        msg = f'can\'t read {text!r}; expected for example batch and model == "gpt-4o"'
        raise InputError(msg) from error


def _check(node: ast.expr, names: set[str], text: str) -> None:
    match node:
        case ast.BoolOp(values=parts):
            for part in parts:
                _check(part, names, text)
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            _check(inner, names, text)
        case ast.Name(id=name):
            if name not in _TRUTH:
                names.add(name)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq() | ast.NotEq()], comparators=[right]):
            names.add(name)
            _label(right, text)
        case ast.Compare(left=ast.Name(id=name), ops=[ast.In() | ast.NotIn()], comparators=[right]):
            names.add(name)
            _labels(right, text)
        case ast.Constant(value=bool()):
            pass
        case _:
            msg = f'can\'t use {ast.unparse(node)!r} in the condition {text!r}; write key == "label", in, and, or, not'
            raise InputError(msg)


def _label(node: ast.expr, text: str) -> str:
    match node:
        case ast.Constant(value=bool(value)):
            return str(value).lower()
        case ast.Constant(value=str() | int() | float() as value):
            return str(value)
        case ast.Name(id=name) if name in _TRUTH:
            return _TRUTH[name]
    msg = f"can't compare with {ast.unparse(node)!r} in {text!r}; put a label in quotes"
    raise InputError(msg)


def _labels(node: ast.expr, text: str) -> frozenset[str]:
    match node:
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return frozenset(_label(part, text) for part in parts)
    msg = f'after `in` a list of labels is expected in {text!r}, as in model in ["a", "b"]'
    raise InputError(msg)


def _truth(node: ast.expr, labels: Mapping[str, str]) -> bool:
    match node:
        case ast.BoolOp(op=op, values=parts):
            return (all if isinstance(op, ast.And) else any)(_truth(part, labels) for part in parts)
        case ast.UnaryOp(operand=inner):
            return not _truth(inner, labels)
        case ast.Name(id=name):
            return (_TRUTH[name] if name in _TRUTH else labels[name]) == "true"
        case ast.Compare(left=ast.Name(id=name), ops=[ast.Eq() | ast.NotEq() as op], comparators=[right]):
            return (labels[name] == _label(right, "")) is isinstance(op, ast.Eq)
        case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[right]):
            return (labels[name] in _labels(right, "")) is isinstance(op, ast.In)
    return isinstance(node, ast.Constant) and node.value is True


def weights(text: str) -> dict[str, Decimal]:
    """Read a sum of meters with fixed weights.

    Raises:
        InputError: Anything but names, numbers, `+`, `-` and number `*` name.

    >>> weights("input_tokens + 5 * output_tokens")
    {'input_tokens': Decimal('1'), 'output_tokens': Decimal('5')}
    """
    out: dict[str, Decimal] = {}
    _add(_parse(text), Decimal(1), out, text)
    return out


def _add(node: ast.expr, factor: Decimal, out: dict[str, Decimal], text: str) -> None:
    match node:
        case ast.Name(id=name):
            out[name] = out.get(name, Decimal(0)) + factor
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            _add(left, factor, out, text)
            _add(right, factor if isinstance(op, ast.Add) else -factor, out, text)
        case ast.BinOp(left=ast.Constant(value=int() | float() as number), op=ast.Mult(), right=right):
            _add(right, factor * Decimal(str(number)), out, text)
        case ast.BinOp(left=left, op=ast.Mult(), right=ast.Constant(value=int() | float() as number)):
            _add(left, factor * Decimal(str(number)), out, text)
        case _:
            msg = f"can't read {text!r} as a sum of meters; expected for example input_tokens + output_tokens"
            raise InputError(msg)
