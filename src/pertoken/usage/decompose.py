"""Overlapping reports become disjoint leaves: what a column contains of other meters is taken off it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pertoken.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf meter as columns of a log: one column less those that it contains.

    Args:
        meter: The leaf.
        column: Column that reports it.
        less: Columns that are taken off it, since it contains them.
        more: Columns that are added: billed with it, or taken off twice.
    """

    meter: str
    column: str
    less: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


def decompose(
    columns: Mapping[str, str], inside: Mapping[str, Sequence[str]], added: Mapping[str, Sequence[str]] | None = None
) -> tuple[Leaf, ...]:
    """Say how each leaf is made of columns: its own less the leaves inside, each of them once.

    Args:
        columns: Leaf meter to the column that reports it.
        inside: Meter to the meters that its column contains; they may overlap.
        added: Leaf meter to further columns that are billed with it.

    Raises:
        InputError: A column is said to contain what the log doesn't report, or itself.

    >>> decompose({"input_tokens": "prompt", "cache_read_tokens": "cached"}, {"input_tokens": ["cache_read_tokens"]})[0]
    Leaf(meter='input_tokens', column='prompt', less=('cached',), more=())
    """
    for whole, held in inside.items():
        if held and whole not in columns:
            msg = f"{whole}, which no column reports, is said to contain {', '.join(held)}; map it or drop it"
            raise InputError(msg)
    leaves = []
    for meter, column in columns.items():
        times = _times(meter, columns, inside)
        times.update((added or {}).get(meter, ()))
        times[column] -= 1
        less, more = (tuple(Counter({c: sign * n for c, n in times.items()}).elements()) for sign in (-1, 1))
        leaves.append(Leaf(meter, column, less, more))
    return tuple(leaves)


def _times(meter: str, columns: Mapping[str, str], inside: Mapping[str, Sequence[str]]) -> Counter[str]:
    """How often each column counts in a leaf: those inside, which may hold each other, are taken off as leaves."""
    times = Counter({columns[meter]: 1})
    for part in contained(meter, columns, inside):
        times.subtract(_times(part, columns, inside))
    return times


def contained(meter: str, columns: Mapping[str, str], inside: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """List what the column of a meter contains, with what that contains in turn."""
    found: dict[str, None] = {}
    ahead = list(inside.get(meter, ()))
    while ahead:
        part = ahead.pop(0)
        if part == meter:
            msg = f"{columns[meter]} is said to contain itself; mend `includes` in the mapping"
            raise InputError(msg)
        if part not in columns:
            msg = f"{columns[meter]} is said to contain {part}, which no column reports; map it or drop it"
            raise InputError(msg)
        if part not in found:
            found[part] = None
            ahead += inside.get(part, ())
    return tuple(found)
