"""A log made ready to be simulated: read, held against what is declared beside it, fitted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.forecast.agreement import Agreement
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract
from pertoken.workbench.asked import Asked, LogAhead
from pertoken.workbench.beside import beside
from pertoken.workbench.cards import Aside
from pertoken.workbench.charging import Charging, charging, free
from pertoken.workbench.declared import Declared, declared, foretold, of_late, signed
from pertoken.workbench.deep import Deep, Depth, depth_of, of_log, said_depth
from pertoken.workbench.histories import DAILY, History, history, only_months
from pertoken.workbench.reading import How
from pertoken.workbench.voices import NOBODY, Voices

if TYPE_CHECKING:
    from pertoken.forecast.agreed import Agreed
    from pertoken.forecast.event import Event
    from pertoken.forecast.events import Ahead
    from pertoken.forecast.fitted import Fitted, Priors, Standing
    from pertoken.forecast.landing import Begun
    from pertoken.forecast.market import Market
    from pertoken.forecast.panel import Panel
    from pertoken.forecast.predicted import Predicted
    from pertoken.forecast.promises import Promises
    from pertoken.forecast.tariff import Tariffs

BEHAVIOUR = "behaviour"
"""Segments by what customers do."""

SHORTEST = 7
"""Days of history below which only the pace so far is said: a week, to tell its days apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A history and what is said beside it, before anything is fitted.

    Args:
        read: The history.
        standing: What customers are at its end.
        plans: Cards of each plan.
        months: Labels of the months ahead.
        seed: Same seed, same bits.
        said: What was declared beside the log.
        agreed: What contracts mean for the months ahead; None without any.
        coming: What declared events do to these months; None without any.
        begun: The month that the history ends in, as far as it is known; None where it ends with the month.
        voices: Who speaks beside our own experts.
        deep: How deeply customers are integrated.
    """

    read: History
    standing: "Standing"
    plans: tuple[tuple[Card, ...], ...]
    months: tuple[str, ...]
    seed: int
    said: Declared
    agreed: "Agreed | None"
    coming: "Ahead | None"
    begun: "Begun | None"
    voices: Voices
    deep: Deep

    @property
    def driver(self) -> "Panel":
        """The history as one cell for all usage."""
        return self.read.panel.weighted(self.standing.weights)


@dataclass(frozen=True, slots=True, eq=False)
class Prepared(Known):
    """A history made ready to be simulated.

    Args:
        fitted: What the simulation needs.
        charging: How each plan charges.
    """

    fitted: "Fitted"
    charging: Charging

    @property
    def tariffs(self) -> "Tariffs":
        """The plans as arrays; they charge nothing where there is no revenue card or it is rated line by line."""
        return self.charging.tariffs

    def promises_of(self, fitted: "Fitted") -> "Promises | None":
        """What contracts do to the customers that are simulated."""
        from pertoken.forecast.promised import promised  # noqa: PLC0415  the calculator must start fast

        if self.agreed is None:
            return None
        labels = self.standing.plan.labels
        plans = {card: _with(card, labels) for *_, card in self.agreed.changes}
        return promised(self.agreed, fitted.of, len(self.read.panel), plans=plans)

    @property
    def promises(self) -> "Promises | None":
        """What contracts do to the customers of the forecast."""
        return self.promises_of(self.fitted)

    def with_signed(self, fitted: "Fitted") -> "Fitted":
        """Add those who have signed and used nothing yet to the customers of the log."""
        from pertoken.forecast.signed import joined  # noqa: PLC0415  the calculator must start fast

        if self.agreed is None:
            return fitted
        on = self.standing.plan.labels, _codes(self.standing.plan.labels, self.agreed.cards[len(self.read.panel) :])
        of = joined(fitted.of, self.agreed, on, self.charging.worth(fitted.of), fitted.priors.signed)
        return replace(fitted, of=of)

    @property
    def unplanned(self) -> tuple[str, ...]:
        """Who has signed and used nothing yet, and of whose usage nothing is said that their plan charges for."""
        from pertoken.forecast.signed import unplanned  # noqa: PLC0415  the calculator must start fast
        from pertoken.forecast.simulate import pick  # noqa: PLC0415

        there = len(self.read.panel)
        if self.agreed is None or len(self.agreed.customers) == there:
            return ()
        of, codes = pick(self.fitted.of, np.arange(there)), _codes(self.standing.plan.labels, self.agreed.cards[there:])
        return unplanned(of, self.agreed, codes, self.charging.worth(of))


def known(
    log: "str | Path",
    *,
    card: Iterable[str | Card] = (),
    revenue: Iterable[str | Card] = (),
    cost: Iterable[str | Card] = (),
    months: int = 12,
    segments: str = BEHAVIOUR,
    depth: Depth = "",
    top: int = 5,
    seed: int = 0,
    events: "str | Path | Sequence[Event]" = (),
    market: "str | Path | Market | None" = None,
    voices: Voices = NOBODY,
    unpriced: Aside = "raise",
    how: LogAhead,
) -> Known:
    """Read a log, and what is said beside it.

    Args:
        log: As for `statement`.
        card: Cards of either side: a plan of ours is revenue, a vendor's card is cost.
        revenue: Cards of what we are paid.
        cost: Cards of what we pay.
        months: How many months ahead.
        segments: `behaviour`, or a key of the log that tells customers apart.
        depth: How deeply customers are integrated, for behaviour: a key of the log, a file, or numbers by customer.
        top: Customers at most who are named, of those who are 5 % or more of all revenue (of usage, without a card).
        seed: Same seed, same bits.
        events: Price changes, launches and outages, past and to come: a file, or records of `Event`.
        market: What is believed of the market: a file, or a record of `Market`.
        voices: Who speaks beside our own experts.
        unpriced: `raise` when usage has no price, `report` to forecast it, charge nothing for it, and say so.
        how: How the log is read; its contracts may say commitments, which are settled in each world.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    told, contracts = {"tracks": _asked(segments, depth), "unpriced": unpriced}, how.get("contracts", ())
    sides = {"card": tuple(card), "revenue": tuple(revenue), "cost": tuple(cost)}
    with only_months(DAILY), beside(log, lambda: history(log, **sides, whole=True, **told, how=in_time(how))) as asked:  # type: ignore[arg-type]
        read = asked()
    from pertoken.forecast.fitted import months_after  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.landing import begun  # noqa: PLC0415

    month = begun(read.panel)
    read, said = declared(read, contracts=contracts, events=events, market=market)
    panel = _long_enough(read.panel)
    deep = said_depth(read.panel, depth)
    standing, plans = standing_of(read, segments, top, deep)
    ahead = months_after(panel.periods[-1], months)
    agreed = signed(read, said, ahead)
    if agreed is not None:
        standing, plans = _with_cards(_bound(standing, agreed, len(panel)), plans, agreed, read.cards["revenue"])
    coming, said = coming_of(said, standing, ahead, panel.periods[-1]), foretold(said, ahead, panel.periods[-1])
    return Known(read, standing, plans, ahead, seed, said, agreed, coming, month, voices, deep)


