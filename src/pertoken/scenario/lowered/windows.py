"""Windows: money of quarters and years, so far and when they are over."""

from decimal import Decimal

from pertoken.core.formula import Node
from pertoken.rating.during import During, Prorate, Window
from pertoken.scenario.lowered.arithmetic import ONE, before, otherwise, plus, times
from pertoken.scenario.lowered.counts import fresh
from pertoken.scenario.lowered.refusal import refused
from pertoken.scenario.lowered.work import Work


def due_at_end(
    work: Work, name: str, window: Window, during: During, prorate: Prorate | None, *, owed: bool
) -> tuple[Node, Node]:
    """Say in which months a window's money is due, with which the window is over, and what share of it then.

    Args:
        work: The card at work.
        name: Name of what is due, for the names of rows.
        window: The window.
        during: When it holds.
        prorate: How a window that is cut short counts.
        owed: True for what is due of windows alone that are over before the model is.
    """
    course, size = work.course, len(work.course.months)
    if window == "month":
        there = work.marks.holds(work.draft.named(name, "holds"), during)
        return there, there
    if window not in ("quarter", "year"):
        raise refused(work.card, f"{name.replace('_', ' ')} is of each {window}", "say window: month", during.line)
    if not during.always:
        mend = "let it hold always, or say window: month"
        raise refused(work.card, f"{name.replace('_', ' ')} of a {window} holds for a time", mend, during.line)
    closed = course.month(course.job.contracts.holds(during)[1][0])
    over = course.month(course.job.contracts.end[0])
    values = [Decimal(0)] * size
    for each in course.windows(window, during, prorate=prorate, what=name.replace("_", " ")):
        if not owed or min(each.end, closed) <= size:
            values[min(each.end, over, size) - 1] += each.share
    last = course.runs[-1] if course.runs else -1
    if any(value for month, value in enumerate(values) if month > last):
        mend = f"let the contract end with a {window}"
        raise refused(work.card, f"the contract ends inside a {window} of {name.replace('_', ' ')}", mend, during.line)
    flag = work.marks.flag(work.draft.named(name, "due"), [value != 0 for value in values])
    return flag, work.marks.numbers(work.draft.named(name), values)


def so_far(work: Work, name: str, node: Node, window: Window, during: During) -> Node:
    """Add money up within its window."""
    if window == "month":
        return node
    begins = fresh(work, name, window, during, during.line)
    row = work.draft.named(name, "so_far")
    start = before(row) if begins is None else times(otherwise(begins), before(row))
    return work.draft.row(row, plus(start, node), work.currency) if begins != ONE else node
