"""Asked: many loads on many machines reckoned at once, each with its band, what binds, what is to be known of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache, partial
from math import isfinite, isnan, nan
from typing import NamedTuple, TypeVar

import numpy as np

from pertoken.serving.aids import Aids
from pertoken.serving.book import NEW_ENGINE, NEW_GPU, NEW_MODEL, NEW_NUMBERS, SEEN, Book, Engine
from pertoken.serving.eras import COMMON
from pertoken.serving.layout import Layout, numbers, stacked
from pertoken.serving.memory import fits
from pertoken.serving.profile import Profile, aligned
from pertoken.serving.runs import METRICS
from pertoken.serving.sizes import Sizes, together
from pertoken.serving.spread import Parallel
from pertoken.serving.steady import FULL, Steady, seats, serve
from pertoken.serving.steptime import step
from pertoken.serving.values import Values

Known = tuple[tuple[tuple[float, float], ...], tuple[str, ...]]
"""Bands of the metrics, as ratios, and notes."""

Record = TypeVar("Record", Sizes, Layout, Profile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """A number that is not certain.

    Args:
        p10: One in ten lies below.
        p50: What is reckoned.
        p90: One in ten lies above.
    """

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One load on one machine, ready to be reckoned.

    Args:
        sizes: The model as numbers.
        layout: A replica on its GPUs.
        engine: Constants of the engine.
        settings: The same with what it is set to.
        replicas: How many there are; they share the load.
        how: How the GPUs of a replica share the work.
        input_tokens: Length of a prompt.
        output_tokens: Length of an answer.
        clients: Clients in a closed loop; infinite for as many as there is room for.
        rate: Requests a second of an open load; infinite for a closed loop.
        aids: What spares the engine work.
        model: Name of the model, as asked for.
        shape: Name of its shape, which runs of it go by.
        gpu: Name of the GPU.
        precision: Name of the precision.
        unread: What the model's configuration says of its shape and is not reckoned.
    """

    sizes: Sizes
    layout: Layout
    engine: Engine
    settings: Profile
    replicas: int
    how: Parallel
    input_tokens: float
    output_tokens: float
    clients: float
    rate: float
    aids: Aids
    model: str
    shape: str
    gpu: str
    precision: str
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingEstimate:
    """What serving a model on GPUs of one's own gives.

    Args:
        model: The model, by the name that its shape is known by.
        gpu: The GPU.
        gpus: How many, over all replicas.
        replicas: Replicas that share the load.
        how: How the GPUs of a replica share the work.
        engine: Profile that was used.
        precision: Precision of the weights.
        running: Sequences that a replica serves at once.
        seats: Sequences that it has room for.
        output_tokens_per_second: Of all replicas.
        requests_per_second: Of all replicas.
        ttft_seconds: Time to the first token, mean; with clients in a closed loop it has the wait for others' prompts
            that such benchmarks measure.
        tpot_seconds: Time of each later token, mean.
        prompt_seconds: GPU time of a replica that the prompt of a request takes.
        decode_seconds: GPU time of a replica that the answer of a request takes.
        kv_fill: Share of the room for the cache that is used.
        binds: What a faster answer is up against.
        notes: What is extrapolated or assumed.
    """

    model: str
    gpu: str
    gpus: int
    replicas: int
    how: Parallel
    engine: str
    precision: str
    running: float
    seats: float
    output_tokens_per_second: Range
    requests_per_second: Range
    ttft_seconds: Range
    tpot_seconds: Range
    prompt_seconds: float
    decode_seconds: float
    kv_fill: float
    binds: str
    notes: tuple[str, ...]


WORDS = {"products": "", "cache": "reading the cache", "prompt": "prompts", "exchange": "links between GPUs",
         "overhead": "fixed costs of steps", "idle": "a host that launches kernels"}  # fmt: skip
"""What the parts of a step are called where one binds."""


STATE = tuple(Steady.__dataclass_fields__)
"""What a state says of a replica."""


def reckon(each: Sequence[Asked], book: Book) -> list[ServingEstimate]:
    """Reckon loads, all at once.

    A load that the machine has no room for comes back as NaN, and its notes say so.

    Args:
        each: The loads.
        book: Bands, and what runs have been seen.
    """
    model, on = _gathered([a.sizes for a in each], together), _gathered([a.layout for a in each], stacked)
    engine = _gathered([a.settings for a in each], aligned)
    aids = Aids(**{name: np.array([getattr(a.aids, name) for a in each], float) for name in Aids.__dataclass_fields__})
    number = {
        name: np.array([getattr(a, name) for a in each], float)
        for name in ("input_tokens", "output_tokens", "clients", "rate", "replicas")
    }
    clients, rate = number["clients"] / number["replicas"], number["rate"] / number["replicas"]
    length, shared = number["input_tokens"] + number["output_tokens"] / 2, aids.shared(number["input_tokens"])
    most = seats(model, on, engine, length, shared)
    whole = fits(model, on, length, spare=engine.spare, shared=shared)
    with np.errstate(invalid="ignore", divide="ignore"):
        room = np.where(most >= 1, most, np.nan)
        state = serve(model, on, engine, number["input_tokens"], number["output_tokens"], clients, rate, aids)
        binding = _binding(model, on, engine, number, state)
    table = np.stack([np.broadcast_to(getattr(state, name), state.rate.shape) for name in STATE]).T.tolist()
    known = cache(partial(_known, book))
    return [
        _estimate(a, known(_told(a)), dict(zip(STATE, row, strict=True)), (seat, by_memory), bound)
        for a, row, seat, by_memory, bound in zip(each, table, room.tolist(), whole.tolist(), binding, strict=True)
    ]


