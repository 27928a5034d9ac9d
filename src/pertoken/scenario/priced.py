"""Priced: usage of worlds becomes money on both sides, by the same rating that writes invoices."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np

from pertoken.core.drawn import Drawn
from pertoken.core.expression import weights
from pertoken.core.lines import Key, Lines, Usage, concat, group
from pertoken.core.meters import COMPOSITES, METERS, leaves
from pertoken.core.money import Values
from pertoken.levers.effect import Effect, move
from pertoken.levers.pipeline import Chosen, effects
from pertoken.rating.card import Card, Charge
from pertoken.rating.contract import Contract
from pertoken.rating.rate import STAGES, Rated, rate
from pertoken.scenario.model import Flow, Model
from pertoken.scenario.model import Rated as Filled
from pertoken.scenario.on_fleets import on_fleets
from pertoken.scenario.owned import KINDS, moving, taken

Row = Mapping[str, Values]


def money(model: Model, values: Row, wanted: Collection[str] | None = None) -> dict[str, Values]:
    """Rate the usage of worlds on both sides.

    Args:
        model: The model.
        values: Values of all rows before rating, `(*batch, 1)` or `(*batch, month)`.
        wanted: Rows that are looked at; None for all that rating fills.

    Returns:
        Values of the rows that rating fills, `(*batch, month)`. [currency]
    """
    rows = [each for each in model.rated if wanted is None or each.row in wanted]
    revenue, cost, hours = ([each for each in rows if each.side == side] for side in ("revenue", "cost", "hours"))
    found = _revenue(model, values, revenue) if revenue else {}
    if cost or hours:
        usage, busy = on_fleets(model, values, asked_of_vendors(model, values))
        found |= {each.row: busy[each.row] for each in hours}
        found |= _cost(model, values, usage, cost)
    return found


def needed(model: Model) -> frozenset[str]:
    """Name the rows that rating looks at."""
    flows = [flow for flows in model.asked.values() for flow in flows]
    flows += [flow for kind in model.kinds for flow in kind.flows]
    levers = [f"levers.{lever.name}.on" for lever in model.spec.levers]
    levers += [f"levers.{lever.name}.use.{name}" for lever in model.spec.levers for name in lever.parameters]
    changes = [f"vendors.{vendor.name}.change" for vendor in model.spec.vendors.values() if vendor.change]
    numbers = [model.entries[each.name] for each in model.spec.placed]
    weights_ = [kind.weight for kind in model.kinds]
    fleets = [row.name for row in model.fleets.rows if row.node is None and not row.name.startswith("busy_hours.")]
    fleets += [taken(fleet, kind) for fleet in model.spec.fleets for kind in KINDS]
    return frozenset({*fleets, *(flow.row for flow in flows), *levers, *changes, *numbers, *weights_})


def asked_of_vendors(model: Model, values: Row) -> Usage | None:
    """Make the usage that vendors and fleets are asked for, after the levers that are on; None if nobody is asked."""
    parts = [
        _usage([[flow] for flow in flows], values, model.months).with_keys(vendor=vendor)
        for vendor, flows in model.asked.items()
        if flows
    ]
    if not parts:
        return None
    acting = levers_on(model, values)
    usage = concat(Usage, parts)
    return move(usage, acting, periods=model.months) if acting else usage


def levers_on(model: Model, values: Row) -> tuple[Effect, ...]:
    """Build the levers, each as far as it is switched on, in the order in which requests meet them."""
    on = {lever.name: values[f"levers.{lever.name}.on"] for lever in model.spec.levers}
    chosen = [
        Chosen(
            name=lever.name,
            kind=lever.kind,
            where=lever.where,
            numbers={name: values[f"levers.{lever.name}.use.{name}"] for name in lever.parameters},
            to=lever.to,
        )
        for lever in moving(model.spec)
        if on[lever.name].any()
    ]
    return tuple(replace(each, share=each.share * on[each.name]) for each in effects(chosen))


def _usage(groups: Sequence[Sequence[Flow]], values: Row, months: Sequence[str]) -> Usage:
    """Write flows down as lines: group by group, month by month, flow by flow.

    So what is counted together by group and month lies side by side.
    """
    size = len(months)
    flows = [flow for each in groups for flow in each]
    names = list(dict.fromkeys(name for flow in flows for name in flow.labels))
    place = np.concatenate(
        [
            np.tile(np.arange(begin, begin + len(group), dtype=np.int32), size)
            for begin, group in zip(np.cumsum([0, *map(len, groups)]), groups, strict=False)
        ]
    )
    month = np.concatenate([np.repeat(np.arange(size, dtype=np.int32), len(group)) for group in groups])
    keys = {}
    for name in names:
        own = Key.of([flow.labels.get(name, "") for flow in flows])
        keys[name] = Key(own.codes[place], own.labels)
    keys["month"] = Key(month, tuple(months))
    rows = [values[flow.row] for flow in flows]
    shape = np.broadcast_shapes(*(row.shape[:-1] for row in rows))
    quantity = np.empty((*shape, size * len(flows)))
    begin = at = 0
    for each in groups:
        part = quantity[..., begin : begin + size * len(each)]
        for i in range(len(each)):
            part[..., i :: len(each)] = rows[at + i]
        begin, at = begin + size * len(each), at + len(each)
    return Usage(keys, {"quantity": quantity})


def _cost(model: Model, values: Row, usage: Usage | None, wanted: Sequence[Filled]) -> dict[str, Values]:
    out: dict[str, Values] = {}
    span = _span(model.months)
    for name, vendor in model.spec.vendors.items():
        change = values.get(f"vendors.{name}.change", np.ones(1))
        own = usage.where(vendor=name) if usage is not None and name in usage.keys["vendor"].labels else None
        found = None
        if own is not None and len(own):
            cards = [worldly(card, model, values) for card in vendor.cards]
            accounts = [each for card in vendor.cards for each in _accounts(card, own, span[0])]
            found = rate(own, cards, exact=False, span=span, contracts=accounts)
        for each in (each for each in wanted if each.vendor == name):
            labels = {"workload": each.workload, "segment": each.segment} if each.workload else {"workload": ""}
            labels = labels if each.amount == "effective" else {}
            out[each.row] = (
                np.zeros(len(model.months))
                if found is None
                else change * _by_month(found, model.months, each.amount, labels)
            )
    return out


def _accounts(card: Card, usage: Usage, begin: date) -> list[Contract]:
    """State that a vendor's card is there from the first month of the model, as what is sold is: its fees are due."""
    names = [name for name in card.scope if name in usage.keys]
    keys = [usage.keys[name] for name in names]
    every = dict.fromkeys(zip(*(key.column().tolist() for key in keys), strict=True)) if keys else {(): None}
    return [Contract(card=card.name, labels=dict(zip(names, each, strict=True)), start=begin) for each in every]


