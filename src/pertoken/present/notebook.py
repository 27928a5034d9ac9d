"""A sheet in a notebook: figures, one picture and one table in the notebook's own colours, the rest folded."""

from html import escape
from zlib import crc32

from pertoken.present.html import block, picture
from pertoken.present.sheet import Chart, Figures, Note, Sheet, Table

STYLE = """<style>
.pertoken { max-width: 60rem; --paper: transparent; }
.pertoken .scroll { overflow: auto; }
.pertoken section .scroll { max-height: 36em; }
.pertoken .figures { display: flex; flex-wrap: wrap; gap: .6em 2em; margin: 1em 0; }
.pertoken .figures dd { margin: 0; }
.pertoken .value { font-size: 1.3em; font-weight: 600; }
.pertoken :is(.unit, .note, .remark) { font-size: .85em; opacity: .75; }
.pertoken :is(h2, figcaption) { font-size: 1.05em; font-weight: 600; margin: 1em 0 .4em; }
.pertoken table { border-collapse: collapse; color: inherit; font-size: .95em; font-variant-numeric: tabular-nums; }
.pertoken :is(th, td) { padding: .25em .6em; text-align: left; vertical-align: top; background: none; }
.pertoken tbody th { font-weight: normal; min-width: 9em; }
.pertoken thead th { border-bottom: 1px solid currentColor; }
.pertoken tfoot :is(th, td) { border-top: 1px solid currentColor; }
.pertoken .number { text-align: right; white-space: nowrap; }
.pertoken small { display: block; font-weight: normal; opacity: .75; }
.pertoken caption { display: none; }
.pertoken svg { width: 100%; max-width: 46rem; height: auto; }
.pertoken summary { cursor: pointer; }
.pertoken figure, .pertoken aside { margin: 1em 0; }
</style>"""
"""Rules for what is inside only; text and lines take the notebook's colour, in light and in dark."""


def fragment(sheet: Sheet) -> str:
    """Return a sheet as a piece of HTML for a notebook: no script, no outside request, all text escaped.

    Figures, notes, the first picture and the first table are shown; the others open under their titles.
    """
    rows = [table.rows for table in sheet.of(Table)]
    key = f"{crc32(repr((sheet.title, sheet.subtitle, rows)).encode()):08x}-"
    first = {id(part) for kind in (Chart, Table) for part in sheet.of(kind)[:1]}
    lead = f"<p>{escape(sheet.subtitle)}</p>" if sheet.subtitle else ""
    body = "\n".join(_part(each, key, shown=id(each) in first) for each in sheet.blocks)
    meta = escape(" · ".join(f"{name} {text}" for name, text in sheet.meta.items()))
    foot = f'\n<p class="remark">{meta}</p>' if meta else ""
    return f'<div class="pertoken">\n{STYLE}\n<h3>{escape(sheet.title)}</h3>{lead}\n{body}{foot}\n</div>'


def _part(part: Figures | Table | Chart | Note, key: str, *, shown: bool) -> str:
    text = picture(part, key=key) if isinstance(part, Chart) else block(part)
    if shown or isinstance(part, Figures | Note):
        return text
    return f"<details><summary>{escape(part.title)}</summary>\n{text}\n</details>"
