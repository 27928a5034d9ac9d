"""Tokens of a prompt as a sheet: the count or the estimate with its band, and what sending it costs."""

from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Column, Figure, Figures, Note, Sheet, Table
from pertoken.usage.prompt import Counted

COLUMNS = (
    Column("model", "Model", "text"),
    Column("how", "How", "text"),
    Column("tokens", "Tokens", "count"),
    Column("low", "At least", "count"),
    Column("high", "At most", "count"),
    Column("by", "Counted by", "text"),
    Column("basis", "By word of", "text"),
)


def sheet(counted: Counted) -> Sheet:
    """Lay a count out; an estimate is called one wherever its number stands."""
    table = Table("tokens", "How it was counted", COLUMNS, (_row(counted),), total=False)
    notes = [Note(each, "info" if counted.exact else "warning") for each in counted.notes]
    if counted.price is None:
        notes.append(Note(f"not priced: {counted.prices}", "warning"))
    meta = {"file": counted.source, "prices": counted.prices}
    return Sheet("Tokens", _words(counted), (_figures(counted), table, *notes), meta)


def _how(counted: Counted) -> str:
    return "exact" if counted.exact else "estimated"


def _row(counted: Counted) -> tuple[Cell, ...]:
    return (
        counted.model, _how(counted), counted.tokens, counted.low, counted.high, counted.by, counted.basis,
    )  # fmt: skip


def _words(counted: Counted) -> str:
    what = "1 prompt" if counted.requests == 1 else f"{show(counted.requests, 'count')} prompts"
    whole = f"{what} of {show(counted.characters, 'count')} characters"
    if counted.exact:
        return f"{whole}: {show(counted.tokens, 'count')} tokens on {counted.model}."
    band = f"{show(counted.low, 'count')} to {show(counted.high, 'count')}"
    return f"{whole}: about {show(counted.tokens, 'count')} tokens on {counted.model}, estimated ({band})."


def _figures(counted: Counted) -> Figures:
    exact, unit = counted.exact, counted.currency
    items = [Figure("tokens", "Tokens" if exact else "Tokens, estimated", counted.tokens, "count")]
    if counted.price is not None:
        label = "Input price" if exact else "Input price, estimated"
        items.append(Figure("price", label, counted.price, "unit_money", unit, note="uncached"))
    if counted.price is not None and not exact:
        items.append(Figure("price_low", "at least", counted.price_low, "unit_money", unit))
        items.append(Figure("price_high", "at most", counted.price_high, "unit_money", unit))
    return Figures(tuple(items))
