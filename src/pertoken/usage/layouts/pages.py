"""Pages of vendors' reports: buckets of time with results in them, and pages that aren't there."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from pertoken.core.errors import InputError
from pertoken.core.exact import CONTEXT
from pertoken.usage.fields import at, count, moment, money, text
from pertoken.usage.layout import Document

BOUNDS = (("start_time", "end_time"), ("starting_at", "ending_at"))
"""How vendors name the begin and the end of a bucket."""

DAY = 86_400
"""Seconds of a day."""

CUT = "a bucket is shorter than the others: the report begins or ends inside it"


@dataclass(frozen=True, slots=True)
class Result:
    """What a report says of one group in one bucket.

    Args:
        start: When the bucket begins (UTC, without a zone).
        end: When it is over; None if not told.
        fields: The result.
        cut: Whether the bucket is shorter than others of its page.
    """

    start: datetime | None
    end: datetime | None
    fields: Document
    cut: bool = False

    def identity(self, kind: str) -> str:
        """Name what stands only once in a report: its bucket and its group."""
        said = sorted((name, text(value)) for name, value in self.fields.items() if isinstance(value, str | bool))
        group = (f"{name}={value}" for name, value in said if name not in ("amount", "object"))
        return " ".join([kind, self.start.isoformat() if self.start else "", *group])

    def count(self, field: str) -> int:
        """Read how much there is of something; 0 if nothing stands there."""
        return count(at(self.fields, field), field)

    def text(self, field: str) -> str:
        """Read a label; empty if nothing stands there."""
        return text(at(self.fields, field))

    def money(self, field: str) -> Decimal | None:
        """Read an amount; None if nothing stands there."""
        return money(at(self.fields, field), field)

    @property
    def days(self) -> Decimal:
        """Days that the bucket lasts, one if not told."""
        length = _length(self.start, self.end)
        return CONTEXT.divide(Decimal(length.days * DAY + length.seconds), Decimal(DAY)) if length else Decimal(1)

    def untold(self, grouped: Mapping[str, str]) -> tuple[str, ...]:
        """Say what the report does not tell apart, and whether the bucket is cut.

        Args:
            grouped: Fields that are empty unless the report is grouped by them, in words.
        """
        names = [words for field, words in grouped.items() if field in self.fields and self.fields[field] is None]
        told = (f"{', '.join(names)} not told: group the report by it",) if names else ()
        return (*told, *((CUT,) if self.cut else ()))


def buckets(page: Document) -> list[Document]:
    """List the buckets of a page; a bucket that stands alone is a page of one."""
    return [each for each in page.get("data", [page]) if isinstance(each, dict)]


def results(page: Document) -> Iterator[Result]:
    """Read the results of all buckets of a page.

    Raises:
        InputError: A bucket without results, or that does not say when it begins.
    """
    read = [(bucket, *_bounds(bucket)) for bucket in buckets(page)]
    longest = max((_length(start, end) or timedelta() for _, start, end in read), default=timedelta())
    for bucket, start, end in read:
        found = _inside(bucket)
        if found is None or (start is None and found):
            msg = "a bucket of the report doesn't say when it begins or what is in it; expected start_time and results"
            raise InputError(msg)
        for each in found:
            yield Result(start, end, each, (_length(start, end) or longest) < longest)


def _length(start: datetime | None, end: datetime | None) -> timedelta | None:
    return end - start if start and end else None


def first(page: Document) -> Document:
    """Find the first result of a page; an empty one if there is none."""
    return next((each for bucket in buckets(page) for each in _inside(bucket) or []), {})


def is_page(document: Document, begin: str) -> bool:
    """Tell whether a document is a page of a report whose buckets name their begin so, or one of its buckets."""
    data = document.get("data", [document])
    found = data if isinstance(data, list) else []
    return any(isinstance(each, dict) and begin in each and _inside(each) is not None for each in found)


def _inside(bucket: Document) -> list[Document] | None:
    found = bucket.get("results", bucket.get("result"))
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else None


def _bounds(bucket: Document) -> tuple[datetime | None, datetime | None]:
    begin, end = next((each for each in BOUNDS if each[0] in bucket), BOUNDS[0])
    return moment(bucket.get(begin), begin), moment(bucket.get(end), end)


@dataclass(frozen=True, slots=True)
class Tail:
    """What tells whether a page's neighbours are there.

    Args:
        kind: What it is a page of.
        start: When its first bucket begins; None if it has none.
        end: When its last one is over.
        more: Whether it says that more follow.
        width: How long its buckets are.
    """

    kind: str
    start: datetime | None
    end: datetime | None
    more: bool
    width: timedelta = timedelta(days=1)


def tail(page: Document) -> Tail:
    """Sum a page up to what tells whether its neighbours are there."""
    bounds = [_bounds(each) for each in buckets(page)]
    kind = str(first(page).get("object") or ("report" if "data" in page else "bucket"))
    starts = [start for start, _ in bounds if start]
    ends = [end for _, end in bounds if end]
    width = max((_length(*each) or timedelta() for each in bounds), default=timedelta())
    return Tail(kind, min(starts, default=None), max(ends, default=None), page.get("has_more") is True, width)


def missing(tails: Iterable[Tail]) -> tuple[str, ...]:
    """Say which pages of a report are not there: those that a page says follow and that no page begins.

    >>> day = datetime(2026, 1, 1), datetime(2026, 1, 2), datetime(2026, 1, 3)
    >>> missing([Tail("costs", day[0], day[1], True), Tail("costs", day[1], day[2], False)])
    ()
    >>> missing([Tail("costs", day[0], day[1], True)])
    ('page 2 of costs is missing: the page that ends on 2026-01-02 00:00 UTC says that more follow',)
    """
    read = sorted(set(tails), key=_order)
    begun = {(each.kind, each.start) for each in read}
    numbers: dict[str, int] = {}
    out = []
    for each in read:
        numbers[each.kind] = numbers.get(each.kind, 0) + 1
        if each.more and (each.kind, each.end) not in begun:
            until = f"ends on {each.end:%Y-%m-%d %H:%M} UTC" if each.end else "has no bucket"
            number = numbers[each.kind] = numbers[each.kind] + 1
            out.append(f"page {number} of {each.kind} is missing: the page that {until} says that more follow")
    return tuple(out)


def overlapping(tails: Iterable[Tail]) -> tuple[str, ...]:
    """Say which pages tell the same time by buckets of another length: they count the same usage twice.

    >>> day = datetime(2026, 1, 1), datetime(2026, 1, 2)
    >>> overlapping([Tail("costs", *day, False), Tail("costs", *day, False, timedelta(hours=1))])
    ('costs by buckets of 1:00:00 and of 1 day, 0:00:00 overlap from 2026-01-01 00:00 UTC on',)
    """
    read = sorted((each for each in set(tails) if each.start and each.end), key=_order)
    pairs = ((one, two) for i, one in enumerate(read) for two in read[i + 1 :] if one.kind == two.kind)
    return tuple(
        f"{one.kind} by buckets of {one.width} and of {two.width} overlap from {two.start:%Y-%m-%d %H:%M} UTC on"
        for one, two in pairs
        if one.width != two.width and one.end and two.start and two.start < one.end
    )


def _order(of: Tail) -> tuple[str, datetime, datetime, bool, timedelta]:
    earliest = datetime.min  # noqa: DTZ901  moments here carry no zone
    return of.kind, of.start or earliest, of.end or earliest, of.more, of.width
