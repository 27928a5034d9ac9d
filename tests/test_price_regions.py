"""A region that a log names has its own price; where the book has none, the answer says what stood for it."""

from decimal import Decimal
from pathlib import Path

import pytest

import pertoken as pt
from pertoken.books.unsure import unsure
from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import Rate

MILLION = 1_000_000
BARE = "anthropic.claude-opus-5"


def rate(model: str, price: str, provider: str = "aws", region: str = "") -> Rate:
    money = Decimal(price)
    return Rate(model=model, meter="input_tokens", price=money, per=Decimal(MILLION), provider=provider, region=region)


BOOK = Catalog(
    "book",
    {
        ("aws", f"global.{BARE}"): (rate(f"global.{BARE}", "5"),),
        ("aws", f"regional.{BARE}"): (rate(f"regional.{BARE}", "5.5"),),
        ("aws", "meta.llama3"): (rate("meta.llama3", "2.65"),),
        ("openai", "gpt-5"): (rate("gpt-5", "2", "openai"), rate("gpt-5", "2.2", "openai", "eu")),
    },
)


@pytest.mark.parametrize(
    ("sold", "region", "amount", "status"),
    [
        (("bedrock", BARE), "", "5", "priced"),
        (("bedrock", BARE), "us-east-1", "5.5", "priced"),
        (("bedrock", BARE), "global", "5", "priced"),
        (("bedrock", "meta.llama3"), "us-west-2", "2.65", "priced"),
        (("bedrock", "meta.llama3"), "sa-east-1", "2.65", "estimated"),
        (("openai", "gpt-5"), "eu", "2.2", "priced"),
        (("openai", "gpt-5"), "ap", "2", "estimated"),
        (("openai", "gpt-5"), "", "2", "priced"),
    ],
)
def test_one_request_and_a_statement_mean_the_same_by_a_region(
    tmp_path: Path, sold: tuple[str, str], region: str, amount: str, status: str
) -> None:
    provider, model = sold
    found = pt.cost({"input_tokens": MILLION}, model=model, provider=provider, region=region, catalog=BOOK)
    assert (found.amount, found.status) == (Decimal(amount), status)
    log = tmp_path / "log.csv"
    log.write_text(
        f"provider,model,region,input_tokens\n{provider},{model},{region},{MILLION}\n"
        f"openai,gpt-5,,1\nbedrock,{BARE},,1\n"
    )
    books = pt.statement(log, cost=["catalog"], catalog=BOOK, by=["model", "region"])
    rest = Decimal("0.000007")
    assert books.statement.total("cost") == Decimal(amount) + rest
    whys = [each.why for each in unsure(books.rated["cost"])]
    assert any(f"region {region}" in why for why in whys if region) == (status == "estimated")
