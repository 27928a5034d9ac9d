"""The invoice as a sheet: its lines, what pools include and hold, and what it would be at list price."""

from collections.abc import Sequence
from decimal import Decimal

from pertoken.books.answer import Billed
from pertoken.books.correct import Correction
from pertoken.books.invoice import Invoice, InvoiceLine
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Column, Figure, Figures, Note, Sheet, Table
from pertoken.rating.balance import Balance

PLACE = (
    Column("kind", "Kind", "text"),
    Column("card", "Card", "text"),
    Column("term", "Place in the card", "text"),
    Column("charge", "Charge", "text"),
    Column("labels", "Labels", "text"),
)
"""What makes a line the same on two invoices."""


def sheet(billed: Billed, *, whole: bool = False) -> Sheet:
    """Lay an invoice out.

    Args:
        billed: What was billed.
        whole: True for machines: with units, and with the place of each line in the card.
    """
    made = billed.invoice
    title = f"Invoice{f' for {_who(made)}' if _who(made) else ''}, {_when(made)}"
    words = f"{show(made.total, 'money')} {made.currency} due from {made.due_from} to {made.due_to}."
    blocks: list[Figures | Table | Note] = [_figures(made), _lines(made, whole=whole), *_pools(made), *_notes(billed)]
    return Sheet(title, words, tuple(blocks), _meta(billed))


def _who(made: Invoice) -> str:
    return ", ".join(made.labels.values())


def _when(made: Invoice) -> str:
    return made.month if made.period in ("", made.month) else f"cycle from {made.period}"


def _figures(made: Invoice) -> Figures:
    unit = made.currency
    return Figures(
        (
            Figure("total", "Total due", made.total, "money", unit),
            Figure("list", "At list price", made.list_total, "money", unit, "usage and fees, before all else"),
            Figure("contracted", "As agreed", made.contracted_total, "money", unit, "with discounts and limits"),
        )
    )


def _lines(made: Invoice, *, whole: bool) -> Table:
    unit = made.currency
    columns = (
        Column("about", "What", "text"),
        Column("quantity", "Quantity", "quantity"),
        *((Column("unit", "Unit", "text"),) if whole else ()),
        Column("unit_price", "Unit price", "unit_money", unit),
        Column("amount", "Amount", "money", unit, total="sum"),
        *(PLACE if whole else ()),
    )
    rows = tuple(_whole(line) if whole else _short(line) for line in made.lines)
    return Table("lines", "Lines", columns, rows)


def _short(line: InvoiceLine) -> tuple[Cell, ...]:
    about = f"{line.about}, {line.unit}" if line.unit and line.kind in ("usage", "included") else line.about
    return about, line.quantity, line.unit_price, line.amount


def _whole(line: InvoiceLine) -> tuple[Cell, ...]:
    return line.about, line.quantity, line.unit, line.unit_price, line.amount, *_place(line)


def _place(line: InvoiceLine) -> tuple[str, ...]:
    return line.kind, line.card, line.term, line.charge, line.labels


def _pools(made: Invoice) -> list[Table]:
    if not made.balances:
        return []
    columns = (
        Column("pool", "Pool", "text"),
        Column("opening", "From before", "exact"),
        Column("granted", "Granted", "exact"),
        Column("drawn", "Used", "exact"),
        Column("expired", "Expired", "exact"),
        *((Column("refunded", "Paid back", "exact"),) if any(each.refunded for each in made.balances) else ()),
        Column("left", "Left", "exact"),
    )
    names = [column.name for column in columns[1:]]
    rows = tuple((_pool(each, made), *(getattr(each, name) for name in names)) for each in made.balances)
    return [Table("pools", "Pools", columns, rows, total=False)]


def _pool(balance: Balance, made: Invoice) -> str:
    return f"{balance.pool.name}, {balance.unit or made.currency}"


def _notes(billed: Billed) -> list[Note]:
    report = billed.report
    notes = []
    if len(billed.unpriced):
        notes.append(Note("Some usage of the log has no price and is not on any invoice.", "warning"))
    if report.rejected:
        rows = sum(report.rejected.values())
        notes.append(Note(f"{rows:,} of {report.rows:,} rows of the log were set aside.", "warning"))
    return notes


def _meta(billed: Billed) -> dict[str, str]:
    made = billed.invoice
    return {
        **made.labels,
        "month": made.month,
        "card": ", ".join(made.cards),
        "currency": made.currency,
        "due from": made.due_from,
        "due to": made.due_to,
        "log": billed.report.source,
    }


def corrected(billed: Billed, lines: Sequence[Correction], *, whole: bool = False) -> Sheet:
    """Lay corrections of an invoice out: only what changed, and what it comes to.

    Args:
        billed: What would be billed now.
        lines: What that is beyond what was issued.
        whole: True for machines: with the place of each line in the card.
    """
    made = billed.invoice
    more = sum((each.difference for each in lines), Decimal(0))
    unit = made.currency
    figures = (
        Figure("issued", "Issued", made.total - more, "money", unit),
        Figure("corrections", "Corrections", more, "money", unit),
        Figure("total", "Total now", made.total, "money", unit),
    )
    title = f"Corrections to the invoice{f' for {_who(made)}' if _who(made) else ''}, {_when(made)}"
    count = f"{len(lines)} line{'s' * (len(lines) != 1)}" if lines else "No line"
    words = f"{count} changed; {show(more, 'money')} {unit} in all."
    table = [_corrections(lines, unit, whole=whole)] if lines or whole else []
    return Sheet(title, words, (Figures(figures), *table, *_notes(billed)), _meta(billed))


def _corrections(lines: Sequence[Correction], unit: str, *, whole: bool) -> Table:
    columns = (
        Column("about", "What", "text"),
        Column("before", "Before", "money", unit, total="sum"),
        Column("now", "Now", "money", unit, total="sum"),
        Column("difference", "Difference", "money", unit, "now - before", "sum"),
        Column("reason", "Why", "text"),
        *((Column("quantity", "Quantity", "quantity"), Column("unit", "Unit", "text")) if whole else ()),
        *((Column("unit_price", "Unit price", "unit_money", unit), *PLACE) if whole else ()),
    )
    rows = []
    for each in lines:
        line = each.line
        more = (line.quantity, line.unit, line.unit_price, *_place(line)) if whole else ()
        rows.append((line.about, each.before, each.now, each.difference, each.reason, *more))
    return Table("corrections", "Corrections", columns, tuple(rows))
