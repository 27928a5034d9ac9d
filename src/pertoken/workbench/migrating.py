"""What if customers are moved to another plan: who moves, who leaves, and what it earns."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError, nearest
from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.forecast.migration.offer import Offer
from pertoken.rating.card import Card
from pertoken.workbench.asked import LogAhead

if TYPE_CHECKING:
    from pathlib import Path

    from pertoken.forecast.agreed import Agreed
    from pertoken.forecast.fitted import Fitted
    from pertoken.forecast.migration.answer import Migrated
    from pertoken.forecast.migration.block import Setting
    from pertoken.forecast.migration.offer import Timetable
    from pertoken.forecast.migration.priors import Prior
    from pertoken.forecast.panel import Panel
    from pertoken.workbench.histories import History

SHORTEST = 14
"""Days of history below which no migration is simulated: two of each day of the week."""

STEPS = {
    "usage": "A price change? With `price_change` in the offer how usage answers is learnt, without it is growth.",
    "price": "Did prices change? With `price_change` in the offer how usage answers is learnt.",
}
"""What is asked about a step that nobody declared, in usage or in what a unit cost."""

DRAWS = 512
"""Worlds, where nothing else is said."""


def migrate(
    log: "str | Path",
    *,
    old: Iterable[str | Card],
    new: Iterable[str | Card],
    cost: Iterable[str | Card] = (),
    offer: "Offer | str | Path | None" = None,
    months: int = 24,
    draws: int = DRAWS,
    seed: int = 0,
    **how: Unpack[LogAhead],
) -> "Migrated":
    """Simulate moving customers to another plan: revenue and margin, who moves, who leaves, and what to watch.

    Args:
        log: As for `statement`, with customers and times.
        old: Cards of the plan as it is: YAML files or records of `Card`.
        new: Cards of the plan that customers are offered.
        cost: Cards of what we pay.
        offer: Who is offered it, from when, how they are told: a YAML file or a record; everybody, at once, if None.
        months: How many months ahead.
        draws: How many worlds.
        seed: Same seed, same worlds.
        **how: How the log is read, as for `statement`; who has committed stays on the old plan until the contract ends.

    Raises:
        PertokenError: What is wrong with the log, the cards, the contracts or the offer, and the mend.
    """
    from pertoken.forecast.migration.answer import Migrated  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.migration.offer import timetable  # noqa: PLC0415
    from pertoken.forecast.migration.priors import believed, traits  # noqa: PLC0415
    from pertoken.forecast.migration.simulate import migrate as simulated  # noqa: PLC0415
    from pertoken.workbench.histories import history, only_months  # noqa: PLC0415
    from pertoken.workbench.preparing import DAILY, in_time  # noqa: PLC0415
    from pertoken.workbench.staying import rising, staying  # noqa: PLC0415
    from pertoken.workbench.suspected import price_days  # noqa: PLC0415

    _counted(months=months, draws=draws)
    said = _offer(offer)
    cards = {"old": _cards(old), "new": _cards(new)}
    with only_months(DAILY):
        past = history(log, revenue=cards["old"], cost=cost, also=cards["new"], whole=True, how=in_time(how))
    cards |= {"cost": past.cards["cost"]} if "cost" in past.cards else {}
    _comparable(cards)
    ahead = _months(past, months)
    times, (held, bound) = timetable(said, ahead), staying(past, how.get("contracts", ()), ahead)
    chosen = _asked(past, said)
    priors, notes = _priors(believed(said.priors), said, past, seed)
    fit = _fitted(past, ahead, seed, held)
    lift = rising(fit.of, held)
    setting = _offered(_setting(past, fit, cards, draws=draws, seed=seed, lift=lift), said, times, chosen, held)
    made = simulated(setting, traits(priors, draws, seed))
    changes = price_days(cards["old"], past.panel.periods)
    says = (*past.says, *notes, *bound, *_asks(past, said, changes), *_warned(fit))
    return Migrated(made, said, times, priors, cards, past.currency, past.report, fit.days, says, changes)


def _asks(past: "History", offer: Offer, changes: Sequence[date]) -> tuple[str, ...]:
    """Ask about steps in the history that neither the offer nor the cards of the old plan declare."""
    from pertoken.forecast.event import Event  # noqa: PLC0415  the calculator must start fast
    from pertoken.workbench.suspected import one_number, questions, suspected  # noqa: PLC0415

    said = () if offer.price_change is None else (date.fromisoformat(f"{offer.price_change.month}-01"),)
    known = [Event(on=day, kind="price") for day in (*said, *changes)]
    return tuple(f"! {each}" for each in questions(suspected(one_number(past), known, paid=past.said_cost), STEPS))


def _warned(fit: "Fitted") -> tuple[str, ...]:
    """Name who is most of all usage, and say that a short history says little."""
    from pertoken.workbench.remarks import largest, short  # noqa: PLC0415  the calculator must start fast

    return (*largest(fit.predicted.customers, fit.predicted.samples.mean(axis=0)), *short(fit.days))


def _counted(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise InputError(f"{number} {name}; expected at least 1")


def _offer(said: "Offer | str | Path | None") -> "Offer":
    from pertoken.connect.offers import read_offer  # noqa: PLC0415  the calculator must start fast

    if said is None:
        return Offer()
    return said if isinstance(said, Offer) else read_offer(said)


def _cards(said: Iterable[str | Card]) -> tuple[Card, ...]:
    from pertoken.connect.cards import read_cards  # noqa: PLC0415  the calculator must start fast

    return tuple(card for each in said for card in ([each] if isinstance(each, Card) else read_cards(each)))


def _comparable(cards: Mapping[str, tuple[Card, ...]]) -> None:
    """Check parties and currencies, as for every comparison of plans."""
    from pertoken.books.contract import agreed  # noqa: PLC0415  the calculator must start fast

    agreed(cards)


def _months(past: "History", months: int) -> tuple[str, ...]:
    """Name the months ahead of a history that is long enough."""
    from pertoken.forecast.fitted import months_after  # noqa: PLC0415  the calculator must start fast

    days = past.panel.periods
    if len(days) < SHORTEST:
        raise InputError(
            f"the log has {len(days)} day{'s' * (len(days) > 1)} ({days[0]} to {days[-1]}); a migration is simulated "
            f"from {SHORTEST} or more; to compare the plans on what was used, see pertoken simulate"
        )
    return months_after(days[-1], months)


def _fitted(past: "History", months: Sequence[str], seed: int, held: "Agreed | None") -> "Fitted":
    """Fit the forecast of the customers there are; who has signed is there until the contract ends."""
    from pertoken.forecast.fitted import Priors, fitted  # noqa: PLC0415  the calculator must start fast
    from pertoken.workbench.preparing import BEHAVIOUR, standing_of  # noqa: PLC0415

    standing, _ = standing_of(past, BEHAVIOUR, 0)
    standing = standing if held is None else replace(standing, bound=held.bound[: len(past.panel)])
    return fitted(past.panel, standing, months, priors=Priors(), seed=seed)


def _known(panel: "Panel") -> dict[str, Key]:
    """What customers are at the end of the history, by key."""
    return {name: track.last for name, track in panel.tracks.items()} | dict(panel.known)


def _setting(
    past: "History", fit: "Fitted", cards: Mapping[str, Sequence[Card]], *, draws: int, seed: int, lift: Values | None
) -> "Setting":
    """Put customers and plans together; everybody is asked, at once."""
    from pertoken.forecast.migration.ahead import forecast_ahead, leaving_ahead  # noqa: PLC0415
    from pertoken.forecast.migration.arrayed import tariff_of  # noqa: PLC0415
    from pertoken.forecast.migration.block import Setting  # noqa: PLC0415
    from pertoken.forecast.migration.offer import timetable  # noqa: PLC0415

    panel, people, months = past.panel, fit.of.people, fit.of.months
    what: dict[str, Any] = {"mix": people.mix, "cells": panel.cells, "known": _known(panel)}
    old, new = (tariff_of(cards[side], people.names, months, **what) for side in ("old", "new"))
    everybody = np.ones(len(panel), dtype=bool)
    return Setting(
        people.names, months, forecast_ahead(fit.of, draws=draws, seed=seed, lift=lift), old, new,
        leaving_ahead(fit.of), people.cost, everybody, ~everybody, timetable(Offer(), months), seed=seed,
    )  # fmt: skip


def _offered(
    setting: "Setting", offer: Offer, times: "Timetable", chosen: Sequence[NDArray[np.bool_]], held: "Agreed | None"
) -> "Setting":
    """Make customers an offer, whom contracts may bind until they end."""
    from pertoken.workbench.staying import ending  # noqa: PLC0415  the calculator must start fast

    asked, kept = chosen
    told = {"wave": offer.wave, "kept_above": offer.grandfather_above, "cap": offer.cap, "contracts": held}
    return replace(setting, asked=asked, kept=kept, times=times, leave=ending(setting.leave, held), **told)  # type: ignore[arg-type]


def _asked(past: "History", offer: "Offer") -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Find who is offered the new plan, and who may keep the old one."""
    labels = {"customer": Key.of(past.panel.customers)} | _known(past.panel)
    kept = _chosen(offer.grandfather, labels, "grandfather")
    return (_chosen(offer.who, labels, "who") if offer.who else np.ones_like(kept)), kept


