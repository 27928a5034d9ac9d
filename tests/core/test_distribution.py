"""Distributions against SciPy, against Keelin's own formulas, and in a spreadsheet engine."""

import subprocess
import sys
from collections.abc import Mapping
from io import BytesIO
from math import exp, inf, log, sqrt
from typing import Any

import formualizer
import numpy as np
import pytest
import xlsxwriter
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import integrate, stats

from pertoken.core import metalog
from pertoken.core.distribution import (
    Distribution,
    Parameter,
    form,
    from_p10_p90,
    mean,
    points,
    quantile,
    spelled,
    support,
)
from pertoken.core.errors import InputError
from pertoken.core.kinds import KINDS

Parameters = Mapping[str, Parameter]
SHARES = np.array([1e-6, 0.001, 0.02, 0.1, 0.25, 0.4321, 0.5, 0.7, 0.9, 0.99, 1 - 1e-6])

STANDARD: list[tuple[str, Parameters, Any]] = [
    ("normal", {"mean": 3, "sd": 2}, stats.norm(3, 2)),
    ("lognormal", {"median": 5, "sigma": 0.7}, stats.lognorm(0.7, scale=5)),
    ("uniform", {"low": -1, "high": 4}, stats.uniform(-1, 5)),
    ("triangular", {"low": 1, "mode": 2, "high": 7}, stats.triang(1 / 6, 1, 6)),
    ("triangular", {"low": 1, "mode": 1, "high": 7}, stats.triang(0, 1, 6)),
    ("triangular", {"low": 1, "mode": 7, "high": 7}, stats.triang(1, 1, 6)),
    ("pert", {"low": 1, "mode": 2, "high": 7}, stats.beta(1 + 4 / 6, 1 + 20 / 6, 1, 6)),
    ("beta", {"alpha": 2, "beta": 5}, stats.beta(2, 5)),
    ("beta", {"alpha": 0.5, "beta": 3, "low": 10, "high": 30}, stats.beta(0.5, 3, 10, 20)),
]

CURVES: list[Parameters] = [
    {"p10": -5, "p50": 1, "p90": 9},
    {"p10": 50, "p50": 100, "p90": 300, "low": 0},
    {"p10": 12, "p50": 20, "p90": 30, "low": 10},
    {"p10": 70, "p50": 90, "p90": 97, "high": 100},
    {"p10": 0.02, "p50": 0.05, "p90": 0.2, "low": 0, "high": 1},
]

ALL: list[tuple[str, Parameters]] = [
    *((kind, parameters) for kind, parameters, _ in STANDARD),
    *(("p10_p90", curve) for curve in CURVES),
    ("lognormal", {"p10": 2, "p90": 11}),
    ("discrete", {"values": (7, 1, 3), "shares": (0.2, 0.5, 0.3)}),
    ("constant", {"value": 4.2}),
]


@pytest.mark.parametrize(("kind", "parameters", "twin"), STANDARD)
def test_quantile_and_mean_are_those_of_scipy(kind, parameters, twin):
    made = Distribution(kind, parameters)
    np.testing.assert_allclose(quantile(made, SHARES), twin.ppf(SHARES), rtol=1e-12, atol=1e-12)
    assert mean(made) == pytest.approx(twin.mean(), rel=1e-12)
    assert points(made) == pytest.approx(tuple(twin.ppf([0.1, 0.5, 0.9])))


def test_a_lognormal_goes_through_its_p10_and_p90():
    made = Distribution("lognormal", {"p10": 2, "p90": 11})
    assert points(made) == pytest.approx((2, sqrt(22), 11))
    sigma = log(11 / 2) / 2 / stats.norm.ppf(0.9)
    assert mean(made) == pytest.approx(stats.lognorm(sigma, scale=sqrt(22)).mean())


def test_discrete_is_the_least_value_whose_cumulative_share_reaches():
    made = Distribution("discrete", {"values": (7, 1, 3), "shares": (0.25, 0.5, 0.25)})
    assert made.parameters == {"values": (1.0, 3.0, 7.0), "shares": (0.5, 0.25, 0.25)}
    u = np.array([0.01, 0.5, 0.51, 0.75, 0.76, 0.999])
    twin = stats.rv_discrete(values=((1, 3, 7), (0.5, 0.25, 0.25)))
    assert quantile(made, u).tolist() == twin.ppf(u).tolist() == [1, 1, 3, 3, 7, 7]
    assert mean(made) == pytest.approx(twin.mean())


