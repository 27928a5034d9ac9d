"""The compiled model: rows that follow from each other, what is asked of vendors, and whom the plans bill."""

from collections.abc import Mapping
from dataclasses import dataclass

from pertoken.scenario.program import Program
from pertoken.scenario.spec import Assumption, Event, Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Usage of one kind, month by month.

    Args:
        labels: What it is: `meter`, `workload`, `segment`, `model`...
        row: Row of the program that holds its quantity. [unit of the meter]
    """

    labels: Mapping[str, str]
    row: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """Customers who are alike down to their usage: one stands for all of them on their plan.

    Args:
        name: Label of the one (`pro/3`).
        segment: Their segment.
        plan: Their plan.
        weight: Row with how many they are, by month. [customer]
        flows: What one of them uses.
        begins: First month of their contract; empty for the model's first.
        ends: Month in which it is over; empty for no end.
    """

    name: str
    segment: str
    plan: str
    weight: str
    flows: tuple[Flow, ...]
    begins: str = ""
    ends: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rated:
    """Money that the cards say: a row whose numbers come from rating.

    Args:
        row: Name of the row.
        side: `cost` or `revenue`; `hours` for GPU-hours that a fleet works, which are known once levers have acted.
        amount: Which of the amounts of the ledger it is: `effective`, or `billed` for cash.
        segment: Whose; empty for all.
        workload: Of what; empty for what no workload causes by itself (fees, minimums, what is reserved and idle).
        vendor: Who is paid, for a cost.
    """

    row: str
    side: str
    amount: str = "effective"
    segment: str = ""
    workload: str = ""
    vendor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A model, compiled: all that the interpreters need.

    Args:
        spec: What was said.
        inputs: Inputs by name, with growths, walks, and chances of events.
        entries: Row that holds the value of each input.
        shocks: Rows of standard normal shocks by month, zero in named cases, by the input whose walk they drive.
        happenings: Rows with the number of the month in which an event happens, 0 for never, by event.
        events: Events by name.
        before: Rows up to the usage; those without a formula are inputs.
        fleets: Of these, rows that follow from what fleets work, before it is priced.
        after: Rows that follow from what was rated; those without a formula are rated, or stand in `before`.
        asked: What is asked of each vendor, before levers.
        kinds: Whom the plans bill.
        rated: Rows that rating fills.
        headline: Rows that are shown first, in order.
        checks: Rows of the modeller's checks: 1 where one holds.
    """

    spec: Spec
    inputs: Mapping[str, Assumption]
    entries: Mapping[str, str]
    shocks: Mapping[str, str]
    happenings: Mapping[str, str]
    events: Mapping[str, Event]
    before: Program
    fleets: Program
    after: Program
    asked: Mapping[str, tuple[Flow, ...]]
    kinds: tuple[Kind, ...]
    rated: tuple[Rated, ...]
    headline: tuple[str, ...]
    checks: tuple[str, ...]

    @property
    def months(self) -> tuple[str, ...]:
        """Labels of the months."""
        return self.before.months
