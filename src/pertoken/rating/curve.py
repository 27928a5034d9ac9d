"""The curve's normal form: find the tier k of q, then a_k + b_k q. The only evaluator there is."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Context, Decimal, localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.drawn import Drawn, by_world, columns, divide, lesser, multiply
from pertoken.core.errors import CardError, InputError
from pertoken.core.exact import CONTEXT
from pertoken.core.lines import in_worlds
from pertoken.core.money import TIE, Values, array, is_exact, settle, zeros
from pertoken.rating.card import Convert, Curve, Tier
from pertoken.rating.convert import convert

__all__ = ["NormalForm", "convert", "evaluate", "normal_form", "per_unit", "progressive", "tier_of"]

BELOW = Context(prec=CONTEXT.prec, rounding=ROUND_FLOOR)
"""A bound without end is cut off, never raised: no quantity of fewer digits lies between the two."""

NO_CAP = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class NormalForm:
    """Tiers with their bounds, intercepts and slopes, in exact decimals.

    Args:
        up_to: Upper bound of each tier but the last, itself included, rising; shape `(tier - 1,)`. [priced unit; of
            what picks the tier, as it is counted, where that is something else]
        a: Intercept of each tier. [currency]
        b: Slope of each tier. [currency / priced unit]
        lines: Line of the card's file for each tier.
        selected: True where another quantity picks the tier.
        caps: The most that each tier charges where another quantity picks it; elsewhere what a cap cuts off is a tier
            of its own, and this is empty. [currency]
        due_at_zero: False where nothing is charged for a quantity of zero, whatever tier is picked.
    """

    up_to: tuple[Decimal, ...]
    a: tuple[Decimal, ...]
    b: tuple[Decimal, ...]
    lines: tuple[int, ...]
    selected: bool = False
    caps: tuple[Decimal, ...] = ()
    due_at_zero: bool = True

    @property
    def additive(self) -> bool:
        """Tell whether parts may be priced apart: a single rate and nothing flat, nor a cap."""
        return len(self.a) == 1 and self.a[0] == 0 and not any(cap.is_finite() for cap in self.caps)


NOTHING = NormalForm((), (Decimal(0),), (Decimal(0),), (0,))
"""The curve of a charge that has none: a pool prices all there may be."""


def normal_form(curve: Curve | None) -> NormalForm:
    """Bring a curve to its normal form.

    Graduated tiers: the intercept is what all lower tiers cost less the slope times where the tier begins. Volume
    tiers: the intercept is the tier's own flat. A flat that is not due without usage makes zero a tier of its own, and
    a cap cuts a tier in two.

    Raises:
        CardError: The curve is a series of rates over time.

    >>> normal_form(Curve(tiers=(Tier(up_to=Decimal(10), rate=Decimal(2)), Tier(rate=Decimal(1))), mode="marginal")).a
    (Decimal('0'), Decimal('10'))
    >>> normal_form(Curve(tiers=(Tier(rate=Decimal(2), cap=Decimal(7)),))).up_to
    (Decimal('3.5'),)
    """
    if curve is None:
        return NOTHING
    if curve.series:
        msg = f"the series {curve.series!r} has a rate for each of its times; it is priced by time, not by tier"
        raise CardError(msg)
    if curve.select:
        return _selected(curve)
    with localcontext(CONTEXT):
        pieces = list(_pieces(curve))
        if pieces[0].a != 0 and not curve.flat_on_zero:
            pieces = [_at_zero(pieces[0]), *pieces]
    up_to = tuple(piece.up_to for piece in pieces if piece.up_to is not None)
    return NormalForm(up_to, tuple(p.a for p in pieces), tuple(p.b for p in pieces), tuple(p.line for p in pieces))


def _selected(curve: Curve) -> NormalForm:
    tiers = curve.tiers
    return NormalForm(
        tuple(tier.up_to for tier in tiers if tier.up_to is not None),
        tuple(tier.flat for tier in tiers),
        tuple(tier.rate for tier in tiers),
        tuple(tier.line for tier in tiers),
        selected=True,
        caps=tuple(NO_CAP if tier.cap is None else tier.cap for tier in tiers),
        due_at_zero=bool(curve.flat_on_zero),
    )


@dataclass(frozen=True, slots=True)
class _Piece:
    """A straight piece of the curve: up to where it goes, intercept, slope, line of the card's file."""

    up_to: Decimal | None
    a: Decimal
    b: Decimal
    line: int


def _at_zero(first: _Piece) -> _Piece:
    """Make zero a piece of its own; in a world without a flat it goes on as the first piece does."""
    if not isinstance(first.a, Drawn):
        return _Piece(Decimal(0), Decimal(0), Decimal(0), first.line)
    return _Piece(Decimal(0), Decimal(0), Drawn(np.where(first.a.worlds == 0, by_world(first.b), 0.0)), first.line)


