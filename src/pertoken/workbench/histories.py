"""A log as a history: read once, rated on both sides, and laid out by customer and day."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.keys import Key
from pertoken.core.lines import Ledger, Lines, Usage
from pertoken.core.money import Values
from pertoken.core.period import begins, ends, finest
from pertoken.rating.assign import asked_by
from pertoken.rating.card import Card
from pertoken.rating.contract import Contract
from pertoken.rating.rate import Rated, amount, rate
from pertoken.rating.unpriced import outside_contracts
from pertoken.workbench.cards import Aside, sides
from pertoken.workbench.gaps import told_apart
from pertoken.workbench.reading import How, Terms, folded, read_as, said_to_cost, terms_of
from pertoken.workbench.standings import settled

if TYPE_CHECKING:
    from pertoken.engines.duckdb import Log
    from pertoken.forecast.panel import Panel
    from pertoken.forecast.seen import Lookback
    from pertoken.usage.question import Question
    from pertoken.usage.report import Report

RECENT = 28
"""Days from whose usage the cost of a unit is taken: four whole weeks."""

NAMED = 8
"""Stretches of time outside of contracts that are named."""

UNPAID = ("", "free", "trial", "none")
"""States in which a customer does not pay, in whatever case they are written."""

STATE = "state"
"""Key that says whether a customer pays; a column of that name is read wherever a log has it."""

CUSTOMERS_OWN = ("plan", "tier", "segment", "state")
"""Keys that say what a customer is, where a log has them."""

NO_DAYS = "no time to reckon the day by"
"""What is said of a log without days."""

PLANS = {"plan", "tier"}
"""Those of them that a customer has one of at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What a forecast is made from.

    Args:
        usage: The folded log, by customer and day.
        report: What was read.
        panel: The usage by cell, customer and day.
        raw: The same before outages were found and taken out.
        cards: By side.
        ledgers: What was charged, by side, in floats; with customer, day or month, and the cells' keys.
        unit_cost: What a unit of each cell costs, shape `(cell,)`. [currency / unit]
        currency: Of all money.
        says: What should be known about it.
        aside: Whether usage without a price is set aside, so that it is forecast and charged nothing.
        said_cost: What the log itself says that usage cost, shape `(customer, period)`; None where it says nothing in
            the currency of the cards. [currency]
    """

    usage: Usage
    report: "Report"
    panel: "Panel"
    raw: "Panel"
    cards: Mapping[str, tuple[Card, ...]]
    ledgers: Mapping[str, Ledger]
    unit_cost: Values
    currency: str
    says: tuple[str, ...] = ()
    aside: bool = False
    said_cost: Values | None = None

    @property
    def back(self) -> "Lookback":
        """Goes back to what was known after some periods."""
        from pertoken.forecast.seen import lookback  # noqa: PLC0415  the calculator must start fast

        return lookback(self.raw)

    def monthly(self, side: str) -> tuple[tuple[str, ...], Values]:
        """Effective money of each month of a side, with the months' labels."""
        if side not in self.ledgers:
            return (), np.zeros(0)
        lines = amount(self.ledgers[side], "effective")
        months = Lines({"month": lines.period("month")}, {"amount": lines.values["amount"]}).fold(["month"])
        return tuple(months.keys["month"].column().tolist()), months.values["amount"]


def history(
    log: "str | Path",
    *,
    card: Iterable[str | Card] = (),
    revenue: Iterable[str | Card] = (),
    cost: Iterable[str | Card] = (),
    tracks: Sequence[str] = (),
    also: Sequence[Card] = (),
    grain: str = "day",
    bare: bool = False,
    unpriced: Aside = "raise",
    whole: bool = False,
    how: How,
) -> History:
    """Read a log by customer and day and rate both sides.

    Args:
        log: As for `statement`.
        card: Cards of either side; a plan of ours is revenue, a vendor's card is cost.
        revenue: Cards of what we are paid.
        cost: Cards of what we pay.
        tracks: Keys that say what a customer is, besides `plan`, `tier`, `segment` and `state`.
        also: Cards whose keys are kept besides; nothing is rated by them.
        grain: Of the panel.
        bare: Whether no card at all is needed: usage is then all there is.
        unpriced: `raise` when usage has no price, `report` to leave it out of the money and say so.
        whole: Leave a last day out that the log has only in part: the rest of it is not watched, and no zero.
        how: How the log is read.

    Raises:
        PertokenError: What is wrong with the log or the cards, and the mend.
    """
    from pertoken.forecast.panel import panel_of_usage  # noqa: PLC0415  the calculator must start fast

    terms = terms_of(how)
    with read_as(log, how) as found:
        opened = of_customers(found)
        said = _sided(card, revenue, cost)
        cards = {} if bare and not any(said.values()) else sides(opened, said, unpriced, how.get("catalog"))
        every = [*(each for own in cards.values() for each in own), *also]
        own = _own(opened, tracks)
        keys = ("customer", grain, *own)
        told: dict[str, Any] = {"terms": terms, "on": how.get("on"), "rejects": how.get("rejects", False)}
        usage, report, asked_for = folded(opened, every, keys, **told, watch=how.get("watch"))
        bill, mixed = _said_cost(opened, asked_for, report, terms, every[0].currency if every else "")
    usage, left = whole_periods(usage, grain, report.last, terms.timezone) if whole else (usage, ())
    asked = {*tracks, *(PLANS & set[str]().union(*(asked_by(each) for each in every)))}
    seen, own, changed = settled(usage, own, grain, asked=asked)
    cells = {"meter", *own, *keys, *(set[str]().union(*(asked_by(each) for each in every)))}
    usage, seen = _of_keys(usage, cells), _of_keys(seen, cells)
    raw = panel_of_usage(seen, grain=grain, tracks=own)
    panel, gaps = without_outages(raw)
    terms = replace(terms, contracts=_begun(terms.contracts, panel.periods[-1]))
    rated = {side: _rated(usage, own_cards, terms, unpriced) for side, own_cards in cards.items()}
    unit_cost = _unit_cost(usage, panel, cards.get("cost", ()), terms, grain, unpriced)
    left_out = _left_out(rated, terms.contracts)
    currency, says = every[0].currency if every else "", (*left, *gaps, *changed, *mixed, *left_out)
    aside, said_cost = unpriced == "report", None if bill is None else _laid_out(bill, panel)
    return History(usage, report, panel, raw, cards, _ledgers(rated), unit_cost, currency, says, aside, said_cost)


