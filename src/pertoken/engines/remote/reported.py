"""What a table itself says that its rows cost: summed where it is, to the last digit, and never computed."""

from dataclasses import replace
from decimal import Decimal

import ibis
import ibis.expr.datatypes as dt

from pertoken.core.errors import InputError
from pertoken.core.lines import Ledger
from pertoken.engines.remote.connect import told
from pertoken.engines.remote.fetch import fetched
from pertoken.engines.remote.fold import coded, span
from pertoken.engines.remote.keys import groups
from pertoken.engines.remote.numbers import WRITTEN
from pertoken.engines.remote.rows import judged
from pertoken.engines.remote.table import Expr, Table
from pertoken.engines.reported import HOME, ledger
from pertoken.usage.question import Question
from pertoken.usage.report import Report

MONEY = dt.Decimal(38, 18)


def reported(table: Table, question: Question, *, on: str = "", report: Report | None = None) -> Ledger | None:
    """Sum what the source says that its rows cost; see `pertoken.engines.reported.reported`.

    Args:
        table: An open table.
        question: The keys; the same one that the usage is folded by.
        on: Day whose prices hold where there are no times.
        report: What was read of it, where rows were set aside.

    Returns:
        A ledger; None if the table reports no cost.

    Raises:
        InputError: It is in several currencies.
    """
    money = _money(table)
    if money is None:
        return None
    currency(table)
    with told(table.name):
        made = groups(table, question, on=on, span=span(table, question))
        by = {f"k{i}": group.by for i, group in enumerate(made.values()) if group.by is not None}
        rows = table.rows.mutate(**{f"_{name}": each for name, each in by.items()}, _money=money)
        if report is not None and report.rejected:
            rows = judged(replace(table, rows=rows))
            rows = rows.filter(rows["_fault"].isnull())
        rows = rows.select(**{name: rows[f"_{name}"] for name in by}, money=rows["_money"])
        sums = {"said": rows["money"].count(), "amount": rows["money"].sum()}
        got = fetched(rows.group_by(list(by)).aggregate(**sums) if by else rows.aggregate(**sums))
    columns = [coded(got, f"k{i}", group, got.num_rows).column().tolist() for i, group in enumerate(made.values())]
    added: dict[tuple[str, ...], tuple[int, Decimal]] = {}
    for row in zip(*columns, got.column("said").to_pylist(), got.column("amount").to_pylist(), strict=True):
        if row[-2]:
            count, amount = added.get(row[:-2], (0, Decimal(0)))
            added[row[:-2]] = count + int(row[-2]), amount + Decimal(row[-1])
    return ledger(tuple(made), [(*labels, *added[labels]) for labels in sorted(added)])


def currency(table: Table) -> str:
    """Tell the currency of what is reported.

    Raises:
        InputError: There are several.
    """
    binding, money = table.binding, _money(table)
    if "currency" in binding.constants:
        return binding.constants["currency"].upper()
    if "currency" not in binding.keys or money is None:
        return HOME
    rows = table.rows.filter(money.notnull())
    with told(table.name):
        got = fetched(rows.select(label=rows[binding.keys["currency"]].cast(dt.string)).distinct()).to_pylist()
    found = sorted({(row["label"] or "").strip().upper() or HOME for row in got})
    if len(found) > 1:
        msg = f"{table.name} reports costs in {' and '.join(found)}; name the rows of each currency apart"
        raise InputError(msg)
    return found[0] if found else HOME


def _money(table: Table) -> Expr | None:
    """The reported cost of a row as an exact decimal; a float is what its shortest writing says."""
    if table.binding.reported is None:
        return None
    column = table.column(table.binding.reported)
    if not (column.type().is_string() or column.type().is_floating()):
        return column.cast(MONEY)
    text = column.cast(dt.string).strip()
    return ibis.cases((text.re_search(WRITTEN), text.cast(MONEY)), else_=ibis.null(MONEY))
