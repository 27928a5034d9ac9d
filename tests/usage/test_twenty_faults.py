"""Twenty ways in which calculators of cost go wrong: what the naive computation says, and what is right.

The figures are those of the threads and measurements named with each; where none are published, prices are made up.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import Rate, Window
from pertoken.core.errors import InputError
from pertoken.rating.cost import Costed, cost
from pertoken.usage.response import usage_of

M = Decimal(1_000_000)
MODEL = "some-model"


def rates(of: Mapping[str, str], **terms: Any) -> tuple[Rate, ...]:
    """Prices of a million of each meter."""
    return tuple(
        Rate(model=MODEL, provider="p", meter=meter, price=Decimal(n), per=M, **terms) for meter, n in of.items()
    )


def book(*groups: tuple[Rate, ...]) -> Catalog:
    """A price book of one model."""
    return Catalog("book of tests", {("p", MODEL): tuple(rate for group in groups for rate in group)})


def priced(body: Mapping[str, Any], catalog: Catalog, **asked: Any) -> Costed:
    """What a response costs."""
    return cost(usage_of({"model": MODEL, **body}, provider="p", **asked), catalog)


def chat(fed: int, said: int, **more: Any) -> dict[str, Any]:
    """A response of the Chat interface."""
    return {"usage": {"prompt_tokens": fed, "completion_tokens": said, **more}}


def on(day: str) -> dict[str, int]:
    """The moment that a response was made, as it says it."""
    return {"created": int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())}


def money(amount: Decimal | None, digits: str) -> Decimal:
    """Round as the thread does."""
    assert amount is not None
    return amount.quantize(Decimal(digits))


def test_fault_1_cached_tokens_are_billed_twice():
    """LiteLLM 14849: reported 0.7642, right 0.1849; LiteLLM 9812: reported 0.091311, billed 0.05439."""
    body = chat(262_960, 1_744, prompt_tokens_details={"text_tokens": 262_960, "cached_tokens": 257_955})
    naive = 262_960 * Decimal("2.50") + 257_955 * Decimal("0.3125") + 1_744 * Decimal(15)
    ours = priced(body, book(rates({"input_tokens": "1.25", "cache_read_tokens": "0.625", "output_tokens": "10"})))
    assert (money(naive / M, "0.0001"), money(ours.amount, "0.0001")) == (Decimal("0.7642"), Decimal("0.1849"))

    usage = {
        "input_tokens": 3,
        "cache_creation_input_tokens": 12_304,
        "cache_read_input_tokens": 0,
        "output_tokens": 550,
    }
    naive = (3 + 12_304) * Decimal(3) + 12_304 * Decimal("3.75") + 550 * Decimal(15)
    card = rates({"input_tokens": "3", "cache_write_tokens": "3.75", "output_tokens": "15"})
    assert naive / M == Decimal("0.091311")
    assert priced({"usage": usage}, book(card)).amount == Decimal("0.054399")


def test_fault_2_the_cost_is_negative_where_what_is_cached_stands_beside_the_input():
    """LangSmith 1858: Bedrock's and Anthropic's input does not hold what is cached."""
    usage = {"inputTokens": 30, "cacheReadInputTokens": 1_000, "outputTokens": 10, "totalTokens": 1_040}
    card = {"input_tokens": "3", "cache_read_tokens": "0.30", "output_tokens": "15"}
    naive = (30 - 1_000) * 3 + 1_000 * Decimal("0.30") + 10 * 15
    assert naive / M == Decimal("-0.00246")
    assert priced({"usage": usage}, book(rates(card))).amount == (30 * 3 + 300 + 150) / M


def test_fault_3_an_unknown_model_costs_nothing():
    """LiteLLM 36561, 42467, 35914: 1.16 logged of 185 USD, and budgets that never fire."""
    card = {MODEL: Decimal(3)}
    naive = 1_000_000 * card.get("retired-model", Decimal(0)) / M
    ours = priced(chat(1_000_000, 1) | {"model": "retired-model"}, book(rates({"input_tokens": "3"})))
    assert naive == 0
    assert (ours.amount, ours.status) == (None, "unpriced")


def test_fault_4_the_price_of_long_prompts_is_chosen_by_a_sum_of_requests():
    """agency-swarm 742: 0.618 for two requests of 150,000 tokens that cost 0.312."""
    card = book(
        rates({"input_tokens": "1", "output_tokens": "6"}),
        rates({"input_tokens": "2", "output_tokens": "9"}, above=200_000),
    )
    requests = [chat(150_000, 1_000)] * 2
    naive = priced(chat(300_000, 2_000), card)
    ours = sum(priced(each, card).amount or 0 for each in requests)
    assert (naive.amount, ours) == (Decimal("0.618"), Decimal("0.312"))


@pytest.mark.parametrize(("above", "right"), [(200_000, "0.25"), (199_999, "0.50")], ids=["Gemini: >", "Grok: >="])
def test_fault_5_the_bound_itself_is_on_the_wrong_side(above, right):
    """Measured: at exactly 200,000 tokens Gemini 2.5 Pro has the low price, Grok 4.5 the high one."""
    card = book(rates({"input_tokens": "1.25"}), rates({"input_tokens": "2.50"}, above=above))
    fed = 200_000
    naive = (Decimal("2.50") if fed >= 200_000 else Decimal("1.25")) * fed / M  # `>=` for both, as Helicone asserts
    assert priced(chat(fed, 0), card).amount == Decimal(right)
    assert (naive == Decimal(right)) is (above == 199_999)


def test_fault_6_writes_kept_for_an_hour_are_billed_as_if_for_five_minutes():
    """pi 5737, daiv 1159: 1.25 times the input price instead of twice it."""
    written = 100_000
    usage = {
        "input_tokens": 0,
        "cache_creation_input_tokens": written,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": written},
        "output_tokens": 0,
    }
    card = book(rates({"cache_write_5m_tokens": "3.75", "cache_write_1h_tokens": "6"}))
    naive = written * Decimal("3.75") / M
    ours = priced({"usage": usage}, card).amount
    assert (naive, ours) == (Decimal("0.375"), naive * Decimal("1.6"))


def test_fault_7_the_tier_asked_for_is_billed_and_not_the_one_that_served():
    """LiteLLM 31837, 37046: a request for priority that was served as an ordinary one."""
    card = book(rates({"input_tokens": "2"}), rates({"input_tokens": "4"}, service_tier="priority"))
    body, asked = chat(1_000_000, 0) | {"service_tier": "default"}, {"service_tier": "priority"}
    naive = {rate.service_tier: rate.price for rate in card.rates["p", MODEL]}[asked["service_tier"]]
    assert (naive, priced(body, card, request=asked).amount) == (Decimal(4), Decimal(2))


def test_fault_8_history_is_priced_at_what_holds_today():
    """ccusage 1636: 2,472.81 for tokens that cost 1,923.92 when they were used."""
    old, new = "1923.92", "2472.81"
    card = book(rates({"input_tokens": old}), rates({"input_tokens": new}, start=date(2026, 9, 1)))
    naive = Decimal(new)
    assert priced(chat(1_000_000, 0) | on("2026-08-31T23:59:59"), card).amount == Decimal("1923.92") != naive
    assert priced(chat(1_000_000, 0) | on("2026-09-01T00:00:00"), card).amount == naive


def test_fault_9_samplings_that_the_responses_own_counts_leave_out_are_not_billed():
    """pydantic-ai 5065, with the counts of Anthropic's documentation: 180,000 tokens of compaction stand apart."""
    usage = {
        "input_tokens": 23_000,
        "output_tokens": 1_000,
        "iterations": [
            {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3_500},
            {"type": "message", "input_tokens": 23_000, "output_tokens": 1_000},
        ],
    }
    card = book(rates({"input_tokens": "3", "output_tokens": "15"}))
    naive = (23_000 * 3 + 1_000 * 15) / M
    right = ((180_000 + 23_000) * 3 + (3_500 + 1_000) * 15) / M
    assert (naive, right, naive + right) == (Decimal("0.084"), Decimal("0.6765"), Decimal("0.7605"))
    assert priced({"usage": usage}, card).amount == right  # neither without the compaction nor with the message twice


