"""Population: customers as the simulation sees them, one row each, and the laws of those who are yet to come.

The driver is one number for a customer's usage in a month; all that is charged follows from it by the customer's mix.

    driver(month) = level x growth(segment, month) x ramp(age) x walk x noise,   0 if idle or gone
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.forecast.panel import Indices

Codes = NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Population:
    """Customers there are, one row each.

    Args:
        names: Of the customers, shape `(customer,)`.
        segment: Which law each follows, shape `(customer,)`.
        plan: Which tariff each is charged by, shape `(customer,)`.
        group: Where the results of each are added up, shape `(customer,)`.
        age: Whole months since each came, shape `(customer,)`.
        shares: Shares at which levels are known, rising, shape `(knot,)`.
        level: Driver of a month of mean length at those shares, shape `(customer, knot)`. [driver / month]
        noise: Standard deviation of the log of one month's own noise, shape `(customer,)`.
        walk: Standard deviation of a month's step of the log level, which stays, shape `(customer,)`.
        idle: Share of months without usage although still a customer, shape `(customer,)`.
        alive: Chance that each is still a customer at the start, shape `(customer,)`.
        mix: Quantity of each cell for one unit of the driver, shape `(customer, cell)`. [unit / driver]
        cost: What a unit of the driver costs us, shape `(customer,)`. [currency / driver]
        bound: Months from the start during which each can't leave, by contract, shape `(customer,)`.
        whales: Rows of the largest customers, whose chance comes from the even design, shape `(whale,)`.
    """

    names: tuple[str, ...]
    segment: Codes
    plan: Codes
    group: Codes
    age: Indices
    shares: Values
    level: Values
    noise: Values
    walk: Values
    idle: Values
    alive: Values
    mix: Values
    cost: Values
    bound: Indices
    whales: Indices


@dataclass(frozen=True, eq=False)
class Law:
    """How the customers of one segment live, and how new ones come.

    Args:
        name: Of the segment.
        leave: Chance to leave in a month by age in months; the last holds from then on, shape `(age,)`.
        back: Chance in a month that one who left comes back.
        ramp: Log of the factor on a newcomer's level by age in months; the last holds from then on, shape `(age,)`.
        sizes: Level of a newcomer at the population's shares, shape `(knot,)`. [driver / month]
        tail: Shape of the generalised Pareto tail of newcomers' levels above the share 0.95; 0 for none.
        noise: As in `Population`.
        walk: As in `Population`.
        idle: As in `Population`.
        mix: As in `Population`, shape `(cell,)`.
        cost: As in `Population`.
        plan: Tariff of newcomers.
        groups: Group of those who come in each month, shape `(month,)`.
    """

    name: str
    leave: Values
    back: float
    ramp: Values
    sizes: Values
    tail: float
    noise: float
    walk: float
    idle: float
    mix: Values
    cost: float
    plan: int
    groups: Codes


@dataclass(frozen=True, eq=False)
class Shared:
    """What moves all customers, or all of a segment, together; standard deviations are of logs.

    Args:
        growth: Expected log growth of a customer there is against the start, cumulated and damped, shape
            `(segment, month)`; newcomers grow from the month in which they come.
        error: Error of the growth rate: a t with 5 degrees of freedom, scaled, of the first month. [log / month]
        lasting: Factor by which this error gets smaller from month to month.
        shock: Shared shock of a month, all segments.
        shock_stays: Autocorrelation of the shared shock.
        segment_shock: The same, of each segment apart.
        level: How much of the first month's level moves together: weight of its segment's normal in each customer's
            rank, shape `(segment,)`.
        leave: Error of the log odds of leaving, the same for all months of a world.
        arrivals: Expected newcomers, shape `(segment, month)`.
        arrivals_error: Error of the log of the arrival rate of each month, all off the same way in a world, shape
            `(month,)`.
        arrivals_size: Size of the negative binomial; small is bursty, infinity is Poisson.
        calendar: Log factor on everybody's month: its length and weekdays, its season, declared events, shape
            `(segment, month)`; None for none.
        events: By how much the log of a month moves with a standard normal of each declared event, shape
            `(event, segment, month)`; None without any.
        level_alike: Correlation of the normals of two segments in the first month's level; 1 where all move as one.
    """

    growth: Values
    error: float
    lasting: float
    shock: float
    shock_stays: float
    segment_shock: float
    level: Values
    leave: float
    arrivals: Values
    arrivals_error: Values
    arrivals_size: float
    calendar: Values | None = None
    events: Values | None = None
    level_alike: float = 1.0


@dataclass(frozen=True, eq=False)
class Conversion:
    """Customers who change their plan of their own accord.

    Args:
        chance: From plan to plan in a month, shape `(plan, plan)`; the diagonal is not looked at.
        step: Log of the factor on usage when it happens, shape `(plan, plan)`.
    """

    chance: Values
    step: Values


@dataclass(frozen=True, eq=False)
class Forecastable:
    """All that a simulation of usage needs.

    Args:
        months: Labels of the months ahead, shape `(month,)`.
        people: Customers there are.
        laws: One for each segment.
        shared: What moves them together.
        conversion: Between plans; None where nobody changes.
        cells: Keys of the cells, each `(cell,)`.
        groups: Keys of the groups in which results are added up, each `(group,)`: segment, tier, cohort, customer.
    """

    months: tuple[str, ...]
    people: Population
    laws: tuple[Law, ...]
    shared: Shared
    conversion: Conversion | None = None
    cells: Mapping[str, Key] = field(default_factory=dict)
    groups: Mapping[str, Key] = field(default_factory=dict)


FACTORS = ("growth", "shocks", "level", "leaving", "arrivals", "renewals", "whales", "customers")
"""What the width of a forecast comes from; each can be held still to see what it is worth."""
