"""The door of plans: which engine's, and what a file must be."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pertoken.connect.plans import READERS, detect, import_plans
from pertoken.core.errors import CardError, InputError

SHAPES: dict[str, list[Any]] = {
    "lago": [{"plan": {"interval": "monthly", "amount_cents": 0, "charges": []}}, {"plans": [{"charges": []}]}],
    "openmeter": [{"key": "p", "phases": []}, {"items": [{"key": "p", "phases": []}]}],
    "stripe": [{"object": "price"}, {"object": "list", "data": []}, {"object": "product", "name": "p"}],
    "flexprice": [
        {"prices": [{"billing_model": "TIERED"}]},
        {"items": [{"plan": {}, "prices": [{"billing_model": "PACKAGE"}]}]},
    ],
    "killbill": [{"catalog": {}}],
    "meteroid": [{"name": "p", "price_components": []}, {"data": [{"price_components": []}]}],
}


@pytest.mark.parametrize(("engine", "document"), [(e, d) for e, documents in SHAPES.items() for d in documents])
def test_an_engine_is_told_by_its_shape(engine, document):
    assert detect(document) == engine


def write(folder, text):
    path = folder / "plan.json"
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    return path


def test_a_shape_that_is_not_known_asks_for_the_engine(tmp_path):
    with pytest.raises(InputError, match="say --from with one of lago, openmeter"):
        import_plans(write(tmp_path, {"hello": 1}))


def test_numbers_keep_their_digits(tmp_path):
    """A double holds 0.1234567890123456789 only to 17 digits."""
    charge = (
        '{"billable_metric_code": "c", "charge_model": "standard", "properties": {"amount": 0.1234567890123456789}}'
    )
    path = write(tmp_path, f'{{"plan": {{"code": "p", "interval": "monthly", "charges": [{charge}]}}}}')
    _, made = import_plans(path)
    assert made.cards[0]["prices"]["c"]["curve"] == [{"rate": Decimal("0.1234567890123456789")}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "plan.json:1: not JSON"),
        ('{"a": 1, "a": 2}', "a stands twice"),
        ("<catalog>", "not XML"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_a_file_that_can_not_be_read_is_told(tmp_path, text, said):
    with pytest.raises(InputError, match=said):
        import_plans(write(tmp_path, text))


@pytest.mark.parametrize("depth", [400, 900, 5000])
def test_a_document_as_deep_as_a_well_is_told(tmp_path, depth):
    with pytest.raises((InputError, CardError)):
        import_plans(write(tmp_path, '{"phases": [' * depth + "]}" * depth), "openmeter")
    with pytest.raises((InputError, CardError)):
        import_plans(write(tmp_path, "<catalog>" * depth + "</catalog>" * depth))


def test_a_plan_that_charges_nothing_is_refused(tmp_path):
    with pytest.raises(CardError, match="plan 'p' charges nothing"):
        import_plans(write(tmp_path, {"plan": {"code": "p", "interval": "monthly", "amount_cents": 0, "charges": []}}))


def test_all_faults_are_one_error(tmp_path):
    price = {
        "object": "price",
        "currency": "usd",
        "recurring": {"interval": "week", "usage_type": "metered", "aggregate_usage": "max"},
    }
    with pytest.raises(CardError) as caught:
        import_plans(write(tmp_path, price))
    assert len(caught.value.faults) == 2


ODD: tuple[Any, ...] = (
    None,
    [],
    {},
    "",
    5,
    True,
    "x",
    [[]],
    [{}],
    {"plan": 5},
    {"plans": [None]},
    {"data": [1]},
    {"items": ["x"]},
    {"phases": 3},
    {"phases": [{"rate_cards": 5}]},
    {"charges": ["x"]},
    {"charges": [{"properties": [1], "charge_model": "graduated"}]},
    {"prices": [3]},
    {"price_components": [{"fee": 3}]},
    {"price_components": [{"fee": {"Usage": {"pricing": []}}}]},
    {"catalog": {"plans": {"plan": "x"}}},
    {"object": "product", "prices": 3},
    {"filters": 1},
)


@pytest.mark.parametrize("engine", READERS)
@pytest.mark.parametrize("document", ODD, ids=str)
def test_a_document_of_another_shape_never_breaks_a_reader(engine, document):
    made = READERS[engine](document, {}, "plan.json")
    assert made.faults or made.cards


WHOLE = json.loads(Path(__file__).with_name("whole_plans.json").read_text(encoding="utf-8"))
"""A plan of each engine with most of its words."""

WRONG: tuple[Any, ...] = (None, [], {}, "", "x", -1, 5, True, [None], ["x"], {"x": 1}, [[5]], [{}], "1e999", "NaN")


def variants(value):
    """The same document with one part of it replaced by each wrong one."""
    yield from WRONG
    if isinstance(value, dict):
        for name, held in value.items():
            yield {other: each for other, each in value.items() if other != name}
            for wrong in variants(held):
                yield {**value, name: wrong}
    elif isinstance(value, list):
        for i, held in enumerate(value):
            for wrong in variants(held):
                yield [*value[:i], wrong, *value[i + 1 :]]


@pytest.mark.parametrize("engine", READERS)
def test_one_wrong_part_never_breaks_a_reader(engine):
    assert not READERS[engine](WHOLE[engine], {}, "plan.json").faults
    for document in variants(WHOLE[engine]):
        made = READERS[engine](document, {}, "plan.json")
        assert made.faults or made.cards, document
