"""Agreed: what a simulation of usage needs of the contracts, by customer and month, and how they are settled.

A commitment is settled by term: a month, a quarter, a year, or the whole contract. In a term

    committed = drawn before the forecast + used within it + unused,

and what is unused when the term ends is charged then (the true-up) although nobody uses it (the breakage). A contract
that ends within the months and is renewed goes on for as long and on the same terms.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.money import Values
from pertoken.forecast.agreement import TERMS, Agreement
from pertoken.forecast.panel import Indices
from pertoken.forecast.renewals import binds, follow_ons, months_of, one_at_a_time

Days = NDArray[np.datetime64]

FASTEST = 4.0
"""By how much a ramp lifts a customer's present usage at most; less than a quarter of a level says little of it."""

MOSTLY = 0.5
"""Share of a month's days from which on a contract's card charges the whole of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Stretches of contracts in which a commitment is settled, and which are not over before the forecast.

    Args:
        customer: Whose, as an index into the customers, shape `(term,)`.
        committed: What is paid at least, shape `(term,)`. [currency]
        drawn: What was charged in it before the forecast, shape `(term,)`. [currency]
        share: Share of each month's days that lie in it, shape `(term, month)`.
        expires: Month in which it ends, shape `(term,)`; the number of months where it ends later.
        fixed: What is left of the commitment, spread over the months by the ramp, shape `(term, month)`. [currency]
        line: Line of the file, shape `(term,)`.
    """

    customer: Indices
    committed: Values
    drawn: Values
    share: Values
    expires: Indices
    fixed: Values
    line: Indices

    def __len__(self) -> int:
        """Count the terms."""
        return len(self.customer)


@dataclass(frozen=True, slots=True, eq=False)
class Agreed:
    """What contracts say of the months of a forecast.

    Args:
        months: Labels of the months, shape `(month,)`.
        customers: Those asked for, then those who have signed and are not among them, shape `(customer,)`.
        terms: In which commitments are settled that are signed.
        renewed: Those of contracts that are renewed, which are settled where the customer is still there.
        bound: Months from the first in which each customer can't leave, shape `(customer,)`.
        ends: Month in which a commitment ends and none follows, shape `(customer,)`; the number of months for never.
        renewal: Chance that it goes on then, shape `(customer,)`; not a number where nobody said.
        length: Months that the contract then goes on for, shape `(customer,)`; 0 where there is none.
        expiries: Whether a contract ends before a month begins, signed or renewed, shape `(customer, month)`.
        begins: Month in which the first contract begins, shape `(customer,)`; 0 where it has begun.
        cards: Name of the card of the first of the contracts, shape `(customer,)`; empty without any.
        ramp: Share of the level that is reached by the contract's ramp, shape `(customer, month)`; 0 before it begins,
            1 where there is no contract.
        ramp_now: The same in the month before the first, shape `(customer,)`.
        planned: Usage at its level that the plan counted on; the pace of the commitment, where nobody said; not a
            number where there is none, shape `(customer,)`. [currency / month]
        notes: What should be known beside the numbers.
        changes: Customers whose contract puts them on a card from a month on: customer, month, name of the card; of
            each in the order in which they begin.
        heading: Where the plan of who is still ramping leads, as a factor on where the ramp alone would lead, shape
            `(customer,)`; None where nothing was planned of them.
    """

    months: tuple[str, ...]
    customers: tuple[str, ...]
    terms: Terms
    renewed: Terms
    bound: Indices
    ends: Indices
    renewal: Values
    length: Values
    expiries: NDArray[np.bool_]
    begins: Indices
    cards: tuple[str, ...]
    ramp: Values
    ramp_now: Values
    planned: Values
    notes: tuple[str, ...] = ()
    changes: tuple[tuple[int, int, str], ...] = ()
    heading: Values | None = None

    @property
    def fixed(self) -> Values:
        """What is committed and not yet drawn, at the pace of the ramp, shape `(customer, month)` [currency]."""
        fixed = np.zeros(self.ramp.shape)
        np.add.at(fixed, self.terms.customer, self.terms.fixed)
        return fixed

    @property
    def growing(self) -> Values:
        """Factor on the present usage of customers who are still ramping, shape `(customer, month)`; 1 for others."""
        now = self.ramp_now[:, None]
        ramping = (now > 0) & (now < 1)
        alone = np.minimum(self.ramp / np.where(ramping, now, 1.0), FASTEST)
        if self.heading is not None:
            alone = alone * self.heading[:, None] ** ((self.ramp - now) / np.where(ramping, 1 - now, 1.0))
        return np.where(ramping, alone, 1.0)


