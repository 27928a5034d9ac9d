"""Signed: customers who have signed and used nothing yet, as rows of the population.

What they will use is planned, not seen: their level is where the plan is charged at list, with a printed doubt.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.core.special import normal_scores
from pertoken.forecast.agreed import FASTEST, Agreed
from pertoken.forecast.population import Forecastable, Population
from pertoken.forecast.tariff import Tariffs
from pertoken.forecast.tariff_bill import stages

Worth = Callable[[int, int, Values, int], Values]
"""Of a plan, a segment, usages and a month: what they are charged at list, shape `(level,)`. [currency]"""

SIGNED = "signed, not there yet"
"""Cohort of those who have a contract and are not in the log."""

LOWEST, HIGHEST, POINTS = 1e-6, 1e18, 480
"""Usage between which a level is looked for, and at how many points in each of two passes. [driver / month]"""


@dataclass(frozen=True, slots=True)
class SignedPrior:
    """What is believed of customers who have signed and used nothing yet.

    Args:
        spread: Standard deviation of the log of their level against the plan.
    """

    spread: float = 0.5


def joined(
    model: Forecastable, agreed: Agreed, on: tuple[Sequence[str], Sequence[int]], worth: Worth, prior: SignedPrior
) -> Forecastable:
    """Add those who have signed and are not among the customers yet.

    Args:
        model: The population and its laws.
        agreed: Contracts; its first customers are those of the model.
        on: Names of the plans, and which of them each who is added is on.
        worth: What usage is charged at list.
        prior: What is believed of them.
    """
    people, names = model.people, agreed.customers[len(model.people.names) :]
    if not names:
        return model
    plans, codes = on
    segment = [_segment(people, code) for code in codes]
    first = len(next(iter(model.groups.values())))
    rows = [
        _row(model, agreed, worth, (i, code, part), prior)
        for i, code, part in zip(count(len(people.names)), codes, segment, strict=False)
    ]
    about = {"segment": segment, "plan": codes, "group": range(first, first + len(names))}
    joined_rows = {
        name: np.concatenate([values := getattr(people, name), np.asarray(new, dtype=values.dtype)])
        for name, new in {**about, **_stacked(rows)}.items()
    }
    added = replace(people, names=(*people.names, *names), **joined_rows)
    return replace(model, people=added, groups=_groups(model, names, segment, [plans[code] for code in codes]))


def unplanned(model: Forecastable, agreed: Agreed, codes: Sequence[int], worth: Worth) -> tuple[str, ...]:
    """Name those who have signed, and of whose usage nothing is said that their plan would charge so much for.

    Args:
        model: Without them.
        agreed: Contracts; its first customers are those of the model.
        codes: Which plan each who is added is on.
        worth: What usage is charged at list.
    """
    first = len(model.people.names)
    segment = [_segment(model.people, code) for code in codes]
    each = zip(agreed.customers[first:], count(first), codes, segment, strict=False)
    return tuple(name for name, *who in each if _planned(model, agreed, worth, (who[0], who[1], who[2])) is None)


def headed(model: Forecastable, agreed: Agreed, said: Collection[str], worth: Worth) -> Agreed:
    """Let those who are in the middle of a ramp head for what was planned, the more so the less they have risen.

    Where the ramp ends is the geometric mean of the plan and of what usage so far would rise to; the plan counts for
    the part of the ramp that is still ahead.

    Args:
        model: The customers in the log, who are the first of the contracts'.
        agreed: Contracts.
        said: Customers of whom a plan is said.
        worth: What usage is charged at list.
    """
    people, heading = model.people, np.ones(len(agreed.customers))
    for i, now in enumerate(agreed.ramp_now[: len(people.names)]):
        if not (people.names[i] in said and 0 < now < 1):
            continue
        planned = _planned(model, agreed, worth, (i, int(people.plan[i]), int(people.segment[i])))
        present = float(np.interp(0.5, people.shares, people.level[i]))
        if planned is not None and present > 0:
            apart = planned / (present * min(1 / now, FASTEST))
            heading[i] = min(max(apart ** (1 - now), 1 / FASTEST), FASTEST)
    return replace(agreed, heading=heading)


def _planned(model: Forecastable, agreed: Agreed, worth: Worth, who: tuple[int, int, int]) -> float | None:
    """Find the usage that one customer's plan comes to; None where nothing is planned, or it is never charged."""
    i, plan, segment = who
    if np.isnan(agreed.planned[i]):
        return None
    month = min(int(agreed.begins[i]), len(model.months) - 1)
    return level_of(lambda usage: worth(plan, segment, usage, month), float(agreed.planned[i]))


