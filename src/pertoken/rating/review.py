"""What a look at cards finds: what they say, what is wrong, what is likely wrong."""

from dataclasses import dataclass

from pertoken.core.errors import Fault
from pertoken.rating.card import Card


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Cards that were looked at.

    Args:
        files: Where they were read from.
        cards: Those that can be used.
        faults: What is wrong with the others.
        doubts: What is likely wrong with those that can be used.
    """

    files: tuple[str, ...]
    cards: tuple[Card, ...]
    faults: tuple[Fault, ...]
    doubts: tuple[Fault, ...]
