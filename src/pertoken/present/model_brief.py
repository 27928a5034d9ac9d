"""The dozen lines that lead: one table of cases and range that fits a terminal, money in units as large as it takes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.present.model_words import cell, earns, kind_of, label_of, months_words, unit_words
from pertoken.present.numbers import show
from pertoken.present.sheet import Column, Kind, Note, Table
from pertoken.scenario.answer import Ran
from pertoken.scenario.program import Row

EARNING = (
    "requests",
    "customers",
    "revenue",
    "cost_of_revenue",
    "gross_margin",
    "gross_margin_share",
    "acquisition",
    "operating",
    "one_off",
    "operating_result",
    "cash",
    "ltv_to_cac",
    "payback_months",
)
"""What leads where a model earns; files and `--full` have all."""

COSTING = ("requests", "customers", "cost_of_revenue", "acquisition", "operating", "one_off", "total_cost")
"""What leads where a model has costs alone."""

SHORT = {"payback_months": "Months to payback", "ltv_to_cac": "LTV to CAC", "customers": "Customers"}
"""Labels that leave room for numbers."""

BASICS = 3
"""Cases that lead: base, low and high, or what there is."""

RANGE = (("p10", "P10"), ("p50", "P50"), ("p90", "P90"))
WIDTH = 80
"""Width of a terminal. [character]"""
GAP = 2
WHOLE = 100
"""From here on a count is told without decimals."""
LARGE = 1_000
"""From here on cents say nothing."""
SIZES = ((1e3, "thousand"), (1e6, "million"), (1e9, "billion"))
"""Units in which numbers are told that would not fit."""


@dataclass(frozen=True, slots=True)
class Line:
    """One result: its label, what its numbers are, and the numbers."""

    label: str
    kind: Kind
    values: Values


def leading(answer: Ran) -> list[Table | Note]:
    """Lay out the results that lead, in the first cases and over the worlds."""
    lines = list(_lines(answer))
    if not lines:
        return [Note("The model comes to nothing: it has no revenue and no costs.", "warning")]
    names = list(answer.cases)
    heads = [*names[:BASICS], *(label for _, label in RANGE if answer.simulated)]
    spec = answer.model.spec
    table = fitted(lines, heads, f"Results {months_words(answer.model.months)}", spec.currency)
    others = names[BASICS:]
    said = f"Other scenarios: {', '.join(others)}. See one with --scenario NAME, all with --full."
    return [table, Note(said)] if others else [table]


def fitted(lines: Sequence[Line], heads: Sequence[str], title: str, currency: str) -> Table:
    """Lay results out in one table that fits a terminal, money in units as large as that takes.

    Args:
        lines: The results.
        heads: Headers of their numbers.
        title: What they are.
        currency: Currency of the money.
    """
    room = (WIDTH - max(len(line.label) for line in lines)) // len(heads) - GAP
    size, word = _size([line.values for line in lines if line.kind == "money"], room)
    made = [_written(line, (size, word), room) for line in lines]
    return Table(
        "results",
        f"{title}, money in {f'{word} {currency}'.strip()}",
        (Column("result", "", "text"), *(Column(f"c{i}", label, "exact") for i, label in enumerate(heads))),
        tuple((label, *map(cell, values)) for label, _, values in made),
        total=False,
        kinds=tuple(kind for _, kind, _ in made),
    )


def _lines(answer: Ran) -> Iterator[Line]:
    """The rows that say something, each with its values in all columns."""
    worlds = next(iter(answer.simulated.values()), None)
    cases = list(answer.cases.values())
    for name in EARNING if earns(answer) else COSTING:
        if name not in answer.model.headline:
            continue
        row = cases[0].row(name)
        values = [float(case.total(name)) for case in cases[:BASICS]]
        values += [float(worlds.totals[name][q]) for q, _ in RANGE] if worlds is not None else []
        own = np.array(values)
        result = [float(case.total("operating_result")) for case in cases[:BASICS]]
        if not np.isfinite(own).any() or not own.any() or (name == "cash" and np.allclose(own[: len(result)], result)):
            continue
        yield Line(short_label(row), kind_of(row), own)


def short_label(row: Row) -> str:
    """What a result is called where room is scarce, with its unit where it is neither money nor a share."""
    unit = unit_words(row.unit)
    return SHORT.get(row.name, label_of(row) + (f", {unit}" if unit and kind_of(row) == "quantity" else ""))


def _size(rows: Sequence[Values], room: int) -> tuple[float, str]:
    """Find the smallest unit in which all of some numbers fit."""
    for size, word in ((1.0, ""), *SIZES):
        if all(_width(values / size) <= room for values in rows):
            return size, word
    return SIZES[-1]


def _width(values: Values) -> int:
    return max((len(show(float(x), "count")) for x in values if np.isfinite(x)), default=0)


def _written(line: Line, money: tuple[float, str], room: int) -> tuple[str, Kind, Values]:
    """A line in the unit of all money, or in its own where it is too large."""
    most = float(np.nanmax(np.abs(np.where(np.isfinite(line.values), line.values, 0.0))))
    if line.kind == "money":
        scaled = line.values / money[0]
        return line.label, ("money" if most < LARGE else "count"), scaled
    if line.kind == "share":
        return line.label, "share", line.values
    size, word = _size([line.values], room)
    label = f"{line.label}, {word}" if word else line.label
    return label, ("count" if most / size >= WHOLE else "quantity"), np.round(line.values / size, 1)