def _segment(people: Population, plan: int) -> int:
    """The segment of most customers on a plan; of all, where nobody is on it."""
    own = people.segment[people.plan == plan]
    return int(np.bincount(own if len(own) else people.segment, minlength=1).argmax())


def _groups(model: Forecastable, names: Sequence[str], segment: Sequence[int], plans: Sequence[str]) -> dict[str, Key]:
    """A group of its own for each."""
    said = {"customer": list(names), "segment": [model.laws[code].name for code in segment], "plan": list(plans)}
    other = [SIGNED] * len(names)
    return {name: Key.of([*key.column(), *said.get(name, other)]) for name, key in model.groups.items()}


def _row(
    model: Forecastable, agreed: Agreed, worth: Worth, who: tuple[int, int, int], prior: SignedPrior
) -> dict[str, Values | float]:
    """One customer's row: its segment's mix and swings, around the plan; without one, as large as its newcomers."""
    law, planned = model.laws[who[2]], _planned(model, agreed, worth, who)
    shares = np.asarray(model.people.shares)
    level = law.sizes if planned is None else planned * np.exp(prior.spread * normal_scores(shares))
    return {
        "age": 0, "level": level, "noise": law.noise, "walk": law.walk, "idle": 0.0, "alive": 1.0, "mix": law.mix,
        "cost": law.cost, "bound": len(model.months),
    }  # fmt: skip


def _stacked(rows: Sequence[dict[str, Values | float]]) -> dict[str, Values]:
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def level_of(worth: Callable[[Values], Values], money: float) -> float | None:
    """Find the usage that is charged so much in a month, above what is due without any, before limits and pools.

    Args:
        worth: What usages are charged at list, shape `(level,)`.
        money: What the usage of a month is to be worth. [currency]

    Returns:
        The usage; None where the plan never charges so much for it. [driver / month]
    """
    low, high = LOWEST, HIGHEST
    for _ in range(2):
        grid = np.geomspace(low, high, POINTS)
        charged = worth(np.append(0.0, grid))
        reached = np.flatnonzero(charged[1:] - charged[0] >= money)
        if not len(reached) or money <= 0:
            return None
        at = max(int(reached[0]), 1)
        low, high = float(grid[at - 1]), float(grid[at])
        ends = charged[at : at + 2] - charged[0]
    return float(np.interp(money, ends, [low, high]))


def listed(tariffs: Tariffs, model: Forecastable, plan: int, segment: int, usage: Values, month: int) -> Values:  # noqa: PLR0917  see `Worth`
    """Charge usages of a month at list, with discounts, shape `(level,)`.

    Args:
        tariffs: The plans.
        model: The laws of its segments say what is used.
        plan: Which plan.
        segment: Which segment.
        usage: Shape `(level,)`. [driver / month]
        month: Which month's prices.
    """
    driver = np.zeros((len(usage), 1, len(tariffs.months)))
    driver[:, 0, month] = usage
    made = stages(tariffs, plan, model.laws[segment].mix[None], driver)
    worth: Values = made["list"][:, 0, month] + (made["discount"][:, 0, month] if "discount" in made else 0.0)
    return worth
