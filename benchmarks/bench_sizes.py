"""The harness itself: a sum in NumPy against a loop."""

import numpy as np


def test_a_numpy_sum_agrees_with_a_loop(benchmark, size):
    values = np.arange(size(smoke=101, full=1_000_003), dtype=np.float64)
    assert benchmark(values.sum) == sum(values.tolist())
