"""Lines: the one table of the house. Keys say what a line is about, values how much.

A key is dictionary-coded: one small integer for each line and one tuple of labels in their order. Values have shape
`(*batch, line)`: a certain world has none, ten thousand draws have one leading axis. All reduce over the last.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import InputError, nearest
from pertoken.core.keys import MOST_EXACT, Groups, Key, combine, each_alone, group
from pertoken.core.money import Values

__all__ = [
    "MOST_EXACT",
    "Groups",
    "Key",
    "Ledger",
    "Lines",
    "Usage",
    "combine",
    "concat",
    "each_alone",
    "filled",
    "group",
    "in_worlds",
    "merge_labels",
    "table",
]

T = TypeVar("T", bound="Lines")


@dataclass(frozen=True, eq=False)
class Lines:
    """Keys and values of the same number of lines; never changed, only made anew.

    Args:
        keys: Name to `Key`, each `(line,)`.
        values: Name to numbers, each `(*batch, line)`.

    Raises:
        InputError: A key that this kind of lines must have is missing, or lengths differ.
    """

    keys: Mapping[str, Key]
    values: Mapping[str, Values]
    needs_keys: ClassVar[frozenset[str]] = frozenset()
    needs_values: ClassVar[frozenset[str]] = frozenset()

    def __post_init__(self) -> None:
        """Check that all columns are there and of one length."""
        missing = (self.needs_keys - set(self.keys)) | (self.needs_values - set(self.values))
        if missing:
            msg = f"{type(self).__name__} needs {sorted(missing)}; it has {sorted({*self.keys, *self.values})}"
            raise InputError(msg)
        lengths = {len(k) for k in self.keys.values()} | {v.shape[-1] for v in self.values.values()}
        if len(lengths) > 1:
            msg = f"columns of one table must be of one length, found {sorted(lengths)}"
            raise InputError(msg)
        object.__setattr__(self, "keys", MappingProxyType(dict(self.keys)))
        object.__setattr__(self, "values", MappingProxyType(dict(self.values)))

    def __len__(self) -> int:
        """Count the lines."""
        for key in self.keys.values():
            return len(key)
        for value in self.values.values():
            return int(value.shape[-1])
        return 0

    def key(self, name: str) -> Key:
        """Return a key, or raise `InputError` with the nearest names."""
        if name not in self.keys:
            msg = f"no key {name!r} here; {nearest(name, self.keys)}"
            raise InputError(msg)
        return self.keys[name]

    def pick(self, index: NDArray[Any]) -> Self:
        """Keep the lines that a boolean mask or an index names."""
        index = np.flatnonzero(index) if index.dtype == bool else index
        keys = {name: key.pick(index) for name, key in self.keys.items()}
        run = _run(index) if any(value.ndim > 1 for value in self.values.values()) else None
        if run is not None:  # worlds are not copied where they need not be
            return type(self)(keys, {name: value[..., run] for name, value in self.values.items()})
        return type(self)(keys, {name: value.take(index, axis=-1) for name, value in self.values.items()})

    def where(self, **labels: str) -> Self:
        """Keep the lines that carry these labels.

        >>> usage = table(["meter"], ["quantity"], [("input_tokens", 5), ("output_tokens", 7)])
        >>> usage.where(meter="output_tokens").values["quantity"].tolist()
        [7]
        """
        mask = np.ones(len(self), dtype=bool)
        for name, label in labels.items():
            key = self.key(name)
            mask &= key.codes == (key.labels.index(label) if label in key.labels else -1)
        return self.pick(mask)

    def with_keys(self, **keys: Key | str) -> Self:
        """Add or replace keys; a plain string stands on every line."""
        size = len(self)
        made = {name: Key.constant(k, size) if isinstance(k, str) else k for name, k in keys.items()}
        return type(self)({**self.keys, **made}, self.values)

    def fold(self, by: Sequence[str]) -> "Lines":
        """Sum all values over the lines that agree on some keys.

        Args:
            by: Keys to keep; lines come out in the order of their labels.

        Returns:
            One line for each combination that stands here, values summed over the last axis.
        """
        groups = group([self.key(name) for name in by], len(self))
        keys = {name: self.keys[name].pick(groups.first) for name in by}
        return Lines(keys, {name: groups.sum(value) for name, value in self.values.items()})

    def period(self, grain: str) -> Key:
        """Return the key of a period, rolled up from a finer one on the lines where need be.

        Raises:
            InputError: No such period here, nor a finer one.
        """
        here = [g for g in reversed(period.GRAINS[: period.GRAINS.index(grain) + 1]) if g in self.keys]
        if not here:
            msg = f"no {grain} here, nor a finer period; map a column to `time`, or say --period"
            raise InputError(msg)
        key = self._rolled(here[0], grain)
        for finer in here[1:]:
            if "" not in key.labels:
                break
            key = filled(key, self._rolled(finer, grain))
        return key

    def _rolled(self, finer: str, grain: str) -> Key:
        key = self.keys[finer]
        if finer == grain:
            return key
        return key.relabel({label: period.roll_up(label, grain) if label else "" for label in key.labels})

    def records(self) -> list[dict[str, Any]]:
        """List the lines as plain dictionaries, keys first. Only for a certain world (no batch axis)."""
        names = [*self.keys, *self.values]
        columns = [*(k.column().tolist() for k in self.keys.values()), *(v.tolist() for v in self.values.values())]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


class Usage(Lines):
    """Lines with a `meter` and a `quantity` [unit of the meter]."""

    needs_keys = frozenset({"meter"})
    needs_values = frozenset({"quantity"})


class Ledger(Lines):
    """Lines with an `account`, a `stage`, a `quantity` [unit of the meter] and an `amount` [currency]."""

    needs_keys = frozenset({"account", "stage"})
    needs_values = frozenset({"quantity", "amount"})


def _run(index: NDArray[Any]) -> slice | None:
    """Say an index as a slice where it names lines that follow each other."""
    if not len(index) or index[-1] - index[0] + 1 != len(index) or (np.diff(index) != 1).any():
        return None
    return slice(int(index[0]), int(index[-1]) + 1)


def concat(kind: type[T], parts: Sequence[Lines]) -> T:
    """Put tables under each other; a key that a part lacks is empty there.

    Values that a part lacks are an error: a quantity is never assumed to be zero. A table without worlds stands in each
    world of the others.
    """
    if not parts:
        msg = "nothing to put together"
        raise InputError(msg)
    if len(parts) == 1:
        return kind(parts[0].keys, parts[0].values)
    names = list(dict.fromkeys(name for part in parts for name in part.keys))
    sizes = [len(part) for part in parts]
    keys = {name: _join([p.keys.get(name) for p in parts], sizes) for name in names}
    uneven = {name for part in parts for name in part.values if any(name not in each.values for each in parts)}
    if uneven:
        msg = f"tables with and without {sorted(uneven)} can't be put under each other"
        raise InputError(msg)
    values = {name: _beside([p.values[name] for p in parts]) for name in parts[0].values}
    return kind(keys, values)


def _beside(values: Sequence[Values]) -> Values:
    """Put values beside each other; what is the same in every world is given each of them."""
    worlds = np.broadcast_shapes(*(each.shape[:-1] for each in values))
    return np.concatenate([in_worlds(each, worlds) for each in values], axis=-1)


def in_worlds(values: Values, worlds: tuple[int, ...]) -> Values:
    """Give values the leading axes of all worlds."""
    return values if values.shape[:-1] == worlds else np.broadcast_to(values, (*worlds, values.shape[-1]))


def filled(key: Key, other: Key) -> Key:
    """Take the labels of another key where a key is empty."""
    empty = key.codes == key.labels.index("")
    if not empty.any():
        return key
    size = len(key.codes)
    both = _join([key, other], [size, size])
    return Key(np.where(empty, both.codes[size:], both.codes[:size]), both.labels)


def _join(keys: Sequence[Key | None], sizes: Sequence[int]) -> Key:
    present = [k if k is not None else Key.constant("", n) for k, n in zip(keys, sizes, strict=True)]
    if all(k.labels == present[0].labels for k in present):
        if len(present[0].labels) == 1:
            return Key.constant(present[0].labels[0], sum(sizes))
        return Key(np.concatenate([k.codes for k in present]), present[0].labels)
    labels = merge_labels([k.labels for k in present])
    index = {label: i for i, label in enumerate(labels)}
    tables = [np.array([index[label] for label in k.labels], dtype=np.int32) for k in present]
    parts = [t[k.codes] if len(t) > 1 else np.full(len(k.codes), t.sum()) for t, k in zip(tables, present, strict=True)]
    return Key(np.concatenate(parts, dtype=np.int32), labels)


def merge_labels(lists: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    """Merge lists of labels into one in sorted order."""
    return tuple(sorted({label for labels in lists for label in labels}))


def table(keys: Sequence[str], values: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> Lines:
    """Make lines from rows that are written out: labels first, then numbers.

    >>> table(["meter"], ["quantity"], [("input_tokens", 5)]).records()
    [{'meter': 'input_tokens', 'quantity': 5}]
    """
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(keys) + len(values))
    made = {name: Key.of(map(str, column)) for name, column in zip(keys, columns, strict=False)}
    numbers = {name: np.array(column) for name, column in zip(values, columns[len(keys) :], strict=True)}
    return Lines(made, numbers)
