"""What to watch of a migration: early signals, and how rational customers would have to be."""

import numpy as np

from pertoken.forecast.migration.answer import Migrated
from pertoken.forecast.migration.decide import Signal, signals
from pertoken.forecast.migration.migration import Migration
from pertoken.present.sheet import Cell, Column, Kind, Table

SAID: dict[str, tuple[str, Kind]] = {
    "adoption": ("share on the new plan", "share"),
    "bill fell": ("movers whose bill fell", "share"),
    "usage": ("movers' usage, of before", "share"),
    "churn": ("share of those asked who left", "share"),
}
"""Signals as people read them."""


def rationality(answer: Migrated) -> Table:
    """How rational customers are, as an axis: who overlooks little moves only to save."""
    columns = (
        Column("overlooked", "Overlook of a bill", "share"),
        Column("adoption", "Adoption at the end", "share"),
        Column("selected", "By who moves", "share"),
        Column("change", "With usage and churn", "share"),
        Column("wins", "Rises in", "share"),
    )
    rows = tuple(
        (each.scale, float(each.adoption.mean()), _of(each.movers, each.old), _of(each.change, each.old),
         float((each.change > 0).mean()))
        for each in answer.made.rationality
    )  # fmt: skip
    low, high = (answer.priors["scale"].low, answer.priors["scale"].high)
    note = f"Change of revenue, of old revenue. What is believed of customers: {low:.0%} to {high:.0%} of a bill."
    return Table("rationality", "How rational customers are", columns, rows, note=note, total=False)


def _of(change: np.ndarray, old: np.ndarray) -> float | None:
    whole = float(old.mean())
    return float(change.mean()) / whole if whole else None


def watched(made: Migration) -> Table:
    """Early signals with the thresholds that part worlds in which revenue rises from those in which it falls."""
    columns = (
        Column("signal", "Signal", "text"),
        Column("expected", "Expected", "share"),
        Column("threshold", "Watch at", "share"),
        Column("better", "Better", "text"),
        Column("rises_above", "Rises if above", "share"),
        Column("rises_below", "Rises if below", "share"),
    )
    note = (
        f"As seen at the end of {made.months[made.seen]}. Without a threshold a signal does not part winning from "
        "losing worlds."
    )
    rows = tuple(map(_signal, signals(made)))
    return Table("signals", "What to watch in the first months", columns, rows, note=note, total=False)


def _signal(found: Signal) -> tuple[Cell, ...]:
    words, _ = SAID[found.name]
    better = "" if found.threshold is None else "above" if found.above else "below"
    expected = found.expected if np.isfinite(found.expected) else None
    return (words, expected, found.threshold, better, found.wins_above, found.wins_below)
