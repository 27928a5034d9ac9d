"""Months of a model's calendar, and the refusal of months that lie outside it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from pertoken.connect.placed import Door, Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import InputError
from pertoken.core.period import check
from pertoken.scenario.spec import Calendar

MOST = 600
"""Months of a model at most."""

WORDS = ("start", "months", "prices")


@dataclass(frozen=True, slots=True)
class Months:
    """The months of a calendar as labels (`2027-01`)."""

    labels: tuple[str, ...]

    def inside(self, said: Any, path: Path, door: Door, what: str) -> str:  # noqa: ANN401  unchecked input
        """Take a month that must lie in the calendar; empty, with a fault, for another."""
        label = month(said, path, door, what)
        if label and self.labels and label not in self.labels:
            door.refuse(path, f"{what} is {label}, outside the calendar", f"a month from {self.words}")
            return ""
        return label

    def begun(self, said: Any, path: Path, door: Door, what: str) -> str:  # noqa: ANN401  unchecked input
        """Take the first month of what may have begun before the calendar; after it, it would never begin."""
        label = month(said, path, door, what)
        if label and self.labels and label > self.labels[-1]:
            expected = f"a month up to {self.labels[-1]}, the last of the calendar"
            door.refuse(path, f"{what} is {label}, outside the calendar", expected)
        return label

    def over(self, said: Any, path: Path, door: Door, what: str, begins: str) -> str:  # noqa: ANN401  unchecked input
        """Take the month in which something is over: after it begins and after the first month of the calendar."""
        label = month(said, path, door, what)
        if label and begins and label <= begins:
            door.refuse(path, f"{what} is {label}, not after {begins}, when it begins", "a later month")
        elif label and self.labels and label <= self.labels[0]:
            expected = f"a month after {self.labels[0]}, the first of the calendar"
            door.refuse(path, f"{what} is {label}, outside the calendar", expected)
        return label

    @property
    def words(self) -> str:
        """The first and the last."""
        return f"{self.labels[0]} to {self.labels[-1]}"


def month(said: Any, path: Path, door: Door, what: str) -> str:  # noqa: ANN401  unchecked input
    """Read a month; empty, with a fault, if it is none."""
    try:
        return check(str(said), "month")
    except InputError:
        door.refuse(path, f"{what} is {said!r}", "a month, as 2027-01")
        return ""


def after(label: str, months: int = 1) -> str:
    """Name a month some months later.

    >>> after("2027-12")
    '2028-01'
    """
    year, index = divmod(int(label[:4]) * 12 + int(label[5:7]) - 1 + months, 12)
    return f"{year:04}-{index + 1:02}"


def calendar(data: Placed, door: Door) -> tuple[Calendar, Months]:
    """Read the calendar of a model."""
    said = data.get("calendar")
    if not isinstance(said, Placed):
        found = "no calendar" if said is None else f"calendar is {said!r}"
        door.refuse((*data.path, "calendar"), found, "calendar: {start: 2027-01, months: 12}")
        return Calendar(start="2000-01", months=1), Months(())
    door.only(said, WORDS, " in the calendar")
    start = month(said.get("start"), (*said.path, "start"), door, "start")
    count = said.get("months")
    if isinstance(count, bool) or not isinstance(count, int) or not 0 < count <= MOST:
        door.refuse((*said.path, "months"), f"months is {count!r}", f"a whole number from 1 to {MOST}")
        count = 0
    labels = tuple(after(start, i) for i in range(count)) if start else ()
    return Calendar(start=start or "2000-01", months=count or 1, prices=_prices(said, door)), Months(labels)


def _prices(said: Placed, door: Door) -> date | None:
    return day(said["prices"], (*said.path, "prices"), door, "prices") if said.get("prices") is not None else None


def day(said: Any, path: Path, door: Door, what: str) -> date | None:  # noqa: ANN401  unchecked input
    """Read a day; None, with a fault, if it is none."""
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        door.refuse(path, f"{what} is {said!r}", "a day, as 2026-11-20")
        return None
