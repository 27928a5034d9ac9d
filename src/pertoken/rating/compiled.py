"""A price table: the offers that some columns name as arrays, cell by cell, ready to be looked up by number.

A cell is an offer between two changes of price, in one band of length, in or out of its hours. A row's cell is found by
numbers alone; what it costs is then a product. Cells are made by `Offer.cell`, as for single requests.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import Rate
from pertoken.core.errors import InputError
from pertoken.rating.cost import Pricer, billable, pricer, timeless, undated
from pertoken.rating.offer import UNDATED, Offer, Price, moment

MOST_PLACES = 18
"""Decimal places of money beyond which whole numbers of 64 bits are too small."""


@dataclass(frozen=True, slots=True, eq=False)
class PriceTable:
    """A catalog made ready for columns; what columns name is compiled when it is first named.

    Args:
        pricer: The catalog and the offers of it that were asked for.
        grids: What was compiled so far.
    """

    pricer: Pricer
    grids: dict[Any, "Grid"] = field(default_factory=dict)

    def grid(self, offers: tuple[Offer, ...], meters: tuple[str, ...], on: date | None) -> "Grid":
        """Compile offers for some meters."""
        asked = (tuple(map(id, offers)), meters, on)
        if asked not in self.grids:
            self.grids[asked] = _grid(offers, meters, on)
        return self.grids[asked]


def compiled(catalog: Catalog) -> PriceTable:
    """Make a catalog ready to price columns with."""
    return PriceTable(pricer(catalog))


@dataclass(frozen=True, slots=True, eq=False)
class Filled:
    """One cell as it stands in a grid.

    Args:
        offer: The offer.
        rates: The rate of each meter; None where there is none.
        missing: For each meter, why it has no price; empty where it has one or needs none.
        unsure: For each meter, all that is unsure about its price.
        doubts: What is unsure about all of it.
        refusal: Why nothing of it can be priced; empty if it can.
    """

    offer: Offer
    rates: tuple[Rate | None, ...]
    missing: tuple[str, ...]
    unsure: tuple[tuple[str, ...], ...]
    doubts: tuple[str, ...] = ()
    refusal: str = ""


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells of several offers, and how a row's cell is numbered.

    Args:
        meters: Meters, in the order of the columns.
        changes: Moments (UTC) at which some price changes, rising, shape `(change,)`.
        bounds: Lengths above which some price holds, rising. [token]
        cells: The cells.
        place: The cell of each offer, interval, band and set of hours; the last interval is a time that isn't known.
        prices: Money for one unit, 0 where there is no price, shape `(meter, cell)`.
        banded: Offers whose price depends on the length, shape `(offer,)`.
        windowed: Offers whose price depends on the hour.
    """

    meters: tuple[str, ...]
    changes: NDArray[np.datetime64]
    bounds: tuple[int, ...]
    cells: tuple[Filled, ...]
    place: NDArray[np.int32]
    prices: NDArray[np.float64]
    banded: NDArray[np.bool_]
    windowed: tuple[tuple[int, Offer], ...]

    @cached_property
    def flagged(self) -> NDArray[np.bool_]:
        """Cells of which something is missing or unsure, shape `(cell,)`."""
        said = [any((*each.missing, *each.unsure, *each.doubts, each.refusal)) for each in self.cells]
        return np.array(said, dtype=bool)

    @cached_property
    def units(self) -> list[list[Decimal]]:
        """Money for one unit, exact, by meter and cell."""
        of_meter = ([each.rates[m] for each in self.cells] for m in range(len(self.meters)))
        return [[rate.unit_price if rate else Decimal(0) for rate in rates] for rates in of_meter]

    @cached_property
    def scaled(self) -> tuple[int, NDArray[np.int64]] | None:
        """Money for one unit as whole numbers with the decimal places they have; None where they don't fit."""
        exponents = [unit.normalize().as_tuple().exponent for units in self.units for unit in units if unit]
        places = max((-int(each) for each in exponents), default=0)
        if places > MOST_PLACES:
            return None
        whole = [[int(unit.scaleb(places)) for unit in units] for units in self.units]
        if max((each for units in whole for each in units), default=0) >= 1 << 62:
            return None
        return places, np.array(whole, dtype=np.int64).reshape(len(self.meters), len(self.cells))


