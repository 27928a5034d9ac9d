"""Checks of a FOCUS file that the public validator leaves out: words, products, periods, commitments and their sums."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pertoken.connect.focus_cells import Cells, read_cells
from pertoken.connect.focus_columns import BY_NAME, CATEGORIES, COSTS, MUST
from pertoken.core.errors import Fault

Row = Mapping[str, Any]
Finding = tuple[str, str]
"""What was found, and what was expected."""

NEAR = Decimal("1e-9")
"""How far a product or a sum may be off, as a share of what it should be."""

PRODUCTS = (
    ("ListUnitPrice", "PricingQuantity", "ListCost"),
    ("ContractedUnitPrice", "PricingQuantity", "ContractedCost"),
)

CURRENCIES = frozenset(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA
    MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD
    RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX
    USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG
    """.split()  # noqa: SIM905  a list of 150 would be a page of its own
)
"""Codes of ISO 4217 in use."""

KEPT = frozenset({"negative", "effective 0"})
"""Remarks of the reader that are no breach of the standard's form."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found.

    Args:
        faults: One for each breach, with the row counted from 1; a breach of form once for its column.
        notes: What may be a breach, and can't be told from this file alone.
    """

    faults: tuple[Fault, ...]
    notes: tuple[Fault, ...]


def check(path: str | Path) -> Checked:
    """Hold a FOCUS file against the standard's rules, beyond what the public validator looks at.

    Args:
        path: The file, CSV or Parquet.

    Returns:
        Faults and notes.

    Raises:
        InputError: No FOCUS file, or cells that can't be read at all.

    Source:
        FOCUS specification 1.2.
    """
    cells = read_cells(path)
    faults = [*_forms(cells), *_columns(cells)]
    rows = [dict(zip(cells.columns, row, strict=True)) for row in zip(*cells.columns.values(), strict=True)]
    for number, row in enumerate(rows, start=1):
        for rule in RULES:
            faults += [Fault(f"{cells.place} row {number}", *found) for found in rule(row)]
    notes: list[Fault] = []
    for told, *found in _commitments(rows):
        (faults if told else notes).append(Fault(cells.place, *found))
    return Checked(tuple(faults), tuple(notes))


def _forms(cells: Cells) -> Iterator[Fault]:
    """What the reader had to repair."""
    for each in cells.notes.repairs:
        if each.kind not in KEPT:
            place = f"{cells.place} row {each.first}" if each.first else cells.place
            more = f", on {each.rows} rows" if each.rows > 1 else ""
            yield Fault(place, f"{each.what}: {each.column} {each.example!r}{more}", "the standard's form")


def _columns(cells: Cells) -> Iterator[Fault]:
    for name in MUST:
        if name not in cells.columns and BY_NAME[name].stands_in(cells.version):
            yield Fault(cells.place, f"no column {name}", f"all columns that FOCUS {cells.version} requires", "add it")


def _nulls(row: Row) -> Iterator[Finding]:
    for name, cell in row.items():
        if cell is None and name in BY_NAME and not BY_NAME[name].null:
            yield f"{name} is null", "a value"


def _values(row: Row) -> Iterator[Finding]:
    for name, cell in row.items():
        allowed = BY_NAME[name].values if name in BY_NAME else ()
        if cell is not None and allowed and cell not in allowed:
            shown = ", ".join(allowed) if len(allowed) < len(CATEGORIES) else "an allowed value"
            yield f"{name} {cell!r}", f"one of {shown}" if len(allowed) < len(CATEGORIES) else shown
    category, sub = row.get("ServiceCategory"), row.get("ServiceSubcategory")
    if category in CATEGORIES and sub and sub not in CATEGORIES[category]:
        yield f"ServiceSubcategory {sub!r} of {category!r}", f"one of {', '.join(CATEGORIES[category])}"


def _currencies(row: Row) -> Iterator[Finding]:
    for name in ("BillingCurrency", "PricingCurrency"):
        code = row.get(name)
        national = name == "BillingCurrency" or (code and re.fullmatch("[A-Z]{3}", code))
        if code is not None and national and code not in CURRENCIES:
            yield f"{name} {code!r}", "a currency code of ISO 4217, as USD"


