"""Customers of an API made up by the laws of nine families, so that the truth behind a panel is known.

Two families are there to break a model of pooled log-normal levels: `regime` jumps to another level at launches, and
`backfill` has single days of a heavy tail. All share a slow shock and a weekday profile of the whole product.
"""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from pertoken.core.keys import Key
from pertoken.forecast.panel import Panel

Values = NDArray[np.float64]
DAYS = 240
FIRST = date(2026, 1, 5)
"""A Monday."""

Family = Callable[[np.random.Generator, int, int], Values]


def levels(rng: np.random.Generator, size: int, middle: float, spread: float) -> Values:
    """Mean tokens a day of each customer, shape `(customer, 1)`."""
    return middle * np.exp(spread * rng.standard_normal((size, 1)))


def slow(rng: np.random.Generator, shape: tuple[int, int], step: float, stays: float = 0.97) -> Values:
    """Logs that wander and come back, standard deviation `step / sqrt(1 - stays ** 2)`."""
    wander = np.zeros(shape)
    pushes = step * rng.standard_normal(shape)
    wander[:, 0] = pushes[:, 0] / np.sqrt(1 - stays**2)
    for day in range(1, shape[1]):
        wander[:, day] = stays * wander[:, day - 1] + pushes[:, day]
    return wander


def noise(rng: np.random.Generator, shape: tuple[int, int], size: float) -> Values:
    """Factors of a day, mean 1."""
    return np.exp(size * rng.standard_normal(shape) - size**2 / 2)


def weekdays(days: int, weekend: float) -> Values:
    """Factor of each day where the weekend has so much of a working day."""
    return np.where(np.arange(days) % 7 >= 5, weekend, 1.0)


def stable(rng: np.random.Generator, size: int, days: int) -> Values:
    """Level, weekday profile and noise: what a pooled log-normal model believes in."""
    shape = (size, days)
    return levels(rng, size, 4e4, 1.5) * weekdays(days, 0.6) * np.exp(slow(rng, shape, 0.05)) * noise(rng, shape, 0.35)


def growing(rng: np.random.Generator, size: int, days: int) -> Values:
    """Ramps along a logistic curve from a trickle to a level, then grows slowly."""
    shape, age = (size, days), np.arange(days)
    middle, speed = rng.uniform(10, 160, (size, 1)), rng.uniform(0.02, 0.08, (size, 1))
    ramp = 0.03 + 1 / (1 + np.exp(-speed * (age - middle)))
    drift = np.exp(rng.normal(0.0015, 0.001, (size, 1)) * age)
    return levels(rng, size, 5e4, 1.3) * ramp * drift * weekdays(days, 0.75) * noise(rng, shape, 0.4)


def churning(rng: np.random.Generator, size: int, days: int) -> Values:
    """Falls for two weeks and is then gone; the day of leaving is geometric."""
    shape, day = (size, days), np.arange(days)
    gone = rng.geometric(1 / 80, (size, 1)) + 7
    fading = np.clip((gone - day) / 14, 0, 1)
    return levels(rng, size, 2e4, 1.4) * fading * weekdays(days, 0.7) * noise(rng, shape, 0.5)


def office(rng: np.random.Generator, size: int, days: int) -> Values:
    """Hardly anything on a weekend."""
    shape = (size, days)
    weekend = np.where(np.arange(days) % 7 >= 5, rng.uniform(0, 0.15, (size, 1)), 1.0)
    return levels(rng, size, 6e4, 1.2) * weekend * np.exp(slow(rng, shape, 0.04)) * noise(rng, shape, 0.3)


def batch(rng: np.random.Generator, size: int, days: int) -> Values:
    """Nothing on most days, then a job that runs for one to four days."""
    shape = (size, days)
    starts = rng.random(shape) < rng.uniform(1 / 30, 1 / 8, (size, 1))
    lasts = rng.integers(1, 5, shape)
    jobs = np.exp(0.7 * rng.standard_normal(shape)) * starts
    load = np.zeros(shape)
    for later in range(4):
        load[:, later:] += (jobs * (lasts > later))[:, : days - later]
    return levels(rng, size, 3e5, 1.4) * load


