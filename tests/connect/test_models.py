"""Models at the door: what a file says is what the spec holds, and every number is an input with a name."""

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from textwrap import dedent

import pytest

from pertoken.connect.cards import read_cards
from pertoken.connect.models import model_from, read_model
from pertoken.core.errors import InputError
from pertoken.core.units import factor, unit
from pertoken.scenario.compile import compiled
from pertoken.scenario.spec import Calendar, Correlation, Event, MoneyLine, Placed, Spread

D = Decimal
PAGE = Path(__file__).parents[2] / "docs/reference/models.md"
HEAD = "model: m\ncalendar: {start: 2027-01, months: 12, prices: 2026-11-20}\n"


@pytest.fixture
def made(tmp_path):
    """Read a model from the text of its parts."""

    def read(text):
        file = tmp_path / "m.yaml"
        file.write_text(HEAD + dedent(text))
        return read_model(file)

    return read


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The example of the reference page."""
    file = tmp_path_factory.mktemp("page") / "chat.yaml"
    found = re.search(r"<!-- file: chat.yaml -->\n```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    file.write_text(found[1])
    return read_model(file)


def test_the_example_of_the_reference_page_reads_and_compiles(page):
    assert page.calendar == Calendar(start="2027-01", months=12, prices=date(2026, 11, 20))
    assert [each.name for each in page.segments] == ["free", "pro", "acme"]
    assert page.segments[0].to == {"pro": "upgrade"}
    assert page.segments[2].is_contract
    assert page.workloads[0].tokens == {"input_tokens": "workloads.chat.tokens.input", "output_tokens": "answer"}
    assert page.lines[2] == MoneyLine(
        name="launch",
        formula="costs.launch.amount",
        counts_as="acquisition",
        begins="2027-02",
        ends="2027-03",
        line=page.lines[2].line,
    )
    assert page.correlations == (
        Correlation(between=("queries", "answer"), rank=D("-0.3"), line=page.correlations[0].line),
    )
    assert len(compiled(page).months) == 12


def test_a_number_keeps_the_unit_that_it_is_written_in(page):
    churn, growth = page.assumptions["free_churn"], page.assumptions["signups"].growth
    assert (churn.value, churn.unit) == (D(9), "%")
    assert churn.spread == Spread(kind="p10_p90", parameters={"p10": D(6), "p90": D(13), "low": D(0), "high": D(100)})
    assert (growth.name, growth.value, growth.unit) == ("signups.growth", D(3), "%")


def test_a_bare_number_in_a_formula_place_is_an_input_named_by_its_place(page):
    said = {name: (each.value, each.unit) for name, each in page.assumptions.items() if name.partition(".")[2]}
    assert said["segments.free.start"] == (D(4000), "customer")
    assert said["segments.pro.sizes.spread"] == (D("1.1"), "1")
    assert said["workloads.chat.each.acme"] == (D(90_000), "request / customer")
    assert said["workloads.chat.tokens.input"] == (D(600), "token / request")
    assert said["levers.cache.on"] == (D(0), "1")
    assert said["levers.cache.hit_share"] == (D(15), "%")
    assert said["costs.team.amount"] == (D(6000), "USD")


def test_numbers_of_plans_are_inputs_named_by_their_place(page):
    said = {name: (each.value, each.unit) for name, each in page.assumptions.items() if name.startswith("plans.")}
    assert said == {
        "plans.free.tokens.rate": (D(0), "USD / 1K token"),
        "plans.pro.base.flat": (D(5), "USD"),
        "plans.pro.tokens.free": (D(100), "1K token"),
        "plans.enterprise.tokens.tier_1.up_to": (D(50_000), "1K token"),
        "plans.enterprise.tokens.tier_1.rate": (D("0.003"), "USD / 1K token"),
        "plans.enterprise.tokens.tier_2.rate": (D("0.0024"), "USD / 1K token"),
        "plans.enterprise.minimum": (D(200), "USD"),
    }
    path = ("prices", "tokens", "curve", "tiers", 0, "rate")
    assert Placed(card="pro", path=path, name="price.pro.per_1k") in page.placed


def test_every_placed_number_stands_on_its_card_at_its_value(page):
    cards = page.plans | {card.name: card for vendor in page.vendors.values() for card in vendor.cards}
    assert len(page.placed) == 10
    for each in page.placed:
        assert at(cards[each.card], each.path) == page.assumptions[each.name].value * each.scale


def test_list_prices_are_inputs_with_source_and_day(page):
    price = page.assumptions["vendors.llm.gpt-5-mini.input_tokens"]
    # gpt-5-mini is listed at USD 0.25 in and 2.00 out per million tokens
    assert (price.value, price.unit, price.as_of) == (D("0.25"), "USD / 1M token", date(2026, 11, 20))
    assert page.assumptions["vendors.llm.gpt-5-mini.output_tokens"].value == 2
    assert "genai-prices" in price.source
    (card,) = page.vendors["llm"].cards
    assert (card.party, card.scope, {rate.model for rate in card.rates}) == ("vendor", (), {"gpt-5-mini"})


def test_plans_are_for_customers_on_them(page):
    assert page.plans["pro"].where == 'plan == "pro"'
    assert page.plans["pro"].scope == ("customer",)


def test_a_card_number_by_name_is_brought_to_the_unit_of_the_card(made):
    spec = made("""\
        assumptions: {price: {value: 4, unit: USD / 1M token}}
        plans: {pro: {prices: {t: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: price}]}}}}
        """)
    (placed,) = spec.placed
    # USD 4 for a million tokens is USD 0.004 for a thousand
    assert (placed.name, placed.scale) == ("price", D("0.001"))
    assert spec.plans["pro"].prices["t"].curve.tiers[0].rate == D("0.004")


def test_a_card_number_may_have_a_range_and_a_unit(made):
    spec = made("""\
        plans:
          pro:
            prices:
              t:
                measure: {sum: total_tokens}
                convert: {per: 1000}
                curve: [{rate: {value: 0.004, p10: 0.003, p90: 0.006}}]
              base: {curve: [{flat: 0.02k}]}
        """)
    rate = spec.assumptions["plans.pro.t.rate"]
    assert (rate.value, rate.unit, rate.line) == (D("0.004"), "USD / 1K token", 9)
    assert rate.spread is not None
    assert spec.assumptions["plans.pro.base.flat"].value == 20


def test_discounts_bundles_and_phases_are_inputs_too(made):
    spec = made("""\
        plans:
          pro:
            prices:
              base: {curve: [{flat: 300}], during: {every: month, prorate: day}}
              over: {measure: {sum: total_tokens}, convert: {per: 1000}, curve: [{rate: 0.0015}]}
            pools:
              - {id: bundle, unit: tokens, grant: 50_000_000, every: month, price: 50, eligible: [over],
                 unused: forfeit, rollover: {share: 0.5, of: remaining, max: 25_000_000, periods: 1}}
            adjust: [{percent: -10%, on: [base]}]
            clamp: {max: 5k, window: month}
            phases:
              - {during: {months: 3}, prices: {over: {measure: {sum: total_tokens}, convert: {per: 1000},
                 curve: [{rate: 0.001}]}}}
              - {during: {}}
            order: [discount, maximum]
        """)
    said = {name.removeprefix("plans.pro."): (each.value, each.unit) for name, each in spec.assumptions.items()}
    assert said == {
        "base.flat": (D(300), "USD"),
        "over.rate": (D("0.001"), "USD / 1K token"),
        "over.version_2.rate": (D("0.0015"), "USD / 1K token"),
        "bundle.grant": (D(50_000_000), "token"),
        "bundle.price": (D(50), "USD"),
        "bundle.rollover.share": (D("0.5"), "1"),
        "bundle.rollover.max": (D(25_000_000), "token"),
        "adjust.percent": (D(-10), "%"),
        "maximum": (D(5000), "USD"),
    }
    assert spec.plans["pro"].adjust[0].percent == -10


def test_plans_and_vendors_may_stand_in_files_beside_the_model(made, tmp_path):
    (tmp_path / "plans.yaml").write_text(
        "plans:\n  pro: {prices: {base: {curve: [{flat: fee}]}}}\n  big: {prices: {base: {curve: [{flat: 90}]}}}\n"
    )
    (tmp_path / "vendor.yaml").write_text("card: acme\nrates:\n  - {model: m1, input_tokens: 2, per: 1_000_000}\n")
    spec = made("""\
        assumptions: {fee: {value: 20, unit: USD}}
        plans: {small: plans.yaml#pro, big: {file: plans.yaml}}
        vendors: {acme: {file: vendor.yaml}}
        """)
    assert spec.plans["small"].where == 'plan == "small"'
    assert Placed(card="small", path=("prices", "base", "curve", "tiers", 0, "flat"), name="fee") in spec.placed
    flat = spec.assumptions["plans.big.base.flat"]
    assert (flat.value, flat.source) == (D(90), f"{tmp_path / 'plans.yaml'}:3")
    assert spec.assumptions["vendors.acme.m1.input_tokens"].unit == "USD / 1M token"
    raw = [(tmp_path / name).read_bytes() for name in ("m.yaml", "plans.yaml", "vendor.yaml")]
    assert spec.digest == sha256(b"".join(sha256(each).digest() for each in raw)).hexdigest()


def test_a_short_table_of_prices_is_for_a_million_tokens_unless_it_says_a_unit(made):
    spec = made("""\
        assumptions: {hour: {value: 3, unit: USD / gpu_hour, p10: 2.5, p90: 4}}
        vendors:
          llm:
            rates:
              small: {input: 2.50, output: 0.01 USD / 1K token}
              h100: {gpu_hours: hour}
            change: 0.9
        """)
    card = spec.vendors["llm"].cards[0]
    per_unit = {(rate.model, rate.meter): rate.unit_price for rate in card.rates}
    assert per_unit == {
        ("small", "input_tokens"): D("0.0000025"),
        ("small", "output_tokens"): D("0.00001"),
        ("h100", "gpu_hours"): D(3),
    }
    assert spec.assumptions["vendors.llm.small.output_tokens"].unit == "USD / 1K token"
    assert spec.vendors["llm"].change == "vendors.llm.change.factor"


def test_own_prices_go_before_those_of_the_catalog(made):
    spec = made("""\
        workloads: {w: {requests: 10, tokens: {input: 5}, vendor: v, model: gpt-4o}}
        vendors: {v: {catalog: true, rates: {gpt-4o: {output: 9, x_embeddings: 0.0001}}}}
        """)
    (card,) = spec.vendors["v"].cards
    assert {rate.meter: rate.price for rate in card.rates} == {
        "output_tokens": D(9),
        "x_embeddings": D("0.0001"),
        "input_tokens": D("2.5"),
    }
    path = {each.name: each.path for each in spec.placed}
    assert path["vendors.v.gpt-4o.input_tokens"] == ("rates", 2, "price")


def test_list_prices_of_what_levers_move_to_are_taken(made):
    spec = made("""\
        workloads: {w: {requests: 10, tokens: {input: 5}, vendor: v, model: gpt-4o}}
        vendors: {v: {catalog: 2026-10-01}}
        levers:
          route: {kind: route, share: 50%, to: gpt-4o-mini}
        """)
    models = {rate.model for rate in spec.vendors["v"].cards[0].rates}
    assert models == {"gpt-4o", "gpt-4o-mini"}
    assert spec.assumptions["vendors.v.gpt-4o-mini.input_tokens"].as_of == date(2026, 10, 1)
    assert spec.levers[0].to == {"model": "gpt-4o-mini"}


def test_what_a_lever_takes_where_nothing_is_said_is_an_input_too(made):
    spec = made("levers: {cache: {kind: semantic_cache, hit_share: 20%, wrong_share: {value: 2%, p10: 1%, p90: 4%}}}")
    said = {name: (each.value, each.unit) for name, each in spec.assumptions.items()}
    assert said == {
        "levers.cache.on": (D(0), "1"),
        "levers.cache.hit_share": (D(20), "%"),
        "levers.cache.lookup_share": (D(1), "1"),
        "levers.cache.verified_share": (D(0), "1"),
        "levers.cache.wrong_share": (D(2), "%"),
    }
    assert spec.levers[0].parameters["lookup_share"] == "levers.cache.lookup_share"


def test_batch_prices_are_taken_where_a_lever_needs_them(made):
    spec = made("""\
        workloads: {w: {requests: 10, tokens: {input: 5}, vendor: v, model: gpt-4o}}
        vendors: {v: {catalog: true}}
        levers: {wait: {kind: batch, share: 50%}}
        """)
    whole, half = (spec.assumptions[f"vendors.v.gpt-4o.input_tokens{each}"].value for each in ("", ".batch"))
    # OpenAI lists batches at half the price
    assert half == whole / 2


def test_low_and_high_hold_what_assumptions_say_and_what_scenarios_add(page, made):
    assert page.scenarios["low"].values == {"signups": D(700), "pro_churn": D(4)}
    spec = made("""\
        assumptions: {a: {value: 3%, low: 2%}, b: {value: 5, growth: 1%}, c: {d: 7}}
        scenarios: {other: {b.growth: 2%, c: {d: 8}}, low: {b: 4}}
        """)
    assert list(spec.scenarios) == ["low", "other"]
    assert spec.scenarios["low"].values == {"a": D(2), "b": D(4)}
    assert spec.scenarios["other"].values == {"b.growth": D(2), "c.d": D(8)}


def test_an_event_may_come_in_any_month_unless_some_are_said(made):
    spec = made("events: {cut: {probability: 40%}, leave: {probability: 0.1, in: 2027-05, base: 2027-05}}")
    assert [(each.first, each.last) for each in spec.events] == [("2027-01", "2027-12"), ("2027-05", "2027-05")]
    assert isinstance(spec.events[0], Event)
    assert (spec.events[0].probability.value, spec.events[0].probability.unit) == (D(40), "%")


def test_groups_of_assumptions_share_their_source(made):
    spec = made("""\
        assumptions:
          source: plan
          as_of: 2026-11-01
          price: {pro: {per_1k: {value: 3, source: list}, free: 2}}
          season: {value: 5, season: {dec: 1.4}}
          skewed: {distribution: {kind: triangular, low: 0%, mode: 5%, high: 10%}}
        """)
    said = {name: (each.source, each.as_of) for name, each in spec.assumptions.items()}
    assert said["price.pro.per_1k"] == ("list", date(2026, 11, 1))
    assert said["price.pro.free"] == ("plan", date(2026, 11, 1))
    assert spec.assumptions["season"].season == (D(1),) * 11 + (D("1.4"),)
    # the median of a symmetric triangle is its mode
    assert (spec.assumptions["skewed"].value, spec.assumptions["skewed"].unit) == (D(5), "%")


def test_a_dictionary_makes_the_same_model_as_the_file(made):
    spec = made("assumptions: {a: {value: 0.1, unit: USD}}\ncosts: {team: 6k}\n")
    data = {
        "model": "m",
        "calendar": {"start": "2027-01", "months": 12, "prices": "2026-11-20"},
        "assumptions": {"a": {"value": 0.1, "unit": "USD"}},
        "costs": {"team": "6k"},
    }
    other = model_from(data)
    assert {name: each.value for name, each in other.assumptions.items()} == {
        name: each.value for name, each in spec.assumptions.items()
    }
    assert other.lines[0].formula == spec.lines[0].formula == "costs.team.amount"


def test_a_number_divided_by_a_quantity_stays_a_formula(made):
    spec = made("assumptions: {n: {value: 4, unit: customer}}\ncosts: {a: 100 USD / n * 1 customer, b: 5 USD}\n")
    assert [each.formula for each in spec.lines] == ["100 USD / n * 1 customer", "costs.b.amount"]


def test_units_that_the_door_writes_are_units(page):
    for each in page.assumptions.values():
        assert factor(unit(each.unit, page.units), unit(each.unit, page.units)) == 1
    assert factor(unit("USD / 1K token"), unit("USD / token")) == unit("USD / 1K token").scale


def test_a_model_that_is_not_there_says_how_to_begin_one(tmp_path):
    with pytest.raises(InputError, match="make one with `pertoken model init`"):
        read_model(tmp_path / "none.yaml")


EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*plans*.yaml"))
CONTRACTS = sorted((Path(__file__).parents[2] / "examples/contracts").glob("*.yaml"))


def plans_in(file):
    return [card for card in read_cards(file) if card.party == "customer"]


@pytest.mark.parametrize(
    "file", [each for each in [*EXAMPLES, *CONTRACTS] if plans_in(each)], ids=lambda each: each.stem
)
def test_a_plan_in_a_model_is_the_card_that_it_is_alone(file):
    """The house's own cards: what the model says of them and which numbers are inputs changes nothing in them."""
    alone = {card.name: card for card in plans_in(file)}
    data = {"model": "m", "calendar": {"start": "2027-01", "months": 12}, "plans": {n: f"{file}#{n}" for n in alone}}
    spec = model_from(data)
    for name, card in alone.items():
        own = f'plan == "{name}"'
        assert spec.plans[name] == replace(card, where=f"({card.where}) and {own}" if card.where else own)
    for each in spec.placed:
        found = at(spec.plans[each.card], each.path)
        assert found == spec.assumptions[each.name].value * each.scale
    assert spec.placed


def at(found, path):
    """Look up what stands at a path of a record."""
    for key in path:
        found = found[key] if isinstance(found, (dict, tuple)) else getattr(found, key)
    return found
