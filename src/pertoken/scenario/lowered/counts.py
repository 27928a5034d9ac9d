"""Counts: what a charge counts each month, and what the cumulative price makes of it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from pertoken.core.formula import Call, Name, Node
from pertoken.core.units import ONE as PLAIN
from pertoken.core.units import Unit, made
from pertoken.rating.card import Charge, Convert, Count
from pertoken.rating.during import During, Window
from pertoken.scenario.lowered.arithmetic import ONE, ZERO, before, beyond, minus, otherwise, over, plus, times
from pertoken.scenario.lowered.curves import Prices
from pertoken.scenario.lowered.draft import Path
from pertoken.scenario.lowered.refusal import refused
from pertoken.scenario.lowered.work import Group, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """What a charge counts of one group of flows.

    Args:
        name: Name of the charge.
        charge: The charge.
        path: Where it stands in the card.
        group: Labels that it keeps apart.
        quantity: What is counted in each month. [unit of the meters]
        select: What picks the tier instead; None for the quantity itself.
        fresh: 1 in the months in which counting begins again; None where that is each month.
        earlier: What earlier phases of the charge count in each month, where it goes on from there.
        there: 1 in the months in which the charge holds.
        unit: Unit of what is counted.
    """

    name: str
    charge: Charge
    path: Path
    group: Group
    quantity: Node
    select: Node | None = None
    fresh: Node | None = None
    earlier: tuple[Node, ...] = ()
    there: Node = ONE
    unit: Unit = PLAIN

    @property
    def priced_in(self) -> Unit:
        """Unit of what is priced."""
        if self.unit == PLAIN:
            return PLAIN
        how = self.charge.convert
        return made(dict(self.unit.powers), self.unit.scale * Fraction(how.per) / Fraction(how.times))


def fresh(work: Work, name: str, window: Count, during: During, line: int) -> Node | None:
    """Mark the months in which a count begins again; None where that is each month."""
    if window == "month":
        return None
    runs = [month for month, on in enumerate(work.course.holds(during)) if on and month in work.course.runs]
    if window in ("request", "hour", "day"):
        what = f"the charge {name} counts by the {window}"
        raise refused(work.card, what, "say window: month", line)
    if not runs:
        return ONE
    begins = {runs[0]}
    if window != "term":
        grain: Window = "quarter" if window == "quarter" else "year"
        found = work.course.windows(grain, replace(during, prorate="none"), prorate="none", what="a window")
        begins = {max(each.begin, runs[0]) for each in found}
    on = [month in begins for month in range(len(work.course.months))]
    return work.marks.flag(work.draft.named(name, "begins"), on)


def converted(work: Work, path: Path, how: Convert, quantity: Node) -> Node:
    """Turn counted units into priced ones: factor, free units, packages."""
    per = work.draft.given((*path, "convert", "per"), how.per)
    factor = work.draft.given((*path, "convert", "times"), how.times)
    free = work.draft.given((*path, "convert", "free"), how.free)
    counted, late = times(quantity, factor), bool(how.round) and not how.free_first
    if free != ZERO and not late:
        counted = beyond(counted, times(free, per))  # before the division, which leaves dust
    node = over(counted, per)
    if how.round:
        node = _packages(work, path, how, node)
    return work.draft.clean(beyond(node, free)) if free != ZERO and late else node


def _packages(work: Work, path: Path, how: Convert, node: Node) -> Node:
    places = work.draft.fixed(work.draft.common(*map(str, path), "convert", "precision"), Decimal(how.precision))
    if how.round == "half_up":
        return Call("round", (node, places))
    size = (
        ONE
        if not how.precision
        else work.draft.fixed(work.draft.common(*map(str, path), "convert", "packages"), Decimal(10) ** how.precision)
    )
    whole = Call("round_up" if how.round == "up" else "round_down", (times(node, size),))
    return over(whole, size)


def priced(work: Work, counter: Counter, quantity: Node, at: str = "") -> Node:
    """Charge what is counted in each month: what the cumulative price rises by.

    Args:
        work: The card at work.
        counter: What is counted.
        quantity: What is charged of it.
        at: Which of its quantities that is, for the names of rows.
    """
    if counter.charge.curve is None or (quantity == ZERO and not counter.charge.curve.flat_on_zero):
        return ZERO
    if counter.fresh is None:
        return _flagged(counter, _point(work, counter, quantity, at, counter.select))
    if counter.charge.curve.flat_on_zero:
        began: Node = otherwise(counter.fresh)
    else:
        began = ONE
    counted, start = _so_far(work, counter, quantity, at, "counted", counter.earlier)
    select, select_start = None, None
    if counter.select is not None:
        select, select_start = _so_far(work, counter, counter.select, at, "picked", ())
    full = _point(work, counter, counted, f"{at}full", select)
    less = _point(work, counter, start, f"{at}before", select_start)
    return _flagged(counter, work.draft.clean(minus(full, times(began, less))))


def _flagged(counter: Counter, node: Node) -> Node:
    assert counter.charge.curve is not None  # noqa: S101  see the caller
    return times(counter.there, node) if counter.charge.curve.flat_on_zero else node


def _so_far(  # noqa: PLR0917  what meets here
    work: Work, counter: Counter, quantity: Node, at: str, what: str, earlier: Sequence[Node]
) -> tuple[Node, Node]:
    """Count on within the window: with this month, and before it."""
    assert counter.fresh is not None  # noqa: S101  see the caller
    name = work.name(counter.name, counter.group, f"{at}{what}")
    start = plus(times(otherwise(counter.fresh), before(name)), *earlier)
    if start == ZERO:
        return quantity, ZERO
    row = work.draft.row(f"{name}_before", start, counter.unit, says="counted before in the window", sums=False)
    return work.draft.row(name, plus(row, quantity), counter.unit, says="counted in the window", sums=False), row


def _point(work: Work, counter: Counter, quantity: Node, at: str, select: Node | None) -> Node:
    units = converted(work, counter.path, counter.charge.convert, quantity)
    units = work.draft.let(work.name(counter.name, counter.group, f"{at}priced"), units, counter.priced_in)
    curve = counter.charge.curve
    assert curve is not None  # noqa: S101  see the callers
    path = (*counter.path, "curve")
    if curve.series:
        return times(units, _in_series(work, curve.series))
    prices = Prices(work.draft, curve, path, counter.name, work.currency, counter.priced_in)
    point = (work.said(counter.group), at)
    return prices.of(units, at=".".join(each for each in point if each), select=select)


def _in_series(work: Work, series: str) -> Node:
    """Hold the rate of a series in each month: the last that had begun."""
    name = work.draft.named("series", series)
    if name in work.draft.rows:
        return Name(name)
    labels = sorted(work.card.series[series])
    found = []
    for month in work.course.months:
        begun = [label for label in labels if label[:7] < month or label in (month, f"{month}-01", f"{month}-01T00")]
        inside = [label for label in labels if label[:7] == month and label not in begun]
        if inside:
            what = f"the series {series} has another rate from {inside[0]} on, inside a month"
            raise refused(work.card, what, "give it a rate for each month")
        found.append(begun[-1] if begun else "")
    if "" in [found[month] for month in work.course.runs]:
        what = f"the series {series} begins with {labels[0]}, after the contract"
        raise refused(work.card, what, "let it begin with the contract")
    every = work.card.series[series]
    rates = [work.draft.given(("series", series, label), every[label]) if label else ZERO for label in found]
    return work.marks.chosen(name, rates)
