"""Mixing: what experts say becomes one calibrated distribution, regular customers and those who come and go apart.

Its constants have no unit if none is said, and were chosen on the panels of benchmarks/README.md (Accuracy), the same
for all of them, by CRPS and coverage; so the scores there flatter them a little.
"""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.blended import blended, lost
from pertoken.forecast.calibrated import margin, placed, replaced, trust, widened
from pertoken.forecast.cases import Past
from pertoken.forecast.dressed import SHARES
from pertoken.forecast.panel import Indices
from pertoken.forecast.totals import mean_of

SPARSE = 0.5
"""Share of active periods below which customers come and go."""

ALONE = {"own": 0.8, "trend": 0.2}
"""Experts that tell each customer by its own history alone, and what each of them counts for before any was tried."""

EVIDENCE = 5.0
"""Independent cases that an earlier date is worth where they are held against each other: customers of a date err
together. Dates apart count by their root."""

APART = ({"dying"}, {"recent", "cycle", "theta", *ALONE})
"""Experts that are of no use to regular customers, and to those who come and go."""

BEATEN = {"steady"}
"""Experts whose sums are far off for customers who come and go, where a law of dying has been fitted."""

LEVEL = {"steady", "cycle"}
"""Experts of no use to regular customers where growth is expected."""

OWN = (60.0, 500.0)
"""Cases, those of dates that overlap counted once and dates by their root, at which what is learnt from all customers
is trusted as much as each regular customer's own history alone; and where growth is expected, of which all customers of
a date tell but one and the same."""

WORSE = 1.2
"""How much larger the own history's loss may have been than that of the others, who have learnt from those very cases,
before it is trusted less."""

BETTER = 2.0
"""Power of the losses' ratio by which it is trusted less beyond that, and more where its loss was smaller."""

LEAST_RATIO = 0.01
"""Ratio of losses below which one tells no more."""

MOVING = 4.0
"""Power that is added where its loss was smaller and its trend moves, which the others' points do not."""

LEAST_TRUST, SELDOM = 0.5, 0.1
"""Least weight of a law of dying among customers who come and go, and the share of active periods of the customer in
the middle below which it is all of it. Between the two it falls in a straight line."""

FALLS = 2.0
"""How much of that weight is lost for each active period in one."""

SMALL = 0.5
"""Power of its size by which a customer's loss is divided where experts are weighed, so that no whale decides alone."""

FEW = 0.5
"""Variance that is added where errors are known from one earlier date; with more dates it is divided among them."""

UNSURE = 0.25
"""Part of it that is left where a law of dying has told how unsure it is of itself; own histories tell half of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What experts say: quantiles ahead and of judged cases, by expert.

    Args:
        names: Of the experts.
        ahead: Of each, shape `(share, customer)`. [unit]
        then: Of each, shape `(share, judged case)`; NaN where it was not asked. [unit]
    """

    names: tuple[str, ...]
    ahead: list[Values]
    then: list[Values]


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """Customers of one kind, with the experts that are of use to them.

    Args:
        sparse: Whether they come and go.
        usable: Which experts.
        here: Rows of the customers.
        known: Judged cases of which all these experts spoke.
    """

    sparse: bool
    usable: list[int]
    here: Indices
    known: Indices


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """What all experts say together.

    Args:
        ahead: Quantiles of each customer, shape `(share, customer)`. [unit]
        then: Of each judged case, shape `(share, judged case)`; NaN where too few spoke of it. [unit]
        weights: What each expert counted for.
        regular: Share of what is expected that is of customers whose sums may be shifted.
    """

    ahead: Values
    then: Values
    weights: dict[str, float]
    regular: float


def mixed(before: Past, said: Said, *, growing: bool) -> Mixed:
    """Blend experts and calibrate.

    Args:
        before: Earlier forecasts, and who the customers are now.
        said: By the experts.
        growing: Whether growth is expected over the horizon.
    """
    customers, cases = len(before.now.actual), len(before.judged)
    ahead, told = np.zeros((len(SHARES), customers)), np.full((len(SHARES), cases), np.nan)
    weights, new = dict.fromkeys(said.names, 0.0), before.cases.newness[before.judged]
    groups = _groups(before, said, growing=growing)
    for group in groups:
        share = _shares(group, before, said, growing=growing)
        alone = np.isin([said.names[k] for k in group.usable], list(ALONE))
        now, then = (_by_newness(share, alone, each) for each in (before.now.newness[group.here], new[group.known]))
        for place, spoken, rows, parts in ((ahead, said.ahead, group.here, now), (told, said.then, group.known, then)):
            each = np.array([spoken[k][:, rows] for k in group.usable])
            place[:, rows] = np.sort(np.einsum("kc,ksc->sc", parts, each), axis=0)
        _calibrate(group, before, ahead, told, FEW * _learnt(group, said, share))
        for k, part in zip(group.usable, now.sum(axis=1).tolist(), strict=True):
            weights[said.names[k]] += part / customers
    regular = 1.0
    if "dying" in said.names:
        expected = mean_of(ahead, SHARES)
        regular = float(expected[groups[0].here].sum() / max(expected.sum(), 1e-300))
    return Mixed(ahead, told, weights, regular)


