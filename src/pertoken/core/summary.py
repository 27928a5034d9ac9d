"""What a sample of worlds says: mean, quantiles, the worst of them, and how well each of these is known.

Worlds come in blocks, one for each independent replicate of a design. Up to `KEPT` draws are kept whole, and their
quantiles are those of all; beyond, only the blocks' own figures are kept, added up, and a quantile is the mean of the
blocks' quantiles (sectioning). How well a figure is known is the spread of the blocks' own figures (S. Asmussen and
P. W. Glynn, *Stochastic Simulation*, 2007, III.5).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, inf
from types import MappingProxyType

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values

KEPT = 1 << 16
QUANTILES = {"p5": 0.05, "p10": 0.1, "p25": 0.25, "p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95}
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked of a sample beside its mean and quantiles.

    Args:
        worst_share: Over which share of the worst worlds the shortfall is averaged.
        low_is_bad: Whether the worst are the lowest, as for a margin, or the highest, as for a cost.
        below: Thresholds for the share of worlds below them.
        above: Thresholds for the share of worlds above them.
    """

    worst_share: float = 0.1
    low_is_bad: bool = True
    below: tuple[float, ...] = ()
    above: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check the share."""
        if not 0 < self.worst_share <= 1:
            msg = f"a worst share of {self.worst_share:g}; expected above 0 and at most 1; take 0.1 for the worst tenth"
            raise InputError(msg)


@dataclass(frozen=True, slots=True)
class Gathered:
    """Blocks of worlds taken in so far; its size does not grow with their number.

    Args:
        asked: What is asked.
        kept: The blocks themselves, while there are at most `KEPT` draws.
        blocks: How many there were.
        draws: How many worlds they held.
        middle: The mean over the blocks of each of their figures.
        spread: The sum of squares around it.
    """

    asked: Asked = field(default_factory=Asked)
    kept: tuple[Values, ...] = ()
    blocks: int = 0
    draws: int = 0
    middle: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))
    spread: Mapping[str, Values] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of a sample, over the axis of draws; each of the shape of one world's values.

    Args:
        draws: How many worlds.
        replicates: In how many independent blocks they came.
        figures: `mean`, `sd`, `p5` to `p95`, `shortfall` (the mean of the worst worlds), and for each threshold
            `below X` and `above X` (shares of worlds). [unit of the quantity; shares 0 to 1]
        errors: The standard error of each figure; not a number where one block came alone.
        whole: Whether quantiles are those of all worlds together, not means over blocks.
    """

    draws: int
    replicates: int
    figures: Mapping[str, Values]
    errors: Mapping[str, Values]
    whole: bool

    def __getitem__(self, name: str) -> Values:
        """Return a figure."""
        return self.figures[name]


def gather(gathered: Gathered, block: Values) -> Gathered:
    """Take in the worlds of one more replicate.

    Args:
        gathered: What was taken in before; `Gathered()` at first.
        block: Values of shape `(draws, *world)`, as many draws as in the blocks before.

    Raises:
        InputError: The block has no draws, or another number of them.
    """
    block = np.asarray(block, dtype=np.float64)
    each = gathered.draws // max(gathered.blocks, 1)
    if not len(block) or (each and each != len(block)):
        msg = f"a block of {len(block)} worlds; expected {each or 'at least 1'}, as in each replicate of one design"
        raise InputError(msg)
    figures, blocks = _figures(block, gathered.asked), gathered.blocks + 1
    middle, spread = dict(figures), {name: np.zeros_like(value) for name, value in figures.items()}
    if gathered.blocks:
        for name, value in figures.items():
            away = value - gathered.middle[name]
            middle[name] = gathered.middle[name] + away / blocks
            spread[name] = gathered.spread[name] + away * (value - middle[name])
    draws = gathered.draws + len(block)
    kept = (*gathered.kept, block) if draws <= KEPT else ()
    return Gathered(gathered.asked, kept, blocks, draws, MappingProxyType(middle), MappingProxyType(spread))


