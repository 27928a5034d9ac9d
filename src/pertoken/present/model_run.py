"""A model's results as a sheet: named cases lead, the range over the worlds stands beside them."""

from collections.abc import Sequence
from functools import partial

import numpy as np

from pertoken.core.summary import known
from pertoken.present import charts_months, charts_worlds
from pertoken.present.charts import Axis
from pertoken.present.model_words import cell, kind_of, label_of, unit_words
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Chart, Column, Kind, Note, Sheet, Table
from pertoken.scenario.answer import Ran
from pertoken.scenario.program import Row
from pertoken.scenario.run import Outcome
from pertoken.scenario.simulate import Simulated

LEADS = (
    "requests",
    "customers",
    "revenue",
    "cost_of_revenue",
    "gross_margin",
    "gross_margin_share",
    "acquisition",
    "operating",
    "operating_result",
    "cash",
    "ltv_to_cac",
    "payback_months",
)
"""What stands in the dozen lines for people; files and `--full` have all."""

QUANTILES = (("p10", "P10"), ("p50", "P50"), ("p90", "P90"))

GROUPS: tuple[tuple[str, str, tuple[Kind, ...]], ...] = (
    ("money", "Money", ("money",)),
    ("shares", "Shares", ("share",)),
    ("counts", "Counts", ("quantity",)),
)
"""Tables, each with results that are written alike."""


def sheet(answer: Ran, *, brief: bool = False) -> Sheet:
    """Lay out what a model comes to.

    Args:
        answer: What was run.
        brief: Only the results that lead, and no months.
    """
    first = next(iter(answer.cases.values()))
    rows = [first.row(name) for name in answer.model.headline if not brief or name in LEADS]
    rows = [row for row in rows if any(_says(case, row) for case in answer.cases.values())]
    blocks: list[Table | Chart | Note] = list(_results(answer, rows))
    if not brief:
        blocks += [*_pictures(answer, first), _months(answer, first)]
    blocks += [*_checks(answer), *_known(answer)]
    title = answer.model.spec.title or answer.model.spec.name
    return Sheet(title, _words(answer, first), tuple(blocks), _meta(answer))


def _says(case: Outcome, row: Row) -> bool:
    total = np.asarray(case.total(row.name))
    return bool(np.isfinite(total).all() and (total != 0).any())


def earns(answer: Ran) -> bool:
    """Tell whether a model has any revenue, or is one of costs alone."""
    spec = answer.model.spec
    return any(segment.plan for segment in spec.segments) or any(line.side == "revenue" for line in spec.lines)


def _words(answer: Ran, first: Outcome) -> str:
    """The finding, in one sentence."""
    of = "operating_result" if earns(answer) else "total_cost"
    own = float(first.total(of))
    unit, months = answer.model.spec.currency, len(answer.model.months)
    text = f"{'Result' if earns(answer) else 'Cost'} {show(own, 'money')} {unit} over {months} months"
    worlds = next(iter(answer.simulated.values()), None)
    if worlds is not None:
        low, high = (show(float(worlds.totals[of].figures[q]), "money") for q in ("p10", "p90"))
        text += f"; 8 in 10 worlds lie between {low} and {high}"
        if earns(answer):
            text += f", {show(float(worlds.totals[of].figures['below 0']), 'share')} of them are a loss"
    return f"{text}."


def _results(answer: Ran, rows: Sequence[Row]) -> list[Table]:
    worlds = next(iter(answer.simulated.values()), None)
    tables = []
    for group, title, kinds in GROUPS:
        own = [row for row in rows if kind_of(row) in kinds]
        if not own:
            continue
        kind, unit = kinds[0], answer.model.spec.currency if group == "money" else ""
        columns = (
            Column("result", title, "text"),
            *((Column("unit", "Unit", "text"),) if group == "counts" else ()),
            *(Column(_snake(case), case, kind, unit) for case in answer.cases),
            *(Column(q, label, kind, unit) for q, label in QUANTILES if worlds is not None),
        )
        lines = tuple(_line(row, group, answer, worlds) for row in own)
        tables.append(Table(group, title, columns, lines, total=False))
    return tables


