"""NumPy as interpreter: as a slow twin reckons, in one world and in many."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from pertoken.core.errors import InputError
from pertoken.core.money import round_half_up
from pertoken.rating.card import Curve, Tier
from pertoken.rating.curve import normal_form
from pertoken.rating.walk import walk
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.program import Ladder
from tests.scenario.programs import MONTHS, program, random_programs, row, twin
from tests.tries import tries

numbers = st.integers(-40, 400).map(lambda x: x / 4)


def drawn(data, names, size):
    return {name: np.array(data.draw(st.lists(numbers, min_size=size(name), max_size=size(name)))) for name in names}


@tries(40)
@given(random_programs(), st.data())
def test_any_program_comes_to_what_its_slow_twin_says(made, data):
    given_ = drawn(data, ["i0", "i1", "i2", "m0", "m1"], lambda name: 1 if name[0] == "i" else len(MONTHS))
    found = evaluate(made, given_)
    expected = twin(made, {name: values.tolist() for name, values in given_.items()})
    for name, values in expected.items():
        assert found[name].shape == (len(values),)
        np.testing.assert_allclose(found[name], values, rtol=1e-9, err_msg=name)


@tries(20)
@given(random_programs(), st.data())
def test_many_worlds_are_each_world_alone(made, data):
    """Leading axes of 3 scenarios and 7 draws; some inputs are the same in all of them."""
    shapes = {"i0": (3, 7, 1), "i1": (1,), "i2": (7, 1), "m0": (3, 1, 5), "m1": (5,)}
    given_ = {
        name: np.array(data.draw(st.lists(numbers, min_size=int(np.prod(shape)), max_size=int(np.prod(shape)))))
        for name, shape in shapes.items()
    }
    given_ = {name: values.reshape(shapes[name]) for name, values in given_.items()}
    found = evaluate(made, given_)
    for world in np.ndindex(3, 7):
        alone = evaluate(made, {name: _of(values, world) for name, values in given_.items()})
        for name, values in alone.items():
            np.testing.assert_array_equal(_of(found[name], world), values, err_msg=name)


def _of(values, world):
    return np.broadcast_to(values, (3, 7, values.shape[-1]))[world]


@tries(20)
@given(random_programs(), st.data())
def test_what_is_wanted_alone_is_the_same_as_in_all(made, data):
    given_ = drawn(data, ["i0", "i1", "i2", "m0", "m1"], lambda name: 1 if name[0] == "i" else len(MONTHS))
    everything = evaluate(made, given_)
    wanted = data.draw(st.lists(st.sampled_from([each.name for each in made.rows]), min_size=1))
    found = evaluate(made, given_, wanted)
    assert found.keys() == set(wanted)
    for name, values in found.items():
        np.testing.assert_array_equal(values, everything[name])


def test_customers_are_as_on_paper():
    """100 before the first month, 10 % leave a month, 20 join: 110, 119, 127.1."""
    made = program(
        row("customers", "prev(customers) - churned + new", opening="start"),
        row("churned", "prev(customers) * churn"),
        row("new"),
        row("churn", by_month=False),
        row("start", by_month=False),
        row("paid", "cumulative(customers) * from(2026-12)"),
        months=("2026-11", "2026-12", "2027-01"),
    )
    given_ = {"new": np.array([20.0]), "churn": np.array([0.1]), "start": np.array([100.0])}
    found = evaluate(made, given_)
    assert found["customers"] == pytest.approx([110, 119, 127.1])
    assert found["churned"] == pytest.approx([10, 11, 11.9])
    assert found["paid"] == pytest.approx([0, 229, 356.1])


def test_a_grant_that_is_drawn_down_month_by_month_ends_at_nothing():
    made = program(
        row("left", "max(0, 100 - cumulative(drawn))"),
        row("drawn", "min(40, prev(left) + 100 * in(2026-11))"),
    )
    found = evaluate(made, {})
    assert found["drawn"].tolist() == [40, 40, 20, 0, 0]
    assert found["left"].tolist() == [60, 20, 0, 0, 0]


def test_what_is_the_same_in_all_worlds_stays_small():
    made = program(row("a", by_month=False), row("b", by_month=False), row("c", "a * 2"), row("d", "b + c"))
    found = evaluate(made, {"a": np.array([3.0]), "b": np.zeros((1000, 1))})
    assert found["c"].shape == (5,)
    assert found["c"].strides == (0,)
    assert found["d"].shape == (1000, 5)


def test_a_row_with_a_formula_may_be_given():
    made = program(row("a", "prev(b) + 1"), row("b", "a * 2"), row("c", "b + 1"))
    assert evaluate(made, {"b": np.array([1.0])})["c"].tolist() == [2] * 5
    assert evaluate(made, {"b": np.array([1.0])})["a"].tolist() == [1, 2, 2, 2, 2]


tiers = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 9), st.integers(0, 20)), min_size=1, max_size=4)


@given(st.lists(tiers, min_size=1, max_size=5), st.sampled_from(["marginal", "all"]), st.data())
def test_tiers_that_differ_by_world_charge_as_the_card_of_each_world(worlds, mode, data):
    """The oracle is what one would do on paper: `rating.walk`, in exact decimals."""
    size = min(map(len, worlds))
    curves = [_curve(world[:size], mode) for world in worlds]
    forms = [normal_form(curve) for curve in curves]
    ladder = _ladder(size)
    columns = [row(name, by_month=False) for name in (*ladder.up_to, *ladder.a, *ladder.b)]
    made = program(*columns, row("q"), row("money", "tiered(ladder, q)"), ladders=[ladder])
    bounds = sorted({0, *(int(bound) for form in forms for bound in form.up_to)})
    quantity = data.draw(st.lists(st.one_of(st.sampled_from(bounds), st.integers(0, 300)), min_size=5, max_size=5))
    given_ = {"q": np.array(quantity, dtype=float)}
    for names, numbers in ((ladder.up_to, "up_to"), (ladder.a, "a"), (ladder.b, "b")):
        given_ |= {name: _column([getattr(form, numbers)[k] for form in forms]) for k, name in enumerate(names)}
    found = evaluate(made, given_)
    for world, curve in enumerate(curves):
        paid = [float(sum(part.amount for part in walk(curve, Decimal(q)))) for q in quantity]
        assert np.broadcast_to(found["money"], (len(curves), 5))[world] == pytest.approx(paid)


def _ladder(size):
    up_to, a, b = (
        tuple(f"{kind}{k}" for k in range(count)) for kind, count in (("u", size - 1), ("a", size), ("b", size))
    )
    return Ladder(name="ladder", up_to=up_to, a=a, b=b)


def _column(values):
    return np.array([[float(value)] for value in values])


def _curve(parts, mode):
    bounds = np.cumsum([width for width, _, _ in parts])
    made = [
        Tier(up_to=None if k == len(parts) - 1 else Decimal(int(bounds[k])), rate=Decimal(rate), flat=Decimal(flat))
        for k, (_, rate, flat) in enumerate(parts)
    ]
    return Curve(tiers=tuple(made), mode=mode, flat_on_zero=True)


def test_a_quantity_that_floats_push_over_a_bound_stays_below_it():
    columns = [row(name, by_month=False) for name in ("u0", "a0", "a1", "b0", "b1", "third")]
    money = row("money", "tiered(ladder, third * 3 * 10)")
    made = program(*columns, money, ladders=[_ladder(2)])
    given_ = {"u0": 3.0, "a0": 0.0, "a1": 100.0, "b0": 1.0, "b1": 1.0, "third": 0.1}
    assert 0.1 * 3 * 10 > 3
    for size in (1, 2):
        worlds = {name: np.full((size, 1), value) for name, value in given_.items()}
        assert evaluate(made, worlds)["money"] == pytest.approx(np.full((size, 5), 3.0))


values = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.lists(values, min_size=5, max_size=5))
def test_functions_are_those_of_the_libraries(said):
    made = program(
        row("x"),
        row("ln", "ln(x)"),
        row("exp", "exp(x / 10_000)"),
        row("sqrt", "sqrt(abs(x))"),
        row("normal", "normal(x / 100_000)"),
        row("inverse", "normal_inverse(normal(x / 1M))"),
        row("cents", "round(x, 2)"),
        row("up", "round_up(x)"),
        row("down", "round_down(x)"),
        row("power", "x ^ 2"),
        row("ratio", "1 / x"),
    )
    x = np.array(said)
    found = evaluate(made, {"x": x})
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(found["ln"], np.log(x))
        np.testing.assert_allclose(found["ratio"], 1 / x)
    np.testing.assert_allclose(found["exp"], np.exp(x / 10_000))
    np.testing.assert_allclose(found["sqrt"], np.sqrt(np.abs(x)))
    np.testing.assert_allclose(found["normal"], norm.cdf(x / 100_000), atol=1e-12)
    np.testing.assert_allclose(found["inverse"], x / 1e6, atol=1e-6)
    np.testing.assert_array_equal(found["cents"], round_half_up(x, 2))
    np.testing.assert_allclose(found["power"], x * x)
    assert np.all((np.abs(found["up"]) >= np.abs(x) * (1 - 1e-14)) & (np.abs(found["up"]) <= np.abs(x) + 1))
    assert np.all((np.abs(found["down"]) <= np.abs(x) * (1 + 1e-14)) & (np.abs(found["down"]) >= np.abs(x) - 1))


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("round(1012.965, 2)", 1012.97),
        ("round(-0.125, 2)", -0.13),
        ("round(2.5)", 3),
        ("round(1250, -2)", 1300),
        ("round_up(0.1 * 3 * 10)", 3),
        ("round_up(3.01)", 4),
        ("round_up(-3.01)", -4),
        ("round_down(2.9 * 100 / 2.9)", 100),
        ("round_down(-3.9)", -3),
        ("-2 ^ 2", -4),
        ("2 ^ 3 ^ 2", 512),
        ("5 > 3 and not 2 == 2", 0),
        ("1 / 0", np.inf),
        ("min(0 / 0, 1)", np.nan),
    ],
)
def test_a_number_is_what_a_person_reads(said, value):
    assert evaluate(program(row("x", said)), {})["x"][0] == pytest.approx(value, nan_ok=True)


@pytest.mark.parametrize(
    ("rows", "given_", "said"),
    [
        ([row("a")], {}, "no value for the input `a`"),
        ([row("a", by_month=False)], {"a": np.zeros(5)}, "5 numbers in time for `a`; expected 1"),
        ([row("a")], {"a": np.zeros(3)}, "3 numbers in time for `a`; expected 5 or 1"),
        ([row("a"), row("b", "a", by_month=False)], {}, "`b` is one number and its formula gives one for each month"),
        ([row("a", by_month=False), row("b", "total(a)")], {}, "`b` asks for the months of `a`, which is one number"),
        (
            [row("a"), row("b", "prev(b)", opening="a")],
            {},
            "`b` before the first month follows from a quantity by month",
        ),
        ([row("a", "round(1.5, from(2026-12))")], {}, "round to 2 numbers of digits; expected one number of digits"),
    ],
)
def test_what_does_not_fit_is_refused(rows, given_, said):
    with pytest.raises(InputError) as found:
        evaluate(program(*rows), given_)
    assert said in str(found.value)


def test_an_unknown_result_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="`revenu`; expected the name of a quantity; did you mean revenue"):
        evaluate(program(row("revenue", "1")), {}, ["revenu"])
