"""Sized: the ways to serve a load, and why there is none."""

from dataclasses import dataclass
from math import isfinite

from pertoken.core.errors import InputError
from pertoken.serving.busiest import Busiest
from pertoken.serving.search import Choice, Wanted


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sized:
    """Ways to serve a load, the cheapest first.

    Args:
        model: The model, as asked for.
        shape: Name of its shape.
        engine: Profile of the engine.
        wanted: What is to be served, within which targets, on which offers.
        choices: The ways.
        lacking: For those that do not fit into memory, by how much, and what would.
        busiest: What requests of the cheapest see when it is busiest; None where nothing serves, or all may wait.
    """

    model: str
    shape: str
    engine: str
    wanted: Wanted
    choices: tuple[Choice, ...]
    lacking: tuple[str, ...]
    busiest: Busiest | None = None

    @property
    def best(self) -> Choice:
        """The cheapest way.

        Raises:
            InputError: There is none; with what stands in the way.
        """
        if self.choices and self.choices[0].bought:
            return self.choices[0]
        raise InputError(why_none(self))

    def best_rate(self, gpu: str, gpus: int) -> float:
        """Best rate of so many GPUs, in whichever way they are split into replicas [1/s].

        Args:
            gpu: The GPU.
            gpus: How many.
        """
        split = (gpus // one.gpus * one.best for one in self.choices if one.gpu == gpu and not one.lacking)
        return max(split, default=0.0)


def why_none(answer: Sized) -> str:
    """Say why nothing serves a load within its targets, and what would."""
    fitting = [one for one in answer.choices if not one.lacking]
    if not fitting:
        return answer.lacking[-1]
    reached = [one for one in fitting if one.best > 0]
    if reached:
        names = ", ".join(sorted({one.gpu for one in reached}))
        return f"no machine with {names} for rent among the offers; allow more providers or regions, or say prices"
    targets = answer.wanted.targets
    first, each = (min(fitting, key=lambda one, n=name: getattr(one, n)) for name in ("floor_ttft", "floor_tpot"))  # type: ignore[misc]
    aims = {f"TTFT {targets.first:g} s": targets.first, f"TPOT {targets.each * 1000:g} ms": targets.each}
    said = " and ".join(words for words, aim in aims.items() if isfinite(aim)) + f" at {targets.percentile:g} %"
    floors = f"TTFT {first.floor_ttft:.3g} s ({first.gpus} x {first.gpu}, {first.precision})"
    floors += f", TPOT {each.floor_tpot * 1000:.3g} ms ({each.gpus} x {each.gpu}, {each.precision})"
    return f"{said} can't be reached at any load; the floors are {floors}; loosen a target or try faster GPUs"
