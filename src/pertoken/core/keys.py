"""Keys: columns of labels, dictionary-coded; and the groups of lines that agree on some of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values

Codes = NDArray[np.int32]


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
    _index: NDArray[np.intp]
    _made: Codes | None
    _of: Key

    def __init__(self, of: Key, index: NDArray[np.intp]) -> None:
        for name, value in (("labels", of.labels), ("_of", of), ("_index", index), ("_made", None)):
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self._index)

    @property
    def codes(self) -> Codes:
        made = self._made
        if made is None:
            made = _none(len(self._index)) if len(self.labels) == 1 else self._of.codes[self._index]
            object.__setattr__(self, "_made", made)
        return made

    def __reduce__(self) -> tuple[type[Key], tuple[Codes, tuple[str, ...]]]:
        """Be sent as a key of its own."""
        return Key, (self.codes, self.labels)


@dataclass(frozen=True, eq=False)
class Groups:
    """Lines that agree on some keys, gathered.

    Args:
        starts: Where each group begins once the lines are in order, shape `(group,)`.
        size: Number of lines.
        first: One line of each group, shape `(group,)`.
        sorted_: Lines sorted by group, shape `(line,)`; None where they stand in order, or are not sorted yet.
        of_line: Group of each line, shape `(line,)`; None where the lines are sorted.
    """

    starts: NDArray[np.intp]
    size: int
    first: NDArray[np.intp]
    sorted_: NDArray[np.intp] | None = None
    of_line: NDArray[Any] | None = None

    @cached_property
    def order(self) -> NDArray[np.intp] | None:
        """Lines sorted by group, or None where they already stand in order."""
        if self.of_line is None:
            return self.sorted_
        return self.first if len(self.starts) == self.size else _order(self.of_line, len(self.starts))

    @property
    def alone(self) -> bool:
        """Tell whether each line is a group of its own and in order, so that nothing is to be summed."""
        return self.of_line is None and self.sorted_ is None and len(self.starts) == self.size

    def sum(self, values: Values) -> Values:
        """Sum values of shape `(*batch, line)` to `(*batch, group)`."""
        if self.alone:
            return values
        if len(self.starts) == 0:
            return values[..., :0]
        each = len(self.starts) and self.size // len(self.starts)
        if self.of_line is not None and values.ndim == 1 and values.dtype == np.int64 and _small(values):
            return np.bincount(self.of_line, weights=values, minlength=len(self.starts)).astype(np.int64)
        ordered = values if self.order is None else values.take(self.order, axis=-1)
        if values.ndim > 1 and self._even(each):
            return _stepwise(ordered, each)
        result: Values = np.add.reduceat(ordered, self.starts, axis=-1)
        return result

    def _even(self, each: int) -> bool:
        """Tell whether all groups have so many lines, and those few."""
        return each <= FEW and each * len(self.starts) == self.size and bool((np.diff(self.starts) == each).all())


FEW = 8
"""So many lines of a group are added up step by step."""


def _stepwise(values: Values, each: int) -> Values:
    """Sum groups of so many lines each, one after the other."""
    out: Values = values[..., 0::each].copy()
    for i in range(1, each):
        out += values[..., i::each]
    return out


MOST_EXACT = 2**53
"""Floats hold every whole number up to this one."""


def _small(values: Values) -> bool:
    """Tell whether floats hold each sum of some whole numbers."""
    return max(int(values.max()), -int(values.min())) * len(values) <= MOST_EXACT


@lru_cache(maxsize=1)
def each_alone(size: int) -> NDArray[np.intp]:
    """Where groups begin that have one line each; never written to."""
    starts = np.arange(size)
    starts.flags.writeable = False
    return starts


def group(keys: Sequence[Key], size: int) -> Groups:
    """Gather the lines that agree on all keys given, in the order of their labels."""
    code, span = combine(keys, size)
    if (code[1:] > code[:-1]).all():
        return Groups(each_alone(size), size, each_alone(size))
    if (code[1:] >= code[:-1]).all():
        starts = np.flatnonzero(np.concatenate([[True], code[1:] != code[:-1]]))
        return Groups(starts, size, starts)
    if 1 << 16 < span <= 4 * size:
        return _counted(code, span)
    order = _order(code, span)
    ordered = code[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    return Groups(starts, size, order[starts], sorted_=order)


def _counted(code: NDArray[Any], span: int) -> Groups:
    """Gather lines by numbers below a small span, by counting them."""
    counts = np.bincount(code, minlength=span)
    found = np.flatnonzero(counts)
    counts = counts[found]
    slot = np.empty(span, dtype=np.int32)
    slot[found] = np.arange(len(found), dtype=np.int32)
    of_line = slot[code]
    first = np.empty(len(found), dtype=np.intp)
    first[of_line[::-1]] = np.arange(len(code) - 1, -1, -1)
    return Groups(np.cumsum(counts) - counts, len(code), first, of_line=of_line)


def _order(code: NDArray[Any], span: int) -> NDArray[np.intp]:
    """Sort numbers below a span, equal ones as they stand: by their digits of 16 bits, or by merging a few runs."""
    falls = int(np.count_nonzero(code[1:] < code[:-1]))
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
