"""Supplements are dated, sane, and say nothing that the catalog below already says."""

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

import pytest

from pertoken.catalog.prices import Rate
from pertoken.catalog.sane import far_apart
from pertoken.catalog.terms import grouped
from pertoken.connect import genai
from pertoken.connect.catalogs import read_catalog
from pertoken.connect.supplements import supplements

TODAY = date(2026, 11, 22)
PAGE = re.compile(r"https://[a-z0-9.-]+/\S*( \(in [^)]+\))?, seen (\d{4}-\d\d-\d\d)")
BORROWED = "no price of its own"


@pytest.fixture(scope="module")
def added():
    return supplements()


@pytest.fixture(scope="module")
def whole():
    return read_catalog()


def rows() -> Iterable[Rate]:
    return [rate for rates in supplements().rates.values() for rate in rates]


@pytest.mark.parametrize("rate", rows(), ids=lambda rate: rate.id)
def test_every_rate_names_a_page_and_a_day(rate):
    assert (match := PAGE.fullmatch(rate.source)), rate.source
    assert date(2026, 1, 1) <= date.fromisoformat(match[2]) <= TODAY
    assert rate.price > 0


def test_every_multiple_names_a_page_and_a_day(added):
    for uplift in added.uplifts:
        assert PAGE.fullmatch(uplift.source), uplift
        assert Decimal(1) < uplift.times < 2
        assert uplift.meters


def test_prices_of_one_meter_are_within_a_thousandfold_of_their_peers(added):
    by_meter: dict[str, list[Decimal]] = {}
    for rate in rows():
        by_meter.setdefault(rate.meter.partition("_1")[0], []).append(rate.unit_price)
    assert all(max(prices) < 1000 * min(prices) for prices in by_meter.values())
    assert not list(far_apart(genai.catalog(), added, "supplements.yaml"))


def test_no_supplement_says_what_the_catalog_says_itself(added):
    below = genai.catalog()
    for key, rates in added.rates.items():
        said = grouped([each for each in below.rates.get(key, ()) if not each.note.startswith(BORROWED)])
        assert not said.keys() & grouped(rates).keys(), key


def test_multiples_reach_models_of_the_catalog(added):
    names = set(genai.catalog().rates)
    for uplift in added.uplifts:
        reached = [
            key
            for key in names
            if uplift.holds(Rate(model=key[1], meter=uplift.meters[0], price=Decimal(1), provider=key[0]))
        ]
        assert len(reached) >= 6, uplift


def test_the_bundled_catalog_carries_them(whole):
    assert re.fullmatch(r"genai-prices \S+ \+ supplements \d{4}-\d\d-\d\d", whole.name)
    storage = [rate for rate in whole.rates["google", "gemini-3.8-flash"] if rate.meter == "cache_storage_token_hours"]
    # 0.50 until the end of 2026, then 1.00, as Google's page says
    assert [(rate.price, rate.per, rate.start) for rate in storage] == [
        (Decimal("0.50"), 1_000_000, None), (Decimal("1.00"), 1_000_000, date(2027, 1, 1)),
    ]  # fmt: skip
    assert any(rate.meter == "input_tokens" for rate in whole.rates["google", "gemini-3.8-flash"])


def test_inference_in_the_us_is_a_tenth_dearer_on_claude(whole):
    rates = [each for each in whole.rates["anthropic", "claude-opus-4-8"] if each.meter == "output_tokens"]
    plain = {(r.batch, r.service_tier, r.speed, r.start): r.unit_price for r in rates if not r.region}
    us = {(r.batch, r.service_tier, r.speed, r.start): r.unit_price for r in rates if r.region == "us"}
    assert us.keys() == plain.keys()
    assert all(us[key] == plain[key] * Decimal("1.1") for key in plain)
    assert not [r for r in whole.rates["anthropic", "claude-sonnet-4-5"] if r.region]  # came before the choice


def test_pictures_cost_what_their_tokens_cost(added):
    # OpenAI's guide: 272, 1056 and 4160 tokens a square picture, at 40 USD for a million of them
    prices = {rate.meter: rate.price for rate in added.rates["openai", "gpt-image-1"]}
    for quality, tokens in (("low", 272), ("medium", 1056), ("high", 4160)):
        assert float(prices[f"images_1024x1024_{quality}"]) == pytest.approx(tokens * 40 / 1e6, abs=0.001)


def test_they_are_kept_like_the_catalog_and_read_again_the_same(monkeypatch, tmp_path, added):
    monkeypatch.setenv("PERTOKEN_CACHE", str(tmp_path))
    first = supplements()
    (kept,) = tmp_path.glob("supplements-*")
    again = supplements()
    ids = [{rate.id for key in each.rates for rate in each.rates[key]} for each in (first, again, added)]
    assert ids[0] == ids[1] == ids[2]
    assert set(first.uplifts) == set(again.uplifts)
    kept.write_text("torn")
    assert set(supplements().uplifts) == set(first.uplifts)
