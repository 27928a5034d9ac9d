"""Faults of words that a card says and that nothing would use: none is passed over in silence."""

from collections.abc import Iterator

from pertoken.core.errors import Fault
from pertoken.rating.card import Adjust, Card, Charge, Convert, Measure
from pertoken.rating.complaint import fault
from pertoken.rating.during import During
from pertoken.rating.pool_terms import MONEY

DISCOUNTS = ("discount", "amount", "percent")
"""Steps of an order that an adjust is taken in."""


def faults(card: Card) -> Iterator[Fault]:
    """List what a card says in vain."""
    own = card.during
    if own.months is not None or own.after:
        yield fault(card, own.line, "the card holds by months", "from and to", "say months: of a phase")
    if own.counter:
        yield fault(card, own.line, "the card has a counter", "it on a price that changes, or on its phase")
    for name, charge in card.prices.items():
        yield from _times(card, name, charge.during, charge.line)
        yield from _charge(card, name, charge)
    timed = [
        *(("adjust", each.during, each.line) for each in card.adjust),
        *(("clamp", each.during, each.line) for each in card.clamps),
        *(("pool", each.during, each.line) for each in card.pools),
    ]
    for what, during, line in timed:
        yield from _times(card, what, during, line)
        if during.counter:
            yield fault(card, during.line or line, f"{what} has a counter", "it on a price that changes")
    for index, adjust in enumerate(card.adjust):
        yield from _adjust(card, index, adjust)


def _times(card: Card, what: str, during: During, otherwise: int) -> Iterator[Fault]:
    line = during.line or otherwise
    if during.anchor is not None:
        mend = "say it under during: of the card; it holds for all of its parts"
        yield fault(card, line, f"{what} has an anchor of its own", "the card's alone", mend)
    if during.tz:
        mend = "say it under during: of the card; it holds for all of its parts"
        yield fault(card, line, f"{what} has a time zone of its own", "the card's alone", mend)


def _charge(card: Card, name: str, charge: Charge) -> Iterator[Fault]:
    curve, how, line = charge.curve, charge.convert, charge.line
    if charge.during.counter and charge.during.always:
        found = f"{name} has a counter, but no time at which it begins"
        yield fault(card, charge.during.line or line, found, "it where a price changes, as in a phase")
    if charge.measure is None:
        if curve is not None and any(tier.rate > 0 for tier in curve.tiers):
            found = f"{name} has a rate but counts nothing"
            yield fault(card, line, found, "what the rate is for", "say measure, or flat for a fee")
        if how != Convert():
            yield fault(card, line, f"{name} is a fee and converts", "convert with a measure only")
        return
    yield from _of(card, name, charge.measure, line)
    if curve is not None and curve.series and how.whole:
        word = "rounding" if how.round else "free units"
        yield fault(card, line, f"{name} follows a series and has {word}", "a series of unrounded units, none free")
    flat = curve is not None and any(tier.flat for tier in curve.tiers)
    if charge.during.prorate and (flat or how.free):
        found = f"{name} is counted and prorates its {'flat' if flat else 'free units'}"
        mend = "write the flat as a fee of its own" if flat else "write the free units as a pool"
        yield fault(card, charge.during.line or line, found, "prorate on a fee", mend)


def _of(card: Card, name: str, measure: Measure, line: int) -> Iterator[Fault]:
    for word in ("where", "by"):
        if measure.of and getattr(measure, word):
            yield fault(card, line, f"{name} takes money and says {word}", f"{word} with a measure of meters only")


def _adjust(card: Card, index: int, adjust: Adjust) -> Iterator[Fault]:
    line = adjust.line
    if adjust.measure is not None:
        yield from _of(card, f"adjust.{index}", adjust.measure, line)
        if adjust.on:
            yield fault(card, line, "adjust has on and measure", "one of the two", "say measure: {of: [...]} alone")
    if adjust.amount is None:
        if adjust.window != "month":
            yield fault(card, line, f"adjust has a window of a {adjust.window}", "window with amount only")
        if adjust.during.prorate:
            yield fault(card, adjust.during.line or line, "adjust prorates a share", "prorate with amount only")
    first = min((card.order.index(step) for step in DISCOUNTS if step in card.order), default=None)
    if first is None or "credit" not in card.order or first > card.order.index("credit"):
        return
    for name in sorted({pool.name for pool in card.pools if pool.unit == MONEY} & set(adjust.on)):
        found = f"adjust is on the pool {name}, which is drawn after it"
        yield fault(card, line, found, "credit before discount in the order, or charges under `on`")
