"""Rate: usage and cards become a ledger. Each step adds lines; none is ever edited.

The order is the invoice's: what was used is charged, each line is rounded to the cent, then discounts and limits follow
in the order that the card says, each with its own rounding, each reckoned on the rounded lines before it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from pertoken.catalog.prices import STANDARD
from pertoken.core import period
from pertoken.core.errors import CardError, Fault, InputError, UnpricedUsage, nearest
from pertoken.core.lines import Key, Ledger, Lines, Usage, concat
from pertoken.rating.adjust import rounded, steps
from pertoken.rating.assign import Assignment, asked_by, assign
from pertoken.rating.card import Card
from pertoken.rating.charge import charged
from pertoken.rating.part import Part, Taken, gathered, total_tokens, window_key
from pertoken.usage.question import PRICE_FROM

STAGES: dict[str, frozenset[str]] = {
    "list": frozenset({"list", "contracted", "effective", "billed"}),
    "discount": frozenset({"contracted", "effective", "billed"}),
    "minimum": frozenset({"contracted", "effective", "billed"}),
    "maximum": frozenset({"contracted", "effective", "billed"}),
    "rounding": frozenset({"contracted", "effective", "billed"}),
    "covered": frozenset({"effective", "billed"}),
    "drawn": frozenset({"effective"}),
    "unused": frozenset({"effective"}),
    "purchase": frozenset({"billed"}),
    "refund": frozenset({"billed"}),
}
"""Which of the four amounts of the FOCUS standard each stage of the ledger belongs to."""

AMOUNTS = ("list", "contracted", "effective", "billed")


@dataclass(frozen=True, eq=False)
class Rated:
    """What rating gives.

    Args:
        parts: Priced lines, step by step, with the usage behind them.
        unpriced: Billable usage that no card prices; empty unless it was to be set aside.
    """

    parts: tuple[Part, ...]
    unpriced: Usage

    @cached_property
    def ledger(self) -> Ledger:
        """All lines as one table."""
        return concat(Ledger, [part.lines for part in self.parts])


def rate(
    usage: Usage, cards: Card | Sequence[Card], *, exact: bool = True, unpriced: Literal["raise", "keep"] = "raise"
) -> Rated:
    """Price usage by the cards of one side.

    Args:
        usage: Quantities of leaf meters. [unit of the meter], shape `(*batch, line)`
        cards: One card or several that share the work; all of one party and currency.
        exact: True for `Decimal` (invoices), False for `float64` (studies); they agree to 1e-9.
        unpriced: `raise` when billable usage has no price, or `keep` it apart.

    Returns:
        The ledger and the usage that stayed unpriced.

    Raises:
        UnpricedUsage: Billable usage that no card prices.
        CardError: A card asks for keys that the usage lacks, two charges claim the same usage, currencies differ.
    """
    book = (cards,) if isinstance(cards, Card) else tuple(cards)
    _one_side(book)
    usage = _with_periods(usage, book)
    who = assign(usage, book)
    aside = _aside(usage, who, strict=unpriced == "raise")
    made = [part for i, card in enumerate(book) for part in _rate_card(usage, card, i, who, exact=exact)]
    return Rated(tuple(made), aside)


def amount(ledger: Lines, kind: str) -> Lines:
    """Keep the lines of a ledger that make up one of the four amounts: list, contracted, effective or billed.

    Raises:
        InputError: No such amount.
    """
    if kind not in AMOUNTS:
        msg = f"no amount {kind!r}; {nearest(kind, AMOUNTS)}"
        raise InputError(msg)
    stage = ledger.key("stage")
    belongs = np.array([kind in STAGES[label] for label in stage.labels] or [False])
    return ledger.pick(belongs[stage.codes])


def _with_periods(usage: Usage, cards: Sequence[Card]) -> Usage:
    """Name the coarser periods that cards ask for and the usage has by a finer one only."""
    asked = set[str]().union(*(asked_by(card) for card in cards)) & set(period.GRAINS)
    return usage.with_keys(**{name: usage.period(name) for name in asked - set(usage.keys)})


def _one_side(cards: Sequence[Card]) -> None:
    if not cards:
        msg = "no card to rate with"
        raise CardError(msg)
    for name in ("party", "currency"):
        said = {getattr(card, name) for card in cards}
        if len(said) > 1:
            msg = f"cards of one side must agree on their {name}; found {sorted(said)}; rate them apart"
            raise CardError(msg)
    names = [card.name for card in cards]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"two cards of one side are called {', '.join(twice)}; a ledger tells cards apart by name; rename one"
        raise CardError(msg)


def _aside(usage: Usage, who: Assignment, *, strict: bool) -> Usage:
    if not any(who.unpriced):
        return usage.pick(np.zeros(0, dtype=np.intp))
    lines = usage.pick(np.array(who.unpriced, dtype=bool)[who.combos.of_line])
    used = np.atleast_2d(lines.values["quantity"] != 0).any(axis=tuple(range(lines.values["quantity"].ndim - 1)))
    lines = lines.pick(used.reshape(-1))
    if strict and len(lines):
        raise _unpriced(lines)
    return lines


def _unpriced(lines: Usage) -> UnpricedUsage:
    by = [n for n in ("provider", "model", "meter", "batch", "service_tier", PRICE_FROM) if n in lines.keys]
    faults = []
    quantity = lines.values["quantity"]
    typical = quantity if quantity.ndim == 1 else quantity.reshape(-1, len(lines)).mean(axis=0)
    for row in Lines(lines.keys, {"quantity": typical}).fold(by).records():
        about = " ".join(row[name] for name in by if name in ("provider", "model") and row[name])
        said = [name for name in ("batch", "service_tier", PRICE_FROM) if name in by]
        special = [name for name in said if row[name] not in ("", "false", STANDARD)]
        extra = ", ".join(f"{n}={row[n]}" for n in special)
        found = f"no price for {_count(row['quantity'])} {row['meter']} of {about or 'all models'}"
        found += f" ({extra})" if extra else ""
        faults.append(Fault("", found))
    error = UnpricedUsage.of(faults, most=8)
    mend = "Price it on a card (at 0 if it is given away), or set it aside with --unpriced report (unpriced='keep')."
    return UnpricedUsage(f"{error}\n{mend}", error.faults)


def _count(quantity: float) -> str:
    return f"{int(quantity) if quantity == int(quantity) else quantity}"


def _rate_card(usage: Usage, card: Card, index: int, who: Assignment, *, exact: bool) -> list[Part]:
    mask = who.combos.lines(who.member[index])
    own = usage if mask is None else usage.pick(mask)
    contracts = _contracts(own, card)
    tokens = total_tokens(own) if len(contracts) else Taken(own)
    parts: list[Part] = []
    for claim in who.claims:
        if claim.card is card:
            parts += rounded([charged(usage, claim, who.combos, contracts, tokens, exact=exact)], card)
    for step in steps(card, contracts, tokens):
        parts += step(parts)
    return [_signed(part, card) for part in parts or [_nothing(contracts)]]


def _signed(part: Part, card: Card) -> Part:
    return replace(part, lines=part.lines.with_keys(account=card.account, card=card.name))


def _nothing(contracts: Lines) -> Part:
    none = contracts.pick(np.zeros(0, dtype=np.intp))
    return Part.of(none, "", "", "list", Taken(Usage({"meter": Key.constant("", 0)}, {"quantity": np.zeros(0)})))


def _contracts(own: Usage, card: Card) -> Lines:
    """List each contract and window that the card meets, with nothing charged yet; none if nothing is due by window."""
    windows: set[str] = {charge.window for charge in card.prices.values() if charge.measure is None}
    windows |= {clamp.window for clamp in card.clamps}
    own = own if windows else own.pick(np.zeros(0, dtype=np.intp))
    keys = {name: own.key(name) for name in card.scope}
    if (window := period.finest(windows)) is not None:
        keys[window] = window_key(own, window, card)
    blank = np.zeros(own.values["quantity"].shape)
    return gathered(keys, len(own), {"quantity": blank, "amount": blank})
