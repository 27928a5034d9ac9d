"""Answers laid out."""

from importlib import import_module
from typing import TYPE_CHECKING, cast

from pertoken.books.quote import Quotes

if TYPE_CHECKING:
    from pertoken.books.answer import Billed, Books, Reconciled, Simulated
    from pertoken.books.comparison import Comparison
    from pertoken.books.request import Explained
    from pertoken.catalog.difference import Difference, Update
    from pertoken.catalog.listing import PriceList
    from pertoken.present.view import View

    Prices = PriceList | Comparison | Explained | Difference | Update


PRICES = {
    "PriceList": ("prices", "shown"),
    "PriceHistory": ("prices_history", "sheet"),
    "Comparison": ("prices_compare", "sheet"),
    "Explained": ("prices_explain", "sheet"),
    "Difference": ("prices_diff", "sheet"),
    "Update": ("prices_diff", "updated"),
}
"""Answers about prices, and the module and function that lay them out."""


def sheet(answer: "Quotes | Books | Billed | Reconciled | Simulated | Prices", *, top: int | None = None) -> "View":
    """Lay an answer out as a sheet: print it, show it in a notebook, or write it with `pertoken.present`.

    Args:
        answer: Quotes, books, an invoice, a bill held against a log, a log under other plans, or prices.
        top: Lines of a statement to show, the others as one; all if None.
    """
    from pertoken.present.view import view  # noqa: PLC0415  only what is shown is loaded

    if place := PRICES.get(type(answer).__name__):
        return view(getattr(import_module(f"pertoken.present.{place[0]}"), place[1])(answer, brief=True))
    if isinstance(answer, Quotes):
        from pertoken.present.quotes import sheet as lay_out  # noqa: PLC0415

        return view(lay_out(answer))
    from pertoken.books.answer import Billed, Books, Reconciled  # noqa: PLC0415  the calculator must start fast

    if isinstance(answer, Billed):
        from pertoken.present.invoice import sheet as lay_out_invoice  # noqa: PLC0415

        return view(lay_out_invoice(answer))
    if isinstance(answer, Books):
        from pertoken.present.statement import sheet as lay_out_books  # noqa: PLC0415

        return view(lay_out_books(answer, top=top))
    if isinstance(answer, Reconciled):
        from pertoken.present.reconcile import sheet as lay_out_bill  # noqa: PLC0415

        return view(lay_out_bill(answer, top=top))
    from pertoken.present.simulate import sheet as lay_out_plans  # noqa: PLC0415

    return view(lay_out_plans(cast("Simulated", answer), top=top))
