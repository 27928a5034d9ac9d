"""Breaks: a day from which on all customers use more, or less, although nobody declared why.

They are found to be asked about, never used: one number for each period (the mean over customers of how far each is
from its own level, in logs), held against a straight line with the pattern of the week. The step that fits best is a
break if hardly any imagined series in which nothing happens, and whose shocks stay as long, has one that fits as well.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from pertoken.core import period
from pertoken.core.money import Values
from pertoken.forecast.event import Event
from pertoken.forecast.events import log_ratios
from pertoken.forecast.panel import Indices, Panel
from pertoken.forecast.timed import NUMBERED

IMAGINED = 300
"""Series in which nothing happens that a break is held against."""

SHOCKS = ((0.0, 0.0), *((stays, part) for stays in (0.6, 0.85, 0.95) for part in (0.3, 0.7, 0.98)))
"""Kinds of shocks that all share: how much of what stays is left in the next period, and which part of the variance
stays. Which of them a history has is told by its likelihood."""

CHANCE = {"usage": (0.03, 0.03), "price": (0.02, 0.015)}
"""A break is told where series in which nothing happens have one as likely this seldom: in a long history, in a short
one. Of prices more seldom, since of usage most false ones are too small to be told; most seldom where a price is seen
for a few weeks, in which how long shocks stay is hardly known. Of 100 such histories up to 5 are then asked about."""

TINY, CLOSE = 1e-300, 1e-9
"""What no square is below; the share of squares that a step leaves at least, and by how much likelihoods differ."""

LEAST = {"usage": 0.14, "price": 0.02}
"""The smallest change that is told, of log: 15 % of usage, which a month of growth brings anyway; 2 % of a price."""

OF_USAGE = "Was there a price change, a new plan, a launch? It is taken for growth unless it is declared as an event."
OF_PRICE = (
    "Did prices change? The months ahead are charged by the cards that are given; declare the change as an event, so "
    "that what usage did then is not taken for growth."
)

WORDS = {"usage": ("usage", OF_USAGE), "price": ("a unit's price in the log", OF_PRICE)}
"""What changed, and what is asked about it."""

AGREE = 2 / 3
"""The smallest share of customers who move the same way: chosen so that one whale and its like make no break."""

MOST = 3
"""The most breaks that are told: more are noise, and nobody answers more questions."""

STEADY = 0.25
"""Share of the noise of the customer in the middle that each is given on top, so that no steady one is all there is."""

SHORT = 8
"""Seasons below which a history is short: a step then has less than four before and after it."""

FEWEST = 3
"""Customers that a shared break needs."""


@dataclass(frozen=True, slots=True, eq=False)
class Break:
    """A day on which something happened that nobody declared.

    Args:
        on: Label of the first period after it.
        ratio: The middle customer's usage after it against before.
        chance: How often series in which nothing happens have a step that fits as well.
        share: Share of the customers who moved the same way.
        of: What changed: `usage`, or the `price` of a unit.
    """

    on: str
    ratio: float
    chance: float
    share: float
    of: str = "usage"

    def __str__(self) -> str:
        """Ask about it."""
        return self.question

    @property
    def question(self) -> str:
        """What the reader is asked."""
        return f"{self.fact} {WORDS[self.of][1]}"

    @property
    def fact(self) -> str:
        """What was seen."""
        way = f"rose by {self.ratio - 1:.0%}" if self.ratio > 1 else f"fell by {1 - self.ratio:.0%}"
        return (
            f"From {self.on} on {WORDS[self.of][0]} {way}, for {self.share:.0%} of the customers the same way "
            f"(without a cause: {self.chance:.1%})."
        )


def found(
    panel: Panel, events: Iterable[Event] = (), *, rng: np.random.Generator, of: str = "usage"
) -> tuple[Break, ...]:
    """Find breaks that all customers share and nobody declared.

    Args:
        panel: Its history; of three customers and four weeks (or seasons) at least, else nothing is found. Below eight
            weeks only large and sharp changes are.
        events: Declared ones, which are not told again.
        rng: Chance of the imagined series.
        of: What the panel is of: `usage`, or the `price` of a unit, of which smaller changes are told.
    """
    value, season = panel.value, _season(panel)
    used = np.nansum(value, axis=1) > 0
    edge, least = _edge(value.shape[1], season), CHANCE[of][value.shape[1] < SHORT * season]
    if used.sum() < FEWEST or value.shape[1] < 4 * edge:
        return ()
    shared = _shared(value[used], season)
    known = sorted({at for each in events if 0 < (at := _place(panel, each)) < value.shape[1]})
    told: list[Break] = []
    while len(told) < MOST:
        at, chance = _strongest(shared, known, season, edge, rng)
        if chance > least:
            break
        known.append(at)
        one = replace(_told(panel.periods[at], value[used], at, edge, chance), of=of)
        if abs(np.log(one.ratio)) >= LEAST[of] and one.share >= AGREE:
            told.append(one)
        else:
            break
    return tuple(sorted(told, key=lambda each: each.on))


def unit_prices(panel: Panel, money: Values) -> Panel:
    """Make a panel of what customers paid for a unit; a period without usage or without money is not watched.

    Args:
        panel: One cell for all usage.
        money: What the log says that it cost, shape `(customer, period)`. [currency]
    """
    used = panel.value
    paid = np.nan_to_num(money) > 0
    price = np.divide(money, used, out=np.full(used.shape, np.nan), where=paid & (np.nan_to_num(used) > 0))
    return replace(panel, quantity=price[None])


def _edge(size: int, season: int) -> int:
    """Periods at both ends in which no break is looked for: two seasons, of a short history one."""
    return 2 * season if size >= SHORT * season else season


def _season(panel: Panel) -> int:
    """Periods of a pattern: a week of days, a day of hours, four of what has no short pattern."""
    return panel.season if panel.grain in ("hour", "day") else 4


def _place(panel: Panel, each: Event) -> int:
    if panel.grain == NUMBERED:
        return -1
    return int((period.begins(panel.periods) < np.datetime64(each.on, "s")).sum())


def _shared(value: Values, season: int) -> Values:
    """How far customers are from their own level, in logs, on average over those who are watched, shape `(period,)`.

    Steady customers count for more: each by the inverse of how much it changes from one season to the next.
    """
    watched = ~np.isnan(value)
    level = np.nanmean(value, axis=1, keepdims=True)
    score = np.log1p(value / np.maximum(level, 1e-300))
    off = np.where(watched, score - np.nanmean(score, axis=1, keepdims=True), 0.0)
    both = watched[:, season:] & watched[:, :-season]
    change = np.where(both, off[:, season:] - off[:, :-season], 0.0)
    noise = (change**2).sum(axis=1) / np.maximum(both.sum(axis=1), 1) / 2
    weight = 1 / (noise + np.median(noise) * STEADY + 1e-12)
    seen = (weight[:, None] * watched).sum(axis=0)
    shared: Values = (weight[:, None] * off).sum(axis=0) / np.maximum(seen, 1e-300)
    return shared


def _strongest(shared: Values, known: list[int], season: int, edge: int, rng: np.random.Generator) -> tuple[int, float]:
    """Find the step that is likeliest, and how often one is as likely where nothing happens."""
    size = len(shared)
    when = np.arange(size)
    places = [at for at in range(edge, size - edge + 1) if all(abs(at - k) >= season for k in known)]
    if not places:
        return 0, 1.0
    pattern = (when[:, None] % season == np.arange(season)).astype(np.float64)
    base = np.column_stack([pattern, when / size, *((when >= at).astype(np.float64) for at in known)])
    step = (when[:, None] >= np.array(places)).astype(np.float64)
    kinds = [_Kind.of(base, step, stays, part) for stays, part in SHOCKS]
    without, given, place = _likelihoods(shared[None], kinds)
    which = rng.choice(len(SHOCKS), IMAGINED, p=np.exp(given[:, 0] - np.logaddexp.reduce(given[:, 0])))
    others = _likelihoods(_imagined(size, which, rng), kinds)
    gain, alike = (np.logaddexp.reduce(b) - np.logaddexp.reduce(a) for a, b in ((without, given), others[:2]))
    at = places[int(place[given[:, 0].argmax(), 0])]
    return at, float((1 + (alike >= gain - CLOSE).sum()) / (1 + IMAGINED))


@dataclass(frozen=True, slots=True, eq=False)
class _Kind:
    """A kind of shocks, and what base and steps are once such shocks are made independent.

    Args:
        stays: How much of what stays is left in the next period.
        part: Share of the variance that stays for a while.
        base: Orthonormal, shape `(period, term)`.
        steps: Of length 1 and orthogonal to the base, shape `(period, place)`.
        spread: Log determinant of the shocks' correlations and of the base in them.
    """

    stays: float
    part: float
    base: Values
    steps: Values
    spread: float

    @classmethod
    def of(cls, base: Values, step: Values, stays: float, part: float) -> Self:
        white, spread = _whitened(np.column_stack([base, step]), stays, part)
        q, r = np.linalg.qr(white[:, : base.shape[1]])
        steps = white[:, base.shape[1] :]
        steps = steps - q @ (q.T @ steps)
        spread += 2 * float(np.log(np.abs(np.diag(r))).sum())
        return cls(stays, part, q, steps / np.sqrt((steps**2).sum(axis=0)), spread)


def _likelihoods(series: Values, kinds: Sequence[_Kind]) -> tuple[Values, Values, Indices]:
    """Say how likely series are by each kind of shocks: without a step, and with the one that fits best.

    Args:
        series: Shape `(series, period)`.
        kinds: Of shocks.

    Returns:
        Log likelihoods of what the base leaves (REML), shape `(shocks, series)`; the same with the step; its place.
    """
    without, given, places = [], [], []
    for kind in kinds:
        white, _ = _whitened(series.T, kind.stays, kind.part)
        rest = white - kind.base @ (kind.base.T @ white)
        squares, free = (rest**2).sum(axis=0) + TINY, len(rest) - kind.base.shape[1]
        gains = (kind.steps.T @ rest) ** 2 / squares
        without.append(-(free * np.log(squares) + kind.spread) / 2)
        given.append(without[-1] - free / 2 * np.log(np.maximum(1 - gains.max(axis=0), CLOSE)))
        places.append(gains.argmax(axis=0))
    return np.stack(without), np.stack(given), np.stack(places)


def _whitened(columns: Values, stays: float, part: float) -> tuple[Values, float]:
    """Make shocks of which a part stays independent and of one size: the innovations of a Kalman filter.

    Args:
        columns: Shape `(period, column)`.
        stays: How much of what stays is left in the next period.
        part: Share of the variance that stays for a while.

    Returns:
        The columns, and the log determinant of the shocks' correlations.
    """
    made, spread = np.empty_like(columns), 0.0
    state, unsure = np.zeros(columns.shape[1]), part
    for when, row in enumerate(columns):
        size = unsure + 1 - part
        made[when] = (row - state) / np.sqrt(size)
        state = stays * (state + unsure / size * (row - state))
        unsure = stays**2 * unsure * (1 - part) / size + (1 - stays**2) * part
        spread += float(np.log(size))
    return made, spread


def _imagined(size: int, which: Indices, rng: np.random.Generator) -> Values:
    """Make series in which nothing happens, each of a kind of shocks, shape `(series, period)`."""
    stays, part = (each[:, None] for each in np.array(SHOCKS)[which].T)
    shocks = rng.standard_normal((len(which), size))
    shocks[:, 1:] *= np.sqrt(1 - stays**2)
    for when in range(1, size):
        shocks[:, when] += stays[:, 0] * shocks[:, when - 1]
    made: Values = np.sqrt(part) * shocks + np.sqrt(1 - part) * rng.standard_normal((len(which), size))
    return made


def _told(on: str, value: Values, at: int, edge: int, chance: float) -> Break:
    """Say how large a break is: the weeks before it against the weeks after."""
    when = np.arange(value.shape[1])
    ratios = log_ratios(value, (when >= at - edge) & (when < at), (when >= at) & (when < at + edge))
    middle = float(np.median(ratios)) if len(ratios) else 0.0
    same = float((np.sign(ratios) == np.sign(middle)).mean()) if len(ratios) else 0.0
    return Break(on=on, ratio=float(np.exp(middle)), chance=chance, share=same)
