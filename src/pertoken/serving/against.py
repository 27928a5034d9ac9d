"""Against: an API beside fleets of one's own that serve the same requests."""

from dataclasses import dataclass
from math import isfinite

import numpy as np

from pertoken.core.money import Values
from pertoken.serving.breakeven import Crossing, Stretch
from pertoken.serving.capacity import Targets
from pertoken.serving.ownership import Ownership
from pertoken.serving.rented import Rented
from pertoken.serving.search import Choice
from pertoken.serving.sized import Sized
from pertoken.serving.stairs import Own
from pertoken.serving.tuned import Tuned


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """An API that can be called instead.

    Args:
        name: The model that is called.
        per_request: What it takes for a request. [USD]
        source: Who says so.
        ttft: Time to its first token, as measured at the percentile of the targets; None where not known. [s]
        tpot: Time of each later token; None where not known. [s]
        private: Whether data may not leave, so that it is no choice.
    """

    name: str
    per_request: float
    source: str
    ttft: float | None = None
    tpot: float | None = None
    private: bool = False

    def misses(self, targets: Targets) -> tuple[str, ...]:
        """Tell which targets it is known to miss.

        >>> Api(name="x", per_request=1.0, source="", ttft=0.9, tpot=0.02).misses(Targets(first=0.5, each=0.04))
        ('TTFT 0.9 s above 0.5 s',)
        """
        said = (
            (self.ttft, targets.first, "TTFT {:g} s above {:g} s", 1),
            (self.tpot, targets.each, "TPOT {:g} ms above {:g} ms", 1000),
        )
        return tuple(
            words.format(each * times, aim * times)
            for each, aim, words, times in said
            if each is not None and each > aim
        )

    def unknown(self, targets: Targets) -> tuple[str, ...]:
        """Tell for which targets it is not known whether it keeps them."""
        pairs = (("TTFT", self.ttft, targets.first), ("TPOT", self.tpot, targets.each))
        return tuple(name for name, each, aim in pairs if each is None and isfinite(aim))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnFleet:
    """One way to serve the requests oneself: GPUs, their number, precision, and how machines are bought.

    Args:
        choice: A replica of it.
        rented: The machine that it stands on.
        own: What it costs over the volume.
        monthly: What it costs at the volume that was asked for, line by line.
        machines: Machines that are paid there, on average.
        committed: Those of them that are paid round the clock.
        utilisation: Share of what these can serve that is served.
        crossings: Where the cheaper of it and the API changes, from the lowest volume on.
        looked: Volume up to which these were looked for. [request/month]
    """

    choice: Choice
    rented: Rented
    own: Own
    monthly: Ownership
    machines: float
    committed: float
    utilisation: float
    crossings: tuple[Crossing, ...]
    looked: float

    def purchase(self, volume: float) -> str:
        """How its machines are bought at a volume [request/month]: a commitment may hold none there."""
        held = self.rented.committed and float(self.own.committed_machines(volume)[0]) > 0
        return self.rented.purchase if held else self.rented.beside_it

    @property
    def cost(self) -> float:
        """What it costs at the volume that was asked for [USD/month]."""
        return float(self.monthly.total)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BuildOrBuy:
    """An API against fleets of one's own.

    Args:
        model: The model that is served oneself.
        api: The API.
        volume: Requests a month that were asked for.
        fleets: Ways to serve them, the cheapest at that volume first.
        crossings: Where the cheaper of the API and the way that is then the cheapest changes; `which` counts `fleets`.
        stretches: Which side, and which of the fleets, is the cheapest from volume to volume.
        looked: Volume up to which these were looked for. [request/month]
        sized: The ways that the fleets were taken from.
        tuned: What fine-tuning costs, a line of each fleet; None for none.
    """

    model: str
    api: Api
    volume: float
    fleets: tuple[OwnFleet, ...]
    crossings: tuple[Crossing, ...]
    stretches: tuple[Stretch, ...]
    looked: float
    sized: Sized
    tuned: Tuned | None

    @property
    def api_monthly(self) -> float:
        """What the API costs at the volume that was asked for [USD/month]."""
        return self.api.per_request * self.volume

    @property
    def barred(self) -> tuple[str, ...]:
        """Why the API is no choice; empty where it is one."""
        private = ("data may not leave",) if self.api.private else ()
        return (*private, *self.api.misses(self.sized.wanted.targets))

    @property
    def less(self) -> str:
        """The side that costs less at that volume, whether the API is a choice or not: `own` or `api`."""
        return "own" if self.fleets[0].cost < self.api_monthly else "api"

    @property
    def cheaper(self) -> str:
        """The side to take at that volume: `own` or `api`."""
        return "own" if self.barred else self.less

    def places(self) -> Values:
        """Choose volumes for a picture, so that the last crossing and the volume asked for are inside."""
        found = [each.volume for each in self.crossings]
        return np.linspace(0, 1.5 * max(self.volume, *found, 1.0), 301)

    def lowest_cost(self, volumes: Values) -> Values:
        """Cost of the cheapest fleet at volumes [request/month]; [USD/month]."""
        each: Values = np.min([fleet.own.cost(volumes) for fleet in self.fleets], axis=0)
        return each
