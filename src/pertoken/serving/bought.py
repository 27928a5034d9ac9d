"""Bought: the machines of a fleet that serves a load, what they cost, and where the money goes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite

from pertoken.core.money import Values
from pertoken.serving.autoscale import Autoscale, away_share
from pertoken.serving.commit import Term, plan
from pertoken.serving.cost import UnitCosts, unit_costs
from pertoken.serving.fleet import Fleet, run
from pertoken.serving.offline import offline
from pertoken.serving.percentiles import Load
from pertoken.serving.rented import Rented
from pertoken.serving.traffic import Traffic

MONTH = 730.0
"""Hours of a month, a twelfth of a year."""

SPOT = away_share(0.05, 600.0)
"""Share of time that a machine on spot is away: taken once in twenty hours, back in ten minutes. Assumed."""

UNSOLD = 1000.0
"""Times the committed price that a machine is taken to cost on demand where it isn't sold so: all is committed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """What a replica does.

    Args:
        best: Requests a second within the targets. [1/s]
        full: Requests a second without targets. [1/s]
        prompt_seconds: GPU time that the prompt of a request takes. [s]
    """

    best: float
    full: float
    prompt_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bought:
    """One way to buy the machines of a fleet, and what it comes to.

    Args:
        rented: The machine.
        paid: Machines that the load asks for in each bin of the traffic.
        served: Requests a second that are served in each bin. [1/s]
        committed: Machines that are paid round the clock.
        committed_hours: Hours of these in a month. [h/month]
        other_hours: Hours beside them, on demand or on spot. [h/month]
        requests: Requests in a month.
        prompt_share: Share of the GPU time that prompts take; answers take the rest.
        hours: What the paid hours of a month went for, as `Fleet.hours`. [h/month]
        costs: What they cost by token and by use, of the same month.
    """

    rented: Rented
    paid: Values
    served: Values
    committed: float
    committed_hours: float
    other_hours: float
    requests: float
    prompt_share: float
    hours: dict[str, float]
    costs: UnitCosts

    @property
    def purchase(self) -> str:
        """How its machines are bought: of a commitment that holds none, on demand."""
        return self.rented.purchase if self.committed else self.rented.beside_it

    @property
    def monthly(self) -> float:
        """What the machines cost [USD/month]."""
        return float(self.costs.bill)

    @property
    def machines(self) -> float:
        """Machines that are paid, on average over the hours."""
        return (self.committed_hours + self.other_hours) / MONTH

    @property
    def least(self) -> float:
        """Machines that are paid in the quietest moment."""
        return max(float(self.paid.min()), self.committed)

    @property
    def most(self) -> float:
        """Machines that are paid at the peak."""
        return max(float(self.paid.max()), self.committed)

    @property
    def utilisation(self) -> float:
        """Share of the paid hours in which requests were served."""
        return (self.hours["work"] + self.hours["latency"]) / sum(self.hours.values())


def policy_of(policy: Autoscale, one: Rented) -> Autoscale:
    """Follow the load as the way of buying asks for: machines on spot need a reserve."""
    return replace(policy, away_share=SPOT) if one.purchase == "spot" else policy


def bought(  # noqa: PLR0917  what a purchase hangs on
    each: Sequence[Rented], pace: Pace, load: Load, traffic: Traffic, policy: Autoscale, deadline: float = inf
) -> tuple[Bought, ...]:
    """Buy a fleet in every way that there is, the best machine for each, the cheapest way first.

    Where committing nothing is the cheapest, a commitment is no way of its own, unless there are no others.

    Args:
        each: Machines for rent.
        pace: What a replica does.
        load: The requests.
        traffic: How they come.
        policy: How the fleet follows.
        deadline: How long requests may wait, which are then served at the full rate; infinite if they may not. [s]
    """
    made = sorted(_each(each, pace, load, traffic, policy, deadline), key=lambda one: one.monthly)
    meant = [one for one in made if one.committed or not one.rented.committed]
    first: dict[str, Bought] = {}
    for one in meant or made:
        first.setdefault(one.rented.purchase, one)
    return tuple(first.values())


def _each(  # noqa: PLR0917  as `bought`
    each: Sequence[Rented], pace: Pace, load: Load, traffic: Traffic, policy: Autoscale, deadline: float
) -> Iterator[Bought]:
    fleets: dict[tuple[int, float], Fleet] = {}
    for one in each:
        how, size = policy_of(policy, one), one.replicas
        if (size, how.away_share) not in fleets:
            fleets[size, how.away_share] = (
                offline(traffic, size * pace.full * (1 - how.away_share), deadline, start_seconds=policy.start_seconds)
                if isfinite(deadline)
                else run(traffic, size * pace.best, how, full_rate=size * pace.full)
            )
        yield _bought(one, fleets[size, how.away_share], pace, load, traffic)


def _bought(one: Rented, fleet: Fleet, pace: Pace, load: Load, traffic: Traffic) -> Bought:
    month = MONTH / traffic.hours
    dear = one.follows if isfinite(one.follows) else UNSOLD * one.usd_per_hour
    terms = [Term(name="committed", price=one.usd_per_hour)] if one.committed else []
    found = plan(fleet.replicas.paid, on_demand=dear, terms=terms, width=traffic.width)
    hours = {use: float(paid) * month for use, paid in fleet.hours.items()}
    hours["idle"] += float(found.idle_hours) * month
    held, other = (float(found.hours.get(name, 0.0)) * month for name in ("committed", "on_demand"))
    decode = max(1 / pace.best - pace.prompt_seconds, 0.0)
    requests = float(fleet.served.sum()) * month
    return Bought(
        rented=one, paid=fleet.replicas.paid, served=fleet.served / traffic.width, committed=held / MONTH,
        committed_hours=held, other_hours=other, requests=requests, hours=hours,
        prompt_share=pace.prompt_seconds / (pace.prompt_seconds + decode),
        costs=unit_costs(
            float(found.cost) * month, hours, requests=requests, input_tokens=load.fresh,
            output_tokens=load.output_tokens, prompt_seconds=pace.prompt_seconds, decode_seconds=decode,
        ),
    )  # fmt: skip
