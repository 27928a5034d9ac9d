"""Draft: rows as they are written down, before they are put in order and their units are checked."""

from dataclasses import dataclass

from pertoken.core.nodes import Call, Name, Node, Number, month_number


def name(of: str) -> Name:
    """Ask for a quantity."""
    return Name(of)


def number(value: float) -> Number:
    """Write a bare number."""
    return Number(float(value))


def call(function: str, *args: "Node | float") -> Node:
    """Apply an operator or function; numbers stand for themselves."""
    return Call(function, tuple(number(each) if isinstance(each, (int, float)) else each for each in args))


def plus(*parts: Node) -> Node:
    """Add parts up; nothing is 0."""
    whole = parts[0] if parts else number(0)
    for part in parts[1:]:
        whole = call("+", whole, part)
    return whole


def times(*parts: "Node | float") -> Node:
    """Multiply parts."""
    whole = parts[0] if not isinstance(parts[0], (int, float)) else number(parts[0])
    for part in parts[1:]:
        whole = call("*", whole, part)
    return whole


def minus(whole: Node, *parts: Node) -> Node:
    """Take parts off."""
    for part in parts:
        whole = call("-", whole, part)
    return whole


def share(part: Node, whole: Node) -> Node:
    """Divide."""
    return call("/", part, whole)


def since(label: str) -> Node:
    """Be 1 from a month on, and 0 before."""
    return Call("from", (Number(float(month_number(label))),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A row to be.

    Args:
        name: Its name.
        said: Its formula, as text or as a tree; None for an input, or for what is rated.
        unit: Its unit as written; empty to take what comes out.
        opening: Formula of its value before the first month; None for 0.
        single: True for one number, False by month; None to take what comes out.
        section: Heading.
        label: What a person calls it.
        text: The formula in words; the formula itself if empty.
        total: How it is totalled: `sum`, `last` or `none`.
        source: Where it comes from.
        line: Line of the model's file.
    """

    name: str
    said: "str | Node | None" = None
    unit: str = ""
    opening: "str | Node | None" = None
    single: bool | None = None
    section: str = "drivers"
    label: str = ""
    text: str = ""
    total: str = "none"
    source: str = ""
    line: int = 0
