"""Models side by side: what the same calls cost on each, as batch and with long prompts, and every rate."""

from functools import partial

from pertoken.books.comparison import Comparison, Side
from pertoken.books.quote import Call
from pertoken.catalog.history import Dated
from pertoken.catalog.prices import STANDARD, Rate
from pertoken.catalog.words import band, priced, terms
from pertoken.core.meters import meter
from pertoken.present import charts
from pertoken.present.numbers import show
from pertoken.present.price_columns import table
from pertoken.present.quotes import calls_words
from pertoken.present.sheet import Cell, Chart, Column, Note, Sheet, Table

RATES = ("offer", "meter", "terms", "price", "currency", "unit", "start", "note", "rate_id", "source")


def sheet(made: Comparison, *, brief: bool = False) -> Sheet:
    """Lay a comparison out: cost by model with a picture, then the rates of each meter side by side.

    Args:
        made: What was compared.
        brief: True for people: only the rates that such calls may meet, a column for each meter.
    """
    rates = _beside(made) if brief else _rates(made)
    blocks: tuple[Chart | Table | Note, ...] = (_chart(made), _costs(made, brief=brief), rates, *_notes(made))
    meta = {"prices": made.catalog, "on": str(made.on), "calls": calls_words(made.calls)}
    return Sheet("Models side by side", _words(made), blocks, meta)


def _notes(made: Comparison) -> list[Note]:
    said = ((text, side.quote is None) for side in made.sides for text in side.notes)
    return [Note(f"{text.rstrip('.')}.", "warning" if missing else "info") for text, missing in said]


def _name(side: Side, *, brief: bool) -> str:
    """Name a model: for people as it was asked for."""
    return side.listing.asked if brief else side.listing.name


def _words(made: Comparison) -> str:
    first = made.sides[0]
    total = show(first.quote.total if first.quote else None, "money", made.currency)
    priced_sides = [side for side in made.sides if side.quote]
    ratio = made.ratio(priced_sides[-1])
    dearest = f", {priced_sides[-1].listing.name} {ratio:.1f} times as much" if ratio and ratio > 1 else ""
    return f"{first.listing.name} is the cheapest: {total} a month{dearest}."


def _costs(made: Comparison, *, brief: bool) -> Table:
    money = made.currency
    columns = (
        Column("model", "Model", "text"),
        Column("month", "A month", "money", money),
        Column("times_cheapest", "Times the cheapest", "quantity"),
        Column("per_request", "Per request", "unit_money", money),
        Column("batch_month", "As batch", "money", money),
        Column("long_month", "Long prompts", "money", money),
        Column("long_prompt", "Long is", "text", "tokens"),
    )
    rows = tuple((_name(side, brief=brief), *_cost(made, side)) for side in made.sides)
    title = "The same calls, the cheapest first"
    note = "Long prompts: the same tokens, each prompt above the last price step."
    return Table("costs", title, columns, rows, note if any(side.above for side in made.sides) else "", total=False)


def _cost(made: Comparison, side: Side) -> tuple[Cell, ...]:
    totals = [each.total if each else None for each in (side.quote, side.batch, side.long)]
    request = side.quote.per_request if side.quote else None
    ratio = made.ratio(side)
    times = None if ratio is None else round(ratio, 4)
    return (totals[0], times, request, *totals[1:], band(side.above))


def _rates(made: Comparison) -> Table:
    rates = [Dated(rate) for side in made.sides for rate in side.rates]
    return table("Rates", rates, RATES)


def _beside(made: Comparison) -> Table:
    """The rates of the meters that the calls have: a row for each model on each terms that such calls may meet."""
    names = list(made.calls.tokens)
    rows: dict[tuple[str, str], dict[str, Cell]] = {}
    for side in made.sides:
        for rate in side.rates:
            if rate.meter in names and _met(rate, made.calls):
                rows.setdefault((_name(side, brief=True), terms(rate)), {})[rate.meter] = priced(rate)
    texts = (Column("model", "Model", "text"), Column("terms", "Terms", "text"))
    meters = tuple(Column(name, meter(name).label, "unit_money", f"{made.currency}/1M") for name in names)
    cells = tuple((*key, *(row.get(name) for name in names)) for key, row in rows.items())
    return Table("rates", "Rates side by side", (*texts, *meters), cells, total=False)


def _met(rate: Rate, calls: Call) -> bool:
    """Tell whether such calls may meet a rate, as they are, as batch work, with longer prompts or at other hours."""
    return (
        rate.service_tier in {STANDARD, calls.service_tier}
        and rate.speed in {STANDARD, calls.speed}
        and rate.region in {"", calls.region}
    )


def _chart(made: Comparison) -> Chart:
    rows = [(side.listing.name, side.quote.total) for side in made.sides if side.quote]
    title = f"{made.currency} a month"
    each = ", ".join(f"{name} {show(total, 'money')}" for name, total in rows)
    alt = f"Bars: cost of a month on each model; {each}."
    return Chart("months", "Cost of a month", partial(charts.bars, rows, title=title), alt, "costs")
