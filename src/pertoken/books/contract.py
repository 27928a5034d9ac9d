"""Contracts: who is compared, what each is charged, and where each stands in a table of all."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pertoken.books.allocate import UNALLOCATED, allocate
from pertoken.core import period
from pertoken.core.errors import CardError, InputError, UnpricedUsage
from pertoken.core.lines import Key, Ledger, Lines, Usage, combine, concat
from pertoken.core.money import Values, zeros
from pertoken.rating.card import Card
from pertoken.rating.rate import rate

Cards = Sequence[Card]
Sides = Mapping[str, Cards]
"""Cards by what they are here: `old`, `new` (or the name of a candidate) and `cost`."""

COST = "cost"

Terms = Mapping[str, Any]
"""What rating is told of time: `contracts`, `span` and `timezone` (see `pertoken.rating.rate.rate`)."""
PLAIN: Terms = MappingProxyType({})
"""Contracts run from their first period with usage to their last, in UTC."""


def agreed(sides: Sides) -> str:
    """Check that cards can be compared, and return their currency.

    Raises:
        CardError: A plan that is no plan of ours, a cost that is no vendor's, or two currencies.
        InputError: A side without a card.
    """
    for side, cards in sides.items():
        if not cards and side != COST:
            msg = f"no {side} card; say which plan to compare with --{side} CARD"
            raise InputError(msg)
        for card in cards:
            _of_party(card, side)
    found = {card.currency: f"{side} {_name(card)}" for side, cards in sides.items() for card in cards}
    if len(found) > 1:
        each = " and ".join(f"{source} is in {currency}" for currency, source in sorted(found.items()))
        msg = f"{each}; money of one comparison is in one currency; bring the cards to one first"
        raise CardError(msg)
    return next(iter(found))


def _of_party(card: Card, side: str) -> None:
    wanted, words = (
        ("vendor", "a vendor's card (`card:`)") if side == COST else ("customer", "a plan of ours (`plan:`)")
    )
    if card.party != wanted:
        msg = f"{_name(card)} is given as {side}, which needs {words}; it is of party {card.party}"
        raise CardError(msg)


def _name(card: Card) -> str:
    return card.source or card.name


def contract_keys(plans: Sequence[Cards]) -> tuple[str, ...]:
    """The keys by which plans are compared: those that name a contract on any of them; else the customer."""
    return tuple(dict.fromkeys(key for cards in plans for card in cards for key in card.scope)) or ("customer",)


def said(side: str, cards: Cards) -> str:
    """Name the cards of a side for a message."""
    files = " and ".join(dict.fromkeys(_name(card) for card in cards))
    return f"the {side} cards ({files})" if side in ("old", "new", COST) else f"the candidate {side} ({files})"


def ledger(
    usage: Usage,
    side: str,
    cards: Cards,
    keys: Sequence[str],
    *,
    exact: bool,
    terms: Terms = PLAIN,
    unpriced: Literal["raise", "keep"] = "raise",
) -> tuple[Ledger, Usage]:
    """Rate one side and spread what is charged over the keys; the usage that stays unpriced beside it.

    Raises:
        UnpricedUsage: Billable usage that this side does not price; the message names the side.
    """
    try:
        rated = rate(usage, cards, exact=exact, unpriced=unpriced, **terms)
    except UnpricedUsage as error:
        msg = f"{said(side, cards)} do not price all of this usage:\n{error}"
        raise UnpricedUsage(msg, error.faults) from error
    return allocate(rated.parts, keys), rated.unpriced


def comparable(usage: Usage, plans: Sides, terms: Terms = PLAIN) -> tuple[Usage, dict[str, Usage]]:
    """Set aside what any of the plans leaves unpriced, so that all are compared on the same usage.

    Returns:
        The usage that all of them price, and what each leaves unpriced.
    """
    aside = {side: rate(usage, cards, exact=False, unpriced="keep", **terms).unpriced for side, cards in plans.items()}
    aside = {side: each for side, each in aside.items() if len(each)}
    both = concat(Lines, [Lines(each.keys, {}) for each in (usage, *aside.values())])
    code, _ = combine([both.keys[name] for name in usage.keys], len(both))
    return usage.pick(~np.isin(code[: len(usage)], code[len(usage) :])), aside


def key_of(lines: Lines, name: str) -> Key:
    """A key of a line, rolled up to a coarser period; what a ledger line lacks is not allocated."""
    if name in period.GRAINS:
        return lines.period(name)
    if name not in lines.keys and isinstance(lines, Ledger):
        return Key.constant(UNALLOCATED, len(lines))
    return lines.key(name)


def labelled(lines: Lines, names: Sequence[str]) -> Lines:
    """Keep some keys of the lines and none of their values."""
    return Lines({name: key_of(lines, name) for name in names}, {})


def everybody(tables: Sequence[Lines], names: Sequence[str]) -> Lines:
    """One line for each combination of labels that stands in any of the tables."""
    return concat(Lines, [labelled(each, names) for each in tables]).fold(names)


def positions(rows: Lines, lines: Lines, names: Sequence[str], *, other: int = -1) -> NDArray[np.intp]:
    """Where the labels of each line stand in a table that has each combination once.

    Args:
        rows: The table.
        lines: Lines.
        names: The keys.
        other: What stands for labels that the table doesn't have.

    Returns:
        Index into the table, shape `(line,)`.
    """
    both = concat(Lines, [labelled(rows, names), labelled(lines, names)])
    code, _ = combine(list(both.keys.values()), len(both))
    own, theirs = code[: len(rows)], code[len(rows) :]
    order = np.argsort(own, kind="stable")
    found = order[np.minimum(np.searchsorted(own[order], theirs), len(rows) - 1)]
    return np.where(own[found] == theirs, found, other)


def placed(values: Values, where: NDArray[np.intp], size: int) -> Values:
    """Sum values of lines into the rows of a table, shape `(*batch, size)`."""
    out = zeros((*values.shape[:-1], size), exact=values.dtype == object)
    order = np.argsort(where, kind="stable")
    starts = np.flatnonzero(np.diff(where[order], prepend=-1))
    if len(starts):
        out[..., where[order][starts]] = np.add.reduceat(values[..., order], starts, axis=-1)
    return out
