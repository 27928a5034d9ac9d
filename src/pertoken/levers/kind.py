"""Kinds of levers: what the trade calls them, their parameters, and the moves and additions that each is made of.

What a lever costs itself (a look-up, a verification, a wrong answer) is a meter of its own (`x_...`) under the key
`lever`, so that a card must say what it costs: nothing is free by being forgotten.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from pertoken.levers.effect import Add, Effect, Move, Number

Labels = Mapping[str, str]
Numbers = Mapping[str, Number]

EMBEDDINGS, VERIFICATIONS, WRONG_ANSWERS = "x_embeddings", "x_verifications", "x_wrong_answers"
"""Meters of what a lever costs itself: look-ups by meaning, answers that are judged, wrong answers that go out."""

COMPRESSED = "x_compressed_tokens"
"""Meter of the tokens that a compressor reads."""

NONE: Labels = {}
INPUT = ("input_tokens",)
REQUESTS = ("requests",)


Build = Callable[[str, Labels, Numbers, Labels], tuple[Effect, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A number that a lever asks for.

    Args:
        name: Its name.
        meaning: What it is, in a phrase.
        unit: `share`, or what it counts.
        low: The least that it may be.
        high: The most that it may be.
        default: What it is where nobody says it; None where it must be said.
    """

    name: str
    meaning: str
    unit: Literal["share", "times"] = "share"
    low: float = 0.0
    high: float = 1.0
    default: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """A kind of lever.

    Args:
        name: What the trade calls it.
        says: What it does, in one sentence.
        order: Its place in the pipeline of a request, 1 to 9.
        parameters: The numbers that it asks for.
        labels: Keys whose labels it must be told under `to` (the model that is routed to).
        build: From its name in the plan, labels of the lines, numbers and labels under `to`, to its effects. What it
            makes of the numbers is arithmetic alone, so that formulas may stand in their place.
    """

    name: str
    says: str
    order: int
    parameters: tuple[Parameter, ...]
    build: Build
    labels: tuple[str, ...] = ()


def _none(value: Number) -> bool:
    """Tell whether a number is a plain zero, as one that nobody has said; one that differs is there, whatever it is."""
    return isinstance(value, int | float) and value == 0


def _gone(share: str, *meters: str) -> Build:
    """Build levers after which a share of some meters is no longer used."""

    def build(name: str, where: Labels, numbers: Numbers, to: Labels) -> tuple[Effect, ...]:
        del to
        return (Move(name=name, where=where, meters=meters, share=numbers[share], to={}, away=True),)

    return build


def _elsewhere(name: str, where: Labels, numbers: Numbers, to: Labels) -> tuple[Effect, ...]:
    return (Move(name=name, where=where, share=numbers["share"], to=to, unless=to),)


def _batch(name: str, where: Labels, numbers: Numbers, to: Labels) -> tuple[Effect, ...]:
    del to
    return _elsewhere(name, where, numbers, {"batch": "true"})


def _counted(name: str, where: Labels, share: Number, meter: str, unless: Labels = NONE) -> tuple[Effect, ...]:
    """Count a share of the requests as a meter of the lever's own; nothing where it is none."""
    own = {"meter": meter, "lever": name}
    return () if _none(share) else (Add(name=name, where=where, meters=REQUESTS, share=share, to=own, unless=unless),)


def _semantic_cache(name: str, where: Labels, numbers: Numbers, to: Labels) -> tuple[Effect, ...]:
    """Expected cost of a request: e + (1 - h) c + h v j + h f E."""
    del to
    hit, verified, wrong = (numbers[each] for each in ("hit_share", "verified_share", "wrong_share"))
    return (
        *_counted(name, where, numbers["lookup_share"], EMBEDDINGS),
        *_counted(name, where, 0 if _none(verified) else hit * verified, VERIFICATIONS),
        *_counted(name, where, 0 if _none(wrong) else hit * wrong, WRONG_ANSWERS),
        *_missed(name, where, numbers, {}),
    )


_missed = _gone("hit_share")


def _prompt_cache(name: str, where: Labels, numbers: Numbers, to: Labels) -> tuple[Effect, ...]:
    """Input costs t p (1 - s + s (h r + (1 - h) w)): hits are read, misses are written where writes have a price."""
    prefix, hit, written = (numbers[each] for each in ("prefix_share", "hit_share", "written_share"))
    read, write = prefix * hit, prefix * (1 - hit) * written
    rest = np.where(read < 1, 1 - read, 1.0)  # what the reads have left of the input
    moves = [Move(name=name, where=where, meters=INPUT, share=read, to={"meter": "cache_read_tokens"})]
    if not _none(written):
        share = np.minimum(write / rest, 1.0)
        target = {"meter": "cache_write_tokens", **to}
        moves.append(Move(name=name, where=where, meters=INPUT, share=share, to=target))
    return tuple(moves)


