"""Charge: what a claim takes becomes lines at list price.

A price is a cumulative function. Where a window is longer than an invoice, or pools draw day by day, a line is the
difference of two points of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import cast

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import CardError
from pertoken.core.expression import condition
from pertoken.core.lines import Key, Lines, Usage, combine, concat, group
from pertoken.core.money import Values, array, settle, zeros
from pertoken.rating.assign import Claim, Combos, combos, holds, leaf_weights
from pertoken.rating.card import Charge, Convert, Measure, plain
from pertoken.rating.counted import Counted
from pertoken.rating.curve import NormalForm, evaluate, normal_form, per_unit
from pertoken.rating.during import During, Window
from pertoken.rating.job import Job
from pertoken.rating.measure import distinct, level, peak
from pertoken.rating.part import Part, Taken, gathered, number
from pertoken.rating.windows import CYCLE, Windows, closing
from pertoken.usage.question import above_key

INVOICE: Window = "month"
"""The longest period of an invoice line; longer windows are billed as they go."""


def charged(job: Job, claim: Claim, combos: Combos, so_far: Sequence[Part], earlier: Sequence[Claim] = ()) -> Part:
    """Price what a claim takes, at list.

    Args:
        job: The card at work.
        claim: Which usage, and at what price.
        combos: Combinations of the usage's labels.
        so_far: Parts of the charges before, for charges on money.
        earlier: Claims of the charge's earlier phases.
    """
    charge, name = claim.charge, claim.name
    if charge is None:
        return _rates(job, claim, combos)
    if charge.measure is None:
        return Part.of(_fee(job, name, charge), name, f"prices.{name}", "list", job.tokens)
    if charge.measure.of:
        rows = spent(job, charge.measure, charge, so_far)
        part = Part.of(rows.priced(""), name, f"prices.{name}", "list", job.tokens)
        return replace(part, basis=rows)
    taken = job.taken(claim, combos)
    before = [counted(job, each, job.taken(each, combos)) for each in earlier] if carries(claim) else []
    lines, basis = _measured(job, claim, taken, before)
    return replace(Part.of(lines, name, f"prices.{name}", "list", taken), basis=basis)


def _rates(job: Job, claim: Claim, combos: Combos) -> Part:
    taken = job.taken(claim, combos)
    mask = combos.lines([weight is not None for weight in claim.weight])
    of_line = combos.of_line if mask is None else combos.of_line[mask]
    prices = array([r.unit_price if r is not None else Decimal(0) for r in claim.rates], exact=job.exact)
    quantity = number(taken.usage.values["quantity"], exact=job.exact)
    money = settle(quantity * prices.take(of_line, axis=-1), prices)
    return Part.of(
        Lines(taken.usage.keys, {"quantity": quantity, "amount": money}), claim.name, claim.name, "list", taken
    )


def _fee(job: Job, name: str, charge: Charge) -> Lines:
    """A fee is due for each contract and period, at its beginning; in part where the period is cut short."""
    assert charge.curve is not None  # noqa: S101  the door asks for it
    during = charge.during
    grain: Window = during.every or "month"
    prorate = during.prorate or job.card.during.prorate
    found = job.contracts.windows(grain, during, prorate=prorate, what=f"the fee {name}")
    due, name, key = job.contracts.due(found, grain, during)
    one = due.prorated(zeros(due.contract.shape, exact=job.exact) + 1)
    full = evaluate(normal_form(charge.curve), zeros(due.contract.shape, exact=job.exact) + 1)
    keys = {n: Key(k.codes[due.contract], k.labels) for n, k in job.contracts.keys.items()}
    return Lines({**keys, name: key}, {"quantity": one, "amount": settle(due.prorated(full))})


def linear(charge: Charge) -> NormalForm | None:
    """The single rate of a charge whose parts can be priced apart; None for any other."""
    measure, curve = charge.measure, charge.curve
    if measure is None or measure.kind not in ("sum", "count") or charge.convert.whole or curve is None:
        return None
    form = None if curve.series or curve.select else normal_form(curve)
    return form if form is not None and form.additive else None


def as_counted(charge: Charge) -> Charge:
    """The charge on what the usage holds: what is converted by request is so already.

    >>> as_counted(Charge(convert=Convert(per=Decimal(1000)))).convert.per
    Decimal('1000')
    """
    if charge.measure is None or charge.measure.window != "request" or not charge.convert.whole:
        return charge
    return replace(charge, convert=Convert())


def carries(claim: Claim) -> bool:
    """Tell whether a charge goes on counting where the phase before it stopped."""
    return bool(claim.charge and claim.charge.during.counter == "carry" and "@" in claim.name)


def _measured(job: Job, claim: Claim, taken: Taken, earlier: Sequence[Counted]) -> tuple[Lines, Counted | None]:
    """Price what is counted; with the count where its parts can't be priced apart."""
    assert claim.charge is not None and claim.charge.measure is not None  # noqa: S101, PT018  see the caller
    charge = as_counted(claim.charge)
    assert charge.measure is not None  # noqa: S101  as before
    form = linear(charge)
    if form is not None or charge.curve is None or charge.curve.series:
        quantity = number(taken.quantity(exact=job.exact), exact=job.exact)
        if form is None:
            money = quantity * _rates_in_time(job, charge, taken.usage) if charge.curve else quantity * 0
        else:
            money = evaluate(per_unit(form, charge.convert.per, charge.convert.times), np.asarray(quantity))
        return Lines(taken.usage.keys, {"quantity": quantity, "amount": settle(money)}), None
    rows = counted(job, claim, taken, earlier=earlier)
    meter = rows.lines.keys.get("meter", charge.measure.meters or charge.measure.unique)
    return rows.priced(meter), rows


