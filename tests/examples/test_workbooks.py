"""Every example goes out as a workbook, is typed over, recalculated, and comes back: its numbers are Python's."""

import random
import shutil
from math import isfinite

import openpyxl
import pytest

from pertoken.scenario.parts import differing, parts
from pertoken.scenario.run import run
from pertoken.scenario.worlds import named
from pertoken.workbench import import_workbook, read_model
from tests.examples.model_run import FOLDER, NAMES, compiled
from tests.examples.round_trip import changed, edited, expected, resaved, typed_over, written
from tests.present.workbook_engine import ALWAYS, by_formualizer, converted, stored

CENT = 0.005
SETS, ALL_SETS = 1, 200
"""Sets of random inputs for each example: in every run, and with `--many`."""
EXAMPLES = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in NAMES]
"""What is of one example is tried by one worker, which writes it once."""
RESAVED = "chatbot"
"""The example that another program saves in every run; all with `--many`."""


def wrong(found, truth):
    """Cells that are half a cent or more from what Python finds; no number is an error in a sheet."""
    return {
        cell: (found[cell], value) for cell, value in truth.items() if cell in found and not close(found[cell], value)
    }


def close(cell, value):
    if not isfinite(value):
        return not isinstance(cell, (int, float))
    return isinstance(cell, (int, float)) and abs(cell - value) < max(CENT, 1e-9 * abs(value))


@pytest.mark.parametrize("name", EXAMPLES)
def test_random_inputs_give_the_same_cells_in_python_and_recalculated(name, full):
    rng = random.Random(f"{name}, differential")  # noqa: S311  numbers to try
    paper, data, _ = written(name)
    for _ in range(ALL_SETS if full else SETS):
        edits, case = typed_over(name, rng), rng.choice(paper.cases)
        cells = {(field.sheet, field.cell): value for field, value in edits.items()}
        found = by_formualizer(data, {**cells, ("Cover", "B4"): case})
        truth = expected(name, changed(name, edits), case)
        assert len(truth.keys() & found.keys()) > 0.9 * len(truth)
        assert wrong(found, truth) == {}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_workbook_comes_back_with_just_the_edits_and_its_totals(name, full, tmp_path):
    rng = random.Random(f"{name}, back")  # noqa: S311  numbers to try
    paper, data, _ = written(name)
    edits, case = typed_over(name, rng, share=0.05), rng.choice(paper.cases)
    shutil.copy(FOLDER / f"{name}.yaml", tmp_path)
    file = tmp_path / "edited.xlsx"
    file.write_bytes((resaved if full or name == RESAVED else edited)(data, edits, case))

    answer = import_workbook(file)

    assert {each.field: each.now for each in answer.edits} == edits
    assert answer.case == case
    assert answer.overwritten == ()
    assert answer.left == listed_elsewhere(name, answer.edits)
    agree(answer, by_formualizer(data, {**cells_of(edits), ("Cover", "B4"): case}), paper)
    if not answer.left:
        (tmp_path / "new.yaml").write_text(answer.text)
        again = read_model(tmp_path / "new.yaml")
        assert differing(parts(again), parts(answer.after.spec)) == frozenset()
        assert kept_comments(answer.text) == kept_comments((FOLDER / f"{name}.yaml").read_text())


def cells_of(edits):
    return {(field.sheet, field.cell): value for field, value in edits.items()}


def listed_elsewhere(name, edits):
    """Edits of prices that come from the catalog: no number of the file says them."""
    text = (FOLDER / f"{name}.yaml").read_text()
    inputs = compiled(name).inputs
    return tuple(
        each for each in edits
        if each.field.part == "base" and each.field.quantity.startswith("vendors.")
        and "catalog" in text and inputs[each.field.quantity].as_of is not None
        and inputs[each.field.quantity].line == 0
    )  # fmt: skip


def kept_comments(text):
    return [line.partition("#")[2] for line in text.splitlines() if "#" in line]


def agree(answer, found, paper):
    """Hold the headline of the recalculated workbook against a run of the changed model."""
    outcome = run(answer.after, named(answer.after, answer.case))
    log = {}
    for line, headline in enumerate(paper.headline):
        log[headline.label] = found["Cover", f"C{9 + line}"]
    rows = {row.label or row.name: row.name for row in (outcome.row(name) for name in answer.after.headline)}
    seen = 0
    for label, cell in log.items():
        total = float(outcome.total(rows[label]))
        if isfinite(total) and isinstance(cell, (int, float)):
            assert close(cell, total), (label, cell, total)
            seen += 1
    assert seen > 5


@pytest.mark.parametrize("name", EXAMPLES)
def test_libreoffice_saves_a_workbook_that_comes_back(name, full, tmp_path):
    office = shutil.which("soffice")
    if office is None:
        pytest.skip("LibreOffice is not installed (soffice is not on the path)")
    if not full and name != "training":
        pytest.skip("one example in every run; all with --many")
    rng = random.Random(f"{name}, office")  # noqa: S311  numbers to try
    paper, data, _ = written(name)
    edits, case = typed_over(name, rng, share=0.1), rng.choice(paper.cases)
    saved = converted(edited(data, edits, case), tmp_path, office, "xlsx", profile=ALWAYS)
    shutil.copy(FOLDER / f"{name}.yaml", tmp_path)
    (tmp_path / "saved.xlsx").write_bytes(saved)

    answer = import_workbook(tmp_path / "saved.xlsx")

    assert {each.field: each.now for each in answer.edits} == pytest.approx(edits)
    assert (answer.case, answer.overwritten) == (case, ())
    assert wrong(stored(saved), expected(name, answer.after, case)) == {}


def test_a_model_that_was_not_edited_comes_back_as_it_was(tmp_path):
    shutil.copy(FOLDER / "training.yaml", tmp_path)
    (tmp_path / "training.xlsx").write_bytes(written("training")[1])
    answer = import_workbook(tmp_path / "training.xlsx")
    assert (answer.edits, answer.notes, answer.left) == ((), (), ())
    assert answer.text == (tmp_path / "training.yaml").read_text()
    assert openpyxl.load_workbook(tmp_path / "training.xlsx").sheetnames[0] == "Cover"
