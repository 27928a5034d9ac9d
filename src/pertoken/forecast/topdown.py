"""Revenue from above: market x reach x ceiling x Bass's adoption x usage and price of an adopter, in many worlds.

Customers who have adopted so far move the beliefs about how many adopt and when (Bayes' rule, by importance sampling);
what an adopter uses and pays is not learnt from them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.kinds import normal_share
from pertoken.core.money import Values
from pertoken.forecast.bass import adopted
from pertoken.forecast.combined import SHARES, systematic
from pertoken.forecast.market import ADOPTION, Market

BURST = 5.0
"""Size of the negative binomial of a month's adopters: around a mean of many, their standard deviation is 45 %."""

ROUNDS = 4
"""How often the worlds that are tried move towards those that fit."""

TRIED = 20_000
"""Worlds tried in each round."""

SELDOM = 0.01
"""Shares of worlds below this are not told in figures."""

FEW = 200
"""Below so many effective worlds, the fit is called rough."""

Likelihood = Callable[[Values], Values]
"""Log likelihood of standard normal scores, shape `(draw, input)` to `(draw,)`."""


@dataclass(frozen=True, slots=True, eq=False)
class TopDown:
    """What a market comes to, in worlds that belong together.

    Args:
        market: What was believed.
        months: Labels, shape `(month,)`.
        inputs: Each belief in every world, after what was observed, by name, shape `(draw,)`.
        adopters: Who has ever adopted by the end of each month, shape `(draw, month)`. [customer]
        active: Who of them is still there, the same shape. [customer]
        usage: Of a month, the same shape; None where the market says revenue alone. [unit]
        revenue: Of a month, the same shape. [currency]
        reachable: Customers who could buy and are reached, shape `(draw,)`. [customer]
        potential: Revenue of a month if all who are reached were there, shape `(draw, month)`. [currency]
        effective: Worlds that the fit to observed adopters rests on; None where none were observed.
        says: What the reader is to be told.
    """

    market: Market
    months: tuple[str, ...]
    inputs: Mapping[str, Values]
    adopters: Values
    active: Values
    usage: Values | None
    revenue: Values
    reachable: Values
    potential: Values
    effective: float | None
    says: tuple[str, ...]

    @property
    def share(self) -> Values:
        """Share of the customers that are reached who have adopted by each month, shape `(draw, month)`."""
        return self.adopters / self.reachable[:, None]


def topdown(market: Market, months: Sequence[str], *, draws: int, rng: np.random.Generator) -> TopDown:
    """Draw what a market comes to.

    Args:
        market: What is believed, and who has adopted so far.
        months: Labels of the months asked for, in time; after those in which adopters were observed.
        draws: How many worlds.
        rng: Chance.

    Raises:
        InputError: No months, months that were observed, or more adopters than the market has.
    """
    if not months or draws < 2:  # noqa: PLR2004  quantiles need two worlds
        raise InputError(f"{len(months)} months and {draws} worlds; expected a month and two worlds or more")
    if months[0] <= market.last:
        raise InputError(f"{months[0]} is asked for, but adopters are known up to {market.last}; ask for later months")
    names = list(market.beliefs)
    scores = rng.standard_normal((draws, len(names)))
    effective = None
    if market.adopters:
        own = [names.index(name) for name in ADOPTION]
        scores[:, own], effective = _fitted(market, draws, rng)
    inputs = {name: market.beliefs[name].at(_share(scores[:, i])) for i, name in enumerate(names)}
    return _paths(market, tuple(months), inputs, effective, rng)


def _share(scores: Values) -> Values:
    """Turn standard normal scores into shares strictly between 0 and 1."""
    return np.clip(normal_share(scores), 1e-12, 1 - 1e-12)


def _years(market: Market, months: Sequence[str]) -> Values:
    """Years from the begin of the month of launch to the end of each month."""
    begun = period.begins([market.launch, *months]).astype("datetime64[M]").astype(np.int64)
    years: Values = (begun[1:] - begun[0] + 1) / 12
    return years


def _fitted(market: Market, draws: int, rng: np.random.Generator) -> tuple[Values, float]:
    """Draw scores of what adoption depends on, given who has adopted."""
    months = list(market.adopters)
    counts = np.array(list(market.adopters.values()))
    new, edges = np.diff(counts, prepend=0.0), np.concatenate([[0.0], _years(market, months)])

    # before the first count all earlier months are one step
    def fits(scores: Values) -> Values:
        told = {name: market.beliefs[name].at(_share(scores[:, i])) for i, name in enumerate(ADOPTION)}
        most = told["size"] * told["reach"] * told["ceiling"]
        risen = adopted(told["p"][:, None], told["q"][:, None], edges)
        expected = most[:, None] * np.diff(risen, axis=-1)
        likely = log_chance(new, np.maximum(expected, 1e-12)).sum(axis=-1)
        return np.where(most >= counts[-1], likely, -np.inf)

    return posterior(fits, len(ADOPTION), draws, rng, TRIED)


