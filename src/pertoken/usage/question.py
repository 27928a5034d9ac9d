"""The question that an engine answers: which keys to keep, which cuts to make, in which time zone. It is data."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal

from pertoken.core.meters import PER_REQUEST

PRICE_FROM = "price_from"
"""Key that says since when the price of a request's day holds."""


def above_key(of: str) -> str:
    """Name the key that says which length band a request is in.

    >>> above_key("prompt_tokens")
    'prompt_tokens_above'
    """
    return f"{of}_above"


@dataclass(frozen=True, slots=True)
class Cut:
    """A band of single requests, cut before they are folded.

    Args:
        of: What is looked at: a meter or a named sum of them.
        above: Bounds, rising; a request lies in the highest band whose bound is strictly below it. The label is that
            bound, `0` below all.
    """

    of: str
    above: tuple[int, ...]

    @property
    def key(self) -> str:
        """Name of the key that the cut makes."""
        return above_key(self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class PerRequest:
    """What is converted request by request before it is folded: packages or free units of each request, added up.

    Args:
        weights: Meters or named sums with their weights.
        times: Priced units for one counted unit, before `per`.
        per: Units in one priced unit.
        round: How the priced units of each request are rounded; None for not at all.
        precision: Decimal places to which `round` goes.
        free: Priced units of each request that cost nothing.
        free_first: True to take the free units off before rounding.
    """

    weights: tuple[tuple[str, Decimal], ...]
    times: Decimal = Decimal(1)
    per: Decimal = Decimal(1)
    round: Literal["up", "down", "half_up"] | None = None
    precision: int = 0
    free: Decimal = Decimal(0)
    free_first: bool = False

    @property
    def meter(self) -> str:
        """The name under which the sum is counted: the same for the same conversion, however it is written.

        >>> PerRequest(weights=(("total_tokens", Decimal(1)),), per=Decimal("1E+3"), round="up").meter
        'per_request:total_tokens;per=1000;round=up'
        """
        terms = (name if weight == 1 else f"{_plain(weight)}*{name}" for name, weight in sorted(self.weights))
        said = [f"times={_plain(self.times)}"] if self.times != 1 else []
        said += [f"per={_plain(self.per)}"] if self.per != 1 else []
        said += [f"round={self.round}"] if self.round else []
        said += [f"precision={self.precision}"] if self.round and self.precision else []
        said += [f"free={_plain(self.free)}"] if self.free else []
        said += ["free_first"] if self.free and self.round and self.free_first else []
        return PER_REQUEST + ";".join(["+".join(terms), *said])


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


@dataclass(frozen=True, slots=True)
class Clock:
    """Hours of the week, each request of which carries the label `true`.

    Args:
        key: Name of the key that the label stands under.
        start: When it begins, by the clock of the zone.
        end: When it is over; at or before `start` for the next day.
        timezone: Zone of the clock.
        weekdays: Days of the week on which it begins; Monday is 0.
        holidays: Days on which it does not begin, whatever the weekday.
        workdays: Days on which it begins all the same.
    """

    key: str
    start: time
    end: time
    timezone: str
    weekdays: tuple[int, ...]
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """What to fold a log to.

    Args:
        keys: Keys to keep apart. Periods (`hour`, `day`, `month`, `quarter`, `year`) are keys like others.
        cuts: Bands of single requests.
        dates: Days and moments (UTC) at which some price changed; a request's label is the last that had come.
        timezone: Zone in which periods are reckoned.
        per_request: What is converted request by request; each becomes a meter of its own.
        clocks: Hours of the week that some price depends on.
    """

    keys: tuple[str, ...]
    cuts: tuple[Cut, ...] = ()
    dates: tuple[date | datetime, ...] = ()
    timezone: str = "UTC"
    per_request: tuple[PerRequest, ...] = ()
    clocks: tuple[Clock, ...] = ()


DEFAULTS = {
    "batch": "false",
    "service_tier": "standard",
    "speed": "standard",
    "region": "",
    "provider": "",
    "model": "",
}
"""What a log that has no such column says on every row."""
