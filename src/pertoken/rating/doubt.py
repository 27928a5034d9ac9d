"""What a card may say, but hardly means: cliffs, tiers that do nothing, prices a thousand-fold off, dear pools."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import combinations, pairwise

from pertoken.catalog.prices import Rate
from pertoken.core import meters
from pertoken.core.errors import Fault, InputError
from pertoken.core.exact import CONTEXT
from pertoken.core.expression import weights
from pertoken.core.money import places
from pertoken.rating.card import Adjust, Card, Charge, Curve, Tier, plain
from pertoken.rating.complaint import fault
from pertoken.rating.pool_terms import MONEY, Pool

FAR = 1000
"""How many times one price must be another to look like a slip of the unit."""

LEAST = Decimal("1e-10")
"""Money for one token below which a price for a million was likely taken for the price of one."""

FOREVER = 12
"""Cycles of a rollover after which it is as good as never over."""


def doubts(card: Card) -> list[Fault]:
    """List what is allowed, but likely wrong; empty if nothing looks odd.

    Args:
        card: A card without faults.
    """
    found: list[Fault] = []
    for name, charge in card.prices.items():
        if charge.curve is not None:
            found += _cliffs(card, plain(name), charge.curve)
            found += _idle_tiers(card, plain(name), charge)
            found += _steps(card, plain(name), charge.curve)
        found += _price_of_one(card, plain(name), charge)
    found += _charges_apart(card)
    found += _rates(card)
    found += _orders(card)
    for pool in card.pools:
        found += _pool(card, pool)
    return found


def _cliffs(card: Card, name: str, curve: Curve) -> Iterator[Fault]:
    """With all units at the rate of the tier reached, one more unit may cost less in all."""
    if curve.mode != "all" or curve.select:
        return
    for one, two in pairwise(curve.tiers):
        edge = one.up_to or Decimal(0)
        before, after = _total(one, edge), _total(two, edge + 1)
        if _total(two, edge) < before:
            more = f"{edge + 1:,} cost {_money(after)}" if after < before else f"more cost {_money(_total(two, edge))}"
            found = f"{name}: at {edge:,} units {_money(before)}, then {more}"
            mend = "mode: marginal has no such cliff; or keep it, if the contract says all units"
            yield fault(card, two.line, found, "a total that does not fall", mend)


def _total(tier: Tier, quantity: Decimal) -> Decimal:
    total = tier.flat + tier.rate * quantity
    return total if tier.cap is None else min(total, tier.cap)


def _money(amount: Decimal) -> str:
    """Write money with two places, or as many as it has.

    >>> _money(Decimal("40.040")), _money(Decimal("50"))
    ('40.04', '50.00')
    """
    short = amount.normalize()
    exponent = short.as_tuple().exponent
    return f"{amount:,.2f}" if isinstance(exponent, int) and exponent >= -2 else f"{short:,f}"  # noqa: PLR2004  cents


def _idle_tiers(card: Card, name: str, charge: Charge) -> Iterator[Fault]:
    """Tiers that say what their neighbour says, or that no quantity falls into."""
    assert charge.curve is not None  # noqa: S101  see the caller
    whole = charge.convert.round is not None and charge.convert.precision == 0
    for one, two in pairwise(charge.curve.tiers):
        if one.rate == two.rate and not two.flat and one.flat == 0 and one.cap == two.cap:
            found = f"{name}: the tier above {one.up_to:,} costs what the one before it does"
            yield fault(card, two.line, found, "another rate", "make one tier of the two")
        if whole and one.up_to is not None and two.up_to is not None and one.up_to // 1 == two.up_to // 1:
            found = f"{name}: no whole number lies above {one.up_to} and up to {two.up_to}"
            yield fault(card, two.line, found, "a tier that can be reached", "drop it, or mend its up_to")
    if _covered(card, name):
        found = f"{name} has a curve, but a pool covers it and blocks the rest"
        yield fault(card, charge.line, found, "a price that is ever used", "drop the curve, or outside: block")


def _covered(card: Card, name: str) -> bool:
    """Tell whether a pool for all contracts leaves nothing of a charge to be priced."""
    return any(
        name in pool.eligible and pool.outside.block and pool.unit != MONEY and not pool.where and pool.during.always
        for pool in card.pools
    )


def _steps(card: Card, name: str, curve: Curve) -> Iterator[Fault]:
    for one, two in pairwise(curve.tiers):
        if _far(one.rate, two.rate):
            found = f"{name}: {two.rate} after {one.rate}, a thousand-fold step from one tier to the next"
            yield fault(card, two.line, found, "rates for one and the same unit", "check `rate`")


def _far(one: Decimal, two: Decimal) -> bool:
    low, high = sorted((one, two))
    return low > 0 and high >= low * FAR


def of_one(charge: Charge) -> Decimal | None:
    """Money for one counted unit in the dearest tier; None where the card doesn't say it as one number."""
    if charge.curve is None or not charge.curve.tiers:
        return None
    rate = max(tier.rate for tier in charge.curve.tiers)
    return CONTEXT.divide(rate * charge.convert.times, charge.convert.per)


