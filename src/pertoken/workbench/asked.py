"""What is asked of a log that is forecast: how it is read, and what is said beside it."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Required, TypedDict

from pertoken.forecast.agreement import Agreement
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract
from pertoken.workbench.cards import Aside
from pertoken.workbench.deep import Depth
from pertoken.workbench.reading import Told
from pertoken.workbench.voices import Voices

if TYPE_CHECKING:
    from pertoken.forecast.event import Event
    from pertoken.forecast.market import Market


class LogAhead(Told, total=False):
    """How a log is read to be forecast.

    Args:
        contracts: As elsewhere; records may also be of `Agreement`, whose commitments are settled in each world.
    """

    contracts: "str | Path | Sequence[Agreement | Contract]"


class Asked(TypedDict, total=False):
    """What is asked of a log that is made ready, as the arguments of `known`."""

    card: Iterable[str | Card]
    revenue: Iterable[str | Card]
    cost: Iterable[str | Card]
    months: int
    segments: str
    depth: Depth
    top: int
    seed: int
    events: "str | Path | Sequence[Event]"
    market: "str | Path | Market | None"
    voices: Voices
    unpriced: Aside
    how: Required[LogAhead]
