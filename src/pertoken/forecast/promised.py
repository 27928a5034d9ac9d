"""Promised: what contracts say of the customers that are simulated, as the simulation takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.agreed import Agreed, Terms
from pertoken.forecast.population import Forecastable
from pertoken.forecast.promises import Promises
from pertoken.forecast.renewals import stay_chance

NO_PLANS: Mapping[str, Sequence[int]] = {}
"""No card is a tariff."""


def promised(
    agreed: Agreed, model: Forecastable, there: int, *, plans: Mapping[str, Sequence[int]] = NO_PLANS
) -> Promises:
    """Write contracts down for the customers that are simulated.

    Args:
        agreed: What contracts mean for the months, of the same customers.
        model: The population and its laws: for the growth that a ramp has in it, and for how long customers stay.
        there: How many of the customers are in the log; the others have signed and used nothing yet.
        plans: Tariffs that each card is or is a part of, the one that a contract on it leads to first; a contract on
            another card changes nothing.
    """
    who = np.flatnonzero([bool(card) for card in agreed.cards])
    row = np.full(len(agreed.customers), -1, dtype=np.int64)
    row[who] = np.arange(len(who))
    made = Promises.of(row, tuple(agreed.customers[i] for i in who), len(agreed.months))
    for terms in (agreed.terms, agreed.renewed):
        settle(terms, made)
    later = np.arange(len(row)) >= there
    stated = agreed.renewal[who]
    whole = replace(
        made,
        lift=lifted(agreed, model.shared.growth[model.people.segment], later)[who],
        begins=np.where(later, agreed.begins, 0)[who],
        chance=np.stack([_chance(agreed, model, int(i)) for i in who]) if len(who) else made.chance,
        unsure=np.isnan(stated) & (agreed.length[who] > 0),
        plan=_plans(agreed, model, plans)[who],
    )
    return _telling(whole, (agreed.length[who] > 0) & (model.conversion is not None))


def _plans(agreed: Agreed, model: Forecastable, plans: Mapping[str, Sequence[int]]) -> NDArray[np.int64]:
    """Say which tariff contracts put their customers on, shape `(customer, month)`; -1 where that changes nothing.

    Whose own tariff has the card in it already stays on it, or goes back to it.
    """
    out = np.full((len(agreed.customers), len(agreed.months)), -1, dtype=np.int64)
    own = model.people.plan[: len(out)]
    for customer, month, card in agreed.changes:
        to = plans.get(card, (-1,))
        out[customer, month:] = own[customer] if own[customer] in to else to[0]
    return np.where(((out == -1) | (out == own[:, None])).all(axis=1, keepdims=True), -1, out)


def settle(terms: Terms, made: Promises) -> None:
    """Write down what is due when, and which share of each month's charges counts for which term, by its days.

    Terms that lie inside one month are settled together with the one that ends in it.

    Args:
        terms: Of contracts, by customer.
        made: Written.
    """
    months = made.due.shape[1]
    for term in np.lexsort((terms.expires, terms.customer)):
        at, last = made.row[terms.customer[term]], int(terms.expires[term])
        inside = np.flatnonzero(terms.share[term] > 0)
        made.paid[at] += terms.drawn[term]
        first = inside[:1]
        follows = first[(first != last) & (made.due[at, first] > 0)]  # another one ends in the month in which it begins
        made.later[at, follows] += terms.share[term, follows]
        rest = np.setdiff1d(inside, follows)
        made.counts[at, rest] += terms.share[term, rest]
        if last < months:
            made.due[at, last] += terms.committed[term]


def lifted(agreed: Agreed, growth: Values, later: NDArray[np.bool_]) -> Values:
    """Give the factor on the usage of each customer by its ramp; until it is over, growth is in it.

    Args:
        agreed: What contracts mean.
        growth: Expected log growth against the start, shape `(customer, month)`.
        later: Whether a customer has used nothing yet, shape `(customer,)`.
    """
    months = np.arange(growth.shape[1])
    factor = np.where(later[:, None], agreed.ramp, agreed.growing)
    moves = later | (factor != 1).any(axis=1)
    rising = np.where((agreed.ramp < 1) & moves[:, None], months, -1).max(axis=1)
    until = np.maximum(rising, np.where(later, np.minimum(agreed.begins, months[-1]), -1))
    inside = np.take_along_axis(growth, np.clip(np.minimum(until[:, None], months), 0, None), axis=1)
    made: Values = factor * np.exp(-np.where(until[:, None] >= 0, inside, 0.0))
    return made


def _chance(agreed: Agreed, model: Forecastable, customer: int) -> Values:
    """Chance that a customer goes on into each month; what its segment does, where nobody said."""
    people, chance = model.people, np.ones(len(agreed.months))
    law, length, stated = model.laws[int(people.segment[customer])], agreed.length[customer], agreed.renewal[customer]
    for month in np.flatnonzero(agreed.expiries[customer]):
        begun = max(int(people.age[customer] + month - length), 0)
        by_law = stay_chance(np.asarray(law.leave, dtype=float), begun, float(length))
        chance[month] = by_law if np.isnan(stated) else stated
    return chance


def _telling(made: Promises, holds: NDArray[np.bool_]) -> Promises:
    """Leave contracts out that change nothing in these months, and hold nobody on a plan that they might change."""
    tells = (made.due > 0).any(axis=1) | (made.lift != 1).any(axis=1) | (made.chance < 1).any(axis=1)
    kept = np.flatnonzero(tells | holds | (made.begins > 0) | (made.plan >= 0).any(axis=1))
    place = np.full(len(made) + 1, -1, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    some = {each.name: getattr(made, each.name)[kept] for each in fields(made) if each.name not in ("row", "names")}
    return Promises(row=place[made.row], names=tuple(made.names[i] for i in kept), **some)
