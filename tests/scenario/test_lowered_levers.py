"""Levers as rows of a sheet bring and take what `move` does."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.formula import Name
from pertoken.core.lines import Key, Usage
from pertoken.core.units import ONE
from pertoken.levers.effect import Add, Move, move
from pertoken.levers.kind import LEVERS
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.lowered import Said, lever_effects, lever_rows
from pertoken.scenario.model import Flow
from pertoken.scenario.program import Program, Row
from pertoken.scenario.spec import Switched
from tests.tries import tries

MONTHS = ("2027-01", "2027-02", "2027-03")
LABELS = tuple(
    {"workload": workload, "model": model, "meter": meter, "batch": "false"}
    for workload, model in (("chat", "large"), ("chat", "small"), ("search", "large"))
    for meter in ("requests", "input_tokens", "output_tokens", "gpu_hours")
)
QUANTITIES = np.random.default_rng(3).integers(1, 1000, (len(LABELS), len(MONTHS))).astype(float)


def by_moving(effects):
    """Usage after effects, by its labels."""
    rows = [
        ({**labels, "month": month}, QUANTITIES[i, m])
        for i, labels in enumerate(LABELS)
        for m, month in enumerate(MONTHS)
    ]
    keys = {name: Key.of([labels[name] for labels, _ in rows]) for name in rows[0][0]}
    after = move(Usage(keys, {"quantity": np.array([quantity for _, quantity in rows])}), effects, periods=MONTHS)
    out: dict = {}
    for record in after.records():
        labels = frozenset(
            (name, label) for name, label in record.items() if name not in {"month", "quantity"} and label
        )
        out.setdefault(labels, dict.fromkeys(MONTHS, 0.0))[record["month"]] += record["quantity"]
    return {labels: list(found.values()) for labels, found in out.items()}


def by_rows(effects, given_rows):
    """The same by rows, whose values are given by name."""
    flows = [Flow(labels=labels, row=f"flow {i}") for i, labels in enumerate(LABELS)]
    made = lever_rows(flows, effects)
    inputs = [Row(name=name, unit=ONE) for name in given_rows] + [Row(name=flow.row, unit=ONE) for flow in flows]
    values = dict(given_rows) | {flow.row: QUANTITIES[i] for i, flow in enumerate(flows)}
    found = evaluate(Program(rows=(*inputs, *made.rows), months=MONTHS), values)
    found |= values
    return {frozenset((n, v) for n, v in flow.labels.items() if v): found[flow.row].tolist() for flow in made.flows}


def same(wanted, found):
    """Both have the same usage; what is nothing need not be there."""
    for labels in {*wanted, *found}:
        assert found.get(labels, [0] * 3) == pytest.approx(wanted.get(labels, [0] * 3))


@st.composite
def switched(draw):
    """Levers of a model with their parameters, each number by month."""
    chosen = draw(st.lists(st.sampled_from(sorted(LEVERS)), min_size=1, max_size=4, unique=True))
    levers, values = [], {}
    for name in chosen:
        kind = LEVERS[name]
        said = [each for each in kind.parameters if each.default is None or draw(st.booleans())]
        levers.append(
            Switched(
                name=name,
                kind=name,
                where=draw(st.sampled_from([{}, {"workload": "chat"}, {"model": "large"}])),
                to={label: {"model": "small", "service_tier": "flex"}[label] for label in kind.labels},
                parameters={each.name: "" for each in said},
            )
        )
        values[f"levers.{name}.on"] = np.array([draw(st.sampled_from([1.0, 1.0, 0.0]))] * 3)
        for each in said:
            low, high = (0.01, 0.99) if each.unit == "share" else (1.0, 4.0)
            numbers = draw(st.lists(st.floats(low, high), min_size=3, max_size=3))
            values[f"levers.{name}.use.{each.name}"] = np.array(numbers)
    return levers, values


def numbered(levers, values):
    """The same levers built of numbers."""
    out = []
    for lever in sorted(levers, key=lambda each: LEVERS[each.kind].order):
        kind = LEVERS[lever.kind]
        own = {p.name: values.get(f"levers.{lever.name}.use.{p.name}", p.default) for p in kind.parameters}
        made = kind.build(lever.name, lever.where, own, lever.to)
        out += [replace(each, share=each.share * values[f"levers.{lever.name}.on"]) for each in made]
    return out


@given(switched())
@tries(50)
def test_levers_in_rows_do_what_they_do_in_numbers(chosen):
    levers, values = chosen
    try:
        wanted = by_moving(numbered(levers, values))
    except InputError:
        with pytest.raises(InputError, match="touches nothing"):
            by_rows(lever_effects(levers), values)
        return
    same(wanted, by_rows(lever_effects(levers), values))


def test_a_route_and_an_addition_by_hand():
    share: Any = Said(Name("s"))
    effects = [
        Move(
            name="route",
            where={"workload": "search"},
            meters=("total_tokens",),
            share=share,
            to={"model": "tiny"},
            times=2.0,
        ),
        Add(name="check", where={"model": "tiny"}, meters=("output_tokens",), share=0.5, to={"model": "judge"}),
    ]
    found = by_rows(effects, {"s": np.array([0.25, 0.5, 1.0])})
    tiny = frozenset({("workload", "search"), ("model", "tiny"), ("meter", "output_tokens"), ("batch", "false")})
    judge = (tiny - {("model", "tiny")}) | {("model", "judge")}
    before = QUANTITIES[10]
    assert found[tiny] == pytest.approx(before * [0.5, 1.0, 2.0])
    assert found[judge] == pytest.approx(before * [0.25, 0.5, 1.0])


def test_a_lever_that_touches_nothing_is_refused():
    flow = Flow(labels=LABELS[0], row="q")
    with pytest.raises(InputError, match="model 'larg', and no usage has it; did you mean large"):
        lever_rows([flow], [Move(name="r", where={"model": "larg"}, to={"model": "small"})])
    with pytest.raises(InputError, match="touches nothing"):
        lever_rows([flow], [Move(name="r", where={}, meters=("output_tokens",), to={"model": "small"})])
