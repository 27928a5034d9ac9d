"""What tells one price of a model from another: the terms on which it is sold, and the time in which it holds."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, time
from itertools import groupby

from pertoken.catalog.prices import Moment, Rate

Group = tuple[str, str, str, bool, str, str, str]
"""Provider, model, meter, batch, service tier, speed, region: what is looked up together."""

LAST = "9999-12-31T23:59:59"
"""After all moments."""

MIDNIGHT = "T00:00:00"
"""How the beginning of a day ends when it is written as a moment."""


def group_of(rate: Rate) -> Group:
    """Name what a rate is looked up by, but for length, hours and day."""
    return rate.provider, rate.model, rate.meter, rate.batch, rate.service_tier, rate.speed, rate.region


def part_of(rate: Rate) -> tuple[int, str]:
    """Name the requests of a group that a rate is for: their length and hours."""
    return rate.above, rate.window.key if rate.window else ""


def begin(rate: Rate) -> str:
    """Write the start of a rate so that it sorts; empty for as far back as is known.

    >>> from datetime import date
    >>> from decimal import Decimal
    >>> begin(Rate(model="m", meter="pages", price=Decimal(1), start=date(2026, 5, 1)))
    '2026-05-01'
    """
    return iso(rate.start)


def over(rate: Rate) -> str:
    """Write the end of a rate so that it sorts; after all moments where none is said."""
    return iso(rate.end) or LAST


def iso(moment: Moment | None) -> str:
    """Write a day or a moment so that it sorts, a day as its beginning; empty for none.

    >>> from datetime import date, datetime
    >>> iso(datetime(2026, 5, 1)) == iso(date(2026, 5, 1)), iso(datetime(2026, 5, 1, 12))
    (True, '2026-05-01T12:00:00')
    """
    return moment.isoformat().removesuffix(MIDNIGHT) if moment else ""


def settled(moment: Moment) -> Moment:
    """Say the beginning of a day as the day."""
    return moment.date() if isinstance(moment, datetime) and moment.time() == time.min else moment


def grouped(rates: Iterable[Rate]) -> dict[Group, list[Rate]]:
    """Sort rates by what they are looked up by."""
    order = sorted(rates, key=group_of)
    return {group: list(rows) for group, rows in groupby(order, key=group_of)}


def effective(rates: Sequence[Rate], moment: str, prompt: int, windows: frozenset[str]) -> Rate | None:
    """Find the rate of a group that holds: the latest begun, of that the longest band, of that the hours.

    Args:
        rates: Rates of one group.
        moment: When, as `begin` writes it.
        prompt: A bound that is exceeded, 0 for none. [token]
        windows: Keys of the windows that the moment lies in.
    """
    fit = [r for r in rates if begin(r) <= moment and r.above <= prompt and (not r.window or r.window.key in windows)]
    if not fit:
        return None
    found = max(fit, key=lambda rate: (begin(rate), rate.above, rate.window is not None))
    return None if moment >= over(found) else found


def levelled(rates: Sequence[Rate]) -> list[Rate]:
    """Say all prices of a group anew on each day on which one of them changes.

    The latest start goes before length and hours when a rate is looked up, so a new short-prompt price would hide the
    older long-prompt price that still holds beside it.
    """
    parts: dict[tuple[int, str], list[Rate]] = {}
    for rate in sorted(rates, key=begin):
        parts.setdefault(part_of(rate), []).append(rate)
    if len(parts) == 1:
        return list(rates)
    days = {iso(day): day for rate in rates for day in (rate.start, rate.end) if day}
    return [each for rows in parts.values() for each in _levelled(rows, days)]


def _levelled(rows: Sequence[Rate], days: dict[str, Moment]) -> list[Rate]:
    out = list(rows)
    for text, day in days.items():
        holding = [rate for rate in rows if begin(rate) <= text < over(rate)]
        if holding and begin(holding[-1]) != text and not any(begin(r) == text for r in rows):
            out.append(replace(holding[-1], start=day))
    return sorted(out, key=begin)
