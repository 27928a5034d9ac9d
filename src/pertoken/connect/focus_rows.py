"""A cost ledger as the facts of FOCUS rows: one for each charge, period and combination of keys.

Usage that a pool covers stands apart from the rest, as the standard asks: its list and contracted cost are the covered
share of the charge, its effective cost what was drawn, its billed cost nothing.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from pertoken.catalog.prices import SAME_AS_STANDARD
from pertoken.connect.focus_lines import Line, gathered
from pertoken.connect.focus_pools import Piece, Pools
from pertoken.connect.focus_split import used
from pertoken.connect.focus_words import bounds, local, own_name, pascal, sku_meter, unit_of
from pertoken.core import period
from pertoken.core.errors import CardError, InputError
from pertoken.core.exact import CONTEXT
from pertoken.core.lines import Ledger
from pertoken.rating.card import Card
from pertoken.rating.rate import AMOUNTS

Facts = dict[str, Any]
"""What one row says, under the names that the table of columns asks for."""

PLACED = {
    "provider": "provider",
    "publisher": "publisher",
    "region": "region",
    "availability_zone": "zone",
    "sub_account": "sub_account",
    "billing_account": "account",
}
"""Keys that have a column of their own in the standard, and the fact that they are."""

PRICE_KEYS = ("batch", "service_tier", "price_from")
"""Keys that tell prices of one SKU apart, besides lengths of request (`..._above`)."""

NONE = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Who stands on the rows, where the lines don't say.

    Args:
        provider: Who provides the service; the card's name if empty.
        publisher: Who made the service; the provider if empty.
        issuer: Who writes the invoice; the provider if empty.
        service: Name of the service; the provider's name if empty.
        account: Billing account that the provider knows us by.
        account_name: Its display name; the account if empty.
    """

    provider: str = ""
    publisher: str = ""
    issuer: str = ""
    service: str = ""
    account: str = "main"
    account_name: str = ""


def rows(ledger: Ledger, cards: Sequence[Card], parties: Parties, *, timezone: str = "UTC") -> list[Facts]:
    """Say a cost ledger as rows of facts whose four costs sum to those of the ledger.

    Args:
        ledger: What rating gave, or the same with shares given out (`Books.ledgers`).
        cards: The cards behind it: currency, pools.
        parties: Who stands on the rows.
        timezone: Zone in which the ledger's periods are reckoned.

    Returns:
        One row for each charge, period and combination of the keys kept; rows without money or quantity are left out.

    Raises:
        InputError: Lines without a period, or a ledger that is not of one certain world.
        CardError: Cards of several currencies, or none.
    """
    pools = Pools.of(cards)
    lines = gathered(ledger, pools)
    made = [*used(lines, pools), *_paid(lines)]
    said = _Said(_currency(cards), parties, pools, timezone)
    return [said.row(piece) for piece in made if piece.holds]


def _currency(cards: Sequence[Card]) -> str:
    found = sorted({card.currency for card in cards})
    if len(found) != 1:
        msg = f"a FOCUS file needs cards of one currency; found {', '.join(found) or 'no card'}"
        raise CardError(msg)
    return found[0]