def _grid(offers: Sequence[Offer], meters: tuple[str, ...], on: date | None) -> Grid:
    currencies = sorted({offer.currency for offer in offers if not offer.refusal})
    if len(currencies) > 1:
        raise InputError(f"these models are priced in {' and '.join(currencies)}; price those of one currency together")
    changes = tuple(sorted({change for offer in offers for change in offer.changes}))
    bounds = tuple(sorted({bound for offer in offers for bound in offer.bounds}))
    hours = 1 << max((len(offer.windows) for offer in offers), default=0)
    place = np.zeros((len(offers), len(changes) + 2, len(bounds) + 1, hours), dtype=np.int32)
    cells: list[Filled] = []
    for number, offer in enumerate(offers):
        place[number] = len(cells) + _places(offer, changes, bounds, hours)
        cells += _filled(offer, meters, on)
    prices = [
        [float(rate.unit_price) if (rate := cell.rates[m]) else 0.0 for cell in cells] for m in range(len(meters))
    ]
    return Grid(
        meters,
        np.array(changes, dtype="datetime64[us]"),
        bounds,
        tuple(cells),
        place,
        np.array(prices, dtype=np.float64).reshape(len(meters), len(cells)),
        np.array([bool(offer.bounds) for offer in offers], dtype=bool),
        tuple((number, offer) for number, offer in enumerate(offers) if offer.windows),
    )


def _places(offer: Offer, changes: Sequence[datetime], bounds: Sequence[int], hours: int) -> NDArray[np.intp]:
    """Number an offer's cells, for each interval, band and set of hours of all offers."""
    own = np.searchsorted(
        np.array(offer.changes, dtype="datetime64[us]"), np.array(changes, dtype="datetime64[us]"), "right"
    )
    interval = np.concatenate([[0], own, [len(offer.changes) + 1]])
    band = np.concatenate([[0], np.searchsorted(offer.bounds, bounds, "right")]).astype(np.intp)
    inside = np.arange(hours) % (1 << len(offer.windows))
    many = (len(offer.bounds) + 1, 1 << len(offer.windows))
    numbered: NDArray[np.intp] = (interval[:, None, None] * many[0] + band[:, None]) * many[1] + inside
    return numbered


def _filled(offer: Offer, meters: Sequence[str], on: date | None) -> list[Filled]:
    """Fill an offer's cells; the last interval is for a time that isn't known."""
    bits = list(product((False, True), repeat=len(offer.windows)))
    insides = [tuple(reversed(each)) for each in bits]
    made = []
    for interval in range(len(offer.changes) + 2):
        unknown = interval == len(offer.changes) + 1
        known = _known(offer, on) if unknown else interval
        for band, inside in product(range(len(offer.bounds) + 1), insides):
            made.append(_cell(offer, meters, (known, band, inside), unknown=unknown, on=on))
    return made


def _known(offer: Offer, on: date | None) -> int:
    return sum(change <= moment(on) for change in offer.changes) if on else 0


def _cell(
    offer: Offer, meters: Sequence[str], at: tuple[int, int, tuple[bool, ...]], *, unknown: bool, on: date | None
) -> Filled:
    if offer.refusal:
        return Filled(offer, (None,) * len(meters), ("",) * len(meters), ((),) * len(meters), refusal=offer.refusal)
    interval, band, inside = at
    lost = offer.timed if unknown and on is None else frozenset()
    cell = offer.cell(UNDATED if lost else interval, band, (False,) * len(inside) if unknown else inside)
    priced = [cell.get(meter) for meter in meters]
    missing = (
        _missing(offer, m, lost) if p is None and billable(m) else "" for m, p in zip(meters, priced, strict=True)
    )
    vague = offer.timed if unknown else frozenset()
    unsure = (_unsure(offer, m, p, vague) if p else () for m, p in zip(meters, priced, strict=True))
    doubts = tuple(filter(None, [offer.doubt]))
    return Filled(offer, tuple(p and p.rate for p in priced), tuple(missing), tuple(unsure), doubts)


def _missing(offer: Offer, meter: str, lost: Collection[str]) -> str:
    return undated(offer) if meter in lost else f"no price for {meter} of {offer.described}"


def _unsure(offer: Offer, meter: str, price: Price, vague: Collection[str]) -> tuple[str, ...]:
    lent = [f"{meter} of {offer.name}: {price.doubt}"] if price.doubt else []
    return (*lent, *([timeless(offer)] if meter in vague else []))
