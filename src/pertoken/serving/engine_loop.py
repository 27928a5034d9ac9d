"""Engine loop: what a replica does next, one step or a run of steps that differ by nothing but their contexts.

Whatever happens, a request that comes, a prompt, the end of an answer, memory that runs out, happens between two steps.
From one such event to the next all steps are alike, so that their time has a closed form.
"""

from pertoken.serving.engine_bins import add
from pertoken.serving.engine_compiled import compiled
from pertoken.serving.engine_heap import BITS, MASK, drop, last_admitted, push
from pertoken.serving.engine_memory import (
    admissible,
    admit,
    apart,
    blocks,
    cached,
    enough_for,
    free,
    kept,
    release,
    take,
    wanted,
)
from pertoken.serving.engine_state import BATCH, BLOCKING, CHUNKED
from pertoken.serving.engine_time import decode_time, growth, lasted, mixed_time, steps_until

# signatures are numba's
# ruff: noqa: ANN001, ANN201, PLR0917


@compiled
def advance(me, room, r, rules, until):  # type: ignore[no-untyped-def]
    """Go on to the next event, or to the first step that ends at a time or after it.

    Args:
        me: The replica, a row of `room.state`.
        room: What the loops work on; written.
        r: Number of the replica.
        rules: The scheduler.
        until: When to stop. [s]
    """
    if rules.policy == BATCH:
        if me.running > 0:
            span(me, room, r, rules, until)
        else:
            batch(me, room, r, rules, until)
        return
    me.fresh, prompt, pairs, near = 0, 0, 0.0, 0.0
    if rules.policy == BLOCKING:
        prompt, pairs, near = fill(me, room, r, rules, rules.budget)
        if prompt > 0:
            prompts(me, room, r, rules, prompt, pairs, near)
            return
    short = False
    if not rules.reserve:
        short = make_room(me, room, r, rules)
        me.grown = wanted(me, room.phase[r], 1)
        take(me, room, r, me.grown, rules)
    if rules.policy == CHUNKED and not short:
        prompt, pairs, near = fill(me, room, r, rules, rules.budget - me.running)
    if prompt > 0:
        prompts(me, room, r, rules, prompt, pairs, near)
    elif me.running > 0:
        span(me, room, r, rules, me.now if short else until)


@compiled
def span(me, room, r, rules, until):  # type: ignore[no-untyped-def]
    """Give running sequences a token each, as often as nothing else happens."""
    begun, running, memory = me.now, me.running, me.held + me.shared - me.idle
    steps = (room.heap[r, 0] >> BITS) - me.steps
    slope, lasts = growth(rules, running, me.context)
    steps = min(steps, lasts)
    if not rules.reserve:
        steps = enough_for(me, room.phase[r], free(me) + me.grown, steps)
    first = decode_time(room, rules, running, me.context)
    steps = steps_until(first, slope, until - begun, steps)
    if not rules.reserve:
        take(me, room, r, wanted(me, room.phase[r], steps) - me.grown, rules)
    spent = lasted(first, slope, steps)
    me.now += spent
    me.steps += steps
    me.context += steps * running
    memory = 0.5 * (memory + me.held + me.shared - me.idle)
    add(room.bins, rules.width, begun, me.now, 0.0, spent, running, memory, steps, steps * running)
    finish(me, room, r, rules)


@compiled
def prompts(me, room, r, rules, prompt, pairs, near):  # type: ignore[no-untyped-def]
    """Do a step with prompts in it, beside the running sequences or while these stand still."""
    begun, running, context = me.now, me.running, me.context
    served = running + me.fresh + (me.partial >= 0)
    if rules.policy != CHUNKED:
        running, context = 0, 0
    spent = mixed_time(room, rules, running, context, prompt, pairs, near)
    alone = decode_time(room, rules, running, context) if running > 0 else 0.0
    me.now += spent
    me.prompted += prompt
    memory = me.held + me.shared - me.idle
    made = running + me.fresh
    add(room.bins, rules.width, begun, me.now, spent - alone, alone, served, memory, 1, made)
    if running > 0:
        me.steps += 1
        me.context += running
        finish(me, room, r, rules)
    for k in range(me.fresh):
        begin(me, room, r, rules, room.lists[r, 1, k, 0], room.lists[r, 1, k, 1])
    me.fresh = 0


