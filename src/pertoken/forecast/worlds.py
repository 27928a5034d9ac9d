"""Worlds: what customers have in common in each path, and the chance of the largest, from one even design.

Growth and shocks are put in the order of their importance before the design fills them: a Brownian bridge of the walk
of the shocks in time, so that the first dimensions carry the most of the variance. The design is a scrambled Sobol
sequence in independent replicates, which say how far a figure is off. What is held stands at its middle.
"""

from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from numpy.typing import NDArray

from pertoken.core.design import design, whole_draws
from pertoken.core.errors import InputError, nearest
from pertoken.core.money import Values
from pertoken.core.special import normal_scores, students
from pertoken.forecast.coupled import alike
from pertoken.forecast.population import FACTORS, Forecastable, Shared

REPLICATES = 10
"""Independent scramblings of the design."""

EVEN = 4
"""Dimensions of a shock, or of a large customer's walk, that come from the design; the rest from its own stream."""

FREEDOM = 5
"""Degrees of freedom of the error of growth."""

MOST_GROWTH = 0.5
"""The most by which the error of the growth rate is taken to be off in the first month, up or down. [log / month]"""

MANY, MOST_TRIED = 200.0, 4_000
"""Newcomers of a month above whose mean their number is taken from a gamma law; the most numbers that are tried."""

FEW = 1024
"""Worlds up to which what follows from chance alone is kept, for the next simulation of such worlds."""

MOST_WHALES, DESIGNED = 30, 6
"""The most customers who are told from the others, and of them whose own chance comes from the design.

More of them made no figure more certain: over twelve seeds of a hundred customers the ends of a range moved by 0.7 to
1.0 % with any number from none to thirty; each takes as long as a hundred others.
"""


@dataclass(frozen=True, eq=False)
class Worlds:
    """What is shared in each path.

    Args:
        replicates: How many independent designs the paths are of, one after the other, all of one size.
        growth: Log growth against the start, shape `(segment, month, path)`.
        shock: Log of the shared and the segment's shock, of the calendar and of declared events, shape
            `(segment, month, path)`.
        level: Normal of each segment in the first month's level, shape `(segment, path)`.
        leave: Error of the log odds of leaving, shape `(path,)`.
        born: Newcomers, shape `(segment, month, path)`.
        whale_level: Own normal of the level of each large customer, shape `(whale, path)`.
        whale_walk: Normals of its walk, in single precision, shape `(whale, month, path)`.
        whale_share: Share that says when it leaves, shape `(whale, path)`.
        held: Factors that stand at their middle.
    """

    replicates: int
    growth: Values
    shock: Values
    level: Values
    leave: Values
    born: NDArray[np.int32]
    whale_level: Values
    whale_walk: Values
    whale_share: Values
    held: frozenset[str]

    @property
    def paths(self) -> int:
        """How many paths there are."""
        return int(self.level.shape[1])


def worlds(
    model: Forecastable, *, paths: int, seed: int, held: Collection[str] = (), replicates: int = REPLICATES
) -> Worlds:
    """Draw what is shared.

    Args:
        model: The population and its laws.
        paths: How many paths are wanted; rounded up to what the design needs.
        seed: Same seed, same digits.
        held: Factors that stand at their middle (see `population.FACTORS`).
        replicates: Independent designs that the paths are of; one is the most even, and has no error of its own.

    Raises:
        InputError: No such factor, or too few paths.
    """
    unknown = sorted(set(held) - set(FACTORS))
    if unknown:
        raise InputError(f"no factor {unknown[0]!r}; {nearest(unknown[0], FACTORS)}")
    if set(held) == set(FACTORS):
        return _made(model, _Middle(1), 1, frozenset(held))
    plan = whole_draws("sobol", max(paths, 2 * replicates), replicates)
    few = _design if plan.draws * plan.replicates <= FEW else _Design
    chance = few(tuple(_names(model)), plan.draws, plan.replicates, seed)
    return _made(model, chance, plan.replicates, frozenset(held))


def whales_of(model: Forecastable) -> NDArray[np.int64]:
    """Rows of the largest customers, the largest first; the chance of the first few comes from the design."""
    return np.asarray(model.people.whales, dtype=np.int64)[:MOST_WHALES]


def _names(model: Forecastable) -> list[str]:
    """Name the dimensions of the design, the most important first."""
    names = ["growth", "level", *(f"shock {k}" for k in range(EVEN)), "leaving", "arrivals"]
    names += [f"shock of {law.name} {k}" for law in model.laws for k in range(EVEN)]
    for i in whales_of(model)[:DESIGNED]:
        names += [f"{model.people.names[i]} {what}" for what in ("level", "leaving", *map(str, range(EVEN)))]
    names += _level_names(model)
    if model.shared.events is not None:  # last, so that an event moves the chance of nothing else
        names += [f"event {e}" for e in range(len(model.shared.events))]
    return names


