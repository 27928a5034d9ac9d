"""Formulas: read, written back, refused with the place."""

import ast
import operator
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.formula import FUNCTIONS, Call, Name, Number, formula, month_label, month_number, names, text
from pertoken.core.units import unit
from tests.core.trees import trees


def node(written):
    return formula(written).node


@given(trees())
def test_a_tree_reads_as_it_is_written(tree):
    assert node(text(tree)) == tree


SIGNS: dict[type, Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.Lt: operator.lt,
    ast.GtE: operator.ge,
}


def as_python(tree):
    """The tree that Python makes of the same text, with the signs' names of ours."""
    if isinstance(tree, ast.Expression):
        return as_python(tree.body)
    if isinstance(tree, ast.Constant):
        return tree.value
    if isinstance(tree, ast.UnaryOp):
        return SIGNS[type(tree.op)](as_python(tree.operand))
    if isinstance(tree, ast.Compare):
        return float(SIGNS[type(tree.ops[0])](as_python(tree.left), as_python(tree.comparators[0])))
    return SIGNS[type(tree.op)](as_python(tree.left), as_python(tree.right))


OURS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "*": operator.mul,
    "^": operator.pow,
    "<": lambda x, y: float(x < y),
    ">=": lambda x, y: float(x >= y),
}


def reckoned(tree):
    if isinstance(tree, Number):
        return tree.value
    args = [reckoned(arg) for arg in tree.args]
    if tree.function == "-":
        return -args[0] if len(args) == 1 else args[0] - args[1]
    return OURS[tree.function](*args)


words = st.recursive(
    st.integers(0, 9).map(str),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" + ", "-", " * "]), inner).map("".join),
        st.tuples(st.integers(0, 3).map(str), st.sampled_from(["^", "^-", "^-"]), st.integers(0, 2).map(str)).map(
            "".join
        ),
        inner.map("({})".format),
        inner.map("-{}".format),
    ),
    max_leaves=12,
)


@given(words, st.sampled_from(["", " < ", " >= "]), words)
def test_operators_bind_as_pythons_do(left, sign, right):
    """Python's own parser is the oracle: the same text, `^` as its `**`."""
    written = left + sign + right if sign else left
    try:
        expected = as_python(ast.parse(written.replace("^", "**"), mode="eval"))
    except ZeroDivisionError:
        return
    assert float(reckoned(node(written))) == float(expected)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1_000", 1000),
        ("25k", 25_000),
        ("25K", 25_000),
        ("1.5M", 1_500_000),
        ("3%", 0.03),
        ("4.5 %", 0.045),
        ("0.004", 0.004),
        (".5", 0.5),
        ("1e-3", 0.001),
        ("-2", -2),
        ("+2", 2),
    ],
)
def test_numbers_are_read_as_people_write_them(written, value):
    assert node(written) == Number(value)


@pytest.mark.parametrize(
    ("written", "value", "counts", "rest"),
    [
        ("0.40 USD/customer * customers.pro", 0.4, "USD / customer", Name("customers.pro")),
        ("0.003 USD/1K token * tokens", 0.003, "USD / 1K token", Name("tokens")),
        ("1.5M tokens * x", 1_500_000, "token", Name("x")),
        ("2 USD/month * users", 2, "USD", Name("users")),
        ("12 [token * second / request] * x", 12, "token * second / request", Name("x")),
        ("3%/year * x", 0.03, "1 / year", Name("x")),
    ],
)
def test_a_unit_behind_a_number_goes_on_over_slashes_without_spaces(written, value, counts, rest):
    assert node(written) == Call("*", (Number(value, unit(counts)), rest))


def test_a_slash_before_a_quantity_divides():
    assert node("5 USD / users") == Call("/", (Number(5, unit("USD")), Name("users")))
    assert node("5 USD/customers.pro") == Call("/", (Number(5, unit("USD")), Name("customers.pro")))
    assert node("users > 5 and x") == Call("and", (Call(">", (Name("users"), Number(5))), Name("x")))


