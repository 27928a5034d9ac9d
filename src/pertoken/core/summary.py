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
LEVELS = np.array(list(QUANTILES.values()))
CONFIDENCE = 0.95
MEAN, VARIANCE = 0, 1
"""Where the two stand among the figures."""


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


@dataclass(frozen=True, slots=True, eq=False)
class Gathered:
    """Blocks of worlds taken in so far; its size does not grow with their number.

    Args:
        asked: What is asked.
        kept: The blocks themselves, while there are at most `KEPT` draws.
        blocks: How many there were.
        draws: How many worlds they held.
        middle: The mean over the blocks of each of their figures, shape `(figure, *world)`.
        spread: The sum of squares around it.
    """

    asked: Asked = field(default_factory=Asked)
    kept: tuple[Values, ...] = ()
    blocks: int = 0
    draws: int = 0
    middle: Values = field(default_factory=lambda: np.zeros(0))
    spread: Values = field(default_factory=lambda: np.zeros(0))


@dataclass(frozen=True, slots=True, eq=False)
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
    figures, blocks, draws = _figures(block, gathered.asked), gathered.blocks + 1, gathered.draws + len(block)
    kept = (*gathered.kept, block) if draws <= KEPT else ()
    if blocks == 1:
        return Gathered(gathered.asked, kept, blocks, draws, figures, np.zeros_like(figures))
    with np.errstate(invalid="ignore"):  # figures may be infinite
        away = figures - gathered.middle
        middle = gathered.middle + away / blocks
        return Gathered(gathered.asked, kept, blocks, draws, middle, gathered.spread + away * (figures - middle))


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
    figures, blocks, draws = gathered.middle.copy(), gathered.blocks, gathered.draws
    errors = np.sqrt(gathered.spread / (blocks * (blocks - 1))) if blocks > 1 else np.full_like(figures, np.nan)
    if gathered.kept and blocks > 1:
        figures = _figures(np.concatenate(gathered.kept), gathered.asked)
    elif blocks > 1:
        figures[VARIANCE] += gathered.spread[MEAN] / blocks  # that of the blocks' means, beside the mean of theirs
    figures[VARIANCE] = sd = np.sqrt(figures[VARIANCE] * draws / max(draws - 1, 1))
    errors[VARIANCE] = np.divide(errors[VARIANCE], 2 * sd, out=np.zeros_like(sd), where=sd != 0)
    names = _names(gathered.asked)
    return Summary(
        draws,
        blocks,
        MappingProxyType(dict(zip(names, figures, strict=True))),
        MappingProxyType(dict(zip(names, errors, strict=True))),
        whole=blocks == 1 or bool(gathered.kept),
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


def _names(asked: Asked) -> list[str]:
    """Name the figures in their order; in the place of the standard deviation stands its square until the end."""
    beside = (f"{side} {x:.15g}" for side, levels in (("below", asked.below), ("above", asked.above)) for x in levels)
    return ["mean", "sd", *QUANTILES, "shortfall", *beside]


def _figures(worlds: Values, asked: Asked) -> Values:
    ranked = np.sort(worlds, axis=0)
    with np.errstate(invalid="ignore"):  # worlds may be infinite
        mean = worlds.mean(axis=0, keepdims=True)
        figures = np.stack(
            [
                mean[0],
                worlds.var(axis=0, mean=mean),
                *_quantiles(ranked),
                _shortfall(ranked, asked),
                *((worlds < x).sum(axis=0) / len(worlds) for x in asked.below),
                *((worlds > x).sum(axis=0) / len(worlds) for x in asked.above),
            ]
        )
    figures[..., np.isnan(ranked[-1])] = np.nan  # what is not a number in one world has no figures
    return figures


def _quantiles(ranked: Values) -> Values:
    """Read quantiles between the two worlds beside each, as NumPy and the PERCENTILE of spreadsheets do."""
    part, below = np.modf(LEVELS * (len(ranked) - 1))
    place = below.astype(np.intp)
    one, two = ranked[place], ranked[np.minimum(place + 1, len(ranked) - 1)]
    return np.asarray(np.where(one == two, one, one + (two - one) * part.reshape(-1, *[1] * (ranked.ndim - 1))))


def _shortfall(ranked: Values, asked: Asked) -> Values:
    """Average the worst share of worlds, the last of them in part (R. T. Rockafellar and S. Uryasev, 2002)."""
    count = asked.worst_share * len(ranked)
    last = ceil(round(count, 9))
    worst = ranked[:last] if asked.low_is_bad else ranked[::-1][:last]
    return np.asarray((worst[:-1].sum(axis=0) + worst[-1] * (count - (last - 1))) / count)


def half_width(error: float, replicates: int) -> float:
    """Find how far to either side a figure is known at 95 %, by Student's t over replicates.

    >>> round(half_width(1.0, 10), 3)
    2.262
    """
    from scipy.special import stdtrit  # noqa: PLC0415  slow to load, and a plain run needs none

    return float(stdtrit(replicates - 1, (1 + CONFIDENCE) / 2)) * error if replicates > 1 else inf


def known(said: Summary, name: str) -> str:
    """Say how well a figure of one number is known, at 95 %: beside itself, or near zero beside the spread.

    >>> worlds = np.arange(100.0).reshape(10, 10).T.ravel()
    >>> known(summarise(worlds, replicates=10), "p90")
    'P90 is known to ±2.4 % (10 replicates)'
    """
    label = name.upper() if name in QUANTILES else name
    if said.replicates == 1:
        return f"how well {label} is known can't be said of one replicate"
    value, spread = abs(float(said[name])), float(said["sd"])
    width = half_width(float(said.errors[name]), said.replicates)
    if name.startswith(("below", "above")):
        near = f"{100 * width:.2g} points"
    elif value >= spread:  # nearer to zero, a share of the value says little
        near = f"{100 * width / value:.2g} %" if value else "0"
    else:
        near = f"{100 * width / spread:.2g} % of the standard deviation"
    return f"{label} is known to ±{near} ({said.replicates} replicates)"
