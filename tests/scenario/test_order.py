"""Order: each row below what it asks for; rings are named."""

import pytest
from hypothesis import given

from pertoken.core.errors import InputError
from pertoken.core.formula import Call, Name
from pertoken.scenario.order import by_month, needs, ordered, steps, upstream
from pertoken.scenario.program import Ladder
from tests.scenario.programs import random_programs, row
from tests.tries import tries


def order(*rows):
    return [each.name for each in ordered(rows)]


@tries(20)
@given(random_programs())
def test_every_row_stands_below_what_it_asks_for_this_month(made):
    found = [each.name for each in ordered(made.rows, made.ladders)]
    assert sorted(found) == sorted(each.name for each in made.rows)
    for each in made.rows:
        for node in (each.node, each.opening):
            for name, when in {} if node is None else needs(node, made.ladders).items():
                assert when == {"before"} or found.index(name) < found.index(each.name)


@tries(20)
@given(random_programs())
def test_only_rows_that_need_each_other_go_month_by_month(made):
    """The oracle: what each row needs, by following all it asks for."""
    below = {each.name: _all_below(made, each.name) for each in made.rows}
    done: set[str] = set()
    for step in steps(made.rows, made.ladders):
        names = {each.name for each in step.rows}
        for name in names:
            assert below[name] - names <= done
            assert {other for other in below[name] if name in below[other]} | {name} == names
            assert step.recursive == (name in below[name])
        done |= names


def _all_below(made, name):
    rows = {each.name: each for each in made.rows}
    found, open_ = set(), [name]
    while open_:
        one = rows[open_.pop()]
        for node in (one.node, one.opening):
            for other in () if node is None else needs(node, made.ladders):
                if other not in found:
                    found.add(other)
                    open_.append(other)
    return found


def test_rows_stay_as_they_stand_where_they_may():
    assert order(row("c"), row("a", "b + c"), row("b", "c"), row("d")) == ["c", "b", "a", "d"]


def test_the_month_before_is_no_edge():
    assert order(row("a", "prev(b)"), row("b", "a + prev(b)")) == ["a", "b"]


def test_a_ring_is_named_with_its_lines():
    rows = [row("users", "demand * 2", line=4), row("demand", "price + 1", line=7), row("price", "users", line=9)]
    with pytest.raises(InputError) as found:
        ordered(rows, source="plan.yaml")
    assert str(found.value).startswith("plan.yaml:")
    assert "price (line 9) -> users (line 4) -> demand (line 7) -> price (line 9)" in str(found.value)
    assert "take one of them from the month before, as prev(price)" in str(found.value)


def test_a_row_that_needs_itself_is_a_ring():
    with pytest.raises(InputError, match="a ring: a -> a"):
        ordered([row("a", "a + 1")])


def test_all_months_of_what_needs_the_month_before_are_refused():
    rows = [row("share", "prev(users) / total(users)"), row("users", "100 * share")]
    with pytest.raises(InputError, match="a ring"):
        ordered(rows)
    rows = [row("users", "prev(cap)"), row("cap", "total(users)", by_month=False), row("x", "prev(users)")]
    with pytest.raises(InputError, match="which is one number"):
        steps(rows)
    rows = [row("users", "prev(limit)"), row("limit", "last(users) * month"), row("month")]
    with pytest.raises(InputError, match="`limit` asks for all months of `users`, which needs `limit`"):
        steps(rows)


def test_unknown_names_are_told_together_with_the_nearest():
    with pytest.raises(InputError) as found:
        ordered([row("users"), row("a", "userz", line=3), row("b", "prices")], source="m.yaml")
    assert "m.yaml:3: `userz` in `a`; expected the name of a quantity; did you mean users?" in str(found.value)
    assert "`prices` in `b`" in str(found.value)


def test_a_name_stands_once():
    with pytest.raises(InputError, match="`a`, which is there already"):
        ordered([row("a"), row("a", "1")])


def test_an_unknown_ladder_is_refused():
    known = {"pro.tokens": Ladder(name="pro.tokens", up_to=(), a=(), b=())}
    with pytest.raises(InputError, match=r"`pro.token`; expected the name of a ladder; did you mean pro.tokens\?"):
        (needs(Call("tiered", (Name("pro.token"), Name("q"))), known))


def test_a_formula_is_by_month_where_anything_in_it_is():
    timed = {"price": False, "users": True}
    for said, expected in {
        "price * 2": False,
        "price * users": True,
        "total(users) * price": False,
        "prev(users)": True,
        "from(2027-01)": True,
        "3": False,
    }.items():
        assert by_month(row("x", said).node, timed) is expected


def test_a_chain_of_a_thousand_rows_is_put_in_order():
    rows = [row(f"r{k}", f"r{k + 1}") for k in range(2000)] + [row("r2000")]
    assert order(*rows)[0] == "r2000"
    assert upstream(rows, ["r1998"]) == {"r1998", "r1999", "r2000"}
