"""Agreement: what a customer has signed for, and how it is meant to ramp. A ledger of them is the committed part."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from pertoken.core.errors import InputError

TERMS = {"month": 1, "quarter": 3, "year": 12}
"""Months of the periods in which a commitment is settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """One signed contract with a commitment.

    Args:
        customer: Whose.
        card: Name of the plan that usage is charged by.
        signed: Day on which it was signed.
        start: First day of the commitment.
        end: The day on which it is over.
        committed: What is paid at least in each `per`, or over the whole contract. [currency]
        per: `month`, `quarter`, `year`, or `contract`.
        ramp: Months from the start until usage is at its level; 0 for at once.
        renewal: Chance that it is renewed at its end; None for that of its segment.
        planned: Usage at its level that the plan counted on, a month; None if nobody said. [currency / month]
        line: Line of the file.

    Raises:
        InputError: It ends before it begins, or commits less than nothing.
    """

    customer: str
    card: str
    signed: date
    start: date
    end: date
    committed: Decimal = Decimal(0)
    per: Literal["month", "quarter", "year", "contract"] = "contract"
    ramp: int = 0
    renewal: float | None = None
    planned: Decimal | None = None
    line: int = 0

    def __post_init__(self) -> None:
        """Check dates and signs."""
        if self.end <= self.start:
            raise InputError(
                f"the contract of {self.customer} runs from {self.start} to {self.end}; the end comes after"
            )
        if self.committed < 0:
            raise InputError(f"the contract of {self.customer} commits {self.committed}; expected 0 or more")
