"""Coverage: how well commitments are used, and how much of what is needed they cover; by hour, and folded to more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from pertoken.books.balances import window_labels
from pertoken.core import period
from pertoken.core.errors import InputError, nearest
from pertoken.core.exact import CONTEXT
from pertoken.core.lines import Key, Lines, concat, in_worlds
from pertoken.core.money import Values, is_exact
from pertoken.rating.card import plain
from pertoken.rating.grid import Grid
from pertoken.rating.part import Part
from pertoken.rating.pool_terms import MONEY
from pertoken.rating.rate import Rated
from pertoken.rating.replay import Replay
from pertoken.rating.windows import CYCLE

VALUES = (
    "committed", "used", "unused", "committed_amount", "used_amount", "unused_amount",
    "demand", "covered", "on_demand", "list_amount", "on_demand_amount",
)  # fmt: skip
"""What is known of a commitment in a period, in units and in money."""


@dataclass(frozen=True, slots=True, eq=False)
class Coverage:
    """How commitments were used.

    Args:
        lines: Keys: the contracts' scope, `card`, `pools` (those that share charges stand as one, `a + b`), `unit`,
            `period`, and `part`: a pool (what is committed) or a charge (what is needed). Values in units:
            `committed`, `used`, `unused`; `demand`, `covered`, `on_demand`. In money, at cost: `committed_amount`,
            `used_amount`, `unused_amount`; `list_amount` (all of it on demand, at list price) and `on_demand_amount`
            (what pools left over). [currency]
        by: Period asked for; what is drawn by a longer one stands by that.
    """

    lines: Lines
    by: str

    def fold(self, by: Sequence[str]) -> Lines:
        """Sum over the lines that agree on some keys, and say what it cost and saved.

        Args:
            by: Keys to keep; those that tell units apart must stay for sums of units to mean something.

        Returns:
            All values, `cost_amount` (used, unused and on demand) and `savings_amount` (against all on demand).
        """
        lines = self.lines.fold(by)
        used, unused, on_demand = (lines.values[f"{name}_amount"] for name in ("used", "unused", "on_demand"))
        cost = used + unused + on_demand
        return Lines(
            lines.keys, {**lines.values, "cost_amount": cost, "savings_amount": lines.values["list_amount"] - cost}
        )


def utilisation_share(lines: Lines) -> Values:
    """Divide what was used by what was committed; not a number (None for decimals) where nothing was."""
    return divided(lines.values["used"], lines.values["committed"])


def coverage_share(lines: Lines) -> Values:
    """Divide what commitments covered by what was needed; not a number (None for decimals) where nothing was."""
    return divided(lines.values["covered"], lines.values["demand"])


def effective_rate(lines: Lines) -> Values:
    """Divide what a commitment cost, used or not, by the units used, in currency for a unit."""
    return divided(lines.values["used_amount"] + lines.values["unused_amount"], lines.values["used"])


def divided(part: Values, whole: Values) -> Values:
    """Divide sums, last of all; decimals stay decimals."""
    some = np.asarray(whole != 0, dtype=bool)
    if is_exact(whole) or is_exact(part):
        pairs = zip(part.ravel().tolist(), whole.ravel().tolist(), strict=True)
        out = np.empty(whole.shape, dtype=object)
        out.ravel()[:] = [CONTEXT.divide(Decimal(p), Decimal(w)) if w else None for p, w in pairs]
        return out
    shares: Values = np.divide(part, whole, out=np.full(whole.shape, np.nan), where=some)
    return shares


def coverage(rated: Rated, by: str = "hour") -> Coverage:
    """Tell of each period what was committed, used and unused, and what was needed, covered and bought on demand.

    Args:
        rated: What rating gave.
        by: Period: hour, day, month, quarter or year. Pools that are drawn by a longer one stand by that.

    Raises:
        InputError: No such period, or charges are priced by a longer one.
    """
    if by not in period.GRAINS:
        msg = f"no period {by!r}; {nearest(by, period.GRAINS)}"
        raise InputError(msg)
    made = [each for card, own in rated.replays.items() for played in own for each in _of(rated, card, played, by)]
    return Coverage(concat(Lines, made or [_none()]), by)


def _none() -> Lines:
    keys = dict.fromkeys(("card", "pools", "unit", "period", "part"), Key.constant("", 0))
    return Lines(keys, dict.fromkeys(VALUES, np.zeros(0)))


def _of(rated: Rated, card: str, played: Replay, by: str) -> Iterator[Lines]:
    pools = played.pools
    if not pools:
        return
    grain = max(by, played.grid.grain, key=period.GRAINS.index)
    names = " + ".join(pool.name for pool in pools)
    asked = _Periods.of(played.grid, grain)
    for pool in pools:
        quantity, amount = played.granted(pool)
        made = {"committed": quantity, "committed_amount": amount}
        made["used"], made["used_amount"] = played.entries(pool, "drawn")
        lost, back = (played.entries(pool, kind) for kind in ("expired", "refunded"))
        made["unused"], made["unused_amount"] = lost[0] + back[0], lost[1] + back[1]
        yield asked.lines(made).with_keys(card=card, pools=names, unit=pool.unit, part=pool.name)
    charges = {plain(part.charge) for part in rated.parts if _card(part) == card}
    for charge, demand in played.demand.items():
        if charge not in charges and not np.any(demand != 0):
            continue
        covered = played.covered[charge]
        made = {"demand": demand, "covered": covered, "on_demand": demand - covered}
        if pools[0].unit == MONEY:
            made |= {"list_amount": demand, "on_demand_amount": demand - covered}
        lines = [asked.lines(made)]
        if pools[0].unit != MONEY:
            lines += [_money(p, charge, grain, card) for p in rated.parts if _priced(p, card, charge)]
        wide = concat(Lines, [_whole(each) for each in lines])
        yield wide.with_keys(card=card, pools=names, unit=pools[0].unit, part=charge)


def _card(part: Part) -> str:
    return part.lines.keys["card"].labels[0] if len(part.lines) else ""


def _priced(part: Part, card: str, charge: str) -> bool:
    """Whether lines are the list price of a charge, or what pools take off it before it is invoiced."""
    mine = _card(part) == card and plain(part.charge) == charge
    return mine and part.stage in ("list", "covered") and part.term.startswith("prices.")


def _money(part: Part, charge: str, grain: str, card: str) -> Lines:
    lines = part.lines
    own = lines.keys.get(CYCLE) or lines.keys[period.finest(set(lines.keys)) or CYCLE]
    for label in own.labels[:1]:
        if period.GRAINS.index(period.grain_of(label)) > period.GRAINS.index(grain):
            msg = (
                f"card {card} prices {charge} by {period.grain_of(label)}; expected that or longer, found --by {grain}"
            )
            raise InputError(msg)
    keys = {n: k for n, k in lines.keys.items() if n not in (*period.GRAINS, CYCLE, *OWN)}
    keys["period"] = own.relabel({label: period.roll_up(label, grain) for label in own.labels})
    money = lines.values["amount"]
    values = {"on_demand_amount": money, "list_amount": money if part.stage == "list" else money * 0}
    return Lines(keys, values).fold(tuple(keys))


OWN = ("account", "card", "charge", "stage", "term", "meter", "origin")
"""Keys of a rating ledger that are not its contracts'."""


