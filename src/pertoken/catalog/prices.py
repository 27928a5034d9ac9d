"""Rates: what one unit of one meter of one model costs, from when, and who says so."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pertoken.core.exact import CONTEXT

STANDARD = "standard"
"""The service tier of a request that names none."""

SAME_AS_STANDARD = frozenset({"", STANDARD, "default", "auto", "on_demand"})
"""What vendors call the tier of an ordinary request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One price: money for `per` units of a meter.

    Args:
        model: The model, as the log and the vendor name it.
        meter: The leaf meter that is priced.
        price: Money for `per` units, in the currency of the card or catalog it stands in.
        per: How many units the price is for.
        provider: Who sells it; empty where it doesn't matter.
        batch: True for the price of asynchronous batch work.
        service_tier: `standard`, or the name of a dearer or cheaper tier (`priority`, `flex`).
        above: The price holds for requests whose whole prompt is strictly longer; all tokens of such a request are
            billed at it. [token]
        start: First day (UTC) on which the price holds; None for as far back as is known.
        source: Who says so: a page, a contract, a package with its version.
        note: What is known to be unsure, for example that the price is taken over from another meter.
        line: Line of the file that the rate stands on; 0 if from none.
    """

    model: str
    meter: str
    price: Decimal
    per: Decimal = Decimal(1)
    provider: str = ""
    batch: bool = False
    service_tier: str = STANDARD
    above: int = 0
    start: date | None = None
    source: str = ""
    note: str = ""
    line: int = 0

    @property
    def unit_price(self) -> Decimal:
        """Money for one unit of the meter.

        >>> Rate(model="m", meter="input_tokens", price=Decimal("2.50"), per=Decimal(1_000_000)).unit_price
        Decimal('0.0000025')
        """
        return CONTEXT.divide(self.price, self.per)