def _gathered(each: list[Record], stack: Callable[[Sequence[Record]], Record]) -> Record:
    """Stack records, each that comes again once only."""
    once = {id(one): one for one in each}
    place = {key: k for k, key in enumerate(once)}
    where, stacks = np.array([place[id(one)] for one in each]), stack(list(once.values()))
    return replace(stacks, **{f.name: getattr(stacks, f.name)[..., where] for f in fields(stacks)})


def _binding(model: Sizes, on: Layout, engine: Profile, number: dict[str, Values], state: Steady) -> list[str]:
    """Name what takes most of the time of a token: prompts of others, or a part of the step."""
    batch, context = np.maximum(state.running, 1), number["input_tokens"] + number["output_tokens"] / 2
    parts = step(model, on, engine, batch, context)
    prompts = state.prompt_time * batch / number["output_tokens"]
    times = np.stack([np.broadcast_to(getattr(parts, name), batch.shape) for name in WORDS])
    largest = np.where(prompts > times.sum(axis=0), len(WORDS), times.argmax(axis=0))
    products = np.where(parts.bound > 1 / 2, "streaming weights", "multiplying weights")
    names = [*WORDS.values(), "prompts"]
    return [names[k] or str(products[i]) for i, k in enumerate(largest)]


def _estimate(
    asked: Asked, known: Known, state: dict[str, float], places: tuple[float, float], binds: str
) -> ServingEstimate:
    (wide, said), (room, by_memory) = known, places
    notes = [*said, *_untried(asked)]
    if isnan(room):
        state = dict.fromkeys(state, nan)
        binds, notes = "memory", [*notes, "does not fit into memory"]
    requests = state["rate"] * asked.replicas
    tokens = requests * asked.output_tokens
    full = state["running"] >= room * FULL
    bands = [_range(value, *band) for value, band in zip((tokens, state["each"], state["first"]), wide, strict=True)]
    if isfinite(asked.rate) and not full:  # what comes is served
        bands[0] = _range(tokens, 1.0, 1.0)
    elif full:
        notes.append("all seats are taken: a larger load waits")
    answers, each, first = bands
    return ServingEstimate(
        model=asked.shape,
        gpu=asked.gpu,
        gpus=asked.how.gpus * asked.replicas,
        replicas=asked.replicas,
        how=asked.how,
        engine=asked.engine.name,
        precision=asked.precision,
        running=state["running"],
        seats=room,
        output_tokens_per_second=answers,
        requests_per_second=_over(answers, asked.output_tokens),
        ttft_seconds=first,
        tpot_seconds=each,
        prompt_seconds=state["prompt_time"],
        decode_seconds=max(1 / state["rate"] - state["prompt_time"], 0.0) if state["rate"] else nan,
        kv_fill=min(state["running"] / by_memory, 1.0),
        binds=binds,
        notes=tuple(notes),
    )


class _Told(NamedTuple):
    """What the band of a load hangs on."""

    gpu: str
    numbers: str
    model: str
    engine: str
    era: str
    kind: str
    precision: str


def _told(asked: Asked) -> _Told:
    kind = "experts" if asked.sizes.experts > 1 else "dense"
    kept, era = numbers(asked.layout, asked.gpu, kind), asked.engine.era.name
    return _Told(asked.gpu, kept, asked.shape, asked.engine.name, era, kind, asked.precision)


def _known(book: Book, told: _Told) -> Known:
    """Find the bands of the metrics, and say what no run of the fit had."""
    gpu, kept, model, engine, era, kind, precision = told
    known = gpu in book.seen.get("gpu", ())
    what = f"{gpu.partition('-')[0]} of {'dense models' if kind == 'dense' else 'models with experts'} in {precision}"
    new = {
        NEW_GPU: (not known, f"no measured run on {gpu}"),
        NEW_NUMBERS: (known and kept not in book.seen.get(NEW_NUMBERS, (kept,)), f"no measured run on {what}"),
        NEW_MODEL: (model not in book.seen.get("model", ()), f"no measured run of {model}"),
        NEW_ENGINE: (engine == COMMON, "no measured run of this engine: what all have in common"),
    }
    cases = (SEEN, *(case for case, (holds, _) in new.items() if holds))
    notes = tuple(f"extrapolated: {words}" for holds, words in new.values() if holds)
    return tuple(book.band(metric, cases, kind, era) for metric in METRICS), notes


def _untried(asked: Asked) -> Iterator[str]:
    if asked.unread:
        yield f"extrapolated: the configuration says {', '.join(asked.unread)}, which is not reckoned"
    if asked.how.pipeline > 1:
        yield "extrapolated: no measured run with pipeline stages"
    if asked.aids.drafted:
        yield "extrapolated: no measured run with speculative decoding"


def _range(value: float, low: float, high: float) -> Range:
    return Range(p10=value * low, p50=value, p90=value * high)


def _over(ranged: Range, divisor: float) -> Range:
    return Range(p10=ranged.p10 / divisor, p50=ranged.p50 / divisor, p90=ranged.p90 / divisor)
