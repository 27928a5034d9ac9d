"""Helicone: exported rows of requests."""

from collections.abc import Iterable
from dataclasses import replace

from pertoken.core.errors import InputError
from pertoken.core.meters import meter
from pertoken.usage.fields import count, text
from pertoken.usage.layout import Derived, Document, Layout
from pertoken.usage.layouts.rows import Notes, Rows, rows
from pertoken.usage.record import Count, UsageRecord
from pertoken.usage.schema import LogMapping

METERS = {
    "input_tokens": "prompt_tokens",
    "cache_read_tokens": "read_tokens",
    "cache_write_tokens": "written_tokens",
    "input_audio_tokens": "heard_tokens",
    "output_tokens": "completion_tokens",
    "reasoning_tokens": "thought_tokens",
    "output_audio_tokens": "spoken_tokens",
}
"""Meters, and columns of this layout."""

SELLERS = {"X": "x-ai", "CUSTOM": "", "AWS": "aws", "BEDROCK": "aws"} | {
    name.upper(): name
    for name in ("openai", "anthropic", "google", "azure", "groq", "mistral", "together", "fireworks", "perplexity",
                 "deepseek", "openrouter", "cohere", "cloudflare", "novita")
}  # fmt: skip
"""Helicone's names of sellers, and ours."""

OUTSIDE = ("anthropic", "aws")
"""Sellers who count cached tokens beside the input, so that Helicone does, too."""

IN_INPUT = ("cache_read_tokens", "cache_write_tokens", "input_audio_tokens")
IN_OUTPUT = ("reasoning_tokens", "output_audio_tokens")

OFF = "total_tokens is not the sum of the counts, which are read as Helicone counts today"
"""Note on a row whose total fits no way of counting."""

MAPPING = LogMapping(
    time="request_created_at",
    request_id="request_id",
    keys={
        "provider": "seller",
        "model": "served_model",
        "customer": "customer",
        "country": "country",
        "environment": "environment",
        "feature": "feature",
    },
    meters=METERS,
)

DERIVED = {
    "seller": Derived(of=(("provider", ""),), words=SELLERS),
    "served_model": Derived(of=(("response_model", ""), ("model", ""), ("request_model", ""))),
    "customer": Derived(of=(("helicone_user", ""), ("request_user_id", ""), ("user_id", ""))),
    "country": Derived(of=(("country_code", ""),)),
    "environment": Derived(of=(("request_properties", "environment"), ("properties", "environment"))),
    "feature": Derived(of=(("request_properties", "feature"), ("properties", "feature"))),
    "read_tokens": Derived(of=(("prompt_cache_read_tokens", ""),)),
    "written_tokens": Derived(of=(("prompt_cache_write_tokens", ""),)),
    "heard_tokens": Derived(of=(("prompt_audio_tokens", ""),)),
    "thought_tokens": Derived(of=(("reasoning_tokens", ""),)),
    "spoken_tokens": Derived(of=(("completion_audio_tokens", ""),)),
    "reported_cost": Derived(of=(("costUSD", ""), ("cost", ""))),
}


def _counting(*, in_input: bool, in_output: bool, notes: Notes | None = None) -> Rows:
    includes = {"input_tokens": IN_INPUT if in_input else (), "output_tokens": IN_OUTPUT if in_output else ()}
    return rows(
        DERIVED, replace(MAPPING, includes={whole: parts for whole, parts in includes.items() if parts}), notes=notes
    )


WAYS = {
    (in_input, in_output): _counting(in_input=in_input, in_output=in_output)
    for in_input in (False, True)
    for in_output in (False, True)
}
"""Ways in which versions of Helicone counted: whether input and output contain their parts; today's first."""

DOUBTFUL = _counting(in_input=False, in_output=False, notes=lambda _: (OFF,))


def read(document: Document) -> Iterable[UsageRecord]:
    """Read a row in the way of counting that its total fits.

    Raises:
        InputError: Counts that can't be.
    """
    seller = text(document.get("provider"))
    beside = SELLERS.get(seller.upper(), seller) in OUTSIDE
    ways = [way for (in_input, _), way in WAYS.items() if not (in_input and beside)]
    total = count(document.get("total_tokens"), "total_tokens")
    for way in ways:
        found = _fitting(way, document, total)
        if found:
            return found
    return (DOUBTFUL if total else ways[0])(document)


def _fitting(way: Rows, document: Document, total: Count) -> tuple[UsageRecord, ...]:
    try:
        found = way(document)
    except InputError:
        return ()
    return found if all(_tokens(record) == total for record in found) else ()


def _tokens(record: UsageRecord) -> Count:
    return sum(n for name, n in record.meters.items() if meter(name).unit == "token")


COLUMNS = ("request_id", "request_created_at", "request_model", "provider", "prompt_tokens", "completion_tokens")

LAYOUTS: tuple[Layout, ...] = (
    Layout(
        name="helicone",
        title="Helicone requests",
        columns=frozenset(COLUMNS),
        recognise=lambda document: document.keys() >= set(COLUMNS),
        read=read,
        says=(
            "Prompt tokens are read as without cached ones, but where the total of a row shows otherwise",
            "An answer from Helicone's own cache has no tokens; in a dump of its database `cost` is in 10^-9 dollars",
        ),
    ),
)
"""Helicone's formats."""
