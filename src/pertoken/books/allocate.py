"""Allocate: spread what is charged for a whole contract over the parts that caused it, and keep the sum."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.lines import Key, Ledger, Lines, combine, concat
from pertoken.core.money import Values, is_exact
from pertoken.rating.part import Part, Taken

QUANTUM = Decimal("1e-9")
"""Shares of exact money are cut at this; what is left over goes to the largest remainders. [currency]"""

UNALLOCATED = "(not allocated)"
"""Label of what no usage lies under, so that it can't be shared out."""


def allocate(parts: Sequence[Part], to: Sequence[str]) -> Ledger:
    """Spread lines that lack some of the keys `to` over the usage that they were made of.

    Each such line is taken back by a line of its negative amount and given out again in shares of that usage, so that
    no line is edited and every sum stays. What has no usage under it stays where it is, labelled `(not allocated)`.

    Args:
        parts: What rating gave.
        to: Keys that the lines should have; those that the usage has too are given to them.

    Returns:
        The ledger with the allocation's lines added; they carry `origin` = `shared`, all others an empty `origin`.
    """
    out: list[Lines] = []
    for part in parts:
        missing = [name for name in to if not _has(part.lines, name) and _has(part.taken.usage, name)]
        unknown = {name: "" if name in period.GRAINS else UNALLOCATED for name in missing}
        plain = part.lines.with_keys(origin="", **unknown)
        out += [plain, *(_spread(part, plain, missing) if missing and len(plain) else ())]
    return concat(Ledger, out)


def _has(lines: Lines, name: str) -> bool:
    finer = period.GRAINS[: period.GRAINS.index(name)] if name in period.GRAINS else ()
    return not {name, *finer}.isdisjoint(lines.keys)


def _spread(part: Part, lines: Lines, missing: Sequence[str]) -> list[Lines]:
    """Give the lines of a part out by the usage behind them."""
    usage = part.taken.usage
    grain = period.finest(set(part.lines.keys))
    shared = [name for name in part.lines.keys if name in usage.keys and name not in period.GRAINS]
    if not set(part.lines.keys.get("meter", usage.keys["meter"]).labels) <= set(usage.keys["meter"].labels):
        shared.remove("meter")
    shared += [grain] if grain is not None else []
    return _share(lines, _weights(part.taken, shared, missing), shared)


def _weights(taken: Taken, shared: Sequence[str], missing: Sequence[str]) -> Lines:
    """Sum what the shares follow, by the keys shared and those to be added."""
    weight = taken.quantity(exact=False).astype(np.float64)
    used = np.asarray((weight > 0).any(axis=tuple(range(weight.ndim - 1))))
    some = taken.usage.pick(used)
    names = (*shared, *missing)
    keys = {name: some.period(name) if name in period.GRAINS else some.keys[name] for name in names}
    return Lines(keys, {"weight": weight[..., used]}).fold(names)


@dataclass(frozen=True, slots=True, eq=False)
class _Join:
    """Each line with the parts under it: `line[i]` takes part `part[i]`; parts of a line stand together."""

    line: NDArray[np.intp]
    part: NDArray[np.intp]
    starts: NDArray[np.intp]


def _share(lines: Lines, parts: Lines, on: Sequence[str]) -> list[Lines]:
    join = _join(lines, parts, on)
    if not len(join.line):
        return []
    weight = parts.values["weight"][..., join.part]
    whole = np.add.reduceat(weight, join.starts, axis=-1)
    counts = np.diff(np.append(join.starts, len(join.line)))
    whole = np.repeat(whole, counts, axis=-1)
    share = np.where(whole > 0, weight, 0) / np.where(whole > 0, whole, 1)
    keys = {name: Key(key.codes[join.line], key.labels) for name, key in lines.keys.items()}
    keys |= {name: Key(key.codes[join.part], key.labels) for name, key in parts.keys.items()}
    given = _given(lines.values["amount"], share, join, counts)
    quantity = _given(lines.values["quantity"], share, join, counts)
    made = Lines(keys, {"quantity": quantity, "amount": given})
    taken = lines.pick(join.line[join.starts])
    back = {name: -np.add.reduceat(value, join.starts, axis=-1) for name, value in made.values.items()}
    return [Lines(taken.keys, back).with_keys(origin="shared"), made.with_keys(origin="shared")]


def _join(lines: Lines, parts: Lines, on: Sequence[str]) -> _Join:
    left = Lines({n: lines.period(n) if n in period.GRAINS else lines.keys[n] for n in on}, {})
    right = Lines({n: parts.keys[n] for n in on}, {})
    both = concat(Lines, [left, right]) if on else None
    code = (
        combine(list(both.keys.values()), len(both))[0] if both else np.zeros(len(lines) + len(parts), dtype=np.int64)
    )
    own, theirs = code[: len(lines)], code[len(lines) :]
    order = np.argsort(theirs, kind="stable")
    low, high = np.searchsorted(theirs[order], own, "left"), np.searchsorted(theirs[order], own, "right")
    counts = high - low
    line = np.repeat(np.arange(len(lines)), counts)
    begins = np.cumsum(counts) - counts
    offset = np.arange(len(line)) - np.repeat(begins, counts)
    part = order[np.repeat(low, counts) + offset]
    return _Join(line, part, begins[counts > 0])


def _given(amount: Values, share: Values, join: _Join, counts: NDArray[np.intp]) -> Values:
    """Give amounts out by share; what cutting leaves over goes to the largest remainders."""
    if not is_exact(amount):
        given: Values = amount[..., join.line] * share
        return given
    share = np.broadcast_to(share, (*amount.shape[:-1], share.shape[-1]))
    out = np.empty(share.shape, dtype=object)
    for world in np.ndindex(amount.shape[:-1]):
        for start, count in zip(join.starts.tolist(), counts.tolist(), strict=True):
            each = (*world, slice(start, start + count))
            out[each] = split(amount[(*world, join.line[start])], share[each])
    return out


def split(amount: Decimal, share: NDArray[Any]) -> list[Decimal]:
    """Split money by shares so that the parts add up to it: largest remainder first.

    Without any share nothing is given out.

    >>> [str(x) for x in split(Decimal("0.000000010"), np.array([1 / 3, 1 / 3, 1 / 3]))]
    ['4E-9', '3E-9', '3E-9']
    """
    if not share.any():
        return [Decimal(0)] * len(share)
    exact = [amount * Decimal(float(s)) for s in share]
    parts = [x.quantize(QUANTUM, ROUND_FLOOR) for x in exact]
    rest = amount - sum(parts, Decimal(0))
    by_rest = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    units = int(rest / QUANTUM)
    for i in range(abs(units)):
        parts[by_rest[i % len(parts)]] += QUANTUM if units > 0 else -QUANTUM
    parts[by_rest[0]] += rest - QUANTUM * units
    return parts
