"""Engine heap: running sequences, the one that ends first on top; and the last admitted found where memory runs out.

An entry is the step in which a sequence ends and the number of its request, packed into one integer.
"""

from pertoken.serving.engine_compiled import compiled

BITS = 31
MASK = (1 << BITS) - 1
# signatures are numba's
# ruff: noqa: ANN001, ANN201


@compiled
def push(heap, size, entry):  # type: ignore[no-untyped-def]
    """Put an entry into a heap of a size."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if heap[above] <= entry:
            break
        heap[at] = heap[above]
        at = above
    heap[at] = entry


@compiled
def drop(heap, size, at):  # type: ignore[no-untyped-def]
    """Take the entry at a place out of a heap of a size."""
    entry = heap[size - 1]
    while at > 0 and heap[(at - 1) >> 1] > entry:
        heap[at] = heap[(at - 1) >> 1]
        at = (at - 1) >> 1
    while True:
        below = 2 * at + 1
        if below >= size - 1:
            break
        if below + 1 < size - 1 and heap[below + 1] < heap[below]:
            below += 1
        if heap[below] >= entry:
            break
        heap[at] = heap[below]
        at = below
    heap[at] = entry


@compiled
def last_admitted(heap, size):  # type: ignore[no-untyped-def]
    """Find the place of the request that came last: whoever comes first is admitted first."""
    found = 0
    for at in range(1, size):
        if heap[at] & MASK > heap[found] & MASK:
            found = at
    return found
