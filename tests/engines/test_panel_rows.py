"""A plain table of customer, period and value is read as it is; other tables are left to be read as logs."""

import math
from typing import Any

import pytest

from pertoken.core.errors import InputError
from pertoken.engines.panel_rows import panel_rows
from tests.desk import write

pytestmark = pytest.mark.usefixtures("desk")


def read(name, rows):
    found = panel_rows(write(name, rows))
    assert found is not None
    return found


@pytest.mark.parametrize("name", ["usage.csv", "usage.parquet"])
def test_three_columns_of_any_case_are_a_table(name):
    rows: list[dict[str, Any]] = [
        {"Customer": "a", "PERIOD": "2026-01", "value": 5.5},
        {"Customer": "b", "PERIOD": "2026-02", "value": None},
    ]
    found = read(name, rows)
    assert (found["customer"], found["period"]) == (["a", "b"], ["2026-01", "2026-02"])
    assert found["value"][0] == 5.5
    assert math.isnan(found["value"][1])


def test_whole_numbers_stay_numbers_and_dates_stay_labels():
    numbered = read("n.csv", [{"customer": "7", "period": 12, "value": 1}])
    assert numbered == {"customer": ["7"], "period": [12], "value": [1.0]}
    dated = read("d.csv", [{"customer": "7", "period": "2026-01-31", "value": 1}])
    assert dated["period"] == ["2026-01-31"]


def test_other_tables_are_no_plain_tables():
    assert panel_rows(write("log.csv", [{"customer": "a", "timestamp": "2026-01-01", "input_tokens": 5}])) is None
    assert panel_rows(write("log.jsonl", [{"customer": "a", "period": "2026-01", "value": 5}])) is None


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"customer": "a", "period": "2026-01", "value": "much"}, "row 1 of bad.csv has the value 'much'"),
        ({"customer": "", "period": "2026-01", "value": 1}, "row 1 of bad.csv has no customer"),
        ({"customer": "a", "period": "", "value": 1}, "row 1 of bad.csv has no period"),
    ],
)
def test_what_is_missing_is_named(row, message):
    with pytest.raises(InputError, match=message):
        panel_rows(write("bad.csv", [row]))
