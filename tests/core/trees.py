"""Formulas made at random, as Hypothesis draws them."""

from hypothesis import strategies as st

from pertoken.core.formula import Call, Name, Number, month_number
from pertoken.core.units import ONE, unit

NAMES = ("a", "b1", "price.pro.per_1k", "price.gpt-5.2.input", "not", "2x", "tier.2")

values = st.one_of(
    st.integers(-1000, 10**9).map(float),
    st.floats(-1e12, 1e12, allow_nan=False).filter(lambda x: x != 0),
)
units = st.sampled_from([ONE, ONE, unit("USD"), unit("USD/1K token"), unit("USD * token"), unit("%"), unit("5 token")])
numbers = st.builds(Number, values, units)
months = st.sampled_from(["2027-01", "2026-12", "2030-10"]).map(lambda label: Number(float(month_number(label))))


def trees(names=NAMES):
    """Any formula that can be written, over some names."""
    named = st.sampled_from(names).map(Name)
    timed = st.builds(
        lambda f, x: Call(f, (x,)), st.sampled_from(["prev", "cumulative", "total", "first", "last"]), named
    )
    flags = st.builds(lambda f, x: Call(f, (x,)), st.sampled_from(["from", "in"]), months)
    return st.recursive(st.one_of(named, numbers, timed, flags), _over, max_leaves=25)


def _over(inner):
    signs = st.sampled_from(["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "==", "!=", "and", "or"])
    two = st.builds(lambda f, x, y: Call(f, (x, y)), signs, inner, inner)
    one = st.builds(
        lambda f, x: Call(f, (x,)),
        st.sampled_from(["not", "abs", "exp", "ln", "sqrt", "round", "round_up", "normal", "min"]),
        inner,
    )
    negative = inner.filter(lambda node: not isinstance(node, Number)).map(lambda x: Call("-", (x,)))
    many = st.builds(
        lambda f, xs: Call(f, tuple(xs)), st.sampled_from(["min", "max"]), st.lists(inner, min_size=2, max_size=4)
    )
    three = st.builds(lambda x, y, z: Call("if", (x, y, z)), inner, inner, inner)
    return st.one_of(two, one, negative, many, three)
