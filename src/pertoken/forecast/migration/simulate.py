"""Simulate: walk customers through an offer in many worlds, in blocks of customers, and add up what comes of it."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.migration import leaving
from pertoken.forecast.migration.adoption import looked, moves
from pertoken.forecast.migration.block import Block, Setting, block, capped
from pertoken.forecast.migration.choice import gain
from pertoken.forecast.migration.migration import (
    SCALES,
    SHARES,
    SIGNALS,
    STEPS,
    Customers,
    Migration,
    Rationality,
)
from pertoken.forecast.migration.priors import Traits
from pertoken.forecast.migration.response import full_response, reached
from pertoken.forecast.migration.tariff import Charged
from pertoken.forecast.panel import Indices

HELD = 500_000
"""Numbers of (draw, customer, month) that are held at a time."""

WATCHED = 3
"""Months from the start at whose end the first signals are read."""

FEWER = 128
"""Worlds in which each of `SCALES` is simulated."""

Flags = NDArray[np.bool_]
Sums = dict[str, Values]
"""What is added up over customers, each `(draw, month)` or `(draw,)`."""


@dataclass(frozen=True, slots=True, eq=False)
class Walk:
    """What customers of a block do, each `(draw, customer, month)` where nothing else is said.

    Args:
        month: First month on the new plan, shape `(draw, customer)`.
        forced: Whether the end of the old plan moved them, shape `(draw, customer)`.
        on: Whether they are on the new plan.
        used: What they use then. [driver]
        after: What the new plan charges for that.
        stay: Whether they are customers if nothing is offered.
        stay_new: Whether they are under the offer.
    """

    month: Indices
    forced: Flags
    on: Flags
    used: Values
    after: Charged
    stay: Flags
    stay_new: Flags


def migrate(setting: Setting, traits: Traits) -> Migration:
    """Simulate an offer.

    Each customer looks at the offer at some time, compares bills, changes when it is worth more than the reluctance,
    and uses and leaves by what changed; all of it beside the same usage, taste and patience without the offer.

    Args:
        setting: Customers, plans and offer.
        traits: What customers are like in each world; their number is that of the worlds.
    """
    draws, size = len(traits), len(setting.months)
    each = max(HELD // (draws * size), 1)
    sums: Sums = {}
    scaled: list[Sums] = [{} for _ in SCALES]
    people: list[Customers] = []
    for first in range(0, len(setting.names), each):
        here = block(setting, np.arange(first, min(first + each, len(setting.names))), draws)
        walk = _walk(setting, traits, here)
        sums = _added(sums, _revenues(setting, here, walk) | _early(setting, here, walk))
        people.append(_people(setting, traits, here, walk))
        fewer = here.first(FEWER)
        for i, scale in enumerate(SCALES):
            again = traits.first(FEWER).with_scale(scale)
            scaled[i] = _added(scaled[i], _revenues(setting, fewer, _walk(setting, again, fewer)))
    rational = tuple(_rationality(scale, each) for scale, each in zip(SCALES, scaled, strict=True))
    return _migration(setting, traits, sums, _joined(people), rational)


def _added(sums: Sums, more: Sums) -> Sums:
    return {name: sums[name] + value for name, value in more.items()} if sums else more


def _walk(setting: Setting, traits: Traits, here: Block) -> Walk:
    """Walk a block of customers through the offer."""
    times, asked = setting.times, here.asked
    worth = gain(here.seen_old, here.seen_new, traits) + here.luck.taste
    look = looked(setting.wave, times, here.luck.look)
    month, forced = moves(worth, look, times, traits, asked=asked, kept=here.kept, bound=here.bound)
    since = np.arange(times.size) - month[..., None]
    settled = full_response(here.seen_old, here.seen_new, traits)
    used = here.usage * np.exp(settled[..., None] * reached(since, traits.lag))
    after = capped(setting, setting.new(used, here.rows), here.old.total)
    base = setting.leave[here.rows]
    calm = np.zeros((1, 1, times.size))
    stay = leaving.stays(base, calm, here.luck.patience, traits.restless)
    pressure = leaving.pressure(here.seen_old, here.seen_new, traits, times, since=since, forced=forced)
    stay_new = leaving.stays(base, np.where(asked[:, None], pressure, 0.0), here.luck.patience, traits.restless)
    return Walk(month, forced, since >= 0, used, after, stay, stay_new)


def _revenues(setting: Setting, here: Block, walk: Walk) -> Sums:
    """Add up revenue, cost and the pieces of the bridge, by world and month."""
    first = np.maximum(here.bound, setting.times.start)
    offered = here.asked[:, None] & (np.arange(setting.times.size) >= first[:, None])
    old, new, on = here.old.total, here.new.total, walk.on
    there = offered & walk.stay
    shift = np.where(there, new - old, 0.0)
    bill = np.where(on, walk.after.total, old) + here.true_up
    cost = setting.cost[here.rows][:, None]
    values = {
        "old": walk.stay * (old + here.true_up),
        "new": walk.stay_new * bill,
        "old_cost": walk.stay * here.usage * cost,
        "new_cost": walk.stay_new * np.where(on, walk.used, here.usage) * cost,
        "shift": shift,
        "fee": np.where(there, here.fee, 0.0),
        "idle": np.where(there, here.new.idle - here.old.idle, 0.0),
        "moved_shift": np.where(on, shift, 0.0),
        "response": np.where(on & walk.stay, walk.after.total - new, 0.0),
        "churn": walk.stay_new * bill - walk.stay * bill,
        "optimisers": np.where(shift.sum(axis=-1, keepdims=True) < 0, shift, 0.0),
        "there": there,
        "there_on": there & on,
        "stay": walk.stay,
        "stay_new": walk.stay_new,
    }
    return {name: value.sum(axis=1, dtype=np.float64) for name, value in values.items()}


def _early(setting: Setting, here: Block, walk: Walk) -> Sums:
    """Add up what is seen in the first months, of those who are asked and there when the new plan starts."""
    times = setting.times
    seen = slice(times.start, min(times.start + WATCHED, times.size))
    last = seen.stop - 1
    there = walk.stay_new[..., times.start] & here.asked
    early = walk.on[..., seen] & there[..., None]
    moved = early[..., -1]
    paid = np.where(early, walk.after.total[..., seen] - here.old.total[..., seen], 0.0).sum(axis=-1)
    values = {
        "early_there": there,
        "early_moved": moved,
        "early_fell": moved & (paid < 0),
        "early_used": np.where(early, walk.used[..., seen], 0.0).sum(axis=-1),
        "early_usual": np.where(early, here.usage[..., seen], 0.0).sum(axis=-1),
        "early_left": there & ~walk.stay_new[..., last],
    }
    return {name: value.sum(axis=1, dtype=np.float64) for name, value in values.items()}


def _people(setting: Setting, traits: Traits, here: Block, walk: Walk) -> Customers:
    """What the offer does to each customer of a block, and what it would do to move them by force at its start."""
    times, base = setting.times, setting.leave[here.rows]
    months = slice(times.start, times.size)
    change = (here.new.total - here.old.total)[..., months].mean(axis=-1)
    since = np.broadcast_to(np.arange(times.size) - times.start, (len(traits), 1, times.size))
    all_forced = np.ones((len(traits), len(base)), dtype=bool)
    at_once = replace(times, sunset=times.start)
    angry = leaving.pressure(here.seen_old, here.seen_new, traits, at_once, since=since, forced=all_forced)
    calm = leaving.chance_to_stay(base, np.zeros((1, 1, times.size)), traits.restless)
    upset = leaving.chance_to_stay(base, angry, traits.restless)
    worth = (upset * here.new.total - calm * here.old.total)[..., months].sum(axis=-1).mean(axis=0)
    return Customers(
        tuple(setting.names[row] for row in here.rows),
        here.asked,
        here.kept,
        here.old.total[..., months].mean(axis=(0, 2)),
        np.quantile(change, SHARES, axis=0),
        (walk.month < times.size).mean(axis=0),
        walk.forced.mean(axis=0),
        (calm - upset)[..., -1].mean(axis=0),
        worth,
    )


def _share(sums: Sums) -> Values:
    """Share of those asked, and there, that are on the new plan, shape `(draw, month)`."""
    return np.divide(sums["there_on"], sums["there"], out=np.zeros_like(sums["there"]), where=sums["there"] > 0)


def _rationality(scale: float, sums: Sums) -> Rationality:
    old, new, moved = (sums[name].sum(axis=-1) for name in ("old", "new", "moved_shift"))
    return Rationality(scale, _share(sums)[:, -1], moved, new - old, old)


def _migration(
    setting: Setting, traits: Traits, sums: Sums, customers: Customers, rational: tuple[Rationality, ...]
) -> Migration:
    """Put the sums together: the bridge, the shares, the signals."""
    share = _share(sums)
    values = (
        share * (sums["shift"] - sums["fee"] - sums["idle"]),
        share * sums["fee"],
        share * sums["idle"],
        sums["moved_shift"] - share * sums["shift"],
        sums["response"],
        sums["churn"],
    )
    return Migration(
        months=setting.months,
        start=setting.times.start,
        old=sums["old"],
        new=sums["new"],
        old_cost=sums["old_cost"],
        new_cost=sums["new_cost"],
        steps=dict(zip(STEPS, values, strict=True)),
        optimisers=sums["optimisers"],
        adoption=share,
        stayed=(sums["stay"], sums["stay_new"]),
        signals=dict(zip(SIGNALS, _signals(sums), strict=True)),
        seen=min(setting.times.start + WATCHED, setting.times.size) - 1,
        traits=traits,
        customers=customers,
        rationality=rational,
    )


def _signals(sums: Sums) -> tuple[Values, ...]:
    pairs = (("moved", "there"), ("fell", "moved"), ("used", "usual"), ("left", "there"))
    found = [(sums[f"early_{part}"], sums[f"early_{whole}"]) for part, whole in pairs]
    return tuple(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0) for part, whole in found)


def _joined(people: list[Customers]) -> Customers:
    """Put the customers of all blocks one after the other."""
    numbers = ("asked", "kept", "old", "change", "moved", "forced", "lost", "worth")
    return Customers(
        tuple(name for each in people for name in each.names),
        **{name: np.concatenate([getattr(each, name) for each in people], axis=-1) for name in numbers},
    )
