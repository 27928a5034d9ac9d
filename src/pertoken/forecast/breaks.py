"""Breaks: a day from which on all customers use more, or less, although nobody declared why.

They are found to be asked about, never used: one number for each period (the mean over customers of how far each is
from its own level, in logs), held against a straight line with the pattern of the week. The step that fits best is a
break if hardly any imagined series in which nothing happens, and whose shocks stay as long, has one that fits as well.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from pertoken.core import period
from pertoken.core.money import Values
from pertoken.forecast.event import Event
from pertoken.forecast.events import log_ratios
from pertoken.forecast.panel import Indices, Panel
from pertoken.forecast.timed import NUMBERED

IMAGINED, ALIKE, LAGS = 4_000, 300, 4
"""Series in which nothing happens that are imagined, how many of them a break is held against, and the first few
autocorrelations by which these are the ones that are most like what is seen."""

CHANCE = 0.04
"""A break is told where series in which nothing happens have a step as large this seldom: chosen on simulated panels of
75 days, where it asks falsely in 0 to 4 % (13 % where all share shocks of 10 % that stay for ten days). At 0.06 that
would be 20 %, and 2 to 5 points more of steps of 30 % would be found."""

PERSISTENCE = (0.0, 0.2, 0.4, 0.6, 0.75, 0.85, 0.92)
"""How much of what stays of a shock is left in the next period, as imagined; days of use have all of these."""

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

SHORT_CHANCE = 0.08
"""The same as `CHANCE` of a short history, in which a break is hard to tell; chosen on panels of 30 and 40 days."""

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
    edge = _edge(value.shape[1], season)
    if used.sum() < FEWEST or value.shape[1] < 4 * edge:
        return ()
    shared = _shared(value[used], season)
    known = [at for each in events if 0 < (at := _place(panel, each)) < value.shape[1]]
    told: list[Break] = []
    while len(told) < MOST:
        at, chance = _strongest(shared, known, season, edge, rng)
        if chance > (CHANCE if edge > season else SHORT_CHANCE):
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
    """Find the step that fits best, and how often one fits as well where nothing happens."""
    size = len(shared)
    when = np.arange(size)
    pattern = (when[:, None] % season == np.arange(season)).astype(np.float64)
    steps = [(when >= at).astype(np.float64) for at in known]
    base, _ = np.linalg.qr(np.column_stack([pattern, when / size, *steps]))
    places = [at for at in range(edge, size - edge + 1) if all(abs(at - k) >= season for k in known)]
    if not places:
        return 0, 1.0
    step = (when[:, None] >= np.array(places)).astype(np.float64)
    step -= base @ (base.T @ step)
    step /= np.sqrt((step**2).sum(axis=0))
    place, fit, rest = _fit(shared[None] - (shared @ base) @ base.T, step)
    made = _imagined(size, rng)
    _, others, left = _fit(made - (made @ base) @ base.T, step)
    unlike = ((_lags(left) - _lags(rest)) ** 2).sum(axis=1)
    alike = others[np.argsort(unlike, kind="stable")[:ALIKE]]
    return places[int(place[0])], float((1 + (alike >= fit[0] * (1 - 1e-12)).sum()) / (1 + ALIKE))


def _imagined(size: int, rng: np.random.Generator) -> Values:
    """Make series in which nothing happens, shape `(series, period)`: a part of each stays for a while."""
    stays = rng.choice(PERSISTENCE, (IMAGINED, 1))
    part = rng.random((IMAGINED, 1))
    shocks = rng.standard_normal((IMAGINED, size))
    shocks[:, 1:] *= np.sqrt(1 - stays**2)
    for when in range(1, size):
        shocks[:, when] += stays[:, 0] * shocks[:, when - 1]
    made: Values = np.sqrt(part) * shocks + np.sqrt(1 - part) * rng.standard_normal((IMAGINED, size))
    return made


def _lags(series: Values) -> Values:
    """Autocorrelations of the first few lags, shape `(series, lag)`."""
    squares = (series**2).sum(axis=1) + 1e-300
    size = series.shape[1]
    lags = [(series[:, lag:] * series[:, : size - lag]).sum(axis=1) / squares for lag in range(1, LAGS + 1)]
    return np.stack(lags, axis=1)


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


def _told(on: str, value: Values, at: int, edge: int, chance: float) -> Break:
    """Say how large a break is: the weeks before it against the weeks after."""
    when = np.arange(value.shape[1])
    ratios = log_ratios(value, (when >= at - edge) & (when < at), (when >= at) & (when < at + edge))
    middle = float(np.median(ratios)) if len(ratios) else 0.0
    same = float((np.sign(ratios) == np.sign(middle)).mean()) if len(ratios) else 0.0
    return Break(on=on, ratio=float(np.exp(middle)), chance=chance, share=same)
