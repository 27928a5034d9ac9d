"""Call an API, or serve an open model oneself: what each costs over the volume, and where the cheaper side changes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import inf, isfinite
from typing import Any

import numpy as np

from pertoken.catalog.book import rates_of
from pertoken.connect.loads import find_machine
from pertoken.connect.machines import find_architecture
from pertoken.core.errors import InputError
from pertoken.serving.against import Api, BuildOrBuy, OwnFleet
from pertoken.serving.bought import policy_of
from pertoken.serving.breakeven import crossed, stretches
from pertoken.serving.ownership import Ownership, Staff, ownership
from pertoken.serving.rented import Rented
from pertoken.serving.search import Choice
from pertoken.serving.sized import Sized
from pertoken.serving.stairs import SECONDS, Own, Stairs, beaten, last, lowest, reach, slope, stairs
from pertoken.serving.tuned import Tuned, Tuning, tuned
from pertoken.workbench.costs import Prices, prices
from pertoken.workbench.quotes import Call, call, price
from pertoken.workbench.sizing import size

__all__ = ["BuildOrBuy", "OwnFleet", "build_or_buy", "known_api"]

NOBODY = Staff(salary=0.0)
"""A fleet that takes no work: the machines alone."""

TUNING = "fine_tuning"
"""Line of a fleet that fine-tuning is on."""


def build_or_buy(
    model: str,
    gpus: Sequence[str],
    *,
    api: str,
    rate: float | None = None,
    input_tokens: float,
    output_tokens: float,
    on: date,
    staff: Staff = NOBODY,
    tuning: Tuning | None = None,
    lines: Mapping[str, float] | None = None,
    private: bool = False,
    api_ttft: float | None = None,
    api_tpot: float | None = None,
    most: float | None = None,
    catalog: Prices = None,
    **more: Any,  # noqa: ANN401  as `size` takes them
) -> BuildOrBuy:
    """Hold an API against the cheapest way to serve the same requests oneself, over all volumes.

    Args:
        model: The model that is served oneself.
        gpus: GPUs to look at, by name.
        api: The model that is called, as the catalog names it.
        rate: Requests that come, on average; None if the traffic says it. [1/s]
        input_tokens: Length of a prompt. [token]
        output_tokens: Length of an answer. [token]
        on: Day whose prices of the API hold.
        staff: Who builds and runs a fleet.
        tuning: How the model is fine-tuned, a cost of each fleet; None for not at all.
        lines: Costs of one's own that each fleet has, by name. [USD/month]
        private: Whether data may not leave, so that the API is no choice.
        api_ttft: Time to the first token of the API, as measured at the percentile of the targets. [s]
        api_tpot: Time of each later token of the API, likewise. [s]
        most: Volume up to which crossings are looked for; up to the last if None. [request/month]
        catalog: Prices of APIs; the bundled ones if None.
        more: What else `size` takes: targets, precisions, `purchases`, `prefix_share`, which the API has cached too.

    Raises:
        InputError: An unknown name, nothing that serves the load, or a number that can't be.
    """
    if isfinite(more.get("deadline", inf)):
        raise InputError("a deadline in a comparison over volumes; expected targets of latency; see size for a batch")
    cached = float(more.get("prefix_share", 0.0))
    calls = call(requests=1_000_000, input=input_tokens, output=output_tokens, cached=cached)
    each, source = _api_price(api, calls, on, catalog)
    side = Api(name=api, per_request=each, source=source, ttft=api_ttft, tpot=api_tpot, private=private)
    found = size(model, gpus, rate=rate, input_tokens=input_tokens, output_tokens=output_tokens, **more)
    _ = found.best  # what stands in the way, where nothing serves the load
    fine = _tuned(found, model, gpus, tuning)
    other = {**(lines or {}), **({TUNING: fine.monthly} if fine else {})}
    return _held(found, side, _Bearing(staff=staff, lines=other), fine, most)


def known_api(api: str, catalog: Prices = None) -> str:
    """Refuse an API that no catalog prices, with the nearest names.

    Args:
        api: The model that is called.
        catalog: Prices; the bundled ones if None.
    """
    rates_of(prices(catalog), api)
    return api


def _api_price(api: str, calls: Call, on: date, catalog: Prices) -> tuple[float, str]:
    """Tell what a request costs by API [USD], and who says so."""
    quote = price([api], calls=calls, on=on, catalog=catalog).quotes[0]
    if quote.currency != "USD":
        raise InputError(f"{api} is priced in {quote.currency}; expected USD, in which machines are; say another API")
    return float(quote.per_request), quote.source


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bearing:
    """What a fleet costs beside its machines."""

    staff: Staff
    lines: Mapping[str, float]

    def month(self, machines: float) -> Ownership:
        return ownership(np.array([machines]), staff=self.staff, own=self.lines)


def _tuned(found: Sized, model: str, gpus: Sequence[str], tuning: Tuning | None) -> Tuned | None:
    if tuning is None:
        return None
    params = find_architecture(model).active_params
    return tuned(tuning, params, [find_machine(gpu) for gpu in gpus], found.wanted.offers)


def _held(found: Sized, api: Api, bearing: _Bearing, fine: Tuned | None, most: float | None) -> BuildOrBuy:
    """Reckon each way over the volume, then the cheapest of them."""
    volume = float(found.wanted.traffic.rates.mean()) * SECONDS
    calls = None if api.private or api.misses(found.wanted.targets) else api.per_request
    ways = [(one, where, _own(found, one, where, bearing)) for one in found.choices for where in one.rented]
    ways.sort(key=lambda way: float(way[2].cost(volume)[0]))
    owns = [own for _, _, own in ways]
    ends = [last(own, api.per_request) if most is None else most for own in owns]
    pays = [end for own, end in zip(owns, ends, strict=True) if own.cost(end)[0] < api.per_request * end]
    looked = most if most is not None else max(min(pays, default=max(ends)), 1.5 * volume)
    looked = _within_reach(owns, looked)
    each = [stairs(own, min(max(end, looked), reach(own))) for own, end in zip(owns, ends, strict=True)]
    whole = lowest([_until(one, looked) for one in each])
    fleets = [_fleet(*way, volume, bearing, api, one) for way, one in zip(ways, each, strict=True)]
    return BuildOrBuy(
        model=found.model, api=api, volume=volume, fleets=tuple(fleets), looked=looked, sized=found, tuned=fine,
        crossings=crossed(whole, owns, api.per_request), stretches=stretches(whole, calls),
    )  # fmt: skip


def _within_reach(owns: Sequence[Own], looked: float) -> float:
    """Look no further than a way can be followed that might be the cheapest there."""
    leader = min((own for own in owns if reach(own) >= looked), key=slope, default=None)
    short = [own for own in owns if reach(own) < looked and not (leader and beaten(own, leader, reach(own)))]
    return min([looked, *map(reach, short)])


def _until(one: Stairs, high: float) -> Stairs:
    """Cut stairs off at a volume, if they go so far."""
    kept = one.edges[:-1] < high
    edges = np.append(one.edges[:-1][kept], min(high, float(one.edges[-1])))
    return Stairs(edges=edges, costs=one.costs[kept], which=one.which[kept])


def _own(found: Sized, one: Choice, where: Rented, bearing: _Bearing) -> Own:
    traffic = found.wanted.traffic
    return Own(
        name=f"{one.gpus} x {one.gpu}", rate=one.best * where.replicas, price=where.follows,
        committed=where.usd_per_hour if where.committed else inf, fixed=float(bearing.month(0.0).total),
        shape=traffic.rates / traffic.rates.mean(), policy=policy_of(found.wanted.policy, where), width=traffic.width,
    )  # fmt: skip


def _fleet(  # noqa: PLR0917  what a fleet hangs on
    choice: Choice, where: Rented, own: Own, volume: float, bearing: _Bearing, api: Api, found: Stairs
) -> OwnFleet:
    machines = float(own.cost(volume)[0]) - own.fixed
    return OwnFleet(
        choice=choice, rented=where, own=own, monthly=bearing.month(machines),
        machines=float(own.machines(volume)[0]), committed=float(own.committed_machines(volume)[0]),
        utilisation=float(own.utilisation(volume)[0]), crossings=crossed(found, [own], api.per_request),
        looked=float(found.edges[-1]),
    )  # fmt: skip
