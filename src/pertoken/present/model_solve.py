"""Targets as sheets: the value of an input that meets one, where two scenarios cross, from which month on it pays."""

from functools import partial

import numpy as np

from pertoken.present import charts_crossover
from pertoken.present.charts import Axis
from pertoken.present.model_words import amount, cell, kind_of, label_of, number_words
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Chart, Column, Note, Sheet, Table
from pertoken.scenario.answer import Crossing, PaysFrom, Solved
from pertoken.scenario.program import Row
from pertoken.scenario.run import row_of
from pertoken.scenario.solve import Roots


def solved(answer: Solved) -> Sheet:
    """Lay out the values of an input at which a result meets its target."""
    row, unit = row_of(answer.model, answer.of), answer.model.inputs[answer.by].unit
    kind = kind_of(row)
    goal = show(answer.target, kind)
    when = f" in {answer.month}" if answer.month else ""
    found = answer.found
    if found.values:
        where = " and ".join(number_words(value, unit) for value in found.values)
        text = f"{label_of(row)}{when} is {goal} at {answer.by} of {where}"
    else:
        text = f"{label_of(row)}{when} is {goal} at no {answer.by} between {_ends(found, unit)}"
        text += _nearest(answer)
    text += f"; it is {show(answer.at_now, kind)} at {number_words(answer.now, unit)} now."
    columns = (
        Column("answer", "Answer", "text"),
        Column("value", answer.by, "quantity", "" if unit == "1" else unit),
    )
    lines: list[tuple[Cell, ...]] = [("now", answer.now)]
    lines += [
        (f"meets the target{f', {i}' if len(found.values) > 1 else ''}", v) for i, v in enumerate(found.values, 1)
    ]
    lines += [("jumps over the target", value) for value in found.jumps]
    lines += _range(found)
    blocks: list[Table | Chart | Note] = [Table("answers", "Answers", columns, tuple(lines), total=False)]
    blocks += [_curve(answer, kind), _tried(answer, kind)]
    blocks += _notes(found)
    return Sheet(
        f"{label_of(row)} of {goal}: by {answer.by}", text, tuple(blocks), _meta(answer.model.spec.source, answer.case)
    )


def _nearest(answer: Solved) -> str:
    """Say how near the result comes to its target, and where it jumps over it."""
    found, unit = answer.found, answer.model.inputs[answer.by].unit
    if found.jumps:
        return f"; it jumps over it at {' and '.join(number_words(value, unit) for value in found.jumps)}"
    known = np.flatnonzero(np.isfinite(found.gaps))
    if not len(known):
        return ""
    at = known[np.abs(found.gaps[known]).argmin()]
    near = show(float(found.gaps[at] + answer.target), kind_of(row_of(answer.model, answer.of)))
    return f"; {near}, at {number_words(float(found.tried[at]), unit)}, is nearest"


def _ends(found: Roots, unit: str) -> str:
    return f"{number_words(float(found.tried[0]), unit)} and {number_words(float(found.tried[-1]), unit)}"


def _range(found: Roots) -> list[tuple[Cell, ...]]:
    """How far the answer ranges over the worlds that have one."""
    worlds = found.by_world[1:]
    worlds = worlds[np.isfinite(worlds)]
    if not len(worlds):
        return []
    levels = np.quantile(worlds, [0.1, 0.5, 0.9])
    return [(f"{name} of the worlds", float(v)) for name, v in zip(("P10", "P50", "P90"), levels, strict=True)]


def _notes(found: Roots) -> list[Note]:
    worlds = found.by_world[1:]
    share = float(np.isnan(worlds).mean()) if len(worlds) else 0.0
    text = f"{show(share, 'share')} of the {len(worlds):,} worlds have no answer in the range; widen it: --from, --to."
    return [Note(text, "warning")] if share else []


def _curve(answer: Solved, kind: str) -> Chart:
    row = row_of(answer.model, answer.of)
    line = charts_crossover.Line(label_of(row), (answer.found.gaps + answer.target).tolist())
    goal = charts_crossover.Line("target", [answer.target] * len(answer.found.tried))
    draw = partial(
        charts_crossover.crossover,
        answer.found.tried.tolist(),
        [line, goal],
        x=Axis(_named(answer.by, answer.model.inputs[answer.by].unit), "quantity", zero=False),
        y=Axis(label_of(row), kind_of(row), zero=False),
    )
    del kind
    return Chart("curve", f"What does {answer.by} do to it?", draw, f"{label_of(row)} by {answer.by}.", "tried")