def _paid(lines: Iterable[Line]) -> Iterator[Piece]:
    """What was paid for pools, paid back, and lost unused."""
    words = {"purchase": "Purchase", "refund": "Refund", "unused": "Unused"}
    for line in lines:
        for (stage, pool), (amount, quantity) in line.pools.items():
            if stage in words:
                piece = Piece(line.keys, words[stage], pool=pool, quantity=quantity, drawn=quantity, stages=(stage,))
                yield replace(piece, effective=amount) if stage == "unused" else replace(piece, billed=amount)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the pieces of one file have in common."""

    currency: str
    parties: Parties
    pools: Pools
    timezone: str

    def row(self, piece: Piece) -> Facts:
        """Say a piece in the words of the standard."""
        kind = KINDS[piece.status]
        priced = kind["category"] in ("Usage", "Purchase") and piece.status != "Refund"
        out: Facts = {
            "category": kind["category"],
            "frequency": kind["frequency"],
            "pricing_category": kind["pricing"],
            "charge_class": "Correction" if piece.status == "Refund" else None,
            "currency": self.currency,
            **{kind: getattr(piece, kind) for kind in AMOUNTS},
            **self._times(piece),
            **self._parties(piece),
            **(self._priced(piece) if priced else {}),
            **self._pool(piece),
        }
        out["description"] = _description(piece)
        out["own"] = _own(piece)
        return out

    def _times(self, piece: Piece) -> Facts:
        label = piece.period
        if not label:
            about = piece.keys.get("charge") or "a charge"
            msg = (
                f"{about} has no period, and a FOCUS row needs one; report by a period (`--by month`), "
                "or say the period of a log without times (`--period 2026-01`)"
            )
            raise InputError(msg)
        start, end = bounds(label, self.timezone)
        if piece.status == "Purchase":
            end = max(end, self._paid_for(piece, label))
        month = bounds(period.roll_up(_day(label), "month"), self.timezone)
        return {"start": start, "end": end, "billing_start": month[0], "billing_end": month[1]}

    def _paid_for(self, piece: Piece, label: str) -> datetime:
        """Find the end of what a payment is for: its term, or the period until the next."""
        card, day = piece.keys.get("card", ""), _day(label)
        last = self.pools.last_day(card, piece.pool, local(label)[0].date())
        grain = self.pools.paid_by(card, piece.pool)
        if last or grain in ("", "hour"):
            return bounds(last.isoformat() if last else label, self.timezone)[1]
        return bounds(period.roll_up(day, grain), self.timezone)[1]

    def _parties(self, piece: Piece) -> Facts:
        who, keys = self.parties, piece.keys
        said = {fact: keys.get(name) or None for name, fact in PLACED.items()}
        provider = said["provider"] or who.provider or keys.get("card") or "provider"
        account = said["account"] or who.account
        return {
            **said,
            "provider": provider,
            "publisher": said["publisher"] or who.publisher or provider,
            "issuer": who.issuer or provider,
            "account": account,
            "account_name": who.account_name or account,
            "account_type": "Billing Account",
            "sub_account_type": "Sub Account" if said["sub_account"] else None,
            "service": who.service or provider,
            "service_category": "AI and Machine Learning",
            "service_subcategory": "Generative AI",
        }

    def _priced(self, piece: Piece) -> Facts:
        unit = self._unit(piece)
        quantity = piece.quantity
        if quantity == 0 and (piece.list or piece.contracted or piece.status in ("Fee", "Purchase")):
            quantity, unit = Decimal(1), "Units"
        sku = sku_of(piece)
        metered = piece.status in ("Usage", "Used")
        return {
            "quantity": quantity,
            "unit": unit,
            "list_price": price(piece.list, quantity),
            "contracted_price": price(piece.contracted, quantity),
            "consumed": piece.quantity if metered else None,
            "consumed_unit": self._unit(piece) if metered else None,
            "sku": sku,
            "sku_price": "?".join([sku, *_price_keys(piece)]),
            "sku_meter": sku_meter(piece.keys.get("meter", "")) or sku,
            "sku_details": _details(piece),
        }

    def _unit(self, piece: Piece) -> str:
        name = piece.keys.get("meter", "")
        if name:
            return unit_of(name)
        return self.pools.unit(piece.keys.get("card", ""), piece.pool, self.currency) if piece.pool else "Units"

    def _pool(self, piece: Piece) -> Facts:
        if not piece.pool:
            return {}
        card = piece.keys.get("card", "")
        found = self.pools.facts(card, piece.pool, piece.keys, self.currency)
        used = piece.status in ("Used", "Unused")
        paid = piece.status in ("Purchase", "Refund", "Unused")
        once = piece.status == "Purchase" and not self.pools.recurs(card, piece.pool)
        return {
            **found,
            **({"frequency": "One-Time"} if once else {}),
            "pool_status": piece.status if used else None,
            "pool_quantity": piece.drawn or (piece.quantity if piece.status == "Used" else NONE),
            **({"pool_quantity": None, "pool_unit": None} if piece.status == "Refund" else {}),
            "resource": found["pool_id"] if paid else None,
            "resource_name": piece.pool if paid else None,
            "resource_type": "Commitment" if paid else None,
        }


KINDS: Mapping[str, Mapping[str, str | None]] = {
    "Usage": {"category": "Usage", "frequency": "Usage-Based", "pricing": "Standard"},
    "Used": {"category": "Usage", "frequency": "Usage-Based", "pricing": "Committed"},
    "Unused": {"category": "Usage", "frequency": "Usage-Based", "pricing": "Committed"},
    "Fee": {"category": "Purchase", "frequency": "Recurring", "pricing": "Standard"},
    "Purchase": {"category": "Purchase", "frequency": "Recurring", "pricing": "Standard"},
    "Refund": {"category": "Purchase", "frequency": "One-Time", "pricing": None},
    "Credit": {"category": "Credit", "frequency": "Usage-Based", "pricing": None},
    "Adjustment": {"category": "Adjustment", "frequency": "Usage-Based", "pricing": None},
}
"""What each kind of piece is in the standard's words."""


