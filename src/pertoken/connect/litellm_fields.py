"""The fields of LiteLLM's price list: which meter each prices, and at which terms."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pertoken.catalog.prices import STANDARD

FIELDS: dict[str, tuple[str, int]] = {
    "input_cost_per_token": ("input_tokens", 1),
    "output_cost_per_token": ("output_tokens", 1),
    "cache_read_input_token_cost": ("cache_read_tokens", 1),
    "input_cost_per_token_cache_hit": ("cache_read_tokens", 1),
    "cache_creation_input_token_cost": ("cache_write_tokens", 1),
    "cache_creation_input_token_cost_above_1hr": ("cache_write_1h_tokens", 1),
    "output_cost_per_reasoning_token": ("reasoning_tokens", 1),
    "input_cost_per_audio_token": ("input_audio_tokens", 1),
    "output_cost_per_audio_token": ("output_audio_tokens", 1),
    "cache_read_input_audio_token_cost": ("cache_read_audio_tokens", 1),
    "input_cost_per_image_token": ("input_image_tokens", 1),
    "output_cost_per_image_token": ("output_image_tokens", 1),
    "cache_read_input_image_token_cost": ("cache_read_image_tokens", 1),
    "input_cost_per_video_token": ("input_video_tokens", 1),
    "output_cost_per_video_token": ("output_video_tokens", 1),
    "input_cost_per_character": ("characters", 1),
    "input_cost_per_request": ("requests", 1),
    "input_cost_per_audio_per_second": ("audio_seconds", 1),
    "output_cost_per_video_per_second": ("video_seconds", 1),
    "output_cost_per_image": ("images", 1),
    "ocr_cost_per_page": ("pages", 1),
    "code_interpreter_cost_per_session": ("code_sessions", 1),
    "file_search_cost_per_1k_calls": ("file_searches", 1000),
    "file_search_cost_per_gb_per_day": ("storage_gb_days", 1),
    "vector_store_cost_per_gb_per_day": ("storage_gb_days", 1),
    "google_maps_grounding_cost_per_query": ("maps_searches", 1),
}
"""What a field prices whatever the model is for, and how many units."""

BY_MODE: dict[tuple[str, str], str] = {
    ("input_cost_per_second", "audio_transcription"): "audio_seconds",
    ("input_cost_per_second", "realtime"): "audio_seconds",
    ("output_cost_per_second", "audio_transcription"): "audio_seconds",
    ("output_cost_per_second", "audio_speech"): "audio_seconds",
    ("output_cost_per_second", "video_generation"): "video_seconds",
    ("input_cost_per_query", "rerank"): "search_units",
    ("input_cost_per_query", "search"): "web_searches",
    ("input_cost_per_image", "image_generation"): "images",
    ("input_cost_per_image", "image_edit"): "images",
    ("input_cost_per_image", "embedding"): "images",
}
"""What a field prices by what the model is for."""

NO_MONEY = frozenset({"input_dbu_cost_per_token", "output_dbu_cost_per_token", "output_db_cost_per_token"})
"""Fields that hold the same price in the seller's own units."""

Terms = tuple[bool, str, str]
"""Batch, service tier, speed."""

ORDINARY: Terms = (False, STANDARD, STANDARD)

TERMS: dict[str, Terms] = {
    "": ORDINARY,
    "batches": (True, STANDARD, STANDARD),
    "priority": (False, "priority", STANDARD),
    "flex": (False, "flex", STANDARD),
    "balanced": (False, "balanced", STANDARD),
    "ultrafast": (False, STANDARD, "ultrafast"),
}
"""What the end of a field's name says of batch work, service tier and speed."""

VERTEX = (
    "us-central1", "us-east1", "us-east4", "us-east5", "us-south1", "us-west1", "us-west4", "northamerica-northeast1",
    "southamerica-east1", "europe-west1", "europe-west2", "europe-west3", "europe-west4", "europe-west6",
    "europe-west8", "europe-west9", "europe-north1", "europe-central2", "europe-southwest1", "asia-east1", "asia-east2",
    "asia-northeast1", "asia-northeast3", "asia-south1", "asia-southeast1", "australia-southeast1", "me-central1",
    "me-central2", "me-west1", "us", "eu",
)  # fmt: skip
"""Locations of Vertex AI that are not `global`."""

UPLIFTS: dict[str, tuple[str, ...]] = {
    "regional_processing_uplift_multiplier_eu": ("eu",),
    "regional_processing_uplift_multiplier_us": ("us",),
    "regional_endpoint_uplift_multiplier": VERTEX,
}
"""Fields that say a multiple, and the regions for which it holds."""

_SUFFIX = re.compile(r"(.+?)(?:_above_(\d+)(k?)_tokens)?(?:_(batches|priority|flex|balanced|ultrafast))?")
_SIZED = re.compile(r"output_cost_per_(image|second)_([0-9.]+[a-zA-Z]?)")
_MONEY = re.compile(r"cost|price|pricing|multiplier")


@dataclass(frozen=True, slots=True)
class Priced:
    """What one field of an entry says.

    Args:
        meter: What is priced; empty if there is no meter for it.
        per: How many units.
        terms: Batch, service tier, speed.
        above: Bound that the prompt exceeds. [token]
    """

    meter: str
    per: int = 1
    terms: Terms = ORDINARY
    above: int = 0


def read_field(name: str, mode: str) -> Priced:
    """Say what a field prices.

    >>> read_field("input_cost_per_token_above_272k_tokens_priority", "chat")
    Priced(meter='input_tokens', per=1, terms=(False, 'priority', 'standard'), above=272000)
    >>> read_field("output_cost_per_second_1080p", "video_generation").meter
    'video_seconds_1080p'
    """
    if sized := _SIZED.fullmatch(name):
        kind = {"image": "images", "second": "video_seconds"}[sized[1]]
        return Priced(f"{kind}_{sized[2].lower().replace('.', '_')}")
    match = _SUFFIX.fullmatch(name)
    assert match is not None  # noqa: S101  every name has a first part
    above = int(match[2] or 0) * (1000 if match[3] else 1)
    stem = match[1]
    meter, per = FIELDS.get(stem, (BY_MODE.get((stem, mode), ""), 1))
    return Priced(meter, per, TERMS[match[4] or ""], above)


def is_money(name: str, value: Any) -> bool:  # noqa: ANN401  unchecked input
    """Tell whether a field states a price, or what one is multiplied by."""
    return bool(_MONEY.search(name)) and name not in NO_MONEY and bool(value)


def amount(value: Any) -> Decimal | None:  # noqa: ANN401  unchecked input
    """Read a price exactly; None if it is none.

    >>> amount("2.5e-06"), amount({}), amount(True)
    (Decimal('0.0000025'), None, None)
    """
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, float, str)):
        return None
    try:
        found = Decimal(repr(value) if isinstance(value, float) else value)
    except ArithmeticError:
        return None
    return found if found.is_finite() else None
