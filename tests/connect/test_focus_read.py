"""FOCUS files come back as ledgers: the oracle is `csv` and `Decimal` over the same file."""

import csv
import os
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.connect.focus_cells import KINDS, moment, number_of
from pertoken.connect.focus_columns import COSTS
from pertoken.connect.focus_read import KEYS, read, split
from pertoken.core.errors import InputError
from pertoken.rating.rate import AMOUNTS, STAGES, amount

D = Decimal
DATA = Path(os.environ.get("PERTOKEN_DATA") or Path(__file__).parents[3] / "shared" / "data") / "billing"
SAMPLE = DATA / "focus_1_0_sample_rows0_699.csv"
EXAMPLES = DATA / "focus_spec_examples"

needs_bills = pytest.mark.skipif(
    not SAMPLE.exists(),
    reason="no bills here: set PERTOKEN_DATA to the folder that holds billing/ (docs/how-to/focus.md)",
)


def plain(text):
    """A cost as anybody reads it: without the dollar sign, the commas and the word for null."""
    bare = re.sub(r"[$, ]", "", text)
    return D(0) if bare in ("", "NULL") else D(bare)


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def folds(ledger):
    return {kind: amount(ledger, kind).values["amount"].sum() for kind in AMOUNTS}


def bill(tmp_path, text, name="bill.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def repairs(found):
    return {(each.kind, each.column): each.rows for each in found.repairs if each.kind != "missing column"}


@needs_bills
def test_the_real_sample_has_the_costs_that_plain_sums_give():
    found = read(SAMPLE)
    expected = {kind: sum((plain(row[name]) for row in rows(SAMPLE)), D(0)) for kind, name in COSTS.items()}
    assert folds(found.ledger) == expected
    assert expected["billed"] == D("13.52512369000")
    assert (found.version, found.currency, found.rows) == ("1.0", "USD", 700)


@needs_bills
@pytest.mark.parametrize(("key", "column"), [("service", "ServiceName"), ("sub_account", "SubAccountId")])
def test_the_real_sample_has_the_same_costs_by_key(key, column):
    expected: dict[tuple[str, str], Decimal] = {}
    for row in rows(SAMPLE):
        for kind, name in COSTS.items():
            expected[kind, row[column]] = expected.get((kind, row[column]), D(0)) + plain(row[name])
    ledger = read(SAMPLE).ledger
    found = {(kind, r[key]): r["amount"] for kind in AMOUNTS for r in amount(ledger, kind).fold([key]).records()}
    assert found == expected


@needs_bills
def test_every_repair_of_the_real_sample_is_counted():
    """The counts are those of the data's own README, and of the word NULL in the file."""
    said = repairs(read(SAMPLE))
    assert said["effective 0", "EffectiveCost"] == 450
    assert said["extra column", "Id"] == 1
    assert said["no zone", "ChargePeriodStart"] == 700
    assert said["negative", "BilledCost"] == 1
    nulls = {name: sum(row[name] == "NULL" for row in rows(SAMPLE)) for name in rows(SAMPLE)[0]}
    assert {column: n for (kind, column), n in said.items() if kind == "null word"} == {
        k: n for k, n in nulls.items() if n
    }


@needs_bills
@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.csv")), ids=lambda path: path.stem)
def test_the_examples_of_the_specification_load(path):
    found = read(path)
    assert folds(found.ledger) == {k: sum((plain(row[name]) for row in rows(path)), D(0)) for k, name in COSTS.items()}
    kinds = {kind for kind, _ in repairs(found)}
    assert "loose date" in kinds
    assert ("bom" in kinds) == path.read_bytes().startswith(b"\xef\xbb\xbf")
    assert ("money" in kinds) == (b"$" in path.read_bytes())


@needs_bills
def test_a_month_of_the_examples_is_the_month_in_which_the_charge_begins():
    """5/1/25 is the first of May in a file of American dates."""
    ledger = read(EXAMPLES / "simple_saas_agreements_c.csv").ledger
    found = {row["month"]: row["amount"] for row in amount(ledger, "billed").fold(["month"]).records()}
    assert found == {"2025-04": D(10100), "2025-05": D(13000), "2025-06": D(12700)}


money = st.decimals(-(10**9), 10**9, places=6)


@given(
    st.fixed_dictionaries(dict.fromkeys(AMOUNTS, money)), st.sampled_from(["Usage", "Purchase", None]), st.booleans()
)
def test_any_four_costs_fold_back_to_themselves(costs, category, unused):
    stages = split(costs, category=category, unused=unused)
    assert {k: sum((x for stage, x in stages.items() if k in STAGES[stage]), D(0)) for k in AMOUNTS} == costs


MINIMAL = "BilledCost,EffectiveCost,ListCost,ContractedCost,BillingCurrency,ServiceName,Tags\n"


@pytest.mark.parametrize(
    ("row", "kind", "column", "billed"),
    [
        ("NULL,1,1,1,USD,a,", "null word", "BilledCost", 0),
        (",1,1,1,USD,a,", "no cost", "BilledCost", 0),
        ('"$1,234.50",1,1,1,USD,a,', "money", "BilledCost", "1234.50"),
        ("$1,234.50,1,1,1,USD,a,", "unquoted", "BilledCost", "1234.50"),
        ("(2.50),1,1,1,USD,a,", "money", "BilledCost", "-2.50"),
        ("+3,1,1,1,USD,a,", "number", "BilledCost", 3),
        ("1E-9,1,1,1,USD, a ,", "spaces", "ServiceName", "0.000000001"),
        ("5,0,1,1,USD,a,", "effective 0", "EffectiveCost", 5),
        ("5,1,1,1,USD,a,team=red", "tags", "Tags", 5),
        ('5,1,1,1,USD,a,{"a": "1", "b": "2"}', "unquoted", "Tags", 5),
        ("5,1,1,1,USD,a,\n,,,,,,", "blank row", "", 5),
    ],
)
def test_a_repair_is_made_and_counted(tmp_path, row, kind, column, billed):
    found = read(bill(tmp_path, MINIMAL + row + "\n"))
    assert repairs(found)[kind, column] == 1
    assert folds(found.ledger)["billed"] == D(billed)


def test_a_repair_says_where_it_was_met_first_and_what_stood_there(tmp_path):
    found = read(bill(tmp_path, MINIMAL + "1,1,1,1,USD,a,\n$2,2,2,2,USD,a,\n$3,3,3,3,USD,a,\n"))
    (each,) = [each for each in found.repairs if each.kind == "money"]
    assert (each.column, each.rows, each.first, each.example) == ("BilledCost", 2, 2, "$2")
    assert each.what == KINDS["money"]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xef\xbb\xbfBilledCost,ServiceName\n1,a\n", "bom"),
        ("BilledCost,ServiceName\n1,Zürich\n".encode("cp1252"), "encoding"),
        (b"BilledCost;ServiceName\n1;a\n", "separator"),
    ],
)
def test_a_file_of_another_make_is_read(tmp_path, data, kind):
    found = read(bill(tmp_path, data))
    assert (kind, "") in repairs(found)
    assert folds(found.ledger) == dict.fromkeys(AMOUNTS, D(1))


