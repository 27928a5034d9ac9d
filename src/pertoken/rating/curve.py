"""The curve's normal form: find the tier k of q, then a_k + b_k q. The only evaluator there is."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from pertoken.core.exact import CONTEXT
from pertoken.core.money import TIE, Values, array, is_exact, round_half_up, settle
from pertoken.rating.card import Convert, Curve, Tier


@dataclass(frozen=True, slots=True)
class NormalForm:
    """Tiers with their bounds, intercepts and slopes, in exact decimals.

    Args:
        up_to: Upper bound of each tier but the last, itself included, rising; shape `(tier - 1,)`. [priced unit]
        a: Intercept of each tier. [currency]
        b: Slope of each tier. [currency / priced unit]
        lines: Line of the card's file for each tier.
    """

    up_to: tuple[Decimal, ...]
    a: tuple[Decimal, ...]
    b: tuple[Decimal, ...]
    lines: tuple[int, ...]

    @property
    def additive(self) -> bool:
        """Tell whether parts may be priced apart: a single rate and nothing flat."""
        return len(self.a) == 1 and self.a[0] == 0


def normal_form(curve: Curve) -> NormalForm:
    """Bring a curve to its normal form.

    Graduated tiers: the intercept is what all lower tiers cost less the slope times where the tier begins. Volume
    tiers: the intercept is the tier's own flat. A flat that is not due without usage makes zero a tier of its own.

    >>> normal_form(Curve(tiers=(Tier(up_to=Decimal(10), rate=Decimal(2)), Tier(rate=Decimal(1))), mode="marginal")).a
    (Decimal('0'), Decimal('10'))
    """
    up_to, a, b, lines = [], [], [], []
    begin = paid = Decimal(0)
    for tier in curve.tiers:
        graduated = curve.mode != "all"
        a.append(paid + tier.flat - tier.rate * begin if graduated else tier.flat)
        b.append(tier.rate)
        lines.append(tier.line)
        if tier.up_to is not None:
            up_to.append(tier.up_to)
            paid += tier.flat + tier.rate * (tier.up_to - begin)
            begin = tier.up_to
    if a[0] != 0 and not curve.flat_on_zero:
        up_to, a, b = [Decimal(0), *up_to], [Decimal(0), *a], [Decimal(0), *b]
        lines = [lines[0], *lines]
    return NormalForm(tuple(up_to), tuple(a), tuple(b), tuple(lines))


def per_unit(form: NormalForm, per: Decimal) -> NormalForm:
    """Restate a normal form in counted units instead of priced ones, so that no division is left for the quantities."""
    if per == 1:
        return form
    bounds = tuple(bound * per for bound in form.up_to)
    return NormalForm(bounds, form.a, tuple(CONTEXT.divide(b, per) for b in form.b), form.lines)


def evaluate(form: NormalForm, quantity: Values) -> Values:
    """Charge a cumulative quantity.

    Args:
        form: Normal form in the unit of the quantity.
        quantity: What was used, shape `(*batch, line)`; floats, integers or `Decimal`.

    Returns:
        Money of the same shape; `Decimal` for `Decimal`, else `float64`. [currency]
    """
    exact = is_exact(quantity)
    a, b = array(form.a, exact=exact), array(form.b, exact=exact)
    if len(a) == 1:
        amount: Values = quantity * b[0]
        if form.a[0]:
            amount += a[0]
        return settle(amount, b)
    tier = tier_of(form, quantity)
    amount = b[tier]
    amount *= quantity
    amount += a[tier]
    return settle(amount, b)


def tier_of(form: NormalForm, quantity: Values) -> Values:
    """Find the tier of each quantity; a bound belongs to the tier below it."""
    exact = is_exact(quantity)
    bounds = array(form.up_to, exact=exact) * (1 if exact else TIE)
    return np.searchsorted(bounds, quantity, side="left")


def convert(quantity: Values, how: Convert) -> Values:
    """Turn counted units into priced ones: packages, free units.

    Only called where there is something to round or free; a bare `per` is folded into the curve.

    >>> convert(np.array([1400.0]), Convert(per=Decimal(1000), round="up", free=Decimal(1), free_first=False)).tolist()
    [1.0]
    """
    exact = is_exact(quantity)
    per, free = array([how.per, how.free], exact=exact)
    priced: Values = quantity / per
    if how.free and how.free_first:
        priced = np.maximum(priced - free, free - free)
    if how.round:
        priced = ROUNDINGS[how.round](priced)
    if how.free and not how.free_first:
        priced = np.maximum(priced - free, free - free)
    return priced


def _up(values: Values) -> Values:
    read = values if is_exact(values) else values / TIE
    down: Values = read // 1
    up: Values = down + (read > down).astype(int)
    return up


def _down(values: Values) -> Values:
    read: Values = values if is_exact(values) else values * TIE
    down: Values = read // 1
    return down


ROUNDINGS: dict[str, Callable[[Values], Values]] = {
    "up": _up,
    "down": _down,
    "half_up": lambda values: round_half_up(values, 0),
}


@dataclass(frozen=True, slots=True)
class TierPart:
    """What one tier contributes to a charge.

    Args:
        begin: Where the tier begins. [priced unit]
        quantity: Units priced in it. [priced unit]
        rate: Its rate. [currency / priced unit]
        flat: Its flat. [currency]
        amount: Rate times quantity plus flat. [currency]
        line: Line of the card's file.
    """

    begin: Decimal
    quantity: Decimal
    rate: Decimal
    flat: Decimal
    amount: Decimal
    line: int


def walk(curve: Curve, quantity: Decimal) -> list[TierPart]:
    """Charge a quantity tier by tier, as one would on paper: the twin of `evaluate`, and what `explain` prints."""
    if quantity == 0 and not curve.flat_on_zero:
        return []
    if curve.mode == "all":
        tier, begin = _reached(curve.tiers, quantity)
        return [TierPart(begin, quantity, tier.rate, tier.flat, quantity * tier.rate + tier.flat, tier.line)]
    parts: list[TierPart] = []
    begin = Decimal(0)
    for tier in curve.tiers:
        within = min(quantity, tier.up_to if tier.up_to is not None else quantity) - begin
        if within > 0 or not parts:
            parts.append(TierPart(begin, within, tier.rate, tier.flat, within * tier.rate + tier.flat, tier.line))
        begin = tier.up_to if tier.up_to is not None else begin
    return parts


def _reached(tiers: tuple[Tier, ...], quantity: Decimal) -> tuple[Tier, Decimal]:
    begin = Decimal(0)
    for tier in tiers:
        if tier.up_to is None or quantity <= tier.up_to:
            return tier, begin
        begin = tier.up_to
    return tiers[-1], begin
