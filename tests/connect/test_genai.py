"""Rates compiled from genai-prices charge what genai-prices charges, to the last digit."""

import json
import os
import random
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import genai_prices
import pytest
from genai_prices.data import providers
from genai_prices.data_units import unit_data
from genai_prices.types import TimeOfDateConstraint, _providers_from_raw

from pertoken.catalog.book import UnknownModel, find, rates_of
from pertoken.catalog.prices import STANDARD, WEEK
from pertoken.connect import catalog_cache, genai
from pertoken.core.errors import InputError, UnpricedUsage
from pertoken.core.meters import meter
from pertoken.rating.cost import cost
from pertoken.usage.record import UsageRecord

MODELS = {(provider.id, model.id): (provider, model) for provider in providers for model in provider.models}
LONG_AGO, LATELY = date(2020, 1, 1), date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 23, tzinfo=UTC)

LEAVES = {
    "input_tokens": (1009, "tokens input text"),
    "cache_read_tokens": (2003, "tokens input text cache_read"),
    "cache_write_tokens": (307, "tokens input text cache_write"),
    "cache_write_5m_tokens": (401, "tokens input text cache_write 5m"),
    "cache_write_1h_tokens": (503, "tokens input text cache_write 1h"),
    "cache_write_30m_tokens": (521, "tokens input text cache_write"),
    "cache_write_12h_tokens": (547, "tokens input text cache_write"),
    "input_audio_tokens": (601, "tokens input audio"),
    "cache_read_audio_tokens": (701, "tokens input audio cache_read"),
    "input_image_tokens": (809, "tokens input image"),
    "cache_read_image_tokens": (907, "tokens input image cache_read"),
    "input_video_tokens": (1103, "tokens input video"),
    "output_tokens": (1201, "tokens output text"),
    "reasoning_tokens": (1301, "tokens output text reasoning"),
    "output_audio_tokens": (1409, "tokens output audio"),
    "output_image_tokens": (1511, "tokens output image"),
    "output_video_tokens": (1601, "tokens output video"),
    "web_searches": (3, "tool_calls web_search"),
    "file_searches": (5, "tool_calls storage_search"),
    "code_executions": (7, "tool_calls code_execution"),
    "characters": (1709, "characters input"),
    "pages": (11, "document_pages input"),
    "audio_seconds": (467, "durations input audio"),
    "requests": (1, "requests"),
}
"""For each leaf meter a prime, and everything that genai-prices says of it."""


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PERTOKEN_CACHE", str(tmp_path_factory.mktemp("cache")))
        return genai.catalog()


def quantities(rates, prompt=0):
    """One of everything that is priced, the prompt filled up to a length with plain input."""
    leaves = {rate.meter: LEAVES[rate.meter][0] for rate in rates}
    if prompt:
        leaves["input_tokens"] += prompt - length(leaves)
    return leaves


def length(leaves):
    return sum(quantity for name, quantity in leaves.items() if meter(name).direction == "input")


def inclusive(leaves):
    """The same usage as genai-prices counts it: every unit holds all that is more particular."""
    usage = {}
    for unit, about in unit_data.items():
        said = set(about["dimensions"].values())
        usage[unit] = sum(quantity for name, quantity in leaves.items() if said <= set(LEAVES[name][1].split()))
    usage.pop("requests")
    return genai_prices.Usage(**usage)


ORDINARY = (False, STANDARD, STANDARD, "")


def bought(rate):
    return rate.batch, rate.service_tier, rate.speed, rate.region


def on_sale(rates, moment, terms):
    return [
        rate
        for rate in rates
        if bought(rate) == terms and (rate.start or date.min) <= moment.date() and within(rate.window, moment.time())
    ]


def within(window, clock):
    """Windows of genai-prices are of every day and by UTC; those on workdays only are held against their page below."""
    if window is None:
        return True
    assert window.timezone == "UTC"
    assert (window.weekdays, window.holidays) in {(WEEK, ()), (genai.WORKDAYS, genai.HOLIDAYS)}
    late = clock >= window.start
    return late and clock < window.end if window.start < window.end else late or clock < window.end


def charged(rates, leaves, moment, terms):
    """A slow, readable look-up: the newest price list, then the highest threshold exceeded, then the hours."""
    reached = [rate for rate in on_sale(rates, moment, terms) if rate.above == 0 or length(leaves) > rate.above]
    order = sorted(reached, key=lambda rate: (rate.start or date.min, rate.above, rate.window is not None))
    newest = {rate.meter: rate for rate in order}
    return sum((newest[name].unit_price * quantity for name, quantity in leaves.items()), Decimal(0))