def test_fault_10_tool_results_that_gemini_was_fed_are_not_billed():
    """LiteLLM 24622: 294 + 605 + 230 + 158 = 1,287, the total of the response."""
    usage = {
        "promptTokenCount": 294,
        "candidatesTokenCount": 605,
        "thoughtsTokenCount": 230,
        "toolUsePromptTokenCount": 158,
        "totalTokenCount": 1_287,
    }
    ours = usage_of({"usageMetadata": usage})[0].meters
    assert ours == {"input_tokens": 294 + 158, "output_tokens": 605, "reasoning_tokens": 230, "requests": 1}
    naive = usage["promptTokenCount"] + usage["candidatesTokenCount"] + usage["thoughtsTokenCount"]
    assert (naive, sum(ours.values()) - 1) == (1_129, usage["totalTokenCount"])


def test_fault_11_a_name_that_moves_from_model_to_model_has_one_price():
    """Measured on `deepseek-chat`, 10,000 in and 1,000 out: 0.00380, 0.00322, 0.00168 in three price books.

    Each is right at some time; the days on which the name moved are made up.
    """
    card = book(
        rates({"input_tokens": "0.27", "output_tokens": "1.10"}),
        rates({"input_tokens": "0.28", "output_tokens": "0.42"}, start=date(2025, 9, 29)),
        rates({"input_tokens": "0.14", "output_tokens": "0.28"}, start=date(2026, 4, 24)),
    )
    days = ("2025-09-28", "2026-04-23", "2026-11-22")
    ours = [priced(chat(10_000, 1_000) | on(day), card).amount for day in days]
    assert ours == [Decimal("0.00380"), Decimal("0.00322"), Decimal("0.00168")]
    assert all(ours != [naive] * 3 for naive in ours)


