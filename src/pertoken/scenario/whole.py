"""Whole: the model as one program, its cards written out as rows, so that a sheet holds every step to every number."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from pertoken.core.nodes import Node
from pertoken.rating.card import Card
from pertoken.rating.rate import STAGES
from pertoken.scenario.draft import minus, name, plus, times
from pertoken.scenario.lowered import CardRows, LeverRows, card_rows, lever_effects, lever_rows
from pertoken.scenario.model import Flow, Kind, Model, Rated
from pertoken.scenario.on_fleets import fleet_flows
from pertoken.scenario.order import ordered
from pertoken.scenario.owned import moving
from pertoken.scenario.program import Ladder, Program

Path = tuple[str | int, ...]
Numbered = Callable[[Path], tuple[str, Decimal] | None]


def whole(model: Model) -> Program:
    """Write a model out as one program: no number but its inputs comes from outside.

    Raises:
        InputError: A card says what a sheet can't hold.
    """
    levers = _after_levers(model)
    fleets = fleet_flows(model, levers.flows)
    vendors = {vendor: _vendor(model, vendor, fleets.flows) for vendor in model.spec.vendors}
    kinds = {kind.name: _kind(model, kind) for kind in model.kinds}
    cards = [*(each for own in vendors.values() for each in own), *kinds.values()]
    money = dict(fleets.busy)
    money |= {row.row: _money(row, model, vendors, kinds) for row in model.rated if row.side != "hours"}
    after = [
        replace(row, node=money[row.name], text=WORDS[_rated(model)[row.name].side]) if row.name in money else row
        for row in model.after.rows
        if row.node is not None or row.name in money
    ]
    ladders: dict[str, Ladder] = {}
    for each in cards:
        ladders |= each.ladders
    own = {row.name: row for each in cards for row in each.rows}  # several kinds share the numbers of their plan
    if not model.spec.fleets:
        return Program(
            rows=(*model.before.rows, *levers.rows, *own.values(), *after), months=model.months, ladders=ladders
        )
    rows = ordered((*model.before.rows, *levers.rows, *fleets.rows, *own.values(), *after), ladders)
    return Program(rows=rows, months=model.months, ladders=ladders)


WORDS = {
    "hours": "what the tokens of all flows take",
    "revenue": "what one of each kind is charged, times how many they are",
    "cost": "what the vendor charges",
}


def _rated(model: Model) -> Mapping[str, Rated]:
    return {each.row: each for each in model.rated}


def numbers(model: Model, card: Card) -> Numbered:
    """Tell which input holds a number of a card, and what it is multiplied by."""
    found = {each.path: (model.entries[each.name], each.scale) for each in model.spec.placed if each.card == card.name}
    return found.get


def _after_levers(model: Model) -> LeverRows:
    """What all vendors are asked for, after the levers as far as they are on."""
    flows = [
        Flow(labels={**flow.labels, "vendor": vendor}, row=flow.row)
        for vendor, flows in model.asked.items()
        for flow in flows
    ]
    return lever_rows(flows, lever_effects(moving(model.spec)))


def _vendor(model: Model, vendor: str, asked: Sequence[Flow]) -> list[CardRows]:
    """The cards of a vendor as rows, each with the usage that it is for."""
    flows = [flow for flow in asked if flow.labels["vendor"] == vendor]
    if not flows:
        return []
    return [
        card_rows(
            card,
            prefix=_prefix("vendors", vendor, card),
            flows=flows,
            months=model.months,
            number=numbers(model, card),
            section=f"vendors.{vendor}",
            unpriced="keep",
        )
        for card in model.spec.vendors[vendor].cards
    ]


def _prefix(side: str, name: str, card: Card) -> str:
    return f"{side}.{name}" if card.name == name else f"{side}.{name}.{card.name}"


def _kind(model: Model, kind: Kind) -> CardRows:
    """A plan as rows, for one customer of a kind."""
    card = model.spec.plans[kind.plan]
    flows = [Flow(labels=flow.labels, row=flow.row) for flow in kind.flows]
    return card_rows(card, prefix=f"bill.{kind.name.replace('/', '.')}", flows=flows, months=model.months,
                     number=numbers(model, card), begins=kind.begins or model.months[0], ends=kind.ends,
                     section=f"plans.{kind.plan}", shared=f"plans.{kind.plan}")  # fmt: skip


def _money(of: Rated, model: Model, vendors: Mapping[str, Sequence[CardRows]], kinds: Mapping[str, CardRows]) -> Node:
    """Write what a rated row is made of."""
    if of.side == "revenue":
        own = [kind for kind in model.kinds if of.segment in ("", kind.segment)]
        return plus(*(times(name(kinds[kind.name].total[of.amount]), name(kind.weight)) for kind in own))
    cards = vendors[of.vendor]
    paid = plus(*(name(card.total[of.amount]) for card in cards))
    if of.amount == "effective":
        found = [each for card in cards for each in card.money if "effective" in STAGES[each.stage]]
        if of.workload:
            mine = [each for each in found if _is(dict(each.labels), {"workload": of.workload, "segment": of.segment})]
            paid = plus(*(name(each.row) for each in mine))
        else:
            paid = minus(paid, *(name(each.row) for each in found if dict(each.labels).get("workload")))
    change = f"vendors.{of.vendor}.change"
    known = any(row.name == change for row in model.before.rows)
    return times(paid, name(change)) if known else paid


def _is(labels: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    return all(labels.get(key, "") == label for key, label in wanted.items())
