"""What a name means is said with how it was read, and beside every other offer by that name."""

from decimal import Decimal

import pytest

from pertoken.catalog.book import Catalog, UnknownModel
from pertoken.catalog.listing import listing, listings, price_list
from pertoken.catalog.prices import Rate


def sold(provider, model, usd):
    rate = Rate(model=model, meter="input_tokens", price=Decimal(usd), per=Decimal(1_000_000), provider=provider)
    return {(provider, model): (rate,)}


BOOK = Catalog(
    name="book 1",
    rates={
        **sold("openai", "gpt-4o", "2.50"),
        **sold("azure", "gpt-4o", "2.75"),
        **sold("groq", "Llama-3.3-70B", "0.59"),
        **sold("together", "llama-3.3-70b", "0.88"),
    },
    aliases={"gpt-4o-latest": (("openai", "gpt-4o"),)},
    refusals={("github", "gpt-4o"): "it is in the subscription"},
    notes={("azure", "gpt-4o"): "prices of East US"},
)


def test_the_offer_that_is_meant_stands_first_and_all_others_follow():
    made = listings(BOOK, "gpt-4o")
    assert [(each.name, each.meant) for each in made] == [
        ("openai/gpt-4o", True), ("azure/gpt-4o", False), ("github/gpt-4o", False),
    ]  # fmt: skip
    assert (made[2].rates, made[2].refusal) == ((), "it is in the subscription")


def test_a_seller_in_the_name_says_which_offer_is_meant():
    first = listings(BOOK, "azure/gpt-4o")[0]
    assert (first.name, first.meant) == ("azure/gpt-4o", True)


@pytest.mark.parametrize(
    ("name", "understood"),
    [
        ("gpt-4o", "id"),
        ("GPT-4o", "id"),
        ("openai/gpt-4o", "id, behind 'openai/'"),
        ("gpt-4o-latest", "listed alias"),
        ("openai/gpt-4o-latest", "listed alias, behind 'openai/'"),
        ("gpt-4o-2026-01-31", "id, without '-2026-01-31'"),
        ("openai/gpt-4o@20260131", "id, behind 'openai/', without '@20260131'"),
    ],
)
def test_how_a_name_was_read_is_said(name, understood):
    assert listing(BOOK, name).name == "openai/gpt-4o"
    assert listing(BOOK, name).understood == understood


def test_a_name_sold_at_different_prices_lists_all_and_means_none():
    made = listings(BOOK, "llama-3.3-70b")
    assert [(each.name, each.meant) for each in made] == [
        ("groq/Llama-3.3-70B", False), ("together/llama-3.3-70b", False),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["gpt-4o-turbo", "gpt-4", "gpt-4oo"])
def test_a_name_that_is_only_alike_is_offered_and_never_taken(name):
    with pytest.raises(UnknownModel, match="did you mean"):
        listings(BOOK, name)


def test_a_price_list_has_the_rates_of_the_offer_that_is_meant():
    made = price_list(BOOK, "azure/gpt-4o")
    assert [each.rate.price for each in made.rates] == [Decimal("2.75")]
    assert (made.catalog, made.on) == ("book 1", None)
