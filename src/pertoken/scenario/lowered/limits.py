"""Limits: what is missing to a minimum, and what a maximum takes off one charge after the other."""

from pertoken.core.formula import Node
from pertoken.scenario.lowered.arithmetic import ONE, ZERO, beyond, least, minus, most, times
from pertoken.scenario.lowered.windows import due_at_end, so_far
from pertoken.scenario.lowered.work import Work


def minimum_rows(work: Work, index: int) -> None:
    """Write the line that tops up to a minimum."""
    clamp = work.card.clamps[index]
    assert clamp.min is not None  # noqa: S101  see the caller
    what = f"minimum_{index + 1}"
    due, edge = _edge(work, index, "min", what, owed=True)
    charges = list(work.on(clamp.on)) if clamp.on else list(work.invoiced)
    total = so_far(work, what, work.total(charges), clamp.window, clamp.during)
    charge = clamp.on[0] if len(clamp.on) == 1 else "minimum"
    work.add(charge, (), what, times(due, beyond(edge, total)), "minimum")


def maximum_rows(work: Work, index: int) -> None:
    """Write the lines that bring down to a maximum."""
    clamp = work.card.clamps[index]
    assert clamp.max is not None  # noqa: S101  see the caller
    what = f"maximum_{index + 1}"
    due, edge = _edge(work, index, "max", what, owed=False)
    charges = list(work.on(clamp.on)) if clamp.on else list(work.invoiced)
    total = so_far(work, what, work.total(charges), clamp.window, clamp.during)
    rest = work.draft.row(work.draft.named(what, "above"), times(due, least(minus(edge, total), ZERO)), work.currency)
    left: Node = rest
    for charge in charges:
        own = work.total([charge])
        if own == ZERO:
            continue
        there = so_far(work, f"{charge}.{what}", own, clamp.window, clamp.during)
        off = work.add(charge, (), what, most(left, minus(ZERO, most(there, ZERO))), "maximum")
        left = minus(left, off)


def _edge(work: Work, index: int, bound: str, what: str, *, owed: bool) -> tuple[Node, Node]:
    """Say when a limit is due, and what it comes to then."""
    clamp = work.card.clamps[index]
    full = clamp.min if bound == "min" else clamp.max
    assert full is not None  # noqa: S101  see the callers
    prorate = clamp.during.prorate or work.card.during.prorate
    due, share = due_at_end(work, what, clamp.window, clamp.during, prorate, owed=owed)
    money = work.draft.given(("clamps", index, bound), full, work.currency)
    if share == due:
        share = ONE
    return due, work.draft.let(work.draft.named(what, "edge"), work.rounded(times(share, money)), work.currency)
