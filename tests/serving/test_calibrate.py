"""Calibration: made-up runs give their constants back; real ones lie where the book says."""

from datetime import date

import numpy as np
import pytest

from pertoken.connect import engines
from pertoken.connect.measured import asked_load, read_measured
from pertoken.core.errors import InputError
from pertoken.serving.book import Engine
from pertoken.serving.calibrate import fit, weighed
from pertoken.serving.constants import TABLE
from pertoken.serving.eras import COMMON
from pertoken.serving.fitting import calibrated, settings
from pertoken.serving.heldout import Held, bands, residuals
from pertoken.serving.own import recalibrate
from pertoken.serving.profile import aligned
from pertoken.serving.runs import METRICS, Runs, errors, foreseen, steadied

HEAD = "source,engine,engine_version,gpu,n_gpu,tp,model,precision,isl,osl,concurrency,metric,value,unit,notes\n"


def table(tmp_path, *rows):
    file = tmp_path / "runs.csv"
    file.write_text(HEAD + "\n".join(rows) + "\n")
    return file


def grid(tmp_path, engines_, gpus=("H100-SXM-80GB", "A100-SXM-80GB", "L40S")):
    """Loads of several sizes on several GPUs, with numbers that don't matter yet."""
    rows = [
        f"{g},{e},,{g},{n},{n},{m},{p},{isl},200,{c},{metric},1,,"
        for e in engines_
        for g in gpus
        for n in (1, 2, 4)
        for m, p in (("llama-3.1-8b", "BF16"), ("llama-3.1-8b", "FP8"), ("mixtral-8x7b", "FP8"))
        if not (n == 1 and m == "mixtral-8x7b")
        for isl in (200, 3000)
        for c in (1, 16, 100)
        for metric in ("ttft", "tpot", "output_tps_total")
    ]
    return read_measured(table(tmp_path, *rows))


def told(runs: Runs, engine: Engine) -> Runs:
    """The same runs as an engine would measure them."""
    profile = aligned([engine.profile()] * len(runs))
    return Runs(**{f: getattr(runs, f) for f in Runs.__dataclass_fields__} | {"measured": foreseen(runs, profile)})


def test_runs_that_a_profile_made_are_foreseen_after_a_fit(tmp_path):
    runs = told(grid(tmp_path, ("vllm",)), engines.book().engine("vllm"))
    start = settings(runs, None)
    before = np.abs(errors(runs, start))
    found = fit(steadied(runs, start), start, weighed(runs.words["source"]), rounds=25)
    after = np.abs(errors(runs, settings(runs, found)))
    assert np.median(before) > 0.1
    assert np.median(after) < 0.03
    assert all(TABLE[name].low * 0.99 <= value <= TABLE[name].high * 1.01
               for name, value in found.constants().items())  # fmt: skip


def test_an_engine_without_runs_gets_what_all_share(tmp_path):
    runs = told(grid(tmp_path, ("vllm",), gpus=("H100-SXM-80GB",)), engines.book().engine("vllm"))
    start = settings(runs, None)
    found = fit(steadied(runs, start), start, weighed(runs.words["source"]), rounds=3)
    assert found.constants("never heard of") == found.constants()
    assert found.constants("vllm") != found.constants()


def test_own_runs_move_three_constants_towards_them(tmp_path):
    house = engines.book().engine("vllm")
    slower = Engine(
        name="slow", base="vllm", runs=0, constants={**house.constants, "step": house.constants["step"] + 0.004}
    )
    runs = told(grid(tmp_path, ("vllm",), gpus=("H100-SXM-80GB",)).part(np.arange(0, 8)), slower)
    found = recalibrate(runs, house, name="mine")
    assert found.engine.constants["step"] > 2 * house.constants["step"]
    assert all(each.after <= each.before for each in found.off)
    assert {k for k, v in found.engine.constants.items() if v != house.constants[k]} <= {
        "weights", "compute16", "compute8", "compute4", "step",
    }  # fmt: skip


def test_runs_that_agree_with_the_house_leave_it_where_it_is(tmp_path):
    house = engines.book().engine("vllm")
    runs = told(grid(tmp_path, ("vllm",), gpus=("H100-SXM-80GB",)).part(np.arange(0, 5)), house)
    assert all(ratio == pytest.approx(1, abs=0.02) for ratio in recalibrate(runs, house, name="mine").ratios.values())


def test_two_runs_are_too_few(tmp_path):
    runs = grid(tmp_path, ("vllm",)).part(np.arange(2))
    with pytest.raises(InputError, match="2 measured runs; expected at least 3"):
        recalibrate(runs, engines.book().engine("vllm"), name="mine")