def keelin(u, curve):
    """The metalog of three terms by a linear system in its basis, whatever the scale (Keelin 2016, equation 6)."""
    low, high = curve.get("low", -inf), curve.get("high", inf)
    x = np.array([curve["p10"], curve["p50"], curve["p90"]])
    stretched = (
        x
        if low == -inf and high == inf
        else np.log(x - low)
        if high == inf
        else -np.log(high - x)
        if low == -inf
        else np.log((x - low) / (high - x))
    )
    logit = lambda y: np.log(y / (1 - y))  # noqa: E731
    basis = lambda y: np.stack([np.ones_like(y), logit(y), (y - 0.5) * logit(y)], axis=-1)  # noqa: E731
    z = basis(u) @ np.linalg.solve(basis(np.array([0.1, 0.5, 0.9])), stretched)
    if low == -inf and high == inf:
        return z
    if high == inf:
        return low + np.exp(z)
    if low == -inf:
        return high - np.exp(-z)
    return (low + high * np.exp(z)) / (1 + np.exp(z))


@pytest.mark.parametrize("curve", CURVES)
def test_the_curve_is_the_metalog_of_three_terms(curve):
    made = Distribution("p10_p90", curve)
    np.testing.assert_allclose(quantile(made, SHARES), keelin(SHARES, curve), rtol=1e-9)


def test_the_coefficients_are_those_of_the_symmetric_triplet():
    """Keelin 2016, section 4: a2 = (q90 - q10) / (2 ln 9), a3 = (1 - 2r)(q90 - q10) / (0.8 ln 9)."""
    q10, q50, q90 = 10, 17, 40
    r = (q50 - q10) / (q90 - q10)
    a2, a3 = metalog.terms(q10, q50, q90)
    assert a2 == pytest.approx((q90 - q10) / (2 * log(9)))
    assert a3 == pytest.approx((1 - 2 * r) * (q90 - q10) / (0.8 * log(9)))


@pytest.mark.parametrize("curve", CURVES)
def test_the_mean_is_the_integral_of_the_quantile(curve):
    made = Distribution("p10_p90", curve)
    total, _ = integrate.quad(lambda u: float(quantile(made, np.array(u))), 0, 1, limit=500, epsabs=1e-9)
    assert mean(made) == pytest.approx(total, rel=1e-6)


numbers = st.floats(-1e6, 1e6)


@given(st.lists(numbers, min_size=3, max_size=3, unique=True), st.booleans())
def test_p10_p50_and_p90_come_out_as_they_went_in_and_the_curve_rises(three, positive):
    shift = 1e6 + 1 if positive else 0
    p10, p50, p90 = (x + shift for x in sorted(three))
    assume(p90 - p10 > 1e-3)
    try:
        made = from_p10_p90(p10, p50, p90)
    except InputError:
        assume(condition=False)
    width = p90 - p10
    np.testing.assert_allclose(points(made), (p10, p50, p90), rtol=1e-9, atol=1e-9 * width)
    assert points(made)[1] == p50
    values = quantile(made, np.linspace(1e-6, 1 - 1e-6, 997))
    assert (np.diff(values) >= -1e-9 * np.abs(values).max()).all()
    if p10 > 0:
        assert (values >= 0).all()


@pytest.mark.parametrize("bounds", [{}, {"low": 0}, {"high": 50}, {"low": 0, "high": 50}])
def test_a_median_just_inside_keelins_limits_gives_a_curve_and_one_outside_turns_back(bounds):
    least, most = metalog.medians(10, 30, **bounds)
    u = np.linspace(1e-5, 1 - 1e-5, 200_003)
    for inner, outer in ((least, 10), (most, 30)):
        inside, outside = inner + (20 - inner) * 0.001, inner - (inner - outer) * 0.02
        assert (np.diff(metalog.quantile(u, 10, inside, 30, **bounds)) > 0).all()
        assert (np.diff(metalog.quantile(u, 10, outside, 30, **bounds)) < 0).any()
        with pytest.raises(InputError, match=r"too near to p.0 for a smooth curve; expected p50 between"):
            from_p10_p90(10, outside, 30, low=bounds.get("low", -inf), high=bounds.get("high"))


def test_bounds_are_chosen_by_sign_and_can_be_taken_away():
    assert set(from_p10_p90(1, 2, 4).parameters) == {"p10", "p50", "p90", "low"}
    assert set(from_p10_p90(-1, 2, 4).parameters) == {"p10", "p50", "p90"}
    assert set(from_p10_p90(1, 2, 4, low=-inf).parameters) == {"p10", "p50", "p90"}
    assert set(from_p10_p90(0.1, 0.2, 0.4, low=0, high=1).parameters) == {"p10", "p50", "p90", "low", "high"}