def _products(row: Row) -> Iterator[Finding]:
    if row.get("ChargeClass") == "Correction":
        return
    for price, quantity, cost in PRODUCTS:
        a, b, given = row.get(price), row.get(quantity), row.get(cost)
        if a is not None and b is not None and given is not None and not near(a * b, given):
            yield f"{cost} {given}", f"{price} x {quantity} = {a} x {b} = {a * b}"


def near(found: Decimal, expected: Decimal) -> bool:
    """Whether two amounts are the same but for the last digits of a quotient.

    >>> near(Decimal("0.3333333333") * 3, Decimal(1)), near(Decimal("0.33") * 3, Decimal(1))
    (True, False)
    """
    return abs(found - expected) <= NEAR * max(abs(found), abs(expected))


def _priced(row: Row) -> Iterator[Finding]:
    """What usage and purchases must say of their price."""
    if row.get("ChargeCategory") not in ("Usage", "Purchase") or row.get("ChargeClass") == "Correction":
        return
    asked = ("PricingQuantity", "PricingUnit", "PricingCategory", "ListUnitPrice", "ContractedUnitPrice", "SkuId")
    for name in (*asked, "SkuPriceId"):
        if name in row and row[name] is None:
            yield f"{name} is null", f"a value, since ChargeCategory is {row['ChargeCategory']}"
    for name in ("ListUnitPrice", "ContractedUnitPrice"):
        if (row.get(name) or 0) < 0:
            yield f"{name} {row[name]}", "a price of at least 0"


def _quantities(row: Row) -> Iterator[Finding]:
    for quantity, unit in (
        ("PricingQuantity", "PricingUnit"),
        ("ConsumedQuantity", "ConsumedUnit"),
        ("CommitmentDiscountQuantity", "CommitmentDiscountUnit"),
    ):
        if quantity in row and unit in row and (row[quantity] is None) != (row[unit] is None):
            yield f"{quantity} {row[quantity]} with {unit} {row[unit]}", "both or neither"
    used = row.get("ChargeCategory") == "Usage" and row.get("CommitmentDiscountStatus") != "Unused"
    if "ConsumedQuantity" in row and not used and row["ConsumedQuantity"] is not None:
        yield f"ConsumedQuantity {row['ConsumedQuantity']}", "null, but for usage that is not unused commitment"
    if "ConsumedQuantity" in row and used and row["ConsumedQuantity"] is None and row.get("ChargeClass") is None:
        yield "ConsumedQuantity is null", "a value, since ChargeCategory is Usage"


def _words(row: Row) -> Iterator[Finding]:
    category = row.get("ChargeCategory")
    if category == "Purchase" and row.get("ChargeFrequency") == "Usage-Based":
        yield "ChargeFrequency 'Usage-Based' of a purchase", "One-Time or Recurring"
    for name, of in (("SubAccountName", "SubAccountId"), ("RegionName", "RegionId"), ("ResourceType", "ResourceId")):
        if name in row and of in row and row[name] is not None and row[of] is None:
            yield f"{name} {row[name]!r} without {of}", "both or neither"
    if category == "Tax" and any(row.get(name) is not None for name in ("SkuId", "SkuPriceId", "PricingQuantity")):
        yield "a tax with a SKU or a pricing quantity", "null there"


def _periods(row: Row) -> Iterator[Finding]:
    for kind in ("BillingPeriod", "ChargePeriod"):
        start, end = row.get(f"{kind}Start"), row.get(f"{kind}End")
        if start and end and start >= end:
            yield f"{kind} from {_iso(start)} to {_iso(end)}", "an end after its start"
    edges: list[Any] = [row.get(f"{k}Period{edge}") for k in ("Billing", "Charge") for edge in ("Start", "End")]
    if None in edges or row.get("ChargeCategory") != "Usage" or row.get("ChargeClass") == "Correction":
        return
    billed_from, billed_to, used_from, used_to = edges
    longer = used_to - used_from > billed_to - billed_from
    inside = billed_from <= used_from and used_to <= billed_to
    if not inside and not (longer and used_from < billed_to and billed_from < used_to):
        found = f"usage from {_iso(used_from)} to {_iso(used_to)}"
        yield found, f"inside its billing period, {_iso(billed_from)} to {_iso(billed_to)}"


