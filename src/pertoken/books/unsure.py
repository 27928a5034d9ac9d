"""Unsure costs: what of a side rests on a price that its source is not sure of, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pertoken.core.lines import Key, Lines, concat
from pertoken.rating.assign import RATES, RateBook, combos, rate_keys
from pertoken.rating.offer import doubt_of
from pertoken.rating.part import Part
from pertoken.rating.rate import Rated

WHY = "why"
"""Key that says what is unsure about the price of a line."""


@dataclass(frozen=True, slots=True)
class Unsure:
    """Costs of one kind that rest on unsure prices.

    Args:
        meter: The leaf meter.
        why: What its prices say of themselves: `no price of its own: priced as input_tokens`.
        models: The models, the dearest first.
        amount: What it comes to at list prices, the mean of all worlds. [currency]
        share: Its share of all cost at list prices.
    """

    meter: str
    why: str
    models: tuple[str, ...]
    amount: float
    share: float


def estimated(rated: Rated) -> Lines | None:
    """Pick the lines at list price whose rate is unsure, with the key `why`; None if all rates are sure."""
    found = [lines for part in _by_rates(rated) if len(lines := _unsure(part, rated))]
    return concat(Lines, found) if found else None


def unsure(rated: Rated) -> tuple[Unsure, ...]:
    """Say what of a side's cost is estimated and why, the dearest first."""
    lines = estimated(rated)
    if lines is None:
        return ()
    whole = sum(_mean(part.lines) for part in rated.parts if part.stage == "list")
    folded = lines.fold(["meter", WHY, *(["model"] if "model" in lines.keys else [])])
    groups: dict[tuple[str, str], dict[str, float]] = {}
    for row, money in zip(_labels(folded), _means(folded), strict=True):
        groups.setdefault((row["meter"], row[WHY]), {})[row.get("model", "")] = money
    made = (_group(meter, why, money, whole) for (meter, why), money in groups.items())
    return tuple(sorted(made, key=lambda each: -each.amount))


def _group(meter: str, why: str, money: dict[str, float], whole: float) -> Unsure:
    amount = sum(money.values())
    models = tuple(sorted(filter(None, money), key=lambda model: -money[model]))
    return Unsure(meter, why, models, amount, amount / whole if whole else 0.0)


def _by_rates(rated: Rated) -> Iterator[Part]:
    return (part for part in rated.parts if part.charge == RATES and part.stage == "list" and len(part.lines))


def _unsure(part: Part, rated: Rated) -> Lines:
    """Look the rates of a part's lines up again, and keep those that say what is unsure of them."""
    card = rated.jobs[part.lines.keys["card"].labels[0]].card
    if not any(doubt_of(rate) for rate in card.rates):
        return part.lines.pick(np.zeros(0, dtype=np.intp))
    book = RateBook.of(card.rates)
    found = combos(part.lines, sorted({"meter"} | rate_keys(card.rates)))
    rates = [book.find(labels) for labels in found.labels]
    whys = [doubt_of(rate) if rate else "" for rate in rates]
    mask = np.array([bool(why) for why in whys], dtype=bool)[found.of_line]
    names = Key.of(np.array(whys, dtype=object)[found.of_line[mask]])
    return Lines(part.lines.keys, part.lines.values).pick(mask).with_keys(**{WHY: names})


def _means(lines: Lines) -> Sequence[float]:
    """What each line comes to, as the mean of all worlds."""
    amounts = lines.values["amount"]
    found: Sequence[float] = amounts.astype(np.float64).reshape(-1, len(lines)).mean(axis=0).tolist()
    return found


def _mean(lines: Lines) -> float:
    return sum(_means(lines)) if len(lines) else 0.0


def _labels(lines: Lines) -> list[dict[str, Any]]:
    columns = {name: key.column().tolist() for name, key in lines.keys.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
