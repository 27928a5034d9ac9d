"""`pertoken size` and `pertoken breakeven --api`: what each form holds, formulas that recalculate, what can't be."""

import csv
import io
import json

import formualizer
import openpyxl
import pytest

LOAD = ("--input", "1200", "--output", "250")
SIZE = ("size", "llama-3.1-8b", "--gpu", "h100,l40s", "--load", "12/s", *LOAD, "--ttft", "1s", "--tpot", "40ms")
BUY = (
    "breakeven",
    "llama-3.1-8b",
    "--api",
    "gpt-4o-mini",
    "--gpu",
    "h100",
    "--load",
    "12/s",
    *LOAD,
    "--on",
    "2026-11-01",
)
STAFF = ("--salary", "180000", "--engineering-months", "3", "--operations", "0.25", "--tuning-tokens", "1B")
FORMS = ("table", "csv", "json", "md")


def test_a_way_is_told_with_all_that_there_is_to_know(ask):
    rows = list(csv.DictReader(io.StringIO(ask(*SIZE, "--traffic", "diurnal", "--format", "csv").out)))
    assert len(rows) == 2 * 4 * 2  # GPUs, counts, precisions
    for row in rows:
        assert row["binds"] in {"TPOT", "TTFT", "memory", "max sequences", "prefill", "decode"}
        for what in ("ttft", "tpot"):
            seen = [float(row[f"{what}_{name}"]) for name in ("p50", "p95", "p99")]
            assert seen == sorted(seen)
            assert float(row[f"{what}_p10"]) < float(row[f"{what}_mean"]) < float(row[f"{what}_p90"])
        assert 0 < float(row["kv_fill"]) <= 1
        assert 0 < float(row["utilisation"]) <= 1
        hours = row["machines_by_hour"].removeprefix("every day ").split()
        assert len(hours) == 24
        assert sum(map(float, hours)) / 24 == pytest.approx(float(row["machines"]), rel=0.01)
        bill = float(row["requests"]) * (
            1200 * float(row["input_per_million"]) + 250 * float(row["output_per_million"])
        ) / 1e6  # fmt: skip
        assert bill == pytest.approx(float(row["monthly"]), rel=1e-6)
        ways = [float(row[f"monthly_{name}"]) for name in ("on_demand", "spot", "reserved_1y", "reserved_3y")
                if row[f"monthly_{name}"]]  # fmt: skip
        assert min(ways) == pytest.approx(float(row["monthly"]))


def test_people_read_three_digits_and_one_machine(ask):
    text = ask(*SIZE, "--max-gpus", "1").out
    rate = float(next(csv.DictReader(io.StringIO(ask(*SIZE, "--max-gpus", "1", "--format", "csv").out)))["best_rate"])
    assert f" {rate:.3g} " in text
    assert f"{rate:.6g}" not in text
    assert " 1 machine (" in text
    assert "1 machines" not in text
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("words", [("size", "llama-3.1-8b"), ("breakeven", "llama-3.1-8b", "--api", "gpt-4o-mini")])
def test_what_is_extrapolated_is_marked_in_every_form(ask, words, form):
    said = ask(*words, "--gpu", "mi300x", "--load", "12/s", *LOAD, "--max-gpus", "1", "--format", form)
    assert "extrapolated: no measured run on MI300X-192GB" in " ".join(said.out.split())
    if form == "csv":
        assert "warning: extrapolated" in said.err


@pytest.mark.parametrize("words", [SIZE, BUY])
def test_what_is_extrapolated_is_marked_on_the_page_and_in_the_workbook(ask, desk, words):
    words = [*words, "--max-gpus", "1"]
    words[words.index("--gpu") + 1] = "mi300x"
    ask(*words, "--html", "a.html", "--xlsx", "a.xlsx", "--quiet")
    assert "extrapolated: no measured run on MI300X-192GB" in (desk / "a.html").read_text()
    book = openpyxl.load_workbook(desk / "a.xlsx")
    cells = [str(cell.value) for page in book for row in page for cell in row]
    assert any("extrapolated: no measured run on MI300X-192GB" in cell for cell in cells)


