"""`pertoken prices`: names, rates, history, comparison and single requests, by genai-prices' own numbers."""

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal

import genai_prices
import pytest
from genai_prices.types import Usage

from tests.desk import result

DAY = ("--on", "2026-11-20")
OVERLAY = """\
catalog: ours
per: 1000000
rates:
  - {model: house-1, provider: acme, input_tokens: 1.00, output_tokens: 4.00}
aliases:
  prod-chat: openai/gpt-4o
"""


def table(answer, name):
    return result(answer)["tables"][name]["rows"]


def theirs(model, provider, on, **usage):
    """What genai-prices itself says that a request costs."""
    when = datetime.fromisoformat(on).replace(tzinfo=UTC)
    return genai_prices.calc_price(Usage(**usage), model_ref=model, provider_id=provider, genai_request_timestamp=when)


# --- find


def test_a_name_is_found_with_its_price_and_every_other_offer_of_it(ask):
    rows = table(ask("prices", "find", "gpt-4o", *DAY, "--format", "json"), "offers")
    meant, *others = rows
    assert (meant["provider"], meant["model"], meant["meant"]) == ("openai", "gpt-4o", "yes")
    # OpenAI's price list: 2.50 in, 1.25 cached, 10.00 out for a million tokens
    assert [Decimal(meant[name]) for name in ("input_tokens", "cache_read_tokens", "output_tokens")] == [
        Decimal("2.5"), Decimal("1.25"), Decimal(10),
    ]  # fmt: skip
    assert {row["provider"] for row in others} >= {"azure"}
    assert {row["meant"] for row in others} == {"no"}


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("openai/gpt-4o", "gpt-4o"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "regional.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ],
)
def test_names_of_gateways_and_regions_are_found(ask, name, model):
    assert table(ask("prices", "find", name, "--format", "json"), "offers")[0]["model"] == model


@pytest.mark.parametrize("word", ["find", "show", "history", "explain"])
def test_an_unknown_name_is_never_priced_by_likeness(ask, word):
    answer = ask("prices", word, "gpt-4oo", *(["--input", "5"] if word == "explain" else []))
    assert answer.code == (1 if word == "explain" else 2)
    assert "did you mean gpt-4o" in (answer.out + answer.err).replace("\n", " ")


def test_a_prefix_of_a_name_is_a_suggestion_and_no_price(ask):
    answer = ask("prices", "find", "claude-sonnet-4-5-v99")
    assert (answer.code, answer.out) == (2, "")
    assert "did you mean" in answer.err


def test_a_price_that_goes_by_the_hour_says_so(ask):
    assert "deepseek/deepseek-chat costs otherwise at 00:30-16:30 UTC." in ask("prices", "find", "deepseek-chat").out


# --- show


def test_all_rates_are_shown_with_their_terms_operators_and_ids(ask):
    rows = table(ask("prices", "show", "grok-4.5", *DAY, "--format", "json"), "rates")
    terms = {row["terms"]: Decimal(row["price"]) for row in rows if row["meter"] == "input_tokens"}
    # xAI: the higher price holds from 200,000 tokens on, not above them
    assert terms == {"": Decimal(2), "prompt >= 200,000": Decimal(4)}
    assert all(row["rate_id"].startswith("x-ai/grok-4.5:") for row in rows)
    rows = table(ask("prices", "show", "gpt-5.5", *DAY, "--format", "json"), "rates")
    assert {row["terms"] for row in rows} >= {"prompt > 272,000", "batch", "flex", "priority"}


def test_a_day_shows_only_what_holds_on_it(ask):
    def prices(day):
        rows = table(ask("prices", "show", "o3", "--on", day, "--format", "json"), "rates")
        return [Decimal(row["price"]) for row in rows if (row["meter"], row["terms"]) == ("input_tokens", "")]

    # OpenAI cut the price of o3 by four fifths on 2025-06-10
    assert prices("2025-06-09") == [10]
    assert prices("2025-06-10") == [2]


def test_people_are_told_what_is_not_known(ask):
    shown = ask("prices", "show", "gpt-4o", *DAY).out
    assert "Not known, or not sure" in shown
    assert "no price of its own for" in shown
    assert max(map(len, shown.splitlines())) <= 80


# --- history


