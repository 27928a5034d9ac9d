"""Meters: the disjoint leaves that usage is counted in, and the named sums of them.

A leaf never contains another leaf: `input_tokens` are the prompt tokens that were neither read from a cache nor
written to one, `output_tokens` are the visible ones without reasoning. A total is therefore a sum, and nothing is
charged twice.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from pertoken.core.errors import InputError, nearest

Direction = Literal["input", "output", "none"]


PER_REQUEST = "per_request:"
"""How the names of what is converted request by request begin (packages of each request, added up)."""

PARTED = ("x_", PER_REQUEST)
"""How the names of meters begin that may have fractions whatever their unit."""


@dataclass(frozen=True, slots=True)
class Meter:
    """A thing that is counted.

    Args:
        name: Plural, with its unit (`input_tokens`).
        unit: What one of it is (`token`, `hour`).
        direction: Which side of a model call it is on; `none` for all else.
        billable: False for what is only counted: no card needs to price it.
        label: What people call it.
    """

    name: str
    unit: str
    direction: Direction
    label: str
    billable: bool = True

    @property
    def whole(self) -> bool:
        """Whether it is counted in whole numbers; time, seats and meters of the user's own may have fractions."""
        return not self.unit.endswith(("hour", "second", "seat", "day")) and not self.name.startswith(PARTED)


def _table(*rows: tuple[str, str, Direction, str]) -> dict[str, Meter]:
    return {name: Meter(name, unit, direction, label) for name, unit, direction, label in rows}


METERS: dict[str, Meter] = _table(
    ("input_tokens", "token", "input", "Input"),
    ("cache_read_tokens", "token", "input", "Cache read"),
    ("cache_write_tokens", "token", "input", "Cache write"),
    ("input_audio_tokens", "token", "input", "Audio in"),
    ("cache_read_audio_tokens", "token", "input", "Audio cache read"),
    ("input_image_tokens", "token", "input", "Image in"),
    ("cache_read_image_tokens", "token", "input", "Image cache read"),
    ("input_video_tokens", "token", "input", "Video in"),
    ("output_tokens", "token", "output", "Output"),
    ("reasoning_tokens", "token", "output", "Reasoning"),
    ("output_audio_tokens", "token", "output", "Audio out"),
    ("output_image_tokens", "token", "output", "Image out"),
    ("output_video_tokens", "token", "output", "Video out"),
    ("cache_storage_token_hours", "token-hour", "none", "Cache storage"),
    ("training_tokens", "trained token", "none", "Training"),
    ("web_searches", "search", "none", "Web searches"),
    ("web_fetches", "fetch", "none", "Web fetches"),
    ("maps_searches", "search", "none", "Maps searches"),
    ("file_searches", "search", "none", "File searches"),
    ("search_units", "search", "none", "Rerank searches"),
    ("code_executions", "execution", "none", "Code executions"),
    ("code_sessions", "session", "none", "Code sessions"),
    ("tool_calls", "call", "none", "Tool calls"),
    ("images", "image", "none", "Images"),
    ("characters", "character", "none", "Characters"),
    ("pages", "page", "none", "Pages"),
    ("audio_seconds", "second", "none", "Audio seconds"),
    ("video_seconds", "second", "none", "Video seconds"),
    ("storage_gb_days", "GB-day", "none", "Vector storage"),
    ("training_hours", "hour", "none", "Training hours"),
    ("hosting_hours", "hour", "none", "Hosting hours"),
    ("provisioned_unit_hours", "unit-hour", "none", "Provisioned throughput"),
    ("container_hours", "hour", "none", "Container hours"),
    ("gpu_hours", "hour", "none", "GPU hours"),
    ("seats", "seat", "none", "Seats"),
) | {"requests": Meter("requests", "request", "none", "Requests", billable=False)}

_CACHE_WRITE = re.compile(r"cache_write_(\d+[smhd])_tokens")
_SIZED = re.compile(r"(images|video_seconds)_([a-z0-9]+(?:_[a-z0-9]+)*)")
_CUSTOM = re.compile(r"x_[a-z][a-z0-9_]*")

COMPOSITES: Mapping[str, tuple[Direction, ...]] = {
    "prompt_tokens": ("input",),
    "completion_tokens": ("output",),
    "total_tokens": ("input", "output"),
}


def meter(name: str) -> Meter:
    """Look a leaf meter up by its name.

    Cache writes carry an open time to live (`cache_write_1h_tokens`), images and seconds of video an open size
    (`images_1024x1024_high`, `video_seconds_1080p`); a name that begins with `x_` is the user's own,
    one with `per_request:` what was converted request by request: counted again, and so never billable of itself.

    Raises:
        InputError: No such meter; the message offers the nearest names.

    >>> meter("cache_write_1h_tokens").direction
    'input'
    """
    if name in METERS:
        return METERS[name]
    if match := _CACHE_WRITE.fullmatch(name):
        return Meter(name, "token", "input", f"Cache write {match[1]}")
    if match := _SIZED.fullmatch(name):
        whole = METERS[match[1]]
        return Meter(name, whole.unit, "none", f"{whole.label} {match[2].replace('_', ' ')}")
    if _CUSTOM.fullmatch(name):
        return Meter(name, name.removeprefix("x_"), "none", name.removeprefix("x_").replace("_", " ").capitalize())
    if name.startswith(PER_REQUEST) and name != PER_REQUEST:
        return Meter(name, "unit", "none", f"Per request {name.removeprefix(PER_REQUEST)}", billable=False)
    known = [*METERS, *COMPOSITES, "cache_write_5m_tokens", "cache_write_1h_tokens"]
    msg = f"unknown meter {name!r}; {nearest(name, known)} (a meter of your own begins with x_)"
    raise InputError(msg)


def is_meter(name: str) -> bool:
    """Tell whether a name is that of a leaf meter.

    >>> is_meter("cache_write_1h_tokens"), is_meter("total_tokens")
    (True, False)
    """
    try:
        meter(name)
    except InputError:
        return False
    return True


def leaves(name: str, present: Iterable[str]) -> tuple[str, ...]:
    """Expand a meter or a named sum to the leaves among those present.

    >>> leaves("prompt_tokens", ["input_tokens", "cache_write_1h_tokens", "output_tokens", "requests"])
    ('input_tokens', 'cache_write_1h_tokens')
    """
    if name not in COMPOSITES:
        meter(name)
        return tuple(leaf for leaf in present if leaf == name)
    return tuple(leaf for leaf in present if meter(leaf).direction in COMPOSITES[name])


def check(name: str) -> None:
    """Raise `InputError` unless `name` is a leaf meter or a named sum."""
    if name not in COMPOSITES:
        meter(name)
