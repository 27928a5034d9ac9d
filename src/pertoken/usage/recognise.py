"""Documents become records by the layout that knows them; what can't be read is a fault with its place."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal

from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.meters import meter
from pertoken.usage.layout import Document, Layout, Placed, names, of_document
from pertoken.usage.layouts.pages import Tail, missing, overlapping, tail
from pertoken.usage.record import UsageRecord

Read = tuple[str, int, Sequence[UsageRecord] | Fault]
"""File, line, and the records of the document that stands there, or what is wrong with it."""

FETCH = "a report with all its pages was expected; fetch the ones that follow, too"
ONE_CUT = "buckets of one length were expected, since others count the same usage again; name the files of each apart"

MOST_COST = 10**15


def named(name: str, layouts: Sequence[Layout]) -> Layout:
    """Find a layout by its name.

    Raises:
        InputError: No such layout; the nearest are offered.
    """
    found = next((each for each in layouts if each.name == name.strip().lower()), None)
    if found is None:
        msg = f"unknown format {name!r}; {nearest(name, names(layouts))}"
        raise InputError(msg)
    return found


def recognised(placed: Iterable[Placed], layouts: Sequence[Layout]) -> Layout | None:
    """Find the layout of the first document that some layout knows."""
    documents = (each for _, _, each in placed if not isinstance(each, Fault))
    return next((found for each in documents if (found := of_document(each, layouts))), None)


def records(
    placed: Iterable[Placed], layout: Layout, layouts: Sequence[Layout], *, forced: bool = False
) -> Iterator[Read]:
    """Read documents of one layout.

    Args:
        placed: Documents with their places.
        layout: Their layout.
        layouts: All there are, to name one that does not belong.
        forced: True to read each document as that layout says, without asking whether it is one.

    Raises:
        InputError: A document is of another layout.
    """
    known = None if forced else layout.recognise
    tails: list[Tail] = []
    file = ""
    for file, line, document in placed:
        if isinstance(document, Fault):
            yield file, line, document
        elif known is not None and not known(document):
            yield file, line, _stranger(file, line, document, layout, layouts)
        else:
            tails += [tail(document)] if layout.paged else []
            yield file, line, _read(document, layout, f"{file} line {line}")
    for found, mend in (*((each, FETCH) for each in missing(tails)), *((each, ONE_CUT) for each in overlapping(tails))):
        yield file, 1, Fault(file, found, "", mend)


def _stranger(file: str, line: int, document: Document, layout: Layout, layouts: Sequence[Layout]) -> Fault:
    other = of_document(document, [each for each in layouts if each is not layout])
    if other is not None:
        msg = (
            f"{file} line {line}: found {other.title} ({other.name}) among {layout.title} ({layout.name}); expected "
            "one format; name the files of each apart"
        )
        raise InputError(msg)
    shown = ", ".join(list(document)[:5]) or "nothing"
    return _fault(f"{file} line {line}", f"found an object of {shown}", layout)


def _read(document: Document, layout: Layout, where: str) -> Sequence[UsageRecord] | Fault:
    if layout.read is None:
        msg = f"{layout.title} ({layout.name}) comes in tables, and {where} is a document; give a CSV or Parquet file"
        raise InputError(msg)
    try:
        return [_counted(record) for record in layout.read(document)]
    except InputError as error:
        return _fault(where, str(error), layout)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        return _fault(where, f"{type(error).__name__.removesuffix('Error').lower()}: {error}", layout)


def _counted(record: UsageRecord) -> UsageRecord:
    """Hold a record's counts against their meters."""
    for name, count in record.meters.items():
        if type(count) is not int and (not isinstance(count, Decimal) or _parted(count, name)):
            msg = f"{name} is {count!r}; a number was expected, a whole one for such a meter"
            raise InputError(msg)
    if record.reported_cost is not None and not abs(record.reported_cost) < MOST_COST:
        msg = f"the reported cost is {record.reported_cost}; an amount below a million billions was expected"
        raise InputError(msg)
    return record


def _parted(count: Decimal, name: str) -> bool:
    return not count.is_finite() or (meter(name).whole and count != int(count))


def _fault(where: str, found: str, layout: Layout) -> Fault:
    return Fault(where, found, "", f"a document that can be read as {layout.title} was expected")
