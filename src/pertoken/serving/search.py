"""Search: which GPUs, how many and in which precision serve a load within its targets, and what each way costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, isnan

import numpy as np

from pertoken.catalog.machines import Offer, Purchase
from pertoken.serving.asked import Asked, reckon
from pertoken.serving.autoscale import Autoscale, away_share
from pertoken.serving.book import Book
from pertoken.serving.capacity import Capacity, Targets, capacity
from pertoken.serving.commit import Term, plan
from pertoken.serving.cost import UnitCosts, unit_costs
from pertoken.serving.fleet import Fleet, run
from pertoken.serving.layout import stacked
from pertoken.serving.percentiles import ROUGH, Latency, Load, at_work
from pertoken.serving.profile import aligned
from pertoken.serving.sizes import together
from pertoken.serving.traffic import Traffic

MONTH = 730.0
"""Hours of a month, a twelfth of a year."""

SPOT = away_share(0.05, 600.0)
"""Share of time that a machine on spot is away: taken once in twenty hours, back in ten minutes. Assumed."""

UNLINKED = frozenset({"aws", "gcp", "azure"})
"""Clouds whose machines of one GPU have no link fit to share matrices over; others rent GPUs of one machine singly."""

SHARES = {"mean": None, "p50": 0.5, "p95": 0.95, "p99": 0.99}
"""What is told of a latency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """One way to buy the machines of a fleet.

    Args:
        purchase: On demand, on spot, or committed for one or three years, with peaks on demand where sold.
        provider: Who rents them out.
        instance: What the provider calls such a machine; several of one GPU where a replica takes more.
        gpus: GPUs of a machine.
        replicas: Replicas on a machine.
        usd_per_hour: Price of a machine.
        machines: Machines that are paid, on average over the hours.
        least: Machines in the quietest moment.
        most: Machines at the peak.
        utilisation: Share of the paid hours in which requests were served.
        monthly: What the machines cost. [USD/month]
        costs: The same by token and by use, of the same month.
    """

    purchase: Purchase
    provider: str
    instance: str
    gpus: int
    replicas: int
    usd_per_hour: float
    machines: float
    least: float
    most: float
    utilisation: float
    monthly: float
    costs: UnitCosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A model on some GPUs, at the best rate within its targets.

    Args:
        gpu: The GPU.
        gpus: GPUs of a replica, which share each matrix.
        precision: Precision of the weights.
        best: Requests a second of a replica within the targets; 0 where no load is light enough. [1/s]
        full: Requests a second of a replica without targets. [1/s]
        running: Requests at work in a replica at the best rate.
        seats: Requests that it has room for.
        kv_fill: Share of the memory for the cache that is used.
        binds: What keeps it from a higher rate.
        ttft: Time to the first token at the best rate: mean, p50, p95, p99. [s]
        tpot: Time of each later token. [s]
        floor_ttft: Time to the first token at the lightest load, at the percentile of the targets. [s]
        floor_tpot: Time of each later token at the lightest load. [s]
        bands: For tokens a second, TPOT and TTFT, the ratios to what is reckoned that one in ten measured runs of
            such kind lay below and above.
        bought: Ways to buy a fleet of them, the cheapest first; none where it is not rented out or fails the targets.
        lacking: Whether it does not fit into memory.
        notes: What is extrapolated or assumed.
    """

    gpu: str
    gpus: int
    precision: str
    best: float
    full: float
    running: float
    seats: float
    kv_fill: float
    binds: str
    ttft: dict[str, float]
    tpot: dict[str, float]
    floor_ttft: float
    floor_tpot: float
    bands: dict[str, tuple[float, float]]
    bought: tuple[Bought, ...]
    lacking: bool
    notes: tuple[str, ...]

    @property
    def monthly(self) -> float:
        """What the cheapest way to buy it costs [USD/month]; infinite for none."""
        return self.bought[0].monthly if self.bought else inf


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Wanted:
    """What is to be served, and how machines may be had.

    Args:
        load: The requests.
        targets: What they may have to wait.
        traffic: How they come.
        policy: How the fleet follows.
        offers: Machines for rent.
    """

    load: Load
    targets: Targets
    traffic: Traffic
    policy: Autoscale
    offers: tuple[Offer, ...]


def choices(each: Sequence[Asked], wanted: Wanted, book: Book) -> list[Choice]:
    """Reckon candidates, the cheapest first; then those that can't be bought, that fail the targets, that don't fit.

    Args:
        each: A replica of each candidate.
        wanted: What is to be served.
        book: Bands, and what runs have been seen.
    """
    model, on = together([a.sizes for a in each]), stacked([a.layout for a in each])
    engine = aligned([a.settings for a in each])
    found = capacity(model, on, engine, wanted.load, wanted.targets)
    with np.errstate(invalid="ignore", divide="ignore"):
        told = {name: at_work(model, on, engine, wanted.load, found.running, share) for name, share in SHARES.items()}
    full = reckon([replace(a, clients=inf, rate=inf) for a in each], book)
    made = []
    for k, (asked, known) in enumerate(zip(each, full, strict=True)):
        ratios = {
            name: (band.p10 / band.p50, band.p90 / band.p50)
            for name, band in (
                ("rate", known.output_tokens_per_second), ("tpot", known.tpot_seconds), ("ttft", known.ttft_seconds)
            )
        }  # fmt: skip
        notes = tuple(note for note in known.notes if "seats" not in note)
        made.append(_choice(asked, k, found, told, wanted, ratios, notes))
    return sorted(made, key=lambda one: (one.monthly, one.lacking, -np.nan_to_num(one.best / one.gpus), one.gpus))


def _choice(  # noqa: PLR0917  what is known of one
    asked: Asked,
    k: int,
    found: Capacity,
    told: dict[str, Latency],
    wanted: Wanted,
    bands: dict[str, tuple[float, float]],
    notes: tuple[str, ...],
) -> Choice:
    best, full, running = (float(each[k]) for each in (found.best, found.full, found.running))
    lacking = isnan(best)
    if best > ROUGH * full and np.isfinite([wanted.targets.first, wanted.targets.each]).any():
        notes = (*notes, f"rough: above {ROUGH:.0%} of the full rate; hold it against a simulation")
    prompt = float(found.prompt_time[k])
    bought = tuple(_bought(asked, best, full, prompt, wanted)) if best > 0 else ()
    return Choice(
        gpu=asked.gpu, gpus=asked.how.gpus, precision=asked.precision, best=best, full=full, running=running,
        seats=float(found.seats[k]), kv_fill=min(running / float(found.seats[k]), 1.0), binds=found.binds[k],
        ttft={name: float(one.first[k]) for name, one in told.items()},
        tpot={name: float(one.each[k]) for name, one in told.items()},
        floor_ttft=float(found.floor_first[k]), floor_tpot=float(found.floor_each[k]), bands=bands,
        bought=tuple(sorted(bought, key=lambda one: one.monthly)), lacking=lacking, notes=notes,
    )  # fmt: skip


def _bought(asked: Asked, best: float, full: float, prompt: float, wanted: Wanted) -> Iterator[Bought]:
    """Find the cheapest machine for each way of buying."""
    size = asked.how.gpus
    able = [offer for offer in wanted.offers if offer.gpu == asked.gpu and holds(offer, size)]
    fleets: dict[tuple[int, bool], Fleet] = {}
    for purchase in dict.fromkeys(offer.purchase for offer in able):
        ways = []
        for offer in (o for o in able if o.purchase == purchase):
            several, spot = max(offer.n_gpu // size, 1), purchase == "spot"
            if (several, spot) not in fleets:
                policy = replace(wanted.policy, away_share=SPOT) if spot else wanted.policy
                fleets[several, spot] = run(wanted.traffic, several * best, policy, full_rate=several * full)
            ways.append(_way(offer, size, fleets[several, spot], _beside(offer, able), wanted, (best, prompt)))
        yield min(ways, key=lambda one: one.monthly)


def _beside(offer: Offer, others: Sequence[Offer]) -> float:
    """Find what the same machine costs on demand; beyond all measure where it isn't sold so."""
    kin = (offer.provider, offer.instance, offer.region)
    prices = (o for o in others if o.purchase == "on_demand" and (o.provider, o.instance, o.region) == kin)
    return float(next((o.usd_per_hour for o in prices), offer.usd_per_hour * 1000))


