"""Cohere's way to count: what is billed stands beside all tokens, and is what counts."""

from pertoken.usage.record import Count
from pertoken.usage.responses.invocation import Invocation, Response, record
from pertoken.usage.responses.scan import Table, scan

BILLED: Table = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "image_tokens": "input_image_tokens",
    "search_units": "search_units",
    "images": "images",
}
"""What Cohere calls what it bills, and the meter that counts it."""

FIELDS = frozenset({"billed_units", "tokens"})


def read(response: Response) -> tuple[Invocation, ...]:
    """Read usage as Cohere bills it; all tokens where it does not say what is billed, or they are asked for.

    Raises:
        InputError: A count is no count.
    """
    usage = response.usage
    billed = record(usage.get("billed_units"))
    kind = "billed_units" if billed and response.api != "tokens" else "tokens"
    meters: dict[str, Count] = scan(record(usage.get(kind)), BILLED, f"usage.{kind}")
    notes = ["tokens are counted, since billed_units are not said"] if not billed else []
    cached = scan(usage, {"cached_tokens": "cached"}).get("cached", 0)
    if cached and kind == "tokens":
        meters |= {"input_tokens": meters.get("input_tokens", 0) - cached, "cache_read_tokens": cached}
    elif cached:
        notes.append(f"{cached:,} cached tokens are not told apart in what is billed")
    return (Invocation({name: n for name, n in meters.items() if n}, tuple(notes)),)
