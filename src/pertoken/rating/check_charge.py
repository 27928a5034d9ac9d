"""Faults of charges: what is counted, how it is converted, what it costs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from itertools import pairwise

from pertoken.core import meters
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.period import GRAINS
from pertoken.rating.card import KINDS, Card, Charge, Curve, Measure, Tier, plain
from pertoken.rating.complaint import bad_condition, bad_meters, fault
from pertoken.rating.series import grain

RATES = "rates"
HELD = ("max", "time_weighted")
"""Ways of counting that look at periods inside the window."""

_KEY = re.compile(r"[A-Za-z_]\w*")


def faults(card: Card) -> Iterator[Fault]:
    """List what is wrong with the charges and the series of a card."""
    before: set[str] = {RATES} if card.rates else set()
    for name, charge in card.prices.items():
        yield from _charge(card, name, charge, before)
        before.add(plain(name))
    for name, rates in card.series.items():
        yield from _series(card, name, rates)


def _charge(card: Card, name: str, charge: Charge, before: set[str]) -> Iterator[Fault]:
    if charge.curve is not None:
        yield from curve_faults(card, name, charge.curve, charge.line, charge.measure)
    elif charge.measure is None or not _blocked(card, name):
        mend = "say what it costs, as curve: [{rate: ...}]"
        yield fault(
            card, charge.line, f"{name} has no curve", "one, or a pool that covers it with outside: block", mend
        )
    if charge.curve is not None and charge.curve.select and charge.during.counter == "carry":
        found = f"{name} carries its count on, and its tier is picked by {charge.curve.select}"
        yield fault(card, charge.line, found, "a count that begins again", "say counter: restart under during")
    if charge.measure is not None:
        yield from measure_faults(card, name, charge.measure, charge.line, before)
        yield from _request(card, name, charge)
    yield from _convert(card, name, charge)


def _blocked(card: Card, name: str) -> bool:
    """Tell whether what no pool covers of a charge is not sold, so that it needs no price."""
    return any(plain(name) in pool.eligible and pool.outside.block for pool in card.pools)


def _convert(card: Card, name: str, charge: Charge) -> Iterator[Fault]:
    how = charge.convert
    for word, number in (("per", how.per), ("times", how.times)):
        if number <= 0:
            yield fault(card, charge.line, f"{name}: {word} is {number}", "a number above 0")
    if how.free < 0:
        yield fault(card, charge.line, f"{name}: free is {how.free}", "0 or more")
    if how.precision and not how.round:
        yield fault(card, charge.line, f"{name} has a precision but no rounding", "round: up, down or half_up")
    if how.free and how.round and how.free_first is None:
        yield fault(
            card,
            charge.line,
            f"{name} has free units and rounding",
            "their order, since engines differ",
            "say free_first: true (free units off, then whole packages) or free_first: false",
        )


def _request(card: Card, name: str, charge: Charge) -> Iterator[Fault]:
    """What is counted by request is kept as a sum of rounded quantities, so only one rate can follow."""
    measure, curve = charge.measure, charge.curve
    if measure is None or measure.window != "request":
        return
    if measure.kind not in ("sum", "count", ""):
        yield fault(card, charge.line, f"{name} takes {measure.kind} of a single request", "sum or count")
    if curve is not None and (curve.series or len(curve.tiers) != 1 or curve.tiers[0].flat or curve.tiers[0].cap):
        found = f"{name} is counted by request, but has tiers, a flat or a series"
        yield fault(card, charge.line, found, "a single rate", "use bands: to tell requests by their length")


def measure_faults(card: Card, name: str, measure: Measure, line: int, known: set[str]) -> Iterator[Fault]:
    """List what is wrong with a measure.

    Args:
        card: The card.
        name: What it is the measure of.
        measure: The measure.
        line: Line of the card's file.
        known: Charges of which it may take the money.
    """
    said = [kind for kind in KINDS if getattr(measure, kind)]
    if len(said) != 1:
        found = f"{name} measures {' and '.join(said) or 'nothing'}"
        yield fault(card, line, found, f"one of {', '.join(KINDS)}")
        return
    if measure.meters:
        yield from bad_meters(card, name, measure.meters, line)
    if measure.unique:
        yield from _unique(card, name, measure.unique, line)
    for each in measure.of:
        if each not in known:
            found = f"{name} takes the money of {each!r}, which is no charge before it"
            yield fault(card, line, found, "charges defined before", nearest(each, known))
    yield from bad_condition(card, measure.where, line)
    yield from _every(card, name, measure, line)


def _unique(card: Card, name: str, key: str, line: int) -> Iterator[Fault]:
    counted = key in meters.COMPOSITES
    with suppress(InputError):
        counted = counted or bool(meters.meter(key))
    if counted or key in GRAINS or not _KEY.fullmatch(key):
        yield fault(card, line, f"{name}: unique is {key!r}", "a key whose labels are counted, as user")


def _every(card: Card, name: str, measure: Measure, line: int) -> Iterator[Fault]:
    kind, every, window = measure.kind, measure.every, measure.window
    if window == "term" and kind in (*HELD, "unique"):
        found = f"{name} takes {kind} over the whole term, which no invoice waits for"
        yield fault(card, line, found, "a window of a year or less", "say window: month, quarter or year")
    if kind not in HELD:
        if every:
            yield fault(card, line, f"{name} has every: {every}", f"it with {' or '.join(HELD)} only")
    elif every is None:
        what = "the greatest sum" if kind == "max" else "the level"
        mend = "say every: hour, day or month"
        yield fault(card, line, f"{name} takes {what} of no period", "`every`, finer than the window", mend)
    elif window == "request" or (window in GRAINS and GRAINS.index(every) >= GRAINS.index(window)):
        yield fault(card, line, f"{name} has every: {every} in a window of a {window}", "`every` finer than the window")


def curve_faults(card: Card, name: str, curve: Curve, line: int, measure: Measure | None) -> Iterator[Fault]:
    """List what is wrong with a curve.

    Args:
        card: The card.
        name: What it is the curve of.
        curve: The curve.
        line: Line of the card's file.
        measure: What it is a curve over; None for a fee.
    """
    if curve.series:
        yield from _by_series(card, name, curve, line, measure)
        return
    if not curve.tiers:
        yield fault(card, line, f"{name} has no tier", "at least {rate: ...} or {flat: ...}")
        return
    yield from _bounds(card, name, curve.tiers)
    if len(curve.tiers) > 1 and curve.mode is None:
        mend = (
            "say curve: {mode: marginal, tiers: [...]} (each unit in its own tier) or mode: all (all units in the tier "
            "reached)"
        )
        yield fault(
            card, line, f"{name} has {len(curve.tiers)} tiers and no mode", "a mode, since money depends on it", mend
        )
    if measure and curve.tiers[0].flat and curve.flat_on_zero is None:
        mend = "say flat_on_zero: true or false"
        found = f"{name} has a flat in its first tier"
        yield fault(card, curve.tiers[0].line, found, "whether it is due without usage", mend)
    if curve.select:
        yield from bad_meters(card, f"{name}: select", curve.select, line)
        if curve.mode != "all" or measure is None:
            yield fault(card, line, f"{name} has its tier picked by {curve.select}", "mode: all and a measure")
    for tier in curve.tiers:
        yield from _tier(card, name, tier)


def _by_series(card: Card, name: str, curve: Curve, line: int, measure: Measure | None) -> Iterator[Fault]:
    if curve.tiers or curve.select or curve.flat_on_zero is not None:
        yield fault(card, line, f"{name} has tiers and a series", "one of the two")
    if curve.series not in card.series:
        found = f"{name} follows the series {curve.series!r}, which the card does not have"
        yield fault(card, line, found, "a name under `series`", nearest(curve.series, card.series))
    if measure is None:
        yield fault(card, line, f"{name} is a fee that follows a series", "a measure")


def _bounds(card: Card, name: str, tiers: Sequence[Tier]) -> Iterator[Fault]:
    first, last = tiers[0], tiers[-1]
    if first.up_to is not None and first.up_to < 0:
        yield fault(card, first.line, f"{name}: the first tier ends at {first.up_to}", "0 or more")
    for one, two in pairwise(tiers):
        if one.up_to is None:
            found = f"{name}: a tier without an end is followed by another"
            yield fault(card, one.line, found, "up_to on all but the last")
        elif two.up_to is not None and two.up_to <= one.up_to:
            mend = "sort the tiers; up_to is the last unit that belongs to a tier"
            found = f"{name}: tiers overlap, up_to {two.up_to} after {one.up_to}"
            yield fault(card, two.line, found, "rising up_to", mend)
    if last.up_to is not None:
        mend = "drop its up_to, or add a last tier that prices what is above"
        yield fault(card, last.line, f"{name}: nothing is said above {last.up_to}", "a last tier without end", mend)


def _tier(card: Card, name: str, tier: Tier) -> Iterator[Fault]:
    if tier.rate < 0 or tier.flat < 0:
        yield fault(card, tier.line, f"{name}: a rate below zero", "0 or more", "write a discount under adjust")
    elif tier.cap is not None and tier.cap < tier.flat:
        yield fault(card, tier.line, f"{name}: a cap of {tier.cap} below the flat of {tier.flat}", "cap at least flat")


def _series(card: Card, name: str, rates: Mapping[str, Decimal]) -> Iterator[Fault]:
    if not rates:
        yield fault(card, 0, f"series {name} has no rate", "a label with its rate, as 2026-01-05T09: 1.60")
    kinds = set()
    for label, rate in rates.items():
        try:
            kinds.add(grain(label))
        except InputError as error:
            yield fault(card, 0, f"series {name}: {error}")
        if rate < 0:
            yield fault(card, 0, f"series {name}: the rate from {label} is {rate}", "0 or more")
    if len(kinds) > 1:
        yield fault(card, 0, f"series {name} has labels of a {' and a '.join(sorted(kinds))}", "one kind of label")
