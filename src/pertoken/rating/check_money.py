"""Faults of discounts, limits and the order of the steps."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import permutations

from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.expression import condition
from pertoken.core.period import GRAINS
from pertoken.rating.card import ORDERS, Adjust, Card, Charge, Clamp, plain
from pertoken.rating.check_charge import RATES, curve_faults, measure_faults
from pertoken.rating.check_pools import apart
from pertoken.rating.complaint import bad_condition, fault
from pertoken.rating.pool_terms import MONEY
from pertoken.usage.question import above_key

ALL_OFF = Decimal(-100)


def faults(card: Card) -> Iterator[Fault]:
    """List what is wrong with the steps that follow the charges."""
    for clamp in card.clamps:
        yield from _clamp(card, clamp)
    for index, adjust in enumerate(card.adjust):
        yield from _adjust(card, index, adjust)
    yield from _crossed(card)
    yield from _order(card)


def _known(card: Card) -> set[str]:
    """Names of what money can be reckoned on."""
    return {*map(plain, card.prices), *([RATES] if card.rates else [])}


def _clamp(card: Card, clamp: Clamp) -> Iterator[Fault]:
    if clamp.min is None and clamp.max is None:
        yield fault(card, clamp.line, "a clamp without a limit", "min, max or both")
    if clamp.min is not None and clamp.max is not None and clamp.min > clamp.max:
        yield fault(card, clamp.line, f"minimum {clamp.min} above maximum {clamp.max}", "min at most max")
    for word, bound in (("minimum", clamp.min), ("maximum", clamp.max)):
        if bound is not None and bound < 0:
            yield fault(card, clamp.line, f"{word} {bound}", "0 or more")
    known = {*_known(card), *(pool.name for pool in card.pools)}
    for name in clamp.on:
        if name not in known:
            yield fault(card, clamp.line, f"clamp is on {name!r}, which is no charge", mend=nearest(name, known))
    for name, charge in card.prices.items():
        window = charge.window
        whole = _apart(charge) or card.rounding is not None
        held = window in GRAINS and (not clamp.on or plain(name) in clamp.on) and whole
        if held and GRAINS.index(window) > GRAINS.index(clamp.window):
            mend = f"say window: {window} under clamp"
            yield fault(
                card, clamp.line, f"a limit by {clamp.window}, but {plain(name)} is counted by {window}", mend=mend
            )


def _crossed(card: Card) -> Iterator[Fault]:
    """A minimum above the maximum of what it is part of, at one time, in a window that is no longer."""
    for one, two in permutations(card.clamps, 2):
        if one.min is None or two.max is None or one.min <= two.max or apart(one.during, two.during):
            continue
        inside = not two.on or (one.on and set(one.on) <= set(two.on))
        if inside and GRAINS.index(one.window) <= GRAINS.index(two.window):
            found = f"minimum {one.min} by {one.window} above the maximum {two.max} by {two.window} of another clamp"
            yield fault(card, one.line, found, "min at most max")


def _apart(charge: Charge) -> bool:
    """Tell whether a charge is counted as a whole, so that its lines have no keys but scope, window and `by`."""
    tiers = charge.curve.tiers if charge.curve else ()
    return charge.measure is None or len(tiers) > 1 or any(tier.flat for tier in tiers) or charge.convert.whole


def _adjust(card: Card, index: int, adjust: Adjust) -> Iterator[Fault]:
    said = [word for word in ("percent", "amount", "times") if getattr(adjust, word) is not None]
    said += ["measure and curve"] if adjust.measure or adjust.curve else []
    if len(said) != 1:
        found = f"adjust says {' and '.join(said) or 'nothing'}"
        yield fault(card, adjust.line, found, "one of percent, amount, times, or measure and curve")
    if bool(adjust.measure) != bool(adjust.curve):
        yield fault(
            card, adjust.line, "adjust has a measure or a curve alone", "both: of which money, and what it becomes"
        )
    elif adjust.measure and adjust.curve:
        yield from _reckoned(card, index, adjust)
    if adjust.percent is not None and adjust.percent < ALL_OFF:
        yield fault(
            card, adjust.line, f"percent is {adjust.percent}", "-100 or more: all of it is the most to take off"
        )
    if adjust.times is not None and adjust.times < 0:
        yield fault(card, adjust.line, f"times is {adjust.times}", "0 or more")
    known = {*_known(card), *(pool.name for pool in card.pools), "minimum"}
    for name in adjust.on:
        if name not in known:
            yield fault(card, adjust.line, f"adjust is on {name!r}, which is no charge", mend=nearest(name, known))
    yield from bad_condition(card, adjust.where, adjust.line)
    yield from _kept(card, adjust)
    yield from _begun(card, adjust)


def _begun(card: Card, adjust: Adjust) -> Iterator[Fault]:
    """A share off holds for whole lines, so it can't begin or end inside the period of one."""
    anchor = card.during.anchor
    if adjust.amount is not None or anchor == "start":
        return
    charges = [c for name, c in card.prices.items() if not adjust.on or plain(name) in adjust.on]
    whole = card.rounding is not None or any(_apart(c) and c.window not in ("hour", "day") for c in charges)
    for word, day in (("begins", adjust.during.start), ("ends", adjust.during.end)):
        if day is not None and whole and day.day != (anchor or 1):
            found = f"a discount {word} on {day}, inside a month, and the lines that it is for are of whole months"
            edge = f"day {anchor}" if anchor else "the first"
            mend = f"let it begin and end on {edge} of a month, or write two phases of the price"
            yield fault(card, adjust.during.line or adjust.line, found, f"{edge} of a month", mend)


