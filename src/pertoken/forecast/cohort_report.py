"""What cohorts say: retention, movements, probability alive and lifetime value of one panel, in one record."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.core.period import GRAINS
from pertoken.forecast import metrics
from pertoken.forecast.cohort import (
    MONTH,
    MONTHLY,
    Triangle,
    Windows,
    by_age,
    cohorts_of,
    even,
    first_above,
    in_windows,
    triangle,
)
from pertoken.forecast.growth import GrowthPrior
from pertoken.forecast.lifetime import Life, Worth, lifetime_value
from pertoken.forecast.metrics import Movement, movement
from pertoken.forecast.panel import Panel
from pertoken.forecast.retention import Retention, RetentionPrior, retained
from pertoken.forecast.states import States, in_states

YEAR = 364
"""Days over which retention is measured where the history is long enough: whole weeks."""
QUARTER = 91
"""Days over which the quick ratio is taken where the history is long enough."""
WHALE = 0.25
"""Share of all from which on the largest customer is named."""
HALF = 0.5
"""Share of a cohort by time that must be old enough for an age to be told."""
FEWEST = 10
"""Customers of a group from which on it has chances to leave of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked of cohorts.

    Args:
        by: `month`, `quarter`, or a key of customers.
        width: Days of a window; of a panel by month, a window is a month whatever is said.
        life: How lives are reckoned; its window is that of the report.
        cac: What it costs to win a customer, of all (`""`) or by cohort. [currency]
        retention: What is believed of leaving.
        growth: What is believed of growth.
        draws: Worlds of lifetime value.
        seed: Of the random numbers.
    """

    by: str = "month"
    width: int = 28
    life: Life = field(default_factory=Life)
    cac: Mapping[str, float] = field(default_factory=dict)
    retention: RetentionPrior = field(default_factory=RetentionPrior)
    growth: GrowthPrior = field(default_factory=GrowthPrior)
    draws: int = 4_000
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Retention of everybody from one window to a later one.

    Args:
        days: From the end of the one to the end of the other.
        net: As contracts are reckoned.
        gross: Where nobody counts for more than then.
        alive: Where each counts by the chance still to be a customer.
        without: Net, without the largest customer.
        consumption: Second half of the span over its first half.
        span: Days of that span.
    """

    days: float
    net: float
    gross: float
    alive: float
    without: float
    consumption: float
    span: float


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Lifetime value of a cohort's new customers.

    Args:
        name: Of the cohort; empty for all.
        customers: Who have paid for a whole window.
        worth: Their value.
        cac: What it costs to win one; None if nobody said.
        formula: Value by formula, to check.
        own: Whether its chances to leave are its own, not those of everybody.
    """

    name: str
    customers: int
    worth: Worth
    cac: float | None
    formula: float
    own: bool


@dataclass(frozen=True, slots=True, eq=False)
class CohortReport:
    """What cohorts say.

    Args:
        triangle: What is left of each by age.
        windows: What each customer paid in trailing windows, shape `(customer, window)`.
        customers: Who ever paid.
        moved: Movement from each window to the next, each value of shape `(window - 1,)`.
        rates: Retention over the longest span up to a year; None with one window.
        quick: Quick ratio over `quick_days`; NaN where nothing was lost.
        quick_days: Days that it is over.
        alive: Chance that each is still a customer, shape `(customer,)`.
        since: Label of each one's first period that was paid for, shape `(customer,)`.
        last: The same of the last.
        groups: Lifetime value of all and of each cohort; empty where nobody has paid for a whole window.
        width: Days of a window.
        states: Who is in which state; None with fewer than three windows.
    """

    triangle: Triangle
    windows: Windows
    customers: tuple[str, ...]
    moved: Movement
    rates: Rates | None
    quick: float
    quick_days: float
    alive: Values
    since: tuple[str, ...]
    last: tuple[str, ...]
    groups: tuple[Group, ...]
    width: float
    states: States | None = None


def cohort_report(panel: Panel, ask: Ask, used: Panel | None = None) -> CohortReport:
    """Read cohorts off a panel.

    Args:
        panel: One cell: what each customer pays (or uses) by day or month, whole periods only.
        ask: What is asked.
        used: The same customers' usage, from which silence is told; the panel itself if None.

    Raises:
        InputError: Nobody paid, or there is not one whole window.
    """
    seen = even(panel)
    paying = first_above(seen)
    place = {name: row for row, name in enumerate(seen.customers)}
    rows = np.array([place[name] for name in paying.customers])
    width = 1 if seen.grain == MONTHLY else ask.width
    days = MONTH if seen.grain == MONTHLY else float(ask.width)
    cohort, ages, windows = cohorts_of(paying, ask.by), by_age(paying, width), in_windows(paying, width)
    active = (used or seen).pick(rows)
    of_all = _retained(active, ask)
    moved, rates = _moved(windows), _rates(windows, of_all.alive, days)
    quick, over = _quick(windows, days)
    positive = np.nan_to_num(paying.value) > metrics.NEVER
    last = positive.shape[1] - 1 - np.argmax(positive[:, ::-1], axis=1)
    lives = _Lives(ages, windows.value[:, -1], active, of_all, replace(ask.life, width=days))
    return CohortReport(
        triangle=triangle(ages, cohort, least=HALF if ask.by in GRAINS else 0.0),
        windows=windows,
        customers=paying.customers,
        moved=moved,
        rates=rates,
        quick=quick,
        quick_days=over,
        alive=of_all.alive,
        since=tuple(paying.periods[i] for i in paying.since),
        last=tuple(paying.periods[i] for i in last),
        groups=_groups(lives, cohort, ask),
        width=days,
        states=in_states(windows.value, windows.labels, (paying.since - windows.cut) / width),
    )


def _retained(active: Panel, ask: Ask) -> Retention:
    per_month = 1.0 if active.grain == MONTHLY else MONTH
    return retained(active.value, active.since, periods_per_month=per_month, prior=ask.retention)


def _moved(windows: Windows) -> Movement:
    """Movement from each window to the next."""
    value = windows.value
    known = np.stack([windows.known(at) for at in range(value.shape[1])])
    return movement(value[:, :-1].T, value[:, 1:].T, known[:-1])


def _rates(windows: Windows, alive: Values, days: float) -> Rates | None:
    value, count = windows.value, windows.value.shape[1]
    lag = min(round(YEAR / days), count - 1)
    if lag < 1:
        return None
    then, now = value[:, -1 - lag], value[:, -1]
    known = windows.known(count - 1 - lag)
    rest = np.arange(len(value)) != int(np.argmax(now))
    half = min(round(YEAR / days), count // 2)
    return Rates(
        days=lag * days,
        net=float(metrics.contract_retention(movement(then, now, known))),
        gross=float(metrics.gross_retention(then, now)),
        alive=float(metrics.alive_retention(then, _run_rate(value[:, -1 - lag :]), alive)),
        without=float(metrics.contract_retention(movement(then[rest], now[rest], known[rest]))),
        consumption=float(metrics.consumption_retention(value[:, count - 2 * half :])),
        span=2 * half * days,
    )


def _run_rate(value: Values) -> Values:
    """What each pays in a window as long as a customer: the last window's, or the mean until falling silent."""
    positive = value > metrics.NEVER
    last = np.where(positive, np.arange(value.shape[1]), 0).max(axis=1)
    mean = np.cumsum(value, axis=1)[np.arange(len(value)), last] / (last + 1)
    rate: Values = np.where(positive[:, -1], value[:, -1], mean)
    return rate


