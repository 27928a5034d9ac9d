"""`pertoken simulate`: one plan beside the old one, many of them, a limit in CI, and what is refused."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest

import pertoken as pt
from pertoken.books.simulate import Simulation
from tests.desk import PLAN, ROWS, result, snapshot, write

D = Decimal
FEE = """\
plan: fee
prices:
  base: {curve: [{flat: 2}]}
  tokens: {measure: {sum: total_tokens}, curve: [{rate: 0.02}]}
"""
BOTH = ("--old", "plan.yaml", "--new", "fee.yaml")
COST = ("--cost", "vendor.yaml")


@pytest.fixture
def log(desk):
    (desk / "fee.yaml").write_text(FEE)
    return write("log.csv", ROWS)


def rows(answer, table="customers"):
    return {row["customer"]: row for row in result(answer)["tables"][table]["rows"]}


def test_two_plans_side_by_side_by_hand(ask, log):
    """Old 0.03 a token, new 2 a month and 0.02.

    acme: 154 in January and 396 in February: 4.62 + 11.88 = 16.50 becomes 2 + 3.08 + 2 + 7.92 = 15.00.
    zeta: 282 in January: 8.46 becomes 2 + 5.64 = 7.64.
    """
    found = rows(ask("simulate", log, *BOTH, "--format", "json"))
    assert [(D(r["old_billed"]), D(r["new_billed"]), D(r["change"])) for r in found.values()] == [
        (D("16.5"), 15, D("-1.5")), (D("8.46"), D("7.64"), D("-0.82"))]  # fmt: skip
    assert {r["result"] for r in found.values()} == {"pays less"}
    assert "old_margin" not in found["acme"]


def test_python_json_and_csv_say_the_same(ask, log):
    answer = pt.simulate(log, old=["plan.yaml"], new=["fee.yaml"], cost=["vendor.yaml"])
    json = rows(ask("simulate", log, *BOTH, *COST, "--format", "json"))
    table = list(csv.DictReader(io.StringIO(ask("simulate", log, *BOTH, *COST, "--format", "csv").out)))
    assert [row["customer"] for row in table] == ["acme", "zeta"]
    assert isinstance(answer.result, Simulation)
    for record in answer.result.customers.records():
        (line,) = (row for row in table if row["customer"] == record["customer"])
        for name in ("old_list", "new_contracted", "old_effective", "new_billed", "old_cost"):
            assert D(json[record["customer"]][name]) == D(line[name]) == record[name]


def test_the_terminal_says_the_finding_first(ask, log):
    said = ask("simulate", log, *BOTH, *COST).out
    assert said.startswith(
        "What if plan.yaml became fee.yaml?\n24.96 USD billed becomes 22.64 (−9.3 %); of 2 customers 0"
    )
    assert max(map(len, said.splitlines())) <= 80
    for label in ("Billed, old", "Margin, new", "Pay more", "Pay less", "The same", "Change, 95th percentile"):
        assert label in said.split("\n\n")[1]


def test_workbook_and_page_are_written(ask, log):
    answer = ask("simulate", log, *BOTH, *COST, "--xlsx", "sim.xlsx", "--html", "sim.html")
    assert answer.err == "wrote sim.xlsx\nwrote sim.html\n"
    page = openpyxl.load_workbook("sim.xlsx")["All customers"]
    head = [cell.value for cell in page[4]]
    change, share = (page.cell(6, head.index(name) + 1).value for name in ("Change", "Change share"))
    assert change == "=I6-H6"
    assert share == '=IF(H6=0,"",J6/H6)'
    assert "<svg" in Path("sim.html").read_text()


@pytest.mark.parametrize(
    ("limit", "on", "code"),
    [("10%", "customer", 0), ("5%", "total", 1), ("50%", "share", 0)],
)
def test_a_limit_decides_the_exit_code(ask, log, limit, on, code):
    answer = ask("simulate", log, *BOTH, "--fail-above", limit, "--fail-on", on, "--quiet")
    assert answer.code == code
    assert answer.out.startswith("What if")
    said = "pertoken: the total of what is billed moves by -9.3%, the limit is 5.0% up or down\n"
    assert answer.err == (said if code else "")


def test_customers_above_a_limit_are_named(ask, log):
    """Back from the fee: acme pays 15.00 then 16.50, 10 % more; zeta 7.64 then 8.46, 10.7 % more."""
    answer = ask("simulate", log, "--old", "fee.yaml", "--new", "plan.yaml", "--fail-above", "10.5%")
    assert answer.code == 1
    assert answer.err == "pertoken: 1 of 2 customers pay more by over 10.5%: zeta 10.7%\n"


def test_segments_and_elasticity(ask, log):
    said = result(ask("simulate", log, *BOTH, "--by", "month", "--elasticity", "-0.5", "--format", "json"))
    (january, february) = said["tables"]["segments"]["rows"]
    assert (january["month"], D(january["old_billed"])) == ("2026-01", D("13.08"))  # 4.62 + 8.46
    assert D(february["new_billed"]) > D("9.92")  # who pays less uses more
    assert any(note["text"].startswith("Assumption") for note in said["notes"])


def test_a_grid_is_ranked_with_the_old_plan_first(ask, log):
    """Each unit of the fee is three months of it: 2.00 earns 22.64, so 4.00 earns 28.64."""
    found = result(ask("simulate", log, *BOTH, *COST, "--vary", "base.flat=2..4:2", "--format", "json"))
    table = found["tables"]["candidates"]["rows"]
    assert [row["candidate"] for row in table] == ["old", "base.flat 4", "base.flat 2"]
    assert [D(row["revenue"]) for row in table] == [D("24.96"), D("28.64"), D("22.64")]
    assert [D(row["worse_off_share"]) for row in table] == [0, 1, 0]
    assert [row["set_0"] for row in table] == [None, "4", "2"]


def test_several_new_cards_are_candidates(ask, log, desk):
    (desk / "plans").mkdir()
    for name, rate in (("a", "0.01"), ("b", "0.05")):
        (desk / "plans" / f"{name}.yaml").write_text(PLAN.replace("0.03", rate))
    old = ("--old", "plan.yaml")
    pattern = ask("simulate", log, *old, "--new", "plans/*.yaml", "--rank", "worse-off", "--format", "json")
    spelled = ask(
        "simulate", log, *old, "--new", "plans/a.yaml", "plans/b.yaml", "--rank", "worse-off", "--format", "json"
    )
    assert pattern == spelled
    assert [r["candidate"] for r in result(pattern)["tables"]["candidates"]["rows"]] == [
        "old", "plans/a.yaml", "plans/b.yaml"]  # fmt: skip


def test_rank_page_and_terminal(ask, log):
    said = ask(
        "simulate", log, *BOTH, *COST, "--vary", "tokens.rate=0.01,0.02,0.05", "--html", "rank.html", "--top", "2"
    )
    assert said.out.startswith("Which of 3 plans, by revenue?\ntokens.rate 0.05 comes first")
    assert "The first 2 of 3" in said.out
    assert "<svg" in Path("rank.html").read_text()


WRONG = {
    "two currencies": (("--new", "euro.yaml"), "is in EUR", "one currency"),
    "a vendor's card": (("--new", "vendor.yaml"), "vendor.yaml is given as new", "`plan:`"),
    "a plan as cost": (("--new", "fee.yaml", "--cost", "plan.yaml"), "plan.yaml is given as cost", "`card:`"),
    "no new card": ((), "--new"),
    "no percentage": (("--new", "fee.yaml", "--fail-above", "20"), "'20' is no percentage", "20%"),
    "no number": (("--new", "fee.yaml", "--elasticity", "a"), "'a' is no number", "-0.3"),
    "a limit on many": (
        ("--new", "fee.yaml", "--vary", "base.flat=1,2", "--fail-above", "1%"),
        "--fail-above",
        "one new",
    ),
    "an unknown place": (("--new", "fee.yaml", "--vary", "bse.flat=1"), "no 'bse' on fee", "did you mean base"),
    "an unreadable grid": (("--new", "fee.yaml", "--vary", "base.flat"), "can't be read", "tokens.rate=0.001"),
    "no such files": (("--new", "none/*.yaml"), "no file is called none/*.yaml", "--new"),
    "margin without cost": (("--new", "fee.yaml", "--rank", "margin"), "needs the cost", "--cost CARD"),
    "an unknown key": (("--new", "fee.yaml", "--by", "customr"), "customr", "customer"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_is_refused_and_nothing_written(ask, log, desk, case):
    (desk / "euro.yaml").write_text(FEE + "currency: EUR\n")
    words, *said = WRONG[case]
    before = snapshot(desk)
    answer = ask("simulate", log, "--old", "plan.yaml", *words, "--html", "out.html")
    assert (answer.code, answer.out) == (2, "")
    assert all(each in answer.err for each in said), answer.err
    assert snapshot(desk) == before


def test_usage_that_only_one_plan_prices(ask, log, desk):
    (desk / "half.yaml").write_text(PLAN.replace("total_tokens", "input_tokens").replace("metered", "half"))
    answer = ask("simulate", log, "--old", "plan.yaml", "--new", "half.yaml")
    assert answer.code == 1
    assert "the new cards (half.yaml) do not price all of this usage" in answer.err
    assert "output_tokens" in answer.err
    answer = ask(
        "simulate", log, "--old", "plan.yaml", "--new", "half.yaml", "--unpriced", "report", "--format", "json"
    )
    assert {D(row["change"]) for row in rows(answer).values()} == {D(0)}
    assert any("No price on the new cards" in note["text"] for note in result(answer)["notes"])


def test_a_card_is_not_written_over(ask, log):
    answer = ask("simulate", log, *BOTH, "--xlsx", "fee.yaml")
    assert answer.code == 2
    assert "also read or written" in answer.err


@pytest.mark.parametrize("many", [(), ("--rank", "revenue")])
def test_contracts_and_the_time_of_the_books_hold_for_both_plans(ask, log, desk, many):
    """January to March: zeta's contract runs on unused, so that three fees of 2 are due, and 282 x 0.02 = 5.64."""
    (desk / "contracts.csv").write_text("plan,customer,from,to\nfee,zeta,2026-01-01,2026-04-01\n")
    words = ("--contracts", "contracts.csv", "--from", "2026-01-01", "--to", "2026-04-01", "--format", "json")
    found = result(ask("simulate", log, *BOTH, *words, *many))["tables"]
    if many:
        assert D(found["candidates"]["rows"][1]["revenue"]) == 15 + 6 + D("5.64")  # acme's 15.00 as before
    else:
        assert [D(row["new_billed"]) for row in found["customers"]["rows"]] == [15, D("11.64")]


def test_python_refuses_an_unknown_argument(log):
    with pytest.raises(TypeError, match="no argument 'perod'; did you mean period"):
        pt.simulate(log, old=["plan.yaml"], new=["fee.yaml"], perod="2026-01")  # type: ignore[call-arg]
