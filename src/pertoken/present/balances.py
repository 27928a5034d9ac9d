"""Balances as a sheet: what is paid and not yet used, what lapsed, what expires when."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from pertoken.books.answer import Books
from pertoken.books.balances import AGES, Balances
from pertoken.core import period
from pertoken.present import charts
from pertoken.present.basis import left_out, number, rests_on
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Note, Sheet, Table

Block = Figures | Table | Chart | Note

WORDS = {
    "revenue": ("liability", "Paid by customers and not yet used"),
    "cost": ("prepaid", "Paid by us and not yet used"),
}
SIDES = {"revenue": "What customers have", "cost": "What we have"}
"""Name and title of each side's table."""

MONEY: Mapping[str, tuple[str, str | None]] = {
    "liability_before": ("Before", None),
    "paid_amount": ("Paid", "sum"),
    "drawn_amount": ("Used", "sum"),
    "expired_amount": ("Lapsed", "sum"),
    "liability": ("Left", None),
    "owed_amount": ("Granted, not yet paid", None),
}
"""Columns of money, and which may be added up over periods."""

CENT = 0.01
"""What rounding of payments may leave. [currency]"""

UNITS = ("opening", "granted", "drawn", "expired", "refunded", "closing")
LABELS = {
    "opening": "Before", "granted": "Granted", "drawn": "Used", "expired": "Lapsed", "refunded": "Refunded",
    "closing": "Left", "carried": "Of it rolled over",
}  # fmt: skip


def sheet(books: Books, held: Mapping[str, Balances], *, top: int | None = None) -> Sheet:
    """Lay balances out.

    Args:
        books: What was rated.
        held: Balances by side.
        top: Lines to show of each table, the last ones; all if None.
    """
    unit = books.statement.currency
    figures = [each for side, made in held.items() for each in _figures(side, made, unit, alone=len(held) == 1)]
    blocks: list[Block] = [Figures(tuple(figures))]
    blocks += [each for side, made in held.items() for each in _picture(side, made, unit)]
    blocks += [_money(side, made, unit, top) for side, made in held.items()]
    blocks += [each for side, made in held.items() for each in (*_ages(side, made, unit, top), _units(side, made, top))]
    words = " ".join(_words(side, made, unit) for side, made in held.items())
    by = next(iter(held.values())).by
    title = f"Balances by {', '.join(name for name in by if name != 'unit')}"
    return Sheet(title, words, (*blocks, *left_out(books.unpriced, books.report)), rests_on(books.report, books.cards))


def _grain(made: Balances) -> str | None:
    return next((name for name in made.by if name in period.GRAINS), None)


def _last(made: Balances, name: str) -> Any:  # noqa: ANN401  any kind of number
    """Sum what is left at the end of the last period."""
    grain, values = _grain(made), made.lines.values[name]
    if grain is None or not len(made.lines):
        return number(values.sum())
    key = made.lines.keys[grain]
    return number(values[key.codes == key.codes.max()].sum())


def _total(made: Balances, name: str) -> Any:  # noqa: ANN401  any kind of number
    return number(made.lines.values[name].sum())


def _words(side: str, made: Balances, unit: str) -> str:
    until = f" at the end of {str(made.until - np.timedelta64(1, 's'))[:10]}" if made.until is not None else ""
    left, lapsed = _last(made, "liability"), _total(made, "expired_amount")
    if left < 0:
        text = f"{show(-left, 'money')} {unit} is used and not yet paid{until}"
    else:
        whose = "customers have" if side == "revenue" else "we have"
        text = f"{show(left, 'money')} {unit} that {whose} paid is not yet used{until}"
    share = f" ({show(made.breakage, 'share')} of what has run its course)" if made.breakage is not None else ""
    return f"{text}; {show(lapsed, 'money')} lapsed unused{share}."


def _figures(side: str, made: Balances, unit: str, *, alone: bool) -> list[Figure]:
    before = "" if alone else f"{side}_"
    extra = "" if alone else f", {side}"
    left = "Liability" if side == "revenue" else "Prepaid"
    items = [
        Figure(f"{before}liability", f"{left}{extra}", _last(made, "liability"), "money", unit),
        Figure(f"{before}paid", f"Paid{extra}", _total(made, "paid_amount"), "money", unit),
        Figure(f"{before}used", f"Used{extra}", _total(made, "drawn_amount"), "money", unit),
        Figure(f"{before}lapsed", f"Lapsed{extra}", _total(made, "expired_amount"), "money", unit),
        Figure(f"{before}breakage_share", f"Breakage{extra}", made.breakage, "share"),
    ]
    owed = _last(made, "owed_amount")
    label, money = ("Not yet paid", owed) if owed > 0 else ("Of it paid ahead of its grants", -owed)
    return [*items, Figure(f"{before}owed", f"{label}{extra}", money, "money", unit)] if abs(owed) > CENT else items


