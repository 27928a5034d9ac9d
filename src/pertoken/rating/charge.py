"""Charge: the usage that a claim takes becomes lines at list price."""

from decimal import Decimal

import numpy as np

from pertoken.core.lines import Lines, Usage
from pertoken.core.money import Values, array, settle, zeros
from pertoken.rating.assign import Claim, Combos
from pertoken.rating.card import Card, Charge, Measure
from pertoken.rating.curve import NormalForm, convert, evaluate, normal_form, per_unit
from pertoken.rating.part import Part, Taken, gathered, number, window_key


def charged(usage: Usage, claim: Claim, combos: Combos, contracts: Lines, tokens: Taken, *, exact: bool) -> Part:
    """Price what a claim takes.

    Args:
        usage: All usage.
        claim: Which of it, and at what price.
        combos: Combinations of the usage's labels.
        contracts: Each contract and window, for fees.
        tokens: The usage that stands behind fees.
        exact: Decimals or floats.
    """
    if claim.charge is not None and claim.charge.measure is None:
        lines = _fee(claim.card, claim.charge, contracts, exact=exact)
        return Part.of(lines, claim.name, f"prices.{claim.name}", "list", tokens)
    mask = combos.lines([weight is not None for weight in claim.weight])
    of_line = combos.of_line if mask is None else combos.of_line[mask]
    taken = Taken(usage if mask is None else usage.pick(mask), _weights(claim, of_line))
    if claim.charge is None:
        prices = array([r.unit_price if r is not None else Decimal(0) for r in claim.rates], exact=exact)
        quantity = number(taken.usage.values["quantity"], exact=exact)
        money = settle(quantity * prices[of_line], prices)
        lines = Lines(taken.usage.keys, {"quantity": quantity, "amount": money})
        return Part.of(lines, claim.name, claim.name, "list", taken)
    lines = _measured(taken, claim.card, claim.charge, exact=exact)
    return Part.of(lines, claim.name, f"prices.{claim.name}", "list", taken)


def _weights(claim: Claim, of_line: Values) -> Values | None:
    if all(weight in (None, 1) for weight in claim.weight):
        return None
    table = array([weight if weight is not None else Decimal(0) for weight in claim.weight], exact=True)
    weights: Values = table[of_line]
    return weights


def _fee(card: Card, charge: Charge, contracts: Lines, *, exact: bool) -> Lines:
    keys = {name: contracts.keys[name] for name in card.scope}
    keys[charge.window] = window_key(contracts, charge.window, card)
    found = gathered(keys, len(contracts), {"quantity": contracts.values["quantity"]})
    one = zeros(found.values["quantity"].shape, exact=exact) + 1
    return Lines(found.keys, {"quantity": one, "amount": evaluate(normal_form(charge.curve), one)})


def _measured(taken: Taken, card: Card, charge: Charge, *, exact: bool) -> Lines:
    measure, form = charge.measure, normal_form(charge.curve)
    assert measure is not None  # noqa: S101  see the caller
    whole = bool(charge.convert.round or charge.convert.free)
    if form.additive and not whole:
        quantity = number(taken.quantity(exact=exact), exact=exact)
        return Lines(taken.usage.keys, {"quantity": quantity, "amount": _price(form, charge, quantity)})
    counted = _counted(taken, card, measure, exact=exact)
    quantity = number(counted.values["quantity"], exact=exact)
    money = settle(evaluate(form, convert(quantity, charge.convert))) if whole else _price(form, charge, quantity)
    meter = counted.keys.get("meter", measure.sum)
    return Lines(counted.keys, {"quantity": quantity, "amount": money}).with_keys(meter=meter)


def _counted(taken: Taken, card: Card, measure: Measure, *, exact: bool) -> Lines:
    """Count for each contract, window and `by`."""
    keys = {name: taken.usage.key(name) for name in (*card.scope, *measure.by)}
    keys[measure.window] = window_key(taken.usage, measure.window, card)
    return gathered(keys, len(taken.usage), {"quantity": taken.quantity(exact=exact)})


def _price(form: NormalForm, charge: Charge, quantity: Values) -> Values:
    return evaluate(per_unit(form, charge.convert.per), np.asarray(quantity))
