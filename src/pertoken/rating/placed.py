"""Placed: lines in a table of contracts by windows, and such a table as lines."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import CardError
from pertoken.core.lines import Key, Lines
from pertoken.core.money import Values, zeros
from pertoken.rating.grid import Grid
from pertoken.rating.windows import CYCLE, anchored


def placing(grid: Grid, lines: Lines, *, early: bool = False) -> Any:  # noqa: ANN401  an index
    """Find the contract and window of each line, as one index; what is of a longer period is drawn at its end.

    Args:
        grid: Contracts and windows.
        lines: Any lines.
        early: True for what is due when its period begins, as a fee.

    Raises:
        CardError: A line has no time, or one outside the books.
    """
    who = grid.contracts.of_lines(lines)
    if grid.name == CYCLE:
        _, key = grid.contracts.key(lines, grid.grain)
        at = _windows(grid, key, grid.grain, early=early)
        at = np.where(at < 0, grid.in_run(_before(grid, key), who), at)
    else:
        at = np.full(len(lines), -1)
        for grain in period.GRAINS[period.GRAINS.index(grid.grain) :]:
            if (at < 0).any() and period.finest(set(lines.keys) & set(period.GRAINS[: period.GRAINS.index(grain) + 1])):
                key = lines.period(grain)
                found = _windows(grid, key, grain, early=early)
                at = np.where(at < 0, found if grain == grid.grain else grid.in_run(found, who), at)
        if CYCLE in lines.keys and (at < 0).any():
            at = np.where(at < 0, _of_cycles(grid, lines.keys[CYCLE], who, early=early), at)
    if (at < 0).any():
        card, first, last = grid.contracts.card, *grid.contracts.span
        msg = (
            f"card {card.name!r} draws pools by {grid.grain}, and there is usage without a time inside the books, "
            f"{str(first)[:10]} to {str(last)[:10]}; give it a time, or let the span hold it"
        )
        raise CardError(msg)
    return who * grid.shape[1] + at


def _windows(grid: Grid, key: Key, grain: str, *, early: bool) -> Any:  # noqa: ANN401  an index
    """Find the window of each line by its label; -1 where there is none."""
    index = {label: i for i, label in enumerate(grid.labels)}
    if grain != grid.grain:
        moments = period.begins(key.labels) if early else period.ends(key.labels) - np.timedelta64(1, "s")
        index = {label: int(grid.at(t)) for label, t in zip(key.labels, moments, strict=True) if label}
    return np.array([index.get(label, -1) for label in key.labels] or [0])[key.codes]


def _before(grid: Grid, key: Key) -> Any:  # noqa: ANN401  an index
    """Give cycles that began before the books, as a quarter that a limit counts by, the first window; -1 for others."""
    first = grid.labels[0] if grid.labels else ""
    return np.array([0 if "" < label < first else -1 for label in key.labels] or [-1])[key.codes]


def _of_cycles(grid: Grid, key: Key, who: NDArray[np.intp], *, early: bool) -> NDArray[np.intp]:
    """Find the window, shorter than a cycle, in which each line's cycle begins or ends; -1 where there is none."""
    pairs, which = np.unique(np.stack([who, key.codes]), axis=1, return_inverse=True)
    found = []
    for contract, code in pairs.T.tolist():
        begin = period.begins((key.labels[code],))
        months = period.months_later(begin.astype("datetime64[M]").astype("datetime64[s]"), 1)
        end = np.minimum(anchored(months, grid.contracts.day_of(contract)), grid.contracts.last[contract])
        moment = begin if early else end - np.timedelta64(1, "s")
        found.append(int(grid.at(moment)[0]) if key.labels[code] else -1)
    return np.array(found, dtype=np.intp)[which.reshape(-1)]


def laid_out(grid: Grid, quantity: Values, place: Any, *, exact: bool) -> Values:  # noqa: ANN401  an index
    """Add quantities up by contract and window, shape `(*batch, contract, window)`.

    Args:
        grid: Contracts and windows.
        quantity: Of lines, shape `(*batch, line)`.
        place: Of each line, from `placing`.
        exact: Decimals or floats.
    """
    size = grid.shape[0] * grid.shape[1]
    if quantity.ndim == 1 and not exact:
        return np.bincount(place, quantity, size).astype(np.float64).reshape(grid.shape)  # of no row, whole numbers
    flat = zeros((*quantity.shape[:-1], size), exact=exact)
    np.add.at(flat, (..., place), quantity)  # type: ignore[arg-type]
    return flat.reshape(*quantity.shape[:-1], *grid.shape)


def lines_of(grid: Grid, amount: Values, quantity: Values) -> Lines:
    """Write a table of contracts by windows as lines, without those that say nothing."""
    flat = {"quantity": quantity.reshape(*quantity.shape[:-2], -1), "amount": amount.reshape(*amount.shape[:-2], -1)}
    some = np.zeros(grid.shape[0] * grid.shape[1], dtype=bool)
    for value in flat.values():
        some |= (value != 0).reshape(-1, len(some)).any(axis=0)
    at = np.flatnonzero(some)
    counts = np.count_nonzero(some.reshape(grid.shape), axis=1)
    who = np.repeat(np.arange(grid.shape[0], dtype=np.int32), counts)
    when = (at - np.repeat(np.arange(grid.shape[0]) * grid.shape[1], counts)).astype(np.int32)
    keys = {n: Key(k.codes[who], k.labels) for n, k in grid.contracts.keys.items()}
    keys[grid.name] = Key(when if grid.shared else grid.own[who, when], grid.labels)
    lines = Lines(keys, {name: value.take(at, axis=-1) for name, value in flat.items()})
    return lines if grid.shared else lines.fold(list(keys))
