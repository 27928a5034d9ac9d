"""What a card must know of each request: the question that it puts to the log. From it the sums are made once.

That is the card's sufficient statistic: a roll-up of it rates exactly like the log. What needs an order of time (pools
that draw day by day, a price that changes inside a month) asks for the finer period.
"""

from collections.abc import Sequence

from pertoken.catalog.prices import Window
from pertoken.catalog.terms import settled
from pertoken.core import period
from pertoken.core.expression import condition
from pertoken.rating.assign import per_request, rate_keys
from pertoken.rating.card import Card, Charge
from pertoken.rating.contract import Contract
from pertoken.rating.pool_terms import Pool
from pertoken.usage.question import PRICE_FROM, Clock, Cut, Question


def question(
    cards: Sequence[Card], by: Sequence[str] = (), *, timezone: str = "UTC", contracts: Sequence[Contract] = ()
) -> Question:
    """Compile cards and the keys that a reader asks for to one question.

    Args:
        cards: All cards of both sides.
        by: Keys to report by.
        timezone: Zone in which periods are reckoned.
        contracts: When contracts begin and end.

    Returns:
        Keys that conditions, scopes and windows ask for, bands of length, days of price changes, sums over requests.
    """
    names: set[str] = set()
    above: dict[str, set[int]] = {}
    for card in cards:
        names |= _keys(card) | _times(card, [c for c in contracts if c.card == card.name])
        for band in card.bands.values():
            above.setdefault(band.of, set()).add(band.above)
        for rate in card.rates:
            if rate.above:
                above.setdefault("prompt_tokens", set()).add(rate.above)
    rates = [rate for card in cards for rate in card.rates]
    dates = {settled(moment) for rate in rates for moment in (rate.start, rate.end) if moment}
    windows = {rate.window.key: rate.window for rate in rates if rate.window}
    cuts = tuple(Cut(of, tuple(sorted(bounds))) for of, bounds in sorted(above.items()))
    asked = dict.fromkeys((*by, *sorted(names - {"meter", PRICE_FROM, *(cut.key for cut in cuts), *windows})))
    rounded = dict.fromkeys(r for card in cards for c in card.prices.values() if (r := per_request(c)) is not None)
    clocks = tuple(_clock(windows[key]) for key in sorted(windows))
    moments = tuple(sorted(dates, key=lambda moment: moment.isoformat()))
    return Question(_one_period(tuple(asked)), cuts, moments, timezone, tuple(rounded), clocks)


def _clock(window: Window) -> Clock:
    each = window
    return Clock(each.key, each.start, each.end, each.timezone, each.weekdays, each.holidays, each.workdays)


def _keys(card: Card) -> set[str]:
    """The labels and windows that a card asks for."""
    texts = [card.where, *(d.where for d in card.adjust), *(pool.where for pool in card.pools)]
    out = set(card.scope) | rate_keys(card.rates)
    for charge in card.prices.values():
        out |= _window(charge)
        if charge.measure:
            out |= {*charge.measure.by, *([charge.measure.unique] if charge.measure.unique else [])}
            texts.append(charge.measure.where)
    out |= {clamp.window for clamp in card.clamps} | {a.window for a in card.adjust if a.amount is not None}
    out |= {name for text in texts if text for name in condition(text).names}
    return (out - set(card.bands)) | ({"month"} if card.rounding is not None and (card.rates or _long(card)) else set())


def _long(card: Card) -> bool:
    """Tell whether some window is longer than an invoice, so that it is billed as it goes."""
    return any(charge.window in ("quarter", "year", "term") for charge in card.prices.values())


def _window(charge: Charge) -> set[str]:
    measure = charge.measure
    out = {str(charge.window)} & set(period.GRAINS)
    if charge.window in ("quarter", "year", "term"):
        out |= {"month"}
    return out | ({measure.every} if measure and measure.every else set())


def _times(card: Card, contracts: Sequence[Contract]) -> set[str]:
    """The period that a card's times ask for: the day where something begins inside a month, what pools draw by."""
    out = {_drawn(pool) for pool in card.pools}
    out |= {"month"} if any(a.measure for a in card.adjust) else set()
    durings = [card.during, *(c.during for c in card.prices.values()), *(a.during for a in card.adjust)]
    durings += [*(clamp.during for clamp in card.clamps), *(pool.during for pool in card.pools)]
    out |= {"month"} if any(not during.always for during in durings) or contracts else set()
    dates = [day for during in durings for day in (during.start, during.end) if day]
    dates += [day for pool in card.pools if pool.term for day in (pool.term.start, pool.term.end) if day]
    dates += [day for c in contracts for day in (c.start, c.end) if day]
    out |= {"day"} if card.during.anchor is not None or any(day.day != 1 for day in dates) else set()
    return out | ({"hour"} if any(getattr(day, "hour", 0) for day in dates) else set())


def _drawn(pool: Pool) -> str:
    every: str = pool.drawn or pool.every or "month"
    return min(every, "month", key=period.GRAINS.index)


def _one_period(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Keep the finest period only; coarser ones are read off its labels."""
    finest = period.finest(set(keys))
    return tuple(key for key in keys if key == finest or key not in period.GRAINS)
