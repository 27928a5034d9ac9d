"""Price lists of LiteLLM's form (`model_prices_and_context_window.json`), read from a path and compiled to rates."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pertoken.catalog.asked import WhenAsked
from pertoken.catalog.book import Catalog, Key
from pertoken.catalog.lending import LENDERS, lent, lent_note
from pertoken.catalog.names import ZONES, place_of, seller_of
from pertoken.catalog.prices import STANDARD, Rate, Window
from pertoken.catalog.regions import Uplift, regional
from pertoken.catalog.sane import insane
from pertoken.connect.litellm_fields import ORDINARY, UPLIFTS, Priced, Terms, amount, is_money, read_field
from pertoken.connect.litellm_hours import windows
from pertoken.core.exact import CONTEXT

META = frozenset({"sample_spec", "fallback_generalizations"})
"""Entries that are not models."""

TWICE = "listed twice at different prices; the first that is not 0 is taken"

AT_LEAST = frozenset({"x-ai"})
"""Sellers whose dearer price begins at the bound itself, not past it."""

HOUR = 3600
"""Seconds in one; committed throughput is listed by the second. [s]"""

_IMAGE = re.compile(r"(?:([a-z]+)/)?(?:(\d+)-x-(\d+)/)(?:([\w-]*steps)/)?(.+)")
_COMMITTED = re.compile(r"(\d+-month-commitment)/(.+)")


@dataclass(frozen=True, slots=True)
class _Entry:
    """One entry of the list, and what its name says.

    Args:
        key: Provider and model.
        region: Region in the name.
        tier: Term of a commitment in the name, else `standard`.
        size: Size of images in the name, as `1024x1024` and its quality.
        pixels: How many pixels that size has.
        said: The fields.
        source: The file, and the page that the entry names.
    """

    key: Key
    region: str
    tier: str
    size: str
    pixels: int
    said: Mapping[str, Any]
    source: str

    @property
    def mode(self) -> str:
        """What the model is for."""
        return str(self.said.get("mode") or "chat")


Lists = dict[Terms, dict[str, dict[int, tuple[Decimal, int]]]]
"""Price and unit by terms, meter, and bound."""


def is_price_list(data: Mapping[str, Any]) -> bool:
    """Tell whether a document has the form of the list: entries that name a provider and costs."""
    entries = [each for each in data.values() if isinstance(each, Mapping)]
    return any("litellm_provider" in each or any("cost_per" in word for word in each) for each in entries)


def catalog_of(data: Mapping[str, Any], source: str) -> Catalog:
    """Compile a price list; the rates of a model are made when they are asked for.

    What rates can't say stands in the notes of the model. A model whose price can't be meant is refused by name.

    Args:
        data: The list, its numbers exact.
        source: The file it is from.
    """
    entries: dict[Key, list[_Entry]] = {}
    for name, said in data.items():
        if name not in META and isinstance(said, Mapping):
            entry = _entry(name, said, source)
            entries.setdefault(entry.key, []).append(entry)
    refusals = {key: text for key, several in entries.items() if (text := _refusal(several, source))}
    priced = [key for key in entries if key not in refusals]
    made = WhenAsked(priced, lambda key: _compiled(entries[key]))
    rates = WhenAsked(priced, lambda key: made[key][0])
    aliases: dict[str, tuple[Key, ...]] = {}
    for key, several in entries.items():
        for alias in (str(each).lower() for entry in several for each in entry.said.get("aliases") or ()):
            aliases[alias] = (*aliases.get(alias, ()), key)
    return Catalog(f"LiteLLM list {source}", rates, aliases, refusals, _Notes(made))


def _refusal(entries: Sequence[_Entry], source: str) -> str:
    """Why a model can't be priced; empty if it can. Only those that may be are looked at closely."""
    said = [(name, amount(value)) for entry in entries for name, value in entry.said.items() if is_money(name, value)]
    nested = any(entry.said.get(name) for entry in entries for name in STRUCTURES)
    plain = any(value is not None for _, value in said)
    usual = (
        value is None or name in UPLIFTS or 0 <= value < (CLOSER if "token" in name else 1) for name, value in said
    )
    if plain and all(usual):
        return ""
    rates, _ = _compiled(entries)
    wrong = [f"{fault.found}; expected {fault.expected}" for fault in insane(rates, source)]
    if wrong:
        return f"{wrong[0]}; a price for a million in the place of one is likely"
    zero = any("cost_per" in name or "token_cost" in name for entry in entries for name in entry.said)
    return "" if rates and (plain or nested or zero) else "it is listed without a price"


CLOSER = Decimal("0.01")
"""From which amount on a field is looked at closely: that much for a token is a thousand times too much."""


