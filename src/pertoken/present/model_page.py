"""A model as one page: what it says, how sure that is, and behind each number a panel that explains it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from html import escape

from pertoken.present.html import WIDE, block, document, grid, picture, scroll
from pertoken.present.model_look import CSS
from pertoken.present.model_panels import link, panels, sure
from pertoken.present.model_view import Check, Grid, GridRow, ModelPage, Origin, Quantity, rounded
from pertoken.present.numbers import ABSENT, MINUS

ORIGIN = {
    "file": "model",
    "hash": "hash",
    "seed": "seed",
    "draws": "draws",
    "prices": "prices of",
    "version": "pertoken",
}
"""Field of `Origin` -> what the foot of the page calls it."""
YEAR = 12
"""Columns of numbers at most, side by side."""
INPUTS = ("Value", "Unit", "P10 to P90", "Source", "As of")


def page(view: ModelPage) -> str:
    """Return the page of a model as one self-contained HTML file: no script, no outside request, all text escaped.

    A number is a link to a panel of the same page, which is shown while the address names it; so the browser's own
    way back goes up the tree of explanations, and a link to a number can be sent.
    """
    quantities = {quantity.name: quantity for quantity in view.quantities}
    below = {chart.table for chart in view.charts}
    scenarios = [view.scenarios] if view.scenarios else []
    parts = [
        _figures([quantities[name] for name in view.figures]),
        *map(block, view.notes),
        _alarm(view.checks),
        *(_section(each) for each in scenarios),
        _pictures(view),
        *(_section(each) for each in view.grids if each.name not in below),
        _checks(view.checks, quantities),
        _inputs([each for each in view.quantities if each.kind == "input"]),
    ]
    body = "\n".join(filter(None, parts))
    return document(view.title, view.headline, body, _meta(view.origin), style=CSS, after=f"\n{panels(view)}")


def _meta(origin: Origin) -> dict[str, str]:
    return {ORIGIN[field]: text or ABSENT for field, text in asdict(origin).items()}


def _figures(figures: Sequence[Quantity]) -> str:
    return f'<dl class="figures">\n{"".join(map(_figure, figures))}</dl>' if figures else ""


def _figure(quantity: Quantity) -> str:
    unit = f' <span class="unit">{escape(quantity.unit)}</span>' if quantity.unit else ""
    number = f'<dd class="value{_loss(quantity.value)}">{link(rounded(quantity.value), quantity.name)}</dd>'
    return f'<div><dt>{escape(quantity.label)}{unit}</dt>{number}<dd class="note">{sure(quantity)}</dd></div>\n'


def _loss(text: str) -> str:
    return " loss" if text.startswith((MINUS, f">{MINUS}")) else ""


def _alarm(checks: Sequence[Check]) -> str:
    """Say at once how many checks do not hold."""
    broken = [check for check in checks if not check.held]
    if not broken:
        return ""
    said = f"{len(broken)} of {len(checks)} checks {'does' if len(broken) == 1 else 'do'} not hold"
    first = f"{broken[0].text}{', …' if len(broken) > 1 else ''}"
    return f'<aside class="warning"><strong>Warning:</strong> <a href="#checks">{said}</a>: {escape(first)}</aside>'


def _section(each: Grid) -> str:
    wide = ' class="wide"' if any(len(part.columns) >= WIDE for part in laid(each)) else ""
    return f"<section{wide}>\n<h2>{escape(each.title)}</h2>\n{_tables(each)}\n</section>"


def _pictures(view: ModelPage) -> str:
    """All pictures, each with its numbers folded below it unless they stand on the page already."""
    folded = {each.name: each for each in view.grids}
    drawn = "\n".join(picture(chart, _folded(folded.pop(chart.table, None))) for chart in view.charts)
    return f'<div class="pictures">\n{drawn}\n</div>' if drawn else ""


def _folded(each: Grid | None) -> str:
    if each is None:
        return ""
    return f"\n<details><summary>The numbers: {escape(each.title)}</summary>\n{_tables(each)}\n</details>"


def laid(each: Grid) -> list[Grid]:
    """Return a grid as tables that fit on paper: few lines of many columns stand upright, many are cut by columns."""
    if len(each.columns) <= YEAR:
        return [each]
    if len(each.rows) < WIDE:
        heads = tuple(f"{row.label}, {row.unit}" if row.unit else row.label for row in each.rows)
        columns = zip(*(row.cells for row in each.rows), strict=True)
        rows = [GridRow(head, "", cells) for head, cells in zip(each.columns, columns, strict=True)]
        return [replace(each, columns=heads, rows=tuple(rows), corner="")]
    cuts = [slice(at, at + YEAR) for at in range(0, len(each.columns), YEAR)]
    return [
        replace(each, columns=each.columns[cut], rows=tuple(replace(row, cells=row.cells[cut]) for row in each.rows))
        for cut in cuts
    ]


def _tables(each: Grid) -> str:
    note = f'\n<p class="remark">{escape(each.note)}</p>' if each.note else ""
    return "\n".join(map(_table, laid(each))) + note


def _table(each: Grid) -> str:
    heads = "".join(f'<th scope="col" class="number">{escape(column)}</th>' for column in each.columns)
    head = f'<th scope="col">{escape(each.corner)}</th>{heads}'
    return scroll(each.title, grid(each.title, head, [_line(row) for row in each.rows]))


def _line(row: GridRow) -> str:
    cells = "".join(f'<td class="number{_loss(cell.text)}">{link(cell.text, cell.of)}</td>' for cell in row.cells)
    return f'<tr><th scope="row">{escape(row.label)}{_small(row.unit)}</th>{cells}</tr>'


def _small(text: str) -> str:
    return f"<small>{escape(text)}</small>" if text else ""


def _checks(checks: Sequence[Check], quantities: Mapping[str, Quantity]) -> str:
    """All checks, the broken ones first."""
    if not checks:
        return ""
    items = "\n".join(_check(check, quantities) for check in sorted(checks, key=lambda check: check.held))
    return f'<section id="checks">\n<h2>Checks</h2>\n<ul class="checks">\n{items}\n</ul>\n</section>'


def _check(check: Check, quantities: Mapping[str, Quantity]) -> str:
    mark = "<b>holds</b>" if check.held else '<b class="no">broken</b>'
    reads = [f"{link(quantities[name].label, name)} {escape(quantities[name].value)}" for name in check.of]
    said = " · ".join([*([escape(check.found)] if check.found else []), *reads])
    return f"<li>{mark}<span>{escape(check.text)}{f'<small>{said}</small>' if said else ''}</span></li>"


def _inputs(inputs: Sequence[Quantity]) -> str:
    if not inputs:
        return ""
    number = ' class="number"'
    heads = "".join(f'<th scope="col"{number if name in INPUTS[::2][:2] else ""}>{name}</th>' for name in INPUTS)
    table = grid("Inputs", f'<th scope="col">Input</th>{heads}', [_input(each) for each in inputs])
    return f'<section class="inputs">\n<h2>Inputs</h2>\n{scroll("Inputs", table)}\n</section>'


def _input(each: Quantity) -> str:
    name = _small(each.name) if each.name != each.label else ""
    ends = "certain" if each.certain else f"{escape(each.low) or ABSENT} to {escape(each.high) or ABSENT}"
    return (
        f'<tr><th scope="row">{escape(each.label)}{name}</th>'
        f'<td class="number{_loss(each.value)}">{link(each.value, each.name)}</td><td>{escape(each.unit)}</td>'
        f'<td class="number">{ends}</td><td class="from">{escape(each.source) or ABSENT}</td>'
        f'<td class="whole">{escape(each.as_of) or ABSENT}</td></tr>'
    )
