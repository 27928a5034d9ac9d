"""Forecasts that a model takes: which file, and which of its worlds the base case is about."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from pertoken.connect.forecast_worlds import MEND, read_worlds
from pertoken.connect.model_file.card_files import file_of
from pertoken.connect.model_file.numbers import PERCENT, written
from pertoken.connect.model_file.reading import NAME, Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.core.errors import InputError
from pertoken.core.nodes import Sample
from pertoken.core.units import Unit, unit
from pertoken.forecast.kept import Kept
from pertoken.scenario.spec import Assumption, Foretold, Spread

WORDS = ("file", "world", "width")

WORLD = Decimal(50)
"""Rank of the world of the base case, where nobody says another: half of all worlds have less in total. [%]"""

ENDS = {"low": Decimal(10), "high": Decimal(90)}
"""Rank of the world of the low and the high case: P10 and P90 of the total, as ranges are told everywhere. [%]"""

WIDTH = Decimal(5)
"""Share of the worlds that a named case averages: 50 of 1,000. On the example `growth`, Enterprise's part of a single
world's revenue strays by 4.5 points from rank to rank, that of the mean by 0.6; totals stay within 0.1 % of P10, P50
and P90, which the mean of 20 % misses by 2.5 %. [%]"""

WHOLE = Decimal(100)

FEW = 3
"""Months that are told by name."""


def forecasts(reading: Reading, data: Placed, given: Mapping[str, Kept]) -> tuple[Foretold, ...]:
    """Read the forecasts of a model.

    Args:
        reading: Told what is wrong; takes the rank and the width of each as inputs.
        data: The model.
        given: Worlds that are there already, by name; they need no file.
    """
    said = reading.named(data, "forecasts")
    for name in given:
        if not NAME.fullmatch(name):
            reading.refuse(("forecasts",), f"a forecast is named {name!r}", "a letter, then letters, digits, _ and -")
    names = [*said, *(name for name in given if name not in said and NAME.fullmatch(name))]
    path = (*data.path, "forecasts")
    made = [_forecast(reading, name, said.get(name), (*path, name), given.get(name)) for name in names]
    return tuple(each for each in made if each is not None)


def _forecast(reading: Reading, name: str, said: Any, path: Path, given: Kept | None) -> Foretold | None:  # noqa: ANN401
    part = said if isinstance(said, Placed) else Placed({} if said is None else {"file": said}, path, 0)
    reading.door.only(part, WORDS, f" in forecast {name}")
    reading.vague.update({f"{name}.world", f"{name}.width"})
    file = "" if given is not None else file_of(part) or ""
    worlds = _remembered(reading, name, given) if given is not None else _from_file(reading, file, name, path)
    if worlds is None or not _covers(reading, name, worlds, path):
        return None
    worlds = worlds.ranked(reading.months.labels)
    for made in _inputs(reading, name, part, worlds, file):
        reading.vague.discard(made.name)
        reading.percents.add(made.name)
        reading.shares.add(made.name)
        reading.add(made, path)
    try:
        samples = tuple(_samples(reading, name, worlds))
    except InputError as error:
        reading.refused(path, error)
        return None
    return Foretold(name=name, samples=samples, file=file, line=reading.line(path))


def _remembered(reading: Reading, name: str, given: Kept) -> Kept:
    """Take worlds that are given; they are part of what the model says."""
    reading.files[f"forecast {name}"] = b"".join(
        f"{given.months} {given.currency} {given.unit} {quantity}".encode() + each.tobytes()
        for quantity, each in given.values.items()
    )
    return given


def _from_file(reading: Reading, file: str, name: str, path: Path) -> Kept | None:
    if not file:
        reading.refuse(path, f"forecast {name} has no file", f"a file of its worlds, as {name}.parquet", MEND)
        return None
    where = reading.beside(file)
    try:
        raw = where.read_bytes()
        found = read_worlds(where, raw)
    except OSError as error:
        expected = "a file of worlds, from the model's own folder"
        reading.refuse(path, f"can't read {where}: {error.strerror}", expected, MEND)
        return None
    except InputError as error:
        reading.refused(path, error)
        return None
    reading.files[str(where)] = raw
    return found


def _covers(reading: Reading, name: str, worlds: Kept, path: Path) -> bool:
    """Refuse a forecast that has not all months of the model."""
    gone = [month for month in reading.months.labels if month not in worlds.months]
    if gone:
        more = f" and {len(gone) - FEW} more" if len(gone) > FEW else ""
        lacks = f"{', '.join(gone[:FEW])}{more}"
        found = f"forecast {name} lacks {lacks}: it goes from {worlds.months[0]} to {worlds.months[-1]}"
        mend = "forecast more --months, or change the calendar"
        reading.refuse(path, found, f"all months from {reading.months.words}", mend)
    return bool(reading.months.labels) and not gone


def _inputs(reading: Reading, name: str, part: Placed, worlds: Kept, file: str) -> Iterator[Assumption]:
    """Make the two inputs of a forecast: the rank of its world, and how many a named case averages."""
    common = partial(
        Assumption,
        unit=PERCENT,
        source=_source(worlds, file),
        as_of=_day(worlds.as_of),
        line=reading.line(part.path),
    )
    yield common(
        name=f"{name}.world",
        value=_percent(reading, part, "world", WORLD),
        label=f"{name}: rank of its world by {worlds.leading}",
        spread=Spread(kind="uniform", parameters={"low": Decimal(0), "high": WHOLE}),
        cases=ENDS,
    )
    yield common(
        name=f"{name}.width",
        value=_percent(reading, part, "width", WIDTH),
        label=f"{name}: worlds that a case averages",
    )


def _source(worlds: Kept, file: str) -> str:
    """Say where worlds come from."""
    many = f" of {worlds.simulated:,}" if worlds.simulated > worlds.worlds else ""
    seed = "" if worlds.seed is None else f", seed {worlds.seed}"
    return f"{file or 'a forecast'}: {worlds.worlds:,}{many} worlds{seed}"


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said[:10])
    except ValueError:
        return None


def _percent(reading: Reading, part: Placed, word: str, otherwise: Decimal) -> Decimal:
    """Read a share of the worlds."""
    if part.get(word) is None:
        return otherwise
    found = written(part[word])
    if found is not None and found.unit == PERCENT and 0 <= found.value <= WHOLE:
        return found.value
    reading.refuse((*part.path, word), f"{word} is {part[word]!r}", "a share of the worlds, as 25%")
    return otherwise


def _samples(reading: Reading, name: str, worlds: Kept) -> Iterator[Sample]:
    """Name the quantities, each with its unit."""
    money = Unit() if not worlds.currency else unit(worlds.currency, reading.units)
    usage = Unit() if not worlds.unit else unit(worlds.unit, reading.units)
    units = {"customers": unit("customer", reading.units), "usage": usage, "revenue": money, "cost": money}
    for (measure, *part), values in worlds.values.items():
        words: Sequence[str] = [name, measure, *filter(None, part)]
        yield Sample(".".join(words), values, units[measure])
