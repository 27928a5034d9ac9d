"""Flow: a quantity of one month that a card prices, and the row that holds it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Usage of one contract.

    Args:
        labels: What it is about; `meter` among them.
        row: Name of the row that says how much of it there is each month. [unit of the meter]
    """

    labels: Mapping[str, str]
    row: str
