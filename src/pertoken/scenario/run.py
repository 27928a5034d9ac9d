"""Run: a model in one world or in ten thousand, by the same steps."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.core.money import Values
from pertoken.core.nodes import Call, Name
from pertoken.scenario.evaluate import Ready, evaluate, made_ready
from pertoken.scenario.model import Model
from pertoken.scenario.order import upstream
from pertoken.scenario.priced import money, needed
from pertoken.scenario.program import Row
from pertoken.scenario.sound import looked_at, refuse_unsound
from pertoken.scenario.worlds import Worlds, named

ALIASES = {"margin": "gross_margin_share", "profit": "operating_result"}
"""What people call some results."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What a model comes to in some worlds.

    Args:
        model: The model.
        worlds: The worlds.
        values: Values of every row: `(*batch, 1)` for single numbers, `(*batch, month)` by month.
    """

    model: Model
    worlds: Worlds
    values: Mapping[str, Values]

    def row(self, name: str) -> Row:
        """Find a row by its name, or raise `InputError` with the nearest."""
        return row_of(self.model, name)

    def total(self, name: str) -> Values:
        """What a row comes to over all months: its sum, its last month, or the quotient of sums. Shape `(*batch,)`."""
        return total_of(self.row(name), self.values)


def row_of(model: Model, name: str) -> Row:
    """Find a row of a model by its name.

    Raises:
        InputError: No such row; with the nearest names.
    """
    rows = {row.name: row for program in (model.before, model.after) for row in program.rows}
    if name not in rows:
        hint = nearest(name, {*rows, *ALIASES})
        hint = hint if hint.startswith("did") else f"results are {', '.join(model.headline)}"
        msg = f"{name!r} is no quantity of {model.spec.source or model.spec.name}; {hint}"
        raise InputError(msg)
    return rows[name]


def total_of(row: Row, values: Mapping[str, Values]) -> Values:
    """What a row comes to over all months, shape `(*batch,)`."""
    own = values[row.name]
    if not row.by_month:
        return own[..., 0]
    if row.total == "sum":
        return np.asarray(own.sum(axis=-1))
    if row.total == "ratio" and isinstance(row.node, Call):
        upper, lower = (values[each.name] for each in row.node.args if isinstance(each, Name))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(upper.sum(axis=-1) / lower.sum(axis=-1))
    return own[..., -1]


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A model as it is run for some rows, so that many blocks of worlds need not ask again.

    Args:
        before: The program before rating.
        after: The program after it.
        filled: Rows that rating fills.
        kept: Rows before rating that are looked at.
    """

    before: Ready
    after: Ready
    filled: frozenset[str]
    kept: tuple[str, ...]


def prepared(model: Model, wanted: Iterable[str]) -> Prepared:
    """Find what some rows need.

    Args:
        model: The model.
        wanted: Rows that are looked at.
    """
    asked = {part for name in wanted for part in _parts(row_of(model, name))}
    own = {row.name for row in model.after.rows}
    rated = frozenset(each.row for each in model.rated)
    given = {row.name for row in model.after.rows if row.node is None} - rated
    kept = tuple(sorted(asked - own))
    return Prepared(
        before=made_ready(model.before, {*needed(model), *given, *kept, *looked_at(model)}),
        after=made_ready(model.after, asked & own),
        filled=rated & upstream(model.after.rows, asked & own, model.after.ladders),
        kept=kept,
    )


def run(
    model: Model,
    worlds: Worlds | None = None,
    *,
    wanted: Iterable[str] | None = None,
    ready: Prepared | None = None,
    sound: bool = True,
) -> Outcome:
    """Reckon a model.

    Args:
        model: The model.
        worlds: The worlds; the base case if None.
        wanted: Rows that are looked at; no others are kept. None for all.
        ready: What `prepared` says of them, for who runs the model many times.
        sound: Whether customers that can't be are refused; a search looks at such values too.

    Raises:
        InputError: Fewer customers than none, or more who leave than there are.
    """
    worlds = worlds or named(model)
    if wanted is None and ready is None:
        before = evaluate(model.before, worlds.given)
        if sound:
            refuse_unsound(model, before)
        known = {**before, **money(model, before)}
        return Outcome(model, worlds, {**known, **evaluate(model.after, known)})
    ready = ready or prepared(model, wanted or ())
    before = evaluate(model.before, worlds.given, ready=ready.before)
    if sound:
        refuse_unsound(model, before)
    after = evaluate(model.after, {**before, **money(model, before, ready.filled)}, ready=ready.after)
    return Outcome(model, worlds, {**{name: before[name] for name in ready.kept}, **after})


def _parts(row: Row) -> list[str]:
    """A row, and what its total is a quotient of."""
    parts = row.node.args if row.total == "ratio" and isinstance(row.node, Call) else ()
    return [row.name, *(each.name for each in parts if isinstance(each, Name))]