def test_a_median_that_is_not_said_lies_in_the_middle_of_the_scale():
    assert points(from_p10_p90(10, None, 1000, high=5000))[1] == pytest.approx(
        5000 / (1 + sqrt((4990 / 10) * (4000 / 1000)))
    )
    assert points(from_p10_p90(10, None, 90))[1] == pytest.approx(30)
    assert points(from_p10_p90(-10, None, 90))[1] == 40


@pytest.mark.parametrize(("kind", "parameters"), ALL)
def test_all_worlds_lie_between_the_bounds_and_near_them_if_there_are_any(kind, parameters):
    made = Distribution(kind, parameters)
    low, high = support(made)
    values = quantile(made, np.array([1e-12, *SHARES, 1 - 1e-12]))
    assert low <= values.min()
    assert values.max() <= high
    assert low == -inf or values.min() - low < 0.05 * (points(made)[2] - low or 1)
    assert high == inf or high - values.max() < 0.05 * (high - points(made)[0] or 1)


def test_even_in_logarithms_is_log_logistic():
    """With p50 the geometric mean the third term is nought, and what is left is `scipy.stats.fisk`."""
    made = from_p10_p90(20, None, 80)
    twin = stats.fisk(2 * log(9) / log(4), scale=40)
    np.testing.assert_allclose(quantile(made, SHARES), twin.ppf(SHARES), rtol=1e-9)
    assert mean(made) == pytest.approx(twin.mean(), rel=1e-9)


def test_a_range_so_wide_that_it_has_no_mean_is_refused_until_it_is_bounded():
    """A log-logistic has a mean while its shape is above 1: P90 less than 81 times P10."""
    assert mean(from_p10_p90(1, None, 80)) == pytest.approx(
        stats.fisk(2 * log(9) / log(80), scale=sqrt(80)).mean(), rel=1e-6
    )
    with pytest.raises(InputError, match=r"so wide that there is no mean; .* give the other bound too"):
        from_p10_p90(1, None, 82)
    assert mean(from_p10_p90(1, None, 82, high=1000)) < 1000


@given(st.sampled_from(ALL), st.floats(1e-9, 1 - 1e-9), st.floats(1e-9, 1 - 1e-9))
def test_a_higher_share_never_means_a_lower_value(one, u, v):
    made = Distribution(*one)
    low, high = quantile(made, np.array(sorted([u, v])))
    assert low <= high + 1e-12 * abs(high)


@pytest.mark.parametrize(("kind", "parameters"), ALL)
def test_shapes_stay(kind, parameters):
    assert quantile(Distribution(kind, parameters), np.full((2, 3, 5), 0.3)).shape == (2, 3, 5)


WRONG = [
    ("p10_p90", {"p10": 5, "p50": 4, "p90": 3}, "p10 is 5 and p50 is 4; expected p10 below p50"),
    ("p10_p90", {"p10": 1, "p50": 9, "p90": 3, "low": 0}, "p50 is 9 and p90 is 3; expected p50 below p90"),
    ("p10_p90", {"p10": 1, "p50": 2, "p90": 3, "low": 1}, "low is 1 and p10 is 1; expected low below p10"),
    ("p10_p90", {"p10": 0.1, "p50": 0.2, "p90": 1.1, "low": 0, "high": 1}, "p90 is 1.1 and high is 1"),
    ("p10_p90", {"p10": 1, "p50": 2}, "p10_p90 with p10, p50; expected p10, p50, p90 or p10, p50, p90, low or"),
    ("normal", {"mean": 1, "sd": -1}, "sd is -1; expected sd above 0; mend its sign"),
    ("normal", {"mean": 1, "sd": 0}, "sd is 0; expected sd above 0; write a plain value for what is certain"),
    ("lognormal", {"p10": -1, "p90": 3}, "p10 is -1; expected p10 above 0; mend its sign"),
    ("lognormal", {"median": 0, "sigma": 1}, "median is 0; expected median above 0"),
    ("uniform", {"low": 3, "high": 1}, "low is 3 and high is 1; expected low below high"),
    ("triangular", {"low": 1, "mode": 9, "high": 5}, "mode is 9; expected a mode from low 1 to high 5"),
    ("pert", {"low": 1, "mode": 0, "high": 5}, "mode is 0; expected a mode from low 1 to high 5"),
    ("beta", {"alpha": 0, "beta": 1}, "alpha is 0; expected alpha above 0"),
    ("discrete", {"values": (1, 2), "shares": (0.5, 0.4)}, r"shares sum to 0.9; .* multiply them by 1.11111"),
    ("discrete", {"values": (1, 2), "shares": (1.5, -0.5)}, "a share is -0.5"),
    ("discrete", {"values": (1, 2), "shares": (1,)}, "2 values and 1 shares"),
    ("discrete", {"values": (1, 1), "shares": (0.5, 0.5)}, "a value stands twice"),
    ("discrete", {"values": 1, "shares": (1,)}, "values is 1; expected values as a list"),
    ("uniform", {"low": "2 %", "high": 3}, "low is '2 %'; expected a"),
    ("uniform", {"low": True, "high": 3}, "low is True; expected a finite number"),
    ("uniform", {"low": float("nan"), "high": 3}, "low is nan; expected a finite number"),
    ("trianglar", {"low": 1}, "a distribution 'trianglar'; .* did you mean triangular"),
]


