"""Catalogs from files: frozen ones come back exact, overlays say what they mean, and each is known by what is in it."""

import json
from datetime import date, datetime, time
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given

from pertoken.catalog.book import locate, rates_of
from pertoken.catalog.prices import Window
from pertoken.catalog.regions import Uplift
from pertoken.connect.catalogs import read_catalog
from pertoken.connect.frozen import frozen_catalog, write_catalog
from pertoken.core.errors import InputError, UnpricedUsage
from tests.catalog.made import RATES, catalog, rate


@pytest.fixture(scope="module")
def bundled():
    return read_catalog()


@pytest.fixture
def overlay(tmp_path):
    def write(text, name="ours.yaml"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


# Frozen catalogs.


def test_the_whole_bundled_catalog_comes_back_exact(tmp_path, bundled):
    path = tmp_path / "whole.jsonl"
    write_catalog(bundled, path)
    again = read_catalog(path)
    assert again.name == bundled.name
    assert again.hash == bundled.hash
    assert (dict(again.aliases), again.refusals, dict(again.notes)) == (
        bundled.aliases,
        bundled.refusals,
        bundled.notes,
    )
    for key in bundled.rates:
        assert set(again.rates[key]) == set(bundled.rates[key])


@given(RATES)
def test_any_rates_come_back_exact(rates):
    lines = []
    calendar = Window(time(9), time(12), "Asia/Shanghai", (0, 4), (date(2026, 10, 1),), (date(2026, 10, 10),))
    odd = rate(
        "1E-7", per=Decimal(1000), batch=True, service_tier="flex", speed="fast", currency="EUR", window=calendar,
        end=date(2026, 9, 1), source="s", note="ü", basis="documented", model="a/b:c",
        start=datetime(2026, 8, 16, 16),  # noqa: DTZ001  a moment of UTC
    )  # fmt: skip
    book = catalog(
        *rates, odd, uplifts=(Uplift("p", ("m*",), "eu", Decimal("1.1"), ("pages",), "s"),), deployments={"d": "p/m"}
    )
    write = pytest.MonkeyPatch()
    write.setattr("pertoken.connect.frozen.write_whole", lambda _, text: lines.append(text))
    write_catalog(book, "nowhere")
    write.undo()
    again = frozen_catalog(lines[0], "nowhere")
    assert {key: set(again.rates[key]) for key in again.rates} == {key: set(book.rates[key]) for key in book.rates}
    assert (again.uplifts, again.deployments, again.hash) == (book.uplifts, book.deployments, book.hash)


def test_the_hash_is_that_of_the_lines_below_the_heading(tmp_path):
    path = tmp_path / "book.jsonl"
    write_catalog(catalog(rate("2.50", per=Decimal(1_000_000))), path)
    head, body = path.read_bytes().split(b"\n", 1)
    assert json.loads(head)["hash"] == sha256(body).hexdigest()
    assert json.loads(body)["rates"] == [{"meter": "input_tokens", "price": "2.5", "per": "1000000"}]


@pytest.mark.parametrize(("old", "new"), [('"2.5"', '"2.4"'), ('"m"', '"n"'), ("\n", "\n\n")])
def test_a_frozen_catalog_that_was_changed_is_refused(tmp_path, old, new):
    path = tmp_path / "book.jsonl"
    write_catalog(catalog(rate("2.5")), path)
    head, body = path.read_text().split("\n", 1)
    path.write_text(head + "\n" + body.replace(old, new))
    with pytest.raises(InputError, match=r"book\.jsonl: the file has hash .*; expected a frozen catalog that nobody"):
        read_catalog(path)


def test_a_frozen_catalog_of_another_form_is_refused(overlay):
    with pytest.raises(InputError, match="form 1"):
        read_catalog(overlay('{"pertoken":"catalog","form":99}\n', "book.jsonl"))


def test_a_catalog_that_can_not_be_written_says_so(tmp_path):
    with pytest.raises(InputError, match="can't write"):
        write_catalog(catalog(rate()), tmp_path / "no" / "book.jsonl")


# Overlays.

OURS = """
catalog: our contract
source: contract 117
per: 1_000_000
rates:
  - {provider: openai, model: gpt-4o, from: 2026-06-01, to: 2027-06-01, input_tokens: 2.00, output_tokens: 8}
  - provider: Bedrock
    model: own-model
    at_least: 200_000
    region: eu
    speed: fast
    currency: EUR
    from: 2026-08-17T00:00:00+08:00
    window: {from: "16:30", to: "00:30", timezone: Asia/Shanghai, weekdays: Mon-Fri, holidays: [2026-10-01]}
    input_tokens: 1
aliases: {Prod-Chat: azure/gpt-4o}
regions:
  - {provider: azure, models: [gpt-4o*], region: [eu, us], times: 1.1, meters: [input_tokens]}
"""


def test_an_overlay_says_all_terms_of_a_rate(overlay):
    (found,) = [
        r for r in read_catalog(overlays=[overlay(OURS)]).rates["aws", "own-model"] if r.meter == "input_tokens"
    ]
    assert found.unit_price == Decimal("0.000001")
    assert (found.above, found.region, found.speed, found.currency) == (199_999, "eu", "fast", "EUR")
    assert found.start == datetime(2026, 8, 16, 16)  # noqa: DTZ001
    assert found.window == Window(time(16, 30), time(0, 30), "Asia/Shanghai", (0, 1, 2, 3, 4), (date(2026, 10, 1),))
    assert (found.source, found.line) == ("contract 117", 15)


def test_an_overlay_lies_on_top_of_the_bundled_catalog(overlay, bundled):
    book = read_catalog(overlays=[overlay(OURS)])
    found = {r.start: r.price for r in rates_of(book, "gpt-4o") if r.meter == "input_tokens" and not r.batch
             and r.service_tier == "standard"}  # fmt: skip
    assert found == {None: Decimal("2.5"), date(2026, 6, 1): 2, date(2027, 6, 1): Decimal("2.5")}
    assert book.name == f"{bundled.name} + our contract"
    assert rates_of(book, "claude-opus-5") == rates_of(bundled, "claude-opus-5")


def test_aliases_and_regions_of_an_overlay_are_used_in_names(overlay):
    book = read_catalog(overlays=[overlay(OURS)])
    assert locate(book, "prod-chat").key == ("azure", "gpt-4o")
    assert locate(book, "azure/eu/gpt-4o-2024-08-06").region == "eu"
    regional = [r for r in book.rates["azure", "gpt-4o"] if r.region == "eu"]
    assert [(r.meter, r.price) for r in regional if "gpt-4o; 1.1 times the price elsewhere" in r.note] == [
        ("input_tokens", Decimal("2.75")),
    ]  # fmt: skip
    assert {r.source.rpartition(":")[2] for r in regional} == {"18"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rates: [{model: m, input_tokens: 1e-6}]", r"ours.yaml:1: no provider for m; expected who sells it"),
        ("rates: [{provider: p, input_tokens: 1}]", "a rate without a model"),
        ("rates: [{provider: p, model: m}]", "no price for m"),
        (
            "rates:\n- {provider: p, model: m, input_tokens: 2.5}",
            r"ours.yaml:2: p/m costs 2.5 USD for one of input_tok",
        ),
        ("rates: [{provider: p, model: m, pages: -1}]", "a price of 0 or more"),
        ("rates: [{provider: p, model: m, input_tokns: 1e-6}]", "did you mean input_tokens"),
        ("rates: [{provider: p, model: m, above: 1, at_least: 2, pages: 1}]", "both above and at_least"),
        ("rates: [{provider: p, model: m, at_least: 0, pages: 1}]", "whole number of tokens above 0"),
        ("rates: [{provider: p, model: m, from: soon, pages: 1}]", "soon"),
        ("rates: [{provider: p, model: m, window: {from: '1:00'}, pages: 1}]", "expected {from: '16:30', to: '00:30'}"),
        (
            "rates: [{provider: p, model: m, window: {from: '01:00', to: '02:00', zone: x}, pages: 1}]",
            "unknown word 'zone'",
        ),
        (
            "rates: [{provider: p, model: m, window: {from: '01:00', to: '02:00', timezone: X}, pages: 1}]",
            "unknown time zone",
        ),
        (
            "rates: [{provider: p, model: m, window: {from: '01:00', to: '02:00', weekdays: [Foo]}, pages: 1}]",
            "weekday 'Foo'",
        ),
        ("rates: {provider: p}", "expected a list of rows"),
        ("regions: [{provider: p, times: 1.1}]", "expected {provider: azure"),
        ("regions: [{provider: p, region: eu, times: ten}]", "times is 'ten'"),
        ("regions: [{provider: p, region: eu, times: 0}]", "times is 0; expected a multiple"),
        ("regions: [{provider: p, region: eu, times: 1.1, modles: [x]}]", "did you mean models"),
        ("aliases: [x]", "aliases is"),
        ("aliases: {x: 1}", "alias 'x' means 1"),
        ("aliases: {x: gpt-nowhere}", "ours.yaml:1: alias 'x' means 'gpt-nowhere'; no price for model 'gpt-nowhere'"),
        ("rate: []", "not a catalog"),
        ("rates: []\nprice: 1", r"ours.yaml:2: unknown word 'price'"),
        ("[", "not JSON"),
    ],
)
def test_a_mistake_in_an_overlay_is_told_with_its_line_and_mend(overlay, text, said):
    with pytest.raises(InputError) as error:
        read_catalog(overlay(text))
    assert said.replace("\\", "") in str(error.value)


