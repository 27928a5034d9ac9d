"""Print-out: a compiled model and its results as the paper of a workbook, proved equal to the run."""

from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Literal

import numpy as np

from pertoken.core.design import design
from pertoken.core.distribution import form, support
from pertoken.core.errors import CardError, InputError
from pertoken.core.money import Values
from pertoken.core.nodes import Call, Name
from pertoken.scenario.drawn_worlds import dimensions, distribution, drawn, moves, together
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.fit import short_program, uncertain, worlds_that_fit
from pertoken.scenario.indices import Swing as Swung
from pertoken.scenario.model import Model
from pertoken.scenario.paper import Drawn, Draws, Headline, InputCell, Kind, Paper, Range, Swing
from pertoken.scenario.program import Program, Row
from pertoken.scenario.run import run, total_of
from pertoken.scenario.spec import Assumption
from pertoken.scenario.swing import sensitive
from pertoken.scenario.whole import whole
from pertoken.scenario.worlds import cases, side_by_side, value_in

CENT = 0.005
"""How far a sheet may be from the run. [currency, or the unit of the row]"""

FAN = "operating_result"
"""Row whose range over the months is drawn."""


def printed(
    model: Model, *, on: date, version: str, seed: int = 1, worlds: int | None = None, of: str = "operating_result"
) -> Paper:
    """Make the paper of a model.

    Args:
        model: The model.
        on: Day of the export.
        version: Version of pertoken.
        seed: Seed of the worlds.
        worlds: How many it reckons itself; as many as it has room for if None, none if 0.
        of: Result that the tornado is about.

    Raises:
        InputError: A card says what a sheet can't hold.
    """
    program = whole(model)
    names = cases(model)
    values = _proved(model, program, names)
    headline = [row for row in program.rows if row.name in model.headline]
    order = {name: i for i, name in enumerate(model.headline)}
    headline.sort(key=lambda row: order[row.name])
    inputs = tuple(_cell(model, name, said, names) for name, said in model.inputs.items())
    events = tuple(_event(model, name) for name in model.events)
    leads = tuple(_headline(row) for row in headline)
    return Paper(
        name=model.spec.name,
        title=model.spec.title or model.spec.name,
        file=model.spec.source.replace("\\", "/").rpartition("/")[2],
        currency=model.spec.currency,
        digest=model.spec.digest,
        version=version,
        on=on,
        seed=seed,
        program=program,
        inputs=(*inputs, *_steps(model), *events),
        cases=names,
        values=values,
        headline=leads,
        costs=tuple(row.name for row in program.rows if _is_cost(row, model)),
        checks=model.checks,
        fan=FAN,
        draws=_draws(model, program, seed, worlds, leads),
        bridge=_bridge(program, values["base"]),
        tornado=tuple(_swing(model, each) for each in sensitive(model, of).swings),
        tornado_of=of,
    )


def _row(program: Program, name: str) -> Row:
    return next(row for row in program.rows if row.name == name)


def _proved(model: Model, program: Program, names: Sequence[str]) -> dict[str, Mapping[str, Values]]:
    """Reckon the program in all cases, and hold it against the run: the sheet has no numbers of its own."""
    try:
        return _proved_at_once(model, program, names)
    except CardError:  # a card has numbers that may differ by case, but not by world
        return {name: _proved_at_once(model, program, [name])[name] for name in names}


def _proved_at_once(model: Model, program: Program, names: Sequence[str]) -> dict[str, Mapping[str, Values]]:
    worlds = side_by_side(model, names)
    found = evaluate(program, worlds.given)
    truth = run(model, worlds).values
    for name, own in truth.items():
        away = np.atleast_2d(_apart(found[name], own)).max(axis=-1)
        finite = np.abs(own[np.isfinite(own)])
        if away.max() >= CENT * max(1.0, float(finite.max(initial=0.0)) * 1e-9):
            at = int(away.argmax())
            ran, written = (float(np.atleast_2d(each)[at if each.ndim > 1 else 0].sum()) for each in (own, found[name]))
            msg = f"{name} comes to {ran:,.2f} in case {names[at]}, but as rows of a sheet to {written:,.2f}"
            raise InputError(f"{msg}; this card can't be written as a sheet yet: use run, csv or json")
    return {
        case: MappingProxyType({name: value[i] if value.ndim > 1 else value for name, value in found.items()})
        for i, case in enumerate(names)
    }


def _apart(one: Values, two: Values) -> Values:
    """How far numbers are apart; endless or undefined on one side only is endlessly far."""
    one, two = np.broadcast_arrays(one, two)
    with np.errstate(invalid="ignore"):
        apart = np.abs(one - two)
    same = (one == two) | (np.isnan(one) & np.isnan(two))
    return np.where(same, 0.0, np.where(np.isnan(apart), np.inf, apart))


def _kind(model: Model, name: str) -> Kind:
    if name.startswith("levers."):
        return "switch" if name.endswith(".on") else "lever"
    if name.startswith("event."):
        return "event"
    placed = {each.name for each in model.spec.placed}
    return "price" if name in placed else "assumption"


