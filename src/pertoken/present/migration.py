"""A migration as a sheet: how likely it wins, where the money comes from, what to watch, whom to spare."""

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import PurePath

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.migration.answer import Migrated
from pertoken.forecast.migration.decide import Verdict, spared, verdicts
from pertoken.present import charts
from pertoken.present.basis import as_read
from pertoken.present.charts_months import Spread, fan
from pertoken.present.migration_people import grandfathered, people
from pertoken.present.migration_watch import rationality, watched
from pertoken.present.migration_words import conclusion
from pertoken.present.numbers import rough, show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Kind, Note, Sheet, Table

RANGE = (("p10", "P10"), ("p50", "P50"), ("p90", "P90"))
WHO = ("random movers", "as simulated", "perfect optimisers")

NAMED = 3
"""Days of price changes that are named."""

Part = Figures | Table | Chart | Note


def sheet(answer: Migrated, *, top: int | None = None) -> Sheet:
    """Lay a migration out.

    Args:
        answer: What was simulated.
        top: Customers to show of each kind; all if None.
    """
    made = answer.made
    blocks: list[Part] = [_figures(answer), Note(conclusion(answer)), _verdicts(answer), *_bridge(answer)]
    blocks += [
        *_bounds(answer),
        rationality(answer),
        watched(made),
        *grandfathered(answer, top),
        *people(answer, top),
        *_months(answer),
        _priors(answer),
    ]
    blocks += _notes(answer)
    title = f"What if {_files(answer, 'old')} is moved to {_files(answer, 'new')}?"
    return Sheet(title, _words(answer), tuple(blocks), _meta(answer), rounds=True)


def _files(answer: Migrated, side: str) -> str:
    return " and ".join(dict.fromkeys(PurePath(card.source).name or card.name for card in answer.cards[side]))


def signed(value: float, kind: Kind = "money") -> str:
    """Write money with its sign.

    >>> signed(12.0), signed(-3.5), signed(-35_000.4, "count")
    ('+12.00', '−3.50', '−35,000')
    """
    return f"{'+' if value > 0 else ''}{show(value, kind)}"


def _words(answer: Migrated) -> str:
    found = verdicts(answer.made)[0]
    kind = rough(found.low, found.middle, found.high)
    low, middle, high = (signed(each, kind) for each in (found.low, found.middle, found.high))
    share = f" ({'+' if found.middle > 0 else ''}{show(found.middle / found.old, 'share')})" if found.old else ""
    return (
        f"Over {len(answer.made.months)} months revenue changes by {middle} {answer.currency}{share}, "
        f"from {low} to {high} in 8 of 10 worlds; it rises in {show(found.wins, 'share')}."
    )


def _figures(answer: Migrated) -> Figures:
    made, unit = answer.made, answer.currency
    items = []
    for each in verdicts(made):
        what, kind = each.name, rough(each.low, each.middle, each.high)
        ends = f"P10 {signed(each.low, kind)}, P90 {signed(each.high, kind)}"
        items += [
            Figure(f"{what}_wins", f"Chance that {what} rises", each.wins, "share"),
            Figure(f"{what}_change", f"Change of {what}, P50", each.middle, kind, unit, ends),
            Figure(f"{what}_loss", "Expected loss if it does not", each.loss, kind, unit),
        ]  # fmt: skip
    low, middle, high = made.range(made.adoption[:, -1])
    before, after = (each[:, -1].mean() for each in made.stayed)
    ends = f"P10 {show(low, 'share')}, P90 {show(high, 'share')}"
    items += [
        Figure("adoption", "On the new plan at the end, P50", float(middle), "share", note=ends),
        Figure("customers_lost", "Customers lost to it, expected", round(float(before - after), 1), "quantity",
               note=f"of {show(round(float(before), 1), 'quantity')} there without it"),
    ]  # fmt: skip
    return Figures(tuple(items))


def _columns(kind: Kind, unit: str) -> tuple[Column, ...]:
    return tuple(Column(name, label, kind, unit) for name, label in RANGE)


def _ends(value: Values) -> tuple[float, float, float]:
    low, middle, high = (float(each) for each in np.quantile(value, (0.1, 0.5, 0.9)))
    return low, middle, high


def _bridge(answer: Migrated) -> list[Part]:
    """The bridge in expectation, which adds up in every world and so on average, and its picture."""
    made, unit = answer.made, answer.currency
    values: list[tuple[str, Values]] = [("old revenue", made.old), *made.steps.items(), ("new revenue", made.new)]
    sums = {name: value.sum(axis=-1) for name, value in values}
    steps = [(name, float(value.mean())) for name, value in sums.items()]
    kind = rough(*(mean for _, mean in steps))
    table = Table(
        "bridge",
        "From the old plan to the new one",
        (Column("step", "Step", "text"), Column("mean", "Mean", kind, unit), *_columns(kind, unit)),
        tuple((*step, *_ends(value)) for step, value in zip(steps, sums.values(), strict=True)),
        note="Means add up, quantiles do not. Price, platform fee and breakage are what the plans differ by if movers "
        "are drawn by lot; self-selection is who moves in truth; then usage answers, then customers leave.",
        total=False,
    )
    title = f"Revenue over {len(made.months)} months [{unit}]"
    draw = partial(charts.waterfall, steps[:-1], steps[-1], title=title, kind=kind)
    words = "; ".join(f"{name} {show(value, kind)}" for name, value in steps) + "."
    return [Chart("bridge_chart", "From the old plan to the new one", draw, words, "bridge"), table]


