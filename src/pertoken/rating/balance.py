"""Balance: what a pool held, was granted, gave and lost in a contract's period, read off its replay."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from pertoken.core.lines import Key, Lines
from pertoken.rating.job import Job
from pertoken.rating.pool import Grant, since
from pertoken.rating.pool_terms import MONEY, Pool
from pertoken.rating.replay import Replay


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """A pool in a period: opening + granted = drawn + expired + refunded + left.

    Args:
        card: Name of the card.
        pool: The pool.
        contract: Labels of the contract, by the keys of the card's scope.
        period: The invoice's period.
        opening: What was left from before. [unit of the pool]
        granted: What was granted in the period. [unit of the pool]
        drawn: What was drawn. [unit of the pool]
        by_charge: What charges drew; empty where several pools share charges, or a charge draws at a rate
            of its own. [unit of the pool]
        expired: What was lost. [unit of the pool]
        refunded: What was paid back. [unit of the pool]
        left: What is left for later. [unit of the pool]
    """

    card: str
    pool: Pool
    contract: Mapping[str, str]
    period: str
    opening: Decimal
    granted: Decimal
    drawn: Decimal
    by_charge: Mapping[str, Decimal]
    expired: Decimal
    refunded: Decimal
    left: Decimal

    @property
    def unit(self) -> str:
        """What it is counted in; empty for money."""
        return "" if self.pool.unit == MONEY else self.pool.unit


def balances(job: Job, replays: Sequence[Replay], chosen: Mapping[str, str], month: str = "") -> list[Balance]:
    """Read the balances of pools off what happened in them.

    Args:
        job: The card at work.
        replays: What happened in its pools.
        chosen: Labels of contracts; those that agree are told.
        month: Month in which the invoice's period begins; all periods if empty.
    """
    out = []
    for played in replays:
        pools = played.pools
        for contract, period, windows in _periods(job, played, chosen, month):
            for pool in pools:
                alone = len([p for p in pools if set(p.eligible) & set(pool.eligible)]) == 1
                labels = {n: k.labels[k.codes[contract]] for n, k in job.contracts.keys.items()}
                made = _balance(job, played, pool, (contract, *windows), alone=alone)
                if any((made.opening, made.granted, made.drawn, made.expired, made.refunded)):
                    out.append(replace(made, contract=labels, period=period))
    return out


def _periods(
    job: Job, played: Replay, chosen: Mapping[str, str], month: str
) -> Iterator[tuple[int, str, tuple[int, int]]]:
    """The contracts chosen and their periods, each with its first window and the one after its last."""
    keys = job.contracts.keys
    for contract in range(len(job.contracts)):
        labels = {name: key.labels[key.codes[contract]] for name, key in keys.items()}
        if any(labels[name] != label for name, label in chosen.items() if name in labels):
            continue
        period = _of_windows(job, played, labels)
        for code in np.unique(period.codes):
            label = period.labels[code]
            if label.startswith(month):
                at = np.flatnonzero(period.codes == code)
                yield contract, label, (int(at[0]), int(at[-1]) + 1)


def _of_windows(job: Job, played: Replay, labels: Mapping[str, str]) -> Key:
    grid = played.grid
    size = len(grid.labels)
    keys = {name: Key.constant(label, size) for name, label in labels.items()}
    windows = Key(np.arange(size, dtype=np.int32), grid.labels)
    return job.invoiced(Lines({**keys, grid.name: windows}, {}))


def _balance(job: Job, played: Replay, pool: Pool, where: tuple[int, int, int], *, alone: bool) -> Balance:
    contract, first, last = where
    own = [grant for grant in played.grants if grant.pool is pool]
    new = [g for g in own if _is_new(g, played, contract) and first <= g.opened < last]
    old = [g for g in own if g.opened < first or (g.opened == first and not _is_new(g, played, contract))]
    granted = _sum(g.size[contract] for g in new)
    opening = _sum(g.size[contract] - _happened([g], contract, (0, first)) for g in old)
    drawn, expired, refunded = (
        _happened(own, contract, (first, last), kind) for kind in ("drawn", "expired", "refunded")
    )
    covered = {n: _sum(played.covered[n][contract, first:last]) for n in pool.eligible if n in played.covered}
    return Balance(
        card=job.card.name,
        pool=pool,
        contract={},
        period="",
        opening=opening,
        granted=granted,
        drawn=drawn,
        by_charge={n: q for n, q in covered.items() if q} if alone and pool.inside.times is None else {},
        expired=expired,
        refunded=refunded,
        left=opening + granted - drawn - expired - refunded,
    )


def _is_new(grant: Grant, played: Replay, contract: int) -> bool:
    """Whether it was granted in a month of the books, not carried on or from before them."""
    when = max(grant.begin, since(grant.pool, played.grid.contracts)[contract])
    return not grant.carried and when.astype("datetime64[M]") >= played.grid.begin[0].astype("datetime64[M]")


def _happened(grants: Sequence[Grant], contract: int, windows: tuple[int, int], kind: str = "") -> Decimal:
    first, last = windows
    return _sum(
        quantity[contract]
        for grant in grants
        for what, window, quantity, _ in grant.entries
        if first <= window < last and what == (kind or what)
    )


def _sum(numbers: Iterable[Decimal]) -> Decimal:
    return sum(numbers, Decimal(0))
