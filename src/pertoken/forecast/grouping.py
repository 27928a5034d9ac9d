"""Groups: where results are added up: by named customer, segment, plan and cohort."""

from collections.abc import Mapping

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.period import begins
from pertoken.forecast.panel import Indices, Panel
from pertoken.forecast.population import Codes

COHORTS = 4
"""Months of arrival at most that are told apart; who came before them is one cohort."""

COMING = "to come"
"""Cohort of those who are not there yet."""

OTHERS = ""
"""Label of the customers who are not named."""


def grouped(panel: Panel, segment: Key, plan: Key, named: Indices) -> tuple[Mapping[str, Key], Codes, list[Codes]]:
    """Where results are added up: each named customer; the others, and those to come, by segment and plan.

    Args:
        panel: The customers.
        segment: Of each.
        plan: Of each.
        named: Rows of those who are named.

    Returns:
        Keys of the groups, the group of each customer, and for each segment the group of its newcomers.
    """
    rows: list[tuple[str, str, str, str]] = []
    place: dict[tuple[str, str, str, str], int] = {}

    def at(row: tuple[str, str, str, str]) -> int:
        if row not in place:
            place[row] = len(rows)
            rows.append(row)
        return place[row]

    names = set(named.tolist())
    cohort = cohorts(panel)
    group = [
        at((panel.customers[i] if i in names else OTHERS, segment.labels[segment.codes[i]],
            plan.labels[plan.codes[i]], cohort[i]))
        for i in range(len(panel))
    ]  # fmt: skip
    coming = [
        np.array([at((OTHERS, label, plan.labels[usual(segment, plan, code)], COMING))], dtype=np.int32)
        for code, label in enumerate(segment.labels)
    ]
    keys = {name: Key.of([row[i] for row in rows]) for i, name in enumerate(("customer", "segment", "plan", "cohort"))}
    return keys, np.array(group, dtype=np.int32), coming


def cohorts(panel: Panel) -> list[str]:
    """Name the month in which each customer came; who came before the last months that are told apart is one cohort.

    Whoever used something in the first month of a history may have done so before it began.

    >>> from pertoken.forecast.panel import panel_of_rows
    >>> days = ["2026-01-05", "2026-02-07", "2026-03-01", "2026-04-30", "2026-05-01", "2026-05-02"]
    >>> cohorts(panel_of_rows("abcdef", days, [1.0] * 6))
    ['before 2026-02', '2026-02', '2026-03', '2026-04', '2026-05', '2026-05']
    >>> cohorts(panel_of_rows("ab", days[:2], [1.0] * 2))
    ['2026-01 or before', '2026-02']
    """
    every = begins(panel.periods).astype("datetime64[M]")
    month = every[panel.since]
    apart = np.unique(month)[-COHORTS:]
    label = {each: str(each) for each in apart} | {every[0]: f"{every[0]} or before"}
    return [label[each] if each in apart else f"before {apart[0]}" for each in month]


def usual(segment: Key, plan: Key, code: int) -> int:
    """The plan of most customers of a segment."""
    own = plan.codes[segment.codes == code]
    return int(np.bincount(own, minlength=1).argmax()) if len(own) else 0
