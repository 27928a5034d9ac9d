"""Adjust: rounding, discounts and limits, each a line beside the lines that it is reckoned on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from itertools import groupby
from typing import Any

import numpy as np

from pertoken.core import period
from pertoken.core.drawn import kind_of
from pertoken.core.expression import condition
from pertoken.core.lines import Key, Lines, concat
from pertoken.core.money import Values, round_half_up, settle, zeros
from pertoken.rating.assign import RATES, combos, holds
from pertoken.rating.card import Adjust, Card, Charge, Clamp, plain
from pertoken.rating.charge import INVOICE, spent
from pertoken.rating.job import Job
from pertoken.rating.part import CONTRACTED, INVOICED, Part, gathered, within, without_nothing
from pertoken.rating.windows import CYCLE, Windows, closing
from pertoken.usage.question import above_key

LIMITS = ("minimum", "maximum")

Step = Callable[[Sequence[Part]], list[Part]]
"""From the parts so far to those that are added."""


def both(step: Step, parts: Sequence[Part], job: Job) -> list[Part]:
    """Take a step on what is agreed, and again on what is invoiced where pools make that another amount.

    What the step comes to on the invoice beyond what it comes to on the agreed prices is a line `covered`.
    """
    made = step(within(parts, CONTRACTED))
    if len(within(parts, INVOICED)) == len(within(parts, CONTRACTED)):
        return made
    return [*made, *shifted(step(within(parts, INVOICED)), made, job)]


def shifted(full: Sequence[Part], agreed: Sequence[Part], job: Job) -> list[Part]:
    """Write down, line by line, what one set of parts has beyond another."""
    parts = [*(part.at("covered") for part in full), *(part.at("covered", back=True) for part in agreed)]
    out = []
    for charge, term in dict.fromkeys((part.charge, part.term) for part in parts):
        own = [part for part in parts if (part.charge, part.term) == (charge, term) and len(part.lines)]
        if own:
            lines = concat(Lines, [part.lines for part in own])
            found = gathered(invoice_keys(lines, charge, job), len(lines), lines.values)
            out.append(Part.of(without_nothing(found), charge, term, "covered", own[0].taken))
    return [part for part in out if len(part.lines)]


def rounded(parts: Sequence[Part], job: Job) -> list[Part]:
    """Add to parts of one charge and term what rounds their invoice lines half up."""
    made = [part for part in parts if len(part.lines)]
    if job.card.rounding is None or not made:
        return made or list(parts[:1])
    first = made[0]
    lines = concat(Lines, [part.lines for part in made])
    found = gathered(invoice_keys(lines, first.charge, job), len(lines), {"amount": lines.values["amount"]})
    rest = round_half_up(found.values["amount"], job.card.rounding)
    rest -= found.values["amount"]
    off = without_nothing(Lines(found.keys, {"amount": rest}))
    out = Lines(off.keys, {"quantity": zeros(off.values["amount"].shape, exact=job.exact), **off.values})
    return [*made, Part.of(out, first.charge, first.term, "rounding", first.taken)]


def invoice_keys(lines: Lines, charge: str, job: Job) -> dict[str, Key]:
    """The keys that make an invoice line: contract, period, and what the charge or a discount keeps apart."""
    card = job.card
    measure = card.prices[charge].measure if charge in card.prices else None
    apart = {"model", "meter"} if charge == RATES else set(measure.by if measure else ())
    own = [adjust for adjust in card.adjust if not adjust.on or plain(charge) in adjust.on]
    wanted = {*card.scope, *apart, *(name for adjust in own for name in asked_keys(adjust, card))}
    keys = {name: key for name, key in lines.keys.items() if name in wanted and name not in period.GRAINS}
    if card.rounding is None:
        return keys | {name: key for name, key in lines.keys.items() if name in (*period.GRAINS, CYCLE)}
    grain = period.finest(set(lines.keys))
    if grain is not None or card.during.anchor is not None:
        window = max(grain or "hour", INVOICE, key=period.GRAINS.index)
        name, key = job.key(lines, window)
        keys[name] = job.invoiced(lines) if window == INVOICE else key
    return keys


def asked_keys(adjust: Adjust, card: Card) -> frozenset[str]:
    """Name the keys that the condition of a discount asks for."""
    names = condition(adjust.where).names if adjust.where else frozenset()
    return frozenset(above_key(card.bands[name].of) if name in card.bands else name for name in names)


def steps(job: Job) -> list[tuple[str, Step]]:
    """List what follows the charges of a card, in the card's order; pools of money are the step `credit`."""
    take: dict[str, Callable[[int], tuple[str, Step]]] = {
        "discount": lambda i: ("", partial(_adjusted, job, i)),
        "minimum": lambda i: ("", partial(_limited, job, i, "minimum")),
        "maximum": lambda i: ("", partial(_limited, job, i, "maximum")),
        "credit": lambda _: ("credit", lambda _: []),
    }
    return [take[kind](i) for kind, i in sequence(job.card)]


