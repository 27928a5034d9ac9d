"""A log at other prices as a sheet: what it costs now, what it would cost, and what can't be told."""

from decimal import Decimal
from functools import partial

from pertoken.books.repriced import Cell as Usage
from pertoken.books.repriced import Repriced
from pertoken.present import charts
from pertoken.present.basis import as_read, estimates, rests_on
from pertoken.present.numbers import show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Note, Sheet, Table
from pertoken.present.statement import label as meter_label

NOTHING = "(none)"
"""How people read a label that the log leaves empty."""
SIDES = {("before",): "now", ("after",): "after", ("before", "after"): "now and after"}
"""Where usage has no price."""
NONE = Decimal(0)
SHARE = Column("difference_share", "Share", "share", "", "difference / before", total="formula")
MOST = 8
"""How many bars a picture has."""


def sheet(answer: Repriced, *, top: int | None = None) -> Sheet:
    """Lay a repriced log out.

    Args:
        answer: What was repriced.
        top: Lines to show, the dearest; all if None.
    """
    blocks: list[Figures | Chart | Table | Note] = [_figures(answer), _picture(answer), _lines(answer, top)]
    blocks += [_apart(answer)] if answer.apart else []
    blocks += _notes(answer)
    return Sheet(f"Log at other prices by {', '.join(answer.by)}", _words(answer), tuple(blocks), _meta(answer))


def _words(answer: Repriced) -> str:
    unit, more = answer.currency, answer.after - answer.before
    share = f" ({show(more / answer.before, 'share')})" if answer.before else ""
    word = "more" if more > 0 else "less"
    gap = f"{show(abs(more), 'money')} {word}{share}" if more else "the same"
    return f"{show(answer.before, 'money')} {unit} now, {show(answer.after, 'money')} {unit} {_as(answer)}: {gap}."


def _as(answer: Repriced) -> str:
    """Say at which prices."""
    swaps = ", ".join(f"{old} as {new}" for old, new in answer.models.items())
    return " ".join(
        filter(None, [f"at the prices of {answer.at}" if answer.at else "", f"with {swaps}" if swaps else ""])
    )


def _figures(answer: Repriced) -> Figures:
    before, after, unit = answer.before, answer.after, answer.currency
    return Figures(
        (
            Figure("before", "Now", before, "money", unit),
            Figure("after", "After", after, "money", unit),
            Figure("difference", "Difference", after - before, "money", unit),
            Figure("difference_share", "Difference share", (after - before) / before if before else None, "share"),
        )
    )


def _picture(answer: Repriced) -> Chart:
    rows = sorted(answer.fold(("model",)), key=lambda cell: cell.difference)
    widest = sorted(rows, key=lambda cell: -abs(cell.difference))[:MOST]
    bars = [(row.labels["model"] or NOTHING, row.difference) for row in rows if row in widest]
    draw = partial(charts.bars, bars, title=f"Difference, {answer.currency}")
    return Chart("models", "Difference by model", draw, f"What {len(bars)} models would cost more or less.", "repriced")


def _label(name: str, label: str) -> str:
    """What people call a label; a meter by its own word."""
    return (meter_label(label) if name == "meter" else label) or NOTHING


def _keys(answer: Repriced) -> tuple[str, ...]:
    """The keys of the lines: with the model, the one that it is priced as."""
    return tuple(
        dict.fromkeys(n for key in answer.by for n in ((key, "to") if key == "model" and answer.models else (key,)))
    )


def _lines(answer: Repriced, top: int | None) -> Table:
    keys, unit = _keys(answer), answer.currency
    columns = (
        *(_text(name) for name in keys),
        *([Column("quantity", "Quantity", "quantity")] if "meter" in keys else []),
        Column("before", "Now", "money", unit, total="sum"),
        Column("after", "After", "money", unit, total="sum"),
        Column("difference", "Difference", "money", unit, "after - before", total="formula"),
        *([] if "to" in keys else [SHARE]),
    )
    found = answer.fold(keys)
    shown = found if top is None or len(found) <= top else found[:top]
    note = "" if len(shown) == len(found) else f"The {top} dearest of {len(found):,}; --format csv and --xlsx have all."
    rows = tuple(_row(cell, keys) for cell in shown)
    return Table("repriced", f"By {', '.join(answer.by)}", columns, rows, note, total=len(shown) == len(found))


def _text(name: str) -> Column:
    return Column(name, {"to": "Priced as"}.get(name, name.replace("_", " ").capitalize()), "text")


def _row(cell: Usage, keys: tuple[str, ...]) -> tuple[Cell, ...]:
    labels = tuple(_label(name, cell.labels[name]) for name in keys)
    share = cell.difference / cell.before if cell.before else None
    quantity = (cell.quantity,) if "meter" in keys else ()
    return (*labels, *quantity, cell.before, cell.after, cell.difference, *([] if "to" in keys else [share]))


def _apart(answer: Repriced) -> Table:
    unit = answer.currency
    columns = (
        Column("model", "Model", "text"),
        Column("to", "Priced as", "text"),
        Column("meter", "Meter", "text"),
        Column("quantity", "Quantity", "quantity"),
        Column("lacks", "Has no price", "text"),
        Column("before", "Now", "money", unit),
        Column("after", "After", "money", unit),
    )
    sums: dict[tuple[str, ...], Usage] = {}
    for cell in answer.apart:
        labels = (*(cell.labels[name] for name in ("model", "to", "meter")), SIDES[cell.unpriced])
        old = sums.get(labels, Usage(cell.labels, NONE))
        sums[labels] = Usage(
            cell.labels, old.quantity + cell.quantity, old.before + cell.before, old.after + cell.after
        )
    rows = tuple(_without(labels, cell) for labels, cell in sums.items())
    return Table("unpriced", "Without a price on one side", columns, rows, total=False)


def _without(labels: tuple[str, ...], cell: Usage) -> tuple[Cell, ...]:
    model, to, name, lacks = labels
    told = (model or NOTHING, to or NOTHING, _label("meter", name))
    return (*told, cell.quantity, lacks, cell.before or None, cell.after or None)


def _notes(answer: Repriced) -> list[Note]:
    notes = []
    if answer.apart:
        text = "What stands under Without a price is left out of the comparison"
        lost = sum((cell.before for cell in answer.apart), NONE)
        cost = f": {show(lost, 'money')} {answer.currency} of what is spent now" if lost else ""
        notes.append(Note(f"{text}{cost}.", "warning"))
    if answer.makers:
        pairs = ", ".join(f"{old} to {new}" for old, new in answer.makers)
        text = (
            f"Quantities are those of the models that were asked. Tokenisers of other makers count the same text "
            f"differently, and other models answer at other lengths: {pairs}."
        )
        notes.append(Note(text, "warning"))
    return [*notes, *estimates(answer.unsure, "the cost after"), *as_read(answer.report)]


def _meta(answer: Repriced) -> dict[str, str]:
    return rests_on(answer.report, {"cost": answer.cards})
