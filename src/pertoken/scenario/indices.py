"""Sensitivity: how much of a result's uncertainty, swing or change comes from which input.

All of it asks a function for results at worlds that are written here, or reads results already there. Nothing depends
on the order in which inputs or worlds stand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.core.design import design, whole_draws
from pertoken.core.errors import InputError
from pertoken.core.money import Values

REPLICATES = 10


@dataclass(frozen=True, slots=True)
class Index:
    """How much of the variance of a result is due to one input, or to one group of them.

    Args:
        name: The input or group.
        first: Share of the variance that would go if the input were known, 0 to 1 but for chance.
        total: Share that would stay if all else were known: with what it does together with others.
        first_error: Standard error of `first`.
        total_error: Standard error of `total`.
    """

    name: str
    first: float
    total: float
    first_error: float
    total_error: float


@dataclass(frozen=True, slots=True)
class Swing:
    """What a result does when one input goes from low to high and all else stays.

    Args:
        name: The input.
        low_input: Its low value. [unit of the input]
        high_input: Its high value. [unit of the input]
        at_low: The result there. [unit of the result]
        at_high: The result there. [unit of the result]
        swing: How far the result ranges over low, base and high. [unit of the result]
    """

    name: str
    low_input: float
    high_input: float
    at_low: float
    at_high: float
    swing: float


def sobol_indices(
    evaluate: Callable[[Values], Values],
    names: Sequence[str],
    *,
    draws: int,
    seed: int,
    kind: str = "sobol",
    groups: Mapping[str, Sequence[str]] | None = None,
) -> tuple[Index, ...]:
    """Divide the variance of a result among independent inputs, by themselves and in all.

    First-order indices by A. Saltelli et al., Computer Physics Communications 181, 2010, table 2 (b); total ones by
    M. J. W. Jansen, Computer Physics Communications 117, 1999. Both are ratios of means over independent replicates of
    the design, whose spread gives the standard errors.

    Args:
        evaluate: Shares, shape `(rows, len(names))`, to the result in each row; each row by itself.
        names: Inputs, one dimension each.
        draws: Worlds in each of the `groups + 2` designs, all replicates together.
        seed: Same seed, same digits.
        kind: Design of the worlds, as in `core.design`.
        groups: Dimensions that are one input, by its name, as the months of a random walk or inputs that are
            correlated; each dimension in one group. Each its own if None.

    Returns:
        One index for each group, the largest total first, equals by name.

    Raises:
        InputError: Groups that leave out a dimension or have one twice, or a result that does not vary.
    """
    members = _members(names, groups)
    plan = whole_draws(kind, draws, REPLICATES)
    parts = np.array([_part(evaluate, names, members, plan.draws, (kind, seed, r)) for r in range(plan.replicates)])
    variance, first, total = parts[:, 0, 0], parts[:, 1], parts[:, 2]
    if not variance.mean() > 0:
        msg = "the result is the same in all worlds; expected one that varies; make an input of it uncertain"
        raise InputError(msg)
    one, one_error = _ratios(first, variance)
    both, both_error = _ratios(total, variance)
    found = zip(members, one.tolist(), both.tolist(), one_error.tolist(), both_error.tolist(), strict=True)
    return tuple(sorted((Index(*each) for each in found), key=lambda index: (-index.total, index.name)))


def _members(names: Sequence[str], groups: Mapping[str, Sequence[str]] | None) -> dict[str, list[int]]:
    """Find the columns of each group."""
    said = groups if groups is not None else {name: [name] for name in names}
    every = [name for group in said.values() for name in group]
    if sorted(every) != sorted(names):
        wrong = sorted(set(names) ^ set(every)) or sorted({name for name in every if every.count(name) > 1})
        msg = f"groups of inputs with {', '.join(wrong)} left out, twice or unknown; expected each input in one group"
        raise InputError(msg)
    return {name: [list(names).index(each) for each in group] for name, group in said.items()}


def _part(
    evaluate: Callable[[Values], Values],
    names: Sequence[str],
    members: Mapping[str, list[int]],
    draws: int,
    chance: tuple[str, int, int],
) -> Values:
    """Reckon one replicate: variance, first-order and total parts of it, shape `(3, group)`."""
    kind, seed, replicate = chance
    ranked = sorted(names)  # the order of names decides nothing
    columns = (*ranked, *(f"{name}\n" for name in ranked))
    u = design(columns, draws=draws, kind=kind, seed=seed, replicate=replicate)
    places = np.array([ranked.index(name) for name in names])
    one, two = u[:, places], u[:, places + len(names)]
    at_one, at_two = evaluate(one), evaluate(two)
    both = np.concatenate([at_one, at_two])
    centred = at_two - both.mean()
    out = np.empty((3, len(members)))
    out[0] = both.var()
    for i, taken in enumerate(members.values()):
        mixed = one.copy()
        mixed[:, taken] = two[:, taken]
        moved = evaluate(mixed) - at_one
        out[1:, i] = (centred * moved).mean(), (moved**2).mean() / 2
    return out


def _ratios(parts: Values, variance: Values) -> tuple[Values, Values]:
    """Divide means over replicates, and find the standard error of the quotient (linearised)."""
    ratio = parts.mean(axis=0) / variance.mean()
    rest = parts - ratio * variance[:, np.newaxis]
    return ratio, rest.std(axis=0, ddof=1) / (variance.mean() * len(variance) ** 0.5)


def tornado(names: Sequence[str], inputs: Values, results: Values, base: float) -> tuple[Swing, ...]:
    """Rank inputs by how far a result swings when each is moved alone.

    Args:
        names: The inputs.
        inputs: The low and the high value of each, shape `(names, 2)`. [unit of the input]
        results: The result at each of them, all else in its place, shape `(names, 2)`.
        base: The result where nothing is moved.

    Returns:
        The largest swing first, equals by name.

    >>> tornado(["a"], np.array([[4.0, 7.0]]), np.array([[8.0, 14.0]]), 10.0)
    (Swing(name='a', low_input=4.0, high_input=7.0, at_low=8.0, at_high=14.0, swing=6.0),)
    """
    rows = zip(names, inputs.tolist(), results.tolist(), strict=True)
    found = [
        Swing(name, low, high, at_low, at_high, max(base, at_low, at_high) - min(base, at_low, at_high))
        for name, (low, high), (at_low, at_high) in rows
    ]
    return tuple(sorted(found, key=lambda one: (-one.swing, one.name)))


def rank_correlations(names: Sequence[str], inputs: Values, output: Values) -> dict[str, float]:
    """Correlate the ranks of each input with those of a result in the same worlds (Spearman), the strongest first.

    Ranks are kept as whole numbers, so that the order of worlds does not change a digit.

    Args:
        names: The inputs.
        inputs: Their values, shape `(draws, names)`.
        output: The result, shape `(draws,)`.

    Returns:
        From -1 to 1; not a number where an input or the result is the same in all worlds, and then last.

    >>> rank_correlations(["a", "b"], np.array([[1, 3], [2, 1], [3, 2]]), np.array([10, 20, 90]))
    {'a': 1.0, 'b': -0.5}
    """
    ranks = _ranks(output)
    found = {name: _correlation(_ranks(column), ranks) for name, column in zip(names, inputs.T, strict=True)}
    return dict(sorted(found.items(), key=lambda one: (-abs(one[1]) if one[1] == one[1] else 1.0, one[0])))


def _ranks(column: Values) -> Values:
    """Rank numbers twice over and around zero, so that ranks are whole; equal ones share the mean of theirs."""
    _, which, count = np.unique(column, return_inverse=True, return_counts=True)
    upto = np.cumsum(count)
    return np.asarray((2 * upto - count - len(column))[which.reshape(-1)])


def _correlation(one: Values, two: Values) -> float:
    lengths = float((one * one).sum()) * float((two * two).sum())
    return float((one * two).sum()) / lengths**0.5 if lengths else float("nan")