def _picture(side: str, made: Balances, unit: str) -> list[Chart]:
    grain, name = (
        _grain(made),
        "pool" if "pool" in made.by else next((n for n in made.by if n not in period.GRAINS), ""),
    )
    if grain is None or not name or not len(made.lines):
        return []
    folded = made.lines.fold((grain, name))
    rows = [(row[grain], row[name] or "(none)", row["liability"]) for row in folded.records()]
    left = "Liability" if side == "revenue" else "Prepaid"
    title = f"{left} at the end of each {grain}"
    alt = f"{title} by {name}; {show(_last(made, 'liability'), 'money')} {unit} in the last."
    draw = partial(charts.stacked, rows, title=f"{left}, {unit}")
    return [Chart(WORDS[side][0], title, draw, alt, WORDS[side][0])]


def _keys(made: Balances) -> list[str]:
    return [name for name in made.by if name != "unit"]


def _shown(made: Balances, top: int | None) -> tuple[list[dict[str, Any]], str]:
    rows = made.lines.records()
    if top is None or len(rows) <= top:
        return rows, ""
    order = sorted(range(len(rows)), key=lambda i: (rows[i].get(_grain(made) or "", ""), abs(rows[i]["liability"])))
    kept = sorted(order[-top:])
    return [rows[i] for i in kept], f"The last {top} of {len(rows):,} lines; --format csv and --xlsx have all."


def _money(side: str, made: Balances, unit: str, top: int | None) -> Table:
    stocks = _grain(made) is None
    names = [
        name
        for name in MONEY
        if name != "owed_amount" or (np.abs(made.lines.values[name].astype(np.float64)) > CENT).any()
    ]
    formula = {"liability": "liability_before + paid_amount - drawn_amount - expired_amount"}
    columns = [Column(name, name.capitalize(), "text") for name in _keys(made)]
    rows, note = _shown(made, top)
    whole = not note
    for name in names:
        label, flow = MONEY[name]
        total = "sum" if whole and (flow or stocks) else None
        columns.append(Column(name, label, "money", unit, formula.get(name), total))  # type: ignore[arg-type]
    cells = tuple((*(row[k] for k in _keys(made)), *(number(row[n]) for n in names)) for row in rows)
    return Table(*WORDS[side], tuple(columns), cells, note)


def _units(side: str, made: Balances, top: int | None) -> Table:
    names = [n for n in UNITS if n != "refunded" or (made.lines.values[n] != 0).any()]
    names += ["carried"] if (made.lines.values["carried"] != 0).any() else []
    formula = " - ".join(["opening + granted", *(n for n in ("drawn", "expired", "refunded") if n in names)])
    gone = " + ".join(n for n in ("drawn", "expired", "refunded") if n in names)
    columns = [Column(name, name.capitalize(), "text") for name in (*_keys(made), "unit")]
    columns += [Column(n, LABELS[n], "quantity", formula=formula if n == "closing" else None) for n in names]
    columns.append(Column("breakage_share", "Breakage", "share", formula=f"expired / ({gone})"))
    rows, note = _shown(made, top)
    cells = tuple(
        (*(row[k] for k in (*_keys(made), "unit")), *(number(row[n]) for n in names), _breakage(row)) for row in rows
    )
    return Table(f"{side}_units", f"{SIDES[side]}, in units", tuple(columns), cells, note, total=False)


def _breakage(row: Mapping[str, Any]) -> Cell:
    gone = row["drawn"] + row["expired"] + row["refunded"]
    return number(row["expired"] / gone) if gone else None


def _ages(side: str, made: Balances, unit: str, top: int | None) -> list[Table]:
    if not len(made.ages):
        return []
    keys = [name for name in made.ages.keys if name != "expires_within"]
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in made.ages.records():
        rows.setdefault(tuple(row[k] for k in keys), {})[row["expires_within"]] = row
    columns = [Column(name, name.capitalize(), "text") for name in keys]
    columns.append(Column("quantity", "Left", "quantity"))
    columns += [Column(_name(age), _label(age), "money", unit, total="sum") for age in AGES]
    cells = [
        (*labels, number(sum(r["quantity"] for r in own.values())), *(_amount(own, age) for age in AGES))
        for labels, own in rows.items()
    ]
    shown = cells if top is None else sorted(cells, key=lambda c: -sum(float(x or 0) for x in c[-len(AGES) :]))[:top]
    note = "What is granted and left at its cost, by when it expires unless it is used."
    return [
        Table(
            f"{side}_ageing",
            f"{SIDES[side]}, by expiry within",
            tuple(columns),
            tuple(shown),
            note,
            total=len(shown) == len(cells),
        )
    ]


def _name(age: str) -> str:
    return f"within_{age.replace(' ', '_')}" if age[0].isdigit() else age


def _label(age: str) -> str:
    return age.capitalize()


def _amount(own: Mapping[str, Mapping[str, Any]], age: str) -> Cell:
    return number(own[age]["amount"]) if age in own else 0
