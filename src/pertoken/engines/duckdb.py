"""DuckDB answers the question: one pass to check the rows, one to fold them; only the folded lines reach Python."""

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.lines import Key, Lines, Usage, concat
from pertoken.core.meters import meter
from pertoken.engines import sql
from pertoken.engines.log import Log, opened, told
from pertoken.engines.per_request import converted_sum, told_apart
from pertoken.engines.rows import checked, judged, refused
from pertoken.engines.source import identifier, quote
from pertoken.usage.question import Question
from pertoken.usage.report import Report

__all__ = ["Log", "Watch", "fold", "keep", "labels", "opened"]

Watch = Callable[[float], None]
"""Told the share of the work that is done, 0 to 1."""

MOST_EXACT = 2**53
"""Floats hold every whole number up to this one."""


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
    _fine_enough(log, question)
    with told(log.source):
        told_apart(log, question)
        report = checked(log, bands=bool(question.cuts))
        if report.rejected and (not rejects or sum(report.rejected.values()) == report.rows):
            raise refused(report)
        usage = _folded(log, question, report, on, watch)
    return usage, report


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
    missing += [f"time zone {question.timezone}"] if question.timezone != said["timezone"] else []
    return missing + [f"key {key}" for key in question.keys if not _has(log, said["keys"], key)]


def _has(log: Log, kept: Sequence[str], key: str) -> bool:
    """Whether a roll-up has a key, itself or a finer period; a default would not be true of the log behind it."""
    finer = period.GRAINS[: period.GRAINS.index(key)] if key in period.GRAINS else ()
    return key in log.binding.constants or not {key, log.binding.keys.get(key), *finer}.isdisjoint(kept)


def _folded(log: Log, question: Question, report: Report, on: str, watch: Watch | None) -> Usage:
    columns = sql.key_columns(question, log.binding, log.types, on=on)
    groups = [f"{group} AS {identifier('k' + str(i))}" for i, (group, _) in enumerate(columns.values())]
    sums, names = _sums(log, question)
    table = log.source.relation
    if report.rejected:
        table = f"{judged(log, sql.checks(log.binding, log.types))} WHERE _fault IS NULL"
    by = "GROUP BY ALL" if groups or log.binding.long else ""
    _run(
        log.con, f"CREATE OR REPLACE TEMP TABLE folded AS SELECT {', '.join([*groups, *sums])} FROM {table} {by}", watch
    )
    return _usage(log, {name: label for name, (_, label) in columns.items()}, names)


def _sums(log: Log, question: Question) -> tuple[list[str], list[str]]:
    if log.binding.long:
        total = f"sum({sql.number(sql.QUANTITY, log.types, 'x_any')})"
        kind = "BIGINT" if log.types[sql.QUANTITY] in sql.INTEGERS else "DOUBLE"
        return ["meter", f"CAST({total} AS {kind}) AS q0"], ["quantity"]
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
        return Usage(made, {"quantity": _whole(_exact(log, [np.asarray(got["q0"])])[0])})
    quantities = _exact(log, [np.asarray(got[f"q{i}"]) for i in range(len(names))])
    return concat(Usage, [_meter(made, each, name) for each, name in zip(quantities, names, strict=True)])


def _exact(log: Log, quantities: Sequence[np.ndarray[Any, Any]]) -> Sequence[np.ndarray[Any, Any]]:
    """Refuse sums beyond what floats hold exactly, where some meter has fractions."""
    parted = any(each.dtype.kind == "f" for each in quantities)
    if parted and any((each > MOST_EXACT).any() for each in quantities):
        msg = (
            f"{log.source.name} counts more than {MOST_EXACT:,} of a meter in one line, which can't be kept exact "
            "beside fractions; report by a finer key (--by), or give the meters that have fractions in a log apart"
        )
        raise InputError(msg)
    return quantities


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
        "per_request": [each.meter for each in question.per_request],
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
