"""A back-test's answer: our forecast and its peers on one history, scored, and held against each other."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Lines
from pertoken.forecast.panel import Panel
from pertoken.forecast.rolling import Forecaster, origins_of, rolling
from pertoken.forecast.scored import Difference, Scored, difference
from pertoken.forecast.seen import Lookback
from pertoken.forecast.segments import Segmented
from pertoken.usage.report import Report

SPANS: Mapping[str, tuple[int, tuple[int, ...]]] = {
    "hour": (24, (168, 240)),
    "day": (28, (30, 60, 90)),
    "week": (4, (13, 26)),
    "month": (3, (6, 12)),
    "quarter": (4, (8, 11)),
    "year": (1, (3,)),
    "period": (7, (14, 28)),
}
"""Horizon and lengths of history by grain, where nothing is said."""

OURS = "pertoken"
"""What our own forecaster is called."""

NAIVE = "seasonal-naive"
"""The peer that all are held against."""


@dataclass(frozen=True, slots=True, eq=False)
class Backtested:
    """A back-test on one history.

    Args:
        scored: What each forecast was off by.
        differences: How much lower the CRPS of ours is than that of each peer.
        forecasters: In the order in which they are shown, ours first.
        of: What was forecast, in words.
        grain: Of the periods.
        periods: First and last of the history.
        origins: Last periods that forecasts knew.
        histories: Lengths of history that forecasts were made of. [period]
        customers: How many customers there are.
        by: Keys that are reported apart.
        overlap: True where horizons of neighbouring origins share periods.
        notes: What should be known beside the numbers.
        source: What the history was read from.
        money: The same forecasts by what they would have charged: one line for each forecaster, origin and `of` (`all`,
            or a segment), values as of `scored.lines_of`; None where no card charges.
        report: What was read of the log; None of a plain table or a panel.
    """

    scored: Scored
    differences: tuple[Difference, ...]
    forecasters: tuple[str, ...]
    of: str
    grain: str
    periods: tuple[str, str]
    origins: tuple[str, ...]
    histories: tuple[int, ...]
    customers: int
    by: tuple[str, ...] = ()
    overlap: bool = False
    notes: tuple[str, ...] = ()
    source: str = ""
    money: Lines | None = None
    report: Report | None = None

    @property
    def ours(self) -> str:
        """The forecaster that the others are held against."""
        return self.forecasters[0]


def backtested(
    panel: Panel,
    forecasters: Mapping[str, Forecaster],
    *,
    horizon: int | None = None,
    histories: Sequence[int] | None = None,
    count: int = 4,
    draws: int = 500,
    seed: int = 1,
    by: Sequence[str] = (),
    of: str = "usage",
    also: Sequence[str] = (),
    groups: Mapping[str, Callable[[Panel], Key]] | None = None,
    segment: Segmented | None = None,
    back: Lookback | None = None,
    watch: Callable[[float], None] | None = None,
) -> Backtested:
    """Score forecasters on a history, the first against each other.

    Args:
        panel: The history.
        forecasters: By name, ours first.
        horizon: Periods ahead; by the grain if None.
        histories: Lengths of history; by the grain if None. Those that don't fit are left out.
        count: How many origins at most.
        draws: Samples of each forecast.
        seed: Same seed, same digits.
        by: Keys of the panel that are reported apart.
        of: What is forecast, in words.
        also: Last periods of further origins.
        groups: Further keys, each told of the panel as of an origin.
        segment: Tells customers apart, whose sums are scored too.
        back: Goes back to what was known at an origin; the panel as it is given, if None.
        watch: Told how much is done, 0 to 1.

    Raises:
        InputError: The history is too short, too little of it lies around a further origin, or it has no such key.
    """
    horizon, asked = _spans(panel.grain, horizon, histories)
    dates = {*origins_of(len(panel.periods), horizon, asked[0], count)}
    origins, unwatched = _watched(panel, dates.union(_further(also, panel.periods, horizon, asked[0])), horizon)
    _told_apart(panel, set(by) - set(groups or {}))
    told = {"horizon": horizon, "histories": asked, "origins": origins, "draws": draws, "seed": seed, "watch": watch}
    scored = rolling(panel, forecasters, groups=groups, segment=segment, back=back, **told)  # type: ignore[arg-type]
    names = tuple(name for name in forecasters if name in scored.forecasters)
    return Backtested(
        scored=scored,
        differences=_differences(scored, names, seed),
        forecasters=names,
        of=of,
        grain=panel.grain,
        periods=(panel.periods[0], panel.periods[-1]),
        origins=tuple(panel.periods[origin - 1] for origin in origins),
        histories=tuple(length for length in asked if length <= max(origins)),
        customers=len(panel),
        by=tuple(by),
        overlap=any(later - first < horizon for first, later in pairwise(origins)),
        notes=(*unwatched, *scored.notes),
    )


def _spans(grain: str, horizon: int | None, histories: Sequence[int] | None) -> tuple[int, list[int]]:
    """Take the horizon and the lengths of history, by the grain where they are not said."""
    ahead, usual = SPANS.get(grain, SPANS["period"])
    return ahead if horizon is None else horizon, sorted(set(usual if histories is None else histories))


def _told_apart(panel: Panel, by: Collection[str]) -> None:
    """Refuse keys that customers are not told apart by."""
    if unknown := [name for name in sorted(by) if name not in {**panel.tracks, **panel.known}]:
        here = ", ".join([*panel.tracks, *panel.known]) or "none"
        raise InputError(f"no key {unknown[0]!r} that customers are told apart by; here: {here}")


def _further(also: Sequence[str], periods: Sequence[str], horizon: int, history: int) -> Iterator[int]:
    """Place further origins, which must have a history before them and a horizon after them."""
    for label in also:
        before = periods.index(label) + 1
        after = len(periods) - before
        if before < history or after < horizon:
            raise InputError(
                f"a forecast made after {label} has {before} periods before it and {after} after it; "
                f"expected {history} and {horizon}; ask for a shorter history or horizon, or leave it out"
            )
        yield before


def _watched(panel: Panel, dates: Collection[int], horizon: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Keep the dates after which anybody was watched all through, and say which are left out.

    Raises:
        InputError: None is left.
    """
    came = {at: panel.value[panel.since < at, at : at + horizon].sum(axis=1) for at in sorted(dates)}
    kept = tuple(at for at, each in came.items() if np.isfinite(each).any())
    if not kept:
        raise InputError(
            f"after none of {len(dates)} dates was anybody watched for {horizon} {panel.grain}s on end; "
            "ask for a shorter horizon"
        )
    gone = ", ".join(panel.periods[at - 1] for at in came if at not in kept)
    return kept, (f"forecasts made after {gone} are left out: nobody was watched all through",) if gone else ()


def _differences(scored: Scored, names: Sequence[str], seed: int) -> tuple[Difference, ...]:
    """Hold the first against each other."""
    rng = np.random.default_rng(seed)
    return tuple(difference(scored, names[0], name, rng) for name in names[1:])
