"""Unit: what a number counts, so that formulas are checked before anything runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of powers of what is counted, and a factor.

    Args:
        powers: Exponent by noun (`token`, `request`, `USD`), none of them zero.
        scale: How many of the plain unit one of it is: 1000 for `1K token`, 0.01 for `%`, 1/12 for `1 / year`.
        text: As it was written, or as a person writes it.
    """

    powers: Mapping[str, int] = field(default_factory=dict)
    scale: float = 1.0
    text: str = "1"