class _Notes(Mapping[Key, str]):
    """Notes by model; they are known when its rates are made."""

    def __init__(self, made: Mapping[Key, tuple[tuple[Rate, ...], str]]) -> None:
        self._made = made

    def __getitem__(self, key: Key) -> str:
        if text := key in self._made and self._made[key][1]:
            return text
        raise KeyError(key)

    def __iter__(self) -> Iterator[Key]:
        return (key for key in self._made if self._made[key][1])

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _compiled(entries: Sequence[_Entry]) -> tuple[tuple[Rate, ...], str]:
    """Make the rates of a model from all entries that name it, and say what they leave out."""
    notes: list[str] = []
    made = [rate for entry in entries for rate in _rates(entry, notes)]
    kept: dict[tuple[object, ...], Rate] = {}
    for rate in sorted(made, key=lambda rate: (_is_lent(rate), not rate.price)):
        first = kept.setdefault(_terms(rate), rate)
        if first.unit_price != rate.unit_price and not _is_lent(rate):
            notes.append(TWICE)
    ends = [entry.said["deprecation_date"] for entry in entries if entry.said.get("deprecation_date")]
    notes += [f"withdrawn on {end}, says the list" for end in ends]
    if kept and not any(rate.price for rate in kept.values()):
        notes.append("the list says 0: free, or not known")
    return tuple(kept.values()), "; ".join(dict.fromkeys(notes))


def _entry(name: str, said: Mapping[str, Any], source: str) -> _Entry:
    """Take the name of an entry apart."""
    maker = str(said.get("litellm_provider") or "")
    provider, plain = seller_of(maker), name
    head, _, tail = name.partition("/")
    if tail and (head == maker or seller_of(head) == provider):
        plain = tail
    image = _IMAGE.fullmatch(plain)
    size, pixels = "", 0
    if image:
        size, pixels = f"{image[2]}x{image[3]}", int(image[2]) * int(image[3])
        size += "".join(f"_{each.replace('-', '_')}" for each in (image[1], image[4]) if each)
        plain = image[5]
        head, _, tail = plain.partition("/")
        plain = tail if tail and seller_of(head) == provider else plain
    region, plain = place_of(plain, provider)
    committed = _COMMITTED.fullmatch(plain)
    tier, plain = (committed[1], committed[2]) if committed else (STANDARD, plain)
    page = str(said.get("source") or "")
    return _Entry((provider, plain), region, tier, size, pixels, said, ", ".join(filter(None, [source, page])))


def _is_lent(rate: Rate) -> bool:
    return rate.note.startswith(lent_note(""))


def _terms(rate: Rate) -> tuple[object, ...]:
    window = rate.window and rate.window.key
    return rate.meter, rate.batch, rate.service_tier, rate.speed, rate.region, rate.above, window


def _rates(entry: _Entry, notes: list[str]) -> Iterator[Rate]:
    """All rates of an entry: as listed, as taken over by other meters, and as multiplied for speeds and regions."""
    listed = lent(tuple(_listed(entry, notes)))
    hours = tuple(_by_hours(entry, listed, notes))
    yield from (*listed, *hours)
    tokens = [rate for rate in (*listed, *hours) if rate.meter.endswith("_tokens")]
    yield from _fast(entry, tokens)
    uplifts = list(_uplifts(entry))
    yield from (rate for rate in regional(tokens, uplifts))


def _listed(entry: _Entry, notes: list[str]) -> Iterator[Rate]:
    """The prices that stand in an entry; other tiers and batch say what differs from the ordinary price."""
    lists: Lists = {}
    for name, value in entry.said.items():
        if not _told(name, value, entry, notes):
            continue
        what, price = _field(name, entry), amount(value)
        assert price is not None  # noqa: S101  see `_told`
        if name == "input_cost_per_token_cache_hit" and "cache_read_input_token_cost" in entry.said:
            continue
        bands = lists.setdefault(what.terms, {}).setdefault(what.meter, {})
        scale = entry.pixels if "per_pixel" in name else HOUR if what.meter == "provisioned_unit_hours" else 1
        if not bands.get(what.above, (0, 1))[0]:
            bands[what.above] = CONTEXT.multiply(price, Decimal(scale)), what.per
    _tiered(entry, lists, notes)
    _searches(entry, lists, notes)
    plain = lists.get(ORDINARY, {})
    for terms, meters in lists.items():
        said = "batch work" if terms[0] else next((each for each in terms[1:] if each != STANDARD), "")
        for meter, bands in {**plain, **meters}.items():
            if said and meter in meters and set(plain.get(meter, {})) - set(bands):
                notes.append(f"no price of {said} for long prompts: that for short ones is taken")
            taken = f"no price of its own for {said}: the ordinary one" if said and meter not in meters else ""
            for above in sorted(bands):
                rate = _rate(entry, meter, above, bands[above], terms)
                yield replace(rate, note=taken)
            lender = next((each for each in LENDERS.get(meter, ()) if 0 in meters.get(each, {})), "")
            if lender and 0 not in bands:
                rate = _rate(entry, meter, 0, meters[lender][0], terms)
                yield replace(rate, note=lent_note(lender))


def _rate(entry: _Entry, meter: str, above: int, price: tuple[Decimal, int], terms: Terms) -> Rate:
    provider, model = entry.key
    batch, tier, speed = terms
    return Rate(
        model=model,
        meter=meter,
        price=price[0],
        per=Decimal(price[1]),
        provider=provider,
        batch=batch,
        service_tier=entry.tier if tier == STANDARD else tier,
        speed=speed,
        region=entry.region,
        above=above - 1 if above and provider in AT_LEAST else above,
        source=entry.source,
    )