def _named(name: str, unit: str) -> str:
    return name if unit == "1" else f"{name}, {unit}"


def _tried(answer: Solved, kind: str) -> Table:
    row = row_of(answer.model, answer.of)
    columns = (Column("value", answer.by, "quantity"), Column("result", label_of(row), kind_of(row)))
    lines = tuple(
        (float(x), cell(gap + answer.target))
        for x, gap in zip(answer.found.tried[::8], answer.found.gaps[::8], strict=True)
    )
    del kind
    return Table("tried", "On the way", columns, lines, total=False)


def crossing(answer: Crossing) -> Sheet:
    """Lay out where two scenarios come to the same."""
    row, unit = row_of(answer.model, answer.of), answer.model.inputs[answer.by].unit
    found, (one, two) = answer.found, answer.cases
    columns = (
        Column("value", answer.by, "quantity", "" if unit == "1" else unit),
        *(Column(name, label, kind_of(row)) for name, label in (("one", one), ("two", two))),
    )
    shown = list(range(0, len(found.tried), 8))
    rows = tuple((float(found.tried[i]), *(cell(line[i]) for line in answer.lines)) for i in shown)
    answers = Table(
        "answers",
        "Answers",
        (Column("answer", "Answer", "text"), Column("value", answer.by, "quantity")),
        (("now", answer.now), *(("the same", v) for v in found.values), *_range(found)),
        total=False,
    )
    tried = Table("tried", "On the way", columns, rows, total=False)
    blocks: tuple[Table | Chart | Note, ...] = (answers, _both(answer, row, unit), tried, *_notes(found))
    meta = _meta(answer.model.spec.source, f"{one}, {two}")
    return Sheet(f"{label_of(row)}: {one} or {two}?", _crossed(answer, unit), blocks, meta)


def _crossed(answer: Crossing, unit: str) -> str:
    """Say where two scenarios come to the same, and which is lower."""
    found, (one, two) = answer.found, answer.cases
    if found.values:
        at = " and ".join(number_words(value, unit) for value in found.values)
        cheaper = two if answer.lines[1][-1] < answer.lines[0][-1] else one
        return f"{one} and {two} come to the same at {answer.by} of {at}; beyond, {cheaper} is lower."
    lower = two if answer.lines[1][0] < answer.lines[0][0] else one
    return f"{lower} is lower at every {answer.by} between {_ends(found, unit)}."


def _both(answer: Crossing, row: Row, unit: str) -> Chart:
    lines = [charts_crossover.Line(name, own.tolist()) for name, own in zip(answer.cases, answer.lines, strict=True)]
    draw = partial(
        charts_crossover.crossover,
        answer.found.tried.tolist(),
        lines,
        x=Axis(_named(answer.by, unit), "quantity", zero=False),
        y=Axis(label_of(row), kind_of(row), zero=False),
    )
    alt = " and ".join(answer.cases) + f" by {answer.by}."
    return Chart("crossover", f"From which {answer.by} on does it pay?", draw, alt, "tried")


def pays(answer: PaysFrom) -> Sheet:
    """Lay out from which month on money, added up, is above zero and stays there."""
    row, unit = row_of(answer.model, answer.of), answer.model.spec.currency
    last = answer.model.months[-1]
    text = f"{label_of(row)}, added up, is above zero from {answer.month} on"
    if not answer.month:
        text = f"{label_of(row)}, added up, is not above zero until {last}: {amount(float(answer.paths[-1]))} {unit}"
    columns = (
        Column("month", "Month", "text"),
        Column("sum", "Added up", "money", unit),
        *((Column("share", "Worlds above zero from here on", "share"),) if len(answer.worlds) else ()),
    )
    lines = tuple(
        (
            month,
            cell(answer.paths[i]),
            *((float(((answer.worlds > 0) & (answer.worlds <= i + 1)).mean()),) if len(answer.worlds) else ()),
        )
        for i, month in enumerate(answer.model.months)
    )
    if len(answer.worlds):
        text += f"; within the model in {show(float((answer.worlds > 0).mean()), 'share')} of the worlds"
    return Sheet(
        f"From when on does {answer.model.spec.title or answer.model.spec.name} pay?",
        f"{text}.",
        (Table("months", "Month by month", columns, lines, total=False),),
        _meta(answer.model.spec.source, answer.case),
    )


def _meta(source: str, case: str) -> dict[str, str]:
    return {"model": source, "case": case}
