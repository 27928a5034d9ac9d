"""DuckDB answers the question: one pass to check the rows, one to fold them; only the folded lines reach Python."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.lines import Key, Usage, concat, group
from pertoken.core.meters import meter
from pertoken.engines import sql
from pertoken.engines.folded import exact, known, stacked, whole
from pertoken.engines.log import Log, opened, told
from pertoken.engines.per_request import converted_sum, told_apart
from pertoken.engines.refusals import only_money
from pertoken.engines.reported import currency, reported, silent
from pertoken.engines.rows import checked, judged, refused
from pertoken.engines.source import identifier, quote
from pertoken.usage.question import Question
from pertoken.usage.report import Report, partial_day

__all__ = ["Log", "Watch", "currency", "fold", "keep", "labels", "opened", "reported", "silent"]

Watch = Callable[[float], None]
"""Told the share of the work that is done, 0 to 1."""


def labels(log: Log, keys: Sequence[str]) -> list[tuple[str, ...]]:
    """List the distinct combinations of some keys in a log."""
    columns = sql.key_columns(Question(tuple(keys)), log.binding, log.types, on="")
    with told(log.source):
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
        InputError: Rows that can't be used (unless set aside), mixed time zones, no rows, a kept roll-up too coarse,
            requests that can't be told apart where each is to be converted.
    """
    only_money(log.source.name, log.binding)
    _fine_enough(log, question)
    with told(log.source):
        told_apart(log, question)
        report = checked(log, bands=bool(question.cuts))
        if report.rejected and (not rejects or sum(report.rejected.values()) == report.rows):
            raise refused(report)
        usage = _folded(log, question, report, on, watch)
    cut = partial_day(report.last, question.timezone) if "day" in question.keys else ""
    return usage, replace(report, says=(*report.says, cut)) if cut else report


def _fine_enough(log: Log, question: Question) -> None:
    """Refuse a question that is finer than what any of the roll-ups was folded to."""
    missing = list(dict.fromkeys(each for said in log.kept for each in _missing(log, said, question)))
    if missing:
        msg = f"{log.source.name} was folded without {', '.join(missing)}; fold the log itself again with these cards"
        raise InputError(msg)


def _missing(log: Log, said: Mapping[str, Any], question: Question) -> list[str]:
    cuts = {cut["of"]: set(cut["above"]) for cut in said["cuts"]}
    missing = [f"{c.of} above {b}" for c in question.cuts for b in c.above if b not in cuts.get(c.of, set())]
    missing += [f"prices from {day}" for day in question.dates if day.isoformat() not in said["dates"]]
    missing += [each.meter for each in question.per_request if each.meter not in said.get("per_request", ())]
    missing += [clock.key for clock in question.clocks if clock.key not in said.get("clocks", ())]
    missing += [f"time zone {question.timezone}"] if question.timezone != said["timezone"] else []
    return missing + [f"key {key}" for key in question.keys if not _has(log, said["keys"], key)]


def _has(log: Log, kept: Sequence[str], key: str) -> bool:
    """Whether a roll-up has a key, itself or a finer period; a default would not be true of the log behind it."""
    finer = period.GRAINS[: period.GRAINS.index(key)] if key in period.GRAINS else ()
    return key in log.binding.constants or not {key, log.binding.keys.get(key), *finer}.isdisjoint(kept)


def _folded(log: Log, question: Question, report: Report, on: str, watch: Watch | None) -> Usage:
    columns = sql.key_columns(question, log.binding, log.types, on=on)
    labels = {name: label for name, (_, label) in columns.items()}
    groups = [f"{by} AS {identifier('k' + str(i))}" for i, (by, _) in enumerate(columns.values())]
    if not report.rejected and _as_kept(log, columns):
        usage = _usage(log, f"(SELECT {', '.join([*groups, 'meter', _as_is(log)])} FROM {log.source.relation})", labels)
        if usage is not None:
            return usage
    sums, names = _sums(log, question)
    table = log.source.relation
    if report.rejected:
        table = f"{judged(log, sql.checks(log.binding, log.types))} WHERE _fault IS NULL"
    by = "GROUP BY ALL" if groups or log.binding.long else ""
    _run(
        log.con, f"CREATE OR REPLACE TEMP TABLE folded AS SELECT {', '.join([*groups, *sums])} FROM {table} {by}", watch
    )
    usage = _usage(log, "folded", labels, names)
    assert usage is not None  # noqa: S101  groups stand only once
    return usage


def _as_kept(log: Log, columns: Mapping[str, Any]) -> bool:
    """Tell whether a question asks for a kept roll-up as it stands, so that there is nothing to add up."""
    return len(log.kept) == 1 and len(log.source.files) == 1 and set(log.types) - {"meter", "quantity"} <= set(columns)


def _as_is(log: Log) -> str:
    return f"CAST({sql.number(sql.QUANTITY, log.types, 'x_any')} AS {_kind(log)}) AS q0"


