"""`pertoken invoice`: the invoice of the hybrid sketch, its forms, and corrections of what was issued."""

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

from pertoken import workbench
from tests.desk import result, write

D = Decimal
HYBRID = Path(__file__).parents[2] / "examples" / "contracts" / "hybrid.yaml"
WHO = ("--customer", "acme", "--month", "2026-02")


def log(*millions):
    rows = [
        {"month": f"2026-0{i + 1}", "customer": "acme", "input_tokens": 1_000_000 * q} for i, q in enumerate(millions)
    ]
    return write("log.csv", [*rows, {"month": "2026-02", "customer": "bolt", "input_tokens": 7}])


@pytest.fixture
def plan(desk):
    (desk / "hybrid.yaml").write_text(HYBRID.read_text())
    return "hybrid.yaml"


def test_the_lines_are_what_is_due(ask, plan):
    """300 - 150 for the platform, 50 for the bundle, 25 million beyond it at 0.0015 for a thousand: 37.50."""
    said = result(ask("invoice", plan, log(20, 90), *WHO, "--format", "json"))
    lines = said["tables"]["lines"]["rows"]
    assert {line["kind"]: D(line["amount"]) for line in lines} == {
        "fee": 300, "usage": D("37.5"), "included": 0, "purchase": 50, "discount": -150,
    }  # fmt: skip
    assert D(said["figures"]["total"]["value"]) == sum(D(line["amount"]) for line in lines) == D("237.5")
    assert (said["meta"]["due from"], said["meta"]["due to"]) == ("acme", "us")


def test_people_see_it_in_eighty_columns(ask, plan):
    out = ask("invoice", plan, log(20, 90), *WHO).out
    assert max(map(len, out.splitlines())) <= 80
    assert "237.50 USD due from acme to us." in out
    assert "overage, included in bundle" in out
    assert out.count("Unit price") + out.count("price") >= 1


def test_workbook_page_and_csv_have_its_lines(ask, desk, plan):
    answer = ask("invoice", plan, log(20, 90), *WHO, "--format", "csv", "--xlsx", "i.xlsx", "--html", "i.html")
    rows = list(csv.DictReader(io.StringIO(answer.out)))
    assert sum(D(row["amount"]) for row in rows) == D("237.5")
    assert "lines" in [name.lower() for name in openpyxl.load_workbook(desk / "i.xlsx").sheetnames]
    assert "237.50 USD due from acme to us." in (desk / "i.html").read_text()


def issue(ask, plan, path, **kept):
    Path(path).write_text(ask("invoice", plan, log(*kept["millions"]), *WHO, "--format", "json").out)


def test_a_late_event_prints_only_what_it_corrects(ask, plan):
    """5 million more in February are 7.50; the second time nothing is left to correct."""
    issue(ask, plan, "issued.json", millions=(20, 90))
    late = ("invoice", plan, log(20, 95), *WHO, "--issued", "issued.json")
    said = result(ask(*late, "--format", "json"))
    (line,) = said["tables"]["corrections"]["rows"]
    assert (line["charge"], D(line["before"]), D(line["now"]), D(line["difference"])) == (
        "overage", D("37.5"), D(45), D("7.5"),
    )  # fmt: skip
    assert {n: D(f["value"]) for n, f in said["figures"].items()} == {
        "issued": D("237.5"), "corrections": D("7.5"), "total": 245,
    }  # fmt: skip
    Path("first.json").write_text(ask(*late, "--format", "json").out)
    again = result(ask(*late, "--issued", "first.json", "--format", "json"))
    assert again["tables"]["corrections"]["rows"] == []
    assert D(again["figures"]["issued"]["value"]) == 245
    assert "No line changed" in ask(*late, "--issued", "first.json").out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("no json", "is no issued invoice"),
        ("[]", "it has no tables"),
        ('{"tables": {}, "meta": {"customer": "acme", "month": "2026-02", "currency": "USD"}}', "it has no lines"),
        ('{"tables": {"lines": {"rows": [{}]}}, "meta": {"customer": "acme", "month": "2026-02", "currency": "USD"}}',
         "a line lacks 'amount'"),
        ('{"tables": {"lines": {"rows": []}}, "meta": {"customer": "bolt"}}', "is of customer 'bolt'; expected 'acme'"),
    ],
)  # fmt: skip
def test_what_is_no_such_invoice_is_refused(ask, plan, text, words):
    Path("issued.json").write_text(text)
    answer = ask("invoice", plan, log(20, 90), *WHO, "--issued", "issued.json")
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err


def test_a_missing_issued_invoice_is_named(ask, plan):
    answer = ask("invoice", plan, log(20), "--customer", "acme", "--month", "2026-01", "--issued", "gone.json")
    assert answer.code == 2
    assert "can't read the issued invoice gone.json" in answer.err


def test_an_invoice_is_never_written_over_what_is_read(ask, plan):
    issue(ask, plan, "issued.json", millions=(20, 90))
    for name in ("issued.json", plan):
        answer = ask("invoice", plan, log(20, 90), *WHO, "--issued", "issued.json", "--html", name)
        assert answer.code == 2
        assert "is also read or written" in answer.err


def test_python_gives_the_same_invoice(ask, plan):
    made = workbench.invoice(plan, log(20, 90), customer="acme", month="2026-02")
    said = json.loads(ask("invoice", plan, "log.csv", *WHO, "--format", "json").out, parse_float=D, parse_int=D)
    assert [line.amount for line in made.invoice.lines] == [row["amount"] for row in said["tables"]["lines"]["rows"]]
    assert "Invoice for acme, 2026-02" in str(workbench.sheet(made))


def test_what_is_billed_is_explained_step_by_step(ask, plan):
    path = log(20, 90)
    for amount, total in (("billed", D("237.5")), ("list", 435), ("contracted", 285), ("effective", D("252.5"))):
        said = result(ask("explain", path, "--revenue", plan, *WHO, "--amount", amount, "--format", "json"))
        rows = said["tables"]["revenue"]["rows"]
        assert sum(D(row["amount"]) for row in rows) == total


MIXED = "timestamp,customer,plan,input_tokens,output_tokens\n2026-01-05,acme,pro,1000,0\n2026-01-05,globex,free,0,7\n"
PRO = 'plan: pro\nwhere: plan == "pro"\nprices: {t: {measure: {sum: input_tokens}, curve: [{rate: 0.01}]}}\n'


def test_what_others_use_is_no_matter_of_an_invoice(ask, desk):
    (desk / "log.csv").write_text(MIXED)
    (desk / "pro.yaml").write_text(PRO)
    for words in (("invoice", "pro.yaml", "log.csv"), ("explain", "log.csv", "--revenue", "pro.yaml")):
        answer = ask(*words, "--customer", "acme", "--month", "2026-01")
        assert answer.code == 0, answer.err
        assert "10" in answer.out  # 1,000 × 0.01


def test_ones_own_usage_without_a_price_is_refused(ask, desk):
    (desk / "log.csv").write_text(MIXED + "2026-01-06,acme,pro,0,3\n")
    (desk / "pro.yaml").write_text(PRO)
    for words in (("invoice", "pro.yaml", "log.csv"), ("explain", "log.csv", "--revenue", "pro.yaml")):
        answer = ask(*words, "--customer", "acme", "--month", "2026-01")
        assert answer.code == 1
        assert "no price for 3 output_tokens" in answer.err