def _unit(text: str) -> str:
    """Name the unit that all meters of a sum have; empty if they have several."""
    try:
        units = {"token" if each in meters.COMPOSITES else meters.meter(each).unit for each in weights(text)}
    except InputError:
        return ""
    return units.pop() if len(units) == 1 else ""


def _price_of_one(card: Card, name: str, charge: Charge) -> Iterator[Fault]:
    """A price for one token that looks like the price of a thousand or a million, or the other way round."""
    price = of_one(charge)
    if price is None or charge.measure is None or _unit(charge.measure.meters) != "token":
        return
    yield from _odd(card, name, price, charge.convert.per, charge.line)


def _odd(card: Card, name: str, price: Decimal, per: Decimal, line: int) -> Iterator[Fault]:
    dear = Decimal(1).scaleb(-places(card.currency))
    if price >= dear:
        million = f"{_money(price * 1_000_000)} {card.currency}"
        mend = f"did you mean per: {'1000 or per: 1_000_000' if per == 1 else '1_000_000'}?"
        yield fault(card, line, f"{name} costs {price.normalize():f} for one token, {million} for a million", "", mend)
    elif 0 < price < LEAST:
        million = f"{(price * 1_000_000).normalize():f} {card.currency}"
        mend = "is `rate` the price of one token already? then say per: 1"
        yield fault(card, line, f"{name} costs {million} for a million tokens", "", mend)


def _charges_apart(card: Card) -> Iterator[Fault]:
    """Charges that count things of one unit are seldom a thousand-fold apart."""
    known: dict[tuple[str, str], tuple[Decimal, int]] = {}
    for name, charge in card.prices.items():
        price, unit = of_one(charge), _unit(charge.measure.meters) if charge.measure and charge.measure.meters else ""
        if price and unit:
            known.setdefault((unit, plain(name)), (price, charge.line))
    yield from _thousand_fold(card, known)


def _rates(card: Card) -> Iterator[Fault]:
    """Rates of one model are for tokens of one size; so are the prices of its other ways to buy."""
    models: dict[tuple[str, str], list[Rate]] = {}
    for rate in card.rates:
        if meters.meter(rate.meter).unit == "token":
            models.setdefault((rate.provider, rate.model), []).append(rate)
    for (_, model), rates in models.items():
        known: dict[tuple[str, str], tuple[Decimal, int]] = {}
        for rate in rates:
            known.setdefault(("token", rate.meter), (rate.unit_price, rate.line))
        yield from _thousand_fold(card, known, f" of {model}")
        odd = (each for r in rates for each in _odd(card, f"{r.meter} of {model}", r.unit_price, r.per, r.line))
        yield from list(odd)[:1]


def _thousand_fold(card: Card, known: Mapping[tuple[str, str], tuple[Decimal, int]], of: str = "") -> Iterator[Fault]:
    for (one, (first, _)), (two, (second, line)) in combinations(known.items(), 2):
        if one[0] == two[0] and _far(first, second):
            times = max(first, second) / min(first, second)
            found = f"a {one[0]} of {two[1]}{of} costs {second.normalize():f}, of {one[1]} {first.normalize():f}"
            yield fault(card, line, f"{found}: {times:,.0f} times apart", "prices for the same unit", "check `per`")


def _orders(card: Card) -> Iterator[Fault]:
    """Money off and a share off give other money the other way round."""
    if {"amount", "percent"} <= set(card.order):
        return
    for one, two in combinations(card.adjust, 2):
        if (one.amount is None) != (two.amount is None) and _meet(one, two):
            first, second = ("amount", "share") if one.amount is not None else ("share", "amount")
            found = f"an adjust by {first}, then one by {second}, in the order of the list"
            mend = "say amount and percent under order, if the contract has it the other way round"
            yield fault(card, two.line, found, "", mend)


def _meet(one: Adjust, two: Adjust) -> bool:
    return not one.on or not two.on or bool(set(one.on) & set(two.on))


def _pool(card: Card, pool: Pool) -> Iterator[Fault]:
    roll = pool.rollover
    if roll is not None and roll.share == 1 and roll.max is None and roll.periods >= FOREVER:
        found = f"pool {pool.name} carries all that is left for {roll.periods} cycles without a limit"
        yield fault(card, pool.line, found, "a `max`", "what is owed to customers may grow without end")
    inside = _inside(pool)
    if pool.unit == MONEY or inside is None:
        return
    for name, charge in card.prices.items():
        price = of_one(charge) if plain(name) in pool.eligible and not pool.outside.block else None
        if price is not None and inside > price * pool.outside.times:
            found = f"pool {pool.name}: one of its {pool.unit} costs {inside.normalize():f}"
            beyond = f"beyond it {(price * pool.outside.times).normalize():f}"
            yield fault(card, pool.line, f"{found}, {beyond}", "a pool that saves money", "check grant and price")


def _inside(pool: Pool) -> Decimal | None:
    """Money for one unit of a pool, if all of it is used."""
    if pool.inside.rate is not None:
        return pool.inside.rate
    return CONTEXT.divide(pool.price, pool.grant) if pool.price is not None else None
