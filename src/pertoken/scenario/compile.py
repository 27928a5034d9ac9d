"""Compile: what a model says becomes rows in order, units checked, split where the cards are asked."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import chain

import numpy as np

from pertoken.core.errors import Fault, InputError
from pertoken.core.formula import checked, formula
from pertoken.core.nodes import Node
from pertoken.core.nodes import names as names_of
from pertoken.core.units import Unit, unit
from pertoken.scenario.assumed import (
    assumed_rows,
    calendar_rows,
    entry_of,
    event_rows,
    every_input,
    varies,
)
from pertoken.scenario.draft import Entry
from pertoken.scenario.foretold import asked_alone, foretold_rows, not_foretold
from pertoken.scenario.model import Model
from pertoken.scenario.order import by_month, ordered
from pertoken.scenario.owned import TOLD, fleet_program, fleet_rows
from pertoken.scenario.peopled import customer_rows, size_rows
from pertoken.scenario.program import Program, Row
from pertoken.scenario.reckoned import rated, result_rows
from pertoken.scenario.served import asked, kind_rows, kinds, workload_rows
from pertoken.scenario.spec import Spec


def months_of(spec: Spec) -> tuple[str, ...]:
    """List the months of a model.

    >>> from pertoken.scenario.spec import Calendar
    >>> months_of(Spec(name="m", calendar=Calendar(start="2026-11", months=3)))
    ('2026-11', '2026-12', '2027-01')
    """
    begin = np.datetime64(spec.calendar.start, "M")
    return tuple(str(begin + i) for i in range(spec.calendar.months))


def compiled(spec: Spec) -> Model:
    """Compile a model.

    Raises:
        InputError: Names that nobody knows, rings, units that do not fit; all of them, with file and line.
    """
    months = months_of(spec)
    entries = _entries(spec)
    rows = _resolved(entries, spec)
    money = rated(spec)
    after = _downstream(rows, {each.row for each in money})
    _told_apart(rows, after, spec)
    _steady(spec)
    before = tuple(row for row in rows if row.name not in after)
    varying = [said for said in spec.assumptions.values() if said.walk is not None]
    return Model(
        spec=spec,
        inputs=every_input(spec),
        entries={name: entry_of(said) for name, said in every_input(spec).items()},
        shocks={said.name: f"{said.name}.shock" for said in varying},
        happenings={event.name: f"event.{event.name}.month" for event in spec.events},
        events={event.name: event for event in spec.events},
        before=Program(rows=before, months=months),
        fleets=fleet_program(rows, months, spec),
        after=Program(rows=_with_given(rows, after), months=months),
        asked=asked(spec),
        kinds=kinds(spec),
        rated=money,
        headline=_headline(rows),
        checks=tuple(f"checks.{check.name}" for check in spec.checks),
    )


def _with_given(rows: tuple[Row, ...], after: frozenset[str]) -> tuple[Row, ...]:
    """The rows after rating, and those before it that they ask for, as given."""
    own = [row for row in rows if row.name in after]
    needed = frozenset[str]().union(
        *(names_of(node) for row in own for node in (row.node, row.opening) if node is not None)
    )
    given = [replace(row, node=None, opening=None) for row in rows if row.name in needed - after]
    return (*given, *own)


HEADLINE = (
    "requests",
    "customers",
    "revenue",
    "cost_of_revenue",
    "gross_margin",
    "gross_margin_share",
    "acquisition",
    "contribution",
    "operating",
    "one_off",
    "total_cost",
    "operating_result",
    "cash",
    "cumulative_cash",
    "arpu",
    "cost_to_serve",
    "cac",
    "ltv",
    "ltv_to_cac",
    "payback_months",
    "nrr",
    "grr",
)
"""Rows that are shown first where a model has them."""


def _headline(rows: Iterable[Row]) -> tuple[str, ...]:
    known = {row.name for row in rows}
    return tuple(name for name in HEADLINE if name in known)


def _entries(spec: Spec) -> dict[str, Entry]:
    """Write all entries down; a name may stand once."""
    every = [
        calendar_rows(),
        *map(assumed_rows, spec.assumptions.values()),
        *map(event_rows, spec.events),
        foretold_rows(spec),
        _said_of_levers(spec),
        _driven(spec),
        customer_rows(spec),
        *map(size_rows, spec.segments),
        *(rows(spec) for rows in (workload_rows, kind_rows, fleet_rows, result_rows, _changes, _promised)),
    ]
    return _once(chain.from_iterable(every), spec)


def _said_of_levers(spec: Spec) -> Iterator[Entry]:
    for lever in spec.levers:
        for name, text in lever.parameters.items():
            yield Entry(
                name=f"levers.{lever.name}.use.{name}", said=text, unit="1", section="levers", line=lever.line,
                label=f"{lever.name}: {name.replace('_', ' ')}",
            )  # fmt: skip


def _driven(spec: Spec) -> Iterator[Entry]:
    for each in spec.drivers:
        yield Entry(
            name=each.name, said=each.formula, unit=each.unit, opening=each.start or None, label=each.label,
            text=each.formula, line=each.line,
        )  # fmt: skip


def _changes(spec: Spec) -> Iterator[Entry]:
    """Write by how much vendors change their prices."""
    for vendor in spec.vendors.values():
        if vendor.change:
            yield Entry(
                name=f"vendors.{vendor.name}.change", said=vendor.change, unit="1", section=f"vendors.{vendor.name}",
                label=f"{vendor.name}: prices by those of today", line=vendor.line,
            )  # fmt: skip


def _promised(spec: Spec) -> Iterator[Entry]:
    for check in spec.checks:
        yield Entry(
            name=f"checks.{check.name}", said=check.formula, unit="1", section="checks", label=check.name,
            text=check.formula, line=check.line,
        )  # fmt: skip


def _once(every: Iterable[Entry], spec: Spec) -> dict[str, Entry]:
    out: dict[str, Entry] = {}
    wrong = []
    for entry in every:
        if entry.name in out:
            found = f"{entry.name!r} is said twice"
            wrong.append(Fault(_place(entry, spec), found, "one quantity of a name", "rename one of them"))
        out[entry.name] = entry
    if wrong:
        raise InputError.of(wrong)
    return out


def _place(entry: Entry | Row, spec: Spec) -> str:
    return f"{spec.source}:{entry.line}" if entry.line else spec.source


def _resolved(entries: Mapping[str, Entry], spec: Spec) -> tuple[Row, ...]:
    """Read all formulas, put the rows in order and check their units; all that is wrong is told at once."""
    wrong: list[Fault] = []
    rows = [row for entry in entries.values() if (row := _read(entry, spec, wrong)) is not None]
    wrong += not_foretold(rows, spec)
    if wrong:
        raise InputError.of(wrong)
    in_order = ordered(_timed(asked_alone(rows), entries), source=spec.source)
    return _checked(in_order, entries, spec)


def _timed(rows: Iterable[Row], entries: Mapping[str, Entry]) -> tuple[Row, ...]:
    """Find which rows are by month: those that say so, those that are summed, and those that follow from such."""
    listed = tuple(rows)
    timed = {row.name: entries[row.name].single is False or row.total == "sum" for row in listed}
    more = True
    while more:
        more = False
        for row in listed:
            if row.node is None or timed[row.name] or not names_of(row.node) <= set(timed):
                continue
            timed[row.name] = by_month(row.node, timed)
            more = more or timed[row.name]
    return tuple(replace(row, by_month=timed[row.name]) for row in listed)


def _read(entry: Entry, spec: Spec, wrong: list[Fault]) -> Row | None:
    try:
        said, opening = _node(entry.said, spec), _node(entry.opening, spec)
        own = unit(entry.unit, spec.units) if entry.unit else Unit()
    except InputError as error:
        wrong.append(Fault(_place(entry, spec), f"{entry.name}: {error}"))
        return None
    text = entry.text or (entry.said if isinstance(entry.said, str) else "")
    return Row(
        name=entry.name,
        unit=own,
        node=said,
        opening=opening,
        section=entry.section,
        label=entry.label,
        text=text,
        total=entry.total,
        source=entry.source,
        line=entry.line,
    )


def _node(said: str | Node | None, spec: Spec) -> Node | None:
    if isinstance(said, str):
        return formula(said, spec.units).node
    return said


def _checked(rows: tuple[Row, ...], entries: Mapping[str, Entry], spec: Spec) -> tuple[Row, ...]:
    """Check the units of rows in their order, and that what is to be one number is one."""
    units: dict[str, Unit] = {row.name: row.unit for row in rows if entries[row.name].unit or row.node is None}
    wrong: list[Fault] = []
    out = []
    for row in rows:
        try:
            made = _one(row, entries[row.name], units)
        except InputError as error:
            wrong.append(Fault(_place(row, spec), f"{row.name}: {error}"))
            units.setdefault(row.name, Unit())
            continue
        units[row.name] = made.unit
        out.append(made)
    if wrong:
        raise InputError.of(wrong)
    return tuple(out)


def _one(row: Row, entry: Entry, units: Mapping[str, Unit]) -> Row:
    if row.node is None:
        return row
    if not entry.unit and not names_of(row.node) <= set(units):
        msg = "it follows from itself in the month before; expected its unit, as `unit: customer`"
        raise InputError(msg)
    node, own = checked(row.node, units, row.unit if entry.unit else None)
    opening = row.opening
    if opening is not None:
        opening, _ = checked(opening, units, own)
    if entry.single and row.by_month:
        msg = "one number is expected, but the formula gives one for each month; say total(), first() or last()"
        raise InputError(msg)
    return replace(row, node=node, unit=own, opening=opening)


def _downstream(rows: Iterable[Row], of: set[str]) -> frozenset[str]:
    """Name the rows that follow from some others, and these themselves."""
    found = set(of)
    more = True
    listed = list(rows)
    while more:
        more = False
        for row in listed:
            asked_for = names_of(row.node) if row.node is not None else frozenset()
            if row.name not in found and asked_for & found:
                found.add(row.name)
                more = True
    return frozenset(found)


def _told_apart(rows: Iterable[Row], after: frozenset[str], spec: Spec) -> None:
    """Refuse usage that depends on what it earns or costs: the cards are asked once."""
    needed = {flow.row for flows in asked(spec).values() for flow in flows}
    needed |= {row for kind in kinds(spec) for row in (kind.weight, *(flow.row for flow in kind.flows))}
    needed |= {f"levers.{lever.name}.use.{name}" for lever in spec.levers for name in lever.parameters}
    needed |= {f"vendors.{name}.change" for name in spec.vendors}
    needed |= {f"{word}.{name}" for name in spec.fleets for word in TOLD}
    wrong = [
        Fault(
            _place(row, spec),
            f"{row.name} is usage, and follows from what is earned or paid",
            "usage that follows from assumptions only",
            "break the ring: put an assumption in its place",
        )
        for row in rows
        if row.name in needed & after
    ]
    if wrong:
        raise InputError.of(wrong)


def _steady(spec: Spec) -> None:
    """Refuse an assumption that changes by month in the place of a card's number: a card holds one for all months."""
    wrong = [
        Fault(
            f"{spec.source}:{said.line}" if said.line else spec.source,
            f"{said.name} changes by month, and stands on the card {each.card}",
            "one number for all months",
            "say `phases` on a plan, or `change` of a vendor, for prices that change",
        )
        for each in spec.placed
        if (said := spec.assumptions.get(each.name)) is not None and varies(said)
    ]
    if wrong:
        raise InputError.of(wrong)
