"""A market from above as a sheet: revenue as a range, who adopts when, and what was believed before and after."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.combined import SHARES
from pertoken.forecast.market import ADOPTION, Belief
from pertoken.forecast.topdown import TopDown
from pertoken.present.numbers import rough, show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Kind, Note, Sheet, Table

RANGE = (("p10", "P10"), ("p50", "P50"), ("p90", "P90"))
POINTS = {"p10": 0.1, "p50": 0.5, "p90": 0.9}
FAN = (0.1, 0.25, 0.5, 0.75, 0.9)

LABELS = {
    "size": "Customers in the market",
    "reach": "Share of them that is reached",
    "ceiling": "Share of these who adopt in the end",
    "p": "p, adopt of their own accord, a year",
    "q": "q, adopt as others have, a year",
    "churn": "Share of adopters who leave in a month",
    "usage": "Usage of an adopter in a month",
    "growth": "Growth of usage a year",
    "price": "Price",
    "revenue": "Revenue of an adopter in a month",
}

PER = {"p": "a year", "q": "a year", "growth": "a year", "churn": "a month"}
"""Of what time a rate is."""

MILLION = 1e6


def sheet(made: TopDown, *, brief: bool = False) -> Sheet:
    """Lay out what a market comes to.

    Args:
        made: The market in many worlds.
        brief: Whether people are shown it: medians of adopters, the range of revenue alone.
    """
    unit, months = made.market.currency, made.months
    total = np.quantile(made.revenue.sum(axis=-1), SHARES)
    kind = rough(float(total[1]))
    low, middle, high = (show(float(value), kind) for value in total)
    words = f"{middle} {unit} over {_months(months)}; 8 in 10 worlds lie between {low} and {high}."
    blocks: tuple[Figures | Table | Chart | Note, ...] = (
        _figures(made, total, kind),
        _fan(made, kind),
        _table(made, kind, brief=brief),
        _beliefs(made, brief=brief),
        *(Note(text, "warning" if text.startswith(("Few", "Prior")) else "info") for text in made.says),
        Note(f"Every world draws all beliefs anew; adopters seen move {', '.join(ADOPTION)}, and nothing else."),
    )
    meta = {"market": made.market.source or made.market.name, "months": f"{months[0]} to {months[-1]}"}
    return Sheet(made.market.name, words, blocks, meta | {"worlds": f"{len(made.revenue):,}"}, rounds=True)


def _months(months: Sequence[str]) -> str:
    return f"{len(months)} months" if len(months) > 1 else months[0]


def _figures(made: TopDown, total: Values, kind: Kind) -> Figures:
    last = made.months[-1]
    revenue = [
        Figure(f"revenue_{name}", f"Revenue {label}", float(value), kind, made.market.currency)
        for (name, label), value in zip(RANGE, total, strict=True)
    ]
    adopted = np.median(made.adopters[:, -1])
    share = np.median(made.share[:, -1])
    return Figures((
        *revenue,
        Figure("adopters", f"Have adopted by {last}", float(round(adopted)), "count", "customers"),
        Figure("adopted_share", "Of those who are reached", float(share), "share"),
    ))  # fmt: skip


def _series(made: TopDown, money: Kind, *, brief: bool) -> list[tuple[str, str, Kind, str, Values]]:
    """What is told of each month: name, label, kind, unit, worlds."""
    rows: list[tuple[str, str, Kind, str, Values]] = [
        ("adopters", "Have adopted", "count", "", made.adopters),
        ("active", "Still there", "count", "", made.active),
        ("revenue", "Revenue", money, made.market.currency, made.revenue),
    ]
    if made.usage is not None:
        large = brief and float(np.median(made.usage[:, -1])) >= MILLION
        unit, usage = (f"M {made.market.unit}s", made.usage / MILLION) if large else (made.market.unit, made.usage)
        rows.insert(2, ("usage", "Usage", "quantity", unit, usage))
    return rows


def _table(made: TopDown, money: Kind, *, brief: bool) -> Table:
    columns, values = [Column("month", "Month", "text")], []
    for name, label, kind, unit, worlds in _series(made, money, brief=brief):
        for (point, words), level in zip(RANGE, np.quantile(worlds, SHARES, axis=0), strict=True):
            if brief and name != "revenue" and point != "p50":
                continue
            short = brief and name != "revenue"
            columns.append(Column(f"{name}_{point}", label if short else f"{label} {words}", kind, unit))
            people, rounded = name in ("adopters", "active"), brief and kind == "quantity"
            values.append([round(x) if people else _short(x) if rounded else x for x in level.tolist()])
    rows = tuple(zip(made.months, *values, strict=True))
    note = "Medians of who has adopted, who is still there and what they use." if brief else ""
    return Table("months", "Month by month", tuple(columns), rows, note, total=False)


def _beliefs(made: TopDown, *, brief: bool) -> Table:
    """What was believed, and what it has become after the adopters seen."""
    after: Sequence[tuple[str, str]] = (RANGE[1:2] if brief else RANGE) if made.market.adopters else ()
    columns = [Column("name", "Belief", "text"), Column("unit", "Unit", "text")]
    columns += [Column(f"believed_{name}", label, "exact") for name, label in RANGE]
    columns += [Column(f"after_{name}", f"{label} after the data", "exact") for name, label in after]
    if not brief:
        columns[1:1] = [Column("about", "About", "text")]
        columns.append(Column("source", "Source", "text"))
    rows = []
    for name, belief in made.market.beliefs.items():
        now = np.quantile(made.inputs[name] / belief.scale, SHARES)
        shown = [_short(now[SHARES.index(POINTS[point])]) for point, _ in after]
        unit = " ".join(filter(None, ("" if belief.unit == "1" else belief.unit, PER.get(name, ""))))
        numbers = [*map(_short, belief.points), *shown]
        rows.append((name, unit, *numbers) if brief else (name, LABELS[name], unit, *numbers, _source(belief)))
    note = "Sources stand in the file, and in json and xlsx." if brief else ""
    return Table("beliefs", "What is believed", tuple(columns), tuple(rows), note, total=False)


def _source(belief: Belief) -> str:
    return belief.source or "not said"


def _short(value: float) -> Cell:
    """Round to four digits: no belief is known better."""
    return float(f"{float(value):.4g}")


def _fan(made: TopDown, kind: Kind) -> Chart:
    spread = [level.tolist() for level in np.quantile(made.revenue, FAN, axis=0)]
    title = f"Revenue of a month, {made.market.currency}"
    draw = partial(_drawn, made.months, spread, title=title, kind=kind)
    low, middle, high = (show(spread[i][-1], kind) for i in (0, 2, 4))
    words = f"Median {middle} {made.market.currency} in {made.months[-1]}, 8 in 10 worlds between {low} and {high}."
    return Chart("revenue", "Revenue from above", draw, words, "months")


def _drawn(months: Sequence[str], spread: Sequence[list[float]], *, title: str, kind: Kind) -> dict[str, Any]:
    from pertoken.present import charts_months  # noqa: PLC0415  what draws is slow to load, and a table needs none

    return charts_months.fan(months, charts_months.Spread(*spread), title=title, kind=kind)
