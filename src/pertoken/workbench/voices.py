"""Voices: further experts by name, and forecasts that were made elsewhere, taken into ours."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.core.money import Values
from pertoken.core.period import begins, ends, grain_of
from pertoken.forecast.outside import Outside

if TYPE_CHECKING:
    from pertoken.forecast.expert import Expert, Experts
    from pertoken.forecast.panel import Panel
    from pertoken.forecast.predicted import Predicted
    from pertoken.forecast.rolling import Forecaster
    from pertoken.forecast.segments import Segmented

BOOSTED = "lightgbm"
"""Name of the expert that learns from all customers at once."""

SILENT = "nothing was forecast elsewhere on that day"
"""What is said of origins without an outside forecast."""

HALF = 0.5
"""What an outside forecast counts for where nobody says."""


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """Who speaks beside our own experts.

    Args:
        experts: By name; each is weighed by what it would have said earlier.
        outside: Forecasts made elsewhere.
        weight: What each of them counts for, 0 to 1.
    """

    experts: "Experts"
    outside: tuple[Outside, ...] = ()
    weight: float = HALF

    def as_of(self, last: str) -> "Voices":
        """Keep the outside forecasts that were made after a last day."""
        return replace(self, outside=tuple(each for each in self.outside if made_after(each) == last))

    def by_day(self, count: int) -> "Voices":
        """Keep the outside forecasts that tell so many days one by one; one of months says nothing of days before."""
        told = (each for each in self.outside if len(each.periods) >= count and not _of_months(each))
        return replace(self, outside=tuple(told))

    def days(self, periods: Sequence[str]) -> tuple[str, ...]:
        """Say on which days of a history outside forecasts were made.

        Raises:
            InputError: On a day that is not in it.
        """
        days = tuple(dict.fromkeys(made_after(each) for each in self.outside))
        for each in days:
            if each not in periods[:-1]:
                raise InputError(
                    f"an outside forecast begins the day after {each}, and nothing of it came in the history "
                    f"({_span(periods)}); expected days or months of it"
                )
        return days

    def alone(
        self, panel: "Panel", horizon: int, draws: int, seed: int, /, segment: "Segmented | None" = None
    ) -> "Predicted":
        """Forecast with the further experts, and nobody from outside; and sums of segments, if they are told."""
        from pertoken.forecast.prediction import predicted  # noqa: PLC0415  the calculator must start fast

        return predicted(panel, horizon=horizon, draws=draws, seed=seed, experts=self.experts, segment=segment)

    def joined(
        self, panel: "Panel", horizon: int, draws: int, seed: int, /, segment: "Segmented | None" = None
    ) -> "Predicted":
        """Forecast with all who spoke on the last day of a panel."""
        made, last = self.alone(panel, horizon, draws, seed, segment), panel.periods[-1]
        return self.as_of(last).join(made, last, seed=seed)

    def join(self, made: "Predicted", last: str, *, seed: int) -> "Predicted":
        """Take in the outside forecasts that reach over the days of ours.

        Args:
            made: Ours, of days.
            last: Last day of the history.
            seed: Same seed, same bits.
        """
        from pertoken.forecast.outside import taken_in  # noqa: PLC0415  seldom asked for

        for number, each in enumerate(self.outside):
            there, rng = over(each, last, made.horizon), np.random.default_rng([seed, 3, number])
            made = taken_in(made, there, weight=self.weight, rng=rng)
        return made


NOBODY = Voices({})
"""Our own experts alone."""


def voices(
    experts: Iterable[str] = (), outside: "Iterable[str | Path | Outside]" = (), weight: float | None = None
) -> Voices:
    """Find experts by their names and read forecasts made elsewhere.

    Args:
        experts: `lightgbm`, a plain peer as `lognormal`, or a model of statsforecast as `AutoETS`.
        outside: Files, or records.
        weight: What each outside forecast counts for; half if None.

    Raises:
        InputError: No such expert, what it needs is not installed, or a file is wrong.
    """
    read = []
    for each in outside:
        if isinstance(each, Outside):
            read.append(each)
            continue
        from pertoken.connect.outside_paths import read_outside  # noqa: PLC0415  needs DuckDB

        read.append(read_outside(each))
    if weight is not None and not read:
        raise InputError("a weight of an outside forecast is said, and no forecast; add --outside FILE")
    share = HALF if weight is None else weight
    return Voices({name: expert_named(name) for name in dict.fromkeys(experts)}, tuple(read), share)


def expert_named(name: str) -> "Expert":
    """Find an expert.

    Raises:
        InputError: There is none, or its package is not installed.
    """
    from pertoken.connect.lightgbm_quantiles import lightgbm_expert  # noqa: PLC0415  extras are slow to load
    from pertoken.connect.statsforecast_paths import statsforecast_expert  # noqa: PLC0415
    from pertoken.forecast.peers import PEERS  # noqa: PLC0415

    if name == BOOSTED:
        return lightgbm_expert()
    if name in PEERS:
        return PEERS[name]
    if not name[:1].isupper():
        near = nearest(name, [BOOSTED, *PEERS])
        raise InputError(f"no expert {name!r}; {near}, or a model of statsforecast: AutoETS")
    return statsforecast_expert(name)


def _of_months(outside: Outside) -> bool:
    return not outside.periods[0].isdecimal() and grain_of(outside.periods[0]) != "day"


def over(outside: Outside, last: str, horizon: int) -> Outside:
    """Bring an outside forecast to the first days after a history.

    Args:
        outside: By day, by numbered day (1 is the first), or by month; a month is taken at its daily mean.
        last: Last day of the history.
        horizon: Days ahead.

    Raises:
        InputError: It doesn't reach over these days.

    >>> month = Outside(("a",), ("2026-02",), np.array([[[28.0]], [[56.0]]]), np.array([0.1, 0.9]))
    >>> over(month, "2026-01-31", 7).values[:, 0, 0].tolist()
    [7.0, 14.0]
    """
    first = np.datetime64(last) + 1
    days = [str(day) for day in np.arange(first, first + horizon)]
    if all(each.isdecimal() for each in outside.periods):
        return _days(outside, [str(number) for number in range(1, horizon + 1)], last)
    grains = {grain_of(each) for each in outside.periods}
    if grains == {"day"}:
        return _days(outside, days, last)
    if grains != {"month"}:
        raise InputError(f"an outside forecast by {' and '.join(sorted(grains))}; expected days or months")
    ahead = next((each for each in outside.periods if begins([each])[0].astype("datetime64[D]") >= first), None)
    if ahead is None or begins([ahead])[0].astype("datetime64[M]") > np.datetime64(last, "M") + 1:
        raise InputError(f"the outside forecast is of {_span(outside.periods)}; expected the month after {last}")
    length = (ends([ahead])[0] - begins([ahead])[0]).astype("timedelta64[D]").astype(int)
    at = outside.periods.index(ahead)
    values = outside.values[:, :, at : at + 1] * (horizon / length)
    return Outside(outside.customers, (ahead,), values, outside.shares, span=horizon)


def made_after(outside: Outside) -> str:
    """Say the last day that a forecast from outside could have known: the day before its first period.

    Raises:
        InputError: Its periods are numbered, so that nobody knows.

    >>> made_after(Outside(("a",), ("2026-02",), np.array([[[28.0]], [[56.0]]]), np.array([0.1, 0.9])))
    '2026-01-31'
    """
    first = outside.periods[0]
    if first.isdecimal():
        raise InputError("an outside forecast of numbered days can't be placed in the past; name its days or months")
    return str(begins([first])[0].astype("datetime64[D]") - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Elsewhere:
    """Forecasts made elsewhere as a forecaster of the past: each on the day on which it was made.

    Args:
        voices: With the outside forecasts.
        own: Ours, for customers whom they don't name.
        tried: What both said, written down: last day, our samples, their samples.
    """

    voices: Voices
    own: "Forecaster"
    tried: list[tuple[str, Values, Values]]

    def __call__(self, panel: "Panel", horizon: int, draws: int, seed: int, /) -> "Predicted":
        """Say what was forecast on the last day of a panel.

        Raises:
            InputError: Nothing was on this day.
        """
        last = panel.periods[-1]
        mine = replace(self.voices.as_of(last), weight=1.0)
        if not mine.outside:
            raise InputError(SILENT)
        ours = self.own(panel, horizon, draws, seed)
        made = mine.join(ours, last, seed=seed)
        self.tried.append((last, ours.samples, made.samples))
        return made

    def learnt(self, panel: "Panel", horizon: int) -> tuple[str, ...]:
        """Say with which weight ours and theirs together would have had the least CRPS; nothing without any."""
        from pertoken.forecast.outside import weight_of  # noqa: PLC0415  seldom asked for

        if not self.tried:
            return ()
        cases = []
        for last, ours, theirs in self.tried:
            start = panel.periods.index(last) + 1
            came = panel.value[panel.since < start, start : start + horizon].sum(axis=1)
            known = np.isfinite(came)
            cases.append((ours[:, known], theirs[:, known], came[known]))
        own, other = (np.concatenate([case[i] for case in cases], axis=1) for i in (0, 1))
        best = weight_of(own, other, np.concatenate([case[2] for case in cases]))
        return (
            f"an outside forecast with a weight of {best:.0%} would have brought the least CRPS on the days it has",
        )


def _days(outside: Outside, wanted: Sequence[str], last: str) -> Outside:
    place = {label: i for i, label in enumerate(outside.periods)}
    missing = [each for each in wanted if each not in place]
    if missing:
        raise InputError(
            f"the outside forecast is of {_span(outside.periods)}; expected {len(wanted)} days after {last}: "
            f"{missing[0]} is not in it"
        )
    at = [place[each] for each in wanted]
    return Outside(outside.customers, tuple(wanted), outside.values[:, :, at], outside.shares)


def _span(periods: Sequence[str]) -> str:
    return periods[0] if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
