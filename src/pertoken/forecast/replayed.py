"""Replayed: any card, rated line by line in each world by the engine that writes invoices; slow, and exact.

Each stretch of a customer on a plan, in one world, is a contract of its own: it begins and ends in the books as in that
world. So fees, minimums, pools and phases hold for who is there, and for no one else.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.keys import Key
from pertoken.core.lines import Ledger, Usage, filled
from pertoken.core.money import Values
from pertoken.core.period import GRAINS, begins, ends, finest, label, periods
from pertoken.forecast.block import Block, rooms
from pertoken.forecast.kernel_turn import turns_of
from pertoken.forecast.population import FACTORS, Forecastable
from pertoken.forecast.promises import Promises
from pertoken.forecast.settlement import NOT_BILLED, trued_up
from pertoken.forecast.simulate import Progress, Simulated, blocks_of, checked, lanes_of, paired
from pertoken.forecast.streams import LANES, PAIRS
from pertoken.forecast.tariff import STAGES, Tariffs
from pertoken.forecast.tiers import Tiers, tiers
from pertoken.forecast.under_contract import RENEWALS
from pertoken.forecast.worlds import REPLICATES
from pertoken.rating.card import Adjust, Card, Charge, Clamp
from pertoken.rating.contract import Contract
from pertoken.rating.pool_terms import Pool
from pertoken.rating.rate import STAGES as PART_OF
from pertoken.rating.rate import rate
from pertoken.rating.windows import CYCLE
from pertoken.usage.question import PRICE_FROM

OWN_STAGE = {"rounding": "list"}
"""Where the simulation adds up what the books keep apart."""

WORLD = "world"
"""Key of a stretch: a customer on a plan in one world."""

PERIODS = {"month": 1, "day": 31, "hour": 744}
"""Of a month, at most."""

AT_ONCE = 1_000_000
"""Lines that are rated at once, about."""

LINES = 8_000_000
"""Lines of usage that all worlds have together, at most; fewer worlds are made where they would have more."""


@dataclass(frozen=True, eq=False)
class Books:
    """What customers are charged by, as the engine takes it.

    Args:
        plans: Cards of each plan.
        known: What else the cards' conditions ask for, by plan (`{"plan": "pro"}`).
        grain: The finest period that any card counts by: `month`, `day` or `hour`.
        timezone: Zone in which the periods are reckoned.
    """

    plans: tuple[tuple[Card, ...], ...]
    known: tuple[Mapping[str, str], ...]
    grain: str
    timezone: str = "UTC"


@dataclass(frozen=True, eq=False)
class Stretches:
    """Customers on one plan without a break, in one world, each `(stretch,)`.

    Args:
        life: Which customer of which world.
        plan: Which plan.
        first: Month in which it begins.
        last: Month after its last.
    """

    life: NDArray[np.int64]
    plan: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Lives:
    """Customers, each in one world: usage, there or not, plan, each `(life, month)`; then, `(life,)`, who they are."""

    driver: Values
    here: NDArray[np.bool_]
    plan: NDArray[np.int64]
    path: NDArray[np.int64]
    group: NDArray[np.int64]
    profile: NDArray[np.int64]
    promise: NDArray[np.int64]
    age: NDArray[np.int64]
    cost: Values

    def pick(self, kept: NDArray[Any]) -> "_Lives":
        """Keep some."""
        return _Lives(*(getattr(self, each.name)[kept] for each in fields(self)))


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What usage is written down by: months, cells, and of each profile its mix `(profile, cell)` and its name."""

    months: tuple[str, ...]
    cells: Mapping[str, Key]
    mix: Values
    names: tuple[str, ...]

    @classmethod
    def of(cls, model: Forecastable) -> "_Rows":
        """Take the customers of a model, then the newcomers of its segments."""
        mix = np.concatenate([model.people.mix, *(law.mix[None] for law in model.laws)])
        return cls(tuple(model.months), model.cells, mix, (*model.people.names, *([""] * len(model.laws))))


def grain_of(cards: Sequence[Card]) -> str:
    """Find the finest period that cards count by, or begin and end in."""
    asked: set[str] = {charge.measure.window for card in cards for charge in card.prices.values() if charge.measure}
    asked |= {str(charge.during.every) for card in cards for charge in card.prices.values()}
    asked |= {clamp.window for card in cards for clamp in card.clamps}
    asked |= {adjust.window for card in cards for adjust in card.adjust}
    asked |= {str(each) for card in cards for pool in card.pools for each in (pool.every, pool.drawn)}
    inside = any(card.during.anchor is not None for card in cards)
    inside |= any(not day.endswith("-01") for card in cards for day in _days(card))
    return "hour" if "hour" in asked else "day" if inside or "day" in asked else "month"


