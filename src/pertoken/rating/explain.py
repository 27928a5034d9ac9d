"""Explain: each line of a ledger as one would reckon it on paper, down to the card's own line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from pertoken.core.lines import Ledger
from pertoken.rating.account_of import Row, account_of
from pertoken.rating.assign import RATES
from pertoken.rating.balance import Balance, balances
from pertoken.rating.card import Card, plain
from pertoken.rating.pool_terms import MONEY, Pool
from pertoken.rating.rate import Rated
from pertoken.rating.step import Step, book_of, shares, steps_of
from pertoken.rating.words import amount as amount_of

__all__ = ["Explanation", "Step", "explain"]

STAGES = ("list", "discount", "minimum", "maximum", "rounding", "covered", "drawn", "unused", "purchase", "refund")
"""The order in which the lines of one place are told."""

DUST = Decimal("1e-9")


@dataclass(frozen=True, slots=True)
class Explanation:
    """What stands in the books for some labels.

    Args:
        steps: Line by line; their amounts add up to the ledger's.
        balances: What the pools held, gave and lost meanwhile.
        kind: list, contracted, effective or billed.
    """

    steps: tuple[Step, ...]
    balances: tuple[Balance, ...] = ()
    kind: str = "effective"

    @property
    def amount(self) -> Decimal:
        """What they come to. [currency]."""
        return sum((step.amount for step in self.steps), Decimal(0))


def explain(
    rated: Rated, chosen: Mapping[str, str], *, kind: str = "effective", shared: Ledger | None = None
) -> Explanation:
    """Reckon the lines of a ledger that carry some labels again, step by step.

    Args:
        rated: What rating gave, with exact money.
        chosen: Key to label, as customer and month.
        kind: Which amount: list, contracted, effective or billed.
        shared: The ledger with what belongs to several shared out (see `books.allocate`). Without, `month` is the
            invoice that begins in it, and what belongs to several is left out.

    Returns:
        Steps whose amounts add up to the ledger's, in the order in which an invoice is made.

    Raises:
        InputError: No line carries the labels.
    """
    rows = account_of(rated, chosen, kind, shared)
    steps: list[tuple[tuple[object, ...], Step]] = []
    order = {name: i for i, name in enumerate(rated.jobs)}
    share, book = cache(shares), cache(book_of)
    for row in rows:
        own = steps_of(row, share, book)
        _same(own, row)
        steps += [((order[row.card.name], *_place(row)), step) for step in own]
    told = _balances(rated, chosen, kind)
    for balance in told:
        card = rated.jobs[balance.card].card
        at = (order[card.name], balance.period, *_of_pool(card, balance.pool.name), -1)
        steps += [(at, step) for step in _of_balance(balance, card)]
    steps.sort(key=lambda pair: pair[0])
    return Explanation(tuple(step for _, step in steps), tuple(told), kind)


def _balances(rated: Rated, chosen: Mapping[str, str], kind: str) -> list[Balance]:
    """The pools of the contracts chosen; none where what is chosen is less, or more, than contracts and months."""
    if kind not in ("effective", "billed"):
        return []
    out = []
    for name, job in rated.jobs.items():
        others = {key: label for key, label in chosen.items() if key != "month"}
        if set(others) <= set(job.card.scope):
            out += balances(job, rated.replays.get(name, ()), others, chosen.get("month", ""))
    return out


def _same(steps: Sequence[Step], row: Row) -> None:
    """Hold the reckoning on paper against the ledger; they are twins."""
    paper = sum((s.amount for s in steps), Decimal(0))
    if abs(paper - row.amount) > DUST:
        msg = (
            f"the explanation of {row.term} comes to {paper} but the ledger to {row.amount}; "
            "this is a fault of pertoken, please report it"
        )
        raise AssertionError(msg)


def _place(row: Row) -> tuple[object, ...]:
    """Where in the making of an invoice a row stands: charges, pools, then what follows in the card's order."""
    kind, _, name = row.term.partition(".")
    card = row.card
    charges = [RATES, *card.prices, *(pool.name for pool in card.pools)]
    charge = charges.index(row.charge) if row.charge in charges else len(charges)
    if kind == "pools":
        place = (*_of_pool(card, name), charge)
    elif kind in ("adjust", "clamp"):
        index, _, bound = name.partition(".")
        place = (2 + _step_of(card, kind, int(index), bound), int(index), charge)
    else:
        place = (0, charge, 0)
    return (row.period, *place, STAGES.index(row.stage), row.shared, tuple(row.labels.values()))


def _step_of(card: Card, kind: str, index: int, bound: str) -> int:
    order = card.order or ("discount", "minimum", "maximum", "credit")
    if kind == "clamp":
        return order.index("minimum" if bound == "min" else "maximum")
    names = ("discount", "amount" if card.adjust[index].amount is not None else "percent")
    return min(order.index(name) for name in names if name in order)


def _of_pool(card: Card, name: str) -> tuple[int, int]:
    """Pools counted in units come before the steps of the invoice; those of money are one of them."""
    pool, at = next((pool, at) for at, pool in enumerate(card.pools) if pool.name == name)
    if pool.unit != MONEY:
        return 1, at
    order = card.order or ("discount", "minimum", "maximum", "credit")
    return 2 + (order.index("credit") if "credit" in order else len(order)), at


def _of_balance(balance: Balance, card: Card) -> list[Step]:
    """Tell what a pool held, gave and lost; money stands on other steps."""
    pool = balance.pool
    drawn = {f"drawn by {plain(name)}": q for name, q in balance.by_charge.items()} or {"drawn": balance.drawn}
    said = {"from before": balance.opening, "granted": balance.granted, **drawn}
    said |= {"expired": balance.expired, "refunded": balance.refunded, "left": balance.left}
    words = ", ".join(f"{amount_of(q, pool, card.currency)} {what}" for what, q in said.items() if q or what == "left")
    return [_about(balance, card, pool, f"{pool.name}: {words}")]


def _about(balance: Balance, card: Card, pool: Pool, about: str) -> Step:
    return Step(
        card=card.name,
        period=balance.period,
        charge=pool.name,
        stage="balance",
        term=f"pools.{pool.name}",
        about=about,
        quantity=None,
        rate=None,
        amount=Decimal(0),
        source=card.source or card.name,
        line=pool.line,
        labels=balance.contract,
    )
