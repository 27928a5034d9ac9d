"""A reconciliation as a sheet: what was computed, what was billed, where they part and the likely cause."""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from pertoken.books.answer import Reconciled
from pertoken.books.reconcile import Cell as Line
from pertoken.core.meters import METERS, meter
from pertoken.present import charts
from pertoken.present.basis import rests_on
from pertoken.present.numbers import counted, show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Note, Sheet, Table

Block = Figures | Table | Chart | Note
NONE = Decimal(0)
NOTHING = "(none)"
UNKNOWN = "not explained by any theory"


def sheet(answer: Reconciled, *, top: int | None = None) -> Sheet:
    """Lay a reconciliation out.

    Args:
        answer: What was reconciled.
        top: Lines to show to people, those that part most, below their causes; all lines, and before all else, if None.
    """
    made = answer.result
    causes = _causes(answer)
    lines = _lines(answer, top)
    blocks: list[Block] = [_figures(answer), *([lines] if top is None else [])]
    blocks += [_picture(causes), causes] if causes.rows else []
    blocks += [_models(answer)] if "model" in made.by else []
    blocks += [*([] if top is None else [lines]), *_notes(answer)]
    return Sheet(f"Bill against log by {', '.join(made.by)}", _words(answer), tuple(blocks), _meta(answer))


def _words(answer: Reconciled) -> str:
    made = answer.result
    parted = [cell for cell in made.cells if cell.cause]
    text = f"{show(made.billed, 'money')} {made.currency} billed, {show(made.computed, 'money')} computed from the log"
    if not parted:
        return f"{text}: they agree within {show(made.tolerance, 'share')} everywhere."
    lines = counted(len(made.cells), "lines")
    first = max(_sums(parted).items(), key=lambda each: abs(each[1][1]))[0]
    why = "for no reason that is known" if first == UNKNOWN else f"most likely: {first}"
    return f"{text}; {len(parted):,} of {lines} part, {why}."


def _figures(answer: Reconciled) -> Figures:
    made = answer.result
    return Figures(
        (
            Figure("billed", "Billed", made.billed, "money", made.currency),
            Figure("computed", "Computed", made.computed, "money", made.currency),
            Figure("difference", "Difference", made.billed - made.computed, "money", made.currency),
            Figure("discount", "Realised discount", made.discount(), "share"),
            Figure("parted", "In lines that part", made.parted, "money", made.currency),
        )
    )


def _sums(parted: Sequence[Line]) -> dict[str, tuple[int, Decimal]]:
    """Lines and money by what explains them, the widest first."""
    out: dict[str, tuple[int, Decimal]] = {}
    for cell in parted:
        lines, money = out.get(cell.words, (0, NONE))
        out[cell.words] = (lines + 1, money + cell.difference)
    return dict(sorted(out.items(), key=lambda each: -abs(each[1][1])))


def _causes(answer: Reconciled) -> Table:
    made = answer.result
    columns = (
        Column("cause", "Cause", "text"),
        Column("in_words", "In words", "text"),
        Column("lines", "Lines", "count", "", total="sum"),
        Column("difference", "Difference", "money", made.currency, total="sum"),
    )
    parted = [cell for cell in made.cells if cell.cause]
    kinds = {cell.words: cell.cause for cell in parted}
    rows = tuple((kinds[words], words, lines, money) for words, (lines, money) in _sums(parted).items())
    return Table("causes", "Why they part", columns, rows)


def _picture(causes: Table) -> Chart:
    rows = [(str(words), Decimal(str(money))) for _, words, _, money in causes.rows]
    draw = partial(charts.bars, rows, title="Billed less computed")
    alt = f"Billed less computed, for each of {len(rows)} likely causes."
    return Chart("causes", "What explains the difference", draw, alt, "causes")


def _models(answer: Reconciled) -> Table:
    made, at = answer.result, answer.result.by.index("model")
    names = dict.fromkeys(cell.labels[at] for cell in sorted(made.cells, key=lambda cell: -(cell.billed or NONE)))
    columns = (
        Column("model", "Model", "text"),
        Column("computed", "Computed", "money", made.currency, total="sum"),
        Column("billed", "Billed", "money", made.currency, total="sum"),
        Column("difference", "Difference", "money", made.currency, "billed - computed", total="formula"),
        Column("discount", "Discount", "share", "where both have it"),
    )
    rows = []
    for name in names:
        own = [cell for cell in made.cells if cell.labels[at] == name]
        computed, billed = (sum((each or NONE for each in side), NONE) for side in
                            ((cell.computed for cell in own), (cell.billed for cell in own)))  # fmt: skip
        rows.append((name or NOTHING, computed, billed, billed - computed, made.discount(model=name)))
    return Table("models", "By model", columns, tuple(rows))


def _lines(answer: Reconciled, top: int | None) -> Table:
    made = answer.result
    columns = (
        *(Column(name, name.replace("_", " ").capitalize(), "text") for name in made.by),
        Column("computed", "Computed", "money", made.currency),
        Column("billed", "Billed", "money", made.currency),
        Column("difference", "Difference", "money", made.currency),
        Column("cause", "Cause", "text"),
    )
    shown = made.cells[:top]
    note = (
        f"The {top} widest of {len(made.cells):,}; --format csv and --xlsx have all."
        if len(shown) < len(made.cells)
        else ""
    )
    return Table("lines", "Where they part", columns, tuple(_line(cell, made.by) for cell in shown), note, total=False)


def _line(cell: Line, by: Sequence[str]) -> tuple[Cell, ...]:
    labels = (_label(name, label) for name, label in zip(by, cell.labels, strict=True))
    return (*labels, cell.computed, cell.billed, cell.difference, cell.cause)


def _label(name: str, label: str) -> str:
    if name == "meter" and label:
        return meter(label).label if label in METERS or label.startswith("cache_write_") else label
    return label or NOTHING


def _notes(answer: Reconciled) -> list[Note]:
    made = answer.result
    notes = [
        Note(
            f"Lines agree within {show(made.tolerance, 'share')}. A cause is likely, not proven: the bill equals what "
            "the same usage would cost that way."
        )
    ]
    left = answer.unpriced.fold(["model", "meter"]).records() if len(answer.unpriced) else []
    each = ", ".join(
        f"{show(int(row['quantity']), 'count')} {row['meter']} of {row['model'] or NOTHING}" for row in left
    )
    notes += [Note(f"No price, so not computed: {each}.", "warning")] if each else []
    return [*notes, *(Note(f"{text.removesuffix('.')}.") for text in (*answer.report.says, *answer.bill_says))]


def _meta(answer: Reconciled) -> dict[str, str]:
    bill = {"bill": answer.bill, **({"bill read as": answer.bill_layout} if answer.bill_layout else {})}
    return rests_on(answer.report, {"cost": answer.cards}) | bill
