"""Paper: all that a live workbook is written from: a program, its inputs case by case, and what Python found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pertoken.scenario.program import Program

Values = NDArray[np.float64]

Kind = Literal["assumption", "price", "switch", "lever", "event", "shock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """How unsure an input is, in the words of a spreadsheet.

    Args:
        kind: What the distribution is called.
        template: The value at a share of worlds, with slots `{u}` for the share and one for each parameter:
            `{mean}+{sd}*NORMSINV({u})`, as in `core.kinds`.
        parameters: Parameters by slot; each number is a cell that can be edited, several a column of cells.
        terms: What the template needs that does not depend on the share, by slot, in the same words.
        median: Slot that takes the input's own value; empty where no parameter is the value.
        moves: How a range moves where a case gives its input another value: by its `factor`, by its `odds` below
            `most`, or by the `difference`.
        most: What no world lies above, for odds. [unit]
    """

    kind: str
    template: str
    parameters: Mapping[str, float | tuple[float, ...]] = field(default_factory=dict)
    terms: Mapping[str, str] = field(default_factory=dict)
    median: str = ""
    moves: Literal["factor", "odds", "difference"] = "difference"
    most: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InputCell:
    """One input of the model as a row of the sheet of inputs.

    Args:
        row: The row of the program that it fills, a single number.
        label: What a person calls it; the row's name if empty.
        unit: Its unit as written.
        kind: What it is; `price` stands on a sheet of its own.
        values: Value by case; the first case of the paper always, others where the case says so itself. [unit]
        range: How unsure it is; None for certain. Where a case says a value of its own, it moves.
        lowest: The least that may be typed; None for no bound. [unit]
        highest: The most. [unit]
        source: Where it comes from.
        as_of: When it was so.
    """

    row: str
    label: str = ""
    unit: str = "1"
    kind: Kind = "assumption"
    values: Mapping[str, float]
    range: Range | None = None
    lowest: float | None = None
    highest: float | None = None
    source: str = ""
    as_of: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """A result that leads.

    Args:
        row: Its row of the program.
        label: What it is called.
        unit: Its unit as written.
        total: How the months become one number: `sum`, `last` month, or `none` for a single number.
        over: Row that the sum is divided by, for a share of a whole; the months show `row` over `over` too. Empty for
            none.
    """

    row: str
    label: str
    unit: str
    total: Literal["sum", "last", "none"] = "sum"
    over: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A column of worlds: which input it makes, and how.

    Args:
        row: The input's row of the program.
        how: `spread` through the range of its cell; `event`: the number of the month in which it happens (the row
            is a single number) or 1 from that month on (it is by month); `shock`: a standard normal of one month.
        month: Number of the month of a shock, from 1.
        probability: Row that says how likely an event is. It happens where the share is below it, in the month
            `first + floor(share / probability * (last - first + 1))`.
        first: Number of the first month in which an event may happen, from 1.
        last: Number of the last.
        never: What the single number is where an event does not happen.
    """

    row: str
    how: Literal["spread", "event", "shock"] = "spread"
    month: int = 0
    probability: str = ""
    first: int = 1
    last: int = 1
    never: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """Worlds that the workbook reckons itself.

    Args:
        columns: What the columns of shares are.
        shares: Shares between 0 and 1, shape `(world, column)`.
        values: What Python found in each world, shape `(world, 1)` or `(world, month)` by row: of all rows below an
            uncertain input and above a headline.
        program: What the worlds reckon, in fewer rows than the paper's; the paper's program if None.
        headline: Results of each world; the paper's if empty.
    """

    columns: tuple[Drawn, ...]
    shares: Values
    values: Mapping[str, Values]
    program: Program | None = None
    headline: tuple[Headline, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Swing:
    """What one input does to the first headline: a bar of the tornado.

    Args:
        label: The input.
        low: Its low value, as text with its unit.
        high: Its high value.
        at_low: The headline at the low value.
        at_high: The headline at the high value.
    """

    label: str
    low: str
    high: str
    at_low: float
    at_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A model and its results, ready to be written as a workbook.

    Args:
        name: Name of the model.
        title: What it is about.
        file: Name of the model's file, without its folder; empty for none.
        currency: ISO 4217 code.
        digest: SHA-256 of the model.
        version: Version of pertoken.
        on: Day of the export.
        seed: Seed of the draws.
        program: Every row but inputs has a formula.
        inputs: The single numbers that come from outside; those by month stand in `values` alone.
        cases: Names of the cases, the base case first.
        values: What Python found by case and row, shape `(1,)` or `(month,)`.
        headline: Results that lead.
        costs: Rows by month that add up to the cost, for the stacked columns.
        checks: Rows that are 1 where the modeller's check holds.
        fan: Row by month whose range over the worlds is drawn; empty for none.
        draws: Worlds; None for a workbook without.
        bridge: Steps with their amounts, first and last being totals; as Python found them.
        tornado: Swings, the largest first; as Python found them.
        tornado_of: What the tornado is about, with its unit.
    """

    name: str
    title: str
    file: str = ""
    currency: str
    digest: str
    version: str
    on: date
    seed: int = 0
    program: Program
    inputs: tuple[InputCell, ...]
    cases: tuple[str, ...]
    values: Mapping[str, Mapping[str, Values]]
    headline: tuple[Headline, ...]
    costs: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    fan: str = ""
    draws: Draws | None = None
    bridge: tuple[tuple[str, float], ...] = ()
    tornado: tuple[Swing, ...] = ()
    tornado_of: str = ""
