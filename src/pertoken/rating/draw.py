"""Draw: charges meet pools. What is covered is taken off the invoice; what was drawn, lost and paid are lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pertoken.core import period
from pertoken.core.drawn import kind_of
from pertoken.core.errors import CardError
from pertoken.core.expression import condition
from pertoken.core.lines import Lines, Usage, concat
from pertoken.core.money import Values, round_half_up, settle, zeros
from pertoken.rating.adjust import rounded, shifted
from pertoken.rating.assign import Claim, combos, holds
from pertoken.rating.card import plain
from pertoken.rating.charge import carries, counted
from pertoken.rating.counted import Counted
from pertoken.rating.curve import running
from pertoken.rating.during import Window
from pertoken.rating.grid import Grid
from pertoken.rating.job import Job
from pertoken.rating.part import INVOICED, Part, Taken, drawing, within, without_nothing
from pertoken.rating.payment import paid
from pertoken.rating.placed import laid_out, lines_of, placing
from pertoken.rating.pool import granted, lost
from pertoken.rating.pool_terms import MONEY, Pool
from pertoken.rating.replay import Replay, replay
from pertoken.rating.windows import CYCLE, anchored

NOISE = 1e-9
"""What floats may be off by. [unit]"""


@dataclass(frozen=True, slots=True, eq=False)
class Listed:
    """A charge at list price.

    Args:
        claim: What it takes.
        taken: The usage that it takes.
        parts: Its lines so far, rounded.
    """

    claim: Claim
    taken: Taken
    parts: Sequence[Part]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What the pools of a card made.

    Args:
        parts: Lines that are added.
        replays: What happened in the pools.
        blocked: Usage that is not sold, since its pool is empty.
    """

    parts: tuple[Part, ...] = ()
    replays: tuple[Replay, ...] = ()
    blocked: tuple[Usage, ...] = ()


def quantity_pools(job: Job, listed: Mapping[str, Listed]) -> Drawn:
    """Draw the usage of charges from the pools that are counted in units, before it is priced."""
    out = Drawn()
    for pools in together([pool for pool in job.card.pools if pool.unit != MONEY]):
        names = [n for n in listed if any(plain(n) in pool.eligible for pool in pools)]
        if names:
            made = _quantities(job, pools, {name: listed[name] for name in names})
            out = Drawn(out.parts + made.parts, out.replays + made.replays, out.blocked + made.blocked)
    return out


def together(pools: Sequence[Pool]) -> list[list[Pool]]:
    """Gather the pools that share charges, directly or through others."""
    out: list[list[Pool]] = []
    for pool in pools:
        near = [own for own in out if any(set(pool.eligible) & set(each.eligible) for each in own)]
        out = [own for own in out if own not in near]
        out.append([each for own in near for each in own] + [pool])
    return out


def grain_of(pools: Sequence[Pool]) -> Window:
    """The period by which pools are drawn: as they say, or by their cycle, but by the month at least."""
    month: Window = "month"
    cycles: list[Window] = [pool.drawn or pool.every or month for pool in pools]
    return min([month, *cycles], key=period.GRAINS.index)


def _grid(job: Job, pools: Sequence[Pool], lines: Sequence[Lines]) -> Grid:
    """Contracts by the windows in which pools are drawn.

    Raises:
        CardError: What is drawn is not known by them.
    """
    for each in lines:
        job.key(each, grain_of(pools))
    return Grid.of(job.contracts, grain_of(pools))


def _replayed(job: Job, pools: Sequence[Pool], grid: Grid, demand: Mapping[str, Values]) -> Replay:
    given = [granted(pool, grid, _who(job, pool), exact=job.exact) for pool in pools]
    return replay(grid, given, demand, exact=job.exact)


def _who(job: Job, pool: Pool) -> Any:  # noqa: ANN401  a mask
    """The contracts that have a pool."""
    size = len(job.contracts)
    if not pool.where:
        return np.ones(size, dtype=bool)
    asked = condition(pool.where)
    found = combos(Lines(job.contracts.keys, {}), sorted(asked.names))
    return np.array([holds(asked, each, job.card.bands) for each in found.labels])[found.of_line]


