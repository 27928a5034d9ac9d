"""Sheets as one page: a file that asks for nothing, reads on a phone, in the dark and on paper."""

from collections.abc import Mapping, Sequence
from html import escape

from pertoken.present.drawing import svg
from pertoken.present.look import CSS
from pertoken.present.numbers import MINUS, show, show_aligned
from pertoken.present.sheet import Chart, Column, Figure, Figures, Kind, Note, Sheet, Table

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
UNBROKEN = 16
"""A name or a day of up to so many letters stands on one line."""
WIDE = 8
"""Tables with more columns are printed on pages turned sideways."""
ALIGNED: tuple[Kind, ...] = ("exact",)
"""What is added up digit by digit stands point under point; unit money of many sizes would only look ragged."""


def page(sheet: Sheet) -> str:
    """Return a sheet as one self-contained HTML file: no script, no outside request, all text escaped."""
    return document(sheet.title, sheet.subtitle, "\n".join(map(block, sheet.blocks)), sheet.meta)


def document(title: str, finding: str, body: str, meta: Mapping[str, str], *, style: str = "", after: str = "") -> str:
    """Return one self-contained HTML file in the look of the house, which may fetch nothing and run nothing.

    Args:
        title: What this is; escaped here.
        finding: The finding in one sentence; escaped here.
        body: What comes below, as HTML.
        meta: What the numbers rest on, at the foot; escaped here.
        style: Rules besides those of all pages.
        after: What comes after the foot, as HTML.
    """
    name = escape(title)
    lead = f"\n<p>{escape(finding)}</p>" if finding else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<style>{CSS}{style}</style>
</head>
<body>
<main>
<header>
<h1>{name}</h1>{lead}
</header>
{body}
</main>
{_footer(meta)}{after}
</body>
</html>
"""


def block(part: Figures | Table | Chart | Note) -> str:
    """Return a part of a sheet as HTML."""
    match part:
        case Figures():
            return f'<dl class="figures">\n{"".join(map(_figure, part.items))}</dl>'
        case Table():
            return _section(part)
        case Chart():
            return picture(part)
        case Note():
            mark = "Warning" if part.level == "warning" else "Note"
            return f'<aside class="{escape(part.level)}"><strong>{mark}:</strong> {escape(part.text)}</aside>'


def _figure(figure: Figure) -> str:
    number = escape(show(figure.value, figure.kind))
    unit = f' <span class="unit">{escape(figure.unit)}</span>' if figure.unit else ""
    note = f'<dd class="note">{escape(figure.note)}</dd>' if figure.note else ""
    return f'<div><dt>{escape(figure.label)}{unit}</dt><dd class="value">{number}</dd>{note}</div>\n'


def picture(chart: Chart, below: str = "", *, key: str = "") -> str:
    """Return a chart under its title.

    Args:
        chart: What is drawn.
        below: What comes below it, as HTML.
        key: Keeps its identifiers apart from those of a chart of that name beside it.
    """
    name = f"chart-{key}{escape(chart.name)}"
    head, body = svg(chart.spec, name=name).split(">", 1)
    words = f'<title id="{name}-title">{escape(chart.title)}</title><desc id="{name}-desc">{escape(chart.alt)}</desc>'
    drawing = f'{head} role="img" aria-labelledby="{name}-title {name}-desc">{words}{body}'
    caption = f"<figcaption>{escape(chart.title)}</figcaption>"
    return f"<figure>\n{caption}\n{scroll(chart.title, drawing)}{below}\n</figure>"


def _section(table: Table) -> str:
    shown, total = show_aligned(table, ALIGNED)
    rows = [_row(table.columns, row) for row in shown]
    foot = _row(table.columns, total) if total else ""
    note = f'\n<p class="remark">{escape(table.note)}</p>' if table.note else ""
    whole = grid(table.title, "".join(map(_header, table.columns)), rows, foot)
    wide = ' class="wide"' if len(table.columns) > WIDE else ""
    return f"<section{wide}>\n<h2>{escape(table.title)}</h2>\n{scroll(table.title, whole)}{note}\n</section>"


def grid(title: str, head: str, rows: Sequence[str], foot: str = "") -> str:
    """Return a table of HTML.

    Args:
        title: Its caption; escaped here.
        head: Cells of the header.
        rows: Lines, each from ``<tr>`` to ``</tr>``.
        foot: The line of totals.
    """
    below = f"\n<tfoot>\n{foot}\n</tfoot>" if foot else ""
    body = "\n".join(rows)
    caption = f"<caption>{escape(title)}</caption>"
    return f"<table>\n{caption}\n<thead>\n<tr>{head}</tr>\n</thead>\n<tbody>\n{body}\n</tbody>{below}\n</table>"


def scroll(title: str, content: str) -> str:
    """Return some HTML in a place of its own, which scrolls sideways where it is wider than the page."""
    return f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(title)}">\n{content}\n</div>'


def _header(column: Column) -> str:
    unit = f"<small>{escape(column.unit)}</small>" if column.unit else ""
    kind = "" if column.kind == "text" else ' class="number"'
    return f'<th scope="col"{kind}>{escape(column.label)}{unit}</th>'


def _row(columns: Sequence[Column], texts: Sequence[str]) -> str:
    cells = "".join(
        _cell(column, text, first=index == 0) for index, (column, text) in enumerate(zip(columns, texts, strict=True))
    )
    return f"<tr>{cells}</tr>"


def _cell(column: Column, text: str, *, first: bool) -> str:
    if column.kind == "text":
        whole = ' class="whole"' if "-" in text and len(text) <= UNBROKEN and " " not in text else ""
        return f'<th scope="row">{escape(text)}</th>' if first else f"<td{whole}>{escape(text)}</td>"
    loss = " loss" if text.startswith((MINUS, f">{MINUS}")) else ""
    return f'<td class="number{loss}">{escape(text)}</td>'


def _footer(meta: Mapping[str, str]) -> str:
    items = "\n".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in meta.items())
    return f"<footer>\n<dl>\n{items}\n</dl>\n</footer>" if items else ""
