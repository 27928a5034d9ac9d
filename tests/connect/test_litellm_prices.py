"""LiteLLM's price list: each field becomes a rate or a note; documents are typed from the published schema."""

import json
from datetime import time
from decimal import Decimal

import pytest

from pertoken.catalog.book import UnknownModel, locate, rates_of
from pertoken.connect.catalogs import read_catalog
from pertoken.core.errors import InputError, UnpricedUsage

CHAT = {"mode": "chat", "input_cost_per_token": 2.5e-06, "output_cost_per_token": 1e-05}


@pytest.fixture
def book(tmp_path):
    def read(entries):
        path = tmp_path / "prices.json"
        path.write_text(json.dumps({"sample_spec": {"mode": "one of: chat", "input_cost_per_token": 0.0}, **entries}))
        return read_catalog(path)

    return read


def prices(rates, **terms):
    """Meter and bound to dollars for a million, of the rates that have no lender."""
    wanted = {"batch": False, "service_tier": "standard", "speed": "standard", "region": "", "window": None} | terms
    own = [r for r in rates if all(getattr(r, name) == value for name, value in wanted.items()) and not r.note]
    return {(r.meter, r.above): r.unit_price * 1_000_000 for r in own}


def test_tokens_and_caches_are_priced_exactly_and_dearer_past_the_bound(book):
    # claude-sonnet-4-5 as the list has it: 3 and 6 dollars in, 3.75 to write, 6 for an hour, 0.30 to read.
    entry = {
        "litellm_provider": "anthropic", "mode": "chat",
        "input_cost_per_token": 3e-06, "input_cost_per_token_above_200k_tokens": 6e-06,
        "output_cost_per_token": 1.5e-05, "output_cost_per_token_above_200k_tokens": 2.25e-05,
        "cache_read_input_token_cost": 3e-07, "cache_creation_input_token_cost": 3.75e-06,
        "cache_creation_input_token_cost_above_1hr": 6e-06,
        "cache_creation_input_token_cost_above_1hr_above_200k_tokens": 1.2e-05,
    }  # fmt: skip
    rates = rates_of(book({"claude-sonnet-4-5": entry}), "claude-sonnet-4-5")
    assert prices(rates) == {
        ("input_tokens", 0): 3, ("input_tokens", 200_000): 6,
        ("output_tokens", 0): 15, ("output_tokens", 200_000): Decimal("22.5"),
        ("cache_read_tokens", 0): Decimal("0.3"), ("cache_write_tokens", 0): Decimal("3.75"),
        ("cache_write_1h_tokens", 0): 6, ("cache_write_1h_tokens", 200_000): 12,
    }  # fmt: skip


def test_xai_bills_the_dearer_price_from_the_bound_itself_on(book):
    entry = CHAT | {"litellm_provider": "xai", "input_cost_per_token_above_200k_tokens": 4e-06}
    rates = rates_of(book({"xai/grok-4": entry}), "xai/grok-4")
    assert {r.above for r in rates if r.meter == "input_tokens"} == {0, 199_999}


def test_batch_priority_and_flex_are_terms_and_what_they_do_not_say_is_marked(book):
    entry = CHAT | {
        "litellm_provider": "openai", "input_cost_per_token_batches": 1.25e-06, "output_cost_per_token_batches": 5e-06,
        "input_cost_per_token_priority": 4.25e-06, "input_cost_per_token_flex": 1e-06,
        "input_cost_per_token_above_272k_tokens_priority": 8.5e-06, "input_cost_per_token_ultrafast": 1.5e-05,
    }  # fmt: skip
    rates = rates_of(book({"gpt-4o": entry}), "gpt-4o")
    assert prices(rates, batch=True) == {("input_tokens", 0): Decimal("1.25"), ("output_tokens", 0): 5}
    assert prices(rates, speed="ultrafast") == {("input_tokens", 0): 15}
    assert prices(rates, service_tier="flex") == {("input_tokens", 0): 1}
    assert prices(rates, service_tier="priority") == {
        ("input_tokens", 0): Decimal("4.25"), ("input_tokens", 272_000): Decimal("8.5"),
    }  # fmt: skip
    (taken,) = {r.note for r in rates if r.service_tier == "flex" and r.meter == "output_tokens"}
    assert taken == "no price of its own for flex: the ordinary one"


