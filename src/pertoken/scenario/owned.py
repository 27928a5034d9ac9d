"""Fleets as rows: GPU-hours that tokens take, machines that follow the load, what they wait, and what they draw."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from pertoken.core.meters import meter
from pertoken.core.nodes import Name, Node, Number
from pertoken.core.nodes import names as names_of
from pertoken.core.units import unit
from pertoken.scenario.draft import Entry, call, minus, name, number, plus, share, times
from pertoken.scenario.fleet import Fleet
from pertoken.scenario.model import Rated
from pertoken.scenario.program import Program, Row
from pertoken.scenario.spec import Spec, Switched
from pertoken.serving.autoscale import ROUNDED

KINDS = ("input", "output", "cached")
"""Kinds of tokens that take GPU time."""

HOURS = "gpu_hours"
"""The meter of what a fleet is paid for."""

TOLD = ("throughput", "headroom", "minimum", "spares", "reserved")
"""Rows that say how a fleet is; they may not follow from what it costs."""

HOUR_OF_GPU = unit("gpu_hour / gpu / hour")


def kind_of(of: str) -> str:
    """Tell which GPU time the tokens of a meter take; empty for what is not told in tokens.

    >>> kind_of("input_tokens"), kind_of("cache_read_tokens"), kind_of("reasoning_tokens"), kind_of("requests")
    ('input', 'cached', 'output', '')
    """
    if of == "cache_read_tokens":
        return "cached"
    direction = meter(of).direction
    return "" if direction == "none" else direction


def taken(fleet: str, kind: str) -> str:
    """Name the row with the GPU-hours that a token takes."""
    return f"gpu_time.{fleet}.{kind}"


def hastening(spec: Spec, fleet: str) -> tuple[Switched, ...]:
    """List the levers that make a fleet serve more tokens in an hour."""
    return tuple(lever for lever in spec.levers if lever.kind == "quantise" and lever.where.get("vendor") == fleet)


def moving(spec: Spec) -> tuple[Switched, ...]:
    """List the levers that act on usage; the others make a fleet faster."""
    faster = {lever.name for fleet in spec.fleets for lever in hastening(spec, fleet)}
    return tuple(lever for lever in spec.levers if lever.name not in faster)


def busy_rows(spec: Spec) -> tuple[Rated, ...]:
    """List the rows of GPU-hours at work, which are known once levers have acted."""
    return tuple(Rated(row=f"busy_hours.{each}", side="hours", vendor=each) for each in spec.fleets)


def fleet_rows(spec: Spec) -> Iterator[Entry]:
    """Write the rows of all fleets."""
    for fleet in spec.fleets.values():
        yield from _told(fleet, hastening(spec, fleet.name))
        yield from _followed(fleet)
        yield from _paid(fleet)
        if fleet.energy is not None:
            yield from _drawn(fleet)


def _told(fleet: Fleet, levers: Sequence[Switched]) -> Iterator[Entry]:
    """Write what is known of a fleet before it is known what it serves."""
    own, about = fleet.label or fleet.name, partial(Entry, section="usage", line=fleet.line)
    throughput: str | Node = fleet.throughput
    if levers:
        plain = f"throughput_plain.{fleet.name}"
        yield about(name=plain, said=fleet.throughput, unit="1", label=f"{own}, throughput before levers")
        throughput = times(name(plain), *map(_hastened, levers))
    yield about(name=f"throughput.{fleet.name}", said=throughput, unit="1", label=f"{own}, throughput by reckoned")
    for kind in KINDS:
        each = f"gpu_time_reckoned.{fleet.name}.{kind}"
        said = fleet.hours.get(kind, "0")
        yield about(
            name=each, said=said, unit="gpu_hour / 1M token", label=f"{own}, GPU-hours of {kind} tokens, reckoned"
        )
        found = share(name(each), name(f"throughput.{fleet.name}"))
        yield about(name=taken(fleet.name, kind), said=found, unit="gpu_hour / token", label=f"{own}, GPU time, {kind}")
    numbers = {
        "headroom": (fleet.headroom, "1", "capacity above the load"),
        "minimum": (fleet.minimum, "replica", "replicas at least"),
        "spares": (fleet.spare, "replica", "replicas beside those of the load"),
        **({"reserved": (fleet.reserved, "gpu", "GPUs reserved")} if fleet.reserved else {}),
    }
    for word, (said, of, label) in numbers.items():
        yield about(name=f"{word}.{fleet.name}", said=said, unit=of, label=f"{own}, {label}")
    size = Number(float(fleet.gpus), unit("gpu / replica"))
    yield about(name=f"size.{fleet.name}", said=size, unit="gpu / replica", label=f"{own}, GPUs of a replica")


def _hastened(lever: Switched) -> Node:
    """Write how many times faster a lever makes a fleet, as far as it is on."""
    factor = name(f"levers.{lever.name}.use.throughput_factor")
    return plus(number(1), times(name(f"levers.{lever.name}.on"), minus(factor, number(1))))


def _followed(fleet: Fleet) -> Iterator[Entry]:
    """Write how many replicas follow the load."""
    own, about = fleet.label or fleet.name, partial(Entry, section="usage", line=fleet.line)
    of = partial(_named, fleet.name)
    yield about(
        name=of("busy_hours").name, single=False, unit="gpu_hour", total="sum", label=f"{own}, GPU-hours at work"
    )
    busy = share(share(share(of("busy_hours"), name("hours_in_month")), Number(1.0, HOUR_OF_GPU)), of("size"))
    yield about(name=of("load").name, said=busy, unit="replica", label=f"{own}, replicas at work on average")
    asked = times(of("load"), plus(number(1), of("headroom")), number(1 - ROUNDED))
    yield about(name=of("asked_load").name, said=asked, unit="replica", label=f"{own}, with headroom")
    there = call("or", call(">", of("load"), number(0)), call(">", of("minimum"), number(0)))
    spare = times(of("spares"), there)
    yield about(name=of("spare").name, said=spare, unit="replica", label=f"{own}, spare replicas")
    needed = call("replicas on", of("asked_load"), of("minimum"), fleet.curve)
    yield about(
        name=of("replicas").name, said=plus(needed, of("spare")), unit="replica", total="last", single=False,
        label=f"{own}, replicas on average", text="replicas that the load needs at each height of its week, and spares",
    )  # fmt: skip


def _named(fleet: str, row: str) -> Name:
    return name(f"{row}.{fleet}")


def _paid(fleet: Fleet) -> Iterator[Entry]:
    """Write the hours that are paid, on demand and reserved, and what of them nobody needs."""
    own, of = fleet.label or fleet.name, partial(_named, fleet.name)
    hours = partial(Entry, section="usage", line=fleet.line, unit="gpu_hour", total="sum", single=False)
    of_gpus = partial(times, name("hours_in_month"), Number(1.0, HOUR_OF_GPU))
    above: Node = of("replicas")
    if fleet.reserved:
        kept = share(of("reserved"), of("size"))
        yield Entry(
            name=of("reserved_replicas").name, said=kept, unit="replica", section="usage", line=fleet.line,
            label=f"{own}, replicas reserved",
        )  # fmt: skip
        within = minus(of("reserved_replicas"), of("spare"))
        yield Entry(
            name=of("within").name, said=call("max", of("minimum"), within), unit="replica", section="usage",
            line=fleet.line, label=f"{own}, replicas that are there in any case",
        )  # fmt: skip
        above = minus(call("replicas on", of("asked_load"), of("within"), fleet.curve), within)
    yield hours(
        name=of("on_demand_hours").name, said=of_gpus(of("size"), above), label=f"{own}, GPU-hours on demand",
        text="GPUs that are needed above those reserved, times hours",
    )  # fmt: skip
    reserved = of_gpus(of("reserved")) if fleet.reserved else Number(0.0, unit("gpu_hour"))
    yield hours(name=of("reserved_hours").name, said=reserved, label=f"{own}, GPU-hours reserved")
    paid = plus(of("on_demand_hours"), of("reserved_hours"))
    yield hours(name=of("paid_hours").name, said=paid, label=f"{own}, GPU-hours paid")
    idle = call("max", minus(of("paid_hours"), of("busy_hours")), Number(0.0, unit("gpu_hour")))
    yield hours(name=of("idle_hours").name, said=idle, label=f"{own}, GPU-hours that wait")
    kept_share = call("if", call(">", of("paid_hours"), number(0)), share(of("reserved_hours"), of("paid_hours")), 0)
    yield Entry(
        name=of("reserved_share").name, said=kept_share, unit="1", section="usage", line=fleet.line, single=False,
        label=f"{own}, share of the hours that is reserved",
    )  # fmt: skip
    yield Entry(
        name=of("utilisation").name, said=share(of("busy_hours"), of("paid_hours")), unit="1", section="usage",
        line=fleet.line, total="ratio", single=False, label=f"{own}, share of the hours at work",
    )  # fmt: skip


def _drawn(fleet: Fleet) -> Iterator[Entry]:
    """Write the energy: power at work and idle, times the building's share; see `serving.energy`."""
    assert fleet.energy is not None  # noqa: S101  see the caller
    own, of = fleet.label or fleet.name, partial(_named, fleet.name)
    about = partial(Entry, section="usage", line=fleet.line)
    said = {"busy_power": fleet.energy.busy, "idle_power": fleet.energy.idle, "pue": fleet.energy.pue}
    words = {"busy_power": "power at work by the most", "idle_power": "power idle by the most", "pue": "PUE"}
    for word, formula in said.items():
        yield about(name=of(word).name, said=formula, unit="1", label=f"{own}, {words[word]}")
    hours = plus(times(of("busy_hours"), of("busy_power")), times(of("idle_hours"), of("idle_power")))
    kilowatts = Number(fleet.energy.watts / 1000, unit("kWh / gpu_hour"))
    yield about(
        name=of("energy").name, said=times(hours, kilowatts, of("pue")), unit="kWh", total="sum", single=False,
        label=f"{own}, energy",
    )  # fmt: skip


