"""Pools in the words of FOCUS, where they are commitments; and what was drawn given to the usage that it covered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from pertoken.core import period
from pertoken.core.exact import CONTEXT
from pertoken.core.money import SETTLED
from pertoken.rating.card import Card, plain
from pertoken.rating.pool_terms import MONEY, Pool

NONE = Decimal(0)
TERM = "pools."
"""How the terms of a pool's lines begin."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes one row.

    Args:
        keys: Name to label.
        status: `Usage`, `Used`, `Unused`, `Fee`, `Purchase`, `Refund`, `Credit` or `Adjustment`.
        pool: Name of the pool; empty for none.
        quantity: How much was priced. [unit of the meter]
        list: List cost. [currency]
        contracted: Contracted cost. [currency]
        effective: Effective cost. [currency]
        billed: Billed cost. [currency]
        drawn: How much of the pool it is. [unit of the pool]
        stages: Stages of the ledger behind it.
    """

    keys: Mapping[str, str]
    status: str
    pool: str = ""
    quantity: Decimal = NONE
    list: Decimal = NONE
    contracted: Decimal = NONE
    effective: Decimal = NONE
    billed: Decimal = NONE
    drawn: Decimal = NONE
    stages: tuple[str, ...] = ("drawn",)

    @property
    def holds(self) -> bool:
        """Whether it says anything at all."""
        return any((self.quantity, self.list, self.contracted, self.effective, self.billed))

    @property
    def period(self) -> str:
        """The finest period that it names; empty for none."""
        return next((self.keys[grain] for grain in period.GRAINS if self.keys.get(grain)), "")

    def less(
        self,
        list: Decimal = NONE,  # noqa: A002  the standard's word
        contracted: Decimal = NONE,
        effective: Decimal = NONE,
        billed: Decimal = NONE,
        quantity: Decimal = NONE,
    ) -> "Piece":
        """What is left once something is taken off."""
        return replace(
            self,
            list=self.list - list,
            contracted=self.contracted - contracted,
            effective=self.effective - effective,
            billed=self.billed - billed,
            quantity=self.quantity - quantity,
        )


def part_of(whole: Decimal, part: Decimal, of: Decimal) -> Decimal:
    """A share of money or units, carried to as many places as exact money is.

    >>> part_of(Decimal(280), Decimal(64), Decimal(80))
    Decimal('224')
    """
    if part == of:
        return whole
    found = CONTEXT.divide(CONTEXT.multiply(whole, part), of)
    exponent = found.as_tuple().exponent
    short = isinstance(exponent, int) and exponent >= -SETTLED
    return found if short else found.quantize(Decimal(1).scaleb(-SETTLED), ROUND_HALF_UP, CONTEXT)


def pool_of(term: str, charge: str) -> str:
    """Name the pool of a line by its term, or by its charge."""
    return term.removeprefix(TERM) if term.startswith(TERM) else charge


@dataclass(frozen=True, slots=True)
class Pools:
    """The pools of some cards.

    Args:
        by_card: Name of the card and of the pool, to both.
    """

    by_card: Mapping[tuple[str, str], tuple[Card, Pool]]

    @classmethod
    def of(cls, cards: Sequence[Card]) -> "Pools":
        """Take the pools of cards."""
        return cls({(card.name, pool.name): (card, pool) for card in cards for pool in card.pools})

    def known(self, card: str, name: str) -> bool:
        """Whether a card has such a pool."""
        return (card, name) in self.by_card

    def holds_money(self, card: str, name: str) -> bool:
        """Whether a card has such a pool, and it holds money."""
        return self.known(card, name) and self.by_card[card, name][1].unit == MONEY

    def covering(self, card: str, charge: str, *, money: bool) -> tuple[str, ...]:
        """Name the pools that may cover a charge."""
        own = [pool for (name, _), (_, pool) in self.by_card.items() if name == card]
        return tuple(p.name for p in own if plain(charge) in p.eligible and (p.unit == MONEY) is money)

    def unit(self, card: str, name: str, currency: str) -> str:
        """Unit of a pool, in the words of the standard."""
        if not self.known(card, name):
            return "Units"
        unit = self.by_card[card, name][1].unit
        return currency if unit == MONEY else unit.rpartition("_")[2].capitalize()

    def recurs(self, card: str, name: str) -> bool:
        """Whether it is bought again and again."""
        pool = self.by_card[card, name][1] if self.known(card, name) else None
        return pool is not None and bool(pool.every or any(pay.every for pay in pool.pay))

    def paid_by(self, card: str, name: str) -> str:
        """The period for which it is paid again and again; empty for none."""
        pool = self.by_card[card, name][1] if self.known(card, name) else None
        return next((pay.every for pay in pool.pay if pay.every in period.GRAINS), "") if pool else ""

    def last_day(self, card: str, name: str, start: date) -> date | None:
        """Last day of what is bought once for a term; None where that isn't said."""
        pool = self.by_card[card, name][1] if self.known(card, name) else None
        if pool is None or pool.term is None or self.recurs(card, name):
            return None
        if pool.term.end:
            return pool.term.end - timedelta(days=1)
        if not pool.term.months:
            return None
        month = start.year * 12 + start.month - 1 + pool.term.months
        return date(month // 12, month % 12 + 1, min(start.day, 28)) - timedelta(days=1)

    def facts(self, card: str, name: str, keys: Mapping[str, str], currency: str) -> dict[str, str]:
        """What a row says of a pool: each contract's is a commitment of its own."""
        scope = self.by_card[card, name][0].scope if self.known(card, name) else ()
        owner = [keys[key] for key in scope if keys.get(key)]
        return {
            "pool_id": "/".join([card, name, *owner]),
            "pool_name": name,
            "pool_type": self._type(card, name),
            "pool_category": "Spend" if self.holds_money(card, name) else "Usage",
            "pool_unit": self.unit(card, name, currency),
        }

    def _type(self, card: str, name: str) -> str:
        if not self.known(card, name):
            return "Commitment"
        pool = self.by_card[card, name][1]
        if pool.unit == MONEY:
            return "Spend Commitment"
        if pool.every == "hour":
            return "Reserved Capacity"
        return "Prepaid Bundle" if pool.price or pool.pay or pool.inside.rate else "Allowance"