def _cell(model: Model, name: str, said: Assumption, names: Sequence[str]) -> InputCell:
    base = float(said.value)
    own = {case: value_in(said, case, model) for case in names}
    values = {case: value for case, value in own.items() if case == "base" or value != base}
    switch = _kind(model, name) == "switch"
    return InputCell(
        row=model.entries[name],
        label=said.label or name,
        unit=said.unit,
        kind=_kind(model, name),
        values=values,
        range=_range(said) if said.spread is not None else None,
        lowest=0.0 if switch or _positive(said) else None,
        highest=1.0 if switch else None,
        source=said.source,
        as_of=said.as_of,
    )


def _positive(said: Assumption) -> bool:
    return float(said.value) >= 0 and min((float(v) for v in said.cases.values()), default=0.0) >= 0


def _range(said: Assumption) -> Range:
    """Say a spread in the words of a spreadsheet; where a case has a value of its own, the range moves with it."""
    made = distribution(said)
    found = form(made)
    numbers = dict(made.parameters)
    if made.kind == "discrete":
        numbers["ends"] = tuple(np.cumsum(made.parameters["shares"]).tolist())
    return Range(
        kind=made.kind,
        template=found.excel,
        parameters=numbers,
        terms=found.terms,
        median="p50" if made.kind == "p10_p90" else "",
        moves=moves(said),
        most=support(made)[1] if moves(said) == "odds" else 1.0,
    )


def _steps(model: Model) -> tuple[InputCell, ...]:
    """Later values of assumptions that step."""
    return tuple(
        InputCell(
            row=f"{said.name}.from_{label}",
            label=f"{said.label or said.name} from {label}",
            unit=said.unit,
            values={"base": float(value)},
            source=said.source,
            as_of=said.as_of,
        )
        for said in model.spec.assumptions.values()
        for label, value in said.steps.items()
    )


def _event(model: Model, name: str) -> InputCell:
    event = model.events[name]
    base = float(model.months.index(event.base) + 1) if event.base else 0.0
    return InputCell(
        row=model.happenings[name],
        label=f"{event.label or name}: number of the month in which it happens, 0 for never",
        kind="event",
        values={"base": base},
        lowest=0.0,
        highest=float(len(model.months)),
    )


TOTALS: Mapping[str, Literal["sum", "last", "none"]] = {"sum": "sum", "ratio": "sum", "last": "last"}


def _headline(row: Row) -> Headline:
    over = ""
    shown = row.name
    if row.total == "ratio" and isinstance(row.node, Call):
        upper, lower = (each.name for each in row.node.args if isinstance(each, Name))
        shown, over = upper, lower
    return Headline(
        row=shown,
        label=row.label or row.name,
        unit=str(row.unit),
        total=TOTALS.get(row.total, "none") if row.by_month else "none",
        over=over,
    )


def _is_cost(row: Row, model: Model) -> bool:
    vendors = {f"cost.vendor.{vendor}" for vendor in model.spec.vendors}
    lines = {f"costs.{line.name}" for line in model.spec.lines if line.side == "cost"}
    return row.name in vendors | lines


def _draws(model: Model, program: Program, seed: int, worlds: int | None, headline: Sequence[Headline]) -> Draws | None:
    """Draw the worlds of the workbook, and reckon in each what its sheet reckons."""
    columns = _columns(model)
    short, leads = short_program(program, columns, headline, FAN)
    count = worlds_that_fit(short, columns, leads, FAN) if worlds is None else worlds
    if not columns or not count:
        return None
    shares = together(model, design(dimensions(model), draws=count, kind="lhs", seed=seed))
    wanted = [row.name for row in uncertain(short, columns, leads, FAN)]
    found = evaluate(short, drawn(model, shares).given, wanted=wanted)
    values = {name: np.broadcast_to(value, (count, value.shape[-1])) for name, value in found.items()}
    return Draws(columns=columns, shares=shares, values=values, program=short, headline=leads)


def _columns(model: Model) -> tuple[Drawn, ...]:
    out = [Drawn(row=model.entries[name]) for name, said in model.inputs.items() if said.spread is not None]
    out += [Drawn(row=row, how="shock", month=i + 1) for row in model.shocks.values() for i in range(len(model.months))]
    out += [
        Drawn(
            row=row,
            how="event",
            probability=model.entries[f"event.{name}.probability"],
            first=model.months.index(model.events[name].first) + 1,
            last=model.months.index(model.events[name].last) + 1,
        )
        for name, row in model.happenings.items()
    ]
    return tuple(out)


BRIDGE = ("revenue", "cost_of_revenue", "gross_margin", "acquisition", "operating", "one_off", "operating_result")


def _bridge(program: Program, values: Mapping[str, Values]) -> tuple[tuple[str, float], ...]:
    """From revenue to the result, in totals over all months."""
    sums = {name: float(total_of(_row(program, name), values)) for name in BRIDGE}
    steps = [("Revenue", sums["revenue"]), ("Cost of revenue", -sums["cost_of_revenue"])]
    steps += [
        (_row(program, name).label, -sums[name]) for name in ("acquisition", "operating", "one_off") if sums[name]
    ]
    return (*steps, ("Operating result", sums["operating_result"]))


def _swing(model: Model, each: Swung) -> Swing:
    said = model.inputs.get(each.name)
    words = "" if said is None or said.unit == "1" else f" {said.unit}"
    return Swing(
        label=(said.label or each.name) if said is not None else each.name,
        low=f"{each.low_input:.4g}{words}",
        high=f"{each.high_input:.4g}{words}",
        at_low=each.at_low,
        at_high=each.at_high,
    )