def in_series(job: Job, charge: Charge, usage: Lines) -> Key:
    """Find the label of the series that holds for each line: the last that had begun.

    Raises:
        CardError: The series begins later.
    """
    assert charge.curve is not None and charge.measure is not None  # noqa: S101, PT018  see the callers
    labels = sorted(job.card.series[charge.curve.series], key=lambda label: period.begins([label])[0])
    key = usage.period(period.finest(set(usage.keys)) or charge.measure.window)
    at = np.searchsorted(period.begins(labels), period.begins(key.labels), side="right") - 1
    if (at[key.codes] < 0).any():
        early = key.labels[int(key.codes[np.flatnonzero(at[key.codes] < 0)[0]])]
        msg = (
            f"card {job.card.name!r}: series {charge.curve.series} begins with {labels[0]}, "
            f"but there is usage of {early}"
        )
        raise CardError(msg)
    return Key(at[key.codes].astype(np.int32), tuple(labels))


def _rates_in_time(job: Job, charge: Charge, usage: Usage) -> Values:
    """The rate of each line from a series."""
    assert charge.curve is not None  # noqa: S101  see the caller
    key, per = in_series(job, charge, usage), charge.convert.per / charge.convert.times
    series = job.card.series[charge.curve.series]
    found: Values = array([series[label] / per for label in key.labels], exact=job.exact).take(key.codes, axis=-1)
    return found


def counted(
    job: Job, claim: Claim, taken: Taken, grain: Window | None = None, earlier: Sequence[Counted] = ()
) -> Counted:
    """Count what a charge takes for each contract, window and `by`, in rows of an invoice or finer.

    Args:
        job: The card at work.
        claim: The claim of a charge with a measure.
        taken: What it takes.
        grain: Finer rows, for pools that draw in order of time.
        earlier: What earlier phases of the charge have counted, where it goes on from there.
    """
    charge = claim.charge
    assert charge is not None and charge.measure is not None  # noqa: S101, PT018  see the callers
    measure = charge.measure
    lines, values = _selected(job, charge, taken)
    row = _row(lines, measure, grain)
    keys = {name: lines.key(name) for name in (*job.card.scope, *measure.by)}
    row_name, rows = job.key(lines, row)
    inner = {} if measure.window in (row, "request") else {"window": job.key(lines, measure.window)[1]}
    if measure.kind in COUNTS:
        found = COUNTS[measure.kind](Lines(lines.keys, values), {**keys, **inner, row_name: rows}, charge, job)
    else:
        found = gathered({**keys, **inner, row_name: rows}, len(lines), values)
    found = _with_nothing(job, charge, found, row_name, row, inner)
    starts = (
        group([found.keys[name] for name in [*keys, *inner]], len(found)).starts if inner else np.arange(len(found))
    )
    numbers = {name: number(value, exact=job.exact) for name, value in found.values.items()}
    bare = Lines({name: key for name, key in found.keys.items() if name != "window"}, numbers)
    return Counted(charge, bare, starts, *_before(bare, starts, earlier, job, measure))


