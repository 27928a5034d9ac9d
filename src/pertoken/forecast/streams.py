"""Streams: chance by key. What is drawn for a customer in a path depends on nothing but seed, customer and path.

So a result is the same for any number of threads, in any order of the customers, in shards or as a whole; and two
scenarios on one seed see the same chance. Each pair of paths has a xoshiro128+ generator (Blackman and Vigna, ACM TOMS
47(4), 2021), begun by SplitMix64 (Steele, Lea and Flood, OOPSLA 2014); the second path of a pair takes what lies
opposite: the normal with the other sign, one less the share.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values

Words = NDArray[np.uint32]

PAIRS = 256
"""Pairs of paths that are simulated at once."""

LANES = 2 * PAIRS
"""Paths that are: the first of each pair, then the second of each."""

GOLDEN = 0x9E3779B97F4A7C15
"""Step of SplitMix64: 2^64 divided by the golden ratio."""


def keys_of(names: Iterable[str], seed: int) -> NDArray[np.uint64]:
    """Make the key of each customer's streams.

    Args:
        names: Of the customers.
        seed: Same seed, same digits.

    >>> int(keys_of(["acme"], 1)[0]) == int(keys_of(["beta", "acme"], 1)[1])
    True
    """
    made = [int.from_bytes(blake2b(f"{seed}\n{name}".encode(), digest_size=8).digest(), "little") for name in names]
    return np.array(made, dtype=np.uint64)


def mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Scramble 64 bits as SplitMix64 does."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


def jumps_of(pairs: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Say what pairs add to a key, for the first two words of their generators; the next two come a step later."""
    step = np.asarray(pairs, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    with np.errstate(over="ignore"):
        jumps: NDArray[np.uint64] = step * np.uint64(GOLDEN)
    return jumps


class Stream:
    """The generators of one customer, one for each pair of paths: the slow twin of the compiled ones.

    Args:
        key: Of the customer.
        pairs: Numbers of the pairs, shape `(pair,)`.
    """

    def __init__(self, key: np.uint64, pairs: NDArray[np.int64]) -> None:
        with np.errstate(over="ignore"):
            one = mixed(key + jumps_of(pairs))
            two = mixed(key + jumps_of(pairs) + np.uint64(GOLDEN))
        low = np.uint64(0xFFFFFFFF)
        halves = (one & low, one >> np.uint64(32), two & low, two >> np.uint64(32))
        self.state: list[Words] = [each.astype(np.uint32) for each in halves]

    def words(self) -> Words:
        """Draw the next 32 bits of each pair."""
        a, b, c, d = self.state
        drawn = a + d
        shifted = b << np.uint32(9)
        c = c ^ a
        d = d ^ b
        b = b ^ c
        a = a ^ d
        c = c ^ shifted
        d = (d << np.uint32(11)) | (d >> np.uint32(21))
        self.state = [a, b, c, d]
        return drawn

    def shares(self) -> Values:
        """Draw shares strictly between 0 and 1, of 24 bits, for both paths of each pair: shape `(2, pair)`."""
        share = ((self.words() >> np.uint32(8)) + 0.5) / (1 << 24)
        return np.stack([share, 1 - share])

    def normals(self) -> tuple[Values, Values]:
        """Draw two normals for both paths of each pair, each of shape `(2, pair)` (Box and Muller, 1958)."""
        radius = np.sqrt(-2 * np.log(self.shares()[0]))
        angle = 2 * np.pi * self.shares()[0]
        cos, sin = radius * np.cos(angle), radius * np.sin(angle)
        return np.stack([cos, -cos]), np.stack([sin, -sin])


def key_of(text: Any, seed: int) -> np.uint64:  # noqa: ANN401  anything with a name
    """Make the key of one stream."""
    return np.uint64(keys_of([str(text)], seed)[0])
