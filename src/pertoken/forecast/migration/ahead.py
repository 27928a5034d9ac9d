"""Ahead: usage of the customers there are, month by month in many worlds, by the laws of the forecast."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.design import design
from pertoken.core.money import Values
from pertoken.forecast.coupled import alike
from pertoken.forecast.panel import Indices
from pertoken.forecast.population import Forecastable

FREEDOM = 5
"""Degrees of freedom of the error of growth."""


@dataclass(frozen=True, eq=False)
class Forecast:
    """Usage ahead of the customers of a forecast, while they are customers; nobody comes.

    Args:
        of: The forecast.
        common: Log of the factor on all usage of a segment, shape `(draw, segment, month)`.
        level: Standard normal that the first levels of a segment share in a world, shape `(segment, draw)`.
        seed: Of each customer's own chance.
        lift: Factor on usage that contracts bring, shape `(customer, month)`; None for none.
    """

    of: Forecastable
    common: Values
    level: Values
    seed: int
    lift: Values | None = None

    def __call__(self, rows: Indices, /) -> Values:
        """Draw usage, shape `(draw, customer, month)`. [driver / month]."""
        from scipy.special import ndtr  # noqa: PLC0415  the calculator must start fast

        people, (draws, _, months) = self.of.people, self.common.shape
        out = np.empty((draws, len(rows), months))
        for place, row in enumerate(rows.tolist()):
            rng = np.random.default_rng([self.seed, 1, row])
            code = people.segment[row]
            shared = self.of.shared.level[code]
            rank = ndtr(shared * self.level[code] + np.sqrt(1 - shared**2) * rng.standard_normal(draws))
            level = np.interp(rank, people.shares, people.level[row])
            chance = rng.standard_normal((2, draws, months))
            walk = people.walk[row] * np.cumsum(chance[0], axis=1)
            walk -= people.walk[row] ** 2 / 2 * np.arange(1, months + 1)
            noise = people.noise[row] * chance[1] - people.noise[row] ** 2 / 2
            noise[:, 0] = 0.0  # the first month's own noise is in its level
            used = level[:, None] * np.exp(self.common[:, code] + self._ramp(row, months) + walk + noise)
            used *= 1.0 if self.lift is None else self.lift[row]
            out[:, place] = np.where(rng.random((draws, months)) < people.idle[row], 0.0, used)
        return out

    def _ramp(self, row: int, months: int) -> Values:
        """Log of the factor by age, against the first month's."""
        ramp, age = self.of.laws[self.of.people.segment[row]].ramp, int(self.of.people.age[row])
        ages = np.minimum(age + np.arange(months), len(ramp) - 1)
        made: Values = ramp[ages] - ramp[ages[0]]
        return made


def forecast_ahead(of: Forecastable, *, draws: int, seed: int, lift: Values | None = None) -> Forecast:
    """Draw what all customers of a world share, and keep what each is drawn from.

    Args:
        of: Customers, laws, and what moves them together.
        draws: How many worlds.
        seed: Same seed, same worlds.
        lift: Factor on usage that contracts bring, shape `(customer, month)`; None for none.
    """
    from scipy.special import ndtri, stdtrit  # noqa: PLC0415  the calculator must start fast

    shared, (segments, months) = of.shared, of.shared.growth.shape
    names = ["ahead.level", "ahead.growth", *(f"ahead.{s}.{m}" for s in range(-1, segments) for m in range(months))]
    level = [f"ahead.level.{s}" for s in range(segments)]
    chance = design([*names, *level], draws=draws, seed=seed)
    error = shared.error * stdtrit(FREEDOM, chance[:, 1]) * np.sqrt((FREEDOM - 2) / FREEDOM)
    drift = error[:, None] * np.cumsum(shared.lasting ** np.arange(months))
    shocks = ndtri(chance[:, 2 : len(names)]).reshape(draws, segments + 1, months)
    every = _lasting(shared.shock * shocks[:, :1], shared.shock_stays)
    own = _lasting(shared.segment_shock * shocks[:, 1:], shared.shock_stays)
    common: Values = shared.growth + drift[:, None] + every + own
    levels = alike(ndtri(chance[:, 0]), ndtri(chance[:, len(names) :]).T, shared.level_alike)
    return Forecast(of, common, levels, seed, lift)


def _lasting(shocks: Values, stays: float) -> Values:
    """Let part of each month's shock stay into the next: an autoregression over the last axis."""
    out = np.empty_like(shocks)
    last = np.zeros(shocks.shape[:-1])
    for month in range(shocks.shape[-1]):
        last = stays * last + shocks[..., month]
        out[..., month] = last
    return out


def leaving_ahead(of: Forecastable) -> Values:
    """Chance of each customer to leave in each month ahead, by the law of the segment, shape `(customer, month)`.

    Whoever may be gone already leaves in the first month by that much more; a contract binds for its months.
    """
    people, months = of.people, len(of.months)
    made = np.empty((len(people.names), months))
    for row, code in enumerate(people.segment.tolist()):
        leave = of.laws[code].leave
        made[row] = leave[np.minimum(people.age[row] + np.arange(months), len(leave) - 1)]
        made[row, : people.bound[row]] = 0.0
    made[:, 0] = 1 - people.alive * (1 - made[:, 0])
    return np.clip(made, 0.0, 1 - 1e-9)
