"""A log as people read it: opened, folded to what cards ask for, in the time of the books."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.lines import Usage
from pertoken.core.period import begins, ends, zone
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pertoken.engines.duckdb import Log, Watch
    from pertoken.usage.question import Question
    from pertoken.usage.report import Report
    from pertoken.usage.schema import LogMapping

Contracts = Sequence[Contract] | str | Path
"""Contracts, or the file that has them."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The time of the books, and the contracts in it.

    Args:
        contracts: When contracts begin and end.
        start: First day of the books; None for that of the log.
        end: The day after their last; None for that of the log.
        timezone: Zone in which periods are reckoned.
    """

    contracts: tuple[Contract, ...] = ()
    start: date | None = None
    end: date | None = None
    timezone: str = "UTC"

    @property
    def grain(self) -> tuple[str, ...]:
        """The period that the usage must be known by."""
        days = [day for day in (self.start, self.end) if day]
        return () if not days else ("day",) if any(day.day != 1 for day in days) else ("month",)

    def within(self, usage: Usage) -> Usage:
        """Keep the usage of the time of the books."""
        if not self.grain:
            return usage
        first, last = self._edges(usage)
        key = usage.period(self.grain[0])
        begin = begins(key.labels)[key.codes]
        return usage.pick((begin >= np.datetime64(first)) & (begin < np.datetime64(last)))

    def said(self, usage: Usage) -> dict[str, Any]:
        """What rating is told."""
        return {
            "contracts": self.contracts,
            "timezone": self.timezone,
            "span": self._edges(usage) if self.grain else None,
        }

    def _edges(self, usage: Usage) -> tuple[date, date]:
        key = usage.period(self.grain[0])
        known = [label for label in key.labels if label]
        first, last = (edges(known)[0].min(), edges(known)[1].max()) if known else (None, None)
        begin = self.start or (first.astype("datetime64[D]").astype(date) if first is not None else self.end)
        over = self.end or (last.astype("datetime64[D]").astype(date) if last is not None else self.start)
        if begin is None or over is None or begin >= over:
            msg = f"the books run from {begin} to {over}; expected a first day before the day after the last"
            raise InputError(msg)
        return begin, over


def edges(labels: Sequence[str]) -> tuple[Any, Any]:
    """Find when periods begin and end."""
    return begins(labels), ends(labels)


def stated(said: Contracts) -> tuple[Contract, ...]:
    """Read contracts, where they are said as a file."""
    if isinstance(said, (str, Path)):
        from pertoken.connect.contracts import read_contracts  # noqa: PLC0415

        return read_contracts(said)
    return tuple(said)


def reading(
    log: "str | Path", mapping: "LogMapping | str | Path | None", period: str, timezone: str
) -> "AbstractContextManager[Log]":
    """Open a log as it is said to be read."""
    from pertoken.engines.engine import engine  # noqa: PLC0415  the calculator must start fast

    zone(timezone)
    found: AbstractContextManager[Log] = engine(log).opened(log, _mapping(mapping, period))
    return found


def folded(
    opened: "Log",
    cards: Sequence[Card],
    keys: Sequence[str],
    *,
    terms: Terms,
    on: date | None,
    rejects: bool,
    watch: "Watch | None",
) -> "tuple[Usage, Report, Question]":
    """Fold a log to what some cards and a reader ask for, and keep what lies in the time of the books."""
    from pertoken.engines.engine import engine  # noqa: PLC0415  the calculator must start fast
    from pertoken.rating.needs import question  # noqa: PLC0415

    asked = question(cards, (*keys, *terms.grain), timezone=terms.timezone, contracts=terms.contracts)
    usage, report = engine(opened).fold(opened, asked, on=on.isoformat() if on else "", rejects=rejects, watch=watch)
    report = replace(report, says=(*report.says, *_strangers(terms.contracts, cards)))
    return terms.within(usage), report, asked


def _strangers(contracts: Sequence[Contract], cards: Sequence[Card]) -> tuple[str, ...]:
    """Say which contracts are on cards that are not there: nothing is charged for them."""
    names = sorted({card.name for card in cards})
    unknown = dict.fromkeys(each.card for each in contracts if each.card not in names)
    if not unknown:
        return ()
    return (f"contracts on {', '.join(unknown)} are left out: no such card here ({', '.join(names)})",)


def _mapping(said: "LogMapping | str | Path | None", period: str) -> "LogMapping | None":
    from pertoken.connect.mappings import read_mapping, with_period  # noqa: PLC0415
    from pertoken.usage.schema import LogMapping  # noqa: PLC0415

    mapping = said if said is None or isinstance(said, LogMapping) else read_mapping(said)
    return with_period(mapping, period) if period else mapping
