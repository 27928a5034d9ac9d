"""What a card says of a pool: what is granted, for how long, at which price, and what becomes of the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import ClassVar, Literal

from pertoken.rating.during import STRICT, During, Window

Unused = Literal["forfeit", "true_up", "refund"]

MONEY = "money"
"""Unit of a pool that is drawn down by money."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pay:
    """When a pool is paid.

    Args:
        upfront_share: Share of the price of the whole term that is paid at its start, 0 to 1.
        every: Period in which the rest is paid, each time for the grants of that period.
        amount: Money each time, instead of the price of the grants. [currency]
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    upfront_share: Decimal | None = None
    every: Window | None = None
    amount: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What a unit costs while the pool lasts.

    Args:
        rate: Price of one unit of the grant. [currency / unit]
        times: For money: how much of the pool a unit of money draws (0.72 of on-demand prices), by charge or for all.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    rate: Decimal | None = None
    times: Decimal | Mapping[str, Decimal] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What happens to usage that the pool no longer covers.

    Args:
        times: Factor of its price.
        block: True if it is not sold: it stays without a price.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    times: Decimal = Decimal(1)
    block: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollover:
    """What of the unused is carried on at the end of a cycle; all of it must be said.

    Args:
        share: Share that is carried, 0 to 1.
        of: Share of what is left (`remaining`) or of the grant (`original`).
        max: The most that is carried into a cycle; None for no limit. [unit of the pool]
        periods: For how many cycles it lasts.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    share: Decimal
    of: Literal["remaining", "original"]
    max: Decimal | None = None
    periods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """How long a pool lasts: fixed days, or months from the contract's start.

    Args:
        start: First day, `from` in a file.
        end: Day on which it is over, `to` in a file.
        months: Months from the contract's start (or from `start`).
        renews: True if another term follows each.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    start: date | None = None
    end: date | None = None
    months: int | None = None
    renews: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A balance that usage or money draws down: allowance, bundle, credit, commitment, reservation.

    Args:
        name: Its name, `id` in a file.
        unit: `money`, or the unit of what the charges count (`tokens`, `gpu_hours`).
        grant: What is granted in each cycle, or once for the term. [unit; for `every: hour`, machines or money]
        every: Cycle; None for one grant a term.
        term: How long it lasts; None for as long as the contract.
        price: Price of one grant; None where `inside` or `pay` says it. [currency]
        pay: When it is paid; at each grant if empty.
        eligible: Charges that may draw on it, in the order in which they do.
        where: Condition on the contract's keys; all contracts if empty.
        inside: What a unit costs while the pool lasts.
        outside: What happens to usage beyond.
        rollover: What is carried on.
        unused: What happens to the rest: `forfeit`, `true_up` (what is not yet paid is billed), `refund`.
        priority: Lower draws first; must be said where two pools share a charge. Then by expiry, cost of a unit, name.
        drawn: Period by which usage is set in order before it draws; must be said where it covers charges of several
            prices.
        during: When grants are made, and how they are prorated.
        line: Line of the card's file.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = STRICT
    name: str
    unit: str
    grant: Decimal
    every: Window | None = None
    term: Term | None = None
    price: Decimal | None = None
    pay: tuple[Pay, ...] = ()
    eligible: tuple[str, ...]
    where: str = ""
    inside: Inside = field(default_factory=Inside)
    outside: Outside = field(default_factory=Outside)
    rollover: Rollover | None = None
    unused: Unused | None = None
    priority: int | None = None
    drawn: Window | None = None
    during: During = field(default_factory=During)
    line: int = 0
