"""A model that was run, laid out as its page: every number leads to its formula, its inputs, and how sure it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import ceil, isfinite

import numpy as np

from pertoken.core.formula import names, text
from pertoken.present import (
    charts,
    charts_crossover,
    charts_months,
    model_notes,
    model_run,
    model_sensitivity,
    model_words,
)
from pertoken.present.charts import Axis
from pertoken.present.model_view import Check, ModelPage, Origin, Quantity, Role, grid
from pertoken.present.model_words import cell, kind_of, label_of, unit_words
from pertoken.present.numbers import ABSENT, show
from pertoken.present.sheet import Chart, Column, Sheet, Table
from pertoken.scenario.answer import Ran, Sensitive
from pertoken.scenario.paper import Values
from pertoken.scenario.program import Program, Row
from pertoken.scenario.run import Outcome, total_of
from pertoken.scenario.spec import Assumption
from pertoken.scenario.worlds import value_in

FIGURES = ("revenue", "total_cost", "gross_margin", "gross_margin_share", "operating_result")
"""Results worth a place at the top."""
BRIDGE = ("acquisition", "operating", "one_off")
"""Costs between the gross margin and the result."""
MOST_LINES = 3
"""Scenarios that overtake the first case in one picture, at most."""
APART = 0.02
"""Share of their rise and fall by which two lines have to lie apart before a crossing counts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Facts:
    """All that a model's page is made of.

    Args:
        answer: The model, run.
        program: It as one program, so that every number has its formula.
        values: Values of its rows in the first case.
        sensitive: What its result depends on.
        version: Version of pertoken.
    """

    answer: Ran
    program: Program
    values: Mapping[str, Values]
    sensitive: Sensitive
    version: str

    @property
    def first(self) -> Outcome:
        """The case that leads."""
        return next(iter(self.answer.cases.values()))


def view(facts: Facts) -> ModelPage:
    """Lay out the page of a model."""
    run, swings = model_run.sheet(facts.answer, "full"), model_sensitivity.sheet(facts.sensitive)
    known = {label_of(row): row.name for row in facts.program.rows if row.name in facts.answer.model.headline}
    tables = [grid(table, _leads(table, known)) for table in (*run.of(Table), *swings.of(Table), *_own(facts))]
    cases = next((each for each in tables if each.name == "results"), None)
    here = {row.name for row in facts.program.rows}
    return ModelPage(
        title=run.title,
        headline=run.subtitle,
        figures=tuple(name for name in FIGURES if name in known.values()),
        scenarios=cases,
        charts=tuple(_pictures(facts, (run, swings))),
        grids=tuple(each for each in tables if each is not cases),
        checks=tuple(_check(facts, name, here) for name in facts.answer.model.checks),
        quantities=tuple(_quantity(facts, row, here) for row in facts.program.rows),
        origin=_origin(facts),
        notes=tuple(model_notes.odds(facts.answer)),
    )


def _leads(table: Table, known: Mapping[str, str]) -> list[dict[str, str]]:
    """Say which quantity each number of a table leads to: the one of its line, or of its column."""
    own = set(known.values())
    return [
        {c.name: known.get(str(row[0]), c.name if c.name in own else "") for c in table.columns[1:]}
        for row in table.rows
    ]


def _own(facts: Facts) -> list[Table]:
    """Tables of the pictures that a run has none of."""
    return [table for table in (_costs(facts), _bridge(facts), _added(facts)) if table is not None]


def _monthly(facts: Facts, name: str) -> Values:
    months = len(facts.answer.model.months)
    return np.broadcast_to(facts.values[name], (months,))


def _cost_rows(facts: Facts) -> list[Row]:
    spec = facts.answer.model.spec
    wanted = {f"cost.vendor.{name}" for name in spec.vendors}
    wanted |= {f"costs.{line.name}" for line in spec.lines if line.side == "cost"}
    return [row for row in facts.program.rows if row.name in wanted and _monthly(facts, row.name).any()]


def _costs(facts: Facts) -> Table | None:
    rows, unit = _cost_rows(facts), facts.answer.model.spec.currency
    if not rows:
        return None
    columns = (
        Column("month", "Month", "text"),
        *(Column(f"cost_{i}", label_of(row), "money", unit) for i, row in enumerate(rows, 1)),
    )
    lines = tuple(
        (month, *(cell(_monthly(facts, row.name)[i]) for row in rows))
        for i, month in enumerate(facts.answer.model.months)
    )
    return Table("costs", "Costs by month", columns, lines, total=False)