def hobby(rng: np.random.Generator, size: int, days: int) -> Values:
    """A few sessions in some weeks, and long breaks: Poisson sessions at a gamma rate that switches off and on."""
    shape = (size, days)
    rate = rng.gamma(0.8, 0.35, (size, 1))
    awake = np.ones(shape, dtype=bool)
    for day in range(1, days):
        flips = np.where(awake[:, day - 1], rng.random(size) < 1 / 35, rng.random(size) < 1 / 60)
        awake[:, day] = awake[:, day - 1] ^ flips
    sessions = rng.poisson(rate * awake * weekdays(days, 1.6))
    return levels(rng, size, 1.5e3, 0.9) * rng.gamma(np.maximum(sessions, 1e-9) * 1.5) / 1.5 * (sessions > 0)


def whale(rng: np.random.Generator, size: int, days: int) -> Values:
    """Very large, steady, with a slow level of its own."""
    shape = (size, days)
    level = levels(rng, size, 2.5e6, 0.8) * np.exp(slow(rng, shape, 0.03, 0.99))
    return level * weekdays(days, 0.8) * noise(rng, shape, 0.15)


def regime(rng: np.random.Generator, size: int, days: int) -> Values:
    """Stays at a level, then jumps to another at once: a launch, or a workload that moves elsewhere."""
    shape = (size, days)
    jumps = (rng.random(shape) < 1 / 70) * rng.normal(0.3, 1.1, shape)
    level = levels(rng, size, 4e4, 1.2) * np.exp(np.cumsum(jumps, axis=1))
    return level * weekdays(days, 0.8) * noise(rng, shape, 0.25)


def backfill(rng: np.random.Generator, size: int, days: int) -> Values:
    """A small steady use, and once in two months a day of a Pareto tail with infinite variance."""
    shape = (size, days)
    once = (rng.random(shape) < 1 / 60) * (rng.pareto(1.3, shape) + 1) * 8
    return levels(rng, size, 1.5e4, 1.1) * (noise(rng, shape, 0.4) * weekdays(days, 0.7) + once)


FAMILIES: dict[str, tuple[Family, int]] = {
    "stable": (stable, 22),
    "growing": (growing, 16),
    "churning": (churning, 12),
    "office": (office, 14),
    "batch": (batch, 10),
    "hobby": (hobby, 14),
    "whale": (whale, 2),
    "regime": (regime, 5),
    "backfill": (backfill, 5),
}
"""Each family and its share in a hundred customers; `regime` and `backfill` are the two that break the model."""


def simulated(seed: int = 1, *, customers: int = 300, days: int = DAYS) -> tuple[Panel, Key]:
    """Make a panel of an API's customers, and the family of each, which no forecaster is told.

    Args:
        seed: Another seed is another world with other customers.
        customers: How many come in all the time; 45 in 100 are there on the first day.
        days: Length of the history.

    Returns:
        Tokens by customer and day, and the families, shape `(customer,)`.
    """
    rng = np.random.default_rng([20261122, seed])
    names = list(FAMILIES)
    each = np.array([share for _, share in FAMILIES.values()], dtype=float)
    counts = np.floor(np.cumsum(each) / each.sum() * customers + 0.5).astype(int)
    counts = np.diff(counts, prepend=0)
    family = np.repeat(np.arange(len(names)), counts)
    since = np.where(rng.random(customers) < 0.45, 0, np.floor(days * rng.random(customers) ** 0.8)).astype(np.int64)
    value = np.concatenate([FAMILIES[name][0](rng, n, days) for name, n in zip(names, counts, strict=True)])
    value = _arrived(value, since)
    value *= np.exp(slow(rng, (1, days), 0.012, 0.985)) * weekdays(days, 0.95)
    value = np.floor(value)
    value[np.arange(days) < since[:, None]] = np.nan
    order = rng.permutation(customers)
    periods = tuple((FIRST + timedelta(days=day)).isoformat() for day in range(days))
    label = tuple(f"c{i:04d}" for i in range(customers))
    panel = Panel(label, periods, value[order][None], "day", since[order])
    return panel, Key.of(names[each] for each in family[order])


def _arrived(value: Values, since: NDArray[np.int64]) -> Values:
    """Let each customer's life begin in the week of its first day, so that weekdays stay where they are."""
    days = value.shape[1]
    at = np.arange(days) - since[:, None] // 7 * 7
    return np.where(at >= 0, np.take_along_axis(value, np.maximum(at, 0), axis=1), 0.0)
