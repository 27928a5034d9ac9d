"""Tokens are counted as the vendors publish them; where they don't, the band of an estimate holds."""

import json
import re
import statistics
import sys
from pathlib import Path

import pytest

from pertoken.connect import tokenisers
from pertoken.connect.tokenisers import RATIOS, REFERENCE, encoder, family_of, tally
from pertoken.core.errors import InputError

counted = pytest.mark.skipif(not tokenisers.installed(), reason="the tokenisers are not installed: the extra `tokens`")

# How many tokens OpenAI's cookbook ("How to count tokens with tiktoken") finds, by encoding.
COOKBOOK = [
    ("antidisestablishmentarianism", {"cl100k_base": 6, "o200k_base": 6}),
    ("2 + 2 = 4", {"cl100k_base": 7, "o200k_base": 7}),
    ("お誕生日おめでとう", {"cl100k_base": 9, "o200k_base": 8}),
    ("tiktoken is great!", {"cl100k_base": 6, "o200k_base": 6}),
]

# Which encoding tiktoken's own table (model.py) gives each model.
TIKTOKEN = {
    "o200k_base": ["o1", "o1-mini", "o3", "o3-mini", "o4-mini", "gpt-5", "gpt-5-mini", "gpt-4.5-preview", "gpt-4.1",
                   "gpt-4.1-mini", "gpt-4o", "gpt-4o-2024-05-13", "chatgpt-4o-latest", "ft:gpt-4o"],
    "cl100k_base": ["gpt-4", "gpt-4-0314", "gpt-4-turbo", "gpt-3.5-turbo", "gpt-3.5-turbo-0301", "gpt-35-turbo",
                    "davinci-002", "babbage-002", "text-embedding-ada-002", "text-embedding-3-small", "ft:gpt-4",
                    "ft:gpt-3.5-turbo"],
    "gpt-oss": ["gpt-oss-120b"],
}  # fmt: skip

# Which tokeniser mistral-common's table gives each model; its v2, v3 and v7 of SentencePiece share their pieces.
MISTRAL = {
    "mistral_v1": ["mistral-medium-2312"],
    "mistral_v2": ["mistral-tiny-2312", "mistral-small-2402", "open-mixtral-8x22b-2404", "mistral-large-2407",
                   "mistral-large-2411", "codestral-2405"],
    "mistral_v3": ["ministral-8b-2410", "open-mistral-nemo-2407", "mistral-small-2409", "pixtral-12b-2409"],
}  # fmt: skip

TEXTS = {
    "english": "The cost of a request depends on how many tokens go in and how many come out, and on the model.\n" * 9,
    "german": "Was eine Anfrage kostet, hängt davon ab, wie viele Tokens hinein- und herausgehen, und vom Modell.\n"
    * 9,
    "chinese": "一次请求的成本取决于输入和输出的标记数量以及所用的模型。缓存可以降低重复提示的成本。\n" * 9,
    "russian": "Стоимость запроса зависит от того, сколько токенов входит и выходит, и от выбранной модели.\n" * 9,
    "json": json.dumps([{"id": i, "model": "small", "input_tokens": 997 * i, "ok": True} for i in range(40)]),
    "python": Path(tokenisers.__file__).read_text(encoding="utf-8"),
}


@counted
@pytest.mark.parametrize(("text", "published"), COOKBOOK)
def test_texts_of_the_cookbook_have_the_tokens_that_it_finds(text, published):
    assert {name: encoder(name)(text) for name in published} == published


@pytest.mark.parametrize(("vocabulary", "models"), [*TIKTOKEN.items(), *MISTRAL.items()])
def test_models_have_the_tokeniser_that_their_makers_table_gives(vocabulary, models):
    found = {name: family_of(name) for name in models}
    assert {name: family and (family.vocabulary, family.exact) for name, family in found.items()} == dict.fromkeys(
        models, (vocabulary, True)
    )


@pytest.mark.parametrize(
    ("name", "vocabulary", "exact"),
    [
        ("openai/gpt-4o-mini", "o200k_base", True),
        ("meta.llama3-1-70b-instruct-v1:0", "llama3", True),
        ("deepseek-ai/DeepSeek-V3", "deepseek_v3", True),
        ("Qwen/Qwen3-8B", "qwen3", True),
        ("qwen3-max", "qwen3", False),
        ("qwen3.5-397b-a17b", "qwen3", False),
        ("gpt-6.1-sol", "o200k_base", False),
        ("gemini-2.5-pro", "gemma3", False),
        ("mistral-large-latest", "mistral_v3", False),
        ("moonshotai/kimi-k2.5", "kimi_k2", True),
    ],
)
def test_names_with_sellers_and_later_models_find_theirs(name, vocabulary, exact):
    family = family_of(name)
    assert family is not None
    assert (family.vocabulary, family.exact) == (vocabulary, exact)


@pytest.mark.parametrize("name", ["gpt-4oo", "gpt-4omega", "claude-sonnet-4-5", "grok-4", "command-r", "o1x"])
def test_a_name_that_only_looks_alike_has_no_tokeniser(name):
    assert family_of(name) is None


@pytest.mark.parametrize(
    ("name", "characters"),
    [("claude-opus-4-6", 3.4), ("claude-sonnet-4-5", 3.4), ("claude-opus-4-7", 2.5), ("claude-fable-5", 2.5),
     ("anthropic.claude-haiku-5-5", 2.5), ("grok-4", 4.0)],
)  # fmt: skip
def test_ratios_are_those_that_the_maker_publishes(name, characters):
    ratio = next(each for each in RATIOS if re.match(each.pattern, tokenisers._bare(name)))
    assert ratio.characters == characters


@counted
@pytest.mark.parametrize("left_out", ["cl100k_base", "mistral_v2", "phi4", "gemma4", *REFERENCE])
def test_the_band_of_an_estimate_holds_for_a_tokeniser_left_out(left_out, monkeypatch):
    monkeypatch.setattr(tokenisers, "REFERENCE", tuple(name for name in REFERENCE if name != left_out))
    estimate = tally(list(TEXTS.values()), "a-model-nobody-knows")
    true = [encoder(left_out)(text) for text in TEXTS.values()]
    held = [low <= n <= high for low, n, high in zip(estimate.low, true, estimate.high, strict=True)]
    assert sum(held) >= len(held) - 1, dict(
        zip(TEXTS, zip(estimate.low, true, estimate.high, strict=True), strict=True)
    )


@counted
def test_without_tokenisers_the_length_gives_half_to_double(monkeypatch):
    monkeypatch.setattr(tokenisers, "installed", lambda: False)
    estimate = tally(list(TEXTS.values()), "gpt-4o")
    assert not estimate.exact
    for name in ("o200k_base", "llama3", "mistral_v3"):
        true = [encoder(name)(text) for text in TEXTS.values()]
        assert all(low <= n <= high for low, n, high in zip(estimate.low, true, estimate.high, strict=True))
        assert statistics.median(a / b for a, b in zip(estimate.tokens, true, strict=True)) == pytest.approx(
            1, abs=0.35
        )


@counted
def test_control_tokens_in_a_text_are_text():
    assert encoder("o200k_base")("<|endoftext|>") > 1


@counted
def test_qwen_puts_accents_on_letters_before_it_counts():
    assert encoder("qwen3")("e\u0301") == encoder("qwen3")("é")


def test_a_missing_package_says_how_to_add_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "splintr", None)
    encoder.cache_clear()
    try:
        with pytest.raises(InputError, match=r"pip install 'pertoken\[tokens\]'"):
            encoder("o200k_base")
    finally:
        encoder.cache_clear()
