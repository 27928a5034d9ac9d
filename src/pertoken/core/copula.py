"""Rank correlation between the columns of a design, by a Gaussian copula that leaves each column's shares as they are.

The columns that are correlated are read as normal numbers, mixed so that their correlations are the wanted ones, and
then each column's own shares are put into the order of the mixed numbers. So every margin stays exact, strata and all,
and columns without a correlation stay bit for bit.

Sources: R. L. Iman and W. J. Conover, Communications in Statistics B 11(3), 1982 (reordering, and taking out the
correlation that the sample happens to have); K. Pearson, 1907 (rank correlation of normal numbers).
"""

from collections.abc import Mapping, Sequence
from math import asin, floor, pi, sin

import numpy as np

from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.kinds import normal_quantile, normal_share
from pertoken.core.money import Values

Pairs = Mapping[tuple[str, str], float]
"""Rank correlation (Spearman) by pair of names."""
TINY = 1e-10
EDGE = 2.0**-53
ENOUGH = 20
"""How many draws for each column make it worth while to take out the correlation that the sample happens to have."""


def correlate(u: Values, names: Sequence[str], pairs: Pairs) -> Values:
    """Give columns of a design the rank correlations that are wanted.

    Args:
        u: Shares of independent columns, shape `(draws, len(names))`.
        names: The columns' names.
        pairs: The correlations; a pair that is not said has none.

    Returns:
        The same shares, those of correlated columns in another order.

    Raises:
        InputError: A pair of a name with itself, said twice, with an unknown name, outside -1 to 1, or correlations
            that can't hold together.

    >>> u = np.random.default_rng(7).random((1000, 2))
    >>> v = correlate(u, ["price", "volume"], {("price", "volume"): -0.6})
    >>> (np.sort(v, axis=0) == np.sort(u, axis=0)).all()
    np.True_
    """
    check(pairs, names)
    out = u.copy(order="K")
    for members in groups(pairs):
        columns = [names.index(name) for name in members]
        mixed = _mixed(normal_quantile(u[:, columns]), _root(matrix(members, pairs)))
        for column, numbers in zip(columns, mixed.T, strict=True):
            out[np.argsort(numbers, kind="stable"), column] = np.sort(u[:, column])
    return out


def correlate_each(u: Values, names: Sequence[str], pairs: Pairs) -> Values:
    """Give a design rank correlations world by world, each without a look at the others.

    For an estimator that moves single columns between worlds, as Sobol's indices do. Margins are uniform, but strata
    are not kept, and the sample's own chance correlation stays.

    Args:
        u: Shares of independent columns, shape `(draws, len(names))`.
        names: The columns' names.
        pairs: The correlations, as in `correlate`.

    Returns:
        Shares strictly between 0 and 1; the first column of each group that is correlated is as it was.
    """
    check(pairs, names)
    out = u.copy(order="K")
    for members in groups(pairs):
        columns = [names.index(name) for name in members]
        mixed = _weighted(normal_quantile(u[:, columns]), _root(matrix(members, pairs)))
        out[:, columns[1:]] = np.clip(normal_share(mixed[:, 1:]), EDGE, 1 - EDGE)
    return out


def check(pairs: Pairs, names: Sequence[str]) -> None:
    """Raise `InputError` where correlations are none, or can't hold together."""
    faults = [*_faults(pairs, names)]
    if not faults:
        faults = [fault for members in groups(pairs) for fault in _together(members, pairs)]
    if faults:
        raise InputError.of(faults)


def _faults(pairs: Pairs, names: Sequence[str]) -> list[Fault]:
    faults = []
    for (one, two), rho in pairs.items():
        said = f"correlation of {one} and {two}"
        unknown = sorted({one, two} - set(names))
        faults += [
            Fault("", f"{said}: no uncertain {name}", "uncertain inputs", nearest(name, names)) for name in unknown
        ]
        if one == two:
            faults.append(Fault("", said, "two different inputs", "take it away; it is 1"))
        elif one > two and (two, one) in pairs:
            faults.append(Fault("", f"{said} stands twice", "each pair once, in either order", "take one away"))
        if not -1 <= rho <= 1:
            faults.append(Fault("", f"{said} is {rho:g}", "a rank correlation from -1 to 1", "write 0.5 for 50 %"))
    return faults


