"""Even places: the points of Sobol's sequence, as whole numbers of the strata that they lie in.

Direction numbers are those of Joe and Kuo, SIAM Journal on Scientific Computing 30(5), 2008, as SciPy has them;
points come in the order of Gray's code (Antonov and Saleev, USSR Computational Mathematics and Mathematical Physics 19,
1979). SciPy's own generator gives the same points, and takes as long to load as all the rest of a forecast.
"""

from functools import lru_cache
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

WHERE = "stats/_sobol_direction_numbers.npz"
"""Table of polynomials and first direction numbers, in SciPy's folder."""


@lru_cache(maxsize=4)
def even_places(count: int, bits: int) -> NDArray[np.int64]:
    """Number the stratum of each point in each dimension, shape `(count, 2**bits)`; every stratum has one point.

    Args:
        count: How many dimensions.
        bits: Base-two logarithm of the number of points.

    >>> even_places(2, 2).tolist()
    [[0, 2, 3, 1], [0, 2, 1, 3]]
    """
    table = _table(count)
    if table is None:
        return _of_scipy(count, bits)
    directions = _directions(*table, bits)
    places = np.zeros((count, 1), dtype=np.int64)
    for bit in range(bits):
        places = np.concatenate([places, places[:, ::-1] ^ directions[:, bit, None]], axis=1)
    places.flags.writeable = False
    return places


def _table(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Read the polynomials and first direction numbers of some dimensions; None where SciPy has them elsewhere."""
    spec = find_spec("scipy")
    folders = [] if spec is None else spec.submodule_search_locations or []
    for folder in folders:
        try:
            with np.load(f"{folder}/{WHERE}") as file:
                polynomials, first = (file[name][:count].astype(np.int64) for name in ("poly", "vinit"))
        except (OSError, KeyError):
            continue
        if len(polynomials) == count:
            return polynomials, first
    return None


def _directions(polynomials: NDArray[np.int64], first: NDArray[np.int64], bits: int) -> NDArray[np.int64]:
    """Carry direction numbers on by the recurrence of each polynomial, shape `(dimension, bit)`."""
    out = np.ones((len(polynomials), bits), dtype=np.int64)
    for row, (polynomial, begin) in enumerate(zip(polynomials.tolist(), first.tolist(), strict=True)):
        degree = polynomial.bit_length() - 1
        numbers = begin[: min(degree, bits)] if row else [1] * bits
        for at in range(len(numbers), bits):
            number = numbers[at - degree]
            for back in range(degree):
                if polynomial >> (degree - 1 - back) & 1:
                    number ^= numbers[at - back - 1] << (back + 1)
            numbers.append(number)
        out[row] = numbers
    return out << np.arange(bits - 1, -1, -1)


def _of_scipy(count: int, bits: int) -> NDArray[np.int64]:
    from scipy.stats.qmc import Sobol  # noqa: PLC0415  slow to load

    points = Sobol(max(count, 1), scramble=False, rng=0).random_base2(bits)[:, :count]
    places: NDArray[np.int64] = (points.T * (1 << bits)).astype(np.int64)
    return places
