"""Who is charged by which cards at the end of a history, and the one number that usage is forecast by."""

import numpy as np
import pytest

from pertoken.core.errors import UnpricedUsage
from pertoken.core.keys import Key
from pertoken.core.lines import Usage, table
from pertoken.forecast.panel import Panel, panel_of_usage
from pertoken.forecast.plans import driver_weights, planned
from pertoken.rating.card import Card

FREE = Card(name="free", party="customer", scope=("customer",), where='tier == "free"')
PRO = Card(name="pro", party="customer", scope=("customer",), where='tier == "pro"')
SUPPORT = Card(name="support", party="customer", scope=("customer",), where='tier == "pro"')


def history() -> tuple[Usage, Panel]:
    rows = [
        ("acme", "2026-01-01", "free", "input_tokens", 5),
        ("acme", "2026-01-02", "pro", "input_tokens", 5),
        ("bolt", "2026-01-01", "free", "input_tokens", 5),
    ]
    lines = table(["customer", "day", "tier", "meter"], ["quantity"], rows)
    usage = Usage(lines.keys, lines.values)
    return usage, panel_of_usage(usage, tracks=["tier"])


def test_the_plan_is_that_of_the_last_day():
    plan, cards = planned(*history(), [FREE, PRO])
    assert plan.column().tolist() == ["pro", "free"]
    assert cards == ((FREE,), (PRO,))


def test_two_cards_for_one_customer_are_one_plan():
    plan, cards = planned(*history(), [FREE, PRO, SUPPORT])
    assert plan.column().tolist() == ["pro + support", "free"]
    assert cards == ((FREE,), (PRO, SUPPORT))


def test_a_customer_whom_no_card_is_for_is_told_by_name():
    with pytest.raises(UnpricedUsage, match="no revenue card is for bolt"):
        planned(*history(), [PRO])


def test_without_tokens_meters_are_scaled_to_each_other():
    cells = {"meter": Key.of(["gpu_hours", "images"])}
    weights = driver_weights(cells, np.array([4.0, 400.0]))
    assert (weights * [4.0, 400.0]).tolist() == [400.0, 400.0]
