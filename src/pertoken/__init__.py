"""pertoken: what an AI product costs, what it earns, and how sure we are.

>>> import pertoken as pt
>>> from datetime import date
>>> calls = pt.call(requests=100_000, input=500, output=500)
>>> rates = {"input_tokens": "0.000015", "output_tokens": "0.00003"}
>>> quotes = pt.price(rates=rates, calls=calls, on=date(2026, 11, 22))
>>> print(quotes.quotes[0].total)
2250.000000
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pertoken.connect.cards import card_from, read_cards
    from pertoken.connect.catalogs import read_catalog
    from pertoken.core.errors import PertokenError
    from pertoken.rating.contract import Contract
    from pertoken.rating.cost_columns import cost_columns
    from pertoken.rating.rate import rate
    from pertoken.serving.arrivals import arrivals, lognormal
    from pertoken.serving.demand import demand
    from pertoken.serving.drawn_anew import requests_of
    from pertoken.serving.scheduler import Scheduler
    from pertoken.usage.response import usage_of
    from pertoken.workbench import (
        backtest,
        balances,
        bill,
        breakeven,
        build_or_buy,
        by_entry,
        calibrate_engine,
        call,
        check,
        cohorts,
        compare,
        compiled,
        confirm,
        cost,
        count,
        coverage,
        crossover,
        engine_report,
        estimate_serving,
        estimate_servings,
        explain,
        explained,
        forecast_revenue,
        gpu_card,
        gpus,
        host,
        invoice,
        keep_worlds,
        migrate,
        model,
        model_check,
        model_example,
        model_examples,
        predict,
        price,
        prices,
        rank,
        read_model,
        reconcile,
        reprice,
        run,
        second_opinion,
        sensitivity,
        sheet,
        simulate,
        simulate_serving,
        size,
        solve,
        statement,
        topdown,
    )

__version__ = "0.1.0"

_HOMES = {
    "Contract": "pertoken.rating.contract",
    "PertokenError": "pertoken.core.errors",
    "Scheduler": "pertoken.serving.scheduler",
    "arrivals": "pertoken.serving.arrivals",
    "cost_columns": "pertoken.rating.cost_columns",
    "card_from": "pertoken.connect.cards",
    "demand": "pertoken.serving.demand",
    "requests_of": "pertoken.serving.drawn_anew",
    "lognormal": "pertoken.serving.arrivals",
    "rate": "pertoken.rating.rate",
    "read_cards": "pertoken.connect.cards",
    "read_catalog": "pertoken.connect.catalogs",
    "usage_of": "pertoken.usage.response",
}

__all__ = [
    "Contract",
    "PertokenError",
    "Scheduler",
    "arrivals",
    "backtest",
    "balances",
    "bill",
    "breakeven",
    "build_or_buy",
    "by_entry",
    "calibrate_engine",
    "call",
    "card_from",
    "check",
    "cohorts",
    "compare",
    "compiled",
    "confirm",
    "cost",
    "cost_columns",
    "count",
    "coverage",
    "crossover",
    "demand",
    "engine_report",
    "estimate_serving",
    "estimate_servings",
    "explain",
    "explained",
    "forecast_revenue",
    "gpu_card",
    "gpus",
    "host",
    "invoice",
    "keep_worlds",
    "lognormal",
    "migrate",
    "model",
    "model_check",
    "model_example",
    "model_examples",
    "predict",
    "price",
    "prices",
    "rank",
    "rate",
    "read_cards",
    "read_catalog",
    "read_model",
    "reconcile",
    "reprice",
    "requests_of",
    "run",
    "second_opinion",
    "sensitivity",
    "sheet",
    "simulate",
    "simulate_serving",
    "size",
    "solve",
    "statement",
    "topdown",
    "usage_of",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  whatever lives there
    """Load a public name when it is first used, so that the command line starts fast."""
    if name == "prices":
        return import_module("pertoken.workbench.prices")
    if name not in __all__:
        msg = f"module 'pertoken' has no attribute {name!r}"
        raise AttributeError(msg)
    found = globals()[name] = getattr(import_module(_HOMES.get(name, "pertoken.workbench")), name)
    return found
