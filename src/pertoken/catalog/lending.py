"""Whose price a meter takes over that has none of its own: what it is a kind of, the narrowest first."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from pertoken.catalog.prices import Rate
from pertoken.catalog.terms import Group, group_of, grouped

_READ, _WRITE = "cache_read_tokens", "cache_write_tokens"

LENDERS = {
    _READ: ("input_tokens",),
    _WRITE: ("input_tokens",),
    "cache_write_5m_tokens": (_WRITE, "input_tokens"),
    "cache_write_30m_tokens": (_WRITE, "input_tokens"),
    "cache_write_1h_tokens": (_WRITE, "input_tokens"),
    "cache_write_12h_tokens": (_WRITE, "input_tokens"),
    "input_audio_tokens": ("input_tokens",),
    "input_image_tokens": ("input_tokens",),
    "input_video_tokens": ("input_tokens",),
    "cache_read_audio_tokens": (_READ, "input_audio_tokens", "input_tokens"),
    "cache_read_image_tokens": (_READ, "input_image_tokens", "input_tokens"),
    "reasoning_tokens": ("output_tokens",),
    "output_audio_tokens": ("output_tokens",),
    "output_image_tokens": ("output_tokens",),
    "output_video_tokens": ("output_tokens",),
}
"""For each meter, whose price it may take over."""


def lent_note(lender: str) -> str:
    """Say that a price is taken over.

    >>> lent_note("output_tokens")
    'no price of its own: priced as output_tokens'
    """
    return f"no price of its own: priced as {lender}"


def loans(priced: Collection[str]) -> Iterator[tuple[str, str]]:
    """List the meters without a price, and whose each takes over.

    >>> dict(loans({"output_tokens"}))["reasoning_tokens"]
    'output_tokens'
    """
    for meter, lenders in LENDERS.items():
        if meter not in priced and (lender := next((each for each in lenders if each in priced), "")):
            yield meter, lender


def lent(rates: Sequence[Rate], known: Iterable[Rate] = ()) -> tuple[Rate, ...]:
    """Add the prices that meters take over.

    Args:
        rates: Prices of one source.
        known: Prices of the same models that lie below; what they lend follows the new price of the lender, and what
            they price in its own right is kept.
    """
    own = [rate for rate in known if not rate.note.startswith(lent_note(""))]
    priced: dict[Group, set[str]] = {}
    for rate in (*rates, *own):
        priced.setdefault(_all_meters(group_of(rate)), set()).add(rate.meter)
    made = []
    for group, rows in grouped(rates).items():
        provider, model, meter, batch, tier, speed, _ = group
        anywhere = priced.get((provider, model, "", batch, tier, speed, ""), set()) if own else set()
        for borrower, lender in loans(priced[_all_meters(group)] | anywhere):
            if lender == meter:
                made += [replace(row, meter=borrower, note=_joined(lent_note(lender), row.note)) for row in rows]
    return (*rates, *made)


def _all_meters(group: Group) -> Group:
    provider, model, _, batch, tier, speed, region = group
    return provider, model, "", batch, tier, speed, region


def _joined(*notes: str) -> str:
    return "; ".join(filter(None, notes))