def _pieces(curve: Curve) -> Iterator[_Piece]:
    begin = paid = Decimal(0)
    for tier in curve.tiers:
        origin, below = (Decimal(0), Decimal(0)) if curve.mode == "all" else (begin, paid)
        sloped = _Piece(tier.up_to, below + tier.flat - tier.rate * origin, tier.rate, tier.line)
        if tier.cap is None:
            yield sloped
        else:
            asked = (sloped.a, tier.cap, begin, tier.up_to)
            cut = _cut_by_world if any(isinstance(each, Drawn) for each in asked) else _capped
            yield from cut(sloped, tier, begin, origin, below + tier.cap)
        if tier.up_to is not None:
            paid += most(tier, tier.flat + tier.rate * (tier.up_to - begin))
            begin = tier.up_to


def _capped(sloped: _Piece, tier: Tier, begin: Decimal, origin: Decimal, level: Decimal) -> Iterator[_Piece]:
    """Cut a tier in two where it meets its cap; on the cap it is level."""
    flat = _Piece(tier.up_to, level, Decimal(0), tier.line)
    room = (tier.cap or Decimal(0)) - tier.flat
    if tier.rate == 0:
        yield flat if room < 0 else sloped
        return
    meets = BELOW.add(origin, BELOW.divide(room, tier.rate))
    first, then = (sloped, flat) if tier.rate > 0 else (flat, sloped)
    if meets > begin:
        yield first if _ends(tier, meets) else _Piece(meets, first.a, first.b, tier.line)
    if not _ends(tier, meets):
        yield then


