"""DuckDB answers the question: one pass to check the rows, one to fold them; only the folded lines reach Python."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from pertoken.core import period
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.lines import Key, Lines, Usage, concat
from pertoken.core.meters import meter
from pertoken.engines import sql
from pertoken.engines.complaint import complaint
from pertoken.engines.source import Source, find, headers, identifier, quote
from pertoken.usage.question import Question
from pertoken.usage.report import Report
from pertoken.usage.schema import Binding, Mapping_, bind

Watch = Callable[[float], None]
"""Told the share of the work that is done, 0 to 1."""

MOST_REJECTS = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """A log, opened: what it is, what its columns mean.

    Args:
        source: Where it lies.
        binding: What its columns mean.
        types: Its columns.
        kept: What a kept roll-up says of itself; empty for other logs.
    """

    con: duckdb.DuckDBPyConnection
    source: Source
    binding: Binding
    types: Mapping[str, str]
    kept: Mapping[str, Any]


@contextmanager
def opened(name: str | Path, mapping: Mapping_ | None = None, *, memory: str = "2GB") -> Iterator[Log]:
    """Open a log and find out what its columns mean.

    Args:
        name: File, folder, glob, or `file.duckdb::table`.
        mapping: What the user says of its columns.
        memory: What DuckDB may use before it writes to disk.

    Raises:
        InputError: Nothing there, or it can't be read.
    """
    source = find(name)
    with _told(source), duckdb.connect(config={"memory_limit": memory, "preserve_insertion_order": False}) as con:
        con.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = true; SET enable_progress_bar_print = false")
        source = _headed(_attach(con, source))
        types = dict(_columns(con, source))
        top = con.sql(f"SELECT * FROM {source.relation} LIMIT 0").columns
        mixed = tuple(name for name, kind in types.items() if kind == "JSON")
        source = replace(source, nested=tuple(name for name in types if name not in top), mixed=mixed)
        types |= dict.fromkeys(mixed, "VARCHAR")
        yield Log(con, source, _bound(source, list(types), mapping), types, _kept(con, source))


def _headed(source: Source) -> Source:
    return replace(source, headers=headers(source.files)) if source.kind == "csv" else source


def _bound(source: Source, columns: Sequence[str], mapping: Mapping_ | None) -> Binding:
    try:
        return bind(columns, mapping)
    except InputError as error:
        msg = f"{source.name}: {error}"
        raise InputError(msg) from error


@contextmanager
def _told(source: Source) -> Iterator[None]:
    """Turn DuckDB's errors into ours."""
    try:
        yield
    except duckdb.Error as error:
        raise InputError.of([complaint(str(error), source)]) from error


def _attach(con: duckdb.DuckDBPyConnection, source: Source) -> Source:
    if source.kind != "duckdb":
        return source
    con.execute(f"ATTACH {quote(source.files[0])} AS log (READ_ONLY)")
    query = "SELECT table_name FROM information_schema.tables WHERE table_catalog = 'log' ORDER BY 1"
    tables = [row[0] for row in con.execute(query).fetchall()]
    if source.table not in tables and (source.table or len(tables) != 1):
        msg = f"{source.name}: say which table, as {source.files[0]}::TABLE; {nearest(source.table or '?', tables)}"
        raise InputError(msg)
    return Source(source.name, source.kind, source.files, source.table or tables[0])


def _columns(con: duckdb.DuckDBPyConnection, source: Source) -> Iterator[tuple[str, str]]:
    relation = con.sql(f"SELECT * FROM {source.relation} LIMIT 0")
    for name, kind in zip(relation.columns, relation.types, strict=True):
        yield from _fields(name, kind)


