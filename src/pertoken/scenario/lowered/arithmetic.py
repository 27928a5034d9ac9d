"""Arithmetic: formulas put together, without what is nothing in a sum or one in a product."""

from collections.abc import Iterable
from decimal import Decimal

from pertoken.core.formula import Call, Name, Node, Number
from pertoken.core.units import ONE as PLAIN

ZERO, ONE = Number(0.0, PLAIN), Number(1.0, PLAIN)


def constant(value: Decimal | float) -> Number:
    """Write a number that is no price: 0, 1, or how many of one unit make another."""
    return Number(float(value), PLAIN)


def plus(*nodes: Node) -> Node:
    """Add up; nothing is 0.

    >>> plus(Name("a"), ZERO) == Name("a")
    True
    """
    some = tuple(node for node in nodes if node != ZERO)
    return ZERO if not some else some[0] if len(some) == 1 else Call("+", some)


def minus(left: Node, right: Node) -> Node:
    """Take one off another."""
    if right == ZERO:
        return left
    return Call("-", (right,)) if left == ZERO else Call("-", (left, right))


def times(*nodes: Node) -> Node:
    """Multiply; nothing is 1.

    >>> times(Name("a"), ONE) == Name("a"), times(Name("a"), ZERO) == ZERO
    (True, True)
    """
    if ZERO in nodes:
        return ZERO
    some = tuple(node for node in nodes if node != ONE)
    return ONE if not some else some[0] if len(some) == 1 else Call("*", some)


def over(left: Node, right: Node) -> Node:
    """Divide."""
    return left if right == ONE or left == ZERO else Call("/", (left, right))


def least(*nodes: Node) -> Node:
    """Take the least."""
    return Call("min", nodes)


def most(*nodes: Node) -> Node:
    """Take the most."""
    return Call("max", nodes)


def beyond(left: Node, right: Node) -> Node:
    """Take what one has beyond another, and not less than nothing."""
    return Call("max", (minus(left, right), ZERO))


def more(left: Node, right: Node) -> Node:
    """Say 1 where one is more than another."""
    return Call(">", (left, right))


def otherwise(flag: Node) -> Node:
    """Turn a flag around."""
    return ZERO if flag == ONE else ONE if flag == ZERO else Call("-", (ONE, flag))


def before(name: str) -> Node:
    """Take the month before's."""
    return Call("prev", (Name(name),))


def summed(nodes: Iterable[Node]) -> Node:
    """Add up a list."""
    return plus(*nodes)
