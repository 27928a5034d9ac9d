"""The terminal."""

import re

import pytest
from rich.cells import cell_len

from pertoken.present.sheet import Column, Figure, Figures, Note, Sheet, Table
from pertoken.present.table import terminal

NAME = Column("customer", "Customer", "text")
COST = Column("cost", "Cost", "money", "USD", total="sum")


def test_a_small_sheet_reads_as_drawn():
    rows = (("Acme", 1250), ("Beta [bold]", -284))
    figures = Figures((Figure("cost", "Cost", 966, "money", "USD"),))
    sheet = Sheet(
        "Costs", "Beta pays back.", (Note("late", "warning"), figures, Table("t", "By customer", (NAME, COST), rows))
    )
    assert (
        terminal(sheet)
        == """\
Costs
Beta pays back.

Cost  966.00  USD

By customer
                 Cost
Customer          USD
─────────────────────
Acme         1,250.00
Beta [bold]   −284.00
─────────────────────
Total          966.00

! Warning: late
"""
    )


@pytest.mark.parametrize("width", [60, 80, 97, 200])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_lost(statement, customers, width):
    text = terminal(statement, width=width)
    assert max(map(cell_len, text.splitlines())) <= width
    assert "…" not in text
    for column, cell in ((3, "1,868.11"), (7, "1,452.98"), (10, "0.0175001")):
        assert cell in text, customers.columns[column].label


def test_a_wide_table_is_split_and_repeats_its_names(statement):
    assert terminal(statement, width=80).count("Papyrus Publishing") == 3
    assert terminal(statement, width=200).count("Papyrus Publishing") == 1


def test_decimal_points_of_prices_stand_under_each_other():
    price = Column("price", "Price", "unit_money", "USD")
    rows = (("a", 0.0225), ("b", 0.000001875), ("c", 12), ("d", None))
    lines = terminal(Sheet("T", "", (Table("t", "T", (NAME, price), rows),))).splitlines()
    assert len({line.index(".") for line in lines if "." in line}) == 1


def test_plain_text_carries_no_colour_and_colour_is_there_when_asked(statement):
    assert "\x1b" not in terminal(statement)
    assert re.search(r"\x1b\[31m *−333\.13", terminal(statement, color=True))


def test_a_name_cannot_steer_the_terminal():
    table = Table("t", "T", (NAME, COST), (("\x1b[2Jgone\x07\nnext\u202e", 1),))
    assert "[2Jgone" in terminal(Sheet("T", "", (table,)))
    assert not re.search("[\x1b\x07\u202e]", terminal(Sheet("T", "", (table,))))


def test_words_beside_numbers_are_broken_before_a_table_is_split():
    words = "prompt of 300,000 tokens is longer than 272,000"
    columns = (NAME, COST, Column("why", "Why", "text"), Column("rate", "Rate", "text"))
    table = Table("t", "Lines", columns, (("Acme", 1250, words, "#cb54ec5a7c"),))
    text = terminal(Sheet("Costs", "", (table,)), width=60)
    assert text.count("Customer") == 1
    assert max(map(cell_len, text.splitlines())) <= 60
    assert " ".join(words.split()[:3]) in text


def test_a_part_without_sums_has_no_total_row():
    columns = (NAME, COST, *(Column(f"source_{i}", f"Source {i}", "text") for i in range(4)))
    table = Table("t", "Lines", columns, (("Acme", 1250, *("x" * 30,) * 4),))
    text = terminal(Sheet("Costs", "", (table,)), width=60)
    assert text.count("Customer") > 1
    assert text.count("Total") == 1


@pytest.mark.parametrize("width", range(20, 60))
def test_no_line_begins_with_the_percent_sign_of_the_line_before(width):
    text = "The range is wide: without it, 57 % of all worlds, and 8.5 % of those that pay 100 % more."
    shown = terminal(Sheet("x", text, (Note(text), Note(text, "warning"))), width=width)
    assert not [line for line in shown.splitlines() if line.startswith("%") or len(line) > width]
    assert " ".join(shown.split()).count(text) == 3
