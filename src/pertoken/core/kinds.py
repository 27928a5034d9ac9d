"""Kinds of distributions: their parameters and what these must obey, their quantile, mean and spreadsheet words.

The quantile is the inverse of the cumulative distribution. In a spreadsheet `terms` are reckoned once for an input and
`excel` once for each draw, both in functions that every spreadsheet knows; `{u}` is the share, other slots are
parameters and terms, each a cell. `{values}` and `{ends}` of `discrete` are columns, `ends` the running sum of the
shares, the last of them 1.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, pairwise
from math import exp, inf, isclose, log
from types import MappingProxyType

import numpy as np

from pertoken.core import metalog
from pertoken.core.errors import Fault
from pertoken.core.money import Values

P90 = 1.2815515655446004
"""How many standard deviations the P90 of a normal distribution lies above its mean."""
CERTAIN = "write a plain value for what is certain"


@dataclass(frozen=True, slots=True)
class Form:
    """One way to say a distribution.

    Args:
        parameters: Their names, in the order in which they are said.
        quantile: Shares strictly between 0 and 1, and the parameters, to values.
        mean: The parameters to the mean.
        check: What is wrong with the parameters, all of which are finite numbers.
        excel: The quantile in a spreadsheet, with slots in braces.
        terms: What `excel` needs that does not depend on the share, in spreadsheet words, by name.
    """

    parameters: tuple[str, ...]
    quantile: Callable[..., Values]
    mean: Callable[..., float]
    check: Callable[..., Iterator[Fault]]
    excel: str
    terms: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


def _rising(mend: str = CERTAIN, **numbers: float) -> Iterator[Fault]:
    """Find neighbours that don't rise."""
    for (one, small), (two, big) in pairwise(numbers.items()):
        if not small < big:
            yield Fault("", f"{one} is {small:g} and {two} is {big:g}", f"{one} below {two}", mend)


def _positive(**numbers: float) -> Iterator[Fault]:
    for name, number in numbers.items():
        if not number > 0:
            yield Fault("", f"{name} is {number:g}", f"{name} above 0", CERTAIN if number == 0 else "mend its sign")


def _inside(mode: float, low: float, high: float) -> Iterator[Fault]:
    yield from _rising(low=low, high=high)
    if low < high and not low <= mode <= high:
        yield Fault("", f"mode is {mode:g}", f"a mode from low {low:g} to high {high:g}", "move one of the three")


def normal_quantile(u: Values) -> Values:
    """Find how many standard deviations above its mean a normal distribution has a share `u` below it."""
    from scipy.special import ndtri  # noqa: PLC0415  slow to load, and a plain run needs none

    return np.asarray(ndtri(u))


def normal_share(z: Values) -> Values:
    """Find which share of a normal distribution lies below so many standard deviations above its mean."""
    from scipy.special import ndtr  # noqa: PLC0415  slow to load, and a plain run needs none

    return np.asarray(ndtr(z))


def _beta_quantile(u: Values, alpha: float, beta: float, low: float = 0.0, high: float = 1.0) -> Values:
    from scipy.special import betaincinv  # noqa: PLC0415  slow to load, and a plain run needs none

    return low + (high - low) * np.asarray(betaincinv(alpha, beta, u))


def _beta_check(alpha: float, beta: float, low: float = 0.0, high: float = 1.0) -> Iterator[Fault]:
    yield from _positive(alpha=alpha, beta=beta)
    yield from _rising(low=low, high=high)


def _beta_mean(alpha: float, beta: float, low: float = 0.0, high: float = 1.0) -> float:
    return low + (high - low) * alpha / (alpha + beta)


def _pert_quantile(u: Values, low: float, mode: float, high: float) -> Values:
    rise = 4 * (mode - low) / (high - low)
    return _beta_quantile(u, 1 + rise, 5 - rise, low, high)


def _triangular_quantile(u: Values, low: float, mode: float, high: float) -> Values:
    width = high - low
    rising = low + np.sqrt(u * width * (mode - low))
    falling = high - np.sqrt((1 - u) * width * (high - mode))
    return np.where(u <= (mode - low) / width, rising, falling)


def _sigma(p10: float, p90: float) -> float:
    return log(p90 / p10) / (2 * P90)


def _metalog_check(p10: float, p50: float, p90: float, **bounds: float) -> Iterator[Fault]:
    bottom, top = bounds.get("low", -inf), bounds.get("high", inf)
    order = {"low": bottom, "p10": p10, "p50": p50, "p90": p90, "high": top}
    wrong = list(_rising("write them in rising order", **{k: v for k, v in order.items() if abs(v) < inf}))
    yield from wrong
    if wrong:
        return
    least, most = metalog.medians(p10, p90, **bounds)
    if not least < p50 < most:
        found = f"p50 is {p50:g}, too near to {'p10' if p50 <= least else 'p90'} for a smooth curve"
        yield Fault("", found, f"p50 between {least:.4g} and {most:.4g}", "move p50, p10 or p90, or use triangular")
    elif not metalog.has_mean(p10, p50, p90, **bounds):
        far = "high" if "low" in bounds else "low"
        mend = f"give the other bound too ({far}: ...), or a narrower range"
        yield Fault("", f"p10 {p10:g} to p90 {p90:g} is so wide that there is no mean", "a range with a mean", mend)


