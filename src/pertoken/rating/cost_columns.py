"""Cost of columns: a hundred million requests priced by numbers alone, as single requests are, and as exactly."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.coded import coded
from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Lines
from pertoken.rating import locate, multiply
from pertoken.rating.assign import combos
from pertoken.rating.compiled import Grid, PriceTable
from pertoken.rating.cost import MEAN, is_prompt
from pertoken.rating.offer import Offer, Terms

Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Reason:
    """Why some rows are not simply priced.

    Args:
        text: What is missing or unsure.
        rows: On how many rows.
        amount: What these rows cost, as far as they have a price.
    """

    text: str
    rows: int
    amount: float


@dataclass(frozen=True, eq=False)
class CostColumns:
    """What each row costs.

    Args:
        amount: Money, shape `(row,)`: floats, NaN where nothing has a price; or whole numbers, to be read with
            `places`; or `Decimal` objects where 64 bits are too small.
        status: Index into `STATUSES`, shape `(row,)`.
        cell: The cell of the grid that each row lies in, shape `(row,)`.
        grid: What each cell costs.
        meters: The quantities that were priced, by meter.
        several: Rows that add up several requests where the price goes by length; None for none.
        places: Decimal places of whole numbers; None for floats and for `Decimal` objects.
        currency: ISO 4217 code of the money.
    """

    amount: Numbers
    status: NDArray[np.uint8]
    cell: NDArray[np.int32]
    grid: Grid
    meters: Mapping[str, Numbers]
    several: NDArray[np.bool_] | None = None
    places: int | None = None
    currency: str = "USD"

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.cell)

    def decimals(self) -> list[Decimal | None]:
        """Read exact amounts; None for a row of which nothing has a price.

        Raises:
            InputError: They were reckoned in floats.
        """
        if self.amount.dtype.kind == "f":
            raise InputError("these costs were reckoned in floats; price the columns with exact=True")
        exact = (
            self.amount.tolist()
            if self.places is None
            else (Decimal(x).scaleb(-self.places) for x in self.amount.tolist())
        )
        return [
            None if status == multiply.UNPRICED else each
            for each, status in zip(exact, self.status.tolist(), strict=True)
        ]

    def rate(self, meter: str) -> Key:
        """Name the rate of a meter on each row; the empty label where there is none."""
        at = self.grid.meters.index(meter)
        rates = dict.fromkeys(rate.id if (rate := cell.rates[at]) else "" for cell in self.grid.cells)
        index = {label: i for i, label in enumerate(rates)}
        of_cell = [index[rate.id if (rate := cell.rates[at]) else ""] for cell in self.grid.cells]
        return Key(np.array(of_cell, dtype=np.int32)[self.cell], tuple(rates))

    @cached_property
    def reasons(self) -> tuple[Reason, ...]:
        """What is missing and what is unsure, with its rows; the dearest first."""
        rows: dict[str, int] = {}
        money: dict[str, float] = {}
        for text, found in self._said():
            worth = self.amount[found] if self.places is None else self.amount[found] / 10.0**self.places
            rows[text] = rows.get(text, 0) + len(found)
            money[text] = money.get(text, 0.0) + float(np.nansum(worth.astype(np.float64)))
        reasons = (Reason(text, rows[text], money[text]) for text in rows)
        return tuple(sorted(reasons, key=lambda each: (-each.amount, -each.rows, each.text)))

    def _said(self) -> Iterator[tuple[str, NDArray[np.intp]]]:
        """Each reason with its rows, cell by cell."""
        if self.several is not None and self.several.any():
            yield MEAN, np.flatnonzero(self.several)
        lines = np.flatnonzero(self.grid.flagged[self.cell])
        for number in np.unique(self.cell[lines]).tolist():
            each, own = self.grid.cells[number], lines[self.cell[lines] == number]
            for whole in filter(None, (each.refusal, *each.doubts)):
                yield whole, own
            said: dict[str, NDArray[np.bool_]] = {}
            for m, meter in enumerate(self.grid.meters):
                for text in filter(None, (each.missing[m], *each.unsure[m])):
                    said[text] = said.get(text, False) | (self.meters[meter][own] > 0)
            yield from ((text, own[used]) for text, used in said.items() if used.any())


def cost_columns(
    table: PriceTable,
    *,
    model: Any,  # noqa: ANN401  a column in any form
    provider: Any = None,  # noqa: ANN401  a column in any form
    time: Any = None,  # noqa: ANN401  a column in any form
    service_tier: Any = None,  # noqa: ANN401  a column in any form
    batch: Any = None,  # noqa: ANN401  a column in any form
    region: Any = None,  # noqa: ANN401  a column in any form
    speed: Any = None,  # noqa: ANN401  a column in any form
    on: date | None = None,
    exact: bool = False,
    **meters: Any,  # noqa: ANN401  a column in any form
) -> CostColumns:
    """Price many requests at once; each row costs what `cost` says that it does.

    Args:
        table: The catalog, from `compiled`.
        model: The model of each row: strings, or coded as `coded` takes them; or one for all rows.
        provider: Who sold it; nobody in particular if None.
        time: When (UTC): `datetime64`, or datetimes without a zone; not known if None.
        service_tier: The tier that served it.
        batch: True for asynchronous batch work.
        region: Where it was served.
        speed: `standard` or `fast`.
        on: Day whose prices hold where the time is not known.
        exact: True for whole numbers or `Decimal` objects instead of floats.
        **meters: How much of each leaf meter: `input_tokens=...`. `requests` says how many requests a row adds up.

    Returns:
        Amount, status and rate of each row.

    Raises:
        InputError: Columns differ in length, a count is below zero, or there is no such meter.
    """
    counts = {name: _numbers(name, column) for name, column in meters.items()}
    size = _size(counts)
    words = {"model": model, "provider": provider, "batch": batch, "service_tier": service_tier}
    offers, of_row = _offers(table, {**words, "speed": speed, "region": region}, size)
    grid = table.grid(offers, tuple(counts), on)
    when = None if time is None else _times(time, size)
    cell = locate.cells(grid, of_row, when, counts)
    several = locate.several(grid, of_row, cell, counts.get("requests"))
    status = multiply.status(grid, cell, counts, several)
    places = None
    if exact:
        amount, places = multiply.exact(grid, cell, counts)
    else:
        amount = multiply.floats(grid, cell, counts)
        amount[status == multiply.UNPRICED] = np.nan
    currency = next((offer.currency for offer in offers if not offer.refusal), "USD")
    return CostColumns(amount, status, cell, grid, counts, several, places, currency)


def _numbers(name: str, column: Any) -> Numbers:  # noqa: ANN401  a column in any form
    """Read a column of quantities; none is below zero."""
    is_prompt(name)
    numbers = np.asarray(np.ma.filled(column, 0) if np.ma.isMaskedArray(column) else column)
    if numbers.dtype.kind not in "iufO" or numbers.ndim != 1:
        raise InputError(f"{name} is {numbers.dtype} of shape {numbers.shape}; expected a column of numbers")
    if numbers.dtype == np.uint64:
        numbers = numbers.astype(np.int64)
    if len(numbers) and not numbers.min() >= 0:
        row = int(np.flatnonzero(~(numbers >= 0))[0])
        raise InputError(f"{name} is {numbers[row]} on row {row}; expected 0 or more")
    return numbers


def _size(counts: Mapping[str, Numbers]) -> int:
    sizes = {name: len(column) for name, column in counts.items()}
    if len(set(sizes.values())) != 1:
        raise InputError(f"expected columns of one length, and at least one meter; found {sizes}")
    return next(iter(sizes.values()))


def _offers(table: PriceTable, words: Mapping[str, Any], size: int) -> tuple[tuple[Offer, ...], Numbers]:
    """Resolve the terms of each row: the offers, and which of them each row has."""
    keys = {name: coded(column, size) for name, column in words.items() if column is not None}
    if odd := {name: len(key) for name, key in keys.items() if len(key) != size}:
        raise InputError(f"expected columns of {size} rows; found {odd}")
    wide = [name for name, key in keys.items() if len(key.labels) > 1]
    fixed = {name: key.labels[0] for name, key in keys.items() if len(key.labels) == 1}
    stated: list[dict[str, str]]
    of_row: Numbers
    if not wide:
        stated, of_row = [{}], np.broadcast_to(np.int32(0), (size,))
    elif len(wide) == 1:
        key = keys[wide[0]]
        stated, of_row = [{wide[0]: label} for label in key.labels], key.codes
    else:
        found = combos(Lines(keys, {}), wide)
        stated, of_row = [dict(each) for each in found.labels], found.of_line
    return tuple(table.pricer.offer(_terms({**fixed, **each})) for each in stated), of_row


def _terms(said: Mapping[str, str]) -> Terms:
    tier, speed = said.get("service_tier") or "standard", said.get("speed") or "standard"
    batch = said.get("batch") == "true"
    return Terms(said.get("model", ""), said.get("provider", ""), batch, tier, speed, said.get("region", ""))


def _times(column: Any, size: int) -> NDArray[np.datetime64]:  # noqa: ANN401  a column in any form
    if isinstance(column, datetime):
        return np.full(size, np.datetime64(column, "us"))
    found = np.asarray(np.ma.filled(column, np.datetime64("NaT")) if np.ma.isMaskedArray(column) else column)
    if found.dtype.kind != "M":
        found = np.asarray(found, dtype="datetime64[us]")
    if found.shape != (size,):
        raise InputError(f"time has shape {found.shape}; expected {size} rows")
    return found if np.datetime_data(found.dtype)[0] in {"s", "ms", "us", "ns"} else found.astype("datetime64[s]")
