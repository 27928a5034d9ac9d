"""Explained: the tree of formulas and inputs behind a number of a model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from pertoken.core.errors import Fault, InputError, nearest
from pertoken.core.formula import Call, Name, Node, names, text
from pertoken.core.money import Values
from pertoken.scenario.evaluate import value_of
from pertoken.scenario.program import Ladder, Program, Row
from pertoken.scenario.run import total_of

Kind = Literal["input", "formula", "rated", "ladder"]
"""Typed in, computed by a formula, charged by a card, or the tiers of a price."""

DEPTH = 4
"""Steps down that are shown where nobody says how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One number and what it is made of.

    Args:
        name: Name of the quantity.
        label: What a person calls it.
        kind: Where the number comes from.
        formula: How it follows, as the modeller wrote it, or in words where the house made it; empty for an input.
        value: The number; the mean over the worlds where they differ. [unit]
        low: P10 of the worlds; None where all are the same. [unit]
        high: P90 of the worlds; None where all are the same. [unit]
        unit: Its unit as a person writes it.
        month: Month that it is of (`2027-03`); empty for one number, or for all months together.
        source: Where it comes from.
        line: Line of the model's file; 0 for none.
        note: Why nothing stands below it although it has a formula; empty where that is not so.
        of: What the formula asks for, in its order.
    """

    name: str
    label: str
    kind: Kind
    formula: str = ""
    value: float = np.nan
    low: float | None = None
    high: float | None = None
    unit: str = "1"
    month: str = ""
    source: str = ""
    line: int = 0
    note: str = ""
    of: "tuple[Explanation, ...]" = ()


def explained(
    program: Program, values: Mapping[str, Values], name: str, *, month: str | None = None, depth: int = DEPTH
) -> Explanation:
    """Explain a number of a model down to its inputs.

    What was explained above, the month before, and what lies deeper than asked is named and not followed.

    Args:
        program: The model's rows.
        values: Their values, as `evaluate` gives them.
        name: The quantity.
        month: The month; None for all months together.
        depth: Steps down.

    Raises:
        InputError: No such quantity, or no such month.
    """
    rows = {row.name: row for row in program.rows}
    if name not in rows:
        raise InputError.of([Fault("", f"`{name}`", "the name of a quantity", nearest(name, rows))])
    if month is not None and month not in program.months:
        expected = f"a month from {program.months[0]} to {program.months[-1]}"
        raise InputError.of([Fault("", f"the month `{month}`", expected)])
    at = None if month is None else program.months.index(month)
    return _Tree(program, values, rows, set()).of(name, at, depth)


@dataclass(frozen=True, slots=True)
class _Tree:
    """A tree while it is built.

    Args:
        program: The model's rows.
        values: Their values.
        rows: Rows by name.
        seen: What was explained already, by name and month.
    """

    program: Program
    values: Mapping[str, Values]
    rows: Mapping[str, Row]
    seen: set[tuple[str, int | None]]

    def of(self, name: str, at: int | None, depth: int) -> Explanation:
        """Explain a quantity in a month, or over all of them."""
        row = self.rows[name]
        at = at if row.by_month else None
        one = self._bare(row, at)
        if row.node is None:
            return one
        if (name, at) in self.seen:
            return replace(one, note="explained above")
        if not depth:
            return replace(one, note="not followed further")
        self.seen.add((name, at))
        return replace(one, of=tuple(self._asked(row.node, at, depth - 1)))

    def _bare(self, row: Row, at: int | None) -> Explanation:
        own = total_of(row, self.values) if at is None else self.values[row.name][..., at]
        low, high = (float(q) for q in np.quantile(own, [0.1, 0.9])) if own.max() > own.min() else (None, None)
        return Explanation(
            name=row.name,
            label=row.label or row.name,
            kind=_kind(row),
            formula=row.text or ("" if row.node is None else text(row.node)),
            value=float(own.mean()),
            low=low,
            high=high,
            unit=str(row.unit),
            month="" if at is None else self.program.months[at],
            source=row.source,
            line=row.line,
        )

    def _asked(self, node: Node, at: int | None, depth: int) -> Iterator[Explanation]:
        """Explain what a formula asks for, each quantity once."""
        told: set[tuple[str, str]] = set()
        for function, name in _asks(node):
            if (function, name) not in told:
                told.add((function, name))
                yield self._ladder(name, depth) if function == "tiered" else self._over_time(function, name, at, depth)

    def _over_time(self, function: str, name: str, at: int | None, depth: int) -> Explanation:
        last = len(self.program.months) - 1
        if function == "prev":
            return self._before(name, at, depth)
        at = {"total": None, "first": 0, "last": last}.get(function, at)
        return self.of(name, at, depth)

    def _before(self, name: str, at: int | None, depth: int) -> Explanation:
        """Name the month before without following it; before the first month stands what the row opens with."""
        row = self.rows[name]
        if at != 0:
            return replace(self._bare(row, None if at is None else at - 1), note="the month before", of=())
        opening = () if row.opening is None else tuple(self._asked(row.opening, None, depth))
        opened = 0.0 if row.opening is None else value_of(row.opening, self.values, self.program.ladders)
        said = "" if row.opening is None else text(row.opening)
        empty = Explanation(name=name, label=row.label or name, kind="formula", formula=said, unit=str(row.unit))
        return replace(empty, value=float(np.mean(opened)), of=opening, note="before the first month", line=row.line)

    def _ladder(self, name: str, depth: int) -> Explanation:
        ladder = self.program.ladders[name]
        of = tuple(self.of(each, None, max(depth - 1, 0)) for each in _shown(ladder))
        return Explanation(name=name, label=f"Tiers of {name}", kind="ladder", of=of)


def _shown(ladder: Ladder) -> Sequence[str]:
    columns = ladder.shown.values() or (ladder.up_to, ladder.a, ladder.b)
    return tuple(dict.fromkeys(name for column in columns for name in column))


def _asks(node: Node, function: str = "") -> Iterator[tuple[str, str]]:
    """List what a formula asks for with the function of time, or the tiers, that it stands in."""
    if isinstance(node, Name):
        yield function, node.name
    elif isinstance(node, Call):
        args = node.args
        if node.function == "tiered":
            yield from (("tiered", name) for name in names(args[0]))
            args = args[1:]
        within = node.function if node.function in {"prev", "total", "first", "last"} else function
        for arg in args:
            yield from _asks(arg, within)


def _kind(row: Row) -> Kind:
    if row.node is not None:
        return "formula"
    return "rated" if row.section == "results" else "input"
