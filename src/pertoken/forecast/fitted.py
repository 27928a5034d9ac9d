"""Fitted: the history of customers becomes all that a simulation of their usage needs.

The first month's level is the calibrated forecast of each customer; growth, shared swings, leaving and arrivals carry
it on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.core.period import begins
from pertoken.forecast.arrivals import ArrivalPrior, Arrivals, arrived
from pertoken.forecast.conversions import ConversionPrior, converted
from pertoken.forecast.events import Ahead
from pertoken.forecast.grouping import grouped, usual
from pertoken.forecast.growth import DAYS, WINDOW, Growth, GrowthPrior, ahead, grown
from pertoken.forecast.levels import SHARES, alive_of, parted, positive, together, without_traces
from pertoken.forecast.outage import outages
from pertoken.forecast.panel import Indices, Panel
from pertoken.forecast.population import Codes, Forecastable, Law, Population, Shared
from pertoken.forecast.predicted import Predicted, shift
from pertoken.forecast.prediction import predicted
from pertoken.forecast.retention import LONG_GONE, Retention, RetentionPrior, retained
from pertoken.forecast.segments import Segmented
from pertoken.forecast.signed import SignedPrior
from pertoken.forecast.swings import SwingPrior, Swings, swung

NAMED_SHARE = 0.05
"""Share of all that is charged (of all usage, where nobody is) from which on a customer is named and told apart."""

WHALES = 30
"""Customers who are the largest."""

DRAWS = 1000
"""Draws of the first month's forecast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Priors:
    """All that is believed before the history speaks; each is printed with the forecast."""

    growth: GrowthPrior = field(default_factory=GrowthPrior)
    arrivals: ArrivalPrior = field(default_factory=ArrivalPrior)
    swings: SwingPrior = field(default_factory=SwingPrior)
    retention: RetentionPrior = field(default_factory=RetentionPrior)
    conversions: ConversionPrior = field(default_factory=ConversionPrior)
    signed: SignedPrior = field(default_factory=SignedPrior)


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What each customer is at the end of the history.

    Args:
        segment: Of each customer, shape `(customer,)`.
        plan: Which plan each is charged by; labels are the plans' names in their order, shape `(customer,)`.
        unit_cost: What a unit of each cell costs us, shape `(cell,)`. [currency / unit]
        weights: Of the cells in the driver, shape `(cell,)`. [driver / unit]
        named: The most customers who are named.
        bound: Months during which each can't leave, by contract, shape `(customer,)`.
        signed: Rows of those who have a contract; they are named, whatever they use.
        worth: What each was charged of late, shape `(customer,)`; None where nobody was. [currency]
        by: What segments are told apart by: a key of the log, or `behaviour`.
        segmented: Tells customers apart as they were at earlier dates, and now as `segment` does; None for one segment.
    """

    segment: Key
    plan: Key
    unit_cost: Values
    weights: Values
    named: int = 5
    bound: Indices | None = None
    signed: Indices | None = None
    worth: Values | None = None
    by: str = ""
    segmented: Segmented | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """A simulation's needs, and what they were made from.

    Args:
        of: All that the simulation needs.
        predicted: Calibrated forecast of the first 28 days.
        growth: Growth and shared swings.
        arrivals: Newcomers.
        swings: One customer's own swings.
        retention: Leaving, by segment.
        priors: What was believed before.
        days: Days of history.
    """

    of: Forecastable
    predicted: Predicted
    growth: Growth
    arrivals: Arrivals
    swings: Swings
    retention: tuple[Retention, ...]
    priors: Priors
    days: int


def months_after(last: str, count: int) -> tuple[str, ...]:
    """Name the months after the one that a day lies in.

    >>> months_after("2026-01-31", 2), months_after("2026-01-30", 1)
    (('2026-02', '2026-03'), ('2026-02',))
    """
    begun = np.datetime64(last[:7], "M") + 1
    return tuple(str(each) for each in np.arange(begun, begun + count))


def fitted(
    panel: Panel,
    standing: Standing,
    months: Sequence[str],
    *,
    priors: Priors,
    seed: int,
    draws: int = DRAWS,
    level: Predicted | None = None,
    more: float = 1.0,
    events: Ahead | None = None,
    kept: Sequence[Retention] | None = None,
) -> Fitted:
    """Fit a simulation to a panel.

    Args:
        panel: Usage by day, customer and cell; outages are not watched, and the history is at the level of today.
        standing: What customers are at its end.
        months: Labels of the months ahead.
        priors: What is believed before the history speaks.
        seed: Same seed, same bits.
        draws: Of the first month's forecast.
        level: The first month's forecast, where it is there already.
        more: Reckon as if the history were so many times as long, at the same rates.
        events: What declared events do to the months ahead, by segment.
        kept: Leaving by segment, told from this history before; told anew if None.
    """
    driver = panel.weighted(standing.weights)
    level = level or predicted(driver, horizon=WINDOW, draws=draws, seed=seed, segment=standing.segmented)
    driver = replace(driver, quantity=np.where(outages(driver.value), np.nan, driver.quantity))
    kept = _longer(kept or _retained(driver, standing.segment, priors.retention), more)
    monthly = _monthly(level, standing, kept, driver)
    mean = monthly.mean(axis=0)
    growth = grown(driver, standing.segment, prior=priors.growth, rng=np.random.default_rng([seed, 1]), more=more)
    arrivals = arrived(driver, standing.segment, mean, prior=priors.arrivals, more=more)
    swings = swung(driver, standing.segment, prior=priors.swings)
    people = _people(panel, standing, monthly, swings, kept)
    groups, place, coming = grouped(panel, standing.segment, standing.plan, _named(standing, mean))
    laws = _laws(standing, people, mean, (arrivals, swings, kept), coming=coming, months=len(months))
    last = begins(panel.periods[-1:]).astype("datetime64[D]")[0]
    gap = float((np.datetime64(months[0], "D") - last).astype(int) - 1) / DAYS  # months until they begin
    people = replace(people, group=place, alive=people.alive * _stays(people, kept, gap, standing.bound))
    grows, calendar = ahead(growth, tuple(months), last)
    level_loads, level_alike = together(monthly, standing.segment, _moved(growth))
    shared = Shared(
        grows, float(growth.error.max()), growth.lasting, growth.shock, growth.shock_stays,
        growth.segment_shock, level_loads, max(each.error for each in kept), _arriving(arrivals, len(months), gap),
        np.hypot(arrivals.error, priors.arrivals.turn * np.arange(len(months))), arrivals.size,
        np.tile(calendar, (len(grows), 1)), level_alike=level_alike,
    )  # fmt: skip
    changes = converted(driver, standing.plan, prior=priors.conversions)
    of = Forecastable(tuple(months), people, laws, _with(events, shared), changes, panel.cells, groups)
    return Fitted(of, level, growth, arrivals, swings, kept, priors, round(len(panel.periods) * more))


def _monthly(level: Predicted, standing: Standing, kept: Sequence[Retention], driver: Panel) -> Values:
    """Samples of what each uses in a month of mean length, shape `(draw, customer)`; next to nothing is nothing."""
    monthly = level.samples * (DAYS / WINDOW) * shift(level)
    return without_traces(monthly, alive_of(standing.segment, kept, standing.bound), driver.value)


def _moved(growth: Growth) -> tuple[float, float]:
    """Variance of the log of the first month by the error of growth and the shared shock, and by a segment's own."""
    return float(growth.error.max()) ** 2 + growth.shock**2, growth.segment_shock**2


