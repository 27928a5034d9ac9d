"""Adoption: when a customer looks at the offer, and when the wish to change outgrows the reluctance."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.migration.offer import NEVER, Timetable, Wave
from pertoken.forecast.migration.priors import Traits
from pertoken.forecast.panel import Indices


def campaign(wave: Wave, months: Values) -> Values:
    """Share of customers reached after so many months, equal shares a month."""
    return wave.reach * np.minimum(months / wave.months, 1.0)


def bass(wave: Wave, months: Values) -> Values:
    """Share of customers reached after so many months by Bass's wave (Management Science 15(5), 1969)."""
    gone = np.exp(-(wave.p + wave.q) * months)
    made: Values = wave.reach * (1 - gone) / (1 + wave.q / wave.p * gone)
    return made


LEAST = 1e-9
"""A wish that outgrows no reluctance. [logit]"""

WAVES: dict[str, Callable[[Wave, Values], Values]] = {"campaign": campaign, "bass": bass}


def looked(wave: Wave, times: Timetable, share: Values) -> Indices:
    """Month at whose end a customer has looked at the offer, from shares of chance of the same shape.

    >>> looked(Wave(months=2), Timetable(0, 1, NEVER, 0, 6), np.array([0.3, 0.9])).tolist()
    [0, 1]
    """
    size = times.size - times.announced
    reached = WAVES[wave.kind](wave, np.arange(1.0, size + 1))
    month = np.searchsorted(reached, share, side="left")
    return np.where(month < size, month + times.announced, NEVER)


def willing(worth: Values, times: Timetable, traits: Traits) -> Indices:
    """Month from which the new plan is worth more than the reluctance to change, which fades by half each settling.

    Args:
        worth: What it is worth more to each, own taste included, shape `(draw, customer)`. [logit]
        times: Reluctance begins to fade when customers are told.
        traits: Reluctance and how it fades.
    """
    wish = np.maximum(worth, LEAST)
    half = traits.settling[:, None] * np.log2(np.maximum(traits.inertia[:, None] / wish, 1.0))
    months = np.ceil(np.minimum(half, NEVER / 2)).astype(np.int64)
    return np.where((worth > LEAST) & (months < times.size - times.announced), months + times.announced, NEVER)


def moves(
    worth: Values,
    look: Indices,
    times: Timetable,
    traits: Traits,
    *,
    asked: NDArray[np.bool_],
    kept: NDArray[np.bool_],
    bound: Indices | int = 0,
) -> tuple[Indices, NDArray[np.bool_]]:
    """Find the month in which each customer changes plans, and whether they had to.

    Args:
        worth: As for `willing`.
        look: When they look at the offer, shape `(draw, customer)`.
        times: When the new plan starts and the old one ends.
        traits: As for `willing`.
        asked: Who is offered the new plan, shape `(customer,)`.
        kept: Who may keep the old plan beyond its end, shape `(customer,)`.
        bound: First month in which each may change, by contract, shape `(customer,)`.

    Returns:
        First month on the new plan, `NEVER` for who stays; and True where the end of the old plan moved them. Both of
        shape `(draw, customer)`.
    """
    first = np.maximum(times.start, bound)
    own = np.maximum(np.maximum(look, willing(worth, times, traits)), first)
    end = np.where(kept, NEVER, np.maximum(times.sunset, bound))
    forced = (own > end) & asked & (end < times.size)
    return np.where(asked, np.minimum(own, end), NEVER), forced
