"""A row by a layout's columns: derived, kept or left out, taken apart to leaves. The readable twin of the SQL."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pertoken.core.errors import InputError
from pertoken.usage.decompose import Leaf, decompose
from pertoken.usage.fields import count, moment, money, opened, text
from pertoken.usage.layout import Derived, Document, Layout
from pertoken.usage.record import Count, UsageRecord
from pertoken.usage.schema import LogMapping

Notes = Callable[[Document], tuple[str, ...]]

Wanted = dict[str, "tuple[str, Wanted]"]
"""Fields that are read, as a tree: the name of each to its path (empty if it is only on the way) and those in it."""

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
        sources: Column to the fields that it is taken from, the best first.
        words: Column to what the source calls a label, and what we call it.
        wanted: All fields, as a tree.
    """

    mapping: LogMapping
    keep: Mapping[str, tuple[str, ...]]
    notes: Notes | None
    leaves: tuple[Leaf, ...]
    sources: Mapping[str, tuple[str, ...]]
    words: Mapping[str, Mapping[str, str]]
    wanted: Wanted

    def __call__(self, document: Document) -> tuple[UsageRecord, ...]:
        """Make usage of a row; nothing if it is none.

        Raises:
            InputError: A count that can't be, or one that is less than what it contains.
        """
        found: dict[str, Any] = {}
        _gather(document, self.wanted, found)
        if any(self._label(found, column) not in labels for column, labels in self.keep.items()):
            return ()
        meters = self._long(found) if "quantity" in self.sources else self._meters(found)
        time, time_field = self._cell(found, self.mapping.time or "time")
        cost, cost_field = self._cell(found, COST)
        return (
            UsageRecord(
                meters=meters,
                **self._labels(found),
                time=moment(time, time_field),
                request_id=self._label(found, self.mapping.request_id or "request_id"),
                reported_cost=money(cost, cost_field),
                currency=(self._label(found, "currency") or "USD").upper(),
                notes=(*_added_up(meters.get("requests", 1)), *(self.notes(document) if self.notes else ())),
            ),
        )

    def _cell(self, found: Mapping[str, Any], column: str) -> tuple[Any, str]:
        """Find what a column says, and the field that says it: the first that says something."""
        for field in self.sources.get(column, ()):
            if field in found:
                return found[field], field
        return None, column

    def _label(self, found: Mapping[str, Any], column: str) -> str:
        said = text(self._cell(found, column)[0])
        return self.words[column].get(said, said) if column in self.words else said

    def _labels(self, found: Mapping[str, Any]) -> dict[str, Any]:
        keys = dict(self.mapping.constants)
        for key, column in self.mapping.keys.items():
            if said := self._label(found, column):
                keys[key] = said
        out: dict[str, Any] = {name: keys.pop(name) for name in FIELDS if name in keys}
        out["batch"] = keys.pop("batch", "") == "true"
        out["keys"] = keys
        return out

    def _meters(self, found: Mapping[str, Any]) -> dict[str, Count]:
        cells = {leaf.column: self._cell(found, leaf.column) for leaf in self.leaves}
        counts = {column: count(*cell) for column, cell in cells.items()}
        meters: dict[str, Count] = {"requests": 1}
        for leaf in self.leaves:
            left = counts[leaf.column] + sum(map(counts.__getitem__, leaf.more))
            left -= sum(map(counts.__getitem__, leaf.less))
            if left < 0:
                raise InputError(_too_little(leaf, counts, {column: field for column, (_, field) in cells.items()}))
            meters[leaf.meter] = left
        return {name: n for name, n in meters.items() if n}

    def _long(self, found: Mapping[str, Any]) -> dict[str, Count]:
        """Read the one meter that a row names."""
        value, field = self._cell(found, "quantity")
        quantity = money(value, field) or Decimal(0)
        if quantity < 0:
            msg = f"{field} is {value}; a number of 0 or more was expected"
            raise InputError(msg)
        return {self._label(found, "meter"): int(quantity) if quantity == int(quantity) else quantity}


def _gather(document: Document, wanted: Wanted, found: dict[str, Any]) -> None:
    """Gather the fields that say something, by their paths; text that holds JSON is opened on the way."""
    for name, (path, below) in wanted.items():
        value = document.get(name)
        if value is None or value == "":
            continue
        if path:
            found[path] = value
        if below:
            held = opened(value, name)
            if isinstance(held, dict):
                _gather(held, below, found)


def _tree(fields: Iterable[str]) -> Wanted:
    """Write paths of fields as a tree."""
    tree: Wanted = {}
    for field in fields:
        node, names = tree, field.split(".")
        for at, name in enumerate(names, 1):
            path, below = node.get(name, ("", {}))
            node[name] = (field if at == len(names) else path, below)
            node = below
    return tree


def _added_up(requests: Count) -> tuple[str, ...]:
    return (SEVERAL,) if requests != 1 else ()


def _too_little(leaf: Leaf, counts: Mapping[str, Count], fields: Mapping[str, str]) -> str:
    parts = ", ".join(f"{fields[c]} {counts[c]}" for c in dict.fromkeys(leaf.less) if counts[c])
    whole = f"{fields[leaf.column]} {counts[leaf.column]}"
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
    return Rows(
        mapping,
        dict(keep or {}),
        notes,
        decompose(dict(mapping.meters), dict(mapping.includes)),
        sources,
        {name: each.words for name, each in derived.items() if each.words},
        _tree(field for fields in sources.values() for field in fields),
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
    inside = _rows_of if paged else _alone
    return Layout(
        name=name,
        title=title,
        columns=wanted if tables else frozenset(),
        derived=derived if tables else {},
        mapping=mapping if tables else LogMapping(),
        keep=kept if tables else {},
        recognise=lambda document: any(wanted <= each.keys() for each in inside(document)),
        read=lambda document: [record for each in inside(document) for record in read(each)],
        says=tuple(says),
    )


def _alone(document: Document) -> tuple[Document, ...]:
    return (document,)


def _rows_of(document: Document) -> tuple[Document, ...]:
    """List the rows of a page; a row that stands alone is a page of one."""
    data = document.get("data", document)
    return tuple(each for each in (data if isinstance(data, list) else [data]) if isinstance(each, dict))
