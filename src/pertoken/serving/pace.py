"""Pace: what a replica gives within its targets, as the GPU time of a token, with the band of measured runs."""

from dataclasses import dataclass, replace
from math import inf

from pertoken.core.errors import InputError
from pertoken.serving.asked import Asked, reckon
from pertoken.serving.book import Book
from pertoken.serving.capacity import Targets, capacity
from pertoken.serving.layout import stacked
from pertoken.serving.percentiles import Load
from pertoken.serving.profile import aligned
from pertoken.serving.reshape import token_seconds
from pertoken.serving.sizes import together


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a replica serves.

    Args:
        rate: Requests a second within the targets. [1/s]
        gpus: GPUs of a replica.
        seconds: GPU time of a token, over all GPUs of the replica, by meter. [GPU s]
        band: Ratio of measured to reckoned tokens a second that one in ten runs lay below, and above.
        binds: What keeps it from more.
        notes: What is extrapolated.
    """

    rate: float
    gpus: int
    seconds: dict[str, float]
    band: tuple[float, float]
    binds: str
    notes: tuple[str, ...]


def pace(asked: Asked, targets: Targets, book: Book, *, spread: float = 0.0) -> Pace:
    """Find the best rate of a replica within targets, and what a token takes there.

    Args:
        asked: A replica and its requests.
        targets: What they may have to wait.
        book: Bands, and what runs have been seen.
        spread: Standard deviation of the length of prompts, as a share of their mean.

    Raises:
        InputError: The model does not fit, or no load is light enough.
    """
    load = Load(input_tokens=asked.input_tokens, output_tokens=asked.output_tokens, spread=spread, aids=asked.aids)
    on = (together([asked.sizes]), stacked([asked.layout]), aligned([asked.settings]))
    found = capacity(*on, load, targets)
    rate, prompt = float(found.best[0]), float(found.prompt_time[0])
    (known,) = reckon([replace(asked, clients=inf, rate=inf)], book)
    if not rate > 0:
        floors = f"TTFT {float(found.floor_first[0]):.3g} s, TPOT {float(found.floor_each[0]) * 1000:.3g} ms"
        raise InputError(
            f"targets that can't be reached at any load; the floors are {floors}; loosen one, or more GPUs"
        )
    band = known.output_tokens_per_second
    return Pace(
        rate=rate,
        gpus=asked.how.gpus,
        seconds=token_seconds(
            prompt,
            max(1 / rate - prompt, 0.0),
            input_tokens=asked.input_tokens * (1 - float(asked.aids.prefix_share)),
            output_tokens=asked.output_tokens,
            gpus=asked.how.gpus,
        ),
        band=(band.p10 / band.p50, band.p90 / band.p50),
        binds=found.binds[0],
        notes=tuple(note for note in known.notes if "seats" not in note),
    )