def price(cost: Decimal, quantity: Decimal) -> Decimal:
    """Money for one unit, to fifty digits; 0 for what has no quantity."""
    return CONTEXT.divide(cost, quantity) if quantity else NONE


def _day(label: str) -> str:
    """The first day of a period."""
    return local(label)[0].strftime("%Y-%m-%d")


def _description(piece: Piece) -> str:
    words = [piece.keys.get("model", ""), sku_meter(piece.keys.get("meter", "")) or piece.keys.get("charge", "")]
    about = " ".join(word for word in words if word) or piece.keys.get("card", "") or "Charge"
    said = {
        "Used": f"{about}, covered by {piece.pool}",
        "Unused": f"{piece.pool}, unused",
        "Purchase": f"{piece.pool}, purchase",
        "Refund": f"{piece.pool}, refund of unused",
        "Credit": _joined(about, piece.stages),
        "Adjustment": _joined(about, piece.stages),
    }
    return said.get(piece.status, about)


def _joined(about: str, stages: Sequence[str]) -> str:
    words = " and ".join(stages)
    return words.capitalize() if about == words else f"{about}, {words}"


def sku_of(piece: Piece) -> str:
    """Name what is sold: the model or charge, and the meter."""
    if piece.status in ("Purchase", "Unused"):
        return piece.pool
    parts = [piece.keys.get("model") or piece.keys.get("charge", ""), piece.keys.get("meter", "")]
    return "/".join(part for part in parts if part) or piece.pool


def _price_keys(piece: Piece) -> list[str]:
    found = [f"{name}={label}" for name, label in _price_labels(piece).items()]
    return ["&".join(found)] if found else []


def _price_labels(piece: Piece) -> dict[str, str]:
    """What tells the price apart from others of its SKU."""
    said = {name: label for name, label in piece.keys.items() if name in PRICE_KEYS or name.endswith("_above")}
    return {name: label for name, label in said.items() if label not in ("false", "0", *SAME_AS_STANDARD)}


def _details(piece: Piece) -> str | None:
    """Properties of the price, as the JSON object that the standard asks for."""
    found = {f"x_{pascal(name)}": label for name, label in _price_labels(piece).items()}
    return json.dumps(found, ensure_ascii=False) if found else None


def _own(piece: Piece) -> dict[str, str]:
    """Our own columns: how the row was made, and the keys that have no column in the standard."""
    own = {"x_Stages": "+".join(piece.stages)}
    for name, label in piece.keys.items():
        if name not in PLACED and name not in period.GRAINS:
            own[own_name(name)] = label
    return own
