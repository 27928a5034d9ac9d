"""Held out: errors on runs that a fit has not seen, and the bands that follow from them."""

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pertoken.serving.book import (
    NEW_ENGINE,
    NEW_GPU,
    NEW_MODEL,
    NEW_NUMBERS,
    NEW_SOURCE,
    SEEN,
    Band,
    Residual,
    nearest_band,
)
from pertoken.serving.calibrate import Fitted, fit, weighed
from pertoken.serving.profile import Profile
from pertoken.serving.runs import METRICS, Runs, errors, steadied
from pertoken.serving.values import Values

FOLDS = 5
"""Parts that configurations are held out in."""

ROUNDS = 60
"""Most evaluations of a fit, which begins at what is thought beforehand: that of all runs has seen what is held out."""

TENTH, NARROWEST = 0.1, 1.02
"""What lies outside of a band on each side; the least that a band leaves."""

FEWEST, ENOUGH = 8, 40
"""Runs that a band needs at least; runs of an engine that make a band of its own."""

Settings = Callable[[Runs, Fitted | None], Profile]
"""Profiles of runs, for constants that were fitted or those thought beforehand."""

CUTS = {
    NEW_SOURCE: "source",
    NEW_GPU: "gpu_family",
    NEW_NUMBERS: "numbers",
    NEW_MODEL: "model",
    NEW_ENGINE: "family",
}
"""What is held out as a whole, by case."""


class Held(NamedTuple):
    """Errors of runs that were held out in one way.

    Args:
        case: In which way.
        error: Logarithms of measured over foreseen, shape `(3, line)`.
    """

    case: str
    error: Values


def held_out(runs: Runs, settings: Settings) -> Iterator[Held]:
    """Hold runs out in each way: configurations in folds; sources, GPU families, bits, models and engines as a whole.

    Args:
        runs: What was measured.
        settings: Profiles of lines for constants that were fitted.
    """
    yield Held(SEEN, _errors(runs, settings, _folds(runs.words["configuration"])))
    for case, word in CUTS.items():
        yield Held(case, _errors(runs, settings, runs.words[word]))


def _folds(configuration: NDArray[np.str_]) -> NDArray[np.str_]:
    """Deal configurations out in an order that has nothing to do with what they are."""
    names, where = np.unique(configuration, return_inverse=True)
    return (np.random.default_rng(len(names)).permutation(len(names)) % FOLDS)[where].astype(str)


def _errors(runs: Runs, settings: Settings, parts: NDArray[np.str_]) -> Values:
    error = np.full((len(METRICS), len(runs)), np.nan)
    for part in sorted(set(parts.tolist())):
        out = parts == part
        if out.all():  # nothing would be left to learn from
            continue
        kept = runs.part(~out)
        profiles = settings(kept, None)
        weights = weighed(kept.words["source"])
        found = fit(steadied(kept, profiles), profiles, weights, rounds=ROUNDS)
        error[:, out] = errors(runs.part(out), settings(runs.part(out), found))
    return error


def elsewhere(runs: Runs, held: Held) -> Values:
    """Keep the errors of sources that were held out as a whole, of engines that other sources have runs of."""
    source, engine = runs.words["source"], runs.words["engine"]
    several = {name for name in set(engine.tolist()) if len(set(source[engine == name].tolist())) > 1}
    return np.where(np.isin(engine, sorted(several)), held.error, np.nan)


def bands(runs: Runs, held: Held, besides: Values | None = None) -> Iterator[Band]:
    """Find the bands of one way, for dense models and those with experts; of known parts by engine too.

    Sources count as in the fit, so that no one source says how wide a band is.

    Args:
        runs: What was measured.
        held: Errors of one way of holding out.
        besides: Errors that count as much as these, NaN for none, shape `(3, line)`: what a user measures is a source
            of its own.
    """
    engines = ["", *sorted(set(runs.words["engine"].tolist()))] if held.case == SEEN else [""]
    for metric, kind, engine in product(METRICS, ("dense", "experts"), engines):
        mine = (kinds(runs) == kind) & ((runs.words["engine"] == engine) | (engine == ""))
        row = METRICS.index(metric)
        some = mine & np.isfinite(held.error[row])
        if some.sum() >= (ENOUGH if engine else FEWEST):
            parts = [held.error[row][mine]] if besides is None else [held.error[row][mine], besides[row][mine]]
            error, source = np.concatenate(parts), np.tile(runs.words["source"][mine], len(parts))
            known = np.isfinite(error)
            low, high = np.exp(_quantiles(error[known], weighed(source[known]) ** 2))
            yield Band(
                case=held.case,
                metric=metric,
                kind=kind,
                engine=engine,
                low=float(min(low, 1 / NARROWEST)),
                high=float(max(high, NARROWEST)),
                runs=int(some.sum()),
            )


def residuals(runs: Runs, held: Held, found: tuple[Band, ...]) -> Iterator[Residual]:
    """Tell the errors of one way apart by source, engine, GPU, model and load."""
    by = {"all": np.full(len(runs), "all"), **{k: runs.words[k] for k in ("source", "engine", "gpu", "model", "load")}}
    inside = _inside(runs, held, found)
    for word, names in by.items():
        for name, (row, metric) in product(sorted(set(names.tolist())), enumerate(METRICS)):
            some = (names == name) & np.isfinite(held.error[row])
            if some.any():
                yield _residual((held.case, word, name, metric), held.error[row][some], inside[row][some])


def _inside(runs: Runs, held: Held, found: tuple[Band, ...]) -> NDArray[np.bool_]:
    """Tell which runs lie inside the band that an estimate of them would have carried."""
    within = np.zeros(held.error.shape, bool)
    groups = [f"{kind} {engine}" for kind, engine in zip(kinds(runs), runs.words["engine"], strict=True)]
    for group, (row, metric) in product(sorted(set(groups)), enumerate(METRICS)):
        kind, engine = group.split()
        if band := nearest_band(found, held.case, (metric, kind, engine)):
            ratio = np.exp(held.error[row])
            within[row] |= (np.array(groups) == group) & (band.low <= ratio) & (ratio <= band.high)
    return within


def kinds(runs: Runs) -> NDArray[np.str_]:
    """Tell dense models from those with experts."""
    return np.where(runs.model.experts > 1, "experts", "dense")


def _residual(words: tuple[str, ...], error: Values, inside: Values) -> Residual:
    case, by, name, metric = words
    off = np.abs(np.expm1(-error))
    return Residual(
        case=case,
        by=by,
        name=name,
        metric=metric,
        runs=len(error),
        mean=float(off.mean()),
        median=float(np.median(off)),
        bias=float(np.exp(np.median(error))),
        inside=float(inside.mean()),
    )


def _quantiles(values: Values, weights: Values) -> Values:
    """Values that a tenth of the weight lies below, and above."""
    order = np.argsort(values)
    share = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    return np.interp([TENTH, 1 - TENTH], share, values[order])
