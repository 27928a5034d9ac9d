"""Rate: usage and cards become a ledger. Each stage adds lines; none is ever edited.

The order is the invoice's: what was used is charged, each line is rounded to the cent, then discounts and limits follow
in the order that the card says, each with its own rounding, each reckoned on the rounded lines before it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pertoken.catalog.prices import STANDARD
from pertoken.core import period
from pertoken.core.errors import CardError, Fault, InputError, UnpricedUsage, nearest
from pertoken.core.expression import condition
from pertoken.core.lines import Key, Ledger, Lines, Usage, concat, group
from pertoken.core.money import Values, array, round_half_up, to_exact, zeros
from pertoken.rating.assign import RATES, Assignment, Claim, Combos, assign, combos, holds
from pertoken.rating.card import Adjust, Card, Charge
from pertoken.rating.curve import convert, evaluate, normal_form, per_unit
from pertoken.usage.question import above_key

STAGES: dict[str, frozenset[str]] = {
    "list": frozenset({"list", "contracted", "effective", "billed"}),
    "discount": frozenset({"contracted", "effective", "billed"}),
    "minimum": frozenset({"contracted", "effective", "billed"}),
    "maximum": frozenset({"contracted", "effective", "billed"}),
    "rounding": frozenset({"effective", "billed"}),
}
"""Which of the four amounts of the FOCUS standard each stage of the ledger belongs to."""

AMOUNTS = ("list", "contracted", "effective", "billed")


@dataclass(frozen=True, slots=True, eq=False)
class Rated:
    """What rating gives.

    Args:
        ledger: Priced lines, stage by stage.
        unpriced: Billable usage that no card prices; empty unless it was to be set aside.
    """

    ledger: Ledger
    unpriced: Usage


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
    who = assign(usage, book)
    aside = _aside(usage, who, strict=unpriced == "raise")
    made = [part for i, card in enumerate(book) for part in _rate_card(usage, card, i, who, exact=exact)]
    return Rated(concat(Ledger, made), aside)


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
    by = [name for name in ("provider", "model", "meter", "batch", "service_tier") if name in lines.keys]
    faults = []
    quantity = lines.values["quantity"]
    typical = quantity if quantity.ndim == 1 else quantity.reshape(-1, len(lines)).mean(axis=0)
    for row in Lines(lines.keys, {"quantity": typical}).fold(by).records():
        about = " ".join(row[name] for name in by if name in ("provider", "model") and row[name])
        special = [n for n in ("batch", "service_tier") if row.get(n) not in (None, "", "false", STANDARD)]
        extra = ", ".join(f"{n}={row[n]}" for n in special)
        found = (
            f"no price for {row['quantity']} {row['meter']} of {about or 'all models'}{f' ({extra})' if extra else ''}"
        )
        faults.append(Fault("", found))
    error = UnpricedUsage.of(faults, most=8)
    mend = "Price it on a card (at 0 if it is given away), or set it aside with --unpriced report (unpriced='keep')."
    return UnpricedUsage(f"{error}\n{mend}", error.faults)


def _rate_card(usage: Usage, card: Card, index: int, who: Assignment, *, exact: bool) -> list[Lines]:
    contracts = _contracts(usage, card, who.combos.lines(who.member[index]))
    parts: list[Lines] = []
    for claim in who.claims:
        if claim.card is card:
            parts += _round(_charge(usage, claim, who.combos, contracts, exact=exact), card)
    for step in card.order or _usual_order(card):
        parts += STEPS[step](card, parts, contracts)
    empty = contracts.pick(np.zeros(len(contracts), dtype=bool)).with_keys(charge="", stage="list")
    return [part.with_keys(account=card.account, card=card.name) for part in parts or [empty]]


def _usual_order(card: Card) -> tuple[str, ...]:
    return (*(("discount",) if card.adjust else ()), *(("minimum", "maximum") if card.clamp else ()))


def _contracts(usage: Usage, card: Card, mask: NDArray[np.bool_] | None) -> Lines:
    """List each contract and window that the card meets, with nothing charged yet; none if nothing is due by window."""
    own = usage if mask is None else usage.pick(mask)
    windows: set[str] = {charge.window for charge in card.prices.values() if charge.measure is None}
    windows |= {card.clamp.window} if card.clamp else set()
    window = period.finest(windows) or "month"
    grain = _window_key(own, window, card) if windows else None
    keys = {name: own.key(name) for name in card.scope} | ({window: grain} if grain else {})
    found = group(list(keys.values()), len(own) if windows else 0)
    made = {name: Key(key.codes[found.first], key.labels) for name, key in keys.items()}
    blank = np.zeros((*own.values["quantity"].shape[:-1], len(found.starts)))
    return Lines(made, {"quantity": blank, "amount": blank})


def _window_key(lines: Lines, window: str, card: Card) -> Key:
    try:
        return lines.period(window)
    except InputError as error:
        msg = f"card {card.name!r} counts by {window}: {error}"
        raise CardError(msg) from error


def _charge(usage: Usage, claim: Claim, combos: Combos, contracts: Lines, *, exact: bool) -> Lines:
    if claim.name == RATES and claim.charge is None:
        return _by_rates(usage, claim, combos, exact=exact).with_keys(charge=RATES, stage="list")
    charge = claim.charge
    assert charge is not None  # noqa: S101  only the table of rates has none
    if charge.measure is None:
        return _fee(claim, charge, contracts, exact=exact).with_keys(charge=claim.name, stage="list")
    taken, weights = _taken(usage, claim, combos)
    form = normal_form(charge.curve)
    plain = not charge.convert.round and not charge.convert.free
    if plain and form.additive:
        return _additive(taken, weights, claim, exact=exact).with_keys(charge=claim.name, stage="list")
    return _cumulative(taken, weights, claim, exact=exact).with_keys(
        charge=claim.name, stage="list", meter=charge.measure.sum
    )


def _taken(usage: Usage, claim: Claim, combos: Combos) -> tuple[Usage, NDArray[Any] | None]:
    """Pick the usage of a claim, and the weight of each line unless all weigh 1."""
    mask = combos.lines([w is not None for w in claim.weight])
    taken = usage if mask is None else usage.pick(mask)
    if all(w in (None, 1) for w in claim.weight):
        return taken, None
    table = array([w if w is not None else Decimal(0) for w in claim.weight], exact=True)
    of_line = combos.of_line if mask is None else combos.of_line[mask]
    return taken, table[of_line]


def _number(values: Values, *, exact: bool) -> Values:
    return to_exact(values) if exact else np.asarray(values, dtype=np.float64)


def _weighed(quantity: Values, weights: NDArray[Any] | None, *, exact: bool) -> Values:
    if weights is None:
        return to_exact(quantity) if exact and quantity.dtype.kind == "f" else quantity
    weighed: Values = _number(quantity, exact=exact) * (weights if exact else weights.astype(np.float64))
    return weighed


def _by_rates(usage: Usage, claim: Claim, combos: Combos, *, exact: bool) -> Lines:
    taken, _ = _taken(usage, claim, combos)
    mask = combos.lines([w is not None for w in claim.weight])
    of_line = combos.of_line if mask is None else combos.of_line[mask]
    prices = array([r.unit_price if r is not None else Decimal(0) for r in claim.rates], exact=exact)
    quantity = _number(taken.values["quantity"], exact=exact)
    return Lines(taken.keys, {"quantity": quantity, "amount": quantity * prices[of_line]})


def _fee(claim: Claim, charge: Charge, contracts: Lines, *, exact: bool) -> Lines:
    keys = {name: contracts.keys[name] for name in claim.card.scope}
    key = _window_key(contracts, charge.window, claim.card)
    found = group([*keys.values(), key], len(contracts))
    made = {n: Key(k.codes[found.first], k.labels) for n, k in {**keys, charge.window: key}.items()}
    one = zeros((*contracts.values["amount"].shape[:-1], len(found.starts)), exact=exact) + 1
    return Lines(made, {"quantity": one, "amount": evaluate(normal_form(charge.curve), one)})


def _additive(taken: Usage, weights: NDArray[Any] | None, claim: Claim, *, exact: bool) -> Lines:
    """Price each line where it stands: the sum of the parts is the price of the sum."""
    charge = claim.charge
    assert charge is not None  # noqa: S101  see the caller
    quantity = _number(_weighed(taken.values["quantity"], weights, exact=exact), exact=exact)
    form = per_unit(normal_form(charge.curve), charge.convert.per)
    return Lines(taken.keys, {"quantity": quantity, "amount": evaluate(form, quantity)})


def _cumulative(taken: Usage, weights: NDArray[Any] | None, claim: Claim, *, exact: bool) -> Lines:
    """Count for each contract, window and `by`, then price the count."""
    charge, card = claim.charge, claim.card
    assert charge is not None  # noqa: S101  see the caller
    assert charge.measure is not None  # noqa: S101  see the caller
    keys = {name: taken.key(name) for name in (*card.scope, *charge.measure.by)}
    keys[charge.measure.window] = _window_key(taken, charge.measure.window, card)
    found = group(list(keys.values()), len(taken))
    made = keys if found.alone else {n: Key(k.codes[found.first], k.labels) for n, k in keys.items()}
    quantity = found.sum(_weighed(taken.values["quantity"], weights, exact=exact))
    quantity = _number(quantity, exact=exact)
    plain = not charge.convert.round and not charge.convert.free
    form = normal_form(charge.curve)
    if plain:
        money = evaluate(per_unit(form, charge.convert.per), quantity)
    else:
        money = evaluate(form, convert(quantity, charge.convert))
    return Lines(made, {"quantity": quantity, "amount": money})


def _invoice_keys(lines: Lines, card: Card, name: str) -> dict[str, Key]:
    """The keys that make an invoice line: contract, period, charge, and what the charge keeps apart."""
    apart: tuple[str, ...] = ("model", "meter")
    if name in card.prices:
        measure = card.prices[name].measure
        apart = measure.by if measure else ()
    wanted = {*card.scope, *apart, "charge", "stage"}
    keys: dict[str, Key] = {}
    for each, key in lines.keys.items():
        grain = "month" if each in ("hour", "day") else each
        if each in period.GRAINS:
            keys[grain] = _window_key(lines, grain, card)
        elif each in wanted:
            keys[each] = key
    return keys


def _round(lines: Lines, card: Card) -> list[Lines]:
    """Round each invoice line half up, as a line of its own beside the exact amount."""
    if card.rounding is None or not len(lines):
        return [lines]
    charges = lines.keys["charge"].labels
    each = {name: lines if len(charges) == 1 else lines.where(charge=name) for name in charges}
    return [lines, *(_rest(some, _invoice_keys(some, card, name), card.rounding) for name, some in each.items())]


def _rest(lines: Lines, keys: Mapping[str, Key], places: int) -> Lines:
    found = group(list(keys.values()), len(lines))
    money = found.sum(lines.values["amount"])
    rest = round_half_up(money, places)
    rest -= money
    made = {n: k if found.alone else Key(k.codes[found.first], k.labels) for n, k in keys.items()}
    return _without_nothing(Lines(made, {"quantity": rest * 0, "amount": rest})).with_keys(stage="rounding")


def _without_nothing(lines: Lines) -> Lines:
    """Drop the lines that are zero in every world."""
    some = lines.values["amount"] != 0
    some = some.any(axis=tuple(range(some.ndim - 1)))
    return lines if some.all() else lines.pick(some)


def _discounts(card: Card, parts: list[Lines], contracts: Lines) -> list[Lines]:
    """Each discount is reckoned on what stands after the one before it."""
    del contracts
    made: list[Lines] = []
    for adjust in card.adjust:
        chosen = [_adjusted(lines, adjust, card) for lines in [*parts, *made]]
        off = [_off(lines, adjust) for lines in chosen if len(lines)]
        made += _round(concat(Lines, off), card) if off else []
    return made


def _adjusted(lines: Lines, adjust: Adjust, card: Card) -> Lines:
    mask = np.ones(len(lines), dtype=bool)
    if adjust.on:
        key = lines.key("charge")
        mask &= np.array([label in adjust.on for label in key.labels] or [False])[key.codes]
    if adjust.where:
        asked = condition(adjust.where)
        names = sorted(above_key(card.bands[n].of) if n in card.bands else n for n in asked.names)
        found = combos(lines.with_keys(**{n: "" for n in names if n not in lines.keys}), names)
        mask &= np.array([holds(asked, each, card.bands) for each in found.labels] or [False])[found.of_line]
    return lines if mask.all() else lines.pick(mask)


def _off(lines: Lines, adjust: Adjust) -> Lines:
    money = lines.values["amount"]
    factor: Any = adjust.percent / 100 if money.dtype == object else float(adjust.percent) / 100
    off = money * factor
    return Lines(lines.keys, {"quantity": off * 0, "amount": off}).with_keys(stage="discount")


def _limited(card: Card, parts: list[Lines], contracts: Lines, bound: Decimal, stage: str) -> list[Lines]:
    clamp = card.clamp
    assert clamp is not None  # noqa: S101  see the callers
    exact = any(p.values["amount"].dtype == object for p in parts)
    blank = zeros(contracts.values["amount"].shape, exact=exact)
    base = Lines(contracts.keys, {"quantity": blank, "amount": blank})
    by = [*card.scope, clamp.window]
    all_lines = [
        Lines({**{n: p.keys[n] for n in card.scope}, clamp.window: _window_key(p, clamp.window, card)}, p.values)
        for p in (base, *parts)
    ]
    total = concat(Lines, all_lines).fold(by)
    money = total.values["amount"]
    edge: Any = bound if exact else float(bound)
    gap = edge - money
    gap = np.where(gap > 0 if stage == "minimum" else gap < 0, gap, gap * 0)
    out = Lines(total.keys, {"quantity": gap * 0, "amount": gap})
    return [_without_nothing(out).with_keys(charge=stage, stage=stage)]


def _minimum(card: Card, parts: list[Lines], contracts: Lines) -> list[Lines]:
    if card.clamp is None or card.clamp.min is None:
        return []
    return _limited(card, parts, contracts, card.clamp.min, "minimum")


def _maximum(card: Card, parts: list[Lines], contracts: Lines) -> list[Lines]:
    if card.clamp is None or card.clamp.max is None:
        return []
    return _limited(card, parts, contracts, card.clamp.max, "maximum")


STEPS = {"discount": _discounts, "minimum": _minimum, "maximum": _maximum}
