"""Quantiles of ordered columns are those of NumPy, to the last bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pertoken.core.quantiles import of_ordered, quantiles

SHARES = np.array([0.0, 0.002, 0.1, 0.25, 1 / 3, 0.5, 0.6, 0.9, 0.998, 1.0])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@given(st.data())
def test_quantiles_are_those_of_numpy(kind, data):
    shape = data.draw(st.tuples(st.integers(1, 41), st.integers(1, 5)))
    values = data.draw(arrays(np.float64, shape, elements=st.floats(-1e6, 1e6))).astype(kind)
    made = quantiles(values, SHARES)
    assert (made == np.quantile(values, SHARES, axis=0)).all()
    assert made.dtype == np.quantile(values, SHARES, axis=0).dtype


@given(st.integers(0, 2**32 - 1))
def test_what_is_left_out_at_the_bottom_is_as_if_it_were_not_there(seed):
    rng = np.random.default_rng(seed)
    values = rng.lognormal(size=(101, 7)).astype(np.float32) * (rng.random((101, 7)) < np.linspace(0, 1, 7))
    ordered = np.sort(values, axis=0)
    made = of_ordered(ordered, SHARES, (ordered <= 0).sum(axis=0))
    for column, own in enumerate(values.T):
        used = own[own > 0]
        assert (made[:, column] == (np.quantile(used, SHARES) if len(used) else 0)).all()
