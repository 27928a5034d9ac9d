"""An explanation as a sheet: every line, tier, adjustment and rounding in order, with the place that says so."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import PurePath

from pertoken.present.numbers import show
from pertoken.present.sheet import Column, Figure, Figures, Sheet, Table
from pertoken.rating.explain import Step


def sheet(
    steps: Mapping[str, Sequence[Step]], chosen: Mapping[str, str], currency: str, *, amount: str = "effective"
) -> Sheet:
    """Lay an explanation out: a table for each side, its amounts adding up to what stands in the books.

    Args:
        steps: Steps by side.
        chosen: Key to label: what is explained.
        currency: ISO 4217 code.
        amount: Which of the four amounts is explained.
    """
    totals = {side: sum((s.amount for s in own), Decimal(0)) for side, own in steps.items()}
    about = ", ".join(f"{name} {label}" for name, label in chosen.items())
    figures = [
        Figure(side, side.capitalize(), totals[side], "money", currency)
        for side in ("revenue", "cost")
        if side in totals
    ]
    if {"revenue", "cost"} <= set(totals):
        figures.append(Figure("margin", "Margin", totals["revenue"] - totals["cost"], "money", currency))
    words = " and ".join(f"{side} of {show(money, 'money')} {currency}" for side, money in totals.items())
    tables = [_table(side, own, currency, chosen) for side, own in sorted(steps.items(), reverse=True)]
    return Sheet(
        f"Explanation of {about}",
        f"How {words} came about, step by step.",
        (Figures(tuple(figures)), *tables),
        _places(steps) | {"amounts": amount},
    )


def _table(side: str, steps: Sequence[Step], currency: str, chosen: Mapping[str, str]) -> Table:
    listed = any(step.rate_id and not step.line for step in steps)
    columns = (
        Column("about", "What", "text"),
        Column("source", "Source", "text"),
        *([Column("rate_id", "Rate id", "text")] if listed else []),
        Column("quantity", "Units", "exact"),
        Column("rate", "Rate", "exact", currency),
        Column("amount", "Amount", "exact", currency, total="sum"),
    )
    rows = tuple(
        (_about(s, chosen), _place(s), *([s.rate_id] if listed else []), s.quantity, s.rate, s.amount) for s in steps
    )
    return Table(side, side.capitalize(), columns, rows)


def _about(step: Step, chosen: Mapping[str, str]) -> str:
    return f"{step.period} {step.about}" if step.period and step.period not in chosen.values() else step.about


def _place(step: Step) -> str:
    """The file's name and line, or the page in full."""
    name = step.source if "://" in step.source else PurePath(step.source).name
    return f"{name}:{step.line}" if step.line else name


def _places(steps: Mapping[str, Sequence[Step]]) -> dict[str, str]:
    """Which files or pages stand behind each side's steps."""
    files = {side: dict.fromkeys(step.source for step in own) for side, own in steps.items()}
    return {f"{side} from": ", ".join(names) for side, names in files.items()}
