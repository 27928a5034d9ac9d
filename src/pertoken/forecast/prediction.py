"""Prediction: usage of customers and of all of them over a horizon, learnt from what earlier forecasts missed by."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError
from pertoken.core.keys import Codes, Key
from pertoken.core.money import Values
from pertoken.forecast import seasonal
from pertoken.forecast.aggregate import foretold, joined, weight_of
from pertoken.forecast.bonds import bond_for
from pertoken.forecast.btyd_expert import dying
from pertoken.forecast.cases import Past, past
from pertoken.forecast.coupled import Bond, coupled, loading_for
from pertoken.forecast.dressed import SHARES, dressed, likeness
from pertoken.forecast.expert import Experts
from pertoken.forecast.mixed import ALONE, SPARSE, Said, mixed
from pertoken.forecast.outage import named, outages
from pertoken.forecast.panel import Indices, Panel, checked
from pertoken.forecast.peak import bounded
from pertoken.forecast.predicted import Predicted, added
from pertoken.forecast.segments import Apart, Segmented, Split, came_apart, in_use, split_of
from pertoken.forecast.smoothing import smoothing
from pertoken.forecast.spike import tamed
from pertoken.forecast.split import split
from pertoken.forecast.timed import NUMBERED
from pertoken.forecast.totals import mean_of, shift
from pertoken.forecast.trending import trending
from pertoken.forecast.tried import Watched, tried

A_MONTH = {"hour": 730.0, "day": 30.4, "week": 4.35, "month": 1.0, "quarter": 1 / 3, "year": 1 / 12}
"""Periods of a month by grain."""

OF_SEASON = {144: 4383.0, 96: 2922.0, 48: 1461.0, 24: 730.0, 7: 30.4, 12: 1.0, 4: 1 / 3}
"""Periods of a month by the cycle of periods that are only numbered."""

RESTLESS, SIX_HOURS = 0.25, 121.7
"""Typical step, |a - b| / (a + b), beyond which a cycle of four is a day and not a year; its periods of a month."""

FEW_SPARSE = 0.25
"""Share of such customers from which a law of dying is fitted."""

DENSE = 0.3
"""Middle of the ratios from which they are spread like logs, not mostly zeros and a few."""

LONGER = 0.25
"""Power of the horizon that a customer's relative error grows with beyond what could be tried."""

MATERIAL = 0.02
"""Error of the sum of customers from which the total is shifted against them."""

WHALE = 0.5
"""Share of all usage from which a customer is named."""

TAIL = 1.5
"""Most that the pooled forecast of such a customer may be, as a share of the law's highest quantile."""

NEXT_TO_NOTHING = 0.01
"""Part of a segment's mean from which down its sum is as good as nothing."""

GROWING = 2.0
"""Months ahead from which growth is expected rather than looked for. [month]"""

DYING_GRAINS = {"day", "week", "month"}


def predicted(
    panel: Panel,
    *,
    horizon: int,
    draws: int = 1000,
    seed: int = 0,
    season: int | None = None,
    steps: bool = False,
    experts: Experts | None = None,
    segment: Segmented | None = None,
) -> Predicted:
    """Forecast what each customer and all of them use over a horizon.

    Args:
        panel: Their history, as of now.
        horizon: How many periods ahead.
        draws: Worlds to sample.
        seed: The same seed gives the same bits.
        season: Periods of a cycle; of the grain, or found, if None.
        steps: Say period by period too.
        experts: Makers of paths beside our own, by name; each is weighed by what it would have said earlier.
        segment: Tells customers apart, by what is known at the end of the panel it is given; their sums are then
            calibrated too. Earlier dates are told apart by what was known then.

    Raises:
        InputError: No customers, or none there yet; nothing to forecast; usage that is negative or infinite.
    """
    if not len(panel) or horizon < 1 or draws < 2:  # noqa: PLR2004  a range has two ends
        raise InputError(f"{len(panel)} customers, {horizon} periods, {draws} draws; expected 1, 1 and 2 at least")
    there = np.flatnonzero(checked(panel).since < len(panel.periods))
    if not len(there):
        raise InputError(
            f"none of {len(panel)} customers is there by {panel.periods[-1]}, the last period of the panel"
        )
    told = {"horizon": horizon, "draws": draws, "seed": seed, "season": season, "steps": steps}
    told |= {"experts": experts, "segment": segment}  # type: ignore[dict-item]
    if len(there) == len(panel):
        return _predicted(panel, **told)  # type: ignore[arg-type]
    return _beside(panel, there, _predicted(panel.pick(there), **told))  # type: ignore[arg-type]


def _beside(panel: Panel, there: Indices, made: Predicted) -> Predicted:
    """Put those who are not there yet, of whom nothing is known, beside a forecast of those who are."""

    def wide(known: Values) -> Values:
        every = np.zeros((known.shape[0], len(panel), *known.shape[2:]), dtype=known.dtype)
        every[:, there] = known
        return every

    count = len(panel) - len(there)
    who = f"{count} customers are" if count > 1 else f"{panel.customers[_first_missing(there)]} is"
    note = f"{who} not there by {panel.periods[-1]}: nothing is known, and nothing expected, of whom is to come"
    steps = None if made.steps is None else wide(made.steps)
    known = made.segment and Key(_nowhere(len(panel), there, made.segment.codes), made.segment.labels)
    samples, notes = wide(made.samples), (*made.notes, note)
    return replace(made, customers=panel.customers, samples=samples, steps=steps, segment=known, notes=notes)


