"""How good is a forecast on our own history? The same forecasters as of earlier days, held against what came."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.rating.card import Card
from pertoken.workbench.columns import columns
from pertoken.workbench.histories import CUSTOMERS_OWN, History, of_customers, whole_periods, without_outages
from pertoken.workbench.histories import history as log_history
from pertoken.workbench.preparing import BEHAVIOUR
from pertoken.workbench.reading import How, folded, read_as, terms_of
from pertoken.workbench.standings import settled
from pertoken.workbench.suspected import questions, suspected
from pertoken.workbench.voices import SILENT, Elsewhere, voices

if TYPE_CHECKING:
    from pertoken.core.lines import Lines, Usage
    from pertoken.forecast.backtested import Backtested
    from pertoken.forecast.outside import Outside
    from pertoken.forecast.panel import Panel
    from pertoken.forecast.rolling import Forecaster
    from pertoken.forecast.segments import Segmented
    from pertoken.workbench.hindsight import Said

PLAIN = ("seasonal-naive", "historic-average", "lognormal", "smoothed")
"""Peers that need nothing else installed."""

OUTSIDE = "outside"
"""What a forecast from outside is called."""

STEPS = {
    "usage": "Was there a price change, a new plan, a launch? Forecasts made before it could not know of it",
    "price": "Did prices change? What came is charged by the cards that are given",
}
"""What is asked about a step that nobody declared, in usage or in what a unit cost."""

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
    card: "Iterable[str | Card]" = (),
    experts: Iterable[str] = (),
    outside: "Iterable[str | Path | Outside]" = (),
    outside_weight: float | None = None,
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
        by: Keys of the log to report by, as `tier`, or `behaviour`, as of each origin; by the first, sums are scored.
        meter: Which meter is forecast; all tokens added up if empty, or the only meter.
        card: What customers are charged by: the revenue that forecasts come to is then scored too.
        experts: Further experts in our forecast by name, as `lightgbm` or `AutoETS`.
        outside: Forecasts of days or months of the log, made elsewhere the day before: taken into ours, scored alone.
        outside_weight: What each of them counts for, 0 to 1; half if None.
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
    from pertoken.workbench.hindsight import kept  # noqa: PLC0415

    heard = voices(experts, outside, outside_weight)
    read = _Read(log) if isinstance(log, Panel) else _read(log, list(card), meter, grain, tuple(by), how)
    elsewhere, said = Elsewhere(heard, heard.alone, []), list["Said"]()
    every: dict[str, Forecaster] = {OURS: partial(heard.joined, segment=_segment(by))}
    every |= {name: _peer(name) for name in dict.fromkeys(peers)} | dict(forecasters or {})
    every |= {OUTSIDE: elsewhere} if heard.outside else {}
    every = {name: kept(name, each, said) for name, each in every.items()} if read.rated else every
    told = {"horizon": horizon, "histories": history, "count": origins, "draws": draws, "seed": seed, "by": by}
    told |= {"source": "a panel" if isinstance(log, Panel) else str(log), "also": heard.days(read.panel.periods)}
    made = backtested(read.panel, every, of=read.of, watch=progress, **_told_apart(by), **told)  # type: ignore[arg-type]
    notes = (*read.asks, *read.says, *(each for each in made.notes if not each.endswith(SILENT)))
    return replace(made, notes=(*notes, *elsewhere.learnt(read.panel, made.scored.horizon)), money=read.charged(said))


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A history of one number.

    Args:
        panel: The history.
        says: What was understood.
        of: What the number is.
        rated: The history with cards that charge; None without any.
        weights: Of its cells in the number.
        by: Key by which its revenue is told.
    """

    panel: "Panel"
    says: tuple[str, ...] = ()
    of: str = "usage"
    rated: "History | None" = None
    weights: Values | None = None
    by: str = ""

    @property
    def asks(self) -> tuple[str, ...]:
        """Name who is most of all, and ask about steps that nobody declared."""
        from pertoken.workbench.remarks import largest  # noqa: PLC0415  the calculator must start fast

        paid = self.rated.said_cost if self.rated else None
        steps = questions(suspected(self.panel, paid=paid), STEPS)
        size: Values = np.nansum(self.panel.value, axis=1)
        most = largest(self.panel.customers, size, self.of) if len(size) > 1 else ()  # one series is all there is
        return (*most, *(f"! {each}" for each in steps))

    def charged(self, said: "Sequence[Said]") -> "Lines | None":
        """Score the money of forecasts; None where nobody charges."""
        from pertoken.workbench.hindsight import charged  # noqa: PLC0415  the calculator must start fast

        if self.rated is None or self.weights is None:
            return None
        return charged(self.rated, said, self.weights, self.by)


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


