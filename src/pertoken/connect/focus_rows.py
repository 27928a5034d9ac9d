"""A cost ledger as the facts of FOCUS rows: one for each charge, period and combination of keys.

Usage that a pool covers stands apart from the rest, as the standard asks: its list and contracted cost are the covered
share of the charge, its effective cost what was drawn, its billed cost nothing.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from pertoken.catalog.prices import SAME_AS_STANDARD
from pertoken.connect.focus_pools import Piece, Pools, drawn_by_piece, pool_of
from pertoken.connect.focus_words import bounds, local, own_name, pascal, sku_meter, unit_of
from pertoken.core import period
from pertoken.core.errors import CardError, InputError
from pertoken.core.exact import CONTEXT
from pertoken.core.lines import Ledger, Lines
from pertoken.core.money import to_exact
from pertoken.rating.card import Card
from pertoken.rating.rate import AMOUNTS, STAGES

Facts = dict[str, Any]
"""What one row says, under the names that the table of columns asks for."""

DROPPED = frozenset({"account", "stage", "term", "origin"})
"""Keys of a ledger that say how a line was made, and don't tell rows apart."""

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


@dataclass(frozen=True, slots=True)
class Line:
    """What a row is made of: the keys it stands for and the money of each stage.

    Args:
        keys: Name to label.
        money: Stage to amount. [currency]
        count: Stage to quantity. [unit of the meter]
        pools: Stage and pool to amount and quantity, for the stages that name a pool.
    """

    keys: Mapping[str, str]
    money: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    count: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    pools: dict[tuple[str, str], tuple[Decimal, Decimal]] = field(default_factory=dict)

    def amount(self, kind: str) -> Decimal:
        """Sum the stages of one of the four amounts."""
        return sum((x for stage, x in self.money.items() if kind in STAGES[stage]), NONE)


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
    lines = list(_gathered(ledger))
    made = [*_used(lines, pools), *_paid(lines)]
    said = _Said(_currency(cards), parties, pools, timezone)
    return [said.row(piece) for piece in made if piece.holds]


def _currency(cards: Sequence[Card]) -> str:
    found = sorted({card.currency for card in cards})
    if len(found) != 1:
        msg = f"a FOCUS file needs cards of one currency; found {', '.join(found) or 'no card'}"
        raise CardError(msg)
    return found[0]


def _gathered(ledger: Ledger) -> Iterator[Line]:
    """Bring the lines that agree on all keys of a row together."""
    if any(value.ndim > 1 for value in ledger.values.values()):
        msg = "a FOCUS file says what was; this ledger has draws; rate one certain world"
        raise InputError(msg)
    names = [name for name in ledger.keys if name not in DROPPED]
    by = [*names, *(name for name in ("stage", "term") if name in ledger.keys)]
    exact = Lines(ledger.keys, {name: to_exact(value) for name, value in ledger.values.items()})
    found: dict[tuple[str, ...], Line] = {}
    for record in exact.fold(by).records():
        labels = tuple(record[name] for name in names)
        line = found.setdefault(labels, Line(dict(zip(names, labels, strict=True))))
        stage, pool = record["stage"], pool_of(record.get("term", ""), record.get("charge", ""))
        line.money[stage] += record["amount"]
        line.count[stage] += record["quantity"]
        before = line.pools.get((stage, pool), (NONE, NONE))
        line.pools[stage, pool] = (before[0] + record["amount"], before[1] + record["quantity"])
    yield from found.values()


CHARGED = ("list", "discount", "minimum", "maximum", "rounding")
"""Stages of a charge itself, before a pool covers any of it."""


def _used(lines: Iterable[Line], pools: Pools) -> list[Piece]:
    """Charges, split into what each pool covers and the rest, and what was drawn given to what was covered."""
    pieces: list[Piece] = []
    drawn: list[Piece] = []
    for line in lines:
        if any(stage in line.money for stage in (*CHARGED, "covered")):
            pieces += _split(line, pools)
        drawn += [
            Piece(line.keys, "Used", pool=pool, quantity=quantity, effective=amount, drawn=quantity)
            for (stage, pool), (amount, quantity) in line.pools.items()
            if stage == "drawn"
        ]
    return drawn_by_piece(pieces, drawn)


def _split(line: Line, pools: Pools) -> Iterator[Piece]:
    list_, contracted = line.amount("list"), line.amount("contracted")
    quantity = line.count["list"]
    rest = Piece(
        line.keys, _status(line), quantity=quantity, list=list_, contracted=contracted,
        effective=contracted, billed=contracted, stages=tuple(stage for stage in CHARGED if stage in line.money),
    )  # fmt: skip
    covered = {pool: got for (stage, pool), got in line.pools.items() if stage == "covered"}
    for pool, (amount, units) in covered.items():
        whole = NONE < -amount <= rest.contracted and pools.known(line.keys.get("card", ""), pool)
        if not whole:
            rest = replace(rest.less(effective=-amount, billed=-amount), stages=(*rest.stages, "covered"))
            continue
        piece = rest.share(-amount, -units, pool)
        rest = rest.less(piece.list, piece.contracted, piece.contracted, piece.contracted, piece.quantity)
        yield piece
    yield rest


def _status(line: Line) -> str:
    """Name what a row is: usage, a fee, or something that stands beside the charges."""
    if "list" in line.money and (line.money["list"] or line.count["list"]):
        return "Usage" if line.keys.get("meter") else "Fee"
    given = {"discount", "covered"} & set(line.money) and "rounding" not in line.money
    if given and line.amount("billed") < 0:
        return "Credit"
    return "Adjustment"


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
            last = self.pools.last_day(piece.keys.get("card", ""), piece.pool, local(label)[0].date())
            end = bounds(last.isoformat(), self.timezone)[1] if last else end
        month = bounds(period.roll_up(_day(label), "month"), self.timezone)
        return {"start": start, "end": end, "billing_start": month[0], "billing_end": month[1]}

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
