"""What stands beside the numbers of any books: what was left out, and what they rest on."""

from pathlib import PurePath
from typing import Any

import numpy as np

from pertoken.books.answer import Books
from pertoken.present.basis import as_read
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Note


def number(value: Any) -> Cell:  # noqa: ANN401  any kind of number
    """A number as a cell: plain, and None where there is none."""
    plain: Any = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(plain, float) and np.isnan(plain) else plain


def left_out(books: Books) -> list[Note]:
    """Say what of the log is not in the numbers."""
    notes = []
    for side, usage in books.unpriced.items():
        rows = usage.fold(["meter"]).records() if len(usage) else []
        each = ", ".join(f"{show(number(row['quantity']), 'quantity')} {row['meter']}" for row in rows)
        notes += [Note(f"No price on the {side} cards, so left out: {each}.", "warning")] if each else []
    return [*notes, *as_read(books.report)]


def meta(books: Books) -> dict[str, str]:
    """What the numbers rest on."""
    report = books.report
    made = {"log": report.source, "rows": f"{report.rows:,}"}
    if report.first:
        made["times"] = f"{report.first[:16]} to {report.last[:16]} UTC"
    for side, cards in books.cards.items():
        files = ", ".join(dict.fromkeys(PurePath(card.source).name for card in cards if card.source))
        made[f"{side} cards"] = f"{', '.join(card.name for card in cards)}{f' ({files})' if files else ''}"
    return made
