"""Ranking: many candidates over one history, by revenue, margin, or how many customers they leave worse off."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

import numpy as np

from pertoken.books.allocate import UNALLOCATED
from pertoken.books.contract import (
    COST,
    PLAIN,
    Cards,
    Terms,
    agreed,
    comparable,
    contract_keys,
    ledger,
    placed,
    positions,
)
from pertoken.books.outcome import SHARES, quantiles
from pertoken.books.simulate import share
from pertoken.books.statement import DUST
from pertoken.books.sweep import Charged, Floats, contracts, nobody, structure, sweep
from pertoken.books.vary import Candidate
from pertoken.core.errors import InputError, nearest
from pertoken.core.lines import Lines, Usage
from pertoken.rating.rate import amount

RANKS = ("revenue", "margin", "worse-off")
"""What candidates are ranked by."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one candidate would have brought.

    Args:
        name: The candidate's name.
        settings: What was set in it.
        billed: What all customers would have been billed. [currency]
        revenue: What would have been earned, effective. [currency]
        margin: Revenue less cost; None if cost was not rated. [currency]
        better_off: Customers who pay less than under the old plan.
        worse_off: Customers who pay more.
        worse_off_share: Their share of all customers.
        increase_p95: Change in percent that 95 % of the customers stay below, as a share; None if nobody paid before.
        crossed: Customers whose margin falls below zero.
    """

    name: str
    settings: Mapping[str, Decimal]
    billed: float
    revenue: float
    margin: float | None
    better_off: int
    worse_off: int
    worse_off_share: float
    increase_p95: float | None
    crossed: int


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates beside the plan as it is, the best first.

    Args:
        old: The plan as it is.
        outcomes: The candidates.
        by: What they are ranked by: revenue, margin or worse-off.
        customers: How many customers the log names.
        currency: ISO 4217 code.
        unpriced: Usage that was set aside, by the side that does not price it.
    """

    old: Outcome
    outcomes: tuple[Outcome, ...]
    by: str
    customers: int
    currency: str
    unpriced: Mapping[str, Usage] = field(default_factory=dict)


def ranking(
    usage: Usage,
    old: Cards,
    candidates: Iterable[Candidate],
    cost: Cards = (),
    *,
    by: str = "revenue",
    unpriced: Literal["raise", "keep"] = "raise",
    terms: Terms = PLAIN,
) -> Ranking:
    """Charge one history under many candidates and rank them; reckoned in floats.

    Args:
        usage: Quantities of leaf meters. [unit of the meter], shape `(line,)`
        old: The plan as it is.
        candidates: The plans that may be.
        cost: Vendors' cards.
        by: `revenue` or `margin`, the highest first; `worse-off`, the smallest share of customers who pay more first.
        unpriced: `raise` when a plan does not price all usage; `keep` to compare what all of them price.
        terms: What rating is told of time: `contracts`, `span`, `timezone`.

    Raises:
        InputError: No such rank, or no candidate.
        UnpricedUsage: Usage that a candidate does not price; the message names it.
    """
    if by not in RANKS:
        msg = f"no rank {by!r}; {nearest(by, RANKS)}"
        raise InputError(msg)
    if by == "margin" and not cost:
        msg = "a rank by margin needs the cost; say it with --cost CARD"
        raise InputError(msg)
    now = Candidate("old", tuple(old))
    plans = list(candidates)
    if not plans:
        msg = "no candidate; say which plans to compare with --new CARD"
        raise InputError(msg)
    shapes = {structure(each.cards): each for each in reversed(plans)}
    sides = {"old": now.cards, **{each.name: each.cards for each in shapes.values()}}
    currency = agreed({**sides, COST: tuple(cost)})
    aside: Mapping[str, Usage] = {}
    if unpriced == "keep":
        usage, aside = comparable(usage, sides, terms)
    rows = contracts(usage, contract_keys([now.cards, *(each.cards for each in shapes.values())]), terms)
    spent = _cost(usage, cost, rows, terms, unpriced=unpriced)
    made = list(_outcomes(usage, [now, *plans], rows, spent, terms))
    best = {"revenue": lambda o: -o.revenue, "margin": lambda o: -(o.margin or 0), "worse-off": _least_hurt}[by]
    return Ranking(made[0], tuple(sorted(made[1:], key=best)), by, int(_named(rows).sum()), currency, aside)


def _least_hurt(outcome: Outcome) -> tuple[float, float]:
    return outcome.worse_off_share, -outcome.revenue


def _named(rows: Lines) -> np.ndarray:
    named = np.ones(len(rows), dtype=bool)
    for key in rows.keys.values():
        named &= np.array([label not in ("", UNALLOCATED) for label in key.labels])[key.codes]
    return named


def _cost(usage: Usage, cost: Cards, rows: Lines, terms: Terms, *, unpriced: Literal["raise", "keep"]) -> Floats | None:
    if not cost:
        return None
    names = tuple(rows.keys)
    some = amount(ledger(usage, COST, cost, names, exact=False, terms=terms, unpriced=unpriced)[0], "effective")
    return placed(some.values["amount"], positions(rows, some, names, other=nobody(rows)), len(rows))


def _outcomes(
    usage: Usage, plans: Sequence[Candidate], rows: Lines, cost: Floats | None, terms: Terms
) -> Iterator[Outcome]:
    named = _named(rows)
    before: Charged | None = None
    for plan, charged in zip(plans, sweep(usage, (each.cards for each in plans), rows, terms), strict=True):
        before = before or charged
        yield _outcome(plan, before, charged, named, cost)


def _outcome(plan: Candidate, before: Charged, after: Charged, named: np.ndarray, cost: Floats | None) -> Outcome:
    old = before.billed[named]
    moved = after.billed[named] - old
    worse, size = int((moved > DUST).sum()), int(named.sum())
    crossed = None
    if cost is not None:
        crossed = (before.effective >= cost) & (after.effective < cost) & named
    rates = share(moved, old)
    far = quantiles(np.nan_to_num(rates), (old > 0).astype(np.float64), SHARES[-1:])
    revenue = float(after.effective.sum())
    return Outcome(
        name=plan.name,
        settings=plan.settings,
        billed=float(after.billed.sum()),
        revenue=revenue,
        margin=None if cost is None else revenue - float(cost.sum()),
        better_off=int((moved < -DUST).sum()),
        worse_off=worse,
        worse_off_share=worse / size if size else 0.0,
        increase_p95=None if far is None else float(far[0]),
        crossed=0 if crossed is None else int(crossed.sum()),
    )
