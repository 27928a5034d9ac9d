"""Faults of a user's input as a table: where, what was found, what was expected, the mend."""

from collections.abc import Sequence
from dataclasses import replace

from pertoken.core.errors import Fault
from pertoken.present.sheet import Column, Table

COLUMNS = (
    Column("place", "Place", "text"),
    Column("found", "Found", "text"),
    Column("expected", "Expected", "text"),
    Column("mend", "Mend", "text"),
)


def table(name: str, title: str, found: Sequence[Fault], *, brief: bool) -> Table:
    """Lay out faults.

    Args:
        name: Machine name of the table.
        title: Its title.
        found: The faults.
        brief: True to write each in one sentence, for people.
    """
    if brief:
        short = tuple((each.where, str(replace(each, where=""))) for each in found)
        return Table(name, title, COLUMNS[:2], short, total=False)
    rows = tuple((each.where, each.found, each.expected, each.mend) for each in found)
    return Table(name, title, COLUMNS, rows, total=False)
