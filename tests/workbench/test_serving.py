"""Estimates of serving through the front door: published throughputs inside their bands, names, bad input."""

import json
import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import pertoken as pt
from pertoken.connect import engines
from pertoken.connect.machines import find_architecture
from pertoken.core.errors import InputError

CHAT: dict[str, Any] = {"model": "llama-3.1-8b", "gpu": "h100", "input_tokens": 1000, "output_tokens": 200}


PUBLISHED = (  # tokens a second at most, FP8, as the page of TensorRT-LLM 1.0 on performance prints them
    ("Llama-3.3-70B-Instruct-FP8", ("H100-SXM-80GB", 2), (500, 2000), 5222),
    ("Llama-3.3-70B-Instruct-FP8", ("H100-SXM-80GB", 2), (1000, 1000), 4205),
    ("Llama-3.3-70B-Instruct-FP8", ("H100-SXM-80GB", 2), (5000, 500), 898),
    ("Llama-3.3-70B-Instruct-FP8", ("H200-SXM-141GB", 1), (1000, 1000), 2909),
    ("Llama-3.1-405B-Instruct-FP8", ("H100-SXM-80GB", 8), (1000, 1000), 2919),
    ("Llama-3.1-405B-Instruct-FP8", ("H200-SXM-141GB", 8), (2048, 2048), 2948),
    ("Llama-3.1-8B-Instruct-FP8", ("H100-SXM-80GB", 1), (1000, 2000), 13_899),
    ("Llama-3.1-8B-Instruct-FP8", ("H200-SXM-141GB", 1), (5000, 500), 3902),
)


def test_published_throughputs_lie_inside_the_band_as_often_as_it_says():
    found = pt.estimate_servings(
        {"model": model, "gpu": gpu, "count": count, "engine": "trtllm", "engine_version": "1.0", "precision": "FP8",
         "input_tokens": isl, "output_tokens": osl, "concurrency": "max"}
        for model, (gpu, count), (isl, osl), _ in PUBLISHED
    )  # fmt: skip
    bands = [each.output_tokens_per_second for each in found]
    within = [band.p10 <= tokens <= band.p90 for band, (*_, tokens) in zip(bands, PUBLISHED, strict=True)]
    assert within[1]  # 4,205 on two H100, the worked example of what serving costs
    assert sum(within) >= 6  # eight in ten of eight, less one by chance


def test_all_that_is_said_adds_up():
    found = pt.estimate_serving(**CHAT, concurrency=32)
    cycle = found.ttft_seconds.p50 + 199 * found.tpot_seconds.p50
    assert found.requests_per_second.p50 == pytest.approx(32 / cycle)
    assert found.output_tokens_per_second.p50 == pytest.approx(200 * found.requests_per_second.p50)
    assert found.prompt_seconds + found.decode_seconds == pytest.approx(
        1 / found.requests_per_second.p50
    )  # the whole GPU
    assert 0 < found.kv_fill < 1
    assert (found.model, found.gpu, found.gpus, found.engine) == ("llama-3.1-8b", "H100-80GB-SXM", 1, "vllm")


def test_a_list_gives_what_each_gives_alone():
    loads = [CHAT | {"concurrency": n} for n in (1, 7, 64)] + [CHAT | {"rate": 3}, CHAT | {"concurrency": "rate:3"}]
    together = pt.estimate_servings(loads)
    assert together == [pt.estimate_serving(**load) for load in loads]
    assert together[3] == together[4]
    assert pt.estimate_servings([]) == []


def test_replicas_share_what_a_dense_model_has_too_many_gpus_for():
    one, four = (
        pt.estimate_serving(**CHAT, concurrency=16),
        pt.estimate_serving(**CHAT, count=4, tensor=1, concurrency=64),
    )
    assert (four.replicas, four.gpus) == (4, 4)
    assert four.output_tokens_per_second.p50 == pytest.approx(4 * one.output_tokens_per_second.p50)
    assert four.tpot_seconds == one.tpot_seconds


def test_a_model_with_experts_runs_attention_apart_on_gpus_left_over():
    found = pt.estimate_serving("deepseek-r1", "h200", 8, tensor=1, precision="fp8", engine="trtllm",
                                input_tokens=1000, output_tokens=1000, concurrency=64)  # fmt: skip
    assert (found.how.apart, found.how.expert, found.replicas) == (8, 8, 1)


@given(st.integers(1, 500), st.integers(1, 500))
def test_more_clients_get_more_together_and_less_each(few, more):
    one, two = pt.estimate_servings([CHAT | {"concurrency": n} for n in sorted((few, few + more))])
    assert (
        two.output_tokens_per_second.p50 >= one.output_tokens_per_second.p50 * 0.98
    )  # the wait adds steps that are not full
    assert two.tpot_seconds.p50 >= one.tpot_seconds.p50 * (1 - 1e-9)


def test_a_better_gpu_serves_more():
    gpus = ("l4", "l40s", "a100-80gb", "h100", "h200", "b200")
    found = pt.estimate_servings([CHAT | {"gpu": gpu} for gpu in gpus])
    assert all(a.output_tokens_per_second.p50 < b.output_tokens_per_second.p50 for a, b in pairwise(found))


def test_fewer_bits_serve_more():
    found = [pt.estimate_serving(**CHAT, precision=bits, concurrency=16) for bits in ("bf16", "fp8")]
    assert found[0].tpot_seconds.p50 > found[1].tpot_seconds.p50


