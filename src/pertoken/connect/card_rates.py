"""Tables of rates at the door: prices of models by meter, and rates over time from the card or from a CSV file."""

import csv
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path as File
from typing import Any

from pertoken.catalog.prices import SAME_AS_STANDARD, STANDARD, Rate
from pertoken.catalog.terms import iso
from pertoken.connect.placed import Door, Placed
from pertoken.connect.rate_times import moment, window
from pertoken.connect.yaml_file import Path
from pertoken.core import meters
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.rating.series import grain

RATE_WORDS = (
    "model", "provider", "batch", "service_tier", "speed", "region", "above", "at_least", "window", "from", "to",
    "source", "per", "note",
)  # fmt: skip
"""Words of a row that are not meters."""

HEADER = ["from", "rate"]
"""Columns of a file of rates over time."""


def rates(row: Any, path: Path, door: Door, more: tuple[str, ...] = ()) -> list[Rate]:  # noqa: ANN401  unchecked input
    """Read a row of the table `rates`: one rate for each meter; `more` are further words that are not meters."""
    if not isinstance(row, Placed) or row.get("model") is None:
        door.refuse(path, "a rate without a model", "{model: ..., input_tokens: 2.50, output_tokens: 10}")
        return []
    prices = {key: value for key, value in row.items() if key not in (*RATE_WORDS, *more)}
    if not prices:
        door.refuse(path, f"no price for {row['model']}", "a meter with its price, as input_tokens: 2.50")
    try:
        return [_rate(row, name, price, _line(door, (*path, name))) for name, price in prices.items()]
    except (InputError, ArithmeticError, ValueError, TypeError) as error:
        door.refuse(path, str(error) or "a price that is no number")
        return []


def _line(door: Door, path: Path) -> int:
    return door.document.line(path) if door.document.lines else 0


def _rate(row: Mapping[str, Any], meter: str, price: Any, line: int) -> Rate:  # noqa: ANN401  unchecked input
    if meter not in meters.METERS and nearest(meter, RATE_WORDS).startswith("did you mean"):
        msg = f"unknown word {meter!r} in a rate; {nearest(meter, RATE_WORDS)}"
        raise InputError(msg)
    meters.meter(meter)
    tier = str(row.get("service_tier") or STANDARD)
    speed = str(row.get("speed") or STANDARD)
    start, end = moment(row.get("from")), moment(row.get("to"))
    if start and end and iso(start) >= iso(end):
        msg = f"a price from {start} to {end} never holds; expected an earlier day in `from` than in `to`"
        raise InputError(msg)
    return Rate(
        model=str(row["model"]),
        meter=meter,
        price=number(price, meter),
        per=number(row.get("per", 1), "per"),
        provider=str(row.get("provider") or ""),
        batch=_truth(row.get("batch", False), "batch"),
        service_tier=STANDARD if tier in SAME_AS_STANDARD else tier,
        speed=STANDARD if speed in SAME_AS_STANDARD else speed,
        region=str(row.get("region") or ""),
        above=_above(row),
        window=window(row.get("window")),
        start=start,
        end=end,
        currency=str(row.get("currency") or "USD").upper(),
        source=str(row.get("source") or ""),
        note=str(row.get("note") or ""),
        line=line,
    )


def _above(row: Mapping[str, Any]) -> int:
    """The bound of a long prompt: `above` is passed by one token more, `at_least` is reached."""
    if "above" in row and "at_least" in row:
        msg = "a rate says both above and at_least"
        raise InputError(msg)
    found = int(row["at_least"]) - 1 if "at_least" in row else int(row.get("above", 0))
    if found < 0:
        msg = "a long prompt is said by a whole number of tokens above 0"
        raise InputError(msg)
    return found


def number(value: Any, what: str) -> Decimal:  # noqa: ANN401  unchecked input
    """Read a number exactly.

    Raises:
        InputError: It is none.
    """
    if isinstance(value, bool) or not re.fullmatch(r"\s*[-+]?[\d_.]+([eE][-+]?\d+)?\s*", str(value)):
        msg = f"{what} is {value!r}; expected a number"
        raise InputError(msg)
    return Decimal(str(value).strip().replace("_", ""))


def _truth(value: Any, what: str) -> bool:  # noqa: ANN401  unchecked input
    if not isinstance(value, bool):
        msg = f"{what} is {value!r}; expected true or false"
        raise InputError(msg)
    return value


def series(name: str, value: Any, door: Door) -> Any:  # noqa: ANN401  unchecked input
    """Read rates over time: a map from hour, day or month to the rate from then on, or `{file: spot.csv}`."""
    if not isinstance(value, Placed):
        return value
    if "file" in value:
        door.only(value, ["file"], f" in series {name}")
        file = File(door.document.source).parent / str(value["file"])
        return _points(_rows(file, value, door), door)
    places = {label: door.document.place((*value.path, label)) for label in value}
    return _points(((label, rate, places[label]) for label, rate in value.items()), door)


def _points(rows: Iterator[tuple[str, Any, str]], door: Door) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for label, rate, place in rows:
        try:
            fresh = (grain(label), label not in found, *(grain(each) == grain(label) for each in [*found][:1]))
            found[label] = number(rate, f"the rate from {label}")
        except (InputError, ArithmeticError) as error:
            door.wrong.append(Fault(place, str(error)))
        else:
            if not all(fresh):
                mend = "one kind of label (hour, day or month), each once"
                door.wrong.append(Fault(place, f"{label} stands twice or beside labels of another kind", mend))
    return found


def _rows(file: File, value: Placed, door: Door) -> Iterator[tuple[str, Any, str]]:
    """Read a CSV file of rates over time: label, rate, and the place of each."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.reader(text)
            header = [cell.strip() for cell in next(reader, [])]
            if header != HEADER:
                found = f"the first line is {','.join(header)!r}"
                door.wrong.append(Fault(f"{file}:1", found, "the header from,rate", "write it above the rates"))
                return
            for cells in reader:
                place = f"{file}:{reader.line_num}"
                if len(cells) == len(HEADER):
                    yield cells[0].strip(), cells[1], place
                elif cells:
                    door.wrong.append(Fault(place, f"found {len(cells)} columns", "from,rate"))
    except OSError as error:
        where = "the path of a CSV file, from the card's own folder"
        door.refuse((*value.path, "file"), f"can't read {file}: {error.strerror}", where)
    except (UnicodeDecodeError, csv.Error) as error:
        door.refuse((*value.path, "file"), f"can't read {file}: {error}", "a CSV file in UTF-8")
