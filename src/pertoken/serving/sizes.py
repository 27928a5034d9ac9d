"""Sizes: what the step-time formulas need to know of a model, as numbers that broadcast."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from pertoken.catalog.models import Architecture
from pertoken.serving.values import Values


@dataclass(frozen=True, slots=True, eq=False)
class Sizes:
    """A model as numbers; each a scalar, or an array over configurations.

    Args:
        layers: Blocks of attention and feed-forward.
        hidden: Width of the stream between them.
        dense: Weights that every step streams whatever the batch: attention, dense and shared feed-forward parts,
            routers, and the output embedding.
        attention: Those of `dense` that belong to attention; replicated where attention runs data-parallel.
        head: Those of `dense` that are the output embedding, kept in 16 bits where others are quantised.
        expert: Weights of one expert in one layer; 0 for a dense model.
        experts: Experts that a token is routed among.
        chosen: How many of them it goes through.
        expert_layers: Layers that have experts.
        stored: All weights that are kept in memory, embeddings included.
        kv: Numbers that the cache holds for one token, in layers that look at the whole context.
        kv_windowed: Numbers that the cache holds for one token, in layers that look back over a window.
        window: How far these look back. [token]
        kv_heads: Heads that the cache can be split over; 1 where latent attention compresses them to one vector.
        score: Multiply-adds of attention for one pair of tokens, in layers that look at the whole context.
        score_windowed: The same in layers with a window.
    """

    layers: Values
    hidden: Values
    dense: Values
    attention: Values
    head: Values
    expert: Values
    experts: Values
    chosen: Values
    expert_layers: Values
    stored: Values
    kv: Values
    kv_windowed: Values
    window: Values
    kv_heads: Values
    score: Values
    score_windowed: Values

    @property
    def active(self) -> Values:
        """Weights that one token is multiplied by."""
        return self.dense + self.expert_layers * self.chosen * self.expert


def sizes(model: Architecture) -> Sizes:
    """Reckon the numbers of a model.

    >>> tiny = Architecture(name="m", layers=2, hidden=8, heads=4, kv_heads=2, head_dim=2, ffn=16, vocab=32)
    >>> found = sizes(tiny)
    >>> (float(found.active) == tiny.active_params, float(found.stored) == tiny.params, float(found.kv))
    (True, True, 16.0)
    """
    experts = model.experts
    routed = experts.layers * experts.count * model.ffn_params(experts.ffn) if experts else 0
    head = model.vocab * model.hidden
    plain = model.layers - model.windowed_layers
    pair = model.heads * (
        model.latent.nope_dim + model.latent.rope_dim + model.latent.value_dim if model.latent else 2 * model.head_dim
    )
    numbers = {
        "layers": model.layers,
        "hidden": model.hidden,
        "dense": model.params - routed - (0 if model.tied else head),
        "attention": model.layers * model.attention_params,
        "head": head,
        "expert": model.ffn_params(experts.ffn) if experts else 0,
        "experts": experts.count if experts else 1,
        "chosen": experts.active if experts else 0,
        "expert_layers": experts.layers if experts else 0,
        "stored": model.params,
        "kv": plain * model.kv_values,
        "kv_windowed": model.windowed_layers * model.kv_values,
        "window": model.window,
        "kv_heads": 1 if model.latent else model.kv_heads,
        "score": plain * pair,
        "score_windowed": model.windowed_layers * pair,
    }
    return Sizes(**{name: np.float64(value) for name, value in numbers.items()})


def together(each: Sequence[Sizes]) -> Sizes:
    """Stack the numbers of models, one configuration after the other."""
    return Sizes(**{f.name: np.array([getattr(one, f.name) for one in each]) for f in fields(Sizes)})