@dataclass(frozen=True, slots=True, eq=False)
class Invoiced:
    """What customers were charged before the forecast.

    Args:
        months: Labels, in time, shape `(past,)`.
        amount: Shape `(customer, past)`, of the customers asked for. [currency]
    """

    months: tuple[str, ...]
    amount: Values


NOTHING = Invoiced((), np.zeros((0, 0)))
"""No history."""


def agreed(
    agreements: Iterable[Agreement],
    months: Sequence[str],
    customers: Sequence[str],
    billed: Invoiced = NOTHING,
    *,
    after: date | None = None,
) -> Agreed:
    """Say what contracts mean for the months of a forecast.

    Args:
        agreements: The ledger; contracts that are over before the first month say nothing.
        months: Labels of the months ahead, in time.
        customers: Those that are forecast.
        billed: What they were charged before; without it nothing is drawn yet.
        after: First day that is not known: whose contract begins then or later is not on its card yet. The first of
            the months if None.

    Raises:
        InputError: No months, history that doesn't fit the customers, or contracts of a customer that overlap.
    """
    if not months or (billed.months and billed.amount.shape != (len(customers), len(billed.months))):
        shape = (len(customers), len(billed.months))
        raise InputError(f"{len(months)} months and charges {billed.amount.shape}; expected a month and {shape}")
    first = _days(period.begins(months[:1]))[0]
    kept = [each for each in agreements if np.datetime64(each.end) > first]
    names = tuple(dict.fromkeys([*customers, *(each.customer for each in kept)]))
    index = {name: i for i, name in enumerate(names)}
    by_customer: dict[int, list[Agreement]] = {}
    for each in sorted(kept, key=lambda one: one.start):
        by_customer.setdefault(index[each.customer], []).append(each)
    one_at_a_time(by_customer.values())
    amount = np.zeros((len(names), len(billed.months)))
    amount[: len(customers)] = billed.amount if billed.months else 0.0
    invoiced = Invoiced(billed.months, amount)
    last = _edges(months)[1][-1].astype(object)
    follow = {customer: follow_ons(several, last) for customer, several in by_customer.items()}
    terms, notes = _terms(by_customer, months, invoiced)
    renewed, _ = _terms(follow, months, invoiced)
    before = period.label(first.astype("datetime64[M]") - 1, "month")
    ramp = _by_month(by_customer, [before, *months], len(names))
    return Agreed(
        tuple(months), names, terms, renewed, *_bound(by_customer, months, len(names)),
        _expiries(by_customer, follow, months, len(names)), _begins(by_customer, months, len(names)),
        tuple(by_customer[i][0].card if i in by_customer else "" for i in range(len(names))),
        ramp[:, 1:], ramp[:, 0], _planned(by_customer, len(names)), tuple(notes),
        tuple(_changes(by_customer, months, first if after is None else np.datetime64(after))),
    )  # fmt: skip


def _days(moments: period.Instants) -> Days:
    days: Days = moments.astype("datetime64[D]")
    return days


def _edges(months: Sequence[str]) -> tuple[Days, Days]:
    """First day of each month, and the day after its last."""
    return _days(period.begins(months)), _days(period.ends(months))


def overlap_share(first: np.datetime64, last: np.datetime64, months: Sequence[str]) -> Values:
    """Share of each month's days from one day to before another, shape `(month,)`.

    >>> overlap_share(np.datetime64("2026-01-17"), np.datetime64("2026-03-01"), ["2026-01", "2026-02"]).tolist()
    [0.4838709677419355, 1.0]
    """
    begin, end = _edges(months)
    inside = np.minimum(end, last) - np.maximum(begin, first)
    share: Values = np.maximum(inside.astype(np.int64), 0) / (end - begin).astype(np.int64)
    return share