def log_chance(count: Values, mean: Values, size: float = BURST) -> Values:
    """Log chance of counts that are negative binomial with some mean; counts need not be whole.

    Args:
        count: How many came, 0 or more.
        mean: How many are expected, above 0.
        size: Small is bursty; the variance is mean + mean^2 / size.
    """
    from scipy.special import gammaln  # noqa: PLC0415  slow to load, and a market without adopters needs none

    found: Values = (
        gammaln(count + size) - gammaln(size) - gammaln(count + 1)
        + size * np.log(size / (size + mean)) + count * np.log(mean / (size + mean))
    )  # fmt: skip
    return found


def posterior(
    fits: Likelihood, inputs: int, draws: int, rng: np.random.Generator, tried: int = TRIED
) -> tuple[Values, float]:
    """Draw standard normal scores given a likelihood, by adaptive importance sampling.

    Worlds are tried from the prior, then from a normal around those that fit, widened, mixed with a tenth of the prior
    so that no weight gets large; those of the last round are picked by their weights.

    Source: O. Cappé, A. Guillin, J.-M. Marin and C. Robert, *Population Monte Carlo*, Journal of Computational and
    Graphical Statistics 13(4), 2004.

    Args:
        fits: Log likelihood of scores, shape `(tried, input)` to `(tried,)`; minus infinity for what can't be.
        inputs: How many scores.
        draws: How many are wanted.
        rng: Chance.
        tried: How many are tried in each round.

    Returns:
        Scores, shape `(draws, input)`, and how many worlds they rest on.

    Raises:
        InputError: Not one of the worlds tried can be.
    """
    scores = rng.standard_normal((tried, inputs))
    weights = _weights(fits(scores))
    for _ in range(ROUNDS):
        mean, spread = _around(scores, weights)
        near = mean + rng.standard_normal((tried, inputs)) @ np.linalg.cholesky(spread).T
        scores = np.where((rng.random(tried) < 0.1)[:, None], rng.standard_normal((tried, inputs)), near)  # noqa: PLR2004
        from_prior = _density(scores, np.zeros(inputs), np.eye(inputs))
        from_near = _density(scores, mean, spread)
        tried_as = np.logaddexp(np.log(0.1) + from_prior, np.log(0.9) + from_near)
        weights = _weights(fits(scores) + from_prior - tried_as)
    picked = systematic(weights, draws, rng)
    return scores[rng.permutation(picked)], 1 / float((weights**2).sum())


def _weights(logs: Values) -> Values:
    most = float(logs.max())
    if not np.isfinite(most):
        raise InputError(
            "more customers have adopted than the market has in any world; expected a size x reach x ceiling above the "
            "adopters seen; mend one of the four"
        )
    weights = np.exp(logs - most)
    found: Values = weights / weights.sum()
    return found


def _around(scores: Values, weights: Values) -> tuple[Values, Values]:
    """Mean of weighted scores and their covariance, widened, and never narrower than a little of the prior's."""
    mean = weights @ scores
    off = scores - mean
    spread: Values = 1.5 * off.T @ (weights[:, None] * off) + 1e-4 * np.eye(len(mean))
    return mean, spread


def _density(scores: Values, mean: Values, spread: Values) -> Values:
    """Log density of a normal, less what is the same for all normals."""
    off = np.linalg.solve(np.linalg.cholesky(spread), (scores - mean).T)
    density: Values = -0.5 * (off**2).sum(axis=0) - 0.5 * np.linalg.slogdet(spread)[1]
    return density


def _paths(
    market: Market, months: tuple[str, ...], inputs: Mapping[str, Values], effective: float | None,
    rng: np.random.Generator,
) -> TopDown:  # fmt: skip
    """Walk from the last month observed, or the launch, to the last month asked for."""
    first, end = period.begins([market.last or market.launch])[0], period.ends([months[-1]])[0]
    every = [period.label(each, "month") for each in period.periods("month", first, end)][bool(market.last) :]
    new = _new(market, every, inputs, rng)
    adopters = market.count + np.cumsum(new, axis=-1)
    asked = [every.index(month) if month in every else -1 for month in months]
    active = _still_there(market, new, inputs["churn"])[:, asked]
    reachable = inputs["size"] * inputs["reach"]
    gone = np.array([each < 0 for each in asked])
    active = np.where(gone, 0.0, active)
    each, usage_each = _of_one(market, months, inputs)
    made = TopDown(
        market=market,
        months=months,
        inputs=inputs,
        adopters=np.where(gone, 0.0, adopters[:, asked]),
        active=active,
        usage=None if usage_each is None else active * usage_each,
        revenue=active * each,
        reachable=reachable,
        potential=reachable[:, None] * each,
        effective=effective,
        says=(),
    )
    return _said(made)


