"""The checks that the public validator leaves out: each rule is the standard's own sentence, broken once."""

import csv
import io
from decimal import Decimal

import pytest

from pertoken.connect.focus import export, to_csv
from pertoken.connect.focus_check import check
from tests.connect.test_focus import GPUS, HOUR

COMMITTED, BOUGHT, BURST = "Committed", "Bought", "Burst"


def rows():
    """The hour of reserved GPUs: what was bought, the 64 covered, the 16 on demand."""
    found = list(csv.DictReader(io.StringIO(to_csv(export(HOUR, GPUS)))))
    names = {"Purchase": BOUGHT, "Used": COMMITTED, "": BURST}
    return {names[row["CommitmentDiscountStatus"] or row["ChargeCategory"].replace("Usage", "")]: row for row in found}


def write(tmp_path, changed):
    out = io.StringIO()
    columns = list(dict.fromkeys(name for row in changed.values() for name in row))
    writer = csv.DictWriter(out, columns)
    writer.writeheader()
    writer.writerows(changed.values())
    (tmp_path / "bill.csv").write_text(out.getvalue())


def faults(tmp_path, changed):
    write(tmp_path, changed)
    found = check(tmp_path / "bill.csv")
    return [*found.faults, *found.notes]


BROKEN = {
    "a category that is none": (BURST, {"ChargeCategory": "Foo"}, "ChargeCategory 'Foo'"),
    "a class that is none": (BURST, {"ChargeClass": "Mistake"}, "ChargeClass 'Mistake'"),
    "a pricing category that is none": (BURST, {"PricingCategory": "Cheap"}, "PricingCategory 'Cheap'"),
    "a service category that is none": (BURST, {"ServiceCategory": "AI"}, "ServiceCategory 'AI'"),
    "a subcategory of another category": (
        BURST,
        {"ServiceSubcategory": "Containers"},
        "ServiceSubcategory 'Containers'",
    ),
    "a list cost that is no product": (BURST, {"ListCost": "56.01"}, "ListCost 56.01"),
    "a contracted cost that is no product": (BURST, {"ContractedCost": "55"}, "ContractedCost 55"),
    "a currency that is none": (BURST, {"BillingCurrency": "USS"}, "BillingCurrency 'USS'"),
    "usage outside its billing period": (
        BURST,
        {"ChargePeriodStart": "2025-12-31T23:00:00Z"},
        "usage from 2025-12-31T23",
    ),
    "a period that ends before it starts": (BURST, {"ChargePeriodEnd": "2026-01-05T08:00:00Z"}, "ChargePeriod from"),
    "no billed cost": (BURST, {"BilledCost": ""}, "BilledCost is null"),
    "no provider": (BURST, {"ProviderName": ""}, "ProviderName is null"),
    "usage without a SKU": (BURST, {"SkuId": ""}, "SkuId is null"),
    "usage without a unit price": (BURST, {"ListUnitPrice": ""}, "ListUnitPrice is null"),
    "a price below zero": (BURST, {"ListUnitPrice": "-3.5", "ListCost": "-56"}, "ListUnitPrice -3.5"),
    "a quantity without its unit": (BURST, {"PricingUnit": ""}, "PricingQuantity 16.0 with PricingUnit None"),
    "usage of which nothing was consumed": (
        BURST,
        {"ConsumedQuantity": "", "ConsumedUnit": ""},
        "ConsumedQuantity is null",
    ),
    "a status without a commitment": (
        BURST,
        {"CommitmentDiscountStatus": "Used"},
        "CommitmentDiscountStatus Used without",
    ),
    "a region's name without its id": (BURST, {"RegionName": "Paris"}, "RegionName 'Paris' without RegionId"),
    "a commitment without its category": (
        COMMITTED,
        {"CommitmentDiscountCategory": ""},
        "CommitmentDiscountCategory is null",
    ),
    "a commitment's usage without status": (
        COMMITTED,
        {"CommitmentDiscountStatus": ""},
        "CommitmentDiscountStatus None",
    ),
    "a commitment's usage at standard prices": (
        COMMITTED,
        {"PricingCategory": "Standard"},
        "PricingCategory 'Standard'",
    ),
    "covered usage that is billed": (COMMITTED, {"BilledCost": "1"}, "BilledCost 1 of a commitment's usage"),
    "a purchase with a status": (
        BOUGHT,
        {"CommitmentDiscountStatus": "Used"},
        "CommitmentDiscountStatus Used of Purchase",
    ),
    "a purchase that is spent at once": (BOUGHT, {"EffectiveCost": "140.8"}, "EffectiveCost 140.8 of a commitment's"),
    "a purchase by usage": (BOUGHT, {"ChargeFrequency": "Usage-Based"}, "ChargeFrequency 'Usage-Based' of a purchase"),
    "a purchase that was consumed": (BOUGHT, {"ConsumedQuantity": "1", "ConsumedUnit": "Hours"}, "ConsumedQuantity 1"),
    "usage that cost less than was paid": (
        COMMITTED,
        {"EffectiveCost": "140"},
        "gpus/reserved: usage has an EffectiveCost",
    ),
}


