"""Contracts in time: who is charged on a card, from when to when, and which periods that makes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.distinct import distinct
from pertoken.core.errors import CardError
from pertoken.core.lines import Key, Lines, combine, concat
from pertoken.core.period import Instants
from pertoken.rating.card import Card
from pertoken.rating.during import During, Prorate, Window
from pertoken.rating.windows import (
    ALWAYS,
    CYCLE,
    MONTHS,
    NEVER,
    Windows,
    crossed,
    cycle_of,
    days_between,
    instant,
    on_edges,
    turned,
    window_key,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Whose contract on which card, from when to when.

    Args:
        card: Name of the card.
        labels: The contract's own labels, by the keys of the card's scope (`{"customer": "acme"}`).
        start: Its first day (or moment, in local time); None if not known.
        end: The day on which it is over; None if it goes on.
    """

    card: str
    labels: Mapping[str, str]
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Contracts:
    """The contracts of a card, and the span of the books.

    Args:
        card: The card.
        keys: The scope of each contract, each `(contract,)`.
        first: When a contract is first seen: its start, or its first period with usage, shape `(contract,)`.
        last: When it is over, or its last period with usage ends, shape `(contract,)`.
        start: Its stated start; long ago where nobody has stated it, shape `(contract,)`.
        end: Its stated end; far ahead where nobody has, shape `(contract,)`.
        span: Begin and end of the books.
        tz: Time zone of the periods.
        whole_windows: Windows that were asked for before, none of them cut short.
    """

    card: Card
    keys: Mapping[str, Key]
    first: Instants
    last: Instants
    start: Instants
    end: Instants
    span: tuple[np.datetime64, np.datetime64]
    tz: str = "UTC"
    whole_windows: dict[tuple[str, bytes, bytes], Windows] = field(default_factory=dict, init=False, repr=False)

    def __len__(self) -> int:
        """Count the contracts."""
        return len(self.first)

    def of_lines(self, lines: Lines) -> NDArray[np.intp]:
        """Find the contract of each line."""
        names = self.card.scope
        if not names or not len(lines):
            return np.zeros(len(lines), dtype=np.intp)
        if len(names) == 1:
            mine, key = self.keys[names[0]], lines.key(names[0])
            place = {mine.labels[code]: i for i, code in enumerate(mine.codes.tolist())}
            return np.array([place.get(label, 0) for label in key.labels], dtype=np.intp)[key.codes]
        both = concat(Lines, [Lines({n: self.keys[n] for n in names}, {}), Lines({n: lines.key(n) for n in names}, {})])
        code = combine([both.keys[n] for n in names], len(both))[0]
        order = np.argsort(code[: len(self)], kind="stable")
        found: NDArray[np.intp] = order[np.searchsorted(code[: len(self)][order], code[len(self) :])]
        return found

    def holds(self, during: During) -> tuple[Instants, Instants]:
        """Find from when to when a part of the card holds for each contract, shape `(contract,)` each."""
        opened = np.maximum(self.start, instant(during.start, NEVER))
        closed = np.minimum(self.end, instant(during.end, ALWAYS))
        own = self.card.during
        opened = np.maximum(opened, instant(own.start, NEVER))
        closed = np.minimum(closed, instant(own.end, ALWAYS))
        if during.after or during.months is not None:
            begin = self.began()
            opened = np.maximum(opened, period.months_later(begin, during.after)) if during.after else opened
            if during.months is not None:
                closed = np.minimum(closed, period.months_later(begin, during.after + during.months))
        return opened, closed

    def began(self) -> Instants:
        """When each contract began: as stated, by its card, or else the first of the month in which it is seen."""
        stated = np.maximum(self.start, instant(self.card.during.start, NEVER))
        month = self.first.astype("datetime64[M]").astype("datetime64[s]")
        return np.where(stated > NEVER, stated, month)

    def windows(
        self, grain: Window, during: During, *, prorate: Prorate | None, what: str, dated: bool = False
    ) -> Windows:
        """List the periods in which contracts run and a part of the card holds, inside the books.

        Args:
            grain: Length of the periods.
            during: When the part holds.
            prorate: How a period that is cut short counts.
            what: Name of the part, for messages.
            dated: True where the part runs from and to the days that it says itself, used or not, as a pool does.

        Raises:
            CardError: A period is cut short and the card doesn't say how it counts.
        """
        self._known(grain)
        opened, closed = self.holds(during)
        first, last = self._seen(during) if dated else (self.first, self.last)
        from_, to = np.maximum(opened, first), np.minimum(closed, last)
        table = [self._periods(grain, day) for day in self._anchors(grain)]
        edges = all(on_edges(each, opened, closed) for each in table)
        told = (grain, from_.tobytes(), to.tobytes())
        if edges and told in self.whole_windows:
            return self.whole_windows[told]
        found = [
            crossed(begin, end, from_, to, who) for (begin, end), who in zip(table, self._anchored(grain), strict=True)
        ]
        contract = np.concatenate([c for c, _ in found]) if len(found) > 1 else found[0][0]
        begins, ends = (np.concatenate([each[i] for each in table]) for i in (0, 1))
        before = np.cumsum([0, *(len(b) for b, _ in table)])
        places = [w + i if i else w for (_, w), i in zip(found, before, strict=False)]
        place = np.concatenate(places) if len(places) > 1 else places[0]
        begin, end = begins[place], ends[place]
        if edges:
            part = whole = np.broadcast_to(np.int64(1), len(begin))
        else:
            lo, hi = np.maximum(begin, opened[contract]), np.minimum(end, closed[contract])
            part, whole = self._share(begin, end, lo, hi, prorate, what)
        name, key = self._label(begins, place, grain)
        made = Windows(contract, name, key, begin, end, part, whole)
        if edges:
            self.whole_windows[told] = made
        return made

    def _seen(self, during: During) -> tuple[Instants, Instants]:
        """Find from when to when each contract is seen, or a part of the card runs by its own days, in the books."""
        first = np.minimum(self.first, instant(during.start, ALWAYS))
        last = np.maximum(self.last, instant(during.end, NEVER))
        return np.maximum(first, self.span[0]), np.minimum(last, self.span[1])

    def every(self, grain: Window) -> Windows:
        """List all periods of the books for each contract, whether it runs then or not."""
        self._known(grain)
        table = [self._periods(grain, day) for day in self._anchors(grain)]
        whole = np.full(len(self), NEVER), np.full(len(self), ALWAYS)
        found = [crossed(*each, *whole, who) for each, who in zip(table, self._anchored(grain), strict=True)]
        begins, ends = (np.concatenate([each[i] for each in table]) for i in (0, 1))
        before = np.cumsum([0, *(len(b) for b, _ in table)])
        place = np.concatenate([at + i for (_, at), i in zip(found, before, strict=False)])
        one = np.ones(len(place), dtype=np.int64)
        contract = np.concatenate([who for who, _ in found])
        return Windows(contract, *self._label(begins, place, grain), begins[place], ends[place], one, one)

    def due(self, found: Windows, grain: Window, during: During) -> tuple[Windows, str, Key]:
        """Keep what falls due in these books, once, when its period begins for the contract; on that month's invoice.

        What began before the first month of the books was billed before them.
        """
        if grain not in ("quarter", "year"):
            return found, found.name, found.key
        begin = np.maximum(found.begin, self.holds(during)[0][found.contract])
        kept = begin.astype("datetime64[M]") >= self.span[0].astype("datetime64[M]")
        found = found.pick(kept)
        begin = np.maximum(begin[kept], self.first[found.contract])
        who = {n: Key(k.codes[found.contract], k.labels) for n, k in self.keys.items()}
        days = Key.of(begin.astype("datetime64[D]").astype(str))
        return found, *self.key(Lines({**who, "day": days}, {}), "month")

    def _known(self, grain: Window) -> None:
        """Refuse to list periods where nobody knows when anything was.

        Raises:
            CardError: The usage has no time.
        """
        if self.span[1] == NEVER:
            msg = (
                f"card {self.card.name!r} counts by {grain}: no {grain} here, nor a finer period; "
                "map a column to `time`, or say --period"
            )
            raise CardError(msg)
        if (self.first >= ALWAYS).any():
            who = " ".join(key.labels[key.codes[int(np.argmax(self.first))]] for key in self.keys.values())
            msg = (
                f"card {self.card.name!r} counts by {grain}, and the usage of {who or 'the account'} has no time; "
                "give it one"
            )
            raise CardError(msg)

    def _anchors(self, grain: str) -> list[int]:
        """How periods begin that don't with the calendar's, see `_turns`; 0 for the calendar."""
        anchor = self.card.during.anchor
        return sorted(set(self._turns(grain).tolist())) if anchor == "start" else [anchor or 0]

    def _turns(self, grain: str) -> NDArray[np.int64]:
        """The day of the month on which each contract began, and 32 for each month that this is into a period."""
        began = self.began().astype("datetime64[D]")
        month = began.astype("datetime64[M]")
        day = (began - month.astype("datetime64[D]")).astype(np.int64) + 1
        turns: NDArray[np.int64] = day + 32 * (month.astype(np.int64) % MONTHS.get(grain, 1))
        return turns

    def cycles(
        self,
        contract: int,
        grain: Window,
        between: tuple[np.datetime64, np.datetime64],
        over: np.datetime64,
        prorate: Prorate | None,
    ) -> tuple[Instants, Instants, NDArray[np.int64], NDArray[np.int64]]:
        """List a contract's periods between two moments, cut when it is over: begin, end, part and whole of each."""
        if self.card.during.anchor is None or grain not in MONTHS:
            begin = period.periods(grain, *between)
            end = period.following(begin, grain)
        else:
            anchor = self.card.during.anchor
            begin, end = turned(grain, between, anchor if anchor != "start" else int(self._turns(grain)[contract]))
        lo, hi = np.maximum(begin, between[0]), np.minimum(end, over)
        return lo, hi, *self._share(begin, end, lo, hi, prorate, "a grant")

    def day_of(self, contract: int) -> int:
        """The day of the month on which a contract's periods begin."""
        anchor = self.card.during.anchor
        return anchor if isinstance(anchor, int) else int(self._turns("month")[contract])

    def _anchored(self, grain: str) -> list[NDArray[np.intp]]:
        """The contracts of each anchor."""
        if self.card.during.anchor == "start":
            turns = self._turns(grain)
            return [np.flatnonzero(turns == turn) for turn in self._anchors(grain)]
        return [np.arange(len(self))]

    def _periods(self, grain: str, day: int) -> tuple[Instants, Instants]:
        if not day or grain not in MONTHS:
            begin = period.periods(grain, *self.span)
            return begin, period.following(begin, grain)
        return turned(grain, self.span, day)

    def _label(self, begins: Instants, place: NDArray[np.intp], grain: str) -> tuple[str, Key]:
        """Name the periods of a list that have a place in it; labels stand in the order of time."""
        used = np.zeros(len(begins), dtype=bool)
        used[place] = True
        every, which = distinct(begins[used])
        codes = np.zeros(len(begins), dtype=np.int32)
        codes[used] = which
        named = CYCLE if self.card.during.anchor is not None and grain not in ("hour", "day") else grain
        labels = tuple(period.label(t, "day" if named == CYCLE else grain) for t in every)
        return named, Key(codes[place], labels)

    def _share(  # noqa: PLR0917  what meets here
        self, begin: Instants, end: Instants, lo: Instants, hi: Instants, prorate: Prorate | None, what: str
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        cut = (lo > begin) | (hi < end)
        one = np.ones(len(begin), dtype=np.int64)
        if not cut.any() or prorate == "none":
            return one, one
        if prorate is None:
            i = int(np.flatnonzero(cut)[0])
            msg = (
                f"{self.card.source or self.card.name}: {what} of {_who(self, begin, i)} is cut short; expected how a "
                "part of a period counts, since engines differ; say prorate: none, day, second or fixed30 under during"
            )
            raise CardError(msg)
        if prorate == "second":
            return period.seconds(lo, hi, self.tz), period.seconds(begin, end, self.tz)
        days, whole = days_between(lo, hi), days_between(begin, end)
        if prorate == "fixed30":
            thirty = 30 * np.maximum(1, np.round(whole / 30.4).astype(np.int64))
            return np.where(cut, np.minimum(days, thirty), thirty), thirty
        return days, whole

    def _begun(self, lines: Lines) -> Key:
        """The day on which each line's cycle began, or the day of the line where it has none."""
        cycle = lines.keys.get(CYCLE)
        if cycle is None or "" not in cycle.labels:
            return window_key(lines, "day", self.card) if cycle is None else cycle
        column = cycle.column()
        if (column != "").all():
            return Key.of(column)
        return Key.of(np.where(column == "", window_key(lines, "day", self.card).column(), column))

    def key(self, lines: Lines, window: str) -> tuple[str, Key]:
        """Name and find the period of each line: of the calendar, of a cycle with its own day, or the whole term.

        Raises:
            CardError: The usage has no such period.
        """
        anchor = self.card.during.anchor
        if window == "term":
            return "", Key.constant("term", len(lines))
        if anchor is None or window in ("hour", "day"):
            return window, window_key(lines, window, self.card)
        days = self._begun(lines)
        begun = period.begins(days.labels)
        if anchor == "start":
            pairs, which = np.unique(
                np.stack([self._turns(window)[self.of_lines(lines)], days.codes]), axis=1, return_inverse=True
            )
            labels = [cycle_of(begun[d : d + 1], window, int(a)) for a, d in pairs.T]
            plain = Key.of(labels)
            return CYCLE, Key(plain.codes[which.reshape(-1)], plain.labels)
        rename = {label: cycle_of(begun[i : i + 1], window, anchor) for i, label in enumerate(days.labels)}
        return CYCLE, days.relabel(rename)


def _who(contracts: Contracts, begin: Instants, index: int) -> str:
    return f"the period that begins on {str(begin[index])[:10]}" if len(contracts) else "a period"
