"""Who is a customer in a statement: only those whom the log names."""

from decimal import Decimal

import numpy as np
import pytest

from pertoken.books.allocate import UNALLOCATED
from pertoken.books.answer import Books
from pertoken.books.statement import Statement
from pertoken.core.lines import Key, Lines, Usage
from pertoken.present.sheet import Chart, Table
from pertoken.present.statement import sheet
from pertoken.usage.report import Report


def books(**margins):
    """A statement with one request, 9 of revenue and the margin given for each customer."""
    names, size = list(margins), len(margins)
    money = np.array([Decimal(each) for each in margins.values()], dtype=object)
    revenue = np.full(size, Decimal(9), dtype=object)
    values = {"requests": np.ones(size, dtype=int), "tokens": np.ones(size, dtype=int), "revenue": revenue}
    lines = Lines({"customer": Key.of(names)}, {**values, "cost": revenue - money, "input_tokens": revenue - money})
    whole = Statement(lines, ("customer",), ("input_tokens",), ("cost", "revenue"), "USD", "effective")
    usage = Usage({"meter": Key.of([])}, {"quantity": np.array([], dtype=int)})
    return Books(usage, Report(source="log.csv", rows=size), {}, {}, {}, whole, ("customer",))


def listed(made):
    return {table.name: [row[0] for row in table.rows] for table in made.of(Table) if table.name in ("worst", "best")}


@pytest.mark.parametrize("nobody", ["", UNALLOCATED])
def test_what_belongs_to_nobody_is_no_customer(nobody):
    made = sheet(books(**{"a": 5, nobody: -7, "b": 3, "c": 4, "d": 2}))
    assert listed(made) == {"worst": ["d", "b"], "best": ["a", "c"]}
    assert made.subtitle.endswith("; none of 4 customers under water.")
    (bars,) = (chart for chart in made.of(Chart) if chart.name == "margins")
    assert "the lowest is 2.00 USD" in bars.alt
    assert "-7" not in str(bars.spec)


@pytest.mark.parametrize(("label", "shown"), [("", "(none)"), (UNALLOCATED, "(not allocated)")])
def test_what_belongs_to_nobody_stays_in_the_statement(label, shown):
    (table,) = (table for table in sheet(books(**{"a": 5, label: -7})).of(Table) if table.name == "statement")
    assert {row[0] for row in table.rows} == {"a", shown}


def test_customers_under_water_are_counted():
    assert sheet(books(a=5, b=-3, c=-4)).subtitle.endswith("; 2 of 3 customers under water.")


def test_a_log_without_a_customer_says_nothing_of_customers():
    made = sheet(books(**{"": -7}))
    assert "customers" not in made.subtitle
    assert listed(made) == {}
