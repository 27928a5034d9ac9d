"""Refused: what of a card can't be said as a curve of one number a month, so that it is rated line by line instead."""

from collections.abc import Iterator

from pertoken.core.errors import CardError
from pertoken.core.period import begins
from pertoken.rating.card import Adjust, Card, Charge, Clamp
from pertoken.rating.during import During
from pertoken.rating.pool_terms import MONEY, Pool

LONG = ("quarter", "year")
"""Windows of several months."""


MEND = "; rate it line by line"
"""What is said to who has no other way."""


class RefusedCard(CardError):
    """A card that is legal, and says what no array can."""


def refused(card: Card) -> list[str]:
    """List what of a card the simulation's own rating does not know; empty if it knows all.

    >>> refused(Card(name="plain", party="customer"))
    []
    """
    out = ["during: anchor"] if card.during.anchor is not None else []
    out += [f"during: {why}" for why in _times(card.during)]
    for name, charge in card.prices.items():
        out += [f"prices.{name}: {why}" for why in _charge(card, name, charge)]
    for i, adjust in enumerate(card.adjust):
        out += [f"adjust.{i}: {why}" for why in _adjust(adjust)]
    for i, clamp in enumerate(card.clamps):
        out += [f"clamp.{i}: {why}" for why in _clamp(clamp)]
    for pool in card.pools:
        out += [f"pools.{pool.name}: {why}" for why in _pool(card, pool)]
    out += [f"rates: from {day}, inside a month" for day in _inside_months(card)]
    return out + (["rates: hours of the week"] if any(rate.window for rate in card.rates) else [])


def _inside_months(card: Card) -> Iterator[str]:
    for rate in card.rates:
        days = [each for each in (rate.start, rate.end) if each is not None]
        yield from (str(day)[:10] for day in days if not _on_edge(str(day)))


def _on_edge(day: str) -> bool:
    moment = begins([day[:10]])[0]
    at_midnight = day[10:].strip("T 0:+Z.") == ""
    return bool(moment == moment.astype("datetime64[M]").astype("datetime64[s]")) and at_midnight


def _times(during: During) -> Iterator[str]:
    if during.after or during.months is not None:
        yield "months from a contract's start"
    if any(day is not None and day.day != 1 for day in (during.start, during.end)):
        yield "begins or ends inside a month"


def _charge(card: Card, name: str, charge: Charge) -> Iterator[str]:
    measure, curve = charge.measure, charge.curve
    yield from _times(charge.during)
    if curve is not None and (curve.series or curve.select):
        yield "a series" if curve.series else "a tier that is picked by another count"
    if measure is None:
        if charge.during.every not in (None, "month", *LONG):
            yield f"a fee by the {charge.during.every}"
        return
    if measure.kind not in ("sum", "count"):
        yield f"measure {measure.kind}"
    if measure.window not in ("month", *LONG) and not _straight(charge):
        yield f"window {measure.window}"
    if measure.window in LONG and any(name in pool.eligible for pool in card.pools):
        yield f"window {measure.window} with a pool"
    if measure.by and curve is not None and curve.flat_on_zero:
        yield "a flat at zero for each label"
    if "@" in name and measure.window in LONG:
        yield f"a phase with a window of a {measure.window}"


def _straight(charge: Charge) -> bool:
    """Whether a charge is one rate, whatever the window."""
    curve = charge.curve
    one = curve is not None and len(curve.tiers) == 1 and not curve.tiers[0].flat and curve.tiers[0].cap is None
    return one and not charge.convert.whole


def _adjust(adjust: Adjust) -> Iterator[str]:
    yield from _times(adjust.during)
    if adjust.where:
        yield "where"
    if adjust.measure is not None:
        yield "a curve of money"
    if adjust.amount is not None and adjust.window != "month":
        yield f"an amount by the {adjust.window}"


def _clamp(clamp: Clamp) -> Iterator[str]:
    yield from _times(clamp.during)
    if clamp.window not in ("month", *LONG):
        yield f"window {clamp.window}"
    if clamp.max is not None and clamp.window != "month":
        yield f"a maximum by the {clamp.window}"


def _pool(card: Card, pool: Pool) -> Iterator[str]:
    yield from _times(pool.during)
    if pool.every in ("hour", "day") or pool.drawn in ("hour", "day"):
        yield f"drawn by the {pool.drawn or pool.every}"
    if pool.where:
        yield "where"
    if pool.pay and not _paid_by_month(pool):
        yield "pay"
    if pool.inside.times is not None:
        yield "inside.times"
    if pool.term is not None and (pool.term.start or pool.term.end):
        yield "a term of dates"
    if pool.every and pool.term is not None and pool.term.months is not None:
        yield "cycles inside a term"
    near = [each for each in card.pools if each is not pool and set(each.eligible) & set(pool.eligible)]
    if any((each.priority or 0) == (pool.priority or 0) for each in near):
        yield "shares charges with another pool of the same priority"
    if any((each.unit == MONEY) == (pool.unit == MONEY) and each.outside != pool.outside for each in near):
        yield "shares charges with another pool that has another outside"


def _paid_by_month(pool: Pool) -> bool:
    """Whether a pool of money is paid by equal amounts a month, with the rest at its end."""
    alone = len(pool.pay) == 1 and pool.pay[0].every == "month" and pool.pay[0].amount is not None
    return alone and pool.unit == MONEY and pool.unused == "true_up" and pool.price is None
