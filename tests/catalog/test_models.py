"""The size that follows from a model's shape is the size that its maker states."""

import pytest

from pertoken.catalog.model_config import architecture
from pertoken.catalog.models import Architecture
from pertoken.connect.machines import architectures
from pertoken.core.errors import InputError

ACTIVE = {
    "gpt-oss-120b": 5.1,
    "gpt-oss-20b": 3.6,
    "deepseek-v3": 37,
    "mixtral-8x7b": 12.9,
    "kimi-k2": 32,
    "qwen3-235b-a22b": 22,
}
"""Billions of parameters that a token goes through, as the makers state them in whole or tenths."""

LLAMA = {
    "model_type": "llama", "num_hidden_layers": 32, "hidden_size": 4096, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256, "max_position_embeddings": 131072,
    "torch_dtype": "bfloat16", "tie_word_embeddings": False,
}  # fmt: skip
MIXTRAL = LLAMA | {
    "model_type": "mixtral", "num_local_experts": 8, "num_experts_per_tok": 2, "vocab_size": 32000,
}  # fmt: skip
QWEN = {
    "model_type": "qwen3_moe", "num_hidden_layers": 94, "hidden_size": 4096, "num_attention_heads": 64,
    "num_key_value_heads": 4, "head_dim": 128, "intermediate_size": 12288, "moe_intermediate_size": 1536,
    "num_experts": 128, "num_experts_per_tok": 8, "decoder_sparse_step": 1, "mlp_only_layers": [], "vocab_size": 151936,
    "use_sliding_window": False, "sliding_window": None,
}  # fmt: skip
DEEPSEEK = {
    "model_type": "deepseek_v3", "num_hidden_layers": 61, "hidden_size": 7168, "num_attention_heads": 128,
    "num_key_value_heads": 128, "intermediate_size": 18432, "moe_intermediate_size": 2048, "n_routed_experts": 256,
    "n_shared_experts": 1, "num_experts_per_tok": 8, "first_k_dense_replace": 3, "kv_lora_rank": 512,
    "q_lora_rank": 1536, "qk_nope_head_dim": 128, "qk_rope_head_dim": 64, "v_head_dim": 128, "vocab_size": 129280,
    "quantization_config": {"quant_method": "fp8"},
}  # fmt: skip
GPT_OSS = {
    "model_type": "gpt_oss", "num_hidden_layers": 36, "hidden_size": 2880, "num_attention_heads": 64,
    "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 2880, "num_local_experts": 128,
    "num_experts_per_tok": 4, "vocab_size": 201088, "sliding_window": 128,
    "layer_types": ["sliding_attention", "full_attention"] * 18, "quantization_config": {"quant_method": "mxfp4"},
}  # fmt: skip
GEMMA = {
    "model_type": "gemma3",
    "text_config": {
        "model_type": "gemma3_text", "num_hidden_layers": 62, "hidden_size": 5376, "num_attention_heads": 32,
        "num_key_value_heads": 16, "head_dim": 128, "intermediate_size": 21504, "sliding_window": 1024,
    },
}  # fmt: skip
MAVERICK = {
    "model_type": "llama4",
    "text_config": {
        "model_type": "llama4_text", "num_hidden_layers": 48, "hidden_size": 5120, "num_attention_heads": 40,
        "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 8192, "intermediate_size_mlp": 16384,
        "interleave_moe_layer_step": 2, "num_local_experts": 128, "num_experts_per_tok": 1, "vocab_size": 202048,
    },
}  # fmt: skip


def billions(count: int) -> float:
    return count / 1e9


@pytest.mark.parametrize("shape", architectures(), ids=lambda shape: shape.name)
def test_a_shape_comes_to_the_parameters_that_its_maker_states(shape):
    assert billions(shape.params) == pytest.approx(shape.published_billions, rel=0.01)


@pytest.mark.parametrize(("name", "stated"), ACTIVE.items())
def test_what_a_token_goes_through_is_what_the_maker_states(name, stated):
    shape = next(each for each in architectures() if each.name == name)
    assert billions(shape.active_params) == pytest.approx(stated, rel=0.025)


