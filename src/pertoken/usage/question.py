"""The question that an engine answers: which keys to keep, which cuts to make, in which time zone. It is data."""

from dataclasses import dataclass
from datetime import date

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


@dataclass(frozen=True, slots=True)
class Question:
    """What to fold a log to.

    Args:
        keys: Keys to keep apart. Periods (`hour`, `day`, `month`, `quarter`, `year`) are keys like others.
        cuts: Bands of single requests.
        dates: Days (UTC) on which some price changed; a request's label is the last of them that had come.
        timezone: Zone in which periods are reckoned.
    """

    keys: tuple[str, ...]
    cuts: tuple[Cut, ...] = ()
    dates: tuple[date, ...] = ()
    timezone: str = "UTC"


DEFAULTS = {"batch": "false", "service_tier": "standard", "provider": "", "model": ""}
"""What a log that has no such column says on every row."""