def groups(pairs: Pairs) -> list[tuple[str, ...]]:
    """Find the names that hang together, each group and the groups in the order of names.

    >>> groups({("d", "a"): 0.5, ("b", "c"): 0.5, ("c", "e"): 0.1})
    [('a', 'd'), ('b', 'c', 'e')]
    """
    found: list[set[str]] = []
    for pair in pairs:
        touched = [group for group in found if group & set(pair)]
        found = [group for group in found if group not in touched] + [set(pair).union(*touched)]
    return sorted(tuple(sorted(group)) for group in found)


def matrix(members: Sequence[str], pairs: Pairs, *, share: float = 1.0) -> Values:
    """Write the correlations of the normal numbers behind rank correlations: `2 sin(pi rho / 6)`, times a share."""
    out = np.eye(len(members))
    for (one, two), rho in pairs.items():
        if one in members:
            i, j = members.index(one), members.index(two)
            out[i, j] = out[j, i] = share * 2 * sin(pi * rho / 6)
    return out


def _together(members: Sequence[str], pairs: Pairs) -> list[Fault]:
    """Find out whether the correlations of a group can hold together, and the nearest ones that can.

    Shrunk in one proportion, correlations hold together from the point on where the smallest eigenvalue is zero.
    """
    least = float(np.linalg.eigvalsh(matrix(members, pairs))[0])
    if least >= -TINY:
        return []
    said = {pair: rho for pair, rho in pairs.items() if pair[0] in members}
    feasible = {pair: _toward_zero(6 / pi * asin(sin(pi * rho / 6) / (1 - least))) for pair, rho in said.items()}
    unsaid = [
        f"{one} and {two}"
        for i, one in enumerate(members)
        for two in members[i + 1 :]
        if (one, two) not in pairs and (two, one) not in pairs
    ]
    found = f"correlations that can't hold together: {_words(said)}"
    if unsaid:
        found += f" (0 where none is said: {', '.join(unsaid)})"
    mend = "or say the missing ones" if unsaid else "or change one of them"
    return [Fault("", found, f"at most, in the same proportion, {_words(feasible)}", mend)]


def _toward_zero(rho: float) -> float:
    return floor(abs(rho) * 100) / 100 * (1 if rho > 0 else -1)


def _words(pairs: Pairs) -> str:
    return ", ".join(f"{one} and {two} {rho:g}" for (one, two), rho in pairs.items())


def _root(wanted: Values) -> Values:
    """Find the lower triangle whose product with itself is a correlation matrix, singular ones too (Cholesky).

    Written out, so that the digits are the same on all machines.
    """
    size = len(wanted)
    out = np.zeros((size, size))
    for i in range(size):
        for j in range(i + 1):
            rest = wanted[i, j] - float((out[i, :j] * out[j, :j]).sum())
            if i == j:
                out[i, i] = max(rest, 0.0) ** 0.5
            elif out[j, j] > TINY**0.5:
                out[i, j] = rest / out[j, j]
    return out


def _mixed(z: Values, root: Values) -> Values:
    """Mix independent normal columns, after taking out the correlation that they happen to have."""
    if len(z) >= ENOUGH * z.shape[1]:
        z = _solved(z, _root(_sample(z)))
    return _weighted(z, root)


def _weighted(z: Values, root: Values) -> Values:
    """Add up columns by the weights of a lower triangle, in one order on all machines."""
    return np.stack([sum(weight * z[:, k] for k, weight in enumerate(row) if weight) for row in root], axis=-1)


def _sample(z: Values) -> Values:
    """Correlate columns as they happen to be."""
    centred = z - z.mean(axis=0)
    scaled = centred / np.sqrt((centred**2).sum(axis=0))
    return np.array([[float((one * two).sum()) for two in scaled.T] for one in scaled.T])


def _solved(z: Values, root: Values) -> Values:
    """Undo the mixing of columns by a lower triangle."""
    out = np.empty_like(z)
    for i in range(z.shape[1]):
        out[:, i] = (z[:, i] - sum(root[i, k] * out[:, k] for k in range(i))) / root[i, i]
    return out
