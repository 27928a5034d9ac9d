"""Compare: two models, or two cases of one, in the same worlds; and what each changed input does."""

from collections.abc import Sequence

import numpy as np

from pertoken.core.design import whole_draws
from pertoken.core.money import Values
from pertoken.scenario.answer import Changed, Compared
from pertoken.scenario.drawn_worlds import drawn
from pertoken.scenario.model import Model
from pertoken.scenario.run import ALIASES, row_of, run, total_of
from pertoken.scenario.simulate import Draws, shares_of
from pertoken.scenario.waterfall import shapley
from pertoken.scenario.worlds import named, of_inputs, value_in

Side = tuple[str, Model, str]
"""What one side is called, its model, and its case."""


def compared(one: Side, two: Side, *, of: str = "operating_result", draws: Draws | None = None) -> Compared:
    """Compare two models or cases.

    Args:
        one: The first side.
        two: The second.
        of: The row that changes of inputs are told for.
        draws: Common worlds: what both leave uncertain is drawn alike. None for named cases alone.
    """
    of = ALIASES.get(of, of)
    for _, model, _ in (one, two):
        row_of(model, of)
    outcomes = (run(one[1], named(one[1], one[2])), run(two[1], named(two[1], two[2])))
    rows = tuple(name for name in one[1].headline if name in two[1].headline)
    changed = _changed(one, two)
    steps = _steps(one, two, changed, of) if one[1] is two[1] else ()
    differences = _differences(one, two, rows, draws) if draws is not None else {}
    return Compared((one[0], two[0]), outcomes, changed, rows, differences, steps, of)


def _changed(one: Side, two: Side) -> tuple[Changed, ...]:
    left, right = _values(one), _values(two)
    out = []
    for name in dict.fromkeys([*left, *right]):
        before, after = left.get(name), right.get(name)
        if before != after:
            model = two[1] if name in two[1].inputs else one[1]
            out.append(Changed(name, before, after, model.inputs[name].unit))
    return tuple(out)


def _values(side: Side) -> dict[str, float]:
    _, model, case = side
    return {name: value_in(said, case, model) for name, said in model.inputs.items()}


def _steps(one: Side, two: Side, changed: Sequence[Changed], of: str) -> tuple[tuple[str, float], ...]:
    """Share the difference out to the inputs that changed, whatever the order in which they change."""
    del two
    if not changed:
        return ()
    _, model, case = one

    def evaluate(on: Values) -> Values:
        values = {each.name: _either(on[:, i], each) for i, each in enumerate(changed)}
        return np.broadcast_to(
            total_of(row_of(model, of), run(model, of_inputs(model, values, case)).values), (len(on),)
        )

    found = shapley(evaluate, [each.name for each in changed]).effects
    return tuple(sorted(((n, float(v)) for n, v in found.items()), key=lambda each: (-abs(each[1]), each[0])))


def _either(on: Values, each: Changed) -> Values:
    """The value after where a change is made, else the one before; both sides of one model have every input."""
    before, after = (float(x) if x is not None else np.nan for x in (each.before, each.after))
    return np.where(on, after, before)


def _differences(one: Side, two: Side, rows: Sequence[str], draws: Draws) -> dict[str, Values]:
    plan = whole_draws(draws.kind, draws.count, max(1, -(-draws.count // 4_096)))
    out: dict[str, list[Values]] = {name: [] for name in rows}
    for replicate in range(plan.replicates):
        found = []
        for _, model, case in (one, two):
            found.append((model, run(model, drawn(model, shares_of(model, draws, plan, replicate), case)).values))
        for name in rows:
            left, right = (np.broadcast_to(total_of(row_of(m, name), values), (plan.draws,)) for m, values in found)
            out[name].append(right - left)
    return {name: np.concatenate(parts) for name, parts in out.items()}