def test_a_batch_price_without_one_for_long_prompts_is_noted(book):
    entry = CHAT | {
        "litellm_provider": "openai", "input_cost_per_token_above_272k_tokens": 5e-06,
        "input_cost_per_token_batches": 1.25e-06,
    }  # fmt: skip
    catalog = book({"gpt-5.5": entry})
    assert "no price of batch work for long prompts" in catalog.notes["openai", "gpt-5.5"]


def test_tiered_pricing_is_a_price_for_the_whole_request(book):
    tiers = [
        {"range": [0, 32000], "input_cost_per_token": 1e-06, "output_cost_per_token": 4e-06},
        {"range": [32000, 128000], "input_cost_per_token": 2e-06, "output_cost_per_token": 8e-06},
    ]
    entry = {"litellm_provider": "dashscope", "mode": "chat", "tiered_pricing": tiers}
    rates = rates_of(book({"dashscope/qwen-max": entry}), "dashscope/qwen-max")
    assert prices(rates) == {
        ("input_tokens", 0): 1, ("input_tokens", 32_000): 2, ("output_tokens", 0): 4, ("output_tokens", 32_000): 8,
    }  # fmt: skip


def test_off_peak_hours_have_weekdays_by_a_zone_of_their_own(book):
    # 00:00-01:00 and 10:00-24:00 UTC are 08:00-09:00 and 18:00-08:00 in Shanghai, cut at midnight there.
    entry = {
        "litellm_provider": "deepseek", "mode": "chat", "input_cost_per_token": 3e-07, "output_cost_per_token": 1.2e-06,
        "off_peak_pricing": {
            "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07, "weekday_timezone": "Asia/Shanghai",
            "windows": [
                {"hours_utc": ["00:00-01:00", "10:00-00:00"], "weekdays": [1, 2, 3, 4, 5]},
                {"hours_utc": "00:00-00:00", "weekdays": ["sat", "sun"]},
            ],
        },
    }  # fmt: skip
    rates = rates_of(book({"deepseek/deepseek-flash": entry}), "deepseek/deepseek-flash")
    found = [(r.window, r.unit_price * 1_000_000) for r in rates if r.window and r.meter == "input_tokens"]
    assert [(w.start, w.end, w.timezone, w.weekdays, price) for w, price in found] == [
        (time(8), time(9), "Asia/Shanghai", (0, 1, 2, 3, 4), Decimal("0.15")),
        (time(18), time(0), "Asia/Shanghai", (0, 1, 2, 3, 4), Decimal("0.15")),
        (time(0), time(8), "Asia/Shanghai", (0, 1, 2, 3, 4), Decimal("0.15")),
        (time(0), time(0), "Asia/Shanghai", (5, 6), Decimal("0.15")),
    ]
    assert {r.unit_price * 1_000_000 for r in rates if r.window and r.meter == "reasoning_tokens"} == {Decimal("0.6")}


def test_hours_that_can_not_be_read_are_noted(book):
    entry = CHAT | {"litellm_provider": "deepseek", "off_peak_pricing": {"hours_utc": "25:00-01:00"}}
    assert "off_peak_pricing is left out" in book({"deepseek/x": entry}).notes["deepseek", "x"]


