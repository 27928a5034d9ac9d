"""Eras: which profile holds for an engine of some version, and what such engines are set to."""

import re
from dataclasses import dataclass

COMMON = "common"
"""The profile of what all engines share; for those without runs of their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """Versions of an engine that one profile holds for.

    Args:
        name: Name of the profile.
        engines: What the engine is called.
        below: First version that it doesn't hold for; empty for all that are not in an earlier era.
        most: Sequences that it runs at once at most, unless set otherwise.
        chunk: Tokens of prompts that a step takes at most, unless set otherwise.
        spare: Share of the memory that it takes for itself.
        blocking: Whether answers stand still while prompts are read, in steps of their own.
        small_cache: Whether the checkpoints that it serves in eight or four bits keep their cache in eight.
    """

    name: str
    engines: tuple[str, ...]
    below: str = ""
    most: int = 1024
    chunk: int = 8192
    spare: float = 0.9
    blocking: bool = False
    small_cache: bool = False


_VLLM = ("vllm", "nm-vllm", "vllm(nm-vllm)")
_SGLANG = ("sglang",)
_TRT = ("trtllm", "tensorrt-llm", "trt-llm", "tensorrtllm", "trt")

ERAS = (
    Era(name="vllm-0.7", engines=_VLLM, below="0.8", most=256, chunk=4096, blocking=True),
    Era(name="vllm-0.12", engines=_VLLM, below="0.13"),
    Era(name="vllm", engines=_VLLM),
    Era(name="trtllm-0.9", engines=_TRT, below="0.10", most=4096, spare=0.95, small_cache=True),
    Era(name="trtllm-0.17", engines=_TRT, below="1", most=2048, spare=0.95, small_cache=True),
    Era(name="trtllm-1.0", engines=_TRT, below="1.1", most=2048, small_cache=True),
    Era(name="trtllm", engines=(*_TRT, "nim", "nvidia-nim"), most=2048, small_cache=True),
    Era(name="sglang-0.5.8", engines=_SGLANG, below="0.5.9", most=2048, spare=0.88),
    Era(name="sglang", engines=_SGLANG, most=2048, spare=0.88),
    Era(name="tgi", engines=("tgi", "text-generation-inference"), below="2", most=128, chunk=4096, blocking=True),
)
"""In the order in which they are looked through: the earliest that holds."""

SHORT = 3
"""Letters of a name that is not looked for within others."""

RECENT = ("vllm", "trtllm", "sglang")
"""Eras that an engine without runs is likely to resemble."""

OTHERS = Era(name=COMMON, engines=())
"""For engines that no era is of."""


def era(engine: str, version: str = "") -> Era:
    """Find the era of an engine: the newest if no version is said, or none that can be read.

    A version beyond the last era is of none: TGI's runs are of 1.0, and it works otherwise since 2.0.

    >>> era("vLLM", "0.6.x (2024-11)").name, era("TensorRT-LLM").name, era("SGLang (main)").name, era("lmdeploy").name
    ('vllm-0.7', 'trtllm', 'sglang', 'common')
    >>> era("tgi").name, era("tgi", "2023 container").name, era("tgi", "1.0.3").name, era("tgi", "3.0").name
    ('tgi', 'tgi', 'tgi', 'common')
    """
    name, said = named(engine, version)
    own = [each for each in ERAS if name in each.engines] or [
        each for each in ERAS if any(word in name for word in each.engines if len(word) > SHORT)
    ]
    holding = (each for each in own if not each.below or (said and said < _numbers(each.below)))
    return next(holding, own[-1] if own and not said else OTHERS)


def named(engine: str, version: str = "") -> tuple[str, tuple[int, ...]]:
    """Tell an engine's name from a version that it may be written with.

    >>> named("TensorRT LLM 0.17"), named("vllm==0.6.3"), named("vllm", "v0.10.1"), named("vllm")
    (('tensorrt-llm', (0, 17, 0)), ('vllm', (0, 6, 3)), ('vllm', (0, 10, 1)), ('vllm', ()))
    """
    found = re.fullmatch(r"(.*?)[\s=@:_-]*\bv?(\d+(?:\.\d+)+\S*)", engine.strip().lower().replace("_", "-"))
    word, said = found.groups() if found else (engine.strip().lower().replace("_", "-"), "")
    return re.sub(r"\s+", "-", word), _numbers(version) or _numbers(said)


def later(name: str) -> str:
    """Name the era that follows one, of the same engine; empty for the last.

    >>> later("vllm-0.7"), later("vllm")
    ('vllm-0.12', '')
    """
    own = next((each.engines[0] for each in ERAS if each.name == name), "")
    names = [each.name for each in ERAS if own in each.engines]
    return names[names.index(name) + 1] if name in names[:-1] else ""


def family(name: str) -> str:
    """Name the last era of the same engine, by which all of its eras are called together."""
    return family(later(name)) if later(name) else name


def _numbers(version: str) -> tuple[int, ...]:
    """Read the leading numbers of a version; none of a word, or of a year."""
    found = re.match(r"\s*v?(\d{1,3})(?!\d)(?:\.(\d+))?(?:\.(\d+))?", version)
    return tuple(int(part or 0) for part in found.groups()) if found else ()
