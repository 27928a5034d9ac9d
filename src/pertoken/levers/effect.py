"""Effects: the two things that a lever can do to usage, as data: move a share of it, or add a copy of a share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pertoken.core.errors import InputError, nearest
from pertoken.core.lines import Key, Lines, Usage, concat, group
from pertoken.core.meters import leaves
from pertoken.core.money import Values, is_exact

Number = Values | float
"""One number, or an array of the shape `(*batch, period)`."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Move:
    """A share of some lines' quantity leaves them: to other labels, or away.

    `stays = quantity * (1 - share)`, and `arrives = quantity * share * times`, summed over the lines it is taken from.

    Args:
        name: The lever that it is of.
        where: Labels that a line must carry.
        meters: Meters, or named sums, that are touched; all if empty.
        share: Share of the quantity that leaves, 0 to 1.
        to: Labels that take the place of the lines' own where it arrives; none keeps them.
        away: True if nothing arrives.
        times: Factor of the quantity that arrives.
        unless: Lines that carry all of these labels are left alone; none leaves none alone.
    """

    name: str
    where: Mapping[str, str]
    meters: tuple[str, ...] = ()
    share: Number = 1.0
    to: Mapping[str, str]
    away: bool = False
    times: Number = 1.0
    unless: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Add:
    """A share of some lines' quantity stands on other labels, too; the lines keep all of theirs.

    Args:
        name: The lever that it is of.
        where: Labels that a line must carry.
        meters: Meters, or named sums, that are touched; all if empty.
        share: Share of the quantity that is copied, 0 to 1.
        to: Labels that take the place of the lines' own.
        times: Factor of the quantity that is added.
        unless: Lines that carry all of these labels are left alone; none leaves none alone.
    """

    name: str
    where: Mapping[str, str]
    meters: tuple[str, ...] = ()
    share: Number = 1.0
    to: Mapping[str, str]
    times: Number = 1.0
    unless: Mapping[str, str] = field(default_factory=dict)


Effect = Move | Add


def move(usage: Usage, effects: Sequence[Effect], *, period: str = "month", periods: Sequence[str] = ()) -> Usage:
    """Let effects act on usage, one after the other; each sees what the ones before have left and brought.

    Args:
        usage: Quantities. [unit of the meter], shape `(*batch, line)`
        effects: What is moved or added.
        period: Period by which shares and factors may differ.
        periods: Labels of their last axis, in its order; those of the usage in the order of time if empty.

    Returns:
        The usage after them, in floats: its lines in their order, then those with labels that were not there before.

    Raises:
        InputError: An effect touches nothing, or has a share outside 0 to 1, or values of other periods.

    >>> from pertoken.core.lines import table
    >>> lines = table(["model", "meter"], ["quantity"], [("large", "input_tokens", 100)])
    >>> route = Move(name="route", where={"model": "large"}, share=0.3, to={"model": "small"})
    >>> after = move(Usage(lines.keys, lines.values), [route])
    >>> after.keys["model"].column().tolist(), after.values["quantity"].tolist()
    (['large', 'small'], [70.0, 30.0])
    """
    for effect in effects:
        usage = _acted(usage, effect, period, periods).usage
    return usage


def explained(usage: Usage, effects: Sequence[Effect], *, period: str = "month", periods: Sequence[str] = ()) -> Lines:
    """Tell what each effect takes and brings, so that no quantity is lost: before, and all of these, are after.

    Args:
        usage: Quantities before. [unit of the meter], shape `(*batch, line)`
        effects: As for `move`.
        period: As for `move`.
        periods: As for `move`.

    Returns:
        Keys `lever`, `what` (`left` or `arrived`) and `meter`; value `quantity`, negative where it left.
    """
    told: list[Lines] = []
    for effect in effects:
        acted = _acted(usage, effect, period, periods)
        usage, left = acted.usage, Lines(acted.own.keys, {"quantity": -acted.taken})
        sides = [("arrived", acted.arrived)] + ([("left", left)] if isinstance(effect, Move) else [])
        told += [lines.with_keys(lever=effect.name, what=what) for what, lines in sides]
    if not told:
        none = {name: Key.constant("", 0) for name in ("lever", "what", "meter")}
        return Lines(none, {"quantity": np.zeros(0)})
    return concat(Lines, told).fold(("lever", "what", "meter"))


def touched(usage: Lines, effect: Effect) -> NDArray[np.bool_]:
    """Mark the lines that an effect takes from, shape `(line,)`.

    What a lever itself uses has a label of the key `lever`; no other lever touches it, unless `where` names it.

    Raises:
        InputError: There is none: nothing of the kind is used, or a label is misspelt.
    """
    mask = np.ones(len(usage), dtype=bool)
    for name, label in effect.where.items():
        key = usage.key(name)
        if label not in key.labels:
            msg = f"lever {effect.name} asks for {name} {label!r}, and no usage has it; {nearest(label, key.labels)}"
            raise InputError(msg)
        mask &= key.codes == key.labels.index(label)
    if "lever" in usage.keys and "lever" not in effect.where:
        own = usage.keys["lever"]
        mask &= np.array([not label for label in own.labels])[own.codes]
    if effect.meters:
        meter = usage.key("meter")
        wanted = {leaf for name in effect.meters for leaf in leaves(name, meter.labels)}
        mask &= np.array([label in wanted for label in meter.labels] or [False])[meter.codes]
    if effect.unless and set(effect.unless) <= set(usage.keys):
        mask &= ~np.logical_and.reduce(list(_carries(usage, effect.unless)))
    if not mask.any():
        asked = " and ".join([*(f"{n} {v}" for n, v in effect.where.items()), *effect.meters]) or "usage"
        msg = f"lever {effect.name} touches nothing: no line of {asked} is there that it could change"
        raise InputError(f"{msg}; expected one; narrow it less, or leave it out")
    return mask


