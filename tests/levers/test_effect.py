"""Moves and additions: every quantity is kept or explained, and what a share is of is the quantity that is there."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pertoken.core.errors import InputError
from pertoken.core.lines import Usage
from pertoken.levers.effect import Add, Move, explained, move, touched
from tests.made import drawn, exact, usage

MODELS, METERS, MONTHS = ("large", "small"), ("input_tokens", "output_tokens", "requests"), ("2026-01", "2026-02")
LINES = usage("model meter month", *((o, m, t, 0) for o in MODELS for m in METERS for t in MONTHS))
WORLDS = 3

shares = st.floats(0, 1) | st.lists(st.floats(0, 1), min_size=WORLDS, max_size=WORLDS).map(
    lambda each: np.array(each).reshape(WORLDS, 1)
)
by_month = st.lists(st.floats(0, 1), min_size=2, max_size=2).map(np.array)
labels = st.sampled_from([{}, {"model": "small"}, {"meter": "cache_read_tokens"}, {"model": "tiny", "batch": "true"}])
kinds = st.sampled_from([(), ("input_tokens",), ("total_tokens",)])
moves = st.builds(
    Move,
    name=st.sampled_from(["one", "two"]),
    where=st.sampled_from([{}, {"model": "large"}]),
    meters=kinds,
    share=shares | by_month,
    to=labels,
    away=st.booleans(),
    times=st.floats(0, 3),
)
adds = st.builds(Add, name=st.just("three"), where=st.just({"model": "large"}), meters=kinds, share=shares, to=labels)
quantities = st.lists(st.integers(0, 10**6), min_size=len(LINES), max_size=len(LINES))


def totals(lines, *names):
    """Quantities by labels, as a dictionary of the sums of each world."""
    found = lines.fold(names)
    rows = zip(*(found.keys[n].column().tolist() for n in names), strict=True)
    return {row: found.values["quantity"][..., i] for i, row in enumerate(rows)}


@given(quantities, st.lists(moves | adds, min_size=1, max_size=4))
def test_every_token_is_kept_or_explained_by_name(numbers, effects):
    """Before, and all that left and arrived, are after: meter by meter, in every world."""
    before = drawn(LINES, np.array(numbers))
    after, told = move(before, effects), explained(before, effects)
    one, more, two = totals(before, "meter"), totals(told, "meter"), totals(after, "meter")
    for meter in {*one, *more, *two}:
        there = one.get(meter, 0) + more.get(meter, 0)
        assert np.broadcast_to(there, (WORLDS,)) == pytest.approx(
            np.broadcast_to(two.get(meter, 0), (WORLDS,)), abs=1e-6
        )
    assert {name for (name,) in totals(told, "lever")} <= {effect.name for effect in effects}
    assert (after.values["quantity"] >= 0).all()


@given(quantities, moves)
def test_a_move_without_a_factor_changes_no_total(numbers, effect):
    whole = Move(name="m", where=effect.where, meters=effect.meters, share=effect.share, to={"model": "tiny"})
    before = drawn(LINES, np.array(numbers))
    one, two = totals(before, "meter", "month"), totals(move(before, [whole]), "meter", "month")
    assert one.keys() == two.keys()
    for key, each in one.items():
        assert np.broadcast_to(each, (WORLDS,)) == pytest.approx(np.broadcast_to(two[key], (WORLDS,)))


def test_a_share_may_differ_by_month_and_by_world():
    """100 in each of two months; a tenth of January goes in world 0, a half of February in world 1."""
    before = usage("meter month", ("input_tokens", "2026-01", 100), ("input_tokens", "2026-02", 100))
    share = np.array([[0.1, 0.0], [0.0, 0.5]])
    after = move(before, [Move(name="trim", where={}, share=share, to={}, away=True)])
    assert after.values["quantity"].tolist() == [[90, 100], [100, 50]]
    with pytest.raises(InputError, match=r"share for 2 periods, and is asked for 2026-02; expected one for each month"):
        move(before, [Move(name="trim", where={}, share=share, to={})], periods=("2026-01", "2026-03"))
    whole = move(before, [Move(name="trim", where={}, share=np.array([0, 0, 1]), to={}, away=True)],
                 periods=("2025-12", "2026-01", "2026-02"))  # fmt: skip
    assert whole.values["quantity"].tolist() == [100, 0]


def test_what_arrives_is_one_line_with_what_was_there():
    before = usage("model meter", ("large", "input_tokens", 100), ("small", "input_tokens", 7))
    after = move(before, [Move(name="r", where={"model": "large"}, share=0.25, to={"model": "small"}, times=2)])
    assert totals(after, "model") == {("large",): 75, ("small",): 57}


def test_each_effect_sees_what_the_ones_before_have_left():
    """A half, and a half of the rest: savings do not add up to all."""
    before = usage("meter", ("input_tokens", 100))
    half = Move(name="h", where={}, share=0.5, to={}, away=True)
    assert move(before, [half, half]).values["quantity"].tolist() == [25]


def test_what_a_lever_uses_itself_is_left_alone_by_others():
    before = usage("model meter", ("large", "requests", 10))
    look_up = Add(name="cache", where={}, meters=("requests",), to={"meter": "x_embeddings", "lever": "cache"})
    cut = Move(name="cut", where={}, share=1.0, to={}, away=True)
    after = move(before, [look_up, cut])
    assert totals(after, "meter") == {("requests",): 0, ("x_embeddings",): 10}
    assert touched(after, Move(name="x", where={"lever": "cache"}, to={})).sum() == 1


@pytest.mark.parametrize(
    ("effect", "said"),
    [
        (
            Move(name="r", where={"model": "larg"}, to={}),
            "asks for model 'larg', and no usage has it; did you mean large",
        ),
        (Move(name="r", where={"modle": "large"}, to={}), "no key 'modle' here; did you mean model"),
        (Move(name="r", where={}, meters=("pages",), to={}), "touches nothing: no line of pages"),
        (Move(name="r", where={}, to={}, unless={"model": "large"}), "touches nothing: no line of usage"),
        (Move(name="r", where={}, share=1.5, to={}), "has the share 1.5; expected a share from 0 to 1"),
        (Move(name="r", where={}, share=float("nan"), to={}), "has the share nan; expected a share from 0 to 1"),
        (Add(name="r", where={}, times=-1.0, to={}), "has the times -1; expected 0 or more in every period"),
    ],
)
def test_a_lever_that_can_not_act_says_why(effect, said):
    with pytest.raises(InputError, match=said):
        move(usage("model meter", ("large", "input_tokens", 1)), [effect])


def test_exact_quantities_are_no_study():
    counted = usage("meter", ("input_tokens", 1))
    with pytest.raises(InputError, match="expected a study in floats"):
        move(Usage(counted.keys, {"quantity": exact(1)}), [Move(name="r", where={}, to={})])


def test_no_effect_explains_nothing():
    assert len(explained(LINES, [])) == 0
    assert move(LINES, []) is LINES