def sequence(card: Card) -> list[tuple[str, int]]:
    """Name what follows the charges of a card, in its order: a discount, minimum or maximum by its place, or `credit`.

    Limits that follow each other are taken on named charges first, so that those on all see what these come to.
    """
    amounts = [("discount", i) for i, each in enumerate(card.adjust) if each.amount is not None]
    shares = [("discount", i) for i, each in enumerate(card.adjust) if each.amount is None]
    kinds = {"discount": sorted(amounts + shares), "amount": amounts, "percent": shares, "credit": [("credit", 0)]}
    order = card.order or ("discount", "minimum", "maximum", "credit")
    out: list[tuple[str, int]] = []
    for limits, together in groupby(order, LIMITS.__contains__):
        names = list(together)
        out += _limits(card, names) if limits else [step for kind in names for step in kinds[kind]]
    return out


def _limits(card: Card, names: Sequence[str]) -> list[tuple[str, int]]:
    """List limits that follow each other: those on named charges, then those on all."""
    found = [
        (name, i, clamp)
        for name in names
        for i, clamp in enumerate(card.clamps)
        if (clamp.min if name == "minimum" else clamp.max) is not None
    ]
    return [(name, i) for name, i, clamp in sorted(found, key=lambda each: not each[2].on)]


def _adjusted(job: Job, index: int, parts: Sequence[Part]) -> list[Part]:
    adjust = job.card.adjust[index]
    if adjust.amount is not None:
        return _amount(job, index, adjust, parts)
    if adjust.curve is not None:
        return _spent(job, index, adjust, parts)
    made: list[Part] = []
    for charge in dict.fromkeys(part.charge for part in _on(adjust.on, parts, job.card)):
        off = [_off(part, index, adjust, job) for part in parts if part.charge == charge]
        made += [part for part in rounded(off, job) if len(part.lines)]
    return made


def _on(on: Sequence[str], parts: Iterable[Part], card: Card) -> list[Part]:
    """The parts that an adjustment or a limit is for; pools only where they are named."""
    pools = {pool.name for pool in card.pools}
    return [p for p in parts if (plain(p.charge) in on if on else p.charge not in pools)]


def _off(part: Part, index: int, adjust: Adjust, job: Job) -> Part:
    lines = _where(part.lines, adjust, job)
    money = lines.values["amount"]
    factor = kind_of(adjust.factor or Decimal(0), exact=money.dtype == object)
    off = settle(money * factor)
    bare = Lines(lines.keys, {"quantity": off * 0, "amount": off})
    return Part.of(bare, part.charge, f"adjust.{index}", "discount", part.taken)


def _where(lines: Lines, adjust: Adjust, job: Job) -> Lines:
    """Keep the lines that a discount is for; it is for no line that lacks a key that it asks for."""
    if len(lines) and not adjust.during.always:
        lines = lines.pick(_meanwhile(lines, adjust, job))
    return _matching(lines, adjust, job)


def _matching(lines: Lines, adjust: Adjust, job: Job) -> Lines:
    """Keep the lines that the condition of a discount is for."""
    names = sorted(asked_keys(adjust, job.card))
    if not names or not len(lines):
        return lines
    if not set(names) <= set(lines.keys):
        return lines.pick(np.zeros(0, dtype=np.intp))
    found, asked = combos(lines, names), condition(adjust.where)
    mask = np.array([holds(asked, each, job.card.bands) for each in found.labels])[found.of_line]
    return lines if mask.all() else lines.pick(mask)


