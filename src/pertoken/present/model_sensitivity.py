"""What a model's result depends on, as a sheet: a tornado, and each input's share of the variance."""

from functools import partial

from pertoken.present import charts_tornado
from pertoken.present.model_words import LARGE, amount, cell, kind_of, label_of, number_words
from pertoken.present.numbers import show
from pertoken.present.sheet import Chart, Column, Kind, Note, Sheet, Table
from pertoken.scenario.answer import Sensitive
from pertoken.scenario.program import Row
from pertoken.scenario.run import row_of

MOST = 10
"""Inputs that people are shown."""


def sheet(answer: Sensitive, *, brief: bool = False) -> Sheet:
    """Lay out what a result depends on.

    Args:
        answer: What was found.
        brief: Only the inputs that move it most.
    """
    row = row_of(answer.model, answer.of)
    table = _swings(answer, kind_of(row), brief=brief)
    blocks: list[Chart | Table | Note] = []
    if answer.swings:
        blocks += [_tornado(answer, row), table]
    else:
        blocks += [table, Note("No input has a range: give some a p10 and a p90.", "warning")]
    blocks += [_shares(answer)] if answer.indices else []
    return Sheet(f"What {label_of(row).lower()} depends on", _words(answer), tuple(blocks), _meta(answer))


def _unit(answer: Sensitive, kind: Kind) -> str:
    return answer.model.spec.currency if kind == "money" else ""


def _swings(answer: Sensitive, kind: Kind, *, brief: bool) -> Table:
    """Lay out what each input by itself does to the result."""
    unit = _unit(answer, kind)
    columns = (
        *(Column(name, label, "text") for name, label in (("input", "Input"), ("low", "From"), ("high", "To"))),
        Column("at_low", "Result there", kind, unit),
        Column("at_high", "and there", kind, unit),
        Column("swing", "Swing", kind, unit),
    )
    lines = tuple(
        (
            each.name, *(_input(answer, each.name, value) for value in (each.low_input, each.high_input)),
            *map(cell, (each.at_low, each.at_high, each.swing)),
        )
        for each in answer.swings
    )  # fmt: skip
    shown = lines[:MOST] if brief else lines
    rest = len(lines) - len(shown)
    note = f"{rest} more inputs move it less; --format csv lists all." if rest else ""
    large = kind == "money" and max((abs(each.swing) for each in answer.swings), default=0.0) >= LARGE
    whole: Kind = "count"
    kinds = (whole,) * len(shown) if brief and large else ()
    return Table("swings", "One input at a time, from P10 to P90", columns, shown, note, total=False, kinds=kinds)


def _tornado(answer: Sensitive, row: Row) -> Chart:
    kind = kind_of(row)
    bars = [
        charts_tornado.Swing(
            each.name, _input(answer, each.name, each.low_input), _input(answer, each.name, each.high_input),
            each.at_low, each.at_high,
        )
        for each in answer.swings
    ]  # fmt: skip
    title = ", ".join(filter(None, [label_of(row), _unit(answer, kind)]))
    draw = partial(charts_tornado.tornado, bars, answer.base, title=title, kind=kind)
    return Chart("tornado", "What matters most?", draw, f"Swings of {len(bars)} inputs.", "swings")


def _input(answer: Sensitive, name: str, value: float) -> str:
    said = answer.model.inputs.get(name)
    if said is not None:
        return number_words(value, said.unit)
    if name.startswith("event."):
        return answer.model.months[int(value) - 1] if value else "never"
    return f"{value:+.2f} sd"


def _words(answer: Sensitive) -> str:
    row = row_of(answer.model, answer.of)
    kind = kind_of(row)
    unit = answer.model.spec.currency if kind == "money" else ""
    written = amount if kind == "money" else partial(show, kind=kind)
    text = f"{label_of(row)} is {written(cell(answer.base))} {unit}".rstrip() + f" in case {answer.case}"
    if answer.swings:
        first = answer.swings[0]
        text += f"; {first.name} moves it most, by {written(cell(first.swing))} {unit}".rstrip()
    return f"{text}."


def _shares(answer: Sensitive) -> Table:
    columns = (
        Column("input", "Input", "text"),
        Column("first", "By itself", "share"),
        Column("total", "With others", "share"),
        Column("first_error", "Error", "share"),
        Column("total_error", "Error of total", "share"),
    )
    lines = tuple(
        (each.name, cell(each.first), cell(each.total), cell(each.first_error), cell(each.total_error))
        for each in answer.indices
    )
    return Table("indices", "Shares of the variance (Sobol)", columns, lines, total=False)


def _meta(answer: Sensitive) -> dict[str, str]:
    spec = answer.model.spec
    worlds = {"worlds": f"{answer.draws:,} in each design, seed {answer.seed}"} if answer.draws else {}
    return {"model": spec.source or spec.name, "case": answer.case, **worlds}
