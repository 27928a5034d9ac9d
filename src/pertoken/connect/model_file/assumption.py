"""Assumptions: a number that somebody believes, with unit, range, growth, season, steps and source."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from pertoken.connect.model_file.months import day
from pertoken.connect.model_file.numbers import PERCENT, Written, in_unit, shown, written
from pertoken.connect.model_file.reading import DOTTED, Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import InputError
from pertoken.scenario.spec import Assumption, Per, Spread

WORDS = (
    "value", "unit", "p10", "p90", "distribution", "low", "high", "growth", "growth_per", "season", "steps", "walk",
    "source", "as_of", "label",
)  # fmt: skip
SURE = ("p10", "p90", "unit", "distribution", "season", "steps", "walk", "as_of", "growth_per")
"""Words that tell an assumption from a group of assumptions, where its value is missing."""
PERS: tuple[Per, ...] = ("month", "year")
YEAR = 12
NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
UNITLESS = ("sigma", "alpha", "beta", "shares")
"""Parameters of distributions that are not in the unit of the quantity."""


def assumptions(reading: Reading, data: Placed) -> None:
    """Read the assumptions of a model, nested or with dots."""
    said = data.get("assumptions", Placed({}, data.path, 0))
    if not isinstance(said, Placed):
        reading.refuse((*data.path, "assumptions"), f"assumptions is {said!r}", "names, each with a value")
        return
    _group(reading, said, "")


def _group(reading: Reading, said: Placed, within: str) -> None:
    for word, part in said.items():
        path, name = (*said.path, word), f"{within}{word}"
        if not DOTTED.fullmatch(name):
            reading.refuse(path, f"an assumption is named {name!r}", "letters, digits, _ and -, joined by dots")
        elif isinstance(part, Placed) and "value" not in part and not set(part) & set(SURE):
            _group(reading, part, f"{name}.")
        elif (made := assumption(reading, part, path, name)) is not None:
            reading.add(made, path)


def assumption(reading: Reading, said: Any, path: Path, name: str, needs: str = "1") -> Assumption | None:  # noqa: ANN401  unchecked
    """Read an assumption: a bare number, or a map.

    Args:
        reading: Told what is wrong.
        said: What stands there.
        path: Where.
        name: Its name.
        needs: Its unit where it says none.

    Returns:
        The assumption; None, with a fault, if it is none.
    """
    found = written(said.get("value") if isinstance(said, Placed) else said)
    if found is None:
        value = said.get("value", "missing") if isinstance(said, Placed) else repr(said)
        reading.refuse(path, f"the value of {name} is {value}", "a number, as 1_000, 25k or 3%")
        return None
    if not isinstance(said, Placed):
        said = Placed({"value": said}, path, 0)
    return _Reader(reading, said, path, name, found, needs).made()


class _Reader:
    """One assumption, read word by word."""

    def __init__(self, reading: Reading, said: Placed, path: Path, name: str, found: Written, needs: str) -> None:
        self.reading, self.said, self.path, self.name = reading, said, path, name
        self.unit = reading.text(said, "unit") or found.unit or needs
        self.percent = found.unit == PERCENT and self.unit == PERCENT
        self.value = self.number(found, "value")
        if self.percent:
            reading.percents.add(name)

    def made(self) -> Assumption:
        """Make the assumption."""
        said, reading = self.said, self.reading
        reading.door.only(said, WORDS, f" in {self.name}")
        as_of = said.get("as_of")
        return Assumption(
            name=self.name,
            value=self.value,
            unit=self.unit,
            label=reading.text(said, "label"),
            source=reading.text(said, "source"),
            as_of=day(as_of, (*self.path, "as_of"), reading.door, "as_of") if as_of is not None else None,
            spread=self.spread(),
            growth=self.further("growth"),
            growth_per=self.per(),
            season=self.season(),
            steps=self.steps(),
            walk=self.further("walk"),
            cases={case: value for case in ("low", "high") if (value := self.asked(case)) is not None},
            line=reading.line(self.path),
        )

    def number(self, found: Written, word: str) -> Decimal:
        """Say a number in the assumption's unit."""
        try:
            return in_unit(found, self.unit, f"{word} of {self.name}", percent=self.percent)
        except InputError as error:
            self.reading.refused((*self.path, word) if word in self.said else self.path, error)
            return found.value

    def figure(self, said: Any, path: Path, word: str) -> Decimal | None:  # noqa: ANN401  unchecked input
        """Read a number that stands in the assumption."""
        found = written(said)
        if found is None:
            self.reading.refuse(path, f"{word} of {self.name} is {said!r}", "a number")
            return None
        try:
            return in_unit(found, self.unit, f"{word} of {self.name}", percent=self.percent)
        except InputError as error:
            self.reading.refused(path, error)
            return None

    def asked(self, word: str) -> Decimal | None:
        """Read the number under a word, if there is one."""
        return self.figure(self.said[word], (*self.path, word), word) if word in self.said else None

    def spread(self) -> Spread | None:
        """Read how unsure it is."""
        if "distribution" in self.said:
            if "p10" in self.said or "p90" in self.said:
                found = f"{self.name} says both distribution and p10, p90"
                self.reading.refuse((*self.path, "distribution"), found, "one of them")
            return self.distribution()
        words = [word for word in ("p10", "p90") if word in self.said]
        if len(words) == 1:
            other = "p90" if words == ["p10"] else "p10"
            self.reading.refuse((*self.path, words[0]), f"{self.name} says {words[0]} alone", f"{other} too")
        low, high = self.asked("p10"), self.asked("p90")
        if low is None or high is None:
            return None
        return Spread(kind="p10_p90", parameters={"p10": low, "p90": high}) if self.ordered(low, high) else None

    def ordered(self, low: Decimal, high: Decimal) -> bool:
        """Refuse a range that can't be."""
        unit = f" {self.unit}" if self.unit != "1" else ""
        for word, one, two, above in (
            ("p10", low, high, f"p90 {shown(high)}"),
            ("p10", low, self.value, f"the value {shown(self.value)}"),
            ("p90", self.value, high, ""),
        ):
            if one > two:
                number = shown(low if word == "p10" else high)
                side = f"above {above}" if above else f"below the value {shown(self.value)}"
                found = f"impossible range of {self.name}: {word} {number}{unit} is {side}{unit}"
                self.reading.refuse((*self.path, word), found, "p10 up to the value up to p90", "the value is the median")
                return False
        return True

    def distribution(self) -> Spread | None:
        """Read a distribution by its kind and parameters."""
        said, path = self.said["distribution"], (*self.path, "distribution")
        if not isinstance(said, Placed) or not isinstance(said.get("kind"), str):
            expected = "{kind: triangular, low: 1, mode: 2, high: 4}"
            self.reading.refuse(path, f"distribution of {self.name} is {said!r}", expected)
            return None
        read = {word: self.parameter(word, value, (*path, word)) for word, value in said.items() if word != "kind"}
        kept = {word: value for word, value in read.items() if value is not None}
        return Spread(kind=said["kind"], parameters=kept) if len(kept) == len(read) else None

    def parameter(self, word: str, said: Any, path: Path) -> tuple[Decimal, ...] | Decimal | None:  # noqa: ANN401  unchecked
        """Read a parameter: a number, or a list of them."""
        if isinstance(said, list):
            read = [self.parameter(word, each, (*path, i)) for i, each in enumerate(said)]
            kept = tuple(each for each in read if isinstance(each, Decimal))
            return kept if len(kept) == len(read) else None
        found = written(said)
        if word in UNITLESS and found is not None and found.unit in ("", PERCENT):
            return in_unit(found, "1", word)
        return self.figure(said, path, word)

    def further(self, word: str) -> Assumption | None:
        """Read growth or a walk as an assumption of its own."""
        said, path = self.said.get(word), (*self.path, word)
        if said is None:
            return None
        made = assumption(self.reading, said, path, f"{self.name}.{word}")
        if made is not None and (made.growth or made.walk or made.season or made.steps):
            self.reading.refuse(path, f"{made.name} itself grows, walks or has a season", "a number with its range")
        if made is not None and made.unit not in ("1", PERCENT):
            self.reading.refuse(path, f"{made.name} is in {made.unit}", "a share, as 3%")
        return replace(made, line=self.reading.line(path)) if made is not None else None

    def per(self) -> Per:
        """Read the time in which it grows by so much."""
        said = self.said.get("growth_per", "month")
        if said not in PERS or ("growth_per" in self.said and "growth" not in self.said):
            found = f"growth_per of {self.name} is {said!r}" + ("" if "growth" in self.said else ", without growth")
            self.reading.refuse((*self.path, "growth_per"), found, "month or year, beside growth")
            return "month"
        return "year" if said == "year" else "month"

    def season(self) -> tuple[Decimal, ...]:
        """Read twelve factors, or those of some months; the others are 1."""
        said, path = self.said.get("season"), (*self.path, "season")
        if said is None:
            return ()
        table = _by_month(said) if isinstance(said, Mapping) else said
        if not isinstance(table, list) or len(table) != YEAR:
            expected = "twelve factors, January to December, or a map as {dec: 1.4}"
            self.reading.refuse(path, f"season of {self.name} is {said!r}", expected)
            return ()
        read = [written(each) for each in table]
        if any(each is None or each.unit not in ("", PERCENT) or each.value < 0 for each in read):
            self.reading.refuse(path, f"season of {self.name} is {table!r}", "factors of 0 or more")
            return ()
        return tuple(in_unit(each, "1", "season") for each in read if each is not None)

    def steps(self) -> dict[str, Decimal]:
        """Read its value from some months on."""
        said, path = self.said.get("steps"), (*self.path, "steps")
        if said is None:
            return {}
        if not isinstance(said, Placed) or not said:
            self.reading.refuse(path, f"steps of {self.name} is {said!r}", "a map as {2027-06: 1200}")
            return {}
        months, what = self.reading.months, f"a step of {self.name}"
        labels = {word: months.inside(word, (*path, word), self.reading.door, what) for word in said}
        read = {labels[word]: self.figure(value, (*path, word), "a step") for word, value in said.items()}
        return {label: value for label, value in sorted(read.items()) if label and value is not None}


def _by_month(said: Mapping[str, Any]) -> list[Any] | None:
    """Spread factors of some months over the year."""
    places = {name: i for i, name in enumerate(NAMES)} | {str(i + 1): i for i in range(YEAR)}
    found = {places.get(word.lower()[:3] if word.isalpha() else word.lstrip("0"), -1): each for word, each in said.items()}
    return None if -1 in found or len(found) < len(said) else [found.get(i, 1) for i in range(YEAR)]
