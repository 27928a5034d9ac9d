"""Lifetime value: what a new customer leaves us over a life, as a distribution and on average, with what is unsure.

    value on average = sum over windows of  share x level x kept(age) / (1 + discount)^(age / year)

What is kept of a first window by age is read off all who are old enough, those who left included, as far as the history
goes, and carried on by the chances to leave and a growth that fades. Who happens to be in the history is drawn anew in
each world (D. Rubin, *The Bayesian Bootstrap*, 1981); chances to leave come from worlds that the history leaves open.
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
"""Customers for whom the belief counts that those who stay go on as they began."""
FREEDOM = 5
"""Degrees of freedom of the t by which growth to come differs from growth seen."""
WALK = 0.1
"""Standard deviation of a window's step of a customer's log level, where the history is too short to tell."""
WILDEST = 0.5
"""The most that a step is taken to be."""
LATE = 3
"""Last ages of the history from which the ages beyond it are carried on."""
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
        beyond: Standard deviation of the log of all that comes beyond the history, for the law may be wrong: on the
            public panel of CDNOW what came later was 16 to 55 % (log) more than such laws say.
    """

    discount: float = 0.1
    months: int = 60
    share: float = 1.0
    width: float = 28.0
    beyond: float = 0.25

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
    survive = _surviving(leave, life)[rng.integers(len(leave), size=draws)]
    level, kept = _kept(paid, survive, life, prior, rng)
    average = life.share * level * (kept * life.discounts).sum(axis=1)
    who = rng.integers(len(paid), size=draws)
    walk = np.cumsum(_walk(paid) * rng.standard_normal((draws, life.steps)), axis=1)
    walk -= walk[:, :1] + 0.5 * _walk(paid) ** 2 * np.arange(life.steps)
    stays = rng.random((draws, 1)) < survive
    while_there = kept / np.maximum(survive, NEVER) * np.exp(walk)
    customer = life.share * paid[who, 0] * (while_there * stays * life.discounts).sum(axis=1)
    return Worth(customer, average, float(survive.mean(axis=0).sum() * life.step))


def _surviving(leave: Values, life: Life) -> Values:
    """Chance to be there in each window, shape `(world, step)`; everybody is in the first."""
    month = np.minimum((np.arange(life.steps - 1) * life.step).astype(np.int64), leave.shape[1] - 1)
    stay = np.cumprod((1 - leave[:, month]) ** life.step, axis=1)
    return np.concatenate([np.ones((len(leave), 1)), stay], axis=1)


def _kept(
    paid: Values, survive: Values, life: Life, prior: GrowthPrior, rng: np.random.Generator
) -> tuple[Values, Values]:
    """First window's level of newcomers `(draw,)`, and what all pay by age over it `(draw, step)`."""
    draws = len(survive)
    count = (~np.isnan(paid)).sum(axis=0)[: life.steps]
    count = count[count > 0]
    known = len(count)
    levels, seen = (np.concatenate(each) for each in zip(*_redrawn(paid[:, :known], draws, rng), strict=True))
    sure = count / (count + STRENGTH)
    kept = sure * seen + (1 - sure) * survive[:, :known]
    late = slice(max(known - LATE, 1), known) if known > 1 else slice(0, 1)
    while_there = (count * kept)[:, late].sum(axis=1) / (count * survive[:, :known])[:, late].sum(axis=1)
    fade = 0.5 ** (life.width / 7 / prior.half_life)
    turn = prior.turn * life.step * rng.standard_t(FREEDOM, draws) / np.sqrt(FREEDOM / (FREEDOM - 2))
    rate = _rate(kept / survive[:, :known], count) + turn
    ahead = np.exp(np.cumsum(rate[:, None] * fade ** np.arange(1, life.steps - known + 1), axis=1))
    ahead *= np.exp(life.beyond * rng.standard_normal((draws, 1)) - 0.5 * life.beyond**2)
    return levels, np.concatenate([kept, while_there[:, None] * survive[:, known:] * ahead], axis=1)


def _rate(while_there: Values, count: Values) -> Values:
    """Log growth a window of those who are there, shape `(draw,)`; the step from the first window is none of it."""
    if while_there.shape[1] <= len(("first", "second")):
        return np.zeros(len(while_there))
    weight = count[2:].astype(np.float64)
    now, then = ((weight * each).sum(axis=1) for each in (while_there[:, 2:], while_there[:, 1:-1]))
    sure = weight[0] / (weight[0] + STRENGTH)
    rate: Values = sure * np.log(np.maximum(now, NEVER) / np.maximum(then, NEVER))
    return rate


def _redrawn(paid: Values, draws: int, rng: np.random.Generator) -> Iterator[tuple[Values, Values]]:
    """Draw anew who happens to be there: mean of the first window, and what is kept of it by age."""
    value, old = np.nan_to_num(paid), ~np.isnan(paid)
    first = value[:, :1] * old
    size = max(PIECE // len(paid), 1)
    for begin in range(0, draws, size):
        weight = rng.standard_exponential((min(size, draws - begin), len(paid)))
        yield weight @ value[:, 0] / weight.sum(axis=1), (weight @ value) / np.maximum(weight @ first, NEVER)


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
