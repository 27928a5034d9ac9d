"""Customers of a model in their typed form: segments and contracts, and how usage differs among them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How usage differs among the customers of a segment, so that tiers meet real customers and not the mean one.

    Args:
        classes: Classes of equally many customers each, for a lognormal spread.
        spread: Formula of the standard deviation of the logarithm of usage; empty where `parts` says it.
        parts: Share of customers and times the mean usage, for each class; scaled so that the mean stays.
    """

    classes: int = 5
    spread: str = ""
    parts: tuple[tuple[Decimal, Decimal], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Customers who are alike: their number, their plan, how their usage differs. All rates are by month.

    Args:
        name: Name; makes the quantities `customers.NAME`, `new.NAME`, `churned.NAME`.
        plan: Name of the plan that they are on; empty where they pay nothing.
        start: Formula of the number of customers before the first month.
        new: Formula of how many join in a month.
        churn: Formula of the share of last month's customers who leave; empty for none.
        churn_by_age: Formulas of the share who leave in their first, second... month; the last holds on. Instead of
            `churn`.
        to: Formula of the share of last month's customers who move on to another segment, by its name.
        sizes: How their usage differs; None for all alike.
        begins: First month of a named contract (then `start`, `new`, `churn` are not said and there is one customer).
        ends: Month in which the contract is over; None for no end.
        leaves: Name of the event with which the contract ends early; empty for none.
        label: What a person calls them.
        line: Line of the model's file.
    """

    name: str
    plan: str = ""
    start: str = "0"
    new: str = "0"
    churn: str = ""
    churn_by_age: tuple[str, ...] = ()
    to: Mapping[str, str] = field(default_factory=dict)
    sizes: Sizes | None = None
    begins: str = ""
    ends: str = ""
    leaves: str = ""
    label: str = ""
    line: int = 0

    @property
    def is_contract(self) -> bool:
        """Whether it is one named customer with dates."""
        return bool(self.begins)