def context(terms):
    batch, tier, speed, region = terms
    if batch:
        return {"processing": "batch"}
    if region:
        return {"route": f"mistral/{region}"}
    return {"speed": speed} if speed != STANDARD else {"service_tier": tier} if tier != STANDARD else None


def clocks(rates):
    """A late hour, and the moments at and around every bound of every window."""
    edges = {edge for rate in rates if rate.window for edge in (rate.window.start, rate.window.end)}
    noon = datetime(2000, 1, 2, 12, tzinfo=UTC)
    near = (datetime.combine(noon, edge) + timedelta(seconds=n) for edge in edges for n in (-1, 0, 1))
    return sorted({each.time() for each in near} | {time(23)})


def cases(rates):
    """Every way to buy, every day on which a price begins, lengths and hours at and around every threshold."""
    prompts = sorted({near for rate in rates if rate.above for near in (rate.above - 1, rate.above, rate.above + 1)})
    for terms in sorted({bought(rate) for rate in rates}):
        starts = {rate.start for rate in rates if bought(rate) == terms}
        days = {day for start in starts - {None} for day in (start, start - timedelta(days=1))} | {LATELY}
        days = {day for day in days if None in starts or day >= min(starts)} | ({LONG_AGO} if None in starts else set())
        for day in sorted(days):
            for clock in clocks(rates):
                yield from ((terms, datetime.combine(day, clock, UTC), prompt) for prompt in prompts or [0])


def differences(book, keys):
    for key in keys:
        provider, model = MODELS[key]
        rates = book.rates[key]
        for terms, moment, prompt in cases(rates):
            leaves = quantities(on_sale(rates, moment, terms), prompt)
            theirs = model.calc_price(
                inclusive(leaves), provider, genai_request_timestamp=moment, price_context=context(terms)
            ).total_price
            if (ours := charged(rates, leaves, moment, terms)) != theirs:
                yield f"{'/'.join(key)} {terms} {moment} {prompt}: {ours} is not {theirs}"


BY_THE_CLOCK = [
    key
    for key, (_, model) in MODELS.items()
    if isinstance(model.prices, list) and any(isinstance(p.constraint, TimeOfDateConstraint) for p in model.prices)
]


@pytest.mark.parametrize("key", BY_THE_CLOCK, ids="/".join)
def test_prices_by_the_time_of_day_are_those_of_genai_prices_on_both_sides_of_every_bound(book, key):
    assert len(clocks(book.rates[key])) >= 7
    assert not list(differences(book, [key]))


@pytest.mark.parametrize("key", [("anthropic", "claude-opus-4-8"), ("openrouter", "mistralai/mistral-large-4-0")])
def test_speed_and_region_are_terms_of_their_own(book, key):
    terms = {bought(rate) for rate in book.rates[key]}
    assert {(False, STANDARD, "fast", ""), (False, STANDARD, STANDARD, "eu")} & terms
    assert not list(differences(book, [key]))


@pytest.mark.parametrize("provider", ["openai", "anthropic", "google"])
def test_every_model_of_the_largest_makers_costs_what_genai_prices_says(book, provider):
    keys = [key for key in MODELS if key[0] == provider and key not in book.refusals]
    assert len(keys) > 20
    assert not list(differences(book, keys))


def test_models_drawn_from_all_the_others_cost_what_genai_prices_says(book):
    others = [key for key in MODELS if key[0] not in {"openai", "anthropic", "google"} and key not in book.refusals]
    assert not list(differences(book, random.Random(11).sample(others, 200)))  # noqa: S311  a draw, not a secret


def test_models_with_a_unit_that_is_seldom_priced_cost_what_genai_prices_says(book):
    makers = ("elevenlabs", "groq", "mistral", "perplexity", "voyageai", "x-ai")
    assert not list(differences(book, [key for key in MODELS if key[0] in makers and key not in book.refusals]))


