"""Seating: how long a request waits until memory, or the limit of the engine, has room for one more."""

from typing import NamedTuple

import numpy as np

from pertoken.serving.values import Values


class Seating(NamedTuple):
    """Wait for a seat.

    Args:
        chance: Share of the requests that wait at all.
        wait: How long these wait, on average. [s]
    """

    chance: Values
    wait: Values

    @property
    def mean(self) -> Values:
        """Wait of all requests, on average [s]."""
        return self.chance * self.wait

    def quantile(self, share: float) -> Values:
        """Wait that a share of all requests does not pass; those that wait do so exponentially [s]."""
        return self.wait * np.log(np.maximum(self.chance / (1 - share), 1.0))


def seating(running: Values, seats: Values, stay: Values) -> Seating:
    """Say how long requests wait for a seat: Erlang's second formula, halved since stays are much alike.

    The formula is taken between whole seats by the incomplete gamma function. With less than one seat free it is that
    of one: beyond, a queue grows as long as the load lasts.

    Args:
        running: Requests at work, on average.
        seats: How many there may be.
        stay: How long each stays. [s]
    """
    from scipy.special import gammaincc, gammaln  # noqa: PLC0415  slow to load

    at_work = np.minimum(running, seats)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        lost = np.exp(seats * np.log(at_work) - at_work - gammaln(seats + 1)) / gammaincc(seats + 1, at_work)
    lost = np.clip(np.nan_to_num(lost), 0, 1)
    chance = lost / np.maximum(1 - at_work / seats * (1 - lost), 1e-12)
    return Seating(np.clip(chance, 0, 1), stay / (2 * np.maximum(seats - at_work, 1.0)))
