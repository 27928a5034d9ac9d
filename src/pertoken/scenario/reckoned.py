"""Results as rows: the statement from revenue down to cash, and the unit economics as the field defines them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial

from pertoken.core.nodes import Node
from pertoken.rating.card import Card
from pertoken.scenario.draft import Entry, call, minus, name, number, plus, share, since, times
from pertoken.scenario.model import Rated
from pertoken.scenario.owned import busy_rows
from pertoken.scenario.segment import Segment
from pertoken.scenario.spec import CLASSES, MoneyLine, Spec, Switched, Workload

WHERE = "results"


def rated(spec: Spec) -> tuple[Rated, ...]:
    """List the rows that are known once usage is: of GPU-hours, and of money that the cards say."""
    return (*busy_rows(spec), *_money(spec))


def _money(spec: Spec) -> tuple[Rated, ...]:
    out = [Rated(row=f"revenue.{s.name}", side="revenue", segment=s.name) for s in spec.segments if s.plan]
    out += [Rated(row="billed.revenue", side="revenue", amount="billed")] if out else []
    for vendor in spec.vendors:
        for workload in spec.workloads:
            paid = payees(workload, spec)
            if vendor in paid:
                out += [
                    Rated(
                        row=_cost_row(workload, s, vendor if len(paid) > 1 else ""),
                        side="cost",
                        segment=s,
                        workload=workload.name,
                        vendor=vendor,
                    )
                    for s in _who(workload)
                ]
        out.append(Rated(row=f"shared.{vendor}", side="cost", vendor=vendor))
        out.append(Rated(row=f"billed.cost.{vendor}", side="cost", amount="billed", vendor=vendor))
    return tuple(out)


def payees(workload: Workload, spec: Spec) -> tuple[str, ...]:
    """Name the vendors that a workload may cost: its own, and those of vendors and fleets that levers move it to."""
    asked = [workload.vendor or workload.served_on]
    asked += [lever.to["vendor"] for lever in spec.levers if "vendor" in lever.to and _moves(lever, workload)]
    paid = (spec.fleets[each].vendor if each in spec.fleets else each for each in asked if asked[0])
    return tuple(dict.fromkeys(each for each in paid if each in spec.vendors))


def _moves(lever: Switched, workload: Workload) -> bool:
    """Tell whether a lever may take from a workload; one that narrows by other labels may."""
    return lever.where.get("workload", workload.name) == workload.name


def _who(workload: Workload) -> tuple[str, ...]:
    return (() if workload.meters else tuple(workload.each)) or ("",)


def _cost_row(workload: Workload, segment: str = "", vendor: str = "") -> str:
    """Name what a workload costs, of a segment, at one of several vendors."""
    return ".".join(["cost", workload.name, *([segment] if segment else []), *(["at", vendor] if vendor else [])])


def result_rows(spec: Spec) -> Iterator[Entry]:
    """Write the rows of all results."""
    yield from _rated_rows(spec)
    yield from _money_rows(spec)
    yield from _statement(spec)
    if any(segment.plan for segment in spec.segments):
        yield from _economics(spec)


def _rated_rows(spec: Spec) -> Iterator[Entry]:
    money = partial(Entry, unit=spec.currency, section=WHERE, total="sum")
    for each in _money(spec):
        yield money(name=each.row, single=False, label=_said(each, spec))
    segments = [segment for segment in spec.segments if segment.plan]
    for plan in dict.fromkeys(segment.plan for segment in segments):
        own = plus(*(name(f"revenue.{s.name}") for s in segments if s.plan == plan))
        yield money(name=f"revenue.plan.{plan}", said=own, label=f"Revenue of the plan {plan}")
    for workload in spec.workloads:
        yield from _of_workload(workload, spec)
    for vendor in spec.vendors:
        parts = [
            name(_cost_row(w, vendor=vendor if len(payees(w, spec)) > 1 else ""))
            for w in spec.workloads
            if vendor in payees(w, spec)
        ]
        yield money(
            name=f"cost.vendor.{vendor}", said=plus(*parts, name(f"shared.{vendor}")), label=f"Cost of {vendor}"
        )
    for segment in spec.segments:
        parts = [
            name(f"cost.{w.name}.{segment.name}")
            for w in spec.workloads
            if payees(w, spec) and segment.name in w.each and not w.meters
        ]
        if parts:
            yield money(
                name=f"cost.segment.{segment.name}",
                said=plus(*parts),
                label=f"Cost of usage of {segment.label or segment.name}",
            )


def _of_workload(workload: Workload, spec: Spec) -> Iterator[Entry]:
    """Write what a workload costs, over the segments that make it and the vendors that serve it."""
    money = partial(Entry, unit=spec.currency, section=WHERE, total="sum")
    paid, own = payees(workload, spec), workload.label or workload.name
    segments = tuple(workload.each) if not workload.meters else ()
    if len(paid) > 1:
        for segment in _who(workload):
            said = plus(*(name(_cost_row(workload, segment, vendor)) for vendor in paid))
            label = f"Cost of {own}{f' for {segment}' if segment else ''}"
            yield money(name=_cost_row(workload, segment), said=said, label=label)
    if not paid or not segments:
        return
    for vendor in paid if len(paid) > 1 else ():
        said = plus(*(name(_cost_row(workload, segment, vendor)) for segment in segments))
        yield money(name=_cost_row(workload, vendor=vendor), said=said, label=f"Cost of {own} at {vendor}")
    said = plus(*(name(_cost_row(workload, segment)) for segment in segments))
    yield money(name=_cost_row(workload), said=said, label=f"Cost of {own}")


def _said(each: Rated, spec: Spec) -> str:
    if each.side == "revenue":
        own = {segment.name: segment.label or segment.name for segment in spec.segments}
        return f"Revenue of {own[each.segment]}" if each.segment else "Billed to customers"
    if each.amount == "billed":
        return f"Billed by {each.vendor}"
    if not each.workload:
        return f"{each.vendor}: fees, minimums, and what is not used"
    several = each.row.endswith(f".at.{each.vendor}")
    at = f" at {each.vendor}" if several else ""
    return f"Cost of {each.workload}{f' for {each.segment}' if each.segment else ''}{at}"


def _money_rows(spec: Spec) -> Iterator[Entry]:
    for line in spec.lines:
        prefix = "costs" if line.side == "cost" else "income"
        amount: str | Node = line.formula
        flag = f"when.{prefix}.{line.name}"
        about = partial(Entry, section="costs", line=line.line)
        if line.begins or line.ends:
            yield about(name=flag, said=_when(line), unit="1", label=f"{line.label or line.name}, when")
            yield about(
                name=f"amount.{prefix}.{line.name}",
                said=amount,
                unit=spec.currency,
                label=f"{line.label or line.name}, a month",
            )
            amount = times(name(f"amount.{prefix}.{line.name}"), name(flag))
        yield about(
            name=f"{prefix}.{line.name}",
            said=amount,
            unit=spec.currency,
            single=False,
            label=line.label or line.name,
            total="sum",
        )


def _when(line: MoneyLine) -> Node:
    flag: Node = since(line.begins) if line.begins else number(1)
    return minus(flag, since(line.ends)) if line.ends else flag


def _costs(spec: Spec, counts_as: str) -> list[Node]:
    return [name(f"costs.{each.name}") for each in spec.lines if each.side == "cost" and each.counts_as == counts_as]


def _statement(spec: Spec) -> Iterator[Entry]:
    """From revenue to cash: each amount is one sum of what stands above."""
    money = partial(Entry, unit=spec.currency, section=WHERE, total="sum")
    usage = [name(f"revenue.{segment.name}") for segment in spec.segments if segment.plan]
    income = [name(f"income.{each.name}") for each in spec.lines if each.side == "revenue"]
    vendors = [name(f"cost.vendor.{vendor}") for vendor in spec.vendors]
    sums: list[tuple[str, str, Node]] = [
        ("usage_revenue", "Revenue of plans", plus(*usage)),
        ("revenue", "Revenue", plus(name("usage_revenue"), *income)),
        ("serving_cost", "Cost of serving", plus(*vendors)),
        ("cost_of_revenue", "Cost of revenue", plus(name("serving_cost"), *_costs(spec, "cost_of_revenue"))),
        ("gross_margin", "Gross margin", minus(name("revenue"), name("cost_of_revenue"))),
        ("acquisition", "Acquisition", plus(*_costs(spec, "acquisition"))),
        ("contribution", "Contribution", minus(name("gross_margin"), name("acquisition"))),
        ("operating", "Operating costs", plus(*_costs(spec, "operating"))),
        ("one_off", "One-off costs", plus(*_costs(spec, "one_off"))),
        ("operating_result", "Operating result", minus(name("contribution"), name("operating"), name("one_off"))),
        ("total_cost", "Total cost", minus(name("revenue"), name("operating_result"))),
    ]
    for row, label, said in sums:
        yield money(name=row, said=said, label=label, single=False)
    earning = bool(usage or income)
    for row, whole in (("gross_margin_share", "gross_margin"), ("contribution_share", "contribution")) * earning:
        yield Entry(
            name=row,
            said=share(name(whole), name("revenue")),
            unit="1",
            section=WHERE,
            label=f"{'Gross margin' if whole == 'gross_margin' else 'Contribution'} share",
            total="ratio",
        )
    yield from _cash(spec, usage, income)


def _cash(spec: Spec, usage: Sequence[Node], income: Sequence[Node]) -> Iterator[Entry]:
    """What is paid and got, and how it adds up over the months."""
    money = partial(Entry, unit=spec.currency, section=WHERE, total="sum")
    paid = [name(f"billed.cost.{vendor}") for vendor in spec.vendors]
    others = [part for each in CLASSES for part in _costs(spec, each)]
    got = plus(*([name("billed.revenue")] if usage else []), *income)
    yield money(name="cash", said=minus(got, *paid, *others), label="Cash flow", single=False)
    burned = call("max", number(0), minus(number(0), name("cash")))
    yield money(name="burn", said=burned, label="Burn", single=False)
    yield Entry(
        name="cumulative_cash",
        said=plus(call("prev", name("cumulative_cash")), name("cash")),
        unit=spec.currency,
        section=WHERE,
        label="Cash, cumulative",
        total="last",
        single=False,
    )


def pays(card: Card | None) -> bool:
    """Tell whether a plan charges anything at all."""
    if card is None:
        return False
    rates = [n for c in card.prices.values() if c.curve for t in c.curve.tiers for n in (t.rate, t.flat)]
    prices = [pool.price or pool.inside.rate or Decimal(0) for pool in card.pools]
    prices += [pay.amount or Decimal(0) for pool in card.pools for pay in pool.pay]
    return any([*rates, *prices, *(clamp.min or 0 for clamp in card.clamps), *(rate.price for rate in card.rates)])


def _economics(spec: Spec) -> Iterator[Entry]:
    """Unit economics: totals first, the quotient last; see the glossary for each."""
    paying = [s for s in spec.segments if s.plan and pays(spec.plans.get(s.plan))]
    about = partial(Entry, section="economics")
    money = partial(about, unit=f"{spec.currency} / customer")
    everyone, each = name("customers"), {s.name: s.label or s.name for s in spec.segments}
    yield money(
        name="cost_to_serve",
        said=share(name("cost_of_revenue"), everyone),
        total="ratio",
        label="Cost to serve a customer",
    )
    if not paying:
        return
    there = plus(*(name(f"customers.{s.name}") for s in paying))
    start = plus(*(name(f"start.{s.name}") for s in paying))
    yield about(
        name="customers.paying", said=there, opening=start, unit="customer", label="Customers who pay", total="last"
    )
    yield money(
        name="arpu",
        said=share(name("usage_revenue"), name("customers.paying")),
        total="ratio",
        label="Revenue of a customer who pays (ARPU)",
    )
    for s in paying:
        own = share(name(f"revenue.{s.name}"), name(f"customers.{s.name}"))
        some = call(">", name(f"customers.{s.name}"), number(0))
        yield money(
            name=f"arpu.{s.name}", said=call("if", some, own, number(0)), label=f"Revenue of one of {each[s.name]}"
        )
    yield from _kept(paying, spec)
    yield from _lifetime(paying, spec)


def _among(paying: Sequence[Segment], spec: Spec) -> tuple[list[Node], list[Node]]:
    """Moves into paying segments from others, and out of them."""
    own = {s.name for s in paying}
    into: list[Node] = [
        name(f"moved.{s.name}.{to}") for s in spec.segments for to in s.to if s.name not in own and to in own
    ]
    out: list[Node] = [
        name(f"moved.{s.name}.{to}") for s in spec.segments for to in s.to if s.name in own and to not in own
    ]
    return into, out


NOTHING_KEPT = -1e6
"""Logarithm that stands for a month that keeps nothing, so that the year keeps nothing: sheets know no infinity."""


def _kept(paying: Sequence[Segment], spec: Spec) -> Iterator[Entry]:
    """Net and gross revenue retention of a month: what last month's paying customers pay now, by what they paid."""
    own = {s.name for s in paying}
    about = partial(Entry, section="economics", unit="1")
    net: list[Node] = []
    gross: list[Node] = []
    for s in paying:
        fresh = [
            name(f"new.{s.name}"),
            *(name(f"moved.{t.name}.{s.name}") for t in spec.segments if s.name in t.to and t.name not in own),
        ]
        net.append(times(name(f"arpu.{s.name}"), minus(name(f"customers.{s.name}"), *fresh)))
        stayed = minus(
            call("prev", name(f"customers.{s.name}")),
            name(f"churned.{s.name}"),
            *(name(f"moved.{s.name}.{to}") for to in s.to),
        )
        was = call("prev", name(f"arpu.{s.name}"))
        gross.append(times(call("min", was, name(f"arpu.{s.name}")), stayed))
        gross += [times(call("min", was, name(f"arpu.{to}")), name(f"moved.{s.name}.{to}")) for to in s.to if to in own]
    before = call("prev", name("usage_revenue"))
    for row, parts, label in (("nrr", net, "Net"), ("grr", gross, "Gross")):
        kept = call("if", call(">", before, number(0)), share(plus(*parts), before), number(1))
        yield about(name=f"{row}.month", said=kept, label=f"{label} revenue retention of a month")
        logs = name(f"{row}.log")
        some, log = call(">", name(f"{row}.month"), number(0)), call("ln", name(f"{row}.month"))
        log = call("if", some, log, number(NOTHING_KEPT))
        yield about(name=logs.name, said=log, label=f"{label} retention, logarithm")
        year = call("exp", share(times(call("total", logs), 12), minus(name("months"), number(1))))
        yield about(name=row, said=year, label=f"{label} revenue retention of a year")


