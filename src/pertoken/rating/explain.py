"""Explain: each line of a ledger as one would reckon it on paper, down to the card's own line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pertoken.catalog.prices import Rate
from pertoken.core import period
from pertoken.core.errors import InputError, nearest
from pertoken.core.lines import Ledger
from pertoken.core.money import array
from pertoken.rating.assign import RATES, RateBook
from pertoken.rating.card import Card, Charge
from pertoken.rating.curve import TierPart, convert, walk
from pertoken.usage.question import PRICE_FROM, above_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of an explanation.

    Args:
        card: Name of the card.
        period: Of when; empty for the log as a whole.
        charge: Name of the charge.
        stage: Stage of the ledger.
        about: What is reckoned, in words.
        quantity: What is priced. [priced unit]
        rate: Money for one priced unit; None where there is none. [currency]
        amount: Money of the step. [currency]
        source: File and line that say so.
    """

    card: str
    period: str
    charge: str
    stage: str
    about: str
    quantity: Decimal | None
    rate: Decimal | None
    amount: Decimal
    source: str


def explain(ledger: Ledger, cards: Sequence[Card], chosen: Mapping[str, str]) -> list[Step]:
    """Reckon the lines of a ledger that carry some labels again, step by step.

    Args:
        ledger: Exact lines, with what belongs to several shared out (see `books.allocate`).
        cards: The cards that rated it.
        chosen: Key to label, as customer and month.

    Returns:
        Steps whose amounts add up to the ledger's, in the order of cards, charges and stages.

    Raises:
        InputError: No line carries the labels.
    """
    lines = ledger if "origin" in ledger.keys else ledger.with_keys(origin="")
    for name, label in chosen.items():
        key = lines.period(name) if name in period.GRAINS else lines.key(name)
        if label not in key.labels:
            msg = f"no {name} {label!r} in the books; {nearest(label, [each for each in key.labels if each])}"
            raise InputError(msg)
        lines = lines.pick(key.codes == key.labels.index(label))
    by_name = {card.name: card for card in cards}
    names = {name: i for i, name in enumerate(by_name)}
    rows = sorted(_rows(lines, by_name), key=lambda row: (names[row["card"]], *_place(row, by_name[row["card"]])))
    books = {name: RateBook.of(card.rates) for name, card in by_name.items()}
    steps = [step for row in rows for step in _steps(row, by_name[row["card"]], books[row["card"]])]
    _same(steps, rows)
    return steps


def _rows(lines: Ledger, cards: Mapping[str, Card]) -> list[dict[str, Any]]:
    """Gather a ledger's lines to those of an invoice; what adjusts a charge, and each share, is one line."""
    out = []
    for each in lines.fold(["card", "charge", "stage", "origin"]).records():
        some = lines.where(**{name: each[name] for name in ("card", "charge", "stage", "origin")})
        listed = each["stage"] == "list" and each["origin"] == ""
        by = [
            "card",
            "charge",
            "stage",
            "origin",
            *(_apart(each, cards[each["card"]]) if listed else ()),
            *period.GRAINS,
        ]
        out += [
            row for row in some.fold([name for name in by if name in some.keys]).records() if listed or row["amount"]
        ]
    return out


def _apart(row: Mapping[str, Any], card: Card) -> Sequence[str]:
    if row["charge"] == RATES:
        return ("provider", "model", "meter", "batch", "service_tier", above_key("prompt_tokens"), PRICE_FROM)
    measure = card.prices[row["charge"]].measure
    return (*card.scope, "meter", *(measure.by if measure else ()))


_STAGES = ("list", "discount", "minimum", "maximum", "rounding")


def _place(row: Mapping[str, Any], card: Card) -> tuple[str, int, int, str, str]:
    when = next((row[g] for g in period.GRAINS if row.get(g)), "")
    charges = [RATES, *card.prices, "minimum", "maximum"]
    return (
        when,
        charges.index(row["charge"]),
        _STAGES.index(row["stage"]),
        str(row.get("model", "")),
        str(row.get("meter", "")),
    )


def _same(steps: Sequence[Step], rows: Sequence[Mapping[str, Any]]) -> None:
    """Hold the reckoning on paper against the ledger; they are twins."""
    paper, books = sum((s.amount for s in steps), Decimal(0)), sum((row["amount"] for row in rows), Decimal(0))
    if abs(paper - books) > Decimal("1e-9"):
        msg = (
            f"the explanation comes to {paper} but the ledger to {books}; this is a fault of pertoken, please report it"
        )
        raise AssertionError(msg)


def _steps(row: Mapping[str, Any], card: Card, book: RateBook) -> list[Step]:
    if row.get("origin") == "shared":
        about = f"share of the account's {_named(row)}"
        return [_step(row, about, row["amount"], source=_at(card, 0))]
    if row["stage"] != "list":
        return [_step(row, _adjustment(row, card), row["amount"], source=_at(card, _line(row, card)))]
    if row["charge"] == RATES:
        return [_rated(row, card, book)]
    return _charged(row, card, card.prices[row["charge"]])