def _quantities(job: Job, pools: Sequence[Pool], listed: Mapping[str, Listed]) -> Drawn:
    grid = _grid(job, pools, [each.taken.usage for each in listed.values()])
    if not all(grid.shape):
        return Drawn()
    rows: dict[str, Counted] = {}
    for name, own in listed.items():
        earlier = [rows[other] for other in rows if plain(other) == plain(name)] if carries(own.claim) else []
        rows[name] = counted(job, own.claim, own.taken, grid.grain, earlier)
    places = {name: placing(grid, each.lines) for name, each in rows.items()}
    demand: dict[str, Values] = {}
    for name, each in rows.items():
        dense = laid_out(grid, each.quantity, places[name], exact=job.exact)
        demand[plain(name)] = demand[plain(name)] + dense if plain(name) in demand else dense
    played = _replayed(job, pools, grid, demand)
    for name, each in rows.items():
        _refuse_corrections(job, name, played, Lines(each.lines.keys, {"quantity": each.quantity}))
    rest = {name: each.reshape(*each.shape[:-2], -1) for name, each in played.covered.items()}
    parts: list[Part] = []
    blocked: list[Usage] = []
    for name, each in rows.items():
        cover = _spread(each.quantity, rest[plain(name)], places[name])
        if len([other for other in rows if plain(other) == plain(name)]) > 1:
            rest[plain(name)] = rest[plain(name)].copy()
            np.subtract.at(rest[plain(name)], (..., places[name]), cover)  # type: ignore[arg-type]
        offered = played.offered[plain(name)].reshape(-1)[places[name]]
        net, outside = each.quantity - cover, [pool for pool in pools if plain(name) in pool.eligible]
        closed = each.charge.curve is None or all(pool.outside.block for pool in outside)
        if closed:
            open_ = net * (offered | (each.charge.curve is None))
            blocked += _left(each, open_)
            net = net - open_
        dearer = any(pool.outside.times != 1 for pool in outside)
        factor = _factor(played, outside, places[name], exact=job.exact) if dearer else None
        parts += _covered(job, name, listed[name], each, net, factor)
    taken = _joined([each.taken for each in listed.values()], exact=job.exact)
    parts += pool_parts(job, pools, played, taken)
    return Drawn(tuple(parts), (played,), tuple(blocked))


def _factor(played: Replay, pools: Sequence[Pool], place: Any, *, exact: bool) -> Values:  # noqa: ANN401  an index
    """The factor of what is beyond the pools, for each row: that of the first pool which the contract then has."""
    out = zeros(played.grid.shape, exact=exact) + 1
    for pool in reversed(pools):
        out = np.where(played.there(pool), kind_of(pool.outside.times, exact=exact, axes=2), out)
    factor: Values = out.reshape(*out.shape[:-2], -1)[..., place]
    return factor


def _covered(  # noqa: PLR0917  what meets here
    job: Job, name: str, listed: Listed, rows: Counted, net: Values, factor: Values | None
) -> list[Part]:
    """Take off the list price what pools cover, with the rounding that the invoice then has."""
    money, gross = rows.money(net), rows.money(rows.quantity)
    if factor is not None:
        money = settle(money * factor)
    off = money - gross
    lines = without_nothing(Lines(rows.lines.keys, {"quantity": off * 0, "amount": off}))
    if not len(lines):
        return []
    meter = rows.charge.measure.meters if rows.charge.measure else ""
    part = Part.of(lines.with_keys(meter=meter), name, f"prices.{name}", "covered", listed.taken)
    values = {**rows.lines.values, "net": net}
    if factor is not None:
        values["factor"] = net * 0 + factor
    part = replace(part, basis=replace(rows, lines=Lines(rows.lines.keys, values)))
    bare = [each for each in listed.parts if each.stage != "rounding"]
    whole = rounded([*bare, part], job)
    before, after = ([p for p in parts if p.stage == "rounding"] for parts in (listed.parts, whole))
    return [part, *shifted(after, before, job)]