def _metalog_form(*bounds: str) -> Form:
    scale = metalog.SCALES[bounds]
    z10, z50, z90 = (scale.excel_to.replace("{x}", f"{{{name}}}") for name in ("p10", "p50", "p90"))
    terms = {
        "a2": f"({z90}-({z10}))/(2*LN(9))",
        "a3": f"(({z10})+({z90})-2*({z50}))/(0.8*LN(9))",
    }
    return Form(
        parameters=("p10", "p50", "p90", *bounds),
        quantile=metalog.quantile,
        mean=metalog.mean,
        check=_metalog_check,
        excel=scale.excel_move.replace("{z}", "LN({u}/(1-{u}))*({a2}+{a3}*({u}-0.5))"),
        terms=MappingProxyType(terms),
    )


def _discrete_ends(shares: tuple[float, ...]) -> Values:
    ends: Values = np.cumsum(shares)
    ends[-1] = 1.0
    return ends


def _discrete_quantile(u: Values, values: tuple[float, ...], shares: tuple[float, ...]) -> Values:
    return np.asarray(values)[np.searchsorted(_discrete_ends(shares), u, side="left")]


def _discrete_check(values: tuple[float, ...], shares: tuple[float, ...]) -> Iterator[Fault]:
    total = sum(shares)
    if len(values) != len(shares) or not values:
        yield Fault("", f"{len(values)} values and {len(shares)} shares", "as many of both", "add what is missing")
    if len(set(values)) < len(values):
        yield Fault("", f"a value stands twice in {list(values)}", "each value once", "add their shares up")
    if any(share < 0 for share in shares):
        yield Fault("", f"a share is {min(shares):g}", "shares of 0 or more", "mend its sign")
    elif shares and not isclose(total, 1, abs_tol=1e-9):
        mend = f"multiply them by {1 / total:.6g}" if total else "say how likely each value is"
        yield Fault("", f"shares sum to {total:.6g}", "shares that sum to 1", mend)


_LOG_P = {"mu": "LN({p10}*{p90})/2", "sigma": "LN({p90}/{p10})/(2*NORMSINV(0.9))"}
_TRIANGLE = (
    "IF({u}<={turn},{low}+SQRT({u}*({high}-{low})*({mode}-{low})),{high}-SQRT((1-{u})*({high}-{low})*({high}-{mode})))"
)

KINDS: Mapping[str, tuple[Form, ...]] = MappingProxyType(
    {
        "p10_p90": tuple(_metalog_form(*bounds) for bounds in metalog.SCALES),
        "normal": (
            Form(
                ("mean", "sd"),
                lambda u, mean, sd: mean + sd * normal_quantile(u),
                lambda mean, sd: mean,  # noqa: ARG005
                lambda mean, sd: _positive(sd=sd),  # noqa: ARG005
                "{mean}+{sd}*NORMSINV({u})",
            ),
        ),
        "lognormal": (
            Form(
                ("p10", "p90"),
                lambda u, p10, p90: np.sqrt(p10 * p90) * np.exp(_sigma(p10, p90) * normal_quantile(u)),
                lambda p10, p90: (p10 * p90) ** 0.5 * exp(_sigma(p10, p90) ** 2 / 2),
                lambda p10, p90: chain(_positive(p10=p10), _rising(p10=p10, p90=p90)),
                "EXP({mu}+{sigma}*NORMSINV({u}))",
                MappingProxyType(_LOG_P),
            ),
            Form(
                ("median", "sigma"),
                lambda u, median, sigma: median * np.exp(sigma * normal_quantile(u)),
                lambda median, sigma: median * exp(sigma**2 / 2),
                lambda median, sigma: _positive(median=median, sigma=sigma),
                "{median}*EXP({sigma}*NORMSINV({u}))",
            ),
        ),
        "uniform": (
            Form(
                ("low", "high"),
                lambda u, low, high: low + (high - low) * u,
                lambda low, high: (low + high) / 2,
                lambda low, high: _rising(low=low, high=high),
                "{low}+({high}-{low})*{u}",
            ),
        ),
        "triangular": (
            Form(
                ("low", "mode", "high"),
                _triangular_quantile,
                lambda low, mode, high: (low + mode + high) / 3,
                _inside,
                _TRIANGLE,
                MappingProxyType({"turn": "({mode}-{low})/({high}-{low})"}),
            ),
        ),
        "pert": (
            Form(
                ("low", "mode", "high"),
                _pert_quantile,
                lambda low, mode, high: (low + 4 * mode + high) / 6,
                _inside,
                "BETAINV({u},{alpha},{beta},{low},{high})",
                MappingProxyType(
                    {"alpha": "1+4*({mode}-{low})/({high}-{low})", "beta": "1+4*({high}-{mode})/({high}-{low})"}
                ),
            ),
        ),
        "beta": (
            Form(("alpha", "beta"), _beta_quantile, _beta_mean, _beta_check, "BETAINV({u},{alpha},{beta})"),
            Form(
                ("alpha", "beta", "low", "high"),
                _beta_quantile,
                _beta_mean,
                _beta_check,
                "BETAINV({u},{alpha},{beta},{low},{high})",
            ),
        ),
        "discrete": (
            Form(
                ("values", "shares"),
                _discrete_quantile,
                lambda values, shares: float(np.dot(values, shares) / sum(shares)),
                _discrete_check,
                "INDEX({values},1+SUMPRODUCT(({ends}<{u})*1))",
            ),
        ),
        "constant": (
            Form(
                ("value",),
                lambda u, value: np.full(np.shape(u), value),
                lambda value: value,
                lambda value: iter(()),  # noqa: ARG005
                "{value}",
            ),
        ),
    }
)
"""The forms of each kind, by its name."""
