"""Counted in: units of what flows, charges and pools count."""

from collections.abc import Iterable

from pertoken.core.units import ONE, Unit, made, singular
from pertoken.scenario import served


def unit_of_meter(meter: str) -> Unit:
    """Give the unit of a meter.

    >>> str(unit_of_meter("output_tokens"))
    'token'
    """
    return unit_of_pool(served.unit_of_meter(meter))


def unit_of_pool(noun: str) -> Unit:
    """Give the unit of what a pool of a quantity holds."""
    return made({singular(noun.removeprefix("x_")): 1})


def unit_of_all(meters: Iterable[str]) -> Unit:
    """Give the unit in which several meters are counted together; none where they differ."""
    found = {unit_of_meter(each) for each in meters}
    return found.pop() if len(found) == 1 else ONE
