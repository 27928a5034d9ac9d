"""Fleet: what replicas that follow a load serve, what waits or is lost, and where the hours that are paid go."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.serving.arrivals import HOUR
from pertoken.serving.autoscale import Autoscale, Replicas, replicas
from pertoken.serving.traffic import Traffic

Overflow = Literal["waits", "lost"]
"""What becomes of requests that no replica has room for."""

ROUNDED = 1e-13
"""Share of all requests below which a rest is one of rounding."""

USES = ("work", "latency", "headroom", "spare", "starting", "idle")
"""Where a paid hour goes: see `Fleet.hours`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fleet:
    """A fleet over a stretch of time.

    Args:
        traffic: What came.
        replicas: What was needed, paid and ready.
        served: Requests served in each bin, shape `(*batch, bin)`.
        waiting: Requests that wait at the end of each bin.
        lost: Requests that are turned away in each bin.
        hours: Replica-hours by use, each `(*batch,)`, which add up to those paid: `work`, at the batch that fills the
            GPU; `latency`, more because batches are kept small enough to answer in time; `headroom`, kept free for
            more load than is known of; `spare`, for replicas that fail; `starting`, the first time or again after a
            cloud took one back; and `idle`, the rest: whole
            replicas, the minimum, those not yet given back.
    """

    traffic: Traffic
    replicas: Replicas
    served: Values
    waiting: Values
    lost: Values
    hours: dict[str, Values]

    @property
    def paid_hours(self) -> Values:
        """Replica-hours that are paid, shape `(*batch,)`."""
        hours: Values = self.replicas.paid.sum(axis=-1) * self.traffic.width / HOUR
        return hours

    @property
    def busy_hours(self) -> Values:
        """Replica-hours that the requests took, at the best rate within the targets."""
        return self.hours["work"] + self.hours["latency"]

    @property
    def utilisation(self) -> Values:
        """Share of the paid hours in which replicas were busy."""
        return self.busy_hours / np.maximum(self.paid_hours, 1e-300)

    @property
    def wait_seconds(self) -> Values:
        """Mean wait of a request for a replica with room [s], by Little's law; waits within a bin are not in it."""
        wait: Values = self.waiting.sum(axis=-1) * self.traffic.width / np.maximum(self.served.sum(axis=-1), 1e-300)
        return wait

    @property
    def lost_share(self) -> Values:
        """Share of the requests that were turned away."""
        share: Values = self.lost.sum(axis=-1) / np.maximum(self.traffic.requests.sum(axis=-1), 1e-300)
        return share


def run(
    traffic: Traffic,
    best_rate: Values | float,
    policy: Autoscale,
    *,
    full_rate: Values | float | None = None,
    overflow: Overflow = "waits",
) -> Fleet:
    """Run a fleet under a load.

    Args:
        traffic: What comes.
        best_rate: Requests a second that a replica serves within its latency targets, shape `(*batch,)`. [1/s]
        policy: How the fleet follows.
        full_rate: Requests a second that it would serve without targets; the best rate if None. [1/s]
        overflow: What becomes of the load above what is ready.

    Raises:
        InputError: A replica serves nothing, or less without targets than within them.

    >>> from pertoken.serving.traffic import pattern
    >>> week = run(pattern("office", mean=10.0), 4.0, Autoscale(headroom=0.25), full_rate=5.0)
    >>> {use: round(float(hours)) for use, hours in week.hours.items()}
    {'work': 336, 'latency': 84, 'headroom': 105, 'spare': 0, 'starting': 4, 'idle': 60}
    >>> round(float(week.utilisation), 2), float(week.lost_share)
    (0.71, 0.0)
    """
    rate = np.asarray(best_rate, dtype=float)
    full = rate if full_rate is None else np.asarray(full_rate, dtype=float)
    if not (full >= rate).all():
        raise InputError("a replica that serves less without latency targets than within; expected full_rate above")
    return kept(
        traffic, rate, replicas(traffic, rate, policy), full_rate=full, headroom=policy.headroom, overflow=overflow
    )


def kept(
    traffic: Traffic,
    best_rate: Values | float,
    scaled: Replicas,
    *,
    full_rate: Values | float | None = None,
    headroom: float = 0.0,
    overflow: Overflow = "waits",
) -> Fleet:
    """Run replicas of which it is known when they are there.

    Args:
        traffic: What comes.
        best_rate: Requests a second that a replica serves within its latency targets, shape `(*batch,)`. [1/s]
        scaled: The replicas.
        full_rate: Requests a second that it would serve without targets; the best rate if None. [1/s]
        headroom: Capacity that is kept above the load, as a share of it.
        overflow: What becomes of the load above what is ready.
    """
    rate = np.asarray(best_rate, dtype=float)
    full = rate if full_rate is None else np.asarray(full_rate, dtype=float)
    room = scaled.ready * rate[..., None] * traffic.width
    came = np.broadcast_to(traffic.requests, room.shape)
    waiting, lost, first = _overflow(came, room, overflow, repeats=traffic.repeats)
    before = np.concatenate([first, waiting[..., :-1]], axis=-1)
    served = came + before - waiting - lost
    at_work = np.maximum(served, 0) / (rate[..., None] * traffic.width)
    return Fleet(
        traffic=traffic,
        replicas=scaled,
        served=served,
        waiting=waiting,
        lost=lost,
        hours=_hours(at_work, rate / full, scaled, headroom, traffic.width),
    )


def _overflow(came: Values, room: Values, overflow: Overflow, *, repeats: bool) -> tuple[Values, Values, Values]:
    """Let requests wait, or turn them away: what waits is what came above the room, since it was last empty.

    A time that repeats begins with what waits at its end, where there is room for all within it.

    Returns:
        What waits at the end of each bin, what is lost in it, and what waits before the first, `(*batch, 1)`.
    """
    none = np.zeros_like(came)
    if overflow == "lost":
        return none, np.maximum(came - room, 0), none[..., :1]
    more = came - room
    waiting = _queue(more)
    if repeats and (waiting[..., -1] > 0).any():
        again = _queue(np.concatenate([more, more], axis=-1))[..., came.shape[-1] :]
        kept_up = more.sum(axis=-1, keepdims=True) <= ROUNDED * came.sum(axis=-1, keepdims=True)
        waiting = np.where(kept_up, again, waiting)
        first = np.where(kept_up, waiting[..., -1:], 0.0)
    else:
        first = none[..., :1]
    least = ROUNDED * np.maximum(came.sum(axis=-1, keepdims=True), 1)
    return np.where(waiting > least, waiting, 0.0), none, np.where(first > least, first, 0.0)


def _queue(more: Values) -> Values:
    """Add up what comes beyond the room, since the queue was last empty."""
    above = np.cumsum(more, axis=-1)
    waiting: Values = above - np.minimum(np.minimum.accumulate(above, axis=-1), 0)
    return waiting


def _hours(at_work: Values, full: Values, scaled: Replicas, headroom: float, width: float) -> dict[str, Values]:
    """Split what is paid in each bin by use, then add the bins up."""
    free = np.maximum(scaled.ready - at_work, 0)
    above = np.minimum(headroom * at_work, free)
    spare = np.minimum(scaled.spare, free - above)
    split = {
        "work": at_work * full[..., None],
        "latency": at_work * (1 - full[..., None]),
        "headroom": above,
        "spare": spare,
        "starting": scaled.paid - scaled.ready,
        "idle": free - above - spare,
    }
    return {use: split[use].sum(axis=-1) * width / HOUR for use in USES}
