"""Fleets: GPUs of one's own that serve workloads, whose GPU time is estimated, or said."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import inf
from typing import Any

import numpy as np

from pertoken.connect import engines
from pertoken.connect.loads import find_machine, read_load, refuse_unfit
from pertoken.connect.model_file.numbers import written
from pertoken.connect.model_file.place import formula
from pertoken.connect.model_file.reading import Reading
from pertoken.connect.model_file.workloads import labels, leaf
from pertoken.connect.placed import Placed
from pertoken.core.errors import InputError, nearest
from pertoken.core.nodes import Curve, quoted
from pertoken.scenario.fleet import Energy, Fleet
from pertoken.scenario.owned import KINDS, kind_of
from pertoken.scenario.spec import Assumption, Spread
from pertoken.serving.arrivals import HOUR
from pertoken.serving.asked import Asked
from pertoken.serving.autoscale import Autoscale, followed
from pertoken.serving.capacity import Targets
from pertoken.serving.offline import least_rate
from pertoken.serving.pace import Pace, pace
from pertoken.serving.traffic import BIN, PATTERNS, pattern

LABELS = ("provider", "region", "service_tier")
ESTIMATED = (
    "model", "engine", "engine_version", "precision", "kv_precision", "tensor", "expert", "attention_groups", "drafted",
    "accepted", "drafting", "adapters", "max_sequences", "max_chunk", "memory_share",
)  # fmt: skip
"""Words that `estimate_serving` takes as they are."""
TARGETS = ("ttft", "tpot", "percentile", "spread")
FOLLOWING = ("traffic", "deadline", "headroom", "minimum", "spare", "start_seconds", "hold_seconds")
WORDS = (
    "vendor", "gpu", "gpus", "request", "hours", "throughput", *ESTIMATED, *TARGETS, *FOLLOWING, "reserved",
    "reserved_tier", *LABELS, "labels", "energy", "label",
)  # fmt: skip
SECONDS = {"": 1.0, "s": 1.0, "second": 1.0, "ms": 1e-3, "h": 3600.0, "hour": 3600.0, "day": 86_400.0, "days": 86_400.0}
"""Units of a time, in seconds."""
MILLION = 1_000_000
DIGITS = 6
"""Places after the point of a height of a load."""
CLOSE = 1e-6
MOST = 200
"""Heights of a curve at most, as many as the formula of a cell has room for; others are rounded up to one of these."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is known of a fleet before its numbers: how fast it is, how its load stands, and why not."""

    gpus: int = 1
    hours: Mapping[str, str] = field(default_factory=dict)
    throughput: str = "1"
    machine: str = ""


def fleets(reading: Reading, data: Placed) -> dict[str, Fleet]:
    """Read all fleets of a model."""
    path = (*data.path, "fleets")
    return {
        name: _fleet(reading, name, part)
        for name, said in reading.named(data, "fleets").items()
        if (part := reading.part(said, (*path, name), f"fleet {name}", WORDS)) is not None
    }


def _fleet(reading: Reading, name: str, part: Placed) -> Fleet:
    place = f"fleets.{name}"
    if part.get("vendor") is None:
        reading.refuse(part.path, f"fleet {name} has no vendor", "vendor: the one that is paid for its GPU-hours")
    try:
        known = _said(reading, place, part) if "hours" in part else _estimated(reading, place, part)
        curve = _curve(part)
    except InputError as error:
        reading.refused(part.path, error)
        known, curve = _Known(), Curve("flat", (1.0,), (1.0,))
    own = {"model": known.machine} if known.machine else {}
    return Fleet(
        name=name,
        vendor=reading.text(part, "vendor"),
        gpus=known.gpus,
        curve=curve,
        hours=known.hours,
        throughput=known.throughput,
        headroom=_number(reading, part, place, "headroom", "1", 0 if "deadline" in part else Decimal("0.2")),
        minimum=_number(reading, part, place, "minimum", "replica", 0),
        spare=_number(reading, part, place, "spare", "replica", 0),
        reserved="" if part.get("reserved") is None else _number(reading, part, place, "reserved", "gpu", 0),
        reserved_tier=reading.text(part, "reserved_tier") or "reserved",
        labels={**own, **labels(reading, part, LABELS)},
        energy=_energy(reading, place, part),
        label=reading.text(part, "label"),
        line=reading.line(part.path),
    )


def _number(reading: Reading, part: Placed, place: str, word: str, unit: str, usual: Decimal | int) -> str:  # noqa: PLR0917
    return formula(reading, part.get(word, usual), (*part.path, word), f"{place}.{word}", unit)


