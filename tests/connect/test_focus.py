"""A cost ledger as a FOCUS file: the oracles are plain sums over the written file and the standard's own rules."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pertoken.connect.focus import Parties, export, text, to_csv, write
from pertoken.connect.focus_check import Checked, check
from pertoken.connect.focus_columns import COSTS, VERSIONS, columns
from pertoken.connect.focus_read import read
from pertoken.connect.focus_words import bounds
from pertoken.core.errors import CardError, InputError
from pertoken.core.lines import Ledger, table
from pertoken.rating.card import Card
from pertoken.rating.pool_terms import Pool, Term
from pertoken.rating.rate import AMOUNTS, amount, rate
from tests.made import card, usage

D = Decimal
KEYS = "account card charge stage term meter hour"
RESERVED = Pool(name="reserved", unit="gpu_hours", grant=D(64), every="hour", eligible=("burst",))
GPUS = Card(name="gpus", party="vendor", pools=(RESERVED,))


def ledger(keys, *rows):
    made = table(keys.split(), ["quantity", "amount"], [(*r[:-2], D(str(r[-2])), D(str(r[-1]))) for r in rows])
    return Ledger(made.keys, made.values)


def records(data):
    return list(csv.DictReader(io.StringIO(to_csv(data))))


def one(data, **said):
    """The one row of a file that says so."""
    (found,) = [row for row in records(data) if all(row[name] == value for name, value in said.items())]
    return found


def sums(data):
    return {kind: sum((D(row[column]) for row in records(data)), D(0)) for kind, column in COSTS.items()}


def totals(lines, kind, by):
    """What there is of an amount by some keys, but for nothing."""
    found = {tuple(row[name] for name in by): row["amount"] for row in amount(lines, kind).fold(by).records()}
    return {labels: money for labels, money in found.items() if money}


def folds(lines):
    return {kind: amount(lines, kind).values["amount"].sum() for kind in AMOUNTS}


# 80 GPUs in one hour, 64 of them reserved at 2.20, on demand 3.50: list 280, of it 64 x 3.50 = 224 covered,
# drawn 64 x 2.20 = 140.80, which was paid; the other 16 cost 16 x 3.50 = 56.
HOUR = ledger(
    KEYS,
    ("cost", "gpus", "burst", "list", "prices.burst", "gpu_hours", "2026-01-05T09", 80, 280),
    ("cost", "gpus", "burst", "covered", "pools.reserved", "gpu_hours", "2026-01-05T09", -64, -224),
    ("cost", "gpus", "reserved", "drawn", "pools.reserved", "", "2026-01-05T09", 64, "140.80"),
    ("cost", "gpus", "reserved", "purchase", "pools.reserved", "", "2026-01-05T09", 64, "140.80"),
)


def test_a_covered_hour_stands_apart_from_the_rest():
    data = export(HOUR, GPUS)
    used = one(data, CommitmentDiscountStatus="Used")
    assert [D(used[COSTS[kind]]) for kind in AMOUNTS] == [224, 224, D("140.80"), 0]
    assert [D(used["PricingQuantity"]), used["PricingUnit"], D(used["ListUnitPrice"])] == [64, "Hours", D("3.5")]
    assert (used["CommitmentDiscountId"], used["CommitmentDiscountCategory"]) == ("gpus/reserved", "Usage")
    assert [used["PricingCategory"], D(used["CommitmentDiscountQuantity"])] == ["Committed", 64]
    rest = one(data, ChargeCategory="Usage", CommitmentDiscountId="")
    assert [D(rest[COSTS[kind]]) for kind in AMOUNTS] == [56, 56, 56, 56]
    assert [D(rest["PricingQuantity"]), rest["PricingCategory"]] == [16, "Standard"]


def test_a_purchase_is_cash_and_its_usage_carries_the_cost():
    """The standard, EffectiveCost: that of a commitment's usage equals what was billed for its purchase."""
    bought = one(export(HOUR, GPUS), ChargeCategory="Purchase")
    assert [D(bought["BilledCost"]), D(bought["EffectiveCost"])] == [D("140.80"), 0]
    assert (bought["ChargeFrequency"], bought["CommitmentDiscountStatus"]) == ("Recurring", "")
    assert bought["ResourceId"] == bought["CommitmentDiscountId"] == "gpus/reserved"


