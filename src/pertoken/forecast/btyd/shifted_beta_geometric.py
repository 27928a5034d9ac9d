"""Shifted beta-geometric: at each renewal a customer leaves by a chance of its own, and cohorts may differ by a drift.

Source: Fader, Hardie, How to project customer retention, Journal of Interactive Marketing 21(1), 2007.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.core.special import betaln
from pertoken.forecast.btyd.likelihood import Estimate, Prior, most_likely


@dataclass(frozen=True, slots=True)
class ShiftedBetaGeometric:
    """The chance to leave at a renewal is beta.

    Args:
        alpha: Its first shape.
        beta: Its second shape.
        drift: What one more cohort adds to the log odds of the mean chance, with `alpha + beta` the same.
    """

    alpha: float
    beta: float
    drift: float = 0.0

    def of(self, cohort: float) -> "ShiftedBetaGeometric":
        """Give the law of one cohort, counted from the one that `alpha` and `beta` are of."""
        both = self.alpha + self.beta
        mean = float(expit(logit(self.alpha / both) + self.drift * cohort))
        return ShiftedBetaGeometric(mean * both, (1 - mean) * both)

    def surviving(self, renewals: Values) -> Values:
        """Share of customers who are still there after so many renewals."""
        surviving: Values = np.exp(betaln(self.alpha, self.beta + renewals) - betaln(self.alpha, self.beta))
        return surviving

    def leaving(self, age: Values) -> Values:
        """Chance to leave at the next renewal, of those who are still there after `age` renewals."""
        leaving: Values = self.alpha / (self.alpha + self.beta + age)
        return leaving

    def log_likelihood(self, counts: Values) -> float:
        """Log likelihood of how many customers were there.

        Args:
            counts: Customers of each cohort after 0, 1, 2... renewals, shape `(cohort, renewal)`; NaN from where it is
                not known yet.
        """
        total = 0.0
        for cohort, row in enumerate(counts):
            known = row[~np.isnan(row)]
            law = self.of(cohort)
            leave = law.leaving(np.arange(len(known) - 1))
            total += float((-np.diff(known) * np.log(leave) + known[1:] * np.log1p(-leave)).sum())
        return total

    def remaining(self, age: int, horizon: int, draws: int, customers: int, rng: np.random.Generator) -> Values:
        """Draw how many of some customers of one age are still there after each renewal, shape `(draw, renewal)`."""
        chance = np.maximum(rng.beta(self.alpha, self.beta + age, (draws, customers)), 1e-12)
        ends = rng.geometric(chance)
        there: Values = (ends[..., None] > np.arange(1, horizon + 1)).sum(axis=1).astype(np.float64)
        return there


def fit_shifted_beta_geometric(counts: Values, prior: Prior | None = None) -> tuple[ShiftedBetaGeometric, Estimate]:
    """Find the law that explains best how cohorts got smaller; with more than one cohort, with a drift.

    Args:
        counts: Customers of each cohort after 0, 1, 2... renewals, shape `(cohort, renewal)`; NaN from where it is
            not known yet.
        prior: Where `alpha` and `beta` (and the exponential of the drift) are expected; weakly, if None.

    Returns:
        The law, and the estimate of its parameters and, of several cohorts, of the exponential of the drift.

    Raises:
        InputError: A cohort gets larger.
    """
    counts = np.atleast_2d(np.asarray(counts, dtype=np.float64))
    grown = np.argwhere(np.nan_to_num(np.diff(counts, axis=1)) > 0)
    if len(grown):
        cohort, at = (int(each) for each in grown[0])
        raise InputError(
            f"cohort {cohort + 1} grows from {counts[cohort, at]:g} to {counts[cohort, at + 1]:g} customers at renewal "
            f"{at + 1}; expected those who are left of the customers at first; put newcomers into a cohort of their own"
        )
    several = len(counts) > 1
    if prior is None:
        prior = Prior(np.log([1.0, 4.0, 1.0][: 2 + several]), np.array([1.5, 1.5, 0.2][: 2 + several]))
    estimate = most_likely(lambda parameters: _law(parameters).log_likelihood(counts), prior)
    return _law(np.array(estimate.parameters)), estimate


def _law(parameters: Values) -> ShiftedBetaGeometric:
    drift = float(np.log(parameters[2])) if len(parameters) > 2 else 0.0  # noqa: PLR2004 - the third of three
    return ShiftedBetaGeometric(float(parameters[0]), float(parameters[1]), drift)