WANTED = ("idle_hours", "reserved_share")
"""Rows of a fleet that its GPU-hours are made of."""


def fleet_program(rows: tuple[Row, ...], months: tuple[str, ...], spec: Spec) -> Program:
    """Cut out what follows from GPU-hours at work before they are priced: rows, and what they ask for, as given.

    Args:
        rows: All rows, in their order.
        months: Labels of the months.
        spec: The model.
    """
    own = {f"{word}.{fleet}" for fleet in spec.fleets for word in WANTED}
    given = {each.row for each in busy_rows(spec)}
    by_name = {row.name: row for row in rows}
    open_ = [each for each in own if each in by_name]
    while open_:
        node = by_name[open_.pop()].node
        asked = (names_of(node) if node is not None else frozenset()) - own - given
        for each in asked:
            (own if _of_fleet(each, spec) else given).add(each)
        open_ += [each for each in asked if each in own]
    kept = [
        row if row.name in own else replace(row, node=None, opening=None) for row in rows if row.name in own | given
    ]
    return Program(rows=tuple(kept), months=months)


FOLLOWING = frozenset({
    "load", "asked_load", "spare", "replicas", "reserved_replicas", "within", "on_demand_hours", "reserved_hours",
    "paid_hours", *WANTED,
})  # fmt: skip
"""Rows of a fleet that follow from its GPU-hours at work, or stand beside them."""


def _of_fleet(row: str, spec: Spec) -> bool:
    word, _, fleet = row.partition(".")
    return word in FOLLOWING and fleet in spec.fleets


def hour_labels(fleet: Fleet, usual: Mapping[str, str]) -> dict[str, str]:
    """Label the GPU-hours of a fleet for its vendor's card; what tokens say of their service is not asked there.

    Args:
        fleet: The fleet.
        usual: What is usual for all that the card asks for.
    """
    service = dict.fromkeys(("model", "provider", "region", "service_tier", "speed"), "")
    return {**service, **usual, **fleet.labels, "vendor": fleet.vendor, "fleet": fleet.name, "meter": HOURS}
