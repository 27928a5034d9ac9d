"""Offline: work that may wait until a deadline, and the least machines that it takes."""

from dataclasses import replace

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.serving.arrivals import HOUR
from pertoken.serving.autoscale import ROUNDED, Autoscale, Replicas, fixed, replicas
from pertoken.serving.fleet import Fleet, kept
from pertoken.serving.traffic import Traffic

ROUNDS = 60
"""Steps to the least rate at most; each is a stretch of time with a higher one, and a handful suffice."""


def least_rate(traffic: Traffic, deadline_seconds: float) -> Values:
    r"""Find the least rate at which a queue in the order of arrival is never older than a deadline.

    What came in a stretch must be done a deadline after its end, so the rate is $\max A(s, t) / (t - s + D)$ over all
    stretches (Le Boudec and Thiran 2001, Network Calculus, section 1.4: the deviation of an arrival curve from a
    service curve). The stretch is found by Dinkelbach's method: the one that most overstays at a rate gives the next.

    Args:
        traffic: What comes; evenly within a bin.
        deadline_seconds: From when a request comes to when it is done, at most. [s]

    Returns:
        Requests a second, shape `(*batch,)`. [1/s]

    Raises:
        InputError: A deadline that nobody can keep.

    >>> burst = Traffic(rates=np.array([0, 12, 0, 0]), width=60.0, repeats=False)
    >>> float(least_rate(burst, 300.0))  # 720 requests in a minute, done five minutes after it
    2.0
    """
    if not deadline_seconds > 0 or not np.isfinite(deadline_seconds):
        raise InputError(f"a deadline of {deadline_seconds:g} s; expected a time above 0")
    came = traffic.requests
    if traffic.repeats:  # longer stretches add whole times of the mean rate, which is the least in any case
        came = np.concatenate([came, came], axis=-1)
    total = np.concatenate([np.zeros_like(came[..., :1]), np.cumsum(came, axis=-1)], axis=-1)
    time = np.arange(total.shape[-1]) * traffic.width
    rate = traffic.rates.mean(axis=-1) if traffic.repeats else total[..., -1] / (time[-1] + deadline_seconds)
    for _ in range(ROUNDS):
        more = _stretch(total, time, rate, deadline_seconds)
        if not (more > rate * (1 + ROUNDED)).any():
            break
        rate = np.maximum(rate, more)
    return np.asarray(rate)


def _stretch(total: Values, time: Values, rate: Values, deadline: float) -> Values:
    """Give the rate that the stretch asks for which most overstays at another one."""
    left = total - rate[..., None] * time
    lowest = np.minimum.accumulate(left, axis=-1)
    end = np.argmax(left - lowest, axis=-1)[..., None]
    at_most = np.take_along_axis(lowest, end, axis=-1)
    begin = np.argmax(left <= at_most, axis=-1)[..., None]
    came = np.take_along_axis(total, end, axis=-1) - np.take_along_axis(total, begin, axis=-1)
    asked: Values = (came / (time[end] - time[begin] + deadline))[..., 0]
    return asked


def always_on(traffic: Traffic, full_rate: float, deadline_seconds: float) -> Autoscale:
    """Keep as few replicas day and night as meet a deadline.

    Args:
        traffic: What comes.
        full_rate: Requests a second that a replica serves without targets of latency. [1/s]
        deadline_seconds: From when a request comes to when it is done, at most. [s]

    >>> from pertoken.serving.traffic import pattern
    >>> [always_on(pattern("office", mean=10.0), 3.0, hours * 3600).maximum for hours in (0.5, 6, 24, 72)]
    [10, 6, 4, 4]
    """
    if not full_rate > 0:
        raise InputError(f"a replica that serves {full_rate:g} requests a second; expected a rate above 0")
    rate = float(np.max(least_rate(traffic, deadline_seconds)))
    return fixed(max(int(np.ceil(rate / full_rate * (1 - ROUNDED))), 1))


