"""Engine drive: requests brought to replicas as they come, or as clients ask again once they have their answers."""

import numpy as np

from pertoken.serving.engine_compiled import compiled, entered
from pertoken.serving.engine_loop import advance
from pertoken.serving.engine_memory import cached
from pertoken.serving.engine_state import AFFINE, ROUND

# signatures are numba's
# ruff: noqa: ANN001, ANN201, PLR0917


@compiled
def outstanding(me):  # type: ignore[no-untyped-def]
    """Count the requests that a replica has and that are not answered."""
    return me.running + me.queued + me.back + (me.partial >= 0)


@compiled
def go(cadence, load, told, room, r, rules, until):  # type: ignore[no-untyped-def]
    """Let a replica work until a time, or until it has nothing to do."""
    me = room.state[r]
    while me.now < until and outstanding(me) > 0:
        advance(me, cadence, load, told, room, r, rules, until)


@compiled
def send(load, told, room, r, i):  # type: ignore[no-untyped-def]
    """Put a request into the queue of a replica."""
    me = room.state[r]
    if outstanding(me) == 0:
        me.now = max(me.now, load.ready[i])
    if me.tail >= 0:
        room.link[me.tail] = i
    else:
        me.head = i
    me.tail = i
    me.queued += 1
    told.place[i] = r


@compiled
def route(load, room, rules, i):  # type: ignore[no-untyped-def]
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
        found = np.int64(cached(load, room, r, i, rules)) if load.begin[i + 1] > load.begin[i] else np.int64(0)
        if found > known:
            least, known = r, found
    return least


@entered
def drive(cadence, load, told, room, rules, begin, end):  # type: ignore[no-untyped-def]
    """Bring some requests, in the order in which they come."""
    count = len(room.state)
    for i in range(begin, end):
        if rules.router == ROUND or count == 1:
            r = i % count
            go(cadence, load, told, room, r, rules, load.ready[i])
        else:
            for each in range(count):
                go(cadence, load, told, room, each, rules, load.ready[i])
            r = route(load, room, rules, i)
        send(load, told, room, r, i)


@entered
def drain(cadence, load, told, room, rules, until):  # type: ignore[no-untyped-def]
    """Let all replicas work until a time, and say whether they have answered all that came."""
    left = 0
    for r in range(len(room.state)):
        go(cadence, load, told, room, r, rules, until)
        left += outstanding(room.state[r])
    return left == 0


@entered
def loop(cadence, load, told, room, rules, clients, delay, enough, until):  # type: ignore[no-untyped-def]
    """Serve clients of which each asks again once it has its answer; `load.ready` is written.

    Args:
        cadence: Times of steps.
        load: Requests.
        told: What each got; written.
        room: Memory of the loops.
        rules: The scheduler.
        clients: How many there are.
        delay: From an answer to when the next request is ready. [s]
        enough: Answers after which to return.
        until: Time after which to return. [s]
    """
    me = room.state[0]
    while me.finished < enough and me.now < until:
        asked = min(len(load.ready), clients + me.finished)
        for i in range(me.asked, asked):
            load.ready[i] = me.now + delay
        me.asked = asked
        following = load.ready[me.sent] if me.sent < asked else np.inf
        if outstanding(me) == 0 or me.now >= following:
            send(load, told, room, 0, me.sent)
            me.sent += 1
        else:
            advance(me, cadence, load, told, room, 0, rules, min(following, until))
