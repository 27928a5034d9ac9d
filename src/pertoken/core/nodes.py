"""Nodes: a formula as a tree of numbers, names and calls, and how it is written for a person."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from pertoken.core.money import Values
from pertoken.core.units import ONE, Unit, made

MANY = 1000
"""No bound on the number of arguments."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written.

    Args:
        value: The number; `3%` is 0.03, `100k` is 100000.
        unit: Its unit; one for a bare number.
        share: Whether it was written with `%`, and so takes no other unit.
    """

    value: float
    unit: Unit = ONE
    share: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Name:
    """A quantity by its name, dots included: `price.pro.per_1k`."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function on its arguments; `FUNCTIONS` lists them (`+`, `max`, `prev`, `tiered`...)."""

    function: str
    args: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Curve:
    """How high a load stands over a time that repeats, for `replicas on`.

    Args:
        name: What it is called.
        heights: Multiples of the mean load.
        weights: How often each is.
    """

    name: str
    heights: tuple[float, ...]
    weights: tuple[float, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Worlds of a quantity that were simulated elsewhere, for `world of`.

    Args:
        name: What the quantity is called.
        values: The worlds in the order of their rank, shape `(world, month)`. [unit]
        unit: Its unit.
    """

    name: str
    values: Values
    unit: Unit


Node = Number | Name | Call | Curve | Sample


@dataclass(frozen=True, slots=True)
class Function:
    """What an operator or a function takes, and what it does.

    Args:
        fewest: The fewest arguments.
        most: The most.
        says: What it does.
        rule: How its unit follows: `sum` (all alike), `product`, `ratio`, `power`, `root`, `plain` (no unit in, none
            out), `keep` (as the first argument), `compare` (all alike, comes without), `flag` (comes without),
            `choice` (as the second and third), `tiered`.
        over_time: True where its argument is the name of a quantity by month.
    """

    fewest: int
    most: int
    says: str
    rule: str
    over_time: bool = False


FUNCTIONS = {
    "+": Function(2, MANY, "sum", "sum"),
    "-": Function(1, 2, "difference, or the negative of one", "sum"),
    "*": Function(2, MANY, "product", "product"),
    "/": Function(2, 2, "ratio", "ratio"),
    "^": Function(2, 2, "power", "power"),
    "<": Function(2, 2, "1 if less, else 0", "compare"),
    "<=": Function(2, 2, "1 if less or equal, else 0", "compare"),
    ">": Function(2, 2, "1 if more, else 0", "compare"),
    ">=": Function(2, 2, "1 if more or equal, else 0", "compare"),
    "==": Function(2, 2, "1 if equal, else 0", "compare"),
    "!=": Function(2, 2, "1 if different, else 0", "compare"),
    "and": Function(2, MANY, "1 if all are not 0", "flag"),
    "or": Function(2, MANY, "1 if any is not 0", "flag"),
    "not": Function(1, 1, "1 if 0, else 0", "flag"),
    "min": Function(1, MANY, "the least", "sum"),
    "max": Function(1, MANY, "the most", "sum"),
    "round": Function(1, 2, "rounded half away from zero, to so many digits (0)", "keep"),
    "round_up": Function(1, 1, "the next whole number that is not less", "keep"),
    "round_down": Function(1, 1, "the next whole number that is not more", "keep"),
    "abs": Function(1, 1, "without its sign", "keep"),
    "exp": Function(1, 1, "e to the power", "plain"),
    "ln": Function(1, 1, "natural logarithm", "plain"),
    "sqrt": Function(1, 1, "square root", "root"),
    "if": Function(3, 3, "the second where the first is not 0, else the third", "choice"),
    "normal": Function(1, 1, "share of a standard normal that lies below", "plain"),
    "normal_inverse": Function(1, 1, "where a share of a standard normal lies below", "plain"),
    "prev": Function(1, 1, "in the month before; in the first month the opening value", "keep", over_time=True),
    "cumulative": Function(1, 1, "sum of the months up to this one", "keep", over_time=True),
    "total": Function(1, 1, "sum of all months", "keep", over_time=True),
    "first": Function(1, 1, "in the first month", "keep", over_time=True),
    "last": Function(1, 1, "in the last month", "keep", over_time=True),
    "from": Function(1, 1, "0 before a month, 1 from it on", "flag"),
    "in": Function(1, 1, "1 in a month, else 0", "flag"),
    "replicas on": Function(3, 3, "machines in whole numbers, a least or more, that a load on a curve needs", "sum"),
    "world of": Function(3, 3, "mean of a share of the worlds around a rank; one world where that share is 0", "keep"),
    "tiered": Function(2, 2, "what a ladder of tiers charges for a quantity", "tiered"),
}
"""Operators and functions by name. The month of `from` and `in` is a `Number`: see `month_number`.

`replicas on` takes the mean load, the least, and a `Curve`; `world of` takes a `Sample`, the rank as a share of its
worlds, and the share of them that is averaged. Both stand in rows that the house writes.
"""

WORDS = frozenset({"and", "or", "not"})
"""Operators that are words, and so no names."""

_PLAIN = re.compile(r"[^\W\d]\w*(\.\w+)*")
_CLOSE = re.compile(r"[^\W\d]\w*(/(1[KM] )?[^\W\d]\w*)*")
_RANK = {
    "or": 1, "and": 2, "not": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "==": 4, "!=": 4, "+": 5, "-": 5, "*": 6, "/": 6,
    "^": 8,
}  # fmt: skip
_NEGATIVE = 7
_ATOM = 9


def month_number(label: str) -> int:
    """Number the months of all years, so that they can be compared.

    >>> month_number("2027-03") - month_number("2026-12")
    3
    """
    year, month = label.split("-")
    return int(year) * 12 + int(month) - 1


def month_label(number: float) -> str:
    """Give the month of a number back: the inverse of `month_number`."""
    year, month = divmod(int(number), 12)
    return f"{year:04d}-{month + 1:02d}"


def subtrees(node: Node) -> Iterator[Node]:
    """List a node and all below it, each before its arguments."""
    yield node
    if isinstance(node, Call):
        for arg in node.args:
            yield from subtrees(arg)


def names(node: Node) -> frozenset[str]:
    """List the quantities that a tree asks for; the ladder of `tiered` is none."""
    if isinstance(node, Name):
        return frozenset({node.name})
    if isinstance(node, Number | Curve | Sample):
        return frozenset()
    return frozenset[str]().union(*map(names, node.args[1:] if node.function == "tiered" else node.args))


def mapped(node: Node, change: Callable[[Node], Node]) -> Node:
    """Change a tree from its leaves up."""
    if isinstance(node, Call):
        node = Call(node.function, tuple(mapped(arg, change) for arg in node.args))
    return change(node)


def text(node: Node) -> str:
    """Write a tree as a formula that reads as the same tree.

    >>> text(Call("*", (Call("+", (Name("a"), Number(1.0))), Name("price.gpt-5"))))
    "(a + 1) * 'price.gpt-5'"
    """
    return _write(node)[0]


def quoted(name: str) -> str:
    """Write a name, in quotes where it would not read as one."""
    return name if _PLAIN.fullmatch(name) and name not in WORDS else f"'{name}'"


def _write(node: Node) -> tuple[str, int]:
    """Write a tree, and tell how tightly its outermost operator binds."""
    if isinstance(node, Name | Curve | Sample):
        return _named(node), _ATOM
    if isinstance(node, Number):
        return _digits(node), _NEGATIVE if node.value < 0 else _ATOM
    if node.function == "-" and len(node.args) == 1:
        return f"-{_beside(node.args[0], _NEGATIVE + 1)}", _NEGATIVE
    if node.function == "not":
        return f"not {_beside(node.args[0], _RANK['not'])}", _RANK["not"]
    if node.function in _RANK:
        return _joined(node.function, node.args), _RANK[node.function]
    return f"{node.function}({', '.join(_argument(node, arg) for arg in node.args)})", _ATOM


def _named(node: Name | Curve | Sample) -> str:
    if isinstance(node, Name):
        return quoted(node.name)
    return f"the curve {node.name}" if isinstance(node, Curve) else f"the worlds of {node.name}"


def _joined(sign: str, args: tuple[Node, ...]) -> str:
    rank = _RANK[sign]
    right_first = sign == "^"
    compares = rank == _RANK["<"]
    first = _beside(args[0], rank + (right_first or compares))
    return f" {sign} ".join([first, *(_beside(arg, rank + (not right_first)) for arg in args[1:])])


def _beside(node: Node, rank: int) -> str:
    written, own = _write(node)
    return written if own >= rank else f"({written})"


def _argument(node: Call, arg: Node) -> str:
    if node.function in {"from", "in"} and isinstance(arg, Number):
        return month_label(arg.value)
    return text(arg)


def _digits(number: Number) -> str:
    value = number.value
    digits = f"{int(value)}" if value == int(value) and abs(value) < 10**15 else repr(value)
    if number.unit == ONE:
        return digits
    close = str(made(dict(number.unit.powers), number.unit.scale)).replace(" / ", "/")
    return f"{digits} {close}" if _CLOSE.fullmatch(close) else f"{digits} [{close}]"
