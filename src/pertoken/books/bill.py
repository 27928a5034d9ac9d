"""Bill: a quantity, or a dated list of quantities, under one card; the shortest way from a contract to its money."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from typing import Any

from pertoken.books.entries import Dated, Entry, Quantity, fine_enough, known_labels, months_of, read
from pertoken.catalog.terms import iso
from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.expression import weights
from pertoken.core.lines import Key, Ledger, Usage, table
from pertoken.core.meters import COMPOSITES, leaves, meter
from pertoken.core.money import array
from pertoken.rating.assign import leaf_weights, per_request
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract
from pertoken.rating.convert import convert
from pertoken.rating.needs import question
from pertoken.rating.rate import AMOUNTS, amount, rate
from pertoken.rating.windows import CYCLE
from pertoken.usage.question import DEFAULTS, PRICE_FROM


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """A line of a bill.

    Args:
        charge: Name of the charge or pool.
        stage: Stage of the ledger.
        period: Its month (quarter, year), or the day on which its cycle begins; empty for a whole term.
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
        entries: What was billed, as it was read.
    """

    card: Card
    ledger: Ledger
    pools: Mapping[str, PoolBalance]
    entries: tuple[Dated, ...]

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
        rows = self.ledger.with_keys(period=_period(self.ledger))
        by = [name for name in ("charge", "stage", "period") if name in rows.keys]
        return tuple(
            BillLine(
                charge=row["charge"],
                stage=row["stage"],
                period=row.get("period", ""),
                quantity=Decimal(row["quantity"]),
                amount=row["amount"],
            )
            for row in rows.fold(by).records()
        )


PERIODS = (CYCLE, "month", "quarter", "year")
"""Keys that name the period of a line, the first that it has."""


def _period(ledger: Ledger) -> Key:
    """Name the period of each line: its cycle, or its month, or the longer period that it is of."""
    out = Key.constant("", len(ledger))
    grain = period.finest(set(ledger.keys))
    rows = ledger.with_keys(month=ledger.period("month")) if grain in ("hour", "day") and len(ledger) else ledger
    column: Any = out.column()
    for name in reversed(PERIODS):
        if name in rows.keys:
            own = rows.keys[name].column()
            column = [mine or other for mine, other in zip(own.tolist(), list(column), strict=True)]
    return Key.of(list(column))


def bill(
    card: Card,
    usage: Quantity | Sequence[Entry],
    *,
    on: date | None = None,
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
            `(when, quantity, labels)`; `when` is a day, a moment, or a label as `2026-01` or `2026-01-31T09`. An
            empty list is no usage. Moments with a zone are told in `timezone`.
            Each entry is one request where the card looks at single requests.
        on: When, for a bare quantity; the contract's or the books' first day, or 2026-01-01, if None.
        start: First day of the contract, for proration, phases and terms; None if not known.
        end: The day on which the contract is over.
        labels: Keys that the card asks for (`{"model": "gpt-4o"}`), for all entries; no other keys.
        span: First day of the books and the day after their last; if None the months of the entries and the
            contract, or the hours of the entries where they have hours and no `start` or `end` is said.
        timezone: Zone of the times.

    Returns:
        The bill with its four totals, its lines, and what became of pools.

    Raises:
        PertokenError: What is wrong with the card or the entries, and the mend.
    """
    card = replace(card, where="")
    zone = card.during.tz or timezone
    dated = read(usage, _on(on, start, end, span), zone)
    stated = [Contract(card=card.name, labels=dict.fromkeys(card.scope, OWN), start=start, end=end)]
    contracts = stated if start or end or not dated else ()
    rows = _usage(card, dated, labels or {}, contracts=contracts, tz=timezone)
    span = span or (months_of(dated, start, end) if dated or start or end else months_of((), on, None))
    rated = rate(rows, card, contracts=contracts, span=span, timezone=timezone)
    pools = {pool.name: _balance(rated.replays[card.name], pool.name) for pool in card.pools}
    return Bill(card, rated.ledger, pools, dated)


def _on(on: date | None, start: date | None, end: date | None, span: tuple[date, date] | None) -> date:
    """Find the day of a quantity that has none."""
    whole = span or (months_of((), start, end) if start or end else None)
    return on or start or (whole[0] if whole else date(2026, 1, 1))


def by_entry(
    card: Card,
    usage: Sequence[Entry],
    *,
    start: date | None = None,
    end: date | None = None,
    labels: Mapping[str, str] | None = None,
    span: tuple[date, date] | None = None,
    timezone: str = "UTC",
) -> tuple[Decimal, ...]:
    """Find what each entry adds to what is billed, in their order: the price is cumulative, a charge is its difference.

    Args:
        card: The card.
        usage: Dated entries; the first also bears what is due without usage.
        start: First day of the contract.
        end: The day on which the contract is over.
        labels: Keys that the card asks for, for all entries.
        span: First day of the books and the day after their last; as for `bill` if None.
        timezone: Zone of the times.

    Returns:
        Money of each entry; they add up to the bill. [currency]
    """
    given = tuple(usage)
    span = span or months_of(read(given, date(2026, 1, 1), card.during.tz or timezone), start, end)
    totals = [Decimal(0)]
    for count in range(1, len(given) + 1):
        made = bill(card, given[:count], start=start, end=end, labels=labels, span=span, timezone=timezone)
        totals.append(made.billed)
    return tuple(b - a for a, b in pairwise(totals))


OWN = "contract"
"""Label of the one contract that is billed."""


def _usage(
    card: Card, dated: Sequence[Dated], labels: Mapping[str, str], *, contracts: Sequence[Contract], tz: str
) -> Usage:
    """Write entries as usage, with the keys that the card asks for."""
    asked = question([card], timezone=tz, contracts=contracts)
    finest = period.finest(set(asked.keys)) or "month"
    fine_enough(dated, finest, card.name)
    grain = min([finest, *(entry.grain for entry in dated)], key=period.GRAINS.index)
    names = [name for name in asked.keys if name not in period.GRAINS]
    known_labels([*labels, *(name for entry in dated for name in entry.labels)], [*names, *card.scope], card.name)
    cuts = {cut.key: cut for cut in asked.cuts}
    keys = ["meter", grain, *names, *cuts, *([PRICE_FROM] if asked.dates else [])]
    rows = []
    for entry in dated:
        counted = _counted(card, entry.quantity)
        said = {**dict.fromkeys(names, ""), **DEFAULTS, **dict.fromkeys(card.scope, OWN), **labels, **entry.labels}
        said |= {key: _band(cut.of, cut.above, counted) for key, cut in cuts.items()}
        said[grain] = period.label(entry.when, grain)
        begun = [day.isoformat() for day in asked.dates if iso(day) <= str(entry.when)]
        said[PRICE_FROM] = max(begun, default="")
        rows += [([{"meter": name, **said}[key] for key in keys], number) for name, number in counted.items()]
    made = table(keys, [], [tuple(row) for row, _ in rows])
    return Usage(made.keys, {"quantity": array([number for _, number in rows], exact=True)})


def _counted(card: Card, quantity: Decimal | Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Meters with their numbers, and what the card converts request by request."""
    said = quantity if isinstance(quantity, Mapping) else {_meter(card): quantity}
    out = {meter(name).name: number for name, number in said.items()}
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
