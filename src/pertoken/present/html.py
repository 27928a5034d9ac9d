"""Sheets as one page: a file that asks for nothing, reads on a phone, in the dark and on paper."""

from collections.abc import Sequence
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
    title = escape(sheet.title)
    blocks = "\n".join(map(_block, sheet.blocks))
    lead = f"\n<p>{escape(sheet.subtitle)}</p>" if sheet.subtitle else ""
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{CSS}</style>
</head>
<body>
<main>
<header>
<h1>{title}</h1>{lead}
</header>
{blocks}
</main>
{_footer(sheet)}
</body>
</html>
"""


def _block(block: Figures | Table | Chart | Note) -> str:
    match block:
        case Figures():
            return f'<dl class="figures">\n{"".join(map(_figure, block.items))}</dl>'
        case Table():
            return _section(block)
        case Chart():
            return _picture(block)
        case Note():
            mark = "Warning" if block.level == "warning" else "Note"
            return f'<aside class="{escape(block.level)}"><strong>{mark}:</strong> {escape(block.text)}</aside>'


def _figure(figure: Figure) -> str:
    number = escape(show(figure.value, figure.kind))
    unit = f' <span class="unit">{escape(figure.unit)}</span>' if figure.unit else ""
    note = f'<dd class="note">{escape(figure.note)}</dd>' if figure.note else ""
    return f'<div><dt>{escape(figure.label)}{unit}</dt><dd class="value">{number}</dd>{note}</div>\n'


def _picture(chart: Chart) -> str:
    name = f"chart-{escape(chart.name)}"
    head, body = svg(chart.spec, name=name).split(">", 1)
    words = f'<title id="{name}-title">{escape(chart.title)}</title><desc id="{name}-desc">{escape(chart.alt)}</desc>'
    drawing = f'{head} role="img" aria-labelledby="{name}-title {name}-desc">{words}{body}'
    caption = f"<figcaption>{escape(chart.title)}</figcaption>"
    return f"<figure>\n{caption}\n{_scroll(chart.title, drawing)}\n</figure>"


def _section(table: Table) -> str:
    shown, total = show_aligned(table, ALIGNED)
    rows = "\n".join(_row(table.columns, row) for row in shown)
    foot = f"\n<tfoot>\n{_row(table.columns, total)}\n</tfoot>" if total else ""
    note = f'\n<p class="remark">{escape(table.note)}</p>' if table.note else ""
    head = "".join(map(_header, table.columns))
    grid = (
        f"<table>\n<caption>{escape(table.title)}</caption>\n<thead>\n<tr>{head}</tr>\n</thead>\n"
        f"<tbody>\n{rows}\n</tbody>{foot}\n</table>"
    )
    wide = ' class="wide"' if len(table.columns) > WIDE else ""
    return f"<section{wide}>\n<h2>{escape(table.title)}</h2>\n{_scroll(table.title, grid)}{note}\n</section>"


def _scroll(title: str, content: str) -> str:
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


def _footer(sheet: Sheet) -> str:
    items = "\n".join(f"<dt>{escape(key)}</dt><dd>{escape(value)}</dd>" for key, value in sheet.meta.items())
    return f"<footer>\n<dl>\n{items}\n</dl>\n</footer>" if items else ""
