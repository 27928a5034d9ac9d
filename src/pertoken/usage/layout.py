"""Layouts: how the world's logs are written down, as data; from tables by columns, from documents record by record."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pertoken.core.errors import Fault
from pertoken.usage.record import UsageRecord
from pertoken.usage.schema import LogMapping

Document = Mapping[str, Any]
"""A JSON object: one line of a file, one element of an array, or all of a page."""

Placed = tuple[str, int, Document | Fault]
"""File, line, and the document that stands there, or what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Derived:
    """A column that is made of others: the first that says something.

    Args:
        of: Columns, each with a path into the JSON that it holds (`usage_object.prompt_tokens_details.cached_tokens`);
            an empty path for the column itself.
        words: What the source calls a label, to what we call it; others stay as they are.
    """

    of: tuple[tuple[str, str], ...]
    words: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A format that logs come in. Both ways to read one give the same usage; a test holds them to it.

    Args:
        name: Word by which it can be forced (`litellm-spend`).
        title: What people call it (`LiteLLM spend logs`).
        columns: Columns that a table of it has, all of them; empty if it never stands in tables.
        derived: Columns that are made of others before the mapping is read; tables only.
        mapping: What the columns mean; tables only.
        keep: Column to the labels of the rows that are usage; rows with others are left out and counted; tables only.
        recognise: Tells whether a document is of this format.
        read: Makes usage of a document.
        says: What is known of the format that a reader of the result must know.
        paged: Whether its documents are pages of a report, of which some may not be there.
    """

    name: str
    title: str
    columns: frozenset[str] = frozenset()
    derived: Mapping[str, Derived] = field(default_factory=dict)
    mapping: LogMapping = field(default_factory=LogMapping)
    keep: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    recognise: Callable[[Document], bool] | None = None
    read: Callable[[Document], Iterable[UsageRecord]] | None = None
    says: tuple[str, ...] = ()
    paged: bool = False


def of_columns(columns: Iterable[str], layouts: Sequence[Layout]) -> Layout | None:
    """Find the layout of a table: of those whose columns are all there, the one that asks for most."""
    names = {column.lower() for column in columns}
    found = [each for each in layouts if each.columns and {column.lower() for column in each.columns} <= names]
    return max(found, key=lambda each: len(each.columns), default=None)


def of_document(document: Document, layouts: Sequence[Layout]) -> Layout | None:
    """Find the layout of a document: the first that knows it."""
    return next((each for each in layouts if each.recognise and each.recognise(document)), None)


def names(layouts: Iterable[Layout]) -> Iterator[str]:
    """Name the layouts, as they can be forced."""
    return (each.name for each in layouts)
