"""A log as people read it: opened, folded to what cards ask for, in the time of the books."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.core.lines import Ledger, Lines, Usage
from pertoken.core.period import begins, ends, zone
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract
from pertoken.workbench.costs import Prices

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from pertoken.engines.duckdb import Log, Watch
    from pertoken.engines.log import Documents
    from pertoken.usage.layout import Layout
    from pertoken.usage.question import Question
    from pertoken.usage.report import Report
    from pertoken.usage.schema import LogMapping

T = TypeVar("T", bound=Lines)
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

    def within(self, usage: T) -> T:
        """Keep the usage of the time of the books."""
        if not self.grain:
            return usage
        first, last = self._edges(usage)
        key = usage.period(self.grain[0])
        begin = begins(key.labels)[key.codes]
        return usage.pick((begin >= np.datetime64(first)) & (begin < np.datetime64(last)))

    def said(self, usage: Lines) -> dict[str, Any]:
        """What rating is told."""
        return {
            "contracts": self.contracts,
            "timezone": self.timezone,
            "span": self._edges(usage) if self.grain else None,
        }

    def _edges(self, usage: Lines) -> tuple[date, date]:
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
    log: "str | Path",
    mapping: "LogMapping | str | Path | None",
    period: str,
    timezone: str,
    *,
    layout: str = "",
    watch: "Watch | None" = None,
) -> "AbstractContextManager[Log]":
    """Open a log as it is said to be read.

    Args:
        log: Where it lies.
        mapping: What its columns mean, where a user says so; its format is then not looked for.
        period: Period that all of it is of.
        timezone: Zone in which periods are reckoned.
        layout: Name of its format; found out if empty.
        watch: Told how far documents are read.
    """
    from pertoken.engines.engine import engine  # noqa: PLC0415  the calculator must start fast
    from pertoken.engines.remote.url import names_engine  # noqa: PLC0415
    from pertoken.usage.layouts import LAYOUTS  # noqa: PLC0415
    from pertoken.usage.recognise import named  # noqa: PLC0415

    zone(timezone)
    forced = named(layout, LAYOUTS) if layout else None
    known = LAYOUTS if mapping is None or forced else ()
    held = None if names_engine(log) else _documents(log, forced, known, watch)
    told = {"documents": held, "layout": forced, "layouts": known}
    found: AbstractContextManager[Log] = engine(log).opened(log, _mapping(mapping, period), **told)
    return found


class Told(TypedDict, total=False):
    """How a log is read, and in which time the books are kept, but for the contracts.

    Args:
        mapping: What the log's columns mean, where their names don't say.
        layout: Name of the log's format, as `litellm-spend`; found out if empty.
        period: The month (or day, quarter, year) that a log without times is of.
        timezone: Zone in which periods are reckoned; UTC if not said.
        rejects: True to set rows aside that can't be used.
        on: Day whose prices hold where the log has no times; the end of its period if None.
        start: First day of the books; that of the log if None. What is before is left out.
        end: The day after the last day of the books; that of the log if None.
        catalog: List prices that `catalog` as a card means: a catalog, its name, or a file; the bundled ones if None.
        watch: Told how far the fold is, 0 to 1.
    """

    mapping: "LogMapping | str | Path | None"
    layout: str
    period: str
    timezone: str
    rejects: bool
    on: date | None
    start: date | None
    end: date | None
    catalog: Prices
    watch: "Watch | None"


class How(Told, total=False):
    """How a log is read: arguments that mean the same wherever a log is asked.

    Args:
        contracts: When contracts begin and end: a CSV or YAML file, or records of `Contract`; without, a contract runs
            from its first period with usage to its last.
    """

    contracts: Contracts


def read_as(log: "str | Path", how: How) -> "AbstractContextManager[Log]":
    """Open a log as it is said to be read.

    Raises:
        TypeError: Something is said that no log is read by.
    """
    if unknown := sorted(set(how) - set(How.__annotations__)):
        msg = f"no argument {unknown[0]!r}; {nearest(unknown[0], How.__annotations__)}"
        raise TypeError(msg)
    asked = log, how.get("mapping"), how.get("period", ""), how.get("timezone", "UTC")
    return reading(*asked, layout=how.get("layout", ""), watch=how.get("watch"))


def terms_of(how: How) -> Terms:
    """The time of the books, as it is said."""
    return Terms(stated(how.get("contracts", ())), how.get("start"), how.get("end"), how.get("timezone", "UTC"))


def _documents(
    log: "str | Path", forced: "Layout | None", known: "Sequence[Layout]", watch: "Watch | None"
) -> "Documents | None":
    """Read a log document by document, where a format of documents is said or recognised."""
    from pertoken.connect.documents import documents, first_of_each  # noqa: PLC0415
    from pertoken.engines.log import Documents  # noqa: PLC0415
    from pertoken.engines.source import find  # noqa: PLC0415
    from pertoken.usage.recognise import recognised, records  # noqa: PLC0415

    source = find(log)
    if source.kind != "json" or not known:
        return None
    layout = forced or recognised(first_of_each(source.files), known)
    if layout is None or layout.read is None:
        return None
    placed = documents(source.files, watch=watch)
    return Documents(layout, records(placed, layout, known, forced=forced is not None))


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


def said_to_cost(opened: "Log", asked: "Question", report: "Report", terms: Terms, currency: str) -> Ledger | None:
    """Sum what a log itself says that it cost, where it does so in the currency of the cards."""
    from pertoken.engines.engine import engine  # noqa: PLC0415  the calculator must start fast

    found: Ledger | None = engine(opened).reported(opened, asked, report=report)
    return None if found is None or engine(opened).currency(opened) != currency else terms.within(found)


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
