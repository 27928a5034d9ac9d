"""The price book: which model a name means, and what it costs; never by likeness."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cached_property
from itertools import chain

from pertoken.catalog.prices import Rate
from pertoken.core.errors import InputError, UnpricedUsage

Key = tuple[str, str]
"""A provider and one of its models, as the book spells them."""

MAKERS = (
    "anthropic", "openai", "mistral", "cohere", "deepseek", "x-ai", "perplexity", "voyageai", "moonshotai", "minimax",
    "zai", "meta", "elevenlabs", "google",
)  # fmt: skip
"""Who sells models of its own making, in the order asked; those who also sell models of others stand last."""

SAME_SELLER = {
    "amazon-bedrock": "aws",
    "aws.bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure_ai": "azure",
    "bedrock": "aws",
    "fireworks_ai": "fireworks",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "github_copilot": "github-copilot",
    "mistral_ai": "mistral",
    "mistralai": "mistral",
    "moonshot": "moonshotai",
    "moonshot_ai": "moonshotai",
    "together_ai": "together",
    "vertex_ai": "google",
    "voyage": "voyageai",
    "x_ai": "x-ai",
    "xai": "x-ai",
}
"""Other names of sellers, as OpenTelemetry and gateways write them."""

_EDITION = re.compile(r"-v\d+:\d+$")
_DATE = re.compile(r"[-@](20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))$")


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
    """

    name: str
    rates: Mapping[Key, tuple[Rate, ...]]
    aliases: Mapping[str, tuple[Key, ...]] = field(default_factory=dict)
    refusals: Mapping[Key, str] = field(default_factory=dict)
    notes: Mapping[Key, str] = field(default_factory=dict)

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


def find(catalog: Catalog, name: str, *, provider: str = "") -> Key:
    """Find the model that a name means.

    A name is a model's id or listed alias, in any case. It may carry its seller (`openai/gpt-4o`), a date (`-20250929`,
    `@20250929`, `-2025-09-29`) and an edition (`-v1:0`). A bare name means the offer of the model's own maker. A name
    that only looks like a model's is never taken for it.

    Args:
        catalog: The book to look in.
        name: The model, as a log or a person names it.
        provider: Who sold it, where that is known.

    Returns:
        The provider and the model, as the book spells them.

    Raises:
        UnknownModel: The name means no model, or several with different prices.
    """
    head, _, tail = name.partition("/")
    sellers = [_seller(provider)] if provider else []
    if sellers and sellers[0] not in catalog.providers:
        raise UnknownModel(_no_provider(catalog, provider))
    offers = _offers(catalog, name)
    inner = {seller: key for seller, key in _offers(catalog, tail).items() if seller == _seller(head)} if tail else {}
    if provider:
        offers = {seller: key for seller, key in (inner | offers).items() if seller in sellers}
    if not offers and not inner:
        raise UnknownModel(_no_model(catalog, name, provider))
    return _chosen(catalog, name, offers if provider else inner or offers)


def rates_of(catalog: Catalog, name: str, *, provider: str = "") -> tuple[Rate, ...]:
    """Look up all rates of the model that a name means, as `find` finds it.

    Raises:
        UnknownModel: The name means no model, or several with different prices.
        UnpricedUsage: The model is listed, but its price can't be told.
    """
    key = find(catalog, name, provider=provider)
    if key in catalog.refusals:
        found = f"{'/'.join(key)} has no usable price in {catalog.name}: {catalog.refusals[key]}"
        raise UnpricedUsage(f"{found}; state a price of your own")
    return catalog.rates[key]


def _seller(provider: str) -> str:
    name = provider.strip().lower()
    return SAME_SELLER.get(name, name)


def _offers(catalog: Catalog, name: str) -> dict[str, Key]:
    """Offers by seller; the name as it stands goes before the name without its edition and date."""
    whole = name.strip().lower()
    short = _EDITION.sub("", whole)
    offers: dict[str, Key] = {}
    for spelling in (whole, short, _DATE.sub("", short)):
        for key in catalog.names.get(spelling, ()):
            offers.setdefault(key[0], key)
    return offers


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
    close = get_close_matches(provider.lower(), sorted(catalog.providers), n=3)
    hint = f"did you mean {' or '.join(close)}?" if close else f"known are {', '.join(sorted(catalog.providers))}"
    return f"unknown provider {provider!r} in {catalog.name}; {hint}"


def _no_model(catalog: Catalog, name: str, provider: str) -> str:
    wanted = f"{provider}/{name}" if provider else name
    near = sorted("/".join(key) for key in _offers(catalog, name).values()) or _near(catalog, name, provider)
    hint = f"did you mean {' or '.join(near[:4])}?" if near else "no name is like it."
    return f"no price for model {wanted!r} in {catalog.name}; {hint} What is only alike is not priced; state its price"


def _near(catalog: Catalog, name: str, provider: str) -> list[str]:
    """Names that look alike, then the longest one that the name begins with."""
    seller, plain = _seller(provider), _plain(name)
    sold = {_plain(each): each for each, keys in catalog.names.items() if not seller or seller in dict(keys)}
    close = get_close_matches(plain, sorted(sold), n=3, cutoff=0.7)
    begin = max((each for each in sold if plain.startswith(each)), key=len, default="")
    return [sold[each] for each in dict.fromkeys([*close, begin]) if each]


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
