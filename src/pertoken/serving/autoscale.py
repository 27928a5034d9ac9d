"""Autoscaling: how many replicas are paid for, and how many of them answer, over time."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.serving.traffic import BIN, Traffic

ROUNDED = 1e-9
"""What a load may lie above a whole number of replicas by rounding."""


ROOM = 50_000
"""Numbers that are held at once, so that they stay near the processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Autoscale:
    """How a fleet follows its load.

    Args:
        headroom: Capacity above the load, as a share of it.
        minimum: Replicas that are kept whatever the load; 0 scales to nothing.
        maximum: Replicas that there are at most; infinite for no limit.
        spare: Replicas beside those of the load, wherever there are any: 1 for N+1.
        start_seconds: From the order of a replica to its first request. [s]
        hold_seconds: How long fewer must have sufficed before one is given back. [s]
        foreseen: Whether orders follow the load that will be when a replica has started (a schedule, a forecast that
            is right), or the load that is seen.
        away_share: Share of time in which a replica on spot is being replaced; see `away_share`. As many spares more
            are kept as make up for it but for one moment in a thousand.
    """

    headroom: float = 0.2
    minimum: int = 1
    maximum: float = np.inf
    spare: int = 0
    start_seconds: float = 300.0
    hold_seconds: float = 900.0
    foreseen: bool = True
    away_share: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what no fleet can do."""
        numbers = (self.headroom, self.minimum, self.spare, self.start_seconds, self.hold_seconds)
        if min(numbers) < 0 or not np.isfinite(numbers).all() or self.maximum < max(self.minimum, 1):
            found = f"minimum {self.minimum}, maximum {self.maximum:g}, headroom, minimum, spare and times {numbers}"
            raise InputError(f"{found}; expected 0 or more, and a maximum that is not below the minimum")
        if not 0 <= self.away_share < 1:
            raise InputError(f"replicas away {self.away_share:g} of the time; expected a share from 0 to 1")


def fixed(replicas: int) -> Autoscale:
    """Keep so many replicas, day and night."""
    return Autoscale(headroom=0.0, minimum=replicas, maximum=replicas, start_seconds=0.0, hold_seconds=0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replicas:
    """Replicas over time, each of shape `(*batch, bin)`.

    Args:
        spare: Of those needed, the ones beside those for the load and its headroom.
        needed: What the load of the bin asks for, with headroom and spares.
        paid: Ordered and not given back.
        ready: Of these, those that have started and are not being replaced; on average, where some are on spot.
    """

    spare: Values
    needed: Values
    paid: Values
    ready: Values


def replicas(traffic: Traffic, best_rate: Values | float, policy: Autoscale) -> Replicas:
    """Scale a fleet.

    A replica is paid from its order on. The one ordered last is given back first, so as many are ready as have been
    paid throughout the time of a start.

    Args:
        traffic: What comes.
        best_rate: Requests a second that a replica serves within its targets. [1/s]
        policy: How the fleet follows.

    Raises:
        InputError: Replicas serve nothing.

    >>> from pertoken.serving.traffic import Traffic
    >>> spike = Traffic(rates=np.array([1.0, 1.0, 5.0, 1.0, 1.0, 1.0]), repeats=False)
    >>> seen = Autoscale(headroom=0.0, start_seconds=300, hold_seconds=300, foreseen=False)
    >>> found = replicas(spike, 2.0, seen)
    >>> found.paid.tolist(), found.ready.tolist()
    ([1.0, 1.0, 3.0, 3.0, 1.0, 1.0], [1.0, 1.0, 1.0, 3.0, 1.0, 1.0])
    """
    rate = np.asarray(best_rate, dtype=float)
    if not (rate > 0).all():
        raise InputError("a replica serves no request within the targets; expected a best rate above 0; loosen them")
    spare, needed = needs(traffic.rates, rate[..., None], policy)
    paid = _most(needed, *_stretch(policy, traffic.width), repeats=traffic.repeats)
    ready = -_most(-paid, _bins(policy.start_seconds, traffic.width), 0, repeats=traffic.repeats)
    return Replicas(spare=spare, needed=needed, paid=paid, ready=ready * (1 - policy.away_share))


def paid_on_average(loads: Values, shape: Values, policy: Autoscale, *, width: float = BIN) -> Values:
    """Tell how many replicas loads pay for on average while they follow a shape that repeats.

    What a stretch of bins needs at most is what the largest load in it needs, so stretches are taken of the shape, once
    for all loads, and those that are alike are reckoned together.

    Args:
        loads: Replicas that are busy on average, any shape.
        shape: Multiples of the mean, shape `(bin,)`.
        policy: How the fleet follows.
        width: Of a bin. [s]

    >>> steady = Autoscale(headroom=0.0, hold_seconds=0.0, start_seconds=0.0)
    >>> paid_on_average(np.array([1.0, 2.5]), np.array([0.5, 1.5]), steady).tolist()
    [1.5, 3.0]
    """
    largest, shares = levels(shape, policy, width=width)
    own = np.asarray(loads, dtype=float)
    flat, paid = own.reshape(-1), np.empty(own.size)
    size = max(ROOM // len(largest), 1)
    for first in range(0, len(flat), size):
        part = slice(first, first + size)
        paid[part] = needs(flat[part, None] * largest, np.ones(()), policy)[1] @ shares
    return paid.reshape(own.shape)


def levels(shape: Values, policy: Autoscale, *, width: float = BIN) -> tuple[Values, Values]:
    """List what a shape that repeats asks for, the least first, and the share of time that asks for each.

    Args:
        shape: Multiples of the mean, shape `(bin,)`.
        policy: How the fleet follows.
        width: Of a bin. [s]
    """
    largest, counts = np.unique(followed(shape, policy, width=width), return_counts=True)
    return largest, counts / len(shape)


def followed(shape: Values, policy: Autoscale, *, width: float = BIN) -> Values:
    """Tell the largest load that replicas of each bin are kept for: those held from before, and those that start.

    Args:
        shape: Multiples of the mean of a load that repeats, shape `(bin,)`.
        policy: How the fleet follows.
        width: Of a bin. [s]

    >>> followed(np.array([1.0, 3.0, 1.0, 1.0]), Autoscale(hold_seconds=300, start_seconds=0)).tolist()
    [1.0, 3.0, 3.0, 1.0]
    """
    return _most(shape, *_stretch(policy, width), repeats=True)


def _bins(seconds: float, width: float) -> int:
    return int(np.ceil(seconds / width))


def _stretch(policy: Autoscale, width: float) -> tuple[int, int]:
    """Count the bins before and after one whose loads ask for replicas in it."""
    return _bins(policy.hold_seconds, width), _bins(policy.start_seconds, width) if policy.foreseen else 0


def needs(rates: Values, best_rate: Values, policy: Autoscale) -> tuple[Values, Values]:
    """Count the replicas that loads ask for: spares, and all of them."""
    least = np.asarray(rates * ((1 + policy.headroom) * (1 - ROUNDED) / best_rate), dtype=float)
    np.ceil(least, out=least)
    np.clip(least, policy.minimum, policy.maximum, out=least)
    if not policy.spare and not policy.away_share:
        return np.zeros_like(least), least
    spares: Values = np.where(least > 0, policy.spare, 0)
    if policy.away_share:
        counts, place = np.unique(least, return_inverse=True)
        reserves = np.array([reserve(int(n), policy.away_share) for n in counts.tolist()])
        spares = spares + reserves[place.reshape(least.shape)]
    needed = np.minimum(least + spares, policy.maximum)
    return needed - least, needed


def _most(values: Values, before: int, after: int, *, repeats: bool) -> Values:
    """Take the largest of each bin, so many before and so many after it."""
    if before == after == 0:
        return values
    before, after = (min(each, values.shape[-1]) for each in (before, after))
    edges = [(0, 0)] * (values.ndim - 1) + [(before, after)]
    padded = np.pad(values, edges, mode="wrap" if repeats else "edge")
    width, size, bins = before + after + 1, 1, values.shape[-1]
    while 2 * size <= width:  # windows of twice the size, from two of the size
        padded = np.maximum(padded[..., :-size], padded[..., size:])
        size *= 2
    most: Values = np.maximum(padded[..., :bins], padded[..., width - size : width - size + bins])
    return most


def away_share(interruptions_per_hour: float, replacement_seconds: float = BIN) -> float:
    """Tell the share of time that a replica on spot is away: taken after 1/chance hours, back after its replacement.

    >>> round(away_share(0.05, 600), 5)
    0.00826
    """
    lost = interruptions_per_hour * replacement_seconds / 3600
    return lost / (1 + lost)


@lru_cache(maxsize=65_536)
def reserve(needed: int, away: float, *, chance: float = 1e-3) -> int:
    """Count the replicas beyond those needed so that too few are there in no more than a chance of moments.

    Each is taken by itself; a cloud that takes them together needs other machines, not more of the same.

    Args:
        needed: Replicas that must be there.
        away: Share of time that each is away.
        chance: Share of time in which too few may be there.

    >>> reserve(8, away_share(0.05, 600))
    2
    """
    if not 0 <= away < 1 or not 0 < chance < 1 or needed < 0:
        raise InputError(f"a reserve for {needed} replicas away {away:g} of the time; expected shares from 0 to 1")
    if needed == 0 or away == 0:
        return 0
    from scipy.special import bdtrc  # noqa: PLC0415  slow to load

    for most in (int(2 * needed * away / (1 - away)) + 50, needed * 10 + 100):
        extra = np.arange(most)
        enough: Values = bdtrc(extra, needed + extra, away) <= chance  # more than `extra` away: too few are there
        if enough.any():
            return int(np.argmax(enough))
    raise InputError(f"replicas away {away:.0%} of the time can't be reserved for; expected machines that stay")