@pytest.mark.parametrize(
    ("words", "least"), [((*SIZE, "--max-gpus", "2"), 60), ((*BUY, *STAFF, "--max-gpus", "1"), 15)]
)
def test_costs_in_the_workbook_are_formulas_that_recalculate_to_what_is_printed(ask, desk, words, least):
    ask(*words, "--xlsx", "a.xlsx", "--quiet")
    data = (desk / "a.xlsx").read_bytes()
    formulas = openpyxl.load_workbook(io.BytesIO(data))
    stored = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
    engine = formualizer.load_workbook_bytes(data)
    engine.evaluate_all()
    cells = [cell for page in formulas for row in page for cell in row if cell.data_type == "f"]
    assert len(cells) >= least
    for cell in cells:
        name = cell.parent.title
        known = stored[name][cell.coordinate].value
        assert engine.evaluate_cell(name, cell.row, cell.column) == pytest.approx(known, rel=1e-9, abs=1e-9)


def test_a_break_even_tells_each_way_and_its_crossings(ask):
    found = json.loads(ask(*BUY, *STAFF, "--format", "json").out)
    tables = {name: table["rows"] for name, table in found["tables"].items()}
    assert {row["purchase"] for row in tables["fleets"]} == {"on demand", "spot", "1 year", "3 years"}
    assert sum(row["crossings"] for row in tables["fleets"]) == len(tables["each"])
    for row in tables["fleets"]:
        assert row["engineering"] == pytest.approx(1875)
        assert row["operations"] == pytest.approx(3750)
        assert row["other"] == pytest.approx(tables["fleets"][0]["other"])
    assert tables["stretches"][0]["low"] == 0
    turns = [row["volume"] for row in tables["crossings"]]
    assert turns == sorted(turns)
    assert {"costs", "crossings", "stretches", "each", "fleets"} <= set(tables)


