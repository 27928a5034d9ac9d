"""A prompt before it is sent: how many tokens it has, and what it costs."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Tokens of prompts, and what they cost to send.

    Args:
        model: The model, as it was asked for.
        source: Where the prompts stand.
        requests: How many prompts there are.
        characters: Characters of their text.
        tokens: Their tokens, or the best estimate.
        low: The least they may be; the same where they are counted exactly.
        high: The most they may be.
        exact: Whether they are counted as the model counts them.
        by: The tokeniser, or how they were estimated.
        basis: Who says that this holds for the model.
        price: What they cost as input, uncached; None without a price. [currency]
        price_low: What the least costs.
        price_high: What the most costs.
        currency: Currency of the prices.
        prices: Who gives the prices, or why there is none.
        notes: What is not counted, and what would make it exact.
    """

    model: str
    source: str
    requests: int
    characters: int
    tokens: int
    low: int
    high: int
    exact: bool
    by: str
    basis: str
    price: Decimal | None
    price_low: Decimal | None
    price_high: Decimal | None
    currency: str
    prices: str
    notes: tuple[str, ...] = ()
