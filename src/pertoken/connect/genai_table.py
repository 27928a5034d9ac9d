"""The data of genai-prices, compiled to a plain table: who sells what, when, at which terms."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import genai_prices
from genai_prices.data import providers
from genai_prices.data_units import unit_data
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from pertoken.catalog.prices import SAME_AS_STANDARD, STANDARD
from pertoken.connect.catalog_cache import SCHEMA, Table

UNIT_OF = {
    "input_tokens": "input_tokens",
    "cache_read_tokens": "cache_read_tokens",
    "cache_write_tokens": "cache_write_tokens",
    "cache_write_5m_tokens": "cache_write_5m_tokens",
    "cache_write_1h_tokens": "cache_write_1h_tokens",
    "input_audio_tokens": "input_audio_tokens",
    "cache_read_audio_tokens": "cache_audio_read_tokens",
    "input_image_tokens": "input_image_tokens",
    "cache_read_image_tokens": "cache_image_read_tokens",
    "input_video_tokens": "input_video_tokens",
    "output_tokens": "output_tokens",
    "reasoning_tokens": "output_reasoning_tokens",
    "output_audio_tokens": "output_audio_tokens",
    "output_image_tokens": "output_image_tokens",
    "output_video_tokens": "output_video_tokens",
    "web_searches": "web_searches",
    "file_searches": "storage_searches",
    "code_executions": "code_executions",
    "characters": "input_characters",
    "pages": "input_document_pages",
    "audio_seconds": "input_audio_seconds",
    "requests": "requests",
}
"""Our leaf meters, and what genai-prices calls the same thing."""

WHISPER_NOTE = "Groq bills at least 10 seconds of audio per request; that minimum is not charged here"

Prices = dict[str, "str | list[Any]"]
"""Price by price key: a decimal, or the decimal before the first tier and then `[above, decimal]` for each tier."""


@dataclass(frozen=True)
class Terms:
    """One way to buy a model, and the request context that selects it."""

    batch: bool
    service_tier: str
    context: tuple[str, str] | None = None


def table() -> Table:
    """Compile the data that is bundled with genai-prices; its updater is never started.

    Returns:
        `source`; `urls` by provider; `meters`: for each leaf meter, `[price key, per, note]` from the most specific
        unit to the least; `models` by provider and model: blocks of `[batch, service tier, start, prices]`, or the name
        of the provider whose standard prices hold; `aliases`: `[provider, model]` pairs by name; `refusals` and
        `notes`: `[provider, model, text]`.
    """
    meters = _meters()
    out: dict[str, Any] = {
        "schema": SCHEMA,
        "source": f"genai-prices {genai_prices.__version__}",
        "urls": {provider.id: urls[0] for provider in providers if (urls := provider.pricing_urls)},
        "meters": meters,
        "models": {provider.id: {} for provider in providers},
        "aliases": {},
        "refusals": [],
        "notes": [],
    }
    counted = {key for chain in meters.values() for key, _, _ in chain}
    for provider in providers:
        for model in provider.models:
            _add(out, provider, model, counted)
    for provider in providers:
        _fall_back(out, provider)
    return out


def _add(out: dict[str, Any], provider: Provider, model: ModelInfo, counted: set[str]) -> None:
    blocks = [] if (reason := _refusal(model)) else _blocks(model)
    if reason:
        out["refusals"].append([provider.id, model.id, reason])
    else:
        out["models"][provider.id][model.id] = blocks
    if note := "; ".join(_notes(provider, model, counted)):
        out["notes"].append([provider.id, model.id, note])
    for alias in _aliases(provider, model):
        out["aliases"].setdefault(alias, []).append([provider.id, model.id])


def _fall_back(out: dict[str, Any], provider: Provider) -> None:
    """Let a provider sell what it has no own price for at the standard price of those whom it follows."""
    aliases = out["aliases"]
    taken = {model.id.lower() for model in provider.models}
    taken |= {alias for alias, keys in aliases.items() if any(seller == provider.id for seller, _ in keys)}
    for other in (other for name in provider.fallback_model_providers or () for other in providers if other.id == name):
        for model in other.models:
            if model.id.lower() in taken or model.id not in out["models"][other.id]:
                continue
            taken.add(model.id.lower())
            out["models"][provider.id][model.id] = other.id
            for alias in _aliases(other, model) - taken:
                taken.add(alias)
                aliases[alias].append([provider.id, model.id])


def _meters() -> dict[str, list[tuple[str, int, str]]]:
    """For each leaf meter, the units that may price it: its own, then what contains it, the narrowest first."""
    names = {unit: meter for meter, unit in UNIT_OF.items()}
    out = {}
    for meter, own in UNIT_OF.items():
        leaf = _dimensions(own)
        wide = [unit for unit in unit_data if unit_data[unit]["dimensions"].items() <= leaf.items()]
        wide.sort(key=lambda unit: -len(unit_data[unit]["dimensions"]))
        out[meter] = [(unit_data[unit]["price_key"], _per(unit), _borrowed(meter, unit, names)) for unit in wide]
    return out


def _dimensions(unit: str) -> dict[str, str]:
    """What a leaf is: tokens of which nothing else is said are text."""
    dimensions: dict[str, str] = unit_data[unit]["dimensions"]
    return {"modality": "text"} | dimensions if dimensions["family"] == "tokens" else dimensions


def _per(unit: str) -> int:
    per: int = unit_data[unit]["per"]
    return per


def _borrowed(meter: str, unit: str, names: dict[str, str]) -> str:
    lender = names.get(unit, names.get(unit.replace("_text", ""), meter))
    return "" if lender == meter else f"no price of its own: priced as {lender}"


def _aliases(provider: Provider, model: ModelInfo) -> set[str]:
    """Names that the match rules of a model spell out, whole, and that genai-prices itself takes for this model."""
    spelt = {name.lower() for name in _spelt(model.match)} - {model.id.lower()}
    return {name for name in spelt if name[-1].isalnum() and provider.find_model(name) is model}


def _spelt(rule: object) -> Iterator[str]:
    """Names in a rule: what is equal, begins or ends with a name, or has it inside, is matched by the name itself."""
    for kind in ("equals", "starts_with", "ends_with", "contains"):
        if name := getattr(rule, kind, ""):
            yield name
    for inner in getattr(rule, "or_", ()):
        yield from _spelt(inner)


def _conditions(model: ModelInfo) -> list[ConditionalPrice]:
    return [ConditionalPrice(prices=model.prices)] if isinstance(model.prices, ModelPrice) else model.prices


def _prices(price: ModelPrice) -> dict[str, Decimal | TieredPrices]:
    return {key: value for key, value in vars(price).items() if value is not None}


def _refusal(model: ModelInfo) -> str:
    """Why a model can't be priced; empty if it can."""
    conditions = _conditions(model)
    if any(isinstance(each.constraint, TimeOfDateConstraint) for each in [*conditions, *(model.price_variants or ())]):
        return "its price depends on the time of day, which rates can't say yet"
    if all(_prices(each.prices) for each in conditions) or model.id.endswith(":free"):
        return ""
    return f"it is listed without a price{f': {model.price_comments}' if model.price_comments else ''}"