@pytest.mark.parametrize(("kind", "parameters", "says"), WRONG)
def test_what_no_distribution_has_is_named_with_its_mend(kind, parameters, says):
    with pytest.raises(InputError, match=says) as caught:
        Distribution(kind, parameters)
    assert all(fault.found and fault.expected and fault.mend for fault in caught.value.faults)


def cells(made):
    """Parameters of a distribution as a spreadsheet says them, its lists as array constants."""
    out = {name: repr(x) if isinstance(x, float) else column(x) for name, x in made.parameters.items()}
    if made.kind == "discrete":
        out["ends"] = column(np.cumsum(made.parameters["shares"]).round(12))
    return {name: text if text.startswith("{") else f"({text})" for name, text in out.items()}


def column(numbers):
    return "{" + ";".join(repr(float(x)) for x in numbers) + "}"


@pytest.mark.parametrize("each", ["spelled", "terms"])
def test_a_spreadsheet_reads_the_same_quantiles(each):
    shares = SHARES[1:-1].tolist()
    data = BytesIO()
    with xlsxwriter.Workbook(data) as book:
        sheet = book.add_worksheet("Draws")
        for row, (kind, parameters) in enumerate(ALL):
            made = Distribution(kind, parameters)
            slots, ways = cells(made), form(made)
            text = spelled(ways) if each == "spelled" else ways.excel
            for i, (name, term) in enumerate(ways.terms.items()):
                sheet.write_formula(row, 50 + i, "=" + term.format(**slots))
                slots[name] = f"$A{row + 1}".replace("A", ("AY", "AZ")[i])
            for i, u in enumerate(shares):
                sheet.write_formula(row, i, "=" + text.format(u=f"({u!r})", **slots))
    engine = formualizer.load_workbook_bytes(data.getvalue())
    for row, (kind, parameters) in enumerate(ALL):
        found = [engine.evaluate_cell("Draws", row + 1, i + 1) for i in range(len(shares))]
        wanted = quantile(Distribution(kind, parameters), np.array(shares))
        np.testing.assert_allclose(found, wanted, rtol=2e-9, atol=1e-12, err_msg=f"{kind} {parameters}")


def test_each_kind_has_spreadsheet_words_with_known_slots_only():
    for forms in KINDS.values():
        for each in forms:
            slots = dict.fromkeys((*each.parameters, *each.terms, "u", "ends"), "1")
            assert each.excel.format(**slots)
            assert all(term.format(**slots) for term in each.terms.values())


def test_distributions_of_the_same_parameters_are_equal():
    one, two = (Distribution("uniform", {"low": 1, "high": x}) for x in (2, 2.0))
    assert one == two
    assert one != Distribution("uniform", {"low": 1, "high": 3})


def test_a_normal_in_logarithms_is_a_lognormal():
    one, two = (
        Distribution("normal", {"mean": 1, "sd": 0.5}),
        Distribution("lognormal", {"median": exp(1), "sigma": 0.5}),
    )
    np.testing.assert_allclose(np.exp(quantile(one, SHARES)), quantile(two, SHARES))


def test_a_range_is_read_without_loading_scipy():
    """What a run without draws needs must start fast."""
    script = (
        "import sys; from pertoken.core import copula, design, summary; from pertoken.core.distribution import *;"
        "points(from_p10_p90(1, 2, 4)); design.design(['a'], draws=8, seed=1);"
        "summary.summary(summary.gather(summary.Gathered(), design.np.ones(3)));"
        "print([name for name in sys.modules if name.startswith('scipy')])"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    assert found == "[]\n"