@pytest.mark.parametrize(
    ("mode", "field", "meter", "dollars"),
    [
        ("audio_transcription", "input_cost_per_second", "audio_seconds", "0.0001"),
        ("video_generation", "output_cost_per_second_1080p", "video_seconds_1080p", "0.5"),
        ("video_generation", "output_cost_per_video_per_second", "video_seconds", "0.4"),
        ("image_generation", "output_cost_per_image", "images", "0.04"),
        ("audio_speech", "input_cost_per_character", "characters", "0.000015"),
        ("rerank", "input_cost_per_query", "search_units", "0.002"),
        ("search", "input_cost_per_query", "web_searches", "0.005"),
        ("ocr", "ocr_cost_per_page", "pages", "0.001"),
        ("chat", "code_interpreter_cost_per_session", "code_sessions", "0.03"),
        ("chat", "input_cost_per_audio_token", "input_audio_tokens", "0.00004"),
        ("chat", "google_maps_grounding_cost_per_query", "maps_searches", "0.014"),
        ("chat", "vector_store_cost_per_gb_per_day", "storage_gb_days", "0.1"),
    ],
)
def test_what_is_not_tokens_has_a_meter_of_its_own(book, mode, field, meter, dollars):
    entry = {"litellm_provider": "openai", "mode": mode, field: float(dollars)}
    (rate,) = [r for r in rates_of(book({"it": entry}), "openai/it") if not r.note]
    assert (rate.meter, rate.unit_price) == (meter, Decimal(dollars))


def test_the_size_of_an_image_in_the_name_becomes_a_meter(book):
    # 1024 x 1024 pixels at 3.81469e-08 dollars: 0.0399999238144
    entry = {"litellm_provider": "openai", "mode": "image_generation", "input_cost_per_pixel": 3.81469e-08}
    (rate,) = rates_of(book({"standard/1024-x-1024/dall-e-3": entry}), "dall-e-3")
    assert (rate.meter, rate.unit_price) == ("images_1024x1024_standard", Decimal("0.0399999238144"))


def test_a_commitment_is_priced_by_the_hour(book):
    # 0.0455 dollars a second are 163.8 an hour
    entry = {"litellm_provider": "bedrock", "mode": "chat", "input_cost_per_second": 0.0455}
    (rate,) = book({"bedrock/ap-northeast-1/1-month-commitment/anthropic.claude-v1": entry}).rates[
        "aws", "anthropic.claude-v1"
    ]
    assert (rate.meter, rate.unit_price) == ("provisioned_unit_hours", Decimal("163.8"))
    assert (rate.region, rate.service_tier) == ("ap-northeast-1", "1-month-commitment")


def test_regions_stand_in_the_name_or_are_a_multiple(book):
    catalog = book({
        "meta.llama3-70b-instruct-v1:0": CHAT | {"litellm_provider": "bedrock", "input_cost_per_token": 2.65e-06},
        "bedrock/sa-east-1/meta.llama3-70b-instruct-v1:0": CHAT
        | {"litellm_provider": "bedrock", "input_cost_per_token": 4.45e-06},
        "eu.anthropic.claude-x": CHAT | {"litellm_provider": "bedrock_converse"},
        "gpt-5.5": CHAT | {"litellm_provider": "openai", "regional_processing_uplift_multiplier_eu": 1.1},
        "claude-opus-4-8": CHAT | {"litellm_provider": "anthropic", "provider_specific_entry": {"us": 1.1, "fast": 6}},
        "gemini/gemini-3": CHAT | {"litellm_provider": "gemini", "regional_endpoint_uplift_multiplier": 1.1},
    })  # fmt: skip
    name = "bedrock/sa-east-1/meta.llama3-70b-instruct-v1:0"
    assert locate(catalog, name).region == "sa-east-1"
    assert prices(rates_of(catalog, name))["input_tokens", 0] == Decimal("4.45")
    assert locate(catalog, "eu.anthropic.claude-x").region == "eu"
    regions = {(r.provider, r.region) for key in catalog.rates for r in catalog.rates[key]}
    assert {("openai", "eu"), ("anthropic", "us"), ("google", "us-east5")} <= regions
    (fast,) = [
        r for r in catalog.rates["anthropic", "claude-opus-4-8"] if r.speed == "fast" and r.meter == "input_tokens"
    ]
    assert fast.unit_price * 1_000_000 == 15
    with pytest.raises(UnknownModel, match="in region 'ap-south-1'"):
        locate(catalog, "bedrock/ap-south-1/meta.llama3-70b-instruct-v1:0")


