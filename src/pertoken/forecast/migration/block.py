"""Block: some customers of an offer with their usage, and both plans as they see them."""

from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.agreed import Agreed, Terms
from pertoken.forecast.migration.chance import Luck, luck
from pertoken.forecast.migration.choice import STEP, Appraisal, appraised
from pertoken.forecast.migration.offer import Timetable, Wave
from pertoken.forecast.migration.tariff import Ahead, Charged, Tariff
from pertoken.forecast.panel import Indices
from pertoken.forecast.settlement import settled

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
        contracts: What customers have signed on the old plan, of the same customers and months; None for nothing.
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
    contracts: Agreed | None = None

    def bound(self, rows: Indices) -> Indices:
        """First month in which each of some customers may change plans, by contract, shape `(customer,)`."""
        none = np.zeros(len(rows), dtype=np.int64)
        return none if self.contracts is None else self.contracts.bound[rows]


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
        bound: First month in which each may change plans, by contract, shape `(customer,)`.
        true_up: What commitments charge without usage, shape `(draw, customer, month)`. [currency]
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
    bound: Indices
    true_up: Values

    def first(self, draws: int) -> "Block":
        """Keep the first worlds; plans are still seen as over all of them."""
        return replace(
            self,
            usage=self.usage[:draws],
            old=self.old.first(draws),
            new=self.new.first(draws),
            true_up=self.true_up[:draws],
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
    own, more_due = luck(rows, draws, setting.seed), _true_up(setting.contracts, rows, old.total)
    bound = setting.bound(rows)
    return Block(rows, usage, old, new, fee_new - fee, seen_old, seen_new, asked, kept, own, bound, more_due)


def _true_up(contracts: Agreed | None, rows: Indices, charges: Values) -> Values:
    """Say what commitments of some customers charge without usage, shape of the charges.

    Args:
        contracts: Of all customers; None for no commitment.
        rows: Index of each of these.
        charges: What the old plan charges them, shape `(draw, customer, month)`. [currency]
    """
    if contracts is None or not (mine := np.isin(contracts.terms.customer, rows)).any():
        return np.zeros((1, 1, 1))
    own = {each.name: getattr(contracts.terms, each.name)[mine] for each in fields(contracts.terms)}
    place = {row: at for at, row in enumerate(rows.tolist())}
    own["customer"] = np.array([place[row] for row in own["customer"].tolist()])
    true_up: Values = settled(replace(contracts, terms=Terms(**own), ramp=contracts.ramp[rows]), charges).true_up
    return true_up


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
