"""What an answer rests on: the log, the cards, what is left out of it, and what of it is estimated."""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

import numpy as np

from pertoken.books.answer import Simulated
from pertoken.books.unsure import Unsure
from pertoken.core.lines import Usage
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Note
from pertoken.rating.card import Card
from pertoken.usage.report import Report

MOST = 3
"""How many reasons and models a note lists."""


def number(value: Any) -> Cell:  # noqa: ANN401  any kind of number
    """A plain number for a cell; None where there is none."""
    plain: Cell = value.item() if isinstance(value, np.generic) else value
    return None if plain is None or plain != plain else plain  # noqa: PLR0124  NaN is not itself


def files(answer: Simulated, side: str) -> str:
    """Name the files of a side's cards."""
    cards = answer.cards[side]
    return " and ".join(dict.fromkeys(PurePath(card.source).name or card.name for card in cards))


def left_out(unpriced: Mapping[str, Usage], report: Report) -> list[Note]:
    """Say what of the log is not in the numbers.

    Args:
        unpriced: What the cards of a side have no price for.
        report: What was read of the log.
    """
    notes = []
    for side, usage in unpriced.items():
        if not len(usage):
            continue
        rows = usage.fold([name for name in ("model", "meter") if name in usage.keys]).records()
        each = ", ".join(
            f"{show(number(r['quantity']), 'quantity')} {r['meter']} {r.get('model', '')}".strip() for r in rows
        )
        notes.append(Note(f"No price on the {side} cards, so left out: {each}.", "warning"))
    return [*notes, *as_read(report)]


def as_read(report: Report) -> list[Note]:
    """Say which rows of a log were set aside, and how it was understood."""
    return [*set_aside(report), *(Note(f"{text}.") for text in report.says)]


def set_aside(report: Report | None) -> list[Note]:
    """Say how many rows of a log were set aside, and why; nothing where none were, or no log was read."""
    if report is None or not report.rejected:
        return []
    why = "; ".join(f"{reason} ({count:,})" for reason, count in report.rejected.items())
    share, rows = show(report.rejected_share, "share"), sum(report.rejected.values())
    return [Note(f"{rows:,} of {report.rows:,} rows ({share}) were set aside: {why}.", "warning")]


def rests_on(report: Report, cards: Mapping[str, Sequence[Card]]) -> dict[str, str]:
    """Say which log and which cards an answer rests on.

    Args:
        report: What was read of the log.
        cards: Cards by their side.
    """
    made = {"log": report.source, **({"read as": report.layout} if report.layout else {}), "rows": f"{report.rows:,}"}
    if report.first:
        made["times"] = f"{report.first[:16]} to {report.last[:16]} UTC"
    return made | {f"{side} cards": _cards(each) for side, each in cards.items() if each}


def _cards(each: Sequence[Card]) -> str:
    """Name cards, those of a file together."""
    found: dict[str, list[str]] = {}
    for card in each:
        found.setdefault(PurePath(card.source).name, []).append(card.name)
    return "; ".join(", ".join(names) + (f" ({file})" if file else "") for file, names in found.items())


def estimates(found: Sequence[Unsure], of: str = "the cost at list prices") -> list[Note]:
    """Say what share of a cost rests on unsure prices, and why.

    Args:
        found: What is unsure, the dearest first.
        of: Which cost.
    """
    if not found:
        return []
    whys = [f"{each.meter}{f' ({_some(each.models)})' if each.models else ''}: {each.why}" for each in found]
    share = show(sum(each.share for each in found), "share")
    return [Note(f"{share} of {of} is estimated: {_some(whys, '; ')}.", "warning")]


def _some(names: Sequence[str], between: str = ", ") -> str:
    return between.join(names[:MOST]) + (f" and {len(names) - MOST} more" if len(names) > MOST else "")