@compiled
def begin(me, room, r, rules, i, made):  # type: ignore[no-untyped-def]
    """Let a request run whose prompt is done, which has given it a token."""
    if made == 0:
        room.requests[i].first = me.now
    output = max(room.requests[i].output, me.longest)
    context = room.requests[i].input + made + 1
    if made + 1 == output:
        end(me, room, r, rules, i, context)
        return
    push(room.heap[r], me.running, ((me.steps + output - made - 1) << BITS) | i)
    me.running += 1
    me.context += context
    if not rules.reserve:
        room.phase[r, (context - apart(room, i, rules) - me.steps) % rules.block] += 1


@compiled
def finish(me, room, r, rules):  # type: ignore[no-untyped-def]
    """End all answers that have their last token."""
    heap = room.heap[r]
    while me.running > 0 and heap[0] >> BITS == me.steps:
        i = heap[0] & MASK
        drop(heap, me.running, 0)
        context = room.requests[i].input + max(room.requests[i].output, me.longest)
        leave(me, room, r, rules, i, context)
        end(me, room, r, rules, i, context)


@compiled
def leave(me, room, r, rules, i, context):  # type: ignore[no-untyped-def]
    """Take a sequence out of those that run."""
    me.running -= 1
    me.context -= context
    if not rules.reserve:
        room.phase[r, (context - apart(room, i, rules) - me.steps) % rules.block] -= 1


@compiled
def end(me, room, r, rules, i, context):  # type: ignore[no-untyped-def]
    """Write down that a request has its answer; its last token is not kept."""
    room.requests[i].done = me.now
    me.finished += 1
    release(me, room, r, i, kept(me, room, i, context - 1, rules), rules)


@compiled
def make_room(me, room, r, rules):  # type: ignore[no-untyped-def]
    """Send those that came last back to the queue until the next step has memory; they begin again later."""
    short = False
    while wanted(me, room.phase[r], 1) > free(me):
        short = True
        me.preempted += 1
        if me.partial >= 0:
            i, made, tokens = me.partial, me.made, me.goal
            me.partial = -1
        else:
            heap = room.heap[r]
            at = last_admitted(heap, me.running)
            i = heap[at] & MASK
            made = room.requests[i].output - ((heap[at] >> BITS) - me.steps)
            tokens = room.requests[i].input + made - 1
            drop(heap, me.running, at)
            leave(me, room, r, rules, i, tokens + 1)
        release(me, room, r, i, tokens, rules)
        room.lists[r, 0, me.back, 0], room.lists[r, 0, me.back, 1] = i, made
        me.back += 1
    return short


@compiled
def fill(me, room, r, rules, left):  # type: ignore[no-untyped-def]
    """Put prompts into the next step: the one that is done in part, then those that wait.

    Returns:
        Their tokens, pairs of tokens for attention, and those pairs within the window.
    """
    budget, pairs, near = left, 0.0, 0.0
    whole = rules.policy != CHUNKED
    while left > 0:
        if me.partial < 0 and not call(me, room, r, rules, left < budget, left):
            break
        count = me.goal - me.computed if whole else min(me.goal - me.computed, left)
        reach = me.computed + 0.5 * count
        pairs += count * reach
        near += count * min(reach, rules.window)
        left -= count
        me.computed += count
        if me.computed == me.goal:
            room.lists[r, 1, me.fresh, 0], room.lists[r, 1, me.fresh, 1] = me.partial, me.made
            me.fresh += 1
            me.partial = -1
    return budget - left, pairs, near


