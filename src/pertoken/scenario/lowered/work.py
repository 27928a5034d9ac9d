"""Work: a card being written as rows, and what its contract is invoiced so far."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from pertoken.core.expression import condition
from pertoken.core.formula import Call, Name, Node
from pertoken.core.units import Unit
from pertoken.rating.adjust import asked_keys
from pertoken.rating.assign import holds
from pertoken.rating.card import Adjust, Card, plain
from pertoken.scenario.lowered.arithmetic import summed
from pertoken.scenario.lowered.course import Course
from pertoken.scenario.lowered.draft import Draft
from pertoken.scenario.lowered.marks import Marks

Group = tuple[tuple[str, str], ...]
"""Labels that a line of an invoice keeps apart, beside its contract and month."""


class Money(NamedTuple):
    """A row of money.

    Args:
        labels: Labels that it keeps apart.
        row: Its name.
        charge: Charge or pool.
        stage: Stage of the ledger; `list` for what a charge is invoiced before discounts, rounded and without what
            pools of its unit cover.
    """

    labels: Group
    row: str
    charge: str
    stage: str


@dataclass(slots=True)
class Work:
    """A card at work.

    Args:
        card: The card.
        draft: Where rows are written.
        course: The contract.
        marks: Flags of its months.
        money: Rows of money so far.
        listed: Rows of each charge at list price, rounded, whatever pools cover.
        invoiced: What each charge (or pool) is invoiced so far, by what its lines keep apart.
    """

    card: Card
    draft: Draft
    course: Course
    marks: Marks
    money: list[Money] = field(default_factory=list)
    listed: dict[str, list[Node]] = field(default_factory=dict)
    invoiced: dict[str, dict[Group, list[Node]]] = field(default_factory=dict)

    @property
    def currency(self) -> Unit:
        """Unit of money."""
        return self.draft.currency

    def name(self, charge: str, group: Group, what: str) -> str:
        """Name a row of a charge."""
        return self.draft.named(charge, self.said(group), what)

    def said(self, group: Group) -> str:
        """Say the labels of a group that tell it from others."""
        return ".".join(label or "none" for name, label in group if name in self.course.telling)

    def rounded(self, node: Node) -> Node:
        """Round money as the lines of the card's invoices are."""
        if self.card.rounding is None:
            return node
        places = self.draft.fixed(self.draft.common("places"), Decimal(self.card.rounding))
        return Call("round", (node, places))

    def add(self, charge: str, group: Group, what: str, node: Node, stage: str) -> Name:
        """Write a row of money and put it on the invoice.

        Args:
            charge: Charge or pool.
            group: Labels that it keeps apart.
            what: Last part of its name.
            node: Its formula, rounded.
            stage: Stage of the ledger.
        """
        row = self.noted(charge, group, what, node, stage)
        self.invoiced.setdefault(charge, {}).setdefault(group, []).append(row)
        return row

    def noted(self, charge: str, group: Group, what: str, node: Node, stage: str) -> Name:
        """Write a row of money that no later step looks at."""
        row = self.draft.row(self.name(charge, group, what), node, self.currency)
        self.money.append(Money(group, row.name, charge, stage))
        return row

    def on(self, names: Iterable[str]) -> Iterator[str]:
        """List the charges that a step is for: those named; pools only where they are named."""
        wanted, pools = set(names), {pool.name for pool in self.card.pools}
        for charge in list(self.invoiced):
            if plain(charge) in wanted if wanted else charge not in pools:
                yield charge

    def total(self, charges: Iterable[str], adjust: Adjust | None = None) -> Node:
        """Add up what some charges are invoiced so far; of what a discount is for."""
        return summed(
            node
            for charge in charges
            for group, nodes in self.invoiced[charge].items()
            if adjust is None or self.matches(adjust, group)
            for node in nodes
        )

    def matches(self, adjust: Adjust, group: Group) -> bool:
        """Tell whether a discount is for a line; for none that lacks a label that it asks for."""
        names = asked_keys(adjust, self.card)
        labels = dict(group)
        return names <= set(labels) and (not adjust.where or holds(condition(adjust.where), labels, self.card.bands))

    def asked(self, charge: str) -> tuple[str, ...]:
        """Name the labels that discounts on a charge ask for."""
        own = [adjust for adjust in self.card.adjust if not adjust.on or plain(charge) in adjust.on]
        return tuple(sorted({name for adjust in own for name in asked_keys(adjust, self.card)}))
