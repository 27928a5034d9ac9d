"""What a customer is in each period, where the lines of a log say more than one thing of it."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.keys import Key, combine
from pertoken.present.numbers import counted

if TYPE_CHECKING:
    from pertoken.core.lines import Usage


def settled(
    usage: "Usage", names: Sequence[str], grain: str, *, asked: Collection[str] = ()
) -> "tuple[Usage, tuple[str, ...], tuple[str, ...]]":
    """Give each customer one label of a key in each period: on the day of a change, that of most usage.

    Who has two labels in two periods in a row does not change, but is both; such a key says nothing of what a customer
    is, and is left out.

    Args:
        usage: With customers and periods.
        names: Keys that may say what a customer is.
        grain: Of the periods.
        asked: Those that cannot be left out.

    Returns:
        The usage with these keys settled, the keys that say what a customer is, and what was settled, in words.

    Raises:
        InputError: A customer is two things at once, of a key that is asked for.
    """
    found, says = {}, []
    for name in names:
        key, changed, both = _settled(usage, name, grain)
        if both is None:
            found[name] = key
            if changed:
                movers = counted(changed, "customers")
                says.append(f"{movers} changed {name} within a {grain}: that of most usage counts")
        elif name in asked:
            who, when, labels = both
            said = f" and {name} ".join(map(repr, labels))
            raise InputError(
                f"{who} has {name} {said} on {when} and in the {grain} before; expected one at a time, but for the "
                f"{grain} of a change; mend the log, or tell them apart as customers of their own"
            )
    return usage.with_keys(**found), tuple(found), tuple(says)


Both = tuple[str, str, list[str]]
"""A customer, a period, and the labels that stand side by side in it and in the one before."""


def _settled(usage: "Usage", name: str, grain: str) -> tuple[Key, int, Both | None]:
    """The key with one label of a customer in each period, who had two, and the first who has two periods in a row."""
    key, who, when = usage.key(name), usage.key("customer"), usage.period(grain)
    _, line, spell = np.unique(combine([who, when], len(usage))[0], return_index=True, return_inverse=True)
    size = len(key.labels)
    pair, own = np.unique(spell.astype(np.int64) * size + key.codes, return_inverse=True)
    of, what = pair // size, pair % size
    named = np.array([label != "" for label in key.labels], dtype=bool)[what]
    weight = np.where(named, np.bincount(own, np.abs(usage.values["quantity"].astype(float)), len(pair)), -1.0)
    order = np.lexsort((weight, of))
    most = what[order][np.append(np.diff(of[order]) > 0, True)]
    two = np.flatnonzero(np.bincount(of[named], minlength=len(line)) > 1)
    at = line[two]
    row = np.flatnonzero((np.diff(who.codes[at]) == 0) & (np.diff(when.codes[at]) == 1)) + 1
    if not row.size:
        return Key(most[spell].astype(key.codes.dtype), key.labels), len(np.unique(who.codes[at])), None
    labels = [key.labels[code] for code in what[named & (of == two[row[0]])]]
    return key, 0, (who.labels[who.codes[at[row[0]]]], when.labels[when.codes[at[row[0]]]], labels)
