"""Cards come in by this door: YAML or a dictionary, checked, with file and line for all that is wrong."""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pertoken.catalog.prices import SAME_AS_STANDARD, STANDARD, Rate
from pertoken.connect.yaml_file import Document, read
from pertoken.core import meters, money
from pertoken.core.errors import CardError, Fault, InputError, nearest
from pertoken.rating import card as records
from pertoken.rating.card import Card
from pertoken.rating.check import faults

_RATE_WORDS = ("model", "provider", "batch", "service_tier", "above", "from", "source", "per", "note")


def read_cards(path: str | Path) -> list[Card]:
    """Read the cards of a file: one at the top, or several under `plans`. `file.yaml#name` picks one.

    Raises:
        CardError: What is wrong, with file and line.
    """
    name, _, chosen = str(path).partition("#")
    try:
        text = Path(name).read_text(encoding="utf-8")
    except OSError as error:
        msg = f"can't read the card {name}: {error.strerror}; a card is a YAML file, or `catalog` for list prices"
        raise InputError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"the card {name} is not text in UTF-8"
        raise InputError(msg) from error
    cards = cards_of(read(text, name))
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
    cards = cards_of(Document(_exact(data), {}, source))
    if len(cards) != 1:
        msg = f"expected one card, found {len(cards)}"
        raise CardError(msg)
    return cards[0]


def _exact(value: Any) -> Any:  # noqa: ANN401  any plain value
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, Mapping):
        return {key: _exact(item) for key, item in value.items()}
    return [_exact(item) for item in value] if isinstance(value, (list, tuple)) else value


def cards_of(document: Document) -> list[Card]:
    """Make the cards of a document.

    Raises:
        CardError: What is wrong, with file and line.
    """
    data = document.data
    if not isinstance(data, dict):
        raise CardError.of([Fault(document.place(()), "not a card", "`plan: name` or `card: name` at the top")])
    if "plans" not in data:
        return [_card(data, document, ())]
    plans = data["plans"]
    if not isinstance(plans, dict) or not plans:
        raise CardError.of([Fault(document.place(("plans",)), "plans is not a map of names to plans")])
    shared = {key: value for key, value in data.items() if key != "plans"}
    return [_plan(name, plan, shared, document) for name, plan in plans.items()]


def _plan(name: str, plan: Any, shared: Mapping[str, Any], document: Document) -> Card:  # noqa: ANN401  unchecked input
    path = ("plans", name)
    if not isinstance(plan, dict | None):
        raise CardError.of([Fault(document.place(path), f"plan {name} is {plan!r}", "what it charges, under `prices`")])
    taken_over = {(*path, *place): line for place, line in document.lines.items() if place and place[0] in shared}
    lines = {**taken_over, **document.lines}
    return _card({**shared, "plan": name, **(plan or {})}, Document(document.data, lines, document.source), path)


def _card(data: dict[str, Any], document: Document, path: tuple[str | int, ...]) -> Card:
    try:
        card = _adapter().validate_python(_normal(data, document, path))
    except ValidationError as error:
        raise CardError.of(_fault(each, document, path) for each in error.errors()) from error
    wrong = faults(card)
    if wrong:
        raise CardError.of(wrong)
    return card


@cache
def _adapter() -> TypeAdapter[Card]:
    return TypeAdapter(Card)


def _normal(data: dict[str, Any], document: Document, path: tuple[str | int, ...]) -> dict[str, Any]:
    """Write out what the short forms of a card mean."""
    out = dict(data)
    names = [key for key in ("plan", "card") if out.get(key) is not None]
    if len(names) != 1:
        found = "two names, plan and card" if names else "no name"
        mend = "`plan: name` for what we sell or `card: name` for what we pay"
        raise CardError.of([Fault(document.place(path), found, mend)])
    out["name"] = str(out.pop(names[0]))
    out.setdefault("party", "customer" if names[0] == "plan" else "vendor")
    out.setdefault("scope", ["customer"] if out["party"] == "customer" else [])
    out["currency"] = str(out.get("currency", "USD")).upper()
    out.setdefault("rounding", money.places(out["currency"]) if out["party"] == "customer" else None)
    out["source"] = document.source
    if isinstance(out.get("prices"), dict):
        out["prices"] = {n: _charge(c, document, (*path, "prices", n)) for n, c in out["prices"].items()}
    if isinstance(out.get("adjust"), list):
        out["adjust"] = [_lined(a, document, (*path, "adjust", i)) for i, a in enumerate(out["adjust"])]
    if isinstance(out.get("clamp"), dict):
        out["clamps"] = [_lined(out.pop("clamp"), document, (*path, "clamp"))]
    if isinstance(out.get("rates"), list):
        rows = enumerate(out["rates"])
        out["rates"] = tuple(rate for i, row in rows for rate in _rates(row, document, (*path, "rates", i)))
    return out


