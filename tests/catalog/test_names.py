"""Names as logs and gateways write them: seller, region, date and edition come off; likeness never counts."""

from datetime import date
from decimal import Decimal

import pytest

from pertoken.catalog.book import Catalog, UnknownModel, locate, rates_of
from pertoken.catalog.gaps import gaps
from tests.catalog.made import catalog, rate

REGIONAL, GLOBAL = "regional.anthropic.claude-opus-5", "global.anthropic.claude-opus-5"
BARE, HAIKU = "anthropic.claude-opus-5", "anthropic.claude-3-haiku-20240307-v1:0"
ALONE = "regional.anthropic.claude-3-haiku-20240307-v1:0"
BOOK = catalog(
    rate("5.5", provider="aws", model=REGIONAL),
    rate("5", provider="aws", model=GLOBAL),
    rate("0.25", provider="aws", model=ALONE),
    rate("0.1", provider="google", model="gemini-2.0-flash"),
    rate("2.65", provider="aws", model="meta.llama3-70b-instruct-v1:0"),
    rate("0.8", provider="aws", model="amazon.nova-pro-v1:0"),
    rate("0.9", provider="aws", model="amazon.nova-pro-v1:0", region="eu"),
    rate("1.25", provider="google", model="gemini-2.5-pro"),
    rate("2.5", provider="azure", model="gpt-4o"),
    rate("2.5", provider="openai", model="gpt-4o"),
    rate("3", provider="google", model="claude-sonnet-4-5"),
    rate("3", provider="openrouter", model="anthropic/claude-sonnet-4-5"),
    rate("2", provider="mistral", model="mistral-large-latest"),
    deployments={"prod-chat": "azure/gpt-4o", "azure/chat": "openai/gpt-4o", "gemini-2.5-pro": "openai/gpt-4o"},
)


@pytest.mark.parametrize(
    ("name", "provider", "key"),
    [
        ("us.anthropic.claude-opus-5", "", ("aws", REGIONAL)),
        ("apac.anthropic.claude-opus-5", "bedrock", ("aws", REGIONAL)),
        ("eu.anthropic.claude-opus-5-v1:0", "", ("aws", REGIONAL)),
        ("global.anthropic.claude-opus-5", "bedrock_converse", ("aws", GLOBAL)),
        ("bedrock/converse/us.anthropic.claude-opus-5", "", ("aws", REGIONAL)),
        ("bedrock/us-east-1/meta.llama3-70b-instruct-v1:0", "", ("aws", "meta.llama3-70b-instruct-v1:0")),
        ("us.meta.llama3-70b-instruct-v1:0", "aws", ("aws", "meta.llama3-70b-instruct-v1:0")),
        (
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-opus-5",
            "bedrock",
            ("aws", REGIONAL),
        ),
        ("vertex_ai/claude-sonnet-4-5@20250929", "", ("google", "claude-sonnet-4-5")),
        ("vertex_ai/claude-sonnet-4-5@default", "", ("google", "claude-sonnet-4-5")),
        ("models/gemini-2.5-pro", "gcp.gemini", ("google", "gemini-2.5-pro")),
        (
            "projects/p/locations/us-east5/publishers/anthropic/models/claude-sonnet-4-5@20250929",
            "",
            ("google", "claude-sonnet-4-5"),
        ),
        ("azure/global-standard/gpt-4o", "", ("azure", "gpt-4o")),
        ("anthropic.claude-3-haiku-20240307-v1:0", "bedrock", ("aws", ALONE)),
        ("us.anthropic.claude-3-haiku-20240307-v1", "bedrock", ("aws", ALONE)),
        ("arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0", "", ("aws", ALONE)),
        ("models/gemini-2.0-flash-001", "google-gla", ("google", "gemini-2.0-flash")),
        ("openrouter/anthropic/claude-sonnet-4-5", "", ("openrouter", "anthropic/claude-sonnet-4-5")),
        ("vertex_ai-anthropic_models/claude-sonnet-4-5", "", ("google", "claude-sonnet-4-5")),
    ],
)
def test_a_name_is_read_with_its_seller_and_region(name, provider, key):
    assert locate(BOOK, name, provider=provider).key == key


def test_a_region_in_the_name_is_looked_up_where_it_has_a_price_of_its_own():
    assert locate(BOOK, "eu.amazon.nova-pro-v1:0").region == "eu"
    assert [r.price for r in rates_of(BOOK, "eu.amazon.nova-pro-v1:0") if not r.region] == [Decimal("0.9")]
    assert [r.price for r in rates_of(BOOK, "us.amazon.nova-pro-v1:0") if not r.region] == [Decimal("0.8")]


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("bedrock/sa-east-1/meta.llama3-70b-instruct-v1:0", "sa-east-1"),
        ("eu.meta.llama3-70b-instruct-v1:0", "eu"),
        ("azure/eu/gpt-4o", "eu"),
        ("us-gov.anthropic.claude-opus-5", "us-gov"),
        ("global.amazon.nova-pro-v1:0", "global"),
    ],
)
def test_a_region_without_a_price_is_not_taken_for_another(name, region):
    with pytest.raises(UnknownModel, match=f"in region '{region}'.*in an overlay"):
        locate(BOOK, name)


@pytest.mark.parametrize(
    "name", ["gpt-4o-v99", "us.anthropic.claude-opus-5-foo", "bedrock/us-east-1/gpt-4o", "eu.gpt-4o"]
)
def test_a_name_that_is_only_like_one_is_refused(name):
    with pytest.raises(UnknownModel):
        locate(BOOK, name)


