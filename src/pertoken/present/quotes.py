"""The calculator's answer as a sheet: the month's cost by part, and models side by side."""

from decimal import Decimal

from pertoken.books.quote import Call, Quote, Quotes
from pertoken.core.meters import meter
from pertoken.present.numbers import show
from pertoken.present.sheet import Column, Figure, Figures, Note, Sheet, Table


def sheet(quotes: Quotes) -> Sheet:
    """Lay quotes out: one in its parts, several side by side, the cheapest first."""
    blocks: list[Figures | Table | Note] = [_figures(quotes)] if len(quotes.quotes) == 1 else []
    blocks.append(_parts(quotes) if len(quotes.quotes) == 1 else _models(quotes))
    blocks += [Note(f"not priced: {each}", "warning") for each in quotes.unpriced]
    blocks += [Note(f"{each}.") for each in quotes.notes]
    return Sheet(
        "Price of a month", _words(quotes), tuple(blocks), {"prices": _prices(quotes), "calls": _calls(quotes)}
    )


def _words(quotes: Quotes) -> str:
    first = quotes.quotes[0]
    text = f"{_calls(quotes)} cost {show(first.total, 'money')} {first.currency} a month"
    if len(quotes.quotes) == 1:
        return f"{text}."
    return f"{text} with {first.name}{_factor(first, quotes.quotes[-1])}."


def _factor(first: Quote, last: Quote) -> str:
    """How many times less the cheapest costs than the dearest; nothing where that would read as 1.0 times."""
    times = f"{last.total / first.total:.1f}" if first.total else "1.0"
    return "" if times == "1.0" else f", {times} times less than with {last.name}"


def _prices(quotes: Quotes) -> str:
    """Who gives the prices; of several models, the pages stand in the table."""
    if len(quotes.quotes) == 1:
        return quotes.quotes[0].source
    return ", ".join(dict.fromkeys(quote.source.partition(", http")[0] for quote in quotes.quotes))


def _calls(quotes: Quotes) -> str:
    return calls_words(quotes.quotes[0].call)


def calls_words(call: Call) -> str:
    """Write what calls consume."""
    parts = [f"{show(n, 'quantity')} {meter(name).label.lower()}" for name, n in call.tokens.items()]
    kind = " batch" if call.batch else ""
    tier = "".join(f" {each}" for each in (call.service_tier, call.speed) if each != "standard")
    return f"{show(call.requests, 'quantity')}{kind}{tier} requests a month of {', '.join(parts)} tokens"


def _figures(quotes: Quotes) -> Figures:
    one = quotes.quotes[0]
    unit = one.currency
    return Figures(
        (
            Figure("month", "A month", one.total, "money", unit),
            Figure("per_request", "Per request", one.per_request, "unit_money", unit),
            Figure("per_1k_requests", "Per 1K requests", one.per_request * 1000, "unit_money", unit),
            Figure("per_1m_tokens", "Per 1M tokens", one.per_million_tokens, "unit_money", unit),
        )
    )


def _parts(quotes: Quotes) -> Table:
    one = quotes.quotes[0]
    each = {**one.call.tokens, "requests": Decimal(1)}
    rows = tuple(
        (meter(name).label, one.call.requests * each[name], money / (one.call.requests * each[name]) * 1_000_000, money)
        for name, money in one.parts.items()
    )
    columns = (
        Column("meter", "Meter", "text"),
        Column("quantity", "Units", "quantity"),
        Column("per_1m", "Per 1M", "unit_money", one.currency),
        Column("amount", "A month", "money", one.currency, total="sum"),
    )
    return Table("parts", f"{one.name}, by meter", columns, rows)


def _models(quotes: Quotes) -> Table:
    unit = quotes.quotes[0].currency
    names = list(dict.fromkeys(name for quote in quotes.quotes for name in quote.parts))
    columns = (
        Column("model", "Model", "text"),
        Column("month", "A month", "money", unit),
        *(Column(name, meter(name).label, "money", unit) for name in names),
        Column("per_request", "Per request", "unit_money", unit),
        Column("per_1k_requests", "Per 1K requests", "unit_money", unit),
        Column("per_1m_tokens", "Per 1M tokens", "unit_money", unit),
        Column("source", "Source", "text"),
    )
    rows = tuple(
        (
            q.name,
            q.total,
            *(q.parts.get(name) for name in names),
            q.per_request,
            q.per_request * 1000,
            q.per_million_tokens,
            q.source,
        )
        for q in quotes.quotes
    )
    return Table("models", "Models, the cheapest first", columns, rows, total=False)