def _spread(quantity: Values, covered: Values, place: Any) -> Values:  # noqa: ANN401  an index
    """Give what is covered in each contract and window (one axis) to its rows, one after the other in their order."""
    rest = covered[..., place]
    none = quantity * 0
    alone = np.zeros(covered.shape[-1], dtype=bool)
    alone[place] = True
    if np.count_nonzero(alone) == len(place):
        return np.clip(quantity, none, rest)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.append(True, place[order][1:] != place[order][:-1]))
    so_far = np.clip(running(quantity[..., order], starts), none, rest[..., order])
    before = np.roll(so_far, 1, axis=-1)
    before[..., starts] = 0 * before[..., starts]
    out: Values = np.empty_like(quantity + rest * 0)
    out[..., order] = so_far - before
    return out


def _left(rows: Counted, net: Values) -> list[Usage]:
    some = (net != 0).reshape(-1, net.shape[-1]).any(axis=0)
    if not some.any():
        return []
    measure = rows.charge.measure
    lines = Lines(rows.lines.keys, {"quantity": net}).pick(some).with_keys(meter=measure.meters if measure else "")
    return [Usage(lines.keys, lines.values)]


def _joined(taken: Sequence[Taken], *, exact: bool) -> Taken:
    """All usage that several charges take."""
    if len(taken) == 1:
        return taken[0]
    both = concat(Usage, [Usage(each.usage.keys, {"quantity": each.quantity(exact=exact)}) for each in taken])
    return Taken(both)


def money_pools(job: Job, parts: Sequence[Part], listed: Mapping[str, Listed]) -> Drawn:
    """Draw what is invoiced for charges from the pools that hold money."""
    out = Drawn()
    moneys = [replace(p, eligible=drawing(p, job.card)) for p in job.card.pools if p.unit == MONEY]
    for pools in together(moneys):
        made = _moneys(job, pools, within(parts, INVOICED), listed)
        out = Drawn(out.parts + made.parts, out.replays + made.replays)
    return out


def _moneys(job: Job, pools: Sequence[Pool], parts: Sequence[Part], listed: Mapping[str, Listed]) -> Drawn:
    eligible = list(dict.fromkeys(name for pool in pools for name in pool.eligible))
    own = {name: [p for p in parts if plain(p.charge) == name and len(p.lines)] for name in eligible}
    grid = _grid(job, pools, [job.own])
    if not all(grid.shape):
        return Drawn()
    demand = {name: _wanted(job, grid, each) for name, each in own.items()}
    played = _replayed(job, pools, grid, demand)
    made = []
    for name, each in own.items():
        if each:
            for part in within(each, frozenset({"list"})):
                _refuse_corrections(job, part.charge, played, part.lines)
            off = _beyond(job, pools, played, name) - played.covered[name]
            lines = lines_of(grid, off, off * 0)
            part = Part.of(lines, each[0].charge, f"pools.{_first(pools, name)}", "covered", each[0].taken)
            made += [whole.at("covered") for whole in rounded([part], job)]
    taken = [listed[n].taken for n in listed if plain(n) in eligible]
    behind = _joined(taken, exact=job.exact) if taken else job.tokens
    return Drawn(tuple([p for p in made if len(p.lines)] + pool_parts(job, pools, played, behind)), (played,))


def _beyond(job: Job, pools: Sequence[Pool], played: Replay, name: str) -> Values:
    """What is paid on top for what money no longer covers, by contract and window."""
    own = [pool for pool in pools if name in pool.eligible]
    none = played.covered[name] * 0
    if all(pool.outside.times == 1 for pool in own):
        return none
    factor = _factor(played, own, slice(None), exact=job.exact)
    factor = factor.reshape(*factor.shape[:-1], *played.grid.shape)
    rest = np.maximum(played.demand[name] - played.covered[name], none)
    dearer: Values = settle(rest * (factor - 1))
    return dearer


def _refuse_corrections(job: Job, name: str, played: Replay, lines: Lines) -> None:
    """Refuse windows that take back more than they use, where a pool may have covered it.

    Raises:
        CardError: There is one: money would be paid back for what a pool has covered.
    """
    charge, quantity = job.card.prices.get(name), lines.values["quantity"]
    if not (quantity < 0).any() or (charge and charge.measure and charge.measure.kind not in {"sum", "count"}):
        return
    grid = played.grid
    net = laid_out(grid, quantity, placing(grid, lines), exact=job.exact)
    bad = (net < 0) & (abs(net) > NOISE) & played.offered[plain(name)]
    if bad.any():
        window = grid.labels[int(np.argwhere(bad)[0][-1])]
        msg = (
            f"{job.card.source or job.card.name}: usage of {plain(name)} is less than nothing in the {grid.grain} "
            f"{window}, and it draws on a pool; expected corrections in the period that they correct; put them "
            "there, and rate that period again"
        )
        raise CardError(msg)


