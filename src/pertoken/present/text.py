"""Sheets as text for machines and documents: JSON, CSV and Markdown."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from pertoken.core.errors import InputError
from pertoken.present.numbers import MOST_DECIMALS, WIDE, show, show_rows, show_total
from pertoken.present.sheet import Cell, Chart, Figures, Note, Number, Sheet, Table, total_row

SCHEMA_VERSION = 1
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""First characters that make a spreadsheet read a text as a formula."""

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | Decimal | None


def to_json(sheet: Sheet) -> str:
    """Return a sheet as one JSON object; numbers are JSON numbers, ``None`` is ``null``.

    Numbers have at most 12 decimals (see ``plain_number``); totals are reckoned before that.
    """
    return _json(
        {
            "schema_version": SCHEMA_VERSION,
            "title": sheet.title,
            "subtitle": sheet.subtitle,
            "meta": dict(sorted(sheet.meta.items())),
            "figures": {item.name: {"value": item.value, "unit": item.unit} for item in sheet.figures},
            "tables": {table.name: _table(table) for table in sheet.of(Table)},
            "charts": {chart.name: {"title": chart.title, "alt": chart.alt} for chart in sheet.of(Chart)},
            "notes": [{"level": note.level, "text": note.text} for note in sheet.of(Note)],
        }
    ) + "\n"  # fmt: skip


def to_csv(sheet: Sheet, *, name: str | None = None) -> str:
    """Return a table as CSV (RFC 4180), without its total row.

    The header holds machine names, numbers have no thousands separators and at most 12 decimals (see
    ``plain_number``), ``None`` is empty. A text that a spreadsheet
    would read as a formula (it starts with ``= + - @``, tab or a line end) gets an apostrophe in front.

    Args:
        sheet: What to show.
        name: Which of its tables; the first if None.

    Raises:
        ValueError: If the sheet has no table.
        InputError: If it has none of that name.
    """
    tables = {table.name: table for table in sheet.of(Table)}
    if not tables:
        raise ValueError(f"sheet {sheet.title!r} has no table; expected one to write as CSV")
    if name is not None and name not in tables:
        raise InputError(f"no table {name!r} here; known are {', '.join(tables)}")
    table = tables[name or next(iter(tables))]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(column.name for column in table.columns)
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return out.getvalue()


def to_markdown(sheet: Sheet) -> str:
    """Return all blocks of a sheet as Markdown, charts by their description."""
    parts = [f"# {_plain(sheet.title)}", _plain(sheet.subtitle)]
    parts += [_markdown(block) for block in sheet.blocks]
    parts += ["\n".join(f"- {_plain(key)}: {_plain(value)}" for key, value in sheet.meta.items())]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(table: Table) -> Json:
    names = [column.name for column in table.columns]
    total = total_row(table)
    return {
        "title": table.title,
        "columns": [{"name": c.name, "label": c.label, "unit": c.unit, "kind": c.kind} for c in table.columns],
        "rows": [dict(zip(names, row, strict=True)) for row in table.rows],
        "total": None if total is None else dict(zip(names, total, strict=True)),
    }


def _json(value: Json, indent: str = "\n") -> str:
    """Write JSON by hand, since ``json`` would squeeze a decimal through a float and lose cents of large sums."""
    deeper = f"{indent}  "
    match value:
        case Mapping():
            pairs = [f"{json.dumps(key, ensure_ascii=False)}: {_json(item, deeper)}" for key, item in value.items()]
            return _within("{", pairs, "}", indent)
        case list():
            return _within("[", [_json(item, deeper) for item in value], "]", indent)
        case None | str():
            return json.dumps(value, ensure_ascii=False)
        case int() | float() | Decimal():
            return plain_number(value)
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def _within(start: str, items: Sequence[str], end: str, indent: str) -> str:
    return f"{start}{indent}  {f',{indent}  '.join(items)}{indent}{end}" if items else start + end


def plain_number(value: Number) -> str:
    """Return a number for machines: at most 12 decimals, halves away from zero, and no digits that say nothing.

    What lies behind the twelfth decimal is the dust of a division, below any money.

    >>> plain_number(1.875e-06), plain_number(Decimal("2250.500")), plain_number(100)
    ('0.000001875', '2250.5', '100')
    >>> plain_number(Decimal(2) / 3)
    '0.666666666667'
    """
    number = Decimal(repr(float(value))) if isinstance(value, float) else Decimal(value)
    text = format(number.quantize(Decimal(1).scaleb(-MOST_DECIMALS), context=WIDE), "f").rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _csv_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(DANGEROUS) else cell
    return plain_number(cell)


def _markdown(block: Figures | Table | Chart | Note) -> str:
    match block:
        case Figures():
            return "\n".join(
                f"- **{_plain(item.label)}**: {_plain(show(item.value, item.kind, item.unit))}"
                + (f" ({_plain(item.note)})" if item.note else "")
                for item in block.items
            )
        case Table():
            return _markdown_table(block)
        case Chart():
            return f"*{_plain(block.title)}*: {_plain(block.alt)}"
        case Note():
            return f"> **{'Warning' if block.level == 'warning' else 'Note'}:** {_plain(block.text)}"


def _markdown_table(table: Table) -> str:
    head = [column.label + (f" [{column.unit}]" if column.unit else "") for column in table.columns]
    rule = ["---" if column.kind == "text" else "---:" for column in table.columns]
    lines = [_pipes(map(_plain, head)), _pipes(rule), *(_pipes(map(_plain, row)) for row in show_rows(table))]
    if total := show_total(table):
        lines.append(_pipes(f"**{_plain(text)}**" if text else "" for text in total))
    note = f"\n\n{_plain(table.note)}" if table.note else ""
    return f"## {_plain(table.title)}\n\n" + "\n".join(lines) + note


def _pipes(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Take the meaning out of Markdown's and HTML's special characters, and put the text on one line."""
    for character in "\\|`*[]<":
        text = text.replace(character, f"\\{character}")
    return " ".join(text.split())
