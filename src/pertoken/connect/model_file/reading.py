"""Reading: what a model file has said so far, and what is wrong with it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path as File
from typing import Any

from pertoken.connect.model_file.months import Months
from pertoken.connect.placed import Door, Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import Fault, PertokenError, nearest
from pertoken.scenario.spec import Assumption
from pertoken.scenario.spec import Placed as PlacedNumber

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
"""A name that makes quantities: of a segment, a workload, a plan."""

DOTTED = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(\.[A-Za-z0-9_][A-Za-z0-9_-]*)*")
"""A name of an input or of a quantity that follows."""


CODE = 3
"""Letters of a currency."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A model file half read.

    Args:
        door: The document and its faults.
        months: The calendar's months.
        currency: ISO 4217 code.
        units: The modeller's words for units.
        inputs: Inputs by name so far.
        percents: Inputs whose value is written with `%`.
        shares: Inputs that lie from 0 to 100 %.
        vague: Inputs that were said and can't be used, or whose range can't: nothing more is said about them.
        placed: Numbers of cards that are inputs.
        files: Bytes of all files that were read, by path.
    """

    door: Door
    months: Months
    currency: str = "USD"
    units: Mapping[str, str] = field(default_factory=dict)
    inputs: dict[str, Assumption] = field(default_factory=dict)
    percents: set[str] = field(default_factory=set)
    shares: set[str] = field(default_factory=set)
    vague: set[str] = field(default_factory=set)
    placed: list[PlacedNumber] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)

    def refuse(self, path: Path, found: str, expected: str = "", mend: str = "") -> None:
        """Note what is wrong at a place."""
        self.door.refuse(path, found, expected, mend)

    def at(self, line: int, found: str, expected: str = "", mend: str = "") -> None:
        """Note what is wrong on a line of the model's file."""
        source = self.door.document.source
        self.door.wrong.append(Fault(f"{source}:{line}" if line else source, found, expected, mend))

    def refused(self, path: Path, error: PertokenError) -> None:
        """Note what another part found wrong; faults without a place of their own get this one."""
        where = self.door.document.place(path)
        for fault in error.faults or (Fault("", str(error)),):
            self.door.wrong.append(Fault(fault.where or where, fault.found, fault.expected, fault.mend))

    def line(self, path: Path) -> int:
        """Find the line of a place; 0 where there are no lines."""
        return self.door.document.line(path) if self.door.document.lines else 0

    def add(self, made: Assumption, path: Path) -> str:
        """Add an input, and return its name."""
        if made.name in self.inputs:
            first = self.inputs[made.name].line
            place = f" on line {first}" if first else ""
            self.refuse(path, f"an input {made.name} stands twice", "one", f"the first stands{place}; rename one")
        self.inputs[made.name] = made
        return made.name

    def named(self, data: Placed, section: str, *, pattern: re.Pattern[str] = NAME) -> dict[str, Any]:
        """Take a section that maps names to parts; names that no formula could say are refused."""
        said = data.get(section)
        if said is None:
            return {}
        if not isinstance(said, Placed):
            self.refuse((*data.path, section), f"{section} is {said!r}", "names, each with what it is")
            return {}
        for name in said:
            if not pattern.fullmatch(name):
                expected = "a letter, then letters, digits, _ and -"
                self.refuse((*said.path, name), f"{section} has a name {name!r}", expected)
        return {name: part for name, part in said.items() if pattern.fullmatch(name)}

    def part(self, value: Any, path: Path, what: str, known: Iterable[str]) -> Placed | None:  # noqa: ANN401  unchecked
        """Take a map of known words; None, with a fault, for all else."""
        known = list(known)
        if not isinstance(value, Placed):
            self.refuse(path, f"{what} is {value!r}", f"a map with {', '.join(known[:6])}")
            return None
        self.door.only(value, known, f" in {what}")
        return value

    def text(self, part: Placed, word: str) -> str:
        """Take a word's text; empty if it is not said."""
        said = part.get(word)
        if said is None:
            return ""
        if isinstance(said, (Mapping, list, bool)):
            self.refuse((*part.path, word), f"{word} is {said!r}", "a text")
            return ""
        return str(said)

    def truth(self, part: Placed, word: str, otherwise: bool = False) -> bool:  # noqa: FBT001, FBT002  what is not said
        """Take a word's true or false."""
        said = part.get(word, otherwise)
        if not isinstance(said, bool):
            self.refuse((*part.path, word), f"{word} is {said!r}", "true or false")
            return otherwise
        return said

    def one_of(self, name: str, known: Iterable[str], path: Path, what: str) -> bool:
        """Refuse a name that is not known, with the nearest."""
        names = list(known)
        if name not in names:
            self.refuse(path, f"no {what} {name!r}", "", nearest(name, names))
        return name in names

    def beside(self, name: str) -> File:
        """Find a file that the model names, from the model's own folder."""
        return File(self.door.document.source).parent / name


def currency(data: Placed, door: Door) -> str:
    """Read the currency of a file; USD where it says none."""
    said = data.get("currency", "USD")
    if isinstance(said, str) and len(said) == CODE and said.isascii() and said.isalpha():
        return said.upper()
    door.refuse((*data.path, "currency"), f"currency is {said!r}", "a code of ISO 4217, as USD")
    return "USD"
