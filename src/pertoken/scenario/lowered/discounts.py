"""Discounts: money off, or on, reckoned on what each line of the invoice comes to before it."""

from dataclasses import replace

from pertoken.core.formula import Node
from pertoken.rating.card import Adjust, Charge, plain
from pertoken.scenario.lowered.arithmetic import (
    ONE,
    ZERO,
    before,
    constant,
    minus,
    most,
    otherwise,
    over,
    plus,
    times,
)
from pertoken.scenario.lowered.counts import fresh
from pertoken.scenario.lowered.curves import Prices
from pertoken.scenario.lowered.refusal import refused
from pertoken.scenario.lowered.windows import due_at_end, so_far
from pertoken.scenario.lowered.work import Work


def discount_rows(work: Work, index: int) -> None:
    """Write one discount of a card."""
    adjust = work.card.adjust[index]
    what = f"discount_{index + 1}"
    if adjust.amount is not None:
        _amount(work, index, adjust, what)
    elif adjust.curve is not None:
        _spent(work, index, adjust, what)
    else:
        _share(work, index, adjust, what)


def _share(work: Work, index: int, adjust: Adjust, what: str) -> None:
    """Take a share off each line."""
    there = _there(work, adjust, what)
    if adjust.percent is not None:
        factor = over(work.draft.given(("adjust", index, "percent"), adjust.percent), constant(100))
    else:
        assert adjust.times is not None  # noqa: S101  one of the two, see the caller
        factor = minus(work.draft.given(("adjust", index, "times"), adjust.times), ONE)
    for charge in work.on(adjust.on):
        for group, nodes in list(work.invoiced[charge].items()):
            if nodes and work.matches(adjust, group):
                whole = plus(*nodes) if len(nodes) == 1 else work.draft.clean(plus(*nodes))
                off = work.rounded(times(there, factor, whole))
                work.add(charge, group, what, off, "discount")


def _there(work: Work, adjust: Adjust, what: str) -> Node:
    if adjust.during.always:
        return ONE
    long = any(clamp.window in ("quarter", "year") for clamp in work.card.clamps if clamp.min is not None)
    if long and any(each.stage == "minimum" for each in work.money):
        mend = "let it hold always, or the minimum be of a month"
        raise refused(work.card, "a discount for a time beside a minimum of a longer window", mend, adjust.line)
    return work.marks.holds(work.draft.named(what, "holds"), adjust.during)


def _amount(work: Work, index: int, adjust: Adjust, what: str) -> None:
    """Take an amount off one charge after the other, never more than there is; or add it to the first."""
    assert adjust.amount is not None  # noqa: S101  see the caller
    prorate = adjust.during.prorate or work.card.during.prorate
    _, due = due_at_end(work, what, adjust.window, adjust.during, prorate, owed=True)
    amount = work.draft.given(("adjust", index, "amount"), adjust.amount, work.currency)
    rest = work.draft.row(work.draft.named(what, "amount"), work.rounded(times(due, amount)), work.currency)
    left: Node = rest
    for charge in list(work.on(adjust.on)):
        groups = [group for group in work.invoiced[charge] if work.matches(adjust, group)]
        if adjust.where and not groups:
            continue
        if adjust.amount > 0:
            work.add(charge, (), what, left, "discount")
            return
        there = so_far(work, f"{charge}.{what}", work.total([charge], adjust), adjust.window, adjust.during)
        off = work.add(charge, (), what, most(left, minus(ZERO, most(there, ZERO))), "discount")
        left = minus(left, off)


def _spent(work: Work, index: int, adjust: Adjust, what: str) -> None:
    """Make of money what a curve of it says: each charge bears the difference that it makes."""
    measure, curve = adjust.measure, adjust.curve
    assert measure is not None and curve is not None  # noqa: S101, PT018  see the caller
    charge = Charge(measure=measure, curve=curve, line=adjust.line)
    there = _there(work, adjust, what)
    begins = fresh(work, what, measure.window, replace(charge.during), adjust.line)
    prices = Prices(work.draft, curve, ("adjust", index, "curve"), what, work.currency, work.currency)
    start: Node = ZERO
    last = work.draft.named(what, "spent")
    if begins is not None:
        start = work.draft.row(f"{last}_before", times(otherwise(begins), before(last)), work.currency)
    reached, paid = start, times(prices.of(start, at="before"), otherwise(begins) if begins is not None else ZERO)
    paid = work.draft.let(f"{last}_paid", paid, work.currency)
    for name in measure.of:
        own = [each for each in work.invoiced if plain(each) == name]
        money = times(there, work.total(own, adjust))
        if money == ZERO:
            continue
        money = work.draft.let(work.draft.named(name, what, "of"), money, work.currency)
        reached = work.draft.row(work.draft.named(name, what, "reached"), plus(reached, money), work.currency)
        now = work.draft.let(work.draft.named(name, what, "paid"), prices.of(reached, at=name), work.currency)
        work.add(own[0], (), what, work.rounded(work.draft.clean(minus(minus(now, paid), money))), "discount")
        paid = now
    if begins is not None:
        work.draft.row(last, reached, work.currency)
