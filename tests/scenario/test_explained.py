"""Explained: behind each number its formula, down to inputs with their sources."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.formula import names
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.explained import explained
from pertoken.scenario.program import Ladder
from tests.scenario.programs import MONTHS, program, random_programs, row

MODEL = program(
    row("start", by_month=False, source="billing", line=3),
    row("churn", by_month=False, source="last year", line=4, label="Monthly churn"),
    row("new", source="sales plan", line=5),
    row("customers", "prev(customers) * (1 - churn) + new", opening="2 * start", total="last", line=9),
    row("fee", by_month=False),
    row("revenue", "customers * fee", total="sum", line=12),
    row("share", "revenue / total(revenue)", total="sum", line=13),
)
GIVEN = {"start": np.array([50.0]), "churn": np.array([[0.1], [0.3]]), "new": np.array([20.0]), "fee": np.array([10.0])}
VALUES = evaluate(MODEL, GIVEN)


def explain(name, **how):
    return explained(MODEL, VALUES, name, **how)


def test_a_number_is_explained_down_to_its_inputs():
    """100 before: 110 and 90 customers in the first month; 10 each."""
    found = explain("revenue", month="2026-11")
    assert (found.value, found.formula, found.line) == (pytest.approx(1000), "customers * fee", 12)
    customers, fee = found.of
    assert customers.value == pytest.approx(100)
    assert (fee.kind, fee.value, fee.low) == ("input", 10, None)
    before, churn, new = customers.of
    assert (before.note, before.value, before.formula) == ("before the first month", 100, "2 * start")
    assert [each.source for each in before.of] == ["billing"]
    assert (churn.label, churn.source, churn.line) == ("Monthly churn", "last year", 4)
    assert (churn.value, churn.low, churn.high) == (pytest.approx(0.2), pytest.approx(0.12), pytest.approx(0.28))
    assert new.value == 20


def test_the_month_before_is_named_and_not_followed():
    before = explain("customers", month="2027-01").of[0]
    assert (before.name, before.month, before.note, before.of) == ("customers", "2026-12", "the month before", ())
    assert before.value == pytest.approx(VALUES["customers"][:, 1].mean())


def test_all_months_together_are_explained_as_they_are_totalled():
    found = explain("revenue")
    assert found.month == ""
    assert found.value == pytest.approx(VALUES["revenue"].sum(axis=-1).mean())
    assert found.of[0].value == pytest.approx(VALUES["customers"][:, -1].mean())


def test_a_total_within_a_month_is_of_all_months():
    month, whole = explain("share", month="2026-12").of
    assert (month.month, whole.month) == ("2026-12", "")
    assert whole.value == pytest.approx(VALUES["revenue"].sum(axis=-1).mean())


def test_the_tree_ends_where_it_was_asked_to():
    assert explain("revenue", depth=0).of == ()
    assert explain("revenue", depth=0).note == "not followed further"
    assert explain("revenue", depth=1).of[0].note == "not followed further"


def test_tiers_are_explained_by_the_numbers_on_the_card():
    ladder = Ladder(
        name="ladder", up_to=("u",), a=("a0", "a1"), b=("b0", "b1"), shown={"up to": ("u",), "rate": ("b0", "b1")}
    )
    columns = [row(name, by_month=False) for name in ("u", "a0", "a1", "b0", "b1")]
    made = program(*columns, row("q"), row("paid", "tiered(ladder, q)"), ladders=[ladder])
    numbers = {name: np.array([1.0]) for name in ("u", "a0", "a1", "b0", "b1", "q")}
    tiers, quantity = explained(made, evaluate(made, numbers), "paid", month="2026-11").of
    assert (tiers.kind, [each.name for each in tiers.of]) == ("ladder", ["u", "b0", "b1"])
    assert quantity.name == "q"


@pytest.mark.parametrize(
    ("name", "month", "said"),
    [
        ("revenu", None, "`revenu`; expected the name of a quantity; did you mean revenue?"),
        ("revenue", "2028-01", "the month `2028-01`; expected a month from 2026-11 to 2027-03"),
    ],
)
def test_what_is_not_there_is_refused(name, month, said):
    with pytest.raises(InputError) as found:
        explain(name, month=month)
    assert said in str(found.value)


@settings(max_examples=40)
@given(random_programs(), st.data())
def test_every_number_of_any_program_is_explained_by_all_that_it_asks_for(made, data):
    numbers = {f"i{k}": np.array([k + 1.0]) for k in range(3)} | {f"m{k}": np.arange(5.0) for k in range(2)}
    values = evaluate(made, numbers)
    name = data.draw(st.sampled_from([each.name for each in made.rows]))
    month = data.draw(st.sampled_from([None, *MONTHS]))
    nodes = {each.name: each.node for each in made.rows}
    _holds(explained(made, values, name, month=month, depth=100), nodes)


def _holds(found, nodes):
    if found.kind == "ladder" or found.note:
        return
    asked = {each.name for each in found.of if each.kind != "ladder"}
    assert asked == (set() if nodes[found.name] is None else set(names(nodes[found.name])))
    for each in found.of:
        _holds(each, nodes)