@contextmanager
def only_months(mend: str) -> Iterator[None]:
    """Say what to do with a log that knows only months, where days are asked of it.

    Args:
        mend: What else there is for it.
    """
    try:
        yield
    except InputError as error:
        if NO_DAYS not in str(error):
            raise
        raise InputError(f"{error}; for a log that knows only months {mend}") from error


def without_outages(panel: "Panel") -> tuple["Panel", tuple[str, ...]]:
    """Take periods out in which nobody used anything, although many always do; which they are, in words."""
    from pertoken.forecast.outage import watched  # noqa: PLC0415  the calculator must start fast
    from pertoken.forecast.plans import driver_weights  # noqa: PLC0415

    return watched(panel, driver_weights(panel.cells, np.nansum(panel.quantity, axis=(1, 2))))


def _said_cost(
    opened: "Log", asked: "Question", report: "Report", terms: Terms, currency: str
) -> tuple[Ledger | None, tuple[str, ...]]:
    """Sum what the log says that it cost; what it says in several currencies is left alone, and that is said."""
    try:
        return said_to_cost(opened, asked, report, terms, currency), ()
    except InputError as mixed:
        return None, (f"{mixed}; no change of unit prices was looked for",)


def _laid_out(bill: Ledger, panel: "Panel") -> Values:
    """Lay what the log says that it cost out by customer and period, shape `(customer, period)`."""
    who, when = bill.key("customer"), bill.period(panel.grain)
    row = {name: i for i, name in enumerate(panel.customers)}
    column = {label: i for i, label in enumerate(panel.periods)}
    i = np.array([row.get(name, -1) for name in who.labels], dtype=np.int64)[who.codes]
    k = np.array([column.get(label, -1) for label in when.labels], dtype=np.int64)[when.codes]
    known = (i >= 0) & (k >= 0)
    out = np.zeros((len(row), len(column)))
    np.add.at(out, (i[known], k[known]), bill.values["amount"][known].astype(float))
    return out


def of_customers(opened: "Log") -> "Log":
    """Ask of each row of a log whose it is: one without a customer can't be used.

    Raises:
        InputError: It names no customers.
    """
    if "customer" not in opened.binding.keys:
        raise InputError("the log names no customers; a forecast is made customer by customer; map a column to it")
    return replace(opened, binding=replace(opened.binding, needed=("customer",)))


def _own(opened: "Log", tracks: Sequence[str]) -> tuple[str, ...]:
    """Name the keys of a log that say what a customer is."""
    asked = {*opened.binding.keys, *tracks, *({STATE} & set(getattr(opened, "types", ())))}
    return tuple(name for name in dict.fromkeys((*CUSTOMERS_OWN, *tracks)) if name in asked)


def whole_periods(usage: Usage, grain: str, last: str, timezone: str) -> tuple[Usage, tuple[str, ...]]:
    """Leave a last period out that is known in part only, if there are others; what is left out.

    Args:
        usage: With a period at least as fine as the grain.
        grain: Of the periods.
        last: Latest time of the log (UTC).
        timezone: Zone in which periods are reckoned.
    """
    from pertoken.usage.report import partial_period  # noqa: PLC0415  the calculator must start fast

    when = usage.period(grain)
    used = [label for label in when.labels if label]
    if not partial_period(last, grain, timezone) or len(used) < 2:  # noqa: PLR2004  one period is all there is
        return usage, ()
    kept = np.array([label != max(used) for label in when.labels], dtype=bool)[when.codes]
    return usage.pick(kept), (f"{max(used)}, only partly in the log, is left out",)


