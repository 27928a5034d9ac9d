"""Busiest: what requests see at the load that a fleet really meets, where it is the heaviest."""

from dataclasses import dataclass

import numpy as np

from pertoken.serving.asked import Asked
from pertoken.serving.bought import Bought
from pertoken.serving.percentiles import Latency, Load, at_work
from pertoken.serving.search import SHARES
from pertoken.serving.traffic import Traffic

LIGHTEST, ROUNDS = 1e-6, 50
"""Fewest requests at work that are looked at, and halvings of the logarithm from there to the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Busiest:
    """Latencies of a replica while the load is at its heaviest for the machines that are paid.

    Args:
        rate: Requests a second that the replica gets. [1/s]
        ttft: Time to the first token: mean, p50, p95, p99. [s]
        tpot: Time of each later token. [s]
    """

    rate: float
    ttft: dict[str, float]
    tpot: dict[str, float]


def busiest(asked: Asked, load: Load, way: Bought, traffic: Traffic, most: float) -> Busiest:
    """Say what requests see in the busiest moment of a fleet.

    Args:
        asked: A replica of it.
        load: The requests.
        way: The fleet, with its machines in each bin of the traffic.
        traffic: What comes.
        most: Requests at work in a replica at its best rate.
    """
    replicas = np.maximum(way.paid, way.committed) * way.rented.replicas
    rate = float(np.max(np.divide(traffic.rates, replicas, out=np.zeros(len(replicas)), where=replicas > 0)))
    ttft, tpot = seen_at(asked, load, rate, most)
    return Busiest(rate=rate, ttft=ttft, tpot=tpot)


def seen_at(asked: Asked, load: Load, rate: float, most: float) -> tuple[dict[str, float], dict[str, float]]:
    """Say what requests see that come at a rate: times to the first token, and of each later one. [s].

    Args:
        asked: A replica.
        load: The requests.
        rate: Requests a second. [1/s]
        most: Requests at work that it is thought to have at most.
    """
    running = _running(asked, load, rate, most)
    told = {name: _seen(asked, load, running, share) for name, share in SHARES.items()}
    first, each = ({name: float(getattr(one, of)) for name, one in told.items()} for of in ("first", "each"))
    return first, each


def _running(asked: Asked, load: Load, rate: float, most: float) -> float:
    """Count the requests at work that come at a rate, which rises with them; at most those of the best rate."""
    low, high = np.log(LIGHTEST), np.log(most)
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        fewer = float(_seen(asked, load, float(np.exp(middle)), None).rate) < rate
        low, high = (middle, high) if fewer else (low, middle)
    return float(np.exp(high))


def _seen(asked: Asked, load: Load, running: float, share: float | None) -> Latency:
    return at_work(asked.sizes, asked.layout, asked.settings, load, np.float64(running), share)
