"""What a log itself says that its rows cost: summed by the keys of a question, never computed."""

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.lines import Key, Ledger
from pertoken.engines import sql
from pertoken.engines.log import Log, told
from pertoken.engines.rows import judged
from pertoken.usage.question import Question
from pertoken.usage.report import Report

ACCOUNT = "reported"
"""Account of the ledger that holds what the source says."""
MONEY = "DECIMAL(38, 18)"
HOME = "USD"
"""Currency of a log that names none."""


def reported(log: Log, question: Question, *, on: str = "", report: Report | None = None) -> Ledger | None:
    """Sum what the source says that its rows cost, by the keys of a question.

    Args:
        log: An open log.
        question: The keys; the same one that the usage is folded by, so that both fold alike.
        on: Day whose prices hold where the log has no time.
        report: What was read of it, where rows were set aside: they are left out here, too.

    Returns:
        A ledger of account `reported` and stage `list`, its amounts in `Decimal`, its quantity the rows that report a
        cost; None if the log reports none.

    Raises:
        InputError: The log is in several currencies.
    """
    money = _money(log)
    if money is None:
        return None
    currency(log)
    columns = sql.key_columns(question, log.binding, log.types, on=on)
    groups = [f"{by} AS k{i}" for i, (by, _) in enumerate(columns.values())]
    sums = [f"count({money}) AS said", f"coalesce(sum({money}), 0) AS amount"]
    by = "GROUP BY ALL" if groups else ""
    shown = [label.format(c=f"k{i}") for i, (_, label) in enumerate(columns.values())]
    query = f"SELECT {', '.join([*groups, *sums])} FROM {_table(log, report)} {by}"
    with told(log.source):
        rows = log.con.execute(
            f"SELECT {', '.join([*shown, 'said', 'amount'])} FROM ({query}) WHERE said > 0 ORDER BY ALL"
        ).fetchall()
    return ledger(tuple(columns), rows)


def ledger(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Ledger:
    """Make a ledger of what rows report.

    Args:
        names: Keys.
        rows: Labels of the keys, how many rows report a cost, and what it comes to.
    """
    keys = {name: Key.of(str(row[i]) for row in rows) for i, name in enumerate(names)}
    marks = {"account": Key.constant(ACCOUNT, len(rows)), "stage": Key.constant("list", len(rows))}
    amount = np.empty(len(rows), dtype=object)
    amount[:] = [_plain(row[-1]) for row in rows]
    return Ledger(
        {**keys, **marks}, {"quantity": np.array([row[-2] for row in rows], dtype=np.int64), "amount": amount}
    )


def _plain(money: object) -> Decimal:
    """Money without the zeros that the type's places add."""
    text = f"{money:f}"
    return Decimal(text.rstrip("0").rstrip(".") if "." in text else text)


def silent(log: Log, report: Report | None = None) -> int:
    """Count the rows that report no cost; all of them where the log has no such column."""
    money = _money(log) or "NULL"
    with told(log.source):
        row = log.con.execute(f"SELECT count(*) - count({money}) FROM {_table(log, report)}").fetchone()
    return int(row[0]) if row else 0


def currency(log: Log) -> str:
    """Tell the currency of what is reported.

    Raises:
        InputError: There are several.
    """
    if "currency" in log.binding.constants:
        return log.binding.constants["currency"].upper()
    if "currency" not in log.binding.keys:
        return HOME
    label = f"upper(trim(coalesce(CAST({sql.column(log.binding.keys['currency'])} AS VARCHAR), '')))"
    query = f"SELECT DISTINCT {label} FROM {log.source.relation} WHERE {_money(log) or 'false'} IS NOT NULL ORDER BY 1"
    with told(log.source):
        found = sorted({row[0] or HOME for row in log.con.execute(query).fetchall()})
    if len(found) > 1:
        msg = f"{log.source.name} reports costs in {' and '.join(found)}; name the rows of each currency apart"
        raise InputError(msg)
    return found[0] if found else HOME


def _money(log: Log) -> str | None:
    """The reported cost of a row as an exact decimal; a float is what its shortest writing says."""
    name = log.binding.reported
    if name is None:
        return None
    kind, said = log.types[name], sql.column(name)
    if kind in ("DOUBLE", "FLOAT", "VARCHAR"):
        return f"try_cast(nullif(trim(CAST({said} AS VARCHAR)), '') AS {MONEY})"
    return f"try_cast({said} AS {MONEY})"


def _table(log: Log, report: Report | None) -> str:
    if report is None or not report.rejected:
        return log.source.relation
    return f"{judged(log, sql.checks(log.binding, log.types))} WHERE _fault IS NULL"