def _begun(contracts: Sequence[Contract], last: str) -> tuple[Contract, ...]:
    """Leave out contracts that begin after the log: they say nothing of its usage."""
    end = ends([last])[0].astype("datetime64[D]")
    return tuple(each for each in contracts if each.start is None or np.datetime64(each.start, "D") < end)


def _sided(
    card: Iterable[str | Card], revenue: Iterable[str | Card], cost: Iterable[str | Card]
) -> dict[str, list[str | Card]]:
    """Sort cards of either side by their party."""
    from pertoken.connect.cards import read_cards  # noqa: PLC0415  the calculator must start fast

    made: dict[str, list[str | Card]] = {"cost": list(cost), "revenue": list(revenue)}
    for each in card:
        if isinstance(each, str) and each.partition(":")[0] == "catalog":
            made["cost"].append(each)
            continue
        for one in [each] if isinstance(each, Card) else read_cards(each):
            made[one.account].append(one)
    return made


def _of_keys(usage: Usage, names: set[str]) -> Usage:
    """Keep the keys that a price or a forecast looks at."""
    kept = [name for name in usage.keys if name in names or name.startswith("per_request")]
    made = usage.fold(kept)
    return Usage(made.keys, made.values)


def _rated(usage: Usage, cards: Sequence[Card], terms: Terms, unpriced: Aside) -> Rated:
    told: dict[str, Any] = {"exact": False, "unpriced": "keep" if unpriced == "report" else "raise"}
    grain = finest(set(usage.keys))
    if terms.contracts and grain:
        usage, cards, contracts = told_apart(usage, cards, terms.contracts, grain)
        terms = replace(terms, contracts=contracts)
    return rate(usage, cards, **told, **terms.said(usage))


def _ledgers(rated: Mapping[str, Rated]) -> dict[str, Ledger]:
    """Money of each side by customer: what belongs to all is shared out."""
    from pertoken.books.allocate import allocate  # noqa: PLC0415  the calculator must start fast

    return {side: allocate(each.parts, ["customer"]) for side, each in rated.items()}


def _left_out(rated: Mapping[str, Rated], contracts: Sequence[Contract]) -> tuple[str, ...]:
    """Say which usage has no price, and who used it outside of their contracts."""
    notes = []
    for side, each in rated.items():
        if len(each.unpriced):
            names = ", ".join(sorted(set(each.unpriced.key("meter").column())))
            outside = list(outside_contracts(each.unpriced, contracts))
            more = [f"and {len(outside) - NAMED:,} more"] if len(outside) > NAMED else []
            left = f"no price on the {side} cards for some {names}, which is left out of it"
            notes.append("; ".join([left, *outside[:NAMED], *more]))
    return tuple(notes)


def _unit_cost(  # noqa: PLR0917  what meets here
    usage: Usage, panel: "Panel", cards: Sequence[Card], terms: Terms, grain: str, unpriced: Aside
) -> Values:
    """What a unit of each cell cost us of late, on average; over the whole history, where nobody used it of late."""
    made = np.zeros(len(panel.cells["meter"]))
    if not cards:
        return made
    key = usage.period(grain)
    late = begins(panel.periods[-RECENT:])[0]
    recent, ever = usage.pick((begins(key.labels) >= late)[key.codes]), None
    names = list(panel.cells)
    columns = [panel.cells[name].column() for name in names]
    of_late = _paid(recent, cards, terms, names, unpriced)
    for i, labels in enumerate(zip(*columns, strict=True)):
        if labels in of_late:
            made[i] = of_late[labels]
        else:
            ever = _paid(usage, cards, terms, names, unpriced) if ever is None else ever
            made[i] = ever.get(labels, 0.0)
    return made


def _paid(
    usage: Usage, cards: Sequence[Card], terms: Terms, names: Sequence[str], unpriced: Aside
) -> dict[tuple[str, ...], float]:
    """Say what a unit of each cell that was used cost, on average."""
    from pertoken.books.allocate import allocate  # noqa: PLC0415  the calculator must start fast

    ledger = amount(allocate(_rated(usage, cards, terms, unpriced).parts, names), "effective")
    paid = {_labels(row, names): row["amount"] for row in _fold(ledger, names, "amount")}
    used = {_labels(row, names): row["quantity"] for row in _fold(usage, names, "quantity")}
    return {labels: paid.get(labels, 0.0) / quantity for labels, quantity in used.items() if quantity > 0}


def _fold(lines: Lines, names: Sequence[str], value: str) -> list[dict[str, Any]]:
    keys: dict[str, Key] = {name: lines.keys.get(name, Key.constant("", len(lines))) for name in names}
    return Lines(keys, {"quantity" if value == "quantity" else "amount": lines.values[value]}).fold(names).records()


def _labels(row: Mapping[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    return tuple(row[name] for name in names)
