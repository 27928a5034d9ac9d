"""Balances: what pools hold. The replay as an immutable ledger, and from it by fold: liability, breakage, ageing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import InputError, nearest
from pertoken.core.lines import Key, Lines, combine, concat
from pertoken.core.money import Values, is_exact, zeros
from pertoken.rating.grid import Grid
from pertoken.rating.pool import Grant
from pertoken.rating.rate import Rated
from pertoken.rating.replay import Replay
from pertoken.rating.windows import ALWAYS, CYCLE

ENTRIES = {
    "opening": 1, "granted": 1, "brought": 1, "drawn": -1, "expired": -1, "refunded": -1, "carried": -1,
}  # fmt: skip
"""What happens to a grant, and whether it adds to what is left or takes from it. `opening` is what was granted before
the books begin; what is `carried` out of a grant that ends is `brought` into the one that goes on, at the same time."""

CASH = {"purchase": "purchase", "refund": "refund", "drawn": "used", "unused": "unused"}
"""Stages of a rating ledger that tell cash (`purchase`, `refund`) from accrual (`drawn`, `unused`)."""

DAYS = (30, 90, 365)
"""Bounds of the ages of a balance. [day]"""


def ledger(rated: Rated) -> Lines:
    """Write down all that happened in pools, one line for each grant, contract, window and entry.

    Args:
        rated: What rating gave.

    Returns:
        Lines with the contracts' scope, `card`, `pool`, `unit`, `grant` (when it was granted), `expires` (when it is
        over, empty for never), `window` and `entry`; values `quantity` [unit] and `amount` at cost [currency].
    """
    parts = [_written(card, played) for card, own in rated.replays.items() for played in own]
    return concat(Lines, [part for part in parts if len(part)] or [_none()])


KEYS = ("card", "pool", "unit", "grant", "expires", "window", "entry")


def _none() -> Lines:
    nothing = np.zeros(0)
    return Lines(dict.fromkeys(KEYS, Key.constant("", 0)), {"quantity": nothing, "amount": nothing})


Row = tuple[Grant, str, int, Values, Values]


def _rows(played: Replay) -> Iterator[Row]:
    """Each entry of each grant: what came in, then what went out."""
    for grant in played.grants:
        if grant.opened < len(played.grid.labels):
            first = max(grant.opened - 1, 0) if grant.of else grant.opened
            came = "brought" if grant.of else "opening" if grant.begin < played.grid.begin[0] else "granted"
            yield grant, came, first, grant.size, grant.value
        elif grant.of:
            yield grant, "brought", len(played.grid.labels) - 1, grant.size, grant.value
        for entry, window, quantity, amount in grant.entries:
            yield grant, entry, window, quantity, amount


def _written(card: str, played: Replay) -> Lines:
    rows = list(_rows(played))
    if not rows:
        return _none()
    columns_of = ([row[3] for row in rows], [row[4] for row in rows])
    values = [np.stack(np.broadcast_arrays(*column), axis=-2) for column in columns_of]
    flat = [value.reshape(*value.shape[:-2], -1) for value in np.broadcast_arrays(*values)]
    some = np.logical_or(*(_any(value) for value in flat))
    at = np.flatnonzero(some)
    row, who = np.divmod(at, len(played.grid.contracts))
    keys = {n: Key(k.codes[who], k.labels) for n, k in played.grid.contracts.keys.items()}
    columns = {
        "pool": [r[0].pool.name for r in rows],
        "unit": [r[0].pool.unit for r in rows],
        "grant": [_day(r[0].begin) for r in rows],
        "expires": [_day(r[0].end) for r in rows],
        "entry": [r[1] for r in rows],
    }
    keys |= {name: _at(Key.of(column), row) for name, column in columns.items()}
    window = np.array([r[2] for r in rows])[row]
    own = Key(played.grid.own[who, window].astype(np.int32), window_labels(played.grid))
    made = Lines({**keys, "window": own}, {"quantity": flat[0][..., at], "amount": flat[1][..., at]})
    return made.with_keys(card=card)


def _at(key: Key, rows: NDArray[np.intp]) -> Key:
    return Key(key.codes[rows], key.labels)


def _any(values: Values) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (values != 0).reshape(-1, values.shape[-1]).any(axis=0)
    return found


def _day(moment: np.datetime64) -> str:
    """Name a moment by its day, or by its hour inside a day; empty for never."""
    text = "" if moment >= ALWAYS else str(moment.astype("datetime64[s]"))
    return text[:10] if text.endswith("T00:00:00") else text[:13]


def window_labels(grid: Grid) -> tuple[str, ...]:
    """Name the windows of a grid so that they roll up; those longer than a month by the month in which they begin."""
    if grid.grain in ("quarter", "year"):
        return tuple(period.label(begin, "month") for begin in grid.begin)
    return grid.labels


def cash(rated: Rated) -> Lines:
    """Pick what was paid for pools and what of it was recognised out of the ledger of rating.

    Returns:
        Lines with the contracts' scope, `card`, `pool`, `unit`, `window` and `entry` (`purchase`, `refund`, `used`,
        `unused`); value `amount` [currency].
    """
    units = {
        (card, pool.name): pool.unit for card, own in rated.replays.items() for played in own for pool in played.pools
    }
    out = []
    for part in rated.parts:
        if part.stage in CASH and part.term.startswith("pools.") and len(part.lines):
            card = part.lines.keys["card"].labels[0]
            scope = {n: k for n, k in part.lines.keys.items() if n in _scope(rated, card)}
            made = Lines({**scope, "window": _window(part.lines)}, {"amount": part.lines.values["amount"]})
            out.append(
                made.with_keys(card=card, pool=part.charge, unit=units[card, part.charge], entry=CASH[part.stage])
            )
    names = ("card", "pool", "unit", "window", "entry")
    return concat(Lines, out or [Lines(dict.fromkeys(names, Key.constant("", 0)), {"amount": np.zeros(0)})])


def _scope(rated: Rated, card: str) -> frozenset[str]:
    return frozenset(name for played in rated.replays[card] for name in played.grid.contracts.keys)


def _window(lines: Lines) -> Key:
    grain = CYCLE if CYCLE in lines.keys else period.finest(set(lines.keys))
    return lines.keys[grain or CYCLE]


@dataclass(frozen=True, slots=True, eq=False)
class Balances:
    """What pools held, by some keys.

    Args:
        lines: One line for each combination of the keys and of `unit`. Values in units: `opening`, `granted`, `drawn`,
            `expired`, `refunded`, `carried` (goes on from a cycle that ended; part of the closing), `closing`. The same
            at cost, with `_amount` [currency]. And cash: `paid_amount` (less what was paid back), `liability_before`
            and `liability`: what was paid and is not yet recognised, below zero for what is recognised and not yet
            paid; `owed_amount`: what is granted and not yet paid.
        by: Keys of the lines, with `unit`.
        ages: What is left at the end, by the same keys without a period and by `expires_within`; see `ageing`.
        until: The moment at which the books end; None where nothing was ever granted.
    """

    lines: Lines
    by: tuple[str, ...]
    ages: Lines
    until: np.datetime64 | None

    @property
    def breakage(self) -> float | None:
        """Share of the money that has left the pools and was never used, over all lines; None for nothing yet."""
        lost, used, back = (self.lines.values[f"{n}_amount"].sum() for n in ("expired", "drawn", "refunded"))
        return float(lost / (lost + used + back)) if lost + used + back else None


FLOWS = ("granted", "drawn", "expired", "refunded", "carried")
"""What a table of balances shows between opening and closing."""


def balances(rated: Rated, by: Sequence[str] = ("pool", "month")) -> Balances:
    """Fold what happened in pools: opening, granted, drawn, expired, refunded, closing; in units and at cost.

    Args:
        rated: What rating gave.
        by: Keys of the contracts' scope, `card`, `pool`, and at most one period (`month`); without one, all of the
            books is one period. Opening and closing are those of each period.

    Raises:
        InputError: A key that no pool has.
    """
    grain = next((name for name in by if name in period.GRAINS), None)
    happened, paid = (_keyed(each, by, grain) for each in (ledger(rated), cash(rated)))
    others = tuple(dict.fromkeys((*(name for name in by if name != grain), "unit")))
    frame = _Frame.of(concat(Lines, [Lines(each.keys, {}) for each in (happened, paid)]), others, grain)
    units, money = (frame.dense(happened, value) for value in ("quantity", "amount"))
    accrued = frame.dense(paid, "amount")
    values = _stocks(units, "") | _stocks(money, "_amount") | _liability(money, accrued, frame)
    lines = frame.lines(values)
    some = np.logical_or.reduce([_any(value) for value in lines.values.values()]) if len(lines) else np.zeros(0, bool)
    order = tuple(dict.fromkeys((*by, "unit")))
    kept = lines.pick(some)
    ages = ageing(rated, [name for name in by if name != grain])
    return Balances(kept.fold(order) if len(kept) else kept, order, ages, books_end(rated))


def books_end(rated: Rated) -> np.datetime64 | None:
    """Find the moment at which the books of all pools end."""
    return max(
        (played.grid.end[-1] for own in rated.replays.values() for played in own if len(played.grid.end)), default=None
    )


def _keyed(lines: Lines, by: Sequence[str], grain: str | None) -> Lines:
    """Give lines the period asked for; a key that only other cards have is empty.

    Raises:
        InputError: A key that no pool has, or a period finer than that by which pools are drawn.
    """
    known = set(lines.keys) - {"window", "entry"}
    for name in by:
        if len(lines) and name not in known | {grain}:
            msg = f"no key {name!r} among the pools; {nearest(name, known | {'month'})}"
            raise InputError(msg)
    keys = {name: lines.keys.get(name) or Key.constant("", len(lines)) for name in (*by, "unit") if name != grain}
    if grain:
        keys[grain] = lines.keys["window"].relabel({w: _rolled(w, grain) for w in lines.keys["window"].labels})
    return Lines({**keys, "entry": lines.keys["entry"]}, lines.values)


def _rolled(window: str, grain: str) -> str:
    own = period.grain_of(window) if window else grain
    if period.GRAINS.index(own) > period.GRAINS.index(grain):
        msg = f"pools are drawn by {own}; expected that or a coarser period, found --by {grain}"
        raise InputError(msg)
    return period.roll_up(window, grain) if window else ""


@dataclass(frozen=True, slots=True, eq=False)
class _Frame:
    """All periods of all groups, so that what is left can be carried from one to the next.

    Args:
        groups: The keys of each group, `(group,)`.
        periods: Labels of the periods, in order.
        grain: Their grain; None for all of the books as one.
    """

    groups: Lines
    periods: tuple[str, ...]
    grain: str | None

    @classmethod
    def of(cls, lines: Lines, others: Sequence[str], grain: str | None) -> "_Frame":
        keys = {name: lines.keys[name] for name in others}
        groups = Lines(keys, {}).fold(others) if len(lines) else Lines(keys, {})
        if grain is None or not len(lines):
            return cls(groups, ("",), grain)
        found = sorted({lines.keys[grain].labels[c] for c in np.unique(lines.keys[grain].codes)})
        every = period.periods(grain, period.begins(found[:1])[0], period.ends(found[-1:])[0])
        return cls(groups, tuple(period.label(begin, grain) for begin in every), grain)

    def dense(self, lines: Lines, value: str) -> dict[str, Values]:
        """Sum a value by entry, group and period, shape `(*batch, group, period)` each."""
        names = list(self.groups.keys)
        both = concat(Lines, [self.groups, Lines({n: lines.keys[n] for n in names}, {})])
        index = _index([both.keys[n] for n in names], len(self.groups))
        when = lines.keys[self.grain] if self.grain else None
        order = {label: i for i, label in enumerate(self.periods)}
        at = (
            np.zeros(len(lines), dtype=np.intp)
            if when is None
            else np.array([order.get(p, 0) for p in when.labels] or [0])[when.codes]
        )
        found = lines.values[value]
        out = {}
        for code, entry in enumerate(lines.keys["entry"].labels):
            mine = np.flatnonzero(lines.keys["entry"].codes == code)
            shape = (*found.shape[:-1], len(self.groups), len(self.periods))
            out[entry] = zeros(shape, exact=is_exact(found))
            place: Any = (..., index[mine], at[mine])
            np.add.at(out[entry], place, found[..., mine])
        return out

    def lines(self, values: dict[str, Values]) -> Lines:
        """Write tables of groups by periods as lines."""
        size = len(self.periods)
        keys = {n: Key(np.repeat(k.codes, size), k.labels) for n, k in self.groups.keys.items()}
        if self.grain:
            keys[self.grain] = Key(np.tile(np.arange(size, dtype=np.int32), len(self.groups)), self.periods)
        return Lines(keys, {n: v.reshape(*v.shape[:-2], -1) for n, v in values.items()})


def _index(keys: Sequence[Key], size: int) -> NDArray[np.intp]:
    """Find the group of each line, where the groups stand first."""
    code = combine(keys, len(keys[0].codes))[0]
    order = np.argsort(code[:size], kind="stable")
    found: NDArray[np.intp] = order[np.searchsorted(code[:size][order], code[size:])] if size else code
    return found


def _stocks(sums: dict[str, Values], suffix: str) -> dict[str, Values]:
    """What was there before, what happened, and what was left, of each period."""
    nothing = next(iter(sums.values())) * 0
    at = {entry: sums.get(entry, nothing) for entry in ENTRIES}
    net = sum((at[entry] * sign for entry, sign in ENTRIES.items()), nothing)
    closing = np.cumsum(net, axis=-1)
    opening = closing - net + at["opening"]
    shown = {"opening": opening, **{name: at[name] for name in FLOWS}, "closing": closing}
    return {f"{name}{suffix}": value for name, value in shown.items()}


def _liability(money: dict[str, Values], accrued: dict[str, Values], frame: _Frame) -> dict[str, Values]:
    """Cash less accrual: what customers have paid and not yet been given, after each period."""
    exact = any(is_exact(value) for value in (*money.values(), *accrued.values()))
    nothing = zeros((len(frame.groups), len(frame.periods)), exact=exact)
    at = {name: accrued.get(name, nothing) for name in CASH.values()}
    paid = at["purchase"] + at["refund"]
    before = money.get("opening", nothing)
    change = paid - at["used"] - at["unused"]
    after = np.cumsum(before + change, axis=-1)
    left = _stocks(money, "")["closing"] if money else nothing
    return {
        "paid_amount": paid + nothing,
        "liability_before": after - change,
        "liability": after,
        "owed_amount": left - after,
    }


def ageing(rated: Rated, by: Sequence[str] = ("pool",)) -> Lines:
    """Tell when what is left at the end of the books will expire, if nobody draws it.

    Args:
        rated: What rating gave.
        by: Keys of the contracts' scope, `card`, `pool`.

    Returns:
        Lines by these keys, `unit` and `expires_within`: `30 days`, `90 days`, `365 days`, `later` or `never`; values
        `quantity` [unit] and `amount` at cost [currency].
    """
    lines, until = ledger(rated), books_end(rated)
    sign = np.array([ENTRIES.get(entry, 0) for entry in lines.keys["entry"].labels] or [0])[lines.keys["entry"].codes]
    labels = {label: _age(label, until) for label in lines.keys["expires"].labels}
    aged = Key.of(AGES[labels[label]] for label in lines.keys["expires"].column().tolist())
    keys = {name: lines.keys.get(name) or Key.constant("", len(lines)) for name in (*by, "unit")}
    keys["expires_within"] = aged
    left = Lines(keys, {name: value * sign for name, value in lines.values.items()}).fold(tuple(keys))
    return left.pick(_any(left.values["quantity"]) | _any(left.values["amount"])) if len(left) else left


AGES = (*(f"{days} days" for days in DAYS), "later", "never")
"""Names of the ages, in order."""


def _age(expires: str, until: np.datetime64 | None) -> int:
    if not expires or until is None:
        return len(AGES) - 1
    days = (period.begins([expires])[0] - until) / np.timedelta64(1, "D")
    return int(np.searchsorted(np.array(DAYS), days, side="left"))
