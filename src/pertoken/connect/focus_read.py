"""A FOCUS file as a cost ledger: lines whose four amounts fold to the file's four costs, to the last digit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.connect.focus_cells import Cells, Repair, read_cells
from pertoken.connect.focus_columns import BY_NAME, COSTS, MUST
from pertoken.connect.focus_words import key_of
from pertoken.core import period
from pertoken.core.errors import InputError
from pertoken.core.lines import Key, Ledger
from pertoken.core.money import array

NONE = Decimal(0)

KEYS = {
    "provider": "ProviderName",
    "publisher": "PublisherName",
    "issuer": "InvoiceIssuerName",
    "billing_account": "BillingAccountId",
    "sub_account": "SubAccountId",
    "service": "ServiceName",
    "service_category": "ServiceCategory",
    "region": "RegionId",
    "availability_zone": "AvailabilityZone",
    "resource": "ResourceId",
    "sku": "SkuId",
    "sku_price": "SkuPriceId",
    "meter": "SkuMeter",
    "unit": "PricingUnit",
    "charge": "ChargeDescription",
    "charge_category": "ChargeCategory",
    "charge_class": "ChargeClass",
    "pricing_category": "PricingCategory",
    "commitment": "CommitmentDiscountId",
    "commitment_status": "CommitmentDiscountStatus",
    "invoice": "InvoiceId",
}
"""Our keys, and the columns that they are read from."""

TAKEN_FROM = {
    "ContractedCost": ("BilledCost",),
    "ListCost": ("ContractedCost", "BilledCost"),
    "EffectiveCost": ("BilledCost",),
}
"""Where a cost is taken over from, if the file has no column of it."""

NOT_KEYS = frozenset({"x_Stages"})


@dataclass(frozen=True, slots=True, eq=False)
class Bill:
    """What was read.

    Args:
        ledger: Cost lines; their folds by `rating.rate.amount` are the file's four costs.
        repairs: Every way in which the file was not as the standard has it.
        version: Version of the standard, told by the columns.
        currency: ISO 4217 code of the costs.
        rows: Rows of the file.
    """

    ledger: Ledger
    repairs: tuple[Repair, ...]
    version: str
    currency: str
    rows: int


def read(path: str | Path, *, timezone: str = "UTC") -> Bill:
    """Read a FOCUS file (1.0, 1.1 or 1.2; CSV or Parquet) as a cost ledger.

    Args:
        path: The file.
        timezone: Zone in which days and months are reckoned.

    Returns:
        The ledger and every repair. Each row is a line at stage `list`, and lines at `discount`, `covered`, `drawn`,
        `unused`, `purchase` and `refund` where its other costs differ. Keys are those of `KEYS`, `month` and `day` of
        the charge, `billing_month`, tags as `tag_NAME`, and columns of one's own (`x_Customer` as `customer`).

    Raises:
        InputError: No FOCUS file, cells that can't be read, or several currencies.
    """
    cells = read_cells(path)
    currency = _currency(cells)
    costs = {kind: _cost(cells, column) for kind, column in _order().items()}
    _remark(cells, costs)
    index, stages, amounts, quantities = _lines(cells, costs)
    keys = {name: _key(column, index) for name, column in _labels(cells, timezone).items()}
    keys |= {"account": Key.constant("cost", len(index)), "stage": Key.of(stages)}
    values = {"quantity": array(quantities, exact=True), "amount": array(amounts, exact=True)}
    return Bill(Ledger(keys, values), cells.notes.repairs, cells.version, currency, cells.size)


def _order() -> dict[str, str]:
    """The costs, each after those that it may be taken over from."""
    return {kind: COSTS[kind] for kind in ("billed", "contracted", "list", "effective")}


def _currency(cells: Cells) -> str:
    found = sorted({each for each in cells.get("BillingCurrency") if each})
    if len(found) > 1:
        msg = f"{cells.place} bills in {' and '.join(found)}; a ledger is in one currency; split the file by currency"
        raise InputError(msg)
    return found[0] if found else "USD"


def _cost(cells: Cells, name: str) -> list[Decimal]:
    source = name
    if name not in cells.columns:
        source = next(each for each in TAKEN_FROM[name] if each in cells.columns)
        cells.notes.add("cost taken over", name, 0, source)
    out = []
    for row, cell in enumerate(cells.columns[source], start=1):
        if cell is None:
            cells.notes.add("no cost", name, row, "")
        out.append(NONE if cell is None else cell)
    return out


def _remark(cells: Cells, costs: Mapping[str, Sequence[Decimal]]) -> None:
    """Count what is odd and kept, and columns that the standard requires and that aren't there."""
    for name in MUST:
        if name not in cells.columns and BY_NAME[name].stands_in(cells.version):
            cells.notes.add("missing column", name, 0, name)
    bought = cells.get("ChargeCategory")
    status = cells.get("CommitmentDiscountId")
    rows = zip(costs["effective"], costs["billed"], bought, status, strict=True)
    for row, (effective, billed, category, commitment) in enumerate(rows, start=1):
        if effective == 0 and billed > 0 and category != "Purchase" and not commitment:
            cells.notes.add("effective 0", "EffectiveCost", row, str(billed))
    for kind, column in COSTS.items():
        for row, cost in enumerate(costs[kind], start=1):
            if cost < 0:
                cells.notes.add("negative", column, row, str(cost))