def _cut_by_world(sloped: _Piece, tier: Tier, begin: Decimal, origin: Decimal, level: Decimal) -> Iterator[_Piece]:
    """Cut a tier in two, in each world where it meets its cap there; a piece may be of no width."""
    assert tier.cap is not None  # noqa: S101  see the caller
    end = Decimal("Infinity") if tier.up_to is None else tier.up_to
    numbers = (tier.rate, tier.cap - tier.flat, sloped.a, level, begin, origin, end)
    rate, room, a, top, start, base, over = np.moveaxis(columns(numbers), -1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        meets = np.clip(np.where(rate == 0, np.inf, base + room / rate), start, over)
    rises = np.where(rate == 0, room >= 0, rate > 0)
    then = np.where(rises, top, a), np.where(rises, 0.0, rate)
    wide = meets > start
    first = np.where(wide, np.where(rises, a, top), then[0]), np.where(wide, np.where(rises, rate, 0.0), then[1])
    yield _Piece(Drawn(meets), Drawn(first[0]), Drawn(first[1]), tier.line)
    yield _Piece(tier.up_to, Drawn(then[0]), Drawn(then[1]), tier.line)


def _ends(tier: Tier, quantity: Decimal) -> bool:
    return tier.up_to is not None and quantity >= tier.up_to


def most(tier: Tier, amount: Decimal) -> Decimal:
    return amount if tier.cap is None else lesser(amount, tier.cap)


def per_unit(form: NormalForm, per: Decimal, times: Decimal = Decimal(1)) -> NormalForm:
    """Restate a normal form in counted units instead of priced ones, so that no division is left for the quantities.

    Args:
        form: Normal form in priced units.
        per: Counted units in one priced unit.
        times: Priced units for one counted unit, before `per`.

    Returns:
        The same curve of the counted quantity. Bounds of what else picks the tier stay as they are.
    """
    if per == times:
        return form
    bounds = form.up_to
    if not form.selected:
        bounds = tuple(divide(multiply(bound, per), times, BELOW) for bound in bounds)
    slopes = tuple(divide(multiply(b, times), per) for b in form.b)
    return replace(form, up_to=bounds, b=slopes)


def evaluate(form: NormalForm, quantity: Values, select: Values | None = None) -> Values:
    """Charge a cumulative quantity.

    Args:
        form: Normal form in the unit of the quantity.
        quantity: What was used, shape `(*batch, line)`; floats, integers or `Decimal`.
        select: What picks the tier where the curve says another quantity, of the same shape, as it is counted.

    Returns:
        Money of the same shape; `Decimal` for `Decimal`, else `float64`. [currency]

    Raises:
        InputError: The tier is picked by another quantity, and that isn't given.
    """
    if form.selected:
        return _picked(form, quantity, select)
    if is_exact(quantity):
        with localcontext(CONTEXT):
            return _straight(form, quantity)
    return _straight(form, quantity)


def _straight(form: NormalForm, quantity: Values) -> Values:
    exact = is_exact(quantity)
    a, b = array(form.a, exact=exact), array(form.b, exact=exact)
    a, b = (a, b) if a.shape == b.shape else np.broadcast_arrays(a, b)
    if len(form.a) == 1:
        amount: Values = quantity * b[..., :1]
        if form.a[0]:
            amount += a[..., :1]
        return settle(amount, b)
    tier = tier_of(form, quantity)
    amount = _of_tier(b, tier)
    amount *= quantity
    amount += _of_tier(a, tier)
    return settle(amount, b)


def _of_tier(values: Values, tier: Values) -> Values:
    """Look up a number of each quantity's tier, in each world its own: `(*batch, tier)` at `(*batch, line)`."""
    if values.ndim == 1:
        found: Values = values[tier]
    elif tier.ndim == 1:
        found = values.take(tier, axis=-1)
    else:
        worlds = np.broadcast_shapes(values.shape[:-1], tier.shape[:-1])
        found = np.take_along_axis(in_worlds(values, worlds), in_worlds(tier, worlds), axis=-1)
    return found


def _picked(form: NormalForm, quantity: Values, select: Values | None) -> Values:
    if select is None:
        msg = "another quantity picks the tier of this curve; give it as `select`"
        raise InputError(msg)
    exact = is_exact(quantity)
    a, b, caps = (array(each, exact=exact) for each in (form.a, form.b, form.caps))
    tier = tier_of(form, select)
    with localcontext(CONTEXT):
        amount = np.minimum(
            _of_tier(b, tier) * quantity + _of_tier(a, tier),
            _of_tier(caps, tier),
        )
        if not form.due_at_zero:
            amount = np.where(quantity == 0, zeros(amount.shape, exact=exact), amount)
        return settle(amount, b)


def tier_of(form: NormalForm, quantity: Values) -> Values:
    """Find the tier of each quantity; a bound belongs to the tier below it."""
    exact = is_exact(quantity)
    bounds = array(form.up_to, exact=exact) * (1 if exact else TIE)
    if bounds.ndim == 1:
        return np.searchsorted(bounds, quantity, side="left")
    worlds = np.broadcast_shapes(bounds.shape[:-1], quantity.shape[:-1])
    tier = np.zeros((*worlds, quantity.shape[-1]), dtype=np.intp)
    for k in range(bounds.shape[-1]):
        tier += quantity > bounds[..., k : k + 1]
    return tier


def progressive(
    form: NormalForm,
    quantity: Values,
    starts: NDArray[np.intp],
    before: Values | None = None,
    *,
    how: Convert | None = None,
) -> Values:
    """Charge a split quantity part by part: each part what the cumulative price rises by it.

    However a quantity is split, the parts of a group come to the price of the whole. What is rounded or free is taken
    of the quantity so far, never of a part.

    Args:
        form: Normal form in priced units, or in the unit of the quantity where `how` is None.
        quantity: Parts in order, the groups one after the other; shape `(*batch, line)`.
        starts: Where each group begins, as in `core.lines.Groups`; shape `(group,)`.
        before: What was counted (and charged) before the first part of each group; shape `(*batch, group)`. None for
            nothing: the first part then bears the flat that is due at zero.
        how: From counted to priced units.

    Returns:
        Money of each part, of the shape of the quantity. [currency]

    >>> price = normal_form(Curve(tiers=(Tier(rate=Decimal(1)),)))
    >>> packages = Convert(per=Decimal(1000), round="up")
    >>> progressive(price, np.array([1400.0, 1300.0]), np.array([0]), how=packages).tolist()
    [2.0, 1.0]
    """
    if quantity.shape[-1] == 0:
        return zeros(quantity.shape, exact=is_exact(quantity))
    with localcontext(CONTEXT):
        total = running(quantity, starts)
        if before is not None:
            total = total + np.repeat(before, np.diff(starts, append=quantity.shape[-1]), axis=-1)
        money = _cumulative(form, total, how)
        earlier = np.roll(money, 1, axis=-1)
        nothing = zeros(starts.shape, exact=is_exact(quantity))
        earlier[..., starts] = nothing if before is None else _cumulative(form, before, how)
        amount: Values = money - earlier
    return amount


def _cumulative(form: NormalForm, quantity: Values, how: Convert | None) -> Values:
    return evaluate(form, quantity if how is None else convert(quantity, how))


def running(values: Values, starts: NDArray[np.intp]) -> Values:
    """Add values up within groups, each line with all before it.

    Groups never meet in a sum, so that a small one is not lost in the rounding of its neighbours.

    Args:
        values: In order, the groups one after the other; shape `(*batch, line)`.
        starts: Where each group begins, shape `(group,)`.

    >>> running(np.array([1, 2, 3, 4]), np.array([0, 3])).tolist()
    [1, 3, 6, 4]
    """
    size = values.shape[-1]
    lengths = np.diff(starts, append=size)
    place = np.arange(size) - np.repeat(starts, lengths)
    total: NDArray[Any] = values.copy()
    step = 1
    while step < lengths.max(initial=0):
        later = np.flatnonzero(place >= step)
        total[..., later] = total[..., later] + total[..., later - step]
        step *= 2
    return total
