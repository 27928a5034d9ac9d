"""Amounts in thousands, millions or billions."""

import pytest
from rich.cells import cell_len

from pertoken.present.magnitude import in_thousands
from pertoken.present.sheet import Cell, Column, Sheet, Table
from pertoken.present.table import terminal

NAME = Column("customer", "Customer", "text")


def contracts(factor: float) -> Table:
    """A table of contracts as a forecast has it: seven amounts beside three other columns."""
    columns = [Column(name, name.capitalize(), "money", "USD") for name in ("committed", "drawn", "p10", "p50", "p90")]
    rows: tuple[tuple[Cell, ...], ...] = (
        ("acme", "2027-01", *(factor * each for each in (1_000.0, 250.0, 412.5, 730.0, 1_204.0)), 0.8),
        ("globex", "later", *(factor * each for each in (75.0, 0.0, 75.0, -75.0, 75.0)), None),
    )
    until, renewal = Column("until", "Last term ends", "text"), Column("renewal", "By chance", "share")
    return Table("contracts", "Contracts", (NAME, until, *columns, renewal), rows, total=False)


def shown(table: Table, *, rounds: bool) -> str:
    return terminal(Sheet("T", "", (table,), rounds=rounds))


@pytest.mark.parametrize("factor", [1, 10**3, 10**6])
def test_a_table_of_estimates_is_never_split_for_its_digits(factor):
    text = shown(contracts(factor), rounds=True)
    assert text.count("acme") == 1
    assert max(map(cell_len, text.splitlines())) <= 80


def test_a_table_of_facts_keeps_every_cent():
    text = shown(contracts(10**6), rounds=False)
    assert text.count("acme") == 2
    assert "1,204,000,000.00" in text


def test_amounts_that_fit_are_told_in_full():
    assert "1,204.00" in shown(contracts(1), rounds=True)


def test_all_amounts_of_a_unit_have_one_scale_and_the_largest_four_digits():
    columns, rows, total = in_thousands(contracts(10**6))
    assert [column.unit for column in columns[2:7]] == ["M USD"] * 5
    assert rows[0][2:7] == ["1,000.0", "250.0", "412.5", "730.0", "1,204.0"]
    assert rows[1][2:7] == ["75.0", "0.0", "75.0", "−75.0", "75.0"]
    assert rows[1][7] == "–"
    assert total is None


@pytest.mark.parametrize(
    ("largest", "unit", "text"),
    [
        (99_999, "USD", "99,999.00"),
        (100_000, "K USD", "100.0"),
        (99_999_999, "K USD", "100,000.0"),
        (100_000_000, "M USD", "100.0"),
    ],
)
def test_a_unit_grows_where_three_digits_are_left(largest, unit, text):
    table = Table("t", "T", (NAME, Column("cost", "Cost", "money", "USD", total="sum")), (("acme", largest),))
    columns, rows, total = in_thousands(table)
    assert (columns[1].unit, rows[0][1], total) == (unit, text, ["Total", text])


def test_rows_of_their_own_unit_are_scaled_by_it_and_millions_of_tokens_become_trillions():
    amount = Column("p50", "P50", "money")
    rows: tuple[tuple[Cell, ...], ...] = (
        ("Revenue", "USD", 250e6),
        ("Margin", "USD", 3e6),
        ("Usage", "M tokens", 545e6),
        ("Churn", "%", 2.0),
    )
    table = Table("t", "T", (NAME, Column("unit", "Unit", "text"), amount), rows, total=False)
    _, texts, _ = in_thousands(table)
    assert [row[1:] for row in texts] == [["M USD", "250.0"], ["M USD", "3.0"], ["T tokens", "545.0"], ["%", "2.00"]]


def test_what_is_too_small_for_the_scale_never_reads_as_zero():
    rows = (("acme", 250e6), ("globex", 1.0), ("none", 0.0), ("loss", -1.0))
    table = Table("t", "T", (NAME, Column("cost", "Cost", "money", "USD")), rows, total=False)
    assert [row[1] for row in in_thousands(table)[1]] == ["250.0", "<0.1", "0.0", ">−0.1"]


PEERS = tuple(
    Column(f"crps_{i}", label, "share", brief=brief)
    for i, (label, brief) in enumerate(
        [("CRPS", ""), ("Seasonal naive", "Naive"), ("Historic average", "Mean"), ("Lognormal", "Log normal"),
         ("Smoothed", ""), ("WAPE", ""), ("Bias", ""), ("In 80 %", "")]
    )
)  # fmt: skip


def shares(value: float) -> Table:
    """A table of eight shares beside long words, in which all are the same."""
    rows = tuple((what, *[value] * len(PEERS), 200) for what in ("behaviour production", "tenth 10 of 10"))
    return Table("a", "A", (Column("part", "Forecasts of", "text"), *PEERS, Column("n", "Made", "count")), rows)


def test_shares_without_room_are_told_in_whole_percent_under_brief_headers_in_one_table():
    text = shown(shares(0.1234), rounds=True)
    assert max(map(cell_len, text.splitlines())) <= 80
    assert (text.count("12 %"), text.count("12.3 %"), text.count("production")) == (16, 0, 1)
    assert ("Naive" in text, "Seasonal" in text) == (True, False)
    assert "tenth 10 of 10" in text  # words are broken as little as need be


def test_shares_that_fit_or_must_not_be_rounded_keep_their_digits():
    assert shown(shares(0.1234), rounds=False).count("12.3 %") == 16
    wide = terminal(Sheet("T", "", (shares(0.1234),), rounds=True), width=120)
    assert wide.count("12.3 %") == 16
    assert "Seasonal" in wide


def test_a_share_that_is_not_nothing_never_reads_as_nothing():
    assert shown(shares(0.0004), rounds=True).count("<1 %") == 16