def test_the_public_calculator_of_genai_prices_agrees(book):
    rates = rates_of(book, "openai/gpt-4o")
    leaves = {"input_tokens": 1009, "cache_read_tokens": 2003, "output_tokens": 1201, "reasoning_tokens": 1301}
    theirs = genai_prices.calc_price(
        genai_prices.Usage(input_tokens=3012, cache_read_tokens=2003, output_tokens=2502, output_reasoning_tokens=1301),
        "gpt-4o",
        provider_id="openai",
        genai_request_timestamp=datetime(2026, 11, 20, tzinfo=UTC),
    )
    assert charged(rates, leaves, NOW, ORDINARY) == theirs.total_price


def test_every_listed_model_has_rates_or_a_reason_for_having_none(book):
    assert set(MODELS) <= set(book.rates) | set(book.refusals)
    assert not set(book.rates) & set(book.refusals)
    assert all(book.refusals.values())


# Prices as the vendors' own pages state them.


@pytest.mark.parametrize(
    ("name", "meter", "above", "usd"),
    [
        # https://openai.com/api/pricing/
        ("gpt-4o", "input_tokens", 0, "2.50"),
        ("gpt-4o", "cache_read_tokens", 0, "1.25"),
        ("gpt-4o", "output_tokens", 0, "10.00"),
        # https://platform.claude.com/docs/en/about-claude/pricing
        ("claude-sonnet-4-5", "input_tokens", 0, "3"),
        ("claude-sonnet-4-5", "output_tokens", 0, "15"),
        ("claude-sonnet-4-5", "input_tokens", 200_000, "6"),
        ("claude-sonnet-4-5", "output_tokens", 200_000, "22.50"),
        # https://ai.google.dev/gemini-api/docs/pricing
        ("gemini-2.5-flash", "input_tokens", 0, "0.30"),
        ("gemini-2.5-flash", "output_tokens", 0, "2.50"),
    ],
)
def test_a_million_tokens_cost_what_the_vendor_publishes(book, name, meter, above, usd):
    rates = [rate for rate in rates_of(book, name) if not rate.batch and rate.service_tier == STANDARD]
    (rate,) = (rate for rate in rates if (rate.meter, rate.above) == (meter, above))
    assert rate.unit_price * 1_000_000 == Decimal(usd)


def test_a_request_costs_what_its_vendor_would_charge(book):
    # 300 new + 700 cached + 200 out of gpt-4o: 300 x 2.50 + 700 x 1.25 + 200 x 10.00 = 3625 dollars per million
    leaves = {"input_tokens": 300, "cache_read_tokens": 700, "output_tokens": 200}
    assert charged(rates_of(book, "gpt-4o"), leaves, NOW, ORDINARY) == Decimal("0.003625")


def test_a_prompt_one_token_past_the_threshold_is_billed_whole_at_the_dearer_price(book):
    rates = rates_of(book, "claude-sonnet-4-5")
    at = {"input_tokens": 200_000, "output_tokens": 1_000}
    past = {"input_tokens": 200_001, "output_tokens": 1_000}
    assert charged(rates, at, NOW, ORDINARY) == Decimal("0.615")  # 0.2 x 3 + 0.001 x 15
    assert charged(rates, past, NOW, ORDINARY) == Decimal("1.222506")  # 0.200001 x 6 + 0.001 x 22.5


# Data from a file.

PUBLISHED = """[{"id": "acme", "name": "Acme", "api_pattern": "acme", "pricing_urls": ["https://acme.example/prices"],
  "models": [
    {"id": "anvil-1", "match": {"or": [{"equals": "anvil-1"}, {"starts_with": "anvil-1-"}]},
     "prices": [{"prices": {"input_mtok": 0.1, "output_mtok": {"base": 3, "tiers": [{"start": 1000, "price": 4.5}]}}},
                {"constraint": {"start_date": "2026-11-01"}, "prices": {"input_mtok": 0.2, "output_mtok": 5}},
                {"constraint": {"start_time": "22:00:00Z", "end_time": "06:00:00Z"}, "prices": {"input_mtok": 0.05,
                 "output_mtok": {"base": 1, "tiers": [{"start": 2000, "price": 2}]}}}],
     "price_variants": [{"when": {"service_tier": "priority"}, "prices": {"input_mtok": 0.4}},
                        {"when": {"speed": "fast", "service_tier": "flex"}, "prices": {"input_mtok": 0.6}}]},
    {"id": "anvil-2", "match": {"equals": "anvil-2"}, "prices": {}}]}]"""
"""A document of the published form: a list of providers."""