def _line(row: Row, group: str, answer: Ran, worlds: Simulated | None) -> tuple[Cell, ...]:
    values = [case.total(row.name) for case in answer.cases.values()]
    values += [worlds.totals[row.name].figures[q] for q, _ in QUANTILES] if worlds is not None else []
    unit = (unit_words(row.unit),) if group == "counts" else ()
    return (label_of(row), *unit, *(cell(value) for value in values))


def _snake(name: str) -> str:
    """Write a case's name as a column's."""
    made = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name.lower())
    return made if made[:1].isalpha() else f"case_{made}"


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


def _pictures(answer: Ran, first: Outcome) -> list[Chart]:
    of = "operating_result" if earns(answer) else "total_cost"
    row, unit, months = first.row(of), answer.model.spec.currency, answer.model.months
    worlds = next(iter(answer.simulated.values()), None)
    out = []
    if len(months) > 1:
        spread = None
        if worlds is not None and of in worlds.months:
            figures = worlds.months[of].figures
            spread = charts_months.Spread(*(figures[q].tolist() for q in ("p10", "p25", "p50", "p75", "p90")))
        lines = {name: np.broadcast_to(case.values[of], (len(months),)).tolist() for name, case in answer.cases.items()}
        draw = partial(charts_months.fan, months, spread, lines, title=f"{label_of(row)}, {unit}")
        out.append(Chart("range", "How wide is the range?", draw, f"{label_of(row)} month by month.", "months"))
    if worlds is not None and of in worlds.kept:
        axis = Axis(f"{label_of(row)} over all months, {unit}", "money", zero=False)
        loss = 0.0 if earns(answer) else None
        draw = partial(charts_worlds.histogram, worlds.kept[of], x=axis, loss=loss)
        out.append(
            Chart(
                "worlds",
                "How likely is a loss?" if earns(answer) else "How likely is what cost?",
                draw,
                f"{label_of(row)} in all worlds.",
                "money",
            )
        )
    return out


def _checks(answer: Ran) -> list[Note]:
    """Say which of the modeller's checks hold, in the cases and in how many worlds."""
    worlds = next(iter(answer.simulated.values()), None)
    out = []
    for check in answer.model.spec.checks:
        row = f"checks.{check.name}"
        bad = [name for name, case in answer.cases.items() if not (case.values[row] > 0).all()]
        share = f"; it holds in {show(worlds.held[row], 'share')} of the worlds" if worlds is not None else ""
        if bad:
            text = f"The check {check.name} ({check.formula}) does not hold in {', '.join(bad)}{share}."
            out.append(Note(text, "warning"))
        else:
            out.append(Note(f"The check {check.name} ({check.formula}) holds{share}."))
    return out


def _known(answer: Ran) -> list[Note]:
    """Say how well the range is known."""
    of = "operating_result" if earns(answer) else "total_cost"
    return [
        Note(
            f"{label_of(next(iter(answer.cases.values())).row(of))}: {known(worlds.totals[of], 'p10')}; "
            f"{known(worlds.totals[of], 'p90')}."
        )
        for worlds in answer.simulated.values()
    ]


def _meta(answer: Ran) -> dict[str, str]:
    spec = answer.model.spec
    meta = {"model": f"{spec.source or spec.name}, {spec.digest[:12]}" if spec.digest else spec.source or spec.name}
    meta["months"] = f"{answer.model.months[0]} to {answer.model.months[-1]}"
    for worlds in answer.simulated.values():
        count = worlds.plan.replicates * worlds.plan.draws
        meta["worlds"] = f"{count:,} around {worlds.case}, {worlds.draws.kind}, seed {worlds.draws.seed}"
    return meta
