"""Measure: counts that are no sums: the peak, the number of distinct labels, the level held over time."""

from collections.abc import Mapping

import numpy as np

from pertoken.core import period
from pertoken.core.lines import Key, Lines, group
from pertoken.core.money import Values, is_exact, settle, to_exact
from pertoken.rating.card import Measure
from pertoken.rating.job import Job
from pertoken.rating.part import gathered


def peak(lines: Lines, keys: Mapping[str, Key], measure: Measure, job: Job) -> Lines:
    """Take the greatest sum of an inner period in each window."""
    name, inner = job.key(lines, measure.every or "day")
    each = gathered({**keys, f"{name} within": inner}, len(lines), lines.values)
    found = group([each.keys[n] for n in keys], len(each))
    quantity = each.values["quantity"]
    ordered = quantity if found.order is None else quantity.take(found.order, axis=-1)
    greatest = np.maximum.reduceat(ordered, found.starts, axis=-1) if len(found.starts) else ordered
    return Lines({n: Key(each.keys[n].codes[found.first], each.keys[n].labels) for n in keys}, {"quantity": greatest})


def distinct(lines: Lines, keys: Mapping[str, Key], measure: Measure, job: Job) -> Lines:
    """Count the labels of a key that have any usage in each window."""
    del job
    who = lines.key(measure.unique)
    each = gathered({**keys, "label counted": who}, len(lines), lines.values)
    some = (each.values["quantity"] != 0).astype(np.int64)
    named = np.array([bool(label) for label in who.labels] or [False])[each.keys["label counted"].codes]
    return gathered({n: each.keys[n] for n in keys}, len(each), {"quantity": some * named})


def level(lines: Lines, keys: Mapping[str, Key], measure: Measure, job: Job) -> Lines:
    """Average a level that holds until the next reading over the whole of each window; nothing before the first."""
    grain = measure.every or "day"
    window, row_name = list(keys.values())[-1], list(keys)[-1]
    del window
    outer = {name: key for name, key in keys.items() if name not in (row_name, "window")}
    name, inner = job.key(lines, grain)
    read = gathered({**outer, name: inner}, len(lines), lines.values)
    begin = period.periods(grain, *job.contracts.span)
    labels = tuple(period.label(t, grain) for t in begin)
    groups = group([read.keys[n] for n in outer], len(read))
    size = len(groups.starts) if outer else 1
    owner = np.zeros(len(read), dtype=np.intp)
    order = np.arange(len(read)) if groups.order is None else groups.order
    owner[order] = np.repeat(np.arange(size), np.diff(np.append(groups.starts, len(read))))
    at = np.searchsorted(begin, period.begins(read.keys[name].labels))[read.keys[name].codes]
    quantity = read.values["quantity"]
    held = np.zeros((*quantity.shape[:-1], size, len(begin)), dtype=quantity.dtype)
    known = np.zeros((size, len(begin)), dtype=bool)
    held[..., owner, at] = quantity
    known[owner, at] = True
    for i in range(1, len(begin)):
        held[..., i] = np.where(known[:, i], held[..., i], held[..., i - 1])
    weight = period.seconds(begin, period.following(begin, grain), job.contracts.tz)
    who, when = np.repeat(np.arange(size), len(begin)), np.tile(np.arange(len(begin)), size)
    made = {n: Key(read.keys[n].codes[groups.first][who], read.keys[n].labels) for n in outer}
    flat = held.reshape(*held.shape[:-2], -1) * weight[when]
    dense = Lines({**made, name: Key(when.astype(np.int32), labels)}, {"quantity": flat})
    _, row = job.key(dense, measure.window)
    total = gathered({**made, row_name: row}, len(dense), dense.values)
    ends = _lengths(total.keys[row_name], measure, job)
    exact = is_exact(total.values["quantity"]) or total.values["quantity"].dtype.kind == "i"
    mean = to_exact(total.values["quantity"]) / to_exact(ends) if exact else total.values["quantity"] / ends
    return Lines(total.keys, {"quantity": settle(mean)})


def _lengths(rows: Key, measure: Measure, job: Job) -> Values:
    """Seconds in the window of each row."""
    begin = period.begins(rows.labels)
    after = (
        period.following(begin, measure.window)
        if job.card.during.anchor is None
        else period.months_later(begin, {"month": 1, "quarter": 3, "year": 12}[measure.window])
    )
    return period.seconds(begin, after, job.contracts.tz)[rows.codes]
