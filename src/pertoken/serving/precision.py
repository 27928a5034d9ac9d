"""Precision: the bytes that numbers are kept in, and the rate that they are multiplied at, by the names engines use."""

from dataclasses import dataclass

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
    """

    weight: float
    kind: int
    scope: str = "all"


PRECISIONS = {
    "bf16": Precision(2, SIXTEEN),
    "fp8": Precision(1, EIGHT),
    "int8": Precision(1, EIGHT),
    "w8a16": Precision(1, SIXTEEN),
    "int4": Precision(0.52, SIXTEEN),
    "fp4": Precision(0.5625, FOUR),
    "mxfp4": Precision(0.53125, FOUR, "experts"),
}
"""By name: INT4 with a scale of 16 bits for 128 weights, FP4 with one of 8 bits for 16, MXFP4 with one for 32."""

SPELLINGS = {
    "fp16": "bf16", "float16": "bf16", "bfloat16": "bf16", "half": "bf16", "w8a8": "fp8", "fp8_e4m3": "fp8",
    "awq": "int4", "gptq": "int4", "awq-int4": "int4", "gptq-int4": "int4", "w4a16": "int4", "nvfp4": "fp4",
    "mxfp4": "mxfp4", "bnb-int8": "w8a16", "int8-weights": "w8a16",
}  # fmt: skip
"""Other names of these."""

KV_BYTES = {"bf16": 2.0, "fp16": 2.0, "fp8": 1.0, "int8": 1.0, "int4": 0.5, "fp4": 0.5625}
"""Bytes of a number in the cache."""

RATES = ("fp16", "fp8", "fp4")
"""What the makers of GPUs call the kinds."""


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


def cache_bytes(name: str) -> float:
    """Find the bytes of a number in the cache by the name of its precision.

    Raises:
        InputError: No such precision.
    """
    word = name.strip().lower()
    if word not in KV_BYTES:
        raise InputError(f"unknown precision of the cache {name!r}; {nearest(word, KV_BYTES)}")
    return KV_BYTES[word]
