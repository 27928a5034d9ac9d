"""Grants: what a pool grants in which months, what a unit of it costs, and what is left at the end of each month."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property

import numpy as np

from pertoken.core.expression import condition
from pertoken.core.formula import Name, Node
from pertoken.core.units import Unit, unit
from pertoken.rating.assign import holds
from pertoken.rating.card import MONEY, Pool
from pertoken.rating.draw import grain_of, together
from pertoken.rating.pool import Granted, Grid, granted, held, since, unit_price
from pertoken.scenario.lowered.arithmetic import (
    ONE,
    ZERO,
    before,
    beyond,
    least,
    minus,
    otherwise,
    over,
    plus,
    summed,
    times,
)
from pertoken.scenario.lowered.refusal import refused
from pertoken.scenario.lowered.work import Work


@dataclass(frozen=True, eq=False)
class Course:
    """The grants of a pool to a contract, one after the other.

    Args:
        work: The card at work.
        pool: The pool.
        place: Its place on the card.
    """

    work: Work
    pool: Pool
    place: int

    @cached_property
    def grid(self) -> Grid:
        """Months as pools are drawn by them."""
        return Grid.of(self.work.course.job.contracts, "month")

    @cached_property
    def given(self) -> Granted:
        """The grants."""
        asked = condition(self.pool.where) if self.pool.where else None
        has = holds(asked, self.work.course.labels, self.work.card.bands)
        return granted(self.pool, self.grid, np.array([has]), exact=True)

    @property
    def months(self) -> int:
        """Months of the model."""
        return len(self.work.course.months)

    @cached_property
    def spans(self) -> list[tuple[int, int, Decimal, Decimal]]:
        """First month of each grant, the one after its last, its size and what it costs; as the card has them."""
        found, month = self.given, self.work.course.month
        rows = zip(found.spans.begin, found.over, found.amount, found.worth, found.who, strict=True)
        return [(month(begin), month(end), size, worth) for begin, end, size, worth, who in rows if who]

    @property
    def first(self) -> int:
        """First month of the contract in the model."""
        return next(iter(self.work.course.runs), 0)

    def opens(self) -> list[bool]:
        """Months with which a grant begins; one from before the contract, or the model, begins with it."""
        begins = {max(begin, self.first) for begin, end, *_ in self.spans if end > 0}
        return [month in begins for month in range(self.months)]

    def closes(self) -> list[bool]:
        """Months with which a grant is over."""
        ends = {end - 1 for _, end, *_ in self.spans}
        return [month in ends for month in range(self.months)]

    def there(self) -> list[bool]:
        """Months in which there is a grant, full or empty."""
        return [any(begin <= month < end for begin, end, *_ in self.spans) for month in range(self.months)]

    def goes_on(self) -> list[bool]:
        """Months with which a grant is over and the pool is not, so that something may be carried on."""
        closed = self.work.course.month(self.work.course.job.contracts.holds(held(self.pool))[1][0])
        ends = {end - 1 for _, end, *_ in self.spans if end < closed}
        return [month in ends for month in range(self.months)]

    def paid(self) -> list[Decimal]:
        """How much of a whole grant is paid in each month; what was granted before the model was paid before."""
        began = self.work.course.month(since(self.pool, self.grid.contracts)[0])
        out = [Decimal(0)] * self.months
        for begin, _, size, _ in self.spans:
            if 0 <= max(begin, began) < self.months:
                out[max(begin, began)] = size / self.pool.grant
        return out

    def shares(self) -> list[Decimal]:
        """How much of a whole grant is made in each month."""
        out = [Decimal(0)] * self.months
        for begin, end, size, _ in self.spans:
            if end > 0 and begin < self.months:
                out[max(begin, self.first)] = size / self.pool.grant
        return out


@dataclass(frozen=True, slots=True)
class Balance:
    """A pool in rows.

    Args:
        course: Its grants.
        granted: What is granted in each month. [unit]
        available: What can be drawn in each month. [unit]
        carried: What of it was carried on. [unit]
        cost: Money for one unit. [currency / unit]
        there: 1 in the months in which there is a grant.
    """

    course: Course
    granted: Node
    available: Node
    carried: Node
    cost: Node
    there: Node

    @property
    def pool(self) -> Pool:
        """The pool."""
        return self.course.pool


def named(work: Work, pool: Pool, what: str) -> str:
    """Name a row of a pool."""
    return work.draft.named(pool.name, what)


def unit_of(work: Work, pool: Pool) -> Unit:
    """Unit of what a pool holds."""
    return work.currency if pool.unit == MONEY else unit(pool.unit.removeprefix("x_"))


def open_pool(work: Work, pool: Pool) -> Balance | None:
    """Write what a pool has in each month, before anything is drawn; None where it never grants anything.

    Raises:
        InputError: It is drawn by days or hours, or carries on for longer than a cycle.
    """
    if grain_of([pool]) != "month":
        raise refused(work.card, f"the pool {pool.name} is drawn by the {grain_of([pool])}", "", pool.line)
    if pool.rollover and pool.rollover.periods > 1:
        what = f"the pool {pool.name} carries on for {pool.rollover.periods} cycles"
        raise refused(work.card, what, "say periods: 1", pool.line)
    if pool.outside.block:
        what = f"the pool {pool.name} blocks usage beyond it"
        raise refused(work.card, what, "give what is beyond a price, or a factor under outside", pool.line)
    course = Course(work, pool, work.card.pools.index(pool))
    if not any(course.opens()):
        return None
    grant = work.draft.given(("pools", course.place, "grant"), pool.grant, unit_of(work, pool))
    share = work.marks.numbers(named(work, pool, "grants"), course.shares())
    size = work.draft.row(named(work, pool, "granted"), times(share, grant), unit_of(work, pool))
    carried: Node = ZERO
    if pool.rollover:
        node = plus(before(named(work, pool, "kept")), before(named(work, pool, "still_carried")))
        carried = work.draft.row(named(work, pool, "carried"), node, unit_of(work, pool))
    rest = ZERO if lives_a_month(course) else before(named(work, pool, "rest"))
    whole = work.draft.let(named(work, pool, "available"), plus(size, rest, carried), unit_of(work, pool))
    there = work.marks.flag(named(work, pool, "there"), course.there())
    return Balance(course, size, whole, carried, cost_of(work, course), there)


def lives_a_month(course: Course) -> bool:
    """Tell whether each grant is over with the month in which it is made."""
    return course.opens() == course.closes() == course.there()


def cost_of(work: Work, course: Course) -> Node:
    """Find money for one unit of a grant, by month where it differs."""
    pool, place = course.pool, course.place
    name = named(work, pool, "unit_cost")
    if pool.inside.rate is not None:
        return work.draft.given(("pools", place, "inside", "rate"), pool.inside.rate, work.currency)
    if unit_price(pool) == 1 or (pool.price is None and pool.unit == MONEY and pool.unused == "true_up"):
        return ONE
    grant = work.draft.given(("pools", place, "grant"), pool.grant, unit_of(work, pool))
    if pool.price is not None:
        price = work.draft.given(("pools", place, "price"), pool.price, work.currency)
        return price if price == ZERO else work.draft.row(name, over(price, grant), work.currency, by_month=False)
    paying = [i for i, pay in enumerate(pool.pay) if pay.amount is not None]
    if len(paying) != 1:
        raise refused(work.card, f"the pool {pool.name} is paid in several amounts", "say its price", pool.line)
    amount = pool.pay[paying[0]].amount or Decimal(0)
    if not amount:
        return ZERO
    money = work.draft.given(("pools", place, "pay", paying[0], "amount"), amount, work.currency)
    parts = list(dict.fromkeys((worth / amount, size / pool.grant) for *_, size, worth in course.spans))
    each = [_unit_cost(work, f"{name}_{i}", part, money, grant) for i, part in enumerate(parts, 1)]
    nodes: list[Node] = [ZERO] * course.months
    for begin, end, size, worth in course.spans:
        for month in range(max(begin, 0), min(end, course.months)):
            nodes[month] = each[parts.index((worth / amount, size / pool.grant))]
    return work.draft.let(name, work.marks.chosen(name, nodes), work.currency)


def _unit_cost(work: Work, name: str, part: tuple[Decimal, Decimal], money: Node, grant: Node) -> Node:
    """Write money for one unit of a grant that bears so many payments and is so much of a whole one."""
    count, whole = (work.draft.fixed(f"{name}_{what}", n) for what, n in zip(("payments", "grants"), part, strict=True))
    return work.draft.row(name, over(times(money, count), times(grant, whole)), work.currency, by_month=False)


def close_pool(work: Work, balance: Balance, drawn: Iterable[Node]) -> tuple[Node, Node]:
    """Write what is left of a pool at the end of each month, what is carried on, and what is over.

    Args:
        work: The card at work.
        balance: The pool.
        drawn: What charges draw of it in each month. [unit]

    Returns:
        What is used is worth, and what is lost. [currency]
    """
    course, pool, what = balance.course, balance.pool, unit_of(work, balance.pool)
    used = work.draft.let(named(work, pool, "used"), summed(drawn), what)
    left = work.draft.row(named(work, pool, "left"), minus(balance.available, used), what)
    over_ = work.marks.flag(named(work, pool, "closes"), course.closes())
    if not pool.rollover:
        if not lives_a_month(course):
            work.draft.row(named(work, pool, "rest"), times(left, otherwise(over_)), what)
        lost = work.draft.let(named(work, pool, "over"), times(over_, left), what)
        return times(used, balance.cost), times(lost, balance.cost)
    old = work.draft.row(named(work, pool, "carried_left"), beyond(balance.carried, used), what)
    fresh = work.draft.row(named(work, pool, "fresh_left"), minus(left, old), what)
    kept = _kept(work, balance, fresh)
    if not lives_a_month(course):
        work.draft.row(named(work, pool, "rest"), times(fresh, otherwise(over_)), what)
    work.draft.row(named(work, pool, "still_carried"), times(old, otherwise(over_)), what)
    lost = work.draft.row(named(work, pool, "over"), minus(times(over_, left), kept), what)
    older = minus(balance.carried, old), times(over_, old)
    return _worth(work, balance, used, older[0]), _worth(work, balance, lost, older[1])


def _worth(work: Work, balance: Balance, quantity: Node, carried: Node) -> Node:
    """Say what a quantity is worth: what was carried on at the cost of the grant that it is of."""
    cost, pool = balance.cost, balance.pool
    if not isinstance(cost, Name) or cost.name not in work.draft.rows or not work.draft.rows[cost.name].by_month:
        return times(quantity, cost)
    name = named(work, pool, "carried_cost")
    if name not in work.draft.rows:
        opens = work.marks.flag(named(work, pool, "opens"), balance.course.opens())
        node = plus(times(opens, before(cost.name)), times(otherwise(opens), before(name)))
        work.draft.row(name, node, work.currency)
    return plus(times(minus(quantity, carried), cost), times(carried, Name(name)))


def _kept(work: Work, balance: Balance, fresh: Node) -> Node:
    """Write what is carried on of what is left of a grant when it is over."""
    course, pool, rule = balance.course, balance.pool, balance.pool.rollover
    assert rule is not None  # noqa: S101  see the caller
    place = ("pools", course.place, "rollover")
    share = work.draft.given((*place, "share"), rule.share)
    base: Node = fresh
    if rule.of == "original":
        base = balance.granted
        if not lives_a_month(course):
            opens = work.marks.flag(named(work, pool, "opens"), course.opens())
            size = named(work, pool, "size")
            base = work.draft.row(size, plus(balance.granted, times(otherwise(opens), before(size))))
    most = [] if rule.max is None else [work.draft.given((*place, "max"), rule.max, unit_of(work, pool))]
    keeps = work.marks.flag(named(work, pool, "keeps"), course.goes_on())
    node = times(keeps, least(times(base, share), fresh, *most))
    return work.draft.row(named(work, pool, "kept"), node, unit_of(work, pool))


def in_order(work: Work, pools: Sequence[Pool]) -> list[Pool]:
    """Put pools in the order in which they are drawn.

    Raises:
        InputError: Two share a charge at one priority, so that their order differs by month.
    """
    out: list[Pool] = []
    for group in together(pools):
        ordered = sorted(group, key=lambda pool: pool.priority or 0)
        for i, one in enumerate(ordered):
            for two in ordered[i + 1 :]:
                same = (one.priority or 0) == (two.priority or 0) and set(one.eligible) & set(two.eligible)
                if same and one.during.always and two.during.always:
                    what = f"the pools {one.name} and {two.name} share charges at one priority"
                    raise refused(work.card, what, "give each a priority of its own", one.line)
        out += ordered
    return out


def draw(work: Work, balance: Balance, needs: Mapping[str, Node]) -> dict[str, tuple[Node, Node]]:
    """Write what charges draw of a pool, one after the other.

    Args:
        work: The card at work.
        balance: The pool.
        needs: What each charge needs, in its unit.

    Returns:
        What each draws, in the unit of the pool and in its own.
    """
    pool, rest, out = balance.pool, balance.available, {}
    for charge in [name for name in pool.eligible if name in needs] + ["minimum"] * ("minimum" in needs):
        factor = _factor(work, balance, charge)
        asked = times(needs[charge], factor)
        taken = work.draft.row(work.draft.named(pool.name, charge, "drawn"), least(asked, rest), unit_of(work, pool))
        out[charge] = taken, over(taken, factor)
        rest = minus(rest, taken)
    return out


def _factor(work: Work, balance: Balance, charge: str) -> Node:
    """How much of a pool of money a unit of a charge's money draws."""
    pool, said = balance.pool, balance.pool.inside.times
    path = ("pools", balance.course.place, "inside", "times")
    if said is None:
        return ONE
    if isinstance(said, Decimal):
        return work.draft.given(path, said)
    return work.draft.given((*path, charge), said[charge]) if charge in said else ONE


def factor_outside(work: Work, balances: Sequence[Balance], charge: str) -> Node:
    """Write the factor of what is beyond pools: that of the first which is there."""
    out: Node = ONE
    own = [each for each in balances if charge in each.pool.eligible]
    for balance in sorted(own, key=lambda each: -each.course.place):
        times_ = work.draft.given(("pools", balance.course.place, "outside", "times"), balance.pool.outside.times)
        if balance.there == ONE:
            out = times_
        else:
            out = plus(times(balance.there, times_), times(otherwise(balance.there), out))
    return out