def fitted_to(known: Known, *, priors: "Priors | None" = None) -> Prepared:
    """Fit a simulation of its customers to a history.

    Args:
        known: The history.
        priors: What is believed before it speaks.
    """
    from pertoken.forecast.fitted import Priors, fitted  # noqa: PLC0415  the calculator must start fast

    read, standing = known.read, known.standing
    level = _level(known.driver, known.voices, known.seed, standing)
    made = fitted(
        read.panel, standing, known.months, priors=priors or Priors(), seed=known.seed, events=known.coming, level=level
    )
    charged = charging(read, known.plans, standing.plan, known.months)
    told = {field.name: getattr(known, field.name) for field in fields(known)}
    told["agreed"] = _heading(known.agreed, known.said, made, charged)
    done = Prepared(**told, fitted=made, charging=charged)
    return replace(done, fitted=done.with_signed(made))


def prepared(log: "str | Path", *, priors: "Priors | None" = None, **said: Unpack[Asked]) -> Prepared:
    """Read a log and fit a simulation of its customers to it.

    Args:
        log: As for `statement`.
        priors: What is believed before the history speaks.
        **said: As of `known`.
    """
    return fitted_to(known(log, **said), priors=priors)


def _heading(agreed: "Agreed | None", beside: Declared, made: "Fitted", charged: Charging) -> "Agreed | None":
    """Let who is in the middle of a ramp head for what was planned."""
    from pertoken.forecast.signed import headed  # noqa: PLC0415  the calculator must start fast

    planned = {each.customer for each in beside.agreements if each.planned is not None}
    return headed(made.of, agreed, planned, charged.worth(made.of)) if agreed is not None and planned else agreed


