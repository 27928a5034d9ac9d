"""One invocation of a model as disjoint counts: what every response, span and report comes down to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from pertoken.core.meters import meter

Count = int | Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRecord:
    """What one invocation of a model consumed (or several, where a report adds them up).

    Args:
        meters: Leaf meter to how much; no leaf contains another. `requests` is 1 on the first record of a request, and
            absent on those of the same request that follow; a report's row says how many it adds up.
        provider: Who sold it; empty if not known.
        model: The model that served it, as the vendor names it.
        batch: True for asynchronous batch work.
        service_tier: Tier that served it; the one asked for only where `notes` says so.
        speed: `standard` or `fast`.
        region: Where it was served; empty if not known.
        time: When (UTC, without a zone); None if not known.
        request_id: What stands only once; empty if not known.
        invocation: Which invocation of the request; 0 for the first.
        keys: Other labels: customer, team, feature...
        reported_cost: What the source says that it cost; None if it says nothing.
        currency: ISO 4217 code of that money.
        notes: What is not sure: `served tier not said`, `sum of 3 requests`; empty if the counts are the vendor's own.
    """

    meters: Mapping[str, Count]
    provider: str = ""
    model: str = ""
    batch: bool = False
    service_tier: str = "standard"
    speed: str = "standard"
    region: str = ""
    time: datetime | None = None
    request_id: str = ""
    invocation: int = 0
    keys: Mapping[str, str] = field(default_factory=dict)
    reported_cost: Decimal | None = None
    currency: str = "USD"
    notes: tuple[str, ...] = ()

    @property
    def prompt_tokens(self) -> Count:
        """Tokens of the whole prompt, by which a long-context price is chosen.

        >>> UsageRecord(meters={"input_tokens": 3, "cache_read_tokens": 2, "output_tokens": 7}).prompt_tokens
        5
        """
        return sum((n for name, n in self.meters.items() if meter(name).direction == "input"), 0)