COUNTS = {"max": peak, "unique": distinct, "time_weighted": level}
"""How what is not a sum is counted."""


def _row(lines: Lines, measure: Measure, grain: Window | None) -> Window:
    """The period of a row: the window itself, an invoice's where the window is longer, or finer for pools."""
    window: Window = "year" if measure.window == "term" else "hour" if measure.window == "request" else measure.window
    if measure.kind in COUNTS:
        return window
    known = cast("Window", period.finest(set(lines.keys)) or window)
    row: Window = min(window, INVOICE, key=period.GRAINS.index)
    if row != window or measure.window in ("term", "request"):
        row = max(row, known, key=period.GRAINS.index)
    return min(row, grain or row, key=period.GRAINS.index)


def _selected(job: Job, charge: Charge, taken: Taken) -> tuple[Lines, dict[str, Values]]:
    """The lines that are counted; with those of the count that picks the tier, where that is another one."""
    if charge.measure is not None and charge.measure.kind == "time_weighted":
        taken = _readings(job, charge.measure)
    quantity = taken.quantity(exact=job.exact)
    if charge.curve is None or not charge.curve.select:
        return taken.usage, {"quantity": quantity}
    meter = job.own.keys["meter"]
    weight = leaf_weights(charge.curve.select, set(meter.labels))
    factor = array([weight.get(label, Decimal(0)) for label in meter.labels], exact=True)[meter.codes]
    select = Taken(job.own, factor).quantity(exact=job.exact)
    both = concat(
        Lines,
        [
            Lines(
                taken.usage.keys,
                {"quantity": number(quantity, exact=job.exact), "select": number(quantity, exact=job.exact) * 0},
            ),
            Lines(job.own.keys, {"quantity": select * 0, "select": select}),
        ],
    )
    return both, dict(both.values)


def _readings(job: Job, measure: Measure) -> Taken:
    """All readings of a level, from before the charge holds, too."""
    lines = job.own
    if measure.where:
        asked = condition(measure.where)
        names = [above_key(job.card.bands[n].of) if n in job.card.bands else n for n in sorted(asked.names)]
        found = combos(lines, names)
        lines = lines.pick(np.array([holds(asked, each, job.card.bands) for each in found.labels])[found.of_line])
    weight = leaf_weights(measure.meters, set(lines.keys["meter"].labels))
    meter = lines.keys["meter"]
    lines = lines.pick(np.array([label in weight for label in meter.labels] or [False])[meter.codes])
    factor = array([weight.get(label, Decimal(0)) for label in meter.labels], exact=True)[lines.keys["meter"].codes]
    return Taken(lines, factor)


def _with_nothing(  # noqa: PLR0917  what meets here
    job: Job, charge: Charge, found: Lines, row_name: str, row: str, inner: Mapping[str, Key]
) -> Lines:
    """Add rows of nothing for contracts without usage, where something is due all the same."""
    measure = charge.measure
    assert measure is not None  # noqa: S101  see the caller
    if not (charge.curve and charge.curve.flat_on_zero) or measure.by or measure.window == "term":
        return found
    during = replace(charge.during, prorate="none")
    grain = cast("Window", measure.window if inner else row)
    due = job.contracts.windows(grain, during, prorate="none", what="a window")
    keys = {n: Key(k.codes[due.contract], k.labels) for n, k in job.contracts.keys.items()}
    shape = (*found.values["quantity"].shape[:-1], len(due.contract))
    keys |= {"window": due.key, row_name: _first_row(due, job, row_name, during)} if inner else {row_name: due.key}
    none = Lines(keys, {name: np.zeros(shape, dtype=np.int64) for name in found.values})
    return concat(Lines, [none, found]).fold(list(found.keys))