def _stretches(each: Agreement) -> Iterator[tuple[np.datetime64, np.datetime64, float]]:
    """Cut a contract into the terms in which it is settled: first day, day after the last, and the part of a whole."""
    start, end = np.datetime64(each.start, "D"), np.datetime64(each.end, "D")
    if each.per == "contract":
        yield start, end, 1.0
        return
    count, begun = 0, start
    while begun < end:
        count += TERMS[each.per]
        later = period.months_later(np.array([start], dtype="datetime64[s]"), count)[0].astype("datetime64[D]")
        over = min(later, end)
        yield begun, over, float((over - begun) / (later - begun))
        begun = later


_Row = tuple[int, float, float, Values, int, Values, int]
"""A term: the fields of `Terms` in their order."""


def _terms(by_customer: dict[int, list[Agreement]], months: Sequence[str], billed: Invoiced) -> tuple[Terms, list[str]]:
    """Make the terms that lie in the months, and say what is not known of them."""
    rows: list[_Row] = []
    notes: dict[str, None] = {}
    (begin, _), (_, end) = _edges([months[0], months[-1]])
    for customer, several in by_customer.items():
        for each in (one for one in several if one.committed):
            for first, last, part in _stretches(each):
                if last > begin and first < end:
                    rows.append(_term(each, (first, last, part), months, (customer, billed)))
                    notes.update(dict.fromkeys(_unsure(each, first, part, months, billed)))
    empty: _Row = (0, 0.0, 0.0, np.zeros(len(months)), 0, np.zeros(len(months)), 0)
    columns = [np.array(column)[: len(rows)] for column in zip(*(rows or [empty]), strict=True)]
    return Terms(*columns), list(notes)


def _term(
    each: Agreement,
    stretch: tuple[np.datetime64, np.datetime64, float],
    months: Sequence[str],
    of: tuple[int, Invoiced],
) -> _Row:
    """Say what one term of a contract means for the months."""
    first, last, part = stretch
    customer, billed = of
    drawn = float((billed.amount[customer] * overlap_share(first, last, billed.months)).sum())
    committed = float(each.committed) * part
    due = int(((last - 1).astype("datetime64[M]") - np.datetime64(months[0], "M")).astype(np.int64))
    fixed = max(committed - drawn, 0.0) * _pace(each, first, last, months)
    share = overlap_share(first, last, months)
    return customer, committed, drawn, share, min(due, len(months)), fixed, each.line


def _unsure(
    each: Agreement, first: np.datetime64, part: float, months: Sequence[str], billed: Invoiced
) -> Iterator[str]:
    """Say where a term is cut short, and where its charges so far are not known."""
    if part < 1:
        yield f"the last {each.per} of {each.customer} is cut short: {part:.0%} of its commitment counts"
    known = _edges(billed.months[:1] or months[:1])[0][0]
    if first < known:
        yield (
            f"the commitment of {each.customer} runs since {first}, charges are known since {known}: "
            "what was drawn before is taken for nothing, so the true-up may be too high"
        )


def _pace(each: Agreement, first: np.datetime64, last: np.datetime64, months: Sequence[str]) -> Values:
    """Share of what is left of a commitment that falls into each month, by the ramp; the rest lies behind them."""
    begun = period.periods("month", np.datetime64(months[0], "s"), last.astype("datetime64[s]"))
    labels = [period.label(month, "month") for month in begun]
    begun_share = overlap_share(np.datetime64(each.start), np.datetime64("9999-01-01"), labels)  # the ramp knows it
    weights = ramp_share(each, labels) * overlap_share(first, last, labels) / np.where(begun_share > 0, begun_share, 1)
    total = weights.sum()
    out = np.zeros(len(months))
    size = min(len(labels), len(months))
    out[:size] = (weights / total if total else weights)[:size]
    return out