def test_history_says_each_price_with_its_change(ask):
    rows = table(ask("prices", "history", "o3", "--meter", "output_tokens", "--format", "json"), "rates")
    old, new = [row for row in rows if row["terms"] == ""]
    assert old["end"] == new["start"] == "2025-06-10"
    assert [Decimal(row["price"]) for row in (old, new)] == [40, 8]
    assert old["change_share"] is None
    assert Decimal(new["change_share"]) == Decimal("-0.8")


def test_history_is_drawn_as_steps(ask, desk):
    assert ask("prices", "history", "o3", "--html", "o3.html").code == 0
    page = (desk / "o3.html").read_text()
    assert "<svg" in page
    assert "Prices in time" in page


def test_a_meter_without_a_price_is_no_history(ask):
    answer = ask("prices", "history", "gpt-4o", "--meter", "gpu_hours")
    assert (answer.code, answer.out) == (2, "")
    assert "openai/gpt-4o has no price for gpu_hours; expected one of input_tokens" in answer.err


# --- compare


def test_models_side_by_side_cost_what_genai_prices_says(ask):
    words = ("--requests", "1", "--input", "100k", "--output", "20k", "--cached", "0.3", *DAY, "--format", "json")
    said = ask("prices", "compare", "gpt-4o", "gemini-2.5-pro", *words)
    rows = table(said, "costs")
    usage = {"input_tokens": 100_000, "cache_read_tokens": 30_000, "output_tokens": 20_000}
    for row in rows:
        provider, model = row["model"].split("/")
        assert Decimal(row["month"]) == theirs(model, provider, "2026-11-20", **usage).total_price
    assert Decimal(rows[0]["times_cheapest"]) == 1
    assert {row["offer"] for row in table(said, "rates")} == {"openai/gpt-4o", "google/gemini-2.5-pro"}


def test_long_prompts_cost_what_genai_prices_says_of_them(ask):
    words = ("--requests", "3", "--input", "100k", "--output", "20k", *DAY, "--format", "json")
    row = table(ask("prices", "compare", "gemini-2.5-pro", *words), "costs")[0]
    assert row["long_prompt"] == "> 200,000"
    # three times as much in one request is above the bound, so all of it is at the price of long prompts
    long = theirs("gemini-2.5-pro", "google", "2026-11-20", input_tokens=300_000, output_tokens=60_000)
    assert Decimal(row["long_month"]) == long.total_price


# --- explain


@pytest.mark.parametrize(
    ("model", "provider", "used"),
    [
        ("gpt-5.5", "openai", {"input": 300_000, "cached": 100_000, "output": 2_000}),
        ("gpt-5.5", "openai", {"input": 272_000, "output": 2_000}),
        ("gemini-2.5-pro", "google", {"input": 200_000, "output": 100}),
        ("grok-4.5", "x-ai", {"input": 200_000, "output": 100}),
        ("claude-sonnet-4-5", "anthropic", {"input": 1_000, "cached": 500, "cache-write": 300, "output": 9}),
        ("claude-sonnet-4-5", "anthropic", {"input": 1_000, "cache-write-1h": 300, "output": 9}),
    ],
)
def test_one_request_costs_what_genai_prices_says(ask, model, provider, used):
    options = [word for name, count in used.items() for word in (f"--{name}", count)]
    said = result(ask("prices", "explain", model, *options, *DAY, "--format", "json"))
    names = {"input": "input_tokens", "cached": "cache_read_tokens", "cache-write": "cache_write_tokens",
             "cache-write-1h": "cache_write_1h_tokens", "output": "output_tokens"}  # fmt: skip
    usage = {names[name]: count for name, count in used.items()}
    if "cache-write-1h" in used:
        usage["cache_write_tokens"] = used["cache-write-1h"]
    amount = sum(Decimal(row["amount"]) for row in said["tables"]["lines"]["rows"])
    assert amount == theirs(model, provider, "2026-11-20", **usage).total_price
    assert said["meta"]["status"] == "priced"


def test_each_line_says_why_and_names_its_rate(ask):
    rows = table(ask("prices", "explain", "gpt-5.5", "--input", "300k", *DAY, "--format", "json"), "lines")
    assert [row["why"] for row in rows] == ["prompt of 300,000 tokens is > 272,000"]
    assert rows[0]["rate_id"].startswith("openai/gpt-5.5:input_tokens#")
    assert "genai-prices" in rows[0]["source"]