def test_the_export_of_the_hour_has_no_fault(tmp_path):
    assert faults(tmp_path, rows()) == []


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_rule_is_found_once_with_its_row(tmp_path, case):
    which, said, found = BROKEN[case]
    changed = rows()
    changed[which] |= said
    ours = [fault for fault in faults(tmp_path, changed) if fault.found.startswith(found)]
    assert len(ours) == 1
    row = f"bill.csv row {list(changed).index(which) + 1}"
    assert ours[0].where == ("bill.csv" if found.startswith("gpus/") else row)
    assert ours[0].expected


def test_a_correction_need_not_be_a_product(tmp_path):
    """The standard: discrepancies may exist when ChargeClass is Correction."""
    changed = rows()
    changed[BURST] |= {"ChargeClass": "Correction", "ListCost": "1", "ContractedCost": "1"}
    assert faults(tmp_path, changed) == []


def test_a_quotient_cut_at_its_last_digits_is_still_the_price(tmp_path):
    changed = rows()
    third = Decimal(56) / 3
    changed[BURST] |= {"PricingQuantity": "3", "ListUnitPrice": f"{third:.12f}", "ContractedUnitPrice": f"{third:.12f}"}
    assert faults(tmp_path, changed) == []
    changed[BURST] |= {"ListUnitPrice": "18.6666"}
    assert [fault.found for fault in faults(tmp_path, changed)] == ["ListCost 56.0"]


def test_a_file_of_half_a_term_is_not_held_to_the_whole_price(tmp_path):
    changed = rows()
    changed[BOUGHT] |= {"ChargePeriodEnd": "2027-01-05T09:00:00Z", "BilledCost": "9999"}
    assert faults(tmp_path, changed) == []


def test_what_is_bought_once_is_held_to_its_term(tmp_path):
    """Two months for 140.80, all in the file, of which usage and unused units cost 140: a fault."""
    changed = rows()
    term = {"ChargePeriodStart": "2026-01-01T00:00:00Z", "ChargePeriodEnd": "2026-03-01T00:00:00Z"}
    changed[BOUGHT] |= {"ChargeFrequency": "One-Time", **term}
    changed[COMMITTED] |= {**term, "EffectiveCost": "140"}
    write(tmp_path, changed)
    (fault,) = check(tmp_path / "bill.csv").faults
    assert fault.found == "gpus/reserved: usage has an EffectiveCost of 140, its purchases a BilledCost of 140.8"


def test_what_is_paid_again_and_again_may_have_been_paid_outside_the_file(tmp_path):
    """An instalment of 70.40 beside usage of 140.80: the rest may have been paid upfront, so it is a note."""
    changed = rows()
    changed[BOUGHT] |= {"BilledCost": "70.4"}
    write(tmp_path, changed)
    found = check(tmp_path / "bill.csv")
    assert found.faults == ()
    assert [note.found for note in found.notes] == [
        "gpus/reserved: usage has an EffectiveCost of 140.8, its purchases a BilledCost of 70.4"
    ]


def test_every_currency_but_the_billing_one_may_be_virtual(tmp_path):
    changed = rows()
    changed[BURST] |= {"PricingCurrency": "Token"}
    assert faults(tmp_path, changed) == []


def test_form_is_told_once_for_each_column(tmp_path):
    changed = rows()
    for row in changed.values():
        row["ChargePeriodEnd"] = "2026-01-05 10:00:00"
        row["Id"] = "7"
    said = {(fault.where, fault.found) for fault in faults(tmp_path, changed)}
    assert (
        "bill.csv row 1",
        "a time without a zone, read as UTC: ChargePeriodEnd '2026-01-05 10:00:00', on 3 rows",
    ) in said
    assert len(said) == 2


def test_a_required_column_that_is_missing_is_named(tmp_path):
    changed = {name: {k: v for k, v in row.items() if k != "InvoiceIssuerName"} for name, row in rows().items()}
    assert [fault.found for fault in faults(tmp_path, changed)] == ["no column InvoiceIssuerName"]
