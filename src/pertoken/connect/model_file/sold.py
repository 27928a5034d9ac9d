"""Plans: what we charge, written in the model or in files of cards."""

from dataclasses import replace
from typing import Any

from pertoken.connect.model_file.card_files import document_at, document_of, file_of
from pertoken.connect.model_file.card_numbers import Source, cards
from pertoken.connect.model_file.reading import NAME, Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.rating.card import Card


def plans(reading: Reading, data: Placed) -> dict[str, Card]:
    """Read the plans of a model: cards of party `customer`, each for `plan == "NAME"`."""
    said, path = data.get("plans"), (*data.path, "plans")
    whole = file_of(said) if not isinstance(said, Placed) or set(said) == {"file"} else None
    if whole is not None:
        return _whole(reading, whole, path)
    found = reading.named(data, "plans").items()
    made = {name: _plan(reading, name, part, (*path, name)) for name, part in found}
    return {name: card for name, card in made.items() if card is not None}


def _whole(reading: Reading, file: str, path: Path) -> dict[str, Card]:
    """Take all plans of a file."""
    document = document_at(reading, file, path)
    made = cards(reading, Source(document, lambda card: f"plans.{card.name}", path)) if document is not None else []
    for card in made:
        if not NAME.fullmatch(card.name):
            reading.refuse(path, f"{file} has a plan {card.name!r}", "a letter, then letters, digits, _ and -")
    return {card.name: _own(reading, card, card.name, path) for card in made}


def _plan(reading: Reading, name: str, part: Any, path: Path) -> Card | None:  # noqa: ANN401  unchecked input
    file = file_of(part)
    if file is not None:
        document = document_at(reading, file, path, name)
    elif isinstance(part, Placed):
        body = {"currency": reading.currency, **part, "plan": name}
        document = document_of(reading, body, path)
    else:
        reading.refuse(path, f"plan {name} is {part!r}", "what it charges, under `prices`, or the file of its card")
        return None
    made = cards(reading, Source(document, lambda _: f"plans.{name}", path, name)) if document is not None else []
    return _own(reading, made[0], name, path) if made else None


def _own(reading: Reading, card: Card, name: str, path: Path) -> Card:
    """Keep a card for the contracts on its plan."""
    if card.party != "customer":
        reading.refuse(path, f"plan {name} is a card of party {card.party}", "plan: for what we sell")
    if card.currency != reading.currency:
        found = f"plan {name} is in {card.currency}"
        reading.refuse(path, found, reading.currency, "bring it to the model's currency")
    here = f'plan == "{name}"'
    return replace(card, where=f"({card.where}) and {here}" if card.where else here)