def test_a_cost_without_a_column_is_taken_over_and_said(tmp_path):
    found = read(bill(tmp_path, "billed_cost,ContractedCost\n3,4\n"))
    assert folds(found.ledger) == {"list": 4, "contracted": 4, "effective": 3, "billed": 3}
    said = repairs(found)
    assert ("name", "BilledCost") in said
    assert {column for kind, column in said if kind == "cost taken over"} == {"ListCost", "EffectiveCost"}
    missing = {each.column for each in found.repairs if each.kind == "missing column"}
    assert {"ChargeCategory", "ProviderName", "BillingPeriodStart"} <= missing


def test_tags_and_columns_of_ones_own_are_keys(tmp_path):
    path = bill(tmp_path, 'BilledCost,Tags,x_CostCenter\n1,"{""team"": ""red""}",c7\n2,,c8\n')
    ledger = read(path).ledger
    found = {(r["tag_team"], r["cost_center"]): r["amount"] for r in ledger.fold(["tag_team", "cost_center"]).records()}
    assert found == {("red", "c7"): 1, ("", "c8"): 2}


def test_days_are_those_of_the_zone_asked_for(tmp_path):
    """23:30 in UTC on the last of January is February in Berlin."""
    text = "BilledCost,ChargePeriodStart,ChargePeriodEnd\n1,2026-01-31T23:30:00Z,2026-01-31T23:45:00Z\n"
    path = bill(tmp_path, text)
    assert read(path).ledger.keys["day"].labels == ("2026-01-31",)
    assert read(path, timezone="Europe/Berlin").ledger.keys["month"].labels == ("2026-02",)


