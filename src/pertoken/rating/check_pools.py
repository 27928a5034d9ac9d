"""Faults of pools: what they hold, what it costs, who may draw on it, what becomes of the rest."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import combinations

from pertoken.core import meters
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.expression import weights
from pertoken.core.period import GRAINS
from pertoken.rating.card import Card, Charge, Curve, Measure, plain
from pertoken.rating.check_charge import RATES
from pertoken.rating.complaint import bad_condition, fault
from pertoken.rating.during import During
from pertoken.rating.pool_terms import MONEY, Pool

MONTHS = {"hour": 0, "day": 0, "month": 1, "quarter": 3, "year": 12}
"""Months of a cycle; 0 for less than one."""

DAYS = {"hour": 1, "day": 1, "month": 28, "quarter": 90, "year": 365}
"""Fewest days of a cycle."""


def faults(card: Card) -> Iterator[Fault]:
    """List what is wrong with the pools of a card."""
    for pool in card.pools:
        yield from _grant(card, pool)
        yield from _eligible(card, pool)
        yield from _term(card, pool)
        yield from _price(card, pool)
        yield from _pay(card, pool)
        yield from _inside(card, pool)
        yield from _rest(card, pool)
        yield from _drawn(card, pool)
        yield from bad_condition(card, pool.where, pool.line)
    yield from _priorities(card)


def _grant(card: Card, pool: Pool) -> Iterator[Fault]:
    if pool.grant <= 0:
        yield fault(card, pool.line, f"pool {pool.name} can never be used: it grants {pool.grant}", "a grant above 0")
    if not pool.eligible:
        found = f"pool {pool.name} can never be used: no charge may draw on it"
        yield fault(card, pool.line, found, "charges under `eligible`")
    latest = max((day for day in _starts(card, pool) if day), default=date.min)
    ends = min((day for day in _ends(card, pool) if day), default=date.max)
    alone = pool.term and pool.term.start and pool.term.end and pool.term.end <= pool.term.start
    if latest >= ends and not alone:
        found = f"pool {pool.name} can never be used: it begins {latest} and is over {ends}"
        yield fault(card, pool.line, found, "a term inside the time of the card")


def _starts(card: Card, pool: Pool) -> tuple[date | None, ...]:
    return card.during.start, pool.during.start, pool.term.start if pool.term else None


def _ends(card: Card, pool: Pool) -> tuple[date | None, ...]:
    return card.during.end, pool.during.end, pool.term.end if pool.term else None


def _charges(card: Card, pool: Pool) -> list[tuple[str, Charge]]:
    """The charges that may draw on a pool, each of their versions."""
    return [(name, charge) for name, charge in card.prices.items() if plain(name) in pool.eligible]


def _eligible(card: Card, pool: Pool) -> Iterator[Fault]:
    known = {*map(plain, card.prices), *([RATES] if card.rates else [])}
    for name in pool.eligible:
        if name not in known:
            found = f"pool {pool.name}: {name!r} is no charge"
            yield fault(card, pool.line, found, "names of charges under `eligible`", nearest(name, known))
    if len(set(pool.eligible)) < len(pool.eligible):
        yield fault(card, pool.line, f"pool {pool.name} names a charge twice", "each once")
    if pool.unit == MONEY:
        return
    for name in pool.eligible:
        charge = card.prices.get(name)
        if name == RATES or (charge is not None and (charge.measure is None or charge.measure.of)):
            kind = "rates of models" if name == RATES else "a fee" if charge and charge.measure is None else "money"
            found = f"pool {pool.name} is of {pool.unit}, but {name} is {kind}"
            yield fault(card, pool.line, found, "a charge that counts", "say unit: money")
    yield from _unit(card, pool)
    for name, charge in _charges(card, pool):
        yield from _in_units(card, pool, name, charge)


def _in_units(card: Card, pool: Pool, name: str, charge: Charge) -> Iterator[Fault]:
    """What is rounded request by request has no units left to draw, and a series no price of a sum of units."""
    if charge.measure and charge.measure.window == "request" and charge.convert.whole:
        found = f"pool {pool.name} is of {pool.unit}, but {name} is counted and converted request by request"
        yield fault(card, pool.line, found, "a longer window", "say window: month of the measure, or unit: money")
    if charge.curve and charge.curve.series:
        found = f"pool {pool.name} is of {pool.unit}, but {name} is priced by the series {charge.curve.series}"
        yield fault(card, pool.line, found, "a charge with a curve of its own", "say unit: money")


def _unit(card: Card, pool: Pool) -> Iterator[Fault]:
    counted = {name: units(charge.measure) for name, charge in _charges(card, pool) if charge.measure}
    for name, fitting in counted.items():
        if fitting and pool.unit not in fitting:
            found = f"pool {pool.name} is of {pool.unit!r}, but {plain(name)} counts {' or '.join(sorted(fitting))}"
            yield fault(card, pool.line, found, f"unit: {min(fitting)} or money")


def units(measure: Measure) -> set[str]:
    """Name the units that fit what is counted: of its meters, in the plural, and its own name if it is of one meter.

    >>> sorted(units(Measure(sum="gpu_hours")))
    ['gpu_hours', 'hours']
    >>> sorted(units(Measure(sum="input_tokens + 4 * output_tokens")))
    ['tokens']
    """
    if measure.unique:
        return {measure.unique, _plural(measure.unique)}
    try:
        each = [_units(name) for name in weights(measure.meters)] if measure.meters else []
    except InputError:
        return set()
    return set.intersection(*each) if each else set()


def _units(name: str) -> set[str]:
    if name in meters.COMPOSITES:
        return {name, "tokens"}
    meter = meters.meter(name)
    return {name, meter.unit} if name.startswith("x_") else {name, _plural(meter.unit)}


def _plural(unit: str) -> str:
    return unit if unit.endswith("s") else f"{unit}es" if unit.endswith("ch") else f"{unit}s"


def _term(card: Card, pool: Pool) -> Iterator[Fault]:
    term = pool.term
    if term is None:
        return
    if term.start and term.end and term.end <= term.start:
        yield fault(
            card, pool.line, f"pool {pool.name} expires {term.end}, before its grant {term.start}", "to after from"
        )
    elif term.months is not None and term.months < 1:
        yield fault(card, pool.line, f"pool {pool.name} has a term of {term.months} months", "1 or more")
    elif term.months is not None and term.end:
        yield fault(card, pool.line, f"pool {pool.name} has a term that ends by months and by a day", "months or to")
    elif term.months is None and term.end is None:
        found = f"pool {pool.name} has a term without an end"
        yield fault(card, pool.line, found, "months or to", "drop the term if it lasts as long as the contract")
    if pool.every and _longer(pool):
        yield fault(card, pool.line, f"pool {pool.name} has a cycle of a {pool.every}, longer than its term", "shorter")


def _longer(pool: Pool) -> bool:
    """Tell whether a cycle is longer than the term."""
    term, every = pool.term, pool.every
    if term is None or every is None:
        return False
    if term.months is not None:
        return MONTHS[every] > term.months
    return bool(term.start and term.end and DAYS[every] > (term.end - term.start).days)


def _price(card: Card, pool: Pool) -> Iterator[Fault]:
    said = [word for word, there in (
        ("price", pool.price is not None),
        ("inside.rate", pool.inside.rate is not None),
        ("pay.amount", any(pay.amount is not None for pay in pool.pay)),
    ) if there]  # fmt: skip
    par = pool.unit == MONEY and (pool.unused == "true_up" or bool(pool.pay))
    if not said and not par:
        mend = "say price: 0 for a gift, price: what one grant costs, or inside: {rate: ...} for one unit"
        yield fault(card, pool.line, f"pool {pool.name} has no price", "one, since no gift is silent", mend)
    promised = pool.unit == MONEY and pool.unused == "true_up" and set(said) == {"price", "pay.amount"}
    if len(said) > 1 and not promised:
        yield fault(card, pool.line, f"pool {pool.name} says its price as {' and '.join(said)}", "one of them")
    for word, number in (("price", pool.price), ("inside.rate", pool.inside.rate)):
        if number is not None and number < 0:
            yield fault(card, pool.line, f"pool {pool.name}: {word} is {number}", "0 or more")


def _pay(card: Card, pool: Pool) -> Iterator[Fault]:
    for pay in pool.pay:
        if pay.upfront_share is None and pay.every is None and pay.amount is None:
            yield fault(
                card, pool.line, f"pool {pool.name} has a payment that says nothing", "upfront_share, every or amount"
            )
        if pay.upfront_share is not None and not 0 <= pay.upfront_share <= 1:
            yield fault(card, pool.line, f"pool {pool.name}: upfront_share is {pay.upfront_share}", "0 to 1")
        if pay.amount is not None and (pay.amount < 0 or pay.upfront_share is not None):
            found = (
                f"pool {pool.name}: an amount of {pay.amount}{' and a share' if pay.upfront_share is not None else ''}"
            )
            yield fault(card, pool.line, found, "an amount of 0 or more, or a share")
    shares = [pay.upfront_share for pay in pool.pay if pay.upfront_share is not None]
    rest = [pay for pay in pool.pay if pay.every and pay.amount is None]
    if len(shares) > 1 or len([pay for pay in rest if pay.upfront_share is None]) > 1:
        yield fault(card, pool.line, f"pool {pool.name} is paid twice in one way", "each once")
    elif shares and pool.term is None and card.during.end is None and card.during.months is None:
        found = f"pool {pool.name} is paid upfront for as long as the contract, which has no end"
        yield fault(card, pool.line, found, "a term", "say term: year, or another")
    elif shares and 0 <= shares[0] < 1 and not rest:
        found = f"pool {pool.name} is paid {shares[0]} upfront, and the rest never"
        yield fault(card, pool.line, found, "when the rest is paid", "add {every: month}")


def _inside(card: Card, pool: Pool) -> Iterator[Fault]:
    times, outside = pool.inside.times, pool.outside
    each = times if isinstance(times, Mapping) else {} if times is None else {"": times}
    if each and pool.unit != MONEY:
        yield fault(card, pool.line, f"pool {pool.name} has inside.times", "it for money", "say inside: {rate: ...}")
    for name, factor in each.items():
        if factor <= 0:
            yield fault(card, pool.line, f"pool {pool.name}: inside.times is {factor}", "above 0")
        if name and name not in pool.eligible:
            mend = nearest(name, pool.eligible)
            yield fault(card, pool.line, f"pool {pool.name}: inside.times of {name!r}", "an eligible charge", mend)
    if outside.times < 0:
        yield fault(card, pool.line, f"pool {pool.name}: outside.times is {outside.times}", "0 or more")
    if outside.block and pool.unit == MONEY:
        yield fault(
            card, pool.line, f"pool {pool.name} of money blocks usage beyond it", "outside: {times: ...}, or none"
        )
    if outside.block and outside.times != 1:
        yield fault(card, pool.line, f"pool {pool.name} blocks usage beyond it and prices it", "one of the two")


def _rest(card: Card, pool: Pool) -> Iterator[Fault]:
    """What becomes of the unused."""
    if pool.unused is None:
        mend = "say unused: forfeit, true_up (what is not yet paid is billed) or refund"
        yield fault(card, pool.line, f"pool {pool.name} does not say what happens to the unused", "it", mend)
    if pool.unused == "true_up" and pool.price == 0:
        yield fault(card, pool.line, f"pool {pool.name} is a gift and trues up", "forfeit, since nothing is owed")
    roll = pool.rollover
    if roll is None:
        return
    if pool.every is None:
        yield fault(card, pool.line, f"pool {pool.name} rolls over but has no cycle", "`every`")
    if not 0 <= roll.share <= 1:
        yield fault(card, pool.line, f"pool {pool.name}: rollover.share is {roll.share}", "0 to 1")
    if roll.periods < 1:
        yield fault(card, pool.line, f"pool {pool.name}: rollover.periods is {roll.periods}", "1 or more")
    if roll.max is not None and roll.max < 0:
        yield fault(card, pool.line, f"pool {pool.name}: rollover.max is {roll.max}", "0 or more")


def _drawn(card: Card, pool: Pool) -> Iterator[Fault]:
    if pool.drawn and pool.every and GRAINS.index(pool.drawn) > GRAINS.index(pool.every):
        found = f"pool {pool.name} is drawn by {pool.drawn}, coarser than its cycle of a {pool.every}"
        yield fault(card, pool.line, found, f"{pool.every} or finer")
    charges = [(plain(name), _unplaced(charge.curve), charge.convert) for name, charge in _charges(card, pool)]
    several = any(one[0] != two[0] and one[1:] != two[1:] for one, two in combinations(charges, 2))
    if several and pool.unit != MONEY and pool.drawn is None:
        found = f"pool {pool.name} covers charges of several prices"
        mend = "say drawn: day (or hour, month): the period by which usage is put in order before it draws"
        yield fault(card, pool.line, found, "which usage draws first, since money depends on it", mend)


def _unplaced(curve: Curve | None) -> Curve | None:
    """The same curve wherever it stands in the file, so that curves can be compared."""
    return curve and replace(curve, tiers=tuple(replace(tier, line=0) for tier in curve.tiers))


def _priorities(card: Card) -> Iterator[Fault]:
    """Pools that share a charge must say which of them is drawn first; quantities always go before money."""
    silent: dict[str, Fault] = {}
    for one, two in combinations(card.pools, 2):
        shared = sorted(set(one.eligible) & set(two.eligible))
        if not shared or (one.unit == MONEY) != (two.unit == MONEY) or apart(one.during, two.during):
            continue
        for pool, other in ((one, two), (two, one)):
            if pool.priority is None:
                found = f"pools {pool.name} and {other.name} both cover {', '.join(shared)}"
                mend = f"say priority: of {pool.name}, as 1; the lower draws first"
                silent.setdefault(pool.name, fault(card, pool.line, found, "which draws first", mend))
    yield from silent.values()


def apart(one: During, two: During) -> bool:
    """Tell whether two parts never hold at one time, as those of two phases."""
    first, second = sorted((one, two), key=lambda each: (each.start or date.min, each.after))
    if first.end and second.start:
        return first.end <= second.start
    return first.months is not None and first.after + first.months <= second.after
