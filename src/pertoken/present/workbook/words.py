"""Formulas of a model in a spreadsheet's words: a table of operators, brackets where a spreadsheet needs them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from pertoken.core.formula import Call, Name, Node, Number
from pertoken.core.nodes import Curve, Sample
from pertoken.scenario.inlined import PLAIN

COMPARE, ADD, TIMES, POWER, ATOM = 1, 2, 3, 4, 5
"""How tightly words bind. A spreadsheet's unary minus binds tighter than `^`, so it is always put in brackets."""


@dataclass(frozen=True, slots=True)
class Tiers:
    """Where a ladder stands: the cells of bounds, intercepts and slopes.

    Args:
        up_to: Cells of the upper bounds of all tiers but the last; empty for a ladder of one tier.
        a: Cells of the intercepts.
        b: Cells of the slopes.
    """

    up_to: str
    a: str
    b: str


class Places(Protocol):
    """Where quantities stand, as seen from the cell that asks; `drawn` where that is one of many worlds."""

    @property
    def drawn(self) -> bool:
        """Whether it is one of many worlds."""

    def here(self, name: str) -> str:
        """Its value in this month, or its single value."""

    def before(self, name: str) -> str:
        """Its value in the month before."""

    def cumulative(self, name: str) -> str:
        """Words for its sum from the first month to this."""

    def total(self, name: str) -> str:
        """Words for its sum over all months."""

    def first(self, name: str) -> str:
        """Its value in the first month."""

    def last(self, name: str) -> str:
        """Its value in the last month."""

    def month(self) -> str:
        """The number of this month."""

    def tiers(self, ladder: str) -> Tiers:
        """The cells of a ladder."""

    def worlds(self, sample: str) -> str:
        """The cells of this month's worlds of a forecast."""

    def number(self, value: float) -> str:
        """The cell of a number that the modeller wrote in the formula."""


Word = tuple[str, int]
Words = Callable[[Places, tuple[Node, ...]], Word]


def words(node: Node, places: Places) -> str:
    """Write a tree as a spreadsheet reads it, without the equals sign."""
    return _word(node, places)[0]


def _word(node: Node, places: Places) -> Word:
    if isinstance(node, Name):
        return places.here(node.name), ATOM
    if isinstance(node, Number):
        return _literal(node.value, places)
    if isinstance(node, Curve | Sample):
        raise TypeError(f"{node.name} stands by itself; expected a curve in `replicas on`, worlds in `world of`")
    return TABLE[node.function](places, node.args)


def _literal(value: float, places: Places) -> Word:
    if abs(value) not in PLAIN:
        return places.number(value), ATOM
    return f"{Decimal(repr(value)):f}".removesuffix(".0"), ATOM if value >= 0 else ADD


def _bound(node: Node, places: Places, least: int) -> str:
    """Write an operand, in brackets where it binds less tightly than it must."""
    text, binds = _word(node, places)
    return text if binds >= least else f"({text})"


def _joined(sign: str, binds: int) -> Words:
    def join(places: Places, args: tuple[Node, ...]) -> Word:
        first, *others = args
        parts = [_bound(first, places, binds), *(_bound(arg, places, binds + 1) for arg in others)]
        return sign.join(parts), binds

    return join


def _minus(places: Places, args: tuple[Node, ...]) -> Word:
    if len(args) == 1:
        return f"-{_bound(args[0], places, ATOM)}", ADD
    return SUBTRACT(places, args)


def _power(places: Places, args: tuple[Node, ...]) -> Word:
    return "^".join(_bound(arg, places, ATOM) for arg in args), POWER


def _condition(node: Node, places: Places) -> str:
    """Write a node as true or false."""
    if isinstance(node, Call) and node.function in SIGNS:
        left, right = (_bound(arg, places, ADD) for arg in node.args)
        return f"{left}{SIGNS[node.function]}{right}"
    return f"{_bound(node, places, ADD)}<>0"


def _flag(places: Places, node: Node) -> Word:
    return f"({_condition(node, places)})*1", TIMES


def _comparison(sign: str) -> Words:
    return lambda places, args: _flag(places, Call(sign, args))


def _and(places: Places, args: tuple[Node, ...]) -> Word:
    return "*".join(f"({_condition(arg, places)})" for arg in args), TIMES


def _or(places: Places, args: tuple[Node, ...]) -> Word:
    return f"({'+'.join(f'({_condition(arg, places)})' for arg in args)}>0)*1", TIMES


def _not(places: Places, args: tuple[Node, ...]) -> Word:
    return f"({_bound(args[0], places, ADD)}=0)*1", TIMES


def _if(places: Places, args: tuple[Node, ...]) -> Word:
    condition, then, otherwise = args
    return f"IF({_condition(condition, places)},{words(then, places)},{words(otherwise, places)})", ATOM


