"""Which step a number is on, as nested comparisons: what a binary search is to SQL."""

from collections.abc import Sequence

import ibis

from pertoken.engines.remote.table import Expr


def step(number: Expr, bounds: Sequence[int], results: Sequence[int]) -> Expr:
    """Pick the result of the step that a number is on.

    Args:
        number: A number; its step is how many bounds are not above it.
        bounds: Rising.
        results: One more than bounds.
    """
    if not bounds:
        return ibis.literal(results[0], "int64")
    mid = len(bounds) // 2
    below, above = (step(number, bounds[:mid], results[: mid + 1]), step(number, bounds[mid + 1 :], results[mid + 1 :]))
    return ibis.cases((number < bounds[mid], below), else_=above)
