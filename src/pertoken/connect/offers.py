"""Offers come in by this door: YAML that says who is moved to another plan, from when, and how they are told."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pertoken.connect.model_file.numbers import PERCENT, written
from pertoken.connect.text_file import text_of
from pertoken.connect.yaml_file import Document, read
from pertoken.connect.yaml_file import Path as Place
from pertoken.core import period
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.forecast.migration.offer import Offer, PriceChange, Wave
from pertoken.forecast.migration.priors import PRIORS, Prior

EXAMPLE = "`start: 2027-01`, `notice: 2`, `sunset: 2027-07`"
ENDS = 2
"""A prior has a P10 and a P90."""


@dataclass(frozen=True, slots=True)
class Reader:
    """An offer as it is read: what stands where, and what is wrong with it."""

    document: Document
    faults: list[Fault] = field(default_factory=list)

    def refuse(self, place: Place, found: str, expected: str, mend: str = "") -> None:
        """Keep a fault with its line."""
        self.faults.append(Fault(self.document.place(place), found, expected, mend))

    def part(self, said: Any, place: Place, words: Collection[str]) -> dict[str, Any]:  # noqa: ANN401  unchecked
        """Read a map whose words are known."""
        if not isinstance(said, dict):
            self.refuse(place, f"{_name(place)} is {said!r}", f"a map of {', '.join(words)}")
            return {}
        for word in said:
            if word not in words:
                self.refuse((*place, word), f"unknown word {word!r}", "", nearest(word, words))
        return {word: value for word, value in said.items() if word in words and value is not None}


def _name(place: Place) -> str:
    return ".".join(map(str, place)) or "the offer"


def _number(reader: Reader, said: Any, place: Place) -> float | None:  # noqa: ANN401  unchecked
    """Read a plain number or a share with `%`."""
    found = written(said)
    if found is None or found.unit not in ("", PERCENT):
        reader.refuse(place, f"{_name(place)} is {said!r}", "a number, or a share as 20%")
        return None
    return float(found.value / 100 if found.unit == PERCENT else found.value)


def _share(reader: Reader, said: Any, place: Place) -> float | None:  # noqa: ANN401  unchecked
    """Read a share; a bare number above 1 is not guessed at."""
    found, value = written(said), _number(reader, said, place)
    if found is None or value is None:
        return None
    if value < 0 or (not found.unit and value > 1):
        reader.refuse(place, f"{_name(place)} is {said}", "a share of 0 or more", f"write {said}% or a part of 1")
        return None
    return value


def _whole(reader: Reader, said: Any, place: Place) -> int | None:  # noqa: ANN401  unchecked
    if isinstance(said, bool) or not isinstance(said, int) or said < 0:
        reader.refuse(place, f"{_name(place)} is {said!r}", "a whole number of months")
        return None
    return said


def _month(reader: Reader, said: Any, place: Place) -> str | None:  # noqa: ANN401  unchecked
    try:
        return period.check(str(said), "month")
    except InputError:
        reader.refuse(place, f"{_name(place)} is {said!r}", "a month as 2027-01")
        return None


def _labels(reader: Reader, said: Any, place: Place) -> dict[str, tuple[str, ...]] | None:  # noqa: ANN401  unchecked
    """Read labels by key: one, or a list."""
    if not isinstance(said, dict):
        reader.refuse(place, f"{_name(place)} is {said!r}", "labels by key, as {plan: [pro, team]}")
        return None
    return {key: tuple(map(str, each if isinstance(each, list) else [each])) for key, each in said.items()}


def _wave(reader: Reader, said: Any, place: Place) -> Wave | None:  # noqa: ANN401  unchecked
    """Read a campaign of some months, or Bass's p and q."""
    part = reader.part(said, place, ("campaign", "bass", "reach"))
    if {"campaign", "bass"} <= set(part):
        reader.refuse(place, "a wave that is a campaign and bass", "one of them")
        return None
    made: dict[str, Any] = {}
    if "reach" in part:
        made["reach"] = _share(reader, part["reach"], (*place, "reach"))
    if "campaign" in part:
        made |= {"kind": "campaign", "months": _whole(reader, part["campaign"], (*place, "campaign"))}
    if "bass" in part:
        own = reader.part(part["bass"], (*place, "bass"), ("p", "q"))
        made |= {"kind": "bass"} | {w: _number(reader, v, (*place, "bass", w)) for w, v in own.items()}
    wave: Wave | None = _made(reader, place, Wave, made)
    return wave


def _price_change(reader: Reader, said: Any, place: Place) -> PriceChange | None:  # noqa: ANN401  unchecked
    part = reader.part(said, place, ("month", "change"))
    if set(part) != {"month", "change"}:
        reader.refuse(place, "a price change without its month or its change", "{month: 2026-03, change: 10%}")
        return None
    month = _month(reader, part["month"], (*place, "month"))
    change = _number(reader, part["change"], (*place, "change"))
    if month is None or change is None:
        return None
    made: PriceChange | None = _made(reader, place, PriceChange, {"month": month, "factor": 1 + change})
    return made


def _priors(reader: Reader, said: Any, place: Place) -> dict[str, Prior] | None:  # noqa: ANN401  unchecked
    """Read what is known better: a number, or a P10 and a P90."""
    made = {}
    for name, value in reader.part(said, place, PRIORS).items():
        ends = value if isinstance(value, list) else [value, value]
        numbers = [_number(reader, each, (*place, name)) for each in ends]
        if len(ends) != ENDS:
            reader.refuse((*place, name), f"{name} has {len(ends)} numbers", "its P10 and its P90, or one number")
        elif None not in numbers:
            words = {"low": numbers[0], "high": numbers[1], "source": "the offer"}
            made[name] = _made(reader, (*place, name), Prior, words)
    return {name: prior for name, prior in made.items() if prior is not None}


WORDS: Mapping[str, Callable[[Reader, Any, Place], Any]] = {
    "who": _labels,
    "start": _month,
    "notice": _whole,
    "wave": _wave,
    "sunset": _month,
    "grandfather": _labels,
    "grandfather_above": _share,
    "cap": _share,
    "cap_months": _whole,
    "price_change": _price_change,
    "priors": _priors,
}
"""Words of an offer, and how each is read."""


def _made(reader: Reader, place: Place, record: Callable[..., Any], words: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Make a record, unless a part of it could not be read; what it refuses is told with its line."""
    if None in words.values():
        return None
    try:
        return record(**words)
    except InputError as error:
        reader.faults.append(Fault(reader.document.place(place), str(error)))
        return None


def read_offer(path: str | Path) -> Offer:
    """Read an offer.

    Args:
        path: YAML file: `who`, `start`, `notice`, `wave`, `sunset`, `grandfather`, `grandfather_above`, `cap`,
            `cap_months`, `price_change`, `priors`.

    Raises:
        InputError: All that is wrong, each with file, line, what was expected and the mend.
    """
    return offer_of(read(text_of(path, "offer", f"a YAML file with {EXAMPLE}"), str(path)))


def offer_of(document: Document) -> Offer:
    """Make an offer of a document.

    >>> offer_of(read("{start: 2027-01, cap: 20%}", "offer.yaml")).cap
    0.2
    """
    reader = Reader(document)
    part = reader.part(document.data, (), WORDS)
    made = {word: WORDS[word](reader, value, (word,)) for word, value in part.items()}
    offer = None if reader.faults else _made(reader, (), Offer, made)
    if reader.faults or offer is None:
        raise InputError.of(reader.faults)
    found: Offer = offer
    return found