def _by_month(found: Rated, months: Sequence[str], kind: str, labels: Mapping[str, str]) -> Values:
    """Sum one amount of a ledger by month, over the lines that carry some labels; a key that lacks is empty."""
    out: Values = np.zeros(len(months))
    for part in found.parts:
        if kind not in STAGES[part.stage] or not len(part.lines):
            continue
        lines = part.lines
        mask = np.ones(len(lines), dtype=bool)
        for name, label in labels.items():
            key = lines.keys.get(name)
            own = np.array([each == label for each in key.labels])[key.codes] if key is not None else label == ""
            mask &= own
        if not mask.any():
            continue
        job = found.jobs[lines.keys["card"].labels[0]]
        lines = lines.with_keys(month=job.invoiced(lines)).pick(mask)
        out = out + _placed(lines, "month", months)
    return out


def _placed(lines: Lines, name: str, labels: Sequence[str]) -> Values:
    """Sum amounts by a key and put them where its labels stand in a list."""
    folded = Lines({name: lines.keys[name]}, {"amount": lines.values["amount"]}).fold([name])
    amount = folded.values["amount"]
    at = [_place(label, labels) for label in folded.keys[name].column()]
    out = np.zeros((*amount.shape[:-1], len(labels)))
    for i, place in enumerate(at):
        out[..., place] += amount[..., i]
    return out


def _place(label: str, months: Sequence[str]) -> int:
    """Find a month among those of the model; what is invoiced after its end stands in the last."""
    return months.index(label) if label in months else len(months) - 1


def _revenue(model: Model, values: Row, wanted: Sequence[Filled]) -> dict[str, Values]:
    """Rate one customer of each kind, and weigh each by how many there are."""
    size = len(model.months)
    sums = {each.row: np.zeros(size) for each in wanted}
    if not model.kinds:
        return sums
    usage = _of_kinds(model, values)
    plans = {kind.plan for kind in model.kinds}
    cards = [worldly(card, model, values) for name, card in model.spec.plans.items() if name in plans]
    begin, end = span = _span(model.months)
    del end
    contracts = [
        Contract(
            card=model.spec.plans[kind.plan].name,
            labels={"customer": kind.name},
            start=_day(kind.begins) if kind.begins else begin,
            end=_day(kind.ends) if kind.ends else None,
        )
        for kind in model.kinds
    ]
    found = rate(usage, cards, exact=False, span=span, contracts=contracts)
    each = _by_kind(found, [kind.name for kind in model.kinds], model.months, {row.amount for row in wanted})
    for i, kind in enumerate(model.kinds):
        weight = values[kind.weight]
        own = slice(i * size, (i + 1) * size)
        for row in (row for row in wanted if row.segment in {"", kind.segment}):
            more = each[row.amount][..., own] * weight
            fits = more.shape == sums[row.row].shape
            sums[row.row] = np.add(sums[row.row], more, out=more) if fits else sums[row.row] + more
    return sums


