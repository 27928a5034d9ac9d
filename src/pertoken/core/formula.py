"""Formula: arithmetic over named quantities as data, read once, run by several interpreters (NumPy, a spreadsheet)."""

from dataclasses import dataclass

from pertoken.core.units import Unit


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written.

    Args:
        value: The number; `3%` is 0.03, `100k` is 100000.
        unit: Its unit; one for a bare number.
    """

    value: float
    unit: Unit


@dataclass(frozen=True, slots=True)
class Name:
    """A quantity by its name, dots included: `price.pro.per_1k`."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operator or function on its arguments; `FUNCTIONS` lists them (`+`, `max`, `prev`, `tiered`...)."""

    function: str
    args: "tuple[Node, ...]"


Node = Number | Name | Call


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as the user wrote it, and what it says.

    Args:
        text: As written.
        node: The tree.
        names: The quantities that it asks for.
    """

    text: str
    node: Node
    names: frozenset[str]
