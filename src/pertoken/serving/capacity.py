"""Capacity: the best rate of a replica within targets of latency, and what keeps it from more."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError
from pertoken.serving.layout import Layout
from pertoken.serving.memory import fits
from pertoken.serving.percentiles import Latency, Load, at_work
from pertoken.serving.profile import Profile
from pertoken.serving.sizes import Sizes
from pertoken.serving.steady import FEWEST, seats
from pertoken.serving.values import Values

ROUNDS = 40
"""Halvings of the search for how many may be at work."""

SATURATED = 0.97
"""Share of the full rate that half of the seats give where more of them would not help."""

MEMORY, SEQUENCES, PREFILL, DECODE, FIRST, EACH = (
    "memory", "max sequences", "prefill", "decode", "TTFT", "TPOT"
)  # fmt: skip
"""What binds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What requests may have to wait.

    Args:
        first: Time to the first token; infinite for no target. [s]
        each: Time of each later token; infinite for no target. [s]
        percentile: Percentage of the requests that must see no more.

    Raises:
        InputError: A time of 0 or less, or a percentile that is none.
    """

    first: float = np.inf
    each: float = np.inf
    percentile: float = 99.0

    def __post_init__(self) -> None:
        """Refuse what nobody can reach."""
        if not (self.first > 0 and self.each > 0):
            raise InputError(f"targets of {self.first:g} s and {self.each:g} s; expected times above 0")
        if not 50 <= self.percentile < 100:  # noqa: PLR2004  a median, or higher
            raise InputError(f"percentile {self.percentile:g}; expected at least 50 and below 100, as 99")

    @property
    def share(self) -> float:
        """Share of the requests that must see no more."""
        return self.percentile / 100


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Capacity:
    """What replicas give at most; arrays over configurations, NaN where the model does not fit.

    Args:
        best: Requests a second within the targets; 0 where no load is light enough. [1/s]
        full: Requests a second without targets. [1/s]
        running: Requests at work at the best rate, on average.
        seats: Requests that there is room for.
        floor_first: Time to the first token at the lightest load, at the percentile. [s]
        floor_each: Time of each later token at the lightest load, at the percentile. [s]
        prompt_time: GPU time that the prompt of a request takes at the best rate. [s]
        binds: What keeps each from a higher rate.
    """

    best: Values
    full: Values
    running: Values
    seats: Values
    floor_first: Values
    floor_each: Values
    prompt_time: Values
    binds: list[str]


def capacity(model: Sizes, on: Layout, engine: Profile, load: Load, targets: Targets) -> Capacity:
    """Find the best rate of replicas, all at once.

    Latencies and the rate rise with the number at work, so that is bisected, in logarithms. As many may be at work as
    leave a seat to all but the share of requests beyond the percentile, as long as a target is set.

    Args:
        model: The model.
        on: How it lies on its GPUs, one configuration after the other.
        engine: Constants of the engine.
        load: The requests.
        targets: What they may have to wait.
    """
    room = np.atleast_1d(seats(model, on, engine, load.length, load.shared) * np.ones(np.shape(on.gpus)))
    by_memory = fits(model, on, load.length, spare=engine.spare, shared=load.shared)
    with np.errstate(invalid="ignore", divide="ignore"):
        there = np.where(room >= 1, room, np.nan)
        aimed = np.isfinite([targets.first, targets.each]).any()
        most = np.maximum(_kept(there, targets.share), FEWEST) if aimed else there
        least, top = (
            at_work(model, on, engine, load, end, targets.share) for end in (np.full_like(there, FEWEST), most)
        )
        low, high = np.full_like(there, np.log(FEWEST)), np.log(most)
        for _ in range(ROUNDS):
            middle = (low + high) / 2
            within = _within(at_work(model, on, engine, load, np.exp(middle), targets.share), targets)
            low, high = np.where(within, middle, low), np.where(within, high, middle)
        running = np.where(_within(top, targets), most, np.exp(low))
        found = at_work(model, on, engine, load, running, None)
        whole, half = (at_work(model, on, engine, load, each, None) for each in (there, np.maximum(there / 2, 1)))
        limit = _limit(top, targets, half.rate / whole.rate, found, by_memory, room)
    best = np.where(np.isnan(there), np.nan, np.where(_within(least, targets), found.rate, 0.0))
    return Capacity(
        best=np.minimum(best, whole.rate), full=whole.rate, running=running, seats=there,
        floor_first=least.first, floor_each=least.each, prompt_time=found.prompt_time,
        binds=[MEMORY if none else floor or word for word, floor, none in zip(
            limit, _floored(least, targets), np.isnan(there).tolist(), strict=True
        )],
    )  # fmt: skip


def _kept(room: Values, share: float) -> Values:
    """Count those at work on average, Poisson, so that a share of the moments has a seat: B + z sqrt(B) = seats."""
    from scipy.special import ndtri  # noqa: PLC0415  slow to load

    z = ndtri(share)
    kept: Values = (np.sqrt(z**2 / 4 + room) - z / 2) ** 2
    return kept


def _within(found: Latency, targets: Targets) -> Values:
    return (found.first <= targets.first) & (found.each <= targets.each)


def _floored(least: Latency, targets: Targets) -> list[str]:
    """Name the target that even the lightest load breaks; nothing where there is none."""
    words = np.select([least.first > targets.first, least.each > targets.each], [FIRST, EACH], "")
    named: list[str] = np.atleast_1d(words).tolist()
    return named


def _limit(  # noqa: PLR0917  what may bind
    top: Latency, targets: Targets, gained: Values, found: Latency, by_memory: Values, room: Values
) -> list[str]:
    """Name what binds: a target that all seats would break, work that more seats would not speed, or the seats."""
    late = [(top.first > targets.first), (top.each > targets.each)]
    prompts = found.prompt_time * found.rate > 1 / 2
    sure = np.broadcast_to(np.asarray(by_memory) <= room, np.shape(room))
    words = np.select(
        [late[1], late[0], (gained > SATURATED) & prompts, gained > SATURATED, sure],
        [EACH, FIRST, PREFILL, DECODE, MEMORY],
        SEQUENCES,
    )
    named: list[str] = np.atleast_1d(words).tolist()
    return named
