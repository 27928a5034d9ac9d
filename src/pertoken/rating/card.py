"""The rate card as data: seven primitives, each a frozen record.

`measure`, `convert` and `curve` make a charge; `adjust` and `clamp` follow; a `pool` is drawn down; `during` says when.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import ClassVar, Literal

from pertoken.catalog.prices import Rate
from pertoken.rating.during import STRICT, During, Window
from pertoken.rating.pool_terms import Pool

Party = Literal["vendor", "customer"]
Mode = Literal["marginal", "all"]
Rounding = Literal["up", "down", "half_up"]
Count = Literal["request", "hour", "day", "month", "quarter", "year", "term"]
Step = Literal["discount", "amount", "percent", "minimum", "maximum", "credit"]


ORDERS: dict[str, tuple[Step, ...]] = {
    "orb": ("amount", "percent", "minimum", "maximum", "credit"),
    "openmeter": ("percent", "maximum", "minimum", "credit"),
    "lago": ("minimum", "discount", "credit"),
    "aws": ("credit", "discount"),
}
"""The order of an invoice's steps as four engines have it; `discount` is all of `adjust` in the card's own order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What a charge counts; one of `sum`, `count`, `max`, `unique`, `time_weighted` and `of`.

    Args:
        sum: Meters added up, with fixed weights (`input_tokens + output_tokens`), or named sums (`total_tokens`).
        count: Meter whose number is taken (`requests`); the same as a sum of it.
        max: Meters of which the greatest sum of an `every` counts.
        unique: Key of which the distinct labels count (`user`); takes no meter.
        time_weighted: Meters whose last known level, held until the next, is averaged over the window by `every`.
        of: Charges whose money is the quantity.
        where: Condition on the keys of the line; all lines if empty.
        by: Keys that stay apart: each label has a curve of its own from zero.
        window: Period after which the count begins again; `term` for the whole contract, `request` for each request.
        every: Period inside the window, for `max` and `time_weighted`.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    sum: str = ""
    count: str = ""
    max: str = ""
    unique: str = ""
    time_weighted: str = ""
    of: tuple[str, ...] = ()
    where: str = ""
    by: tuple[str, ...] = ()
    window: Count = "month"
    every: Literal["hour", "day", "month"] | None = None

    @property
    def kind(self) -> str:
        """Which of the ways of counting it is."""
        return next((name for name in KINDS if getattr(self, name)), "")

    @property
    def meters(self) -> str:
        """The sum of meters that it takes; empty where it takes none."""
        return self.sum or self.count or self.max or self.time_weighted