def _whole(lines: Lines) -> Lines:
    """Give lines all values, those that they lack at zero."""
    nothing = next(iter(lines.values.values())) * 0
    return Lines(lines.keys, {name: lines.values.get(name, nothing) for name in VALUES})


@dataclass(frozen=True, slots=True, eq=False)
class _Periods:
    """Windows gathered to periods.

    Args:
        grid: Contracts and windows.
        labels: Labels of the periods, in order.
        starts: The first window of each period.
    """

    grid: Grid
    labels: tuple[str, ...]
    starts: NDArray[np.intp]

    @classmethod
    def of(cls, grid: Grid, grain: str) -> "_Periods":
        named = [period.roll_up(label, grain) for label in window_labels(grid)]
        starts = np.array([i for i, name in enumerate(named) if not i or name != named[i - 1]], dtype=np.intp)
        return cls(grid, tuple(named[i] for i in starts), starts)

    def lines(self, values: Mapping[str, Values]) -> Lines:
        """Sum tables of contracts by windows over each period, and write them as lines with all values."""
        worlds = np.broadcast_shapes(*(value.shape[:-2] for value in values.values()))
        summed = {n: np.add.reduceat(v, self.starts, axis=-1) for n, v in values.items()}
        flat = {n: in_worlds(v.reshape(*v.shape[:-2], -1), worlds) for n, v in summed.items()}
        size = len(self.labels)
        keys = {n: Key(np.repeat(k.codes, size), k.labels) for n, k in self.grid.contracts.keys.items()}
        when = np.tile(np.arange(size, dtype=np.int32), len(self.grid.contracts))
        return _whole(Lines({**keys, "period": Key(when, self.labels)}, flat))
