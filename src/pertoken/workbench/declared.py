"""What is declared beside a log: signed contracts, events, the market. Read, held against the log, and made ready."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.lines import Ledger, Lines
from pertoken.core.money import Values
from pertoken.core.period import begins
from pertoken.forecast.agreement import Agreement
from pertoken.rating.contract import Contract
from pertoken.rating.rate import amount
from pertoken.workbench.histories import History
from pertoken.workbench.suspected import one_number, suspected

if TYPE_CHECKING:
    from pertoken.forecast.agreed import Agreed, Invoiced
    from pertoken.forecast.event import Event
    from pertoken.forecast.market import Market


@dataclass(frozen=True, slots=True, eq=False)
class Declared:
    """What is said beside a log.

    Args:
        agreements: Signed contracts, from the file of contracts.
        events: Past ones with their level, and those to come.
        market: What is believed of the market; None where nothing is said.
        says: What was found while they were held against the log.
    """

    agreements: tuple[Agreement, ...] = ()
    events: "tuple[Event, ...]" = ()
    market: "Market | None" = None
    says: tuple[str, ...] = ()


def declared(
    read: History,
    *,
    contracts: "str | Path | Sequence[Agreement | Contract]" = (),
    events: "str | Path | Sequence[Event]" = (),
    market: "str | Path | Market | None" = None,
) -> tuple[History, Declared]:
    """Read what is said beside a log, and bring its history to the level of after its events.

    Args:
        read: The history.
        contracts: File of contracts, or records of `Agreement`.
        events: File of events, or records of `Event`.
        market: File of the market, or a record of `Market`.

    Returns:
        The history with outages not watched and events taken out, and what was said.

    Raises:
        InputError: What is wrong with a file, or doesn't fit the log.
    """
    from pertoken.forecast.events import adjusted  # noqa: PLC0415  the calculator must start fast

    panel = read.panel
    said = _events(events, panel_labels(read))
    brought = adjusted(panel, said)
    usage, before = one_number(replace(read, panel=brought.panel)), one_number(read)
    asks = tuple(f"! {each}" for each in suspected(usage, brought.events, paid=read.said_cost, of=before))
    made = Declared(agreements_of(contracts, read), brought.events, _market(market), (*brought.notes, *asks))
    raw = brought.panel if read.raw is panel else adjusted(read.raw, brought.events).panel
    return replace(read, panel=brought.panel, raw=raw), made


def panel_labels(read: History) -> tuple[str, ...]:
    """All that an event can be of: customers, and what they are."""
    tracks = [label for track in read.panel.tracks.values() for label in track.labels]
    return (*read.panel.customers, *tracks)


def _events(said: "str | Path | Sequence[Event]", known: Sequence[str]) -> "tuple[Event, ...]":
    if not isinstance(said, (str, Path)):
        return tuple(said)
    from pertoken.connect.events import read_events  # noqa: PLC0415  the calculator must start fast

    return read_events(said, known=known)


def _market(said: "str | Path | Market | None") -> "Market | None":
    if not isinstance(said, (str, Path)):
        return said
    from pertoken.connect.markets import read_market  # noqa: PLC0415  the calculator must start fast

    return read_market(said)


def agreements_of(said: "str | Path | Sequence[Agreement | Contract]", read: History) -> tuple[Agreement, ...]:
    """Read what customers have signed for, held against a log and its cards of revenue.

    Raises:
        InputError: All that is wrong with the file.
    """
    if not isinstance(said, (str, Path)):
        return tuple(each for each in said if isinstance(each, Agreement))
    from pertoken.connect.agreements import Known, read_agreements  # noqa: PLC0415  the calculator must start fast

    cards = [card.name for card in read.cards.get("revenue", ())]
    return read_agreements(said, Known(read.panel.customers, cards, read.currency, _day_after(read)))


def _day_after(read: History) -> date:
    """First day that the history does not know."""
    last: date = begins(read.panel.periods[-1:]).astype("datetime64[D]")[0].astype(object)
    return last + timedelta(days=1)


def signed(
    read: History, said: Declared, months: Sequence[str], *, landed: "tuple[str, Mapping[str, float]] | None" = None
) -> "Agreed | None":
    """Say what the contracts mean for the months ahead; None without any.

    Args:
        read: The history.
        said: What was declared.
        months: Labels of the months ahead.
        landed: The month before them, where it is known in part only, and what customers are expected to be charged
            for the whole of it; without it they are taken to be charged for what is known. [currency]

    Raises:
        InputError: There are contracts with commitments, and no card that charges.
    """
    from pertoken.forecast.agreed import Invoiced, agreed  # noqa: PLC0415  the calculator must start fast

    if not said.agreements:
        return None
    if "revenue" not in read.ledgers:
        raise InputError("contracts commit to money, and no revenue card says what is charged; add --card PLAN")
    labels, amount = billed(read.ledgers["revenue"], read)
    before = [label < months[0] for label in labels]
    charged = Invoiced(tuple(np.array(labels)[before].tolist()), amount[:, before])
    if landed is not None:
        charged = _landed(charged, read.panel.customers, *landed)
    return agreed(said.agreements, months, read.panel.customers, charged, after=_day_after(read))


def _landed(charged: "Invoiced", customers: Sequence[str], month: str, expected: Mapping[str, float]) -> "Invoiced":
    """Put what is expected of a whole month in the place of what is known of it."""
    earlier = [i for i, label in enumerate(charged.months) if label != month]
    known = charged.amount[:, charged.months.index(month)] if month in charged.months else np.zeros(len(customers))
    whole = [expected.get(name, so_far) for name, so_far in zip(customers, known.tolist(), strict=True)]
    months = (*(charged.months[i] for i in earlier), month)
    return replace(charged, months=months, amount=np.column_stack([charged.amount[:, earlier], whole]))


def of_late(read: History) -> Values | None:
    """What each customer was charged in the last two months of a history; None where nobody was."""
    if "revenue" not in read.ledgers:
        return None
    _, amount = billed(read.ledgers["revenue"], read)
    late: Values = amount[:, -2:].sum(axis=1)
    return late if (late > 0).any() else None


def billed(ledger: Ledger, read: History) -> tuple[tuple[str, ...], np.ndarray]:
    """Lay out what each customer was charged in each month, shape `(customer, month)`, with the months' labels."""
    lines = amount(ledger, "effective")
    keys = {"customer": lines.key("customer"), "month": lines.period("month")}
    folded = Lines(keys, {"amount": lines.values["amount"]}).fold(["customer", "month"])
    who, month = folded.keys["customer"], folded.keys["month"]
    labels = tuple(sorted({month.labels[code] for code in month.codes}))
    row = {name: i for i, name in enumerate(read.panel.customers)}
    column = {label: i for i, label in enumerate(labels)}
    out = np.zeros((len(row), len(labels)))
    for name, when, money in zip(who.column(), month.column(), folded.values["amount"], strict=True):
        if name in row:
            out[row[name], column[when]] += money
    return labels, out
