"""The models that ship, run: what a quantity comes to, by month and in all."""

from functools import cache
from pathlib import Path

import numpy as np

import pertoken
from pertoken.scenario.model import Model
from pertoken.scenario.run import Outcome
from pertoken.workbench.modelling import model, run

FOLDER = Path(pertoken.__file__).parent / "examples"
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


@cache
def compiled(name: str) -> Model:
    """Read and compile an example."""
    return model(FOLDER / f"{name}.yaml")


@cache
def outcome(name: str, scenario: str = "base") -> Outcome:
    """Run an example in one case, without draws."""
    return run(compiled(name), scenario=scenario, draws=0).cases[scenario]


def months(name: str, quantity: str, scenario: str = "base") -> list[float]:
    """A quantity's value in each month."""
    found = outcome(name, scenario)
    count = len(found.model.months)
    return [float(each) for each in np.broadcast_to(found.values[quantity], (count,))]


def value(name: str, quantity: str, scenario: str = "base") -> float:
    """A single number."""
    return float(outcome(name, scenario).values[quantity][0])


def total(name: str, quantity: str, scenario: str = "base") -> float:
    """What a quantity comes to over all months."""
    return float(outcome(name, scenario).total(quantity))


def unsure_inputs(name: str) -> set[str]:
    """Inputs that have a range."""
    return {each for each, said in compiled(name).inputs.items() if said.spread is not None}
