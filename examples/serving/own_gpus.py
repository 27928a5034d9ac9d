"""Call an API, or serve an open model on GPUs of one's own: two cases, each with what follows from its run.

Run: python examples/serving/own_gpus.py retrieval|support
"""

import sys
from datetime import date
from typing import Any

import pertoken as pt
from pertoken.serving.against import BuildOrBuy
from pertoken.serving.ownership import Staff

DAY = date(2026, 11, 1)

RETRIEVAL: dict[str, Any] = {
    "model": "mistral-7b", "gpus": ["a10g", "h100"], "api": "gpt-4o", "rate": 1e6 / 86400, "input_tokens": 6000,
    "output_tokens": 150, "prefix_share": 0.2, "spread": 0.5, "ttft": 2.0, "tpot": 0.05, "percentile": 95,
    "traffic": "diurnal", "staff": Staff(salary=200_000, engineering_months=6, amortised_months=24, operations=0.5),
}  # fmt: skip
"""A million queries a day over retrieved passages, short answers, a fifth of the prompt the same for all."""

SUPPORT: dict[str, Any] = {
    "model": "llama-3.1-8b", "gpus": ["l4", "a10g", "h100"], "api": "gpt-4o-mini", "rate": 1e5 / (730 * 3600),
    "input_tokens": 1200, "output_tokens": 250, "prefix_share": 0.3, "spread": 0.5, "ttft": 2.0, "tpot": 0.05,
    "percentile": 95, "traffic": "office",
    "staff": Staff(salary=200_000, engineering_months=3, amortised_months=24, operations=0.25),
}  # fmt: skip
"""A support chatbot of 100,000 queries a month, in working hours."""


def say(found: BuildOrBuy) -> None:
    """Write what follows from a run, every number and the winner as reckoned."""
    api = found.api_monthly
    print(f"{found.api} by API: {api:,.0f} USD a month, {found.per_request * 1000:.2f} USD for 1,000 requests.")
    for fleet in found.fleets:
        own, one, way = float(fleet.monthly.total), fleet.choice, fleet.bought
        print(
            f"{found.model} in {one.precision} on {fleet.own.name}: {own:,.0f} USD a month, "
            f"{float(fleet.monthly.lines['machines'][0]):,.0f} of it for {way.machines:.1f} machines "
            f"({way.least:.0f} to {way.most:.0f}), used {way.utilisation:.0%}; "
            f"{one.best:.2f} requests a second each, bound by {one.binds}."
        )
        pays = [each for each in fleet.crossings if each.cheaper == "own"]
        if pays:
            first, last = pays[0], pays[-1]
            print(
                f"  It first pays from {first.volume:,.0f} requests a month on, at {first.utilisation:.0%} used"
                + (
                    "."
                    if first is last
                    else f", and for good from {last.volume:,.0f}; {len(fleet.crossings)} crossings."
                )
            )
        else:
            print("  It pays at no volume.")
    best = found.fleets[0]
    gap = abs(float(best.monthly.total) - api)
    side = best.own.name if found.cheaper == "own" else "the API"
    print(f"So {side} is cheaper, by {gap:,.0f} USD a month.")
    extra = float(best.monthly.total) - api
    print(f"Were data not to leave: {best.own.name}, at {extra:+,.0f} USD a month against the API.")


if __name__ == "__main__":
    case = {"retrieval": RETRIEVAL, "support": SUPPORT}[sys.argv[1]]
    say(pt.build_or_buy(on=DAY, **case))
