"""Candidates as a sheet: the plan as it is first, then the others, the best first."""

from collections.abc import Sequence
from functools import partial

from pertoken.books.answer import Simulated
from pertoken.books.ranking import Outcome, Ranking
from pertoken.present import charts
from pertoken.present.basis import left_out, rests_on
from pertoken.present.charts import Axis, Dot
from pertoken.present.dress import GAIN, LOSS, WHOLE
from pertoken.present.numbers import counted, show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Note, Sheet, Table

Block = Figures | Table | Chart | Note
WORDS = {"revenue": "revenue", "margin": "margin", "worse-off": "share of customers worse off"}
GROUPS = {"the plan as it is": WHOLE, "candidates": GAIN, "the first": LOSS}


def sheet(answer: Simulated, made: Ranking, *, top: int | None = None) -> Sheet:
    """Lay candidates out.

    Args:
        answer: What was simulated.
        made: Its ranking.
        top: Candidates to show; all if None.
    """
    best, size = made.outcomes[0], len(made.outcomes)
    figures = Figures(
        (
            Figure("candidates", "Candidates", size, "count"),
            Figure("old_revenue", "Revenue, old", made.old.revenue, "money", made.currency),
            Figure("best_revenue", "Revenue, first", best.revenue, "money", made.currency),
            Figure("customers", "Customers", made.customers, "count"),
        )
    )
    note = f"The first {top} of {size:,}; --format csv and --xlsx have all." if top and size > top else ""
    exact = Note("Reckoned in floats, to compare; simulate one candidate alone for exact money.")
    blocks: tuple[Block, ...] = (
        figures,
        _picture(made),
        _table(made, top, note),
        exact,
        *left_out(answer.result.unpriced, answer.report),
    )
    return Sheet(
        f"Which of {counted(size, 'plans')}, by {WORDS[made.by]}?",
        _words(made),
        blocks,
        rests_on(answer.report, answer.cards),
    )


def _words(made: Ranking) -> str:
    best, unit = made.outcomes[0], made.currency
    moved = best.revenue - made.old.revenue
    text = f"{best.name} comes first: revenue of {show(best.revenue, 'money')} {unit}"
    text += f" ({'+' if moved > 0 else ''}{show(moved, 'money')})"
    text += f", margin of {show(best.margin, 'money')}" if best.margin is not None else ""
    return f"{text}, {show(best.worse_off_share, 'share')} of the customers pay more."


def _table(made: Ranking, top: int | None, note: str) -> Table:
    unit, costed = made.currency, made.old.margin is not None
    places = list(dict.fromkeys(place for each in made.outcomes for place in each.settings)) if top is None else []
    columns = [
        Column("candidate", "Candidate", "text"),
        Column("revenue", "Revenue", "money", unit),
        Column("change", "Change", "money", unit),
        *([Column("margin", "Margin", "money", unit)] if costed else []),
        *([Column("margin_share", "Margin share", "share", "", "margin / revenue")] if costed else []),
        Column("worse_off_share", "Pay more", "share", "of customers"),
        Column("increase_p95", "Change, 95th percentile", "share"),
        *([Column("crossed", "Margin falls below 0", "count")] if costed else []),
        *(Column(f"set_{i}", place, "exact") for i, place in enumerate(places)),
    ]
    shown = [made.old, *made.outcomes[:top]]
    rows = tuple(_row(each, made.old, places, costed=costed) for each in shown)
    return Table("candidates", "Candidates", tuple(columns), rows, note, total=False)


def _row(each: Outcome, old: Outcome, places: Sequence[str], *, costed: bool) -> tuple[Cell, ...]:
    share = each.margin / each.revenue if each.margin is not None and each.revenue else None
    margin: tuple[Cell, ...] = (each.margin, share) if costed else ()
    crossed: tuple[Cell, ...] = (each.crossed,) if costed else ()
    hurt = (each.worse_off_share, each.increase_p95)
    settings = tuple(each.settings.get(place) for place in places)
    return (each.name, each.revenue, each.revenue - old.revenue, *margin, *hurt, *crossed, *settings)


def _picture(made: Ranking) -> Chart:
    rows = [(made.old, "the plan as it is"), (made.outcomes[0], "the first"),
            *((each, "candidates") for each in made.outcomes[1:])]  # fmt: skip
    dots = [Dot(each.worse_off_share, each.revenue, 1, group) for each, group in rows]
    x, y = Axis("Share of customers who pay more", "share"), Axis(f"Revenue, {made.currency}", zero=False)
    alt = f"Revenue of {len(made.outcomes):,} candidates against the share of customers who pay more."
    draw = partial(charts.dots, dots, GROUPS, x=x, y=y)
    return Chart("candidates", "More revenue, or fewer who pay more", draw, alt, "candidates")