@pytest.mark.parametrize(
    ("config", "params", "active"),
    [
        pytest.param(LLAMA, 8.03, 7.5, id="llama"),
        pytest.param(MIXTRAL, 46.7, 12.9, id="mixtral"),
        pytest.param(QWEN, 235, 22, id="qwen"),
        pytest.param(DEEPSEEK, 671, 37, id="deepseek"),
        pytest.param(GPT_OSS, 116.8, 5.1, id="gpt-oss"),
        pytest.param(GEMMA, 27.0, 27.0, id="gemma"),
        pytest.param(MAVERICK, 400, 17, id="llama 4"),
    ],
)
def test_a_configuration_comes_to_the_stated_size(config, params, active):
    shape = architecture(config, name="m")
    assert billions(shape.params) == pytest.approx(params, rel=0.01)
    assert billions(shape.active_params) == pytest.approx(active, rel=0.06)


@pytest.mark.parametrize(
    ("config", "name"),
    [
        (MIXTRAL, "mixtral-8x7b"),
        (QWEN, "qwen3-235b-a22b"),
        (DEEPSEEK, "deepseek-v3"),
        (GPT_OSS, "gpt-oss-120b"),
        (GEMMA, "gemma-3-27b"),
    ],
)
def test_a_configuration_and_the_house_list_say_the_same_shape(config, name):
    listed = next(each for each in architectures() if each.name == name)
    read = architecture(config, name=name)
    same = (
        "layers",
        "hidden",
        "heads",
        "kv_heads",
        "ffn",
        "vocab",
        "experts",
        "latent",
        "window",
        "windowed_layers",
        "tied",
    )
    assert {each: getattr(read, each) for each in same} == {each: getattr(listed, each) for each in same}
    assert (read.kv_values, read.params) == (listed.kv_values, listed.params)


def test_kinds_of_attention_have_names_and_sizes_of_cache():
    def kind(kv_heads: int) -> Architecture:
        return Architecture(name="m", layers=1, hidden=64, heads=8, kv_heads=kv_heads, head_dim=8, ffn=1, vocab=1)

    assert [kind(n).attention for n in (1, 2, 8)] == ["mqa", "gqa", "mha"]
    assert [kind(n).kv_values for n in (1, 2, 8)] == [16, 32, 128]
    # 512 compressed and 64 rotary numbers, as DeepSeek's report has it
    assert (architecture(DEEPSEEK, name="m").attention, architecture(DEEPSEEK, name="m").kv_values) == ("mla", 576)


def test_weights_are_as_wide_as_the_configuration_says():
    grouped = {
        "quantization_config": {
            "quant_method": "compressed-tensors",
            "config_groups": {"a": {"weights": {"num_bits": 4}}},
        }
    }
    assert [architecture(c, name="m").weight_bits for c in (LLAMA, DEEPSEEK, GPT_OSS, LLAMA | grouped)] == [
        16,
        8,
        4.25,
        4,
    ]


@pytest.mark.parametrize(
    ("config", "said"),
    [
        pytest.param({**LLAMA, "model_type": "mamba2"}, "kind 'mamba2' are not known; known are", id="kind"),
        pytest.param(
            {"model_type": "llama", "vocab_size": 7},
            "no num_hidden_layers, hidden_size, num_attention_heads",
            id="bare",
        ),
        pytest.param(
            {**LLAMA, "layer_types": ["linear_attention"]},
            "another kind than attention \\(linear_attention\\)",
            id="hybrid",
        ),
    ],
)
def test_a_model_that_cannot_be_said_is_refused(config, said):
    with pytest.raises(InputError, match=said):
        architecture(config, name="m")


def test_words_of_a_shape_that_are_not_known_are_listed():
    odd = {
        **LLAMA,
        "num_magic_experts": 4,
        "dense_intermediate_size": 12_288,
        "num_nextn_predict_layers": 1,
        "n_off": 0,
    }
    assert architecture(odd, name="m").unread == ("dense_intermediate_size", "num_magic_experts")
    assert architecture(LLAMA, name="m").unread == ()
