"""The invoice: what is billed to a customer for a month, line by line."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from pertoken.core.errors import InputError
from pertoken.core.period import check
from pertoken.rating.account_of import SERIES
from pertoken.rating.assign import RATES
from pertoken.rating.balance import Balance
from pertoken.rating.card import Card, plain
from pertoken.rating.explain import explain
from pertoken.rating.rate import Rated
from pertoken.rating.step import Step

KINDS = ("fee", "usage", "included", "discount", "minimum", "maximum", "credit", "purchase", "refund")
"""What a line is: `included` is usage that pools cover, `credit` money taken from them, `purchase` what they cost."""

Place = tuple[str, str, str, str, str]
"""What makes a line the same on two invoices: card, place in the card, kind, charge, labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceLine:
    """One line of an invoice.

    Args:
        card: Name of the card.
        term: Place in the card that made it.
        kind: One of `KINDS`.
        charge: Name of the charge, or of the pool.
        labels: What the charge keeps apart, in words; empty if nothing.
        about: What it is, in words.
        quantity: Units billed; None where it isn't a quantity. [unit]
        unit: What one unit is.
        unit_price: Money for one unit; None where it is not one number. [currency / unit]
        amount: Money, rounded. [currency]
    """

    card: str
    term: str
    kind: str
    charge: str
    labels: str
    about: str
    quantity: Decimal | None
    unit: str
    unit_price: Decimal | None
    amount: Decimal

    @property
    def place(self) -> Place:
        """What makes it the same line on two invoices."""
        return self.card, self.term, self.kind, self.charge, self.labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What is billed to a customer for a month, or for the cycle that begins in it.

    Args:
        cards: Names of the cards.
        party: `customer` for what we are paid, `vendor` for what we pay.
        currency: ISO 4217 code.
        labels: Whose it is, as `{"customer": "acme"}`.
        month: Its month.
        period: The month, or the day on which the cycle begins.
        lines: Its lines; they are all that is billed.
        balances: What pools held, gave and lost meanwhile.
        list_total: What all usage comes to at list price, covered by pools or not. [currency]
        contracted_total: What it comes to with discounts and limits. [currency]
    """

    cards: tuple[str, ...]
    party: str
    currency: str
    labels: Mapping[str, str]
    month: str
    period: str
    lines: tuple[InvoiceLine, ...]
    balances: tuple[Balance, ...]
    list_total: Decimal
    contracted_total: Decimal

    @property
    def total(self) -> Decimal:
        """The sum of the lines. [currency]."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def due_from(self) -> str:
        """Who pays."""
        who = ", ".join(self.labels.values())
        return who if self.party == "customer" else who or "us"

    @property
    def due_to(self) -> str:
        """Who is paid."""
        return "us" if self.party == "customer" else ", ".join(self.cards)


def invoice(rated: Rated, labels: Mapping[str, str], month: str) -> Invoice:
    """Make the invoice of a customer's month; of a card with cycles of its own, of the cycle that begins in the month.

    Args:
        rated: What rating gave, with exact money.
        labels: Whose, by keys of the cards' scope: `{"customer": "acme"}`.
        month: As 2026-01.

    Raises:
        InputError: No such customer, no invoice of that month, or a label of the cards' scope is not said.
    """
    check(month, "month")
    cards = [job.card for job in rated.jobs.values()]
    _said(cards, labels)
    chosen = {**labels, "month": month}
    told = explain(rated, chosen, kind="billed")
    if not told.steps:
        raise InputError(_none(rated, labels, month))
    others = {kind: explain(rated, chosen, kind=kind).amount for kind in ("list", "contracted")}
    own = list(dict.fromkeys(step.card for step in told.steps))
    return Invoice(
        cards=tuple(own),
        party=cards[0].party,
        currency=cards[0].currency,
        labels=dict(labels),
        month=month,
        period=min(step.period for step in told.steps),
        lines=tuple(_lines(told.steps, {card.name: card for card in cards}, labels)),
        balances=told.balances,
        list_total=others["list"],
        contracted_total=others["contracted"],
    )


