"""Rows of a card: its charges, steps and pools as numbers by month, for customers whose mix of usage is fixed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pertoken.core.keys import Key
from pertoken.core.lines import Usage
from pertoken.core.money import Values
from pertoken.core.period import GRAINS, begins
from pertoken.forecast.tariff_refused import LONG, MEND, RefusedCard, refused
from pertoken.rating.adjust import LIMITS, sequence
from pertoken.rating.assign import Assignment, Claim, assign
from pertoken.rating.card import Card, Charge, Convert, plain
from pertoken.rating.curve import NormalForm, evaluate, normal_form
from pertoken.rating.during import During
from pertoken.rating.job import Job
from pertoken.rating.part import drawing
from pertoken.rating.pool import unit_price
from pertoken.rating.pool_terms import MONEY, Pool
from pertoken.usage.question import PRICE_FROM

Flags = NDArray[np.bool_]
STRAIGHT = NormalForm((), (0,), (1,), (0,))  # type: ignore[arg-type]
"""What is priced already: the weights of the cells are prices."""
PLAINLY = Convert()
"""What is priced as it is counted."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChargeRow:
    """One line of an invoice: a charge, apart for what it counts apart.

    Args:
        name: Of the charge, without its phase.
        weights: Of each cell in the count, shape `(cell,)`; all 0 for a fee.
        on: Months in which it holds, shape `(month,)`.
        opens: Months in which its window begins, shape `(month,)`.
        long: Whether its window is longer than a month.
        fee: Whether it is due without usage.
        form: Its curve of priced units.
        how: From counted to priced units.
        priced: Whether it has a curve of its own; without, a pool prices all there may be.
    """

    name: str
    weights: Values
    on: Flags
    opens: Flags
    long: bool = False
    fee: bool = False
    form: NormalForm
    how: Convert = PLAINLY
    priced: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StepRow:
    """What follows the charges.

    Args:
        kind: `percent`, `amount`, `minimum`, `maximum` or `credit`.
        value: Factor, or money.
        on: Months in which it holds, shape `(month,)`.
        opens: Months in which its window begins, shape `(month,)`.
        closes: Months in which its window ends, shape `(month,)`.
        names: Charges that it is reckoned on; all so far if empty.
        name: Charge that its own line belongs to.
    """

    kind: str
    value: float
    on: Flags
    opens: Flags
    closes: Flags
    names: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PoolRow:
    """A balance that is drawn down.

    Args:
        pool: As the card has it.
        on: Months in which it grants, shape `(month,)`.
        opens: Months in which a cycle begins, shape `(month,)`.
        closes: Months in which a cycle ends, shape `(month,)`.
        months: Months of a term that is reckoned from the contract's start; 0 for cycles of the calendar.
        names: Charges that draw on it, in their order.
        cost: Money for one unit. [currency / unit]
    """

    pool: Pool
    on: Flags
    opens: Flags
    closes: Flags
    months: int
    names: tuple[str, ...]
    cost: float


