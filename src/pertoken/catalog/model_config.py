"""Architectures read from the `config.json` that open models are published with, in the words of Hugging Face."""

import re
from collections.abc import Mapping
from typing import Any

from pertoken.catalog.models import Architecture, Experts, Latent
from pertoken.core.errors import InputError

Config = Mapping[str, Any]

WORDS = {
    "layers": ("num_hidden_layers", "n_layer", "num_layers"),
    "hidden": ("hidden_size", "n_embd", "d_model"),
    "heads": ("num_attention_heads", "n_head"),
    "ffn": ("intermediate_size_mlp", "intermediate_size", "n_inner", "ffn_hidden_size"),
    "vocab": ("vocab_size",),
}
"""What every architecture has, and what configurations call it."""

EXPERTS = ("num_local_experts", "n_routed_experts", "num_experts", "moe_num_experts")
ACTIVE = ("num_experts_per_tok", "experts_per_token", "num_experts_per_token", "moe_topk")

UNSAID: dict[str, Config] = {
    "gemma": {"tie_word_embeddings": True, "head_dim": 256},
    "gemma2": {"tie_word_embeddings": True, "head_dim": 256, "sliding_window_pattern": 2},
    "gemma3_text": {
        "tie_word_embeddings": True, "head_dim": 256, "sliding_window_pattern": 6, "vocab_size": 262_208,
        "num_attention_heads": 8, "num_key_value_heads": 4, "max_position_embeddings": 131_072,
    },
    "cohere": {"tie_word_embeddings": True},
    "cohere2": {"tie_word_embeddings": True, "sliding_window_pattern": 4},
}  # fmt: skip
"""What the configurations of a kind leave out, since the library that reads them has it as its default."""

KINDS = frozenset(
    {
        "baichuan", "cohere", "cohere2", "deepseek_v2", "deepseek_v3", "deepseek_v32", "gemma", "gemma2", "gemma3_text",
        "glm4", "glm4_moe", "glm_moe_dsa", "gpt_oss", "granite", "kimi_k2", "kimi_k25", "llama", "llama4_text", "mimo",
        "minimax_m2", "ministral3", "mistral", "mixtral", "nemotron", "olmo2", "phi3", "qwen2", "qwen2_moe", "qwen3",
        "qwen3_moe", "qwen3_vl_text", "qwen3_vl_moe_text", "starcoder2",
    }
)  # fmt: skip
"""Kinds whose layers these records can say; a kind that is not here may have parts that its words don't show."""

ONE_SHARED = frozenset({"llama4_text"})
"""Kinds with one shared expert, as wide as the others, that the configuration does not mention."""

UNGATED = frozenset({"nemotron", "starcoder2"})
"""Kinds whose feed-forward part has two matrices and no gate."""

OTHER_KINDS = ("mamba_", "ssm_", "linear_num_", "linear_attn_", "recurrent_", "rwkv_", "time_mix_")
"""How words begin that tell of layers without attention, which these records can't say."""

WINDOWED = ("sliding_attention", "chunked_attention")
PLAIN = ("full_attention", "deepseek_sparse_attention")

READ = frozenset(
    {
        *(word for words in WORDS.values() for word in words), *EXPERTS, *ACTIVE, "num_key_value_heads", "head_dim",
        "moe_intermediate_size", "n_shared_experts", "shared_expert_intermediate_size", "moe_layer_freq",
        "decoder_sparse_step", "interleave_moe_layer_step", "kv_lora_rank", "qk_rope_head_dim", "qk_nope_head_dim",
        "v_head_dim", "q_lora_rank", "attention_chunk_size", "sliding_window_pattern",
    }
)  # fmt: skip
"""Words of a shape that are read."""

ASIDE = frozenset(
    {
        "chunk_size", "ep_size", "index_head_dim", "index_n_heads", "index_topk_freq", "max_window_layers",
        "mtp_transformer_layers", "n_group", "num_beam_groups", "num_beams", "num_logits_to_keep", "num_mtp_modules",
        "num_nextn_predict_layers", "num_return_sequences", "qk_head_dim", "rotary_dim",
    }
)  # fmt: skip
"""Words like those of a shape that do not bear on how a model is served token by token."""

SHAPELY = re.compile(r"^(num|n)_|_(size|dim|rank|heads?|layers?|experts?|interval|period|freq|pattern|step)$")
"""How words of a shape begin or end."""

BITS = {"float32": 32, "bfloat16": 16, "float16": 16, "fp8": 8, "mxfp4": 4.25, "nvfp4": 4.5}


