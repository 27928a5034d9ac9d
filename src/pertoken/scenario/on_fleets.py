"""On fleets: usage in tokens that a fleet is asked for becomes GPU-hours that its vendor is, in arrays and as rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.core.lines import Key, Usage, concat
from pertoken.core.money import Values
from pertoken.core.nodes import Node
from pertoken.core.units import unit
from pertoken.scenario.draft import minus, name, number, plus, times
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.fleet import Fleet
from pertoken.scenario.model import Flow, Model
from pertoken.scenario.owned import HOURS, hour_labels, kind_of, taken
from pertoken.scenario.program import Row
from pertoken.scenario.served import asked_for

GPU_HOUR = unit("gpu_hour")


def on_fleets(
    model: Model, values: Mapping[str, Values], usage: Usage | None
) -> tuple[Usage | None, dict[str, Values]]:
    """Serve what fleets are asked for.

    Args:
        model: The model.
        values: Values of all rows before rating.
        usage: What vendors and fleets are asked for, after the levers.

    Returns:
        What vendors are asked for, and the GPU-hours at work of each fleet by month.
    """
    fleets = model.spec.fleets
    if not fleets:
        return usage, {}
    busy = {fleet.name: _busy(fleet, values, usage) for fleet in fleets.values()}
    rows = {f"busy_hours.{each}": _by_month(lines, model.months) for each, lines in busy.items()}
    known = evaluate(model.fleets, {**values, **rows})
    rest = usage.pick(~_labelled(usage, fleets)) if usage is not None else None
    parts = [rest] if rest is not None and len(rest) else []
    for fleet in fleets.values():
        whole = [_idle(model, known[f"idle_hours.{fleet.name}"])]
        lines = busy[fleet.name]
        whole += [lines] if lines is not None else []
        parts += [part for each in whole for part in _tiered(each, fleet, model, known[f"reserved_share.{fleet.name}"])]
    return concat(Usage, parts) if parts else None, rows


def _labelled(usage: Usage, fleets: Mapping[str, Fleet]) -> Values:
    key = usage.keys["vendor"]
    mask: Values = np.array([label in fleets for label in key.labels])[key.codes]
    return mask


def _busy(fleet: Fleet, values: Mapping[str, Values], usage: Usage | None) -> Usage | None:
    """Turn the tokens that a fleet is asked for into GPU-hours at work, line by line."""
    if usage is None or fleet.name not in usage.keys["vendor"].labels:
        return None
    own = usage.where(vendor=fleet.name)
    kinds = [kind_of(label) for label in own.key("meter").labels]
    own = own.pick(np.array([bool(kind) for kind in kinds])[own.key("meter").codes])
    if not len(own):
        return None
    codes, at = own.key("meter").codes, own.key("month").codes
    quantity = own.values["quantity"]
    hours = [np.zeros(())] * len(kinds)
    for place, kind in enumerate(kinds):
        each = values[taken(fleet.name, kind)] if kind else np.zeros(1)
        hours[place] = each if each.shape[-1] == 1 else each.take(at, axis=-1)
    for place in np.unique(codes).tolist():
        quantity = np.where(codes == place, quantity * hours[place], quantity)
    return Usage({**own.keys, "caused_by": own.key("meter")}, {"quantity": quantity}).with_keys(use="busy")


def _by_month(lines: Usage | None, months: Sequence[str]) -> Values:
    if lines is None:
        return np.zeros(len(months))
    folded = lines.fold(["month"])
    out = np.zeros((*folded.values["quantity"].shape[:-1], len(months)))
    place = [months.index(label) for label in folded.key("month").column().tolist()]
    out[..., place] = folded.values["quantity"]
    return out


def _idle(model: Model, hours: Values) -> Usage:
    size = len(model.months)
    keys = {"month": Key(np.arange(size, dtype=np.int32), tuple(model.months)), "meter": Key.constant(HOURS, size)}
    nobody = {"use": "idle", "caused_by": "", "workload": "", "segment": ""}
    return Usage(keys, {"quantity": hours}).with_keys(**nobody)


def _tiered(lines: Usage, fleet: Fleet, model: Model, reserved: Values) -> list[Usage]:
    """Label GPU-hours for the card, each line in the shares that are reserved and on demand."""
    labels = hour_labels(fleet, asked_for(model.spec.vendors[fleet.vendor].cards))
    made = lines.with_keys(**labels)
    if not fleet.reserved:
        return [made]
    at = reserved.take(lines.key("month").codes, axis=-1)
    return [
        Usage(made.keys, {"quantity": made.values["quantity"] * (1 - at)}),
        Usage(made.keys, {"quantity": made.values["quantity"] * at}).with_keys(service_tier=fleet.reserved_tier),
    ]


@dataclass(frozen=True, slots=True, eq=False)
class FleetRows:
    """What fleets are asked for, as rows.

    Args:
        rows: GPU-hours that each flow of tokens takes, and what of each fleet is reserved or waits.
        flows: What vendors are asked for.
        busy: Formula of the GPU-hours at work, by row.
    """

    rows: tuple[Row, ...]
    flows: tuple[Flow, ...]
    busy: Mapping[str, Node]


def fleet_flows(model: Model, flows: Sequence[Flow]) -> FleetRows:
    """Write what fleets are asked for as rows, by the same steps.

    Args:
        model: The model.
        flows: What vendors and fleets are asked for, after the levers.
    """
    fleets = model.spec.fleets
    made = [flow for flow in flows if flow.labels["vendor"] not in fleets]
    rows: list[Row] = []
    busy: dict[str, Node] = {}
    for fleet in fleets.values():
        own = [flow for flow in flows if flow.labels["vendor"] == fleet.name and kind_of(flow.labels["meter"])]
        worked = [_worked(fleet, flow, place) for place, flow in enumerate(own, 1)]
        busy[f"busy_hours.{fleet.name}"] = plus(*(name(row.name) for row in worked))
        labels = hour_labels(fleet, asked_for(model.spec.vendors[fleet.vendor].cards))
        told = [
            ({**flow.labels, "use": "busy", "caused_by": flow.labels["meter"]}, row.name)
            for flow, row in zip(own, worked, strict=True)
        ]
        told.append(({"use": "idle", "caused_by": "", "workload": "", "segment": ""}, f"idle_hours.{fleet.name}"))
        rows += worked
        for said, row in told:
            more, split = _split(fleet, {**said, **labels}, row)
            rows += more
            made += split
    return FleetRows(tuple(rows), tuple(made), busy)


def _worked(fleet: Fleet, flow: Flow, place: int) -> Row:
    labels = flow.labels
    parts = ("worked", fleet.name, str(place), labels.get("workload", ""), labels.get("segment", ""), labels["meter"])
    return Row(
        name=".".join(part for part in parts if part),
        unit=GPU_HOUR,
        node=times(name(flow.row), name(taken(fleet.name, kind_of(labels["meter"])))),
        section="usage",
        label=f"{fleet.label or fleet.name}, GPU-hours for {labels['meter'].replace('_', ' ')}",
        text="tokens, times the GPU time of each",
        total="sum",
    )


def _split(fleet: Fleet, labels: Mapping[str, str], row: str) -> tuple[list[Row], list[Flow]]:
    """Split a row into what of it is on demand and what reserved."""
    if not fleet.reserved:
        return [], [Flow(labels=labels, row=row)]
    part = name(f"reserved_share.{fleet.name}")
    sides = {"on_demand": minus(number(1), part), "reserved": part}
    tier = {"on_demand": labels.get("service_tier", ""), "reserved": fleet.reserved_tier}
    rows = [
        Row(name=f"{row}.{side}", unit=GPU_HOUR, node=times(name(row), of), section="usage", total="sum",
            label=f"{row}, {side.replace('_', ' ')}", text=side.replace("_", " "))
        for side, of in sides.items()
    ]  # fmt: skip
    flows = [Flow(labels={**labels, "service_tier": tier[side]}, row=f"{row}.{side}") for side in sides]
    return rows, flows