def _meanwhile(lines: Lines, adjust: Adjust, job: Job) -> Any:  # noqa: ANN401  a mask
    """The lines whose period begins, for the contract, while a discount holds."""
    name, key = job.key(lines, "month") if job.card.during.anchor is not None else ("", lines.period(_finest(lines)))
    del name
    who = job.contracts.of_lines(lines)
    begin = np.maximum(period.begins(key.labels)[key.codes], job.contracts.start[who])
    opened, closed = job.contracts.holds(adjust.during)
    return (begin >= opened[who]) & (begin < closed[who])


def _finest(lines: Lines) -> str:
    return period.finest(set(lines.keys)) or "month"


def _spent(job: Job, index: int, adjust: Adjust, parts: Sequence[Part]) -> list[Part]:
    """What money becomes by a curve of the money itself, each month and charge the difference that it makes."""
    assert adjust.measure is not None and adjust.curve is not None  # noqa: S101, PT018  see the caller
    charge = Charge(curve=adjust.curve, measure=adjust.measure)
    parts = [replace(part, lines=_where(part.lines, adjust, job)) for part in parts]
    rows = spent(job, adjust.measure, charge, parts, apart=True)
    off = settle(rows.money(rows.quantity) - rows.quantity)
    lines = Lines(rows.lines.keys, {"quantity": off * 0, "amount": off})
    made = []
    for name in adjust.measure.of:
        own = next((p for p in parts if plain(p.charge) == name), None)
        if own is not None:
            mine = (
                lines.where(charge=_place(adjust, name)) if _place(adjust, name) in lines.key("charge").labels else None
            )
            if mine is not None:
                part = replace(Part.of(mine, name, f"adjust.{index}", "discount", own.taken), basis=rows)
                made += [p for p in rounded([part], job) if len(p.lines)]
    return made


def _place(adjust: Adjust, name: str) -> str:
    assert adjust.measure is not None  # noqa: S101  see the caller
    return f"{adjust.measure.of.index(name):03} {name}"


def _amount(job: Job, index: int, adjust: Adjust, parts: Sequence[Part]) -> list[Part]:
    """Take a fixed amount off in each window, from one charge after the other, never more than there is; or add it."""
    assert adjust.amount is not None  # noqa: S101  see the caller
    prorate = adjust.during.prorate or job.card.during.prorate
    due = job.contracts.windows(adjust.window, adjust.during, prorate=prorate, what="an amount")
    due = _over(due, adjust, job) if adjust.window in ("quarter", "year") else due
    keys = {n: Key(k.codes[due.contract], k.labels) for n, k in job.contracts.keys.items()}
    exact = job.exact
    whole = zeros(due.contract.shape, exact=exact) + kind_of(adjust.amount, exact=exact)
    rest = due.prorated(whole)
    rest = rest if job.card.rounding is None else round_half_up(rest, job.card.rounding)
    base = Lines({**keys, due.name: due.key}, {"amount": rest * 0})
    made = []
    charges = list(dict.fromkeys(part.charge for part in _on(adjust.on, parts, job.card)))
    for charge in charges:
        own = [replace(p, lines=_matching(p.lines, adjust, job)) for p in parts if p.charge == charge]
        there = _totals(base, own, adjust.window, job)
        off = np.maximum(rest, -np.maximum(there, there * 0))
        if adjust.where:
            off = np.where((rest <= 0) | _some(base, own, adjust.window, job), off, rest * 0)
        rest = rest - off
        lines = without_nothing(Lines(base.keys, {"quantity": off * 0, "amount": off}))
        made.append(Part.of(lines, charge, f"adjust.{index}", "discount", own[0].taken))
    return [part for part in made if len(part.lines)]


def _some(base: Lines, parts: Sequence[Part], window: str, job: Job) -> Any:  # noqa: ANN401  a mask
    """Tell for each line of a base whether parts have any line of it."""
    ones = [replace(p, lines=Lines(p.lines.keys, {"amount": np.ones_like(p.lines.values["amount"])})) for p in parts]
    return _totals(base, ones, window, job) > 0


