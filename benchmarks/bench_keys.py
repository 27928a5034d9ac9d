"""The measurement behind [decision 0002](../docs/decisions/0002-keys-as-coded-numpy-columns.md): how keys stand.

1.2 million lines, in the order of a ledger of ten sorted parts, are summed over customer, month and model, their keys
held as coded columns (ours) and as columns of Python strings, of fixed-width NumPy strings, of pandas and of polars
(strings, categories). pandas and polars are no dependencies; they race where they are installed. Then 1,000 draws of
100,000 lines, which a column of a data frame can't hold: one sum against one for each draw. No target: a decision looks
at all of it.
"""

from importlib import import_module

import numpy as np
import pytest

from pertoken.core.lines import Key, Lines

BY = ("customer", "month", "model")
CUSTOMERS, MONTHS, MODELS = 10_000, 12, 12


def lines(size, draws=None):
    """Lines in the order of a ledger of ten parts: each part sorted, the whole not."""
    rng = np.random.default_rng(11)
    part = np.repeat(np.arange(10), -(-size // 10))[:size]
    codes = [rng.integers(0, n, size, dtype=np.int32) for n in (CUSTOMERS, MONTHS, MODELS)]
    order = np.lexsort((*reversed(codes), part))
    labels = (
        tuple(f"cust-{i:05}" for i in range(CUSTOMERS)),
        tuple(f"2025-{i + 1:02}" for i in range(MONTHS)),
        tuple(f"model-{i:02}" for i in range(MODELS)),
    )
    keys = {name: Key(code[order], own) for name, code, own in zip(BY, codes, labels, strict=True)}
    shape = (size,) if draws is None else (draws, size)
    return Lines(keys, {"amount": rng.integers(1, 1000, shape).astype(np.float64)})


def ours(table):
    folded = table.fold(BY)
    return folded.values["amount"]


def numpy_strings(columns, amount):
    inverses = [np.unique(column, return_inverse=True) for column in columns]
    code = np.zeros(len(amount), dtype=np.int64)
    for labels, inverse in inverses:
        code = code * len(labels) + inverse
    _, group = np.unique(code, return_inverse=True)
    return np.bincount(group, weights=amount)


def structured(records, amount):
    _, group = np.unique(records, return_inverse=True)
    return np.bincount(group, weights=amount)


def megabytes(table):
    codes = sum(key.codes.nbytes for key in table.keys.values())
    return (codes + sum(len(label) + 49 for key in table.keys.values() for label in key.labels)) / 1e6


def test_coded_keys_against_columns_of_strings(race, size, note, full):
    table = lines(size(smoke=1009, full=1_200_000))
    amount = table.values["amount"]
    objects = [table.keys[name].column() for name in BY]
    fixed = [column.astype(str) for column in objects]
    records = np.rec.fromarrays(fixed)
    expected = ours(table)
    sides = {
        "columns of Python strings": lambda: numpy_strings(objects, amount),
        "columns of NumPy strings": lambda: numpy_strings(fixed, amount),
    } | ({} if full else {"NumPy records": lambda: structured(records, amount)})
    for name, side in sides.items():
        assert np.array_equal(side(), expected)
        race(f"coded keys vs {name}", lambda: ours(table), side, target=None, rounds=3)
    if full:
        note(f"memory of the keys: coded {megabytes(table):.1f} MB")
        note(f"memory of the keys: Python strings, shared {sum(each.nbytes for each in objects) / 1e6:.1f} MB")
        note(f"memory of the keys: NumPy strings {sum(each.nbytes for each in fixed) / 1e6:.1f} MB")


@pytest.mark.parametrize("order", ["sorted parts", "shuffled"])
@pytest.mark.parametrize("rival", ["pandas str", "pandas category", "polars str", "polars category"])
def test_coded_keys_against_data_frames(rival, order, race, size, note):
    library, kind = rival.split()
    frames = pytest.importorskip(library, reason="optional: races where it is installed")
    table = lines(size(smoke=1009, full=1_200_000))
    if order == "shuffled":
        table = table.pick(np.random.default_rng(5).permutation(len(table)))
    columns = {**{name: table.keys[name].column().tolist() for name in BY}, "amount": table.values["amount"]}
    side, memory = {"pandas": with_pandas, "polars": with_polars}[library](frames.DataFrame(columns), kind)
    assert np.array_equal(side(), ours(table))
    race(f"coded keys vs {rival}, {order}", lambda: ours(table), side, target=None, rounds=11)
    if size(smoke=0, full=1) and order == "shuffled":
        note(f"memory of the keys: {rival} {memory / 1e6:.1f} MB")


def with_pandas(frame, kind):
    frame = frame.astype(dict.fromkeys(BY, "category")) if kind == "category" else frame
    memory = frame[list(BY)].memory_usage(index=False, deep=True).sum()
    return lambda: frame.groupby(list(BY), observed=True, sort=True)["amount"].sum().to_numpy(), memory


def with_polars(frame, kind):
    polars = import_module("polars")
    frame = frame.with_columns(polars.col(BY).cast(polars.Categorical)) if kind == "category" else frame
    memory = frame.select(BY).estimated_size()
    return lambda: frame.group_by(BY).agg(polars.col("amount").sum()).sort(BY).get_column("amount").to_numpy(), memory


def test_draws_are_folded_in_one_sum(race, size):
    table = lines(size(smoke=101, full=100_000), draws=size(smoke=7, full=1000))
    each = [Lines(table.keys, {"amount": row}) for row in table.values["amount"]]

    def one_by_one():
        return np.stack([ours(world) for world in each])

    assert np.array_equal(ours(table), one_by_one())
    race("1,000 draws: one sum vs one by one", lambda: ours(table), one_by_one, target=None, rounds=3)
