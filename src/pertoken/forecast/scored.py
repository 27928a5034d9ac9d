"""Scored: what forecasts were off by, one line for each forecast; every table of a back-test is a fold of it.

Sums are kept, never ratios, so that lines add up over customers, sizes, segments, origins and lengths of history.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.core.lines import Lines
from pertoken.core.money import Values
from pertoken.forecast.score import coverage, crps, ranks, wilson, within

LEVELS = (0.5, 0.8, 0.9)
"""Levels of the central intervals whose coverage is counted."""

BINS = 10
"""Even stretches of the probability integral transform."""

RESAMPLES = 2000
CELLS = 20_000_000
"""Weights of resamples that are drawn in one piece."""


@dataclass(frozen=True, eq=False)
class Scored:
    """A back-test's outcome.

    Args:
        customers: One line for each forecaster, length of history, origin and customer. Keys `forecaster`, `history`,
            `origin`, `customer`, `decile` (of size, as of the origin) and the groups; values as of `lines_of`.
        totals: One line for each forecaster, history, origin and `of`: `there` for customers there at the origin, `all`
            with those who came later too.
        horizon: Periods ahead.
        groups: Names of the groups that customers are told apart by.
        notes: What should be known beside the numbers.
        segments: One line for each forecaster, history, origin and `segment`: the sum of its customers; None where
            nobody was told apart.
    """

    customers: Lines
    totals: Lines
    horizon: int
    groups: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    segments: Lines | None = None

    @property
    def forecasters(self) -> tuple[str, ...]:
        """Their names, in the order of their labels."""
        key = self.customers.key("forecaster")
        return tuple(key.labels[code] for code in np.unique(key.codes))


@dataclass(frozen=True, eq=False)
class Rates:
    """Scores of groups of forecasts, each array `(group,)`.

    Args:
        lines: The groups: their keys, and the sums behind.
        crps: Sum of the CRPS over the sum of what came; NaN where nothing came.
        wape: Sum of the distances of medians from what came, over the same.
        bias: Sum of means less what came, over the same.
        coverage: Share of forecasts within each of `LEVELS`, shape `(level, group)`.
        low: Lower end of the interval in which that share lies with 95 %, if forecasts were independent.
        high: Upper end.
        pit: Share of forecasts in each stretch of the transform, shape `(bin, group)`.
    """

    lines: Lines
    crps: Values
    wape: Values
    bias: Values
    coverage: Values
    low: Values
    high: Values
    pit: Values

    @property
    def count(self) -> Values:
        """How many forecasts there are in each group."""
        return self.lines.values["count"]


@dataclass(frozen=True, slots=True)
class Difference:
    """How much lower one forecaster's CRPS is than another's, by resampling customers in pairs.

    Args:
        one: Forecaster.
        other: The one that it is held against.
        less: Share by which its CRPS is lower; negative where it is higher.
        low: The share at P2.5 of the resamples.
        high: The share at P97.5.
        better: Share of resamples in which it is lower.
    """

    one: str
    other: str
    less: float
    low: float
    high: float
    better: float


def lines_of(samples: Values, actual: Values) -> dict[str, Values]:
    """Score samples, one line for each thing forecast; every value may be added up.

    Args:
        samples: Shape `(draw, line)`.
        actual: Shape `(line,)`.

    Returns:
        `count`, `actual`, `median`, `mean`, `off` (of the median), `crps`, `covered` `(level, line)` and `pit`
        `(bin, line)`.
    """
    below, upto = ranks(samples, actual)
    median = np.median(samples, axis=0)
    return {
        "count": np.ones(actual.shape),
        "actual": actual,
        "median": median,
        "mean": samples.mean(axis=0, dtype=np.float64),
        "off": np.abs(median - actual),
        "crps": crps(samples, actual),
        "covered": np.stack([coverage(below, upto, level) for level in LEVELS]),
        "pit": np.stack([within(below, upto, i / BINS, (i + 1) / BINS) for i in range(BINS)]),
    }


def rates(lines: Lines, by: Sequence[str]) -> Rates:
    """Score groups of forecasts.

    Args:
        lines: Of a `Scored`.
        by: Keys that tell the groups apart.
    """
    folded = lines.fold(by)
    sums = folded.values
    came = np.where(sums["actual"] > 0, sums["actual"], np.nan)
    held = sums["covered"] / sums["count"]
    low, high = wilson(held, sums["count"])
    return Rates(
        folded,
        sums["crps"] / came,
        sums["off"] / came,
        (sums["mean"] - sums["actual"]) / came,
        held,
        low,
        high,
        sums["pit"] / sums["count"],
    )


def difference(scored: Scored, one: str, other: str, rng: np.random.Generator, *, count: int = RESAMPLES) -> Difference:
    """Hold one forecaster's CRPS against another's on the same forecasts, with customers drawn anew in pairs.

    A customer is drawn with all its origins and histories: they are not independent. What moves all customers together
    in one origin is not in the interval. Source: Efron and Tibshirani 1993, ch. 10, on the ratio of sums.

    Args:
        scored: A back-test.
        one: Forecaster.
        other: The one that it is held against.
        rng: Where resamples come from.
        count: How many resamples.

    Raises:
        InputError: A forecaster is unknown, or both have no forecast in common.
    """
    ours, theirs = _paired(scored, one, other)
    size = len(ours)
    both = np.stack([ours, theirs], axis=1)
    step = max(CELLS // size, 1)
    parts = [rng.multinomial(size, np.full(size, 1 / size), min(step, count - i)) @ both for i in range(0, count, step)]
    sums = np.concatenate(parts)
    shares = _less(sums[:, 0], sums[:, 1])
    low, high = np.quantile(shares, [0.025, 0.975]).tolist()
    whole = float(_less(ours.sum(), theirs.sum()))
    return Difference(one, other, whole, low, high, float((shares > 0).mean()))


def _less(ours: Values, theirs: Values) -> Values:
    less: Values = 1 - np.asarray(ours) / np.where(np.asarray(theirs) > 0, theirs, 1.0)
    return np.where(np.asarray(theirs) > 0, less, 0.0)


def _paired(scored: Scored, one: str, other: str) -> tuple[Values, Values]:
    """CRPS of each customer by both forecasters, over the forecasts that both made."""
    names = scored.forecasters
    for name in (one, other):
        if name not in names:
            raise InputError(f"no forecaster {name!r} was scored; {nearest(name, names)}")
    cells = ["history", "origin", "customer"]
    sides = [scored.customers.where(forecaster=name).fold(cells) for name in (one, other)]
    codes = [np.stack([side.keys[name].codes for name in cells]) for side in sides]
    if not np.array_equal(codes[0], codes[1]):
        known = [set(map(tuple, code.T.tolist())) for code in codes]
        common = known[0] & known[1]
        if not common:
            raise InputError(f"{one} and {other} have no forecast in common; expected the same origins and histories")
        masks = [np.array([tuple(each) in common for each in code.T.tolist()]) for code in codes]
        sides = [side.pick(mask) for side, mask in zip(sides, masks, strict=True)]
    ours, theirs = (side.fold(["customer"]).values["crps"] for side in sides)
    return ours, theirs
