"""A distribution: what is not known of one number, read by its quantile.

All sampling goes through `quantile`: a design of worlds is made of shares between 0 and 1, and a share becomes a value.
So one share means the same rank in every scenario and under every card.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import inf, isfinite
from types import MappingProxyType

import numpy as np

from pertoken.core import metalog
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.kinds import KINDS, Form
from pertoken.core.money import Values

Parameter = float | tuple[float, ...]
LISTS = ("values", "shares")
LEVELS = (0.1, 0.5, 0.9)
OWN_LOW = {"lognormal": 0.0, "beta": 0.0}
OWN_HIGH = {"beta": 1.0}


@dataclass(frozen=True)
class Distribution:
    """What one number may be, and how likely.

    Args:
        kind: A name in `KINDS`.
        parameters: The parameters of one of its forms; `values` and `shares` of `discrete` are as long as each other.

    Raises:
        InputError: No such kind or form, or parameters that no distribution has.

    >>> Distribution("triangular", {"low": 1, "mode": 2, "high": 5}).parameters["mode"]
    2.0
    >>> Distribution("normal", {"mean": 1, "sd": -2})
    Traceback (most recent call last):
    ...
    pertoken.core.errors.InputError: sd is -2; expected sd above 0; mend its sign
    """

    kind: str
    parameters: Mapping[str, Parameter]

    def __post_init__(self) -> None:
        """Check the kind and its parameters, and keep them as floats."""
        if self.kind not in KINDS:
            raise _wrong(f"a distribution {self.kind!r}", f"one of {', '.join(KINDS)}", nearest(self.kind, KINDS))
        faults = list(_not_numbers(self.parameters))
        if faults:
            raise InputError.of(faults)
        made = {name: _plain(value) for name, value in self.parameters.items()}
        if self.kind == "discrete":
            made = _by_value(made)
        object.__setattr__(self, "parameters", MappingProxyType(made))
        faults = list(form(self).check(**made))
        if faults:
            raise InputError.of(faults)


def _wrong(found: str, expected: str, mend: str) -> Exception:
    return InputError.of([Fault("", found, expected, mend)])


def _plain(value: Parameter) -> Parameter:
    return tuple(map(float, value)) if isinstance(value, Sequence) else float(value)


def _not_numbers(given: Mapping[str, object]) -> Iterator[Fault]:
    """Find what is not a finite number, or not a list of them where one is needed."""
    for name, value in given.items():
        many = isinstance(value, Sequence) and not isinstance(value, str)
        if many != (name in LISTS):
            kind = "a list" if name in LISTS else "a single number"
            yield Fault("", f"{name} is {value!r}", f"{name} as {kind}", "write numbers")
            continue
        for each in value if isinstance(value, Sequence) and many else [value]:
            if (
                isinstance(each, bool)
                or not isinstance(each, int | float | Decimal | np.number)
                or not isfinite(float(each))
            ):
                yield Fault("", f"{name} is {each!r}", "a finite number", "write it without words or signs")


def _by_value(made: dict[str, Parameter]) -> dict[str, Parameter]:
    """Put values in rising order, so that a higher share never means a lower value."""
    values, shares = made.get("values"), made.get("shares")
    if not isinstance(values, tuple) or not isinstance(shares, tuple) or len(values) != len(shares) or not values:
        return made
    order = sorted(range(len(values)), key=values.__getitem__)
    return {**made, "values": tuple(values[i] for i in order), "shares": tuple(shares[i] for i in order)}


def form(distribution: Distribution) -> Form:
    """Find the form whose parameters are given.

    Raises:
        InputError: A parameter is missing or too many.
    """
    given = set(distribution.parameters)
    forms = KINDS[distribution.kind]
    for each in forms:
        if set(each.parameters) == given:
            return each
    ways = " or ".join(", ".join(each.parameters) for each in forms)
    raise _wrong(f"{distribution.kind} with {', '.join(sorted(given)) or 'nothing'}", ways, "write just these")


def quantile(distribution: Distribution, share: Values) -> Values:
    """Find the values below which a distribution has these shares.

    Args:
        distribution: What is not known.
        share: Any shape, each strictly between 0 and 1.

    Returns:
        The same shape. [unit of the quantity]

    >>> quantile(Distribution("uniform", {"low": 10, "high": 20}), np.array([0.25, 0.5])).tolist()
    [12.5, 15.0]
    """
    return form(distribution).quantile(np.asarray(share, dtype=np.float64), **distribution.parameters)


def mean(distribution: Distribution) -> float:
    """Average a distribution over all its worlds.

    >>> mean(Distribution("pert", {"low": 1, "mode": 2, "high": 9}))
    3.0
    """
    return float(form(distribution).mean(**distribution.parameters))


def points(distribution: Distribution) -> tuple[float, float, float]:
    """Read P10, P50 and P90.

    >>> points(Distribution("uniform", {"low": 0, "high": 100}))
    (10.0, 50.0, 90.0)
    """
    p10, p50, p90 = quantile(distribution, np.array(LEVELS)).tolist()
    return p10, p50, p90


def support(distribution: Distribution) -> tuple[float, float]:
    """Find what no world lies below, and what none lies above; infinite where there is no bound.

    >>> support(Distribution("lognormal", {"p10": 1, "p90": 4})), support(Distribution("beta", {"alpha": 1, "beta": 4}))
    ((0.0, inf), (0.0, 1.0))
    """
    named = distribution.parameters
    if distribution.kind in {"discrete", "constant"}:
        every = quantile(distribution, np.array([0.0, 1.0])).tolist()
        return every[0], every[-1]
    low, high = (
        named.get("low", OWN_LOW.get(distribution.kind, -inf)),
        named.get("high", OWN_HIGH.get(distribution.kind, inf)),
    )
    return float(np.asarray(low)), float(np.asarray(high))


def from_p10_p90(
    p10: float, p50: float | None, p90: float, *, low: float | None = None, high: float | None = None
) -> Distribution:
    """Make the smooth distribution through P10, P50 and P90.

    Args:
        p10: One world in ten lies below. [unit of the quantity]
        p50: As many above as below; None for the middle on the scale, which is the geometric mean above a bound of 0.
        p90: One world in ten lies above.
        low: What no world lies below. None is 0 where P10 is above 0, and no bound otherwise; `-inf` is no bound.
        high: What no world lies above; None and `inf` are no bound. A share has `low=0, high=1`.

    Raises:
        InputError: There is no such distribution.

    >>> [round(x, 9) for x in points(from_p10_p90(50, 100, 200))]
    [50.0, 100.0, 200.0]
    >>> from_p10_p90(50, 300, 200)
    Traceback (most recent call last):
    ...
    pertoken.core.errors.InputError: p50 is 300 and p90 is 200; expected p50 below p90; write them in rising order
    """
    bottom = (0.0 if p10 > 0 else -inf) if low is None else low
    bounds = {name: x for name, x in (("low", bottom), ("high", inf if high is None else high)) if abs(x) < inf}
    middle = _middle(p10, p90, bounds) if p50 is None else p50
    return Distribution("p10_p90", {"p10": p10, "p50": middle, "p90": p90, **bounds})


def _middle(p10: float, p90: float, bounds: Mapping[str, float]) -> float:
    """Find the median that lies in the middle of P10 and P90 on their scale."""
    if not bounds.get("low", -inf) < p10 < p90 < bounds.get("high", inf):
        return (p10 + p90) / 2
    return metalog.between(p10, p90, 0.5, **bounds)


def spelled(made: Form) -> str:
    """Write a form's quantile as one formula of the share and the parameters alone.

    >>> spelled(KINDS["triangular"][0])[:33]
    'IF({u}<=(({mode}-{low})/({high}-{'
    """
    text = made.excel
    for name, term in made.terms.items():
        text = text.replace(f"{{{name}}}", f"({term})")
    return text
