"""A model's results as a sheet: named cases lead, the range over the worlds stands beside them."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Literal

import numpy as np

from pertoken.core.money import Values
from pertoken.core.summary import QUANTILES
from pertoken.present.model_brief import BASICS, leading
from pertoken.present.model_notes import checks, odds
from pertoken.present.model_words import amount, cell, earns, kind_of, label_of, months_words, unit_words
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Chart, Column, Note, Sheet, Table
from pertoken.scenario.answer import Ran
from pertoken.scenario.program import Row
from pertoken.scenario.run import Outcome
from pertoken.scenario.simulate import Simulated

Detail = Literal["brief", "full", "all"]
"""The dozen lines that lead; all results and the months of the first case; or every number, for machines."""

RANGE = (("p10", "P10"), ("p50", "P50"), ("p90", "P90"))


def sheet(answer: Ran, detail: Detail = "all") -> Sheet:
    """Lay out what a model comes to.

    Args:
        answer: What was run.
        detail: How much of it.
    """
    first = next(iter(answer.cases.values()))
    rows = [first.row(name) for name in answer.model.headline]
    blocks: list[Table | Chart | Note] = []
    if detail == "brief":
        blocks += leading(answer)
    else:
        rows = [row for row in rows if detail == "all" or any(_says(case, row) for case in answer.cases.values())]
        blocks += [_results(answer, rows, detail), *_pictures(answer, first), _months(answer, first)]
    if detail == "all":
        blocks += [_by_month(answer, rows)]
    blocks += [*checks(answer, brief=detail == "brief"), *odds(answer)]
    title = answer.model.spec.title or answer.model.spec.name
    return Sheet(title, _words(answer, first), tuple(blocks), _meta(answer, detail))


def _says(case: Outcome, row: Row) -> bool:
    total = np.asarray(case.total(row.name))
    return bool(np.isfinite(total).all() and (total != 0).any())


def _words(answer: Ran, first: Outcome) -> str:
    """The finding, in one sentence."""
    of, pays = _leads(answer)
    own, case = float(first.total(of)), next(iter(answer.cases))
    unit, where = answer.model.spec.currency, "" if case == "base" else f" in case {case}"
    text = f"{'Result' if pays else 'Cost'} {amount(own)} {unit} {months_words(answer.model.months)}{where}"
    worlds = next(iter(answer.simulated.values()), None)
    if worlds is None:
        return f"{text}."
    said = worlds.totals[of]
    if not float(said["sd"]) > 0:
        return f"{text}; it is the same in all worlds."
    text += f"; 8 in 10 worlds lie between {amount(float(said['p10']))} and {amount(float(said['p90']))}"
    return f"{text}, {show(float(said['below 0']), 'share')} of all worlds lose money." if pays else f"{text}."


def _leads(answer: Ran) -> tuple[str, bool]:
    """What the headline is about, and whether the model earns anything."""
    pays = earns(answer)
    return ("operating_result" if pays else "total_cost"), pays


def _results(answer: Ran, rows: Sequence[Row], detail: Detail) -> Table:
    """All results, one line each."""
    worlds = next(iter(answer.simulated.values()), None)
    figures: tuple[tuple[str, str], ...] = ()
    if worlds is not None:
        figures = RANGE if detail == "full" else _figures()
    columns = (
        *((Column("name", "Name", "text"),) if detail == "all" else ()),
        Column("result", "Result", "text"),
        Column("unit", "Unit", "text"),
        *(Column(_snake(case), case, "exact") for case in answer.cases),
        *(Column(name.replace(" ", "_"), label, "exact") for name, label in figures),
    )
    lines = tuple(
        (
            *((row.name,) if detail == "all" else ()),
            label_of(row),
            unit_words(row.unit),
            *(cell(case.total(row.name)) for case in answer.cases.values()),
            *_drawn(worlds, row, [name for name, _ in figures]),
        )
        for row in rows
    )
    kinds = tuple(kind_of(row) for row in rows)
    return Table("results", f"Results {months_words(answer.model.months)}", columns, lines, total=False, kinds=kinds)


def _figures() -> tuple[tuple[str, str], ...]:
    """What is told of many worlds, by the names of `Summary`."""
    more = (("mean", "Mean"), ("sd", "Standard deviation"), *((name, name.upper()) for name in QUANTILES))
    return (*more, ("shortfall", "Worst tenth"), ("below 0", "Share below 0"))


def _drawn(worlds: Simulated | None, row: Row, figures: Sequence[str]) -> tuple[Cell, ...]:
    return () if worlds is None else tuple(cell(worlds.totals[row.name][name]) for name in figures)


def _snake(name: str) -> str:
    """Write a case's name as a column's."""
    made = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name.lower())
    taken = {"name", "result", "unit", "month", "mean", "sd", "shortfall", *QUANTILES}
    return made if made[:1].isalpha() and made not in taken else f"case_{made}"


MONTHLY = ("revenue", "cost_of_revenue", "gross_margin", "operating_result", "cumulative_cash")


def _months(answer: Ran, first: Outcome) -> Table:
    """The statement month by month, in the first case."""
    unit = answer.model.spec.currency
    rows = [first.row(name) for name in MONTHLY]
    columns = (
        Column("month", "Month", "text"),
        *(Column(row.name, label_of(row), "money", unit, total="sum" if row.total == "sum" else None) for row in rows),
    )
    values = [np.broadcast_to(first.values[row.name], (len(answer.model.months),)) for row in rows]
    lines = tuple((month, *(cell(value[i]) for value in values)) for i, month in enumerate(answer.model.months))
    return Table("months", f"Month by month, {next(iter(answer.cases))}", columns, lines)


def _by_month(answer: Ran, rows: Sequence[Row]) -> Table:
    """Every result by month in each case, and its range over the worlds."""
    worlds = next(iter(answer.simulated.values()), None)
    columns = (
        Column("name", "Name", "text"),
        Column("month", "Month", "text"),
        Column("unit", "Unit", "text"),
        *(Column(_snake(case), case, "exact") for case in answer.cases),
        *(Column(name, label, "exact") for name, label in RANGE if worlds is not None),
    )
    timed = [row for row in rows if row.by_month]
    lines = tuple(line for row in timed for line in _months_of(answer, worlds, row))
    kinds = tuple(kind_of(row) for row in timed for _ in answer.model.months)
    return Table("by_month", "Results by month", columns, lines, total=False, kinds=kinds)


def _months_of(answer: Ran, worlds: Simulated | None, row: Row) -> Iterator[tuple[Cell, ...]]:
    months = answer.model.months
    cases = [np.broadcast_to(case.values[row.name], (len(months),)) for case in answer.cases.values()]
    drawn = [worlds.months[row.name][name] for name, _ in RANGE] if worlds is not None else []
    for i, month in enumerate(months):
        yield (row.name, month, unit_words(row.unit), *(cell(each[i]) for each in (*cases, *drawn)))


def _pictures(answer: Ran, first: Outcome) -> list[Chart]:
    of, pays = _leads(answer)
    row, unit, months = first.row(of), answer.model.spec.currency, answer.model.months
    worlds = next(iter(answer.simulated.values()), None)
    out = []
    if len(months) > 1:
        spread = None
        if worlds is not None and of in worlds.months:
            figures = worlds.months[of].figures
            spread = [figures[q].tolist() for q in ("p10", "p25", "p50", "p75", "p90")]
        shown = list(answer.cases.items())[:BASICS]
        lines = {name: np.broadcast_to(case.values[of], (len(months),)).tolist() for name, case in shown}
        draw = partial(_fan, months, spread, lines, title=f"{label_of(row)}, {unit}")
        out.append(Chart("range", "How wide is the range?", draw, f"{label_of(row)} month by month.", "months"))
    if worlds is not None and float(worlds.totals[of]["sd"]) > 0:
        axis = f"{label_of(row)} {months_words(months)}, {unit}"
        draw = partial(_histogram, worlds.kept[of], axis, loss=0.0 if pays else None)
        question = "How likely is a loss?" if pays else "How likely is what cost?"
        out.append(Chart("worlds", question, draw, f"{label_of(row)} in all worlds.", "results"))
    return out


def _fan(
    months: Sequence[str], spread: Sequence[list[float]] | None, lines: Mapping[str, list[float]], *, title: str
) -> dict[str, Any]:
    from pertoken.present import charts_months  # noqa: PLC0415  what draws is slow to load, and a table needs none

    return charts_months.fan(months, charts_months.Spread(*spread) if spread else None, lines, title=title)


def _histogram(worlds: Values, title: str, *, loss: float | None) -> dict[str, Any]:
    from pertoken.present import charts_worlds  # noqa: PLC0415  as above
    from pertoken.present.charts import Axis  # noqa: PLC0415

    return charts_worlds.histogram(worlds, x=Axis(title, "money", zero=False), loss=loss)


def _meta(answer: Ran, detail: Detail) -> dict[str, str]:
    spec = answer.model.spec
    meta = {"model": f"{spec.source or spec.name}, {spec.digest[:12]}" if spec.digest else spec.source or spec.name}
    meta["months"] = f"{answer.model.months[0]} to {answer.model.months[-1]}"
    for worlds in answer.simulated.values():
        count = worlds.plan.replicates * worlds.plan.draws
        meta["worlds"] = f"{count:,} around {worlds.case}, {worlds.draws.kind}, seed {worlds.draws.seed}"
        if detail == "all":
            meta |= {"draws": str(count), "seed": str(worlds.draws.seed), "design": worlds.draws.kind}
    return meta | ({"digest": spec.digest, "currency": spec.currency} if detail == "all" else {})
