"""Rolling origin: forecasts made as of earlier days, with what was known then, held against what came.

Nothing looks ahead: the panel goes back to each origin with its customers, tiers and sizes as they were. Customers who
came after an origin are not scored one by one; the total is held against customers there then, and against all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Lines, concat
from pertoken.core.money import Values
from pertoken.forecast.panel import Indices, Panel
from pertoken.forecast.predicted import Predicted, added
from pertoken.forecast.scored import Scored, lines_of
from pertoken.forecast.seen import Lookback, Seen, as_given
from pertoken.forecast.segments import Segmented, in_use

Forecaster = Callable[[Panel, int, int, int], Predicted]
"""`forecaster(panel, horizon, draws, seed)`: totals over the horizon; it sees no more than the panel."""

TENTHS = tuple(f"{i:02d}" for i in range(1, 11))
"""Deciles of size, from the smallest tenth of customers to the largest."""

LEAST = 2
"""Customers that make a comparison of sizes."""


@dataclass(frozen=True, eq=False)
class _Cell:
    """One origin with one length of history: what was known, what of it is seen, and what came."""

    origin: int
    history: int
    known: Panel
    seen: Panel
    rows: Indices
    came: Values
    later: float


def origins_of(periods: int, horizon: int, history: int, count: int) -> tuple[int, ...]:
    """Pick origins, the last as late as can be and each a horizon before the next, closer where there is no room.

    Args:
        periods: How many there are.
        horizon: How many each forecast goes ahead.
        history: How many the first forecast needs behind it.
        count: How many origins at most.

    Returns:
        After how many periods each forecast is made, rising.

    Raises:
        InputError: There are too few periods for one.

    >>> origins_of(180, 28, 90, 3), origins_of(130, 28, 90, 3), origins_of(12, 4, 8, 3)
    ((96, 124, 152), (90, 96, 102), (8,))
    """
    last, room = periods - horizon, periods - horizon - history
    if horizon < 1 or history < 1 or count < 1:
        raise InputError(f"a horizon of {horizon}, a history of {history}, {count} origins; expected 1 or more of each")
    if room < 0:
        raise InputError(_too_few(periods, horizon, history))
    step = min(horizon, room // (count - 1)) if count > 1 else horizon
    fits = min(count, room // step + 1) if step else 1
    return tuple(last - step * k for k in range(fits - 1, -1, -1))


def _too_few(periods: int, horizon: int, history: int) -> str:
    """Say what is missing, and which lengths there is room for, with another origin or two."""
    if periods == 1:
        return "1 period can't be forecast and held against what came; expected 2 or more"
    short = max(min(horizon, periods // 4), 1)
    return (
        f"{periods} periods are too few for a history of {history} and a horizon of {horizon}; expected "
        f"{history + horizon}; ask for shorter ones, as a history of {max(min(history, periods - 2 * short), 1)} and a "
        f"horizon of {short}"
    )


def rolling(
    panel: Panel,
    forecasters: Mapping[str, Forecaster],
    *,
    horizon: int,
    histories: Sequence[int],
    origins: Sequence[int],
    draws: int = 1000,
    seed: int = 0,
    groups: Mapping[str, Callable[[Panel], Key]] | None = None,
    segment: Segmented | None = None,
    back: Lookback | None = None,
    watch: Callable[[float], None] | None = None,
) -> Scored:
    """Score forecasters at some origins with some lengths of history.

    Args:
        panel: All that is known today.
        forecasters: By name.
        horizon: Periods ahead; the total over them is forecast.
        histories: Of how many periods forecasts are made; those longer than what lies before an origin are left out.
        origins: After how many periods forecasts are made.
        draws: Samples of each forecast.
        seed: Of the draws.
        groups: Further keys to score by that no forecaster sees, each told of the panel as of an origin.
        segment: Tells customers apart, whose sums are scored too; told of what each forecaster is told of.
        back: Goes back to what was known at an origin; the panel as it is given, if None.
        watch: Told how much is done, 0 to 1.

    Raises:
        InputError: No origin has room for any history, or a forecaster answers for other customers than asked.
    """
    cells = _cells(panel, back or as_given(panel), sorted(set(origins)), sorted(set(histories)), horizon)
    more = groups or {}
    customers, totals, segments, notes = [], [], [], list[str]()
    for at, cell in enumerate(cells):
        known = {name: told(cell.known) for name, told in more.items()} | _about(cell)
        parts = None if segment is None else in_use(segment(cell.seen))
        for name, forecaster in forecasters.items():
            try:
                predicted = forecaster(cell.seen, horizon, draws, seed)
            except InputError as error:
                notes.append(f"{name} made no forecast of {cell.history} periods before {_when(panel, cell)}: {error}")
                continue
            _fits(name, predicted, cell)
            where = {"forecaster": name, "history": f"{cell.history:04d}", "origin": _when(panel, cell)}
            customers.append(_customers(predicted, cell, panel, where, known))
            totals += _totals(predicted, cell, where)
            segments += _segments(predicted, cell, where, parts) if parts is not None else []
        if watch:
            watch((at + 1) / len(cells))
    if not customers:
        raise InputError("no forecaster made a forecast: " + "; ".join(notes[:3]))
    apart = concat(Lines, segments) if segments else None
    return Scored(concat(Lines, customers), concat(Lines, totals), horizon, tuple(known), tuple(notes), apart)


def _cells(panel: Panel, back: Lookback, origins: Sequence[int], histories: Sequence[int], horizon: int) -> list[_Cell]:
    """Cut out of a panel what fits: each origin with each length of history, where there are customers.

    Raises:
        InputError: Nothing does.
    """
    fits = []
    for origin in origins:
        if (own := [each for each in histories if each <= origin]) and origin + horizon <= len(panel.periods):
            fits += _of_origin(panel, back(origin), origin, own, horizon)
    if not (cells := [cell for cell in fits if len(cell.rows)]):
        raise InputError(
            f"none of the histories {histories} and origins {origins} fits "
            f"{len(panel.periods)} periods with {horizon} ahead; ask for shorter ones"
        )
    return cells


def _of_origin(panel: Panel, seen: Seen, origin: int, histories: Sequence[int], horizon: int) -> list[_Cell]:
    """Cut out what was known at an origin, and what came, as the one number that it was then."""
    there, known = panel.since < origin, seen.driver
    came = seen.of(panel.window(origin, origin + horizon)).value
    rows, sums, later = np.flatnonzero(there), came[there].sum(axis=1), float(np.nansum(came[~there]))
    return [
        _Cell(origin, history, known, known.window(origin - history, origin), rows, sums, later)
        for history in histories
    ]


def _when(panel: Panel, cell: _Cell) -> str:
    """The last period that a forecast knew, in a form that sorts in time."""
    label = panel.periods[cell.origin - 1]
    return f"{int(label):06d}" if label.isdecimal() else label


def _fits(name: str, predicted: Predicted, cell: _Cell) -> None:
    wanted = (len(cell.rows),)
    if predicted.customers != cell.seen.customers or predicted.samples.shape[1:] != wanted:
        raise InputError(
            f"{name} forecast {predicted.samples.shape[1]} customers, asked for {wanted[0]}; expected them in order"
        )


def _customers(
    predicted: Predicted, cell: _Cell, panel: Panel, where: Mapping[str, str], known: Mapping[str, Key]
) -> Lines:
    """Score each customer; who was not watched all through the horizon is left out."""
    keys = {"customer": Key(np.asarray(cell.rows, dtype=np.int32), panel.customers), **known}
    watched = np.isfinite(cell.came)
    kept = Lines(keys, {}).with_keys(**where).pick(watched)
    return Lines(kept.keys, lines_of(predicted.samples[:, watched], cell.came[watched]))


def _totals(predicted: Predicted, cell: _Cell, where: Mapping[str, str]) -> list[Lines]:
    """Score the total, against customers there and against all; nothing where some were not watched."""
    there = float(cell.came.sum())
    if not np.isfinite(there):
        return []
    keys = {name: Key.constant(label, 1) for name, label in where.items()}
    return [
        Lines(
            {**keys, "of": Key.constant(of, 1)},
            lines_of(np.asarray(predicted.total, dtype=np.float64)[:, None], np.array([came])),
        )
        for of, came in (("there", there), ("all", there + cell.later))
    ]


def _segments(predicted: Predicted, cell: _Cell, where: Mapping[str, str], parts: Key) -> list[Lines]:
    """Score sums of segments: as these are foretold, or else of customers; not where some were not watched."""
    came = np.bincount(parts.codes, cell.came, minlength=len(parts.labels))
    watched = np.isfinite(came)
    foretold = added(predicted.samples, parts)
    if predicted.segments is not None and predicted.segment is not None and _same(predicted.segment, parts):
        foretold = predicted.segments
    keys = {name: Key.constant(label, len(came)) for name, label in where.items()}
    keys["segment"] = Key(np.arange(len(came), dtype=np.int32), parts.labels)
    kept = Lines(keys, {}).pick(watched)
    return [Lines(kept.keys, lines_of(foretold[:, watched], came[watched]))] if watched.any() else []


def _same(one: Key, other: Key) -> bool:
    """Whether two keys tell customers apart alike."""
    return one.labels == other.labels and np.array_equal(one.codes, other.codes)


def _about(cell: _Cell) -> dict[str, Key]:
    """What customers are as of the origin: their size, their tracks and what is known."""
    value = cell.seen.value
    watched = np.isfinite(value)
    periods = np.maximum(watched.sum(axis=1), 1)
    size = np.where(watched, value, 0.0).sum(axis=1) / periods
    tracks = {name: track.last for name, track in cell.seen.tracks.items()}
    return {
        "decile": Key(decile(size).astype(np.int32), TENTHS),
        **cell.seen.known,
        **tracks,
    }


def decile(size: Values) -> Indices:
    """Tell in which tenth each customer's size lies, 0 for the smallest; equals share their middle tenth.

    >>> decile(np.array([0.0, 0.0, 0.0, 5.0, 7.0])).tolist()
    [3, 3, 3, 7, 9]
    """
    ranked = np.sort(size)
    middle = (np.searchsorted(ranked, size, "left") + np.searchsorted(ranked, size, "right")) / 2
    tenth: Indices = np.minimum((10 * middle / max(len(size), 1)).astype(np.int64), 9)
    return tenth
