"""The sheet of a simulation: its sentence, its figures, its tables and its pictures."""

from decimal import Decimal

import formualizer
import numpy as np
import openpyxl
import pytest

from pertoken.books.answer import Simulated
from pertoken.books.simulate import Simulation
from pertoken.core.lines import Key, Lines
from pertoken.present.drawing import svg
from pertoken.present.dress import GAIN, LOSS
from pertoken.present.excel import workbook
from pertoken.present.sheet import Chart, Note, Table
from pertoken.present.simulate import sheet
from pertoken.present.table import terminal
from pertoken.usage.report import Report
from tests.made import card, exact
from tests.made import usage as used

D = Decimal
PLAN = card("plan: p\nprices: {t: {measure: {sum: total_tokens}, curve: [{rate: 1}]}}")


def answer(cost=4, **paid):
    """Customers who paid so much before and after, each at the same cost."""
    old, new = (exact(*column) for column in zip(*paid.values(), strict=True))
    values = {f"{side}_{kind}": amounts for side, amounts in (("old", old), ("new", new))
              for kind in ("list", "contracted", "effective", "billed")}  # fmt: skip
    if cost is not None:
        values |= {f"{side}_cost": exact(*[cost] * len(paid)) for side in ("old", "new")}
    sim = Simulation(Lines({"customer": Key.of(paid)}, values), ("customer",), ("customer",), "USD", warnings=("mind",))
    made = used("meter", ("input_tokens", 1))
    return Simulated(made, Report(source="log.csv", rows=1), {"old": (PLAN,), "new": (PLAN,), "cost": ()}, sim)


FIVE = answer(a=(10, 12), b=(10, 3), c=(0, 5), d=(0, 0), e=(20, 20))


def tables(made):
    return {table.name: table for table in made.of(Table)}


def column(table, name):
    index = [each.name for each in table.columns].index(name)
    return [row[index] for row in table.rows]


def test_the_sentence_says_what_happens():
    """40 becomes 40; a and c pay more, b less; b earned 6 and loses 1."""
    made = sheet(FIVE)
    assert made.title == "What if card.yaml became card.yaml?"
    assert made.subtitle == (
        "40.00 USD billed stays 40.00; of 5 customers 2 pay more and 1 pay less; the margin of 1 falls below zero."
    )
    assert {f.name: f.value for f in made.figures} | {"p50": 0, "p95": 0} == {
        "old": 40, "new": 40, "change": 0, "old_margin": 20, "new_margin": 20, "p50": 0, "p95": 0,
        "worse_off": 2, "better_off": 1, "same": 2, "crossed": 1}  # fmt: skip


def test_everyone_stands_in_the_table_by_old_bill():
    found = tables(sheet(FIVE))["customers"]
    assert column(found, "customer") == ["e", "a", "b", "c", "d"]
    assert column(found, "result") == ["the same", "pays more", "pays less", "new", "the same"]
    assert column(found, "change_share") == [0, D("0.2"), D("-0.7"), None, None]
    assert column(found, "new_margin") == [16, 8, -1, 1, -4]


def test_the_farthest_stand_first_at_both_ends():
    found = tables(sheet(FIVE, top=1))
    assert "customers" not in found
    assert column(found["more"], "customer") == ["c"]  # 5 more, a only 2
    assert column(found["less"], "customer") == ["b"]
    assert column(found["crossed"], "customer") == ["b"]
    assert found["more"].note == "The 1 largest of 2."


def test_warnings_and_new_customers_are_said():
    notes = {(note.level, note.text) for note in sheet(FIVE).of(Note)}
    assert ("warning", "mind") in notes
    assert any("1 customers paid nothing and now pay" in text for _, text in notes)


def test_without_cost_there_is_no_margin():
    made = sheet(answer(cost=None, a=(1, 2), b=(2, 1)))
    assert "margin" not in made.subtitle
    assert not any("margin" in each.name for each in tables(made)["customers"].columns)


def test_nobody_who_paid_is_shown_without_a_picture():
    made = sheet(answer(a=(0, 2), b=(0, 0)))
    assert not made.of(Chart)
    assert made.subtitle.startswith("0.00 USD billed becomes 2.00; of 2 customers 1 pay more")


def circles(spec):
    """The layer of dots, and what it draws."""
    (layer,) = (layer for layer in spec["layer"] if layer["mark"]["type"] == "circle")
    return layer, spec["datasets"][layer["data"]["name"]]


@pytest.mark.parametrize("top", [None, 1])
def test_dots_stand_at_the_old_bill_and_the_change_and_are_coloured(top):
    made = sheet(FIVE, top=top)
    dots, bars = (chart.spec for chart in made.of(Chart))
    layer, data = circles(dots)
    assert {(d["x"], round(d["y"], 9), d["group"]) for d in data} == {
        (10, 0.2, "pay more"), (10, -0.7, "pay less"), (20, 0, "the same")}  # fmt: skip
    color = layer["encoding"]["color"]["scale"]
    assert color["range"][:2] == [LOSS, GAIN]
    assert "<svg" in svg(dots)
    assert "<svg" in svg(bars)


def test_the_histogram_holds_all_who_paid():
    found = tables(sheet(FIVE))["histogram"]
    assert sum(column(found, "customers")) == 3
    assert sum(column(found, "old_revenue")) == 40
    assert "the same" in column(found, "range")


def test_formulas_of_the_workbook_give_the_same_numbers(tmp_path):
    """Oracle: another spreadsheet engine reckons every formula again."""
    data = workbook(sheet(FIVE))
    (tmp_path / "s.xlsx").write_bytes(data)
    live, stored = (openpyxl.load_workbook(tmp_path / "s.xlsx", data_only=each) for each in (False, True))
    engine = formualizer.load_workbook_bytes(data)
    engine.evaluate_all()
    cells = [cell for page in live for row in page for cell in row if cell.data_type == "f"]
    assert len(cells) > 20
    for cell in cells:
        kept = stored[cell.parent.title][cell.coordinate].value
        found = engine.evaluate_cell(cell.parent.title, cell.row, cell.column)
        assert found == ("" if kept is None else pytest.approx(float(kept))), cell.coordinate


def test_a_crowd_is_drawn_by_its_largest():
    rng = np.random.default_rng(5)
    crowd = {f"c{i:04}": (D(int(x)), D(int(x) + i % 7 - 3)) for i, x in enumerate(rng.integers(9, 9999, 2003))}
    (dots, _) = sheet(answer(**crowd), top=10).of(Chart)
    assert len(circles(dots.spec)[1]) == 2000
    assert dots.alt.endswith("The 2,000 largest are drawn.")


def test_the_terminal_keeps_to_eighty_columns():
    said = terminal(sheet(FIVE, top=10), width=80)
    assert max(map(len, said.splitlines())) <= 80
    assert said.index("Pay more") < said.index("Spread of the change")
