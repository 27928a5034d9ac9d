"""Promised: what contracts commit to, as the simulation settles it: what is due at the end of which month.

Terms are settled in whole months: a term that ends inside a month is settled with it.
"""

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.agreed import Agreed
from pertoken.forecast.kernel_people import Promises


def promised(agreed: Agreed, customers: int) -> Promises:
    """Write terms down for the customers that are simulated.

    Args:
        agreed: What contracts mean for the months; its first customers are those simulated.
        customers: How many are.
    """
    months, terms = len(agreed.months), agreed.terms
    who = [int(each) for each in np.unique(terms.customer) if each < customers]
    row = np.full(customers, -1, dtype=np.int64)
    due, opens, paid = np.zeros((len(who), months)), np.zeros((len(who), months), dtype=bool), np.zeros(len(who))
    for at, customer in enumerate(who):
        row[customer] = at
        own = np.flatnonzero(terms.customer == customer)
        own = own[np.argsort(terms.expires[own], kind="stable")]
        paid[at] = terms.drawn[own[0]]
        for term in own:
            here = np.flatnonzero(terms.share[term] > 0)
            if len(here) and (term != own[0] or terms.drawn[term] == 0):
                opens[at, here[0]] = True
            if terms.expires[term] < months:
                due[at, terms.expires[term]] += terms.committed[term]
    return Promises(row, due, opens, paid)


def outside(agreed: Agreed, customers: int) -> tuple[tuple[str, ...], Values]:
    """Say what those are committed to who have signed and are not simulated: all of it, at the end of each term.

    Returns:
        Their names, and what is due from all of them, shape `(month,)`. [currency]
    """
    due = np.zeros(len(agreed.months))
    for term in np.flatnonzero(agreed.terms.customer >= customers):
        if agreed.terms.expires[term] < len(due):
            due[agreed.terms.expires[term]] += agreed.terms.committed[term]
    return agreed.customers[customers:], due
