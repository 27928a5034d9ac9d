"""Formulas between columns, in Python's words and in Excel's."""

from decimal import Decimal

import pytest

from pertoken.present.formula import evaluate, excel


def test_a_formula_is_exact_on_decimals():
    assert evaluate("cost / requests * 1000", {"cost": Decimal("0.30"), "requests": 8}) == Decimal("37.50")


def test_a_formula_takes_a_float_among_decimals():
    assert evaluate("-(a - 0.5) * b", {"a": 0.25, "b": Decimal(4)}) == 1.0


@pytest.mark.parametrize("formula", ["a / b", "b / b", "1 / (b * a)"])
def test_a_division_by_nothing_does_not_apply(formula):
    assert evaluate(formula, {"a": 1, "b": 0}) is None
    assert evaluate(formula, {"a": 1.0, "b": 0.0}) is None


def test_what_reads_a_gap_is_a_gap():
    assert evaluate("a + b", {"a": 1, "b": None}) is None


@pytest.mark.parametrize(
    "formula", ["a ** b", "sum(a)", "a.b", "__import__('os')", "a if b else 0", "'x'", "a +", "True"]
)
def test_what_is_not_arithmetic_is_refused(formula):
    with pytest.raises(ValueError, match="formula"):
        evaluate(formula, {"a": 1, "b": 1})


CELLS = {"a": "A5", "b": "B5", "c": "C5"}


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("a - b", "=A5-B5"),
        ("(a - b) * c", "=(A5-B5)*C5"),
        ("a - (b - c)", "=A5-(B5-C5)"),
        ("a / 1000", "=A5/1000"),
        ("a / b * 1000", '=IF(B5=0,"",A5/B5*1000)'),
        ("a / (b / c)", '=IF(C5=0,"",IF(B5/C5=0,"",A5/(B5/C5)))'),
    ],
)
def test_excel_reads_the_same_formula_and_never_divides_by_zero(formula, words):
    assert excel(formula, CELLS) == words
