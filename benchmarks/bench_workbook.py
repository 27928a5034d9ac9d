"""The live workbook of a model, against writing as many formulas with XlsxWriter one by one."""

import io
import time
from datetime import date
from importlib.resources import files

import openpyxl
import pytest
from xlsxwriter import Workbook

from pertoken.connect.models import read_model
from pertoken.present.workbook import model_workbook
from pertoken.scenario.compile import compiled
from pertoken.scenario.print_out import printed

ON = date(2026, 11, 22)


def example(name):
    return read_model(str(files("pertoken") / "examples" / f"{name}.yaml"))


def formulas(data):
    book = openpyxl.load_workbook(io.BytesIO(data))
    return sum(cell.data_type == "f" for page in book for row in page.iter_rows() for cell in row)


def one_by_one(count):
    """Write as many short formulas, as a loop over XlsxWriter does."""
    out = io.BytesIO()
    with Workbook(out, {"in_memory": True}) as book:
        page, look = book.add_worksheet(), book.add_format({"num_format": "0.00"})
        for i in range(count):
            page.write_formula(i // 30, i % 30, "=A1*B1+C1", look, 1.25)
    return out.getvalue()


@pytest.mark.parametrize("name", ["tiers", "hybrid"])
def test_a_model_becomes_a_workbook_of_live_formulas(name, race, note, full):
    spec = example("training" if not full else name)

    def ours():
        return model_workbook(printed(compiled(spec), on=ON, version="1"))

    data = ours()
    count = formulas(data)
    assert count > 1_000
    assert formulas(one_by_one(1_000)) == 1_000
    race(f"the workbook of {name}, {count:,} formulas", ours, lambda: one_by_one(count), target=None, rounds=3)
    if full:
        begin = time.process_time()
        ours()
        note(f"{name}: {time.process_time() - begin:.2f} s of the processor, {len(data) / 1e6:.1f} MB")
