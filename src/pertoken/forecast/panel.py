"""Panel: usage of customers by period, the history that every forecast is made from.

A gap is a zero only where the log says so: what was not watched is NaN, and so is what came before a customer did.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import Fault, InputError
from pertoken.core.keys import Key, combine
from pertoken.core.lines import Usage
from pertoken.core.money import Values
from pertoken.forecast.timed import timed

Indices = NDArray[np.int64]

SEASONS = {"hour": 24, "day": 7, "week": 52, "month": 12, "quarter": 4}
"""Periods in which a grain's pattern is expected to come again."""

HIGHEST = 1e30
"""Numbers must be less: squares and samples of single precision hold no more."""

MOST_CELLS = 400_000_000
"""The most numbers a panel holds in one piece (3.2 GB); more customers are forecast in shards."""


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """What customers are, period by period: their plan, their tier, whether they pay.

    Args:
        codes: Index into `labels`, shape `(customer, period)`.
        labels: The distinct labels.
    """

    codes: NDArray[np.int32]
    labels: tuple[str, ...]

    @property
    def last(self) -> Key:
        """What each customer is in the last period, shape `(customer,)`."""
        return Key(self.codes[:, -1], self.labels)


@dataclass(frozen=True, eq=False)
class Panel:
    """Usage of customers by period and cell.

    A cell is what a price tells apart: a meter, of a model, in a band of length.

    Args:
        customers: Their names, each once.
        periods: Labels of the periods, in time and without gaps, shape `(period,)`.
        quantity: Shape `(cell, customer, period)`; NaN for what was not watched and before `since`. [unit]
        grain: `hour`, `day`, `week`, `month`, `quarter`, `year`, or `period` where periods are only numbered.
        since: Index of the first period of each customer, shape `(customer,)`.
        cells: Keys of the cells, each `(cell,)`; a `meter` at least.
        tracks: What may change from period to period, by name (`tier`, `state`).
        known: What doesn't change, by name, each `(customer,)`; known from the customer's first period on.

    Raises:
        InputError: Lengths don't agree, or a name stands twice.
    """

    customers: tuple[str, ...]
    periods: tuple[str, ...]
    quantity: Values
    grain: str
    since: Indices
    cells: Mapping[str, Key] = field(default_factory=lambda: {"meter": Key.constant("quantity", 1)})
    tracks: Mapping[str, Track] = field(default_factory=dict)
    known: Mapping[str, Key] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check shapes and signs."""
        wanted = (len(self.cells["meter"]), len(self.customers), len(self.periods))
        if self.quantity.shape != wanted:
            raise InputError(f"a panel of {wanted} (cell, customer, period) has quantities {self.quantity.shape}")
        if len(set(self.customers)) < len(self.customers):
            twice = next(name for name in self.customers if self.customers.count(name) > 1)
            raise InputError(f"customer {twice!r} stands twice in a panel; expected each once; add their usage first")
        for name in ("cells", "tracks", "known"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __len__(self) -> int:
        """Count the customers."""
        return len(self.customers)

    @property
    def value(self) -> Values:
        """The usage of all cells added up, shape `(customer, period)`; NaN where any is."""
        value: Values = self.quantity[0] if len(self.quantity) == 1 else self.quantity.sum(axis=0)
        return value

    @property
    def season(self) -> int:
        """Periods in which a pattern is expected to come again; 1 where none is."""
        return SEASONS.get(self.grain, 1)

    def weighted(self, weights: Values, meter: str = "driver") -> "Panel":
        """Make one cell of all, each with its weight: the one number that a customer's usage is forecast by.

        Args:
            weights: Of each cell, shape `(cell,)`. [driver / unit]
            meter: What the one cell is called.
        """
        one = np.einsum("c,cip->ip", weights, self.quantity)[None]
        return replace(self, quantity=one, cells={"meter": Key.constant(meter, 1)})

    def as_of(self, count: int) -> "Panel":
        """Go back to what was known after some periods: later customers, usage and plans are not there.

        Args:
            count: How many periods had gone by, from the first.
        """
        if not 0 < count <= len(self.periods):
            raise InputError(f"a panel of {len(self.periods)} periods has no state after {count}")
        here = np.flatnonzero(self.since < count)
        return self.pick(here).window(0, count)

    def window(self, first: int, last: int) -> "Panel":
        """Keep the periods from one to before another; customers who came before begin with it."""
        return replace(
            self,
            periods=self.periods[first:last],
            quantity=self.quantity[:, :, first:last],
            since=np.maximum(self.since - first, 0),
            tracks={name: Track(each.codes[:, first:last], each.labels) for name, each in self.tracks.items()},
        )

    def pick(self, rows: Indices) -> "Panel":
        """Keep some customers, by index."""
        return replace(
            self,
            customers=tuple(self.customers[i] for i in rows),
            quantity=self.quantity[:, rows],
            since=self.since[rows],
            tracks={name: Track(each.codes[rows], each.labels) for name, each in self.tracks.items()},
            known={name: each.pick(rows) for name, each in self.known.items()},
        )


def panel_of_rows(
    customers: Sequence[str],
    periods: Sequence[date | str | int],
    values: Iterable[float],
    *,
    grain: str = "",
    since: Mapping[str, date | str | int] | None = None,
    tracks: Mapping[str, Sequence[str]] | None = None,
) -> Panel:
    """Make a panel of rows (customer, period, value); values of the same customer and period are added up.

    Periods without a row are zeros from the customer's first row on. NaN says that a period was not watched.

    Args:
        customers: Whose, one for each row.
        periods: When: days, labels of periods, or whole numbers.
        values: How much.
        grain: Of the periods; found from their labels if empty. `week` adds up weeks that end with the last day.
        since: First period of customers who came before their first row.
        tracks: What customers are, by name, one label for each row; it stays until another is said.

    Raises:
        InputError: No rows, periods of two kinds, values that are negative or infinite, or two labels in one period.

    >>> made = panel_of_rows(["a", "b", "a"], ["2026-01-01", "2026-01-03", "2026-01-02"], [5, 7, 2])
    >>> made.value[0].tolist(), made.since.tolist()
    ([5.0, 2.0, 0.0], [0, 2])
    """
    who, amount = Key.of(map(str, customers)), np.asarray(list(values), dtype=np.float64)
    if not len(amount):
        raise InputError("no rows to make a panel of; expected at least one customer, period and value")
    if not _usable(amount).all():
        raise InputError.of(_unusable(list(customers), list(periods), amount))
    laid = timed(periods, grain)
    numbers, labels = laid.number, laid.labels
    size = (len(who.labels), len(labels))
    if size[0] * size[1] > MOST_CELLS:
        raise InputError(
            f"{size[0]} customers x {size[1]} periods do not fit one panel; use a coarser period or shards"
        )
    value = np.zeros(size)
    np.add.at(value, (who.codes, numbers), amount)
    first = np.full(size[0], len(labels), dtype=np.int64)
    np.minimum.at(first, who.codes, numbers)
    index = {label: i for i, label in enumerate(labels)}
    for name, when in (since or {}).items():
        if name in who.labels:
            at = who.labels.index(name)
            first[at] = min(int(first[at]), index.get(str(when), 0))
    value[np.arange(size[1]) < first[:, None]] = np.nan
    rows = who.codes.astype(np.int64), numbers
    told = {name: _track(Key.of(each), rows, size, name) for name, each in (tracks or {}).items()}
    return Panel(who.labels, labels, value[None], laid.grain, first, tracks=told)


def _usable(amount: Values) -> NDArray[np.bool_]:
    """Say which numbers a forecast can be made from; NaN is one."""
    usable: NDArray[np.bool_] = np.isnan(amount) | ((amount >= 0) & (amount < HIGHEST))
    return usable


def _unusable(customers: Sequence[str], periods: Sequence[object], amount: Values) -> list[Fault]:
    rows = np.flatnonzero(~_usable(amount))
    return [
        Fault(f"row {row + 1}", f"{customers[row]} used {amount[row]:g} in {periods[row]}", *_mend(float(amount[row])))
        for row in rows[:8]
    ]


def _mend(amount: float) -> tuple[str, str]:
    """What was expected in place of a number, and what is to be done."""
    if amount < 0:
        return "nothing below zero", "take the correction off the period that it corrects"
    return f"less than {HIGHEST:g}", "take a larger unit, or leave it empty where it was not watched"


def checked(panel: Panel) -> Panel:
    """Give a panel back that can be forecast from.

    Raises:
        InputError: Something in it is negative or infinite.
    """
    wrong = np.argwhere(~_usable(panel.quantity))
    if len(wrong):
        cell, who, when = (int(each) for each in wrong[0])
        amount = float(panel.quantity[cell, who, when])
        said = f"{panel.customers[who]} used {amount:g} in {panel.periods[when]}"
        raise InputError(f"{said}; expected {_mend(amount)[0]}, or NaN where it was not watched")
    return panel


def panel_of_usage(usage: Usage, *, grain: str = "day", tracks: Sequence[str] = (), known: Sequence[str] = ()) -> Panel:
    """Make a panel of folded usage: all keys but the customer, the period and what customers are make the cells.

    Args:
        usage: With `customer`, a period at least as fine as `grain`, a `meter`, and keys that prices look at.
        grain: Of the panel: `hour`, `day`, `month`, `quarter` or `year`.
        tracks: Keys that say what a customer is and may change with time (`tier`).
        known: Keys that say what a customer is for good (`signup`).

    Raises:
        InputError: A key is missing, quantities are negative, or a customer has two labels of a track in one period.
    """
    from_key = usage.period(grain)
    here = usage.with_keys(**{grain: from_key})
    about = {"customer", grain, *tracks, *known}
    cells = [name for name in here.keys if name not in about and name not in period.GRAINS]
    rows = here.fold(["customer", grain, *tracks, *known, *cells])
    labels, number = _every(rows.key(grain), grain)
    code, _ = combine([rows.keys[name] for name in cells], len(rows))
    _, first, cell = np.unique(code, return_index=True, return_inverse=True)
    there, who = np.unique(rows.key("customer").codes, return_inverse=True)
    names = tuple(rows.key("customer").labels[code] for code in there)  # others used nothing in these periods
    quantity = np.zeros((int(cell.max()) + 1, len(names), len(labels)))
    np.add.at(quantity, (cell, who, number), rows.values["quantity"].astype(np.float64))
    if (quantity < 0).any():
        _, i, t = (int(each[0]) for each in np.nonzero(quantity < 0))
        raise InputError(
            f"{names[i]} used less than nothing in {labels[t]}; a forecast needs usage of zero or more; "
            "take corrections off the period that they correct"
        )
    since = np.full(len(names), len(labels), dtype=np.int64)
    np.minimum.at(since, who, number)
    quantity[:, np.arange(len(labels)) < since[:, None]] = np.nan
    place = (who, number)
    return Panel(
        names,
        labels,
        quantity,
        grain,
        since,
        {name: rows.keys[name].pick(first) for name in cells},
        {name: _track(rows.key(name), place, (len(names), len(labels)), name) for name in tracks},
        {name: _track(rows.key(name), place, (len(names), len(labels)), name).last for name in known},
    )


def _every(key: Key, grain: str) -> tuple[tuple[str, ...], Indices]:
    """Name all periods from the first to the last, and number those of the rows."""
    named = sorted({key.labels[code] for code in np.unique(key.codes)} - {""})
    if not named:
        raise InputError("no usage with a time to make a panel of; map a column to `time`")
    begun = period.begins(named)
    labels = tuple(period.label(each, grain) for each in period.periods(grain, begun.min(), period.ends(named).max()))
    index = {label: i for i, label in enumerate(labels)}
    if (np.array([each == "" for each in key.labels] or [False])[key.codes]).any():
        raise InputError("some usage has no time; a forecast needs all of it dated; map a column to `time`")
    return labels, np.array([index.get(label, 0) for label in key.labels], dtype=np.int64)[key.codes]


def _track(key: Key, place: tuple[Indices, Indices], size: tuple[int, int], name: str) -> Track:
    """Say what customers are in each period: what was said last, and before that what was said first."""
    codes = np.full(size, -1, dtype=np.int32)
    codes[place] = key.codes
    if (codes[place] != key.codes).any():
        wrong = int(np.flatnonzero(codes[place] != key.codes)[0])
        both = f"{key.labels[key.codes[wrong]]} and {key.labels[codes[place][wrong]]}"
        raise InputError(
            f"a customer has two labels of {name!r} in one period: {both}; expected one; "
            f"leave {name!r} out of the forecast, or tell the two apart as customers"
        )
    at = np.where(codes >= 0, np.arange(size[1]), -1)
    last = np.maximum.accumulate(at, axis=1)
    first = np.argmax(codes >= 0, axis=1)
    return Track(np.take_along_axis(codes, np.where(last < 0, first[:, None], last), axis=1), key.labels)
