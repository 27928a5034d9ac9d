"""Sizes of fleets as a sheet: the ways to serve a load, the cheapest first, and what the cheapest gives and costs."""

from collections.abc import Sequence
from itertools import groupby
from math import isfinite
from typing import Protocol

import numpy as np

from pertoken.present.machine_columns import columns
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Note, Sheet, Table
from pertoken.present.sizing_pictures import scatter, week
from pertoken.present.sizing_tables import STATISTICS, rate_of, tables, uses
from pertoken.present.sizing_words import PURCHASES, USES, basis, fleet, load, machine, replica, warnings
from pertoken.serving.bought import Bought
from pertoken.serving.hourly import Hour, hourly
from pertoken.serving.search import AIMED, Choice
from pertoken.serving.sized import Sized, why_none

MONTH = Column("monthly", "Month", "count", "USD")
"""A month in whole dollars, for people."""

WAYS = (
    *columns("gpu", "gpus", "precision"),
    MONTH,
    *columns("best_rate", "binds"),
    Column("ttft", "TTFT", "estimate", "ms"),
    Column("tpot", "TPOT", "estimate", "ms"),
    *columns("basis"),
)

BUYING = (
    *columns("purchase"),
    Column("machine", "Machine", "text"),
    *columns("machines", "machines_most", machines="Mean"),
    MONTH,
    *columns("input_per_million", "output_per_million"),
)

SEEN = (
    Column("latency", "Latency", "text"),
    Column("load", "Load", "text"),
    Column("rate", "Rate", "estimate", "1/s"),
    *(Column(name, name.upper() if name[0] == "p" else "Mean", "estimate", "ms") for name in STATISTICS),
    Column("low", "Low", "estimate", "times"),
    Column("high", "High", "estimate", "times"),
)

HOURS = (
    Column("days", "Days", "text"),
    Column("hours", "Hours", "text"),
    Column("rate", "Requests", "estimate", "1/s"),
    *columns("machines", "machines_most", "utilisation", machines="Mean"),
)

BINDS = {"max sequences": "sequences"}
"""What binds, where a word is too long for a screen."""

TOP = 12
"""Ways that people are shown."""


class Times(Protocol):
    """A time that requests took [s]."""

    @property
    def mean(self) -> float:
        """On average."""

    @property
    def p50(self) -> float:
        """Half of them saw at most this."""

    @property
    def p95(self) -> float:
        """Nineteen of twenty."""

    @property
    def p99(self) -> float:
        """Ninety-nine of a hundred."""


class Simulated(Protocol):
    """What a simulation says of the cheapest way."""

    @property
    def ttft(self) -> Times:
        """Time to the first token at the best rate of the formulas."""

    @property
    def tpot(self) -> Times:
        """Time of each later token there."""

    @property
    def holds(self) -> bool:
        """Whether the targets hold there."""

    @property
    def best(self) -> float:
        """Best rate at which they hold in the simulation [1/s]."""

    @property
    def requests(self) -> int:
        """How many requests were simulated."""


def sheet(answer: Sized, *, brief: bool = False, simulated: Simulated | None = None) -> Sheet:
    """Lay out ways to serve a load.

    Args:
        answer: The ways.
        brief: True for people: the best of them, with fewer columns.
        simulated: What a simulation says of the cheapest way, if there was one.
    """
    listed = [one for one in answer.choices if not one.lacking]
    served = bool(answer.choices[0].bought)
    blocks: list[Figures | Table | Chart | Note] = []
    if served:
        blocks.append(_figures(answer.best, answer.best.bought[0]))
    blocks += _brief(answer, listed) if brief else tables(answer, listed)
    if served:
        pictures = [*scatter([one for one in listed if one.bought]), week(answer)]
        blocks += [_latencies(answer, simulated), uses(answer.best.bought[0], USES), *pictures]
    blocks.append(Note(f"Asked: {load(answer.wanted)}."))
    blocks += [_confirmed(answer.best, simulated)] if simulated else []
    blocks += [Note(each, "warning") for each in (*answer.lacking, *warnings(listed))]
    return Sheet(f"Serving {answer.model}", _words(answer), tuple(blocks), _meta(answer))


def _meta(answer: Sized) -> dict[str, str]:
    said = {"shape": answer.shape} if answer.shape != answer.model else {}
    said["engine"] = answer.engine
    if answer.choices[0].bought:
        one = answer.choices[0].bought[0].rented
        said["price of the cheapest"] = ", ".join(filter(None, [one.as_of, one.source]))
    return said


def _words(answer: Sized) -> str:
    if not answer.choices[0].bought:
        return f"Nothing serves this load: {why_none(answer)}."
    best, way = answer.best, answer.best.bought[0]
    where = f"{fleet(way)} ({machine(way.rented, way.purchase)})"
    cost = f"{show(way.monthly, 'money')} USD a month"
    return f"{cost} for {where}, each replica on {replica(best)}, is the cheapest."