def test_what_expired_unused_is_usage_that_nobody_consumed():
    night = ledger(
        KEYS,
        ("cost", "gpus", "burst", "list", "prices.burst", "gpu_hours", "2026-01-05T03", 48, 168),
        ("cost", "gpus", "burst", "covered", "pools.reserved", "gpu_hours", "2026-01-05T03", -48, -168),
        ("cost", "gpus", "reserved", "drawn", "pools.reserved", "", "2026-01-05T03", 48, "105.60"),
        ("cost", "gpus", "reserved", "unused", "pools.reserved", "", "2026-01-05T03", 16, "35.20"),
        ("cost", "gpus", "reserved", "purchase", "pools.reserved", "", "2026-01-05T03", 64, "140.80"),
    )
    data = export(night, GPUS)
    unused = one(data, CommitmentDiscountStatus="Unused")
    assert [D(unused[COSTS[kind]]) for kind in AMOUNTS] == [0, 0, D("35.20"), 0]
    assert [unused["ChargeCategory"], unused["ConsumedQuantity"], D(unused["PricingQuantity"])] == ["Usage", "", 16]
    assert sums(data) == folds(night)
    assert len(data.rows) == 3, "nothing is left of what was covered whole"


def test_a_refund_takes_a_purchase_back():
    """The standard, ChargeClass: a correction to what was invoiced before; so usage still equals purchases."""
    paid = ledger(
        "account card charge stage term month",
        ("cost", "gpus", "reserved", "purchase", "pools.reserved", "2026-01", 100, 100),
        ("cost", "gpus", "reserved", "refund", "pools.reserved", "2026-02", 25, -25),
    )
    back = one(export(paid, GPUS), ChargeClass="Correction")
    assert [back["ChargeCategory"], D(back["BilledCost"]), back["ListUnitPrice"]] == ["Purchase", -25, ""]
    assert back["CommitmentDiscountQuantity"] == back["CommitmentDiscountUnit"] == ""


def test_each_contract_has_a_commitment_of_its_own():
    scoped = replace(GPUS, scope=("team",))
    lines = ledger(
        "account card charge stage term team month",
        ("cost", "gpus", "reserved", "purchase", "pools.reserved", "red", "2026-01", 1, 7),
        ("cost", "gpus", "reserved", "purchase", "pools.reserved", "blue", "2026-01", 1, 7),
    )
    found = {row["CommitmentDiscountId"] for row in records(export(lines, scoped))}
    assert found == {"gpus/reserved/red", "gpus/reserved/blue"}


def test_a_draw_by_the_month_is_shared_by_the_units_it_covered():
    """7.00 drawn for 10 + 4 units: 5.00 and 2.00."""
    lines = ledger(
        "account card charge stage term model meter day month",
        ("cost", "c", "a", "list", "prices.a", "x", "input_tokens", "2026-01-02", "", 10, 20),
        ("cost", "c", "a", "covered", "pools.p", "x", "input_tokens", "2026-01-02", "", -10, -20),
        ("cost", "c", "a", "list", "prices.a", "y", "input_tokens", "2026-01-03", "", 4, 8),
        ("cost", "c", "a", "covered", "pools.p", "y", "input_tokens", "2026-01-03", "", -4, -8),
        ("cost", "c", "p", "drawn", "pools.p", "", "", "", "2026-01", 14, 7),
    )
    terms = Card(name="c", party="vendor", pools=(Pool(name="p", unit="tokens", grant=D(14), eligible=("a",)),))
    data = export(lines, terms)
    assert {row["x_Model"]: D(row["EffectiveCost"]) for row in records(data)} == {"x": 5, "y": 2}
    assert sums(data) == folds(lines)


def test_what_was_drawn_for_no_priced_usage_stands_by_itself():
    lines = ledger(
        "account card charge stage term month",
        ("cost", "gpus", "reserved", "drawn", "pools.reserved", "2026-01", 5, 11),
    )
    used = one(export(lines, GPUS))
    assert [used["CommitmentDiscountStatus"], D(used["EffectiveCost"]), D(used["ConsumedQuantity"])] == ["Used", 11, 5]


def test_what_a_pool_takes_off_no_single_charge_is_a_credit():
    lines = ledger(
        "account card charge stage term month",
        ("cost", "gpus", "", "covered", "pools.reserved", "2026-01", 0, -9),
    )
    credit = one(export(lines, GPUS))
    assert [credit["ChargeCategory"], D(credit["BilledCost"]), D(credit["ListCost"])] == ["Credit", -9, 0]


VENDOR = card("""
    card: vendor
    rounding: 2
    rates:
      - {model: small, per: 1_000_000, input_tokens: 2.50, output_tokens: 10, batch: false}
    adjust: [{percent: -7.5}]
    clamp: {min: 20}
    order: [discount, minimum]
""")
USED = usage(
    "provider region model batch service_tier meter customer month",
    ("ACME", "eu-1", "small", "false", "standard", "input_tokens", "red", "2026-01", 1_234_567),
    ("ACME", "eu-1", "small", "false", "standard", "output_tokens", "red", "2026-01", 765_433),
    ("ACME", "eu-1", "small", "false", "standard", "output_tokens", "blue", "2026-02", 333_333),
)