def _new(market: Market, months: Sequence[str], inputs: Mapping[str, Values], rng: np.random.Generator) -> Values:
    """Draw how many adopt in each month, shape `(draw, month)`; never more than there are."""
    years = _years(market, months)
    edges = np.concatenate([[years[0] - 1 / 12], years])
    most = inputs["size"] * inputs["reach"] * inputs["ceiling"]
    risen = adopted(inputs["p"][:, None], inputs["q"][:, None], edges)
    expected = np.maximum(most[:, None] * np.diff(risen, axis=-1), 1e-12)
    drawn = rng.poisson(rng.gamma(BURST, expected / BURST)).astype(np.float64)
    room = np.maximum(most - market.count, 0.0)
    all_of = np.minimum(np.cumsum(drawn, axis=-1), room[:, None])
    return np.diff(all_of, axis=-1, prepend=0.0)


def _still_there(market: Market, new: Values, churn: Values) -> Values:
    """Count who adopted and has not left, month by month from what was observed, shape `(draw, month)`."""
    there, before = np.zeros(len(new)), 0.0
    seen = np.diff(np.array(list(market.adopters.values())), prepend=0.0)
    for at, count in zip(12 * _years(market, list(market.adopters)), seen, strict=True):
        there = there * (1 - churn) ** (at - before) + count
        before = at
    out = np.empty_like(new)
    for month in range(new.shape[1]):
        there = there * (1 - churn) + new[:, month]
        out[:, month] = there
    return out


def _of_one(market: Market, months: Sequence[str], inputs: Mapping[str, Values]) -> tuple[Values, Values | None]:
    """What one adopter pays and uses in each month, shape `(draw, month)`; growth counts from the first month on."""
    years = _years(market, months)
    grown = (1 + inputs["growth"])[:, None] ** (years - years[0])
    if not market.metered:
        return inputs["revenue"][:, None] * grown, None
    usage = inputs["usage"][:, None] * grown
    return usage * inputs["price"][:, None], usage


def _said(made: TopDown) -> TopDown:
    """Say which numbers are nobody's, how good the fit is, and how much of the market is taken."""
    said = []
    priors = [each for each in made.market.beliefs.values() if each.prior and each.spread is not None]
    if priors:
        said.append(f"Prior, not data: {', '.join(each.name for each in priors)}; {priors[0].source}.")
    if made.effective is not None and made.effective < FEW:
        said.append(
            f"Few worlds fit the adopters seen ({made.effective:,.0f} count): the beliefs and the facts disagree."
        )
    low, middle, high = np.quantile(made.share[:, -1], SHARES)
    said.append(
        f"By {made.months[-1]} {middle:.1%} of the customers that are reached have adopted ({low:.1%} to {high:.1%})."
    )
    return replace(made, says=tuple(said))


@dataclass(frozen=True, slots=True, eq=False)
class Ceiling:
    """A forecast from below held against all that the market could pay.

    Args:
        share: P10, P50 and P90 of revenue as a share of what all who are reached would pay, shape `(share, month)`.
        beyond: Share of worlds in which the forecast is above that in some month.
        says: What the reader is to be told.
    """

    share: Values
    beyond: float
    says: str


def ceiling(bottom: Values, top: TopDown) -> Ceiling:
    """Hold revenue from below against the market.

    Args:
        bottom: Revenue, shape `(draw, month)`. [currency]
        top: The market in the same months.

    Raises:
        InputError: Other months.
    """
    if bottom.shape[1] != len(top.months):
        raise InputError(f"{bottom.shape[1]} months from below, {len(top.months)} from above; expected the same months")
    rows = np.arange(max(len(bottom), len(top.potential)))
    share = bottom[rows % len(bottom)] / np.maximum(top.potential[rows % len(top.potential)], 1e-12)
    beyond = float((share > 1).any(axis=-1).mean())
    quantiles = np.quantile(share, SHARES, axis=0)
    middle = float(quantiles[1, -1])
    said = f"The forecast is {middle:.1%} of what all customers that are reached would pay in {top.months[-1]}"
    often = f"{beyond:.0%}" if beyond >= SELDOM else "less than 1%"
    said += f"; in {often} of worlds it is more than the market." if beyond else "."
    return Ceiling(quantiles, beyond, said)
