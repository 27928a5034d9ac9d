"""Declared events: taken out of the history, carried into the months ahead.

An event moves the log of usage by

    log(level) x 2^(-age / half-life) + slope x age,   age in months since its first day, 0 before

(the slope fades with the same half-life). History is brought to the level of its last day, so that nothing of the event
is taken for growth; ahead counts what is still to change after it.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from math import exp, log

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.kinds import P90
from pertoken.core.money import Values
from pertoken.forecast.event import Event
from pertoken.forecast.panel import Panel
from pertoken.forecast.timed import NUMBERED, WEEK

MONTH_DAYS = 365.25 / 12
POINTS = 32
"""Points of a period over which an event is averaged."""

MOSTLY = 0.5
"""A period that an outage takes more of than this is not watched; others are brought up to the whole."""

SEEN = 28
"""Days before and after an event over which its level is found in the history."""


@dataclass(frozen=True, slots=True, eq=False)
class Adjusted:
    """A history without the events in it.

    Args:
        panel: At the level of its last day, outages not watched.
        events: Those in the history with their levels, found or said, and those to come.
        notes: What was done, for the reader.
    """

    panel: Panel
    events: tuple[Event, ...]
    notes: tuple[str, ...]


def adjusted(panel: Panel, events: Iterable[Event]) -> Adjusted:
    """Bring a history to the level of after its events, and take outages out.

    Args:
        panel: Its periods are dated.
        events: Declared; those after the history change nothing here.

    Raises:
        InputError: Periods are only numbered, nobody is where an event is, or its level can't be found.
    """
    every = sorted(events, key=lambda each: each.on)
    if not every:
        return Adjusted(panel, (), ())
    begin, end = _edges(panel)
    made, notes, quantity = [], [], panel.quantity.copy()
    for each in every:
        rows = here(panel, each.where)
        if not rows.any():
            raise InputError(f"the {each.kind} on {each.on} is of {each.where!r}, whom nobody in the history is")
        if np.datetime64(each.on, "D") >= end[-1]:
            made.append(each)
            continue
        if np.datetime64(each.on, "D") <= begin[0] and _settled(each, begin[0]):
            notes.append(f"{each.kind} on {each.on}: it came before the history, which knows no other level")
            continue
        if each.kind == "outage":
            quantity[:, rows], said = _without(quantity[:, rows], each, begin, end)
        else:
            known = each if each.level is not None else _measured(replace(panel, quantity=quantity), each, rows)
            factor = np.exp(_curve(known, _ages(known, end[-1:], end[-1:]))[0, 0] - np.log(_mean(known, begin, end)))
            quantity[:, rows] *= factor
            said, each = _words(known, found=each.level is None), known  # noqa: PLW2901  with its level
        made.append(each)
        notes.append(said)
    return Adjusted(replace(panel, quantity=quantity), tuple(made), tuple(notes))


def here(panel: Panel, where: str) -> NDArray[np.bool_]:
    """Find the customers that a label means: by name, or by what they are, shape `(customer,)`."""
    found: NDArray[np.bool_] = np.array([not where or name == where for name in panel.customers], dtype=bool)
    for key in (*panel.known.values(), *(track.last for track in panel.tracks.values())):
        if where in key.labels:
            found |= key.codes == key.labels.index(where)
    return found


Days = NDArray[np.datetime64]


def _edges(panel: Panel) -> tuple[Days, Days]:
    """First day of each period and the day after it; hours lie in their day."""
    if panel.grain == NUMBERED:
        raise InputError("events have dates, and the periods of this history are only numbered; name them by day")
    begin = period.begins(panel.periods)
    if panel.grain == WEEK:
        return begin, begin + np.timedelta64(7, "D")
    return begin, period.ends(panel.periods)


def _ages(each: Event, begin: Days, end: Days) -> Values:
    """Months since an event at points of each period, shape `(period, point)`."""
    on = np.datetime64(each.on, "s")
    since = (begin - on).astype("timedelta64[s]").astype(np.float64) / 86_400
    long = (end - begin).astype("timedelta64[s]").astype(np.float64) / 86_400
    days = since[:, None] + long[:, None] * (np.arange(POINTS) + 0.5) / POINTS
    found: Values = days / MONTH_DAYS
    return found


def _settled(each: Event, day: np.datetime64) -> bool:
    """Whether an event leaves usage as it is from a day on."""
    if each.kind == "outage":
        return bool(_until(each) <= day)
    return each.level is None or not (each.slope or each.half_life)


def _left(each: Event, ages: Values) -> Values:
    """Share of a level that is still there; nothing before the event."""
    past = np.maximum(ages, 0.0)
    kept = 0.5 ** (past / each.half_life) if each.half_life else np.ones_like(past)
    found: Values = np.where(ages >= 0, kept, 0.0)
    return found


def _curve(each: Event, ages: Values) -> Values:
    """Log of the factor on usage at some ages."""
    past = np.maximum(ages, 0.0)
    risen = (1 - 0.5 ** (past / each.half_life)) * each.half_life / log(2) if each.half_life else past
    found: Values = log(each.level or 1.0) * _left(each, ages) + each.slope * risen
    return found


def _mean(each: Event, begin: Days, end: Days) -> Values:
    """Factor on the usage of whole periods: the mean over their days."""
    found: Values = np.exp(_curve(each, _ages(each, begin, end))).mean(axis=-1)
    return found


def _until(each: Event) -> np.datetime64:
    """Find the first moment after an outage."""
    return np.datetime64(each.until, "s") if each.until else np.datetime64(each.on, "s") + np.timedelta64(1, "D")


def _out(each: Event, begin: Days, end: Days) -> Values:
    """Share of each period that an outage takes."""
    inside = np.minimum(end, _until(each)) - np.maximum(begin, np.datetime64(each.on, "s"))
    share: Values = np.maximum(inside.astype(np.float64), 0.0) / (end - begin).astype(np.float64)
    return share


def _without(quantity: Values, each: Event, begin: Days, end: Days) -> tuple[Values, str]:
    """Take an outage out: periods that it mostly takes are not watched, others are brought up to the whole."""
    share = _out(each, begin, end)
    mostly = share > MOSTLY
    out = np.where(mostly, np.nan, quantity / np.where(mostly, 1.0, 1 - share))
    touched = int((share > 0).sum())
    return out, f"outage from {each.on}: {touched} periods are not watched or brought up to the whole"


def _measured(panel: Panel, each: Event, rows: NDArray[np.bool_]) -> Event:
    """Find the level of an event in the history: the middle customer's usage after it against before."""
    begin, _ = _edges(panel)
    days = (begin - np.datetime64(each.on, "s")).astype("timedelta64[s]").astype(np.float64) / 86_400
    before, after = (days >= -SEEN) & (days < 0), (days >= 0) & (days < SEEN)
    ratios = log_ratios(panel.value[rows], before, after)
    if len(ratios) < 3:  # noqa: PLR2004  of two customers nobody is the middle
        raise InputError(
            f"the level of the {each.kind} on {each.on} can't be found in the history: only {len(ratios)} customers "
            "have usage before and after it; say its level"
        )
    middle = float(np.median(ratios))
    error = 1.2533 * float(np.std(ratios, ddof=1)) / len(ratios) ** 0.5  # of a median
    return replace(each, level=exp(middle), low=exp(middle - P90 * error), high=exp(middle + P90 * error))