def ramp_share(each: Agreement, months: Sequence[str]) -> Values:
    """Share of its level that a contract's usage is to have on average in each month, shape `(month,)`.

    It rises in a straight line from nothing on the first day to all after `ramp` months.

    >>> from datetime import date
    >>> one = Agreement(customer="acme", card="pro", signed=date(2026, 1, 1), start=date(2026, 2, 1),
    ...                 end=date(2027, 1, 1), ramp=2)
    >>> ramp_share(one, ["2026-01", "2026-02", "2026-03", "2026-04"]).tolist()
    [0.0, 0.25, 0.75, 1.0]
    """
    begin, _ = _edges(months)
    start = np.datetime64(each.start, "D")
    whole = (begin.astype("datetime64[M]") - start.astype("datetime64[M]")).astype(np.int64)
    month = start.astype("datetime64[M]")
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    since = whole - float((start - month.astype("datetime64[D]")).astype(np.int64) / length)
    share: Values = _risen(since + 1, each.ramp) - _risen(since, each.ramp)
    return share


def _risen(since: Values, ramp: int) -> Values:
    """Usage in units of the level, added up since the start, after so many months."""
    past = np.maximum(since, 0.0)
    if not ramp:
        return past
    inside = np.minimum(past, ramp)
    risen: Values = inside**2 / (2 * ramp) + (past - inside)
    return risen


def _by_month(by_customer: dict[int, list[Agreement]], months: Sequence[str], size: int) -> Values:
    """Ramp of each customer and month: that of the contract that began last."""
    out = np.ones((size, len(months)))
    _, end = _edges(months)
    for customer, several in by_customer.items():
        out[customer] = ramp_share(several[0], months)
        for each in several[1:]:
            out[customer] = np.where(np.datetime64(each.start) < end, ramp_share(each, months), out[customer])
    return out


def _planned(by_customer: dict[int, list[Agreement]], size: int) -> Values:
    """What the plan counted on, by the contract that began last and says it; else the pace of its commitment."""
    out = np.full(size, np.nan)
    for customer, several in by_customer.items():
        paces = [float(each.committed) / (TERMS.get(each.per) or months_of(each)) for each in several if each.committed]
        said = [float(each.planned) for each in several if each.planned is not None]
        out[customer] = [np.nan, *paces, *said][-1]
    return out


def _begins(by_customer: dict[int, list[Agreement]], months: Sequence[str], size: int) -> Indices:
    """Month in which the first contract of each customer begins."""
    out = np.zeros(size, dtype=np.int64)
    for customer, several in by_customer.items():
        out[customer] = int((_edges(months)[1] <= np.datetime64(several[0].start)).sum())
    return out


def _changes(
    by_customer: dict[int, list[Agreement]], months: Sequence[str], after: np.datetime64
) -> Iterator[tuple[int, int, str]]:
    """Say from which month on a contract that has not begun is charged by its card: the first that is mostly in it."""
    for customer, several in by_customer.items():
        for each in several:
            start = np.datetime64(each.start)
            month = int((overlap_share(start, np.datetime64("9999-01-01"), months) < MOSTLY).sum())
            if start >= after and month < len(months):
                yield customer, month, each.card


def _bound(
    by_customer: dict[int, list[Agreement]], months: Sequence[str], size: int
) -> tuple[Indices, Indices, Values, Values]:
    """How long customers can't leave, when the last contract that binds them ends, how likely and how long it goes on.

    Who has signed for later is bound till then: one who left before would break what is signed.
    """
    begin, _ = _edges(months)
    bound, ends = np.zeros(size, dtype=np.int64), np.full(size, len(months), dtype=np.int64)
    renewal, length = np.full(size, np.nan), np.zeros(size)
    for customer, several in by_customer.items():
        last = next((each for each in reversed(several) if binds(each)), None)
        if last is not None:
            bound[customer] = ends[customer] = int((begin < np.datetime64(last.end)).sum())
            renewal[customer] = np.nan if last.renewal is None else last.renewal
            length[customer] = months_of(last)
    return bound, ends, renewal, length


def _expiries(
    by_customer: dict[int, list[Agreement]], follow: dict[int, list[Agreement]], months: Sequence[str], size: int
) -> NDArray[np.bool_]:
    """Before which months a contract ends that nobody has signed the next one of."""
    begin, _ = _edges(months)
    out = np.zeros((size, len(months)), dtype=bool)
    for customer, several in by_customer.items():
        for each in [*several[-1:], *follow[customer]] if binds(several[-1]) else ():
            month = int((begin < np.datetime64(each.end)).sum())
            if month < len(months):
                out[customer, month] = True
    return out
