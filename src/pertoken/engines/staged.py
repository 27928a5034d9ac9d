"""Records of usage, put down in a table batch by batch, so that documents are folded as every other log is."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import duckdb

from pertoken.core import period
from pertoken.core.errors import Fault
from pertoken.core.meters import meter
from pertoken.engines.columns import LABELS, columns
from pertoken.engines.source import STAGED, Source, identifier
from pertoken.usage.layout import Placed
from pertoken.usage.recognise import Read
from pertoken.usage.record import UsageRecord
from pertoken.usage.schema import Binding, LogMapping, given

BATCH = 1 << 13
"""Records that are held in Python at a time."""
MOST_FAULTS = 1000
"""How many documents that can't be read are kept as samples."""
FIXED = {
    "time": "TIMESTAMP",
    "request_id": "VARCHAR",
    **dict.fromkeys(LABELS, "VARCHAR"),
    "batch": "BOOLEAN",
    "reported_cost": "DECIMAL(38, 18)",
    "currency": "VARCHAR",
    "_file": "VARCHAR",
    "_row": "BIGINT",
}
"""Columns that each record has."""


@dataclass(slots=True)
class Staged:
    """What was put down.

    Args:
        keys: Labels that some record carries.
        meters: Leaf meters that some record counts.
        said: Columns of `FIXED` that say something on some record.
        rows: Records.
        documents: Documents that could not be read.
        faults: Reason to number of those.
        sample: Some of them.
        notes: What records say of themselves, and how many do.
        repeated: Records that were there twice, and are kept once.
        untimed: Records that tell no time.
        unit: What places are counted in: lines of documents, or rows of a table.
    """

    keys: dict[str, None] = field(default_factory=dict)
    meters: dict[str, None] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)
    rows: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    sample: list[Fault] = field(default_factory=list)
    notes: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    untimed: int = 0
    unit: str = "line"


def stage(con: duckdb.DuckDBPyConnection, read: Iterable[Read], unit: str = "line") -> Staged:
    """Put records down in the table `staged`, each meter and each label in a column; repeated ones once.

    Args:
        con: Where to.
        read: Records of documents, with their places.
        unit: What places are counted in.
    """
    fixed = ", ".join(f"{identifier(name)} {kind}" for name, kind in FIXED.items())
    con.execute(f"CREATE TEMP TABLE {STAGED} ({fixed})")
    out = Staged(unit=unit)
    rows = _rows(read, out)
    while batch := list(islice(rows, BATCH)):
        _put(con, batch, out)
        out.rows += len(batch)
    if out.meters and "requests" not in out.meters:
        _widen(con, "requests", "BIGINT DEFAULT 0")
        out.meters["requests"] = None
    if "request_id" in out.said:
        out.repeated = _once(con)
        out.rows -= out.repeated
    return out


def _rows(read: Iterable[Read], out: Staged) -> Iterator[tuple[str, int, UsageRecord]]:
    for file, line, found in read:
        if isinstance(found, Fault):
            out.faults[found.mend] += 1
            if len(out.sample) < MOST_FAULTS:
                out.sample.append(found)
            continue
        for record in found:
            if record.meters or record.time or record.reported_cost is not None:
                yield file, line, record
            else:
                out.notes.update(record.notes)
                out.rows += 1


def _put(con: duckdb.DuckDBPyConnection, batch: list[tuple[str, int, UsageRecord]], out: Staged) -> None:
    made = columns(batch)
    for name in made.keys:
        if name not in out.keys:
            _widen(con, name, "VARCHAR")
            out.keys[name] = None
    for name in made.meters:
        if name not in out.meters:
            _widen(con, name, f"{'BIGINT' if meter(name).whole else 'DECIMAL(38, 9)'} DEFAULT 0")
            out.meters[name] = None
    out.said |= {name for name in (*LABELS, "time", "request_id", "reported_cost") if made.says(name)}
    out.untimed += sum(record.time is None for _, _, record in batch)
    out.notes.update(note for _, _, record in batch if record.notes for note in record.notes)
    con.register("batch", made.many)
    alike = "".join(f", ${i} AS {identifier(name)}" for i, name in enumerate(made.alike, 1))
    con.execute(f"INSERT INTO {STAGED} BY NAME SELECT *{alike} FROM batch", list(made.alike.values()))
    con.unregister("batch")


def _widen(con: duckdb.DuckDBPyConnection, name: str, kind: str) -> None:
    con.execute(f"ALTER TABLE {STAGED} ADD COLUMN {identifier(name)} {kind}")


def _once(con: duckdb.DuckDBPyConnection) -> int:
    """Keep one of the records that are the same in all but their place; those that differ are left for the checks."""
    row = con.execute(f"SELECT count(request_id) > count(DISTINCT request_id) FROM {STAGED}").fetchone()
    if not row or not row[0]:
        return 0
    again = "row_number() OVER (PARTITION BY COLUMNS(* EXCLUDE (_file, _row)) ORDER BY _file, _row) > 1"
    names = [each[0] for each in con.execute(f"SELECT * EXCLUDE (_file, _row) FROM {STAGED} LIMIT 0").description]
    again = again.replace("COLUMNS(* EXCLUDE (_file, _row))", ", ".join(map(identifier, names)))
    twice = f"SELECT rowid FROM {STAGED} WHERE request_id IS NOT NULL QUALIFY {again}"
    gone = con.execute(f"DELETE FROM {STAGED} WHERE rowid IN ({twice})").fetchone()
    return int(gone[0]) if gone else 0


def notes(staged: Staged) -> tuple[str, ...]:
    """Say what records told of themselves, and how many stood twice."""
    told = [f"{note} ({count:,} of {staged.rows + staged.repeated:,} records)" for note, count in staged.notes.items()]
    if staged.repeated:
        told.append(f"records that stood again, alike in all, are counted once ({staged.repeated:,})")
    return tuple(told)


def rows(con: duckdb.DuckDBPyConnection, source: Source) -> Iterator[Placed]:
    """Read the rows of a table as documents; a cell that holds JSON is what it holds."""
    table = con.sql(f"SELECT * FROM {source.numbered} LIMIT 0")
    zoned = [name for name, kind in zip(table.columns, table.types, strict=True) if kind == "TIMESTAMP WITH TIME ZONE"]
    plain = ", ".join(f"CAST({identifier(name)} AS TIMESTAMP) AS {identifier(name)}" for name in zoned)
    every = f"* REPLACE ({plain})" if plain else "*"
    got = con.cursor().execute(f"SELECT {every} FROM {source.numbered}")
    names = [each[0] for each in got.description]
    while batch := got.fetchmany(BATCH):
        for row in batch:
            document = {name: _cell(value) for name, value in zip(names, row, strict=True) if value is not None}
            yield document.pop("_file"), document.pop("_row"), document


def _cell(value: Any) -> Any:  # noqa: ANN401  whatever a table holds
    if not isinstance(value, str) or not value.startswith(("{", "[")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def binding(staged: Staged, mapping: LogMapping | None) -> Binding:
    """Say what the columns are: ours by name; a mapping may name other keys and add labels.

    Raises:
        InputError: The mapping names a column that no record has, or says the period of a log with times.
    """
    said = mapping or LogMapping()
    named = [name for name in ("provider", "model") if name in staged.said]
    own = {name: name for name in (*named, "service_tier", "speed", "region", "batch", "currency", *staged.keys)}
    columns = (
        staged.said - {"time"} if staged.untimed and any(g in said.constants for g in period.GRAINS) else staged.said
    )
    return given(own, tuple(staged.meters), columns, replace(said, meters={}, includes={}, ignore=()))