def log_ratios(value: Values, before: NDArray[np.bool_], after: NDArray[np.bool_]) -> Values:
    """Log of the mean usage after over before, of customers who have both, shape `(customer who has,)`."""
    watched = ~np.isnan(value)
    sums = [np.where(watched & side, value, 0.0).sum(axis=-1) for side in (before, after)]
    counts = [(watched & side).sum(axis=-1) for side in (before, after)]
    both = (sums[0] > 0) & (sums[1] > 0)
    found: Values = np.log(sums[1][both] / counts[1][both]) - np.log(sums[0][both] / counts[0][both])
    return found


def _words(each: Event, *, found: bool) -> str:
    whom = f" of {each.where}" if each.where else ""
    level = each.level or 1.0
    if not found:
        return f"{each.kind} on {each.on}: history{whom} is brought to the level of after it, x{level:.3g} as said"
    return (
        f"{each.kind} on {each.on}: history{whom} is brought to the level of after it, x{level:.3g} as found in the "
        f"history (P10 {each.low:.3g}, P90 {each.high:.3g})"
    )


@dataclass(frozen=True, slots=True, eq=False)
class Ahead:
    """What events do to the months ahead, for rows of customers or segments.

    Args:
        log: Log of the factor expected, shape `(row, month)`.
        doubt: By how much it moves with a standard normal for each event, shape `(event, row, month)`.
    """

    log: Values
    doubt: Values

    def drawn(self, draws: int, rng: np.random.Generator) -> Values:
        """Draw logs of factors, shape `(draw, row, month)`; an event is as large for all rows and months of a draw."""
        scores = rng.standard_normal((draws, len(self.doubt)))
        found: Values = self.log + np.tensordot(scores, self.doubt, axes=1)
        return found


