"""Plans: which cards each customer is charged by at the end of a history, and the number that usage is forecast by."""

from collections.abc import Mapping, Sequence

import numpy as np

from pertoken.core.errors import UnpricedUsage
from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.core.meters import METERS
from pertoken.core.money import Values
from pertoken.forecast.panel import Panel, Track
from pertoken.rating.assign import own_lines
from pertoken.rating.card import Card

FREE = "(no plan)"
"""Label of customers whom no card is for."""


def planned(
    usage: Usage, panel: Panel, cards: Sequence[Card], *, other: Card | None = None
) -> tuple[Key, tuple[tuple[Card, ...], ...]]:
    """Find the plan of each customer: the cards that are for their usage, by what they are in the last period.

    Args:
        usage: The history, with the key `customer` and all keys that the cards' conditions ask for.
        panel: Made of the usage.
        cards: Of our side.
        other: Card of customers whom none of these is for.

    Returns:
        The plan of each customer of the panel, and the cards of each plan in the order of the labels.

    Raises:
        UnpricedUsage: No card is for some customer, and there is no other.
    """
    who = usage.key("customer")
    index = {name: i for i, name in enumerate(panel.customers)}
    row = np.array([index.get(name, -1) for name in who.labels])[who.codes]
    last = usage.with_keys(**{name: _spread(track, row) for name, track in panel.tracks.items()})
    claimed = np.zeros((len(panel), len(cards)), dtype=bool)
    for number, card in enumerate(cards):
        claimed[row[own_lines(last, card, index=True)], number] = True
    if other is None and not claimed.any(axis=1).all():
        names = [panel.customers[i] for i in np.flatnonzero(~claimed.any(axis=1))[:5]]
        raise UnpricedUsage(
            f"no revenue card is for {', '.join(names)}; put what is given away on a card at price 0, "
            "or leave these customers out of the log"
        )
    labels = [" + ".join(card.name for card, mine in zip(cards, own, strict=True) if mine) for own in claimed]
    plan = Key.of(label or FREE for label in labels)
    of_label = {
        label: tuple(c for c, mine in zip(cards, own, strict=True) if mine)
        for label, own in zip(labels, claimed, strict=True)
    } | ({FREE: (other,)} if other is not None else {})
    return plan, tuple(of_label[label] for label in plan.labels)


def _spread(track: Track, row: np.ndarray) -> Key:
    """Say of each line what its customer is in the last period."""
    return track.last.pick(row)


def driver_weights(cells: Mapping[str, Key], quantity: Values) -> Values:
    """Weigh the cells so that one number stands for a customer's usage: tokens added up, whatever else scaled to them.

    Args:
        cells: Keys of the cells.
        quantity: What was used of each, shape `(cell,)`.

    Returns:
        Shape `(cell,)`: 1 for tokens; where there are none, each meter by the inverse of its total.

    >>> cells = {"meter": Key.of(["input_tokens", "requests", "output_tokens"])}
    >>> driver_weights(cells, np.array([10.0, 2.0, 5.0])).tolist()
    [1.0, 0.0, 1.0]
    """
    names = cells["meter"].column()
    known = [METERS.get(name) for name in names]
    token = np.array([meter is not None and meter.unit == "token" for meter in known])
    if token.any():
        return token.astype(float)
    billable = np.array([meter is None or meter.billable for meter in known])
    billable = billable if billable.any() else np.ones(len(names), dtype=bool)
    total = {name: quantity[names == name].sum() for name in set(names)}
    most = max(total.values())
    scale = np.array([most / total[name] if total[name] > 0 else 0.0 for name in names])
    weights: Values = np.where(billable, scale, 0.0)
    return weights
