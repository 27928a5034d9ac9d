"""Units of formulas: what comes out, the factors that are written in, and what does not fit."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.formula import Call, Name, Number, checked, formula, text, unit_of
from pertoken.core.units import made, power, times, unit

KNOWN = {
    name: unit(said)
    for name, said in {
        "users": "user",
        "per_user": "token / user",
        "tokens": "token",
        "volume": "1M token",
        "price": "USD / 1K token",
        "list_price": "USD / 1M token",
        "growth": "%",
        "share": "1",
        "revenue": "USD",
        "fee": "USD / user",
        "yearly": "USD / year",
        "month": "1",
        "event.cut": "1",
    }.items()
}


def written(said, expected=None):
    node, one = checked(formula(said).node, KNOWN, unit(expected) if expected else None)
    return text(node), str(one)


@pytest.mark.parametrize(
    ("said", "expected", "node", "counts"),
    [
        ("users * per_user", None, "users * per_user", "token"),
        ("users * per_user * price", "USD", "users * per_user * price / 1000", "USD"),
        ("tokens * (price + list_price)", "USD", "tokens * (price + list_price / 1000) / 1000", "USD"),
        ("tokens * price + 5", None, "tokens * price / 1000 + 5", "USD"),
        ("volume + tokens", None, "volume + tokens / 1000000", "1M token"),
        ("volume + 5", None, "volume + 5", "1M token"),
        ("tokens + volume", "1K token", "(tokens + volume * 1000000) / 1000", "1K token"),
        ("users * growth", None, "users * (growth / 100)", "user"),
        ("users * (1 + growth)", "user", "users * (1 + growth / 100)", "user"),
        ("growth", "1", "growth / 100", "1"),
        ("growth + growth", None, "growth + growth", "%"),
        ("3%", "%", "3", "%"),
        ("revenue >= 30", None, "revenue >= 30", "1"),
        ("growth > 2%", None, "growth / 100 > 0.02", "1"),
        ("max(0, revenue - 500)", None, "max(0, revenue - 500)", "USD"),
        ("yearly", "USD", "yearly / 12", "USD"),
        ("6_000 + 2k * from(2027-03)", "USD", "6000 + 2000 * from(2027-03)", "USD"),
        ("if(users > 100, 5, 6) * revenue", None, "if(users > 100, 5, 6) * revenue", "USD"),
        ("if(event.cut, price, list_price)", None, "if(event.cut, price, list_price / 1000)", "USD / 1K token"),
        ("0.40 USD/user * users", "USD", "0.4 USD/user * users", "USD"),
        ("0.003 USD/1K token * tokens", "USD", "0.003 USD/1K token * tokens / 1000", "USD"),
        ("12 USD/year * share", "USD", "12 USD/year * share / 12", "USD"),
        ("100 USD / users", None, "100 USD / users", "USD / user"),
        ("revenue / yearly", "1", "revenue / yearly * 12", "1"),
        ("(1 + growth) ^ month", None, "(1 + growth / 100) ^ month", "1"),
        ("sqrt(volume * tokens)", "token", "sqrt(volume * tokens * 1000000)", "token"),
        ("users ^ 2", None, "users ^ 2", "user ^ 2".replace(" ", "")),
        ("exp(growth)", None, "exp(growth / 100)", "1"),
        ("round(revenue, 2)", None, "round(revenue, 2)", "USD"),
        ("total(revenue) / total(users)", "USD / user", "total(revenue) / total(users)", "USD / user"),
        ("prev(volume) + 1", None, "prev(volume) + 1", "1M token"),
        ("not share and users > 3", None, "not share and users > 3", "1"),
        ("-users", "user", "-users", "user"),
    ],
)
def test_factors_between_sizes_are_written_into_the_formula(said, expected, node, counts):
    assert written(said, expected) == (node, counts)


@pytest.mark.parametrize(
    ("said", "expected", "told"),
    [
        (
            "users * price",
            "USD",
            (
                "`users * price` is in user * USD / token; expected USD; `price` is per token, `users` counts user; "
                "multiply by something in token / user"
            ),
        ),
        (
            "revenue + tokens",
            None,
            (
                "`revenue + tokens` takes `revenue` in USD and `tokens` in token; expected both in the same unit; "
                "multiply `tokens` by something in USD / token"
            ),
        ),
        ("1 + (revenue - users) * share", None, "`revenue - users` takes `revenue` in USD and `users` in user"),
        ("max(revenue, 3 * users)", None, "takes `revenue` in USD and `3 * users` in user"),
        ("if(share, revenue, users)", None, "takes `revenue` in USD and `users` in user"),
        ("users > revenue", None, "takes `users` in user and `revenue` in USD"),
        ("10_000 * event.cut", "USD", "expected USD; write the unit behind the number, as `10000 USD`"),
        ("share", "USD", "`share` is in 1; expected USD; multiply by USD"),
        ("exp(users)", None, "`users` in `exp(users)` is in user; expected a number without unit"),
        ("2 ^ users", None, "`users` in `2 ^ users` is in user; expected a number without unit"),
        ("users ^ share", None, "`users` in user to the power `share`; expected a whole number"),
        ("sqrt(users)", None, "the square root of `users` in user; expected a square, or no unit"),
        ("if(users, 1, 2)", None, "`users` in `if(users, 1, 2)` is in user"),
        ("userz * 2", None, "`userz`; expected the name of a quantity; did you mean users?"),
        ("5 EUR", "USD", "`5 EUR` is in EUR; expected USD"),
    ],
)
def test_the_smallest_part_that_does_not_fit_is_told_with_both_units(said, expected, told):
    with pytest.raises(InputError) as found:
        written(said, expected)
    assert told in str(found.value)


@pytest.mark.parametrize("said", ["revenue >= 30%", "revenue + 5%", "min(5%, fee)", "if(month > 3, revenue, 5%)"])
def test_a_share_written_with_percent_takes_no_other_unit(said):
    with pytest.raises(InputError, match=r"expected both in the same unit"):
        written(said)


def test_a_share_written_with_percent_is_not_an_amount():
    with pytest.raises(InputError, match="expected USD"):
        written("30%", "USD")
    assert written("revenue >= 30% * revenue") == ("revenue >= 0.3 * revenue", "1")
    assert written("growth + 2%", "%") == written("growth + 0.02", "%")


def test_a_ladder_charges_in_its_own_unit():
    charged = Call("tiered", (Name("ladder"), Call("*", (Name("users"), Number(2.0)))))
    assert unit_of(charged, {"ladder": unit("USD"), "users": unit("user")}) == unit("USD")


PRIMES = {"a": 2, "b": 3, "c": 5, "d": 7, "e": 11, "f": 13, "g": 17}
NOUNS = {"a": "token", "b": "user", "c": "token", "d": "user", "e": "", "f": "USD", "g": "USD"}
scales = st.sampled_from(
    [Fraction(1), Fraction(1000), Fraction(1, 1000), Fraction(1, 100), Fraction(1, 12), Fraction(7)]
)
terms = [
    "a * f / b",
    "g * c / d",
    "f * a * e / d",
    "a * (1 + e) * g / b",
    "min(a, c) * max(f, g) / b",
    "c / (b + d) * f",
]
joined = ["{} + {}", "{} - {}", "min({}, {})", "max({}, 2 * {})", "if(a > c, {}, {})", "({}) * e + ({}) / 4"]


@given(st.sampled_from(terms), st.sampled_from(terms), st.sampled_from(joined), st.data(), scales)
def test_a_checked_formula_comes_to_the_same_as_plain_units_do(one, other, way, data, expected_scale):
    """The oracle: fractions, with each number brought to its plain unit first."""
    plain = formula(way.format(one, other)).node
    sizes = {name: data.draw(scales, label=name) for name in PRIMES}
    units = {name: made({NOUNS[name]: 1} if NOUNS[name] else {}, sizes[name]) for name in PRIMES}
    money = times(times(unit("USD"), unit("token")), power(unit("user"), -1))
    expected = made(dict(money.powers), expected_scale)
    node, _ = checked(plain, units, expected)
    stored = {name: Fraction(value) for name, value in PRIMES.items()}
    of_plain = exact(plain, {name: value * sizes[name] for name, value in stored.items()})
    assert abs(exact(node, stored) * expected_scale - of_plain) <= abs(of_plain) * Fraction(1, 10**12)


def exact(node, values):
    if isinstance(node, Number):
        return Fraction(node.value)
    if isinstance(node, Name):
        return values[node.name]
    args = [exact(arg, values) for arg in node.args]
    return EXACT[node.function](*args)


EXACT: dict[str, Callable[..., Any]] = {
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "*": lambda x, y: x * y,
    "/": lambda x, y: x / y,
    ">": lambda x, y: x > y,
    "min": min,
    "max": max,
    "if": lambda x, y, z: y if x else z,
}
