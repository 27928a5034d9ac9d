"""Calibrate: fit the constants of engines to measured runs, in log space, robustly, within physical bounds.

Engines share what belongs to GPUs and models, and deviate from a common profile in what is their own as far as their
runs show it (partial pooling); so an engine without runs gets the common profile. An era of an engine deviates from the
one that followed it, and one without runs is taken for that.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.serving.constants import DEVIATIONS, DRIFT, SHARES, TABLE, TIED, WIDEST
from pertoken.serving.eras import RECENT, later
from pertoken.serving.profile import Profile
from pertoken.serving.runs import METRICS, Runs, quick
from pertoken.serving.values import Values

SCALE = 0.12
"""Error beyond which a run counts less and less: about what is reached."""

BY_METRIC = np.array([1.0, 1.0, 0.5])
"""Weights of the metrics: times to the first token depend on the harness most."""

NUDGE = 1e-5
"""Step of the logarithms for derivatives."""


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """Constants that were fitted.

    Args:
        engines: Names of the engines, in the order of `apart`.
        shared: Logarithms of the constants of the common profile, in the order of `TABLE`.
        apart: Logarithms of each engine's ratios to it, shape `(engine, deviation)`.
    """

    engines: tuple[str, ...]
    shared: Values
    apart: Values

    def constants(self, engine: str = "") -> dict[str, float]:
        """State the constants of an engine; those that one without runs likely has if there is no such engine."""
        while engine and engine not in self.engines:
            engine = later(engine)
        own = self.apart[self.engines.index(engine)] if engine else self.likely()
        ratio = dict(zip(DEVIATIONS, own, strict=True))
        found = {}
        for name, value in zip(TABLE, self.shared, strict=True):
            moved = np.exp(value + ratio.get(TIED.get(name, name), 0.0))
            found[name] = float(min(moved, 1.0) if name in SHARES else moved)
        return found

    def likely(self) -> Values:
        """What an engine without runs likely has of its own: the mean of the recent ones, drawn a little to none."""
        rows = [self.apart[self.engines.index(name)] for name in RECENT if name in self.engines]
        return np.sum([*rows, np.zeros(len(DEVIATIONS))], axis=0) / (len(rows) + 1)


def fit(runs: Runs, settings: Profile, weights: Values, *, start: Fitted | None = None, rounds: int = 40) -> Fitted:
    """Fit the constants of all engines at once.

    Args:
        runs: What was measured, `steadied`.
        settings: What each line's engine is set to (`most`, `chunk`, `spare`); the rest is not looked at.
        weights: How much each line counts.
        start: Where to begin; at what is thought beforehand if None.
        rounds: Most evaluations.
    """
    from scipy.optimize import least_squares  # noqa: PLC0415  not before something is fitted

    engines = tuple(sorted(set(runs.words["engine"].tolist())))
    problem = _Problem(runs, settings, weights, engines)
    prior, _, low, high = problem.beliefs()
    begin = prior if start is None else _aligned(start, engines)
    found = least_squares(
        problem.misfit,
        np.clip(begin, low + 1e-6, high - 1e-6),
        jac=problem.slopes,
        bounds=(low, high),
        max_nfev=rounds,
        xtol=1e-4,
        ftol=1e-4,
    ).x
    return _fitted(found, engines)


def weighed(source: Values, *, full: int = 10) -> Values:
    """Weigh lines so that a source with many runs counts for more than one with few, but not in proportion.

    The weight of a line is the fourth root of 1 over the lines of its source, as squares are summed.
    """
    names, where, count = np.unique(np.asarray(source), return_inverse=True, return_counts=True)
    del names
    raw = np.maximum(count[where], full) ** -0.25
    return np.asarray(raw / raw.mean())


@dataclass(frozen=True, slots=True, eq=False)
class _Problem:
    """The sum of squares: misfits of runs, softened, and distances from what was thought beforehand."""

    runs: Runs
    settings: Profile
    weights: Values
    engines: tuple[str, ...]

    def beliefs(self) -> tuple[Values, Values, Values, Values]:
        """Centres, spreads and bounds of the logarithms."""
        table = np.array([[c.start, c.spread, c.low, c.high] for c in TABLE.values()])
        count, many = len(self.engines), len(DEVIATIONS)
        spreads = np.concatenate([table[:, 1], np.tile(list(DEVIATIONS.values()), count)])
        ends = [np.concatenate([np.log(table[:, k]), np.full(count * many, w)]) for k, w in ((2, -WIDEST), (3, WIDEST))]
        drift = [np.log(DRIFT.get((engine, name), 1.0)) for engine in self.engines for name in DEVIATIONS]
        return np.concatenate([np.log(table[:, 0]), drift]), spreads, ends[0], ends[1]

    @property
    def where(self) -> Values:
        return np.searchsorted(np.array(self.engines), self.runs.words["engine"])

    def misfit(self, at: Values) -> Values:
        prior, spread, _, _ = self.beliefs()
        return np.concatenate([self.softened(at), self.ties() @ (at - prior) / spread])

    def ties(self) -> Values:
        """Take from each constant what it is thought to lie near beforehand: that of the era that followed."""
        many, made = len(DEVIATIONS), np.eye(len(TABLE) + len(self.engines) * len(DEVIATIONS))
        for row, name in enumerate(self.engines):
            if (near := later(name)) in self.engines:
                for k in range(many):
                    made[len(TABLE) + row * many + k, len(TABLE) + self.engines.index(near) * many + k] = -1
        return made

    def softened(self, at: Values) -> Values:
        """Square roots of a loss that grows like the distance and not its square beyond `SCALE`."""
        with np.errstate(invalid="ignore", divide="ignore"):
            error = np.log(quick(self.runs, self.profile(at)) / self.runs.measured)
        scaled = (error * BY_METRIC[:, None] * self.weights / SCALE)[np.isfinite(self.runs.measured)]
        return np.asarray(np.sign(scaled) * np.sqrt(2 * (np.sqrt(1 + scaled**2) - 1)))

    def slopes(self, at: Values) -> Values:
        """Derivatives; the constants of several engines are nudged at once, since no run has two engines."""
        _, spread, _, _ = self.beliefs()
        here = self.softened(at)
        slopes = np.zeros((len(here) + len(at), len(at)))
        slopes[len(here) :] = self.ties() / spread[:, None]
        engine = np.broadcast_to(self.where, (len(METRICS), len(self.runs)))[np.isfinite(self.runs.measured)]
        for columns in self._together():
            moved = at.copy()
            moved[columns] += NUDGE
            change = (self.softened(moved) - here) / NUDGE
            for order, column in enumerate(columns):
                mine = engine == order if column >= len(TABLE) else slice(None)
                slopes[: len(here), column][mine] = change[mine]
        return slopes

    def _together(self) -> list[list[int]]:
        many = len(DEVIATIONS)
        own = [[len(TABLE) + e * many + k for e in range(len(self.engines))] for k in range(many)]
        return [[k] for k in range(len(TABLE))] + own

    def profile(self, at: Values) -> Profile:
        """Make the profile of each line."""
        fitted = _fitted(at, self.engines)
        own = fitted.apart[self.where].T
        ratio = dict(zip(DEVIATIONS, own, strict=True))
        value = {
            name: np.exp(log + ratio[TIED.get(name, name)] if constant.apart else log)
            for (name, constant), log in zip(TABLE.items(), fitted.shared, strict=True)
        }
        value |= {name: np.clip(value[name], 0, 1) for name in SHARES}
        return _profile(value, self.settings, len(self.runs))


def _profile(value: dict[str, Values], settings: Profile, lines: int) -> Profile:
    whole = {k: v for k, v in value.items() if not k.startswith(("compute", "hop", "wire"))}
    each = np.ones(lines)
    return Profile(
        **whole,
        compute=np.stack([value[f"compute{bits}"] * each for bits in (16, 8, 4)]),
        hop=np.stack([value["hop"] * each, value["hop_pcie"] * each]),
        wire=np.stack([value["wire"] * each, value["wire_pcie"] * each]),
        most=settings.most,
        chunk=settings.chunk,
        spare=settings.spare,
        blocking=settings.blocking,
    )


def _fitted(at: Values, engines: tuple[str, ...]) -> Fitted:
    return Fitted(engines, at[: len(TABLE)], at[len(TABLE) :].reshape(len(engines), len(DEVIATIONS)))


def _aligned(start: Fitted, engines: tuple[str, ...]) -> Values:
    rows = [start.apart[start.engines.index(e)] if e in start.engines else np.zeros(len(DEVIATIONS)) for e in engines]
    return np.concatenate([start.shared, np.ravel(rows)])