def _kind(log: Log) -> str:
    return "BIGINT" if log.types[sql.QUANTITY] in sql.INTEGERS else "DOUBLE"


def _sums(log: Log, question: Question) -> tuple[list[str], list[str]]:
    if log.binding.long:
        total = f"sum({sql.number(sql.QUANTITY, log.types, 'x_any')})"
        return ["meter", f"CAST({total} AS {_kind(log)}) AS q0"], ["quantity"]
    sums: list[str] = []
    names: list[str] = []
    for leaf in log.binding.leaves:
        total = f"sum({sql.value(leaf, log.types)})"
        sums.append(f"CAST({total} AS {'BIGINT' if meter(leaf.meter).whole else 'DOUBLE'}) AS q{len(names)}")
        names.append(leaf.meter)
    if "requests" not in names:
        sums.append(f"count(*) AS q{len(names)}")
        names.append("requests")
    for each in question.per_request:
        sums.append(f"{converted_sum(each, log.binding, log.types)} AS q{len(names)}")
        names.append(each.meter)
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


def _usage(log: Log, table: str, keys: Mapping[str, str], names: Sequence[str] = ("quantity",)) -> Usage | None:
    """Fetch folded lines with coded keys, and stack the meters under each other; None if some stand twice."""
    coded = {f"k{i}": label for i, label in enumerate(keys.values())} | ({"meter": "{c}"} if log.binding.long else {})
    codes, columns = _coded(log.con, table, coded, [f"q{i}" for i in range(len(names))])
    groups = group(list(codes.values()), len(columns[0]))
    if len(groups.starts) < groups.size:
        return None
    if groups.order is not None:
        codes = {name: Key(key.codes[groups.order], key.labels) for name, key in codes.items()}
        columns = [column[groups.order] for column in columns]
    made = {key: codes[f"k{i}"] for i, key in enumerate(keys)}
    if log.binding.long:
        known(log.source.name, codes["meter"].labels)
        return Usage({**made, "meter": codes["meter"]}, {"quantity": whole(exact(log.source.name, columns)[0])})
    return concat(Usage, list(stacked(made, exact(log.source.name, columns), names)))


FEW = 64
"""So many labels are looked up in a list, which is done once for each label where a file is dictionary-coded itself."""


def _coded(
    con: duckdb.DuckDBPyConnection, table: str, keys: Mapping[str, str], sums: Sequence[str]
) -> tuple[dict[str, Key], list[np.ndarray[Any, Any]]]:
    """Fetch a table with its keys as numbers; each label is written only once.

    Args:
        con: Where the table is.
        table: The table, or a query in brackets.
        keys: Columns of the table, and the SQL that makes a label of what stands there.
        sums: Other columns to fetch.
    """
    labels = _labels(con, table, keys)
    picked, joins = list(sums), []
    for name, own in labels.items():
        if 1 < len(own) <= FEW:
            picked.append(f"list_position(getvariable('{name}_labels'), lines.{name}) - 1 AS {name}")
        elif len(own) > FEW:
            picked.append(f"{name}_labels.code AS {name}")
            joins.append(f"JOIN {name}_labels ON lines.{name} IS NOT DISTINCT FROM {name}_labels.of")
    got = con.execute(f"SELECT {', '.join(picked)} FROM {table} AS lines {' '.join(joins)}").fetchnumpy()
    columns = [np.asarray(got[name]) for name in sums]
    none = np.zeros(len(columns[0]), dtype=np.int32)
    codes = {name: np.asarray(got[name], dtype=np.int32) if len(own) > 1 else none for name, own in labels.items()}
    return {name: Key(codes[name], own) for name, own in labels.items()}, columns


def _labels(con: duckdb.DuckDBPyConnection, table: str, keys: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Number the labels of each folded key in their order, as `{name}_labels`."""
    if not keys:
        return {}
    found = ", ".join(f"list(DISTINCT {name}) AS {name}" for name in keys)
    con.execute(f"CREATE OR REPLACE TEMP TABLE found AS SELECT {found} FROM {table}")
    out = {}
    for name, label in keys.items():
        distinct = f"SELECT of, {label.format(c='of')} AS label FROM (SELECT unnest({name}) AS of FROM found)"
        code = "CAST(row_number() OVER (ORDER BY label) - 1 AS INTEGER) AS code"
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name}_labels AS SELECT *, {code} FROM ({distinct})")
        con.execute(f"SET VARIABLE {name}_labels = (SELECT list(of ORDER BY code) FROM {name}_labels)")
        rows = con.execute(f"SELECT label FROM {name}_labels ORDER BY code").fetchall()
        out[name] = tuple(str(row[0]) for row in rows)
    return out


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
        "per_request": [each.meter for each in question.per_request],
        "clocks": [clock.key for clock in question.clocks],
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
