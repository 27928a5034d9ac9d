"""Rented: the machines that replicas of some GPUs can stand on, and what an hour of each costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from pertoken.catalog.machines import Offer, Purchase

UNLINKED = frozenset({"aws", "gcp", "azure"})
"""Clouds whose machines of one GPU have no link fit to share matrices over; others rent GPUs of one machine singly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rented:
    """A machine for rent, as replicas of so many GPUs see it.

    Args:
        purchase: On demand, on spot, or committed for one or three years.
        provider: Who rents it out.
        instance: What the provider calls it; several of one GPU where a replica takes more.
        region: Where it stands; empty for wherever.
        gpus: GPUs of the machine.
        replicas: Replicas on it.
        usd_per_hour: Price of the machine.
        beside: Of a commitment, the price of the same machine on demand; infinite where it isn't sold so.
        as_of: Day of the price; empty where the list says none.
        source: Who says so.
    """

    purchase: Purchase
    provider: str
    instance: str
    region: str
    gpus: int
    replicas: int
    usd_per_hour: float
    beside: float = inf
    as_of: str = ""
    source: str = ""

    @property
    def committed(self) -> bool:
        """Whether it is paid round the clock, used or not."""
        return self.purchase.startswith("reserved")

    @property
    def beside_it(self) -> str:
        """How machines are bought that are not committed."""
        return "on_demand" if self.committed else self.purchase

    @property
    def follows(self) -> float:
        """Price of a machine that is paid only while it is needed [USD/h]; infinite where none is sold."""
        return self.beside if self.committed else self.usd_per_hour


def rented(offers: Sequence[Offer], gpu: str, gpus: int, purchases: Sequence[str] = ()) -> tuple[Rented, ...]:
    """List machines for replicas, without those that another beats at any load, the cheapest replica first.

    Args:
        offers: Machines for rent.
        gpu: The GPU.
        gpus: How many to a replica.
        purchases: Ways to buy that are wanted; all if none.

    >>> from decimal import Decimal
    >>> listed = [
    ...     Offer(provider=name, instance="x", gpu="L4-24GB", n_gpu=count, usd_per_hour=Decimal(price))
    ...     for name, count, price in (("one", 1, 1), ("two", 1, 2), ("eight", 8, 7))
    ... ]
    >>> [(each.provider, each.replicas) for each in rented(listed, "L4-24GB", 1)]
    [('eight', 8), ('one', 1)]
    """
    able = [offer for offer in offers if offer.gpu == gpu and _holds(offer, gpus)]
    each = sorted(
        (_rented(offer, gpus, able) for offer in able if not purchases or offer.purchase in purchases),
        key=lambda one: (one.usd_per_hour / one.replicas, one.beside, one.provider),
    )
    return tuple(_unbeaten(each))


def _unbeaten(each: Sequence[Rented]) -> Iterator[Rented]:
    kept: dict[tuple[str, int], list[Rented]] = {}
    for one in each:
        rivals = kept.setdefault((one.purchase, one.replicas), [])
        if not any(rival.usd_per_hour <= one.usd_per_hour and rival.beside <= one.beside for rival in rivals):
            rivals.append(one)
            yield one


def _holds(offer: Offer, gpus: int) -> bool:
    """Whether a replica of so many GPUs can stand on such machines."""
    return offer.n_gpu % gpus == 0 or (offer.n_gpu == 1 and offer.provider not in UNLINKED)


def _rented(offer: Offer, gpus: int, others: Sequence[Offer]) -> Rented:
    several = gpus if offer.n_gpu == 1 else 1
    beside = inf
    if offer.purchase.startswith("reserved"):
        kin = (offer.provider, offer.instance, offer.region)
        prices = (o for o in others if o.purchase == "on_demand" and (o.provider, o.instance, o.region) == kin)
        beside = min((float(o.usd_per_hour) for o in prices), default=inf) * several
    return Rented(
        purchase=offer.purchase, provider=offer.provider, instance=offer.instance, region=offer.region,
        gpus=max(offer.n_gpu, gpus), replicas=max(offer.n_gpu // gpus, 1),
        usd_per_hour=float(offer.usd_per_hour) * several, beside=beside,
        as_of=offer.as_of.isoformat() if offer.as_of else "", source=offer.source,
    )  # fmt: skip
