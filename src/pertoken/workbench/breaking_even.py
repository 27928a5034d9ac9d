"""Call an API, or serve an open model oneself: what each costs over the volume, and where the cheaper side changes."""

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from pertoken.core.errors import InputError
from pertoken.serving.against import BuildOrBuy, OwnFleet
from pertoken.serving.autoscale import Autoscale
from pertoken.serving.breakeven import SECONDS, Own, crossings, last
from pertoken.serving.ownership import Staff, ownership
from pertoken.serving.search import SPOT, Bought, Choice
from pertoken.serving.sized import Sized
from pertoken.workbench.costs import Prices
from pertoken.workbench.quotes import call, price
from pertoken.workbench.sizing import size

__all__ = ["BuildOrBuy", "OwnFleet", "build_or_buy"]

NOBODY = Staff(salary=0.0)
"""A fleet that takes no work: the machines alone."""


def build_or_buy(
    model: str,
    gpus: tuple[str, ...] | list[str],
    *,
    api: str,
    rate: float,
    input_tokens: float,
    output_tokens: float,
    on: date,
    staff: Staff = NOBODY,
    private: bool = False,
    purchase: str = "on_demand",
    most: float | None = None,
    catalog: Prices = None,
    **more: Any,  # noqa: ANN401  as `size` takes them
) -> BuildOrBuy:
    """Hold an API against fleets of one's own that serve the same requests.

    Args:
        model: The model that is served oneself.
        gpus: GPUs to look at, by name.
        api: The model that is called, as the catalog names it.
        rate: Requests that come, on average. [1/s]
        input_tokens: Length of a prompt. [token]
        output_tokens: Length of an answer. [token]
        on: Day whose prices of the API hold.
        staff: Who builds and runs a fleet.
        private: Whether data may not leave, so that the API is no choice.
        purchase: How machines are bought: `on_demand` or `spot`.
        most: Volume up to which crossings are looked for; up to the last if None. [request/month]
        catalog: Prices of APIs; the bundled ones if None.
        more: What else `size` takes: targets, precisions, `prefix_share`, which the API has cached too.

    Raises:
        InputError: An unknown name, nothing that serves the load, or a number that can't be.
    """
    if purchase not in ("on_demand", "spot"):
        raise InputError(f"machines bought as {purchase!r}; expected on_demand or spot, which follow a load")
    found = size(model, gpus, rate=rate, input_tokens=input_tokens, output_tokens=output_tokens, **more)
    asked = call(
        requests=1_000_000, input=input_tokens, output=output_tokens, cached=float(more.get("prefix_share", 0.0))
    )
    quote = price([api], calls=asked, on=on, catalog=catalog).quotes[0]
    if quote.currency != "USD":
        raise InputError(f"{api} is priced in {quote.currency}; expected USD, in which machines are; say another API")
    each, per_request = found.best.gpu, float(quote.per_request)
    first: dict[str, tuple[Choice, Bought]] = {}
    ways = [(one, way) for one in found.choices for way in one.bought if way.purchase == purchase]
    for one, way in sorted(ways, key=lambda pair: pair[1].monthly):
        first.setdefault(one.gpu, (one, way))
    if not first:
        raise InputError(f"no {each} for rent as {purchase} among the offers; expected another way to buy")
    volume = float(found.wanted.traffic.rates.mean()) * SECONDS
    fleets = [_fleet(found, pair, staff, per_request, volume, most) for pair in first.values()]
    return BuildOrBuy(
        model=found.model, api=api, per_request=per_request, source=quote.source, volume=volume,
        fleets=tuple(sorted(fleets, key=lambda fleet: float(fleet.monthly.total))), private=private, sized=found,
    )  # fmt: skip


def _fleet(  # noqa: PLR0917  what a fleet hangs on
    found: Sized, pair: tuple[Choice, Bought], staff: Staff, per_request: float, volume: float, most: float | None
) -> OwnFleet:
    choice, way = pair
    rates = found.wanted.traffic.rates
    people = float(ownership(np.zeros(1), staff=staff).total)
    own = Own(
        name=f"{choice.gpus} x {choice.gpu}", rate=choice.best * way.replicas, price=way.usd_per_hour, fixed=people,
        shape=rates / rates.mean(), policy=policy_of(found, way), width=found.wanted.traffic.width,
    )  # fmt: skip
    machines = own.cost(np.array([volume])) - people
    end = most if most is not None else max(last(own, per_request), volume)
    return OwnFleet(
        choice=choice, bought=way, own=own, crossings=crossings(own, per_request, most=end),
        monthly=ownership(machines, staff=staff),
    )  # fmt: skip


def policy_of(found: Sized, way: Bought) -> Autoscale:
    """Follow the load as the way of buying asks for."""
    return replace(found.wanted.policy, away_share=SPOT) if way.purchase == "spot" else found.wanted.policy