def _rated(log: "str | Path", card: "list[str | Card]", meter: str, grain: str, by: tuple[str, ...], how: How) -> _Read:  # noqa: PLR0917  what is asked
    """Make a panel of one number of a log that is charged.

    Raises:
        InputError: One meter, or periods that are not days, are asked for beside a card.
    """
    from pertoken.forecast.plans import driver_weights  # noqa: PLC0415  the calculator must start fast

    if meter or grain != "day":
        raise InputError("a card charges days of all meters; leave the card, or the meter and the grain, out")
    read = log_history(log, revenue=card, tracks=_of_log(by), whole=True, how=how)
    weights = driver_weights(read.panel.cells, np.nansum(read.panel.quantity, axis=(1, 2)))
    says = (*read.report.says, *read.says)
    return _Read(read.panel.weighted(weights), says, _named(read.panel, weights), read, weights, by[0] if by else "")


def _groups(by: Sequence[str]) -> "dict[str, Callable[[Panel], Key]]":
    """Say how customers are told apart by what no log says."""
    from pertoken.forecast.behaviour import segmented  # noqa: PLC0415  the calculator must start fast

    return {BEHAVIOUR: segmented} if BEHAVIOUR in by else {}


def _told_apart(by: Sequence[str]) -> dict[str, Any]:
    """Say how customers are told apart, and how those whose sums are scored."""
    return {"groups": _groups(by), "segment": _segment(by)}


def _segment(by: Sequence[str]) -> "Segmented | None":
    """Say how customers are told apart whose sums are scored."""
    from pertoken.forecast.behaviour import segmented  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.segments import by_key  # noqa: PLC0415

    if not by:
        return None
    return segmented if by[0] == BEHAVIOUR else by_key(by[0])


def _of_log(by: tuple[str, ...]) -> tuple[str, ...]:
    """Keys that a log must have; behaviour is told from usage."""
    return tuple(name for name in by if name != BEHAVIOUR)


def _named(panel: "Panel", weights: Values) -> str:
    """Say what one number is of."""
    names = zip(panel.cells["meter"].column(), weights, strict=True)
    return " + ".join(dict.fromkeys(str(name) for name, weight in names if weight))


def _read(log: "str | Path", card: "list[str | Card]", meter: str, grain: str, by: tuple[str, ...], how: How) -> _Read:  # noqa: PLR0917  what is asked
    """Make a panel of one number of a plain table or a log."""
    from pertoken.engines.panel_rows import panel_rows  # noqa: PLC0415  the calculator must start fast
    from pertoken.engines.remote.url import names_engine  # noqa: PLC0415
    from pertoken.forecast.panel import panel_of_rows, panel_of_usage  # noqa: PLC0415
    from pertoken.forecast.plans import driver_weights  # noqa: PLC0415

    rows = None if names_engine(log) or how.get("mapping") or how.get("layout") else panel_rows(log)
    if rows is not None:
        if card:
            raise InputError("a card charges meters, and a table of customer, period and value has none; give a log")
        plain = columns(rows)
        panel = panel_of_rows(plain.customers, plain.periods, plain.values, grain=plain.grain)
        return _Read(*without_outages(panel), of="value")
    if card:
        return _rated(log, card, meter, grain, by, how)
    terms = terms_of(how)
    with read_as(log, how) as found:
        opened = of_customers(found)
        known = opened.binding.keys
        asked = _of_log(by)
        tracks = tuple(name for name in dict.fromkeys((*CUSTOMERS_OWN, *asked)) if name in known or name in asked)
        more = {"on": how.get("on"), "rejects": how.get("rejects", False), "watch": how.get("watch")}
        usage, report, _ = folded(opened, (), ("customer", grain, *tracks), terms=terms, **more)  # type: ignore[arg-type]
    usage, left = whole_periods(_metered(usage, meter), grain, report.last, terms.timezone)
    usage, tracks, changed = settled(usage, tracks, grain, asked=asked)
    every = panel_of_usage(usage, grain=grain, tracks=tracks)
    weights = driver_weights(every.cells, np.nansum(every.quantity, axis=(1, 2)))
    panel, gaps = without_outages(every.weighted(weights))
    return _Read(panel, (*report.says, *left, *gaps, *changed), meter or _named(every, weights))


def _metered(usage: "Usage", meter: str) -> "Usage":
    """Keep one meter, if it is said."""
    names = usage.key("meter").labels
    if meter and meter not in names:
        raise InputError(f"no meter {meter!r} in the log; {nearest(meter, names)}")
    return usage.where(meter=meter) if meter else usage
