"""The data of genai-prices, compiled to a plain table: who sells what, when, at which terms."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import genai_prices
from genai_prices.data import providers as bundled
from genai_prices.data_units import unit_data
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    Provider,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
    _providers_from_raw,
)
from pydantic import ValidationError

from pertoken.catalog.lending import lent_note
from pertoken.catalog.prices import SAME_AS_STANDARD, STANDARD
from pertoken.connect.catalog_cache import SCHEMA, Table
from pertoken.core.errors import Fault, InputError

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

OTHER_LIVES = ("cache_write_30m_tokens", "cache_write_12h_tokens")
"""Cache writes of a life that genai-prices has no unit for; they cost what it says of cache writes."""

WHISPER_NOTE = "Groq bills at least 10 seconds of audio per request; that minimum is not charged here"

Prices = dict[str, "str | list[Any]"]
"""Price by price key: a decimal, or the decimal before the first tier and then `[above, decimal]` for each tier."""


LONG_PROMPT_NOTE = (
    "in doubt: other sources say that Anthropic has dropped the dearer price of prompts above 200,000 tokens, "
    "which is still charged here"
)
WEEKDAY_NOTE = (
    "the peak price is charged from Monday to Friday but for the Chinese public holidays of 2026; those of later years "
    "are not known here"
)
BARE_NOTE = "an id of Bedrock that says no part of the world is taken at the global price, not at this one"
DOUBTS = {
    ("anthropic", "claude-sonnet-4-5"): LONG_PROMPT_NOTE,
    ("deepseek", "deepseek-flash"): WEEKDAY_NOTE,
    ("deepseek", "deepseek-v4-flash"): WEEKDAY_NOTE,
    ("deepseek", "deepseek-v4-pro"): WEEKDAY_NOTE,
    ("groq", "whisper-large-v3"): WHISPER_NOTE,
    ("groq", "whisper-large-v3-turbo"): WHISPER_NOTE,
}
"""What is known to be unsure in the data, by provider and model."""


@dataclass(frozen=True)
class Terms:
    """One way to buy a model, and the request context that selects it."""

    batch: bool = False
    service_tier: str = STANDARD
    speed: str = STANDARD
    region: str = ""
    context: tuple[str, str] | None = None

    @property
    def row(self) -> list[Any]:
        """What a block of the table begins with."""
        return [self.batch, self.service_tier, self.speed, self.region]


def table(data: Sequence[Provider] = (), *, source: str = "") -> Table:
    """Compile data of genai-prices; its updater is never started.

    Args:
        data: Providers with their models; those that are bundled with the package if there are none.
        source: Where they are from.

    Returns:
        `source`; `urls` by provider; `meters`: for each leaf meter, `[price key, per, note]` from the most specific
        unit to the least; `models` by provider and model: blocks of `[batch, service tier, speed, region, start,
        window, prices]`, or the name of the provider whose standard prices hold; `aliases`: `[provider, model]` pairs
        by name; `refusals` and `notes`: `[provider, model, text]`.
    """
    providers = data or bundled
    meters = _meters()
    out: dict[str, Any] = {
        "schema": SCHEMA,
        "source": source or f"genai-prices {genai_prices.__version__}",
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
        _fall_back(out, provider, providers)
    return out


def read(text: str, source: str) -> list[Provider]:
    """Read a published data file; the reader is genai-prices' own.

    Raises:
        InputError: What is missing or of a wrong kind, and where.
    """
    try:
        return _providers_from_raw(json.loads(text, parse_float=Decimal))
    except ValidationError as error:
        faults = (
            Fault(
                source, f"{'.'.join(map(str, each['loc']))}: {each['msg']}", "data of genai-prices as it is published"
            )
            for each in error.errors()
        )
        raise InputError.of(faults) from error
    except ValueError as error:
        raise InputError.of([Fault(source, f"not JSON: {error}", "", "take the whole file again")]) from error


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


def _fall_back(out: dict[str, Any], provider: Provider, providers: Sequence[Provider]) -> None:
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
    writes = [(key, per, note or lent_note("cache_write_tokens")) for key, per, note in out["cache_write_tokens"]]
    return out | dict.fromkeys(OTHER_LIVES, writes)


def _dimensions(unit: str) -> dict[str, str]:
    """What a leaf is: tokens of which nothing else is said are text."""
    dimensions: dict[str, str] = unit_data[unit]["dimensions"]
    return {"modality": "text"} | dimensions if dimensions["family"] == "tokens" else dimensions


def _per(unit: str) -> int:
    per: int = unit_data[unit]["per"]
    return per


def _borrowed(meter: str, unit: str, names: dict[str, str]) -> str:
    lender = names.get(unit, names.get(unit.replace("_text", ""), meter))
    return "" if lender == meter else lent_note(lender)


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
    if any(isinstance(variant.constraint, TimeOfDateConstraint) for variant in model.price_variants or ()):
        return "the price of one way to buy it depends on the time of day, which is not compiled"
    if all(_prices(each.prices) for each in _conditions(model)) or model.id.endswith(":free"):
        return ""
    return f"it is listed without a price{f': {model.price_comments}' if model.price_comments else ''}"


def _terms(model: ModelInfo) -> Iterator[Terms]:
    """Every way to buy a model that rates can say."""
    yield Terms()
    for context in dict.fromkeys(context for context, _ in _variants(model)):
        name, value = context
        if context == ("processing", "batch"):
            yield Terms(batch=True, context=context)
        elif name == "service_tier" and value not in SAME_AS_STANDARD:
            yield Terms(service_tier=value, context=context)
        elif name == "speed" and value not in SAME_AS_STANDARD:
            yield Terms(speed=value, context=context)
        elif name == "route" and "/" in value:
            yield Terms(region=value.rpartition("/")[2], context=context)


def _variants(model: ModelInfo) -> Iterator[tuple[tuple[str, str], date]]:
    """Contexts that change a price, and the day from which each does."""
    for variant in model.price_variants or ():
        if _prices(variant.prices) and len(variant.when) == 1:
            start = variant.constraint.start_date if isinstance(variant.constraint, StartDateConstraint) else date.min
            yield next(iter(variant.when.items())), start


def _blocks(model: ModelInfo) -> list[list[Any]]:
    """Price lists of a model, one for each way to buy it, each day on which it changes and each part of the day."""
    limits = [each.constraint for each in _conditions(model)]
    changes = [limit.start_date for limit in limits if isinstance(limit, StartDateConstraint)]
    blocks: list[list[Any]] = []
    for terms in _terms(model):
        offered = [start for context, start in _variants(model) if context == terms.context] or [date.min]
        days = sorted({min(offered), *offered, *(day for day in changes if day > min(offered))})
        for day, lists in _changed((day, _lists(model, day, terms)) for day in days):
            blocks += [[*terms.row, _day(day), window, prices] for window, prices in lists]
    return blocks


def _changed(days: Iterable[tuple[date, Any]]) -> list[tuple[date, Any]]:
    """Leave out the days that say what the one before says."""
    kept: list[tuple[date, Any]] = []
    for each in days:
        if not kept or kept[-1][1] != each[1]:
            kept.append(each)
    return kept


def _day(day: date) -> str | None:
    return None if day == date.min else day.isoformat()


def _lists(model: ModelInfo, day: date, terms: Terms) -> list[tuple[list[str] | None, Prices]]:
    """Price lists of a day: the one for most hours, then those of the windows in which another holds.

    The longest prompts go before hours when a rate is looked up, so all lists of a day know the same thresholds.
    """
    hours = [each.constraint for each in _conditions(model) if isinstance(each.constraint, TimeOfDateConstraint)]
    cuts = sorted({_clock(edge) for limit in hours for edge in (limit.start_time, limit.end_time)}) or [time.min]
    parts = [(cut, _on(model, day, terms, cut)) for cut in cuts]
    plain = [prices for cut, prices in parts if not any(limit.active(_moment(day, cut)) for limit in hours)]
    rest = (plain or [parts[0][1]])[0]
    ends = [*cuts[1:], cuts[0]]
    lists: list[tuple[list[str] | None, Prices]] = [(None, rest)]
    for (start, prices), end in zip(parts, ends, strict=True):
        if prices != rest:
            lists.append(([f"{start:%H:%M}", f"{end:%H:%M}"], prices))
    starts = {
        tier[0] for _, prices in lists for price in prices.values() if isinstance(price, list) for tier in price[1:]
    }
    return lists if len(lists) == 1 else [(window, _with_tiers(prices, sorted(starts))) for window, prices in lists]


def _clock(edge: time) -> time:
    """Time of day in UTC."""
    whole = datetime.combine(date(2000, 1, 2), edge if edge.tzinfo else edge.replace(tzinfo=UTC))
    return whole.astimezone(UTC).time()


def _moment(day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, UTC)


def _with_tiers(prices: Prices, starts: Sequence[int]) -> Prices:
    """Say a price list with all thresholds of its day."""
    out: Prices = {}
    for key, price in prices.items():
        base, *tiers = price if isinstance(price, list) else [price]
        at = [[start, next((p for s, p in reversed(tiers) if s <= start), base)] for start in starts]
        out[key] = [base, *at] if at else base
    return out


def _on(model: ModelInfo, day: date, terms: Terms, clock: time) -> Prices:
    """Prices of a moment, tiers sorted; what is free says so."""
    found = _prices(model.get_prices(_moment(day, clock), dict([terms.context]) if terms.context else None))
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
    if any(len(variant.when) != 1 for variant in model.price_variants or ()):
        yield "prices that several things of a request select together are left out"
    if left:
        yield f"prices for {', '.join(f'{name}={value}' for name, value in sorted(left))} are left out"
    if model.id.startswith("regional.") and f"global.{model.id.partition('.')[2]}" in {m.id for m in provider.models}:
        yield BARE_NOTE
    if doubt := DOUBTS.get((provider.id, model.id)):
        yield doubt
