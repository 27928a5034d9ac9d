"""Bill: a quantity, or a dated list of quantities, under one card; the shortest way from a contract to its money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np

from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.expression import weights
from pertoken.core.lines import Ledger, Usage, table
from pertoken.core.meters import COMPOSITES, leaves, meter
from pertoken.core.money import array
from pertoken.rating.assign import leaf_weights, per_request
from pertoken.rating.card import Card
from pertoken.rating.contract import CYCLE, Contract
from pertoken.rating.convert import convert
from pertoken.rating.needs import question
from pertoken.rating.rate import AMOUNTS, amount, rate
from pertoken.usage.question import DEFAULTS, PRICE_FROM

Number = Decimal | float | str
Quantity = Number | Mapping[str, Number]
When = date | str
Entry = tuple[When, Quantity] | tuple[When, Quantity, Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """A line of a bill.

    Args:
        charge: Name of the charge or pool.
        stage: Stage of the ledger.
        period: Its month, or the day on which its cycle begins.
        quantity: How much; units of the charge or of the pool.
        amount: Money. [currency]
    """

    charge: str
    stage: str
    period: str
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolBalance:
    """What became of a pool: granted = drawn + expired + refunded + left.

    Args:
        granted: Units granted.
        drawn: Units drawn.
        expired: Units forfeited.
        refunded: Units paid back.
        left: Units left at the end.
    """

    granted: Decimal
    drawn: Decimal
    expired: Decimal
    refunded: Decimal
    left: Decimal


@dataclass(frozen=True, eq=False)
class Bill:
    """What quantities come to under a card.

    Args:
        card: The card.
        ledger: All lines.
        pools: What became of each pool, by name.
        entries: What was billed, as given.
    """

    card: Card
    ledger: Ledger
    pools: Mapping[str, PoolBalance]
    entries: tuple[Entry, ...]

    def total(self, kind: str) -> Decimal:
        """Sum one of the four amounts: list, contracted, effective or billed. [currency]."""
        money = amount(self.ledger, kind).values["amount"]
        return sum(money.tolist(), Decimal(0))

    @property
    def list(self) -> Decimal:
        """Usage at list price, and fees. [currency]."""
        return self.total(AMOUNTS[0])

    @property
    def contracted(self) -> Decimal:
        """After discounts, limits and rounding. [currency]."""
        return self.total(AMOUNTS[1])

    @property
    def effective(self) -> Decimal:
        """Accrual: what is earned, or what it costs, in the time. [currency]."""
        return self.total(AMOUNTS[2])

    @property
    def billed(self) -> Decimal:
        """Cash: what is invoiced. [currency]."""
        return self.total(AMOUNTS[3])

    @cached_property
    def lines(self) -> tuple[BillLine, ...]:
        """The lines of the ledger by charge, stage and period."""
        rows = self.ledger
        if CYCLE in rows.keys:
            rows = rows.with_keys(period=rows.keys[CYCLE])
        elif _dated(rows):
            rows = rows.with_keys(period=rows.period("month"))
        by = [name for name in ("charge", "stage", "period") if name in rows.keys]
        return tuple(
            BillLine(
                charge=row["charge"],
                stage=row["stage"],
                period=row.get("period", ""),
                quantity=_decimal(row["quantity"]),
                amount=row["amount"],
            )
            for row in rows.fold(by).records()
        )


def _dated(ledger: Ledger) -> bool:
    grain = period.finest(set(ledger.keys))
    return grain is not None and period.GRAINS.index(grain) <= period.GRAINS.index("month") and len(ledger) > 0


def bill(
    card: Card,
    usage: Quantity | Sequence[Entry],
    *,
    on: date = date(2026, 1, 1),
    start: date | None = None,
    end: date | None = None,
    labels: Mapping[str, str] | None = None,
    span: tuple[date, date] | None = None,
    timezone: str = "UTC",
) -> Bill:
    """Rate a quantity, or a dated list of quantities, of one contract under a card, exactly.

    Args:
        card: The card; its own `where` is not asked.
        usage: A number (of the card's only meter), meters with their numbers, or a list of `(when, quantity)` or
            `(when, quantity, labels)`; `when` is a day, a moment, or a label as `2026-01` or `2026-01-31T09`.
            Each entry is one request where the card looks at single requests.
        on: When, for a bare quantity.
        start: First day of the contract, for proration, phases and terms; None if not known.
        end: The day on which the contract is over.
        labels: Keys that the card asks for (`{"model": "gpt-4o"}`), for all entries.
        span: First day of the books and the day after their last; if None the months of the entries and the
            contract, or the hours of the entries where they have hours.
        timezone: Zone of the times.

    Returns:
        The bill with its four totals, its lines, and what became of pools.

    Raises:
        PertokenError: What is wrong with the card or the entries, and the mend.
    """
    card = replace(card, where="")
    dated = _entries(usage, start or on)
    stated = [Contract(card=card.name, labels=dict.fromkeys(card.scope, OWN), start=start, end=end)]
    rows = _usage(card, dated, labels or {}, contracts=stated if start or end else (), tz=timezone)
    rated = rate(
        rows,
        card,
        contracts=stated if start or end else (),
        span=span or _span(dated, start, end),
        timezone=timezone,
    )
    pools = {pool.name: _balance(rated.replays[card.name], pool.name) for pool in card.pools}
    return Bill(card, rated.ledger, pools, dated)


def by_entry(card: Card, usage: Sequence[Entry], **said: Any) -> tuple[Decimal, ...]:  # noqa: ANN401  as `bill` takes them
    """Find what each entry adds to what is billed, in their order: the price is cumulative, a charge is its difference.

    Args:
        card: The card.
        usage: Dated entries; the first also bears what is due without usage.
        **said: As `bill` takes them; `span` should be said where the card has fees.

    Returns:
        Money of each entry; they add up to the bill. [currency]
    """
    span = said.pop("span", None) or _span(usage, said.get("start"), said.get("end"))
    totals = [Decimal(0), *(bill(card, usage[: i + 1], span=span, **said).billed for i in range(len(usage)))]
    return tuple(b - a for a, b in pairwise(totals))


OWN = "contract"
"""Label of the one contract that is billed."""


def _entries(usage: Quantity | Sequence[Entry], on: date) -> tuple[Entry, ...]:
    if isinstance(usage, (Decimal, int, float, str, Mapping)):
        return ((on, usage),)
    return tuple(usage)


def _usage(
    card: Card, dated: Sequence[Entry], labels: Mapping[str, str], *, contracts: Sequence[Contract], tz: str
) -> Usage:
    """Write entries as usage, with the keys that the card asks for."""
    asked = question([card], timezone=tz, contracts=contracts)
    grain = _grain(dated, period.finest(set(asked.keys)) or "month")
    names = [name for name in asked.keys if name not in period.GRAINS]
    cuts = {cut.key: cut for cut in asked.cuts}
    keys = ["meter", grain, *names, *cuts, *([PRICE_FROM] if asked.dates else [])]
    rows = []
    for entry in dated or ((date(2026, 1, 1), 0),):
        counted = _counted(card, entry[1])
        said = {**dict.fromkeys(names, ""), **DEFAULTS, **dict.fromkeys(card.scope, OWN), **labels}
        said |= entry[2] if len(entry) > 2 else {}  # noqa: PLR2004  the labels stand third
        said |= {key: _band(cut.of, cut.above, counted) for key, cut in cuts.items()}
        said[grain] = _label(entry[0], grain)
        begun = [day.isoformat() for day in asked.dates if day.isoformat() <= _label(entry[0], "day")]
        said[PRICE_FROM] = max(begun, default="")
        rows += [([{"meter": name, **said}[key] for key in keys], number) for name, number in counted.items()]
    made = table(keys, [], [tuple(row) for row, _ in rows])
    return Usage(made.keys, {"quantity": array([number for _, number in rows], exact=True)})


def _grain(dated: Sequence[Entry], asked: str) -> str:
    """The period of the entries: as fine as the card asks, and as they are said."""
    said = [_said(entry[0]) for entry in dated]
    return min([asked, *said], key=period.GRAINS.index)


def _said(when: When) -> str:
    if isinstance(when, datetime):
        return "hour"
    return "day" if isinstance(when, date) else period.grain_of(when)


def _label(when: When, grain: str) -> str:
    """Name the period of an entry; one that is said coarser stands at its beginning."""
    moment = period.begins([when])[0] if isinstance(when, str) else np.datetime64(when.isoformat(), "s")
    return period.label(moment, grain)


def _counted(card: Card, quantity: Quantity) -> dict[str, Decimal]:
    """Meters with their numbers, and what the card converts request by request."""
    said = quantity if isinstance(quantity, Mapping) else {_meter(card): quantity}
    out = {meter(name).name: _decimal(number) for name, number in said.items()}
    for charge in card.prices.values():
        statistic = per_request(charge)
        if statistic is not None and charge.measure is not None:
            total = sum((w * out[n] for n, w in leaf_weights(charge.measure.meters, set(out)).items()), Decimal(0))
            out[statistic.meter] = convert(array([total], exact=True), charge.convert)[0]
    return out


def _meter(card: Card) -> str:
    """The meter of a bare number: the only one that the card counts; requests where it counts none."""
    named = {n for c in card.prices.values() if c.measure if c.measure.meters for n in weights(c.measure.meters)}
    named |= {rate.meter for rate in card.rates}
    if not named:
        return "requests"
    if len(named) != 1:
        counts = ", ".join(sorted(named))
        msg = f"card {card.name!r} counts {counts}; say which meter is given, as {{meter: number}}"
        raise InputError(msg)
    name = named.pop()
    return f"{COMPOSITES[name][0]}_tokens" if name in COMPOSITES else name


def _band(of: str, above: Sequence[int], counted: Mapping[str, Decimal]) -> str:
    size = sum((counted[name] for name in leaves(of, list(counted))), Decimal(0))
    return str(max((bound for bound in above if bound < size), default=0))


def _span(dated: Sequence[Entry], start: date | None, end: date | None) -> tuple[date, date] | None:
    """Whole months of the entries and the contract; None for the hours of the entries, if they have hours."""
    if any(_said(entry[0]) == "hour" for entry in dated):
        return None
    days = [date.fromisoformat(_label(entry[0], "day")) for entry in dated]
    last = [*days, *([end - timedelta(days=1)] if end else [])]
    first = [*days, *([start] if start else [])]
    return min(first).replace(day=1), (max(last).replace(day=1) + timedelta(days=31)).replace(day=1)


def _balance(replays: Sequence[Any], name: str) -> PoolBalance:
    for played in replays:
        own = [grant for grant in played.grants if grant.pool.name == name]
        if own:
            pool = own[0].pool
            sums = {kind: _total(played.entries(pool, kind)[0]) for kind in ("drawn", "expired", "refunded")}
            granted = sum((_total(grant.size) for grant in own if not grant.of), Decimal(0))
            left = sum((_total(grant.left) for grant in own), Decimal(0))
            return PoolBalance(granted=granted, left=left, **sums)
    none = Decimal(0)
    return PoolBalance(granted=none, drawn=none, expired=none, refunded=none, left=none)


def _total(values: Any) -> Decimal:  # noqa: ANN401  an array of decimals
    return sum(values.ravel().tolist(), Decimal(0))


def _decimal(number: Number) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(str(number))
