"""Own: fit a profile to a few runs of the user's, by three constants that such runs can tell apart."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError
from pertoken.serving.book import Engine
from pertoken.serving.calibrate import BY_METRIC, SCALE
from pertoken.serving.profile import Profile, aligned
from pertoken.serving.runs import METRICS, Runs, errors, quick, steadied
from pertoken.serving.values import Values

MOVED = {
    "weights": (("weights",), 0.1, 1.0),
    "compute": (("compute16", "compute8", "compute4"), 0.2, 1.0),
    "step": (("step",), 1.0, np.inf),
}
"""What is fitted: constants that move together, how far the logarithm of their ratio is thought to lie from 0, and the
most that they may be."""

FEWEST = 3
"""Runs that are needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Off:
    """How far a profile is off the user's runs.

    Args:
        metric: What was measured.
        runs: How many runs measured it.
        before: Median of the absolute errors with the profile of the house, as a share of what was measured.
        after: The same with the fitted one.
    """

    metric: str
    runs: int
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibrated:
    """A profile fitted to the user's runs.

    Args:
        engine: The profile.
        ratios: What was moved, and by which factor.
        off: Errors before and after, of the same runs.
    """

    engine: Engine
    ratios: Mapping[str, float]
    off: tuple[Off, ...]


def recalibrate(runs: Runs, engine: Engine, *, name: str) -> Recalibrated:
    """Fit weights' and compute's share of the peak, and the fixed cost of a step; keep all else.

    Each is drawn towards the profile of the house, so that three runs don't move it far without cause.

    Args:
        runs: What the user measured.
        engine: The profile of the house for that engine.
        name: What to call the new one.

    Raises:
        InputError: Fewer than three runs.
    """
    from scipy.optimize import least_squares  # noqa: PLC0415  not before something is fitted

    if len(runs) < FEWEST:
        raise InputError(f"{len(runs)} measured runs; expected at least {FEWEST}, better 5 to 10 at several loads")
    steady = steadied(runs, _lines(engine, runs))
    spread = np.array([each[1] for each in MOVED.values()])

    def misfit(at: Values) -> Values:
        told = quick(steady, _lines(_moved(engine, at, name), runs))
        error = (np.log(told / runs.measured) * BY_METRIC[:, None] / SCALE)[np.isfinite(runs.measured)]
        return np.concatenate([np.sign(error) * np.sqrt(2 * (np.sqrt(1 + error**2) - 1)), at / spread])

    found = least_squares(misfit, np.zeros(len(MOVED)), bounds=(-2.5, 2.5), diff_step=1e-4).x
    made = _moved(engine, found, name, runs=len(runs))
    return Recalibrated(engine=made, ratios=_ratios(engine, made), off=_off(runs, engine, made))


def _moved(engine: Engine, at: Values, name: str, *, runs: int = 0) -> Engine:
    moved = dict(engine.constants)
    for (constants, _, most), log in zip(MOVED.values(), at, strict=True):
        moved |= {each: float(min(engine.constants[each] * np.exp(log), most)) for each in constants}
    return Engine(name=name, base=engine.era.name, runs=runs, constants=moved, note=engine.note)


def _ratios(before: Engine, after: Engine) -> dict[str, float]:
    return {name: after.constants[each[0][0]] / before.constants[each[0][0]] for name, each in MOVED.items()}


def _off(runs: Runs, before: Engine, after: Engine) -> tuple[Off, ...]:
    each = [np.abs(np.expm1(-errors(runs, _lines(engine, runs)))) for engine in (before, after)]
    measured = [np.isfinite(row) for row in each[0]]
    return tuple(
        Off(
            metric=metric,
            runs=int(some.sum()),
            before=float(np.median(each[0][k][some])),
            after=float(np.median(each[1][k][some])),
        )
        for k, (metric, some) in enumerate(zip(METRICS, measured, strict=True))
        if some.any()
    )


def _lines(engine: Engine, runs: Runs) -> Profile:
    return aligned([engine.profile()] * len(runs))
