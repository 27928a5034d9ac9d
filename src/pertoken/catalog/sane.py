"""Prices that can't be meant: a thousand times what such a thing has ever cost, or what it costs elsewhere."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from pertoken.catalog.book import Catalog
from pertoken.catalog.prices import Rate
from pertoken.catalog.terms import begin, group_of, grouped, part_of
from pertoken.core.errors import Fault
from pertoken.core.meters import meter

FOLD = 1000
"""How far a price may lie from another of the same thing."""

SANE = {
    "token": Decimal("0.00001"),
    "trained token": Decimal("0.0001"),
    "token-hour": Decimal("0.00001"),
    "character": Decimal("0.0001"),
    "second": Decimal("0.1"),
    "image": Decimal("0.1"),
    "page": Decimal("0.01"),
    "search": Decimal("0.01"),
    "fetch": Decimal("0.01"),
    "call": Decimal("0.01"),
    "request": Decimal("0.1"),
}
"""What one of a thing may cost, by its unit; prices of other things are not looked at. [USD]"""


def insane(rates: Iterable[Rate], source: str) -> Iterator[Fault]:
    """Tell the prices that are negative or a thousand times a dear one, as of $ per token where per million is meant.

    Args:
        rates: Rates of one source.
        source: The file they stand in.

    >>> rate = Rate(model="m", meter="input_tokens", price=Decimal("2.50"), provider="p")
    >>> print(*insane([rate], "my.yaml"))
    my.yaml: p/m costs 2.5 USD for one of input_tokens; expected less than 0.01 USD; say `per: 1_000_000` if ... meant
    """
    for rate in rates:
        if rate.per <= 0:
            where = f"{source}:{rate.line}" if rate.line else source
            found, expected = (
                f"{rate.provider}/{rate.model} costs {rate.price} for {rate.per}",
                "a price for 1 unit or more",
            )
            yield Fault(where, found, expected, "say `per: 1_000_000` for a price for a million")
            continue
        limit = SANE.get(meter(rate.meter).unit, Decimal("Infinity")) * FOLD
        if rate.price < 0 or (rate.currency == "USD" and rate.unit_price >= limit):
            yield _fault(
                rate, source, f"less than {limit.normalize():f} USD" if rate.price >= 0 else "a price of 0 or more"
            )


def repeated(rates: Iterable[Rate], source: str) -> Iterator[Fault]:
    """Tell the prices that a source says twice for the same requests from the same day on.

    >>> rate = Rate(model="m", meter="input_tokens", price=Decimal("0.1"), per=Decimal(1000), provider="p", line=2)
    >>> print(*repeated([rate, rate], "my.yaml"))
    my.yaml:2: second price for input_tokens of p/m; expected one; it already stands on line 2; give one a `from` date
    """
    seen: dict[object, int] = {}
    for rate in rates:
        what = (group_of(rate), part_of(rate), begin(rate))
        if what in seen:
            found = f"second price for {rate.meter} of {rate.provider}/{rate.model}"
            mend = f"it already stands on line {seen[what]}; give one a `from` date"
            yield Fault(f"{source}:{rate.line}" if rate.line else source, found, "one", mend)
        seen.setdefault(what, rate.line)


def far_apart(base: Catalog, overlay: Catalog, source: str) -> Iterator[Fault]:
    """Tell the prices of an overlay that are a thousand times those of the catalog below it, or a thousandth."""
    for key in overlay.rates:
        below = grouped(base.rates.get(key, ()))
        for group, rates in grouped(overlay.rates[key]).items():
            known = [each.unit_price for each in below.get(group, []) if each.price]
            for rate in rates:
                if known and rate.price and not min(known) / FOLD < rate.unit_price < max(known) * FOLD:
                    like = f"a price like that of {base.name}, {min(known).normalize():f} USD"
                    yield _fault(rate, source, like)


def _fault(rate: Rate, source: str, expected: str) -> Fault:
    where = f"{source}:{rate.line}" if rate.line else source
    price = f"{rate.unit_price.normalize():f} {rate.currency}"
    found = f"{rate.provider}/{rate.model} costs {price} for one of {rate.meter}"
    return Fault(where, found, expected, "say `per: 1_000_000` if a price for a million was meant")
