"""List prices as a vendor's card: of the models that a model file names, on the day that it says."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from pertoken.catalog.prices import Rate
from pertoken.connect.model_file.card_slots import rate_name, rate_unit
from pertoken.connect.model_file.months import day
from pertoken.connect.model_file.nouns import noun
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.core.errors import PertokenError
from pertoken.core.exact import CONTEXT
from pertoken.rating.card import Card
from pertoken.rating.offer import Offer, Terms, moment, offer
from pertoken.scenario.spec import Assumption, Calendar, Switched, Workload
from pertoken.scenario.spec import Placed as PlacedNumber

if TYPE_CHECKING:
    from pertoken.catalog.book import Catalog

MILLION = Decimal(1_000_000)
EACH = ("input_tokens", "output_tokens")
"""Meters whose prices are always taken."""
CACHED = ("cache_read_tokens", "cache_write_tokens")
"""Meters that levers make of others."""
BATCH = {"batch": "true"}

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of vendors: workloads and levers, and when."""

    workloads: Sequence[Workload]
    levers: Sequence[Switched]
    calendar: Calendar


def list_prices(reading: Reading, part: Placed, asked: Asked, own: Sequence[Card]) -> tuple[Card, ...]:
    """Put list prices on a vendor's card, behind prices of its own.

    Args:
        reading: Takes the prices as inputs.
        part: What the model says of the vendor: `catalog: true`, a day, or the name of a catalog.
        asked: What names the models, and the day.
        own: The vendor's cards; the first takes the prices.
    """
    on, book = _day(reading, part, asked.calendar)
    catalog = _catalog(reading, part, book)
    if catalog is None:
        return ()
    vendor = str(part.path[-1])
    served = [each for each in asked.workloads if each.vendor == vendor]
    levers = [each for each in asked.levers if each.to.get("vendor", vendor) == vendor]
    meters = _meters([*served, *(each for _, each in _brought(asked, vendor))], asked.levers)
    rates: dict[Rate, None] = {}
    for labels, line in {**_labels(reading, served, levers), **_moved_here(asked, vendor)}.items():
        rates |= dict.fromkeys(_rates(reading, _Question(catalog, dict(labels), on, line), meters))
    card = own[0]
    said = {(rate.model, rate.meter) for rate in card.rates}
    more = tuple(rate for rate in rates if (rate.model, rate.meter) not in said)
    whole = replace(card, rates=(*card.rates, *more), source=card.source or catalog.name)
    _inputs(reading, whole, len(card.rates), on, part)
    return (whole, *own[1:])


def _day(reading: Reading, part: Placed, calendar: Calendar) -> tuple[date, str]:
    """Read the day of the prices, and the catalog's name; empty for the one that is used when none is said."""
    said, path = part["catalog"], (*part.path, "catalog")
    on = calendar.prices or date.fromisoformat(f"{calendar.start}-01")
    if isinstance(said, str) and said[:1].isdigit():
        return day(said, path, reading.door, "catalog") or on, ""
    if said is not True and not isinstance(said, str):
        reading.refuse(path, f"catalog is {said!r}", "true, a day as 2026-11-20, or the name of a catalog")
    return on, said if isinstance(said, str) else ""


def _catalog(reading: Reading, part: Placed, name: str) -> "Catalog | None":
    from pertoken.connect.catalogs import BUNDLED, read_catalog  # noqa: PLC0415  only list prices need a catalog

    try:
        return read_catalog(name or BUNDLED)
    except PertokenError as error:
        reading.refused((*part.path, "catalog"), error)
        return None


def _labels(reading: Reading, own: Sequence[Workload], levers: Sequence[Switched]) -> dict[Labels, int]:
    """List the labels that usage may have, by what the model says and by what levers make of it, and where."""
    found: dict[Labels, int] = {}
    for each in own:
        if each.tokens and "model" not in each.labels:
            reading.at(each.line, f"workload {each.name} is served at list prices and names no model", "model: NAME")
        if "model" in each.labels:
            found.setdefault(tuple(sorted(each.labels.items())), each.line)
    for lever in levers:
        to = {**(BATCH if lever.kind == "batch" else {}), **lever.to}
        names = [each for each in own if lever.where.get("workload", each.name) == each.name]
        if not to or not names:
            continue
        where = {word: label for word, label in lever.where.items() if word != "workload"}
        for labels in list(found):
            if where.items() <= dict(labels).items():
                found.setdefault(tuple(sorted({**dict(labels), **to}.items())), lever.line)
    return found


