"""Reshape: usage in tokens into usage in GPU-hours, busy and idle apart, which cards for GPU-hours rate."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pertoken.core import period
from pertoken.core.errors import InputError, nearest
from pertoken.core.lines import Key, Usage, concat
from pertoken.core.meters import meter
from pertoken.core.money import Values
from pertoken.serving.arrivals import HOUR
from pertoken.serving.autoscale import Autoscale, paid_on_average, replicas
from pertoken.serving.traffic import BIN, THURSDAY, Traffic, pattern

HOURS = "gpu_hours"

ROOM = 200_000
"""Numbers that are held at once while worlds are reckoned."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Served:
    """Usage that a fleet of one's own serves.

    Args:
        fleet: Name of the fleet.
        where: Labels of the usage that it serves, as `{"model": "llama-3.1-8b"}`.
        seconds: GPU time that one unit of a meter takes, over all GPUs of a replica; a number, or one for each world,
            `(*batch, 1)`. [GPU s]
        gpus: GPUs of a replica.
        policy: How the fleet follows its load.
        within: Pattern of the load within periods longer than an hour.
        labels: Labels of the GPU-hours, by which a card knows them: the GPU as `model`, `provider`, `purchase`.
    """

    fleet: str
    where: Mapping[str, str]
    seconds: Mapping[str, Values | float]
    gpus: int = 1
    policy: Autoscale = field(default_factory=Autoscale)
    within: str = "flat"
    labels: Mapping[str, str] = field(default_factory=dict)


def token_seconds(
    prompt_seconds: float, decode_seconds: float, *, input_tokens: float, output_tokens: float, gpus: int
) -> dict[str, float]:
    """Turn the GPU time of a request on a replica into that of its tokens.

    Tokens of a prompt that are found in a cache take none; reasoning is output.

    Args:
        prompt_seconds: Time of a replica that a prompt takes. [s]
        decode_seconds: Time of a replica that an answer takes. [s]
        input_tokens: Of the prompt, those that were not cached. [token]
        output_tokens: Of the answer. [token]
        gpus: GPUs of a replica.

    >>> token_seconds(0.5, 1.0, input_tokens=1000, output_tokens=250, gpus=2)["input_tokens"]
    0.001
    """
    asked, answered = prompt_seconds * gpus / input_tokens, decode_seconds * gpus / output_tokens
    return {"input_tokens": asked, "cache_read_tokens": 0.0, "output_tokens": answered, "reasoning_tokens": answered}


def on_gpus(usage: Usage, fleets: Sequence[Served]) -> Usage:
    """Serve usage on GPUs of one's own.

    Each line of tokens becomes one of busy GPU-hours that keeps its keys: `caused_by` is the meter that it was of,
    `served_model` its model. What the fleet is paid beyond these is a line of its own for each period, with `use` set
    to `idle` and without the keys of customers. Lines of other labels pass as they are.

    Args:
        usage: Quantities by hour, day or a longer period, shape `(*batch, line)`.
        fleets: Who serves what; a line that two could serve goes to the first.

    Raises:
        InputError: Usage without periods; tokens of a kind that a fleet has no time for; or more than it can serve.

    >>> from pertoken.core.lines import table
    >>> lines = table(["hour", "model", "meter"], ["quantity"], [("2027-01-01T09", "m", "input_tokens", 3_600_000)])
    >>> fleet = Served(fleet="a", where={"model": "m"}, seconds={"input_tokens": 0.0004}, labels={"model": "H100"})
    >>> made = on_gpus(Usage(lines.keys, lines.values), [fleet])
    >>> [(row["model"], row["use"], round(row["quantity"], 9)) for row in made.records()]
    [('H100', 'busy', 0.4), ('H100', 'idle', 0.6)]
    """
    grain = period.finest(set(usage.keys))
    if grain is None:
        raise InputError(f"usage by {', '.join(usage.keys)} has no period; expected hours, days or months")
    made, rest = [], usage
    for served in fleets:
        mine = _mine(rest, served)
        if mine.any():
            busy = _busy(rest.pick(mine), served)
            made += [busy, _idle(busy, served, grain)]
            rest = rest.pick(~mine)
    return concat(Usage, [*([rest] if len(rest) or not made else []), *made])


