"""Two models or scenarios side by side as a sheet: results, what differs, and what each difference does."""

from functools import partial

import numpy as np

from pertoken.present import charts
from pertoken.present.model_words import cell, kind_of, label_of, number_words
from pertoken.present.numbers import ABSENT, show
from pertoken.present.sheet import Chart, Column, Figures, Note, Sheet, Table
from pertoken.scenario.answer import Compared


def sheet(answer: Compared) -> Sheet:
    """Lay out a comparison."""
    blocks: list[Figures | Table | Chart | Note] = [*results(answer), _changed(answer)]
    blocks += _steps(answer)
    return Sheet(f"{answer.names[0]} and {answer.names[1]}", _words(answer), tuple(blocks), {})


def results(answer: Compared) -> list[Table]:
    """Lay out what both sides come to, money, shares and counts apart."""
    found = (
        _results(answer, group, title, kinds)
        for group, title, kinds in (
            ("money", "Money", ("money",)),
            ("shares", "Shares", ("share",)),
            ("counts", "Counts", ("quantity",)),
        )
    )
    return [table for table in found if table is not None]


def _words(answer: Compared) -> str:
    one, two = (float(each.total(answer.of)) for each in answer.outcomes)
    row = answer.outcomes[0].row(answer.of)
    kind = kind_of(row)
    more = two - one
    text = f"{label_of(row)}: {show(one, kind)} in {answer.names[0]}, {show(two, kind)} in {answer.names[1]}"
    text += f", {show(abs(more), kind)} {'more' if more > 0 else 'less'}" if more else ", the same"
    worlds = answer.differences.get(answer.of)
    if worlds is not None and len(worlds):
        text += f"; {answer.names[1]} is higher in {show(float((worlds > 0).mean()), 'share')} of the worlds"
    return f"{text}."


def _results(answer: Compared, group: str, title: str, kinds: tuple[str, ...]) -> Table | None:
    rows = [answer.outcomes[0].row(name) for name in answer.rows]
    rows = [row for row in rows if kind_of(row) in kinds]
    if not rows:
        return None
    kind = kind_of(rows[0])
    unit = answer.outcomes[0].model.spec.currency if group == "money" else ""
    columns = (
        Column("result", title, "text"),
        Column("one", answer.names[0], kind, unit),
        Column("two", answer.names[1], kind, unit),
        Column("difference", "Difference", kind, unit),
        *((Column("p10", "P10", kind, unit), Column("p90", "P90", kind, unit)) if answer.differences else ()),
    )
    lines = []
    for row in rows:
        one, two = (cell(each.total(row.name)) for each in answer.outcomes)
        gap = two - one if isinstance(one, float) and isinstance(two, float) else None
        worlds = answer.differences.get(row.name)
        ends = () if worlds is None else tuple(cell(x) for x in np.quantile(worlds, [0.1, 0.9]))
        lines.append((label_of(row), one, two, gap, *ends))
    return Table(group, title, columns, tuple(lines), total=False)


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
