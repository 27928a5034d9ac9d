"""Book of engines: fitted profiles with their day, and how far off they were on runs that they had not seen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

from pertoken.serving.constants import profile
from pertoken.serving.eras import COMMON, ERAS, OTHERS, Era
from pertoken.serving.profile import Profile

SEEN, NEW_SOURCE, NEW_GPU, NEW_NUMBERS = "seen", "source", "gpu", "numbers"
NEW_MODEL, NEW_ENGINE = "model", "engine"
"""Cases of error: a configuration of known parts; a source, a GPU, bits of weights on a GPU, a model, an engine that no
run of the fit had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A fitted profile.

    Args:
        name: Name of the profile: that of its era, or a name of the user's.
        base: Era that it belongs to, where it is the user's own.
        runs: Runs of this engine that it was fitted to.
        constants: What was fitted.
        note: What is known to be unsure.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    name: str
    base: str = ""
    runs: int
    constants: Mapping[str, float]
    note: str = ""

    @property
    def era(self) -> Era:
        """The era that it belongs to."""
        return next((each for each in ERAS if each.name == (self.base or self.name)), OTHERS)

    def profile(self, *, most: float | None = None, chunk: float | None = None, spare: float | None = None) -> Profile:
        """Make the profile of the constants, with what the engine is set to unless said otherwise.

        Args:
            most: Sequences that it runs at once at most.
            chunk: Tokens of prompts that a step takes at most.
            spare: Share of the memory that it takes for itself.
        """
        own = self.era
        return profile(
            self.constants,
            most=most or own.most,
            chunk=chunk or own.chunk,
            spare=spare or own.spare,
            blocking=own.blocking,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """How far measured runs lay from what was foreseen, where they had been held out.

    Args:
        case: What was new to the fit: `seen`, `source`, `gpu`, `numbers`, `model` or `engine`.
        metric: What was measured.
        kind: `dense` or `experts`.
        engine: Era whose runs these are, where it has enough of its own; empty for all.
        low: Ratio of measured to foreseen that one in ten lay below.
        high: Ratio that one in ten lay above.
        runs: Runs that this is taken from.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    case: str
    metric: str
    kind: str
    engine: str = ""
    low: float
    high: float
    runs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """Errors of held-out runs of one kind.

    Args:
        case: What was held out: `seen` for configurations of known parts, or `source`, `gpu`, `numbers`, `model`,
            `engine` as a whole.
        by: What the kind is one of: `source`, `engine`, `gpu`, `model`, `load` or `all`.
        name: The kind.
        metric: What was measured.
        runs: Runs.
        mean: Mean of the absolute errors, as a share of what was measured.
        median: Their median.
        bias: Median of the ratio of measured to foreseen.
        inside: Share of the runs inside the band.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    case: str
    by: str
    name: str
    metric: str
    runs: int
    mean: float
    median: float
    bias: float
    inside: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All that a calibration found.

    Args:
        fitted: Day of the fit.
        source: What it was fitted to.
        runs: How many runs.
        engines: Profiles; the one of what all share is called `common`.
        bands: Errors of held-out runs, as ratios.
        residuals: Errors of held-out runs, by kind.
        seen: Names of the GPUs and models that runs had, and of their `numbers`, by these words.
        note: What was left out.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    fitted: date
    source: str
    runs: int
    engines: tuple[Engine, ...]
    bands: tuple[Band, ...] = ()
    residuals: tuple[Residual, ...] = ()
    seen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    note: str = ""

    def engine(self, name: str) -> Engine:
        """Find the profile of an era; that of what all share where there is none."""
        known = {each.name: each for each in self.engines}
        return known.get(name) or known[COMMON]

    def band(self, metric: str, cases: tuple[str, ...], kind: str, engine: str = "") -> tuple[float, float]:
        """Find the widest band of the cases that hold: ratios of measured to foreseen."""
        found = [band for case in cases if (band := nearest_band(self.bands, case, (metric, kind, engine)))]
        return min((each.low for each in found), default=1.0), max((each.high for each in found), default=1.0)


def nearest_band(bands: Iterable[Band], case: str, words: tuple[str, str, str]) -> Band | None:
    """Find the band of a case for a metric, a kind and an engine: its own if it has one, else that of all."""
    metric, kind, engine = words
    fitting = {each.engine: each for each in bands if (each.case, each.metric, each.kind) == (case, metric, kind)}
    return fitting.get(engine) or fitting.get("")
