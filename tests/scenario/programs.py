"""Programs made at random, and their slow twin in plain Python: one number at a time, no arrays."""

import math
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import ClassVar

from hypothesis import strategies as st

from pertoken.core.formula import Call, Name, Number, formula, month_number
from pertoken.core.units import ONE
from pertoken.scenario.program import Ladder, Program, Row

MONTHS = ("2026-11", "2026-12", "2027-01", "2027-02", "2027-03")


def row(name, said=None, *, opening=None, **more):
    """A row whose formulas are texts."""
    node, before = (None if text is None else formula(text).node for text in (said, opening))
    return Row(name=name, unit=ONE, node=node, opening=before, **more)


def program(*rows, months=MONTHS, ladders=()):
    """A program of rows."""
    return Program(rows=rows, months=months, ladders={ladder.name: ladder for ladder in ladders})


def twin(made, given):
    """Reckon a program number by number.

    Args:
        made: The program.
        given: A list of numbers for each input: one, or one a month.

    Returns:
        A list of numbers for each row.
    """
    reckoner = Twin(made, given)
    return {
        each.name: [reckoner.at(each.name, month) for month in range(len(made.months) if each.by_month else 1)]
        for each in made.rows
    }


class Twin:
    """One program in one world, each number of it reckoned when it is asked for."""

    def __init__(self, made, given):
        self.rows = {each.name: each for each in made.rows}
        self.made, self.given, self.known = made, given, {}
        self.last = len(made.months) - 1

    def at(self, name, month):
        if name in self.given:
            return self.given[name][month if len(self.given[name]) > 1 else 0]
        if (name, month) not in self.known:
            self.known[name, month] = self.of(self.rows[name].node, month)
        return self.known[name, month]

    def of(self, node, month):
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            return self.at(node.name, month)
        if node.function in self.IN_TIME:
            return self.IN_TIME[node.function](self, node.args[0], month)
        if node.function == "tiered":
            return self.charged(self.made.ladders[node.args[0].name], self.of(node.args[1], month), month)
        return PLAIN[node.function](*[self.of(arg, month) for arg in node.args])

    def before(self, node, month):
        if month:
            return self.at(node.name, month - 1)
        opening = self.rows[node.name].opening
        return 0.0 if opening is None else self.of(opening, 0)

    def charged(self, ladder, quantity, month):
        for bound, a, b in zip((*ladder.up_to, None), ladder.a, ladder.b, strict=True):
            if bound is None or quantity <= self.at(bound, month):
                return self.at(a, month) + self.at(b, month) * quantity
        raise AssertionError

    def number(self, month):
        return month_number(self.made.months[month])

    IN_TIME: ClassVar[dict[str, Callable[..., float]]] = {
        "prev": before,
        "cumulative": lambda self, node, month: added(self.of(node, i) for i in range(month + 1)),
        "total": lambda self, node, _: added(self.of(node, i) for i in range(self.last + 1)),
        "first": lambda self, node, _: self.of(node, 0),
        "last": lambda self, node, _: self.of(node, self.last),
        "from": lambda self, node, month: float(self.number(month) >= node.value),
        "in": lambda self, node, month: float(self.number(month) == node.value),
    }


def added(numbers):
    whole = 0.0
    for number in numbers:
        whole += number
    return whole


def rounded(value, digits=0.0):
    if not math.isfinite(value):
        return value
    return float(Decimal(f"{value:.15g}").quantize(Decimal(1).scaleb(-int(digits)), ROUND_HALF_UP))


def ratio(x, y):
    if y == 0:
        return math.nan if x == 0 or math.isnan(x) else math.inf * math.copysign(1, x) * math.copysign(1, y)
    return x / y


PLAIN: dict[str, Callable[..., float]] = {
    "+": lambda x, y: x + y,
    "-": lambda *xs: -xs[0] if len(xs) == 1 else xs[0] - xs[1],
    "*": lambda x, y: x * y,
    "/": ratio,
    "^": lambda x, y: x**y,
    "<": lambda x, y: float(x < y),
    "<=": lambda x, y: float(x <= y),
    ">": lambda x, y: float(x > y),
    ">=": lambda x, y: float(x >= y),
    "==": lambda x, y: float(x == y),
    "!=": lambda x, y: float(x != y),
    "and": lambda *xs: float(all(x != 0 for x in xs)),
    "or": lambda *xs: float(any(x != 0 for x in xs)),
    "not": lambda x: float(x == 0),
    "min": lambda *xs: math.nan if any(map(math.isnan, xs)) else min(xs),
    "max": lambda *xs: math.nan if any(map(math.isnan, xs)) else max(xs),
    "abs": abs,
    "if": lambda x, y, z: y if x != 0 else z,
    "round": rounded,
}

signs = st.sampled_from(["+", "-", "*", "/", "<", ">=", "==", "min", "max", "and"])
literals = st.sampled_from([0.0, 1.0, 2.0, 0.5, 10.0, 0.25]).map(Number)


@st.composite
def random_programs(draw):
    """A program: inputs, single numbers, rows by month that look back at any row, tiers, and rings through `prev`."""
    singles = [row(f"i{k}", by_month=False) for k in range(3)]
    months = [row(f"m{k}") for k in range(2)]
    names = [f"r{k}" for k in range(draw(st.integers(1, 6)))]
    made = [*singles, *months]
    for name in names:
        known = [each.name for each in made]
        timed = [each.name for each in made if each.by_month]
        one = draw(_by_month(known, timed, [*timed, *names]))
        opening = draw(st.one_of(st.none(), st.sampled_from(["i0", "i1"]).map(Name)))
        made.append(Row(name=name, unit=ONE, node=one, opening=opening))
    made.append(row("t", f"total({names[-1]}) + last(m0)", by_month=False))
    ladders = [Ladder(name="ladder", up_to=("i0",), a=("i1", "i2"), b=("i2", "i1"))]
    return program(*draw(st.permutations(made)), ladders=ladders)


def _by_month(known, timed, later):
    asked = st.one_of(st.sampled_from(known).map(Name), literals)
    time = st.one_of(
        st.sampled_from(later).map(lambda name: Call("prev", (Name(name),))),
        st.sampled_from(timed).map(lambda name: Call("cumulative", (Name(name),))),
        st.sampled_from(MONTHS).map(lambda label: Call("from", (Number(float(month_number(label))),))),
        asked.map(lambda node: Call("tiered", (Name("ladder"), node))),
    )

    def grown(inner):
        return st.one_of(
            st.builds(lambda f, x, y: Call(f, (x, y)), signs, inner, inner),
            st.builds(lambda x, y, z: Call("if", (x, y, z)), inner, inner, inner),
            st.builds(lambda f, x: Call(f, (x,)), st.sampled_from(["not", "abs", "-", "round"]), inner),
        )

    return st.recursive(st.one_of(asked, asked, time), grown, max_leaves=8)
