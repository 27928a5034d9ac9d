"""Arrays of tariffs: the rows of cards one after the other, as compiled loops read them."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from pertoken.core.money import TIE
from pertoken.forecast.tariff_card import CardRows, ChargeRow, PlanRows, PoolRow, StepRow
from pertoken.forecast.tariff_columns import AS_USED, AT_GRANT, MONTHLY, NEVER
from pertoken.rating.curve import NOTHING, NormalForm
from pertoken.rating.pool_terms import MONEY

Numbers = NDArray[Any]
KINDS = {"percent": 0, "amount": 1, "minimum": 2, "maximum": 3, "credit": 4}
ROUNDINGS = {None: 0, "up": 1, "down": 2, "half_up": 3}
NO_LIMIT = 1e30
"""More than any balance, where a pool carries on without a limit."""


class Arrays(NamedTuple):
    """Tariffs as arrays; their columns are named in `tariff_columns`.

    Args:
        zero: 0 in the kind of number, so that no loop changes it.
        one: 1.
        half: 1/2.
        tie: Factor on the bound of a tier, for what a float is off by.
        plan: Where the cards of each plan begin, shape `(plan + 1,)`.
        card: Of each card, shape `(card + 1, 7)`; the last row only says where the others end.
        cents: 100 for two decimal places, 0 where lines are not rounded, shape `(card,)`.
        charge: Of each charge, shape `(charge + 1, 8)`.
        charge_numbers: Shape `(charge, 6)`.
        charge_months: Shape `(charge, month, 2)`.
        tier: Of each bound, shape `(bound, 3)`.
        step: Of each step, shape `(step + 1, 5)`.
        step_numbers: Shape `(step, 1)`.
        step_months: Shape `(step, month, 3)`.
        pool: Of each pool, shape `(pool + 1, 8)`.
        pool_numbers: Shape `(pool, 7)`.
        pool_months: Shape `(pool, month, 4)`.
        lists: Lines that steps and pools are on, one list after the other.
        rows: How many sums and balances there are.
        lines: The most lines that a card has.
    """

    zero: Any
    one: Any
    half: Any
    tie: Any
    plan: Numbers
    card: Numbers
    cents: Numbers
    charge: Numbers
    charge_numbers: Numbers
    charge_months: Numbers
    tier: Numbers
    step: Numbers
    step_numbers: Numbers
    step_months: Numbers
    pool: Numbers
    pool_numbers: Numbers
    pool_months: Numbers
    lists: Numbers
    rows: int
    lines: int


def arrays(plans: Sequence[PlanRows], months: int, kind: DTypeLike) -> Arrays:
    """Lay the rows of plans out as arrays.

    Args:
        plans: Their rows.
        months: How many months there are.
        kind: Of the numbers: `float32` or `float64`.
    """
    cards = [card for plan in plans for card in plan.cards]
    keeper = _Keeper(months)
    number: Any = np.dtype(kind).type
    made = _charges(cards, keeper) | _steps(cards, keeper) | _pools(cards, keeper)
    cents = [0.0 if card.card.rounding is None else 10.0**card.card.rounding for card in cards]
    lines = [_lines(card) for card in cards]
    bare = [not card.pools and len(card.steps) == _credits(card) for card in cards]
    simple = [none and all(map(_simple, card.charges)) for card, none in zip(cards, bare, strict=True)]
    about: list[Sequence[int]] = [lines, bare, [bool(card.pools) for card in cards], simple]
    counts = [[len(card.charges) for card in cards], [len(c.steps) for c in cards], [len(c.pools) for c in cards]]
    real = {name: np.ascontiguousarray(each, dtype=kind) for name, each in made.items() if each.dtype.kind == "f"}
    return Arrays(
        zero=number(0), one=number(1), half=number(0.5), tie=number(TIE),
        plan=_edges([len(plan.cards) for plan in plans]),
        card=np.ascontiguousarray(np.stack([*map(_edges, counts), *(np.array([*each, 0]) for each in about)], axis=1)),
        cents=np.array(cents, dtype=kind),
        lists=np.array(keeper.lists, dtype=np.int64),
        rows=max(keeper.count, 1),
        lines=max(lines),
        **{**made, **real},
    )  # fmt: skip


class _Keeper:
    """Hands out the rows in which sums and balances are kept, and gathers the lists of lines."""

    def __init__(self, months: int) -> None:
        self.count, self.months = 0, months
        self.lists: list[int] = []

    def take(self, count: int) -> int:
        first, self.count = self.count, self.count + count
        return first

    def listed(self, lists: Sequence[Sequence[int]]) -> list[int]:
        """Put lists down; return where each begins, and where the last ends."""
        begins = (len(self.lists) + _edges([len(each) for each in lists])).tolist()
        self.lists += [slot for each in lists for slot in each]
        return list(begins)

    def table(self, name: str, whole: Sequence[Sequence[Any]], real: Sequence[Sequence[Any]],
              flags: Sequence[Sequence[Any]], rows: int) -> dict[str, Numbers]:  # fmt: skip
        """Make the three arrays of a kind of row, of columns; a column of `rows + 1` says where lists begin."""
        ints = np.zeros((rows + 1, len(whole)), dtype=np.int64)
        for i, column in enumerate(whole):
            ints[: len(column), i] = column
        numbers = np.zeros((rows, len(real)))
        for i, column in enumerate(real):
            numbers[:, i] = column
        months = np.zeros((rows, self.months, len(flags)), dtype=np.int64)
        for i, column in enumerate(flags):
            months[:, :, i] = np.array(column).reshape(rows, self.months)
        return {name: ints, f"{name}_numbers": numbers, f"{name}_months": months}


def _edges(lengths: Sequence[int]) -> Numbers:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)


def _credits(card: CardRows) -> int:
    return sum(step.kind == "credit" for step in card.steps)


def _lines(card: CardRows) -> int:
    return max(len(card.charges) + sum(step.kind == "minimum" for step in card.steps), 1)


def _simple(row: ChargeRow) -> bool:
    """Whether a charge is a curve of what a month counts, or due in each month."""
    return not row.how.round and not row.long and row.priced


def _charges(cards: Sequence[CardRows], keeper: _Keeper) -> dict[str, Numbers]:
    rows = [(card, row) for card in cards for row in card.charges]
    forms = [row.form if row.priced else NOTHING for _, row in rows]
    tiers = [_tiers(form) for form in forms]
    pools = [[each for each in card.pools if each.pool.unit != MONEY and r.name in each.names] for card, r in rows]
    sold = [any(not each.pool.outside.block for each in own) for own in pools]
    whole: list[Sequence[Any]] = [
        [row.fee for _, row in rows],
        [row.long for _, row in rows],
        [keeper.take(1) if row.long and not row.fee else -1 for _, row in rows],
        [bool(row.how.free_first) or not row.how.round for _, row in rows],
        [ROUNDINGS[row.how.round] for _, row in rows],
        [bool(own) for own in pools],
        [bool(own) and not (row.priced and some) for (_, row), own, some in zip(rows, pools, sold, strict=True)],
        _edges([len(each) for each in tiers]).tolist(),
    ]
    real: list[Sequence[float]] = [
        [float(form.a[0]) for form in forms],
        [float(form.b[0]) for form in forms],
        [float(row.how.times / row.how.per) for _, row in rows],
        [float(row.how.free) for _, row in rows],
        [10.0**row.how.precision for _, row in rows],
        [float(own[0].pool.outside.times) if own else 1.0 for own in pools],
    ]
    made = keeper.table("charge", whole, real, [[r.on for _, r in rows], [r.opens for _, r in rows]], len(rows))
    return made | {"tier": np.array([each for own in tiers for each in own], dtype=np.float64).reshape(-1, 3)}


def _tiers(form: NormalForm) -> list[tuple[float, float, float]]:
    """Bound, change of slope, and jump at the bound, of each tier but the first."""
    a, b = form.a, form.b
    return [
        (float(at), float(b[k + 1] - b[k]), float(a[k + 1] - a[k] + (b[k + 1] - b[k]) * at))
        for k, at in enumerate(form.up_to)
    ]


def _steps(cards: Sequence[CardRows], keeper: _Keeper) -> dict[str, Numbers]:
    rows: list[StepRow] = []
    own, lists = [], []
    for card in cards:
        names = [row.name for row in card.charges]
        for step in card.steps:
            lists.append([i for i, name in enumerate(names) if not step.names or name in step.names])
            own.append(len(names))
            rows.append(step)
            names += [step.name] if step.kind == "minimum" else []
    whole: list[Sequence[Any]] = [
        [KINDS[step.kind] for step in rows],
        [keeper.take(2) if step.kind == "minimum" and not step.closes.all() else -1 for step in rows],
        own,
        [not step.names for step in rows],
        keeper.listed(lists),
    ]
    flags: list[Sequence[Numbers]] = [
        [step.on for step in rows],
        [step.opens for step in rows],
        [step.closes for step in rows],
    ]
    return keeper.table("step", whole, [[step.value for step in rows]], flags, len(rows))


def _pools(cards: Sequence[CardRows], keeper: _Keeper) -> dict[str, Numbers]:
    rows = [row for card in cards for row in card.pools]
    rules = [row.pool.rollover for row in rows]
    keep = [rule.periods if rule else 0 for rule in rules]
    whole: list[Sequence[Any]] = [
        [row.pool.unit == MONEY for row in rows],
        [bool(row.pool.term and row.pool.term.renews) for row in rows],
        [_pays(row) for row in rows],
        [row.pool.unused == "refund" for row in rows],
        keep,
        [rule is not None and rule.of == "original" for rule in rules],
        [keeper.take(3 + each) for each in keep],
        keeper.listed([_drawing(card, row) for card in cards for row in card.pools]),
    ]
    real: list[Sequence[float]] = [
        [float(row.months) for row in rows],
        [float(row.pool.grant) for row in rows],
        [row.cost for row in rows],
        [float(row.pool.pay[0].amount or 0) if row.pool.pay else 0.0 for row in rows],
        [float(rule.share) if rule else 0.0 for rule in rules],
        [float(rule.max) if rule and rule.max is not None else NO_LIMIT for rule in rules],
        [float(row.pool.outside.times) for row in rows],
    ]
    return keeper.table("pool", whole, real, _dates(rows, keeper.months), len(rows))


def _dates(rows: Sequence[PoolRow], months: int) -> list[list[Numbers]]:
    """By month, whether pools grant, begin, end, and go on."""
    later = np.arange(months) > 0
    before = [np.roll(row.on, 1) | ~later for row in rows]
    after = [np.append(row.on[1:], True) for row in rows]
    return [
        [row.on for row in rows],
        [row.opens | (row.on & ~was) for row, was in zip(rows, before, strict=True)],
        [row.closes | (row.on & ~then) for row, then in zip(rows, after, strict=True)],
        after,
    ]


def _drawing(card: CardRows, row: PoolRow) -> list[int]:
    """The lines that draw on a pool, in its own order of the charges."""
    names = [each.name for each in card.charges]
    names += [step.name for step in card.steps if step.kind == "minimum"]
    return [i for wanted in row.names for i, name in enumerate(names) if name == wanted]


def _pays(row: PoolRow) -> int:
    if row.pool.pay:
        return MONTHLY
    if row.pool.price is None and row.pool.unused == "true_up":
        return AS_USED
    return NEVER if row.pool.price == 0 else AT_GRANT
