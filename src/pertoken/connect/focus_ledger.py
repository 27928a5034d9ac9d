"""The ledger that a FOCUS file is made of: what rating gave, by the keys that are asked for."""

from collections.abc import Sequence

from pertoken.books.allocate import allocate
from pertoken.core import period
from pertoken.core.lines import Ledger, Lines, concat
from pertoken.rating.card import Card, plain
from pertoken.rating.part import Part

SHARED = frozenset({"discount", "covered", "drawn"})
"""Stages that the export gives to the usage behind them itself, by money."""


def ledger_of(parts: Sequence[Part], cards: Sequence[Card], by: Sequence[str]) -> Ledger:
    """Bring what rating gave to the keys that are asked for.

    Fees, limits, rounding and payments are shared out by usage, as everywhere in the books. Discounts and what pools
    cover stay as they are where there is usage with a price to give them to. Periods finer than the one asked for go.

    Args:
        parts: What rating gave (`Books.rated["cost"].parts`).
        cards: The cards that it was rated with.
        by: Keys to keep besides those that prices depend on.

    Returns:
        The ledger for `export`; its four amounts are those of the parts.
    """
    some = [part for part in parts if len(part.lines)] or list(parts[:1])
    priced = {_charge(part) for part in some if part.stage == "list" and "meter" in part.lines.keys}
    pooled = {
        (card.name, pool.name)
        for card in cards
        for pool in card.pools
        if any((card.name, name) in priced for name in pool.eligible)
    }
    kept = [part.stage in SHARED and _charge(part) in priced | pooled for part in some]
    others = [part for part, keep in zip(some, kept, strict=True) if not keep]
    own: list[Lines] = [part.lines for part, keep in zip(some, kept, strict=True) if keep]
    made = [*([allocate(others, by)] if others else []), *own]
    return concat(Ledger, [_coarse(lines, by) for lines in made])


def _charge(part: Part) -> tuple[str, str]:
    """The card and the charge that a part is of, whatever the phase."""
    return next(iter(part.lines.key("card").labels), ""), plain(part.charge)


def _coarse(lines: Lines, by: Sequence[str]) -> Lines:
    """Roll periods up to the finest that is asked for."""
    asked = period.finest(set(by))
    if asked is None:
        return lines
    finer = period.GRAINS[: period.GRAINS.index(asked)]
    known = asked in lines.keys or not set(finer).isdisjoint(lines.keys)
    rolled = lines.with_keys(**{asked: lines.period(asked)}) if known else lines
    return Lines({name: key for name, key in rolled.keys.items() if name not in finer}, rolled.values)
