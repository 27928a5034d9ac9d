"""Overlapping reports become disjoint leaves: what a column contains of other meters is taken off it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pertoken.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf meter as columns of a log: one column less those that it contains.

    Args:
        meter: The leaf.
        column: Column that reports it.
        less: Columns that the column contains and that are leaves of their own.
    """

    meter: str
    column: str
    less: tuple[str, ...] = ()


def decompose(columns: Mapping[str, str], inside: Mapping[str, Sequence[str]]) -> tuple[Leaf, ...]:
    """Say how each leaf is made of columns.

    Args:
        columns: Leaf meter to the column that reports it.
        inside: Meter to the meters that its column contains.

    Raises:
        InputError: A column is said to contain what the log doesn't report.

    >>> decompose({"input_tokens": "prompt", "cache_read_tokens": "cached"}, {"input_tokens": ["cache_read_tokens"]})[0]
    Leaf(meter='input_tokens', column='prompt', less=('cached',))
    """
    leaves = []
    for meter, column in columns.items():
        parts = inside.get(meter, ())
        missing = [part for part in parts if part not in columns]
        if missing:
            msg = f"{column} is said to contain {', '.join(missing)}, which no column reports; map it or drop it"
            raise InputError(msg)
        leaves.append(Leaf(meter, column, tuple(columns[part] for part in parts)))
    return tuple(leaves)
