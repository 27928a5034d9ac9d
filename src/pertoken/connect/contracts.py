"""Contracts come in by this door: a CSV with a line for each, or YAML with a list."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from pertoken.connect.small_rows import Kind, rows
from pertoken.core.errors import Fault, InputError
from pertoken.rating.contract import Contract

OWN = {"plan": "card", "card": "card", "from": "start", "to": "end"}
"""Columns of ours; all others are labels of the contract."""

PROMISED = ("signed", "committed", "per", "ramp", "renewal", "planned", "currency")
"""Columns of the same file that say what was promised; they are no labels."""

KIND = Kind(
    "contracts",
    ("plan", "card"),
    "plan (or card), the keys of its scope, from, to",
    "{plan: pro, customer: acme, from: 2026-01-15}",
)


def read_contracts(path: str | Path, *, gaps: bool = False) -> tuple[Contract, ...]:
    """Read when contracts begin and end: columns `plan` (or `card`), the keys of its scope, `from` and `to`.

    Args:
        path: CSV file with a header, or YAML with a list of maps. Empty dates are not known; `to` is the day on which
            the contract no longer holds.
        gaps: Whether a second contract of a customer on one card may begin some time after the first: a forecast rates
            no more than those that have begun.

    Raises:
        InputError: What is wrong, with file and row.
    """
    read = rows(path, KIND)
    made = [_contract(place, row) for place, row in read]
    faults = [each for each in made if isinstance(each, Fault)]
    contracts = renewed(
        (place, each) for (place, _), each in zip(read, made, strict=True) if isinstance(each, Contract)
    )
    faults += _twice(contracts, gaps=gaps)
    if faults:
        raise InputError.of(faults)
    return tuple(each for _, each in contracts)


def _contract(place: str, row: Mapping[str, str]) -> Contract | Fault:
    card = row.get("plan") or row.get("card") or ""
    if not card:
        return Fault(place, "a contract without a plan", "the name of its card, under plan")
    dates: dict[str, date | None] = {}
    for word in ("from", "to"):
        try:
            dates[word] = _day(row.get(word, ""))
        except ValueError:
            return Fault(place, f"{word} is {row[word]!r}", "a day as 2026-01-31, or a moment as 2026-01-31T09:00")
    start, end = dates["from"], dates["to"]
    if start and end and str(end) <= str(start):
        return Fault(place, f"a contract from {start} to {end}", "an end after its beginning")
    labels = {key: value for key, value in row.items() if key not in OWN and key not in PROMISED and value}
    return Contract(card=card, labels=labels, start=start, end=end)


def _day(text: str) -> date | None:
    if not text:
        return None
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def renewed(made: Iterable[tuple[str, Contract]]) -> list[tuple[str, Contract]]:
    """Join each contract and the one that goes on from the day of its end, on the same card: one contract, renewed.

    Args:
        made: Contracts, and where each stands.
    """
    rows = list(made)
    joined = dict(enumerate(rows))
    goes_on: dict[tuple[object, ...], int] = {}
    for i in sorted(joined, key=lambda row: str(rows[row][1].start or "")):
        _, each = rows[i]
        who = (each.card, *sorted(each.labels.items()))
        first = goes_on.pop((*who, each.start), i) if each.start else i
        if first != i:
            joined[first] = (joined[first][0], replace(joined[first][1], end=each.end))
            del joined[i]
        if each.end:
            goes_on[*who, each.end] = first
    return list(joined.values())


def _twice(contracts: Iterable[tuple[str, Contract]], *, gaps: bool) -> Iterator[Fault]:
    """One customer has one contract on a card; two stretches of it would share their counts."""
    seen: dict[tuple[object, ...], tuple[str, Contract]] = {}
    for place, each in contracts:
        what = (each.card, *sorted(each.labels.items()))
        if what in seen and not (gaps and not _overlap(each, seen[what][1])):
            who = ", ".join(each.labels.values()) or "the account"
            first, other = seen[what]
            mend = f"the first stands at {first}; join them, or give the second a plan of another name"
            what_of = "an overlapping" if _overlap(each, other) else "a second"
            expected = "one at a time" if gaps else "one at a time, without a gap"
            yield Fault(place, f"{what_of} contract of {who} on {each.card}", expected, mend)
        seen[what] = place, each


def _overlap(one: Contract, other: Contract) -> bool:
    """Whether two contracts hold on one day; who has no first day has always held, who has no last one goes on."""
    begins, ends = (str(each.start or "0001-01-01") for each in (one, other)), (one.end, other.end)
    last = min(str(each or "9999-12-31") for each in ends)
    return max(begins) < last
