"""What a look at a model file finds: what the model is, or what is wrong with it."""

from dataclasses import dataclass

from pertoken.core.errors import Fault
from pertoken.scenario.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReview:
    """A model file that was looked at.

    Args:
        file: Where it was read from.
        model: The model; None where it can't be used.
        faults: What is wrong with it.
    """

    file: str
    model: Model | None
    faults: tuple[Fault, ...] = ()
