"""How good is a forecast on our own history? The same forecasters as of earlier days, held against what came."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.workbench.histories import CUSTOMERS_OWN, one_label_each
from pertoken.workbench.reading import How, folded, read_as, terms_of

if TYPE_CHECKING:
    from pertoken.core.lines import Usage
    from pertoken.forecast.backtested import Backtested
    from pertoken.forecast.panel import Panel
    from pertoken.forecast.predicted import Predicted
    from pertoken.forecast.rolling import Forecaster

PLAIN = ("seasonal-naive", "historic-average", "lognormal", "smoothed")
"""Peers that need nothing else installed."""

ENSEMBLE = "ensemble"
"""The average of the plain peers' quantiles."""


def backtest(
    log: "str | Path | Panel",
    *,
    horizon: int | None = None,
    history: Sequence[int] | None = None,
    origins: int = 4,
    peers: Sequence[str] = PLAIN,
    by: Sequence[str] = (),
    meter: str = "",
    grain: str = "day",
    draws: int = 500,
    seed: int = 1,
    forecasters: "Mapping[str, Forecaster] | None" = None,
    progress: Callable[[float], None] | None = None,
    **how: Unpack[How],
) -> "Backtested":
    """Score our forecast of usage on a history, with what was known as of each origin, against peers.

    Args:
        log: As for `statement`; or a CSV or Parquet table of `customer`, `period` and `value`; or a panel.
        horizon: Periods ahead whose total is forecast; 28 days if None, or what suits other periods.
        history: Of how many periods forecasts are made; 30, 60 and 90 days if None.
        origins: How many earlier days are taken at most.
        peers: Names of plain peers, `ensemble` for their average, or models of statsforecast as `AutoETS`.
        by: Keys of the log to report by, as `tier`.
        meter: Which meter is forecast; all tokens added up if empty, or the only meter.
        grain: Periods of the forecast: `hour`, `day`, `month`, `quarter`.
        draws: Samples of each forecast.
        seed: Same seed, same digits.
        forecasters: Further forecasters by name, of your own.
        progress: Told how much is done, 0 to 1.
        how: How the log is read.

    Raises:
        PertokenError: What is wrong with the log or what is asked, and the mend.
    """
    from pertoken.forecast.backtested import OURS, backtested  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.panel import Panel  # noqa: PLC0415
    from pertoken.forecast.prediction import predicted  # noqa: PLC0415

    def ours(panel: Panel, horizon: int, draws: int, seed: int) -> "Predicted":
        return predicted(panel, horizon=horizon, draws=draws, seed=seed)

    panel, of, says = (log, "usage", ()) if isinstance(log, Panel) else _read(log, meter, grain, tuple(by), how)
    every = {OURS: ours, **{name: _peer(name) for name in dict.fromkeys(peers)}, **(forecasters or {})}
    told = {"horizon": horizon, "histories": history, "count": origins, "draws": draws, "seed": seed, "by": by}
    name = "a panel" if isinstance(log, Panel) else str(log)
    made = backtested(panel, every, of=of, source=name, watch=progress, **told)  # type: ignore[arg-type]
    return replace(made, notes=(*says, *made.notes))


def _peer(name: str) -> "Forecaster":
    from pertoken.connect.statsforecast_paths import statsforecast_expert  # noqa: PLC0415
    from pertoken.forecast.peers import PEERS, alone, averaged  # noqa: PLC0415

    if name == ENSEMBLE:
        return averaged({each: alone(expert) for each, expert in PEERS.items()})
    if name in PEERS:
        return alone(PEERS[name], name)
    if not name[:1].isupper():
        raise InputError(f"no peer {name!r}; {nearest(name, [*PEERS, ENSEMBLE])}, or a model of statsforecast: AutoETS")
    return alone(statsforecast_expert(name), name)


def _read(
    log: "str | Path", meter: str, grain: str, by: tuple[str, ...], how: How
) -> "tuple[Panel, str, tuple[str, ...]]":
    """Make a panel of one number of a plain table or a log; what it is, and what was understood."""
    from pertoken.engines.panel_rows import panel_rows  # noqa: PLC0415  the calculator must start fast
    from pertoken.engines.remote.url import names_engine  # noqa: PLC0415
    from pertoken.forecast.panel import panel_of_rows, panel_of_usage  # noqa: PLC0415
    from pertoken.forecast.plans import driver_weights  # noqa: PLC0415

    rows = None if names_engine(log) or how.get("mapping") or how.get("layout") else panel_rows(log)
    if rows is not None:
        return panel_of_rows(rows["customer"], rows["period"], rows["value"]), "value", ()
    terms = terms_of(how)
    with read_as(log, how) as opened:
        known = opened.binding.keys
        if "customer" not in known:
            raise InputError("the log names no customers; a forecast is made customer by customer; map a column to it")
        tracks = tuple(name for name in dict.fromkeys((*CUSTOMERS_OWN, *by)) if name in known or name in by)
        more = {"on": how.get("on"), "rejects": how.get("rejects", False), "watch": how.get("watch")}
        usage, report, _ = folded(opened, (), ("customer", grain, *tracks), terms=terms, **more)  # type: ignore[arg-type]
    usage = _metered(usage, meter)
    panel = panel_of_usage(
        usage, grain=grain, tracks=tuple(name for name in tracks if one_label_each(usage, name, grain))
    )
    weights = driver_weights(panel.cells, np.nansum(panel.quantity, axis=(1, 2)))
    of = meter or " + ".join(str(m) for m, w in zip(panel.cells["meter"].column(), weights, strict=True) if w)
    return panel.weighted(weights), of, tuple(report.says)


def _metered(usage: "Usage", meter: str) -> "Usage":
    """Keep one meter, if it is said."""
    names = usage.key("meter").labels
    if meter and meter not in names:
        raise InputError(f"no meter {meter!r} in the log; {nearest(meter, names)}")
    return usage.where(meter=meter) if meter else usage
