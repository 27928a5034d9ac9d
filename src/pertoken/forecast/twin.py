"""Twin: the simulation once more in NumPy and double precision, one customer after the other, as one would read it.

It follows the same law on the same streams as the compiled one. It is what that is tested against, and what a run
without any chance is made with, so that its money is right to the cent.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values
from pertoken.forecast.kernel_people import Common, People
from pertoken.forecast.promises import Promises
from pertoken.forecast.streams import Stream
from pertoken.forecast.under_contract import RENEWALS, Months

CAP = 4.0
"""As in the compiled simulation: the most that a walk moves a level. [log]"""


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """What one customer does in each path and month.

    Args:
        driver: Its usage, shape `(path, month)`. [driver]
        here: Whether it is a customer.
        weight: Share of it that is left, where its own chance stands at its middle.
        plan: The tariff that it is on.
        fresh: Whether it begins to be a customer, or to be on its plan.
    """

    driver: Values
    here: Values
    weight: Values
    plan: NDArray[np.int64]
    fresh: Values


def lives(people: People, common: Common, row: int, pairs: NDArray[np.int64]) -> Life:
    """Live one customer's months.

    Args:
        people: Customers as arrays.
        common: What the paths share.
        row: Which customer.
        pairs: Numbers of the pairs of paths, shape `(pair,)`; the first half of the lanes are the pairs' first paths.
    """
    stream = Stream(people.key[row], pairs)
    lanes, months = common.growth.shape[2], common.growth.shape[1]
    one = _Customer(people, common, row, stream, lanes)
    out = {name: np.zeros((lanes, months)) for name in ("driver", "here", "weight", "fresh")}
    plan = np.full((lanes, months), people.plan[row], dtype=np.int64)
    for month in range(one.born, months):
        if month > one.born:
            one.stay(month)
            one.change()
        out["driver"][:, month] = one.use(month)
        out["here"][:, month], out["weight"][:, month], plan[:, month] = one.here, one.weight, one.plan
        out["fresh"][:, month] = one.fresh
        one.fresh = np.zeros(lanes)
    return Life(out["driver"], out["here"], out["weight"], plan, out["fresh"])


def contracted(life: Life, promises: Promises, row: int, lost: Months, held: Collection[str]) -> Life:
    """Do to a life what its contract does: ramp it, begin it later, put it on a plan, end it.

    Args:
        life: Without the contract.
        promises: Contracts.
        row: That of the customer; -1 for none.
        lost: Month from which each is gone, shape `(contract, path)`.
        held: Factors that stand at their middle.
    """
    if row < 0:
        return life
    driver, here, weight = life.driver.copy(), life.here.copy(), life.weight.copy()
    left = 1.0
    for month in range(driver.shape[1]):
        left *= promises.chance[row, month] if RENEWALS in held else 1.0
        gone = (lost[row] <= month) | (month < promises.begins[row])
        driver[:, month] = np.where(gone, 0.0, driver[:, month] * promises.lift[row, month])
        here[:, month] = np.where(gone, 0.0, here[:, month])
        weight[:, month] *= left
    plan = np.where(promises.plan[row] >= 0, promises.plan[row], life.plan)
    return replace(life, driver=driver, here=here, weight=weight, plan=plan)


class _Customer:
    """One customer on its way through the months."""

    def __init__(self, people: People, common: Common, row: int, stream: Stream, lanes: int) -> None:
        self.people, self.common, self.row, self.stream = people, common, row, stream
        self.segment, self.profile, self.born = (int(x[row]) for x in (people.segment, people.profile, people.born))
        self.still, self.whale, self.slot = bool(people.still[row]), int(people.whale[row]), int(people.slot[row])
        self.plan = np.full(lanes, people.plan[row], dtype=np.int64)
        self.spare = np.zeros(lanes)
        own, share = stream.normals()[0].reshape(-1), stream.shares().reshape(-1)
        if self.whale >= 0:
            own, share = common.whale_level[self.whale], common.whale_share[self.whale]
        self.level = self._level(np.zeros(lanes) if self.still else own[:lanes])
        self.walk = -common.growth[self.segment, self.born].astype(float) if self.slot >= 0 else np.zeros(lanes)
        came = common.born[self.segment, self.born] > self.slot if self.slot >= 0 else np.ones(lanes, dtype=bool)
        self.known, self.share, self.alive = came, share[:lanes], float(people.alive[row])
        self.here = (came & (self.still | (self.share < self.alive))).astype(float)
        self.weight = np.full(lanes, self.alive if self.still else 1.0)
        self.hazard, self.fresh = np.zeros(lanes), self.here.copy()

    def _level(self, own: Values) -> Values:
        people, profile = self.people, self.profile
        together = 0.0 if self.slot >= 0 else float(people.together[self.segment])
        z = together * self.common.level[self.segment] + np.sqrt(1 - together**2) * own
        knots, rises = people.knots[profile].astype(float), people.rises[profile].astype(float)
        level: Values = people.base[profile] + np.maximum(z[:, None] - knots, 0) @ rises
        return level

    def stay(self, month: int) -> None:
        """Go from one month to the next."""
        if month - 1 < self.people.bound[self.row]:
            return
        table, back = self.common.hazard[self.segment], float(self.people.back[self.segment])
        hazard = table[min(int(self.people.age[self.row]) + month - 1 - self.born, len(table) - 1)].astype(float)
        if self.still:
            self.weight = self.weight * np.exp(-hazard) + (1 - self.weight) * back
        elif back > 0:
            share, was = self.stream.shares().reshape(-1), self.here > 0
            comes = ~was & (share < back) & self.known
            self.here = np.where(was, share >= -np.expm1(-hazard), comes).astype(float)
            self.fresh = comes.astype(float)
        else:
            self.hazard = self.hazard + hazard
            stays = self.known & (self.hazard < np.log(self.alive) - np.log(self.share))
            self.here = stays.astype(float)

    def change(self) -> None:
        """Let the customer change its plan."""
        signed = self.people.promise[self.row] >= 0  # nobody changes a plan that is signed
        if not self.common.converts or self.still or signed:
            return
        share = self.stream.shares().reshape(-1)
        chance = np.array(self.common.chance, dtype=float)
        np.fill_diagonal(chance, 0)
        edges = np.cumsum(chance, axis=1)[self.plan]
        other = (share[:, None] >= edges).sum(axis=1)
        moves = other < chance.shape[0]
        to = np.where(moves, other, self.plan)
        self.walk = self.walk + np.where(moves, self.common.step[self.plan, to], 0)
        self.fresh = np.where(moves, 1.0, self.fresh)
        self.plan = to

    def use(self, month: int) -> Values:
        """Find the month's usage."""
        people, profile, age = self.people, self.profile, month - self.born
        walk, noise = (0.0 if self.still else float(each[profile]) for each in (people.walk, people.noise))
        drawn = walk > 0 and self.whale < 0
        steps, shakes = self._normals(age, drawn=drawn, noisy=noise > 0)
        if walk > 0:
            steps = self.common.whale_walk[self.whale, month] if self.whale >= 0 else steps
            self.walk = self.walk + walk * steps - walk**2 / 2
            self.walk = self.walk if self.slot >= 0 else np.clip(self.walk, -CAP, CAP)
        log = self.walk + self.common.moved[self.segment, month]
        if self.slot >= 0:
            log = log + people.ramp[self.segment, min(age, people.ramp.shape[1] - 1)]
        if noise > 0:
            log = log + noise * shakes - noise**2 / 2
        driver: Values = self.level * np.exp(log) * self.here
        idle = float(people.idle[profile])
        if idle > 0:
            driver = driver * (1 - idle if self.still else self.stream.shares().reshape(-1) >= idle)
        return driver

    def _normals(self, age: int, *, drawn: bool, noisy: bool) -> tuple[Values, Values]:
        """The normals of the walk and of the noise; where only one is wanted, a pair lasts for two months."""
        if drawn and noisy:
            one, two = self.stream.normals()
            return one.reshape(-1), two.reshape(-1)
        if (drawn or noisy) and age % 2 == 0:
            one, two = self.stream.normals()
            self.spare = two.reshape(-1)
            return one.reshape(-1), one.reshape(-1)
        return self.spare, self.spare