def test_fault_12_fees_of_requests_and_tools_are_left_out():
    """Perplexity `sonar`, 10,000 in and 1,000 out: 0.011 for the tokens, 0.023 with the fee of 12 USD per 1,000."""
    fee = Rate(model=MODEL, provider="p", meter="requests", price=Decimal(12), per=Decimal(1_000))
    card = book(rates({"input_tokens": "1", "output_tokens": "1"}), (fee,))
    naive = (10_000 + 1_000) / M
    assert (naive, priced(chat(10_000, 1_000), card).amount) == (Decimal("0.011"), Decimal("0.023"))


def test_fault_13_a_premium_that_was_given_up_is_still_billed():
    """`claude-sonnet-4-5`, 250,000 in and 2,000 out: 1.545 with the premium on long prompts, 0.78 since it ended."""
    plain, premium = {"input_tokens": "3", "output_tokens": "15"}, {"input_tokens": "6", "output_tokens": "22.50"}
    card = book(rates(plain), rates(premium, above=200_000), rates(plain, start=date(2026, 3, 13)))
    body = chat(250_000, 2_000)
    naive = priced(body | on("2026-03-12"), card).amount
    assert (naive, priced(body | on("2026-11-22"), card).amount) == (Decimal("1.545"), Decimal("0.78"))


def test_fault_14_the_price_of_a_region_is_taken_for_that_of_another():
    """Llama 3 70B on Bedrock, 10,000 in and 1,000 out: 0.0504 in São Paulo, 0.0300 elsewhere."""
    name = "meta.llama3-70b-instruct-v1:0"
    base = rates({"input_tokens": "2.65", "output_tokens": "3.50"})
    south = rates({"input_tokens": "4.45", "output_tokens": "5.88"}, region="sa-east-1")
    card = Catalog("book of tests", {("aws", name): tuple(base + south)})
    body = {"generation": "...", "prompt_token_count": 10_000, "generation_token_count": 1_000}
    there = cost(usage_of(body, model=f"arn:aws:bedrock:sa-east-1::foundation-model/{name}"), card)
    naive = cost(usage_of(body, model=name), card)
    assert (money(naive.amount, "0.0001"), money(there.amount, "0.0001")) == (Decimal("0.0300"), Decimal("0.0504"))


def test_fault_15_a_model_that_does_not_exist_is_priced_by_how_its_name_begins():
    """Measured: `claude-sonnet-4-5-v99` and `gemini-2.5-pro-foo` have a price in genai-prices."""
    card = book(rates({"input_tokens": "3"}))
    naive = next(price for name, price in {MODEL: 3}.items() if f"{MODEL}-v99".startswith(name))
    ours = priced(chat(1_000_000, 0) | {"model": f"{MODEL}-v99"}, card)
    assert (naive, ours.amount, ours.status) == (3, None, "unpriced")
    assert f"did you mean {MODEL}?" in ours.reasons[0]