def _totals(base: Lines, parts: Sequence[Part], window: str, job: Job) -> Values:
    """Sum what parts come to for each line of a base of contracts and windows."""
    names = list(base.keys)
    keyed = [Lines(base.keys, {"amount": base.values["amount"]})]
    rows = [Lines(base.keys, {"row": np.arange(len(base)) + 1})]
    for part in parts:
        name, key = job.key(closing(part.lines, window), window)
        money = part.lines.values["amount"]
        keys = {**{n: part.lines.key(n) for n in job.card.scope}, name: key}
        keyed.append(Lines(keys, {"amount": money}))
        rows.append(Lines(keys, {"row": np.zeros(len(part.lines), dtype=np.int64)}))
    shape = np.broadcast_shapes(*(each.values["amount"].shape[:-1] for each in keyed))
    wide = [
        Lines(each.keys, {n: np.broadcast_to(v, (*shape, v.shape[-1])) for n, v in each.values.items()})
        for each in keyed
    ]
    amount = concat(Lines, wide).fold(names).values["amount"]
    row = concat(Lines, rows).fold(names).values["row"].astype(np.int64)
    if len(row) == len(base) and (np.diff(row) == 1).all():
        return amount
    out = np.array(np.broadcast_to(base.values["amount"], (*shape, len(base))), copy=True)
    out[..., row[row > 0] - 1] = amount[..., row > 0]
    return out


def _over(due: Windows, limit: Clamp | Adjust, job: Job) -> Windows:
    """Keep the windows that are over when the last month of the books is: before, nobody knows what is missing."""
    last = np.array([job.contracts.span[1] - np.timedelta64(1, "s")])
    end = period.following(last, "month")[0]
    return due.pick(np.minimum(due.end, job.contracts.holds(limit.during)[1][due.contract]) <= end)


def _limited(job: Job, index: int, name: str, parts: Sequence[Part]) -> list[Part]:
    """Bring what a contract is charged in a window up to the minimum, or down to the maximum."""
    clamp: Clamp = job.card.clamps[index]
    bound = clamp.min if name == "minimum" else clamp.max
    assert bound is not None  # noqa: S101  see the caller
    prorate = clamp.during.prorate or job.card.during.prorate
    due = job.contracts.windows(clamp.window, clamp.during, prorate=prorate, what=f"the {name}")
    due = _over(due, clamp, job) if name == "minimum" else due
    keys = {n: Key(k.codes[due.contract], k.labels) for n, k in job.contracts.keys.items()}
    edge = due.prorated(zeros(due.contract.shape, exact=job.exact) + kind_of(bound, exact=job.exact))
    edge = edge if job.card.rounding is None else round_half_up(edge, job.card.rounding)
    base = Lines({**keys, due.name: due.key}, {"amount": edge * 0})
    own = list(parts) if not clamp.on else _on(clamp.on, parts, job.card)
    gap = edge - _totals(base, own, clamp.window, job)
    if name == "maximum":
        return _taken_off(job, f"clamp.{index}.max", base, np.minimum(gap, gap * 0), own, clamp.window)
    gap = np.maximum(gap, gap * 0)
    lines = without_nothing(Lines(base.keys, {"quantity": gap * 0, "amount": gap}))
    charge = clamp.on[0] if len(clamp.on) == 1 else name
    return [Part.of(lines, charge, f"clamp.{index}.min", name, job.tokens)]


def _taken_off(  # noqa: PLR0917  what meets here
    job: Job, term: str, base: Lines, rest: Values, parts: Sequence[Part], window: str
) -> list[Part]:
    """Take what is above a maximum off one charge after the other, never more than there is of it."""
    made = []
    for charge in dict.fromkeys(part.charge for part in parts):
        own = [part for part in parts if part.charge == charge]
        there = _totals(base, own, window, job)
        off = np.maximum(rest, -np.maximum(there, there * 0))
        rest = rest - off
        lines = without_nothing(Lines(base.keys, {"quantity": off * 0, "amount": off}))
        made.append(Part.of(lines, charge, term, "maximum", own[0].taken))
    return [part for part in made if len(part.lines)]
