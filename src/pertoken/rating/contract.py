"""Contracts in time: who is charged on a card, from when to when, and which periods that makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.distinct import distinct, first_of
from pertoken.core.errors import CardError, InputError
from pertoken.core.lines import Key, Lines, combine, concat
from pertoken.core.money import Values, array, settle
from pertoken.core.period import Instants
from pertoken.rating.card import Card, During, Prorate, Window

CYCLE = "cycle"
"""Key of periods that don't begin with the calendar's: the label is the day on which one begins."""

MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""Months of a period."""

NEVER, ALWAYS = np.datetime64("0001-01-01", "s"), np.datetime64("9999-01-01", "s")


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
class Windows:
    """Periods in which contracts run, one line for each contract and period.

    Args:
        contract: Which contract, shape `(line,)`.
        name: Name of the period's key: a grain, or `cycle`.
        key: The period of each line.
        begin: When the whole period begins, shape `(line,)`.
        end: When it ends, shape `(line,)`.
        part: Seconds (or days) of it in which the contract runs, shape `(line,)`.
        whole: Seconds (or days) of all of it, shape `(line,)`.
    """

    contract: NDArray[np.intp]
    name: str
    key: Key
    begin: Instants
    end: Instants
    part: NDArray[np.int64]
    whole: NDArray[np.int64]

    def pick(self, kept: NDArray[np.bool_]) -> "Windows":
        """Keep some of the lines."""
        if kept.all():
            return self
        key = self.key.pick(np.flatnonzero(kept))
        own = self.part[kept], self.whole[kept]
        return Windows(self.contract[kept], self.name, key, self.begin[kept], self.end[kept], *own)

    def prorated(self, money: Values) -> Values:
        """Take the part of each amount in which the contract runs; exact for decimals but for the division."""
        if self.part is self.whole or (self.part == self.whole).all():
            return money
        if money.dtype != object:
            share: Values = money * (self.part / self.whole)
            return share
        part, whole = (array([Decimal(n) for n in each.tolist()], exact=True) for each in (self.part, self.whole))
        return settle(money * part / whole)


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
        opened = np.maximum(self.start, _instant(during.start, NEVER))
        closed = np.minimum(self.end, _instant(during.end, ALWAYS))
        own = self.card.during
        opened = np.maximum(opened, _instant(own.start, NEVER))
        closed = np.minimum(closed, _instant(own.end, ALWAYS))
        if during.after or during.months is not None:
            begin = self.began()
            opened = np.maximum(opened, period.months_later(begin, during.after)) if during.after else opened
            if during.months is not None:
                closed = np.minimum(closed, period.months_later(begin, during.after + during.months))
        return opened, closed

    def began(self) -> Instants:
        """When each contract began: as stated, by its card, or else the first of the month in which it is seen."""
        stated = np.maximum(self.start, _instant(self.card.during.start, NEVER))
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
        edges = all(_on_edges(each, opened, closed) for each in table)
        told = (grain, from_.tobytes(), to.tobytes())
        if edges and told in self.whole_windows:
            return self.whole_windows[told]
        found = [
            _crossed(begin, end, from_, to, who) for (begin, end), who in zip(table, self._anchored(grain), strict=True)
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
        first = np.minimum(self.first, _instant(during.start, ALWAYS))
        last = np.maximum(self.last, _instant(during.end, NEVER))
        return np.maximum(first, self.span[0]), np.minimum(last, self.span[1])

    def every(self, grain: Window) -> Windows:
        """List all periods of the books for each contract, whether it runs then or not."""
        self._known(grain)
        table = [self._periods(grain, day) for day in self._anchors(grain)]
        whole = np.full(len(self), NEVER), np.full(len(self), ALWAYS)
        found = [_crossed(*each, *whole, who) for each, who in zip(table, self._anchored(grain), strict=True)]
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
            begin, end = _turned(grain, between, anchor if anchor != "start" else int(self._turns(grain)[contract]))
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
        return _turned(grain, self.span, day)

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
        days, whole = _days_between(lo, hi), _days_between(begin, end)
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
            labels = [_cycle(begun[d : d + 1], window, int(a)) for a, d in pairs.T]
            plain = Key.of(labels)
            return CYCLE, Key(plain.codes[which.reshape(-1)], plain.labels)
        rename = {label: _cycle(begun[i : i + 1], window, anchor) for i, label in enumerate(days.labels)}
        return CYCLE, days.relabel(rename)


def _who(contracts: Contracts, begin: Instants, index: int) -> str:
    return f"the period that begins on {str(begin[index])[:10]}" if len(contracts) else "a period"


def _cycle(day: Instants, window: str, turn: int) -> str:
    """Name the cycle that a day lies in by the day on which it begins."""
    ahead, on = divmod(turn, 32)
    month = day.astype("datetime64[M]")
    month = np.where(anchored(month, on) > day, month - 1, month)
    first: Instants = month - ((month.astype(np.int64) - ahead) % MONTHS[window]).astype("timedelta64[M]")
    return period.label(anchored(first, on)[0], "day")


def _turned(grain: str, span: tuple[np.datetime64, np.datetime64], turn: int) -> tuple[Instants, Instants]:
    """List the periods in a stretch of time that begin on a day of their own: begin and end."""
    (ahead, on), size = divmod(turn, 32), MONTHS[grain]
    first, last = (edge.astype("datetime64[M]") for edge in span)
    early = first - 1 - int((first - 1).astype(np.int64) - ahead) % size
    months = np.arange(early, last + 1, size)
    begin, end = anchored(months, on), anchored(months + size, on)
    inside = (end > span[0]) & (begin < span[1])
    return begin[inside], end[inside]


def anchored(months: Instants, day: int) -> Instants:
    """Go to a day of each month, or to its last where it is shorter."""
    first = months.astype("datetime64[M]")
    longest = ((first + 1).astype("datetime64[D]") - first.astype("datetime64[D]")).astype(np.int64)
    moved: Instants = first.astype("datetime64[s]") + (np.minimum(day, longest) - 1).astype("timedelta64[D]")
    return moved


def _on_edges(periods: tuple[Instants, Instants], opened: Instants, closed: Instants) -> bool:
    """Tell whether nothing opens or closes inside a period."""
    begin, end = periods
    edges = np.concatenate([opened, closed])
    at = np.searchsorted(end, edges, side="right")
    inside = at < len(begin)
    return not (begin[at[inside]] < edges[inside]).any()


def _crossed(
    begin: Instants, end: Instants, from_: Instants, to: Instants, who: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair contracts with the periods in which they run."""
    low = np.searchsorted(end, from_[who], side="right")
    high = np.searchsorted(begin, to[who], side="left")
    counts = np.maximum(high - low, 0)
    contract = np.repeat(who, counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return contract, np.repeat(low, counts) + offset


def _days_between(begin: Instants, end: Instants) -> NDArray[np.int64]:
    """Count local days; a day that is begun counts."""
    lo = begin.astype("datetime64[D]")
    hi = (end - np.timedelta64(1, "s")).astype("datetime64[D]")
    days: NDArray[np.int64] = (hi - lo).astype(np.int64) + 1
    return days


def _instant(day: date | None, otherwise: np.datetime64) -> np.datetime64:
    return otherwise if day is None else np.datetime64(day.isoformat(), "s")


def closing(lines: Lines, window: str) -> Lines:
    """Put what is billed for a longer period, as a limit of a quarter, into the last of its shorter ones."""
    finest = period.finest(set(lines.keys))
    if finest is None or window not in period.GRAINS or period.GRAINS.index(finest) <= period.GRAINS.index(window):
        return lines
    key = lines.keys[finest]
    ends = period.ends(key.labels) - np.timedelta64(1, "s")
    last = {label: period.label(t, window) if label else "" for label, t in zip(key.labels, ends, strict=True)}
    return lines.with_keys(**{window: key.relabel(last)})


def window_key(lines: Lines, window: str, card: Card) -> Key:
    """Find the key of a window, rolled up from a finer period where need be.

    Raises:
        CardError: The usage has no such period.
    """
    try:
        return lines.period(window)
    except InputError as error:
        msg = f"card {card.name!r} counts by {window}: {error}"
        raise CardError(msg) from error


def contracts_of(
    own: Lines,
    card: Card,
    stated: Sequence[Contract] = (),
    *,
    span: tuple[date, date] | None = None,
    tz: str = "UTC",
) -> Contracts:
    """Find the contracts of a card: those stated, and those that have usage.

    Args:
        own: The usage that the card is for.
        card: The card.
        stated: Contracts with their start and end, for any card.
        span: First day of the books and the day after their last; those of the usage if None.
        tz: Time zone of the periods.
    """
    mine = [c for c in stated if c.card == card.name]
    _sound(mine, card)
    begin, end = _times(own)
    edges = _span(begin, end, mine, span, empty=not len(own))
    given = {name: Key.of([c.labels.get(name, "") for c in mine]) for name in card.scope}
    used = Lines({name: own.key(name) for name in card.scope}, {})
    both = concat(Lines, [Lines(given, {}), used]) if card.scope else used
    size = len(mine) + len(own) if card.scope else max(len(own), 1)
    code = combine([both.keys[n] for n in card.scope], size)[0] if card.scope else np.zeros(size, dtype=np.int64)
    every, which = distinct(code)
    first_line = first_of(which, len(every))
    of_usage = which[len(mine) if card.scope else 0 :][: len(own)]
    first, last = np.full(len(every), ALWAYS), np.full(len(every), NEVER)
    known = np.flatnonzero(~np.isnat(begin))
    whose = of_usage[known] if len(known) else known
    np.minimum.at(first.view(np.int64), whose, begin[known].view(np.int64))
    np.maximum.at(last.view(np.int64), whose, end[known].view(np.int64))
    start, ended = np.full(len(every), NEVER), np.full(len(every), ALWAYS)
    owner = which[: len(mine)] if card.scope else np.zeros(len(mine), dtype=np.intp)
    for i, contract in zip(owner.tolist(), mine, strict=True):
        start[i], ended[i] = _instant(contract.start, NEVER), _instant(contract.end, ALWAYS)
        first[i] = start[i] if contract.start else min(first[i], edges[0])
        last[i] = ended[i]
    said = card.during
    first = np.where(said.start is not None, np.minimum(first, _instant(said.start, ALWAYS)), first)
    last = np.where(said.end is not None, np.maximum(last, _instant(said.end, NEVER)), last)
    keys = {name: Key(both.keys[name].codes[first_line], both.keys[name].labels) for name in card.scope}
    first, last = np.maximum(first, edges[0]), np.minimum(last, edges[1])
    return Contracts(card, keys, first, last, start, ended, edges, said.tz or tz)


def _sound(stated: Sequence[Contract], card: Card) -> None:
    """Refuse contracts that can't be told apart, or that say less than the card asks.

    Raises:
        CardError: A contract lacks a label of the card's scope, ends before it begins, or stands twice.
    """
    seen: dict[tuple[str, ...], Contract] = {}
    where = card.source or card.name
    for each in stated:
        lacking = [name for name in card.scope if not each.labels.get(name)]
        if lacking:
            found = f"a contract on {card.name} has the labels {dict(each.labels)}"
            msg = f"{where}: {found}; expected {', '.join(lacking)} too"
            raise CardError(msg)
        who = tuple(each.labels[name] for name in card.scope)
        named = " ".join(who) or "the account"
        if each.start and each.end and each.end <= each.start:
            msg = (
                f"{where}: the contract of {named} ends {each.end}, not after its start {each.start}; let it end later"
            )
            raise CardError(msg)
        if who in seen:
            other = seen[who]
            msg = (
                f"{where}: two contracts of {named} on {card.name}, from {other.start} to {other.end} and "
                f"from {each.start} to {each.end}; expected one; join them, or write a card of another name for "
                "the second"
            )
            raise CardError(msg)
        seen[who] = each


def _times(own: Lines) -> tuple[Instants, Instants]:
    """Begin and end of each line's finest period; empty where the usage has none."""
    grain = period.finest(set(own.keys))
    if grain is None:
        none: Any = np.zeros(0, dtype="datetime64[s]")
        return none, none
    key = own.keys[grain]
    return period.begins(key.labels)[key.codes], period.ends(key.labels)[key.codes]


def _span(
    begin: Instants, end: Instants, stated: Sequence[Contract], said: tuple[date, date] | None, *, empty: bool
) -> tuple[np.datetime64, np.datetime64]:
    known, over = begin[~np.isnat(begin)], end[~np.isnat(end)]
    if said is not None:
        first, last = _instant(said[0], NEVER), _instant(said[1], ALWAYS)
        if len(known) and (known.min() < first or over.max() > last):
            msg = (
                f"the books run from {said[0]} to {said[1]}, and there is usage from {str(known.min())[:10]} to "
                f"{str(over.max())[:10]}; expected usage inside the books; leave out the rest, or let the span hold it"
            )
            raise InputError(msg)
        return first, last
    if len(known):
        return known.min(), over.max()
    if empty and any(c.end is None for c in stated):
        msg = "there is no usage, and a contract without an end; nothing says how long the books are; say their span"
        raise InputError(msg)
    days = [_instant(c.start, NEVER) for c in stated if c.start] + [_instant(c.end, ALWAYS) for c in stated if c.end]
    nothing = np.datetime64("1970-01-01", "s")
    return (min(days), max(days)) if days else (nothing, nothing) if empty else (NEVER, NEVER)
