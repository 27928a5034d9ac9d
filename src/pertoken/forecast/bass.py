"""Bass's law of adoption: some adopt of their own accord, others because of those who have."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np

from pertoken.core.distribution import Distribution
from pertoken.core.errors import InputError
from pertoken.core.money import Values

SOURCE = (
    "mean of 213 published fits (Sultan, Farley and Lehmann, Journal of Marketing Research 27(1), 1990); "
    "the width is ours"
)

PRIORS = {
    "p": Distribution("lognormal", {"p10": 0.0055, "p90": 0.065}),
    "q": Distribution("lognormal", {"p10": 0.2, "p90": 0.6}),
}
"""What is believed of p and q before anything is known [1/year]; their means are 0.03 and 0.38."""

PRIOR_WEIGHT = 2.0
"""For how many analogs the spread of the published prior counts beside the spread of the analogs named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Analog:
    """A product whose adoption is known, and that ours is likened to.

    Args:
        name: Which.
        p: Its coefficient of innovation. [1/year]
        q: Its coefficient of imitation. [1/year]
        source: Where it was published.
        line: Line of the file.

    Raises:
        InputError: A coefficient is not above zero.
    """

    name: str
    p: float
    q: float
    source: str = ""
    line: int = 0

    def __post_init__(self) -> None:
        """Check signs."""
        if not (self.p > 0 and self.q > 0):
            raise InputError(f"analog {self.name} has p {self.p:g} and q {self.q:g}; expected both above 0")


def adopted(p: Values, q: Values, years: Values) -> Values:
    """Share of those who ever adopt that have adopted after some years.

    F(t) = (1 - exp(-(p + q) t)) / (1 + q / p exp(-(p + q) t))

    Source: F. M. Bass, *A new product growth for model consumer durables*, Management Science 15(5), 1969.

    Args:
        p: Coefficient of innovation, above 0. [1/year]
        q: Coefficient of imitation, 0 or more. [1/year]
        years: Since the launch; nothing is adopted before it. [year]

    Returns:
        Shape `broadcast(p, q, years)`.

    >>> adopted(np.array(0.03), np.array(0.38), np.array([0.0, 5.0, 10.0])).round(4).tolist()
    [0.0, 0.3312, 0.8128]
    """
    gone = np.exp(-(p + q) * np.maximum(years, 0.0))
    share: Values = (1 - gone) / (1 + q / p * gone)
    return share


def peak(p: float, q: float) -> float:
    """Years after the launch in which most adopt; 0 where imitation is weaker than innovation.

    >>> round(peak(0.010399, 0.41861), 1)  # room air conditioners, Bass 1969: 8.6 years
    8.6
    """
    return max(log(q / p) / (p + q), 0.0) if q > 0 else 0.0


def priors(analogs: Sequence[Analog]) -> dict[str, Distribution]:
    """What is believed of p and q after analogs: lognormal around their geometric mean.

    The spread is that of the analogs, pooled with that of the published prior, and widened since their mean is not
    known either: variance x (1 + 1 / analogs).
    """
    if not analogs:
        return dict(PRIORS)
    made = {}
    for name, prior in PRIORS.items():
        logs = np.log([getattr(each, name) for each in analogs])
        own = log(prior.parameters["p90"] / prior.parameters["p10"]) / (2 * 1.2815515655446004)  # type: ignore[operator]  # both are floats
        count = len(analogs)
        squares = float(((logs - logs.mean()) ** 2).sum())
        variance = (PRIOR_WEIGHT * own**2 + squares) / (PRIOR_WEIGHT + count - 1)
        sigma = sqrt(variance * (1 + 1 / count))
        made[name] = Distribution("lognormal", {"median": float(np.exp(logs.mean())), "sigma": sigma})
    return made
