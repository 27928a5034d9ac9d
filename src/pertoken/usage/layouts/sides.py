"""Are parts counted inside their whole or beside it? What the total adds up to tells, for input and output each."""

from collections.abc import Sequence
from itertools import product

Sides = tuple[bool, bool]
"""Whether the parts of the input, and of the output, are inside their whole."""


def held_inside(whole: int, parts: Sequence[int], total: int, *, likely: bool, more: int = 0) -> Sides | None:
    """Find on which sides parts are inside their whole.

    Args:
        whole: Input and output as they are written.
        parts: Parts of the input, and of the output.
        total: What all adds up to.
        likely: What to take where both ways add up.
        more: What else the total may or may not hold.

    Returns:
        The sides; None if no way adds up.

    >>> held_inside(1050, (800, 20), 1050, likely=False), held_inside(1050, (800, 20), 1070, likely=False)
    ((True, True), (True, False))
    """
    fed, said = parts
    for one, two in product((likely, not likely), repeat=2):
        reached = whole + (0 if one else fed) + (0 if two else said)
        if total in (reached, reached + more):
            return one, two
    return None
