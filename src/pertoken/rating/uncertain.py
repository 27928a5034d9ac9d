"""Uncertain: which numbers of a card may differ by world, and how many worlds its cards have."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np

from pertoken.catalog.prices import Rate
from pertoken.core.drawn import Drawn
from pertoken.core.errors import CardError
from pertoken.core.money import array
from pertoken.rating.card import Adjust, Card, Clamp, Convert, Curve, Tier
from pertoken.rating.pool_terms import Inside, Outside, Pay, Pool, Rollover

MAY: Mapping[type, tuple[str, ...]] = {
    Rate: ("price",),
    Tier: ("rate", "flat", "cap", "up_to"),
    Convert: ("free",),
    Adjust: ("percent", "amount", "times"),
    Clamp: ("min", "max"),
    Pool: ("price", "grant"),
    Pay: ("amount",),
    Inside: ("rate",),
    Outside: ("times",),
}
"""Numbers of each record that may differ by world; rates of a series may, too."""

MUST_NOT: Mapping[type, tuple[str, ...]] = {
    Rate: ("per",),
    Convert: ("per", "times"),
    Pay: ("upfront_share",),
    Inside: ("times",),
    Rollover: ("share", "max"),
}
"""Numbers that must be the same in every world."""

Place = tuple[str, ...]


def worlds_in(cards: Sequence[Card]) -> tuple[int, ...]:
    """Find the worlds in which numbers of cards differ: the shape of them all, empty where every number is certain.

    Raises:
        CardError: A number differs by world that must not, or the worlds of two numbers do not go together.
    """
    shapes: set[tuple[int, ...]] = set()
    for card in cards:
        shapes.update(each.worlds.shape for each in _drawn(card))
    if len(shapes) <= 1:
        return next(iter(shapes), ())
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        msg = f"numbers of one side's cards have {' and '.join(map(str, sorted(shapes)))} worlds; draw them together"
        raise CardError(msg) from None


def _drawn(card: Card) -> Iterator[Drawn]:
    """List the numbers of a card that differ by world."""
    for place, record in _records(card):
        kind = type(record)
        for name in MUST_NOT.get(kind, ()):
            number = getattr(record, name)
            if any(isinstance(each, Drawn) for each in (number.values() if isinstance(number, Mapping) else (number,))):
                raise _refused(card, (*place, name))
        for name in MAY.get(kind, ()):
            number = getattr(record, name)
            if isinstance(number, Drawn):
                _sound(card, (*place, name), number)
                yield number
    for rates in card.series.values():
        yield from (each for each in rates.values() if isinstance(each, Drawn))


def _records(card: Card) -> Iterator[tuple[Place, Any]]:
    """List the records of a card that hold numbers, each with its place."""
    for rate in card.rates:
        yield ("rates", rate.model, rate.meter), rate
    for name, charge in card.prices.items():
        place = ("prices", name)
        if charge.measure and charge.measure.window == "request" and isinstance(charge.convert.free, Drawn):
            raise _refused(card, (*place, "convert", "free"))
        yield (*place, "convert"), charge.convert
        yield from _tiers(card, (*place, "curve"), charge.curve)
    for i, adjust in enumerate(card.adjust):
        yield ("adjust", str(i)), adjust
        yield from _tiers(card, ("adjust", str(i), "curve"), adjust.curve)
    for i, clamp in enumerate(card.clamps):
        yield ("clamps", str(i)), clamp
    for pool in card.pools:
        place = ("pools", pool.name)
        yield place, pool
        yield from (((*place, "pay"), each) for each in pool.pay)
        yield (*place, "inside"), pool.inside
        yield (*place, "outside"), pool.outside
        if pool.rollover:
            yield (*place, "rollover"), pool.rollover


def _tiers(card: Card, place: Place, curve: Curve | None) -> Iterator[tuple[Place, Tier]]:
    """List the tiers of a curve.

    Raises:
        CardError: In some world a tier ends before it begins.
    """
    tiers = curve.tiers if curve else ()
    ends = [tier.up_to for tier in tiers if tier.up_to is not None]
    if any(isinstance(end, Drawn) for end in ends):
        edges = array([Decimal(0), *ends], exact=False)
        if (np.diff(edges, axis=-1) <= 0).any():
            msg = f"{card.source or card.name}: in some world a tier of {'.'.join(place)} ends before it begins"
            raise CardError(f"{msg}; expected rising bounds in every world; draw them further apart")
    yield from ((((*place, str(i)), tier)) for i, tier in enumerate(tiers))


def _sound(card: Card, place: Place, number: Drawn) -> None:
    low = number.worlds.min()
    if (place[-1] == "grant" and low <= 0) or (place[-1] == "free" and low < 0) or not number.is_finite():
        least = "a finite number" if not number.is_finite() else "more than 0" if place[-1] == "grant" else "0 or more"
        msg = f"{card.source or card.name}: {'.'.join(place)} is {low:g} in some world"
        raise CardError(f"{msg}; expected {least} in every world; draw it from a range that holds no other")


def _refused(card: Card, place: Place) -> CardError:
    may = "rates, flats, caps, bounds, free units, discounts, limits, and a pool's price, grant and factor outside"
    return CardError(
        f"{card.source or card.name}: {'.'.join(place)} differs by world; it must be the same in every world; "
        f"what may differ are {may}"
    )
