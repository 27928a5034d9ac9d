"""Simulate: a model in ten thousand worlds, block by block, and what they say together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.core.design import Plan, design, grid, one_at_a_time, whole_draws
from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.core.summary import Asked, Gathered, Summary, gather, summary
from pertoken.scenario.drawn_worlds import dimensions, drawn, together, together_each
from pertoken.scenario.model import Model
from pertoken.scenario.run import prepared, row_of, run, total_of

BLOCK = 8_192
"""The most worlds of one replicate: what bounds the memory."""

FEW = 100
"""Fewer worlds come in one piece."""

CHUNK = 4_096
"""So many worlds are reckoned at once: whole replicates."""

KEPT = 1 << 16
"""The most worlds whose totals are kept for pictures."""

MARGIN = "gross_margin_share"
"""The result that `margin_above` is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """How worlds are drawn.

    Args:
        count: How many.
        kind: `lhs`, `sobol` or `random`; `grid` for every combination of as many levels of each input as `count`
            allows, `one_at_a_time` for each input at its P10 and its P90 while all others are at their median.
        seed: Same seed, same digits.
    """

    count: int = 10_000
    kind: str = "lhs"
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """What many worlds say.

    Args:
        model: The model.
        case: The case around which they lie.
        draws: How they were drawn.
        plan: In how many independent replicates, of how many worlds each.
        totals: Summary over all months, by row.
        months: Summary by month, by row that is by month.
        kept: Totals of each world by row, shape `(world,)`; of the first worlds where there are very many.
        held: Share of worlds in which each check of the modeller holds, in all months.
        above: A share of gross margin that was asked for, and in which shares of the worlds it is exceeded: over all
            months, and in each month with revenue; None where nobody asked.
    """

    model: Model
    case: str
    draws: Draws
    plan: Plan
    totals: Mapping[str, Summary]
    months: Mapping[str, Summary]
    kept: Mapping[str, Values]
    held: Mapping[str, float]
    above: tuple[float, float, float] | None = None


