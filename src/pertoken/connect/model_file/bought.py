"""Vendors: what we pay, from list prices, a short table, a card in the model, or files of cards."""

from collections.abc import Mapping
from typing import Any

from pertoken.connect.model_file.card_files import document_at, document_of
from pertoken.connect.model_file.card_numbers import Source, cards
from pertoken.connect.model_file.listed import Asked, list_prices
from pertoken.connect.model_file.nouns import noun
from pertoken.connect.model_file.place import formula
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.model_file.rented import rented
from pertoken.connect.model_file.workloads import leaf
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Document, Path
from pertoken.rating.card import Card
from pertoken.scenario.spec import Vendor

OWN = ("catalog", "gpus", "file", "change")
"""Words of a vendor that no card has."""


def vendors(reading: Reading, data: Placed, asked: Asked) -> dict[str, Vendor]:
    """Read the vendors of a model."""
    path = (*data.path, "vendors")
    found = reading.named(data, "vendors").items()
    return {name: _vendor(reading, name, part, (*path, name), asked) for name, part in found}


def _vendor(reading: Reading, name: str, said: Any, path: Path, asked: Asked) -> Vendor:  # noqa: ANN401  unchecked input
    part = Placed({"file": said}, path, 0) if isinstance(said, str) else said
    if not isinstance(part, Placed):
        expected = "{catalog: true}, {rates: {MODEL: {input: 2.50}}}, or the file of a card"
        reading.refuse(path, f"vendor {name} is {said!r}", expected)
        return Vendor(name=name, cards=())
    change = part.get("change")
    return Vendor(
        name=name,
        cards=_cards(reading, name, part, path, asked),
        change=""
        if change is None
        else formula(reading, change, (*path, "change"), f"vendors.{name}.change.factor", "1"),
        line=reading.line(path),
    )


def _cards(reading: Reading, name: str, part: Placed, path: Path, asked: Asked) -> tuple[Card, ...]:
    rest = {word: each for word, each in part.items() if word not in OWN}
    listed, filed = part.get("catalog") is not None, part.get("file") is not None
    hired = part.get("gpus") is not None
    if (filed and (listed or hired or rest)) or not (filed or listed or hired or rest):
        found = f"vendor {name} says " + ("a file and more" if filed else "no price")
        reading.refuse(path, found, "a file, or a catalog, a card with rates or prices, or both")
        return ()
    own = _written(reading, name, part, rest, path) if filed or rest else ()
    own = rented(reading, part, own or (_empty(reading, name),)) if hired else own
    return list_prices(reading, part, asked, own or (_empty(reading, name),)) if listed else own


def _empty(reading: Reading, name: str) -> Card:
    return Card(name=name, party="vendor", rounding=None, currency=reading.currency)


def _written(reading: Reading, name: str, part: Placed, rest: Mapping[str, Any], path: Path) -> tuple[Card, ...]:
    """Read cards that stand in the model or in a file."""
    if "file" in part:
        document = document_at(reading, str(part["file"]), (*path, "file"))
    else:
        body = {"currency": reading.currency, **rest}
        body = body if "card" in body else {**body, "card": name}
        document = _tabled(reading, document_of(reading, body, path), path)
    prefix = f"vendors.{name}"
    found = cards(reading, Source(document, lambda _: prefix, path)) if document is not None else []
    return tuple(_own(reading, card, name, path) for card in found)


def _own(reading: Reading, card: Card, name: str, path: Path) -> Card:
    if card.party != "vendor":
        reading.refuse(path, f"vendor {name} has a card of party {card.party}", "card: for what we pay")
    if card.currency != reading.currency:
        found = f"vendor {name} is in {card.currency}"
        reading.refuse(path, found, reading.currency, "bring it to the model's currency")
    return card


def _tabled(reading: Reading, document: Document, path: Path) -> Document:
    """Write a short table of prices, model to meter to price, as rows of a card, for a million tokens each."""
    table = document.data.get("rates")
    if not isinstance(table, Placed):
        return document
    rows: list[dict[str, Any]] = []
    lines = dict(document.lines)
    for model, prices in table.items():
        if not isinstance(prices, Placed):
            found = f"prices of {model} are {prices!r}"
            reading.refuse((*path, "rates", model), found, "{input: 2.50, output: 10}")
            continue
        for short, price in prices.items():
            row, here, meter = ("rates", len(rows)), ("rates", model, short), leaf(short)
            lines |= {row: document.line(here), (*row, meter): document.line(here)} if document.lines else {}
            rows.append({"model": model, meter: price, "per": 1_000_000 if noun(meter) == "token" else 1})
    return Document({**document.data, "rates": rows}, lines, document.source)