def holds(offer: Offer, gpus: int) -> bool:
    """Whether a replica of so many GPUs can stand on such machines."""
    return offer.n_gpu % gpus == 0 or (offer.n_gpu == 1 and offer.provider not in UNLINKED)


def machine_price(offer: Offer, gpus: int) -> float:
    """Price of what a replica stands on: the machine, or as many of one GPU as it takes [USD/hour]."""
    return float(offer.usd_per_hour) * (gpus if offer.n_gpu == 1 else 1)


def _way(  # noqa: PLR0917  what a purchase hangs on
    offer: Offer, size: int, fleet: Fleet, on_demand: float, wanted: Wanted, pace: tuple[float, float]
) -> Bought:
    paid, price = fleet.replicas.paid, machine_price(offer, size)
    month = MONTH / wanted.traffic.hours
    bill = float(fleet.paid_hours) * price
    if offer.purchase.startswith("reserved"):
        terms = [Term(name=offer.purchase, price=price)]
        dear = on_demand * (size if offer.n_gpu == 1 else 1)
        bill = float(plan(paid, on_demand=dear, terms=terms, width=wanted.traffic.width).cost)
    best, prompt = pace
    costs = unit_costs(
        bill * month,
        {use: hours * month for use, hours in fleet.hours.items()},
        requests=float(fleet.served.sum()) * month,
        input_tokens=wanted.load.input_tokens,
        output_tokens=wanted.load.output_tokens,
        prompt_seconds=prompt,
        decode_seconds=max(1 / best - prompt, 0.0),
    )
    return Bought(
        purchase=offer.purchase, provider=offer.provider, instance=offer.instance, gpus=max(offer.n_gpu, size),
        replicas=max(offer.n_gpu // size, 1), usd_per_hour=price, machines=float(paid.mean()), least=float(paid.min()),
        most=float(paid.max()), utilisation=float(fleet.utilisation), monthly=bill * month, costs=costs,
    )  # fmt: skip