@pytest.mark.parametrize(
    ("usage", "naive"),
    [
        ({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 200}}, "-0.00024"),
        ({"prompt_tokens": -10, "prompt_tokens_details": {}}, "-0.00003"),
    ],
)
def test_fault_16_usage_that_cannot_be_is_priced(usage, naive):
    """Measured: LiteLLM prices 200 cached tokens inside a prompt of 100, and negative counts, without a word."""
    cached = usage["prompt_tokens_details"].get("cached_tokens", 0)
    assert ((usage["prompt_tokens"] - cached) * 3 + cached * Decimal("0.30")) / M == Decimal(naive)
    with pytest.raises(InputError, match=r"usage\.prompt_tokens.*: found (200|-10).*; expected .*; check the response"):
        usage_of({"usage": usage})


def test_fault_17_rates_are_rounded_when_they_are_converted():
    """Databricks and Cloudflare sell units of their own: 16 of 391 prices differ from the 3rd to the 5th digit."""
    units, each = Decimal("7.143"), Decimal("0.070")  # units for a million tokens, and the price of one
    exact = Rate(model=MODEL, provider="p", meter="input_tokens", price=units * each, per=M)
    naive = 2_000_000_000 / M * round(units * each, 2)
    ours = priced(chat(2_000_000_000, 0), book((exact,))).amount
    assert (naive, ours) == (Decimal("1000.00"), naive + Decimal("0.02"))


@pytest.mark.parametrize(("whole", "told"), [(417, 351), (279, 176)])
def test_fault_18_lists_of_modalities_that_do_not_add_up_are_billed_instead_of_the_total(whole, told):
    """Measured on recorded responses of Gemini: `promptTokenCount` 417 with 351 listed, 279 with 176 listed."""
    listed = [{"modality": "TEXT", "tokenCount": told}]
    (record,) = usage_of({"usageMetadata": {"promptTokenCount": whole, "promptTokensDetails": listed}})
    naive = sum(int(each["tokenCount"]) for each in listed)
    assert (naive, record.meters["input_tokens"]) == (told, whole)
    assert record.notes == (
        f"the prompt's modalities add up to {told} of {whole}; the total is billed, the rest as text",
    )


def test_fault_19_cached_sound_is_billed_as_cached_text():
    """Measured on recorded responses of `gemini-2.5-flash` with 284 cached tokens of sound."""
    usage = {
        "promptTokenCount": 1_000,
        "cachedContentTokenCount": 284,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 600}, {"modality": "AUDIO", "tokenCount": 400}],
        "cacheTokensDetails": [{"modality": "AUDIO", "tokenCount": 284}],
    }
    text, sound = {"input_tokens": "0.30", "cache_read_tokens": "0.03"}, {"input_audio_tokens": "1"}
    card = book(rates(text | sound | {"cache_read_audio_tokens": "0.10"}))
    fresh = 600 * Decimal("0.30") + (400 - 284) * 1
    naive = fresh + 284 * Decimal("0.03")
    ours = priced({"usageMetadata": usage}, card).amount
    assert ours == (fresh + 284 * Decimal("0.10")) / M == (naive + 284 * Decimal("0.07")) / M


@pytest.mark.parametrize(
    ("moment", "right"),
    [
        ("2026-11-20T02:00:00", "0.30"),  # a Friday
        ("2026-11-21T02:00:00", "0.15"),  # a Saturday
        ("2026-10-01T02:00:00", "0.15"),  # a Thursday, and China's National Day
        ("2026-10-10T02:00:00", "0.30"),  # a Saturday on which China worked instead
    ],
)
def test_fault_20_weekends_and_holidays_are_billed_as_working_days(moment, right):
    """`deepseek-v4-flash`: 0.30 at peak, 0.15 else; at 02:00 UTC a daily window always says peak."""
    peak = Window(time(1), time(4), "UTC", (0, 1, 2, 3, 4), (date(2026, 10, 1),), (date(2026, 10, 10),))
    card = book(rates({"input_tokens": "0.15"}), rates({"input_tokens": "0.30"}, window=peak))
    daily = Decimal("0.30") if peak.start <= datetime.fromisoformat(moment).time() < peak.end else Decimal("0.15")
    ours = priced(chat(1_000_000, 0) | on(moment), card).amount
    assert (ours, daily) == (Decimal(right), Decimal("0.30"))
