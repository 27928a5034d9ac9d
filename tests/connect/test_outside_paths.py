"""Outside forecasts are read whole, or refused row by row."""

import duckdb
import numpy as np
import pytest

from pertoken.connect.outside_paths import read_outside
from pertoken.core.errors import InputError

QUANTILES = """\
customer,period,quantile,value
acme,2026-08-02,0.1,12
acme,2026-08-01,0.9,30
acme,2026-08-01,0.1,10
zeta,2026-08-01,0.1,1.5
acme,2026-08-02,0.9,32
zeta,2026-08-01,0.9,2.5
zeta,2026-08-02,0.1,0
zeta,2026-08-02,0.9,3
"""


@pytest.fixture
def file(tmp_path):
    def write(text, name="outside.csv"):
        (tmp_path / name).write_text(text)
        return tmp_path / name

    return write


def test_quantiles_are_read_in_any_order(file):
    found = read_outside(file(QUANTILES))
    assert (found.customers, found.periods) == (("acme", "zeta"), ("2026-08-01", "2026-08-02"))
    assert found.shares is not None
    assert found.shares.tolist() == [0.1, 0.9]
    assert found.values.tolist() == [[[10, 12], [1.5, 0]], [[30, 32], [2.5, 3]]]


def test_a_parquet_file_with_numbers_says_the_same_as_text(file, tmp_path):
    path = tmp_path / "outside.parquet"
    duckdb.sql(f"COPY (SELECT * FROM read_csv('{file(QUANTILES)}')) TO '{path}' (FORMAT parquet)")
    one, other = read_outside(path), read_outside(file(QUANTILES))
    np.testing.assert_array_equal(one.values, other.values)
    assert (one.customers, one.periods) == (other.customers, other.periods)


def test_draws_are_paths_and_numbered_periods_stand_in_time(file):
    rows = [f"a,{period},{draw},{10 * draw + period}" for draw in (1, 2, 3) for period in (10, 9)]
    found = read_outside(file("\n".join(["customer,period,draw,value", *rows])))
    assert found.shares is None
    assert found.periods == ("9", "10")
    assert found.values[:, 0].tolist() == [[19, 20], [29, 30], [39, 40]]


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("0.9,30", "0.9,many", "row 2: value is 'many'; expected a number"),
        ("0.9,30", "0.9,", "row 2: value is empty"),
        ("0.9,30", "0.9,-3", "row 2: value is '-3'; expected a number of 0 or more"),
        ("0.9,30", "0.9,inf", "row 2: value is 'inf'"),
        ("0.9,30", "90,30", "row 2: quantile is '90'; expected a share between 0 and 1"),
        ("0.9,30", "P90,30", "row 2: quantile is 'P90'; expected a number"),
        ("acme,2026-08-02,0.1", ",2026-08-02,0.1", "row 1: no customer"),
        ("acme,2026-08-02,0.1", "acme,,0.1", "row 1: no period"),
        ("zeta,2026-08-02,0.9,3\n", "", "no quantile 0.9 of zeta in 2026-08-02"),
        ("zeta,2026-08-02,0.9,3", "zeta,2026-08-02,0.1,3", "row 8: zeta in 2026-08-02 at quantile 0.1 stands twice"),
        ("0.9,30", "0.9,9", "row 2: quantile 0.9 of acme in 2026-08-01 is 9, below 10"),
        ("quantile", "q", "columns customer, period, q, value; expected customer, period, value"),
    ],
)
def test_what_is_wrong_is_told_with_its_row(file, was, now, said):
    assert was in QUANTILES
    with pytest.raises(InputError) as error:
        read_outside(file(QUANTILES.replace(was, now, 1)))
    assert said in str(error.value)


def test_no_file_another_kind_of_file_and_no_rows_are_refused(file, tmp_path):
    with pytest.raises(InputError, match="can't read the outside forecast"):
        read_outside(tmp_path / "gone.csv")
    with pytest.raises(InputError, match=r"expected a .csv or .parquet file"):
        read_outside(file(QUANTILES, "outside.xls"))
    with pytest.raises(InputError, match="has no rows"):
        read_outside(file(QUANTILES.splitlines()[0]))
