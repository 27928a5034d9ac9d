"""Profiles of engines as sheets: errors on held-out runs, and before and after a fit of one's own."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from pertoken.present.sheet import Column, Note, Sheet, Table
from pertoken.serving.book import Residual
from pertoken.serving.own import Recalibrated

CASES = {
    "seen": "configurations", "source": "sources", "gpu": "GPUs", "numbers": "bits on GPUs", "model": "models",
    "engine": "engines",
}  # fmt: skip
"""What was held out, in words."""

METRICS = {"output_tokens_per_second": "tokens/s", "tpot_seconds": "TPOT", "ttft_seconds": "TTFT"}

RESIDUALS = (
    Column("held_out", "Held out", "text"),
    Column("by", "By", "text"),
    Column("name", "Name", "text"),
    Column("metric", "Metric", "text"),
    Column("runs", "Runs", "count"),
    Column("median_share", "Median error", "share"),
    Column("mean_share", "Mean error", "share"),
    Column("bias", "Measured / estimated", "quantity"),
    Column("inside_share", "Inside the band", "share"),
)

OFF = (
    Column("metric", "Metric", "text"),
    Column("runs", "Runs", "count"),
    Column("before_share", "Median error before", "share"),
    Column("after_share", "after", "share"),
)

RATIOS = (Column("constant", "Constant", "text"), Column("ratio", "Times that of the house", "quantity"))


class Report(Protocol):
    """Errors on held-out runs."""

    @property
    def fitted(self) -> date:
        """Day of the fit."""

    @property
    def source(self) -> str:
        """What it was fitted to."""

    @property
    def runs(self) -> int:
        """How many runs."""

    @property
    def note(self) -> str:
        """What is known to be unsure."""

    @property
    def residuals(self) -> Sequence[Residual]:
        """Errors by kind."""


def report(answer: Report) -> Sheet:
    """Lay out errors on held-out runs."""
    note = "Held out: some configurations of known parts at a time, or all runs of a GPU, a model, an engine."
    table = Table("errors", "Errors", RESIDUALS, tuple(map(_row, answer.residuals)), note=note, total=False)
    words = f"{answer.runs:,} runs, fitted {answer.fitted.isoformat()} to {answer.source}."
    notes = [Note(answer.note)] if answer.note else []
    return Sheet("Errors of the profiles of engines, on runs that the fit had not seen", words, (table, *notes))


def fitted(answer: Recalibrated) -> Sheet:
    """Lay out errors before and after a fit, and what it moved."""
    rows = tuple((METRICS[each.metric], each.runs, each.before, each.after) for each in answer.off)
    moved = tuple((name, float(ratio)) for name, ratio in answer.ratios.items())
    return Sheet(
        "A profile fitted to runs of your own",
        "Errors of these runs; those that were fitted look better than new ones will.",
        (
            Table("errors", "Errors", OFF, rows, total=False),
            Table("moved", "What was moved", RATIOS, moved, total=False),
        ),
    )


def _row(each: Residual) -> tuple[str | int | float, ...]:
    return (
        CASES[each.case],
        each.by,
        each.name,
        METRICS[each.metric],
        each.runs,
        each.median,
        each.mean,
        each.bias,
        each.inside,
    )