def _first_row(due: Windows, job: Job, row_name: str, during: During) -> Key:
    """The first row of each window in which its contract runs and the charge holds."""
    begin = np.maximum(due.begin, np.maximum(job.contracts.first, job.contracts.holds(during)[0])[due.contract])
    if row_name != CYCLE:
        return Key.of([period.label(t, row_name) for t in begin])
    who = {n: Key(k.codes[due.contract], k.labels) for n, k in job.contracts.keys.items()}
    return job.contracts.key(Lines({**who, "day": Key.of([period.label(t, "day") for t in begin])}, {}), INVOICE)[1]


def _before(
    bare: Lines, starts: NDArray[np.intp], earlier: Sequence[Counted], job: Job, measure: Measure
) -> tuple[Values | None, NDArray[np.bool_] | None]:
    """What earlier phases of a charge have counted in each window, and whether they have seen it."""
    if not earlier:
        return None, None
    firsts = bare.pick(starts)
    names = [*job.card.scope, *measure.by]

    def keyed(lines: Lines) -> Lines:
        key = job.key(lines, measure.window)[1]
        return Lines({**{n: lines.keys[n] for n in names}, "window": key}, {"quantity": lines.values["quantity"]})

    own = keyed(firsts)
    others = concat(Lines, [keyed(each.lines) for each in earlier])
    both = concat(Lines, [Lines(own.keys, {"quantity": own.values["quantity"] * 0}), others])
    slot = np.unique(combine(list(both.keys.values()), len(both))[0], return_inverse=True)[1].reshape(-1)
    found = group([Key(slot.astype(np.int32), tuple(map(str, range(len(both)))))], len(both))
    total, slot = found.sum(both.values["quantity"]), slot[: len(own)]
    seen = found.sum(np.append(np.zeros(len(own), dtype=np.int64), np.ones(len(others), dtype=np.int64)))
    return total[..., slot], seen[slot] > 0


def spent(job: Job, measure: Measure, charge: Charge, parts: Sequence[Part], *, apart: bool = False) -> Counted:
    """Count the money of charges for each contract and window, in rows of an invoice.

    Args:
        job: The card at work.
        measure: Which charges, in which window.
        charge: The charge on their money.
        parts: What has been charged so far.
        apart: True to keep a row for each charge, in the order in which the measure names them.
    """
    keyed = []
    for place, name in enumerate(measure.of):
        for part in parts:
            if plain(part.charge) == name and len(part.lines):
                more = {"charge": Key.constant(f"{place:03} {name}", len(part.lines))} if apart else {}
                keyed.append(_spent_rows(job, measure, part.lines, more))
    if not keyed:
        blank = job.contracts.windows("month", During(), prorate="none", what="a window")
        keys = {n: Key(k.codes[blank.contract], k.labels) for n, k in job.contracts.keys.items()}
        more = {"charge": Key.constant("", len(blank.contract))} if apart else {}
        none = zeros(blank.contract.shape, exact=job.exact)
        return Counted(charge, Lines({**keys, blank.name: blank.key, **more}, {"quantity": none}), np.arange(len(none)))
    found = concat(Lines, keyed)
    found = found.fold(list(found.keys))
    window = [n for n in found.keys if n in ("window", period.finest(set(found.keys)), CYCLE)][:1]
    starts = group([found.keys[n] for n in (*job.card.scope, *window)], len(found)).starts
    return Counted(charge, Lines({n: k for n, k in found.keys.items() if n != "window"}, found.values), starts)


def _spent_rows(job: Job, measure: Measure, lines: Lines, more: Mapping[str, Key]) -> Lines:
    row = _row(Lines({INVOICE: Key.constant("", 0)}, {}), measure, None)
    lines = closing(lines, row)
    row_name, rows = job.key(lines, row)
    inner = {} if measure.window == row else {"window": job.key(lines, measure.window)[1]}
    keys = {**{n: lines.key(n) for n in job.card.scope}, **inner, row_name: rows, **more}
    return Lines(keys, {"quantity": lines.values["amount"]})
