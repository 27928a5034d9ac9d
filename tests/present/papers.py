"""Hand-made papers: programs with everything that a workbook has to write, and what Python finds in them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np

from pertoken.core.distribution import Distribution, form, quantile
from pertoken.core.formula import formula
from pertoken.core.units import unit
from pertoken.present.workbook import uncertain, worlds_that_fit
from pertoken.present.workbook.plan import planned
from pertoken.scenario.evaluate import evaluate
from pertoken.scenario.order import ordered
from pertoken.scenario.paper import Drawn, Draws, Headline, InputCell, Paper, Range, Swing
from pertoken.scenario.program import Ladder, Program, Row

MONTHS = ("2027-01", "2027-02", "2027-03", "2027-04", "2027-05", "2027-06", "2027-07")
CASES = ("base", "low", "high", "=risky")


def single(name, text="", of="1", **more):
    node = formula(text).node if text else None
    return Row(name=name, unit=unit(of), node=node, by_month=False, text=text, **more)


def monthly(name, text="", of="1", *, opening="", **more):
    node = formula(text).node if text else None
    start = formula(opening).node if opening else None
    return Row(name=name, unit=unit(of), node=node, opening=start, text=text, **more)


def rows():
    plan = {"section": "plans.pro"}
    flow = {"section": "customers"}
    result = {"section": "results", "total": "sum"}
    return (
        monthly("month", "prev(month) + 1"),
        monthly("days_in_month", of="day", label="Days"),
        single("signups", of="customer", section="inputs", label="New customers"),
        single("signups.growth", section="inputs"),
        single("start", of="customer", section="inputs"),
        single("churn", section="inputs"),
        single("queries", of="request / customer", section="inputs"),
        single("answer", of="token / request", section="inputs"),
        single("cache", section="inputs", label="=Cache is on"),
        single("event.price_cut.month", section="inputs"),
        single("event.price_cut.probability", section="inputs"),
        single("walk", section="inputs"),
        single("price.base", of="USD / customer", section="inputs"),
        single("price.1.up_to", of="token", section="inputs"),
        single("price.2.up_to", of="token", section="inputs"),
        single("price.1.rate", of="USD / 1K token", section="inputs"),
        single("price.2.rate", of="USD / 1K token", section="inputs"),
        single("price.3.rate", of="USD / 1K token", section="inputs"),
        single("price.llm", of="USD / 1K token", section="inputs"),
        monthly("shock", section="drivers"),
        monthly("event.price_cut", "if('event.price_cut.month' >= 1 and month >= 'event.price_cut.month', 1, 0)"),
        monthly("factor", "exp(walk * cumulative(shock))"),
        monthly("new", "signups * (1 + 'signups.growth') ^ (month - 1) * factor", "customer", total="sum", **flow),
        monthly(
            "customers",
            "prev(customers) * (1 - churn) + new",
            "customer",
            opening="start * 1.5",
            total="last",
            label="Customers",
            **flow,
        ),
        monthly("tokens", "customers * queries * answer / days_in_month * 30", "token", total="sum", section="usage"),
        single("a.1", "0", "USD", **plan),
        single("b.1", "'price.1.rate' / 1000", "USD / token", **plan),
        single("a.2", "'a.1' + ('b.1' - 'b.2') * 'price.1.up_to'", "USD", **plan),
        single("b.2", "'price.2.rate' / 1000", "USD / token", **plan),
        single("a.3", "'a.2' + ('b.2' - 'b.3') * 'price.2.up_to' - 250", "USD", **plan),
        single("b.3", "'price.3.rate' / 1000", "USD / token", **plan),
        monthly("revenue.usage", "tiered(pro, tokens)", "USD", total="sum", **plan),
        monthly("revenue.rounded", "round('revenue.usage', 2)", "USD", total="sum", **plan),
        monthly("revenue.base", "customers * 'price.base'", "USD", total="sum", **plan),
        monthly("revenue", "'revenue.rounded' + 'revenue.base'", "USD", label="Revenue", **result),
        monthly(
            "cost.llm",
            "tokens / 1000 * 'price.llm' * (1 - 0.3 * 'event.price_cut') * (1 - 0.2 * cache)",
            "USD",
            total="sum",
            section="costs",
            label="Model",
        ),
        monthly("cost.team", "6000 * from(2027-03)", "USD", total="sum", section="costs", label="Team"),
        monthly("cost.launch", "-(-15_000) * in(2027-02)", "USD", total="sum", section="costs", label="Launch"),
        monthly("cost", "'cost.llm' + 'cost.team' + 'cost.launch'", "USD", label="Cost", **result),
        monthly("gross_margin", "revenue - cost", "USD", label="Gross margin", **result),
        monthly("share", "gross_margin / revenue", section="results"),
        monthly("cac", "'cost.launch' / max(0, new - 900)", "USD / customer", section="results"),
        single("peak", "max(last(customers), first(customers)) + total(new) - round_up(-start / 7)"),
        single("check.pays", "total(gross_margin) > 0 or not churn", section="checks", label="It pays"),
        monthly("check.share", "-share ^ 2 <= 2 and share != 7", section="checks"),
    )


PRO = Ladder(
    name="pro",
    up_to=("price.1.up_to", "price.2.up_to"),
    a=("a.1", "a.2", "a.3"),
    b=("b.1", "b.2", "b.3"),
    shown={"rate": ("price.1.rate", "price.2.rate", "price.3.rate"), "up to": ("price.1.up_to", "price.2.up_to")},
)


def spread(kind, *, moves="difference", **parameters):
    said = Distribution(kind, parameters)
    made = form(said)
    return Range(
        kind=kind,
        template=made.excel,
        parameters=dict(said.parameters),
        terms=dict(made.terms),
        median="p50" if kind == "p10_p90" else "",
        moves=moves,
    )


def inputs():
    def price(row, value, of="USD / 1K token", **cases):
        return InputCell(row=row, unit=of, kind="price", values={"base": value, **cases}, lowest=0)

    return (
        InputCell(
            row="signups",
            label="New customers a month",
            unit="customer",
            values={"base": 900, "low": 700, "high": 1100},
            range=spread("p10_p90", p10=700, p50=900, p90=1150, low=0, moves="factor"),
            source="=sales plan",
            as_of=date(2026, 11, 1),
        ),
        InputCell(
            row="signups.growth", values={"base": 0.03}, range=spread("triangular", low=0.0, mode=0.03, high=0.07)
        ),
        InputCell(row="start", unit="customer", values={"base": 4000}, lowest=0),
        InputCell(
            row="churn",
            values={"base": 0.03, "low": 0.05, "=risky": 0.2},
            range=spread("p10_p90", p10=0.02, p50=0.03, p90=0.045, low=0, high=1, moves="odds"),
            lowest=0,
            highest=1,
        ),
        InputCell(
            row="queries",
            unit="request / customer",
            values={"base": 25},
            range=spread("lognormal", median=25, sigma=0.2),
        ),
        InputCell(row="answer", unit="token / request", values={"base": 350}, range=spread("normal", mean=350, sd=30)),
        InputCell(row="cache", kind="switch", values={"base": 0, "high": 1}),
        InputCell(row="event.price_cut.month", kind="event", values={"base": 0, "high": 3}),
        InputCell(row="event.price_cut.probability", kind="event", values={"base": 0.4}, lowest=0, highest=1),
        InputCell(row="walk", values={"base": 0.05}),
        price("price.base", 5, "USD / customer"),
        price("price.1.up_to", 30_000_000, "token"),
        price("price.2.up_to", 45_000_000, "token"),
        price("price.1.rate", 0.004),
        price("price.2.rate", 0.003, **{"=risky": 0.001}),
        InputCell(
            row="price.3.rate",
            unit="USD / 1K token",
            kind="price",
            values={"base": 0.002},
            range=spread("discrete", values=(0.0015, 0.002, 0.003), shares=(0.25, 0.5, 0.25)),
        ),
        InputCell(
            row="price.llm",
            unit="USD / 1K token",
            kind="price",
            values={"base": 0.0031, "low": 0.004},
            range=spread("pert", low=0.002, mode=0.003, high=0.005),
        ),
    )


HEADLINE = (
    Headline(row="revenue", label="Revenue", unit="USD"),
    Headline(row="cost", label="Cost", unit="USD"),
    Headline(row="gross_margin", label="Gross margin", unit="USD"),
    Headline(row="gross_margin", over="revenue", label="Gross margin share", unit="%"),
    Headline(row="customers", label="Customers at the end", unit="customer", total="last"),
    Headline(row="peak", label="=Peak", unit="1", total="none"),
)
COSTS = ("cost.llm", "cost.team", "cost.launch")


def given(cells, case, months):
    found = {cell.row: np.array([float(cell.values.get(case, cell.values["base"]))]) for cell in cells}
    days = np.array([31.0, 28, 31, 30, 31, 30, 31])[: len(months)]
    return {**found, "days_in_month": days, "shock": np.zeros(len(months))}


MOVES = {
    "factor": lambda drawn, value, base: drawn * value / base,
    "difference": lambda drawn, value, base: drawn + value - base,
    "odds": lambda drawn, value, base: share(odds(drawn) * odds(value) / odds(base)),
}
"""How a range moves with the value of a case."""


def odds(part):
    return part / (1 - part)


def share(against):
    return against / (1 + against)


def changed(cells, edits):
    """Give inputs other base values."""
    return tuple(
        replace(cell, values={**cell.values, "base": edits.get(cell.row, cell.values["base"])}) for cell in cells
    )


def small(text, *, months=MONTHS[:2], **values):
    """Return the paper of one formula over single numbers."""
    program = Program(rows=(*(single(name) for name in values), single("result", text)), months=months)
    found = evaluate(program, {name: np.array([float(value)]) for name, value in values.items()})
    return paper_of(program, {"base": found})


def paper_of(program, values):
    """Return the paper of a program without anything around it; its last row is the headline."""
    last = program.rows[-1]
    return Paper(
        name="small",
        title="small",
        currency="USD",
        digest="0" * 64,
        version="0",
        on=date(2026, 11, 22),
        program=program,
        inputs=(),
        cases=tuple(values),
        values=values,
        headline=(Headline(row=last.name, label="Result", unit="1", total="last" if last.by_month else "none"),),
    )


def result_cell(paper):
    return f"D{planned(paper).calc.rows['result']}"


def worlds(program, cells, *, seed=7, count=None, case="base"):
    """Draw worlds as the sheet reckons them."""
    by_row = {cell.row: cell for cell in cells}
    ranged = [cell for cell in cells if cell.range]
    event = Drawn(row="event.price_cut.month", how="event", probability="event.price_cut.probability", first=2, last=6)
    columns = (
        *(Drawn(row=cell.row) for cell in ranged),
        event,
        *(Drawn(row="shock", how="shock", month=month) for month in range(1, len(program.months) + 1)),
    )
    count = count or worlds_that_fit(program, columns, HEADLINE, "gross_margin")
    shares = np.random.default_rng(seed).uniform(0.001, 0.999, (count, len(columns)))
    drawn = dict(given(cells, case, program.months))
    for place, cell in enumerate(ranged):
        parameters = {k: v for k, v in cell.range.parameters.items() if k != "ends"}
        if cell.range.median:
            parameters[cell.range.median] = cell.values["base"]
        found = quantile(Distribution(cell.range.kind, parameters), shares[:, [place]])
        base = cell.values["base"]
        drawn[cell.row] = MOVES[cell.range.moves](found, cell.values.get(case, base), base)
    likely = by_row["event.price_cut.probability"].values["base"]
    u = shares[:, [len(ranged)]]
    drawn[event.row] = np.where(u < likely, event.first + np.floor(u / likely * 5), 0.0)  # one of five months
    drawn["shock"] = quantile(Distribution("normal", {"mean": 0, "sd": 1}), shares[:, len(ranged) + 1 :])
    wanted = [row.name for row in uncertain(program, columns, HEADLINE, "gross_margin")]
    return Draws(columns=columns, shares=shares, values=evaluate(program, drawn, wanted))


def with_ends(cell):
    """Add the column that the words for a discrete range look into."""
    if cell.range is None or "shares" not in cell.range.parameters:
        return cell
    ends = tuple(np.cumsum(cell.range.parameters["shares"]).tolist())
    parameters = {**cell.range.parameters, "ends": ends}
    return replace(cell, range=replace(cell.range, parameters=parameters))


def chat(*, draws=True, edits: Mapping[str, Mapping[str, float]] | None = None, count=None):
    """Return the paper of a chatbot with a plan of three tiers, an event, a random walk and five cases."""
    cells = tuple(
        replace(with_ends(cell), values={**cell.values, **(edits or {}).get(cell.row, {})}) for cell in inputs()
    )
    program = Program(rows=ordered(rows(), {"pro": PRO}), months=MONTHS, ladders={"pro": PRO})
    values = {case: evaluate(program, given(cells, case, MONTHS)) for case in CASES}
    base = values["base"]
    money = {name: float(base[name].sum()) for name in ("revenue", *COSTS, "gross_margin")}
    steps = (
        ("Revenue", money["revenue"]),
        *((name, -money[name]) for name in COSTS),
        ("Gross margin", money["gross_margin"]),
    )
    return Paper(
        name="chat",
        title="=A support chatbot & three tiers",
        currency="USD",
        digest="0123456789abcdef" * 4,
        version="0.5.0",
        on=date(2026, 11, 22),
        seed=7,
        program=program,
        inputs=cells,
        cases=CASES,
        values=values,
        headline=HEADLINE,
        costs=COSTS,
        checks=("check.pays", "check.share"),
        fan="gross_margin",
        draws=worlds(program, cells, count=count) if draws else None,
        bridge=steps,
        tornado=(
            Swing(label="signups", low="700", high="1,150", at_low=21_000, at_high=43_000),
            Swing(label="answer", low="310", high="390", at_low=-9_000, at_high=29_000),
        ),
        tornado_of="gross margin [USD]",
    )