def _called(function: str) -> Words:
    return lambda places, args: (f"{function}({','.join(words(arg, places) for arg in args)})", ATOM)


def _round(places: Places, args: tuple[Node, ...]) -> Word:
    number, *digits = args
    given = digits[0] if digits else Number(0.0)
    whole = isinstance(given, Number) and given.value == int(given.value)
    return f"ROUND({words(number, places)},{int(given.value) if whole else words(given, places)})", ATOM  # type: ignore[union-attr]


def _whole(function: str) -> Words:
    return lambda places, args: (f"{function}({words(args[0], places)},0)", ATOM)


def _from(sign: str) -> Words:
    return lambda places, args: (f"({places.month()}{sign}{_literal(_value(args[0]), places)[0]})*1", TIMES)


def _tiered(places: Places, args: tuple[Node, ...]) -> Word:
    ladder, quantity = args
    tiers = places.tiers(_name(ladder))
    asked = _bound(quantity, places, TIMES + 1)
    if not tiers.up_to:
        return f"{tiers.a}+{tiers.b}*{asked}", ADD
    tier = f"1+SUMPRODUCT(--({_bound(quantity, places, ADD)}>{tiers.up_to}))"
    return f"INDEX({tiers.a},{tier})+INDEX({tiers.b},{tier})*{asked}", ADD


def _replicas_on(places: Places, args: tuple[Node, ...]) -> Word:
    load, least, curve = args
    if not isinstance(curve, Curve):
        raise TypeError(f"`replicas on` asks for a curve, found {curve}")
    mean, floor = _bound(load, places, TIMES), words(least, places)
    heights = zip(curve.weights, curve.heights, strict=True)
    terms = [f"{_digits(often)}*MAX(ROUNDUP({mean}*{_digits(height)},0),{floor})" for often, height in heights]
    return f"({'+'.join(terms)})/{_digits(sum(curve.weights))}", TIMES


def _world_of(places: Places, args: tuple[Node, ...]) -> Word:
    """Look the world at a rank up, or average those around it, as `operations.world_of` does."""
    sample, rank, width = args
    if not isinstance(sample, Sample):
        raise TypeError(f"`world of` asks for worlds, found {sample}")
    cells = places.worlds(sample.name)
    many, share = f"ROWS({cells})", _bound(rank, places, TIMES)
    if places.drawn:
        return f"INDEX({cells},MAX(1,MIN({many},1+INT(ROUND({share}*{many},9)))))", ATOM
    averaged = f"MAX(1,MIN({many},INT(ROUND({_bound(width, places, TIMES)}*{many}+0.5,9))))"
    before = f"MAX(0,MIN({many}-{averaged},INT(ROUND({share}*{many}-{averaged}/2+0.5,9))))"
    return f"AVERAGE(INDEX({cells},1+{before}):INDEX({cells},{averaged}+{before}))", ATOM


def _digits(number: float) -> str:
    return f"{Decimal(repr(float(number))):f}".removesuffix(".0")


def _name(node: Node) -> str:
    if not isinstance(node, Name):
        raise TypeError(f"a function over time asks for a name, found {node}")
    return node.name


def _value(node: Node) -> float:
    if not isinstance(node, Number):
        raise TypeError(f"`from` and `in` ask for a month, found {node}")
    return node.value


SUBTRACT = _joined("-", ADD)
SIGNS = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "=", "!=": "<>"}
TABLE: Mapping[str, Words] = {
    "+": _joined("+", ADD),
    "-": _minus,
    "*": _joined("*", TIMES),
    "/": _joined("/", TIMES),
    "^": _power,
    **{sign: _comparison(sign) for sign in SIGNS},
    "and": _and,
    "or": _or,
    "not": _not,
    "min": _called("MIN"),
    "max": _called("MAX"),
    "round": _round,
    "round_up": _whole("ROUNDUP"),
    "round_down": _whole("ROUNDDOWN"),
    "abs": _called("ABS"),
    "exp": _called("EXP"),
    "ln": _called("LN"),
    "sqrt": _called("SQRT"),
    "if": _if,
    "normal": _called("NORMSDIST"),
    "normal_inverse": _called("NORMSINV"),
    "prev": lambda places, args: (places.before(_name(args[0])), ATOM),
    "cumulative": lambda places, args: (places.cumulative(_name(args[0])), ATOM),
    "total": lambda places, args: (places.total(_name(args[0])), ATOM),
    "first": lambda places, args: (places.first(_name(args[0])), ATOM),
    "last": lambda places, args: (places.last(_name(args[0])), ATOM),
    "from": _from(">="),
    "in": _from("="),
    "tiered": _tiered,
    "replicas on": _replicas_on,
    "world of": _world_of,
}
"""How each operator and function reads; all of them are functions that old spreadsheets know."""
