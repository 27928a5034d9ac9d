"""An explanation as a sheet: every line, tier, adjustment and rounding in order, with the place that says so."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from pertoken.present.numbers import show
from pertoken.present.sheet import Column, Figure, Figures, Sheet, Table
from pertoken.rating.explain import Step


def sheet(steps: Mapping[str, Sequence[Step]], chosen: Mapping[str, str], currency: str) -> Sheet:
    """Lay an explanation out: a table for each side, its amounts adding up to what stands in the books."""
    totals = {side: sum((s.amount for s in own), Decimal(0)) for side, own in steps.items()}
    about = ", ".join(f"{name} {label}" for name, label in chosen.items())
    figures = [Figure(side, side.capitalize(), totals[side], "money", currency) for side in ("revenue", "cost") if side in totals]
    if len(totals) == 2:
        figures.append(Figure("margin", "Margin", totals["revenue"] - totals["cost"], "money", currency))
    words = " and ".join(f"{side} of {show(money, 'money')} {currency}" for side, money in totals.items())
    tables = [_table(side, own, currency) for side, own in sorted(steps.items(), reverse=True)]
    return Sheet(f"Explanation of {about}", f"How {words} came about, step by step.", (Figures(tuple(figures)), *tables), {})


def _table(side: str, steps: Sequence[Step], currency: str) -> Table:
    columns = (
        Column("step", "Step", "text"),
        Column("stage", "Stage", "text"),
        Column("about", "What", "text"),
        Column("quantity", "Units", "quantity"),
        Column("rate", "Rate", "unit_money", currency),
        Column("amount", "Amount", "unit_money", currency, total="sum"),
        Column("source", "Source", "text"),
    )
    rows = tuple((str(i), s.stage, s.about, s.quantity, s.rate, s.amount, s.source) for i, s in enumerate(steps, 1))
    return Table(side, side.capitalize(), columns, rows)