def test_bands_hold_eight_in_ten(tmp_path):
    runs = grid(tmp_path, ("vllm",))
    error = np.random.default_rng(3).normal(0, 0.2, size=(3, len(runs)))
    wide = tuple(bands(runs, Held("seen", error)))
    # quantiles of a normal: exp(1.2816 x 0.2) = 1.292
    assert [band.high for band in wide] == pytest.approx([1.292] * len(wide), rel=0.15)
    inside = [r.inside for r in residuals(runs, Held("seen", error), wide) if r.by == "all"]
    assert inside == pytest.approx([0.8] * 3, abs=0.05)


def test_the_rows_of_a_run_are_put_together(tmp_path):
    same = "own,vllm,0.16.0,H100-SXM-80GB,1,1,llama-3.1-8b,BF16,1000,200,8"
    runs = read_measured(table(
        tmp_path, f"{same},ttft_mean,120,ms,", f"{same},itl_mean,9,ms,", f"{same},output_tps_per_gpu,800,,",
        f"{same},goodput,3,,", "own,vllm,,L4,1,1,mistral-7b,AWQ-INT4,22,128,4,output_tps_total,1,,SUSPECT",
    ))  # fmt: skip
    assert len(runs) == 1
    assert runs.measured[:, 0] == pytest.approx([800, 0.009, 0.12])
    assert runs.words["engine"].tolist() == ["vllm"]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("own,vllm,,H100,one,1,llama-3.1-8b,BF16,10,20,8,ttft,1,ms,", "row 2: '1' on 'one' GPUs; expected numbers"),
        ("own,vllm,,H100,1,1,llama-3.1-8b,BF16,10,20,8,goodput,1,,", "no measured run; expected rows of the metrics"),
    ],
)
def test_a_table_without_runs_says_so(tmp_path, row, message):
    with pytest.raises(InputError, match=message):
        read_measured(table(tmp_path, row))


def test_a_table_without_a_column_says_which(tmp_path):
    file = tmp_path / "runs.csv"
    file.write_text("engine,gpu\nvllm,h100\n")
    with pytest.raises(InputError, match="no column n_gpu, model"):
        read_measured(file)


@pytest.mark.parametrize(
    ("lengths", "said"),
    [
        (",200,16", "row 2: isl ''; expected the mean length of its prompts"),
        ("1000,short,16", "row 2: osl 'short'"),
        ("1000,200,lots", "row 2: concurrency 'lots'; expected clients"),
    ],
)
def test_a_run_without_lengths_or_a_load_says_its_row(tmp_path, lengths, said):
    with pytest.raises(InputError, match=said):
        read_measured(table(tmp_path, f"own,vllm,,h100,1,1,llama-3.1-8b,bf16,{lengths},tpot_mean,9,ms,"))


def test_loads_are_read_in_the_words_of_benchmarks():
    assert [asked_load(word) for word in ("8", "max", "rate:2.5", "rate:INF")] == [
        (8, np.inf), (np.inf, np.inf), (np.inf, 2.5), (np.inf, np.inf),
    ]  # fmt: skip


def test_the_book_of_the_house_keeps_its_targets():
    """On runs held out by configuration: tokens/s 10 and 18 %, TPOT 12 and 20 %, TTFT median 30 %."""
    book = engines.book()
    found = {(r.metric, r.case): r for r in book.residuals if r.by == "all"}
    targets = {METRICS[0]: (0.10, 0.18), METRICS[1]: (0.12, 0.20), METRICS[2]: (0.30, np.inf)}
    for metric, (median, mean) in targets.items():
        assert found[metric, "seen"].median <= median
        assert found[metric, "seen"].mean <= mean
        assert 0.75 <= found[metric, "seen"].inside <= 0.88
        assert 0.75 <= found[metric, "source"].inside <= 0.85
    assert {engine.name for engine in book.engines} >= {COMMON, "vllm", "trtllm", "sglang", "tgi"}


def test_the_book_of_the_house_has_constants_that_physics_allows():
    for engine in engines.book().engines:
        assert set(engine.constants) == set(TABLE)
        assert 0.5 < engine.constants["weights"] <= 1
        assert all(value > 0 for value in engine.constants.values())


def test_a_whole_calibration_writes_a_book_that_reads_back(tmp_path):
    runs = grid(tmp_path, ("vllm", "sglang"), gpus=("H100-SXM-80GB",)).part(slice(None, None, 2))
    made = calibrated(told(runs, engines.book().engine("vllm")), on=date(2026, 11, 22), source="made up")
    back = engines.read_book(engines.text(made), "made.yaml")
    assert {engine.name for engine in back.engines} == {COMMON, "vllm", "sglang"}
    assert {r.case for r in back.residuals} == {
        "seen",
        "numbers",
        "model",
        "engine",
    }  # of one GPU nothing is left to hold out
    seen = next(r for r in back.residuals if (r.case, r.by, r.metric) == ("seen", "all", METRICS[1]))
    assert (seen.runs, back.runs) == (len(runs), len(runs))
    assert seen.median < 0.05  # one made all runs, and each fold is foreseen from the others