def _brought(asked: Asked, vendor: str) -> Iterator[tuple[Switched, Workload]]:
    """List workloads of others that levers bring to a vendor."""
    for lever in asked.levers:
        for each in asked.workloads if lever.to.get("vendor") == vendor else ():
            if lever.where.get("workload", each.name) == each.name and each.vendor != vendor:
                yield lever, each


def _moved_here(asked: Asked, vendor: str) -> dict[Labels, int]:
    """List the labels of what levers bring to a vendor from others."""
    found = {}
    for lever, each in _brought(asked, vendor):
        to = {word: label for word, label in lever.to.items() if word != "vendor"}
        found[tuple(sorted({**each.labels, **to}.items()))] = lever.line
    return found


def _meters(own: Sequence[Workload], levers: Sequence[Switched]) -> tuple[str, ...]:
    asked = (meter for each in own for meter in (*each.tokens, *each.meters))
    return tuple(
        dict.fromkeys([*EACH, *asked, *(CACHED if any(each.kind == "prompt_cache" for each in levers) else ())])
    )


@dataclass(frozen=True, slots=True)
class _Question:
    """Which model's prices are asked for, on which terms, by which line of the file."""

    catalog: "Catalog"
    labels: Mapping[str, str]
    on: date
    line: int

    def offer(self) -> Offer:
        """Find the offer that is meant."""
        said = self.labels
        return offer(
            self.catalog,
            Terms(
                model=said["model"],
                provider=said.get("provider", ""),
                batch=said.get("batch") == "true",
                service_tier=said.get("service_tier", "standard"),
                speed=said.get("speed", "standard"),
                region=said.get("region", ""),
            ),
        )


def _rates(reading: Reading, question: _Question, meters: Sequence[str]) -> Iterator[Rate]:
    """Look the prices of one model up, under the labels that the usage has."""
    found = question.offer()
    labels = question.labels
    if found.refusal or not found.rows:
        reading.at(question.line, found.refusal or f"{found.described} has no price on these terms")
        return
    cell = found.cell(bisect_right(found.changes, moment(question.on)), inside=tuple(False for _ in found.windows))
    for meter in meters:
        if meter not in cell and meter in EACH:
            reading.at(question.line, f"{found.described} has no price for {meter} on {question.on}")
        if meter in cell:
            rate = cell[meter].rate
            per = MILLION if noun(meter) == "token" else Decimal(1)
            yield replace(
                rate,
                model=labels["model"],
                provider=labels.get("provider", ""),
                region=labels.get("region", ""),
                price=CONTEXT.multiply(rate.unit_price, per).normalize(CONTEXT),
                per=per,
                above=0,
                start=None,
                end=None,
                window=None,
                line=question.line,
                listed_as=rate.id,
            )


def _inputs(reading: Reading, card: Card, first: int, on: date, part: Placed) -> None:
    """Take the prices of a catalog as inputs, each with its source and day."""
    for i, rate in list(enumerate(card.rates))[first:]:
        if rate.currency != reading.currency:
            found = f"{rate.model} is listed in {rate.currency}"
            reading.at(rate.line, found, reading.currency, "bring it to the model's currency on a card of your own")
        made = Assumption(
            name=f"vendors.{part.path[-1]}.{rate_name(rate)}",
            value=rate.price,
            unit=rate_unit(rate, card.currency),
            source=rate.source or card.source,
            as_of=on,
            line=reading.line(part.path),
        )
        path = ("rates", i, "price")
        reading.placed.append(PlacedNumber(card=card.name, path=path, name=reading.add(made, part.path)))
