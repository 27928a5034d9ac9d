"""Segments: how far sums of segments came apart from the total at earlier dates, and what of that is their own."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.core.keys import Codes, Key
from pertoken.core.money import Values
from pertoken.forecast.cases import Past
from pertoken.forecast.dressed import SHARES
from pertoken.forecast.mixed import Mixed
from pertoken.forecast.panel import Panel
from pertoken.forecast.totals import DOUBT, SHORTEST, SLOW, mean_of

Segmented = Callable[[Panel], Key]
"""Tells customers apart: `segmented(panel)` gives the segment of each, by what is known at the panel's end."""

OWN = 0.2
"""Prior standard deviation of what the customers of a segment share beside what all do, in a month, of log."""

WORTH = 3.0
"""Earlier sums of segments that this prior is worth, and that what all segments showed is worth for each of them."""

TINY = 1e-300
"""In the place of nothing where is divided."""

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


def by_key(name: str) -> Segmented:
    """Tell customers apart by what a panel says of them: what they are in the last period, or for good.

    Args:
        name: Of a track, or of what is known.
    """

    def segmented(panel: Panel) -> Key:
        there = {**panel.known, **{each: track.last for each, track in panel.tracks.items()}}
        if name not in there:
            raise InputError(f"no key {name!r} that customers are told apart by; {nearest(name, there)}")
        return there[name]

    return segmented


def by_name(labels: Mapping[str, str]) -> Segmented:
    """Tell customers apart by name.

    Args:
        labels: Segment of each customer.
    """
    told = {str(name): str(label) for name, label in labels.items()}

    def segmented(panel: Panel) -> Key:
        missing = [each for each in panel.customers if each not in told]
        if missing:
            raise InputError(f"customer {missing[0]!r} has no segment; expected one for each of {len(panel)} customers")
        return Key.of(told[each] for each in panel.customers)

    return segmented


def in_use(segment: Key) -> Key:
    """Leave labels out that stand on no customer."""
    return Key.of(segment.column().tolist())


def split_of(panel: Panel, segmented: Segmented, before: Past) -> Split:
    """Tell customers apart now and, by what was known then, at each earlier date."""
    now = in_use(segmented(panel))
    judged = before.cases.like.pick(before.judged)
    code = {label: i for i, label in enumerate(now.labels)}
    then = np.zeros(len(before.judged), dtype=np.int32)
    for number, date in enumerate(before.told_at):
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
        off: Log of its part of what came over that of what was expected.
    """

    part: Values
    chance: Values
    off: Values


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """What is each segment's own, beside what it shares with all: each array `(segment,)`.

    Args:
        bias: Log of what its sum has to be shifted by, beside the shift of the total.
        variance: Of the log of its sum, beside the chance of its customers.
    """

    bias: Values
    variance: Values


def _moments(quantiles: Values, code: Codes, count: int) -> tuple[Values, Values]:
    """Part of each segment's sum of all, and the variance of its log if customers were independent."""
    mean = mean_of(quantiles, SHARES)
    variance = np.maximum(mean_of(quantiles**2, SHARES) - mean**2, 0.0)
    expected = np.bincount(code, mean, minlength=count)
    chance = np.log1p(np.bincount(code, variance, minlength=count) / np.maximum(expected**2, TINY))
    return expected / max(expected.sum(), TINY), chance


def came_apart(before: Past, made: Mixed, split: Split, months: float) -> Apart:
    """Learn from earlier dates what is each segment's own.

    A segment that came apart by d, where its part p and those of others say that d has variance scale x t + chance,
    tells d^2 - chance of t, and counts for the less the more of it is chance. What one segment showed is drawn to what
    all did (empirical Bayes).

    Args:
        before: Earlier forecasts.
        made: What was forecast of judged cases.
        split: Which segments there are.
        months: Length of the horizon. [month]
    """
    prior = (OWN * max(months, SHORTEST) ** SLOW) ** 2
    longer = (before.horizon / before.ahead) ** (2 * SLOW)
    rows = [_apart(code, each, prior) for code, each in _dates(before, made, split)]
    if not rows:
        count = len(split.now.labels)
        return Apart(np.zeros(count), np.full(count, prior))
    once = min(before.apart, len(rows)) / len(rows)  # dates that overlap count once
    code, off, known, variance = (np.concatenate(column) for column in zip(*rows, strict=True))
    pooled = max((WORTH * prior + once * longer * (known**2 @ variance)) / (WORTH + once * (known**2).sum()), 0.0)

    def of_each(values: Values) -> Values:
        return once * np.bincount(code, values, minlength=len(split.now.labels))[: len(split.now.labels)]

    bias = of_each(known * off) / (of_each(known) + DOUBT)
    own = (WORTH * pooled + longer * of_each(known**2 * variance)) / (WORTH + of_each(known**2))
    return Apart(bias, np.maximum(own, 0.0))


def _apart(code: Codes, each: _Sums, prior: float) -> tuple[Codes, Values, Values, Values]:
    """Say of each segment of a date how far it came apart, how much of that is its own, and what variance it tells of.

    All arrays are `(segment,)`: codes, logs, shares and variances.
    """
    rest = (1 - each.part) ** 2 - each.part**2
    scale = rest + (each.part**2).sum()
    chance = rest * each.chance + float(each.part**2 @ each.chance)
    known = scale * prior / np.maximum(scale * prior + chance, TINY) * np.sqrt(1 - 1 / len(code))
    return code, each.off, known, np.minimum((each.off**2 - chance) / np.maximum(scale, TINY), MOST**2)


def _dates(before: Past, made: Mixed, split: Split) -> Iterator[tuple[Codes, _Sums]]:
    """Add segments up at each earlier date at which there were two."""
    actual, origin = before.cases.actual[before.judged], before.cases.like.origin[before.judged]
    spoken = np.isfinite(made.then[0])
    for each in np.unique(origin[spoken]):
        here = spoken & (origin == each)
        code, found = np.unique(split.then[here], return_inverse=True)
        place = found.astype(np.int32)
        came = np.bincount(place, actual[here])
        if len(code) > 1 and came.sum() > 0:
            part, chance = _moments(made.then[:, here], place, len(code))
            share = np.maximum(came / came.sum(), TINY) / np.maximum(part, TINY)
            yield code, _Sums(part, chance, np.clip(np.log(share), -MOST, MOST))
