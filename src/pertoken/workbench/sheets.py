"""Answers laid out."""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pertoken.books.answer import Billed, Books, Reconciled, Simulated
    from pertoken.books.comparison import Comparison
    from pertoken.books.quote import Quotes
    from pertoken.books.repriced import Repriced
    from pertoken.books.request import Explained
    from pertoken.catalog.difference import Difference, Frozen, Update
    from pertoken.catalog.listing import PriceList
    from pertoken.forecast.cohort_answer import Cohorts
    from pertoken.forecast.migration.answer import Migrated
    from pertoken.present.view import View
    from pertoken.scenario.answer import Compared, Crossing, PaysFrom, Ran, Sensitive, Solved, Traced
    from pertoken.serving.against import BuildOrBuy
    from pertoken.serving.own import Recalibrated
    from pertoken.serving.sized import Sized
    from pertoken.usage.prompt import Counted
    from pertoken.workbench.calibrating import EngineReport
    from pertoken.workbench.hosting import Hosted
    from pertoken.workbench.machines import Gpus

    Prices = PriceList | Comparison | Explained | Difference | Update | Frozen | Gpus
    Modelled = Ran | Compared | Sensitive | Solved | Crossing | PaysFrom | Traced
    Foreseen = Migrated | Cohorts
    Serving = EngineReport | Recalibrated | Sized | BuildOrBuy | Hosted
    Answer = (
        Serving | Modelled | Foreseen | Quotes | Books | Billed | Reconciled | Repriced | Simulated | Counted | Prices
    )

LAID: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    "Quotes": ("quotes", "sheet", ()),
    "Books": ("statement", "sheet", ("top",)),
    "Billed": ("invoice", "sheet", ()),
    "Reconciled": ("reconcile", "sheet", ("top",)),
    "Repriced": ("reprice", "sheet", ("top",)),
    "Simulated": ("simulate", "sheet", ()),
    "Migrated": ("migration", "sheet", ("top",)),
    "Cohorts": ("cohorts", "sheet", ("top",)),
    "Ran": ("model_run", "sheet", ("detail",)),
    "Compared": ("model_compare", "sheet", ("brief",)),
    "Sensitive": ("model_sensitivity", "sheet", ("brief",)),
    "Solved": ("model_solve", "solved", ()),
    "Crossing": ("model_solve", "crossing", ()),
    "PaysFrom": ("model_solve", "pays", ()),
    "Traced": ("model_explained", "sheet", ("brief",)),
    "Counted": ("tokens", "sheet", ()),
    "EngineReport": ("engine", "report", ()),
    "Recalibrated": ("engine", "fitted", ()),
    "Hosted": ("hosted", "sheet", ()),
    "Gpus": ("gpus", "found", ("brief",)),
    "BuildOrBuy": ("build_or_buy", "sheet", ("brief",)),
    "Sized": ("sizing", "sheet", ("brief",)),
    "PriceList": ("prices", "shown", ("brief",)),
    "PriceHistory": ("prices_history", "sheet", ("brief",)),
    "Comparison": ("prices_compare", "sheet", ("brief",)),
    "Explained": ("prices_explain", "sheet", ("brief",)),
    "Difference": ("prices_diff", "sheet", ("brief",)),
    "Update": ("prices_diff", "updated", ("brief",)),
    "Frozen": ("prices_diff", "frozen", ()),
}
"""Answers, the module and function that lay them out, and what these are told besides."""


def sheet(answer: "Answer", *, top: int | None = None) -> "View":
    """Lay an answer out as a sheet: print it, show it in a notebook, or write it with `pertoken.present`.

    Args:
        answer: What one of the other functions has returned.
        top: Lines of a log's answer to show; all if None.

    Raises:
        TypeError: It is no such answer.
    """
    from pertoken.present.view import view  # noqa: PLC0415  only what is shown is loaded

    place = LAID.get(type(answer).__name__)
    if place is None:
        msg = f"no sheet for {type(answer).__name__}; expected one of {', '.join(LAID)}"
        raise TypeError(msg)
    module, function, told = place
    lay_out: Callable[..., Any] = getattr(import_module(f"pertoken.present.{module}"), function)
    said = {"top": top, "brief": True, "detail": "brief"}
    return view(lay_out(answer, **{name: said[name] for name in told}))
