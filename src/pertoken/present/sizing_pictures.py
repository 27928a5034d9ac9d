"""Pictures of fleets: latency against cost, machines over the week, both sides of a break-even over the volume."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from pertoken.present.numbers import show
from pertoken.present.sheet import Chart
from pertoken.present.sizing_tables import rate_of
from pertoken.serving.against import BuildOrBuy, OwnFleet
from pertoken.serving.search import Choice
from pertoken.serving.sized import Sized

# what draws is slow to load, so it is only where a picture is shown
# ruff: noqa: PLC0415

TWO = 2
"""Ways that make a comparison, and others that are drawn beside the cheapest."""


def scatter(bought: Sequence[Choice]) -> list[Chart]:
    """Draw cost against the shortest time of a token, since at the best rate many are at the target.

    Args:
        bought: Ways that machines are rented out for; of one there is no picture.
    """
    if len(bought) < TWO:
        return []
    alt = f"Monthly cost of {len(bought)} ways to serve against the shortest time of a token that each can reach; "
    alt += "those are named that no other beats in both."
    return [Chart("ways", "Latency against cost", partial(_dots, bought), alt, "ways")]


def _dots(bought: Sequence[Choice]) -> Mapping[str, Any]:
    from pertoken.present.charts import Axis, Dot, dots
    from pertoken.present.dress import PALETTE

    names = dict.fromkeys(one.gpu for one in bought)
    groups = dict(zip(names, PALETTE * (1 + len(names) // len(PALETTE)), strict=False))
    said = ["" if _beaten(one, bought) else f"{one.gpus} x {one.precision}" for one in bought]
    each = [Dot(a.floor_tpot * 1000, a.monthly, 1, a.gpu, text) for a, text in zip(bought, said, strict=True)]
    x = Axis("TPOT at the lightest load, ms", "quantity", log=True, zero=False)
    return dots(each, groups, x=x, y=Axis("Cost, USD a month", log=True, zero=False))


def _beaten(one: Choice, others: Sequence[Choice]) -> bool:
    return any(each.monthly <= one.monthly and each.floor_tpot < one.floor_tpot for each in others if each is not one)


def week(answer: Sized) -> Chart:
    """Draw the machines that are paid and those that are busy, bin by bin, of the cheapest way."""
    alt = "Machines of the cheapest way, paid and busy."
    return Chart("hours", "Machines over the week", partial(_week, answer), alt, "hours")


def _week(answer: Sized) -> Mapping[str, Any]:
    from pertoken.present.charts import Axis
    from pertoken.present.charts_crossover import Line, crossover

    best, way = answer.best, answer.best.bought[0]
    paid, width = np.maximum(way.paid, way.committed), answer.wanted.traffic.width
    lines = [Line("paid", paid.tolist()), Line("busy", (way.served / rate_of(best, way)).tolist())]
    x, y = Axis("Hour of the week, from its first midnight on", "quantity"), Axis("Machines", "quantity")
    return crossover((np.arange(len(paid)) * width / 3600).tolist(), lines, x=x, y=y, crossings=[])


def both_sides(answer: BuildOrBuy, fleets: Sequence[OwnFleet], api: str) -> Chart:
    """Draw what an API and fleets cost over the volume, with steps where they are few.

    Args:
        answer: What was found.
        fleets: Those that are drawn by themselves, the cheapest first.
        api: What the line of the API is called.
    """
    alt = "Monthly cost of the API and of fleets of one's own over the volume; where a fleet pays for good is marked."
    return Chart("crossover", "Cost over volume", partial(_both, answer, fleets, api), alt, "crossings")


def _both(answer: BuildOrBuy, fleets: Sequence[OwnFleet], api: str) -> Mapping[str, Any]:
    from pertoken.present.charts import Axis
    from pertoken.present.charts_crossover import Crossing, Line, crossover

    at = answer.places()
    edges = np.unique([each.low for each in answer.stretches] + [each.high for each in answer.stretches])
    at = np.unique(np.concatenate([at, edges[(edges > 0) & (edges < at[-1])]]))
    lines = [Line(api, (at * answer.api.per_request).tolist())]
    lines.append(Line("the cheapest fleet", answer.lowest_cost(at).tolist()))
    lines += [Line(fleet.own.name, fleet.own.cost(at).tolist()) for fleet in fleets[1 : 1 + TWO]]
    flags = [Crossing(each.volume, each.cost, show(round(each.volume), "count")) for each in answer.crossings[-1:]]
    x, y = Axis("Requests a month", "count"), Axis("Cost, USD a month")
    return crossover(at.tolist(), lines, x=x, y=y, crossings=flags)
