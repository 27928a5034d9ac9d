"""Simulate: one history under two plans. Who pays more, who pays less, and what it does to margin."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

import numpy as np

from pertoken.books.allocate import UNALLOCATED
from pertoken.books.contract import (
    COST,
    PLAIN,
    Cards,
    Terms,
    agreed,
    comparable,
    contract_keys,
    everybody,
    labelled,
    ledger,
    placed,
    positions,
)
from pertoken.books.statement import DUST, without_remains
from pertoken.core.lines import Key, Ledger, Lines, Usage
from pertoken.core.money import Values, is_exact, to_exact
from pertoken.rating.card import Card
from pertoken.rating.rate import AMOUNTS, amount

Doubts = Callable[[Card], Iterable[object]]
"""What is doubtful about a card: volume cliffs, orders that matter."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """One history under two plans.

    Args:
        lines: One line for each contract and segment, with the four amounts under both plans (`old_list`,
            `new_billed`...) and, where costs were rated, `old_cost` and `new_cost`, which are effective. [currency]
        contract: Keys that name a contract.
        by: Keys of the segments.
        currency: ISO 4217 code.
        kind: The amount whose change is looked at; margins are always of effective amounts.
        unpriced: Usage that was set aside, by the side that does not price it.
        warnings: What to know before the plan is used.
        elasticity: Assumed response of usage to the price, in percent per percent; None if usage stays as it was.
    """

    lines: Lines
    contract: tuple[str, ...]
    by: tuple[str, ...]
    currency: str
    kind: str = "billed"
    unpriced: Mapping[str, Usage] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    elasticity: Decimal | None = None

    @property
    def costed(self) -> bool:
        """Whether costs were rated, so that there is a margin."""
        return "old_cost" in self.lines.values

    @cached_property
    def everyone(self) -> Lines:
        """One line for each contract, those that the log does not name among them."""
        return self.lines.fold(self.contract)

    @cached_property
    def customers(self) -> Lines:
        """One line for each contract that the log names."""
        named = np.ones(len(self.everyone), dtype=bool)
        for name in self.contract:
            key = self.everyone.keys[name]
            named &= np.array([label not in ("", UNALLOCATED) for label in key.labels] or [False])[key.codes]
        return self.everyone.pick(named)

    @cached_property
    def segments(self) -> Lines:
        """One line for each segment."""
        return self.lines.fold(self.by)

    def total(self, name: str) -> Any:  # noqa: ANN401  a number, or one for each world
        """Sum a value over all lines, over the last axis only."""
        return self.lines.values[name].sum(axis=-1)

    def change(self, lines: Lines) -> Values:
        """Return new less old amount of each line. [currency]."""
        return change(lines, self.kind)

    def old(self, lines: Lines) -> Values:
        """Return the old amount of each line. [currency]."""
        return lines.values[f"old_{self.kind}"]

    @cached_property
    def sign(self) -> Values:
        """1 for each customer who pays more, -1 who pays less, 0 who pays the same."""
        moved = self.change(self.customers)
        edge: Any = 0 if is_exact(moved) else DUST
        sign: Values = (moved > edge).astype(np.int64) - (moved < -edge).astype(np.int64)
        return sign

    @cached_property
    def crossed(self) -> Values:
        """Mark the customers whose margin falls below zero, shape `(*batch, customer)`."""
        if not self.costed:
            return np.zeros(self.sign.shape, dtype=bool)
        crossed: Values = (margin(self.customers, "old") >= 0) & (margin(self.customers, "new") < 0)
        return crossed


def change(lines: Lines, kind: str) -> Values:
    """Return new less old amount of each line. [currency]."""
    moved: Values = lines.values[f"new_{kind}"] - lines.values[f"old_{kind}"]
    return moved


def margin(lines: Lines, side: Literal["old", "new"]) -> Values:
    """Return effective revenue less effective cost of each line, on one side. [currency]."""
    left: Values = lines.values[f"{side}_effective"] - lines.values[f"{side}_cost"]
    return left


def share(part: Values, whole: Values) -> Values:
    """Divide, where the whole is above zero: None there for decimals, NaN for floats.

    >>> share(np.array([1.0, 1.0]), np.array([4.0, 0.0])).tolist()
    [0.25, nan]
    """
    if is_exact(whole):
        pairs = zip(part.ravel().tolist(), whole.ravel().tolist(), strict=True)
        out = np.empty(whole.size, dtype=object)
        out[:] = [p / w if w > 0 else None for p, w in pairs]
        return out.reshape(whole.shape)
    out = np.full(np.broadcast(part, whole).shape, np.nan)
    np.divide(part, whole, out=out, where=whole > 0)
    return out


def simulate(
    usage: Usage,
    old: Cards,
    new: Cards,
    cost: Cards = (),
    *,
    by: Sequence[str] = (),
    kind: str = "billed",
    exact: bool = True,
    unpriced: Literal["raise", "keep"] = "raise",
    elasticity: Decimal | None = None,
    doubts: Doubts | None = None,
    terms: Terms = PLAIN,
) -> Simulation:
    """Rate one history under two plans and set them side by side.

    Args:
        usage: Quantities of leaf meters. [unit of the meter], shape `(*batch, line)`
        old: The plan as it is: one card or several that share the work.
        new: The plan as it may be.
        cost: Vendors' cards; what they charge is shared out to customers by the usage under it.
        by: Keys of segments for totals; `plan` stands for the old card's name where the usage has no such key.
        kind: Amount whose change is looked at: list, contracted, effective or billed.
        exact: Decimals or floats.
        unpriced: `raise` when a side does not price all usage; `keep` to compare what both plans price.
        elasticity: Percent by which a customer's usage changes for one percent more of effective price, applied once;
            an assumption.
        doubts: Lists what is doubtful about a card.
        terms: What rating is told of time: `contracts`, `span`, `timezone`.

    Raises:
        UnpricedUsage: Usage that a side does not price; the message names the side.
        CardError: Cards that can't be compared: two currencies, a vendor's card as a plan.
        InputError: A key that the usage doesn't have.
    """
    plans = {"old": tuple(old), "new": tuple(new)}
    currency = agreed({**plans, COST: tuple(cost)})
    contract = contract_keys(tuple(plans.values()))
    aside: dict[str, Usage] = {}
    if unpriced == "keep":
        usage, aside = comparable(usage, plans, terms)
    by_card = "plan" in by and "plan" not in usage.keys
    keys = tuple(dict.fromkeys((*contract, *(name for name in by if not (by_card and name == "plan")))))
    books = {side: ledger(usage, side, cards, keys, exact=exact, terms=terms)[0] for side, cards in plans.items()}
    after = usage
    if elasticity is not None:
        after = responded(usage, books, contract, elasticity, exact=exact)
        books["new"] = ledger(after, "new", plans["new"], keys, exact=exact, terms=terms)[0]
    if cost:
        spent = {
            each: ledger(each, COST, cost, keys, exact=exact, terms=terms, unpriced=unpriced) for each in (usage, after)
        }
        books |= {"old_cost": spent[usage][0], "new_cost": spent[after][0]}
        aside |= {COST: spent[usage][1]} if len(spent[usage][1]) else {}
    lines = _beside(usage, books, keys)
    if by_card:
        lines = lines.with_keys(plan=_old_cards(lines, books["old"], contract))
    warned = tuple(str(doubt) for card in new for doubt in (doubts(card) if doubts else ()))
    return Simulation(lines, contract, tuple(by), currency, kind, aside, warned, elasticity)


def _beside(usage: Usage, books: Mapping[str, Ledger], keys: Sequence[str]) -> Lines:
    """Set the amounts of several ledgers side by side."""
    rows = everybody([usage, *books.values()], keys)
    values: dict[str, Values] = {}
    for side, book in books.items():
        for kind in ("effective",) if side.endswith(COST) else AMOUNTS:
            some = amount(book, kind)
            name = side if side.endswith(COST) else f"{side}_{kind}"
            values[name] = placed(some.values["amount"], positions(rows, some, keys), len(rows))
    return without_remains(Lines(rows.keys, values))


def _old_cards(lines: Lines, book: Ledger, contract: Sequence[str]) -> Key:
    """Name for each line the old cards by which its contract is charged."""
    each = labelled(book, (*contract, "card")).fold((*contract, "card"))
    names: dict[tuple[str, ...], list[str]] = {}
    for row in each.records():
        names.setdefault(tuple(row[name] for name in contract), []).append(row["card"])
    columns = zip(*(lines.keys[name].column().tolist() for name in contract), strict=True)
    return Key.of(" + ".join(names.get(row, [UNALLOCATED])) for row in columns)


def responded(
    usage: Usage, books: Mapping[str, Ledger], contract: Sequence[str], elasticity: Decimal, *, exact: bool
) -> Usage:
    """Scale the usage of each contract by its price change to the power of the elasticity.

    The price is what the same usage costs effectively, new over old; where either is not above zero, usage stays.
    """
    rows = everybody([usage, *books.values()], contract)
    paid = {}
    for side, book in books.items():
        some = amount(book, "effective")
        sums = placed(some.values["amount"], positions(rows, some, contract), len(rows))
        paid[side] = sums.astype(np.float64)
    moved = (paid["old"] > 0) & (paid["new"] > 0)
    ratio = np.where(moved, paid["new"], 1) / np.where(moved, paid["old"], 1)
    factor = np.round(ratio ** float(elasticity), 6)[..., positions(rows, usage, contract)]
    quantity = usage.values["quantity"]
    scaled = to_exact(quantity) * to_exact(factor) if exact else quantity * factor
    return Usage(usage.keys, {**usage.values, "quantity": scaled})
