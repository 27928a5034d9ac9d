"""Ownership: what a fleet of one's own costs month by month beside its machines, as lines that add up."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values

YEAR = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff:
    """People whom a fleet of one's own needs.

    Args:
        salary: Of a person for a year, all that goes with it included. [currency/year]
        engineering_months: Months of people until it serves.
        amortised_months: Months over which these are borne, in equal parts; 1 for when they fall.
        operations: People who keep it running; a share of one for part of the time.
    """

    salary: float
    engineering_months: float = 0.0
    amortised_months: int = 1
    operations: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what nobody can be."""
        if min(self.salary, self.engineering_months, self.operations) < 0 or self.amortised_months < 1:
            raise InputError(f"{self}; expected amounts of 0 or more, amortised over at least one month")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ownership:
    """What ownership costs.

    Args:
        lines: Amounts by line, each `(*batch, month)`. [currency]
        remaining: Of the engineering, what is not yet borne after the last month. [currency]
    """

    lines: dict[str, Values]
    remaining: float = 0.0

    @property
    def monthly(self) -> Values:
        """All lines of each month [currency], shape `(*batch, month)`."""
        monthly: Values = sum(self.lines.values(), np.zeros(()))
        return monthly

    @property
    def total(self) -> Values:
        """All lines of all months [currency], shape `(*batch,)`."""
        total: Values = self.monthly.sum(axis=-1)
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """Electricity, where it is not in the price of the machines.

    Args:
        tariff: Price of energy. [currency/kWh]
        kwh: Energy of each month, `(*batch, month)` or the same for all. [kWh]
    """

    tariff: float = 0.0
    kwh: Values | float = 0.0


NO_POWER, NOTHING = Power(), MappingProxyType[str, Any]({})


def ownership(
    machines: Values,
    *,
    staff: Staff,
    power: Power = NO_POWER,
    own: Mapping[str, Values | float] = NOTHING,
) -> Ownership:
    """Add up what a fleet of one's own costs.

    Args:
        machines: Bill for machines, `(*batch, month)`. [currency]
        staff: Who builds and runs it.
        power: Electricity.
        own: Lines of the user's own, as storage and egress, `(*batch, month)` or the same for all. [currency]

    Raises:
        InputError: A line of the user's own has a name that is taken.

    >>> staff = Staff(salary=180_000, engineering_months=4, amortised_months=24, operations=0.25)
    >>> made = ownership(np.full(24, 8_000.0), staff=staff, own={"storage": 300.0, "egress": 120.0})
    >>> {name: float(amounts[0]) for name, amounts in made.lines.items()}
    {'machines': 8000.0, 'engineering': 2500.0, 'operations': 3750.0, 'power': 0.0, 'storage': 300.0, 'egress': 120.0}
    >>> float(made.total)
    352080.0
    """
    bill = np.atleast_1d(np.asarray(machines, dtype=float))
    taken = {"machines", "engineering", "operations", "power"} & set(own)
    if taken:
        raise InputError(f"lines of your own named {', '.join(sorted(taken))}; expected other names")
    borne = np.arange(bill.shape[-1]) < staff.amortised_months
    engineering = staff.salary / YEAR * staff.engineering_months
    amounts: dict[str, Values | float] = {
        "machines": bill,
        "engineering": borne * (engineering / staff.amortised_months),
        "operations": staff.salary / YEAR * staff.operations,
        "power": power.tariff * np.asarray(power.kwh, dtype=float),
        **own,
    }
    shape = np.broadcast_shapes(*(np.shape(each) for each in amounts.values()))
    lines = {name: np.broadcast_to(np.asarray(each, dtype=float), shape) for name, each in amounts.items()}
    left = max(staff.amortised_months - bill.shape[-1], 0) / staff.amortised_months
    return Ownership(lines=lines, remaining=engineering * left)
