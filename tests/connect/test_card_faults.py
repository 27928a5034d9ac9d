"""All that is wrong with a card is told with its file and line, what was expected, and the mend."""

import re
from contextlib import suppress
from pathlib import Path

import pytest

from pertoken.connect.cards import card_from, read_cards
from pertoken.core.errors import CardError, InputError
from tests.made import card, faults

CASES = [*faults(Path(__file__).with_name("card_faults.txt"))]
"""Cards with one thing wrong: `### what`, the card, `=>` and how the message begins."""


@pytest.mark.parametrize(("text", "message"), CASES)
def test_a_fault_is_told_with_its_line(text, message):
    with pytest.raises(CardError, match=f"(?m)^{re.escape(message)}"):
        card(text)


def test_all_faults_are_told_at_once():
    with pytest.raises(CardError) as error:
        card(
            "plan: p\nprices:\n  a: {curve: [{rate: -1}]}\n  b: {curve: [{up_to: 5, flat: 1}]}\nclamp: {min: 2, max: 1}"
        )
    assert [fault.where for fault in error.value.faults] == ["card.yaml:3", "card.yaml:4", "card.yaml:5"]


@pytest.mark.parametrize("text", ["a: 1\na: 2", "a:\n\t- b", "", "{"])
def test_what_is_not_yaml_is_told_with_the_files_name(tmp_path, text):
    (tmp_path / "bad.yaml").write_text(text)
    with pytest.raises(InputError, match=r"bad\.yaml(:\d)?: "):
        read_cards(tmp_path / "bad.yaml")


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"prices": {}}, "^no name; expected"),
        ({"plan": "p", "prices": {"t": {"curv": []}}}, "(?m)^unknown word 'curv'; did you mean curve"),
        ({"plan": "p", "prices": {"t": {"curve": [{"rate": -1}]}}}, "^card 'p': t: a rate below zero"),
        ({"card": "v", "rates": [{"input_tokens": 1}]}, "^a rate without a model"),
        ({"plans": ["a"]}, "^plans is not a map"),
    ],
)
def test_faults_of_a_dictionary_have_no_line(said, message):
    with pytest.raises(CardError, match=message):
        card_from(said)


def test_a_source_is_named_even_for_a_dictionary():
    with pytest.raises(CardError, match=r"^sheet 3: no name"):
        card_from({"prices": {}}, source="sheet 3")


CONTRACT = {
    "plan": "p",
    "during": {"from": "2026-01-01"},
    "prices": {
        "base": {"curve": [{"flat": 20}], "during": {"every": "month", "prorate": "day"}},
        "t": {"measure": {"sum": "total_tokens"}, "convert": {"per": 1000}, "curve": [{"rate": "0.5"}]},
        "gpu": {"measure": {"sum": "gpu_hours"}, "curve": {"series": "spot"}},
    },
    "series": {"spot": {"2026-01-01": 2}},
    "pools": [{"id": "gift", "unit": "tokens", "grant": 5, "price": 0, "eligible": ["t"], "unused": "forfeit"}],
    "phases": [
        {"during": {"to": "2026-03-01"}, "adjust": [{"percent": -50}], "prices": {"t": {"curve": [{"flat": 1}]}}}
    ],
    "clamp": {"max": 50},
    "order": "orb",
}
ODD: tuple[object, ...] = (
    None,
    True,
    -1,
    0.5,
    "x",
    "2026-01-01",
    [],
    {},
    [1],
    {"a": 1},
    [{}],
    {"months": 3},
    float("nan"),
)


def spots(value, path=()):
    """Every place inside a value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from spots(item, (*path, key))


def replaced(value, path, odd):
    """The same value with something odd at one place."""
    if not path:
        return odd
    inner = replaced(value[path[0]], path[1:], odd)
    if isinstance(value, dict):
        return {**value, path[0]: inner}
    return [inner if i == path[0] else item for i, item in enumerate(value)]


@pytest.mark.parametrize("path", [*spots(CONTRACT)], ids=lambda path: ".".join(map(str, path)))
def test_whatever_stands_on_a_card_is_read_or_refused(path):
    for odd in ODD:
        with suppress(CardError):
            assert card_from(replaced(CONTRACT, path, odd)).name == ("p" if path != ("plan",) else str(odd))


def test_a_card_that_is_fine_has_no_faults():
    made = card("""
        plan: p
        prices:
          t: {measure: {sum: total_tokens}, curve: {mode: all, tiers: [{up_to: 10, rate: 2}, {rate: 1}]}}
        adjust: [{percent: -10}]
        clamp: {min: 5}
        order: [minimum, discount]
    """)
    assert made.name == "p"
