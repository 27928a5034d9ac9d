"""Conversions between plans, counted from a history whose law is known."""

import numpy as np
import pytest

from pertoken.core.keys import Key
from pertoken.forecast.conversions import ConversionPrior, converted
from pertoken.forecast.panel import Panel, Track
from tests.forecast.made import daily


def history(chance=0.04, customers=500, days=183, step=0.5, seed=3):
    """Customers who go from free to pro with a chance a month, and use more from then on."""
    rng = np.random.default_rng(seed)
    when = rng.geometric(1 - (1 - chance) ** (1 / 30.4375), customers)
    pro = np.arange(days) >= when[:, None]
    panel = daily(rng.lognormal(5, 1, (customers, 1)) * np.exp(step * pro) * rng.lognormal(0, 0.2, (customers, days)))
    return Panel(**{**panel.__dict__, "tracks": {"tier": Track(pro.astype(np.int32), ("free", "pro"))}}), pro


def test_the_chance_and_the_step_are_found():
    panel, pro = history()
    found = converted(panel, Key(pro[:, -1].astype(np.int32), ("free", "pro")), prior=ConversionPrior())
    assert found is not None
    assert found.chance[0, 1] == pytest.approx(0.04, rel=0.15)
    assert found.chance[1, 0] == 0
    assert found.step[0, 1] == pytest.approx(0.5, rel=0.1)


def test_nobody_who_changes_is_no_conversion():
    panel, pro = history(chance=1e-12)
    assert converted(panel, Key(pro[:, -1].astype(np.int32), ("free", "pro")), prior=ConversionPrior()) is None


def test_a_plan_that_no_label_decides_has_no_history():
    panel, _ = history()
    mixed = Key((np.arange(len(panel)) % 2).astype(np.int32), ("a", "b"))
    assert converted(panel, mixed, prior=ConversionPrior()) is None