def _days(card: Card) -> Iterator[str]:
    """Days on which parts of a card begin or end."""
    parts: list[Card | Charge | Adjust | Clamp | Pool] = [card, *card.prices.values(), *card.adjust, *card.clamps]
    edges = [day for each in [*parts, *card.pools] for day in (each.during.start, each.during.end)]
    edges += [day for rate in card.rates for day in (rate.start, rate.end)]
    yield from (str(day)[:10] for day in edges if day is not None)


def worlds_of(model: Forecastable, grain: str) -> int:
    """Say how many worlds have as many lines together as are rated at most."""
    customers = len(model.people.names) + float(np.asarray(model.shared.arrivals).sum()) / 2
    months = len(model.months) * PERIODS[grain]
    return max(int(LINES / max(customers * months * model.people.mix.shape[1], 1)), 20)


def replayed(
    model: Forecastable,
    tariffs: Tariffs,
    books: Books,
    *,
    paths: int = 160,
    seed: int,
    promises: Promises | None = None,
    progress: Progress | None = None,
    held: Collection[str] = (),
    replicates: int = REPLICATES,
) -> Simulated:
    """Simulate customers by cards that no array can say.

    A month's usage is spread evenly over its days or hours, where a card counts by them.

    Args:
        model: The population and its laws.
        tariffs: Any tariffs of the same plans, cells and months; what they say of prices is not looked at.
        books: What customers are charged by.
        paths: How many worlds; the same as those of `simulate` on as many.
        seed: Same seed, same digits as in `simulate`.
        promises: What customers have committed to.
        progress: Told how many blocks of paths are done, of how many.
        held: Factors that stand at their middle; where these are all of them, renewals do not.
        replicates: Independent designs.
    """
    still = set(held) - ({RENEWALS} if set(held) >= set(FACTORS) else set())
    shared = checked(model, tariffs, paths=paths, seed=seed, held=still, replicates=replicates)
    due = Promises.none(len(model.people.names), len(model.months)) if promises is None else promises
    places = tiers(model, tariffs.plans, due)
    pairs, made_of = paired(shared), blocks_of(model, tariffs, shared, seed, due, places)
    shape = (shared.paths, len(model.months), len(places))
    sums = {name: np.zeros(shape) for name in ("driver", "cost", "customers", "list")}
    done = 0
    for first in range(0, pairs.shape[1], PAIRS):
        mine = pairs[:, first : first + PAIRS]
        for some in _parts(_lived(made_of(first, lanes_of(mine)), lanes_of(mine), mine), model, books):
            _add(_rated(_Rows.of(model), some, books, due), some, places, sums)
            done += len(np.unique(some.path))
            if progress is not None:
                progress(done, shared.paths)
    told = {name: sums[name] for name in ("driver", "cost", "customers", *STAGES) if name in sums}
    return Simulated(tuple(model.months), places.groups, told, shared.replicates, books.plans[0][0].account)


def listed(model: Forecastable, books: Books, plan: int, segment: int, usage: Values, month: int) -> Values:  # noqa: PLR0917
    """Charge usages of a month at list, with discounts, shape `(level,)`; as `signed.listed`, by any card."""
    shape, each = (len(usage), len(model.months)), np.arange(len(usage))
    driver = np.zeros(shape)
    driver[:, month] = usage
    profile = len(model.people.mix) + segment
    lives = _Lives(
        driver, np.ones(shape, dtype=bool), np.full(shape, plan), each, 0 * each, 0 * each + profile, 0 * each - 1,
        0 * each, np.zeros(len(usage)),
    )  # fmt: skip
    made = _rated(_Rows.of(model), lives, books, Promises.none(0, len(model.months)))
    worth: Values = sum(made[name][:, month] for name in ("list", "discount") if name in made)  # type: ignore[assignment]
    return worth


def charged(  # noqa: PLR0917  as `tariff_bill.bill`
    books: Books, cells: Mapping[str, Key], month: str, plan: NDArray[Any], mix: Values, driver: Values,
    age: NDArray[Any], names: Sequence[str],
) -> Values:  # fmt: skip
    """Charge one month of usage by any card; who uses nothing is not there.

    Args:
        books: What customers are charged by.
        cells: Keys of the cells, each `(cell,)`.
        month: Label of the month.
        plan: Of each customer, shape `(customer,)`.
        mix: Quantity of each cell for one unit of the driver, shape `(customer, cell)`. [unit / driver]
        driver: Usage, shape `(path, customer)`. [driver]
        age: Whole months since each contract began, shape `(customer,)`.
        names: Of the customers.

    Returns:
        Effective money, shape `(path, customer)`. [currency]
    """
    path, who = np.nonzero(driver > 0)
    nothing = np.zeros(len(path), dtype=np.int64)
    lives = _Lives(
        driver[path, who][:, None], np.ones((len(path), 1), dtype=bool), np.asarray(plan)[who][:, None], path, nothing,
        who, nothing - 1, np.asarray(age)[who], np.zeros(len(path)),
    )  # fmt: skip
    out = np.zeros(driver.shape)
    if len(path):
        made = _rated(_Rows((month,), cells, mix, tuple(names)), lives, books, Promises.none(0, 1))
        out[path, who] = sum(each[:, 0] for name, each in made.items() if "effective" in PART_OF[name])
    return out