def _nowhere(size: int, there: Indices, codes: Codes) -> Codes:
    """Let those who are not there yet be of no segment."""
    every = np.full(size, -1, dtype=np.int32)
    every[there] = codes
    return every


def _first_missing(there: Indices) -> int:
    """Give the first row that is not among some, which rise."""
    return int(np.argmax(np.append(there, -1) != np.arange(len(there) + 1)))


def _predicted(
    panel: Panel,
    *,
    horizon: int,
    draws: int,
    seed: int,
    season: int | None,
    steps: bool,
    experts: Experts | None,
    segment: Segmented | None,
) -> Predicted:
    """Forecast customers who are all there."""
    out = outages(panel.value)
    came = np.where(out, np.nan, panel.value)
    value = tamed(came, horizon)
    season = _season(panel, value) if season is None else max(season, 1)
    if not np.nansum(value) > 0:
        nothing = np.zeros((draws, len(panel)), dtype=np.float32)
        notes = (*_notes(panel, out, None), "nobody used anything, so nothing is expected")
        made = Predicted(panel.customers, horizon, nothing, nothing.sum(axis=1), notes=notes)
        if segment is not None:
            key = in_use(segment(panel))
            made = _with_segments(made, key, added(nothing, key))
        return _with_steps(made, None, steps)
    before = past(value, panel.since, horizon, season, came)
    months = horizon / _a_month(panel, value, season)
    growing = bool(months > GROWING)
    seen = Watched(value, panel.since, season, seed, growing)
    said = _said(before, seen, panel.grain, experts or {})
    told = mixed(before, said, growing=growing)
    sparse = before.now.active < SPARSE
    told = replace(told, ahead=bounded(told.ahead, came, horizon, sparse, dying="dying" in said.names))
    off = shift(before, mean_of(told.then, SHARES), months, told.regular)
    parts = None if segment is None else split_of(panel, segment, before)
    apart = None if parts is None else came_apart(before, told, parts, months)
    bond = _bond(told.ahead, off.size, parts, apart, seed)
    samples = coupled(told.ahead, SHARES, draws=draws, bond=bond, seed=seed)
    total = samples.sum(axis=1, dtype=np.float64)
    if abs(off.bias) > MATERIAL and len(panel) > 1:  # the total of one is that one's
        total *= np.exp(off.bias)
    notes = _notes(panel, out, before)
    made = Predicted(panel.customers, horizon, samples, total, weights=told.weights, loading=bond.mean, notes=notes)
    if parts is not None and apart is not None:
        sums = added(samples, parts.now) * np.exp(apart.bias)
        made = _with_segments(made, parts.now, _said_alone(sums, before, told.then, parts, seen))
    return _with_steps(made, split(value, season, made.samples, horizon, seed) if steps else None, steps)


def _bond(ahead: Values, total: float, parts: Split | None, apart: Apart | None, seed: int) -> Bond:
    """Tie customers together so that sums, of all and of segments, are as wide as they have turned out to be."""
    if parts is None or apart is None or len(parts.now.labels) == 1:
        return Bond.of_all(loading_for(ahead, SHARES, total, seed=seed), ahead.shape[1])
    return bond_for(ahead, SHARES, apart.variance, total, segment=parts.now.codes, seed=seed)


def _said_alone(sums: Values, before: Past, then: Values, parts: Split, seen: Watched) -> Values:
    """Let the series of each segment's sum speak beside what its customers add up to, shape `(draw, segment)`."""
    if sums.shape[1] == 1:
        return sums
    least = np.maximum(NEXT_TO_NOTHING * sums.mean(axis=0), 1e-300)  # of whose sum is nothing in some worlds
    spread = float(np.median(np.log(np.maximum(sums, least)).std(axis=0)))
    own = foretold(seen.value, seen.since, parts.now.codes.astype(np.int64), seen, before.horizon)
    return joined(sums, own, weight_of(before, then, parts, seen, spread))


def _with_segments(made: Predicted, segment: Key, sums: Values) -> Predicted:
    """Bring sums of segments, shape `(draw, segment)`, to the total in each world."""
    whole = sums.sum(axis=1)
    factor = np.divide(made.total, whole, out=np.ones(len(whole)), where=whole > 0)
    return replace(made, segment=segment, segments=sums * factor[:, None])


def _with_steps(made: Predicted, parts: Values | None, steps: bool) -> Predicted:  # noqa: FBT001  passed on
    if not steps:
        return made
    shape = (*made.samples.shape, made.horizon)
    return replace(made, steps=np.zeros(shape, dtype=np.float32) if parts is None else parts)


def _season(panel: Panel, value: Values) -> int:
    """Say in how many periods a pattern comes again; weeks and months have too few cycles to show one."""
    if panel.grain == NUMBERED:
        return seasonal.found(value)
    return panel.season if panel.grain not in {"week", "month"} else 1