def ahead(
    events: Iterable[Event], months: Sequence[str], rows: Sequence[Collection[str]], *, until: date | None = None
) -> Ahead:
    """Say what events do to the months ahead, against the level of the history's last day.

    Args:
        events: As `adjusted` gave them back.
        months: Labels of the months, in time.
        rows: What each row is called: the customer's name, segment, tier.
        until: First day after the history; the first day of the months if None.

    Raises:
        InputError: An event that is still to come says no level.
    """
    begin, end = period.begins(months), period.ends(months)
    last = np.array([np.datetime64(until, "s") if until else begin[0]])
    every = tuple(events)
    logs, doubt = np.zeros((len(rows), len(months))), np.zeros((len(every), len(rows), len(months)))
    for i, each in enumerate(every):
        whom = np.array([not each.where or each.where in names for names in rows], dtype=bool)[:, None]
        if each.kind == "outage":
            logs += whom * np.log(np.maximum(1 - _out(each, begin, end), 1e-9))
            continue
        if each.level is None:
            raise InputError(f"the {each.kind} on {each.on} says no level, and no history tells it; say its level")
        began, ages = last > np.datetime64(each.on, "s"), _ages(each, last, last)
        now = _curve(each, ages)[:, 0] * began
        logs += whom * (np.log(_mean(each, begin, end)) - now)
        if each.low is not None and each.high is not None:
            spread = log(each.high / each.low) / (2 * P90)
            left = _left(each, _ages(each, begin, end)).mean(axis=-1)
            still = _left(each, ages)[:, 0] * began
            doubt[i] = whom * spread * (left - still)
    return Ahead(logs, doubt)


def told_ahead(events: Iterable[Event], months: Sequence[str], after: date) -> Iterator[str]:
    """Say what each event to come does, and which come too late to do anything.

    Args:
        events: Declared.
        months: Labels of the months ahead, in time.
        after: Last day of the history.
    """
    end = period.ends(months[-1:])[0]
    for each in events:
        if each.on <= after:
            continue
        name, whom = f"{each.kind} on {each.on}", f" of {each.where}" if each.where else ""
        if np.datetime64(each.on, "s") >= end:
            yield f"! {name}: it comes after {months[-1]}, the last month ahead, and moves nothing here"
        elif each.kind == "outage":
            yield f"{name}: nothing is used{whom} until {_until(each).astype('datetime64[D]')}, as said"
        elif each.level is not None:
            ends = "" if each.low is None or each.high is None else f" (P10 {each.low:.3g}, P90 {each.high:.3g})"
            fades = " at first" if each.slope or each.half_life else " from then on"
            yield f"{name}: usage{whom} is x{each.level:.3g}{ends}{fades}, as said"
