"""Errors say what was found, what was expected, and the mend."""

from collections.abc import Iterable
from dataclasses import dataclass

EXIT_CHECK = 1
EXIT_INPUT = 2
SHOWN = 12
"""How many known names a message lists."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a user's input, and the place where it stands.

    Args:
        where: File with line or row, as `cards/pro.yaml:12` or `log.csv row 7`.
        found: What stands there.
        expected: What should stand there.
        mend: What to do about it.
    """

    where: str
    found: str
    expected: str = ""
    mend: str = ""

    def __str__(self) -> str:
        """Write the fault as one message."""
        parts = [f"{self.where}: {self.found}" if self.where else self.found]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.mend:
            parts.append(self.mend)
        return "; ".join(parts)


class PertokenError(Exception):
    """Root of all errors that pertoken raises on purpose; its message is for the user."""

    exit_code = EXIT_INPUT

    def __init__(self, message: str, faults: Iterable[Fault] = ()) -> None:
        """Keep the message and, where input was wrong, one record for each fault."""
        super().__init__(message)
        self.faults = tuple(faults)

    @classmethod
    def of(cls, faults: Iterable[Fault], *, most: int = 20) -> "PertokenError":
        """Make one error of several faults, the first ones spelled out."""
        found = tuple(faults)
        lines = [str(fault) for fault in found[:most]]
        if len(found) > most:
            lines.append(f"and {len(found) - most} more")
        return cls("\n".join(lines), found)


class InputError(PertokenError):
    """A log, a mapping or an argument can't be used as it is."""


class CardError(PertokenError):
    """A rate card says something that can't be, or leaves out what money depends on."""


class UnpricedUsage(PertokenError):
    """Usage that no card prices; a price of zero must stand on a card."""

    exit_code = EXIT_CHECK


class DoublePriced(CardError):
    """Usage that two charges claim, neither of them marked a surcharge."""


class LimitExceeded(PertokenError):
    """A result is above a limit that was set for it."""

    exit_code = EXIT_CHECK


def alike(name: str, known: Iterable[str], *, cutoff: float = 0.8) -> list[str]:
    """Find the three known names that look most like a name.

    >>> alike("input_token", ["input_tokens", "pages"])
    ['input_tokens']
    """
    from difflib import get_close_matches  # noqa: PLC0415  only a mistake needs it

    return get_close_matches(name, sorted(set(known)), n=3, cutoff=cutoff)


def nearest(name: str, known: Iterable[str]) -> str:
    """Suggest the known names that look like `name`, or list the first few.

    >>> nearest("input_token", ["input_tokens", "output_tokens"])
    'did you mean input_tokens?'
    """
    names = sorted(set(known))
    close = alike(name, names) or [known for known in names if known.startswith(name)][:3] if name else []
    if close:
        return f"did you mean {' or '.join(close)}?"
    shown = ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
    return f"known are {shown}" if names else "none is known"
