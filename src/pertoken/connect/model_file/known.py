"""Names that parts of a model have for each other: each must be there."""

from collections.abc import Iterable

from pertoken.connect.model_file.reading import Reading
from pertoken.connect.placed import Placed
from pertoken.connect.yaml_file import Path
from pertoken.scenario.owned import kind_of
from pertoken.scenario.spec import Spec, Workload

HOUSE = ("month", "days_in_month", "hours_in_month", "calendar_month")
"""Names that are always there."""


def check_names(reading: Reading, data: Placed, spec: Spec) -> None:
    """Refuse names that mean nothing, with the nearest; parts that are wrong themselves are there all the same."""
    _segments(reading, _said(data, "plans", spec.plans), spec)
    _workloads(reading, _said(data, "vendors"), _said(data, "fleets"), spec)
    _fleets(reading, _said(data, "vendors"), spec)
    _levers(reading, spec)
    _twice(reading, spec)


def _said(data: Placed, section: str, made: Iterable[str] = ()) -> list[str]:
    """Name the parts of a section, those that could be read and those that could not."""
    said = data.get(section)
    return [*dict.fromkeys([*made, *(said if isinstance(said, Placed) else ())])]


def _segments(reading: Reading, plans: list[str], spec: Spec) -> None:
    names, events = [each.name for each in spec.segments], [each.name for each in spec.events]
    for each in spec.segments:
        path = ("segments", each.name)
        if each.plan:
            reading.one_of(each.plan, plans, (*path, "plan"), "plan")
        for other in each.to:
            if reading.one_of(other, names, (*path, "to", other), "segment") and other == each.name:
                reading.refuse((*path, "to", other), f"customers of {other} move on to {other}", "another segment")
        if each.leaves:
            reading.one_of(each.leaves, events, (*path, "leaves"), "event")


def _fleets(reading: Reading, vendors: list[str], spec: Spec) -> None:
    for each in spec.fleets.values():
        path = ("fleets", each.name)
        if each.vendor:
            reading.one_of(each.vendor, vendors, (*path, "vendor"), "vendor")
        if each.name in vendors:
            reading.refuse(path, f"a fleet and a vendor are named {each.name}", "two names", "rename one")


def _workloads(reading: Reading, vendors: list[str], fleets: list[str], spec: Spec) -> None:
    names = [each.name for each in spec.segments]
    for each in spec.workloads:
        path = ("workloads", each.name)
        if each.vendor:
            reading.one_of(each.vendor, vendors, (*path, "vendor"), "vendor")
        if each.served_on:
            reading.one_of(each.served_on, fleets, (*path, "served_on"), "fleet")
            _in_tokens(reading, each, path)
        for segment in each.each:
            reading.one_of(segment, names, (*path, "each", segment), "segment")


def _in_tokens(reading: Reading, workload: Workload, path: Path) -> None:
    """Refuse what a fleet has no time for."""
    for meter in workload.tokens:
        if not kind_of(meter):
            found = f"workload {workload.name} has {meter}, and is served on a fleet, which has a time for tokens only"
            reading.refuse((*path, "tokens"), found, "tokens alone", "make a workload of its own with a vendor")


def _levers(reading: Reading, spec: Spec) -> None:
    served = [*spec.vendors, *spec.fleets]
    for each in spec.levers:
        if "vendor" in each.to:
            reading.one_of(each.to["vendor"], served, ("levers", each.name, "to"), "vendor or fleet")
        if "workload" in each.where:
            known = [workload.name for workload in spec.workloads]
            reading.one_of(each.where["workload"], known, ("levers", each.name, "workload"), "workload")


def _twice(reading: Reading, spec: Spec) -> None:
    """Refuse a driver that has the name of an input or of the house, and cards of one name."""
    for each in spec.drivers:
        if each.name in spec.assumptions or each.name in HOUSE:
            other = "an input" if each.name in spec.assumptions else "a quantity of the house"
            reading.at(each.line, f"{each.name} is a driver and {other}", "one", "rename one")
    for name in HOUSE:
        if name in spec.assumptions:
            reading.at(spec.assumptions[name].line, f"{name} is an input and a quantity of the house", "another name")
    cards = [card.name for vendor in spec.vendors.values() for card in vendor.cards]
    for name in dict.fromkeys(each for each in [*spec.plans, *cards] if [*spec.plans, *cards].count(each) > 1):
        line = spec.vendors[name].line if name in spec.vendors else 0
        reading.at(line, f"two cards are named {name}", "one name for each plan and vendor", "rename one")
