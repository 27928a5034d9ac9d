"""Answers about a model: what was run, compared, swung and solved, with all that is needed to show them."""

from collections.abc import Mapping
from dataclasses import dataclass

from pertoken.core.money import Values
from pertoken.scenario.explained import Explanation
from pertoken.scenario.indices import Index, Swing
from pertoken.scenario.model import Model
from pertoken.scenario.program import Row
from pertoken.scenario.run import Outcome
from pertoken.scenario.simulate import Simulated
from pertoken.scenario.solve import Roots
from pertoken.scenario.spec import Assumption


@dataclass(frozen=True, slots=True, eq=False)
class Ran:
    """A model, run.

    Args:
        model: The model.
        cases: What each named case comes to.
        simulated: What many worlds say, by the case around which they lie; empty where none were drawn.
    """

    model: Model
    cases: Mapping[str, Outcome]
    simulated: Mapping[str, Simulated]


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """An input that two models, or two cases, say otherwise.

    Args:
        name: The input.
        before: Its value in the first; None where the first has no such input.
        after: Its value in the second.
        unit: Its unit.
    """

    name: str
    before: float | None
    after: float | None
    unit: str


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Two models, or two cases of one, side by side.

    Args:
        names: What they are called.
        outcomes: What each comes to.
        changed: Inputs that differ.
        rows: Results that both have.
        differences: Second less first in each common world, by row, shape `(world,)`; empty without draws.
        steps: What each changed input does to `of`, in the order of size; adds up. Empty for two models.
        of: The row that the steps are about.
    """

    names: tuple[str, str]
    outcomes: tuple[Outcome, Outcome]
    changed: tuple[Changed, ...]
    rows: tuple[str, ...]
    differences: Mapping[str, Values]
    steps: tuple[tuple[str, float], ...]
    of: str


@dataclass(frozen=True, slots=True, eq=False)
class Sensitive:
    """What a result depends on.

    Args:
        model: The model.
        case: The case.
        of: The row.
        base: What it comes to in the case.
        swings: What it does when one input goes from P10 to P90, the widest first.
        indices: How much of its variance each input causes; empty where that was not asked.
        draws: Worlds behind the indices.
        seed: Their seed.
    """

    model: Model
    case: str
    of: str
    base: float
    swings: tuple[Swing, ...]
    indices: tuple[Index, ...]
    draws: int
    seed: int


@dataclass(frozen=True, slots=True, eq=False)
class Solved:
    """Values of an input at which a result meets its target.

    Args:
        model: The model.
        case: The case.
        of: The row, at a month or over all.
        month: The month; empty for all together.
        target: What it is to be.
        by: The input.
        now: The input's value in the case.
        at_now: What the result is there.
        found: The roots.
    """

    model: Model
    case: str
    of: str
    month: str
    target: float
    by: str
    now: float
    at_now: float
    found: Roots


@dataclass(frozen=True, slots=True, eq=False)
class Crossing:
    """Where two cases cost or earn the same, by the value of an input.

    Args:
        model: The model.
        cases: The two cases.
        of: The row.
        by: The input.
        now: The input's value.
        found: The roots of the second less the first.
        lines: The row in each case at the values tried, shape `(point,)`.
    """

    model: Model
    cases: tuple[str, str]
    of: str
    by: str
    now: float
    found: Roots
    lines: tuple[Values, Values]


@dataclass(frozen=True, slots=True, eq=False)
class PaysFrom:
    """From which month on money that adds up is above zero and stays there.

    Args:
        model: The model.
        case: The case.
        of: The row that is added up by month.
        month: The month in the case; empty for not within the model.
        paths: What it adds up to by month in the case.
        worlds: Number of the month in each world, 0 for never, shape `(world,)`; empty without draws.
    """

    model: Model
    case: str
    of: str
    month: str
    paths: Values
    worlds: Values


@dataclass(frozen=True, slots=True, eq=False)
class Traced:
    """A number of a model, and the tree of formulas and inputs behind it.

    Args:
        model: The model.
        case: The case.
        tree: The number, and what it is made of.
        rows: All rows of the program that it stands in, by name.
        inputs: Inputs by the row that holds their value.
        note: What the tree leaves out, and why; empty where it is whole.
    """

    model: Model
    case: str
    tree: Explanation
    rows: Mapping[str, Row]
    inputs: Mapping[str, Assumption]
    note: str = ""

    def row(self, name: str) -> Row:
        """The row of a number."""
        return self.rows[name]
