"""The benchmark of revenue runs: made-up products follow their law, and each months' range is scored."""

import numpy as np

from benchmarks.accuracy.revenue import AHEAD, LAWS, steady, table


def test_products_are_the_same_for_a_seed_and_lose_and_win_customers():
    one, again = steady(1, 60), steady(1, 60)
    np.testing.assert_array_equal(one, again)
    assert one.shape[1] == 60 + AHEAD
    there = one[:, :60].any(axis=1)
    assert 80 <= there.sum() < len(one)
    assert (one[there][:, -28:] == 0).all(axis=1).any()


def test_a_law_is_scored_for_all_its_months():
    lines = table("steady", 1, draws=64)
    assert [line.split("|")[2].strip() for line in lines] == [str(each) for each in LAWS["steady"][1]]
    assert all(line.count("%") == 4 for line in lines)