def test_a_charge_longer_than_a_day_is_of_no_day(tmp_path):
    text = "BilledCost,ChargePeriodStart,ChargePeriodEnd\n1,2026-01-01T00:00:00Z,2026-02-01T00:00:00Z\n"
    keys = read(bill(tmp_path, text)).ledger.keys
    assert keys["month"].labels == ("2026-01",)
    assert "day" not in keys


@pytest.mark.parametrize(
    ("text", "day_first", "day"),
    [("5/1/25", False, "2025-05-01"), ("5/1/2025", True, "2025-01-05"), ("12/31/25 23:00", False, "2025-12-31")],
)
def test_a_date_with_slashes_is_american_unless_the_file_shows_otherwise(text, day_first, day):
    assert moment(text, day_first=day_first)[0].date().isoformat() == day


def test_one_day_above_twelve_makes_a_file_european(tmp_path):
    text = "BilledCost,ChargePeriodStart\n1,5/1/25\n2,31/1/25\n"
    found = {r["month"]: r["amount"] for r in read(bill(tmp_path, text)).ledger.fold(["month"]).records()}
    assert found == {"2025-01": 3}


@pytest.mark.parametrize("text", ["free", "1.234,50", "1e999999999", "--1", "1/2", "NaN1"])
def test_what_is_no_number_is_not_guessed(text):
    with pytest.raises(ValueError, match=re.escape(text)):
        number_of(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("BilledCost,ServiceName\nfree,a\n", "row 1: BilledCost 'free'; expected a number"),
        ("BilledCost,ChargePeriodStart\n1,2026-02-30\n", "row 1: ChargePeriodStart '2026-02-30'; expected a time"),
        ("BilledCost,ServiceName\n1,a\n2\n", "row 2: 1 cells; expected 2"),
        ("BilledCost,BilledCost\n1,2\n", "has the column BilledCost twice"),
        ("cost,service\n1,a\n", "no column BilledCost"),
        ("BilledCost,BillingCurrency\n1,USD\n2,EUR\n", "bills in EUR and USD"),
        ("", "is empty"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_row(tmp_path, text, says):
    with pytest.raises(InputError, match=re.escape(says)):
        read(bill(tmp_path, text))


def test_no_file_and_no_parquet_are_said(tmp_path):
    with pytest.raises(InputError, match="no file at"):
        read(tmp_path / "none.csv")
    with pytest.raises(InputError, match="can't read"):
        read(bill(tmp_path, "no parquet", "bill.parquet"))


def test_a_ledger_has_the_keys_of_the_columns_that_are_there(tmp_path):
    path = bill(tmp_path, "BilledCost," + ",".join(KEYS.values()) + "\n1," + ",".join(KEYS) + "\n")
    (row,) = read(path).ledger.records()
    assert {key: row[key] for key in KEYS} == {key: key for key in KEYS}
    assert (row["account"], row["stage"], row["card"]) == ("cost", "list", "provider")
