"""Segments as rows: who was there, who leaves, moves on and joins, and how usage differs among them."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial

from pertoken.core.nodes import Name, Node, Number
from pertoken.core.units import unit
from pertoken.scenario.draft import Entry, call, minus, name, number, plus, share, since, times
from pertoken.scenario.segment import Segment
from pertoken.scenario.spec import Spec

WHO = "customer"
"""Unit of customers."""


def customer_rows(spec: Spec) -> Iterator[Entry]:
    """Write the rows of all segments, and of all customers together."""
    for segment in spec.segments:
        yield from _contract(segment, spec) if segment.is_contract else _segment(segment, spec)
    if spec.segments:
        everyone = plus(*(name(f"customers.{each.name}") for each in spec.segments))
        yield Entry(
            name="customers", said=everyone, unit=WHO, section="customers", label="Customers, all", total="last"
        )


def _contract(segment: Segment, spec: Spec) -> Iterator[Entry]:
    """Write a named customer: one from its first month to its end."""
    own = segment.label or segment.name
    runs: Node = since(segment.begins)
    runs = minus(runs, since(segment.ends)) if segment.ends else runs
    yield Entry(name=f"runs.{segment.name}", said=runs, unit="1", label=f"{own}, runs", section="customers")
    here: Node = times(Number(1.0, unit(WHO)), name(f"runs.{segment.name}"))
    if segment.leaves:
        here = times(here, minus(number(1), name(f"event.{segment.leaves}")))
    common = partial(Entry, section="customers", unit=WHO, line=segment.line)
    start = Number(float(segment.begins < spec.calendar.start), unit(WHO))
    yield common(name=f"start.{segment.name}", said=start, single=True, label=f"{own}, at the start")
    yield common(
        name=f"customers.{segment.name}", said=here, opening=name(f"start.{segment.name}"), label=own, total="last"
    )
    change = minus(name(f"customers.{segment.name}"), call("prev", name(f"customers.{segment.name}")))
    joined = call("max", number(0), change)
    left = call("max", number(0), minus(number(0), change))
    yield common(name=f"new.{segment.name}", said=joined, label=f"{own}, begins", total="sum")
    yield common(name=f"churned.{segment.name}", said=left, label=f"{own}, ends", total="sum")


def _segment(segment: Segment, spec: Spec) -> Iterator[Entry]:
    own = segment.label or segment.name
    common = partial(Entry, section="customers", unit=WHO, line=segment.line)
    before = call("prev", name(f"customers.{segment.name}"))
    yield common(name=f"start.{segment.name}", said=segment.start, single=True, label=f"{own}, at the start")
    yield common(name=f"new.{segment.name}", said=segment.new, label=f"{own}, new", total="sum")
    for to, said in segment.to.items():
        rate = Name(f"moving.{segment.name}.{to}")
        yield Entry(name=rate.name, said=said, unit="1", section="customers", label=f"{own}, share that moves to {to}")
        moved = times(before, rate)
        yield common(name=f"moved.{segment.name}.{to}", said=moved, label=f"{own}, to {to}", total="sum")
    joined = plus(name(f"new.{segment.name}"), *(name(f"moved.{each}.{segment.name}") for each in _from(segment, spec)))
    if segment.churn_by_age:
        yield from _ages(segment, joined)
        return
    yield Entry(
        name=f"leaving.{segment.name}",
        said=segment.churn or number(0),
        unit="1",
        section="customers",
        label=f"{own}, share that leaves",
        line=segment.line,
    )
    left = times(before, name(f"leaving.{segment.name}"))
    yield common(name=f"churned.{segment.name}", said=left, label=f"{own}, leave", total="sum")
    gone = [name(f"churned.{segment.name}"), *(name(f"moved.{segment.name}.{to}") for to in segment.to)]
    here = plus(minus(before, *gone), joined)
    yield common(
        name=f"customers.{segment.name}", said=here, opening=name(f"start.{segment.name}"), label=own, total="last"
    )


def _from(segment: Segment, spec: Spec) -> list[str]:
    """Name the segments whose customers move on to one."""
    return [each.name for each in spec.segments if segment.name in each.to]


def _ages(segment: Segment, joined: Node) -> Iterator[Entry]:
    """Write customers by the months since they joined; those who were there at the start are of the last age."""
    own = segment.label or segment.name
    common = partial(Entry, section="customers", unit=WHO, line=segment.line)
    oldest = len(segment.churn_by_age)
    age = [name(f"aged.{segment.name}.{i}") for i in range(oldest + 1)]
    leaving = [name(f"leaving.{segment.name}.{i + 1}") for i in range(oldest)]
    for rate, said in zip(leaving, segment.churn_by_age, strict=True):
        months = rate.name.rpartition(".")[2]
        yield Entry(
            name=rate.name,
            said=said,
            unit="1",
            section="customers",
            label=f"{own}, share that leaves in month {months}",
            line=segment.line,
        )
    moving = [name(f"moving.{segment.name}.{to}") for to in segment.to]
    yield common(name=age[0].name, said=joined, label=f"{own}, joined this month")
    for i in range(1, oldest + 1):
        there = call("prev", age[i - 1])
        there = plus(there, call("prev", age[i])) if i == oldest else there
        stay = minus(number(1), leaving[i - 1], *moving)
        yield common(
            name=age[i].name,
            said=times(there, stay),
            label=f"{own}, joined {i} months ago or more" if i == oldest else f"{own}, joined {i} months ago",
            opening=name(f"start.{segment.name}") if i == oldest else None,
        )
    lost: list[Node] = [
        times(plus(call("prev", age[i - 1]), *([call("prev", age[i])] if i == oldest else [])), leaving[i - 1])
        for i in range(1, oldest + 1)
    ]
    yield common(name=f"churned.{segment.name}", said=plus(*lost), label=f"{own}, leave", total="sum")
    yield common(
        name=f"customers.{segment.name}",
        said=plus(*age),
        label=own,
        total="last",
        opening=name(f"start.{segment.name}"),
    )


def size_rows(segment: Segment) -> Iterator[Entry]:
    """Write how many times the mean each class of a segment uses, and what share of its customers it is.

    For a lognormal spread the mean of a class of equally many is what lies between its edges of the distribution moved
    by its standard deviation: the partial expectation of a lognormal (Johnson, Kotz and Balakrishnan 1994, 14.3).
    """
    sizes = segment.sizes
    if sizes is None:
        return
    own, about = segment.label or segment.name, partial(Entry, section="customers", line=segment.line)
    if sizes.parts:
        mean = sum((part * size for part, size in sizes.parts), Decimal(0))
        whole = sum((part for part, _ in sizes.parts), Decimal(0))
        for i, (part, size) in enumerate(sizes.parts, 1):
            yield about(
                name=f"share.{segment.name}.{i}",
                said=number(float(part / whole)),
                unit="1",
                label=f"{own}, share of class {i}",
            )
            yield about(
                name=f"size.{segment.name}.{i}",
                said=number(float(size * whole / mean)),
                unit="1",
                label=f"{own}, usage of class {i} by the mean",
            )
        return
    count = sizes.classes
    spread = Name(f"spread.{segment.name}")
    yield about(name=spread.name, said=sizes.spread, unit="1", label=f"{own}, spread of usage")
    yield about(name=f"classes.{segment.name}", said=number(count), label=f"{own}, classes of usage")
    for i in range(1, count + 1):
        yield about(
            name=f"share.{segment.name}.{i}",
            said=share(number(1), name(f"classes.{segment.name}")),
            unit="1",
            label=f"{own}, share of class {i}",
        )
        between = minus(_below(i, count, segment, spread), _below(i - 1, count, segment, spread))
        yield about(
            name=f"size.{segment.name}.{i}",
            said=times(name(f"classes.{segment.name}"), between),
            unit="1",
            label=f"{own}, usage of class {i} by the mean",
        )


def _below(edge: int, count: int, segment: Segment, spread: Name) -> Node:
    """Share of all usage that lies below an edge of the classes."""
    if edge in (0, count):
        return number(edge // count)
    part = share(number(edge), name(f"classes.{segment.name}"))
    return call("normal", minus(call("normal_inverse", part), spread))
