"""Program: a model's quantities as rows of a sheet, each one formula over others, with time from left to right.

What a row says is data. NumPy runs a program with any leading axes; the workbook writes the same rows as cells; what is
explained is read off them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pertoken.core.formula import Node
from pertoken.core.units import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One quantity.

    Args:
        name: Its name, dots included; once in a program.
        unit: Its unit.
        node: How it follows from others; None for an input, whose values come from outside.
        by_month: True for a number each month, False for one number.
        opening: Its value before the first month, which `prev` of it takes in the first; None for 0. May ask for
            single numbers only.
        section: Heading that it stands under: `inputs`, `drivers`, `customers`, `usage`, `levers`, `plans.NAME`,
            `vendors.NAME`, `costs`, `results`, `checks`.
        label: What a person calls it.
        text: The formula as the modeller wrote it, or in words where the house made it.
        total: How a column of totals reads: `sum` over the months, `last` month, `ratio` (the row is a quotient of two
            named rows: the quotient of their totals; fold first, divide last), or `none`.
        source: File and place that says so.
        line: Line of the model's file.
    """

    name: str
    unit: Unit
    node: Node | None = None
    by_month: bool = True
    opening: Node | None = None
    section: str = "drivers"
    label: str = ""
    text: str = ""
    total: str = "none"
    source: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The tiers of one price in their normal form, each column the names of rows that hold single numbers.

    `tiered(LADDER, q)` finds the tier k of q (a bound belongs to the tier below it) and is `a[k] + b[k] * q`.

    Args:
        name: Name, as the first argument of `tiered`.
        up_to: Rows with the upper bounds of all tiers but the last.
        a: Rows with the intercept of each tier.
        b: Rows with the slope of each tier.
        shown: Rows as the card has them, by column title (`up to`, `rate`, `flat`), for who reads the ladder.
    """

    name: str
    up_to: tuple[str, ...]
    a: tuple[str, ...]
    b: tuple[str, ...]
    shown: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Rows in an order in which each stands below what it asks for (but for `prev`).

    Args:
        rows: The rows.
        months: Labels of the months (`2027-01`).
        ladders: Tiers by name.
    """

    rows: tuple[Row, ...]
    months: tuple[str, ...]
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
