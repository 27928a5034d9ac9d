"""A name means a model only if it is listed; what looks alike is offered, never priced."""

from datetime import date
from decimal import Decimal

import pytest

from pertoken.catalog.book import Catalog, UnknownModel, find, rates_of
from pertoken.catalog.prices import Rate
from pertoken.core.errors import InputError, UnpricedUsage


def sold(provider, model, usd):
    rate = Rate(model=model, meter="input_tokens", price=Decimal(usd), per=Decimal(1_000_000), provider=provider)
    return {(provider, model): (rate,)}


BOOK = Catalog(
    name="book 1",
    rates={
        **sold("openai", "gpt-4o", "2.50"),
        **sold("openai", "gpt-4o-2024-05-13", "5.00"),
        **sold("azure", "gpt-4o", "2.75"),
        **sold("openrouter", "openai/gpt-4o", "2.60"),
        **sold("openrouter", "cohere/north:free", "0"),
        **sold("anthropic", "claude-sonnet-4-5", "3"),
        **sold("google", "claude-sonnet-4-5", "3.30"),
        **sold("google", "gemini-2.5-pro", "1.25"),
        **sold("aws", "anthropic.claude-sonnet-4-5", "3.30"),
        **sold("cohere", "command", "1"),
        **sold("groq", "Llama-3.3-70B", "0.59"),
        **sold("together", "llama-3.3-70b", "0.88"),
        **sold("groq", "qwen-3", "0.20"),
        **sold("together", "qwen-3", "0.20"),
    },
    aliases={"gpt-4o-latest": (("openai", "gpt-4o"),), "llama-70b": (("groq", "Llama-3.3-70B"),)},
    refusals={("deepseek", "deepseek-chat"): "its price depends on the time of day"},
)


@pytest.mark.parametrize(
    ("name", "provider", "key"),
    [
        ("gpt-4o", "", ("openai", "gpt-4o")),
        ("GPT-4O", "", ("openai", "gpt-4o")),
        ("gpt-4o-latest", "", ("openai", "gpt-4o")),
        ("gpt-4o", "azure", ("azure", "gpt-4o")),
        ("gpt-4o", "Azure", ("azure", "gpt-4o")),
        ("azure/gpt-4o", "", ("azure", "gpt-4o")),
        ("llama-70b", "", ("groq", "Llama-3.3-70B")),
    ],
)
def test_an_id_an_alias_and_a_seller_are_found_in_any_case(name, provider, key):
    assert find(BOOK, name, provider=provider) == key


@pytest.mark.parametrize(
    ("name", "provider", "key"),
    [
        ("openai/gpt-4o", "", ("openai", "gpt-4o")),
        ("openai/gpt-4o", "openai", ("openai", "gpt-4o")),
        ("openai/gpt-4o", "openrouter", ("openrouter", "openai/gpt-4o")),
        ("openrouter/openai/gpt-4o", "", ("openrouter", "openai/gpt-4o")),
        ("cohere/north:free", "", ("openrouter", "cohere/north:free")),
    ],
)
def test_a_slash_names_the_seller_unless_the_seller_has_no_such_model(name, provider, key):
    assert find(BOOK, name, provider=provider) == key


@pytest.mark.parametrize("date", ["-20250929", "-2025-09-29", "@20250929"])
def test_a_date_is_taken_off_a_known_name(date):
    assert find(BOOK, f"claude-sonnet-4-5{date}") == ("anthropic", "claude-sonnet-4-5")
    assert find(BOOK, f"google/claude-sonnet-4-5{date}") == ("google", "claude-sonnet-4-5")


def test_a_dated_model_that_is_listed_keeps_its_own_price():
    assert find(BOOK, "gpt-4o-2024-05-13") == ("openai", "gpt-4o-2024-05-13")
    assert find(BOOK, "gpt-4o-2024-08-06") == ("openai", "gpt-4o")