def _lifetime(paying: Sequence[Segment], spec: Spec) -> Iterator[Entry]:
    """What a customer costs to win, is worth, and when that is paid back."""
    into, out = _among(paying, spec)
    about = partial(Entry, section="economics")
    money = partial(about, unit=f"{spec.currency} / customer")
    won = plus(*(name(f"new.{s.name}") for s in paying), *into)
    lost = plus(*(name(f"churned.{s.name}") for s in paying), *out)
    yield about(name="new.paying", said=won, unit="customer", label="New customers who pay", total="sum")
    yield about(name="churned.paying", said=lost, unit="customer", label="Customers who stop paying", total="sum")
    before = call("prev", name("customers.paying"))
    yield about(
        name="paying.before", said=before, unit="customer", label="Customers who paid the month before", total="sum"
    )
    yield about(
        name="paying_churn",
        said=share(call("total", name("churned.paying")), call("total", name("paying.before"))),
        unit="1",
        label="Share of customers who stop paying a month",
    )
    earned = share(call("total", name("gross_margin")), call("total", name("customers.paying")))
    yield money(name="margin_each", said=earned, label="Gross margin of a customer a month")
    yield money(name="ltv", said=share(name("margin_each"), name("paying_churn")), label="Lifetime value (LTV)")
    if not _costs(spec, "acquisition"):
        return
    cac = share(call("total", name("acquisition")), call("total", name("new.paying")))
    yield money(name="cac", said=cac, label="Cost to win a customer (CAC)")
    yield about(name="ltv_to_cac", said=share(name("ltv"), name("cac")), unit="1", label="LTV to CAC")
    yield about(
        name="payback_months",
        said=share(name("cac"), call("max", number(0), name("margin_each"))),
        unit="1",
        label="Months until CAC is paid back",
    )