def simulate(
    model: Model,
    draws: Draws | None = None,
    *,
    case: str = "base",
    of: Sequence[str] = (),
    margin_above: float | None = None,
    watch: Callable[[int, int], None] | None = None,
) -> Simulated:
    """Draw worlds and reckon the model in all of them.

    Args:
        model: The model.
        draws: How worlds are drawn; 10,000 in a Latin hypercube if None.
        case: Case or scenario around which they lie.
        of: What is summarised; the headline if empty.
        margin_above: A share of gross margin; how likely it is above is then told.
        watch: Called with the worlds done and all of them, for a progress bar.
    """
    how = draws or Draws()
    wanted = tuple(of) or model.headline
    if margin_above is not None and MARGIN not in wanted:
        msg = f"{MARGIN} is no result here, so nothing can be above a share of it; expected a model with revenue"
        raise InputError(msg)
    plan = plan_of(model, how)
    ready = prepared(model, (*wanted, *model.checks))
    taken = _Taken(model, wanted, margin_above)
    for first in range(0, plan.replicates, at_once := max(1, CHUNK // plan.draws)):
        replicates = range(first, min(first + at_once, plan.replicates))
        shares = np.concatenate([shares_of(model, how, plan, replicate) for replicate in replicates])
        values = run(model, drawn(model, shares, case), ready=ready).values
        taken.take(values, len(shares), len(replicates))
        if watch is not None:
            watch((replicates[-1] + 1) * plan.draws, plan.replicates * plan.draws)
    count = plan.replicates * plan.draws
    totals = {name: summary(each) for name, each in taken.totals.items()}
    above = None
    if margin_above is not None:
        above = (margin_above, float(totals[MARGIN][f"above {margin_above:.15g}"]), taken.always / count)
    return Simulated(
        model=model,
        case=case,
        draws=how,
        plan=plan,
        totals=totals,
        months={name: summary(each) for name, each in taken.months.items()},
        kept={name: np.concatenate(each) for name, each in taken.kept.items()},
        held={name: held / count for name, held in taken.held.items()},
        above=above,
    )


class _Taken:
    """What worlds have come to so far; its size does not grow with their number."""

    def __init__(self, model: Model, wanted: Sequence[str], margin_above: float | None) -> None:
        self.rows = {name: row_of(model, name) for name in wanted}
        self.size, self.margin_above = len(model.months), margin_above
        self.totals = {name: Gathered(_asked(name, margin_above)) for name in wanted}
        self.months = {name: Gathered(_asked(name, None)) for name, row in self.rows.items() if row.by_month}
        self.kept: dict[str, list[Values]] = {name: [] for name in wanted}
        self.held = dict.fromkeys(model.checks, 0)
        self.count = self.always = 0

    def take(self, values: Mapping[str, Values], worlds: int, replicates: int) -> None:
        """Take in the worlds of some replicates."""
        for name, row in self.rows.items():
            total = np.broadcast_to(total_of(row, values), (worlds,))
            for block in np.split(total, replicates):
                self.totals[name] = gather(self.totals[name], block)
            if self.count < KEPT:
                self.kept[name].append(total)
            if name in self.months:
                for block in np.split(np.broadcast_to(values[name], (worlds, self.size)), replicates):
                    self.months[name] = gather(self.months[name], block)
        for name in self.held:
            self.held[name] += _in_all_months(values[name] > 0, worlds)
        if self.margin_above is not None:  # a month without revenue has no share
            self.always += _in_all_months(~(values[MARGIN] <= self.margin_above), worlds)
        self.count += worlds


def _in_all_months(holds: Values, worlds: int) -> int:
    """Count the worlds in which something holds in all months."""
    return int(np.broadcast_to(holds.all(axis=-1), (worlds,)).sum())


def _replicates(count: int) -> int:
    """Ten, so that errors can be told; more where one would be too large; one where worlds are few."""
    return max(10 if count >= FEW else 1, -(-count // BLOCK))


def plan_of(model: Model, how: Draws) -> Plan:
    """Tell in how many replicates worlds come; a design without chance comes in one.

    Raises:
        InputError: A grid of at least two levels has more worlds than are asked for.
    """
    names = dimensions(model)
    if how.kind not in FIXED:
        return whole_draws(how.kind, how.count, replicates=_replicates(how.count))
    if how.kind == "one_at_a_time":
        return Plan(1, 1 + 2 * len(names))
    return Plan(1, _levels(len(names), how.count) ** len(names))


FIXED = ("grid", "one_at_a_time")
"""Designs without chance."""


def _levels(names: int, count: int) -> int:
    """As many levels of each input as so many worlds allow."""
    levels = 1
    while names and (levels + 1) ** names <= count:
        levels += 1
    if names and levels == 1:
        msg = f"a grid of {names} uncertain inputs has {2**names:,} worlds at two levels each; {count:,} are asked for"
        raise InputError(f"{msg}; ask for more draws, or use lhs")
    return levels


def shares_of(model: Model, how: Draws, plan: Plan, replicate: int) -> Values:
    """Draw the shares of one replicate."""
    names = dimensions(model)
    if how.kind == "one_at_a_time":
        return one_at_a_time(names)
    if how.kind == "grid":
        levels = _levels(len(names), how.count)
        return together_each(model, grid(names, [(i + 0.5) / levels for i in range(levels)]))
    shares = design(names, draws=plan.draws, kind=how.kind, seed=how.seed, replicate=replicate)
    return together(model, shares)


HIGH_IS_BAD = frozenset(
    {
        "cost_of_revenue",
        "total_cost",
        "acquisition",
        "operating",
        "one_off",
        "burn",
        "cost_to_serve",
        "cac",
        "payback_months",
    }
)
"""Results of which the highest are the worst."""


def _asked(name: str, margin_above: float | None) -> Asked:
    above = (margin_above,) if margin_above is not None and name == MARGIN else ()
    return Asked(low_is_bad=name not in HIGH_IS_BAD, below=(0.0,), above=above)
