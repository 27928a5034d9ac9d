"""How each plan charges in the months ahead: as arrays inside the simulation, or else line by line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.errors import CardError
from pertoken.core.keys import Key
from pertoken.core.money import Values
from pertoken.rating.card import Card, Charge, Curve, Measure, Tier
from pertoken.workbench.histories import History

if TYPE_CHECKING:
    from pertoken.forecast.population import Forecastable
    from pertoken.forecast.promises import Promises
    from pertoken.forecast.replayed import Books
    from pertoken.forecast.simulate import Simulated
    from pertoken.forecast.tariff import Tariffs

COMPARED = (4, 6)
"""Powers of two of the fewest and the most worlds that are compared line by line: eighteen simulations of them."""

FREE = "free"
"""Name of the card that gives all away."""


@dataclass(frozen=True, slots=True, eq=False)
class Charging:
    """How customers are charged.

    Args:
        tariffs: How each plan charges; nothing, where there is no revenue card or it is rated line by line.
        books: The cards, where they are rated line by line; None where arrays say them.
        why: What of which card no array can say.
    """

    tariffs: "Tariffs"
    books: "Books | None" = None
    why: str = ""

    def worth(self, model: "Forecastable") -> "Callable[[int, int, Values, int], Values]":
        """Give what usage is charged at list: of a plan, a segment, usage `(level,)` and a month, money `(level,)`."""
        from pertoken.forecast.replayed import listed  # noqa: PLC0415  the calculator must start fast
        from pertoken.forecast.signed import listed as by_arrays  # noqa: PLC0415

        return partial(by_arrays, self.tariffs, model) if self.books is None else partial(listed, model, self.books)

    def simulated(
        self,
        model: "Forecastable",
        *,
        draws: int,
        seed: int,
        held: frozenset[str] = frozenset(),
        promises: "Promises | None" = None,
        replicates: int | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> "Simulated":
        """Simulate customers and charge them; line by line in fewer worlds, where they would be too many."""
        from pertoken.forecast.replayed import replayed, worlds_of  # noqa: PLC0415  the calculator must start fast
        from pertoken.forecast.simulate import simulate  # noqa: PLC0415
        from pertoken.forecast.worlds import REPLICATES  # noqa: PLC0415

        if self.books is None:
            return simulate(
                model, self.tariffs, paths=draws, seed=seed, held=held, promises=promises,
                replicates=replicates or REPLICATES, progress=progress,
            )  # fmt: skip
        paths = min(draws, worlds_of(model, self.books.grain))
        return replayed(
            model, self.tariffs, self.books, paths=paths, seed=seed, held=held, promises=promises,
            replicates=replicates or REPLICATES, progress=progress,
        )  # fmt: skip


def compared(whole: int) -> int:
    """Say in how many worlds cards are rated line by line where worlds are only compared: a power of two.

    >>> compared(320), compared(20)
    (64, 16)
    """
    return int(2 ** np.clip(np.floor(np.log2(max(whole, 1) / 5)), *COMPARED))


def charging(read: History, plans: Sequence[tuple[Card, ...]], plan: Key, months: Sequence[str]) -> Charging:
    """Bring the plans to arrays, or say that they are rated line by line.

    Args:
        read: The history; what conditions ask for is what its customers are at the end.
        plans: Cards of each plan.
        plan: Which of them each customer is on.
        months: Labels of the months ahead.
    """
    from pertoken.forecast.tariff import tariffs  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.tariff_refused import MEND, RefusedCard  # noqa: PLC0415

    cells = read.panel.cells
    if not plans:
        return Charging(tariffs([free(cells["meter"])], cells, months))
    known = [_known(read, plan, code) for code in range(len(plan.labels))]
    try:
        made = tariffs(dict(zip(plan.labels, plans, strict=True)), cells, months, known=known)
        return Charging(replace(made, unpriced=np.zeros_like(made.unpriced)) if read.aside else made)
    except RefusedCard as refused:
        nothing = tariffs(dict.fromkeys(plan.labels, free(cells["meter"])), cells, months)
        return Charging(nothing, _books(plans, known), str(refused).removesuffix(MEND))


def _known(read: History, plan: Key, code: int) -> Mapping[str, str]:
    """What the customers of a plan are; the plan's own name, where nobody is on it yet."""
    rows = np.flatnonzero(plan.codes == code)
    tracks = read.panel.tracks.items()
    return {name: track.last.column()[rows[0]] if len(rows) else plan.labels[code] for name, track in tracks}


def _books(plans: Sequence[tuple[Card, ...]], known: Sequence[Mapping[str, str]]) -> "Books":
    from pertoken.forecast.replayed import Books, grain_of  # noqa: PLC0415  the calculator must start fast

    cards = [card for plan in plans for card in plan]
    zones = sorted({card.during.tz for card in cards if card.during.tz})
    if len(zones) > 1:
        raise CardError(f"plans in more than one time zone: {', '.join(zones)}; expected one; forecast them apart")
    return Books(tuple(plans), tuple(known), grain_of(cards), zones[0] if zones else "UTC")


def free(meters: Key) -> Card:
    """Make a card that gives all away: what is not charged is simulated all the same."""
    charge = Charge(measure=Measure(sum=" + ".join(meters.labels)), curve=Curve(tiers=(Tier(rate=Decimal(0)),)))
    return Card(name=FREE, party="customer", scope=("customer",), prices={"all": charge})
