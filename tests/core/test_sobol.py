"""Sobol's points are those of SciPy."""

import numpy as np
import pytest
from scipy.stats import qmc

from pertoken.core.sobol import TABLE, places


@pytest.mark.parametrize("bits", [0, 1, 3, 12])
@pytest.mark.parametrize("dimensions", [1, 2, len(TABLE), len(TABLE) + 3])
def test_points_are_those_of_scipy(dimensions, bits):
    points = qmc.Sobol(dimensions, scramble=False, rng=0).random_base2(bits)
    assert (places(dimensions, bits) == np.floor(points.T * 2**bits)).all()


def test_direction_numbers_reach_as_deep_as_designs_go():
    points = qmc.Sobol(len(TABLE), scramble=False, rng=0).random_base2(16)[:, -7:]
    assert (places(len(TABLE), 16)[-7:] == np.floor(points.T * 2**16)).all()
