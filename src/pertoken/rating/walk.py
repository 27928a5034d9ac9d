"""Walk: a quantity charged tier by tier, as one would on paper."""

from dataclasses import dataclass
from decimal import Decimal, localcontext

from pertoken.core.exact import CONTEXT
from pertoken.rating.card import Curve, Tier
from pertoken.rating.curve import most


@dataclass(frozen=True, slots=True)
class TierPart:
    """What one tier contributes to a charge.

    Args:
        begin: Where the tier begins. [priced unit]
        quantity: Units priced in it. [priced unit]
        rate: Its rate. [currency / priced unit]
        flat: Its flat. [currency]
        amount: Rate times quantity plus flat, its cap at most. [currency]
        line: Line of the card's file.
        cap: Its cap where that is what it comes to; None else. [currency]
    """

    begin: Decimal
    quantity: Decimal
    rate: Decimal
    flat: Decimal
    amount: Decimal
    line: int
    cap: Decimal | None = None


def walk(curve: Curve | None, quantity: Decimal, select: Decimal | None = None) -> list[TierPart]:
    """Charge a quantity tier by tier, as one would on paper: the twin of `evaluate`, and what `explain` prints.

    Args:
        curve: The curve; None charges nothing.
        quantity: What was used. [priced unit]
        select: What picks the tier where the curve says another quantity.
    """
    if curve is None or (quantity == 0 and not curve.flat_on_zero):
        return []
    with localcontext(CONTEXT):
        if curve.mode == "all" or curve.select:
            tier, begin = _reached(curve.tiers, quantity if select is None else select)
            return [_part(tier, begin, quantity)]
        return _climbed(curve.tiers, quantity)


def _climbed(tiers: tuple[Tier, ...], quantity: Decimal) -> list[TierPart]:
    parts: list[TierPart] = []
    begin = Decimal(0)
    for tier in tiers:
        within = min(quantity, tier.up_to if tier.up_to is not None else quantity) - begin
        if within > 0 or not parts:
            parts.append(_part(tier, begin, within))
        begin = tier.up_to if tier.up_to is not None else begin
    return parts


def _part(tier: Tier, begin: Decimal, quantity: Decimal) -> TierPart:
    full = quantity * tier.rate + tier.flat
    amount = most(tier, full)
    return TierPart(begin, quantity, tier.rate, tier.flat, amount, tier.line, tier.cap if amount < full else None)


def _reached(tiers: tuple[Tier, ...], quantity: Decimal) -> tuple[Tier, Decimal]:
    begin = Decimal(0)
    for tier in tiers:
        if tier.up_to is None or quantity <= tier.up_to:
            return tier, begin
        begin = tier.up_to
    return tiers[-1], begin
