"""Call an API, or serve an open model on GPUs of one's own: two cases, each with what follows from its run.

Run: python examples/serving/own_gpus.py retrieval|support
"""

import sys
from collections.abc import Iterator
from datetime import date
from typing import Any

import pertoken as pt
from pertoken.serving.against import BuildOrBuy, OwnFleet
from pertoken.serving.ownership import Staff
from pertoken.serving.tuned import Tuning

DAY = date(2026, 11, 1)

CLOUDS = ["aws", "gcp", "azure"]
"""Where data may be that may not leave."""

RETRIEVAL: dict[str, Any] = {
    "model": "mistral-7b", "gpus": ["a10g", "h100"], "api": "gpt-4o", "rate": 1e6 / 86400, "input_tokens": 6000,
    "output_tokens": 150, "prefix_share": 0.2, "spread": 0.5, "ttft": 3.0, "tpot": 0.05, "percentile": 95,
    "traffic": "diurnal", "purchases": ["on_demand", "reserved_1y", "reserved_3y"],
    "staff": Staff(salary=200_000, engineering_months=6, amortised_months=24, operations=0.5),
    "tuning": Tuning(tokens=300e6, every_months=3),
}  # fmt: skip
"""A million queries a day over retrieved passages, short answers, a fifth of the prompt the same for all."""

SUPPORT: dict[str, Any] = {
    "model": "llama-3.1-8b", "gpus": ["l4", "a10g", "h100"], "api": "gpt-4o-mini", "rate": 1e5 / (730 * 3600),
    "input_tokens": 1200, "output_tokens": 250, "prefix_share": 0.3, "spread": 0.5, "ttft": 2.0, "tpot": 0.05,
    "percentile": 95, "traffic": "office",
    "staff": Staff(salary=200_000, engineering_months=3, amortised_months=24, operations=0.25),
}  # fmt: skip
"""A support chatbot of 100,000 queries a month, in working hours."""


def usd(amount: float) -> str:
    """Write an amount in whole dollars, or in cents where it is small."""
    return f"{amount:,.0f} USD" if abs(amount) >= 100 else f"{amount:,.2f} USD"


def name(fleet: OwnFleet, volume: float) -> str:
    """Name a way to serve so many requests a month."""
    bought = {"on_demand": "on demand", "spot": "on spot", "reserved_1y": "1 year", "reserved_3y": "3 years"}
    one, rented, how = fleet.choice, fleet.rented, bought[fleet.purchase(volume)]
    return f"{one.gpus} x {one.gpu} in {one.precision} ({rented.provider} {rented.instance}, {how})"


def sides(found: BuildOrBuy) -> Iterator[str]:
    """Say what each side costs, the API first, then the cheapest way on each GPU."""
    yield (
        f"{found.api.name} by API: {usd(found.api_monthly)} a month for {found.volume:,.0f} requests, "
        f"{usd(found.api.per_request * 1000)} for 1,000."
    )
    cheapest = {fleet.choice.gpu: fleet for fleet in reversed(found.fleets)}
    for fleet in sorted(cheapest.values(), key=lambda each: each.cost):
        one, lines = fleet.choice, {line: float(amounts[0]) for line, amounts in fleet.monthly.lines.items()}
        yield (
            f"{found.model} on {name(fleet, found.volume)}: {usd(fleet.cost)} a month; "
            f"{fleet.machines:.1f} machines on average, used {fleet.utilisation:.0%}, "
            f"{one.best:.3g} requests a second to a replica, bound by {one.binds}."
        )
        costs = ", ".join(f"{line.replace('_', '-')} {usd(cost)}" for line, cost in lines.items() if cost)
        yield f"  Of these: {costs}."
    reached = {fleet.choice.gpu for fleet in found.fleets}
    for gpu in dict.fromkeys(one.gpu for one in found.sized.choices if one.gpu not in reached):
        first, each = (
            min(getattr(one, name) for one in found.sized.choices if one.gpu == gpu and not one.lacking)
            for name in ("floor_ttft", "floor_tpot")
        )
        yield (
            f"{found.model} on {gpu} doesn't keep the targets: at the lightest load TTFT is {first:.2f} s and TPOT "
            f"{each * 1000:.0f} ms at best."
        )


