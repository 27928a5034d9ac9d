"""The prices of a model in time: dated, with the change of each, and drawn as steps."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial

from pertoken.catalog.history import Dated, plain
from pertoken.catalog.listing import PriceHistory
from pertoken.catalog.words import priced, terms, unit
from pertoken.core.meters import meter
from pertoken.present import charts
from pertoken.present.numbers import counted
from pertoken.present.price_columns import currency, meta, table
from pertoken.present.sheet import Chart, Note, Sheet

WHOLE = (
    "meter", "terms", "start", "end", "price", "before", "change_share", "currency", "unit", "basis", "note", "rate_id",
    "source",
)  # fmt: skip
BRIEF = ("label", "terms", "price", "change_share", "unit", "from_day", "to_day", "mark", "currency", "basis", "source")
DULL = ("terms", "change_share", "to_day", "currency", "basis", "source")
MARGIN = timedelta(days=60)
"""How long before the first change the picture begins."""


def sheet(listed: PriceHistory, *, today: date | None = None, brief: bool = False) -> Sheet:
    """Lay prices out in time.

    Args:
        listed: The rates to follow.
        today: The day at which the picture ends, if the last change is not later.
        brief: True for people: without columns that say the same on all rows.
    """
    name, rates = listed.offer.name, listed.rates
    kept = _moved(rates) if brief else rates
    made = table("Prices", kept, BRIEF, brief=DULL) if brief else table("Prices", rates, WHOLE)
    changes = [each for each in rates if each.changed]
    blocks = (_chart(_moved(rates), today, name), made) if changes else (made,)
    said = (
        f"{counted(len(rates) - len(kept), 'prices')} that did not change are left out; JSON, CSV and XLSX have them."
    )
    notes = [Note(said)] if len(kept) < len(rates) else []
    return Sheet(f"Price history of {name}", _words(changes), (*blocks, *notes), meta(listed, brief=brief))


def _words(changes: Sequence[Dated]) -> str:
    if not changes:
        return "No change of price is known."
    days = sorted(_day(each.rate.start) for each in changes if each.rate.start)
    when = f"on {days[0]}" if days[0] == days[-1] else f"from {days[0]} to {days[-1]}"
    down = sum(each.before is not None and each.rate.unit_price < each.before.unit_price for each in changes)
    return f"{counted(len(changes), 'changes')} {when}: {down} down, {len(changes) - down} up."


def _moved(rates: Sequence[Dated]) -> tuple[Dated, ...]:
    """Leave out what never changed and join what is said again; without any change the ordinary prices stay."""
    changed = {_series(each) for each in rates if each.changed}
    if not changed:
        return tuple(each for each in rates if plain([each.rate]))
    kept: list[Dated] = []
    for each in (each for each in rates if _series(each) in changed):
        if each.before and not each.changed:
            kept[-1] = replace(kept[-1], end=each.end)
        else:
            kept.append(each)
    return tuple(kept)


def _series(each: Dated) -> str:
    said = terms(each.rate)
    return f"{meter(each.rate.meter).label}{f', {said}' if said else ''}"


def _chart(rates: Sequence[Dated], today: date | None, name: str) -> Chart:
    """Draw what is priced in the unit of the first rate."""
    first = rates[0].rate
    drawn = [each for each in rates if unit(each.rate) == unit(first) and each.rate.currency == first.currency]
    rows = tuple(_stretches(drawn, today))
    money = currency(each.rate for each in drawn)
    title = f"{money} for {unit(first)}"
    series = list(dict.fromkeys(row.series for row in rows))
    alt = f"Steps in time of the prices of {name}: {', '.join(series)}."
    return Chart("steps", f"Prices in time, {title}", partial(charts.steps, rows, title=title), alt, "rates")


def _stretches(rates: Sequence[Dated], today: date | None) -> Iterator[charts.Stretch]:
    days = [_day(moment) for each in rates for moment in (each.rate.start, each.end) if moment]
    first, last = min(days) - MARGIN, max(today or max(days), max(days) + MARGIN / 4)
    for each in rates:
        start = _day(each.rate.start) if each.rate.start else first
        yield charts.Stretch(_series(each), start, _day(each.end) if each.end else last, priced(each.rate))


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
