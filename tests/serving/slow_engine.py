"""The engines' schedulers once more, step by step on plain Python lists: the slow twin of the compiled loops."""

from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

INFINITE = float("inf")


@dataclass
class Seen:
    """One request inside the engine."""

    i: int
    prompt: int
    answer: int
    ids: tuple = ()
    made: int = 0
    goal: int = 0
    computed: int = 0
    tokens: int = 0


@dataclass
class SlowEngine:
    """One replica; `seconds(contexts, chunks)` is the time of a step, chunks being pairs of tokens and those behind."""

    seconds: Callable[..., float]
    policy: str
    most: int
    budget: int
    block: int
    capacity: int
    margin: int = 0
    reserve: bool = False
    patience: float = INFINITE
    ratio: int = 0
    now: float = 0.0
    queue: list = field(default_factory=list)
    running: list = field(default_factory=list)
    partial: Any = None
    prefixes: dict = field(default_factory=dict)
    unused: list = field(default_factory=list)
    first: dict = field(default_factory=dict)
    done: dict = field(default_factory=dict)
    preempted: int = 0
    peak: int = 0
    busy: float = 0.0

    def serve(self, requests):
        """Serve pairs of a time and a request, and say when each had its first and its last token."""
        waiting = list(requests)
        while waiting or self.queue or self.running or self.partial:
            while waiting and waiting[0][0] <= self.now:
                self.queue.append(waiting.pop(0)[1])
            if not (self.queue or self.running or self.partial):
                self.now = waiting[0][0]
                continue
            if self.policy == "batch":
                self.batch(waiting)
            else:
                self.step()
            self.peak = max(self.peak, self.capacity - self.free() + len(self.unused) * self.ratio)
        return self.first, self.done

    # --- memory -------------------------------------------------------------------------------------------------------

    def private(self, one, tokens):
        return ceil((tokens - len(one.ids) * self.ratio * self.block) / self.block)

    def inside(self):
        return self.running + ([self.partial] if self.partial else [])

    def free(self):
        held = sum(self.private(one, one.tokens) for one in [*self.inside(), *self.joining])
        return self.capacity - held - self.ratio * (len(self.prefixes) - len(self.unused))

    def evict(self):
        held = sum(self.private(one, one.tokens) for one in [*self.inside(), *self.joining])
        while self.capacity - held - self.ratio * len(self.prefixes) < 0:
            del self.prefixes[self.unused.pop(0)]

    def known(self, one):
        count = 0
        while count < len(one.ids) and one.ids[count] in self.prefixes:
            count += 1
        return count * self.ratio * self.block

    def give(self, one, tokens):
        for name in one.ids:
            if name in self.unused:
                self.unused.remove(name)
            self.prefixes[name] = self.prefixes.get(name, 0) + 1
        one.tokens = tokens

    def give_back(self, one):
        for name in reversed(one.ids):
            self.prefixes[name] -= 1
            if self.prefixes[name] == 0:
                self.unused.append(name)

    # --- steps --------------------------------------------------------------------------------------------------------

    joining: list = field(default_factory=list)

    def step(self):
        chunks: list[tuple[int, int]] = []
        self.joining, short = [], False
        if self.policy == "blocking":
            chunks = self.fill(self.budget)
            if chunks:
                self.spend([], chunks)
                self.join()
                return
        if not self.reserve:
            while (
                sum(self.private(o, o.prompt + o.made) - self.private(o, o.tokens) for o in self.running) > self.free()
            ):
                self.preempt()
                short = True
            for one in self.running:
                one.tokens = one.prompt + one.made
            self.evict()
        if self.policy == "chunked" and not short:
            chunks = self.fill(self.budget - len(self.running))
        if not self.running and not chunks:
            return
        self.spend([one.prompt + one.made for one in self.running], chunks)
        for one in list(self.running):
            one.made += 1
            if one.made == one.answer:
                self.running.remove(one)
                self.end(one)
        self.join()

    def spend(self, contexts, chunks):
        spent = self.seconds(contexts, chunks)
        self.now += spent
        self.busy += spent

    def end(self, one):
        self.done[one.i] = self.now
        self.give_back(one)

    def join(self):
        for one in self.joining:
            self.first.setdefault(one.i, self.now)
            one.made += 1
            if one.made == one.answer:
                self.end(one)
            else:
                self.running.append(one)
        self.joining = []

    def preempt(self):
        one = max(self.inside(), key=lambda one: one.i)
        if one is self.partial:
            self.partial = None
        else:
            self.running.remove(one)
        self.give_back(one)
        self.queue.insert(0, one)
        self.preempted += 1

    def fill(self, left):
        chunks: list[tuple[int, int]] = []
        while left > 0:
            if self.partial is None and not self.admit(left, chunks):
                break
            one = self.partial
            take = one.goal - one.computed
            if self.policy == "chunked":
                take = min(take, left)
            chunks.append((take, one.computed))
            one.computed += take
            left -= take
            if one.computed == one.goal:
                self.joining.append(one)
                self.partial = None
        return chunks

    def admit(self, left, chunks):
        if not self.queue or len(self.running) + len(self.joining) >= self.most:
            return False
        one = self.queue[0]
        goal = one.prompt + one.made
        tokens = one.prompt + one.answer - 1 if self.reserve else goal
        found = min(self.known(one), goal - 1)
        if self.policy == "blocking" and chunks and goal - found > left:
            return False
        need = self.private(one, tokens) + self.ratio * sum(n not in self.prefixes for n in one.ids)
        margin = self.margin if self.running or self.joining else 0
        if need > self.free() - self.ratio * sum(n in self.unused for n in one.ids) - margin:
            return False
        self.queue.pop(0)
        self.give(one, tokens)
        one.goal, one.computed = goal, found
        self.partial = one
        self.evict()
        return True

    # --- batches ------------------------------------------------------------------------------------------------------

    def batch(self, waiting):
        due = self.arrived[self.queue[0].i] + self.patience
        if len(self.queue) < self.most and waiting and self.now < due:
            self.now = min(waiting[0][0], due)
            return
        size = 1
        while size < min(self.most, len(self.queue)):
            more = self.queue[: size + 1]
            longest = max(one.answer for one in more)
            if sum(self.private(one, one.prompt + longest - 1) for one in more) > self.capacity:
                break
            size += 1
        members, self.queue = self.queue[:size], self.queue[size:]
        todo = list(members)
        while todo:
            chunks = [(todo.pop(0).prompt, 0)]
            while todo and sum(c for c, _ in chunks) + todo[0].prompt <= self.budget:
                chunks.append((todo.pop(0).prompt, 0))
            self.spend([], chunks)
        for one in members:
            self.first[one.i] = self.now
        for made in range(1, max(one.answer for one in members)):
            self.spend([one.prompt + made for one in members], [])
        for one in members:
            self.done[one.i] = self.now

    arrived: dict = field(default_factory=dict)
