"""A row by a layout's columns: derived, kept or left out, taken apart to leaves. The readable twin of the SQL."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from pertoken.core.errors import InputError
from pertoken.usage.decompose import Leaf, decompose
from pertoken.usage.fields import count, moment, money, opened, text
from pertoken.usage.layout import Derived, Document, Layout
from pertoken.usage.record import Count, UsageRecord
from pertoken.usage.schema import LogMapping

Notes = Callable[[Document], tuple[str, ...]]

Uses = tuple[tuple[str, int], ...]
"""Columns that a field is read for, and how good it is for each: 0 is the best."""

Wanted = dict[str, "tuple[str, Uses, Wanted]"]
"""Fields that are read, as a tree: the name of each to its path, what it is read for, and those in it."""

Cells = dict[str, tuple[int, Any, str]]
"""What the columns of a row say: how good the field is that says it, what it says, and its path."""

Kept = tuple[tuple[Leaf, tuple[str, ...], tuple[str, ...]], ...]
"""Leaves that a row may count, and the columns, of those that count something, that are added up and taken off."""

COST = "reported_cost"
"""Name of the derived column of what the source itself says that a row cost."""

SEVERAL = "sum of several requests"
"""Note on a row that adds up several requests: no price that depends on the length of one is sure."""

FIELDS = ("provider", "model", "service_tier", "speed", "region")
"""Keys that are fields of a record; `batch` is one, too, and others are its `keys`."""


@dataclass(frozen=True, slots=True)
class Rows:
    """How rows of one layout are read.

    Args:
        mapping: What the columns mean.
        keep: Column to the labels of the rows that are usage.
        notes: What a row leaves open.
        leaves: Meters as columns, disjoint.
        long: True where each row names its one meter.
        words: Column to what the source calls a label, and what we call it.
        labels: Keys, the column of each, and its words.
        wanted: All fields, as a tree.
        counting: Leaves of the rows in which some columns count something.
    """

    mapping: LogMapping
    keep: Mapping[str, tuple[str, ...]]
    notes: Notes | None
    leaves: tuple[Leaf, ...]
    long: bool
    words: Mapping[str, Mapping[str, str]]
    labels: tuple[tuple[str, str, Mapping[str, str]], ...]
    wanted: Wanted
    counting: Callable[[tuple[str, ...]], Kept]

    def __call__(self, document: Document) -> tuple[UsageRecord, ...]:
        """Make usage of a row; nothing if it is none.

        Raises:
            InputError: A count that can't be, or one that is less than what it contains.
        """
        cells: Cells = {}
        _gather(document, self.wanted, cells)
        for column, labels in self.keep.items():
            if self._label(cells, column) not in labels:
                return ()
        meters = self._long(cells) if self.long else self._meters(cells)
        mapping = self.mapping
        return (
            UsageRecord(
                meters=meters,
                **self._labels(cells),
                time=moment(*_cell(cells, mapping.time or "time")),
                request_id=self._label(cells, mapping.request_id or "request_id"),
                reported_cost=money(*_cell(cells, COST)),
                currency=(self._label(cells, "currency") or "USD").upper(),
                notes=(*_added_up(meters.get("requests", 1)), *(self.notes(document) if self.notes else ())),
            ),
        )

    def _label(self, cells: Cells, column: str) -> str:
        if column in cells:
            found = cells[column][1]
            said = found if type(found) is str else text(found)
        else:
            said = ""
        return self.words[column].get(said, said) if column in self.words else said

    def _labels(self, cells: Cells) -> dict[str, Any]:
        keys = dict(self.mapping.constants)
        for key, column, words in self.labels:
            cell = cells.get(column)
            if cell is None and not words:
                continue
            found = cell[1] if cell else ""
            said = found if type(found) is str else text(found)
            if said := words.get(said, said) if words else said:
                keys[key] = said
        out: dict[str, Any] = {name: keys.pop(name) for name in FIELDS if name in keys}
        out["batch"] = keys.pop("batch", "") == "true"
        out["keys"] = keys
        return out

    def _meters(self, cells: Cells) -> dict[str, Count]:
        counts: dict[str, int] = {}
        for leaf in self.leaves:
            if leaf.column in cells:
                _, value, field = cells[leaf.column]
                if number := count(value, field):
                    counts[leaf.column] = number
        meters: dict[str, Count] = {"requests": 1}
        for leaf, more, less in self.counting(tuple(counts)):
            left = counts.get(leaf.column, 0)
            for column in more:
                left += counts[column]
            for column in less:
                left -= counts[column]
            if left < 0:
                raise InputError(_too_little(leaf, counts, cells))
            if left or leaf.meter in meters:
                meters[leaf.meter] = left
        return {name: n for name, n in meters.items() if n} if 0 in meters.values() else meters

    def _long(self, cells: Cells) -> dict[str, Count]:
        """Read the one meter that a row names."""
        value, field = _cell(cells, "quantity")
        quantity = money(value, field) or Decimal(0)
        if quantity < 0:
            msg = f"{field} is {value}; a number of 0 or more was expected"
            raise InputError(msg)
        return {self._label(cells, "meter"): int(quantity) if quantity == int(quantity) else quantity}


def _cell(cells: Cells, column: str) -> tuple[Any, str]:
    """Find what a column says, and the field that says it."""
    _, value, field = cells.get(column, (0, None, column))
    return value, field


def _gather(document: Document, wanted: Wanted, cells: Cells) -> None:
    """Gather what the columns say, each by its best field; text that holds JSON is opened on the way."""
    for name, value in document.items():
        known = wanted.get(name)
        if known is None or value is None or value == "":
            continue
        path, uses, below = known
        for column, rank in uses:
            if column not in cells or rank < cells[column][0]:
                cells[column] = rank, value, path
        if below:
            held = opened(value, name) if isinstance(value, str) else value
            if isinstance(held, dict):
                _gather(held, below, cells)


def _tree(sources: Mapping[str, tuple[str, ...]]) -> Wanted:
    """Write the fields that columns are taken from as a tree."""
    tree: Wanted = {}
    for column, fields in sources.items():
        for rank, field in enumerate(fields):
            node, names = tree, field.split(".")
            for at, name in enumerate(names, 1):
                path, uses, below = node.get(name, (".".join(names[:at]), (), {}))
                node[name] = path, (*uses, (column, rank)) if at == len(names) else uses, below
                node = below
    return tree


def _counting(leaves: tuple[Leaf, ...]) -> Callable[[tuple[str, ...]], Kept]:
    """Make what finds the leaves of a row by its columns that count something; logs have few kinds of rows."""

    @lru_cache(maxsize=1024)
    def counting(columns: tuple[str, ...]) -> Kept:
        kept = (
            (leaf, tuple(each for each in leaf.more if each in columns), tuple(e for e in leaf.less if e in columns))
            for leaf in leaves
        )
        return tuple(
            each for each in kept if each[0].column in columns or each[1] or each[2] or each[0].meter == "requests"
        )

    return counting


def _added_up(requests: Count) -> tuple[str, ...]:
    return (SEVERAL,) if requests != 1 else ()


def _too_little(leaf: Leaf, counts: Mapping[str, Count], cells: Cells) -> str:
    parts = ", ".join(f"{_cell(cells, c)[1]} {counts[c]}" for c in dict.fromkeys(leaf.less) if c in counts)
    whole = f"{_cell(cells, leaf.column)[1]} {counts.get(leaf.column, 0)}"
    return f"{whole} is less than what it is read as containing ({parts}); mend the row or set it aside (--rejects)"


def rows(
    derived: Mapping[str, Derived],
    mapping: LogMapping,
    *,
    keep: Mapping[str, tuple[str, ...]] | None = None,
    notes: Notes | None = None,
) -> Rows:
    """Make a reader of rows of what their columns mean.

    Args:
        derived: Columns that are made of others.
        mapping: What the columns mean.
        keep: Column to the labels of the rows that are usage.
        notes: What a row leaves open.
    """
    named = [mapping.time, mapping.request_id, *mapping.keys.values(), *mapping.meters.values(), *(keep or {})]
    sources: dict[str, tuple[str, ...]] = {column: (column,) for column in named if column}
    sources |= {name: tuple(f"{of}.{path}" if path else of for of, path in each.of) for name, each in derived.items()}
    leaves = decompose(dict(mapping.meters), dict(mapping.includes))
    words = {name: each.words for name, each in derived.items() if each.words}
    return Rows(
        mapping,
        dict(keep or {}),
        notes,
        leaves,
        "quantity" in sources,
        words,
        tuple((key, column, words.get(column, {})) for key, column in mapping.keys.items()),
        _tree(sources),
        _counting(leaves),
    )


def of_rows(
    *,
    name: str,
    title: str,
    columns: Iterable[str],
    derived: Mapping[str, Derived],
    mapping: LogMapping,
    keep: Mapping[str, tuple[str, ...]] | None = None,
    says: Sequence[str] = (),
    notes: Notes | None = None,
    tables: bool = True,
    paged: bool = False,
) -> Layout:
    """Make a layout whose documents are rows: tables and JSON are read by the same data.

    Args:
        name: Word by which it can be forced.
        title: What people call it.
        columns: Columns that a row of it has.
        derived: Columns that are made of others.
        mapping: What the columns mean; the meters and keys name derived columns or those of `columns`.
        keep: Column to the labels of the rows that are usage.
        says: What is known of the format that a reader of the result must know.
        notes: What a row leaves open; JSON only.
        tables: Whether it stands in tables, too.
        paged: Whether a document may also be a page that holds rows as `data`.
    """
    wanted = frozenset(columns)
    kept = dict(keep or {})
    read = rows(derived, mapping, keep=kept, notes=notes)
    return Layout(
        name=name,
        title=title,
        columns=wanted if tables else frozenset(),
        derived=derived if tables else {},
        mapping=mapping if tables else LogMapping(),
        keep=kept if tables else {},
        recognise=(
            (lambda document: any(wanted <= each.keys() for each in _rows_of(document)))
            if paged
            else (lambda document: document.keys() >= wanted)
        ),
        read=(lambda document: [one for each in _rows_of(document) for one in read(each)]) if paged else read,
        says=tuple(says),
    )


def _rows_of(document: Document) -> tuple[Document, ...]:
    """List the rows of a page; a row that stands alone is a page of one."""
    data = document.get("data", document)
    return tuple(each for each in (data if isinstance(data, list) else [data]) if isinstance(each, dict))
