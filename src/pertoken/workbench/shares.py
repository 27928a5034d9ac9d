"""Shares: who makes the revenue, as expected in a month at today's pace."""

import numpy as np

from pertoken.core.money import Values
from pertoken.workbench.preparing import Prepared

ROOM = 20_000
"""Draws x customers from which what each customer brings is told."""

KNOTS = 200
"""Usages of a segment at which cards that are rated line by line are asked what a month costs."""


def concentration(made: Prepared) -> dict[str, float]:
    """Expected charges of each customer in a month at today's pace, the most first; their usage without a card.

    Where cards are rated line by line, they are charged at list.
    """
    from pertoken.forecast.growth import DAYS  # noqa: PLC0415  the calculator must start fast

    people, month = made.fitted.of.people, made.fitted.predicted.samples * (DAYS / made.fitted.predicted.horizon)
    mean = month.mean(axis=0)
    if made.plans:
        some = np.asarray(month[: max(min(len(month), ROOM // month.shape[1]), 1)], dtype=float)
        mean = (_first_month if made.charging.books is None else _at_list)(made, some).mean(axis=0)
    order = np.argsort(-mean, kind="stable")
    return {people.names[i]: float(mean[i]) for i in order}


def _at_list(made: Prepared, driver: Values) -> Values:
    """Charge a first month at list by cards that are rated line by line, shape `(draw, customer)`."""
    people, money = made.fitted.of.people, np.zeros_like(driver)
    worth = made.charging.worth(made.fitted.of)
    for plan, segment in sorted(set(zip(people.plan.tolist(), people.segment.tolist(), strict=True))):
        mine = np.flatnonzero((people.plan == plan) & (people.segment == segment))
        mine = mine[mine < driver.shape[1]]
        if len(mine):
            used = np.quantile(driver[:, mine], np.linspace(0, 1, KNOTS))
            money[:, mine] = np.interp(driver[:, mine], used, worth(plan, segment, used, 0))
    return money


def _first_month(made: Prepared, driver: Values) -> Values:
    """Charge a first month, shape `(draw, customer)`."""
    from pertoken.forecast.tariff_bill import bill  # noqa: PLC0415  the calculator must start fast

    people, months, there = made.fitted.of.people, len(made.fitted.of.months), slice(driver.shape[1])
    whole = np.zeros((*driver.shape, months))
    whole[:, :, 0] = driver
    charged: Values = bill(made.tariffs, people.plan[there], people.mix[there], whole)[:, :, 0]
    return charged
