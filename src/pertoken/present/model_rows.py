"""All rows of a model as data for other programs: one long table, or one JSON object."""

import json
from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

import numpy as np

from pertoken.present.sheet import Cell, Column, Sheet, Table
from pertoken.present.text import SCHEMA_VERSION
from pertoken.scenario.answer import Ran
from pertoken.scenario.program import Row
from pertoken.scenario.run import Outcome
from pertoken.scenario.simulate import Simulated
from pertoken.scenario.worlds import value_in

TOTAL = "total"
"""What stands for all months together in the place of a month."""
COLUMNS = ("case", "name", "label", "unit", "section", "month")


def rows_of(answer: Ran) -> tuple[Row, ...]:
    """List the rows of a model once, in their order."""
    model = answer.model
    return tuple({row.name: row for program in (model.before, model.after) for row in program.rows}.values())


def long_table(answer: Ran) -> Sheet:
    """Lay out every row of every case: each month a line, and one for all months where that says something."""
    columns = (*(Column(name, name.capitalize(), "text") for name in COLUMNS), Column("value", "Value", "quantity"))
    rows = rows_of(answer)
    lines = tuple(line for case, found in answer.cases.items() for row in rows for line in _lines(case, row, found))
    return Sheet(answer.model.spec.name, "", (Table("rows", "All rows", columns, lines, total=False),), {})


def _lines(case: str, row: Row, found: Outcome) -> Iterator[tuple[Cell, ...]]:
    words = (case, row.name, row.label or row.name, row.unit.text, row.section)
    if row.name not in found.values:
        return
    if not row.by_month:
        yield (*words, "", _cell(found.values[row.name][..., 0]))
        return
    months = found.model.months
    for month, value in zip(months, np.broadcast_to(found.values[row.name], (len(months),)), strict=True):
        yield (*words, month, _cell(value))
    if row.total != "none":
        yield (*words, TOTAL, _cell(found.total(row.name)))


def _cell(value: object) -> float | None:
    number = float(np.asarray(value, dtype=np.float64))
    return number if isfinite(number) else None


def to_json(answer: Ran, *, seed: int) -> str:
    """Write inputs, all rows by case and month, and what the worlds say, as one JSON object; no number is null."""
    spec = answer.model.spec
    said = {
        "schema_version": SCHEMA_VERSION,
        "model": spec.name,
        "title": spec.title,
        "digest": spec.digest,
        "seed": seed,
        "currency": spec.currency,
        "months": list(answer.model.months),
        "inputs": _inputs(answer),
        "rows": {row.name: _row(row, answer) for row in rows_of(answer)},
        "worlds": {case: _worlds(found) for case, found in answer.simulated.items()},
    }
    return json.dumps(said, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _inputs(answer: Ran) -> dict[str, Any]:
    found = {}
    for name, said in answer.model.inputs.items():
        found[name] = {
            "label": said.label or name,
            "unit": said.unit,
            "values": {case: value_in(said, case, answer.model) for case in answer.cases},
            "range": None if said.spread is None else {
                "kind": said.spread.kind,
                **{key: [float(each) for each in value] if isinstance(value, tuple) else float(value)
                   for key, value in said.spread.parameters.items()},
            },
            "source": said.source,
            "as_of": said.as_of.isoformat() if said.as_of else None,
        }  # fmt: skip
    return found


def _row(row: Row, answer: Ran) -> dict[str, Any]:
    own = {case: found for case, found in answer.cases.items() if row.name in found.values}
    size = len(answer.model.months)
    if row.by_month:
        values: Mapping[str, Any] = {
            case: [_cell(each) for each in np.broadcast_to(found.values[row.name], (size,))]
            for case, found in own.items()
        }
    else:
        values = {case: _cell(found.values[row.name][..., 0]) for case, found in own.items()}
    made = {"label": row.label or row.name, "unit": row.unit.text, "section": row.section, "values": values}
    if row.by_month and row.total != "none":
        made["totals"] = {case: _cell(found.total(row.name)) for case, found in own.items()}
    return made


def _worlds(found: Simulated) -> dict[str, Any]:
    return {
        "worlds": found.plan.replicates * found.plan.draws,
        "design": found.draws.kind,
        "seed": found.draws.seed,
        "totals": {name: _figures(each.figures) for name, each in found.totals.items()},
        "months": {name: _figures(each.figures) for name, each in found.months.items()},
        "held": dict(found.held),
    }


def _figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _cell(value) if np.ndim(value) == 0 else [_cell(each) for each in np.asarray(value)]
        for name, value in figures.items()
    }