def _quick(windows: Windows, days: float) -> tuple[float, float]:
    """The quick ratio over a quarter, or as much as there is."""
    count = windows.value.shape[1]
    lag = min(max(round(QUARTER / days), 1), count - 1)
    if lag < 1:
        return float("nan"), 0.0
    then, now = windows.value[:, -1 - lag], windows.value[:, -1]
    return float(metrics.quick_ratio(movement(then, now, windows.known(count - 1 - lag)))), lag * days


@dataclass(frozen=True, slots=True, eq=False)
class _Lives:
    """What lives are valued from.

    Args:
        ages: What each paid by age, shape `(customer, age)`.
        now: What each paid in the last window, shape `(customer,)`.
        active: When each used.
        of_all: How all leave.
        life: How lives are reckoned.
    """

    ages: Values
    now: Values
    active: Panel
    of_all: Retention
    life: Life


def _groups(lives: _Lives, cohort: Key, ask: Ask) -> tuple[Group, ...]:
    """Value lives of all, and of each cohort; a cohort by what customers are has its own chances to leave."""
    ages = lives.ages
    whole = np.nan_to_num(ages[:, 0]) > metrics.NEVER if ages.shape[1] else np.zeros(len(ages), dtype=bool)
    parts: list[tuple[str, Values]] = [("", whole)]
    parts += [(each, whole & (cohort.codes == code)) for code, each in enumerate(cohort.labels)]
    return tuple(_group(lives, name, mine, ask, number) for number, (name, mine) in enumerate(parts) if mine.any())


def _group(lives: _Lives, name: str, mine: Values, ask: Ask, number: int) -> Group:
    life, count = lives.life, int(mine.sum())
    own = bool(name) and ask.by not in GRAINS and count >= FEWEST
    law = _retained(lives.active.pick(np.flatnonzero(mine)), ask) if own else lives.of_all
    rng = np.random.default_rng([ask.seed, number])
    worth = lifetime_value(lives.ages[mine], law.worlds, life, rng=rng, prior=ask.growth, draws=ask.draws)
    now = lives.now[mine & (lives.now > metrics.NEVER)]
    month = float(now.mean()) / life.step if len(now) else 0.0
    churn = 1 - float(law.surviving(12)[-1]) ** (1 / 12)
    formula = float(metrics.formula_value(month, life.share, churn))
    return Group(name, count, worth, ask.cac.get(name, ask.cac.get("")), formula, own)
