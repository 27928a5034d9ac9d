"""Forecasters that ours is held against: the plain ones that ship, models of statsforecast, and their ensemble.

What takes long is kept on disk, by the panel's numbers, so that a second run asks only what is new.
"""

import os
import tempfile
from collections.abc import Collection, Mapping
from hashlib import sha256
from pathlib import Path

import numpy as np

from pertoken.connect.statsforecast_paths import statsforecast_expert
from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.btyd.bg_nbd import BgNbd
from pertoken.forecast.btyd.buying import fit
from pertoken.forecast.btyd.purchases import purchases_of
from pertoken.forecast.expert import History
from pertoken.forecast.panel import Panel
from pertoken.forecast.peers import PEERS, alone, averaged
from pertoken.forecast.predicted import Predicted
from pertoken.forecast.rolling import Forecaster

KEPT = Path(os.environ.get("PERTOKEN_BENCH") or Path(tempfile.gettempdir()) / "pertoken-bench") / "accuracy"

STATSFORECAST = (
    "SeasonalNaive",
    "AutoETS",
    "DynamicOptimizedTheta",
    "AutoTheta",
    "ConformalSeasonalPool",
    "CrostonSBA",
)
"""Models asked of statsforecast; AutoARIMA takes seconds a series and is left out."""

ENSEMBLE = ("SeasonalNaive", "AutoETS", "DynamicOptimizedTheta", "ConformalSeasonalPool")
"""Whose quantiles are averaged: the statistical ensemble."""

BUSY = 0.5
"""Share of active periods from which no law of dying is fitted."""

QUICK = ("SeasonalNaive", "DynamicOptimizedTheta", "AutoTheta", "ConformalSeasonalPool")
"""The same without AutoETS, which takes most of the time."""


def kept(name: str, forecaster: Forecaster, folder: Path = KEPT, *, ask: bool = True) -> Forecaster:
    """Keep what a forecaster says on disk.

    Args:
        name: What it is kept by.
        forecaster: Who is asked.
        folder: Where it is kept.
        ask: False to take only what is kept already.
    """

    def found(panel: Panel, horizon: int, draws: int, seed: int) -> Predicted:
        told = sha256(np.ascontiguousarray(panel.value).tobytes())
        told.update(repr((name, panel.customers, panel.since.tolist(), panel.grain, horizon, draws, seed)).encode())
        path = folder / f"{name}-{told.hexdigest()[:24]}.npy"
        if not path.exists() and not ask:
            raise InputError("not kept, and not asked")
        if not path.exists():
            made = forecaster(panel, horizon, draws, seed)
            folder.mkdir(parents=True, exist_ok=True)
            part = path.with_suffix(f".{os.getpid()}.npy")
            np.save(part, made.samples.astype(np.float32))
            part.replace(path)
        samples = np.load(path).astype(np.float64)
        return Predicted(panel.customers, horizon, samples, samples.sum(axis=1))

    return found


def dying(history: History, horizon: int, draws: int, rng: np.random.Generator, /) -> Values:
    """BG/NBD alone: when customers are active by the law, how much by the mean of what they used when they were.

    Raises:
        InputError: Customers are active most of the time, which the law is not for.
    """
    active = np.nan_to_num(history.value) > 0
    if active.mean() > BUSY:
        raise InputError(f"customers active in {active.mean():.0%} of the periods; a law of dying is for less")
    seen = purchases_of(history.value, history.since)
    law = BgNbd(*fit(BgNbd, seen).parameters)
    amount = np.nansum(history.value, axis=1) / np.maximum(active.sum(axis=1), 1)
    paths: Values = law.paths(seen, horizon, draws, rng) * amount[:, None]
    return paths


def peers(*, others: bool = True, ask: bool = True, without: Collection[str] = ()) -> Mapping[str, Forecaster]:
    """All peers by name.

    Args:
        others: With the models of statsforecast.
        ask: False to take of those only what is kept.
        without: Models of statsforecast that are left out, and ensembles of them.
    """
    ours = {name: alone(expert) for name, expert in (PEERS | {"bg-nbd": dying}).items()}
    if not others:
        return ours
    asked = [name for name in STATSFORECAST if name not in without]
    theirs = {name: kept(name, alone(statsforecast_expert(name)), ask=ask) for name in asked}
    ensembles = {"ensemble": ENSEMBLE, "quick-ensemble": QUICK}
    whole = {name: of for name, of in ensembles.items() if set(of) <= set(theirs)}
    return ours | theirs | {name: averaged({each: theirs[each] for each in of}) for name, of in whole.items()}
