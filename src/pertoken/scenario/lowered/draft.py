"""Draft: the rows of a card as they are written, each below what it asks for."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from pertoken.core.errors import InputError
from pertoken.core.formula import Call, Name, Node, Number
from pertoken.core.units import ONE as PLAIN
from pertoken.core.units import Unit
from pertoken.scenario.lowered.arithmetic import constant, times
from pertoken.scenario.program import Ladder, Row

Path = tuple[str | int, ...]
"""Where a number stands in the record of a card: attributes, keys and indices."""

Given = tuple[str, Decimal | float]
"""Name of the row that holds a number of a card, and what it is multiplied by to be in the card's unit."""


DIGITS = 9
"""Decimal places of a difference that are more than dust."""


@dataclass(slots=True)
class Draft:
    """Rows and ladders so far.

    Args:
        prefix: How names begin.
        shared: How the names of the card's own numbers and ladders begin, which its other contracts have too.
        section: Heading of the rows.
        currency: Unit of money.
        number: Finds the row that holds a number of the card; None where it is no input.
        rows: The rows by name.
        ladders: The ladders by name.
    """

    prefix: str
    shared: str
    section: str
    currency: Unit
    number: Callable[[Path], Given | None]
    rows: dict[str, Row] = field(default_factory=dict)
    ladders: dict[str, Ladder] = field(default_factory=dict)

    def named(self, *parts: str) -> str:
        """Make the name of a row."""
        return ".".join([self.prefix, *(part for part in parts if part)])

    def common(self, *parts: str) -> str:
        """Make the name of a row that other contracts on the card have, too."""
        return ".".join([self.shared, *parts])

    def row(
        self,
        name: str,
        node: Node,
        unit: Unit = PLAIN,
        *,
        by_month: bool = True,
        says: str = "",
        sums: bool = True,
    ) -> Name:
        """Write a row.

        Args:
            name: Its whole name.
            node: Its formula.
            unit: Its unit; a column of totals sums what has one.
            by_month: Whether it is a number each month.
            says: What it is, in words.
            sums: Whether the months add up, where it has a unit.

        Raises:
            InputError: The name is taken.
        """
        if name in self.rows:
            msg = f"two rows are called {name!r}; expected names that differ; rename a charge, a pool or a label"
            raise InputError(msg)
        total = "sum" if by_month and unit != PLAIN and sums else "none"
        self.rows[name] = Row(
            name=name,
            unit=unit,
            node=node,
            by_month=by_month,
            section=self.section,
            label=says,
            text=says,
            total=total,
        )
        return Name(name)

    def let(self, name: str, node: Node, unit: Unit = PLAIN, *, says: str = "") -> Node:
        """Write a row by month, but for what is a row or a plain number already."""
        return node if isinstance(node, Name | Number) else self.row(name, node, unit, says=says)

    def given(self, path: Path, value: Decimal, unit: Unit = PLAIN) -> Node:
        """Refer to a number of the card; one that is no input of the model gets a row of its own.

        Args:
            path: Where it stands in the card.
            value: The number there.
            unit: Its unit.
        """
        found = self.number(path)
        name = self.common(*map(str, path))
        if found is None:
            return self.fixed(name, value, unit)
        row, scale = found
        if scale == 1:
            return Name(row)
        if name not in self.rows:
            self.row(name, times(Name(row), constant(scale)), unit, by_month=False, says="in the unit of the card")
        return Name(name)

    def clean(self, node: Node) -> Node:
        """Take the dust of floats off a difference, so that its half cents and whole packages are what they are."""
        if isinstance(node, Number):
            return node
        return Call("round", (node, self.fixed(self.common("digits"), DIGITS)))

    def fixed(self, name: str, value: Decimal | float, unit: Unit = PLAIN) -> Node:
        """Refer to a number that the card fixes, in a row of its own; 0 and 1 stand for themselves."""
        if value in (0, 1):
            return constant(value)
        if name not in self.rows:
            self.row(name, Number(float(value), unit), unit, by_month=False)
        return Name(name)
