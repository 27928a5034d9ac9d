"""Outside: a forecast that somebody else made, of a foundation model or a finance team, taken in as one more voice.

It is averaged with ours quantile by quantile, so that two ranges of one width in different places do not become a wider
one of both; each customer keeps the rank that they have in each world, so that the total stays coupled.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.core.special import normal_scores
from pertoken.forecast.coupling import Persistence, normals, paths_of
from pertoken.forecast.predicted import Predicted, added

UNKNOWN = Persistence(lasting=0.4, stays=0.3)
"""How errors hang together over time, where quantiles are given period by period and nobody says."""

WEIGHTS = np.arange(21) / 20
"""Weights of the outside forecast that are tried."""

NAME = "outside"

EVERYBODY = "*"
"""Name of all customers together, in a forecast of nothing but their total."""


@dataclass(frozen=True, slots=True, eq=False)
class Outside:
    """A forecast from outside: quantiles of each period, or paths.

    Args:
        customers: Whose.
        periods: Labels of the periods ahead.
        values: Shape `(share, customer, period)` or `(draw, customer, period)`. [unit]
        shares: Of the quantiles, rising, shape `(share,)`; None where these are paths.
        span: How many of our periods one of theirs takes.
    """

    customers: tuple[str, ...]
    periods: tuple[str, ...]
    values: Values
    shares: Values | None = None
    span: int = 1

    def __post_init__(self) -> None:
        """Check the shape."""
        wanted = (len(self.values), len(self.customers), len(self.periods))
        if self.values.shape != wanted:
            raise InputError(f"an outside forecast of {wanted} (row, customer, period) has values {self.values.shape}")
        if self.shares is not None and len(self.shares) < 2:  # noqa: PLR2004  a range has two ends
            raise InputError("an outside forecast of one quantile; expected two at least, as 0.1 and 0.9")

    def samples(self, draws: int, rng: np.random.Generator, how: Persistence = UNKNOWN) -> Values:
        """Draw what each customer uses over all periods, shape `(draw, customer)`.

        Args:
            draws: How many.
            rng: Source of chance.
            how: How errors hang together from period to period; paths say it themselves.
        """
        even = (np.arange(draws) + 0.5) / draws
        if self.shares is None:
            drawn: Values = np.quantile(self.values.sum(axis=2), even, axis=0)
            return drawn
        if len(self.periods) == 1:  # no period hangs together with another: nothing is left to chance
            each = np.broadcast_to(normal_scores(even)[:, None, None], (draws, len(self.customers), 1))
            return paths_of(self.values, self.shares, each)[:, :, 0]
        normal = normals(how, (draws, len(self.customers), len(self.periods)), rng)
        summed: Values = paths_of(self.values, self.shares, normal).sum(axis=2)
        return summed


def averaged(own: Values, other: Values, weight: float) -> Values:
    """Average two forecasts quantile by quantile; worlds keep the ranks of the first.

    Args:
        own: Samples, shape `(draw, *batch)`.
        other: Samples of the other, of the same shape.
        weight: Of the other, 0 to 1.

    >>> averaged(np.array([3.0, 1.0]), np.array([5.0, 7.0]), 0.5).tolist()
    [5.0, 3.0]
    """
    ranks = np.argsort(np.argsort(own, axis=0, kind="stable"), axis=0, kind="stable")
    mixed = (1 - weight) * np.sort(own, axis=0) + weight * np.sort(other, axis=0)
    drawn: Values = np.take_along_axis(mixed, ranks, axis=0)
    return drawn


def weight_of(own: Values, other: Values, actual: Values) -> float:
    """Learn how much an outside forecast should count: the weight with the least CRPS, of earlier cases.

    Args:
        own: Samples of our forecasts made earlier, shape `(draw, case)`.
        other: Samples of theirs for the same cases, shape `(draw, case)`.
        actual: What came, shape `(case,)`; each case counts for its own size.
    """
    from pertoken.forecast.score import crps  # noqa: PLC0415  a weight is seldom learnt

    size = np.maximum(np.median(own, axis=0) + np.median(other, axis=0), 1e-12)
    score = [float((crps(averaged(own, other, float(each)), actual) / size).mean()) for each in WEIGHTS]
    return float(WEIGHTS[int(np.argmin(score))])


def taken_in(
    made: Predicted, outside: Outside, *, weight: float = 0.5, rng: np.random.Generator, how: Persistence = UNKNOWN
) -> Predicted:
    """Average a forecast with one from outside; customers whom it does not know stay as they are.

    A forecast of nothing but the total (of the one customer `*`) moves all customers of a world alike.

    Args:
        made: Ours.
        outside: Theirs, over the same periods.
        weight: How much theirs counts, 0 to 1; `weight_of` learns it from earlier ones.
        rng: Source of chance.
        how: How errors hang together from period to period, where theirs are quantiles.

    Raises:
        InputError: It is over another horizon, knows none of the customers, or the weight is no share.
    """
    if not 0 <= weight <= 1:
        raise InputError(f"a weight of {weight:g} for the outside forecast; expected a share from 0 to 1")
    if len(outside.periods) * outside.span != made.horizon:
        raise InputError(f"the outside forecast has {len(outside.periods)} periods; ours has {made.horizon}")
    if outside.customers == (EVERYBODY,):
        return _of_total(made, outside.samples(len(made.samples), rng, how)[:, 0], weight)
    place = {name: i for i, name in enumerate(made.customers)}
    both = [(place[name], i) for i, name in enumerate(outside.customers) if name in place]
    if not both:
        raise InputError("the outside forecast names no customer of the history; expected the names of the log")
    ours, theirs = (list(each) for each in zip(*both, strict=True))
    samples = made.samples.copy()
    drawn = outside.samples(len(samples), rng, how)[:, theirs]
    samples[:, ours] = averaged(made.samples[:, ours], drawn, weight)
    share = weight * len(both) / len(made.customers)
    return replace(
        made,
        samples=samples,
        total=samples.sum(axis=1, dtype=np.float64),
        segments=None if made.segment is None else added(samples, made.segment),
        steps=None if made.steps is None else _in_step(made.steps, made.samples, samples),
        weights={name: each * (1 - share) for name, each in made.weights.items()} | {NAME: share},
        notes=(*made.notes, *_notes(made.customers, len(both), weight)),
    )


def _of_total(made: Predicted, drawn: Values, weight: float) -> Predicted:
    """Average totals, and bring all customers of each world to the new one."""
    total = averaged(np.asarray(made.total, dtype=np.float64), drawn, weight)
    factor = np.divide(total, made.total, out=np.ones_like(total), where=made.total > 0)
    return replace(
        made,
        samples=made.samples * factor[:, None],
        total=total,
        segments=None if made.segments is None else made.segments * factor[:, None],
        steps=None if made.steps is None else made.steps * factor[:, None, None],
        weights={name: each * (1 - weight) for name, each in made.weights.items()} | {NAME: weight},
        notes=(*made.notes, f"an outside forecast of the total counts for {weight:.0%}"),
    )


def _in_step(steps: Values, before: Values, after: Values) -> Values:
    """Scale periods so that they add up to the new samples; evenly where there was nothing before."""
    factor = np.divide(after, before, out=np.zeros_like(after), where=before > 0)
    even = np.where(before > 0, 0.0, after / steps.shape[2])
    scaled: Values = steps * factor[:, :, None] + even[:, :, None]
    return scaled


def _notes(customers: Sequence[str], known: int, weight: float) -> tuple[str, ...]:
    said = f"an outside forecast counts for {weight:.0%}"
    left = len(customers) - known
    return (f"{said}; it does not name {left} of {len(customers)} customers, who stay as they are" if left else said,)
