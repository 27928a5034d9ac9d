"""Sizes and memory, held against published parameter counts and cache sizes."""

import numpy as np
import pytest

from pertoken.catalog.machines import find_gpu
from pertoken.connect.machines import architectures, find_architecture, gpus
from pertoken.serving.memory import fits, held, room, stored
from pertoken.serving.precision import precision
from pertoken.serving.sizes import sizes
from pertoken.serving.spread import Parallel, multiplied, spread

ONE = Parallel()


def laid(gpu: str, bits: str, how: Parallel = ONE, **more: float):
    return spread(find_gpu(gpus(), gpu), precision(bits), how, **more)


@pytest.mark.parametrize("shape", architectures(), ids=lambda shape: shape.name)
def test_the_numbers_of_a_model_add_up_to_its_weights(shape):
    found = sizes(shape)
    assert found.active == shape.active_params
    assert found.stored == shape.params
    assert found.dense + found.expert_layers * found.experts * found.expert <= found.stored


@pytest.mark.parametrize(
    ("name", "total", "active"),
    [  # billions, as the makers' pages state them
        ("llama-3.1-8b", 8.03, 8.03 - 128_256 * 4096 / 1e9),
        ("gpt-oss-120b", 116.8, 5.1),
        ("qwen3-235b-a22b", 235, 22),
        ("minimax-m2.5", 230, 10),
    ],
)
def test_parameters_are_those_that_makers_publish(name, total, active):
    found = sizes(find_architecture(name))
    assert found.stored / 1e9 == pytest.approx(total, rel=0.02)
    assert found.active / 1e9 == pytest.approx(active, rel=0.05)


def test_the_cache_of_llama_3_8b_takes_128_kib_a_token():
    # 32 layers x 2 (keys, values) x 8 heads x 128 wide x 2 bytes = 131,072: what the vLLM and TensorRT-LLM docs state
    assert held(sizes(find_architecture("llama-3.1-8b")), laid("h100", "bf16"), 1.0) == 131_072


def test_a_cache_in_eight_bits_takes_half():
    model = sizes(find_architecture("llama-3.1-8b"))
    assert held(model, laid("h100", "fp8", kv=1.0), 1.0) == 65_536


def test_latent_attention_keeps_576_numbers_a_token_and_layer_on_every_gpu():
    # DeepSeek-V3 report: 512 + 64 for each of 61 layers; with 8 GPUs to a matrix each keeps all of it
    model = sizes(find_architecture("deepseek-v3"))
    assert held(model, laid("h200", "fp8"), 1.0) == 61 * 576 * 2
    assert held(model, laid("h200", "fp8", Parallel(tensor=8)), 1.0) == 8 * 61 * 576 * 2


def test_a_window_caps_what_its_layers_keep():
    model = sizes(find_architecture("gpt-oss-120b"))  # 18 of 36 layers look back 128 tokens; 2 x 8 heads x 64 wide
    one = 2 * 8 * 64 * 2
    assert held(model, laid("h200", "mxfp4"), 1024.0) == 18 * one * (1024 + 128)


def test_70_billion_weights_in_eight_bits_fit_into_80_gb_and_in_sixteen_do_not():
    model = sizes(find_architecture("llama-3.3-70b"))
    assert stored(model, laid("h100", "fp8")) == pytest.approx(
        model.stored + 2 * 128_256 * 8192, rel=1e-9
    )  # embeddings: 16
    assert room(model, laid("h100", "bf16")) < 0
    assert room(model, laid("h100", "bf16", Parallel(tensor=4))) > 0
    assert fits(model, laid("h200", "fp8"), 2000.0) > fits(model, laid("h200", "fp8"), 4000.0) > 0


def test_a_model_published_in_four_bits_has_its_experts_alone_in_them():
    experts = precision("FP4", published_bits=4.25)
    assert (experts.scope, precision("FP4").scope) == ("experts", "all")
    layout = spread(find_gpu(gpus(), "b200"), experts, ONE)
    assert (layout.weight, layout.expert_weight) == (2.0, 0.53125)
    # gpt-oss-120b is 60.8 GiB as published (its model card)
    assert stored(sizes(find_architecture("gpt-oss-120b")), layout) / 2**30 == pytest.approx(60.8, rel=0.02)


@pytest.mark.parametrize(
    ("gpu", "bits", "kind"),
    [
        ("a100", "fp8", 1),
        ("a100", "fp4", 0),
        ("h100", "fp4", 0),
        ("b200", "fp4", 2),
        ("l4", "awq", 0),
        ("t4", "bf16", 0),
    ],
)
def test_numbers_that_a_gpu_cannot_multiply_are_unpacked_to_sixteen(gpu, bits, kind):
    # an A100 has INT8, which a model of eight bits is multiplied in
    assert multiplied(find_gpu(gpus(), gpu), precision(bits)) == kind


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("H100-SXM-80GB", "H100-80GB-SXM"), ("H200-SXM-141GB", "H200-141GB-SXM"), ("A100-PCIE-80GB", "A100-80GB-PCIe"),
        ("NVIDIA A100-SXM4-80GB", "A100-80GB-SXM"), ("B200-180GB", "B200-180GB"), ("L40S", "L40S-48GB"),
        ("RTX 4090", "RTX4090-24GB"), ("RTX 6000 Ada", "RTX6000ADA-48GB"),
    ],
)  # fmt: skip
def test_gpus_are_known_by_the_names_of_benchmarks(said, name):
    assert find_gpu(gpus(), said).name == name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("meta-llama/Meta-Llama-3.1-70B-Instruct", "llama-3.3-70b"), ("Llama-2-13b-chat-hf", "llama-2-13b"),
        ("deepseek-r1-0528", "deepseek-v3"), ("Qwen/Qwen3-32B-FP8", "qwen3-32b"), ("llama2-70b", "llama-2-70b"),
    ],
)  # fmt: skip
def test_models_are_known_by_the_names_of_benchmarks(said, name):
    assert find_architecture(said).name == name


def test_arrays_of_configurations_give_what_each_gives_alone():
    model = sizes(find_architecture("llama-3.1-8b"))
    lengths = np.array([100.0, 1000.0, 10_000.0])
    np.testing.assert_array_equal(
        fits(model, laid("h100", "bf16"), lengths), [fits(model, laid("h100", "bf16"), one) for one in lengths]
    )