def _compress(name: str, where: Labels, numbers: Numbers, to: Labels) -> tuple[Effect, ...]:
    del to
    kept, read = 1 / numbers["ratio"], numbers["priced_share"]
    compressor = (Add(name=name, where=where, meters=INPUT, share=read, to={"meter": COMPRESSED, "lever": name}),)
    return (
        *(() if _none(read) else compressor),
        Move(name=name, where=where, meters=INPUT, share=1 - kept, to={}, away=True),
    )


def _cascade(name: str, where: Labels, numbers: Numbers, to: Labels) -> tuple[Effect, ...]:
    """A request costs c_small + v + e c_large: all are tried small, and what fails is asked again."""
    return (
        *_counted(name, where, numbers["verified_share"], VERIFICATIONS, to),
        Move(name=name, where=where, share=1 - numbers["escalation_share"], to=to, unless=to),
        Add(name=name, where=where, to=to, unless=to),
    )


def _quantise(name: str, where: Labels, numbers: Numbers, to: Labels) -> tuple[Effect, ...]:
    del to
    return (Move(name=name, where=where, meters=("gpu_hours",), to={}, times=1 / numbers["throughput_factor"]),)


def _share(name: str, meaning: str, default: float | None = None) -> Parameter:
    return Parameter(name=name, meaning=meaning, default=default)


HIT = _share("hit_share", "requests that the cache answers")
VERIFIED = "answers that are judged, one `x_verifications` each"

_ALL = (
    Lever(
        name="rate_limit",
        says="A share of the requests is turned away.",
        order=1,
        parameters=(_share("cut_share", "requests that are turned away"),),
        build=_gone("cut_share"),
    ),
    Lever(
        name="exact_cache",
        says="A request that was made before, word for word, is answered from a store.",
        order=2,
        parameters=(HIT,),
        build=_gone("hit_share"),
    ),
    Lever(
        name="semantic_cache",
        says="A request that means what an earlier one meant is answered from a store; some answers are wrong.",
        order=3,
        parameters=(
            HIT,
            _share("lookup_share", "requests that are embedded to be looked up, one `x_embeddings` each", 1.0),
            _share("verified_share", f"of the hits, {VERIFIED}", 0.0),
            _share("wrong_share", "of the hits, answers to another question, one `x_wrong_answers` each", 0.0),
        ),
        build=_semantic_cache,
    ),
    Lever(
        name="trim",
        says="Prompts are cut: a share of the input is no longer sent.",
        order=4,
        parameters=(_share("removed_share", "input that is no longer sent"),),
        build=_gone("removed_share", *INPUT),
    ),
    Lever(
        name="compress",
        says="A small model shortens prompts before they are sent.",
        order=4,
        parameters=(
            Parameter(
                name="ratio", meaning="input before, for one token after", unit="times", low=1.0, high=float("inf")
            ),
            _share("priced_share", "input that the compressor is paid for, as `x_compressed_tokens`", 0.0),
        ),
        build=_compress,
    ),
    Lever(
        name="shorten",
        says="Answers are shorter.",
        order=4,
        parameters=(_share("removed_share", "output that is no longer written"),),
        build=_gone("removed_share", "output_tokens"),
    ),
    Lever(
        name="route",
        says="A share of the requests goes to another model.",
        order=5,
        parameters=(_share("share", "requests that go to the other model"),),
        build=_elsewhere,
        labels=("model",),
    ),
    Lever(
        name="cascade",
        says="Every request is tried on a small model first; those it fails are asked again of the large one.",
        order=5,
        parameters=(
            _share("escalation_share", "requests that are asked again"),
            _share("verified_share", f"of the first tries, {VERIFIED}", 0.0),
        ),
        build=_cascade,
        labels=("model",),
    ),
    Lever(
        name="prompt_cache",
        says="The common beginning of prompts is read from the vendor's cache; what is not there yet is written to it.",
        order=6,
        parameters=(
            _share("prefix_share", "input that is a beginning which may be cached"),
            _share("hit_share", "of that, what is read from the cache"),
            _share(
                "written_share", "of the rest of that, what is billed as written; 0 where writes have no price", 1.0
            ),
        ),
        build=_prompt_cache,
    ),
    Lever(
        name="batch",
        says="A share of the requests waits, and is billed at the price of batches.",
        order=7,
        parameters=(_share("share", "requests that may wait"),),
        build=_batch,
    ),
    Lever(
        name="service_tier",
        says="A share of the requests is served on another tier, cheaper (flex) or dearer (priority).",
        order=7,
        parameters=(_share("share", "requests on the other tier"),),
        build=_elsewhere,
        labels=("service_tier",),
    ),
    Lever(
        name="quantise",
        says="Own GPUs serve a smaller number format, and so more tokens in an hour.",
        order=9,
        parameters=(
            Parameter(
                name="throughput_factor",
                meaning="tokens in an hour after, for one before",
                unit="times",
                low=1e-9,
                high=float("inf"),
            ),
        ),
        build=_quantise,
    ),
)
LEVERS: Mapping[str, Lever] = {lever.name: lever for lever in _ALL}
"""All kinds of levers by name."""
