"""Series: rates over time, each holding from its label until the next."""

from pertoken.core.errors import InputError
from pertoken.core.period import EXAMPLES, check

LABELS = ("hour", "day", "month")
"""What a label of a series may be."""


def grain(label: str) -> str:
    """Tell which period a label of a series names.

    Raises:
        InputError: None.

    >>> grain("2026-01-05T09"), grain("2026-01")
    ('hour', 'month')
    """
    for each in LABELS:
        if len(label) == len(EXAMPLES[each]):
            check(label, each)
            return each
    forms = ", ".join(EXAMPLES[each] for each in LABELS)
    msg = f"{label!r} is no hour, day or month; expected one of the forms {forms}"
    raise InputError(msg)