def _reckoned(card: Card, index: int, adjust: Adjust) -> Iterator[Fault]:
    """A discount by spend takes the money of charges, and nothing else, as its quantity."""
    assert adjust.measure is not None  # noqa: S101  see the caller
    assert adjust.curve is not None  # noqa: S101  see the caller
    name = f"adjust.{index}"
    if not adjust.measure.of:
        found = f"{name} measures {adjust.measure.kind or 'nothing'}"
        yield fault(card, adjust.line, found, "money of charges, as measure: {of: [tokens]}")
    else:
        yield from measure_faults(card, name, adjust.measure, adjust.line, _known(card))
    yield from curve_faults(card, name, adjust.curve, adjust.line, adjust.measure)


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
        yield fault(card, adjust.line, found, mend="ask for a month, or say rounding: null")
    for name, charge in card.prices.items():
        if charge.measure and _apart(charge) and (not adjust.on or plain(name) in adjust.on):
            lacking = sorted(asked - {*card.scope, *charge.measure.by, charge.measure.window})
            if lacking:
                found = f"adjust asks for {', '.join(lacking)}, which {plain(name)} does not keep apart"
                mend = f"say by: [{', '.join(lacking)}] under its measure, or on: another charge"
                yield fault(card, adjust.line, found, mend=mend)


def _order(card: Card) -> Iterator[Fault]:
    used = _used(card)
    twice = sorted({step for step in card.order if card.order.count(step) > 1})
    if twice:
        yield fault(card, 0, f"order says {' and '.join(twice)} twice", "each step once")
    parts = sorted({"amount", "percent"} & set(card.order))
    if "discount" in card.order and parts:
        found = f"order says discount and {' and '.join(parts)}"
        yield fault(card, 0, found, "discount (all in the card's order), or amount and percent")
    if card.order:
        yield from _left_out(card, used)
    elif len(used) > 1 and set(used) != {"minimum", "maximum"}:
        steps = list(used)
        found = f"a {steps[0]} and a {' and a '.join(steps[1:])} without an order"
        why = "an order, since 20 of usage, 10 % off, minimum 50 bills 50 or 45"
        mend = f"say order: [{', '.join(steps)}] or another, or order: {' or '.join(_fitting(card, used))}"
        yield fault(card, used[steps[-1]] or used[steps[0]], found, why, mend)


def _used(card: Card) -> dict[str, int]:
    """Which kinds of steps a card has, and a line of each."""
    used = {"discount": card.adjust[0].line} if card.adjust else {}
    for clamp in card.clamps:
        used |= {"minimum": clamp.line} if clamp.min is not None else {}
    for clamp in card.clamps:
        used |= {"maximum": clamp.line} if clamp.max is not None else {}
    for pool in card.pools:
        used |= {"credit": pool.line} if pool.unit == MONEY else {}
    return used


def _needed(card: Card, order: tuple[str, ...], used: dict[str, int]) -> list[str]:
    """The steps that an order must have for a card."""
    steps = [step for step in used if step != "discount"]
    if "discount" in order or not {"amount", "percent"} & set(order):
        return (["discount"] if card.adjust else []) + steps
    kinds = {"amount" if adjust.amount is not None else "percent" for adjust in card.adjust}
    return sorted(kinds) + steps


def _fitting(card: Card, used: dict[str, int]) -> list[str]:
    """The presets that have all steps of a card."""
    return [name for name, order in ORDERS.items() if set(_needed(card, order, used)) <= set(order)]


def _left_out(card: Card, used: dict[str, int]) -> Iterator[Fault]:
    needed = _needed(card, card.order, used)
    lacking = sorted(set(needed) - set(card.order))
    preset = next((name for name, order in ORDERS.items() if order == card.order), "")
    if lacking and preset:
        fitting = _fitting(card, used)
        mend = f"say the steps in a list{', or ' + ' or '.join(fitting) if fitting else ''}"
        yield fault(card, 0, f"order {preset} knows no {' and no '.join(lacking)}", f"all of {sorted(needed)}", mend)
    elif lacking:
        yield fault(card, 0, f"order leaves out {lacking}", f"all of {sorted(needed)}")