def _fields(name: str, kind: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401  DuckDB's own type
    if kind.id == "struct":
        for child, inner in kind.children:
            yield from _fields(f"{name}.{child}", inner)
    else:
        yield name, str(kind)


def _kept(con: duckdb.DuckDBPyConnection, source: Source) -> Mapping[str, Any]:
    if source.kind != "parquet":
        return {}
    query = f"SELECT decode(value) FROM parquet_kv_metadata({quote(source.files[0])}) WHERE decode(key) = 'pertoken'"
    row = con.execute(query).fetchone()
    return dict(json.loads(row[0])) if row else {}


def labels(log: Log, keys: Sequence[str]) -> list[tuple[str, ...]]:
    """List the distinct combinations of some keys in a log."""
    columns = sql.key_columns(Question(tuple(keys)), log.binding, log.types, on="")
    with _told(log.source):
        picked = ", ".join(label.format(c=f"({group})") for group, label in columns.values())
        return [
            tuple(map(str, row))
            for row in log.con.execute(f"SELECT DISTINCT {picked} FROM {log.source.relation} ORDER BY ALL").fetchall()
        ]


def fold(
    log: Log, question: Question, *, on: str = "", rejects: bool = False, watch: Watch | None = None
) -> tuple[Usage, Report]:
    """Fold a log to the lines that a question asks for.

    Args:
        log: An open log.
        question: Keys, bands, dates of prices, time zone.
        on: Day whose prices hold where the log has no time; empty for the end of its period.
        rejects: True to set rows aside that can't be used; False to refuse the log.
        watch: Told how far the work is.

    Returns:
        Usage in leaf meters, whole numbers as `int64`; and what was read.

    Raises:
        InputError: Rows that can't be used (unless set aside), mixed time zones, no rows, a kept roll-up too coarse.
    """
    _fine_enough(log, question)
    with _told(log.source):
        report = _checked(log)
        if report.rejected and (not rejects or sum(report.rejected.values()) == report.rows):
            raise _refused(report)
        usage = _folded(log, question, report, on, watch)
    return usage, report


def _fine_enough(log: Log, question: Question) -> None:
    said = log.kept
    if not said:
        return
    cuts = {cut["of"]: set(cut["above"]) for cut in said["cuts"]}
    missing = [f"{c.of} above {b}" for c in question.cuts for b in c.above if b not in cuts.get(c.of, set())]
    missing += [f"prices from {day}" for day in question.dates if day.isoformat() not in said["dates"]]
    missing += [f"time zone {question.timezone}"] if question.timezone != said["timezone"] else []
    missing += [f"key {key}" for key in question.keys if not _has(log, said["keys"], key)]
    if missing:
        msg = f"{log.source.name} was folded without {', '.join(missing)}; fold the log itself again with these cards"
        raise InputError(msg)


def _has(log: Log, kept: Sequence[str], key: str) -> bool:
    """Whether a roll-up has a key, itself or a finer period; a default would not be true of the log behind it."""
    finer = period.GRAINS[: period.GRAINS.index(key)] if key in period.GRAINS else ()
    return key in log.binding.constants or not {key, log.binding.keys.get(key), *finer}.isdisjoint(kept)


def _checked(log: Log) -> Report:
    found = sql.checks(log.binding, log.types)
    _one_kind_of_time(log)
    counts = [f"count_if({check.holds})" for check in found]
    times = [
        f"min({w})::VARCHAR, max({w})::VARCHAR"
        for w in ([sql.instant(log.binding, log.types)] if log.binding.time else [])
    ]
    row = log.con.execute(f"SELECT {', '.join(['count(*)', *counts, *times])} FROM {log.source.relation}").fetchone()
    assert row is not None  # noqa: S101  an aggregate always gives a row
    if row[0] == 0:
        msg = f"{log.source.name} has no rows; expected at least one; write it again or leave it out"
        raise InputError(msg)
    bad = any(row[1 : 1 + len(found)]) or _repeated(log)
    rejected = _rejected(log, found) if bad else {}
    first, last = (str(x or "") for x in row[1 + len(found) :]) if times else ("", "")
    sample = tuple(_sample(log, found)) if bad else ()
    return Report(
        source=log.source.name,
        rows=row[0],
        rejected=rejected,
        sample=sample,
        first=first,
        last=last,
        says=log.binding.says,
    )


_REPEATED = "a request id that stands only once was expected; the first row is kept"


def _one_kind_of_time(log: Log) -> None:
    """Refuse times of which some carry a zone and some do not, unless the user says what those without mean."""
    name = log.binding.time
    if name is None or log.binding.timezone:
        return
    if log.types[name] == "VARCHAR":
        zoned = sql.has_offset(sql.column(name))
        naive = f"NOT {zoned} AND try_cast({sql.column(name)} AS TIMESTAMP) IS NOT NULL"
        each = [f"any_value({sql.column(name)}) FILTER ({kind})" for kind in (zoned, naive)]
        query = f"SELECT {', '.join(each)} FROM {log.source.relation}"
        pair = log.con.execute(query).fetchone()
    elif log.source.kind == "parquet" and len(log.source.files) > 1:
        pair = _parquet_kinds(log, name)
    else:
        return
    if pair and None not in pair:
        msg = (
            f"{log.source.name}: mixed time zones in {name}, for example {pair[0]} with a zone and {pair[1]} without; "
            "say what those without mean, as `timezone: UTC` in the mapping file (--map)"
        )
        raise InputError(msg)


def _parquet_kinds(log: Log, name: str) -> tuple[str | None, str | None]:
    files = "[" + ", ".join(quote(f) for f in log.source.files) + "]"
    zoned = " OR ".join(f"logical_type LIKE '%isAdjustedToUTC={yes}%'" for yes in ("1", "true"))
    query = f"SELECT file_name, {zoned} FROM parquet_schema({files}) WHERE name = ?"
    rows = log.con.execute(query, [name.rsplit(".", maxsplit=1)[-1]]).fetchall()
    return next((f for f, zoned in rows if zoned), None), next((f for f, zoned in rows if zoned is False), None)


def _identity(log: Log) -> str:
    """What stands only once: the request's id; where each meter has a line, the id and the meter."""
    assert log.binding.request_id is not None  # noqa: S101  see the callers
    name = sql.column(log.binding.request_id)
    return f"{name}, {sql.column('meter')}" if log.binding.long else name


def _repeated(log: Log) -> bool:
    if log.binding.request_id is None:
        return False
    name = sql.column(log.binding.request_id)
    once = f"count(DISTINCT ({_identity(log)})) FILTER ({name} IS NOT NULL)"
    query = f"SELECT count({name}) > {once} FROM {log.source.relation}"
    row = log.con.execute(query).fetchone()
    return bool(row and row[0])


def _judged(log: Log, found: Sequence[sql.Check]) -> str:
    """The log with file, row, and the number of the first check that a row fails; NULL for a good row."""
    whens = " ".join(f"WHEN {check.holds} THEN {i}" for i, check in enumerate(found))
    rows = (
        f"(SELECT *, {f'CASE {whens} END' if whens else 'CAST(NULL AS INTEGER)'} AS _fault FROM {log.source.numbered})"
    )
    if log.binding.request_id is None:
        return rows
    order = f"row_number() OVER (PARTITION BY {_identity(log)}, _fault IS NULL ORDER BY _file, _row)"
    again = f"_fault IS NULL AND {sql.column(log.binding.request_id)} IS NOT NULL AND {order} > 1"
    return f"(SELECT * REPLACE (CASE WHEN {again} THEN {len(found)} ELSE _fault END AS _fault) FROM {rows})"


def _rejected(log: Log, found: Sequence[sql.Check]) -> dict[str, int]:
    """Count the rows that can't be used, each once."""
    query = f"SELECT _fault, count(*) FROM {_judged(log, found)} WHERE _fault IS NOT NULL GROUP BY 1 ORDER BY 1"
    reasons = [*(check.reason for check in found), _REPEATED]
    return {reasons[i]: n for i, n in log.con.execute(query).fetchall()}


def _sample(log: Log, found: Sequence[sql.Check]) -> Iterator[Fault]:
    shows = [*(c.shows for c in found), *([sql.column(log.binding.request_id)] if log.binding.request_id else [])]
    whens = " ".join(f"WHEN {i} THEN CAST({each} AS VARCHAR)" for i, each in enumerate(shows))
    first = f"row_number() OVER (PARTITION BY _fault ORDER BY _file, _row) <= {MOST_REJECTS}"
    rows = f"SELECT _fault, _file, _row, CASE _fault {whens} END FROM {_judged(log, found)}"
    query = f"{rows} WHERE _fault IS NOT NULL QUALIFY {first} ORDER BY 1, 2, 3"
    reasons = [*(check.reason for check in found), _REPEATED]
    for i, file, row, shown in log.con.execute(query).fetchall():
        yield Fault(f"{file} row {row}", f"found {shown if shown is not None else 'nothing'}", "", reasons[i])


def _refused(report: Report) -> InputError:
    lines = [f"{n:,} of {report.rows:,} rows can't be used: {reason}" for reason, n in report.rejected.items()]
    seen: set[str] = set()
    for fault in report.sample:
        if fault.mend not in seen:
            seen.add(fault.mend)
            lines.append(f"  {fault.where}: {fault.found}; {fault.mend}")
    lines.append(
        "Mend the log, or set such rows aside with --rejects FILE (rejects=True): they are counted in the result."
    )
    return InputError("\n".join(lines), report.sample)


def _folded(log: Log, question: Question, report: Report, on: str, watch: Watch | None) -> Usage:
    columns = sql.key_columns(question, log.binding, log.types, on=on)
    groups = [f"{group} AS {identifier('k' + str(i))}" for i, (group, _) in enumerate(columns.values())]
    sums, names = _sums(log)
    table = log.source.relation
    if report.rejected:
        table = f"{_judged(log, sql.checks(log.binding, log.types))} WHERE _fault IS NULL"
    by = "GROUP BY ALL" if groups or log.binding.long else ""
    _run(
        log.con, f"CREATE OR REPLACE TEMP TABLE folded AS SELECT {', '.join([*groups, *sums])} FROM {table} {by}", watch
    )
    return _usage(log, {name: label for name, (_, label) in columns.items()}, names)


def _sums(log: Log) -> tuple[list[str], list[str]]:
    if log.binding.long:
        total = f"sum({sql.number(sql.QUANTITY, log.types, 'x_any')})"
        kind = "BIGINT" if log.types[sql.QUANTITY] in sql.INTEGERS else "DOUBLE"
        return ["meter", f"CAST({total} AS {kind}) AS q0"], ["quantity"]
    sums: list[str] = []
    names: list[str] = []
    for leaf in log.binding.leaves:
        whole = meter(leaf.meter).unit != "hour" and not leaf.meter.startswith("x_")
        total = f"sum({sql.value(leaf, log.types)})"
        sums.append(f"CAST({total} AS {'BIGINT' if whole else 'DOUBLE'}) AS q{len(names)}")
        names.append(leaf.meter)
    if "requests" not in names:
        sums.append(f"count(*) AS q{len(names)}")
        names.append("requests")
    return sums, names


def _run(con: duckdb.DuckDBPyConnection, query: str, watch: Watch | None) -> None:
    if watch is None:
        con.execute(query)
        return
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(con.execute, query)
        while True:
            try:
                work.result(timeout=0.1)
            except StillRunning:
                watch(max(con.query_progress(), 0.0) / 100)
            else:
                break
    watch(1.0)


def _usage(log: Log, keys: Mapping[str, str], names: Sequence[str]) -> Usage:
    """Fetch the folded lines with dictionary-coded keys, and stack the meters under each other."""
    coded = {f"k{i}": label for i, label in enumerate(keys.values())} | ({"meter": "{c}"} if log.binding.long else {})
    tables = {name: _labels(log.con, name, label) for name, label in coded.items()}
    codes = [f"{n}_labels.code AS {n}" for n in coded]
    joins = [f"JOIN {n}_labels ON folded.{n} IS NOT DISTINCT FROM {n}_labels.of" for n in coded]
    sums = [f"q{i}" for i in range(len(names))]
    got = log.con.execute(
        f"SELECT {', '.join([*codes, *sums])} FROM folded {' '.join(joins)} ORDER BY ALL"
    ).fetchnumpy()
    made = {key: Key(np.asarray(got[f"k{i}"]), tables[f"k{i}"]) for i, key in enumerate(keys)}
    if log.binding.long:
        made["meter"] = Key(np.asarray(got["meter"]), tables["meter"])
        _known_meters(log, tables["meter"])
        return Usage(made, {"quantity": _whole(np.asarray(got["q0"]))})
    parts = [_meter(made, np.asarray(got[f"q{i}"]), name) for i, name in enumerate(names)]
    return concat(Usage, parts)


def _known_meters(log: Log, labels: Sequence[str]) -> None:
    for label in labels:
        try:
            meter(label)
        except InputError as error:
            msg = f"{log.source.name}, column meter: {error}"
            raise InputError(msg) from error


def _whole(quantity: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Whole numbers as integers, where all are whole."""
    whole = quantity.astype(np.int64)
    return whole if (whole == quantity).all() else quantity


def _labels(con: duckdb.DuckDBPyConnection, name: str, label: str) -> tuple[str, ...]:
    """Number the labels of a folded key in their order, in the table `{name}_labels`; each is written only once."""
    distinct = f"SELECT of, {label.format(c='of')} AS label FROM (SELECT DISTINCT {name} AS of FROM folded)"
    code = "CAST(row_number() OVER (ORDER BY label) - 1 AS INTEGER) AS code"
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name}_labels AS SELECT *, {code} FROM ({distinct})")
    return tuple(str(row[0]) for row in con.execute(f"SELECT label FROM {name}_labels ORDER BY code").fetchall())


def _meter(keys: Mapping[str, Key], quantity: np.ndarray[Any, Any], name: str) -> Lines:
    lines = Lines(keys, {"quantity": quantity})
    some = quantity != 0
    kept = lines if name == "requests" or some.all() else lines.pick(some)
    return kept.with_keys(meter=name)


def keep(usage: Usage, question: Question, path: str | Path) -> None:
    """Keep folded usage as a Parquet file that can be rated again, to the last digit.

    Args:
        usage: Folded lines.
        question: What they were folded to; kept beside them, so that a finer question is refused later.
        path: File to write; written whole or not at all.
    """
    told = {
        "keys": list(question.keys),
        "cuts": [{"of": cut.of, "above": list(cut.above)} for cut in question.cuts],
        "dates": [day.isoformat() for day in question.dates],
        "timezone": question.timezone,
    }
    columns: dict[str, Any] = {name: key.column() for name, key in usage.keys.items()}
    columns["quantity"] = usage.values["quantity"]
    target = Path(path)
    partial = target.with_name(f".{target.name}.partial")
    try:
        with duckdb.connect() as con:
            con.register("lines", columns)
            said = quote(json.dumps(told))
            how = f"FORMAT parquet, COMPRESSION zstd, KV_METADATA {{pertoken: {said}}}"
            con.execute(f"COPY lines TO {quote(str(partial))} ({how})")
        partial.replace(target)
    except (OSError, duckdb.Error) as error:
        msg = f"can't write {path}: {str(error).splitlines()[0]}; say a file in a folder that is there and yours"
        raise InputError(msg) from error
    finally:
        partial.unlink(missing_ok=True)
