"""Reading another engine's plan: each part knows its place, and what can't be carried over is told, all at once."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from pertoken.core import meters, money
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.expression import weights

Path = tuple[str, ...]

MOST_DIGITS = 30
"""Digits before or after the point beyond which a number is a slip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """Plans of another engine in our words.

    Args:
        cards: Cards as plain dictionaries in the words of the YAML file.
        origins: Where a part came from, by its path (card, `prices`, charge).
        notes: What was not carried over since it has no price, or what to know of what was.
        faults: What has no exact equal; where there is one, the cards are not to be used.
    """

    cards: tuple[Mapping[str, Any], ...]
    origins: Mapping[Path, str]
    notes: tuple[str, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What comes together while a document is read.

    Args:
        engine: Name of the engine that the document is from.
        source: Name of the file.
        said: Our meters for the engine's codes, as the user says them.
        faults: What can't be carried over exactly.
        left: What was left out or is to be known, and the places where it stands.
        origins: Where each charge came from.
        asked: Codes that were asked for, by the meter that each became.
        names: Names of the plans.
    """

    engine: str
    source: str
    said: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=dict)
    origins: dict[Path, str] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)

    def refuse(self, place: str, found: str, *, expected: str = "", mend: str = "") -> None:
        """Keep a fault: something has no exact equal, or is not what it should be."""
        where = f"{self.source}: {place}" if place else self.source
        fault = Fault(where, f"{self.engine}: {found}", expected, mend)
        if fault not in self.faults:
            self.faults.append(fault)

    def leave(self, place: str, what: str) -> None:
        """Keep what is not carried over, or what is to be known of it."""
        self.left.setdefault(what, []).append(place)

    def meter(self, code: str, place: str) -> str:
        """Name our meter, or sum of meters, for a code of the engine.

        Where the user says none it is a meter of the user's own: `api-calls` becomes `x_api_calls`.
        """
        name = self.said.get(code) or own_meter(code)
        if not slug(code) and code not in self.said:
            self.refuse(place, f"{code!r} makes no name for a meter", mend=f"say --meter '{code}=METER'")
        alike = [each for each, meter in self.asked.items() if meter == name and each != code]
        if alike and code not in self.said:
            found = f"{code!r} and {alike[0]!r} would both be the meter {name}"
            self.refuse(place, found, mend=f"say --meter '{code}=METER' for one of them")
        self.asked[code] = name
        try:
            for each in weights(name):
                meters.check(each)
        except InputError as error:
            self.refuse(place, f"the meter for {code!r}: {error}", mend=f"say --meter {code}=METER")
        return name

    def plan(self, name: str, place: str) -> str:
        """Name a plan; a second one of a name has a number behind it."""
        made, taken = name, 1
        while made in self.names:
            taken += 1
            made = f"{name} {taken}"
        if taken > 1:
            self.leave(place, f"another plan is named {name!r} too; this one became {made!r}")
        self.names.append(made)
        return made

    def done(self, cards: list[dict[str, Any]]) -> Imported:
        """Close the reading."""
        for code in sorted(set(self.said) - set(self.asked)):
            self.refuse("", f"--meter names {code!r}, which the file does not count", mend=nearest(code, self.asked))
        for made in () if self.faults else cards:
            if not made.get("prices") and not any(phase.get("prices") for phase in made.get("phases", ())):
                self.refuse("", f"plan {made['plan']!r} charges nothing", expected="at least one price")
        notes = tuple(f"{_places(places)}{what}" for what, places in self.left.items())
        return Imported(cards=tuple(cards), origins=self.origins, notes=notes, faults=tuple(self.faults))


def _places(places: list[str]) -> str:
    named = [place for place in dict.fromkeys(places) if place]
    more = f" and {len(named) - 1} more" if len(named) > 1 else ""
    return f"{named[0]}{more}: " if named else ""


def listed(text: str) -> frozenset[str]:
    """Take the words of a text as a set of names."""
    return frozenset(text.split())


def _kind(value: Any) -> str:  # noqa: ANN401  any plain value
    return "a list" if isinstance(value, list) else repr(str(value))


def own_meter(code: str) -> str:
    """Make a name for a meter of the user's own.

    >>> own_meter("API Calls"), own_meter("3d-renders")
    ('x_api_calls', 'x_n3d_renders')
    """
    name = slug(code)
    return f"x_{name}" if name[:1].isalpha() else f"x_n{name}"


def slug(text: str) -> str:
    """Write a name in small letters, digits and underscores.

    >>> slug("Input Tokens (1M)")
    'input_tokens_1m'
    """
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document, and the place where it stands.

    Args:
        value: Plain value: a dictionary, a list, text, a number, a truth, or None.
        place: Place from the top, as `charges[0].properties`.
        reading: Where faults go.
    """

    value: Any
    place: str
    reading: Reading

    def get(self, name: str) -> "Part":
        """Take what stands under a name; a part of None where there is nothing."""
        if self and not isinstance(self.value, Mapping):
            self.refuse(f"{self.name or 'the document'} is {_kind(self.value)}", expected="names with values")
        value = self.value.get(name) if isinstance(self.value, Mapping) else None
        return Part(value, f"{self.place}.{name}" if self.place else name, self.reading)

    def first(self, *names: str) -> "Part":
        """Take what stands under the first of several names that is given."""
        return next((self.get(name) for name in names if self.get(name)), self.get(names[0]))

    def parts(self, name: str) -> list["Part"]:
        """Take a list; one thing that is no list is a list of one."""
        held = self.get(name)
        values = held.value if isinstance(held.value, list) else [held.value] if held else []
        return [Part(value, f"{held.place}[{i}]", self.reading) for i, value in enumerate(values)]

    def __bool__(self) -> bool:
        """Whether there is something: not None, nor an empty list, text or dictionary."""
        return self.value is not None and self.value not in ("", [], {})

    def __iter__(self) -> Iterator[str]:
        """Go through the names of a dictionary."""
        return iter(self.value if isinstance(self.value, Mapping) else ())

    @property
    def text(self) -> str:
        """The value as text; empty where there is none."""
        if isinstance(self.value, (Mapping, list)):
            self.refuse(f"{self.name} is no text", expected="text")
            return ""
        return "" if self.value is None else str(self.value).strip()

    @property
    def name(self) -> str:
        """The last word of the place."""
        return self.place.rpartition(".")[2]

    @property
    def number(self) -> Decimal:
        """The value as a number that is not below zero, with all of its digits; 0 where there is none."""
        if self.value is None or self.value == "":
            return Decimal(0)
        try:
            made = Decimal(str(self.value)) if not isinstance(self.value, bool) else Decimal("NaN")
        except InvalidOperation:
            made = Decimal("NaN")
        if made.is_finite() and made >= 0 and abs(made.adjusted()) <= MOST_DIGITS:
            return made
        self.refuse(f"{self.name} is {str(self.value)!r}", expected="a number of 0 or more")
        return Decimal(0)

    @property
    def count(self) -> Decimal:
        """The value as a number above zero; 1 after a fault."""
        found = self.number
        if found > 0:
            return found
        self.refuse(f"{self.name} is {str(self.value)!r}", expected="a number above 0")
        return Decimal(1)

    def minor(self, currency: str, places: int | None = None) -> Decimal:
        """The value as money, of a number of the currency's smallest units."""
        return self.number.scaleb(-(money.places(currency) if places is None else places))

    def one_of(self, known: Mapping[str, Any], what: str, mend: str = "") -> Any:  # noqa: ANN401  what the table holds
        """Look the value up in a table; a fault and the table's first value where it is not there."""
        if self.text in known:
            return known[self.text]
        listed = ", ".join(known)
        self.refuse(f"{what} {self.text!r} has no exact equal", expected=f"one of {listed}", mend=mend)
        return next(iter(known.values()))

    def refuse(self, found: str, *, expected: str = "", mend: str = "") -> None:
        """Keep a fault at this place."""
        self.reading.refuse(self.place, found, expected=expected, mend=mend)

    def leave(self, what: str) -> None:
        """Keep what is not carried over from this place."""
        self.reading.leave(self.place, what)

    def leave_all(self, table: Mapping[str, str]) -> None:
        """Keep what is not carried over of a table of names, where they are given."""
        for name, what in table.items():
            if self.get(name) and self.get(name).value is not False and self.get(name).value != 0:
                self.get(name).leave(what)

    def strangers(self, known: frozenset[str]) -> None:
        """Say which words are not known, so that nothing is lost in silence."""
        for name in self:
            if name not in known and self.get(name) and self.get(name).value is not False:
                self.get(name).leave(f"a word {name!r} that is not known here was not carried over")
