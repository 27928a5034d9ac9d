"""Adjust: rounding, discounts and limits, each a line beside the lines that it is reckoned on."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

import numpy as np

from pertoken.core import period
from pertoken.core.expression import condition
from pertoken.core.lines import Key, Lines, concat
from pertoken.core.money import round_half_up, settle, zeros
from pertoken.rating.assign import RATES, combos, holds
from pertoken.rating.card import Adjust, Card, Clamp
from pertoken.rating.part import Part, Taken, gathered, rounding_window, window_key, without_nothing
from pertoken.usage.question import above_key

Step = Callable[[Sequence[Part]], list[Part]]
"""From the parts so far to those that are added."""


def rounded(parts: Sequence[Part], card: Card) -> list[Part]:
    """Add to parts of one charge and term what rounds their invoice lines half up."""
    made = [part for part in parts if len(part.lines)]
    if card.rounding is None or not made:
        return made or list(parts[:1])
    first = made[0]
    lines = concat(Lines, [part.lines for part in made])
    keys = _invoice_keys(lines, first.charge, card)
    found = gathered(keys, len(lines), {"amount": lines.values["amount"]})
    rest = round_half_up(found.values["amount"], card.rounding)
    rest -= found.values["amount"]
    out = without_nothing(Lines(found.keys, {"quantity": rest * 0, "amount": rest}))
    return [*made, Part.of(out, first.charge, first.term, "rounding", first.taken)]


def _invoice_keys(lines: Lines, charge: str, card: Card) -> dict[str, Key]:
    """The keys that make an invoice line: contract, period, and what the charge or a discount keeps apart."""
    measure = card.prices[charge].measure if charge in card.prices else None
    apart = {"model", "meter"} if charge == RATES else set(measure.by if measure else ())
    own = [adjust for adjust in card.adjust if not adjust.on or charge in adjust.on]
    wanted = {*card.scope, *apart, *(name for adjust in own for name in asked_keys(adjust, card))}
    keys = {name: key for name, key in lines.keys.items() if name in wanted and name not in period.GRAINS}
    if (grain := period.finest(set(lines.keys))) is not None:
        window = max(grain, rounding_window(charge, card), key=period.GRAINS.index)
        keys[window] = window_key(lines, window, card)
    return keys


def asked_keys(adjust: Adjust, card: Card) -> frozenset[str]:
    """Name the keys that the condition of a discount asks for."""
    names = condition(adjust.where).names if adjust.where else frozenset()
    return frozenset(above_key(card.bands[name].of) if name in card.bands else name for name in names)


def steps(card: Card, contracts: Lines, taken: Taken) -> list[Step]:
    """List what follows the charges of a card, in the card's order.

    Args:
        card: The card.
        contracts: Each contract and window, with nothing charged.
        taken: The usage of the card, by which limits are shared out.
    """
    made: dict[str, Step] = {"discount": partial(_discounts, card)}
    for i, clamp in enumerate(card.clamps):
        for name, bound in (("minimum", clamp.min), ("maximum", clamp.max)):
            if bound is not None:
                base = Part.of(contracts, name, f"clamp.{i}.{name[:3]}", name, taken)
                made[name] = partial(_limit, card, clamp, base, bound)
    return [made[name] for name in card.order or ("discount", "minimum", "maximum") if name in made]


def _discounts(card: Card, parts: Sequence[Part]) -> list[Part]:
    """Each discount is reckoned on what stands after the one before it."""
    made: list[Part] = []
    for index, adjust in enumerate(card.adjust):
        so_far = [*parts, *made]
        for charge in dict.fromkeys(part.charge for part in so_far):
            if not adjust.on or charge in adjust.on:
                off = [_off(part, index, adjust, card) for part in so_far if part.charge == charge]
                made += [part for part in rounded(off, card) if len(part.lines)]
    return made


def _off(part: Part, index: int, adjust: Adjust, card: Card) -> Part:
    lines = _where(part.lines, adjust, card)
    money = lines.values["amount"]
    factor: Any = adjust.factor if money.dtype == object else float(adjust.factor or 0)
    off = settle(money * factor)
    bare = Lines(lines.keys, {"quantity": off * 0, "amount": off})
    return Part.of(bare, part.charge, f"adjust.{index}", "discount", part.taken)


def _where(lines: Lines, adjust: Adjust, card: Card) -> Lines:
    """Keep the lines that a discount is for; it is for no line that lacks a key that it asks for."""
    names = sorted(asked_keys(adjust, card))
    if not names or not len(lines):
        return lines
    if not set(names) <= set(lines.keys):
        return lines.pick(np.zeros(0, dtype=np.intp))
    found, asked = combos(lines, names), condition(adjust.where)
    mask = np.array([holds(asked, each, card.bands) for each in found.labels])[found.of_line]
    return lines if mask.all() else lines.pick(mask)


def _limit(card: Card, clamp: Clamp, base: Part, bound: Decimal, parts: Sequence[Part]) -> list[Part]:
    """Bring what a contract is charged in a window up to the minimum, or down to the maximum.

    Args:
        card: The card.
        clamp: Its limits.
        base: Each contract and window, with nothing charged.
        bound: The minimum or maximum. [currency]
        parts: What is charged so far.
    """
    exact = any(part.lines.values["amount"].dtype == object for part in parts)
    start = Lines(base.lines.keys, {"amount": zeros(base.lines.values["amount"].shape, exact=exact)})
    each = [start, *(Lines(p.lines.keys, {"amount": p.lines.values["amount"]}) for p in parts)]
    keyed = [
        Lines({**{n: x.keys[n] for n in card.scope}, clamp.window: window_key(x, clamp.window, card)}, x.values)
        for x in each
    ]
    total = concat(Lines, keyed).fold([*card.scope, clamp.window])
    edge: Any = bound if exact else float(bound)
    gap = edge - total.values["amount"]
    gap = np.where(gap > 0 if base.charge == "minimum" else gap < 0, gap, gap * 0)
    lines = without_nothing(Lines(total.keys, {"quantity": gap * 0, "amount": gap}))
    return [Part.of(lines, base.charge, base.term, base.charge, base.taken)]
