"""A simulation as a sheet: old against new, who pays more, who pays less, whose margin falls below zero."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.books.answer import Simulated
from pertoken.books.outcome import SHARES, Bar, Spread, histogram, name_of, spreads
from pertoken.books.ranking import Ranking
from pertoken.books.simulate import Simulation, margin, share
from pertoken.core.lines import Lines
from pertoken.present import charts, ranking
from pertoken.present.basis import files, left_out, number, rests_on
from pertoken.present.charts import Axis, Dot
from pertoken.present.dress import GAIN, LOSS, WHOLE, Spec
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Note, Sheet, Table

EXTREMES = 10
"""How many of those who pay more and of those who pay less are listed."""
DOTS = 2_000
"""Customers in the picture at most."""
NAMED = 2
"""Of these, how many at each end are named."""
RESULTS = {1: "pays more", -1: "pays less", 0: "the same"}
GROUPS = {"pay more": LOSS, "pay less": GAIN, "the same": WHOLE}
AMOUNTS = ("list", "contracted", "effective", "billed")
NOTHING = "(none)"
Block = Figures | Table | Chart | Note


def sheet(answer: Simulated, *, top: int | None = None) -> Sheet:
    """Lay out what another plan does.

    Args:
        answer: What was simulated.
        top: Customers (or candidates) to show; all if None.
    """
    if isinstance(answer.result, Ranking):
        return ranking.sheet(answer, answer.result, top=top)
    sim = answer.result
    tables = [*_extremes(sim, top or EXTREMES), *_crossed(sim, top), *_segments(sim), *_spreads(sim)]
    bars = histogram(sim)
    whole = [_customers(sim)] if top is None else []
    blocks: list[Block] = [_figures(sim), *_charts(sim, bars, "customers" if whole else "more"), *whole, *tables]
    blocks += [_histogram(bars, sim.currency)] if bars else []
    blocks += _notes(sim, answer)
    blocks = _drawable(blocks)
    title = f"What if {files(answer, 'old')} became {files(answer, 'new')}?"
    return Sheet(title, _words(sim), tuple(blocks), rests_on(answer.report, answer.cards))


def _drawable(blocks: Sequence[Block]) -> list[Block]:
    """Leave out pictures whose table is not there, since they would show nobody."""
    names = {block.name for block in blocks if isinstance(block, Table)}
    return [block for block in blocks if not isinstance(block, Chart) or block.table in names]


def signed(value: Cell, kind: str = "share") -> str:
    """Write a change with its sign."""
    text = show(value, kind)  # type: ignore[arg-type]
    return f"+{text}" if value is not None and not isinstance(value, str) and value > 0 else text


def _total(sim: Simulation, name: str) -> Any:  # noqa: ANN401  any kind of number
    return number(sim.total(name))


def _moved(sim: Simulation) -> tuple[Any, Any, Any]:
    old, new = _total(sim, f"old_{sim.kind}"), _total(sim, f"new_{sim.kind}")
    return old, new, (new - old) / old if old > 0 else None


def _count(mask: Any) -> int:  # noqa: ANN401  a mask
    return int(np.asarray(mask).sum())


def _words(sim: Simulation) -> str:
    old, new, moved = _moved(sim)
    size, worse, better = len(sim.customers), _count(sim.sign > 0), _count(sim.sign < 0)
    text = f"{show(old, 'money')} {sim.currency} {sim.kind} {'becomes' if new != old else 'stays'} {show(new, 'money')}"
    text += f" ({signed(moved)})" if moved else ""
    text += f"; of {size:,} customers {worse:,} pay more and {better:,} pay less"
    if sim.costed:
        fell = _count(sim.crossed)
        text += f"; the margin of {f'{fell:,}' if fell else 'none'} falls below zero"
    return f"{text}."


def _figures(sim: Simulation) -> Figures:
    unit, (old, new, moved) = sim.currency, _moved(sim)
    items = [
        Figure("old", f"{sim.kind.capitalize()}, old", old, "money", unit),
        Figure("new", f"{sim.kind.capitalize()}, new", new, "money", unit),
        Figure("change", "Change", new - old, "money", unit, signed(moved) if moved is not None else ""),
    ]
    if sim.costed:
        items += [_margin(sim, "old"), _margin(sim, "new")]
    items += _middle(sim)
    names = (("worse_off", "Pay more", 1), ("better_off", "Pay less", -1), ("same", "The same", 0))
    for name, label, sign in names:
        items.append(Figure(name, label, _count(sim.sign == sign), "count", "customers"))
    if sim.costed:
        items.append(Figure("crossed", "Margin falls below 0", _count(sim.crossed), "count", "customers"))
    return Figures(tuple(items))


def _margin(sim: Simulation, side: str) -> Figure:
    revenue, cost = _total(sim, f"{side}_effective"), _total(sim, f"{side}_cost")
    note = f"{show((revenue - cost) / revenue, 'share')} of revenue" if revenue > 0 else ""
    return Figure(f"{side}_margin", f"Margin, {side}", revenue - cost, "money", sim.currency, note)


def _middle(sim: Simulation) -> list[Figure]:
    """The change in the middle and at the end of those who pay more."""
    each = {(s.of, s.weight): s.values for s in spreads(sim)}
    by_customer, by_revenue = each["percent", "customer"], each["percent", "revenue"]
    if by_customer is None or by_revenue is None:
        return []
    labels = (("p50", "Change, median", 2), ("p95", "Change, 95th percentile", 4))
    return [
        Figure(
            n,
            label,
            number(by_customer[i]),
            "share",
            "",
            f"{show(number(by_revenue[i]), 'share')} weighted by old revenue",
        )
        for n, label, i in labels
    ]


def _texts(lines: Lines, names: Sequence[str]) -> list[list[str]]:
    return [[text or NOTHING for text in lines.keys[name].column().tolist()] for name in names]


def _results(sim: Simulation, lines: Lines) -> list[str]:
    moved, old = sim.change(lines), sim.old(lines)
    edge = 0 if moved.dtype == object else 1e-9
    signs = [(m > edge) - (m < -edge) for m in moved.tolist()]
    return ["new" if o == 0 and s > 0 else RESULTS[s] for o, s in zip(old.tolist(), signs, strict=True)]


def _columns(sim: Simulation, keys: Sequence[str], *, every: bool) -> tuple[Column, ...]:
    """Columns of a table of customers or segments; with all four amounts or only the one looked at."""
    unit, old, new = sim.currency, f"old_{sim.kind}", f"new_{sim.kind}"
    columns = [Column(name, name.replace("_", " ").capitalize(), "text") for name in keys]
    for kind in AMOUNTS if every else (sim.kind,):
        columns += [
            Column(f"{side}_{kind}", f"{side.capitalize()} {kind}", "money", unit, total="sum")
            for side in ("old", "new")
        ]
    columns.append(Column("change", "Change", "money", unit, f"{new} - {old}", "sum"))
    columns.append(Column("change_share", "Change share", "share", "", f"change / {old}", "formula"))
    for side in ("old", "new") if sim.costed else ():
        if every:
            columns.append(Column(f"{side}_cost", f"{side.capitalize()} cost", "money", unit, total="sum"))
        text = f"{side}_effective - {side}_cost" if every else None
        columns.append(Column(f"{side}_margin", f"{side.capitalize()} margin", "money", unit, text, "sum"))
    return tuple(columns)


def _rows(sim: Simulation, lines: Lines, keys: Sequence[str], columns: Sequence[Column]) -> list[tuple[Cell, ...]]:
    moved = sim.change(lines)
    made = {**lines.values, "change": moved, "change_share": share(moved, sim.old(lines))}
    if sim.costed:
        made |= {"old_margin": margin(lines, "old"), "new_margin": margin(lines, "new")}
    numbers = [[number(x) for x in made[c.name].tolist()] for c in columns if c.kind != "text"]
    return list(zip(*_texts(lines, keys), *numbers, strict=True))


def _table(sim: Simulation, lines: Lines, name: str, title: str, *, every: bool = False, **more: Any) -> Table:  # noqa: ANN401  the table's own
    """A table of contracts, with what happens to each in words."""
    columns = _columns(sim, sim.contract, every=every)
    rows = _rows(sim, lines, sim.contract, columns)
    rows = [(*row, result) for row, result in zip(rows, _results(sim, lines), strict=True)]
    return Table(name, title, (*columns, Column("result", "Result", "text")), tuple(rows), **more)


def _customers(sim: Simulation) -> Table:
    order = np.argsort(-sim.old(sim.everyone).astype(np.float64), kind="stable")
    return _table(sim, sim.everyone.pick(order), "customers", "All customers", every=True)


def _extremes(sim: Simulation, most: int) -> list[Table]:
    moved = sim.change(sim.customers).astype(np.float64)
    out = []
    for name, title, sign in (("more", "Pay more", 1), ("less", "Pay less", -1)):
        order = np.argsort(-sign * moved, kind="stable")
        order = order[(sim.sign == sign)[order]]
        if len(order):
            note = f"The {most} largest of {len(order):,}." if len(order) > most else ""
            out.append(_table(sim, sim.customers.pick(order[:most]), name, title, total=False, note=note))
    return out


def _crossed(sim: Simulation, top: int | None) -> list[Table]:
    found: NDArray[np.intp] = np.flatnonzero(sim.crossed)
    if not len(found):
        return []
    fallen = margin(sim.customers, "new")[found].astype(np.float64)
    order = found[np.argsort(fallen, kind="stable")][:top]
    note = f"The {len(order)} lowest of {len(found):,}." if len(order) < len(found) else ""
    return [_table(sim, sim.customers.pick(order), "crossed", "Margin falls below zero", total=False, note=note)]


def _segments(sim: Simulation) -> list[Table]:
    if not sim.by:
        return []
    columns = _columns(sim, sim.by, every=False)
    rows = _rows(sim, sim.segments, sim.by, columns)
    return [Table("segments", f"By {', '.join(sim.by)}", columns, tuple(rows))]


def _spreads(sim: Simulation) -> list[Table]:
    made = [spread for spread in spreads(sim) if spread.values is not None]
    columns = [Column("quantile", "Quantile", "text"), *(_spread_column(spread, sim.currency) for spread in made)]
    rows = [
        (f"{share_:.0%}", *(number(spread.values[i]) for spread in made if spread.values is not None))
        for i, share_ in enumerate(SHARES)
    ]
    note = "So many customers, or so much of the old revenue, change by no more than this."
    return [Table("spread", "Spread of the change", tuple(columns), tuple(rows), note, total=False)] if made else []


def _spread_column(spread: Spread, unit: str) -> Column:
    label = f"{'Change' if spread.of == 'money' else 'Change share'} by {spread.weight}"
    kind = "money" if spread.of == "money" else "share"
    return Column(f"{spread.of}_by_{spread.weight}", label, kind, unit if kind == "money" else "")  # type: ignore[arg-type]


def _range(bar: Bar) -> str:
    if bar.low == bar.high:
        return "the same"
    if bar.low is None:
        return f"below {show(bar.high, 'share')}"
    if bar.high is None:
        return f"above {show(bar.low, 'share')}"
    return f"{show(bar.low * 100, 'quantity')} to {show(bar.high * 100, 'quantity')} %"


def _histogram(bars: Sequence[Bar], unit: str) -> Table:
    columns = (
        Column("range", "Change", "text"),
        Column("customers", "Customers", "count", total="sum"),
        Column("old_revenue", "Old amount", "money", unit, total="sum"),
    )
    rows = tuple((_range(bar), bar.customers, number(bar.revenue)) for bar in bars)
    note = "Customers who paid nothing before have no change in percent and are not counted here."
    return Table("histogram", "How many customers change by how much", columns, rows, note)


def _group(bar: Bar) -> str:
    if bar.low == bar.high:
        return "the same"
    return "pay more" if bar.low is not None and bar.low >= 0 else "pay less"


def _charts(sim: Simulation, bars: Sequence[Bar], table: str) -> list[Chart]:
    if not bars:
        return []
    paid = np.flatnonzero(np.asarray(sim.old(sim.customers) > 0))
    old = sim.old(sim.customers)[paid].astype(np.float64)
    shown = paid[np.argsort(-old, kind="stable")][:DOTS]
    worse, better = _count(sim.sign > 0), _count(sim.sign < 0)
    alt = (
        f"Each customer's change in percent against its old bill: {worse:,} above zero pay more, {better:,} below less."
    )
    alt += f" The {DOTS:,} largest are drawn." if len(shown) < len(paid) else ""
    tall = max(bars, key=lambda bar: bar.customers)
    words = f"Columns of customers by their change; the tallest is {_range(tall)} with {tall.customers:,}."
    return [
        Chart("winners_losers", "Who pays more, who pays less", partial(_dots, sim, shown), alt, table),
        Chart("spread", "How many customers change by how much", partial(_bars, bars), words, "histogram"),
    ]


def _dots(sim: Simulation, shown: NDArray[np.intp]) -> Spec:
    some = sim.customers.pick(shown)
    old, new = (some.values[f"{side}_{sim.kind}"].astype(np.float64) for side in ("old", "new"))
    names = {1: "pay more", -1: "pay less", 0: "the same"}
    moved = new - old
    order = np.argsort(moved, kind="stable")
    told = {*order[:NAMED].tolist(), *order[-NAMED:].tolist()}
    rows = [
        Dot(old[i], moved[i] / old[i], max(new[i], 0.0), names[int(sign)], name_of(some, i) if i in told else "")
        for i, sign in enumerate(sim.sign[shown].tolist())
    ]
    x = Axis(f"Old amount {sim.kind}, {sim.currency}", log=True)
    return charts.dots(rows, GROUPS, x=x, y=Axis("Change", "share"), size="new amount")


def _bars(bars: Iterable[Bar]) -> Spec:
    rows = [(_range(bar), bar.customers, _group(bar)) for bar in bars]
    return charts.columns(rows, GROUPS, title="Customers")


def _notes(sim: Simulation, answer: Simulated) -> list[Note]:
    notes = [Note(f"{text}", "warning") for text in sim.warnings]
    new = _count((sim.old(sim.customers) == 0) & (sim.sign > 0))
    if new:
        notes.append(
            Note(f"{new:,} customers paid nothing and now pay: they have no change in percent, and are marked new.")
        )
    if sim.elasticity is not None:
        text = (
            f"Assumption, not history: under the new plan usage answers the price with an elasticity "
            f"of {sim.elasticity}, once, customer by customer; cost follows that usage."
        )
        notes.append(Note(text, "warning"))
    if sim.costed:
        notes.append(Note("Margins are effective revenue less effective cost."))
    return [*notes, *left_out(answer.result.unpriced, answer.report)]
