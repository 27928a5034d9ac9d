"""Engine state: what a simulated replica remembers between two steps, and what is told of it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pertoken.serving.cadence import Cadence
from pertoken.serving.demand import Demand
from pertoken.serving.values import Values

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
        ("grown", np.int64),  # blocks that sequences begin in the next step
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


TABLES = ("prompts", "answers")
"""Columns of `cadence.Cadence` that are tables."""

RULES = np.dtype(
    [
        ("policy", np.int64),
        ("router", np.int64),
        ("most", np.int64),  # sequences that run at once
        ("budget", np.int64),  # tokens of a step
        ("block", np.int64),  # tokens of a block of memory
        ("ratio", np.int64),  # blocks of memory in a block of a prefix
        ("reserve", np.bool_),
        ("margin", np.int64),  # blocks that are left when a request is admitted
        ("patience", np.float64),  # [s]
        ("imbalance", np.int64),  # requests
        ("worth", np.float64),  # share of a prompt
        ("width", np.float64),  # of a bin [s]
        ("delay", np.float64),  # from when a request comes to when it is ready [s]
        ("clients", np.int64),  # that ask in a loop; 0 for none
        ("closing", np.bool_),  # whether no more requests come
        *((name, np.int64 if name == "stages" else np.float64) for name in Cadence._fields if name not in TABLES),
    ]
)
"""A scheduler and the times of its steps, as one row of a table; see `scheduler.Scheduler` and `cadence.Cadence`."""

REQUEST = np.dtype(
    [
        ("ready", np.float64),  # [s]
        ("first", np.float64),  # first token [s]
        ("done", np.float64),  # last token [s]
        ("begin", np.int64),  # of its prefix in `ids`
        ("end", np.int64),
        ("input", np.int32),
        ("output", np.int32),
        ("common", np.int32),  # tokens at its head that all have
        ("place", np.int32),  # replica
        ("link", np.int32),  # next in the queue; -1 for none
    ],
    align=True,
)
"""A request, as one row of a table."""


class Room(NamedTuple):
    """What the loops work on; few arrays, since each of them takes compilers time.

    Args:
        requests: Rows of `REQUEST`.
        ids: Blocks of prefixes.
        prompts: Time of a step by its tokens, see `cadence.Cadence`. [s]
        answers: Time of a step by its sequences. [s]
        state: Rows of `REPLICA`.
        heap: Sequences that run, see `engine_heap`; shape `(replica, most)`.
        lists: Requests that lost their memory, and prompts that end with the step: each with the tokens of its answer
            that are there; shape `(replica, 2, most + 1, 2)`.
        phase: Sequences by where in a block they are; shape `(replica, block)`.
        prefix: Blocks of prefixes: how many use each, -1 where it is not there; the next newer, and the next older of
            those that none uses; shape `(3, replica, prefix + 1)`.
        bins: What each bin of time saw; shape `(bin, 6)`.
    """

    requests: NDArray[np.void]
    ids: Small
    prompts: Values
    answers: Values
    state: NDArray[np.void]
    heap: Ints
    lists: Ints
    phase: Ints
    prefix: Small
    bins: Values


def rows(demand: Demand, delay: float) -> NDArray[np.void]:
    """Lay requests out as rows."""
    made = np.empty(len(demand), dtype=REQUEST)
    made["ready"] = demand.arrival + delay
    made["first"], made["done"], made["link"], made["place"] = np.nan, np.nan, -1, 0
    made["begin"], made["end"] = demand.begin[:-1], demand.begin[1:]
    for name in ("input", "output", "common"):
        made[name] = getattr(demand, name)
    return made


def furnish(demand: Demand, beat: Cadence, rules: NDArray[np.void], *, bins: int, replicas: int, capacity: int) -> Room:
    """Make all that the loops need.

    Args:
        demand: The requests.
        beat: Times of steps.
        rules: The scheduler, one row of `RULES`.
        bins: Bins of time.
        replicas: How many there are.
        capacity: Blocks of memory of each.
    """
    most, prefixes = int(rules["most"][0]), int(demand.ids.max(initial=-1)) + 1
    state = np.zeros(replicas, dtype=REPLICA)
    state["partial"], state["head"], state["tail"], state["capacity"] = -1, -1, -1, capacity
    prefix = np.full((3, replicas, prefixes + 1), -1, dtype=np.int32)
    prefix[1:, :, prefixes] = prefixes
    return Room(
        requests=rows(demand, float(rules["delay"][0])),
        ids=demand.ids,
        prompts=beat.prompts,
        answers=beat.answers,
        state=state,
        heap=np.zeros((replicas, most), dtype=np.int64),
        lists=np.zeros((replicas, 2, most + 1, 2), dtype=np.int64),
        phase=np.zeros((replicas, int(rules["block"][0])), dtype=np.int64),
        prefix=prefix,
        bins=np.zeros((bins, len(BINS))),
    )
