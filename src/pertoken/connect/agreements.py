"""Agreements come in by this door: the file of contracts, with columns for what was promised and how it is to ramp."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

from pertoken.connect.contracts import KIND
from pertoken.connect.model_file.numbers import PERCENT, written
from pertoken.connect.model_file.reading import CODE
from pertoken.connect.small_rows import rows
from pertoken.core.errors import Fault, InputError, nearest
from pertoken.forecast.agreement import TERMS, Agreement

PER = (*TERMS, "contract")

PROMISES = ("committed", "ramp", "renewal", "planned")
"""Columns without which a row promises nothing."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a ledger is held against.

    Args:
        customers: Customers of the log; any if empty.
        cards: Names of the cards; any if empty.
        currency: That of the cards; that of the first row if empty.
        until: First day after the log; a customer whose contract begins then or later may be unknown.
    """

    customers: Collection[str] = ()
    cards: Collection[str] = ()
    currency: str = ""
    until: date | None = None


ANY = Known()
"""Nothing is known: every name is taken as it stands."""


def read_agreements(path: str | Path, known: Known = ANY) -> tuple[Agreement, ...]:
    """Read what customers have signed for, from the same file that says when contracts begin and end.

    Columns: `plan` (or `card`), `customer`, `from`, `to`, and `signed` (the day it begins if not said), `committed`
    [currency], `per` (month, quarter, year, contract), `ramp` [month], `renewal` (a chance), `planned`
    [currency / month], `currency`. A row that promises nothing may have no end, and is left out then.

    Args:
        path: CSV file with a header, or YAML with a list of maps.
        known: What names and currencies are held against.

    Raises:
        InputError: All that is wrong, each with file, line, what was expected and the mend.
    """
    read = rows(path, KIND)
    faults: list[Fault] = []
    made = [(place, row, _agreement(_Row(place, row, faults))) for place, row in read]
    kept = [(place, row, each) for place, row, each in made if each is not None]
    faults += [fault for place, _, each in kept for fault in _unknown(place, each, known)]
    faults += _overlapping([(place, each) for place, _, each in kept])
    faults += _currencies([(place, _currency(row)) for place, row, _ in kept], known.currency)
    if faults:
        raise InputError.of(faults)
    return tuple(each for _, row, each in kept if _promises(row) or row.get("to"))


def _promises(row: Mapping[str, str]) -> bool:
    return any(row.get(word) for word in PROMISES)


@dataclass(frozen=True, slots=True)
class _Row:
    """A row half read, and the faults that were found."""

    place: str
    said: Mapping[str, str]
    faults: list[Fault]

    def text(self, word: str) -> str:
        return self.said.get(word, "")

    def refuse(self, found: str, expected: str = "", mend: str = "") -> None:
        self.faults.append(Fault(self.place, found, expected, mend))

    def day(self, word: str) -> date | None:
        text = self.text(word)
        if not text:
            return None
        with suppress(ValueError):
            return datetime.fromisoformat(text).date()
        self.refuse(f"{word} is {text!r}", "a day as 2026-01-31")
        return None

    def number(self, word: str) -> Decimal | None:
        """Read a number of zero or more, with its currency or without."""
        text = self.text(word)
        if not text:
            return None
        found = written(text)
        if found is None or found.value < 0 or (found.unit and not _is_code(found.unit)):
            self.refuse(f"{word} is {text!r}", "a number of 0 or more, as 120_000, 120k or 120k USD")
            return None
        return found.value

    def months(self, word: str) -> int:
        found = written(self.text(word) or "0")
        if found is None or found.unit or found.value < 0 or found.value % 1:
            self.refuse(f"{word} is {self.text(word)!r}", "whole months, as 6; 0 for at once")
            return 0
        return int(found.value)

    def share(self, word: str) -> float | None:
        text = self.text(word)
        found = written(text) if text else None
        share = None if found is None else found.value / 100 if found.unit == PERCENT else found.value
        if text and (share is None or not 0 <= share <= 1 or found is None or found.unit not in ("", PERCENT)):
            self.refuse(f"{word} is {text!r}", "a chance from 0% to 100%, as 85% or 0.85")
            return None
        return None if share is None else float(share)


def _is_code(unit: str) -> bool:
    return len(unit) == CODE and unit.isascii() and unit.isalpha() and unit.isupper()


def _agreement(row: _Row) -> Agreement | None:
    """Read one row; None, with faults, where it is none."""
    before = len(row.faults)
    card, customer = row.text("plan") or row.text("card"), row.text("customer")
    if not card or not customer:
        what = "plan" if not card else "customer"
        row.refuse(f"a contract without a {what}", "a name under plan and one under customer")
    start, end, signed = (row.day(word) for word in ("from", "to", "signed"))
    per = row.text("per") or "contract"
    if per not in PER:
        row.refuse(f"per is {per!r}", f"one of {', '.join(PER)}", nearest(per, PER))
    committed, planned = row.number("committed"), row.number("planned")
    ramp, renewal = row.months("ramp"), row.share("renewal")
    if len(row.faults) == before:
        _dated(row, customer, start, end)
    if len(row.faults) > before or start is None:
        return None
    if signed is not None and signed > start:
        row.refuse(f"the contract of {customer} begins on {start}, before it was signed on {signed}",
                   "signed on or before the day it begins", "mend one of the two")  # fmt: skip
    return Agreement(
        customer=customer, card=card, signed=signed or start, start=start, end=end or date.max,
        committed=committed or Decimal(0), per=per,  # type: ignore[arg-type]  # checked above
        ramp=ramp, renewal=renewal, planned=planned, line=_line(row.place),
    )  # fmt: skip


def _dated(row: _Row, customer: str, start: date | None, end: date | None) -> None:
    """Refuse a contract without the dates that it needs, or with impossible ones."""
    if start is None and end is None:
        row.refuse(
            f"the contract of {customer} has no dates", "the day it begins under from, the day it is over under to"
        )
    elif start is None:
        row.refuse(f"the contract of {customer} has no first day", "the day it begins, under from")
    elif end is None and _promises(row.said):
        mend = "say the day on which it is over; the end of the promise, where the contract itself goes on"
        row.refuse(f"the contract of {customer} promises something but has no end", "a day under to", mend)
    elif end is not None and end <= start:
        row.refuse(f"a contract from {start} to {end}", "an end after its beginning")


def _line(place: str) -> int:
    line = place.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _unknown(place: str, made: Agreement, known: Known) -> Iterator[Fault]:
    if known.cards and made.card not in known.cards:
        yield Fault(
            place, f"no card {made.card!r}", "the name of a card that is given", nearest(made.card, known.cards)
        )
    begun = known.until is None or made.start < known.until
    if known.customers and begun and made.customer not in known.customers:
        mend = f"{nearest(made.customer, known.customers)} One who has used nothing yet needs a row with usage of 0"
        yield Fault(place, f"no customer {made.customer!r} in the log", "a customer of the log", mend)


def _overlapping(made: Sequence[tuple[str, Agreement]]) -> Iterator[Fault]:
    """A customer is on one plan at a time."""
    by_customer: dict[str, list[tuple[str, Agreement]]] = {}
    for place, each in made:
        by_customer.setdefault(each.customer, []).append((place, each))
    for customer, all_of in by_customer.items():
        ordered = sorted(all_of, key=lambda one: (one[1].start, one[1].end))
        for (first, one), (second, other) in pairwise(ordered):
            if other.start < one.end:
                until = "goes on" if one.end == date.max else f"runs until {one.end}"
                found = f"overlapping plans of {customer}: {other.card} from {other.start}, {one.card} {until}"
                mend = f"end the one at {first} when the other begins, or join them"
                yield Fault(second, found, "one plan at a time", mend)


def _currency(row: Mapping[str, str]) -> str:
    """Find the currency that a row says, in a column of its own or beside a number."""
    if row.get("currency"):
        return row["currency"].upper()
    beside = (written(row[word]) for word in ("committed", "planned") if row.get(word))
    return next((each.unit for each in beside if each and each.unit), "")


def _currencies(said: Iterable[tuple[str, str]], needed: str) -> Iterator[Fault]:
    """Money of one ledger is in one currency; nothing is converted."""
    first = needed
    whose = "that of the cards" if needed else "that of the first contract"
    for place, currency in said:
        first = first or currency
        if currency and currency != first:
            mend = "convert it, and say at which rate beside the file"
            yield Fault(place, f"currencies mixed: {currency} beside {first}", f"{first}, {whose}", mend)
