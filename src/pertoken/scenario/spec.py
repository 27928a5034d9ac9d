"""The model file in its typed form: what the modeller said, before anything is reckoned."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

from pertoken.core.nodes import Sample
from pertoken.rating.card import Card
from pertoken.scenario.fleet import Fleet
from pertoken.scenario.segment import Segment

Per = Literal["month", "year"]

CASES = ("low", "base", "high")
"""The named cases that every model has; an assumption may say what it is in `low` and `high`."""

CLASSES = ("cost_of_revenue", "acquisition", "operating", "one_off")
"""What a cost counts as: `cost_of_revenue` lowers the gross margin, `acquisition` makes CAC, the others the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The months of a model.

    Args:
        start: First month (`2027-01`).
        months: How many there are.
        prices: Day at which catalogs are asked for prices; the first day of the first month if None.
    """

    start: str
    months: int
    prices: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How unsure a number is.

    Args:
        kind: Name of a distribution of `core.distribution`; `p10_p90` for the three points of most models.
        parameters: Its parameters by name; `p10` and `p90` for the default, with the value as the median.
    """

    kind: str
    parameters: Mapping[str, tuple[Decimal, ...] | Decimal]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumption:
    """A number that somebody believes, with what it is and where it comes from.

    Args:
        name: Name in formulas, dots included.
        value: Value in the base case, in the first month. [unit]
        unit: Unit as written (`token / request`, `USD / 1M token`, `%`).
        label: What a person calls it; the name if empty.
        source: Where it comes from.
        as_of: When it was so.
        spread: How unsure it is; None for certain.
        growth: What it grows by, as an assumption of its own, named `NAME.growth`; None if it does not.
        growth_per: Time in which it grows by so much.
        season: Factors for January to December; empty if none.
        steps: Value from a month on, until the next.
        walk: Monthly standard deviation of a random walk of its logarithm, named `NAME.walk`; None for no walk.
        cases: Value in other cases and scenarios (`low`, `high`), where the assumption says so itself.
        line: Line of the model's file.
    """

    name: str
    value: Decimal
    unit: str = "1"
    label: str = ""
    source: str = ""
    as_of: date | None = None
    spread: Spread | None = None
    growth: "Assumption | None" = None
    growth_per: Per = "month"
    season: tuple[Decimal, ...] = ()
    steps: Mapping[str, Decimal] = field(default_factory=dict)
    walk: "Assumption | None" = None
    cases: Mapping[str, Decimal] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """A quantity that follows from others.

    Args:
        name: Name in formulas.
        formula: How it follows.
        unit: Unit that the modeller expects; checked. Empty to take what comes out.
        start: Formula of its value before the first month, for `prev(NAME)`; empty for 0.
        label: What a person calls it.
        line: Line of the model's file.
    """

    name: str
    formula: str
    unit: str = ""
    start: str = ""
    label: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is asked of models: requests a month and what each takes.

    Args:
        name: Name; makes the quantities `requests.NAME`.
        requests: Formula of the requests of a month, all together; empty where `each` says them.
        each: Formula of the requests of one customer of a segment in a month, by segment.
        tokens: Formula of the tokens of one request, by leaf meter (`input_tokens`, `cache_read_tokens`...).
        meters: Formula of other quantities of a month, by leaf meter (`gpu_hours`): what serves it instead of tokens.
            Where there are any, the vendor is asked for these and not for the tokens.
        vendor: Name of the vendor that serves it; empty where it costs nothing by usage.
        served_on: Name of the fleet that serves it instead; empty for none.
        labels: Labels of its usage for the vendor's card: `model`, `provider`, `batch`, `service_tier`...
        peak_to_mean: Traffic of the busiest hour by the mean hour; makes `peak_to_mean.NAME`. None if not said.
        label: What a person calls it.
        line: Line of the model's file.
    """

    name: str
    requests: str = ""
    each: Mapping[str, str] = field(default_factory=dict)
    tokens: Mapping[str, str] = field(default_factory=dict)
    meters: Mapping[str, str] = field(default_factory=dict)
    vendor: str = ""
    served_on: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    peak_to_mean: Decimal | None = None
    label: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A number of a card that is an input of the model.

    Args:
        card: Name of the card.
        path: Where it stands in the record, as attributes, keys and indices:
            `("prices", "tokens", "curve", "tiers", 0, "rate")`.
        name: The assumption that it is; a number that stands bare on a card is one of its own, named by its place
            (`plans.pro.tokens.rate`, `plans.pro.tokens.tier_2.rate`, `vendors.llm.gpt-4o.input_tokens`).
        scale: What the assumption is multiplied by to be in the card's unit.
    """

    card: str
    path: tuple[str | int, ...]
    name: str
    scale: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """Who serves, and what they charge.

    Args:
        name: Name.
        cards: Their cards (party `vendor`); from a file, written in the model, or list prices of a catalog as a card.
        change: Formula of a factor of their prices by month (`1 - 0.3 * event.price_cut`); empty for none.
        line: Line of the model's file.
    """

    name: str
    cards: tuple[Card, ...]
    change: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Switched:
    """A lever: what it does, on or off.

    Args:
        name: Name; its switch is the input `levers.NAME.on` (1 or 0), its parameters `levers.NAME.PARAMETER`.
        kind: Name of a lever of `levers.LEVERS`.
        on: Whether it is on in the base case.
        where: Labels of the usage that it acts on (`workload`, `model`).
        to: Labels that what moves takes (`model`).
        parameters: Its parameters, as formulas.
        line: Line of the model's file.
    """

    name: str
    kind: str
    on: bool = False
    where: Mapping[str, str] = field(default_factory=dict)
    to: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyLine:
    """Money that does not come from usage: people, overhead, campaigns, set-up fees.

    Args:
        name: Name; makes the quantity `costs.NAME`, or `income.NAME`.
        formula: Money of a month.
        side: `cost` or `revenue`.
        counts_as: One of `CLASSES` for costs; `revenue` for income.
        begins: First month; empty for the first of the model.
        ends: Month in which it is over; empty for no end. A one-off has the next month.
        label: What a person calls it.
        line: Line of the model's file.
    """

    name: str
    formula: str
    side: Literal["cost", "revenue"] = "cost"
    counts_as: str = "operating"
    begins: str = ""
    ends: str = ""
    label: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happens or not; makes the quantity `event.NAME`: 0 until it happens, 1 from that month on.

    Args:
        name: Name.
        probability: How likely it happens at all, as an assumption named `event.NAME.probability`.
        first: First month in which it may happen.
        last: Last month in which it may happen; each month is as likely.
        base: Month in which it happens in the base case; empty for never.
        label: What a person calls it.
        line: Line of the model's file.
    """

    name: str
    probability: Assumption
    first: str
    last: str
    base: str = ""
    label: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold:
    """A forecast that the model takes; which of its worlds is the input `NAME.world`.

    Args:
        name: Name; makes the quantities `NAME.revenue`, `NAME.usage.plan.pro`...
        samples: Worlds of each quantity over the months of the model, all in the order of their rank.
        file: File that it was read from; empty for one that was given in Python.
        line: Line of the model's file.
    """

    name: str
    samples: tuple[Sample, ...]
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """Two inputs that move together.

    Args:
        between: Their names.
        rank: Spearman's rank correlation, -1 to 1.
        line: Line of the model's file.
    """

    between: tuple[str, str]
    rank: Decimal
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named set of other values.

    Args:
        name: Name; `low` and `high` also hold what assumptions say of these cases.
        values: Value by input.
        label: What it is about.
        lines: Line of the model's file of each value.
    """

    name: str
    values: Mapping[str, Decimal]
    label: str = ""
    lines: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """A check that the modeller wants to hold, in each month and world where it is by month.

    Args:
        name: Name.
        formula: Condition over quantities and results.
        line: Line of the model's file.
    """

    name: str
    formula: str
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """A model as it was said.

    Args:
        name: Name of the model.
        title: What it is about, in words.
        calendar: Its months.
        currency: ISO 4217 code.
        units: The modeller's own words for units, each with what it is (`query: request`).
        assumptions: Inputs by name, with those that stand bare on cards, in levers, segments and workloads.
        forecasts: Forecasts whose worlds it takes.
        drivers: Quantities that follow.
        segments: Customers; named contracts too.
        workloads: What is asked of models.
        plans: What we charge, by plan; cards of party `customer`, each for `plan == "NAME"`.
        vendors: What we pay, by vendor.
        fleets: GPUs of one's own, by name.
        placed: Which numbers of cards are which inputs.
        levers: What-ifs.
        lines: Money that does not come from usage.
        events: What happens or not.
        correlations: What moves together.
        scenarios: Named cases, `low` and `high` first where there are any.
        checks: What is to hold.
        source: File that it was read from.
        digest: SHA-256 of the file and of the files that it names.
    """

    name: str
    title: str = ""
    calendar: Calendar
    currency: str = "USD"
    units: Mapping[str, str] = field(default_factory=dict)
    assumptions: Mapping[str, Assumption] = field(default_factory=dict)
    forecasts: tuple[Foretold, ...] = ()
    drivers: tuple[Driver, ...] = ()
    segments: tuple[Segment, ...] = ()
    workloads: tuple[Workload, ...] = ()
    plans: Mapping[str, Card] = field(default_factory=dict)
    vendors: Mapping[str, Vendor] = field(default_factory=dict)
    fleets: Mapping[str, Fleet] = field(default_factory=dict)
    placed: tuple[Placed, ...] = ()
    levers: tuple[Switched, ...] = ()
    lines: tuple[MoneyLine, ...] = ()
    events: tuple[Event, ...] = ()
    correlations: tuple[Correlation, ...] = ()
    scenarios: Mapping[str, Scenario] = field(default_factory=dict)
    checks: tuple[Promise, ...] = ()
    source: str = ""
    digest: str = ""
