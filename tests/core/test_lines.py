"""The one table: a fold keeps every sum, in any order, with any number of worlds and any kind of number."""

import pickle
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pertoken.core.errors import InputError
from pertoken.core.lines import Key, Ledger, Lines, Usage, concat, group, table

NAMES = ("customer", "model", "month")
LABELS = {"customer": ["a", "b", "c", "d", "e"], "model": ["x", "y", "z"], "month": ["2026-01", "2026-02"]}
BATCHES = [(), (3,), (2, 5)]
folds = st.lists(st.sampled_from(NAMES), unique=True)


@st.composite
def lines(draw, kind=None, least=0):
    size = draw(st.integers(least, 13))
    batch = draw(st.sampled_from(BATCHES))
    column = {n: st.lists(st.sampled_from(LABELS[n]), min_size=size, max_size=size) for n in NAMES}
    kind = kind or draw(st.sampled_from(["int", "float", "decimal"]))
    whole = draw(arrays(np.int64, (*batch, size), elements=st.integers(-(10**9), 10**9)))
    values = {"int": whole, "float": whole / 8, "decimal": None}[kind]
    if values is None:
        values = np.empty(whole.shape, dtype=object)
        values.ravel()[:] = [Decimal(n) / 1000 for n in whole.ravel().tolist()]
    return Lines({n: Key.of(draw(column[n])) for n in NAMES}, {"quantity": values})


def rows(made):
    """Sums by labels, the slow and readable way."""
    columns = [key.column().tolist() for key in made.keys.values()]
    labels = [tuple(column[i] for column in columns) for i in range(len(made))]
    quantity = made.values["quantity"]
    return {each: sum(quantity[..., i] for i, label in enumerate(labels) if label == each) for each in set(labels)}


def same(one, two):
    return one.keys() == two.keys() and all(np.all(one[label] == two[label]) for label in one)


@given(lines(), folds)
def test_a_fold_is_the_sum_of_the_lines_that_agree(made, names):
    slow = rows(Lines({n: made.keys[n] for n in names}, made.values))
    folded = made.fold(names)
    assert same(rows(folded), slow)
    assert len(folded) == len(slow)


@given(lines(least=1), folds)
def test_a_fold_keeps_the_total(made, names):
    assert np.all(made.fold(names).values["quantity"].sum(axis=-1) == made.values["quantity"].sum(axis=-1))


@given(lines(), folds, st.randoms(use_true_random=False))
def test_a_fold_does_not_depend_on_the_order_of_lines(made, names, chance):
    order = list(range(len(made)))
    chance.shuffle(order)
    assert same(rows(made.pick(np.array(order, dtype=int)).fold(names)), rows(made.fold(names)))


@given(lines(), folds, st.data())
def test_a_fold_of_a_fold_is_the_fold(made, names, data):
    fewer = data.draw(st.lists(st.sampled_from(names), unique=True)) if names else []
    assert same(rows(made.fold(names).fold(fewer)), rows(made.fold(fewer)))


@given(lines(), folds)
def test_folded_lines_come_in_the_order_of_their_labels(made, names):
    folded = made.fold(names)
    columns = zip(*(folded.keys[n].column().tolist() for n in names), strict=True)
    assert (found := list(columns)) == sorted(set(found))


@given(lines(kind="decimal", least=1), folds)
def test_decimals_stay_decimals(made, names):
    assert all(type(x) is Decimal for x in made.fold(names).values["quantity"].ravel().tolist())


@given(st.lists(lines(kind="int").filter(lambda made: made.values["quantity"].ndim == 1), min_size=1, max_size=3))
def test_labels_survive_being_put_under_each_other(parts):
    whole = concat(Lines, parts)
    for name in NAMES:
        key = whole.keys[name]
        assert key.column().tolist() == [label for part in parts for label in part.keys[name].column()]
        assert list(key.labels) == sorted(set(key.labels))