def _with(events: Ahead | None, shared: Shared) -> Shared:
    """Let declared events move the months ahead."""
    if events is None:
        return shared
    return replace(shared, calendar=np.asarray(shared.calendar) + events.log, events=events.doubt)


def _named(standing: Standing, mean: Values) -> Indices:
    """Rows of the largest, by what they were charged or else will use, and of those who have signed."""
    size = mean if standing.worth is None else standing.worth
    named = np.argsort(-size, kind="stable")[: standing.named]
    named = named[size[named] > NAMED_SHARE * size.sum()]
    return named if standing.signed is None else np.union1d(named, standing.signed)


def _stays(people: Population, kept: Sequence[Retention], gap: float, bound: Indices | None) -> Values:
    """Chance of each to be still there when the months ahead begin; who is bound by a contract stays."""
    leave = np.stack([each.leave[np.minimum(people.age, len(each.leave) - 1)] for each in kept])
    chance: Values = (1 - leave[people.segment, np.arange(len(people.age))]) ** gap
    return chance if bound is None else np.where(bound > 0, 1.0, chance)


def _arriving(arrivals: Arrivals, months: int, gap: float) -> Values:
    """Newcomers of each month; who comes before the first is there in it, shape `(segment, month)`."""
    rate = np.repeat(arrivals.rate[:, None], months, axis=1)
    rate[:, 0] *= 1 + gap
    return rate


def _retained(driver: Panel, segment: Key, prior: RetentionPrior) -> tuple[Retention, ...]:
    """Leaving of each segment."""
    own = [driver.pick(np.flatnonzero(segment.codes == code)) for code in range(len(segment.labels))]
    return tuple(retained(each.value, each.since, periods_per_month=DAYS, prior=prior) for each in own)


