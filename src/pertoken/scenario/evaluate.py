"""NumPy as an interpreter of programs: every row an array of worlds and months."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pertoken.core.errors import Fault, InputError
from pertoken.core.formula import Name, Node, Number, month_number, names
from pertoken.core.money import Values
from pertoken.core.nodes import Curve, Sample
from pertoken.scenario.operations import OPERATIONS, Worlds, tiered
from pertoken.scenario.order import Turn, asked, by_month, steps, upstream
from pertoken.scenario.program import Ladder, Program, Row

__all__ = ["Ready", "by_month", "evaluate", "made_ready", "value_of"]

OverTime = Mapping[str, Callable[[Node], Worlds]]
"""What functions of time do with their argument, by name."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A program as it is reckoned, so that many blocks of worlds need not ask again.

    Args:
        rows: The rows that are needed, by name.
        steps: Which are reckoned together, in order.
        kept: Names of those to give back.
        looked_up: What each looks up.
        uses: How often each is looked up; empty where all are kept.
    """

    rows: Mapping[str, Row]
    steps: Sequence[Turn]
    kept: frozenset[str]
    looked_up: Mapping[str, frozenset[str]]
    uses: Mapping[str, int]


def evaluate(
    program: Program,
    given: Mapping[str, Values],
    wanted: Iterable[str] | None = None,
    *,
    ready: Ready | None = None,
) -> dict[str, Values]:
    """Reckon the rows of a program.

    What is the same in all worlds stays small: the leading axes of a row are those of what it is made of.

    Args:
        program: The program.
        given: Values of the rows without a formula, and of others that are not to be reckoned; `(*batch, 1)`, or
            `(*batch, month)` for rows by month. Leading axes broadcast.
        wanted: Rows to give back; only these and what they need are reckoned. None for all.
        ready: What `made_ready` says of the program and the same rows, for who reckons them many times.

    Returns:
        Values by row, `(*batch, 1)` for one number and `(*batch, month)` by month, `float64`; a row by month that is
        the same in all months may be a view that can't be written to. Dividing by zero gives `inf` or `nan`.

    Raises:
        InputError: The rows can't be put in order, an input is not given, or it has another number of months.

    >>> from pertoken.core.formula import formula
    >>> from pertoken.core.units import ONE
    >>> rows = (Row(name="price", unit=ONE, by_month=False), Row(name="cost", unit=ONE, node=formula("2 * price").node))
    >>> evaluate(Program(rows=rows, months=("2027-01", "2027-02")), {"price": np.array([3.0])})["cost"].tolist()
    [6.0, 6.0]
    """
    ready = ready or made_ready(program, wanted)
    scope = _Scope(program, ready.rows, {})
    uses = Counter(ready.uses)
    over_time = _whole(scope)
    with np.errstate(all="ignore"):
        for step in ready.steps:
            _reckon(step, scope, given, over_time)
            if uses:
                _forget(step, scope, ready, uses)
    return {name: scope.values[name] for name in ready.rows if name in ready.kept}


def made_ready(program: Program, wanted: Iterable[str] | None = None) -> Ready:
    """Put a program in the order in which it is reckoned.

    Args:
        program: The program.
        wanted: Rows to give back; None for all.
    """
    rows = program.rows if wanted is None else _needed(program, wanted := tuple(wanted))
    by_name = {row.name: row for row in rows}
    order = steps(rows, program.ladders)
    if wanted is None:
        return Ready(by_name, order, frozenset(by_name), {}, {})
    scope = _Scope(program, by_name, {})
    looked_up = {row.name: scope.looked_up(row) for row in rows}
    uses = Counter(name for found in looked_up.values() for name in found)
    return Ready(by_name, order, frozenset(wanted), looked_up, uses)


def _needed(program: Program, wanted: Sequence[str]) -> tuple[Row, ...]:
    found = upstream(program.rows, wanted, program.ladders)
    return tuple(row for row in program.rows if row.name in found)


def value_of(node: Node, values: Mapping[str, Values], ladders: Mapping[str, Ladder]) -> Worlds:
    """Reckon a formula that asks for this month, or for single numbers, only.

    Args:
        node: The formula.
        values: Values of what it asks for.
        ladders: Tiers by name.
    """
    with np.errstate(all="ignore"):
        return _value(node, values.__getitem__, {}, ladders)


@dataclass(frozen=True, slots=True)
class _Scope:
    """What is known so far.

    Args:
        program: The program.
        rows: Its rows by name.
        values: Values of the rows that are reckoned.
    """

    program: Program
    rows: Mapping[str, Row]
    values: dict[str, Values]

    @property
    def months(self) -> int:
        """How many months there are."""
        return len(self.program.months)

    def looked_up(self, row: Row) -> frozenset[str]:
        """Names that a row looks up: what it asks for, and what the openings of those ask for."""
        found = asked(row, self.program.ladders)
        openings = (self.rows[name].opening for name, when in found.items() if "before" in when)
        return frozenset(found).union(*(names(node) for node in openings if node is not None))

    def opening(self, name: str) -> Worlds:
        """Value of a row before the first month."""
        node = self.rows[name].opening
        return 0.0 if node is None else _value(node, self.values.__getitem__, {}, self.program.ladders)


def _reckon(step: Turn, scope: _Scope, given: Mapping[str, Values], over_time: OverTime) -> None:
    open_ = [row for row in step.rows if row.name not in given]
    for row in step.rows:
        if row.name in given:
            scope.values[row.name] = _shaped(row, np.asarray(given[row.name], dtype=np.float64), scope.months)
    if step.recursive and open_:
        _by_months(open_, scope)
        return
    for row in open_:
        value = _value(_formula(row), scope.values.__getitem__, over_time, scope.program.ladders)
        scope.values[row.name] = _shaped(row, np.asarray(value, dtype=np.float64), scope.months)


def _forget(step: Turn, scope: _Scope, ready: Ready, uses: Counter[str]) -> None:
    """Let go of what no later row needs, so that memory stays small."""
    looked_up = [name for row in step.rows for name in ready.looked_up[row.name]]
    uses.subtract(looked_up)
    for name in {*looked_up, *(row.name for row in step.rows)}:
        if not uses[name] and name not in ready.kept:
            scope.values.pop(name, None)


def _shaped(row: Row, value: Values, months: int) -> Values:
    value = value.reshape(1) if value.ndim == 0 else value
    if value.shape[-1] != 1 and (not row.by_month or value.shape[-1] != months):
        expected = f"{months} or 1" if row.by_month else "1"
        raise InputError.of([Fault(row.source, f"{value.shape[-1]} numbers in time for `{row.name}`", expected)])
    if row.by_month and value.shape[-1] != months:
        return np.broadcast_to(value, (*value.shape[:-1], months))
    return value


def _value(
    node: Node,
    named: Callable[[str], Worlds],
    over_time: OverTime,
    ladders: Mapping[str, Ladder],
) -> Worlds:
    """Reckon a formula.

    Args:
        node: The formula.
        named: Values by name.
        over_time: What functions of time do with their argument.
        ladders: Tiers by name.
    """
    if isinstance(node, Name):
        return named(node.name)
    if isinstance(node, Number):
        return np.float64(node.value)
    if isinstance(node, Curve | Sample):
        return node
    if node.function in over_time:
        return over_time[node.function](node.args[0])
    if node.function == "tiered":
        ladder = ladders[_name(node.args[0])]
        columns = ([named(name) for name in each] for each in (ladder.up_to, ladder.a, ladder.b))
        return tiered(_value(node.args[1], named, over_time, ladders), *columns)
    return OPERATIONS[node.function](*[_value(arg, named, over_time, ladders) for arg in node.args])


def _name(node: Node) -> str:
    if not isinstance(node, Name):
        raise InputError.of([Fault("", f"`{node}`", "the name of a quantity")])
    return node.name


def _whole(scope: _Scope) -> OverTime:
    """Functions of time over all months at once."""

    def months_of(node: Node) -> Values:
        value = np.asarray(_value(node, scope.values.__getitem__, over_time, scope.program.ladders))
        return np.broadcast_to(value, (*value.shape[:-1], scope.months))

    def before(node: Node) -> Values:
        values, opening = scope.values[_name(node)], np.asarray(scope.opening(_name(node)))
        result = np.empty((*np.broadcast_shapes(values.shape[:-1], opening.shape[:-1]), scope.months))
        result[..., :1] = opening
        result[..., 1:] = values[..., :-1]
        return result

    def flags(node: Node, test: Callable[[Any, float], Any]) -> Values:
        return np.asarray(test(_calendar(scope.program.months), _number(node)), dtype=np.float64)

    over_time: dict[str, Callable[[Node], Worlds]] = {
        "prev": before,
        "cumulative": lambda node: np.cumsum(months_of(node), axis=-1),
        "total": lambda node: months_of(node).sum(axis=-1, keepdims=True),
        "first": lambda node: months_of(node)[..., :1],
        "last": lambda node: months_of(node)[..., -1:],
        "from": lambda node: flags(node, np.greater_equal),
        "in": lambda node: flags(node, np.equal),
    }
    return over_time


def _calendar(months: Sequence[str]) -> Values:
    return np.array([month_number(label) for label in months], dtype=np.float64)


def _number(node: Node) -> float:
    if not isinstance(node, Number):
        raise InputError.of([Fault("", f"`{node}`", "a month as `2027-03`")])
    return node.value


def _by_months(rows: Sequence[Row], scope: _Scope) -> None:
    """Reckon rows that need each other in the month before, month by month.

    Months lead here, so that the worlds of one month lie side by side.
    """
    members = {row.name for row in rows}
    asks = {name for row in rows for name in asked(row, scope.program.ladders)} - members
    outside = {name: np.ascontiguousarray(np.moveaxis(scope.values[name], -1, 0)) for name in asks}
    openings = {row.name: _flat(scope.opening(row.name)) for row in rows}
    shapes = [each.shape[1:] for each in outside.values()] + [np.shape(each) for each in openings.values()]
    batch = np.broadcast_shapes(*shapes)
    inside = {row.name: np.empty((scope.months, *batch)) for row in rows}
    calendar = _calendar(scope.program.months)
    for month in range(scope.months):
        at = _Month(month, outside, inside, openings, scope, calendar)
        over_time = at.over_time()
        for row in rows:
            inside[row.name][month] = _value(_formula(row), at.named, over_time, scope.program.ladders)
    for name, values in inside.items():
        scope.values[name] = np.ascontiguousarray(np.moveaxis(values, 0, -1))


def _formula(row: Row) -> Node:
    if row.node is None:
        raise InputError.of([Fault(row.source, f"no value for the input `{row.name}`", "a value")])
    return row.node


def _flat(value: Worlds) -> Values:
    return np.asarray(value)[..., 0] if np.ndim(value) else np.asarray(value)


@dataclass(frozen=True, slots=True)
class _Month:
    """One month of rows that go month by month; all values are of shape `batch`."""

    month: int
    outside: Mapping[str, Values]
    inside: Mapping[str, Values]
    openings: Mapping[str, Values]
    scope: _Scope
    calendar: Values

    def named(self, name: str) -> Worlds:
        """Values of a row in this month."""
        if name in self.inside:
            return self.inside[name][self.month]
        values = self.outside[name]
        return values[self.month if len(values) > 1 else 0]

    def over_time(self) -> OverTime:
        """Functions of time as seen from this month."""
        return {
            "prev": lambda node: self.before(_name(node)),
            "cumulative": lambda node: self._months(node)[: self.month + 1].sum(axis=0),
            "total": lambda node: self._months(node).sum(axis=0),
            "first": lambda node: self._months(node)[0],
            "last": lambda node: self._months(node)[-1],
            "from": lambda node: float(self.calendar[self.month] >= _number(node)),
            "in": lambda node: float(self.calendar[self.month] == _number(node)),
        }

    def before(self, name: str) -> Worlds:
        """Values of a row in the month before."""
        if self.month:
            return _Month(self.month - 1, self.outside, self.inside, {}, self.scope, self.calendar).named(name)
        return self.openings[name] if name in self.openings else _flat(self.scope.opening(name))

    def _months(self, node: Node) -> Values:
        name = _name(node)
        return self.inside[name] if name in self.inside else self.outside[name]
