"""What differs between two catalogs or two days: models that came and went, prices and by how much they changed."""

from collections.abc import Sequence
from dataclasses import replace

from pertoken.catalog.changes import Change
from pertoken.catalog.difference import Difference, Frozen, Update, far, share
from pertoken.catalog.prices import Rate
from pertoken.catalog.words import priced, terms, unit
from pertoken.core.meters import meter
from pertoken.present.numbers import counted
from pertoken.present.sheet import Cell, Column, Figure, Figures, Note, Sheet, Table

KINDS = {"added": "Added", "removed": "Removed", "priced": "Changed", "rewritten": "Changed in the past"}
MANY = 20
"""Rows of each table for people."""


def sheet(made: Difference, *, title: str = "Prices compared", brief: bool = False) -> Sheet:
    """Lay a difference out.

    Args:
        made: From `difference`.
        title: Title.
        brief: True for people: the first of each table, the largest changes first.
    """
    prices = [each for each in made.changes if each.old or each.new]
    models = [each for each in made.changes if not (each.old or each.new)]
    columns, row = (BRIEF, _brief) if brief else (PRICE, _price)
    tables = (
        _table("models", "Models", MODEL, [_model(each) for each in models], brief=brief),
        _table("prices", "Prices", columns, [row(each) for each in sorted(prices, key=_small)], brief=brief),
    )
    notes = [Note(_far(each), "warning") for each in prices if far(each)]
    ordered = tables if brief else tables[::-1]
    shown: list[Figures | Table | Note] = [_figures(made), *(table for table in ordered if table.rows)]
    shown += notes[: MANY if brief else None]
    return Sheet(title, _words(made), tuple(shown), {"old": made.old, "new": made.new})


def _words(made: Difference) -> str:
    if not made.changes:
        return "No price differs."
    models = len({(each.provider, each.model) for each in made.changes})
    return f"{counted(models, 'models')} differ{'s' * (models == 1)}."


def _figures(made: Difference) -> Figures:
    kinds: list[str] = [each.kind for each in made.changes]
    return Figures(tuple(Figure(kind, label, kinds.count(kind), "count") for kind, label in KINDS.items()))


MODEL = (Column("change", "Change", "text"), Column("offer", "Offer", "text"))
PRICE = (
    Column("offer", "Offer", "text"),
    Column("meter", "Meter", "text"),
    Column("change", "Change", "text"),
    Column("terms", "Terms", "text"),
    Column("old", "Old", "unit_money"),
    Column("new", "New", "unit_money"),
    Column("change_share", "By", "share"),
    Column("unit", "Per", "text"),
    Column("start", "From", "text"),
)
BRIEF = (PRICE[0], *PRICE[4:7], Column("what", "What", "text"), PRICE[2], PRICE[8])


def _table(name: str, title: str, columns: Sequence[Column], rows: Sequence[tuple[Cell, ...]], *, brief: bool) -> Table:
    if not brief:
        return Table(name, title, tuple(columns), tuple(rows), total=False)
    more = len(rows) - MANY
    notes = [f"and {more:,} more; --format csv has all"] if more > 0 else []
    notes += ["in USD for 1M tokens, where nothing else is said"] if name == "prices" else []
    return Table(name, title, tuple(columns), tuple(rows[:MANY]), note="; ".join(notes), total=False)


def _model(change: Change) -> tuple[Cell, ...]:
    return KINDS[change.kind], f"{change.provider}/{change.model}"


def _price(change: Change) -> tuple[Cell, ...]:
    rate = _rate(change)
    return (
        f"{change.provider}/{change.model}",
        meter(rate.meter).label,
        KINDS[change.kind],
        terms(rate),
        priced(change.old) if change.old else None,
        priced(change.new) if change.new else None,
        share(change),
        f"{rate.currency} for {unit(rate)}",
        str(change.start or ""),
    )


def _brief(change: Change) -> tuple[Cell, ...]:
    """The row for people: what is priced in one cell, the unit only where it is not a million tokens."""
    offer, label, kind, said, old, new, by, _, start = _price(change)
    rate = _rate(change)
    per = "" if meter(rate.meter).unit == "token" else f"per {unit(rate)}"
    currency = "" if rate.currency == "USD" else rate.currency
    what = ", ".join(str(each) for each in (label, said, per, currency) if each)
    return offer, old, new, by, what, kind, start


def _rate(change: Change) -> Rate:
    rate = change.new or change.old
    assert rate is not None  # noqa: S101  see the caller
    return rate


def _small(change: Change) -> tuple[bool, float]:
    """Order of changes: those of the past first, then the largest."""
    moved = share(change)
    return change.kind not in {"removed", "rewritten"}, -abs(float(moved)) if moved is not None else 1.0


def _far(change: Change) -> str:
    rate = _rate(change)
    each = f"{change.provider}/{change.model} {meter(rate.meter).label.lower()}"
    return f"{each} changes a thousand-fold; expected a price for the same unit, see whether it is for 1K or 1M."


def updated(made: Update, *, brief: bool = False) -> Sheet:
    """Lay out what a newer catalog says otherwise, and whether it was kept.

    Args:
        made: From `update`.
        brief: True for people, as in `sheet`.
    """
    past = len(made.difference.past)
    laid = sheet(made.difference, title="Prices updated" if made.kept else "Update refused", brief=brief)
    why = f"It changes or loses {counted(past, 'prices')} that the catalog in use states for the past"
    if made.kept:
        notes = [Note(f"{why}.", "warning")] if past else []
        notes += [Note(f"Kept in {made.kept}; use it with --catalog {made.use}.")]
    else:
        notes = [Note(f"{why}, so nothing was kept; --accept keeps it all the same.", "warning")]
    return replace(laid, blocks=(*laid.blocks, *notes))


def frozen(made: Frozen) -> Sheet:
    """Lay out which catalog was kept where."""
    figures = Figures((Figure("models", "Models", made.models, "count"), Figure("rates", "Rates", made.rates, "count")))
    words = f"{made.name} is kept in {made.file}; --catalog {made.file} gives the same numbers later."
    meta = {"catalog": made.name, "file": made.file, "hash": made.hash}
    return Sheet("Catalog kept", words, (figures,), meta)