def test_the_four_costs_sum_to_the_ledger():
    lines = rate(USED, VENDOR).ledger
    assert sums(export(lines, VENDOR)) == folds(lines)


def test_a_discount_on_usage_is_in_its_contracted_cost():
    """1,234,567 tokens at 2.50 a million are 3.0864175; less 7.5 % leaves 2.8549361875."""
    row = one(export(rate(USED, VENDOR).ledger, VENDOR), SkuMeter="Input Tokens", ChargeCategory="Usage")
    assert D(row["ListCost"]) == D("3.0864175")
    assert D(row["ContractedCost"]) == D("3.0864175") * D("0.925")
    assert (D(row["ListUnitPrice"]), D(row["ContractedUnitPrice"])) == (D("0.0000025"), D("0.0000023125"))
    assert [D(row["PricingQuantity"]), row["PricingUnit"], row["ConsumedUnit"]] == [1_234_567, "Tokens", "Tokens"]


def test_rounding_and_minimum_are_adjustments_beside_the_usage():
    said = {row["x_Stages"]: row["ChargeCategory"] for row in records(export(rate(USED, VENDOR).ledger, VENDOR))}
    assert said == {"list+discount": "Usage", "discount+rounding": "Adjustment", "minimum": "Adjustment"}


def test_a_fee_is_a_recurring_purchase_of_one():
    fee = card("card: f\nprices: {base: {curve: [{flat: 9.99}]}}")
    calls = usage("month meter", ("2026-01", "requests", 7))
    row = one(export(rate(calls, fee).ledger, fee))
    assert (row["ChargeCategory"], row["ChargeFrequency"]) == ("Purchase", "Recurring")
    assert [D(row["PricingQuantity"]), D(row["ListUnitPrice"]), row["ConsumedQuantity"]] == [1, D("9.99"), ""]


def test_who_sells_and_where_come_from_the_keys_else_from_the_parties():
    lines = rate(USED, VENDOR).ledger
    row = one(export(lines, VENDOR, parties=Parties(issuer="Broker")), SkuMeter="Input Tokens", ChargeCategory="Usage")
    assert [row[name] for name in ("ProviderName", "PublisherName", "InvoiceIssuerName", "RegionId")] == [
        "ACME", "ACME", "Broker", "eu-1",
    ]  # fmt: skip
    assert (row["x_Customer"], row["x_Model"], row["x_Card"]) == ("red", "small", "vendor")
    named = one(export(HOUR, GPUS, parties=Parties(provider="Cloud")), ChargeCategory="Purchase")
    assert (named["ProviderName"], named["PublisherName"]) == ("Cloud", "Cloud")


def test_prices_of_one_sku_are_told_apart():
    lines = ledger(
        "account card charge stage term model batch meter month",
        ("cost", "vendor", "rates", "list", "rates", "m", "true", "input_tokens", "2026-01", 10, 5),
        ("cost", "vendor", "rates", "list", "rates", "m", "false", "input_tokens", "2026-01", 10, 10),
    )
    found = {(row["SkuId"], row["SkuPriceId"], row["SkuPriceDetails"]) for row in records(export(lines, VENDOR))}
    assert found == {
        ("m/input_tokens", "m/input_tokens", ""),
        ("m/input_tokens", "m/input_tokens?batch=true", '{"x_Batch": "true"}'),
    }