def _bound(standing: "Standing", agreed: "Agreed", size: int) -> "Standing":
    """Name those who have signed, and let them leave only where a contract ends."""
    held = np.where(agreed.length > 0, len(agreed.months), 0)[:size]
    return replace(standing, bound=held, signed=np.flatnonzero(agreed.length[:size] > 0))


def _codes(plans: Sequence[str], cards: Sequence[str]) -> list[int]:
    """Number the plans that cards are of; the first one for who has signed nothing."""
    return [(_with(card, plans) or [0])[0] for card in cards]


def _with(card: str, plans: Sequence[str]) -> list[int]:
    """Number the plan that a card is, then those that it is a part of."""
    found = [code for code, plan in enumerate(plans) if card in plan.split(" + ")]
    return sorted(found, key=lambda code: plans[code] != card)


def _with_cards(
    standing: "Standing", plans: tuple[tuple[Card, ...], ...], agreed: "Agreed", cards: Sequence[Card]
) -> "tuple[Standing, tuple[tuple[Card, ...], ...]]":
    """Add the cards that somebody has signed for and nobody is on yet."""
    known = {name for plan in standing.plan.labels for name in plan.split(" + ")}
    signed = {*agreed.cards, *(name for *_, name in agreed.changes)}
    new = tuple(card for card in cards if card.name in signed - known)
    plan = Key(standing.plan.codes, (*standing.plan.labels, *(card.name for card in new)))
    return replace(standing, plan=plan), (*plans, *((card,) for card in new))


def _long_enough(panel: "Panel") -> "Panel":
    """Give a history back that is long enough for a forecast; of another, say what can be said, and refuse it."""
    if len(panel.periods) >= SHORTEST:
        return panel
    first, last, days = panel.periods[0], panel.periods[-1], len(panel.periods)
    pace = zip(panel.cells["meter"].column(), np.nansum(panel.quantity, axis=(1, 2)) / days, strict=True)
    used = ", ".join(f"{each:,.0f} {meter}" for meter, each in pace)
    raise InputError(
        f"the log has {days} day{'s' * (days > 1)} ({first} to {last}) by {len(panel)} customers: {used} a day; "
        f"a forecast needs {SHORTEST} days at least, and 30 to say much; "
        "with fewer, make a model of assumptions: pertoken model init"
    )


def _asked(segments: str, depth: Depth) -> tuple[str, ...]:
    """Name the keys of the log that tell customers apart.

    Raises:
        InputError: Both a key and a depth of integration are said.
    """
    if depth and segments != BEHAVIOUR:
        raise InputError(
            f"a depth of integration helps to tell behaviour apart, not {segments!r}; leave one of them out"
        )
    said = () if segments == BEHAVIOUR else (segments,)
    return (*said, depth) if isinstance(depth, str) and of_log(depth) else said


def _level(driver: "Panel", voices: Voices, seed: int, standing: "Standing") -> "Predicted | None":
    """Forecast the first 28 days with whoever speaks beside our own experts; None where nobody does."""
    from pertoken.forecast.fitted import DRAWS  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.growth import WINDOW  # noqa: PLC0415
    from pertoken.forecast.prediction import predicted  # noqa: PLC0415

    if not (voices.experts or voices.outside):
        return None
    told = {"experts": voices.experts, "segment": standing.segmented}
    made = predicted(driver, horizon=WINDOW, draws=DRAWS, seed=seed, **told)  # type: ignore[arg-type]
    return voices.join(made, driver.periods[-1], seed=seed)


