"""Landing: where the month ends that the history ends in: what is known of it, and a forecast of the rest.

What is known and what is to come are one month of usage, and charged as one, so that tiers, allowances and minimums see
all of it. Leaving is in the forecast of the rest; who comes in these days is simulated as in any month.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from pertoken.core.money import Values
from pertoken.core.quantiles import quantiles
from pertoken.forecast.fitted import Fitted, Standing
from pertoken.forecast.growth import DAYS
from pertoken.forecast.levels import SHARES, alive_of, positive, together
from pertoken.forecast.panel import Panel
from pertoken.forecast.population import Forecastable, Population, Shared

MIDDLE = int(np.flatnonzero(SHARES == 0.5)[0])  # noqa: PLR2004  the median


@dataclass(frozen=True, slots=True, eq=False)
class Begun:
    """A month that is known in part.

    Args:
        month: Its label.
        known: Days that are known.
        rest: Days that are not.
        quantity: What was used in the known days, shape `(cell, customer)`. [unit]
    """

    month: str
    known: int
    rest: int
    quantity: Values


@dataclass(frozen=True, slots=True, eq=False)
class Landing:
    """Where a month ends that is known in part.

    Args:
        month: Its label.
        known: Days that are known.
        rest: Days that are forecast.
        so_far: What is known, by measure.
        worlds: The whole month by measure, shape `(draw,)`.
    """

    month: str
    known: int
    rest: int
    so_far: Mapping[str, float]
    worlds: Mapping[str, Values]


def begun(panel: Panel) -> Begun | None:
    """Take what is known of the month that a history ends in; None where it ends with the month.

    Args:
        panel: By day, as it was read.

    >>> from pertoken.forecast.panel import panel_of_rows
    >>> month = begun(panel_of_rows(["a"] * 3, ["2026-01-30", "2026-02-01", "2026-02-02"], [5, 2, 1]))
    >>> month.month, month.known, month.rest, month.quantity.tolist()
    ('2026-02', 2, 26, [[3.0]])
    """
    if panel.grain != "day":
        return None
    last = np.datetime64(panel.periods[-1])
    month = last.astype("datetime64[M]")
    rest = int(((month + 1).astype("datetime64[D]") - last).astype(int)) - 1
    if not rest:
        return None
    known = int((last - month.astype("datetime64[D]")).astype(int)) + 1
    used = np.nansum(panel.quantity[:, :, -known:], axis=2)
    return Begun(str(month), known, rest, used)


def landing(fitted: Fitted, standing: Standing, month: Begun, rest: Values) -> Forecastable:
    """Make a simulation of one month, of which a part is known.

    Args:
        fitted: To the history.
        standing: What customers are at its end.
        month: What is known.
        rest: Samples of what each customer uses in the days that are left, shape `(draw, customer)`. [driver]

    Returns:
        All that the simulation needs. Its customers use in no world less than is known of them; with all factors held
        the month is what is known and the median of the rest.
    """
    of, days = fitted.of, month.rest / DAYS
    shared = of.shared
    segments = len(of.laws)
    one = np.zeros((segments, 1))
    level, level_alike = together(rest, standing.segment)
    laws = tuple(replace(law, sizes=law.sizes * days / 2, walk=0.0, groups=law.groups[:1]) for law in of.laws)
    moving = Shared(
        growth=one, error=0.0, lasting=shared.lasting, shock=0.0, shock_stays=shared.shock_stays, segment_shock=0.0,
        level=level, level_alike=level_alike, leave=0.0, arrivals=fitted.arrivals.rate[:, None] * days,
        arrivals_error=shared.arrivals_error[:1], arrivals_size=shared.arrivals_size,
    )  # fmt: skip
    people = _people(fitted, standing, month, rest)
    return replace(of, months=(month.month,), people=people, laws=laws, shared=moving, conversion=None)


def _people(fitted: Fitted, standing: Standing, month: Begun, rest: Values) -> Population:
    """Customers whose level is the whole month: who used it is there, others as far as their silence says."""
    people, fact = fitted.of.people, month.quantity.T
    used, share = fact @ standing.weights, (rest > 0).mean(axis=0)
    came, nothing = used > 0, np.zeros(len(used))
    alive = np.where(came, 1.0, np.maximum(alive_of(standing.segment, fitted.retention, standing.bound), share))
    knots = np.ascontiguousarray(quantiles(rest, SHARES).T)
    middle = knots[:, MIDDLE]
    whole = np.where(used + middle > 0, used + middle, 1.0)
    known = (used + middle > 0)[:, None]
    mix = np.where(known, (fact + middle[:, None] * people.mix) / whole[:, None], people.mix)
    return replace(
        people,
        level=np.where(came[:, None], used[:, None] + knots, positive(rest)),
        noise=nothing,
        walk=nothing,
        idle=np.where(came, 0.0, np.clip(1 - share / np.maximum(alive, 1e-9), 0.0, 0.98)),
        alive=alive,
        mix=mix,
        cost=mix @ standing.unit_cost,
        age=np.maximum(people.age - round(month.known / DAYS), 0),
    )
