"""Engine memory: blocks of the cache, those of requests and those of prefixes that requests share.

Blocks of a prefix stay when no request uses them any more, until memory is short: then those that were left longest
ago go first, and of one prompt its end before its beginning. They stand in a ring, whose knot is the last place.
"""

from pertoken.serving.engine_compiled import compiled

# signatures are numba's
# ruff: noqa: ANN001, ANN201, PLR0917


@compiled
def blocks(tokens, rules):  # type: ignore[no-untyped-def]
    """Count the blocks that tokens fill, the last one perhaps in part."""
    return (tokens + rules.block - 1) // rules.block


@compiled
def apart(room, i, rules):  # type: ignore[no-untyped-def]
    """Say how many tokens of a request lie in blocks that it shares: those of its prefix, or those that all have."""
    known = room.requests[i].end - room.requests[i].begin
    return known * rules.ratio * rules.block if known > 0 else room.requests[i].common // rules.block * rules.block


@compiled
def free(me):  # type: ignore[no-untyped-def]
    """Count the blocks that can be had: those that are empty, and prefixes that none uses."""
    return me.capacity - me.held - me.shared + me.idle


@compiled
def unlink(newer, older, j):  # type: ignore[no-untyped-def]
    """Take a block of a prefix out of the ring."""
    newer[older[j]], older[newer[j]] = newer[j], older[j]


@compiled
def take(me, room, r, count, rules):  # type: ignore[no-untyped-def]
    """Take blocks for one request; prefixes that none uses give way."""
    used, newer, older = room.prefix[0, r], room.prefix[1, r], room.prefix[2, r]
    knot = len(newer) - 1
    me.held += count
    while me.capacity - me.held - me.shared < 0 and newer[knot] != knot:
        oldest = newer[knot]
        unlink(newer, older, oldest)
        used[oldest] = -1
        me.idle -= rules.ratio
        me.shared -= rules.ratio


@compiled
def cached(room, r, i, rules):  # type: ignore[no-untyped-def]
    """Count the tokens at the head of a prompt that the cache of a replica holds."""
    if room.requests[i].begin == room.requests[i].end:
        return room.requests[i].common
    used, k = room.prefix[0, r], room.requests[i].begin
    while k < room.requests[i].end and used[room.ids[k]] >= 0:
        k += 1
    return (k - room.requests[i].begin) * rules.ratio * rules.block


@compiled
def kept(me, room, i, tokens, rules):  # type: ignore[no-untyped-def]
    """Say for how many tokens a request has memory: for those that it has, or from the start for all it will have."""
    if not rules.reserve:
        return tokens
    return room.requests[i].input + max(room.requests[i].output, me.longest) - 1


@compiled
def admissible(me, room, r, i, tokens, rules):  # type: ignore[no-untyped-def]
    """Tell whether memory has room for a request with so many tokens."""
    used, need, idle = room.prefix[0, r], blocks(tokens - apart(room, i, rules), rules), 0
    for k in range(room.requests[i].begin, room.requests[i].end):
        state = used[room.ids[k]]
        if state < 0:
            need += rules.ratio
        elif state == 0:
            idle += rules.ratio
    margin = rules.margin if me.running + me.fresh > 0 else 0
    return need <= free(me) - idle - margin


@compiled
def admit(me, room, r, i, tokens, rules):  # type: ignore[no-untyped-def]
    """Give a request its memory."""
    used, newer, older = room.prefix[0, r], room.prefix[1, r], room.prefix[2, r]
    fresh = 0
    for k in range(room.requests[i].begin, room.requests[i].end):
        j = room.ids[k]
        if used[j] == 0:
            unlink(newer, older, j)
            me.idle -= rules.ratio
        elif used[j] < 0:
            used[j] = 0
            fresh += rules.ratio
        used[j] += 1
    take(me, room, r, fresh, rules)
    me.held -= fresh
    me.shared += fresh
    take(me, room, r, blocks(tokens - apart(room, i, rules), rules), rules)


@compiled
def release(me, room, r, i, tokens, rules):  # type: ignore[no-untyped-def]
    """Take back the memory of a request; what others may use again stays until memory is short."""
    used, newer, older = room.prefix[0, r], room.prefix[1, r], room.prefix[2, r]
    knot = len(newer) - 1
    me.held -= blocks(tokens - apart(room, i, rules), rules)
    for k in range(room.requests[i].end - 1, room.requests[i].begin - 1, -1):
        j = room.ids[k]
        used[j] -= 1
        if used[j] == 0:
            me.idle += rules.ratio
            last = older[knot]
            newer[last], older[j], newer[j], older[knot] = j, last, knot, j


@compiled
def wanted(me, phase, steps):  # type: ignore[no-untyped-def]
    """Count the blocks that running sequences begin within so many steps from now."""
    size = len(phase)
    count = steps // size * me.running
    for k in range(steps % size):
        count += phase[(1 - me.steps - k) % size]
    return count


@compiled
def enough_for(me, phase, left, most):  # type: ignore[no-untyped-def]
    """Say for how many steps, of `most`, blocks that are left suffice for what running sequences add."""
    size = len(phase)
    if (most // size + 1) * me.running <= left:
        return most
    steps = left // me.running * size
    left -= steps // size * me.running
    while steps < most:
        left -= phase[(1 - me.steps - steps) % size]
        if left < 0:
            break
        steps += 1
    return min(steps, most)