def _wanted(job: Job, grid: Grid, parts: Sequence[Part]) -> Values:
    """What a charge is invoiced by contract and window; what is taken off a longer period goes off its last windows.

    Raises:
        CardError: The charge is priced by a longer period than its pool is drawn by.
    """
    out = zeros(grid.shape, exact=job.exact)
    for part in parts:
        charge = job.card.prices.get(part.charge)
        fee = charge is not None and charge.measure is None
        finest = period.finest(set(part.lines.keys)) or ("month" if CYCLE in part.lines.keys else None)
        coarse = finest is not None and period.GRAINS.index(finest) > period.GRAINS.index(grid.grain)
        if coarse and part.stage == "list" and not fee and grid.name != CYCLE:
            msg = (
                f"{job.card.source or job.card.name}: a pool of money is drawn by {grid.grain}, and {part.charge} is "
                f"priced by {finest}; nobody can tell what of it was used first; say drawn: {finest}, or "
                f"window: {grid.grain}"
            )
            raise CardError(msg)
        out = out + laid_out(
            grid,
            part.lines.values["amount"],
            placing(grid, part.lines, early=fee and part.stage == "list"),
            exact=job.exact,
        )
    invoices = _invoices(grid)
    for w in range(grid.shape[1] - 1, 0, -1):
        same = invoices[:, w] == invoices[:, w - 1]
        if same.any():
            none = out[..., w] * 0
            below = np.where(same, np.minimum(out[..., w], none), none)
            out[..., w - 1] += below
            out[..., w] -= below
    return out


def _invoices(grid: Grid) -> Any:  # noqa: ANN401  months
    """The month in which the invoice of each window begins, shape `(contract, window)`, or one line for all."""
    months = grid.begin.astype("datetime64[M]")
    if grid.contracts.card.during.anchor is None:
        return months[None]
    days = [grid.contracts.day_of(contract) for contract in range(len(grid.contracts))]
    begun = {day: months - (anchored(months, day) > grid.begin).astype(np.int64) for day in set(days)}
    return np.stack([begun[day] for day in days])


def _first(pools: Sequence[Pool], charge: str) -> str:
    return next(pool.name for pool in pools if charge in pool.eligible)


STAGE = {"drawn": "drawn", "expired": "unused", "refunded": "refund"}
"""Stages of what happens in a pool."""


def pool_parts(job: Job, pools: Sequence[Pool], played: Replay, taken: Taken) -> list[Part]:
    """Write down what pools cost as they are used, what was lost, what was paid and paid back."""
    out = []
    for pool in pools:
        term, meter = f"pools.{pool.name}", _unit(job, pool)
        happened = {"drawn": played.entries(pool, "drawn"), lost(pool): played.entries(pool, lost(pool))}
        for kind, (quantity, value) in happened.items():
            money = -_rounded(value, job) if kind == "refunded" else value
            lines = lines_of(played.grid, money, quantity).with_keys(meter=meter)
            out.append(Part.of(lines, pool.name, term, STAGE[kind], taken))
        bought = paid(job, pool, played, happened)
        if bought is not None:
            lines = lines_of(played.grid, bought, bought * 0)
            lines = Lines(lines.keys, {**lines.values, "amount": _rounded(lines.values["amount"], job)})
            out.append(Part.of(lines.with_keys(meter=meter), pool.name, term, "purchase", taken))
    return [part for part in out if len(part.lines)]


def _rounded(money: Values, job: Job) -> Values:
    return money if job.card.rounding is None else round_half_up(money, job.card.rounding)


def _unit(job: Job, pool: Pool) -> str:
    """What a pool's lines are called among the meters: what its charges count."""
    charge = job.card.prices.get(pool.eligible[0])
    return charge.measure.meters if charge and charge.measure and pool.unit != MONEY else ""
