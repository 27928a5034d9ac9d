"""Seen: a history as it was known on an earlier day: its customers, its outages, and what its one number is made of."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.forecast.outage import watched
from pertoken.forecast.panel import Panel
from pertoken.forecast.plans import driver_weights


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What was known of a history after some periods.

    Args:
        panel: Usage by customer and cell till then; outages that could be told by then are not watched.
        weights: Of the cells in the one number that is forecast, shape `(cell,)`. [driver / unit]
    """

    panel: Panel
    weights: Values

    @property
    def driver(self) -> Panel:
        """The history as one cell for all usage."""
        return self.of(self.panel)

    def of(self, panel: Panel) -> Panel:
        """Make the same one number of other periods; a single cell of weight one is that number."""
        one = len(self.weights) == 1 and self.weights[0] == 1
        return panel if one else panel.weighted(self.weights)


Lookback = Callable[[int], Seen]
"""Goes back to what was known after so many periods."""


def lookback(panel: Panel) -> Lookback:
    """Go back in a history whose outages and weights are found: each time from what was there by then.

    Args:
        panel: As it was read, with no outage taken out.
    """

    def seen(count: int) -> Seen:
        known = panel.as_of(count)
        weights = driver_weights(known.cells, np.nansum(known.quantity, axis=(1, 2)))
        return Seen(watched(known, weights)[0], weights)

    return seen


def as_given(panel: Panel) -> Lookback:
    """Go back in a history that is taken as it is: all its cells added up, nothing taken out."""
    ones = np.ones(len(panel.quantity))
    return lambda count: Seen(panel.as_of(count), ones)