def _said(reading: Reading, place: str, part: Placed) -> _Known:
    """Read GPU time that the modeller has measured."""
    said = part["hours"]
    if not isinstance(said, Placed) or not {"input", "output"} <= set(said) <= set(KINDS):
        raise InputError(f"hours is {said!r}; expected GPU-hours for 1M tokens, as {{input: 0.014, output: 0.2}}")
    estimated = [word for word in (*ESTIMATED, *TARGETS, "request") if word in part]
    if estimated:
        raise InputError(f"a fleet that says its hours and its {estimated[0]}; expected one of them: say or estimate")
    path = (*part.path, "hours")
    unit = "gpu_hour / 1M token"
    return _Known(
        gpus=_count(part),
        hours={kind: formula(reading, said[kind], (*path, kind), f"{place}.hours.{kind}", unit) for kind in said},
        throughput=_number(reading, part, place, "throughput", "1", 1),
        machine=find_machine(str(part["gpu"])).name if "gpu" in part else "",
    )


def _count(part: Placed) -> int:
    found = written(part.get("gpus", 1))
    if found is None or found.unit or found.value < 1 or found.value != int(found.value):
        raise InputError(f"gpus is {part['gpus']!r}; expected the GPUs of a replica, as 2")
    return int(found.value)


def _estimated(reading: Reading, place: str, part: Placed) -> _Known:
    """Estimate the GPU time of tokens at the length of a usual request, within targets."""
    _needed(part)
    asked = _asked(part)
    if asked.replicas > 1:
        raise InputError(f"{_count(part)} GPUs that fall into {asked.replicas} replicas; say the gpus of one replica")
    reached = _paced(asked, part)
    return _Known(
        gpus=reached.gpus,
        hours=_inputs(reading, place, part, reached, f"{asked.model} on {asked.gpu} in {asked.precision}"),
        throughput=_band(reading, place, part, reached),
        machine=asked.gpu,
    )


def _asked(part: Placed) -> Asked:
    """Read a replica and its requests."""
    estimated = {word: _plain(part[word]) for word in ESTIMATED if part.get(word) is not None}
    return read_load({**estimated, **_lengths(part["request"]), "gpu": str(part["gpu"]), "count": _count(part)})


def faster(part: Placed, precision: str) -> tuple[Decimal, str]:
    """Estimate how many times as many requests a fleet serves in another precision, and say of what.

    Args:
        part: The fleet, as the file says it.
        precision: The other precision.

    Raises:
        InputError: A fleet that says its hours, or one that can't be.
    """
    if "hours" in part:
        raise InputError("a precision for a fleet that says its hours; expected throughput_factor, as you measured it")
    _needed(part)
    now, after = _asked(part), _asked(part.but(precision=precision))
    rates = [_paced(each, part).rate for each in (now, after)]
    said = f"estimated: {now.model} on {now.gpu}, {rates[1]:.3g} requests a second in {after.precision}"
    return Decimal(f"{rates[1] / rates[0]:.4g}"), f"{said}, {rates[0]:.3g} in {now.precision}"


def _needed(part: Placed) -> None:
    lacks = [word for word in ("model", "gpu", "request") if part.get(word) is None]
    if lacks:
        found = f"a fleet without {' and '.join(lacks)}"
        raise InputError(f"{found}; expected model, gpu and request: {{input: 1200, output: 250}}, or its hours")


def _paced(asked: Asked, part: Placed) -> Pace:
    """Find how fast a replica is, within targets of latency or by a deadline."""
    aims = (_time(part, "ttft"), _time(part, "tpot"))
    if "deadline" in part and min(aims) < inf:
        raise InputError("a deadline beside targets of latency; expected one of them")
    targets = Targets(first=aims[0], each=aims[1], percentile=float(_plain(part.get("percentile", 99))))
    refuse_unfit(asked, asked.gpu)
    return pace(asked, targets, engines.book(), spread=float(_plain(part.get("spread", 0))))


def _plain(said: Any) -> Any:  # noqa: ANN401  unchecked input
    """Give a number as a number, and a word as it is."""
    found = written(said)
    if found is None:
        return said
    return float(found.value) / (100 if found.unit == "%" else 1)


def _lengths(said: Any) -> dict[str, float]:  # noqa: ANN401  unchecked input
    """Read the tokens of a usual request; what is cached is not in the input."""
    if not isinstance(said, Placed):
        raise InputError(f"request is {said!r}; expected {{input: 1200, output: 250}}")
    tokens = dict.fromkeys(KINDS, 0.0)
    for short, each in said.items():
        number, kind = _plain(each), kind_of(leaf(short)) if short else ""
        if not kind or not isinstance(number, float):
            raise InputError(
                f"request has {short} of {each!r}; expected numbers of tokens, as {{input: 1200, output: 250}}"
            )
        tokens[kind] += number
    prompt = tokens["input"] + tokens["cached"]
    return {
        "input_tokens": prompt,
        "output_tokens": tokens["output"],
        **({"prefix_share": tokens["cached"] / prompt, "common_share": 0.0} if tokens["cached"] else {}),
    }


