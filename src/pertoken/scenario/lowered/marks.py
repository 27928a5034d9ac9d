"""Marks: what is known of months beforehand, as formulas of the calendar: flags, and numbers that hold for a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import groupby

from pertoken.core.formula import Call, Name, Node
from pertoken.rating.during import During
from pertoken.rating.windows import MONTHS
from pertoken.scenario.lowered.arithmetic import ONE, ZERO, constant, minus, over, summed, times
from pertoken.scenario.lowered.course import Course
from pertoken.scenario.lowered.draft import Draft


@dataclass(slots=True)
class Marks:
    """Flags of a contract's months.

    Args:
        draft: Where rows are written.
        course: The contract.
        alive: 1 in the months in which the contract is there at all.
        made: Flags so far, by the months that they mark.
    """

    draft: Draft
    course: Course
    alive: Node = ONE
    made: dict[tuple[bool, ...], Node] = field(default_factory=dict)

    def runs(self) -> Node:
        """Mark the months in which the contract runs."""
        on = [month in self.course.runs for month in range(len(self.course.months))]
        known = tuple(on)
        if known not in self.made:
            node = times(self.spans(on), self.alive)
            self.made[known] = self.draft.let(self.draft.named("runs"), node, says="1 while the contract runs")
        return self.made[known]

    def holds(self, name: str, during: During) -> Node:
        """Mark the months in which a part of the card holds and the contract runs."""
        return self.flag(name, self.course.holds(during))

    def flag(self, name: str, on: Sequence[bool]) -> Node:
        """Mark some months of the contract's run.

        Args:
            name: Name of the row, if one is needed.
            on: Whether each month of the model is marked.
        """
        runs = self.runs()
        known = tuple(one and month in self.course.runs for month, one in enumerate(on))
        if known not in self.made:
            node = ZERO if not any(known) else self._regular(known, runs)
            self.made[known] = self.draft.let(name, self._spans(known) if node is None else node, says="1 or 0")
        return self.made[known]

    def _spans(self, on: Sequence[bool]) -> Node:
        return times(self.spans(on), self.alive)

    def _regular(self, on: tuple[bool, ...], runs: Node) -> Node | None:
        """Mark the months with which quarters or years begin or end; None for other months."""
        first = on.index(True)
        for grain in ("quarter", "year"):
            size = MONTHS[grain]
            regular = [month in self.course.runs and (month - first) % size == 0 for month in range(len(on))]
            if regular == list(on) and sum(on) > 1:
                name = self.draft.named(f"{grain}s_from_{self.course.months[first]}")
                since = minus(Name("month"), constant(1) if first == 0 else self._place(first))
                passed = self.draft.rows.get(name) and Name(name)
                passed = passed or self.draft.row(name, over(since, constant(size)), says=f"{grain}s that are over")
                return times(Call("==", (passed, Call("round_down", (passed,)))), runs)
        return None

    def _place(self, month: int) -> Node:
        return self.draft.fixed(self.draft.named("months_to", self.course.months[month]), month + 1)

    def spans(self, on: Sequence[bool]) -> Node:
        """Mark stretches of months by their first and the one after their last."""
        edges, place = [], 0
        for marked, months in groupby(on):
            size = len(list(months))
            if marked:
                edges.append(minus(self._from(place), self._from(place + size)))
            place += size
        return summed(edges)

    def _from(self, month: int) -> Node:
        if month == 0:
            return ONE
        return (
            ZERO
            if month >= len(self.course.months)
            else Call("from", (constant(number_of(self.course.months[month])),))
        )

    def numbers(self, name: str, values: Sequence[Decimal]) -> Node:
        """Hold numbers that differ by month, nothing outside the contract's run."""
        every = sorted({value for value in values if value})
        if not every:
            return ZERO
        parts = []
        for i, value in enumerate(every, 1):
            suffix = f"_{i}" if len(every) > 1 else ""
            flag = self.flag(f"{name}_due{suffix}", [each == value for each in values])
            parts.append(times(flag, self.draft.fixed(f"{name}_share{suffix}", value)))
        return summed(parts)

    def chosen(self, name: str, nodes: Sequence[Node]) -> Node:
        """Hold one of several single numbers in each month."""
        every = list(dict.fromkeys(node for node in nodes if node != ZERO))
        if len(every) == 1:
            return every[0]
        return self.draft.let(name, summed(times(self.spans([n == each for n in nodes]), each) for each in every))


def number_of(label: str) -> int:
    """Number the months of all years, as `from` and `in` have them."""
    year, month = label.split("-")
    return int(year) * 12 + int(month) - 1
