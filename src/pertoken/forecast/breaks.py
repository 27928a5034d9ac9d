"""Breaks: a day from which on all customers use more, or less, although nobody declared why.

They are found to be asked about, never used: one number for each period (the mean over customers of how far each is
from its own level, in logs), held against a straight line with the pattern of the week. The step that fits best is a
break if hardly any series made of the same shocks in another order, which stay as long, has one that fits as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from pertoken.core import period
from pertoken.core.money import Values
from pertoken.forecast.event import Event
from pertoken.forecast.events import log_ratios
from pertoken.forecast.panel import NUMBERED, Indices, Panel

SHUFFLES = 499
CHANCE = 0.02
"""A break is told where shuffled shocks make a step as large this seldom."""

LEAST = 0.05
"""The smallest change that is told, in logs."""

MOST = 3
"""The most breaks that are told."""

FEWEST = 3
"""Customers that a shared break needs."""


@dataclass(frozen=True, slots=True, eq=False)
class Break:
    """A day on which something happened that nobody declared.

    Args:
        on: Label of the first period after it.
        ratio: The middle customer's usage after it against before.
        chance: How often shuffled shocks make a step that fits as well.
        share: Share of the customers who moved the same way.
    """

    on: str
    ratio: float
    chance: float
    share: float

    @property
    def question(self) -> str:
        """What the reader is asked."""
        way = f"rose by {self.ratio - 1:.0%}" if self.ratio > 1 else f"fell by {1 - self.ratio:.0%}"
        return (
            f"From {self.on} on usage {way}, for {self.share:.0%} of the customers the same way (without a cause: "
            f"{self.chance:.1%}). Was there a price change, a new plan, a launch? It is taken for growth "
            "unless it is declared as an event."
        )


def found(panel: Panel, events: Iterable[Event] = (), *, rng: np.random.Generator) -> tuple[Break, ...]:
    """Find breaks that all customers share and nobody declared.

    Args:
        panel: Its history; of three customers and eight weeks (or seasons) at least, else nothing is found.
        events: Declared ones, which are not told again.
        rng: Chance of the shuffles.
    """
    value, season = panel.value, _season(panel)
    used = np.nansum(value, axis=1) > 0
    edge = 2 * season
    if used.sum() < FEWEST or value.shape[1] < 4 * edge:
        return ()
    shared = _shared(value[used])
    known = [at for each in events if 0 < (at := _place(panel, each)) < value.shape[1]]
    told: list[Break] = []
    while len(told) < MOST:
        at, chance = _strongest(shared, known, season, rng)
        if chance > CHANCE:
            break
        known.append(at)
        one = _told(panel.periods[at], value[used], at, edge, chance)
        if abs(np.log(one.ratio)) >= LEAST:
            told.append(one)
        else:
            break
    return tuple(sorted(told, key=lambda each: each.on))


def _season(panel: Panel) -> int:
    """Periods of a pattern: a week of days, a day of hours, four of what has no short pattern."""
    return panel.season if panel.grain in ("hour", "day") else 4


def _place(panel: Panel, each: Event) -> int:
    if panel.grain == NUMBERED:
        return -1
    return int((period.begins(panel.periods) < np.datetime64(each.on, "s")).sum())


def _shared(value: Values) -> Values:
    """How far customers are from their own level, in logs, on average over those who are watched, shape `(period,)`."""
    watched = ~np.isnan(value)
    level = np.nanmean(value, axis=1, keepdims=True)
    score = np.log1p(value / np.maximum(level, 1e-300))
    off = np.where(watched, score - np.nanmean(score, axis=1, keepdims=True), 0.0)
    seen: Values = watched.sum(axis=0)
    shared: Values = off.sum(axis=0) / np.maximum(seen, 1)
    return shared


def _strongest(shared: Values, known: list[int], season: int, rng: np.random.Generator) -> tuple[int, float]:
    """Find the step that fits best, and how often shuffled shocks make one that fits as well."""
    size = len(shared)
    when = np.arange(size)
    pattern = (when[:, None] % season == np.arange(season)).astype(np.float64)
    steps = [(when >= at).astype(np.float64) for at in known]
    base, _ = np.linalg.qr(np.column_stack([pattern, when / size, *steps]))
    places = [at for at in range(2 * season, size - 2 * season + 1) if all(abs(at - k) >= season for k in known)]
    if not places:
        return 0, 1.0
    step = (when[:, None] >= np.array(places)).astype(np.float64)
    step -= base @ (base.T @ step)
    step /= np.sqrt((step**2).sum(axis=0))
    place, fit, rest = _fit(shared[None] - (shared @ base) @ base.T, step)
    made = _shuffled(rest[0], rng)
    _, others, _ = _fit(made - (made @ base) @ base.T, step)
    return places[int(place[0])], float((1 + (others >= fit[0] * (1 - 1e-12)).sum()) / (1 + SHUFFLES))


def _fit(series: Values, step: Values) -> tuple[Indices, Values, Values]:
    """Find the step that fits each series best, how well, and what it leaves.

    Args:
        series: Shape `(series, period)`.
        step: Steps of length 1, shape `(period, place)`.
    """
    sizes = series @ step
    best = np.abs(sizes).argmax(axis=1)
    size = sizes[np.arange(len(series)), best]
    rest = series - size[:, None] * step[:, best].T
    return best, np.abs(size) / np.sqrt((rest**2).sum(axis=1) + 1e-300), rest


def _shuffled(rest: Values, rng: np.random.Generator) -> Values:
    """Make series of the shocks of one, drawn anew, that stay as long as its own, shape `(shuffle, period)`."""
    size = len(rest)
    stays = float(rest[1:] @ rest[:-1] / max(float(rest @ rest), 1e-300))
    stays = float(np.clip(stays + (1 + 3 * stays) / size, 0.0, 0.95))  # short series show less of it
    shocks = rest[1:] - stays * rest[:-1]
    made = rng.choice(shocks - shocks.mean(), (SHUFFLES, size))
    made[:, 0] /= (1 - stays**2) ** 0.5
    for when in range(1, size):
        made[:, when] += stays * made[:, when - 1]
    return made


def _told(on: str, value: Values, at: int, edge: int, chance: float) -> Break:
    """Say how large a break is: the weeks before it against the weeks after."""
    when = np.arange(value.shape[1])
    ratios = log_ratios(value, (when >= at - edge) & (when < at), (when >= at) & (when < at + edge))
    middle = float(np.median(ratios)) if len(ratios) else 0.0
    same = float((np.sign(ratios) == np.sign(middle)).mean()) if len(ratios) else 0.0
    return Break(on=on, ratio=float(np.exp(middle)), chance=chance, share=same)
