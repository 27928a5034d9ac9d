"""The cost of one request, line by line: meter, quantity, rate, amount, and why at that rate."""

from pertoken.books.request import Explained
from pertoken.catalog.words import priced, unit
from pertoken.core.meters import meter
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Column, Note, Sheet, Table


def sheet(made: Explained, *, brief: bool = False) -> Sheet:
    """Lay the cost of a request out.

    Args:
        made: The request.
        brief: True for people: labels of meters, short marks of rates.
    """
    notes = [Note(f"{reason.rstrip('.')}.", "warning") for reason in made.costed.reasons]
    rows = tuple((_brief if brief else _whole)(made))
    columns = tuple(each for each in (_columns(made.costed.currency, brief=brief)))
    table = Table("lines", "Line by line", columns, rows)
    sources = {line.rate.source: None for _, line, _ in made.lines() if line.rate}
    meta = {"prices": made.catalog, "status": made.costed.status, "on": _when(made)}
    meta |= {"source": " and ".join(sources)} if brief and sources else {}
    return Sheet("Cost of one request", _words(made), (table, *notes), meta)


def _when(made: Explained) -> str:
    times = {str(record.time) for record in made.usage if record.time}
    return " and ".join(sorted(times)) or str(made.on)


def _words(made: Explained) -> str:
    models = " and ".join(dict.fromkeys(_model(made)))
    if made.costed.amount is None:
        return f"A request on {models} has no price."
    said = {"partial": "; part of it has no price", "estimated": ", by estimate"}.get(made.costed.status, "")
    return f"A request on {models} costs {show(made.costed.amount, 'unit_money', made.costed.currency)}{said}."


def _model(made: Explained) -> list[str]:
    rates = [line.rate for _, line, _ in made.lines() if line.rate]
    return [f"{rate.provider}/{rate.model}" for rate in rates] or [record.model for record in made.usage]


def _columns(money: str, *, brief: bool) -> tuple[Column, ...]:
    numbers = (
        Column("quantity", "Quantity", "quantity"),
        Column("price", "Price", "unit_money", money),
        Column("unit", "Per", "text"),
        Column("amount", "Amount", "unit_money", money, total="sum"),
        Column("why", "Why", "text"),
    )
    if brief:
        return (Column("label", "Meter", "text"), *numbers, Column("mark", "Rate", "text"))
    texts = (Column("model", "Model", "text"), Column("meter", "Meter", "text"))
    rest = (Column("invocation", "Invocation", "count"), Column("note", "Note", "text"),
            Column("rate_id", "Rate", "text"), Column("source", "Source", "text"))  # fmt: skip
    return (*texts, *numbers, *rest)


def _whole(made: Explained) -> list[tuple[Cell, ...]]:
    return [
        (
            rate.model if rate else record.model,
            line.meter,
            line.quantity,
            priced(rate) if rate else None,
            unit(rate) if rate else "",
            line.amount,
            why,
            record.invocation,
            rate.note if rate else "",
            rate.id if rate else "",
            rate.source if rate else "",
        )
        for record, line, why in made.lines()
        for rate in [line.rate]
    ]


def _brief(made: Explained) -> list[tuple[Cell, ...]]:
    several = len(made.usage) > 1
    return [
        (
            f"{record.model}: {meter(line.meter).label}" if several else meter(line.meter).label,
            line.quantity,
            priced(rate) if rate else None,
            unit(rate) if rate else "",
            line.amount,
            why,
            f"#{rate.id.rpartition('#')[2]}" if rate else "",
        )
        for record, line, why in made.lines()
        for rate in [line.rate]
    ]
