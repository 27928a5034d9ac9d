"""Swing: what a result depends on, one input at a time and all together."""

from collections.abc import Callable, Mapping

import numpy as np

from pertoken.core.money import Values
from pertoken.scenario.answer import Sensitive
from pertoken.scenario.drawn_worlds import dimensions, drawn, moved, together_each
from pertoken.scenario.indices import Index, Swing, sobol_indices, tornado
from pertoken.scenario.model import Model
from pertoken.scenario.run import row_of, run, total_of
from pertoken.scenario.spec import Assumption
from pertoken.scenario.worlds import named, spread_over, value_in

ENDS = (0.1, 0.9)
"""Between which quantiles of its range an input is moved."""

CHUNK = 4_096
"""The most worlds that are reckoned at once."""

DUST = 1e-12
"""What is left of a zero by rounding, by the width of the range."""


def sensitive(model: Model, of: str, *, case: str = "base", draws: int = 0, seed: int = 1) -> Sensitive:
    """Tell what a result depends on.

    Args:
        model: The model.
        of: The row; its total over all months.
        case: Case or scenario in which all else stays.
        draws: Worlds for Sobol's indices; 0 for none.
        seed: Their seed.
    """
    row_of(model, of)
    base = float(_total(model, of, run(model, named(model, case)).values))
    indices = shares_of_variance(model, of, case=case, draws=draws, seed=seed) if draws else ()
    swings = _swings(model, of, case=case, base=base)
    return Sensitive(model, case, of, base, swings, indices, draws, seed)


def _total(model: Model, of: str, values: Mapping[str, Values]) -> Values:
    return total_of(row_of(model, of), values)


def _swings(model: Model, of: str, *, case: str = "base", base: float) -> tuple[Swing, ...]:
    """Move each uncertain input from its P10 to its P90, all else as in the case; the widest swing first.

    A walk goes up or down so far that its end is at its P10 or P90; an event happens in the middle of its time, or
    not; one without a chance does not.
    """
    moves = _moves(model, case)
    if not moves:
        return ()
    worlds = named(model, case)
    more: dict[str, Values] = {}
    for i, (_, row, low, high) in enumerate(moves):
        start = more.get(row)
        own = np.repeat(worlds.given[row][np.newaxis], 2 * len(moves), axis=0) if start is None else start
        own[2 * i], own[2 * i + 1] = low, high
        more[row] = own
    found = np.broadcast_to(_total(model, of, run(model, spread_over(worlds, more)).values), (2 * len(moves),))
    ends = np.array([(low.sum(), high.sum()) for _, _, low, high in moves])
    return tornado([name for name, *_ in moves], ends, found.reshape(-1, 2), base)


def _moves(model: Model, case: str) -> list[tuple[str, str, Values, Values]]:
    """List what moves: its name, its row, and its values at the low and the high end."""
    out = []
    for name, said in model.inputs.items():
        if said.spread is not None:
            low, high = _ends(said, value_in(said, case, model))
            out.append((name, model.entries[name], low, high))
    size = len(model.months)
    for name, row in model.shocks.items():
        far = np.full(size, 1.2815515655446004 / np.sqrt(size))
        out.append((f"{name}.walk", row, -far, far))
    for name, row in model.happenings.items():
        event = model.events[name]
        if event.probability.spread is None and not value_in(event.probability, case, model):
            continue
        middle = (model.months.index(event.first) + model.months.index(event.last)) // 2 + 1
        out.append((f"event.{name}", row, np.zeros(1), np.array([float(middle)])))
    return out


def _ends(said: Assumption, value: float) -> tuple[Values, Values]:
    ends = moved(said, value, np.array(ENDS))
    ends = np.where(np.abs(ends) < DUST * np.ptp(ends), 0.0, ends)
    return ends[:1], ends[1:]


def shares_of_variance(model: Model, of: str, *, case: str = "base", draws: int, seed: int) -> tuple[Index, ...]:
    """Divide the variance of a result among the inputs; what is correlated, and the months of a walk, go together."""
    names = dimensions(model)
    return sobol_indices(_evaluating(model, of, case), names, draws=draws, seed=seed, groups=_groups(model, names))


def _evaluating(model: Model, of: str, case: str) -> Callable[[Values], Values]:
    def evaluate(shares: Values) -> Values:
        parts = []
        for start in range(0, len(shares), CHUNK):
            block = together_each(model, shares[start : start + CHUNK])
            parts.append(
                np.broadcast_to(_total(model, of, run(model, drawn(model, block, case)).values), (len(block),))
            )
        return np.concatenate(parts)

    return evaluate


def _groups(model: Model, names: tuple[str, ...]) -> dict[str, list[str]]:
    """Gather what can't be told apart: the months of a walk, and inputs that are correlated."""
    group = {name: name.partition("@")[0] + ".walk" if "@" in name else name for name in names}
    for each in model.spec.correlations:
        one, two = (group[name] for name in each.between)
        joined = one if one == two else f"{one} & {two}"
        group = {name: joined if own in (one, two) else own for name, own in group.items()}
    out: dict[str, list[str]] = {}
    for name, own in group.items():
        out.setdefault(own, []).append(name)
    return out
