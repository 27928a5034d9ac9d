"""Figures of one assumption: the numbers that stand beside its value, each in its unit."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.numbers import in_unit, written
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import InputError


@dataclass(frozen=True, slots=True)
class Figures:
    """An assumption whose value and unit are known.

    Args:
        reading: Told what is wrong.
        said: What the file says of it.
        path: Where.
        name: Its name.
        value: Its value. [unit]
        unit: Its unit.
        percent: Whether its value is written with `%`.
    """

    reading: Reading
    said: Placed
    path: Path
    name: str
    value: Decimal
    unit: str
    percent: bool

    def refuse(self, path: Path, found: str, expected: str = "", mend: str = "") -> None:
        """Note what is wrong below the assumption."""
        self.reading.refuse((*self.path, *path), found, expected, mend)

    def figure(self, said: Any, path: Path, word: str) -> Decimal | None:  # noqa: ANN401  unchecked input
        """Read a number in the assumption's unit; None, with a fault, if it is none."""
        found, what = written(said), f"{word} of {self.name}"
        if found is None:
            self.refuse(path, f"{what} is {said!r}", "a number")
            return None
        try:
            return in_unit(found, self.unit, what, self.reading.units, percent=self.percent)
        except InputError as error:
            self.reading.refused((*self.path, *path), error)
            return None

    def asked(self, word: str) -> Decimal | None:
        """Read the number under a word, if there is one."""
        return self.figure(self.said[word], (word,), word) if word in self.said else None
