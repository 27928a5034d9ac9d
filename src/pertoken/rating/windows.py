"""Windows: the periods in which contracts run, and how they begin that do not with the calendar."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import CardError, InputError
from pertoken.core.lines import Key, Lines
from pertoken.core.money import Values, array, settle
from pertoken.core.period import Instants
from pertoken.rating.card import Card

CYCLE = "cycle"
"""Key of periods that don't begin with the calendar's: the label is the day on which one begins."""


MONTHS = {"month": 1, "quarter": 3, "year": 12}
"""Months of a period."""


NEVER, ALWAYS = np.datetime64("0001-01-01", "s"), np.datetime64("9999-01-01", "s")


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


def cycle_of(day: Instants, window: str, turn: int) -> str:
    """Name the cycle that a day lies in by the day on which it begins."""
    ahead, on = divmod(turn, 32)
    month = day.astype("datetime64[M]")
    month = np.where(anchored(month, on) > day, month - 1, month)
    first: Instants = month - ((month.astype(np.int64) - ahead) % MONTHS[window]).astype("timedelta64[M]")
    return period.label(anchored(first, on)[0], "day")


def turned(grain: str, span: tuple[np.datetime64, np.datetime64], turn: int) -> tuple[Instants, Instants]:
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


def on_edges(periods: tuple[Instants, Instants], opened: Instants, closed: Instants) -> bool:
    """Tell whether nothing opens or closes inside a period."""
    begin, end = periods
    edges = np.concatenate([opened, closed])
    at = np.searchsorted(end, edges, side="right")
    inside = at < len(begin)
    return not (begin[at[inside]] < edges[inside]).any()


def crossed(
    begin: Instants, end: Instants, from_: Instants, to: Instants, who: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Pair contracts with the periods in which they run."""
    low = np.searchsorted(end, from_[who], side="right")
    high = np.searchsorted(begin, to[who], side="left")
    counts = np.maximum(high - low, 0)
    contract = np.repeat(who, counts)
    offset = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return contract, np.repeat(low, counts) + offset


def days_between(begin: Instants, end: Instants) -> NDArray[np.int64]:
    """Count local days; a day that is begun counts."""
    lo = begin.astype("datetime64[D]")
    hi = (end - np.timedelta64(1, "s")).astype("datetime64[D]")
    days: NDArray[np.int64] = (hi - lo).astype(np.int64) + 1
    return days


def instant(day: date | None, otherwise: np.datetime64) -> np.datetime64:
    """Give the moment at which a day begins; another where none is said."""
    return otherwise if day is None else np.datetime64(day.isoformat(), "s")


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


def closing(lines: Lines, window: str) -> Lines:
    """Put what is billed for a longer period, as a limit of a quarter, into the last of its shorter ones."""
    finest = period.finest(set(lines.keys))
    if finest is None or window not in period.GRAINS or period.GRAINS.index(finest) <= period.GRAINS.index(window):
        return lines
    key = lines.keys[finest]
    ends = period.ends(key.labels) - np.timedelta64(1, "s")
    last = {label: period.label(t, window) if label else "" for label, t in zip(key.labels, ends, strict=True)}
    return lines.with_keys(**{window: key.relabel(last)})
