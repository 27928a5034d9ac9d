"""Measure: counts that are no sums: the peak, the number of distinct labels, the level held over time."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from pertoken.core import period
from pertoken.core.lines import Groups, Key, Lines, group
from pertoken.core.money import Values, is_exact, settle, to_exact
from pertoken.core.period import Instants
from pertoken.rating.card import Charge, Measure
from pertoken.rating.job import Job
from pertoken.rating.part import gathered


def peak(lines: Lines, keys: Mapping[str, Key], charge: Charge, job: Job) -> Lines:
    """Take the greatest sum of an inner period in each window."""
    measure = _measure(charge)
    name, inner = job.key(lines, measure.every or "day")
    each = gathered({**keys, f"{name} within": inner}, len(lines), lines.values)
    found = group([each.keys[n] for n in keys], len(each))
    quantity = each.values["quantity"]
    ordered = quantity if found.order is None else quantity.take(found.order, axis=-1)
    greatest = np.maximum.reduceat(ordered, found.starts, axis=-1) if len(found.starts) else ordered
    return Lines({n: Key(each.keys[n].codes[found.first], each.keys[n].labels) for n in keys}, {"quantity": greatest})


def distinct(lines: Lines, keys: Mapping[str, Key], charge: Charge, job: Job) -> Lines:
    """Count the labels of a key that have any usage in each window."""
    del job
    who = lines.key(_measure(charge).unique)
    each = gathered({**keys, "label counted": who}, len(lines), lines.values)
    some = (each.values["quantity"] != 0).astype(np.int64)
    named = np.array([bool(label) for label in who.labels] or [False])[each.keys["label counted"].codes]
    return gathered({n: each.keys[n] for n in keys}, len(each), {"quantity": some * named})


def level(lines: Lines, keys: Mapping[str, Key], charge: Charge, job: Job) -> Lines:
    """Average a level that holds until the next reading over the whole of each window.

    It is nothing before the first reading, outside the time of the charge and of the contract, and after the window of
    the contract's last usage.
    """
    measure, row_name = _measure(charge), list(keys)[-1]
    outer = {name: key for name, key in keys.items() if name not in (row_name, "window")}
    name, inner = job.key(lines, measure.every or "day")
    read = gathered({**outer, name: inner}, len(lines), lines.values)
    begin = _moments(measure, job)
    groups = group([read.keys[n] for n in outer], len(read))
    held = _held(read, groups, begin, read.keys[name])
    size = held.shape[-2]
    first = groups.first if outer else np.zeros(1, dtype=np.intp)
    who, when = np.repeat(np.arange(size), len(begin)), np.tile(np.arange(len(begin)), size)
    made = {n: Key(read.keys[n].codes[first][who], read.keys[n].labels) for n in outer}
    labels = tuple(period.label(t, measure.every or "day") for t in begin)
    keyed = Lines({**made, name: Key(when.astype(np.int32), labels)}, {"one": np.ones(len(when))})
    _, row = job.key(keyed, measure.window)
    some = _runs(job.contracts.of_lines(keyed), begin[when], row, charge, job)
    weight = period.seconds(begin, period.following(begin, measure.every or "day"), job.contracts.tz)[when]
    flat = Lines({**made, row_name: row}, {"quantity": held.reshape(*held.shape[:-2], -1) * weight}).pick(some)
    total = gathered(flat.keys, len(flat), flat.values)
    return Lines(
        total.keys, {"quantity": _mean(total.values["quantity"], _lengths(total.keys[row_name], measure, job))}
    )


def _measure(charge: Charge) -> Measure:
    assert charge.measure is not None  # noqa: S101  see the callers
    return charge.measure


def _moments(measure: Measure, job: Job) -> Instants:
    """When readings may be, to the end of the last window."""
    first, last = job.contracts.span
    more = np.timedelta64({"month": 31, "quarter": 92, "year": 366}.get(measure.window, 1), "D")
    return period.periods(measure.every or "day", first, last + more)


def _held(read: Lines, groups: Groups, begin: Instants, at: Key) -> Values:
    """Spread readings over time, each held until the next, shape `(*batch, group, moment)`."""
    size = max(len(groups.starts), 1)
    owner = np.zeros(len(read), dtype=np.intp)
    order = np.arange(len(read)) if groups.order is None else groups.order
    owner[order] = np.repeat(np.arange(len(groups.starts)), np.diff(np.append(groups.starts, len(read))))
    place = np.searchsorted(begin, period.begins(at.labels))[at.codes]
    quantity = read.values["quantity"]
    held = np.zeros((*quantity.shape[:-1], size, len(begin)), dtype=quantity.dtype)
    known = np.zeros((size, len(begin)), dtype=bool)
    held[..., owner, place] = quantity
    known[owner, place] = True
    for i in range(1, len(begin)):
        held[..., i] = np.where(known[:, i], held[..., i], held[..., i - 1])
    return held


def _runs(who: Values, begin: Instants, row: Key, charge: Charge, job: Job) -> Any:  # noqa: ANN401  a mask
    """Tell at which moments a level counts."""
    contracts = job.contracts
    opened, closed = contracts.holds(charge.during)
    first, latest = np.full(len(contracts), len(row.labels)), np.full(len(contracts), -1)
    known = (begin >= contracts.first[who]) & (begin < contracts.last[who])
    np.minimum.at(first, who[known], row.codes[known])
    np.maximum.at(latest, who[known], row.codes[known])
    return (begin >= opened[who]) & (begin < closed[who]) & (row.codes >= first[who]) & (row.codes <= latest[who])


def _mean(total: Values, lengths: Values) -> Values:
    exact = is_exact(total) or total.dtype.kind == "i"
    return settle(to_exact(total) / to_exact(lengths)) if exact else total / lengths


def _lengths(rows: Key, measure: Measure, job: Job) -> Values:
    """Seconds in the window of each row."""
    begin = period.begins(rows.labels)
    after = (
        period.following(begin, measure.window)
        if job.card.during.anchor is None
        else period.months_later(begin, {"month": 1, "quarter": 3, "year": 12}[measure.window])
    )
    return period.seconds(begin, after, job.contracts.tz)[rows.codes]
