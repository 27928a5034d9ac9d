"""Sizes and memory, held against published parameter counts and cache sizes."""

import numpy as np
import pytest

from pertoken.catalog.machines import find_gpu
from pertoken.connect.machines import architectures, find_architecture, gpus
from pertoken.serving.eras import era
from pertoken.serving.memory import fits, held, room, stored
from pertoken.serving.precision import precision, published
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


def test_what_all_sequences_begin_with_is_held_once():
    model, on = sizes(find_architecture("llama-3.1-8b")), laid("h100", "bf16")
    count = fits(model, on, 1000.0, shared=600.0)
    assert count * held(model, on, 400.0) + held(model, on, 600.0) == pytest.approx(room(model, on))
    assert fits(model, on, 1000.0, shared=0.0) == fits(model, on, 1000.0)


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
        ("a100", "fp8", 0),
        ("a100", "int8", 1),
        ("a100", "w8a8", 1),
        ("h100", "w8a8", 1),
        ("b300", "int8", 0),
        ("a100", "fp4", 0),
        ("h100", "fp4", 0),
        ("b200", "fp4", 2),
        ("l4", "awq", 0),
        ("t4", "bf16", 0),
    ],
)
def test_numbers_that_a_gpu_cannot_multiply_are_unpacked_to_sixteen(gpu, bits, kind):
    assert multiplied(find_gpu(gpus(), gpu), precision(bits)) == kind


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("H100-SXM-80GB", "H100-80GB-SXM"), ("H200-SXM-141GB", "H200-141GB-SXM"), ("A100-PCIE-80GB", "A100-80GB-PCIe"),
        ("NVIDIA A100-SXM4-80GB", "A100-80GB-SXM"), ("B200-180GB", "B200-180GB"), ("L40S", "L40S-48GB"),
        ("RTX 4090", "RTX4090-24GB"), ("RTX 6000 Ada", "RTX6000ADA-48GB"), ("RTX6000Ada", "RTX6000ADA-48GB"),
        ("NVIDIA RTX PRO 6000 Blackwell Server Edition", "RTXPRO6000-96GB"), ("NVIDIA H100 PCIe", "H100-80GB-PCIe"),
        ("NVIDIA A100 80GB PCIe", "A100-80GB-PCIe"), ("b200_sxm", "B200-180GB"),
        ("AMD Instinct MI300X", "MI300X-192GB"),
        ("NVIDIA RTX 6000 Ada Generation", "RTX6000ADA-48GB"), ("NVIDIA H100 80GB HBM3", "H100-80GB-SXM"),
    ],
)  # fmt: skip
def test_gpus_are_known_by_the_names_of_benchmarks(said, name):
    assert find_gpu(gpus(), said).name == name


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("meta-llama/Meta-Llama-3.1-70B-Instruct", "llama-3.3-70b"), ("Llama-2-13b-chat-hf", "llama-2-13b"),
        ("deepseek-r1-0528", "deepseek-v3"), ("Qwen/Qwen3-32B-FP8", "qwen3-32b"), ("llama2-70b", "llama-2-70b"),
        ("neuralmagic/Meta-Llama-3.1-70B-Instruct-quantized.w4a16", "llama-3.3-70b"), ("Qwen/QwQ-32B", "qwen2.5-32b"),
        ("RedHatAI/Meta-Llama-3.1-8B-Instruct-FP8-dynamic", "llama-3.1-8b"), ("LLaMA v3.1 405B", "llama-3.1-405b"),
        ("deepseek-ai/DeepSeek-R1-Distill-Llama-70B", "llama-3.3-70b"), ("nvidia/DeepSeek-R1-0528-FP4", "deepseek-v3"),
        ("Qwen/Qwen2.5-Coder-32B-Instruct", "qwen2.5-32b"), ("internlm/internlm2_5-20b-chat", "internlm2-20b"),
        ("TheBloke/Llama-2-7B-Chat-GPTQ", "llama-2-7b"), ("mistralai/Mistral-7B-Instruct-v0.2", "mistral-7b"),
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


@pytest.mark.parametrize(
    ("engine", "version", "name"),
    [
        ("vllm 0.6.3", "", "vllm-0.7"), ("vllm", "v0.10.1", "vllm-0.12"), ("TensorRT LLM 0.17", "", "trtllm-0.17"),
        ("tensorrt_llm", "1.0.0rc3", "trtllm-1.0"), ("SGLang v0.5.5", "", "sglang-0.5.8"), ("NIM 1.8", "", "trtllm"),
        ("sglang", "0.5.9", "sglang"), ("LMDeploy TurboMind", "", "common"), ("TGI 2.0", "", "common"),
    ],
)  # fmt: skip
def test_engines_are_known_with_their_version_beside_or_within_the_name(engine, version, name):
    assert era(engine, version).name == name


@pytest.mark.parametrize(
    ("model", "bits", "name"),
    [
        ("neuralmagic/Meta-Llama-3.1-8B-Instruct-FP8", 16, "fp8"), ("openai/gpt-oss-20b", 4.25, "mxfp4"),
        ("deepseek-ai/DeepSeek-R1", 8, "fp8"), ("x-quantized.w4a16", 16, "w4a16"),
        ("nvidia/DeepSeek-R1-NVFP4", 8, "nvfp4"),
    ],
)  # fmt: skip
def test_a_model_is_served_as_its_name_says_or_as_it_is_published(model, bits, name):
    assert published(model, bits) == name
    assert precision(name).weight <= 1