WRONG = [
    ((*SIZE[:4], "--load", "12/s", "--input", "1200"), "Missing option '--output'"),
    (
        ("size", "llama-3.3-70b", "--gpu", "a10g", "--load", "1/s", *LOAD, "--max-gpus", "2"),
        "does not fit by 32.9 GB; would fit: 4 x A10G-24GB",
    ),
    ((*SIZE, "--ttft", "1ms"), "can't be reached at any load; the floors are TTFT"),
    (("size", "lama-3.1-8b", *SIZE[2:]), "unknown model 'lama-3.1-8b'; did you mean llama-3.1-8b"),
    ((*SIZE, "--gpu", "h101"), "unknown GPU 'h101'; did you mean h100?"),
    ((*SIZE, "--gpu", ","), "0 GPUs named"),
    ((*SIZE, "--load", "12"), "'12' is no rate; expected for example 12/s"),
    ((*SIZE, "--load", "0/s"), "a load of 0 requests a second; expected a number above 0"),
    ((*SIZE, "--percentile", "150"), "percentile 150; expected at least 50 and below 100"),
    ((*SIZE, "--percentile", "10"), "percentile 10; expected at least 50 and below 100"),
    ((*SIZE, "--tpot", "40"), "'40' is no time; expected for example 1s, 40ms or 24h"),
    ((*SIZE, "--ttft", "0s"), "expected times above 0"),
    ((*SIZE, "--traffic", "nightly"), "no pattern and no file 'nightly'"),
    (("size", "llama-3.1-8b", "--gpu", "h100", *LOAD), "no load; expected how many requests come"),
    ((*SIZE, "--purchase", "demand"), "machines bought 'demand'; did you mean on_demand?"),
    ((*SIZE, "--provider", "awss"), "no machine of 'awss' among the offers; did you mean aws?"),
    ((*SIZE, "--gpu", "a10g", "--provider", "nebius"), "no machine with A10G-24GB for rent"),
    ((*SIZE, "--precision", "fp9"), "unknown precision 'fp9'; known are"),
    ((*SIZE, "--engine", "vlm"), "unknown engine 'vlm'; did you mean vllm?"),
    ((*SIZE, "--spread", "-1"), "-1.0 is not in the range x>=0"),
    ((*SIZE, "--cached", "1.5"), "prefix_share 1.5 is no share of a prompt"),
    ((*SIZE, "--headroom", "-1"), "-1.0 is not in the range x>=0"),
    ((*SIZE, "--input", "200000"), "200,250 tokens in a request of llama-3.1-8b; expected at most 131,072"),
    ((*SIZE, "--config", "none.json"), "no file none.json; expected the config.json of a model"),
    (("breakeven", "x", "--api", "gtp-4o"), "no price for model 'gtp-4o' in genai-prices"),
    ((*BUY, "--salary", "-4"), "-4.0 is not in the range x>=0"),
    ((*BUY, "--tuning-tokens", "0"), "expected tokens and months above 0"),
    ((*BUY, "--ttft", "1ms"), "can't be reached at any load; the floors are TTFT"),
    ((*BUY, "--api-tpot", "20"), "'20' is no time; expected for example 1s, 40ms or 24h"),
    ((*BUY, "--most", "1T"), "'1T' is no number"),
    (
        ("host", "log.csv", "--model", "x", "--gpu", "h100", "--where", "model"),
        "expected a key of the log and its label",
    ),
    (("host", "log.csv", "--model", "x", "--gpu", "h10"), "unknown GPU 'h10'; did you mean h100?"),
    (("host", "log.csv", "--model", "x", "--gpu", "h100", "--provider", "nobody"), "no price for H100-80GB-SXM"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[said[:40] for _, said in WRONG])
def test_what_cannot_be_says_what_was_found_and_the_mend(ask, words, said):
    found = ask(*words)
    assert (found.code, found.out) == (2, "")
    assert said in found.err


def test_fields_of_a_configuration_that_are_not_known_are_listed(ask, desk):
    config = {"model_type": "llama", "num_hidden_layers": 2, "hidden_size": 64, "num_attention_heads": 4,
              "intermediate_size": 128, "vocab_size": 256, "mamba_d_state": 16, "ssm_rank": 4}  # fmt: skip
    (desk / "config.json").write_text(json.dumps(config))
    found = ask(*SIZE, "--config", "config.json")
    assert found.code == 2
    assert "mamba_d_state" in found.err
    assert "ssm_rank" in found.err


def test_a_batch_that_is_due_tomorrow_takes_fewer_hours_than_the_same_load_within_targets(ask):
    """By hand: at the full rate, work alone takes requests a month / rate / 3600 hours."""
    words = ["size", "llama-3.1-8b", "--gpu", "l40s", "--load", "200k/day", *LOAD, "--max-gpus", "1"]
    words += ["--traffic", "office"]
    now, later = (
        json.loads(ask(*words, *more, "--purchase", "on_demand", "--format", "json").out)["tables"]["ways"]["rows"][0]
        for more in (("--tpot", "60ms"), ("--deadline", "24h"))
    )
    assert later["best_rate"] == later["full_rate"] > now["best_rate"]
    assert later["monthly"] < now["monthly"]
    work = later["requests"] / later["best_rate"] / 3600
    assert work == pytest.approx(later["other_hours"] * later["utilisation"], rel=1e-6)
    assert ask(*words, "--tpot", "60ms", "--deadline", "24h").code == 2


def test_a_simulation_confirms_the_cheapest_way_or_says_the_rate_to_size_by(ask):
    words = (*SIZE, "--max-gpus", "1", "--precision", "fp8", "--simulate", "--format", "json")
    found = json.loads(ask(*words).out)
    rows = [row for row in found["tables"]["latencies"]["rows"] if row["latency"] == "TPOT"]
    assert [row["load"] for row in rows] == ["busiest", "most", "simulated"]
    assert rows[2]["p99"] == pytest.approx(rows[1]["p99"], rel=0.2)
    assert any(note["text"].startswith("In a simulation of") for note in found["notes"])