def _terms(model: ModelInfo) -> Iterator[Terms]:
    """Every way to buy a model that rates can say."""
    yield Terms(batch=False, service_tier=STANDARD)
    contexts = dict.fromkeys(context for context, _ in _variants(model))
    for name, value in contexts:
        if (name, value) == ("processing", "batch"):
            yield Terms(batch=True, service_tier=STANDARD, context=(name, value))
        elif name == "service_tier" and value not in SAME_AS_STANDARD:
            yield Terms(batch=False, service_tier=value, context=(name, value))
        elif (name, value) == ("speed", "fast") and ("service_tier", "fast") not in contexts:
            yield Terms(batch=False, service_tier="fast", context=(name, value))


def _variants(model: ModelInfo) -> Iterator[tuple[tuple[str, str], date]]:
    """Contexts that change a price, and the day from which each does."""
    for variant in model.price_variants or ():
        if _prices(variant.prices):
            start = variant.constraint.start_date if isinstance(variant.constraint, StartDateConstraint) else date.min
            yield next(iter(variant.when.items())), start


def _blocks(model: ModelInfo) -> list[list[Any]]:
    """Price lists of a model, one for each way to buy it and each day on which it changes."""
    limits = [each.constraint for each in _conditions(model)]
    changes = [limit.start_date for limit in limits if isinstance(limit, StartDateConstraint)]
    blocks: list[list[Any]] = []
    for terms in _terms(model):
        offered = [start for context, start in _variants(model) if context == terms.context] or [date.min]
        days = sorted({min(offered), *offered, *(day for day in changes if day > min(offered))})
        blocks += _changed([terms.batch, terms.service_tier, _day(day), _on(model, day, terms)] for day in days)
    return blocks


def _changed(blocks: Iterable[list[Any]]) -> list[list[Any]]:
    """Leave out the price lists that say what the one before says."""
    kept: list[list[Any]] = []
    for block in blocks:
        if not kept or kept[-1][-1] != block[-1]:
            kept.append(block)
    return kept


def _day(day: date) -> str | None:
    return None if day == date.min else day.isoformat()


def _on(model: ModelInfo, day: date, terms: Terms) -> Prices:
    """Prices of a day, tiers sorted; what is free says so."""
    moment = datetime.combine(day, time.min, UTC)
    found = _prices(model.get_prices(moment, dict([terms.context]) if terms.context else None))
    return {key: _price(value) for key, value in found.items()} or {"input_mtok": "0", "output_mtok": "0"}


def _price(price: Decimal | TieredPrices) -> str | list[Any]:
    if isinstance(price, Decimal):
        return str(price)
    return [str(price.base), *([tier.start, str(tier.price)] for tier in price.tiers)]


def _notes(provider: Provider, model: ModelInfo, counted: set[str]) -> Iterator[str]:
    """What rates leave out."""
    keys = {key for each in _conditions(model) for key in _prices(each.prices)} - counted
    if keys:
        yield f"prices without a meter here are left out: {', '.join(sorted(keys))}"
    kept = {terms.context for terms in _terms(model)}
    left = {context for context, _ in _variants(model) if context not in kept and context[1] not in SAME_AS_STANDARD}
    if left:
        yield f"prices for {', '.join(f'{name}={value}' for name, value in sorted(left))} are left out"
    if provider.id == "groq" and model.id.startswith("whisper-large-v3"):
        yield WHISPER_NOTE
