"""A log on GPUs of one's own as a sheet: GPU-hours at work and idle, what they cost, and how fast a replica is."""

from collections.abc import Sequence
from typing import Protocol

from pertoken.core.lines import Ledger, Usage
from pertoken.present.basis import as_read, number, rests_on
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Column, Figure, Figures, Note, Sheet, Table
from pertoken.rating.card import Card
from pertoken.serving.pace import Pace
from pertoken.usage.report import Report

WORDS = {"busy": "at work", "idle": "idle"}


class Hosted(Protocol):
    """What a log comes to on a fleet of one's own."""

    @property
    def usage(self) -> Usage:
        """GPU-hours by hour and `use`."""

    @property
    def ledger(self) -> Ledger:
        """What the cards make of them."""

    @property
    def pace(self) -> Pace:
        """How fast a replica is."""

    @property
    def requests(self) -> float:
        """How many requests it serves."""

    @property
    def report(self) -> Report:
        """What was read of the log."""

    @property
    def model(self) -> str:
        """The model that serves."""

    @property
    def gpu(self) -> str:
        """The GPU that it stands on."""

    @property
    def by(self) -> Sequence[str]:
        """Keys that stay on busy lines."""

    @property
    def cards(self) -> Sequence[Card]:
        """Who is paid for the hours."""

    def hours(self, use: str) -> float:
        """GPU-hours that are `busy` or `idle` [h]."""


def sheet(answer: Hosted) -> Sheet:
    """Lay a log on GPUs of one's own out.

    Args:
        answer: What it comes to.
    """
    pace, cost = answer.pace, float(answer.ledger.values["amount"].sum())
    busy, idle = (answer.hours(use) for use in WORDS)
    on = f"{pace.gpus} x {answer.gpu}"
    words = f"{show(cost, 'money')} USD for {show(busy + idle, 'estimate')} GPU-hours on {on}"
    words += f", {show(busy / max(busy + idle, 1e-300), 'share')} of them at work."
    figures = Figures(
        (
            Figure("cost", "Cost", cost, "money", "USD"),
            Figure("per_thousand", "1,000 requests", cost / answer.requests * 1000, "estimate", "USD"),
            Figure("requests", "Requests", answer.requests, "count"),
            Figure("busy", "At work", busy, "estimate", "GPU-hours"),
            Figure("idle", "Idle", idle, "estimate", "GPU-hours"),
            Figure("best_rate", "Best rate of a replica", pace.rate, "estimate", "1/s", note=f"{pace.binds} binds"),
        )
    )
    notes = [Note(each, "warning") for each in pace.notes]
    said = rests_on(answer.report, {"cost": answer.cards})
    title = f"A log served by {answer.model} on GPUs of one's own"
    return Sheet(title, words, (figures, _lines(answer), *notes, *as_read(answer.report)), said)


def _lines(answer: Hosted) -> Table:
    """Lay out hours and money by use, cause and the keys that were asked for, the dearest first."""
    keys = ("use", "caused_by", *("served_model" if key == "model" else key for key in answer.by))
    hours = {_at(row, keys): row["quantity"] for row in answer.usage.fold(_there(answer.usage, keys)).records()}
    money = answer.ledger.fold(_there(answer.ledger, keys)).records()
    rows = sorted(((*_at(row, keys), hours.get(_at(row, keys)), row["amount"]) for row in money), key=_dear)
    names = ("use", "caused_by", *answer.by)
    labels = ("Use", "Tokens", *(key.capitalize() for key in answer.by))
    columns = (
        *(Column(key, label, "text") for key, label in zip(names, labels, strict=True)),
        Column("gpu_hours", "GPU-hours", "estimate", "h", total="sum"),
        Column("cost", "Cost", "money", "USD", total="sum"),
    )
    cells = tuple(
        (WORDS.get(str(use), use), str(cause).removesuffix("_tokens"), *rest, number(each), number(cost))
        for use, cause, *rest, each, cost in rows
    )
    return Table("hours", "Where GPU-hours and money go", columns, cells)


def _dear(row: tuple[Cell, ...]) -> float:
    return -float(row[-1] or 0)


def _there(lines: Usage | Ledger, keys: Sequence[str]) -> list[str]:
    return [key for key in keys if key in lines.keys]


def _at(row: dict[str, Cell], keys: Sequence[str]) -> tuple[Cell, ...]:
    return tuple(row.get(key, "") for key in keys)