@pytest.mark.parametrize("name", ["claude-sonnet-4-5-20251399", "claude-sonnet-4-5-2025", "claude-sonnet-4-5-0929"])
def test_what_is_no_date_is_not_taken_off(name):
    with pytest.raises(UnknownModel, match="did you mean claude-sonnet-4-5"):
        find(BOOK, name)


def test_an_edition_is_taken_off_together_with_the_date():
    key = ("aws", "anthropic.claude-sonnet-4-5")
    assert find(BOOK, "anthropic.claude-sonnet-4-5-20250929-v1:0", provider="bedrock") == key


def test_a_bare_name_means_the_offer_of_its_maker_and_a_maker_that_resells_comes_last():
    assert find(BOOK, "claude-sonnet-4-5") == ("anthropic", "claude-sonnet-4-5")
    assert find(BOOK, "claude-sonnet-4-5", provider="gcp.vertex_ai") == ("google", "claude-sonnet-4-5")


def test_a_name_without_a_maker_that_is_sold_at_different_prices_lists_the_choices():
    with pytest.raises(UnknownModel, match=r"name one of groq/Llama-3\.3-70B, together/llama-3\.3-70b"):
        find(BOOK, "llama-3.3-70b")


def test_a_name_without_a_maker_that_costs_the_same_everywhere_is_found():
    assert find(BOOK, "qwen-3") == ("groq", "qwen-3")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("claude-sonnet-4-5-v99", "did you mean claude-sonnet-4-5"),
        ("claude-sonnet-4.5", "did you mean claude-sonnet-4-5"),
        ("gemini-2.5-pro-foo", "did you mean gemini-2.5-pro"),
        ("gpt-4o-mini-tts-and-more", "did you mean gpt-4o"),
        ("zzz", "no name is like it"),
        ("", "no name is like it"),
        ("openai/", "did you mean openai/gpt-4o"),
    ],
)
def test_a_name_that_only_looks_like_a_model_is_refused_with_a_suggestion(name, hint):
    with pytest.raises(UnknownModel, match=hint) as error:
        find(BOOK, name)
    assert isinstance(error.value, InputError)


def test_a_model_that_the_seller_does_not_sell_is_refused_with_those_who_do():
    with pytest.raises(UnknownModel, match="did you mean azure/gpt-4o or openai/gpt-4o"):
        find(BOOK, "gpt-4o", provider="anthropic")


def test_an_unknown_provider_is_refused_with_a_suggestion():
    with pytest.raises(UnknownModel, match=r"unknown provider 'opnai' in book 1; did you mean openai\?"):
        find(BOOK, "gpt-4o", provider="opnai")


def test_rates_are_looked_up_by_any_name():
    (rate,) = rates_of(BOOK, "openai/gpt-4o-2024-08-06")
    assert rate.unit_price == Decimal("0.0000025")


def test_a_refused_model_is_found_but_says_why_it_has_no_rates():
    assert find(BOOK, "deepseek-chat") == ("deepseek", "deepseek-chat")
    with pytest.raises(UnpricedUsage, match="deepseek/deepseek-chat has no usable price in book 1: its price depends"):
        rates_of(BOOK, "deepseek-chat")


def test_offers_that_change_on_different_days_are_different():
    early, late = (
        Rate(model="m", meter="pages", price=Decimal(1), provider=each, start=date(2026, month, 1))
        for each, month in [("groq", 5), ("together", 7)]
    )
    book = Catalog(name="book 2", rates={("groq", "m"): (early,), ("together", "m"): (late,)})
    with pytest.raises(UnknownModel, match="groq/m, together/m"):
        find(book, "m")


def test_a_word_inside_names_is_answered_with_the_shortest_of_them():
    book = Catalog(name="book 2", rates={**sold("p", "claude-sonnet-9-big", "1"), **sold("p", "gpt-x", "1")})
    with pytest.raises(UnknownModel, match=r"did you mean claude-sonnet-9-big\?"):
        find(book, "sonnet")
    with pytest.raises(UnknownModel, match="no name is like it"):
        find(book, "son")