def _lined(value: Any, document: Document, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401  unchecked input
    return {**value, "line": document.line(path)} if isinstance(value, dict) and document.lines else value


def _charge(value: Any, document: Document, path: tuple[str | int, ...]) -> Any:  # noqa: ANN401  unchecked input
    if not isinstance(value, dict):
        return value
    out = dict(_lined(value, document, path))
    curve = out.get("curve")
    if isinstance(curve, list):
        out["curve"] = {"tiers": [_lined(t, document, (*path, "curve", i)) for i, t in enumerate(curve)]}
    elif isinstance(curve, dict) and isinstance(curve.get("tiers"), list):
        tiers = [_lined(t, document, (*path, "curve", "tiers", i)) for i, t in enumerate(curve["tiers"])]
        out["curve"] = {**curve, "tiers": tiers}
    return out


def _rates(row: Any, document: Document, path: tuple[str | int, ...]) -> list[Rate]:  # noqa: ANN401  unchecked input
    where = document.place(path)
    if not isinstance(row, dict) or row.get("model") is None:
        raise CardError.of(
            [Fault(where, "a rate without a model", "{model: ..., input_tokens: 2.50, output_tokens: 10}")]
        )
    prices = {key: value for key, value in row.items() if key not in _RATE_WORDS}
    if not prices:
        raise CardError.of(
            [Fault(where, f"no price for {row['model']}", "a meter with its price, as input_tokens: 2.50")]
        )
    try:
        return [_rate(row, m, price, document.line((*path, m)) if document.lines else 0) for m, price in prices.items()]
    except (InputError, ArithmeticError, ValueError, TypeError) as error:
        raise CardError.of([Fault(where, str(error) or "a price that is no number")]) from error


def _rate(row: Mapping[str, Any], meter: str, price: Any, line: int) -> Rate:  # noqa: ANN401  unchecked input
    if meter not in meters.METERS and nearest(meter, _RATE_WORDS).startswith("did you mean"):
        msg = f"unknown word {meter!r} in a rate; {nearest(meter, _RATE_WORDS)}"
        raise InputError(msg)
    meters.meter(meter)
    start = row.get("from")
    tier = str(row.get("service_tier") or STANDARD)
    return Rate(
        model=str(row["model"]),
        meter=meter,
        price=_money(price, meter),
        per=_money(row.get("per", 1), "per"),
        provider=str(row.get("provider") or ""),
        batch=_truth(row.get("batch", False), "batch"),
        service_tier=STANDARD if tier in SAME_AS_STANDARD else tier,
        above=int(row.get("above", 0)),
        start=date.fromisoformat(str(start)) if start else None,
        source=str(row.get("source") or ""),
        note=str(row.get("note") or ""),
        line=line,
    )


def _money(value: Any, what: str) -> Decimal:  # noqa: ANN401  unchecked input
    if isinstance(value, bool) or not re.fullmatch(r"\s*[-+]?[\d_.]+([eE][-+]?\d+)?\s*", str(value)):
        msg = f"{what} is {value!r}; expected a number"
        raise InputError(msg)
    return Decimal(str(value).strip().replace("_", ""))


def _truth(value: Any, what: str) -> bool:  # noqa: ANN401  unchecked input
    if not isinstance(value, bool):
        msg = f"{what} is {value!r}; expected true or false"
        raise InputError(msg)
    return value


def _fault(error: Any, document: Document, path: tuple[str | int, ...]) -> Fault:  # noqa: ANN401  pydantic's record
    inside = tuple(part for part in error["loc"] if part != "tiers" or (*path, *error["loc"]) in document.lines)
    where = document.place((*path, *inside))
    name = ".".join(map(str, inside))
    if error["type"] == "unexpected_keyword_argument":
        return Fault(
            where, f"unknown word {inside[-1]!r}", "", nearest(str(inside[-1]), _words_near(error["loc"][:-1]))
        )
    if error["type"] in ("missing", "missing_keyword_only_argument", "missing_argument"):
        return Fault(where, f"{name} is missing")
    return Fault(where, f"{name} is {error['input']!r}", error["msg"].removeprefix("Input should be "))


_AT = {"prices": "Charge", "measure": "Measure", "convert": "Convert", "curve": "Curve", "tiers": "Tier"}
_AT |= {"adjust": "Adjust", "clamp": "Clamp", "bands": "Band"}


def _words_near(loc: tuple[str | int, ...]) -> list[str]:
    """The words that are known where a wrong one stands."""
    kind: Any = Card
    for part in loc:
        kind = getattr(records, _AT[part]) if part in _AT else kind
    hidden = {"line", "source", "name"}
    words = [f.name for f in fields(kind) if f.name not in hidden] if is_dataclass(kind) else []
    return words if kind is not Card else [*words, "plan", "card", "plans"]
