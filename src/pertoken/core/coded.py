"""Coded columns: labels in any of the forms in which tables hold them, made dictionary-coded once."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.keys import Key

WORDS: Mapping[Any, str] = {True: "true", False: "false", None: "", np.True_: "true", np.False_: "false"}
"""What truth and its absence are as labels."""

CHUNK = 1 << 14
"""Rows coded at once."""


def coded(column: Any, size: int | None = None) -> Key:  # noqa: ANN401  whatever a table holds
    """Code a column of labels; the labels stand in the order in which they come.

    Args:
        column: A `Key`; codes and labels as a pair; a dictionary of Arrow (`indices` and `dictionary`) or a category of
            pandas (`codes` and `categories`); an array or list of strings or truths; or one label for all rows.
        size: How many rows there are, where one label is given.

    Returns:
        A key with one code for each row; None is the empty label.

    Raises:
        InputError: A code stands for no label.

    >>> key = coded(["b", None, "b"])
    >>> key.labels, key.codes.tolist()
    (('b', ''), [0, 1, 0])
    """
    if isinstance(column, Key):
        return column
    if column is None or isinstance(column, (str, bool)):
        return Key.constant(WORDS.get(column, str(column)), size or 0)
    pair = _pair(column)
    return _of_values(column) if pair is None else _of_pair(*pair)


def _pair(column: Any) -> tuple[Any, Any] | None:  # noqa: ANN401  whatever a table holds
    if isinstance(column, tuple) and len(column) == 2 and isinstance(column[0], np.ndarray):  # noqa: PLR2004  a pair
        return column
    whole = column.combine_chunks() if hasattr(column, "combine_chunks") else column
    for codes, labels in (("indices", "dictionary"), ("codes", "categories")):
        if hasattr(whole, codes) and hasattr(whole, labels):
            return getattr(whole, codes), getattr(whole, labels)
    return None


def _of_pair(codes: Any, labels: Iterable[Any]) -> Key:  # noqa: ANN401  whatever a table holds
    names = [_label(each) for each in (labels.tolist() if hasattr(labels, "tolist") else labels)]
    found = np.asarray(codes)
    if found.dtype.kind == "f":  # Arrow gives missing codes as NaN
        found = np.where(np.isnan(found), -1, found)
    found = found.astype(np.int32, copy=False)
    low, high = (int(found.min()), int(found.max())) if len(found) else (0, -1)
    if low < -1 or high >= len(names):
        raise InputError(f"a column has codes from {low} to {high}; expected -1 to {len(names) - 1}, its labels")
    if low < 0:
        found, names = np.where(found < 0, np.int32(len(names)), found), [*names, ""]
    return Key(found, tuple(names))


def _of_values(column: Any) -> Key:  # noqa: ANN401  whatever a table holds
    """Code values some at a time, so that those of an array are gone again before the next are made."""
    rows = column if hasattr(column, "__getitem__") else list(column)
    index: dict[Any, int] = {}
    codes = np.empty(len(rows), dtype=np.int32)
    for begin in range(0, len(rows), CHUNK):
        part = rows[begin : begin + CHUNK]
        values = part.tolist() if hasattr(part, "tolist") else list(part)
        made = codes[begin : begin + CHUNK]
        try:
            made[:] = np.fromiter(map(index.__getitem__, values), np.int32, len(values))
        except KeyError:
            for value in dict.fromkeys(values):
                index.setdefault(value, len(index))
            made[:] = np.fromiter(map(index.__getitem__, values), np.int32, len(values))
    return Key(codes, tuple(map(_label, index)))


def _label(value: Any) -> str:  # noqa: ANN401  whatever a table holds
    if isinstance(value, str):
        return value
    if value is None or value is True or value is False or isinstance(value, np.bool_):
        return WORDS[value]
    if value != value:  # noqa: PLR0124  NaN, as pandas writes what is missing
        return ""
    return value.decode() if isinstance(value, bytes) else str(getattr(value, "as_py", lambda: value)() or "")