def _of_kinds(model: Model, values: Row) -> Usage:
    """Usage of one customer of each kind, in the months of the contract; of what some plan counts."""
    months = model.months
    kinds = sorted(model.kinds, key=lambda kind: kind.name)
    groups = []
    for kind in kinds:
        labels = {"customer": kind.name, "segment": kind.segment, "plan": kind.plan, "meter": "requests"}
        counted = _counted(model.spec.plans[kind.plan])
        flows = [flow for flow in kind.flows if counted is None or flow.labels["meter"] in counted]
        groups.append(flows or [Flow(labels=labels, row=NOTHING)])
    usage = _usage(groups, {**values, NOTHING: np.zeros(len(months))}, months)
    first = {kind.name: months.index(kind.begins) if kind.begins in months else 0 for kind in kinds}
    last = {kind.name: months.index(kind.ends) if kind.ends in months else len(months) for kind in kinds}
    if not any(first.values()) and set(last.values()) == {len(months)}:
        return usage
    at, who = usage.keys["month"].codes, usage.keys["customer"]
    opens, closes = (np.array([edge[label] for label in who.labels])[who.codes] for edge in (first, last))
    return usage.pick((at >= opens) & (at < closes))


NOTHING = "(nothing)"
"""Row of those who use nothing and pay all the same."""


def _counted(card: Card) -> frozenset[str] | None:
    """Name the leaf meters that a plan could count; None for all, where it lists rates."""
    if card.rates:
        return None
    texts = [text for c in card.prices.values() if c.measure for text in (c.measure.meters, _select(c)) if text]
    names = {name for text in texts for name in weights(text)}
    return frozenset({leaf for name in names for leaf in leaves(name, METERS)} | (names - set(COMPOSITES)))


def _select(charge: Charge) -> str:
    return charge.curve.select if charge.curve is not None else ""


def _by_kind(found: Rated, names: Sequence[str], months: Sequence[str], amounts: Collection[str]) -> dict[str, Values]:
    """Sum amounts by customer and month, in the order of both lists."""
    shape = np.broadcast_shapes(*(part.lines.values["amount"].shape[:-1] for part in found.parts))
    out = {kind: np.zeros((*shape, len(names) * len(months))) for kind in sorted(amounts)}
    place = {name: i for i, name in enumerate(names)}
    for part in found.parts:
        kinds = [kind for kind in out if kind in STAGES[part.stage]]
        lines = part.lines
        if not kinds or not len(lines):
            continue
        month, who = found.jobs[lines.keys["card"].labels[0]].invoiced(lines), lines.keys["customer"]
        column = np.array([place[label] for label in who.labels])[who.codes] * len(months)
        column = column + np.array([_place(label, months) for label in month.labels])[month.codes]
        slots, code = np.unique(column, return_inverse=True)
        amount = lines.values["amount"]
        if len(slots) < len(column) or (column[1:] < column[:-1]).any():
            key = Key(code.reshape(-1).astype(np.int32), tuple(map(str, range(len(slots)))))
            amount = group([key], len(lines)).sum(amount)
        at: Any = slots
        if slots[-1] - slots[0] + 1 == len(slots):
            at = slice(int(slots[0]), int(slots[-1]) + 1)
        for kind in kinds:
            out[kind][..., at] += amount
    return out


def worldly(card: Card, model: Model, values: Row) -> Card:
    """Give a card the numbers that it has in some worlds."""
    for each in model.spec.placed:
        if each.card != card.name:
            continue
        said = model.inputs[each.name]
        there = values[model.entries[each.name]][..., 0]
        if there.ndim == 0 and float(there) == float(said.value):
            continue
        plain = there.ndim == 0
        found = Decimal(repr(float(there))) * each.scale if plain else Drawn(there * float(each.scale))
        card = _set(card, each.path, found)
    return card


def _set(record: Any, path: Sequence[str | int], value: Decimal) -> Any:  # noqa: ANN401  a card or a part of it
    """Make the same record with another number at a place."""
    if not path:
        return value
    step, rest = path[0], path[1:]
    if is_dataclass(record) and not isinstance(record, type):
        assert step in {each.name for each in fields(record)}  # noqa: S101  the door made the path
        return replace(record, **{str(step): _set(getattr(record, str(step)), rest, value)})
    if isinstance(record, Mapping):
        return {**record, step: _set(record[step], rest, value)}
    items = list(record)
    items[int(step)] = _set(items[int(step)], rest, value)
    return tuple(items)


def _day(month: str) -> date:
    return date.fromisoformat(f"{month}-01")


def _span(months: Sequence[str]) -> tuple[date, date]:
    after: date = (np.datetime64(months[-1], "M") + 1).astype("datetime64[D]").astype(object)
    return _day(months[0]), after
