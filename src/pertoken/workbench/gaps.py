"""Gaps: a customer's contracts on one card with time between them, rated as contracts of their own."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.core.period import begins
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract
from pertoken.rating.windows import NEVER

Who = tuple[tuple[str, str], ...]
"""Labels of a contract, in their order."""


def told_apart(
    usage: Usage, cards: Sequence[Card], contracts: Sequence[Contract], grain: str
) -> tuple[Usage, tuple[Card, ...], tuple[Contract, ...]]:
    """Tell the contracts of one customer on one card apart by a key of their own, which counts them.

    Args:
        usage: With periods.
        cards: That it is rated by.
        contracts: When they begin and end; those of a customer on a card don't overlap.
        grain: Of the periods.

    Returns:
        The same, with a key more in the scope of cards on which somebody has two contracts.
    """
    when, made, known = usage.period(grain), list(contracts), []
    begin = begins(when.labels)[when.codes]
    for card in cards:
        starts = _starts(each for each in made if each.card == card.name)
        if all(len(each) < 2 for each in starts.values()):  # noqa: PLR2004  no gap without a second one
            known.append(card)
            continue
        key, number = f"contract on {card.name}", np.zeros(len(usage), dtype=np.int64)
        for who, first in starts.items():
            mine = np.logical_and.reduce([_are(usage.key(name), label) for name, label in who])
            number[mine] = np.searchsorted(first[1:], begin[mine], side="right")
        usage = usage.with_keys(**{key: Key.of(str(each + 1) for each in number.tolist())})
        known.append(replace(card, scope=(*card.scope, key)))
        made = [_numbered(each, key, starts) if each.card == card.name else each for each in made]
    return usage, tuple(known), tuple(made)


def _are(key: Key, label: str) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    """Which lines have a label."""
    return np.array([each == label for each in key.labels], dtype=bool)[key.codes]


def _who(each: Contract) -> Who:
    return tuple(sorted(each.labels.items()))


def _start(each: Contract) -> np.datetime64:
    return NEVER if each.start is None else np.datetime64(each.start, "s")


def _starts(contracts: Iterable[Contract]) -> dict[Who, list[np.datetime64]]:
    """When the contracts of each begin, in time."""
    found: dict[Who, list[np.datetime64]] = {}
    for each in contracts:
        found.setdefault(_who(each), []).append(_start(each))
    return {who: sorted(starts) for who, starts in found.items()}


def _numbered(each: Contract, key: str, starts: dict[Who, list[np.datetime64]]) -> Contract:
    """Say which of its customer's contracts on the card one is."""
    return replace(each, labels={**each.labels, key: str(starts[_who(each)].index(_start(each)) + 1)})
