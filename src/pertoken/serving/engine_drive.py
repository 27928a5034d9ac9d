"""Engine drive: requests brought to replicas as they come, or as clients ask again once they have their answers."""

import numpy as np

from pertoken.serving.engine_compiled import compiled, entered
from pertoken.serving.engine_loop import advance
from pertoken.serving.engine_memory import cached
from pertoken.serving.engine_state import AFFINE, ROUND

# signatures are numba's
# ruff: noqa: ANN001, ANN201


@compiled
def outstanding(me):  # type: ignore[no-untyped-def]
    """Count the requests that a replica has and that are not answered."""
    return me.running + me.queued + me.back + (me.partial >= 0)


@compiled
def send(room, r, i):  # type: ignore[no-untyped-def]
    """Put a request into the queue of a replica."""
    me = room.state[r]
    if outstanding(me) == 0:
        me.now = max(me.now, room.requests[i].ready)
    if me.tail >= 0:
        room.requests[me.tail].link = i
    else:
        me.head = i
    me.tail = i
    me.queued += 1
    room.requests[i].place = r


@compiled
def route(room, rules, i):  # type: ignore[no-untyped-def]
    """Choose the replica of a request: the one with fewest others, or that knows most of its prompt."""
    states = room.state
    least, most = 0, 0
    for r in range(1, len(states)):
        if outstanding(states[r]) < outstanding(states[least]):
            least = r
        if outstanding(states[r]) > outstanding(states[most]):
            most = r
    if rules.router != AFFINE or outstanding(states[most]) - outstanding(states[least]) > rules.imbalance:
        return least
    known = np.int64(0)
    for r in range(len(states)):
        found = np.int64(cached(room, r, i, rules)) if room.requests[i].end > room.requests[i].begin else np.int64(0)
        if found > known and found >= rules.worth * room.requests[i].input:
            least, known = r, found
    return least


@compiled
def come(room, rules, begin, end):  # type: ignore[no-untyped-def]
    """Bring some requests, in the order in which they come."""
    count = len(room.state)
    for i in range(begin, end):
        chosen, first, last = i % count, 0, count
        if rules.router == ROUND:
            first, last = chosen, chosen + 1
        for r in range(first, last):
            me = room.state[r]
            while me.now < room.requests[i].ready and outstanding(me) > 0:
                advance(me, room, r, rules, room.requests[i].ready)
        send(room, chosen if rules.router == ROUND else route(room, rules, i), i)


@compiled
def ask(room, rules, enough):  # type: ignore[no-untyped-def]
    """Let clients ask who have their answers, and bring requests that are ready; say until when to work then [s]."""
    me = room.state[0]
    asked = min(len(room.requests), rules.clients + me.finished)
    for i in range(me.asked, asked):
        room.requests[i].ready = me.now + rules.delay
    me.asked = asked
    while me.sent < asked and (me.now >= room.requests[me.sent].ready or outstanding(me) == 0):
        send(room, 0, me.sent)
        me.sent += 1
    if me.finished >= enough:
        return -np.inf
    return room.requests[me.sent].ready if me.sent < asked else np.inf


@entered
def work(room, table, begin, end, until):  # type: ignore[no-untyped-def]
    """Bring some requests; or let replicas work until a time, with clients until they have enough answers.

    Args:
        room: What the loops work on; written.
        table: The scheduler, one row.
        begin: The first request that comes.
        end: The one after the last; with clients, answers after which to return.
        until: Time after which to return. [s]

    Returns:
        Whether a replica still has requests.
    """
    rules = table[0]
    if rules.clients == 0 and begin < end:
        come(room, rules, begin, end)
        return True
    left = 0
    for r in range(len(room.state)):
        me = room.state[r]
        while me.now < until:
            following = ask(room, rules, end) if rules.clients > 0 else np.inf
            if outstanding(me) == 0 or following < 0:
                break
            advance(me, room, r, rules, min(following, until))
        left += outstanding(me)
    return left > 0