Made = tuple[NDArray[np.intp], list[str], list[Decimal], list[Decimal]]


def _lines(cells: Cells, costs: Mapping[str, Sequence[Decimal]]) -> Made:
    """Write each row as lines: which row, stage, amount, quantity."""
    index: list[int] = []
    stages: list[str] = []
    amounts: list[Decimal] = []
    quantities: list[Decimal] = []
    counts = zip(cells.get("ConsumedQuantity"), cells.get("PricingQuantity"), strict=True)
    priced = [next((q for q in pair if q is not None), NONE) for pair in counts]
    drawn = [q if q is not None else NONE for q in cells.get("CommitmentDiscountQuantity")]
    about = zip(cells.get("ChargeCategory"), cells.get("CommitmentDiscountStatus"), strict=True)
    for row, (category, status) in enumerate(about):
        said = split({kind: costs[kind][row] for kind in costs}, category=category, unused=status == "Unused")
        for stage, amount in said.items():
            index.append(row)
            stages.append(stage)
            amounts.append(amount)
            quantities.append({"list": priced[row], "drawn": drawn[row], "unused": drawn[row]}.get(stage, NONE))
    return np.array(index, dtype=np.intp), stages, amounts, quantities


def split(cost: Mapping[str, Decimal], *, category: str | None = "Usage", unused: bool = False) -> dict[str, Decimal]:
    """Say four costs as amounts of stages that fold to them; what is zero is left out, but for `list`.

    >>> of = {"list": 224, "contracted": 224, "effective": Decimal("140.8"), "billed": 0}
    >>> {stage: str(amount) for stage, amount in split({kind: Decimal(x) for kind, x in of.items()}).items()}
    {'list': '224', 'covered': '-224', 'drawn': '140.8'}
    """
    contracted, effective, billed = (cost[kind] for kind in ("contracted", "effective", "billed"))
    bought = category == "Purchase"
    both = effective if bought else billed
    accrual = "unused" if unused else "drawn"
    cash = "refund" if billed < effective else "purchase"
    out = {
        "discount": contracted - cost["list"],
        "covered": both - contracted,
        accrual: effective - both,
        cash: billed - both,
    }
    return {"list": cost["list"], **{stage: amount for stage, amount in out.items() if amount}}


def _labels(cells: Cells, timezone: str) -> dict[str, list[str]]:
    """The labels of each key, row by row."""
    labels = {key: _texts(cells.columns[name]) for key, name in KEYS.items() if name in cells.columns}
    labels |= _periods(cells, timezone)
    labels |= _tags(cells)
    labels["card"] = labels.get("provider", [""] * cells.size)
    own = {key_of(name): _texts(column) for name, column in cells.columns.items() if _is_own(name)}
    return {**labels, "term": [""] * cells.size, **{key: column for key, column in own.items() if key != "account"}}


def _is_own(name: str) -> bool:
    return name.startswith("x_") and name not in NOT_KEYS


def _texts(column: Sequence[Any]) -> list[str]:
    return ["" if cell is None else str(cell) for cell in column]


LONGEST = {"hour": timedelta(hours=1), "day": timedelta(hours=25)}
"""How long a charge may last that is of an hour, or of a day (of one that the clock made longer)."""


def _periods(cells: Cells, timezone: str) -> dict[str, list[str]]:
    """Month in which each charge begins, its day and hour where it is no longer, and the month that it is billed in."""
    zone = period.zone(timezone)
    starts = [None if each is None else each.astimezone(zone) for each in cells.get("ChargePeriodStart")]
    ends = cells.get("ChargePeriodEnd")
    billed = [None if each is None else each.astimezone(zone) for each in cells.get("BillingPeriodStart")]
    out = {"month": [_label(each, "month") for each in starts], "billing_month": [_label(b, "month") for b in billed]}
    for grain, longest in LONGEST.items():
        labels = [_label(s if s and e and e - s <= longest else None, grain) for s, e in zip(starts, ends, strict=True)]
        out |= {grain: labels} if any(labels) else {}
    return out


def _label(when: datetime | None, grain: str) -> str:
    return "" if when is None else period.roll_up(when.strftime("%Y-%m-%dT%H"), grain)


def _tags(cells: Cells) -> dict[str, list[str]]:
    tags = [each or {} for each in cells.get("Tags")]
    names = sorted({name for each in tags for name in each})
    return {f"tag_{name}": ["" if each.get(name) is None else str(each[name]) for each in tags] for name in names}


def _key(column: Sequence[str], index: NDArray[np.intp]) -> Key:
    key = Key.of(column)
    return Key(key.codes[index], key.labels)
