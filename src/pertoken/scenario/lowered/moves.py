"""Moves: levers as rows: what stays of each flow, and what arrives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pertoken.core.errors import InputError, nearest
from pertoken.core.formula import Name, Node
from pertoken.core.meters import leaves
from pertoken.levers.effect import Effect, Move
from pertoken.levers.kind import LEVERS
from pertoken.scenario.lowered.arithmetic import ONE, minus, plus, times
from pertoken.scenario.lowered.counted_in import unit_of_meter
from pertoken.scenario.lowered.said import Said, node_of
from pertoken.scenario.model import Flow
from pertoken.scenario.program import Row
from pertoken.scenario.spec import Switched

FIRST = ("workload", "segment", "provider", "model", "meter")
"""Labels that name a flow before all others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverRows:
    """Usage after levers.

    Args:
        rows: The rows, each below what it asks for.
        flows: What is used after all levers, those that appear among them.
    """

    rows: tuple[Row, ...]
    flows: tuple[Flow, ...]


def lever_effects(levers: Sequence[Switched]) -> tuple[Effect, ...]:
    """Build levers of their rows (`levers.NAME.on`, `levers.NAME.use.PARAMETER`), in the order of requests.

    Args:
        levers: The levers of a model, switched on or not.
    """
    out: list[Effect] = []
    for lever in sorted(levers, key=lambda each: LEVERS[each.kind].order):
        kind = LEVERS[lever.kind]
        own: dict[str, Any] = {  # formulas reckon as numbers do
            each.name: Said(Name(f"levers.{lever.name}.use.{each.name}"))
            if each.name in lever.parameters
            else each.default
            for each in kind.parameters
            if each.name in lever.parameters or each.default is not None
        }
        on: Any = Said(Name(f"levers.{lever.name}.on"))
        made = kind.build(lever.name, lever.where, own, lever.to)
        out += [replace(each, share=on * each.share) for each in made]
    return tuple(out)


def lever_rows(
    flows: Sequence[Flow], effects: Sequence[Effect], *, prefix: str = "usage.after", section: str = "levers"
) -> LeverRows:
    """Write what levers do to flows, one after the other; each sees what the ones before have left and brought.

    Args:
        flows: Usage before.
        effects: Moves and additions, their shares and factors numbers or `Said`.
        prefix: How the names of all rows begin.
        section: Heading of the rows.

    Raises:
        InputError: An effect touches nothing.
    """
    rows: list[Row] = []
    now = {_key(flow.labels): flow for flow in flows}
    for place, effect in enumerate(effects, 1):
        touched = [key for key, flow in now.items() if _touches(effect, flow.labels, list(now.values()))]
        if not touched:
            raise _nothing(effect, list(now.values()))
        changed = _acted(effect, now, touched)
        for key, (labels, node) in changed.items():
            name = f"{prefix}.{place}_{effect.name}.{_said(labels)}"
            rows.append(
                Row(
                    name=name,
                    unit=unit_of_meter(labels["meter"]),
                    node=node,
                    section=section,
                    total="sum",
                    text=effect.name,
                )
            )
            now[key] = Flow(labels=labels, row=name)
    return LeverRows(rows=tuple(rows), flows=tuple(now.values()))


Key = frozenset[tuple[str, str]]


def _key(labels: Mapping[str, str]) -> Key:
    return frozenset((name, label) for name, label in labels.items() if label)


def _acted(effect: Effect, now: Mapping[Key, Flow], touched: Sequence[Key]) -> dict[Key, tuple[dict[str, str], Node]]:
    """What is left of the flows that an effect touches, and of those where something arrives."""
    share, factor = node_of(effect.share), node_of(effect.times)
    stays = minus(ONE, share) if isinstance(effect, Move) else ONE
    out: dict[Key, tuple[dict[str, str], Node]] = {}
    for key in touched:
        if stays != ONE:
            out[key] = dict(now[key].labels), times(Name(now[key].row), stays)
    for key in touched if not (isinstance(effect, Move) and effect.away) else ():
        labels = {**now[key].labels, **effect.to}
        there = _key(labels)
        so_far = out[there][1] if there in out else Name(now[there].row) if there in now else None
        arrives = times(Name(now[key].row), share, factor)
        out[there] = labels, arrives if so_far is None else plus(so_far, arrives)
    return out


def _touches(effect: Effect, labels: Mapping[str, str], flows: Sequence[Flow]) -> bool:
    """Tell whether an effect takes from a flow: it carries the labels, and is of no lever unless that is asked for."""
    if any(labels.get(name, "") != label for name, label in effect.where.items()):
        return False
    if labels.get("lever") and "lever" not in effect.where:
        return False
    if effect.meters and labels["meter"] not in {
        leaf for name in effect.meters for leaf in leaves(name, [labels["meter"]])
    }:
        return False
    known = {name for flow in flows for name in flow.labels}
    spared = effect.unless and set(effect.unless) <= known
    return not (spared and all(labels.get(name, "") == label for name, label in effect.unless.items()))


def _nothing(effect: Effect, flows: Sequence[Flow]) -> Exception:
    for name, label in effect.where.items():
        known = {flow.labels.get(name, "") for flow in flows} - {""}
        if label not in known:
            return InputError(
                f"lever {effect.name} asks for {name} {label!r}, and no usage has it; {nearest(label, known)}"
            )
    return InputError(
        f"lever {effect.name} touches nothing; expected usage that it could change; narrow it less, or leave it out"
    )


def _said(labels: Mapping[str, str]) -> str:
    """Name a flow by its labels; a yes-or-no label by its key."""
    rest = sorted(set(labels) - set(FIRST))
    words = [name if labels[name] == "true" else labels[name] for name in (*FIRST, *rest) if labels.get(name)]
    return ".".join(word for word in words if word != "false")
