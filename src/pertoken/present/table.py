"""Sheets in the terminal: figures on top, tables with right-aligned numbers, notes at the end."""

import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from textwrap import wrap
from typing import Self

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from pertoken.present.magnitude import in_thousands, in_whole_percent
from pertoken.present.numbers import MINUS, show, show_aligned
from pertoken.present.sheet import Column, Figure, Sheet, Table
from pertoken.present.sheet import Note as Remark

GAP = 2
"""Spaces between columns."""
NARROWEST = 8
"""A text column is never squeezed below this."""
READABLE = 14
"""Words beside numbers are broken into lines of at least this, where the table fits so without being split."""
NO_BREAK = "\N{NO-BREAK SPACE}"
Texts = Sequence[str]
MARKS = {"info": ("Note: ", "bold"), "warning": ("! Warning: ", "bold yellow")}


def terminal(sheet: Sheet, *, width: int = 80, color: bool = False) -> str:
    """Return a sheet as lines of text for a terminal; charts are left to the page.

    A table too wide for the terminal is split into parts that repeat its leading text columns: unlike dropped columns,
    parts keep every number on the screen, and nobody has to ask again. Where the sheet rounds, its amounts are first
    told in thousands, millions or billions.

    Args:
        sheet: What to show.
        width: Columns of the terminal.
        color: Whether the terminal understands colour; without it the text is plain.
    """
    out = io.StringIO()
    console = Console(
        file=out,
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        no_color=not color,
        highlight=False,
        emoji=False,
        markup=False,
    )
    _print_top(console, sheet)
    for table in sheet.of(Table):
        _print_table(console, table, rounds=sheet.rounds)
    _print_end(console, sheet)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def _print_top(console: Console, sheet: Sheet) -> None:
    console.print(_text(sheet.title, "bold"))
    if sheet.subtitle:
        console.print(_prose(sheet.subtitle, console.width))
    if sheet.figures:
        console.print()
        console.print(_figures(sheet.figures))


def _figures(figures: Sequence[Figure]) -> Grid:
    grid = Grid.grid(padding=(0, GAP, 0, 0))
    grid.add_column()
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column()
    for item in figures:
        number = _text(show(item.value, item.kind), "bold")
        grid.add_row(_text(item.label), number, _text(item.unit), _text(item.note, "dim"))
    return grid


LESS, MORE = "<", ">−"
"""How amounts begin that are too small for their unit."""


def _print_table(console: Console, table: Table, *, rounds: bool) -> None:
    width = console.width
    console.print()
    console.print(_text(table.title, "bold"))
    written = _Written.of(table.columns, *show_aligned(table), width)
    if rounds and len(written.parts) > 1:
        shorter = _Written.of(*in_thousands(table), width)
        if not any(
            text.startswith((LESS, MORE)) for row in shorter.rows for text in row
        ):  # small amounts would be lost
            written = min(written, shorter, key=lambda each: len(each.parts))
    if rounds and len(written.parts) > 1:
        tight = _Written.of(*in_whole_percent(table), width, tight=True)
        written = tight if len(tight.parts) == 1 else written
    columns, widths = written.columns, written.widths
    for number, part in enumerate(written.parts):
        if number:
            console.print()
        picked = _pick(written.rows, written.total, part)
        console.print(_grid([columns[i] for i in part], [widths[i] for i in part], *picked))
    if table.note:
        console.print(_prose(table.note, width), style="dim")


@dataclass(frozen=True, slots=True)
class _Written:
    """A table as texts, and how it stands in a terminal."""

    columns: Sequence[Column]
    rows: Sequence[Texts]
    total: Texts | None
    widths: Sequence[int]
    parts: Sequence[Sequence[int]]

    @classmethod
    def of(
        cls, columns: Sequence[Column], rows: Sequence[Texts], total: Texts | None, width: int, *, tight: bool = False
    ) -> Self:
        """Lay texts out; where it is tight, words that lead are broken before the table is split."""
        rows = [[_brief(text, column) for text, column in zip(row, columns, strict=True)] for row in rows]
        widths = _widths(columns, [*rows, total] if total else rows, width)
        widths = _tightened(columns, widths, width) if tight else widths
        return cls(columns, rows, total, widths, _parts(columns, widths, width))


def _pick(rows: Sequence[Texts], total: Texts | None, part: Sequence[int]) -> tuple[list[Texts], Texts | None]:
    """Rows and total row of a part; no total row where none of its numbers has a total."""
    totals = [total[i] for i in part] if total else []
    return [[row[i] for i in part] for row in rows], totals if len(list(filter(None, totals))) > 1 else None


def _grid(columns: Sequence[Column], widths: Sequence[int], rows: Sequence[Texts], total: Texts | None) -> Grid:
    padding = (0, GAP - 1, 0, 0)  # the box adds one space between columns
    grid = Grid(box=box.SIMPLE, pad_edge=False, padding=padding, show_edge=False, show_footer=bool(total))
    headers = _headers(columns, widths)
    footers = _cells(total or [""] * len(columns), widths, columns)
    for column, width, header, footer in zip(columns, widths, headers, footers, strict=True):
        grid.add_column(header, footer, width=width, no_wrap=_is_number(column) or _is_source(column))
    for row in rows:
        grid.add_row(*_cells(row, widths, columns))
    return grid


