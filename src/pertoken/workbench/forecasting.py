"""What revenue will we make, as a range? From a log and cards to simulated worlds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.rating.card import Card
from pertoken.workbench.declared import Declared, declared, signed
from pertoken.workbench.histories import History, history
from pertoken.workbench.reading import How

if TYPE_CHECKING:
    from pertoken.forecast.agreed import Agreed
    from pertoken.forecast.answer import Forecast, Sufficiency
    from pertoken.forecast.backtested import Backtested
    from pertoken.forecast.event import Event
    from pertoken.forecast.fitted import Fitted, Priors, Standing
    from pertoken.forecast.market import Market
    from pertoken.forecast.panel import Panel
    from pertoken.forecast.predicted import Predicted
    from pertoken.forecast.tariff import Tariffs

PATHS = 10_240
"""Worlds of a forecast: ten replicates of a power of two."""

FEW = 1_024
"""Worlds of what is only compared."""

LENGTHS = (30, 60, 90, 180)
"""Lengths of history whose ranges are told. [day]"""

BEHAVIOUR = "behaviour"
"""Segments by what customers do."""

HALF = 0.5
"""Share of one customer from which on the range is said to be theirs."""

ENOUGH = 60
"""Days of history from which on growth is read from it."""

MONTH, SEASON = 28, 90
"""The longest horizon and history of the back-test that a forecast carries. [day]"""

ORIGINS, SAMPLES = 4, 200
"""Earlier days on which it is made, and samples of each."""

SHORTEST = 14
"""Days of history below which nothing is said."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A history made ready to be simulated.

    Args:
        read: The history.
        standing: What customers are at its end.
        plans: Cards of each plan.
        fitted: What the simulation needs.
        tariffs: How each plan charges; None where there is no revenue card.
        seed: Same seed, same bits.
        said: What was declared beside the log.
        agreed: What contracts mean for the months ahead; None without any.
    """

    read: History
    standing: "Standing"
    plans: tuple[tuple[Card, ...], ...]
    fitted: "Fitted"
    tariffs: "Tariffs | None"
    seed: int
    said: Declared
    agreed: "Agreed | None"


def prepared(
    log: "str | Path",
    *,
    card: Iterable[str | Card] = (),
    revenue: Iterable[str | Card] = (),
    cost: Iterable[str | Card] = (),
    months: int = 12,
    segments: str = BEHAVIOUR,
    top: int = 5,
    seed: int = 0,
    priors: "Priors | None" = None,
    events: "str | Path | Sequence[Event]" = (),
    market: "str | Path | Market | None" = None,
    how: How,
) -> Prepared:
    """Read a log and fit a simulation of its customers to it.

    Args:
        log: As for `statement`.
        card: Cards of either side: a plan of ours is revenue, a vendor's card is cost.
        revenue: Cards of what we are paid.
        cost: Cards of what we pay.
        months: How many months ahead.
        segments: `behaviour`, or a key of the log that tells customers apart.
        top: Customers at most who are named, of those who are 5 % or more of all usage.
        seed: Same seed, same bits.
        priors: What is believed before the history speaks.
        events: Price changes, launches and outages, past and to come: a file, or records of `Event`.
        market: What is believed of the market: a file, or a record of `Market`.
        how: How the log is read; its contracts may say commitments, which are settled in each world.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    from pertoken.forecast.fitted import Priors, fitted, months_after  # noqa: PLC0415  the calculator must start fast

    said = () if segments == BEHAVIOUR else (segments,)
    read = history(log, card=card, revenue=revenue, cost=cost, tracks=said, how=how)
    read, beside = declared(read, contracts=how.get("contracts", ()), events=events, market=market)
    panel = read.panel
    if len(panel.periods) < SHORTEST:
        raise InputError(
            f"the log has {len(panel.periods)} days ({panel.periods[0]} to {panel.periods[-1]}); a forecast needs "
            f"{SHORTEST} at least, and 30 to say much; with fewer, make a model of assumptions: pertoken model init"
        )
    standing, plans = standing_of(read, segments, top)
    ahead = months_after(panel.periods[-1], months)
    agreed = signed(read, beside, ahead)
    if agreed is not None:
        standing = replace(standing, bound=agreed.bound[: len(panel)])
    made = fitted(panel, standing, ahead, priors=priors or Priors(), seed=seed)
    charged = _tariffs(read, plans, standing.plan, ahead)
    return Prepared(read, standing, plans, made, charged, seed, beside, agreed)


