"""Traffic from a file: requests in even bins of time, or one line for each request."""

import csv
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from pertoken.core.errors import Fault, InputError
from pertoken.core.money import Values
from pertoken.serving.arrivals import DAY
from pertoken.serving.traffic import BIN, Traffic

TIMES = ("time", "timestamp", "start", "hour")
"""Columns that say when, the first of them that is there."""

COUNT, RATE = "requests", "rate"
"""Columns that say how many requests a bin has, or how many a second."""

FINEST, COARSEST = 60.0, 3600.0
"""Bins that a fleet can follow. [s]"""

EVEN = 1e-6
"""Share of a bin that a step may be off a multiple of it."""


def read_traffic(path: str | Path) -> Traffic:
    """Read traffic that goes on as it was: a CSV file with a `time` on each line.

    With a column `requests` or `rate` a line is a bin, each as long as the shortest step between two; bins without a
    line had none. Without them a line is a request, counted in bins of five minutes.

    Args:
        path: The file. Times are of ISO 8601, in UTC where they say no zone.

    Raises:
        InputError: The file can't be read, lacks a time, or its bins are uneven; with the line.
    """
    file = Path(path)
    rows, when, what = _rows(file)
    seconds = np.array([_seconds(f"{file}:{line}", row[when]) for line, row in rows])
    amounts = np.array([_amount(f"{file}:{line}", row[what]) if what else 1.0 for line, row in rows])
    width = _width(file, seconds) if what else BIN
    bins = np.floor(seconds / width + 1e-9).astype(np.int64)
    first = int(bins.min())
    total = np.bincount(bins - first, weights=amounts)
    day = datetime.fromtimestamp(first * width, tz=UTC)
    rates = _whole(file, total if what.lower() == RATE else total / width, first, round(DAY / width))
    finer = round(width / BIN) if width % BIN == 0 else 1  # replicas follow by the minute, not by the hour
    return Traffic(rates=np.repeat(rates, finer), width=width / finer, first_day=day.weekday())


def _whole(file: Path, rates: Values, first: int, size: int) -> Values:
    """Cut traffic to whole days and turn it, since it goes on as it was, so that it begins at midnight."""
    days = max(round(len(rates) / size), 1)
    if len(rates) < size / 2:
        raise InputError(
            f"{file}: {24 * len(rates) / size:.3g} hours of traffic; expected a day or more; take a pattern"
        )
    kept = np.pad(rates[: days * size], (0, max(days * size - len(rates), 0)))
    turned: Values = np.roll(kept, first % size)
    return turned


def _rows(file: Path) -> tuple[list[tuple[int, dict[str, str]]], str, str]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            names = {name.strip().lower(): name for name in reader.fieldnames or ()}
            rows = list(enumerate(reader, start=2))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"can't read {file}: {getattr(error, 'strerror', None) or error}") from error
    when = next((names[name] for name in TIMES if name in names), None)
    if when is None or not rows:
        found = f"columns {', '.join(names) or 'none'} and {len(rows)} lines"
        raise InputError.of([Fault(f"{file}:1", found, "lines with a column time, and requests or rate if binned")])
    return rows, when, next((names[name] for name in (COUNT, RATE) if name in names), "")


def _seconds(place: str, text: str | None) -> float:
    try:
        when = datetime.fromisoformat((text or "").strip())
    except ValueError as error:
        raise InputError.of([Fault(place, f"time {text!r}", "for example 2026-11-02T09:05:00")]) from error
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def _amount(place: str, text: str | None) -> float:
    try:
        number = float(text or "")
    except ValueError:
        number = -1.0
    if not (np.isfinite(number) and number >= 0):
        raise InputError.of([Fault(place, f"{text!r} requests", "a number of 0 or more")])
    return number


def _width(file: Path, seconds: Values) -> float:
    """Find how long a bin is: the shortest step, of which all others are multiples."""
    steps = np.diff(np.unique(seconds))
    width = float(steps.min()) if len(steps) else COARSEST
    uneven = np.abs(steps / width - np.round(steps / width)).max(initial=0.0)
    if not FINEST <= width <= COARSEST or uneven > EVEN or DAY % width:
        found = f"times {width:g} s apart" + (", unevenly" if uneven > EVEN else "")
        expected = f"even bins from {FINEST:g} s to {COARSEST:g} s, parts of a day, as an hour each"
        raise InputError(f"{file}: {found}; expected {expected}")
    return width