def _iso(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


OF_COMMITMENT = ("Category", "Name", "Quantity", "Status", "Type", "Unit")


def _commitment(row: Row) -> Iterator[Finding]:
    said = {name: row.get(f"CommitmentDiscount{name}") for name in OF_COMMITMENT}
    identity, category = row.get("CommitmentDiscountId"), row.get("ChargeCategory")
    if identity is None:
        for name, cell in said.items():
            if cell is not None:
                yield f"CommitmentDiscount{name} {cell} without CommitmentDiscountId", "null"
        return
    for name in ("Category", "Type"):
        if said[name] is None:
            yield f"CommitmentDiscount{name} is null", f"a value, since CommitmentDiscountId is {identity!r}"
    if (said["Status"] is None) == (category == "Usage"):
        yield f"CommitmentDiscountStatus {said['Status']} of {category}", "Used or Unused for Usage, null for others"
    if category == "Usage" and row.get("PricingCategory") not in ("Committed", None):
        yield f"PricingCategory {row['PricingCategory']!r} of a commitment's usage", "Committed"
    if category == "Purchase" and row.get("EffectiveCost"):
        yield f"EffectiveCost {row['EffectiveCost']} of a commitment's purchase", "0, since its usage carries the cost"
    if category == "Usage" and row.get("BilledCost"):
        yield f"BilledCost {row['BilledCost']} of a commitment's usage", "0, since the purchase was billed"


RULES: Sequence[Callable[[Row], Iterator[Finding]]] = (
    _nulls, _values, _currencies, _products, _priced, _quantities, _words, _periods, _commitment,
)  # fmt: skip
"""What is asked of each row."""


MISSING = "look for unused rows that are missing, or for units carried beyond the file"


def _commitments(rows: Sequence[Row]) -> Iterator[tuple[bool, str, str, str]]:
    """Effective cost of usage against what was billed for the purchase, where the file may hold the whole term.

    A commitment that is bought once says its term by its charge period. One that is paid again and again doesn't: what
    was paid before or after the file is not in it, so a difference is no more than a note.
    """
    by_id: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.get("CommitmentDiscountId") is not None:
            by_id[row["CommitmentDiscountId"]].append(row)
    for identity, own in sorted(by_id.items()):
        bought = [row for row in own if row.get("ChargeCategory") in ("Purchase", "Credit")]
        used = [row for row in own if row.get("ChargeCategory") == "Usage"]
        if not _whole(bought, used):
            continue
        paid, spent = _total(bought, "billed"), _total(used, "effective")
        if not near(spent, paid):
            once = all(row.get("ChargeFrequency") == "One-Time" for row in bought)
            yield (
                once,
                f"{identity}: usage has an EffectiveCost of {spent}, its purchases a BilledCost of {paid}",
                "the same over the commitment's term",
                MISSING if once else f"nothing, if the file holds a part of the term; else {MISSING}",
            )


def _total(rows: Sequence[Row], kind: str) -> Decimal:
    return sum((row.get(COSTS[kind]) or Decimal(0) for row in rows), Decimal(0))


def _whole(bought: Sequence[Row], used: Sequence[Row]) -> bool:
    """Whether usage rows reach from the first to the last moment of what was bought, in a file that tells."""
    edges = ("ChargePeriodStart", "ChargePeriodEnd")
    if not bought or not used or any(row.get(edge) is None for row in [*bought, *used] for edge in edges):
        return False
    if any(_of_unknown_term(row) for row in bought):
        return False
    (first, last), (begin, end) = (
        (min(r[edges[0]] for r in some), max(r[edges[1]] for r in some)) for some in (used, bought)
    )
    return bool(first <= begin and end <= last)


def _of_unknown_term(row: Row) -> bool:
    """A single payment whose charge period says no more than its billing period."""
    edges: list[Any] = [row.get(f"BillingPeriod{edge}") for edge in ("Start", "End")]
    if row.get("ChargeFrequency") != "One-Time" or None in edges or row.get("ChargeClass") == "Correction":
        return False
    return bool(row["ChargePeriodEnd"] - row["ChargePeriodStart"] <= edges[1] - edges[0])
