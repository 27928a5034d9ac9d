"""The curve as SQL: one CASE of intercepts and slopes in DECIMAL, from the same normal form as in Python."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal

from pertoken.core.errors import CardError, Fault, InputError, nearest
from pertoken.core.exact import CONTEXT
from pertoken.core.money import SETTLED
from pertoken.engines.convert_sql import MOST, WIDEST, Counted, converted, digits, kind, literal, places
from pertoken.engines.source import identifier, quote
from pertoken.rating.card import Card, Charge, Convert
from pertoken.rating.curve import NormalForm, normal_form, per_unit

AS_IT_IS = Convert()


def curve(
    form: NormalForm,
    quantity: str | Counted,
    *,
    how: Convert = AS_IT_IS,
    select: str | Counted = "",
) -> str:
    """Write what a cumulative quantity is charged as one SQL expression, exact to the last digit.

    Args:
        form: Normal form in priced units.
        quantity: Expression of the counted quantity; a bare text is of whole numbers.
        how: From counted to priced units.
        select: Expression of what picks the tier, where the curve says another quantity.

    Returns:
        A `CASE` of type DECIMAL. A bound belongs to the tier below it.

    Raises:
        CardError: Amounts need more digits than DECIMAL holds, or a rate has no end as a decimal.
        InputError: The tier is picked by another quantity, and that isn't given.

    >>> from pertoken.rating.card import Curve, Tier
    >>> print(curve(normal_form(Curve(tiers=(Tier(rate=Decimal("0.5")),))), Counted("q", most=Decimal(999))))
    CAST(CAST(q AS DECIMAL(3, 0)) * CAST('0.5' AS DECIMAL(2, 1)) AS DECIMAL(38, 1))
    """
    counted = _counted(quantity)
    if how.whole:
        counted = converted(counted, how)
    else:
        form = per_unit(form, how.per, how.times)
    by = _counted(select) if form.selected else counted
    if not by.sql:
        msg = "another quantity picks the tier of this curve; give it as `select`"
        raise InputError(msg)
    scale = _scale(form, counted)
    whens = [f"WHEN {by.decimal} <= {_bound(bound, by.places)}" for bound in form.up_to]
    money = [_money(form, tier, counted) for tier in range(len(form.a))]
    cases = [f"{when} THEN {each}" for when, each in zip(whens, money, strict=False)]
    if not form.due_at_zero:
        cases = [f"WHEN {counted.decimal} = 0 THEN {literal(Decimal(0))}", *cases]
    chosen = f"CASE {' '.join(cases)} ELSE {money[-1]} END" if cases else money[-1]
    exact = f"CAST({chosen} AS DECIMAL({WIDEST}, {scale}))"
    return f"round({exact}, {SETTLED})" if any(places(b) > SETTLED for b in form.b) else exact


def _counted(quantity: str | Counted) -> Counted:
    return Counted(quantity) if isinstance(quantity, str) else quantity


def _bound(bound: Decimal, parts: int) -> str:
    """A bound, cut off after the places of the quantity: nothing that counts lies between."""
    return literal(bound.quantize(Decimal(1).scaleb(-parts), ROUND_FLOOR, CONTEXT) if places(bound) > parts else bound)


def _scale(form: NormalForm, counted: Counted) -> int:
    """Decimal places that amounts need; refused where amounts that long don't fit."""
    caps = [cap for cap in form.caps if cap.is_finite()]
    scale = max(places(b) + counted.places for b in form.b)
    scale = max([scale, *(places(money) for money in (*form.a, *caps))])
    for a, b, end in zip(form.a, form.b, _ends(form, counted.most), strict=True):
        kind(digits(abs(a) + abs(b) * end), scale)
    return scale


def _ends(form: NormalForm, most: Decimal) -> Iterator[Decimal]:
    """The most that each tier can be asked for."""
    for bound in form.up_to:
        yield most if form.selected else min(bound, most)
    yield most


def _money(form: NormalForm, tier: int, counted: Counted) -> str:
    a, b = form.a[tier], form.b[tier]
    parts = [f"{counted.decimal} * {literal(b)}"] if b else []
    parts += [literal(a)] if a or not parts else []
    money = " + ".join(parts)
    if form.caps and form.caps[tier].is_finite():
        return f"least({money}, {literal(form.caps[tier])})"
    return money


def rated(card: Card, counted: Mapping[str, str], *, parts: int = 0, most: Decimal = MOST) -> str:
    """Write a query that rates counted quantities under a card of plain charges: what the list stage comes to.

    Args:
        card: A card whose charges count sums, each by a curve of its own.
        counted: Charge to a table of what it counted: the keys of the card's scope, those of `by`, the charge's window
            (`month`), `quantity`; and `selected` where that picks the tier.
        parts: Decimal places of the quantities.
        most: What a quantity never exceeds.

    Returns:
        A query of the keys, `charge`, `quantity` and `amount`, each line rounded as the card says.

    Raises:
        CardError: The card says something that only Python rates; each such part is named.
        InputError: A charge has no table.
    """
    faults = list(_beyond(card))
    if faults:
        raise CardError.of(faults)
    missing = [name for name in card.prices if name not in counted]
    if missing:
        msg = f"no table for the charge {missing[0]!r} of card {card.name!r}; {nearest(missing[0], counted)}"
        raise InputError(msg)
    queries = [_query(card, name, charge, counted[name], parts, most) for name, charge in card.prices.items()]
    return " UNION ALL BY NAME ".join(queries)


def _query(card: Card, name: str, charge: Charge, table: str, parts: int, most: Decimal) -> str:  # noqa: PLR0917
    measure = charge.measure
    assert measure is not None  # noqa: S101  see `_beyond`
    keys = [identifier(key) for key in dict.fromkeys((*card.scope, measure.window, *measure.by))]
    quantity = Counted("quantity", parts, most)
    money = curve(normal_form(charge.curve), quantity, how=charge.convert, select=Counted("selected", parts, most))
    amount = money if card.rounding is None else f"round({money}, {card.rounding})"
    columns = [*keys, f"{quote(name)} AS charge", "quantity", f"{amount} AS amount"]
    return f"SELECT {', '.join(columns)} FROM {table}"


def _beyond(card: Card) -> Iterator[Fault]:
    """Find what SQL does not rate."""
    whole: Sequence[tuple[str, object]] = (
        ("rates", card.rates),
        ("adjust", card.adjust),
        ("clamp", card.clamps),
        ("pools", card.pools),
        ("during", not card.during.always),
    )
    where = card.source or card.name
    for part, said in whole:
        if said:
            yield _not_in_sql(where, part)
    for name, charge in card.prices.items():
        for part in _beyond_curve(charge):
            yield _not_in_sql(f"{where}:{charge.line}" if charge.line else where, f"prices.{name}.{part}")


def _beyond_curve(charge: Charge) -> Iterator[str]:
    measure = charge.measure
    if measure is None:
        yield "curve (a fee)"
    elif measure.kind not in ("sum", "count"):
        yield f"measure.{measure.kind}"
    elif measure.window in ("request", "term"):
        yield f"measure.window: {measure.window}"
    if charge.curve is None or charge.curve.series:
        yield "curve.series" if charge.curve else "curve (none, a pool prices it)"
    if not charge.during.always:
        yield "during"


def _not_in_sql(where: str, part: str) -> Fault:
    return Fault(where, f"{part} is not rated in SQL", "charges of sums by a curve", "rate the card in Python")
