"""Where calculators are known to go wrong, numbered as in our notes; each test says the naive answer and ours."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.util import find_spec

import genai_prices
import pytest

from pertoken.catalog.book import UnknownModel, locate, rates_of
from pertoken.catalog.gaps import gaps
from pertoken.connect.catalogs import read_catalog
from pertoken.core.meters import meter
from pertoken.rating.assign import RateBook

TEN_AND_ONE = {"input_tokens": 10_000, "output_tokens": 1_000}


@pytest.fixture(scope="module")
def book():
    return read_catalog()


def inside(window, moment):
    """Whether a moment of UTC lies in a window by UTC that ends on the day on which it begins."""
    listed = moment.weekday() in window.weekdays and moment.date() not in window.holidays
    return listed and window.start <= moment.time() < window.end


def cost(book, name, usage, at=datetime(2026, 11, 20, 12), **labels):  # noqa: DTZ001  a moment of UTC
    rates = rates_of(book, name)
    prompt = sum(count for leaf, count in usage.items() if meter(leaf).direction == "input")
    above = max((r.above for r in rates if r.above < prompt), default=0)
    asked = {
        "model": rates[0].model, "provider": rates[0].provider, "batch": "false", "price_from": at.isoformat(),
        "prompt_tokens_above": str(above), **labels,
    }  # fmt: skip
    asked |= {r.window.key: str(inside(r.window, at)).lower() for r in rates if r.window}
    table, total = RateBook.of(rates), Decimal(0)
    for leaf, count in usage.items():
        rate = table.find({**asked, "meter": leaf})
        assert rate, leaf
        total += rate.unit_price * count
    return total


def theirs(name, usage, provider=None, at=datetime(2026, 11, 20, 12, tzinfo=UTC)):
    return genai_prices.calc_price(
        genai_prices.Usage(**usage), name, provider_id=provider, genai_request_timestamp=at
    ).total_price


def test_fault_5_the_bound_is_passed_for_google_and_reached_for_xai(book):
    at, past = {"input_tokens": 200_000}, {"input_tokens": 200_001}
    assert cost(book, "gemini-2.5-pro", at) == Decimal("0.25")  # 0.2 x 1.25
    assert cost(book, "gemini-2.5-pro", past) == Decimal("0.5000025")  # 0.200001 x 2.50
    low = {"input_tokens": 199_999}
    reached = cost(book, "grok-4.5", at) / 200_000
    assert reached == cost(book, "grok-4.5", past) / 200_001
    assert reached == 2 * cost(book, "grok-4.5", low) / 199_999


def test_fault_6_an_hour_of_cache_costs_twice_the_input_and_five_minutes_a_quarter_more(book):
    one = {kind: cost(book, "claude-opus-4-8", {kind: 1_000_000}) for kind in (
        "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
    )}  # fmt: skip
    assert one["cache_write_5m_tokens"] == Decimal("1.25") * one["input_tokens"]
    assert one["cache_write_1h_tokens"] == 2 * one["input_tokens"]  # at the other price 1.6 times too little


def test_fault_8_a_request_of_the_past_costs_what_it_did_then(book):
    # OpenAI lowered gpt-5.6-sol on 2026-08-21: 5 to 4 dollars in
    july = datetime(2026, 7, 1, 12)  # noqa: DTZ001
    assert cost(book, "gpt-5.6-sol", {"input_tokens": 100_000}, july) == Decimal("0.5")
    assert cost(book, "gpt-5.6-sol", {"input_tokens": 100_000}) == Decimal("0.4")


@pytest.mark.parametrize("name", ["deepseek-chat", "deepseek-reasoner", "mistral-large-latest"])
def test_fault_11_a_moving_alias_says_that_it_is_one(book, name):
    found = locate(book, name)
    assert "moving alias" in found.note


def test_fault_12_a_fee_for_each_request_is_charged(book):
    usage = TEN_AND_ONE | {"requests": 1}
    # 10,000 and 1,000 tokens at a dollar a million are 0.011; 12 dollars a thousand requests are 0.012
    assert cost(book, "perplexity/sonar", usage) == Decimal("0.023")


def test_fault_13_a_premium_that_may_be_retired_is_told(book):
    long = {"input_tokens": 250_000, "output_tokens": 2_000}
    assert cost(book, "claude-sonnet-4-5", long) == theirs("claude-sonnet-4-5", long, "anthropic")
    assert any("in doubt" in text for text in gaps(book, ("anthropic", "claude-sonnet-4-5")))


def test_fault_14_a_region_is_not_collapsed_to_another(book, tmp_path):
    name = "bedrock/sa-east-1/meta.llama3-70b-instruct-v1:0"
    naive = theirs(name.rpartition("/")[2], TEN_AND_ONE, "aws")
    assert naive == Decimal("0.03")
    with pytest.raises(UnknownModel, match="in region 'sa-east-1'"):
        rates_of(book, name)
    entry = {"litellm_provider": "bedrock", "mode": "chat"}
    path = tmp_path / "list.json"
    prices = {"input_cost_per_token": 4.45e-06, "output_cost_per_token": 5.88e-06}
    path.write_text(json.dumps({name: entry | prices}))
    assert cost(read_catalog(overlays=[path]), name, TEN_AND_ONE) == Decimal("0.05038")


@pytest.mark.parametrize("name", ["claude-sonnet-4-5-v99", "gemini-2.5-pro-foo"])
def test_fault_15_a_model_that_does_not_exist_has_no_price(book, name):
    assert theirs(name, TEN_AND_ONE) > 0
    with pytest.raises(UnknownModel, match="did you mean"):
        rates_of(book, name)


@pytest.mark.skipif(find_spec("model_prices") is None, reason="the extra `history` is not installed")
def test_fault_20_weekends_and_chinese_holidays_are_off_peak():
    history = read_catalog("model-prices")
    saturday = datetime(2026, 9, 26, 2)  # noqa: DTZ001
    usage = {"input_tokens": 1_000_000}
    assert theirs("deepseek-v4-flash", usage, "deepseek", saturday.replace(tzinfo=UTC)) == Decimal("0.3")
    assert cost(history, "deepseek-v4-flash", usage, saturday) == Decimal("0.15")
    monday, holiday = saturday + timedelta(days=2), datetime.combine(date(2026, 10, 5), saturday.time())
    assert cost(history, "deepseek-v4-flash", usage, holiday) == Decimal("0.15")
    assert cost(history, "deepseek-v4-flash", usage, monday - timedelta(days=7)) == Decimal("0.3")