def _headers(columns: Sequence[Column], widths: Sequence[int]) -> list[Text]:
    """Labels broken between words, units under them, all standing on the same line."""
    broken = [
        [
            *((line, "bold") for line in wrap(_safe(column.label), width)),
            *((unit, "dim") for unit in [column.unit] if unit),
        ]
        for column, width in zip(columns, widths, strict=True)
    ]
    height = max(map(len, broken), default=0)
    return [
        Text("\n", justify="right" if _is_number(column) else "left").join(
            [Text()] * (height - len(lines)) + [Text(_safe(line), style) for line, style in lines]
        )
        for column, lines in zip(columns, broken, strict=True)
    ]


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Numbers and the words of headers are never broken; text columns share half of the terminal, alone all of it."""
    if len(_keys(columns)) == len(columns):
        texts = zip([column.label for column in columns], *rows, strict=True)
        return _shared(
            [max(cell_len(_safe(text)) for text in each) for each in texts], width - GAP * (len(columns) - 1)
        )
    most = max(width // 2 // max(len(_keys(columns)), 1), NARROWEST)
    widths = []
    for index, column in enumerate(columns):
        header = max(map(cell_len, [*column.label.split(), column.unit]), default=1)
        longest = max([header, *(cell_len(_safe(row[index])) for row in rows)])
        widths.append(longest if _is_number(column) else min(longest, most))
    return _fitted(columns, widths, width)


def _fitted(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[int]:
    """Narrow the words beside numbers if the whole table fits so; a source is cut, not broken, and stays as it is."""
    beside = range(len(_keys(columns)), len(columns))
    words = [i for i in beside if not _is_number(columns[i]) and not _is_source(columns[i]) and widths[i] > READABLE]
    left = width - GAP * (len(columns) - 1) - sum(widths[i] for i in range(len(columns)) if i not in words)
    if sum(widths[i] for i in words) <= left or left < READABLE * len(words):
        return list(widths)
    narrowed = dict(zip(words, _shared([widths[i] for i in words], left), strict=True))
    return [narrowed.get(i, own) for i, own in enumerate(widths)]


def _tightened(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[int]:
    """Narrow the words that lead as far as the table needs to fit, to what can be read."""
    keys = _keys(columns)
    left = width - GAP * (len(columns) - 1) - sum(widths[len(keys) :])
    given = _shared([widths[i] for i in keys], max(left, READABLE * len(keys)))
    return [*given, *widths[len(keys) :]]


def _shared(longest: Sequence[int], width: int) -> list[int]:
    """Share a width out: what is narrow keeps its own, the others share the rest alike.

    >>> _shared([10, 60, 50], 80)
    [10, 35, 35]
    """
    out = [0] * len(longest)
    for left, index in enumerate(sorted(range(len(longest)), key=longest.__getitem__)):
        share = max((width - sum(out)) // (len(longest) - left), NARROWEST)
        out[index] = min(longest[index], share)
    return out


def _parts(columns: Sequence[Column], widths: Sequence[int], width: int) -> list[list[int]]:
    """Columns of each part: the keys, then as many others as fit."""
    keys = _keys(columns)
    parts = [list(keys)]
    for index in range(len(keys), len(columns)):
        taken = sum(widths[other] + GAP for other in parts[-1])
        if taken + widths[index] > width and len(parts[-1]) > len(keys):
            parts.append(list(keys))
        parts[-1].append(index)
    return parts


def _keys(columns: Sequence[Column]) -> list[int]:
    return [index for index, _ in takewhile(lambda pair: pair[1].kind == "text", enumerate(columns))]


def _print_end(console: Console, sheet: Sheet) -> None:
    for index, note in enumerate(sheet.of(Remark)):
        mark, style = MARKS[note.level]
        said = _prose(note.text, console.width, mark)
        console.print(Text("\n" * (index == 0)), Text.assemble((mark, style), said), sep="")
    if sheet.meta:
        console.print()
        console.print(_text(" · ".join(f"{key}: {value}" for key, value in sheet.meta.items()), "dim"))


def _is_source(column: Column) -> bool:
    return column.name == "source"


def _brief(text: str, column: Column) -> str:
    """Of a source on the web only the page; what is too long for its column ends in an ellipsis."""
    return text.rpartition("://")[2] if _is_source(column) else text


def _is_number(column: Column) -> bool:
    return column.kind != "text"


def _cells(texts: Texts, widths: Sequence[int], columns: Sequence[Column]) -> list[Text]:
    return [_cell(text, width, column) for text, width, column in zip(texts, widths, columns, strict=True)]


def _cell(text: str, width: int, column: Column) -> Text:
    if not _is_number(column):
        return _text(text)
    return _text(_safe(text).rjust(width), "red" if text.startswith((MINUS, f">{MINUS}")) else "")


def _prose(text: str, width: int, mark: str = "") -> Text:
    """Break sentences into lines, so that a number and its percent sign stay together.

    Args:
        text: Sentences.
        width: Columns of the terminal.
        mark: What stands before them on the first line.
    """
    kept = re.sub(r"(?<=\d) (?=%)", NO_BREAK, mark + _safe(text))
    lines = wrap(kept, width, break_long_words=False, break_on_hyphens=False)
    return Text("\n".join(lines).replace(NO_BREAK, " ")[len(mark) :])


def _text(text: str, style: str = "") -> Text:
    return Text(_safe(text), style)


def _safe(text: str) -> str:
    """Take out control characters, so that a customer's name cannot steer the terminal."""
    return "".join(" " if unicodedata.category(character) in {"Cc", "Cf", "Zs"} else character for character in text)
