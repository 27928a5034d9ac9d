"""The price book: which model a name means, and what it costs; never by likeness."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain

from pertoken.catalog.names import BASE_REGIONS, Reading, moving, readings, says_zone, seller_of, spellings
from pertoken.catalog.prices import Rate
from pertoken.catalog.regions import Uplift
from pertoken.core.errors import InputError, UnpricedUsage, alike

Key = tuple[str, str]
"""A provider and one of its models, as the book spells them."""

MAKERS = (
    "anthropic", "openai", "mistral", "cohere", "deepseek", "x-ai", "perplexity", "voyageai", "moonshotai", "minimax",
    "zai", "meta", "elevenlabs", "google",
)  # fmt: skip
"""Who sells models of its own making, in the order asked; those who also sell models of others stand last."""


EVERYWHERE = frozenset({"", "global"})
"""Regions that say nothing of where a model was served."""


class UnknownModel(InputError):
    """A name that means no model of the book, or several that cost differently."""


@dataclass(frozen=True, eq=False)
class Catalog:
    """Rates of many models, and the names that they go by.

    Args:
        name: Where the book is from, with its version.
        rates: What each model costs.
        aliases: Other exact names of models, in lower case.
        refusals: Models that are listed but can't be priced, and why.
        notes: What the rates of a model leave out.
        deployments: The user's own names of models, in lower case, with or without a provider before them, and the
            name in the book that each means; they go before all else.
        uplifts: Regional multiples, which `layers.layered` makes rates of.
        digest: The hash, where it is known already.
        reckon: Tells the hash, where it is kept beside what the catalog is made of.
    """

    name: str
    rates: Mapping[Key, tuple[Rate, ...]]
    aliases: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)
    refusals: Mapping[Key, str] = field(default_factory=dict)
    notes: Mapping[Key, str] = field(default_factory=dict)
    deployments: Mapping[str, str] = field(default_factory=dict)
    uplifts: tuple[Uplift, ...] = ()
    digest: str = ""
    reckon: Callable[[], str] | None = None

    @cached_property
    def names(self) -> Mapping[str, tuple[Key, ...]]:
        """Every exact name, in lower case, and the models that go by it."""
        names: dict[str, tuple[Key, ...]] = {}
        own = ((key[1].lower(), (key,)) for key in chain(self.rates, self.refusals))
        for name, keys in chain(own, self.aliases.items()):
            names[name] = names.get(name, ()) + keys
        return names

    @cached_property
    def providers(self) -> frozenset[str]:
        """Who sells the models."""
        return frozenset(provider for provider, _ in chain(self.rates, self.refusals))

    @cached_property
    def hash(self) -> str:
        """The SHA-256 of all that the catalog says, whatever its own name; it takes a second for 50,000 rates."""
        from pertoken.catalog.text import digest, lines  # noqa: PLC0415  most uses never ask

        return self.digest or (self.reckon() if self.reckon else digest(lines(self)))

    def rate(self, name: str) -> Rate:
        """Look a rate up by its id.

        Raises:
            InputError: No rate has that id.

        >>> from decimal import Decimal
        >>> one = Rate(model="m", meter="pages", price=Decimal(1), provider="p")
        >>> Catalog("book", {("p", "m"): (one,)}).rate(one.id) == one
        True
        """
        provider, _, model = name.rpartition("#")[0].rpartition(":")[0].partition("/")
        found = [rate for rate in self.rates.get((provider, model), ()) if rate.id == name]
        if not found:
            msg = f"no rate {name!r} in {self.name}; expected provider/model:meter#mark, as an explanation prints it"
            raise InputError(msg)
        return found[0]


@dataclass(frozen=True, slots=True)
class Found:
    """What a name means.

    Args:
        key: The provider and the model, as the book spells them.
        region: The region that stands in the name and for which the book has prices of its own; empty if none.
        note: What is to be known of it: that it is a moving alias, or a name of the user's own.
    """

    key: Key
    region: str = ""
    note: str = ""


def find(catalog: Catalog, name: str, *, provider: str = "") -> Key:
    """Find the model that a name means, as `locate` does.

    Returns:
        The provider and the model, as the book spells them.

    Raises:
        UnknownModel: The name means no model, or several with different prices.
    """
    return locate(catalog, name, provider=provider).key


def locate(catalog: Catalog, name: str, *, provider: str = "", region: str = "") -> Found:
    """Find the model that a name means, and the region that it names.

    A name is a model's id or listed alias, in any case, or a deployment of the user's own. It may carry its seller
    (`openai/gpt-4o`), a region (`eu.anthropic...`, `bedrock/us-east-1/...`, `azure/eu/...`), a date (`-20250929`,
    `@20250929`, `-2025-09-29`) and an edition (`-v1:0`). A bare name means the offer of the model's own maker. A name
    that only looks like a model's is never taken for it, nor is a region for another that costs otherwise.

    Args:
        catalog: The book to look in.
        name: The model, as a log or a person names it.
        provider: Who sold it, where that is known.
        region: Where it was served, where that is known otherwise than by its name.

    Raises:
        UnknownModel: The name means no model, or several with different prices, or a region without a price.
    """
    if target := _deployment(catalog, name, provider):
        return replace(_listed(catalog, target, "", region), note=f"{name!r} is a name of your own for {target}")
    return _listed(catalog, name, provider, region)


def _listed(catalog: Catalog, name: str, provider: str, region: str) -> Found:
    """Find what a name means in the book itself."""
    if provider and seller_of(provider) not in catalog.providers:
        raise UnknownModel(_no_provider(catalog, provider))
    nowhere: list[tuple[Key, str]] = []
    for reading in readings(name, provider, catalog.providers, "" if region in EVERYWHERE else region):
        offers = _offers(catalog, reading)
        there = {seller: key for seller, key in offers.items() if _served(catalog, key, reading.region) is not None}
        nowhere += [(key, reading.region) for seller, key in offers.items() if seller not in there]
        if there:
            key = _chosen(catalog, name, there)
            served = _served(catalog, key, reading.region) or ""
            told = reading.region or says_zone(reading.name) or region not in EVERYWHERE
            return Found(key if told else _worldwide(catalog, key), served, moving(name))
    raise UnknownModel(_no_region(catalog, *nowhere[0]) if nowhere else _no_model(catalog, name, provider))


def rates_of(catalog: Catalog, name: str, *, provider: str = "", region: str = "") -> tuple[Rate, ...]:
    """Look up all rates of the model that a name means, as `locate` finds it.

    Where the name carries a region with prices of its own, these are also the prices of usage that names no region.
    Where a region is said for which the book has no price, what holds elsewhere stands for it, and says so.

    Raises:
        UnknownModel: The name means no model, or several with different prices.
        UnpricedUsage: The model is listed, but its price can't be told.
    """
    found = locate(catalog, name, provider=provider, region=region)
    if found.key in catalog.refusals:
        why = f"{'/'.join(found.key)} has no usable price in {catalog.name}: {catalog.refusals[found.key]}"
        raise UnpricedUsage(f"{why}; state a price of your own")
    rates = catalog.rates[found.key]
    if region not in EVERYWHERE and locate(catalog, name, provider=provider).key != found.key:
        return tuple(replace(rate, region=region, listed_as=rate.id) for rate in rates)
    if not found.region:
        return (*rates, *_stand_ins(found.key, rates, region))
    own = {_ways(rate) for rate in rates if rate.region == found.region}
    elsewhere = (rate for rate in rates if rate.region or _ways(rate) not in own)
    return (*elsewhere, *(replace(rate, region="", listed_as=rate.id) for rate in rates if rate.region == found.region))


def _stand_ins(key: Key, rates: Sequence[Rate], region: str) -> Iterator[Rate]:
    """Let the prices elsewhere stand for a region that has none, where the price is not known to hold there."""
    known = {rate.region for rate in rates} - {""}
    anywhere = key[1].startswith(("regional.", "global.")) and not region.startswith("us-gov")
    depends = bool(known) or key[0] in BASE_REGIONS
    if region in EVERYWHERE or region in known or region in BASE_REGIONS.get(key[0], ()) or anywhere or not depends:
        return
    said = f"no price is known for region {region}: priced as where none is said"
    for rate in rates:
        if not rate.region:
            note = "; ".join(filter(None, [rate.note, said]))
            yield replace(rate, region=region, note=note, listed_as=rate.id)


def _ways(rate: Rate) -> tuple[object, ...]:
    return rate.meter, rate.batch, rate.service_tier, rate.speed


def _deployment(catalog: Catalog, name: str, provider: str) -> str:
    """The name in the book of a deployment; one of a provider goes before one of any."""
    plain = name.strip().lower()
    spelt = [f"{each}/{plain}" for each in (provider.strip().lower(), seller_of(provider)) if each]
    return next((catalog.deployments[each] for each in (*spelt, plain) if each in catalog.deployments), "")


def _offers(catalog: Catalog, reading: Reading) -> dict[str, Key]:
    """Offers by seller; the name as it stands goes before the name without its edition and date."""
    offers: dict[str, Key] = {}
    for spelling in spellings(reading.name):
        for key in catalog.names.get(spelling, ()):
            if reading.seller in ("", key[0]):
                offers.setdefault(key[0], key)
    return offers


def _served(catalog: Catalog, key: Key, region: str) -> str | None:
    """The region by which rates are looked up; empty for that of the prices without one, None if none is priced."""
    if not region:
        return ""
    if any(rate.region == region for rate in catalog.rates.get(key, ())):
        return region
    everywhere = key[1].startswith(("regional.", "global.")) and not region.startswith("us-gov")
    return "" if everywhere or region in BASE_REGIONS.get(key[0], ()) or key[0] not in BASE_REGIONS else None


def _worldwide(catalog: Catalog, key: Key) -> Key:
    """Take a model of which no part of the world is said at the price that holds in all of it, where there is one."""
    seller, model = key
    whole = seller, f"global.{model.removeprefix('regional.')}"
    return whole if model.startswith("regional.") and whole in catalog.rates else key


def _chosen(catalog: Catalog, name: str, offers: Mapping[str, Key]) -> Key:
    for maker in MAKERS:
        if maker in offers:
            return offers[maker]
    keys = sorted(offers.values())
    if len(keys) == 1 or len({_terms(catalog, key) for key in keys}) == 1:
        return keys[0]
    choices = ", ".join("/".join(key) for key in keys)
    raise UnknownModel(f"model {name!r} is sold at different prices; name one of {choices}")


def _terms(catalog: Catalog, key: Key) -> frozenset[object]:
    """What an offer says, whoever makes it."""
    rates = catalog.rates.get(key)
    if rates is None:
        return frozenset({key})
    return frozenset(replace(r, model="", provider="", source="", note="", line=0, basis="") for r in rates)


def _no_provider(catalog: Catalog, provider: str) -> str:
    close = alike(provider.lower(), catalog.providers, cutoff=0.6)
    hint = f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(sorted(catalog.providers))}"
    return f"unknown provider {provider!r} in {catalog.name}; {hint}"


def _no_model(catalog: Catalog, name: str, provider: str) -> str:
    wanted = f"{provider}/{name}" if provider else name
    offers = _offers(catalog, Reading(name.strip().lower()))
    near = sorted("/".join(key) for key in offers.values()) or _near(catalog, name, provider)
    hint = f"did you mean {' or '.join(near[:4])}?" if near else "no name is like it."
    return f"no price for model {wanted!r} in {catalog.name}; {hint} What is only alike is not priced; state its price"


def _no_region(catalog: Catalog, key: Key, region: str) -> str:
    known = sorted({rate.region for rate in catalog.rates.get(key, ())} - {""})
    has = f"known are {', '.join(known)}" if known else "the one price that it has is not known to hold there"
    mend = "state the price there, or what it is times the price elsewhere, in an overlay"
    return f"no price for {'/'.join(key)} in region {region!r} in {catalog.name}; {has}; {mend}"


LEAST = 4
"""Letters of a word that names are looked through for."""


def _near(catalog: Catalog, name: str, provider: str) -> list[str]:
    """Names that look alike, then the longest one that the name begins with; else the shortest that have it inside."""
    seller, plain = seller_of(provider), _plain(name)
    sold = {_plain(each): each for each, keys in catalog.names.items() if not seller or seller in dict(keys)}
    close = alike(plain, sold, cutoff=0.7)
    begin = max((each for each in sold if plain.startswith(each)), key=len, default="")
    near = [each for each in dict.fromkeys([*close, begin]) if each]
    held = (each for each in sold if len(plain) >= LEAST and plain in each)
    return [sold[each] for each in near or sorted(held, key=lambda each: (len(each), each))]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
