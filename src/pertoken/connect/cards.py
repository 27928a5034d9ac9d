"""Cards come in by this door: YAML or a dictionary, checked, with file and line for all that is wrong."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pertoken.connect import card_words as words
from pertoken.connect.card_faults import told
from pertoken.connect.card_phases import flattened
from pertoken.connect.placed import Door, Placed, placed
from pertoken.connect.text_file import text_of
from pertoken.connect.yaml_file import Document, read
from pertoken.core.errors import CardError, Fault, nearest
from pertoken.rating.card import Card
from pertoken.rating.check import faults


def read_cards(path: str | Path) -> list[Card]:
    """Read the cards of a file: one at the top, or several under `plans`. `file.yaml#name` picks one.

    Raises:
        CardError: What is wrong, with file and line.
    """
    name, _, chosen = str(path).partition("#")
    cards = cards_of(read(text_of(name, "card", "a YAML file, or `catalog` for list prices"), name))
    if chosen:
        cards = [card for card in cards if card.name == chosen] or _no_such(chosen, cards, name)
    return cards


def _no_such(chosen: str, cards: list[Card], name: str) -> list[Card]:
    msg = f"{name} has no plan {chosen!r}; {nearest(chosen, [card.name for card in cards])}"
    raise CardError(msg)


def card_from(data: Mapping[str, Any], *, source: str = "") -> Card:
    """Make a card from a dictionary of the same shape as the YAML file.

    Money should be given as strings or `Decimal`; floats are taken by their shortest decimal form.

    Raises:
        CardError: What is wrong with it.

    >>> card_from({"plan": "metered", "prices": {"tokens": {
    ...     "measure": {"sum": "total_tokens"}, "convert": {"per": 1000}, "curve": [{"rate": "0.002"}]}}}).scope
    ('customer',)
    """
    cards = cards_of(Document(exact(data), {}, source))
    if len(cards) != 1:
        msg = f"expected one card, found {len(cards)}"
        raise CardError(msg)
    return cards[0]


def exact(value: Any) -> Any:  # noqa: ANN401  any plain value
    """Take floats by their shortest decimal form, at any depth."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {key: exact(item) for key, item in value.items()}
    return [exact(item) for item in value] if isinstance(value, (list, tuple)) else value


def cards_of(document: Document) -> list[Card]:
    """Make the cards of a document.

    Raises:
        CardError: What is wrong with all of them, with file and line.
    """
    wrong: list[Fault] = []
    cards = []
    for data in _bodies(placed(document.data, document), document):
        made, found = _card(data, Door(document))
        wrong += found
        cards += [made] * (made is not None)
    if wrong:
        raise CardError.of(dict.fromkeys(wrong))
    return [card for card in cards if card is not None]


def _bodies(data: Any, document: Document) -> Iterable[Placed]:  # noqa: ANN401  unchecked input
    """Take a document apart: one card, or several plans, each with what stands beside `plans`."""
    if not isinstance(data, Placed):
        raise CardError.of([Fault(document.place(()), "not a card", "`plan: name` or `card: name` at the top")])
    if "plans" not in data:
        return [data]
    plans = data["plans"]
    if not isinstance(plans, Placed) or not plans:
        raise CardError.of([Fault(document.place(("plans",)), "plans is not a map of names to plans")])
    shared = {key: value for key, value in data.items() if key != "plans"}
    return [_plan(name, plan, shared, document) for name, plan in plans.items()]


def _plan(name: str, plan: Any, shared: Mapping[str, Any], document: Document) -> Placed:  # noqa: ANN401  unchecked input
    path = ("plans", name)
    if not isinstance(plan, Placed | None):
        raise CardError.of([Fault(document.place(path), f"plan {name} is {plan!r}", "what it charges, under `prices`")])
    return Placed({**shared, "plan": name, **(plan or {})}, path, document.line(path) if document.lines else 0)


KNOWN = {
    "plan", "card", "party", "currency", "scope", "where", "during", "prices", "rates", "bands", "series", "adjust",
    "clamp", "pools", "phases", "order", "rounding",
}  # fmt: skip
"""Words at the top of a card."""


def _card(data: Placed, door: Door) -> tuple[Card | None, list[Fault]]:
    """Make a card, or list what is wrong with it."""
    door.only(data, [*KNOWN, "plans"])
    head, rest = words.head(data, door), words.rest(data, door)
    base = words.parts(data, door)
    whole = rest["during"] if isinstance(rest["during"], Placed) else {}
    said = {**head, **rest, **flattened(base, data, whole, door)}
    if door.wrong:
        return None, door.wrong
    try:
        card = _adapter().validate_python(said)
    except ValidationError as error:
        return None, list(told(error, Placed(said, data.path, data.line), door.document))
    wrong = faults(card)
    return (None if wrong else card), wrong


@cache
def _adapter() -> TypeAdapter[Card]:
    return TypeAdapter(Card)
