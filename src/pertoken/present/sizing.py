"""Sizes of fleets as a sheet: the ways to serve a load, the cheapest first, and what the cheapest gives and costs."""

from collections.abc import Sequence
from functools import partial
from math import isfinite

from pertoken.present import charts
from pertoken.present.charts import Axis, Dot
from pertoken.present.dress import GAIN, LOSS
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Note, Sheet, Table
from pertoken.serving.search import Bought, Choice
from pertoken.serving.sized import Sized, why_none

PURCHASES = {"on_demand": "on demand", "spot": "spot", "reserved_1y": "1 year", "reserved_3y": "3 years"}

WAYS = (
    Column("gpu", "GPU", "text"),
    Column("gpus", "GPUs", "count"),
    Column("precision", "Bits", "text"),
    Column("monthly", "Month", "money", "USD"),
    Column("best_rate", "Best rate", "quantity", "1/s"),
    Column("binds", "Binds", "text"),
    Column("ttft_high", "TTFT", "quantity", "ms"),
    Column("tpot_high", "TPOT", "quantity", "ms"),
    Column("utilisation", "Used", "share"),
)
"""Columns for people."""

MORE = (
    *(Column(f"{what}_{name}", f"{what.upper()} {name}", "quantity", "ms")
      for what in ("ttft", "tpot") for name in ("mean", "p50", "p95", "p99")),
    Column("running", "At work", "quantity"),
    Column("seats", "Seats", "quantity"),
    Column("kv_fill", "Cache used", "share"),
    Column("full_rate", "Rate without targets", "quantity", "1/s"),
    Column("rate_low", "Rate, P10", "quantity", "1/s"),
    Column("rate_high", "Rate, P90", "quantity", "1/s"),
    Column("ttft_floor", "TTFT, floor", "quantity", "ms"),
    Column("tpot_floor", "TPOT, floor", "quantity", "ms"),
    Column("machines", "Machines, mean", "quantity"),
    Column("machines_least", "Machines, least", "count"),
    Column("machines_most", "Machines, most", "count"),
    Column("purchase", "Bought", "text"),
    Column("provider", "Provider", "text"),
    Column("instance", "Instance", "text"),
    Column("input_per_million", "Input", "unit_money", "USD/M"),
    Column("output_per_million", "Output", "unit_money", "USD/M"),
    Column("per_request", "Request", "unit_money", "USD"),
    Column("notes", "Notes", "text"),
)  # fmt: skip

BUYING = (
    Column("purchase", "Bought", "text"),
    Column("provider", "Provider", "text"),
    Column("instance", "Instance", "text"),
    Column("machines", "Machines", "quantity"),
    Column("most", "Peak", "count"),
    Column("monthly", "Month", "money", "USD"),
    Column("input_per_million", "Input", "unit_money", "USD/M"),
    Column("output_per_million", "Output", "unit_money", "USD/M"),
    Column("per_request", "Request", "unit_money", "USD"),
)

SEEN = (
    Column("latency", "Latency", "text"),
    Column("mean", "Mean", "quantity", "ms"),
    Column("p50", "P50", "quantity", "ms"),
    Column("p95", "P95", "quantity", "ms"),
    Column("p99", "P99", "quantity", "ms"),
    Column("low", "Measured, P10", "quantity", "times"),
    Column("high", "P90", "quantity", "times"),
)

USES = (
    Column("use", "What for", "text"),
    Column("monthly", "Month", "money", "USD", total="sum"),
)

WORDS = {"work": "serving", "latency": "batches kept small for latency", "headroom": "headroom", "spare": "spares",
         "starting": "starting", "idle": "idle"}  # fmt: skip

TOP = 12
"""Ways that people are shown."""


def sheet(answer: Sized, *, brief: bool = False) -> Sheet:
    """Lay out ways to serve a load.

    Args:
        answer: The ways.
        brief: True for people: the best of them, with fewer columns.
    """
    listed = [one for one in answer.choices if not one.lacking]
    blocks: list[Figures | Table | Chart | Note] = []
    if answer.choices[0].bought:
        blocks.append(_figures(answer.best, answer.best.bought[0]))
    shown = listed[:TOP] if brief else listed
    left = len(listed) - len(shown)
    blocks.append(_ways(shown, f"and {left} more; --format csv has all." if left else "", brief=brief))
    if answer.choices[0].bought:
        blocks += [*_picture(listed), *_detail(answer.best)]
    blocks += [Note(each, "warning") for each in (*answer.lacking, *_said(listed))]
    return Sheet(f"Serving {answer.model}", _words(answer), tuple(blocks), {"engine": answer.engine})