def offline(traffic: Traffic, full_rate: float, deadline_seconds: float, *, start_seconds: float = 300.0) -> Fleet:
    """Serve requests that are due by a deadline at the full rate, in the way that takes the fewest hours.

    Either replicas run day and night, or requests are gathered for half of the deadline and served in the next
    half, by replicas that are then given back.

    Args:
        traffic: What comes, of one world.
        full_rate: Requests a second that a replica serves without targets of latency. [1/s]
        deadline_seconds: From when a request comes to when it is done, at most. [s]
        start_seconds: From the order of a replica to its first request. [s]

    Raises:
        InputError: Several worlds, or a deadline that nobody can keep.

    >>> week = Traffic(rates=np.full(2016, 0.5))
    >>> fleet = offline(week, 2.0, 86_400)  # a quarter of a replica: 6 hours a day
    >>> round(float(fleet.paid_hours), 2), round(longest_wait(fleet) / 3600, 1)
    (43.17, 9.0)
    """
    if traffic.rates.ndim != 1:
        raise InputError(f"traffic of {traffic.rates.shape[0]} worlds; expected one; take them one after the other")
    policy = always_on(traffic, full_rate, deadline_seconds)
    if not traffic.repeats:
        traffic = _followed(traffic, int(np.ceil(deadline_seconds / traffic.width)))
    ways = [_accounted(traffic, full_rate, replicas(traffic, full_rate, policy))]
    half = _half(traffic, deadline_seconds)
    start = int(np.ceil(start_seconds / traffic.width))
    if half > start:
        ways.append(_accounted(traffic, full_rate, _gathered(traffic, full_rate, half, start)))
    return min(ways, key=lambda fleet: float(fleet.paid_hours))


def longest_wait(fleet: Fleet) -> float:
    """Tell how long a request waits at most, from when it comes to when it is served, to a bin [s].

    Args:
        fleet: Of one world, first come, first served.
    """
    came, served = np.cumsum(fleet.traffic.requests), np.cumsum(fleet.served)
    before = float(fleet.waiting[-1]) if fleet.traffic.repeats else 0.0
    done = np.concatenate([[0.0], served]) - before
    if fleet.traffic.repeats:
        done = np.concatenate([done, done[1:] + served[-1]])
    due = np.concatenate([[0.0], came])
    # the last request that had come by the end of a bin is served in the first bin by whose end so many are
    when = np.searchsorted(done, due[1:] * (1 - ROUNDED), side="left")
    return float(np.max((when - np.arange(1, len(due))) * fleet.traffic.width, initial=0.0))


def _half(traffic: Traffic, deadline: float) -> int:
    """Find the bins of a stretch of half a deadline, less the bin in which its first request comes."""
    bins, half = traffic.rates.shape[-1], int(deadline / 2 / traffic.width)
    if traffic.repeats:  # stretches are all alike
        return next((size for size in range(min(half, bins), 0, -1) if bins % size == 0), 0)
    return half


def _followed(traffic: Traffic, bins: int) -> Traffic:
    """Let bins follow in which nothing comes and what is left is served."""
    return replace(traffic, rates=np.concatenate([traffic.rates, np.zeros(bins)]))


def _gathered(traffic: Traffic, rate: float, half: int, start: int) -> Replicas:
    """Order replicas for what came in each stretch of half a deadline, for the next, until it is done."""
    bins = traffic.rates.shape[-1]
    came = np.add.reduceat(traffic.requests, np.arange(0, bins, half))
    due = np.roll(came, 1) if traffic.repeats else np.concatenate([[0.0], came[:-1]])
    work = due / (rate * traffic.width)
    count = np.ceil(work / (half - start) * (1 - ROUNDED))
    taken = np.ceil(work / np.maximum(count, 1) * (1 - ROUNDED)).astype(int)
    at = np.arange(half)
    paid = (count[:, None] * (at < (start + taken)[:, None])).reshape(-1)[:bins]
    ready = (count[:, None] * ((at >= start) & (at < (start + taken)[:, None]))).reshape(-1)[:bins]
    return Replicas(spare=np.zeros(bins), needed=paid, paid=paid, ready=ready)


def _accounted(traffic: Traffic, rate: float, scaled: Replicas) -> Fleet:
    """Serve what comes in its order."""
    fleet = kept(traffic, rate, scaled)
    return fleet if traffic.repeats else _closed(fleet)


def _closed(fleet: Fleet) -> Fleet:
    """Give replicas back when the last request is served."""
    busy = np.flatnonzero((fleet.served > 0) | (fleet.traffic.requests > 0))
    end = slice(0, int(busy[-1]) + 1 if len(busy) else 1)
    now = fleet.replicas
    left = Replicas(spare=now.spare[end], needed=now.needed[end], paid=now.paid[end], ready=now.ready[end])
    rates = fleet.traffic.rates[end]
    unused = (now.paid.sum() - left.paid.sum()) * fleet.traffic.width / HOUR
    return replace(
        fleet,
        traffic=replace(fleet.traffic, rates=rates),
        replicas=left,
        served=fleet.served[end],
        waiting=fleet.waiting[end],
        lost=fleet.lost[end],
        hours={**fleet.hours, "idle": fleet.hours["idle"] - unused},
    )
