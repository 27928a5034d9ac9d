"""The abstract sheet: what it refuses, and how its totals follow."""

import subprocess
import sys
from decimal import Decimal

import pytest

from pertoken.present.sheet import Chart, Column, Figure, Note, Sheet, Table, total_row

NAME = Column("customer", "Customer", "text")
REVENUE = Column("revenue", "Revenue", "money", "USD", total="sum")
COST = Column("cost", "Cost", "money", "USD", total="sum")
MARGIN = Column("margin", "Margin", "money", "USD", formula="revenue - cost", total="formula")
SHARE = Column("margin_share", "Share", "share", formula="margin / revenue", total="formula")
COLUMNS = (NAME, REVENUE, COST, MARGIN, SHARE)


def table(*rows, columns=COLUMNS, **more):
    return Table("t", "T", columns, rows, **more)


def test_the_total_sums_first_and_divides_last():
    lines = table(
        ("Acme", Decimal("80.00"), Decimal("50.00"), Decimal("30.00"), Decimal("0.375")),
        ("Beta", Decimal("20.00"), Decimal("25.00"), Decimal("-5.00"), Decimal("-0.25")),
    )
    assert total_row(lines) == ("Total", 100, 75, 25, Decimal("0.25"))  # not the mean of 0.375 and -0.25


def test_a_total_of_nothing_divides_by_nothing():
    assert total_row(table(("Acme", 0, 5, -5, None))) == ("Total", 0, 5, -5, None)


def test_cents_in_floats_are_summed_without_noise():
    rows = [("x", 0.1, 0.0, 0.1, 1.0)] * 10
    total = total_row(table(*rows))
    assert total is not None
    assert total[1] == 1.0


def test_what_does_not_apply_is_left_out_of_a_sum():
    columns = (NAME, REVENUE)
    assert total_row(table(("a", None), ("b", 2), columns=columns)) == ("Total", 2)
    assert total_row(table(("a", None), columns=columns)) == ("Total", None)


def test_a_table_without_rows_or_wish_has_no_total():
    assert total_row(table()) is None
    assert total_row(table(("a", 1), columns=(NAME, REVENUE), total=False)) is None
    assert total_row(table(("a",), columns=(NAME,))) is None


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), Decimal("NaN")])
def test_a_number_that_is_none_is_refused(bad):
    with pytest.raises(ValueError, match="expected a finite number"):
        table(("a", bad), columns=(NAME, REVENUE))
    with pytest.raises(ValueError, match="expected a finite number"):
        Figure("f", "F", bad, "money")


@pytest.mark.parametrize(("cell", "column"), [("1", REVENUE), (1, NAME), (True, REVENUE)])
def test_a_cell_of_another_type_is_refused(cell, column):
    with pytest.raises(TypeError, match="holds"):
        table((cell,), columns=(column,))


def test_a_cell_that_contradicts_its_formula_is_refused():
    with pytest.raises(ValueError, match="holds 29 but revenue - cost gives 30"):
        table(("Acme", 80, 50, 29, 29 / 80))


def test_a_share_of_nothing_must_be_said_to_not_apply():
    with pytest.raises(ValueError, match="gives None"):
        table(("Acme", 0, 5, -5, 0))


def test_a_range_over_draws_follows_no_formula_and_needs_none():
    median = Column("margin", "Margin", "money", "USD", total="sum")
    assert table(("Acme", 80, 50, 29), columns=(NAME, REVENUE, COST, median)).rows


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ((Column("a", "A", "money"), Column("a", "A", "money")), "share the name"),
        ((Column("a", "A", "money", formula="b + 1"),), "reads"),
        ((Column("a", "A", "money", formula="a + 1"),), "ring"),
    ],
)
def test_columns_that_do_not_fit_together_are_refused(columns, words):
    with pytest.raises(ValueError, match=words):
        table(columns=columns)


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="2 columns but a row of 1"):
        table(("a",), columns=(NAME, REVENUE))


def test_columns_say_what_is_wrong_with_them():
    with pytest.raises(ValueError, match="not snake_case"):
        Column("Net revenue", "Net revenue", "money")
    with pytest.raises(ValueError, match="expected one of text, count"):
        Column("a", "A", "currency")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="totals by formula but has none"):
        Column("a", "A", "money", total="formula")
    with pytest.raises(ValueError, match="expected neither"):
        Column("a", "A", "text", total="sum")


def test_a_chart_stands_beside_a_table_with_its_numbers():
    with pytest.raises(ValueError, match="names table 'elsewhere'"):
        Sheet("T", "", (Chart("c", "C", dict, "words", "elsewhere"),))


def test_blocks_are_found_by_kind_in_reading_order():
    notes = (Note("one"), Note("two", "warning"))
    assert Sheet("T", "", (notes[0], table(), notes[1])).of(Note) == notes


def test_a_sheet_needs_no_heavy_library():
    heavy = "numpy altair vl_convert xlsxwriter rich"
    code = f"import sys, pertoken.present.sheet; print([m for m in {heavy.split()} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )
    assert done.stdout.strip() == "[]"