def _words(answer: Sized) -> str:
    if not answer.choices[0].bought:
        return f"Nothing serves this load: {why_none(answer)}."
    best, way = answer.best, answer.best.bought[0]
    fleet = f"{show(way.machines, 'quantity')} machines of {way.provider} {way.instance}, {PURCHASES[way.purchase]}"
    cost = f"{show(way.monthly, 'money')} USD a month"
    return f"{best.gpus} x {best.gpu} to a replica in {best.precision} is the cheapest: {fleet}, {cost}."


def _figures(best: Choice, way: Bought) -> Figures:
    low, high = best.bands["rate"]
    band = f"{show(best.best * low, 'quantity')} to {show(best.best * high, 'quantity')} in 8 of 10 measured runs"
    return Figures(
        (
            Figure("monthly", "Month", way.monthly, "money", "USD"),
            Figure("per_request", "Request", float(way.costs.per_request), "unit_money", "USD"),
            Figure("best_rate", "Best rate of a replica", best.best, "quantity", "1/s", note=band),
            Figure("utilisation", "Hours used", way.utilisation, "share"),
        )
    )


def _ways(shown: Sequence[Choice], note: str, *, brief: bool) -> Table:
    said = f"Rates and latencies of a replica, P99; month at the cheapest way to buy. {note}".strip()
    columns = WAYS if brief else (*WAYS, *MORE)
    rows = tuple((*_row(one), *(() if brief else _more(one))) for one in shown)
    return Table("ways", "Ways to serve it", columns, rows, said, total=False)


def _row(one: Choice) -> tuple[Cell, ...]:
    way = one.bought[0] if one.bought else None
    return (
        one.gpu, one.gpus, one.precision, way.monthly if way else None, one.best, one.binds,
        _ms(one.ttft["p99"]), _ms(one.tpot["p99"]), way.utilisation if way else None,
    )  # fmt: skip


def _more(one: Choice) -> tuple[Cell, ...]:
    times = [_ms(each[name]) for each in (one.ttft, one.tpot) for name in ("mean", "p50", "p95", "p99")]
    low, high = one.bands["rate"]
    way = one.bought[0] if one.bought else None
    fleet: tuple[Cell, ...] = (None,) * 9
    if way:
        bought = (PURCHASES[way.purchase], way.provider, way.instance)
        fleet = (way.machines, round(way.least), round(way.most), *bought, *_units(way))
    return (
        *times, one.running, one.seats, one.kv_fill, one.full, one.best * low, one.best * high, _ms(one.floor_ttft),
        _ms(one.floor_tpot), *fleet, "; ".join(one.notes),
    )  # fmt: skip


def _units(way: Bought) -> tuple[float, float, float]:
    return float(way.costs.input_per_million), float(way.costs.output_per_million), float(way.costs.per_request)


def _picture(listed: Sequence[Choice]) -> list[Chart]:
    """Draw cost against the shortest time of a token, since at the best rate many are at the target."""
    bought = [one for one in listed if one.bought]
    if len(bought) < 2:  # noqa: PLR2004  two make a comparison
        return []
    groups = {"beaten in both": LOSS, "none is cheaper and faster": GAIN}
    dots = [Dot(one.floor_tpot * 1000, one.monthly, 1, _group(one, bought)) for one in bought]
    x, y = Axis("TPOT at the lightest load, ms", "quantity", zero=False), Axis("Cost, USD a month")
    alt = f"Monthly cost of {len(bought)} ways to serve against the shortest time of a token that each can reach."
    return [Chart("ways", "Latency against cost", partial(charts.dots, dots, groups, x=x, y=y), alt, "ways")]


def _group(one: Choice, others: Sequence[Choice]) -> str:
    beaten = any(each.monthly < one.monthly and each.floor_tpot < one.floor_tpot for each in others)
    return "beaten in both" if beaten else "none is cheaper and faster"


def _detail(best: Choice) -> list[Table]:
    buying = tuple(
        (PURCHASES[way.purchase], way.provider, way.instance, way.machines, round(way.most), way.monthly, *_units(way))
        for way in best.bought
    )
    times = tuple(
        (name.upper(), *(_ms(each[at]) for at in ("mean", "p50", "p95", "p99")), *best.bands[name])
        for name, each in (("ttft", best.ttft), ("tpot", best.tpot))
    )
    uses = tuple((WORDS[use], float(cost)) for use, cost in best.bought[0].costs.uses.items())
    note = "Input and output bear the GPU time that they cause, and their shares of what serves nobody."
    return [
        Table("buying", "Ways to buy the cheapest", BUYING, buying, note, total=False),
        Table(
            "latencies", "What its requests see at the best rate", SEEN, times, "Measured: runs held out.", total=False
        ),
        Table("uses", "Where its month goes", USES, uses),
    ]


def _said(listed: Sequence[Choice]) -> list[str]:
    return list(dict.fromkeys(f"{one.gpu}: {note}" for one in listed for note in one.notes))


def _ms(seconds: float) -> float | None:
    return seconds * 1000 if isfinite(seconds) else None
