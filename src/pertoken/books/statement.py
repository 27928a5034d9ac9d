"""The statement: what was earned, what it cost and what is left, by any keys; ratios are taken last."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.books.allocate import UNALLOCATED
from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.lines import Key, Ledger, Lines, Usage, concat
from pertoken.core.meters import leaves
from pertoken.core.money import Values, is_exact, zeros
from pertoken.rating.rate import amount


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """Profit and loss by some keys.

    Args:
        lines: One line for each combination; values `requests`, `tokens`, where rated `revenue`, `cost`, and one
            value for each cost meter under its own name, `reported` where the log says what it cost, and `estimated`
            where some rates are unsure: what of the cost, at list prices, rests on them. [request, token, currency]
        by: Keys of the lines.
        cost_meters: Meters that cost something, the dearest first.
        sides: Which of `revenue` and `cost` were rated.
        currency: ISO 4217 code.
        kind: Which amount is shown: list, contracted, effective or billed.
    """

    lines: Lines
    by: tuple[str, ...]
    cost_meters: tuple[str, ...]
    sides: tuple[str, ...]
    currency: str
    kind: str

    def total(self, name: str) -> Any:  # noqa: ANN401  a number, or one for each world
        """Sum a value over all lines, over the last axis only."""
        return self.lines.values[name].sum(axis=-1)

    @property
    def both(self) -> bool:
        """Whether revenue and cost were rated, so that there is a margin."""
        return set(self.sides) == {"revenue", "cost"}

    @property
    def margin(self) -> Values:
        """Revenue less cost of each line."""
        return self.lines.values["revenue"] - self.lines.values["cost"]

    def pick(self, index: NDArray[np.intp]) -> "Statement":
        """Keep some of the lines, in the order given."""
        return replace(self, lines=self.lines.pick(index))

    def fold(self, by: Sequence[str]) -> "Statement":
        """The same statement by fewer keys."""
        return replace(self, lines=self.lines.fold(by), by=tuple(by))


def statement(
    usage: Usage,
    ledgers: Mapping[str, Ledger],
    by: Sequence[str],
    *,
    currency: str = "USD",
    kind: str = "effective",
    reported: Lines | None = None,
    estimated: Lines | None = None,
) -> Statement:
    """Fold usage and ledgers to a statement.

    Args:
        usage: What was rated.
        ledgers: `cost`, `revenue` or both, with lines that have the keys `by` (see `allocate`).
        by: Keys to report by; periods may be coarser than those of the usage.
        currency: ISO 4217 code of both ledgers.
        kind: Amount to show: list, contracted, effective or billed.
        reported: What the log itself says that it cost, in the same currency; stands beside as `reported`.
        estimated: Lines of the cost whose rates are unsure (see `unsure`); None if all are sure.

    Raises:
        InputError: A key that the usage doesn't have.
    """
    parts = [_counts(usage, by)]
    said = {} if reported is None else {REPORTED: reported.values["amount"]}
    parts += [] if reported is None else [_sums(reported, by, said)]
    meters: dict[str, Values] = {}
    for side, ledger in ledgers.items():
        lines = amount(ledger, kind)
        parts.append(_sums(lines, by, {side: lines.values["amount"]}))
        if side == "cost":
            meters = _by_meter(lines, by, parts)
    if estimated is not None:
        parts.append(_sums(estimated, by, {"estimated": estimated.values["amount"]}))
    exact = any(is_exact(v) for part in parts for v in part.values.values())
    beside = ["estimated"] if estimated is not None else []
    names = ["requests", "tokens", *ledgers, *said, *meters, *beside]
    whole = without_remains(concat(Lines, [_widened(part, names, exact=exact) for part in parts]).fold(by))
    dearest = sorted(meters, key=lambda m: float(np.mean(meters[m])), reverse=True)
    return Statement(whole, tuple(by), tuple(dearest), tuple(ledgers), currency, kind)


def without_remains(lines: Lines) -> Lines:
    """Drop the lines that lack a key and hold nothing, since all of them was shared out."""
    lacking = np.zeros(len(lines), dtype=bool)
    for key in lines.keys.values():
        lacking |= np.array([label in ("", UNALLOCATED) for label in key.labels] or [False])[key.codes]
    held = np.zeros(len(lines), dtype=bool)
    for value in lines.values.values():
        held |= (np.abs(value) > DUST).reshape(-1, value.shape[-1]).any(axis=0)
    return lines.pick(held | ~lacking)


DUST = 1e-9
"""What sharing out may leave in floats. [currency]"""


REPORTED = "reported"
"""Value that says what the log itself reports. [currency]"""

FEES = {"requests": "request_fees"}
"""What money for a meter is called where the meter's own name is taken by the count of it."""