def _carries(usage: Lines, labels: Mapping[str, str]) -> Iterator[NDArray[np.bool_]]:
    for name, label in labels.items():
        key = usage.keys[name]
        yield key.codes == (key.labels.index(label) if label in key.labels else -1)


@dataclass(frozen=True, slots=True, eq=False)
class _Acted:
    """What one effect does: the usage after it, the lines that it took from, what it took, and what arrived."""

    usage: Usage
    own: Lines
    taken: Values
    arrived: Lines


def _acted(usage: Usage, effect: Effect, period: str, periods: Sequence[str]) -> _Acted:
    """Let one effect act."""
    quantity, at = _floats(usage), _place(np.flatnonzero(touched(usage, effect)))
    lines = np.arange(len(usage))[at]
    own = Lines({name: key.pick(lines) for name, key in usage.keys.items()}, {"quantity": quantity[..., at]})
    share, times = (_of_lines(effect, what, own, period, periods) for what in ("share", "times"))
    taken = own.values["quantity"] * share
    worlds = np.broadcast_shapes(quantity.shape[:-1], taken.shape[:-1], times.shape[:-1])
    gone = isinstance(effect, Move) and effect.away
    arrived = Lines(own.with_keys(**effect.to).keys, {"quantity": taken if _one(times) else taken * times})
    arrived = arrived.pick(_NO_LINE) if gone else arrived
    both, place = _joined(usage, arrived)
    after = np.zeros((*worlds, len(both)))
    after[..., : len(usage)] = quantity
    if isinstance(effect, Move):
        after[..., at] *= 1 - share
    _put(after, place, arrived.values["quantity"])
    return _Acted(Usage(both.keys, {"quantity": after}), own, taken, arrived)


_NO_LINE, _ALL = np.zeros(0, dtype=np.intp), slice(None)


def _one(times: Values) -> bool:
    """Tell whether a factor changes nothing, in no period and world."""
    return times.ndim == 0 and float(times) == 1


def _joined(usage: Usage, arrived: Lines) -> tuple[Lines, NDArray[np.intp]]:
    """Put new labels below those that are there; tell the line of each that arrives.

    Returns:
        Lines without quantities worth reading, and the place of each line that arrives, shape `(arriving line,)`.
    """
    size = len(usage)
    both = concat(Lines, [Lines(each.keys, {"line": np.arange(len(each))}) for each in (usage, arrived)])
    found = group(list(both.keys.values()), len(both))
    slot = np.empty(len(both), dtype=np.intp)
    slot[found.order if found.order is not None else _ALL] = np.repeat(
        np.arange(len(found.starts)), np.diff(found.starts, append=len(both))
    )
    first = np.full(len(found.starts), len(both))
    np.minimum.at(first, slot, np.arange(len(both)))
    new = np.sort(first[first >= size])
    line = np.arange(len(both))
    line[new] = size + np.arange(len(new))
    return both.pick(np.append(np.arange(size), new)), line[first[slot[size:]]]


def _put(after: Values, place: NDArray[np.intp], arrived: Values) -> None:
    """Add what arrives to its lines, in place."""
    if len(np.unique(place)) == len(place):
        after[..., _place(place)] += arrived
    else:
        np.add.at(after, (..., place), arrived)  # type: ignore[arg-type]


def _place(index: NDArray[np.intp]) -> Any:  # noqa: ANN401  an index, or a slice where lines lie side by side
    """Say an index as a slice where it can be one, which is read and written faster."""
    if len(index) and index[-1] - index[0] + 1 == len(index) and (np.diff(index) == 1).all():
        return slice(int(index[0]), int(index[-1]) + 1)
    return index


def _floats(usage: Usage) -> Values:
    """Quantities as floats.

    Raises:
        InputError: They are exact: shares of what was counted are a study, no invoice.
    """
    quantity = usage.values["quantity"]
    if is_exact(quantity):
        msg = "levers act on exact quantities; expected a study in floats; give quantities as numbers, not decimals"
        raise InputError(msg)
    return np.asarray(quantity, dtype=np.float64)


def _of_lines(effect: Effect, what: str, lines: Lines, period: str, periods: Sequence[str]) -> Values:
    """Read a share or a factor for each line, shape `(*batch, line)` or one that broadcasts to it.

    Raises:
        InputError: It is out of its bounds, or stands for other periods.
    """
    values = np.asarray(getattr(effect, what), dtype=np.float64)
    most = 1.0 if what == "share" else np.inf
    if not ((values >= 0) & (values <= most) & np.isfinite(values)).all():
        worst = values.reshape(-1)[int(np.argmax(~((values >= 0) & (values <= most)).reshape(-1)))]
        bounds = "a share from 0 to 1" if what == "share" else "0 or more"
        msg = f"lever {effect.name} has the {what} {worst:g}; expected {bounds} in every period and world"
        raise InputError(f"{msg}; bound its range")
    if values.ndim == 0 or values.shape[-1] == 1:
        return values
    key = lines.period(period)
    present: Any = sorted({key.labels[code] for code in key.codes.tolist()})
    order = {label: i for i, label in enumerate(periods or present)}
    missing = [label for label in present if label not in order]
    if missing or len(order) != values.shape[-1]:
        found = f"lever {effect.name} has a {what} for {values.shape[-1]} periods"
        msg = f"{found}, and is asked for {', '.join(missing) or ', '.join(order)}; expected one for each {period}"
        raise InputError(f"{msg}; say their labels as `periods`")
    place = np.array([order.get(label, 0) for label in key.labels], dtype=np.intp)
    return values.take(place[key.codes], axis=-1)