STRUCTURES = frozenset({"search_context_cost_per_query", "tiered_pricing", "off_peak_pricing", *UPLIFTS})
"""Fields that are read elsewhere."""


def _told(name: str, value: Any, entry: _Entry, notes: list[str]) -> bool:  # noqa: ANN401  unchecked input
    """Tell whether a field is a price that a rate can say; what is one, but can't be said, is noted."""
    known = _field(name, entry).meter
    if known:
        if amount(value) is not None:
            return True
        if value is not None:
            notes.append(f"{name} is {str(value)[:40]!r}, which is no price")
    elif is_money(name, value) and name not in STRUCTURES:
        notes.append(f"{name} is left out: there is no meter for it")
    return False


def _field(name: str, entry: _Entry) -> Priced:
    if entry.tier != STANDARD and name in ("input_cost_per_second", "output_cost_per_second", "cost_per_second"):
        return Priced("provisioned_unit_hours")
    if entry.size and name in ("output_cost_per_image", "input_cost_per_image"):
        return Priced(f"images_{entry.size}")
    if entry.size and name == "input_cost_per_pixel":
        return Priced(f"images_{entry.size}")
    return read_field(name, entry.mode)


def _tiered(entry: _Entry, lists: Lists, notes: list[str]) -> None:
    """Read `tiered_pricing`: prices of the whole request by the length of its prompt."""
    for band in entry.said.get("tiered_pricing") or ():
        if "range" not in band:
            notes.append("tiered_pricing by something else than length is left out")
            continue
        above = int(band["range"][0])
        for name, value in band.items():
            meter, price = read_field(name, entry.mode).meter, amount(value)
            if meter and price is not None:
                lists.setdefault(ORDINARY, {}).setdefault(meter, {})[above] = (price, 1)


def _searches(entry: _Entry, lists: Lists, notes: list[str]) -> None:
    """Read the fee of a web search; where it depends on the size of what is found, the middle one is taken."""
    said = entry.said.get("search_context_cost_per_query") or {}
    prices = {size.rpartition("_")[2]: price for size, value in said.items() if (price := amount(value)) is not None}
    if not prices:
        return
    middle = prices.get("medium", next(iter(prices.values())))
    lists.setdefault(ORDINARY, {}).setdefault("web_searches", {})[0] = (middle, 1)
    if len(set(prices.values())) > 1:
        each = ", ".join(f"{size} {price.normalize():f}" for size, price in prices.items())
        notes.append(f"a web search costs by the size of its context ({each}); {middle.normalize():f} is taken")
    if entry.said.get("web_search_billing_unit") == "per_prompt":
        notes.append("web searches are billed once for each prompt, not for each search")


def _by_hours(entry: _Entry, listed: Sequence[Rate], notes: list[str]) -> Iterator[Rate]:
    """Read `off_peak_pricing`: other prices in some hours, whatever the length of the prompt."""
    said = entry.said.get("off_peak_pricing")
    if not isinstance(said, Mapping):
        return
    ordinary = [rate for rate in listed if (rate.batch, rate.service_tier, rate.speed) == ORDINARY]
    found: Sequence[Window] = windows(said, notes)
    own = {read_field(name, entry.mode).meter: price for name, v in said.items() if (price := amount(v)) is not None}
    for rate in ordinary:
        lender = rate.note.rpartition(" ")[2] if rate.note else rate.meter
        price = own.get(rate.meter, own.get(lender))
        if price is not None:
            yield from (replace(rate, price=price, per=Decimal(1), window=window) for window in found)


def _fast(entry: _Entry, rates: Sequence[Rate]) -> Iterator[Rate]:
    """Multiply for a faster way to serve the model."""
    times = _specific(entry).get("fast")
    if times:
        for rate in rates:
            if (rate.batch, rate.service_tier, rate.speed) == ORDINARY:
                note = "; ".join(filter(None, [rate.note, f"{times} times the ordinary price"]))
                yield replace(rate, speed="fast", price=CONTEXT.multiply(rate.price, times), note=note)


def _uplifts(entry: _Entry) -> Iterator[Uplift]:
    """Read multiples for regions."""
    provider, model = entry.key
    said = [(regions, amount(entry.said.get(name))) for name, regions in UPLIFTS.items()]
    said += [((zone,), times) for zone, times in _specific(entry).items() if zone in ZONES]
    for regions, times in said:
        if times is not None and times != 1 and not entry.region:
            yield from (Uplift(provider, (_literal(model),), region, times, source=entry.source) for region in regions)


def _literal(model: str) -> str:
    """Write a model's name as a pattern that only it matches."""
    return model.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")


def _specific(entry: _Entry) -> dict[str, Decimal]:
    said = entry.said.get("provider_specific_entry")
    found = said.items() if isinstance(said, Mapping) else ()
    return {str(name).lower(): times for name, value in found if (times := amount(value)) is not None}
