"""What is said beside a forecast, a migration and a back-test."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import pertoken as pt
from pertoken.workbench.remarks import _moved

CARD = "{plan: old, prices: {tokens: {measure: {sum: total_tokens, window: month}, curve: [{rate: 0.002}]}}}"


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


@pytest.mark.parametrize(("days", "level", "said"), [(21, 45, ("c4 is 9", "21 days of history")), (61, 1, ())])
def test_one_customer_of_nine_tenths_and_a_short_history_are_told_in_a_migration(tmp_path, days, level, said):
    log, card = written(tmp_path, days, level)
    notes = [each for each in pt.migrate(log, old=[card], new=[card], months=2, draws=16).notes if each[0] == "!"]
    assert [note.removeprefix("! ").startswith(word) for note, word in zip(notes, said, strict=True)] == [True] * len(
        said
    )


@pytest.mark.parametrize(("level", "said"), [(36, 1), (1, 0)])
def test_one_customer_of_nine_tenths_is_told_in_a_back_test(tmp_path, level, said):
    log, _ = written(tmp_path, 61, level)
    notes = pt.backtest(log, history=(30,), origins=1, draws=50, peers=()).notes
    # four use as much as each other, the fifth 36 times as much: 36 / 40
    words = "! c4 is 90% of all input_tokens: the range is that of one customer; ask what they plan"
    assert [each for each in notes if each.startswith("! ")] == [words] * said


@pytest.mark.parametrize(("share", "said"), [(0, ()), (0.25, ("! total is 75% of all value",))])
def test_a_back_test_of_one_series_does_not_ask_who_is_most_of_it(tmp_path, share, said):
    days = [date(2026, 1, 1) + timedelta(t) for t in range(61)]
    rows = [f"{who},{day},{1_000 * part}" for who, part in (("total", 1 - share), ("b", share)) if part for day in days]
    (tmp_path / "table.csv").write_text("\n".join(["customer,period,value", *rows]) + "\n")
    made = pt.backtest(str(tmp_path / "table.csv"), history=(30,), origins=1, draws=50, peers=())
    assert tuple(each.partition(":")[0] for each in made.notes if each.startswith("! ")) == said


def written(path, days, level):
    """Four customers who use as much as each other, and a fifth who uses so many times as much."""
    lines = ["date,customer,input_tokens"]
    for day in (date(2026, 1, 1) + timedelta(t) for t in range(days)):
        lines += [f"{day},c{i},{1_000 * (level if i == 4 else 1)}" for i in range(5)]
    (path / "log.csv").write_text("\n".join(lines) + "\n")
    (path / "card.yaml").write_text(CARD)
    return str(path / "log.csv"), str(path / "card.yaml")
