"""Lifetime value: what a new customer leaves us over a life, as a distribution and on average, with what is unsure.

    value of a life = sum over windows of  share x level x growth(age) x still a customer / (1 + discount)^(age / year)

Who happens to be in the history is drawn anew in each world (D. Rubin, *The Bayesian Bootstrap*, 1981); chances to
leave come from worlds that the history leaves open.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.cohort import MONTH
from pertoken.forecast.growth import GrowthPrior
from pertoken.forecast.metrics import NEVER

STRENGTH = 20.0
"""Customers for whom the belief that growth by age is none counts."""
FREEDOM = 5
"""Degrees of freedom of the t by which growth to come differs from growth seen."""
WALK = 0.1
"""Standard deviation of a window's step of a customer's log level, where the history is too short to tell."""
WILDEST = 0.5
"""The most that a step is taken to be."""
TOO_FEW = 10
"""Steps below which nothing is read from them."""
PIECE = 4_000_000
"""Weights of worlds and customers held at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """How a life is reckoned.

    Args:
        discount: Cost of money, a year.
        months: How long a life is followed.
        share: Share of revenue that is margin.
        width: Days of a window.
    """

    discount: float = 0.1
    months: int = 60
    share: float = 1.0
    width: float = 28.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if self.discount <= -1 or self.months < 1:
            raise InputError(
                f"a discount of {self.discount:g} over {self.months} months; expected 10% or so, from 1 on"
            )

    @property
    def step(self) -> float:
        """Months of a window."""
        return self.width / MONTH

    @property
    def steps(self) -> int:
        """Windows of a life."""
        return max(round(self.months / self.step), 1)

    @property
    def discounts(self) -> Values:
        """What money at the start of each window is worth today, shape `(step,)`."""
        worth: Values = (1 + self.discount) ** (-self.step / 12 * np.arange(self.steps))
        return worth


@dataclass(frozen=True, slots=True, eq=False)
class Worth:
    """What customers are worth over their lives.

    Args:
        customer: Of one new customer, whom we do not know yet, shape `(draw,)`. [currency or unit]
        average: Of new customers on average, shape `(draw,)`; how unsure the average is. [currency or unit]
        stay: Months that one stays on average, within the horizon.
    """

    customer: Values
    average: Values
    stay: float


def lifetime_value(
    ages: Values, leave: Values, life: Life, *, rng: np.random.Generator, prior: GrowthPrior, draws: int = 4_000
) -> Worth:
    """Simulate lives.

    Args:
        ages: What customers paid by window since the first payment, shape `(customer, age)`; NaN where not old enough.
        leave: Chance to leave in a month by age in months, shape `(world, month)`; the last holds from then on.
        life: How it is reckoned.
        rng: For all that is drawn.
        prior: How fast growth fades, and how much it turns.
        draws: How many worlds.

    Raises:
        InputError: No customer has paid for a whole window yet.
    """
    paid = ages[np.nan_to_num(ages[:, 0]) > NEVER] if ages.shape[1] else ages[:0]
    if not len(paid):
        raise InputError("no customer has paid for a whole window yet, so lives can't be valued; take more of the log")
    survive = _surviving(leave, life)
    world = rng.integers(len(leave), size=draws)
    level, growth = _paths(paid, life, prior, draws, rng)
    worth = growth * life.discounts
    average = life.share * level * (worth * survive[world]).sum(axis=1)
    who = rng.integers(len(paid), size=draws)
    walk = np.cumsum(_walk(paid) * rng.standard_normal((draws, life.steps)), axis=1)
    walk -= walk[:, :1] + 0.5 * _walk(paid) ** 2 * np.arange(life.steps)
    stays = rng.random((draws, 1)) < survive[world]
    customer = life.share * paid[who, 0] * (worth * np.exp(walk) * stays).sum(axis=1)
    return Worth(customer, average, float(survive.mean(axis=0).sum() * life.step))


def _surviving(leave: Values, life: Life) -> Values:
    """Chance to be there in each window, shape `(world, step)`; everybody is in the first."""
    month = np.minimum((np.arange(life.steps - 1) * life.step).astype(np.int64), leave.shape[1] - 1)
    stay = np.cumprod((1 - leave[:, month]) ** life.step, axis=1)
    return np.concatenate([np.ones((len(leave), 1)), stay], axis=1)


def _paths(paid: Values, life: Life, prior: GrowthPrior, draws: int, rng: np.random.Generator) -> tuple[Values, Values]:
    """First window's level of newcomers `(draw,)` and how those who stay grow from it `(draw, step)`."""
    levels, steps = zip(*_redrawn(paid, draws, rng), strict=True)
    level, seen = np.concatenate(levels), np.concatenate(steps)
    fade = 0.5 ** (life.width / 7 / prior.half_life)
    turn = prior.turn * life.step * rng.standard_t(FREEDOM, draws) / np.sqrt(FREEDOM / (FREEDOM - 2))
    known = min(seen.shape[1], life.steps - 1)
    rest = life.steps - 1 - known
    last = seen[:, :known].mean(axis=1) if known else np.zeros(draws)
    ahead = (last + turn)[:, None] * fade ** np.arange(1, rest + 1)
    log = np.concatenate([np.zeros((draws, 1)), seen[:, :known], ahead], axis=1)
    return level, np.exp(np.cumsum(log, axis=1))


def _redrawn(paid: Values, draws: int, rng: np.random.Generator) -> Iterator[tuple[Values, Values]]:
    """Draw anew who happens to be there: mean of the first window, and log growth from each window to the next."""
    value, old = np.nan_to_num(paid), ~np.isnan(paid)
    last = np.where(value > NEVER, np.arange(value.shape[1]), 0).max(axis=1)
    both = (last[:, None] >= np.arange(1, value.shape[1])) & old[:, 1:]
    kept = both.sum(axis=0)
    sure = (kept / (kept + STRENGTH))[kept > 0]
    now, then = (value[:, 1:] * both)[:, kept > 0], (value[:, :-1] * both)[:, kept > 0]
    size = max(PIECE // len(paid), 1)
    for begin in range(0, draws, size):
        weight = rng.standard_exponential((min(size, draws - begin), len(paid)))
        ratio = np.maximum(weight @ now, NEVER) / np.maximum(weight @ then, NEVER)
        yield weight @ value[:, 0] / weight.sum(axis=1), sure * np.log(ratio)


def _walk(paid: Values) -> float:
    """Step of a customer's log level that stays: what two windows differ by more than one does.

    Of a level that walks and a noise that doesn't, neighbours differ by walk^2 + 2 noise^2, the next but one by
    2 walk^2 + 2 noise^2.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        log = np.where(paid > NEVER, np.log(paid), np.nan)
    one, two = (log[:, lag:] - log[:, :-lag] for lag in (1, 2))
    one, two = one[np.isfinite(one)], two[np.isfinite(two)]
    if len(two) < TOO_FEW:
        return WALK
    return float(np.sqrt(np.clip(_spread(two) ** 2 - _spread(one) ** 2, 0, WILDEST**2)))


def _spread(values: Values) -> float:
    """Standard deviation that a few wild values don't move: from the quartiles of a normal."""
    low, high = np.quantile(values, [0.25, 0.75])
    return float(high - low) / 1.349
