"""Cohorts: what became of customers who came together, in windows of one length.

Windows are of whole weeks, counted back from the last whole day for what all did, and on from each customer's own
first day for what became of them: no month length, weekday or half first month is taken for growth or loss.
"""

from dataclasses import dataclass, replace

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.core.period import GRAINS, begins, ends, roll_up
from pertoken.forecast.metrics import NEVER
from pertoken.forecast.panel import Indices, Panel

MONTH = 30.4375
"""Days of a month of mean length."""

FEWEST = 3
"""Customers of a cohort who must be old enough for an age to be told; all of a smaller one."""

MONTHLY = "month"
"""Grain of panels whose windows are months, each brought to the mean length."""


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """What each customer paid or used in windows that end with the last period.

    Args:
        labels: Last period of each window, in time.
        value: Shape `(customer, window)`.
        before: What each had paid before the first window, shape `(customer,)`.
        cut: Periods before the first window.
    """

    labels: tuple[str, ...]
    value: Values
    before: Values
    cut: int

    def known(self, window: int) -> Values:
        """Who had paid until the end of a window, shape `(customer,)`."""
        known: Values = self.before + self.value[:, : window + 1].clip(0).sum(axis=1) > NEVER
        return known


@dataclass(frozen=True, slots=True, eq=False)
class Triangle:
    """What is left of each cohort by age in windows; NaN where it isn't old enough.

    Args:
        cohorts: Their names.
        size: Customers of each who ever paid, shape `(cohort,)`.
        counted: Customers of each who are old enough, shape `(cohort, age)`.
        active: Share of those who pay at that age, shape `(cohort, age)`.
        kept: What they pay at that age over what they paid in their first window, shape `(cohort, age)`.
    """

    cohorts: tuple[str, ...]
    size: Indices
    counted: Indices
    active: Values
    kept: Values


def even(panel: Panel) -> Panel:
    """Bring months to the mean length, so that a long one is no growth; finer periods stay as they are.

    Raises:
        InputError: Periods are neither days nor months.
    """
    if panel.grain == "day":
        return panel
    if panel.grain != MONTHLY:
        raise InputError(f"cohorts by {panel.grain}; expected usage by day or by month")
    days = (ends(panel.periods) - begins(panel.periods)).astype("timedelta64[D]").astype(np.float64)
    return replace(panel, quantity=panel.quantity * (MONTH / days))


def first_above(panel: Panel) -> Panel:
    """Keep those who ever paid, each from the first period that was paid for.

    Raises:
        InputError: Nobody did.
    """
    positive = np.nan_to_num(panel.value) > NEVER
    ever = np.flatnonzero(positive.any(axis=1))
    if not len(ever):
        raise InputError("nobody paid anything in the whole periods of the log, so there is nothing to retain")
    return replace(panel.pick(ever), since=np.argmax(positive[ever], axis=1).astype(np.int64))


def in_windows(panel: Panel, width: int) -> Windows:
    """Add up trailing windows; what was not watched counts as the rest of its window.

    Args:
        panel: Of days or months.
        width: Periods of a window: 28 or 91 days, 1 month.

    Raises:
        InputError: There is not one whole window, or of some window nothing was watched.
    """
    size = len(panel.periods)
    count = size // width
    if not count:
        raise InputError(
            f"{size} whole {panel.grain}{'s are' if size != 1 else ' is'} less than one window of {width}; expected at "
            "least one window, better two; take more of the log, or shorter windows"
        )
    cut = size - count * width
    value, seen = _watched(panel)
    shape = (len(panel), count, width)
    total, share = value[:, cut:].reshape(shape).sum(axis=2), seen[:, cut:].reshape(shape).mean(axis=2)
    if len(blind := np.flatnonzero(~(share > 0).any(axis=0))):
        last = panel.periods[cut + width * int(blind[0] + 1) - 1]
        raise InputError(f"nothing was watched in the {width} {panel.grain}s until {last}; take longer windows")
    scaled = np.divide(total, share, out=np.zeros_like(total), where=share > 0)
    return Windows(panel.periods[cut + width - 1 :: width], scaled, value[:, :cut].sum(axis=1), cut)


def by_age(panel: Panel, width: int) -> Values:
    """Add up each customer's windows since the first day; shape `(customer, age)`, NaN where the log ends before."""
    value, seen = _watched(panel)
    size = len(panel.periods)
    ages = max(int((size - panel.since).max(initial=0)) // width, 0)
    edge = np.minimum(panel.since[:, None] + width * np.arange(ages + 1), size)
    total, watched = (np.diff(np.take_along_axis(_summed(each), edge, axis=1), axis=1) for each in (value, seen))
    scaled = np.divide(total * width, watched, out=np.zeros_like(total), where=watched > 0)
    old_enough = panel.since[:, None] + width * (np.arange(ages) + 1) <= size
    aged: Values = np.where(old_enough, scaled, np.nan)
    return aged


def _summed(value: Values) -> Values:
    return np.concatenate([np.zeros((len(value), 1)), np.cumsum(value, axis=1)], axis=1)


def _watched(panel: Panel) -> tuple[Values, Values]:
    """Values, zero where not known, and 1 where they were watched; before a customer came nothing was missed."""
    value = panel.value
    missed = np.isnan(value) & (np.arange(value.shape[1]) >= panel.since[:, None])
    return np.nan_to_num(value), (~missed).astype(np.float64)


def cohorts_of(panel: Panel, by: str) -> Key:
    """Name the cohort of each customer: the month or quarter of the first period, or what the customer is.

    Args:
        panel: Of all customers.
        by: `month`, `quarter`, or a key of the panel, of which the last label holds.

    Raises:
        InputError: No such key.
    """
    if by in GRAINS:
        return Key.of(roll_up(panel.periods[min(first, len(panel.periods) - 1)], by) for first in panel.since)
    if by in panel.known:
        return panel.known[by]
    if by not in panel.tracks:
        names = ", ".join(("month", "quarter", *panel.tracks, *panel.known))
        raise InputError(f"no cohorts by {by!r}; expected one of {names}, or a column of the log that says it")
    return panel.tracks[by].last


def triangle(ages: Values, cohort: Key, *, least: float = 0.0) -> Triangle:
    """Follow cohorts by age; all who ever paid stay in what they are measured by, so nobody is forgotten who left.

    Args:
        ages: What each paid by age, shape `(customer, age)`; NaN where not old enough.
        cohort: Of each customer.
        least: Share of a cohort that must be old enough for an age to be told; a few of it say little of the others.
    """
    paid = np.nansum(ages.clip(0), axis=1) > NEVER
    rows = []
    for code in range(len(cohort.labels)):
        own = ages[(cohort.codes == code) & paid]
        old = ~np.isnan(own)
        known, first = np.nan_to_num(own), np.where(old, np.nan_to_num(own[:, :1]), 0.0)
        rows.append((len(own), old.sum(axis=0), (known > NEVER).sum(axis=0), known.sum(axis=0), first.sum(axis=0)))
    size, counted, active, value, first = (np.array(each) for each in zip(*rows, strict=True))
    told = counted >= np.maximum(least * size, np.minimum(size, FEWEST))[:, None]
    shares = (np.where(told, _share(*each), np.nan) for each in ((active, counted), (value, first)))
    return Triangle(cohort.labels, size, counted, *shares)


def _share(part: Values, whole: Values) -> Values:
    out = np.full(part.shape, np.nan)
    share: Values = np.divide(part, whole, out=out, where=whole > NEVER)
    return share