def _lived(block: Block, lanes: NDArray[np.int64], pairs: NDArray[np.int64]) -> _Lives:
    """Live the customers of a block; who is never there is left out.

    Args:
        block: Customers and what its paths share.
        lanes: Which path each lane is.
        pairs: Those that there are; a block that is not full goes on with its last, which is left out.
    """
    people, found = block.people, []
    real = np.arange(LANES) % PAIRS < pairs.shape[1]
    for rows, counts, room in rooms(block, turns_of(people, block.common)):
        at = np.broadcast_to(np.arange(LANES), room.at.shape) if counts is None else room.at.astype(np.int64)
        turn, lane = np.nonzero((room.here > 0).any(axis=1) & real[at])
        row = rows[turn]
        plan = room.plan[turn, :, lane] if block.moves else people.plan[row][:, None]
        found.append((
            room.driver[turn, :, lane].astype(float), room.here[turn, :, lane] > 0,
            np.broadcast_to(plan, (len(turn), room.here.shape[1])).astype(np.int64), lanes[at[turn, lane]],
            people.group[row], people.profile[row], people.promise[row], people.age[row],
            people.cost[people.profile[row]].astype(float),
        ))  # fmt: skip
    return _Lives(*(np.concatenate(column) for column in zip(*found, strict=True)))


def _parts(lives: _Lives, model: Forecastable, books: Books) -> Iterator[_Lives]:
    """Some worlds at a time, so that not too many lines are rated at once."""
    paths = np.unique(lives.path)
    lines = lives.here.sum() * PERIODS[books.grain] * model.people.mix.shape[1]
    for some in np.array_split(paths, min(max(int(lines / AT_ONCE), 1), len(paths))):
        yield lives.pick(np.isin(lives.path, some))


def _add(made: Mapping[str, Values], lives: _Lives, places: Tiers, sums: dict[str, Values]) -> None:
    """Add lives up by path and group: `(life, month)` to `(path, month, group)`."""
    shape, group = sums["driver"].shape, places.of(lives.group[:, None], lives.plan)
    month = np.arange(shape[1])
    whole = {"driver": lives.driver, "cost": lives.driver * lives.cost[:, None], "customers": lives.here, **made}
    for name, values in whole.items():
        np.add.at(sums.setdefault(name, np.zeros(shape)), (lives.path[:, None], month, group), values)


def stretches(here: NDArray[np.bool_], plan: NDArray[np.int64]) -> Stretches:
    """Cut what customers are into stretches on one plan.

    Args:
        here: Whether each is a customer, shape `(life, month)`.
        plan: Its plan, of the same shape.

    >>> made = stretches(np.array([[True, True, False, True]]), np.array([[0, 1, 1, 1]]))
    >>> made.first.tolist(), made.last.tolist(), made.plan.tolist()
    ([0, 1, 3], [1, 2, 4], [0, 1, 1])
    """
    code = np.where(here, plan, -1)
    edge = np.full((len(code), 1), -2)
    life, month = np.nonzero(np.diff(code, axis=1, prepend=edge, append=edge))
    begin = np.flatnonzero(np.diff(life, append=-1) == 0)
    begin = begin[code[life[begin], month[begin]] >= 0]
    return Stretches(life[begin], code[life[begin], month[begin]], month[begin], month[begin + 1])


def _rated(rows: _Rows, lives: _Lives, books: Books, promises: Promises) -> dict[str, Values]:
    """Rate lives by stage, each of shape `(life, month)`."""
    cut, shape = stretches(lives.here, lives.plan), lives.here.shape
    cards = tuple({card.name: replace(card, scope=(WORLD,)) for plan in books.plans for card in plan}.values())
    made = rate(
        _usage(rows, lives, cut, books), cards, exact=False, unpriced="keep", timezone=books.timezone,
        contracts=_contracts(rows.months, lives, cut, books), span=_span(rows.months),
    )  # fmt: skip
    sums: dict[str, Values] = {}
    for name, (who, when, amount) in _stages(made.ledger, rows.months):
        np.add.at(sums.setdefault(OWN_STAGE.get(name, name), np.zeros(shape)), (cut.life[who], when), amount)
    billed = sum(each for name, each in sums.items() if name not in NOT_BILLED)
    for contract in np.unique(lives.promise[lives.promise >= 0]):
        mine = np.flatnonzero(lives.promise == contract)
        more = trued_up(promises, int(contract), np.broadcast_to(billed, shape)[mine], lives.here[mine])
        sums.setdefault("minimum", np.zeros(shape))[mine] += more
    return sums


