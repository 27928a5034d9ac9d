"""What a card must not say, and what it must not leave unsaid."""

import re
from collections.abc import Iterator
from itertools import pairwise

from pertoken.catalog.prices import Rate
from pertoken.core import meters
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.expression import condition, weights
from pertoken.core.period import GRAINS
from pertoken.rating.card import Adjust, Card, Charge, Clamp, Curve
from pertoken.usage.question import above_key

MOST_PLACES = 9


def faults(card: Card) -> list[Fault]:
    """List all that is wrong with a card; empty if it can be used."""
    found = [fault for name, charge in card.prices.items() for fault in _charge(card, name, charge)]
    found += _names(card)
    found += _rates(card)
    found += _outdated_bands(card)
    found += _clamp(card)
    found += _adjust(card)
    found += _condition(card, card.where, 0)
    if card.rounding is not None and not 0 <= card.rounding <= MOST_PLACES:
        found.append(_fault(card, 0, f"rounding is {card.rounding}", f"0 to {MOST_PLACES} decimal places"))
    if not re.fullmatch("[A-Z]{3}", card.currency):
        found.append(_fault(card, 0, f"currency is {card.currency!r}", "three letters of ISO 4217, as USD"))
    if not card.prices and not card.rates:
        found.append(_fault(card, 0, f"card {card.name!r} prices nothing", "`prices` or `rates`"))
    return found


def _fault(card: Card, line: int, found: str, expected: str = "", mend: str = "") -> Fault:
    place = card.source or f"card {card.name!r}"
    return Fault(f"{place}:{line}" if line else place, found, expected, mend)


def _names(card: Card) -> Iterator[Fault]:
    for name in sorted({"rates", "minimum", "maximum"} & set(card.prices)):
        yield _fault(card, card.prices[name].line, f"a price is named {name!r}", "a name that the ledger does not use")


def _charge(card: Card, name: str, charge: Charge) -> Iterator[Fault]:
    yield from _curve(card, name, charge, charge.curve)
    if charge.measure is not None:
        yield from _measure(card, name, charge)
    how = charge.convert
    if how.per <= 0:
        yield _fault(card, charge.line, f"{name}: per is {how.per}", "a number above 0")
    if how.free < 0:
        yield _fault(card, charge.line, f"{name}: free is {how.free}", "0 or more")
    if how.free and how.round and how.free_first is None:
        yield _fault(
            card,
            charge.line,
            f"{name} has free units and rounding",
            "their order, since engines differ",
            "say free_first: true (free units off, then whole packages) or free_first: false",
        )


def _measure(card: Card, name: str, charge: Charge) -> Iterator[Fault]:
    assert charge.measure is not None  # noqa: S101  see the caller
    try:
        for each in weights(charge.measure.sum):
            meters.check(each)
    except InputError as error:
        yield _fault(card, charge.line, f"{name}: {error}")
    yield from _condition(card, charge.measure.where, charge.line)


def _condition(card: Card, text: str, line: int) -> Iterator[Fault]:
    if text:
        try:
            condition(text)
        except InputError as error:
            yield _fault(card, line, str(error))


def _curve(card: Card, name: str, charge: Charge, curve: Curve | None) -> Iterator[Fault]:
    if curve is None:
        return
    tiers = curve.tiers
    if not tiers:
        yield _fault(card, charge.line, f"{name} has no tier", "at least {rate: ...} or {flat: ...}")
        return
    for one, two in pairwise(tiers):
        if one.up_to is None:
            yield _fault(
                card, one.line, f"{name}: a tier without an end is followed by another", "up_to on all but the last"
            )
        elif two.up_to is not None and two.up_to <= one.up_to:
            mend = "sort the tiers; up_to is the last unit that belongs to a tier"
            yield _fault(
                card, two.line, f"{name}: tiers overlap, up_to {two.up_to} after {one.up_to}", "rising up_to", mend
            )
    if tiers[-1].up_to is not None:
        mend = "drop its up_to, or add a last tier that prices what is above"
        yield _fault(
            card, tiers[-1].line, f"{name}: nothing is said above {tiers[-1].up_to}", "a last tier without end", mend
        )
    if len(tiers) > 1 and curve.mode is None:
        mend = "say mode: marginal (each unit in its own tier) or mode: all (all units in the tier reached)"
        yield _fault(
            card, charge.line, f"{name} has {len(tiers)} tiers and no mode", "a mode, since money depends on it", mend
        )
    if charge.measure and tiers[0].flat and curve.flat_on_zero is None:
        mend = "say flat_on_zero: true or false"
        yield _fault(
            card, tiers[0].line, f"{name} has a flat in its first tier", "whether it is due without usage", mend
        )
    for tier in tiers:
        if tier.rate < 0 or tier.flat < 0:
            yield _fault(card, tier.line, f"{name}: a rate below zero", "0 or more", "write a discount under adjust")


