"""Segments: how far sums of segments came apart at earlier dates, and so how wide each of them has to be.

A segment's sum is off by what all customers share, by what those of the segment share, and by the chance of each. With
the segment's part p of all, what is its own of variance t, and its customers' chance of variance v, all of logs,

    variance(total) = shared + sum(p^2 (t + v)),    variance(segment) = shared + t + v

so that the variance of the total, which is known from totals, says what is shared. One segment is the total.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pertoken.core.keys import Codes, Key
from pertoken.core.money import Values
from pertoken.forecast.cases import Past
from pertoken.forecast.dressed import SHARES
from pertoken.forecast.mixed import Mixed
from pertoken.forecast.panel import Panel
from pertoken.forecast.totals import SHORTEST, SLOW, Shift, mean_of

Segmented = Callable[[Panel], Key]
"""Tells customers apart: `segmented(panel)` gives the segment of each, by what is known at the panel's end."""

OWN = 0.09
"""Prior standard deviation of what the customers of a segment share beside what all do, in a month, of log."""

WORTH = 3.0
"""Earlier sums of segments that this prior is worth, and that what all segments showed is worth for each of them."""

MOST = 1.5
"""The most that a segment is taken to have come apart, of log."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Segments of customers now, and of judged cases when they were judged.

    Args:
        now: Shape `(customer,)`; each label stands on some.
        then: Code of each judged case, of the labels of now; more than there are where the label is no longer any.
    """

    now: Key
    then: Codes


def in_use(segment: Key) -> Key:
    """Leave labels out that stand on no customer."""
    return Key.of(segment.column().tolist())


def split_of(panel: Panel, segmented: Segmented, before: Past) -> Split:
    """Tell customers apart now and, by what was known then, at each earlier date."""
    now = in_use(segmented(panel))
    judged = before.cases.like.pick(before.judged)
    code = {label: i for i, label in enumerate(now.labels)}
    then = np.zeros(len(before.judged), dtype=np.int32)
    for number, date in enumerate(before.dates or (before.periods,)):
        here = judged.origin == number
        each = segmented(panel.as_of(date))
        labels = np.array([code.setdefault(label, len(code)) for label in each.labels], dtype=np.int32)
        row = np.cumsum(panel.since < date) - 1
        then[here] = labels[each.codes][row[judged.customer[here]]]
    return Split(now, then)


@dataclass(frozen=True, slots=True, eq=False)
class _Sums:
    """Sums of segments at one date, each array `(segment,)`.

    Args:
        part: Of all that was expected.
        chance: Variance of the log of each sum, if customers were independent.
        off: Log of what came over what was expected.
    """

    part: Values
    chance: Values
    off: Values


def widths(before: Past, made: Mixed, split: Split, total: Shift, months: float) -> Values:
    """Say how wide the sum of each segment has to be: one standard deviation of its log, shape `(segment,)`.

    Args:
        before: Earlier forecasts.
        made: What was forecast, then and now.
        split: Which segments there are.
        total: Error of the total.
        months: Length of the horizon. [month]
    """
    own = _own(before, made, split, months)
    count = len(split.now.labels)
    part, chance = _moments(made.ahead, split.now.codes, count)
    all_chance = float(part**2 @ chance)
    room, taken = max(total.size**2 - all_chance, 0.0), float(part**2 @ own)
    kept = min(1.0, room / taken) if taken > 0 else 0.0
    wide: Values = np.sqrt(room - kept * taken + kept * own + chance)
    return wide


def _moments(quantiles: Values, code: Codes, count: int) -> tuple[Values, Values]:
    """Part of each segment's sum of all, and the variance of its log if customers were independent."""
    mean = mean_of(quantiles, SHARES)
    variance = np.maximum(mean_of(quantiles**2, SHARES) - mean**2, 0.0)
    expected = np.bincount(code, mean, minlength=count)
    chance = np.log1p(np.bincount(code, variance, minlength=count) / np.maximum(expected, 1e-300) ** 2)
    return expected / max(expected.sum(), 1e-300), chance


def _own(before: Past, made: Mixed, split: Split, months: float) -> Values:
    """Variance of what is each segment's own, by how far segments came apart, shape `(segment,)`."""
    prior = (OWN * max(months, SHORTEST) ** SLOW) ** 2
    longer = (before.horizon / before.ahead) ** (2 * SLOW)
    count = len(split.now.labels)
    worth, seen, dates = np.zeros(count), np.zeros(count), 0
    whole_worth, whole_seen = 0.0, 0.0
    for code, each in _dates(before, made, split):
        apart = np.clip(each.off, -MOST, MOST) ** 2
        rest = (1 - each.part) ** 2 - each.part**2
        scale, noise = rest + (each.part**2).sum(), rest * each.chance + each.part**2 @ each.chance
        tells = (scale * prior / np.maximum(scale * prior + noise, 1e-300)) ** 2 * (1 - 1 / len(code))
        found = tells * (apart - noise) / np.maximum(scale, 1e-9)
        whole_worth, whole_seen, dates = whole_worth + tells.sum(), whole_seen + found.sum(), dates + 1
        here = code < count
        np.add.at(worth, code[here], tells[here])
        np.add.at(seen, code[here], found[here])
    once = min(before.apart, dates) / max(dates, 1)  # dates that overlap count once
    pooled = max((WORTH * prior + once * longer * whole_seen) / (WORTH + once * whole_worth), 0.0)
    each_own: Values = np.maximum((WORTH * pooled + once * longer * seen) / (WORTH + once * worth), 0.0)
    return each_own


def _dates(before: Past, made: Mixed, split: Split):
    """Sums of segments at each earlier date at which there were two."""
    origin = before.cases.like.origin[before.judged]
    actual = before.cases.actual[before.judged]
    spoken = np.isfinite(made.then[0])
    for each in np.unique(origin[spoken]):
        here = spoken & (origin == each)
        code, place = np.unique(split.then[here], return_inverse=True)
        if len(code) < 2:
            continue
        part, chance = _moments(made.then[:, here], place, len(code))
        came = np.bincount(place, actual[here], minlength=len(code))
        share = came / max(came.sum(), 1e-300)
        with np.errstate(divide="ignore", invalid="ignore"):
            off = np.where(part > 0, np.log(np.maximum(share, 1e-9) / np.maximum(part, 1e-300)), 0.0)
        yield code, _Sums(part, chance, off)
