"""Worlds of a forecast as a file: what is written is read, and what is wrong is told with its row and the mend."""

from pathlib import Path

import numpy as np
import pytest

from pertoken.connect.forecast_worlds import read_worlds, worlds_file
from pertoken.core.errors import InputError
from pertoken.forecast.kept import Kept

HEAD = "world,month,key,label,revenue,currency\n"
ROWS = "1,2027-01,,,10,USD\n1,2027-02,,,20,USD\n2,2027-01,,,30,USD\n2,2027-02,,,40,USD\n"


def read(path):
    return read_worlds(path, Path(path).read_bytes())


@pytest.mark.parametrize("end", ["csv", "parquet"])
def test_what_is_written_is_read_to_the_last_digit(tmp_path, end):
    """11 worlds, 3 months and 2 parts, one of whose labels has a comma, a dot and a quote."""
    rng = np.random.default_rng(5)
    values = {
        (measure, key, label): rng.lognormal(9, 2, (11, 3))
        for measure in ("customers", "usage", "revenue", "cost")
        for key, label in (("", ""), ("plan", "pro"), ("customer", 'a, "b" v1.5'))
    }
    months = ("2026-12", "2027-01", "2027-02")
    made = Kept(
        months=months, values=values, currency="EUR", unit="tokens", as_of="2026-11-30", seed=3, simulated=10_240
    )
    path = tmp_path / f"worlds.{end}"
    path.write_bytes(worlds_file(made, path))
    found = read(path)
    assert (found.months, found.currency, found.unit) == (months, "EUR", "tokens")
    assert (found.as_of, found.seed, found.simulated, found.worlds) == ("2026-11-30", 3, 10_240, 11)
    assert found.values.keys() == values.keys()
    for quantity, each in values.items():
        np.testing.assert_array_equal(found.values[quantity], each)
    assert worlds_file(made, path) == path.read_bytes()


def test_a_file_made_by_hand_may_leave_out_parts_and_where_it_comes_from(tmp_path):
    """Rows in any order; worlds stand in the order of their number, 10 after 9."""
    path = tmp_path / "hand.csv"
    path.write_text("month,world,revenue,currency\n2027-01,10,4,USD\n2027-01,9,3,USD\n2027-01,1,2,USD\n")
    found = read(path)
    assert found.values["revenue", "", ""].tolist() == [[2], [3], [4]]
    assert (found.as_of, found.seed, found.simulated) == ("", None, 0)


def test_a_file_that_has_changed_is_read_again(tmp_path):
    path = tmp_path / "w.csv"
    path.write_text(HEAD + ROWS)
    assert read(path).values["revenue", "", ""].sum() == 100
    path.write_text(HEAD + ROWS.replace("40", "90"))
    assert read(path).values["revenue", "", ""].sum() == 150


@pytest.mark.parametrize("end", ["csv", "parquet"])
@pytest.mark.parametrize("name", ["w[1]", "w?", "w*"])
def test_a_name_is_no_pattern_for_other_files(tmp_path, name, end):
    for each, amount in ((f"{name}.{end}", 3.0), (f"w1.{end}", 4.0)):
        made = Kept(months=("2027-01",), values={("revenue", "", ""): np.array([[amount]])}, currency="USD")
        (tmp_path / each).write_bytes(worlds_file(made, each))
    assert read(tmp_path / f"{name}.{end}").values["revenue", "", ""].tolist() == [[3]]


WRONG = {
    "day,customer\n2027-01-01,a\n": "w.csv:1: columns day, customer; expected worlds of a forecast: world, month, and "
    "customers, usage, revenue or cost; write them with `pertoken forecast LOG --for-model FILE`",
    "world,month,revenue\n1,2027-01,3\n": "a column revenue and none currency; expected currency in each row",
    "world,month,usage\n1,2027-01,3\n": "a column usage and none unit; expected unit in each row",
    HEAD: "has no rows; expected one for each world, month and part",
    HEAD + ROWS.replace("30", "many"): "w.csv: row 3: revenue is many; expected a number",
    HEAD + ROWS.replace("30", ""): "w.csv: row 3: revenue is empty; expected a number",
    HEAD + ROWS.replace("30", "inf"): "w.csv: row 3: revenue is inf; expected a number",
    HEAD + ROWS.replace("2,2027-01", ",2027-01"): "w.csv: row 3: no world; expected a number or a name under world",
    HEAD + ROWS.replace("2,2027-01", "2,2027-13"): "row 3: month is 2027-13; expected a month, as 2027-01",
    HEAD + ROWS.replace("2,2027-01,,", "2,2027-01,plan,"): "row 3: key is plan and label is ; expected both",
    HEAD + ROWS + "2,2027-02,,,41,USD\n": "w.csv: row 5: world 2 in 2027-02, the total, stands twice",
    HEAD + ROWS.replace("2,2027-02,,,40,USD\n", ""): "w.csv: no row for world 2 in 2027-02, the total",
    HEAD + "1,2027-01,plan,pro,10,USD\n": "w.csv: no row for world 1 in 2027-01, the total",
    HEAD + ROWS.replace("USD", ""): "w.csv: currency is empty; expected what revenue is in, in each row",
    HEAD + ROWS.replace("40,USD", "40,EUR"): "w.csv: currency is 'EUR', 'USD'; expected the same in all rows",
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_wrong_is_told_with_its_row(tmp_path, monkeypatch, text):
    monkeypatch.chdir(tmp_path)
    Path("w.csv").write_text(text)
    with pytest.raises(InputError) as caught:
        read("w.csv")
    assert WRONG[text] in str(caught.value)


def test_what_is_no_table_is_refused(tmp_path):
    (tmp_path / "w.parquet").write_text("no parquet")
    with pytest.raises(InputError, match=r"can't read the worlds of a forecast from .*write them with"):
        read(tmp_path / "w.parquet")
    (tmp_path / "w.xlsx").write_text("")
    with pytest.raises(InputError, match=r"expected a \.csv or \.parquet file"):
        read(tmp_path / "w.xlsx")
    with pytest.raises(InputError, match=r"expected a \.csv or \.parquet file"):
        worlds_file(Kept(months=("2027-01",), values={}), "w.json")
