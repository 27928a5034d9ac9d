"""What would earlier forecasts of usage have charged? They are rated by the cards, against what came, rated likewise.

A horizon is charged as a month at its pace: scaled to a month of mean length, and its money back. Each customer is on
the plan that they were on at the origin; what came is charged by the plan that they were on at its end. Who uses
nothing is charged nothing; commitments are not in it. Cards that no array can say are rated line by line, in fewer
samples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.keys import Key
from pertoken.core.lines import Lines, concat
from pertoken.core.money import Values
from pertoken.core.period import begins
from pertoken.workbench.charging import Charging, charging, free
from pertoken.workbench.deep import Deep, depth_of
from pertoken.workbench.histories import History
from pertoken.workbench.preparing import segment_of

if TYPE_CHECKING:
    from pertoken.forecast.panel import Indices, Panel
    from pertoken.forecast.population import Codes
    from pertoken.forecast.predicted import Predicted
    from pertoken.forecast.rolling import Forecaster
    from pertoken.forecast.seen import Seen

ALL = "all"
"""What the total is called among the parts."""

MOST, LEAST = 200, 20
"""Samples of each forecast that are charged, at most and at least."""

LIVES = 60_000
"""Customers x samples of all forecasts that are rated line by line."""


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


def charged(read: History, said: Sequence[Said], by: str = "", deep: Deep = "") -> Lines | None:
    """Score forecasts of usage by the money that they come to.

    Args:
        read: The history, with cards that charge.
        said: Forecasts made on it as of earlier days.
        by: A key of the log, or `behaviour`, to report by: each customer counts where they were at each origin.
        deep: How deeply each is integrated, for behaviour.

    Returns:
        One line for each forecaster, length of history, origin and `of`: `all`, and each segment that is charged; None
        where nobody is, or some were not watched all through.
    """
    from pertoken.forecast.predicted import adding_up  # noqa: PLC0415  the calculator must start fast

    if "revenue" not in read.cards:
        return None
    place = {label: i for i, label in enumerate(read.panel.periods)}
    found: list[Lines] = []
    for last in dict.fromkeys(each.last for each in said):
        here = [each for each in said if each.last == last]
        origin, horizon = place[last] + 1, here[0].predicted.horizon
        rows = np.flatnonzero(read.panel.since < origin)
        came = read.panel.quantity[:, rows, origin : origin + horizon].sum(axis=2).T
        if np.isfinite(came).all():
            seen = read.back(origin)
            actual = _true(read, (origin, origin + horizon), rows, came, seen.weights)
            segment = segment_of(seen.panel, by, seen.weights, depth_of(seen.panel, deep))
            mix, till = _mix(seen, segment), _till(read, seen.panel, origin)
            samples = till.samples(len(said))
            money = [till.charged(mix, adding_up(each.predicted)[:samples], horizon) for each in here]
            found += _lines(here, money, actual, segment)
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


def _mix(seen: "Seen", segment: Key) -> Values:
    """What customers used for one unit of the driver, as of the origin, shape `(customer, cell)`."""
    from pertoken.forecast.fitted import Standing, mix_of  # noqa: PLC0415  the calculator must start fast

    return mix_of(seen.panel, Standing(segment, segment, np.zeros(len(seen.weights)), seen.weights))


def _true(read: History, when: tuple[int, int], rows: "Indices", came: Values, weights: Values) -> Values:
    """Charge what came from one period to before another, cell by cell, shape `(customer,)`."""
    origin, end = when
    there = np.flatnonzero(read.panel.since < end)
    mine, driver = np.searchsorted(there, rows), came @ weights
    mix, used = np.zeros((len(there), came.shape[1])), np.zeros(len(there))
    mix[mine] = np.divide(came, driver[:, None], out=np.zeros_like(came), where=driver[:, None] > 0)
    used[mine] = driver
    money: Values = _till(read, read.panel.as_of(end), origin).charged(mix, used[None], end - origin)[0, mine]
    return money


@dataclass(frozen=True, slots=True, eq=False)
class _Till:
    """How customers were charged after some periods: the panel till then; plan and age of each, shape `(customer,)`."""

    charging: Charging
    panel: "Panel"
    plan: "Codes"
    age: "Indices"

    def samples(self, forecasts: int) -> int:
        """Say how many samples of each forecast are charged."""
        if self.charging.books is None:
            return MOST
        return int(np.clip(LIVES // (len(self.panel) * forecasts), LEAST, MOST))

    def charged(self, mix: Values, driver: Values, horizon: int) -> Values:
        """Charge usage of some days, shape `(draw, customer)`, as a month at their pace."""
        from pertoken.forecast.growth import DAYS  # noqa: PLC0415  the calculator must start fast
        from pertoken.forecast.replayed import charged as by_line  # noqa: PLC0415
        from pertoken.forecast.tariff_bill import bill  # noqa: PLC0415

        month, panel = driver[:, :, None] * (DAYS / horizon), self.panel
        if self.charging.books is None:
            tariffs = self.charging.tariffs
            money: Values = bill(tariffs, self.plan, mix, month, here=(month > 0).astype(float))[:, :, 0]
        else:
            books, last, used = self.charging.books, panel.periods[-1][:7], month[:, :, 0]
            money = by_line(books, panel.cells, last, self.plan, mix, used, self.age, panel.customers)
        money *= horizon / DAYS
        return money


def _till(read: History, seen: "Panel", origin: int) -> _Till:
    """Say how customers were charged at the end of some periods, at the age that they had at an origin."""
    from pertoken.forecast.growth import DAYS  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.plans import planned  # noqa: PLC0415  the calculator must start fast

    day = read.usage.period("day")
    other = free(seen.cells["meter"]) if read.aside else None
    before = begins(day.labels) <= begins(seen.periods[-1:])[0]
    plan, plans = planned(read.usage.pick(before[day.codes]), seen, read.cards["revenue"], other=other)
    age = (np.maximum(origin - seen.since, 0) / DAYS).astype(np.int64)
    return _Till(charging(replace(read, panel=seen), plans, plan, (seen.periods[-1][:7],)), seen, plan.codes, age)
