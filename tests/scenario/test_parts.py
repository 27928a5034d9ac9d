"""Parts: every number of a model can be read and put by quantity and part, one at a time."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.connect.models import model_from
from pertoken.core.errors import InputError
from pertoken.scenario.compile import compiled
from pertoken.scenario.parts import differing, parts, put
from pertoken.scenario.run import run
from pertoken.scenario.worlds import named

SAID = {
    "model": "m",
    "calendar": {"start": "2027-01", "months": 14},
    "assumptions": {
        "users": {"value": 100, "unit": "customer", "growth": {"value": "3%", "p10": "1%", "p90": "5%"},
                  "p10": 80, "p90": 130, "low": 90, "season": {"dec": 1.5}, "steps": {"2027-06": 200}},
        "price": {"value": 5, "unit": "USD / customer",
                  "distribution": {"kind": "triangular", "low": 4, "mode": 5, "high": 7}},
        "seats": {"value": 2, "distribution": {"kind": "discrete", "values": [1, 2, 3], "shares": [0.2, 0.5, 0.3]}},
    },
    "drivers": {"paid": "users * price * seats"},
    "income": {"all": "paid"},
    "costs": {"team": {"formula": 100}},
    "events": {"cut": {"probability": "40%", "between": ["2027-02", "2027-05"]}},
    "scenarios": {"same": {"price": 5, "costs.team.amount": 50}},
}  # fmt: skip


def spec():
    return model_from(SAID)


def test_every_number_is_a_part():
    said = parts(spec())
    assert said["users.first", "base"] == 100
    assert said["users.first", "low"] == 90
    assert said["users.first", "p90"] == 130
    assert said["users.growth", "base"] == 3
    assert said["users.season", "2027-12"] == Decimal("1.5")
    assert said["users.from_2027-06", "base"] == 200
    assert said["price", "range mode"] == 5
    assert said["seats", "range values 3"] == 3
    assert said["costs.team.amount", "same"] == 50
    assert said["event.cut.month", "base"] == 0
    assert said["event.cut.probability", "base"] == 40


@given(st.data())
def test_what_is_put_is_read_and_nothing_else_moves(data):
    own = spec()
    said = parts(own)
    part = data.draw(st.sampled_from(sorted(said)))
    if part[1].startswith("range") and part[0].startswith("users"):
        return  # bounds of a P10 and a P90 follow from them
    value = Decimal(3) if part[0] == "event.cut.month" else said[part] + data.draw(st.integers(1, 9))
    now = parts(put(own, {part: value}, {}))
    moved = {key for key in said if now[key] != said[key]}
    twins = {key for key in said if key[0] == part[0] and key[0].endswith(".season") and key[1][5:] == part[1][5:]}
    follows = {("price", "same")} if part == ("price", "base") else set()
    assert now[part] == value
    assert moved == {part} | twins | follows


def test_a_case_that_says_the_base_value_follows_it_as_its_empty_cell_does():
    now = parts(put(spec(), {("price", "base"): Decimal(6)}, {}))
    assert now["price", "same"] == 6


def test_a_case_that_is_emptied_takes_the_new_base_value_even_if_it_is_zero():
    now = parts(put(spec(), {("users.first", "base"): Decimal(0), ("users.first", "low"): None}, {}))
    assert now["users.first", "low"] == 0


def test_the_model_with_a_number_put_reckons_with_it():
    before, after = (compiled(each) for each in (spec(), put(spec(), {("price", "base"): Decimal(10)}, {})))
    totals = [float(run(each, named(each)).total("revenue")) for each in (before, after)]
    assert totals[1] == pytest.approx(2 * totals[0])


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (("days_in_month", "2027-01"), "stands inside a formula or on the calendar"),
        (("paid", "number 3.0"), "stands inside a formula"),
        (("users.first", "range low"), "range low of users follows from the others"),
        (("price", "p10"), "p10 of price follows from the others"),
        (("event.cut.month", "low"), "the same in all cases"),
    ],
)
def test_what_the_model_has_no_place_for_is_refused_with_its_cell(part, said):
    with pytest.raises(InputError, match=rf"book\.xlsx Inputs!E7: .*{said}"):
        put(spec(), {part: Decimal(3)}, {part: "book.xlsx Inputs!E7"})


def test_an_event_happens_only_when_it_may():
    with pytest.raises(InputError, match="event cut is in 2027-12, but may happen from 2027-02 to 2027-05"):
        put(spec(), {("event.cut.month", "base"): Decimal(12)}, {})


def test_differing_names_parts_that_one_model_lacks_and_those_apart():
    one = {("a", "base"): Decimal(1), ("b", "base"): Decimal(1) / 3}
    other = {("b", "base"): Decimal("0.3333333333333333"), ("c", "base"): Decimal(1)}
    assert differing(one, other) == {("a", "base"), ("c", "base")}
