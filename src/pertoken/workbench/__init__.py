"""One function for each question. The command line, the web page and the notebook all walk through these."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pertoken.workbench.backtesting import backtest
    from pertoken.workbench.bills import reconcile
    from pertoken.workbench.books import explain, invoice, priced, statement
    from pertoken.workbench.breaking_even import BuildOrBuy, build_or_buy, known_api
    from pertoken.workbench.calibrating import (
        EngineReport,
        calibrate_all,
        calibrate_engine,
        engine_report,
        profile_text,
    )
    from pertoken.workbench.cards import Aside, bill, by_entry, check
    from pertoken.workbench.cohorting import cohorts
    from pertoken.workbench.confirming import Confirmed, confirm
    from pertoken.workbench.costs import compiled, cost
    from pertoken.workbench.exporting import export
    from pertoken.workbench.forecasting import forecast_revenue
    from pertoken.workbench.hosting import Hosted, host
    from pertoken.workbench.importing import import_workbook
    from pertoken.workbench.keeping import keep_worlds, worlds_for_model
    from pertoken.workbench.machines import Gpus, gpu_card, gpus
    from pertoken.workbench.markets import topdown
    from pertoken.workbench.migrating import migrate
    from pertoken.workbench.modelling import breakeven, compare, crossover, explained, model, run, sensitivity, solve
    from pertoken.workbench.models import model_check, model_example, model_examples, read_model
    from pertoken.workbench.pools import balances, coverage
    from pertoken.workbench.predicting import predict
    from pertoken.workbench.quotes import Call, Quote, Quotes, call, price
    from pertoken.workbench.repricing import reprice
    from pertoken.workbench.serving import (
        Opinion,
        Range,
        ServingEstimate,
        estimate_serving,
        estimate_servings,
        second_opinion,
    )
    from pertoken.workbench.sheets import sheet
    from pertoken.workbench.simulating import simulate_serving
    from pertoken.workbench.sizing import Sized, size
    from pertoken.workbench.tokens import Counted, count
    from pertoken.workbench.whatif import rank, simulate

_ROOMS = {
    "backtesting": ("backtest",),
    "breaking_even": ("BuildOrBuy", "build_or_buy", "known_api"),
    "books": ("explain", "invoice", "priced", "statement"),
    "calibrating": ("EngineReport", "calibrate_all", "calibrate_engine", "engine_report", "profile_text"),
    "cards": ("Aside", "bill", "by_entry", "check"),
    "cohorting": ("cohorts",),
    "confirming": ("Confirmed", "confirm"),
    "costs": ("compiled", "cost"),
    "exporting": ("export",),
    "hosting": ("Hosted", "host"),
    "importing": ("import_workbook",),
    "keeping": ("keep_worlds", "worlds_for_model"),
    "machines": ("Gpus", "gpu_card", "gpus"),
    "forecasting": ("forecast_revenue",),
    "migrating": ("migrate",),
    "markets": ("topdown",),
    "modelling": ("breakeven", "compare", "crossover", "explained", "model", "run", "sensitivity", "solve"),
    "models": ("model_check", "model_example", "model_examples", "read_model"),
    "pools": ("balances", "coverage"),
    "bills": ("reconcile",),
    "predicting": ("predict",),
    "quotes": ("Call", "Quote", "Quotes", "call", "price"),
    "repricing": ("reprice",),
    "serving": ("Opinion", "Range", "ServingEstimate", "estimate_serving", "estimate_servings", "second_opinion"),
    "sheets": ("sheet",),
    "simulating": ("simulate_serving",),
    "sizing": ("Sized", "size"),
    "tokens": ("Counted", "count"),
    "whatif": ("rank", "simulate"),
}
HOMES = {name: f"{__name__}.{room}" for room, names in _ROOMS.items() for name in names}
"""Where each question is answered."""

__all__ = [
    "Aside",
    "BuildOrBuy",
    "Call",
    "Confirmed",
    "Counted",
    "EngineReport",
    "Gpus",
    "Hosted",
    "Opinion",
    "Quote",
    "Quotes",
    "Range",
    "ServingEstimate",
    "Sized",
    "backtest",
    "balances",
    "bill",
    "breakeven",
    "build_or_buy",
    "by_entry",
    "calibrate_all",
    "calibrate_engine",
    "call",
    "check",
    "cohorts",
    "compare",
    "compiled",
    "confirm",
    "cost",
    "count",
    "coverage",
    "crossover",
    "engine_report",
    "estimate_serving",
    "estimate_servings",
    "explain",
    "explained",
    "export",
    "forecast_revenue",
    "gpu_card",
    "gpus",
    "host",
    "import_workbook",
    "invoice",
    "keep_worlds",
    "known_api",
    "migrate",
    "model",
    "model_check",
    "model_example",
    "model_examples",
    "predict",
    "price",
    "priced",
    "profile_text",
    "rank",
    "read_model",
    "reconcile",
    "reprice",
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
    "worlds_for_model",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401  whatever lives there
    """Load a question when it is first asked, so that the calculator starts fast."""
    if name not in HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = globals()[name] = getattr(import_module(HOMES[name]), name)
    return found