def _chosen(said: Mapping[str, Sequence[str]], labels: Mapping[str, Key], word: str) -> NDArray[np.bool_]:
    """Find the customers that an offer names by their labels; nobody where it names none.

    Raises:
        InputError: No such key, or no customer with such a label.
    """
    chosen = np.zeros(len(labels["customer"]), dtype=bool)
    for name, wanted in said.items():
        if name not in labels:
            raise InputError(f"{word} of the offer asks for {name!r}; {nearest(name, labels)}")
        key = labels[name]
        for label in wanted:
            found = key.codes == (key.labels.index(label) if label in key.labels else -1)
            if not found.any():
                raise InputError(f"{word} of the offer: no customer of {name} {label!r}; {nearest(label, key.labels)}")
            chosen |= found
    return chosen


def _priors(
    priors: "Mapping[str, Prior]", offer: "Offer", past: "History", seed: int
) -> "tuple[dict[str, Prior], tuple[str, ...]]":
    """Learn the elasticity from a price change in the history, where one is declared."""
    from pertoken.forecast.migration.response import estimated, learned  # noqa: PLC0415
    from pertoken.forecast.plans import driver_weights  # noqa: PLC0415

    change = offer.price_change
    if change is None:
        return dict(priors), ()
    weights = driver_weights(past.panel.cells, np.nansum(past.panel.quantity, axis=(1, 2)))
    months, value = _monthly(past.panel.weighted(weights))
    if change.month not in months:
        raise InputError(
            f"the price change of the offer is in {change.month}; expected a whole month of the log, "
            f"{months[0]} to {months[-1]}"
        )
    rng = np.random.default_rng([seed, 2])
    found, error = estimated(value, months.index(change.month), change.factor, draws=200, rng=rng)
    note = f"The history's price change alone says an elasticity of {found:.2f}, standard error {error:.2f}."
    return {**priors, "elasticity": learned(priors["elasticity"], found, error)}, (note,)


def _monthly(panel: "Panel") -> tuple[tuple[str, ...], Values]:
    """Usage a day of each whole month, so that long months are no growth, shape `(customer, month)`."""
    from pertoken.core.period import ends  # noqa: PLC0415  the calculator must start fast

    labels = sorted({day[:7] for day in panel.periods})
    last = str(ends(panel.periods[-1:])[0].astype("datetime64[D]"))
    whole = [m for m in labels if f"{m}-01" >= panel.periods[0] and str(np.datetime64(m, "M") + 1) <= last[:7]]
    if not whole:
        raise InputError("the log has no whole month; a price change can't be told from it")
    of = np.array([day[:7] for day in panel.periods])
    return tuple(whole), np.stack([panel.value[:, of == month].mean(axis=1) for month in whole], axis=1)