def _longer(kept: Sequence[Retention], more: float) -> tuple[Retention, ...]:
    """Lengthen the history: it has more customer-months, so the error shrinks with their root."""
    return tuple(replace(each, error=each.error / np.sqrt(more)) for each in kept)


def _people(panel: Panel, standing: Standing, monthly: Values, swings: Swings, kept: Sequence[Retention]) -> Population:
    """Rows of the customers there are.

    The level is of a month in which the customer is there and active: what the forecast says of months without use is
    told apart as being gone (by the silence so far) and as being idle.
    """
    code = standing.segment.codes
    used = (monthly > 0).mean(axis=0)
    bound = standing.bound if standing.bound is not None else np.zeros(len(panel), dtype=np.int64)
    alive = np.maximum(
        alive_of(standing.segment, kept, standing.bound), used
    )  # who uses in so many worlds is there in as many
    idle = np.clip(1 - used / np.maximum(alive, 1e-9), 0.0, 0.98)
    mean = monthly.mean(axis=0)
    mix = mix_of(panel, standing)
    level, noise = parted(positive(monthly), swings.noise[code])
    days = len(panel.periods)
    return Population(
        names=panel.customers,
        segment=code.astype(np.int32),
        plan=standing.plan.codes.astype(np.int32),
        group=np.zeros(len(panel), dtype=np.int32),
        age=((days - panel.since) / DAYS).astype(np.int64),
        shares=SHARES,
        level=level,
        noise=noise,
        walk=swings.walk[code],
        idle=idle,
        alive=alive,
        mix=mix,
        cost=mix @ standing.unit_cost,
        bound=np.maximum(bound, 1),
        whales=np.argsort(-mean, kind="stable")[:WHALES],
    )


def mix_of(panel: Panel, standing: Standing) -> Values:
    """Quantity of each cell for one unit of the driver, over the last 28 days, a little drawn to the segment's.

    Args:
        panel: Usage by day, customer and cell.
        standing: For segments and weights.

    Returns:
        Shape `(customer, cell)`. [unit / driver]
    """
    recent = np.nan_to_num(panel.quantity[:, :, -WINDOW:]).sum(axis=2).T
    silent = recent.sum(axis=1) == 0
    recent[silent] = np.nan_to_num(panel.quantity).sum(axis=2).T[silent]
    driver = recent @ standing.weights
    mix: Values = np.empty_like(recent)
    for code in range(len(standing.segment.labels)):
        own = standing.segment.codes == code
        total = driver[own].sum()
        shape = recent[own].sum(axis=0) / total if total > 0 else np.zeros(recent.shape[1])
        if total <= 0:
            shape[np.argmax(standing.weights)] = 1 / standing.weights.max()
        pull = 0.02 * total / max(own.sum(), 1) + 1e-9
        mix[own] = (recent[own] + pull * shape) / (driver[own] + pull)[:, None]
    return mix


def _laws(
    standing: Standing,
    people: Population,
    mean: Values,
    found: tuple[Arrivals, Swings, Sequence[Retention]],
    *,
    coming: Sequence[Codes],
    months: int,
) -> tuple[Law, ...]:
    """How the customers of each segment live; newcomers of all months are of one group."""
    arrivals, swings, kept = found
    return tuple(
        _law(code, standing, people, mean, (arrivals, swings, kept[code]), coming=np.repeat(coming[code], months))
        for code in range(len(standing.segment.labels))
    )


def _law(
    code: int,
    standing: Standing,
    people: Population,
    mean: Values,
    found: tuple[Arrivals, Swings, Retention],
    *,
    coming: Codes,
) -> Law:
    """How the customers of a segment live, and how new ones come: like those who are there, in size and mix."""
    arrivals, swings, kept = found
    own = people.segment == code
    there = own & (people.alive >= LONG_GONE)
    sizes = mean[there] / (people.alive[there] * (1 - people.idle[there]))
    sizes = sizes[sizes > 0]
    total = mean[own].sum()
    weight = mean[own] / total if total > 0 else np.full(own.sum(), 1 / max(own.sum(), 1))
    mix = weight @ people.mix[own]
    return Law(
        name=standing.segment.labels[code],
        leave=kept.leave,
        back=kept.back,
        ramp=np.zeros(1),
        sizes=np.quantile(sizes, SHARES) if len(sizes) else np.zeros(len(SHARES)),
        tail=float(arrivals.tail[code]),
        noise=float(swings.noise[code]),
        walk=float(swings.walk[code]),
        idle=float(people.idle[there].mean()) if there.any() else 0.0,
        mix=mix,
        cost=float(mix @ standing.unit_cost),
        plan=usual(standing.segment, standing.plan, code),
        groups=coming,
    )
