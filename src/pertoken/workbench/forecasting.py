"""What revenue will we make, as a range? From a log and cards to simulated worlds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.rating.card import Card
from pertoken.workbench.histories import History, history
from pertoken.workbench.reading import How

if TYPE_CHECKING:
    from pertoken.forecast.answer import Forecast
    from pertoken.forecast.fitted import Fitted, Priors, Standing
    from pertoken.forecast.simulate import Simulated
    from pertoken.forecast.tariff import Tariffs

PATHS = 10_240
"""Worlds of a forecast: ten replicates of a power of two."""

FEW = 1_024
"""Worlds of what is only compared."""

LENGTHS = (30, 60, 90, 180)
"""Lengths of history whose ranges are told. [day]"""

BEHAVIOUR = "behaviour"
"""Segments by what customers do."""

SHORTEST = 14
"""Days of history below which nothing is said."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A history made ready to be simulated.

    Args:
        read: The history.
        standing: What customers are at its end.
        plans: Cards of each plan.
        fitted: What the simulation needs.
        tariffs: How each plan charges; None where there is no revenue card.
        seed: Same seed, same bits.
    """

    read: History
    standing: "Standing"
    plans: tuple[tuple[Card, ...], ...]
    fitted: "Fitted"
    tariffs: "Tariffs | None"
    seed: int


def prepared(
    log: "str | Path",
    *,
    card: Iterable[str | Card] = (),
    revenue: Iterable[str | Card] = (),
    cost: Iterable[str | Card] = (),
    months: int = 12,
    segments: str = BEHAVIOUR,
    top: int = 5,
    seed: int = 0,
    priors: "Priors | None" = None,
    how: How,
) -> Prepared:
    """Read a log and fit a simulation of its customers to it.

    Args:
        log: As for `statement`.
        card: Cards of either side: a plan of ours is revenue, a vendor's card is cost.
        revenue: Cards of what we are paid.
        cost: Cards of what we pay.
        months: How many months ahead.
        segments: `behaviour`, or a key of the log that tells customers apart.
        top: Customers at most who are named, of those who are 5 % or more of all usage.
        seed: Same seed, same bits.
        priors: What is believed before the history speaks.
        how: How the log is read.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    from pertoken.forecast.fitted import Priors, fitted, months_after  # noqa: PLC0415  the calculator must start fast

    said = () if segments == BEHAVIOUR else (segments,)
    read = history(log, card=card, revenue=revenue, cost=cost, tracks=said, how=how)
    panel = read.panel
    if len(panel.periods) < SHORTEST:
        raise InputError(
            f"the log has {len(panel.periods)} days ({panel.periods[0]} to {panel.periods[-1]}); a forecast needs "
            f"{SHORTEST} at least, and 30 to say much; with fewer, make a model of assumptions: pertoken model init"
        )
    standing, plans = _standing(read, segments, top)
    ahead = months_after(panel.periods[-1], months)
    made = fitted(panel, standing, ahead, priors=priors or Priors(), seed=seed)
    return Prepared(read, standing, plans, made, _tariffs(read, plans, ahead), seed)


def _standing(read: History, segments: str, top: int) -> "tuple[Standing, tuple[tuple[Card, ...], ...]]":
    from pertoken.forecast.behaviour import segmented  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.fitted import Standing  # noqa: PLC0415
    from pertoken.forecast.plans import FREE, driver_weights, planned  # noqa: PLC0415

    panel, own = read.panel, read.cards.get("revenue", ())
    quantity = np.nansum(panel.quantity, axis=(1, 2))
    weights = driver_weights(panel.cells, quantity)
    plan, plans = planned(read.usage, panel, own) if own else (Key.constant(FREE, len(panel)), ())
    if segments == BEHAVIOUR:
        segment = segmented(panel.weighted(weights))
    else:
        segment = _compact(panel.tracks[segments].last if segments in panel.tracks else panel.known[segments])
    return Standing(segment, plan, read.unit_cost, weights, top), plans


def _compact(key: Key) -> Key:
    """Leave labels out that no customer has any more."""
    return Key.of(key.column().tolist())