def _rates(card: Card) -> Iterator[Fault]:
    seen: dict[tuple[object, ...], int] = {}
    for rate in card.rates:
        what = (rate.provider, rate.model, rate.meter, rate.batch, rate.service_tier, rate.above, rate.start)
        if what in seen:
            mend = f"it already stands on line {seen[what]}; give one a `from` date or drop it"
            yield _fault(card, rate.line, f"second price for {rate.meter} of {rate.model}", "one", mend)
        seen[what] = rate.line
        try:
            meters.meter(rate.meter)
        except InputError as error:
            yield _fault(card, rate.line, str(error))
        if rate.price < 0 or rate.per <= 0:
            yield _fault(
                card, rate.line, f"price {rate.price} per {rate.per}", "a price of 0 or more for 1 unit or more"
            )


def _outdated_bands(card: Card) -> Iterator[Fault]:
    """A later price for all lengths hides an earlier one for long requests: say the long one again, or it is gone."""
    for long in card.rates:
        same = [r for r in card.rates if _what(r) == _what(long)]
        said = {r.start for r in same if r.above == long.above}
        later = [r for r in same if r.above < long.above and r.start and (long.start is None or r.start > long.start)]
        for rate in [r for r in later if r.start not in said][:1] if long.above else ():
            found = (
                f"{long.meter} of {long.model} has a price above {long.above:,} tokens, but a later one for all lengths"
            )
            mend = f"say the price above {long.above:,} from {rate.start} too, even if it is the same"
            yield _fault(card, rate.line, found, "", mend)


def _what(rate: Rate) -> tuple[str, str, str, bool, str]:
    return rate.provider, rate.model, rate.meter, rate.batch, rate.service_tier


def _clamp(card: Card) -> Iterator[Fault]:
    for clamp in card.clamps:
        yield from _limits(card, clamp)


def _limits(card: Card, clamp: Clamp) -> Iterator[Fault]:
    if clamp.min is not None and clamp.max is not None and clamp.min > clamp.max:
        yield _fault(card, clamp.line, f"minimum {clamp.min} above maximum {clamp.max}", "min at most max")
    for name, charge in card.prices.items():
        window = charge.window
        if (
            window in GRAINS
            and (_apart(charge) or card.rounding is not None)
            and GRAINS.index(window) > GRAINS.index(clamp.window)
        ):
            mend = f"say window: {window} under clamp"
            yield _fault(card, clamp.line, f"a limit by {clamp.window}, but {name} is counted by {window}", mend=mend)
    if card.adjust and not card.order:
        yield _fault(
            card,
            clamp.line,
            "a discount and a minimum or maximum without an order",
            "an order, since 20 of usage, 10 % off, minimum 50 bills 50 or 45",
            "say order: [discount, minimum, maximum] or another",
        )


def _apart(charge: Charge) -> bool:
    """Tell whether a charge is counted as a whole, so that its lines have no keys but scope, window and `by`."""
    flat = any(tier.flat for tier in charge.curve.tiers) or len(charge.curve.tiers) > 1 if charge.curve else False
    return charge.measure is None or flat or bool(charge.convert.round) or bool(charge.convert.free)


def _kept(card: Card, adjust: Adjust) -> Iterator[Fault]:
    """A discount can't ask what its charge does not know."""
    try:
        names = condition(adjust.where).names if adjust.where else frozenset()
    except InputError:
        return
    asked = {above_key(card.bands[name].of) if name in card.bands else name for name in names}
    fine = sorted(asked & {"hour", "day"})
    if fine and card.rounding is not None:
        found = f"adjust asks for the {' and the '.join(fine)}, but invoice lines are of a month or more"
        yield _fault(card, adjust.line, found, mend="ask for a month, or say rounding: null")
    for name, charge in card.prices.items():
        if charge.measure and _apart(charge) and (not adjust.on or name in adjust.on):
            lacking = sorted(asked - {*card.scope, *charge.measure.by, charge.measure.window})
            if lacking:
                found = f"adjust asks for {', '.join(lacking)}, which {name} does not keep apart"
                mend = f"say by: [{', '.join(lacking)}] under its measure, or on: another charge"
                yield _fault(card, adjust.line, found, mend=mend)


def _adjust(card: Card) -> Iterator[Fault]:
    known = {*card.prices, *(["rates"] if card.rates else []), "minimum"}
    for adjust in card.adjust:
        for name in adjust.on:
            if name not in known:
                yield _fault(card, adjust.line, f"adjust is on {name!r}, which is no charge", mend=nearest(name, known))
        yield from _condition(card, adjust.where, adjust.line)
        yield from _kept(card, adjust)
    used = {"discount"} if card.adjust else set()
    used |= {
        name
        for name, bound in (("minimum", "min"), ("maximum", "max"))
        for clamp in card.clamps
        if getattr(clamp, bound) is not None
    }
    twice = sorted({step for step in card.order if card.order.count(step) > 1})
    if twice:
        yield _fault(card, 0, f"order says {' and '.join(twice)} twice", "each step once")
    if card.order and not used <= set(card.order):
        yield _fault(card, 0, f"order leaves out {sorted(used - set(card.order))}", f"all of {sorted(used)}")
