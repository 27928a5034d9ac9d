"""Precision: the bytes that numbers are kept in, and the rate that they are multiplied at, by the names engines use."""

import re
from dataclasses import dataclass
from math import inf

from pertoken.core.errors import InputError, nearest

SIXTEEN, EIGHT, FOUR = 0, 1, 2
"""Kinds of numbers that are multiplied; the order of `Profile.compute`."""


@dataclass(frozen=True, slots=True)
class Precision:
    """How the weights of a model are kept and multiplied.

    Args:
        weight: Bytes of a weight, scales of its group included.
        kind: Numbers that are multiplied: `SIXTEEN`, `EIGHT` or `FOUR` bits.
        scope: `all` if all products are quantised, `experts` if only those of experts.
        rates: What makers of GPUs call the rates that will do.
    """

    weight: float
    kind: int
    scope: str = "all"
    rates: tuple[str, ...] = ("fp16",)


PRECISIONS = {
    "bf16": Precision(2, SIXTEEN),
    "fp8": Precision(1, EIGHT, rates=("fp8",)),
    "int8": Precision(1, EIGHT, rates=("int8",)),
    "w8a8": Precision(1, EIGHT, rates=("fp8", "int8")),
    "w8a16": Precision(1, SIXTEEN),
    "int4": Precision(0.52, SIXTEEN),
    "w4a8": Precision(0.52, EIGHT, rates=("fp8", "int8")),
    "fp4": Precision(0.5625, FOUR, rates=("fp4",)),
    "mxfp4": Precision(0.53125, FOUR, "experts", rates=("fp4",)),
}
"""By name: INT4 with a scale of 16 bits for 128 weights, FP4 with one of 8 bits for 16, MXFP4 with one for 32."""

SPELLINGS = {
    "fp16": "bf16", "float16": "bf16", "bfloat16": "bf16", "half": "bf16", "16bit": "bf16", "fp8-e4m3": "fp8",
    "e4m3": "fp8", "float8": "fp8", "fp8-block": "fp8", "fp8-dynamic": "fp8", "fp8-static": "fp8", "w8a8-fp8": "fp8",
    "w8a8-int8": "int8", "int8-w8a8": "int8", "smoothquant": "int8", "sq": "int8", "bnb-int8": "w8a16",
    "int8-weights": "w8a16", "int8-wo": "w8a16", "gptq-int8": "w8a16", "8bit": "w8a16", "awq": "int4", "gptq": "int4",
    "awq-int4": "int4", "gptq-int4": "int4", "int4-awq": "int4", "int4-gptq": "int4", "awq-marlin": "int4",
    "gptq-marlin": "int4", "w4a16": "int4", "int4-wo": "int4", "4bit": "int4", "nf4": "int4", "bnb-4bit": "int4",
    "bnb-nf4": "int4", "bitsandbytes": "int4", "w4afp8": "w4a8", "nvfp4": "fp4", "fp4-e2m1": "fp4",
}  # fmt: skip
"""Other names of these."""

HINTS = r"(?<![a-z0-9])(nvfp4|mxfp4|fp4|fp8|awq|gptq-int8|gptq|w4a16|w8a8|w8a16|int4|int8|bf16|fp16)(?![a-z0-9])"
"""Words of a model's name that say how its weights are kept."""

AS_PUBLISHED = ((4.99, "mxfp4"), (8.0, "fp8"), (inf, "bf16"))
"""Most bits of a weight that each precision is published with."""

KV_BYTES = {
    "bf16": 2.0, "fp16": 2.0, "bfloat16": 2.0, "float16": 2.0, "fp8": 1.0, "fp8-e4m3": 1.0, "fp8-e5m2": 1.0,
    "int8": 1.0, "int4": 0.5, "fp4": 0.5625, "nvfp4": 0.5625,
}  # fmt: skip
"""Bytes of a number in the cache."""


def precision(name: str, *, published_bits: float = 16) -> Precision:
    """Find a precision by the name that engines or publications use for it.

    Args:
        name: The name, as `FP8` or `AWQ-INT4`.
        published_bits: Bits of a weight as the model is published; a model that is published in four bits has only
            its experts in them.

    Raises:
        InputError: No such precision.

    >>> precision("AWQ-INT4").weight
    0.52
    """
    word = name.strip().lower().replace("_", "-")
    word = SPELLINGS.get(word, word)
    if word not in PRECISIONS:
        raise InputError(f"unknown precision {name!r}; {nearest(word, {*PRECISIONS, *SPELLINGS})}")
    return PRECISIONS["mxfp4" if word == "fp4" and published_bits < 8 else word]  # noqa: PLR2004  below eight bits


def published(model: str, bits: float) -> str:
    """Say in which precision a model is served if nothing is said: by its name, or as it is published.

    >>> published("neuralmagic/Meta-Llama-3.1-8B-Instruct-FP8", 16), published("openai/gpt-oss-120b", 4.25)
    ('fp8', 'mxfp4')
    >>> published("llama-3.1-8b", 16)
    'bf16'

    Args:
        model: What the user calls it.
        bits: Bits of a weight as it is published.
    """
    hint = re.search(HINTS, model.lower().replace("_", "-").replace(".", "-"))
    return hint[1] if hint else next(name for most, name in AS_PUBLISHED if bits <= most)


def cache_bytes(name: str) -> float:
    """Find the bytes of a number in the cache by the name of its precision.

    Raises:
        InputError: No such precision.
    """
    word = name.strip().lower().replace("_", "-")
    if word not in KV_BYTES:
        raise InputError(f"unknown precision of the cache {name!r}; {nearest(word, KV_BYTES)}")
    return KV_BYTES[word]
