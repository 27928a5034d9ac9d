"""What would earlier forecasts of usage have charged? They are rated by the cards, against what came, rated likewise.

A horizon is charged as a month at its pace: scaled to a month of mean length, and its money back. Each customer is on
the plan that they were on at the origin; what came is charged by the plan that they were on at its end. Who uses
nothing is charged nothing; commitments are not in it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.lines import Lines, concat
from pertoken.core.money import Values
from pertoken.core.period import begins
from pertoken.workbench.charging import charging, free
from pertoken.workbench.histories import History

if TYPE_CHECKING:
    from pertoken.forecast.panel import Indices, Panel
    from pertoken.forecast.population import Codes
    from pertoken.forecast.predicted import Predicted
    from pertoken.forecast.rolling import Forecaster
    from pertoken.forecast.tariff import Tariffs

ALL = "all"
"""What the total is called among the parts."""

MOST = 200
"""Samples of each forecast that are charged."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """A forecast that was made on an earlier day.

    Args:
        forecaster: Who made it.
        last: The last period that it knew.
        history: How many periods it was made of.
        predicted: What it said.
    """

    forecaster: str
    last: str
    history: int
    predicted: "Predicted"


def kept(name: str, forecaster: "Forecaster", said: list[Said]) -> "Forecaster":
    """Let a forecaster write down what it says.

    Args:
        name: What it is called.
        forecaster: Any.
        said: Where it is written.
    """

    def told(panel: "Panel", horizon: int, draws: int, seed: int) -> "Predicted":
        made = forecaster(panel, horizon, draws, seed)
        said.append(Said(name, panel.periods[-1], len(panel.periods), made))
        return made

    return told


def charged(read: History, said: Sequence[Said], weights: Values, segment: Key) -> Lines | None:
    """Score forecasts of usage by the money that they come to.

    Args:
        read: The history, with cards that charge.
        said: Forecasts made on it as of earlier days.
        weights: Of the cells in the number that is forecast, shape `(cell,)`.
        segment: Of each customer, to report by; no forecast sees it.

    Returns:
        One line for each forecaster, length of history, origin and `of`: `all`, and each segment that is charged; None
        where nobody is, some were not watched all through, or a card is rated line by line.
    """
    from pertoken.forecast.tariff_refused import refused  # noqa: PLC0415  the calculator must start fast

    if "revenue" not in read.cards or any(refused(card) for card in read.cards["revenue"]):
        return None
    place = {label: i for i, label in enumerate(read.panel.periods)}
    found: list[Lines] = []
    for last in dict.fromkeys(each.last for each in said):
        here = [each for each in said if each.last == last]
        origin, horizon = place[last] + 1, here[0].predicted.horizon
        rows = np.flatnonzero(read.panel.since < origin)
        came = read.panel.quantity[:, rows, origin : origin + horizon].sum(axis=2).T
        if np.isfinite(came).all():
            actual = _true(read, origin + horizon, horizon, rows, came, weights)
            mix, till = _mix(read, origin, weights, segment.pick(rows)), _till(read, origin)
            money = [till.charged(mix, _samples(each.predicted), horizon) for each in here]
            found += _lines(here, money, actual, segment.pick(rows))
    return concat(Lines, found) if found else None


def _lines(here: Sequence[Said], money: Sequence[Values], actual: Values, segment: Key) -> Iterator[Lines]:
    """Score the total and each segment of which anybody is charged."""
    from pertoken.forecast.scored import lines_of  # noqa: PLC0415  the calculator must start fast

    parts = {ALL: np.arange(len(segment))}
    if len(segment.labels) > 1:
        parts |= {label: np.flatnonzero(segment.codes == code) for code, label in enumerate(segment.labels)}
    for part, mine in parts.items():
        came = actual[mine].sum()
        if not (came > 0 or any(each[:, mine].any() for each in money)):
            continue
        for each, samples in zip(here, money, strict=True):
            keys = {"forecaster": each.forecaster, "history": f"{each.history:04d}", "origin": each.last, "of": part}
            known = {key: Key.constant(label, 1) for key, label in keys.items()}
            yield Lines(known, lines_of(samples[:, mine].sum(axis=1)[:, None], came[None]))


def _samples(predicted: "Predicted") -> Values:
    """Samples of each customer that add up to the samples of the total."""
    samples = np.asarray(predicted.samples[:MOST], dtype=float)
    whole = samples.sum(axis=1)
    ratio: Values = np.divide(predicted.total[:MOST], whole, out=np.ones(len(whole)), where=whole > 0)
    return samples * ratio[:, None]


def _mix(read: History, origin: int, weights: Values, segment: Key) -> Values:
    """What customers used for one unit of the driver, as of the origin, shape `(customer, cell)`."""
    from pertoken.forecast.fitted import Standing, mix_of  # noqa: PLC0415  the calculator must start fast

    return mix_of(read.panel.as_of(origin), Standing(segment, segment, np.zeros(len(weights)), weights))


def _true(read: History, end: int, horizon: int, rows: "Indices", came: Values, weights: Values) -> Values:  # noqa: PLR0917  what meets here
    """Charge what came, cell by cell, shape `(customer,)`."""
    there = np.flatnonzero(read.panel.since < end)
    mine, driver = np.searchsorted(there, rows), came @ weights
    mix, used = np.zeros((len(there), came.shape[1])), np.zeros(len(there))
    mix[mine] = np.divide(came, driver[:, None], out=np.zeros_like(came), where=driver[:, None] > 0)
    used[mine] = driver
    money: Values = _till(read, end).charged(mix, used[None], horizon)[0, mine]
    return money


@dataclass(frozen=True, slots=True, eq=False)
class _Till:
    """How customers were charged after some periods: each by its plan then, shape `(customer,)`."""

    tariffs: "Tariffs"
    plan: "Codes"

    def charged(self, mix: Values, driver: Values, horizon: int) -> Values:
        """Charge usage of some days, shape `(draw, customer)`, as a month at their pace."""
        from pertoken.forecast.growth import DAYS  # noqa: PLC0415  the calculator must start fast
        from pertoken.forecast.tariff_bill import bill  # noqa: PLC0415

        month = driver[:, :, None] * (DAYS / horizon)
        money: Values = bill(self.tariffs, self.plan, mix, month, here=(month > 0).astype(float))[:, :, 0]
        money *= horizon / DAYS
        return money


def _till(read: History, until: int) -> _Till:
    """Say how customers were charged after some periods."""
    from pertoken.forecast.plans import planned  # noqa: PLC0415  the calculator must start fast

    seen, day = read.panel.as_of(until), read.usage.period("day")
    other = free(seen.cells["meter"]) if read.aside else None
    before = begins(day.labels) <= begins(seen.periods[-1:])[0]
    plan, plans = planned(read.usage.pick(before[day.codes]), seen, read.cards["revenue"], other=other)
    return _Till(charging(replace(read, panel=seen), plans, plan, (seen.periods[-1][:7],)).tariffs, plan.codes)
