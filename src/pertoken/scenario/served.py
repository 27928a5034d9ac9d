"""Workloads as rows: requests and tokens of a month, what vendors are asked for, and what one customer uses."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from pertoken.catalog.prices import STANDARD
from pertoken.core import period
from pertoken.core.meters import METERS, meter
from pertoken.core.nodes import Node
from pertoken.rating.assign import asked_by
from pertoken.rating.card import Card
from pertoken.scenario.draft import Entry, name, number, plus, times
from pertoken.scenario.model import Flow, Kind
from pertoken.scenario.segment import Segment
from pertoken.scenario.spec import Spec, Workload
from pertoken.usage.question import above_key

TOKENS = "token"


def unit_of_meter(of: str) -> str:
    """Write the unit of a meter as formulas know it.

    >>> unit_of_meter("input_tokens"), unit_of_meter("gpu_hours")
    ('token', 'gpu_hour')
    """
    if meter(of).direction != "none":
        return TOKENS
    if of in METERS and METERS[of].unit not in ("hour", "second"):
        return METERS[of].unit.replace("-", "_").replace(" ", "_").lower()
    return of.removesuffix("s")


def workload_rows(spec: Spec) -> Iterator[Entry]:
    """Write the rows of all workloads."""
    for workload in spec.workloads:
        yield from _workload(workload)
        yield from _asked_rows(workload)


def _who(workload: Workload) -> tuple[str, ...]:
    """Segments that make a workload; one without a name where nobody in particular does."""
    return tuple(workload.each) or ("",)


def _dotted(*parts: str) -> str:
    return ".".join(part for part in parts if part)


def _workload(workload: Workload) -> Iterator[Entry]:
    own, about = workload.label or workload.name, partial(Entry, section="usage", line=workload.line)
    if workload.peak_to_mean is not None:
        yield about(
            name=f"peak_to_mean.{workload.name}", said=number(float(workload.peak_to_mean)), unit="1",
            label=f"{own}, busiest hour by the mean",
        )  # fmt: skip
    yield from _requested(workload)
    for of, said in workload.tokens.items():
        yield about(
            name=f"length.{workload.name}.{of}", said=said, unit=f"{unit_of_meter(of)} / request",
            label=f"{own}, {meter(of).label.lower()} of a request",
        )  # fmt: skip
    if workload.tokens:
        each = [name(f"length.{workload.name}.{of}") for of in workload.tokens if meter(of).direction != "none"]
        yield about(
            name=f"tokens.{workload.name}", said=times(name(f"requests.{workload.name}"), plus(*each)), unit=TOKENS,
            label=f"{own}, tokens", total="sum",
        )  # fmt: skip
    for of, said in workload.meters.items():
        yield about(
            name=f"served.{workload.name}.{of}", said=said, unit=unit_of_meter(of), label=f"{own}, {meter(of).label}",
            total="sum",
        )  # fmt: skip


def _requested(workload: Workload) -> Iterator[Entry]:
    """Write the requests of each segment, and of all."""
    own, about = workload.label or workload.name, partial(Entry, section="usage", line=workload.line)
    for segment, said in workload.each.items():
        yield about(
            name=f"each.{workload.name}.{segment}", said=said, unit="request / customer",
            label=f"{own}, requests of one customer of {segment}",
        )  # fmt: skip
        asked = times(name(f"customers.{segment}"), name(f"each.{workload.name}.{segment}"))
        yield about(
            name=f"requests.{workload.name}.{segment}", said=asked, unit="request", total="sum",
            label=f"{own}, requests of {segment}",
        )  # fmt: skip
    parts: list[Node] = [name(f"requests.{workload.name}.{segment}") for segment in workload.each]
    if parts or workload.requests:
        yield about(
            name=f"requests.{workload.name}", said=plus(*parts) if parts else workload.requests, unit="request",
            label=f"{own}, requests", total="sum",
        )  # fmt: skip


def _asked_rows(workload: Workload) -> Iterator[Entry]:
    """Write what a vendor is asked for by each segment."""
    if not (workload.vendor or workload.served_on) or workload.meters:
        return
    own = workload.label or workload.name
    for segment in _who(workload):
        for of in workload.tokens:
            asked = times(name(_dotted("requests", workload.name, segment)), name(f"length.{workload.name}.{of}"))
            yield Entry(
                name=_dotted("asked", workload.name, segment, of),
                said=asked,
                unit=unit_of_meter(of),
                section="usage",
                label=f"{own}, {meter(of).label}{f' of {segment}' if segment else ''}",
                total="sum",
                line=workload.line,
            )


def asked(spec: Spec) -> dict[str, tuple[Flow, ...]]:
    """List what each vendor and each fleet is asked for, before levers."""
    found: dict[str, list[Flow]] = {asked: [] for asked in (*spec.vendors, *spec.fleets)}
    for workload in spec.workloads:
        who = workload.vendor or workload.served_on
        if not who:
            continue
        cards = spec.vendors[workload.vendor].cards if workload.vendor else ()
        labels = {**asked_for(cards), "workload": workload.name, **workload.labels}
        if workload.meters:
            flows = [
                Flow(labels={**labels, "segment": "", "meter": of}, row=f"served.{workload.name}.{of}")
                for of in workload.meters
            ]
        else:
            flows = [
                Flow(
                    labels={**labels, "segment": segment, "meter": of}, row=_dotted("asked", workload.name, segment, of)
                )
                for segment in _who(workload)
                for of in workload.tokens
            ]
            flows += [
                Flow(
                    labels={**labels, "segment": segment, "meter": "requests"},
                    row=_dotted("requests", workload.name, segment),
                )
                for segment in _who(workload)
            ]
        found[who] += flows
    return {vendor: tuple(flows) for vendor, flows in found.items()}


def kind_rows(spec: Spec) -> Iterator[Entry]:
    """Write how many customers of each kind there are, and what one of them uses."""
    for segment in spec.segments:
        for kind, size in _classes(segment):
            yield from _kind(segment, kind, size, spec)


def _classes(segment: Segment) -> list[tuple[str, str]]:
    """Name the kinds of a segment and the row with the size of each; none where nobody bills them."""
    if not segment.plan:
        return []
    if segment.sizes is None:
        return [(segment.name, "")]
    count = len(segment.sizes.parts) or segment.sizes.classes
    return [(f"{segment.name}/{i}", f"{segment.name}.{i}") for i in range(1, count + 1)]


def _kind(segment: Segment, kind: str, size: str, spec: Spec) -> Iterator[Entry]:
    key = kind.replace("/", ".")
    about = partial(Entry, section=f"plans.{segment.plan}", line=segment.line)
    own = (segment.label or segment.name) + (f", class {size.rpartition('.')[2]}" if size else "")
    here: Node = name(f"customers.{segment.name}")
    if size:
        yield about(
            name=f"there.{key}",
            said=times(here, name(f"share.{size}")),
            unit="customer",
            label=f"{own}: customers",
            total="last",
        )
    for workload, of in _used(segment, spec):
        quantity: Node = name(f"each.{workload.name}.{segment.name}")
        if of != "requests":
            quantity = times(quantity, name(f"length.{workload.name}.{of}"))
        if size:
            quantity = times(quantity, name(f"size.{size}"))
        if segment.is_contract:
            quantity = times(quantity, name(f"runs.{segment.name}"))
        unit = f"{unit_of_meter(of)} / customer"
        yield about(
            name=f"uses.{key}.{workload.name}.{of}",
            said=quantity,
            unit=unit,
            label=f"{own}: {meter(of).label.lower()} of one, {workload.label or workload.name}",
            total="sum",
        )


def _used(segment: Segment, spec: Spec) -> Iterator[tuple[Workload, str]]:
    for workload in spec.workloads:
        if segment.name in workload.each:
            for of in (*workload.tokens, "requests"):
                yield workload, of


def kinds(spec: Spec) -> tuple[Kind, ...]:
    """List whom the plans bill: one of each kind of customers, and how many they are."""
    return tuple(
        Kind(
            name=kind,
            segment=segment.name,
            plan=segment.plan,
            weight=f"there.{kind.replace('/', '.')}" if size else f"customers.{segment.name}",
            flows=tuple(
                Flow(
                    labels=_labels(segment, kind, workload, of, spec),
                    row=f"uses.{kind.replace('/', '.')}.{workload.name}.{of}",
                )
                for workload, of in _used(segment, spec)
            ),
            begins=segment.begins,
            ends=segment.ends,
        )
        for segment in spec.segments
        for kind, size in _classes(segment)
    )


def _labels(segment: Segment, kind: str, workload: Workload, of: str, spec: Spec) -> Mapping[str, str]:
    return {
        **asked_for([spec.plans[segment.plan]]),
        "customer": kind,
        "segment": segment.name,
        "plan": segment.plan,
        "workload": workload.name,
        **workload.labels,
        "meter": of,
    }


def asked_for(cards: Sequence[Card]) -> dict[str, str]:
    """Say of all that cards ask for that it is as usual: not in a batch, at the standard tier, of ordinary length."""
    names = set[str]().union(*(asked_by(card) for card in cards)) - set(period.GRAINS)
    usual = {"batch": "false", "service_tier": STANDARD, "speed": STANDARD, above_key("prompt_tokens"): "0"}
    return {"batch": "false"} | {name: usual.get(name, "") for name in sorted(names)}