def crossings(found: BuildOrBuy) -> str:
    """Say from which volume on a fleet pays, by whichever way is then the cheapest."""
    pays = [each for each in found.crossings if each.cheaper == "own"]
    if not pays:
        return f"No fleet costs less than the API up to {found.looked:,.0f} requests a month."
    first, last = pays[0], pays[-1]
    text = f"A fleet first costs less than the API at {first.volume:,.0f} requests a month, with "
    text += f"{name(found.fleets[first.which], first.volume)}, used {first.utilisation:.0%}"
    return (
        f"{text}." if first is last else f"{text}; for good from {last.volume:,.0f} ({len(found.crossings)} crossings)."
    )


def verdict(found: BuildOrBuy) -> Iterator[str]:
    """Say who wins, why, and what it would take for the other side."""
    best, gap = found.fleets[0], abs(found.fleets[0].cost - found.api_monthly)
    lines = {line: float(amounts[0]) for line, amounts in best.monthly.lines.items()}
    people = lines["engineering"] + lines["operations"]
    if found.less == "own":
        yield f"So {name(best, found.volume)} is cheaper than the API, by {usd(gap)} a month."
        for other in [fleet for fleet in found.fleets if fleet.choice.gpu != best.choice.gpu][:1]:
            yield (
                f"The best on {other.choice.gpu} costs {other.cost / best.cost:.2f} times as much: {pace(other)} "
                f"against {pace(best)}."
            )
    else:
        api, machines = found.api_monthly, lines["machines"]
        yield (
            f"So the API is cheaper, by {usd(gap)} a month: people alone cost {people / api:.0f} times what it takes, "
            f"and the machines, used {best.utilisation:.1%}, {machines / api:.0f} times."
        )


def pace(fleet: OwnFleet) -> str:
    """Say what a replica gives, and for how much."""
    price = fleet.rented.usd_per_hour / fleet.rented.replicas
    return f"{fleet.choice.best:.3g} requests a second for {price:.2f} USD an hour"


def targets(found: BuildOrBuy) -> str:
    """Say what both sides are held to."""
    aims, unknown = found.sized.wanted.targets, found.api.unknown(found.sized.wanted.targets)
    best = found.fleets[0].choice
    return (
        f"{aims.percentile:g} % of the requests are to see TTFT {aims.first:g} s and TPOT {aims.each * 1000:g} ms; "
        f"at its best rate the cheapest fleet gives {aims.percentile:g} % within {best.ttft['aimed']:.2f} s and "
        f"{best.tpot['aimed'] * 1000:.0f} ms. Of the API {' and '.join(unknown)} are not known."
    )


def caches(found: BuildOrBuy, plain: BuildOrBuy, share: float) -> str:
    """Say what the shared prefix is worth to each side."""
    api, own = (plain.api_monthly - found.api_monthly, plain.fleets[0].cost - found.fleets[0].cost)
    return (
        f"{share:.0%} of a prompt is read from a cache on both sides, which saves {usd(api)} a month by API and "
        f"{usd(own)} on the fleet."
    )


def privacy(found: BuildOrBuy) -> str:
    """Say what follows where data may be in one's own accounts alone."""
    extra = found.fleets[0].cost - found.api_monthly
    less = f"{usd(-extra)} a month less than the API" if extra < 0 else f"{usd(extra)} a month more than the API"
    return (
        f"Where data may not leave one's own accounts at {', '.join(CLOUDS)}, the API is no choice, and "
        f"{name(found.fleets[0], found.volume)} costs {usd(found.fleets[0].cost)} a month, {less}."
    )


def main(case: dict[str, Any]) -> None:
    """Run a case, without caches, and where data may not leave."""
    found = pt.build_or_buy(on=DAY, **case)
    plain = pt.build_or_buy(on=DAY, **{**case, "prefix_share": 0.0})
    private = pt.build_or_buy(on=DAY, private=True, providers=CLOUDS, **case)
    said = [*sides(found), targets(found), caches(found, plain, case["prefix_share"]), crossings(found)]
    print(*said, *verdict(found), privacy(private), sep="\n")


if __name__ == "__main__":
    main({"retrieval": RETRIEVAL, "support": SUPPORT}[sys.argv[1]])
