"""Tiers: where results are added up once customers change their plan: under the one that they are on in each month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.keys import Key
from pertoken.forecast.panel import Indices
from pertoken.forecast.population import Forecastable
from pertoken.forecast.promises import Promises

PLAN = "plan"
"""The key of the groups that says which plan a customer is on."""

NOWHERE = -1
"""In the place of a group: nobody gets there."""


@dataclass(frozen=True, slots=True, eq=False)
class Tiers:
    """Groups, and where customers of each are added up by the plan that they are on.

    Args:
        groups: Keys of the groups, each `(group,)`: those of the model, then those that customers change to.
        place: Where customers of a model's group are added up on each plan, shape `(group of the model, plan)`; one
            column where the plan makes no difference; `NOWHERE` for a plan that none of them gets to.
    """

    groups: Mapping[str, Key]
    place: Indices

    def __len__(self) -> int:
        """Count the groups."""
        return len(next(iter(self.groups.values())))

    def of(self, group: Any, plan: Any) -> NDArray[Any]:  # noqa: ANN401  a number, or an array of them
        """Say where customers are added up.

        Args:
            group: Of the model.
            plan: That they are on.
        """
        found: NDArray[Any] = self.place[group, plan if self.place.shape[1] > 1 else 0]
        return found


def tiers(model: Forecastable, plans: Sequence[str], promises: Promises) -> Tiers:
    """Add a group for each plan that customers of a group can change to; all else that the group is stays.

    Args:
        model: The population and its laws.
        plans: Names of the tariffs, in their order.
        promises: Contracts, which may change the plan too.
    """
    own, signed = len(next(iter(model.groups.values()))), promises.plan >= 0
    if PLAN not in model.groups or not (model.conversion is not None or signed.any()):
        return Tiers(dict(model.groups), np.arange(own)[:, None])
    there = _there(model, own, len(plans))
    if model.conversion is not None:
        there = there @ _leads(model.conversion.chance > 0)
    who = np.flatnonzero(promises.row >= 0)
    at, month = np.nonzero(signed[promises.row[who]])
    there[model.people.group[who[at]], promises.plan[promises.row[who[at]], month]] = True
    names = list(model.groups)
    rows = list(zip(*(model.groups[name].column() for name in names), strict=True))
    known = {row: i for i, row in enumerate(rows)}
    place = np.full((own, len(plans)), NOWHERE, dtype=np.int64)
    for group, plan in np.argwhere(there).tolist():
        row = tuple(plans[plan] if name == PLAN else each for name, each in zip(names, rows[group], strict=True))
        place[group, plan] = known.setdefault(row, len(known))
    return Tiers({name: Key.of([row[i] for row in known]) for i, name in enumerate(names)}, place)


def _there(model: Forecastable, groups: int, plans: int) -> NDArray[np.bool_]:
    """Whether customers of each group begin on a plan, shape `(group, plan)`."""
    begin = np.zeros((groups, plans), dtype=bool)
    begin[model.people.group, model.people.plan] = True
    for law in model.laws:
        begin[law.groups, law.plan] = True
    return begin


def _leads(step: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Whether one plan leads to another by any number of changes, shape `(plan, plan)`.

    >>> _leads(np.array([[0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)).astype(int).tolist()
    [[1, 1, 1], [0, 1, 1], [0, 0, 1]]
    """
    leads = step | np.eye(len(step), dtype=bool)
    for _ in range(len(step)):
        leads = leads @ leads
    return leads
