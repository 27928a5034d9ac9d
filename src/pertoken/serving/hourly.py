"""Hourly: how many machines a fleet pays for through the hours of a day, and how much of them is used."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.serving.arrivals import DAY, HOUR
from pertoken.serving.bought import Bought
from pertoken.serving.traffic import Traffic

DAYS, EVERY, WORKING, WEEKEND = 7, "every day", "Mon-Fri", "Sat-Sun"
SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """An hour of the day, on average over the days of a kind.

    Args:
        days: Which days: all of them, or those from Monday to Friday and the others apart where they differ.
        hour: From this hour on, 0 to 23.
        rate: Requests that come; what may wait is served later. [1/s]
        machines: Machines that are paid.
        most: Machines that are paid at most.
        utilisation: Share of what these can serve that is served.
    """

    days: str
    hour: int
    rate: float
    machines: float
    most: float
    utilisation: float


def hourly(way: Bought, traffic: Traffic, rate: float) -> tuple[Hour, ...]:
    """Tell how a fleet goes through the day.

    Args:
        way: The fleet.
        traffic: What comes, from midnight on.
        rate: Requests a second that a machine serves. [1/s]

    >>> from pertoken.serving.percentiles import Load
    >>> from pertoken.serving.autoscale import Autoscale
    >>> from pertoken.serving.bought import Pace, bought
    >>> from pertoken.serving.rented import Rented
    >>> from pertoken.serving.traffic import pattern
    >>> one = Rented(purchase="on_demand", provider="p", instance="i", region="", gpus=1, replicas=1, usd_per_hour=2.0)
    >>> pace, load = Pace(best=4.0, full=5.0, prompt_seconds=0.1), Load(input_tokens=1000, output_tokens=100)
    >>> week = pattern("office", mean=10.0)
    >>> (way,) = bought([one], pace, load, week, Autoscale(headroom=0.25))
    >>> noon = next(each for each in hourly(way, week, 4.0) if (each.days, each.hour) == ("Mon-Fri", 12))
    >>> round(noon.rate, 1), noon.machines, round(noon.utilisation, 2)
    (29.3, 10.0, 0.73)
    """
    paid = np.maximum(way.paid, way.committed)
    return tuple(each for days, picked in _kinds(paid, traffic) for each in _hours(days, picked, way, traffic, rate))


def _kinds(paid: Values, traffic: Traffic) -> Iterator[tuple[str, Values]]:
    """Pick the bins of the days of each kind."""
    begun = np.arange(len(paid)) * traffic.width
    weekday = (begun // DAY + traffic.first_day) % DAYS
    both = [(WORKING, weekday < SATURDAY), (WEEKEND, weekday >= SATURDAY)]
    if all(picked.any() for _, picked in both):
        means = [float(traffic.rates[picked].mean()) for _, picked in both]
        if abs(means[0] - means[1]) > 1e-6 * max(means):
            yield from both
            return
    yield EVERY, np.ones(len(paid), dtype=bool)


def _hours(days: str, picked: Values, way: Bought, traffic: Traffic, rate: float) -> Iterator[Hour]:
    paid = np.maximum(way.paid, way.committed)
    hour = (np.arange(len(paid)) * traffic.width % DAY // HOUR).astype(np.int64)
    for k in range(24):
        there = picked & (hour == k)
        if there.any():
            came, served, machines = (float(each[there].mean()) for each in (traffic.rates, way.served, paid))
            yield Hour(
                days=days, hour=k, rate=came, machines=machines, most=float(paid[there].max()),
                utilisation=served / (machines * rate) if machines else 0.0,
            )  # fmt: skip
