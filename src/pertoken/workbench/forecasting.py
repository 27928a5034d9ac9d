"""What revenue will we make, as a range? From a log and cards to simulated worlds."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.machine.meanwhile import meanwhile
from pertoken.rating.card import Card
from pertoken.workbench.asked import LogAhead
from pertoken.workbench.cards import Aside
from pertoken.workbench.charging import compared
from pertoken.workbench.deep import UNDATED, Depth
from pertoken.workbench.explaining import FEW, explained, width_of_half
from pertoken.workbench.preparing import BEHAVIOUR, Known, Prepared, fitted_to, known
from pertoken.workbench.remarks import rated_by_line, remarks
from pertoken.workbench.secured import secured
from pertoken.workbench.shares import concentration
from pertoken.workbench.voices import voices

if TYPE_CHECKING:
    from pertoken.forecast.answer import Forecast, FromAbove
    from pertoken.forecast.backtested import Backtested
    from pertoken.forecast.event import Event
    from pertoken.forecast.fitted import Fitted
    from pertoken.forecast.landing import Landing
    from pertoken.forecast.market import Market
    from pertoken.forecast.outside import Outside
    from pertoken.forecast.simulate import Simulated

PATHS = 10_240
"""Worlds of a forecast, ten replicates of a power of two."""

FROM_ABOVE = 10_000
"""Worlds of the market."""

MONTH, SEASON = 28, 90
"""The longest horizon and history of the back-test that a forecast carries. [day]"""

Parts = dict[str, dict[str, dict[str, Values]]]
"""Worlds by key, label and measure."""

ORIGINS, SAMPLES = 4, 200
"""Earlier days on which it is made, and samples of each."""

Half = Callable[[], float | None] | None
"""Says how wide the first month's forecast is from half the history; None where nobody asks."""