def _bounds(answer: Migrated) -> list[Part]:
    """Who moves decides the sign: the same plans with movers drawn by lot, as simulated, and all who would save."""
    made, unit = answer.made, answer.currency
    old = made.old.sum(axis=-1).mean()
    values = (made.random_movers, made.movers, made.optimisers)
    sums = [value.sum(axis=-1) for value in values]
    rows = tuple(
        (name, float(value.mean()), *_ends(value), float(value.mean() / old) if old else None)
        for name, value in zip(WHO, sums, strict=True)
    )
    kind = rough(*(float(value.mean()) for value in sums))
    columns = (
        Column("movers", "Who moves", "text"),
        Column("mean", "Mean", kind, unit),
        *_columns(kind, unit),
        Column("of_old", "Of old", "share"),
    )
    note = (
        "Change of revenue at unchanged usage, nobody leaving for it: if as many are drawn by lot, by those who choose "
        "or are moved, and if all who would save moved at once."
    )
    table = Table("bounds", "Bounds: who moves", columns, rows, note=note, total=False)
    bars = [(name, float(value.mean())) for name, value in zip(WHO, sums, strict=True)]
    draw = partial(charts.bars, bars, title=f"Change of revenue [{unit}]", kind=kind)
    words = "; ".join(f"{name} {signed(value, kind)}" for name, value in bars) + "."
    return [Chart("bounds_chart", "Who moves decides", draw, words, "bounds"), table]


def _verdicts(answer: Migrated) -> Table:
    unit, kind = answer.currency, rough(*(each.old for each in verdicts(answer.made)))
    columns = (
        Column("total", "Total", "text"),
        Column("old", "Old", kind, unit),
        *_columns(kind, unit),
        Column("wins", "Rises", "share"),
        Column("loss", "Loss if not", kind, unit),
    )
    return Table("decision", f"Decision over {len(answer.made.months)} months", columns,
                 tuple(map(_row, verdicts(answer.made))), note="P10, P50 and P90 are of the change.",
                 total=False)  # fmt: skip


def _row(found: Verdict) -> tuple[str | float, ...]:
    return (found.name, found.old, found.low, found.middle, found.high, found.wins, found.loss)


def _months(answer: Migrated) -> list[Part]:
    """Who is on the new plan, month by month, and the change of revenue."""
    made = answer.made
    quantiles = np.quantile(made.adoption, (0.1, 0.25, 0.5, 0.75, 0.9), axis=0)
    change = np.quantile(made.new - made.old, (0.1, 0.5, 0.9), axis=0)
    kind = rough(float(np.median(np.abs(change))))
    columns = (
        Column("month", "Month", "text"),
        *(Column(f"adoption_{name}", f"Adoption {label}", "share") for name, label in RANGE),
        *(Column(f"change_{name}", f"Change {label}", kind, answer.currency) for name, label in RANGE),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (month, *(float(quantiles[q, t]) for q in (0, 2, 4)), *(float(each[t]) for each in change))
        for t, month in enumerate(made.months)
    )
    table = Table("months", "Month by month", columns, rows, total=False,
                  note="Adoption is of customers for whom the plans differ.")  # fmt: skip
    spread = Spread(*(each.tolist() for each in quantiles))
    draw = partial(fan, made.months, spread, title="Share on the new plan", kind="share")
    low, middle, high = (show(rows[-1][i], "share") for i in (1, 2, 3))
    words = f"At the end {middle} are on the new plan, {low} to {high} in 8 of 10 worlds."
    return [Chart("adoption_chart", "Adoption", draw, words, "months"), table]


def _priors(answer: Migrated) -> Table:
    columns = (
        Column("name", "Prior", "text"),
        Column("low", "P10", "quantity"),
        Column("high", "P90", "quantity"),
        Column("unit", "Unit", "text"),
        Column("about", "What it does", "text"),
        Column("from", "From", "text"),
    )
    rows = tuple((name, p.low, p.high, p.unit, p.about, p.source) for name, p in answer.priors.items())
    return Table("priors", "What is assumed of customers", columns, rows, total=False)


def _notes(answer: Migrated) -> list[Note]:
    notes = [
        Note(text.removeprefix("!").strip(), "warning" if text.startswith("!") else "info") for text in answer.notes
    ]
    if answer.offer.price_change is None:
        notes.append(Note(f"How usage answers the price is prior, not data: {_unused(answer.changes)}.", "warning"))
    if not answer.made.customers.asked.any():
        notes.append(Note("No customer who is offered the new plan would be billed otherwise by it.", "warning"))
    if len(spared(answer.made.customers)) and not answer.offer.sunset:
        notes.append(Note("Nobody is forced to move here; whom to let keep the old plan is told in case it ends."))
    notes.append(Note("Customers who are yet to come are not in this: they have no old plan to leave."))
    return [*notes, *as_read(answer.report)]


def _unused(changes: Sequence[date]) -> str:
    """Say why no price change of the history was learnt from."""
    if not changes:
        return "the history has no declared price change"
    days = ", ".join(map(str, changes[:NAMED])) + (" ..." if len(changes) > NAMED else "")
    return f"the old plan's prices change on {days}, and the offer says no price_change to learn from"


def _meta(answer: Migrated) -> dict[str, str]:
    made = {"log": answer.report.source, "history": f"{answer.days} days", "worlds": f"{len(answer.made):,}"}
    return made | {f"{side} cards": ", ".join(card.name for card in cards) for side, cards in answer.cards.items()}