def test_different_label_sets_are_merged_and_a_missing_key_is_empty():
    one = table(["model"], ["quantity"], [("y", 2), ("m", 3)])
    two = table(["model", "customer"], ["quantity"], [("a", "acme", 5)])
    whole = concat(Lines, [one, two])
    assert whole.keys["model"].labels == ("a", "m", "y")
    assert whole.records() == [
        {"model": "y", "customer": "", "quantity": 2},
        {"model": "m", "customer": "", "quantity": 3},
        {"model": "a", "customer": "acme", "quantity": 5},
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_a_value_that_one_part_lacks_is_an_error_and_no_zero(order):
    parts = [table(["m"], ["quantity"], [("a", 2)]), table(["m"], ["quantity", "amount"], [("a", 2, 3)])]
    with pytest.raises(InputError, match=r"with and without \['amount'\]"):
        concat(Lines, [parts[i] for i in order])


def test_many_keys_with_many_labels_are_folded_without_running_over():
    size = 11
    keys = {f"k{i}": Key(np.arange(size, dtype=np.int32), tuple(f"{n:07}" for n in range(10_007))) for i in range(7)}
    folded = Lines(keys, {"quantity": np.arange(size)}).fold(list(keys))
    assert folded.values["quantity"].tolist() == list(range(size))


@pytest.mark.parametrize("span", [101, 10_007, 70_001, 1 << 33])
@pytest.mark.parametrize("runs", [1, 3, None])
def test_lines_are_gathered_in_order_however_they_lie(span, runs):
    """Numbers of up to 16, 32 and more bits, the middle ones counted; sorted, in runs, mixed. Oracle: np.unique."""
    size, chance = 20_011, np.random.default_rng(3)
    half = int(span**0.5) + 1
    codes = chance.integers(0, half, (2, size)).astype(np.int32)
    if runs:
        pieces = [piece[:, np.lexsort(piece[::-1])] for piece in np.array_split(codes, runs, axis=1)]
        codes = np.concatenate(pieces, axis=1)
    labels = tuple(f"{n:05}" for n in range(half))
    quantity = chance.integers(0, 97, size)
    found = group([Key(each, labels) for each in codes], size)
    pairs, which = np.unique(codes, axis=1, return_inverse=True)
    assert np.array_equal(codes[:, found.first], pairs)
    total = np.bincount(which.reshape(-1), weights=quantity)
    for values in (quantity, quantity * 1.0, quantity.astype(object)):
        assert found.sum(values).tolist() == total.tolist()
    assert found.sum(np.stack([quantity, 3 * quantity])).tolist() == [total.tolist(), (3 * total).tolist()]
    huge = 2**47 + 1  # sums of it are beyond what floats hold
    assert found.sum(np.full(size, huge)).tolist() == [huge * n for n in np.bincount(which.reshape(-1)).tolist()]


def test_picked_lines_can_be_picked_again():
    made = table(
        ["customer", "meter"], ["quantity"], [("a", "requests", 2), ("b", "requests", 3), ("c", "requests", 5)]
    )
    twice = made.pick(np.array([2, 1, 0])).pick(np.array([True, False, True]))
    assert len(twice) == len(twice.keys["customer"]) == 2
    assert twice.keys["customer"].column().tolist() == ["c", "a"]
    assert twice.keys["meter"].column().tolist() == ["requests", "requests"]
    assert twice.with_keys(customer="d").keys["customer"].column().tolist() == ["d", "d"]


def test_keys_of_picked_lines_can_be_sent_to_another_process():
    made = table(["customer", "meter"], ["quantity"], [("a", "requests", 2), ("b", "requests", 3)])
    picked = made.pick(np.array([1, 0, 1])).keys
    sent = {name: pickle.loads(pickle.dumps(key)).column().tolist() for name, key in picked.items()}  # noqa: S301
    assert sent == {"customer": ["b", "a", "b"], "meter": ["requests"] * 3}


def test_a_coarser_period_is_read_off_a_finer_one():
    days = table(["day"], ["quantity"], [("2026-03-31", 2), ("2026-04-01", 3), ("2026-04-30", 5)])
    assert days.period("month").column().tolist() == ["2026-03", "2026-04", "2026-04"]
    assert days.period("quarter").labels == ("2026-Q1", "2026-Q2")
    with pytest.raises(InputError, match="no hour here, nor a finer period"):
        days.period("hour")


def test_lines_of_days_and_lines_of_months_meet_in_the_month():
    days = table(["day"], ["amount"], [("2026-03-31", 2), ("2026-04-01", 3)])
    months = table(["month"], ["amount"], [("2026-04", 5)])
    assert concat(Lines, [days, months]).period("month").column().tolist() == ["2026-03", "2026-04", "2026-04"]
    assert concat(Lines, [days, months]).period("year").column().tolist() == ["2026"] * 3


def test_relabelled_labels_that_meet_become_one_in_sorted_order():
    key = Key.of(["b", "a", "c"]).relabel({"a": "z", "b": "z", "c": "k"})
    assert key.labels == ("k", "z")
    assert key.column().tolist() == ["z", "z", "k"]


def test_columns_of_different_length_are_refused():
    with pytest.raises(InputError, match=r"of one length, found \[2, 3\]"):
        Lines({"m": Key.of(["a", "b"])}, {"quantity": np.zeros(3)})


@pytest.mark.parametrize(("kind", "lacking"), [(Usage, "meter"), (Ledger, "account")])
def test_usage_and_ledgers_must_have_what_they_are_named_for(kind, lacking):
    with pytest.raises(InputError, match=f"{kind.__name__} needs .*{lacking}"):
        kind({}, {"quantity": np.zeros(2), "amount": np.zeros(2)})


def test_an_unknown_key_is_refused_with_the_nearest():
    with pytest.raises(InputError, match="no key 'custmer' here; did you mean customer"):
        table(["customer"], ["quantity"], [("a", 2)]).fold(["custmer"])


def test_a_label_that_stands_nowhere_picks_nothing():
    assert len(table(["m"], ["quantity"], [("a", 2)]).where(m="b")) == 0
