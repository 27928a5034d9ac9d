"""Block: some customers of an offer with their usage, and both plans as they see them."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.migration.chance import Luck, luck
from pertoken.forecast.migration.choice import STEP, Appraisal, appraised
from pertoken.forecast.migration.offer import Timetable, Wave
from pertoken.forecast.migration.tariff import Ahead, Charged, Tariff
from pertoken.forecast.panel import Indices

LOOKED_AHEAD = 12
"""Months whose bills customers compare."""

THIN = 64
"""Worlds in which the price of one more unit is looked at."""


@dataclass(frozen=True, eq=False)
class Setting:
    """Customers, two plans, and an offer: all that a migration is simulated from.

    Args:
        names: Customers, shape `(customer,)`.
        months: Months ahead.
        ahead: Their usage in all worlds.
        old: The plan as it is.
        new: The plan that they are offered.
        leave: Chance of each to leave in a month as things are, shape `(customer, month)`.
        cost: What a unit of usage costs us, shape `(customer,)`. [currency / driver]
        asked: Who is offered the new plan, shape `(customer,)`.
        kept: Who may keep the old plan beyond its end.
        kept_above: So may those whose expected bill rises by more than this share; None for nobody.
        times: When things happen.
        wave: How customers come to look at the offer.
        cap: Most by which the new bill may lie above the old one while a cap holds, as a share; None for no cap.
        seed: Of what chance deals to customers.
    """

    names: tuple[str, ...]
    months: tuple[str, ...]
    ahead: Ahead
    old: Tariff
    new: Tariff
    leave: Values
    cost: Values
    asked: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    times: Timetable
    wave: Wave = field(default_factory=Wave)
    kept_above: float | None = None
    cap: float | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some customers, bills at usage as it would have been.

    Args:
        rows: Index of each.
        usage: Shape `(draw, customer, month)`. [driver]
        old: What the plan as it is charges.
        new: What the new one does, its cap included.
        fee: What the new plan charges without usage beyond what is idle then, less the old one's, of the same axes.
        seen_old: The old plan as they see it.
        seen_new: The new plan as they see it.
        asked: Who is offered the new plan, and would be billed otherwise by it, shape `(customer,)`.
        kept: Who may keep the old plan beyond its end.
        luck: Their own chance.
    """

    rows: Indices
    usage: Values
    old: Charged
    new: Charged
    fee: Values
    seen_old: Appraisal
    seen_new: Appraisal
    asked: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    luck: Luck

    def first(self, draws: int) -> "Block":
        """Keep the first worlds; plans are still seen as over all of them."""
        return replace(
            self,
            usage=self.usage[:draws],
            old=self.old.first(draws),
            new=self.new.first(draws),
            luck=Luck(self.luck.taste[:draws], self.luck.look[:draws], self.luck.patience[:draws]),
        )


def block(setting: Setting, rows: Indices, draws: int) -> Block:
    """Price the usage of some customers under both plans, and see both as they do."""
    times = setting.times
    usage = np.ascontiguousarray(setting.ahead(rows)[:draws])
    old = setting.old(usage, rows)
    new = capped(setting, setting.new(usage, rows), old.total)
    thin = usage[:THIN]
    more = setting.old(thin * (1 + STEP), rows)
    more_new = capped(setting, setting.new(thin * (1 + STEP), rows), more.total)
    fee, fee_new = (_fee(tariff, rows, times.size) for tariff in (setting.old, setting.new))
    months = slice(times.start, min(times.start + LOOKED_AHEAD, times.size))
    used = thin[..., months].sum(axis=(0, 2))
    paid = (old.total[:THIN] - fee)[..., months].sum(axis=(0, 2))
    price = np.divide(paid, used, out=np.zeros(len(rows)), where=used > 0)
    seen_old = _seen(old.total, more.total, thin, price, months)
    seen_new = _seen(new.total, more_new.total, thin, price, months)
    kept = setting.kept[rows]
    if setting.kept_above is not None:
        kept = kept | (seen_new.mean > (1 + setting.kept_above) * seen_old.mean)
    asked = setting.asked[rows] & (new.total != old.total)[..., times.start :].any(axis=(0, 2))
    own = luck(rows, draws, setting.seed)
    return Block(rows, usage, old, new, fee_new - fee, seen_old, seen_new, asked, kept, own)


def _fee(tariff: Tariff, rows: Indices, months: int) -> Values:
    """What a plan charges without usage, less what is idle then: the platform fee, shape `(1, customer, month)`."""
    nothing = tariff(np.zeros((1, len(rows), months)), rows)
    made: Values = nothing.total - nothing.idle
    return made


def _seen(bill: Values, more: Values, usage: Values, price: Values, months: slice) -> Appraisal:
    """See a plan: expectation and spread over all worlds, what one more unit costs over some."""
    thin = appraised(bill[:THIN, :, months], more[..., months], usage[..., months], price)
    axes = (0, 2)
    return replace(thin, mean=bill[..., months].mean(axis=axes), spread=bill[..., months].std(axis=axes))


def capped(setting: Setting, charged: Charged, old: Values) -> Charged:
    """Hold new bills to the cap over old ones, in the months in which it holds."""
    if setting.cap is None:
        return charged
    months = np.arange(setting.times.size)
    held = (months >= setting.times.start) & (months < setting.times.capped)
    most = np.where(held, (1 + setting.cap) * old, np.inf)
    return Charged(np.minimum(charged.total, most), charged.idle)