def architecture(config: Config, *, name: str, source: str = "") -> Architecture:
    """Read an architecture.

    Args:
        config: The configuration, as its JSON has it; the text part of one with several is taken.
        name: What to call the model.
        source: Where the configuration is from.

    Returns:
        The shape of the model.

    Raises:
        InputError: What is needed isn't said, or the model has layers without attention.

    >>> tiny = {"num_hidden_layers": 2, "hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 16,
    ...         "vocab_size": 32, "model_type": "llama"}
    >>> architecture(tiny, name="tiny").params
    1792
    """
    text = {**UNSAID.get(_kind(config), {}), **_text(config)}
    _check(text, source or name)
    needed = {ours: _said(text, words) for ours, words in WORDS.items()}
    experts = _experts(text, needed["layers"])
    if experts and experts.layers == needed["layers"]:
        needed["ffn"] = 0
    window, windowed = _window(text, needed["layers"])
    return Architecture(
        name=name,
        layers=needed["layers"],
        hidden=needed["hidden"],
        heads=needed["heads"],
        ffn=needed["ffn"],
        vocab=needed["vocab"],
        kv_heads=int(text.get("num_key_value_heads") or needed["heads"]),
        head_dim=int(text.get("head_dim") or needed["hidden"] // needed["heads"]),
        context=int(text.get("max_position_embeddings") or 0),
        tied=bool(text.get("tie_word_embeddings", False)),
        gated=_kind(config) not in UNGATED,
        experts=experts,
        latent=_latent(text),
        window=window,
        windowed_layers=windowed,
        weight_bits=_bits(config),
        source=source,
        unread=_unread(text),
    )


def _text(config: Config) -> Config:
    """Take the part of a model of several kinds of input that reads text."""
    inner = next((config[key] for key in ("text_config", "llm_config", "language_config") if key in config), None)
    return config if inner is None else {**{k: v for k, v in config.items() if k == "tie_word_embeddings"}, **inner}


def _kind(config: Config) -> str:
    return str(_text(config).get("model_type") or config.get("model_type") or "")


def _check(text: Config, where: str) -> None:
    kind = str(text.get("model_type") or "llama")
    if kind not in KINDS:
        found = f"{where}: models of kind {kind!r} are not known"
        raise InputError(f"{found}; known are {', '.join(sorted(KINDS))}; state the shape by hand")
    missing = [words[0] for words in WORDS.values() if not any(isinstance(text.get(word), int) for word in words)]
    if missing:
        raise InputError(f"{where}: no {', '.join(missing)} in the configuration; expected those of a decoder")
    layers = set(text.get("layer_types") or ())
    odd = {word for word in text if word.startswith(OTHER_KINDS) and text[word]} | (layers - {*WINDOWED, *PLAIN})
    if odd:
        found = f"{where}: layers of another kind than attention ({', '.join(sorted(map(str, odd))[:4])})"
        raise InputError(f"{found}; such a model has to be stated by hand")


def _unread(text: Config) -> tuple[str, ...]:
    """List what is said of a shape in words that are not known, but for what is switched off."""
    odd = (word for word in text if SHAPELY.search(word) and word not in READ | ASIDE)
    return tuple(sorted(word for word in odd if isinstance(text[word], int | float | list) and text[word]))


def _said(text: Config, words: tuple[str, ...]) -> int:
    return next(int(text[word]) for word in words if isinstance(text.get(word), int))


def _experts(text: Config, layers: int) -> Experts | None:
    count = next((int(text[word]) for word in EXPERTS if text.get(word)), 0)
    if count <= 1:
        return None
    wide = int(text.get("moe_intermediate_size") or text["intermediate_size"])
    shared = int(text.get("n_shared_experts") or (text.get("model_type") in ONE_SHARED))
    return Experts(
        count=count,
        active=next((int(text[word]) for word in ACTIVE if text.get(word)), 1),
        ffn=wide,
        layers=_expert_layers(text, layers),
        shared_ffn=int(text.get("shared_expert_intermediate_size") or wide * shared),
    )


def _expert_layers(text: Config, layers: int) -> int:
    """Count the layers with experts: all but the first few, every second, or as listed."""
    often = text.get("moe_layer_freq") or 1
    if isinstance(often, list):
        return sum(map(bool, often))
    step = int(text.get("decoder_sparse_step") or text.get("interleave_moe_layer_step") or often)
    first = int(text.get("first_k_dense_replace") or 0)
    listed = set(text.get("mlp_only_layers") or ())
    return sum(layer >= first and layer not in listed and (layer + 1) % step == 0 for layer in range(layers))


def _latent(text: Config) -> Latent | None:
    if not text.get("kv_lora_rank"):
        return None
    names = {"kv_rank": "kv_lora_rank", "rope_dim": "qk_rope_head_dim", "nope_dim": "qk_nope_head_dim",
             "value_dim": "v_head_dim", "query_rank": "q_lora_rank"}  # fmt: skip
    return Latent(**{ours: int(text.get(word) or 0) for ours, word in names.items()})


def _window(text: Config, layers: int) -> tuple[int, int]:
    """Find the window, and how many layers have it."""
    kinds = text.get("layer_types") or ()
    width = int(text.get("sliding_window") or 0)
    if kinds:
        width = width or int(text.get("attention_chunk_size") or 0)
        count = sum(kind in WINDOWED for kind in kinds)
    elif pattern := int(text.get("sliding_window_pattern") or 0):
        count = layers - layers // pattern
    else:
        count = layers if text.get("use_sliding_window", True) else 0
    return (width, count) if width and count else (0, 0)


def _bits(config: Config) -> float:
    """Say how many bits a weight has as published; of several kinds of weights, those that most have."""
    text = _text(config)
    quantised = config.get("quantization_config") or text.get("quantization_config") or {}
    groups = [group.get("weights") or {} for group in (quantised.get("config_groups") or {}).values()]
    for said in (quantised.get("bits"), *(group.get("num_bits") for group in groups)):
        if said:
            return float(said)
    kind = quantised.get("quant_method") or text.get("dtype") or text.get("torch_dtype") or config.get("torch_dtype")
    return BITS.get(str(kind), 16)