def _figures(best: Choice, way: Bought) -> Figures:
    low, high = best.bands["rate"]
    band = f"{show(best.best * low, 'estimate')} to {show(best.best * high, 'estimate')} in 8 of 10 measured runs"
    costs, idle = way.costs, 1 - way.utilisation
    return Figures(
        (
            Figure("monthly", "Month", way.monthly, "money", "USD"),
            Figure("per_thousand", "1,000 requests", float(costs.per_request) * 1000, "estimate", "USD"),
            Figure("input_per_million", "Input tokens", float(costs.input_per_million), "estimate", "USD/M tokens"),
            Figure("output_per_million", "Output tokens", float(costs.output_per_million), "estimate", "USD/M tokens"),
            Figure("best_rate", "Best rate of a replica", best.best, "estimate", "1/s", note=band),
            Figure("running", "At work in it", best.running, "estimate", "requests",
                   note=f"{show(best.kv_fill, 'share')} of the cache"),
            Figure("utilisation", "Paid hours used", way.utilisation, "share",
                   note=f"{show(idle, 'share')} serve nobody"),
        )
    )  # fmt: skip


def _brief(answer: Sized, listed: Sequence[Choice]) -> list[Table]:
    """Lay out what people are shown of the ways, of how the cheapest is bought, and of its day."""
    left = len(listed) - TOP
    more = f" {left} more are in --format csv." if left > 0 else ""
    at = f"P{answer.wanted.targets.percentile:g}"
    said = f"Rate and {at} latencies of a replica at its best rate; month at the cheapest way to buy.{more}"
    found = [Table("ways", "Ways to serve it", WAYS, tuple(map(_row, listed[:TOP])), said, total=False)]
    if answer.choices[0].bought:
        found += [_buying(answer), _day(answer)]
    return found


def _row(one: Choice) -> tuple[Cell, ...]:
    return (
        one.gpu, one.gpus, one.precision, round(one.monthly) if one.bought else None, one.best,
        BINDS.get(one.binds, one.binds),
        _ms(one.ttft[AIMED]), _ms(one.tpot[AIMED]), basis(one),
    )  # fmt: skip


def _buying(answer: Sized) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            PURCHASES[way.purchase], f"{way.rented.provider} {way.rented.instance}", way.machines,
            round(way.most), round(way.monthly),
            *(float(cost) for cost in (way.costs.input_per_million, way.costs.output_per_million)),
        )
        for way in answer.best.bought
    )  # fmt: skip
    note = "Input and output bear the GPU time that they cause, and their shares of what serves nobody."
    if cached := float(answer.wanted.load.cached):
        note += f" Input is what is read; {show(cached, 'quantity')} tokens of each prompt are found in the cache."
    return Table("buying", "Ways to buy the cheapest", BUYING, rows, note, total=False)


def _day(answer: Sized) -> Table:
    """Lay out the day of the cheapest, hours with as many machines together."""
    best, way = answer.best, answer.best.bought[0]
    each = hourly(way, answer.wanted.traffic, rate_of(best, way))
    rows = tuple(_stretch(list(hours)) for _, hours in groupby(each, key=lambda hour: (hour.days, hour.most)))
    return Table("hours", "Machines over the day", HOURS, rows, total=False)


def _stretch(hours: list[Hour]) -> tuple[Cell, ...]:
    rate, machines = (float(np.mean([getattr(each, name) for each in hours])) for name in ("rate", "machines"))
    used = float(np.sum([each.utilisation * each.machines for each in hours])) / max(machines * len(hours), 1e-300)
    at = f"{hours[0].hour:02d}-{hours[-1].hour + 1:02d} h"
    return (hours[0].days, at, rate, machines, round(hours[0].most), used)


def _latencies(answer: Sized, simulated: Simulated | None) -> Table:
    """Lay out what requests wait for when the cheapest is busiest, and at the most that it may be given."""
    best, met = answer.best, answer.busiest
    rows: list[tuple[Cell, ...]] = []
    for name in ("ttft", "tpot"):
        of = [("busiest", met.rate, getattr(met, name))] if met else []
        of.append(("most", best.best, getattr(best, name)))
        rows += [
            (name.upper(), at, rate, *(_ms(each[p]) for p in STATISTICS), *best.bands[name]) for at, rate, each in of
        ]
        if simulated:
            seen = (_ms(getattr(getattr(simulated, name), p)) for p in STATISTICS)
            rows.append((name.upper(), "simulated", best.best, *seen, None, None))
    note = (
        "Rates of a replica, in its busiest moment and at its most within the targets. 8 of 10 measured runs that were "
    )
    note += "held out lay between low and high times what is reckoned."
    return Table("latencies", "What requests of the cheapest see", SEEN, tuple(rows), note, total=False)


def _confirmed(best: Choice, simulated: Simulated) -> Note:
    """Say whether a simulation bears the formulas out."""
    rate, count = show(best.best, "estimate"), show(simulated.requests, "count")
    found = (
        f"In a simulation of {count} requests its best rate within the targets is {show(simulated.best, 'estimate')}"
    )
    against = f"{found} a second, by formulas {rate}."
    return Note(against) if simulated.holds else Note(f"{against} Size the fleet by the lower one.", "warning")


def _ms(seconds: float) -> float | None:
    return seconds * 1000 if isfinite(seconds) else None
