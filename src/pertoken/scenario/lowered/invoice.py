"""Invoice: a rate card as rows of a sheet, month by month, in the order in which `rate` makes an invoice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pertoken.core.formula import Name
from pertoken.core.units import unit
from pertoken.rating.adjust import sequence
from pertoken.rating.card import Card
from pertoken.rating.rate import STAGES
from pertoken.scenario.lowered.arithmetic import ONE, summed
from pertoken.scenario.lowered.charges import charge_rows, unpriced_rows
from pertoken.scenario.lowered.course import Course
from pertoken.scenario.lowered.discounts import discount_rows
from pertoken.scenario.lowered.draft import Draft, Given, Path
from pertoken.scenario.lowered.limits import maximum_rows, minimum_rows
from pertoken.scenario.lowered.marks import Marks
from pertoken.scenario.lowered.money_pools import credit_rows
from pertoken.scenario.lowered.quantity_pools import quantity_pool_rows
from pertoken.scenario.lowered.work import Money, Work
from pertoken.scenario.model import Flow
from pertoken.scenario.program import Ladder, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRows:
    """A card as rows.

    Args:
        rows: The rows, each below what it asks for.
        ladders: Tiers of the card by name.
        money: Rows of money, with the labels that they keep apart, their charge and their stage.
        total: Name of the row with `effective` (what the month is worth) and `billed` (cash) in all.
    """

    rows: tuple[Row, ...]
    ladders: Mapping[str, Ladder]
    money: tuple[Money, ...]
    total: Mapping[str, str]


def card_rows(
    card: Card,
    *,
    prefix: str,
    flows: Sequence[Flow],
    months: Sequence[str],
    number: Callable[[Path], Given | None] = lambda _: None,
    begins: str = "",
    ends: str = "",
    alive: str = "",
    section: str = "",
    shared: str = "",
    unpriced: Literal["raise", "keep"] = "raise",
) -> CardRows:
    """Write what a card charges one contract as rows of months: the same money as `rate`, as formulas.

    A month's price is that which holds on its first day.

    Args:
        card: The card.
        prefix: How the names of all rows begin.
        flows: Usage of the contract; nothing outside its run.
        months: Labels of the months of the model.
        number: Finds the row that holds a number of the card, by its place in the record (`("prices", "tokens",
            "curve", "tiers", 0, "rate")`), with what it is multiplied by; None for a number that is no input, which
            then gets a row of its own.
        begins: The contract's first month, which may be before the model; the model's first if empty.
        ends: The month in which it is over; empty for no end.
        alive: Row that is 1 in the months in which the contract is there at all; fees, limits and grants follow it.
        section: Heading of the rows; the prefix if empty.
        shared: How the names of the card's own numbers and ladders begin; several contracts on one card may share
            them, and then have the same rows of these names. The prefix if empty.
        unpriced: `raise` where a flow has no price, or `keep` it: its cost is then no number as soon as it is used.

    Raises:
        InputError: The card says what months by themselves can't tell.
        CardError: What the card says does not go with the usage, as in `rate`.
        UnpricedUsage: A flow that no charge prices.
    """
    draft = Draft(prefix, shared or prefix, section or prefix, unit(card.currency), number)
    course = Course(card, tuple(flows), tuple(months), begins or months[0], ends, unpriced == "raise")
    work = Work(card, draft, course, Marks(draft, course, Name(alive) if alive else ONE))
    charged = charge_rows(work)
    unpriced_rows(work)
    quantity_pool_rows(work, charged)
    for kind, index in sequence(card):
        STEPS[kind](work, index)
    total = {kind: _total(work, kind).name for kind in ("effective", "billed")}
    return CardRows(rows=tuple(draft.rows.values()), ladders=draft.ladders, money=tuple(work.money), total=total)


STEPS: Mapping[str, Callable[[Work, int], None]] = {
    "discount": discount_rows,
    "minimum": minimum_rows,
    "maximum": maximum_rows,
    "credit": lambda work, _: credit_rows(work),
}
"""What follows the charges, by its name in the card's order."""


def _total(work: Work, kind: str) -> Name:
    """Add up all rows of one of the amounts; one that is the same as another is that."""
    own = summed(Name(each.row) for each in work.money if kind in STAGES[each.stage])
    effective = work.draft.named("effective")
    same = kind != "effective" and work.draft.rows[effective].node == own
    return work.draft.row(work.draft.named(kind), Name(effective) if same else own, work.currency)
