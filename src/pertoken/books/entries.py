"""Entries of a bill as people give them: when, how much, and whose; what can't be read is refused by its number."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from numbers import Integral, Real
from typing import Any

import numpy as np

from pertoken.core import period
from pertoken.core.errors import InputError, nearest

Number = Decimal | float | str
Quantity = Number | Mapping[str, Number]
When = date | str
Entry = tuple[When, Quantity] | tuple[When, Quantity, Mapping[str, str]]

NUMBERED = "a number, or meters with their numbers as {'input_tokens': 1000}"
MOMENT = "a date, a datetime, or a label as 2026-01, 2026-01-31 or 2026-01-31T09"


@dataclass(frozen=True, slots=True)
class Dated:
    """An entry that was read.

    Args:
        when: When it begins, in local time.
        grain: The period that was said.
        quantity: A number, or numbers by meter.
        labels: Its own labels.
        bare: Whether only a quantity was given, without a time of its own.
    """

    when: np.datetime64
    grain: str
    quantity: Decimal | Mapping[str, Decimal]
    labels: Mapping[str, str]
    bare: bool = False

    @property
    def day(self) -> date:
        """The day on which it begins."""
        found: date = self.when.astype("datetime64[D]").astype(object)
        return found


def read(usage: Any, on: date, timezone: str) -> tuple[Dated, ...]:  # noqa: ANN401  what people give
    """Read a quantity or a list of entries.

    Args:
        usage: A number, meters with their numbers, or a list of `(when, quantity)` or `(when, quantity, labels)`.
        on: When, for a bare quantity.
        timezone: Zone in which moments are told.

    Raises:
        InputError: An entry that can't be read, with its number.
    """
    if isinstance(usage, (str, Mapping, Real, Decimal)) or usage is None:
        when, grain = moment(on, timezone, "on")
        return (Dated(when, grain, _quantity(usage, "the quantity"), {}, bare=True),)
    if not isinstance(usage, Iterable):
        msg = f"the quantity is {usage!r}; expected {NUMBERED}, or a list of (when, quantity)"
        raise InputError(msg)
    return tuple(_entry(i, each, timezone) for i, each in enumerate(usage, 1))


def _entry(number: int, said: Any, timezone: str) -> Dated:  # noqa: ANN401  what people give
    what = f"entry {number}"
    pair = isinstance(said, Sequence) and not isinstance(said, str) and len(said) in (2, 3)
    labels = said[2] if pair and len(said) == 3 else {}  # noqa: PLR2004  the labels stand third
    if not pair or not isinstance(labels, Mapping):
        msg = f"{what} is {said!r}; expected (when, quantity) or (when, quantity, labels)"
        raise InputError(msg)
    when, grain = moment(said[0], timezone, what)
    return Dated(when, grain, _quantity(said[1], what), dict(labels))


def moment(when: Any, timezone: str, what: str) -> tuple[np.datetime64, str]:  # noqa: ANN401  what people give
    """Read a time: its begin in local time, and the period that it names.

    Raises:
        InputError: It is none.
    """
    if isinstance(when, str):
        grain = next((g for g, shape in period.SHAPES.items() if re.fullmatch(shape, when, re.ASCII)), None)
        try:
            if grain is not None:
                return period.begins([period.check(when, grain)])[0], grain
            when = datetime.fromisoformat(when)
        except (ValueError, InputError) as error:
            msg = f"{what}: {when!r} is no time; expected {MOMENT}"
            raise InputError(msg) from error
    if isinstance(when, datetime):
        local = when.astimezone(period.zone(timezone)).replace(tzinfo=None) if when.tzinfo else when
        return np.datetime64(local.isoformat(), "s"), "hour"
    if isinstance(when, date):
        return np.datetime64(when.isoformat(), "s"), "day"
    msg = f"{what}: {when!r} is no time; expected {MOMENT}"
    raise InputError(msg)


def _quantity(said: Any, what: str) -> Decimal | Mapping[str, Decimal]:  # noqa: ANN401  what people give
    if isinstance(said, Mapping):
        return {str(name): decimal(number, f"{what}: {name}") for name, number in said.items()}
    return decimal(said, what)


def decimal(said: Any, what: str) -> Decimal:  # noqa: ANN401  what people give
    """Read a number exactly.

    Raises:
        InputError: It is none, or not finite.
    """
    try:
        number = None if isinstance(said, (bool, np.bool_)) else _number(said)
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        msg = f"{what} is {said!r}; expected {NUMBERED}"
        raise InputError(msg)
    return number


def _number(said: Any) -> Decimal | None:  # noqa: ANN401  what people give
    if isinstance(said, (Decimal, str)):
        return Decimal(said)
    if isinstance(said, Integral):
        return Decimal(int(said))
    return Decimal(str(float(said))) if isinstance(said, Real) else None


def fine_enough(dated: Sequence[Dated], grain: str, card: str) -> None:
    """Refuse entries that name a longer period than the card counts by.

    Raises:
        InputError: An entry by month, say, where the card needs days.
    """
    for number, each in enumerate(dated, 1):
        if not each.bare and period.GRAINS.index(each.grain) > period.GRAINS.index(grain):
            said = period.label(each.when, each.grain)
            msg = (
                f"entry {number}: {said} is a {each.grain}, and card {card!r} (or its contract) counts by {grain}; "
                f"expected a {grain} or finer, as {period.EXAMPLES[grain]}"
            )
            raise InputError(msg)


def known_labels(labels: Iterable[str], asked: Iterable[str], card: str) -> None:
    """Refuse labels that a card does not ask for.

    Raises:
        InputError: A key that no part of the card looks at.
    """
    known = sorted(set(asked))
    for name in labels:
        if name not in known:
            mend = nearest(name, known) if known else "it asks for none"
            msg = f"label {name!r} is nothing that card {card!r} asks for; {mend}"
            raise InputError(msg)


def months_of(dated: Sequence[Dated], start: date | None, end: date | None) -> tuple[date, date] | None:
    """Find the whole months of the entries and the contract; None for the hours of the entries alone.

    Args:
        dated: The entries.
        start: First day of the contract.
        end: The day on which it is over.
    """
    if not start and not end and any(each.grain == "hour" for each in dated):
        return None
    days = [each.day for each in dated]
    first = [*days, *([_day(start)] if start else [])] or [_before(end)]
    last = [*days, *([_before(end)] if end else [])] or first
    low = min([*first, *last]).replace(day=1)
    return low, (max([*last, low]).replace(day=1) + timedelta(days=31)).replace(day=1)


def _day(when: date) -> date:
    return when.date() if isinstance(when, datetime) else when


def _before(end: date | None) -> date:
    """The last day before an end."""
    if end is None:
        return date(2026, 1, 1)
    return (end - timedelta(seconds=1)).date() if isinstance(end, datetime) else end - timedelta(days=1)