def summary(gathered: Gathered) -> Summary:
    """Say what the worlds taken in so far come to.

    Raises:
        InputError: None was taken in.

    >>> said = summary(gather(Gathered(), np.arange(101.0)))
    >>> [float(said[name]) for name in ("mean", "p10", "p90", "shortfall")]
    [50.0, 10.0, 90.0, 4.55...]
    """
    if not gathered.blocks:
        msg = "no worlds to summarise; draw at least one"
        raise InputError(msg)
    figures = dict(gathered.middle)
    if gathered.kept and gathered.blocks > 1:
        figures = _figures(np.concatenate(gathered.kept), gathered.asked)
    elif (
        gathered.blocks > 1
    ):  # the variance of all is the mean of the blocks' variances and the variance of their means
        figures["variance"] = gathered.middle["variance"] + gathered.spread["mean"] / gathered.blocks
    errors = {name: _error(value, gathered.blocks) for name, value in gathered.spread.items()}
    variance, of_variance = figures.pop("variance"), errors.pop("variance")
    figures["sd"] = np.sqrt(variance * gathered.draws / max(gathered.draws - 1, 1))
    errors["sd"] = np.divide(of_variance, 2 * figures["sd"], out=np.zeros_like(of_variance), where=figures["sd"] > 0)
    return Summary(
        gathered.draws,
        gathered.blocks,
        MappingProxyType(figures),
        MappingProxyType(errors),
        whole=gathered.blocks == 1 or bool(gathered.kept),
    )


def summarise(values: Values, *, replicates: int = 1, asked: Asked | None = None) -> Summary:
    """Summarise worlds that lie in one array, its replicates one after the other along axis 0.

    Args:
        values: Shape `(replicates * draws, *world)`.
        replicates: How many independent replicates they are.
        asked: What is asked beside mean and quantiles.

    Raises:
        InputError: Replicates that are not of one size.
    """
    if replicates < 1 or len(values) % replicates:
        msg = f"{len(values)} worlds in {replicates} replicates; expected replicates of one size"
        raise InputError(msg)
    gathered = Gathered(asked or Asked())
    for block in np.split(values, replicates):
        gathered = gather(gathered, block)
    return summary(gathered)


def _figures(worlds: Values, asked: Asked) -> dict[str, Values]:
    ranked = np.sort(worlds, axis=0)
    figures = {
        "mean": np.asarray(worlds.mean(axis=0)),
        "variance": np.asarray(worlds.var(axis=0)),
        **{name: _quantile(ranked, level) for name, level in QUANTILES.items()},
        "shortfall": _shortfall(ranked, asked),
        **{f"below {x:.15g}": np.asarray((worlds < x).mean(axis=0)) for x in asked.below},
        **{f"above {x:.15g}": np.asarray((worlds > x).mean(axis=0)) for x in asked.above},
    }
    unknown = np.isnan(ranked[-1])  # what is not a number in one world has no figures
    return {name: np.where(unknown, np.nan, value) for name, value in figures.items()} if unknown.any() else figures


def _quantile(ranked: Values, level: float) -> Values:
    """Read a quantile between the two worlds beside it, as NumPy and the PERCENTILE of spreadsheets do."""
    below, part = divmod(level * (len(ranked) - 1), 1)
    one, two = ranked[int(below)], ranked[min(int(below) + 1, len(ranked) - 1)]
    return np.asarray(one + (two - one) * part)


def _shortfall(ranked: Values, asked: Asked) -> Values:
    """Average the worst share of worlds, the last of them in part (R. T. Rockafellar and S. Uryasev, 2002)."""
    count = asked.worst_share * len(ranked)
    last = ceil(round(count, 9))
    worst = ranked[:last] if asked.low_is_bad else ranked[::-1][:last]
    return np.asarray((worst[:-1].sum(axis=0) + worst[-1] * (count - (last - 1))) / count)


def _error(spread: Values, blocks: int) -> Values:
    return np.sqrt(spread / (blocks * (blocks - 1))) if blocks > 1 else np.full_like(spread, np.nan)


def half_width(error: float, replicates: int) -> float:
    """Find how far to either side a figure is known at 95 %, by Student's t over replicates.

    >>> round(half_width(1.0, 10), 3)
    2.262
    """
    from scipy.special import stdtrit  # noqa: PLC0415  slow to load, and a plain run needs none

    return float(stdtrit(replicates - 1, (1 + CONFIDENCE) / 2)) * error if replicates > 1 else inf


def known(said: Summary, name: str) -> str:
    """Say how well a figure of one number is known, at 95 %.

    >>> worlds = np.arange(100.0).reshape(10, 10).T.ravel()
    >>> known(summarise(worlds, replicates=10), "p90")
    'P90 is known to ±2.4 % (10 replicates)'
    """
    label = name.upper() if name in QUANTILES else name
    if said.replicates == 1:
        return f"how well {label} is known can't be said of one replicate"
    value, width = float(said[name]), half_width(float(said.errors[name]), said.replicates)
    share = name.startswith(("below", "above"))
    near = f"{100 * width:.2g} points" if share else f"{100 * width / abs(value):.2g} %" if value else f"{width:.3g}"
    return f"{label} is known to ±{near} ({said.replicates} replicates)"
