"""Sweep: many candidate cards over one history. What is counted is counted once, and only the curves are tried out."""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pertoken.books.allocate import UNALLOCATED
from pertoken.books.contract import PLAIN, Cards, Terms, everybody, ledger, placed, positions
from pertoken.core.lines import Key, Lines, Usage
from pertoken.core.money import TIE, array, round_half_up
from pertoken.rating.card import Card, Charge, Convert, Curve, Tier
from pertoken.rating.curve import NormalForm, convert, normal_form, per_unit
from pertoken.rating.during import During
from pertoken.rating.rate import amount, rate

Floats = NDArray[np.float64]

COUNTER = Curve(tiers=(Tier(flat=Decimal(1)),), flat_on_zero=True)
"""A curve that says 1 for whatever is counted."""
INVOICE = "month"
"""Windows that are an invoice line of their own; longer ones are billed as they go."""


@dataclass(frozen=True, slots=True, eq=False)
class Charged:
    """What each contract is charged under one candidate.

    Args:
        effective: Accrual, shape `(*batch, contract)`. [currency]
        billed: Cash, of the same shape. [currency]
    """

    effective: Floats
    billed: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Counted:
    """What a measure counts for each contract, window and `by`, from small to large.

    Args:
        quantity: How much, rising, shape `(line,)`. [unit of the measure]
        owner: Whose, as an index into the contracts, shape `(line,)`.
    """

    quantity: Floats
    owner: NDArray[np.intp]


def contracts(usage: Usage, names: tuple[str, ...], terms: Terms = PLAIN) -> Lines:
    """One line for each contract of the usage or stated, and one for what belongs to nobody."""
    stated = [dict(each.labels) for each in terms.get("contracts", ()) if set(names) <= set(each.labels)]
    more = [*stated, dict.fromkeys(names, UNALLOCATED)]
    return everybody([usage, Lines({name: Key.of(each[name] for each in more) for name in names}, {})], names)


def nobody(rows: Lines) -> int:
    """Where what belongs to nobody stands among the contracts."""
    found = np.ones(len(rows), dtype=bool)
    for key in rows.keys.values():
        found &= key.codes == key.labels.index(UNALLOCATED)
    return int(np.flatnonzero(found)[0])


def sweep(usage: Usage, candidates: Iterable[Cards], rows: Lines, terms: Terms = PLAIN) -> Iterator[Charged]:
    """Charge each contract under many candidates, in floats; one candidate is held at a time.

    Where a card has charges and fees only, its counted quantities are made once for each distinct measure. Discounts,
    limits, pools, phases, tables of rates and windows that are not an invoice line of their own are rated in full.

    Args:
        usage: Quantities of leaf meters. [unit of the meter], shape `(*batch, line)`
        candidates: The cards of each candidate.
        rows: The contracts (see `contracts`).
        terms: What rating is told of time: `contracts`, `span`, `timezone`.

    Raises:
        UnpricedUsage: Usage that a candidate does not price.
    """
    counted: dict[Hashable, Counted] = {}
    known: set[Hashable] = set()
    flat = usage.values["quantity"].ndim == 1
    for cards in candidates:
        if not (flat and all(_plain(card, rows) for card in cards)):
            yield _rated(usage, cards, rows, terms)
            continue
        if (shape := structure(cards)) not in known:
            ledger(usage, cards[0].name, cards, (), exact=False, terms=terms)  # refuses what must be refused, once
            known.add(shape)
        money = np.zeros(len(rows))
        for card in cards:
            for charge in card.prices.values():
                key = (card.scope, card.where, tuple(card.bands.items()), charge.measure, charge.window)
                if key not in counted:
                    counted[key] = _counted(usage, card, charge, rows, terms)
                money += _money(counted[key], card, charge, len(rows))
        yield Charged(money, money)


def structure(cards: Cards) -> Hashable:
    """What of some cards decides who prices what; cards that differ in rates only have one structure."""
    return tuple(
        (
            *(card.name, card.where, card.scope, tuple(card.bands.items())),
            tuple((name, each.measure, each.surcharge) for name, each in card.prices.items()),
            tuple((rate.model, rate.provider, rate.meter) for rate in card.rates),
        )
        for card in cards
    )


def _plain(card: Card, rows: Lines) -> bool:
    """Tell whether a card is charges and fees only, each of them a curve over what is counted for a contract."""
    bare = not (card.rates or card.adjust or card.clamps or card.pools) and _always(card.during)
    return bare and set(rows.keys) <= set(card.scope) and all(_simple(charge, card) for charge in card.prices.values())


def _always(during: During) -> bool:
    return replace(during, every=None, line=0) == During()


def _simple(charge: Charge, card: Card) -> bool:
    curve, counts = charge.curve, charge.measure is None or not charge.measure.of
    if curve is None or not counts or not _always(charge.during):
        return False
    window = charge.window == INVOICE or (card.rounding is None and charge.window in ("hour", "day"))
    return bool(curve.tiers) and not curve.select and window


def _counted(usage: Usage, card: Card, charge: Charge, rows: Lines, terms: Terms) -> Counted:
    """Count by rating a card that says 1 for whatever is counted."""
    probe = replace(charge, curve=COUNTER, convert=Convert(), surcharge=False)
    counter = replace(card, prices={"counted": probe}, rounding=None)
    lines = rate(usage, counter, exact=False, unpriced="keep", **terms).ledger
    quantity = lines.values["quantity"]
    order = np.argsort(quantity, kind="stable")
    return Counted(quantity[order], positions(rows, lines, tuple(rows.keys), other=nobody(rows))[order])


def _money(counted: Counted, card: Card, charge: Charge, size: int) -> Floats:
    """Charge what was counted and sum it for each contract."""
    assert charge.curve is not None  # noqa: S101  see `_simple`
    form, quantity = normal_form(charge.curve), counted.quantity
    if charge.convert.whole:
        quantity = convert(quantity, charge.convert)
    elif charge.measure is not None:
        form = per_unit(form, charge.convert.per, charge.convert.times)
    money = climb(form, quantity)
    if card.rounding is not None:
        money = round_half_up(money, card.rounding)
    sums = np.zeros(size)
    sums += np.bincount(counted.owner, weights=money, minlength=size)
    return sums


def climb(form: NormalForm, rising: Floats) -> Floats:
    """Charge quantities that rise: each tier is a stretch of them, so that nothing is looked up one by one.

    >>> climb(NormalForm((Decimal(2),), (Decimal(0), Decimal(1)), (Decimal(3), Decimal(2)), (0, 0)),
    ...       np.array([1.0, 2.0, 4.0])).tolist()
    [3.0, 6.0, 9.0]
    """
    a, b = array(form.a, exact=False), array(form.b, exact=False)
    ends = np.searchsorted(rising, array(form.up_to, exact=False) * TIE, side="right").tolist()
    money = np.empty(len(rising))
    for tier, (begin, end) in enumerate(pairwise([0, *ends, len(rising)])):
        np.multiply(rising[begin:end], b[tier], out=money[begin:end])
        if a[tier]:
            money[begin:end] += a[tier]
    return money


def _rated(usage: Usage, cards: Cards, rows: Lines, terms: Terms) -> Charged:
    """Rate a candidate in full."""
    names = tuple(rows.keys)
    book, _ = ledger(usage, cards[0].name, cards, names, exact=False, terms=terms)
    out = []
    for kind in ("effective", "billed"):
        some = amount(book, kind)
        out.append(placed(some.values["amount"], positions(rows, some, names, other=nobody(rows)), len(rows)))
    return Charged(*out)
