"""Shrinkage: slopes and variances that a short history tells badly are drawn to what all customers have in common."""

import numpy as np

from pertoken.core.money import Values
from pertoken.core.special import digamma, trigamma

FEWEST = 4
"""Slopes from which drawing them to their mean loses less than leaving them (Efron and Morris 1975)."""

ALIKE = 3.0
"""Factor on the variance of a slope, whose errors follow one another: (1 + r) / (1 - r) at an autocorrelation r of a
half, for long histories."""

FAINT = 1e-3
"""Least variance of a slope as a share of their mean, so that a history that is a line does not decide alone."""

STEPS = 30
"""Most steps of Newton's method, which rises to the root from below: it doubles until it is near, so that these reach a
billion times the least variance, and beyond that nothing is drawn."""

SEVERAL = 8
"""Customers from whom a law of variances is learnt: a line, and how far they scatter around it."""

PRIORS = np.geomspace(0.1, 50.0, 300)
"""Degrees of freedom that the law may be worth to a customer."""


def spread_beyond(told: Values, variance: Values) -> tuple[float, float]:
    """Give the mean of what is told, and the variance between those told of beyond the variance of the telling.

    Source: Paule and Mandel 1982, doi:10.6028/jres.087.022, by the steps of DerSimonian and Kacker 2007.

    Args:
        told: One estimate each, shape `(customer,)`.
        variance: Of each estimate, above zero, shape `(customer,)`.

    >>> mean, between = spread_beyond(np.array([1.0, 3.0]), np.array([0.5, 0.5]))
    >>> mean, round(between, 9)
    (2.0, 1.5)
    """
    between = 0.0
    for _ in range(STEPS):
        weight = 1 / (variance + between)
        mean = float((weight * told).sum() / weight.sum())
        off = weight * (told - mean) ** 2
        excess = float(off.sum()) - (len(told) - 1)
        if excess <= 1e-9 * len(told):
            break
        between += excess / float((weight * off).sum())
    return mean, between


def drawn_slopes(slope: Values, error: Values, size: Values) -> Values:
    """Draw slopes, each as a share of its customer's size, to their mean by how unsure they are; shape `(customer,)`.

    Source: James and Stein's estimator towards a mean (Efron and Morris 1975, doi:10.1080/01621459.1975.10479864).

    Args:
        slope: By period; zero where there are too few.
        error: Variance of each as of least squares; zero where there is none.
        size: Mean of each history.
    """
    known = (error > 0) & (size > 0)
    if known.sum() < FEWEST:
        return slope
    told, variance = slope[known] / size[known], ALIKE * error[known] / size[known] ** 2
    variance = np.maximum(variance, FAINT * variance.mean())
    mean, between = spread_beyond(told, variance)
    drawn = slope.copy()
    drawn[known] = (mean + between / (between + variance) * (told - mean)) * size[known]
    return drawn


def moderated(variance: Values, freedom: Values, size: Values) -> tuple[Values, Values]:
    """Draw variances to a law of their size, a line in logs, by how far customers scatter around it.

    Source: Smyth 2004, doi:10.2202/1544-6115.1027, sections 6.2 and 7: a scaled inverse chi-square prior, whose degrees
    of freedom are found by the moments of log variances.

    Args:
        variance: Of each customer, shape `(customer,)`.
        freedom: Degrees of freedom of each.
        size: What the variance is relative to.

    Returns:
        Variances and their degrees of freedom, both `(customer,)`; as given where there are too few customers.
    """
    known = (variance > 0) & (size > 0)
    if known.sum() < SEVERAL:
        return variance, freedom
    half, log = freedom[known] / 2, np.log(size[known])
    told = np.log(variance[known]) - digamma(half) + np.log(half)
    apart = log - log.mean()
    line = told.mean() + apart * float((apart * told).sum()) / max(float((apart**2).sum()), 1e-12)
    beyond = float(((told - line) ** 2).sum()) / (len(told) - 2) - float(trigamma(half).mean())
    prior = float(np.interp(beyond, trigamma(PRIORS / 2)[::-1], PRIORS[::-1]))
    common = np.exp(line + digamma(prior / 2) - np.log(prior / 2))
    drawn, worth = variance.copy(), freedom.copy()
    drawn[known] = (prior * common + freedom[known] * variance[known]) / (prior + freedom[known])
    worth[known] += prior
    return drawn, worth
