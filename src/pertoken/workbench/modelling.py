"""A model: run, compared, swung, solved, and from when on it pays."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pertoken.core.errors import InputError, nearest
from pertoken.scenario.compile import compiled
from pertoken.scenario.model import Model
from pertoken.scenario.run import run as reckoned
from pertoken.scenario.simulate import Draws, simulate
from pertoken.scenario.worlds import cases, named

if TYPE_CHECKING:
    from pertoken.forecast.answer import Forecast
    from pertoken.scenario.answer import Compared, Crossing, PaysFrom, Ran, Sensitive, Solved, Traced

Watch = Callable[[int, int], None]
Said = "Model | str | Path"
"""A model: compiled, or its file; `FILE#SCENARIO` where a scenario of it is meant."""


def model(said: "Model | str | Path", *, forecasts: "Mapping[str, Forecast] | None" = None) -> Model:
    """Read and compile a model's file; a compiled model passes through.

    Args:
        said: The model, or its file.
        forecasts: Forecasts by the name that the model has for them, in the place of their files.

    Raises:
        PertokenError: What is wrong with it, all of it, with file and line.
    """
    if isinstance(said, Model):
        return said
    from pertoken.connect.models import read_model  # noqa: PLC0415  a compiled model needs no door

    if not forecasts:
        return compiled(read_model(said))
    from pertoken.forecast.kept import kept  # noqa: PLC0415  few models take any

    return compiled(read_model(said, {name: kept(each) for name, each in forecasts.items()}))


def run(
    said: "Model | str | Path",
    *,
    scenario: str = "all",
    draws: int = 10_000,
    seed: int = 1,
    design: str = "lhs",
    margin_above: float | None = None,
    watch: Watch | None = None,
) -> "Ran":
    """Reckon a model in its named cases, and in many drawn worlds.

    Args:
        said: The model, or its file.
        scenario: `all` cases and scenarios, with worlds around the base case; or one of them, with worlds around it.
        draws: How many worlds are drawn; 0 for none.
        seed: Same seed, same digits.
        design: How worlds are spread: `lhs`, `sobol` or `random`.
        margin_above: A share of gross margin; how likely it is above is told.
        watch: Called with the worlds done and all of them.

    Raises:
        PertokenError: What is wrong with the model, or no such scenario.
    """
    from pertoken.scenario.answer import Ran  # noqa: PLC0415  a plain run loads little

    own = model(said)
    names = cases(own) if scenario == "all" else (scenario,)
    found = {name: reckoned(own, named(own, name)) for name in names}
    about = names[0]
    simulated = {}
    if draws:
        how = Draws(count=draws, kind=design, seed=seed)
        simulated[about] = simulate(own, how, case=about, margin_above=margin_above, watch=watch)
    return Ran(own, found, simulated)


def compare(
    a: "Model | str | Path",
    b: "Model | str | Path",
    *,
    of: str = "operating_result",
    draws: int = 2_000,
    seed: int = 1,
) -> "Compared":
    """Compare two models, or two scenarios of one, in common worlds.

    Args:
        a: A model, its file, or `FILE#SCENARIO`.
        b: Another; `#SCENARIO` alone is of the same file.
        of: Result whose change is shared out to the inputs that differ.
        draws: Common worlds; 0 for named cases alone.
        seed: Their seed.
    """
    from pertoken.scenario.compare import compared  # noqa: PLC0415  a plain run loads little

    one = _side(a, None)
    two = _side(b, one[1])
    return compared(one, two, of=of, draws=Draws(count=draws, seed=seed) if draws else None)


def _side(said: "Model | str | Path", other: Model | None) -> tuple[str, Model, str]:
    if isinstance(said, Model):
        return said.spec.name, said, "base"
    file, _, case = str(said).partition("#")
    if not file and other is None:
        msg = f"{said} names no file; expected FILE or FILE#SCENARIO first"
        raise InputError(msg)
    same = other is not None and file in ("", other.spec.source)
    own = other if same and other is not None else model(file)
    if case and case not in cases(own):
        msg = f"no scenario {case!r} in {file or own.spec.source}; {nearest(case, cases(own))}"
        raise InputError(msg)
    return (case or ("base" if same else own.spec.name)), own, case or "base"


def sensitivity(
    said: "Model | str | Path",
    *,
    of: str = "operating_result",
    scenario: str = "base",
    sobol: bool = False,
    draws: int = 10_000,
    seed: int = 1,
) -> "Sensitive":
    """Tell what a result depends on: each input from P10 to P90, and each input's share of the variance.

    Args:
        said: The model, or its file.
        of: The result; `margin` and `profit` stand for the share of gross margin and the operating result.
        scenario: The case of all else.
        sobol: Whether shares of the variance are reckoned too.
        draws: Worlds in each design of these.
        seed: Their seed.
    """
    from pertoken.scenario.run import ALIASES  # noqa: PLC0415
    from pertoken.scenario.swing import sensitive  # noqa: PLC0415  a plain run loads little

    return sensitive(model(said), ALIASES.get(of, of), case=scenario, draws=draws if sobol else 0, seed=seed)


def solve(
    said: "Model | str | Path",
    *,
    of: str,
    target: float,
    by: str,
    scenario: str = "base",
    month: str = "",
    ends: tuple[float | None, float | None] = (None, None),
    draws: int = 500,
    seed: int = 1,
) -> "Solved":
    """Find every value of an input at which a result meets its target, and how far it ranges.

    Args:
        said: The model, or its file.
        of: The result; `margin`, `profit`, or any quantity.
        target: What it is to be.
        by: The input, in its own unit.
        scenario: The case of all else.
        month: The month that is meant; all together if empty.
        ends: Where the search begins and ends.
        draws: Worlds over which the answer ranges; 0 for none.
        seed: Their seed.
    """
    from pertoken.scenario.target import solved  # noqa: PLC0415  a plain run loads little

    how = Draws(count=draws, seed=seed) if draws else None
    return solved(model(said), of, target, by, case=scenario, month=month, ends=ends, draws=how)


def breakeven(
    said: "Model | str | Path",
    *,
    of: str = "operating_result",
    scenario: str = "base",
    draws: int = 2_000,
    seed: int = 1,
) -> "PaysFrom":
    """Find the month from which a model's money, added up, is above zero and stays there.

    Args:
        said: The model, or its file.
        of: The money by month: `operating_result`, `cash`, `gross_margin`...
        scenario: The case.
        draws: Worlds over which the month ranges; 0 for none.
        seed: Their seed.
    """
    from pertoken.scenario.target import pays_from  # noqa: PLC0415  a plain run loads little

    return pays_from(model(said), of, case=scenario, draws=Draws(count=draws, seed=seed) if draws else None)


def crossover(
    said: "Model | str | Path",
    *,
    between: tuple[str, str],
    by: str,
    of: str = "total_cost",
    ends: tuple[float | None, float | None] = (None, None),
    draws: int = 500,
    seed: int = 1,
) -> "Crossing":
    """Find the values of an input at which two scenarios come to the same: from which volume on one is cheaper.

    Args:
        said: The model, or its file.
        between: The two scenarios.
        by: The input, in its own unit.
        of: What is compared.
        ends: Where the search begins and ends.
        draws: Worlds over which the answer ranges; 0 for none.
        seed: Their seed.
    """
    from pertoken.scenario.target import crossing  # noqa: PLC0415  a plain run loads little

    how = Draws(count=draws, seed=seed) if draws else None
    return crossing(model(said), of, by, between, ends=ends, draws=how)


def explained(
    said: "Model | str | Path",
    name: str = "",
    *,
    month: str | None = None,
    scenario: str = "base",
    depth: int = 4,
) -> "Traced":
    """Explain a number of a model: the tree of formulas, tiers and inputs behind it.

    Args:
        said: The model, or its file.
        name: The quantity, as `revenue`, `revenue.pro` or `cac`; the operating result if empty.
        month: Its month, as `2027-03`; all together if None.
        scenario: The case.
        depth: Steps down.
    """
    from pertoken.scenario.trace import traced  # noqa: PLC0415  a plain run loads little

    return traced(model(said), name, month=month, case=scenario, depth=depth)
