"""A row by a layout's columns: derived, kept or left out, taken apart to leaves. The readable twin of the SQL."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pertoken.core.errors import InputError
from pertoken.usage.decompose import Leaf, decompose
from pertoken.usage.fields import at, count, moment, money, text
from pertoken.usage.layout import Derived, Document, Layout
from pertoken.usage.record import Count, UsageRecord
from pertoken.usage.schema import LogMapping

Notes = Callable[[Document], tuple[str, ...]]

COST = "reported_cost"
"""Name of the derived column of what the source itself says that a row cost."""

SEVERAL = "sum of several requests"
"""Note on a row that adds up several requests: no price that depends on the length of one is sure."""

FIELDS = ("provider", "model", "service_tier", "speed", "region")
"""Keys that are fields of a record; `batch` is one, too, and others are its `keys`."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What a column says, and the field that says it."""

    value: Any
    field: str


@dataclass(frozen=True, slots=True)
class Rows:
    """How rows of one layout are read.

    Args:
        derived: Columns that are made of others.
        mapping: What the columns mean.
        keep: Column to the labels of the rows that are usage.
        leaves: Meters as columns, disjoint.
        notes: What a row leaves open.
    """

    derived: Mapping[str, Derived]
    mapping: LogMapping
    keep: Mapping[str, tuple[str, ...]]
    leaves: tuple[Leaf, ...]
    notes: Notes | None = None

    def __call__(self, document: Document) -> tuple[UsageRecord, ...]:
        """Make usage of a row; nothing if it is none.

        Raises:
            InputError: A count that can't be, or one that is less than what it contains.
        """
        if any(self._label(document, column) not in labels for column, labels in self.keep.items()):
            return ()
        meters = self._long(document) if self.long else self._meters(document)
        requests = meters.get("requests", 1)
        return (
            UsageRecord(
                meters=meters,
                **self._labels(document),
                time=self._time(document),
                request_id=self._label(document, self.mapping.request_id or "request_id"),
                reported_cost=self._cost(document),
                currency=(self._label(document, "currency") or "USD").upper(),
                notes=(*_added_up(requests), *(self.notes(document) if self.notes else ())),
            ),
        )

    @property
    def long(self) -> bool:
        """Whether a row is of one meter, which it names."""
        return {"meter", "quantity"} <= self.derived.keys()

    def cell(self, document: Document, column: str) -> Cell:
        """Find what a column says: its own value, or the first that says something of those it is derived from."""
        if column not in self.derived:
            return Cell(document.get(column), column)
        for source, path in self.derived[column].of:
            field = f"{source}.{path}" if path else source
            value = at(document, field)
            if value is not None and value != "":
                return Cell(value, field)
        return Cell(None, column)

    def _label(self, document: Document, column: str) -> str:
        found = text(self.cell(document, column).value)
        return self.derived[column].words.get(found, found) if column in self.derived else found

    def _labels(self, document: Document) -> dict[str, Any]:
        keys = {key: self._label(document, column) for key, column in self.mapping.keys.items()}
        keys = {**self.mapping.constants, **keys}
        out: dict[str, Any] = {name: keys.pop(name) for name in FIELDS if keys.get(name)}
        out["batch"] = keys.pop("batch", "") == "true"
        return {**out, "keys": {key: said for key, said in keys.items() if said and key not in FIELDS}}

    def _meters(self, document: Document) -> dict[str, Count]:
        cells = {leaf.column: self.cell(document, leaf.column) for leaf in self.leaves}
        counts = {column: count(cell.value, cell.field) for column, cell in cells.items()}
        made = {leaf.meter: _leaf(leaf, counts, cells) for leaf in self.leaves}
        return {name: n for name, n in ({"requests": 1} | made).items() if n}

    def _long(self, document: Document) -> dict[str, Count]:
        cell = self.cell(document, "quantity")
        quantity = money(cell.value, cell.field) or Decimal(0)
        if quantity < 0:
            msg = f"{cell.field} is {cell.value}; a number of 0 or more was expected"
            raise InputError(msg)
        return {self._label(document, "meter"): int(quantity) if quantity == int(quantity) else quantity}

    def _time(self, document: Document) -> datetime | None:
        cell = self.cell(document, self.mapping.time or "time")
        return moment(cell.value, cell.field)

    def _cost(self, document: Document) -> Decimal | None:
        cell = self.cell(document, COST)
        return money(cell.value, cell.field)


def _added_up(requests: Count) -> tuple[str, ...]:
    return (SEVERAL,) if requests != 1 else ()


def _leaf(leaf: Leaf, counts: Mapping[str, Count], cells: Mapping[str, Cell]) -> Count:
    taken = sum(counts[column] for column in leaf.less)
    left = counts[leaf.column] + sum(counts[column] for column in leaf.more) - taken
    if left < 0:
        whole = cells[leaf.column]
        parts = ", ".join(f"{cells[c].field} {counts[c]}" for c in dict.fromkeys(leaf.less) if counts[c])
        msg = (
            f"{whole.field} {counts[leaf.column]} is less than what it is read as containing ({parts}); mend the row, "
            "or say in a mapping (--map) what it contains (includes)"
        )
        raise InputError(msg)
    return left


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
    leaves = decompose(dict(mapping.meters), dict(mapping.includes))
    kept = dict(keep or {})
    read = Rows(derived, mapping, kept, leaves, notes)
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
