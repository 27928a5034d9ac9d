"""Where rows lie: the cell of each by its offer, its moment, its length and its hour, found by numbers alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.rating.clock import within_column
from pertoken.rating.compiled import Grid
from pertoken.rating.cost import is_prompt

CHUNK = 1 << 14
"""Rows reckoned at once, so that what is reckoned stays in the processor's own memory."""

TABLE = 1 << 16
"""Places of a table that turns times into intervals, beyond which bisection is the better way."""

Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Calendar:
    """How times, as numbers, become intervals: by a table of even steps, or by bisection.

    Args:
        changes: Moments of change, as numbers in the unit of the column.
        first: The step before which no price changes.
        step: Length of a step, in the unit of the column; 0 for bisection.
        table: Interval of each step.
    """

    changes: NDArray[np.int64]
    first: int = 0
    step: int = 0
    table: NDArray[np.intp] | None = None

    @classmethod
    def of(cls, changes: NDArray[np.datetime64], unit: np.dtype[Any]) -> "Calendar":
        """Make one for columns of a unit."""
        numbers = changes.astype(unit).view(np.int64)
        step = gcd(*numbers.tolist()) if len(numbers) else 0
        if not step or (int(numbers[-1]) - int(numbers[0])) // step > TABLE:
            return cls(numbers)
        first = int(numbers[0]) // step - 1
        steps = (np.arange(first, int(numbers[-1]) // step + 1) * step).astype(np.int64)
        return cls(numbers, first, step, np.searchsorted(numbers, steps, "right"))

    def interval(self, times: NDArray[np.int64]) -> NDArray[np.intp]:
        """Count the changes that had come."""
        if self.table is None:
            return np.searchsorted(self.changes, times, "right")
        place = times // self.step
        place -= self.first
        return self.table.take(place, mode="clip")


UNKNOWN = np.iinfo(np.int64).min


def cells(
    grid: Grid, of_row: Numbers, when: NDArray[np.datetime64] | None, counts: Mapping[str, Numbers]
) -> NDArray[np.int32]:
    """Find the cell of each row.

    Args:
        grid: The cells.
        of_row: The offer of each row.
        when: When (UTC); None if not known.
        counts: Quantities by meter.
    """
    size, requests = len(of_row), counts.get("requests")
    prompt = [column for name, column in counts.items() if is_prompt(name)]
    _, intervals, bands, hours = grid.place.shape
    place = grid.place.reshape(-1)
    cell = np.empty(size, dtype=np.int32)
    inside = _inside(grid, of_row, when)
    timed = bool(len(grid.changes)) or bool(grid.windowed)
    calendar = Calendar.of(grid.changes, when.dtype) if when is not None and timed else None
    ticks = when.view(np.int64) if when is not None else None
    for begin in range(0, size, CHUNK):
        rows = slice(begin, begin + CHUNK)
        at = of_row[rows].astype(np.intp)
        at *= intervals
        if ticks is None or calendar is None:
            at += intervals - 1
        else:
            chunk = ticks[rows]
            at += calendar.interval(chunk)
            if chunk.min() == UNKNOWN:
                lost = chunk == UNKNOWN
                at[lost] = of_row[rows][lost].astype(np.intp) * intervals + intervals - 1
        if bands > 1:
            at *= bands
            _add_bands(at, grid.bounds, [each[rows] for each in prompt], None if requests is None else requests[rows])
        if hours > 1 and inside is not None:
            at *= hours
            at += inside[rows]
        elif hours > 1:
            at *= hours
        place.take(at, out=cell[rows], mode="clip")
    return cell


def _add_bands(at: NDArray[np.intp], bounds: tuple[int, ...], prompt: list[Numbers], requests: Numbers | None) -> None:
    """Add how many bounds each prompt is longer than; of several requests, their mean."""
    if not prompt:
        return
    length = prompt[0] if len(prompt) == 1 else sum(prompt[1:], start=prompt[0])
    longest = length.max()
    many = None if requests is None or not (requests > 1).any() else np.maximum(requests, 1)
    for bound in bounds:
        if longest > bound:
            at += length > (bound if many is None else bound * many)


def _inside(grid: Grid, of_row: Numbers, when: NDArray[np.datetime64] | None) -> NDArray[np.intp] | None:
    """Number the set of hours that each row lies in."""
    if when is None or not grid.windowed:
        return None
    inside = np.zeros(len(of_row), dtype=np.intp)
    for number, offer in grid.windowed:
        rows = np.flatnonzero((of_row == number) & ~np.isnat(when))
        minutes = when[rows].astype("datetime64[m]").view(np.int64)
        for bit, window in enumerate(offer.windows):
            inside[rows] += within_column(window, minutes).astype(np.intp) << bit
    return inside


def several(grid: Grid, of_row: Numbers, cell: NDArray[np.int32], requests: Numbers | None) -> NDArray[np.bool_] | None:
    """Mark rows that add up several requests where the price goes by length; None for none."""
    if requests is None or not grid.banded.any() or not len(requests) or not requests.max() > 1:
        return None
    refused = np.array([bool(each.refusal) for each in grid.cells], dtype=bool)
    marked: NDArray[np.bool_] = (requests > 1) & grid.banded[of_row] & ~refused[cell]
    return marked
