"""Where will the month end that the log ends in? What is known of it and a forecast of the rest, made ready."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.agreement import Agreement
from pertoken.forecast.landing import Begun
from pertoken.workbench.charging import charging
from pertoken.workbench.declared import signed
from pertoken.workbench.preparing import Prepared, coming_of

if TYPE_CHECKING:
    from pertoken.forecast.simulate import Simulated

DRAWS = 1000
"""Samples of the rest of the month."""


def month_of(made: Prepared) -> Prepared | None:
    """Make the month ready that the history ends in; None where it ends with it.

    Args:
        made: From `prepared`.
    """
    from pertoken.forecast.landing import landing  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.simulate import pick  # noqa: PLC0415

    if made.begun is None:
        return None
    month, standing, read = made.begun, made.standing, made.read
    there = read.panel.customers
    fitted = replace(made.fitted, of=pick(made.fitted.of, np.arange(len(there))))  # who is in the log
    mine = tuple(
        each
        for each in made.said.agreements
        if each.customer in set(there) or _comes(each, month, read.panel.periods[-1])
    )
    agreed = signed(read, replace(made.said, agreements=mine), (month.month,))
    if agreed is not None:
        agreed = replace(agreed, ramp_now=np.ones(len(agreed.customers)))  # what is known has the ramp in it
    of = landing(fitted, standing, month, _rest(made, month))
    charged = charging(read, made.plans, standing.plan, of.months)
    done = replace(made, fitted=replace(fitted, of=of), charging=charged, agreed=agreed, begun=None)
    whole = replace(fitted, of=replace(of, laws=fitted.of.laws))  # who has signed begins on a day that is known
    return replace(done, fitted=replace(fitted, of=replace(done.with_signed(whole).of, laws=of.laws)))


def _comes(each: Agreement, month: Begun, last: str) -> bool:
    """Whether a contract begins in the days of a month that are left, after the last that is known."""
    return str(each.start) > last and str(each.start)[: len(month.month)] == month.month


def _rest(made: Prepared, month: Begun) -> Values:
    """Samples of what each customer uses in the days that are left, with the events in them."""
    from pertoken.forecast.growth import DAYS  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.levels import alive_of, without_traces  # noqa: PLC0415
    from pertoken.forecast.predicted import shift  # noqa: PLC0415
    from pertoken.forecast.prediction import predicted  # noqa: PLC0415

    panel, standing = made.read.panel, made.standing
    told = {"draws": DRAWS, "seed": made.seed, "experts": made.voices.experts, "segment": standing.segmented}
    alone = predicted(panel.weighted(standing.weights), horizon=month.rest, **told)  # type: ignore[arg-type]
    level = made.voices.by_day(month.rest).join(alone, panel.periods[-1], seed=made.seed)
    first = np.datetime64(panel.periods[-1]) + 1
    days = [str(day) for day in np.arange(first, first + month.rest)]
    alive = alive_of(standing.segment, made.fitted.retention, standing.bound)
    value = panel.weighted(standing.weights).value
    samples = without_traces(level.samples * shift(level), alive, value, month.rest / DAYS)
    coming = coming_of(made.said, standing, days, panel.periods[-1])
    if coming is None:
        return samples
    factor = np.exp(coming.drawn(len(samples), np.random.default_rng([made.seed, 4]))).mean(axis=2)
    with_events: Values = samples * factor[:, standing.segment.codes]
    return with_events


def with_rest(made: Prepared, month: Begun, found: "Simulated") -> Prepared:
    """Let commitments that go on know what is expected of the whole month before them, not only what is known of it.

    Args:
        made: From `prepared`.
        month: That the history ends in.
        found: Simulated worlds of it.
    """
    from pertoken.forecast.settlement import NOT_BILLED  # noqa: PLC0415  the calculator must start fast

    if made.agreed is None:
        return made
    billed = np.sum([found.sums[name][:, 0] for name in found.stages if name not in NOT_BILLED], axis=0).mean(axis=0)
    names = found.groups["customer"]
    own = {name: float(billed[names.codes == code].sum()) for code, name in enumerate(names.labels) if name}
    later = signed(made.read, made.said, made.agreed.months, landed=(month.month, own))
    return made if later is None else replace(made, agreed=replace(made.agreed, terms=later.terms))


def so_far(made: Prepared, month: Begun) -> dict[str, float]:
    """Say what is known of a month, by measure, as it was charged until the last day of the log."""
    used = made.standing.weights @ month.quantity
    known = {"usage": float(used.sum()), "customers": float((used > 0).sum())}
    for side in ("revenue", "cost"):
        labels, values = made.read.monthly(side)
        if side in made.read.ledgers:
            known[side] = float(values[labels.index(month.month)]) if month.month in labels else 0.0
    if {"revenue", "cost"} <= set(known):
        known["margin"] = known["revenue"] - known["cost"]
    return known