def _steps(facts: Facts) -> list[tuple[str, float]]:
    """From revenue to the result, over all months; its ends are the whole and what is left."""
    rows = {row.name: row for row in facts.program.rows}
    sums = {name: float(total_of(rows[name], facts.values)) for name in ("revenue", "cost_of_revenue", *BRIDGE)}
    steps = [("Revenue", sums["revenue"]), ("Cost of revenue", -sums["cost_of_revenue"])]
    steps += [(label_of(rows[name]), -sums[name]) for name in BRIDGE if sums[name]]
    return [*steps, ("Operating result", sum(amount for _, amount in steps))]


def _bridge(facts: Facts) -> Table:
    unit = facts.answer.model.spec.currency
    columns = (Column("step", "Step", "text"), Column("amount", "Amount", "money", unit))
    return Table("bridge", "From revenue to the result", columns, tuple(_steps(facts)), total=False)


def _adding(facts: Facts) -> tuple[dict[str, list[float]], list[float]]:
    """What the first case's money adds up to by month, and that of scenarios that overtake it; and where they do."""
    months = len(facts.answer.model.months)
    of = "operating_result" if model_words.earns(facts.answer) else "total_cost"
    lines = {
        case: np.cumsum(np.broadcast_to(found.values[of], (months,))).tolist()
        for case, found in facts.answer.cases.items()
    }
    first, *others = lines
    meet = {name: at for name in others if (at := overtakes(lines[first], lines[name])) is not None}
    names_of = [first, *list(meet)[:MOST_LINES]] if meet else []
    return {name: lines[name] for name in names_of}, [meet[name] for name in names_of[1:]]


