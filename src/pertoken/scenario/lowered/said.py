"""Said: a number that is a formula, reckoned with as arrays are, so that levers are built of rows as of numbers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pertoken.core.formula import Call, Node, Number
from pertoken.scenario.lowered.arithmetic import ONE, ZERO, constant, minus, over, plus, times

Some = Any
"""A formula, or a number."""


@dataclass(frozen=True, slots=True)
class Said:
    """A formula in the place of a number.

    Args:
        node: The formula.

    >>> from pertoken.core.formula import Name, text
    >>> text((1 - Said(Name("share")) / 2).node)
    '1 - share / 2'
    """

    node: Node

    def __add__(self, other: Some) -> "Said":
        """Add."""
        return Said(plus(self.node, node_of(other)))

    def __radd__(self, other: Some) -> "Said":
        """Add to a number."""
        return Said(plus(node_of(other), self.node))

    def __sub__(self, other: Some) -> "Said":
        """Take off."""
        return Said(minus(self.node, node_of(other)))

    def __rsub__(self, other: Some) -> "Said":
        """Take off a number."""
        return Said(minus(node_of(other), self.node))

    def __mul__(self, other: Some) -> "Said":
        """Multiply."""
        return Said(times(self.node, node_of(other)))

    def __rmul__(self, other: Some) -> "Said":
        """Multiply a number."""
        return Said(times(node_of(other), self.node))

    def __truediv__(self, other: Some) -> "Said":
        """Divide."""
        return Said(over(self.node, node_of(other)))

    def __rtruediv__(self, other: Some) -> "Said":
        """Divide a number."""
        return Said(over(node_of(other), self.node))

    def __lt__(self, other: Some) -> "Said":
        """Say 1 where it is less."""
        return Said(Call("<", (self.node, node_of(other))))

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Some, **options: Any) -> "Said":  # noqa: ANN401  NumPy's protocol
        """Answer NumPy's functions of numbers.

        Raises:
            TypeError: It is one that no formula has.
        """
        make = FUNCTIONS.get(ufunc.__name__)
        if make is None or method != "__call__" or options:
            return NotImplemented  # type: ignore[no-any-return]
        return Said(make(*map(node_of, inputs)))

    def __array_function__(self, function: Any, types: Any, args: Any, options: Any) -> "Said":  # noqa: ANN401  as above
        """Answer NumPy's choice between two numbers.

        Raises:
            TypeError: It is another function.
        """
        del types
        if function.__name__ != "where" or options:
            return NotImplemented  # type: ignore[no-any-return]
        return Said(Call("if", tuple(map(node_of, args))))


FUNCTIONS: Mapping[str, Callable[..., Node]] = {
    "add": plus,
    "subtract": minus,
    "multiply": times,
    "divide": over,
    "minimum": lambda left, right: Call("min", (left, right)),
    "maximum": lambda left, right: Call("max", (left, right)),
    "less": lambda left, right: Call("<", (left, right)),
}
"""Functions of NumPy that formulas have."""


def node_of(value: Some) -> Node:
    """Turn a number into a formula; a formula is one."""
    if isinstance(value, Said):
        return value.node
    return value if isinstance(value, Number | Call) else ONE if value == 1 else ZERO if value == 0 else constant(value)
