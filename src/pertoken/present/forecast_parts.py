"""Parts of a forecast: month by month, the map of cohorts, and customers who change from one plan to another."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.answer import Band, Forecast
from pertoken.forecast.grouping import COMING
from pertoken.forecast.kept import part_word
from pertoken.forecast.tiers import PLAN
from pertoken.present.numbers import counted, rough
from pertoken.present.sheet import Cell, Chart, Column, Kind, Table

MEASURES = ("customers", "usage", "revenue", "cost", "margin")
ENDS = ("p10", "p50", "p90")

ALL = "all months"
"""In the place of a month, where a row is of their sum."""

MILLION = 1e6

MAPPED = 24
"""Months that are drawn."""


def told_keys(answer: Forecast) -> list[str]:
    """Name the keys whose parts are told; segments that are the plans are told as plans."""
    keys = [key for key, labels in answer.parts.items() if len(labels) > 1]
    plans = set(answer.parts.get(PLAN, ()))
    return [key for key in keys if key == PLAN or set(answer.parts[key]) != plans]


def by_month(answer: Forecast, keys: Sequence[str]) -> Iterator[Table]:
    """Tell P10, P50 and P90 of each part in each month, and of its sum over all months.

    Args:
        answer: What was found.
        keys: Of the parts that are told.
    """
    if not keys:
        return
    shown = [measure for measure in MEASURES if measure in answer.worlds]
    columns = [Column("key", "By", "text"), Column("part", "Part", "text"), Column("month", "Month", "text")]
    for measure in shown:
        columns += [_column(answer, measure, end) for end in ENDS]
    rows: list[tuple[Cell, ...]] = []
    for key in keys:
        for label, worlds in answer.parts[key].items():
            rows += [(key, part_word(key, label), *row) for row in _rows(answer.months, worlds, shown)]
    note = f"Parts add up in each world; their quantiles don't. Nobody is counted over {ALL}."
    yield Table("parts", "Parts month by month", tuple(columns), tuple(rows), note, total=False)


def _column(answer: Forecast, measure: str, end: str) -> Column:
    unit = {"customers": "", "usage": f"M {answer.unit}"}.get(measure, answer.currency)
    money = rough(float(answer.total(measure).p50))
    kind: Kind = {"customers": "count", "usage": "quantity"}.get(measure, money)  # type: ignore[assignment]  # kinds
    return Column(f"{measure}_{end}", f"{measure.capitalize()} {end.upper()}", kind, unit)


def _rows(months: Sequence[str], worlds: Mapping[str, Values], shown: Sequence[str]) -> Iterator[tuple[Cell, ...]]:
    each = {measure: Band.of(worlds[measure]) for measure in shown}
    whole = {measure: Band.of(worlds[measure].sum(axis=1)) for measure in shown}
    for at, month in enumerate(months):
        yield (month, *(_cell(measure, getattr(each[measure], end)[at]) for measure in shown for end in ENDS))
    sums = (None if measure == "customers" else _cell(measure, getattr(whole[measure], end))
            for measure in shown for end in ENDS)  # fmt: skip
    yield (ALL, *sums)


def _cell(measure: str, value: Values | float) -> Cell:
    return round(float(value) / MILLION, 3) if measure == "usage" else float(value)


def cohort_map(answer: Forecast, measure: str) -> Iterator[Chart]:
    """Draw what becomes of each cohort: what is expected of it in each month, as a share of the first month ahead.

    Args:
        answer: What was found.
        measure: What is told of it.
    """
    cohorts = answer.parts.get("cohort", {})
    means = {name: worlds[measure].mean(axis=0)[:MAPPED] for name, worlds in cohorts.items() if name != COMING}
    known = {name: mean for name, mean in sorted(means.items(), key=_first) if mean[0] > 0}
    if not known or len(answer.months) < 2:  # noqa: PLR2004  of one month nothing becomes
        return
    shares = [(mean / mean[0]).tolist() for mean in known.values()]
    alt = f"What {counted(len(known), 'cohorts')} bring in each month ahead, as a share of {answer.months[0]}."
    draw = partial(_map, list(known), shares, answer.months[0])
    yield Chart("cohorts", "What becomes of each cohort?", draw, alt, "by_cohort")


def _first(cohort: tuple[str, Values]) -> tuple[bool, str]:
    """Place of a cohort: who came before the others stands first."""
    return "before" not in cohort[0], cohort[0]


def _map(names: Sequence[str], shares: Sequence[Sequence[float]], first: str) -> Mapping[str, object]:
    from pertoken.present.charts_heatmap import heatmap  # noqa: PLC0415  only where a picture is shown

    title = f"Months after {first}; percent of it, as expected"
    rows = [(name, "") for name in names]
    return heatmap(rows, shares, title=title, less=f"of {first}", more=f"more than {first}")


def changes(answer: Forecast) -> Iterator[Table]:
    """Tell who changes plan, as the log shows it."""
    found = answer.fitted.of.conversion
    if found is None:
        return
    name = _plans(answer)
    pairs = sorted(
        ((i, j) for i, j in np.argwhere(found.chance > 0).tolist() if i != j and i in name and j in name),
        key=lambda pair: -found.chance[pair],
    )
    columns = (
        Column("from", "From", "text"),
        Column("to", "To", "text"),
        Column("chance", "In a month", "share"),
        Column("usage", "Usage then", "quantity", "times"),
    )
    rows = tuple(
        (name[i], name[j], float(found.chance[i, j]), round(float(np.exp(found.step[i, j])), 2)) for i, j in pairs
    )
    note = "As in the log, with a little belief."
    if rows:
        yield Table("changes", "Who changes plan", columns, rows, note, total=False)


def _plans(answer: Forecast) -> dict[int, str]:
    """Names of the plans that customers are on, by their number."""
    people, plan = answer.fitted.of.people, answer.fitted.of.groups["plan"].column()
    return {int(code): part_word(PLAN, str(plan[group])) for code, group in zip(people.plan, people.group, strict=True)}
