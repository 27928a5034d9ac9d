"""`pertoken price`: the calculator, by hand and from the catalog."""

import csv
import io
from decimal import Decimal

import openpyxl
import pytest

from pertoken.cli.options import Count
from tests.desk import result

RATES = ("--rate", "input=0.015/1K", "--rate", "output=0.03/1K")
MONTH = ("--requests", "100k", "--input", "500", "--output", "500")


def test_the_month_of_the_first_story(ask):
    # 100,000 x 500 / 1000 x 0.015 = 750; x 0.03 = 1,500; together 2,250; a request 2,250 / 100,000 = 0.0225
    said = result(ask("price", *RATES, *MONTH, "--format", "json"))
    figures = {name: Decimal(item["value"]) for name, item in said["figures"].items()}
    assert figures == {
        "month": Decimal(2250),
        "per_request": Decimal("0.0225"),
        "per_1k_requests": Decimal("22.5"),
        "per_1m_tokens": Decimal("22.5"),
    }
    parts = {row["meter"]: Decimal(row["amount"]) for row in said["tables"]["parts"]["rows"]}
    assert parts == {"Input": Decimal(750), "Output": Decimal(1500)}


def test_the_table_shows_money_as_people_write_it(ask):
    answer = ask("price", *RATES, *MONTH)
    for shown in ("2,250.00", "750.00", "1,500.00", "0.0225", "22.50"):
        assert shown in answer.out
    assert answer.err == ""


def test_csv_and_markdown_say_what_json_says(ask):
    amounts = [
        Decimal(r["amount"])
        for r in result(ask("price", *RATES, *MONTH, "--format", "json"))["tables"]["parts"]["rows"]
    ]
    rows = list(csv.DictReader(io.StringIO(ask("price", *RATES, *MONTH, "--format", "csv").out)))
    assert [Decimal(row["amount"]) for row in rows] == amounts
    page = ask("price", *RATES, *MONTH, "--format", "md").out
    assert page.startswith("# Price of a month")
    assert "| 750.00 |" in page.replace("  ", " ")


def test_models_stand_side_by_side_the_cheapest_first(ask):
    said = result(ask("price", "gpt-4o", "gpt-4o-mini", *MONTH, "--on", "2026-11-20", "--format", "json"))
    rows = said["tables"]["models"]["rows"]
    assert [row["model"] for row in rows] == ["gpt-4o-mini", "gpt-4o"]
    # gpt-4o: 50M input at 2.50 and 50M output at 10.00 a million (OpenAI's price list)
    assert Decimal(rows[1]["month"]) == 50 * Decimal("2.50") + 50 * 10


def test_each_model_names_its_own_source(ask):
    words = ("price", "gpt-4o", "claude-sonnet-4-5", *MONTH, "--on", "2026-11-20")
    said = result(ask(*words, "--format", "json"))
    sources = {row["model"]: row["source"] for row in said["tables"]["models"]["rows"]}
    assert "https://developers.openai.com" in sources["gpt-4o"]
    assert "https://www.anthropic.com" in sources["claude-sonnet-4-5"]
    assert "http" not in said["meta"]["prices"]
    shown = ask(*words).out
    assert "gpt-4o             developers.openai.com/api/docs/pricing\n" in shown
    assert "claude-sonnet-4-5  www.anthropic.com/pricing#api\n" in shown


def test_a_model_said_twice_is_one_quote(ask):
    words = (*MONTH, "--on", "2026-11-20", "--format", "json")
    assert ask("price", "gpt-4o", "gpt-4o", *words) == ask("price", "gpt-4o", *words)


def test_models_of_one_price_are_not_called_cheaper(ask):
    said = result(ask("price", "gpt-4o", "openai/gpt-4o", *MONTH, "--on", "2026-11-20", "--format", "json"))
    assert len(said["tables"]["models"]["rows"]) == 2
    assert said["subtitle"].endswith(" cost 625.00 USD a month with gpt-4o.")