def overtakes(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Find where another line comes to lie on the other side for good, after both were clearly apart; None if nowhere.

    >>> overtakes([1, 2, 3, 4], [0, 1, 4, 8])
    1.5

    Args:
        one: A line, month by month.
        other: Another.
    """
    gaps = np.asarray(other, dtype=float) - np.asarray(one, dtype=float)
    if not np.isfinite(gaps).all():
        return None
    clear = np.flatnonzero(np.abs(gaps) > APART * max(np.ptp(one), np.ptp(other)))
    turns = [(a, b) for a, b in pairwise(clear) if gaps[a] * gaps[b] < 0]
    if not turns:
        return None
    before, after = turns[-1]
    at = max(i for i in range(before, after) if gaps[i] * gaps[i + 1] <= 0 and gaps[i] != gaps[i + 1])
    return float(at + gaps[at] / (gaps[at] - gaps[at + 1]))


def _added(facts: Facts) -> Table | None:
    (lines, _), unit = _adding(facts), facts.answer.model.spec.currency
    if not lines:
        return None
    columns = (
        Column("month", "Month", "text"),
        *(Column(f"case_{i}", name, "money", unit) for i, name in enumerate(lines, 1)),
    )
    rows = zip(facts.answer.model.months, *lines.values(), strict=True)
    return Table("added", "Added up, by scenario", columns, tuple(rows), total=False)


def _pictures(facts: Facts, sheets: Sequence[Sheet]) -> list[Chart]:
    """All pictures, each titled with its question."""
    unit, months = facts.answer.model.spec.currency, facts.answer.model.months
    found = [chart for sheet in sheets for chart in sheet.of(Chart)]
    rows = _cost_rows(facts)
    if rows and len(months) > 1:
        parts = {label_of(row): _monthly(facts, row.name).tolist() for row in rows}
        draw = partial(charts_months.by_month, months, parts, title=f"Costs, {unit} a month")
        found.append(Chart("costs", "What is a month's cost made of?", draw, "Costs month by month.", "costs"))
    steps = _steps(facts)
    if model_words.earns(facts.answer):
        bridge = partial(charts.waterfall, steps[:-1], steps[-1], title=f"{unit} over all months")
        found.append(Chart("bridge", "What is left of the revenue?", bridge, "From revenue to the result.", "bridge"))
    lines, meet = _adding(facts)
    if lines:
        what = "Result" if model_words.earns(facts.answer) else "Cost"
        cross = partial(
            charts_crossover.crossover,
            [float(i) for i in range(1, len(months) + 1)],
            [charts_crossover.Line(name, own) for name, own in lines.items()],
            x=Axis("Month of the model", "quantity", zero=False),
            y=Axis(f"{what} added up, {unit}", "money", zero=False),
            crossings=[
                charts_crossover.Crossing(at + 1, float(np.interp(at, range(len(months)), lines[name])), text)
                for name, at in zip(list(lines)[1:], meet, strict=True)
                for text in [f"{name} from {months[ceil(at)]}"]
            ],
        )
        found.append(Chart("crossover", "When does another scenario overtake?", cross, "Scenarios added up.", "added"))
    return found


def _check(facts: Facts, name: str, here: set[str]) -> Check:
    promise = next(each for each in facts.answer.model.spec.checks if f"checks.{each.name}" == name)
    held = bool((facts.first.values[name] > 0).all())
    row = next(row for row in facts.program.rows if row.name == name)
    worlds = next(iter(facts.answer.simulated.values()), None)
    found = f"holds in {show(worlds.held[name], 'share')} of the worlds" if worlds is not None else ""
    return Check(f"{promise.name}: {promise.formula}", held, found, _parts(row, here))


def _parts(row: Row, here: set[str]) -> tuple[str, ...]:
    return tuple(sorted(names(row.node) & here)) if row.node is not None else ()


def _quantity(facts: Facts, row: Row, here: set[str]) -> Quantity:
    """Say all there is to say of one number."""
    said = next((one for name, one in facts.answer.model.inputs.items() if _entry(facts, name) == row.name), None)
    own = facts.values.get(row.name)
    value = "" if own is None else _text(row, float(total_of(row, facts.values)))
    worlds = next(iter(facts.answer.simulated.values()), None)
    figures = worlds.totals[row.name].figures if worlds is not None and row.name in worlds.totals else {}
    low, middle, high = (_text(row, float(figures[q])) if figures else "" for q in ("p10", "p50", "p90"))
    if said is not None:
        low, high = _ends(row, said)
    return Quantity(
        name=row.name,
        label=label_of(row),
        unit=unit_words(row.unit),
        value=value or ABSENT,
        formula=(row.text or text(row.node)) if row.node is not None else "",
        of=_parts(row, here),
        source=said.source if said is not None else row.source,
        as_of=said.as_of.isoformat() if said is not None and said.as_of else "",
        low=low,
        high=high,
        kind=_role(facts, row),
        middle=middle,
        cases=_cases(facts, row, said),
    )


def _entry(facts: Facts, name: str) -> str:
    return facts.answer.model.entries[name]


def _role(facts: Facts, row: Row) -> Role:
    if row.node is None:
        return "input"
    return "rated" if row.section.startswith(("plans.", "vendors.")) or row.name in _rated(facts) else "formula"


def _rated(facts: Facts) -> set[str]:
    return {each.row for each in facts.answer.model.rated}


def _text(row: Row, value: float) -> str:
    if not isfinite(value):
        return ABSENT
    if row.unit.text == "%":
        return show(value / 100, "share")
    return show(value, kind_of(row))


def _ends(row: Row, said: Assumption) -> tuple[str, str]:
    own = said.spread.parameters if said.spread is not None else {}
    if "p10" not in own or "p90" not in own:
        return "", ""
    low, high = own["p10"], own["p90"]
    if isinstance(low, tuple) or isinstance(high, tuple):
        return "", ""
    return _text(row, float(low)), _text(row, float(high))


def _cases(facts: Facts, row: Row, said: Assumption | None) -> tuple[tuple[str, str], ...]:
    found = {}
    for case, outcome in facts.answer.cases.items():
        if said is not None:
            found[case] = _text(row, value_in(said, case, facts.answer.model))
        elif row.name in outcome.values:
            found[case] = _text(row, float(total_of(row, outcome.values)))
    first = next(iter(found.values()), "")
    return tuple(found.items()) if any(value != first for value in found.values()) else ()


def _origin(facts: Facts) -> Origin:
    spec = facts.answer.model.spec
    worlds = next(iter(facts.answer.simulated.values()), None)
    return Origin(
        file=spec.source or spec.name,
        hash=spec.digest[:12],
        seed=str(worlds.draws.seed) if worlds is not None else "",
        draws=f"{worlds.plan.replicates * worlds.plan.draws:,}" if worlds is not None else "",
        prices=spec.calendar.prices.isoformat() if spec.calendar.prices else "",
        version=facts.version,
    )