def _a_month(panel: Panel, value: Values, season: int) -> float:
    """Say how many periods a month has; of numbered ones by their cycle, four of which may be quarters or six hours."""
    if panel.grain in A_MONTH:
        return A_MONTH[panel.grain]
    regular = np.nan_to_num(value)[np.nanmean(value > 0, axis=1) >= SPARSE]
    if season == 4 and len(regular):  # noqa: PLR2004  quarters of a year, or of a day
        steps = np.abs(np.diff(regular, axis=1)) / np.maximum(regular[:, 1:] + regular[:, :-1], 1e-300)
        if np.median(steps.mean(axis=1)) > RESTLESS:
            return SIX_HOURS
    return OF_SEASON.get(season, 30.4)


def _said(before: Past, seen: Watched, grain: str, experts: Experts) -> Said:
    """Ask all experts: points dressed with the errors of alike cases, and those that draw paths."""
    cases, now, judged = before.cases, before.now, before.judged
    learnt = cases.like.pick(before.learnt)
    alike, alike_then = likeness(now.like, learnt), likeness(cases.like.pick(judged), learnt)
    stretch = (before.horizon / before.ahead) ** LONGER
    said = Said(tuple(cases.points), [], [])
    for name, point in cases.points.items():
        ratio = (cases.actual / point)[before.learnt]
        common = _common(ratio, before.cases.active[before.learnt], before.apart)
        said.ahead.append(_stretched(dressed(alike, ratio / common), stretch) * now.points[name])
        said.then.append(dressed(alike_then, ratio) * point[judged])
    for name in ALONE:
        said.ahead.append(_alone(name, seen.value, before.horizon, seen))
        said.then.append(_tried_alone(name, before, seen))
    drawn = dict(experts)
    numbered = grain == NUMBERED and seen.season in {1, 7, 12}
    if (now.active < SPARSE).mean() > FEW_SPARSE and (grain in DYING_GRAINS or numbered) and before.dates:
        drawn["dying"] = dying
    for name, expert in drawn.items():
        quantiles = tried(expert, before, seen)
        said.ahead.append(quantiles[0])
        said.then.append(quantiles[1])
        if name == "dying":  # ratios to next to nothing have tails that none of those who come and go has
            for place, active in ((said.ahead, now.active), (said.then, cases.active[judged])):
                capped = np.fmin(place[0], TAIL * place[-1][-1])
                place[0] = np.where(active < SPARSE, capped, place[0])
    return replace(said, names=(*said.names, *ALONE, *drawn))


def _alone(name: str, known: Values, horizon: int, seen: Watched) -> Values:
    """Say what histories alone say, one by one, shape `(share, customer)`."""
    way = {"own": smoothing, "trend": trending}[name]
    return way(known, seen.season, horizon, SHARES, growing=seen.growing)


def _tried_alone(name: str, before: Past, seen: Watched) -> Values:
    """Say what their own histories alone would have said of judged cases, shape `(share, case)`."""
    cases = before.cases.like.pick(before.judged)
    told = np.full((len(SHARES), len(before.judged)), np.nan)
    for number, date in enumerate(before.told_at):
        here = np.flatnonzero(cases.origin == number)
        if len(here):
            told[:, here] = _alone(name, seen.value[cases.customer[here], :date], before.ahead, seen)
    return told


def _common(ratio: Values, active: Values, apart: float) -> float:
    """Say what part of the middle error of regular customers is not to be believed: dates that overlap are few."""
    regular = ratio[(active >= SPARSE) & (ratio > 0)]
    if not len(regular):
        return 1.0
    return float(np.median(regular) ** (1 / (apart + 1)))


def _stretched(ratio: Values, power: float) -> Values:
    """Widen ratios around their middle, for a horizon longer than the one they were seen over."""
    if power == 1:
        return ratio
    middle = ratio[len(ratio) // 2]
    safe = np.maximum(middle, DENSE)
    wider: Values = np.where(middle > DENSE, safe * (ratio / safe) ** power, ratio)
    return wider


def _notes(panel: Panel, out: NDArray[np.bool_], before: Past | None) -> tuple[str, ...]:
    """Say what should be known beside the numbers."""
    said = [*named(panel.periods, out)]
    if before is None:
        return tuple(said)
    if not before.dates:
        known = f"{before.periods} period{'s' * (before.periods > 1)}"
        said.append(f"{known} of history: no earlier forecast could be judged; ranges are what is believed")
    elif before.ahead < before.horizon:
        judged = f"{before.ahead} period{'s' * (before.ahead > 1)}"
        said.append(
            f"{before.periods} periods of history: earlier forecasts could be judged over {judged} only, "
            f"not {before.horizon}; ranges are widened"
        )
    usage: Values = np.nansum(panel.value, axis=1)
    top = int(np.argmax(usage))
    if len(panel) > 1 and usage[top] > WHALE * usage.sum():
        said.append(f"{panel.customers[top]} is {usage[top] / usage.sum():.0%} of all usage")
    return tuple(said)
