"""Energy: what a fleet draws, from the power of its GPUs and the load on them, and what that costs."""

import numpy as np

from pertoken.core.errors import InputError
from pertoken.core.money import Values


def energy_kwh(
    busy_hours: Values | float,
    idle_hours: Values | float,
    tdp_watts: float,
    *,
    busy_share: float = 1.0,
    idle_share: float,
    pue: float = 1.0,
    host_watts: float = 0.0,
) -> Values:
    """Reckon the energy of GPU-hours.

    Args:
        busy_hours: GPU-hours at work. [h]
        idle_hours: GPU-hours that are on and wait. [h]
        tdp_watts: Power that the GPU draws at most. [W]
        busy_share: Share of it that it draws at work; 1 is the most that it can be.
        idle_share: Share of it that it draws while it waits.
        pue: Energy of the building by that of its machines.
        host_watts: What else of the machine is drawn for each GPU, at work or not. [W]

    Returns:
        Energy at the meter of the building. [kWh]

    Raises:
        InputError: Shares that can't be, or a building that gives energy back.

    >>> float(energy_kwh(30.84e6, 0.0, 700, idle_share=0.1))  # Llama 3.1 405B: 30.84 million hours of 700 W
    21588000.0
    """
    if not (0 <= idle_share <= busy_share <= 1 <= pue) or tdp_watts <= 0 or host_watts < 0:
        found = f"{tdp_watts:g} W, shares {busy_share:g} and {idle_share:g}, PUE {pue:g}, host {host_watts:g} W"
        raise InputError(f"{found}; expected shares of 0 to 1, the idle one below, and a PUE of 1 or more")
    busy, idle = np.asarray(busy_hours, dtype=float), np.asarray(idle_hours, dtype=float)
    watts = tdp_watts * (busy * busy_share + idle * idle_share) + host_watts * (busy + idle)
    kilowatt_hours: Values = watts * pue / 1000
    return kilowatt_hours