def forecast_revenue(
    log: "str | Path",
    *,
    card: Iterable[str | Card] = (),
    revenue: Iterable[str | Card] = (),
    cost: Iterable[str | Card] = (),
    months: int = 12,
    segments: str = BEHAVIOUR,
    depth: Depth = "",
    top: int = 5,
    draws: int = PATHS,
    seed: int = 0,
    events: "str | Path | Sequence[Event]" = (),
    market: "str | Path | Market | None" = None,
    experts: Iterable[str] = (),
    outside: "Iterable[str | Path | Outside]" = (),
    outside_weight: float | None = None,
    explain: bool = True,
    tested: bool = True,
    unpriced: Aside = "raise",
    progress: Callable[[float], None] | None = None,
    **how: Unpack[LogAhead],
) -> "Forecast":
    """Forecast usage, revenue, cost and margin of a log's customers, as ranges.

    Args:
        log: As for `statement`.
        card: Cards of either side: a plan of ours is revenue, a vendor's card is cost.
        revenue: Cards of what we are paid.
        cost: Cards of what we pay.
        months: How many months ahead.
        segments: `behaviour`, or a key of the log that tells customers apart.
        depth: How deeply customers are integrated, to tell them apart by behaviour: a key of the log, a file of
            `customer,depth`, or numbers by customer.
        top: Customers at most who are named, of those who are 5 % or more of all revenue (of usage, without a card).
        draws: Worlds.
        seed: Same seed, same bits.
        events: Price changes, launches and outages, past and to come: a file, or records of `Event`.
        market: What is believed of the market: a file, or a record of `Market`; both views are combined by precision.
        experts: Further experts of the first month by name, as `lightgbm` or `AutoETS`; earlier days weigh them.
        outside: Forecasts of usage that were made elsewhere, by customer (or `*`) and day or month: files, or records.
        outside_weight: What each of them counts for, 0 to 1; half if None.
        explain: Tell what makes the range wide, and what more history would bring; it takes fifteen small simulations.
        tested: Score forecasts like this one on the same history, as of earlier days.
        unpriced: `raise` when usage has no price, `report` to forecast it, charge nothing for it, and say so.
        progress: Told how far the simulations are, 0 to 1.
        **how: How the log is read, as for `statement`; contracts may say commitments, which are settled in each world.

    Returns:
        Ranges by month and in total, their parts, what makes them wide, and what they rest on.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    seen = known(
        log, card=card, revenue=revenue, cost=cost, months=months, segments=segments, depth=depth, top=top, seed=seed,
        events=events, market=market, how=how, voices=voices(experts, outside, outside_weight), unpriced=unpriced,
    )  # fmt: skip
    with _begun(seen, explain=explain, tested=tested) as (half, tests):
        return _whole(fitted_to(seen), draws, half, tests, progress)


def foretold(
    made: Prepared,
    *,
    draws: int = PATHS,
    explain: bool = True,
    tested: bool = True,
    progress: Callable[[float], None] | None = None,
) -> "Forecast":
    """Simulate what was prepared.

    Args:
        made: From `prepared`.
        draws: Worlds.
        explain: Tell what makes the range wide, and what more history would bring.
        tested: Score forecasts like this one on the same history, as of earlier days.
        progress: Told how far the simulations are, 0 to 1; 1 once all are done.
    """
    with _begun(made, explain=explain, tested=tested) as (half, tests):
        return _whole(made, draws, half, tests, progress)


@contextmanager
def _begun(seen: Known, *, explain: bool, tested: bool) -> Iterator[tuple[Half, Callable[[], "Backtested | None"]]]:
    """Begin what needs no simulation: the forecast from half the history, where it is explained, and the back-test."""
    none: Any = nullcontext(lambda: None)
    with (
        meanwhile(lambda: _backtested(seen)) if tested else none as tests,
        meanwhile(lambda: width_of_half(seen)) if explain else nullcontext() as half,
    ):
        yield half, tests


def _whole(
    made: Prepared,
    draws: int,
    half: Half,
    tests: Callable[[], "Backtested | None"],
    progress: Callable[[float], None] | None,
) -> "Forecast":
    """Simulate, and wait for what was begun."""
    answer = replace(_foretold(made, draws, explain=half, progress=progress), backtest=tests())
    if progress is not None:
        progress(1.0)
    return answer


def _foretold(made: Prepared, draws: int, *, explain: Half, progress: Callable[[float], None] | None) -> "Forecast":
    """Simulate; `explain` says how wide half the history is, where it is asked what makes the range wide."""
    from pertoken.forecast.answer import Forecast  # noqa: PLC0415  the calculator must start fast

    landing, made = _landed(made, draws)
    by_line = made.charging.books is not None
    step = _steps(None if by_line and not explain else progress)
    blocks = _blocks(progress) if by_line and not explain else None
    found = _simulated(made, made.fitted, draws, progress=blocks)
    few = compared(found.paths) if by_line else FEW
    worlds, parts = _added(made, found)
    leading = next(name for name in ("revenue", "cost", "usage") if name in worlds)
    below: Values = worlds[leading].sum(axis=1)
    above = _from_above(made, worlds) if made.said.market is not None else None
    worlds, parts = (worlds, parts) if above is None else _again(worlds, parts, above.rows)

    def total(fitted: "Fitted", held: frozenset[str]) -> Values:
        some, _ = _added(made, _simulated(made, fitted, few, held, replicates=1))
        return np.asarray(some[leading].sum(axis=1))

    step()
    why, more = explained(made, total, below, explain, step) if explain else ((), ())
    return Forecast(
        currency=made.read.currency,
        unit=_unit(made),
        months=made.fitted.of.months,
        worlds=worlds,
        parts=parts,
        fitted=made.fitted,
        past=_past(made),
        drivers=why,
        more=more,
        concentration=concentration(made),
        committed=secured(made),
        simulated=found,
        above=above,
        landing=landing,
        report=made.read.report,
        notes=(*remarks(made), *rated_by_line(made, found, draws), *(above.says if above else ())),
        as_of=made.read.panel.periods[-1],
        seed=made.seed,
    )


def _blocks(progress: Callable[[float], None] | None) -> Callable[[int, int], None] | None:
    """Tell how many blocks of worlds are done, where a forecast is one long simulation."""
    return None if progress is None else lambda done, whole: progress(done / whole)


def _landed(made: Prepared, draws: int) -> "tuple[Landing | None, Prepared]":
    """Simulate the month that the history ends in, and let the months after it know what it brings."""
    from pertoken.forecast.landing import Landing  # noqa: PLC0415  the calculator must start fast
    from pertoken.workbench.landings import month_of, so_far, with_rest  # noqa: PLC0415

    month, begun = month_of(made), made.begun
    if month is None or begun is None:
        return None, made
    found = _simulated(month, month.fitted, draws)
    worlds = {name: each[:, 0] for name, each in _added(month, found)[0].items()}
    return Landing(begun.month, begun.known, begun.rest, so_far(made, begun), worlds), with_rest(made, begun, found)


def _steps(progress: Callable[[float], None] | None) -> Callable[[], None]:
    """Count simulations: that of all worlds, those that hold a factor or all others, those with more history."""
    from pertoken.forecast.population import FACTORS  # noqa: PLC0415  the calculator must start fast

    whole, done = 2 * len(FACTORS) + 5, count(1)

    def step() -> None:
        if progress is not None:
            progress(min(next(done) / whole, 1.0))

    return step


def _unit(made: Prepared) -> str:
    """Name what the driver counts."""
    from pertoken.core.meters import METERS  # noqa: PLC0415  the calculator must start fast

    names = made.read.panel.cells["meter"].column()
    used = {name for name, weight in zip(names, made.standing.weights, strict=True) if weight > 0}
    if all(name in METERS and METERS[name].unit == "token" for name in used):
        return "tokens"
    return used.pop() if len(used) == 1 else "units"


def _from_above(made: Prepared, worlds: Mapping[str, Values]) -> "FromAbove":
    """Combine the worlds with the view from above.

    Raises:
        InputError: There is no revenue to hold against the market, or the market is in another currency.
    """
    from pertoken.forecast.answer import FromAbove  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.combined import combined  # noqa: PLC0415
    from pertoken.forecast.topdown import ceiling, topdown  # noqa: PLC0415

    market = made.said.market
    if market is None or "revenue" not in worlds:
        raise InputError("a market is a check of revenue, and no revenue card says what is charged; add --card PLAN")
    if market.currency != made.read.currency:
        raise InputError(
            f"the market is in {market.currency}, the cards are in {made.read.currency}; bring them to one"
        )
    rng = np.random.default_rng([made.seed, 2])
    top = topdown(market, made.fitted.of.months, draws=FROM_ABOVE, rng=rng)
    both = combined(worlds["revenue"], top.revenue)
    held = ceiling(worlds["revenue"], top)
    return FromAbove(both.below, both.above, both.conflict, both.resampled(rng), (*both.says, *top.says, held.says))


def _again(worlds: dict[str, Values], parts: Parts, rows: Values) -> tuple[dict[str, Values], Parts]:
    """Take some of the worlds, in whole and in parts."""

    def some(values: Mapping[str, Values]) -> dict[str, Values]:
        return {name: each[rows] for name, each in values.items()}

    return some(worlds), {key: {label: some(own) for label, own in labels.items()} for key, labels in parts.items()}


def _simulated(
    made: Prepared,
    fitted: "Fitted",
    draws: int,
    held: frozenset[str] = frozenset(),
    **more: Any,  # noqa: ANN401  as `Charging.simulated`
) -> "Simulated":
    promises = made.promises_of(fitted)
    return made.charging.simulated(fitted.of, draws=draws, seed=made.seed, held=held, promises=promises, **more)


def _added(made: Prepared, found: "Simulated") -> tuple[dict[str, Values], Parts]:
    """Add up by measure and by part."""
    by_group = {"usage": found.sums["driver"], "customers": found.sums["customers"]}
    if made.plans:
        by_group["revenue"] = found.money()
    if "cost" in made.read.cards:
        by_group["cost"] = found.sums["cost"]
        if made.plans:
            by_group["margin"] = by_group["revenue"] - by_group["cost"]
    parts = {
        key: {
            label: {name: _together(each, column.codes == code) for name, each in by_group.items()}
            for code, label in enumerate(column.labels)
        }
        for key, column in found.groups.items()
        if len(column.labels) > 1
    }
    every = np.ones(len(next(iter(found.groups.values()))), dtype=bool)
    return {name: _together(each, every) for name, each in by_group.items()}, parts


def _together(values: Values, groups: NDArray[np.bool_]) -> Values:
    """Add some groups up, one after the other as they lie in memory, shape `(draw, month)`."""
    total = np.zeros_like(values[:, :, 0])
    for group in np.flatnonzero(groups):
        total += values[:, :, group]
    return total


def _past(made: Prepared) -> dict[str, tuple[tuple[str, ...], Values]]:
    """Months of the history, by measure; a month that is cut short is left out."""
    whole = _whole_months(made.read.panel.periods)
    past = {}
    for side in ("revenue", "cost"):
        labels, values = made.read.monthly(side)
        kept = [i for i, label in enumerate(labels) if label in whole]
        past[side] = (tuple(labels[i] for i in kept), values[kept])
    return past


def _whole_months(days: Sequence[str]) -> set[str]:
    """Months all of whose days lie in the history."""
    month, count = np.unique(np.array(days, dtype="datetime64[M]"), return_counts=True)
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(int)
    return {str(each) for each in month[count == length]}


def _backtested(seen: Known) -> "Backtested":
    """Score forecasts of the first weeks on the same history, or of as many days as were watched since an outage."""
    horizon = min(MONTH, len(seen.read.panel.periods) // 4)
    try:
        return _tested(seen, horizon)
    except InputError:
        watched = np.isfinite(seen.read.panel.value[:, ::-1]).any(axis=0)
        return _tested(seen, min(horizon, int(np.logical_and.accumulate(watched).sum())))


def _tested(seen: Known, horizon: int) -> "Backtested":
    """Score forecasts of so many days on the same history."""
    from pertoken.forecast.backtested import NAIVE, OURS, backtested  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.peers import PEERS, alone  # noqa: PLC0415
    from pertoken.workbench.hindsight import Said, charged, kept  # noqa: PLC0415

    days = len(seen.read.panel.periods)
    length = min(SEASON, days - 2 * horizon)

    said: list[Said] = []
    ours = partial(seen.voices.alone, segment=seen.standing.segmented)
    every = {OURS: kept(OURS, ours, said), NAIVE: kept(NAIVE, alone(PEERS[NAIVE], NAIVE), said)}
    found = backtested(
        seen.read.panel, every, back=seen.read.back,
        horizon=horizon, histories=[length], count=ORIGINS, draws=SAMPLES, seed=seen.seed,
        segment=seen.standing.segmented,
    )  # fmt: skip
    notes = (*found.notes, UNDATED) if seen.deep and not isinstance(seen.deep, str) else found.notes
    return replace(found, money=charged(seen.read, said, seen.standing.by, seen.deep), notes=notes)
