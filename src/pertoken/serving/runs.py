"""Runs: measured loads, as arrays that the model can be held against."""

from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pertoken.serving.layout import Layout
from pertoken.serving.profile import Profile
from pertoken.serving.sizes import Sizes
from pertoken.serving.steady import Steady, closed, flowing, seats, serve
from pertoken.serving.values import Values

Numbers = TypeVar("Numbers", Sizes, Layout, Profile)

METRICS = ("output_tokens_per_second", "tpot_seconds", "ttft_seconds")
"""What is measured, in the order in which errors are stacked."""


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """Measured loads, one a line.

    Args:
        model: The model of each.
        on: Where each ran.
        input_tokens: Length of a prompt. [token]
        output_tokens: Length of an answer. [token]
        clients: Clients in a closed loop; infinite for as many as there was room for.
        rate: Requests a second of an open load; infinite for a closed loop.
        measured: What was measured, NaN for what was not, shape `(3, line)`; in the order of `METRICS`.
        words: Names of the source, engine, GPU, model, regime and configuration of each line, by word.
    """

    model: Sizes
    on: Layout
    input_tokens: Values
    output_tokens: Values
    clients: Values
    rate: Values
    measured: Values
    words: dict[str, NDArray[np.str_]]

    def __len__(self) -> int:
        """Count the lines."""
        return len(self.input_tokens)

    def part(self, lines: Values) -> "Runs":
        """Take some lines, by index or by a mask."""
        numbers = {
            name: getattr(self, name)[..., lines]
            for name in ("input_tokens", "output_tokens", "clients", "rate", "measured")
        }
        words = {name: values[lines] for name, values in self.words.items()}
        return replace(self, model=_part(self.model, lines), on=_part(self.on, lines), words=words, **numbers)


def foreseen(runs: Runs, engine: Profile) -> Values:
    """Reckon what each run should have measured, shape `(3, line)`."""
    state = serve(runs.model, runs.on, engine, runs.input_tokens, runs.output_tokens, runs.clients, runs.rate)
    return _told(state, runs.output_tokens)


def errors(runs: Runs, engine: Profile) -> Values:
    """Logarithms of measured over foreseen, NaN for what was not measured, shape `(3, line)`."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.log(runs.measured / foreseen(runs, engine))


def steadied(runs: Runs, engine: Profile) -> Runs:
    """State open loads as closed ones, so that a fit needs no search.

    By Little's law as many clients were there as came in the time that each was measured to stay.
    """
    first, each = runs.measured[2], runs.measured[1]
    stay = first + (runs.output_tokens - 1) * each
    length = runs.input_tokens + runs.output_tokens / 2
    most = np.maximum(seats(runs.model, runs.on, engine, length), 1)
    there = np.where(np.isfinite(runs.rate), np.nan_to_num(runs.rate * stay, nan=1.0, posinf=np.inf), runs.clients)
    return replace(runs, clients=np.where(np.isfinite(there), there, most))


def quick(runs: Runs, engine: Profile) -> Values:
    """Foresee `steadied` runs without a search; loads beyond what there is room for wait outside."""
    length = runs.input_tokens + runs.output_tokens / 2
    inside = np.minimum(runs.clients, np.maximum(seats(runs.model, runs.on, engine, length), 1))
    state = closed(runs.model, runs.on, engine, inside, runs.input_tokens, runs.output_tokens)
    told, comes = _told(state, runs.output_tokens), np.isfinite(runs.rate)
    told[2] += np.where(comes, 0.0, (runs.clients - inside) / state.rate)
    if comes.any():
        part, own = runs.part(comes), _part(engine, comes)
        flows = flowing(part.model, part.on, own, inside[comes], part.input_tokens, part.output_tokens)
        told[:, comes] = _told(flows, part.output_tokens)
    return told


def _told(state: Steady, output_tokens: Values) -> Values:
    return np.stack([state.rate * output_tokens, state.each, state.first])


def _part(numbers: Numbers, lines: Values) -> Numbers:
    values = {each.name: np.asarray(getattr(numbers, each.name)) for each in fields(numbers)}
    return replace(numbers, **{name: value[..., lines] if value.ndim else value for name, value in values.items()})