def _time(part: Placed, word: str) -> float:
    """Read a time in seconds, or with its unit; endless if it is not said."""
    if part.get(word) is None:
        return inf
    found = written(part[word])
    if found is None or found.unit not in SECONDS:
        raise InputError(f"{word} is {part[word]!r}; expected a time, as 1 s or 40 ms")
    return float(found.value) * SECONDS[found.unit]


def _inputs(reading: Reading, place: str, part: Placed, found: Pace, what: str) -> dict[str, str]:
    """Make inputs of the GPU time that was estimated."""
    source = f"estimated: {what}, {found.rate:.3g} requests a second of a replica, {found.binds} binds"
    source = "; ".join([source, *found.notes])
    meters = {"input": "input_tokens", "output": "output_tokens"}
    made = {}
    for kind, meter in meters.items():
        value = Decimal(f"{found.seconds[meter] / HOUR * MILLION:.6g}")
        said = Assumption(
            name=f"{place}.hours.{kind}", value=value, unit="gpu_hour / 1M token", source=source,
            as_of=engines.book().fitted, line=reading.line(part.path),
        )  # fmt: skip
        made[kind] = quoted(reading.add(said, part.path))
    return made


def _band(reading: Reading, place: str, part: Placed, found: Pace) -> str:
    """Make an input of how far measured runs of such kind lay from what was reckoned."""
    if "throughput" in part:
        return _number(reading, part, place, "throughput", "1", 1)
    low, high = (Decimal(f"{each:.4g}") for each in found.band)
    wide = Spread(kind="p10_p90", parameters={"p10": low, "p90": high, "low": Decimal(0)})
    said = Assumption(
        name=f"{place}.throughput",
        value=Decimal(1),
        spread=wide if low < 1 < high else None,
        source="measured by reckoned tokens a second, of runs that were held out",
        as_of=engines.book().fitted,
        line=reading.line(part.path),
    )
    return quoted(reading.add(said, part.path))


def _curve(part: Placed) -> Curve:
    """Tell how high the load stands over a week: the most that machines which follow it are asked for."""
    name = str(part.get("traffic", "flat"))
    if name not in PATTERNS:
        raise InputError(f"unknown traffic pattern {name!r}; {nearest(name, PATTERNS)}")
    shape = pattern(name)
    if "deadline" in part:
        level = float(least_rate(shape, _time(part, "deadline")))
        return Curve(f"{name}, by a deadline", (round(level, 6),), (1.0,))
    usual = Autoscale()
    start, hold = (float(_plain(part.get(word, getattr(usual, word)))) for word in ("start_seconds", "hold_seconds"))
    policy = Autoscale(start_seconds=start, hold_seconds=hold)
    heights = np.round(followed(shape.rates, policy, width=BIN), DIGITS)
    if len(np.unique(heights)) > MOST:
        step = (heights.max() - heights.min()) / (MOST - 1)
        heights = np.round(heights.min() + step * np.ceil((heights - heights.min()) / step - CLOSE), DIGITS)
    heights, weights = np.unique(heights, return_counts=True)
    return Curve(name, tuple(heights.tolist()), tuple(map(float, weights.tolist())))


def _energy(reading: Reading, place: str, part: Placed) -> Energy | None:
    """Read what the GPUs draw; power at most is that of the list of GPUs where nothing else is said."""
    said, path = part.get("energy"), (*part.path, "energy")
    if said is None:
        return None
    own = reading.part(said, path, f"energy of {place}", ("watts", "busy_share", "idle_share", "pue"))
    if own is None:
        return None
    try:
        watts = _watts(own, part)
    except InputError as error:
        reading.refused(path, error)
        return None
    each = {
        word: formula(reading, own.get(word, usual), (*path, word), f"{place}.energy.{word}", "1")
        for word, usual in (("busy_share", 1), ("idle_share", Decimal("0.1")), ("pue", 1))
    }
    return Energy(watts=watts, busy=each["busy_share"], idle=each["idle_share"], pue=each["pue"])


def _watts(own: Placed, part: Placed) -> float:
    if own.get("watts") is None and part.get("gpu") is None:
        raise InputError("energy of GPUs that have no name; expected watts: the most that one draws")
    found = _plain(own["watts"]) if own.get("watts") is not None else find_machine(str(part["gpu"])).tdp_watts
    if not isinstance(found, float) or found <= 0:
        raise InputError(f"watts is {own.get('watts')!r}; expected a power above 0, as 700")
    return found