def _named(row: Mapping[str, Any]) -> str:
    return str(row["charge"]) if row["stage"] == "list" else f"{row['stage']} of {row['charge']}"


def _step(
    row: Mapping[str, Any],
    about: str,
    amount: Decimal,
    *,
    source: str,
    quantity: Decimal | None = None,
    rate: Decimal | None = None,
) -> Step:
    when = next((row[g] for g in period.GRAINS if row.get(g)), "")
    return Step(
        card=row["card"],
        period=when,
        charge=row["charge"],
        stage=row["stage"],
        about=about,
        quantity=quantity,
        rate=rate,
        amount=amount,
        source=source,
    )


def _at(card: Card, line: int) -> str:
    place = card.source or card.name
    return f"{place}:{line}" if line else place


def _line(row: Mapping[str, Any], card: Card) -> int:
    if row["stage"] == "discount":
        own = [a for a in card.adjust if not a.on or row["charge"] in a.on]
        return own[0].line if own else 0
    if row["stage"] in ("minimum", "maximum") and card.clamp:
        return card.clamp.line
    charge = card.prices.get(row["charge"])
    return charge.line if charge else 0


def _adjustment(row: Mapping[str, Any], card: Card) -> str:
    if row["stage"] == "rounding":
        return f"{row['charge']}, rounded half up to {card.rounding} places"
    if row["stage"] == "discount":
        percents = [f"{a.percent:+f} %" for a in card.adjust if not a.on or row["charge"] in a.on]
        return f"{row['charge']}, {' and '.join(percents)}"
    bound = (card.clamp.min if row["stage"] == "minimum" else card.clamp.max) if card.clamp else None
    return f"{row['stage']} of {bound:,f} a {card.clamp.window if card.clamp else 'month'}"


def _rated(row: Mapping[str, Any], card: Card, book: RateBook) -> Step:
    rate = book.find(row)
    assert rate is not None  # noqa: S101  the ledger holds what was priced
    quantity = row["quantity"] / rate.per
    about = f"{row['model']} {row['meter']}, per {_size(rate.per)}{_special(rate)}".strip()
    source = _at(card, rate.line) if rate.line else rate.source or card.source
    return _step(row, about, row["quantity"] * rate.unit_price, source=source, quantity=quantity, rate=rate.price)


def _size(per: Decimal) -> str:
    """Write what a price is for.

    >>> _size(Decimal(1000)), _size(Decimal(1_000_000)), _size(Decimal(60))
    ('1K', '1M', '60')
    """
    for size, letter in ((1_000_000_000, "B"), (1_000_000, "M"), (1000, "K")):
        if per >= size and per % size == 0:
            return f"{per / size:f}{letter}"
    return f"{per:,f}"


def _special(rate: Rate) -> str:
    words = ["batch"] if rate.batch else []
    words += [rate.service_tier] if rate.service_tier != "standard" else []
    words += [f"prompts above {rate.above:,}"] if rate.above else []
    words += [f"since {rate.start}"] if rate.start else []
    return f", {', '.join(words)}" if words else ""


def _charged(row: Mapping[str, Any], card: Card, charge: Charge) -> list[Step]:
    if charge.measure is None:
        tier = charge.curve.tiers[0]
        about = f"{row['charge']}, a fee for each {charge.window}"
        return [_step(row, about, row["amount"], source=_at(card, tier.line), quantity=Decimal(1))]
    counted = row["quantity"]
    priced = convert(array([counted], exact=True), charge.convert)[0]
    parts = walk(charge.curve, priced)
    about = f"{row['charge']}, {counted:,f} {row['meter'] or charge.measure.sum}{_converted(charge, priced)}"
    if not parts:
        return [_step(row, about, Decimal(0), source=_at(card, charge.line), quantity=priced)]
    return [_part(row, about if part is parts[0] else row["charge"], part, card) for part in parts]


def _part(row: Mapping[str, Any], about: str, part: TierPart, card: Card) -> Step:
    words = f"{about}, above {part.begin:,f}" if part.begin else about
    words += f", flat {part.flat:,f}" if part.flat else ""
    return _step(row, words, part.amount, source=_at(card, part.line), quantity=part.quantity, rate=part.rate)


def _converted(charge: Charge, priced: Decimal) -> str:
    how = charge.convert
    words = f", per {_size(how.per)}" if how.per != 1 else ""
    words += f", rounded {how.round.replace('_', ' ')}" if how.round else ""
    return words + (f", {how.free:,f} free" if how.free else "") + (f" = {priced:,f}" if how.round or how.free else "")
