"""Coverage as a sheet: what was committed and used, what was needed and covered, and what it cost and saved."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from pertoken.books.answer import Books
from pertoken.books.coverage import Coverage, coverage_share, effective_rate, utilisation_share
from pertoken.core.lines import Lines
from pertoken.present import charts
from pertoken.present.basis import left_out, number, rests_on
from pertoken.present.dress import LOSS, PALETTE, WHOLE
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Kind, Note, Sheet, Table
from pertoken.rating.pool_terms import MONEY

Block = Figures | Table | Chart | Note

BY = ("card", "pools", "unit")
"""Keys that tell commitments apart; the card only where there are several."""

PICTURES = 4
"""Commitments that are drawn."""

PARTS = {"used": PALETTE[0], "unused": LOSS, "on demand": WHOLE}


def sheet(books: Books, made: Coverage, *, top: int | None = None) -> Sheet:
    """Lay coverage out.

    Args:
        books: What was rated.
        made: Its coverage.
        top: Periods to show, the last ones; all if None, and then they come first.
    """
    unit = books.statement.currency
    cards = len(made.lines.keys["card"].labels) > 1
    by = BY if cards else BY[1:]
    every, whole = made.fold((*by, "period")), _some(made.fold(by))
    periods, summary = _periods(_some(every), made.by, unit, top), [_use(whole), _money(whole, unit)]
    tables = [periods, *summary] if top is None else [*summary, periods]
    blocks: list[Block] = [_figures(whole, unit), *_pictures(every, whole, made.by, unit), *tables]
    blocks.append(Note("On demand is at the list prices of the charges that may draw on a commitment."))
    return Sheet(
        f"Coverage by {made.by}",
        _words(whole, unit),
        (*blocks, *left_out(books.unpriced, books.report)),
        rests_on(books.report, books.cards),
    )


def _some(lines: Lines) -> Lines:
    """Leave out where nothing was committed and nothing needed."""
    some = np.zeros(len(lines), dtype=bool)
    for name in ("committed", "used", "unused", "demand"):
        some |= np.asarray(lines.values[name] != 0, dtype=bool)
    return lines.pick(some)


def _sum(lines: Lines, name: str) -> Any:  # noqa: ANN401  any kind of number
    return number(lines.values[name].sum())


def _shares(lines: Lines) -> tuple[Cell, Cell]:
    """Utilisation and coverage of all; in units where there is one unit, else None."""
    if len(set(lines.keys["unit"].column().tolist())) != 1:
        return None, None
    total = lines.fold(("unit",))
    return number(utilisation_share(total)[0]), number(coverage_share(total)[0])


def _words(whole: Lines, unit: str) -> str:
    used, covered = _shares(whole)
    saved, lost = _sum(whole, "savings_amount"), _sum(whole, "unused_amount")
    verb = f"{show(saved, 'money')} {unit} saved" if saved >= 0 else f"{show(-saved, 'money')} {unit} dearer"
    text = f"{show(used, 'share')} of what was committed was used, " if used is not None else ""
    text += f"it covered {show(covered, 'share')} of what was needed; " if covered is not None else ""
    return _capital(f"{text}{show(lost, 'money')} {unit} went unused; {verb} against all on demand.")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _figures(whole: Lines, unit: str) -> Figures:
    used, covered = _shares(whole)
    items = [
        Figure("utilisation_share", "Utilisation", used, "share"),
        Figure("coverage_share", "Coverage", covered, "share"),
        Figure("cost", "Cost", _sum(whole, "cost_amount"), "money", unit),
        Figure("unused", "Of it unused", _sum(whole, "unused_amount"), "money", unit),
        Figure("on_demand", "Of it on demand", _sum(whole, "on_demand_amount"), "money", unit),
        Figure("savings", "Saved", _sum(whole, "savings_amount"), "money", unit),
    ]
    if used is not None:
        rate = number(effective_rate(whole.fold(("unit",)))[0])
        items.append(Figure("effective_rate", "For a unit used", rate, "unit_money", unit))
    return Figures(tuple(item for item in items if item.value is not None))


LABELS = {"card": "Card", "pools": "Commitment", "unit": "Unit", "period": "Period"}


def _alone(lines: Lines, name: str) -> str:
    """The one label of a key, if there is only one."""
    found = set(lines.keys[name].column().tolist())
    return found.pop() if len(found) == 1 else ""


def _texts(lines: Lines, *, brief: bool = False) -> list[Column]:
    """Columns of the keys; for people without those that say the same on every line."""
    left_out = {"unit"} | ({"pools"} if "period" in lines.keys else set()) if brief else set()
    names = [name for name in lines.keys if name not in left_out or not _alone(lines, name)]
    return [Column(name, LABELS[name], "text") for name in names]


def _table(
    name: str,
    title: str,
    lines: Lines,
    columns: Sequence[Column],
    note: str = "",
    *,
    brief: bool = True,
    total: bool = False,
) -> Table:
    texts = _texts(lines, brief=brief)
    values = {**lines.values} | {"utilisation_share": _settled(lines), "coverage_share": coverage_share(lines)}
    values |= {"effective_rate": effective_rate(lines)}
    cells = [lines.keys[c.name].column().tolist() for c in texts]
    cells += [[number(x) for x in values[c.name].tolist()] for c in columns]
    return Table(name, title, (*texts, *columns), tuple(zip(*cells, strict=True)), note, total=total)


def _settled(lines: Lines) -> Any:  # noqa: ANN401  any kind of number
    """Utilisation, where all that is committed here has run its course here, or no period is told apart."""
    share = utilisation_share(lines)
    if "period" not in lines.keys:
        return share
    open_ = np.asarray(lines.values["used"] + lines.values["unused"] != lines.values["committed"], dtype=bool)
    out = share.astype(object)
    out[open_] = None
    return out


def _share(name: str, label: str, formula: str) -> Column:
    return Column(name, label, "share", formula=formula)


def _quantities(lines: Lines, names: Sequence[str]) -> list[Column]:
    unit = _alone(lines, "unit")
    return [Column(name, QUANTITIES[name], "quantity", "" if unit == MONEY else unit) for name in names]


QUANTITIES = {
    "committed": "Committed", "used": "Used", "unused": "Unused", "demand": "Needed", "covered": "Covered",
    "on_demand": "On demand",
}  # fmt: skip


def _use(whole: Lines) -> Table:
    columns = [
        *_quantities(whole, ("committed", "used", "unused")),
        _share("utilisation_share", "Utilisation", "used / committed"),
        *_quantities(whole, ("demand",)),
        Column("coverage_share", "Coverage", "share"),
    ]
    return _table("commitments", "Commitments", whole, columns)


def _money(whole: Lines, unit: str) -> Table:
    columns = [
        *_costs(unit),
        Column("list_amount", "All on demand", "money", unit, total="sum"),
        Column("savings_amount", "Saved", "money", unit, "list_amount - cost_amount", "sum"),
    ]
    return _table("costs", "What it cost", whole, columns, total=len(whole) > 1)


def _costs(unit: str) -> list[Column]:
    return [
        Column("used_amount", "Used", "money", unit, total="sum"),
        Column("unused_amount", "Unused", "money", unit, total="sum"),
        Column("on_demand_amount", "On demand", "money", unit, total="sum"),
        Column("cost_amount", "Cost", "money", unit, "used_amount + unused_amount + on_demand_amount", "sum"),
    ]


def _periods(every: Lines, by: str, unit: str, top: int | None) -> Table:
    if top is None:
        return _table("coverage", f"By {by}", every, _all(every, unit), brief=False)
    columns = [
        *_quantities(every, ("used", "unused")),
        Column("utilisation_share", "Utilisation", "share"),
        *_quantities(every, ("on_demand",)),
        Column("coverage_share", "Coverage", "share"),
        Column("cost_amount", "Cost", "money", unit),
    ]
    order = np.argsort(every.keys["period"].codes, kind="stable")
    kept = np.sort(order[-top:])
    note = f"The last {top} of {len(every):,} lines; --format csv and --xlsx have all." if len(every) > top else ""
    return _table("coverage", f"By {by}", every.pick(kept), columns, note)


def _all(every: Lines, unit: str) -> list[Column]:
    return [
        *_quantities(every, ("committed", "used", "unused")),
        _share("utilisation_share", "Utilisation", "used / committed"),
        *_quantities(every, ("demand", "covered", "on_demand")),
        _share("coverage_share", "Coverage", "covered / demand"),
        *_costs(unit),
        Column("list_amount", "All on demand", "money", unit),
        Column("savings_amount", "Saved", "money", unit, "list_amount - cost_amount"),
        Column("effective_rate", "For a unit used", "unit_money", unit, "(used_amount + unused_amount) / used"),
    ]


def _pictures(every: Lines, whole: Lines, by: str, unit: str) -> list[Chart]:
    largest = np.argsort(-np.asarray(whole.values["cost_amount"], dtype=np.float64), kind="stable")[:PICTURES]
    out = []
    for i, row in enumerate(whole.pick(largest).records()):
        own = every.where(**{name: row[name] for name in whole.keys})
        money = row["unit"] == MONEY
        names = [f"{n}_amount" for n in ("used", "unused", "on_demand")] if money else ["used", "unused", "on_demand"]
        values = dict(zip(PARTS, (own.values[name].tolist() for name in names), strict=True))
        measure = unit if money else row["unit"]
        kind: Kind = "money" if money else "quantity"
        labels = own.keys["period"].column().tolist()
        draw = partial(charts.areas, labels, values, PARTS, title=measure, kind=kind)
        words = ", ".join(f"{show(number(own.values[n].sum()), kind)} {p}" for n, p in zip(names, PARTS, strict=True))
        title = f"{row['pools']}: needed against committed, by {by}"
        out.append(Chart(f"commitment_{i}", title, draw, f"{title}, in {measure}: {words}.", "coverage"))
    return out
