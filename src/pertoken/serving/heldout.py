"""Held out: errors on runs that a fit has not seen, and the bands that follow from them."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pertoken.serving.book import NEW_ENGINE, NEW_GPU, NEW_MODEL, SEEN, Band, Residual
from pertoken.serving.calibrate import Fitted, fit, weighed
from pertoken.serving.profile import Profile
from pertoken.serving.runs import METRICS, Runs, errors, steadied
from pertoken.serving.values import Values

FOLDS = 5
"""Parts that configurations are held out in."""

ROUNDS = 6
"""Evaluations of a fit that begins at the fit of all runs."""

TENTH, NARROWEST = 0.1, 1.02
"""What lies outside of a band on each side; the least that a band leaves."""

FEWEST = 8
"""Runs that a band needs at least."""

Settings = Callable[[Runs, Fitted | None], Profile]
"""Profiles of runs, for constants that were fitted or those thought beforehand."""

CUTS = {NEW_GPU: "gpu_family", NEW_MODEL: "model", NEW_ENGINE: "engine"}
"""What is held out as a whole, by case."""


class Held(NamedTuple):
    """Errors of runs that were held out in one way.

    Args:
        case: In which way.
        error: Logarithms of measured over foreseen, shape `(3, line)`.
    """

    case: str
    error: Values


def held_out(runs: Runs, settings: Settings, whole: Fitted) -> Iterator[Held]:
    """Hold runs out in each way: configurations in folds; GPU families, models and engines as a whole.

    Args:
        runs: What was measured.
        settings: Profiles of lines for constants that were fitted.
        whole: The fit of all runs, where the fits begin.
    """
    yield Held(SEEN, _errors(runs, settings, whole, _folds(runs.words["configuration"])))
    for case, word in CUTS.items():
        yield Held(case, _errors(runs, settings, whole, runs.words[word]))


def _folds(configuration: NDArray[np.str_]) -> NDArray[np.str_]:
    """Deal configurations out in an order that has nothing to do with what they are."""
    names, where = np.unique(configuration, return_inverse=True)
    return (np.random.default_rng(len(names)).permutation(len(names)) % FOLDS)[where].astype(str)


def _errors(runs: Runs, settings: Settings, whole: Fitted, parts: NDArray[np.str_]) -> Values:
    error = np.full((len(METRICS), len(runs)), np.nan)
    for part in sorted(set(parts.tolist())):
        out = parts == part
        kept = runs.part(~out)
        profiles = settings(kept, None)
        weights = weighed(kept.words["source"])
        found = fit(steadied(kept, profiles), profiles, weights, start=whole, rounds=ROUNDS)
        error[:, out] = errors(runs.part(out), settings(runs.part(out), found))
    return error


def bands(runs: Runs, held: Held) -> Iterator[Band]:
    """Find the bands of one way, for dense models and those with experts.

    Sources count as in the fit, so that no one source says how wide a band is.
    """
    weights = weighed(runs.words["source"]) ** 2
    for row, metric in enumerate(METRICS):
        for kind, mask in _kinds(runs).items():
            some = mask & np.isfinite(held.error[row])
            if some.sum() >= FEWEST:
                low, high = np.exp(_quantiles(held.error[row][some], weights[some]))
                low, high = float(min(low, 1 / NARROWEST)), float(max(high, NARROWEST))
                yield Band(case=held.case, metric=metric, kind=kind, low=low, high=high, runs=int(some.sum()))


def residuals(runs: Runs, held: Held, found: tuple[Band, ...]) -> Iterator[Residual]:
    """Tell the errors of one way apart by source, engine, GPU, model and load."""
    widths = {(each.metric, each.kind): each for each in found if each.case == held.case}
    by = {"all": np.full(len(runs), "all"), **{k: runs.words[k] for k in ("source", "engine", "gpu", "model", "load")}}
    kinds = np.where(runs.model.experts > 1, "experts", "dense")
    for word, names in by.items():
        for name in sorted(set(names.tolist())):
            for row, metric in enumerate(METRICS):
                some = (names == name) & np.isfinite(held.error[row])
                if some.any():
                    yield _residual((held.case, word, name, metric), held.error[row][some], kinds[some], widths)


def _residual(words: tuple[str, ...], error: Values, kinds: Values, widths: dict[tuple[str, str], Band]) -> Residual:
    case, by, name, metric = words
    off = np.abs(np.expm1(-error))
    within = [
        band is not None and band.low <= ratio <= band.high
        for ratio, band in zip(np.exp(error), (widths.get((metric, kind)) for kind in kinds), strict=True)
    ]
    return Residual(
        case=case,
        by=by,
        name=name,
        metric=metric,
        runs=len(error),
        mean=float(off.mean()),
        median=float(np.median(off)),
        bias=float(np.exp(np.median(error))),
        inside=float(np.mean(within)),
    )


def _kinds(runs: Runs) -> dict[str, NDArray[np.bool_]]:
    experts = np.asarray(runs.model.experts > 1)
    return {"dense": ~experts, "experts": experts}


def _quantiles(values: Values, weights: Values) -> Values:
    """Values that a tenth of the weight lies below, and above."""
    order = np.argsort(values)
    share = (np.cumsum(weights[order]) - weights[order] / 2) / weights.sum()
    return np.interp([TENTH, 1 - TENTH], share, values[order])
