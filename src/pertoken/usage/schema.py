"""What the columns of a log mean: recognised by the field's names, or by the mapping by which a user says otherwise."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pertoken.core import meters, period
from pertoken.core.errors import SHOWN, InputError, nearest
from pertoken.usage.decompose import Leaf, contained, decompose
from pertoken.usage.names import (
    ADDED,
    COUNTED,
    KEYS,
    REPORTED,
    REQUEST_IDS,
    TIMES,
    at_home,
    best,
    looks_like_meter,
    same,
    synonyms,
)
from pertoken.usage.overlap import inside


@dataclass(frozen=True, slots=True, kw_only=True)
class LogMapping:
    """What a user says of a log's columns; what is left out is recognised by name.

    Args:
        time: Column that says when the request was made.
        request_id: Column whose value stands only once.
        reported_cost: Column of what the source itself says that a row cost.
        keys: Our key to the log's column.
        meters: Our leaf meter to the log's column.
        includes: Meter to the meters that its column contains and that are taken off it.
        ignore: Columns that are not to be read.
        constants: Labels that stand on every row, by key.
        timezone: Zone of times that carry none.
        source: File that says so.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}
    time: str | None = None
    request_id: str | None = None
    reported_cost: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    meters: Mapping[str, str] = field(default_factory=dict)
    includes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    constants: Mapping[str, str] = field(default_factory=dict)
    timezone: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """A log's columns, bound.

    Args:
        time: Column of the time of the request; None if there is none.
        request_id: Column of the request's id; None if there is none.
        keys: Our key to the log's column.
        leaves: Disjoint meters, each made of columns.
        constants: Labels that stand on every row.
        timezone: Zone of times that carry none; None if the user did not say.
        long: True where the log has a line for each meter: columns `meter` and `quantity`.
        unread: Column that is not read to the column that is read in its place, since both report one meter.
        unknown: Columns that look like meters and that nobody reads; numbers there would count as zero.
        says: What was understood, in words.
        reported: Column of what the source itself says that a row cost; None if it says nothing.
        needed: Keys that each row must have a label of.
    """

    time: str | None
    request_id: str | None
    keys: Mapping[str, str]
    leaves: tuple[Leaf, ...]
    constants: Mapping[str, str]
    timezone: str | None
    long: bool
    unread: Mapping[str, str]
    unknown: tuple[str, ...]
    says: tuple[str, ...]
    reported: str | None = None
    needed: tuple[str, ...] = ()


def bind(columns: Sequence[str], mapping: LogMapping | None = None) -> Binding:
    """Find out what the columns of a log mean.

    Raises:
        InputError: The mapping names a column that isn't there, no meter can be found, two columns claim one meter, or
            a period is said of a log that has times.
    """
    said = mapping or LogMapping()
    _check(columns, said)
    read = [column for column in columns if column not in said.ignore]
    _no_second_period(said, read)
    top = _top(read)
    long = {"meter", "quantity"} <= {column.lower() for column in top}
    found = {} if long else _meters(read, said)
    time = said.time or next(iter(best(top, TIMES)), None)
    request_id = said.request_id or next(iter(best(top, REQUEST_IDS)), None)
    keys, unsure = _keys(read, said, timed=time is not None)
    reported = said.reported_cost or _reported(read, found)
    held = inside(found) | dict(said.includes)
    added = {meter: tuple(c for c in read if same(c, names)) for meter, names in ADDED.items() if meter in found}
    unread = {} if long else _unread(found, read)
    left = set(read) - {time, request_id, *keys.values(), *found.values(), *unread}.union(*added.values())
    return Binding(
        time=None if any(g in keys or g in said.constants for g in period.GRAINS) and not said.time else time,
        request_id=request_id,
        keys=keys,
        leaves=decompose(found, held, added),
        constants=said.constants,
        timezone=said.timezone,
        long=long,
        unread=unread,
        unknown=() if long else _unknown([column for column in read if column in left], found),
        says=(*_words(found, held, added), *_passed_over(unread), *unsure),
        reported=reported,
    )


def given(keys: Mapping[str, str], meters: Sequence[str], columns: Collection[str], said: LogMapping) -> Binding:
    """Say what the columns of a log are whose names are ours and whose meters are disjoint already.

    Args:
        keys: Keys that it has.
        meters: Leaf meters that it has, each in a column of its own name.
        columns: Which of `time`, `request_id` and `reported_cost` it has.
        said: What a user says besides: keys, constants.

    Raises:
        InputError: A key is taken from a column that isn't there, or a period is said of a log that has times.
    """
    _check([*columns, *keys], said)
    _no_second_period(said, [*columns, *keys])
    mapped = {key: column for key, column in {**keys, **said.keys}.items() if key not in said.constants}
    return Binding(
        time="time" if "time" in columns else None,
        request_id="request_id" if "request_id" in columns else None,
        keys=mapped,
        leaves=tuple(Leaf(name, name) for name in meters),
        constants=said.constants,
        timezone=None,
        long=False,
        unread={},
        unknown=(),
        says=(),
        reported="reported_cost" if "reported_cost" in columns else None,
    )


