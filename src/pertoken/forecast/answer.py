"""Answer: what a forecast found: ranges by month and in total, what makes them wide, and what they rest on."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.lines import Ledger
from pertoken.core.money import Values
from pertoken.forecast.backtested import Backtested
from pertoken.forecast.fitted import Fitted
from pertoken.forecast.landing import Landing
from pertoken.forecast.panel import Indices
from pertoken.forecast.population import FACTORS
from pertoken.forecast.simulate import Simulated
from pertoken.usage.report import Report

SHARES = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True, slots=True, eq=False)
class Band:
    """Quantiles and mean over worlds, each of the shape of one world.

    P25 is the number to commit to, P50 the plan, P75 the stretch: stated quantiles, with no haircut hidden in them.
    """

    p10: Values
    p25: Values
    p50: Values
    p75: Values
    p90: Values
    mean: Values

    @classmethod
    def of(cls, worlds: Values) -> "Band":
        """Take them over the first axis.

        >>> float(Band.of(np.arange(101.0)).p90)
        90.0
        """
        p10, p25, p50, p75, p90 = np.quantile(worlds, SHARES, axis=0)
        return cls(p10, p25, p50, p75, p90, worlds.mean(axis=0))

    @property
    def width(self) -> Values:
        """From P10 to P90."""
        width: Values = self.p90 - self.p10
        return width


@dataclass(frozen=True, slots=True)
class Driver:
    """What one factor is worth.

    Args:
        factor: Its name, of `FACTORS`.
        low: P10 of the total where it alone moves, less the P50 of the same. [currency]
        high: P90 of the same, less its P50.
        share: How much narrower the range from P10 to P90 is where it stands still, 0 to 1; shares do not add up to 1,
            since factors widen each other.
    """

    factor: str
    low: float
    high: float
    share: float


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """What the range of the total would be with another length of history, all else alike.

    Args:
        days: Of history.
        p10: Of the total. [currency]
        p50: The same.
        p90: The same.
    """

    days: int
    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class Committed:
    """What a contract secures in the months of a forecast.

    Args:
        customer: Whose.
        due: What is committed in the terms that end within the months. [currency]
        drawn: What of it was charged before. [currency]
        until: Month in which the last term that is known ends; empty where it is after the months.
        goes_on: Month into which it goes on only if it is renewed; empty where that is after the months.
        renewal: Chance that it is.
    """

    customer: str
    due: float
    drawn: float
    until: str
    goes_on: str = ""
    renewal: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class FromAbove:
    """The view from above, beside that from below, of the sum over all months; the forecast's worlds combine them.

    Args:
        below: P10, P50 and P90 from below, shape `(3,)`. [currency]
        above: The same from above.
        conflict: How far the two are apart, in standard deviations of their difference.
        rows: Worlds from below that are kept, some more than once, shape `(draw,)`.
        says: What must be known of it.
    """

    below: Values
    above: Values
    conflict: float
    rows: Indices
    says: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Forecast:
    """A forecast of usage, revenue, cost and margin.

    Args:
        currency: Of all money.
        unit: Of usage.
        months: Labels of the months ahead, shape `(month,)`.
        worlds: By measure, shape `(draw, month)`; row *d* of all is the same world *d*.
        parts: By key (`segment`, `plan`, `cohort`, `customer`), label and measure, shape `(draw, month)`.
        fitted: What the simulation was made from.
        past: By measure: labels of the months of the history and their values; the last may be cut short.
        drivers: What makes the range of the total wide, the most first.
        more: What the range would be with more history.
        concentration: Expected revenue of each customer there is in a month at today's pace, by name, the most first;
            usage, where no card charges.
        backtest: How forecasts like this one did on the same history; None where it is too short.
        committed: What contracts secure, by customer.
        simulated: What the worlds are sums of, by group; the view from above and those not in the log are not in it.
        above: The view from above; None where no market is said. The worlds are those of both views then.
        landing: Where the month ends that the history ends in; None where it ends with it. No sum has it.
        report: What was read of the log; None of a forecast that was not made from one.
        notes: What must be known beside the numbers.
        as_of: Last day of the history (`2026-10-31`).
        seed: Seed of the simulation.
    """

    currency: str
    unit: str
    months: tuple[str, ...]
    worlds: Mapping[str, Values]
    parts: Mapping[str, Mapping[str, Mapping[str, Values]]]
    fitted: Fitted
    past: Mapping[str, tuple[tuple[str, ...], Values]]
    drivers: tuple[Driver, ...] = ()
    more: tuple[Sufficiency, ...] = ()
    concentration: Mapping[str, float] = field(default_factory=dict)
    backtest: Backtested | None = None
    committed: tuple[Committed, ...] = ()
    simulated: Simulated | None = None
    above: FromAbove | None = None
    landing: Landing | None = None
    report: Report | None = None
    notes: tuple[str, ...] = ()
    as_of: str = ""
    seed: int | None = None

    def band(self, measure: str) -> Band:
        """Range of each month."""
        return Band.of(self.worlds[measure])

    def ledger(self) -> Ledger:
        """Give the worlds as a ledger, which books, statements and the workbook take: one draw for each world.

        A model takes them by their rank: see `pertoken.forecast.kept`.

        Keys are `month`, `account`, `stage` and those of the parts; values have shape `(draw, line)`.

        Raises:
            InputError: It was not simulated here.
        """
        if self.simulated is None:
            raise InputError("this forecast carries no simulation; make it with forecast_revenue")
        ledger = self.simulated.ledger()
        if self.above is None:
            return ledger
        return Ledger(ledger.keys, {name: each[self.above.rows] for name, each in ledger.values.items()})

    def total(self, measure: str, months: int | None = None) -> Band:
        """Range of the sum over the first months."""
        return Band.of(self.worlds[measure][:, :months].sum(axis=1))


def held_in_turn(factors: Sequence[str] = FACTORS) -> tuple[frozenset[str], ...]:
    """Name the sets of factors that `drivers` holds still: none, each alone, and all others.

    Args:
        factors: Those that can move at all.
    """
    every = frozenset(FACTORS)
    return (frozenset(), *(frozenset([each]) for each in factors), *(every - {each} for each in factors))


def drivers(total: Callable[[frozenset[str]], Values], factors: Sequence[str] = FACTORS) -> tuple[Driver, ...]:
    """Hold each factor still in turn, and all others but it, and see how wide the total is.

    Where others stand at their middle the total does not stand at its own, since factors multiply: what is told of a
    factor alone is how far the ends lie from their own middle.

    Args:
        total: Gives the total in each world, shape `(draw,)`, with some factors held still (see `held_in_turn`).
        factors: Those that can move at all.

    >>> rng = np.random.default_rng(1)
    >>> wide, narrow = rng.normal(0, 3, 4000), rng.normal(0, 1, 4000)
    >>> found = drivers(lambda held: wide * ("growth" not in held) + narrow * ("shocks" not in held))
    >>> [each.factor for each in found][:2], round(found[1].high, 1)
    (['growth', 'shocks'], 1.2)
    """
    whole = float(Band.of(total(frozenset())).width)
    made = []
    for factor in factors:
        without = float(Band.of(total(frozenset([factor]))).width)
        alone = Band.of(total(frozenset(FACTORS) - {factor}))
        share = max(1 - without / whole, 0.0) if whole > 0 else 0.0
        made.append(Driver(factor, float(alone.p10 - alone.p50), float(alone.p90 - alone.p50), share))
    return tuple(sorted(made, key=lambda each: -(each.high - each.low)))
