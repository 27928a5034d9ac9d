"""The rate card as data: charges of measure, convert and curve; adjustments, limits, rounding; a table of rates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Literal

from pertoken.catalog.prices import Rate

Party = Literal["vendor", "customer"]
Mode = Literal["marginal", "all"]
Rounding = Literal["up", "down", "half_up"]
Window = Literal["hour", "day", "month", "quarter", "year"]
Step = Literal["discount", "minimum", "maximum"]

STRICT = {"extra": "forbid"}
"""What the door is told: a key that no record has is an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Which usage a charge counts.

    Args:
        sum: Meters added up, with fixed weights (`input_tokens + output_tokens`), or named sums (`total_tokens`).
        where: Condition on the keys of the line; all lines if empty.
        by: Keys that stay apart: each label has a curve of its own from zero.
        window: Period after which the count begins again.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    sum: str
    where: str = ""
    by: tuple[str, ...] = ()
    window: Window = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Convert:
    """From what is counted to what is priced.

    Args:
        per: Units in one priced unit (1000 for a price for 1K tokens).
        round: Whole priced units only (packages): `up`, `down` or `half_up`; None prices fractions.
        free: Units that cost nothing in each window, in priced units (after `per`).
        free_first: True to take the free units off before rounding, False after; must be said where both are used.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    per: Decimal = Decimal(1)
    round: Rounding | None = None
    free: Decimal = Decimal(0)
    free_first: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A stretch of the curve.

    Args:
        up_to: Last quantity that belongs to it, itself included; None for no end.
        rate: Money for each priced unit. [currency / unit]
        flat: Money for entering the tier. [currency]
        line: Line of the card's file.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    up_to: Decimal | None = None
    rate: Decimal = Decimal(0)
    flat: Decimal = Decimal(0)
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What has been charged once so much was used.

    Args:
        tiers: From low to high; the last has no end.
        mode: `marginal` prices each unit in its own tier (graduated); `all` prices all units in the last tier reached
            (volume). Must be said where there are several tiers.
        flat_on_zero: Whether the first tier's flat is due without any usage; must be said where there is one.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    tiers: tuple[Tier, ...]
    mode: Mode | None = None
    flat_on_zero: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One price of a card. Without a `measure` it is a fee, due once for each contract and window.

    Args:
        curve: Cumulative price.
        measure: What is counted; None for a fee.
        convert: From counted to priced units.
        window: Period of a fee.
        surcharge: True if it comes on top of another charge on the same usage.
        line: Line of the card's file.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    curve: Curve
    measure: Measure | None = None
    convert: Convert = field(default_factory=Convert)
    window: Window = "month"
    surcharge: bool = False
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust:
    """Money off, or on: a line of its own.

    Args:
        percent: Added to the amount, in percent; -10 takes a tenth off.
        on: Names of the charges it is reckoned on; all if empty. Rates stand under the name `rates`.
        where: Condition on the keys; all lines if empty.
        line: Line of the card's file.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    percent: Decimal
    on: tuple[str, ...] = ()
    where: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Clamp:
    """The least or the most that a contract is charged in a window.

    Args:
        min: Least amount; what is missing is a true-up line. [currency]
        max: Most amount; what is above is a line that takes it off. [currency]
        window: Period in which it holds.
        line: Line of the card's file.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    min: Decimal | None = None
    max: Decimal | None = None
    window: Window = "month"
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A name for requests that are longer than so much; the whole request is in the band.

    Args:
        of: What of the single request is looked at (`prompt_tokens`).
        above: Strictly above how much.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    of: str = "prompt_tokens"
    above: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A rate card: what one party charges the other.

    Args:
        name: The card's name.
        party: `vendor` for what we pay, `customer` for what we are paid.
        currency: ISO 4217 code.
        scope: Keys that name a contract: charges are counted for each apart. Empty for one account.
        where: Condition for usage that the card is for; all if empty.
        prices: Charges by name.
        rates: Prices of models, a table.
        bands: Names for lengths of request, usable in conditions.
        adjust: Discounts and mark-ups, in the order in which they apply.
        clamp: Minimum and maximum of the whole card.
        order: Order of `discount`, `minimum`, `maximum`; must be said where there are discounts and limits.
        rounding: Decimal places of an invoice line; None for no rounding.
        source: File or package that it was read from.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    name: str
    party: Party
    currency: str = "USD"
    scope: tuple[str, ...] = ()
    where: str = ""
    prices: Mapping[str, Charge] = field(default_factory=dict)
    rates: tuple[Rate, ...] = ()
    bands: Mapping[str, Band] = field(default_factory=dict)
    adjust: tuple[Adjust, ...] = ()
    clamp: Clamp | None = None
    order: tuple[Step, ...] = ()
    rounding: int | None = 2
    source: str = ""

    @property
    def account(self) -> str:
        """The side of the books: `cost` of what we pay, `revenue` of what we are paid."""
        return "cost" if self.party == "vendor" else "revenue"
