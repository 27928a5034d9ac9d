"""A forecast as a sheet: the range first, then months, parts, what makes it wide, and what it rests on."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.answer import Band, Forecast
from pertoken.forecast.combined import CONFLICT
from pertoken.forecast.grouping import COMING
from pertoken.forecast.kept import part_word
from pertoken.forecast.tiers import PLAN
from pertoken.present.basis import set_aside
from pertoken.present.forecast_beliefs import beliefs
from pertoken.present.forecast_parts import by_month, changes, cohort_map, told_keys
from pertoken.present.forecast_tested import backtest
from pertoken.present.forecast_words import (
    EXPERT_WORDS,
    FACTOR_WORDS,
    LARGE,
    called,
    conclusion,
    finding,
    measure_of,
    unit_of,
)
from pertoken.present.numbers import counted, rough, show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Kind, Note, Sheet, Table

KEY_WORDS = {"segment": "Segment", "plan": "Plan", "cohort": "First use", "customer": "Named customer"}
LATER = "later"
"""Where a term ends after the months."""

MOVES = "Who changes plan counts in each month under the plan of that month."
Block = Figures | Table | Chart | Note

FROZEN = (
    "P10 to P90 are read off simulated worlds and stand as they are; they don't add up. Means do: their totals, and "
    "the margin, follow the cells."
)
"""What is said beside numbers of both kinds."""

MILLION = 1e6
TOLD = 0.005
"""Weight from which on an expert is told."""

HORIZONS = (3, 6, 12, 24)
"""Months over which totals are told."""


def sheet(answer: Forecast, *, brief: bool = False, rests: bool = True) -> Sheet:
    """Lay out a forecast.

    Args:
        answer: What was found.
        brief: Of each month, the columns that lead.
        rests: Whether what it rests on and who makes it are told; the terminal has no room for them.
    """
    leads = measure_of(answer).capitalize()
    blocks: list[Block] = [_figures(answer), Note(conclusion(answer)), _totals(answer), Chart(
        "fan", f"{leads} by month, {unit_of(answer)}", partial(_fan, answer),
        "The history, then the median inside the bands of 5 and 8 in 10 worlds.", "months",
    ), *_landing(answer), _months(answer, brief=brief)]  # fmt: skip
    blocks += [_part(answer, key, brief=brief) for key in told_keys(answer)]
    blocks += [*cohort_map(answer, measure_of(answer)), *changes(answer), *_committed(answer), *_above(answer)]
    blocks += [*_drivers(answer), *_more(answer), *backtest(answer)]
    if not brief:
        blocks += by_month(answer, told_keys(answer))
    if rests:
        blocks += [*_concentration(answer), beliefs(answer)]
    notes = [Note(text, "warning" if text.startswith("!") else "info") for text in answer.notes]
    blocks += set_aside(answer.report)
    blocks += [Note(note.text.removeprefix("!").strip(), note.level) for note in notes]
    title = f"{leads} over {len(answer.months)} months"
    return Sheet(title, finding(answer), tuple(blocks), _meta(answer), rounds=True)


def _figures(answer: Forecast) -> Figures:
    of = measure_of(answer)
    band, unit = answer.total(of), unit_of(answer)
    kind: Kind = "count" if abs(float(band.p50)) >= LARGE else _kind(of)
    said = ("3 in 4 worlds reach it", "as many worlds above as below", "1 in 4 worlds reaches it")
    if of == "cost":
        said = ("3 in 4 worlds stay within it", said[1], "1 in 4 worlds stays within it")
    items = [
        Figure(name, f"{name.capitalize()} ({end.upper()})", _cell(getattr(band, end), kind), kind, unit, note)
        for (name, end), note in zip(called(of).items(), said, strict=True)
    ]
    return Figures(tuple(items))


def _kind(measure: str) -> Kind:
    return "quantity" if measure in ("usage", "customers") else "money"


def _cell(value: Values | float, kind: Kind) -> Cell:
    number = float(value)
    if not np.isfinite(number):
        return None
    return round(number, 1) if kind == "quantity" else number


def _totals(answer: Forecast) -> Table:
    """Ranges of the sums over the first 3, 6, 12 and 24 months."""
    whole = [count for count in HORIZONS if count < len(answer.months)] + [len(answer.months)]
    rows = []
    for measure in ("revenue", "margin", "cost", "usage"):
        if measure in answer.worlds:
            said, unit = measure.capitalize(), _unit(answer, measure)
            rows += [(f"{said}, {n} months", unit, *_five(answer.total(measure, n), measure)) for n in whole]
    kinds = tuple(_shown(row[4]) for row in rows)
    columns = (Column("over", "Sum of", "text"), Column("unit", "Unit", "text"), *_quantiles("money"))
    return Table("totals", "Sums", columns, tuple(rows), total=False, kinds=kinds)


def _shown(value: Cell) -> Kind:
    """Cents only where they say something."""
    return "count" if isinstance(value, float) and abs(value) >= LARGE else "money"


def _unit(answer: Forecast, measure: str) -> str:
    return f"M {answer.unit}" if measure == "usage" else answer.currency


def _five(band: Band, measure: str) -> tuple[Cell, ...]:
    scale = MILLION if measure == "usage" else 1.0
    return tuple(float(each) / scale for each in (band.p10, band.p25, band.p50, band.p75, band.p90))


def _quantiles(kind: Kind, unit: str = "") -> tuple[Column, ...]:
    return tuple(Column(word.lower(), word, kind, unit) for word in ("P10", "P25", "P50", "P75", "P90"))


def _months(answer: Forecast, *, brief: bool) -> Table:
    """Month by month; people see the ranges that lead, machines all."""
    shown = [m for m in ("customers", "usage", "revenue", "cost", "margin") if m in answer.worlds]
    bands = {measure: answer.band(measure) for measure in shown}
    columns, values = [Column("month", "Month", "text")], []
    for measure in shown:
        leads = measure == measure_of(answer)
        ends = (("p10", "p50", "p90") if leads else ("p50",)) if brief else ("p10", "p25", "p50", "p75", "p90")
        scale = MILLION if measure == "usage" else 1.0
        for end in ends:
            unit = "" if measure == "customers" else _unit(answer, measure)
            kind: Kind = "count" if measure == "customers" or (brief and _large(bands[measure])) else _kind(measure)
            columns.append(Column(f"{measure}_{end}", f"{measure.capitalize()} {end.upper()}", kind, unit))
            values.append(getattr(bands[measure], end) / scale)
    told = [[_cell(value, column.kind) for value in each] for column, each in zip(columns[1:], values, strict=True)]
    means = {} if brief else _means(answer)
    rows = tuple(zip(answer.months, *told, *means.values(), strict=True))
    columns += means
    return Table("months", "Month by month", tuple(columns), rows, "" if brief else FROZEN, total=not brief)


def _means(answer: Forecast) -> dict[Column, list[float]]:
    """Means of each month: unlike quantiles they add up, over months and from revenue and cost to margin."""
    made: dict[Column, list[float]] = {}
    shown = [measure for measure in ("usage", "revenue", "cost") if measure in answer.worlds]
    for measure in shown:
        scale, unit = MILLION if measure == "usage" else 1.0, _unit(answer, measure)
        column = Column(f"{measure}_mean", f"{measure.capitalize()} mean", _kind(measure), unit, total="sum")
        made[column] = (answer.worlds[measure].mean(axis=0) / scale).tolist()
    if {"revenue", "cost"} <= set(shown):
        less = "revenue_mean - cost_mean"
        column = Column("margin_mean", "Margin mean", "money", answer.currency, formula=less, total="formula")
        *_, earned, spent = made.values()
        made[column] = [one - other for one, other in zip(earned, spent, strict=True)]
    return made


def _landing(answer: Forecast) -> Iterator[Table]:
    """Where the month ends that the history ends in."""
    made = answer.landing
    if made is None:
        return
    bands = {name: Band.of(made.worlds[name]) for name in ("revenue", "margin", "cost", "usage") if name in made.worlds}
    kind = _kind(measure_of(answer))
    columns = (
        Column("of", made.month, "text"),
        Column("unit", "Unit", "text"),
        Column("so_far", "So far", kind),
        *(Column(name, name.upper(), kind) for name in ("p10", "p50", "p90")),
    )
    rows: list[tuple[Cell, ...]] = []
    for name, band in bands.items():
        scale = MILLION if name == "usage" else 1.0
        ends = (float(end) / scale for end in (made.so_far[name], band.p10, band.p50, band.p90))
        rows.append((name.capitalize(), _unit(answer, name), *ends))
    known = f"{made.known} of {made.known + made.rest} days are known"
    note = f"{known}; the month is charged as one, with a forecast of the rest. Sums begin with {answer.months[0]}."
    kinds = tuple(_shown(row[4]) for row in rows)
    yield Table("landing", f"Where {made.month} lands", columns, tuple(rows), note, total=False, kinds=kinds)


def _large(band: Band) -> bool:
    return bool(np.median(np.abs(band.p50)) >= LARGE)


def _part(answer: Forecast, key: str, *, brief: bool) -> Table:
    """The parts that add up to the total, in each world."""
    of = measure_of(answer)
    unit = unit_of(answer)
    kind: Kind = "count" if float(answer.total(of).p50) >= LARGE else "money"
    columns = (
        Column("part", KEY_WORDS.get(key, key.capitalize()), "text"),
        *(Column(name, name.upper(), kind, unit) for name in ("p10", "p50", "p90")),
        Column("mean", "Mean", kind, unit, total="sum"),
        Column("share", "Of mean", "share", total="sum", share_of="mean"),
    )
    bands = {label: Band.of(measures[of].sum(axis=1)) for label, measures in answer.parts[key].items()}
    whole, rows = sum(float(band.mean) for band in bands.values()), []
    for label, band in bands.items():
        ends = (float(each) for each in (band.p10, band.p50, band.p90, band.mean))
        rows.append((part_word(key, label), *ends, float(band.mean) / whole if whole else None))
    rows.sort(key=_in_time if key == "cohort" else lambda row: -float(row[4] or 0))
    note = MOVES if key == PLAN and answer.fitted.of.conversion is not None else ""
    return Table(f"by_{key}", f"By {KEY_WORDS.get(key, key).lower()}", columns, tuple(rows), note, total=not brief)


def _in_time(row: tuple[Cell, ...]) -> tuple[bool, bool, str]:
    """Place of a cohort: who came before the others first, who is to come last."""
    label = str(row[0])
    return label == COMING, "before" not in label, label


def _fan(answer: Forecast) -> Mapping[str, object]:
    from pertoken.present.charts_fan import forecast_fan  # noqa: PLC0415  only where a picture is shown
    from pertoken.present.charts_months import Spread  # noqa: PLC0415  as above

    of = measure_of(answer)
    labels, values = answer.past.get(of, ((), np.zeros(0)))
    months, worlds = answer.months, answer.worlds[of]
    if answer.landing is not None:
        months = (answer.landing.month, *months)
        worlds = _beside(answer.landing.worlds[of], worlds)
    band = Band.of(worlds)
    spread = Spread(*([float(v) for v in getattr(band, end)] for end in ("p10", "p25", "p50", "p75", "p90")))
    unit, names = unit_of(answer), {end: name for name, end in called(of).items()}
    past = list(zip(labels, (float(v) for v in values), strict=True))
    return forecast_fan(past, months, spread, title=f"{of.capitalize()}, {unit}", kind="count", called=names)


def _beside(first: Values, later: Values) -> Values:
    """Put a month before others; only quantiles of each month are taken of it."""
    rows = np.arange(len(later)) * len(first) // len(later)
    return np.column_stack([np.sort(first)[rows], later])


def _committed(answer: Forecast) -> Iterator[Table]:
    """What contracts secure, beside what their customers will pay."""
    if not answer.committed:
        return
    unit, kind = answer.currency, rough(*(each.due for each in answer.committed))
    columns = (
        Column("customer", "Customer", "text"),
        Column("until", "Last term ends", "text"),
        Column("due", "Committed", kind, unit),
        Column("drawn", "Paid before", kind, unit),
        Column("goes_on", "Then renewed", "text"),
        Column("renewal", "By chance", "share"),
        *(Column(name, f"Pays {name.upper()}", kind, unit) for name in ("p10", "p50", "p90")),
    )
    rows: list[tuple[Cell, ...]] = []
    for each in answer.committed:
        worlds = answer.parts.get("customer", {}).get(each.customer)
        band = None if worlds is None else Band.of(worlds["revenue"].sum(axis=1))
        ends = (None,) * 3 if band is None else tuple(float(v) for v in (band.p10, band.p50, band.p90))
        rows.append(
            (
                each.customer,
                each.until or LATER,
                each.due,
                each.drawn,
                each.goes_on,
                each.renewal if each.goes_on else None,
                *ends,
            )
        )
    note = (
        "Committed in terms that end in these months; what is not used of it is charged when a term ends. "
        "A contract that is not renewed is lost with its customer."
    )
    note += f" Later is after {answer.months[-1]}." if any(not each.until for each in answer.committed) else ""
    yield Table("contracts", "Contracts", columns, tuple(rows), note, total=False)


def _above(answer: Forecast) -> Iterator[Table]:
    """Both views of the sum, and what they say together."""
    if answer.above is None:
        return
    kind: Kind = "count" if float(answer.above.below[1]) >= LARGE else "money"
    columns = (
        Column("view", "View", "text"),
        *(Column(name, name.upper(), kind, answer.currency) for name in ("p10", "p50", "p90")),
    )
    total = answer.total("revenue")
    both = (total.p10, total.p50, total.p90)
    views = (("from below", answer.above.below), ("from above", answer.above.above), ("both", both))
    rows: tuple[tuple[Cell, ...], ...] = tuple((name, *map(float, view)) for name, view in views)
    apart = abs(answer.above.conflict)
    note = f"They are {apart:.1f} standard deviations apart; {CONFLICT:.0f} would be called a conflict."
    yield Table("views", "From above", columns, rows, note, total=False)


def _drivers(answer: Forecast) -> Iterator[Table | Chart]:
    """What makes the range wide."""
    if not answer.drivers:
        return
    of = measure_of(answer)
    unit = unit_of(answer)
    plan = float(answer.total(of).p50)
    kind: Kind = "count" if plan >= LARGE else "money"
    columns = (
        Column("factor", "What is unsure", "text"),
        Column("low", "P10 alone", kind, unit),
        Column("high", "P90 alone", kind, unit),
        Column("share", "Narrower without", "share"),
    )
    rows = tuple((FACTOR_WORDS[each.factor], plan + each.low, plan + each.high, each.share) for each in answer.drivers)
    note = f"Alone: it moves, all else stands at its middle; set around the plan, {show(plan, kind)} {unit}."
    yield Table("drivers", "What makes the range wide", columns, rows, note, total=False)
    draw, alt = partial(_tornado, answer), f"Ranges of {len(answer.drivers)} factors, each alone."
    yield Chart("tornado", "What makes the range wide?", draw, alt, "drivers")


def _tornado(answer: Forecast) -> Mapping[str, object]:
    from pertoken.present.charts_tornado import Swing, tornado  # noqa: PLC0415  only where a picture is shown

    plan = float(answer.total(measure_of(answer)).p50)
    swings = [Swing(FACTOR_WORDS[d.factor], "P10", "P90", plan + d.low, plan + d.high) for d in answer.drivers]
    title = f"{measure_of(answer).capitalize()}, {unit_of(answer)}"
    return tornado(swings, plan, title=title, kind="count")


def _more(answer: Forecast) -> Iterator[Table]:
    """What the range would be with more history."""
    if not answer.more:
        return
    unit = unit_of(answer)
    kind: Kind = "count" if float(answer.total(measure_of(answer)).p50) >= LARGE else "money"
    columns = (
        Column("days", "Days of history", "count"),
        *(Column(name, name.upper(), kind, unit) for name in ("p10", "p50", "p90")),
        Column("width", "P90/P10", "estimate", formula="p90 / p10"),
    )
    rows = tuple((e.days, e.p10, e.p50, e.p90, e.p90 / e.p10 if e.p10 > 0 else None) for e in answer.more)
    note = "As if the history went on as it is; what will be in it may move the middle."
    yield Table("sufficiency", "Is the history enough?", columns, rows, note, total=False)


def _concentration(answer: Forecast) -> Iterator[Chart | Table]:
    """Who makes the revenue."""
    worth = {name: value for name, value in answer.concentration.items() if value > 0}
    if len(worth) < 2:  # noqa: PLR2004  one customer is no distribution
        return
    whole, of = sum(worth.values()), _shared_out(answer)
    rows = tuple((name, value, value / whole) for name, value in list(worth.items())[:20])
    unit = answer.unit if of == "usage" else answer.currency
    columns = (
        Column("customer", "Customer", "text"),
        Column("mean", "Expected in a month", _kind(of), unit),
        Column("share", "Of all there are", "share"),
    )
    yield Chart(
        "concentration",
        "Who makes it?",
        partial(_concentrated, worth, of),
        "Share of the largest customers, added up.",
        "largest",
    )
    note = "What a month at today's pace comes to, of those who are there."
    yield Table("largest", f"Largest customers by {of}", columns, rows, note, total=False)


def _shared_out(answer: Forecast) -> str:
    """Name what customers are compared by: what they are charged, or use where nobody is."""
    return "revenue" if "revenue" in answer.worlds else "usage"


def _concentrated(worth: Mapping[str, float], of: str) -> Mapping[str, object]:
    from pertoken.present.charts_concentration import concentration  # noqa: PLC0415  only where a picture is shown

    return concentration(list(worth), list(worth.values()), what=f"{of} of those who are there")


def _meta(answer: Forecast) -> dict[str, str]:
    worlds = next(iter(answer.worlds.values()))
    return {
        "worlds": f"{len(worlds):,}",
        "history": f"{answer.fitted.days} days, {counted(len(answer.fitted.of.people.names), 'customers')}",
        "experts": ", ".join(
            f"{EXPERT_WORDS.get(name, name)} {weight:.0%}" for name, weight in _leading(answer.fitted.predicted.weights)
        ),
    }


def _leading(weights: Mapping[str, float]) -> Sequence[tuple[str, float]]:
    """Experts that count for half a percent at least, the most first."""
    return sorted(((name, each) for name, each in weights.items() if each >= TOLD), key=lambda each: -each[1])