def standing_of(read: History, segments: str, top: int) -> "tuple[Standing, tuple[tuple[Card, ...], ...]]":
    """Say what customers are at the end of a history, and by which cards each plan charges."""
    from pertoken.forecast.behaviour import segmented  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.fitted import Standing  # noqa: PLC0415
    from pertoken.forecast.plans import FREE, driver_weights, planned  # noqa: PLC0415

    panel, own = read.panel, read.cards.get("revenue", ())
    quantity = np.nansum(panel.quantity, axis=(1, 2))
    weights = driver_weights(panel.cells, quantity)
    plan, plans = planned(read.usage, panel, own) if own else (Key.constant(FREE, len(panel)), ())
    if segments == BEHAVIOUR:
        segment = segmented(panel.weighted(weights))
    else:
        segment = _compact(panel.tracks[segments].last if segments in panel.tracks else panel.known[segments])
    return Standing(segment, plan, read.unit_cost, weights, top), plans


def _compact(key: Key) -> Key:
    """Leave labels out that no customer has any more."""
    return Key.of(key.column().tolist())


def _tariffs(read: History, plans: Sequence[tuple[Card, ...]], plan: Key, months: Sequence[str]) -> "Tariffs | None":
    """Bring the plans to arrays; what their conditions ask for is what their customers are at the end."""
    from pertoken.forecast.tariff import tariffs  # noqa: PLC0415  the calculator must start fast

    if not plans:
        return None
    panel = read.panel
    known = []
    for code in range(len(plan.labels)):
        first = int(np.flatnonzero(plan.codes == code)[0])
        said = {name: track.last.column()[first] for name, track in panel.tracks.items()}
        known.append(said)
    return tariffs(dict(zip(plan.labels, plans, strict=True)), panel.cells, months, known=known)


