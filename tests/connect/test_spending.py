"""What selling costs, from files."""

import pytest

from pertoken.connect.spending import read_cac, read_spending
from pertoken.core.errors import InputError


def test_spending_of_a_month_is_added_up(tmp_path):
    path = tmp_path / "spending.csv"
    path.write_text("month,amount,for\n2026-01,1_000,events\n2026-01,500.5,ads\n2026-02,0,\n")
    assert read_spending(path) == {"2026-01": 1500.5, "2026-02": 0}


def test_costs_of_winning_are_by_cohort_and_of_all_others(tmp_path):
    path = tmp_path / "cac.yaml"
    path.write_text("- {cohort: pro, cac: 450}\n- {cac: 20}\n")
    assert read_cac(path) == {"pro": 450, "": 20}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("month,amount\nJan,5\n", "spending.csv:2: 'Jan' is not a month"),
        ("month,amount\n2026-01,-5\n", "spending.csv:2: amount is '-5'"),
        ("month,amount\n2026-01,\n2026-02,many\n", "spending.csv:3: amount is 'many'"),
        ("quarter,amount\n2026-Q1,5\n", "month, amount"),
    ],
)
def test_what_is_wrong_with_spending_is_said_with_its_row(tmp_path, text, found):
    path = tmp_path / "spending.csv"
    path.write_text(text)
    with pytest.raises(InputError) as caught:
        read_spending(path)
    assert found in str(caught.value)


def test_a_cohort_stands_once(tmp_path):
    path = tmp_path / "cac.csv"
    path.write_text("cohort,cac\npro,5\npro,6\n")
    with pytest.raises(InputError, match="a second row of 'pro'"):
        read_cac(path)
