"""Offers: a model on certain terms, and what each of its meters costs then, at that length, at that hour.

What a price depends on besides the terms (the day, the length of the prompt, the hour of the week) cuts an offer into a
few cells; a cell is looked up once, by the rate book that statements use too, and then kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from decimal import Decimal
from typing import NamedTuple

from pertoken.catalog.book import Catalog, rates_of
from pertoken.catalog.lending import lent_note
from pertoken.catalog.names import moving
from pertoken.catalog.prices import Moment, Rate, Window
from pertoken.core.errors import InputError, UnpricedUsage
from pertoken.rating.assign import RateBook, chosen
from pertoken.usage.question import PRICE_FROM, above_key


class Terms(NamedTuple):
    """What a model was bought as: everything that a log says of it in words."""

    model: str
    provider: str = ""
    batch: bool = False
    service_tier: str = "standard"
    speed: str = "standard"
    region: str = ""


class Price(NamedTuple):
    """What one meter costs in a cell: the rate, its money for one unit, and what is unsure about it."""

    rate: Rate
    unit: Decimal
    doubt: str


ORDINARY = {"service_tier": "standard", "speed": "standard", "region": ""}

Cell = Mapping[str, Price]
"""Price by meter; a meter that isn't here has none."""

BILLED_AS = {"reasoning_tokens": "output_tokens", "cache_write_5m_tokens": "cache_write_tokens"}
"""Meters that vendors themselves bill as another: a price taken over from it is no estimate."""


UNDATED = -1
"""The interval of what nobody says the time of."""


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """A model on certain terms.

    Args:
        name: The model with its provider, as the catalog spells them; as asked for where it isn't known.
        terms: Labels that its rates are looked up by.
        rows: The rates of each meter on these terms, in the order of the rate book.
        changes: Moments (UTC) at which some price begins or ends, rising.
        bounds: Lengths of the prompt above which some price holds, rising. [token]
        windows: Hours of the week that some price depends on.
        currency: ISO 4217 code of its money.
        refusal: Why it can't be priced at all; empty if it can.
        timed: Meters whose price depends on when they were used.
        axes: Whether its prices depend on anything but its terms.
        doubt: What is unsure of all of it: that its name is a moving alias; empty if nothing is.
        cells: What was looked up so far.
    """

    name: str
    terms: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, Sequence[Rate]] = field(default_factory=dict)
    changes: tuple[datetime, ...] = ()
    bounds: tuple[int, ...] = ()
    windows: tuple[Window, ...] = ()
    currency: str = "USD"
    refusal: str = ""
    timed: frozenset[str] = frozenset()
    axes: bool = False
    doubt: str = ""
    cells: dict[tuple[int, int, tuple[bool, ...]], Cell] = field(default_factory=dict)

    @property
    def described(self) -> str:
        """The model, and what of its terms is out of the ordinary."""
        said = [
            "batch" if self.terms.get("batch") == "true" else "",
            *(f"{word.replace('_', ' ')} {self.terms[word]}" for word in ORDINARY if self._unusual(word)),
        ]
        terms = ", ".join(filter(None, said))
        return f"{self.name} ({terms})" if terms else self.name

    def _unusual(self, word: str) -> bool:
        return self.terms.get(word, ORDINARY[word]) != ORDINARY[word]

    def cell(self, interval: int = 0, band: int = 0, inside: tuple[bool, ...] = ()) -> Cell:
        """Look up what each meter costs.

        Args:
            interval: How many of `changes` had come; `UNDATED` if that isn't known: meters that depend on it have no
                price then.
            band: How many of `bounds` the prompt is longer than.
            inside: For each of `windows`, whether the request was made in it.
        """
        at = (interval, band, inside)
        found = self.cells.get(at)
        if found is None:
            found = self.cells[at] = self._made(*at)
        return found

    def _made(self, interval: int, band: int, inside: tuple[bool, ...]) -> Cell:
        labels = {
            **self.terms,
            PRICE_FROM: self.changes[interval - 1].isoformat() if interval > 0 else "",
            above_key("prompt_tokens"): str(self.bounds[band - 1]) if band else "0",
            **{window.key: "true" if each else "false" for window, each in zip(self.windows, inside, strict=True)},
        }
        left = self.timed if interval == UNDATED else frozenset()
        found = ((meter, chosen(rows, labels)) for meter, rows in self.rows.items() if meter not in left)
        return {meter: Price(rate, rate.unit_price, doubt_of(rate)) for meter, rate in found if rate}


def offer(catalog: Catalog, terms: Terms) -> Offer:
    """Find the offer that some terms mean; one that can't be priced says why."""
    name = f"{terms.provider}/{terms.model}" if terms.provider else terms.model
    try:
        rates = rates_of(catalog, terms.model, provider=terms.provider, region=terms.region)
    except (InputError, UnpricedUsage) as error:
        return Offer(name, refusal=str(error))
    return of_rates(rates, terms) if rates else Offer(name, refusal=f"{name} is listed without a price")


def of_rates(rates: Sequence[Rate], terms: Terms) -> Offer:
    """Make the offer of one model's rates on certain terms.

    Raises:
        InputError: The rates are in several currencies.
    """
    first = rates[0]
    labels = {
        "provider": first.provider,
        "model": first.model,
        "batch": "true" if terms.batch else "false",
        "service_tier": terms.service_tier,
        "speed": terms.speed,
        "region": terms.region,
    }
    book = RateBook.of(rates)
    rows = {meter: book.listed({**labels, "meter": meter}) for meter in dict.fromkeys(rate.meter for rate in rates)}
    rows = {meter: listed for meter, listed in rows.items() if listed}
    used = [rate for listed in rows.values() for rate in listed]
    currencies = sorted({rate.currency for rate in used})
    name = f"{first.provider}/{first.model}" if first.provider else first.model
    if len(currencies) > 1:
        raise InputError(f"{name} is priced in {' and '.join(currencies)}; expected one currency")
    changes = sorted({moment(each) for rate in used for each in (rate.start, rate.end) if each})
    bounds = sorted({rate.above for rate in used} - {0})
    windows = {rate.window.key: rate.window for rate in used if rate.window}
    return Offer(
        name,
        labels,
        rows,
        changes=tuple(changes),
        bounds=tuple(bounds),
        windows=tuple(windows.values()),
        currency=(currencies or ["USD"])[0],
        timed=frozenset(m for m, listed in rows.items() if any(r.start or r.end or r.window for r in listed)),
        axes=bool(changes or windows or bounds),
        doubt=moving(terms.model),
    )


def moment(day: Moment) -> datetime:
    """Read a day as its beginning."""
    return day if isinstance(day, datetime) else datetime.combine(day, time.min)


def doubt_of(rate: Rate) -> str:
    """Say what is unsure about a rate; that vendors bill a meter as another anyway is sure."""
    if rate.note and rate.note == lent_note(BILLED_AS.get(rate.meter, "")):
        return ""
    return rate.note
