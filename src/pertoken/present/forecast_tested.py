"""How good were such forecasts? A back-test on the same history, in a few rows beside the forecast."""

from collections.abc import Iterator

import numpy as np

from pertoken.core.lines import Lines
from pertoken.core.money import Values
from pertoken.forecast.answer import Forecast
from pertoken.forecast.backtested import Backtested
from pertoken.forecast.scored import LEVELS, rates
from pertoken.present.numbers import counted
from pertoken.present.sheet import Cell, Column, Table


def backtest(answer: Forecast) -> Iterator[Table]:
    """How forecasts like this one did on the same history."""
    made = answer.backtest
    if made is None:
        return
    rows: list[tuple[Cell, ...]] = []
    for what, lines in _judged(made):
        found = rates(lines, ["forecaster"])
        names = found.lines.keys["forecaster"].column().tolist()
        for name in made.forecasters:
            if name in names:
                at = names.index(name)
                figures = (found.crps[at], found.wape[at], found.bias[at], found.coverage[LEVELS.index(0.8), at])
                rows.append((f"{what}, {name}", *(_share(each) for each in figures), int(found.count[at])))
    columns = (
        Column("what", "Forecasts of", "text"),
        *(Column(name, label, "share") for name, label in
          (("crps", "CRPS"), ("wape", "WAPE"), ("bias", "Bias"), ("in_80", "In 80 %"))),
        Column("count", "Made", "count"),
    )  # fmt: skip
    made_on = counted(len(made.origins), "earlier days")
    note = f"Of {made.scored.horizon} days, made on {made_on} from what was known then."
    if made.money is not None:
        note += " Revenue is what usage comes to by the cards, at a month's pace, both foretold and come."
    note += "".join(f" {text[:1].upper()}{text[1:]}." for text in made.notes)
    yield Table("backtest", "How good were such forecasts?", columns, tuple(rows), note, total=False)


def _judged(made: Backtested) -> Iterator[tuple[str, Lines]]:
    """What was forecast on earlier days: usage of each, of all, and the revenue that it comes to."""
    yield "each customer", made.scored.customers
    yield "their total", made.scored.totals.where(of="there")
    if made.scored.segments is not None:
        found = made.scored.segments.keys["segment"]
        labels = sorted({found.labels[code] for code in np.unique(found.codes)})
        for label in labels if len(labels) > 1 else ():
            yield f"total of {label}", made.scored.segments.where(segment=label)
    if made.money is not None:
        for of in dict.fromkeys(made.money.keys["of"].column().tolist()):
            yield "revenue" + ("" if of == "all" else f" of {of}"), made.money.where(of=of)


def _share(value: Values | float) -> Cell:
    number = float(value)
    return number if np.isfinite(number) else None
