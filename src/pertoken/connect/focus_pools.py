"""Pools in the words of FOCUS, where they are commitments; and what was drawn given to the usage that it covered."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from pertoken.core import period
from pertoken.core.exact import CONTEXT
from pertoken.core.money import SETTLED
from pertoken.rating.card import MONEY, Card, Pool

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

    def share(self, contracted: Decimal, units: Decimal, pool: str) -> "Piece":
        """What a pool covers of it: as many units as it says, or as its money is of the whole."""
        by_units = NONE < units <= self.quantity
        part = (units, self.quantity) if by_units else (contracted, self.contracted)
        quantity = units if by_units else part_of(self.quantity, *part)
        return replace(
            self, status="Used", pool=pool, quantity=quantity, list=part_of(self.list, *part), contracted=contracted,
            effective=NONE, billed=NONE, stages=tuple(dict.fromkeys((*self.stages, "covered"))),
        )  # fmt: skip


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
            "pool_category": "Spend" if self._money(card, name) else "Usage",
            "pool_unit": self.unit(card, name, currency),
        }

    def _money(self, card: str, name: str) -> bool:
        return self.known(card, name) and self.by_card[card, name][1].unit == MONEY

    def _type(self, card: str, name: str) -> str:
        if not self.known(card, name):
            return "Commitment"
        pool = self.by_card[card, name][1]
        if pool.unit == MONEY:
            return "Spend Commitment"
        if pool.every == "hour":
            return "Reserved Capacity"
        return "Prepaid Bundle" if pool.price or pool.pay or pool.inside.rate else "Allowance"


def drawn_by_piece(pieces: Sequence[Piece], drawn: Iterable[Piece]) -> list[Piece]:
    """Give what was drawn of each pool to the usage that it covered, by the units covered.

    Args:
        pieces: Charges, split into what is covered and what is not.
        drawn: What was drawn, by the keys and period that the pool counts by.

    Returns:
        The pieces, those covered with their effective cost; what was drawn for no piece stands as one of its own.
    """
    covered = [i for i, piece in enumerate(pieces) if piece.status == "Used"]
    out = list(pieces)
    by_signature: dict[tuple[str, ...], list[Piece]] = defaultdict(list)
    for each in drawn:
        by_signature[_signature(each)].append(each)
    for names, some in by_signature.items():
        own = [i for i in covered if (pieces[i].pool, pieces[i].keys.get("card")) in _sold(some)]
        grain = _coarsest([_grain(piece) for piece in [*some, *(pieces[i] for i in own)]])
        index: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for i in own:
            index[_place(pieces[i], names, grain)].append(i)
        for each in some:
            found = index.get(_place(each, names, grain), [])
            out += _given(out, found, each)
    return out


def _sold(some: Iterable[Piece]) -> set[tuple[str, str | None]]:
    return {(each.pool, each.keys.get("card")) for each in some}


def _given(out: list[Piece], found: Sequence[int], each: Piece) -> list[Piece]:
    """Share out one draw over some pieces, in place; return it whole where there is none."""
    whole = sum((out[i].quantity for i in found), NONE)
    if not whole:
        return [each]
    left, units = each.effective, each.drawn
    for i in found:
        last = i == found[-1]
        amount = left if last else part_of(each.effective, out[i].quantity, whole)
        count = units if last else part_of(each.drawn, out[i].quantity, whole)
        left, units = left - amount, units - count
        stages = tuple(dict.fromkeys((*out[i].stages, "drawn")))
        out[i] = replace(out[i], effective=out[i].effective + amount, drawn=out[i].drawn + count, stages=stages)
    return []


def _signature(piece: Piece) -> tuple[str, ...]:
    """The keys that a draw names, besides what it was drawn for and when."""
    return tuple(n for n, label in piece.keys.items() if label and n not in ("charge", "meter", *period.GRAINS))


def _grain(piece: Piece) -> str:
    return next((grain for grain in period.GRAINS if piece.keys.get(grain)), "")


def _coarsest(grains: Iterable[str]) -> str:
    known = [period.GRAINS.index(grain) for grain in grains if grain]
    return period.GRAINS[max(known)] if known else ""


def _place(piece: Piece, names: Sequence[str], grain: str) -> tuple[str, ...]:
    when = piece.period if _grain(piece) in ("", grain) else period.roll_up(piece.period, grain)
    return (piece.pool, when, *(piece.keys.get(name, "") for name in names))
