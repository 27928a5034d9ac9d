"""Allocate: spread what is charged for a whole contract over the parts that caused it, and keep the sum."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.expression import weights
from pertoken.core.lines import Key, Ledger, Lines, Usage, combine, concat
from pertoken.core.meters import leaves
from pertoken.core.money import Values, is_exact

QUANTUM = Decimal("1e-9")
"""Shares of exact money are cut at this; what is left over goes to the largest remainders. [currency]"""

BASIS = "total_tokens"
"""What shares follow where the charge itself counts nothing (fees, minimums, rounding)."""


def allocate(
    ledger: Ledger, usage: Usage, to: Sequence[str], basis: Mapping[tuple[str, str], str] | None = None
) -> Ledger:
    """Spread lines that lack some of the keys `to` over the usage that has them.

    Each such line is taken back by a line of its negative amount and given out again in shares of the usage under it,
    so that no line is edited and every sum stays. Lines without usage under them stay as they are.

    Args:
        ledger: Lines, some at the grain of a contract.
        usage: The usage that was rated.
        to: Keys that the lines should have.
        basis: For (card, charge), the measure whose quantities the shares follow; `total_tokens` if not said.

    Returns:
        The ledger with the allocation's lines added; they carry `origin` = `shared`, all others an empty `origin`.
    """
    known = [name for name in to if name in usage.keys or name in period.GRAINS]
    asked = list(dict.fromkeys((*known, *(name for name in usage.keys if name != "meter"), *period.GRAINS)))
    parts: list[Lines] = [ledger.with_keys(origin="")]
    for pattern, lines in _patterns(ledger, asked):
        there = [name for name, has in zip(asked, pattern, strict=True) if has]
        missing = [name for name in known if name not in there]
        if missing:
            parts += _spread(lines, usage, missing, _shared(there, usage), basis or {})
    return concat(Ledger, parts)


def _shared(there: Sequence[str], usage: Usage) -> list[str]:
    """The keys by which lines and usage meet: those of both, and the finest period that the lines have."""
    grain = period.finest(set(there))
    return [name for name in there if name == grain or (name in usage.keys and name not in period.GRAINS)]


def _patterns(ledger: Ledger, names: Sequence[str]) -> list[tuple[tuple[bool, ...], Ledger]]:
    """Part the lines by which of the keys they have."""
    there = [_there(ledger, name) for name in names]
    code = sum((t.astype(np.int64) << i for i, t in enumerate(there)), np.zeros(len(ledger), dtype=np.int64))
    found = np.unique(code).tolist()
    return [(tuple(bool(c >> i & 1) for i in range(len(names))), ledger.pick(code == c)) for c in found]


def _there(lines: Lines, name: str) -> NDArray[np.bool_]:
    try:
        key = lines.period(name) if name in period.GRAINS else lines.key(name)
    except InputError:
        return np.zeros(len(lines), dtype=bool)
    return np.array([label != "" for label in key.labels] or [False])[key.codes]


def _spread(
    lines: Ledger, usage: Usage, missing: Sequence[str], shared: Sequence[str], basis: Mapping[tuple[str, str], str]
) -> list[Lines]:
    out: list[Lines] = []
    for record in Lines(lines.keys, {}).fold(["card", "charge"]).records():
        card, charge = record["card"], record["charge"]
        some = lines.where(card=card, charge=charge)
        out += _share(some, _weights(usage, basis.get((card, charge), BASIS), shared, missing), shared)
    return out


def _weights(usage: Usage, measure: str, shared: Sequence[str], missing: Sequence[str]) -> Lines:
    """Sum what the shares follow, by the keys shared and those to be added."""
    meter = usage.keys["meter"]
    factor: dict[str, float] = {}
    for name, weight in weights(measure).items():
        for leaf in leaves(name, meter.labels):
            factor[leaf] = factor.get(leaf, 0.0) + float(weight)
    of_line = np.array([factor.get(label, 0.0) for label in meter.labels])[meter.codes]
    used = (of_line > 0) & np.atleast_2d(usage.values["quantity"] > 0).reshape(-1, len(usage)).any(axis=0)
    some = usage.pick(used)
    quantity = some.values["quantity"].astype(np.float64) * of_line[used]
    keys = {name: some.period(name) if name in period.GRAINS else some.keys[name] for name in (*shared, *missing)}
    return Lines(keys, {"weight": quantity}).fold([*shared, *missing])


@dataclass(frozen=True, slots=True, eq=False)
class _Join:
    """Each line with the parts under it: `line[i]` takes part `part[i]`; parts of a line stand together."""

    line: NDArray[np.intp]
    part: NDArray[np.intp]
    starts: NDArray[np.intp]


def _share(lines: Ledger, parts: Lines, on: Sequence[str]) -> list[Lines]:
    join = _join(lines, parts, on)
    if not len(join.line):
        return []
    weight = parts.values["weight"][..., join.part]
    whole = np.add.reduceat(weight, join.starts, axis=-1)
    counts = np.diff(np.append(join.starts, len(join.line)))
    whole = np.repeat(whole, counts, axis=-1)
    share = np.where(whole > 0, weight, 1) / np.where(whole > 0, whole, np.repeat(counts, counts))
    keys = {name: Key(key.codes[join.line], key.labels) for name, key in lines.keys.items()}
    keys |= {name: Key(key.codes[join.part], key.labels) for name, key in parts.keys.items()}
    given = _given(lines.values["amount"], share, join, counts)
    taken = lines.pick(np.unique(join.line))
    back = Ledger(taken.keys, {name: -value for name, value in taken.values.items()})
    quantity = _given(lines.values["quantity"], share, join, counts)
    made = Lines(keys, {"quantity": quantity, "amount": given})
    return [back.with_keys(origin="shared"), made.with_keys(origin="shared")]


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

    >>> [str(x) for x in split(Decimal("0.000000010"), np.array([1 / 3, 1 / 3, 1 / 3]))]
    ['4E-9', '3E-9', '3E-9']
    """
    exact = [amount * Decimal(float(s)) for s in share]
    parts = [x.quantize(QUANTUM, ROUND_FLOOR) for x in exact]
    rest = amount - sum(parts, Decimal(0))
    by_rest = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
    units = int(rest / QUANTUM)
    for i in range(abs(units)):
        parts[by_rest[i % len(parts)]] += QUANTUM if units > 0 else -QUANTUM
    parts[by_rest[0]] += rest - QUANTUM * units
    return parts
