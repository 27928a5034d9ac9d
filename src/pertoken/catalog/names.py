"""How logs and gateways write the name of a model: with its seller, its region, its date, its edition."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

SAME_SELLER = {
    "alibaba-cn": "alibaba",
    "amazon-bedrock": "aws",
    "amazon_bedrock": "aws",
    "aws.bedrock": "aws",
    "aws_bedrock": "aws",
    "azure.ai.inference": "azure",
    "azure.ai.openai": "azure",
    "azure_ai": "azure",
    "azure_openai": "azure",
    "azure_text": "azure",
    "bedrock": "aws",
    "bedrock_converse": "aws",
    "bedrock_mantle": "aws",
    "cohere_chat": "cohere",
    "dashscope": "alibaba",
    "fireworks-ai": "fireworks",
    "fireworks_ai": "fireworks",
    "fireworks_ai-embedding-models": "fireworks",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "gcp.vertex_ai": "google",
    "gemini": "google",
    "github_copilot": "github-copilot",
    "google-gla": "google",
    "google-vertex": "google",
    "google_genai": "google",
    "google_vertexai": "google",
    "grok": "x-ai",
    "meta_llama": "meta",
    "mistral_ai": "mistral",
    "mistral-ai": "mistral",
    "mistralai": "mistral",
    "kimi": "moonshotai",
    "moonshot": "moonshotai",
    "moonshot-ai": "moonshotai",
    "moonshot_ai": "moonshotai",
    "text-completion-codestral": "mistral",
    "text-completion-openai": "openai",
    "together-ai": "together",
    "together_ai": "together",
    "vertex": "google",
    "vertex-ai": "google",
    "vertex_ai": "google",
    "vertexai": "google",
    "voyage": "voyageai",
    "x_ai": "x-ai",
    "xai": "x-ai",
}
"""Other names of sellers, as OpenTelemetry and gateways write them."""

ZONES = ("us", "eu", "apac", "au", "ca", "in", "jp", "us-gov", "global")
"""Parts of the world before a model of Bedrock (`eu.anthropic...`) or in the path of one of Azure (`azure/eu/...`)."""

BASE_REGIONS = {
    "aws": frozenset({"us", "us-east-1", "us-west-2"}),
    "azure": frozenset({"global", "global-standard"}),
}
"""Regions whose prices catalogs list where they name none."""

HANDLERS = frozenset({"converse", "converse_like", "invoke", "responses", "chat"})
"""Words of gateways in the path of a model that say how it is called, not what it is."""

_EDITION = re.compile(r"-v\d+:\d+$")
_HALF_EDITION = re.compile(r"(?:[a-z0-9-]+\.)+[a-z0-9-]+-v\d+")
_STABLE = re.compile(r"(gemini-\d.*)-00\d")
_DATE = re.compile(r"[-@](20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|20\d\d-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))$")
_TUNED = re.compile(r"(ft:[^:]+):.*")
_REGION = re.compile(r"(us-gov|us|eu|ap|ca|sa|me|af|il|mx|asia|europe|northamerica|southamerica)-[a-z]+-?\d")
_ARN = re.compile(r"arn:aws[a-z-]*:bedrock:([a-z0-9-]+):\d*:[a-z-]+/(.+)")
_PATH = re.compile(r"(?:projects/[^/]+/locations/([^/]+)/)?publishers/[^/]+/models/(.+)|models/(.+)")

MOVING = {
    "deepseek-chat": "DeepSeek's current chat model",
    "deepseek-reasoner": "DeepSeek's current reasoning model",
}
"""Names that have meant several models in turn, though they don't look like it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a name.

    Args:
        name: What is then left of it.
        seller: Who sells it; empty if nobody is named.
        region: Where it is served; empty if nothing is said.
    """

    name: str
    seller: str = ""
    region: str = ""


def seller_of(provider: str) -> str:
    """Say a seller as catalogs do.

    >>> seller_of("Vertex_AI")
    'google'
    """
    name = provider.strip().lower()
    if name.startswith("vertex_ai-"):
        return "google"
    return SAME_SELLER.get(name, name)


def readings(name: str, provider: str, sellers: Collection[str], region: str = "") -> Iterator[Reading]:
    """Read a name in all ways that it may be meant, the most literal first.

    >>> [*readings("bedrock/us-east-1/meta.llama3", "", {"aws"})][-1]
    Reading(name='regional.meta.llama3', seller='aws', region='us-east-1')
    """
    whole = name.strip().lower()
    said = seller_of(provider) if provider else ""
    head, _, tail = whole.partition("/")
    named = seller_of(head) if tail and seller_of(head) in sellers else ""
    first = Reading(whole, said)
    inner = [Reading(tail, named)] if named and said in ("", named) else []
    plain = [first, *inner] if said else [*inner, first]
    yield from plain
    placed = [found for each in plain for found in _placed(each)]
    yield from placed
    for each in (*plain, *placed):
        if not says_zone(each.name):
            kinds = ("regional",) if each.region else ("regional", "global") if region else ("global", "regional")
            yield from (replace(each, name=f"{kind}.{each.name}") for kind in kinds)


def _placed(reading: Reading) -> Iterator[Reading]:
    """Take the region off a name."""
    name = reading.name
    if arn := _ARN.fullmatch(name):
        yield from _zoned(Reading(arn[2], reading.seller or "aws", arn[1]))
    if path := _PATH.fullmatch(name):
        yield Reading(path[2] or path[3], reading.seller or "google", path[1] or "")
    head, _, tail = name.partition("/")
    while head in HANDLERS and tail:
        yield from _zoned(Reading(tail, reading.seller, reading.region))
        head, _, tail = tail.partition("/")
    if tail and (head in ZONES or head == "global-standard" or _REGION.fullmatch(head)):
        yield from _zoned(Reading(tail, reading.seller, head))
    yield from _zoned(reading, own=False)


def _zoned(reading: Reading, *, own: bool = True) -> Iterator[Reading]:
    """Take the part of the world off a name of Bedrock, whose regional and global prices may be models of their own."""
    if own:
        yield reading
    zone, _, rest = reading.name.partition(".")
    if rest and zone in ZONES and "." in rest:
        prefix = "global" if zone == "global" else "regional"
        yield Reading(f"{prefix}.{rest}", reading.seller, zone)
        yield Reading(rest, reading.seller, zone)


def says_zone(name: str) -> bool:
    """Tell whether a name of Bedrock says in which part of the world the model is served.

    >>> says_zone("eu.anthropic.claude-opus-5"), says_zone("anthropic.claude-opus-5")
    (True, False)
    """
    return name.removeprefix("/").partition(".")[0] in {*ZONES, "regional"}


def spellings(name: str) -> tuple[str, ...]:
    """Write a name whole, without its edition (or the owner of a tuned model), and without its date or version.

    Bedrock's newer ids leave out the second half of their edition, and Google numbers the stable versions of a model.

    >>> spellings("claude-haiku-4-5-20251001-v1:0")
    ('claude-haiku-4-5-20251001-v1:0', 'claude-haiku-4-5-20251001', 'claude-haiku-4-5')
    >>> spellings("ft:gpt-4o-2024-08-06:our-org::7p4l")[1:]
    ('ft:gpt-4o-2024-08-06', 'ft:gpt-4o')
    >>> spellings("us.anthropic.claude-opus-4-6-v1")[1], spellings("gemini-2.0-flash-001")[-1]
    ('us.anthropic.claude-opus-4-6-v1:0', 'gemini-2.0-flash')
    """
    if _HALF_EDITION.fullmatch(name):
        return name, *spellings(f"{name}:0")
    short = _EDITION.sub("", name).removesuffix("@default")
    tuned = _TUNED.fullmatch(short)
    short = tuned[1] if tuned else short
    stable = _STABLE.fullmatch(short)
    return name, short, stable[1] if stable else _DATE.sub("", short)


def moving(name: str) -> str:
    """Say that a name means another model from time to time; empty if it isn't known to.

    >>> moving("mistral-large-latest")
    "'mistral-large-latest' is a moving alias: what it means, and so its price, depends on the day"
    >>> moving("gpt-4o")
    ''
    """
    last = name.strip().lower().rpartition("/")[2]
    if last not in MOVING and not last.endswith(("-latest", ":latest")):
        return ""
    meant = f" ({MOVING[last]})" if last in MOVING else ""
    return f"{last!r} is a moving alias{meant}: what it means, and so its price, depends on the day"


def place_of(name: str, seller: str) -> tuple[str, str]:
    """Take the region off the front of a name that a price list uses.

    >>> place_of("eu.anthropic.claude-opus-5", "aws"), place_of("us-west-2/meta.llama3", "aws")
    (('eu', 'anthropic.claude-opus-5'), ('us-west-2', 'meta.llama3'))
    """
    head, _, tail = name.partition("/")
    if tail and head == "*":
        return "", tail
    if tail and (head in ZONES or head == "global-standard" or _REGION.fullmatch(head)):
        return head, tail
    zone, _, rest = name.partition(".")
    if seller == "aws" and zone in ZONES and "." in rest:
        return zone, rest
    return "", name