def _top(read: Sequence[str]) -> list[str]:
    """Columns that are no fields of records: times and ids further in are those of something else."""
    return [column for column in read if "." not in column]


def _check(columns: Sequence[str], said: LogMapping) -> None:
    wanted = [(what, getattr(said, what)) for what in ("time", "request_id", "reported_cost")]
    wanted += [*said.keys.items(), *said.meters.items()]
    for what, column in [*wanted, *(("nothing", column) for column in said.ignore)]:
        if column is not None and column not in columns:
            msg = f"{said.source or 'the mapping'} takes {what} from the column {column!r}, which the log doesn't have"
            msg = f"{msg}; {nearest(column, columns)}"
            raise InputError(msg)
    if said.timezone:
        period.zone(said.timezone)
    for name in (*said.meters, *said.includes, *(part for held in said.includes.values() for part in held)):
        meters.meter(name)


def _keys(read: Sequence[str], said: LogMapping, *, timed: bool) -> tuple[dict[str, str], list[str]]:
    """Find the columns of keys; where two are level neither is taken, and that is said."""
    level = {key: best(read, names) for key, names in KEYS.items() if key not in said.keys}
    if not timed:
        level |= {grain: best(_top(read), [grain]) for grain in period.GRAINS}
    keys = {key: found[0] for key, found in level.items() if len(found) == 1} | dict(said.keys)
    unsure = [
        f"{key} may be {' or '.join(found)} and neither is read; say which in the mapping (keys: {{{key}: {found[0]}}})"
        for key, found in level.items()
        if len(found) > 1 and key not in said.constants
    ]
    return {key: column for key, column in keys.items() if key not in said.constants}, unsure


def _reported(read: Sequence[str], found: Mapping[str, str]) -> str | None:
    """Find the column of the reported cost; where two are level neither is taken."""
    level = best([column for column in read if column not in found.values()], REPORTED)
    return level[0] if len(level) == 1 else None


def _no_second_period(said: LogMapping, read: Sequence[str]) -> None:
    """Refuse a period that is said of all of a log whose rows tell their own."""
    label = next((said.constants[grain] for grain in period.GRAINS if grain in said.constants), None)
    own = said.time or next(iter((*best(_top(read), TIMES), *best(_top(read), period.GRAINS))), None)
    if label is not None and own is not None:
        msg = (
            f"the log is said to be all of {label}, but its column {own} tells the time of each row; leave --period "
            f"out, or say `ignore: [{own}]` in the mapping (--map)"
        )
        raise InputError(msg)


def _meters(read: Sequence[str], said: LogMapping) -> dict[str, str]:
    free = [column for column in read if column not in said.meters.values()]
    found: dict[str, str] = {}
    for meter, names in synonyms(free).items():
        level = () if meter in said.meters else best([c for c in free if at_home(c, meter)], names)
        if len(level) > 1:
            msg = (
                f"{meter} may be {' or '.join(level)}; say which with --map FILE (meters: {{{meter}: {level[0]}}}, "
                f"ignore: [{', '.join(level[1:])}])"
            )
            raise InputError(msg)
        if level:
            found[meter] = level[0]
    found |= said.meters
    if not found and _reported(read, {}) is None and said.reported_cost is None:
        msg = (
            f"no meter recognised among the columns {_some(read)}; expected for example input_tokens and "
            "output_tokens; say which columns they are with --map FILE (meters: {input_tokens: COLUMN})"
        )
        raise InputError(msg)
    return found


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _unread(found: Mapping[str, str], read: Sequence[str]) -> dict[str, str]:
    """Find the columns that report what another one, which is read, reports."""
    names = synonyms(read)
    return {
        column: found[meter]
        for meter in found
        for column in read
        if same(column, names.get(meter, ())) and at_home(column, meter) and column not in found.values()
    }


def _unknown(left: Sequence[str], found: Mapping[str, str]) -> tuple[str, ...]:
    """Find the columns that look like meters, but for totals and parts of what is read."""
    counted = [name for meter, names in COUNTED.items() if meter in found for name in names]
    return tuple(column for column in left if not same(column, counted) and looks_like_meter(column))


def _passed_over(unread: Mapping[str, str]) -> list[str]:
    return [f"{one} is not read, since {two} is" for one, two in unread.items()]


def _words(
    found: Mapping[str, str], held: Mapping[str, Sequence[str]], added: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    says = [
        f"{found[whole]} is read as containing {found[part]}"
        for whole, parts in held.items()
        for part in parts
        if part in found and whole in found
    ]
    for side in ("input", "output"):
        whole = f"{side}_tokens"
        if whole not in found:
            continue
        beside = {m for m in found if meters.meter(m).direction == side} - {whole, *contained(whole, found, held)}
        says += [f"{found[whole]} is read as not containing {found[m]}" for m in found if m in beside]
    says += [f"{column} is added to {found[meter]}" for meter, columns in added.items() for column in columns]
    return tuple(says)