def test_names_that_hold_hyphens_stand_in_quotes():
    one = Name("price.gpt-5.2.input")
    assert node("price.'gpt-5.2'.input") == node("'price.gpt-5.2.input'") == node("price.`gpt-5.2`.input") == one
    assert text(one) == "'price.gpt-5.2.input'"
    assert node("price.gpt-5") == Call("-", (Name("price.gpt"), Number(5)))


def test_months_are_numbers_that_can_be_compared():
    assert node("from(2027-03)") == Call("from", (Number(2027 * 12 + 2),))
    assert text(node("x * in( 2026-12 )")) == "x * in(2026-12)"
    assert month_label(month_number("2026-12") + 1) == "2027-01"


def test_a_formula_knows_what_it_asks_for():
    assert formula("prev(a) + if(b > 2, c.d, 0)").names == {"a", "b", "c.d"}
    assert names(Call("tiered", (Name("ladder"), Name("q")))) == {"q"}


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("", "an empty formula; expected a number, a name or an operation"),
        ("  ", "an empty formula"),
        ("users *", "found its end; expected a number, a name or `(`"),
        ("users * * 3", "found `*` at character 9; expected a number, a name or `(`"),
        ("(users + 2", "found its end; expected `)`"),
        ("users + 2)", "found `)` at character 10; expected as many `(` before it"),
        ("users queries", "found `queries` at character 7; expected an operator between the two"),
        ("a = 3", "found `=` at character 3; expected `==` to compare"),
        ("a < b < c", "found `<` at character 7; expected `and` between two comparisons"),
        ("maxx(a, 2)", "found `maxx` at character 1; expected a function: did you mean max?"),
        ("__import__('os')", "found `__import__` at character 1; expected a function"),
        ("a.b(2)", "found `a.b` at character 1; expected a function"),
        ("users ** 2", "found `*` at character 8"),
        ("a[0]", "found `[0]` at character 2; expected a number, a name or an operator"),
        ("2 + a; b", "found `; b` at character 6"),
        ("if(a, 2)", "found `if(a, 2)` at character 1; expected if with 3 arguments"),
        ("round()", "expected round with 1 or 2 arguments"),
        ("max()", "expected max with 1 or more arguments"),
        ("prev(a * 2)", "expected the name of a quantity in its brackets; give what is inside a name under `drivers`"),
        ("from(2027)", "found `2027` at character 6; expected a month as `2027-03`"),
        ("in(2027-13)", "expected a month as `2027-03`"),
        ("2 USD / month * users", "found `/` at character 7; expected `/month` without spaces in a unit"),
        ("2 tokne", "the noun `tokne`; expected `token`"),
        ("a.", "found `.` at character 2"),
    ],
)
def test_what_is_no_formula_is_refused_with_its_place(written, said):
    with pytest.raises(InputError, match=r".") as found:
        formula(written)
    assert said in str(found.value)


@pytest.mark.parametrize(
    "written", ["(" * 5000, "(" * 500 + "1" + ")" * 500, "-" * 3000 + "1", "abs(" * 1000, "1" * 6000]
)
def test_a_formula_without_end_is_refused_and_not_followed_down(written):
    with pytest.raises(InputError):
        formula(written)


def test_a_long_sum_is_no_deep_one():
    assert len(names(node(" + ".join(f"a{i}" for i in range(300))))) == 300


def test_every_function_can_be_asked_for_but_that_of_rows_of_the_house():
    signs = {
        "replicas on",
        "world of",
        "+",
        "-",
        "*",
        "/",
        "^",
        "<",
        "<=",
        ">",
        ">=",
        "==",
        "!=",
        "and",
        "or",
        "not",
        "from",
        "in",
    }
    for name in FUNCTIONS.keys() - signs:
        asked = Call(name, (Name("a"), Name("b"), Name("c"))[: FUNCTIONS[name].fewest])
        assert node(text(asked)) == asked