def in_time(how: LogAhead) -> How:
    """Give rating the dates of contracts, where these are records of what was signed."""
    from pertoken.connect.contracts import read_contracts, renewed  # noqa: PLC0415  the calculator must start fast

    said = how.get("contracts", ())
    if isinstance(said, (str, Path)):
        return {**how, "contracts": read_contracts(said, gaps=True)}
    return {**how, "contracts": [each for _, each in renewed(("", _dated(one)) for one in said)]}


def _dated(said: Agreement | Contract) -> Contract:
    """Keep the dates of what was signed."""
    if isinstance(said, Contract):
        return said
    return Contract(card=said.card, labels={"customer": said.customer}, start=said.start, end=said.end)


def standing_of(
    read: History, segments: str, top: int, deep: Deep = ""
) -> "tuple[Standing, tuple[tuple[Card, ...], ...]]":
    """Say what customers are at the end of a history, and which cards each plan has."""
    from pertoken.forecast.fitted import Standing  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.plans import FREE, driver_weights, planned  # noqa: PLC0415

    panel, own = read.panel, read.cards.get("revenue", ())
    quantity = np.nansum(panel.quantity, axis=(1, 2))
    weights = driver_weights(panel.cells, quantity)
    other = free(panel.cells["meter"]) if read.aside else None
    plan, plans = planned(read.usage, panel, own, other=other) if own else (Key.constant(FREE, len(panel)), ())
    segment = segment_of(panel, segments, weights, depth_of(panel, deep))
    dated = deep if isinstance(deep, str) else ""
    told = partial(_told_apart, now=segment, periods=len(panel.periods), by=segments, depth=dated)
    standing = Standing(segment, plan, read.unit_cost, weights, top, worth=of_late(read), by=segments, segmented=told)
    return standing, plans


def _told_apart(seen: "Panel", *, now: Key, periods: int, by: str, depth: str) -> Key:
    """Tell customers apart as of an earlier date; how deeply each is integrated is known then of a key of the log."""
    if len(seen.periods) == periods:
        return now
    return segment_of(seen, by, np.ones(len(seen.quantity)), depth_of(seen, depth))


def segment_of(panel: "Panel", by: str, weights: Values, depth: Values | None = None) -> Key:
    """Tell customers apart as they are at the end of a panel, shape `(customer,)`.

    Args:
        panel: Usage by customer and cell.
        by: A key of the panel, or `behaviour`; all are one where it is neither.
        weights: Of the cells in the driver, shape `(cell,)`.
        depth: How deeply each is integrated, for behaviour.
    """
    from pertoken.forecast.behaviour import segmented  # noqa: PLC0415  the calculator must start fast

    if by == BEHAVIOUR:
        return segmented(panel.weighted(weights), depth=depth)
    if by in panel.tracks:
        return _compact(panel.tracks[by].last)
    return _compact(panel.known[by]) if by in panel.known else Key.constant("", len(panel))


def coming_of(said: Declared, standing: "Standing", months: Sequence[str], last: str) -> "Ahead | None":
    """What events do to the months ahead, for each segment.

    Raises:
        InputError: An event is of some customers of a segment only.
    """
    from pertoken.forecast.events import ahead  # noqa: PLC0415  the calculator must start fast

    if not said.events:
        return None
    segment, plan = standing.segment, standing.plan
    rows = []
    for code, label in enumerate(segment.labels):
        own = np.unique(plan.codes[segment.codes == code])
        rows.append({label, *([plan.labels[own[0]]] if len(own) == 1 else [])})
    known = set().union(*rows)
    for each in said.events:
        if each.where and each.where not in known and each.on > date.fromisoformat(last):
            raise InputError(
                f"the {each.kind} on {each.on} is of {each.where!r}, who are a part of a segment; "
                "say --segments with the key that tells them apart"
            )
    return ahead(said.events, months, rows, until=date.fromisoformat(last) + timedelta(days=1))


def _compact(key: Key) -> Key:
    """Leave labels out that no customer has any more."""
    return Key.of(key.column().tolist())
