"""Rows that can't be used: found in one pass, counted by reason, sampled, set aside."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pertoken.core.errors import Fault, InputError
from pertoken.engines import sql
from pertoken.engines.log import Log
from pertoken.engines.refusals import LIST, MEAN, REPEATED, mixed_times, not_read, requests
from pertoken.engines.source import quote
from pertoken.usage.names import looks_like_meter
from pertoken.usage.report import Report

MOST_REJECTS = 1000
"""How many rejected rows are sampled for each reason."""


def checked(log: Log, *, bands: bool = False) -> Report:
    """Look for rows that can't be used, and for the first and last time.

    Args:
        log: An open log.
        bands: True if requests are to be cut by their length.

    Raises:
        InputError: No rows, times with and without a zone mixed, or counts in a column that nobody reads.
    """
    _all_read(log)
    found = sql.checks(log.binding, log.types)
    _one_kind_of_time(log)
    counts = [_count(log, check) for check in found]
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
    report = Report(
        source=log.source.name,
        rows=row[0],
        rejected=rejected,
        sample=sample,
        first=first,
        last=last,
        says=(*log.binding.says, *_lists(log), *(_means(log) if bands else ())),
        layout=log.layout,
    )
    return _with_documents(log, report)


def _with_documents(log: Log, report: Report) -> Report:
    """Count the documents that could not be read, with their places."""
    if log.staged is None or not log.staged.faults:
        return report
    unread = log.staged.faults
    return replace(
        report,
        rows=report.rows + unread.total(),
        rejected={**unread, **report.rejected},
        sample=(*log.staged.sample, *report.sample),
    )


def _count(log: Log, check: sql.Check) -> str:
    """Count the rows that fail a check; in a roll-up, whose labels stand on many rows, the labels that do."""
    if not log.kept or not check.label:
        return f"count_if({check.holds})"
    return (
        f"(SELECT count_if({check.holds}) FROM (SELECT DISTINCT {sql.column(check.label)} FROM {log.source.relation}))"
    )


def _all_read(log: Log) -> None:
    """Refuse a log of which some counts are not read: they would be taken for zero."""
    names = [name for name in log.binding.unknown if log.types[name].startswith(sql.NUMBERS)]
    counts = {name: f"try_cast({sql.column(name)} AS DOUBLE)" for name in names}
    each = [f"any_value({sql.column(n)}) FILTER (isfinite({count}) AND {count} <> 0)" for n, count in counts.items()]
    row = log.con.execute(f"SELECT {', '.join(each)} FROM {log.source.relation}").fetchone() if each else ()
    for name, shown in zip(names, row or (), strict=True):
        if shown is not None:
            raise not_read(log.source.name, name, shown)


def _lists(log: Log) -> tuple[str, ...]:
    """Say which lists of counts are not read."""
    names = [name for name, kind in log.types.items() if kind.endswith("[]") and looks_like_meter(name)]
    return tuple(LIST.format(name) for name in names)


def _means(log: Log) -> tuple[str, ...]:
    """Say that the length band of a row of several requests is that of their mean."""
    leaf = requests(log.binding)
    several = (
        leaf
        and log.con.execute(
            f"SELECT count(*) FROM {log.source.relation} WHERE {sql.value(leaf, log.types)} > 1"
        ).fetchone()
    )
    return (MEAN,) if several and several[0] else ()


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
        raise mixed_times(log.source.name, name, pair)


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


def judged(log: Log, found: Sequence[sql.Check]) -> str:
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
    query = f"SELECT _fault, count(*) FROM {judged(log, found)} WHERE _fault IS NOT NULL GROUP BY 1 ORDER BY 1"
    reasons = [*(check.reason for check in found), REPEATED]
    return {reasons[i]: n for i, n in log.con.execute(query).fetchall()}


def _sample(log: Log, found: Sequence[sql.Check]) -> Iterator[Fault]:
    shows = [*(c.shows for c in found), *([sql.column(log.binding.request_id)] if log.binding.request_id else [])]
    whens = " ".join(f"WHEN {i} THEN CAST({each} AS VARCHAR)" for i, each in enumerate(shows))
    first = f"row_number() OVER (PARTITION BY _fault ORDER BY _file, _row) <= {MOST_REJECTS}"
    rows = f"SELECT _fault, _file, _row, CASE _fault {whens} END FROM {judged(log, found)}"
    query = f"{rows} WHERE _fault IS NOT NULL QUALIFY {first} ORDER BY 1, 2, 3"
    reasons = [*(check.reason for check in found), REPEATED]
    unit = log.staged.unit if log.staged else "row"
    for i, file, row, shown in log.con.execute(query).fetchall():
        yield Fault(f"{file} {unit} {row}", f"found {shown if shown is not None else 'nothing'}", "", reasons[i])


def refused(report: Report) -> InputError:
    """Say of each reason how many rows it holds for, with one of them and the mend."""
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