def _said(cards: Sequence[Card], labels: Mapping[str, str]) -> None:
    one = [card.name for card in cards if not card.scope]
    if labels and one:
        msg = f"card {one[0]} is of one account; ask for its invoice without {' and '.join(labels)}"
        raise InputError(msg)
    for card in cards:
        unsaid = [name for name in card.scope if name not in labels]
        if card.scope and unsaid == list(card.scope):
            msg = f"card {card.name} charges each {' and '.join(unsaid)} apart; say whose invoice, as --customer acme"
            raise InputError(msg)


def _none(rated: Rated, labels: Mapping[str, str], month: str) -> str:
    who = ", ".join(labels.values()) or "the account"
    found = explain(rated, labels, kind="billed").steps
    months = sorted({step.period[:7] for step in found if step.period})
    there = f"there are invoices of {', '.join(months)}" if months else "there is none at all"
    return f"nothing is billed to {who} for {month}; {there}"


def _lines(steps: Iterable[Step], cards: Mapping[str, Card], labels: Mapping[str, str]) -> list[InvoiceLine]:
    """Gather steps to lines: what adjusts or rounds a line is part of it."""
    groups: dict[Place, list[Step]] = {}
    for step in steps:
        if step.stage != "balance":
            apart = _labels(step, labels)
            place = (step.card, step.term, _kind(step, cards[step.card]), step.charge, apart)
            groups.setdefault(place, []).append(step)
    return [line for place, own in groups.items() for line in _written(place, own, cards[place[0]])]


def _labels(step: Step, labels: Mapping[str, str]) -> str:
    """What a line keeps apart from its like."""
    wide = ("provider", "model", "meter") if step.charge == RATES else tuple(step.labels)
    own = [step.labels.get(name, "") for name in wide if name not in labels and name != SERIES]
    return ", ".join(label for label in own if label)


def _kind(step: Step, card: Card) -> str:
    kind = step.term.partition(".")[0]
    if kind in ("prices", RATES):
        charge = card.prices.get(step.charge)
        return "fee" if charge and charge.measure is None else "usage"
    if kind == "pools":
        return {"covered": "credit"}.get(step.stage, step.stage)
    if kind == "clamp":
        return {"min": "minimum", "max": "maximum"}[step.term.rpartition(".")[2]]
    return "discount"


def _written(place: Place, steps: Sequence[Step], card: Card) -> list[InvoiceLine]:
    name, term, kind, charge, labels = place
    about = min(steps, key=lambda step: step.stage in ("rounding", "covered")).about
    line = InvoiceLine(
        card=name,
        term=term,
        kind=kind,
        charge=charge,
        labels=labels,
        about=about,
        quantity=None,
        unit="",
        unit_price=None,
        amount=sum((step.amount for step in steps), Decimal(0)),
    )
    if kind == "usage":
        return _usage(line, steps, card)
    if kind == "fee":
        return [replace(line, quantity=steps[0].quantity, unit=steps[0].unit, unit_price=_price(steps))]
    return [line] if line.amount else []


def _usage(line: InvoiceLine, steps: Sequence[Step], card: Card) -> list[InvoiceLine]:
    """Write what is charged, and, where pools cover some of it, what they include."""
    units = [step.quantity or Decimal(0) for step in steps]
    included = -sum((q for q, step in zip(units, steps, strict=True) if step.stage == "covered"), Decimal(0))
    about = plain(line.charge) if line.charge != RATES else ""
    about += (f" ({line.labels})" if about else line.labels) if line.labels else ""
    unit = next((step.unit for step in steps if step.unit), "")
    charged = replace(line, about=about, quantity=sum(units, Decimal(0)), unit=unit, unit_price=_price(steps))
    out = [charged] if charged.quantity or charged.amount or not included else []
    if included:
        pools = " and ".join(p.name for p in card.pools if plain(line.charge) in p.eligible)
        words = {"about": f"{about}, included in {pools}", "kind": "included"}
        zero = Decimal(0)
        out.append(replace(charged, **words, quantity=included, unit_price=zero, amount=zero))
    return out


def _price(steps: Sequence[Step]) -> Decimal | None:
    """The price of one unit, where it is the same for all."""
    exact = [step for step in steps if step.quantity is not None]
    units, money = (sum((getattr(s, n) for s in exact), Decimal(0)) for n in ("quantity", "amount"))
    rates = {step.rate for step in exact}
    if rates == {None} and len(exact) == 1 and units == 1:
        return money
    rate = rates.pop() if len(rates) == 1 else None
    return rate if rate is not None and abs(units * rate - money) < Decimal("1e-9") else None
