"""Two models or scenarios side by side as a sheet: results, what differs, and what each difference does."""

from functools import partial

import numpy as np

from pertoken.present import charts
from pertoken.present.model_brief import COSTING, EARNING, Line, fitted, short_label
from pertoken.present.model_words import amount, cell, kind_of, label_of, months_words, number_words, unit_words
from pertoken.present.numbers import ABSENT, show
from pertoken.present.sheet import Chart, Column, Figures, Note, Sheet, Table
from pertoken.scenario.answer import Compared

ENDS = (0.1, 0.9)
"""Between which quantiles a difference ranges."""


def sheet(answer: Compared, *, brief: bool = False) -> Sheet:
    """Lay out a comparison.

    Args:
        answer: What was compared.
        brief: The results that lead, in one table, instead of all.
    """
    model = answer.outcomes[0].model
    first = _leading(answer) if brief else results(answer)
    blocks: tuple[Figures | Table | Chart | Note, ...] = (first, _changed(answer), *_steps(answer))
    count = next((len(worlds) for worlds in answer.differences.values()), 0)
    meta = {"months": f"{model.months[0]} to {model.months[-1]}", "worlds": f"{count:,}, common to both"}
    return Sheet(f"{answer.names[0]} and {answer.names[1]}", _words(answer), blocks, meta)


def _leading(answer: Compared) -> Table:
    """The results that lead, side by side, with the range of the difference over the common worlds."""
    lines = []
    for name in dict.fromkeys((*EARNING, *COSTING, answer.of)):
        row = next((each.row(name) for each in answer.outcomes if name in answer.rows or name == answer.of), None)
        if row is None:
            continue
        one, two = (float(each.total(name)) for each in answer.outcomes)
        ends = [float(x) for x in np.quantile(answer.differences[name], ENDS)] if name in answer.differences else []
        ends = ends or [np.nan, np.nan] * bool(answer.differences)
        values = np.array([one, two, two - one, *ends])
        if np.isfinite(values).any() and values[np.isfinite(values)].any():
            lines.append(Line(short_label(row), kind_of(row), values))
    heads = [*answer.names, "Change", *(("P10", "P90") if answer.differences else ())]
    model = answer.outcomes[0].model
    return fitted(lines, heads, f"Results {months_words(model.months)}", model.spec.currency)


def results(answer: Compared) -> Table:
    """All results that both have."""
    columns = (
        Column("name", "Name", "text"),
        Column("result", "Result", "text"),
        Column("unit", "Unit", "text"),
        Column("one", answer.names[0], "exact"),
        Column("two", answer.names[1], "exact"),
        Column("difference", "Difference", "exact"),
        *((Column("p10", "P10", "exact"), Column("p90", "P90", "exact")) if answer.differences else ()),
    )
    rows = [answer.outcomes[0].row(name) for name in answer.rows]
    lines = []
    for row in rows:
        one, two = (cell(each.total(row.name)) for each in answer.outcomes)
        gap = two - one if isinstance(one, float) and isinstance(two, float) else None
        worlds = answer.differences.get(row.name)
        ends = () if worlds is None else tuple(cell(x) for x in np.quantile(worlds, ENDS))
        lines.append((row.name, label_of(row), unit_words(row.unit), one, two, gap, *ends))
    kinds = tuple(kind_of(row) for row in rows)
    return Table("results", "Results", columns, tuple(lines), total=False, kinds=kinds)


def _words(answer: Compared) -> str:
    one, two = (float(each.total(answer.of)) for each in answer.outcomes)
    row = answer.outcomes[0].row(answer.of)
    kind = kind_of(row)
    more = two - one
    written = amount if kind == "money" else partial(show, kind=kind)
    if not np.isfinite([one, two]).all():
        return f"{label_of(row)} can't be told in both: it divides by zero."
    text = f"{label_of(row)}: {written(one)} in {answer.names[0]}, {written(two)} in {answer.names[1]}"
    text += f", {written(abs(more))} {'more' if more > 0 else 'less'}" if more else ", the same"
    worlds = answer.differences.get(answer.of)
    if worlds is not None and len(worlds):
        text += f"; {answer.names[1]} is higher in {show(float((worlds > 0).mean()), 'share')} of the worlds"
    return f"{text}."


def _changed(answer: Compared) -> Table:
    columns = (
        Column("input", "Input", "text"),
        Column("one", answer.names[0], "text"),
        Column("two", answer.names[1], "text"),
    )
    lines = tuple(
        (each.name, *(ABSENT if v is None else number_words(v, each.unit) for v in (each.before, each.after)))
        for each in answer.changed
    )
    return Table("inputs", "Inputs that differ", columns, lines, total=False)


def _steps(answer: Compared) -> list[Table | Chart]:
    if not answer.steps:
        return []
    row = answer.outcomes[0].row(answer.of)
    kind, unit = kind_of(row), answer.outcomes[0].model.spec.currency if kind_of(row) == "money" else ""
    start, end = (float(each.total(answer.of)) for each in answer.outcomes)
    columns = (Column("input", "Input", "text"), Column("effect", "Effect", kind, unit))
    lines = ((answer.names[0], start), *answer.steps, (answer.names[1], end))
    draw = partial(
        charts.waterfall,
        [(answer.names[0], start), *answer.steps],
        (answer.names[1], end),
        title=label_of(row),
        kind=kind,
    )
    return [
        Chart("waterfall", "What does each difference do?", draw, "Steps from one to the other.", "steps"),
        Table(
            "steps",
            f"From {answer.names[0]} to {answer.names[1]}",
            columns,
            lines,
            "Each effect is averaged over all orders of the changes, so that they add up.",
            total=False,
        ),
    ]
