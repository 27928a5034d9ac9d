"""Events come in by this door: what moved usage, or will, a row for each in CSV or YAML."""

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import get_args

from pertoken.connect.model_file.numbers import PERCENT, written
from pertoken.connect.small_rows import Kind, Row, rows
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.forecast.event import Event, EventKind

KINDS = get_args(EventKind)

WORDS = ("on", "kind", "until", "level", "p10", "p90", "slope", "half_life", "where", "note")

KIND = Kind("events", ("on",), ", ".join(WORDS[:-1]), "{on: 2026-05-01, kind: price, level: 0.9}")


def read_events(path: str | Path, *, known: Collection[str] = ()) -> tuple[Event, ...]:
    """Read what moved usage, or will, in the order of time.

    Args:
        path: CSV file with a header, or YAML with a list of maps: `on`, `kind`, `until`, `level`, `p10`, `p90`,
            `slope`, `half_life`, `where`, `note`.
        known: Segments, tiers and customers that `where` may name; any if empty.

    Raises:
        InputError: All that is wrong, each with file, line, what was expected and the mend.
    """
    faults: list[Fault] = []
    made = [_event(row, known, faults) for row in rows(path, KIND)]
    if faults:
        raise InputError.of(faults)
    return tuple(sorted((each for each in made if each is not None), key=lambda each: each.on))


def _event(row: Row, known: Collection[str], faults: list[Fault]) -> Event | None:
    place, said = row
    before = len(faults)
    days = {word: _day(row, word, faults) for word in ("on", "until")}
    factors = {word: _factor(row, word, faults) for word in ("level", "p10", "p90")}
    slope, half_life = _plain(row, "slope", faults), _plain(row, "half_life", faults)
    kind, where, on = said.get("kind", ""), said.get("where", ""), days["on"]
    faults += [Fault(place, f"unknown column {w!r}", "", nearest(w, WORDS)) for w in sorted({*said} - {*WORDS})]
    if kind not in KINDS:
        faults.append(Fault(place, f"kind is {kind!r}", f"one of {', '.join(KINDS)}", nearest(kind, KINDS)))
    if known and where and where not in known:
        faults.append(Fault(place, f"no segment, tier or customer {where!r}", "", nearest(where, known)))
    if on is None and len(faults) == before:
        faults.append(Fault(place, "an event without a day", "its first day, under on"))
    if len(faults) > before or on is None:
        return None
    made = Event(
        on=on, kind=kind, until=days["until"], level=factors["level"],  # type: ignore[arg-type]  # checked above
        low=factors["p10"], high=factors["p90"], slope=slope or 0.0, half_life=half_life, where=where,
        line=int(place.rpartition(":")[2]),
    )  # fmt: skip
    faults += _impossible(place, made)
    return made


def _impossible(place: str, made: Event) -> Iterator[Fault]:
    """Find what can't be together."""
    if made.until is not None and made.until <= made.on:
        found = f"an event from {made.on} until {made.until}"
        yield Fault(place, found, "a day after its first; until is the day after the last")
    if made.until is not None and made.kind != "outage":
        mend = "for what fades say half_life; for what is taken back, a second event"
        yield Fault(place, f"a {made.kind} with an end", "an end for outages alone", mend)
    if made.kind == "outage" and made.level is not None:
        yield Fault(place, "an outage with a level", "no level: its days are not watched", "take the level out")
    points = [each for each in (made.low, made.level, made.high) if each is not None]
    if (made.low is None) != (made.high is None) or (made.low is not None and made.level is None):
        yield Fault(place, "a range that lacks one of p10, level and p90", "all three, or a level alone")
    elif points != sorted(set(points)):
        yield Fault(place, f"p10 {made.low:g}, level {made.level:g}, p90 {made.high:g}", "three rising numbers")
    if made.half_life is not None and made.half_life <= 0:
        yield Fault(place, f"half_life is {made.half_life:g}", "months above 0", "leave it out for what stays")


def _day(row: Row, word: str, faults: list[Fault]) -> date | None:
    text = row[1].get(word, "")
    if not text:
        return None
    with suppress(ValueError):
        return date.fromisoformat(text)
    faults.append(Fault(row[0], f"{word} is {text!r}", "a day as 2026-01-31"))
    return None


def _factor(row: Row, word: str, faults: list[Fault]) -> float | None:
    """Read a factor on usage; a sign would be read as a change, so it is refused."""
    text = row[1].get(word, "")
    if not text:
        return None
    found = written(text)
    if found is None or found.unit not in ("", PERCENT) or found.value <= 0 or text[0] in "+-":
        faults.append(Fault(row[0], f"{word} is {text!r}", "a factor on usage, as 0.9 or 90% for a tenth less"))
        return None
    return float(found.value / 100 if found.unit == PERCENT else found.value)


def _plain(row: Row, word: str, faults: list[Fault]) -> float | None:
    text = row[1].get(word, "")
    if not text:
        return None
    found = written(text)
    if found is None or found.unit not in ("", PERCENT):
        unit = "months, as 3" if word == "half_life" else "further growth a month, as 0.02 or 2%"
        faults.append(Fault(row[0], f"{word} is {text!r}", unit))
        return None
    return float(found.value / 100 if found.unit == PERCENT else found.value)
