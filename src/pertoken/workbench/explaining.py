"""What makes a range wide, and what more history would bring: small simulations, held against each other."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.money import Values
from pertoken.machine.processors import processors
from pertoken.workbench.preparing import Known, Prepared

if TYPE_CHECKING:
    from pertoken.forecast.answer import Driver, Sufficiency
    from pertoken.forecast.fitted import Fitted

FEW = 512
"""Worlds of what is only compared, in one even design."""

LENGTHS = (30, 60, 90, 180, 365)
"""Lengths of history whose ranges are told. [day]"""

LONGER = 1.2
"""Factor on the history from which on a length is another."""

TOLD = 3
"""How many lengths are told, that of the history among them."""

ENDS = (0.1, 0.5, 0.9)

Total = Callable[["Fitted", frozenset[str]], Values]
"""From what is simulated and the factors that are held to a total in each of a few worlds, shape `(draw,)`."""


def explained(
    made: Prepared, total: Total, whole: Values, half: Callable[[], float | None], step: Callable[[], None]
) -> "tuple[tuple[Driver, ...], tuple[Sufficiency, ...]]":
    """Hold each factor still in turn, and lengthen the history; all in the same few worlds.

    Args:
        made: What is forecast.
        total: Simulates a few worlds.
        whole: The total in all worlds, as it is told, shape `(draw,)`.
        half: Says `width_of_half`; asked once all else is under way.
        step: Told of each simulation.
    """
    from pertoken.forecast.answer import drivers, held_in_turn  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.population import FACTORS  # noqa: PLC0415
    from pertoken.forecast.under_contract import RENEWALS  # noqa: PLC0415

    plain: frozenset[str] = frozenset()
    few = {plain: total(made.fitted, plain)}  # before the others: they share the design that it draws
    step()

    def told(fitted: "Fitted", held: frozenset[str]) -> Values:
        found = total(fitted, held)
        step()
        return found

    factors = [each for each in FACTORS if each != RENEWALS or made.agreed is not None]
    with ThreadPoolExecutor(processors()) as pool:
        asked = {held: pool.submit(told, made.fitted, held) for held in held_in_turn(factors) if held}
        longer = {length: pool.submit(told, each, plain) for length, each in _longer(made, half)}
    few |= {held: each.result() for held, each in asked.items()}
    with_more = {length: each.result() for length, each in longer.items()}
    return drivers(few.__getitem__, factors), _sufficiency(made, whole, few[plain], with_more)


def width_of_half(known: Known) -> float | None:
    """Say how wide the first month's forecast is from the last half of the history."""
    from pertoken.forecast.fitted import DRAWS  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.growth import WINDOW  # noqa: PLC0415
    from pertoken.forecast.sufficiency import width_of_half as width  # noqa: PLC0415

    return width(known.driver, horizon=WINDOW, draws=DRAWS, seed=known.seed)


def _longer(made: Prepared, half: Callable[[], float | None]) -> "Iterator[tuple[int, Fitted]]":
    """Fit what is simulated as it would be with longer histories, by their length in days."""
    from pertoken.forecast.fitted import fitted  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.sufficiency import falls_by, narrowed  # noqa: PLC0415

    days = len(made.read.panel.periods)
    falls = falls_by(made.fitted.predicted, half(), days)
    for length in [each for each in LENGTHS if each > days * LONGER][: TOLD - 1]:
        again = fitted(
            made.read.panel, made.standing, made.fitted.of.months, priors=made.fitted.priors, seed=made.seed,
            level=narrowed(made.fitted.predicted, (days / length) ** falls), more=length / days, events=made.coming,
            kept=made.fitted.retention,
        )  # fmt: skip
        yield length, made.with_signed(again)


def _sufficiency(made: Prepared, whole: Values, few: Values, more: dict[int, Values]) -> "tuple[Sufficiency, ...]":
    """Move the ends of the range as they move in the few worlds, so that these need not tell where the range is."""
    from pertoken.forecast.answer import Sufficiency  # noqa: PLC0415  the calculator must start fast

    told, base = np.quantile(whole, ENDS), np.quantile(few, ENDS)
    found = [Sufficiency(len(made.read.panel.periods), *told.tolist())]
    for length, worlds in more.items():
        ends = np.quantile(worlds, ENDS)
        moved = np.where((base > 0) & (ends > 0), told * ends / np.where(base > 0, base, 1.0), told + ends - base)
        found.append(Sufficiency(length, *moved.tolist()))
    return tuple(found)
