"""Rates: what one unit of one meter of one model costs, from when, and who says so."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from pertoken.core.exact import CONTEXT

STANDARD = "standard"
"""The service tier of a request that names none."""

SAME_AS_STANDARD = frozenset({"", STANDARD, "default", "auto", "on_demand"})
"""What vendors call the tier of an ordinary request."""


WEEK = (0, 1, 2, 3, 4, 5, 6)
"""Days of the week; Monday is 0."""

Moment = date | datetime
"""A day (UTC, from its beginning) or a moment (UTC, without a zone)."""


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the week in which another price holds (off-peak, peak).

    Args:
        start: When it begins, by the clock of the zone.
        end: When it is over; at or before `start` for the next day.
        timezone: Zone of the clock.
        weekdays: Days of the week on which it begins; Monday is 0.
        holidays: Days of a calendar on which it does not begin, whatever the weekday.
        workdays: Days of a calendar on which it begins all the same.
    """

    start: time
    end: time
    timezone: str = "UTC"
    weekdays: tuple[int, ...] = WEEK
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()

    @property
    def key(self) -> str:
        """Name of the key that says whether a request was made in it.

        >>> Window(time(16, 30), time(0, 30)).key
        'within 16:30-00:30 UTC'
        """
        days = "" if self.weekdays == WEEK else f" on {','.join(DAYS[day] for day in self.weekdays)}"
        dates = ",".join(day.isoformat() for day in (*self.holidays, *self.workdays))
        calendar = f" but {_mark(dates)[:8]}" if dates else ""
        return f"within {self.start:%H:%M}-{self.end:%H:%M} {self.timezone}{days}{calendar}"


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


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
        speed: `standard`, or the name of a faster way to serve the same model (`fast`).
        region: Where it is served, as the log names it; empty for wherever no other price is said.
        above: The price holds for requests whose whole prompt is strictly longer; all tokens of such a request are
            billed at it. [token]
        window: Hours of the week in which the price holds; None for all others.
        start: When the price begins to hold (UTC); None for as far back as is known.
        end: When it is over; None if a later price replaces it, or none does.
        currency: ISO 4217 code of the money.
        source: Who says so: a page, a contract, a package with its version.
        note: What is known to be unsure, for example that the price is taken over from another meter.
        line: Line of the file that the rate stands on; 0 if from none.
        basis: How the source knows: `documented`, `commit`, `first observed`; empty if not said.
        listed_as: Its id in the catalog that it was taken from, where it stands under the name that a log gives the
            model; empty otherwise.
    """

    model: str
    meter: str
    price: Decimal
    per: Decimal = Decimal(1)
    provider: str = ""
    batch: bool = False
    service_tier: str = STANDARD
    speed: str = STANDARD
    region: str = ""
    above: int = 0
    window: Window | None = None
    start: Moment | None = None
    end: Moment | None = None
    currency: str = "USD"
    source: str = ""
    note: str = ""
    line: int = 0
    basis: str = ""
    listed_as: str = ""

    @property
    def id(self) -> str:
        """Name the rate: what it prices, and a mark of all that it says of when and for how much.

        >>> Rate(model="m", meter="input_tokens", price=Decimal("2.50"), provider="p").id[:16]
        'p/m:input_tokens'
        """
        if self.listed_as:
            return self.listed_as
        terms = (
            self.batch, self.service_tier, self.speed, self.region, self.above, self.window and self.window.key,
            self.start, self.end, self.currency, f"{self.unit_price.normalize():f}",
        )  # fmt: skip
        mark = _mark(repr(tuple(map(str, terms))))[:10]
        return f"{self.provider}/{self.model}:{self.meter}#{mark}"

    @property
    def unit_price(self) -> Decimal:
        """Money for one unit of the meter.

        >>> Rate(model="m", meter="input_tokens", price=Decimal("2.50"), per=Decimal(1_000_000)).unit_price
        Decimal('0.0000025')
        """
        if type(self.price) is Decimal:
            return CONTEXT.divide(self.price, self.per)
        from pertoken.core.drawn import divide  # noqa: PLC0415  a calculator of certain prices needs no arrays

        return divide(self.price, self.per)


def _mark(text: str) -> str:
    from hashlib import sha256  # noqa: PLC0415  4 ms, and most questions name no rate

    return sha256(text.encode()).hexdigest()