def test_the_hour_of_a_request_picks_its_price(ask):
    def price(moment):
        rows = table(
            ask("prices", "explain", "deepseek-chat", "--input", "1M", "--on", moment, "--format", "json"), "lines"
        )
        return Decimal(rows[0]["price"])

    # DeepSeek's list of 2025: dearer from 00:30 to 16:30 UTC
    assert price("2026-11-20T00:30Z") == price("2026-11-20T17:00+08:00") == Decimal("0.27")
    assert price("2026-11-20T16:30Z") == Decimal("0.135")


def test_a_response_of_a_vendor_is_priced(ask, desk):
    body = {
        "id": "r", "object": "chat.completion", "model": "gpt-4o",
        "usage": {"prompt_tokens": 1000, "completion_tokens": 200, "total_tokens": 1200,
                  "prompt_tokens_details": {"cached_tokens": 400}},
    }  # fmt: skip
    (desk / "r.json").write_text(json.dumps(body))
    words = ("--response", "r.json", "--provider", "openai", *DAY, "--format", "json")
    rows = table(ask("prices", "explain", *words), "lines")
    # 600 at 2.50, 400 at 1.25, 200 at 10.00 for a million
    assert [Decimal(row["amount"]) for row in rows] == [Decimal("0.0015"), Decimal("0.0005"), Decimal("0.002")]


WRONG = {
    "counts and a response": (("--input", "5", "--response", "vendor.yaml"), "give counts or --response, not both"),
    "a response that is no JSON": (("--response", "vendor.yaml"), "vendor.yaml is no JSON"),
    "more cached than there is": (("--input", "5", "--cached", "9"), "more than the input of 5 tokens"),
    "nothing": ((), "nothing was used"),
    "a response that is no list of them": (("--response", "."), "is a directory"),
    "no number": (("--use", "pages"), "can't read 'pages'; expected for example --use web_searches=3"),
    "no moment": (("--input", "5", "--on", "noon"), "'noon' is no moment"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_request_that_cannot_be_is_refused(ask, case):
    words, says = WRONG[case]
    answer = ask("prices", "explain", "gpt-4o", *words)
    assert (answer.code, answer.out) == (2, "")
    assert says in answer.err


def test_a_request_on_no_model_is_refused(ask):
    answer = ask("prices", "explain", "--input", "5")
    assert (answer.code, answer.out) == (2, "")
    assert "name a model" in answer.err


def test_a_model_that_is_listed_without_a_price_says_so(ask):
    shown = ask("prices", "show", "github-copilot/gpt-4o").out
    assert "0 rates" in shown
    assert "no usable price" in shown


# --- everywhere


def test_an_overlay_goes_before_the_catalog_everywhere(ask, desk):
    (desk / "ours.yaml").write_text(OVERLAY)
    own = ("--overlay", "ours.yaml")
    rows = table(ask("prices", "find", "house-1", *own, "--format", "json"), "offers")
    assert [row["provider"] for row in rows] == ["acme"]
    assert Decimal(rows[0]["input_tokens"]) == 1
    assert table(ask("prices", "find", "prod-chat", *own, "--format", "json"), "offers")[0]["model"] == "gpt-4o"
    month = result(ask("price", "house-1", "--requests", "1M", "--input", "1", *own, "--format", "json"))
    assert Decimal(month["figures"]["month"]["value"]) == 1
    log = "model,input_tokens,output_tokens,timestamp\nhouse-1,1000000,1000000,2026-11-20T10:00:00Z\n"
    (desk / "log.csv").write_text(log)
    said = result(ask("statement", "log.csv", "--cost", "catalog", *own, "--by", "model", "--format", "json"))
    assert Decimal(said["figures"]["cost"]["value"]) == 5
    assert ask("statement", "log.csv", "--cost", "catalog", "--by", "model").code == 1


@pytest.mark.parametrize(
    "words",
    [("find", "gpt-4o"), ("show", "gpt-4o"), ("history", "o3"), ("explain", "gpt-4o", "--input", "9"),
     ("compare", "gpt-4o", "o3", "--requests", "9", "--input", "9", "--output", "9")],
)  # fmt: skip
def test_every_answer_leaves_in_every_form(ask, desk, words):
    assert list(csv.reader(io.StringIO(ask("prices", *words, "--format", "csv").out)))
    assert ask("prices", *words, "--format", "md").out.startswith("# ")
    assert ask("prices", *words, "--xlsx", "out.xlsx", "--html", "out.html").code == 0
    assert (desk / "out.xlsx").stat().st_size
    assert (desk / "out.html").stat().st_size