def forecast(
    log: "str | Path",
    *,
    card: Iterable[str | Card] = (),
    revenue: Iterable[str | Card] = (),
    cost: Iterable[str | Card] = (),
    months: int = 12,
    segments: str = BEHAVIOUR,
    top: int = 5,
    draws: int = PATHS,
    seed: int = 0,
    events: "str | Path | Sequence[Event]" = (),
    market: "str | Path | Market | None" = None,
    explain: bool = True,
    tested: bool = True,
    **how: Unpack[How],
) -> "Forecast":
    """Forecast usage, revenue, cost and margin of a log's customers, as ranges.

    Args:
        log: As for `statement`.
        card: Cards of either side: a plan of ours is revenue, a vendor's card is cost.
        revenue: Cards of what we are paid.
        cost: Cards of what we pay.
        months: How many months ahead.
        segments: `behaviour`, or a key of the log that tells customers apart.
        top: Customers at most who are named, of those who are 5 % or more of all usage.
        draws: Worlds.
        seed: Same seed, same bits.
        events: Price changes, launches and outages, past and to come: a file, or records of `Event`.
        market: What is believed of the market: a file, or a record of `Market`; both views are combined by precision.
        explain: Tell what makes the range wide, and what more history would bring; it takes fifteen small simulations.
        tested: Score forecasts like this one on the same history, as of earlier days.
        **how: How the log is read, as for `statement`; contracts may say commitments, which are settled in each world.

    Returns:
        Ranges by month and in total, their parts, what makes them wide, and what they rest on.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    made = prepared(
        log, card=card, revenue=revenue, cost=cost, months=months, segments=segments, top=top, seed=seed,
        events=events, market=market, how=how,
    )  # fmt: skip
    return foretold(made, draws=draws, explain=explain, tested=tested)


def foretold(made: Prepared, *, draws: int = PATHS, explain: bool = True, tested: bool = True) -> "Forecast":
    """Simulate what was prepared.

    Args:
        made: From `prepared`.
        draws: Worlds.
        explain: Tell what makes the range wide, and what more history would bring.
        tested: Score forecasts like this one on the same history, as of earlier days.
    """
    from pertoken.forecast.answer import Forecast, drivers  # noqa: PLC0415  the calculator must start fast

    worlds, parts = _worlds(made, made.fitted, draws)
    leading = next(name for name in ("revenue", "cost", "usage") if name in worlds)

    def total(held: frozenset[str]) -> Values:
        some, _ = _worlds(made, made.fitted, FEW, held)
        return some[leading].sum(axis=1)

    return Forecast(
        currency=made.read.currency,
        unit="tokens",
        months=made.fitted.of.months,
        worlds=worlds,
        parts=parts,
        fitted=made.fitted,
        past=_past(made),
        drivers=drivers(total) if explain else (),
        more=_more(made, leading) if explain else (),
        concentration=_concentration(made),
        backtest=_backtested(made) if tested else None,
        notes=_notes(made),
    )


def _worlds(
    made: Prepared, fitted: "Fitted", draws: int, held: frozenset[str] = frozenset()
) -> tuple[dict[str, Values], dict[str, dict[str, dict[str, Values]]]]:
    """Simulate, and add up by measure and by part."""
    from pertoken.forecast.simulate import simulate  # noqa: PLC0415  the calculator must start fast

    found = simulate(fitted.of, made.tariffs, paths=draws, seed=made.seed, held=held)
    by_group = {"usage": found.usage, "customers": found.customers}
    if made.tariffs is not None:
        by_group["revenue"] = found.revenue
    if "cost" in made.read.cards:
        by_group["cost"] = found.cost
        if made.tariffs is not None:
            by_group["margin"] = found.revenue - found.cost
    parts = {
        key: {
            label: {name: each[:, :, column.codes == code].sum(axis=2) for name, each in by_group.items()}
            for code, label in enumerate(column.labels)
        }
        for key, column in fitted.of.groups.items()
        if len(column.labels) > 1
    }
    return {name: each.sum(axis=2) for name, each in by_group.items()}, parts


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


def _more(made: Prepared, leading: str) -> "tuple[Sufficiency, ...]":
    """What the range of the total would be with the history as it is, and with longer ones."""
    from pertoken.forecast.answer import Band, Sufficiency  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.fitted import fitted  # noqa: PLC0415
    from pertoken.forecast.sufficiency import falls_by, narrowed  # noqa: PLC0415

    days, level = len(made.read.panel.periods), made.fitted.predicted
    power = falls_by(made.read.panel.weighted(made.standing.weights), level, seed=made.seed)
    found = []
    for length in [days, *(each for each in LENGTHS if each > days * 1.2)][:3]:
        again = fitted(
            made.read.panel, made.standing, made.fitted.of.months, priors=made.fitted.priors, seed=made.seed,
            level=narrowed(level, (days / length) ** power), more=length / days,
        )  # fmt: skip
        worlds, _ = _worlds(made, again, FEW)
        band = Band.of(worlds[leading].sum(axis=1))
        found.append(Sufficiency(length, float(band.p10), float(band.p50), float(band.p90)))
    return tuple(found)


def _concentration(made: Prepared) -> dict[str, float]:
    """Expected use of each customer in the first month, the most first."""
    mean = made.fitted.predicted.samples.mean(axis=0)
    order = np.argsort(-mean, kind="stable")
    return {made.read.panel.customers[i]: float(mean[i]) for i in order}


def _notes(made: Prepared) -> tuple[str, ...]:
    """What must be known beside the numbers."""
    panel = made.read.panel
    mean = made.fitted.predicted.samples.mean(axis=0)
    share = mean.max() / mean.sum() if mean.sum() > 0 else 0.0
    agreed = made.agreed.notes if made.agreed else ()
    notes = [*made.said.says, *agreed, *made.read.says, *made.read.report.says, *made.fitted.predicted.notes]
    if share > HALF:
        name = panel.customers[int(mean.argmax())]
        notes.append(f"! {name} is {share:.0%} of all usage: the range is that of one customer; ask what they plan")
    if len(panel.periods) < ENOUGH:
        notes.append(f"! {len(panel.periods)} days of history say little of growth: what is believed carries the range")
    return tuple(notes)


def _backtested(made: Prepared) -> "Backtested | None":
    """Score forecasts of the first weeks on the same history; None where it is too short for any."""
    from pertoken.forecast.backtested import NAIVE, OURS, backtested  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.peers import PEERS, alone  # noqa: PLC0415
    from pertoken.forecast.prediction import predicted  # noqa: PLC0415

    days = len(made.read.panel.periods)
    horizon = min(MONTH, days // 4)
    length = min(SEASON, days - 2 * horizon)

    def ours(panel: "Panel", horizon: int, draws: int, seed: int) -> "Predicted":
        return predicted(panel, horizon=horizon, draws=draws, seed=seed)

    return backtested(
        made.read.panel.weighted(made.standing.weights), {OURS: ours, NAIVE: alone(PEERS[NAIVE], NAIVE)},
        horizon=horizon, histories=[length], count=ORIGINS, draws=SAMPLES, seed=made.seed,
    )  # fmt: skip
