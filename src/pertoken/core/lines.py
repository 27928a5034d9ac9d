"""Lines: the one table of the house. Keys say what a line is about, values how much.

A key is dictionary-coded: one small integer for each line and one tuple of labels in their order. Values have shape
`(*batch, line)`: a certain world has none, ten thousand draws have one leading axis. All reduce over the last.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import InputError, nearest
from pertoken.core.money import Values

Codes = NDArray[np.int32]
T = TypeVar("T", bound="Lines")


@dataclass(frozen=True, slots=True, eq=False)
class Key:
    """One column of labels, dictionary-coded.

    Args:
        codes: Index into `labels` for each line, shape `(line,)`.
        labels: The distinct labels in the order in which they sort; some may stand on no line.
    """

    codes: Codes
    labels: tuple[str, ...]

    @classmethod
    def of(cls, column: Iterable[str]) -> "Key":
        """Code a column of labels.

        >>> Key.of(["b", "a", "b"]).labels
        ('a', 'b')
        """
        values = list(column)
        labels = sorted(set(values))
        index = {label: i for i, label in enumerate(labels)}
        return cls(np.array([index[v] for v in values], dtype=np.int32), tuple(labels))

    @classmethod
    def constant(cls, label: str, size: int) -> "Key":
        """Make a key that says the same on every line."""
        return cls(_none(size), (label,))

    def __len__(self) -> int:
        """Count the lines."""
        return len(self.codes)

    def pick(self, index: NDArray[np.intp]) -> "Key":
        """Keep the lines that an index names; they are looked up when they are asked for."""
        return _Picked(self, index)

    def column(self) -> NDArray[np.object_]:
        """Decode to one label for each line."""
        return np.array([*self.labels, None], dtype=object)[self.codes]

    def relabel(self, rename: Mapping[str, str]) -> "Key":
        """Map labels to other labels, several to one where they meet, in sorted order."""
        new = [rename[label] for label in self.labels]
        labels = sorted(set(new))
        index = {label: i for i, label in enumerate(labels)}
        table = np.array([index[label] for label in new], dtype=np.int32)
        return Key(table[self.codes] if len(table) else self.codes, tuple(labels))


def _none(size: int) -> Codes:
    """Codes of a single label, which take no room."""
    return np.broadcast_to(np.int32(0), (size,))


class _Picked(Key):
    """Some lines of another key; many keys of picked lines are never read."""

    __slots__ = ("_index", "_made", "_of")

    def __init__(self, of: Key, index: NDArray[np.intp]) -> None:
        for name, value in (("labels", of.labels), ("_of", of), ("_index", index), ("_made", None)):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self._index)

    @property
    def codes(self) -> Codes:  # type: ignore[override]  # a frozen field is read-only too
        if self._made is None:
            made = _none(len(self._index)) if len(self.labels) == 1 else self._of.codes[self._index]
            object.__setattr__(self, "_made", made)
        return self._made


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
            key = _filled(key, self._rolled(finer, grain))
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


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Lines that agree on some keys, gathered.

    Args:
        order: Lines sorted by group, or None where they already stand in order.
        starts: Where each group begins in that order, shape `(group,)`.
        size: Number of lines.
        first: One line of each group, shape `(group,)`.
    """

    order: NDArray[np.intp] | None
    starts: NDArray[np.intp]
    size: int
    first: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        """Note a line of each group."""
        object.__setattr__(self, "first", self.starts if self.order is None else self.order[self.starts])

    @property
    def alone(self) -> bool:
        """Tell whether each line is a group of its own and in order, so that nothing is to be summed."""
        return self.order is None and len(self.starts) == self.size

    def sum(self, values: Values) -> Values:
        """Sum values of shape `(*batch, line)` to `(*batch, group)`."""
        if self.alone:
            return values
        if len(self.starts) == 0:
            return values[..., :0]
        ordered = values if self.order is None else values.take(self.order, axis=-1)
        result: Values = np.add.reduceat(ordered, self.starts, axis=-1)
        return result


@lru_cache(maxsize=1)
def each_alone(size: int) -> NDArray[np.intp]:
    """Where groups begin that have one line each; never written to."""
    starts = np.arange(size)
    starts.flags.writeable = False
    return starts


def group(keys: Sequence[Key], size: int) -> Groups:
    """Gather the lines that agree on all keys given, in the order of their labels."""
    if size == 0:
        return Groups(None, np.zeros(0, dtype=np.intp), 0)
    code, span = combine(keys, size)
    if (code[1:] > code[:-1]).all():
        return Groups(None, each_alone(size), size)
    falls = int(np.count_nonzero(code[1:] < code[:-1]))
    order = _order(code, span, falls) if falls else None
    ordered = code if order is None else code[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return Groups(order, starts, size)


def _order(code: NDArray[Any], span: int, falls: int) -> NDArray[np.intp]:
    """Sort numbers below a span, equal ones as they stand: by their digits of 16 bits, or by merging a few runs."""
    if span > 1 << 32 or (falls < len(code) >> 10 and span > 1 << 16):
        return np.argsort(code, kind="stable")
    order = np.argsort(code.astype(np.uint16), kind="stable")
    if span <= 1 << 16:
        return order
    return order[np.argsort((code >> 16).astype(np.uint16)[order], kind="stable")]


def combine(keys: Sequence[Key], size: int) -> tuple[NDArray[Any], int]:
    """Number the combinations of several keys by one integer for each line, in the order of their labels."""
    code: NDArray[Any] | None = None
    span = 1
    for key in keys:
        width = max(len(key.labels), 1)
        if width == 1:
            continue
        if code is None:
            code, span = key.codes, width
            continue
        if span > (1 << 62) // width:
            distinct, code = np.unique(code, return_inverse=True)
            span = len(distinct)
        span *= width
        code = code * (np.int32(width) if span < 1 << 31 else np.int64(width))
        code += key.codes
    return _none(size) if code is None else code, span


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


def _filled(key: Key, other: Key) -> Key:
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
