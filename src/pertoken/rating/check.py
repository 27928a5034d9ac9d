"""What a card must not say, and what it must not leave unsaid."""

import re
from collections.abc import Iterator

from pertoken.core.errors import Fault
from pertoken.rating import check_charge, check_money, check_pools, check_rates, check_time, check_used
from pertoken.rating.card import Card, plain
from pertoken.rating.complaint import bad_condition, bad_meters, fault

MOST_PLACES = 9
RESERVED = frozenset({"rates", "minimum", "maximum", "discount", "credit"})
"""Names that the ledger has for itself."""


def faults(card: Card) -> list[Fault]:
    """List all that is wrong with a card; empty if it can be used."""
    found = list(check_charge.faults(card))
    found += _names(card)
    found += _bands(card)
    found += check_rates.faults(card)
    found += check_money.faults(card)
    found += check_pools.faults(card)
    found += check_time.faults(card)
    found += check_used.faults(card)
    found += bad_condition(card, card.where, 0)
    found += _head(card)
    return found


def _head(card: Card) -> Iterator[Fault]:
    if card.rounding is not None and not 0 <= card.rounding <= MOST_PLACES:
        yield fault(card, 0, f"rounding is {card.rounding}", f"0 to {MOST_PLACES} decimal places")
    if not re.fullmatch("[A-Z]{3}", card.currency):
        yield fault(card, 0, f"currency is {card.currency!r}", "three letters of ISO 4217, as USD")
    if not card.prices and not card.rates:
        yield fault(card, 0, f"card {card.name!r} prices nothing", "`prices` or `rates`")


def _names(card: Card) -> Iterator[Fault]:
    charges = {plain(name) for name in card.prices}
    for name, charge in card.prices.items():
        if name in RESERVED:
            yield fault(card, charge.line, f"a price is named {name!r}", "a name that the ledger does not use")
    seen: set[str] = set()
    for pool in card.pools:
        if pool.name in RESERVED:
            yield fault(card, pool.line, f"a pool is named {pool.name!r}", "a name that the ledger does not use")
        elif pool.name in charges:
            yield fault(card, pool.line, f"a pool and a price are both named {pool.name!r}", "two names")
        elif pool.name in seen:
            yield fault(card, pool.line, f"two pools are named {pool.name!r}", "a name for each")
        seen.add(pool.name)


def _bands(card: Card) -> Iterator[Fault]:
    for name, band in card.bands.items():
        yield from bad_meters(card, f"band {name}", band.of, 0)
        if band.above < 0:
            yield fault(card, 0, f"band {name} begins above {band.above}", "0 or more")
