"""Against: an API beside fleets of one's own that serve the same requests."""

from dataclasses import dataclass

import numpy as np

from pertoken.core.money import Values
from pertoken.serving.breakeven import Crossing, Own
from pertoken.serving.ownership import Ownership
from pertoken.serving.search import Bought, Choice
from pertoken.serving.sized import Sized


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnFleet:
    """A fleet of one kind of GPU against an API.

    Args:
        choice: A replica of it.
        bought: How its machines are bought.
        own: What it costs over the volume.
        crossings: Where the cheaper side changes, from the lowest volume on.
        monthly: What it costs at the volume that was asked for, line by line.
    """

    choice: Choice
    bought: Bought
    own: Own
    crossings: tuple[Crossing, ...]
    monthly: Ownership


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BuildOrBuy:
    """An API against fleets of one's own.

    Args:
        model: The model that is served oneself.
        api: The model that is called.
        per_request: What the API takes for a request. [USD]
        source: Who says so.
        volume: Requests a month that were asked for.
        fleets: Fleets, one for each kind of GPU, the cheapest at that volume first.
        private: Whether data may not leave, so that the API is no choice.
        sized: The ways that the fleets were taken from.
    """

    model: str
    api: str
    per_request: float
    source: str
    volume: float
    fleets: tuple[OwnFleet, ...]
    private: bool
    sized: Sized

    @property
    def api_monthly(self) -> float:
        """What the API costs at the volume that was asked for [USD/month]."""
        return self.per_request * self.volume

    @property
    def cheaper(self) -> str:
        """The cheaper side at that volume: `own` or `api`."""
        return "own" if float(self.fleets[0].monthly.total) < self.api_monthly else "api"

    def places(self) -> Values:
        """Choose volumes for a picture, so that all crossings and the volume asked for are inside."""
        found = [each.volume for fleet in self.fleets for each in fleet.crossings]
        return np.linspace(0, 1.5 * max(self.volume, *found, 1.0), 301)
