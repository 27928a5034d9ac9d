"""Simulated serving: requests go through engines step by step, and what each of them saw is kept.

It is the reference for percentiles; `steady` is what one searches with. The order of events is that of the engines'
own schedulers, the time of each step that of `step`.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError
from pertoken.serving.aids import PLAIN, Aids
from pertoken.serving.cadence import Cadence, cadence
from pertoken.serving.demand import Demand
from pertoken.serving.engine_state import BINS, RULES, TABLES, Room, Small, furnish
from pertoken.serving.layout import Layout
from pertoken.serving.memory import fits
from pertoken.serving.profile import Profile
from pertoken.serving.scheduler import POLICIES, ROUTERS, Scheduler
from pertoken.serving.sizes import Sizes
from pertoken.serving.steady import starting
from pertoken.serving.values import Values

SLICE = 100_000
"""Requests between two reports of progress."""

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Latency:
    """A time that requests take, over all of them [s].

    Args:
        mean: On average.
        p50: Half of them see at most this.
        p95: Nineteen of twenty.
        p99: Ninety-nine of a hundred.
    """

    mean: float
    p50: float
    p95: float
    p99: float


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """What requests saw, and what replicas did.

    Args:
        arrival: When each request came. [s]
        first: When it had its first token. [s]
        done: When it had its last. [s]
        output: Tokens of its answer.
        place: Replica that served it.
        width: Of a bin of time; infinite for one bin. [s]
        bins: What the replicas did in each bin, by name; `prompt` and `output` are the seconds of GPUs that prompts
            and answers caused, `running` and `memory` are sequences and blocks times seconds.
        capacity: Blocks of memory of a replica.
        replicas: How many there are.
        preempted: Times that a request lost its memory and began again.
        found: Tokens of prompts that were in the cache.
        prompted: Tokens of prompts that were computed, those computed again included.
    """

    arrival: Values
    first: Values
    done: Values
    output: Small
    place: Small
    width: float
    bins: dict[str, Values]
    capacity: int
    replicas: int
    preempted: int
    found: int
    prompted: int

    def __len__(self) -> int:
        """Count the requests."""
        return len(self.arrival)

    @property
    def span(self) -> float:
        """Time from the first arrival to the last token [s]."""
        return float(self.done.max() - self.arrival[0])

    @property
    def busy_share(self) -> float:
        """Share of the time of all replicas in which they worked."""
        return float((self.bins["prompt"].sum() + self.bins["output"].sum()) / (self.replicas * self.span))

    @property
    def rate(self) -> float:
        """Answers a second [1/s]."""
        return len(self) / self.span

    @property
    def output_rate(self) -> float:
        """Tokens of answers a second [token/s]."""
        return float(self.output.sum(dtype=np.int64)) / self.span

    def between(self, begin: float = 0.0, end: float = np.inf) -> slice:
        """Find the requests that came from a time on and before another: what lies outside warms up or runs empty."""
        return slice(*np.searchsorted(self.arrival, [begin, end]).tolist())

    def ttft(self, which: slice = slice(None)) -> Latency:
        """Time to the first token."""
        return _latency(self.first[which] - self.arrival[which])

    def tpot(self, which: slice = slice(None)) -> Latency:
        """Time of each later token, on average over an answer; answers of one token have none."""
        later = self.output[which] - 1
        several = later > 0
        return _latency((self.done[which] - self.first[which])[several] / later[several])

    def e2e(self, which: slice = slice(None)) -> Latency:
        """Time to the last token."""
        return _latency(self.done[which] - self.arrival[which])

    def series(self) -> dict[str, Values]:
        """Say what each bin of time was like.

        Returns:
            By name: `begin` [s]; `running` and `waiting` requests on average; `memory_share` and `busy_share`;
            `output_rate` [token/s]; `arrived` and `answered` requests. The last bin may end early.
        """
        count = len(self.bins["steps"])
        begin = np.arange(count) * (self.width if count > 1 else 0.0)
        end = np.minimum(begin + self.width, max(float(self.done.max()), float(begin[-1]) + 1e-9))
        time = end - begin
        here = _held(self.arrival, begin, end) - _held(self.done, begin, end)
        running = self.bins["running"] / time
        busy = self.bins["prompt"] + self.bins["output"]
        return {
            "begin": begin,
            "running": running,
            "waiting": np.maximum(here / time - running, 0.0),
            "memory_share": self.bins["memory"] / (time * self.capacity * self.replicas),
            "busy_share": busy / (time * self.replicas),
            "output_rate": self.bins["made"] / time,
            "arrived": np.histogram(self.arrival, [*begin, np.inf])[0],
            "answered": np.histogram(self.done, [*begin, np.inf])[0],
        }


def simulate(
    demand: Demand,
    model: Sizes,
    on: Layout,
    engine: Profile,
    scheduler: Scheduler | None = None,
    *,
    replicas: int = 1,
    clients: int | None = None,
    capacity_tokens: float | None = None,
    bin_seconds: float = np.inf,
    aids: Aids = PLAIN,
    progress: Progress | None = None,
) -> Simulated:
    """Simulate replicas that serve requests.

    Args:
        demand: The requests.
        model: The model.
        on: How each replica lies on its GPUs.
        engine: Constants of the engine.
        scheduler: How it schedules; chunked, with what `engine` runs and takes at most, if None.
        replicas: How many there are.
        clients: How many clients ask in a loop: a request comes when one before it is answered, and the times of
            `demand` don't matter. None for requests that come at their times.
        capacity_tokens: Tokens that the cache of a replica holds; by its memory and the mean length if None.
        bin_seconds: Width of the bins of time that are kept; one for all if infinite. [s]
        aids: Drafted tokens and adapters; what prompts have in the cache already is said by `demand`.
        progress: Told how much is done, 0 to 1.

    Returns:
        What each request saw.

    Raises:
        InputError: The model or the longest request does not fit, or clients ask more than one replica.
    """
    rules = scheduler or Scheduler(most=int(engine.most), budget=max(int(engine.chunk), int(engine.most)))
    length = float(demand.input.mean() + demand.output.mean() / 2)
    tokens = capacity_tokens
    if tokens is None:
        tokens = float(fits(model, on, length, spare=engine.spare)) * length
        tokens -= (float(on.apart) - 1) * int(demand.common.max())  # each group holds them, see `_capacity`
    beat = cadence(model, on, engine, most_tokens=most_tokens(demand, rules), aids=aids)
    delay = float(starting(model, on, engine))
    return run(
        demand, beat, rules,
        replicas=replicas, clients=clients, capacity_tokens=tokens, delay=delay, bin_seconds=bin_seconds,
        progress=progress,
    )  # fmt: skip


def most_tokens(demand: Demand, scheduler: Scheduler) -> int:
    """Say how many tokens a step has at most, sequences and prompts together."""
    longest = int((demand.input.astype(np.int64) + demand.output).max())
    return max(scheduler.budget, scheduler.most, longest)


def run(
    demand: Demand,
    beat: Cadence,
    scheduler: Scheduler,
    *,
    capacity_tokens: float,
    replicas: int = 1,
    clients: int | None = None,
    delay: float = 0.0,
    bin_seconds: float = np.inf,
    progress: Progress | None = None,
) -> Simulated:
    """Simulate replicas of which the times of steps are known; see `simulate`.

    Args:
        demand: The requests.
        beat: Times of steps.
        scheduler: How the engine schedules.
        capacity_tokens: Tokens that the cache of a replica holds.
        replicas: How many there are.
        clients: How many clients ask in a loop, or None.
        delay: Time from when a request comes to when it is ready for a step. [s]
        bin_seconds: Width of the bins of time. [s]
        progress: Told how much is done, 0 to 1.
    """
    if clients is not None and (replicas != 1 or clients < 1):
        raise InputError(f"{clients} clients of {replicas} replicas in a loop; expected at least 1 client of 1 replica")
    if len(beat.prompts) <= beat.stages * most_tokens(demand, scheduler):
        found = f"times of steps of up to {(len(beat.prompts) - 1) // beat.stages:,} tokens"
        raise InputError(f"{found}; expected up to {most_tokens(demand, scheduler):,}, see `most_tokens`")
    blocks = _capacity(demand, scheduler, capacity_tokens)
    rules = _rules(demand, beat, scheduler, blocks)
    rules["width"], rules["delay"], rules["clients"] = bin_seconds, delay, clients or 0
    count = 2 * (1 + (0 if np.isinf(bin_seconds) or clients else int((demand.arrival[-1] + delay) / bin_seconds)))
    made = furnish(demand, beat, rules, bins=count, replicas=replicas, capacity=blocks)
    made = _worked(made, rules, progress or (lambda _: None))
    state, seen = made.state, made.requests
    bins = made.bins[: 1 if np.isinf(bin_seconds) else int(seen["done"].max() / bin_seconds) + 1]
    return Simulated(
        arrival=seen["ready"] - delay,
        first=seen["first"].copy(),
        done=seen["done"].copy(),
        output=demand.output,
        place=seen["place"].copy(),
        width=bin_seconds,
        bins=dict(zip(BINS, bins.T, strict=True)),
        capacity=blocks,
        replicas=replicas,
        preempted=int(state["preempted"].sum()),
        found=int(state["found"].sum()),
        prompted=int(state["prompted"].sum()),
    )


def _worked(made: Room, rules: NDArray[np.void], tell: Progress) -> Room:
    """Let replicas work, a slice of requests at a time, until all are answered."""
    from pertoken.serving.engine_drive import work  # noqa: PLC0415  slow to load

    size, looped, left = len(made.requests), bool(rules["clients"][0]), True
    for begin in range(0, 0 if looped else size, SLICE):
        work(made, rules, begin, min(begin + SLICE, size), 0.0)
        tell(min(begin + SLICE, size) / size)
    rules["closing"] = True
    while left:
        answered = int(made.state["finished"].sum())
        enough = min(answered // SLICE * SLICE + SLICE, size) if looped else 0
        left = work(made, rules, 0, enough, _horizon(made, rules)) or (looped and enough < size)
        if made.state["now"].max() >= _horizon(made, rules):
            made = made._replace(bins=np.concatenate([made.bins, np.zeros_like(made.bins)]))
        if looped:
            tell(float(made.state["finished"][0]) / size)
    return made


def _horizon(made: Room, rules: NDArray[np.void]) -> float:
    """Say up to when to work: bins must reach beyond, since what is begun before is ended after [s]."""
    return float(len(made.bins) // 2 * rules["width"][0])


def _capacity(demand: Demand, scheduler: Scheduler, tokens: float) -> int:
    """Count the blocks of memory, less those that all requests share, if the longest request fits."""
    block = scheduler.block
    shared = int(demand.common.max()) // block
    blocks = int(max(tokens, 0) // block) - shared
    private = demand.input.astype(np.int64) + demand.output - 1 - demand.common // block * block
    if scheduler.policy == "batch":
        private = demand.input.astype(np.int64) + int(demand.output.max()) - 1
    need = int(-(-private.max() // block)) + (int(demand.per_id) // block if demand.per_id else 0)
    if need > blocks:
        found = f"the cache of a replica holds {max(blocks, 0) * block:,} tokens, the longest request {need * block:,}"
        raise InputError(f"{found}; use more or larger GPUs, a smaller cache (FP8), or shorter requests")
    return blocks


def _rules(demand: Demand, beat: Cadence, scheduler: Scheduler, blocks: int) -> NDArray[np.void]:
    if demand.per_id % scheduler.block:
        found = f"prefixes in blocks of {demand.per_id} tokens, memory in blocks of {scheduler.block}"
        raise InputError(f"{found}; expected a multiple")
    rules = np.zeros(1, dtype=RULES)
    for name in ("most", "budget", "block", "patience", "imbalance", "worth"):
        rules[name] = getattr(scheduler, name)
    for name in set(Cadence._fields) - {*TABLES}:
        rules[name] = getattr(beat, name)
    rules["policy"], rules["router"] = POLICIES[scheduler.policy], ROUTERS[scheduler.router]
    rules["reserve"] = scheduler.reserve or scheduler.policy == "batch"
    rules["ratio"] = demand.per_id // scheduler.block
    rules["margin"] = int(scheduler.margin_share * blocks)
    return rules


def _latency(times: Values) -> Latency:
    if len(times) == 0:
        return Latency(np.nan, np.nan, np.nan, np.nan)
    return Latency(float(times.mean()), *np.quantile(times, [0.5, 0.95, 0.99]).tolist())


def _held(moments: Values, begin: Values, end: Values) -> Values:
    """Integrate over each bin how many of some moments have passed."""
    if len(begin) == 1:
        return np.array([np.sum(end[0] - np.minimum(moments, end[0]))])
    width = begin[1] - begin[0]
    at = np.minimum((moments / width).astype(np.int64), len(begin) - 1)
    inside = np.bincount(at, weights=end[at] - moments, minlength=len(begin))
    before = np.concatenate([[0], np.cumsum(np.bincount(at, minlength=len(begin)))[:-1]])
    return inside + before * (end - begin)
