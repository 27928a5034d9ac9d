"""How deeply is each customer integrated? A column of the log, a file, or numbers by name, laid out by customer."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.core.money import Values

if TYPE_CHECKING:
    from pertoken.forecast.panel import Panel

Depth = str | Path | Mapping[str, float]
"""A key of the log, a file of `customer,depth`, or numbers by customer; nothing if empty."""

Deep = str | Mapping[str, float]
"""The same, read: a key of the log, or numbers by customer, which have no dates; nothing if empty."""

UNDATED = "depths of integration have no dates: behaviour is told on earlier days with those of today"
"""What a back-test says of numbers by customer."""

FILES = (".csv", ".yaml", ".yml")
"""Ends of names that are taken for files."""


def of_log(depth: str) -> bool:
    """Tell a key of the log from the name of a file."""
    return bool(depth) and Path(depth).suffix not in FILES


def said_depth(panel: "Panel", depth: Depth) -> Deep:
    """Read what is said of depth.

    Args:
        panel: All of the history.
        depth: What was said.

    Raises:
        InputError: A file can't be read, or none of the customers is named.
    """
    if not depth or (isinstance(depth, str) and of_log(depth)):
        return str(depth)
    from pertoken.connect.depths import read_depths  # noqa: PLC0415  the calculator must start fast

    said = depth if isinstance(depth, Mapping) else read_depths(depth)
    if not set(said) & set(panel.customers):
        name = next(iter(said), "")
        raise InputError(f"no depth is of a customer of the log: {name!r}; {nearest(name, panel.customers)}")
    return said


def depth_of(panel: "Panel", depth: Deep) -> Values | None:
    """Say how deeply customers are integrated, shape `(customer,)`, NaN where nobody knows; None where none is said.

    Args:
        panel: The history, or what was known of it at an origin.
        depth: What was said; what a key says in the last period counts.

    Raises:
        InputError: What a key says is no number.
    """
    if not depth:
        return None
    if isinstance(depth, str):
        return np.array([_number(depth, label) for label in panel.tracks[depth].last.column()])
    return np.array([depth.get(name, np.nan) for name in panel.customers])


def _number(depth: str, label: str) -> float:
    """Read a label as a number; nothing where it is empty."""
    try:
        number = float(label) if label else np.nan
    except ValueError:
        number = -1.0
    if number < 0:
        raise InputError(f"{depth} is {label!r}; expected a number of 0 or more as a depth of integration")
    return number
