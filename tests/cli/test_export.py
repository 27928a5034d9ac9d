"""`pertoken export`: a model as workbook, table, data and page; nothing is written over."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest

from pertoken.workbench import export, model, run
from tests.cli.test_import import MODEL


@pytest.fixture(autouse=True)
def shop(desk):
    more = "drivers:\n  nothing: {formula: 1 / (users - users), unit: 1 / customer}"
    (desk / "shop.yaml").write_text(MODEL.replace("drivers:", more))


@pytest.mark.parametrize("form", ["xlsx", "csv", "json", "html"])
def test_a_model_is_written_under_its_own_name_and_its_size_is_told(form, ask, desk):
    answer = ask("export", form, "shop.yaml", *(["--worlds", 20] if form != "csv" else []))
    size = (desk / f"shop.{form}").stat().st_size
    assert answer.code == 0
    assert answer.out == ""
    assert answer.err.startswith(f"wrote shop.{form}, ")
    assert f"{size / 1000:.0f} kB" in answer.err


@pytest.mark.parametrize("form", ["xlsx", "csv", "json", "html"])
def test_a_file_that_is_there_is_kept(form, ask, desk):
    (desk / "mine").write_text("mine")
    answer = ask("export", form, "shop.yaml", "--out", "mine")
    assert (answer.code, "mine is there already" in answer.err) == (2, True)
    assert (desk / "mine").read_text() == "mine"
    assert ask("export", form, "shop.yaml", "--out", "mine", "--force", "--quiet").err == ""
    assert (desk / "mine").read_bytes() != b"mine"


def test_every_row_of_every_case_and_month_is_in_the_table_with_its_total(ask):
    ask("export", "csv", "shop.yaml")
    with Path("shop.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    own = run("shop.yaml", draws=0)
    assert {row["case"] for row in rows} == {"base", "low", "dear"}
    for case, found in own.cases.items():
        said = {row["month"]: float(row["value"]) for row in rows if (row["case"], row["name"]) == (case, "revenue")}
        assert list(said)[:3] == ["2027-01", "2027-02", "2027-03"]
        assert [said[month] for month in list(said)[:3]] == pytest.approx(found.values["revenue"].tolist())
        assert said["total"] == pytest.approx(float(found.total("revenue")))
    names = {row["name"] for row in rows}
    assert {each.name for each in own.model.after.rows} <= names


def test_one_scenario_alone_can_be_written(ask):
    ask("export", "csv", "shop.yaml", "--scenario", "dear")
    with Path("shop.csv").open(newline="") as file:
        assert {row["case"] for row in csv.DictReader(file)} == {"dear"}


def test_data_hold_inputs_rows_and_worlds_and_no_number_is_null(ask, desk):
    ask("export", "json", "shop.yaml", "--worlds", 200, "--seed", 7)
    said = json.loads((desk / "shop.json").read_text(), parse_constant=pytest.fail)
    assert (said["schema_version"], said["model"], said["seed"]) == (1, "shop", 7)
    assert said["digest"] == model("shop.yaml").spec.digest
    assert said["inputs"]["users"]["values"] == {"base": 1000, "low": 900, "dear": 1000}
    assert said["inputs"]["users"]["range"]["p90"] == 1300
    assert said["rows"]["revenue"]["totals"]["base"] == pytest.approx(5000 * sum(1.02**n for n in (1, 2, 3)))
    assert said["rows"]["nothing"]["values"]["base"] is None
    worlds = said["worlds"]["base"]
    assert worlds["worlds"] == 200
    assert worlds["totals"]["revenue"]["p10"] < worlds["totals"]["revenue"]["p50"] < worlds["totals"]["revenue"]["p90"]


def test_the_page_leads_from_each_number_to_its_formula_and_source(ask, desk):
    ask("export", "html", "shop.yaml", "--worlds", 100)
    text = (desk / "shop.html").read_text()
    assert "users * (1 + growth) ^ month" in text
    assert "=HYPERLINK(1)" in text
    assert "<script" not in text
    assert all(title in text for title in ("How wide is the range?", "What matters most?", "left of the revenue?"))


def test_the_same_model_day_and_seed_give_the_same_bytes():
    for form in ("xlsx", "csv", "json"):
        one, two = (export("shop.yaml", form, on=date(2026, 11, 22), worlds=10) for _ in range(2))
        assert one == two


def test_a_word_that_is_no_form_is_refused_with_the_known(ask):
    answer = ask("export", "xls", "shop.yaml")
    assert (answer.code, "did you mean xlsx?" in answer.err) == (2, True)
