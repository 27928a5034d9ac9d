"""Models asked on the command line: a dozen lines that fit, checks that decide the exit code, wrong use that helps."""

import json

import pytest

MODEL = """
model: shop
calendar: {start: 2027-01, months: 3}
assumptions:
  fee: {value: 50, unit: USD / customer, p10: 40, p90: 60, low: 45, high: 55, source: list, as_of: 2026-11-01}
  hosting: {value: 10, unit: USD / customer}
segments:
  pro: {plan: pro, start: 1_000_000, new: 10_000, churn: 5%}
plans:
  pro: {prices: {fee: {curve: [{flat: 50}]}}}
costs:
  hosting: {formula: hosting * customers.pro, counts_as: cost_of_revenue}
  team: {formula: fee * customers.pro * 0.5, counts_as: operating}
scenarios:
  dear: {hosting: 30}
  dearer: {hosting: 60}
checks:
  pays: total(gross_margin) > 0
"""


@pytest.fixture(autouse=True)
def shop(desk, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    (desk / "shop.yaml").write_text(MODEL, encoding="utf-8")


def test_results_lead_in_one_table_that_fits_a_terminal(ask):
    done = ask("run", "shop.yaml", "--draws", "200")
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    assert done.out.count("Operating result  ") == 1
    assert ["base", "low", "high", "P10", "P50", "P90"] in [line.split() for line in done.out.splitlines()]
    assert "Other scenarios: dear, dearer." in done.out


def test_a_check_that_fails_in_the_case_that_leads_is_exit_code_1(ask):
    assert ask("run", "shop.yaml", "--draws", "0").code == 0
    done = ask("run", "shop.yaml", "--draws", "0", "--scenario", "dearer")
    assert done.code == 1
    assert "! Warning: pays fails" in done.out


def test_json_has_every_result_by_case_by_month_and_over_the_worlds(ask):
    made = json.loads(ask("run", "shop.yaml", "--draws", "100", "--seed", "4", "--format", "json").out)
    assert made["schema_version"] == 1
    assert {"digest", "seed", "draws"} <= set(made["meta"])
    (revenue,) = [row for row in made["tables"]["results"]["rows"] if row["name"] == "revenue"]
    assert revenue["unit"] == "USD"
    assert {"base", "low", "high", "dear", "dearer", "p10", "p50", "p90", "mean", "shortfall"} <= set(revenue)
    months = [row for row in made["tables"]["by_month"]["rows"] if row["name"] == "revenue"]
    assert [row["month"] for row in months] == ["2027-01", "2027-02", "2027-03"]
    assert sum(row["base"] for row in months) == pytest.approx(revenue["base"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "shop.yaml", "--scenario", "deare"], "did you mean dear"),
        (["solve", "shop.yaml", "--target", "margn=60%", "--by", "fee"], "did you mean margin?"),
        (["solve", "shop.yaml", "--target", "margin=60%", "--by", "revenue"], "follows from others"),
        (["solve", "shop.yaml", "--target", "margin@2031-01=60%", "--by", "fee"], "expected 2027-01 to 2027-03"),
        (["explain", "shop.yaml", "--name", "revenu"], "did you mean revenue"),
        (["explain", "shop.yaml", "--customer", "acme"], "--name revenue"),
        (["compare", "shop.yaml", "#deare"], "did you mean dear"),
    ],
)
def test_wrong_use_names_the_nearest(ask, words, said):
    done = ask(*words)
    assert done.code == 2
    assert said in done.err


def test_solve_takes_inputs_that_are_certain_and_says_how_near_it_came(ask):
    """Margin 1 - hosting / 50: 60 % at 20; at 100 it is below -100 %, and never 120 %."""
    assert "at hosting of 20 USD / customer" in ask(
        "solve", "shop.yaml", "--target", "margin=60%", "--by", "hosting", "--draws", "0"
    ).out.replace("\n", " ")
    none = ask("solve", "shop.yaml", "--target", "margin=120%", "--by", "hosting", "--draws", "0").out.replace(
        "\n", " "
    )
    assert "100.0 %, at 0 USD / customer, is nearest" in none


def test_explain_goes_down_to_inputs_with_source_and_day(ask):
    done = ask("explain", "shop.yaml", "--name", "costs.team", "--month", "2027-02").out
    assert "costs.team = fee * customers.pro * 0.5 = " in done
    assert "fee = 50 USD / customer (P10 40 to P90 60; list, 2026-11-01)" in done
    made = json.loads(ask("explain", "shop.yaml", "--name", "costs.team", "--format", "json").out)
    fee = next(row for row in made["tables"]["tree"]["rows"] if row["name"] == "fee")
    assert (fee["depth"], fee["kind"], fee["p10"], fee["as_of"]) == (1, "input", 40, "2026-11-01")