def _groups(before: Past, said: Said, *, growing: bool) -> tuple[_Group, _Group]:
    now, then = before.now.active < SPARSE, before.cases.active[before.judged] < SPARSE
    dying = "dying" in said.names

    def group(*, sparse: bool) -> _Group:
        useless = APART[sparse] | (BEATEN if sparse and dying else LEVEL if growing and not sparse else set())
        usable = [k for k, name in enumerate(said.names) if name not in useless]
        there = np.flatnonzero(then == sparse)
        spoken = np.isfinite(np.array([said.then[k][0, there] for k in usable])).all(axis=0)
        return _Group(sparse, usable, np.flatnonzero(now == sparse), there[spoken])

    return group(sparse=False), group(sparse=True)


def _shares(group: _Group, before: Past, said: Said, *, growing: bool) -> Values:
    """Weigh experts: the own history by how few cases there are, unless an expert who was given won; others by loss."""
    names = np.array([said.names[k] for k in group.usable])
    rows = before.judged[group.known]
    told = np.array([said.then[k][:, group.known] for k in group.usable])
    alone = np.isin(names, list(ALONE))
    share: Values = alone.astype(float)
    counts, actual = before.cases.reference[rows] ** -SMALL, before.cases.actual[rows]
    share[~alone] = blended(told[~alone], SHARES, actual, counts, before.apart)
    if alone.any():
        share[alone] = parts = _parts(told[alone], names[alone], (actual, counts), before.apart)
        given = share[int(np.argmax(alone)) + len(parts) :].sum()
        mine, others = np.tensordot(parts, told[alone], axes=1), np.tensordot(share[~alone], told[~alone], axes=1)
        moving = float(parts[names[alone] == "trend"].sum())
        worth = OWN[growing] * _kept(mine, others, (actual, counts), moving)
        part = worth / (worth + _once(rows, before)) * (1 - given)
        share = np.where(alone, part, 1 - part) * share
    if group.sparse and "dying" in names and len(group.here):
        often = float(np.median(before.now.active[group.here]))
        belief = float(np.clip(1 - FALLS * (often - SELDOM), LEAST_TRUST, 1.0))
        share = belief * (names == "dying") + (1 - belief) * share
    return share


def _by_newness(share: Values, alone: Values, newness: Values) -> Values:
    """Trust own histories of who came lately less, for one period shows nothing of how a customer varies.

    Args:
        share: Of each expert, for a customer watched throughout, shape `(expert,)`.
        alone: Whether each tells a customer by its own history alone, shape `(expert,)`.
        newness: Of each customer, as of `Told`, shape `(customer,)`.

    Returns:
        Shape `(expert, customer)`.
    """
    part = share[:, None] * (1 - np.outer(alone, newness))
    parts: Values = part / part.sum(axis=0)
    return parts


def _learnt(group: _Group, said: Said, share: Values) -> float:
    """Say what part of a group's ranges has its width from errors that are doubted: all but half of own histories'."""
    if group.sparse:
        return UNSURE if "dying" in said.names else 1.0
    return 1 - float(share[[said.names[k] in ALONE for k in group.usable]].sum()) / 2


def _parts(told: Values, names: Values, came: tuple[Values, Values], apart: float) -> Values:
    """Weigh the experts of the own history by what each lost at earlier dates, and by what is thought of it before."""
    actual, counts = came
    before = np.array([ALONE[name] for name in names.tolist()])
    missed = np.array([float(counts @ lost(each, SHARES, actual)) for each in told])
    if missed.max(initial=0.0) > 0:
        before *= np.maximum(missed / missed.max(), LEAST_RATIO) ** (-EVIDENCE * np.sqrt(apart))
    weights: Values = before / before.sum()
    return weights


def _kept(own: Values, others: Values, came: tuple[Values, Values], moving: float) -> float:
    """Say how far the own history is trusted by what it missed, against the others: 1, less or more.

    Args:
        own: What it would have said of judged cases, shape `(share, case)`.
        others: What they would have, shape `(share, case)`.
        came: What came, and what each case counts for.
        moving: Part of the own history that is told by a trend that moves.
    """
    actual, counts = came
    mine, theirs = (float(counts @ lost(each, SHARES, actual)) for each in (own, others))
    if not len(actual) or not theirs > 0:
        return float(not mine > 0)
    ratio = max(mine / theirs, LEAST_RATIO)
    return float(ratio ** -(BETTER + MOVING * moving) if ratio < 1 else (WORSE / max(ratio, WORSE)) ** BETTER)


def _once(rows: Indices, before: Past) -> float:
    """Count cases: those of dates that overlap once, and those of dates apart by their root, for they are alike."""
    dates = max(len(before.dates), 1)
    return len(rows) / dates * float(np.sqrt(min(before.apart, dates)))


def _calibrate(group: _Group, before: Past, ahead: Values, told: Values, unsure: float) -> None:
    """Make ranges of a group hold what came, in place: by their width, or where zeros are many by their shares.

    Args:
        group: Customers of one kind.
        before: Earlier forecasts.
        ahead: Quantiles of all customers, shape `(share, customer)`.
        told: Quantiles of all judged cases, shape `(share, judged case)`.
        unsure: Variance that is added where errors are known from one earlier date.
    """
    rows = before.judged[group.known]
    actual, origin = before.cases.actual[rows], before.cases.like.origin[rows]
    then, now = told[:, group.known], ahead[:, group.here]
    few = float(np.sqrt(1 + unsure / before.apart))
    if not group.sparse:
        ahead[:, group.here] = widened(now, SHARES, margin(then, SHARES, actual, origin) * few)
        return
    known = trust(len(rows), len(np.unique(origin)), before.apart)
    places = SHARES if not known else (1 - known) * SHARES + known * placed(then, SHARES, actual)
    ahead[:, group.here] = replaced(now, SHARES, places, few)
    told[:, group.known] = replaced(then, SHARES, places)