def test_a_search_costs_by_its_context_and_the_middle_one_is_taken_and_said(book):
    sizes = {f"search_context_size_{size}": price for size, price in (("low", 0.03), ("medium", 0.035), ("high", 0.05))}
    catalog = book({"gpt-4o": CHAT | {"litellm_provider": "openai", "search_context_cost_per_query": sizes}})
    assert prices(rates_of(catalog, "gpt-4o"))["web_searches", 0] == 35_000
    assert "low 0.03, medium 0.035, high 0.05" in catalog.notes["openai", "gpt-4o"]


@pytest.mark.parametrize("field", ["citation_cost_per_token", "annotation_cost_per_page", "input_cost_per_stanza"])
def test_a_price_without_a_meter_is_never_left_out_silently(book, field):
    catalog = book({"m": CHAT | {"litellm_provider": "perplexity", field: 1e-06}})
    assert f"{field} is left out" in catalog.notes["perplexity", "m"]


def test_a_thousand_fold_price_is_refused_by_name(book):
    catalog = book({"m": CHAT | {"litellm_provider": "wandb", "input_cost_per_token": 0.015}})
    with pytest.raises(
        UnpricedUsage, match=r"wandb/m costs 0.015 USD for one of input_tokens; expected less than 0.01"
    ):
        rates_of(catalog, "wandb/m")


def test_a_model_without_a_price_is_refused_and_one_at_zero_is_noted(book):
    catalog = book({
        "dear": {"litellm_provider": "openai", "mode": "chat"},
        "free": {"litellm_provider": "ollama", "mode": "chat", "input_cost_per_token": 0, "output_cost_per_token": 0},
    })  # fmt: skip
    with pytest.raises(UnpricedUsage, match="without a price"):
        rates_of(catalog, "openai/dear")
    assert catalog.notes["ollama", "free"] == "the list says 0: free, or not known"


def test_reasoning_takes_over_the_price_of_output_and_says_so(book):
    rates = rates_of(book({"m": CHAT | {"litellm_provider": "openai"}}), "openai/m")
    (rate,) = [r for r in rates if r.meter == "reasoning_tokens"]
    assert rate.unit_price * 1_000_000 == 10
    assert rate.note == "no price of its own: priced as output_tokens"


def test_seconds_listed_on_both_sides_are_charged_once(book):
    seconds = {"output_cost_per_second": 0.0, "input_cost_per_second": 3.333e-05}
    entry = {"litellm_provider": "assemblyai", "mode": "audio_transcription", **seconds}
    (rate,) = rates_of(book({"assemblyai/best": entry}), "assemblyai/best")
    assert (rate.meter, rate.unit_price) == ("audio_seconds", Decimal("0.00003333"))


def test_two_entries_of_one_model_at_different_prices_are_told(book):
    catalog = book({
        "gemini-9": CHAT | {"litellm_provider": "vertex_ai-language-models"},
        "gemini/gemini-9": CHAT | {"litellm_provider": "gemini", "input_cost_per_token": 9e-06},
    })  # fmt: skip
    assert "listed twice at different prices" in catalog.notes["google", "gemini-9"]
    assert prices(rates_of(catalog, "gemini-9"))["input_tokens", 0] == Decimal("2.5")


def test_a_price_that_is_said_goes_before_one_that_is_taken_over_or_nothing(book):
    catalog = book({
        "gemini-9": CHAT | {"litellm_provider": "vertex_ai-language-models", "output_cost_per_token": 0},
        "gemini/gemini-9": CHAT | {"litellm_provider": "gemini", "cache_read_input_token_cost": 2.5e-07},
    })  # fmt: skip
    found = prices(rates_of(catalog, "gemini-9"))
    assert found["cache_read_tokens", 0] == Decimal("0.25")
    assert found["output_tokens", 0] == 10


@pytest.mark.parametrize("text", ["{", '{"a": 1}', "{}"])
def test_json_of_another_form_says_what_is_known(tmp_path, text):
    path = tmp_path / "other.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"other\.json"):
        read_catalog(path)