def _stages(
    ledger: Ledger, months: Sequence[str]
) -> Iterator[tuple[str, tuple[NDArray[np.int64], NDArray[np.int64], Values]]]:
    """Part a ledger by stage: stretch, month and amount of each line."""
    stage, stretch, month = ledger.key("stage"), ledger.key(WORLD), _months(ledger)
    place = {name: i for i, name in enumerate(months)}
    when = np.array([place.get(name, -1) for name in month.labels], dtype=np.int64)[month.codes]
    who = np.array([int(name or -1) for name in stretch.labels], dtype=np.int64)[stretch.codes]
    for code, name in enumerate(stage.labels):
        mine = (stage.codes == code) & (when >= 0) & (who >= 0)
        if mine.any():
            yield name, (who[mine], when[mine], ledger.values["amount"][mine])


def _months(ledger: Ledger) -> Key:
    """The month of each line; that in which its cycle begins, where periods do not begin with the calendar's."""
    if CYCLE not in ledger.keys:
        return ledger.period("month")
    cycle = ledger.keys[CYCLE].relabel({name: name[:7] for name in ledger.keys[CYCLE].labels})
    return filled(ledger.period("month"), cycle) if finest(set(ledger.keys)) else cycle


def _usage(rows: _Rows, lives: _Lives, cut: Stretches, books: Books) -> Usage:
    """Usage of each stretch, month (or day, or hour) and cell."""
    length = cut.last - cut.first
    stretch = np.repeat(np.arange(len(length)), length)
    month = np.arange(len(stretch)) - np.repeat(np.cumsum(length) - length, length) + np.repeat(cut.first, length)
    driver = lives.driver[cut.life[stretch], month]
    labels, of_month, share = _calendar(rows.months, books.grain)
    times = np.bincount(of_month, minlength=len(rows.months))
    again = np.repeat(np.arange(len(stretch)), times[month])
    within = np.arange(len(again)) - np.repeat(np.cumsum(times[month]) - times[month], times[month])
    period = np.searchsorted(of_month, month)[again] + within
    mix = rows.mix[lives.profile[cut.life]]
    cells = mix.shape[1]
    quantity = (driver[again] * share[period])[:, None] * mix[stretch[again]]
    line = np.repeat(np.arange(len(again)), cells)
    keys = {name: key.pick(np.tile(np.arange(cells), len(again))) for name, key in rows.cells.items()
            if name not in GRAINS}  # fmt: skip
    at, whose = period[line], stretch[again][line]
    keys |= {
        WORLD: Key(whose.astype(np.int32), tuple(map(str, range(len(length))))),
        books.grain: Key(at.astype(np.int32), labels),
        PRICE_FROM: Key(at.astype(np.int32), labels).relabel({name: f"{name[:10]}-01"[:10] for name in labels}),
    }
    keys["customer"] = Key.of(rows.names).pick(lives.profile[cut.life[whose]])
    for name in dict.fromkeys(each for said in books.known for each in said):
        said = Key.of([known.get(name, "") for known in books.known])
        keys[name] = said.pick(cut.plan[whose])
    return Usage(keys, {"quantity": quantity.reshape(-1)})


def _calendar(months: Sequence[str], grain: str) -> tuple[tuple[str, ...], NDArray[np.int64], Values]:
    """Periods of the months: their labels, the month of each, and its share of the month."""
    if grain == "month":
        return tuple(months), np.arange(len(months)), np.ones(len(months))
    begun = periods(grain, begins(months[:1])[0], ends(months[-1:])[0])
    place = (begun.astype("datetime64[M]") - np.datetime64(months[0], "M")).astype(np.int64)
    return tuple(label(each, grain) for each in begun), place, 1 / np.bincount(place)[place]


def _contracts(months: Sequence[str], lives: _Lives, cut: Stretches, books: Books) -> list[Contract]:
    """A contract of each stretch on each card of its plan; one that was there before began when its customer came."""
    first = np.datetime64(months[0], "M")
    begin = cut.first - np.where(cut.first == 0, lives.age[cut.life], 0)
    starts, overs = ((first + each).astype("datetime64[D]").tolist() for each in (begin, cut.last))
    goes_on = (cut.last == len(months)).tolist()
    return [
        Contract(card=card.name, labels={WORLD: str(i)}, start=starts[i], end=None if goes_on[i] else overs[i])
        for i, plan in enumerate(cut.plan.tolist())
        for card in books.plans[plan]
    ]


def _span(months: Sequence[str]) -> tuple[date, date]:
    first, last = begins(months[:1])[0], ends(months[-1:])[0]
    return first.astype("datetime64[D]").item(), last.astype("datetime64[D]").item()
