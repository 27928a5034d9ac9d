"""An API against fleets of one's own as a sheet: every crossing, what each side costs, and the picture of both."""

from functools import partial

import numpy as np

from pertoken.present import charts_crossover
from pertoken.present.charts import Axis
from pertoken.present.charts_crossover import Line
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Note, Sheet, Table
from pertoken.serving.against import BuildOrBuy, OwnFleet
from pertoken.serving.breakeven import Crossing

SIDES = {"own": "own fleet", "api": "API"}

CROSSINGS = (
    Column("fleet", "Fleet", "text"),
    Column("volume", "Requests a month", "count"),
    Column("cheaper", "Cheaper above", "text"),
    Column("step", "Why", "text"),
    Column("cost", "Month", "money", "USD"),
    Column("machines", "Machines", "quantity"),
    Column("utilisation", "Used", "share"),
)

COSTS = (
    Column("side", "Side", "text"),
    Column("machines", "Machines", "money", "USD"),
    Column("engineering", "Engineering", "money", "USD"),
    Column("operations", "Operations", "money", "USD"),
    Column("tokens", "Tokens", "money", "USD"),
    Column("total", "Month", "money", "USD", formula="machines + engineering + operations + tokens"),
    Column("utilisation", "Used", "share"),
)

CURVES = 4
"""Fleets in the picture at most."""


def sheet(answer: BuildOrBuy) -> Sheet:
    """Lay out an API against fleets of one's own."""
    notes = [
        Note("What the API makes requests wait is not known; the targets of latency hold for the fleets alone."),
        Note("A fleet takes machines one by one, so its cost rises in steps; each change is listed."),
    ]
    if answer.private:
        more = float(answer.fleets[0].monthly.total) - answer.api_monthly
        cost = f"costs {show(more, 'money')} USD a month more than" if more > 0 else "costs no more than"
        notes.insert(0, Note(f"Data may not leave, so the API is no choice; keeping them {cost} the API."))
    marked = {f"{fleet.choice.gpu}: {note}" for fleet in answer.fleets for note in fleet.choice.notes}
    return Sheet(
        f"{answer.api} by API, or {answer.model} on GPUs of one's own",
        _words(answer),
        (
            _figures(answer), _costs(answer), _crossings(answer), _picture(answer), *notes,
            *(Note(each, "warning") for each in sorted(marked)),
        ),
        {"prices of the API": answer.source, "engine": answer.sized.engine},
    )  # fmt: skip


def _words(answer: BuildOrBuy) -> str:
    best = answer.fleets[0]
    own, api = float(best.monthly.total), answer.api_monthly
    low, high = (own, api) if answer.cheaper == "own" else (api, own)
    side = f"{best.own.name} of one's own" if answer.cheaper == "own" else f"{answer.api} by API"
    volume = show(round(answer.volume), "count")
    text = f"At {volume} requests a month {side} is cheaper: {show(low, 'money')} against {show(high, 'money')} USD."
    pays = [each.volume for each in best.crossings if each.cheaper == "own"]
    if not pays:
        return f"{text} No volume that was looked at makes {best.own.name} the cheaper side."
    return f"{text} {best.own.name} first pays at {show(round(pays[0]), 'count')}, for good from the last crossing."


def _figures(answer: BuildOrBuy) -> Figures:
    best = answer.fleets[0]
    return Figures(
        (
            Figure("api", "API, month", answer.api_monthly, "money", "USD"),
            Figure("own", "Own, month", float(best.monthly.total), "money", "USD", note=best.own.name),
            Figure("per_request", "API, request", answer.per_request, "unit_money", "USD"),
            Figure("own_per_request", "Own, request", float(best.monthly.total) / answer.volume, "unit_money", "USD"),
        )
    )


def _costs(answer: BuildOrBuy) -> Table:
    rows: list[tuple[Cell, ...]] = [(f"API: {answer.api}", 0.0, 0.0, 0.0, answer.api_monthly, answer.api_monthly, None)]
    rows += [_cost(fleet) for fleet in answer.fleets]
    note = f"At {show(round(answer.volume), 'count')} requests a month."
    return Table("costs", "What each side costs", COSTS, tuple(rows), note, total=False)


def _cost(fleet: OwnFleet) -> tuple[Cell, ...]:
    lines = [float(fleet.monthly.lines[name][0]) for name in ("machines", "engineering", "operations")]
    return (_name(fleet), *lines, 0.0, sum(lines), fleet.bought.utilisation)


def _name(fleet: OwnFleet) -> str:
    return f"{fleet.own.name}, {fleet.choice.precision}, {fleet.bought.provider}"


def _crossings(answer: BuildOrBuy) -> Table:
    rows = tuple(_crossing(fleet, each) for fleet in answer.fleets for each in fleet.crossings)
    never = [fleet.own.name for fleet in answer.fleets if not fleet.crossings]
    note = f"None for {', '.join(never)}." if never else ""
    return Table("crossings", "Where the cheaper side changes", CROSSINGS, rows, note, total=False)


def _crossing(fleet: OwnFleet, each: Crossing) -> tuple[Cell, ...]:
    why = "one more machine" if each.step else "volume"
    return (
        fleet.own.name, round(each.volume), SIDES[each.cheaper], why, each.cost, each.machines, each.utilisation,
    )  # fmt: skip


def _picture(answer: BuildOrBuy) -> Chart:
    at = answer.places()
    lines = [Line(f"API: {answer.api}", (at * answer.per_request).tolist())]
    lines += [Line(fleet.own.name, fleet.own.cost(at).tolist()) for fleet in answer.fleets[:CURVES]]
    lasting = [fleet.crossings[-1] for fleet in answer.fleets[:CURVES] if fleet.crossings]
    flags = [charts_crossover.Crossing(each.volume, each.cost, show(round(each.volume), "count")) for each in lasting]
    x, y = Axis("Requests a month", "count"), Axis("Cost, USD a month")
    draw = partial(charts_crossover.crossover, np.asarray(at).tolist(), lines, x=x, y=y, crossings=flags)
    alt = "Monthly cost of the API and of fleets of one's own over the volume; where each pays for good is marked."
    return Chart("crossover", "Cost over volume", draw, alt, "crossings")