@compiled
def call(me, room, r, rules, others, left):  # type: ignore[no-untyped-def]
    """Admit the request that waits in front, if there is one and it may come in.

    Args:
        me: The replica.
        room: What the loops work on.
        r: Number of the replica.
        rules: The scheduler.
        others: Whether the step has other prompts.
        left: Tokens of prompts that it still takes.
    """
    if me.running + me.fresh >= rules.most:
        return False
    again = me.back > 0
    if not again and me.head < 0:
        return False
    i = room.lists[r, 0, me.back - 1, 0] if again else me.head
    made = room.lists[r, 0, me.back - 1, 1] if again else 0
    goal = room.requests[i].input + made
    tokens = kept(me, room, i, goal, rules)
    found = min(cached(room, r, i, rules), goal - 1)
    if rules.policy != CHUNKED and others and goal - found > left:
        return False
    if not admissible(me, room, r, i, tokens, rules):
        return False
    if again:
        me.back -= 1
    else:
        shift(me, room)
    admit(me, room, r, i, tokens, rules)
    me.found += found
    me.partial, me.computed, me.goal, me.made = i, found, goal, made
    return True


@compiled
def shift(me, room):  # type: ignore[no-untyped-def]
    """Take the first request out of the queue."""
    me.head = room.requests[me.head].link
    me.queued -= 1
    if me.head < 0:
        me.tail = -1


@compiled
def batch(me, room, r, rules, until):  # type: ignore[no-untyped-def]
    """Begin a batch if it is full, or its first request has waited long enough; all its answers end together."""
    due = room.requests[me.head].ready + rules.patience
    if me.queued < rules.most and me.now < due and not rules.closing:
        me.now = min(until, due)
        return
    size = together(me, room, rules)
    members = room.lists[r, 1]
    for k in range(size):
        members[k, 0], members[k, 1] = me.head, 0
        shift(me, room)
    me.fresh, done = 0, 0
    while done < size:
        begun, prompt, pairs, near = me.now, 0, 0.0, 0.0
        while done < size:
            i = members[done, 0]
            found = min(cached(room, r, i, rules), room.requests[i].input - 1)
            count = room.requests[i].input - found
            if prompt > 0 and prompt + count > rules.budget:
                break
            admit(me, room, r, i, kept(me, room, i, 0, rules), rules)
            prompt += count
            pairs += count * (found + 0.5 * count)
            near += count * min(found + 0.5 * count, rules.window)
            me.found += found
            done += 1
        spent = mixed_time(room, rules, 0, 0, prompt, pairs, near)
        me.now += spent
        me.prompted += prompt
        made = size if done == size else 0
        memory = me.held + me.shared - me.idle
        add(room.bins, rules.width, begun, me.now, spent, 0.0, size, memory, 1, made)
    for k in range(size):
        begin(me, room, r, rules, members[k, 0], 0)


@compiled
def together(me, room, rules):  # type: ignore[no-untyped-def]
    """Count the requests of the queue that make a batch, each with memory for its longest answer; note that."""
    size, need, i = 0, 0, me.head
    me.longest = 0
    while i >= 0 and size < rules.most:
        longest = max(me.longest, room.requests[i].output)
        if longest > me.longest and size > 0:
            need, j = 0, me.head
            for _ in range(size):
                need += whole(room, j, longest, rules)
                j = room.requests[j].link
        need += whole(room, i, longest, rules)
        if size > 0 and need > free(me):
            break
        me.longest = longest
        size += 1
        i = room.requests[i].link
    return size


@compiled
def whole(room, i, longest, rules):  # type: ignore[no-untyped-def]
    """Count the blocks of a request with its prefix and an answer of a length."""
    private = blocks(room.requests[i].input + longest - 1 - apart(room, i, rules), rules)
    return private + (room.requests[i].end - room.requests[i].begin) * rules.ratio
