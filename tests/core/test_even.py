"""Places of Sobol's points, against SciPy's own generator."""

import numpy as np
import pytest
from scipy.stats.qmc import Sobol

from pertoken.core import even


def of_scipy(count, bits):
    return (Sobol(count, scramble=False, rng=0).random_base2(bits).T * 2**bits).astype(np.int64)


@pytest.mark.parametrize(("count", "bits"), [(1, 0), (1, 3), (3, 1), (41, 5), (211, 10), (1009, 7), (5, 16)])
def test_points_are_those_of_scipy(count, bits):
    assert np.array_equal(even.even_places(count, bits), of_scipy(count, bits))


def test_points_are_asked_of_scipy_where_its_table_lies_elsewhere(monkeypatch):
    monkeypatch.setattr(even, "WHERE", "elsewhere.npz")
    even.even_places.cache_clear()
    assert np.array_equal(even.even_places(7, 5), of_scipy(7, 5))
    even.even_places.cache_clear()


def test_more_dimensions_than_the_table_has_are_refused_by_scipy():
    with pytest.raises(ValueError, match="21201"):
        even.even_places(21202, 2)