@dataclass(frozen=True, slots=True, eq=False)
class CardRows:
    """A card as rows: charges, then steps in their order, with the pools that some of them draw on."""

    card: Card
    charges: tuple[ChargeRow, ...]
    steps: tuple[StepRow, ...]
    pools: tuple[PoolRow, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PlanRows:
    """The cards of a plan as rows, and the cells that none of them prices, shape `(cell,)`."""

    cards: tuple[CardRows, ...]
    unpriced: Flags


def plan_rows(
    cards: Sequence[Card], cells: Mapping[str, Key], months: Sequence[str], known: Mapping[str, str]
) -> PlanRows:
    """Bring the cards of a plan to rows.

    Args:
        cards: What the plan's customers are charged by.
        cells: Keys of the cells, each `(cell,)`.
        months: Labels of the months, shape `(month,)`.
        known: What else the cards' conditions ask for, the same for all of the plan's customers (`plan`).

    Raises:
        RefusedCard: A card says what a curve of one number a month can't.
    """
    for card in cards:
        if why := refused(card):
            msg = f"{card.source or card.name}: the fast simulation doesn't know {'; '.join(why)}{MEND}"
            raise RefusedCard(msg)
    usage = _unit(cells, months, known, cards)
    who = assign(usage, cards)
    size = len(cells["meter"])
    rows = tuple(_card(card, who, cells, months) for card in cards)
    unpriced = np.array(who.unpriced, dtype=bool)[who.combos.of_line].reshape(len(months), size).any(axis=0)
    return PlanRows(rows, unpriced)


def _unit(cells: Mapping[str, Key], months: Sequence[str], known: Mapping[str, str], cards: Sequence[Card]) -> Usage:
    """One unit of each cell in each month, in the order of the months."""
    size = len(cells["meter"])
    keys = {name: key.pick(np.tile(np.arange(size), len(months))) for name, key in cells.items() if name not in GRAINS}
    month = Key.of(np.repeat(np.asarray(months, dtype=object), size).tolist())
    keys |= {"month": month, PRICE_FROM: month.relabel({label: f"{label}-01" for label in month.labels})}
    some = len(months) * size
    scope = dict.fromkeys(name for card in cards for name in card.scope)
    keys |= {name: Key.constant("", some) for name in scope if name not in keys}
    keys |= {name: Key.constant(label, some) for name, label in known.items()}
    usage = Usage(keys, {"quantity": np.ones(some)})
    for card in cards:
        usage = usage.with_keys(**Job(card, usage, (), None, card.during.tz or "UTC", exact=False).in_time())
    return usage


def _card(card: Card, who: Assignment, cells: Mapping[str, Key], months: Sequence[str]) -> CardRows:
    charges: list[ChargeRow] = []
    for claim in who.claims:
        if claim.card is card:
            if claim.charge is not None and claim.charge.measure is None:
                charges.append(_fee(card, claim.name, claim.charge, months))
            else:
                charges += _counted(card, claim, _table(claim, who, len(months)), cells, months)
    steps = tuple(_step(card, kind, i, months) for kind, i in sequence(card))
    pools = sorted((_pool(card, pool, months) for pool in card.pools), key=_burn)
    return CardRows(card, tuple(charges), steps, tuple(pools))


def _burn(row: PoolRow) -> int:
    return row.pool.priority or 0


def _table(claim: Claim, who: Assignment, months: int) -> Values:
    """Weight of each cell in each month, or its price; NaN where it isn't taken, shape `(month, cell)`."""
    weight = [np.nan if each is None else float(each) for each in claim.weight]
    prices = [1.0 if each is None else float(each.unit_price) for each in claim.rates] or [1.0] * len(weight)
    table: Values = (np.array(weight) * np.array(prices))[who.combos.of_line].reshape(months, -1)
    return table


def _fee(card: Card, name: str, charge: Charge, months: Sequence[str]) -> ChargeRow:
    every = charge.during.every or "month"
    on = _held(card, charge.during, months)
    opens = _edges(every, months)[0] | (on & ~np.append(on[:1], on[:-1]))
    assert charge.curve is not None  # noqa: S101  the door asks for it
    money = evaluate(normal_form(charge.curve), np.ones(1))[0]
    form = NormalForm((), (money,), (0,), (0,))  # type: ignore[arg-type]
    return ChargeRow(name=plain(name), weights=np.zeros(0), on=on, opens=opens, long=every in LONG, fee=True, form=form)


def _counted(
    card: Card, claim: Claim, table: Values, cells: Mapping[str, Key], months: Sequence[str]
) -> Iterator[ChargeRow]:
    """Rows of what is counted, one for each label that is kept apart and each change of weights or prices."""
    charge = claim.charge
    assert charge is None or charge.measure is not None  # noqa: S101  see the caller
    by = charge.measure.by if charge and charge.measure else ("model", "meter")
    window = charge.measure.window if charge and charge.measure else "month"
    form = STRAIGHT if charge is None else normal_form(charge.curve)
    how = charge.convert if charge else Convert()
    for mine in _apart([cells[name] for name in by if name in cells], table.shape[1]):
        weights = np.where(mine, np.nan_to_num(table), 0.0)
        taken = (~np.isnan(table) & mine).any(axis=1)
        distinct = np.unique(weights[taken], axis=0)
        if len(distinct) > 1 and not (form.additive and not how.whole):
            msg = f"card {card.name!r}: what {claim.name} counts changes from month to month{MEND}"
            raise RefusedCard(msg)
        for each in distinct:
            on = taken & (weights == each).all(axis=1)
            yield ChargeRow(
                name=plain(claim.name), weights=each, on=on, opens=_edges(window, months)[0], form=form, how=how,
                long=window in LONG and not form.additive, priced=charge is None or charge.curve is not None,
            )  # fmt: skip


def _apart(keys: Sequence[Key], size: int) -> list[Flags]:
    """Which cells have the same labels, in the order of the labels."""
    if not keys:
        return [np.ones(size, dtype=bool)]
    columns = np.stack([key.codes for key in keys], axis=1)
    return [(columns == each).all(axis=1) for each in np.unique(columns, axis=0)]


def _step(card: Card, kind: str, index: int, months: Sequence[str]) -> StepRow:
    none = np.zeros(len(months), dtype=bool)
    if kind == "credit":
        return StepRow(kind=kind, value=0.0, on=~none, opens=none, closes=none, names=())
    if kind in LIMITS:
        clamp = card.clamps[index]
        bound = clamp.min if kind == "minimum" else clamp.max
        name = clamp.on[0] if len(clamp.on) == 1 else kind
        opens, closes = _edges(clamp.window, months)
        on = _held(card, clamp.during, months)
        return StepRow(kind=kind, value=float(bound or 0), on=on, opens=opens, closes=closes, names=clamp.on, name=name)
    adjust = card.adjust[index]
    on = _held(card, adjust.during, months)
    factor = adjust.factor
    kind, value = ("percent", factor) if factor is not None else ("amount", adjust.amount)
    return StepRow(kind=kind, value=float(value or 0), on=on, opens=none, closes=none, names=adjust.on)


def _pool(card: Card, pool: Pool, months: Sequence[str]) -> PoolRow:
    every = pool.every or ("term" if pool.term is None or pool.term.months is None else "")
    opens, closes = _edges(every, months)
    price, each = pool.price, unit_price(pool)
    money_over = pool.unit == MONEY and pool.unused == "true_up"
    cost = float(each if each is not None else price / pool.grant if price is not None and pool.grant else money_over)
    term = pool.term.months or 0 if pool.term and not pool.every else 0
    on = _held(card, pool.during, months)
    return PoolRow(pool=pool, on=on, opens=opens, closes=closes, months=term, names=drawing(pool, card), cost=cost)


def _held(card: Card, during: During, months: Sequence[str]) -> Flags:
    """The months in which a part of a card, and the card, hold."""
    begin = begins(list(months))
    on = np.ones(len(months), dtype=bool)
    for each in (card.during, during):
        on &= begin >= _moment(each.start, "0001-01-01")
        on &= begin < _moment(each.end, "9999-01-01")
    return on


def _moment(day: date | None, other: str) -> np.datetime64:
    return np.datetime64(str(day) if day else other, "s")


def _edges(window: str, months: Sequence[str]) -> tuple[Flags, Flags]:
    """The months in which a window of the calendar begins, and in which one ends."""
    if window not in LONG:
        every = np.full(len(months), window != "term" and bool(window))
        return every, every
    place = np.array([int(month[5:7]) for month in months])
    size = 3 if window == "quarter" else 12
    return (place - 1) % size == 0, place % size == 0
