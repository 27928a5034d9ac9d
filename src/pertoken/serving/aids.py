"""Aids: what spares an engine work, or adds to it, beside the shape of the model."""

from dataclasses import dataclass

import numpy as np

from pertoken.serving.values import Values


@dataclass(frozen=True, slots=True, eq=False)
class Aids:
    """Prefix caching, speculative decoding, adapters; each a scalar, or an array over configurations.

    Args:
        prefix_share: Share of a prompt whose keys and values are in the cache already.
        common_share: Share of this that all requests have in common, so that memory holds it once.
        drafted: Tokens that are proposed for each sequence in a step; 0 without speculative decoding.
        accepted: Tokens that a sequence gets out of a step, on average, the one that is always right included.
        drafting: Time of proposing, as a share of the step.
        adapters: What serving many LoRA adapters adds to a step, as a share of it.
    """

    prefix_share: Values = 0.0
    common_share: Values = 1.0
    drafted: Values = 0.0
    accepted: Values = 1.0
    drafting: Values = 0.0
    adapters: Values = 0.0

    def shared(self, input_tokens: Values) -> Values:
        """Tokens of a prompt of a length that all have in common."""
        return self.prefix_share * self.common_share * np.asarray(input_tokens)


PLAIN = Aids()
"""An engine without any of these."""
