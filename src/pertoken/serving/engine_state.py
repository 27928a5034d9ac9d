"""Engine state: what a simulated replica remembers between two steps, and what is told of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pertoken.core.money import Values

Ints = NDArray[np.int64]
Small = NDArray[np.int32]

REPLICA = np.dtype(
    [
        ("now", np.float64),  # clock [s]
        ("steps", np.int64),  # steps in which sequences got a token
        ("running", np.int64),  # sequences that get a token each step
        ("context", np.int64),  # tokens in all their caches together, in the next step
        ("held", np.int64),  # blocks that belong to one request
        ("shared", np.int64),  # blocks of known prefixes, used or not
        ("idle", np.int64),  # those of them that no request uses
        ("capacity", np.int64),  # blocks that there are
        ("partial", np.int64),  # request whose prompt is done in part; -1 for none
        ("computed", np.int64),  # tokens of it that are done
        ("goal", np.int64),  # tokens of it that must be done
        ("made", np.int64),  # tokens of its answer that are there already
        ("fresh", np.int64),  # prompts that end with the step
        ("head", np.int64),  # first of the queue; -1 for none
        ("tail", np.int64),  # last of the queue
        ("queued", np.int64),  # requests in it
        ("back", np.int64),  # requests that lost their memory and wait before all others
        ("longest", np.int64),  # longest answer of a batch; 0 where none is padded
        ("finished", np.int64),  # requests that have their answer
        ("preempted", np.int64),  # times that one lost its memory
        ("found", np.int64),  # tokens of prompts that were in the cache
        ("prompted", np.int64),  # tokens of prompts that were computed
        ("asked", np.int64),  # requests that clients in a loop have asked
        ("sent", np.int64),  # those of them that have reached the queue
    ]
)
"""A replica, as one row of a table."""

BINS = ("prompt", "output", "running", "memory", "steps", "made")
"""What a bin of time adds up: seconds of prompts and of answers; sequences and blocks times seconds; steps; tokens."""
PROMPT, OUTPUT, RUNNING, MEMORY, STEPS, MADE = range(len(BINS))

CHUNKED, BLOCKING, BATCH = range(3)
ROUND, LEAST, AFFINE = range(3)


class Rules(NamedTuple):
    """A scheduler as numbers; see `scheduler.Scheduler`."""

    policy: int
    router: int
    most: int
    budget: int
    block: int
    ratio: int
    reserve: bool
    margin: int
    patience: float
    imbalance: int
    width: float
    closing: bool


class Load(NamedTuple):
    """Requests as arrays: when each is ready, its tokens, those in the cache for all, and the blocks of its prefix."""

    ready: Values
    input: Small
    output: Small
    common: Small
    begin: Ints
    ids: Small


class Told(NamedTuple):
    """What each request got: first and last token [s], and the replica that served it."""

    first: Values
    done: Values
    place: Small


class Room(NamedTuple):
    """Memory of the loops: replicas, heaps, queues, blocks by phase, prompts that end, prefixes, and bins of time."""

    state: NDArray[np.void]
    heap: Ints
    link: Small
    back: Ints
    phase: Ints
    fresh: Ints
    used: Small
    newer: Small
    older: Small
    bins: Values


def room(requests: int, prefixes: int, bins: int, replicas: int, capacity: int, rules: Rules) -> Room:
    """Make the memory that the loops need.

    Args:
        requests: How many there are.
        prefixes: How many blocks of prefixes are known.
        bins: Bins of time.
        replicas: How many there are.
        capacity: Blocks of memory of each.
        rules: The scheduler.
    """
    state = np.zeros(replicas, dtype=REPLICA)
    state["partial"], state["head"], state["tail"], state["capacity"] = -1, -1, -1, capacity
    ring = np.full((replicas, prefixes + 1), -1, dtype=np.int32)
    ring[:, prefixes] = prefixes
    return Room(
        state=state,
        heap=np.zeros((replicas, rules.most), dtype=np.int64),
        link=np.full(requests, -1, dtype=np.int32),
        back=np.zeros((replicas, rules.most + 1, 2), dtype=np.int64),
        phase=np.zeros((replicas, rules.block), dtype=np.int64),
        fresh=np.zeros((replicas, rules.most + 1, 2), dtype=np.int64),
        used=np.full((replicas, prefixes), -1, dtype=np.int32),
        newer=ring,
        older=ring.copy(),
        bins=np.zeros((bins, len(BINS))),
    )
