"""What is said beside a forecast."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from pertoken.workbench.remarks import _moved


def moved(own, on):
    """Say it of one customer, who is on a plan, and whose contract puts it on plans by month."""
    due = SimpleNamespace(row=np.array([0]), names=("acme",), plan=np.array([on]))
    of = SimpleNamespace(people=SimpleNamespace(plan=np.array([own])), months=("2027-01", "2027-02", "2027-03"))
    made: Any = SimpleNamespace(
        fitted=SimpleNamespace(of=of), standing=SimpleNamespace(plan=SimpleNamespace(labels="ABC")), promises=due
    )
    return [note.removeprefix("acme is charged by ").removesuffix(" on, by contract") for note in _moved(made)]


def test_each_change_of_plan_by_contract_is_told_once():
    assert moved(0, [-1, 1, 1]) == ["B from 2027-02"]
    assert moved(0, [1, 2, 2]) == ["B from 2027-01", "C from 2027-02"]


def test_a_renewal_on_the_plan_of_before_is_no_change():
    assert moved(0, [-1, 0, 2]) == ["C from 2027-03"]
    assert moved(0, [1, 1, 0]) == ["B from 2027-01", "A from 2027-03"]
