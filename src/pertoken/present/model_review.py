"""A look at a model file as a sheet: what it is made of, or what is wrong with it."""

from collections.abc import Iterator, Sequence

from pertoken.present import faults
from pertoken.present.sheet import Cell, Column, Sheet, Table
from pertoken.scenario.model import Model
from pertoken.scenario.review import ModelReview
from pertoken.scenario.spec import Assumption

PART = (Column("part", "Part", "text"), Column("count", "How many", "count"), Column("names", "Names", "text"))
INPUT = (
    Column("input", "Input", "text"),
    Column("value", "Value", "exact"),
    Column("unit", "Unit", "text"),
    Column("range", "Range", "text"),
    Column("source", "Source", "text"),
    Column("as_of", "As of", "text"),
)
SHOWN = 6
"""Names of a part that people are shown."""


def sheet(review: ModelReview, *, brief: bool = False) -> Sheet:
    """Lay out what a look at a model file found.

    Args:
        review: What was found.
        brief: True for what people are shown: no list of inputs, a fault in one sentence.
    """
    about = {"model": review.file}
    if review.model is None:
        count = f"{len(review.faults)} fault{'s' * (len(review.faults) != 1)}"
        return Sheet(
            "Check of a model",
            f"It can't be used: {count}.",
            (faults.table("faults", "Wrong", review.faults, brief=brief),),
            about,
        )
    tables = [_parts(review.model, brief=brief)] + ([] if brief else [_inputs(review.model)])
    return Sheet("Check of a model", _words(review.model), tuple(tables), about)


def _words(model: Model) -> str:
    """Say in a sentence what the model is."""
    spec, months = model.spec, model.months
    unsure = sum(_is_unsure(each) for each in model.inputs.values())
    title = f"{spec.name}: {spec.title}" if spec.title else spec.name
    inputs = f"{len(model.inputs)} inputs, {unsure} of them uncertain"
    return f"{title}; {months[0]} to {months[-1]}, in {spec.currency}; {inputs}; units fit."


def _is_unsure(said: Assumption) -> bool:
    return said.spread is not None or said.walk is not None


def _parts(model: Model, *, brief: bool) -> Table:
    most = SHOWN if brief else None
    rows = tuple((part, len(names), _listed(names, most)) for part, names in _named(model) if names)
    return Table("parts", "What it is made of", PART, rows, total=False)


def _named(model: Model) -> Iterator[tuple[str, list[str]]]:
    """List the parts of a model and their names."""
    spec = model.spec
    yield "certain inputs", [name for name, said in model.inputs.items() if not _is_unsure(said)]
    yield "uncertain inputs", [name for name, said in model.inputs.items() if _is_unsure(said)]
    yield "forecasts", [each.name for each in spec.forecasts]
    yield "drivers", [each.name for each in spec.drivers]
    yield "segments", [each.name for each in spec.segments if not each.is_contract]
    yield "contracts", [each.name for each in spec.segments if each.is_contract]
    yield "workloads", [each.name for each in spec.workloads]
    yield "plans", list(spec.plans)
    yield "vendors", list(spec.vendors)
    yield "fleets", list(spec.fleets)
    yield "levers", [f"{each.name} ({'on' if each.on else 'off'})" for each in spec.levers]
    yield "costs", [each.name for each in spec.lines if each.side == "cost"]
    yield "income", [each.name for each in spec.lines if each.side == "revenue"]
    yield "events", [each.name for each in spec.events]
    yield "correlations", [" and ".join(each.between) for each in spec.correlations]
    yield "scenarios", list(spec.scenarios)
    yield "checks", [each.name for each in spec.checks]


def _listed(names: Sequence[str], most: int | None) -> str:
    more = len(names) - len(names[:most])
    return ", ".join(names[:most]) + (f" and {more} more" if more else "")


def _inputs(model: Model) -> Table:
    rows = tuple(_input(each) for each in model.inputs.values())
    return Table("inputs", "Inputs", INPUT, rows, total=False)


def _input(said: Assumption) -> tuple[Cell, ...]:
    day = said.as_of.isoformat() if said.as_of else ""
    return (said.name, said.value, said.unit, _range(said), said.source, day)


def _range(said: Assumption) -> str:
    """Write a range as the file has it."""
    if said.spread is None:
        return ""
    numbers = said.spread.parameters
    if said.spread.kind == "p10_p90":
        return f"{numbers['p10']:f} to {numbers['p90']:f}"
    return f"{said.spread.kind} " + ", ".join(f"{word} {_number(each)}" for word, each in numbers.items())


def _number(value: object) -> str:
    return " ".join(f"{each:f}" for each in value) if isinstance(value, tuple) else f"{value:f}"
