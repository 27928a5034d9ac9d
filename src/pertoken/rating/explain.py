"""Explain: each line of a ledger as one would reckon it on paper, down to the card's own line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from pertoken.catalog.prices import Rate
from pertoken.core import period
from pertoken.core.errors import InputError, nearest
from pertoken.core.lines import Ledger, Lines
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
        source: File, or page, that says so.
        line: Line of the file; 0 if none.
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
    line: int


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


GATHERED = ("card", "charge", "term", "stage", "origin")


def _rows(lines: Ledger, cards: Mapping[str, Card]) -> list[dict[str, Any]]:
    """Gather a ledger's lines to those of an invoice; what adjusts a charge, and each share, is one line."""
    out: list[dict[str, Any]] = []
    for each in Lines(lines.keys, {}).fold(GATHERED).records():
        some = lines.where(**each)
        listed = each["stage"] == "list" and each["origin"] == ""
        by = [*GATHERED, *(_apart(each, cards[each["card"]]) if listed else ()), *period.GRAINS]
        rows = some.fold([name for name in by if name in some.keys]).records()
        out += [row for row in rows if listed or row["amount"]]
    return out


def _apart(row: Mapping[str, Any], card: Card) -> Sequence[str]:
    if row["charge"] == RATES:
        return ("provider", "model", "meter", "batch", "service_tier", above_key("prompt_tokens"), PRICE_FROM)
    measure = card.prices[row["charge"]].measure
    return (*card.scope, "meter", *(measure.by if measure else ()))


def _place(row: Mapping[str, Any], card: Card) -> tuple[str | int, ...]:
    """Where in the making of an invoice a line stands: charges, then what follows in the card's order."""
    charges = [RATES, *card.prices, "minimum", "maximum"]
    order = [*(card.order or ("discount", "minimum", "maximum"))]
    kind, _, index = row["term"].partition(".")
    step = {"adjust": "discount", "clamp": row["charge"]}.get(kind, "")
    return (
        _when(row),
        1 + order.index(step) if step else 0,
        int(index) if kind == "adjust" else 0,
        charges.index(row["charge"]),
        row["stage"] == "rounding",
        row["origin"],
        str(row.get("model", "")),
        str(row.get("meter", "")),
    )


def _when(row: Mapping[str, Any]) -> str:
    return next((str(row[g]) for g in period.GRAINS if row.get(g)), "")


def _same(steps: Sequence[Step], rows: Sequence[Mapping[str, Any]]) -> None:
    """Hold the reckoning on paper against the ledger; they are twins."""
    paper, books = sum((s.amount for s in steps), Decimal(0)), sum((row["amount"] for row in rows), Decimal(0))
    if abs(paper - books) > Decimal("1e-9"):
        msg = (
            f"the explanation comes to {paper} but the ledger to {books}; this is a fault of pertoken, please report it"
        )
        raise AssertionError(msg)


def _steps(row: Mapping[str, Any], card: Card, book: RateBook) -> list[Step]:
    if row["origin"] == "shared":
        return [_step(row, f"share of the account's {_named(row)}", row["amount"], card, 0)]
    if row["stage"] != "list":
        return [_adjusted(row, card)]
    if row["charge"] == RATES:
        return [_rated(row, card, book)]
    return _charged(row, card, card.prices[row["charge"]])


def _named(row: Mapping[str, Any]) -> str:
    return str(row["charge"]) if row["stage"] == "list" else f"{row['stage']} of {row['charge']}"


def _step(  # noqa: PLR0917  what a line says, in the order of its columns
    row: Mapping[str, Any],
    about: str,
    amount: Decimal,
    card: Card,
    line: int,
    quantity: Decimal | None = None,
    rate: Decimal | None = None,
) -> Step:
    return Step(
        card=row["card"],
        period=_when(row),
        charge=row["charge"],
        stage=row["stage"],
        about=about,
        quantity=quantity,
        rate=rate,
        amount=amount,
        source=card.source or card.name,
        line=line,
    )


def _adjusted(row: Mapping[str, Any], card: Card) -> Step:
    """Explain a line that adjusts others, by the place in the card that made it."""
    kind, _, index = row["term"].partition(".")
    charge = card.prices.get(row["charge"])
    line = charge.line if charge else 0
    about = f"{row['charge']}, rounded half up to {card.rounding} places"
    if kind == "adjust":
        adjust = card.adjust[int(index)]
        line = adjust.line
        percent = f"{adjust.percent:+f} %{f' where {adjust.where}' if adjust.where else ''}"
        rounding = row["stage"] == "rounding"
        about = f"{row['charge']}, {percent}{f', rounded half up to {card.rounding} places' if rounding else ''}"
    elif kind == "clamp":
        clamp = card.clamps[int(index.partition(".")[0])]
        line = clamp.line
        bound = clamp.min if row["charge"] == "minimum" else clamp.max
        about = f"{row['charge']} of {bound:,f} a {clamp.window}"
    return _step(row, about, row["amount"], card, line)


def _rated(row: Mapping[str, Any], card: Card, book: RateBook) -> Step:
    rate = book.find(row)
    assert rate is not None  # noqa: S101  the ledger holds what was priced
    about = f"{row['model']} {row['meter']}, per {_size(rate.per)}{_special(rate)}".strip()
    money = row["quantity"] * rate.unit_price
    step = _step(row, about, money, card, rate.line, row["quantity"] / rate.per, rate.price)
    return step if rate.line or not rate.source else replace(step, source=rate.source)


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
        return [_step(row, about, row["amount"], card, tier.line, Decimal(1))]
    counted = row["quantity"]
    priced = convert(array([counted], exact=True), charge.convert)[0]
    parts = walk(charge.curve, priced)
    about = f"{row['charge']}, {counted:,f} {row['meter'] or charge.measure.sum}{_converted(charge, priced)}"
    if not parts:
        return [_step(row, about, Decimal(0), card, charge.line, priced)]
    return [_part(row, about if part is parts[0] else row["charge"], part, card) for part in parts]


def _part(row: Mapping[str, Any], about: str, part: TierPart, card: Card) -> Step:
    words = f"{about}, above {part.begin:,f}" if part.begin else about
    words += f", flat {part.flat:,f}" if part.flat else ""
    return _step(row, words, part.amount, card, part.line, part.quantity, part.rate)


def _converted(charge: Charge, priced: Decimal) -> str:
    how = charge.convert
    words = f", per {_size(how.per)}" if how.per != 1 else ""
    words += f", rounded {how.round.replace('_', ' ')}" if how.round else ""
    return words + (f", {how.free:,f} free" if how.free else "") + (f" = {priced:,f}" if how.round or how.free else "")
