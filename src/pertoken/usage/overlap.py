"""Which column contains which meters, by what the field's names mean."""

from collections.abc import Mapping

from pertoken.core.meters import meter
from pertoken.usage.names import parts, same

INSIDE = (
    "cached_tokens",
    "cached_input_tokens",
    "input_cached_tokens",
    "prompt_cached_tokens",
    "input_cache_write_tokens",
    "input_cached_audio_tokens",
    "input_cached_image_tokens",
)
"""Names of what was cached that their vendors count inside the input."""

WHOLE_INPUT = ("prompt_tokens", "prompt_token_count")
"""Names of input that their vendors count with everything that was cached, heard or seen."""

WHOLE_OUTPUT = ("completion_tokens", "candidates_token_count")
"""Names of output that their vendors count with everything that was spoken or drawn."""

REASONING_INSIDE = ("output_tokens", "completion_tokens")
"""Names of output that their vendors count with the reasoning."""

CACHED = {"cache_read_audio_tokens": "input_audio_tokens", "cache_read_image_tokens": "input_image_tokens"}
"""Kinds of cache reads, and the kind of input that contains them where it stands beside `cached_tokens_details`."""


def inside(found: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Say which meters each column contains.

    Args:
        found: Meter to the column that reports it.

    Returns:
        Meter to the meters that its column contains.

    >>> inside({"input_tokens": "prompt_tokens", "cache_read_tokens": "cached_tokens"})
    {'input_tokens': ('cache_read_tokens',)}
    """
    made = {
        "input_tokens": [m for m in found if _side(m, "input") and _in_input(m, found)],
        "output_tokens": [m for m in found if _side(m, "output") and _in_output(m, found)],
        "cache_write_tokens": [m for m in found if m.startswith("cache_write_") and m != "cache_write_tokens"],
        "cache_read_tokens": [m for m in CACHED if m in found and same(found.get("cache_read_tokens", ""), INSIDE)],
    } | {
        heard: [m for m in (cached,) if "cachedtokensdetails" in parts(found.get(m, ""))]
        for cached, heard in CACHED.items()
    }
    return {whole: tuple(held) for whole, held in made.items() if held and whole in found}


def _side(name: str, direction: str) -> bool:
    return meter(name).direction == direction and name != f"{direction}_tokens"


def _in_input(name: str, found: Mapping[str, str]) -> bool:
    if same(found.get("input_tokens", ""), WHOLE_INPUT) or _in_details(found[name]):
        return True
    return _inclusive(found) if not name.startswith("cache_") else same(found[name], INSIDE)


def _in_output(name: str, found: Mapping[str, str]) -> bool:
    whole = found.get("output_tokens", "")
    if name == "reasoning_tokens":
        return same(whole, REASONING_INSIDE) or (_in_details(found[name]) and not same(whole, WHOLE_OUTPUT))
    return same(whole, WHOLE_OUTPUT) or _in_details(found[name]) or _inclusive(found)


def _in_details(column: str) -> bool:
    return any(part.endswith("details") for part in parts(column)[:-1])


def _inclusive(found: Mapping[str, str]) -> bool:
    """Whether the log's vendor counts parts inside the whole, as the names of its cache reads tell."""
    return any(same(column, INSIDE) for column in found.values())
