"""Units: read as people write them, and reckoned with."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.units import ONE, factor, made, over, power, same, singular, times, unit

K, M = Fraction(1000), Fraction(10**6)


@pytest.mark.parametrize(
    ("text", "powers", "scale"),
    [
        ("token / request", {"token": 1, "request": -1}, 1),
        ("tokens per requests", {"token": 1, "request": -1}, 1),
        ("USD / 1K token", {"USD": 1, "token": -1}, 1 / K),
        ("USD/1M tokens", {"USD": 1, "token": -1}, 1 / M),
        ("USD / 1_000 tokens", {"USD": 1, "token": -1}, 1 / K),
        ("1M tokens", {"token": 1}, M),
        ("2.5K tokens", {"token": 1}, 2500),
        ("%", {}, Fraction(1, 100)),
        ("1", {}, 1),
        ("", {}, 1),
        ("1 / year", {}, Fraction(1, 12)),
        ("% / year", {}, Fraction(1, 1200)),
        ("USD/customer/year", {"USD": 1, "customer": -1}, Fraction(1, 12)),
        ("USD / seat / month", {"USD": 1, "seat": -1}, 1),
        ("USD / quarter", {"USD": 1}, Fraction(1, 3)),
        ("gpu_hours", {"gpu_hour": 1}, 1),
        ("GPU-hour", {"gpu_hour": 1}, 1),
        ("token*s", {"token": 1, "second": 1}, 1),
        ("usd", {"USD": 1}, 1),
        ("(USD / token) * token", {"USD": 1}, 1),
        ("token^2 / token", {"token": 1}, 1),
        ("USD / (token * request)", {"USD": 1, "token": -1, "request": -1}, 1),
    ],
)
def test_a_unit_is_nouns_with_exponents_and_a_size(text, powers, scale):
    assert dict(unit(text).powers) == powers
    assert unit(text).scale == scale


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("tokens", "token"),
        ("queries", "query"),
        ("hours", "hour"),
        ("batches", "batch"),
        ("searches", "search"),
        ("classes", "class"),
        ("boxes", "box"),
        ("people", "person"),
        ("gpus", "gpu"),
        ("images", "image"),
        ("gas", "gas"),
        ("lens", "lens"),
        ("bus", "bus"),
        ("analysis", "analysis"),
        ("eur", "EUR"),
        ("GB", "GB"),
    ],
)
def test_nouns_stand_in_the_singular(many, one):
    assert singular(many) == one
    assert singular(one) == one


def test_the_modellers_own_words_are_units():
    words = {"query": "request", "packs": "5 requests", "bundle": "2 packs"}
    assert unit("token / query", words) == unit("token / request")
    assert unit("token / query", words).text == "token / query"
    assert factor(unit("bundle", words), unit("request")) == 10
    assert unit("ticket", {"ticket": "ticket"}).powers == (("ticket", 1),)


@pytest.mark.parametrize(
    ("text", "words", "said"),
    [
        ("tokne / request", {}, "the noun `tokne`; expected `token`; or say what it is under `units`: `tokne: tokne`"),
        ("USD /", {}, "an end; expected a noun, `%` or `1`"),
        ("USD token", {}, "`token` after a whole unit; expected `*` or `/` between nouns"),
        ("USD @ token", {}, "`@ token`; expected nouns joined by `*` and `/`"),
        ("(USD", {}, "a bracket that is not closed; expected `)`"),
        ("0 token", {}, "a size of 0; expected a size above 0"),
        ("token^1.5", {}, "an exponent that is not whole"),
        ("a1", {"a1": "b1", "b1": "2 a1"}, "`a1`, which is said in terms of itself"),
    ],
)
def test_what_is_no_unit_is_refused_with_what_was_expected(text, words, said):
    with pytest.raises(InputError, match=r".") as found:
        unit(text, words)
    assert said in str(found.value)


def test_the_bill_of_a_chatbot_counts_money():
    """100,000 queries of 500 tokens at 0.015 USD per 1K: 750 USD."""
    made_of = times(times(unit("request"), unit("token / request")), unit("USD / 1K token"))
    assert same(made_of, unit("USD"))
    assert 100_000 * 500 * Fraction("0.015") * factor(made_of, unit("USD")) == 750


def test_numbers_of_two_units_are_no_factor_of_each_other():
    with pytest.raises(InputError, match="a number in token; expected USD"):
        factor(unit("token"), unit("USD"))


nouns = st.sampled_from(["token", "request", "customer", "USD", "EUR", "gpu_hour"])
scales = st.sampled_from(
    [Fraction(1), K, M, 1 / K, 1 / M, Fraction(1, 100), Fraction(1, 12), Fraction(12), Fraction(5)]
)
units = st.builds(made, st.dictionaries(nouns, st.integers(-3, 3), max_size=4), scales)


@given(units)
def test_a_unit_reads_as_it_is_written(one):
    assert unit(str(one)) == one


@given(units, units, units)
def test_units_multiply_as_numbers_do(a, b, c):
    assert times(a, b) == times(b, a)
    assert times(times(a, b), c) == times(a, times(b, c))
    assert over(times(a, b), b) == a
    assert times(a, ONE) == a
    assert power(times(a, b), 2) == times(power(a, 2), power(b, 2))
    assert hash(times(a, b)) == hash(times(b, a))


@given(units, scales, scales)
def test_factors_chain(a, to, then):
    b, c = made(dict(a.powers), to), made(dict(a.powers), then)
    assert factor(a, b) * factor(b, c) == factor(a, c)
    assert factor(a, b) * factor(b, a) == 1
