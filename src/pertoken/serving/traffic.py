"""Traffic: requests a second in bins of a few minutes, from a pattern of the week or from a log of usage."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from pertoken.core import period
from pertoken.core.errors import InputError, nearest
from pertoken.core.lines import Usage
from pertoken.core.money import Values
from pertoken.serving.arrivals import DAY, HOUR, WEEK, profile

BIN = 300.0
"""Width of a bin. [s]"""

THURSDAY = 3
"""Day of the week of the first day of 1970, from which days are counted; Monday is 0."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Traffic:
    """Requests that come, over time.

    Args:
        rates: Requests a second in each bin, shape `(*batch, bin)`. [1/s]
        width: Of a bin. [s]
        first_day: Day of the week that it begins on; 0 for Monday.
        repeats: Whether its end goes over into its beginning, as that of a typical week does.

    Raises:
        InputError: A rate below 0, or none at all.
    """

    rates: Values
    width: float = BIN
    first_day: int = 0
    repeats: bool = True

    def __post_init__(self) -> None:
        """Refuse rates that can't be."""
        rates = np.atleast_1d(np.asarray(self.rates, dtype=float))
        if rates.shape[-1] == 0 or not (np.isfinite(rates) & (rates >= 0)).all() or self.width <= 0:
            raise InputError("traffic must have 0 or more requests a second in each bin, and bins of a width above 0")
        object.__setattr__(self, "rates", rates)

    @property
    def requests(self) -> Values:
        """Requests in each bin, shape `(*batch, bin)`."""
        return self.rates * self.width

    @property
    def hours(self) -> float:
        """How long it lasts [h]."""
        return float(self.rates.shape[-1]) * self.width / HOUR


def _office() -> Values:
    """Shape a week of working hours: a tenth of the bins' height at night and on weekends, ramps of an hour."""
    hour = (np.arange(round(DAY / BIN)) + 0.5) * BIN / HOUR
    day = np.clip(np.minimum(hour - 8, 18 - hour), 0, 1)
    return np.concatenate([np.tile(0.1 + 0.9 * day, 5), np.full(2 * len(day), 0.1)])


PATTERNS: dict[str, Callable[[], Values]] = {
    "flat": lambda: np.ones(round(WEEK / BIN)),
    "diurnal": lambda: profile(1.0, swing=0.6),
    "weekly": lambda: profile(1.0, swing=0.6, weekend=0.5),
    "office": _office,
}
"""Shapes of a week from Monday on, in bins of `BIN`: assumptions of the house, for who has no log."""


def pattern(name: str, *, mean: Values | float = 1.0) -> Traffic:
    """Make a week of traffic.

    Args:
        name: One of `PATTERNS`.
        mean: Requests a second on average over the week; several worlds as an array. [1/s]

    Raises:
        InputError: There is no such pattern.

    >>> week = pattern("office", mean=2.0)
    >>> week.rates.shape, round(float(week.rates.mean()), 9), round(float(week.rates.max()), 2)
    ((2016,), 2.0, 5.86)
    """
    if name not in PATTERNS:
        raise InputError(f"unknown traffic pattern {name!r}; {nearest(name, PATTERNS)}")
    shape = PATTERNS[name]()
    return Traffic(rates=np.asarray(mean, dtype=float)[..., None] * shape / shape.mean())


def logged(usage: Usage, *, meter: str = "requests", zone: str = "UTC", within: str = "flat") -> Traffic:
    """Read traffic from usage by hour or by day, its first day to its last; times without a line had none.

    Args:
        usage: Quantities by `hour` in UTC, or by local `day`, shape `(*batch, line)`.
        meter: What counts the requests.
        zone: Time zone of the days that the traffic begins and ends with, so that a week of it can be folded.
        within: Pattern by which the requests of a day are spread over its hours, where there are only days.

    Returns:
        Rates by hour over whole local days.

    Raises:
        InputError: The usage has no hours or days, or nothing of the meter.
    """
    grain = period.finest({*usage.keys} & {"hour", "day"})
    if grain is None:
        raise InputError(f"usage by {', '.join(usage.keys)}; expected lines by hour or by day; map a column to `time`")
    if meter not in usage.key("meter").labels:
        raise InputError(f"no {meter} in this usage; {nearest(meter, usage.key('meter').labels)}")
    lines = usage.where(meter=meter).fold([grain])
    begun = period.begins(lines.key(grain).column().tolist())
    if np.isnat(begun).any():
        raise InputError(f"a line of {meter} has no {grain}; expected one on each; mend the column of its time")
    local = _local(begun, zone) if grain == "hour" else begun.astype("datetime64[h]")
    first = local.min().astype("datetime64[D]").astype("datetime64[h]")
    days = int((local.max().astype("datetime64[D]") - first.astype("datetime64[D]")).astype(int)) + 1
    quantity = np.asarray(lines.values["quantity"], dtype=float)
    counts = np.zeros((*quantity.shape[:-1], 24 * days))
    np.add.at(counts, (..., (local - first).astype(int)), quantity)  # type: ignore[arg-type]
    weekday = int((first.astype("datetime64[D]").astype(int) + THURSDAY) % 7)
    by_hour = counts if grain == "hour" else _spread(counts, weekday, within)
    return Traffic(rates=by_hour / HOUR, width=HOUR, first_day=weekday, repeats=False)


def _spread(counts: Values, first_day: int, within: str) -> Values:
    """Spread what the first hour of each day holds over the hours of the day, as a week of a pattern does."""
    week = pattern(within).rates.reshape(7, 24, -1).mean(axis=-1)
    days = counts.shape[-1] // 24
    weekday = (np.arange(days) + first_day) % 7
    share = week[weekday] / week[weekday].sum(axis=-1, keepdims=True)
    spread: Values = (counts[..., ::24, None] * share).reshape(counts.shape)
    return spread


def _local(begun: Values, zone: str) -> Values:
    """Tell the local hours of instants in UTC."""
    from datetime import UTC  # noqa: PLC0415  beside its one use

    there = period.zone(zone)
    instants = [each.replace(tzinfo=UTC).astimezone(there).replace(tzinfo=None) for each in begun.tolist()]
    return np.array(instants, dtype="datetime64[h]")


def typical_week(traffic: Traffic) -> Traffic:
    """Fold traffic of several weeks to one: the mean of each place in the week, the days that are there.

    Args:
        traffic: From midnight on, whole days.

    Raises:
        InputError: Less than a week is there.
    """
    size = round(WEEK / traffic.width)
    bins = traffic.rates.shape[-1]
    if bins < size:
        raise InputError(f"{traffic.hours / 24:g} days of traffic; expected at least the 7 of a week; take a pattern")
    place = (np.arange(bins) + round(traffic.first_day * DAY / traffic.width)) % size
    total = np.zeros((*traffic.rates.shape[:-1], size))
    np.add.at(total, (..., place), traffic.rates)  # type: ignore[arg-type]
    return replace(traffic, rates=total / np.bincount(place, minlength=size), first_day=0, repeats=True)
