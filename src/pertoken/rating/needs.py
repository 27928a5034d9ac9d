"""What a card must know of each request: the question that it puts to the log. From it the sums are made once."""

from collections.abc import Sequence

from pertoken.core import period
from pertoken.core.expression import condition
from pertoken.rating.assign import rate_keys
from pertoken.rating.card import Card
from pertoken.usage.question import PRICE_FROM, Cut, Question


def question(cards: Sequence[Card], by: Sequence[str] = (), *, timezone: str = "UTC") -> Question:
    """Compile cards and the keys that a reader asks for to one question.

    Args:
        cards: All cards of both sides.
        by: Keys to report by.
        timezone: Zone in which periods are reckoned.

    Returns:
        Keys that conditions, scopes and windows ask for, bands of length, days of price changes.
    """
    names: set[str] = set()
    above: dict[str, set[int]] = {}
    for card in cards:
        names |= _keys(card)
        for band in card.bands.values():
            above.setdefault(band.of, set()).add(band.above)
        for rate in card.rates:
            if rate.above:
                above.setdefault("prompt_tokens", set()).add(rate.above)
    dates = {rate.start for card in cards for rate in card.rates if rate.start}
    cuts = tuple(Cut(of, tuple(sorted(bounds))) for of, bounds in sorted(above.items()))
    asked = dict.fromkeys((*by, *sorted(names - {"meter", PRICE_FROM, *(cut.key for cut in cuts)})))
    return Question(_one_period(tuple(asked)), cuts, tuple(sorted(dates)), timezone)


def _keys(card: Card) -> set[str]:
    texts = [card.where, *(d.where for d in card.adjust)]
    out = set(card.scope) | rate_keys(card.rates)
    for charge in card.prices.values():
        out |= {charge.measure.window, *charge.measure.by} if charge.measure else {charge.window}
        texts.append(charge.measure.where if charge.measure else "")
    out |= {clamp.window for clamp in card.clamps}
    out |= {name for text in texts if text for name in condition(text).names} - set(card.bands)
    return out | ({"month"} if card.rates and card.rounding is not None else set())


def _one_period(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Keep the finest period only; coarser ones are read off its labels."""
    finest = period.finest(set(keys))
    return tuple(key for key in keys if key == finest or key not in period.GRAINS)
