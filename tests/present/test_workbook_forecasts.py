"""A model with a forecast as a workbook: its worlds are looked up live, and what is typed over comes back."""

from datetime import date

import numpy as np
import openpyxl
import pytest

from pertoken import __version__
from pertoken.connect.forecast_worlds import worlds_file
from pertoken.forecast.kept import Kept
from pertoken.present.workbook import model_workbook
from pertoken.present.workbook.grid import MONTHS, letters
from pertoken.present.workbook.plan import FORECASTS, planned
from pertoken.scenario.imported import ChangedFormulas
from pertoken.scenario.print_out import printed
from pertoken.scenario.run import run
from pertoken.scenario.worlds import named
from pertoken.workbench.importing import import_workbook
from pertoken.workbench.modelling import model
from tests.present.test_workbook import MASTER, UNTIL_CALCULATED, differing
from tests.present.workbook_engine import live, recalculated

WORLDS, LABELS = 43, ("2027-01", "2027-02", "2027-03", "2027-04", "2027-05")

MODEL = """
model: forecast
calendar: {start: 2027-02, months: 3}
forecasts:
  growth: {file: growth.csv, world: 40%, width: 12%}
assumptions:
  contact: {value: 0.5, unit: USD / customer, p10: 0.4, p90: 0.7}
drivers:
  backlog: {formula: 0.5 * prev(backlog) + growth.customers, unit: customer}
income:
  sales: growth.revenue
  deposits: {formula: "10% * growth.revenue.plan.'pro large'", to: 2027-04}
costs:
  support: contact * backlog
  hosting: {formula: growth.cost, counts_as: cost_of_revenue}
correlations:
  - {between: [growth.world, contact], rank: 0.4}
scenarios:
  commit: {growth.world: 25%, growth.width: 0%}
checks:
  pays: total(operating_result) > -1M
"""


@pytest.fixture
def file(tmp_path):
    """The model, and beside it 43 worlds of 5 months, of which the model has 3."""
    rng = np.random.default_rng(13)
    pro, free = rng.lognormal(6, 1, (2, WORLDS, len(LABELS)))
    values = {
        ("revenue", "", ""): pro + free,
        ("cost", "", ""): free,
        ("customers", "", ""): np.rint(pro / 10),
        ("revenue", "plan", "pro large"): pro,
        ("cost", "plan", "pro large"): free / 3,
        ("customers", "plan", "pro large"): np.rint(pro / 10),
    }
    made = Kept(months=LABELS, values=values, currency="USD", as_of="2026-12-31", seed=3, simulated=256)
    (tmp_path / "growth.csv").write_bytes(worlds_file(made, "growth.csv"))
    (tmp_path / "forecast.yaml").write_text(MODEL)
    return tmp_path / "forecast.yaml"


def paper_of(file, worlds=11):
    return printed(model(file), on=date(2026, 11, 22), version=__version__, worlds=worlds)


@pytest.mark.parametrize("engine", ["formualizer", "libreoffice"])
def test_recalculated_it_is_what_the_run_found_in_all_cases_and_worlds(file, engine):
    data = model_workbook(paper_of(file))
    found = recalculated(data, engine=engine)
    assert differing(found, live(data)).keys() == UNTIL_CALCULATED
    assert found[MASTER] == 0


@pytest.mark.parametrize("engine", ["formualizer", "libreoffice"])
def test_another_rank_and_width_typed_in_come_to_what_the_run_finds_for_them(file, engine):
    paper, own = paper_of(file), model(file)
    plan, data = planned(paper), model_workbook(paper)
    edits = {("Inputs", f"E{plan.rows['growth.world']}"): 87, ("Inputs", f"E{plan.rows['growth.width']}"): 20}
    found = recalculated(data, edits, engine=engine)
    wanted = run(own, named(own, "base", {"growth.world": 87, "growth.width": 20})).values
    for name in ("growth.revenue", "backlog", "operating_result"):
        cells = [("Calc", f"{letters(MONTHS + month)}{plan.calc.rows[name]}") for month in range(3)]
        np.testing.assert_allclose([found[cell] for cell in cells], wanted[name], rtol=1e-12)


def test_the_sheet_has_the_worlds_that_the_model_asks_for_by_rank_and_no_others(file):
    paper = paper_of(file)
    plan, data = planned(paper), model_workbook(paper)
    assert set(plan.samples) == {
        "growth.revenue", "growth.cost", "growth.customers", "growth.revenue.plan.pro large",
    }  # fmt: skip
    first, last = plan.samples["growth.revenue"]
    path = file.parent / "b.xlsx"
    path.write_bytes(data)
    page = openpyxl.load_workbook(path)[FORECASTS]
    rows = np.array(
        [[page.cell(row, MONTHS + 1 + month).value for month in range(3)] for row in range(first, last + 1)]
    )
    assert rows.shape == (WORLDS, 3)
    assert (np.diff(rows.sum(axis=1)) > 0).all()


def test_a_share_of_the_worlds_is_typed_and_shown_in_percent(file):
    paper = paper_of(file, worlds=0)
    plan, path = planned(paper), file.parent / "shares.xlsx"
    path.write_bytes(model_workbook(paper))
    cell = openpyxl.load_workbook(path)["Inputs"][f"E{plan.rows['growth.world']}"]
    assert (cell.value, "%" in cell.number_format) == (40, False)  # a format of percent would show 4,000 %


def test_a_model_without_a_forecast_has_no_such_sheet(tmp_path):
    (tmp_path / "m.yaml").write_text(
        "{model: m, calendar: {start: 2027-01, months: 2}, income: {sales: 5}, costs: {team: 3}}"
    )
    path = tmp_path / "m.xlsx"
    path.write_bytes(model_workbook(paper_of(tmp_path / "m.yaml")))
    assert FORECASTS not in openpyxl.load_workbook(path).sheetnames


def test_a_rank_that_is_typed_over_comes_back_into_the_file_and_a_world_that_is_typed_over_is_refused(file):
    paper = paper_of(file, worlds=0)
    plan, path = planned(paper), file.parent / "forecast.xlsx"
    path.write_bytes(model_workbook(paper))
    book = openpyxl.load_workbook(path)
    book["Inputs"][f"E{plan.rows['growth.world']}"] = 35
    book["Inputs"][f"F{plan.rows['growth.world']}"] = 15
    book.save(path)
    found = import_workbook(path)
    assert "growth: {file: growth.csv, world: 35%, width: 12%}" in found.text
    assert "low: {growth.world: 15%}" in found.text
    assert float(found.compared.outcomes[1].total("revenue")) < float(found.compared.outcomes[0].total("revenue"))
    first, _ = plan.samples["growth.revenue"]
    book[FORECASTS][f"G{first}"] = 1_000_000
    book.save(path)
    with pytest.raises(ChangedFormulas, match=rf"{FORECASTS}!G{first} \(growth\.revenue\): 1000000"):
        import_workbook(path)