def test_what_no_run_has_shown_is_marked_and_its_band_is_wider():
    known = pt.estimate_serving(**CHAT, concurrency=16)
    engine = pt.estimate_serving(**CHAT, engine="lmdeploy", concurrency=16)
    gpu = pt.estimate_serving(**CHAT | {"gpu": "mi300x"}, concurrency=16)
    assert known.notes == ()
    assert engine.notes[0].startswith("extrapolated: no measured run of this engine")
    assert gpu.notes == ("extrapolated: no measured run on MI300X-192GB",)
    for odd in (engine, gpu):
        assert odd.tpot_seconds.p90 / odd.tpot_seconds.p50 >= known.tpot_seconds.p90 / known.tpot_seconds.p50


def test_a_model_that_does_not_fit_says_by_how_much_and_what_would():
    with pytest.raises(InputError) as error:
        pt.estimate_serving("llama-3.3-70b", "h100", input_tokens=1000, output_tokens=1000)
    # 141.1 GB of weights and 1,500 tokens x 320 KiB; 0.9 x 80 - 1.5 = 70.5 GB
    assert "141.1 GB of weights and 0.5 GB of cache" in str(error.value)
    assert "does not fit by 71.1 GB; would fit: 4 x H100-80GB-SXM, or int4" in str(error.value)
    (found,) = pt.estimate_servings(
        [{"model": "llama-3.3-70b", "gpu": "h100", "input_tokens": 1000, "output_tokens": 1000}]
    )
    assert math.isnan(found.output_tokens_per_second.p50)
    assert found.notes[-1] == "does not fit into memory"


def test_a_context_that_is_too_long_says_how_long_would_fit():
    with pytest.raises(InputError, match=r"would fit: .*at most [\d,]+ tokens of context"):
        pt.estimate_serving("llama-3.1-8b", "l4", input_tokens=100_000, output_tokens=1000)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"engine": "sglan"}, "unknown engine 'sglan'; did you mean sglang"),
        ({"gpu": "h10"}, "unknown GPU 'h10'; did you mean"),
        ({"model": "lama-3.1-8b"}, "did you mean llama-3.1-8b"),
        ({"precision": "fp7"}, "unknown precision 'fp7'; known are"),
        ({"kv_precision": "int3"}, "unknown precision of the cache"),
        ({"input_tokens": None}, "no input_tokens; expected a number of tokens"),
        ({"output_tokens": 0}, "output_tokens 0; expected a number above 0"),
        ({"concurrency": "many"}, "concurrency 'many'; expected a number above 0"),
        ({"concurrency": "rate:x"}, "rate 'x'; expected a number above 0"),
        ({"prefix_share": 1.5}, "no share of a prompt"),
        ({"common_share": -0.1}, "no share of what is cached"),
        ({"drafted": 2, "accepted": 4}, "4.0 tokens accepted of 2.0 drafted"),
        ({"count": 3, "tensor": 2}, "3 GPUs for 2 to a matrix"),
        ({"tp": 2}, "unknown 'tp'"),
        ({"engine": "nowhere.yaml"}, "can't read the profile nowhere.yaml"),
    ],
)
def test_what_cannot_be_is_refused_with_the_mend(wrong, message):
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        pt.estimate_serving(**CHAT | wrong)


def test_a_later_version_of_an_engine_that_was_measured_is_like_any_other():
    for said in ({"engine": "tgi", "engine_version": "3.0"}, {"engine": "TGI 3.0"}):
        found = pt.estimate_serving(**CHAT | said)
        assert found.engine == "common"
        assert "no measured run of this engine" in found.notes[0]


def test_a_fault_in_a_list_says_which_load():
    with pytest.raises(InputError, match="load 2: unknown GPU"):
        pt.estimate_servings([CHAT, CHAT | {"gpu": "h10"}])


def test_shapes_and_gpus_of_your_own_are_taken():
    shape, gpu = find_architecture("llama-3.1-8b"), pt.gpus("h100").gpus[0]
    named, own = pt.estimate_serving(**CHAT), pt.estimate_serving(shape, gpu, input_tokens=1000, output_tokens=200)
    assert own.output_tokens_per_second == named.output_tokens_per_second


def test_a_profile_of_your_own_is_read_from_its_file(tmp_path):
    house = engines.book().engine("vllm")
    file = tmp_path / "mine.yaml"
    file.write_text(engines.text(house))
    own = pt.estimate_serving(**CHAT, engine=str(file), concurrency=8)
    assert own.tpot_seconds.p50 == pytest.approx(pt.estimate_serving(**CHAT, concurrency=8).tpot_seconds.p50, rel=1e-3)
    file.write_text("name: mine\n")
    with pytest.raises(InputError, match="expected what `pertoken engine calibrate` writes"):
        pt.estimate_serving(**CHAT, engine=str(file))


def test_what_a_configuration_says_and_is_not_reckoned_is_noted(tmp_path):
    shape = {"model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
             "intermediate_size": 14336, "vocab_size": 128_256, "num_magic_experts": 3}  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(shape))
    notes = pt.estimate_serving(**CHAT | {"model": tmp_path / "config.json"}).notes
    assert "extrapolated: the configuration says num_magic_experts, which is not reckoned" in notes


def test_bits_that_no_run_on_a_gpu_had_are_marked_and_widen_the_band():
    load: dict[str, Any] = {"input_tokens": 1000, "output_tokens": 200, "concurrency": 8}
    known, other = (pt.estimate_serving("llama-3.1-8b", "a10g", precision=p, **load) for p in ("bf16", "int8"))
    assert known.notes == ()
    assert other.notes == ("extrapolated: no measured run on A10G of dense models in int8",)
    wide = [each.tpot_seconds.p90 / each.tpot_seconds.p10 for each in (known, other)]
    assert wide[1] > wide[0]
    assert pt.estimate_serving("llama-3.1-8b", "h100", precision="int8", **load).notes == ()  # eight bits in eight
