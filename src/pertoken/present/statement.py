"""The statement as a sheet: what was earned, what it cost, what is left, who loses us money, what stayed unpriced."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from pertoken.books.answer import Books
from pertoken.books.statement import REPORTED, Statement, by_margin, unit_economics
from pertoken.books.unsure import unsure
from pertoken.core.lines import Key, Lines, concat
from pertoken.core.meters import COMPOSITES, METERS, meter
from pertoken.present import charts
from pertoken.present.basis import as_read, estimates, rests_on
from pertoken.present.numbers import counted, show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Note, Number, Sheet, Table

EXTREMES = 10
"""How many of the worst and of the best customers are listed."""
NOTHING = "(none)"
"""How people read a label that the log leaves empty."""


def sheet(books: Books, *, top: int | None = None) -> Sheet:
    """Lay a statement out.

    Args:
        books: What was rated.
        top: Lines to show; the others stand as one line. All if None.
    """
    whole = books.statement
    folded = whole.fold(books.by)
    blocks: list[Figures | Table | Chart | Note] = [_figures(whole)]
    shown = [*_bridge(whole), *_extremes(whole)]
    blocks += [block for block in shown if isinstance(block, Chart)]
    blocks.append(_main(folded, top))
    blocks.append(_economics(whole))
    blocks += [block for block in reversed(shown) if isinstance(block, Table)]
    blocks += _unpriced(books)
    blocks += _notes(books)
    kind = "Margin statement" if whole.both else f"{whole.sides[0].capitalize()} statement"
    return Sheet(f"{kind} by {', '.join(books.by)}", _words(whole), tuple(blocks), _meta(books))


def _number(value: Any) -> Cell:  # noqa: ANN401  any kind of number
    plain: Cell = value.item() if isinstance(value, np.generic) else value
    return plain


def _total(whole: Statement, name: str) -> Any:  # noqa: ANN401  any kind of number
    return _number(whole.total(name))


def _words(whole: Statement) -> str:
    unit = whole.currency
    if not whole.both:
        side = whole.sides[0]
        return f"{side.capitalize()} of {show(_total(whole, side), 'money')} {unit} on {_volume(whole)}."
    revenue, cost = _total(whole, "revenue"), _total(whole, "cost")
    share = f" ({show((revenue - cost) / revenue, 'share')} of revenue)" if revenue else ""
    left = f"{show(revenue - cost, 'money')} left{share}"
    text = f"{show(revenue, 'money')} {unit} earned, {show(cost, 'money')} spent, {left}"
    under = _under_water(whole)
    return f"{text}; {under}." if under else f"{text}."


def _under_water(whole: Statement) -> str:
    if "customer" not in whole.by:
        return ""
    ranked = _customers(whole)
    under = int((ranked.margin < 0).sum())
    if not len(ranked.lines):
        return ""
    return f"{f'{under:,}' if under else 'none'} of {len(ranked.lines):,} customers under water"


def _customers(whole: Statement) -> Statement:
    """The statement by customer, the worst margin first; requests that name no customer are left out."""
    ranked = by_margin(whole)
    return ranked.pick(np.flatnonzero(ranked.lines.keys["customer"].column() != ""))


def _volume(whole: Statement) -> str:
    return " and ".join(counted(_total(whole, name), name) for name in _counts(whole))


def _counts(whole: Statement) -> tuple[str, ...]:
    """What is counted beside money: requests only where the log counts them, since tokens come of none."""
    uncounted = not _total(whole, "requests") and bool(_total(whole, "tokens"))
    return ("tokens",) if uncounted else ("requests", "tokens")


def _figures(whole: Statement) -> Figures:
    unit = whole.currency
    items = [
        Figure(side, side.capitalize(), _total(whole, side), "money", unit)
        for side in ("revenue", "cost")
        if side in whole.sides
    ]
    if whole.both:
        revenue, margin = _total(whole, "revenue"), _total(whole, "revenue") - _total(whole, "cost")
        items.append(Figure("margin", "Margin", margin, "money", unit))
        items.append(Figure("margin_share", "Margin share", margin / revenue if revenue else None, "share"))
    if REPORTED in whole.lines.values:
        items.append(Figure(REPORTED, "Reported", _total(whole, REPORTED), "money", unit, "what the log says it cost"))
    items += [Figure(name, name.capitalize(), _total(whole, name), "count") for name in _counts(whole)]
    return Figures(tuple(items))


def label(name: str) -> str:
    """What people call a cost meter."""
    if name in METERS or name.startswith(("cache_write_", "x_")):
        return meter(name).label
    return name.replace("_", " ").capitalize() if name in COMPOSITES or name.isidentifier() else name


def _names(meters: Sequence[str]) -> dict[str, str]:
    """Column names of cost meters."""
    return {m: f"cost_{m}" if m.isidentifier() else f"cost_{i}" for i, m in enumerate(meters)}


def _columns(whole: Statement) -> tuple[Column, ...]:
    unit, meters = whole.currency, _names(whole.cost_meters)
    columns = [Column(name, name.replace("_", " ").capitalize(), "text") for name in whole.by]
    columns += [Column(name, name.capitalize(), "count", total="sum") for name in _counts(whole)]
    if "revenue" in whole.sides:
        columns.append(Column("revenue", "Revenue", "money", unit, total="sum"))
    if "cost" in whole.sides:
        columns.append(Column("cost", "Cost", "money", unit, " + ".join(meters.values()) or None, "sum"))
    if whole.both:
        columns.append(Column("margin", "Margin", "money", unit, "revenue - cost", "sum"))
        columns.append(Column("margin_share", "Margin share", "share", "", "margin / revenue", "formula"))
    if REPORTED in whole.lines.values:
        columns.append(Column(REPORTED, "Reported", "money", unit, total="sum"))
    columns += [Column(n, f"{label(m)} cost", "money", unit, total="sum") for m, n in meters.items()]
    return tuple(columns)


def _rows(whole: Statement) -> tuple[tuple[Cell, ...], ...]:
    keys = [[text or NOTHING for text in whole.lines.keys[name].column().tolist()] for name in whole.by]
    values = whole.lines.values
    names = [*_counts(whole), *(side for side in ("revenue", "cost") if side in whole.sides)]
    numbers = [values[name].tolist() for name in names]
    if whole.both:
        margin = whole.margin.tolist()
        numbers.append(margin)
        numbers.append([m / r if r else None for m, r in zip(margin, values["revenue"].tolist(), strict=True)])
    numbers += [values[name].tolist() for name in (REPORTED, *whole.cost_meters) if name in values]
    return tuple(zip(*keys, *numbers, strict=True))


def _main(whole: Statement, top: int | None) -> Table:
    title = f"By {', '.join(whole.by)}"
    if top is None or len(whole.lines) <= top:
        return Table("statement", title, _columns(whole), _rows(whole))
    size = np.asarray(whole.lines.values[whole.sides[-1]], dtype=np.float64)
    order = np.argsort(-size, kind="stable")
    rest = whole.pick(order[top:]).lines.values
    names = {name: Key.constant("…", 1) for name in whole.by}
    names[whole.by[0]] = Key.constant(f"{len(order) - top:,} others", 1)
    others = Lines(names, {name: value.sum(axis=-1, keepdims=True) for name, value in rest.items()})
    shown = concat(Lines, [whole.pick(order[:top]).lines, others])
    part = Statement(shown, whole.by, whole.cost_meters, whole.sides, whole.currency, whole.kind)
    note = f"The {top} largest by {whole.sides[-1]} of {len(order):,} lines; --format csv and --xlsx have all."
    return Table("statement", title, _columns(part), _rows(part), note)


def _bridge(whole: Statement) -> list[Table | Chart]:
    if not whole.both:
        return []
    unit = whole.currency
    names = [(label(m), -_total(whole, m)) for m in whole.cost_meters if _total(whole, m)]
    revenue, cost = _total(whole, "revenue"), _total(whole, "cost")
    steps = [("Revenue", revenue), *names]
    rows = (*((n, v) for n, v in steps), ("Margin", revenue - cost))
    columns = (Column("step", "Step", "text"), Column("amount", "Amount", "money", unit))
    bridge = Table("bridge", "From revenue to margin", columns, rows, total=False)
    draw = partial(charts.waterfall, steps, ("Margin", revenue - cost), title=unit)
    alt = f"Waterfall from revenue of {show(revenue, 'money')} {unit} to a margin of {show(revenue - cost, 'money')}."
    return [Chart("bridge", "From revenue to margin", draw, alt, "bridge"), bridge]


def _economics(whole: Statement) -> Table:
    unit = whole.currency
    columns = [Column("unit", "Per", "text"), Column("count", "Count", "quantity")]
    columns += [Column(s, s.capitalize(), "unit_money", unit) for s in ("revenue", "cost") if s in whole.sides]
    rows = []
    if whole.both:
        columns.append(Column("margin", "Margin", "unit_money", unit, "revenue - cost"))
    for each in unit_economics(whole):
        money = [getattr(each, s) for s in ("revenue", "cost") if s in whole.sides]
        rows.append((each.name, each.count, *money, *([each.margin] if whole.both else [])))
    return Table("unit_economics", "Unit economics", tuple(columns), tuple(rows), total=False)


def _extremes(whole: Statement) -> list[Table | Chart]:
    if "customer" not in whole.by or not whole.both:
        return []
    ranked = _customers(whole)
    size = len(ranked.lines)
    if size <= 1:
        return []
    most = min(EXTREMES, size // 2)
    worst, best = ranked.pick(np.arange(most)), ranked.pick(np.arange(size - 1, size - 1 - most, -1))
    columns = (
        *_columns(ranked)[:1],
        *(c for c in _columns(ranked) if c.name in ("revenue", "cost", "margin", "margin_share")),
    )
    plain = tuple(Column(c.name, c.label, c.kind, c.unit, c.formula if c.name != "cost" else None) for c in columns)
    tables = [
        Table(name, title, plain, _short(part), total=False)
        for name, title, part in (("worst", "Worst customers", worst), ("best", "Best customers", best))
    ]
    bars = [*_margins(best), *reversed(_margins(worst))]
    draw = partial(charts.bars, bars, title=f"Margin, {whole.currency}")
    lowest = f"{show(bars[-1][1], 'money')} {whole.currency}"
    alt = f"Margin of the {most} best and the {most} worst customers; the lowest is {lowest}."
    return [Chart("margins", "Margin per customer, best and worst", draw, alt, "worst"), *reversed(tables)]


def _margins(part: Statement) -> list[tuple[str, Number]]:
    return list(zip(part.lines.keys[part.by[0]].column().tolist(), part.margin.tolist(), strict=True))


def _short(part: Statement) -> tuple[tuple[Cell, ...], ...]:
    rows = _rows(part)
    names = [c.name for c in _columns(part)]
    keep = [names.index(n) for n in (part.by[0], "revenue", "cost", "margin", "margin_share")]
    return tuple(tuple(row[i] for i in keep) for row in rows)


def _unpriced(books: Books) -> list[Table | Note]:
    rows = []
    for side, usage in books.unpriced.items():
        by = [n for n in ("provider", "model", "meter", "batch", "service_tier") if n in usage.keys]
        for row in usage.fold(by).records():
            extra = ", ".join(
                f"{n} {row[n]}" for n in ("batch", "service_tier") if row.get(n) not in (None, "", "false", "standard")
            )
            rows.append(
                (
                    side,
                    row.get("model", "") or NOTHING,
                    f"{row['meter']}{f' ({extra})' if extra else ''}",
                    _number(row["quantity"]),
                )
            )
    if not rows:
        return []
    columns = (Column("side", "Side", "text"), Column("model", "Model", "text"), Column("meter", "Meter", "text"),
               Column("quantity", "Quantity", "quantity"))  # fmt: skip
    sides = " and ".join(dict.fromkeys(row[0] for row in rows))
    text = f"{sides.capitalize()} of the usage under Unpriced is not in this statement, since no card prices it."
    return [Table("unpriced", "Unpriced", columns, tuple(rows), total=False), Note(text, "warning")]


def _notes(books: Books) -> list[Note]:
    report = books.report
    notes = estimates(unsure(books.rated["cost"]) if "cost" in books.rated else ())
    notes += as_read(report)
    if any("origin" in ledger.keys and "shared" in ledger.keys["origin"].labels for ledger in books.ledgers.values()):
        text = "Charges that span several lines of this statement are shared out by the tokens under them."
        notes.append(Note(text))
    if books.statement.kind != "effective":
        notes.append(Note(f"Amounts are {books.statement.kind}."))
    return notes


def _meta(books: Books) -> dict[str, str]:
    return rests_on(books.report, books.cards) | {"amounts": books.statement.kind}
