"""Architectures: the shape of an open model, from which its size and its memory follow."""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar

BLOCKS = (
    "layers", "hidden", "heads", "kv_heads", "head_dim", "ffn", "gated", "experts", "latent", "window",
    "windowed_layers",
)  # fmt: skip
"""What the blocks of a model are told by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """Widths of multi-head latent attention (MLA): one compressed vector a token stands for its keys and values.

    Args:
        kv_rank: Width of the compressed vector.
        rope_dim: Width of the rotary key that all heads share; kept beside it.
        nope_dim: Width of the part of a head without rotation.
        value_dim: Width of a head's value.
        query_rank: Width to which queries are compressed; 0 for not at all.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    kv_rank: int
    rope_dim: int
    nope_dim: int
    value_dim: int
    query_rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Experts:
    """The layers whose feed-forward part is a mixture of experts (MoE).

    Args:
        count: Experts that a token is routed among, in each such layer.
        active: How many of them a token goes through.
        ffn: Width of one of them.
        layers: How many layers have experts; the others have one dense part.
        shared_ffn: Width of the part that every token goes through besides.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    count: int
    active: int
    ffn: int
    layers: int
    shared_ffn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Architecture:
    """The shape of a decoder.

    Args:
        name: The model.
        layers: Blocks of attention and feed-forward.
        hidden: Width of the stream between them.
        heads: Query heads.
        kv_heads: Key and value heads; as many as `heads` without grouping.
        head_dim: Width of a head.
        ffn: Width of the dense feed-forward part; 0 if all layers have experts.
        vocab: Entries of the vocabulary.
        context: Longest sequence that it was made for; 0 if not known. [token]
        tied: Whether input and output share one embedding.
        gated: Whether the feed-forward part has a gate, and so three matrices in place of two.
        experts: Its mixture of experts, if it has one.
        latent: Its latent attention, if it has that.
        window: Tokens that a layer with a sliding window looks back; 0 if none has one. [token]
        windowed_layers: How many layers have the window.
        weight_bits: Bits of a weight as published: 16 unless quantised.
        published_billions: Parameters as its maker states them, where that is known. [1e9]
        source: Page or file that the shape was read from.
        seen: Day on which it was read; None for a file of the user's own, or a shape that was only held against the
            number of parameters.
        aliases: Other names.
        unread: What its configuration says of a shape in words that are not known, and so is not reckoned.
        title: What it was asked for as, where that is another name: of a version, or of a file of the user's own.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    name: str
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    ffn: int
    vocab: int
    context: int = 0
    tied: bool = False
    gated: bool = True
    experts: Experts | None = None
    latent: Latent | None = None
    window: int = 0
    windowed_layers: int = 0
    weight_bits: float = 16
    published_billions: float | None = None
    source: str = ""
    seen: date | None = None
    aliases: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    title: str = field(default="", compare=False)

    @property
    def asked(self) -> str:
        """The name that it was asked for by."""
        return self.title or self.name

    def alike(self, other: "Architecture") -> bool:
        """Whether a model has the same blocks, as one that was trained further has; vocabularies may differ.

        >>> from dataclasses import replace
        >>> one = Architecture(
        ...     name="m", layers=32, hidden=4096, heads=32, kv_heads=8, head_dim=128, ffn=14336, vocab=128256
        ... )
        >>> one.alike(replace(one, name="mine", vocab=128260)), one.alike(replace(one, layers=31))
        (True, False)
        """
        return all(getattr(self, name) == getattr(other, name) for name in BLOCKS)

    @property
    def attention(self) -> str:
        """Name the kind of attention: `mla`, `mqa`, `gqa` or `mha`."""
        if self.latent:
            return "mla"
        return {1: "mqa", self.heads: "mha"}.get(self.kv_heads, "gqa")

    @property
    def params(self) -> int:
        """All weights of its matrices; norms and biases, some parts in ten thousand, are left out."""
        routed = self.experts.layers * self.experts.count * self.ffn_params(self.experts.ffn) if self.experts else 0
        return self._every_token() + routed + self.vocab * self.hidden * (1 if self.tied else 2)

    @property
    def active_params(self) -> int:
        """Weights that one token is multiplied by: of the experts those chosen, and the output embedding only."""
        chosen = self.experts.layers * self.experts.active * self.ffn_params(self.experts.ffn) if self.experts else 0
        return self._every_token() + chosen + self.vocab * self.hidden

    @property
    def kv_values(self) -> int:
        """Numbers that the cache holds for one token in one layer.

        >>> Architecture(
        ...     name="m", layers=32, hidden=4096, heads=32, kv_heads=8, head_dim=128, ffn=14336, vocab=128256
        ... ).kv_values
        2048
        """
        return self.latent.kv_rank + self.latent.rope_dim if self.latent else 2 * self.kv_heads * self.head_dim

    def _every_token(self) -> int:
        """Weights of the layers that every token goes through."""
        dense = self.layers - (self.experts.layers if self.experts else 0)
        total = self.layers * self.attention_params + dense * self.ffn_params(self.ffn)
        if self.experts:
            router = self.hidden * self.experts.count
            total += self.experts.layers * (router + self.ffn_params(self.experts.shared_ffn))
        return total

    def ffn_params(self, width: int) -> int:
        """Weights of a feed-forward part of some width."""
        return (3 if self.gated else 2) * self.hidden * width

    @property
    def attention_params(self) -> int:
        """Weights of the attention of one layer."""
        if self.latent is None:
            return 2 * self.hidden * self.head_dim * (self.heads + self.kv_heads)
        part, width = self.latent, self.latent.nope_dim + self.latent.rope_dim
        query = (self.hidden + self.heads * width) * part.query_rank or self.hidden * self.heads * width
        keys = self.hidden * (part.kv_rank + part.rope_dim) + part.kv_rank * self.heads * (
            part.nope_dim + part.value_dim
        )
        return query + keys + self.heads * part.value_dim * self.hidden