def test_all_mistakes_of_a_file_are_told_at_once(overlay):
    with pytest.raises(InputError) as error:
        read_catalog(overlay("rates:\n- {provider: p}\n- {provider: p, model: m, pages: x}\naliases: [1]\n"))
    assert len(error.value.faults) == 3


def test_a_price_a_thousand_times_that_of_the_catalog_below_is_refused(overlay):
    # 0.0025 for one token is 2,500 dollars a million, gpt-4o costs 2.50
    path = overlay("rates:\n- {provider: openai, model: gpt-4o, input_tokens: 0.0025}\n")
    with pytest.raises(
        InputError, match=r"ours.yaml:2: openai/gpt-4o costs 0.0025 USD .* expected a price like that of"
    ):
        read_catalog(overlays=[path])
    assert read_catalog(path).rates["openai", "gpt-4o"]


# Which catalog.


def test_an_unknown_catalog_is_named_with_those_that_are_known():
    with pytest.raises(InputError, match="expected genai-prices"):
        read_catalog("genai-price")


def test_a_file_that_is_not_text_is_refused(tmp_path):
    path = tmp_path / "book.parquet"
    path.write_bytes(b"PAR1\xff\xfe")
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_catalog(path)


def test_frozen_catalogs_and_data_files_lie_on_top_like_overlays(tmp_path, bundled):
    frozen = tmp_path / "book.jsonl"
    write_catalog(catalog(rate("1e-6", provider="openai", model="gpt-4o")), frozen)
    book = read_catalog(overlays=[frozen])
    assert [r.price for r in rates_of(book, "gpt-4o") if r.meter == "input_tokens" and not r.batch
            and r.service_tier == "standard"] == [Decimal("1e-6")]  # fmt: skip
    assert len(book.rates) == len(bundled.rates)


def test_a_refusal_of_an_overlay_is_not_answered_by_the_catalog_below(tmp_path):
    path = tmp_path / "list.json"
    path.write_text(json.dumps({"gpt-4o": {"litellm_provider": "openai", "input_cost_per_token": 2.5}}))
    with pytest.raises(UnpricedUsage, match=r"costs 2\.5 USD"):
        rates_of(read_catalog(overlays=[path]), "openai/gpt-4o")
