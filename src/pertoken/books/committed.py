"""Committed: what of each customer's month is owed whatever is used, and what follows use."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from pertoken.core.lines import Key, Ledger, Lines
from pertoken.core.money import Values
from pertoken.rating.card import Card
from pertoken.rating.rate import amount

PREPAID = ("drawn", "unused", "minimum")
"""Stages of money that was owed before anything was used, or that makes it up to what was."""

MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""Months of the windows of a minimum."""


def committed(ledger: Ledger, cards: Sequence[Card]) -> Lines:
    """Split effective revenue by customer and month: under what is committed, and above or without.

    Committed is what charges without a measure cost, what was prepaid, and use up to a card's minimum (a minimum of a
    quarter or a year counts in even months). Twilio's reports tell "base" customers from "variable" ones for this.

    Args:
        ledger: Of our side, with the key `customer`.
        cards: That it was rated with.

    Returns:
        Lines by `customer` and `month`, with the values `amount` and `committed`. [currency]
    """
    lines = amount(ledger, "effective")
    value = lines.values["amount"].astype(np.float64)
    keys = {"customer": lines.key("customer"), "card": lines.key("card"), "month": lines.period("month")}
    owed = np.where(_owed(lines, cards), value, 0.0)
    each = Lines(keys, {"amount": value, "owed": owed}).fold(["customer", "card", "month"])
    least = _least(each.key("card"), cards)
    total = each.values["amount"]
    under = np.clip(np.maximum(each.values["owed"], np.minimum(total, least)), 0, np.maximum(total, 0))
    by = {name: each.key(name) for name in ("customer", "month")}
    return Lines(by, {"amount": total, "committed": under}).fold(["customer", "month"])


def _owed(lines: Lines, cards: Sequence[Card]) -> Values:
    """Lines that are owed whatever is used, shape `(line,)`."""
    stage, charge, card = lines.key("stage"), lines.key("charge"), lines.key("card")
    fixed = {(each.name, name) for each in cards for name, own in each.prices.items() if own.measure is None}
    flat = np.array([[(c, name) in fixed for name in charge.labels] for c in card.labels]).reshape(
        len(card.labels), len(charge.labels)
    )
    prepaid = np.array([label in PREPAID for label in stage.labels])[stage.codes]
    listed = np.array([label in ("list", "discount") for label in stage.labels])[stage.codes]
    owed: Values = prepaid | (flat[card.codes, charge.codes] & listed)
    return owed


def _least(card: Key, cards: Sequence[Card]) -> Values:
    """What a month of each line's card costs at least, shape `(line,)`."""
    least = {
        each.name: float(sum((c.min or Decimal(0)) / MONTHS.get(c.window, 1) for c in each.clamps)) for each in cards
    }
    found: Values = np.array([least.get(label, 0.0) for label in card.labels] or [0.0])[card.codes]
    return found