def _level_names(model: Forecastable) -> list[str]:
    """Name the normals of segments' levels, where they don't move as one."""
    return [f"level of {law.name}" for law in model.laws] if model.shared.level_alike < 1 else []


class _Design:
    """Normals and shares by name: from the design where it has the name, else from a free stream of that name."""

    def __init__(self, names: tuple[str, ...], draws: int, replicates: int, seed: int) -> None:
        self.paths, self._seed = draws * replicates, seed
        self._table = _even(names, draws, replicates, seed)
        self._place = {name: i for i, name in enumerate(names)}
        self._known: dict[Hashable, Values] = {}

    def once(self, what: Hashable, make: Callable[[], Values]) -> Values:
        """Make what follows from chance alone, the first time that it is asked for; nobody may change it."""
        if what not in self._known:
            self._known[what] = make()
        return self._known[what]

    def shares(self, names: Sequence[str]) -> Values:
        """Shares of each name, shape `(name, path)`."""
        free = [name for name in names if name not in self._place]
        drawn = iter(design(free, draws=self.paths, kind="random", seed=self._seed).T)
        out = np.empty((len(names), self.paths))
        for row, name in zip(out, names, strict=True):
            row[:] = self._table[self._place[name]] if name in self._place else next(drawn)
        return out

    def normals(self, names: Sequence[str]) -> Values:
        """Normals of each name, shape `(name, path)`."""
        return normal_scores(self.shares(names))


@lru_cache(maxsize=2)
def _design(names: tuple[str, ...], draws: int, replicates: int, seed: int) -> _Design:
    """Keep a design of a few worlds while factors are held in turn."""
    return _Design(names, draws, replicates, seed)


def _even(names: tuple[str, ...], draws: int, replicates: int, seed: int) -> Values:
    """Points of all replicates, one after the other, shape `(name, path)`."""
    out = np.empty((len(names), replicates * draws))
    for r in range(replicates):
        out[:, r * draws : (r + 1) * draws] = design(names, draws=draws, kind="sobol", seed=seed, replicate=r).T
    return out


class _Middle:
    """All chance at its middle."""

    def __init__(self, paths: int) -> None:
        self.paths = paths

    def once(self, what: Hashable, make: Callable[[], Values]) -> Values:  # noqa: ARG002  as above
        """Make something."""
        return make()

    def shares(self, names: Sequence[str]) -> Values:
        """Halves."""
        return np.full((len(names), self.paths), 0.5)

    def normals(self, names: Sequence[str]) -> Values:
        """Zeros."""
        return np.zeros((len(names), self.paths))


def _made(model: Forecastable, chance: _Design | _Middle, replicates: int, held: frozenset[str]) -> Worlds:
    shared, months = model.shared, len(model.months)
    still = _Middle(chance.paths)

    def of(factor: str) -> _Design | _Middle:
        return still if factor in held else chance

    who = [] if "whales" in held else [model.people.names[i] for i in whales_of(model)[:DESIGNED]]
    own = of("whales")

    def walks() -> Values:
        out = np.empty((len(who), months, chance.paths), dtype=np.float32)
        for walk, name in zip(out, who, strict=True):
            walk[:] = _mixed(_steps(months), own, f"{name} ")
        return out

    return Worlds(
        replicates=replicates,
        growth=_growth(shared, of("growth"), months),
        shock=_shocks(model, of("shocks"), months) + _calendar(shared, of("growth")),
        level=_levels(model, of("level")),
        leave=shared.leave * of("leaving").normals(["leaving"])[0],
        born=_born(model, of("arrivals"), months),
        whale_level=own.once(("levels", *who), lambda: own.normals([f"{name} level" for name in who])),
        whale_walk=own.once(("walks", *who, months), walks),
        whale_share=own.once(("leaving", *who), lambda: own.shares([f"{name} leaving" for name in who])),
        held=held,
    )


def _levels(model: Forecastable, chance: _Design | _Middle) -> Values:
    """Normals of segments in the first month's level, shape `(segment, path)`."""
    shared = chance.normals(["level"])[0]
    if model.shared.level_alike == 1:
        return np.broadcast_to(shared, (len(model.laws), len(shared)))
    return alike(shared, chance.normals(_level_names(model)), model.shared.level_alike)


def _growth(shared: Shared, chance: _Design | _Middle, months: int) -> Values:
    """Expected growth with the error of its rate, which is a t and gets smaller from month to month."""
    unit = chance.once("growth", lambda: students(chance.shares(["growth"])[0], FREEDOM))
    unit = unit / np.sqrt(FREEDOM / (FREEDOM - 2))
    rate = np.clip(shared.error * unit, -MOST_GROWTH, MOST_GROWTH)
    grown = np.cumsum(shared.lasting ** np.arange(months))
    growth: Values = shared.growth[:, :, None] + grown[:, None] * rate
    return growth