def test_a_deployment_goes_before_all_else_and_one_of_a_provider_before_one_of_any():
    assert locate(BOOK, "Prod-Chat").key == ("azure", "gpt-4o")
    assert locate(BOOK, "prod-chat", provider="a-gateway-of-ours").key == ("azure", "gpt-4o")
    assert locate(BOOK, "chat", provider="azure").key == ("openai", "gpt-4o")
    assert locate(BOOK, "gemini-2.5-pro").key == ("openai", "gpt-4o")
    assert locate(BOOK, "prod-chat").note == "'prod-chat' is a name of your own for azure/gpt-4o"
    with pytest.raises(UnknownModel):
        locate(BOOK, "chat")


def test_a_moving_alias_is_told():
    assert "moving alias" in locate(BOOK, "mistral-large-latest").note
    assert any("moving alias" in text for text in gaps(BOOK, ("mistral", "mistral-large-latest")))
    assert locate(BOOK, "gpt-4o").note == ""


def test_a_rate_is_looked_up_by_its_id_also_where_the_model_has_colons_and_slashes():
    for key in BOOK.rates:
        assert all(BOOK.rate(each.id) == each for each in BOOK.rates[key])
    with pytest.raises(UnknownModel.__bases__[0], match="no rate 'aws/x:y#0'"):
        BOOK.rate("aws/x:y#0")


def test_the_hash_follows_what_is_said_and_neither_name_nor_order():
    one, two = rate("1"), rate("2", meter="output_tokens")
    book = catalog(one, two)
    assert book.hash == catalog(two, one, name="other").hash
    assert len({book.hash, catalog(one).hash, catalog(one, rate("3", meter="output_tokens")).hash}) == 3
    assert book.hash != catalog(one, two, notes={("p", "m"): "x"}).hash


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ([rate()], "no price for output is known"),
        ([rate(meter="output_tokens")], "no price for input is known"),
        ([rate()], "no price for batch work is known"),
        ([rate()], "no price for particular regions is known"),
        ([rate()], "its price is not dated: it is taken for all days"),
        ([rate(basis="first observed")], "noticed"),
        ([rate(note="no price of its own: priced as output_tokens", meter="reasoning_tokens")],
         "no price of its own for reasoning_tokens: priced as output_tokens"),
        ([rate(provider="google"), rate(provider="google", meter="cache_read_tokens")],
         "no price for cache storage is known"),
    ],
)  # fmt: skip
def test_what_is_known_not_to_be_known_is_read_off_the_rates(rates, said):
    book = catalog(*rates)
    assert any(said in text for text in gaps(book, (rates[0].provider, "m")))


def test_a_model_that_has_it_all_has_no_gaps():
    every = [rate(meter=meter, **terms) for meter in ("input_tokens", "output_tokens") for terms in (
        {}, {"batch": True}, {"service_tier": "priority"}, {"region": "eu"}, {"start": date(2026, 1, 1)},
    )]  # fmt: skip
    assert gaps(catalog(*every), ("p", "m")) == ()


def test_a_refused_model_has_one_gap():
    book = Catalog("book", {}, refusals={("p", "m"): "it is listed without a price"})
    assert gaps(book, ("p", "m")) == ("no usable price: it is listed without a price",)


def test_a_bare_id_of_bedrock_has_the_price_of_the_whole_world():
    aws = catalog(
        rate("5.5", provider="aws", model=REGIONAL),
        rate("5", provider="aws", model=GLOBAL),
        rate("0.25", provider="aws", model=f"regional.{HAIKU}"),
        aliases={BARE: (("aws", REGIONAL),)},
    )
    for name in (BARE, f"bedrock/{BARE}", f"{BARE}-v1:0"):
        assert locate(aws, name).key == ("aws", GLOBAL)
    for name in (f"us.{BARE}", f"bedrock/us-east-1/{BARE}", REGIONAL, f"arn:aws:bedrock:eu-west-1::model/{BARE}"):
        assert locate(aws, name).key == ("aws", REGIONAL)
    assert locate(aws, HAIKU).key == ("aws", f"regional.{HAIKU}"), "it has no price besides"
    assert locate(aws, f"bedrock/us-east-1/{HAIKU}").key == ("aws", f"regional.{HAIKU}")


def test_a_region_said_beside_the_name_is_priced_as_its_own_or_says_what_stands_for_it():
    def prices(name, region, provider="aws"):
        rates = rates_of(BOOK, name, provider=provider, region=region)
        return {(rate.region, str(rate.price), bool(rate.note)) for rate in rates}

    assert prices(BARE, "") == {("", "5", False)}
    assert prices(BARE, "us-east-1") == {("us-east-1", "5.5", False)}
    assert prices("amazon.nova-pro-v1:0", "eu") == {("", "0.8", False), ("eu", "0.9", False)}
    assert prices("amazon.nova-pro-v1:0", "us-east-1") == {("", "0.8", False), ("eu", "0.9", False)}
    assert ("sa-east-1", "0.8", True) in prices("amazon.nova-pro-v1:0", "sa-east-1")
    assert ("sa-east-1", "2.65", True) in prices("meta.llama3-70b-instruct-v1:0", "sa-east-1")
    assert prices("gpt-4o", "eu", "openai") == {("", "2.5", False)}
