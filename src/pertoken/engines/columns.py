"""A batch of records as columns: what all of them say alike is said once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any

import numpy as np

from pertoken.core.meters import METERS, meter
from pertoken.usage.names import looks_like_meter
from pertoken.usage.record import Count, UsageRecord

MOST_COUNT = 1 << 62
"""What a column of whole numbers holds; more is cut to it, and left for the check that refuses it."""

LABELS = ("provider", "model", "service_tier", "speed", "region")


def _identity(record: UsageRecord) -> str | None:
    """What stands once for each invocation."""
    if not record.request_id:
        return None
    return f"{record.request_id}#{record.invocation}" if record.invocation else record.request_id


def _cost(record: UsageRecord) -> str | None:
    return None if record.reported_cost is None else f"{record.reported_cost:f}"


def _time(record: UsageRecord) -> datetime | None:
    when = record.time
    return when if when is None or when.tzinfo is None else when.astimezone(UTC).replace(tzinfo=None)


FIELDS: Mapping[str, Callable[[UsageRecord], Any]] = {
    **{name: attrgetter(name) for name in (*LABELS, "currency", "batch")},
    "time": _time,
    "request_id": _identity,
    "reported_cost": _cost,
}
"""Columns that each record has, and how they are read of it."""

TYPES = {"time": "datetime64[us]", "batch": "bool"}
"""Columns that are no text."""


@dataclass(frozen=True, slots=True)
class Columns:
    """A batch as columns.

    Args:
        many: Columns whose values differ, and the counts.
        alike: Columns of which all values are the same, and that value.
        keys: Names of the labels among them.
        meters: Names of the counts among them.
    """

    many: Mapping[str, Any]
    alike: Mapping[str, Any]
    keys: tuple[str, ...]
    meters: tuple[str, ...]

    def says(self, name: str) -> bool:
        """Tell whether some value of a column says something."""
        return name in self.many or self.alike[name] not in (None, "")


def columns(batch: Sequence[tuple[str, int, UsageRecord]]) -> Columns:
    """Write records with their places as columns."""
    files, lines, records = zip(*batch, strict=True)
    values: dict[str, list[Any]] = {name: list(map(read, records)) for name, read in FIELDS.items()}
    values["_file"] = list(files)
    named = dict.fromkeys(chain.from_iterable(record.keys for record in records))
    keys = tuple(name for name in named if name not in values and not _is_meter(name))
    values |= {name: [record.keys.get(name, "") for record in records] for name in keys}
    alike = {name: column[0] for name, column in values.items() if column.count(column[0]) == len(column)}
    many = {n: np.array(each, dtype=TYPES.get(n, "object")) for n, each in values.items() if n not in alike}
    meters = tuple(dict.fromkeys(chain.from_iterable(record.meters for record in records)))
    many |= {name: _counts(name, [record.meters.get(name, 0) for record in records]) for name in meters}
    return Columns({**many, "_row": np.array(lines, dtype=np.int64)}, alike, keys, meters)


@cache
def _is_meter(name: str) -> bool:
    """Tell a label that bears the name of a count: that column is the count's."""
    return name.startswith("_") or looks_like_meter(name) or name in METERS


def _counts(name: str, counts: list[Count]) -> Any:  # noqa: ANN401  an array
    if not meter(name).whole:
        return np.array([f"{Decimal(count):f}" for count in counts], dtype=object)
    try:
        return np.array(counts, dtype=np.int64)
    except OverflowError:
        return np.array([max(min(int(count), MOST_COUNT), -MOST_COUNT) for count in counts], dtype=np.int64)
