"""Pipeline: the levers that a plan chooses, in the order in which a request meets them, however they are said.

Caches come before routes, and both before prices: savings do not add, since each lever sees what the ones before left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from pertoken.core.errors import InputError, nearest
from pertoken.levers.effect import Effect, Number
from pertoken.levers.kind import LEVERS, Lever


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chosen:
    """A lever as a plan uses it.

    Args:
        name: Its name in the plan; what it does is told by it.
        kind: Which of `LEVERS` it is.
        where: Labels that a line must carry for it to act.
        numbers: Its parameters, each one number or an array of the shape `(*batch, period)`.
        to: Labels that it is told, as the model that is routed to.
    """

    name: str
    kind: str
    where: Mapping[str, str] = field(default_factory=dict)
    numbers: Mapping[str, Number] = field(default_factory=dict)
    to: Mapping[str, str] = field(default_factory=dict)


def effects(chosen: Sequence[Chosen]) -> tuple[Effect, ...]:
    """Turn levers into what they do, in the order of the pipeline; those of one place, as they are said.

    Raises:
        InputError: There is no such lever, or it is not told what it asks for.

    >>> made = effects([
    ...     Chosen(name="r", kind="route", numbers={"share": 0.5}, to={"model": "small"}),
    ...     Chosen(name="c", kind="exact_cache", numbers={"hit_share": 0.2}),
    ... ])
    >>> [effect.name for effect in made]
    ['c', 'r']
    """
    known = [(_kind(each), each) for each in chosen]
    ordered = sorted(known, key=lambda pair: pair[0].order)
    return tuple(effect for kind, each in ordered for effect in _built(kind, each))


def _kind(chosen: Chosen) -> Lever:
    if chosen.kind not in LEVERS:
        raise InputError(f"lever {chosen.name} is of the kind {chosen.kind!r}; {nearest(chosen.kind, LEVERS)}")
    return LEVERS[chosen.kind]


def _built(kind: Lever, chosen: Chosen) -> tuple[Effect, ...]:
    missing = [label for label in kind.labels if label not in chosen.to]
    if missing:
        found = f"lever {chosen.name} ({kind.name}) is not told to which {' and '.join(missing)}"
        raise InputError(f"{found}; say to: {{{missing[0]}: NAME}}")
    return kind.build(chosen.name, chosen.where, _numbers(kind, chosen), chosen.to)


def _numbers(kind: Lever, chosen: Chosen) -> dict[str, Number]:
    """Check the numbers of a lever, and put in what nobody has said.

    Raises:
        InputError: One is missing, unknown or out of its bounds.
    """
    names = [each.name for each in kind.parameters]
    unknown = next((name for name in chosen.numbers if name not in names), None)
    if unknown is not None:
        raise InputError(f"lever {chosen.name} ({kind.name}) has no {unknown!r}; {nearest(unknown, names)}")
    numbers: dict[str, Number] = {}
    for each in kind.parameters:
        value = chosen.numbers.get(each.name, each.default)
        if value is None:
            raise InputError(f"lever {chosen.name} ({kind.name}) lacks {each.name}: {each.meaning}; say it")
        all_ = np.asarray(value, dtype=np.float64)
        if not ((all_ >= each.low) & (all_ <= each.high)).all():
            found = f"lever {chosen.name}: {each.name} runs from {all_.min():g} to {all_.max():g}"
            raise InputError(
                f"{found}; expected {each.low:g} to {each.high:g} in every period and world; bound its range"
            )
        numbers[each.name] = value
    return numbers
