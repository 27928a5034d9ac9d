"""Demand: requests as they come, each with the lengths of its prompt and its answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError
from pertoken.core.money import Values

MOST = 2**31 - 1
"""Requests that a simulation can number."""


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """Requests in the order in which they come; arrays of one length.

    Args:
        arrival: When each comes. [s]
        input: Tokens of its prompt.
        output: Tokens of its answer.
        common: Tokens at the head of its prompt that every request has, as a system prompt: they are in the cache
            already, and its memory is there once for all of a group that runs attention apart.
        begin: Where the prefix of each begins in `ids`; one longer than the others.
        ids: Blocks of prefixes by number: equal numbers are equal prompts up to the end of the block.
        per_id: Tokens of such a block.

    Raises:
        InputError: Lengths differ, times go back, or a request has no tokens.
    """

    arrival: Values
    input: NDArray[np.int32]
    output: NDArray[np.int32]
    common: NDArray[np.int32]
    begin: NDArray[np.int64]
    ids: NDArray[np.int32]
    per_id: int = 0

    def __post_init__(self) -> None:
        """Check what loops take for granted."""
        sizes = {len(each) for each in (self.arrival, self.input, self.output, self.common, self.begin[1:])}
        if len(sizes) > 1 or not 0 < len(self) <= MOST:
            raise InputError(f"requests of lengths {sorted(sizes)}; expected columns of one length, 1 to {MOST:,}")
        if not np.isfinite(self.arrival).all() or self.arrival[0] < 0 or (np.diff(self.arrival) < 0).any():
            raise InputError("requests must come at times of 0 or later that don't go back; sort them by their arrival")
        shortest = int(min(self.input.min(), self.output.min()))
        if shortest < 1:
            raise InputError(
                f"a request of {shortest} tokens; expected a prompt and an answer of at least 1 token each"
            )
        if (self.common < 0).any() or (self.common >= self.input).any():
            raise InputError("tokens in the cache already must be fewer than those of the prompt")

    def __len__(self) -> int:
        """Count the requests."""
        return len(self.arrival)

    def __getitem__(self, which: slice) -> "Demand":
        """Cut out requests that follow each other."""
        kept = range(len(self))[which]
        part = slice(kept.start, kept.stop)
        begin = self.begin[kept.start : kept.stop + 1]
        return Demand(
            arrival=self.arrival[part],
            input=self.input[part],
            output=self.output[part],
            common=self.common[part],
            begin=begin - begin[0],
            ids=self.ids[begin[0] : begin[-1]],
            per_id=self.per_id,
        )


def demand(
    arrival: Any,  # noqa: ANN401  what NumPy takes
    input_tokens: Any,  # noqa: ANN401
    output_tokens: Any,  # noqa: ANN401
    *,
    common: Any = 0,  # noqa: ANN401
    prefixes: Sequence[Sequence[int]] | None = None,
    per_id: int = 512,
) -> Demand:
    """Make requests of the columns of a trace; lengths may be one number for all.

    Args:
        arrival: When each comes. [s]
        input_tokens: Tokens of prompts.
        output_tokens: Tokens of answers.
        common: Tokens at the head of each prompt that all share and that are in the cache already.
        prefixes: Blocks of each prompt by number, equal where prompts are equal up to the end of the block; a block
            that a prompt does not fill is left out.
        per_id: Tokens of a block.

    >>> len(demand([0.0, 1.5], [600, 1100], 20, prefixes=[[7, 8], [7, 9, 4]]).ids)
    3
    """
    times = np.ascontiguousarray(np.asarray(arrival, dtype=float))
    lengths = [
        np.ascontiguousarray(np.broadcast_to(_whole(each), times.shape)) for each in (input_tokens, output_tokens)
    ]
    begin, ids = np.zeros(len(times) + 1, dtype=np.int64), np.zeros(0, dtype=np.int32)
    if prefixes is not None:
        if len(prefixes) != len(times):
            raise InputError(f"{len(prefixes):,} prefixes for {len(times):,} requests; expected one for each")
        counts = np.minimum([len(each) for each in prefixes], lengths[0] // per_id)
        np.cumsum(counts, out=begin[1:])
        flat = chain.from_iterable(each[:count] for each, count in zip(prefixes, counts, strict=True))
        named = np.fromiter(flat, dtype=np.int64, count=int(begin[-1]))
        ids = np.unique(named, return_inverse=True)[1].astype(np.int32)
    return Demand(
        arrival=times,
        input=lengths[0],
        output=lengths[1],
        common=np.ascontiguousarray(np.broadcast_to(_whole(common), times.shape)),
        begin=begin,
        ids=ids,
        per_id=per_id if prefixes is not None else 0,
    )


def _whole(numbers: Any) -> NDArray[np.int32]:  # noqa: ANN401  what NumPy takes
    made = np.asarray(numbers)
    if not np.isfinite(made).all() or (made != np.rint(made)).any() or (np.abs(made) > MOST).any():
        raise InputError("tokens must be whole numbers")
    return made.astype(np.int32)
