"""Words and kinds for the quantities of a model: what people call them and how their numbers are written."""

from collections.abc import Sequence
from math import isfinite

import numpy as np

from pertoken.core.units import Unit
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Kind
from pertoken.scenario.answer import Ran
from pertoken.scenario.program import Row

SHARES = frozenset({"gross_margin_share", "contribution_share", "nrr", "grr", "paying_churn"})
"""Results without a unit that are read as percentages."""


LARGE = 1_000
"""From here on cents say nothing."""


def kind_of(row: Row) -> Kind:
    """Tell how a quantity's numbers are written."""
    if row.name in SHARES:
        return "share"
    nouns = dict(row.unit.powers)
    money = [noun for noun in nouns if noun.isupper()]
    if money and len(nouns) == 1:
        return "money"
    return "money" if money and nouns == {money[0]: 1, "customer": -1} else "quantity"


def amount(value: Cell) -> str:
    """Write money in words: cents only where it is small.

    >>> amount(77283.57), amount(12.5)
    ('77,284', '12.50')
    """
    large = isinstance(value, float) and abs(value) >= LARGE
    return show(value, "count" if large else "money")


def months_words(months: Sequence[str]) -> str:
    """Say over which time a number is.

    >>> months_words(["2027-01"]), months_words(["2027-01", "2027-02"])
    ('in 2027-01', 'over 2 months')
    """
    return f"over {len(months)} months" if len(months) > 1 else f"in {months[0]}"


def earns(answer: Ran) -> bool:
    """Tell whether a model has any revenue, or is one of costs alone."""
    spec = answer.model.spec
    return any(segment.plan for segment in spec.segments) or any(line.side == "revenue" for line in spec.lines)


def unit_words(unit: Unit) -> str:
    """Write a unit beside a number; nothing for a plain number."""
    return "" if unit.text == "1" else str(unit)


def label_of(row: Row) -> str:
    """What people call a quantity."""
    return row.label or row.name


def cell(value: object) -> Cell:
    """Give a number to a sheet; what is not a number reads as not applicable."""
    number = float(np.asarray(value, dtype=np.float64))
    return number if isfinite(number) else None


def number_words(value: float, unit: str) -> str:
    """Write the value of an input with its unit, as a person would.

    >>> number_words(0.0042, "USD / 1K token"), number_words(3, "%"), number_words(1, "1")
    ('0.0042 USD / 1K token', '3 %', '1')
    """
    return show(value, "quantity", "" if unit == "1" else unit)
