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
from pertoken.workbench.deep import UNDATED, Deep, Depth, depth_of, of_log, said_depth
from pertoken.workbench.histories import CUSTOMERS_OWN, History, of_customers, whole_periods, without_outages
from pertoken.workbench.histories import history as log_history
from pertoken.workbench.preparing import BEHAVIOUR
from pertoken.workbench.reading import How, folded, read_as, terms_of
from pertoken.workbench.standings import settled
from pertoken.workbench.suspected import questions, suspected
from pertoken.workbench.voices import SILENT, Elsewhere, Voices, voices

if TYPE_CHECKING:
    from pertoken.core.lines import Lines, Usage
    from pertoken.forecast.backtested import Backtested
    from pertoken.forecast.outside import Outside
    from pertoken.forecast.panel import Panel
    from pertoken.forecast.rolling import Forecaster
    from pertoken.forecast.seen import Lookback
    from pertoken.usage.report import Report
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
    depth: Depth = "",
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
        depth: How deeply customers are integrated, for `behaviour`: a key of the log, a file of `customer,depth`, or
            numbers by customer.
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
    from pertoken.forecast.panel import Panel  # noqa: PLC0415  the calculator must start fast

    heard, asked = voices(experts, outside, outside_weight), _asked(by, depth)
    read = _Read(log) if isinstance(log, Panel) else _read(log, list(card), meter, grain, asked, how)
    others = {**{name: _peer(name) for name in dict.fromkeys(peers)}, **(forecasters or {})}
    told = {"horizon": horizon, "histories": history, "count": origins, "draws": draws, "seed": seed}
    made = _scored(read, heard, others, said_depth(read.panel, depth), by=by, watch=progress, **told)
    return replace(made, source="a panel" if isinstance(log, Panel) else str(log))


def _scored(
    read: "_Read",
    heard: Voices,
    others: "Mapping[str, Forecaster]",
    deep: Deep,
    *,
    by: Sequence[str],
    **told: Any,  # noqa: ANN401  as `backtested`
) -> "Backtested":
    """Score our forecast and others, what they would have charged, and what was said elsewhere."""
    from pertoken.forecast.backtested import OURS, backtested  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.segments import by_key  # noqa: PLC0415
    from pertoken.workbench.hindsight import kept  # noqa: PLC0415

    elsewhere, groups = Elsewhere(heard, heard.alone, []), _groups(by, deep)
    said: list[Said] = []
    segment = (groups.get(by[0]) or by_key(by[0])) if by else None
    every: dict[str, Forecaster] = {OURS: partial(heard.joined, segment=segment), **others}
    every |= {OUTSIDE: elsewhere} if heard.outside else {}
    every = {name: kept(name, each, said) for name, each in every.items()} if read.rated else every
    told |= {"also": heard.days(read.panel.periods), "groups": groups, "segment": segment, "back": read.back}
    made = backtested(read.panel, every, of=read.of, by=by, **told)
    undated = [UNDATED] if deep and not isinstance(deep, str) else []
    notes = (*read.asks, *read.says, *undated, *(each for each in made.notes if not each.endswith(SILENT)))
    notes = (*notes, *elsewhere.learnt(read.driver, made.scored.horizon))
    return replace(made, notes=notes, money=read.charged(said, by[0] if by else "", deep), report=read.report)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """A history of one number.

    Args:
        panel: The history, by cell.
        says: What was understood.
        of: What the number is.
        weights: Of its cells in the number; None where they are added up.
        back: Goes back to what was known at an origin; None where the panel is taken as it is.
        rated: The history with cards that charge; None without any.
        report: What was read of the log; None of a plain table or a panel.
    """

    panel: "Panel"
    says: tuple[str, ...] = ()
    of: str = "usage"
    weights: Values | None = None
    back: "Lookback | None" = None
    rated: "History | None" = None
    report: "Report | None" = None

    @property
    def driver(self) -> "Panel":
        """The history as one number."""
        return self.panel if self.weights is None else self.panel.weighted(self.weights)

    @property
    def asks(self) -> tuple[str, ...]:
        """Name who is most of all, and ask about steps that nobody declared."""
        from pertoken.workbench.remarks import largest  # noqa: PLC0415  the calculator must start fast

        paid = self.rated.said_cost if self.rated else None
        steps = questions(suspected(self.driver, paid=paid), STEPS)
        size: Values = np.nansum(self.driver.value, axis=1)
        most = largest(self.panel.customers, size, self.of) if len(size) > 1 else ()  # one series is all there is
        return (*most, *(f"! {each}" for each in steps))

    def charged(self, said: "Sequence[Said]", by: str, deep: Deep) -> "Lines | None":
        """Score the money of forecasts; None where nobody charges."""
        from pertoken.workbench.hindsight import charged  # noqa: PLC0415  the calculator must start fast

        return None if self.rated is None else charged(self.rated, said, by, deep)


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
    return _Read(read.panel, says, _named(read.panel, weights), weights, read.back, read, read.report)


def _asked(by: Sequence[str], depth: Depth) -> tuple[str, ...]:
    """Name what customers are told apart by, with the key that helps behaviour.

    Raises:
        InputError: A depth of integration is said, and nothing is told by behaviour.
    """
    if depth and BEHAVIOUR not in by:
        raise InputError(f"a depth of integration helps to tell behaviour apart; add --by {BEHAVIOUR}, or leave it out")
    return (*by, depth) if isinstance(depth, str) and of_log(depth) else tuple(by)


def _groups(by: Sequence[str], deep: Deep) -> "dict[str, Callable[[Panel], Key]]":
    """Say how customers are told apart by what no log says."""
    from pertoken.forecast.behaviour import segmented  # noqa: PLC0415  the calculator must start fast

    def behaviour(panel: "Panel") -> Key:
        return segmented(panel, depth=depth_of(panel, deep))

    return {BEHAVIOUR: behaviour} if BEHAVIOUR in by else {}


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
    from pertoken.forecast.seen import lookback  # noqa: PLC0415

    rows = None if names_engine(log) or how.get("mapping") or how.get("layout") else panel_rows(log)
    if rows is not None:
        if card:
            raise InputError("a card charges meters, and a table of customer, period and value has none; give a log")
        plain = columns(rows)
        panel = panel_of_rows(plain.customers, plain.periods, plain.values, grain=plain.grain)
        return _Read(*without_outages(panel), of="value", back=lookback(panel))
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
    panel, gaps = without_outages(every)
    says = (*report.says, *left, *gaps, *changed)
    return _Read(panel, says, meter or _named(every, weights), weights, lookback(every), report=report)


def _metered(usage: "Usage", meter: str) -> "Usage":
    """Keep one meter, if it is said."""
    names = usage.key("meter").labels
    if meter and meter not in names:
        raise InputError(f"no meter {meter!r} in the log; {nearest(meter, names)}")
    return usage.where(meter=meter) if meter else usage
