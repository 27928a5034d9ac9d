"""Designs of worlds: each world a point of the unit cube, each name a column of shares strictly between 0 and 1.

A column's chance comes from a stream of its own, keyed by seed, replicate and name. So the columns of `lhs` and
`random` do not move when other names come, go or change places. In `sobol` a name also takes the dimension of its
place: names that come after it move nothing, a name put before it does. Streams are the raw words of NumPy's Philox,
which stay the same on all machines and versions.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from math import ceil, prod
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.money import Values
from pertoken.core.sobol import Places, places

LARGEST = 1 << 16
"""How many draws a replicate has at most; more draws are more replicates."""
MOST_ROWS = 10_000_000
AT_ONCE = 1 << 15
"""Words that are scrambled at once."""

Words = NDArray[np.uint64]


class Plan(NamedTuple):
    """How many independent replicates of a design there are, and how many draws each has."""

    replicates: int
    draws: int


def whole_draws(kind: str, draws: int, replicates: int = 10) -> Plan:
    """Divide draws into independent replicates of one size, rounded up to what the design needs.

    Args:
        kind: `lhs`, `sobol` or `random`.
        draws: How many worlds are wanted in all.
        replicates: At least as many; more where one would hold above `LARGEST` draws.

    Raises:
        InputError: No such design, or fewer draws than replicates.

    >>> whole_draws("lhs", 10_000), whole_draws("sobol", 10_000), whole_draws("lhs", 1_000_000)
    (Plan(replicates=10, draws=1000), Plan(replicates=10, draws=1024), Plan(replicates=16, draws=62500))
    """
    _known(kind)
    if draws < replicates:
        raise _wrong(f"{draws} draws", f"at least one for each of {replicates} replicates", "draw more worlds")
    count = max(replicates, ceil(draws / LARGEST))
    each = ceil(draws / count)
    return Plan(count, 1 << (each - 1).bit_length() if kind == "sobol" else each)


def design(names: Sequence[str], *, draws: int, kind: str = "lhs", seed: int, replicate: int = 0) -> Values:
    """Write the worlds of one replicate.

    Args:
        names: What is uncertain, one column each.
        draws: How many worlds; a power of two for `sobol`.
        kind: `lhs` puts one draw into each of `draws` equal strata of each column (McKay, Beckman and Conover,
            Technometrics 21(2), 1979); `sobol` also fills all columns together evenly (points with Owen's nested
            scrambling, Monte Carlo and Quasi-Monte Carlo Methods, 1995); `random` draws freely.
        seed: Same seed, same digits.
        replicate: Which of several designs that are independent of each other.

    Returns:
        Shares strictly between 0 and 1, shape `(draws, len(names))`, each column of one piece in memory.

    Raises:
        InputError: No such design, a name twice, or draws that are not a power of two.

    >>> u = design(["growth", "churn"], draws=5, seed=7)
    >>> np.sort((u * 5).astype(int), axis=0).T.tolist()
    [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]
    """
    _known(kind)
    _once(names)
    if draws < 1:
        raise _wrong(f"{draws} draws", "at least 1", "draw more worlds")
    keys = [_key(seed, replicate, name) for name in names]
    out = np.empty((len(names), draws))
    for column, shares in enumerate(DESIGNS[kind](keys, draws)):
        out[column] = shares
    return out.T


def _known(kind: str) -> None:
    if kind not in DESIGNS:
        raise _wrong(f"a design {kind!r}", f"one of {', '.join(DESIGNS)}", nearest(kind, DESIGNS))


def _once(names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise _wrong(f"{', '.join(twice)} twice in one design", "each name once", "take one away")


def _wrong(found: str, expected: str, mend: str) -> Exception:
    return InputError.of([Fault("", found, expected, mend)])


def _key(seed: int, replicate: int, name: str) -> int:
    return int.from_bytes(blake2b(f"{seed}\n{replicate}\n{name}".encode(), digest_size=16).digest(), "little")


def _words(keys: Iterable[int], count: int) -> Iterator[Words]:
    """Draw the first words of the stream of each key; one generator is set to all, which is quicker than to make it."""
    philox = np.random.Philox(key=0)
    state: Any = philox.state
    for key in keys:
        state["state"]["key"][:] = key & (1 << 64) - 1, key >> 64
        philox.state = state
        yield philox.random_raw(count)


def _free(words: Words) -> Values:
    """Make shares strictly between 0 and 1 of the upper 52 bits of each word."""
    return ((words >> np.uint64(12)) + 0.5) / (1 << 52)


def _within(strata: NDArray[np.integer[Any]], words: Words) -> Values:
    """Take one share inside each stratum, from the upper 32 bits of a word, which leave room for its number."""
    shares: Values = (strata + ((words >> np.uint64(32)) + 0.5) / (1 << 32)) / strata.shape[-1]
    return shares


def _shuffled(words: Words) -> NDArray[np.int64]:
    """Put the numbers from 0 in the order of random words, whose lowest bits give way to the numbers themselves."""
    numbers = np.uint64((1 << len(words).bit_length()) - 1)
    return (np.sort(words & ~numbers | np.arange(len(words), dtype=np.uint64)) & numbers).astype(np.int64)


def _random(keys: Sequence[int], draws: int) -> Iterator[Values]:
    return map(_free, _words(keys, draws))


def _lhs(keys: Sequence[int], draws: int) -> Iterator[Values]:
    for words in _words(keys, 2 * draws):
        yield _within(_shuffled(words[:draws]), words[draws:])


def _sobol(keys: Sequence[int], draws: int) -> Iterator[Values]:
    bits = draws.bit_length() - 1
    if draws != 1 << bits:
        raise _wrong(f"{draws} draws of a sobol design", "a power of two", f"take {1 << (bits + 1)}")
    points, many = places(len(keys), bits), max(1, AT_ONCE >> bits)
    for first in range(0, len(keys), many):
        words = np.stack(list(_words(keys[first : first + many], 2 * draws)))
        yield from _within(_scrambled(points[first : first + many], bits, words[:, :draws]), words[:, draws:])


def _scrambled(points: Places, bits: int, words: Words) -> Places:
    """Flip each bit of a place or not, by a coin for each combination of the bits before it (Owen's scrambling).

    Where the bits end, the share within the stratum is drawn freely: the rest of the same scrambling, as each stratum
    holds one point. Columns lie one after the other.
    """
    coins = (words >> np.uint64(63)).astype(np.int32)
    to = np.zeros((len(coins), 1), dtype=np.int32)  # where each combination of the first bits goes
    for bit in range(bits):
        flips = coins[:, 1 << bit : 2 << bit, np.newaxis] ^ np.arange(2, dtype=np.int32)
        to = (2 * to[:, :, np.newaxis] + flips).reshape(len(coins), -1)
    return np.take_along_axis(to, points, axis=1)


DESIGNS: Mapping[str, Callable[[Sequence[int], int], Iterator[Values]]] = MappingProxyType(
    {"lhs": _lhs, "sobol": _sobol, "random": _random}
)
"""How each design writes its columns."""


def grid(names: Sequence[str], levels: Sequence[float] | Mapping[str, Sequence[float]]) -> Values:
    """Write a world for each combination of levels, the last name changing fastest.

    Args:
        names: One column each.
        levels: Shares strictly between 0 and 1, the same for all names or by name.

    Raises:
        InputError: A level that is not such a share, a name without levels, or too many combinations.

    >>> grid(["a", "b"], [0.1, 0.9]).tolist()
    [[0.1, 0.1], [0.1, 0.9], [0.9, 0.1], [0.9, 0.9]]
    """
    _once(names)
    if isinstance(levels, Mapping) and (missing := [name for name in names if not levels.get(name)]):
        raise _wrong(f"no levels for {', '.join(missing)}", "levels for each name", "say them")
    each = [list(levels[name] if isinstance(levels, Mapping) else levels) for name in names]
    for level in sorted({level for one in each for level in one}):
        _share(level)
    rows = prod(map(len, each))
    if rows > MOST_ROWS:
        raise _wrong(f"{rows:,} combinations", f"at most {MOST_ROWS:,}", "take fewer levels, fewer names, or draws")
    axes = np.meshgrid(*each, indexing="ij")
    return np.stack([axis.ravel() for axis in axes], axis=-1) if axes else np.empty((1, 0))


def _share(level: float) -> None:
    if not 0 < level < 1:
        raise _wrong(f"a level of {level:g}", "a share strictly between 0 and 1", "take 0.1 for P10")


def one_at_a_time(names: Sequence[str], *, low: float = 0.1, high: float = 0.9) -> Values:
    """Write the world in which all is at its median, then for each name one with it at `low` and one at `high`.

    >>> one_at_a_time(["a", "b"]).tolist()
    [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9]]
    """
    _once(names)
    _share(low)
    _share(high)
    out = np.full((1 + 2 * len(names), len(names)), 0.5)
    for column in range(len(names)):
        out[1 + 2 * column, column], out[2 + 2 * column, column] = low, high
    return out


def steps(name: str, months: Sequence[str]) -> tuple[str, ...]:
    """Name the dimensions of a random walk, one for each month.

    >>> steps("growth", ["2027-01", "2027-02"])
    ('growth@2027-01', 'growth@2027-02')
    """
    return tuple(f"{name}@{month}" for month in months)
