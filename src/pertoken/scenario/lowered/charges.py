"""Charges: what each price of a card counts, and what it comes to at list price."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from pertoken.core.formula import Call, Name, Node
from pertoken.rating.assign import Claim, leaf_weights
from pertoken.rating.card import Charge, plain
from pertoken.rating.charge import linear
from pertoken.rating.during import During, Window
from pertoken.rating.pool_terms import MONEY, Pool
from pertoken.scenario.lowered.arithmetic import ONE, ZERO, constant, over, summed, times
from pertoken.scenario.lowered.counted_in import unit_of_all
from pertoken.scenario.lowered.counts import Counter, fresh, priced
from pertoken.scenario.lowered.curves import Prices
from pertoken.scenario.lowered.refusal import refused
from pertoken.scenario.lowered.work import Group, Work

ROUGH = {"unique": "counts distinct labels", "max": "takes a greatest sum", "time_weighted": "averages over time"}
"""Ways of counting that need more than months."""


@dataclass(slots=True)
class Charged:
    """What charges count, where pools may cover it.

    Args:
        counters: What each charge counts, group by group.
    """

    counters: dict[str, list[Counter]] = field(default_factory=dict)


def charge_rows(work: Work) -> Charged:
    """Write the charges of a card at list price, in its order; what pools of quantity may cover waits for them."""
    out = Charged()
    for name, charge in work.card.prices.items():
        kind = charge.measure.kind if charge.measure else ""
        if kind in ROUGH:
            raise refused(work.card, f"the charge {name} {ROUGH[kind]}", "count a sum", charge.line)
    for claim in work.course.claims:
        work.invoiced[claim.name] = {}
        work.listed[claim.name] = []
        if claim.charge is None:
            _rates(work, claim)
        elif claim.charge.measure is None:
            _fee(work, claim.name, claim.charge)
        else:
            _counted(work, claim, claim.charge, out)
    return out


def unpriced_rows(work: Work) -> None:
    """Write the cost of what has no price: nothing while it is not used, no number as soon as it is."""
    for flow, months in work.course.unpriced.items():
        group = work.course.group(flow, work.course.every_label)
        flags = [Decimal(month in months) for month in range(len(work.course.months))]
        there = work.marks.numbers(work.name("unpriced", group, "months"), flags)
        used = Call(">", (times(Name(work.course.flows[flow].row), there), ZERO))
        cost = Call("if", (used, Call("/", (ONE, ZERO)), ZERO))
        work.noted("unpriced", group, "amount", cost, "list")


def covering(work: Work, charge: str) -> list[Pool]:
    """List the pools of a quantity that may cover a charge."""
    return [pool for pool in work.card.pools if pool.unit != MONEY and plain(charge) in pool.eligible]


def _counted(work: Work, claim: Claim, charge: Charge, out: Charged) -> None:
    counters = (
        _of_money(work, claim.name, charge)
        if charge.measure and charge.measure.of
        else _of_usage(work, claim, charge, out)
    )
    out.counters[claim.name] = counters
    for counter in counters:
        amount = work.draft.let(
            work.name(claim.name, counter.group, "amount"), priced(work, counter, counter.quantity), work.currency
        )
        if amount != ZERO:
            work.listed[claim.name].append(
                work.add(claim.name, counter.group, "invoiced", work.rounded(amount), "list")
            )


def _of_usage(work: Work, claim: Claim, charge: Charge, out: Charged) -> list[Counter]:
    measure = charge.measure
    assert measure is not None  # noqa: S101  see the caller
    path = ("prices", claim.name)
    alone = linear(charge) is not None or bool(charge.curve and charge.curve.series) or charge.curve is None
    names = (*measure.by, *work.asked(claim.name)) if alone else measure.by
    names = work.course.every_label if alone and work.card.rounding is None else names
    goes_on = charge.during.counter == "carry" and "@" in claim.name
    during = During() if goes_on else charge.during
    begins = None if alone else fresh(work, claim.name, measure.window, during, charge.line)
    if measure.window == "request" and charge.convert.whole:
        raise refused(work.card, f"the charge {claim.name} converts each request", "say window: month", charge.line)
    there = work.marks.holds(work.draft.named(claim.name, "holds"), charge.during)
    groups = _grouped(work, claim, names)
    if not groups and not measure.by and charge.curve and charge.curve.flat_on_zero:
        groups = {(): []}
    earlier = _earlier(claim, out) if goes_on and begins is not None else {}
    return [
        Counter(
            name=claim.name,
            charge=charge,
            path=path,
            group=group,
            quantity=_quantity(work, claim.name, group, flows, ONE if charge.during.always else there),
            select=_select(work, charge, claim.name, group),
            fresh=begins,
            earlier=earlier.get(group, ()),
            there=there,
            unit=unit_of_all(work.course.flows[flow].labels["meter"] for flow, _ in flows),
        )
        for group, flows in sorted(groups.items())
    ]


def _grouped(work: Work, claim: Claim, names: Sequence[str]) -> dict[Group, list[tuple[int, Decimal]]]:
    out: dict[Group, list[tuple[int, Decimal]]] = {}
    for flow, weight in work.course.taken(claim):
        out.setdefault(work.course.group(flow, names), []).append((flow, weight))
    return out


def _quantity(work: Work, name: str, group: Group, flows: Sequence[tuple[int, Decimal]], there: Node) -> Node:
    parts = []
    for flow, weight in flows:
        factor = work.draft.fixed(work.draft.common("prices", name, f"weight_{weight.normalize():f}"), weight)
        parts.append(times(factor, Name(work.course.flows[flow].row)))
    if not parts:
        return ZERO
    unit = unit_of_all(work.course.flows[flow].labels["meter"] for flow, _ in flows)
    return work.draft.row(work.name(name, group, "quantity"), times(there, summed(parts)), unit, says="what is counted")


def _select(work: Work, charge: Charge, name: str, group: Group) -> Node | None:
    """Count what picks the tier, of all usage that the card is for."""
    if charge.curve is None or not charge.curve.select:
        return None
    names = [key for key, _ in group]
    weights = leaf_weights(charge.curve.select, {flow.labels["meter"] for flow in work.course.flows})
    parts = [
        (flow, weights[each.labels["meter"]])
        for flow, each in enumerate(work.course.flows)
        if each.labels["meter"] in weights and work.course.group(flow, names) == group
    ]
    nodes = [
        times(
            work.draft.fixed(work.draft.common("prices", name, f"weight_{weight.normalize():f}"), weight),
            Name(work.course.flows[i].row),
        )
        for i, weight in parts
    ]
    return work.draft.let(work.name(name, group, "selects"), summed(nodes))


def _earlier(claim: Claim, out: Charged) -> dict[Group, tuple[Node, ...]]:
    """What earlier phases of a charge count in each month."""
    found: dict[Group, tuple[Node, ...]] = {}
    for name, counters in out.counters.items():
        for each in counters if plain(name) == plain(claim.name) else ():
            found[each.group] = (*found.get(each.group, ()), each.quantity)
    return found


def _of_money(work: Work, name: str, charge: Charge) -> list[Counter]:
    """Count the money of charges before it, at list price."""
    measure = charge.measure
    assert measure is not None  # noqa: S101  see the caller
    if not charge.during.always:
        raise refused(work.card, f"the charge {name} on money holds for a time", "let it hold always", charge.line)
    nodes = [node for of in measure.of for each, rows in work.listed.items() if plain(each) == of for node in rows]
    quantity = work.draft.let(work.name(name, (), "quantity"), summed(nodes), work.currency)
    begins = fresh(work, name, measure.window, charge.during, charge.line)
    return [
        Counter(
            name=name,
            charge=charge,
            path=("prices", name),
            group=(),
            quantity=quantity,
            fresh=begins,
            there=work.marks.runs(),
            unit=work.currency,
        )
    ]


def _rates(work: Work, claim: Claim) -> None:
    """Price flows by the table of rates: each by the rate that holds for it, month by month."""
    names: Sequence[str] = ("model", "meter", *work.asked(claim.name))
    names = work.course.every_label if work.card.rounding is None else names
    for group, flows in sorted(_grouped(work, claim, names).items()):
        parts = []
        for flow, _ in flows:
            name = work.name(claim.name, (*group, ("flow", str(flow + 1))) if len(flows) > 1 else group, "amount")
            amount = times(Name(work.course.flows[flow].row), _rate(work, claim, flow, name))
            parts.append(amount if len(flows) == 1 else work.draft.row(name, amount, work.currency))
        if parts:
            amount = work.rounded(summed(parts))
            work.listed[claim.name].append(work.add(claim.name, group, "invoiced", amount, "list"))


def _rate(work: Work, claim: Claim, flow: int, name: str) -> Node:
    """The price of one unit of a flow, by month where it changes."""
    nodes: list[Node] = [ZERO] * len(work.course.months)
    for month, rate in zip(work.course.runs, work.course.rates(claim, flow), strict=True):
        assert rate is not None  # noqa: S101  what has no rate is refused before
        path = ("rates", work.card.rates.index(rate))
        price = work.draft.given((*path, "price"), rate.price, work.currency)
        nodes[month] = over(price, constant(rate.per))
    if len({node for node in nodes if node != ZERO}) <= 1:
        return next((node for node in nodes if node != ZERO), ZERO)
    return work.marks.chosen(f"{name}_price", nodes)


def _fee(work: Work, name: str, charge: Charge) -> None:
    """Write a fee: its price once for each period that begins."""
    assert charge.curve is not None  # noqa: S101  the door asks for it
    during = charge.during
    grain: Window = during.every or "month"
    one = Prices(work.draft, charge.curve, ("prices", name, "curve"), name, work.currency).of(ONE)
    amount = times(due(work, name, charge), one)
    if grain in ("day", "hour"):
        amount = times(Name(f"{grain}s_in_month"), amount)
    if amount != ZERO:
        work.listed[name].append(work.add(name, (), "invoiced", work.rounded(amount), "list"))


def due(work: Work, name: str, charge: Charge) -> Node:
    """Say how many periods of a fee begin in each month; less where one is cut short."""
    during, course = charge.during, work.course
    grain: Window = during.every or "month"
    if grain in ("month", "day", "hour"):
        return work.marks.holds(work.draft.named(name, "holds"), during)
    prorate = during.prorate or work.card.during.prorate
    found = course.job.contracts.windows(grain, during, prorate=prorate, what=f"the fee {name}")
    opened = course.month(course.job.contracts.holds(during)[0][0])
    values = [Decimal(0)] * len(course.months)
    for each in course.stretches(found):
        begin = max(each.begin, opened)
        if begin >= 0:
            values[begin] += each.share
    return work.marks.numbers(work.draft.named(name), values)