def _calendar(shared: Shared, chance: _Design | _Middle) -> Values:
    """What a month is, for everybody who is there in it: its length, its season, the events in it with their doubt."""
    calendar: Values = np.zeros((*shared.growth.shape, 1)) if shared.calendar is None else shared.calendar[:, :, None]
    for k, each in enumerate(() if shared.events is None else shared.events):
        calendar = calendar + each[:, :, None] * chance.normals([f"event {k}"])[0]
    return calendar


def _shocks(model: Forecastable, chance: _Design | _Middle, months: int) -> Values:
    shared = model.shared
    common = shared.shock * _waves(chance, "shock ", months, shared.shock_stays)
    own = [
        shared.segment_shock * _waves(chance, f"shock of {law.name} ", months, shared.shock_stays) for law in model.laws
    ]
    return np.stack([common + each for each in own])


def _waves(chance: _Design | _Middle, name: str, months: int, stays: float) -> Values:
    """A stationary autoregression of variance 1, by its principal components, shape `(month, path)`."""
    apart = np.abs(np.subtract.outer(np.arange(months), np.arange(months)))
    return chance.once((name, months, stays), lambda: _mixed(_root(float(stays) ** apart), chance, name))


def _mixed(root: Values, chance: _Design | _Middle, name: str) -> Values:
    """Mix the normals of a name, one for each column of a matrix, shape `(row, path)`."""
    from pertoken.forecast.kernel_world import product  # noqa: PLC0415  slow to load, and only a simulation needs it

    return product(root, chance.normals([f"{name}{k}" for k in range(root.shape[1])]))


@lru_cache(maxsize=4)
def _steps(months: int) -> Values:
    """Steps of a walk as sums of normals, by a bridge: the first say where it gets to, shape `(month, normal)`."""
    walk = np.minimum.outer(np.arange(1, months + 1), np.arange(1, months + 1)).astype(float)
    return np.diff(_root(walk), axis=0, prepend=0)


def _root(variance: Values) -> Values:
    """A square root of a matrix, by its principal components, the largest first."""
    size, axes = np.linalg.eigh(variance)
    order = np.argsort(-size, kind="stable")
    axes = axes[:, order] * np.sign(axes[:, order].sum(axis=0) + 1e-12)
    root: Values = axes * np.sqrt(np.maximum(size[order], 0))
    return root


def _born(model: Forecastable, chance: _Design | _Middle, months: int) -> NDArray[np.int32]:
    """Newcomers: negative binomial around a rate that is off the same way in all months of a world."""
    shared, spread = model.shared, model.shared.arrivals_error[:, None]
    middle = isinstance(chance, _Middle)
    factor = np.exp(spread * chance.normals(["arrivals"])[0] - (0.0 if middle else spread**2 / 2))
    out = np.zeros((len(model.laws), months, chance.paths), dtype=np.int32)
    for s, law in enumerate(model.laws):
        for m in range(months):
            mean = shared.arrivals[s, m] * factor[m]
            if middle:
                out[s, m] = np.rint(mean)
            elif shared.arrivals[s, m] > 0:
                name = f"arrivals of {law.name} {m}"
                share = chance.once(name, partial(chance.shares, [name]))[0]
                out[s, m] = counted(share, mean, shared.arrivals_size)
    return out


def counted(share: Values, mean: Values, size: float) -> NDArray[np.int32]:
    """Count by inversion: the smallest number whose chance to be reached or stayed below is at least a share.

    Args:
        share: Strictly between 0 and 1, shape `(path,)`.
        mean: Of the negative binomial, shape `(path,)`.
        size: Its size; infinity for a Poisson law.

    >>> counted(np.array([0.1, 0.5, 0.99]), np.full(3, 4.0), np.inf).tolist()
    [2, 4, 9]
    """
    if mean.max() > MANY:
        return _near(share, mean, size)
    from pertoken.forecast.kernel_world import reached  # noqa: PLC0415  slow to load, and only a simulation needs it

    few = np.isinf(size)
    chance = np.exp(-mean) if few else (size / (size + mean)) ** size
    number = np.zeros(len(mean), dtype=np.int32)
    reached(share, chance, mean if few else mean / (size + mean), 0.0 if few else float(size), MOST_TRIED, number)
    return number


def _near(share: Values, mean: Values, size: float) -> NDArray[np.int32]:
    """Count where many come: a normal with the mean and the variance, with the skew of a gamma."""
    from scipy.special import gammaincinv  # noqa: PLC0415  slow to load, and only a simulation needs it

    variance = mean + (0.0 if np.isinf(size) else mean**2 / size)
    shape = mean**2 / variance
    number: NDArray[np.int32] = np.rint(gammaincinv(shape, share) * variance / mean).astype(np.int32)
    return number
