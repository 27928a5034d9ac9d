"""Fleet: GPUs of one's own in a model file, in its typed form."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pertoken.core.nodes import Curve


@dataclass(frozen=True, slots=True, kw_only=True)
class Energy:
    """What the GPUs of a fleet draw; makes `energy.NAME`.

    Args:
        watts: Power that a GPU draws at most.
        busy: Formula of the share of it that it draws at work.
        idle: Formula of the share that it draws while it waits.
        pue: Formula of the energy of the building by that of its machines.
    """

    watts: float
    busy: str = "1"
    idle: str = "1"
    pue: str = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """GPUs of one's own that serve workloads: tokens become GPU-hours, busy and idle, which a vendor is paid for.

    Args:
        name: Name; makes `busy_hours.NAME`, `idle_hours.NAME`, `utilisation.NAME`. No vendor has it.
        vendor: Name of the vendor whose card says what a GPU-hour costs.
        gpus: GPUs of a replica.
        curve: How high the load stands over a week; hysteresis and foresight included.
        hours: Formulas of the GPU-hours for a million tokens, by kind: `input`, `output`, `cached`.
        throughput: Formula of how much faster it is than that.
        headroom: Formula of the capacity above the load, as a share of it.
        minimum: Formula of the replicas that are kept whatever the load.
        spare: Formula of the replicas beside those of the load.
        reserved: Formula of the GPUs that are paid in every hour; empty for none.
        reserved_tier: Label `service_tier` of the GPU-hours of these.
        labels: Labels of the GPU-hours for the vendor's card: the GPU as `model`, `provider`, `region`.
        energy: What it draws; None if not asked.
        label: What a person calls it.
        line: Line of the model's file.
    """

    name: str
    vendor: str
    gpus: int = 1
    curve: Curve
    hours: Mapping[str, str] = field(default_factory=dict)
    throughput: str = "1"
    headroom: str = "0"
    minimum: str = "0"
    spare: str = "0"
    reserved: str = ""
    reserved_tier: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    energy: Energy | None = None
    label: str = ""
    line: int = 0