def test_a_file_of_the_published_form_is_compiled_by_the_same_code():
    book = genai.catalog_of(PUBLISHED, "newer.json")
    (acme,) = _providers_from_raw(json.loads(PUBLISHED))
    rates = book.rates["acme", "anvil-1"]
    for terms, moment, prompt in cases(rates):
        leaves = {"input_tokens": prompt or 7, "output_tokens": 11}
        theirs = acme.models[0].calc_price(
            inclusive(leaves), acme, genai_request_timestamp=moment, price_context=context(terms)
        )
        assert charged(rates, leaves, moment, terms) == theirs.total_price, (terms, moment, prompt)
    assert book.refusals == {("acme", "anvil-2"): "it is listed without a price"}
    assert "several things of a request" in book.notes["acme", "anvil-1"]
    assert rates[0].source == "genai-prices data newer.json, https://acme.example/prices"


@pytest.mark.parametrize("text", ['[{"id": "acme"}]', '[{"id": "a", "name": "a", "api_pattern": "a", "models": [{}]}]'])
def test_a_file_that_is_not_of_the_published_form_says_where(text):
    with pytest.raises(InputError, match=r"newer\.json: .*is missing|newer\.json: .*Field required"):
        genai.catalog_of(text, "newer.json")


# What a rate says of itself.


def test_a_rate_names_its_source(book):
    rate = rates_of(book, "gpt-4o")[0]
    pages = MODELS["openai", "gpt-4o"][0].pricing_urls or []
    assert rate.source == f"genai-prices {genai_prices.__version__}, {pages[0]}"
    assert (rate.provider, rate.model) == ("openai", "gpt-4o")


def test_a_meter_without_a_price_of_its_own_says_whose_it_takes(book):
    notes = {rate.meter: rate.note for rate in rates_of(book, "gpt-4o")}
    assert notes["input_tokens"] == ""
    assert notes["reasoning_tokens"] == "no price of its own: priced as output_tokens"
    assert notes["cache_read_audio_tokens"] == "no price of its own: priced as cache_read_tokens"


def test_a_seller_without_a_price_of_its_own_says_whose_it_takes(book):
    rates = rates_of(book, "azure/gpt-4o")
    assert {rate.provider for rate in rates} == {"azure"}
    assert all("priced as openai/gpt-4o" in rate.note for rate in rates)
    assert {bought(rate) for rate in rates} == {ORDINARY}


@pytest.mark.parametrize("key", [("mistral", "mistral-ocr-2505"), ("perplexity", "perplexity/sonar")])
def test_a_price_that_rates_can_not_say_is_noted(book, key):
    assert "left out" in book.notes[key]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (("anthropic", "claude-sonnet-4-5"), "dropped the dearer price"),
        (("deepseek", "deepseek-v4-flash"), "Monday to Friday"),
        (("aws", "regional.anthropic.claude-opus-5"), "the global price"),
        (("groq", "whisper-large-v3"), "at least 10 seconds"),
    ],
)
def test_what_is_known_to_be_unsure_is_noted(book, key, said):
    assert said in book.notes[key]


def test_a_model_that_is_listed_without_a_price_is_refused_and_a_free_one_costs_nothing(book):
    with pytest.raises(UnpricedUsage, match="listed without a price"):
        rates_of(book, "openrouter/google/lyria-3-pro-preview")
    free = rates_of(book, "openrouter/qwen/qwq-32b:free")
    assert {rate.price for rate in free} == {Decimal(0)}


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("openai/gpt-4o", ("openai", "gpt-4o")),
        ("gpt-4o-2024-08-06", ("openai", "gpt-4o")),
        ("claude-sonnet-4-5-20250929", ("anthropic", "claude-sonnet-4-5")),
        ("claude-opus-4.5", ("anthropic", "claude-opus-4-5")),
        ("gemini/gemini-2.5-flash", ("google", "gemini-2.5-flash")),
        (
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            ("aws", "regional.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ),
    ],
)
def test_names_as_logs_write_them_are_found(book, name, key):
    assert find(book, name) == key


@pytest.mark.parametrize(
    ("name", "price"),
    [
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "3"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "3.3"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "0.25"),
        ("amazon.nova-2-lite-v1:0", "0.3"),
    ],
)
def test_only_a_name_with_a_region_costs_the_regional_tenth_more(book, name, price):
    rates = rates_of(book, name, provider="bedrock")
    assert {rate.price for rate in rates if rate.meter == "input_tokens" and not rate.batch} == {Decimal(price)}


