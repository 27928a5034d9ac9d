"""The slow twin of the simulation: one customer in one world, month by month, in plain Python."""

from dataclasses import dataclass
from math import exp, log, log1p

from pertoken.forecast.migration.adoption import LEAST
from pertoken.forecast.migration.choice import FAINT, FREE, STEP
from pertoken.forecast.migration.leaving import ENOUGH, FADE, MOST, NOTICED
from pertoken.forecast.migration.response import FALL, RISE


@dataclass(frozen=True)
class Seen:
    """A plan as one customer sees it."""

    mean: float
    spread: float
    marginal: float
    free: float


def seen(plan, worlds, price):
    """See a plan over the usage of all worlds, a list of months for each; no cap."""
    every = [q for months in worlds for q in months]
    bills = [plan.bill(q) for q in every]
    mean = sum(bills) / len(bills)
    spread = (sum((b - mean) ** 2 for b in bills) / len(bills)) ** 0.5
    rises = [plan.bill(q * (1 + STEP)) - b for q, b in zip(every, bills, strict=True)]
    marginal = sum(rises) / (STEP * sum(every))
    free = sum(r <= FREE * price * STEP * q for r, q in zip(rises, every, strict=True)) / len(every)
    return Seen(mean, spread, marginal, free)


def average(plan, worlds):
    """What a unit costs on average, the fee left out."""
    every = [q for months in worlds for q in months]
    return sum(plan.bill(q) - plan.fee for q in every) / sum(every)


def worth(old, new, trait, taste):
    """What the new plan is worth more."""
    most = max(old.mean, new.mean)
    low = max(min(old.mean, new.mean), FAINT * most)
    usual = most if low == most else (most - low) / log(most / low)
    saved, calmer = (old.mean - new.mean) / usual, (old.spread - new.spread) / usual
    freer = (new.free - old.free) * old.mean / usual
    return (saved + trait.risk * calmer + trait.free_units * freer) / trait.scale + trait.taste + taste


def reach(wave, months):
    """Share of customers reached."""
    if wave.kind == "campaign":
        return wave.reach * min(months / wave.months, 1)
    gone = exp(-(wave.p + wave.q) * months)
    return wave.reach * (1 - gone) / (1 + wave.q / wave.p * gone)


def moved(value, look, wave, times, trait):
    """The month of the move, and whether it was forced; None for never."""
    own = None
    for month in range(times.announced, times.size):
        aware = reach(wave, month - times.announced + 1) >= look
        reluctance = trait.inertia * 0.5 ** ((month - times.announced) / trait.settling)
        if aware and value > LEAST and value >= reluctance - 1e-12 and month >= times.start:
            own = month
            break
    if times.sunset < times.size and (own is None or own > times.sunset):
        return times.sunset, True
    return own, False


def lived(old_plan, new_plan, known, months, *, wave, times, trait, taste, look, patience, leave):
    """Walk one customer through one world.

    Args:
        known: Usage of the months looked at, a list for each world that the customer thinks of.
        months: Usage of each month of the world that comes.

    Returns:
        Old revenue and new revenue by month.
    """
    price = average(old_plan, known)
    old, new = seen(old_plan, known, price), seen(new_plan, known, price)
    month, forced = moved(worth(old, new, trait, taste), look, wave, times, trait)
    least = max(old.marginal, new.marginal) / RISE
    change = log(max(new.marginal, least) / max(old.marginal, least))
    full = -trait.elasticity * min(max(change, log(FALL)), log(RISE)) + trait.uplift * max(new.free - old.free, 0)
    ratio = log(max(new.mean, max(old.mean, new.mean) / MOST) / max(old.mean, max(old.mean, new.mean) / MOST))
    up, down = max(ratio, 0.0), max(-ratio, 0.0)
    surprise = max(1 - (times.sunset - times.announced) / ENOUGH, 0)
    before, after = [], []
    hazard_old = hazard_new = 0.0
    for t, q in enumerate(months):
        on = month is not None and t >= month
        base = -log1p(-leave)
        pressure = 0.0
        if on and forced:
            anger = trait.shock * up + trait.no_notice * surprise * min(up / log(NOTICED), 1)
            pressure = anger * exp(-(t - month) / FADE)
        if not on and t >= times.start:
            pressure = trait.pay_per_use * down
        hazard_old += base
        hazard_new += base + max(base, -log1p(-trait.restless)) * (exp(pressure) - 1)
        now = q * exp(full * (1 - exp(-(t - month + 1) / trait.lag))) if on else q
        before.append(old_plan.bill(q) if hazard_old <= patience else 0.0)
        after.append((new_plan.bill(now) if on else old_plan.bill(q)) if hazard_new <= patience else 0.0)
    return before, after