@pytest.mark.parametrize(
    ("label", "start", "end"),
    [
        ("2026-01-31T23", "2026-01-31T23:00", "2026-02-01T00:00"),
        ("2026-12-31", "2026-12-31T00:00", "2027-01-01T00:00"),
        ("2026-12", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("2026-Q4", "2026-10-01T00:00", "2027-01-01T00:00"),
        ("2026", "2026-01-01T00:00", "2027-01-01T00:00"),
    ],
)
def test_a_period_ends_where_the_next_begins(label, start, end):
    assert bounds(label) == tuple(datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (start, end))


def test_periods_of_a_zone_are_written_in_utc():
    """Berlin is an hour ahead in January, two in July."""
    assert bounds("2026-01", "Europe/Berlin")[0] == datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert bounds("2026-07", "Europe/Berlin")[0] == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_what_is_bought_once_lasts_for_its_term():
    year = Pool(name="p", unit="tokens", grant=D(1), eligible=("a",), term=Term(start=date(2026, 4, 1), months=12))
    lines = ledger("account card charge stage term month", ("cost", "c", "p", "purchase", "pools.p", "2026-04", 1, 5))
    row = one(export(lines, Card(name="c", party="vendor", pools=(year,))))
    assert (row["ChargeFrequency"], row["ChargePeriodEnd"]) == ("One-Time", "2027-04-01T00:00:00Z")
    assert (row["BillingPeriodStart"], row["BillingPeriodEnd"]) == ("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z")


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_has_its_own_columns(version):
    """43 columns in 1.0, 50 in 1.1, 57 in 1.2: counted in the specification's lists of columns."""
    data = export(HOUR, GPUS, version=version)
    standard = [name for name in data.columns if not name.startswith("x_")]
    assert standard == [column.name for column in columns(version)]
    assert len(standard) == {"1.0": 43, "1.1": 50, "1.2": 57}[version]
    assert data.columns[len(standard) :] == tuple(sorted(name for name in data.columns if name.startswith("x_")))
    assert sums(data) == folds(HOUR)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("version", VERSIONS)
def test_a_file_comes_back_as_the_same_costs_by_every_key(tmp_path, ending, version):
    lines = rate(USED, VENDOR).ledger
    write(export(lines, VENDOR, version=version), tmp_path / f"bill.{ending}")
    back = read(tmp_path / f"bill.{ending}")
    for kind in AMOUNTS:
        for by in (["customer", "month"], ["model", "meter"], ["charge", "card", "region"]):
            assert totals(back.ledger, kind, by) == totals(lines, kind, by)
    assert [each.kind for each in back.repairs if each.kind != "negative"] == []
    assert check(tmp_path / f"bill.{ending}") == Checked((), ())


def test_parquet_holds_decimals_and_moments(tmp_path):
    write(export(HOUR, GPUS), tmp_path / "bill.parquet")
    with duckdb.connect() as con:
        asked = "SELECT typeof(BilledCost), typeof(ChargePeriodStart), sum(EffectiveCost) OVER () FROM read_parquet(?)"
        found = con.execute(asked, [str(tmp_path / "bill.parquet")]).fetchone()
    assert found == ("DECIMAL(38,18)", "TIMESTAMP WITH TIME ZONE", D("196.8"))


def test_numbers_are_written_to_the_last_digit():
    assert [text(D(x)) for x in ("1E-18", "-0.10", "12345678901234567890", "0E-9")] == [
        "0.000000000000000001", "-0.1", "12345678901234567890.0", "0.0",
    ]  # fmt: skip


amounts = st.integers(1, 10**9).map(lambda n: D(n).scaleb(-6))


@given(st.lists(st.tuples(amounts, st.integers(1, 10**9), st.fractions(0, 1)), min_size=1, max_size=5), amounts)
@settings(max_examples=60)
def test_no_split_loses_a_digit(charges, drawn):
    """Any share of any charge may be covered: the four sums stay those of the ledger."""
    rows = [("cost", "gpus", "reserved", "drawn", "pools.reserved", "", "2026-01", 3, drawn)]
    for i, (money, quantity, share) in enumerate(charges):
        off = -(money * share.numerator / share.denominator).quantize(D("1E-9"))
        rows += [
            ("cost", "gpus", f"burst{i}", "list", "prices.burst", "gpu_hours", "2026-01", quantity, money),
            ("cost", "gpus", f"burst{i}", "covered", "pools.reserved", "gpu_hours", "2026-01", 0, off),
        ]
    lines = ledger("account card charge stage term meter month", *rows)
    data = export(lines, GPUS)
    assert sums(data) == folds(lines)
    used = [row for row in records(data) if row["ChargeCategory"] == "Usage"]
    assert all(D(row["BilledCost"]) == 0 for row in used if row["CommitmentDiscountStatus"] == "Used")


def test_lines_without_a_period_are_refused():
    lines = ledger("account card charge stage term", ("cost", "gpus", "a", "list", "prices.a", 1, 1))
    with pytest.raises(InputError, match=r"a has no period.*--period 2026-01"):
        export(lines, GPUS)


def test_wrong_calls_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"no FOCUS version '1.9'"):
        export(HOUR, GPUS, version="1.9")
    with pytest.raises(CardError, match="one currency; found EUR, USD"):
        export(HOUR, [GPUS, replace(GPUS, name="b", currency="EUR")])
    with pytest.raises(InputError, match=r"ends in \.csv or \.parquet"):
        write(export(HOUR, GPUS), tmp_path / "bill.xlsx")
    with pytest.raises(InputError, match="can't write"):
        write(export(HOUR, GPUS), tmp_path / "nowhere" / "bill.csv")
    assert list(tmp_path.iterdir()) == []
