"""Search: which GPUs, how many and in which precision serve a load within its targets, and what each way costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isnan

import numpy as np

from pertoken.catalog.machines import Offer
from pertoken.serving.asked import Asked, ServingEstimate, reckon
from pertoken.serving.autoscale import Autoscale
from pertoken.serving.book import Book
from pertoken.serving.bought import Bought, Pace, bought
from pertoken.serving.capacity import Capacity, Targets, capacity
from pertoken.serving.layout import stacked
from pertoken.serving.percentiles import CROWDED, FEW, ROUGH, Latency, Load, at_work
from pertoken.serving.profile import aligned
from pertoken.serving.rented import Rented, rented
from pertoken.serving.sizes import together
from pertoken.serving.traffic import Traffic

SHARES = {"mean": None, "p50": 0.5, "p95": 0.95, "p99": 0.99}
"""What is told of a latency, beside the percentile of the targets."""

AIMED = "aimed"
"""What a latency at the percentile of the targets is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A model on some GPUs, at the best rate within its targets.

    Args:
        gpu: The GPU.
        gpus: GPUs of a replica, which share each matrix.
        precision: Precision of the weights.
        apart: Groups of GPUs that run attention on requests of their own, with experts over all; 1 where each matrix is
            shared by all.
        best: Requests a second of a replica within the targets; 0 where no load is light enough. [1/s]
        full: Requests a second of a replica without targets. [1/s]
        running: Requests at work in a replica at the best rate.
        seats: Requests that it has room for.
        kv_fill: Share of the memory for the cache that is used.
        binds: What keeps it from a higher rate.
        ttft: Time to the first token at the best rate: mean, p50, p95, p99, and at the percentile `aimed` at. [s]
        tpot: Time of each later token. [s]
        floor_ttft: Time to the first token at the lightest load, at the percentile of the targets. [s]
        floor_tpot: Time of each later token at the lightest load. [s]
        bands: For tokens a second, TPOT and TTFT, the ratios to what is reckoned that one in ten measured runs of
            such kind lay below and above.
        rented: Machines that it can stand on; none where it is not rented out or fails the targets.
        bought: Ways to buy a fleet of them, the cheapest first.
        lacking: Whether it does not fit into memory.
        notes: What is extrapolated or assumed.
    """

    gpu: str
    gpus: int
    precision: str
    apart: int
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
    rented: tuple[Rented, ...]
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
        purchases: Ways to buy them that are wanted; all if none.
        deadline: How long requests may wait that are due by a time, instead of targets; infinite if they may not. [s]
    """

    load: Load
    targets: Targets
    traffic: Traffic
    policy: Autoscale
    offers: tuple[Offer, ...]
    purchases: tuple[str, ...] = ()
    deadline: float = inf


def choices(each: Sequence[Asked], wanted: Wanted, book: Book) -> list[Choice]:
    """Reckon candidates, the cheapest first; then those that can't be bought, that fail the targets, that don't fit.

    Of several ways to share the work among the same GPUs, the best is kept.

    Args:
        each: A replica of each candidate.
        wanted: What is to be served.
        book: Bands, and what runs have been seen.
    """
    model, on = together([a.sizes for a in each]), stacked([a.layout for a in each])
    engine = aligned([a.settings for a in each])
    found = capacity(model, on, engine, wanted.load, wanted.targets)
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = SHARES | {AIMED: wanted.targets.share}
        told = {name: at_work(model, on, engine, wanted.load, found.running, share) for name, share in shares.items()}
    full = reckon([replace(a, clients=inf, rate=inf) for a in each], book)
    made = [
        _choice(asked, k, found, told, wanted, known) for k, (asked, known) in enumerate(zip(each, full, strict=True))
    ]
    made.sort(key=lambda one: (one.monthly, one.lacking, -np.nan_to_num(one.best / one.gpus), one.gpus))
    best: dict[tuple[str, int, str], Choice] = {}
    for one in made:
        best.setdefault((one.gpu, one.gpus, one.precision), one)
    return list(best.values())


def _bands(known: ServingEstimate) -> dict[str, tuple[float, float]]:
    ranges = {"rate": known.output_tokens_per_second, "tpot": known.tpot_seconds, "ttft": known.ttft_seconds}
    return {name: (band.p10 / band.p50, band.p90 / band.p50) for name, band in ranges.items()}


def _choice(  # noqa: PLR0917  what is known of one
    asked: Asked, k: int, found: Capacity, told: dict[str, Latency], wanted: Wanted, known: ServingEstimate
) -> Choice:
    best, full, running = (float(each[k]) for each in (found.best, found.full, found.running))
    notes = tuple(note for note in known.notes if "seats" not in note)
    seats = float(found.seats[k])
    if np.isfinite([wanted.targets.first, wanted.targets.each]).any():
        if best > ROUGH * full:
            notes = (*notes, f"rough: above {ROUGH:.0%} of the full rate; hold it against a simulation")
        elif seats < FEW and best > CROWDED * full:
            notes = (*notes, f"rough: room for fewer than {FEW} requests at once; hold it against a simulation")
    prompt = float(found.prompt_time[k])
    pace = Pace(best=best, full=full, prompt_seconds=prompt)
    able = rented(wanted.offers, asked.gpu, asked.how.gpus, wanted.purchases) if best > 0 else ()
    return Choice(
        gpu=asked.gpu, gpus=asked.how.gpus, precision=asked.precision, apart=asked.how.apart, best=best,
        full=full, running=running, seats=seats, binds=found.binds[k],
        kv_fill=min(running / seats, 1.0) * known.kv_fill,
        ttft={name: float(one.first[k]) for name, one in told.items()},
        tpot={name: float(one.each[k]) for name, one in told.items()},
        floor_ttft=float(found.floor_first[k]), floor_tpot=float(found.floor_each[k]), bands=_bands(known),
        rented=able, lacking=isnan(best), notes=notes,
        bought=bought(able, pace, wanted.load, wanted.traffic, wanted.policy, wanted.deadline),
    )  # fmt: skip