def _counts(usage: Usage, by: Sequence[str]) -> Lines:
    meter, quantity = usage.keys["meter"], usage.values["quantity"]
    tokens = set(leaves("total_tokens", meter.labels))
    is_token = np.array([label in tokens for label in meter.labels] or [False])[meter.codes]
    is_request = np.array([label == "requests" for label in meter.labels] or [False])[meter.codes]
    return _sums(usage, by, {"requests": quantity * is_request, "tokens": quantity * is_token})


def _sums(lines: Lines, by: Sequence[str], values: Mapping[str, Values]) -> Lines:
    return Lines({name: _key(lines, name) for name in by}, values).fold(by)


def _key(lines: Lines, name: str) -> Key:
    if name in period.GRAINS:
        return lines.period(name)
    if name not in lines.keys and isinstance(lines, Ledger):
        return Key.constant("", len(lines))
    return lines.key(name)


def _by_meter(lines: Lines, by: Sequence[str], parts: list[Lines]) -> dict[str, Values]:
    """Add a part for each meter that costs something; return what each costs in all."""
    key = lines.keys["meter"] if "meter" in lines.keys else Key.constant("", len(lines))
    totals: dict[str, Values] = {}
    for code, label in enumerate(key.labels):
        some = lines.pick(key.codes == code)
        if len(some):
            name = FEES.get(label, label) or "other"
            parts.append(_sums(some, by, {name: some.values["amount"]}))
            totals[name] = some.values["amount"].sum(axis=-1)
    return totals


def _widened(lines: Lines, names: Sequence[str], *, exact: bool) -> Lines:
    """Give a part all columns, zero where it says nothing."""
    shape = next(iter(lines.values.values())).shape
    counted = ("requests", "tokens")
    out = {}
    for name in names:
        if name in lines.values:
            out[name] = lines.values[name]
        else:
            out[name] = np.zeros(shape, dtype=np.int64) if name in counted else zeros(shape, exact=exact)
    return Lines(lines.keys, out)


@dataclass(frozen=True, slots=True)
class UnitEconomics:
    """Money for one of something; one number, or one for each world, shape `(draw,)`.

    Args:
        name: What one is (`request`, `1M tokens`, `customer`).
        count: How many there were, in that unit.
        revenue: Revenue for one; None if not rated. [currency]
        cost: Cost of one; None if not rated. [currency]
    """

    name: str
    count: Any
    revenue: Any
    cost: Any

    @property
    def margin(self) -> Any:  # noqa: ANN401  a number, or one for each world
        """Revenue less cost for one; None if either was not rated."""
        return None if self.revenue is None or self.cost is None else self.revenue - self.cost


def unit_economics(whole: Statement) -> list[UnitEconomics]:
    """Divide the totals of a statement by what there was of each unit: totals first, the quotient last, world by world.

    A world without any of a unit has NaN for one of it.
    """
    requests, tokens = (_number(whole.total(name)) for name in ("requests", "tokens"))
    units = [("request", requests), ("1M tokens", tokens / 1_000_000)]
    if "customer" in whole.by:
        units.append(("customer", Decimal(len(_known(whole.fold(["customer"]), "customer").lines))))
    each = {side: _number(whole.total(side)) for side in whole.sides}
    return [
        UnitEconomics(name, count, *(_ratio(each[s], count) if s in each else None for s in ("revenue", "cost")))
        for name, count in units
        if np.any(count)
    ]


def _number(total: Any) -> Any:  # noqa: ANN401  a number, or one for each world
    """Write a total exactly, or as floats where there is one for each world."""
    return np.asarray(total, dtype=np.float64) if np.ndim(total) else Decimal(str(total))


def _ratio(money: Any, count: Any) -> Any:  # noqa: ANN401  a number, or one for each world
    """Divide world by world; NaN where there is nothing to divide by."""
    if not np.ndim(money) and not np.ndim(count):
        return money / count
    over, under = np.broadcast_arrays(np.asarray(money, dtype=np.float64), np.asarray(count, dtype=np.float64))
    return np.divide(over, under, out=np.full(over.shape, np.nan), where=under > 0)


def by_margin(whole: Statement, key: str = "customer") -> Statement:
    """The statement by one key, the worst margin first.

    Raises:
        InputError: Revenue and cost are both needed.
    """
    if not whole.both:
        msg = "margins need revenue and cost; give cards for both sides"
        raise InputError(msg)
    folded = _known(whole.fold([key]), key)
    return folded.pick(np.argsort(folded.margin.astype(np.float64), kind="stable"))


def _known(whole: Statement, key: str) -> Statement:
    """Leave out what names nobody, or could not be allocated."""
    found = whole.lines.key(key)
    return whole.pick(
        np.flatnonzero(np.array([x not in ("", UNALLOCATED) for x in found.labels] or [False])[found.codes])
    )
