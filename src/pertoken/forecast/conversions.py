"""Conversions: customers who change their plan of their own accord, as the history shows them."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.forecast.growth import DAYS, WINDOW
from pertoken.forecast.panel import Panel
from pertoken.forecast.population import Codes, Conversion

MOST = 0.5
"""The most that may change their plan in a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversionPrior:
    """What is believed before the history speaks.

    Args:
        chance: To change to each plan that somebody was seen to change to, a month.
        strength: Customer-months that the belief counts for.
        steps: Changes that the belief that usage stays as it is counts for.
    """

    chance: float = 0.005
    strength: float = 20.0
    steps: float = 5.0


def plan_history(panel: Panel, plan: Key) -> Codes | None:
    """Say which plan each customer had in each period, from the track that decides it; None where none does.

    Args:
        panel: With what customers were, period by period.
        plan: Of each at the end, shape `(customer,)`.

    Returns:
        Shape `(customer, period)`; -1 where a label stands that nobody has at the end.
    """
    if len(plan.labels) < 2:  # noqa: PLR2004  one plan is no choice
        return None
    for track in panel.tracks.values():
        last = track.codes[:, -1]
        of_label = np.full(len(track.labels), -1, dtype=np.int32)
        of_label[last] = plan.codes
        if (of_label[last] == plan.codes).all():
            return of_label[track.codes]
    return None


def converted(panel: Panel, plan: Key, *, prior: ConversionPrior) -> Conversion | None:
    """Count who changed from which plan to which, month by month, and what their usage did.

    Args:
        panel: One cell for all usage, by day.
        plan: Of each customer at the end.
        prior: What is believed before.

    Returns:
        Chances of a month; None where nobody is seen to change.
    """
    history = plan_history(panel, plan)
    if history is None:
        return None
    days, count = np.arange(history.shape[1]), len(plan.labels)
    there = (days >= panel.since[:, None]) & (history >= 0)
    exposed = np.array([(there & (history == code)).sum() / DAYS for code in range(count)])
    before, after = history[:, :-1], history[:, 1:]
    who, when = np.nonzero((before != after) & there[:, :-1] & (after >= 0))
    if not len(who):
        return None
    pairs = (before[who, when], after[who, when])
    seen = np.zeros((count, count))
    np.add.at(seen, pairs, 1.0)
    believed = np.where(seen > 0, prior.chance * prior.strength, 0.0)
    chance = np.minimum((seen + believed) / (exposed[:, None] + prior.strength), MOST)
    step = np.zeros((count, count))
    np.add.at(step, pairs, _steps(panel.value, who, when + 1))
    return Conversion(chance, step / (seen + prior.steps))


def _steps(value: Values, who: np.ndarray, when: np.ndarray) -> Values:
    """Log of a customer's daily mean over 28 days from the change against the 28 before; 0 where either is nothing."""
    out = np.zeros(len(who))
    for i, (row, at) in enumerate(zip(who.tolist(), when.tolist(), strict=True)):
        past, later = value[row, max(at - WINDOW, 0) : at], value[row, at : at + WINDOW]
        if np.nansum(past) > 0 and np.nansum(later) > 0:
            out[i] = np.clip(np.log(np.nanmean(later) / np.nanmean(past)), -3, 3)
    return out
