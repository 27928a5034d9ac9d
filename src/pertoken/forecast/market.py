"""Market: what is believed of who could buy, who we reach, who adopts and when, and what an adopter uses and pays."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pertoken.core.distribution import Distribution, points, quantile
from pertoken.core.errors import InputError
from pertoken.core.money import Values

ADOPTION = ("size", "reach", "ceiling", "p", "q")
"""Inputs that say how many adopt and when: what observed adopters tell of."""

SHARES = ("reach", "ceiling", "churn")
"""Inputs from 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """One number that is believed of a market.

    Args:
        name: `size`, `reach`, `ceiling`, `p`, `q`, `churn`, `usage`, `growth`, `price` or `revenue`.
        value: Its value where it is certain, else its median. [unit]
        unit: As it was written.
        spread: How unsure it is; None for certain. [unit]
        scale: What it is multiplied by to be in the unit that is reckoned in.
        source: Where it comes from.
        prior: Whether it is nobody's statement about this market.
        line: Line of the file.
    """

    name: str
    value: float
    unit: str = "1"
    spread: Distribution | None = None
    scale: float = 1.0
    source: str = ""
    prior: bool = False
    line: int = 0

    def at(self, share: Values) -> Values:
        """Read the value at shares between 0 and 1, in the unit that is reckoned in."""
        found: Values = self.scale * (
            np.full(share.shape, self.value) if self.spread is None else quantile(self.spread, share)
        )
        return found

    @property
    def points(self) -> tuple[float, float, float]:
        """P10, P50 and P90, in the unit as written."""
        return (self.value, self.value, self.value) if self.spread is None else points(self.spread)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What is believed of a market, and who has adopted so far.

    Args:
        name: Of the market.
        launch: Month in which adoption begins.
        currency: ISO 4217 code.
        beliefs: By name; `size`, `reach`, `ceiling`, `p`, `q`, `churn` and `growth` always, and `usage` with `price`
            or `revenue`.
        adopters: Customers who have ever adopted by the end of each month, in time, never falling.
        unit: What usage is counted in.
        source: File that it was read from.

    Raises:
        InputError: A belief is missing, or adopters fall or come before the launch.
    """

    name: str
    launch: str
    currency: str = "USD"
    beliefs: Mapping[str, Belief] = field(default_factory=dict)
    adopters: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        """Check that all is there, and that adopters only grow."""
        paid = {"revenue"} if "revenue" in self.beliefs else {"usage", "price"}
        missing = {*ADOPTION, "churn", "growth", *paid} - set(self.beliefs)
        if missing:
            raise InputError(f"market {self.name} says nothing of {', '.join(sorted(missing))}; expected a number each")
        months, counts = list(self.adopters), list(self.adopters.values())
        if months != sorted(months) or (months and months[0] < self.launch):
            raise InputError(f"adopters of {self.name} are not in time from {self.launch}, the launch, on")
        if counts != sorted(counts) or (counts and counts[0] < 0):
            raise InputError(
                f"adopters of {self.name} fall from month to month; expected all who ever adopted, with those who left"
            )

    @property
    def last(self) -> str:
        """The last month in which adopters were counted; empty if none."""
        return max(self.adopters, default="")

    @property
    def count(self) -> float:
        """Who had adopted by then."""
        return max(self.adopters.values(), default=0.0)

    @property
    def metered(self) -> bool:
        """Whether revenue comes from usage and its price."""
        return "revenue" not in self.beliefs