def _mine(usage: Usage, served: Served) -> NDArray[np.bool_]:
    """Mark the lines that a fleet serves: those of its labels that are of tokens or that it has a time for."""
    mask = np.ones(len(usage), dtype=bool)
    for name, label in served.where.items():
        key = usage.key(name)
        mask &= np.array([each == label for each in key.labels] or [False])[key.codes]
    key = usage.key("meter")
    timed = np.array([name in served.seconds or meter(name).direction != "none" for name in key.labels] or [False])
    mask &= timed[key.codes]
    unknown = sorted({key.labels[code] for code in key.codes[mask].tolist()} - set(served.seconds))
    if unknown:
        found = f"fleet {served.fleet} is to serve {', '.join(unknown)} and has no time for it"
        raise InputError(f"{found}; {nearest(unknown[0], served.seconds)}; say its seconds")
    return mask


def _busy(usage: Usage, served: Served) -> Usage:
    """Turn lines of tokens into GPU-hours."""
    key = usage.key("meter")
    each = [np.asarray(served.seconds.get(name, 0.0), dtype=float) for name in key.labels]
    seconds = np.stack([np.broadcast_to(one, np.broadcast_shapes(*(a.shape for a in each), (1,))) for one in each], -1)
    quantity = np.asarray(usage.values["quantity"], dtype=float) * seconds[..., 0, :].take(key.codes, axis=-1) / HOUR
    keys = {**usage.keys, "caused_by": key, **({"served_model": usage.keys["model"]} if "model" in usage.keys else {})}
    labels = {**served.labels, "meter": HOURS, "fleet": served.fleet, "use": "busy"}
    return Usage(keys, {"quantity": quantity}).with_keys(**labels)


def _idle(busy: Usage, served: Served, grain: str) -> Usage:
    """State what is paid beyond the busy hours in each period, from the first to the last."""
    folded = busy.fold([grain])
    there = period.begins(folded.key(grain).column().tolist())
    if np.isnat(there).any():
        raise InputError(f"fleet {served.fleet} is to serve usage with no {grain} on a line; expected one on each")
    begun = period.periods(grain, there.min(), period.following(there, grain).max())
    labels = [period.label(each, grain) for each in begun]
    hours = (period.following(begun, grain) - begun).astype(float) / HOUR
    load = np.zeros((*folded.values["quantity"].shape[:-1], len(begun)))
    load[..., np.searchsorted(begun, there)] = folded.values["quantity"] / served.gpus
    paid = _paid(load / hours, begun, grain, served) * hours
    short = (load > paid * (1 + 1e-9)).reshape(-1, len(labels)).any(axis=0)
    if short.any():
        at = int(np.argmax(short))
        found = f"fleet {served.fleet} is busy for {load[..., at].max():.1f} replica-hours in {labels[at]}"
        most = f"its maximum of {served.policy.maximum:g} replicas gives {paid[..., at].max():.1f}"
        raise InputError(f"{found}, and {most}; expected room for all; raise the maximum")
    keys: dict[str, Key | str] = {**served.labels, "meter": HOURS, "fleet": served.fleet, "use": "idle"}
    quantity = np.maximum(paid - load, 0) * served.gpus
    return Usage({grain: Key.of(labels), "meter": Key.constant(HOURS, len(labels))}, {"quantity": quantity}).with_keys(
        **keys
    )


def _paid(load: Values, begun: period.Instants, grain: str, served: Served) -> Values:
    """Tell how many replicas are paid on average in each period, `(*batch, period)`, a few worlds at a time.

    Hours and days follow each other; a longer period is told by a week like all of its weeks.
    """
    shape = _shape(begun, grain, served.within)
    flat = load.reshape(-1, load.shape[-1])
    if grain in {"hour", "day"}:
        parts = [_in_a_row(part, shape, served.policy) for part in _parts(flat, shape.size)]
        return np.concatenate(parts).reshape(load.shape)
    return paid_on_average(load, shape, served.policy)


def _parts(values: Values, each: int) -> Iterator[Values]:
    size = max(ROOM // each, 1)
    for first in range(0, len(values), size):
        yield values[first : first + size]


def _in_a_row(load: Values, shape: Values, policy: Autoscale) -> Values:
    rates = (load[..., None] * shape).reshape(len(load), -1)
    paid = replicas(Traffic(rates=rates, width=BIN, repeats=False), 1.0, policy).paid
    means: Values = paid.reshape(*load.shape, -1).mean(axis=-1)
    return means


def _shape(begun: period.Instants, grain: str, within: str) -> Values:
    """Shape the load within periods, in bins, with a mean of one: `(period, bin)`, or `(bin,)` for all alike."""
    if grain == "hour":
        return np.ones((len(begun), round(HOUR / BIN)))
    week = pattern(within).rates
    if grain != "day":
        return week
    days = week.reshape(7, -1)
    weekday = (begun.astype("datetime64[D]").astype(int) + THURSDAY) % 7
    shaped: Values = days[weekday] / days[weekday].mean(axis=-1, keepdims=True)
    return shaped