KINDS = ("sum", "count", "max", "unique", "time_weighted", "of")
"""The ways of counting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Convert:
    """From what is counted to what is priced.

    Args:
        per: Units in one priced unit (1000 for a price for 1K tokens).
        times: Priced units for one counted unit, before `per`.
        round: Whole priced units only (packages): `up`, `down` or `half_up`; None prices fractions.
        precision: Decimal places to which `round` goes.
        free: Units that cost nothing in each window, in priced units (after `per`).
        free_first: True to take the free units off before rounding, False after; must be said where both are used.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    per: Decimal = Decimal(1)
    times: Decimal = Decimal(1)
    round: Rounding | None = None
    precision: int = 0
    free: Decimal = Decimal(0)
    free_first: bool | None = None

    @property
    def whole(self) -> bool:
        """Whether something is rounded or free, so that parts can't be priced apart."""
        return bool(self.round or self.free)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A stretch of the curve.

    Args:
        up_to: Last quantity that belongs to it, itself included; None for no end.
        rate: Money for each priced unit. [currency / unit]
        flat: Money for entering the tier. [currency]
        cap: The most that the tier charges, its flat included; None for no cap. [currency]
        line: Line of the card's file.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    up_to: Decimal | None = None
    rate: Decimal = Decimal(0)
    flat: Decimal = Decimal(0)
    cap: Decimal | None = None
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What has been charged once so much was used.

    Args:
        tiers: From low to high; the last has no end.
        mode: `marginal` prices each unit in its own tier (graduated); `all` prices all units in the last tier reached
            (volume). Must be said where there are several tiers.
        select: Meters whose sum in the window, as it is counted, picks the tier instead of the quantity itself; with
            mode `all`.
        flat_on_zero: Whether the first tier's flat is due without any usage; must be said where there is one.
        series: Name of the card's series of rates over time, instead of tiers.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    tiers: tuple[Tier, ...] = ()
    mode: Mode | None = None
    select: str = ""
    flat_on_zero: bool | None = None
    series: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """One price of a card. Without a `measure` it is a fee, due once for each contract and period.

    Args:
        curve: Cumulative price; None where a pool prices all there may be.
        measure: What is counted; None for a fee.
        convert: From counted to priced units.
        during: When it holds; the period of a fee.
        surcharge: True if it comes on top of another charge on the same usage.
        line: Line of the card's file.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    curve: Curve | None = None
    measure: Measure | None = None
    convert: Convert = field(default_factory=Convert)
    during: During = field(default_factory=During)
    surcharge: bool = False
    line: int = 0

    @property
    def window(self) -> Count:
        """The window of what is counted, or the period of a fee."""
        return self.measure.window if self.measure else self.during.every or "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjust:
    """Money off, or on: a line of its own. One of `percent`, `amount`, `times`, or a curve over a money measure.

    Args:
        percent: Added to the amount, in percent; -10 takes a tenth off.
        amount: Money added once in each window; what it takes off is never more than there is. [currency]
        times: Factor of the amount; 0.5 halves it.
        measure: Money of charges (`of`) as a quantity, with its window.
        curve: What that money becomes: rates are shares of it (0.88 for 12 % off).
        on: Names of the charges (or pools) it is reckoned on; all charges if empty. Rates stand under `rates`.
        where: Condition on the keys; all lines if empty.
        window: Period of an `amount`.
        during: When it holds.
        line: Line of the card's file.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    percent: Decimal | None = None
    amount: Decimal | None = None
    times: Decimal | None = None
    measure: Measure | None = None
    curve: Curve | None = None
    on: tuple[str, ...] = ()
    where: str = ""
    window: Window = "month"
    during: During = field(default_factory=During)
    line: int = 0

    @property
    def factor(self) -> Decimal | None:
        """What share of the amount is added; None where it is not a share."""
        if self.percent is not None:
            return self.percent / 100
        return self.times - 1 if self.times is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clamp:
    """The least or the most that a contract is charged in a window.

    Args:
        min: Least amount; what is missing is a true-up line. [currency]
        max: Most amount; what is above is a line that takes it off. [currency]
        window: Period in which it holds.
        on: Charges that it holds for; all that is invoiced if empty.
        during: When it holds, and how it is prorated.
        line: Line of the card's file.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    min: Decimal | None = None
    max: Decimal | None = None
    window: Window = "month"
    on: tuple[str, ...] = ()
    during: During = field(default_factory=During)
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A name for requests that are longer than so much; the whole request is in the band.

    Args:
        of: What of the single request is looked at (`prompt_tokens`).
        above: Strictly above how much.
        window: Always the single request.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    of: str = "prompt_tokens"
    above: int
    window: Literal["request"] = "request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A rate card: what one party charges the other.

    Args:
        name: The card's name.
        party: `vendor` for what we pay, `customer` for what we are paid.
        currency: ISO 4217 code.
        scope: Keys that name a contract: charges are counted for each apart. Empty for one account.
        where: Condition for usage that the card is for; all if empty.
        during: When the card holds, for each contract; its proration and anchor hold for all of its parts.
        prices: Charges by name. What a later phase says of a charge stands under `NAME@2`, `NAME@3`...
        rates: Prices of models, a table.
        bands: Names for lengths of request, usable in conditions.
        series: Rates over time by name: each holds from its label (`2026-01-05T09`) until the next.
        adjust: Discounts and mark-ups, in the order in which they apply.
        clamps: Minima and maxima.
        pools: Balances that are drawn down.
        order: Order of the steps; must be said where there are several kinds of them.
        rounding: Decimal places of an invoice line; None for no rounding.
        source: File or package that it was read from.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    name: str
    party: Party
    currency: str = "USD"
    scope: tuple[str, ...] = ()
    where: str = ""
    during: During = field(default_factory=During)
    prices: Mapping[str, Charge] = field(default_factory=dict)
    rates: tuple[Rate, ...] = ()
    bands: Mapping[str, Band] = field(default_factory=dict)
    series: Mapping[str, Mapping[str, Decimal]] = field(default_factory=dict)
    adjust: tuple[Adjust, ...] = ()
    clamps: tuple[Clamp, ...] = ()
    pools: tuple[Pool, ...] = ()
    order: tuple[Step, ...] = ()
    rounding: int | None = 2
    source: str = ""

    @property
    def account(self) -> str:
        """The side of the books: `cost` of what we pay, `revenue` of what we are paid."""
        return "cost" if self.party == "vendor" else "revenue"


def plain(name: str) -> str:
    """Name a charge without the phase that it is of.

    >>> plain("tokens@2")
    'tokens'
    """
    return name.partition("@")[0]
