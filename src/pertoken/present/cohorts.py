"""Cohorts as a sheet: what is left of each, what moved revenue, who is still a customer, what a new one is worth."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from pertoken.forecast.cohort_answer import Cohorts
from pertoken.forecast.cohort_report import Group, Rates
from pertoken.forecast.metrics import effective_count
from pertoken.forecast.states import AHEAD, CHANGE, STATES, States
from pertoken.present.basis import as_read, number, rests_on
from pertoken.present.numbers import LARGE, counted, rough, show
from pertoken.present.sheet import Cell, Chart, Column, Figure, Figures, Kind, Note, Sheet, Table

Block = Figures | Table | Chart | Note

AGES, ROWS = 8, 12
"""Ages and cohorts that people are shown in a table."""
DRAWN = 24
"""Ages and cohorts that are drawn."""
FEWEST = 3
"""Customers from which on their concentration is drawn."""
SHARES = (0.1, 0.5, 0.9)
YEAR = 12
RATIO: Kind = "money"
"""Ratios are written as money is, with two decimals."""


def sheet(answer: Cohorts, *, top: int | None = None) -> Sheet:
    """Lay cohorts out.

    Args:
        answer: What became of customers.
        top: Customers to show, and then only so many cohorts and ages as people read; all if None.
    """
    blocks: list[Block] = [_figures(answer), *_map(answer), *_triangles(answer, brief=top is not None)]
    blocks += [
        *_moved(answer),
        *_states(answer),
        *_lifetime(answer),
        *_selling(answer),
        *_customers(answer, top),
        *_notes(answer),
    ]
    return Sheet(f"Cohorts by {answer.ask.by}", _words(answer), tuple(blocks), _meta(answer), rounds=True)


def _span(days: float) -> str:
    return f"{days:.0f} days"


def _words(answer: Cohorts) -> str:
    rates, parts = answer.report.rates, []
    if rates and np.isfinite(rates.net):
        net, gross = show(rates.net, "share"), show(rates.gross, "share")
        parts.append(f"net retention {net}, gross {gross} over {_span(rates.days)}")
    whole = next((each for each in answer.report.groups if not each.name), None)
    if whole:
        low, middle, high = (show(each, _rough(answer)) for each in np.quantile(whole.worth.average, SHARES).tolist())
        parts.append(
            f"a new customer {_word(answer, 'is worth', 'uses')} {middle} {answer.unit} on average ({low} to {high})"
        )
    text = "; ".join(parts) or f"{counted(len(answer.report.customers), 'customers')} followed"
    return f"{text[:1].upper()}{text[1:]}."


def _money(answer: Cohorts) -> Kind:
    return _word(answer, "money", "quantity")  # type: ignore[return-value]  # both are kinds


def _flow(answer: Cohorts) -> Kind:
    """How what all customers pay together is written: without cents, where they say nothing."""
    return rough(answer.run_rate / YEAR) if "revenue" in answer.cards else _money(answer)


def _rough(answer: Cohorts) -> Kind:
    """How what is estimated is written: where it is large, without the decimals that nobody knows."""
    large = any(abs(np.median(each.worth.average)) >= LARGE for each in answer.report.groups)
    return "count" if large else _money(answer)


def _word(answer: Cohorts, of_money: str, of_usage: str) -> str:
    """How a thing is called where there is money, and where there is only usage."""
    return of_money if "revenue" in answer.cards else of_usage


def _figures(answer: Cohorts) -> Figures:
    rates, rest = answer.report.rates, []
    quick = answer.report.quick
    if np.isfinite(quick):
        rest.append(Figure("quick_ratio", "Quick ratio", quick, RATIO, note=f"over {_span(answer.report.quick_days)}"))
    rest += [
        Figure(f"growth_{width}", f"Growth in {width} days", rate, "share", note=f"against the {width} days before")
        for width, rate in answer.growth.items()
    ]
    rest.append(Figure("run_rate", "A year at the last pace", answer.run_rate, _flow(answer), answer.unit))
    if answer.committed_share is not None:
        note = "owed whatever is used"
        rest.append(Figure("committed_share", "Of it committed", answer.committed_share, "share", note=note))
    if answer.costed:
        rest.append(Figure("margin_share", "Margin share", answer.margin_share, "share", note="of those who pay"))
    return Figures((*(_retention(rates) if rates else ()), *rest, *_converted(answer)))


def _retention(rates: Rates) -> list[Figure]:
    over = f"over {_span(rates.days)}"
    said = [
        ("nrr_contract", "Net retention", rates.net, over),
        ("nrr_without_largest", "Without the largest", rates.without, over),
        ("nrr_alive", "By chance to be alive", rates.alive, over),
        ("grr", "Gross retention", rates.gross, over),
        (
            "nrr_consumption",
            "Net, as consumption",
            rates.consumption,
            f"second half of {_span(rates.span)} over the first",
        ),
    ]
    return [Figure(name, label, number(value), "share", note=note) for name, label, value, note in said]


def _converted(answer: Cohorts) -> list[Figure]:
    made = answer.converted
    if made is None:
        return []
    note = f"of {made.began:,} who began without paying"
    note += f", half of them within {made.days:.0f} days" if made.days is not None else ""
    return [Figure("converted", "Came to pay", made.paid, "count", note=note)]


def _known(answer: Cohorts) -> list[int]:
    return [row for row, size in enumerate(answer.report.triangle.size) if size]


def _map(answer: Cohorts) -> list[Chart]:
    made = answer.report.triangle
    rows = _known(answer)[-DRAWN:]
    if not rows or not made.kept.shape[1]:
        return []
    names = [(made.cohorts[row], f"{made.size[row]:,}") for row in rows]
    shares = [[number(value) for value in made.kept[row, :DRAWN]] for row in rows]

    def draw() -> Mapping[str, Any]:
        from pertoken.present.charts_heatmap import heatmap  # noqa: PLC0415  what draws is slow to load

        drawn = [[None if isinstance(each, str) else each for each in row] for row in shares]
        first = _word(answer, "payment", "use")
        title = f"Windows of {_span(answer.report.width)} since the first {first}; percent"
        return heatmap(names, drawn, title=title, less="of the first window", more="more than the first window")

    does = _word(answer, "pay", "use")
    alt = f"What {counted(len(rows), 'cohorts')} {does} by age, as a share of their first window."
    return [Chart("cohorts", "What is left of each cohort", draw, alt, "kept")]


def _triangles(answer: Cohorts, *, brief: bool) -> list[Table]:
    made = answer.report.triangle
    rows = _known(answer)[-ROWS:] if brief else _known(answer)
    ages = min(made.kept.shape[1], AGES) if brief else made.kept.shape[1]
    columns = (
        Column("cohort", "Cohort", "text"),
        Column("customers", "Customers", "count"),
        *(Column(f"age_{age}", str(age), "share") for age in range(ages)),
    )
    hidden = brief and (len(rows) < len(_known(answer)) or ages < made.kept.shape[1])
    more = " More cohorts and ages: --format json, --xlsx." if hidden else ""
    paid, pay, first = (_word(answer, *each) for each in (("paid", "used"), ("pay", "use"), ("payment", "use")))
    over = f"Age in windows of {_span(answer.report.width)} since the first {first}."
    return [
        Table(name, title, columns, tuple(
            (made.cohorts[row], int(made.size[row]), *(number(each) for each in value[row, :ages])) for row in rows
        ), f"{over} {what}{more}", total=False)
        for name, title, value, what in (
            ("kept", f"Of what they {paid} first", made.kept, "Those not old enough count on neither side."),
            ("active", "Of all who came", made.active, f"Share who {pay} at that age; nobody is forgotten who left."),
        )
    ]  # fmt: skip


def _moved(answer: Cohorts) -> list[Table]:
    moved, labels = answer.report.moved, answer.report.windows.labels
    if len(labels) < len(("then", "now")):
        return []
    unit, kind = answer.unit, _flow(answer)
    names = ("start", "new", "expansion", "reactivation", "contraction", "churn")
    columns = (
        Column("window", "Window to", "text"),
        *(Column(name, name.capitalize(), kind, unit) for name in names),
        Column("end", "End", kind, unit, "start + new + expansion + reactivation - contraction - churn"),
    )
    values = [getattr(moved, name).tolist() for name in (*names, "end")]
    rows = tuple((label, *row) for label, *row in zip(labels[1:], *values, strict=True))
    note = f"Each window of {_span(answer.report.width)} against the one before."
    return [Table("movements", f"What moved {_word(answer, 'revenue', 'usage')}", columns, rows, note)]


def _states(answer: Cohorts) -> list[Table]:
    """Who is in which state, and who goes where."""
    made = answer.report.states
    return [] if made is None else [_in_states(answer, made), _changes(answer, made)]


def _in_states(answer: Cohorts, made: States) -> Table:
    unit, kind = answer.unit, _flow(answer)
    columns = (
        Column("state", "State", "text"),
        Column("customers", "Customers", "count"),
        Column("share", "Of all", "share"),
        Column("amount", "Last window", kind, unit),
        Column("amount_share", "Of it", "share"),
        Column("before", "Window before", kind, unit),
        Column("ahead", f"In {AHEAD} windows", "quantity", "expected"),
    )
    now, spent, before = made.customers[-1], made.amount[-1], made.amount[-2]
    rows = tuple(
        (
            state.capitalize(), int(now[i]), number(now[i] / now.sum()), float(spent[i]),
            number(spent[i] / spent.sum()) if spent.sum() > 0 else None, float(before[i]),
            round(float(made.ahead[i]), 1),
        )
        for i, state in enumerate(STATES)
    )  # fmt: skip
    does = _word(answer, "pays", "uses")
    note = (
        f"Ramp: {does} {100 * np.expm1(CHANGE):.0f} % more than in the last window with any; contracting: "
        f"{-100 * np.expm1(-CHANGE):.0f} % less. Dormant: nothing for one or two windows; gone: for three. "
        "Expected of those there are, by what was seen and a prior."
    )
    return Table("states", "Customers by state", columns, rows, note)


def _changes(answer: Cohorts, made: States) -> Table:
    columns = (
        Column("state", "From", "text"),
        Column("count", "Seen", "count"),
        *(Column(state, state.capitalize(), "share") for state in STATES),
    )
    rows = tuple(
        (state.capitalize(), int(row.sum()), *(number(each / row.sum()) if row.sum() else None for each in row))
        for state, row in zip(STATES, made.seen, strict=True)
    )
    over = f"From one window of {_span(answer.report.width)} to the next. New stays who was not seen for half a window."
    return Table("changes", "Where they go from there", columns, rows, over, total=False)


def _lifetime(answer: Cohorts) -> list[Block]:
    groups = answer.report.groups
    if not groups:
        return []
    unit, kind, costs = answer.unit, _rough(answer), any(each.cac for each in groups)
    columns = [Column("cohort", "Cohort", "text"), Column("customers", "Customers", "count")]
    columns += [Column(f"average_p{100 * q:.0f}", f"Average P{100 * q:.0f}", kind, unit) for q in SHARES]
    columns += [Column(f"one_p{100 * q:.0f}", f"One P{100 * q:.0f}", kind, unit) for q in SHARES]
    columns += [Column("stay", "Stays", "quantity", "months")]
    columns += [Column("cac", "To win", kind, unit), Column("ltv_cac", "LTV : CAC", RATIO)] if costs else []
    columns += [Column("formula", "By formula", kind, unit)]
    rows = tuple(_worth(each, costs=costs) for each in groups)
    said = "gross margin" if answer.costed else _word(answer, "revenue (give --cost for margins)", "usage")
    life = answer.ask.life
    note = (
        f"Discounted {said} of a new customer over {life.months} months at {show(life.discount, 'share')} a year. "
        "Average: how unsure the mean is; One: how customers differ. "
        "By formula: average x margin share / churn, to check."
    )
    return [
        Table(
            "lifetime",
            f"What a new customer {_word(answer, 'is worth', 'uses in a life')}",
            tuple(columns),
            rows,
            note,
            total=False,
        )
    ]


def _worth(each: Group, *, costs: bool) -> tuple[Cell, ...]:
    average, one = (np.quantile(value, SHARES).tolist() for value in (each.worth.average, each.worth.customer))
    cac: tuple[Cell, ...] = (each.cac, average[1] / each.cac if each.cac else None) if costs else ()
    stay = round(each.worth.stay, 1)
    return (each.name or "All", each.customers, *average, *one, stay, *cac, number(each.formula))


def _selling(answer: Cohorts) -> list[Table]:
    if not answer.selling:
        return []
    unit = answer.unit
    columns = (
        Column("quarter", "Quarter", "text"),
        Column("spent", "Spent", "money", unit),
        Column("won", "Customers won", "count"),
        Column("before", "Revenue", "money", unit),
        Column("now", "Next quarter's", "money", unit),
        Column("magic_number", "Magic number", RATIO, "", "4 * (now - before) / spent"),
    )
    rows = tuple(
        (each.quarter, each.spent, each.won, each.before, each.now, number(each.magic)) for each in answer.selling
    )
    return [Table("selling", "What selling brought", columns, rows, total=False)]


def _customers(answer: Cohorts, top: int | None) -> list[Block]:
    report, kind, unit = answer.report, _flow(answer), answer.unit
    now = report.windows.value[:, -1]
    if not now.sum() > 0:
        return []
    order = np.argsort(-now, kind="stable")
    share = now / now.sum()
    columns = (
        Column("customer", "Customer", "text"),
        Column(_word(answer, "paid", "used"), "Last window", kind, unit),
        Column("share", "Share", "share"),
        Column("since", "Since", "text"),
        Column("last", "Last", "text"),
        Column("alive", "Alive", "share"),
    )
    rows = tuple(
        (report.customers[i], float(now[i]), float(share[i]), report.since[i], report.last[i], float(report.alive[i]))
        for i in order[:top]
    )
    shown = f"The {top} largest of {len(order):,}. " if top is not None and len(order) > top else ""
    count = f"{float(effective_count(now)):.1f}"
    note = f"{shown}As concentrated as {count} customers of one size. Alive: chance still to be a customer."
    what = _word(answer, "revenue", "usage")
    draw = partial(_concentration, [report.customers[i] for i in order], now[order].tolist(), what)
    alt = (
        f"Share of {what} that the largest customers make up together, the largest being {report.customers[order[0]]}."
    )
    table = Table("customers", "Customers", columns, rows, note, total=False)
    drawn = [Chart("concentration", "How few make up how much", draw, alt, "customers")]
    return [*(drawn if len(order) >= FEWEST else []), table]


def _concentration(names: Sequence[str], values: Sequence[float], what: str) -> Mapping[str, Any]:
    from pertoken.present.charts_concentration import concentration  # noqa: PLC0415  what draws is slow to load

    return concentration(names, [max(value, 0.0) for value in values], what=what)


def _notes(answer: Cohorts) -> list[Note]:
    notes = [Note(f"{text[:1].upper()}{text[1:]}.", "warning") for text in answer.warns]
    if answer.report.rates is None:
        text = "The log holds one window only, so nothing can be retained yet; take shorter windows or more of the log."
        notes.append(Note(text, "warning"))
    notes += [Note(f"{text[:1].upper()}{text[1:]}.") for text in answer.says]
    if answer.converted is not None and answer.converted.paying:
        notes.append(Note(f"Paid for: {', '.join(answer.converted.paying)}; other states do not count."))
    if "revenue" in answer.cards:
        notes.append(Note("What is owed for a month counts evenly for its days; the rest by the day's usage."))
    return [*notes, *as_read(answer.read)]


def _meta(answer: Cohorts) -> dict[str, str]:
    made = rests_on(answer.read, answer.cards)
    prior = answer.ask.retention
    made["prior of leaving"] = (
        f"{show(prior.churn, 'share')} in the first month, worth {prior.strength:g} customer-months"
    )
    made["worlds"] = f"{answer.ask.draws:,}, seed {answer.ask.seed}"
    return made