def test_what_is_cached_is_cheaper_and_a_batch_is_half_price(ask):
    def month(*more):
        said = result(ask("price", "gpt-4o", *MONTH, "--on", "2026-11-20", "--format", "json", *more))
        return Decimal(said["figures"]["month"]["value"])

    # 30 % of 50M tokens at 1.25 in place of 2.50
    assert month("--cached", "0.3") == 625 - 15 * (Decimal("2.50") - Decimal("1.25"))
    assert month("--batch") == Decimal(625) / 2


def test_reasoning_at_rates_of_ones_own_costs_what_output_costs(ask):
    said = result(ask("price", *RATES, *MONTH, "--reasoning", "500", "--format", "json"))
    assert Decimal(said["figures"]["month"]["value"]) == 750 + 1500 + 1500


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("500", 500),
        ("100k", 100_000),
        ("100K", 100_000),
        ("1.5M", 1_500_000),
        ("2B", 2 * 10**9),
        ("1_000", 1000),
        ("1,000", 1000),
    ],
)
def test_numbers_may_be_written_short(written, number):
    assert Count().convert(written, None, None) == number


WRONG = {
    "a number that is none": (("--requests", "many"), "'many' is no number; expected for example 500, 100k"),
    "no requests": (("--requests", "0", "--input", "5"), "expected numbers above 0"),
    "no tokens": (("--requests", "5"), "nothing to price"),
    "a share above one": (("--requests", "5", "--input", "5", "--cached", "30"), "between 0 and 1"),
    "a rate that is none": (("--requests", "5", "--input", "5", "--rate", "input:3"), "can't read the rate 'input:3'"),
    "a rate of two points": (("--requests", "5", "--input", "5", "--rate", "input=1.2.3"), "can't read the rate"),
    "a rate given twice": (
        ("--requests", "5", "--input", "5", "--rate", "input=3", "--rate", "input=4"),
        "two rates for input_",
    ),
    "a rate for nothing known": (("--requests", "5", "--input", "5", "--rate", "inptu=3"), "unknown meter 'inptu'"),
    "a rate left out": (("--requests", "5", "--input", "5", "--output", "5", "--rate", "input=3"), "no price for"),
    "no price to take": (("--requests", "5", "--input", "5"), "name a model, as `pertoken price gpt-4o`, or rates"),
    "models and rates": (("gpt-4o", "--rate", "input=3", "--requests", "5", "--input", "5"), "not both"),
    "an unknown model": (("gpt-4oo", "--requests", "5", "--input", "5"), "did you mean gpt-4o"),
    "requests left out": (("gpt-4o",), "--requests"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_use_of_the_calculator_is_refused(ask, desk, case):
    words, says = WRONG[case]
    answer = ask("price", *words, "--xlsx", "new.xlsx")
    assert answer.code == (1 if case == "a rate left out" else 2)
    assert answer.out == ""
    assert says in answer.err
    assert not (desk / "new.xlsx").exists()


def test_the_workbook_and_the_page_are_written(ask, desk):
    answer = ask("price", *RATES, *MONTH, "--xlsx", "out.xlsx", "--html", "out.html")
    assert answer.code == 0
    assert "wrote out.xlsx" in answer.err
    assert "2,250.00" in (desk / "out.html").read_text()
    assert openpyxl.load_workbook(desk / "out.xlsx").sheetnames


def test_prices_in_several_currencies_are_not_put_side_by_side(ask, desk):
    (desk / "yuan.yaml").write_text(
        "currency: CNY\nper: 1000000\nrates:\n  - {provider: acme, model: house-1, input_tokens: 7, output_tokens: 9}\n"
    )
    answer = ask("price", "gpt-4o", "house-1", *MONTH, "--overlay", "yuan.yaml")
    assert (answer.code, answer.out) == (2, "")
    assert "several currencies: gpt-4o in USD, house-1 in CNY" in answer.err
    alone = result(ask("price", "house-1", *MONTH, "--overlay", "yuan.yaml", "--format", "json"))
    assert alone["figures"]["month"]["unit"] == "CNY"


def test_a_price_that_goes_by_the_hour_says_which_hours_are_left_out(ask):
    shown = ask("price", "deepseek-chat", *MONTH, "--on", "2026-11-20").out
    assert "deepseek-chat is priced outside of 00:30-16:30 UTC." in shown
