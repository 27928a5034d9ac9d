"""The books: usage rated on both sides, the statement made of it, and what was left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pertoken.books.invoice import Invoice
from pertoken.books.ranking import Ranking
from pertoken.books.reconcile import Reconciliation
from pertoken.books.simulate import Simulation
from pertoken.books.statement import Statement
from pertoken.core.lines import Ledger, Usage
from pertoken.rating.card import Card
from pertoken.rating.rate import Rated
from pertoken.usage.report import Report


@dataclass(frozen=True, slots=True, eq=False)
class Books:
    """A log, rated on one side or both.

    Args:
        usage: Folded usage in leaf meters.
        report: What was read and what was left out.
        cards: Cards by side, `cost` and `revenue`.
        ledgers: Ledgers by side, with shared lines given out to the keys asked for.
        unpriced: Usage without a price, by side.
        statement: Profit and loss by the keys asked for (and by customer, where the log has one).
        by: Keys asked for.
        rated: What rating gave, by side, with what happened in the pools.
    """

    usage: Usage
    report: Report
    cards: Mapping[str, tuple[Card, ...]]
    ledgers: Mapping[str, Ledger]
    unpriced: Mapping[str, Usage]
    statement: Statement
    by: tuple[str, ...]
    rated: Mapping[str, Rated] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Billed:
    """An invoice, and the log behind it.

    Args:
        invoice: The invoice.
        report: What was read and what was left out.
        unpriced: Usage of all customers without a price.
    """

    invoice: Invoice
    report: Report
    unpriced: Usage


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """A log under other plans.

    Args:
        usage: Folded usage in leaf meters.
        report: What was read and what was left out.
        cards: Cards by side, `old`, `new` and `cost`.
        result: One plan beside the old one, or many candidates.
    """

    usage: Usage
    report: Report
    cards: Mapping[str, tuple[Card, ...]]
    result: Simulation | Ranking


@dataclass(frozen=True, slots=True, eq=False)
class Reconciled:
    """A bill, held against a log.

    Args:
        result: Where they part, and why.
        report: What was read of the log.
        cards: What the log was rated with.
        unpriced: Usage without a price, which is not computed.
        bill: What the user called the bill.
        bill_says: What was understood of the bill, in words.
        bill_layout: The format that the bill was read as, as people call it; empty where the log is its own bill.
    """

    result: Reconciliation
    report: Report
    cards: tuple[Card, ...]
    unpriced: Usage
    bill: str
    bill_says: tuple[str, ...] = ()
    bill_layout: str = ""
