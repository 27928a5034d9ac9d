"""Columns of a table of rates: all of them for machines, those that say something for people."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from pertoken.catalog.history import Dated
from pertoken.catalog.listing import PriceList
from pertoken.catalog.prices import Rate
from pertoken.catalog.words import hours, priced, terms, unit
from pertoken.core.meters import meter
from pertoken.present.sheet import Cell, Column, Kind, Table

Says = Callable[[Dated], Cell]

FIELDS: Mapping[str, tuple[str, Kind, Says]] = {
    "offer": ("Offer", "text", lambda each: f"{each.rate.provider}/{each.rate.model}".lstrip("/")),
    "meter": ("Meter", "text", lambda each: each.rate.meter),
    "label": ("Meter", "text", lambda each: meter(each.rate.meter).label),
    "terms": ("Terms", "text", lambda each: terms(each.rate)),
    "price": ("Price", "unit_money", lambda each: priced(each.rate)),
    "before": ("Before", "unit_money", lambda each: priced(each.before) if each.before else None),
    "change_share": ("Change", "share", lambda each: each.change_share),
    "currency": ("Currency", "text", lambda each: each.rate.currency),
    "unit": ("Per", "text", lambda each: unit(each.rate)),
    "batch": ("Batch", "text", lambda each: "yes" if each.rate.batch else "no"),
    "service_tier": ("Service tier", "text", lambda each: each.rate.service_tier),
    "speed": ("Speed", "text", lambda each: each.rate.speed),
    "region": ("Region", "text", lambda each: each.rate.region),
    "above": ("Prompt above", "count", lambda each: each.rate.above or None),
    "hours": ("Hours", "text", lambda each: hours(each.rate.window)),
    "start": ("From", "text", lambda each: str(each.rate.start or "")),
    "end": ("To", "text", lambda each: str(each.end or "")),
    "from_day": ("From", "text", lambda each: str(each.rate.start or "")[:10]),
    "to_day": ("To", "text", lambda each: str(each.end or "")[:10]),
    "basis": ("Basis", "text", lambda each: each.rate.basis),
    "note": ("Note", "text", lambda each: each.rate.note),
    "mark": ("Rate", "text", lambda each: f"#{each.rate.id.rpartition('#')[2]}"),
    "rate_id": ("Rate", "text", lambda each: each.rate.id),
    "source": ("Source", "text", lambda each: each.rate.source),
}
"""Name of each column, its header, what its cells are, and how they are read off a rate."""


def currency(rates: Iterable[Rate]) -> str:
    """The currency of all prices; empty where there are several, or none."""
    found = {rate.currency for rate in rates}
    return found.pop() if len(found) == 1 else ""


def table(
    title: str, rates: Sequence[Dated], names: Sequence[str], *, brief: Sequence[str] = (), name: str = "rates"
) -> Table:
    """Lay rates out under some columns.

    Args:
        title: Title of the table.
        rates: One row for each.
        names: Columns, as `FIELDS` calls them.
        brief: Those of them that are left out where they say nothing, or the same on every row.
        name: Name of the table.
    """
    rows = [[FIELDS[each][2](rate) for each in names] for rate in rates]
    dull = {each for each, cells in zip(names, zip(*rows, strict=True), strict=False) if len({*cells}) == 1}
    empty = {each for each, cells in zip(names, zip(*rows, strict=True), strict=False) if {*cells} <= {"", None}}
    kept = [i for i, each in enumerate(names) if each not in brief or each not in dull | empty]
    money = currency(each.rate for each in rates)
    columns = [replace(column(names[i]), unit=_unit(names[i], money)) for i in kept]
    return Table(name, title, tuple(columns), tuple(tuple(row[i] for i in kept) for row in rows), total=False)


def column(name: str) -> Column:
    """Make a column of `FIELDS`."""
    label, kind, _ = FIELDS[name]
    return Column(name, label, kind)


def _unit(name: str, money: str) -> str:
    return {"price": money, "before": money, "above": "token"}.get(name, "")


def meta(listed: PriceList, *, brief: bool) -> dict[str, str]:
    """What rates rest on: their catalog, and for people the source where it is the same for all."""
    sources = list(dict.fromkeys(each.rate.source for each in listed.rates))
    return {"prices": listed.catalog} | ({"source": sources[0]} if brief and len(sources) == 1 else {})


def gaps_table(gaps: Sequence[str]) -> Table:
    """What is known not to be known of a price."""
    rows = tuple((text,) for text in gaps)
    return Table("gaps", "Not known, or not sure", (Column("gap", "Of this price", "text"),), rows, total=False)
