"""Account: the rows of what stands in the books for some labels, by charge, step and invoice."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import InputError, nearest
from pertoken.core.lines import Ledger, Lines
from pertoken.rating.assign import RATES
from pertoken.rating.card import Card
from pertoken.rating.charge import in_series
from pertoken.rating.job import Job
from pertoken.rating.part import Part
from pertoken.rating.rate import STAGES, Rated
from pertoken.rating.stretch import Stretch, Who, stretches
from pertoken.usage.question import PRICE_FROM, above_key

SERIES = "series from"
"""Key of the label of a series that holds for a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What a step made of a charge, for a contract, on an invoice.

    Args:
        job: The card at work.
        charge: Name of the charge, or of the pool.
        term: Place in the card.
        stage: Stage of the ledger.
        labels: Labels of the contract, and those that the charge keeps apart.
        period: The invoice.
        quantity: What was counted. [unit of the measure]
        amount: Money. [currency]
        stretches: How far the count got, where the money is a difference.
        shared: Whether it is a share of what belongs to several.
    """

    job: Job
    charge: str
    term: str
    stage: str
    labels: Mapping[str, str]
    period: str
    quantity: Decimal
    amount: Decimal
    stretches: tuple[Stretch, ...] = ()
    shared: bool = False

    @property
    def card(self) -> Card:
        """The card."""
        return self.job.card

    @property
    def who(self) -> Who:
        """The contract and the invoice."""
        return (*(self.labels.get(name, "") for name in self.card.scope), self.period)


def account_of(rated: Rated, chosen: Mapping[str, str], kind: str, shared: Ledger | None = None) -> list[Row]:
    """Gather the rows that carry some labels and make up one of the four amounts.

    Args:
        rated: What rating gave.
        chosen: Key to label, as customer and month.
        kind: list, contracted, effective or billed.
        shared: The ledger with what belongs to several shared out (see `books.allocate`); periods are then those of the
            usage. Without, a month is the invoice that begins in it, and nothing is shared.

    Raises:
        InputError: No line carries a label.
    """
    _known(rated, chosen, shared)
    rows: dict[tuple[Any, ...], Row] = {}
    for part in rated.parts:
        if len(part.lines) and kind in STAGES[part.stage]:
            job = rated.jobs[part.lines.keys["card"].labels[0]]
            for row in _rows(job, part, chosen, invoices=shared is None):
                key = (id(job), row.charge, row.term, row.stage, bool(row.stretches), *row.labels.items(), row.period)
                rows[key] = _merged(rows[key], row) if key in rows else row
    out = [row for row in rows.values() if row.stage == "list" or row.amount or row.quantity or row.stretches]
    return out + (list(_shares(rated, shared, chosen, kind)) if shared is not None else [])


def _merged(one: Row, two: Row) -> Row:
    quantity, amount = one.quantity + two.quantity, one.amount + two.amount
    return replace(one, quantity=quantity, amount=amount, stretches=one.stretches + two.stretches)


def _known(rated: Rated, chosen: Mapping[str, str], shared: Ledger | None) -> None:
    tables = [shared] if shared is not None else [part.lines for part in rated.parts]
    for name, label in chosen.items():
        found: set[str] = set()
        for lines in tables:
            if name in period.GRAINS and _has(lines, name):
                found |= set(lines.period(name).labels)
            elif name in lines.keys:
                found |= set(lines.keys[name].labels)
        if name in period.GRAINS and shared is None:
            continue
        if label not in found:
            msg = f"no {name} {label!r} in the books; {nearest(label, [each for each in found if each])}"
            raise InputError(msg)


def _has(lines: Lines, name: str) -> bool:
    return not set(period.GRAINS[: period.GRAINS.index(name) + 1]).isdisjoint(lines.keys)


def _chosen(job: Job, lines: Lines, chosen: Mapping[str, str], *, invoices: bool) -> NDArray[np.bool_]:
    """Mark the lines that carry the labels; none where they lack a key."""
    mask = np.ones(len(lines), dtype=bool)
    for name, label in chosen.items():
        if name == "month" and invoices:
            key = job.invoiced(lines)
            mask &= np.array([each.startswith(label) for each in key.labels] or [False])[key.codes]
        elif (name in period.GRAINS and _has(lines, name)) or name in lines.keys:
            key = lines.period(name) if name in period.GRAINS else lines.keys[name]
            mask &= key.codes == (key.labels.index(label) if label in key.labels else -1)
        else:
            return np.zeros(len(lines), dtype=bool)
    return mask


def _rows(job: Job, part: Part, chosen: Mapping[str, str], *, invoices: bool) -> Iterator[Row]:
    mask = _chosen(job, part.lines, chosen, invoices=invoices)
    if not mask.any():
        return
    lines = part.lines.pick(mask)
    charge = job.card.prices.get(part.charge)
    if charge and charge.curve and charge.curve.series and part.stage == "list":
        lines = lines.with_keys(**{SERIES: in_series(job, charge, lines)})
    names = [name for name in (*job.card.scope, *_apart(part, job.card)) if name in lines.keys]
    reached = _reached(job, part, names, chosen, invoices=invoices)
    folded = lines.with_keys(invoice=job.invoiced(lines)).fold([*names, "invoice"])
    for each in folded.records():
        labels = {name: each[name] for name in names}
        yield Row(
            job=job,
            charge=part.charge,
            term=part.term,
            stage=part.stage,
            labels=labels,
            period=each["invoice"],
            quantity=Decimal(each["quantity"]),
            amount=each["amount"],
            stretches=tuple(reached.get((*labels.values(), each["invoice"]), ())),
        )


def _apart(part: Part, card: Card) -> Sequence[str]:
    """What stands on lines of its own."""
    if part.charge == RATES:
        special = ("batch", "service_tier", above_key("prompt_tokens"), PRICE_FROM) if part.stage == "list" else ()
        return ("provider", "model", "meter", *special)
    charge = card.prices.get(part.charge)
    return (*(charge.measure.by if charge and charge.measure else ()), SERIES)


def _reached(
    job: Job, part: Part, names: Sequence[str], chosen: Mapping[str, str], *, invoices: bool
) -> Mapping[Who, Sequence[Stretch]]:
    if part.basis is None or not len(part.basis.lines):
        return {}
    lines = part.basis.lines
    mask = _chosen(job, lines, chosen, invoices=invoices)
    if "charge" in lines.keys:
        key = lines.keys["charge"]
        mask &= np.array([label.endswith(f" {part.charge}") for label in key.labels] or [False])[key.codes]
    return stretches(part.basis, names, job.invoiced(lines), mask)


def _shares(rated: Rated, ledger: Ledger, chosen: Mapping[str, str], kind: str) -> Iterator[Row]:
    """The shares of what belongs to several."""
    lines = ledger.where(origin="shared")
    for name, label in chosen.items():
        key = lines.period(name) if name in period.GRAINS else lines.key(name)
        lines = lines.pick(key.codes == key.labels.index(label))
    for each in lines.fold(["card", "charge", "term", "stage", *_times(lines)]).records():
        if kind in STAGES[each["stage"]] and each["amount"]:
            when = next((each[grain] for grain in period.GRAINS if each.get(grain)), "")
            said = {name: each[name] for name in ("charge", "term", "stage", "quantity", "amount")}
            yield Row(job=rated.jobs[each["card"]], labels={}, period=when, shared=True, **said)


def _times(lines: Lines) -> list[str]:
    return ["month"] if "month" in lines.keys else [name for name in period.GRAINS if name in lines.keys][:1]
