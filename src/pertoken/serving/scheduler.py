"""Scheduler: which requests an engine takes into the next step, and which replica they go to."""

from dataclasses import dataclass
from typing import Literal

from pertoken.core.errors import InputError
from pertoken.serving.engine_state import AFFINE, BATCH, BLOCKING, CHUNKED, LEAST, ROUND

Policy = Literal["chunked", "blocking", "batch"]
POLICIES: dict[Policy, int] = {"chunked": CHUNKED, "blocking": BLOCKING, "batch": BATCH}

Router = Literal["round_robin", "least_loaded", "prefix"]
ROUTERS: dict[Router, int] = {"round_robin": ROUND, "least_loaded": LEAST, "prefix": AFFINE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """How an engine schedules.

    Requests are admitted in the order in which they come. Memory is given in blocks: to a request that is admitted,
    blocks for its prompt, and while its answer grows one after the other; where none is left, the one that was
    admitted last loses its memory and begins again (recompute).

    Args:
        policy: `chunked`: sequences that run get a token in every step, and what is left of the step's budget goes to
            prompts, piece by piece (vLLM since 1.0, TensorRT-LLM, SGLang). `blocking`: prompts go first and whole,
            while sequences that run stand still (older vLLM, TGI). `batch`: requests are gathered; a batch ends as a
            whole, with its longest answer, before the next begins (static batching; with `patience` dynamic).
        most: Sequences that run at once at most; the size of a batch.
        budget: Tokens that a step takes at most; where prompts are whole, one longer than that goes alone.
        block: Tokens of a block of memory.
        reserve: Whether a request gets memory for its whole answer from the start, so that none begins again; always
            in batches.
        margin_share: Share of memory that must be left when a request is admitted beside others.
        patience: How long the first of a batch waits for others before it goes with fewer. [s]
        router: Which replica a request goes to: each in turn, the one with the fewest requests, or the one whose cache
            holds most of its prompt.
        imbalance: By how many requests replicas may differ before a request goes to the least loaded in spite of its
            prefix.
        worth: Share of a prompt that a cache must hold for the router to mind it: a head that all prompts have would
            bring all of them to one replica.

    Raises:
        InputError: A number that can't be.
    """

    policy: Policy = "chunked"
    most: int = 256
    budget: int = 8192
    block: int = 16
    reserve: bool = False
    margin_share: float = 0.01
    patience: float = float("inf")
    router: Router = "round_robin"
    imbalance: int = 32
    worth: float = 0.5

    def __post_init__(self) -> None:
        """Refuse what no engine could do."""
        if self.policy not in POLICIES or self.router not in ROUTERS:
            found = f"policy {self.policy!r} with router {self.router!r}"
            raise InputError(f"{found}; expected one of {sorted(POLICIES)} and one of {sorted(ROUTERS)}")
        if min(self.most, self.budget, self.block) < 1 or self.patience < 0 or not 0 <= self.margin_share < 1:
            raise InputError(
                "a scheduler needs at least 1 sequence, 1 token a step, blocks of 1 token, and a share < 1"
            )
        if self.policy == "chunked" and self.budget < self.most:
            found = f"a budget of {self.budget} tokens a step for {self.most} sequences"
            raise InputError(f"{found}; expected at least a token for each; raise `budget` or lower `most`")