@pytest.mark.parametrize(
    ("moment", "price"),
    [
        ("2026-11-20T02:00", "0.30"),  # a Friday in peak hours, as DeepSeek's page says them
        ("2026-11-20T05:00", "0.15"),
        ("2026-11-21T02:00", "0.15"),  # a Saturday
        ("2026-10-01T02:00", "0.15"),  # the National Day of China, a Thursday
        ("2026-10-08T09:59", "0.30"),
    ],
)
@pytest.mark.parametrize("model", ["deepseek-flash", "deepseek-v4-flash"])
def test_deepseek_is_dearer_on_chinese_workdays_only(book, model, moment, price):
    when = datetime.fromisoformat(moment)
    used = UsageRecord(model=model, provider="deepseek", meters={"input_tokens": 1_000_000}, time=when)
    assert cost(used, book).amount == Decimal(price)


@pytest.mark.parametrize("name", ["claude-sonnet-4-5-v99", "gemini-2.5-pro-foo"])
def test_names_that_genai_prices_would_price_by_their_beginning_are_refused(book, name):
    assert genai_prices.calc_price(genai_prices.Usage(input_tokens=1), name).total_price
    with pytest.raises(UnknownModel, match="did you mean"):
        find(book, name)


# The cache.

LOOK = """
import sys
from pertoken.catalog.book import rates_of
from pertoken.connect.genai import catalog
book = catalog()
print(book.name, len(rates_of(book, "gpt-4o")), *sorted({"genai_prices", "numpy", "pydantic"} & set(sys.modules)))
"""


def look(folder):
    source = str(Path(genai.__file__).parents[2])
    env = os.environ | {"PERTOKEN_CACHE": str(folder), "PYTHONPATH": source}
    done = subprocess.run([sys.executable, "-c", LOOK], env=env, capture_output=True, text=True, check=True)
    name, count, *loaded = done.stdout.removeprefix("genai-prices ").split()
    return name, int(count), loaded


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("PERTOKEN_CACHE", str(tmp_path))
    return tmp_path


def test_a_second_process_reads_the_cache_and_loads_none_of_the_heavy_packages(tmp_path):
    first, second = look(tmp_path), look(tmp_path)
    assert "genai_prices" in first[2]
    assert second == (*first[:2], [])


def test_the_table_from_the_cache_is_the_table_that_was_compiled(cache, book):
    assert dict(genai.catalog().rates) == dict(book.rates)
    (path,) = cache.iterdir()
    path.write_text(path.read_text().replace("genai-prices ", "kept "))
    again = genai.catalog()
    assert again.name.startswith("kept")
    assert dict(again.aliases) == dict(book.aliases)
    assert len(again.rates) == len(book.rates)


@pytest.mark.parametrize("rubbish", [b"", b"{", b"[]", b"null", b'{"schema": 0}', b"\xff\xfe"])
def test_a_corrupt_cache_is_ignored_and_replaced(cache, book, rubbish):
    path = catalog_cache.file()
    path.write_bytes(rubbish)
    assert genai.catalog().name == book.name
    assert json.loads(path.read_text())["source"] == book.name
    assert list(cache.iterdir()) == [path]


def test_a_cache_that_can_not_be_written_is_done_without(tmp_path, monkeypatch, book):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PERTOKEN_CACHE", str(tmp_path / "file" / "folder"))
    assert genai.catalog().name == book.name


def test_newer_data_has_a_cache_of_its_own(cache, tmp_path, monkeypatch):
    folder = tmp_path / "site" / "genai_prices"
    folder.mkdir(parents=True)
    (tmp_path / "site" / "genai_prices-0.2.3.dist-info").mkdir()
    (folder / "data.py").write_text("providers = []")
    monkeypatch.setattr(catalog_cache, "package", lambda: folder)
    first = catalog_cache.file()
    assert first.parent == cache
    assert "0.2.3" in first.name
    os.utime(folder / "data.py", ns=(0, 7))
    second = catalog_cache.file()
    (tmp_path / "site" / "genai_prices-0.2.3.dist-info").rename(tmp_path / "site" / "genai_prices-0.2.5.dist-info")
    third = catalog_cache.file()
    assert len({first, second, third}) == 3


def test_the_cache_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("PERTOKEN_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert catalog_cache.file().parent == tmp_path / "pertoken"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert catalog_cache.file().parent == tmp_path / ".cache" / "pertoken"
